//! Renderers: a ledger (and its trials) in, text out. They compute nothing.

pub mod csv;
pub mod html;
pub mod json;
pub mod markdown;
mod plot;
pub mod text;

use crate::ledger::{Ledger, Row, Status};
use crate::num::{Toward, decimal};
use crate::statement::Kind;
use crate::verdict::Verdict;

/// How a ledger is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
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

/// Digits of numbers in tables.
const DIGITS: usize = 4;

/// The bound with its direction, rounded to the safe side: `≤ 0.8123`.
fn bound(row: &Row) -> String {
    match (row.kind, row.direction, row.bound) {
        (Kind::Law, ..) => "law".into(),
        (_, Some(_), Some(_)) if row.vacuous => "none".into(),
        (_, Some(direction), Some(bound)) => {
            let sign = match direction {
                crate::claim::Direction::Upper => "≤",
                crate::claim::Direction::Lower => "≥",
            };
            format!("{sign} {}", decimal(bound.value, DIGITS, direction.toward()))
        }
        _ => String::new(),
    }
}

fn prediction(row: &Row) -> String {
    row.prediction.map_or("–".into(), |p| decimal(p.value, DIGITS, Toward::Nearest))
}

fn observed(row: &Row) -> String {
    row.observed.as_ref().map_or("–".into(), |o| decimal(o.quantile, DIGITS, Toward::Nearest))
}

/// `×1.04`.
fn slack(row: &Row) -> String {
    row.slack.map_or("–".into(), |s| format!("×{}", decimal(s.value, 3, Toward::Nearest)))
}

/// The share of trials beyond the bound, or the Kolmogorov–Smirnov distance of a law.
fn evidence(row: &Row) -> String {
    match (row.distance, row.exceedances, &row.observed) {
        (Some(d), ..) => format!("KS {:.4}", d.observed),
        (_, Some(0), Some(_)) => "0%".into(),
        (_, Some(k), Some(o)) => format!("{}%", percent(k as f64 / o.n as f64, Toward::Nearest)),
        _ => "–".into(),
    }
}

/// Confidence limits of the failure probability, rounded outward, or the distance a law is allowed.
fn limits(row: &Row) -> String {
    match (row.distance, row.interval) {
        (Some(d), _) => format!("≤ {:.4}", d.allowed),
        (_, Some([low, high])) => {
            format!("[{}, {}]%", percent(low, Toward::Down), percent(high, Toward::Up))
        }
        _ => String::new(),
    }
}

fn percent(probability: f64, toward: Toward) -> String {
    // The product is rounded once, by less than a digit shown: one step outward covers it.
    let product = 100.0 * probability;
    let outward = match toward {
        Toward::Up if probability < 1.0 => product.next_up(),
        Toward::Down if probability > 0.0 => product.next_down(),
        _ => product,
    };
    crate::Magnitude::from_f64(outward).map_or(String::new(), |m| decimal(m, 3, toward))
}

fn verdict(row: &Row) -> &'static str {
    match row.verdict {
        Some(verdict) => verdict.text(),
        None if row.vacuous => "vacuous",
        None => "–",
    }
}

fn depth(ledger: &Ledger) -> usize {
    ledger.config.widths.parse::<crate::params::Architecture>().map_or(0, |a| a.depth())
}

/// `1 trial`, `2,000 trials`.
fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// One line on what was run.
fn headline(ledger: &Ledger) -> String {
    let config = &ledger.config;
    let mut line =
        format!("widths {} (depth {}), δ = {}", config.widths, depth(ledger), config.delta);
    if let Some(sampling) = &config.sampling {
        line += &format!(
            ", {}, seed {}, {} {}",
            count(ledger.trials, "trial"),
            sampling.seed,
            sampling.engine,
            sampling.precision.name()
        );
    }
    line
}

/// What a reader must know before the rows: that the run is partial, say.
fn warning(ledger: &Ledger) -> Option<String> {
    let asked = ledger.config.sampling.as_ref()?.trials;
    (ledger.status == Status::Partial).then(|| {
        format!("PARTIAL RUN: {} of {} trials are finished", grouped(ledger.trials), grouped(asked))
    })
}

fn dead(ledger: &Ledger) -> String {
    let probability = match ledger.dead.probability {
        0.0 if depth(ledger) > 0 => "below 1e-300".into(),
        p => crate::Magnitude::from_f64(p).map_or("–".into(), |p| decimal(p, 3, Toward::Nearest)),
    };
    match ledger.trials {
        0 => format!("dead networks: probability {probability}"),
        n => format!(
            "dead networks: {} of {}, probability {probability}",
            grouped(ledger.dead.count),
            grouped(n)
        ),
    }
}

/// The paper's constants: `C₁ = 1.23 proved, 0.98 allowed by the observations`.
fn constant(row: &Row) -> Option<String> {
    let constant = row.constant.as_ref()?;
    let toward = row.toward();
    let show = |value: Option<crate::Magnitude>, toward| value.map(|v| decimal(v, DIGITS, toward));
    let proved = decimal(constant.proved, DIGITS, toward);
    let mut text = format!("{} = {proved} proved", constant.symbol);
    if let Some(allowed) = show(constant.allowed, Toward::Nearest) {
        text += &format!(", {allowed} allowed by the observations");
    }
    let [free_proved, free_allowed] = constant.scale_free;
    if let Some(proved) = show(free_proved, toward) {
        text += &format!("; in units of 2^(−L/2): {proved}");
        if let Some(allowed) = show(free_allowed, Toward::Nearest) {
            text += &format!(", {allowed}");
        }
    }
    Some(text)
}

fn variants(row: &Row) -> Option<String> {
    let toward = row.toward();
    let list: Vec<String> = row
        .variants
        .iter()
        .map(|v| format!("{} {}", v.name, decimal(v.value, DIGITS, toward)))
        .collect();
    (list.len() > 1).then(|| list.join(", "))
}

fn grouped(n: u64) -> String {
    crate::num::grouped(u128::from(n))
}

/// The ways in which the rows of a run ended, in one line.
fn conclusion(ledger: &Ledger) -> String {
    let Some(_) = ledger.verdict else {
        return format!("{}, bounds only", count(ledger.rows.len() as u64, "row"));
    };
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for row in &ledger.rows {
        let text = row.verdict.map_or("without observations", Verdict::text);
        match counts.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => counts.push((text, 1)),
        }
    }
    let list: Vec<String> = counts.iter().map(|(text, count)| format!("{count} {text}")).collect();
    format!(
        "{}: {}; all verdicts together err with probability ≤ {}",
        count(ledger.rows.len() as u64, "row"),
        list.join(", "),
        ledger.config.alpha
    )
}
