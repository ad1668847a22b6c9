//! ‖∇f(x)‖ and the first-order relative distance to the decision boundary.

use crate::model::outcome::Outcome;
use crate::stage::Trial;

/// ‖∇f(x)‖.
pub fn gradient(trial: &Trial<'_>) -> Outcome {
    Outcome::of(trial.backward.gradient().norm())
}

/// |f(x)| / (‖∇f(x)‖ ‖x‖); not defined in a dead network.
///
/// Without biases, of a piecewise linear network, f(x) is taken as ⟨∇f(x), x⟩, whose rounding error
/// is relative to ‖∇f(x)‖ ‖x‖. That of the forward pass is relative to larger numbers, which for
/// d = 1, where the ratio is always 1, would show. The two agree by model.homogeneity, which is
/// checked.
pub fn ratio(trial: &Trial<'_>) -> Outcome {
    if trial.forward.is_dead() {
        return Outcome::Undefined;
    }
    let value = || {
        let size = trial.backward.gradient().norm()? * trial.input().norm()?;
        let output = match trial.forward.bias(1) {
            None if trial.forward.curve.is_none() => trial.backward.gradient().dot(trial.input()),
            _ => trial.forward.output(),
        };
        output.abs()? / size
    };
    Outcome::of(value())
}
