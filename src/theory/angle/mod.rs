//! The angle between two inputs, layer by layer, in the limit of large widths: cos θ_{i+1} = g(cos
//! θ_i), g(c) = c + k(√(1−c²) − c arccos c)/π, k = (1 − a)²/(1 + a²) with the slope a of the
//! activation: 1 for ReLU. `proofs/collapse.md`.
//!
//! Computed with s = 1 − cos θ, which keeps its digits as θ falls to 0, and φ(s) = 1 − g(1 − s). φ
//! has slope at most 1 either way: an error does not grow, and a run of any depth loses about log₂
//! of the depth in bits. [`Recurrence`](crate::num::Recurrence) takes the steps;
//! [`next`] is one step of the ends of an enclosure, with nothing clever about it. With biases a
//! layer receives s/(1 + 𝗌²), and the angle falls geometrically: `biased`.

mod biased;
mod table;

pub use biased::{Envelopes, next_with_bias, received};
pub use table::{Interval, Table, table};

use rug::Rational;

use crate::num::Enclosure;

/// φ(s) for a point s in [0, 2]; at both ends that of the exact value.
fn next_at(s: &Enclosure, bend: &Rational) -> Enclosure {
    let precision = s.precision();
    let whole = |value: u32| Enclosure::integer(precision, value);
    if *s == whole(0) {
        return whole(0);
    }
    if *s == whole(2) {
        return Enclosure::rational(precision, &Rational::from(2 - bend));
    }
    // φ(s) = s − k(sin θ − θ cos θ)/π.
    let turned = turned_by_series(s).unwrap_or_else(|| {
        let sine = (s * (whole(2) - s)).sqrt();
        sine - theta(s) * (whole(1) - s)
    });
    s - turned / Enclosure::pi(precision) * Enclosure::rational(precision, bend)
}

/// Beyond so many terms the closed form costs less.
const MOST_TERMS: u32 = 40;

/// sin θ − θ cos θ = √2 s^{3/2} Σ γ_j s^j/(j + 3/2), γ_j = Π_{i≤j} (2i−1)²/(4i(2i+1)), where s is
/// so small that few terms exhaust the precision: differences of the closed form would cancel.
pub fn turned_by_series(s: &Enclosure) -> Option<Enclosure> {
    let precision = s.precision();
    let whole = |value: u32| Enclosure::integer(precision, value);
    if !s.certainly_le(&(whole(1) / 4)) {
        return None;
    }
    let half = s / 2;
    let (mut term, mut sum) = (whole(1), whole(0));
    for j in 0..MOST_TERMS {
        let part = &term * 2 / (2 * j + 3);
        let more = &sum + &part;
        // Of the parts from this one on each is less than half of the one before.
        if more.lo() == sum.lo() {
            let rest = whole(0).hull(&(part * 2).hi());
            return Some((sum + rest) * s * (s * 2).sqrt());
        }
        sum = more;
        let odd = 2 * j + 1;
        term = term * half.clone() * (odd * odd) / (2 * (j + 1) * (odd + 2));
    }
    None
}

/// φ of an enclosure in [0, 2]: end by end where φ rises, for k ≤ 1, and otherwise from the middle,
/// because it has slope at most 1 either way.
pub fn next(s: &Enclosure, bend: &Rational) -> Enclosure {
    let precision = s.precision();
    let (zero, two) = (Enclosure::integer(precision, 0), Enclosure::integer(precision, 2));
    let within = |end: Enclosure| end.max(&zero).min(&two);
    if *bend > 1 {
        let (low, high) = (within(s.lo()), within(s.hi()));
        let half = (&high - &low).hi() / 2;
        let middle = within(s.middle());
        // The middle may be off it by a rounding: the larger part serves.
        let reach = (&middle - &low).hi().max(&(&high - &middle).hi()).max(&half);
        let value = next_at(&middle, bend);
        return within((&value - &reach).lo()).hull(&within((&value + &reach).hi()));
    }
    let (low, high) = (next_at(&within(s.lo()), bend), next_at(&within(s.hi()), bend));
    within(low.lo()).hull(&within(high.hi()))
}

/// θ = 2 arcsin √(s/2).
pub fn theta(s: &Enclosure) -> Enclosure {
    (s / 2).sqrt().asin() * 2
}

/// k√2/(3π) =: a, s_i ≤ (s₀^{−½} + a·i)^{−2}.
fn rate(precision: u32, bend: &Rational) -> Enclosure {
    let relu = Enclosure::integer(precision, 2).sqrt() / (Enclosure::pi(precision) * 3);
    if *bend == 1 { relu } else { relu * Enclosure::rational(precision, bend) }
}

