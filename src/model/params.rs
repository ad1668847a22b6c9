//! Exact parameters, parsed from text and validated once.

use rug::Rational;
use rug::ops::Pow;
use std::fmt;
use std::str::FromStr;

use crate::model::bias::Bias;
use crate::model::classes::Classes;
use crate::model::clean::{compact, short as short_text};
use crate::model::curve::Curve;
use crate::model::error::{Error, Result};
use crate::model::norm::{Input, Norm};
use crate::model::slope::Slope;
use crate::model::start::Start;
use crate::model::statement::{ActivationAtHand, AtHand, NormAtHand, Weights};
use crate::model::weights::{Ensemble, Entries};
use crate::num::{Enclosure, Number, fraction, grouped, nearest, whole_number};

/// The largest width: bounds are computed with numbers of this size, networks are not built.
pub const MAX_WIDTH: u128 = 10u128.pow(36);
/// The largest depth L.
pub const MAX_DEPTH: usize = 10_000;
/// Where the step is followed, one normal variable in each layer is free, which nothing depends on:
/// it is taken between minus this and 0, which hold it with probability 0.499.
pub const FREE_NORMAL: f64 = 3.0;
/// The smallest δ and α, as a power of ten.
const MIN_PROBABILITY_EXPONENT: u32 = 1000;

/// Widths d₀, d₁, …, d_L of a network with one output: d₀ is the input dimension, L the depth.
///
/// Written `784,512,512`, with `512x3` for three equal entries of a list. `1024x6` on its own is
/// the network of depth 6 whose input and hidden layers all have width 1024.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Architecture(Vec<u128>);

impl Architecture {
    /// From widths d₀ … d_L.
    ///
    /// # Errors
    /// No widths, a width of 0 or above [`MAX_WIDTH`], a depth above [`MAX_DEPTH`].
    pub fn new(widths: Vec<u128>) -> Result<Self> {
        if let Some(&bad) = widths.iter().find(|&&d| d == 0 || d > MAX_WIDTH) {
            return Err(Error::new("widths", bad, PERMITTED_WIDTH));
        }
        if widths.is_empty() || widths.len() - 1 > MAX_DEPTH {
            let depth = format!("of {} entries", widths.len());
            return Err(Error::new("widths", depth, PERMITTED_DEPTH));
        }
        Ok(Architecture(widths))
    }

    /// All widths d₀ … d_L.
    pub fn widths(&self) -> &[u128] {
        &self.0
    }

    /// d₀ = d.
    pub fn input(&self) -> u128 {
        self.0[0]
    }

    /// d₁ … d_L; empty in the linear case.
    pub fn hidden(&self) -> &[u128] {
        &self.0[1..]
    }

    /// L.
    pub fn depth(&self) -> usize {
        self.0.len() - 1
    }

    /// The largest width.
    pub fn largest(&self) -> u128 {
        self.0.iter().copied().max().unwrap_or(1)
    }

    /// The same widths with the narrowest hidden layer moved to be layer `layer`: the same multiset
    /// of widths, another bottleneck. Of several narrowest, the last is moved.
    ///
    /// # Errors
    /// No such hidden layer.
    pub fn with_bottleneck_at(&self, layer: usize) -> Result<Self> {
        let depth = self.depth();
        if !(1..=depth).contains(&layer) {
            let permitted = match depth {
                0 => "this network has no hidden layers".into(),
                _ => format!("a hidden layer of this network, from 1 to {depth}"),
            };
            return Err(Error::new("move-bottleneck", layer, permitted));
        }
        let mut widths = self.0.clone();
        let narrowest = (1..=depth).rev().min_by_key(|&i| widths[i]).unwrap_or(layer);
        let width = widths.remove(narrowest);
        widths.insert(layer, width);
        Architecture::new(widths)
    }

    /// Are all widths the same?
    pub fn is_equal(&self) -> bool {
        self.0.iter().all(|&d| d == self.0[0])
    }

    /// Hidden widths with how often each occurs, in increasing order.
    pub fn hidden_counts(&self) -> std::collections::BTreeMap<u128, u32> {
        let mut counts = std::collections::BTreeMap::new();
        for &width in self.hidden() {
            *counts.entry(width).or_insert(0) += 1;
        }
        counts
    }
}

