//! How much the gradient changes in a ball: the largest that searches meet.

use ndarray::Array1;

use super::engine::Engine;
use crate::network::search::{Setting, survey};
use crate::network::{Scaled, backward, forward};

/// What was met in a ball.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The largest ‖∇‖ met.
    pub norm: f64,
    /// Where it was met: a point of the ball.
    pub steepest: Vec<f64>,
    /// The largest ‖∇(y) − ∇(x)‖/‖∇(x)‖; `None` where ∇(x) is 0.
    pub relative: Option<f64>,
}

/// Of one combination of outputs, around a place, in a ball of `radius` times its norm; `None` if
/// something is no number.
pub fn largest(
    engine: &Engine,
    place: &[f64],
    row: &[f64],
    radius: f64,
    (seed, input): (u64, u64),
) -> Option<Change> {
    let mut network = engine.head(row);
    let x = Scaled::new(Array1::from(place.to_vec()), 0);
    let at = forward(&mut network, std::slice::from_ref(&x)).remove(0);
    let back = backward(&mut network, std::slice::from_ref(&at)).remove(0);
    let start = back.gradient().norm()?;
    let setting = Setting::new(radius, 1.0, seed, input);
    let survey = survey(&mut network, &at, &back, &setting);
    let mut change = Change {
        norm: start.to_f64(),
        steepest: place.to_vec(),
        relative: (!start.is_zero()).then_some(0.0),
    };
    let mut most = start;
    for visited in &survey.visited {
        let size = visited.backward.gradient().norm()?;
        if size > most {
            most = size;
            change.steepest = visited.forward.input.at_exponent(0).to_vec();
        }
        let relative =
            (visited.gradient_change? / start).map(crate::num::magnitude::Magnitude::to_f64);
        change.relative = change.relative.zip(relative).map(|(a, b)| a.max(b));
    }
    let (mantissa, exponent) = most.parts();
    change.norm = super::engine::times_power(mantissa, exponent + engine.exponent);
    Some(change)
}
