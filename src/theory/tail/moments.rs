//! Logarithms of moments, bounded from above.
//!
//! The moment bound uses P(A·X ≥ a) ≤ a^{−p} · E Aᵖ · sup_t tᵖ P(X ≥ t) for independent A, X ≥ 0,
//! and its mirror image below. `proofs/tools.md#moment-tail`.

use super::bent::bent_log_negative_moment;
use crate::model::params::Probability;
use crate::model::slope::Slope;
use crate::num::Enclosure;
use crate::num::search::root;
use crate::theory::distribution::chi_square;

/// Up to this width moments of S(n) are summed exactly; above, closed-form bounds lose less than
/// a part in a hundred of a standard deviation.
const EXACT_LIMIT: u128 = 2048;
/// Up to this dimension the supremum in the moment–tail inequality is evaluated; above, Markov's
/// inequality loses nothing that shows.
const SUPREMUM_LIMIT: u128 = 1024;

/// Bits in the search for a point that is certified afterwards.
const GUESS_PRECISION: u32 = 64;

/// log E (S_a(n)/n)ᵖ for a point p > 0; the upper end is a bound for every width.
/// `proofs/tools.md#rectified-moments`.
pub fn rectified_log_moment(n: u128, slope: &Slope, p: &Enclosure) -> Enclosure {
    if slope.is_relu() {
        return relu_log_moment(n, p);
    }
    if slope.is_linear() || slope.is_absolute() {
        return chi_square_log_moment(n, p);
    }
    exponential_log_moment(n, &slope.of(p), p).min(&sum_log_moment(n, &slope.of(p), p))
}

/// log E[S_a(n)/n)^{−p}; N ≥ cut] for a point p with 0 < 2p < cut, N the number of active neurons;
/// where a ≠ 0 the cut is idle, and 2p < n is enough. The upper end is a bound for every width.
/// `proofs/tools.md#rectified-moments`, `proofs/tools.md#bent-moments`.
pub fn rectified_log_negative_moment(
    n: u128,
    slope: &Slope,
    p: &Enclosure,
    cut: u128,
) -> Enclosure {
    if slope.is_relu() {
        return relu_log_negative_moment(n, p, cut);
    }
    if !(p * 2).certainly_lt(&Enclosure::integer(p.precision(), n)) {
        return Enclosure::whole(p.precision());
    }
    if slope.is_linear() || slope.is_absolute() {
        return chi_square_log_moment(n, &-p);
    }
    bent_log_negative_moment(n, &slope.of(p), p)
}

/// log E(χ²_n/n)^e for a signed exponent e > −n/2.
fn chi_square_log_moment(n: u128, e: &Enclosure) -> Enclosure {
    let half = Enclosure::integer(e.precision(), n) / 2;
    (&half + e).ln_gamma() - half.ln_gamma() - e * half.ln()
}

/// The same from the parts of active and of inactive neurons, each distributed as S(n) up to the
/// factor a²: by Minkowski's inequality for p ≥ 1, and because tᵖ is subadditive for p ≤ 1.
fn sum_log_moment(n: u128, slope: &Enclosure, p: &Enclosure) -> Enclosure {
    let one = Enclosure::integer(p.precision(), 1);
    let square = slope.square();
    let both = if one.certainly_le(p) {
        p * square.ln_1p()
    } else if p.certainly_le(&one) {
        (p * square.ln()).exp().ln_1p()
    } else {
        Enclosure::whole(p.precision())
    };
    both + relu_log_moment(n, p)
}

