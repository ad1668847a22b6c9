//! Parts of a study.

use serde::{Deserialize, Serialize};

use crate::model::error::{Error, Result};
use crate::num::whole_number;

/// More machines than anybody has.
const MOST_PARTS: usize = 100_000;

/// A part of a study: cells i − 1, i − 1 + n, … of all.
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
}
