//! The recurrence s ↦ φ(s) = s − k(sin θ − θ cos θ)/π, cos θ = 1 − s, 0 ≤ k ≤ 2, as a midpoint with
//! a carried error. `proofs/collapse.md#steps`.
//!
//! An enclosure by its ends would take two evaluations a step and an arccosine in each. Here one
//! serves both ends, because φ has slope at most 1 either way, and θ falls by so little a step that
//! a short arcsine series of sin(θ − θ′) = sin θ cos θ′ − cos θ sin θ′ gives the next one.
//!
//! All operations round to nearest, so each errs by at most u = 2^{−precision} relatively; errors
//! are counted in units of u, in `f64` with a margin for its own rounding.

use rug::float::{Constant, Round};
use rug::{Assign, Float, Integer, Rational};

use super::Enclosure;

/// Above this s, θ is computed afresh.
const FRESH: f64 = 0.1;
/// So is the angle after one above this, of which a layer with k > 1 may leave next to nothing.
const ACUTE: f64 = 1.0;
/// What a few operations in `f64` may take off a sum of errors.
const MARGIN: f64 = 1.0 + 1e-9;
/// Bits that a term of the series keeps beyond what it needs.
const GUARD: u32 = 24;
/// Beyond so many terms an arccosine costs less.
const MOST_TERMS: u32 = 200;

/// s₀, s₁, s₂, …, each as an enclosure on demand. Should rounding lead below 0 or beyond 2, where
/// the root is none, the enclosure is [0, 2] from there on.
pub struct Recurrence {
    precision: u32,
    /// k/π.
    scale: Float,
    /// Its size, and how many roundings the product by it errs by.
    size: f64,
    roundings: f64,
    /// φ(2) = 2 − k.
    opposite: Float,
    s: Float,
    theta: Float,
    sine: Float,
    cosine: Float,
    /// |s − s_i|, in units of u.
    error: f64,
    /// |θ − arccos(1 − s)|, in units of u.
    theta_error: f64,
    spare: [Float; 3],
    series: Arcsine,
}

impl Recurrence {
    /// From an enclosure of s₀ in [0, 2], for k in [0, 2].
    pub fn new(start: &Enclosure, bend: &Rational) -> Self {
        let precision = start.precision();
        let (low, high) = start.ends();
        let middle = start.middle();
        let middle = middle.ends().0;
        let zero = || Float::new(precision);
        let apart = |end: &Float| {
            let gap = Float::with_val_round(53, end - middle, Round::AwayZero).0;
            // Away from 0, where that underflows, too.
            (gap.abs() << precision).to_f64_round(Round::Up)
        };
        let inverse_pi = Float::with_val(precision, Constant::Pi).recip();
        // k = 1 is exact.
        let (scale, roundings) = if *bend == 1 {
            (inverse_pi, 3.0)
        } else {
            (inverse_pi * Float::with_val(precision, bend), 5.0)
        };
        let mut found = Recurrence {
            precision,
            size: 0.3184 * bend.to_f64() * MARGIN,
            scale,
            roundings,
            opposite: Float::with_val(precision, Rational::from(2 - bend)),
            s: middle.clone(),
            theta: zero(),
            sine: zero(),
            cosine: zero(),
            error: apart(low).max(apart(high)),
            theta_error: 0.0,
            spare: [zero(), zero(), zero()],
            series: Arcsine::new(precision),
        };
        found.refresh();
        found
    }

    /// s_i.
    pub fn enclosure(&self) -> Enclosure {
        let radius = Float::with_val(64, self.error * MARGIN) >> self.precision as i32;
        let (zero, two) =
            (Enclosure::integer(self.precision, 0), Enclosure::integer(self.precision, 2));
        Enclosure::around(&self.s, &radius).max(&zero).min(&two)
    }

