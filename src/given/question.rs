//! What is asked of every input.

use std::fmt;

use crate::model::error::{Error, Result};
use crate::num::whole_number;

use super::Space;

/// Which other classes an input may be taken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Against {
    /// Any: the radius is that of the nearest.
    #[default]
    All,
    /// That of the second largest output at the input.
    RunnerUp,
    /// This one, counted from 0.
    Class(usize),
}

impl Against {
    /// By its name, or as a class.
    ///
    /// # Errors
    /// Neither, or a class that there is not.
    pub fn parse(text: &str, outputs: usize) -> Result<Self> {
        match text {
            "all" => return Ok(Against::All),
            "runner-up" => return Ok(Against::RunnerUp),
            _ => {}
        }
        let class = whole_number(text).and_then(|class| usize::try_from(class).ok());
        // The signs of a single output are two classes.
        let classes = outputs.max(2);
        class.filter(|class| *class < classes).map(Against::Class).ok_or_else(|| {
            let last = classes - 1;
            Error::new("against", text, format!("all, runner-up or a class from 0 to {last}"))
        })
    }
}

/// As it is parsed.
impl fmt::Display for Against {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Against::All => f.write_str("all"),
            Against::RunnerUp => f.write_str("runner-up"),
            Against::Class(class) => write!(f, "{class}"),
        }
    }
}

/// The function whose sign is asked about: f_a − f_b, or ±f for a single output; `for` it to be
/// positive is for the class to stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    /// One output: f where it is positive, −f where it is negative.
    Sign {
        /// Is f positive at the input?
        positive: bool,
    },
    /// f_a − f_b.
    Classes {
        /// The class of the input.
        own: usize,
        /// The other.
        rival: usize,
    },
}

impl Pair {
    /// The coefficients of the outputs.
    pub fn row(self, outputs: usize) -> Vec<f64> {
        let mut row = vec![0.0; outputs];
        match self {
            Pair::Sign { positive } => row[0] = if positive { 1.0 } else { -1.0 },
            Pair::Classes { own, rival } => (row[own], row[rival]) = (1.0, -1.0),
        }
        row
    }
}

/// What is asked of every input.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Classes that count as changed.
    pub against: Against,
    /// Where perturbations are measured.
    pub space: Space,
    /// t: the gradient step has size t|f|/‖∇f‖.
    pub step: f64,
    /// R/‖x‖ of the ball in which the gradient is bounded; 1/√d by default.
    pub radius: f64,
    /// Cells at most, for exact radii of tiny networks; 0 for none.
    pub cells: usize,
    /// Seconds for an input, after which what is known by then is its row; ∞ for no limit.
    pub seconds: f64,
    /// Seed of restarts.
    pub seed: u64,
}
