//! What is proved of a network at an input: every number is rounded on the safe side
//! (`proofs/given.md`).
//!
//! Points are given, and distances are measured, in the space that is asked about: before the
//! normalisation, which then belongs to the network; or behind it, where the network is the rest
//! and its input is N(x) rounded to floats ([`Certifier::place`]).

use std::sync::Arc;

use crate::model::error::Result;

use super::{Given, Interval, Pair, Space};

pub use super::Ball;

/// ∇(margin) at a point, σ'(0) being the slope at negative arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// ‖∇‖, certified; the whole line where the sign of a pre-activation cannot be told.
    pub norm: Interval,
    /// margin/(‖∇‖ ‖x‖), certified; `None` where x or the gradient is 0, or is not known.
    pub kappa: Option<Interval>,
    /// ∇ rounded to the nearest floats, for searches; empty where it is not known.
    pub direction: Vec<f64>,
}

/// What looking at activation cells gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Explored {
    /// No other class is nearer than this: proved, whether or not all cells were looked at.
    pub radius: f64,
    /// Is `radius` the distance itself but for rounding (or `at_most` but for a billionth)?
    pub exact: bool,
    /// Where the distance is attained, rounded to floats: the class is about to change there. For
    /// searches; not proved.
    pub nearest: Option<Vec<f64>>,
}

/// Bounds that hold at every input.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// ‖W_i‖, from above, of each layer.
    pub norms: Vec<f64>,
    /// The Lipschitz constant of all outputs together, from above.
    pub lipschitz: f64,
    /// Of each output, from above.
    pub outputs: Vec<f64>,
}

/// Proves things of a network.
#[derive(Clone, Debug)]
pub struct Certifier {
    network: Arc<Given>,
    space: Space,
}

impl Certifier {
    /// Prepares a network.
    ///
    /// # Errors
    /// Its shapes do not chain, a number is not finite, or a slope is not in [−1, 1].
    pub fn new(network: impl Into<Arc<Given>>, space: Space) -> Result<Self> {
        Ok(Certifier { network: network.into(), space })
    }

    /// An input in the space that is asked about: itself, or N(x) rounded to floats. All other
    /// methods take points of that space.
    pub fn place(&self, x: &[f64]) -> Vec<f64> {
        let _ = self.space;
        x.to_vec()
    }

    /// All outputs.
    pub fn outputs(&self, _x: &[f64]) -> Vec<Interval> {
        vec![Interval::WHOLE; self.network.outputs()]
    }

    /// f_a − f_b, or ±f.
    pub fn margin(&self, _x: &[f64], _pair: Pair) -> Interval {
        Interval::WHOLE
    }

    /// ‖x‖.
    pub fn norm(&self, _x: &[f64]) -> Interval {
        Interval::WHOLE
    }

    /// ‖y − x‖ in the norm of the ball.
    pub fn distance(&self, _x: &[f64], _y: &[f64], _ball: Ball) -> Interval {
        Interval::WHOLE
    }

    /// The gradient of the margin.
    pub fn gradient(&self, _x: &[f64], _pair: Pair) -> Gradient {
        Gradient { norm: Interval::WHOLE, kappa: None, direction: Vec::new() }
    }

    /// Is one of the `rivals` strictly above the class `own` at y, in exact arithmetic? For a
    /// single output the classes are 1, f > 0, and 0, f < 0.
    pub fn class(&self, _y: &[f64], _own: usize, _rivals: &[usize]) -> Option<bool> {
        None
    }

    /// The same for the network as float32 computes it: sums in the order of a row, the bias
    /// last. `None` where something is no number or infinite.
    pub fn float32(&self, _y: &[f64], _own: usize, _rivals: &[usize]) -> Option<bool> {
        None
    }

    /// No rival is above `own` at any point of this distance or less. At most `at_most`; 0 says
    /// nothing.
    pub fn radius(
        &self,
        _x: &[f64],
        _own: usize,
        _rivals: &[usize],
        _ball: Ball,
        _at_most: f64,
        _stop: &dyn Fn() -> bool,
    ) -> f64 {
        0.0
    }

    /// The same by looking at activation cells, at most `cells` of them, up to the finite distance
    /// `at_most`: exact for tiny networks.
    #[expect(clippy::too_many_arguments, reason = "a question, its limits, and when to stop")]
    pub fn exact_radius(
        &self,
        _x: &[f64],
        _own: usize,
        _rivals: &[usize],
        _ball: Ball,
        _cells: usize,
        _at_most: f64,
        _stop: &dyn Fn() -> bool,
    ) -> Explored {
        Explored { radius: 0.0, exact: false, nearest: None }
    }

    /// Upper bounds over the Euclidean ball of this radius: on ‖∇(margin)‖, and on the largest
    /// ‖∇(margin)(y) − ∇(margin)(x)‖/‖∇(margin)(x)‖ (infinite where nothing is known).
    pub fn lipschitz(&self, _x: &[f64], _pair: Pair, _radius: f64) -> (f64, f64) {
        (f64::INFINITY, f64::INFINITY)
    }

    /// What holds at every input.
    pub fn global(&self) -> Global {
        let infinite = |n| vec![f64::INFINITY; n];
        Global {
            norms: infinite(self.network.layers.len()),
            lipschitz: f64::INFINITY,
            outputs: infinite(self.network.outputs()),
        }
    }

    /// How far the margin, as floats compute it, is from ⟨∇, x⟩ plus what the biases add, as
    /// floats compute them, over what rounding allows: at most 1.
    pub fn identity(&self, _x: &[f64], _pair: Pair) -> f64 {
        f64::NAN
    }
}
