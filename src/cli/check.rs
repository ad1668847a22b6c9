//! `relubound check`: samples networks and holds every statement against them.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::exit;
use super::files;
use super::format::Output;
use super::memory;
use super::number::{machine, number};
use super::progress::Progress;
use super::shape::Shape;
use super::shard::shard;
use super::terminal::{mention, note, print, say, shown, stop_on_request};
use crate::judge::ledger::Ledger;
use crate::model::error::{Error, Result};
use crate::model::params::Probability;
use crate::model::shard::Shard;
use crate::run::session::{self, Concluded, Looked, Place, Watch};
use crate::run::store::{Head, read_text};
use crate::run::{self, Engines, Experiment, Machine, Sampling, Spec};
use crate::{network, report, study};

/// `relubound check`.
#[expect(clippy::struct_excessive_bools, reason = "they are flags")]
#[derive(Args, Clone, Debug)]
pub struct Check {
    /// Shape of the network.
    #[command(flatten)]
    pub shape: Shape,
    /// What is about a network from a file.
    #[command(flatten)]
    pub given: files::Flags,
    /// Read parameters from a file in TOML, with entries named like the flags, which go before it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Number of networks; 20000 by default, and 4000 of the usual network
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub trials: Option<String>,
    /// Networks in which suprema over the ball are searched: the first N; 500 by default, and 12
    /// of the usual network
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub searches: Option<String>,
    /// Networks in which the step is taken: the first N; as many as are searched by default, and
    /// 600 of the usual network
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub steps: Option<String>,
    /// Go on, with twice as many networks each time, until no row is inconclusive, up to so many
    /// times the networks asked for; alpha is shared over the looks, and a directory is written
    /// at the end
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "64")]
    pub until_settled: Option<String>,
    /// Seed of all random numbers; 1 by default
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub seed: Option<String>,
    /// Probability that any of the verdicts is wrong; 0.001 by default
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    pub alpha: Option<String>,
    /// How networks are sampled
    #[arg(long, value_enum, default_value = "auto")]
    pub engine: Engine,
    /// Format of the weights, where they are stored
    #[arg(long, value_enum, default_value = "f64")]
    pub precision: Precision,
    /// Threads; all processors by default. Results do not depend on it
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub threads: Option<String>,
    /// What to print.
    #[command(flatten)]
    pub output: Output,
    /// Also write run.json, trials.jsonl, ledger.csv, ledger.md, report.html and every figure there
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Sample part I of N only, as 3/8, or auto in an array of jobs, where the scheduler says
    /// which (auto/8 where it does not say of how many); relubound merge joins the parts and
    /// judges
    #[arg(long, value_name = "I/N", allow_hyphen_values = true,
        conflicts_with_all = ["until_settled", "strict", "format", "json", "all"])]
    pub shard: Option<String>,
    /// Replace a run that DIR holds already
    #[arg(long)]
    pub force: bool,
    /// Exit with status 3 if a row is inconclusive
    #[arg(long)]
    pub strict: bool,
    /// Only say about how long it takes, and how much memory
    #[arg(long)]
    pub dry_run: bool,
    /// Say at the end, on standard error, how long it took and how much memory at most
    #[arg(long)]
    pub usage: bool,
}

/// The same in a file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Written {
    widths: Option<Entry>,
    preset: Option<Entry>,
    delta: Option<Entry>,
    radius: Option<Entry>,
    step: Option<Entry>,
    theta0: Option<Entry>,
    cos: Option<Entry>,
    move_bottleneck: Option<Entry>,
    slope: Option<Entry>,
    activation: Option<Entry>,
    bias: Option<Entry>,
    bias_std: Option<Entry>,
    gain: Option<Entry>,
    norm: Option<Entry>,
    trained: Option<Entry>,
    grid: Option<Entry>,
    classes: Option<Entry>,
    target: Option<Entry>,
    weights: Option<Entry>,
    output_weights: Option<Entry>,
    stages: Option<Vec<String>>,
    trials: Option<Entry>,
    searches: Option<Entry>,
    steps: Option<Entry>,
    seed: Option<Entry>,
    alpha: Option<Entry>,
}

/// A text, or a number without quotation marks.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Text(String),
    Whole(i64),
    Number(f64),
}

impl Entry {
    fn text(self) -> String {
        match self {
            Entry::Text(text) => text,
            Entry::Whole(number) => number.to_string(),
            Entry::Number(number) => number.to_string(),
        }
    }
}

