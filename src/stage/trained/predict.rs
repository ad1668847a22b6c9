//! Leading orders in wide layers, without proof: what is expected without training, and what
//! weights can do beside it to first order. `proofs/trained.md#expected`.

use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::theory::ball::leading;

/// The gradient's change; weights can turn it by η√(d_{j−1}/d) in layer j along one direction of
/// which every layer keeps the length that it keeps of x.
pub fn gradient(params: &Params) -> Option<Magnitude> {
    let widths = params.architecture.widths();
    let roots = widths.iter().map(|&width| (width as f64 / widths[0] as f64).sqrt());
    let turned = params.nearness(64).to_f64() * roots.sum::<f64>();
    positive(leading::quadrature(params, leading::term) + turned)
}

/// The affine error over ‖x‖‖∇f(x)‖.
pub fn affine(params: &Params) -> Option<Magnitude> {
    let radius = params.relative_radius(64).to_f64();
    let flips = radius * leading::quadrature(params, leading::affine);
    positive(flips + leading::pushed(params, params.nearness(64).to_f64()))
}

fn positive(value: f64) -> Option<Magnitude> {
    Magnitude::from_f64(value).filter(|_| value > 0.0)
}
