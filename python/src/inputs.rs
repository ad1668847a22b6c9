//! A run over the inputs of a network from a file.

use std::path::PathBuf;

use pyo3::prelude::*;
use relubound::cli::format::Format;
use relubound::cli::given;
use relubound::given::Failure;
use relubound::model::clean;
use relubound::report::given as report;
use relubound::report::given::Subject;
use relubound::report::{Detail, print};
use relubound::run::given::{Results, Store};

use crate::refusal::refused;

/// A run over inputs, as far as it got.
#[pyclass(frozen, module = "relubound._native")]
pub struct Inputs {
    store: std::sync::Mutex<Store>,
    results: Results,
}

impl Inputs {
    /// Of what is kept.
    pub fn new(store: Store) -> Self {
        let results = given::cleaned(&store.results());
        Inputs { store: std::sync::Mutex::new(store.closed()), results }
    }

    /// What is known, fit to be shown.
    pub fn results(&self) -> &Results {
        &self.results
    }

    fn printed(&self, py: Python<'_>, format: Format) -> String {
        py.detach(|| given::rendered(&self.results, format, Detail::Full))
    }
}

#[pymethods]
impl Inputs {
    /// Everything, as text in JSON.
    fn json(&self, py: Python<'_>) -> String {
        self.printed(py, Format::Json)
    }

    /// A line an input.
    fn csv(&self, py: Python<'_>) -> String {
        self.printed(py, Format::Csv)
    }

    /// For a wiki.
    fn markdown(&self, py: Python<'_>) -> String {
        self.printed(py, Format::Markdown)
    }

    /// For a paper.
    fn latex(&self, py: Python<'_>) -> String {
        self.printed(py, Format::Latex)
    }

    /// One self-contained page.
    fn html(&self, py: Python<'_>) -> String {
        self.printed(py, Format::Html)
    }

    /// A piece of a page.
    fn cell(&self, py: Python<'_>) -> String {
        py.detach(|| print::html::cell(&report::cell(&Subject::of(&self.results))))
    }

    /// For a terminal of so many columns.
    fn text(&self, py: Python<'_>, width: usize, all: bool) -> String {
        let detail = if all { Detail::Full } else { Detail::Brief };
        py.detach(|| {
            let document = report::document(&Subject::of(&self.results), detail);
            clean::printed(&print::text::print(&document, width)).into()
        })
    }

    /// The answer in sentences.
    fn answer(&self) -> Vec<String> {
        report::answer(&Subject::of(&self.results))
    }

    /// The last word of the report.
    fn verdict(&self) -> String {
        report::word(&Subject::of(&self.results)).to_owned()
    }

    /// Did a computation give no number?
    fn failed(&self) -> bool {
        self.results.failed(Failure::Numerical) > 0
    }

    /// Is all there that was asked for?
    fn complete(&self) -> bool {
        self.results.is_complete()
    }

    /// Writes what the command would have written.
    fn save(&self, py: Python<'_>, dir: PathBuf) -> PyResult<()> {
        let saved = py.detach(|| {
            let store = self.store.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let store = store.written(&dir)?;
            let results = store.results();
            if results.is_whole() { store.render(&given::files(&results)) } else { Ok(()) }
        });
        saved.map_err(|why| refused(py, why))
    }
}
