//! `relubound merge`: parts of a study or of a run, joined.

use std::path::{Path, PathBuf};

use clap::Args;

use super::check::conclude;
use super::exit;
use super::explore;
use super::format::Output;
use super::given;
use super::number::machine;
use super::terminal::stop_on_request;
use crate::model::error::{Error, Result};
use crate::run::session::{Looked, Place};
use crate::run::store::{RUN, STUDY};
use crate::run::{self, Experiment};
use crate::study::{self, Shard};

/// `relubound merge`.
#[derive(Args, Debug)]
pub struct Merge {
    /// Directories of all the parts
    #[arg(value_name = "DIR", required = true)]
    pub parts: Vec<PathBuf>,
    /// Directory of the whole study or run
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,
    /// Replace a run that it holds already
    #[arg(long)]
    pub force: bool,
    /// Threads for fresh networks, where rows look violated; all processors by default
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub threads: Option<String>,
}

impl Merge {
    /// Does it.
    ///
    /// # Errors
    /// Directories that are not all the parts of one study or run, or one that cannot be written.
    pub fn run(&self) -> Result<u8> {
        if self.is_of_inputs() {
            return self.of_inputs();
        }
        if self.is_of_run() { self.of_run() } else { self.of_study() }
    }

    /// Is some part one of a run over inputs?
    pub fn is_of_inputs(&self) -> bool {
        self.parts.iter().any(|dir| run::given::is_one(dir))
    }

    /// Is some part one of a run over random networks?
    pub fn is_of_run(&self) -> bool {
        let is_run = |dir: &Path| dir.join(RUN).exists() && !dir.join(STUDY).exists();
        self.parts.iter().any(|dir| is_run(dir))
    }

    /// The run with all its trials, on this machine where fresh networks have to be drawn.
    ///
    /// # Errors
    /// Directories that are not all the parts of one run.
    pub fn experiment(&self) -> Result<Experiment> {
        let machine = machine(self.threads.as_deref())?;
        let experiment = run::merge(&self.parts)?;
        let quiet = experiment.suspects(&experiment.ledger()).is_empty();
        if quiet { Ok(experiment) } else { experiment.on(machine) }
    }

    /// Refuses to replace what is always kept.
    ///
    /// # Errors
    /// It was asked for.
    pub fn keeps(&self) -> Result<()> {
        let kept = if self.is_of_inputs() {
            "replaces runs of random networks; a run over inputs is kept"
        } else {
            "replaces runs; a study is kept"
        };
        let refused = || Error::new("force", "", kept).hint("name another directory");
        if self.force { Err(refused()) } else { Ok(()) }
    }

    /// As `check` would have ended.
    fn of_run(&self) -> Result<u8> {
        let stop = stop_on_request();
        let experiment = self.experiment()?;
        let ledger = experiment.ledger();
        let place = Place { dir: &self.out, force: self.force };
        let store = place.written(&experiment)?;
        let looked = Looked { experiment, ledger, sampled: Ok(()), store: Some(store) };
        let ledger = conclude(looked, &stop, &Output::default(), Some(&self.out))?;
        Ok(exit::of_run(&ledger, false))
    }

    fn of_inputs(&self) -> Result<u8> {
        self.keeps()?;
        let store = run::given::merge(&self.parts, &self.out)?;
        let results = given::conclude(&store, &Output::default(), Some(&self.out))?;
        Ok(exit::of_inputs(&results, false))
    }

    fn of_study(&self) -> Result<u8> {
        self.keeps()?;
        let (study, directory) = study::merge(&self.parts, &self.out)?;
        let all = study.cells.len();
        explore::show(&study, &directory, Shard::WHOLE, all)?;
        Ok(exit::of_study(&directory.lines, all))
    }
}
