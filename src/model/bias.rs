//! The biases of a network: layer i adds to its pre-activations a vector of independent
//! N(0, β_i²) entries, the output too.

use std::fmt;

use rug::Rational;
use rug::ops::Pow;

use crate::model::clean::compact;
use crate::model::error::{Error, Result};
use crate::model::slope::Slope;
use crate::num::magnitude::Magnitude;
use crate::num::{Number, fraction, nearest};

const RELATIVE: &str = "a deviation in units of that of the pre-activations, such as 0.5 or 1/3: \
                        0, or from 1e-6 to 1e6";
const DEVIATION: &str = "a deviation of the biases, such as 0.1: 0, or from 1e-6 to 1e6";
const GAIN: &str = "a gain g from 1e-3 to 1e3: weights have variance g²/d, 1 by default";

/// The relative size of the biases, layer by layer: the ratio 𝗌_i of their deviation to that of the
/// pre-activations without them. It has no unit, and scaling all weights does not change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bias {
    /// The same in every layer, 0 for none.
    Relative(Exact),
    /// One deviation τ in every layer, of networks whose weights have variance g²/d, at inputs of
    /// norm √d. Biases τ/gⁱ and weights of variance 1/d make the same network, up to a scale.
    Deviation {
        /// τ.
        deviation: Exact,
        /// g.
        gain: Exact,
    },
}

/// A number as the user wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exact {
    value: Rational,
    text: String,
}

