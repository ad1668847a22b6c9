//! The step itself: how long it is, what it achieves, and the pieces it crosses.

use crate::magnitude::Magnitude;
use crate::network::{Forward, Network, Scaled, backward, forward};
use crate::search::line::Line;
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
    let (output, gradient) = (trial.forward.output(), trial.backward.gradient().clone());
    let (Some(value), Some(norm), Some(length)) =
        (output.abs(), gradient.norm(), trial.input().norm())
    else {
        return Step::all(Outcome::Failed);
    };
    if trial.forward.is_dead() || norm.is_zero() {
        // Nothing flips where the network is constantly 0: a failure of the step.
        return Step {
            achieved: Outcome::Value(Magnitude::ZERO),
            least: Outcome::Value(Magnitude::INFINITY),
            ..Step::all(Outcome::Undefined)
        };
    }
    if value.is_zero() {
        // On the decision boundary already: the step is 0.
        return Step {
            size: Outcome::Value(Magnitude::ZERO),
            least: Outcome::Value(Magnitude::ZERO),
            ..Step::all(Outcome::Undefined)
        };
    }
    let factor = Magnitude::from_f64(setting.step);
    let size = || value / (norm * length);
    let (Some(ratio), Some(factor)) = (size(), factor) else { return Step::all(Outcome::Failed) };
    let relative = ratio * factor;
    let u = direction(trial.input(), &gradient, relative, output.mantissa > 0.0);
    let x = trial.input().clone();
    let end = Scaled::new(x.values() + &u.at_exponent(x.exponent()), x.exponent());
    let there = forward(trial.network, std::slice::from_ref(&end));
    let back = backward(trial.network, &there);
    let (achieved, flipped) = achieved(trial.forward, &there[0], setting.step);
    let (pieces, least) = follow(trial.network, &x, &u, setting.step);
    let change = back[0].gradient().minus(&gradient).norm().and_then(|change| change / norm);
    Step {
        size: Outcome::of(Some(relative)),
        achieved,
        least,
        pieces: Outcome::of(Magnitude::from_f64(pieces as f64)),
        change: Outcome::of(change),
        flipped,
    }
}

/// u = ∓ size · ‖x‖ ∇f/‖∇f‖, against the sign of f.
fn direction(x: &Scaled, gradient: &Scaled, size: Magnitude, positive: bool) -> Scaled {
    let norm = |v: &Scaled| v.values().dot(v.values()).sqrt();
    let sign = if positive { -1.0 } else { 1.0 };
    let scale = sign * size.to_f64() * norm(x) / norm(gradient);
    Scaled::new(gradient.values() * scale, x.exponent())
}

fn achieved(at: &Forward, there: &Forward, t: f64) -> (Outcome, bool) {
    let (before, after) = (at.output(), there.output());
    let drop = before.minus(after);
    let flipped = after.mantissa * before.mantissa < 0.0;
    let toward = drop.mantissa * before.mantissa > 0.0;
    let value = || {
        let whole = before.abs()? * Magnitude::from_f64(t)?;
        let share = drop.abs()? / whole;
        if toward { share } else { Some(Magnitude::ZERO) }
    };
    (Outcome::of(value()), flipped)
}

/// Pieces up to the step's end, and the least t that meets a zero.
fn follow(network: &mut dyn Network, x: &Scaled, u: &Scaled, t: f64) -> (usize, Outcome) {
    let line = Line::new(network, x, u, 1.0);
    let pieces = line.pieces();
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
