//! The exact law of |f(x)| √d/‖x‖, inverted numerically. `proofs/output.md#law`.

use crate::model::params::Params;
use crate::theory::distribution::root::RootLaw;

/// The law of √(A·χ²₁).
pub fn law(params: &Params) -> RootLaw {
    RootLaw::new(params.architecture.hidden(), &params.slope, 1)
}
