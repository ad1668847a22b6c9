//! Exact numbers from text.

use rug::ops::Pow;
use rug::{Integer, Rational};

/// Powers of ten up to this, in either direction.
const LARGEST_EXPONENT: u32 = 2000;

/// Reads `1024` or `1e30`, exactly.
pub fn whole_number(text: &str) -> Option<u128> {
    let value = fraction(text)?;
    (*value.denom() == 1).then(|| value.numer().to_u128()).flatten()
}

/// Reads `0.1`, `1e-9`, `1/20` or `-3` as the exact fraction; `None` for anything else.
pub fn fraction(text: &str) -> Option<Rational> {
    let text = text.trim();
    if let Some((numerator, denominator)) = text.split_once('/') {
        // One bar, and a positive number below it: 1/3/2 is not guessed at.
        let denominator = fraction(denominator).filter(|_| !denominator.contains(['/', '-']))?;
        return (!denominator.is_zero()).then(|| Some(fraction(numerator)? / denominator))?;
    }
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    if exponent.unsigned_abs() > LARGEST_EXPONENT || digits.len() > 5000 {
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
