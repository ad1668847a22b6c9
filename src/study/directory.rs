//! The directory of a study: what survives an interruption.
//!
//! `study.json` holds the plan; `cells.jsonl` grows by one line per finished cell, in order, and is
//! on the disk before the next cell is begun. A line that was cut off is measured again; nothing
//! else ever is.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Study;
use super::cells;
use super::grid::Grid;
use super::line::Line;
use crate::judge::ledger::Tool;
use crate::model::error::{Error, Result};
use crate::model::shard::Shard;
use crate::run::store::{
    Growing, Lock, RUN, Rendering, STUDY, clear, is_figure, owned, read, refuse_foreign, render,
    replace, tidy, value,
};

/// The cells of a study.
pub(super) const CELLS: &str = "cells.jsonl";
/// Renderings of a study, beside pictures.
const RENDERINGS: [&str; 5] = ["cells.csv", "cells.parquet", "fits.json", "study.md", "index.html"];

/// What `study.json` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    tool: String,
    pub version: String,
    pub shard: Shard,
    pub plan: Grid,
}

impl Header {
    fn new(plan: &Grid, shard: Shard) -> Self {
        let Tool { name, version } = Tool::current();
        Header { tool: name, version, shard, plan: plan.clone() }
    }

    /// That of a directory; `None` if it holds no study.
    pub fn read(parameter: &str, dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(STUDY);
        let Some(text) = read(parameter, &path)? else { return Ok(None) };
        let wrong = |why: String| {
            let what = format!("truncated or edited: not a study of this version: {why}");
            Error::new(parameter, path.display(), what)
        };
        let content = value(&text).map_err(wrong)?;
        let header: Header = serde_json::from_value(content.clone())
            .map_err(|_| wrong("its entries are others".into()))?;
        // An entry that is not there must not pass for the usual one.
        if json!(header) != content {
            return Err(wrong("entries are missing".into()));
        }
        if header.tool != Tool::current().name || !header.shard.is_one() {
            return Err(wrong("it says that it is none".into()));
        }
        Ok(Some(header))
    }

    fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Is this the study asked for?
    fn continued(&self, path: &Path, asked: &Header) -> Result<()> {
        let mut different: Vec<String> = self
            .plan
            .differences(&asked.plan)
            .into_iter()
            .map(|(name, there, asked)| format!("{name} {there} there, {asked} asked for"))
            .collect();
        let part = |shard: Shard| format!("{}/{}", shard.part, shard.parts);
        if self.shard != asked.shard {
            let (there, asked) = (part(self.shard), part(asked.shard));
            different.push(format!("shard {there} there, {asked} asked for"));
        }
        if self.version != asked.version {
            let (there, asked) = (&self.version, &asked.version);
            different.push(format!("version {there} there, {asked} here"));
        }
        if different.is_empty() {
            return Ok(());
        }
        let what = format!("holds another study, which is kept: {}", different.join("; "));
        Err(Error::new("out", path.display(), what).hint("name another directory"))
    }
}

/// A study directory open for writing.
pub struct Directory {
    path: PathBuf,
    study: Study,
    /// Made with the first cell that is added: what was there is copied, and never written to.
    file: Option<Growing>,
    /// Finished cells, in order.
    pub lines: Vec<Line>,
    _lock: Lock,
}

impl Directory {
    /// Opens `path` for a part of a study, making it if needed; what is there already is continued.
    ///
    /// # Errors
    /// It cannot be written, or holds something else.
    pub fn open(path: &Path, study: &Study, shard: Shard) -> Result<Self> {
        let header = Header::new(&study.grid, shard);
        // A study that is refused is not touched.
        survey(path, &header)?;
        fs::create_dir_all(path)
            .map_err(|why| Error::io("out", path, "make the directory", &why))?;
        let lock = Lock::take("out", path)?;
        // Once more: another process may have begun a study before this one had the lock.
        let begun = survey(path, &header)?;
        let target = path.join(CELLS);
        let text = read("out", &target)?.unwrap_or_default();
        let lines = cells::read("out", &target, study, shard, &text)?;
        let wanted = study.cells.iter().filter(|cell| shard.holds(cell.index)).count();
        if lines.len() < wanted {
            // What is measured now does not stand beside pages on what was there before.
            clear("out", path, &renderings(path))?;
        }
        tidy(path);
        if !begun {
            replace("out", path, STUDY, header.text().as_bytes())?;
        }
        let mut directory = Directory {
            path: path.to_owned(),
            study: study.clone(),
            file: None,
            lines,
            _lock: lock,
        };
        if directory.lines.len() == wanted && directory.text(&directory.lines) != text {
            // Another spelling of the same cells: a line that lacks its end, say.
            directory.extend(Vec::new())?;
        }
        Ok(directory)
    }

    fn text(&self, lines: &[Line]) -> Vec<u8> {
        lines.iter().flat_map(|line| cells::text(&self.study, line).into_bytes()).collect()
    }

    /// Adds a finished cell; it is on the disk when this returns.
    ///
    /// # Errors
    /// The file cannot be written, for example because the disk is full.
    pub fn append(&mut self, line: Line) -> Result<()> {
        self.extend(vec![line])
    }

    /// Adds several of them at once.
    ///
    /// # Errors
    /// Those of [`Directory::append`].
    pub fn extend(&mut self, lines: Vec<Line>) -> Result<()> {
        let added = self.text(&lines);
        if let Some(file) = &mut self.file {
            file.append(&added)?;
            file.sync()?;
        } else {
            let whole = [self.text(&self.lines), added].concat();
            self.file = Some(Growing::begin("out", &self.path, CELLS, &whole)?);
        }
        self.lines.extend(lines);
        Ok(())
    }

    /// Writes the renderings of the finished study.
    ///
    /// # Errors
    /// A file cannot be written, or somebody else's is in its place.
    pub fn render(&self, files: &[Rendering]) -> Result<()> {
        render("out", &self.path, files)
    }
}

/// Is the study asked for there? Refuses what is something else.
fn survey(path: &Path, asked: &Header) -> Result<bool> {
    if path.exists() && !path.is_dir() {
        return Err(Error::new("out", path.display(), "is a file, not a directory"));
    }
    let begun = owned("out", &path.join(STUDY))?;
    if path.join(RUN).exists() && !begun {
        let what = "holds a run of 'relubound check', which is kept";
        return Err(Error::new("out", path.display(), what).hint("name another directory"));
    }
    let cells = owned("out", &path.join(CELLS))?;
    if let Some(there) = Header::read("out", path)? {
        there.continued(path, asked)?;
        return Ok(true);
    }
    if cells {
        let what = "holds cells without a study.json, which are kept";
        return Err(Error::new("out", path.display(), what).hint("name another directory"));
    }
    refuse_foreign("out", path, &renderings(path))?;
    Ok(false)
}

/// Files that have the names of renderings.
fn renderings(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| is_rendering(name)).collect();
    names.sort();
    names
}

fn is_rendering(name: &str) -> bool {
    RENDERINGS.contains(&name) || is_figure(name)
}
