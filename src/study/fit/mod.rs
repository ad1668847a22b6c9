//! How a positive quantity grows with another: like a·bˣ or like a·xᵖ, with confidence intervals,
//! and which of the two the data prefer.
//!
//! Both are straight lines for log y, over x and over log x. Numbers are fitted by least squares,
//! counts by their likelihood. Quantities that are computed rather than sampled have no random
//! errors; for them the interval shows how well the line fits.

mod line;
mod rate;

use serde::Serialize;

pub use rate::Count;

/// Points below which nothing is fitted: two parameters, and two points to see the scatter.
const FEWEST: usize = 4;
/// Points below which growths are not compared.
const FEWEST_TO_COMPARE: usize = 5;
/// Over less than this ratio of the largest x to the smallest both lines fit about equally well.
const NARROWEST: f64 = 3.0;
/// One growth is preferred where it makes the data likelier by this factor.
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

impl Growth {
    /// Where x is on the line.
    fn position(self, x: f64) -> f64 {
        match self {
            Growth::Exponential => x,
            Growth::Power => x.ln(),
        }
    }

    /// b or p, by the slope of the line.
    fn rate(self, slope: f64) -> f64 {
        match self {
            Growth::Exponential => slope.exp(),
            Growth::Power => slope,
        }
    }
}

/// A fitted growth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// Which one.
    pub growth: Growth,
    /// log a.
    pub log_scale: f64,
    /// b for an exponential, p for a power.
    pub rate: f64,
    /// Confidence interval of the rate.
    pub interval: [f64; 2],
    /// Standard deviation of log y around the line; absent for counts, which scatter by themselves.
    pub scatter: Option<f64>,
    /// Logarithm of the likelihood of the data, up to a term that both growths share.
    #[serde(skip)]
    log_likelihood: f64,
    /// Could the data be of this growth? Not known of numbers, whose errors are.
    #[serde(skip)]
    possible: bool,
}

impl Fit {
    /// A line of this slope, uncertain by `error`.
    fn new(growth: Growth, log_scale: f64, slope: f64, error: f64) -> Self {
        Fit {
            growth,
            log_scale,
            rate: growth.rate(slope),
            interval: [growth.rate(slope - error), growth.rate(slope + error)],
            scatter: None,
            log_likelihood: 0.0,
            possible: true,
        }
    }
}

/// Both growths, and the one that the data prefer; `None` where that is undetermined.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// a·bˣ.
    pub exponential: Fit,
    /// a·xᵖ.
    pub power: Fit,
    /// The better one, if it is clearly better and could be the growth.
    pub preferred: Option<Growth>,
    /// The smallest x fitted, and the largest.
    pub range: [f64; 2],
    /// Points fitted.
    pub points: usize,
}

impl Comparison {
    /// Is an exponential preferred?
    pub fn is_exponential(&self) -> bool {
        self.preferred == Some(Growth::Exponential)
    }

    /// The better fit at x, or that of a power where none is better.
    pub fn value(&self, x: f64) -> f64 {
        let fit = if self.is_exponential() { &self.exponential } else { &self.power };
        match fit.growth {
            Growth::Exponential => (fit.log_scale + x * fit.rate.ln()).exp(),
            Growth::Power => (fit.log_scale + fit.rate * x.ln()).exp(),
        }
    }

    /// Fits both growths to points (x, log y) with x > 0 and finite log y; others are left out.
    /// Intervals have confidence `1 − alpha` if the errors of log y are independent, normal and of
    /// equal variance. `None` for fewer than four points at fewer than four different x.
    pub fn of_logs(points: &[(f64, f64)], alpha: f64) -> Option<Self> {
        Self::with_quantile(points, |degrees| line::student(degrees, alpha))
    }

    fn with_quantile(points: &[(f64, f64)], quantile: impl Fn(usize) -> f64) -> Option<Self> {
        let known: Vec<(f64, f64)> =
            points.iter().copied().filter(|&(x, log)| place(x) && log.is_finite()).collect();
        let xs: Vec<f64> = known.iter().map(|point| point.0).collect();
        let fitted = |growth| line::fit(&known, growth, &quantile);
        Self::of(&xs, fitted)
    }

    /// Fits both growths to counts of successes, each a share a·bˣ or a·xᵖ of its trials. Intervals
    /// have confidence `1 − alpha` for many successes. `None` where too little is counted, as for
    /// numbers, where there are successes at fewer than three places, or where everything
    /// succeeded.
    pub fn of_counts(counts: &[Count], alpha: f64) -> Option<Self> {
        let known: Vec<Count> =
            counts.iter().copied().filter(|count| place(count.x) && count.trials > 0).collect();
        let xs: Vec<f64> = known.iter().map(|count| count.x).collect();
        Self::of(&xs, |growth| rate::fit(&known, growth, alpha))
    }

    fn of(xs: &[f64], fit: impl Fn(Growth) -> Option<Fit>) -> Option<Self> {
        let mut distinct = xs.to_vec();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        let [low, high] = [*distinct.first()?, *distinct.last()?];
        if distinct.len() < FEWEST {
            return None;
        }
        let (exponential, power) = (fit(Growth::Exponential)?, fit(Growth::Power)?);
        let evidence = power.log_likelihood - exponential.log_likelihood;
        let comparable = xs.len() >= FEWEST_TO_COMPARE && high >= NARROWEST * low;
        let better = if evidence > 0.0 { power } else { exponential };
        let clear = comparable && evidence.abs() >= EVIDENCE.ln();
        let preferred = (clear && better.possible).then_some(better.growth);
        Some(Comparison { exponential, power, preferred, range: [low, high], points: xs.len() })
    }

