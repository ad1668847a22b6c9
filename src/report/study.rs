//! A study as a document, CSV and fits.

use std::time::Duration;

use super::csv::{self, named, words};
use super::document::{Block, Document, Section, Table, Tone, sentence};
use super::picture::depth;
use super::print;
use super::words::{LIST, NUMBER, and_slope, count, grouped, listed};
use crate::judge::verdict::Verdict;
use crate::model::clean::short as cut;
#[cfg(feature = "parquet")]
use crate::model::error::Error;
use crate::model::error::Result;
use crate::model::params::{Probability, short};
use crate::network::Engine;
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, decimal};
use crate::run::shown as memory;
use crate::study::findings::{Curve, Failing, Findings, Group, WAYS, Way};
use crate::study::fit::{Comparison, Fit, Growth};
use crate::study::{Crossing, Crossover, Grid, Line, Quantity, Shard, Study, Value};

const LEGEND: &str = "\
    grey lines: fits; growth: b^L or L^p, whichever makes the values at least 20 times as likely \
    as the other, with limits of b or p and how far values typically are from it. Limits are at \
    95 %: for shares by their counts; for other observed values if their logarithms err \
    independently, normally and equally and that law is the right one; for what is computed they \
    show how well it fits. Undetermined: fewer than five depths, or within a factor of 3 of each \
    other; neither law clearly better; a share that the better one does not fit; observed values \
    of which some are 0, ∞ or missing. Left out: depths at which it is 0 or ∞, or there is no \
    value. proved: what is absent is not proved; plain: by the union bounds of the paper's \
    route; expected: without proof, for wide networks; observed: in the sampled networks, with \
    their scatter (each cell is judged as by relubound check: what is violated or not a number \
    is named at the top)";

fn headline(study: &Study) -> String {
    let grid = &study.grid;
    let [depths, widths, shape, delta] =
        [&grid.depths, &grid.widths, &grid.shape, &grid.delta].map(|text| cut(text, LIST));
    let mut line = format!("depths {depths}, d = {widths}, shape {shape}, δ = {delta}");
    for (name, list) in [("R/‖x‖", &grid.radius), ("t", &grid.step)] {
        if list != "usual" {
            line += &format!(", {name} = {}", cut(list, LIST));
        }
    }
    if grid.slope != Grid::default().slope {
        line += &format!(", slope {}", cut(&grid.slope, LIST));
    }
    line
}

fn sampled(study: &Study) -> String {
    let grid = &study.grid;
    format!("{} networks each ({} searched), seed {}", grid.trials, study.searched(), grid.seed)
}

/// How large a study is.
pub fn dry_run(study: &Study, cells: usize, bytes: u64, time: Duration) -> String {
    let all = study.cells.len();
    let part = if cells < all { format!(" of {}", grouped(all as u64)) } else { String::new() };
    let cells = count(cells as u64, "cell");
    let what =
        format!("relubound explore: {}\n{cells}{part} with {}", headline(study), sampled(study));
    planned(&what, &time, bytes)
}

/// What is planned, about how long it takes, and the memory that it needs.
pub fn planned(what: &str, time: &Duration, bytes: u64) -> String {
    let memory = match bytes {
        0 => "no networks are sampled".to_owned(),
        bytes => format!("networks and what they show take up to {}", memory(bytes)),
    };
    format!("{what}; roughly {} on this machine; {memory}\n", about(time))
}

