//! Steps in several norms, as a document and as JSON.

use super::document::{Block, Cell, Column, Document, Section, Table, TableLine, Tone, sentence};
use super::picture::norms as picture;
use super::words::{self, NUMBER, and_slope, count, decimal_or_dash, grouped, listed, plainly};
use crate::model::clean::short;
use crate::num::exact::beside;
use crate::study::growth::Crossing;
use crate::study::norms::{Found, Row, Search, Share};

const LEGEND: &str = "stretch: how many times as long in ℓ₂ as the step along the gradient, in the \
    limit of large input dimensions; length: ‖u‖₂/‖x‖₂ in the median, expected and observed; size: \
    ‖u‖/‖x‖ in its own norm, by its law and observed; flips: of the networks sampled; proved, \
    expected, observed: widths from which on the sign flips with probability 1 − δ, for the best t \
    (least found; here: at these widths, the only ones of which a form is one; – where none is \
    found, or it is narrower than anything is expected of)";
const SHARES: &str = "coordinates whose change flips the sign with probability 1 − δ, for the best \
    t, and their share: proved, expected without proof, and observed; none: it is for no number";

/// What was found.
pub fn document(search: &Search, found: &Found, interrupted: bool) -> Document {
    let mut blocks = Vec::new();
    if found.failed() {
        let what = "SOMETHING FAILED: a row of check contradicts a law or a bound, or is not a \
                    number; check --norm shows which";
        blocks.push(Block::Text(Tone::Bad, sentence(what)));
    }
    let said: Vec<String> = [flips(search, found), proved(search, found), fewest(found)]
        .into_iter()
        .flatten()
        .map(|text| sentence(&text))
        .collect();
    if !said.is_empty() {
        blocks.push(Block::Text(Tone::Plain, said.join(" ")));
    }
    blocks.extend(picture::widths(&found.norms).map(Block::Figure));
    blocks.extend(norms(&found.norms).block());
    blocks.push(Block::Text(Tone::Legend, sentence(LEGEND)));
    if let Some(table) = shares(&found.shares).block() {
        let mut under: Vec<Block> =
            picture::shares(&found.shares).map(Block::Figure).into_iter().collect();
        under.extend([table, Block::Text(Tone::Legend, sentence(SHARES))]);
        let title = "How few coordinates have to change";
        blocks.push(Block::Section(Section::new("shares", title, under)));
    }
    let title = "The shortest steps in several norms".into();
    Document { title, headline: headline(search, interrupted), blocks }
}

fn headline(search: &Search, interrupted: bool) -> String {
    let params = &search.params;
    let slope = and_slope(params.slope.record().as_deref());
    let delta = short(&params.delta.to_string(), NUMBER);
    let widths = words::short_widths(&params.architecture.to_string());
    let mut line = format!("relubound norms: {widths}{slope}, δ = {delta}");
    if search.trials > 0 {
        let trials = count(search.trials, "network");
        line += &format!(", {trials} for each number, seed {}", search.seed);
    }
    if interrupted {
        line += ", INTERRUPTED";
    }
    line
}

/// The norm in words.
fn name(norm: &str) -> String {
    words::norm(&short(norm, NUMBER))
}

fn flips(search: &Search, found: &Found) -> Option<String> {
    let each = found.norms.iter().filter_map(|row| {
        let [flips, n] = row.flips?;
        let share = plainly(100.0 * flips as f64 / n as f64, 3);
        Some(format!("{share} % {}", name(&row.norm)))
    });
    let each: Vec<String> = each.collect();
    let widths = words::short_widths(&search.params.architecture.to_string());
    (!each.is_empty()).then(|| {
        let networks = count(search.trials, "network");
        format!(
            "At widths {widths} the shortest step flips the sign of {networks}: in {}",
            listed(&each)
        )
    })
}

fn proved(search: &Search, found: &Found) -> Option<String> {
    let each = found.norms.iter().filter_map(|row| {
        let widths = words::short_widths(row.proved.as_ref()?);
        Some(format!("{widths} {}", name(&row.norm)))
    });
    let each: Vec<String> = each.collect();
    let sure = words::all_but(&search.params.delta.to_string())?;
    (!each.is_empty()).then(|| {
        let widths = listed(&each);
        format!("It is proved to flip the sign with probability {sure} from widths {widths}")
    })
}

