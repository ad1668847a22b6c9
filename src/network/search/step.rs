//! The adversarial step −t f(x) ∇f(x)/‖∇f(x)‖².

use crate::network::{Backward, Forward, Scaled};
use crate::num::magnitude::Magnitude;

/// Where a step leads.
pub struct Step {
    /// ‖u‖/‖x‖.
    pub size: Magnitude,
    /// u.
    pub u: Scaled,
    /// x + u.
    pub end: Scaled,
}

/// Why there is no step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The network is constantly 0 near x.
    Dead,
    /// f(x) = 0: on the decision boundary already.
    Boundary,
    /// The passes are not numbers.
    Failed,
}

/// The step of size t.
///
/// # Errors
/// There is none.
pub fn adversarial(forward: &Forward, backward: &Backward, t: f64) -> Result<Step, Standing> {
    let (output, gradient, x) = (forward.output(), backward.gradient(), &forward.input);
    let (Some(value), Some(norm), Some(length)) = (output.abs(), gradient.norm(), x.norm()) else {
        return Err(Standing::Failed);
    };
    if forward.is_dead() || norm.is_zero() {
        return Err(Standing::Dead);
    }
    if value.is_zero() {
        return Err(Standing::Boundary);
    }
    let size = || Some((value / (norm * length))? * Magnitude::from_f64(t)?);
    let size = size().ok_or(Standing::Failed)?;
    let root = |v: &Scaled| v.values().dot(v.values()).sqrt();
    let sign = if output.mantissa > 0.0 { -1.0 } else { 1.0 };
    let scale = sign * size.to_f64() * root(x) / root(gradient);
    let u = Scaled::new(gradient.values() * scale, x.exponent());
    let end = Scaled::new(x.values() + &u.at_exponent(x.exponent()), x.exponent());
    Ok(Step { size, u, end })
}

/// (f(x) − f(y))/(t f(x)), 0 if negative, as far as it is a number; and does f(y) have the other
/// sign? The two tell the same story, whatever the rounding: the share is above 1/t if and only if
/// the sign flipped, and 1/t if f(y) = 0.
pub fn achieved(at: &Forward, there: &Forward, t: f64) -> (Option<Magnitude>, bool) {
    let (before, after) = (at.output(), there.output());
    let drop = before.minus(after);
    let (same, other) =
        (after.mantissa * before.mantissa > 0.0, after.mantissa * before.mantissa < 0.0);
    let toward = drop.mantissa * before.mantissa > 0.0;
    let value = || {
        let whole = before.abs()? * Magnitude::from_f64(t)?;
        let share = if toward { (drop.abs()? / whole)? } else { Magnitude::ZERO };
        let level = 1.0 / t;
        let limit = Magnitude::from_f64;
        Some(match (same, other) {
            (true, _) => share.min(limit(level.next_down())?),
            (_, true) => share.max(limit(level.next_up())?),
            _ => limit(level)?,
        })
    };
    (value().filter(|_| after.abs().is_some()), other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Dense, backward, forward};
    use ndarray::{Array1, array};

    /// A layer that falls silent on the way: f is 0 at the end, and its sign has not flipped.
    #[test]
    fn a_step_onto_zero_does_not_flip() {
        let mut network =
            Dense::<f64>::with_weights(vec![array![[3.0, 0.0], [0.0, 1.0]], array![[0.7, 0.0]]]);
        let x = Scaled::new(Array1::from(vec![1.0, -1.0]), 0);
        let at = forward(&mut network, std::slice::from_ref(&x));
        let back = backward(&mut network, &at);
        for t in [1.1, 2.0, 3.0, 7.7] {
            let step = adversarial(&at[0], &back[0], t).unwrap();
            let there = forward(&mut network, std::slice::from_ref(&step.end));
            let (share, flipped) = achieved(&at[0], &there[0], t);
            assert!(there[0].output().mantissa == 0.0 && !flipped);
            assert_eq!(share, Magnitude::from_f64(1.0 / t));
        }
    }
}