/// A time of which not more than this is known.
pub(super) fn about(time: &Duration) -> String {
    match time.as_secs() {
        0..10 => "a few seconds".to_owned(),
        seconds @ 10..100 => format!("{seconds} s"),
        seconds @ 100..6000 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}

/// `d = 64, δ = 0.1`.
fn title(study: &Study, group: &Group<'_>) -> String {
    let line = group.lines[0];
    let input = study.cells[line.cell].params.architecture.input();
    format!("d = {}, {}", short(input), asked(line))
}

fn step(failing: &Failing) -> String {
    cut(&failing.step.to_string(), NUMBER)
}

/// `δ = 0.1, t = 3`: what is asked of a network.
fn asked(line: &Line) -> String {
    let mut text = format!("δ = {}", cut(&line.delta, NUMBER));
    for (name, value) in [("R/‖x‖", &line.radius), ("t", &line.step), ("slope", &line.slope)] {
        if let Some(value) = value {
            text += &format!(", {name} = {}", cut(value, NUMBER));
        }
    }
    text
}

/// How one way to a quantity grows.
fn growth(way: &Way) -> String {
    if way.failed > 0 {
        return format!("FAILED at {}", count(way.failed as u64, "depth"));
    }
    let best = way.growth.as_ref().and_then(Comparison::best);
    let shown = best.map_or_else(|| "undetermined".to_owned(), shown);
    match way.left_out {
        0 => shown,
        n => format!("{shown}, {n} left out"),
    }
}

fn shown(fit: Fit) -> String {
    let [low, high] = fit.interval;
    let off = fit.scatter.map_or_else(String::new, |scatter| match 100.0 * scatter.exp_m1() {
        0.0..0.5 => " ±0%".to_owned(),
        off @ 0.5..100.0 => format!(" ±{off:.0}%"),
        _ => format!(" ×{:.1}", scatter.exp()),
    });
    match fit.growth {
        Growth::Exponential => {
            let [rate, low, high] = [fit.rate, low, high].map(factor);
            format!("{rate}^L ({low} to {high}){off}")
        }
        Growth::Power => format!("L^{:.2} ({low:.2} to {high:.2}){off}", fit.rate),
    }
}

/// Four digits, or three of a number below 1.
fn factor(b: f64) -> String {
    let power = b.log10().floor();
    let digits = if power < 0.0 { 2.0 - power } else { 3.0 - power };
    if power < -4.0 { format!("{b:.2e}") } else { format!("{b:.*}", digits.max(0.0) as usize) }
}

/// What a curve shows, in a sentence made from its fits; `None` where there is nothing to say.
fn finding(curve: &Curve) -> Option<String> {
    let said: Vec<String> = curve
        .ways
        .iter()
        .filter_map(|way| {
            let growth = way.growth.as_ref()?;
            let [from, to] = growth.range;
            let (best, other) = (
                growth.best()?,
                match growth.preferred? {
                    Growth::Exponential => "a power of L",
                    Growth::Power => "an exponential",
                },
            );
            let left = match way.left_out {
                0 => String::new(),
                n => format!(" ({n} left out)"),
            };
            let (name, best) = (way.name, shown(best));
            Some(format!(
                "{name} nearer to {best} than to {other}, from depth {from} to {to}{left}"
            ))
        })
        .collect();
    (!said.is_empty()).then(|| format!("{}: {}", curve.quantity.name, said.join("; ")))
}

fn crossovers(found: &[Crossover]) -> Table {
    let depth = |crossing: Option<Crossing>| match crossing {
        None => "–".to_owned(),
        Some(Crossing::Before(depth)) => format!("< {depth}"),
        Some(Crossing::At(depth)) => format!("{depth:.1}"),
        Some(Crossing::After(depth)) => format!("> {depth}"),
    };
    let rows = found.iter().map(|c| {
        let seen = |crossing| if c.failed { "FAILED".to_owned() } else { depth(crossing) };
        let [low, high] = c.limits.map(seen);
        vec![short(c.input as u128), depth(c.expected), seen(c.observed), low, high]
    });
    let headings = ["d", "expected", "observed", "earliest", "latest"];
    Table::plain(&headings, rows.collect())
}

fn crossover_growth(failing: &Failing) -> String {
    let Some((way, growth)) = &failing.growth else {
        return "Fewer than four input dimensions cross one half between these depths: too few to \
            say how that depth grows"
            .to_owned();
    };
    let Fit { rate, interval: [low, high], .. } = growth.power;
    let power = format!("d^{rate:.2} ({low:.2} to {high:.2})");
    let said = match growth.preferred {
        Some(Growth::Power) => format!("is nearer to {power} than to an exponential in d"),
        Some(Growth::Exponential) => "is nearer to an exponential in d than to a power".to_owned(),
        None => format!("is {power} if it is a power of d"),
    };
    let from = match failing.crossovers.len() - growth.points {
        0 => String::new(),
        _ => format!(", from {} of {} input dimensions", growth.points, failing.crossovers.len()),
    };
    format!("The depth from which on most steps fail, as {way}, {said}{from}")
}

const CROSSOVER: &str = "The depth from which on the step fails in most networks, by input \
    dimension: expected, observed (from shares levelled to fall with depth), and the earliest and \
    latest by the 95 % limits of the shares at single depths; between depths that were measured by \
    interpolation, < and > where it is not between any. The exponent's limits are meant as those \
    of growth";

/// Cells in which something is violated or not a number: what a reader must know first.
struct Failures {
    title: String,
    cells: Vec<String>,
}

fn failures(findings: &Findings<'_>) -> Option<Failures> {
    let failed = &findings.failures;
    let (some, all) = (failed.len() as u64, count(findings.lines.len() as u64, "cell"));
    let title = format!("FAILED: {} of {all}", grouped(some));
    (some > 0).then(|| Failures { title, cells: failed.iter().map(|line| failure(line)).collect() })
}

/// `widths 8x3, δ = 0.1, seed 5: VIOLATED (output.law)`.
fn failure(line: &Line) -> String {
    let mut text = format!("widths {}, {}", cut(&line.widths, LIST), asked(line));
    if let Some(seed) = line.seed {
        text += &format!(", seed {seed}");
    }
    let verdict = line.verdict.map_or("–", Verdict::text);
    text + &format!(": {verdict} ({})", line.failed.join(", "))
}

/// What is said of a study, `wanted` of whose cells were asked for in this part.
pub fn document(findings: &Findings<'_>, wanted: usize, shard: Shard) -> Document {
    let Findings { study, lines, groups, failing, .. } = findings;
    let mut blocks = Vec::new();
    let done = format!(
        "{} of {} with {}",
        grouped(lines.len() as u64),
        count(wanted as u64, "cell"),
        sampled(study)
    );
    blocks.push(Block::Text(Tone::Soft, done));
    if shard != Shard::WHOLE {
        let part = format!("{shard}, to be joined by relubound merge");
        blocks.push(Block::Text(Tone::Warning, part));
    }
    if let Some(Failures { title, cells }) = failures(findings) {
        blocks.push(Block::Text(Tone::Bad, title));
        blocks.push(Block::List(cells));
    }
    if !failing.is_empty() {
        blocks.push(Block::Section(where_it_fails(findings)));
    }
    for quantity in &study.quantities {
        blocks.push(Block::Section(of_quantity(quantity, study, groups)));
    }
    blocks.push(Block::Text(Tone::Legend, sentence(LEGEND)));
    let title = "How the constants depend on depth".into();
    Document { title, headline: format!("relubound explore: {}", headline(study)), blocks }
}

fn where_it_fails(findings: &Findings<'_>) -> Section {
    let mut blocks = Vec::new();
    for one in &findings.failing {
        if findings.has_steps() {
            let slope = and_slope(one.slope.as_deref());
            blocks.push(Block::Text(Tone::Strong, format!("t = {}{slope}", step(one))));
        }
        blocks.push(Block::Text(Tone::Plain, sentence(&crossover_growth(one))));
        blocks.push(Block::Table(crossovers(&one.crossovers)));
    }
    blocks.push(Block::Text(Tone::Legend, sentence(CROSSOVER)));
    Section::new("fails", "Where the step fails", blocks)
}

/// One quantity in all groups: a picture, a sentence for each, and how it grows.
fn of_quantity(quantity: &'static Quantity, study: &Study, groups: &[Group<'_>]) -> Section {
    let several = groups.len() > 1;
    let titled: Vec<(String, &Group<'_>)> =
        groups.iter().map(|group| (title(study, group), group)).collect();
    let mut blocks = vec![Block::Text(Tone::Soft, sentence(quantity.meaning))];
    let mut rows = Vec::new();
    for (title, group) in &titled {
        let curve = group.curves.iter().find(|curve| curve.quantity.name == quantity.name);
        let Some(curve) = curve.filter(|curve| !curve.ways.is_empty()) else { continue };
        if let Some(finding) = finding(curve) {
            let head = if several { format!("{title}: ") } else { String::new() };
            blocks.push(Block::Text(Tone::Plain, sentence(&(head + &finding))));
        }
        if let Some(why) = unseen(study, curve, &group.lines) {
            blocks.push(Block::Text(Tone::Soft, sentence(&why)));
        }
        if let Some(why) = beaten(curve, &group.lines) {
            blocks.push(Block::Text(Tone::Soft, sentence(&why)));
        }
        for way in &curve.ways {
            let mut row = grown(quantity, way);
            if several {
                row.insert(0, title.clone());
            }
            rows.push(row);
        }
    }
    blocks.extend(depth::quantity(quantity, &titled).map(Block::Figure));
    // Where there is little room, what comes last is left out.
    let headings = ["", "growth", "first depth", "last depth"];
    let of = several.then_some("networks").into_iter();
    let headings: Vec<&str> = of.chain(headings).collect();
    blocks.extend(Table::plain(&headings, rows).block());
    Section::new(quantity.name, quantity.name, blocks)
}

/// How one way to a quantity grows, in cells.
fn grown(quantity: &Quantity, way: &Way) -> Vec<String> {
    let at = |&(depth, value): &(usize, Magnitude)| {
        format!("{} at {depth}", decimal(value, 4, toward(way.name, quantity)))
    };
    let last = way.points.last().filter(|_| way.points.len() > 1);
    vec![
        way.name.to_owned(),
        growth(way),
        way.points.first().map_or_else(String::new, at),
        last.map_or_else(String::new, at),
    ]
}

/// Why a quantity that the study looks for was not seen.
fn unseen(study: &Study, curve: &Curve, lines: &[&Line]) -> Option<String> {
    let seen = curve.ways.iter().any(|way| way.name == "observed");
    if seen || study.networks() == 0 || !curve.quantity.is_observed() {
        return None;
    }
    let level = lines.first().and_then(|line| line.delta.parse::<Probability>().ok());
    let needed = level.map_or(0.0, |delta| (1.0 / delta.to_f64()).ceil());
    let searched = study.searched();
    Some(if curve.quantity.is_searched() && (searched as f64) < needed {
        format!(
            "nothing is observed: its quantile at δ takes {needed} searched networks at least, \
             and {} are searched",
            grouped(searched)
        )
    } else if (study.networks() as f64) < needed {
        format!(
            "nothing is observed: its quantile at δ takes {needed} networks at least, and {} are \
             sampled",
            grouped(study.networks())
        )
    } else {
        "nothing is observed: it is not defined in these networks, or not looked for".into()
    })
}

/// An observed quantile on the wrong side of what is proved is no contradiction by itself.
fn beaten(curve: &Curve, lines: &[&Line]) -> Option<String> {
    let values = lines.iter().filter_map(|line| {
        let value = line.value(curve.quantity.name)?;
        let (proved, seen) = (value.proved?, value.observed?);
        let beyond = match curve.quantity.toward {
            Toward::Up => seen > proved,
            Toward::Down => seen < proved,
            Toward::Nearest => false,
        };
        beyond.then_some((line.depth, value.n.unwrap_or(0)))
    });
    let found: Vec<(usize, u64)> = values.collect();
    let (_, n) = *found.first()?;
    let depths: Vec<String> = found.iter().map(|(depth, _)| depth.to_string()).collect();
    Some(format!(
        "at depth {} the observed quantile is beyond what is proved, which is no contradiction: a \
         quantile of {} has limits of its own, and each cell is judged by its count (none of \
         them is violated unless it is said above)",
        listed(&depths),
        count(n, "network")
    ))
}

/// One line for each cell and quantity.
pub fn csv(study: &Study, lines: &[Line]) -> String {
    let names = [
        words(&["cell", "input", "depth", "widths", "delta", "radius", "step", "slope"]),
        words(&["trials", "seed"]),
        words(&["engine", "quantity"]),
        WAYS.iter().flat_map(|(name, _)| named(name)).collect(),
        words(&["n", "low", "high", "verdict", "failed"]),
    ];
    let rows = lines.iter().flat_map(|line| {
        study.quantities.iter().map(move |quantity| {
            let value = line.value(quantity.name).unwrap_or_default();
            [cell_of(line), measured(quantity, &value), judged(line, &value)].concat()
        })
    });
    csv::lines(names.concat(), rows)
}

/// What identifies a cell, in its columns.
fn cell_of(line: &Line) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    vec![
        line.cell.to_string(),
        line.input.clone(),
        line.depth.to_string(),
        line.widths.clone(),
        line.delta.clone(),
        text(&line.radius),
        text(&line.step),
        line.slope().to_owned(),
        line.trials.to_string(),
        line.seed.map_or(String::new(), |seed| seed.to_string()),
    ]
}

