//! How a positive quantity grows with another: like a·bˣ or like a·xᵖ, with confidence intervals, and
//! which of the two the data prefer.
//!
//! Both are straight lines for log y, over x and over log x, fitted by least squares. Intervals are Student's: exact
//! for errors of log y that are independent, normal and of equal variance. Quantities that are computed rather than
//! sampled have no such errors; for them the interval shows how well the line fits.

use serde::Serialize;

use crate::distribution::beta;
use crate::num::Enclosure;

/// Points below which nothing is fitted: two parameters, and two points to see the scatter.
const FEWEST: usize = 4;
/// Points below which growths are not compared.
const FEWEST_TO_COMPARE: usize = 5;
/// Over less than this ratio of the largest x to the smallest both lines fit about equally well.
const NARROWEST: f64 = 3.0;
/// Residuals have to favour one growth by this factor of likelihoods.
const EVIDENCE: f64 = 20.0;

/// One of the two growths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Growth {
    /// a·bˣ.
    Exponential,
    /// a·xᵖ.
    Power,
}

/// A fitted growth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// Which one.
    pub growth: Growth,
    /// a.
    pub scale: f64,
    /// b for an exponential, p for a power.
    pub rate: f64,
    /// Confidence interval of the rate.
    pub interval: [f64; 2],
    /// Standard deviation of log y around the line.
    pub scatter: f64,
}

/// Both growths, and the one that the data prefer; `None` where that is undetermined.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// a·bˣ.
    pub exponential: Fit,
    /// a·xᵖ.
    pub power: Fit,
    /// The better one, if it is clearly better.
    pub preferred: Option<Growth>,
    /// The largest depth fitted over the smallest, and how many points.
    pub range: [f64; 2],
    /// Points fitted.
    pub points: usize,
}

impl Comparison {
    /// Fits both growths to points (x, y) with x, y > 0; others are left out. Intervals have confidence
    /// `1 − alpha`. `None` for fewer than four points at fewer than four different x.
    pub fn new(points: &[(f64, f64)], alpha: f64) -> Option<Self> {
        Self::with_quantile(points, |degrees| student(degrees, alpha))
    }

    fn with_quantile(points: &[(f64, f64)], quantile: impl Fn(usize) -> f64) -> Option<Self> {
        let positive = |v: f64| v.is_finite() && v > 0.0;
        let known: Vec<(f64, f64)> =
            points.iter().copied().filter(|&(x, y)| positive(x) && positive(y)).collect();
        let exponential = line(&known, Growth::Exponential, &quantile)?;
        let power = line(&known, Growth::Power, &quantile)?;
        let [low, high] = known
            .iter()
            .fold([f64::INFINITY, 0.0], |[low, high], &(x, _)| [low.min(x), f64::max(high, x)]);
        let n = known.len() as f64;
        // The likelihoods at the maximum, for normal errors: n/2 times the logarithm of the quotient.
        let evidence = n * (exponential.scatter / power.scatter).ln();
        let comparable = known.len() >= FEWEST_TO_COMPARE && high >= NARROWEST * low;
        let preferred = match evidence {
            e if !comparable || e.abs() < EVIDENCE.ln() || e.is_nan() => None,
            e if e > 0.0 => Some(Growth::Power),
            _ => Some(Growth::Exponential),
        };
        Some(Comparison { exponential, power, preferred, range: [low, high], points: known.len() })
    }

    /// The fit that the data prefer.
    pub fn best(&self) -> Option<Fit> {
        match self.preferred? {
            Growth::Exponential => Some(self.exponential),
            Growth::Power => Some(self.power),
        }
    }
}

/// Least squares for log y over x or log x.
fn line(points: &[(f64, f64)], growth: Growth, quantile: &impl Fn(usize) -> f64) -> Option<Fit> {
    let position = |x: f64| match growth {
        Growth::Exponential => x,
        Growth::Power => x.ln(),
    };
    let mut distinct: Vec<f64> = points.iter().map(|&(x, _)| x).collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    if distinct.len() < FEWEST {
        return None;
    }
    let n = points.len() as f64;
    let mean = |value: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / n;
    let (u, v) = (mean(&|p| position(p.0)), mean(&|p| p.1.ln()));
    let spread = n * mean(&|p| (position(p.0) - u).powi(2));
    let slope = n * mean(&|p| (position(p.0) - u) * (p.1.ln() - v)) / spread;
    let residuals = n * mean(&|p| (p.1.ln() - v - slope * (position(p.0) - u)).powi(2));
    let scatter = (residuals / (n - 2.0)).sqrt();
    let error = quantile(points.len() - 2) * scatter / spread.sqrt();
    let rate = |slope: f64| match growth {
        Growth::Exponential => slope.exp(),
        Growth::Power => slope,
    };
    Some(Fit {
        growth,
        scale: (v - slope * u).exp(),
        rate: rate(slope),
        interval: [rate(slope - error), rate(slope + error)],
        scatter,
    })
}

