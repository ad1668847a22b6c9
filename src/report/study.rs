//! A study as text, CSV, Markdown, pictures and a page. All findings are made from fits.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use maud::html;

use super::csv::{self, named, words};
use super::text::{grid_text, wrap};
use super::{Grid, LIST, NUMBER, count, depth_chart, grouped, html, markdown};
use crate::judge::verdict::Verdict;
use crate::model::clean::short as cut;
#[cfg(feature = "parquet")]
use crate::model::error::Error;
use crate::model::error::Result;
use crate::model::params::short;
use crate::network::Engine;
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, decimal};
use crate::run::shown as memory;
use crate::study::findings::{Curve, Failing, Findings, Group, WAYS, Way};
use crate::study::fit::{Comparison, Fit, Growth};
use crate::study::{Crossing, Crossover, Line, Quantity, Shard, Study, Value};

const BAD: Style = AnsiColor::Red.on_default().bold();

const LEGEND: &str = "growth: b^L or L^p, whichever makes the values at least 20 times as likely as the other, with limits of b or \
     p and how far values typically are from it. Limits are at 95 %: for shares by their counts; for other observed values if their \
     logarithms err independently, normally and equally and that law is the right one; for what is computed they show how well it fits. \
     Undetermined: fewer than five depths, or within a factor of 3 of each other; neither law clearly better; a share that the better one \
     does not fit; observed values of which some are 0, ∞ or missing. Left out: depths at which it is 0 or ∞, or there is no value. \
     proved: what is absent is not proved; plain: by the union bounds of the paper's route; expected: without proof, for wide networks; \
     observed: in the sampled networks, with their scatter (each cell is judged as by relubound check: what is violated or not a number is named at the top)";

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
    let memory = match bytes {
        0 => "no networks are sampled".to_owned(),
        bytes => format!("networks and what they show take up to {}", memory(bytes)),
    };
    let cells = count(cells as u64, "cell");
    let time = match time.as_secs() {
        0..10 => "a few seconds".to_owned(),
        seconds @ 10..100 => format!("{seconds} s"),
        seconds @ 100..6000 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    };
    format!(
        "relubound explore: {}\n{cells}{part} with {}; roughly {time} on this machine; {memory}\n",
        headline(study),
        sampled(study)
    )
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
    for (name, value) in [("R/‖x‖", &line.radius), ("t", &line.step)] {
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

/// How the quantities of a group grow.
fn table(group: &Group<'_>) -> Grid {
    let mut rows = Vec::new();
    for Curve { quantity, ways, .. } in &group.curves {
        for way in ways {
            let at = |&(depth, value): &(usize, Magnitude)| {
                format!("{} at {depth}", decimal(value, 4, toward(way.name, quantity)))
            };
            let last = way.points.last().filter(|_| way.points.len() > 1);
            rows.push(vec![
                quantity.name.to_owned(),
                way.name.to_owned(),
                growth(way),
                way.points.first().map_or_else(String::new, at),
                last.map_or_else(String::new, at),
            ]);
        }
    }
    // Where there is little room, what comes last is left out.
    let headings = ["quantity", "", "growth", "first depth", "last depth"];
    Grid { headings: headings.map(str::to_owned).into(), rows }
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

fn crossovers(found: &[Crossover]) -> Grid {
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
    Grid { headings: headings.map(str::to_owned).into(), rows: rows.collect() }
}

fn crossover_growth(failing: &Failing) -> String {
    let Some((way, growth)) = &failing.growth else {
        return "Fewer than four input dimensions cross one half between these depths: too few to say how that depth grows".to_owned();
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

const CROSSOVER: &str = "The depth from which on the step fails in most networks, by input dimension: expected, observed (from shares \
     levelled to fall with depth), and the earliest and latest by the 95 % limits of the shares at single depths; between depths that \
     were measured by interpolation, < and > where it is not between any. The exponent's limits are meant as those of growth";

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

/// The findings for people; `wanted` cells were asked for in this part of the study.
pub fn text(findings: &Findings<'_>, wanted: usize, shard: Shard, width: usize) -> String {
    let Findings { study, lines, groups, failing, .. } = findings;
    let failures = failures(findings);
    let paragraph = |text: &str| wrap(text, width).join("\n") + "\n";
    let mut out = format!(
        "relubound explore: {}\n{} of {} with {}\n",
        headline(study),
        grouped(lines.len() as u64),
        count(wanted as u64, "cell"),
        sampled(study)
    );
    if shard != Shard::WHOLE {
        out +=
            &format!("part {} of {}, to be joined by relubound merge\n", shard.part, shard.parts);
    }
    if let Some(Failures { title, cells }) = failures {
        out += &format!("{BAD}{title}{BAD:#}\n");
        for cell in cells {
            out += &paragraph(&cell);
        }
    }
    for group in groups {
        let grid = table(group);
        if !grid.rows.is_empty() {
            out += &format!("\n{}\n{}", title(study, group), grid_text(&grid, width));
        }
    }
    if !failing.is_empty() {
        out += &format!("\n{}", paragraph(CROSSOVER));
    }
    for one in failing {
        if findings.has_steps() {
            out += &format!("t = {}\n", step(one));
        }
        out += &grid_text(&crossovers(&one.crossovers), width);
        out += &paragraph(&crossover_growth(one));
    }
    out.push('\n');
    for quantity in &study.quantities {
        out += &paragraph(&format!("{}: {}", quantity.name, quantity.meaning));
    }
    out + &paragraph(LEGEND)
}

/// One line for each cell and quantity.
pub fn csv(study: &Study, lines: &[Line]) -> String {
    let names = [
        words(&["cell", "input", "depth", "widths", "delta", "radius", "step", "trials", "seed"]),
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

fn numbers(points: &[(usize, Magnitude)]) -> Vec<(f64, f64)> {
    points.iter().map(|&(depth, value)| (depth as f64, value.to_f64())).collect()
}

/// A picture of a curve.
fn picture(curve: &Curve) -> Option<String> {
    let ways = WAYS.map(|(name, _)| {
        let way = curve.ways.iter().find(|way| way.name == name);
        (name, way.map_or_else(Vec::new, |way| numbers(&way.points)))
    });
    depth_chart::quantity(curve.quantity.name, curve.depths, ways)
}

/// The renderings that the directory of a finished study holds.
///
/// # Errors
/// Columns that cannot be written.
pub fn files(findings: &Findings<'_>) -> Result<Vec<(String, Vec<u8>)>> {
    let Findings { study, lines, .. } = findings;
    let mut files = vec![("cells.csv".to_owned(), csv(study, lines).into_bytes())];
    let pictures = pictures(findings).into_iter();
    files.extend(pictures.map(|(name, svg)| (name, svg.into_bytes())));
    #[cfg(feature = "parquet")]
    {
        let columns = super::columns::parquet(study, lines)
            .map_err(|why| Error::new("out", "cells.parquet", why.to_string()))?;
        files.push(("cells.parquet".to_owned(), columns));
    }
    files.push(("study.md".to_owned(), document(findings).into_bytes()));
    files.push(("index.html".to_owned(), page(findings).into_bytes()));
    Ok(files)
}

/// The pictures of a study, as (file name, SVG).
pub fn pictures(findings: &Findings<'_>) -> Vec<(String, String)> {
    let named = findings.groups.iter().enumerate().flat_map(|(i, group)| {
        let named = move |curve: &Curve| {
            Some((format!("{}-{}.svg", curve.quantity.name, i + 1), picture(curve)?))
        };
        group.curves.iter().filter_map(named).collect::<Vec<_>>()
    });
    named.collect()
}

/// The study as one self-contained page.
pub fn page(findings: &Findings<'_>) -> String {
    let Findings { study, lines, groups, failing, .. } = findings;
    let failures = failures(findings);
    let body = html! {
        h1 { "How the constants depend on depth" }
        p { (headline(study)) }
        p.soft { (count(lines.len() as u64, "cell")) " with " (sampled(study)) }
        @if let Some(Failures { title, cells }) = failures {
            p.bad { (title) }
            ul { @for cell in cells { li { (cell) } } }
        }
        @if !failing.is_empty() {
            h2 { "Where the step fails" }
            @for one in failing {
                @if findings.has_steps() { h3 { "t = " (step(one)) } }
                p { b { (crossover_growth(one)) "." } }
                (html::grid_table(&crossovers(&one.crossovers)))
            }
            p.legend { (CROSSOVER) "." }
        }
        @for group in groups {
            h2 { (title(study, group)) }
            @for curve in group.curves.iter().filter(|curve| !curve.ways.is_empty()) {
                p { (curve.quantity.meaning) "." }
                @match finding(curve) {
                    Some(finding) => p { b { (finding) "." } },
                    None => p.soft { "No growth is determined." },
                }
                @if let Some(svg) = picture(curve) { (html::figure(&svg)) }
            }
            (html::grid_table(&table(group)))
        }
        p.legend { (LEGEND) "." }
        p.soft { "relubound " (env!("CARGO_PKG_VERSION")) }
    };
    html::page("relubound explore", &body)
}

/// The study in Markdown.
pub fn document(findings: &Findings<'_>) -> String {
    let Findings { study, lines, groups, failing, .. } = findings;
    let failures = failures(findings);
    let cells = count(lines.len() as u64, "cell");
    let mut out = format!(
        "# How the constants depend on depth\n\n{}. {cells} with {}.\n",
        markdown::text(&headline(study)),
        sampled(study)
    );
    if let Some(Failures { title, cells }) = failures {
        out += &format!("\n**{title}**\n\n");
        for cell in cells {
            out += &format!("- {}\n", markdown::text(&cell));
        }
    }
    if !failing.is_empty() {
        out += &format!("\n## Where the step fails\n\n{CROSSOVER}.\n");
    }
    for one in failing {
        if findings.has_steps() {
            out += &format!("\n### t = {}\n", markdown::text(&step(one)));
        }
        let grid = markdown::grid_table(&crossovers(&one.crossovers));
        out += &format!("\n{}.\n\n{grid}", crossover_growth(one));
    }
    for (i, group) in groups.iter().enumerate() {
        let title = markdown::text(&title(study, group));
        out += &format!("\n## {title}\n\n{}", markdown::grid_table(&table(group)));
        for curve in group.curves.iter().filter(|curve| !curve.ways.is_empty()) {
            let said = finding(curve).unwrap_or_else(|| "No growth is determined".to_owned());
            let (name, meaning) = (curve.quantity.name, curve.quantity.meaning);
            out += &format!("\n{meaning}. {said}.\n");
            if picture(curve).is_some() {
                out += &format!("\n![{name} by depth]({name}-{}.svg)\n", i + 1);
            }
        }
    }
    out + &format!("\n{LEGEND}.\n")
}
