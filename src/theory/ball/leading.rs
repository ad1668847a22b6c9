//! Leading orders in wide layers, without proof: every layer sees the Gaussian width R√d₀/‖x‖, and
//! with biases R/Π_{i≤j}√(1 + 𝗌_i²) for R. They decide nothing.

use std::f64::consts::PI;

use super::seen_radius;
use crate::model::params::Params;
use crate::num::nearest;

/// (1 − a)²/(1 + a²): half of the square of what a flip changes, over what a layer keeps.
fn bend(params: &Params) -> f64 {
    nearest(&params.slope.bend())
}

/// e_j: √(2 (1 − a)²/(1 + a²) · 1.366 m/d_j), m the flips to leading order.
pub fn term(params: &Params, layer: usize) -> f64 {
    let widths = params.architecture.widths();
    let radius = seen_radius(params, layer);
    let squared = radius * radius * widths[0] as f64 / widths[layer] as f64;
    // min over λ of λS + 2 · 0.4245/√λ at S = (π/6)φ³, in units of φ.
    let constant = 3.0 * (2.0 / PI * (2.0 / 3.0)).powf(2.0 / 3.0) * (PI / 6.0).cbrt();
    (2.0 * bend(params) * constant * (6.0 * squared / PI).cbrt().min(1.0)).sqrt()
}

/// The affine error of layer j over ‖u‖‖∇f(x)‖:
/// (1 − a)/√(1 + a²) · 0.72 (R/‖x‖)^{1/3} (d₀/d_j)^{1/6}.
pub fn affine(params: &Params, layer: usize) -> f64 {
    let widths = params.architecture.widths();
    let radius = seen_radius(params, layer);
    let constant = 0.375 * (8.0 / PI).cbrt() * (2.0 * bend(params)).sqrt();
    constant * radius.cbrt() * (widths[0] as f64 / widths[layer] as f64).powf(1.0 / 6.0)
}

/// The layers added in quadrature, as if they were orthogonal.
pub fn quadrature(params: &Params, size: fn(&Params, usize) -> f64) -> f64 {
    let depth = params.architecture.depth();
    let sum: f64 = (1..=depth).map(|layer| size(params, layer).powi(2)).sum();
    sum.sqrt()
}

/// B_j η‖ĥ_{j−1}‖ over ‖x‖‖∇f(x)‖ for j = 1 … L+1, added up: by how much weights that move by η can
/// move the output alone. η√(d_{j−1}/d), and with biases √Π_{i≤j}(1 + 𝗌_i²) times that.
pub fn pushed(params: &Params, eta: f64) -> f64 {
    let widths = params.architecture.widths();
    let input = widths[0] as f64;
    let of = |(&width, growth): (&u128, f64)| eta * (growth * width as f64 / input).sqrt();
    widths.iter().zip(params.bias_growth()).map(of).sum()
}
