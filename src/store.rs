//! The run directory: what survives an interruption.
//!
//! `trials.jsonl` grows by one line per trial, in order. `run.json`, the ledger, is replaced as a
//! whole every few seconds and at the end; it counts and hashes the trials it was made from, and
//! itself, so that a truncated or edited file is recognised.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::claim::Claim;
use crate::error::{Error, Result};
use crate::ledger::{Ledger, Status};
use crate::magnitude::Magnitude;
use crate::run::Record;
use crate::search::Search;
use crate::stage::Outcome;

/// What a run directory is known by.
pub const RUN: &str = "run.json";
/// What a study directory is known by.
pub const STUDY: &str = "study.json";
const TRIALS: &str = "trials.jsonl";
/// Everything that a run directory holds.
const FILES: [&str; 5] = [RUN, TRIALS, "ledger.csv", "ledger.md", "report.html"];

/// How the names of files begin that are being written.
const UNFINISHED: &str = ".relubound-";

/// A run directory open for writing.
pub struct RunDir {
    path: PathBuf,
    trials: BufWriter<File>,
    keys: Vec<String>,
    hash: Sha256,
    bytes: u64,
}

impl RunDir {
    /// Prepares `path`, making it if needed.
    ///
    /// # Errors
    /// It cannot be written, or it holds a run already and `force` is not set.
    pub fn create(path: &Path, force: bool, claims: &[Claim]) -> Result<Self> {
        let taken = FILES.iter().find(|name| path.join(name).exists());
        if let (Some(name), false) = (taken, force) {
            return Err(Error::new(
                "--out",
                path.display(),
                format!("holds {name} already, which is kept"),
            )
            .hint("name another directory, or replace the run with --force"));
        }
        if path.join(STUDY).exists() {
            let what = "holds a study of 'relubound explore', which is kept";
            return Err(Error::new("--out", path.display(), what).hint("name another directory"));
        }
        if path.exists() && !path.is_dir() {
            return Err(Error::new("--out", path.display(), "is a file, not a directory"));
        }
        if let Some(name) = FILES.iter().find(|name| path.join(name).is_dir()) {
            return Err(Error::new(
                "--out",
                path.join(name).display(),
                "is a directory where a file is to be written",
            ));
        }
        fs::create_dir_all(path)
            .map_err(|why| Error::io("--out", path, "make the directory", &why))?;
        // A probe first: where nothing can be written, an old run must not be truncated.
        tempfile::NamedTempFile::new_in(path)
            .map_err(|why| Error::io("--out", path, "write there", &why))?;
        if taken.is_some() {
            let _ = fs::remove_file(path.join(RUN));
        }
        let file = File::create(path.join(TRIALS))
            .map_err(|why| Error::io("--out", path, "write there", &why))?;
        Ok(RunDir {
            path: path.to_owned(),
            trials: BufWriter::new(file),
            keys: claims.iter().map(Claim::key).collect(),
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    /// Appends one trial.
    ///
    /// # Errors
    /// The file cannot be written, for example because the disk is full.
    pub fn append(&mut self, record: &Record) -> Result<()> {
        let mut line = trial_line(&self.keys, record);
        line.push('\n');
        self.hash.update(&line);
        self.bytes += line.len() as u64;
        let written = self.trials.write_all(line.as_bytes());
        written.map_err(|why| Error::io("--out", &self.path.join(TRIALS), "write", &why))
    }

    /// Writes the ledger of the trials so far.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn checkpoint(&mut self, ledger: &Ledger) -> Result<()> {
        self.trials
            .flush()
            .map_err(|why| Error::io("--out", &self.path.join(TRIALS), "write", &why))?;
        let trials = json!({
            "file": TRIALS,
            "bytes": self.bytes,
            "sha256": hex(&self.hash.clone().finalize()),
        });
        let mut body = to_map(ledger);
        body.insert("trials_file".into(), trials);
        let own = hex(&Sha256::digest(pretty(&body)));
        body.insert("sha256".into(), own.into());
        self.write(RUN, &pretty(&body))
    }

    /// Writes a further file, all or nothing.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        write_whole("--out", &self.path, name, text.as_bytes())
    }
}

/// Replaces `dir/name` as a whole; `parameter` named `dir`.
///
/// # Errors
/// The file cannot be written.
pub fn write_whole(parameter: &str, dir: &Path, name: &str, content: &[u8]) -> Result<()> {
    let target = dir.join(name);
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(dir)?;
        file.write_all(content)?;
        set_readable(file.as_file())?;
        file.as_file().sync_all()?;
        file.persist(&target)?;
        settle(dir);
        Ok(())
    };
    write().map_err(|why| Error::io(parameter, &target, "write", &why))
}

