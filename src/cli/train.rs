//! `relubound train`: the adversarial step along training.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

use clap::{Args, ValueEnum};

use super::check::usage;
use super::exit;
use super::format::{Format, Output};
use super::number::{machine, number};
use super::shape::{Activation, Biases};
use super::terminal::{self, mention, note, print, progress, say, shown, stop_with};
use crate::given::file;
use crate::model::error::{Error, Result};
use crate::model::params::{Amount, Architecture, Params, Probability};
use crate::network::Engine;
use crate::network::training::{Loss, Pace, Source};
use crate::report::document::Document;
use crate::report::{Detail, print as printers, training as report};
use crate::run::store::replace;
use crate::study::training::{self, Found, Line, Question, summary};

/// What a directory holds that this command has written.
const RESULTS: &str = "training.json";
/// Layers of networks that are trained.
const DEEPEST: usize = 200;

/// `relubound train`.
#[derive(Args, Debug)]
pub struct Train {
    /// Widths d0,d1,…,dL, as for check
    #[arg(value_name = "WIDTHS", conflicts_with = "widths")]
    pub list: Option<String>,
    /// The same; 1000x3 by default
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub widths: Option<String>,
    /// Points and labels: sphere (random labels), clusters (two of them), teacher (the signs of
    /// another random network), or subspace:K (random labels, within K coordinates)
    #[arg(long, value_name = "NAME", default_value = "clusters", conflicts_with = "data")]
    pub task: String,
    /// Points and labels in files instead: n × d numbers and n labels, .npy or text
    #[arg(long, value_name = "X,Y", value_delimiter = ',', num_args = 1)]
    pub data: Vec<PathBuf>,
    /// Points to train on; 32 by default
    #[arg(long, value_name = "N", conflicts_with = "data", allow_hyphen_values = true)]
    pub points: Option<String>,
    /// Steps of gradient descent
    #[arg(long, value_name = "N", default_value = "100", allow_hyphen_values = true)]
    pub steps: String,
    /// Learning rate: in squared loss, the share of the error at one point that one step takes
    /// away, to first order in wide networks
    #[arg(long, value_name = "X", default_value = "0.5", allow_hyphen_values = true)]
    pub rate: String,
    /// How fast features are learned in wide networks, from 0 (lazy: weights move by width^(-1/2))
    /// to 1 (as much at every width)
    #[arg(long, value_name = "A", default_value = "0", allow_hyphen_values = true)]
    pub exponent: String,
    /// The loss
    #[arg(long, value_enum, default_value = "squared")]
    pub loss: Losses,
    /// Points taken at a time; all by default
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub batch: Option<String>,
    /// Fresh points, and as many of those trained on, at which the adversarial step is taken
    #[arg(long, value_name = "N", default_value = "4", allow_hyphen_values = true)]
    pub fresh: String,
    /// Size t of the adversarial step; 2 by default
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub step: Option<String>,
    /// Probability with which what is proved may fail
    #[arg(long, value_name = "P", default_value = "0.1", allow_hyphen_values = true)]
    pub delta: String,
    /// The activation.
    #[command(flatten)]
    pub activation: Activation,
    /// The biases.
    #[command(flatten)]
    pub biases: Biases,
    /// How networks are made; by default as is cheapest
    #[arg(long, value_enum)]
    pub engine: Option<Engines>,
    /// Networks to train
    #[arg(long, value_name = "N", default_value = "10", allow_hyphen_values = true)]
    pub trials: String,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value = "1", allow_hyphen_values = true)]
    pub seed: String,
    /// Threads; all processors by default. Results do not depend on it
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub threads: Option<String>,
    /// Write everything into this directory: a page, pictures, JSON, CSV
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Say how long it took and how much memory
    #[arg(long)]
    pub usage: bool,
    /// What is printed.
    #[command(flatten)]
    pub output: Output,
}

/// The losses by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Losses {
    /// (F - y)²/2.
    Squared,
    /// log(1 + exp(-yF)).
    Logistic,
}

/// How networks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engines {
    /// With stored weights.
    Dense,
    /// Without weights: answers to what is asked.
    Conditioned,
}

