//! The same factors in one network, at the point of largest gradient change.

use crate::magnitude::Magnitude;
use crate::search::{Explored, flipped_row};
use crate::stage::{Outcome, Trial};

/// Five for each layer, then the gradient change itself.
pub fn factors(trial: &mut Trial<'_>) -> Vec<Outcome> {
    let depth = trial.network.depth();
    if depth == 0 {
        return Vec::new();
    }
    let explored = match trial.explored() {
        Ok(explored) => explored,
        Err(outcome) => return vec![outcome; 5 * depth + 1],
    };
    if explored.norms.is_empty() {
        return vec![Outcome::NotSearched; 5 * depth + 1];
    }
    // The point of largest change is not known where one change is not a number.
    if explored.visited.iter().any(|visited| visited.gradient_change.is_none()) {
        return vec![Outcome::Failed; 5 * depth + 1];
    }
    let Some(steepest) = explored.steepest else { return vec![Outcome::Undefined; 5 * depth + 1] };
    let mut outcomes: Vec<Outcome> =
        (1..=depth).flat_map(|layer| layer_factors(trial, &explored, steepest, layer)).collect();
    let change = explored.visited[steepest].gradient_change.zip(trial.gradient_norm());
    outcomes.push(Outcome::of(change.and_then(|(a, b)| a / b)));
    outcomes
}

fn layer_factors(trial: &Trial<'_>, explored: &Explored, at: usize, layer: usize) -> [Outcome; 5] {
    let (forward, backward) = (trial.forward, trial.backward);
    let widths = trial.network.widths();
    let there = &explored.visited[at].forward;
    let flips = forward.flipped(there, layer).len();
    if flips == 0 {
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
        let stretch = if layer == 1 { Magnitude::ONE } else { explored.norms[layer - 2]? };
        let term = explored.terms[layer - 1]?;
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
