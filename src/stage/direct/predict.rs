//! What wide layers suggest for the observed quantiles, without proof.
//! `proofs/direct.md#expected`.

use crate::model::params::Params;
use crate::theory::direct::expected::{Distance, layers, wide_enough};
use crate::theory::distribution::normal;

/// Steps so many times as long as the input, of which nothing is expected: their squares leave the
/// range of numbers.
const FARTHEST: f64 = 1e6;

/// What is expected of the observed quantiles.
pub struct Quantiles {
    /// For each hidden layer, in the order of the claims.
    pub layers: Vec<[f64; 5]>,
    /// (f(x) − f(x+u))/(t f(x)).
    pub achieved: f64,
}

/// For the step t at the level δ, where every layer is wide enough: the state at the κ that is
/// exceeded with probability δ, the noise of a typical κ at its own quantile.
pub fn quantiles(params: &Params, t: f64) -> Option<Quantiles> {
    if !wide_enough(&params.architecture) {
        return None;
    }
    let law = Distance::of(params);
    let (extreme, typical) = (law.bound(&params.delta), law.quantile(0.5));
    if extreme.is_nan() || extreme > FARTHEST {
        return None;
    }
    let deviations = normal::exceeded_with(&params.delta.share(2));
    let by_layer = layers(params, t, extreme);
    let each = by_layer.iter().zip(layers(params, t, typical)).map(|(layer, usual)| {
        [layer.along, layer.across, layer.coherent, usual.noise * deviations, layer.error]
    });
    let each = each.collect();
    let output = by_layer.last().map_or(1.0 - t, |layer| layer.output);
    Some(Quantiles { layers: each, achieved: (1.0 - output) / t })
}
