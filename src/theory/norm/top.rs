//! Few coordinates: χ = ‖g‖/‖g_(k)‖, g_(k) the k largest entries of a standard normal vector g.
//! `proofs/norm.md#top`.

use std::f64::consts::{PI, SQRT_2};

use super::crowd::{exceeded_by, exceeded_by_few};
use super::{certified, least};
use crate::num::Number;
use crate::num::search::argmin;

/// q with P(|Z| > q) = k/d.
fn quantile(d: u128, k: u128) -> f64 {
    let share = k as f64 / d as f64;
    let (mut low, mut high) = (0.0f64, 40.0);
    for _ in 0..60 {
        let q = 0.5 * (low + high);
        if libm::erfc(q / SQRT_2) > share { low = q } else { high = q }
    }
    high
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
    d: u128,
    k: u128,
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
        let fixed = lambda.clone() * square * c.whole(self.k) * self.end.clone();
        c.whole(self.d) * above_one.ln_1p() - fixed
    }

    /// The same in `f64`.
    fn rough(&self) -> Sum<f64> {
        Sum { d: self.d, k: self.k, cut: self.cut.to_f64(), end: self.end.to_f64() }
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
        let low = (0.01 / (self.d as f64).sqrt()).min(0.01 / (c * c)).ln().min(high - 3.0);
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
    let ends = [exceeded_by(d, k, fewer), upper];
    // Between them, where as many entries are to be expected above it.
    let cut = nats.like(quantile(d, k));
    let sums = ends.map(|end| Sum { d, k, cut: cut.clone(), end: end.square() });
    // One half for each end.
    let each = nats.clone() + nats.like(2.0).ln();
    let rough = [sums[0].rough(), sums[1].rough()];
    let holds =
        |c: f64| rough.iter().all(|sum| sum.log_moment(&c, &sum.tuned(c)) + each.to_f64() < 0.0);
    let found = least(most.to_f64(), holds);
    let lambdas = [0, 1].map(|i| nats.like(rough[i].tuned(found)));
    certified(found, most, |c| {
        sums.iter()
            .zip(&lambdas)
            .all(|(sum, lambda)| (sum.log_moment(c, lambda) + each.clone()).below(&nats.like(0.0)))
    })
}
