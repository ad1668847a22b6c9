//! Where a claim meets its observations: counts, intervals, and the verdict.

use crate::model::claim::{Claim, Curve, Direction, Test};
use crate::model::outcome::Outcome;
use crate::model::outcome::Search;
use crate::model::params::Probability;
use crate::model::statement::{About, Kind};
use crate::num::magnitude::Magnitude;
use crate::theory::distribution::beta;

/// Bits for Clopper–Pearson limits.
const PRECISION: u32 = 192;

/// What the observations say about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The failure probability is at most δ, at the run's confidence; or an identity holds.
    Holds,
    /// A bound on a supremum whose failure probability may be at most δ: no search refutes it, and
    /// none could confirm it.
    NotViolated,
    /// The hypotheses are not met; nothing is claimed.
    OutsideHypotheses,
    /// A law that the Kolmogorov–Smirnov test does not reject.
    NotRejected,
    /// A law that was not tested: what was observed was drawn from it.
    Assumed,
    /// The failure probability may be on either side of δ.
    Inconclusive,
    /// Nothing could exceed this bound.
    Vacuous,
    /// The failure probability is above δ, a law is rejected, or an identity fails.
    Violated,
    /// An observation is not a number.
    NumericalFailure,
}

impl Verdict {
    /// As shown to people.
    pub fn text(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::NotViolated => "not violated by these searches",
            Verdict::OutsideHypotheses => "outside hypotheses",
            Verdict::NotRejected => "not rejected",
            Verdict::Assumed => "assumed",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Vacuous => "vacuous",
            Verdict::Violated => "VIOLATED",
            Verdict::NumericalFailure => "NUMERICAL FAILURE",
        }
    }

    /// As in data.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::NotViolated => "not-violated",
            Verdict::OutsideHypotheses => "outside-hypotheses",
            Verdict::NotRejected => "not-rejected",
            Verdict::Assumed => "assumed",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Vacuous => "vacuous",
            Verdict::Violated => "violated",
            Verdict::NumericalFailure => "numerical-failure",
        }
    }

    /// Is this a failure of the claim or of the computation?
    pub fn is_failure(self) -> bool {
        matches!(self, Verdict::Violated | Verdict::NumericalFailure)
    }

    /// The one that decides for all of them.
    pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Option<Verdict> {
        verdicts.into_iter().max_by_key(|verdict| verdict.severity())
    }

    fn severity(self) -> u8 {
        match self {
            Verdict::Assumed => 0,
            Verdict::NotRejected => 1,
            Verdict::Holds => 2,
            Verdict::NotViolated => 3,
            Verdict::OutsideHypotheses => 4,
            Verdict::Vacuous => 5,
            Verdict::Inconclusive => 6,
            Verdict::Violated => 7,
            Verdict::NumericalFailure => 8,
        }
    }
}

/// Order statistics of the observed values.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Observed {
    /// Smallest.
    pub min: Magnitude,
    /// Median (the lower of the two middle values).
    pub median: Magnitude,
    /// Quantile at the level of the claim: 1 − δ above, δ below, the median for a law, the
    /// maximum for an identity.
    pub quantile: Magnitude,
    /// Largest.
    pub max: Magnitude,
    /// Values observed, without those that are not defined.
    pub n: u64,
    /// The mean of log₁₀, if all values are positive and finite.
    pub mean_log10: Option<f64>,
    /// The search that found the quantile, where each value is a lower bound on a supremum.
    pub search: Option<String>,
}

/// Distance of an empirical distribution from a law.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Distance {
    /// The Kolmogorov–Smirnov statistic.
    pub observed: f64,
    /// What it exceeds with probability at most α, for every law and every n (Massart's form of
    /// the Dvoretzky–Kiefer–Wolfowitz inequality).
    pub allowed: f64,
}

