//! Closed intervals over MPFR floats with outward rounding.

use rug::float::Round;
use rug::ops::{AddAssignRound, AssignRound, NegAssign};
use rug::{Float, Integer, Rational};
use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::directed::{Lower, Upper};

/// An interval `[lo, hi]` that contains the exact real value.
///
/// Every operation rounds the lower end down and the upper end up, so the result contains the
/// image of every pair of points of the operands. An operation that is not defined on the whole
/// operand (a division by an interval around 0, the logarithm of a negative number) gives the
/// whole line, `[−∞, ∞]`: from there nothing can be concluded. The ends are never NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Enclosure {
    lo: Float,
    hi: Float,
}

fn down<T>(precision: u32, value: T) -> Float
where
    Float: AssignRound<T, Round = Round, Ordering = Ordering>,
{
    Float::with_val_round(precision, value, Round::Down).0
}

fn up<T>(precision: u32, value: T) -> Float
where
    Float: AssignRound<T, Round = Round, Ordering = Ordering>,
{
    Float::with_val_round(precision, value, Round::Up).0
}

impl Enclosure {
    fn of(lo: Float, hi: Float) -> Self {
        if lo.is_nan() || hi.is_nan() {
            return Enclosure::whole(lo.prec());
        }
        debug_assert!(lo <= hi, "ends out of order: {lo} > {hi}");
        Enclosure { lo, hi }
    }

    /// The whole line: nothing is known.
    pub fn whole(precision: u32) -> Self {
        let infinite = |sign| Float::with_val(precision, sign);
        Enclosure {
            lo: infinite(rug::float::Special::NegInfinity),
            hi: infinite(rug::float::Special::Infinity),
        }
    }

    /// The tightest enclosure of an integer at `precision` bits.
    pub fn integer(precision: u32, value: impl Into<Integer>) -> Self {
        let value = value.into();
        Enclosure { lo: down(precision, &value), hi: up(precision, &value) }
    }

    /// The tightest enclosure of a fraction at `precision` bits.
    pub fn rational(precision: u32, value: &Rational) -> Self {
        Enclosure { lo: down(precision, value), hi: up(precision, value) }
    }

    /// The `f64` itself (exact from 53 bits on); the whole line for NaN.
    pub fn point(precision: u32, value: f64) -> Self {
        Enclosure::of(down(precision, value), up(precision, value))
    }

    /// Adds w·v, w a finite float.
    pub fn add_product(&mut self, w: f64, v: &Enclosure) {
        if w == 0.0 {
            return;
        }
        let (lo, hi) = if w > 0.0 { (&v.lo, &v.hi) } else { (&v.hi, &v.lo) };
        let p = self.precision();
        self.lo.add_assign_round(down(p, lo * w), Round::Down);
        self.hi.add_assign_round(up(p, hi * w), Round::Up);
        if self.lo.is_nan() || self.hi.is_nan() {
            *self = Enclosure::whole(p);
        }
    }

    /// The smallest enclosure of both.
    #[must_use]
    pub fn hull(&self, other: &Enclosure) -> Self {
        let p = self.precision().max(other.precision());
        Enclosure::of(down(p, least(&self.lo, &other.lo)), up(p, largest(&self.hi, &other.hi)))
    }

    /// π.
    pub fn pi(precision: u32) -> Self {
        let pi = rug::float::Constant::Pi;
        Enclosure { lo: down(precision, pi), hi: up(precision, pi) }
    }

    pub(super) fn ends(&self) -> (&Float, &Float) {
        (&self.lo, &self.hi)
    }

    /// All numbers at most `radius` from `middle`.
    pub(super) fn around(middle: &Float, radius: &Float) -> Self {
        let p = middle.prec();
        Enclosure::of(down(p, middle - radius), up(p, middle + radius))
    }

    /// Bits of precision.
    pub fn precision(&self) -> u32 {
        self.lo.prec().max(self.hi.prec())
    }

    /// The lower end as a point.
    #[must_use]
    pub fn lo(&self) -> Self {
        Enclosure { lo: self.lo.clone(), hi: self.lo.clone() }
    }

    /// The upper end as a point.
    #[must_use]
    pub fn hi(&self) -> Self {
        Enclosure { lo: self.hi.clone(), hi: self.hi.clone() }
    }

    /// A point inside, near the middle. Not rigorous: for searches only.
    #[must_use]
    pub fn middle(&self) -> Self {
        let middle = Float::with_val(self.precision(), &self.lo + &self.hi) / 2u32;
        if middle.is_finite() {
            let middle = middle.max(&self.lo).min(&self.hi);
            Enclosure { lo: middle.clone(), hi: middle }
        } else {
            self.lo()
        }
    }

