//! `relubound report`: a stored run, rendered again.

use std::path::PathBuf;

use clap::Args;

use super::exit;
use super::format::{self, Format};
use super::terminal::print;
use crate::model::clean;
use crate::model::error::Result;
use crate::run::store::{self, Loaded};

/// `relubound report`.
#[derive(Args, Debug)]
pub struct Report {
    /// Directory that `check --out` wrote
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Print in this format and leave the files as they are; without it, print the table and
    /// write ledger.csv, ledger.md and report.html again
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

impl Report {
    /// Does it.
    ///
    /// # Errors
    /// Files that are missing or damaged, or cannot be written.
    pub fn run(&self) -> Result<u8> {
        let Loaded { ledger, experiment } = match self.format {
            None => store::open(&self.dir, |run| {
                format::files(&clean::texts(&run.ledger), &run.experiment)
            })?,
            Some(_) => store::load(&self.dir)?,
        };
        let ledger = clean::texts(&ledger);
        let format = self.format.unwrap_or(Format::Text);
        print(&format.of(&ledger, experiment.claims(), experiment.records()))?;
        Ok(exit::of_report(&ledger))
    }
}
