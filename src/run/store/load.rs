//! The directory of a run, as it is read.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::file::{NO_SUCH_FILE, read};
use super::json::{canonical, value, values};
use super::lock::Lock;
use super::renderings::{Rendering, renew};
use super::run::{RUN, TRIALS, TRIALS_FILE, current, settle_next, trials_file};
use super::seal::{Chain, SEAL, seal};
use crate::judge::ledger::{Ledger, SCHEMA, Status};
use crate::judge::verdict::Verdict;
use crate::model::claim::Claim;
use crate::model::error::{Error, Kind, Result};
use crate::model::outcome::Outcome;
use crate::model::outcome::Search;
use crate::num::magnitude::Magnitude;
use crate::run::{Experiment, Record, Spec, disagreement};

/// The key that tells a part of a run from a run.
pub(super) const SHARD: &str = "shard";
/// How often a run is read again that changes while it is read.
const TRIES: u32 = 5;

/// A stored run.
pub struct Loaded {
    /// As stored.
    pub ledger: Ledger,
    /// The run that it is: its claims, and the trials that the ledger was made from.
    pub experiment: Experiment,
}

/// Reads a run that may be written at the same time.
///
/// # Errors
/// A file is missing, truncated or edited.
pub fn load(dir: &Path) -> Result<Loaded> {
    let mut text = bytes(dir, RUN)?;
    let mut loaded = trials_of(dir, &text);
    for _ in 0..TRIES {
        let now = bytes(dir, RUN)?;
        // Another run may have taken its place between two files.
        if loaded.is_ok() || now == text {
            break;
        }
        loaded = trials_of(dir, &now);
        text = now;
    }
    loaded
}

/// Reads a run and hands it to `renderings`, whose files are written there unless another process
/// writes there: then it writes its own.
///
/// # Errors
/// Those of [`load`]; or a file cannot be written.
pub fn open(dir: &Path, renderings: impl Fn(&Loaded) -> Vec<Rendering>) -> Result<Loaded> {
    // A directory without a run is left alone.
    bytes(dir, RUN)?;
    let lock = Lock::now("DIR", dir);
    if let Ok(Some(_)) = &lock {
        settle_next("DIR", dir)?;
    }
    let loaded = load(dir)?;
    let files = renderings(&loaded);
    renew(dir, lock, &files)?;
    Ok(loaded)
}

pub(super) fn bytes(dir: &Path, name: &str) -> Result<Vec<u8>> {
    let path = current(dir, name);
    if dir.join(super::STUDY).exists() {
        let what = "holds a study, whose index.html and study.md are renewed by the command that \
                    made it";
        return Err(Error::new("DIR", dir.display(), what).of(Kind::File));
    }
    if dir.join(super::INPUTS).exists() {
        let what = "holds a run over the inputs of a file, and not of random networks";
        return Err(Error::new("DIR", dir.display(), what).of(Kind::File));
    }
    if dir.is_file() {
        let what = "is a file: name the directory that it is in";
        return Err(Error::new("DIR", dir.display(), what).of(Kind::File));
    }
    let missing = || {
        let why = std::io::Error::from_raw_os_error(NO_SUCH_FILE);
        Error::io("DIR", &path, "read a run there", &why)
    };
    read("DIR", &path)?.ok_or_else(missing)
}

pub(super) fn damaged(dir: &Path, name: &str, what: impl Into<String>) -> Error {
    Error::new("DIR", dir.join(name).display(), what)
        .of(Kind::File)
        .hint("restore the file, or sample the run again with {force}")
}

/// What `run.json` says, without its hashes, of which that of the trials is given, too.
pub(super) fn opened(dir: &Path, text: &[u8]) -> Result<(Map<String, Value>, String)> {
    let wrong = |what: &str| damaged(dir, RUN, what);
    let body = value(text).map_err(|why| wrong(&format!("truncated or edited: {why}")))?;
    let Value::Object(mut body) = body else { return Err(wrong("edited: not a ledger")) };
    if schema(&body).is_some_and(|schema| schema > u64::from(SCHEMA)) {
        let what = "holds a run of a later version, which this one cannot read";
        return Err(Error::new("DIR", dir.display(), what).of(Kind::File));
    }
    let own = body.shift_remove(SEAL);
    let body = Value::Object(body);
    if own.as_ref().and_then(Value::as_str) != Some(&seal(&body)) {
        return Err(wrong("edited: the content does not match its sha256"));
    }
    let Value::Object(mut body) = body else { return Err(wrong("edited: not a ledger")) };
    let trials = body.shift_remove(TRIALS_FILE).unwrap_or(Value::Null);
    let sealed = trials[SEAL].as_str().unwrap_or_default();
    if trials != trials_file(sealed) {
        return Err(wrong("edited: it does not say which its trials are"));
    }
    Ok((body, sealed.to_owned()))
}

