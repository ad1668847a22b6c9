//! Runs side by side: a statement a line, a run a column.

use serde_json::json;

use super::document::{Block, Cell, Column, Document, Table, TableLine, Tone, sentence};
use super::picture::kit::{Axis, Ink, Mark, Plot, Scale, Series};
use super::run;
use super::words::{bound, count, evidence, is_flip, observed};
use crate::judge::ledger::Ledger;
use crate::judge::row::Row;
use crate::model::clean::short;
use crate::stage;

/// Characters of a run's name.
const NAME: usize = 24;

const LEGEND: &str = "of each run: bound | observed; for a step, the share of networks in which it \
     flips the sign. If none was given, direct takes the step that is best for its bound, flip \
     takes t = 2";

/// What is said of all runs together.
pub fn document(ledgers: &[(String, Ledger)]) -> Document {
    let mut blocks: Vec<Block> = Vec::new();
    let said = ledgers.iter().filter_map(|(name, ledger)| {
        let first = run::first_sentence(ledger)?;
        Some(format!("{}: {}", short(name, NAME), sentence(&first)))
    });
    let said: Vec<String> = said.collect();
    if !said.is_empty() {
        blocks.push(Block::List(said));
    }
    blocks.extend(table(ledgers).block());
    blocks.push(Block::Text(Tone::Legend, sentence(LEGEND)));
    blocks.extend(picture(ledgers).map(Block::Figure));
    let title = format!("relubound compare: {}", count(ledgers.len() as u64, "run"));
    Document { headline: title.clone(), title, blocks }
}

/// All ledgers, by name.
pub fn json(ledgers: &[(String, Ledger)]) -> String {
    let all: Vec<serde_json::Value> =
        ledgers.iter().map(|(name, ledger)| json!({ "name": name, "ledger": ledger })).collect();
    let mut text = serde_json::to_string_pretty(&all).unwrap_or_default();
    text.push('\n');
    text
}

/// The row of a statement: of its last layer.
fn row<'a>(ledger: &'a Ledger, label: &str) -> Option<&'a Row> {
    ledger.rows.iter().rev().find(|row| row.statement == label)
}

/// Statements that some run has, in their order.
fn labels(ledgers: &[(String, Ledger)]) -> Vec<&'static str> {
    let all = stage::statements().filter(|statement| statement.main).map(|s| s.label);
    all.filter(|label| ledgers.iter().any(|(_, ledger)| row(ledger, label).is_some())).collect()
}

fn table(ledgers: &[(String, Ledger)]) -> Table {
    let mut columns = vec![Column::words("statement")];
    columns.extend(ledgers.iter().map(|(name, _)| Column::number(&short(name, NAME))));
    let line = |label: &'static str| {
        let cells = ledgers.iter().map(|(_, ledger)| {
            let Some(row) = row(ledger, label) else { return Cell::new("–") };
            let seen = if is_flip(row) { evidence(row) } else { observed(row) };
            Cell {
                tone: row.verdict.map(|verdict| run::tone(Some(verdict))),
                ..Cell::new(format!("{} | {seen}", bound(row)).trim_start().to_owned())
            }
        });
        TableLine { cells: std::iter::once(Cell::new(label)).chain(cells).collect(), apart: false }
    };
    Table { columns, rows: labels(ledgers).into_iter().map(line).collect() }
}

/// What is observed of each statement, run by run, with its bounds.
fn picture(ledgers: &[(String, Ledger)]) -> Option<super::document::Figure> {
    let places: Vec<f64> = (1..=ledgers.len()).map(|i| i as f64).collect();
    let x = Axis { marks: places, ..Axis::new("run, from left to right", Scale::Linear) };
    let title = "What is proved (lines) and observed (dots), run by run";
    let y = Axis::new("in units of each statement", Scale::Log);
    let mut plot = Plot::new("figure-compare", title, x, y);
    plot.height = 340.0;
    let shown =
        ["output.upper", "gradient.lower", "linearity.gradient", "flip.size", "direct.flip"];
    for (i, label) in shown.into_iter().enumerate() {
        let of = |value: &dyn Fn(&Row) -> Option<f64>| -> Vec<(f64, f64)> {
            let runs = (1..).zip(ledgers);
            runs.filter_map(|(at, (_, ledger))| Some((f64::from(at), value(row(ledger, label)?)?)))
                .collect()
        };
        let proved = of(&|row| row.bound.map(|bound| bound.value.to_f64()));
        let seen = of(&|row| row.observed.as_ref().map(|o| o.quantile.to_f64()));
        plot.series.push(Series::new(label, Ink::Nth(i), Mark::Line, proved));
        let named =
            if plot.series.last().is_some_and(|s| s.points.is_empty()) { label } else { "" };
        plot.series.push(Series::new(named, Ink::Nth(i), Mark::Dots, seen));
    }
    plot.figure()
}