/// Characters shown of a list that cannot be used, and of the item that makes it so.
const LIST: usize = 60;
const ITEM: usize = 40;
const PERMITTED_WIDTH: &str = "a width is a whole number from 1 to 1e36";
const PERMITTED_DEPTH: &str =
    "between 1 and 10001 widths are needed: the input dimension, then the hidden layers";

impl FromStr for Architecture {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut widths = Vec::new();
        let items: Vec<&str> = text.split(',').map(str::trim).collect();
        for item in &items {
            let wrong = || {
                let hint = "write 784,512,512 or 784,512x2, or 1024x6 for depth 6 at width 1024";
                let (text, item) = (short_text(text, LIST), short_text(item, ITEM));
                Error::new("widths", format!("'{text}', at '{item}'"), PERMITTED_WIDTH).hint(hint)
            };
            let (width, count) = item.split_once('x').unwrap_or((item, "1"));
            let width =
                whole_number(width).filter(|w| (1..=MAX_WIDTH).contains(w)).ok_or_else(wrong)?;
            let count: usize = count.parse().ok().filter(|&c| c >= 1).ok_or_else(wrong)?;
            if widths.len().saturating_add(count) > MAX_DEPTH + 1 {
                return Err(Error::new("widths", text, PERMITTED_DEPTH));
            }
            if items.len() == 1 && item.contains('x') {
                widths.push(width); // the input
            }
            widths.extend(std::iter::repeat_n(width, count));
        }
        Architecture::new(widths)
    }
}

/// Text that parses to the same architecture, with runs of equal widths shortened.
impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut runs: Vec<(u128, usize)> = Vec::new();
        for &width in &self.0 {
            match runs.last_mut() {
                Some((last, count)) if *last == width => *count += 1,
                _ => runs.push((width, 1)),
            }
        }
        if let [(width, count)] = runs[..]
            && count > 1
        {
            return write!(f, "{}x{}", short(width), count - 1);
        }
        let items: Vec<String> = runs
            .iter()
            .map(|&(width, count)| match count {
                1 => short(width),
                _ => format!("{}x{count}", short(width)),
            })
            .collect();
        f.write_str(&items.join(","))
    }
}

/// A width in few characters: 1e30.
pub fn short(width: u128) -> String {
    grouped(width).replace(',', "")
}

/// An exact probability strictly between 0 and 1, written as a decimal or a fraction.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probability {
    value: Rational,
    text: String,
}

/// [`Probability::parse`] of a parameter without a name of its own.
impl FromStr for Probability {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Probability::parse("probability", text)
    }
}

impl Probability {
    /// Parses `text`, the value of the parameter `name`.
    ///
    /// # Errors
    /// Not a number, or not strictly between 0 and 1, or below 1e-1000.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let least = Rational::from(10).pow(-(MIN_PROBABILITY_EXPONENT as i32));
        fraction(text)
            .filter(|value| *value >= least && *value < 1)
            .map(|value| Probability { value, text: compact(text) })
            .ok_or_else(|| {
                let permitted = "a probability strictly between 0 and 1 (and at least 1e-1000), \
                    such as 0.1, 1e-9 or 1/20";
                Error::new(name, text, permitted)
            })
    }

    /// ½.
    pub fn half() -> Self {
        Probability { value: Rational::from((1, 2)), text: "1/2".into() }
    }

    /// 0.001.
    pub fn thousandth() -> Self {
        Probability { value: Rational::from((1, 1000)), text: "0.001".into() }
    }

    /// A probability that was computed, as the fraction that it is.
    pub fn exactly(value: Rational) -> Self {
        Probability { text: value.to_string(), value }
    }

    /// The exact value.
    pub fn value(&self) -> &Rational {
        &self.value
    }

    /// At most ½: what fails with a smaller probability serves for a larger one, too.
    #[must_use]
    pub fn capped(&self) -> Self {
        let half = Rational::from((1, 2));
        if self.value > half { Probability::half() } else { self.clone() }
    }

    /// One `parts`-th of it.
    #[must_use]
    pub fn share(&self, parts: u32) -> Self {
        let value = Rational::from(&self.value / parts.max(1));
        Probability { text: format!("{}/{}", self.text, parts.max(1)), value }
    }

    /// `count` of `parts` equal shares.
    #[must_use]
    pub fn portion(&self, count: u32, parts: u32) -> Self {
        let count = count.min(parts);
        let value = Rational::from(&self.value * count) / parts.max(1);
        Probability { text: format!("{}*{count}/{}", self.text, parts.max(1)), value }
    }

    /// An enclosure at `precision` bits.
    pub fn enclosure(&self, precision: u32) -> Enclosure {
        Enclosure::rational(precision, &self.value)
    }

    /// The nearest `f64`.
    pub fn to_f64(&self) -> f64 {
        nearest(&self.value)
    }

    /// log(1 − δ), for searches.
    pub fn log_complement(&self) -> f64 {
        let rest = Rational::from(1 - &self.value);
        Enclosure::rational(64, &rest).ln().to_f64()
    }

    /// log(1/δ), for searches and predictions.
    pub fn nats(&self) -> f64 {
        -self.enclosure(64).ln().to_f64()
    }
}

