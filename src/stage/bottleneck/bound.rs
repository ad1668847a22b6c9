//! Flips and Lipschitz constants over the ball. `proofs/bottleneck.md`.

use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::theory::ball::{Best, Control, count, upper};

/// What is proved about one layer.
pub struct LayerBound {
    /// The rows of flipped neurons times the change of h_{j−1}, over ‖h_{j−1}‖/√d_{j−1}.
    pub rows: Best,
    /// The number of flipped neurons.
    pub flips: Best,
    /// The Lipschitz constant of h_j.
    pub lipschitz: Best,
}

/// One for each hidden layer.
pub fn layers(params: &Params) -> Vec<LayerBound> {
    let Some(control) = Control::new(params) else { return Vec::new() };
    let widths = params.architecture.widths();
    let pairs = control.plain.iter().zip(&control.comparison);
    pairs
        .zip(&widths[1..])
        .map(|((plain, comparison), &width)| {
            let both = [plain, comparison];
            // All neurons: nothing could exceed that.
            let flips =
                |flips: u128| if flips >= width { Magnitude::INFINITY } else { count(flips) };
            LayerBound {
                rows: control.better(
                    both.map(|layer| upper(&layer.rows)),
                    both.map(|layer| layer.rests.rows.clone()),
                ),
                flips: control.better(
                    both.map(|layer| flips(layer.flips)),
                    both.map(|layer| layer.rests.flips.clone()),
                ),
                lipschitz: control.better(
                    both.map(|layer| upper(&layer.lipschitz)),
                    both.map(|layer| layer.rests.lipschitz.clone()),
                ),
            }
        })
        .collect()
}