impl Exact {
    fn parse(name: &str, text: &str, permitted: &str, [least, most]: [i32; 2]) -> Result<Self> {
        let power = |exponent: i32| Rational::from(10).pow(exponent);
        let within = |value: &Rational| {
            let zero = value.is_zero() && name != "gain";
            zero || *value >= power(least) && *value <= power(most)
        };
        fraction(text)
            .filter(within)
            .map(|value| Exact { value, text: compact(text) })
            .ok_or_else(|| Error::new(name, text, permitted))
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Bias {
    /// No biases.
    pub fn none() -> Self {
        Bias::Relative(Exact { value: Rational::new(), text: "0".into() })
    }

    /// Of relative size 𝗌 in every layer.
    ///
    /// # Errors
    /// Not a number, or out of range.
    pub fn relative(text: &str) -> Result<Self> {
        Exact::parse("bias", text, RELATIVE, [-6, 6]).map(Bias::Relative)
    }

    /// Of one deviation in every layer, at this gain of the weights, 1 if absent.
    ///
    /// # Errors
    /// Not a number, or out of range.
    pub fn deviation(deviation: &str, gain: Option<&str>) -> Result<Self> {
        let deviation = Exact::parse("bias-std", deviation, DEVIATION, [-6, 6])?;
        let gain = Exact::parse("gain", gain.unwrap_or("1"), GAIN, [-3, 3])?;
        Ok(Bias::Deviation { deviation, gain })
    }

    /// Are there none?
    pub fn is_none(&self) -> bool {
        match self {
            Bias::Relative(size) | Bias::Deviation { deviation: size, .. } => size.value.is_zero(),
        }
    }

    /// 𝗌_1², …, 𝗌_{L+1}², in the arithmetic of `like`; exactly 0 without biases.
    pub fn squares<N: Number>(&self, slope: &Slope, depth: usize, like: &N) -> Vec<N> {
        match self {
            Bias::Relative(size) => vec![like.rational(&size.value).square(); depth + 1],
            Bias::Deviation { deviation, gain } => {
                // 𝗌_{i+1}² = 𝗌_i²/(g²μ(1 + 𝗌_i²)), since v_i = μ(1 + 𝗌_i²)v_{i−1} and β_i = τ/gⁱ.
                let square = like.rational(&gain.value).square();
                let kept = slope.kept(like);
                let next = |s: &N| {
                    Some(s.clone() / (square.clone() * kept.clone() * (like.like(1.0) + s.clone())))
                };
                let first = like.rational(&deviation.value).square() / square.clone();
                std::iter::successors(Some(first), next).take(depth + 1).collect()
            }
        }
    }

    /// Their logarithms in floating point: at a large gain they leave its range with depth.
    pub fn log_squares(&self, slope: &Slope, depth: usize) -> Vec<f64> {
        match self {
            Bias::Relative(size) => vec![2.0 * nearest(&size.value).ln(); depth + 1],
            Bias::Deviation { deviation, gain } => {
                let gain = 2.0 * nearest(&gain.value).ln();
                let kept = slope.kept(&0.0f64).ln();
                let next = |log: &f64| Some(log - gain - kept - log.exp().ln_1p());
                let first = 2.0 * nearest(&deviation.value).ln() - gain;
                std::iter::successors(Some(first), next).take(depth + 1).collect()
            }
        }
    }

    /// β_1, …, β_{L+1} in units of ‖x‖/√d: the deviations of the biases; none without.
    pub fn deviations(&self, slope: &Slope, depth: usize) -> Vec<Magnitude> {
        if self.is_none() {
            return Vec::new();
        }
        let kept = slope.kept(&0.0f64);
        let of = |value: f64| Magnitude::from_f64(value).unwrap_or(Magnitude::INFINITY);
        let mut signal = Magnitude::ONE;
        let logs = self.log_squares(slope, depth);
        let each = logs.into_iter().map(|log| {
            let size = Magnitude::from_ln(0.5 * log).unwrap_or(Magnitude::INFINITY);
            let deviation = signal * size;
            signal = signal * of((kept * (1.0 + log.exp())).sqrt());
            deviation
        });
        each.collect()
    }

    /// log β², where the pre-activations without biases have a variance of this logarithm: what it
    /// is at any activation, at gain 1.
    pub fn log_square(&self, log_signal: f64) -> f64 {
        let log = |size: &Exact| 2.0 * nearest(&size.value).ln();
        match self {
            Bias::Relative(size) => log(size) + log_signal,
            Bias::Deviation { deviation, .. } => log(deviation),
        }
    }

    /// g, where it is not 1.
    pub fn gain(&self) -> Option<&Exact> {
        match self {
            Bias::Deviation { gain, .. } if gain.value != 1 => Some(gain),
            _ => None,
        }
    }

    /// As records keep it: the size, absent without biases, and the gain where it is a deviation.
    pub fn record(&self) -> [Option<String>; 2] {
        match self {
            _ if self.is_none() => [None, None],
            Bias::Relative(size) => [Some(size.to_string()), None],
            Bias::Deviation { deviation, gain } => {
                [Some(deviation.to_string()), Some(gain.to_string())]
            }
        }
    }

    /// Reads such a record back.
    ///
    /// # Errors
    /// As those of [`relative`](Bias::relative) and [`deviation`](Bias::deviation).
    pub fn from_record(size: Option<&str>, gain: Option<&str>) -> Result<Self> {
        match (size, gain) {
            (None, _) => Ok(Bias::none()),
            (Some(size), None) => Bias::relative(size),
            (Some(size), gain) => Bias::deviation(size, gain),
        }
    }
}

impl Default for Bias {
    fn default() -> Self {
        Bias::none()
    }
}

/// In words, for headlines: "biases 0.5".
impl fmt::Display for Bias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bias::Relative(size) => write!(f, "biases {size}"),
            Bias::Deviation { deviation, gain } => {
                write!(f, "biases of deviation {deviation} at gain {gain}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Enclosure;

    #[test]
    fn sizes_are_exact_and_bounded() {
        assert!(Bias::relative("0").unwrap().is_none() && Bias::none().record() == [None, None]);
        assert!(!Bias::relative("1/3").unwrap().is_none());
        for bad in ["", "NaN", "-1", "1e7", "1e-7", "inf", "0x1"] {
            let message = Bias::relative(bad).unwrap_err().to_string();
            assert!(message.starts_with("bias"), "{message}");
            assert!(Bias::deviation(bad, None).is_err());
            assert!(Bias::deviation("1", Some(bad)).is_err());
        }
        assert!(Bias::deviation("1", Some("0")).is_err());
    }

    #[test]
    fn records_are_read_back() {
        for bias in [
            Bias::none(),
            Bias::relative("0.5").unwrap(),
            Bias::deviation("1/10", Some("1.41")).unwrap(),
        ] {
            let [size, gain] = bias.record();
            assert_eq!(Bias::from_record(size.as_deref(), gain.as_deref()).unwrap(), bias);
        }
    }

    /// Of one deviation: v_i by its recursion, in units in which v₀ = 1, and β_i = τ/gⁱ.
    #[test]
    fn relative_sizes_follow_the_signal() {
        let slope = Slope::parse("1/2").unwrap();
        let (tau, gain) = (0.3, 1.4);
        let bias = Bias::deviation("0.3", Some("1.4")).unwrap();
        let exact = bias.squares(&slope, 40, &Enclosure::point(200, 0.0));
        let mut signal = 1.0;
        for (i, (square, exact)) in bias.squares(&slope, 40, &0.0).iter().zip(&exact).enumerate() {
            let variance = (tau / f64::powi(gain, i as i32 + 1)).powi(2);
            assert!((square * signal / variance - 1.0).abs() < 1e-12);
            assert!((exact.to_f64() / square - 1.0).abs() < 1e-12);
            let log = bias.log_squares(&slope, 40)[i];
            assert!((log - square.ln()).abs() < 1e-12 * log.abs());
            signal = 0.625 * (signal + variance);
        }
        assert_eq!(Bias::none().squares(&slope, 2, &0.0), [0.0; 3]);
        assert_eq!(Bias::relative("1/2").unwrap().squares(&slope, 2, &0.0), [0.25; 3]);
    }
}
