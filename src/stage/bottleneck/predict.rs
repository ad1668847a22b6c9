//! Leading orders in wide layers, without proof.

use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::num::search::argmin;
use crate::theory::ball::seen_radius;

/// R√d₀/‖x‖: the Gaussian width that every layer sees, and so the size of the flipped rows; with
/// biases over all of what it receives.
pub fn rows(params: &Params, layer: usize) -> Option<Magnitude> {
    let architecture = &params.architecture;
    let radius = seen_radius(params, layer);
    Magnitude::from_f64(radius * (architecture.input() as f64).sqrt())
}

/// d_j (6R²d₀/(π d_j ‖x‖²))^{1/3}, and with biases R/Π_{i≤j}√(1 + 𝗌_i²) for R.
pub fn flips(params: &Params, layer: usize) -> Option<Magnitude> {
    let widths = params.architecture.widths();
    let (n, d) = (widths[layer] as f64, widths[0] as f64);
    let radius = seen_radius(params, layer);
    let share = (6.0 * radius * radius * d / (std::f64::consts::PI * n)).cbrt();
    Magnitude::from_f64(n * share.min(1.0))
}

/// ‖J_j(x)‖: the edge of the limiting spectrum of a product of Gaussian matrices whose rows have
/// slope 1 or a, half each: √min_w (1+w)/w · Π_{i≤j} d_i y(w d₀/d_i)/d_{i−1}, y(v) the larger root
/// of y² − (1 + a²)(½ + v)y + a²v(1 + v); for a = 0 it is ½ + v.
pub fn lipschitz(params: &Params, layer: usize) -> Option<Magnitude> {
    let widths = params.architecture.widths();
    let d = widths[0] as f64;
    let a2 = params.slope.to_f64().powi(2);
    let larger_root = |v: f64| {
        let half = 0.5 * (1.0 + a2) * (0.5 + v);
        half + (half * half - a2 * v * (1.0 + v)).max(0.0).sqrt()
    };
    let log_square = |w: f64| {
        let factors = widths.windows(2).take(layer);
        let log = |pair: &[u128]| {
            let n = pair[1] as f64;
            (n * larger_root(w * d / n) / pair[0] as f64).ln()
        };
        ((1.0 + w) / w).ln() + factors.map(log).sum::<f64>()
    };
    let from = -2.0 * (layer as f64 + 2.0).ln() - 0.5 * d.ln() - 3.0;
    let best = argmin(from, 0.5 * (*widths.iter().max()? as f64).ln() + 3.0, 60, log_square);
    Magnitude::from_ln(0.5 * log_square(best))
}
