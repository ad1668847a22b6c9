//! Widths by depth, as text, JSON, CSV, a picture and a page.

use super::csv::{self, lines};
use super::document::{Block, Cell, Column, Document, Table, Tone, sentence};
use super::picture::depth;
use super::print;
use super::run::{threshold_table, thresholds_legend};
use super::words::{self, NUMBER, and_slope, count, decimal_or_dash, of_biases};
use crate::judge::thresholds::Threshold;
use crate::model::clean::short;
use crate::num::exact::beside;
use crate::study::fit::Fit;
use crate::study::growth::{Crossing, Finding, Of, Rate, Row, Search, findings};

/// What the columns beyond those of thresholds mean.
const LEGEND: &str = "observed: where that share of sampled steps flips, at the t that is best by \
    expectation (– where too few are sampled to see it); half: the width at which half of the \
    steps t = 2 are expected to flip, that is, at which L is the depth from which on most of them \
    fail; half seen: observed";

fn headline(search: &Search, rows: &[Row]) -> String {
    let slope = and_slope(search.slope.record().as_deref());
    let biases = of_biases(&search.bias);
    let delta = short(&search.delta.to_string(), NUMBER);
    let norm = search.norm.record().map_or(String::new(), |norm| {
        format!(", steps shortest {}", words::norm(&short(&norm, NUMBER)))
    });
    let mut line = format!("equal widths{slope}{biases}{norm}, δ = {delta}");
    if rows.iter().any(|row| row.observed.is_some() || row.half_observed.is_some()) {
        let trials = count(search.trials, "network");
        line += &format!(", {trials} at each width sampled, seed {}", search.seed);
    }
    if rows.len() < search.depths.len() {
        line += ", INTERRUPTED";
    }
    line
}

/// Widths at which something was not a number: what a reader must know first.
fn failures(rows: &[Row]) -> Vec<String> {
    let failed = |row: &Row| {
        let depth = row.threshold.depth;
        let rates = row.rates().filter(|rate| rate.failed > 0);
        let texts = rates.map(move |Rate { width, failed, trials, .. }| {
            let networks = count(*trials, "network");
            let place = format!("depth {depth}, width {width}");
            format!("NUMERICAL FAILURE: {place}: not a number in {failed} of {networks}")
        });
        texts.collect::<Vec<_>>()
    };
    rows.iter().flat_map(failed).collect()
}

fn observed(seen: Option<&Crossing>) -> String {
    match seen {
        Some(Crossing { width: None, .. }) => "FAILED".into(),
        seen => decimal_or_dash(seen.and_then(|seen| seen.width)),
    }
}

fn table(rows: &[Row]) -> Option<Table> {
    let thresholds: Vec<Threshold> = rows.iter().map(|row| row.threshold.clone()).collect();
    let mut table = threshold_table(&thresholds)?;
    // δ is the same in all rows.
    table.columns.remove(1);
    for heading in ["observed", "half", "half seen"] {
        table.columns.push(Column::number(heading).spared(table.columns.len() as u8));
    }
    for (line, row) in table.rows.iter_mut().zip(rows) {
        line.cells.remove(1);
        // "x5" at depth 5 says nothing new.
        for cell in line.cells.iter_mut().skip(1) {
            if let Some((width, _)) = cell.text.split_once('x') {
                cell.text = width.to_owned();
            }
        }
        let added = [
            observed(row.observed.as_ref()),
            decimal_or_dash(row.half_expected.map(|width| width as f64)),
            observed(row.half_observed.as_ref()),
        ];
        line.cells.extend(added.map(Cell::new));
    }
    Some(table)
}

/// What is said of the growth of widths.
pub fn document(search: &Search, rows: &[Row]) -> Document {
    let mut blocks: Vec<Block> =
        failures(rows).into_iter().map(|text| Block::Text(Tone::Bad, text)).collect();
    blocks.push(Block::Text(Tone::Plain, sentence(&said(rows))));
    blocks.extend(depth::growth(rows).map(Block::Figure));
    blocks.extend(table(rows).map(Block::Table));
    let thresholds: Vec<Threshold> = rows.iter().map(|row| row.threshold.clone()).collect();
    blocks.push(Block::Text(Tone::Legend, sentence(&thresholds_legend(&thresholds))));
    blocks.push(Block::Text(Tone::Legend, sentence(LEGEND)));
    let title = "How wide a network must be for one step to flip its sign".into();
    Document { title, headline: format!("relubound growth: {}", headline(search, rows)), blocks }
}

