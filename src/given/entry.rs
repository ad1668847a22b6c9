//! What is known of one input: a line of the ledger.

use serde::{Deserialize, Serialize};

use super::Interval;

/// A line of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// The input: a row of the file, from 0.
    pub input: usize,
    /// Its label, where there is one.
    pub label: Option<usize>,
    /// What is known, or why nothing is.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was judged.
    Found(Box<Findings>),
    /// It was not, and passes nothing.
    Failed(Failure),
}

/// Why nothing is known of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// A computation gave no number where one has to be.
    Numerical,
    /// The class of the input cannot be told: two outputs are equal, or one output is 0.
    Tied,
    /// Time ran out before anything was known.
    Timeout,
}

/// What is known of a judged input. Lengths are Euclidean, in the space that was asked about,
/// absolute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Findings {
    /// Its class: the largest output, or for a single one 1 where f > 0 and 0 where f < 0.
    pub class: usize,
    /// The class of the second largest output, or the given one; `None` for a single output.
    pub rival: Option<usize>,
    /// All outputs at x, certified.
    pub outputs: Vec<Interval>,
    /// f(x), or f_a − f_b for the rival b: positive for it to be of its class.
    pub margin: Interval,
    /// ‖∇(margin)‖ at x, certified.
    pub gradient: Interval,
    /// ‖x‖, certified.
    pub norm: Interval,
    /// κ = margin/(‖∇‖ ‖x‖), certified; `None` where x or the gradient is 0.
    pub kappa: Option<Interval>,
    /// The gradient step.
    pub step: Option<Step>,
    /// The least ‖y − x‖ at which the class is another: certified below, found above.
    pub radius: Bracket,
    /// The same in ℓ∞: max |y_k − x_k|.
    pub radius_max: Bracket,
    /// Is the certified radius exact but for rounding: were all cells looked at?
    pub exact: bool,
    /// sup ‖∇(margin)‖ over the ball of the question: found below, certified above.
    pub lipschitz: Bracket,
    /// sup ‖∇(margin)(y) − ∇(margin)(x)‖/‖∇(margin)(x)‖ over the same ball: found below,
    /// certified above; `None` where the gradient is 0.
    pub epsilon: Option<Bracket>,
    /// Linear pieces along the gradient step.
    pub pieces: Option<usize>,
    /// Did time run out, so that better bounds may be had?
    pub timeout: bool,
    /// The counterexample: a point of another class at the found radius, in the space asked about.
    pub counterexample: Option<Vec<f64>>,
    /// Its class there; `None` without a counterexample, and where two classes are equal there.
    pub reached: Option<usize>,
}

/// The step u = −t (margin/‖∇‖²) ∇.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// ‖u‖ of the step as a vector of floats, certified.
    pub length: Interval,
    /// Is the class another at x + u, by exact arithmetic? `None` where it cannot be told.
    pub changes: Option<bool>,
    /// The same for the network as float32 computes it, in the order of the rows.
    pub changes_float32: Option<bool>,
    /// The margin at x + u, certified.
    pub margin: Interval,
    /// The least t with another class beyond it on this ray, up to 10; found.
    pub least: Option<f64>,
    /// What the decomposition of the margin between x and x + u leaves, certified: 0 is in it;
    /// `None` where the sign of a pre-activation at x cannot be told.
    pub decomposition: Option<Interval>,
}

impl Step {
    /// Is the decomposition what it has to be, as far as it is known?
    pub fn decomposes(&self) -> bool {
        self.decomposition.is_none_or(|residual| residual.holds(0.0))
    }
}

/// A quantity between what is certified and what was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bracket {
    /// Proved: a lower bound on a radius (0 says nothing), an upper bound on a supremum
    /// (`None` says nothing).
    pub certified: Option<f64>,
    /// Attained: an upper bound on a radius, a lower bound on a supremum; `None` where nothing
    /// was found.
    pub found: Option<f64>,
}
