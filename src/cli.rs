//! The command line: text in, a [`Config`] and a renderer out.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::error::{Error, Result};
use crate::network::Precision;
use crate::params::{self, Architecture, Params, Probability};
use crate::report::Format;
use crate::run::{self, Config, Sampling};

/// Proved bounds beside what random ReLU networks do.
#[derive(Parser, Debug)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Sample networks and hold every statement against them
    #[command(after_help = EXIT_STATUS)]
    Check(Check),
    /// Print the same rows without sampling, for widths of any size
    Bounds(Bounds),
    /// Render a stored run again
    Report(Report),
}

const EXIT_STATUS: &str =
    "Exit status: 0 nothing is violated; 1 a row is violated or failed numerically; 2 bad input;
3 with --strict, a row is inconclusive; 130 interrupted.";

/// What the statements are about.
#[derive(Args, Debug)]
pub struct Shape {
    /// Widths d0,d1,…,dL: 784,512,512 or 784,512x2; 1024x6 is depth 6 at width 1024
    #[arg(long, value_name = "LIST", conflicts_with = "preset", allow_hyphen_values = true)]
    pub widths: Option<String>,
    /// A named architecture: linear, two-layer, decreasing, equal, bottleneck or deep
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Probability with which each bound may fail
    #[arg(long, value_name = "P", default_value = "0.1", allow_hyphen_values = true)]
    pub delta: String,
    /// Stages to run, separated by commas; all by default
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub stages: Vec<String>,
}

/// `relubound check`.
#[derive(Args, Debug)]
pub struct Check {
    /// Shape of the network.
    #[command(flatten)]
    pub shape: Shape,
    /// Number of networks
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub trials: u64,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Probability that any of the verdicts is wrong
    #[arg(long, value_name = "P", default_value = "0.001", allow_hyphen_values = true)]
    pub alpha: String,
    /// How networks are sampled
    #[arg(long, value_enum, default_value = "auto")]
    pub engine: Engine,
    /// Format of the weights
    #[arg(long, value_enum, default_value = "f64")]
    pub precision: Precision,
    /// Threads; all processors by default. Results do not depend on it
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// Also write run.json, trials.jsonl, ledger.csv, ledger.md and report.html there
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace a run that DIR holds already
    #[arg(long)]
    pub force: bool,
    /// Exit with status 3 if a row is inconclusive
    #[arg(long)]
    pub strict: bool,
}

/// `relubound bounds`.
#[derive(Args, Debug)]
pub struct Bounds {
    /// Shape of the network.
    #[command(flatten)]
    pub shape: Shape,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

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

/// How networks are sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// The cheapest that serves every stage
    Auto,
    /// Stored weights
    Dense,
}

impl Shape {
    fn params(&self) -> Result<Params> {
        let architecture: Architecture = match (&self.widths, &self.preset) {
            (Some(widths), _) => widths.parse()?,
            (None, preset) => params::preset(preset.as_deref().unwrap_or("equal"))?,
        };
        Ok(Params { architecture, delta: Probability::parse("--delta", &self.delta)? })
    }
}

impl Check {
    /// Validates everything before anything is done.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn config(&self) -> Result<(Config, Sampling)> {
        if self.trials == 0 {
            return Err(Error::new("--trials", self.trials, "at least 1")
                .hint("'relubound bounds' needs none"));
        }
        if self.threads.is_some_and(|n| n == 0 || n > 4096) {
            return Err(Error::new("--threads", self.threads.unwrap_or(0), "from 1 to 4096"));
        }
        if self.force && self.out.is_none() {
            return Err(Error::new("--force", "", "needs --out, whose run it replaces"));
        }
        let sampling = Sampling { trials: self.trials, seed: self.seed, precision: self.precision };
        let config = Config {
            params: self.shape.params()?,
            alpha: Probability::parse("--alpha", &self.alpha)?,
            stages: run::stages(&self.shape.stages)?,
            sampling: Some(sampling),
        };
        Ok((config, sampling))
    }
}

impl Bounds {
    /// Validates everything.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn config(&self) -> Result<Config> {
        Ok(Config {
            params: self.shape.params()?,
            alpha: Probability::parse("--alpha", "0.001")?,
            stages: run::stages(&self.shape.stages)?,
            sampling: None,
        })
    }
}
