//! The sum of collapse.pair for neurons of a slope a ∈ (0, 1], which are silent nowhere: on all
//! four arcs of the circle. `proofs/collapse.md#bent-arcs`.

use super::Angle;
use crate::num::Number;

/// Below this size of the exponents, `f64` takes second moments in place of differences that
/// cancel.
const SMALL: f64 = 1e-3;

/// φ(s) at the bend k, from the angle.
pub fn next<N: Number>(angle: &Angle<N>, bend: &N) -> N {
    let s = angle.s.clone();
    s.clone() - bend.clone() * (s - angle.next())
}

/// log E exp(λZ), Z = (1−T)(X² + Y²)/2 − XY, X = σ_a(u), Y = σ_a(v), where T = φ(s) + `excess` is
/// at most 1 and 0 < λ < `largest_exponent`; nondecreasing in s. The whole line where λ may be
/// larger.
pub fn log_mgf_excess<N: Number>(angle: &Angle<N>, a: &N, next: &N, excess: &N, lambda: &N) -> N {
    let s = &angle.s;
    let (one, two) = (s.like(1.0), s.like(2.0));
    let t = next.clone() + excess.clone();
    let square = a.square();
    let mean = (one.clone() + square.clone()) / two.clone();
    if N::ROUGH && (lambda.clone() * t.clone()).to_f64() < SMALL {
        let theta = angle.theta.to_f64();
        let mean_square = mean_square(s.to_f64(), theta, a.to_f64(), t.to_f64());
        // E Z = (1 + a²)(φ − T)/2 and E Z² = 8 E k².
        let drift = lambda.clone() * mean * excess.clone();
        return s.like(4.0 * lambda.to_f64().powi(2) * mean_square) - drift;
    }
    let (cos, rest) = (one.clone() - s.clone(), two.clone() - s.clone());
    let sin_square = s.clone() * rest.clone();
    // Both inputs on the same side: at weight 1 or a².
    let side = |lambda: N| {
        Arc {
            sum: one.clone() + lambda.clone() * t.clone() * rest.clone(),
            difference: one.clone() - lambda.clone() * s.clone() * (two.clone() - t.clone()),
            tilt_square: s.like(0.0),
            along: lambda.clone() * sin_square.clone() - cos.clone(),
            ends: one.clone() - lambda * (one.clone() - t.clone()) * sin_square.clone(),
            sin: angle.sin.clone(),
        }
        .integral()
    };
    let sides = (side(lambda.clone()) + side(lambda.clone() * square.clone())) / two.clone();
    // On two sides, on two arcs.
    let open = lambda.clone() * (one.clone() - t.clone());
    let crossed = lambda.clone() * a.clone();
    let part = open.clone() * mean.clone();
    let jump = (one.clone() - a.clone()).square() / two.clone() - t * mean;
    let tilt = open * (one.clone() - square) / two.clone() * angle.sin.clone();
    let across = Arc {
        sum: one.clone() - s.clone() * (part.clone() + crossed.clone()),
        difference: one.clone() - rest * lambda.clone() * jump,
        tilt_square: tilt.square(),
        along: cos - crossed * sin_square.clone(),
        ends: one - part * sin_square,
        sin: angle.sin.clone(),
    }
    .integral();
    let circle = two * s.pi();
    ((sides + across - circle.clone()) / circle).ln_1p()
}

/// P + R cos w + V sin w over |w| < η, η ∈ [0, π], by what does not cancel at small angles.
struct Arc<N> {
    /// P + R.
    sum: N,
    /// P − R.
    difference: N,
    /// V².
    tilt_square: N,
    /// P cos η + R.
    along: N,
    /// P + R cos η.
    ends: N,
    /// sin η.
    sin: N,
}

impl<N: Number> Arc<N> {
    /// ∫ dw/(P + R cos w + V sin w), if the integrand is surely finite; the whole line (not a
    /// number) otherwise.
    fn integral(self) -> N {
        let Arc { sum, difference, tilt_square, along, ends, sin } = self;
        let (zero, two) = (sum.like(0.0), sum.like(2.0));
        let nothing = || zero.ln() - zero.ln();
        let gap = sum.clone() * difference - tilt_square;
        if zero.below(&gap) {
            if !zero.below(&sum) {
                return nothing();
            }
            let root = gap.sqrt();
            let across = root.clone() * sin;
            // The angle of the point (along, across) of the upper half-plane.
            let turned = if zero.below(&along) {
                (across / along).atan()
            } else if along.below(&zero) {
                sum.pi() + (across / along).atan()
            } else if zero.below(&across) {
                sum.pi() / two.clone() - (along / across).atan()
            } else {
                return nothing();
            };
            return two * turned / root;
        }
        if !(gap.below(&zero) && zero.below(&along) && zero.below(&ends)) {
            return nothing();
        }
        let root = (-gap).sqrt();
        let z = root.clone() * sin / along;
        if !z.below(&sum.like(1.0)) {
            return nothing();
        }
        (z.ln_1p() - (-z).ln_1p()) / root
    }
}