/// The verdict on one row, with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// What the observations say; `None` before there are any.
    pub verdict: Option<Verdict>,
    /// Order statistics.
    pub observed: Option<Observed>,
    /// Trials beyond the bound.
    pub exceedances: Option<u64>,
    /// Networks that they are out of.
    pub counted: Option<u64>,
    /// The observed quantile at the claim's second level.
    pub high: Option<Magnitude>,
    /// Two-sided Clopper–Pearson limits for the failure probability, rounded outward.
    pub interval: Option<[f64; 2]>,
    /// bound/observed quantile above, observed/bound below: ≥ 1 unless the bound is beaten. Absent
    /// where it would be infinite.
    pub slack: Option<Magnitude>,
    /// For laws.
    pub distance: Option<Distance>,
    /// About how many trials would settle an inconclusive row, at the rate observed.
    pub settled_by: Option<u64>,
    /// Trials in which the quantity is not defined.
    pub undefined: u64,
}

/// Judges `claim` on the outcomes of all trials, with error probability at most `alpha`.
/// Observations are moved by the relative error `rounding` in favour of a law that they are held
/// against, so that rounding does not count against a law that is a point (the ratio for d = 1).
pub fn judge(
    claim: &Claim,
    outcomes: impl Iterator<Item = Outcome>,
    alpha: &Probability,
    rounding: f64,
) -> Judgement {
    let (mut values, mut undefined, mut failed) = (Vec::new(), 0, 0u64);
    for outcome in outcomes {
        match outcome {
            Outcome::Value(value) => values.push((value, None)),
            Outcome::Found(value, search) => values.push((value, Some(search))),
            Outcome::NotSearched => {}
            Outcome::Undefined => undefined += 1,
            Outcome::Failed => failed += 1,
        }
    }
    // A stable sort by value alone: ties keep the order of the trials.
    values.sort_by_key(|v| v.0);
    let found = summary(&values, claim.level());
    let values: Vec<Magnitude> = values.into_iter().map(|v| v.0).collect();
    let mut judgement = Judgement {
        verdict: None,
        observed: found,
        exceedances: None,
        counted: None,
        high: claim.high.filter(|_| !values.is_empty()).map(|(level, _)| at_level(&values, level)),
        interval: None,
        slack: None,
        distance: None,
        settled_by: None,
        undefined,
    };
    if failed > 0 || claim.overdrawn().is_some() {
        judgement.verdict = Some(Verdict::NumericalFailure);
        return judgement;
    }
    let Some(observed) = judgement.observed.clone() else {
        return judgement;
    };
    match &claim.test {
        Test::Identity { limit } => {
            let exceedances = values.iter().filter(|&v| v > limit).count() as u64;
            judgement.slack = (*limit / observed.max).filter(|s| s.is_finite());
            judgement.exceedances = Some(exceedances);
            judgement.counted = Some(values.len() as u64);
            judgement.verdict =
                Some(if exceedances == 0 { Verdict::Holds } else { Verdict::Violated });
        }
        Test::Bound { direction, value, delta } => {
            let exceedances =
                values.iter().filter(|&&v| direction.exceeded(v, *value)).count() as u64;
            if says_nothing(*direction, *value) {
                judgement.exceedances = Some(exceedances);
                judgement.counted = Some(values.len() as u64);
                judgement.verdict = Some(Verdict::Vacuous);
                return judgement;
            }
            judgement.slack = ratio(*direction, *value, observed.quantile);
            judgement.settle(claim, exceedances, delta, alpha);
        }
        Test::Reached { delta, .. } => {
            let exceedances = values.iter().filter(|v| !v.is_finite()).count() as u64;
            judgement.settle(claim, exceedances, delta, alpha);
            // The width of the network at hand says nothing of smaller ones.
            judgement.observed = None;
        }
        Test::Outside { direction, value, against, .. } => {
            // The width at hand, where the sign flips, is no observation of the threshold.
            let flips = matches!(claim.statement.about, About::Threshold | About::Failure);
            if let Some(limit) = against {
                let exceedances =
                    values.iter().filter(|&&v| !direction.spared(v, *limit)).count() as u64;
                judgement.count(claim, exceedances, alpha);
            }
            if flips {
                judgement.observed = None;
            }
            let seen = value.filter(|_| observed.quantile.is_finite() && !flips);
            judgement.slack = seen.and_then(|value| ratio(*direction, value, observed.quantile));
            judgement.verdict = Some(Verdict::OutsideHypotheses);
        }
        Test::Measure => {
            judgement.verdict = claim.unmet.map(|_| Verdict::OutsideHypotheses);
        }
        Test::Part { value } => {
            // The mean of the logarithms, so that the factors of a bound add up to its slack.
            let log = observed.mean_log10.filter(|_| value.is_finite() && !value.is_zero());
            judgement.slack = log.and_then(|log| {
                Magnitude::from_ln((value.log10() - log) * std::f64::consts::LN_10)
            });
        }
        Test::Law { cdf } => judgement.compare(claim, &values, cdf, alpha, rounding),
    }
    judgement
}