/// What was measured of a quantity, in its columns.
fn measured(quantity: &Quantity, value: &Value) -> Vec<String> {
    let mut cells =
        vec![value.engine.map_or("", Engine::name).to_owned(), quantity.name.to_owned()];
    for (name, get) in WAYS {
        let [number, log, exact] = csv::number(get(value), toward(name, quantity));
        let failed = name == "observed" && value.failed;
        cells.extend([if failed { "NaN".to_owned() } else { number }, log, exact]);
    }
    cells
}

/// What is behind that, in its columns.
fn judged(line: &Line, value: &Value) -> Vec<String> {
    let limit = |i: usize| value.limits.map_or(String::new(), |limits| limits[i].to_string());
    vec![
        value.n.map_or(String::new(), |n| n.to_string()),
        limit(0),
        limit(1),
        line.verdict.map_or("", Verdict::name).to_owned(),
        line.failed.join(" "),
    ]
}

/// The rounding that keeps what is known in this way true.
fn toward(way: &str, quantity: &Quantity) -> Toward {
    match way {
        "proved" | "plain" => quantity.toward,
        "observed" => quantity.seen_toward,
        _ => Toward::Nearest,
    }
}

/// The renderings that the directory of a finished study holds.
///
/// # Errors
/// Columns that cannot be written.
pub fn files(findings: &Findings<'_>) -> Result<Vec<(String, Vec<u8>)>> {
    let Findings { study, lines, .. } = findings;
    let document = document(findings, study.cells.len(), Shard::WHOLE);
    let mut files = vec![
        ("cells.csv".to_owned(), csv(study, lines).into_bytes()),
        ("fits.json".to_owned(), fits(findings).into_bytes()),
    ];
    for figure in document.figures() {
        files.push((format!("{}.svg", figure.name), figure.svg.clone().into_bytes()));
        files.push((format!("{}.csv", figure.name), figure.csv.clone().into_bytes()));
    }
    #[cfg(feature = "parquet")]
    {
        let columns = super::columns::parquet(study, lines)
            .map_err(|why| Error::new("out", "cells.parquet", why.to_string()))?;
        files.push(("cells.parquet".to_owned(), columns));
    }
    let markdown = print::markdown::print(&document, Some(""));
    files.push(("study.md".to_owned(), markdown.into_bytes()));
    files.push(("index.html".to_owned(), print::html::print(&document).into_bytes()));
    Ok(files)
}

/// Every fit, for scripts.
pub fn fits(findings: &Findings<'_>) -> String {
    let of_group = |group: &Group<'_>| {
        let line = group.lines[0];
        let ways = group.curves.iter().flat_map(|curve| {
            curve.ways.iter().map(move |way| {
                serde_json::json!({
                    "input": line.input,
                    "delta": line.delta,
                    "radius": line.radius,
                    "step": line.step,
                    "slope": line.slope,
                    "quantity": curve.quantity.name,
                    "way": way.name,
                    "growth": way.growth,
                    "left_out": way.left_out,
                    "failed": way.failed,
                })
            })
        });
        ways.collect::<Vec<_>>()
    };
    let all: Vec<serde_json::Value> = findings.groups.iter().flat_map(of_group).collect();
    let mut text = serde_json::to_string_pretty(&all).unwrap_or_default();
    text.push('\n');
    text
}