/// The two envelopes: s_i lies between them, for s₀ > 0. `proofs/collapse.md#envelope`.
pub fn envelopes(start: &Enclosure, bend: &Rational, layer: u32) -> Enclosure {
    let precision = start.precision();
    let whole = |value: u32| Enclosure::integer(precision, value);
    if layer == 0 || bend.is_zero() {
        return start.clone();
    }
    let (a, x) = (rate(precision, bend), whole(1) / start.sqrt());
    let least = &x + &a * layer;
    let upper = (whole(1) / &least).square();
    let before = &x + &a * (layer - 1);
    let b = a.square() * 3 / 2;
    let Some(c) = remainder(start, bend, &a, &b) else { return whole(0).hull(&upper.hi()) };
    let inverse = whole(1) / &x + (&before / &x).ln() / &a;
    let inverse_square = (whole(1) / &x).square() + (whole(1) / &x - whole(1) / &before) / &a;
    let most = &least + b * inverse + c * inverse_square;
    let lower = (whole(1) / most).square();
    lower.lo().hull(&upper.hi())
}

/// c: the largest of ((φ(s)/s)^{−½} − 1 − a√s − bs)/s^{3/2} on the way; it grows with s. `None`
/// where φ(s) may be 0.
fn remainder(
    start: &Enclosure,
    bend: &Rational,
    a: &Enclosure,
    b: &Enclosure,
) -> Option<Enclosure> {
    let precision = start.precision();
    let whole = |value: u32| Enclosure::integer(precision, value);
    if *bend <= 1 {
        // At s = 2, where φ(s)/s = 1 − k/2.
        let root = whole(2).sqrt();
        let share = Enclosure::rational(precision, &Rational::from(2 - bend)) / 2;
        let inverse = if *bend == 1 { root.clone() } else { whole(1) / share.sqrt() };
        return Some((&inverse - 1 - a * &root - b * 2) / (&root * 2));
    }
    // The start, or what φ has at most: at θ = π/k, 1 − k sin(π/k)/π.
    let k = Enclosure::rational(precision, bend);
    let pi = Enclosure::pi(precision);
    let peak = whole(1) - (&pi / &k).sin() * &k / &pi;
    let most = start.hi().max(&peak.hi()).min(&whole(2));
    let share = next_at(&most, bend) / &most;
    if !whole(0).certainly_lt(&share) {
        return None;
    }
    let root = most.sqrt();
    Some((whole(1) / share.sqrt() - 1 - a * &root - b * &most) / (&root * &most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::{Recurrence, is_round};

    fn relu() -> Rational {
        Rational::from(1)
    }

    use proptest::prelude::*;

    #[test]
    fn ends_are_exact() {
        let at = |x: f64| Enclosure::point(128, x);
        for (bend, opposite) in [(1, 1.0), (2, 0.0), (0, 2.0)] {
            let bend = Rational::from(bend);
            assert_eq!(next(&at(0.0), &bend), at(0.0));
            assert_eq!(next(&at(2.0), &bend), at(opposite));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn contain_the_value_at_four_times_the_precision(
            s in 1e-9f64..2.0, layers in 1usize..60, fifths in 0u32..=10,
        ) {
            let bend = Rational::from((fifths, 5));
            let run = |precision: u32| {
                let first = Enclosure::point(precision, s);
                std::iter::successors(Some(first), |s| Some(next(s, &bend))).nth(layers).unwrap()
            };
            let (coarse, fine, finest) = (run(96), run(192), run(384));
            prop_assert!(coarse.meets(&fine) && fine.meets(&finest) && coarse.meets(&finest));
        }

        #[test]
        fn lie_between_the_envelopes(s in 1e-6f64..=2.0, fifths in 0u32..=10) {
            let bend = Rational::from((fifths, 5));
            let first = Enclosure::point(128, s);
            let mut value = first.clone();
            for layer in 1..300u32 {
                value = next(&value, &bend);
                let envelope = envelopes(&first, &bend, layer);
                let (low, high) = (envelope.lo(), envelope.hi());
                let inside = low.certainly_le(&value.hi()) && value.lo().certainly_le(&high);
                prop_assert!(inside, "layer {layer}: {value:?} {envelope:?}");
            }
        }
    }

    #[test]
    fn a_wrong_constant_leaves_the_envelope() {
        // A slope a tenth too large, and the upper envelope is crossed.
        let first = Enclosure::point(128, 1.0);
        let value = (0..2000).fold(first.clone(), |s, _| next(&s, &relu()));
        let x = Enclosure::integer(128, 1) + rate(128, &relu()) * 2000 * 11 / 10;
        assert!((Enclosure::integer(128, 1) / x).square().certainly_lt(&value));
    }

    /// Both envelopes hold for 10⁵ layers, and i·θ_i approaches 3π from below like log i/i.
    #[test]
    fn the_angle_times_the_depth_tends_to_three_pi() {
        let first = Enclosure::point(160, 1.0);
        let mut run = Recurrence::new(&first, &relu());
        let mut last = 1.0;
        for layer in 1..=100_000u32 {
            run.step();
            if !is_round(layer as usize) {
                continue;
            }
            let s = run.enclosure();
            assert!(envelopes(&first, &relu(), layer).contains(&s), "layer {layer}");
            let gap = 1.0 - (theta(&s) * layer).to_f64() / (3.0 * std::f64::consts::PI);
            assert!(gap > 0.0 && gap < last, "{layer}: {gap}");
            last = gap;
        }
        assert!(last < 3e-4, "{last}");
    }
}
