//! A run over random networks.

use std::path::PathBuf;

use pyo3::prelude::*;
use relubound::judge::ledger::{Ledger, Status};
use relubound::judge::verdict::Verdict;
use relubound::model::clean;
use relubound::model::error::{Error, Result};
use relubound::model::outcome::Outcome;
use relubound::num::magnitude::Magnitude;
use relubound::report::{self, Detail, csv, json, print};
use relubound::run::Experiment;
use relubound::run::session::Place;

use crate::refusal::refused;

/// A run: what is claimed, what was seen, and what is said of both.
#[pyclass(frozen, module = "relubound._native")]
pub struct Run {
    experiment: Experiment,
    ledger: Ledger,
}

impl Run {
    /// Of an experiment and its ledger.
    pub fn new(experiment: Experiment, ledger: Ledger) -> Self {
        Run { experiment, ledger }
    }

    /// With what was read from a file made fit to be shown.
    pub fn shown(&self) -> Ledger {
        clean::texts(&self.ledger)
    }

    fn save_to(&self, dir: &std::path::Path, force: bool) -> Result<()> {
        if self.ledger.status == Status::Bounds {
            let what = "bounds alone are not kept in a directory: they have no trials";
            return Err(Error::new("save", "", what));
        }
        let place = Place { dir, force };
        let files = report::run::files(&self.shown(), &self.experiment);
        place.written(&self.experiment)?.finish(&self.ledger, &files)
    }
}

#[pymethods]
impl Run {
    /// Everything, as text in JSON.
    fn json(&self, py: Python<'_>) -> String {
        py.detach(|| json::render(&self.shown()))
    }

    /// A line a row.
    fn csv(&self, py: Python<'_>) -> String {
        py.detach(|| csv::render(&self.shown()))
    }

    /// For a wiki.
    fn markdown(&self, py: Python<'_>) -> String {
        py.detach(|| report::markdown(&self.shown()))
    }

    /// For a paper.
    fn latex(&self, py: Python<'_>) -> String {
        py.detach(|| report::latex(&self.shown()))
    }

    /// One self-contained page.
    fn html(&self, py: Python<'_>) -> String {
        let (experiment, shown) = (&self.experiment, self.shown());
        py.detach(|| report::page(&shown, experiment.claims(), experiment.records()))
    }

    /// A piece of a page.
    fn cell(&self, py: Python<'_>) -> String {
        let (experiment, shown) = (&self.experiment, self.shown());
        py.detach(|| {
            let cell = report::run::cell(&shown, experiment.claims(), experiment.records());
            print::html::cell(&cell)
        })
    }

    /// For a terminal of so many columns.
    fn text(&self, py: Python<'_>, width: usize, all: bool) -> String {
        let detail = if all { Detail::Full } else { Detail::Brief };
        py.detach(|| clean::printed(&report::text(&self.shown(), detail, width)).into())
    }

    /// The answer in sentences.
    fn answer(&self) -> Vec<String> {
        report::run::answer(&self.shown())
    }

    /// The worst verdict of all rows.
    fn verdict(&self) -> Option<&'static str> {
        self.ledger.verdict.map(Verdict::name)
    }

    /// Is something violated, or not a number?
    fn failed(&self) -> bool {
        self.ledger.verdict.is_some_and(Verdict::is_failure)
    }

    /// Is all there that was asked for?
    fn complete(&self) -> bool {
        self.ledger.status != Status::Partial
    }

    /// Networks that were sampled.
    fn networks(&self) -> u64 {
        self.ledger.trials
    }

    /// What every network showed: names of columns, and their numbers. One that double precision
    /// does not hold is absent there, and its logarithm is in a column of its own.
    fn trials(&self, py: Python<'_>) -> (Vec<u64>, Vec<Column>) {
        py.detach(|| {
            let records = self.experiment.records();
            let numbers = records.iter().map(|record| record.trial).collect();
            let mut columns = Vec::new();
            for (at, claim) in self.experiment.claims().iter().enumerate() {
                let all = records.iter().map(|record| seen(&record.outcomes[at]));
                let (values, logs): (Vec<_>, Vec<_>) = all.unzip();
                columns.push((claim.key(), values));
                if logs.iter().any(Option::is_some) {
                    columns.push((format!("{}_log10", claim.key()), logs));
                }
            }
            (numbers, columns)
        })
    }

    /// Writes what the command would have written.
    fn save(&self, py: Python<'_>, dir: PathBuf, force: bool) -> PyResult<()> {
        py.detach(|| self.save_to(&dir, force)).map_err(|why| refused(py, why))
    }
}

/// Its name, and what it holds.
type Column = (String, Vec<Option<f64>>);

/// A number, or the logarithm of one that double precision does not hold.
fn seen(outcome: &Outcome) -> (Option<f64>, Option<f64>) {
    let number = |value: Magnitude| match value.as_exact_f64() {
        Some(held) => (Some(held), None),
        None => (None, Some(value.log10())),
    };
    match outcome {
        Outcome::Value(value) | Outcome::Found(value, _) => number(*value),
        Outcome::NotSearched | Outcome::Undefined => (None, None),
        Outcome::Failed => (Some(f64::NAN), None),
    }
}
