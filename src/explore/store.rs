//! The study directory: what survives an interruption.
//!
//! `study.json` holds the plan; `cells.jsonl` grows by one line per finished cell, in order, and is on the
//! disk before the next cell is begun. A line that was cut off is measured again; nothing else ever is. The file is
//! locked while a process writes to it, so that there is never more than one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::grid::{Cell, Plan};
use super::quantity::{Seen, Value};
use crate::error::{Error, Result};
use crate::ledger::{Dead, Ledger, Row, Tool};
use crate::network::Engine;
use crate::num::whole_number;
use crate::store::{RUN, STUDY, tidy, write_whole};
use crate::verdict::Verdict;

const CELLS: &str = "cells.jsonl";

/// A part of a study: cells i − 1, i − 1 + n, … of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
            Some((part, parts)) if (1..=parts).contains(&part) && parts <= 100_000 => {
                Ok(Shard { part, parts })
            }
            _ => {
                Err(Error::new("--shard", text, "part i of n as i/n, with 1 ≤ i ≤ n, such as 3/8"))
            }
        }
    }

    /// Is this cell in the part?
    pub fn holds(self, index: usize) -> bool {
        index % self.parts == self.part - 1
    }
}

/// What `study.json` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    tool: String,
    version: String,
    shard: Shard,
    plan: Plan,
}

impl Header {
    fn new(plan: &Plan, shard: Shard) -> Self {
        let Tool { name, version } = Tool::current();
        Header { tool: name, version, shard, plan: plan.clone() }
    }

    fn read(path: &Path, text: &str) -> Result<Self> {
        serde_json::from_str(text)
            .map_err(|_| damaged(path, STUDY, "truncated or edited: not a study of this version"))
    }

    fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// A finished cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its place in the order of the study.
    pub cell: usize,
    /// d.
    pub input: String,
    /// L.
    pub depth: usize,
    /// d₀, …, d_L.
    pub widths: String,
    /// δ.
    pub delta: String,
    /// R/‖x‖; absent for 1/√d.
    pub radius: Option<String>,
    /// t; absent for the usual ones.
    pub step: Option<String>,
    /// Networks sampled.
    pub trials: u64,
    /// The seed of a run of its own with the same networks.
    pub seed: Option<u64>,
    /// Networks that are constantly 0 near the input.
    pub dead: Dead,
    /// The worst verdict on what the cell's stages claim, as a run of its own would give it.
    pub verdict: Option<Verdict>,
    /// What is violated or not a number: rows of that run by their keys, quantities by name.
    pub failed: Vec<String>,
    /// The quantities by name.
    pub values: Map<String, Json>,
}

impl Line {
    /// Joins a cell and what was measured.
    pub fn new(cell: &Cell, ledger: &Ledger, values: Vec<(&str, Value)>) -> Self {
        let params = &cell.params;
        let values = values.into_iter().map(|(name, value)| {
            (name.to_owned(), serde_json::to_value(value).unwrap_or(Json::Null))
        });
        Line {
            cell: cell.index,
            input: params.architecture.input().to_string(),
            depth: params.architecture.depth(),
            widths: params.architecture.to_string(),
            delta: params.delta.to_string(),
            radius: params.radius.as_ref().map(ToString::to_string),
            step: params.step.as_ref().map(ToString::to_string),
            trials: ledger.trials,
            seed: ledger.config.sampling.as_ref().map(|s| s.seed),
            dead: ledger.dead,
            verdict: ledger.verdict,
            failed: ledger.rows.iter().filter(|row| failed(row)).map(Row::key).collect(),
            values: values.collect(),
        }
    }

    /// Is something in this cell violated or not a number?
    pub fn is_failure(&self) -> bool {
        !self.failed.is_empty() || self.verdict.is_some_and(Verdict::is_failure)
    }

