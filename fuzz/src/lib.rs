//! What is fuzzed: functions of bytes that panic where a promise is broken. `tests/corpus.rs` runs
//! the same ones on the inputs that are kept in `corpus/`, without nightly Rust.

mod decimals;
mod enclosures;
mod files;
mod parsers;
mod stored;
mod verdicts;

pub use decimals::decimals;
pub use enclosures::enclosures;
pub use files::{networks, numbers};
pub use parsers::{parsers, plans};
pub use stored::{runs, studies};
pub use verdicts::verdicts;

/// A function of bytes.
pub type Target = fn(&[u8]);

/// All of them, by the names of their directories in `corpus/`.
pub const TARGETS: [(&str, Target); 9] = [
    ("parsers", parsers),
    ("plans", plans),
    ("runs", runs),
    ("studies", studies),
    ("networks", networks),
    ("numbers", numbers),
    ("decimals", decimals),
    ("enclosures", enclosures),
    ("verdicts", verdicts),
];

/// A refusal is one line that a person can read.
fn one_line(refusal: &impl std::fmt::Display) {
    let text = refusal.to_string();
    let long = text.chars().count() > 2000;
    assert!(!long && !text.contains(char::is_control) && !text.is_empty(), "{text:?}");
}

/// Bytes taken from the front, as numbers.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn word(&mut self) -> u64 {
        (0..8).fold(0, |word, _| word << 8 | u64::from(self.byte()))
    }

    /// Any double, NaN and infinity among them.
    fn double(&mut self) -> f64 {
        f64::from_bits(self.word())
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