/// tᵖ ≤ (p/(eλ))ᵖ e^{λt} for every λ in (0, ½). Near the best λ: some steps of its fixed point.
fn exponential_log_moment(n: u128, slope: &Enclosure, p: &Enclosure) -> Enclosure {
    let precision = p.precision();
    let (per_neuron, square) = (p.to_f64() / n as f64, slope.to_f64().powi(2));
    let lambda = (0..6).fold(2.0 * per_neuron, |lambda, _| {
        let free = |weight: f64| (1.0 - 2.0 * weight * lambda).max(1e-3);
        let (active, bent) = (free(1.0), free(square));
        let tilted =
            (active.powf(-1.5) + square * bent.powf(-1.5)) / (active.powf(-0.5) + bent.powf(-0.5));
        (per_neuron / tilted).min(0.499)
    });
    let lambda = Enclosure::point(precision, lambda);
    let width = Enclosure::integer(precision, n);
    let one = Enclosure::integer(precision, 1);
    // (1−2λ)^{−½} − 1 and the like, formed without cancellation.
    let above = |weight: &Enclosure| (-((&one - &lambda * weight * 2).ln() / 2)).exp_m1();
    let log_mgf = ((above(&one) + above(&slope.square())) / 2).ln_1p();
    p * ((p / (&lambda * &width)).ln() - 1) + width * log_mgf
}

fn relu_log_moment(n: u128, p: &Enclosure) -> Enclosure {
    if n <= EXACT_LIMIT {
        return log_mixture(n as u32, 1, p);
    }
    // tᵖ ≤ (p/(eλ))ᵖ e^{λt} for every λ in (0, ½). Near the best λ: three steps of its fixed point.
    let precision = p.precision();
    let per_neuron = p.to_f64() / n as f64;
    let lambda = (0..3).fold(2.0 * per_neuron, |lambda, _| {
        let c = (1.0 - 2.0 * lambda).max(1e-3);
        let tilted_mean = 0.5 * c.powf(-1.5) / (0.5 + 0.5 * c.powf(-0.5));
        (per_neuron / tilted_mean).min(0.499)
    });
    let lambda = Enclosure::point(precision, lambda);
    let width = Enclosure::integer(precision, n);
    let c = Enclosure::integer(precision, 1) - &lambda * 2;
    // M − 1 = ½((1−2λ)^{−½} − 1), formed without cancellation.
    let log_mgf = ((-(c.ln() / 2)).exp_m1() / 2).ln_1p();
    p * ((p / (&lambda * &width)).ln() - 1) + width * log_mgf
}

fn relu_log_negative_moment(n: u128, p: &Enclosure, cut: u128) -> Enclosure {
    let precision = p.precision();
    let whole = |value: u128| Enclosure::integer(precision, value);
    if !(p * 2).certainly_lt(&whole(cut)) {
        return Enclosure::whole(precision);
    }
    if n <= EXACT_LIMIT {
        return log_mixture(n as u32, cut as u32, &-p);
    }
    // log E(χ²_k/n)^{−p} is convex and falls in k: below its chord on [cut, top], and below its
    // value at `top` beyond.
    let log_conditional = |k: u128| {
        let half = whole(k) / 2;
        p * (whole(n) / 2).ln() + (&half - p).ln_gamma() - half.ln_gamma()
    };
    let top = n - cut.min(n / 2);
    let at_cut = log_conditional(cut);
    if top <= cut {
        return at_cut;
    }
    let at_top = log_conditional(top);
    let slope = (&at_cut - &at_top) / whole(top - cut);
    let log_binomial = ((-&slope).exp_m1() / 2).ln_1p() * whole(n);
    let chord = at_cut + &slope * whole(cut) + log_binomial;
    let beyond = at_top - hoeffding(n, top, precision);
    // log(eᵃ + eᵇ), a ≥ b
    &chord + (beyond - &chord).exp().ln_1p()
}

/// −log of the bound P(|N − n/2| ≥ |k − n/2|, on k's side) ≤ exp(−2(k − n/2)²/n).
fn hoeffding(n: u128, k: u128, precision: u32) -> Enclosure {
    let whole = |value: u128| Enclosure::integer(precision, value);
    (whole(k) - whole(n) / 2).square() * 2 / whole(n)
}