    /// The same interval carried at `precision` bits, rounded outward if that is fewer.
    #[must_use]
    pub fn with_precision(&self, precision: u32) -> Self {
        Enclosure { lo: down(precision, &self.lo), hi: up(precision, &self.hi) }
    }

    /// Nearest `f64` to the middle. Not rigorous: for searches and predictions only.
    pub fn to_f64(&self) -> f64 {
        self.middle().lo.to_f64()
    }

    /// The largest `f64` that is ≤ every point.
    pub fn lo_f64(&self) -> f64 {
        self.lo.to_f64_round(Round::Down)
    }

    /// The upper end, exactly; `None` where it is infinite.
    pub fn hi_rational(&self) -> Option<Rational> {
        self.hi.to_rational()
    }

    /// The smallest `f64` that is ≥ every point.
    pub fn hi_f64(&self) -> f64 {
        self.hi.to_f64_round(Round::Up)
    }

    /// Is every point of `self` ≤ every point of `other`?
    pub fn certainly_le(&self, other: &Enclosure) -> bool {
        self.hi <= other.lo
    }

    /// Is every point of `self` < every point of `other`?
    pub fn certainly_lt(&self, other: &Enclosure) -> bool {
        self.hi < other.lo
    }

    /// Does `self` contain all of `other`?
    pub fn contains(&self, other: &Enclosure) -> bool {
        self.lo <= other.lo && other.hi <= self.hi
    }

    /// Is some point in both? Enclosures of one number always meet; that one contains the other is
    /// not to be had.
    #[cfg(test)]
    pub fn meets(&self, other: &Enclosure) -> bool {
        self.lo <= other.hi && other.lo <= self.hi
    }

    /// Is every point > 0?
    pub fn is_positive(&self) -> bool {
        self.lo > 0u32
    }

    /// Are both ends finite?
    pub fn is_finite(&self) -> bool {
        self.lo.is_finite() && self.hi.is_finite()
    }

    /// The upper end as a bound on a non-negative quantity; 0 if the upper end is negative.
    pub fn upper(&self) -> Upper {
        Upper::of(self.hi.clone())
    }

    /// The lower end as a bound on a non-negative quantity; 0 if the lower end is negative.
    pub fn lower(&self) -> Lower {
        Lower::of(self.lo.clone())
    }

    /// The image under an increasing function, given with its rounding.
    fn monotone(&self, f: impl Fn(&Float, Round) -> Float) -> Self {
        Enclosure::of(f(&self.lo, Round::Down), f(&self.hi, Round::Up))
    }

    /// √x; the whole line if x may be negative.
    #[must_use]
    pub fn sqrt(&self) -> Self {
        self.monotone(|x, round| Float::with_val_round(x.prec(), x.sqrt_ref(), round).0)
    }

    /// eˣ.
    #[must_use]
    pub fn exp(&self) -> Self {
        self.monotone(|x, round| Float::with_val_round(x.prec(), x.exp_ref(), round).0)
    }

    /// eˣ − 1.
    #[must_use]
    pub fn exp_m1(&self) -> Self {
        self.monotone(|x, round| Float::with_val_round(x.prec(), x.exp_m1_ref(), round).0)
    }

    /// log x; the whole line if x may be negative.
    #[must_use]
    pub fn ln(&self) -> Self {
        self.monotone(|x, round| Float::with_val_round(x.prec(), x.ln_ref(), round).0)
    }

    /// log(1 + x); the whole line if 1 + x may be negative.
    #[must_use]
    pub fn ln_1p(&self) -> Self {
        self.monotone(|x, round| Float::with_val_round(x.prec(), x.ln_1p_ref(), round).0)
    }

    /// The complementary error function, 2/√π ∫ₓ^∞ exp(−t²) dt.
    #[must_use]
    pub fn erfc(&self) -> Self {
        let p = self.precision();
        Enclosure::of(down(p, self.hi.erfc_ref()), up(p, self.lo.erfc_ref()))
    }

    /// The error function, 2/√π ∫₀ˣ exp(−t²) dt.
    #[must_use]
    pub fn erf(&self) -> Self {
        self.monotone(|x, round| Float::with_val_round(x.prec(), x.erf_ref(), round).0)
    }

    /// arcsin x for 0 ≤ x ≤ 1; ends beyond 1 by rounding count as 1.
    #[must_use]
    pub fn asin(&self) -> Self {
        let one = Enclosure::integer(self.precision(), 1);
        self.min(&one).monotone(|x, round| Float::with_val_round(x.prec(), x.asin_ref(), round).0)
    }

