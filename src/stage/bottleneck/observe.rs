//! What the points found in the ball show of each layer.

use super::statements;
use crate::model::outcome::{Outcome, Search};
use crate::network::search::Survey;
use crate::num::magnitude::Magnitude;
use crate::stage::Trial;
use crate::stage::rows::Seen;

/// For each layer its rows.
pub fn layers(trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
    let depth = trial.network.depth();
    let survey = match trial.survey() {
        Ok(survey) => survey,
        Err(outcome) => return seen.fill(outcome),
    };
    for layer in 1..=depth {
        seen.at(layer, &statements::ROWS, rows(trial, &survey, layer));
        seen.at(layer, &statements::FLIPS, flips(trial, &survey, layer));
        seen.at(layer, &statements::LIPSCHITZ, lipschitz(&survey, layer));
    }
}

/// Of each layer what is not about neurons that flip.
pub fn smooth(trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
    let survey = match trial.survey() {
        Ok(survey) => survey,
        Err(outcome) => return seen.fill(outcome),
    };
    seen.fill(Outcome::NotSearched);
    for layer in 1..=trial.network.depth() {
        seen.at(layer, &statements::LIPSCHITZ, lipschitz(&survey, layer));
    }
}

/// The largest √d_{j−1} ‖(W_j)_F (h_{j−1}(y) − h_{j−1}(x))‖/‖ĥ_{j−1}(x)‖, F the neurons flipped at
/// y.
fn rows(trial: &Trial<'_>, survey: &Survey, layer: usize) -> Outcome {
    let at = trial.forward;
    let root = Magnitude::from_f64((trial.network.widths()[layer - 1] as f64).sqrt());
    let before = at.received(layer - 1).norm();
    Outcome::largest(survey.visited.iter().map(|visited| {
        let flipped = at.flipped(&visited.forward, layer);
        let change = visited.forward.pre[layer - 1].minus(&at.pre[layer - 1]);
        let size = change.only(|k| flipped.binary_search(&k).is_ok()).norm();
        let value = || size? * root? / before?;
        (value(), visited.search)
    }))
}

/// The largest number of flipped neurons.
fn flips(trial: &Trial<'_>, survey: &Survey, layer: usize) -> Outcome {
    Outcome::largest(survey.visited.iter().map(|visited| {
        let count = trial.forward.flipped(&visited.forward, layer).len();
        (Magnitude::from_f64(count as f64), visited.search)
    }))
}

/// ‖J_j(x)‖, by power iteration: the Lipschitz constant near x, and so at most that on the ball.
fn lipschitz(survey: &Survey, layer: usize) -> Outcome {
    match survey.norms.get(layer - 1) {
        Some(&norm) => Outcome::largest([(norm, Search::Stretch)]),
        None => Outcome::NotSearched,
    }
}
