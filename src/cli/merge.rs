//! `relubound merge`: parts of a study or of a run, joined.

use std::path::{Path, PathBuf};

use clap::Args;

use super::check::{Looked, conclude, written};
use super::exit;
use super::explore;
use super::format::Output;
use super::given;
use super::number::machine;
use super::terminal::stop_on_request;
use crate::model::error::{Error, Result};
use crate::run;
use crate::run::store::{RUN, STUDY};
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
        if self.parts.iter().any(|dir| run::given::is_one(dir)) {
            return self.of_inputs();
        }
        let is_run = |dir: &Path| dir.join(RUN).exists() && !dir.join(STUDY).exists();
        if self.parts.iter().any(|dir| is_run(dir)) { self.of_run() } else { self.of_study() }
    }

    /// As `check` would have ended.
    fn of_run(&self) -> Result<u8> {
        let machine = machine(self.threads.as_deref())?;
        let stop = stop_on_request();
        let experiment = run::merge(&self.parts)?;
        let ledger = experiment.ledger();
        // Networks are drawn for these alone.
        let quiet = experiment.suspects(&ledger).is_empty();
        let experiment = if quiet { experiment } else { experiment.on(machine)? };
        let store = written(&self.out, self.force, &experiment)?;
        let looked = Looked { experiment, ledger, sampled: Ok(()), store: Some(store) };
        let ledger = conclude(looked, &stop, &Output::default(), Some(&self.out))?;
        Ok(exit::of_run(&ledger, false))
    }

    fn of_inputs(&self) -> Result<u8> {
        if self.force {
            let what = "replaces runs of random networks; a run over inputs is kept";
            return Err(Error::new("force", "", what).hint("name another directory"));
        }
        let store = run::given::merge(&self.parts, &self.out)?;
        let results = given::conclude(&store, &Output::default(), Some(&self.out))?;
        Ok(exit::of_inputs(&results, false))
    }

    fn of_study(&self) -> Result<u8> {
        if self.force {
            let what = "replaces runs; a study is kept";
            return Err(Error::new("force", "", what).hint("name another directory"));
        }
        let (study, directory) = study::merge(&self.parts, &self.out)?;
        let all = study.cells.len();
        explore::show(&study, &directory, Shard::WHOLE, all)?;
        Ok(exit::of_study(&directory.lines, all))
    }
}
