//! How the width at which the step flips the sign grows with depth.

use pyo3::prelude::*;
use pyo3::pyfunction;
use relubound::cli::Command;
use relubound::model::clean;
use relubound::report::{growth as report, print};
use relubound::study::growth::{self as study, Row, Search};

use crate::check::raised;
use crate::refusal::{asked, misread};
use crate::waiting::{Seen, carried_out};

/// Widths by depth, as far as they were found.
#[pyclass(frozen, module = "relubound._native")]
pub struct Growth {
    search: Search,
    rows: Vec<Row>,
}

/// What `relubound growth` was asked, and what interrupted it.
#[pyfunction]
pub fn growth(
    py: Python<'_>,
    arguments: Vec<String>,
    watch: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Growth, Option<Py<PyAny>>)> {
    let Command::Growth(growth) = asked(py, &arguments)? else { return Err(misread(py)) };
    let work = move |seen: &Seen| {
        let (search, machine) = growth.asked()?;
        seen.begin(0, search.depths.len() as u64);
        let rows = study::run(&search, machine, &seen.stop, |_| {
            seen.finished();
            Ok(())
        })?;
        Ok(Growth { search, rows })
    };
    let (made, why) = carried_out(py, watch, work)?;
    Ok((made, raised(py, why)))
}

#[pymethods]
impl Growth {
    /// Everything, as text in JSON.
    fn json(&self) -> String {
        report::json(&self.search, &self.rows)
    }

    /// A line a depth.
    fn csv(&self) -> String {
        report::csv(&self.rows)
    }

    /// The picture alone; none of a single depth.
    fn svg(&self) -> Option<String> {
        report::svg(&self.rows)
    }

    /// One self-contained page.
    fn html(&self) -> String {
        report::page(&self.search, &self.rows)
    }

    /// For a wiki.
    fn markdown(&self) -> String {
        print::markdown::print(&report::document(&self.search, &self.rows), None)
    }

    /// A piece of a page.
    fn cell(&self) -> String {
        print::html::cell(&report::document(&self.search, &self.rows))
    }

    /// For a terminal of so many columns.
    fn text(&self, width: usize) -> String {
        clean::printed(&report::text(&self.search, &self.rows, width)).into()
    }

    /// Networks in which the step is not a number.
    fn failures(&self) -> u64 {
        self.rows.iter().map(Row::failures).sum()
    }

    /// Depths that are finished, and how many there are.
    fn progress(&self) -> (usize, usize) {
        (self.rows.len(), self.search.depths.len())
    }
}
