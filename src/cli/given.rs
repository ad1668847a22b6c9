//! `relubound check --network`: a network from a file, input by input.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::check::{Check, usage};
use super::exit;
use super::files::Flags;
use super::format::{Format, Output};
use super::number::{machine, number};
use super::progress::Progress;
use super::shape::Shape;
use super::shard::shard;
use super::terminal::{mention, note, print, say, shown, stop_with, width};
use crate::given::file::{self, Layout, Loaded, Reading};
use crate::given::{Against, Given, Inputs, Question, Space};
use crate::model::clean;
use crate::model::error::{Error, Result};
use crate::model::norm::Grid;
use crate::model::params::Amount;
use crate::report::given::{self as report, Subject};
use crate::report::{Detail, print as printers};
use crate::run::given::{Beside, Examiner, Job, Judge, Network, Read, Results, Source, Store, Who};
use crate::run::store::Rendering;

/// Random networks beside a network.
const REFERENCE: u64 = 100;
/// Activation cells that are looked at for exact radii.
const CELLS: u64 = 1000;

/// Everything that was read.
pub struct All {
    /// What is to be done.
    pub job: Job,
    network: Arc<Given>,
    initial: Option<Arc<Given>>,
}

impl All {
    /// Does what is left of it, and keeps it in `store`; `done` is called after every line.
    ///
    /// # Errors
    /// What cannot be written; a crash; a system that gives no thread. What was found before is
    /// kept.
    pub fn judge(
        &self,
        store: &mut Store,
        threads: usize,
        stop: &AtomicBool,
        done: impl FnMut(),
    ) -> Result<()> {
        let All { job, network, initial } = self;
        let judge = Judge::new(network, &job.question)?;
        let before = initial.as_ref().map(|initial| Judge::new(initial, &job.question));
        let before = before.transpose()?;
        let beside = Beside::new(network, &job.inputs, &job.question);
        let who = Who {
            network: &judge,
            initial: before.as_ref().map(|judge| judge as &dyn Examiner),
            random: Some(&beside),
        };
        job.run(&who, store, threads, stop, done)
    }
}

/// Does what `check` was asked with `--network`.
///
/// # Errors
/// The first flag whose value cannot be used, files that are none, a directory that cannot be
/// written.
pub fn run(check: &Check, network: &Path) -> Result<u8> {
    let started = Instant::now();
    let status = judge(check, network)?;
    if check.usage {
        note(&usage(started));
    }
    Ok(status)
}

fn judge(check: &Check, network: &Path) -> Result<u8> {
    let threads = machine(check.threads.as_deref())?.threads;
    let all = read(check, network)?;
    let job = &all.job;
    if check.dry_run {
        let subject = Store::memory(&job.header).results();
        print(&printers::text::print(&report::planned(&Subject::of(&subject)), width()))?;
        return Ok(exit::DONE);
    }
    let stop = stop_with("ending; what is finished is kept; Ctrl-C again ends at once");
    let out = check.out.as_deref();
    let mut store = match out {
        Some(dir) => Store::open(dir, &job.header)?,
        None => Store::memory(&job.header),
    };
    let sampled = judged(&all, &mut store, threads, &stop, check.output.quiet);
    // What was found is shown, also where it could not be stored.
    let shown = conclude(&store, &check.output, out.filter(|_| sampled.is_ok()));
    sampled?;
    let results = shown?;
    let [done, wanted] = store.progress();
    if done < wanted {
        let on = if out.is_some() { "; the same command goes on" } else { "" };
        say(&format!("interrupted: {done} of {wanted} rows found{on}"));
    }
    Ok(exit::of_inputs(&results, check.strict))
}

fn judged(
    all: &All,
    store: &mut Store,
    threads: usize,
    stop: &AtomicBool,
    quiet: bool,
) -> Result<()> {
    let [done, wanted] = store.progress();
    let results = store.results();
    let networks = all.job.header.reference - results.reference.len();
    let inputs = wanted - done - networks;
    let mut progress = Progress::inputs(done as u64, [inputs, networks].map(|n| n as u64), quiet);
    let ended = all.judge(store, threads, stop, || progress.finished());
    progress.end();
    ended
}

