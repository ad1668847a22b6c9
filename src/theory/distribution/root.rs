//! The law of √(A·χ²_m/m): of |f(x)| √d/‖x‖ for m = 1, of ‖∇f(x)‖ for m = d.

use std::f64::consts::LN_10;
use std::sync::Arc;

use super::contour::{Level, ProductLaw, Table};
use crate::model::params::Probability;
use crate::model::slope::Slope;
use crate::num::magnitude::Magnitude;

/// The law, with its atom at 0; numbers to about ten digits.
pub struct RootLaw {
    square: ProductLaw,
    table: Arc<Table>,
}

impl RootLaw {
    /// For hidden widths, the slope of the activation and χ² degrees of freedom m.
    pub fn new(hidden: &[u128], slope: &Slope, chi_degrees: u128) -> Self {
        let square = ProductLaw::with_slope(hidden, slope, chi_degrees);
        RootLaw { table: Arc::new(square.table()), square }
    }

    /// P(log₁₀ of it ≤ t).
    pub fn cdf(&self) -> impl Fn(f64) -> f64 + Send + Sync + 'static {
        let table = Arc::clone(&self.table);
        move |t| table.cdf(2.0 * t * LN_10)
    }

    /// Density of log₁₀ of it, without the atom.
    pub fn density(&self) -> impl Fn(f64) -> f64 + Send + Sync + 'static {
        let table = Arc::clone(&self.table);
        move |t| 2.0 * LN_10 * table.density(2.0 * t * LN_10)
    }

    /// The median; `None` where it is not resolved, as of the others.
    pub fn median(&self) -> Option<Magnitude> {
        Magnitude::from_ln(0.5 * self.square.log_median()?)
    }

    /// The value exceeded with this probability.
    pub fn exceeded_with(&self, probability: &Probability) -> Option<Magnitude> {
        Magnitude::from_ln(0.5 * self.square.log_upper_quantile(Level::of(probability))?)
    }

    /// The value undercut with this probability.
    pub fn undercut_with(&self, probability: &Probability) -> Option<Magnitude> {
        Magnitude::from_ln(0.5 * self.square.log_lower_quantile(Level::of(probability))?)
    }
}
