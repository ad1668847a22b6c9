//! `relubound biases`: up to which biases the step flips the sign, by depth.

use std::sync::atomic::Ordering;

use clap::{Args, ValueEnum};

use super::exit;
use super::number::{machine, number};
use super::shape::Activation;
use super::terminal::{self, print, progress, say, stop_on_request};
use crate::model::error::{Error, Result};
use crate::model::params::Probability;
use crate::report::biases as report;
use crate::report::print::{html, markdown, text};
use crate::run::Machine;
use crate::study::biases::{self, Search};
use crate::study::depths;

/// `relubound biases`.
#[derive(Args, Debug)]
pub struct Biases {
    /// Width of the input and of all hidden layers
    #[arg(value_name = "WIDTH", default_value = "4096", allow_hyphen_values = true)]
    pub width: String,
    /// Depths, as 1..10 or 1,2,5,10
    #[arg(
        long,
        value_name = "LIST",
        default_value = "1..6,8,10,14,20",
        allow_hyphen_values = true
    )]
    pub depths: String,
    /// Probability with which the step may fail
    #[arg(long, value_name = "P", default_value = "0.1", allow_hyphen_values = true)]
    pub delta: String,
    /// The activation.
    #[command(flatten)]
    pub activation: Activation,
    /// Networks sampled for each number; 0 for none
    #[arg(long, value_name = "N", default_value = "300", allow_hyphen_values = true)]
    pub trials: String,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value = "1", allow_hyphen_values = true)]
    pub seed: String,
    /// Threads; all processors by default. Results do not depend on it
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub threads: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: BiasesFormat,
}

/// How biases by depth are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BiasesFormat {
    /// A table for people.
    Text,
    /// Everything, for scripts.
    Json,
    /// A table for a paper or a wiki.
    Markdown,
    /// One self-contained page.
    Html,
}

impl Biases {
    /// Does it.
    ///
    /// # Errors
    /// The first flag whose value cannot be used; networks that do not fit the machine.
    pub fn run(&self) -> Result<u8> {
        let (search, machine) = self.asked()?;
        let bar = progress(search.depths.len() as u64, "depths");
        let stop = stop_on_request();
        let rows = biases::run(&search, machine, &stop, || bar.inc(1));
        bar.finish_and_clear();
        let rows = rows?;
        let interrupted = stop.load(Ordering::Relaxed);
        let document = report::document(&search, &rows, interrupted);
        print(&match self.format {
            BiasesFormat::Text => text::print(&document, terminal::width()),
            BiasesFormat::Json => report::json(&search, &rows),
            BiasesFormat::Markdown => markdown::print(&document, None),
            BiasesFormat::Html => html::print(&document),
        })?;
        let failed: u64 = rows.iter().map(|row| row.failures).sum();
        if failed > 0 {
            say(&format!("the step is not a number in {failed} of the networks sampled"));
        }
        Ok(exit::of(failed > 0, interrupted))
    }

    /// What is looked for, and on what; validated before anything is done.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn asked(&self) -> Result<(Search, Machine)> {
        let depths = depths("depths", &self.depths)?;
        if depths.contains(&0) {
            let permitted = "depths from 1 on: a linear function flips at every bias";
            return Err(Error::new("depths", &self.depths, permitted));
        }
        let search = Search {
            width: number("width", &self.width, 1..=1_000_000_000)?,
            depths,
            delta: Probability::parse("delta", &self.delta)?,
            slope: self.activation.slope()?,
            trials: number("trials", &self.trials, 0..=1_000_000_000)?,
            seed: number("seed", &self.seed, 0..=u64::MAX)?,
        };
        Ok((search, machine(self.threads.as_deref())?))
    }
}
