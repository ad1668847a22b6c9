//! `relubound angle`: the angle between two inputs in the limit of large widths, exactly.

use clap::{Args, ValueEnum};

use super::exit;
use super::number::number;
use super::shape::{Activation, Between};
use super::terminal::print;
use crate::model::bias::Bias;
use crate::model::error::Result;
use crate::num::is_round;
use crate::report::angles;
use crate::theory::angle::{self, Table};

/// `relubound angle`.
#[derive(Args, Debug)]
pub struct Angle {
    /// Where to start.
    #[command(flatten)]
    pub between: Between,
    /// The activation.
    #[command(flatten)]
    pub activation: Activation,
    /// Biases: their deviation in units of that of the pre-activations without them, as 0.5; none
    /// by default
    #[arg(long, value_name = "S", allow_hyphen_values = true)]
    pub bias: Option<String>,
    /// The last layer
    #[arg(long, value_name = "N", default_value = "1000", allow_hyphen_values = true)]
    pub depth: String,
    /// Significant digits, each of them right
    #[arg(long, value_name = "N", default_value = "20", allow_hyphen_values = true)]
    pub digits: String,
    /// Every layer in the table, not only 1, 2, 5, 10, 20, …
    #[arg(long)]
    pub all: bool,
    /// What to print; json and csv have every layer
    #[arg(long, value_enum, default_value = "text")]
    pub format: AngleFormat,
}

/// How angles are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AngleFormat {
    /// A table for people.
    Text,
    /// Enclosures, for scripts.
    Json,
    /// One line per layer.
    Csv,
}

/// Is a layer one of those that stand for all?
pub fn in_brief(layer: usize, depth: usize) -> bool {
    layer == 0 || layer == depth || is_round(layer)
}

impl Angle {
    /// Does it.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn run(&self) -> Result<u8> {
        let table = self.table()?;
        print(&match self.format {
            AngleFormat::Text => angles::text(&table),
            AngleFormat::Json => angles::json(&table),
            AngleFormat::Csv => angles::csv(&table),
        })?;
        Ok(exit::DONE)
    }

    /// The angle after every layer that is asked for.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn table(&self) -> Result<Table> {
        let start = self.between.start()?;
        let depth = number("depth", &self.depth, 1..=10_000_000)? as usize;
        let digits = number("digits", &self.digits, 1..=100_000)? as usize;
        let slope = self.activation.slope()?;
        let bias = self.bias.as_deref().map_or(Ok(Bias::none()), Bias::relative)?;
        let every = self.all || self.format != AngleFormat::Text;
        angle::table(&start, &slope, &bias, depth, digits, |layer| every || in_brief(layer, depth))
    }
}
