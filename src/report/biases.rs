//! Up to which biases the step flips the sign, as a document and as JSON.

use super::document::{Block, Column, Document, Table, TableLine, Tone, sentence};
use super::picture::biases as picture;
use super::words::{self, NUMBER, and_slope, count, grouped, plainly};
use crate::model::clean::short;
use crate::num::exact::beside;
use crate::study::biases::{MOST, Row, Search};

const LEGEND: &str = "biases by their size relative to the signal: the deviation of a bias over \
    that of the pre-activation without it; proved, expected, observed: up to which the best step \
    flips the sign with probability 1 − δ (– where it does not without biases either, or where a \
    layer is narrower than anything is expected of; any: at the largest tried, 1000, too); half: \
    up to which half of the steps t = 2 are expected to flip it; half seen: observed; beyond: \
    from which on the way to the boundary by the linear function is longer than the input in \
    half of all networks, in the limit of large widths";

/// What was found.
pub fn document(search: &Search, rows: &[Row], interrupted: bool) -> Document {
    let mut blocks = Vec::new();
    if rows.iter().any(|row| row.failures > 0) {
        let what = "SOMETHING FAILED: in some of the networks sampled the step is not a number";
        blocks.push(Block::Text(Tone::Bad, sentence(what)));
    }
    let said: Vec<String> =
        said(search, rows).into_iter().flatten().map(|text| sentence(&text)).collect();
    if !said.is_empty() {
        blocks.push(Block::Text(Tone::Plain, said.join(" ")));
    }
    blocks.extend(picture::sizes(rows).map(Block::Figure));
    blocks.extend(table(rows).block());
    blocks.push(Block::Text(Tone::Legend, sentence(LEGEND)));
    let title = "Biases by depth".into();
    Document { title, headline: headline(search, interrupted), blocks }
}

fn headline(search: &Search, interrupted: bool) -> String {
    let slope = and_slope(search.slope.record().as_deref());
    let delta = short(&search.delta.to_string(), NUMBER);
    let mut line = format!("relubound biases: width {}{slope}, δ = {delta}", grouped(search.width));
    if search.trials > 0 {
        let trials = count(search.trials, "network");
        line += &format!(", {trials} for each number, seed {}", search.seed);
    }
    if interrupted {
        line += ", INTERRUPTED";
    }
    line
}

/// A size, or "any".
fn size(value: Option<f64>) -> String {
    match value {
        None => "–".into(),
        Some(value) if value >= MOST => "any".into(),
        Some(value) => plainly(value, 3),
    }
}

/// Of the deepest network for which something is proved, and of the deepest.
fn said(search: &Search, rows: &[Row]) -> [Option<String>; 2] {
    let sure = words::all_but(&search.delta.to_string());
    let width = grouped(search.width);
    let times = |value: f64| match value {
        any if any >= MOST => "of any size".to_owned(),
        value => format!("up to {} times the signal", plainly(value, 3)),
    };
    let proved = rows.iter().rev().find_map(|row| Some((row.depth, row.proved?, row.observed)));
    let proved = proved.zip(sure).map(|((depth, proved, observed), sure)| {
        let seen = observed.map_or(String::new(), |seen| format!("; as observed, {}", times(seen)));
        format!(
            "At width {width} and depth {depth} the best step is proved to flip the sign with \
             probability {sure} for biases {}{seen}",
            times(proved)
        )
    });
    let deepest = rows.last().map(|row| {
        let half = row.half_observed.or(row.half_expected).filter(|&half| half < MOST);
        let half = half.map_or(String::new(), |half| {
            let how = if row.half_observed.is_some() { "" } else { "are expected to " };
            format!("half of the steps t = 2 {how}fail from biases {} on, and ", plainly(half, 3))
        });
        let beyond = plainly(row.beyond, 3);
        format!(
            "At depth {} {half}from biases {beyond} on the boundary is, to first order, farther \
             away than the input is long in half of all wide networks, so that no step is a small \
             one{}",
            row.depth,
            if rows.len() > 1 { ": the deeper the network, the less bias that takes" } else { "" }
        )
    });
    [proved, deepest]
}

fn table(rows: &[Row]) -> Table {
    let lines = rows.iter().map(|row| {
        let sizes = [
            row.proved,
            row.expected,
            row.observed,
            row.half_expected,
            row.half_observed,
            Some(row.beyond),
        ];
        TableLine::of(std::iter::once(row.depth.to_string()).chain(sizes.map(size)))
    });
    let headings = ["depth", "proved", "expected", "observed", "half", "half seen", "beyond"];
    let column = |(i, heading): (usize, &&str)| match i {
        0 => Column::words(heading),
        _ => Column::number(heading),
    };
    Table { columns: headings.iter().enumerate().map(column).collect(), rows: lines.collect() }
}

/// Everything, for scripts.
pub fn json(search: &Search, rows: &[Row]) -> String {
    let mut config = serde_json::json!({
        "width": search.width,
        "depths": search.depths,
        "delta": search.delta.to_string(),
        "trials": search.trials,
        "seed": search.seed,
    });
    if let Some(slope) = search.slope.record() {
        config["slope"] = slope.into();
    }
    let value = serde_json::json!({ "config": config, "rows": rows });
    let mut text = serde_json::to_string_pretty(&beside(value)).unwrap_or_default();
    text.push('\n');
    text
}