impl Train {
    /// Does it.
    ///
    /// # Errors
    /// The first flag whose value cannot be used; networks that do not fit the machine; a directory
    /// that cannot be written.
    pub fn run(&self) -> Result<u8> {
        let started = Instant::now();
        let question = self.question()?;
        let machine = machine(self.threads.as_deref())?;
        if let Some(dir) = &self.out {
            claim(dir)?;
        }
        let bar = progress(question.trials * question.looked().len() as u64, "looks");
        let stop = stop_with("ending; what is finished is shown; Ctrl-C again ends at once");
        let found = training::run(&question, machine, &stop, || bar.inc(1));
        bar.finish_and_clear();
        let found = found?;
        let wanted = question.trials as usize * question.looked().len();
        let lines = summary(&question, &found);
        let interrupted =
            stop.load(Ordering::Relaxed) && found.diverged == 0 && found.records.len() < wanted;
        let written = self.out.as_deref().map(|dir| {
            write(dir, &question, &found, &lines, interrupted).map(|()| mention(&written_to(dir)))
        });
        self.print(&question, &found, &lines, interrupted)?;
        written.transpose()?;
        if self.usage {
            note(&usage(started));
        }
        if interrupted {
            say(&format!("interrupted: {} of {wanted} looks", found.records.len()));
        }
        Ok(exit::of(false, interrupted))
    }

    fn print(
        &self,
        question: &Question,
        found: &Found,
        lines: &[Line],
        interrupted: bool,
    ) -> Result<()> {
        let Output { format, json, all, quiet } = self.output;
        let format = if json { Format::Json } else { format };
        let of = |detail| report::document(question, found, lines, (detail, interrupted));
        let full = || of(Detail::Full);
        print(&match format {
            Format::Text if quiet => {
                let brief = of(Detail::Brief);
                let said = Document { blocks: brief.blocks.into_iter().take(1).collect(), ..brief };
                printers::text::print(&said, terminal::width())
            }
            Format::Text => {
                let detail = if all { Detail::Full } else { Detail::Brief };
                printers::text::print(&of(detail), terminal::width())
            }
            Format::Json => report::json(question, found, lines),
            Format::Csv => report::csv(found),
            Format::Markdown => printers::markdown::print(&full(), None),
            Format::Latex => printers::latex::print(&full()),
            Format::Html => printers::html::print(&full()),
        })
    }

    fn question(&self) -> Result<Question> {
        let widths = self.widths.as_deref().or(self.list.as_deref()).unwrap_or("1000x3");
        let architecture: Architecture = widths.parse()?;
        if architecture.depth() > DEEPEST {
            let what = format!("at most {DEEPEST} layers, to be trained");
            return Err(Error::new("widths", architecture, what));
        }
        if let Some(curve) = self.activation.curve() {
            let what = "curved: networks are trained whose activation has slopes: relu, leaky, abs";
            return Err(Error::new("activation", curve.name(), what));
        }
        let input = architecture.input();
        let params = Params {
            slope: self.activation.slope()?,
            bias: self.biases.bias()?,
            step: Some(self.step.as_deref().map_or_else(|| Amount::step("2"), Amount::step)?),
            ..Params::new(architecture, Probability::parse("delta", &self.delta)?)
        };
        let source =
            if self.data.is_empty() { task(&self.task, input)? } else { self.given(input)? };
        let points = match (&source, &self.points) {
            (Source::Given(points, _), _) => points.len(),
            (_, Some(text)) => number("points", text, 1..=100_000)? as usize,
            (_, None) => 32,
        };
        let batch = self.batch.as_deref().map(|text| number("batch", text, 1..=100_000));
        let loss = match self.loss {
            Losses::Squared => Loss::Squared,
            Losses::Logistic => Loss::Logistic,
        };
        if let (Source::Given(_, labels), Loss::Logistic) = (&source, loss)
            && let Some(other) = labels.iter().find(|label| label.abs() != 1.0)
        {
            return Err(Error::new("data", other, "labels 1 and -1, for the logistic loss"));
        }
        Ok(Question {
            params,
            source,
            points,
            fresh: number("fresh", &self.fresh, 0..=1000)? as usize,
            steps: number("steps", &self.steps, 0..=1_000_000)?,
            batch: batch.transpose()?.map_or(points, |batch| (batch as usize).min(points)),
            pace: Pace {
                rate: real("rate", &self.rate, [1e-9, 1e9])?,
                exponent: real("exponent", &self.exponent, [0.0, 1.0])?,
            },
            loss,
            trials: number("trials", &self.trials, 1..=1_000_000)?,
            seed: number("seed", &self.seed, 0..=u64::MAX)?,
            engine: self.engine.map(|engine| match engine {
                Engines::Dense => Engine::Dense,
                Engines::Conditioned => Engine::Conditioned,
            }),
        })
    }

