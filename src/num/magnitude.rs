//! Non-negative numbers far beyond the range of `f64`, exactly as computed in `f64`.

use crate::num::Toward;
use crate::num::exact::Beyond;
use std::cmp::Ordering;
use std::fmt;
use std::ops::{Div, Mul};

/// A non-negative number `mantissa · 2^exponent`, possibly infinite, never NaN.
///
/// A deep network halves its squared signal in every layer, so outputs leave the range of
/// `f64` near depth 2000. Passes, observations and printed bounds use this type, which has the
/// precision of `f64` and an exponent of 64 bits. Products and quotients round to nearest;
/// comparison is exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Magnitude {
    /// In [1, 2), or 0, or infinity.
    mantissa: f64,
    /// 0 when the mantissa is 0 or infinity.
    exponent: i64,
}

impl Magnitude {
    /// The number 0.
    pub const ZERO: Magnitude = Magnitude { mantissa: 0.0, exponent: 0 };
    /// The number 1.
    pub const ONE: Magnitude = Magnitude { mantissa: 1.0, exponent: 0 };
    /// No finite number.
    pub const INFINITY: Magnitude = Magnitude { mantissa: f64::INFINITY, exponent: 0 };

    /// `mantissa · 2^exponent`, or `None` if `mantissa` is negative or NaN.
    pub fn new(mantissa: f64, exponent: i64) -> Option<Self> {
        if mantissa.is_nan() || mantissa < 0.0 {
            return None;
        }
        if mantissa == 0.0 || mantissa.is_infinite() {
            return Some(Magnitude { mantissa: mantissa.abs(), exponent: 0 });
        }
        // Subnormal mantissas are first lifted into the normal range; both steps are exact.
        let (lifted, shift) = if mantissa < f64::MIN_POSITIVE {
            (mantissa * 2f64.powi(64), 64)
        } else {
            (mantissa, 0)
        };
        let bits = lifted.to_bits();
        let unbiased = ((bits >> 52) & 0x7ff) as i64 - 1023;
        let unit = f64::from_bits((bits & !(0x7ff << 52)) | (1023 << 52));
        Some(Magnitude { mantissa: unit, exponent: exponent.saturating_add(unbiased - shift) })
    }

    /// The value of a non-negative `f64`, or `None`.
    pub fn from_f64(value: f64) -> Option<Self> {
        Magnitude::new(value, 0)
    }

    /// e^`ln`, or `None` for NaN.
    pub fn from_ln(ln: f64) -> Option<Self> {
        if ln == f64::INFINITY {
            return Some(Magnitude::INFINITY);
        }
        if ln == f64::NEG_INFINITY {
            return Some(Magnitude::ZERO);
        }
        let exponent = (ln / std::f64::consts::LN_2).floor();
        Magnitude::new((ln - exponent * std::f64::consts::LN_2).exp(), exponent as i64)
    }

    /// Mantissa in [1, 2), 0 or infinity, and exponent of 2.
    pub fn parts(self) -> (f64, i64) {
        (self.mantissa, self.exponent)
    }

    /// The nearest `f64`: 0 or infinity out of range.
    pub fn to_f64(self) -> f64 {
        let half = (self.exponent / 2).clamp(-1100, 1100) as i32;
        let rest = (self.exponent - i64::from(half)).clamp(-1100, 1100) as i32;
        // Two factors, so that neither leaves the range before the product does.
        self.mantissa * 2f64.powi(half) * 2f64.powi(rest)
    }

    /// The nearest `f64` on one side.
    pub fn to_f64_toward(self, toward: Toward) -> f64 {
        let near = self.to_f64();
        let order = Magnitude::from_f64(near).map(|found| found.cmp(&self));
        match (toward, order) {
            (Toward::Up, Some(Ordering::Less)) => near.next_up(),
            (Toward::Down, Some(Ordering::Greater)) => near.next_down(),
            _ => near,
        }
    }

    /// The value as `f64`, if that is exact.
    pub fn as_exact_f64(self) -> Option<f64> {
        let value = self.to_f64();
        (Magnitude::from_f64(value) == Some(self)).then_some(value)
    }

    /// Natural logarithm, to `f64` rounding; −∞ for 0.
    pub fn ln(self) -> f64 {
        self.mantissa.ln() + self.exponent as f64 * std::f64::consts::LN_2
    }

    /// Common logarithm, to `f64` rounding; −∞ for 0.
    pub fn log10(self) -> f64 {
        self.mantissa.log10() + self.exponent as f64 * std::f64::consts::LOG10_2
    }

    /// Is this 0?
    pub fn is_zero(self) -> bool {
        self.mantissa == 0.0
    }

    /// Is this a finite number?
    pub fn is_finite(self) -> bool {
        self.mantissa.is_finite()
    }
}

impl Eq for Magnitude {}

