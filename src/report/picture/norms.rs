//! Steps in several norms: widths from which on they flip the sign, and the least share of
//! coordinates.

use super::kit::{Axis, Ink, Mark, Plot, Scale, Series, Upright};
use crate::report::document::Figure;
use crate::report::words;
use crate::study::growth::input;
use crate::study::norms::{Row, Share};

/// Widths by norm, against how much longer the step is than the one along the gradient.
pub fn widths(rows: &[Row]) -> Option<Figure> {
    let mut shown: Vec<&Row> = rows.iter().filter(|row| row.proved.is_some()).collect();
    shown.sort_by(|a, b| a.stretch.total_cmp(&b.stretch));
    if shown.len() < 2 {
        return None;
    }
    let of = |value: &dyn Fn(&Row) -> Option<f64>| -> Vec<(f64, f64)> {
        shown.iter().filter_map(|row| Some((row.stretch, value(row)?))).collect()
    };
    let title = "Widths from which on the shortest step in a norm flips the sign, by how much \
                 longer it is than the one along the gradient";
    let x = Axis::new("times as long in ℓ₂", Scale::Log);
    let mut plot = Plot::new("figure-norms", title, x, Axis::new("width", Scale::Log));
    plot.height = 300.0;
    plot.x.marks = shown.iter().map(|row| row.stretch).collect();
    let name = |row: &&Row| {
        let name = row.norm.strip_prefix("top:").map(str::to_owned);
        name.unwrap_or_else(|| words::norm(&row.norm).trim_start_matches("in ").to_owned())
    };
    plot.uprights = shown
        .iter()
        .map(|row| Upright { at: row.stretch, name: name(row), ink: Ink::Light })
        .collect();
    plot.series = vec![
        Series::new("proved", Ink::Proved, Mark::Line, of(&|row| input(row.proved.as_ref()))),
        Series::new("expected", Ink::Expected, Mark::Line, of(&|row| input(row.expected.as_ref()))),
        Series::new("observed", Ink::Seen, Mark::Dots, of(&|row| row.observed.as_ref()?.width)),
    ];
    plot.figure()
}

/// The least share of coordinates by width, a colour a depth.
pub fn shares(rows: &[Share]) -> Option<Figure> {
    let mut depths: Vec<usize> = rows.iter().map(|row| row.depth).collect();
    depths.dedup();
    if rows.len() < 2 * depths.len() {
        return None;
    }
    let title = "The least share of coordinates whose change flips the sign, by width";
    let x = Axis::new("width", Scale::Log);
    let mut plot = Plot::new("figure-shares", title, x, Axis::new("share", Scale::Log));
    plot.height = 300.0;
    let count = |count: Option<u64>| count.map(|count| count as f64);
    for (i, &depth) in depths.iter().enumerate() {
        let of = |value: &dyn Fn(&Share) -> Option<f64>| -> Vec<(f64, f64)> {
            let share = |row: &Share| Some((row.width as f64, value(row)? / row.width as f64));
            rows.iter().filter(|row| row.depth == depth).filter_map(share).collect()
        };
        let observed = |row: &Share| row.observed.as_ref()?.width.map(f64::ceil);
        let line = |name: &str, mark, points| {
            Series::new(format!("{name}, depth {depth}"), Ink::Nth(i), mark, points)
        };
        plot.series.extend([
            line("proved", Mark::Line, of(&|row| count(row.proved))),
            line("expected", Mark::Dashed, of(&|row| count(row.expected))),
            line("observed", Mark::Dots, of(&observed)),
        ]);
    }
    plot.figure()
}
