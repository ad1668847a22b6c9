//! Trainings that are looked for: at the edge of what they may do, along what moves the network
//! fastest.

use crate::model::outcome::{Outcome, Search};
use crate::network::search::training::{affine_error, toward, trained, trained_both, turning};
use crate::network::search::{Survey, Visited, resolves};
use crate::network::{Backward, Change, Forward, Scaled, backward, forward};
use crate::num::magnitude::Magnitude;
use crate::stage::Trial;

/// Products without weights that trainings ask for in one network, at most: at five points of the
/// ball and at two steps, in both directions, twice each, and seven sizes at each end.
pub const PRODUCTS: u32 = 128;

/// A training that is to take the sign with it is as large as the first order says, or so many
/// times that.
const SIZES: [f64; 7] = [1.001, 1.03, 1.1, 1.25, 1.5, 2.0, 4.0];
const ROUNDS: usize = 2;

/// What the trainings that were found show.
pub struct Found {
    /// The largest ‖∇f̃(y) − ∇f(x)‖/‖∇f(x)‖.
    pub gradient: Outcome,
    /// The largest |f̃(y) − f(x) − ⟨∇f(x), y − x⟩|/(‖x‖‖∇f(x)‖).
    pub affine: Outcome,
    /// The smallest ±f̃(x ± Rg)/(R‖∇f(x)‖), 0 if negative.
    pub left: Outcome,
    /// Is it positive?
    pub flips: bool,
    /// The smallest η found at which one of the steps for it ends on the wrong side.
    pub farthest: Outcome,
}

impl Found {
    fn all(outcome: Outcome) -> Self {
        Found { gradient: outcome, affine: outcome, left: outcome, flips: false, farthest: outcome }
    }
}

/// All of it.
pub fn trainings(trial: &mut Trial<'_>) -> Found {
    let Some(setting) = trial.setting else { return Found::all(Outcome::NotSearched) };
    let survey = match trial.survey() {
        Ok(survey) => survey,
        Err(Outcome::Undefined) if trial.forward.is_dead() => {
            // Nothing flips where the network is constantly 0, and no training is needed for that.
            let nothing = Outcome::Value(Magnitude::ZERO);
            return Found { left: nothing, farthest: nothing, ..Found::all(Outcome::Undefined) };
        }
        Err(outcome) => return Found::all(outcome),
    };
    let training = setting.training;
    let (roundoff, depth) = (trial.network.roundoff(), trial.network.depth());
    if !resolves(training.nearness, roundoff, depth) {
        return Found::all(Outcome::Undefined);
    }
    let [gradient, affine] = in_ball(trial, &survey, training.nearness);
    let (left, flips) = withstood(trial, training.nearness, training.step);
    Found { gradient, affine, left, flips, farthest: farthest(trial, training.farther) }
}

/// Of the gradient's change and of the affine error, the largest found in the ball.
fn in_ball(trial: &mut Trial<'_>, survey: &Survey, eta: f64) -> [Outcome; 2] {
    let size = trial.gradient_norm().zip(trial.input().norm()).map(|(g, x)| (g, g * x));
    let Some((norm, unit)) = size else { return [Outcome::Failed; 2] };
    let (at, here) = (trial.forward, trial.backward);
    let error = |there: &Forward, changes: &[Option<Change>]| {
        affine_error((at, here), there, changes).abs().and_then(|error| error / unit)
    };
    let change = |back: &Backward| {
        let change = back.gradient().minus(here.gradient()).norm();
        change.and_then(|change| change / norm)
    };
    // The weights as they were drawn are a training, too.
    let still = |visited: &Visited| {
        let change = visited.gradient_change.and_then(|change| change / norm);
        (change, error(&visited.forward, &[]), visited.search)
    };
    let mut found: Vec<_> = survey.visited.iter().map(still).collect();
    if eta > 0.0 {
        for place in places(survey, &found) {
            let visited = &survey.visited[place];
            let point = &visited.forward.input;
            for sign in [1.0, -1.0] {
                let mut changes = toward(&visited.forward, &visited.backward, sign, eta);
                for _ in 0..ROUNDS {
                    let (there, back) = trained_both(trial.network, &changes, point);
                    found.push((change(&back), error(&there, &changes), Search::Ascent));
                    changes = toward(&there, &back, sign, eta);
                }
            }
        }
        let stretched = survey.visited.iter().rev().find(|v| v.search == Search::Stretch);
        let direction = stretched.map_or(here.gradient(), |visited| &visited.step);
        let furthest = survey.steepest.map_or(&at.input, |i| &survey.visited[i].forward.input);
        for sign in [1.0, -1.0] {
            let changes = turning(trial.network, at, here, direction, (sign, eta));
            let (there, back) = trained_both(trial.network, &changes, furthest);
            found.push((change(&back), error(&there, &changes), Search::Ascent));
        }
    }
    [
        Outcome::largest(found.iter().map(|(change, _, search)| (*change, *search))),
        Outcome::largest(found.iter().map(|(_, error, search)| (*error, *search))),
    ]
}

