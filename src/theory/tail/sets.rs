//! Formulas for sums over chosen neurons: how many patterns there are, the heaviest and lightest
//! entries of a normal vector, Bernstein's inequality. Each holds for every value of its free
//! parameters; `tune_*` finds good ones in `f64`.

use crate::num::Number;
use crate::num::search::argmin;

const STEPS: u32 = 14;

/// s⁺ with P(S_a(n) ≥ n·s⁺) ≤ e^{−nats}, for any w > 0. `proofs/tools.md#rectified-sum`.
pub fn rectified_plus<N: Number>(n: u128, slope: &N, nats: &N, w: &N) -> N {
    // λ = w/(2(1+w)), so that 1 − 2λ = 1/(1+w) and E e^{λσ(g)²} = ½√(1+w) + ½(1 − 2a²λ)^{−½}.
    let (one, two) = (w.like(1.0), w.like(2.0));
    // √(1+w) − 1, without cancellation.
    let above_one = w.clone() / ((w.clone() + one.clone()).sqrt() + one.clone());
    let bent = slope.square() * w.clone() / (w.clone() + one.clone());
    let bent_above_one = (-((-bent).ln_1p() / two.clone())).exp_m1();
    let log_mgf = ((above_one + bent_above_one) / two.clone()).ln_1p();
    (nats.clone() / w.whole(n) + log_mgf) * (w.clone() + one) * two / w.clone()
}

/// s⁻ with P(S_a(n) ≤ n·s⁻) ≤ e^{−nats}, for any w > 0; says nothing where it is not positive.
/// `proofs/tools.md#rectified-sum`.
pub fn rectified_minus<N: Number>(n: u128, slope: &N, nats: &N, w: &N) -> N {
    // λ = −w/2 and E e^{λσ(g)²} = ½(1+w)^{−½} + ½(1+a²w)^{−½}.
    let (one, two) = (w.like(1.0), w.like(2.0));
    // Half of 1 − (1+v)^{−½}, without cancellation.
    let half_below_one = |v: N| {
        let root = (v.clone() + one.clone()).sqrt();
        v / ((root.clone() + one.clone()) * root * two.clone())
    };
    let below_one = half_below_one(w.clone()) + half_below_one(slope.square() * w.clone());
    let log_mgf = (-below_one).ln_1p();
    -((nats.clone() / w.whole(n) + log_mgf) * two / w.clone())
}

/// c⁻ with P(χ²_n ≤ n·c⁻) ≤ e^{−nats}, for any w > 0. `proofs/tools.md#chi-square`.
pub fn chi_square_minus<N: Number>(n: u128, nats: &N, w: &N) -> N {
    let two = w.like(2.0);
    (w.ln_1p() / two.clone() - nats.clone() / w.whole(n)) * two / w.clone()
}

/// c⁺ with P(χ²_n ≥ n·c⁺) ≤ e^{−nats}, for any w > 0. `proofs/tools.md#chi-square`.
pub fn chi_square_plus<N: Number>(n: u128, nats: &N, w: &N) -> N {
    let (one, two) = (w.like(1.0), w.like(2.0));
    (nats.clone() / w.whole(n) + w.ln_1p() / two.clone()) * (w.clone() + one) * two / w.clone()
}

/// ι with P(Σ_I g² ≥ ι Σ_A g²) ≤ e^{−nats} over n neurons of which each is in A or in I by a fair
/// coin, for any w > 0; infinite where w serves nothing. `proofs/tools.md#inactive-share`.
pub fn inactive_plus<N: Number>(n: u128, nats: &N, w: &N) -> N {
    // ½√(1+w) + ½y = e^{−ℓ/n} for the factor e^{λg²} in I, 1 − 2λ = 1/(1+w), and e^{−μg²} in A.
    let (one, two) = (w.like(1.0), w.like(2.0));
    let above_one = w.clone() / ((w.clone() + one.clone()).sqrt() + one.clone());
    let missing = above_one - two.clone() * (-(nats.clone() / w.whole(n))).exp_m1();
    if !missing.below(&one) {
        return w.like(f64::INFINITY);
    }
    // 2μ = y⁻² − 1 = m(2 − m)/y², m = 1 − y.
    let left = (one.clone() - missing.clone()).square();
    let weight = missing.clone() * (two - missing) / left;
    weight * (w.clone() + one) / w.clone()
}

/// ι at a good w.
pub fn inactive_upper<N: Number>(n: u128, nats: &N) -> N {
    let rough = nats.to_f64();
    let w = tune_quantile(n, rough, |w| inactive_plus(n, &rough, &w));
    inactive_plus(n, nats, &nats.like(w))
}

/// s⁻ at a good w.
pub fn rectified_lower<N: Number>(n: u128, slope: &N, nats: &N) -> N {
    let (rough, a) = (nats.to_f64(), slope.to_f64());
    let w = tune_quantile(n, rough, |w| -rectified_minus(n, &a, &rough, &w));
    rectified_minus(n, slope, nats, &nats.like(w))
}

