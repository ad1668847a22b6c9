//! Parts of a run, joined.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::Experiment;
use super::store::{Part, StoredPart};
use crate::model::error::{Error, Result};
use crate::model::shard::every_part_once;

/// The run that these directories hold the parts of, with all its trials.
///
/// # Errors
/// Parts of different runs, missing, unfinished or damaged ones.
pub fn merge(dirs: &[PathBuf]) -> Result<Experiment> {
    let parts: Vec<StoredPart> =
        dirs.iter().map(|dir| StoredPart::read(dir)).collect::<Result<_>>()?;
    let Some(first) = parts.first() else {
        return Err(Error::new("DIR", "", "the directories of the parts"));
    };
    for (dir, stored) in dirs.iter().zip(&parts) {
        let others = differences(&first.part, &stored.part);
        if !others.is_empty() {
            let (of, others) = (dirs[0].display(), others.join(", "));
            let what = format!("is not a part of the run in {of}: other {others}");
            return Err(Error::new("DIR", dir.display(), what));
        }
    }
    let seen: Vec<_> = parts.iter().map(|stored| stored.part.shard).collect();
    every_part_once(&seen, first.part.shard.parts)?;
    let claims = first.spec.claims();
    let mut records = Vec::new();
    for (dir, stored) in dirs.iter().zip(&parts) {
        records.extend(stored.records(dir, &claims)?);
    }
    records.sort_by_key(|record| record.trial);
    Ok(Experiment::stored(first.spec.clone(), claims, records))
}

/// The parameters that two parts of one run have in common, and these do not.
fn differences(one: &Part, other: &Part) -> Vec<String> {
    let [one, other] = [one, other].map(|part| {
        let mut entries = BTreeMap::from([("parts".to_owned(), json!(part.shard.parts))]);
        gather(json!(part.config), &mut entries);
        entries
    });
    let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
    names.filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}

fn gather(value: Value, entries: &mut BTreeMap<String, Value>) {
    let Value::Object(map) = value else { return };
    for (name, value) in map {
        if name == "sampling" {
            gather(value, entries);
        } else {
            entries.insert(name, value);
        }
    }
}
