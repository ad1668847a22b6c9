//! A study: the constants of the proof over a grid of networks.

use std::path::PathBuf;

use pyo3::prelude::*;
use relubound::model::clean;
use relubound::model::error::Result;
use relubound::report::document::Document;
use relubound::report::{print, study as report};
use relubound::run::store::Rendering;
use relubound::study::findings::Findings;
use relubound::study::{self, Directory, Line, Shard};

use crate::refusal::refused;

/// A study, as far as it got.
#[pyclass(frozen, module = "relubound._native")]
pub struct Study {
    plan: study::Study,
    shard: Shard,
    lines: Vec<Line>,
}

impl Study {
    /// Of these cells.
    pub fn new(plan: study::Study, shard: Shard, lines: Vec<Line>) -> Self {
        Study { plan, shard, lines }
    }

    fn wanted(&self) -> usize {
        self.plan.cells.iter().filter(|cell| self.shard.holds(cell.index)).count()
    }

    fn document(&self) -> Document {
        let lines = clean::texts(&self.lines);
        report::document(&Findings::new(&self.plan, &lines), self.wanted(), self.shard)
    }

    /// The renderings of a study that is whole.
    pub fn files(&self) -> Result<Vec<Rendering>> {
        report::files(&Findings::new(&self.plan, &clean::texts(&self.lines)))
    }

    fn save_to(&self, dir: &std::path::Path) -> Result<()> {
        let mut directory = Directory::open(dir, &self.plan, self.shard)?;
        let there = directory.lines.len();
        let left: Vec<Line> = self.lines.iter().skip(there).cloned().collect();
        if !left.is_empty() {
            directory.extend(left)?;
        }
        let whole = directory.lines.len() == self.wanted() && self.shard == Shard::WHOLE;
        if whole { directory.render(&self.files()?) } else { Ok(()) }
    }
}

#[pymethods]
impl Study {
    /// Every cell, and every fit, as text in JSON.
    fn json(&self, py: Python<'_>) -> (String, String) {
        py.detach(|| {
            let lines = clean::texts(&self.lines);
            let fits = report::fits(&Findings::new(&self.plan, &lines));
            (serde_json::to_string(&lines).unwrap_or_default(), fits)
        })
    }

    /// A line for each cell and quantity.
    fn csv(&self, py: Python<'_>) -> String {
        py.detach(|| report::csv(&self.plan, &clean::texts(&self.lines)))
    }

    /// For a wiki.
    fn markdown(&self, py: Python<'_>) -> String {
        py.detach(|| print::markdown::print(&self.document(), None))
    }

    /// One self-contained page.
    fn html(&self, py: Python<'_>) -> String {
        py.detach(|| print::html::print(&self.document()))
    }

    /// A piece of a page.
    fn cell(&self, py: Python<'_>) -> String {
        py.detach(|| print::html::cell(&self.document()))
    }

    /// For a terminal of so many columns.
    fn text(&self, py: Python<'_>, width: usize) -> String {
        py.detach(|| clean::printed(&print::text::print(&self.document(), width)).into())
    }

    /// Did a cell fail?
    fn failed(&self) -> bool {
        self.lines.iter().any(Line::is_failure)
    }

    /// Cells that are finished, and how many there are.
    fn progress(&self) -> (usize, usize) {
        (self.lines.len(), self.wanted())
    }

    /// Writes what the command would have written.
    fn save(&self, py: Python<'_>, dir: PathBuf) -> PyResult<()> {
        py.detach(|| self.save_to(&dir)).map_err(|why| refused(py, why))
    }
}
