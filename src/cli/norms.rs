//! `relubound norms`: steps in several norms side by side, and how few coordinates have to change.

use std::sync::atomic::Ordering;

use clap::{Args, ValueEnum};

use super::exit;
use super::number::{machine, number};
use super::shape::{Activation, Steepest};
use super::terminal::{self, print, progress, say, stop_on_request};
use crate::model::error::Result;
use crate::model::params::{Amount, Params, Probability};
use crate::report::norms as report;
use crate::run::Machine;
use crate::study::depths;
use crate::study::norms::{self, Search};

/// `relubound norms`.
#[derive(Args, Debug)]
pub struct Norms {
    /// Widths d0,d1,…,dL, as for check
    #[arg(value_name = "WIDTHS", default_value = "1024x3")]
    pub widths: String,
    /// Norms, separated by commas: l2, linf, l1, top:K, form:FILE, form:power:P, as for check
    #[arg(
        long = "norms",
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "l2,linf,top:10%,top:1%"
    )]
    pub compared: Vec<String>,
    /// Rows and columns of the input, for weights by frequency, as 28x28
    #[arg(long, value_name = "HxW", allow_hyphen_values = true)]
    pub grid: Option<String>,
    /// An input x in a file, .npy or text; by default one whose entries are all of one size
    #[arg(long, value_name = "FILE")]
    pub input: Option<std::path::PathBuf>,
    /// Widths at which the least share of coordinates is searched; none for none
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "256,1024,4096,16384",
        allow_hyphen_values = true
    )]
    pub shares: Vec<String>,
    /// Depths at which it is searched, as 1..3 or 1,3; by default 1 and that of the widths
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub depths: Option<String>,
    /// Probability with which a step may fail
    #[arg(long, value_name = "P", default_value = "0.1", allow_hyphen_values = true)]
    pub delta: String,
    /// Size t of the steps sampled, the same in all norms; 2 by default
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub step: Option<String>,
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
    pub format: NormsFormat,
}

/// How steps in several norms are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NormsFormat {
    /// Tables for people.
    Text,
    /// Everything, for scripts.
    Json,
    /// Tables for a paper or a wiki.
    Markdown,
    /// One self-contained page.
    Html,
}

impl Norms {
    /// Does it.
    ///
    /// # Errors
    /// The first flag whose value cannot be used; networks that do not fit the machine.
    pub fn run(&self) -> Result<u8> {
        let (search, machine) = self.asked()?;
        let bar = progress(search.parts() as u64, "parts");
        let stop = stop_on_request();
        let found = norms::run(&search, machine, &stop, || bar.inc(1));
        bar.finish_and_clear();
        let found = found?;
        let interrupted = stop.load(Ordering::Relaxed);
        let document = report::document(&search, &found, interrupted);
        print(&match self.format {
            NormsFormat::Text => crate::report::print::text::print(&document, terminal::width()),
            NormsFormat::Json => report::json(&search, &found),
            NormsFormat::Markdown => crate::report::print::markdown::print(&document, None),
            NormsFormat::Html => crate::report::print::html::print(&document),
        })?;
        if found.failed() {
            say("something contradicts a law or a bound, or is not a number");
        }
        Ok(exit::of_norms(&found, interrupted))
    }

    /// What is looked for, and on what; validated before anything is done.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn asked(&self) -> Result<(Search, Machine)> {
        Ok((self.search()?, machine(self.threads.as_deref())?))
    }

    fn search(&self) -> Result<Search> {
        let architecture: crate::model::params::Architecture = self.widths.parse()?;
        let input = architecture.input();
        let steepest = |norm: Option<&String>| Steepest {
            norm: norm.cloned(),
            grid: self.grid.clone(),
            input: self.input.clone(),
        };
        let norms = self.compared.iter().map(|norm| steepest(Some(norm)).norm(input));
        let norms = norms.collect::<Result<Vec<_>>>()?;
        let mut widths = Vec::new();
        for text in self.shares.iter().filter(|text| text.trim() != "none") {
            widths.push(number("shares", text, 1..=1_000_000_000_000)?);
        }
        let mut depths = match &self.depths {
            Some(list) => depths("depths", list)?,
            None => vec![1, architecture.depth()],
        };
        // Without hidden layers one coordinate is enough.
        depths.retain(|&depth| depth > 0);
        depths.sort_unstable();
        depths.dedup();
        Ok(Search {
            params: Params {
                slope: self.activation.slope()?,
                step: self.step.as_deref().map(Amount::step).transpose()?,
                input: steepest(None).input(input)?,
                ..Params::new(architecture, Probability::parse("delta", &self.delta)?)
            },
            norms,
            widths,
            depths,
            trials: number("trials", &self.trials, 0..=1_000_000_000)?,
            seed: number("seed", &self.seed, 0..=u64::MAX)?,
        })
    }
}