    /// From s_i to s_{i+1}.
    pub fn step(&mut self) {
        if self.s.is_zero() && self.error == 0.0 {
            return;
        }
        if self.s == 2u32 && self.error == 0.0 {
            self.s.assign(&self.opposite);
            // Rounded once; exact for whole k.
            self.error = if self.opposite.is_integer() { 0.0 } else { 1.0 };
            self.refresh();
            return;
        }
        // Where `f64` underflows, a larger number serves as well.
        let size = |x: &Float| x.to_f64().max(f64::MIN_POSITIVE);
        let (theta, sine) = (size(&self.theta), size(&self.sine));
        let [part, product, difference] = &mut self.spare;
        // k(sin θ − θ cos θ)/π: sine within 2.1u sin θ, cosine within u, three roundings of at most
        // uθ.
        product.assign(&self.theta * &self.cosine);
        part.assign(&self.sine - &*product);
        let part_size = size(part);
        product.assign(&*part * &self.scale);
        self.s -= &*product;
        let part_error = 2.1 * sine + self.theta_error + 4.0 * theta;
        let s = size(&self.s);
        let product_error = self.size * (part_error + self.roundings * part_size);
        self.error = (self.error + product_error + s) * MARGIN;
        if s > FRESH || theta > ACUTE {
            self.refresh();
            return;
        }
        // sin(θ − θ′) from the old sine and cosine and the new.
        difference.assign(&self.cosine);
        std::mem::swap(&mut self.cosine, difference);
        self.cosine.assign(1u32 - &self.s);
        product.assign(&self.sine * &self.cosine);
        // The new sine, by √(s(2 − s)).
        part.assign(2u32 - &self.s);
        self.sine.assign(&*part * &self.s);
        self.sine.sqrt_mut();
        part.assign(&*difference * &self.sine);
        difference.assign(&*product - &*part);
        let Some(turned) = self.series.of(difference) else {
            self.refresh();
            return;
        };
        self.theta -= turned;
        // Both sines within 2.1u, cosines within u, products and their difference rounded: together
        // less than 13u times the larger sine; the arcsine stretches that by at most 1.1 and adds
        // 4u|z|; then θ′ is rounded.
        let largest = size(&self.sine).max(sine).max(theta);
        self.theta_error = (self.theta_error + 19.0 * largest) * MARGIN;
    }

    /// θ = arccos(1 − s), its sine and cosine, from s alone.
    fn refresh(&mut self) {
        let [half, rest, _] = &mut self.spare;
        rest.assign(2u32 - &self.s);
        self.cosine.assign(1u32 - &self.s);
        self.sine.assign(&*rest * &self.s);
        self.sine.sqrt_mut();
        // 2 arcsin √(s/2), or π less that of the other side: the argument is at most √½.
        let beyond = self.s > 1u32;
        half.assign(if beyond { &*rest } else { &self.s });
        *half /= 2u32;
        half.sqrt_mut();
        half.asin_mut();
        *half *= 2u32;
        if beyond {
            self.theta.assign(Constant::Pi);
            self.theta -= &*half;
        } else {
            self.theta.assign(&*half);
        }
        self.theta_error = 16.0;
    }
}

/// arcsin z = z (1 + a₁z²(1 + a₂z²(1 + …))), a_k = (2k−1)²/(2k(2k+1)) < 1, in fixed point, with the
/// inner factors at fewer and fewer bits: they count less and less.
struct Arcsine {
    precision: u32,
    square: Float,
    fixed: Integer,
    short: Integer,
    inner: Integer,
    outer: Integer,
    value: Float,
}

impl Arcsine {
    fn new(precision: u32) -> Self {
        Arcsine {
            precision,
            square: Float::new(precision),
            fixed: Integer::new(),
            short: Integer::new(),
            inner: Integer::new(),
            outer: Integer::new(),
            value: Float::new(precision + GUARD),
        }
    }

