//! How fast networks are trained, by width: from lazy training to feature learning.

use crate::num::magnitude::Magnitude;

/// The learning rate ρ and the exponent a of the width. `docs/training.md#rate`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Pace {
    /// ρ > 0: in squared loss, with one point, the share of the error that a step takes away, to
    /// first order in wide networks.
    pub rate: f64,
    /// a: 0 for lazy training, in which ‖ΔW‖ falls like w^{−1/2}; 1 for feature learning, in which
    /// it does not fall.
    pub exponent: f64,
}

/// What that means in one family of networks.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Scales {
    /// s: what is trained is F = s f.
    pub output: f64,
    /// The learning rate of all weights W_i, of variance 1/d_{i−1}, and of the biases as weights of
    /// a constant.
    pub step: f64,
}

impl Pace {
    /// For widths d₀, …, d_L, slope a and the deviations of the biases, none without, at points of
    /// norm √d₀: s² E f(x)² = w^{−a}, and a step of one point changes F by ρ times the error, to
    /// first order and in the mean.
    pub fn scales(self, widths: &[usize], slope: f64, biases: &[Magnitude]) -> Scales {
        let kept = 0.5 * (1.0 + slope * slope);
        let square = |i: usize| biases.get(i).map_or(0.0, |b| b.to_f64() * b.to_f64());
        // E‖ĥ_{i−1}‖²/d_{i−1} by layers, the last of which is E f².
        let mut received = vec![1.0 + square(0)];
        for i in 1..widths.len() {
            received.push(kept * received[i - 1] + square(i));
        }
        let last = widths.len() - 1;
        let variance = received[last];
        // E Σ_j ‖l_j‖² ‖ĥ_{j−1}‖² over the variance: Σ d_j without biases.
        let terms = widths.iter().zip(&received).enumerate();
        let terms = terms.map(|(j, (&d, r))| d as f64 * r * kept.powi((last - j) as i32));
        let kernel = terms.sum::<f64>() / variance;
        let width = kernel / widths.len() as f64;
        Scales {
            output: width.powf(-0.5 * self.exponent) / variance.sqrt(),
            step: self.rate * width.powf(self.exponent) / kernel,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_of_plain_networks_are_the_documented_ones() {
        let widths = [30, 50, 10];
        for exponent in [0.0, 0.5, 1.0] {
            let scales = Pace { rate: 0.7, exponent }.scales(&widths, 0.0, &[]);
            // Variance 2^{−L}, kernel 90, width 30.
            assert!((scales.output - 2.0 * 30f64.powf(-0.5 * exponent)).abs() < 1e-12);
            assert!((scales.step - 0.7 * 30f64.powf(exponent) / 90.0).abs() < 1e-12);
        }
        // A linear network, with biases as large as the signal in the first layer alone.
        let biases = [1.0, 0.0].map(|b| Magnitude::from_f64(b).unwrap());
        let scales = Pace { rate: 1.0, exponent: 0.0 }.scales(&[4, 8], 1.0, &biases);
        assert!((scales.output - 0.5f64.sqrt()).abs() < 1e-12);
        assert!((scales.step - 1.0 / 12.0).abs() < 1e-12);
    }
}
