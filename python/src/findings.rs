//! What is found by depth, and norm by norm: a document with its numbers.

use pyo3::prelude::*;
use pyo3::pyfunction;
use relubound::cli::Command;
use relubound::model::clean;
use relubound::report::document::Document;
use relubound::report::{biases as biases_report, norms as norms_report, print};
use relubound::study::{biases as by_bias, norms as by_norm};

use crate::check::raised;
use crate::refusal::{asked, misread};
use crate::waiting::{Seen, carried_out};

/// A document with its numbers.
#[pyclass(frozen, module = "relubound._native")]
pub struct Findings {
    json: String,
    document: Document,
    failed: bool,
    complete: bool,
}

/// What `relubound norms` was asked, and what interrupted it.
#[pyfunction]
pub fn norms(
    py: Python<'_>,
    arguments: Vec<String>,
    watch: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Findings, Option<Py<PyAny>>)> {
    let Command::Norms(norms) = asked(py, &arguments)? else { return Err(misread(py)) };
    let work = move |seen: &Seen| {
        let (search, machine) = norms.asked()?;
        seen.begin(0, search.parts() as u64);
        let found = by_norm::run(&search, machine, &seen.stop, || seen.finished())?;
        let stopped = seen.is_stopped();
        Ok(Findings {
            json: norms_report::json(&search, &found),
            document: norms_report::document(&search, &found, stopped),
            failed: found.failed(),
            complete: !stopped,
        })
    };
    let (made, why) = carried_out(py, watch, work)?;
    Ok((made, raised(py, why)))
}

/// What `relubound biases` was asked, and what interrupted it.
#[pyfunction]
pub fn biases(
    py: Python<'_>,
    arguments: Vec<String>,
    watch: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Findings, Option<Py<PyAny>>)> {
    let Command::Biases(biases) = asked(py, &arguments)? else { return Err(misread(py)) };
    let work = move |seen: &Seen| {
        let (search, machine) = biases.asked()?;
        seen.begin(0, search.depths.len() as u64);
        let rows = by_bias::run(&search, machine, &seen.stop, || seen.finished())?;
        let stopped = seen.is_stopped();
        Ok(Findings {
            json: biases_report::json(&search, &rows),
            document: biases_report::document(&search, &rows, stopped),
            failed: rows.iter().any(|row| row.failures > 0),
            complete: !stopped,
        })
    };
    let (made, why) = carried_out(py, watch, work)?;
    Ok((made, raised(py, why)))
}

#[pymethods]
impl Findings {
    /// Everything, as text in JSON.
    fn json(&self) -> &str {
        &self.json
    }

    /// For a wiki.
    fn markdown(&self) -> String {
        print::markdown::print(&self.document, None)
    }

    /// One self-contained page.
    fn html(&self) -> String {
        print::html::print(&self.document)
    }

    /// A piece of a page.
    fn cell(&self) -> String {
        print::html::cell(&self.document)
    }

    /// For a terminal of so many columns.
    fn text(&self, width: usize) -> String {
        clean::printed(&print::text::print(&self.document, width)).into()
    }

    /// Does something contradict a law or a bound, or is it not a number?
    fn failed(&self) -> bool {
        self.failed
    }

    /// Is all there that was asked for?
    fn complete(&self) -> bool {
        self.complete
    }
}
