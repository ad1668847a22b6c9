//! Studies, made.

use pyo3::prelude::*;
use pyo3::{IntoPyObjectExt, pyfunction};
use relubound::cli::Command;
use relubound::cli::check::confirming;
use relubound::model::error::Result;
use relubound::report::study as report;
use relubound::study::{Cell, Directory, Event, Line, estimate};

use crate::check::raised;
use crate::refusal::{asked, misread};
use crate::study::Study;
use crate::waiting::{Seen, carried_out};

enum Made {
    Study(Box<Study>),
    Said(String),
}

/// What `relubound explore` was asked: a study, or text on what would be done; and what
/// interrupted it. Without a directory the study is kept in memory alone.
#[pyfunction]
pub fn explore(
    py: Python<'_>,
    arguments: Vec<String>,
    keep: bool,
    watch: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Py<PyAny>, Option<Py<PyAny>>)> {
    let Command::Explore(explore) = asked(py, &arguments)? else { return Err(misread(py)) };
    let work = move |seen: &Seen| -> Result<Made> {
        let (study, shard, machine) = explore.asked()?;
        let cells: Vec<Cell> =
            study.cells.iter().filter(|cell| shard.holds(cell.index)).cloned().collect();
        let bytes = cells.iter().map(|cell| study.bytes(cell, machine));
        let bytes = bytes.collect::<Result<Vec<u64>>>()?.into_iter().max().unwrap_or(0);
        if explore.dry_run && keep {
            let cells: Vec<&Cell> = cells.iter().collect();
            let time = estimate::duration(&study, &cells, machine)?;
            return Ok(Made::Said(report::dry_run(&study, cells.len(), bytes, time)));
        }
        let out = explore.out.as_deref().filter(|_| keep);
        let mut directory = out.map(|out| Directory::open(out, &study, shard)).transpose()?;
        let mut lines: Vec<Line> =
            directory.as_ref().map_or_else(Vec::new, |directory| directory.lines.clone());
        let each = study.networks().max(1);
        seen.begin(each * lines.len() as u64, each * cells.len() as u64);
        let said = |cell: &Cell, event: Event| match event {
            Event::Network => seen.finished(),
            Event::Confirming(rows) => {
                let what = confirming(&rows, study.networks());
                seen.note(format!("widths {}: {what}", cell.params.architecture));
            }
        };
        let left = cells[lines.len()..].iter();
        study.measure_each(left, machine, &seen.stop, said, |line| {
            if let Some(directory) = &mut directory {
                directory.append(line.clone())?;
            }
            lines.push(line);
            seen.begin(each * lines.len() as u64, each * cells.len() as u64);
            Ok(())
        })?;
        let whole = lines.len() == cells.len() && shard == relubound::study::Shard::WHOLE;
        let made = Study::new(study.clone(), shard, lines);
        if let Some(directory) = directory.filter(|_| whole) {
            directory.render(&made.files()?)?;
        }
        Ok(Made::Study(Box::new(made)))
    };
    let (made, why) = carried_out(py, watch, work)?;
    let made = match made {
        Made::Study(study) => Py::new(py, *study)?.into_py_any(py)?,
        Made::Said(text) => text.into_py_any(py)?,
    };
    Ok((made, raised(py, why)))
}
