//! `relubound check`: samples networks and holds every statement against them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use super::exit;
use super::format::{self, Format};
use super::memory;
use super::number::{machine, number};
use super::shape::Shape;
use super::terminal::{mention, note, print, progress, say, shown, stop_on_request};
use crate::judge::ledger::{Ledger, Status};
use crate::model::error::{Error, Result};
use crate::model::params::Probability;
use crate::network;
use crate::run::store::RunDir;
use crate::run::{self, Engines, Experiment, Sampling, Spec};

/// How often a run directory is brought up to date, or less often where that takes long.
const CHECKPOINT: Duration = Duration::from_secs(2);

/// `relubound check`.
#[derive(Args, Debug)]
pub struct Check {
    /// Shape of the network.
    #[command(flatten)]
    pub shape: Shape,
    /// Number of networks
    #[arg(long, value_name = "N", default_value = "20000", allow_hyphen_values = true)]
    pub trials: String,
    /// Networks in which suprema over the ball are searched and the step is taken: the first N
    #[arg(long, value_name = "N", default_value = "500", allow_hyphen_values = true)]
    pub searches: String,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value = "1", allow_hyphen_values = true)]
    pub seed: String,
    /// Probability that any of the verdicts is wrong
    #[arg(long, value_name = "P", default_value = "0.001", allow_hyphen_values = true)]
    pub alpha: String,
    /// How networks are sampled
    #[arg(long, value_enum, default_value = "auto")]
    pub engine: Engine,
    /// Format of the weights, where they are stored
    #[arg(long, value_enum, default_value = "f64")]
    pub precision: Precision,
    /// Threads; all processors by default. Results do not depend on it
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub threads: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// Also write run.json, trials.jsonl, ledger.csv, ledger.md and report.html there
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace a run that DIR holds already
    #[arg(long)]
    pub force: bool,
    /// Exit with status 3 if a row is inconclusive
    #[arg(long)]
    pub strict: bool,
    /// Say at the end, on standard error, how long it took and how much memory at most
    #[arg(long)]
    pub usage: bool,
}

/// How networks are sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// For each stage the cheapest that serves it: weights are stored where a stage searches them and they fit
    Auto,
    /// Stored weights
    Dense,
    /// No weights: passes alone, for networks larger than memory
    Conditioned,
    /// The exact law at one input: any widths, for output and gradient
    Law,
}

/// Format of the weights, where they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Precision {
    /// Single precision: half the memory.
    F32,
    /// Double precision.
    F64,
}

impl Check {
    /// Does it.
    ///
    /// # Errors
    /// The first flag whose value cannot be used, a machine that is too small, a directory that
    /// cannot be written.
    pub fn run(&self) -> Result<u8> {
        let started = Instant::now();
        let spec = self.spec()?;
        let mut experiment = Experiment::new(spec, machine(self.threads.as_deref())?)?;
        let mut store = match &self.out {
            Some(dir) => Some(RunDir::create(dir, self.force, experiment.claims())?),
            None => None,
        };
        if let Some(store) = &mut store {
            store.checkpoint(&experiment.ledger())?;
        }
        let stop = stop_on_request();
        let sampled = sample(&mut experiment, store.as_mut(), &stop);
        let mut ledger = experiment.ledger();
        let replaces = store.as_ref().is_some_and(RunDir::replaces);
        let stored = sampled
            .and_then(|()| confirm(&experiment, &mut ledger, &stop, store.as_mut()))
            .and_then(|()| {
                let files = || format::files(&ledger, &experiment);
                store.map_or(Ok(()), |store| store.finish(&ledger, &files()))
            });
        // What was computed is shown, also where it could not be stored.
        print(&self.format.of(&ledger, experiment.claims(), experiment.records()))?;
        stored?;
        match &self.out {
            Some(dir) if replaces && ledger.status == Status::Partial => {
                say(&format!("interrupted: {} keeps the run that it held", shown(dir)));
            }
            Some(dir) => mention(&format!("written to {}", shown(dir))),
            None => {}
        }
        if self.usage {
            note(&usage(started));
        }
        Ok(exit::of_run(&ledger, self.strict))
    }

    /// Validates everything before anything is done.
    fn spec(&self) -> Result<Spec> {
        if self.force && self.out.is_none() {
            return Err(Error::new("force", "", "needs --out, whose run it replaces"));
        }
        let trials = number("trials", &self.trials, 1..=1_000_000_000_000)?;
        let searches = number("searches", &self.searches, 0..=1_000_000_000_000)?;
        let sampling = Sampling {
            trials,
            seed: number("seed", &self.seed, 0..=u64::MAX)?,
            precision: match self.precision {
                Precision::F32 => network::Precision::F32,
                Precision::F64 => network::Precision::F64,
            },
            searches: searches.min(trials),
            engines: match self.engine {
                Engine::Auto => Engines::Cheapest,
                Engine::Dense => Engines::All(network::Engine::Dense),
                Engine::Conditioned => Engines::All(network::Engine::Conditioned),
                Engine::Law => Engines::All(network::Engine::Law),
            },
        };
        Ok(Spec {
            params: self.shape.params()?,
            alpha: Probability::parse("alpha", &self.alpha)?,
            stages: run::stages(&self.shape.stages)?,
            sampling: Some(sampling),
        })
    }
}

/// Samples, keeping every trial.
fn sample(
    experiment: &mut Experiment,
    mut store: Option<&mut RunDir>,
    stop: &AtomicBool,
) -> Result<()> {
    let bar = progress(experiment.spec().trials(), "trials");
    let (mut saved, mut pause) = (Instant::now(), CHECKPOINT);
    let sampled = experiment.sample(stop, |so_far| {
        bar.inc(1);
        let (Some(store), Some(record)) = (&mut store, so_far.records().last()) else {
            return Ok(());
        };
        store.append(record)?;
        if saved.elapsed() > pause {
            let started = Instant::now();
            store.checkpoint(&so_far.ledger())?;
            saved = Instant::now();
            pause = CHECKPOINT.max(20 * started.elapsed());
        }
        Ok(())
    });
    bar.finish_and_clear();
    sampled
}

/// Judges rows that look violated once more, and says so.
fn confirm(
    experiment: &Experiment,
    ledger: &mut Ledger,
    stop: &AtomicBool,
    store: Option<&mut RunDir>,
) -> Result<()> {
    let suspects = experiment.suspects(ledger);
    if suspects.is_empty() || stop.load(Ordering::Relaxed) {
        return Ok(());
    }
    // Whatever happens now, the trials are kept.
    store.map_or(Ok(()), |store| store.checkpoint(ledger))?;
    say(&confirming(&suspects, ledger.trials));
    let bar = progress(ledger.trials, "fresh networks");
    let confirmed = experiment.confirm(ledger, stop, || bar.inc(1));
    bar.finish_and_clear();
    confirmed
}

/// What is about to be done about rows that look violated.
pub fn confirming(suspects: &[String], networks: u64) -> String {
    let rows = suspects.join(", ");
    format!("{rows} looked violated: {networks} fresh networks are drawn to confirm it")
}

fn usage(started: Instant) -> String {
    let seconds = started.elapsed().as_secs_f64();
    let peak = memory::peak().map_or_else(
        || "an unknown peak of memory".to_owned(),
        |bytes| format!("at most {:.1} MiB of memory", bytes as f64 / 2f64.powi(20)),
    );
    format!("{seconds:.1} s, {peak}")
}