    /// The fit that the data prefer.
    pub fn best(&self) -> Option<Fit> {
        match self.preferred? {
            Growth::Exponential => Some(self.exponential),
            Growth::Power => Some(self.power),
        }
    }
}

/// Is x a place at which both lines are defined?
fn place(x: f64) -> bool {
    x.is_finite() && x > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::sample::{Address, Stream};

    /// log y = log f(x) + σg at x = 1, 2, …
    fn data(f: impl Fn(f64) -> f64, n: usize, sigma: f64, trial: u64) -> Vec<(f64, f64)> {
        let mut noise = vec![0.0f64; n];
        Stream::new(Address { seed: 5, trial, layer: 0, block: 0 }).fill(&mut noise);
        let point = |(i, g): (usize, &f64)| {
            let x = i as f64 + 1.0;
            (x, f(x).ln() + sigma * g)
        };
        noise.iter().enumerate().map(point).collect()
    }

    #[test]
    fn growth_that_was_put_in_is_found() {
        let power = Comparison::of_logs(&data(|x| 3.0 * x.powf(2.5), 12, 0.0, 0), 0.05).unwrap();
        assert!(
            (power.power.rate - 2.5).abs() < 1e-12
                && (power.power.log_scale - 3f64.ln()).abs() < 1e-12
        );
        assert_eq!(power.preferred, Some(Growth::Power));
        let exponential =
            Comparison::of_logs(&data(|x| 0.5 * 7f64.powf(x), 12, 0.0, 0), 0.05).unwrap();
        assert!((exponential.exponential.rate - 7.0).abs() < 1e-10);
        assert_eq!(exponential.best().unwrap().growth, Growth::Exponential);
    }

    /// Of 2,000 intervals at 95 %, between 1,835 and 1,956 hold the rate: outside with probability
    /// below 1e-9 for exact coverage.
    #[test]
    fn intervals_have_their_coverage() {
        let t = line::student(6, 0.05);
        let compared = |points: &[(f64, f64)]| Comparison::with_quantile(points, |_| t).unwrap();
        let mut held = [0, 0];
        for trial in 0..2000 {
            let [low, high] = compared(&data(|x| x.powf(1.5), 8, 0.3, trial)).power.interval;
            held[0] += u32::from(low <= 1.5 && 1.5 <= high);
            let grown = compared(&data(|x| 1.7f64.powf(x), 8, 0.3, 5000 + trial));
            let [low, high] = grown.exponential.interval;
            held[1] += u32::from(low <= 1.7 && 1.7 <= high);
        }
        assert!(held.iter().all(|n| (1835..=1956).contains(n)), "{held:?}");
        // An interval half as wide would not do.
        let half = (0..2000).filter(|&trial| {
            let fit = compared(&data(|x| x.powf(1.5), 8, 0.3, trial)).power;
            (fit.rate - 1.5).abs() <= 0.5 * (fit.interval[1] - fit.rate)
        });
        assert!(half.count() < 1835);
    }

    #[test]
    fn little_or_undecided_data_are_undetermined() {
        assert_eq!(Comparison::of_logs(&data(|x| x * x, 3, 0.0, 0), 0.05), None);
        // Four points at three places, and points that are no positive numbers.
        let repeated = [(1.0, 0.0), (1.0, 0.1), (2.0, 2.0), (3.0, 3.0)];
        assert_eq!(Comparison::of_logs(&repeated, 0.05), None);
        let bad = [
            (1.0, 1.0),
            (2.0, f64::INFINITY),
            (3.0, 2.0),
            (4.0, f64::NEG_INFINITY),
            (5.0, f64::NAN),
        ];
        assert_eq!(Comparison::of_logs(&bad, 0.05), None);
        // Depths 10 to 17 are too close to each other to tell one growth from another.
        let close: Vec<(f64, f64)> =
            data(|x| (x + 9.0).powi(2), 8, 0.01, 3).iter().map(|p| (p.0 + 9.0, p.1)).collect();
        assert_eq!(Comparison::of_logs(&close, 0.05).unwrap().preferred, None);
        // And so is noise.
        let noisy = Comparison::of_logs(&data(|x| x.powf(0.1), 8, 0.5, 4), 0.05).unwrap();
        assert_eq!(noisy.preferred, None);
    }

    /// The wrong growth is rarely preferred in data as noisy as this: of 500 sets in at most 17,
    /// beyond which the probability is below 1e-9 at a rate of 0.5 %.
    #[test]
    fn the_wrong_growth_is_rarely_preferred() {
        let wrong = |f: fn(f64) -> f64, wrong: Growth| {
            let sets =
                (0..500).map(|trial| Comparison::of_logs(&data(f, 8, 0.3, trial), 0.05).unwrap());
            sets.filter(|set| set.preferred == Some(wrong)).count()
        };
        assert!(wrong(|x| x.powf(2.0), Growth::Exponential) <= 17);
        assert!(wrong(|x| 2f64.powf(x), Growth::Power) <= 17);
    }
}
