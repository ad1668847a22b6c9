//! The exact laws of ‖∇f(x)‖ and of the ratio, inverted numerically. `proofs/gradient.md#law`.

use std::f64::consts::LN_10;
use std::sync::Arc;

use crate::model::claim::Curve;
use crate::model::params::{Params, Probability};
use crate::num::magnitude::Magnitude;
use crate::theory::distribution::gap::FirstOrder;
use crate::theory::distribution::root::RootLaw;

/// The law of √(A·χ²_d/d).
pub fn law(params: &Params) -> RootLaw {
    RootLaw::new(params.architecture.hidden(), &params.slope, params.architecture.input())
}

/// The law of |U₁|, without biases; of several outputs that of the two largest, in wide networks.
pub struct Ratio(Arc<FirstOrder>);

impl Ratio {
    /// For the input dimension, the outputs and the biases of `params`.
    pub fn new(params: &Params) -> Self {
        Ratio(Arc::new(FirstOrder::of(params)))
    }

    /// P(log₁₀ of it ≤ t).
    pub fn cdf(&self) -> Curve {
        let law = Arc::clone(&self.0);
        Arc::new(move |t| law.cdf(10f64.powf(t)))
    }

    /// Density of log₁₀ of it; none where it is not known, or for d = 1, where the law is a point.
    pub fn density(&self) -> Option<Curve> {
        let law = Arc::clone(&self.0);
        law.log_density(0.0)?;
        let density = move |t| law.log_density(t * LN_10).unwrap_or(0.0) * LN_10;
        Some(Arc::new(density))
    }

    /// The median.
    pub fn median(&self) -> Option<Magnitude> {
        let half = Probability::parse("level", "1/2").ok()?;
        Magnitude::from_f64(self.0.upper_quantile(&half)?)
    }
}
