//! Angles as decimal text of which every digit is right.

use rug::Rational;
use serde::Serialize;

use super::{Envelopes, envelopes, next_with_bias, theta};
use crate::model::bias::Bias;
use crate::model::error::{Error, Result};
use crate::model::slope::Slope;
use crate::model::start::Start;
use crate::num::{Enclosure, Recurrence};

/// Most digits that are computed.
const MOST_DIGITS: usize = 100_000;
/// Deepest run.
const MOST_LAYERS: usize = 10_000_000;
/// Bits tried at most, beyond those the digits need.
const MOST_EXTRA_BITS: u32 = 4096;
/// Of what is not the angle itself.
const FEW_DIGITS: usize = 12;

/// Two decimals that enclose a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interval {
    /// Rounded down.
    pub lo: String,
    /// Rounded up.
    pub hi: String,
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// i.
    pub layer: usize,
    /// cos θ_i.
    pub cos: Interval,
    /// θ_i.
    pub theta: Interval,
    /// i·θ_i; with biases (1 + 𝗌²)^{i/2} θ_i.
    pub scaled: Interval,
    /// Envelopes of θ_i, from s₀ alone; absent where θ₀ = 0.
    pub envelope: Option<Interval>,
    /// cos θ_i, θ_i and what is scaled to the digits asked for, each digit right, to nearest.
    #[serde(skip)]
    pub digits: [String; 3],
}

/// A run to some depth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What was asked for.
    pub config: Config,
    /// Layers 0, 1, … or those asked for.
    pub steps: Vec<Row>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Config {
    /// θ₀ or its cosine, exactly.
    pub start: String,
    /// The slope of the activation at negative arguments; absent for ReLU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slope: Option<String>,
    /// The relative size 𝗌 of the biases; absent without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bias: Option<String>,
    /// 1/√(1 + 𝗌²), by which θ falls in a layer in the end, rounded outward; absent without.
    #[serde(skip)]
    pub factor: Option<Interval>,
    /// The start for people.
    #[serde(skip)]
    pub title: String,
    /// k = (1 − a)²/(1 + a²), so that i·θ_i tends to 3π/k.
    #[serde(skip)]
    pub bend: Rational,
    /// The last layer.
    pub depth: usize,
    /// Significant digits.
    pub digits: usize,
    /// Bits that it took.
    pub precision: u32,
}

/// The layers for which `keep` holds, to `digits` significant digits; precision is raised until
/// every digit is certain. Biases are of one relative size.
///
/// # Errors
/// More layers or digits than are computed, or digits that no precision settles.
pub fn table(
    start: &Start,
    slope: &Slope,
    bias: &Bias,
    depth: usize,
    digits: usize,
    keep: impl Fn(usize) -> bool,
) -> Result<Table> {
    if !(1..=MOST_LAYERS).contains(&depth) {
        return Err(Error::new("depth", depth, format!("from 1 to {MOST_LAYERS}")));
    }
    if !(1..=MOST_DIGITS).contains(&digits) {
        return Err(Error::new("digits", digits, format!("from 1 to {MOST_DIGITS}")));
    }
    let bend = slope.bend();
    let needed = (digits as f64 * std::f64::consts::LOG2_10).ceil() as u32;
    let rows = |way: Way, precision: u32| {
        let square = square(bias, slope, precision);
        let steps =
            attempt((start, &bend, square.as_ref()), depth, digits, &keep, (way, precision))?;
        let (start, title) = (start.to_string(), start.title());
        let slope = slope.record();
        let ([bias, _], bend) = (bias.record(), bend.clone());
        let factor = square.map(|square| {
            let one = Enclosure::integer(precision, 1);
            interval(&(&one / (square + 1).sqrt()), FEW_DIGITS)
        });
        let config = Config { start, slope, bias, factor, title, bend, depth, digits, precision };
        Some(Table { config, steps })
    };
    // Angles of about 3π/i cost three times their smallness in cancelled bits.
    let lost = 4 * (usize::BITS - depth.leading_zeros());
    if let Some(table) = rows(Way::Envelopes, needed + lost + 32) {
        return Ok(table);
    }
    // And those by which the start is below 1.
    let start_log = start.one_minus_cos(64).ln().to_f64() / std::f64::consts::LN_2;
    let small = if start_log.is_finite() { (-start_log).max(0.0) as u32 } else { 0 };
    let mut extra = 32 + lost + small;
    while extra <= MOST_EXTRA_BITS + 2 * small {
        if let Some(table) = rows(Way::Steps, needed + extra) {
            return Ok(table);
        }
        extra *= 2;
    }
    Err(Error::new("digits", digits, "a digit lies too near a boundary to be settled"))
}

/// 𝗌², unless there are no biases.
fn square(bias: &Bias, slope: &Slope, precision: u32) -> Option<Enclosure> {
    let like = Enclosure::integer(precision, 0);
    (!bias.is_none()).then(|| bias.squares(slope, 0, &like).pop()).flatten()
}

/// How s_i is enclosed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Between its envelopes: enough for a small start, which hardly moves, and no layer costs more
    /// than another.
    Envelopes,
    /// Step by step.
    Steps,
}

fn attempt(
    (start, bend, square): (&Start, &Rational, Option<&Enclosure>),
    depth: usize,
    digits: usize,
    keep: &impl Fn(usize) -> bool,
    (way, precision): (Way, u32),
) -> Option<Vec<Row>> {
    let first = start.one_minus_cos(precision);
    let moving = first.is_positive();
    let row = |layer: usize, s: Enclosure, biased: Option<&Envelopes>| {
        let cos = Enclosure::integer(precision, 1) - &s;
        let angle = theta(&s);
        let scaled = match biased {
            Some(envelopes) => &angle * envelopes.growth().sqrt(),
            None => &angle * layer as u32,
        };
        let digits_of = |x: &Enclosure| x.decimal_digits(digits);
        let envelope = moving.then(|| match biased {
            Some(envelopes) if layer > 0 => theta(&envelopes.enclosure()),
            _ => theta(&envelopes(&first, bend, layer as u32)),
        });
        Some(Row {
            layer,
            digits: [digits_of(&cos)?, digits_of(&angle)?, digits_of(&scaled)?],
            cos: interval(&cos, digits),
            theta: interval(&angle, digits),
            scaled: interval(&scaled, digits),
            envelope: envelope.map(|e| interval(&e, digits.min(FEW_DIGITS))),
        })
    };
    let kept = (0..=depth).filter(|&layer| keep(layer));
    match way {
        // The last first: it is the least certain.
        Way::Envelopes if moving && square.is_none() => {
            row(depth, envelopes(&first, bend, depth as u32), None)?;
            kept.map(|layer| row(layer, envelopes(&first, bend, layer as u32), None)).collect()
        }
        Way::Envelopes => None,
        Way::Steps if let Some(square) = square => {
            let (mut s, mut envelopes) = (first.clone(), Envelopes::new(&first, bend, square));
            let mut at = 0;
            kept.map(|layer| {
                while at < layer {
                    s = next_with_bias(&s, square, bend);
                    envelopes.step(square);
                    at += 1;
                }
                row(layer, s.clone(), Some(&envelopes))
            })
            .collect()
        }
        Way::Steps => {
            let mut run = Recurrence::new(&first, bend);
            let mut at = 0;
            kept.map(|layer| {
                while at < layer {
                    run.step();
                    at += 1;
                }
                row(layer, run.enclosure(), None)
            })
            .collect()
        }
    }
}

fn interval(x: &Enclosure, digits: usize) -> Interval {
    let (lo, hi) = x.decimal_ends(digits);
    Interval { lo, hi }
}
