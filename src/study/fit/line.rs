//! Straight lines through numbers, by least squares, with Student's intervals.

use super::{Fit, Growth};
use crate::num::Enclosure;
use crate::theory::distribution::beta;

/// Least squares for log y over x or log x: points (x, log y).
pub fn fit(points: &[(f64, f64)], growth: Growth, quantile: &impl Fn(usize) -> f64) -> Option<Fit> {
    let n = points.len() as f64;
    let degrees = points.len().checked_sub(2).filter(|degrees| *degrees > 0)?;
    let mean = |value: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / n;
    let (u, v) = (mean(&|p| growth.position(p.0)), mean(&|p| p.1));
    let spread = n * mean(&|p| (growth.position(p.0) - u).powi(2));
    let slope = n * mean(&|p| (growth.position(p.0) - u) * (p.1 - v)) / spread;
    let residuals = n * mean(&|p| (p.1 - v - slope * (growth.position(p.0) - u)).powi(2));
    let scatter = (residuals / degrees as f64).sqrt();
    let error = quantile(degrees) * scatter / spread.sqrt();
    // At the best variance for normal errors, up to a term that is the same for every line.
    let log_likelihood = -n * scatter.max(f64::MIN_POSITIVE).ln();
    let fit = Fit::new(growth, v - slope * u, slope, error);
    Some(Fit { scatter: Some(scatter), log_likelihood, ..fit })
}

/// The t with P(|T| > t) = α, T Student's with `degrees` degrees of freedom: T²/(degrees + T²) is
/// Beta(½, degrees/2).
pub fn student(degrees: usize, alpha: f64) -> f64 {
    let at = |value: f64| Enclosure::point(128, value);
    let share = beta::quantile(&at(0.5), &at(degrees as f64 / 2.0), &at(1.0 - alpha)).to_f64();
    (degrees as f64 * share / (1.0 - share)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_student_are_known_ones() {
        for (degrees, alpha, expected) in [
            (1, 0.5, 1.0),
            (2, 0.05, 4.302_652_73),
            (6, 0.05, 2.446_911_85),
            (30, 0.01, 2.749_995_65),
        ] {
            assert!((student(degrees, alpha) - expected).abs() < 1e-7, "{degrees}");
        }
    }
}
