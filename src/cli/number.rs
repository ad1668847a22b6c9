//! Numbers on the command line.

use super::memory;
use crate::model::error::{Error, Result};
use crate::num::whole_number;
use crate::run::Machine;

/// Reads the whole number that `flag` was given, such as `500` or `1e6`.
pub fn number(flag: &str, text: &str, range: std::ops::RangeInclusive<u64>) -> Result<u64> {
    let value = whole_number(text).and_then(|n| u64::try_from(n).ok());
    value.filter(|n| range.contains(n)).ok_or_else(|| {
        let (low, high) = range.into_inner();
        let example = if high >= 1_000_000 { "such as 500 or 1e6" } else { "such as 50" };
        Error::new(flag, text, format!("a whole number from {low} to {high}, {example}"))
    })
}

/// The threads asked for, all processors for none, and the memory that is left.
pub fn machine(threads: Option<&str>) -> Result<Machine> {
    let threads = match threads {
        Some(text) => number("threads", text, 1..=4096)? as usize,
        None => memory::processors(),
    };
    Ok(Machine { threads, memory: memory::available(threads) })
}