/// log Σ_{k≥from} 2^{−n} C(n,k) E(χ²_k/n)^e for a signed exponent e > −from/2.
fn log_mixture(n: u32, from: u32, e: &Enclosure) -> Enclosure {
    let p = e.precision();
    let whole = |value: u32| Enclosure::integer(p, value);
    let log_half = (whole(1) / 2).ln();
    let ln_choose =
        (whole(n) + 1).ln_gamma() - (whole(from) + 1).ln_gamma() - (whole(n - from) + 1).ln_gamma();
    let mut weight = (ln_choose + log_half * n).exp();
    // E(χ²_k)^e = 2^e Γ(k/2+e)/Γ(k/2), in two interleaved recurrences with step 2.
    let start = |k: u32| {
        let half = whole(k) / 2;
        ((&half + e).ln_gamma() - half.ln_gamma()).exp()
    };
    let mut conditional = [start(from), start(from + 1)];
    let twice = e * 2;
    let mut sum = whole(0);
    for k in from..=n {
        let moment = &mut conditional[((k - from) % 2) as usize];
        sum = sum + &weight * &*moment;
        *moment = &*moment * &(whole(k) + &twice) / k;
        weight = weight * (n - k) / (k + 1);
    }
    sum.ln() + e * (whole(2) / n).ln()
}

/// Where a lower-tail moment bound cuts each layer: below `at` active neurons, with `failure` the
/// probability of that.
pub struct BinomialCut {
    /// The smallest number of active neurons kept.
    pub at: u128,
    /// Its upper end bounds P(Bin(n, ½) < `at`).
    pub failure: Enclosure,
}

impl BinomialCut {
    /// The largest cut whose failure is at most `share`, but at least 1: moments need one active
    /// neuron, whatever that costs.
    pub fn new(n: u128, share: &Probability, precision: u32) -> Self {
        let target = share.enclosure(precision);
        if n > EXACT_LIMIT {
            // Hoeffding: P(N ≤ n/2 − w√n/2) ≤ e^{−w²/2}. The deviation is approximate, the failure
            // is evaluated anew.
            let deviation =
                (2.0 * share.nats()).sqrt() * (n as f64).sqrt() / 2.0 * (1.0 + 1e-9) + 1.0;
            let at = (n / 2).saturating_sub(deviation as u128).max(1);
            return BinomialCut { at, failure: (-hoeffding(n, at, precision)).exp() };
        }
        let mut weight = (Enclosure::point(precision, 0.5).ln() * n as u32).exp();
        let mut cut = BinomialCut { at: 1, failure: weight.clone() };
        for k in 1..n as u32 {
            weight = weight * (n as u32 - k + 1) / k;
            let failure = &cut.failure + &weight;
            if !failure.certainly_le(&target) {
                break;
            }
            cut = BinomialCut { at: u128::from(k) + 1, failure };
        }
        cut
    }
}

/// log sup_t tᵖ P(Z² ≥ t) for a point p > 0, Z a standard normal. `proofs/tools.md#moment-tail`.
pub fn gaussian_log_tail_moment(p: &Enclosure) -> Enclosure {
    // In q = √t: the tail is erfc(q/√2), log-concave in log q; its elasticity is −q·hazard(q).
    let two = |q: &Enclosure| Enclosure::integer(q.precision(), 2);
    let tail = |q: &Enclosure| (q / two(q).sqrt()).erfc();
    let hazard = |q: &Enclosure| {
        let scale = (two(q) / Enclosure::pi(q.precision())).sqrt();
        q * scale * (-(q.square() / 2)).exp() / tail(q)
    };
    let twice = p * 2;
    let target = twice.to_f64();
    let bracket = (p.to_f64().min(1.0).ln() - 3.0, 0.5 * (2.0 * p.to_f64()).ln() + 0.1);
    let peak = root(GUESS_PRECISION, bracket.0, bracket.1, |q| hazard(q).to_f64() - target);
    peak_value(
        &peak.with_precision(p.precision()),
        |q| hazard(q).certainly_le(&twice),
        |q| twice.certainly_le(&hazard(q)),
        |q| &twice * &q.ln() + tail(q).ln(),
    )
}

