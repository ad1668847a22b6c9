//! How ledgers are printed.

use clap::{Args, ValueEnum};

use super::terminal;
use crate::judge::ledger::Ledger;
use crate::model::claim::Claim;
use crate::model::error::Result;
use crate::report::{self, Detail, csv, json};
use crate::run::Record;

/// How a ledger is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Text,
    /// Everything, for scripts.
    Json,
    /// One line per row, for spreadsheets and data frames.
    Csv,
    /// A table for a paper or a wiki.
    Markdown,
    /// A table for a paper.
    Latex,
    /// One self-contained page with pictures.
    Html,
}

impl Format {
    /// A ledger in this format, with what it was made from.
    pub fn of(
        self,
        ledger: &Ledger,
        detail: Detail,
        claims: &[Claim],
        records: &[Record],
    ) -> String {
        match self {
            Format::Text => report::text(ledger, detail, terminal::width()),
            Format::Json => json::render(ledger),
            Format::Csv => csv::render(ledger),
            Format::Markdown => report::markdown(ledger),
            Format::Latex => report::latex(ledger),
            Format::Html => report::page(ledger, claims, records),
        }
    }
}

/// What is printed, and how much of it.
#[derive(Args, Clone, Debug)]
pub struct Output {
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Every row and table, not only the answer and a statement a line
    #[arg(short = 'v', long, visible_alias = "verbose")]
    pub all: bool,
    /// The verdict alone, and no progress
    #[arg(short, long, conflicts_with = "all")]
    pub quiet: bool,
}

impl Default for Output {
    fn default() -> Self {
        Output { format: Format::Text, json: false, all: false, quiet: false }
    }
}

impl Output {
    /// Prints a ledger with what it was made from.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn print(&self, ledger: &Ledger, claims: &[Claim], records: &[Record]) -> Result<()> {
        let format = if self.json { Format::Json } else { self.format };
        if self.quiet && format == Format::Text {
            return terminal::print(&report::verdict(ledger, terminal::width()));
        }
        let detail = if self.all { Detail::Full } else { Detail::Brief };
        terminal::print(&format.of(ledger, detail, claims, records))
    }
}

/// For people or for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextFormat {
    /// A table for people.
    Text,
    /// Everything, for scripts.
    Json,
}

/// How a proof is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PageFormat {
    /// The text as it is written, in Markdown with TeX formulas.
    Text,
    /// Everything, for scripts.
    Json,
    /// One self-contained page with formulas, and the proofs that this one refers to.
    Html,
}
