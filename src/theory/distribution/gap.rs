//! The gap between the two largest of K independent standard normals: what takes the place of one
//! output where the class is the largest of several. `proofs/flip.md#classes`.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::ratio::RatioLaw;
use crate::model::params::Probability;

/// The integral over a normal is taken over so many deviations, in steps of so much: the
/// trapezoidal rule errs by less than e^{−2π²/step²} there.
const DEVIATIONS: f64 = 12.0;
const STEP: f64 = 0.05;

/// The law of (the largest − the second)/√2 of K standard normals.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    count: u32,
}

impl Gap {
    /// For K ≥ 2.
    pub fn new(count: u32) -> Self {
        Gap { count }
    }

    /// P(gap/√2 > g) = K ∫ φ(x) Φ(x − √2 g)^{K−1} dx: x is the largest, by so much.
    pub fn exceeds(self, g: f64) -> f64 {
        let others = f64::from(self.count - 1);
        let steps = (DEVIATIONS / STEP) as i32;
        let term = |i: i32| {
            let x = STEP * f64::from(i);
            let below = 0.5 * libm::erfc((2f64.sqrt() * g - x) * FRAC_1_SQRT_2);
            (-0.5 * x * x).exp() * below.powf(others)
        };
        let sum: f64 = (-steps..=steps).map(term).sum();
        (f64::from(self.count) * STEP * sum / (2.0 * PI).sqrt()).min(1.0)
    }

    /// What it exceeds with this probability.
    pub fn upper_quantile(self, probability: f64) -> f64 {
        // It is at most the largest of the K(K − 1)/2 differences, each normal.
        let (mut low, mut high) = (0.0, 45.0);
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if self.exceeds(middle) > probability { low = middle } else { high = middle }
        }
        high
    }
}

/// The law of |F|/(‖∇F‖‖x‖), F the output, or the half difference of the two largest of several.
pub enum FirstOrder {
    /// Of one output, exactly.
    One(RatioLaw),
    /// Of more than two, for large input dimensions d, this one.
    Largest(Gap, f64),
}

impl FirstOrder {
    /// For input dimension d and K outputs.
    pub fn new(dimension: u128, outputs: usize) -> Self {
        match outputs {
            0..=2 => FirstOrder::One(RatioLaw::new(dimension)),
            count => FirstOrder::Largest(Gap::new(count as u32), dimension as f64),
        }
    }

    /// P(it ≤ u).
    pub fn cdf(&self, u: f64) -> f64 {
        match self {
            FirstOrder::One(law) => law.cdf(u),
            FirstOrder::Largest(gap, dimension) => 1.0 - gap.exceeds(u * dimension.sqrt()),
        }
    }

    /// What it exceeds with this probability.
    pub fn upper_quantile(&self, probability: &Probability) -> f64 {
        match self {
            FirstOrder::One(law) => law.upper_quantile(probability),
            FirstOrder::Largest(gap, dimension) => {
                gap.upper_quantile(probability.to_f64()) / dimension.sqrt()
            }
        }
    }

    /// Density of its logarithm, where that is known.
    pub fn log_density(&self, log_u: f64) -> Option<f64> {
        match self {
            FirstOrder::One(law) => law.has_density().then(|| law.log_density(log_u)),
            FirstOrder::Largest(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::distribution::normal;

    /// Of two, it is the size of one normal.
    #[test]
    fn of_two_it_is_one_normal() {
        for g in [1e-6, 0.1, 0.674_489_750_196_082, 2.0, 7.0] {
            let exact = libm::erfc(g * FRAC_1_SQRT_2);
            assert!((Gap::new(2).exceeds(g) / exact - 1.0).abs() < 1e-12, "{g}");
        }
        let median = Gap::new(2).upper_quantile(0.5);
        assert!((median - normal::upper_quantile(0.25)).abs() < 1e-12);
    }
}
