//! What the points found in the ball show of each layer.

use crate::magnitude::Magnitude;
use crate::search::{Explored, Search};
use crate::stage::{Outcome, Trial};

/// For each layer: rows, flips, lipschitz.
pub fn layers(trial: &mut Trial<'_>) -> Vec<Outcome> {
    let depth = trial.network.depth();
    let explored = match trial.explored() {
        Ok(explored) => explored,
        Err(outcome) => return vec![outcome; 3 * depth],
    };
    (1..=depth)
        .flat_map(|layer| {
            [
                rows(trial, &explored, layer),
                flips(trial, &explored, layer),
                lipschitz(&explored, layer),
            ]
        })
        .collect()
}

/// The largest √d_{j−1} ‖(W_j)_F (h_{j−1}(y) − h_{j−1}(x))‖/‖h_{j−1}(x)‖, F the neurons flipped at y.
fn rows(trial: &Trial<'_>, explored: &Explored, layer: usize) -> Outcome {
    let at = trial.forward;
    let root = Magnitude::from_f64((trial.network.widths()[layer - 1] as f64).sqrt());
    let before = at.hidden(layer - 1).norm();
    Outcome::largest(explored.visited.iter().map(|visited| {
        let flipped = at.flipped(&visited.forward, layer);
        let change = visited.forward.pre[layer - 1].minus(&at.pre[layer - 1]);
        let size = change.only(|k| flipped.binary_search(&k).is_ok()).norm();
        let value = || size? * root? / before?;
        (value(), visited.search)
    }))
}

/// The largest number of flipped neurons.
fn flips(trial: &Trial<'_>, explored: &Explored, layer: usize) -> Outcome {
    Outcome::largest(explored.visited.iter().map(|visited| {
        let count = trial.forward.flipped(&visited.forward, layer).len();
        (Magnitude::from_f64(count as f64), visited.search)
    }))
}

/// ‖J_j(x)‖, by power iteration: the Lipschitz constant near x, and so at most that on the ball.
fn lipschitz(explored: &Explored, layer: usize) -> Outcome {
    match explored.norms.get(layer - 1) {
        Some(&norm) => Outcome::largest([(norm, Search::Stretch)]),
        None => Outcome::NotSearched,
    }
}
