//! What the limit of large widths suggests for the step, without proof. `proofs/flip.md#measured`.

use std::f64::consts::PI;

use crate::model::params::{Params, Probability};
use crate::num::magnitude::Magnitude;
use crate::num::nearest;
use crate::theory::distribution::gap::FirstOrder;
use crate::theory::distribution::ratio::RatioLaw;

/// Angles θ₀, …, θ_{L−1} between the hidden layers at x and at x + u, u of median length: in each
/// layer the step is along the backward row there, which adds 2(tκ)² d₀/d_i to tan²θ, or at
/// slopes (1 + a⁴)/(1 + a²)² of that. With biases tan²θ_{i−1}, as layer i sees it, is smaller by
/// Π_{k≤i}(1 + 𝗌_k²).
fn angles(params: &Params) -> Vec<f64> {
    let widths = params.architecture.widths();
    let step = (params.step().to_f64() * median_ratio(params)).powi(2);
    let a2 = params.slope.to_f64().powi(2);
    let passed = 2.0 * (1.0 + a2 * a2) / (1.0 + a2).powi(2);
    let mut square = step;
    let after = params.bias_growth().into_iter().zip(widths.windows(2)).map(|(growth, pair)| {
        let here = (square / growth).sqrt().atan();
        square += passed * step * widths[0] as f64 / pair[1] as f64;
        here
    });
    after.collect()
}

/// The median of κ = |f(x)|/(‖∇f(x)‖‖x‖).
fn median_ratio(params: &Params) -> f64 {
    if !params.bias.is_none() {
        return FirstOrder::of(params).upper_quantile(&Probability::half()).unwrap_or(f64::NAN);
    }
    RatioLaw::new(params.architecture.input()).upper_quantile(&Probability::half())
}

/// What ‖u‖/‖x‖ exceeds with this probability.
pub fn size(params: &Params, level: &Probability) -> Option<Magnitude> {
    let ratio = FirstOrder::of(params).upper_quantile(level)?;
    Magnitude::from_f64(params.step().to_f64() * ratio)
}

/// 1 + Σ d_i θ_{i−1}/π.
pub fn pieces(params: &Params) -> Option<Magnitude> {
    let crossed = params.architecture.hidden().iter().zip(angles(params));
    let sum: f64 = crossed.map(|(&d, theta)| d as f64 * theta / PI).sum();
    Magnitude::from_f64(1.0 + sum)
}

/// √(2(1 − Π(1 − (1 − β)θ_i/π))), β = 2a/(1 + a²).
pub fn change(params: &Params) -> Option<Magnitude> {
    let bend = nearest(&params.slope.bend());
    // 1 − Π, without cancellation for small angles.
    let log: f64 = angles(params).iter().map(|theta| (-bend * theta / PI).ln_1p()).sum();
    Magnitude::from_f64((-2.0 * log.exp_m1()).sqrt())
}
