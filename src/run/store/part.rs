//! A part of a run: its trials, and of which run. Nothing is judged before all parts are together.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::STUDY;
use super::json::canonical;
use super::load::{SHARD, bytes, damaged, opened, records};
use super::run::{Head, RUN, TRIALS};
use crate::judge::ledger::{Parameters, SCHEMA, Tool};
use crate::model::claim::Claim;
use crate::model::error::{Error, Kind, Result};
use crate::model::shard::Shard;
use crate::run::{Experiment, Record, Spec};

/// What `run.json` says of a part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What made it.
    pub tool: Tool,
    /// The form in which it is written.
    pub schema: u32,
    /// The parameters of the whole run.
    pub config: Parameters,
    /// Which part.
    pub shard: Shard,
    /// `partial`, or `part 3 of 8` where all its trials are done.
    pub status: String,
    /// Trials finished.
    pub trials: u64,
}

impl Part {
    /// How far this one is.
    pub fn of(experiment: &Experiment) -> Self {
        Part::new(experiment.spec(), experiment.shard(), experiment.records().len() as u64)
    }

    fn new(spec: &Spec, shard: Shard, trials: u64) -> Self {
        let complete = trials == shard.count(spec.trials());
        Part {
            tool: Tool::current(),
            schema: SCHEMA,
            config: spec.record(),
            shard,
            status: if complete { shard.to_string() } else { "partial".into() },
            trials,
        }
    }

    /// Trials that it has when it is finished.
    pub fn wanted(&self) -> u64 {
        self.shard.count(self.config.sampling.as_ref().map_or(0, |sampling| sampling.trials))
    }
}

impl Head for Part {
    fn is_complete(&self) -> bool {
        self.trials == self.wanted()
    }
}

/// A finished part, as stored.
pub struct StoredPart {
    /// What it is a part of.
    pub part: Part,
    /// The run that it is a part of.
    pub spec: Spec,
    /// The hash of its trials.
    sealed: String,
}

impl StoredPart {
    /// Reads what is to be joined.
    ///
    /// # Errors
    /// A file that is missing or damaged; a part that is not finished, or was made by another
    /// version; something else than a part.
    pub fn read(dir: &Path) -> Result<Self> {
        let other = |what: &str| Error::new("DIR", dir.display(), what).of(Kind::File);
        if dir.join(STUDY).exists() {
            return Err(other("holds a study, where others hold parts of a run"));
        }
        let (body, sealed) = opened(dir, &bytes(dir, RUN)?)?;
        if !body.contains_key(SHARD) {
            return Err(other("holds a whole run, not a part of one"));
        }
        let edited = |what: &str| damaged(dir, RUN, format!("edited: {what}"));
        let body = Value::Object(body);
        let part = serde_json::from_value::<Part>(body.clone())
            .ok()
            .filter(|part| canonical(&json!(part)) == canonical(&body));
        let part = part.ok_or_else(|| edited("not a part of a run of this version"))?;
        of_this_version(dir, &part.tool.version)?;
        let spec = Spec::from_record(&part.config)
            .map_err(|why| edited(&format!("its configuration cannot be used: {why}")))?;
        let possible = part.shard.is_one() && part.trials <= part.wanted();
        if !possible || Part::new(&spec, part.shard, part.trials) != part {
            return Err(edited("it is not what its parameters give"));
        }
        if !part.is_complete() {
            let what = format!("is not finished: {} of {} trials", part.trials, part.wanted());
            let hint = "run its command again with {force}";
            return Err(other(&what).hint(hint));
        }
        Ok(StoredPart { part, spec, sealed })
    }

    /// Its trials.
    ///
    /// # Errors
    /// A file that is missing or damaged.
    pub fn records(&self, dir: &Path, claims: &[Claim]) -> Result<Vec<Record>> {
        let found = records(dir, self.part.trials, true, claims, &self.sealed)?;
        if (0..).zip(&found).any(|(k, record)| record.trial != self.part.shard.nth(k)) {
            return Err(damaged(dir, TRIALS, "edited: not the trials of this part"));
        }
        Ok(found)
    }
}

/// Refuses parts, in this directory, that another version made: they need not go together.
///
/// # Errors
/// It is another one.
pub fn of_this_version(dir: &Path, version: &str) -> Result<()> {
    let here = Tool::current().version;
    if version == here {
        return Ok(());
    }
    let what = format!("was measured by version {version}, and this is {here}");
    Err(Error::new("DIR", dir.display(), what))
}
