//! The Beta law with enclosed values, and Clopper–Pearson limits from it.

use crate::num::Enclosure;
use crate::num::search::{certified, root};

/// I_x(a, b) = P(Beta(a, b) ≤ x) for points a, b > 0 and 0 < x < 1.
///
/// From the hypergeometric series with positive terms,
/// I_x(a, b) = x^a (1−x)^b / (a B(a, b)) · Σ_j x^j (a+b)…(a+b+j−1) / ((a+1)…(a+j)),
/// or from its mirror image, whichever needs fewer terms. `proofs/tools.md#beta`.
pub fn cdf(a: &Enclosure, b: &Enclosure, x: &Enclosure) -> Enclosure {
    let complement = Enclosure::integer(x.precision(), 1) - x;
    let cost = |a: f64, b: f64, x: f64, c: f64| ((a + b) * x - a).max(0.0) + 50.0 / c.max(1e-300);
    let (fa, fb, fx, fc) = (a.to_f64(), b.to_f64(), x.to_f64(), complement.to_f64());
    let costs = (cost(fa, fb, fx, fc), cost(fb, fa, fc, fx));
    // Where both series are too long (far from the bulk, for huge parameters), a few terms of the
    // one that falls from the start and its geometric remainder give a wide but valid enclosure.
    let (forward, terms) = if costs.0.min(costs.1) < MOST_TERMS {
        (costs.0 <= costs.1, u32::MAX)
    } else {
        (fx * (fa + fb) < fa, 64)
    };
    if forward {
        direct(a, b, x, &complement, terms)
    } else {
        Enclosure::integer(x.precision(), 1) - direct(b, a, &complement, x, terms)
    }
}

/// About a tenth of a second.
const MOST_TERMS: f64 = 2e5;

/// The series at x, with `complement` = 1 − x.
fn direct(
    a: &Enclosure,
    b: &Enclosure,
    x: &Enclosure,
    complement: &Enclosure,
    terms: u32,
) -> Enclosure {
    let p = x.precision();
    let one = Enclosure::integer(p, 1);
    let log_factor = a * &x.ln() + b * &complement.ln() - a.ln() - log_beta(a, b);
    let total = a + b;
    let (mut term, mut sum) = (one.clone(), one.clone());
    // 64 bits beyond what any caller prints.
    let small = 2f64.powi(-(p.min(200) as i32));
    let (mut above, mut below) = (total.clone(), a + 1);
    for j in 0u32..50_000_000 {
        let last = j >= terms;
        let ratio = x * &above / &below;
        term = &term * &ratio;
        sum = &sum + &term;
        (above, below) = (&above + &one, &below + &one);
        // Ratios move monotonically towards x, so none later exceeds this.
        let largest = ratio.max(x);
        if (last || j % 8 == 7) && largest.certainly_lt(&one) {
            let rest = (&term * &largest / (&one - &largest)).hi();
            if last || (&rest / &sum).hi_f64() < small {
                return log_factor.exp() * sum.hull(&(&sum + rest));
            }
        }
        if last {
            break;
        }
    }
    Enclosure::whole(p)
}

/// log B(a, b).
pub fn log_beta(a: &Enclosure, b: &Enclosure) -> Enclosure {
    a.ln_gamma() + b.ln_gamma() - (a + b).ln_gamma()
}

type Function<'a> = dyn Fn(&Enclosure) -> Enclosure + 'a;

/// An enclosure of the quantile: `[lo, hi]` with I_lo ≤ probability ≤ I_hi.
///
/// `probability` in (0, 1). Where the search cannot certify an end, that end is 0 or 1.
pub fn quantile(a: &Enclosure, b: &Enclosure, probability: &Enclosure) -> Enclosure {
    let half = Enclosure::point(probability.precision(), 0.5);
    if half.certainly_lt(probability) {
        let rest = Enclosure::integer(probability.precision(), 1) - probability;
        tail_quantile(a, b, &rest, true)
    } else {
        tail_quantile(a, b, probability, false)
    }
}