    /// arcsin z for |z| < ¼, within 4u|z|; `None` if that would take many terms.
    fn of(&mut self, z: &Float) -> Option<&Float> {
        self.square.assign(z.square_ref());
        let Some(exponent) = self.square.get_exp() else {
            // Of 0.
            self.value.assign(z);
            return Some(&self.value);
        };
        if exponent >= 0 {
            return None;
        }
        // z² < 2^{−gain}: what each factor brings.
        let gain = exponent.unsigned_abs();
        let levels = (self.precision + GUARD).div_ceil(gain);
        if levels > MOST_TERMS {
            return None;
        }
        let bits = |level: u32| (self.precision + GUARD).saturating_sub(level * gain).max(GUARD);
        // Rounded down, as everything is from here on: each of three roundings a level takes off
        // less than a unit of its last place, which counts 2^{−level·gain} of it.
        self.square <<= self.precision + GUARD;
        self.fixed
            .assign(self.square.to_integer_round(Round::Down).map_or(Integer::new(), |w| w.0));
        self.inner.assign(1u32);
        self.inner <<= bits(levels);
        for level in (0..levels).rev() {
            let odd = 2 * u64::from(level) + 1;
            self.short.assign(&self.fixed >> (self.precision + GUARD - bits(level)));
            self.outer.assign(&self.short * &self.inner);
            self.outer >>= bits(level + 1);
            self.outer *= odd * odd;
            self.outer /= (odd + 1) * (odd + 2);
            // What is below 1 has this bit free.
            self.outer.set_bit(bits(level), true);
            std::mem::swap(&mut self.inner, &mut self.outer);
        }
        self.value.assign(&self.inner);
        self.value >>= bits(0);
        self.value *= z;
        Some(&self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_series_is_the_arcsine() {
        for precision in [64, 200, 1000, 2500] {
            let mut series = Arcsine::new(precision);
            for z in [0.01, 1e-3, 1e-5, 1e-12, 0.003, 0.0, -0.01, 1e-300] {
                let z = Float::with_val(precision, z) / 3u32;
                let exact = Float::with_val(precision + 64, z.asin_ref());
                let gap = Float::with_val(64, series.of(&z).unwrap() - &exact).abs();
                let allowed = (Float::with_val(64, z.abs_ref()) * 4u32) >> precision;
                assert!(gap <= allowed, "{precision} {z}: {gap} {allowed}");
            }
        }
    }

    /// φ with outward rounding, in the obvious way.
    fn next(s: &Enclosure, bend: &Rational) -> Enclosure {
        crate::theory::angle::next(s, bend)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn enclosures_hold_the_value_at_four_times_the_precision(
            s in 1e-12f64..2.0, steps in 1usize..400, precision in 64u32..300, fifths in 0u32..=10,
        ) {
            let bend = Rational::from((fifths, 5));
            let mut coarse = Recurrence::new(&Enclosure::point(precision, s), &bend);
            let mut fine = Enclosure::point(4 * precision, s);
            for _ in 0..steps {
                coarse.step();
                fine = next(&fine, &bend);
            }
            prop_assert!(coarse.enclosure().meets(&fine));
            // And are not much wider than they must be. A step adds
            // k(2.1 sin θ + e + 4θ + 5p)/π + s, p = sin θ − θ cos θ and e the error of θ: with
            // e = 16 less than 32. Without a fresh θ, e grows by 19θ a step, where s ≤ 0.1,
            // θ ≤ 1.43√s and s_j ≤ (√10 + 0.15kj)⁻² (the envelope): after N steps
            // k·19Σθ_j/π ≤ 6 + 57.7 log(1 + 0.095N), and the rest is at most 12.3. All is below
            // 57.7 log N = 40 log₂ N from N = 16 on, below 160 before.
            let width = coarse.error;
            prop_assert!(width < 40.0 * steps as f64 * (steps as f64).log2().max(4.0), "{width}");
        }
    }

    #[test]
    fn a_start_with_an_error_keeps_it() {
        let wide = Enclosure::point(100, 0.4).hull(&Enclosure::point(100, 0.5));
        let one = Rational::from(1);
        let mut run = Recurrence::new(&wide, &one);
        let (mut low, mut high) = (Enclosure::point(100, 0.4), Enclosure::point(100, 0.5));
        for _ in 0..20 {
            run.step();
            (low, high) = (next(&low, &one), next(&high, &one));
            assert!(run.enclosure().contains(&low) && run.enclosure().contains(&high));
        }
    }

    #[test]
    fn ends_are_exact() {
        for (bend, opposite) in [(1, 1), (2, 0), (0, 2)] {
            let bend = Rational::from(bend);
            let mut run = Recurrence::new(&Enclosure::integer(128, 2), &bend);
            run.step();
            assert_eq!(run.enclosure(), Enclosure::integer(128, opposite));
            let mut run = Recurrence::new(&Enclosure::integer(128, 0), &bend);
            run.step();
            assert_eq!(run.enclosure(), Enclosure::integer(128, 0));
        }
    }
}
