//! The step itself: how long it is, what it achieves, and the pieces it crosses.

use crate::magnitude::Magnitude;
use crate::network::{Forward, Network, Scaled, backward, forward};
use crate::search::line::Line;
use crate::search::step::{Standing, achieved, adversarial};
use crate::stage::{Outcome, Trial};

/// The ray is followed up to this many times the step.
const FURTHEST: f64 = 8.0;

/// What one step shows.
pub struct Step {
    /// ‖u‖/‖x‖.
    pub size: Outcome,
    /// (f(x) − f(x + u))/(t f(x)), 0 if negative.
    pub achieved: Outcome,
    /// The least t at which the ray meets the zero set; ∞ if it does not up to 8 times the step.
    pub least: Outcome,
    /// Linear pieces from x to x + u.
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
    let (pieces, least) = if trial.network.is_stored() {
        follow(trial.network, &x, u, setting.step)
    } else {
        (Outcome::NotSearched, secants(trial.network, &x, u, setting.step, trial.forward))
    };
    let gradient = trial.backward.gradient();
    let change = back[0].gradient().minus(gradient).norm();
    let change = change.zip(gradient.norm()).and_then(|(change, norm)| change / norm);
    Step {
        size: Outcome::Value(taken.size),
        achieved: Outcome::of(achieved),
        least,
        pieces,
        change: Outcome::of(change),
        flipped,
    }
}

/// Pieces up to the step's end, and the least t that meets a zero.
fn follow(network: &mut dyn Network, x: &Scaled, u: &Scaled, t: f64) -> (Outcome, Outcome) {
    let line = Line::new(network, x, u, 1.0);
    let pieces = Outcome::of(Magnitude::from_f64(line.pieces() as f64));
    if line.values.iter().any(|v| v.is_nan()) {
        return (pieces, Outcome::Failed);
    }
    let mut zero = line.first_zero();
    let mut end = 1.0;
    while zero.is_none() && end < FURTHEST {
        end *= 2.0;
        zero = Line::new(network, x, u, end).first_zero();
    }
    let least = zero.map_or(Magnitude::INFINITY, |s| {
        Magnitude::from_f64(s * end * t).unwrap_or(Magnitude::INFINITY)
    });
    (pieces, Outcome::Value(least))
}

/// Steps of the search for a zero at most.
const SECANTS: u32 = 12;
/// Its relative accuracy.
const ACCURACY: f64 = 1e-9;

/// A t at which the sign has changed, without following every piece: it changes between there and a little
/// before. ∞ if it was not seen to change up to 8 times the step.
fn secants(network: &mut dyn Network, x: &Scaled, u: &Scaled, t: f64, at: &Forward) -> Outcome {
    let start = at.output();
    let exponent = start.exponent;
    // f along the ray in units of f(x), negative where the sign has changed.
    let mut value = |s: f64| {
        let end = Scaled::new(x.values() + &(u.at_exponent(x.exponent()) * (s / t)), x.exponent());
        let pass = forward(network, std::slice::from_ref(&end));
        pass[0].output().at_exponent(exponent) / start.mantissa
    };
    let (mut low, mut at_low) = (0.0, 1.0);
    let mut high = t;
    let mut at_high = value(high);
    while at_high > 0.0 && high < FURTHEST * t {
        (low, at_low) = (high, at_high);
        high *= 2.0;
        at_high = value(high);
    }
    if at_high > 0.0 {
        return Outcome::Value(Magnitude::INFINITY);
    }
    // Illinois: an end kept twice in a row counts half.
    let mut kept = 0;
    for _ in 0..SECANTS {
        if high - low <= ACCURACY * high || at_high == 0.0 {
            break;
        }
        let middle = low + (high - low) * at_low / (at_low - at_high);
        // A step past the zero of the tangent, so that both ends move.
        let middle = (middle * (1.0 + 0.1 * ACCURACY)).clamp(low, high);
        let found = value(middle);
        if found.is_nan() {
            break;
        }
        if found <= 0.0 {
            (high, at_high) = (middle, found);
            at_low *= if kept < 0 { 0.5 } else { 1.0 };
            kept = -1;
        } else {
            (low, at_low) = (middle, found);
            at_high *= if kept > 0 { 0.5 } else { 1.0 };
            kept = 1;
        }
    }
    Outcome::of(Magnitude::from_f64(high).filter(|_| !at_high.is_nan()))
}