    /// Adds what was observed of a quantity in another way than by its row, by this engine.
    pub fn observe(&mut self, name: &str, seen: Seen, engine: Option<Engine>) {
        let Some(value) = self.value(name) else { return };
        let value = match seen {
            Seen::Nothing => return,
            Seen::Value(observed, n) => {
                Value { observed: Some(observed), n: Some(n), engine, ..value }
            }
            Seen::Failed => {
                self.failed.push(name.to_owned());
                self.verdict = Some(Verdict::NumericalFailure);
                Value { failed: true, engine, ..value }
            }
        };
        self.values.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Json::Null));
    }

    /// A quantity, if it was measured.
    pub fn value(&self, name: &str) -> Option<Value> {
        serde_json::from_value(self.values.get(name)?.clone()).ok()
    }

    fn text(&self) -> String {
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn failed(row: &Row) -> bool {
    row.verdict.is_some_and(Verdict::is_failure)
}

/// A study directory open for writing, or read.
pub struct Directory {
    path: PathBuf,
    cells: File,
    /// Finished cells, in order.
    pub lines: Vec<Line>,
}

impl Directory {
    /// Opens `path` for this plan and part of it, making it if needed; what is there already is continued.
    ///
    /// # Errors
    /// It cannot be written, or holds something else.
    pub fn open(path: &Path, plan: &Plan, shard: Shard) -> Result<Self> {
        let header = Header::new(plan, shard);
        if path.exists() && !path.is_dir() {
            return Err(Error::new("--out", path.display(), "is a file, not a directory"));
        }
        if path.join(RUN).exists() && !path.join(STUDY).exists() {
            let what = "holds a run of 'relubound check', which is kept";
            return Err(Error::new("--out", path.display(), what).hint("name another directory"));
        }
        fs::create_dir_all(path)
            .map_err(|why| Error::io("--out", path, "make the directory", &why))?;
        // A study that is refused is not touched.
        if let Some(text) = read(path, STUDY)? {
            continued(path, &text, &header)?;
        }
        let failed = |why: &std::io::Error| Error::io("--out", &path.join(CELLS), "write", why);
        let mut cells = locked(path)?;
        tidy(path);
        let mut text = Vec::new();
        cells.read_to_end(&mut text).map_err(|why| failed(&why))?;
        // Once more: another process may have begun a study before this one had the lock.
        match read(path, STUDY)? {
            Some(text) => continued(path, &text, &header)?,
            None if !text.is_empty() => {
                let what = "holds cells without a study.json, which are kept";
                return Err(
                    Error::new("--out", path.display(), what).hint("name another directory")
                );
            }
            None => write_whole("--out", path, STUDY, header.text().as_bytes())?,
        }
        let (lines, whole) = parse(path, &text)?;
        let wanted = (0..plan.cells()?.len()).filter(|index| shard.holds(*index));
        if !lines.iter().map(|line| line.cell).eq(wanted.take(lines.len())) {
            return Err(damaged(path, CELLS, "edited: cells are missing or out of order"));
        }
        if whole < text.len() {
            // What was cut off in the middle of a line.
            cells.set_len(whole as u64).map_err(|why| failed(&why))?;
            cells.seek(SeekFrom::End(0)).map_err(|why| failed(&why))?;
        }
        Ok(Directory { path: path.to_owned(), cells, lines })
    }

    /// Appends a finished cell; it is on the disk when this returns.
    ///
    /// # Errors
    /// The file cannot be written, for example because the disk is full.
    pub fn append(&mut self, line: Line) -> Result<()> {
        let written = self.cells.write_all(line.text().as_bytes());
        let written = written.and_then(|()| self.cells.sync_data());
        written.map_err(|why| Error::io("--out", &self.path.join(CELLS), "write", &why))?;
        self.lines.push(line);
        Ok(())
    }

    /// Writes a further file, all or nothing.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, name: &str, content: &(impl AsRef<[u8]> + ?Sized)) -> Result<()> {
        write_whole("--out", &self.path, name, content.as_ref())
    }
}

/// The file of cells, for this process alone until it is closed.
fn locked(path: &Path) -> Result<File> {
    let target = path.join(CELLS);
    let file = OpenOptions::new().read(true).append(true).create(true).open(&target);
    let file = file.map_err(|why| Error::io("--out", &target, "write", &why))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let what = "is being written by another process";
            Err(Error::new("--out", path.display(), what).hint("name another directory, or wait"))
        }
        // Some network file systems have no locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

fn damaged(path: &Path, name: &str, what: &str) -> Error {
    Error::new("--out", path.join(name).display(), what)
}

/// A file's text; `None` if there is none.
fn read(path: &Path, name: &str) -> Result<Option<String>> {
    match fs::read_to_string(path.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(Error::io("--out", &path.join(name), "read", &why)),
    }
}

