//! The directory of a run, as it is written.
//!
//! `trials.jsonl` grows by one line per trial, in order. `run.json`, the ledger, is replaced as a
//! whole every few seconds and at the end; it hashes the trials it was made from, and itself. A run
//! that takes the place of another is written to a directory of its own, inside, and moved when it
//! is complete.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::file::{owned, read, replace, settle, tidy, unfinished_dir};
use super::growing::Growing;
use super::lock::Lock;
use super::renderings::{Rendering, clear, refuse_foreign, render, render_apart};
use super::seal::{Chain, SEAL, seal};
use super::{INPUTS, STUDY};
use crate::judge::ledger::{Ledger, Status, Tool};
use crate::model::claim::Claim;
use crate::model::error::{Error, Result};
use crate::model::outcome::Outcome;
use crate::run::Record;

/// What a run directory is known by.
pub const RUN: &str = "run.json";
pub(super) const TRIALS: &str = "trials.jsonl";
/// The renderings of a run.
pub(super) const RENDERINGS: [&str; 3] = ["ledger.csv", "ledger.md", "report.html"];
/// A run that is complete, on its way to take the place of the one around it.
const NEXT: &str = ".relubound.next";
/// The key in a ledger under which its trials are.
pub(super) const TRIALS_FILE: &str = "trials_file";

/// Everything that a run directory holds but its figures, the ledger last.
fn files() -> impl Iterator<Item = &'static str> {
    [TRIALS].into_iter().chain(RENDERINGS).chain([RUN])
}

/// The figures in a run directory.
fn figures(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| is_figure(name)).collect();
    names.sort();
    names
}

/// `figure-direct.flip.svg`, or its data.
pub fn is_figure(name: &str) -> bool {
    let stem = name.strip_suffix(".svg").or_else(|| name.strip_suffix(".csv"));
    stem.is_some_and(|stem| stem.starts_with("figure-"))
}

/// What `run.json` says, beside hashes.
pub trait Head: Serialize {
    /// Is all there that was asked for?
    fn is_complete(&self) -> bool;
}

impl Head for Ledger {
    fn is_complete(&self) -> bool {
        self.status != Status::Partial
    }
}

/// A run directory open for writing.
pub struct RunDir {
    path: PathBuf,
    /// Where the run is written while there is another one in the directory.
    apart: Option<TempDir>,
    trials: Growing,
    keys: Vec<String>,
    chain: Chain,
    _lock: Lock,
}

impl RunDir {
    /// Prepares `path`, making it if needed.
    ///
    /// # Errors
    /// It cannot be written, or it holds a run already and `force` is not set.
    pub fn create(path: &Path, force: bool, claims: &[Claim]) -> Result<Self> {
        // What is refused is not touched.
        survey(path, force)?;
        fs::create_dir_all(path)
            .map_err(|why| Error::io("out", path, "make the directory", &why))?;
        let lock = Lock::take("out", path)?;
        settle_next("out", path)?;
        // Once more: another process may have written before this one had the lock.
        let taken = survey(path, force)?;
        tidy(path);
        let apart = taken.then(|| unfinished_dir(path)).transpose();
        let apart = apart.map_err(|why| Error::io("out", path, "write there", &why))?;
        let place = apart.as_ref().map_or(path, TempDir::path);
        Ok(RunDir {
            trials: Growing::begin("out", place, TRIALS, b"")?,
            path: path.to_owned(),
            apart,
            keys: claims.iter().map(Claim::key).collect(),
            chain: Chain::default(),
            _lock: lock,
        })
    }

    /// Is there another run in the directory, until this one is complete?
    pub fn replaces(&self) -> bool {
        self.apart.is_some()
    }

    fn place(&self) -> &Path {
        self.apart.as_ref().map_or(&self.path, TempDir::path)
    }

    /// Appends one trial.
    ///
    /// # Errors
    /// The file cannot be written, for example because the disk is full.
    pub fn append(&mut self, record: &Record) -> Result<()> {
        let line = trial(&self.keys, record);
        self.chain.add(&line);
        self.trials.append(format!("{line}\n").as_bytes())
    }

    /// Writes the ledger of the trials so far, or what part of a run they are; they are on the disk
    /// before it is.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn checkpoint(&mut self, head: &impl Head) -> Result<()> {
        self.trials.sync()?;
        let mut body = to_map(head);
        body.insert(TRIALS_FILE.into(), trials_file(&self.chain.seal()));
        let own = seal(&Value::Object(body.clone()));
        body.insert(SEAL.into(), own.into());
        replace("out", self.place(), RUN, pretty(&body).as_bytes())
    }

    /// Writes the last ledger and its renderings. A complete run now takes the place of the one
    /// that was there; one that is not leaves it there.
    ///
    /// # Errors
    /// A file cannot be written; then a run that was there still is.
    pub fn finish(mut self, head: &impl Head, renderings: &[Rendering]) -> Result<()> {
        self.checkpoint(head)?;
        if self.apart.is_some() && !head.is_complete() {
            return Ok(());
        }
        let Some(apart) = self.apart.take() else {
            return render("out", &self.path, renderings);
        };
        render_apart("out", &self.path, apart.path(), renderings)?;
        files().try_for_each(|name| owned("out", &self.path.join(name)).map(drop))?;
        let next = self.path.join(NEXT);
        settle(apart.path());
        fs::rename(apart.path(), &next).map_err(|why| Error::io("out", &next, "write", &why))?;
        // It has another name now, and is not removed.
        let _ = apart.keep();
        settle(&self.path);
        settle_next("out", &self.path)
    }
}