impl Judgement {
    /// Holds values against a law.
    fn compare(
        &mut self,
        claim: &Claim,
        values: &[Magnitude],
        cdf: &Curve,
        alpha: &Probability,
        rounding: f64,
    ) {
        let n = values.len() as f64;
        let distance = Distance {
            observed: kolmogorov_smirnov(values, cdf, rounding),
            allowed: ((2f64.ln() + alpha.nats()) / (2.0 * n)).sqrt(),
        };
        self.distance = Some(distance);
        self.verdict = Some(if distance.observed.is_nan() {
            Verdict::NumericalFailure
        } else if claim.unmet.is_some() {
            Verdict::OutsideHypotheses
        } else if distance.observed > distance.allowed {
            Verdict::Violated
        } else if distance.allowed >= 1.0 {
            // So few trials that no distance could reject the law.
            Verdict::Inconclusive
        } else {
            Verdict::NotRejected
        });
    }

    /// Records a number of exceedances; gives the number of observations and the limits.
    fn count(&mut self, claim: &Claim, exceedances: u64, alpha: &Probability) -> (u64, [f64; 2]) {
        // Where a supremum is not defined, its bound was not seen to fail.
        let silent = if claim.statement.kind == Kind::Supremum { self.undefined } else { 0 };
        let n = self.observed.as_ref().map_or(0, |o| o.n) + silent;
        let (low, high) = beta::clopper_pearson(exceedances, n, &alpha.enclosure(PRECISION));
        self.exceedances = Some(exceedances);
        self.counted = Some(n);
        self.interval = Some([low, high]);
        (n, [low, high])
    }

    /// Holds a number of exceedances against the δ allowed.
    fn settle(
        &mut self,
        claim: &Claim,
        exceedances: u64,
        delta: &Probability,
        alpha: &Probability,
    ) {
        let (n, [low, high]) = self.count(claim, exceedances, alpha);
        let exact = delta.enclosure(PRECISION);
        self.verdict = Some(if low > exact.hi_f64() {
            Verdict::Violated
        } else if claim.statement.kind == Kind::Supremum {
            Verdict::NotViolated
        } else if high <= exact.lo_f64() {
            Verdict::Holds
        } else {
            self.settled_by = settled_by(exceedances, n, delta, alpha);
            Verdict::Inconclusive
        });
    }
}

/// Is the bound one that nothing could exceed?
pub fn says_nothing(direction: Direction, bound: Magnitude) -> bool {
    match direction {
        Direction::Upper => !bound.is_finite(),
        Direction::Lower => bound.is_zero(),
    }
}

/// How far the bound is from what was observed, in its direction.
fn ratio(direction: Direction, bound: Magnitude, observed: Magnitude) -> Option<Magnitude> {
    match direction {
        Direction::Upper => bound / observed,
        Direction::Lower => observed / bound,
    }
    .filter(|s| s.is_finite())
}

/// Where the quantile at a level is among n > 0 ordered values: the first up to which a share of at
/// least `level` lies.
pub fn quantile(level: f64, n: usize) -> usize {
    let exact = level * n as f64;
    // 0.07 · 100 is 7, whatever the rounding.
    let whole = exact.round();
    let order = if (exact - whole).abs() < 1e-9 * whole { whole } else { exact.ceil() };
    (order as usize).clamp(1, n) - 1
}

fn at_level(sorted: &[Magnitude], level: f64) -> Magnitude {
    sorted[quantile(level, sorted.len())]
}

fn summary(sorted: &[(Magnitude, Option<Search>)], level: f64) -> Option<Observed> {
    let n = sorted.len();
    let at = |level: f64| sorted[quantile(level, n)].0;
    let logs = sorted.iter().map(|(v, _)| if v.is_zero() { f64::NAN } else { v.log10() });
    let mean = logs.sum::<f64>() / n as f64;
    (n > 0).then(|| Observed {
        min: sorted[0].0,
        median: at(0.5),
        quantile: at(level),
        max: sorted[n - 1].0,
        n: n as u64,
        mean_log10: mean.is_finite().then_some(mean),
        search: sorted[quantile(level, n)].1.map(|search| search.name().into()),
    })
}

