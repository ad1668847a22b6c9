//! Numbers in words, on the side on which they are known.

use crate::given::Entry;
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, decimal};
use crate::report::words::{DIGITS, grouped, trimmed};

/// The side on which a number is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It is a lower bound: shown rounded down.
    Below,
    /// It is an upper bound: shown rounded up.
    Above,
    /// It is near.
    Near,
}

impl Side {
    fn toward(self) -> Toward {
        match self {
            Side::Below => Toward::Down,
            Side::Above => Toward::Up,
            Side::Near => Toward::Nearest,
        }
    }
}

/// A number that is not negative; ∞ is "∞", and what is none a dash.
pub fn amount(value: f64, side: Side) -> String {
    trimmed(&digits(value, side, 3))
}

/// With as many digits as tables have, zeros among them.
pub fn cell(value: Option<f64>, side: Side) -> String {
    value.map_or("–".into(), |value| match side {
        // As far as floats go.
        Side::Below if value > 1e300 => "1e300".into(),
        _ => digits(value, side, DIGITS),
    })
}

fn digits(value: f64, side: Side, digits: usize) -> String {
    match Magnitude::from_f64(value) {
        Some(number) if number.is_finite() => decimal(number, digits, side.toward()),
        Some(_) => "∞".into(),
        None => "–".into(),
    }
}

/// A share of ‖x‖: `2.4 %`.
pub fn percent(value: f64, side: Side) -> String {
    format!("{} %", trimmed(&hundredths(value, side)))
}

/// A place among a hundred, in whole numbers.
pub fn percentile(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| format!("{value:.0}"))
}

fn hundredths(value: f64, side: Side) -> String {
    // The product is rounded by less than half a float, which two floats outward cover.
    let product = 100.0 * value;
    let outward = match side {
        Side::Above => product.next_up().next_up(),
        Side::Below if product > 0.0 => product.next_down().next_down(),
        _ => product,
    };
    let outward = outward.max(0.0);
    match side {
        // What is below so little is nothing, to a reader, and what is above so much is all.
        Side::Above if outward > 0.0 && outward < LITTLE => "0.000001".into(),
        Side::Below if outward > MUCH => "100,000,000".into(),
        _ => grouped_digits(outward, side),
    }
}

/// A change in percent that is not told from less, where it is an upper bound.
const LITTLE: f64 = 1e-6;
/// And a length in percent that is not told from more, where it is a lower bound.
const MUCH: f64 = 1e8;

/// Three digits; above a thousand in groups, and not in powers of ten.
fn grouped_digits(value: f64, side: Side) -> String {
    let shown = digits(value, side, 3);
    match shown.parse::<f64>() {
        Ok(number) if (1e3..=1e8).contains(&number) => grouped(number as u64),
        _ => shown,
    }
}

/// The same in a table, without the sign.
pub fn percent_cell(value: Option<f64>, side: Side) -> String {
    value.map_or("–".into(), |value| hundredths(value, side))
}

/// `input 17`.
pub fn entry(entry: &Entry) -> String {
    format!("input {}", grouped(entry.input as u64))
}