/// How networks are sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// For each stage the cheapest that serves it: weights are stored where a stage searches them
    /// and they fit
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
        let shard = self.part()?;
        let spec = self.asked()?;
        let machine = self.machine()?;
        if self.dry_run {
            let spec = spec.like(shard.unwrap_or(Shard::WHOLE));
            let time = study::estimate::run(&spec, machine)?;
            let bytes = Experiment::bytes(&spec, machine)?;
            print(&report::study::planned("relubound check", &time, bytes))?;
            return Ok(exit::DONE);
        }
        let stop = stop_on_request();
        let (place, mut watch) = (self.place(), Terminal::new(self.output.quiet));
        let status = if let Some((shard, place)) = shard.zip(place) {
            let (part, replaces) = session::part(spec, shard, machine, place, &stop, &mut watch)?;
            let (done, wanted) = (part.trials, part.wanted());
            let networks = format!("{done} of {wanted} networks");
            print(&format!("{shard}: {networks} sampled, to be joined by relubound merge\n"))?;
            ended(place.dir, replaces, part.is_complete());
            if part.is_complete() { exit::DONE } else { exit::INTERRUPTED }
        } else {
            let looked = match self.most()? {
                Some(most) => session::settled(&spec, most, machine, place, &stop, &mut watch)?,
                None => session::once(spec, machine, place, &stop, &mut watch)?,
            };
            let ledger = conclude(looked, &stop, &self.output, self.out.as_deref())?;
            exit::of_run(&ledger, self.strict)
        };
        if self.usage {
            note(&usage(started));
        }
        Ok(status)
    }

    /// Where the run is kept.
    pub fn place(&self) -> Option<Place<'_>> {
        self.out.as_deref().map(|dir| Place { dir, force: self.force })
    }

    /// How many times the networks there may be until all rows are settled.
    ///
    /// # Errors
    /// A number that cannot be used.
    pub fn most(&self) -> Result<Option<u64>> {
        let most = self.until_settled.as_deref();
        most.map(|most| number("until-settled", most, 2..=1_000_000)).transpose()
    }

    /// The part that is asked for.
    ///
    /// # Errors
    /// Text that is none, or a scheduler that says what makes no sense.
    pub fn part(&self) -> Result<Option<Shard>> {
        self.shard.as_deref().map(shard).transpose()
    }

    /// The machine, with the threads that are asked for.
    ///
    /// # Errors
    /// A number that cannot be used.
    pub fn machine(&self) -> Result<Machine> {
        machine(self.threads.as_deref())
    }

    /// What is to be run, validated before anything is done: flags, then the file.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn asked(&self) -> Result<Spec> {
        self.with_file()?.spec()
    }

    /// With what the file says, where no flag does.
    fn with_file(&self) -> Result<Self> {
        let mut check = self.clone();
        let Some(path) = &self.config else { return Ok(check) };
        let text = read_text("config", path)?;
        let written: Written = toml::from_str(&text).map_err(|why| {
            let what = why.message().lines().collect::<Vec<_>>().join(", ");
            Error::new("config", path.display(), format!("no parameters of a check: {what}"))
        })?;
        let shape = &mut check.shape;
        // Another network is another one altogether.
        if shape.is_usual() {
            shape.widths = written.widths.map(Entry::text);
            shape.preset = written.preset.map(Entry::text);
        }
        if shape.stages.is_empty() {
            shape.stages = written.stages.unwrap_or_default();
        }
        if shape.between.theta0.is_none() && shape.between.cos.is_none() {
            shape.between.theta0 = written.theta0.map(Entry::text);
            shape.between.cos = written.cos.map(Entry::text);
        }
        let activation = &mut shape.activation;
        if activation.slope.is_none() && activation.activation.is_none() {
            activation.slope = written.slope.map(Entry::text);
            activation.activation = written.activation.map(Entry::text);
        }
        let biases = &mut shape.biases;
        if biases.bias.is_none() && biases.bias_std.is_none() {
            biases.bias = written.bias.map(Entry::text);
            biases.bias_std = written.bias_std.map(Entry::text);
            biases.gain = written.gain.map(Entry::text);
        }
        for (flag, entry) in [
            (&mut shape.delta, written.delta),
            (&mut shape.radius, written.radius),
            (&mut shape.step, written.step),
            (&mut shape.move_bottleneck, written.move_bottleneck),
            (&mut shape.steepest.norm, written.norm),
            (&mut shape.trained, written.trained),
            (&mut shape.steepest.grid, written.grid),
            (&mut shape.outputs.classes, written.classes),
            (&mut shape.outputs.target, written.target),
            (&mut shape.weights.weights, written.weights),
            (&mut shape.weights.output_weights, written.output_weights),
            (&mut check.trials, written.trials),
            (&mut check.searches, written.searches),
            (&mut check.steps, written.steps),
            (&mut check.seed, written.seed),
            (&mut check.alpha, written.alpha),
        ] {
            if flag.is_none() {
                *flag = entry.map(Entry::text);
            }
        }
        Ok(check)
    }

    /// Validates everything before anything is done.
    fn spec(&self) -> Result<Spec> {
        if self.force && self.out.is_none() {
            return Err(Error::new("force", "", "needs --out, whose run it replaces"));
        }
        if let Some(shard) = self.shard.as_ref().filter(|_| self.out.is_none() && !self.dry_run) {
            return Err(Error::new("shard", shard, "needs --out, where the part is kept"));
        }
        let usual = self.shape.is_usual();
        let count = |name: &str, text: &Option<String>, or: u64, least: u64| match text {
            Some(text) => number(name, text, least..=1_000_000_000_000),
            None => Ok(or),
        };
        let trials = count("trials", &self.trials, if usual { 4000 } else { 20_000 }, 1)?;
        let few = usual && self.searches.is_none();
        let searches = count("searches", &self.searches, if usual { 12 } else { 500 }, 0)?;
        let steps = count("steps", &self.steps, if few { 600 } else { searches }, 0)?;
        let sampling = Sampling {
            trials,
            seed: self.seed.as_deref().map_or(Ok(1), |text| number("seed", text, 0..=u64::MAX))?,
            precision: match self.precision {
                Precision::F32 => network::Precision::F32,
                Precision::F64 => network::Precision::F64,
            },
            searches: searches.min(trials),
            steps: steps.min(trials),
            engines: match self.engine {
                Engine::Auto => Engines::Cheapest,
                Engine::Dense => Engines::All(network::Engine::Dense),
                Engine::Conditioned => Engines::All(network::Engine::Conditioned),
                Engine::Law => Engines::All(network::Engine::Law),
            },
        };
        let alpha = self.alpha.as_deref().map(|text| Probability::parse("alpha", text));
        let params = self.shape.params()?;
        Ok(Spec {
            stages: run::stages_of(&params, &self.shape.stages)?,
            params,
            alpha: alpha.transpose()?.unwrap_or_else(Probability::thousandth),
            sampling: Some(sampling),
        })
    }
}

