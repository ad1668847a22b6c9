//! The exact laws of ‖∇f(x)‖ and of the ratio, inverted numerically.

use std::f64::consts::LN_10;
use std::sync::Arc;

use crate::claim::Curve;
use crate::distribution::contour::{Level, ProductLaw, Table};
use crate::distribution::ratio::RatioLaw;
use crate::magnitude::Magnitude;
use crate::params::{Params, Probability};

/// The law of √(A·χ²_d/d).
pub struct GradientLaw {
    square: ProductLaw,
    table: Arc<Table>,
}

impl GradientLaw {
    /// For the widths of `params`.
    pub fn new(params: &Params) -> Self {
        let square = ProductLaw::new(params.architecture.hidden(), params.architecture.input());
        GradientLaw { table: Arc::new(square.table()), square }
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
        Magnitude::from_ln(0.5 * self.square.log_lower_quantile(Level::HALF))
    }

    /// The value that ‖∇f(x)‖ falls below with probability `delta`; `None` below the range of
    /// `f64`.
    pub fn undercut_with(&self, delta: &Probability) -> Option<Magnitude> {
        Magnitude::from_ln(0.5 * self.square.log_lower_quantile(Level::of(delta)?))
    }
}

/// The law of |U₁|.
pub struct Ratio(Arc<RatioLaw>);

impl Ratio {
    /// For the input dimension of `params`.
    pub fn new(params: &Params) -> Self {
        Ratio(Arc::new(RatioLaw::new(params.architecture.input())))
    }

    /// P(log₁₀ |U₁| ≤ t).
    pub fn cdf(&self) -> Curve {
        let law = Arc::clone(&self.0);
        Arc::new(move |t| law.cdf(10f64.powf(t)))
    }

    /// Density of log₁₀ |U₁|; none for d = 1, where the law is a point.
    pub fn density(&self) -> Option<Curve> {
        let law = Arc::clone(&self.0);
        law.has_density().then(|| Arc::new(move |t| law.log_density(t * LN_10) * LN_10) as Curve)
    }

    /// The median.
    pub fn median(&self) -> Option<Magnitude> {
        let half = Probability::parse("level", "1/2").ok()?;
        Magnitude::from_f64(self.0.upper_quantile(&half))
    }
}