    /// sin x for x enclosed within [0, π/2]; where the upper end passes π/2 by rounding, it is 1.
    #[must_use]
    pub fn sin_first_quarter(&self) -> Self {
        let p = self.precision();
        let image = self.monotone_ends(|x, round| Float::with_val_round(p, x.sin_ref(), round).0);
        let quarter = Enclosure::pi(p) / 2;
        if self.hi < quarter.lo { image } else { image.hull(&Enclosure::integer(p, 1)) }
    }

    /// sin x.
    #[must_use]
    pub fn sin(&self) -> Self {
        self.unit_slope(|x, round| Float::with_val_round(x.prec(), x.sin_ref(), round).0)
    }

    /// cos x.
    #[must_use]
    pub fn cos(&self) -> Self {
        self.unit_slope(|x, round| Float::with_val_round(x.prec(), x.cos_ref(), round).0)
    }

    /// The image under a function with values in [−1, 1] and slopes in [−1, 1]: the value at a
    /// point inside, give or take the distance to the farther end.
    fn unit_slope(&self, f: impl Fn(&Float, Round) -> Float) -> Self {
        let middle = self.middle();
        let radius = (&self.hi() - &middle).max(&(&middle - &self.lo()));
        let image = Enclosure::of(f(&middle.lo, Round::Down), f(&middle.lo, Round::Up));
        let unit = Enclosure::integer(self.precision(), 1);
        (image + (-&radius).hull(&radius)).max(&-&unit).min(&unit)
    }

    /// Both ends under a function that may not be increasing between them.
    fn monotone_ends(&self, f: impl Fn(&Float, Round) -> Float) -> Self {
        let low = Float::min(f(&self.lo, Round::Down), &f(&self.hi, Round::Down));
        let high = Float::max(f(&self.lo, Round::Up), &f(&self.hi, Round::Up));
        Enclosure::of(low, high)
    }

    /// The number to `digits` significant decimals, rounded to nearest, if the enclosure settles
    /// all of them.
    pub fn decimal_digits(&self, digits: usize) -> Option<String> {
        let low = super::decimal::significant(&self.lo, digits, Round::Nearest)?;
        let high = super::decimal::significant(&self.hi, digits, Round::Nearest)?;
        (low == high).then_some(low)
    }

    /// Decimals of `digits` significant digits that enclose the number.
    pub fn decimal_ends(&self, digits: usize) -> (String, String) {
        let end = |x: &Float, round| {
            super::decimal::significant(x, digits, round).unwrap_or_else(|| x.to_string())
        };
        (end(&self.lo, Round::Down), end(&self.hi, Round::Up))
    }

    /// arctan x.
    #[must_use]
    pub fn atan(&self) -> Self {
        self.monotone(|x, round| Float::with_val_round(x.prec(), x.atan_ref(), round).0)
    }

    /// log Γ(x) for x > 0; the whole line elsewhere.
    #[must_use]
    pub fn ln_gamma(&self) -> Self {
        let p = self.precision();
        if self.lo <= 0u32 {
            return Enclosure::whole(p);
        }
        // Γ falls up to its minimum at 1.46163214…, where log Γ = −0.12148629…, and rises after:
        // certificate `tools.gamma`.
        if self.lo >= 1.4617 {
            return self.monotone(|x, round| Float::with_val_round(p, x.ln_gamma_ref(), round).0);
        }
        let ends_low = |x: &Float| down(p, x.ln_gamma_ref());
        let ends_high = up(p, self.lo.ln_gamma_ref()).max(&up(p, self.hi.ln_gamma_ref()));
        let low = if self.hi <= 1.4616 {
            ends_low(&self.hi)
        } else if self.lo == self.hi {
            ends_low(&self.lo)
        } else {
            down(p, -0.1215)
        };
        Enclosure::of(low, ends_high)
    }

    /// The derivative of log Γ(x), for x > 0; the whole line elsewhere.
    #[must_use]
    pub fn digamma(&self) -> Self {
        if self.lo <= 0u32 {
            return Enclosure::whole(self.precision());
        }
        self.monotone(|x, round| Float::with_val_round(x.prec(), x.digamma_ref(), round).0)
    }

    /// xʸ = exp(y log x) for x > 0; [0, ∞] elsewhere.
    #[must_use]
    pub fn pow(&self, exponent: &Enclosure) -> Self {
        (exponent * &self.ln()).exp()
    }

