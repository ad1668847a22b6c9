//! Runs: made, read, joined.

use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use pyo3::{IntoPyObjectExt, pyfunction};
use relubound::cli::check::Check;
use relubound::cli::{Command, given};
use relubound::model::error::Result;
use relubound::report::given::Subject;
use relubound::report::print::text;
use relubound::run::session::{self, Looked, Place};
use relubound::run::store::{self, RUN, STUDY};
use relubound::run::{self, Experiment};
use relubound::{report, study};

use crate::inputs::Inputs;
use crate::refusal::{asked, misread, refused};
use crate::run::Run;
use crate::study::Study;
use crate::waiting::{Counted, Seen, carried_out};

/// What came of it.
enum Made {
    Run(Box<Run>),
    Inputs(Box<Inputs>),
    Study(Box<Study>),
    /// A part, of which so many are done, of so many.
    Part(u64, u64),
    /// What would be done.
    Said(String),
}

impl Made {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            Made::Run(run) => Py::new(py, *run)?.into_py_any(py),
            Made::Inputs(inputs) => Py::new(py, *inputs)?.into_py_any(py),
            Made::Study(study) => Py::new(py, *study)?.into_py_any(py),
            Made::Part(done, wanted) => (done, wanted).into_py_any(py),
            Made::Said(text) => text.into_py_any(py),
        }
    }
}

/// Columns of what is said of a run before it is made.
const WIDTH: usize = 100;

/// What `relubound check` was asked: a run, the numbers of networks of a part that are done and
/// wanted, or text on what would be done; and what interrupted it.
#[pyfunction]
pub fn check(
    py: Python<'_>,
    arguments: Vec<String>,
    watch: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Py<PyAny>, Option<Py<PyAny>>)> {
    let Command::Check(check) = asked(py, &arguments)? else { return Err(misread(py)) };
    let work = move |seen: &Seen| match check.given.network.clone() {
        Some(network) => of_inputs(&check, &network, seen),
        None => of_networks(&check, seen),
    };
    let (made, why) = carried_out(py, watch, work)?;
    Ok((made.into_python(py)?, raised(py, why)))
}

/// What interrupted it, as an object.
pub fn raised(py: Python<'_>, why: Option<PyErr>) -> Option<Py<PyAny>> {
    why.map(|why| why.into_value(py).into_any())
}

fn of_networks(check: &Check, seen: &Seen) -> Result<Made> {
    let (shard, spec, machine) = (check.part()?, check.asked()?, check.machine()?);
    if check.dry_run {
        let spec = shard.map_or_else(|| spec.clone(), |shard| spec.like(shard));
        let time = study::estimate::run(&spec, machine)?;
        let bytes = Experiment::bytes(&spec, machine)?;
        return Ok(Made::Said(report::study::planned("relubound check", &time, bytes)));
    }
    let (place, mut watch) = (check.place(), Counted(seen));
    if let Some((shard, place)) = shard.zip(place) {
        let (part, _) = session::part(spec, shard, machine, place, &seen.stop, &mut watch)?;
        return Ok(Made::Part(part.trials, part.wanted()));
    }
    let looked = match check.most()? {
        Some(most) => session::settled(&spec, most, machine, place, &seen.stop, &mut watch)?,
        None => session::once(spec, machine, place, &seen.stop, &mut watch)?,
    };
    concluded(looked, seen)
}

fn concluded(looked: Looked, seen: &Seen) -> Result<Made> {
    let done = looked.conclude(&seen.stop, &mut Counted(seen), report::run::files);
    done.kept?;
    Ok(Made::Run(Box::new(Run::new(done.experiment, done.ledger))))
}

fn of_inputs(check: &Check, network: &Path, seen: &Seen) -> Result<Made> {
    let threads = check.machine()?.threads;
    let all = given::read(check, network)?;
    let header = &all.job.header;
    if check.dry_run {
        let results = run::given::Store::memory(header).results();
        let said = report::given::planned(&Subject::of(&results));
        return Ok(Made::Said(text::print(&said, WIDTH)));
    }
    let mut store = match check.out.as_deref() {
        Some(dir) => run::given::Store::open(dir, header)?,
        None => run::given::Store::memory(header),
    };
    let [done, wanted] = store.progress();
    seen.begin(done as u64, wanted as u64);
    all.judge(&mut store, threads, &seen.stop, || seen.finished())?;
    let results = store.results();
    if results.header.shard.parts > 1 {
        let [done, wanted] = store.progress();
        return Ok(Made::Part(done as u64, wanted as u64));
    }
    if results.is_whole() {
        store.render(&given::files(&results))?;
    }
    Ok(Made::Inputs(Box::new(Inputs::new(store))))
}

/// What a directory holds: a run over random networks or over inputs, or a study.
#[pyfunction]
pub fn load(py: Python<'_>, dir: PathBuf) -> PyResult<Py<PyAny>> {
    let loaded = py.detach(|| loaded(&dir)).map_err(|why| refused(py, why))?;
    loaded.into_python(py)
}

fn loaded(dir: &Path) -> Result<Made> {
    if run::given::is_one(dir) {
        return Ok(Made::Inputs(Box::new(Inputs::new(run::given::Store::read(dir)?))));
    }
    if dir.join(STUDY).exists() && !dir.join(RUN).exists() {
        let (study, shard, lines) = study::load(dir)?;
        return Ok(Made::Study(Box::new(Study::new(study, shard, lines))));
    }
    let store::Loaded { ledger, experiment } = store::load(dir)?;
    Ok(Made::Run(Box::new(Run::new(experiment, ledger))))
}

/// Parts, joined into a directory.
#[pyfunction]
pub fn merge(
    py: Python<'_>,
    arguments: Vec<String>,
    watch: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Py<PyAny>, Option<Py<PyAny>>)> {
    let Command::Merge(merge) = asked(py, &arguments)? else { return Err(misread(py)) };
    let work = move |seen: &Seen| -> Result<Made> {
        let (parts, out) = (&merge.parts, &merge.out);
        if merge.is_of_inputs() {
            merge.keeps()?;
            let store = run::given::merge(parts, out)?;
            store.render(&given::files(&store.results()))?;
            return Ok(Made::Inputs(Box::new(Inputs::new(store))));
        }
        if !merge.is_of_run() {
            merge.keeps()?;
            let (joined, directory) = study::merge(parts, out)?;
            let study = Study::new(joined, study::Shard::WHOLE, directory.lines.clone());
            directory.render(&study.files()?)?;
            return Ok(Made::Study(Box::new(study)));
        }
        let experiment = merge.experiment()?;
        let ledger = experiment.ledger();
        let store = Place { dir: out, force: merge.force }.written(&experiment)?;
        concluded(Looked { experiment, ledger, sampled: Ok(()), store: Some(store) }, seen)
    };
    let (made, why) = carried_out(py, watch, work)?;
    Ok((made.into_python(py)?, raised(py, why)))
}
