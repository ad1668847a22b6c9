//! Decimal text, rounded to the safe side.

use std::cmp::Ordering;

use rug::Float;
use rug::float::Round;

use crate::num::magnitude::Magnitude;

/// Which way a printed number may differ from the exact one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// The printed number is ≥ the exact one: for upper bounds.
    Up,
    /// The printed number is ≤ the exact one: for lower bounds.
    Down,
    /// The printed number is the closest one: for observations and predictions.
    Nearest,
}

impl From<Toward> for Round {
    fn from(toward: Toward) -> Round {
        match toward {
            Toward::Up => Round::Up,
            Toward::Down => Round::Down,
            Toward::Nearest => Round::Nearest,
        }
    }
}

/// MPFR's exponents end a little beyond this.
const FARTHEST: i64 = 1_000_000_000;

/// Magnitudes beyond MPFR's exponents become the farthest that are not.
fn float(value: Magnitude) -> Float {
    let (mantissa, exponent) = value.parts();
    Float::with_val(64, mantissa) << exponent.clamp(-FARTHEST, FARTHEST) as i32
}

/// Where `float` would be on the wrong side, or far from the number: is it too large, or too small?
fn beyond(value: Magnitude, toward: Toward) -> Option<Ordering> {
    match value.parts().1 {
        exponent if exponent > FARTHEST && toward != Toward::Down => Some(Ordering::Greater),
        exponent if exponent < -FARTHEST && toward != Toward::Up => Some(Ordering::Less),
        _ => None,
    }
}

/// Is this one of 1, 2, 5, 10, 20, 50, …?
pub fn is_round(number: usize) -> bool {
    let mut rest = number;
    while rest >= 10 && rest.is_multiple_of(10) {
        rest /= 10;
    }
    [1, 2, 5].contains(&rest)
}

/// `value` with `digits` significant decimals, as `0.01234`, `12.34` or `1.234e-9`.
pub fn decimal(value: Magnitude, digits: usize, toward: Toward) -> String {
    if !value.is_finite() {
        return "∞".to_owned();
    }
    if value.is_zero() {
        return "0".to_owned();
    }
    match beyond(value, toward) {
        Some(Ordering::Greater) => return "∞".to_owned(),
        Some(_) => return "0".to_owned(),
        None => {}
    }
    // MPFR needs at least two digits in base 10 when it chooses the exponent.
    let digits = digits.max(2);
    let (_, text, exponent) =
        float(value).to_sign_string_exp_round(10, Some(digits), toward.into());
    let exponent = i64::from(exponent.unwrap_or(0)) - 1; // 0.ddd·10^e → d.dd·10^(e−1)
    if (-4..digits as i64).contains(&exponent) {
        return positional(&text, exponent);
    }
    format!("{}.{}e{exponent}", &text[..1], &text[1..])
}

/// `value` with `digits` significant decimals; `None` for what is not a finite number.
pub(super) fn significant(value: &Float, digits: usize, round: Round) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    if value.is_zero() {
        return Some("0".into());
    }
    let (negative, text, exponent) = value.to_sign_string_exp_round(10, Some(digits.max(2)), round);
    let exponent = i64::from(exponent?) - 1;
    let sign = if negative { "-" } else { "" };
    Some(if (-10..digits.max(2) as i64).contains(&exponent) {
        format!("{sign}{}", positional(&text, exponent))
    } else {
        format!("{sign}{}.{}e{exponent}", &text[..1], &text[1..])
    })
}

/// The digits `text` as `d.dd · 10^exponent` without an exponent part.
fn positional(text: &str, exponent: i64) -> String {
    if exponent < 0 {
        return format!("0.{}{text}", "0".repeat((-exponent - 1) as usize));
    }
    let point = exponent as usize + 1;
    match text.len() {
        n if n > point => format!("{}.{}", &text[..point], &text[point..]),
        _ => text.to_owned(),
    }
}

/// log₁₀ of `value`, rounded as said; −∞ for 0.
pub fn log10(value: Magnitude, toward: Toward) -> f64 {
    match beyond(value, toward) {
        Some(Ordering::Greater) => return f64::INFINITY,
        Some(_) => return f64::NEG_INFINITY,
        None => {}
    }
    let log = Float::with_val_round(128, float(value).log10_ref(), toward.into()).0;
    log.to_f64_round(toward.into())
}

/// `value` · 2^(exponent/2), rounded as said.
pub fn times_root_two(value: Magnitude, exponent: usize, toward: Toward) -> Magnitude {
    let (mantissa, power) = value.parts();
    let power = power.saturating_add(exponent as i64 / 2);
    let exact = Magnitude::new(mantissa, power).unwrap_or(value);
    if exponent.is_multiple_of(2) || !value.is_finite() {
        return exact;
    }
    let root = Float::with_val_round(53, Float::with_val(53, 2).sqrt_ref(), toward.into()).0;
    let scaled = Float::with_val_round(53, &root * mantissa, toward.into()).0;
    Magnitude::new(scaled.to_f64(), power).unwrap_or(exact)
}

/// A whole number as `1,024`, or as `1e30` where that is exact and shorter.
pub fn grouped(value: u128) -> String {
    let zeros = value.to_string().bytes().rev().take_while(|&b| b == b'0').count() as u32;
    if zeros >= 7 {
        let head = value / 10u128.pow(zeros);
        if head < 10 {
            return format!("{head}e{zeros}");
        }
    }
    let digits = value.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(value: f64) -> Magnitude {
        Magnitude::from_f64(value).unwrap()
    }

    #[test]
    fn forms() {
        assert_eq!(decimal(of(0.0123449), 4, Toward::Up), "0.01235");
        assert_eq!(decimal(of(0.0123449), 4, Toward::Down), "0.01234");
        assert_eq!(decimal(of(12.0), 4, Toward::Nearest), "12.00");
        assert_eq!(decimal(of(9999.5), 4, Toward::Up), "1.000e4");
        assert_eq!(decimal(of(9999.0), 4, Toward::Up), "9999");
        assert_eq!(decimal(of(1e-9), 3, Toward::Nearest), "1.00e-9");
        assert_eq!(decimal(Magnitude::ZERO, 4, Toward::Up), "0");
        assert_eq!(decimal(Magnitude::INFINITY, 4, Toward::Up), "∞");
        assert_eq!(decimal(Magnitude::new(1.0, -5000).unwrap(), 3, Toward::Nearest), "7.08e-1506");
        assert_eq!(grouped(1024), "1,024");
        assert_eq!(grouped(10u128.pow(30)), "1e30");
        assert_eq!(grouped(12), "12");
    }

    proptest! {
        #[test]
        fn print_on_the_safe_side(
            mantissa in 1f64..2.0,
            exponent in -900i64..900,
            digits in 2usize..9,
        ) {
            let value = Magnitude::new(mantissa, exponent).unwrap();
            let read = |toward| {
                let parsed = Float::parse(decimal(value, digits, toward)).unwrap();
                Float::with_val(400, parsed)
            };
            // Reading rounds to 400 bits, which the value has: to the same side of it.
            prop_assert!(read(Toward::Up) >= float(value));
            prop_assert!(read(Toward::Down) <= float(value));
            prop_assert!(log10(value, Toward::Down) <= log10(value, Toward::Up));
            // Twice a factor of √2 is 2, from either side, and never exactly.
            let twice = |toward| times_root_two(times_root_two(value, 1, toward), 3, toward);
            let exact = Magnitude::new(mantissa, exponent + 2).unwrap();
            prop_assert!(twice(Toward::Down) < exact && exact < twice(Toward::Up));
        }
    }
}
