//! One formula, two arithmetics: `f64` to search for parameters, [`Enclosure`] to certify the
//! value at those found.

use std::ops::{Add, Div, Mul, Neg, Sub};

use rug::Rational;

use super::{Enclosure, nearest};

/// What formulas need of a number. Constants take the precision of `self`.
pub trait Number:
    Clone
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// Is this the arithmetic of searches, in which leading orders may take the place of
    /// differences that would cancel?
    const ROUGH: bool;

    /// The number `value`.
    #[must_use]
    fn like(&self, value: f64) -> Self;
    /// The number in this arithmetic: itself, or near it.
    #[must_use]
    fn near(&self, exact: &Enclosure) -> Self;
    /// An exact fraction, or near it.
    #[must_use]
    fn rational(&self, value: &Rational) -> Self;
    /// A whole number.
    #[must_use]
    fn whole(&self, value: u128) -> Self;
    /// π.
    #[must_use]
    fn pi(&self) -> Self;
    /// √x.
    #[must_use]
    fn sqrt(&self) -> Self;
    /// eˣ.
    #[must_use]
    fn exp(&self) -> Self;
    /// eˣ − 1.
    #[must_use]
    fn exp_m1(&self) -> Self;
    /// log x.
    #[must_use]
    fn ln(&self) -> Self;
    /// log(1 + x).
    #[must_use]
    fn ln_1p(&self) -> Self;
    /// 2/√π ∫₀ˣ exp(−t²) dt.
    #[must_use]
    fn erf(&self) -> Self;
    /// 1 − erf x, without cancellation.
    #[must_use]
    fn erfc(&self) -> Self;
    /// arctan x.
    #[must_use]
    fn atan(&self) -> Self;
    /// The smaller.
    #[must_use]
    fn min(&self, other: &Self) -> Self;
    /// The larger.
    #[must_use]
    fn max(&self, other: &Self) -> Self;
    /// Is self < other, beyond doubt?
    fn below(&self, other: &Self) -> bool;
    /// Near the value, for searches.
    fn to_f64(&self) -> f64;

    /// x².
    #[must_use]
    fn square(&self) -> Self {
        self.clone() * self.clone()
    }
}

impl Number for f64 {
    const ROUGH: bool = true;

    fn like(&self, value: f64) -> f64 {
        value
    }
    fn near(&self, exact: &Enclosure) -> f64 {
        exact.to_f64()
    }
    fn rational(&self, value: &Rational) -> f64 {
        nearest(value)
    }
    fn whole(&self, value: u128) -> f64 {
        value as f64
    }
    fn pi(&self) -> f64 {
        std::f64::consts::PI
    }
    fn sqrt(&self) -> f64 {
        f64::sqrt(*self)
    }
    fn exp(&self) -> f64 {
        f64::exp(*self)
    }
    fn exp_m1(&self) -> f64 {
        f64::exp_m1(*self)
    }
    fn ln(&self) -> f64 {
        f64::ln(*self)
    }
    fn ln_1p(&self) -> f64 {
        f64::ln_1p(*self)
    }
    fn erf(&self) -> f64 {
        libm::erf(*self)
    }
    fn erfc(&self) -> f64 {
        libm::erfc(*self)
    }
    fn atan(&self) -> f64 {
        f64::atan(*self)
    }
    fn min(&self, other: &f64) -> f64 {
        f64::min(*self, *other)
    }
    fn max(&self, other: &f64) -> f64 {
        f64::max(*self, *other)
    }
    fn below(&self, other: &f64) -> bool {
        self < other
    }
    fn to_f64(&self) -> f64 {
        *self
    }
}

impl Number for Enclosure {
    const ROUGH: bool = false;

    fn like(&self, value: f64) -> Self {
        Enclosure::point(self.precision(), value)
    }
    fn near(&self, exact: &Enclosure) -> Self {
        exact.clone()
    }
    fn rational(&self, value: &Rational) -> Self {
        Enclosure::rational(self.precision(), value)
    }
    fn whole(&self, value: u128) -> Self {
        Enclosure::integer(self.precision(), value)
    }
    fn pi(&self) -> Self {
        Enclosure::pi(self.precision())
    }
    fn sqrt(&self) -> Self {
        Enclosure::sqrt(self)
    }
    fn exp(&self) -> Self {
        Enclosure::exp(self)
    }
    fn exp_m1(&self) -> Self {
        Enclosure::exp_m1(self)
    }
    fn ln(&self) -> Self {
        Enclosure::ln(self)
    }
    fn ln_1p(&self) -> Self {
        Enclosure::ln_1p(self)
    }
    fn erf(&self) -> Self {
        Enclosure::erf(self)
    }
    fn erfc(&self) -> Self {
        Enclosure::erfc(self)
    }
    fn atan(&self) -> Self {
        Enclosure::atan(self)
    }
    fn min(&self, other: &Self) -> Self {
        Enclosure::min(self, other)
    }
    fn max(&self, other: &Self) -> Self {
        Enclosure::max(self, other)
    }
    fn below(&self, other: &Self) -> bool {
        self.certainly_lt(other)
    }
    fn to_f64(&self) -> f64 {
        Enclosure::to_f64(self)
    }
    fn square(&self) -> Self {
        Enclosure::square(self)
    }
}
