//! The exact law of |f(x)| √d/‖x‖, inverted numerically. `proofs/output.md#law`.

use crate::distribution::root::RootLaw;
use crate::params::Params;

/// The law of √(A·χ²₁).
pub fn law(params: &Params) -> RootLaw {
    RootLaw::new(params.architecture.hidden(), 1)
}
