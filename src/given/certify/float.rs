//! Sums and products of floats with bounds on their rounding (`proofs/given.md#rounding`).

/// 2⁻⁵³.
pub(super) const UNIT: f64 = f64::EPSILON / 2.0;

/// 2⁻¹⁰⁷⁴: twice what a product loses to underflow.
pub(super) const TINY: f64 = f64::from_bits(1);

/// Sums have at most so many terms.
pub(super) const TERMS: usize = 1 << 26;

/// Loops are over arrays of this length, which compilers turn into vector instructions.
const LANES: usize = 8;

/// At least γ_n = nu/(1 − nu), for n ≤ [`TERMS`]: n²u ≤ 1.
pub(super) fn gamma(n: usize) -> f64 {
    (n + 1) as f64 * UNIT
}

/// At least the exact sum of n non-negative products, whose floats were added to `sum`, in any
/// order.
pub(super) fn above(sum: f64, n: usize) -> f64 {
    (sum + (n + 1) as f64 * TINY) * (1.0 + (n + 8) as f64 * UNIT)
}

/// Σ a_k b_k, to |error| ≤ γ_n Σ|a_k b_k| + n·TINY.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    summed(a, b, |a, b| a * b)
}

/// At least Σ |a_k b_k|.
pub(super) fn dot_above(a: &[f64], b: &[f64]) -> f64 {
    above(summed(a, b, |a, b| (a * b).abs()), a.len())
}

fn summed(a: &[f64], b: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += term(*a, *b);
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| term(*a, *b)).sum();
    lanes.iter().sum::<f64>() + rest
}

/// At least Σ |v_k|.
pub(super) fn sum_above(v: &[f64]) -> f64 {
    above(v.iter().map(|v| v.abs()).sum(), v.len())
}

/// max |v_k|; NaN where one is.
pub(super) fn largest(v: &[f64]) -> f64 {
    let larger = |most: f64, v: &f64| if most.is_nan() || v.abs() <= most { most } else { v.abs() };
    v.iter().fold(0.0, larger)
}

/// At least ‖v‖₂.
pub(super) fn length_above(v: &[f64]) -> f64 {
    let most = largest(v);
    if most == 0.0 || !most.is_finite() {
        return most;
    }
    // The largest entry is about 1 now, so that what underflows is nothing beside it.
    let shift = exponent(most);
    let squares = v.iter().map(|v| scaled(*v, -shift).abs() + TINY).map(|v| v * v).sum();
    scaled_above(above(squares, 2 * v.len()).sqrt().next_up(), shift)
}

/// e with 2^{e−1} ≤ |x| < 2^e, for x ≠ 0 finite.
pub(super) fn exponent(x: f64) -> i64 {
    let bits = |x: f64| ((x.to_bits() >> 52) & 0x7ff) as i64;
    match bits(x) {
        0 => bits(x * 2f64.powi(64)) - 1022 - 64,
        e => e - 1022,
    }
}

/// x·2^k: exact but for overflow, and underflow of at most [`TINY`].
pub(super) fn scaled(mut x: f64, mut k: i64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    k = k.clamp(-4400, 4400);
    while k > 1000 {
        x *= 2f64.powi(1000);
        k -= 1000;
    }
    while k < -1000 {
        x *= 2f64.powi(-1000);
        k += 1000;
    }
    x * 2f64.powi(k as i32)
}

/// At least x·2^k, for x ≥ 0.
pub(super) fn scaled_above(x: f64, k: i64) -> f64 {
    let y = scaled(x, k);
    // An infinite float says that nothing is known, as it should.
    if scaled(y, -k) == x { y } else { y.next_up().max(y + 2.0 * TINY) }
}

/// At most x·2^k, for x ≥ 0.
pub(super) fn scaled_below(x: f64, k: i64) -> f64 {
    let y = scaled(x, k);
    match y {
        _ if y == f64::INFINITY => f64::MAX,
        _ if scaled(y, -k) == x => y,
        _ => (y - 2.0 * TINY).max(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::fraction;
    use proptest::prelude::*;
    use rug::Rational;

    fn exact(x: f64) -> Rational {
        Rational::from_f64(x).unwrap()
    }

    /// Floats of all sizes whose products may underflow, but do not overflow.
    fn number() -> impl Strategy<Value = f64> {
        (-1.0..1.0f64, -1074..300i32).prop_map(|(x, e)| scaled(x, i64::from(e)))
    }

    proptest! {
        #[test]
        fn sums_are_what_the_bounds_say(
            pairs in prop::collection::vec((number(), number()), 0..40),
        ) {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
            let terms = || a.iter().zip(&b).map(|(a, b)| exact(*a) * exact(*b));
            let sum: Rational = terms().sum();
            let bulk: Rational = terms().map(Rational::abs).sum();
            let n = a.len();
            let error = (exact(dot(&a, &b)) - sum).abs();
            prop_assert!(error <= exact(gamma(n)) * &bulk + exact(TINY) * Rational::from(n));
            prop_assert!(exact(dot_above(&a, &b)) >= bulk);
            let length: Rational = a.iter().map(|a| exact(*a) * exact(*a)).sum();
            let above = exact(length_above(&a));
            prop_assert!(above.clone() * above >= length);
            let sum: Rational = a.iter().map(|a| exact(*a).abs()).sum();
            prop_assert!(exact(sum_above(&a)) >= sum);
        }

        #[test]
        fn powers_of_two_are_split_off(x in number(), k in -2200i64..2200) {
            let shift = |x: f64| if k >= 0 {
                exact(x) << u32::try_from(k).unwrap()
            } else {
                exact(x) >> u32::try_from(-k).unwrap()
            };
            let (x, y) = (x.abs(), scaled(x.abs(), k));
            prop_assume!(y.is_finite());
            prop_assert!((exact(y) - shift(x)).abs() <= exact(TINY));
            prop_assert!(exact(scaled_above(x, k)) >= shift(x));
            prop_assert!(exact(scaled_below(x, k)) <= shift(x));
            if x > 0.0 {
                let e = exponent(x);
                prop_assert!(scaled(x, -e) >= 0.5 && scaled(x, -e) < 1.0);
            }
        }
    }

    #[test]
    fn long_and_tiny_vectors_have_a_length() {
        for size in [1e-300, 1e-160, 1.0, 1e200] {
            let above = length_above(&[3.0 * size, -4.0 * size]);
            assert!(above >= 5.0 * size && above <= 5.0 * size * (1.0 + 1e-14), "{above}");
        }
        assert_eq!(length_above(&[]), 0.0);
        assert!(length_above(&[f64::NAN, 1.0]).is_nan());
        assert!(length_above(&[1.0, f64::NAN]).is_nan());
        assert_eq!(fraction("1/3").map(|third| third > exact(UNIT)), Some(true));
    }
}
