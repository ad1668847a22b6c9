//! The normal law, for predictions.

/// z with P(Z > z) = p, by bisection.
pub fn upper_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-40.0f64, 40.0f64);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        let tail = 0.5 * libm::erfc(middle / std::f64::consts::SQRT_2);
        if tail > p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}