/// A table for people.
pub fn text(search: &Search, rows: &[Row], width: usize) -> String {
    print::text::print(&document(search, rows), width)
}

/// Everything, for scripts.
pub fn json(search: &Search, rows: &[Row]) -> String {
    let mut config = serde_json::json!({
        "depths": search.depths,
        "delta": search.delta.to_string(),
        "trials": search.trials,
        "deepest": search.deepest,
        "seed": search.seed,
    });
    if let Some(slope) = search.slope.record() {
        config["slope"] = slope.into();
    }
    for (key, value) in ["bias", "gain"].into_iter().zip(search.bias.record()) {
        if let Some(value) = value {
            config[key] = value.into();
        }
    }
    if let Some(norm) = search.norm.record() {
        config["norm"] = norm.into();
    }
    let value = serde_json::json!({
        "config": config,
        "rows": rows,
        "failures": rows.iter().map(Row::failures).sum::<u64>(),
        "finding": said(rows),
    });
    let mut text = serde_json::to_string_pretty(&beside(value)).unwrap_or_default();
    text.push('\n');
    text
}

/// One line per depth; widths of the input.
pub fn csv(rows: &[Row]) -> String {
    let names = [
        "depth",
        "direct",
        "step",
        "affine",
        "comparison",
        "plain",
        "expected",
        "observed",
        "half_expected",
        "half_observed",
        "fails",
    ];
    // Beyond 10³⁶ nothing was found.
    let width = |widths: &Option<String>| {
        let parsed = widths.as_ref().and_then(|w| w.split('x').next().map(str::to_owned));
        parsed.unwrap_or_else(|| "Infinity".into())
    };
    // The ways over a ball are about steps along the gradient.
    let over_a_ball = |threshold: &Threshold, widths: &Option<String>| {
        if threshold.norm.is_some() { String::new() } else { width(widths) }
    };
    let expected = |widths: &Option<String>| {
        let parsed = widths.as_ref().and_then(|w| w.split('x').next().map(str::to_owned));
        parsed.unwrap_or_default()
    };
    let number = |value: Option<f64>| {
        value.map_or(String::new(), |value| ((1e4 * value).round() / 1e4).to_string())
    };
    // A width that failed is NaN, and one that was not sampled is empty.
    let seen = |seen: Option<&Crossing>| number(seen.map(|seen| seen.width.unwrap_or(f64::NAN)));
    let rows = rows.iter().map(|row| {
        let threshold = &row.threshold;
        vec![
            threshold.depth.to_string(),
            width(&threshold.direct),
            number(threshold.step),
            over_a_ball(threshold, &threshold.affine),
            over_a_ball(threshold, &threshold.comparison),
            over_a_ball(threshold, &threshold.plain),
            expected(&threshold.expected),
            seen(row.observed.as_ref()),
            row.half_expected.map_or(String::new(), |width| width.to_string()),
            seen(row.half_observed.as_ref()),
            expected(&threshold.fails),
        ]
    });
    lines(csv::words(&names), rows)
}

/// The picture alone, if there is something to draw.
pub fn svg(rows: &[Row]) -> Option<String> {
    depth::growth(rows).map(|figure| figure.svg)
}

/// One self-contained page.
pub fn page(search: &Search, rows: &[Row]) -> String {
    print::html::print(&document(search, rows))
}

/// What the rows show, in one sentence made from the fits.
fn said(rows: &[Row]) -> String {
    let said = |Finding { of, growth }: &Finding| {
        let [from, to] = growth.range;
        let fitted = format!("fitted from depth {from} to {to}");
        let what = match of {
            Of::Proved => "the width at which the flip is proved",
            Of::Expected => "that expected",
            Of::Observed => "that observed",
            Of::Fails => "that at which half of the steps t = 2 are proved to fail",
            Of::Plain => {
                let rate = growth.exponential.rate;
                return format!(
                    "by the union bounds of the paper's proof it grows by a factor of about \
                     {rate:.0} a layer ({fitted})"
                );
            }
        };
        let Fit { rate, interval, .. } = growth.power;
        let error = (interval[1] - interval[0]) / 2.0;
        format!("{what} grows like L^{rate:.2} ± {error:.2} ({fitted})")
    };
    let parts: Vec<String> = findings(rows).iter().map(said).collect();
    if parts.is_empty() {
        return "Too few depths to say how the widths grow".into();
    }
    words::capital(&parts.join("; "))
}
