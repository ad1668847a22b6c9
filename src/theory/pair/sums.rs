//! Logarithms of moment generating functions, per neuron.

use super::{Angle, arc};
use crate::num::Number;

/// Below this size of the exponents, `f64` takes second moments in place of differences that
/// cancel.
const SMALL: f64 = 1e-3;

/// log E exp(λZ), Z = (1−T)(σ(u)² + σ(v)²)/2 − σ(u)σ(v), where T = φ(s) + `excess` is at most 1 and
/// 0 < λ < `largest_excess_exponent`; nondecreasing in s. `proofs/collapse.md#pair`.
pub fn log_mgf_excess<N: Number>(angle: &Angle<N>, next: &N, excess: &N, lambda: &N) -> N {
    let s = &angle.s;
    let (one, two) = (s.like(1.0), s.like(2.0));
    let t = next.clone() + excess.clone();
    let drift = lambda.clone() * excess.clone() / two.clone();
    if N::ROUGH && (lambda.clone() * t.clone()).to_f64() < SMALL {
        let mean_square = excess_mean_square(s.to_f64(), angle.theta.to_f64(), t.to_f64());
        // E Z = (φ − T)/2 and E Z² = 8 E k².
        return s.like(lambda.to_f64().powi(2) * 4.0 * mean_square) - drift;
    }
    let open = s.pi() - angle.theta.clone();
    let cos = one.clone() - s.clone();
    let below = one.clone() - two.clone() * lambda.clone() * s.clone() * half_off(&t);
    let whole = one.clone() + two.clone() * lambda.clone() * t.clone() * half_off(s);
    // Exactly one of the two neurons is active: k = (1−T)/2 sin²β, β in (0, θ), twice.
    let b = one.clone() - lambda.clone() * (one.clone() - t);
    let square = angle.sin.square();
    let single = arc(&angle.theta, &(angle.sin.clone() * cos), &square, &b) - angle.theta.clone();
    // Both are: 1 − 2λk = below + (whole − below) cos²m, |m| < (π − θ)/2.
    let b = below / whole.clone();
    let both =
        arc(&(open.clone() / two.clone()), &(angle.sin.clone() / two.clone()), &half_off(s), &b)
            * two.clone()
            / whole
            - open;
    ((two.clone() * single + both) / (two * s.pi())).ln_1p()
}

/// 1 − x/2.
fn half_off<N: Number>(x: &N) -> N {
    x.like(1.0) - x.clone() / x.like(2.0)
}

/// The λ below which [`log_mgf_excess`] is defined: (1−T)q/2 is the largest k, q = sin²θ for acute
/// angles and 1 for obtuse ones. Where T is near 1 and all λ serve, a large one.
pub fn largest_excess_exponent(s: f64, t: f64) -> f64 {
    (1.0 / ((1.0 - t) * Angle::new(s).largest_square())).min(1e6 / s)
}

/// Integrals over the arcs of the circle, for second moments in `f64`.
#[derive(Clone, Copy, Debug)]
pub struct Arcs {
    /// ∫1, ∫cos²m and ∫cos⁴m over |m| < (π − θ)/2, where both neurons are active.
    pub both: [f64; 3],
    /// ∫sin⁴ over the two arcs of length θ where one is.
    pub single: f64,
}

impl Arcs {
    /// For the angle θ.
    pub fn new(theta: f64) -> Self {
        let open = std::f64::consts::PI - theta;
        let (sin, sin_twice) = (theta.sin(), (2.0 * theta).sin());
        let fourth = 3.0 * open / 8.0 + sin / 2.0 - sin_twice / 16.0;
        Arcs { both: [open, 0.5 * (open + sin), fourth], single: 2.0 * sin_fourth(theta) }
    }

    /// The mean over the circle of p·sin⁴ where one is active and a + b cos²m + c cos⁴m where both
    /// are.
    pub fn mean(&self, p: f64, [a, b, c]: [f64; 3]) -> f64 {
        let [zeroth, second, fourth] = self.both;
        (p * self.single + a * zeroth + b * second + c * fourth) / (2.0 * std::f64::consts::PI)
    }
}

/// E k² for [`log_mgf_excess`].
pub fn excess_mean_square(s: f64, theta: f64, t: f64) -> f64 {
    let (level, slope) = (s - t * s / 2.0, t + s - t * s);
    let square = [level * level, -2.0 * level * slope, slope * slope];
    Arcs::new(theta).mean(((1.0 - t) / 2.0).powi(2), square)
}

/// ∫₀^θ sin⁴.
fn sin_fourth(theta: f64) -> f64 {
    if theta < 0.05 {
        return theta.powi(5) * (0.2 - theta * theta * 2.0 / 21.0);
    }
    3.0 * theta / 8.0 - (2.0 * theta).sin() / 4.0 + (4.0 * theta).sin() / 32.0
}

