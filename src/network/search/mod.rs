//! Searches over a ball around the input: points y at which a supremum may be nearly attained.
//! What is seen there is a lower bound on the supremum.

pub mod line;
pub mod ray;
pub mod sphere;
pub mod step;
mod survey;
pub mod training;
pub mod zero;

pub use survey::{Survey, Visited, flipped_row, survey, terms};

use crate::model::norm::Norm;
use crate::model::outcome::Search;
use crate::network::sample::Address;

/// Is the radius so large that a displacement by it is seen well above the rounding of passes?
/// Below, nothing is searched, except at radius 0.
pub fn resolves(radius: f64, roundoff: f64, depth: usize) -> bool {
    radius == 0.0 || radius >= 1000.0 * roundoff * (depth + 1) as f64
}

/// Trainings that move every weight matrix by at most so much.
#[derive(Clone, Copy, Debug)]
pub struct Training {
    /// η, in operator norm.
    pub nearness: f64,
    /// R/‖x‖ of the two steps that trainings within η are to withstand.
    pub step: f64,
    /// R/‖x‖ of those that trainings are to withstand which go as far as it takes.
    pub farther: f64,
}

/// What to search in one network.
#[derive(Clone, Debug)]
pub struct Setting {
    /// R/‖x‖.
    pub radius: f64,
    /// t.
    pub step: f64,
    /// The step that the stage `direct` follows.
    pub direct_step: f64,
    /// The norm of the step of the stage `norm`, and its size.
    pub shortest: (Norm, f64),
    /// Trainings that are looked for.
    pub training: Training,
    /// Where random starts are drawn.
    pub address: Address,
    /// The searches to run.
    pub searches: Vec<Search>,
}

impl Setting {
    /// All searches.
    pub fn new(radius: f64, step: f64, seed: u64, trial: u64) -> Self {
        let address = Address { seed, trial, layer: Address::SEARCH, block: 0 };
        Setting {
            radius,
            step,
            direct_step: step,
            shortest: (Norm::L2, step),
            training: Training { nearness: 0.0, step: radius, farther: radius },
            address,
            searches: Search::ALL.to_vec(),
        }
    }

    fn runs(&self, search: Search) -> bool {
        self.searches.contains(&search)
    }
}

/// Products whose vectors are kept at once at most: those of the points visited, which are fewer
/// than 70 together, and three a layer in power iteration.
pub fn products(depth: usize) -> u128 {
    70 + 3 * depth as u128
}
