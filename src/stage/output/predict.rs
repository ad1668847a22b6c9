//! The exact law of |f(x)| √d/‖x‖, inverted numerically.

use std::f64::consts::LN_10;
use std::sync::Arc;

use crate::claim::Curve;
use crate::distribution::contour::{Level, ProductLaw, Table};
use crate::magnitude::Magnitude;
use crate::params::{Params, Probability};

/// The law of √(A·χ²₁).
pub struct OutputLaw {
    square: ProductLaw,
    table: Arc<Table>,
}

impl OutputLaw {
    /// For the widths of `params`.
    pub fn new(params: &Params) -> Self {
        let square = ProductLaw::new(params.architecture.hidden(), 1);
        OutputLaw { table: Arc::new(square.table()), square }
    }

    /// P(log₁₀ of it ≤ t).
    pub fn cdf(&self) -> Curve {
        let table = Arc::clone(&self.table);
        Arc::new(move |t| table.cdf(2.0 * t * LN_10))
    }

    /// Density of log₁₀ of it.
    pub fn density(&self) -> Curve {
        let table = Arc::clone(&self.table);
        Arc::new(move |t| 2.0 * LN_10 * table.density(2.0 * t * LN_10))
    }

    /// The median.
    pub fn median(&self) -> Option<Magnitude> {
        Magnitude::from_ln(0.5 * self.square.log_upper_quantile(Level::HALF))
    }

    /// The value exceeded with probability `delta`; `None` below the range of `f64`.
    pub fn exceeded_with(&self, delta: &Probability) -> Option<Magnitude> {
        Magnitude::from_ln(0.5 * self.square.log_upper_quantile(Level::of(delta)?))
    }
}
