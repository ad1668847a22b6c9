//! Placeholder.

use crate::model::params::{Params, Probability};
use crate::num::Enclosure;
use crate::theory::distribution::ratio::RatioLaw;

pub struct Kappa {
    law: RatioLaw,
    factor: f64,
}

impl Kappa {
    pub fn new(params: &Params) -> Self {
        let squares = params.relative_biases(&0.0);
        let whole: f64 = squares.into_iter().map(|s| 1.0 + 1.1 * s).product();
        Kappa { law: RatioLaw::new(params.architecture.input()), factor: whole.sqrt() }
    }

    pub fn rough_bound(&self, delta: &Probability) -> f64 {
        self.law.rough_bound(delta) * self.factor
    }

    pub fn rough_quantile(&self, delta: f64) -> f64 {
        self.law.rough_quantile(delta) * self.factor
    }

    pub fn upper_bound(&self, delta: &Probability, precision: u32) -> Enclosure {
        self.law.upper_bound(delta, precision) * Enclosure::point(precision, self.factor)
    }
}