/// sup |F_n − F| over the sorted values, no larger than for any values within the relative error.
fn kolmogorov_smirnov(sorted: &[Magnitude], cdf: &Curve, rounding: f64) -> f64 {
    let n = sorted.len() as f64;
    let shift = rounding / std::f64::consts::LN_10;
    let mut distance = 0.0f64;
    for (i, value) in sorted.iter().enumerate() {
        let (before, after) = (i as f64 / n, (i + 1) as f64 / n);
        let log = value.log10();
        let above = after - cdf(log + shift);
        // Just below the smallest possible value, 0, a distribution function vanishes.
        let below = if value.is_zero() { 0.0 } else { cdf(log - shift) - before };
        if above.is_nan() || below.is_nan() {
            return f64::NAN;
        }
        distance = distance.max(above).max(below);
    }
    distance
}

/// Trials after which limits at the observed rate would lie on one side of δ: by Chernoff's bound,
/// log(2/α)/KL(rate‖δ), with two digits. `None` beyond 10¹² or for a rate too close to δ.
fn settled_by(exceedances: u64, n: u64, delta: &Probability, alpha: &Probability) -> Option<u64> {
    let (rate, delta) = (exceedances as f64 / n as f64, delta.to_f64());
    // Within two standard errors the rate does not even say on which side it is.
    if (rate - delta).abs() < 2.0 * (delta * (1.0 - delta) / n as f64).sqrt() {
        return None;
    }
    let term = |a: f64, b: f64| if a == 0.0 { 0.0 } else { a * (a / b).ln() };
    let divergence = term(rate, delta) + term(1.0 - rate, 1.0 - delta);
    let trials = (2f64.ln() + alpha.nats()) / divergence;
    if !(trials.is_finite() && trials < 1e12) {
        return None;
    }
    let trials = trials.max(n as f64 + 1.0);
    let unit = 10f64.powf((trials.log10().floor() - 1.0).max(0.0));
    Some(((trials / unit).ceil() * unit) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn p(text: &str) -> Probability {
        Probability::parse("p", text).unwrap()
    }

    fn claim(test: Test) -> Claim {
        Claim::new(&crate::stage::output::statements::UPPER, test)
    }

    fn bound(direction: Direction, value: f64, delta: &str) -> Claim {
        claim(Test::Bound {
            direction,
            value: Magnitude::from_f64(value).unwrap(),
            delta: p(delta),
        })
    }

    /// In the order in which they decide for a run.
    const ALL: [Verdict; 9] = [
        Verdict::Assumed,
        Verdict::NotRejected,
        Verdict::Holds,
        Verdict::NotViolated,
        Verdict::OutsideHypotheses,
        Verdict::Vacuous,
        Verdict::Inconclusive,
        Verdict::Violated,
        Verdict::NumericalFailure,
    ];

    #[test]
    fn the_worst_verdict_decides_and_has_one_name() {
        for (i, worst) in ALL.into_iter().enumerate() {
            assert_eq!(Verdict::worst(ALL[..=i].iter().rev().copied()), Some(worst));
            assert_eq!(serde_json::json!(worst), worst.name());
            assert_eq!(worst.is_failure(), i >= 7);
        }
        assert_eq!(Verdict::worst([]), None);
    }

    fn verdict(claim: &Claim, values: &[f64]) -> Judgement {
        judge(claim, values.iter().map(|&v| Outcome::of(Magnitude::from_f64(v))), &p("1e-6"), 1e-10)
    }

    fn grid(n: usize) -> Vec<f64> {
        (0..n).map(|i| (i as f64 + 0.5) / n as f64).collect()
    }

    #[test]
    fn bounds() {
        let values = grid(2000);
        let upper = |value| verdict(&bound(Direction::Upper, value, "0.1"), &values);
        assert_eq!(upper(0.99).verdict, Some(Verdict::Holds));
        assert_eq!(upper(0.8).verdict, Some(Verdict::Violated));
        let doubtful = upper(0.905);
        assert_eq!(doubtful.verdict, Some(Verdict::Inconclusive));
        assert!(doubtful.settled_by.is_none() && doubtful.exceedances == Some(190));
        let nearly = upper(0.917);
        assert_eq!(nearly.verdict, Some(Verdict::Inconclusive));
        assert!(nearly.settled_by.unwrap() > 2000);
        assert_eq!(upper(f64::INFINITY).verdict, Some(Verdict::Vacuous));
        let lower = |value| verdict(&bound(Direction::Lower, value, "0.1"), &values).verdict;
        assert_eq!(lower(0.01), Some(Verdict::Holds));
        assert_eq!(lower(0.2), Some(Verdict::Violated));
        assert_eq!(lower(0.0), Some(Verdict::Vacuous));
        assert_eq!(verdict(&bound(Direction::Upper, 1.0, "0.1"), &[]).verdict, None);
        // A handful of trials proves nothing at all.
        assert_eq!(
            verdict(&bound(Direction::Upper, 2.0, "0.1"), &grid(5)).verdict,
            Some(Verdict::Inconclusive)
        );
    }

    #[test]
    fn what_is_not_a_number_never_passes() {
        let upper = bound(Direction::Upper, 2.0, "0.1");
        let outcomes = || grid(1000).into_iter().map(|v| Outcome::of(Magnitude::from_f64(v)));
        let one_failure = judge(&upper, outcomes().chain([Outcome::Failed]), &p("1e-6"), 1e-10);
        assert_eq!(one_failure.verdict, Some(Verdict::NumericalFailure));
        let nan_law = claim(Test::Law { cdf: Arc::new(|_| f64::NAN) });
        assert_eq!(
            judge(&nan_law, outcomes(), &p("1e-6"), 1e-10).verdict,
            Some(Verdict::NumericalFailure)
        );
    }

    #[test]
    fn laws() {
        let uniform = |power: f64| {
            claim(Test::Law { cdf: Arc::new(move |t: f64| 10f64.powf(power * t).min(1.0)) })
        };
        assert_eq!(verdict(&uniform(1.0), &grid(2000)).verdict, Some(Verdict::NotRejected));
        assert_eq!(verdict(&uniform(1.3), &grid(2000)).verdict, Some(Verdict::Violated));
        assert_eq!(verdict(&uniform(0.7), &grid(2000)).verdict, Some(Verdict::Violated));
    }

    #[test]
    fn an_atom_at_zero_and_a_point_mass_are_laws_too() {
        // Half the mass at 0, the rest uniform.
        let atom = claim(Test::Law { cdf: Arc::new(|t: f64| 0.5 + 0.5 * 10f64.powf(t).min(1.0)) });
        let mut values = grid(1000);
        values.extend([0.0; 1000]);
        assert_eq!(verdict(&atom, &values).verdict, Some(Verdict::NotRejected));
        values.extend([0.0; 1000]);
        assert_eq!(verdict(&atom, &values).verdict, Some(Verdict::Violated));
        // A point mass at 1, seen through rounding.
        let point = claim(Test::Law { cdf: Arc::new(|t: f64| if t >= 0.0 { 1.0 } else { 0.0 }) });
        assert_eq!(verdict(&point, &[1.0 - 1e-15; 500]).verdict, Some(Verdict::NotRejected));
        assert_eq!(verdict(&point, &[0.999; 500]).verdict, Some(Verdict::Violated));
    }

    #[test]
    fn identities_allow_no_exception() {
        let identity = claim(Test::Identity { limit: Magnitude::ONE });
        assert_eq!(verdict(&identity, &grid(100)).verdict, Some(Verdict::Holds));
        let mut values = grid(100);
        values.push(1.1);
        assert_eq!(verdict(&identity, &values).verdict, Some(Verdict::Violated));
    }

    #[test]
    fn undefined_values_are_counted_apart() {
        let upper = bound(Direction::Upper, 2.0, "0.5");
        let judged = judge(
            &upper,
            (0..200).map(|i| {
                if i % 2 == 0 { Outcome::Undefined } else { Outcome::Value(Magnitude::ONE) }
            }),
            &p("1e-3"),
            1e-10,
        );
        assert_eq!((judged.undefined, judged.observed.unwrap().n), (100, 100));
    }
}