fn fewest(found: &Found) -> Option<String> {
    let share = found.shares.iter().rev().find(|share| share.proved.is_some())?;
    let Share { depth, width, proved, observed, .. } = share;
    let proved = (*proved)?;
    let percent = |count: f64| plainly(100.0 * count / *width as f64, 3);
    let seen = observed.as_ref().and_then(|seen| seen.width).map_or(String::new(), |seen| {
        let seen = seen.ceil();
        format!("; {} are enough as observed ({} %)", grouped(seen as u64), percent(seen))
    });
    let (of, share) = (grouped(*width), percent(proved as f64));
    let place = format!("At width {of} and depth {depth}");
    let change = format!("a change of {} of {of} coordinates ({share} %)", grouped(proved));
    Some(format!("{place} the sign is proved to flip by {change}{seen}"))
}

fn seen(seen: Option<&Crossing>) -> String {
    match seen {
        Some(Crossing { width: None, .. }) => "FAILED".into(),
        seen => decimal_or_dash(seen.and_then(|seen| seen.width)),
    }
}

fn norms(rows: &[Row]) -> Table {
    let dash = || "–".to_owned();
    let digits = |value: Option<f64>| value.map_or_else(dash, |value| plainly(value, 3));
    let widths = |text: &Option<String>| text.as_deref().map_or_else(dash, words::short_widths);
    let lines = rows.iter().map(|row| {
        let flips = row.flips.map_or_else(dash, |[flips, n]| {
            format!("{} %", plainly(100.0 * flips as f64 / n as f64, 3))
        });
        TableLine::of([
            short(&row.norm, NUMBER),
            format!("{:.3}", row.stretch),
            digits(Some(row.length_expected)),
            digits(row.length),
            digits(row.size_by_law),
            digits(row.size),
            plainly(row.step, 4),
            flips,
            match &row.proved {
                None if row.proved_here => "here".into(),
                proved => widths(proved),
            },
            widths(&row.expected),
            seen(row.observed.as_ref()),
        ])
    });
    let headings = [
        ("norm", 0),
        ("stretch", 4),
        ("length", 5),
        ("seen", 0),
        ("size", 7),
        ("seen", 7),
        ("t", 6),
        ("flips", 0),
        ("proved", 0),
        ("expected", 3),
        ("observed", 2),
    ];
    let column = |(i, (heading, spared)): (usize, &(&str, u8))| match i {
        0 => Column::words(heading),
        _ => Column::number(heading).spared(*spared),
    };
    Table { columns: headings.iter().enumerate().map(column).collect(), rows: lines.collect() }
}

fn shares(rows: &[Share]) -> Table {
    let lines = rows.iter().map(|row| {
        let width = row.width as f64;
        let of = |count: Option<f64>| match count {
            Some(count) => [plainly(count, 4), format!("{} %", plainly(100.0 * count / width, 3))],
            None => ["none".to_owned(), "–".to_owned()],
        };
        let [proved, proved_share] = of(row.proved.map(|count| count as f64));
        let [expected, expected_share] = of(row.expected.map(|count| count as f64));
        let [observed, observed_share] = match &row.observed {
            None => ["–".to_owned(), "–".to_owned()],
            Some(Crossing { width: None, .. }) => ["FAILED".to_owned(), "–".to_owned()],
            // Between two numbers of coordinates: the larger.
            Some(seen) => of(seen.width.map(f64::ceil)),
        };
        let cells = [
            row.depth.to_string(),
            grouped(row.width),
            proved,
            proved_share,
            expected,
            expected_share,
            observed,
            observed_share,
        ];
        TableLine { cells: cells.map(Cell::new).into(), apart: false }
    });
    let headings = ["depth", "width", "proved", "share", "expected", "share", "observed", "share"];
    let columns = headings.iter().enumerate().map(|(i, heading)| match i {
        0 => Column::words(heading),
        1 | 2 | 6 => Column::number(heading),
        _ => Column::number(heading).spared(if i == 7 || i == 3 { 1 } else { 2 }),
    });
    Table { columns: columns.collect(), rows: lines.collect() }
}

/// Everything, for scripts.
pub fn json(search: &Search, found: &Found) -> String {
    let mut config = serde_json::json!({
        "widths": search.params.architecture.to_string(),
        "norms": search.norms.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "delta": search.params.delta.to_string(),
        "step": search.params.step.as_ref().map(ToString::to_string),
        "shares": search.widths,
        "depths": search.depths,
        "trials": search.trials,
        "seed": search.seed,
    });
    if let Some(slope) = search.params.slope.record() {
        config["slope"] = slope.into();
    }
    let value = serde_json::json!({
        "config": config,
        "norms": found.norms,
        "shares": found.shares,
        "failed": found.failed(),
    });
    let mut text = serde_json::to_string_pretty(&beside(value)).unwrap_or_default();
    text.push('\n');
    text
}