/// log E exp(λ((1−r)σ(u)² − (1+r)σ(v)²)) for 0 ≤ r < 1 and 0 < λ < `largest_norms_exponent`, s > 0;
/// nondecreasing in s. `proofs/collapse.md#norms`.
pub fn log_mgf_norms<N: Number>(angle: &Angle<N>, r: &N, lambda: &N) -> N {
    let s = &angle.s;
    let (one, two) = (s.like(1.0), s.like(2.0));
    let twice = two.clone() * lambda.clone();
    if N::ROUGH && twice.to_f64() < SMALL {
        let square = norms_mean_square(angle.theta.to_f64(), r.to_f64());
        return s.like(4.0 * lambda.to_f64().powi(2) * square) - lambda.clone() * r.clone();
    }
    let theta = &angle.theta;
    let cos = one.clone() - s.clone();
    let (sin_cos, square) = (angle.sin.clone() * cos.clone(), angle.sin.square());
    // Exactly one of the two neurons is active, u or v: k is (1−r) sin²β or −(1+r) sin²β, β in (0,
    // θ).
    let of = |b: N| arc(theta, &sin_cos, &square, &b);
    let first = of(one.clone() - twice.clone() * (one.clone() - r.clone()));
    let second = of(one.clone() + twice.clone() * (one.clone() + r.clone()));
    let single = first + second - two.clone() * theta.clone();
    if !s.like(0.0).below(&angle.sin) {
        // Opposite inputs: both are nowhere.
        return (single / (two * s.pi())).ln_1p();
    }
    // Both are: 1 − 2λk = level + height cos(w − ω), |w| < π − θ, w = 2m.
    let along = r.clone() * cos.square() + square.clone();
    let omega =
        theta.clone() + ((one.clone() - r.clone()) * sin_cos.clone() / along.clone()).atan();
    let size = (square.clone() + r.square() * cos.square()).sqrt();
    let (level, height) = (one.clone() + twice.clone() * r.clone(), twice * size.clone());
    let sum = level.clone() + height.clone();
    let b = (level - height) / sum.clone();
    // The two ends, at x = (π − θ ∓ ω)/2, with sin 2x = sin(θ ± ω) and cos 2x = −cos(θ ± ω).
    let half = |sign: f64, sin: N, cos: N| {
        let x = (s.pi() - theta.clone() - s.like(sign) * omega.clone()) / two.clone();
        let sin_cos = sin / two.clone();
        let sin_square = (one.clone() + cos) / two.clone();
        arc(&x, &sin_cos, &sin_square, &b)
    };
    let sin_sum = (one.clone() + r.clone()) * sin_cos.clone() / size.clone();
    let cos_sum = (r.clone() * cos.square() - square) / size.clone();
    let sin_difference = (r.clone() - one.clone()) * sin_cos / size.clone();
    let both = (half(1.0, sin_sum, cos_sum) + half(-1.0, sin_difference, along / size)) / sum;
    // Each mean less its length, so that the logarithm keeps its digits.
    ((single + both - (s.pi() - theta.clone())) / (two * s.pi())).ln_1p()
}

/// The λ below which [`log_mgf_norms`] is defined.
pub fn largest_norms_exponent(theta: f64, r: f64) -> f64 {
    let size = (theta.sin().powi(2) + (r * theta.cos()).powi(2)).sqrt();
    let acute = theta < std::f64::consts::FRAC_PI_2;
    let square = if acute { theta.sin().powi(2) } else { 1.0 };
    // The largest k where u alone is active, and where both are.
    0.5 / ((1.0 - r) * square).max(size - r)
}

