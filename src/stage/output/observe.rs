//! |f(x)| √d/‖x‖.

use crate::model::outcome::Outcome;
use crate::num::magnitude::Magnitude;
use crate::stage::Trial;

/// |f(x)| in units of ‖x‖/√d.
pub fn output(trial: &Trial<'_>) -> Outcome {
    let input = trial.input();
    let root = Magnitude::from_f64((input.values().len() as f64).sqrt());
    let scaled = || trial.forward.output().abs()? * root? / input.norm()?;
    Outcome::of(scaled())
}
