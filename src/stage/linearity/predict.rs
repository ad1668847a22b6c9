//! Leading orders in wide layers, without proof.

use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::theory::ball::leading;

/// One layer's term.
pub fn term(params: &Params, layer: usize) -> Option<Magnitude> {
    Magnitude::from_f64(leading::term(params, layer))
}

/// The terms added in quadrature, as if they were orthogonal.
pub fn gradient(params: &Params) -> Option<Magnitude> {
    Magnitude::from_f64(leading::quadrature(params, leading::term))
}

/// The layers' affine errors added in quadrature.
pub fn affine(params: &Params) -> Option<Magnitude> {
    Magnitude::from_f64(leading::quadrature(params, leading::affine))
}
