//! Slices of κ, and by how much more an event may cost in one than in another.
//! `proofs/direct.md#joint-slices`.

use rug::Rational;

use crate::model::params::Probability;
use crate::num::{Enclosure, Number};
use crate::theory::distribution::ratio::RatioLaw;

/// So many slices: with twice as many thresholds fall by a percent.
pub const SLICES: usize = 12;
/// Where the first one ends, as a tail of κ.
const FIRST: f64 = 0.5;
/// The factors are so much below what is allowed that their sum is, exactly.
const SPARE: f64 = 1e-9;

/// Where q′ < κ ≤ q.
#[derive(Clone, Debug)]
pub struct Slice<N> {
    /// q′ and q.
    pub ends: [N; 2],
    /// f: an event of share p may have the probability p·f here.
    pub factor: f64,
}

/// The tails P(κ > q) at which slices end, the last one `last`; `None` beyond the range of `f64`.
pub fn tails(last: &Probability) -> Option<Vec<Probability>> {
    let end = last.to_f64();
    if !(1e-300..FIRST).contains(&end) {
        return None;
    }
    let ratio = (end / FIRST).ln() / (SLICES - 1) as f64;
    let inner = (0..SLICES - 1).map(|k| FIRST * (ratio * k as f64).exp());
    let mut tails: Vec<_> = inner
        .map(|tail| Rational::from_f64(tail).map(Probability::exactly))
        .collect::<Option<_>>()?;
    tails.push(last.clone());
    Some(tails)
}

/// The factors of slices that end at these values of κ: they rise like e^{cκ}, and their mean is at
/// most 1, where slice j has the weight of the tails at its ends; `None` where it is not.
pub fn factors(tails: &[Probability], ends: &[f64], rise: f64) -> Option<Vec<f64>> {
    let last = ends.last()?;
    let mut found: Vec<f64> = ends.iter().map(|q| (rise * (q / last - 1.0)).exp()).collect();
    let weights = |factors: &[f64]| -> Option<Rational> {
        let mut above = Rational::from(1);
        let mut sum = Rational::new();
        for (tail, &factor) in tails.iter().zip(factors) {
            sum += Rational::from(&above - tail.value()) * Rational::from_f64(factor)?;
            above.clone_from(tail.value());
        }
        Some(sum)
    };
    let sum = weights(&found)?.to_f64();
    for factor in &mut found {
        *factor *= (1.0 - SPARE) / sum;
    }
    (found.is_sorted() && weights(&found)? <= 1).then_some(found)
}

/// With ends from `quantile`, which gives what κ exceeds with at most the probability of a tail.
fn sliced<N: Number>(
    last: &Probability,
    rise: f64,
    zero: &N,
    quantile: impl Fn(&Probability) -> N,
) -> Option<Vec<Slice<N>>> {
    let tails = tails(last)?;
    let ends: Vec<N> = tails.iter().map(quantile).collect();
    let rough: Vec<f64> = ends.iter().map(Number::to_f64).collect();
    let factors = factors(&tails, &rough, rise)?;
    let mut below = zero.clone();
    let mut slices = Vec::new();
    for (end, factor) in ends.into_iter().zip(factors) {
        slices.push(Slice { ends: [below, end.clone()], factor });
        below = end;
    }
    Some(slices)
}

/// For searches.
pub fn rough(law: &RatioLaw, last: &Probability, rise: f64) -> Option<Vec<Slice<f64>>> {
    sliced(last, rise, &0.0, |tail| law.rough_bound(tail))
}

/// Rigorously.
pub fn certified(
    law: &RatioLaw,
    last: &Probability,
    rise: f64,
    precision: u32,
) -> Option<Vec<Slice<Enclosure>>> {
    let zero = Enclosure::integer(precision, 0);
    sliced(last, rise, &zero, |tail| law.upper_bound(tail, precision).hi())
}