/// Puts the names in a directory on the disk, where the system can.
fn settle(dir: &Path) {
    if let Ok(dir) = File::open(dir) {
        let _ = dir.sync_all();
    }
}

/// Removes what a killed process left of files that it was writing. Only for the one process that writes there.
pub fn tidy(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Temporary files are private; results are for everyone whom the directory lets in.
fn set_readable(file: &File) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    let _ = file;
    Ok(())
}

fn to_map(ledger: &Ledger) -> Map<String, Value> {
    match serde_json::to_value(ledger) {
        Ok(Value::Object(map)) => map,
        other => unreachable!("a ledger is a JSON object: {other:?}"),
    }
}

fn pretty(map: &Map<String, Value>) -> String {
    let mut text = serde_json::to_string_pretty(map).unwrap_or_default();
    text.push('\n');
    text
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn trial_line(keys: &[String], record: &Record) -> String {
    let values: Map<String, Value> = keys
        .iter()
        .zip(&record.outcomes)
        .map(|(key, outcome)| {
            let value = match outcome {
                Outcome::Value(value) => {
                    serde_json::to_value(value).unwrap_or_else(|_| "failed".into())
                }
                Outcome::Found(value, search) => json!([value, search.name()]),
                Outcome::NotSearched => Value::Null,
                Outcome::Undefined => "undefined".into(),
                Outcome::Failed => "failed".into(),
            };
            (key.clone(), value)
        })
        .collect();
    json!({ "trial": record.trial, "dead": record.dead, "values": values }).to_string()
}

/// Reads a run directory: the ledger as stored, and the trials it was made from.
///
/// # Errors
/// A file is missing, truncated or edited.
pub fn load(dir: &Path) -> Result<(Ledger, Vec<Record>)> {
    let damaged = |name: &str, what: &str| {
        Error::new("DIR", dir.join(name).display(), what).hint("run 'relubound check --out' again")
    };
    let read = |name: &str| -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let path = dir.join(name);
        let result = File::open(&path).and_then(|mut file| file.read_to_end(&mut bytes));
        result.map(|_| bytes).map_err(|why| Error::io("DIR", &path, "read a run there", &why))
    };
    let text = read(RUN)?;
    let mut body: Map<String, Value> = serde_json::from_slice(&text)
        .map_err(|_| damaged(RUN, "truncated or edited: not a ledger"))?;
    let own = body.shift_remove("sha256");
    if own.as_ref().and_then(Value::as_str) != Some(&hex(&Sha256::digest(pretty(&body)))) {
        return Err(damaged(RUN, "edited: the content does not match its sha256"));
    }
    let trials = body.shift_remove("trials_file").unwrap_or(Value::Null);
    let ledger: Ledger = serde_json::from_value(Value::Object(body))
        .map_err(|_| damaged(RUN, "not a ledger of this version"))?;
    let bytes = read(TRIALS)?;
    // A run that was killed may have written more trials than its last ledger counts.
    let counted =
        usize::try_from(trials["bytes"].as_u64().unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    if ledger.status == Status::Complete && bytes.len() > counted {
        return Err(damaged(TRIALS, "edited: longer than the run"));
    }
    let counted = bytes
        .get(..counted)
        .ok_or_else(|| damaged(TRIALS, "truncated or edited: shorter than the run"))?;
    if trials["sha256"].as_str() != Some(&hex(&Sha256::digest(counted))) {
        return Err(damaged(TRIALS, "edited: the content does not match the sha256 in run.json"));
    }
    let keys: Vec<String> = ledger.rows.iter().map(crate::ledger::Row::key).collect();
    let records: Option<Vec<Record>> = counted
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| read_trial(&keys, line))
        .collect();
    let records = records.ok_or_else(|| damaged(TRIALS, "not trials of this ledger"))?;
    Ok((ledger, records))
}

fn read_trial(keys: &[String], line: &[u8]) -> Option<Record> {
    let line: Value = serde_json::from_slice(line).ok()?;
    let outcomes = keys.iter().map(|key| match line["values"].get(key)? {
        Value::String(text) if text == "undefined" => Some(Outcome::Undefined),
        Value::String(text) if text == "failed" => Some(Outcome::Failed),
        Value::Null => Some(Outcome::NotSearched),
        Value::Array(found) => {
            let value = serde_json::from_value(found.first()?.clone()).ok()?;
            Some(Outcome::Found(value, Search::named(found.get(1)?.as_str()?)?))
        }
        value => Some(Outcome::Value(serde_json::from_value::<Magnitude>(value.clone()).ok()?)),
    });
    Some(Record {
        trial: line["trial"].as_u64()?,
        dead: line["dead"].as_bool(),
        outcomes: outcomes.collect::<Option<_>>()?,
    })
}