/// E k² for [`log_mgf_norms`]: of the difference of the squares, and r² times that of their sum.
pub fn norms_mean_square(theta: f64, r: f64) -> f64 {
    let arcs = Arcs::new(theta);
    let s = 2.0 * (theta / 2.0).sin().powi(2);
    let gap = 2.0 - 2.0 * s;
    // Where both are active: sin²2m sin²θ = 4 (cos² − cos⁴) sin²θ, and s + gap cos²m for the sum.
    let apart = 4.0 * theta.sin().powi(2);
    let difference = arcs.mean(1.0, [0.0, apart, -apart]);
    difference + r * r * arcs.mean(1.0, [s * s, 2.0 * s * gap, gap * gap])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Enclosure;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;
    use std::f64::consts::PI;

    /// The mean over α of `f(σ(cos α), σ(cos(α − θ)))`, by the midpoint rule.
    fn mean(theta: f64, f: impl Fn(f64, f64) -> f64) -> f64 {
        let n = 400_000;
        let at = |i: i32| {
            let alpha = 2.0 * PI * (f64::from(i) + 0.5) / f64::from(n);
            f(alpha.cos().max(0.0), (alpha - theta).cos().max(0.0))
        };
        (0..n).map(at).sum::<f64>() / f64::from(n)
    }

    fn excess(x: f64, y: f64, t: f64) -> f64 {
        (1.0 - t) * (x * x + y * y) / 2.0 - x * y
    }

    #[test]
    fn closed_forms_are_the_means() {
        for (s, e, share) in
            [(0.3, 0.1, 0.5), (1.0, 0.2, 0.9), (1.9, 0.005, 0.3), (0.002, 1e-4, 0.7)]
        {
            let angle = Angle::new(s);
            let theta = angle.theta;
            let next = angle.next();
            let t = next + e;
            let lambda = share * largest_excess_exponent(s, t);
            let direct = mean(theta, |x, y| 1.0 / (1.0 - 2.0 * lambda * excess(x, y, t))).ln();
            let closed = log_mgf_excess(&angle, &next, &e, &lambda);
            assert!((direct - closed).abs() < 1e-8, "{s} {e}: {direct} {closed}");
            let square = mean(theta, |x, y| excess(x, y, t).powi(2));
            let moment = excess_mean_square(s, theta, t);
            assert!((square - moment).abs() < 1e-6 * moment, "{square} {moment}");
            for r in [0.0, 0.01, 0.3, 0.8, 0.99] {
                let k = |x: f64, y: f64| (1.0 - r) * x * x - (1.0 + r) * y * y;
                for share in [0.01, 0.3, 0.95] {
                    let lambda = share * largest_norms_exponent(theta, r);
                    let direct = mean(theta, |x, y| 1.0 / (1.0 - 2.0 * lambda * k(x, y))).ln();
                    let closed = log_mgf_norms(&angle, &r, &lambda);
                    assert!((direct - closed).abs() < 1e-8, "{s} {r} {lambda}: {direct} {closed}");
                }
                let square = mean(theta, |x, y| k(x, y).powi(2));
                let moment = norms_mean_square(theta, r);
                assert!((square - moment).abs() < 1e-6 * moment, "{square} {moment}");
            }
        }
    }

    #[test]
    fn the_integral_of_the_fourth_power_is_one() {
        for theta in [0.01, 0.049, 0.051, 0.4, 3.0] {
            let n = 100_000;
            let at = |i: i32| (theta * (f64::from(i) + 0.5) / f64::from(n)).sin().powi(4);
            let sum = (0..n).map(at).sum::<f64>() * theta / f64::from(n);
            assert!((sin_fourth(theta) / sum - 1.0).abs() < 2e-6, "{theta}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// The lemma on which the recursion over layers rests.
        #[test]
        fn grow_with_the_angle(
            a in 1e-6f64..2.0, b in 1e-6f64..2.0, t in 0.0f64..1.0, share in 0.01f64..0.99,
        ) {
            let at = |s: f64| Angle::new(Enclosure::point(192, s));
            let (low, high) = (at(a.min(b)), at(a.max(b)));
            let lambda = Enclosure::point(192, share * largest_excess_exponent(a.max(b), t));
            let excess = |angle: &Angle<Enclosure>| {
                let next = angle.next();
                log_mgf_excess(angle, &next, &(Enclosure::point(192, t) - &next), &lambda)
            };
            // Both hold their values, of which the lemma says which is smaller.
            prop_assert!(excess(&low).lo().certainly_le(&excess(&high).hi()));
            // t serves as r.
            let theta = Angle::new(a.max(b)).theta;
            let lambda = Enclosure::point(192, share * largest_norms_exponent(theta, t));
            let r = Enclosure::point(192, t);
            let norms = |angle: &Angle<Enclosure>| log_mgf_norms(angle, &r, &lambda);
            prop_assert!(norms(&low).lo().certainly_le(&norms(&high).hi()));
        }

    }

    proptest! {
        // The same draws in every run: how good the approximation is, is seen and not proved. No
        // bound rests on it.
        #![proptest_config(ProptestConfig {
            cases: 200,
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        })]

        #[test]
        fn second_moments_serve_where_exponents_are_small(s in 1e-4f64..1.9, part in 0.01f64..0.5) {
            let (rough, exact) = (Angle::new(s), Angle::new(Enclosure::point(192, s)));
            let next = rough.next();
            let e = 1e-6 * next;
            let lambda = part * SMALL / next;
            let point = |x: f64| Enclosure::point(192, x);
            let fine = log_mgf_excess(&exact, &exact.next(), &point(e), &point(lambda)).to_f64();
            let drift = lambda * e / 2.0;
            let coarse = log_mgf_excess(&rough, &next, &e, &lambda);
            prop_assert!((fine - coarse).abs() <= 0.02 * (fine.abs() + drift), "{fine} {coarse}");
        }

        /// The same of norms.
        #[test]
        fn second_moments_serve_norms_too(
            s in 1e-3f64..1.9, part in 0.05f64..0.49, r in 1e-6f64..1e-3,
        ) {
            let (rough, exact) = (Angle::new(s), Angle::new(Enclosure::point(192, s)));
            let lambda = part * SMALL;
            let point = |x: f64| Enclosure::point(192, x);
            let fine = log_mgf_norms(&exact, &point(r), &point(lambda)).to_f64();
            let coarse = log_mgf_norms(&rough, &r, &lambda);
            let size = fine.abs() + lambda * r;
            prop_assert!((fine - coarse).abs() <= 0.02 * size, "{fine} {coarse}");
        }
    }
}
