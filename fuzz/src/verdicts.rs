//! Counts and distances behind verdicts: in [0, 1], monotone, and what their definitions give.

use std::sync::OnceLock;

use relubound::Spec;
use relubound::judge::verdict::{Verdict, judge, quantile};
use relubound::model::claim::{Claim, Curve, Test};
use relubound::model::outcome::Outcome;
use relubound::model::params::Probability;
use relubound::num::Enclosure;
use relubound::num::magnitude::Magnitude;
use relubound::theory::distribution::beta::clopper_pearson;

use super::Numbers;

/// Claims of a small network, made once.
fn claims() -> &'static [Claim] {
    static CLAIMS: OnceLock<Vec<Claim>> = OnceLock::new();
    CLAIMS.get_or_init(|| {
        let (widths, delta) = ("6,4".parse().unwrap(), "0.1".parse().unwrap());
        let stages = relubound::stages(&["output", "gradient", "bottleneck"]).unwrap();
        Spec { stages, ..Spec::new(widths, delta) }.claims()
    })
}

/// A number of trials and of exceedances, a level; then outcomes.
pub fn verdicts(data: &[u8]) {
    let mut numbers = Numbers(data);
    let most = [10, 100, 1000, 100_000][usize::from(numbers.byte() % 4)];
    let trials = 1 + numbers.word() % most;
    limits(numbers.word() % (trials + 1), trials, numbers.byte() % 30);
    let level = f64::from(numbers.byte()) / 255.0;
    assert!(quantile(level, trials as usize) < trials as usize);
    outcomes(&mut numbers);
}

/// Limits lie in [0, 1] around the share, and move up with it and apart with the level.
fn limits(exceedances: u64, trials: u64, exponent: u8) {
    let alpha = |exponent: u8| {
        let alpha = Probability::parse("alpha", &format!("1e-{exponent}"));
        alpha.unwrap_or_else(|_| Probability::half()).enclosure(192)
    };
    let at = |count: u64, alpha: &Enclosure| clopper_pearson(count, trials, alpha);
    let (low, high) = at(exceedances, &alpha(exponent));
    let share = exceedances as f64 / trials as f64;
    let inside = (0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high);
    assert!(inside && low <= share && share <= high, "{exceedances}/{trials}: {low} {high}");
    let (wider_low, wider_high) = at(exceedances, &alpha(exponent + 1));
    assert!(wider_low <= low && high <= wider_high, "{exceedances}/{trials}, level {exponent}");
    if exceedances < trials {
        let (next_low, next_high) = at(exceedances + 1, &alpha(exponent));
        assert!(low <= next_low && high <= next_high, "{exceedances}/{trials}, level {exponent}");
    }
}

/// Judges what may have been observed against every claim.
fn outcomes(numbers: &mut Numbers) {
    let (mut seen, mut failed) = (Vec::new(), false);
    while !numbers.is_empty() && seen.len() < 200 {
        let outcome = match numbers.byte() % 16 {
            0 => Outcome::NotSearched,
            1 => Outcome::Undefined,
            2 => Outcome::of(Magnitude::from_f64(numbers.double())),
            3 => Outcome::Value(Magnitude::ZERO),
            4 => Outcome::Value(Magnitude::INFINITY),
            _ => Outcome::of(Magnitude::from_f64(f64::from(numbers.byte()) / 64.0)),
        };
        failed |= outcome == Outcome::Failed;
        seen.push(outcome);
    }
    let alpha = Probability::thousandth();
    for claim in claims() {
        let judged = judge(claim, seen.iter().copied(), &alpha, 0.0);
        let unit = |share: f64| (0.0..=1.0).contains(&share);
        let fits = judged.interval.is_none_or(|[low, high]| unit(low) && unit(high) && low <= high);
        assert!(fits, "{}: {:?}", claim.key(), judged.interval);
        if failed {
            assert_eq!(judged.verdict, Some(Verdict::NumericalFailure), "{}", claim.key());
            continue;
        }
        let counts = judged.exceedances.zip(judged.counted);
        assert!(counts.is_none_or(|(beyond, n)| beyond <= n && n <= seen.len() as u64));
        if let (Test::Law { cdf }, Some(distance)) = (&claim.test, judged.distance) {
            let mut values: Vec<Magnitude> = seen.iter().filter_map(|o| o.value()).collect();
            values.sort();
            let defined = by_definition(&values, cdf);
            assert!((distance.observed - defined).abs() < 1e-12, "{}: {defined}", claim.key());
            assert!(unit(distance.observed) && distance.allowed > 0.0);
        }
    }
}

/// sup |F_n − F| by counting, at every value and just below it.
fn by_definition(values: &[Magnitude], cdf: &Curve) -> f64 {
    let share = |count: usize| count as f64 / values.len() as f64;
    let at = |value: &Magnitude| {
        let up_to = share(values.iter().filter(|other| *other <= value).count());
        let before = share(values.iter().filter(|other| *other < value).count());
        let law = cdf(value.log10());
        // Nothing lies below 0.
        let below = if value.is_zero() { 0.0 } else { (law - before).abs() };
        (up_to - law).abs().max(below)
    };
    values.iter().map(at).fold(0.0, f64::max)
}
