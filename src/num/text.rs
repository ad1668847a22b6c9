//! Exact numbers from text.

use rug::float::Round;
use rug::ops::Pow;
use rug::{Float, Integer, Rational};

use super::decimal::significant;

/// Powers of ten up to this, in either direction.
const LARGEST_EXPONENT: u32 = 2000;
/// Digits that are read at once.
const MOST_DIGITS: usize = 5000;
/// Bits of a numerator or denominator: fewer than those of so many digits, so that whatever is read
/// can be written as a fraction and read again.
const MOST_BITS: u32 = 16_000;

/// Characters of a fraction that is shown as it is.
const READABLE: usize = 24;
/// Digits shown of a longer one.
const DIGITS: usize = 6;

/// Reads `1024` or `1e30`, exactly.
pub fn whole_number(text: &str) -> Option<u128> {
    let value = fraction(text)?;
    (*value.denom() == 1).then(|| value.numer().to_u128()).flatten()
}

/// Reads `0.1`, `1e-9`, `1/20` or `-3` as the exact fraction; `None` for anything else.
pub fn fraction(text: &str) -> Option<Rational> {
    let fits = |part: &Integer| part.significant_bits() <= MOST_BITS;
    exactly(text.trim()).filter(|value| fits(value.numer()) && fits(value.denom()))
}

fn exactly(text: &str) -> Option<Rational> {
    if let Some((numerator, denominator)) = text.split_once('/') {
        // One bar, and a positive number below it: 1/3/2 is not guessed at.
        let denominator = fraction(denominator).filter(|_| !denominator.contains(['/', '-']))?;
        return (!denominator.is_zero()).then(|| Some(fraction(numerator)? / denominator))?;
    }
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    if exponent.unsigned_abs() > LARGEST_EXPONENT || digits.len() > MOST_DIGITS {
        return None;
    }
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, digits),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{decimals}");
    if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value = Rational::from(Integer::from_str_radix(&all, 10).ok()? * sign);
    Some(value * Rational::from(10).pow(exponent - i32::try_from(decimals.len()).ok()?))
}

/// The nearest `f64`.
pub fn nearest(value: &Rational) -> f64 {
    Float::with_val(53, value).to_f64()
}

/// `= 1/3`, or `≈ 0.333333` where the fraction is long: for titles.
pub fn equals(value: &Rational) -> String {
    let exact = value.to_string();
    if exact.len() <= READABLE {
        return format!("= {exact}");
    }
    let near = significant(&Float::with_val(64, value), DIGITS, Round::Nearest);
    format!("≈ {}", near.unwrap_or(exact))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_rounded_to_nearest() {
        for text in ["0.1", "1e-5", "2.1", "1/3", "7/2", "1e-300", "0.30000000000000004"] {
            let exact = fraction(text).unwrap();
            if let Ok(expected) = text.parse::<f64>() {
                assert_eq!(nearest(&exact), expected);
            }
        }
        // Which is not what the fraction itself does.
        assert_ne!(fraction("0.1").unwrap().to_f64(), 0.1);
    }

    #[test]
    fn titles_have_numbers_that_can_be_read() {
        let title = |text: &str| equals(&fraction(text).unwrap());
        assert_eq!(title("-1/3"), "= -1/3");
        assert_eq!(title(&format!("0.{}", "3".repeat(300))), "≈ 0.333333");
        assert_eq!(title("-1e-300"), "≈ -1.00000e-300");
    }
}
