//! The adversarial step −t f(x) ∇f(x)/‖∇f(x)‖².

use crate::magnitude::Magnitude;
use crate::network::{Backward, Forward, Scaled};

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

/// (f(x) − f(y))/(t f(x)), 0 if negative, as far as it is a number; and does f(y) have the other sign?
pub fn achieved(at: &Forward, there: &Forward, t: f64) -> (Option<Magnitude>, bool) {
    let (before, after) = (at.output(), there.output());
    let drop = before.minus(after);
    let flipped = after.mantissa * before.mantissa < 0.0;
    let toward = drop.mantissa * before.mantissa > 0.0;
    let value = || {
        let whole = before.abs()? * Magnitude::from_f64(t)?;
        let share = drop.abs()? / whole;
        if toward { share } else { Some(Magnitude::ZERO) }
    };
    (value(), flipped)
}
