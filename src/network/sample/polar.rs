//! Pairs of independent standard normals from uniform bits, by the method of Box and Muller: a
//! point whose direction is uniform, and half of whose squared norm is exponential.
//!
//! Everything is an IEEE operation that rounds in one way, so that the bytes are the same on every
//! machine; the functions are series, so that a compiler can use vector instructions.

use std::f32;
use std::f64::consts::{FRAC_PI_2, LN_2, SQRT_2};

/// log u for a positive normal u: to about one rounding, relatively.
#[allow(clippy::inline_always)]
#[inline(always)]
fn ln(u: f64) -> f64 {
    // u = m·2^e with m in [√½, √2).
    let one = 1f64.to_bits();
    let bits = u.to_bits().wrapping_add(one - (SQRT_2 / 2.0).to_bits());
    let e = f64::from((bits >> 52) as i32 - 1023);
    let m = f64::from_bits((bits & ((1 << 52) - 1)) + (SQRT_2 / 2.0).to_bits());
    // log m = 2 artanh s.
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    // Terms are grouped so that few wait for another.
    let (y, x) = (z * z, z * z * (z * z));
    let low = (2.0 / 3.0 + z * (2.0 / 5.0)) + y * (2.0 / 7.0 + z * (2.0 / 9.0));
    let middle = (2.0 / 11.0 + z * (2.0 / 13.0)) + y * (2.0 / 15.0 + z * (2.0 / 17.0));
    let tail = low + x * (middle + x * (2.0 / 19.0 + z * (2.0 / 21.0)));
    e * LN_2 + (2.0 * s + s * z * tail)
}

/// sin and cos on [−π/4, π/4].
#[allow(clippy::inline_always)]
#[inline(always)]
fn sin_cos(a: f64) -> (f64, f64) {
    let z = a * a;
    let (y, x) = (z * z, z * z * (z * z));
    let low = (-1.0 / 6.0 + z * (1.0 / 120.0)) + y * (-1.0 / 5040.0 + z * (1.0 / 362_880.0));
    let high =
        (-1.0 / 39_916_800.0 + z * (1.0 / 6_227_020_800.0)) + y * (-1.0 / 1_307_674_368_000.0);
    let sin = low + x * high;
    let low = (-0.5 + z * (1.0 / 24.0)) + y * (-1.0 / 720.0 + z * (1.0 / 40_320.0));
    let high = (-1.0 / 3_628_800.0 + z * (1.0 / 479_001_600.0))
        + y * (-1.0 / 87_178_291_200.0 + z * (1.0 / 20_922_789_888_000.0));
    let cos = low + x * high;
    (a + a * z * sin, 1.0 + z * cos)
}

/// Two normals from two words.
#[allow(clippy::inline_always)]
#[inline(always)]
pub fn double(radius: u64, direction: u64) -> (f64, f64) {
    // A number in [1, 2); then odd multiples of 2⁻⁵³ in (0, 1), and multiples of 2⁻⁵² in [−½, ½).
    let unit = |bits: u64| f64::from_bits((bits >> 12) | 1f64.to_bits());
    let u = unit(radius) - (1.0 - f64::EPSILON / 2.0);
    let turn = unit(direction) - 1.5;
    let (sin, cos) = sin_cos(turn * FRAC_PI_2);
    // So far a quarter of the circle, around the first axis; one bit reflects it onto that around
    // the second, one turns both by π.
    let sign = (direction & 2) << 62;
    let r = f64::from_bits((-2.0 * ln(u)).sqrt().to_bits() ^ sign);
    if direction & 1 == 0 { (r * cos, r * sin) } else { (r * sin, r * cos) }
}

/// log u in single precision.
#[allow(clippy::inline_always)]
#[inline(always)]
fn ln_single(u: f32) -> f32 {
    let (one, root) = (1f32.to_bits(), f32::consts::FRAC_1_SQRT_2.to_bits());
    let bits = u.to_bits().wrapping_add(one - root);
    let e = ((bits >> 23) as i32 - 127) as f32;
    let m = f32::from_bits((bits & ((1 << 23) - 1)) + root);
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let tail = (2.0 / 3.0 + z * (2.0 / 5.0)) + z * z * (2.0 / 7.0 + z * (2.0 / 9.0));
    e * f32::consts::LN_2 + (2.0 * s + s * z * tail)
}