impl PartialOrd for Magnitude {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Magnitude {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |m: &Magnitude| match m.mantissa {
            0.0 => (0, 0),
            f64::INFINITY => (2, 0),
            _ => (1, m.exponent),
        };
        rank(self).cmp(&rank(other)).then(self.mantissa.total_cmp(&other.mantissa))
    }
}

impl Mul for Magnitude {
    type Output = Magnitude;
    /// Rounded to nearest; `0 · ∞ = ∞`.
    fn mul(self, rhs: Magnitude) -> Magnitude {
        Magnitude::new(self.mantissa * rhs.mantissa, self.exponent.saturating_add(rhs.exponent))
            .unwrap_or(Magnitude::INFINITY)
    }
}

impl Div for Magnitude {
    type Output = Option<Magnitude>;
    /// Rounded to nearest; `None` for `0/0` and `∞/∞`.
    fn div(self, rhs: Magnitude) -> Option<Magnitude> {
        Magnitude::new(self.mantissa / rhs.mantissa, self.exponent.saturating_sub(rhs.exponent))
    }
}

/// Text that [`Magnitude::from_str`](std::str::FromStr) reads back exactly: a decimal number, or
/// `<decimal>p<exponent of 2>` beyond the range of `f64`.
impl fmt::Display for Magnitude {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_exact_f64() {
            Some(value) => write!(f, "{value:e}"),
            None => write!(f, "{}p{}", self.mantissa, self.exponent),
        }
    }
}

impl std::str::FromStr for Magnitude {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "not a non-negative number such as 1.5e-3 or 1.5p-2000";
        let (mantissa, exponent) = text.split_once('p').unwrap_or((text, "0"));
        let mantissa: f64 = mantissa.parse().map_err(|_| wrong())?;
        let exponent: i64 = exponent.parse().map_err(|_| wrong())?;
        Magnitude::new(mantissa, exponent).ok_or_else(wrong)
    }
}

/// A JSON number where `f64` holds the value exactly, otherwise its logarithm and the text of
/// `Display`.
impl serde::Serialize for Magnitude {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_exact_f64() {
            Some(value) if value.is_finite() => serializer.serialize_f64(value),
            _ => {
                let log10 = self.is_finite().then(|| self.log10());
                Beyond { log10, exact: self.to_string() }.serialize(serializer)
            }
        }
    }
}

impl<'de> serde::Deserialize<'de> for Magnitude {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(f64),
            Text(String),
            Beyond(Beyond),
        }
        let wrong = || serde::de::Error::custom("not a non-negative number");
        match Form::deserialize(deserializer)? {
            Form::Number(value) => Magnitude::from_f64(value).ok_or_else(wrong),
            Form::Text(text) | Form::Beyond(Beyond { exact: text, .. }) => {
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_json_round_trip(mantissa in 0f64..1e300, exponent in -5000i64..5000) {
            let value = Magnitude::new(mantissa, exponent).unwrap();
            prop_assert_eq!(value.to_string().parse::<Magnitude>().unwrap(), value);
            let json = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<Magnitude>(&json).unwrap(), value);
        }

        /// Exactly: what is drawn is 0 or at least 10⁻⁶, so that no product is subnormal.
        #[test]
        fn order_is_that_of_the_numbers(a in 0f64..1e10, b in 0f64..1e10) {
            let (x, y) = (Magnitude::from_f64(a).unwrap(), Magnitude::from_f64(b).unwrap());
            prop_assume!(a.min(b) == 0.0 || a.min(b) > 1e-100);
            prop_assert_eq!(x.cmp(&y), a.total_cmp(&b));
            prop_assert_eq!((x * y).to_f64(), a * b);
        }
    }

    #[test]
    fn extremes() {
        for value in [0.0, f64::MIN_POSITIVE, 5e-324, 3e-310, 1.0, f64::MAX, f64::INFINITY] {
            assert_eq!(Magnitude::from_f64(value).unwrap().to_f64(), value);
        }
        assert_eq!(Magnitude::from_f64(f64::NAN), None);
        assert_eq!(Magnitude::from_f64(-1.0), None);
        let tiny = Magnitude::from_ln(-10_000.0).unwrap();
        assert!((tiny.ln() + 10_000.0).abs() < 1e-9 && tiny.to_f64() == 0.0);
        assert_eq!(Magnitude::ZERO / Magnitude::ZERO, None);
        let least = f64::from_bits(1);
        for (mantissa, exponent, down, up) in [
            (1.4, -1074, least, 2.0 * least),
            (1.7, -1074, least, 2.0 * least),
            (1.0, -5000, 0.0, least),
            (1.0, 5000, f64::MAX, f64::INFINITY),
            (1.5, 3, 12.0, 12.0),
        ] {
            let value = Magnitude::new(mantissa, exponent).unwrap();
            assert_eq!(value.to_f64_toward(Toward::Down), down);
            assert_eq!(value.to_f64_toward(Toward::Up), up);
        }
        assert!(
            Magnitude::ZERO < tiny && tiny < Magnitude::ONE && Magnitude::ONE < Magnitude::INFINITY
        );
    }
}
