//! Activations that are not piecewise linear. Nothing is proved of them: they are measured.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

use crate::model::error::{Error, Result};

/// A smooth activation σ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// tanh t.
    Tanh,
    /// t Φ(t), Φ the normal distribution function.
    Gelu,
    /// t/(1 + e^{−t}), also called swish.
    Silu,
    /// log(1 + eᵗ).
    Softplus,
    /// 2/√π ∫₀ᵗ exp(−s²) ds.
    Erf,
}

impl Curve {
    /// All of them.
    pub const ALL: [Curve; 5] =
        [Curve::Tanh, Curve::Gelu, Curve::Silu, Curve::Softplus, Curve::Erf];

    /// As given, shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Curve::Tanh => "tanh",
            Curve::Gelu => "gelu",
            Curve::Silu => "silu",
            Curve::Softplus => "softplus",
            Curve::Erf => "erf",
        }
    }

    /// Their names.
    pub fn names() -> String {
        Curve::ALL.map(Curve::name).join(", ")
    }

    /// The one of this name, as records keep it.
    ///
    /// # Errors
    /// An unknown name; the message lists the known ones.
    pub fn parse(name: &str) -> Result<Self> {
        let permitted = || format!("one of {}", Curve::names());
        Curve::named(name).ok_or_else(|| Error::new("activation", name, permitted()))
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Curve::ALL.into_iter().find(|curve| curve.name() == name)
    }

    /// σ(t).
    pub fn value(self, t: f64) -> f64 {
        match self {
            Curve::Tanh => libm::tanh(t),
            Curve::Gelu => t * below(t),
            Curve::Silu => t * logistic(t),
            Curve::Softplus => {
                // What is not a number stays so.
                (if t <= 0.0 { 0.0 } else { t }) + libm::log1p(libm::exp(-t.abs()))
            }
            Curve::Erf => libm::erf(t),
        }
    }

    /// σ′(t).
    pub fn derivative(self, t: f64) -> f64 {
        match self {
            // 1 − tanh², without cancellation.
            Curve::Tanh => 4.0 * logistic(2.0 * t) * logistic(-2.0 * t),
            Curve::Gelu => below(t) + t * libm::exp(-0.5 * t * t) / (2.0 * PI).sqrt(),
            Curve::Silu => {
                let part = logistic(t);
                part + t * part * logistic(-t)
            }
            Curve::Softplus => logistic(t),
            Curve::Erf => FRAC_2_SQRT_PI * libm::exp(-t * t),
        }
    }
}

/// Φ(t).
fn below(t: f64) -> f64 {
    0.5 * libm::erfc(-t * FRAC_1_SQRT_2)
}

/// 1/(1 + e^{−t}), to all digits on both sides.
fn logistic(t: f64) -> f64 {
    let small = libm::exp(-t.abs());
    (if t < 0.0 { small } else { 1.0 }) / (1.0 + small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for curve in Curve::ALL {
            assert_eq!(Curve::parse(curve.name()).unwrap(), curve);
        }
        let message = Curve::parse("relu").unwrap_err().to_string();
        assert!(message.contains("tanh, gelu, silu, softplus, erf"), "{message}");
    }

    /// At 1, to all digits.
    #[test]
    fn values_are_those_of_the_field() {
        let at_one = [
            (Curve::Tanh, 0.761_594_155_955_764_9),
            (Curve::Gelu, 0.841_344_746_068_542_9),
            (Curve::Silu, 0.731_058_578_630_004_9),
            (Curve::Softplus, 1.313_261_687_518_222_8),
            (Curve::Erf, 0.842_700_792_949_714_9),
        ];
        for (curve, value) in at_one {
            assert!((curve.value(1.0) - value).abs() < 1e-15, "{}", curve.name());
        }
    }

    /// Central differences; what is not a number is seen, and far out nothing overflows.
    #[test]
    fn derivatives_are_those_of_the_values() {
        for curve in Curve::ALL {
            for i in -80..=80 {
                let t = 0.1 * f64::from(i);
                let step = 1e-5;
                let slope = (curve.value(t + step) - curve.value(t - step)) / (2.0 * step);
                let gap = (slope - curve.derivative(t)).abs();
                assert!(gap < 1e-9, "{} at {t}: {gap}", curve.name());
            }
            assert!(curve.value(f64::NAN).is_nan() && curve.derivative(f64::NAN).is_nan());
            for t in [-1e300, -800.0, 800.0, 1e300] {
                assert!(curve.value(t).is_finite() && curve.derivative(t).is_finite());
            }
        }
    }
}