/// s⁺ at a good w.
pub fn rectified_upper<N: Number>(n: u128, slope: &N, nats: &N) -> N {
    let (rough, a) = (nats.to_f64(), slope.to_f64());
    let w = tune_quantile(n, rough, |w| rectified_plus(n, &a, &rough, &w));
    rectified_plus(n, slope, nats, &nats.like(w))
}

/// c⁻ at a good w.
pub fn chi_square_lower<N: Number>(n: u128, nats: &N) -> N {
    let rough = nats.to_f64();
    let w = tune_quantile(n, rough, |w| -chi_square_minus(n, &rough, &w));
    chi_square_minus(n, nats, &nats.like(w))
}

/// c⁺ at a good w.
pub fn chi_square_upper<N: Number>(n: u128, nats: &N) -> N {
    let rough = nats.to_f64();
    let w = tune_quantile(n, rough, |w| chi_square_plus(n, &rough, &w));
    chi_square_plus(n, nats, &nats.like(w))
}

/// a with P(Bin(n, ½) ≥ a) ≤ e^{−nats}, for any λ > 0; at most n. `proofs/tools.md#binomial`.
pub fn active_upper<N: Number>(n: u128, nats: &N, lambda: &N) -> N {
    let log_mgf = (lambda.exp_m1() / lambda.like(2.0)).ln_1p();
    ((nats.clone() + lambda.whole(n) * log_mgf) / lambda.clone()).min(&lambda.whole(n))
}

/// The best w or λ of the functions above, by golden section.
pub fn tune_quantile(n: u128, nats: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (from, to) = super::log_bracket(n, nats);
    argmin(from, to.min(600.0), 2 * STEPS, f)
}

/// log of a bound on the number of subsets of at most m of n: n·H(m/n), or n log 2.
/// `proofs/tools.md#patterns`.
pub fn log_subsets<N: Number>(like: &N, n: u128, m: u128) -> N {
    if m == 0 {
        return like.like(0.0);
    }
    let width = like.whole(n);
    if m > n / 2 {
        return width * like.like(2.0).ln();
    }
    let share = like.whole(m) / width.clone();
    let rest = -(-share.clone()).ln_1p() * (like.like(1.0) - share.clone());
    width * (rest - share.clone() * share.ln())
}

/// E(g² − q²)₊ for a standard normal g. `proofs/tools.md#heaviest`.
fn excess<N: Number>(q: &N) -> N {
    let (one, two) = (q.like(1.0), q.like(2.0));
    let density = (-(q.square() / two.clone())).exp() / (two.clone() * q.pi()).sqrt();
    let tail = (q.clone() / two.sqrt()).erfc();
    q.like(2.0) * q.clone() * density + (one - q.square()) * tail
}

/// t(n, m): the mean sum of the m heaviest squares of n standard normals is at most this.
/// `proofs/tools.md#heaviest`.
pub fn heaviest<N: Number>(n: &N, m: &N) -> N {
    if m.to_f64() == 0.0 {
        return m.clone();
    }
    let q = n.like(tune_heaviest(n.to_f64(), m.to_f64()));
    m.clone() * q.square() + n.clone() * excess(&q)
}

/// A good q for the sum of the m heaviest of n: near the m-th largest |g| (Abramowitz and Stegun
/// 26.2.23, which is off by at most 0.0005).
fn tune_heaviest(n: f64, m: f64) -> f64 {
    let share = m / n;
    if share >= 1.0 {
        return 0.0;
    }
    let t = (-2.0 * (share / 2.0).ln()).sqrt();
    let ratio = (2.515517 + t * (0.802853 + t * 0.010328))
        / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    (t - ratio).max(0.0)
}

/// Bernstein: Σ X_k ≥ this with probability at most e^{−nats}, for independent 0 ≤ X_k ≤ largest
/// with ΣE X_k ≤ mean. `proofs/tools.md#bernstein`.
pub fn bernstein<N: Number>(mean: &N, largest: &N, nats: &N) -> N {
    let linear = largest.clone() * nats.clone();
    mean.clone() + (linear.clone() * mean.clone() * mean.like(2.0)).sqrt() + linear / mean.like(3.0)
}

/// U with P(Σ_k (q² − g_k²)₊ ≥ U) ≤ e^{−nats} for n standard normals, for any q, λ > 0.
/// `proofs/tools.md#heaviest`.
pub fn lightest_deficit<N: Number>(n: u128, nats: &N, q: &N, lambda: &N) -> N {
    let two = q.like(2.0);
    if N::ROUGH && lambda.to_f64() * q.to_f64().powi(2) < 1e-4 {
        // To second order in λ: the difference of error functions would cancel.
        let (first, second) = deficit_moments(q.to_f64());
        let mean = q.like(first) + lambda.clone() * q.like(second / 2.0);
        return nats.clone() / lambda.clone() + q.whole(n) * mean;
    }
    let tilt = q.like(1.0) + two.clone() * lambda.clone();
    let plain = (q.clone() / two.sqrt()).erf();
    let tilted = (q.clone() * (tilt.clone() / two).sqrt()).erf() / tilt.sqrt();
    let above_one = (lambda.clone() * q.square()).exp() * tilted - plain;
    (nats.clone() + q.whole(n) * above_one.ln_1p()) / lambda.clone()
}

