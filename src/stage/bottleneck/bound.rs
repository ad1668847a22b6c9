//! Flips and Lipschitz constants over the ball. `proofs/bottleneck.md`.

use crate::ball::{Best, Control, comparison, count, plain, upper};
use crate::magnitude::Magnitude;
use crate::params::Params;

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
        .enumerate()
        .map(|(i, (by_plain, by_comparison))| {
            let (a, b) = (plain::events_up_to(i + 1), comparison::events_up_to(i + 1));
            let better = |values, events| control.better(params, values, events);
            LayerBound {
                rows: better([upper(&by_plain.rows), upper(&by_comparison.rows)], [a.rows, b.rows]),
                flips: better(
                    [by_plain.flips, by_comparison.flips].map(|flips| {
                        // All neurons: nothing could exceed that.
                        if flips >= widths[i + 1] { Magnitude::INFINITY } else { count(flips) }
                    }),
                    [a.flips, b.flips],
                ),
                lipschitz: better(
                    [upper(&by_plain.lipschitz), upper(&by_comparison.lipschitz)],
                    [a.lipschitz, b.lipschitz],
                ),
            }
        })
        .collect()
}
