//! The normal law, for predictions.

use std::f64::consts::{PI, SQRT_2};

use crate::model::params::Probability;

/// z with P(Z > z) = p.
pub fn upper_quantile(p: f64) -> f64 {
    quantile(p.ln())
}

/// z with P(Z > z) = δ, also where δ or 1 − δ leaves `f64`.
pub fn exceeded_with(delta: &Probability) -> f64 {
    let (log, log_complement) = (-delta.nats(), delta.log_complement());
    if log < log_complement { quantile(log) } else { -quantile(log_complement) }
}

/// By bisection on the logarithm of the tail.
fn quantile(log_tail_wanted: f64) -> f64 {
    let (mut low, mut high) = (-40.0f64, (2.0 * log_tail_wanted.abs()).sqrt() + 40.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if log_tail(middle) > log_tail_wanted { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// log P(Z > z).
fn log_tail(z: f64) -> f64 {
    if z < 30.0 {
        return (0.5 * libm::erfc(z / SQRT_2)).ln();
    }
    // Mills' ratio, to all digits from there on.
    let square = 1.0 / (z * z);
    let ratio = 1.0 - square * (1.0 - square * (3.0 - square * (15.0 - square * 105.0)));
    -0.5 * z * z - z.ln() - 0.5 * (2.0 * PI).ln() + ratio.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_at_any_level() {
        let at = |text: &str| exceeded_with(&Probability::parse("delta", text).unwrap());
        assert!((at("0.05") - 1.644_853_626_951_472_7).abs() < 1e-12);
        assert!((at("0.5")).abs() < 1e-12);
        assert!((at("0.95") + 1.644_853_626_951_472_7).abs() < 1e-12);
        assert!((upper_quantile(0.05) - at("0.05")).abs() < 1e-13);
        // Either side of the switch of formulas.
        assert!((log_tail(30.0) - (0.5 * libm::erfc(30.0 / SQRT_2)).ln()).abs() < 1e-11);
        for text in ["1e-300", "1e-1000"] {
            let log = -Probability::parse("delta", text).unwrap().nats();
            assert!((log_tail(at(text)) / log - 1.0).abs() < 1e-13);
        }
    }
}
