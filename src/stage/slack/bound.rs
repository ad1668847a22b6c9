//! The factors of e_j as proved by Gaussian comparison: √m_j, g_j/√m_j, K_j/σ_{j−1}, σ_{j−1}, 1/v_j.

use crate::ball::{Control, upper};
use crate::magnitude::Magnitude;
use crate::num::{Enclosure, Number, Upper};
use crate::params::Params;

/// Five for each layer.
pub fn factors(params: &Params) -> Vec<[Magnitude; 5]> {
    let Some(control) = Control::new(params) else { return Vec::new() };
    let widths = params.architecture.widths();
    let mut before = Enclosure::integer(params.precision(), 1);
    let layers = control.comparison.iter().zip(widths.windows(2));
    layers
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
        .collect()
}

/// ε.
pub fn total(params: &Params) -> Magnitude {
    let Some(control) = Control::new(params) else { return Magnitude::ZERO };
    let terms = control.comparison.iter().map(|layer| layer.term.upper());
    terms.fold(Upper::from(0u32), |sum, term| sum + term).to_magnitude()
}