/// As the user wrote it.
impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An exact non-negative number, written as a decimal or a fraction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    value: Rational,
    text: String,
}

impl Amount {
    /// A radius R/‖x‖: 0, or from 10⁻¹⁰⁰ to 10⁶.
    ///
    /// # Errors
    /// Not a number, or out of range.
    pub fn radius(text: &str) -> Result<Self> {
        let permitted = "R/‖x‖: 0, or a number from 1e-100 to 1e6, such as 0.05 or 1/20";
        let least = Rational::from(10).pow(-100);
        let allowed =
            |value: &Rational| value.is_zero() || (*value >= least && *value <= 1_000_000);
        Amount::parse("radius", text, permitted, allowed)
    }

    /// A step t, above 1 and up to 10⁶.
    ///
    /// # Errors
    /// Not a number, or out of range.
    pub fn step(text: &str) -> Result<Self> {
        let permitted = "a number above 1 and up to 1e6, such as 2 or 7/2: the step is t times as \
                         long as the one that takes a linear function to 0";
        Amount::parse("step", text, permitted, |value| *value > 1 && *value <= 1_000_000)
    }

    /// A nearness η of trained weights to the initial ones: 0, or from 10⁻¹² to 1.
    ///
    /// # Errors
    /// Not a number, or out of range.
    pub fn nearness(text: &str) -> Result<Self> {
        let permitted = "how far every weight matrix may have moved, in operator norm: 0, or a \
                         number from 1e-12 to 1, such as 0.001; initial ones have norm about 2";
        let least = Rational::from(10).pow(-12);
        let allowed = |value: &Rational| value.is_zero() || (*value >= least && *value <= 1);
        Amount::parse("trained", text, permitted, allowed)
    }

    /// An oscillation Ω over a sphere, from 10⁻⁶ to 10⁶.
    ///
    /// # Errors
    /// Not a number, or out of range.
    pub fn oscillation(text: &str) -> Result<Self> {
        let permitted = "a number from 1e-6 to 1e6, such as 0.1, in units of the deviation of f";
        let least = Rational::from(10).pow(-6);
        let allowed = |value: &Rational| *value >= least && *value <= 1_000_000;
        Amount::parse("oscillation", text, permitted, allowed)
    }

    fn parse(
        name: &str,
        text: &str,
        permitted: &str,
        allowed: impl Fn(&Rational) -> bool,
    ) -> Result<Self> {
        fraction(text)
            .filter(allowed)
            .map(|value| Amount { value, text: compact(text) })
            .ok_or_else(|| Error::new(name, text, permitted))
    }

    /// An enclosure at `precision` bits.
    pub fn enclosure(&self, precision: u32) -> Enclosure {
        Enclosure::rational(precision, &self.value)
    }

    /// The exact value.
    pub fn value(&self) -> &Rational {
        &self.value
    }

    /// The nearest `f64`.
    pub fn to_f64(&self) -> f64 {
        nearest(&self.value)
    }
}

