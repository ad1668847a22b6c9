//! The step itself: how long it is, what it achieves, and the pieces it crosses.

use crate::model::outcome::Outcome;
use crate::network::search::ray::{self, Ray};
use crate::network::search::step::{Standing, achieved, adversarial};
use crate::network::{backward, forward};
use crate::num::magnitude::Magnitude;
use crate::stage::Trial;

/// What one step shows.
pub struct Step {
    /// ‖u‖/‖x‖.
    pub size: Outcome,
    /// (f(x) − f(x + u))/(t f(x)), 0 if negative.
    pub achieved: Outcome,
    /// The least t beyond which f has the other sign; ∞ if it has not up to 8 times the step.
    pub least: Outcome,
    /// Pieces from x to x + u with one activation pattern each.
    pub pieces: Outcome,
    /// ‖∇f(x+u) − ∇f(x)‖/‖∇f(x)‖.
    pub change: Outcome,
    /// Does f(x + u) have the other sign?
    pub flipped: bool,
}

impl Step {
    fn all(outcome: Outcome) -> Self {
        Step {
            size: outcome,
            achieved: outcome,
            least: outcome,
            pieces: outcome,
            change: outcome,
            flipped: false,
        }
    }
}

/// Takes the step of the setting.
pub fn step(trial: &mut Trial<'_>) -> Step {
    let Some(setting) = trial.setting else { return Step::all(Outcome::NotSearched) };
    let taken = match adversarial(trial.forward, trial.backward, setting.step) {
        Ok(taken) => taken,
        Err(Standing::Failed) => return Step::all(Outcome::Failed),
        // Nothing flips where the network is constantly 0: a failure of the step.
        Err(Standing::Dead) => {
            return Step {
                achieved: Outcome::Value(Magnitude::ZERO),
                least: Outcome::Value(Magnitude::INFINITY),
                ..Step::all(Outcome::Undefined)
            };
        }
        // On the decision boundary already: the step is 0.
        Err(Standing::Boundary) => {
            return Step {
                size: Outcome::Value(Magnitude::ZERO),
                least: Outcome::Value(Magnitude::ZERO),
                ..Step::all(Outcome::Undefined)
            };
        }
    };
    let (x, u) = (trial.input().clone(), &taken.u);
    let end = &taken.end;
    let there = forward(trial.network, std::slice::from_ref(end));
    let back = backward(trial.network, &there);
    let (achieved, flipped) = achieved(trial.forward, &there[0], setting.step);
    let gradient = trial.backward.gradient();
    let change = back[0].gradient().minus(gradient).norm();
    let change = change.zip(gradient.norm()).and_then(|(change, norm)| change / norm);
    // A large part of what is in memory.
    drop((there, back));
    let Ray { pieces, least } = ray::followed(trial.network, &x, u, setting.step, trial.forward);
    Step {
        size: Outcome::Value(taken.size),
        achieved: Outcome::of(achieved),
        least,
        pieces,
        change: Outcome::of(change),
        flipped,
    }
}
