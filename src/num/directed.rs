//! One-sided bounds on non-negative quantities: arithmetic that cannot mix up the sides.

use rug::Float;
use rug::float::Round;
use std::ops::{Add, Div, Mul};

use crate::num::magnitude::Magnitude;

/// A number that is certainly at least a non-negative quantity; possibly infinite (no bound).
///
/// A quotient needs a lower bound below the line. Dividing by another upper bound would lose the
/// direction and does not compile:
/// ```compile_fail
/// use relubound::num::Upper;
/// let bound = Upper::from(2u32) / Upper::from(3u32);
/// ```
/// ```
/// use relubound::num::{Lower, Upper};
/// let bound: Upper = Upper::from(2u32) / Lower::from(3u32);
/// assert!(bound.to_magnitude().to_f64() >= 2.0 / 3.0);
/// ```
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub struct Upper(Float);

/// A number that is certainly at most a non-negative quantity; 0 says nothing.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub struct Lower(Float);

impl Upper {
    /// The bound that says nothing.
    pub fn infinite() -> Self {
        Upper(Float::with_val(64, rug::float::Special::Infinity))
    }

    pub(super) fn of(value: Float) -> Self {
        if value.is_nan() {
            Upper::infinite()
        } else if value <= 0u32 {
            // Also −0, by which a quotient would change its sign.
            Upper(Float::new(value.prec()))
        } else {
            Upper(value)
        }
    }

    /// √ of the bounded quantity.
    #[must_use]
    pub fn sqrt(&self) -> Self {
        Upper::of(Float::with_val_round(self.0.prec(), self.0.sqrt_ref(), Round::Up).0)
    }

    /// The better of two bounds on the same quantity.
    #[must_use]
    pub fn best(self, other: Self) -> Self {
        if other.0 < self.0 { other } else { self }
    }

    /// Rounded up to the precision of `f64`.
    pub fn to_magnitude(&self) -> Magnitude {
        to_magnitude(&self.0, Round::Up)
    }
}

impl Lower {
    /// The bound that says nothing.
    pub fn zero() -> Self {
        Lower(Float::new(64))
    }

    pub(super) fn of(value: Float) -> Self {
        // Also −0, by which a quotient would change its sign.
        if value.is_nan() || value <= 0u32 { Lower::zero() } else { Lower(value) }
    }

    /// √ of the bounded quantity.
    #[must_use]
    pub fn sqrt(&self) -> Self {
        Lower::of(Float::with_val_round(self.0.prec(), self.0.sqrt_ref(), Round::Down).0)
    }

    /// The better of two bounds on the same quantity.
    #[must_use]
    pub fn best(self, other: Self) -> Self {
        if other.0 > self.0 { other } else { self }
    }

    /// Rounded down to the precision of `f64`.
    pub fn to_magnitude(&self) -> Magnitude {
        to_magnitude(&self.0, Round::Down)
    }
}

fn to_magnitude(value: &Float, round: Round) -> Magnitude {
    if value.is_infinite() {
        return Magnitude::INFINITY;
    }
    let short = Float::with_val_round(53, value, round).0;
    match short.get_exp() {
        // `get_exp` counts from a mantissa in [1/2, 1).
        Some(exponent) => {
            let unit = Float::with_val(53, &short >> exponent).to_f64();
            Magnitude::new(unit, i64::from(exponent)).unwrap_or(Magnitude::INFINITY)
        }
        None => Magnitude::ZERO,
    }
}

macro_rules! directed {
    ($side:ident, $opposite:ident, $round:expr) => {
        impl From<u32> for $side {
            /// Exact.
            fn from(value: u32) -> Self {
                $side(Float::with_val(64, value))
            }
        }
        impl Add<&$side> for $side {
            type Output = $side;
            fn add(self, rhs: &$side) -> $side {
                let p = self.0.prec().max(rhs.0.prec());
                $side::of(Float::with_val_round(p, &self.0 + &rhs.0, $round).0)
            }
        }
        impl Mul<&$side> for $side {
            type Output = $side;
            fn mul(self, rhs: &$side) -> $side {
                let p = self.0.prec().max(rhs.0.prec());
                $side::of(Float::with_val_round(p, &self.0 * &rhs.0, $round).0)
            }
        }
        impl Div<&$opposite> for $side {
            type Output = $side;
            fn div(self, rhs: &$opposite) -> $side {
                let p = self.0.prec().max(rhs.0.prec());
                $side::of(Float::with_val_round(p, &self.0 / &rhs.0, $round).0)
            }
        }
        impl Add for $side {
            type Output = $side;
            fn add(self, rhs: $side) -> $side {
                self + &rhs
            }
        }
        impl Mul for $side {
            type Output = $side;
            fn mul(self, rhs: $side) -> $side {
                self * &rhs
            }
        }
        impl Div<$opposite> for $side {
            type Output = $side;
            fn div(self, rhs: $opposite) -> $side {
                self / &rhs
            }
        }
    };
}

directed!(Upper, Lower, Round::Up);
directed!(Lower, Upper, Round::Down);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_rounds_its_own_way() {
        let high = Upper::from(1u32) / Lower::from(3u32);
        let low = Lower::from(1u32) / Upper::from(3u32);
        assert!(low.0 < high.0);
        assert!(high.clone() * Upper::from(3u32) > Upper::from(1u32));
        assert!(low.clone() * Lower::from(3u32) < Lower::from(1u32));
        assert!(low.to_magnitude() < high.to_magnitude());
        assert!(low.sqrt().to_magnitude() < high.sqrt().to_magnitude());
    }

    #[test]
    fn what_is_undefined_says_nothing() {
        assert_eq!(Upper::from(1u32) / Lower::zero(), Upper::infinite());
        assert_eq!(Upper::infinite() * Upper::from(0u32), Upper::infinite());
        assert_eq!(Upper::from(0u32) / Lower::zero(), Upper::infinite());
        let negative_zero = || -Float::new(64);
        assert_eq!(Upper::from(1u32) / Lower::of(negative_zero()), Upper::infinite());
        assert_eq!(
            Lower::from(1u32) / Upper::of(negative_zero()),
            Lower::of(Float::with_val(64, f64::INFINITY))
        );
        assert_eq!(Lower::from(1u32) / Upper::infinite(), Lower::zero());
        assert_eq!(Upper::infinite().to_magnitude(), Magnitude::INFINITY);
        assert_eq!(Lower::zero().to_magnitude(), Magnitude::ZERO);
    }

    #[test]
    fn numbers_beyond_f64_keep_their_exponent() {
        let tiny = Lower(Float::with_val(64, 1) >> 5000u32);
        assert_eq!(tiny.to_magnitude(), Magnitude::new(1.0, -5000).unwrap());
    }
}
