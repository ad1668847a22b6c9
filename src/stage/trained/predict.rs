//! Leading orders in wide layers, without proof. `proofs/trained.md#expected`.

use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::theory::distribution::gap::FirstOrder;

/// B_j η‖ĥ_{j−1}‖ over ‖x‖‖∇f(x)‖ for j = 1 … L+1: η√(d_{j−1}/d), and with biases √Π_{i≤j}(1 + 𝗌_i²)
/// times that.
fn pushed(params: &Params) -> f64 {
    let eta = params.nearness(64).to_f64();
    let widths = params.architecture.widths();
    let input = widths[0] as f64;
    let of = |(&width, growth): (&u128, f64)| eta * (growth * width as f64 / input).sqrt();
    widths.iter().zip(params.bias_growth()).map(of).sum()
}

/// What weights alone can do to the output: attained, to first order.
pub fn affine(params: &Params) -> Option<Magnitude> {
    positive(pushed(params))
}

/// What they can do to the gradient by one direction, in which every layer keeps the length of what
/// it receives: η√(d_{j−1}/d) in each layer.
pub fn gradient(params: &Params) -> Option<Magnitude> {
    let eta = params.nearness(64).to_f64();
    let widths = params.architecture.widths();
    let roots = widths.iter().map(|&width| (width as f64 / widths[0] as f64).sqrt());
    positive(eta * roots.sum::<f64>())
}

/// 1 − (q + Σ B_j η‖ĥ_{j−1}‖)/R, if no neuron flipped.
pub fn left(params: &Params, radius: f64) -> Option<Magnitude> {
    let size = FirstOrder::of(params).upper_quantile(&params.delta)?;
    positive(1.0 - (size + pushed(params)) / radius)
}

fn positive(value: f64) -> Option<Magnitude> {
    Magnitude::from_f64(value).filter(|_| value > 0.0)
}
