//! Leading orders in wide layers, without proof: every layer sees the Gaussian width R√d₀/‖x‖, and
//! with biases R/Π_{i≤j}√(1 + 𝗌_i²) for R.

use std::f64::consts::PI;

use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::num::nearest;
use crate::theory::ball::seen_radius;

/// (1 − a)²/(1 + a²): half of the square of what a flip changes, over what a layer keeps.
fn bend(params: &Params) -> f64 {
    nearest(&params.slope.bend())
}

/// √(2 (1 − a)²/(1 + a²) · 1.366 m/d_j), m the flips to leading order.
fn term_size(params: &Params, layer: usize) -> f64 {
    let widths = params.architecture.widths();
    let radius = seen_radius(params, layer);
    let squared = radius * radius * widths[0] as f64 / widths[layer] as f64;
    // min over λ of λS + 2 · 0.4245/√λ at S = (π/6)φ³, in units of φ.
    let constant = 3.0 * (2.0 / PI * (2.0 / 3.0)).powf(2.0 / 3.0) * (PI / 6.0).cbrt();
    (2.0 * bend(params) * constant * (6.0 * squared / PI).cbrt().min(1.0)).sqrt()
}

/// (1 − a)/√(1 + a²) · 0.72 (R/‖x‖)^{1/3} (d₀/d_j)^{1/6}.
fn affine_size(params: &Params, layer: usize) -> f64 {
    let widths = params.architecture.widths();
    let radius = seen_radius(params, layer);
    let constant = 0.375 * (8.0 / PI).cbrt() * (2.0 * bend(params)).sqrt();
    constant * radius.cbrt() * (widths[0] as f64 / widths[layer] as f64).powf(1.0 / 6.0)
}

/// One layer's term.
pub fn term(params: &Params, layer: usize) -> Option<Magnitude> {
    Magnitude::from_f64(term_size(params, layer))
}

/// The terms added in quadrature, as if they were orthogonal.
pub fn gradient(params: &Params) -> Option<Magnitude> {
    quadrature(params, term_size)
}

/// The layers' affine errors added in quadrature.
pub fn affine(params: &Params) -> Option<Magnitude> {
    quadrature(params, affine_size)
}

fn quadrature(params: &Params, size: fn(&Params, usize) -> f64) -> Option<Magnitude> {
    let depth = params.architecture.depth();
    let sum: f64 = (1..=depth).map(|layer| size(params, layer).powi(2)).sum();
    Magnitude::from_f64(sum.sqrt())
}
