//! The factors of e_j as proved by Gaussian comparison: √m_j, g_j/√m_j, K_j/σ_{j−1}, σ_{j−1},
//! 1/v_j. `proofs/slack.md#factors`.

use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::num::{Enclosure, Number};
use crate::theory::ball::{Control, sum, upper};

/// Five for each layer, and ε; `None` without hidden layers.
pub fn factors(params: &Params) -> Option<(Vec<[Magnitude; 5]>, Magnitude)> {
    let control = Control::new(params)?;
    let widths = params.architecture.widths();
    let mut before = Enclosure::integer(params.precision(), 1);
    let layers = control.comparison.iter().zip(widths.windows(2));
    let factors = layers
        .map(|(layer, pair)| {
            let number = |value: u128| before.whole(value);
            let root = number(layer.flips).sqrt();
            let unscaled = (number(pair[0]) * number(pair[1])).sqrt();
            let factors = [
                upper(&root),
                upper(&(&layer.weights / &root)),
                upper(&(&layer.heavy / &before)),
                upper(&before),
                upper(&(&unscaled / &layer.scale)),
            ];
            before = layer.lipschitz.clone();
            factors
        })
        .collect();
    Some((factors, sum(&control.comparison, |layer| Some(&layer.term))))
}