/// Is the study that is there the one asked for?
fn continued(path: &Path, text: &str, asked: &Header) -> Result<()> {
    let there = Header::read(path, text)?;
    let mut different: Vec<String> = there
        .plan
        .differences(&asked.plan)
        .into_iter()
        .map(|(name, there, asked)| format!("{name} {there} there, {asked} asked for"))
        .collect();
    let part = |shard: Shard| format!("{}/{}", shard.part, shard.parts);
    if there.shard != asked.shard {
        let (there, asked) = (part(there.shard), part(asked.shard));
        different.push(format!("shard {there} there, {asked} asked for"));
    }
    if there.version != asked.version {
        let (there, asked) = (&there.version, &asked.version);
        different.push(format!("version {there} there, {asked} here"));
    }
    if different.is_empty() {
        return Ok(());
    }
    let what = format!("holds another study, which is kept: {}", different.join("; "));
    Err(Error::new("--out", path.display(), what).hint("name another directory"))
}

/// The finished cells, and how many bytes they take; a last line without an end is left out.
fn parse(path: &Path, text: &[u8]) -> Result<(Vec<Line>, usize)> {
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let lines = text[..whole].split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let lines: std::result::Result<Vec<Line>, _> = lines.map(serde_json::from_slice).collect();
    // A value that cannot be read must not pass for one that is not there.
    let readable = |line: &Line| line.values.keys().all(|name| line.value(name).is_some());
    let lines = lines.ok().filter(|lines| lines.iter().all(readable));
    let lines = lines.ok_or_else(|| damaged(path, CELLS, "edited: not the cells of a study"))?;
    Ok((lines, whole))
}

/// Joins the parts of a study into `out`: the same bytes as those of a study that was never divided.
///
/// # Errors
/// Parts of different studies, missing or unfinished parts, and directories that cannot be read or written.
pub fn merge(parts: &[PathBuf], out: &Path) -> Result<(Plan, Directory)> {
    let mut whole: Option<(Header, Vec<Line>)> = None;
    let mut seen = Vec::new();
    for path in parts {
        let wrong = |what: String| Error::new("DIR", path.display(), what);
        let text = read(path, STUDY)?.ok_or_else(|| wrong("holds no study".into()))?;
        let header = Header::read(path, &text)?;
        if header.version != Tool::current().version {
            let (there, here) = (&header.version, Tool::current().version);
            return Err(wrong(format!("was measured by version {there}, and this is {here}")));
        }
        let cells = read(path, CELLS)?.unwrap_or_default();
        let (lines, _) = parse(path, cells.as_bytes())?;
        let total = header.plan.cells()?.len();
        let wanted = (0..total).filter(|index| header.shard.holds(*index));
        if !lines.iter().map(|line| line.cell).eq(wanted.clone()) {
            let (done, of) = (lines.len(), wanted.count());
            return Err(wrong(format!("is not finished: {done} of {of} cells"))
                .hint("run its command again, which continues it"));
        }
        seen.push(header.shard.part);
        match &mut whole {
            None => whole = Some((header, lines)),
            Some((first, all)) => {
                if first.plan != header.plan || first.shard.parts != header.shard.parts {
                    return Err(wrong(format!(
                        "is not a part of the study in {}",
                        parts[0].display()
                    )));
                }
                all.extend(lines);
            }
        }
    }
    let Some((header, mut lines)) = whole else {
        return Err(Error::new("DIR", "", "the directories of the parts"));
    };
    seen.sort_unstable();
    if !seen.iter().copied().eq(1..=header.shard.parts) {
        let wrong: Vec<String> = (1..=header.shard.parts)
            .filter_map(|part| match seen.iter().filter(|&&there| there == part).count() {
                0 => Some(format!("part {part} is missing")),
                1 => None,
                n => Some(format!("part {part} is there {n} times")),
            })
            .collect();
        let what = format!("{} of {}", wrong.join(", "), header.shard.parts);
        return Err(Error::new("DIR", parts.len(), what));
    }
    lines.sort_by_key(|line| line.cell);
    let mut directory = Directory::open(out, &header.plan, Shard::WHOLE)?;
    let done = directory.lines.len();
    if directory.lines[..] != lines[..done] {
        return Err(Error::new(
            "--out",
            out.display(),
            "holds other cells already, which are kept",
        ));
    }
    for line in lines.into_iter().skip(done) {
        directory.append(line)?;
    }
    Ok((header.plan, directory))
}