/// Confirms what looks violated, stores and shows the run; gives its last ledger.
///
/// # Errors
/// How the sampling ended; a file or standard output that cannot be written.
pub fn conclude(
    looked: Looked,
    stop: &AtomicBool,
    output: &Output,
    out: Option<&Path>,
) -> Result<Ledger> {
    let mut watch = Terminal::new(output.quiet);
    let Concluded { experiment, ledger, kept, replaces } =
        looked.conclude(stop, &mut watch, report::run::files);
    // What was computed is shown, also where it could not be stored.
    output.print(&ledger, experiment.claims(), experiment.records())?;
    kept?;
    if let Some(dir) = out {
        ended(dir, replaces, ledger.is_complete());
    }
    Ok(ledger)
}

/// Says what a directory holds in the end.
fn ended(dir: &Path, replaces: bool, complete: bool) {
    let dir = shown(dir);
    if replaces && !complete {
        say(&format!("interrupted: {dir} keeps the run that it held"));
    } else {
        mention(&format!("written to {dir}"));
    }
}

/// Somebody at a terminal.
struct Terminal {
    quiet: bool,
    progress: Option<Progress>,
}

impl Terminal {
    fn new(quiet: bool) -> Self {
        Terminal { quiet, progress: None }
    }
}

impl Watch for Terminal {
    fn begin(&mut self, spec: &Spec) {
        self.progress = Some(Progress::of(spec, self.quiet));
    }

    fn finished(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.finished();
        }
    }

    fn end(&mut self) {
        if let Some(progress) = self.progress.take() {
            progress.end();
        }
    }

    fn look_again(&mut self, unsettled: usize, factor: u64) {
        let what = if unsettled == 1 { "row is" } else { "rows are" };
        mention(&format!("{unsettled} {what} inconclusive: {factor} times the networks"));
    }

    fn confirming(&mut self, rows: &[String], networks: u64) {
        say(&confirming(rows, networks));
    }
}

/// What is about to be done about rows that look violated.
pub fn confirming(suspects: &[String], networks: u64) -> String {
    let rows = suspects.join(", ");
    format!("{rows} looked violated: {networks} fresh networks are drawn to confirm it")
}

pub(super) fn usage(started: Instant) -> String {
    let seconds = started.elapsed().as_secs_f64();
    let peak = memory::peak().map_or_else(
        || "an unknown peak of memory".to_owned(),
        |bytes| format!("at most {:.1} MiB of memory", bytes as f64 / 2f64.powi(20)),
    );
    format!("{seconds:.1} s, {peak}")
}