/// The λ below which [`log_mgf_excess`] is defined: half the inverse of the largest k. Where T is
/// near 1 and all λ serve, a large one.
pub fn largest_exponent(s: f64, theta: f64, a: f64, t: f64) -> f64 {
    let sin = theta.sin();
    let (open, square) = (1.0 - t, a * a);
    let end = open * sin * sin / 2.0;
    // On two sides: level + along cos w + across sin w, |w| < θ.
    let mean = open * (1.0 + square) / 4.0;
    let (along, across) = (a / 2.0 - mean * (1.0 - s), open * (1.0 - square) / 4.0 * sin);
    let inside = across.atan2(along) < theta;
    // √(along² + across²) − along, and level + along, without cancellation.
    let size = along.hypot(across);
    let rise = if along > 0.0 { across * across / (size + along) } else { size - along };
    let most = if inside { end.max(s * (mean + a / 2.0) + rise) } else { end };
    (0.5 / most).min(1e6 / s)
}

/// E k² for [`log_mgf_excess`].
pub fn mean_square(s: f64, theta: f64, a: f64, t: f64) -> f64 {
    let open = std::f64::consts::PI - theta;
    let excess = |x: f64, y: f64| ((1.0 - t) * (x * x + y * y) / 2.0 - x * y).powi(2);
    let same = |m: f64| (s - t * s / 2.0 - (t + s - t * s) * m.cos().powi(2)).powi(2);
    let across = |beta: f64| excess(beta.sin(), -a * (theta - beta).sin());
    let sides = 2.0 * (1.0 + a.powi(4)) * quadrature(open / 2.0, same);
    (sides + 2.0 * quadrature(theta, across)) / (2.0 * std::f64::consts::PI)
}

/// Nodes in (0, 1) and weights of Gauss's rule of eight points on [−1, 1].
const GAUSS: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_3),
];

/// ∫₀^x f, nearly.
fn quadrature(x: f64, f: impl Fn(f64) -> f64) -> f64 {
    let half = x / 2.0;
    GAUSS.iter().map(|(at, w)| w * half * (f(half * (1.0 + at)) + f(half * (1.0 - at)))).sum()
}