    /// Points and labels of files, the points scaled to √d in the root of the mean square.
    fn given(&self, input: u128) -> Result<Source> {
        let [x, y] = &self.data[..] else {
            let names: Vec<String> = self.data.iter().map(|path| shown(path)).collect();
            return Err(Error::new("data", names.join(","), "two files: points and labels, X,Y"));
        };
        let dimension = usize::try_from(input).map_err(|_| {
            Error::new("widths", input, "the entries of a point, with points given")
        })?;
        let named = |why: Error| why.named("data");
        let points = file::points(x, dimension).map_err(named)?;
        let labels = file::numbers("data", y)?;
        if labels.len() != points.nrows() || labels.is_empty() {
            let what =
                format!("a label for each of {} points, not {}", points.nrows(), labels.len());
            return Err(Error::new("data", shown(y), what));
        }
        let square = points.iter().map(|v| v * v).sum::<f64>() / points.nrows() as f64;
        let scale = (dimension as f64 / square).sqrt();
        if !scale.is_finite() || points.rows().into_iter().any(|row| row.iter().all(|v| *v == 0.0))
        {
            return Err(Error::new("data", shown(x), "points of finite lengths that are not 0"));
        }
        let scaled = points.rows().into_iter().map(|row| row.iter().map(|v| v * scale).collect());
        Ok(Source::Given(scaled.collect(), labels))
    }
}

fn task(name: &str, input: u128) -> Result<Source> {
    let what = || format!("sphere, clusters, teacher or subspace:K with K from 1 to {}", input - 1);
    match name {
        "sphere" => Ok(Source::Sphere),
        "clusters" => Ok(Source::Clusters),
        "teacher" => Ok(Source::Teacher),
        _ => name
            .strip_prefix("subspace:")
            .and_then(|k| k.parse::<usize>().ok())
            .filter(|&k| k > 0 && (k as u128) < input)
            .map(Source::Subspace)
            .ok_or_else(|| Error::new("task", name, what())),
    }
}

fn real(name: &str, text: &str, [low, high]: [f64; 2]) -> Result<f64> {
    let value = text.trim().parse().ok().filter(|value| (low..=high).contains(value));
    value.ok_or_else(|| Error::new(name, text, format!("a number from {low} to {high}")))
}

fn written_to(dir: &Path) -> String {
    format!("written to {}", shown(dir))
}

/// Makes a directory, or takes one that is empty or that this command has written.
fn claim(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir)
        .map_err(|why| Error::io("out", dir, "make the directory", &why))?;
    let mut entries = std::fs::read_dir(dir).map_err(|why| Error::io("out", dir, "read", &why))?;
    if entries.next().is_some() && !dir.join(RESULTS).is_file() {
        let what = "holds something else, which is kept";
        return Err(Error::new("out", shown(dir), what).hint("name another directory"));
    }
    Ok(())
}

fn write(
    dir: &Path,
    question: &Question,
    found: &Found,
    lines: &[Line],
    interrupted: bool,
) -> Result<()> {
    let page = report::document(question, found, lines, (Detail::Full, interrupted));
    let mut files = vec![
        (RESULTS.to_owned(), report::json(question, found, lines)),
        ("training.csv".to_owned(), report::csv(found)),
        ("training.md".to_owned(), printers::markdown::print(&page, None)),
        ("training.html".to_owned(), printers::html::print(&page)),
    ];
    for figure in page.figures() {
        files.push((format!("{}.svg", figure.name), figure.svg.clone()));
        files.push((format!("{}.csv", figure.name), figure.csv.clone()));
    }
    files.into_iter().try_for_each(|(name, text)| replace("out", dir, &name, text.as_bytes()))
}
