//! The same factors in one network, at the point of largest gradient change.

use super::statements::{FACTORS, TOTAL};
use crate::model::outcome::Outcome;
use crate::network::search::{Survey, flipped_row};
use crate::num::magnitude::Magnitude;
use crate::stage::Trial;
use crate::stage::rows::Seen;

/// Five for each layer, and the gradient change itself.
pub fn factors(trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
    let depth = trial.network.depth();
    if depth == 0 {
        return;
    }
    let survey = match trial.survey() {
        Ok(survey) => survey,
        Err(outcome) => return seen.fill(outcome),
    };
    if survey.norms.is_empty() {
        return seen.fill(Outcome::NotSearched);
    }
    // The point of largest change is not known where one change is not a number.
    if survey.visited.iter().any(|visited| visited.gradient_change.is_none()) {
        return seen.fill(Outcome::Failed);
    }
    let Some(steepest) = survey.steepest else { return seen.fill(Outcome::Undefined) };
    for layer in 1..=depth {
        let factors = layer_factors(trial, &survey, steepest, layer);
        for (statement, outcome) in FACTORS.into_iter().zip(factors) {
            seen.at(layer, statement, outcome);
        }
    }
    let change = survey.visited[steepest].gradient_change.zip(trial.gradient_norm());
    seen.set(&TOTAL, Outcome::of(change.and_then(|(a, b)| a / b)));
}

fn layer_factors(trial: &Trial<'_>, survey: &Survey, at: usize, layer: usize) -> [Outcome; 5] {
    let (forward, backward) = (trial.forward, trial.backward);
    let widths = trial.network.widths();
    let there = &survey.visited[at].forward;
    let flips = forward.flipped(there, layer).len();
    // Of a linear network the flips change nothing, and nothing is divided among factors.
    if flips == 0 || forward.slopes[layer - 1] == 1.0 {
        return [Outcome::Undefined; 5];
    }
    let root = |value: usize| Magnitude::from_f64((value as f64).sqrt());
    let values = || {
        let weights = flipped_row(forward, backward, there, layer).norm()?;
        // B_{j+1} = ‖b_{j+1} D_{j+1}‖, and 1 behind the last layer.
        let above = match backward.masked.get(layer) {
            Some(row) => row.norm()?,
            None => Magnitude::ONE,
        };
        let stretch = if layer == 1 { Magnitude::ONE } else { survey.norms[layer - 2]? };
        let term = survey.terms[layer - 1]?;
        Some([
            root(flips),
            (weights * root(widths[layer])?) / (above * root(flips)?),
            (term * root(widths[layer - 1])?) / (weights * stretch),
            Some(stretch),
            above / trial.gradient_norm()?,
        ])
    };
    values().map_or([Outcome::Failed; 5], |values| values.map(Outcome::of))
}