/// The points of the ball that trainings start from: x, the ends along the gradient, and where the
/// gradient and f differ most from what they were.
fn places(survey: &Survey, found: &[(Option<Magnitude>, Option<Magnitude>, Search)]) -> Vec<usize> {
    let along = |i: &usize| survey.visited[*i].search == Search::Gradient;
    let mut places: Vec<usize> = (0..survey.visited.len()).filter(along).take(2).collect();
    places.push(0);
    places.extend(survey.steepest);
    places.extend((0..found.len()).max_by_key(|&i| found[i].1));
    places.sort_unstable();
    places.dedup();
    places
}

/// The ends of both steps of length R‖x‖ along the gradient, with their signs.
fn ends(trial: &Trial<'_>, radius: f64) -> [(f64, Scaled); 2] {
    let (x, gradient) = (trial.input(), trial.backward.gradient());
    let root = |v: &Scaled| v.values().dot(v.values()).sqrt();
    let scale = radius * root(x) / root(gradient);
    [1.0, -1.0].map(|sign| {
        let end = x.values() + &(gradient.values() * (sign * scale));
        (sign, Scaled::new(end, x.exponent()))
    })
}

/// The least that is left of a step after the trainings found, and whether that is anything.
fn withstood(trial: &mut Trial<'_>, eta: f64, radius: f64) -> (Outcome, bool) {
    let moved = trial.gradient_norm().zip(trial.input().norm()).zip(Magnitude::from_f64(radius));
    let Some(moved) = moved.map(|((g, x), radius)| g * x * radius) else {
        return (Outcome::Failed, false);
    };
    let mut least: Option<Magnitude> = None;
    for (sign, end) in ends(trial, radius) {
        let mut look = |there: &Forward| {
            let output = there.output();
            let left =
                if sign * output.mantissa > 0.0 { output.abs() } else { Some(Magnitude::ZERO) };
            let left = left.filter(|_| output.abs().is_some()).and_then(|left| left / moved);
            least = Some(least.map_or(left?, |least| least.min(left.unwrap_or(least))));
            left
        };
        let passes = forward(trial.network, std::slice::from_ref(&end));
        let backs = backward(trial.network, &passes);
        let mut all = look(&passes[0]).is_some();
        if eta > 0.0 {
            // Towards the other side at x, and at the end.
            let other = toward(trial.forward, trial.backward, -sign, eta);
            all &= look(&trained(trial.network, &other, &end)).is_some();
            let mut changes = toward(&passes[0], &backs[0], -sign, eta);
            for _ in 0..ROUNDS {
                let (there, back) = trained_both(trial.network, &changes, &end);
                all &= look(&there).is_some();
                changes = toward(&there, &back, -sign, eta);
            }
        }
        if !all {
            return (Outcome::Failed, false);
        }
    }
    match least {
        Some(least) => (Outcome::Found(least, Search::Ascent), !least.is_zero()),
        None => (Outcome::Failed, false),
    }
}

/// The least η found after which a step of length R‖x‖ ends on the wrong side; ∞ if none is found.
fn farthest(trial: &mut Trial<'_>, radius: f64) -> Outcome {
    let mut least = Magnitude::INFINITY;
    for (sign, end) in ends(trial, radius) {
        let passes = forward(trial.network, std::slice::from_ref(&end));
        let backs = backward(trial.network, &passes);
        let (pass, back) = (&passes[0], &backs[0]);
        let Some(left) = pass.output().abs() else { return Outcome::Failed };
        if sign * pass.output().mantissa <= 0.0 {
            return Outcome::Found(Magnitude::ZERO, Search::Gradient);
        }
        // By how much the output changes for each η, to first order.
        let unit = toward(pass, back, 1.0, 1.0);
        let rate = affine_error((pass, back), pass, &unit).abs();
        let Some(rate) = rate else { return Outcome::Failed };
        // Where no weight moves the output, none is found.
        let Some(first) = (left / rate).map(Magnitude::to_f64) else { continue };
        for times in SIZES {
            let eta = times * first;
            if !eta.is_finite() {
                break;
            }
            let there = trained(trial.network, &toward(pass, back, -sign, eta), &end);
            if there.output().abs().is_none() {
                return Outcome::Failed;
            }
            if sign * there.output().mantissa <= 0.0 {
                least = least.min(Magnitude::from_f64(eta).unwrap_or(Magnitude::INFINITY));
                break;
            }
        }
    }
    Outcome::Found(least, Search::Ascent)
}
