//! `relubound growth`: how the width at which the step flips the sign grows with depth.

use clap::{Args, ValueEnum};

use super::exit;
use super::number::{machine, number};
use super::shape::{Activation, Biases};
use super::terminal::{self, print, progress, say, stop_on_request};
use crate::model::error::{Error, Result};
use crate::model::norm::Norm;
use crate::model::params::Probability;
use crate::report::growth as report;
use crate::run::Machine;
use crate::study::depths;
use crate::study::growth::{self, Row, Search};

/// `relubound growth`.
#[derive(Args, Debug)]
pub struct Growth {
    /// Depths, at equal widths, as 1..10 or 1,2,5,10
    #[arg(
        long,
        value_name = "LIST",
        default_value = "1..5,7,10,14,20,28,40,60,90,140,200",
        allow_hyphen_values = true
    )]
    pub depths: String,
    /// Probability with which the step may fail
    #[arg(long, value_name = "P", default_value = "0.1", allow_hyphen_values = true)]
    pub delta: String,
    /// The activation.
    #[command(flatten)]
    pub activation: Activation,
    /// The biases.
    #[command(flatten)]
    pub biases: Biases,
    /// The shortest step in a norm: l2, linf, l1 or top:K, as for check
    #[arg(long, value_name = "NORM", default_value = "l2")]
    pub norm: String,
    /// Networks sampled at each width; 0 for none
    #[arg(long, value_name = "N", default_value = "400", allow_hyphen_values = true)]
    pub trials: String,
    /// Networks deeper than this are not sampled
    #[arg(long, value_name = "L", default_value = "20", allow_hyphen_values = true)]
    pub deepest: String,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value = "1", allow_hyphen_values = true)]
    pub seed: String,
    /// Threads; all processors by default. Results do not depend on it
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub threads: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: GrowthFormat,
}

/// How widths by depth are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GrowthFormat {
    /// A table for people.
    Text,
    /// Everything, for scripts.
    Json,
    /// One line per depth.
    Csv,
    /// The picture alone.
    Svg,
    /// One self-contained page.
    Html,
}

impl Growth {
    /// The norm: one of inputs of all dimensions.
    fn norm(&self) -> Result<Norm> {
        let permitted = "l2, linf, l1 or top:K: a form has one dimension";
        let refused = || Error::new("norm", &self.norm, permitted);
        if self.norm.starts_with("form") {
            return Err(refused());
        }
        Norm::parse(&self.norm, None, |_| Err(refused()))
    }

    /// What is looked for, and on what; validated before anything is done.
    ///
    /// # Errors
    /// The first flag whose value cannot be used; networks that do not fit the machine.
    pub fn asked(&self) -> Result<(Search, Machine)> {
        let search = Search {
            depths: depths("depths", &self.depths)?,
            delta: Probability::parse("delta", &self.delta)?,
            slope: self.activation.slope()?,
            bias: self.biases.bias()?,
            norm: self.norm()?,
            trials: number("trials", &self.trials, 0..=1_000_000_000)?,
            deepest: number("deepest", &self.deepest, 0..=10_000)? as usize,
            seed: number("seed", &self.seed, 0..=u64::MAX)?,
        };
        let machine = machine(self.threads.as_deref())?;
        growth::check(&search, machine)?;
        Ok((search, machine))
    }

    /// Does it.
    ///
    /// # Errors
    /// The first flag whose value cannot be used; networks that do not fit the machine.
    pub fn run(&self) -> Result<u8> {
        let (search, machine) = self.asked()?;
        let bar = progress(search.depths.len() as u64, "depths");
        let stop = stop_on_request();
        let rows = growth::run(&search, machine, &stop, |_| {
            bar.inc(1);
            Ok(())
        });
        bar.finish_and_clear();
        let rows = rows?;
        print(&match self.format {
            GrowthFormat::Text => report::text(&search, &rows, terminal::width()),
            GrowthFormat::Json => report::json(&search, &rows),
            GrowthFormat::Csv => report::csv(&rows),
            GrowthFormat::Svg => report::svg(&rows).ok_or_else(|| {
                Error::new("depths", &self.depths, "a picture needs two depths or more")
            })?,
            GrowthFormat::Html => report::page(&search, &rows),
        })?;
        let failed: u64 = rows.iter().map(Row::failures).sum();
        if failed > 0 {
            // Also where only a picture is printed.
            say(&format!("the step is not a number in {failed} of the networks sampled"));
        }
        // What was finished before an interrupt is shown.
        Ok(exit::of_growth(&search, &rows))
    }
}