/// Reads and validates everything before anything is done.
///
/// # Errors
/// The first flag whose value cannot be used, and files that are none.
pub fn read(check: &Check, path: &Path) -> Result<All> {
    let flags = &check.given;
    let part = check.shard.as_deref().map(shard).transpose()?;
    if let Some(text) = check.shard.as_ref().filter(|_| check.out.is_none() && !check.dry_run) {
        return Err(Error::new("shard", text, "needs --out, where the part is kept"));
    }
    let grid = check.shape.steepest.grid.as_deref().map(Grid::parse).transpose()?;
    let reading = reading(flags, &check.shape, grid)?;
    let Loaded { network, notes } = file::network(path, &reading).or_else(|why| {
        // A grid that fits no layout is refused by its own name, below.
        let open = Reading { dimension: None, ..reading.clone() };
        if grid.is_some() { file::network(path, &open) } else { Err(why) }
    })?;
    let described = Network::of(Source::of("network", path)?, &network, &notes);
    let (dimension, outputs) = (network.inputs(), network.outputs());
    let initial = flags.initial.as_deref().map(|path| -> Result<_> {
        let named = |why: Error| {
            if why.parameter() == "network" { why.named("initial") } else { why }
        };
        let Loaded { network, notes } = file::network(path, &reading).map_err(named)?;
        let described = Network::of(Source::of("initial", path)?, &network, &notes);
        Ok((described, Arc::new(network)))
    });
    let (before, initial) = initial.transpose()?.unzip();
    let Some(inputs) = &flags.inputs else {
        return Err(Error::new("network", path.display(), "needs --inputs, the points to judge"));
    };
    let points = file::points(inputs, dimension)?;
    let labels = flags.labels.as_deref().map(|path| file::labels(path, outputs)).transpose()?;
    let source = Read {
        inputs: Source::of("inputs", inputs)?,
        labels: flags.labels.as_deref().map(|path| Source::of("labels", path)).transpose()?,
    };
    let question = question(flags, check, dimension, outputs)?;
    let mut job = Job::new(described, before, source, Inputs { points, labels }, question)?;
    let most = 1_000_000;
    let reference = flags.reference.as_deref();
    let reference = reference.map_or(Ok(REFERENCE), |text| number("reference", text, 0..=most))?;
    job.header.reference = reference as usize;
    job.header.grid = grid.map(|grid| rows_and_columns(grid, dimension)).transpose()?;
    job.header.shard = part.unwrap_or(job.header.shard);
    Ok(All { job, network: Arc::new(network), initial })
}

fn rows_and_columns(grid: Grid, dimension: usize) -> Result<[usize; 2]> {
    let Grid { height, width } = grid;
    if height.checked_mul(width) == Some(dimension) {
        return Ok([height, width]);
    }
    let what = format!("as many pixels as an input has entries: {dimension}");
    Err(Error::new("grid", format!("{height}x{width}"), what))
}

fn reading(flags: &Flags, shape: &Shape, grid: Option<Grid>) -> Result<Reading> {
    let activation = &shape.activation;
    if let Some(curve) = activation.curve() {
        let what = "curved: of it nothing can be certified here; relu, leaky or abs can";
        return Err(Error::new("activation", curve.name(), what));
    }
    let declared = activation.slope.is_some() || activation.activation.is_some();
    let list = |name: &'static str, text: &Option<String>| {
        text.as_deref().map_or(Ok(Vec::new()), |text| list(name, text))
    };
    Ok(Reading {
        layout: flags.layout.as_deref().map(Layout::parse).transpose()?,
        slope: declared.then(|| activation.slope()).transpose()?,
        mean: list("mean", &flags.mean)?,
        std: list("std", &flags.std)?,
        dimension: grid.and_then(|grid| grid.height.checked_mul(grid.width)),
    })
}

/// Numbers between commas, or those of a file.
fn list(name: &'static str, text: &str) -> Result<Vec<f64>> {
    let numbers: Option<Vec<f64>> = text
        .split(',')
        .map(|part| part.trim().parse().ok().filter(|x: &f64| x.is_finite()))
        .collect();
    match numbers {
        Some(numbers) => Ok(numbers),
        None if Path::new(text).exists() => file::numbers(name, Path::new(text)),
        None => {
            let what =
                "finite numbers between commas, such as 0.5 or 0.5,0.4,0.4, or a file of them";
            Err(Error::new(name, text, what))
        }
    }
}