/// An enclosure of the x with P(Beta(a, b) ≤ x) = `target`, or, for the `upper_tail`, with
/// P(Beta(a, b) ≥ x) = `target`: for small targets, which are compared on a logarithmic scale.
fn tail_quantile(a: &Enclosure, b: &Enclosure, target: &Enclosure, upper_tail: bool) -> Enclosure {
    let p = target.precision();
    let one = Enclosure::integer(p, 1);
    let value: Box<Function> =
        if upper_tail { Box::new(|x| cdf(b, a, &(&one - x))) } else { Box::new(|x| cdf(a, b, x)) };
    let guess = guess(a, b, target, upper_tail).with_precision(p);
    let below_one = |x: &Enclosure| x.certainly_lt(&one);
    // Small steps first: the ends differ by a few units in the twelfth digit at most.
    let low =
        certified(guess.clone(), |x| below_one(x) && side(&value(x), target, upper_tail, true), -1);
    let high = certified(guess, |x| below_one(x) && side(&value(x), target, upper_tail, false), 1);
    let low = if low.is_finite() { low } else { Enclosure::integer(p, 0) };
    let high = if high.is_finite() { high } else { one.clone() };
    low.hull(&high)
}

/// A point near the quantile, from fewer bits. Not rigorous.
fn guess(a: &Enclosure, b: &Enclosure, target: &Enclosure, upper_tail: bool) -> Enclosure {
    let (fa, fb) = (a.to_f64(), b.to_f64());
    // Enough that the logarithms of the gamma function keep 64 bits after cancelling.
    let p = target.precision().min(96 + (fa + fb).log2().max(0.0) as u32);
    let (a, b) = (a.with_precision(p).middle(), b.with_precision(p).middle());
    let one = Enclosure::integer(p, 1);
    let log_target = target.ln().to_f64();
    let gap = |x: &Enclosure| {
        let x = x.min(&(&one - Enclosure::point(p, 2f64.powi(-60))));
        if upper_tail {
            log_target - cdf(&b, &a, &(&one - x)).ln().to_f64()
        } else {
            cdf(&a, &b, &x).ln().to_f64() - log_target
        }
    };
    // From the mean outward, in steps of the deviation of log x, until the quantile is passed.
    let mean = (fa / (fa + fb)).ln();
    let at = |t: f64| gap(&Enclosure::point(p, t).exp().middle());
    let mut step = (fb / (fa * (fa + fb + 1.0))).sqrt().max(1e-12);
    let direction = if at(mean) < 0.0 { 1.0 } else { -1.0 };
    let mut near = mean;
    loop {
        let far = (near + direction * step).min(-1e-17);
        if at(far) * direction >= 0.0 || far >= -1e-17 || step > 1e6 {
            return root(p, near.min(far), near.max(far), gap);
        }
        near = far;
        step *= 2.0;
    }
}

/// Is the quantile certainly on the wanted side of the point at which the tail has this `value`?
fn side(value: &Enclosure, target: &Enclosure, upper_tail: bool, below: bool) -> bool {
    if upper_tail == below { target.certainly_le(value) } else { value.certainly_le(target) }
}

