//! Searches over a ball around the input: points y at which a supremum may be nearly attained.
//! What is seen there is a lower bound on the supremum.

mod explore;
pub mod line;
pub mod sphere;
pub mod step;
pub mod zero;

pub use explore::{Explored, Visited, explore, flipped_row, terms};

use crate::sample::Address;

/// How a point of the ball was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// The input itself.
    Input,
    /// Random directions.
    Random,
    /// Along the gradient and against it.
    Gradient,
    /// The top right singular vectors of the Jacobians J_j(x), by power iteration.
    Stretch,
    /// The least-norm step to first order that flips the neurons of smallest margin in a layer.
    Margin,
    /// Projected ascent on the affine error, whose gradient is the gradient's change.
    Ascent,
}

/// All searches.
const ALL: [Search; 6] = [
    Search::Input,
    Search::Random,
    Search::Gradient,
    Search::Stretch,
    Search::Margin,
    Search::Ascent,
];

impl Search {
    /// As shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Search::Input => "input",
            Search::Random => "random directions",
            Search::Gradient => "gradient direction",
            Search::Stretch => "power iteration",
            Search::Margin => "margin search",
            Search::Ascent => "projected ascent",
        }
    }

    /// The search of this name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|search| search.name() == name)
    }
}

/// Is the radius so large that a displacement by it is seen well above the rounding of passes? Below,
/// nothing is searched, except at radius 0.
pub fn resolves(radius: f64, roundoff: f64, depth: usize) -> bool {
    radius == 0.0 || radius >= 1000.0 * roundoff * (depth + 1) as f64
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
    /// Where random starts are drawn.
    pub address: Address,
    /// The searches to run.
    pub searches: Vec<Search>,
}

impl Setting {
    /// All searches.
    pub fn new(radius: f64, step: f64, seed: u64, trial: u64) -> Self {
        let address = Address { seed, trial, layer: Address::SEARCH, block: 0 };
        Setting { radius, step, direct_step: step, address, searches: ALL.to_vec() }
    }

    fn runs(&self, search: Search) -> bool {
        self.searches.contains(&search)
    }
}
