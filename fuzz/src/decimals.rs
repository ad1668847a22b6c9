//! Printed bounds: on the safe side of the exact number, and no farther than a unit in the last
//! digit.

use relubound::Magnitude;
use relubound::num::{Enclosure, Toward, decimal, fraction, log10, times_root_two};
use rug::ops::Pow;
use rug::{Integer, Rational};

use super::Numbers;

/// Beyond this exact rationals take too long.
const LARGEST: i64 = 6000;

fn exactly(value: Magnitude) -> Option<Rational> {
    let (mantissa, exponent) = value.parts();
    let mantissa = Rational::from_f64(mantissa)?;
    (exponent.unsigned_abs() <= LARGEST.unsigned_abs())
        .then(|| mantissa * Rational::from(2).pow(exponent as i32))
}

/// Read independently of how it was written: digits, point, exponent.
fn read(text: &str) -> Rational {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = Integer::from_str_radix(&format!("{before}{after}"), 10).unwrap();
    let exponent = exponent.parse::<i32>().unwrap() - after.len() as i32;
    Rational::from(whole) * Rational::from(10).pow(exponent)
}

/// A mantissa, an exponent, a number of digits.
pub fn decimals(data: &[u8]) {
    let mut numbers = Numbers(data);
    let (digits, exponent) = (usize::from(numbers.byte() % 40), numbers.word() as i64);
    let exponent = if numbers.byte().is_multiple_of(2) { exponent % LARGEST } else { exponent };
    let Some(value) = Magnitude::new(numbers.double(), exponent) else { return };
    let texts = [Toward::Down, Toward::Nearest, Toward::Up].map(|t| decimal(value, digits, t));
    let logs = [Toward::Down, Toward::Up].map(|toward| log10(value, toward));
    assert!(logs[0] <= logs[1], "{value:?}: {logs:?}");
    far(value, &texts);
    let Some(exact) = exactly(value) else { return };
    let [down, near, up] = texts.clone().map(|text| read(&text));
    assert!(down <= exact && exact <= up, "{value:?} is not between {texts:?}");
    assert!(down <= near && near <= up, "{texts:?}");
    // A unit in the last digit.
    let relative = Rational::from(&up - &down) * Rational::from(10).pow(digits.max(2) as i32 - 1);
    assert!(relative <= up, "{texts:?}");
    let [low, high] = [Toward::Down, Toward::Up].map(|toward| value.to_f64_toward(toward));
    assert!(Rational::from_f64(low).is_none_or(|low| low <= exact), "{value:?} {low:e}");
    assert!(Rational::from_f64(high).is_none_or(|high| exact <= high), "{value:?} {high:e}");
    roots(value, &exact);
    // As an end of an enclosure, too.
    let enclosure = Enclosure::rational(64, &exact);
    let (low, high) = enclosure.decimal_ends(digits);
    assert!(fraction(&low).is_none_or(|low| low <= exact), "{low}");
    assert!(fraction(&high).is_none_or(|high| exact <= high), "{high}");
}

/// The text of a bound that is too far from 1 for any arithmetic says less, not more.
fn far(value: Magnitude, [down, _, up]: &[String; 3]) {
    let (mantissa, exponent) = value.parts();
    if mantissa.is_finite() && exponent > 1 << 30 {
        assert_eq!(up, "∞", "{value:?}");
    }
    if mantissa > 0.0 && exponent < -(1 << 30) {
        assert_eq!(down, "0", "{value:?}");
    }
}

/// value·√2 and its square, from both sides.
fn roots(value: Magnitude, exact: &Rational) {
    let [low, high] = [Toward::Down, Toward::Up].map(|t| exactly(times_root_two(value, 1, t)));
    let twice = Rational::from(exact.square_ref()) * 2;
    let square = |root: Rational| root.square();
    assert!(low.is_none_or(|low| square(low) <= twice), "{value:?}");
    assert!(high.is_none_or(|high| twice <= square(high)), "{value:?}");
}
