//! The angle between two inputs, given exactly.

use std::fmt;

use rug::ops::Pow;
use rug::{Integer, Rational};

use crate::model::error::{Error, Result};
use crate::num::{Enclosure, equals, fraction};

/// θ₀, or its cosine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// cos θ₀, from −1 to 1.
    Cos(Rational),
    /// θ₀/π, from 0 to 1, where the cosine is not rational.
    Pi(Rational),
    /// θ₀ in radians, from 0 to π.
    Radians(Rational),
}

impl Start {
    /// A right angle.
    pub fn orthogonal() -> Self {
        Start::Cos(Rational::from(0))
    }

    /// For networks, whose passes in floating point cannot tell much smaller angles apart.
    ///
    /// # Errors
    /// An angle between 0 and 10⁻⁵⁰.
    pub fn for_networks(self) -> Result<Self> {
        let s = self.one_minus_cos(256);
        // 10⁻⁵⁰ itself is allowed: both go through the same roundings.
        let least = Start::Radians(Rational::from((1, Integer::from(10).pow(50))));
        if s.is_positive() && s.certainly_lt(&least.one_minus_cos(256)) {
            let permitted = "for networks 0, or an angle of at least 1e-50";
            return Err(Error::new("theta0", self.record(), permitted));
        }
        Ok(self)
    }

    /// Is θ₀ 0: are the two inputs one?
    pub fn is_one(&self) -> bool {
        *self == Start::Cos(Rational::from(1)) || *self == Start::Radians(Rational::from(0))
    }

    /// Is θ₀ 0 or π?
    pub fn is_parallel(&self) -> bool {
        self.is_one() || *self == Start::Cos(Rational::from(-1))
    }

    /// Text that [`from_record`](Start::from_record) reads back.
    pub fn record(&self) -> String {
        match self {
            Start::Cos(cosine) => format!("cos {cosine}"),
            Start::Pi(share) => format!("{share} pi"),
            Start::Radians(angle) => angle.to_string(),
        }
    }

    /// For titles: like `Display`, with long fractions cut to a few digits.
    pub fn title(&self) -> String {
        match self {
            Start::Cos(cosine) => format!("cos θ₀ {}", equals(cosine)),
            Start::Pi(share) => format!("θ₀ {} π", equals(share)),
            Start::Radians(angle) => format!("θ₀ {}", equals(angle)),
        }
    }

    /// Reads what [`record`](Start::record) gives.
    ///
    /// # Errors
    /// Anything else.
    pub fn from_record(text: &str) -> Result<Self> {
        match text.strip_prefix("cos ") {
            Some(cosine) => Start::cos(cosine),
            None => Start::theta(text),
        }
    }

    /// A cosine such as `0`, `-1/3` or `0.25`.
    ///
    /// # Errors
    /// Not a number from −1 to 1.
    pub fn cos(text: &str) -> Result<Self> {
        let wrong = || Error::new("cos", text, "a number from -1 to 1, such as 0, -1/3 or 0.25");
        let cosine = fraction(text).ok_or_else(wrong)?;
        let inside = |cosine: &Rational| (-1..=1).contains(cosine);
        if inside(&cosine) {
            return Ok(Start::Cos(cosine));
        }
        let limit = if cosine > 0 { 1 } else { -1 };
        let close = inside(&(cosine - near() * limit));
        Err(if close { meant(wrong(), &limit.to_string()) } else { wrong() })
    }

    /// An angle such as `pi`, `pi/3`, `2/3pi` or `1.5`.
    ///
    /// # Errors
    /// Not an angle from 0 to π.
    pub fn theta(text: &str) -> Result<Self> {
        let wrong = || {
            let permitted = "an angle from 0 to pi, such as pi/3, 2/3pi or 1.5";
            Error::new("theta0", text, permitted)
        };
        let plain = text.trim().replace('π', "pi");
        let Some((before, after)) = plain.split_once("pi") else {
            let angle = fraction(text).ok_or_else(wrong)?;
            let limit = Enclosure::pi(4096);
            let inside = |angle: &Rational| {
                *angle >= 0 && Enclosure::rational(4096, angle).certainly_lt(&limit)
            };
            if inside(&angle) {
                return Ok(Start::Radians(angle));
            }
            let (end, name) = if angle > 0 { (1, "pi") } else { (-1, "0") };
            let close = inside(&(angle - near() * end));
            return Err(if close { meant(wrong(), name) } else { wrong() });
        };
        let factor = match before.trim_end_matches(['*', ' ']) {
            "" => Rational::from(1),
            factor => fraction(factor).ok_or_else(wrong)?,
        };
        let divisor = match after.trim().strip_prefix('/') {
            None if after.trim().is_empty() => Rational::from(1),
            None => return Err(wrong()),
            Some(divisor) => fraction(divisor).filter(|d| *d > 0).ok_or_else(wrong)?,
        };
        let share = factor / divisor;
        if !(0..=1).contains(&share) {
            return Err(wrong());
        }
        // By Niven's theorem these are the rational multiples of π with a rational cosine.
        let known = [
            ((0, 1), (1, 1)),
            ((1, 3), (1, 2)),
            ((1, 2), (0, 1)),
            ((2, 3), (-1, 2)),
            ((1, 1), (-1, 1)),
        ];
        let cosine = known.iter().find(|(angle, _)| Rational::from(*angle) == share);
        Ok(cosine.map_or(Start::Pi(share), |(_, cos)| Start::Cos(Rational::from(*cos))))
    }

