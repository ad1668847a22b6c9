//! Sizes of biases by depth: up to which the step flips the sign, and from which on it is longer
//! than the input.

use super::kit::{Axis, Ink, Mark, Plot, Scale, Series};
use crate::report::document::Figure;
use crate::study::biases::{MOST, Row};

/// A line for each of the table's columns.
pub fn sizes(rows: &[Row]) -> Option<Figure> {
    if rows.len() < 2 {
        return None;
    }
    let of = |value: &dyn Fn(&Row) -> Option<f64>| -> Vec<(f64, f64)> {
        // What is so at any size is beyond the frame.
        let shown = |row: &Row| value(row).filter(|&size| size < MOST);
        rows.iter().filter_map(|row| Some((row.depth as f64, shown(row)?))).collect()
    };
    let title = "Biases up to which one step flips the sign, by depth";
    let (x, y) = (Axis::new("depth", Scale::Log), Axis::new("biases over the signal", Scale::Log));
    let mut plot = Plot::new("figure-biases", title, x, y);
    plot.height = 300.0;
    plot.x.marks = rows.iter().map(|row| row.depth as f64).collect();
    // One point makes no line.
    let line = |name: &str, ink, points: Vec<(f64, f64)>| {
        let mark = if points.len() < 2 { Mark::Dots } else { Mark::Line };
        Series::new(name, ink, mark, points)
    };
    plot.series = vec![
        Series::new("longer than the input", Ink::Naive, Mark::Dashed, of(&|row| Some(row.beyond))),
        line("half expected", Ink::Light, of(&|row| row.half_expected)),
        Series::new("half seen", Ink::Light, Mark::Dots, of(&|row| row.half_observed)),
        line("expected", Ink::Expected, of(&|row| row.expected)),
        Series::new("observed", Ink::Seen, Mark::Dots, of(&|row| row.observed)),
        line("proved", Ink::Proved, of(&|row| row.proved)),
    ];
    plot.figure()
}
