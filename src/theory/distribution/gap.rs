//! The gap between the two largest of K independent standard normals: what takes the place of one
//! output where the class is the largest of several. `proofs/flip.md#classes`.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::biased::{self, SizeTable};
use super::ratio::RatioLaw;
use crate::model::params::{Params, Probability};

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
    /// The same with biases.
    Biased(SizeTable),
    /// Of more than two, in wide networks; in units of this.
    Largest(Gap, f64),
}

impl FirstOrder {
    /// For the input dimension d, the K outputs and the biases of `params`.
    pub fn of(params: &Params) -> Self {
        let dimension = params.architecture.input();
        match params.outputs() {
            0..=2 if params.bias.is_none() => FirstOrder::One(RatioLaw::new(dimension)),
            0..=2 => FirstOrder::Biased(biased::ratio(params)),
            count => FirstOrder::Largest(Gap::new(count as u32), limit(params)),
        }
    }

    /// P(it ≤ u).
    pub fn cdf(&self, u: f64) -> f64 {
        match self {
            FirstOrder::One(law) => law.cdf(u),
            FirstOrder::Biased(law) => law.cdf(u.ln()),
            FirstOrder::Largest(gap, unit) => 1.0 - gap.exceeds(u / unit),
        }
    }

    /// What it exceeds with this probability, where that is resolved.
    pub fn upper_quantile(&self, probability: &Probability) -> Option<f64> {
        match self {
            FirstOrder::One(law) => Some(law.upper_quantile(probability)),
            FirstOrder::Biased(law) => law.log_upper_quantile(probability).map(f64::exp),
            FirstOrder::Largest(gap, unit) => Some(gap.upper_quantile(probability.to_f64()) * unit),
        }
    }

    /// Density of its logarithm, where that is known.
    pub fn log_density(&self, log_u: f64) -> Option<f64> {
        match self {
            FirstOrder::One(law) => law.has_density().then(|| law.log_density(log_u)),
            FirstOrder::Biased(law) => Some(law.log_density(log_u)),
            FirstOrder::Largest(..) => None,
        }
    }
}

/// √(Π(1 + 𝗌_i²)/d): the deviation in wide networks.
fn limit(params: &Params) -> f64 {
    let logs = params.relative_biases(&0.0f64).into_iter().map(f64::ln_1p);
    (0.5 * logs.sum::<f64>()).exp() / (params.architecture.input() as f64).sqrt()
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