/// sin and cos in single precision.
#[allow(clippy::inline_always)]
#[inline(always)]
fn sin_cos_single(a: f32) -> (f32, f32) {
    let z = a * a;
    let y = z * z;
    let sin = (-1.0 / 6.0 + z * (1.0 / 120.0)) + y * (-1.0 / 5040.0 + z * (1.0 / 362_880.0));
    let high = (-1.0 / 720.0 + z * (1.0 / 40_320.0)) + y * (-1.0 / 3_628_800.0);
    let cos = (-0.5 + z * (1.0 / 24.0)) + y * high;
    (a + a * z * sin, 1.0 + z * cos)
}

/// Two normals in single precision.
#[allow(clippy::inline_always)]
#[inline(always)]
pub fn single(radius: u32, direction: u32) -> (f32, f32) {
    // 31 bits for the radius, up to 6.6 standard deviations; 30 for the angle within its quarter; 2
    // for the quarter. Of each, the 24 leading bits count: one radius in 2²⁵ is rounded to 0.
    let u = ((radius >> 1) as i32 as f32 + 0.5) * 2f32.powi(-31);
    let turn = (direction.cast_signed() >> 2) as f32 * 2f32.powi(-30);
    let (sin, cos) = sin_cos_single(turn * f32::consts::FRAC_PI_2);
    let sign = (direction & 2) << 30;
    let r = f32::from_bits((-2.0 * ln_single(u)).sqrt().to_bits() ^ sign);
    if direction & 1 == 0 { (r * cos, r * sin) } else { (r * sin, r * cos) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;
    use std::f64::consts::PI;

    /// What the words stand for, by another library.
    fn by_libm(u: f64, turn: f64, bits: u64) -> (f64, f64) {
        let r = (-2.0 * libm::log(u)).sqrt() * if bits & 2 == 0 { 1.0 } else { -1.0 };
        let (x, y) = (r * libm::cos(turn * PI / 2.0), r * libm::sin(turn * PI / 2.0));
        if bits & 1 == 0 { (x, y) } else { (y, x) }
    }

    #[test]
    fn normals_are_those_of_the_formula() {
        let mut source = Xoshiro256PlusPlus::seed_from_u64(1);
        let extremes = [0, 1, u64::MAX, 1 << 63, u64::MAX >> 1, (1 << 33) - 1, 1 << 33];
        let pairs = (0..200_000).map(|_| [source.next_u64(), source.next_u64()]);
        for [radius, direction] in
            extremes.iter().flat_map(|&a| extremes.map(|b| [a, b])).chain(pairs)
        {
            let half = 2f64.powi(-53);
            let u = (radius >> 12) as f64 * 2.0 * half + half;
            let turn = (direction >> 12) as f64 * 2.0 * half + half - 0.5;
            let (x, y) = double(radius, direction);
            let (a, b) = by_libm(u, turn, direction);
            let size = a.hypot(b);
            assert!((x - a).abs() <= 1e-15 * size && (y - b).abs() <= 1e-15 * size, "{x} {a}");
            let (radius, direction) = ((radius >> 32) as u32, direction as u32);
            let u = (f64::from(radius >> 1) + 0.5) * 2f64.powi(-31);
            let turn = f64::from(direction.cast_signed() >> 2) * 2f64.powi(-30);
            let (x, y) = single(radius, direction);
            let (a, b) = by_libm(u, turn, u64::from(direction));
            // u itself is rounded, which moves the radius of numbers near 0.
            let slack = 3e-7 * a.hypot(b) + 6e-8 / a.hypot(b).max(2.5e-4);
            let off = (f64::from(x) - a).abs().max((f64::from(y) - b).abs());
            assert!(off <= slack, "{x} {a} {y} {b}");
        }
    }

    #[test]
    fn logarithms_and_angles_are_accurate_at_every_size() {
        for k in 0..2000 {
            let u = 0.983f64.powi(k) * if k % 7 == 0 { 1.0 - 1e-9 } else { 1.0 };
            assert!((ln(u) - libm::log(u)).abs() <= 4e-16 * libm::log(u).abs(), "{u}");
            let a = (f64::from(k) / 1000.0 - 1.0) * PI / 4.0;
            let (sin, cos) = sin_cos(a);
            assert!((sin - libm::sin(a)).abs() < 3e-16 && (cos - libm::cos(a)).abs() < 3e-16);
        }
    }
}