/// Two-sided Clopper–Pearson limits for `successes` of `trials`: the true probability lies
/// outside them with probability at most `alpha`, at most `alpha`/2 on either side. Rounded
/// outward to `f64`.
///
/// # Panics
/// If `successes > trials`.
pub fn clopper_pearson(successes: u64, trials: u64, alpha: &Enclosure) -> (f64, f64) {
    assert!(successes <= trials, "{successes} successes of {trials}");
    let p = alpha.precision();
    let half = alpha / 2;
    let whole = |k: u64| Enclosure::integer(p, k);
    let low = match successes {
        0 => 0.0,
        k => tail_quantile(&whole(k), &whole(trials - k + 1), &half, false).lo_f64(),
    };
    let high = match trials - successes {
        0 => 1.0,
        rest => tail_quantile(&whole(successes + 1), &whole(rest), &half, true).hi_f64(),
    };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;
    const P: u32 = 192;

    fn at(x: f64) -> Enclosure {
        Enclosure::point(P, x)
    }

    /// P(Bin(n, x) ≥ k) by summing the terms: the second way to the same number.
    fn binomial_tail(n: u32, k: u32, x: &Enclosure) -> Enclosure {
        let one = Enclosure::integer(P, 1);
        let mut term = ((&one - x).ln() * n).exp();
        let mut sum = Enclosure::integer(P, 0);
        for i in 0..=n {
            if i >= k {
                sum = sum + &term;
            }
            term = term * x * (n - i) / (i + 1) / (&one - x);
        }
        sum
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn is_the_binomial_tail(n in 1u32..60, k in 1u32..60, x in 1e-6f64..0.999) {
            let k = k.min(n);
            let value = cdf(&at(f64::from(k)), &at(f64::from(n - k + 1)), &at(x));
            let sum = binomial_tail(n, k, &at(x));
            prop_assert!(value.meets(&sum), "{value:?} {sum:?}");
        }

        #[test]
        fn quantiles_enclose(a in 0.5f64..50.0, b in 0.5f64..50.0, exponent in -30f64..-0.01) {
            let probability = at(exponent).exp();
            for probability in [probability.clone(), Enclosure::integer(P, 1) - probability] {
                let x = quantile(&at(a), &at(b), &probability);
                let zero = at(0.0);
                let below = || cdf(&at(a), &at(b), &x.lo()).lo_f64();
                prop_assert!(x.lo() == zero || below() <= probability.hi_f64());
                let above = || cdf(&at(a), &at(b), &x.hi()).hi_f64();
                prop_assert!(x.hi() == at(1.0) || above() >= probability.lo_f64());
            }
        }
    }

    proptest! {
        // The same draws in every run: how narrow enclosures are is seen and not proved.
        #![proptest_config(ProptestConfig {
            cases: 64,
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        })]

        #[test]
        fn enclosures_are_narrow(
            a in 0.5f64..50.0,
            b in 0.5f64..50.0,
            exponent in -30f64..-0.01,
            n in 1u32..60,
            k in 1u32..60,
            x in 1e-6f64..0.999,
        ) {
            let probability = at(exponent).exp();
            for probability in [probability.clone(), Enclosure::integer(P, 1) - probability] {
                let x = quantile(&at(a), &at(b), &probability);
                let width = (x.hi() - x.lo()).to_f64();
                let allowed = 1e-11 * x.to_f64().min(1.0) + 1e-60;
                prop_assert!(width <= allowed, "{a} {b} {exponent}: {width}");
            }
            let k = k.min(n);
            let value = cdf(&at(f64::from(k)), &at(f64::from(n - k + 1)), &at(x));
            let sum = binomial_tail(n, k, &at(x));
            prop_assert!(((&value - &sum) / sum).to_f64().abs() < 1e-40);
        }
    }

    proptest! {
        // The same draws in every run, for the same reason.
        #![proptest_config(ProptestConfig {
            cases: 24,
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        })]

        #[test]
        fn limits_move_with_successes_trials_and_confidence(
            k in 0u64..40,
            n in 40u64..200,
            more in 1u64..200,
        ) {
            let alpha = at(1e-3);
            let (low, high) = clopper_pearson(k, n, &alpha);
            let longer = clopper_pearson(k, n + more, &alpha);
            prop_assert!(longer.0 <= low && longer.1 <= high);
            let successful = clopper_pearson(k + 1, n, &alpha);
            prop_assert!(successful.0 >= low && successful.1 >= high);
            let surer = clopper_pearson(k, n, &at(1e-6));
            prop_assert!(surer.0 <= low && surer.1 >= high);
            // At the same rate more trials narrow the interval.
            let many = clopper_pearson(3 * k, 3 * n, &alpha);
            prop_assert!(many.1 - many.0 < high - low);
        }
    }

    #[test]
    fn half_integer_parameters_have_closed_forms() {
        // I_x(½, ½) = (2/π) arcsin √x; I_x(½, 1) = √x.
        let arcsine = cdf(&at(0.5), &at(0.5), &at(0.3)).to_f64();
        assert!((arcsine - 2.0 / std::f64::consts::PI * 0.3f64.sqrt().asin()).abs() < 1e-15);
        assert!((cdf(&at(0.5), &at(1.0), &at(0.49)).to_f64() - 0.7).abs() < 1e-15);
        // d = 10³⁰: the Gaussian limit.
        let x = at(3.841_458_820_694_124e-30);
        let wide = cdf(&at(0.5), &(at(1e30) / 2), &x).to_f64();
        assert!((wide - 0.95).abs() < 1e-12, "{wide}");
    }
}