    /// s₀ = 1 − cos θ₀.
    pub fn one_minus_cos(&self, precision: u32) -> Enclosure {
        let half_angle = match self {
            Start::Cos(cosine) => {
                return Enclosure::rational(precision, &Rational::from(1 - cosine));
            }
            Start::Pi(share) => {
                Enclosure::rational(precision, share) * Enclosure::pi(precision) / 2
            }
            Start::Radians(angle) => Enclosure::rational(precision, angle) / 2,
        };
        half_angle.sin_first_quarter().square() * 2
    }
}

/// What lies no further beyond a limit was the limit before it was rounded: four units in the last
/// place of 1.
fn near() -> Rational {
    Rational::from((1, Integer::from(1) << 50))
}

fn meant(wrong: Error, limit: &str) -> Error {
    wrong.hint(format!("the nearest allowed is {limit}"))
}

/// Exactly.
impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Start::Cos(cosine) => write!(f, "cos θ₀ = {cosine}"),
            Start::Pi(share) => write!(f, "θ₀ = {share} π"),
            Start::Radians(angle) => write!(f, "θ₀ = {angle}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_read_back() {
        for start in ["cos -1/3", "cos 1", "2/5 pi", "3/7"] {
            let parsed = Start::from_record(start).unwrap();
            assert_eq!(
                (parsed.record(), Start::from_record(&parsed.record()).unwrap()),
                (start.into(), parsed)
            );
        }
    }

    /// What a computation rounded to just beyond a limit is refused with that limit as a hint.
    #[test]
    fn the_nearest_allowed_is_hinted_at() {
        let hint = |refused: Result<Start>| {
            let message = refused.unwrap_err().to_string();
            message.split_once(" (the nearest allowed is ").map(|(_, hint)| hint.to_owned())
        };
        let of = |limit: &str| Some(format!("{limit})"));
        assert_eq!(hint(Start::cos("1.0000000000000002")), of("1"));
        assert_eq!(hint(Start::cos("-1.0000000000000004")), of("-1"));
        assert_eq!(hint(Start::cos("1.00000000000001")), None);
        assert_eq!(hint(Start::cos("-2")), None);
        assert_eq!(hint(Start::theta("3.1415926535897936")), of("pi"));
        assert_eq!(hint(Start::theta("-1e-17")), of("0"));
        assert_eq!(hint(Start::theta("3.15")), None);
        assert_eq!(hint(Start::theta("-0.1")), None);
    }

    #[test]
    fn titles_are_short_and_records_are_exact() {
        let text = format!("0.{}", "3".repeat(300));
        let start = Start::cos(&text).unwrap();
        assert_eq!(start.title(), "cos θ₀ ≈ 0.333333");
        assert!(start.to_string().len() > 300);
        assert_eq!(Start::from_record(&start.record()).unwrap(), start);
        assert_eq!(Start::theta("pi/5").unwrap().title(), "θ₀ = 1/5 π");
    }

    #[test]
    fn angles_parse_exactly() {
        assert_eq!(Start::theta("pi/2").unwrap(), Start::cos("0").unwrap());
        assert_eq!(Start::theta("pi").unwrap(), Start::cos("-1").unwrap());
        assert_eq!(Start::theta("2/3pi").unwrap(), Start::cos("-1/2").unwrap());
        assert_eq!(Start::theta("2*pi/3").unwrap(), Start::cos("-0.5").unwrap());
        assert_eq!(Start::theta("pi/5").unwrap(), Start::Pi(Rational::from((1, 5))));
        // cos(π/5) = (1 + √5)/4; and the same angle in radians, to the digits given.
        let s = |text: &str| Start::theta(text).unwrap().one_minus_cos(128).to_f64();
        let exact = 1.0 - (1.0 + 5f64.sqrt()) / 4.0;
        assert!((s("pi/5") - exact).abs() < 1e-15);
        assert!((s("0.62831853071795864769") - exact).abs() < 1e-15);
        for bad in ["", "4", "-1", "2pi", "pi/0", "pix", "nan", "pi/-3", "3.1415926535897932385"] {
            let message = Start::theta(bad).unwrap_err().to_string();
            assert!(message.starts_with("theta0"), "{message}");
        }
        for bad in ["1.01", "-2", "pi", ""] {
            assert!(Start::cos(bad).unwrap_err().to_string().starts_with("cos"));
        }
    }
}