/// The largest (σ_a(cos α) − σ_a(cos(α − θ)))² at angles up to θ: sin²θ where cos θ ≥ a, beyond it
/// 1 − 2a cos θ + a²; for a < 0 sin²θ of acute angles and 1 beyond. `proofs/collapse.md#pair`.
pub fn largest_square<N: Number>(angle: &Angle<N>, a: &N) -> N {
    let s = angle.s.clone();
    let (zero, one) = (s.like(0.0), s.like(1.0));
    let acute = s.clone() * (s.like(2.0) - s.clone());
    if a.below(&zero) {
        return if s.below(&one) { acute } else { one };
    }
    let turn = one - a.clone();
    // Beyond the turn it is the larger of the two everywhere.
    let beyond = turn.square() + s.like(2.0) * a.clone() * s.clone();
    if s.below(&turn) { acute } else { beyond }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Enclosure;
    use proptest::prelude::*;
    use std::f64::consts::PI;

    fn sigma(t: f64, a: f64) -> f64 {
        if t > 0.0 { t } else { a * t }
    }

    /// The mean over α of `f(σ(cos α), σ(cos(α − θ)))`, by the midpoint rule.
    fn mean(theta: f64, a: f64, f: impl Fn(f64, f64) -> f64) -> f64 {
        let n = 400_000;
        let at = |i: i32| {
            let alpha = 2.0 * PI * (f64::from(i) + 0.5) / f64::from(n);
            f(sigma(alpha.cos(), a), sigma((alpha - theta).cos(), a))
        };
        (0..n).map(at).sum::<f64>() / f64::from(n)
    }

    fn bend(a: f64) -> f64 {
        (1.0 - a).powi(2) / (1.0 + a * a)
    }

    #[test]
    fn closed_forms_are_the_means() {
        for (s, a, part) in [
            (0.3, 0.1, 0.1),
            (1.0, 0.3, 0.2),
            (1.7, 0.01, 0.5),
            (0.02, 0.7, 0.01),
            (0.9, 0.95, 0.3),
        ] {
            let angle = Angle::new(s);
            let theta = angle.theta;
            let next = next(&angle, &bend(a));
            let e = part * (1.0 - next);
            let t = next + e;
            let k = |x: f64, y: f64| (1.0 - t) * (x * x + y * y) / 2.0 - x * y;
            let square = mean(theta, a, |x, y| k(x, y).powi(2));
            let moment = mean_square(s, theta, a, t);
            assert!((square - moment).abs() < 1e-6 * moment, "{square} {moment}");
            let drift = mean(theta, a, k);
            assert!((2.0 * drift + e * (1.0 + a * a) / 2.0).abs() < 1e-7);
            for share in [0.1, 0.5, 0.95] {
                let lambda = share * largest_exponent(s, theta, a, t);
                let direct = mean(theta, a, |x, y| 1.0 / (1.0 - 2.0 * lambda * k(x, y))).ln();
                let closed = log_mgf_excess(&angle, &a, &next, &e, &lambda);
                assert!((direct - closed).abs() < 1e-7, "{s} {a}: {direct} {closed}");
                let point = |x: f64| Enclosure::point(192, x);
                let exact = Angle::new(point(s));
                let certain =
                    log_mgf_excess(&exact, &point(a), &point(next), &point(e), &point(lambda));
                assert!((certain.to_f64() - closed).abs() < 1e-9 && certain.is_finite());
            }
            // Beyond the largest exponent nothing is claimed.
            let point = |x: f64| Enclosure::point(192, x);
            let lambda = point(1.01 * largest_exponent(s, theta, a, t));
            let beyond =
                log_mgf_excess(&Angle::new(point(s)), &point(a), &point(next), &point(e), &lambda);
            assert!(!beyond.is_finite(), "{s} {a}");
        }
    }

    /// The search's arithmetic keeps its digits at angles of all sizes, and certain bounds theirs.
    #[test]
    fn small_angles_keep_their_digits() {
        for s in [1.3, 0.3, 1e-6, 1e-12, 1e-20, 1e-60, 1e-100] {
            for a in [1e-6, 0.01, 0.5, 0.999, 1.0] {
                let angle = Angle::new(s);
                let next = next(&angle, &bend(a));
                for part in [1.03, 3.0] {
                    let t = part * next;
                    if t >= 1.0 {
                        continue;
                    }
                    let limit = largest_exponent(s, angle.theta, a, t);
                    for lambda in [0.03 / next, 0.3 * limit, 0.9 * limit] {
                        let value = |precision: u32| {
                            let point = |x: f64| Enclosure::point(precision, x);
                            let (a, next, t) = (point(a), point(next), point(t));
                            let (exact, excess) = (Angle::new(point(s)), t - &next);
                            log_mgf_excess(&exact, &a, &next, &excess, &point(lambda))
                        };
                        let rough = log_mgf_excess(&angle, &a, &next, &(t - next), &lambda);
                        let fine = value(1500);
                        let size = fine.to_f64().abs().max(1.0);
                        let off = (rough - fine.to_f64()).abs() / size;
                        assert!(fine.is_finite() && off < 1e-8, "{s} {a} {t} {lambda}: {off}");
                        let certain = value(224);
                        let width = (&certain.hi() - &certain.lo()).to_f64();
                        assert!(width < 1e-40, "{s} {a} {t} {lambda}: {width}");
                        assert!(certain.contains(&fine));
                    }
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// The lemma on which the recursion over layers rests.
        #[test]
        fn grow_with_the_angle(
            one in 1e-6f64..2.0, other in 1e-6f64..2.0, a in 0.0f64..1.0, t in 0.0f64..1.0,
            share in 0.01f64..0.99,
        ) {
            let point = |x: f64| Enclosure::point(192, x);
            let at = |s: f64| Angle::new(point(s));
            let (low, high) = (at(one.min(other)), at(one.max(other)));
            let theta = Angle::new(one.max(other)).theta;
            let lambda = point(share * largest_exponent(one.max(other), theta, a, t));
            let excess = |angle: &Angle<Enclosure>| {
                let next = next(angle, &point(bend(a)));
                log_mgf_excess(angle, &point(a), &next, &(point(t) - &next), &lambda)
            };
            // Both hold their values, of which the lemma says which is smaller; that they are
            // finite is seen in the closed forms above.
            prop_assert!(excess(&low).lo().certainly_le(&excess(&high).hi()));
        }

        #[test]
        fn no_difference_is_larger(theta in 0.0f64..PI, a in -1.0f64..1.0, alpha in 0.0f64..7.0) {
            let angle = Angle::new(2.0 * (theta / 2.0).sin().powi(2));
            let difference = sigma(alpha.cos(), a) - sigma((alpha - theta).cos(), a);
            // α − θ, at most 7, errs by less than 5e-16, and each value of σ by at most 3e-16 more;
            // s and what is made of it are right to a few units of the last place.
            let most = largest_square(&angle, &a).sqrt() * (1.0 + 1e-14) + 2e-15;
            prop_assert!(difference.abs() <= most, "{difference} {most}");
        }
    }
}
