//! One picture per row: observed distribution, what is expected, and the bound, on a common
//! logarithmic axis.

use super::kit::{Axis, Ink, Mark, Plot, Scale, Series, Upright};
use crate::judge::ledger::Ledger;
use crate::judge::row::Row;
use crate::model::claim::{Claim, Curve};
use crate::model::statement::Kind;
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, decimal};
use crate::report::document::Figure;
use crate::run::Record;

/// Those of all rows that have one, by their keys.
pub fn all(ledger: &Ledger, claims: &[Claim], records: &[Record]) -> Vec<(String, Figure)> {
    let rows = ledger.rows.iter().enumerate();
    rows.filter_map(|(i, row)| {
        let seen = records.iter().filter_map(|record| record.outcomes.get(i)?.value());
        let values: Vec<Magnitude> = seen.collect();
        let density = claims.get(i).and_then(|claim| claim.density.as_ref());
        Some((row.key(), figure(row, &values, density)?))
    })
    .collect()
}

/// `None` where there is nothing to draw on a logarithmic axis.
fn figure(row: &Row, values: &[Magnitude], density: Option<&Curve>) -> Option<Figure> {
    if (values.is_empty() || row.observed.is_none()) && density.is_none() {
        return None;
    }
    let logs: Vec<f64> =
        values.iter().filter(|v| !v.is_zero() && v.is_finite()).map(|v| v.log10()).collect();
    let marks = marks(row);
    let ends = logs.iter().copied().chain(marks.iter().map(|mark| mark.at));
    let (low, high) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    if !(low.is_finite() && high.is_finite()) {
        return None;
    }
    let margin = (0.06 * (high - low)).max(0.02);
    let (low, high) = (low - margin, high + margin);
    // In logarithms, since numbers may be beyond double precision.
    let x =
        Axis { holds: vec![low, high], ..Axis::new("log₁₀ of the quantity", Scale::Linear) };
    let y = Axis { holds: vec![0.0], ..Axis::new("", Scale::Linear) };
    let name = format!("figure-{}", row.key().replace(['[', ']'], "-").trim_end_matches('-'));
    let mut plot = Plot::new(name, title(row, values, density.is_some()), x, y);
    plot.height = 190.0;
    let (bars, width) = histogram(&logs, values.len());
    plot.series.push(Series::new("observed", Ink::Seen, Mark::Bars(width), bars));
    if let Some(density) = density {
        let samples = 400;
        let step = (high - low) / f64::from(samples);
        let points = (0..=samples).map(|i| low + step * f64::from(i)).map(|t| (t, density(t)));
        plot.series.push(Series::new("expected", Ink::Expected, Mark::Line, points));
    }
    plot.uprights = marks;
    plot.figure()
}

fn title(row: &Row, values: &[Magnitude], density: bool) -> String {
    let zeros = values.iter().filter(|v| v.is_zero()).count();
    let infinite = values.iter().filter(|v| !v.is_finite()).count();
    let which = match row.direction {
        Some(_) if row.kind == Kind::Identity => "maximum",
        Some(_) => "quantile",
        None => "median",
    };
    let mut title = format!("{}: {}, on a logarithmic axis", row.key(), row.quantity);
    title += if density { "; curve: expected density" } else { "" };
    title += &format!("; observed: the {which}");
    if zeros > 0 {
        title += &format!("; {zeros} zeros are not shown");
    }
    if infinite > 0 {
        title += &format!("; {infinite} are infinite and not shown");
    }
    if row.undefined > 0 {
        title += &format!("; not defined in {} networks", row.undefined);
    }
    title
}

fn marks(row: &Row) -> Vec<Upright> {
    let toward = row.toward();
    let mark = |value: Magnitude, name: &str, ink, toward| {
        (!value.is_zero() && value.is_finite()).then(|| Upright {
            at: value.log10(),
            name: format!("{name} {}", decimal(value, 4, toward)),
            ink,
        })
    };
    let mut marks = Vec::new();
    if row.variants.is_empty() {
        marks.extend(row.bound.and_then(|b| mark(b.value, "bound", Ink::Proved, toward)));
    }
    marks.extend(
        row.variants
            .iter()
            .filter_map(|v| mark(v.value, &format!("{} bound", v.name), Ink::Proved, toward)),
    );
    let expected = |value| mark(value, "expected", Ink::Expected, Toward::Nearest);
    marks.extend(row.expected.and_then(|value| expected(value.value)));
    let observed = |value| mark(value, "observed", Ink::Text, Toward::Nearest);
    marks.extend(row.observed.as_ref().and_then(|seen| observed(seen.quantile)));
    marks.sort_by(|a, b| a.at.total_cmp(&b.at));
    marks
}

/// (from, density) with about √n bins, and their width; heights count values outside the axis,
/// such as 0.
fn histogram(logs: &[f64], total: usize) -> (Vec<(f64, f64)>, f64) {
    let (low, high) =
        logs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
    if logs.is_empty() {
        return (Vec::new(), 1.0);
    }
    let width = (high - low).max(1e-9 * (1.0 + high.abs()));
    let bins = ((logs.len() as f64).sqrt() as usize).clamp(8, 120);
    let mut counts = vec![0usize; bins];
    for log in logs {
        let bin = ((log - low) / width * bins as f64) as usize;
        counts[bin.min(bins - 1)] += 1;
    }
    let step = width / bins as f64;
    let bars = counts
        .into_iter()
        .enumerate()
        .map(|(i, count)| (low + step * i as f64, count as f64 / (total as f64 * step)));
    (bars.collect(), step)
}
