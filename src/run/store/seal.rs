//! Hashes by which an edit is recognised.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::json::canonical;

/// The key under which a seal is kept.
pub const SEAL: &str = "sha256";

/// SHA-256 of what a value says, in hexadecimal digits.
pub fn seal(value: &Value) -> String {
    sum(canonical(value).as_bytes())
}

/// SHA-256 of bytes.
pub fn sum(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Of values one after another.
#[derive(Clone, Default)]
pub(super) struct Chain(Sha256);

impl Chain {
    pub fn add(&mut self, value: &Value) {
        self.0.update(canonical(value));
        self.0.update("\n");
    }

    pub fn seal(&self) -> String {
        hex(&self.0.clone().finalize())
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
