//! ‖∇f(x)‖ and the first-order relative distance to the decision boundary.

use crate::stage::{Outcome, Trial};

/// ‖∇f(x)‖.
pub fn gradient(trial: &Trial<'_>) -> Outcome {
    Outcome::of(trial.backward.gradient().norm())
}

/// |f(x)| / (‖∇f(x)‖ ‖x‖); not defined in a dead network.
pub fn ratio(trial: &Trial<'_>) -> Outcome {
    if trial.forward.is_dead() {
        return Outcome::Dead;
    }
    let value = || {
        let size = trial.backward.gradient().norm()? * trial.input().norm()?;
        trial.forward.output().abs()? / size
    };
    Outcome::of(value())
}
