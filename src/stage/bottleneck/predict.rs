//! Leading orders in wide layers, without proof.

use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::num::search::argmin;

/// R√d₀/‖x‖: the Gaussian width that every layer sees, and so the size of the flipped rows.
pub fn rows(params: &Params) -> Option<Magnitude> {
    let architecture = &params.architecture;
    let radius = params.relative_radius(64).to_f64();
    Magnitude::from_f64(radius * (architecture.input() as f64).sqrt())
}

/// d_j (6R²d₀/(π d_j ‖x‖²))^{1/3}.
pub fn flips(params: &Params, layer: usize) -> Option<Magnitude> {
    let widths = params.architecture.widths();
    let (n, d) = (widths[layer] as f64, widths[0] as f64);
    let radius = params.relative_radius(64).to_f64();
    let share = (6.0 * radius * radius * d / (std::f64::consts::PI * n)).cbrt();
    Magnitude::from_f64(n * share.min(1.0))
}

/// ‖J_j(x)‖: the edge of the limiting spectrum of a product of Gaussian matrices of the sizes of
/// the active layers, √min_w (1+w)/w · Π_{i≤j} (d_i/2 + w d₀)/d_{i−1}.
pub fn lipschitz(params: &Params, layer: usize) -> Option<Magnitude> {
    let widths = params.architecture.widths();
    let d = widths[0] as f64;
    let log_square = |w: f64| {
        let factors = widths.windows(2).take(layer);
        let log = |pair: &[u128]| ((pair[1] as f64 / 2.0 + w * d) / pair[0] as f64).ln();
        ((1.0 + w) / w).ln() + factors.map(log).sum::<f64>()
    };
    let from = -2.0 * (layer as f64 + 2.0).ln() - 0.5 * d.ln() - 3.0;
    let best = argmin(from, 0.5 * (*widths.iter().max()? as f64).ln() + 3.0, 60, log_square);
    Magnitude::from_ln(0.5 * log_square(best))
}