/// E(q² − g²)₊ and about E(q² − g²)₊², in `f64`.
fn deficit_moments(q: f64) -> (f64, f64) {
    let density = (2.0 / std::f64::consts::PI).sqrt();
    let (square, cube) = (q * q, q * q * q);
    if q < 0.1 {
        let series = 2.0 / 3.0 - square / 15.0 + square * square / 140.0;
        return (density * cube * series, density * cube * square * 8.0 / 15.0);
    }
    let inside = libm::erf(q / std::f64::consts::SQRT_2);
    let edge = density * q * (-square / 2.0).exp();
    // E g² and E g⁴ over |g| < q.
    let second = inside - edge;
    let fourth = 3.0 * second - edge * square;
    (square * inside - second, square * square * inside - 2.0 * square * second + fourth)
}

/// A good λ for [`lightest_deficit`].
pub fn tune_lightest(n: u128, nats: f64, q: f64) -> f64 {
    let scale = -2.0 * q.ln();
    let expected = (n as f64 * q).max(1.0);
    // About √(ℓ/(nq)) in units of 1/q², until that is large.
    let centre = scale + (0.5 * (nats / expected).ln() + 1.2).min(3.0);
    argmin(centre - 2.0, centre + 2.0, STEPS, |lambda| lightest_deficit(n, &nats, &q, &lambda))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Enclosure;

    /// E of a function of |g| < q, by the midpoint rule.
    fn inside(q: f64, f: impl Fn(f64) -> f64) -> f64 {
        let n = 20_000;
        let at = |i: i32| {
            let g = q * (f64::from(i) + 0.5) / f64::from(n);
            f(g) * (-0.5 * g * g).exp()
        };
        (0..n).map(at).sum::<f64>() * q / f64::from(n) * (2.0 / std::f64::consts::PI).sqrt()
    }

    #[test]
    fn moments_of_deficits_are_those_by_quadrature() {
        for q in [1e-3, 0.05, 0.0999, 0.11, 0.7, 2.0] {
            let deficit = |g: f64| q * q - g * g;
            let exact = (inside(q, deficit), inside(q, |g| deficit(g).powi(2)));
            let (first, second) = deficit_moments(q);
            assert!((first / exact.0 - 1.0).abs() < 1e-6, "{q}: {first} {}", exact.0);
            // The second by its leading order where q is small.
            assert!((second / exact.1 - 1.0).abs() < 2e-3, "{q}: {second} {}", exact.1);
        }
    }

    #[test]
    fn leading_orders_of_deficits_meet_the_formula() {
        let big = |x: f64| Enclosure::point(256, x);
        for q in [0.003, 0.01, 0.05] {
            let lambda = 0.9e-4 / (q * q);
            // The second order is what is left after the first; the square of the mean is left out.
            let first = 1e9 * deficit_moments(q).0;
            let rough = lightest_deficit(1_000_000_000, &1.0, &q, &lambda) - first;
            let exact =
                lightest_deficit(1_000_000_000, &big(1.0), &big(q), &big(lambda)).to_f64() - first;
            let second = 0.5e9 * lambda * deficit_moments(q).1;
            assert!((rough - exact).abs() < 0.5 * second + 1e-7 * first, "{q}: {rough} {exact}");
        }
    }

    /// Against the law of the ratio in the smallest cases: n = 1 has no bound, as the neuron is
    /// inactive half of the time; a bound that is smaller by a tenth fails by Monte Carlo.
    #[test]
    fn the_inactive_share_is_a_bound_and_near_the_quantile() {
        assert!(!inactive_upper(1, &1.0f64).is_finite());
        let (n, nats) = (40u32, 20f64.ln());
        let bound = inactive_upper(n.into(), &nats);
        let certified = inactive_upper(n.into(), &Enclosure::point(192, nats)).to_f64();
        assert!((certified / bound - 1.0).abs() < 1e-12);
        // Σ_I/Σ_A given N active is F-distributed up to a factor: by counting in a grid of B.
        let trials = 40_000u32;
        let mut state = 7u64;
        let mut uniform = move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        };
        let mut beyond = [0u32; 2];
        for _ in 0..trials {
            let mut sums = [0.0f64; 2];
            for _ in 0..n {
                let square =
                    -2.0 * uniform().ln() * (std::f64::consts::TAU * uniform()).cos().powi(2);
                sums[usize::from(uniform() < 0.5)] += square;
            }
            beyond[0] += u32::from(sums[0] > bound * sums[1]);
            beyond[1] += u32::from(sums[0] > 0.5 * bound * sums[1]);
        }
        // 0.05 allowed; Chernoff's bound is not far from it. Half of the bound is none: the share
        // beyond it is about 0.2. Standard errors: below 0.002.
        let share = beyond.map(|count| f64::from(count) / f64::from(trials));
        assert!(share[0] < 0.05 && share[0] > 0.005 && share[1] > 0.07, "{share:?}");
    }
}