    /// x², never negative.
    #[must_use]
    pub fn square(&self) -> Self {
        let p = self.precision();
        let (a, b) = (self.lo.clone().abs(), self.hi.clone().abs());
        let (small, large) = if a <= b { (a, b) } else { (b, a) };
        let straddles = self.lo < 0u32 && self.hi > 0u32;
        let low = if straddles { Float::new(p) } else { down(p, small.square_ref()) };
        Enclosure::of(low, up(p, large.square_ref()))
    }

    /// The smaller of two numbers, point by point.
    #[must_use]
    pub fn min(&self, other: &Enclosure) -> Self {
        let p = self.precision().max(other.precision());
        Enclosure::of(down(p, least(&self.lo, &other.lo)), up(p, least(&self.hi, &other.hi)))
    }

    /// The larger of two numbers, point by point.
    #[must_use]
    pub fn max(&self, other: &Enclosure) -> Self {
        let p = self.precision().max(other.precision());
        Enclosure::of(down(p, largest(&self.lo, &other.lo)), up(p, largest(&self.hi, &other.hi)))
    }
}

/// The smaller, untouched: MPFR's own minimum rounds to the first operand's precision.
fn least<'a>(a: &'a Float, b: &'a Float) -> &'a Float {
    if b < a { b } else { a }
}

/// The larger, untouched.
fn largest<'a>(a: &'a Float, b: &'a Float) -> &'a Float {
    if b > a { b } else { a }
}

fn add(a: &Enclosure, b: &Enclosure) -> Enclosure {
    let p = a.precision().max(b.precision());
    Enclosure::of(down(p, &a.lo + &b.lo), up(p, &a.hi + &b.hi))
}

fn sub(a: &Enclosure, b: &Enclosure) -> Enclosure {
    let p = a.precision().max(b.precision());
    Enclosure::of(down(p, &a.lo - &b.hi), up(p, &a.hi - &b.lo))
}

fn mul(a: &Enclosure, b: &Enclosure) -> Enclosure {
    let p = a.precision().max(b.precision());
    if a.lo >= 0u32 && b.lo >= 0u32 {
        return Enclosure::of(down(p, &a.lo * &b.lo), up(p, &a.hi * &b.hi));
    }
    let pairs = [(&a.lo, &b.lo), (&a.lo, &b.hi), (&a.hi, &b.lo), (&a.hi, &b.hi)];
    extremes(p, pairs.map(|(x, y)| (down(p, x * y), up(p, x * y))))
}

fn div(a: &Enclosure, b: &Enclosure) -> Enclosure {
    let p = a.precision().max(b.precision());
    if b.lo <= 0u32 && b.hi >= 0u32 {
        return Enclosure::whole(p);
    }
    if a.lo >= 0u32 && b.lo > 0u32 {
        return Enclosure::of(down(p, &a.lo / &b.hi), up(p, &a.hi / &b.lo));
    }
    let pairs = [(&a.lo, &b.lo), (&a.lo, &b.hi), (&a.hi, &b.lo), (&a.hi, &b.hi)];
    extremes(p, pairs.map(|(x, y)| (down(p, x / y), up(p, x / y))))
}

/// The hull of four rounded candidates; the whole line if one of them is undefined.
fn extremes(precision: u32, candidates: [(Float, Float); 4]) -> Enclosure {
    if candidates.iter().any(|(low, _)| low.is_nan()) {
        return Enclosure::whole(precision);
    }
    let [first, rest @ ..] = candidates;
    let (lo, hi) = rest.into_iter().fold(first, |(lo, hi), (l, h)| (lo.min(&l), hi.max(&h)));
    Enclosure::of(lo, hi)
}

macro_rules! operator {
    ($($trait:ident $method:ident;)*) => {$(
        impl $trait<&Enclosure> for &Enclosure {
            type Output = Enclosure;
            fn $method(self, rhs: &Enclosure) -> Enclosure { $method(self, rhs) }
        }
        impl $trait<Enclosure> for &Enclosure {
            type Output = Enclosure;
            fn $method(self, rhs: Enclosure) -> Enclosure { $method(self, &rhs) }
        }
        impl $trait<&Enclosure> for Enclosure {
            type Output = Enclosure;
            fn $method(self, rhs: &Enclosure) -> Enclosure { $method(&self, rhs) }
        }
        impl $trait<Enclosure> for Enclosure {
            type Output = Enclosure;
            fn $method(self, rhs: Enclosure) -> Enclosure { $method(&self, &rhs) }
        }
        /// The whole number on the right is exact.
        impl $trait<u32> for &Enclosure {
            type Output = Enclosure;
            fn $method(self, rhs: u32) -> Enclosure {
                $method(self, &Enclosure::integer(self.precision(), rhs))
            }
        }
        impl $trait<u32> for Enclosure {
            type Output = Enclosure;
            fn $method(self, rhs: u32) -> Enclosure { (&self).$method(rhs) }
        }
    )*};
}

