//! `relubound compare`: runs or architectures side by side.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};

use super::exit;
use super::number::{machine, number};
use super::terminal::{self, print, stop_on_request};
use crate::given::Failure;
use crate::judge::ledger::{Ledger, Status};
use crate::model::clean;
use crate::model::error::{Error, Result};
use crate::model::params::Probability;
use crate::report::document::Document;
use crate::report::given::{self, Subject};
use crate::report::{compare as report, print as printers};
use crate::run::given::Results;
use crate::run::store::{self, RUN};
use crate::run::{self, Experiment, Sampling, Spec};

/// `relubound compare`.
#[derive(Args, Debug)]
pub struct Compare {
    /// Directories of runs, or widths such as 784,512,512
    #[arg(value_name = "RUN", required = true, num_args = 2..)]
    pub items: Vec<String>,
    /// Stages of architectures, separated by commas
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "output,gradient,flip,direct"
    )]
    pub stages: Vec<String>,
    /// Probability with which each bound on an architecture may fail
    #[arg(long, value_name = "P", default_value = "0.1", allow_hyphen_values = true)]
    pub delta: String,
    /// Networks sampled of an architecture; 0 for bounds alone
    #[arg(long, value_name = "N", default_value = "400", allow_hyphen_values = true)]
    pub trials: String,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value = "1", allow_hyphen_values = true)]
    pub seed: String,
    /// Threads; all processors by default. Results do not depend on it
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub threads: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Also write compare.html, and the picture with its data, there
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// How comparisons are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Text,
    /// All ledgers, for scripts.
    Json,
    /// A table for a paper or a wiki.
    Markdown,
    /// One self-contained page.
    Html,
}

impl Format {
    /// A document as it looks; for data there is another way.
    fn printed(self, document: &Document) -> String {
        match self {
            Format::Text | Format::Json => printers::text::print(document, terminal::width()),
            Format::Markdown => printers::markdown::print(document, None),
            Format::Html => printers::html::print(document),
        }
    }
}

impl Compare {
    /// Does it.
    ///
    /// # Errors
    /// What is neither a run nor widths; networks that do not fit the machine; a directory that
    /// cannot be written.
    pub fn run(&self) -> Result<u8> {
        if self.items.iter().any(|item| run::given::is_one(Path::new(item))) {
            return self.of_inputs();
        }
        let stop = stop_on_request();
        let mut ledgers: Vec<(String, Ledger)> = Vec::new();
        for item in &self.items {
            ledgers.push((item.clone(), self.ledger(item, &stop)?));
            if stop.load(Ordering::Relaxed) {
                break;
            }
        }
        let document = report::document(&ledgers);
        if let Some(out) = &self.out {
            Self::write(out, &document)?;
        }
        let format = if self.json { Format::Json } else { self.format };
        print(&match format {
            Format::Json => report::json(&ledgers),
            other => other.printed(&document),
        })?;
        let failed = ledgers.iter().any(|(_, ledger)| exit::of_report(ledger) == exit::FAILED);
        let partial = ledgers.len() < self.items.len()
            || ledgers.iter().any(|(_, ledger)| ledger.status == Status::Partial);
        Ok(match (failed, partial && stop.load(Ordering::Relaxed)) {
            (true, _) => exit::FAILED,
            (false, true) => exit::INTERRUPTED,
            (false, false) => exit::DONE,
        })
    }

    /// What a run in a directory shows, or networks of these widths.
    ///
    /// # Errors
    /// What is neither a run nor widths; networks that do not fit the machine.
    pub fn ledger(&self, item: &str, stop: &AtomicBool) -> Result<Ledger> {
        match Path::new(item) {
            dir if dir.join(RUN).exists() => Ok(clean::texts(&store::load(dir)?.ledger)),
            dir if dir.exists() => {
                Err(Error::new("RUN", item, "holds no run of 'relubound check'"))
            }
            _ => {
                let mut run = Experiment::new(self.spec(item)?, machine(self.threads.as_deref())?)?;
                run.sample(stop, |_| Ok(()))?;
                let mut ledger = run.ledger();
                run.confirm(&mut ledger, stop, || ())?;
                Ok(ledger)
            }
        }
    }

    /// Runs over inputs of networks from files.
    fn of_inputs(&self) -> Result<u8> {
        let load = |item: &String| {
            let dir = Path::new(item);
            if !run::given::is_one(dir) {
                let what = "holds no run over inputs, as others do: the two are not compared";
                return Err(Error::new("RUN", item, what));
            }
            let name = clean::visible(item).into_owned();
            Ok((name, run::given::load(dir)?))
        };
        let runs = self.items.iter().map(load).collect::<Result<Vec<(String, Results)>>>()?;
        let subject = |(name, results)| (String::clone(name), Subject::of(results));
        let subjects: Vec<(String, Subject)> = runs.iter().map(|(n, r)| subject((n, r))).collect();
        let document = given::compare(&subjects);
        if let Some(out) = &self.out {
            Self::write(out, &document)?;
        }
        let format = if self.json { Format::Json } else { self.format };
        print(&match format {
            Format::Json => given::compare_json(&subjects),
            other => other.printed(&document),
        })?;
        let failed = runs.iter().any(|(_, results)| results.failed(Failure::Numerical) > 0);
        Ok(exit::of(failed, false))
    }

    /// The run of an architecture.
    fn spec(&self, widths: &str) -> Result<Spec> {
        let architecture = widths
            .parse()
            .map_err(|why: Error| why.named("RUN").hint("or the directory of a run"))?;
        let trials = number("trials", &self.trials, 0..=1_000_000_000)?;
        let seed = number("seed", &self.seed, 0..=u64::MAX)?;
        let sampling = Sampling { seed, ..Sampling::new(trials) };
        Ok(Spec {
            stages: run::stages(&self.stages)?,
            sampling: (trials > 0).then_some(sampling),
            ..Spec::new(architecture, Probability::parse("delta", &self.delta)?)
        })
    }

    /// Writes the page, and the picture with its data.
    ///
    /// # Errors
    /// A directory that cannot be written.
    pub fn write(out: &Path, document: &Document) -> Result<()> {
        std::fs::create_dir_all(out)
            .map_err(|why| Error::io("out", out, "make the directory", &why))?;
        let page = printers::html::print(document).into_bytes();
        let mut files = vec![("compare.html".to_owned(), page)];
        for figure in document.figures() {
            files.push((format!("{}.svg", figure.name), figure.svg.clone().into_bytes()));
            files.push((format!("{}.csv", figure.name), figure.csv.clone().into_bytes()));
        }
        store::render("out", out, &files)
    }
}