/// log sup_c c^{−p} P(χ²_n ≤ n·c) for a point p with 0 < p < n/2. `proofs/tools.md#moment-tail`.
pub fn chi_square_log_lower_moment(n: u128, p: &Enclosure) -> Enclosure {
    let precision = p.precision();
    let degrees = Enclosure::integer(precision, n);
    let a = &degrees / 2;
    if !p.certainly_lt(&a) {
        return Enclosure::whole(precision);
    }
    let markov = p * a.ln() + (&a - p).ln_gamma() - a.ln_gamma();
    if n > SUPREMUM_LIMIT {
        return markov;
    }
    // P(χ²_n ≤ 2y) = y^a e^{−y}/Γ(a+1) · series(y), whose elasticity in y is a/series(y).
    let target = &a / p;
    let guess_target = target.to_f64();
    let excess = (guess_target - 1.0).max(1e-300);
    let coarse = Enclosure::point(GUESS_PRECISION, a.to_f64());
    let from = (a.to_f64() * excess).ln().min(0.0) - 2.0;
    let peak = root(GUESS_PRECISION, from, (4.0 * a.to_f64() + 400.0).ln(), |y| {
        chi_square::series(&coarse, y).to_f64() - guess_target
    });
    let supremum = peak_value(
        &peak.with_precision(precision),
        |y| chi_square::series(&a, y).certainly_le(&target),
        |y| target.certainly_le(&chi_square::series(&a, y)),
        |y| {
            let log_cdf = &a * y.ln() - y - (&a + 1).ln_gamma() + chi_square::series(&a, y).ln();
            log_cdf - p * (y / &a).ln()
        },
    );
    markov.min(&supremum)
}

/// The value at the peak of a log-concave function: its enclosure over an interval around `guess`
/// whose ends are certified to lie before and after the peak.
fn peak_value(
    guess: &Enclosure,
    rises_at: impl Fn(&Enclosure) -> bool,
    falls_at: impl Fn(&Enclosure) -> bool,
    value: impl Fn(&Enclosure) -> Enclosure,
) -> Enclosure {
    let precision = guess.precision();
    for bits in (8..=40).rev().step_by(8) {
        let step = Enclosure::point(precision, 2f64.powi(-bits)).exp();
        let (before, after) = ((guess / &step).middle(), (guess * &step).middle());
        if rises_at(&before) && falls_at(&after) {
            return value(&before.hull(&after));
        }
    }
    Enclosure::whole(precision)
}

#[cfg(test)]
mod tests {
    use super::*;
    const P: u32 = 256;

    fn at(x: f64) -> Enclosure {
        Enclosure::point(P, x)
    }

    #[test]
    fn whole_moments_are_known() {
        // E S = n/2 and E S² = n(n−1)/4 + 3n/2.
        for n in [1u128, 2, 5, 64] {
            let m = n as f64;
            let second = (m * (m - 1.0) / 4.0 + 1.5 * m) / (m * m);
            assert!((relu_log_moment(n, &at(1.0)).exp().to_f64() - 0.5).abs() < 1e-14);
            assert!((relu_log_moment(n, &at(2.0)).exp().to_f64() - second).abs() < 1e-13);
        }
        // E[S⁻¹; N ≥ 3] for n = 4: weights 4/16 and 1/16, E 1/χ²_k = 1/(k−2), times n.
        let value = relu_log_negative_moment(4, &at(1.0), 3).exp().to_f64();
        assert!((value - 4.0 * (4.0 / 16.0 + 1.0 / 32.0)).abs() < 1e-14);
    }

