//! Few coordinates: χ = ‖g‖/‖g_(k)‖, g_(k) the k largest entries of a standard normal vector g.
//! `proofs/norm.md#top`.

use std::f64::consts::PI;

use super::crowd::{above, bisected, exceeded_by, exceeded_by_few};
use super::{SEARCHED, certified, least, steps};
use crate::num::Number;
use crate::num::search::argmin;

/// Coordinates from which on a part of the entries stands for all in searches.
const FEW: f64 = 1e12;

/// q with P(|Z| > q) = k/d.
fn quantile(d: u128, k: u128) -> f64 {
    let share = k as f64 / d as f64;
    bisected(|q| above(&q) <= share)
}

/// χ in the limit of large d: 1/√E[Z²; Z² among the share k/d of the largest].
pub fn expected(d: u128, k: u128) -> f64 {
    let (share, q) = (k as f64 / d as f64, quantile(d, k));
    let density = (2.0 / PI).sqrt() * (-0.5 * q * q).exp();
    1.0 / (q * density + share).sqrt()
}

/// The sum Σ(g² − c²(g² − q²)1[|g| > m]) − c²kq², which is positive where χ > c, for one of the two
/// ends q of where the kth largest entry is.
struct Sum<N> {
    /// d and k.
    counts: [N; 2],
    /// m.
    cut: N,
    /// q².
    end: N,
}

impl<N: Number> Sum<N> {
    /// The logarithm of its exponential moment, for λ < ½.
    fn log_moment(&self, c: &N, lambda: &N) -> N {
        let (one, two) = (c.like(1.0), c.like(2.0));
        let square = c.square();
        let down = two.clone() * lambda.clone();
        let log_all = -((-down.clone()).ln_1p() / two.clone());
        let up = down.clone() * (square.clone() - one.clone());
        let beyond = |rate: N| (self.cut.clone() * (rate / two.clone()).sqrt()).erfc();
        let lost = log_all.exp() * beyond(one.clone() - down);
        let lift = lambda.clone() * square.clone() * self.end.clone() - up.ln_1p() / two.clone();
        let above_one = log_all.exp_m1() - lost + lift.exp() * beyond(one + up);
        let [d, k] = self.counts.clone();
        d * above_one.ln_1p() - lambda.clone() * square * k * self.end.clone()
    }

    /// The same in `f64`, of fewer entries where so many are not resolved: what is found for them
    /// holds for more.
    fn rough(&self) -> Sum<f64> {
        let counts = self.counts.clone().map(|count| count.to_f64());
        let part = if counts[1] > FEW { (SEARCHED / counts[0]).min(1.0) } else { 1.0 };
        let counts = counts.map(|count| part * count);
        Sum { counts, cut: self.cut.to_f64(), end: self.end.to_f64() }
    }
}

impl Sum<f64> {
    /// A good λ.
    fn tuned(&self, c: f64) -> f64 {
        let value = |lambda: f64| {
            let value = self.log_moment(&c, &lambda);
            if value.is_nan() { f64::INFINITY } else { value }
        };
        // About √(ℓ/d), and c⁻² where few entries carry the sum.
        let high = 0.49f64.min(20.0 / (c * c * (1.0 + self.end))).ln();
        let low = (0.01 / self.counts[0].sqrt()).min(0.01 / (c * c)).ln().min(high - 3.0);
        argmin(low, high, 40, value)
    }
}

/// A bound on χ that fails with probability at most e^{−ℓ} for the first ℓ, where the kth largest
/// entry is between two sizes but for the two others; √(d/k) at most.
pub fn stretch<N: Number>(d: u128, k: u128, [nats, fewer, more]: [&N; 3]) -> N {
    let most = (nats.whole(d) / nats.whole(k)).sqrt();
    if k >= d {
        return most.like(1.0);
    }
    let Some(upper) = exceeded_by_few(d, k, more) else { return most };
    let lower = exceeded_by(d, k, fewer);
    let counts = [d, k].map(|count| nats.whole(count));
    let sum =
        |cut: &N, end: &N| Sum { counts: counts.clone(), cut: cut.clone(), end: end.square() };
    let (from, to) = (quantile(d, k), upper.to_f64());
    // Where as many entries are to be expected above the cut, or fewer.
    let between = [0.0, 0.5].map(|part| nats.like(from + part * (to - from)));
    // One half for each end; with the cut at the upper end that end is none.
    let each = nats.clone() + nats.like(2.0).ln();
    let alone = bound(&[sum(&upper, &lower)], nats, &most);
    between.iter().fold(alone, |best, cut| {
        best.min(&bound(&[sum(cut, &lower), sum(cut, &upper)], &each, &most))
    })
}

/// The least c found at which none of the sums is positive but with probability e^{−ℓ} each.
fn bound<N: Number>(sums: &[Sum<N>], nats: &N, most: &N) -> N {
    let rough: Vec<Sum<f64>> = sums.iter().map(Sum::rough).collect();
    let holds =
        |c: f64| rough.iter().all(|sum| sum.log_moment(&c, &sum.tuned(c)) + nats.to_f64() < 0.0);
    let found = least(most.to_f64(), steps::<N>(), holds);
    let lambdas: Vec<N> = rough.iter().map(|sum| nats.like(sum.tuned(found))).collect();
    certified(found, most.clone(), |c| {
        sums.iter()
            .zip(&lambdas)
            .all(|(sum, lambda)| (sum.log_moment(c, lambda) + nats.clone()).below(&nats.like(0.0)))
    })
}