/// Is there a run that may be replaced?
fn survey(path: &Path, force: bool) -> Result<bool> {
    if path.exists() && !path.is_dir() {
        return Err(Error::new("out", path.display(), "is a file, not a directory"));
    }
    if path.join(STUDY).exists() {
        let what = "holds a study of 'relubound explore', which is kept";
        return Err(Error::new("out", path.display(), what).hint("name another directory"));
    }
    if path.join(INPUTS).exists() {
        let what = "holds a run over inputs, which is kept";
        return Err(Error::new("out", path.display(), what).hint("name another directory"));
    }
    let mut taken = None;
    for name in files() {
        // A run that was killed before its first ledger leaves an empty file.
        let begun = || name == TRIALS && is_empty(&path.join(name));
        if owned("out", &path.join(name))? && !begun() {
            taken = Some(name);
        }
    }
    let Some(name) = taken else { return Ok(false) };
    let kept = |what: &str| Error::new("out", path.display(), format!("holds {name} {what}"));
    if !force {
        return Err(kept("already, which is kept")
            .hint("name another directory, or replace the run with {force}"));
    }
    match read("out", &path.join(RUN))? {
        Some(ledger) if is_ours(&ledger) => {}
        Some(_) => {
            return Err(kept("that is no run's, which is kept").hint("name another directory"));
        }
        None => {
            return Err(kept("without a run.json, which is kept").hint("name another directory"));
        }
    }
    refuse_foreign("out", path, &RENDERINGS)?;
    refuse_foreign("out", path, &figures(path))?;
    Ok(true)
}

fn is_empty(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|file| file.len() == 0)
}

/// Also of a damaged ledger, which may be replaced.
fn is_ours(ledger: &[u8]) -> bool {
    let name = format!("\"{}\"", Tool::current().name);
    ledger.is_empty() || ledger.windows(name.len()).any(|part| part == name.as_bytes())
}

/// Where a file of the run is: that of a complete run goes before the one whose place it takes.
pub(super) fn current(path: &Path, name: &str) -> PathBuf {
    let next = path.join(NEXT).join(name);
    if next.exists() { next } else { path.join(name) }
}

/// Moves a complete run to its place, also where another process was killed over that.
pub(super) fn settle_next(parameter: &str, path: &Path) -> Result<()> {
    let next = path.join(NEXT);
    if !fs::symlink_metadata(&next).is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    let mut waiting: Vec<String> = figures(&next);
    waiting.extend(files().map(str::to_owned));
    // Trials first, the ledger last.
    waiting.sort_by_key(|name| (name != TRIALS, name == RUN));
    waiting.retain(|name| next.join(name).exists());
    let known = RENDERINGS.map(str::to_owned).into_iter().chain(figures(path));
    let stale: Vec<String> = known.filter(|name| !waiting.contains(name)).collect();
    for name in &waiting {
        let target = path.join(name);
        let moved = owned(parameter, &target).and_then(|_| {
            fs::rename(next.join(name), &target)
                .map_err(|why| Error::io(parameter, &target, "write", &why))
        });
        if let Err(why) = moved {
            if name == TRIALS {
                // Nothing was moved: the old run is whole, and stays.
                let _ = fs::remove_dir_all(&next);
            }
            return Err(why);
        }
    }
    // Renderings of the run that was there, unless somebody changed them.
    for name in &stale {
        let _ = clear(parameter, path, std::slice::from_ref(name));
    }
    settle(path);
    fs::remove_dir_all(&next).map_err(|why| Error::io(parameter, &next, "remove", &why))
}

/// What a ledger says of its trials.
pub(super) fn trials_file(sealed: &str) -> Value {
    json!({ "file": TRIALS, SEAL: sealed })
}

fn to_map(head: &impl Head) -> Map<String, Value> {
    match serde_json::to_value(head) {
        Ok(Value::Object(map)) => map,
        other => unreachable!("it is a JSON object: {other:?}"),
    }
}

fn pretty(map: &Map<String, Value>) -> String {
    let mut text = serde_json::to_string_pretty(map).unwrap_or_default();
    text.push('\n');
    text
}

fn trial(keys: &[String], record: &Record) -> Value {
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
    json!({ "trial": record.trial, "dead": record.dead, "values": values })
}