fn question(flags: &Flags, check: &Check, dimension: usize, outputs: usize) -> Result<Question> {
    let shape = &check.shape;
    let parsed = |text: &Option<String>, parse: fn(&str) -> Result<Amount>, or: f64| {
        text.as_deref().map_or(Ok(or), |text| parse(text).map(|amount| amount.to_f64()))
    };
    let count = |name: &str, text: &Option<String>, or: u64, most: u64| {
        text.as_deref().map_or(Ok(or), |text| number(name, text, 0..=most))
    };
    let against = flags.against.as_deref().map(|text| Against::parse(text, outputs));
    Ok(Question {
        against: against.transpose()?.unwrap_or_default(),
        space: flags.perturb.as_deref().map_or(Ok(Space::default()), Space::parse)?,
        step: parsed(&shape.step, Amount::step, 2.0)?,
        radius: parsed(&shape.radius, Amount::radius, 1.0 / (dimension as f64).sqrt())?,
        cells: count("cells", &flags.cells, CELLS, 1_000_000_000)? as usize,
        seconds: flags.timeout_per_input.as_deref().map_or(Ok(f64::INFINITY), seconds)?,
        seed: count("seed", &check.seed, 1, u64::MAX)?,
    })
}

fn seconds(text: &str) -> Result<f64> {
    let given = text.trim().parse().ok().filter(|seconds: &f64| *seconds > 0.0);
    given.filter(|seconds| seconds.is_finite()).ok_or_else(|| {
        Error::new("timeout-per-input", text, "a positive number of seconds, such as 30 or 0.5")
    })
}

/// Shows a run, and writes its renderings where it is whole; a part of one is only named.
///
/// # Errors
/// Standard output or a file cannot be written.
pub fn conclude(store: &Store, output: &Output, out: Option<&Path>) -> Result<Results> {
    let results = store.results();
    let written = if results.is_whole() { store.render(&files(&results)) } else { Ok(()) };
    let format = if output.json { Format::Json } else { output.format };
    let detail = if output.all { Detail::Full } else { Detail::Brief };
    let shard = results.header.shard;
    if shard.parts > 1 {
        let (done, wanted) = (results.entries.len(), results.header.wanted());
        let judged = format!("{done} of {wanted} inputs judged");
        print(&format!("{shard}: {judged}, to be joined by relubound merge\n"))?;
    } else if output.quiet && format == Format::Text {
        let verdict = report::verdict(&Subject::of(&results));
        print(&printers::text::print(&verdict, width()))?;
    } else {
        print(&rendered(&results, format, detail))?;
    }
    written?;
    if let Some(dir) = out {
        mention(&format!("written to {}", shown(dir)));
    }
    Ok(results)
}

/// A run over inputs in a format.
pub fn rendered(results: &Results, format: Format, detail: Detail) -> String {
    let results = cleaned(results);
    let subject = Subject::of(&results);
    let full = || report::document(&subject, Detail::Full);
    match format {
        Format::Text => printers::text::print(&report::document(&subject, detail), width()),
        Format::Json => report::json(&subject),
        Format::Csv => report::csv(&subject),
        Format::Markdown => printers::markdown::print(&full(), None),
        Format::Latex => printers::latex::print(&full()),
        Format::Html => printers::html::print(&report::page(&subject)),
    }
}

/// With what was read from a header that anyone may have written made fit to be shown.
pub fn cleaned(results: &Results) -> Results {
    Results { header: clean::texts(&results.header), ..results.clone() }
}

/// The renderings that a directory holds.
pub fn files(results: &Results) -> Vec<Rendering> {
    let results = cleaned(results);
    let subject = Subject::of(&results);
    let page = report::page(&subject);
    let full = report::document(&subject, Detail::Full);
    let mut files = vec![
        ("inputs.csv".to_owned(), report::csv(&subject)),
        ("inputs.md".to_owned(), printers::markdown::print(&full, None)),
        ("report.html".to_owned(), printers::html::print(&page)),
    ];
    for figure in page.figures() {
        files.push((format!("{}.svg", figure.name), figure.svg.clone()));
        files.push((format!("{}.csv", figure.name), figure.csv.clone()));
    }
    files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect()
}
