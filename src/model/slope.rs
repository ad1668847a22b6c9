//! The activation, given exactly: σ_a(t) = t for t > 0 and a·t for t ≤ 0.

use std::fmt;

use rug::Rational;

use crate::model::clean::compact;
use crate::model::curve::Curve;
use crate::model::error::{Error, Result};
use crate::num::{Enclosure, Number, fraction, nearest};

/// The least size of a slope that is not 0. Far below, layers in which all neurons are inactive,
/// which happen once in 2ⁿ, would decide moments.
const LEAST: (u32, u32) = (1, 1_000_000);

/// The slope a ∈ [−1, 1] of the activation at negative arguments: 0 is ReLU, 1 a linear network, −1
/// the absolute value. By scaling, and because weights are symmetric, every positively homogeneous
/// activation is one of these.
#[derive(Clone, PartialEq, Eq)]
pub struct Slope {
    value: Rational,
    text: String,
}

impl Slope {
    /// The names of activations with their slopes.
    pub const NAMED: [(&str, &str); 4] =
        [("relu", "0"), ("leaky", "0.01"), ("abs", "-1"), ("linear", "1")];

    /// A slope such as `0.1`, `-1/2` or `1`.
    ///
    /// # Errors
    /// Not a number, outside [−1, 1], or below 10⁻⁶ in size without being 0.
    pub fn parse(text: &str) -> Result<Self> {
        fraction(text)
            .filter(|value| {
                let size = Rational::from(value.abs_ref());
                value.is_zero() || size <= 1 && size >= Rational::from(LEAST)
            })
            .map(|value| Slope { value, text: compact(text) })
            .ok_or_else(|| {
                let permitted = "a slope from -1 to 1, such as 0.1 or -1/2: 0 is ReLU, 1 linear, \
                                 -1 the absolute value; at least 1e-6 in size, or 0";
                Error::new("slope", text, permitted)
            })
    }

    /// That of a named activation.
    ///
    /// # Errors
    /// An unknown name; the message lists the known ones.
    pub fn named(name: &str) -> Result<Self> {
        let found = Slope::NAMED.iter().find(|(known, _)| *known == name);
        let (_, text) = found.ok_or_else(|| {
            let known = Slope::NAMED.map(|(known, _)| known).join(", ");
            let curves = Curve::names();
            let permitted = format!("one of {known}, or in check, which measures them, {curves}");
            Error::new("activation", name, permitted)
        })?;
        Slope::parse(text)
    }

    /// 0: ReLU.
    pub fn relu() -> Self {
        Slope { value: Rational::new(), text: "0".into() }
    }

    /// a, exactly.
    pub fn value(&self) -> &Rational {
        &self.value
    }

    /// The nearest `f64`.
    pub fn to_f64(&self) -> f64 {
        nearest(&self.value)
    }

    /// An enclosure at `precision` bits.
    pub fn enclosure(&self, precision: u32) -> Enclosure {
        Enclosure::rational(precision, &self.value)
    }

    /// a in the arithmetic of `like`; exact for 0 and ±1.
    pub fn of<N: Number>(&self, like: &N) -> N {
        like.rational(&self.value)
    }

    /// (1 + a²)/2: what a layer keeps of the square of its signal in the mean.
    pub fn kept<N: Number>(&self, like: &N) -> N {
        (like.like(1.0) + self.of(like).square()) / like.like(2.0)
    }

    /// (1 − a)²/(1 + a²), from 0 for a linear network over 1 for ReLU to 2 for the absolute value:
    /// by so much the angle between two inputs falls in a layer, in units of ReLU.
    pub fn bend(&self) -> Rational {
        let one = Rational::from(1);
        let square = Rational::from(&self.value * &self.value);
        let jump = Rational::from(&one - &self.value);
        Rational::from(&jump * &jump) / (one + square)
    }

    /// a = 0: neurons are silent at negative arguments, and whole layers may be.
    pub fn is_relu(&self) -> bool {
        self.value.is_zero()
    }

    /// a < 0.
    pub fn is_negative(&self) -> bool {
        self.value < 0
    }

    /// As records keep it: absent for ReLU.
    pub fn record(&self) -> Option<String> {
        (!self.is_relu()).then(|| self.to_string())
    }

    /// a = 1: the network is linear.
    pub fn is_linear(&self) -> bool {
        self.value == 1
    }

    /// 0 < |a| < 1: inactive neurons carry something, and less than active ones.
    pub fn is_mixed(&self) -> bool {
        !(self.is_relu() || self.is_linear() || self.is_absolute())
    }

    /// a = −1: the absolute value.
    pub fn is_absolute(&self) -> bool {
        self.value == -1
    }
}

impl Default for Slope {
    fn default() -> Self {
        Slope::relu()
    }
}

/// As the user wrote it.
impl fmt::Display for Slope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Slope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_exact_and_between_minus_one_and_one() {
        for (text, value) in [("0.1", (1, 10)), ("-1/2", (-1, 2)), ("1", (1, 1)), ("-1", (-1, 1))] {
            let slope = Slope::parse(text).unwrap();
            assert_eq!(*slope.value(), Rational::from(value));
            assert_eq!(slope.to_string(), text);
        }
        assert!(Slope::parse("0").unwrap().is_relu() && Slope::parse("0.00").unwrap().is_relu());
        for bad in
            ["", "NaN", "inf", "1.0001", "-1.5", "2/1", "--1", "0x1", "1e", "1e-7", "-1e-300"]
        {
            let message = Slope::parse(bad).unwrap_err().to_string();
            assert!(message.starts_with("slope") && message.contains("-1 to 1"), "{message}");
        }
    }

    #[test]
    fn the_bend_is_that_of_the_kernel() {
        for (slope, bend) in [("0", (1, 1)), ("1", (0, 1)), ("-1", (2, 1)), ("-1/2", (9, 5))] {
            assert_eq!(Slope::parse(slope).unwrap().bend(), Rational::from(bend));
        }
    }

    #[test]
    fn names_are_those_of_the_field() {
        let named = |name| Slope::named(name).unwrap();
        assert!(named("relu").is_relu() && named("linear").is_linear());
        assert!(named("abs").is_absolute());
        assert_eq!(*named("leaky").value(), Rational::from((1, 100)));
        assert!(Slope::named("gelu").unwrap_err().to_string().contains("relu, leaky, abs"));
    }

    #[test]
    fn both_arithmetics_have_it() {
        let slope = Slope::parse("1/3").unwrap();
        assert_eq!(slope.of(&0.0f64), 1.0 / 3.0);
        let exact = slope.of(&Enclosure::point(200, 0.0));
        assert!((exact.to_f64() - 1.0 / 3.0).abs() < 1e-16 && exact.precision() == 200);
        let relu = Slope::relu().of(&Enclosure::point(200, 0.0));
        assert_eq!((relu.lo_f64(), relu.hi_f64()), (0.0, 0.0));
    }
}
