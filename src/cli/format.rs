//! How ledgers are printed.

use clap::ValueEnum;

use super::terminal;
use crate::judge::ledger::Ledger;
use crate::model::claim::Claim;
use crate::report::{csv, html, json, markdown, text};
use crate::run::store::Rendering;
use crate::run::{Experiment, Record};

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
    /// One self-contained page with pictures.
    Html,
}

impl Format {
    /// A ledger in this format, with what it was made from.
    pub fn of(self, ledger: &Ledger, claims: &[Claim], records: &[Record]) -> String {
        match self {
            Format::Text => text::render(ledger, terminal::width()),
            Format::Json => json::render(ledger),
            Format::Csv => csv::render(ledger),
            Format::Markdown => markdown::render(ledger),
            Format::Html => html::render(ledger, claims, records),
        }
    }
}

/// The renderings that a run directory holds.
pub fn files(ledger: &Ledger, experiment: &Experiment) -> Vec<Rendering> {
    let files = [
        ("ledger.csv", csv::render(ledger)),
        ("ledger.md", markdown::render(ledger)),
        ("report.html", html::render(ledger, experiment.claims(), experiment.records())),
    ];
    files.map(|(name, text)| (name.to_owned(), text.into_bytes())).into()
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
