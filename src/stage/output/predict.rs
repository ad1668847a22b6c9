//! The exact law of |f(x)| √d/‖x‖, inverted numerically. `proofs/output.md#law`.

use std::f64::consts::LN_10;
use std::sync::Arc;

use crate::model::claim::Curve;
use crate::model::params::{Params, Probability};
use crate::num::magnitude::Magnitude;
use crate::theory::distribution::biased::{self, SizeTable};
use crate::theory::distribution::root::RootLaw;

/// It, without biases and with.
pub enum Law {
    /// The law of √(A·χ²₁).
    Product(RootLaw),
    /// That of √(q_L + β²)|Z|, q_i growing from layer to layer.
    Biased(Arc<SizeTable>),
}

/// For the network of `params`.
pub fn law(params: &Params) -> Law {
    if params.bias.is_none() {
        Law::Product(RootLaw::new(params.architecture.hidden(), &params.slope, 1))
    } else {
        Law::Biased(Arc::new(biased::output(params)))
    }
}

impl Law {
    /// P(log₁₀ of it ≤ t).
    pub fn cdf(&self) -> Curve {
        match self {
            Law::Product(law) => Arc::new(law.cdf()),
            Law::Biased(law) => {
                let law = Arc::clone(law);
                Arc::new(move |t| law.cdf(t * LN_10))
            }
        }
    }

    /// Density of log₁₀ of it, without the atom.
    pub fn density(&self) -> Curve {
        match self {
            Law::Product(law) => Arc::new(law.density()),
            Law::Biased(law) => {
                let law = Arc::clone(law);
                Arc::new(move |t| law.log_density(t * LN_10) * LN_10)
            }
        }
    }

    /// What it exceeds with this probability; `None` where that is not resolved.
    pub fn exceeded_with(&self, probability: &Probability) -> Option<Magnitude> {
        match self {
            Law::Product(law) => law.exceeded_with(probability),
            Law::Biased(law) => Magnitude::from_ln(law.log_upper_quantile(probability)?),
        }
    }

    /// The median.
    pub fn median(&self) -> Option<Magnitude> {
        match self {
            Law::Product(law) => law.median(),
            Law::Biased(_) => self.exceeded_with(&Probability::half()),
        }
    }
}