/// As the user wrote it.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Named architectures: the linear function; one wide hidden layer over a small input (Bubeck,
/// Cherapanamjeri, Gidel, Tachet des Combes 2021); each layer half as wide as the one before
/// (Daniely, Schacham 2020); widths that are powers of each other, up and down (the paper); equal
/// widths; ten layers of which the last two see the ninth dimension as their bottleneck; depth 50.
pub const PRESETS: [(&str, &str); 7] = [
    ("linear", "1024"),
    ("two-layer", "64,4096"),
    ("decreasing", "1024,512,256,128,64"),
    ("polynomial", "64,512,128,256"),
    ("equal", "64x5"),
    ("bottleneck", "256x8,32,256x2"),
    ("deep", "128x50"),
];

/// What is run when nothing is said.
pub const DEFAULT_WIDTHS: &str = "1300x2";
/// The same with steps in another norm.
pub const DEFAULT_IN_NORM: &str = "1700x2";

/// The architecture of a preset.
///
/// # Errors
/// An unknown name; the message lists the known ones.
pub fn preset(name: &str) -> Result<Architecture> {
    if let Some((_, widths)) = PRESETS.iter().find(|(known, _)| *known == name) {
        widths.parse()
    } else {
        let known: Vec<&str> = PRESETS.iter().map(|p| p.0).collect();
        Err(Error::new("preset", name, format!("one of {}", known.join(", "))))
    }
}

/// What a statement is about: the network's shape and the probability of failure allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// Widths d₀ … d_L.
    pub architecture: Architecture,
    /// Each bound holds with probability at least 1 − δ.
    pub delta: Probability,
    /// R/‖x‖, the radius of the ball around the input; 1/√d if absent.
    pub radius: Option<Amount>,
    /// t > 1, the size of the adversarial step in units of the first-order one; if absent, 2, and
    /// the best for its own bound in the stage `direct`.
    pub step: Option<Amount>,
    /// The angle between the two inputs of the stage `collapse`.
    pub start: Start,
    /// The slope of the activation at negative arguments.
    pub slope: Slope,
    /// The activation, where it has no slopes: nothing is proved of it.
    pub curve: Option<Curve>,
    /// The biases.
    pub bias: Bias,
    /// The norm in which the step of the stage `norm` is short.
    pub norm: Norm,
    /// η, where the weights may have been trained away from the initial ones that are drawn, by
    /// at most so much in operator norm in every layer; absent where they are as drawn.
    pub trained: Option<Amount>,
    /// x, where its shape matters; entries of one size if absent.
    pub input: Option<Input>,
    /// How the weights are drawn.
    pub ensemble: Ensemble,
    /// Several outputs, of which pairs are looked at; absent for one.
    pub classes: Option<Classes>,
}

impl Params {
    /// ReLU and normal weights without biases, with the usual radius 1/√d and steps, and orthogonal
    /// inputs.
    pub fn new(architecture: Architecture, delta: Probability) -> Self {
        Params {
            architecture,
            delta,
            radius: None,
            step: None,
            start: Start::orthogonal(),
            slope: Slope::relu(),
            curve: None,
            bias: Bias::none(),
            norm: Norm::L2,
            trained: None,
            input: None,
            ensemble: Ensemble::default(),
            classes: None,
        }
    }

    /// What hypotheses ask of the network.
    pub fn at_hand(&self) -> AtHand {
        let Ensemble { hidden, output } = self.ensemble;
        let weights = match (hidden, output) {
            (Entries::Gaussian, Entries::Gaussian) => Weights::Gaussian,
            // Without hidden layers there is the output row alone.
            // Whatever their law, the output weights have independent fair signs.
            (Entries::Gaussian, _) if self.architecture.depth() > 0 => Weights::GaussianBelow,
            _ => Weights::Any,
        };
        AtHand {
            weights,
            depth: self.architecture.depth(),
            parallel: self.start.is_one(),
            activation: match self.curved() {
                Some(_) => ActivationAtHand::Curved,
                None if self.slope.is_relu() => ActivationAtHand::Relu,
                None => ActivationAtHand::Bent,
            },
            biased: !self.bias.is_none(),
            pair_is_chosen: self.pair_is_chosen(),
            norm: match self.norm {
                Norm::L2 | Norm::Linf => NormAtHand::Usual,
                Norm::L1 | Norm::Top(_) => NormAtHand::Counting,
                Norm::Form(_) => NormAtHand::Form,
            },
        }
    }

