//! Few coordinates: χ = ‖g‖/‖g_(k)‖, g_(k) the k largest entries of a standard normal vector g.
//! `proofs/norm.md#top`.

use std::f64::consts::{PI, SQRT_2};

use super::crowd::{exceeded_by, exceeded_by_few};
use super::{certified, least};
use crate::num::Number;
use crate::num::search::argmin;

/// χ in the limit of large d: 1/√E[Z²; Z² among the share k/d of the largest].
pub fn expected(d: u128, k: u128) -> f64 {
    let share = k as f64 / d as f64;
    let (mut low, mut high) = (0.0f64, 40.0);
    for _ in 0..60 {
        let q = 0.5 * (low + high);
        if libm::erfc(q / SQRT_2) > share { low = q } else { high = q }
    }
    let density = (2.0 / PI).sqrt() * (-0.5 * high * high).exp();
    1.0 / (high * density + share).sqrt()
}

/// The sum Σ(g² − c²(g² − q₁²)1[|g| > q₂]) − c²kq₁², which is positive where χ > c.
struct Sum<'a, N> {
    d: u128,
    k: u128,
    /// q₁², and q₂ where there is one.
    bounds: (&'a N, Option<&'a N>),
}

impl<N: Number> Sum<'_, N> {
    /// The logarithm of its exponential moment, for λ < ½.
    fn log_moment(&self, c: &N, lambda: &N) -> N {
        let (one, two) = (c.like(1.0), c.like(2.0));
        let (least, cut) = self.bounds;
        let square = c.square();
        let down = two.clone() * lambda.clone();
        let log_all = -((-down.clone()).ln_1p() / two.clone());
        let mut above_one = log_all.exp_m1();
        if let Some(cut) = cut {
            let up = down.clone() * (square.clone() - one.clone());
            let beyond = |rate: N| (cut.clone() * (rate / two.clone()).sqrt()).erfc();
            let lost = log_all.exp() * beyond(one.clone() - down);
            let lift = lambda.clone() * square.clone() * least.clone() - up.ln_1p() / two.clone();
            above_one = above_one - lost + lift.exp() * beyond(one + up);
        }
        let fixed = lambda.clone() * square * c.whole(self.k) * least.clone();
        c.whole(self.d) * above_one.ln_1p() - fixed
    }
}

/// A bound on χ that fails with probability at most e^{−ℓ} for the first ℓ, where the kth largest
/// entry is between two sizes but for the two others; √(d/k) at most.
pub fn stretch<N: Number>(d: u128, k: u128, [nats, fewer, more]: [&N; 3]) -> N {
    let most = (nats.whole(d) / nats.whole(k)).sqrt();
    if k >= d {
        return most.like(1.0);
    }
    let least_square = exceeded_by(d, k, fewer).square();
    let cut = exceeded_by_few(d, k, more);
    let (rough_least, rough_cut) = (least_square.to_f64(), cut.as_ref().map(N::to_f64));
    let rough = Sum { d, k, bounds: (&rough_least, rough_cut.as_ref()) };
    let excess = |c: f64, lambda: f64| {
        let value = rough.log_moment(&c, &lambda) + nats.to_f64();
        if value.is_nan() { f64::INFINITY } else { value }
    };
    let best = |c: f64| {
        // λ is about √(ℓ/d), and c⁻² where few entries carry the sum.
        let high = 0.49f64.ln();
        let low = (0.01 / (d as f64).sqrt()).min(0.01 / (c * c)).ln().min(high - 3.0);
        argmin(low, high, 40, |lambda| excess(c, lambda))
    };
    let found = least(most.to_f64(), |c| excess(c, best(c)) < 0.0);
    let lambda = nats.like(best(found));
    let sum = Sum { d, k, bounds: (&least_square, cut.as_ref()) };
    let holds = |c: &N| (sum.log_moment(c, &lambda) + nats.clone()).below(&nats.like(0.0));
    certified(found, most, holds)
}
