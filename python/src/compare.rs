//! Runs side by side.

use std::path::Path;

use pyo3::prelude::*;
use pyo3::pyfunction;
use relubound::cli::Command;
use relubound::cli::compare::Compare;
use relubound::judge::ledger::Ledger;
use relubound::model::clean;
use relubound::model::error::{Error, Result};
use relubound::report::document::Document;
use relubound::report::given::{self, Subject};
use relubound::report::{compare as report, print};
use relubound::run::given::Results;

use crate::inputs::Inputs;
use crate::refusal::{asked, misread, refused};
use crate::run::Run;
use crate::waiting::{Seen, carried_out};

/// How something looks: JSON, text, Markdown, a page, a piece of one, and its files.
type Looks = (String, String, String, String, String);

fn looks(json: String, document: &Document, width: usize) -> Looks {
    (
        json,
        clean::printed(&print::text::print(document, width)).into(),
        print::markdown::print(document, None),
        print::html::print(document),
        print::html::cell(document),
    )
}

/// What `relubound compare` was asked, where some items are runs that are at hand, by their names.
#[pyfunction]
pub fn compare(
    py: Python<'_>,
    arguments: Vec<String>,
    runs: Vec<(String, Bound<'_, PyAny>)>,
    width: usize,
    watch: Option<&Bound<'_, PyAny>>,
) -> PyResult<Looks> {
    let Command::Compare(compare) = asked(py, &arguments)? else { return Err(misread(py)) };
    let over_inputs = |(_, run): &(String, Bound<'_, PyAny>)| run.cast::<Inputs>().is_ok();
    if runs.iter().any(over_inputs) {
        return of_inputs(py, &runs, compare.out.as_deref(), width);
    }
    let mut at_hand: Vec<(String, Ledger)> = Vec::new();
    for (name, run) in &runs {
        at_hand.push((name.clone(), run.cast::<Run>()?.get().shown()));
    }
    let work = move |seen: &Seen| -> Result<Looks> {
        let mut ledgers = Vec::new();
        for item in &compare.items {
            let found = at_hand.iter().find(|(name, _)| name == item);
            let ledger = found.map(|(_, ledger)| Ok(ledger.clone()));
            let ledger = ledger.unwrap_or_else(|| compare.ledger(item, &seen.stop))?;
            ledgers.push((item.clone(), ledger));
        }
        let document = report::document(&ledgers);
        compare.out.as_deref().map_or(Ok(()), |out| Compare::write(out, &document))?;
        Ok(looks(report::json(&ledgers), &document, width))
    };
    match carried_out(py, watch, work)? {
        (_, Some(why)) => Err(why),
        (done, None) => Ok(done),
    }
}

fn of_inputs(
    py: Python<'_>,
    runs: &[(String, Bound<'_, PyAny>)],
    out: Option<&Path>,
    width: usize,
) -> PyResult<Looks> {
    let mut all: Vec<(String, Results)> = Vec::new();
    for (name, run) in runs {
        let what = "holds no run over inputs, as others do: the two are not compared";
        let inputs =
            run.cast::<Inputs>().map_err(|_| refused(py, Error::new("RUN", name, what)))?;
        all.push((name.clone(), inputs.get().results().clone()));
    }
    let subjects: Vec<(String, Subject)> =
        all.iter().map(|(name, results)| (name.clone(), Subject::of(results))).collect();
    let document = given::compare(&subjects);
    let written = out.map_or(Ok(()), |out| Compare::write(out, &document));
    written.map_err(|why| refused(py, why))?;
    Ok(looks(given::compare_json(&subjects), &document, width))
}
