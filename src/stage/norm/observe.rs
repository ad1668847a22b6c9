//! The step in a sampled network: how long it is, what it achieves, and the least that flips.

use crate::model::norm::Norm;
use crate::model::outcome::Outcome;
use crate::network::forward;
use crate::network::search::ray;
use crate::network::search::step::{Shortest, Standing, achieved, shortest};
use crate::num::magnitude::Magnitude;
use crate::stage::Trial;

/// What one step shows.
pub struct Seen {
    /// ‖u‖₂‖∇f‖₂/(t|f|).
    pub stretch: Outcome,
    /// ‖u‖/‖x‖ in its own norm.
    pub size: Outcome,
    /// ‖u‖₂/‖x‖₂.
    pub length: Outcome,
    /// (f(x) − f(x + u))/(t f(x)), 0 if negative.
    pub achieved: Outcome,
    /// The least t beyond which f has the other sign.
    pub least: Outcome,
    /// Does f(x + u) have the other sign?
    pub flipped: bool,
}

impl Seen {
    fn all(outcome: Outcome) -> Self {
        Seen {
            stretch: outcome,
            size: outcome,
            length: outcome,
            achieved: outcome,
            least: outcome,
            flipped: false,
        }
    }
}

/// Takes the step of the setting.
pub fn step(trial: &mut Trial<'_>) -> Seen {
    let Some(setting) = trial.setting else { return Seen::all(Outcome::NotSearched) };
    let (norm, t) = &setting.shortest;
    let zero = Outcome::Value(Magnitude::ZERO);
    let Shortest { step, stretch, own_size } =
        match shortest(trial.forward, trial.backward, norm, *t) {
            Ok(found) => found,
            Err(Standing::Failed) => return Seen::all(Outcome::Failed),
            // There is no step where the network is constantly 0: it does not flip.
            Err(Standing::Dead) => {
                let least = Outcome::Value(Magnitude::INFINITY);
                return Seen { achieved: zero, least, ..Seen::all(Outcome::Undefined) };
            }
            // On the decision boundary already: the step is 0.
            Err(Standing::Boundary) => {
                let size = zero;
                return Seen { size, length: zero, least: zero, ..Seen::all(Outcome::Undefined) };
            }
        };
    let there = forward(trial.network, std::slice::from_ref(&step.end));
    let (achieved, flipped) = achieved(trial.forward, &there[0], *t);
    drop(there);
    let x = trial.input().clone();
    Seen {
        stretch: Outcome::Value(stretch),
        // Of so many coordinates the size is their number.
        size: match norm {
            Norm::L1 | Norm::Top(_) => Outcome::NotSearched,
            _ => Outcome::Value(own_size),
        },
        length: Outcome::Value(step.size),
        achieved: Outcome::of(achieved),
        least: ray::followed(trial.network, &x, &step.u, *t, trial.forward).least,
        flipped,
    }
}