    /// The activation, where it has no slopes and there are layers that have it.
    pub fn curved(&self) -> Option<Curve> {
        self.curve.filter(|_| self.architecture.depth() > 0)
    }

    /// The same with the step along the gradient.
    #[must_use]
    pub fn in_l2(&self) -> Self {
        Params { norm: Norm::L2, ..self.clone() }
    }

    /// η, exactly 0 where the weights are as drawn.
    pub fn nearness(&self, precision: u32) -> Enclosure {
        let zero = || Enclosure::integer(precision, 0);
        self.trained.as_ref().map_or_else(zero, |eta| eta.enclosure(precision))
    }

    /// The same of another shape.
    #[must_use]
    pub fn with_architecture(&self, architecture: Architecture) -> Self {
        Params { architecture, ..self.clone() }
    }

    /// The linear function of the same inputs.
    #[must_use]
    pub fn without_layers(&self) -> Self {
        let architecture = Architecture(vec![self.architecture.input()]);
        Params { bias: Bias::none(), ..self.with_architecture(architecture) }
    }

    /// 𝗌_1², …, 𝗌_{L+1}², the squares of the relative biases, in the arithmetic of `like`: exactly
    /// 0 without biases.
    pub fn relative_biases<N: Number>(&self, like: &N) -> Vec<N> {
        self.bias.squares(&self.slope, self.architecture.depth(), like)
    }

    /// β_1², …, β_{L+1}² in units of ‖x‖²/d.
    pub fn bias_variances<N: Number>(&self, like: &N) -> Vec<N> {
        let kept = self.slope.kept(like);
        let mut signal = like.like(1.0);
        let squares = self.relative_biases(like).into_iter().map(|square| {
            let variance = square.clone() * signal.clone();
            signal = signal.clone() * kept.clone() * (like.like(1.0) + square);
            variance
        });
        squares.collect()
    }

    /// Π_{i≤j}(1 + 𝗌_i²) for j = 1 … L+1: by so much biases enlarge the square of what layer j
    /// receives, and in the end of the output, in the limit of large widths; 1 without.
    pub fn bias_growth(&self) -> Vec<f64> {
        let product = |before: &mut f64, square: f64| {
            *before *= 1.0 + square;
            Some(*before)
        };
        self.relative_biases(&0.0).into_iter().scan(1.0, product).collect()
    }

    /// log 𝗌_1², …, log 𝗌_{L+1}² in floating point; none at all without biases.
    pub fn log_biases(&self) -> Vec<f64> {
        if self.bias.is_none() {
            return Vec::new();
        }
        self.bias.log_squares(&self.slope, self.architecture.depth())
    }

    /// Is it a network of the paper: ReLU, without biases?
    pub fn is_of_the_paper(&self) -> bool {
        self.slope.is_relu() && self.bias.is_none()
    }

    /// K: rows of W_{L+1}.
    pub fn outputs(&self) -> usize {
        self.classes.map_or(1, |classes| classes.count() as usize)
    }

    /// Do the outputs choose the pair of classes that is looked at? Two classes are one pair.
    pub fn pair_is_chosen(&self) -> bool {
        self.outputs() > 2
    }

    /// What is proved of a fixed pair of classes with δ shared over all pairs, so that it holds of
    /// all of them at once.
    #[must_use]
    pub fn of_each_pair(&self) -> Self {
        let delta = match self.classes.map_or(1, Classes::pairs) {
            1 => self.delta.clone(),
            pairs => self.delta.share(pairs),
        };
        Params { delta, ..self.clone() }
    }

    /// δ for all pairs together, where these are the parameters [`of_each_pair`].
    ///
    /// [`of_each_pair`]: Params::of_each_pair
    pub fn delta_of_all_pairs(&self) -> Probability {
        match self.classes.map_or(1, Classes::pairs) {
            1 => self.delta.clone(),
            pairs => Probability::exactly(Rational::from(self.delta.value() * pairs)),
        }
    }

    /// t, 2 if none is given.
    pub fn step(&self) -> Amount {
        let usual = || Amount { value: Rational::from(2), text: "2".into() };
        self.step.clone().unwrap_or_else(usual)
    }