    /// At other slopes, with m the mean of a neuron: E S_a = nm and E S_a² = n·3(1 + a⁴)/2 +
    /// n(n−1)m²; bounds are above, and exact at ±1.
    #[test]
    fn moments_at_other_slopes_are_above_the_exact_ones() {
        for slope in ["-1", "1", "-1/2", "0.3", "0.01"] {
            let slope = Slope::parse(slope).unwrap();
            let square = slope.to_f64().powi(2);
            let (m, fourth) = (0.5 * (1.0 + square), 1.5 * (1.0 + square * square));
            for n in [1u128, 2, 5, 64, 3000] {
                let width = n as f64;
                let second = (fourth + m * m * (width - 1.0)) / width;
                for (p, exact) in [(1.0, m), (2.0, second)] {
                    let found = rectified_log_moment(n, &slope, &at(p)).exp().hi_f64();
                    let ratio = found / exact;
                    let most = if square == 1.0 { 1.0 + 1e-12 } else { 1.6 };
                    assert!(ratio > 1.0 - 1e-12 && ratio < most, "{slope} {n} {p}: {ratio}");
                }
            }
        }
    }

    #[test]
    fn closed_forms_for_wide_layers_are_above_the_exact_sum_and_close() {
        let n = 3000u32;
        for p in [0.5, 3.0, 20.0, 60.0] {
            let closed = relu_log_moment(u128::from(n), &at(p));
            let exact = log_mixture(n, 1, &at(p));
            let gap = (&closed - &exact).to_f64();
            assert!(exact.certainly_le(&closed) && gap < 3.0 * p / f64::from(n), "p = {p}: {gap}");
            let closed = relu_log_negative_moment(u128::from(n), &at(p), 1300);
            let exact = log_mixture(n, 1300, &at(-p));
            let gap = (&closed - &exact).to_f64();
            assert!(
                exact.certainly_le(&closed) && gap < 45.0 * p / f64::from(n),
                "−p = {p}: {gap}"
            );
        }
    }

    #[test]
    fn cuts_are_the_largest_allowed() {
        let share = Probability::parse("share", "0.2").unwrap();
        let cut = BinomialCut::new(5, &share, P);
        // P(N < 2) = 6/32 ≤ 0.2 < P(N < 3) = 16/32.
        assert_eq!(cut.at, 2);
        // P(N < 1) = 1/4 is more than the share, but the least there is.
        assert_eq!(BinomialCut::new(2, &share, P).at, 1);
        let tiny = Probability::parse("share", "1e-9").unwrap();
        for n in [4096u128, 10u128.pow(12), 10u128.pow(30), 10u128.pow(36)] {
            let cut = BinomialCut::new(n, &tiny, 400);
            let deviations = (n / 2 - cut.at) as f64 / (n as f64).sqrt() * 2.0;
            assert!((6.43..6.9).contains(&deviations), "{deviations}");
        }
    }

    #[test]
    fn suprema_dominate_and_touch() {
        // Gaussian: at q, p = q·hazard/2 makes q the peak, and the bound there is the tail itself.
        for p in [1e-3, 0.3, 2.0, 50.0] {
            let bound = gaussian_log_tail_moment(&at(p));
            let value = |q: f64| 2.0 * p * q.ln() + (at(q) / at(2.0).sqrt()).erfc().ln().to_f64();
            let best =
                (-900..500).map(|i| value((f64::from(i) * 0.01).exp())).fold(f64::MIN, f64::max);
            assert!(bound.hi_f64() >= best && bound.hi_f64() < best + 1e-3, "p = {p}");
        }
        for (n, p) in [(1u128, 0.2), (1, 0.49), (10, 0.01), (10, 4.0), (500, 30.0)] {
            let bound = chi_square_log_lower_moment(n, &at(p));
            let value = |c: f64| chi_square::cdf(n, &at(c * n as f64)).ln().to_f64() - p * c.ln();
            let best =
                (-900..300).map(|i| value((f64::from(i) * 0.01).exp())).fold(f64::MIN, f64::max);
            assert!(bound.hi_f64() >= best && bound.hi_f64() < best + 1e-3, "n = {n}, p = {p}");
        }
    }

    #[test]
    fn what_does_not_exist_is_not_bounded() {
        assert!(!relu_log_negative_moment(100, &at(5.0), 10).is_finite());
        assert!(!chi_square_log_lower_moment(4, &at(2.0)).is_finite());
    }
}
