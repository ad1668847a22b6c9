//! What is expected in wide networks, without proof. `proofs/norm.md#expected`.

use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::theory::direct::expected::Distance;
use crate::theory::norm::expected_stretch;

/// Input dimensions from which on the limit of the stretch is meant.
const WIDE: u128 = 32;

/// χ in the limit of large d.
pub fn stretch(params: &Params) -> Option<f64> {
    let input = params.architecture.input();
    (input >= WIDE).then(|| expected_stretch(&params.norm, input))
}

/// ‖u‖₂/‖x‖₂ at the level 1 − δ, for the step t.
pub fn length(params: &Params, t: f64) -> Option<Magnitude> {
    Magnitude::from_f64(stretch(params)? * t * Distance::of(params).bound(&params.delta))
}
