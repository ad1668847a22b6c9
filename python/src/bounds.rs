//! What needs no networks: bounds, thresholds, angles.

use pyo3::prelude::*;
use pyo3::pyfunction;
use relubound::cli::Command;
use relubound::cli::angle::in_brief;
use relubound::report::angles;

use crate::check::raised;
use crate::refusal::{asked, misread};
use crate::run::Run;
use crate::waiting::carried_out;

/// What `relubound bounds` was asked. It cannot be asked to end: an interrupt is reported when it
/// is done, and a second one leaves it.
#[pyfunction]
pub fn bounds(
    py: Python<'_>,
    arguments: Vec<String>,
    watch: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Run, Option<Py<PyAny>>)> {
    let Command::Bounds(bounds) = asked(py, &arguments)? else { return Err(misread(py)) };
    let ((experiment, ledger), why) = carried_out(py, watch, move |_| bounds.ledger())?;
    Ok((Run::new(experiment, ledger), raised(py, why)))
}

/// What `relubound angle` was asked, as JSON, CSV and text.
#[pyfunction]
pub fn angle(py: Python<'_>, arguments: Vec<String>) -> PyResult<(String, String, String)> {
    let Command::Angle(angle) = asked(py, &arguments)? else { return Err(misread(py)) };
    let work = move |_: &_| {
        let mut table = angle.table()?;
        let (json, csv) = (angles::json(&table), angles::csv(&table));
        let last = table.steps.iter().map(|step| step.layer).max().unwrap_or(0);
        table.steps.retain(|step| angle.all || in_brief(step.layer, last));
        Ok((json, csv, angles::text(&table)))
    };
    match carried_out(py, None, work)? {
        (_, Some(why)) => Err(why),
        (done, None) => Ok(done),
    }
}