/// The t with P(|T| > t) = α, T Student's with `degrees` degrees of freedom: T²/(degrees + T²) is
/// Beta(½, degrees/2).
fn student(degrees: usize, alpha: f64) -> f64 {
    let at = |value: f64| Enclosure::point(128, value);
    let share = beta::quantile(&at(0.5), &at(degrees as f64 / 2.0), &at(1.0 - alpha)).to_f64();
    (degrees as f64 * share / (1.0 - share)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Address, Stream};

    /// y = f(x)·e^{σg} at x = 1, 2, …
    fn data(f: impl Fn(f64) -> f64, n: usize, sigma: f64, trial: u64) -> Vec<(f64, f64)> {
        let mut noise = vec![0.0f64; n];
        Stream::new(Address { seed: 5, trial, layer: 0, block: 0 }).fill(&mut noise);
        let point = |(i, g): (usize, &f64)| {
            let x = i as f64 + 1.0;
            (x, f(x) * (sigma * g).exp())
        };
        noise.iter().enumerate().map(point).collect()
    }

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

    #[test]
    fn growth_that_was_put_in_is_found() {
        let power = Comparison::new(&data(|x| 3.0 * x.powf(2.5), 12, 0.0, 0), 0.05).unwrap();
        assert!((power.power.rate - 2.5).abs() < 1e-12 && (power.power.scale - 3.0).abs() < 1e-12);
        assert_eq!(power.preferred, Some(Growth::Power));
        let exponential = Comparison::new(&data(|x| 0.5 * 7f64.powf(x), 12, 0.0, 0), 0.05).unwrap();
        assert!((exponential.exponential.rate - 7.0).abs() < 1e-10);
        assert_eq!(exponential.best().unwrap().growth, Growth::Exponential);
    }

    /// Of 2,000 intervals at 95 %, between 1,840 and 1,960 hold the rate: outside with probability
    /// below 1e-9 for exact coverage.
    #[test]
    fn intervals_have_their_coverage() {
        let t = student(6, 0.05);
        let compared = |points: &[(f64, f64)]| Comparison::with_quantile(points, |_| t).unwrap();
        let mut held = [0, 0];
        for trial in 0..2000 {
            let [low, high] = compared(&data(|x| x.powf(1.5), 8, 0.3, trial)).power.interval;
            held[0] += u32::from(low <= 1.5 && 1.5 <= high);
            let grown = compared(&data(|x| 1.7f64.powf(x), 8, 0.3, 5000 + trial));
            let [low, high] = grown.exponential.interval;
            held[1] += u32::from(low <= 1.7 && 1.7 <= high);
        }
        assert!(held.iter().all(|n| (1840..=1960).contains(n)), "{held:?}");
        // An interval half as wide would not do.
        let half = (0..2000).filter(|&trial| {
            let fit = compared(&data(|x| x.powf(1.5), 8, 0.3, trial)).power;
            (fit.rate - 1.5).abs() <= 0.5 * (fit.interval[1] - fit.rate)
        });
        assert!(half.count() < 1840);
    }

    #[test]
    fn little_or_undecided_data_are_undetermined() {
        assert_eq!(Comparison::new(&data(|x| x * x, 3, 0.0, 0), 0.05), None);
        // Four points at three places, and points that are no positive numbers.
        let repeated = [(1.0, 1.0), (1.0, 1.1), (2.0, 2.0), (3.0, 3.0)];
        assert_eq!(Comparison::new(&repeated, 0.05), None);
        let bad = [(1.0, 1.0), (2.0, f64::INFINITY), (3.0, 2.0), (4.0, 0.0), (5.0, f64::NAN)];
        assert_eq!(Comparison::new(&bad, 0.05), None);
        // Depths 10 to 17 are too close to each other to tell one growth from another.
        let close: Vec<(f64, f64)> =
            data(|x| (x + 9.0).powi(2), 8, 0.01, 3).iter().map(|p| (p.0 + 9.0, p.1)).collect();
        assert_eq!(Comparison::new(&close, 0.05).unwrap().preferred, None);
        // And so is noise.
        let noisy = Comparison::new(&data(|x| x.powf(0.1), 8, 0.5, 4), 0.05).unwrap();
        assert_eq!(noisy.preferred, None);
    }

    /// The wrong growth is preferred in at most 5 % of data as noisy as this: of 500 sets at most 50,
    /// beyond which the probability is below 1e-9 at a rate of 3 %.
    #[test]
    fn the_wrong_growth_is_rarely_preferred() {
        let wrong = |f: fn(f64) -> f64, wrong: Growth| {
            let sets =
                (0..500).map(|trial| Comparison::new(&data(f, 8, 0.3, trial), 0.05).unwrap());
            sets.filter(|set| set.preferred == Some(wrong)).count()
        };
        assert!(wrong(|x| x.powf(2.0), Growth::Exponential) <= 50);
        assert!(wrong(|x| 2f64.powf(x), Growth::Power) <= 50);
    }
}
