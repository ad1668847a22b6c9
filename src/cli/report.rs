//! `relubound report`: a stored run, rendered again.

use std::path::PathBuf;

use clap::Args;

use super::exit;
use super::format::Format;
use super::given;
use super::terminal::print;
use crate::given::Failure;
use crate::model::clean;
use crate::model::error::Result;
use crate::report::{self, Detail};
use crate::run::{
    self,
    store::{self, Loaded},
};

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
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Every row and table, not only the answer and a statement a line
    #[arg(short = 'v', long, visible_alias = "verbose")]
    pub all: bool,
}

impl Report {
    /// Does it.
    ///
    /// # Errors
    /// Files that are missing or damaged, or cannot be written.
    pub fn run(&self) -> Result<u8> {
        if run::given::is_one(&self.dir) {
            return self.of_inputs();
        }
        let format = if self.json { Some(Format::Json) } else { self.format };
        let Loaded { ledger, experiment } = match format {
            None => store::open(&self.dir, |run| {
                report::run::files(&clean::texts(&run.ledger), &run.experiment)
            })?,
            Some(_) => store::load(&self.dir)?,
        };
        let ledger = clean::texts(&ledger);
        let format = format.unwrap_or(Format::Text);
        let detail = if self.all { Detail::Full } else { Detail::Brief };
        print(&format.of(&ledger, detail, experiment.claims(), experiment.records()))?;
        Ok(exit::of_report(&ledger))
    }

    /// Of a run over inputs.
    fn of_inputs(&self) -> Result<u8> {
        let format = if self.json { Some(Format::Json) } else { self.format };
        let results = match format {
            None => run::given::open(&self.dir, given::files)?,
            Some(_) => run::given::load(&self.dir)?,
        };
        let detail = if self.all { Detail::Full } else { Detail::Brief };
        print(&given::rendered(&results, format.unwrap_or(Format::Text), detail))?;
        Ok(exit::of(results.failed(Failure::Numerical) > 0, false))
    }
}