operator! { Add add; Sub sub; Mul mul; Div div; }

impl Neg for Enclosure {
    type Output = Enclosure;
    fn neg(self) -> Enclosure {
        let (mut lo, mut hi) = (self.hi, self.lo);
        lo.neg_assign();
        hi.neg_assign();
        Enclosure { lo, hi }
    }
}

impl Neg for &Enclosure {
    type Output = Enclosure;
    fn neg(self) -> Enclosure {
        -self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const P: u32 = 64;

    fn at(p: u32, x: f64) -> Enclosure {
        Enclosure::point(p, x)
    }

    /// A named operation on one positive number, evaluated at a given precision.
    type Case = (&'static str, fn(&Enclosure, &Enclosure) -> Enclosure);

    const CASES: [Case; 15] = [
        ("add", |x, y| x + y),
        ("sub", |x, y| x - y),
        ("mul", |x, y| x * y),
        ("mul by negative", |x, y| x * &-y),
        ("div", |x, y| x / y),
        ("div by negative", |x, y| (x - y) / -y),
        ("sqrt", |x, _| x.sqrt()),
        ("exp and exp_m1", |x, y| x.exp() + y.exp_m1()),
        ("ln and ln_1p", |x, y| x.ln() * y.ln_1p()),
        ("erfc", |x, _| x.erfc()),
        ("erf and atan", |x, y| x.erf() + y.atan()),
        ("ln_gamma and digamma", |x, y| x.ln_gamma() + y.digamma()),
        ("pow", |x, y| x.pow(y)),
        ("square", |x, y| (x - y).square()),
        ("sin and cos", |x, y| x.sin() + y.cos()),
    ];

    proptest! {
        /// Both hold the value, so they meet; the fine one is a point to the coarse one's eyes.
        #[test]
        fn contain_the_value_at_four_times_the_precision(x in 1e-3f64..30.0, y in 1e-3f64..30.0) {
            for (name, f) in CASES {
                let coarse = f(&at(P, x), &at(P, y));
                let fine = f(&at(4 * P, x), &at(4 * P, y));
                prop_assert!(coarse.meets(&fine), "{name}: {coarse:?} does not meet {fine:?}");
                prop_assert!(coarse.is_finite(), "{name} is not finite");
            }
        }

        #[test]
        fn contain_the_image_of_every_point(
            x in 1e-3f64..9.0,
            w in 0f64..3.0,
            t in 0f64..1.0,
            y in 0.1f64..5.0,
        ) {
            let wide = at(P, x).hull(&at(P, x + w));
            let inside = at(4 * P, (x + t * w).clamp(x, x + w));
            for (name, f) in CASES {
                let (image, value) = (f(&wide, &at(P, y)), f(&inside, &at(4 * P, y)));
                prop_assert!(image.meets(&value), "{name}: {image:?} does not meet {value:?}");
            }
        }
    }

    #[test]
    fn undefined_is_the_whole_line_and_never_nan() {
        let whole = Enclosure::whole(P);
        let around_zero = at(P, -1.0).hull(&at(P, 1.0));
        for undefined in [
            at(P, 1.0) / &around_zero,
            around_zero.ln(),
            around_zero.sqrt(),
            around_zero.ln_gamma(),
            at(P, f64::NAN),
            at(P, f64::INFINITY) - at(P, f64::INFINITY),
            at(P, 0.0) * at(P, f64::INFINITY) * at(P, -1.0),
        ] {
            assert_eq!(undefined, whole);
        }
        assert!(!whole.certainly_le(&whole) && !whole.is_positive());
    }

    #[test]
    fn mixed_precisions_round_outward() {
        let fine = at(4 * P, 1.0) + at(4 * P, 2f64.powi(-200));
        let coarse = at(P, 5.0);
        for joint in [
            coarse.hull(&fine),
            coarse.min(&fine),
            fine.min(&coarse),
            coarse.max(&-&fine).min(&fine),
        ] {
            assert!(joint.contains(&fine), "{joint:?}");
        }
    }

    #[test]
    fn a_fraction_that_is_not_a_float_has_two_ends() {
        let third = Enclosure::rational(P, &Rational::from((1, 3)));
        assert!(third.lo().certainly_lt(&third.hi()));
        assert!((third * 3u32).contains(&at(P, 1.0)));
    }
}