    /// R/‖x‖ at `precision` bits.
    pub fn relative_radius(&self, precision: u32) -> Enclosure {
        match &self.radius {
            Some(radius) => radius.enclosure(precision),
            None => (Enclosure::integer(precision, 1)
                / Enclosure::integer(precision, self.architecture.input()))
            .sqrt(),
        }
    }

    /// For δ beyond those for which the searches are tuned: the same network at δ = 0.99. A bound
    /// that fails with a smaller probability holds for a larger δ too, and may be the better one.
    pub fn tuned(&self) -> Option<Self> {
        let value = Rational::from((99, 100));
        (self.delta.value > value)
            .then(|| Params { delta: Probability { value, text: "99/100".into() }, ..self.clone() })
    }

    /// Bits that keep the bounds sharp for these widths and this δ. Too few would make bounds
    /// worse, never wrong.
    pub fn precision(&self) -> u32 {
        let width_bits = 128 - self.architecture.largest().leading_zeros();
        // log(1/δ) cancels when δ is close to 1.
        let delta_bits = -self.delta.log_complement() / std::f64::consts::LN_2;
        192 + 2 * width_bits + 2 * delta_bits as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn widths(text: &str) -> Vec<u128> {
        text.parse::<Architecture>().unwrap().0
    }

    #[test]
    fn architectures_parse_exactly() {
        assert_eq!(widths("784,512,512"), [784, 512, 512]);
        assert_eq!(widths("784, 512x2"), [784, 512, 512]);
        assert_eq!(widths("4x2"), [4, 4, 4]);
        assert_eq!(widths("1024"), [1024]);
        assert_eq!(widths("1e30x2"), [10u128.pow(30); 3]);
        assert_eq!(widths("1.5e3,7"), [1500, 7]);
    }

    #[test]
    fn bad_architectures_name_the_flag_and_what_is_allowed() {
        for bad in [
            "",
            "0",
            "-3",
            "8,,8",
            "8,0x3",
            "8x0",
            "NaN",
            "1e37",
            "2.5",
            "8x",
            "x8",
            "8x20000",
            "1e9999999",
        ] {
            let message = bad.parse::<Architecture>().unwrap_err().to_string();
            assert!(message.starts_with("widths") && !message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn probabilities_are_exact() {
        let tenth = Probability::parse("delta", "0.1").unwrap();
        assert_eq!(*tenth.value(), Rational::from((1, 10)));
        assert_eq!(tenth.value(), Probability::parse("delta", "1/10").unwrap().value());
        assert_eq!(tenth.value(), Probability::parse("delta", "1e-1").unwrap().value());
        for bad in [
            "0",
            "1",
            "-0.1",
            "2",
            "NaN",
            "inf",
            "",
            "1e-1001",
            "1/0",
            "0x1",
            "1e",
            ".",
            "1e-99999999999",
        ] {
            let message = Probability::parse("delta", bad).unwrap_err().to_string();
            assert!(
                message.starts_with("delta") && message.contains("between 0 and 1"),
                "{message}"
            );
        }
    }

    #[test]
    fn presets_parse() {
        for (name, _) in PRESETS {
            preset(name).unwrap();
        }
        let bottleneck = preset("bottleneck").unwrap();
        assert_eq!((bottleneck.depth(), bottleneck.widths()[8]), (10, 32));
        assert!(preset("nosuch").unwrap_err().to_string().contains("linear"));
    }

    proptest! {
        #[test]
        fn architectures_round_trip(
            mut widths in prop::collection::vec(1u128..5, 1..9),
            big in 0u32..36,
        ) {
            widths.push(10u128.pow(big));
            let architecture = Architecture::new(widths).unwrap();
            let back: Architecture = architecture.to_string().parse().unwrap();
            prop_assert_eq!(back, architecture);
        }

        #[test]
        fn decimals_round_trip(numerator in 1u64..1_000_000, zeros in 7i32..30) {
            let text = format!("{numerator}e-{zeros}");
            let value = Rational::from(numerator) / Rational::from(10).pow(zeros);
            let parsed = Probability::parse("delta", &text).unwrap();
            prop_assert_eq!(parsed.value(), &value);
        }
    }
}
