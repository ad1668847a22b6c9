//! The angle between two inputs, layer by layer, in the limit of large widths: cos θ_{i+1} = g(cos
//! θ_i), g(c) = (√(1−c²) + (π − arccos c) c)/π. `proofs/collapse.md`.
//!
//! Computed with s = 1 − cos θ, which keeps its digits as θ falls to 0, and φ(s) = 1 − g(1 − s). φ
//! is nondecreasing with slope at most 1: an error does not grow, and a run of any depth loses
//! about log₂ of the depth in bits. [`Recurrence`](crate::num::Recurrence) takes the steps;
//! [`next`] is one step of the ends of an enclosure, with nothing clever about it.

mod table;

pub use table::{Table, table};

use crate::num::Enclosure;

/// φ(s) for a point s in [0, 2]; exact at both ends.
fn next_at(s: &Enclosure) -> Enclosure {
    let precision = s.precision();
    let whole = |value: u32| Enclosure::integer(precision, value);
    if *s == whole(0) {
        return whole(0);
    }
    if *s == whole(2) {
        return whole(1);
    }
    // φ(s) = s − (sin θ − θ cos θ)/π.
    let sine = (s * (whole(2) - s)).sqrt();
    let angle = theta(s);
    s - (sine - angle * (whole(1) - s)) / Enclosure::pi(precision)
}

/// φ of an enclosure in [0, 2], end by end.
pub fn next(s: &Enclosure) -> Enclosure {
    let precision = s.precision();
    let (zero, two) = (Enclosure::integer(precision, 0), Enclosure::integer(precision, 2));
    let within = |end: Enclosure| end.max(&zero).min(&two);
    let (low, high) = (next_at(&within(s.lo())), next_at(&within(s.hi())));
    within(low.lo()).hull(&within(high.hi()))
}

/// θ = 2 arcsin √(s/2).
pub fn theta(s: &Enclosure) -> Enclosure {
    (s / 2).sqrt().asin() * 2
}

/// a = √2/(3π): s_i ≤ (s₀^{−½} + a·i)^{−2}.
fn slope(precision: u32) -> Enclosure {
    Enclosure::integer(precision, 2).sqrt() / (Enclosure::pi(precision) * 3)
}

/// The two envelopes: s_i lies between them, for s₀ > 0. `proofs/collapse.md#envelope`.
pub fn envelopes(start: &Enclosure, layer: u32) -> Enclosure {
    let precision = start.precision();
    let whole = |value: u32| Enclosure::integer(precision, value);
    let (a, x) = (slope(precision), whole(1) / start.sqrt());
    let least = &x + &a * layer;
    if layer == 0 {
        return start.clone();
    }
    let before = &x + &a * (layer - 1);
    let b = a.square() * 3 / 2;
    let root = whole(2).sqrt();
    let c = (&root - 1 - &a * &root - &b * 2) / (&root * 2);
    let inverse = whole(1) / &x + (&before / &x).ln() / &a;
    let inverse_square = (whole(1) / &x).square() + (whole(1) / &x - whole(1) / &before) / &a;
    let most = &least + b * inverse + c * inverse_square;
    let upper = (whole(1) / least).square();
    let lower = (whole(1) / most).square();
    lower.lo().hull(&upper.hi())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::{Recurrence, is_round};
    use proptest::prelude::*;

    #[test]
    fn ends_are_exact() {
        let at = |x: f64| Enclosure::point(128, x);
        assert_eq!(next(&at(0.0)), at(0.0));
        assert_eq!(next(&at(2.0)), at(1.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn contain_the_value_at_four_times_the_precision(s in 1e-9f64..2.0, layers in 1usize..60) {
            let run = |precision: u32| {
                let first = Enclosure::point(precision, s);
                std::iter::successors(Some(first), |s| Some(next(s))).nth(layers).unwrap()
            };
            let (coarse, fine, finest) = (run(96), run(192), run(384));
            prop_assert!(coarse.contains(&fine) && fine.contains(&finest));
        }

        #[test]
        fn lie_between_the_envelopes(s in 1e-6f64..=2.0) {
            let first = Enclosure::point(128, s);
            let mut value = first.clone();
            for layer in 1..300u32 {
                value = next(&value);
                prop_assert!(envelopes(&first, layer).contains(&value), "layer {layer}");
            }
        }
    }

    #[test]
    fn a_wrong_constant_leaves_the_envelope() {
        // A slope a tenth too large, and the upper envelope is crossed.
        let first = Enclosure::point(128, 1.0);
        let value = (0..2000).fold(first.clone(), |s, _| next(&s));
        let x = Enclosure::integer(128, 1) + slope(128) * 2000 * 11 / 10;
        assert!((Enclosure::integer(128, 1) / x).square().certainly_lt(&value));
    }

    /// Both envelopes hold for 10⁵ layers, and i·θ_i approaches 3π from below like log i/i.
    #[test]
    fn the_angle_times_the_depth_tends_to_three_pi() {
        let first = Enclosure::point(160, 1.0);
        let mut run = Recurrence::new(&first);
        let mut last = 1.0;
        for layer in 1..=100_000u32 {
            run.step();
            if !is_round(layer as usize) {
                continue;
            }
            let s = run.enclosure();
            assert!(envelopes(&first, layer).contains(&s), "layer {layer}");
            let gap = 1.0 - (theta(&s) * layer).to_f64() / (3.0 * std::f64::consts::PI);
            assert!(gap > 0.0 && gap < last, "{layer}: {gap}");
            last = gap;
        }
        assert!(last < 3e-4, "{last}");
    }
}
