//! Parts of a study, or of a run.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::error::{Error, Result};
use crate::num::whole_number;

/// More machines than anybody has.
const MOST_PARTS: usize = 100_000;

/// A part of a study, or of a run: cells, or trials, i − 1, i − 1 + n, … of all. What takes longest
/// comes first in a run, so that neighbours belong to different parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// i, from 1.
    pub part: usize,
    /// n.
    pub parts: usize,
}

impl Shard {
    /// Everything.
    pub const WHOLE: Shard = Shard { part: 1, parts: 1 };

    /// Reads `i/n`.
    ///
    /// # Errors
    /// Text that is none.
    pub fn parse(text: &str) -> Result<Self> {
        let number = |text: &str| whole_number(text.trim()).and_then(|n| usize::try_from(n).ok());
        let parts = text.split_once('/').and_then(|(i, n)| Some((number(i)?, number(n)?)));
        match parts {
            Some((part, parts)) if (Shard { part, parts }).is_one() => Ok(Shard { part, parts }),
            _ => Err(Error::new("shard", text, "part i of n as i/n, with 1 ≤ i ≤ n, such as 3/8")),
        }
    }

    /// Is there such a part?
    pub fn is_one(self) -> bool {
        (1..=self.parts).contains(&self.part) && self.parts <= MOST_PARTS
    }

    /// Is this cell in the part?
    pub fn holds(self, index: usize) -> bool {
        index % self.parts == self.part - 1
    }

    /// The `k`th of those in the part, from 0.
    pub fn nth(self, k: u64) -> u64 {
        k.saturating_mul(self.parts as u64).saturating_add(self.part as u64 - 1)
    }

    /// How many of the first `all` are in the part.
    pub fn count(self, all: u64) -> u64 {
        let (part, parts) = (self.part as u64, self.parts as u64);
        all / parts + u64::from(all % parts >= part)
    }
}

/// `part 3 of 8`.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part {} of {}", self.part, self.parts)
    }
}

/// Refuses parts that are not all of so many.
///
/// # Errors
/// One is missing, or there more than once.
pub fn every_part_once(seen: &[Shard], parts: usize) -> Result<()> {
    let mut seen: Vec<usize> = seen.iter().map(|shard| shard.part).collect();
    seen.sort_unstable();
    if seen.iter().copied().eq(1..=parts) {
        return Ok(());
    }
    let wrong =
        (1..=parts).filter_map(|part| match seen.iter().filter(|&&there| there == part).count() {
            0 => Some(format!("part {part} is missing")),
            1 => None,
            n => Some(format!("part {part} is there {n} times")),
        });
    let what = format!("{} of {parts}", wrong.collect::<Vec<_>>().join(", "));
    Err(Error::new("DIR", seen.len(), what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_disjoint_and_everything() {
        for parts in [1, 2, 3, 8, 11] {
            for all in [0, 1, 7, 8, 9, 40] {
                let mut seen = Vec::new();
                for part in 1..=parts {
                    let shard = Shard { part, parts };
                    let own: Vec<u64> = (0..shard.count(all)).map(|k| shard.nth(k)).collect();
                    let held = (0..all).filter(|&i| shard.holds(i as usize));
                    assert!(held.eq(own.iter().copied()));
                    assert!(shard.nth(shard.count(all)) >= all);
                    seen.extend(own);
                }
                seen.sort_unstable();
                assert!(seen.into_iter().eq(0..all));
            }
        }
        let last = Shard { part: 2, parts: 2 };
        assert_eq!((last.count(u64::MAX), last.nth(u64::MAX)), (u64::MAX / 2, u64::MAX));
    }
}