/// The run with this ledger.
fn trials_of(dir: &Path, text: &[u8]) -> Result<Loaded> {
    let wrong = |what: &str| damaged(dir, RUN, what);
    let (body, sealed) = opened(dir, text)?;
    if body.contains_key(SHARD) {
        let what = "holds a part of a run, to be joined with the others by relubound merge";
        return Err(Error::new("DIR", dir.display(), what).of(Kind::File));
    }
    let old = schema(&body) == Some(1);
    let body = if old { upgraded(body) } else { Value::Object(body) };
    let ledger = serde_json::from_value::<Ledger>(body.clone())
        .ok()
        .filter(|ledger| old || canonical(&json!(ledger)) == canonical(&body));
    let ledger = ledger.ok_or_else(|| wrong("edited: not a ledger of this version"))?;
    let spec = Spec::from_record(&ledger.config)
        .map_err(|why| wrong(&format!("edited: its configuration cannot be used: {why}")))?;
    if spec.record() != ledger.config {
        return Err(wrong("edited: its configuration is not one that is written"));
    }
    let claims = spec.claims();
    let complete = ledger.status == Status::Complete;
    let records = records(dir, ledger.trials, complete, &claims, &sealed)?;
    let experiment = Experiment::stored(spec, claims, records);
    // What an old form did not say is what its parameters and trials give.
    let ledger = if old { judged_again(&experiment, &ledger) } else { ledger };
    match disagreement(&experiment, &ledger) {
        Some(what) => Err(wrong(&format!("edited: {what}"))),
        None => Ok(Loaded { ledger, experiment }),
    }
}

/// The form in which it is written.
fn schema(body: &Map<String, Value>) -> Option<u64> {
    body.get("schema").map_or(Some(1), Value::as_u64)
}

/// A ledger of the first form as one of this: steps were taken where there were searches, and what
/// is expected had another name. The rest is computed.
fn upgraded(mut body: Map<String, Value>) -> Value {
    body.insert("schema".into(), SCHEMA.into());
    if let Some(sampling) = body.get_mut("config").and_then(|c| c["sampling"].as_object_mut()) {
        let searches = sampling.get("searches").cloned().unwrap_or_default();
        sampling.insert("steps".into(), searches);
    }
    for row in body.get_mut("rows").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(row) = row.as_object_mut() else { continue };
        let expected = row.shift_remove("prediction").unwrap_or_default();
        row.insert("expected".into(), expected);
        for (name, value) in [
            ("outside", json!(false)),
            ("searched", json!(false)),
            ("counted", Value::Null),
            ("reach", Value::Null),
            ("high", Value::Null),
        ] {
            row.insert(name.into(), value);
        }
    }
    Value::Object(body)
}

/// What a run's trials give, with what fresh networks said of its rows.
fn judged_again(experiment: &Experiment, stored: &Ledger) -> Ledger {
    let mut made = experiment.ledger();
    for (row, old) in made.rows.iter_mut().zip(&stored.rows) {
        if row.key() == old.key() && old.fresh.is_some() {
            (row.fresh, row.verdict) = (old.fresh, old.verdict);
        }
    }
    made.verdict = Verdict::worst(made.rows.iter().filter_map(|row| row.verdict));
    made.status = stored.status;
    made
}

/// The trials that are counted. A run that was killed may have written more, one that is complete
/// has not.
pub(super) fn records(
    dir: &Path,
    counted: u64,
    complete: bool,
    claims: &[Claim],
    sealed: &str,
) -> Result<Vec<Record>> {
    let wrong = |what: &str| damaged(dir, TRIALS, what);
    let text = bytes(dir, TRIALS)?;
    let found = values(&text).map_err(|why| wrong(&format!("edited: {why}")))?;
    let counted = usize::try_from(counted).unwrap_or(usize::MAX);
    let Some(trials) = found.whole.get(..counted) else {
        return Err(wrong("truncated or edited: shorter than the run"));
    };
    if complete && (found.whole.len() > counted || !found.cut.is_empty()) {
        return Err(wrong("edited: longer than the run"));
    }
    let mut chain = Chain::default();
    for trial in trials {
        chain.add(trial);
    }
    if chain.seal() != sealed {
        return Err(wrong("edited: the content does not match the sha256 in run.json"));
    }
    let keys: Vec<String> = claims.iter().map(Claim::key).collect();
    let records = trials.iter().map(|trial| record(&keys, trial)).collect::<Option<_>>();
    records.ok_or_else(|| wrong("edited: not trials of this ledger"))
}

fn record(keys: &[String], trial: &Value) -> Option<Record> {
    let number = |value: &Value| serde_json::from_value::<Magnitude>(value.clone()).ok();
    let values: &Map<String, Value> = trial["values"].as_object()?;
    let outcomes = keys.iter().map(|key| match values.get(key)? {
        Value::String(text) if text == "undefined" => Some(Outcome::Undefined),
        Value::String(text) if text == "failed" => Some(Outcome::Failed),
        Value::Null => Some(Outcome::NotSearched),
        Value::Array(found) => {
            let [value, search] = &found[..] else { return None };
            Some(Outcome::Found(number(value)?, Search::named(search.as_str()?)?))
        }
        value => Some(Outcome::Value(number(value)?)),
    });
    let outcomes = outcomes.collect::<Option<Vec<Outcome>>>()?;
    (values.len() == keys.len()).then_some(Record {
        trial: trial["trial"].as_u64()?,
        dead: match &trial["dead"] {
            Value::Null => None,
            dead => Some(dead.as_bool()?),
        },
        outcomes,
    })
}
