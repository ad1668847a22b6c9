//! One picture per row: observed distribution, prediction and bound on a common logarithmic axis.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::judge::row::Row;
use crate::model::claim::Curve;
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, decimal};

const SIZE: (u32, u32) = (860, 250);
const OBSERVED: RGBColor = RGBColor(158, 188, 218);
const PREDICTED: RGBColor = RGBColor(35, 90, 160);
const BOUND: RGBColor = RGBColor(190, 40, 45);
const INK: RGBColor = RGBColor(70, 70, 75);

/// A vertical line with its name.
struct Mark {
    at: f64,
    name: String,
    color: RGBColor,
}

/// An SVG element, or a sentence on why there is nothing to draw.
pub fn picture(row: &Row, values: &[Magnitude], density: Option<&Curve>) -> Result<String, String> {
    let logs: Vec<f64> =
        values.iter().filter(|v| !v.is_zero() && v.is_finite()).map(|v| v.log10()).collect();
    let marks = marks(row);
    let ends = logs.iter().copied().chain(marks.iter().map(|m| m.at));
    let (low, high) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    if !(low.is_finite() && high.is_finite()) {
        return Err("nothing to draw on a logarithmic axis".into());
    }
    let margin = (0.06 * (high - low)).max(0.02);
    let range = (low - margin)..(high + margin);
    let mut svg = String::new();
    draw(&mut svg, range, &logs, values.len(), &marks, density).map_err(|why| why.to_string())?;
    Ok(svg)
}

fn marks(row: &Row) -> Vec<Mark> {
    let toward = row.toward();
    let mark = |value: Magnitude, name: &str, color, toward| {
        (!value.is_zero() && value.is_finite()).then(|| Mark {
            at: value.log10(),
            name: format!("{name} {}", decimal(value, 4, toward)),
            color,
        })
    };
    let mut marks = Vec::new();
    if row.variants.is_empty() {
        marks.extend(row.bound.and_then(|b| mark(b.value, "bound", BOUND, toward)));
    }
    marks.extend(
        row.variants
            .iter()
            .filter_map(|v| mark(v.value, &format!("{} bound", v.name), BOUND, toward)),
    );
    marks.extend(
        row.prediction.and_then(|p| mark(p.value, "predicted", PREDICTED, Toward::Nearest)),
    );
    marks.extend(
        row.observed.as_ref().and_then(|o| mark(o.quantile, "observed", INK, Toward::Nearest)),
    );
    marks.sort_by(|a, b| a.at.total_cmp(&b.at));
    marks
}

fn draw(
    svg: &mut String,
    range: std::ops::Range<f64>,
    logs: &[f64],
    total: usize,
    marks: &[Mark],
    density: Option<&Curve>,
) -> Result<(), Box<dyn std::error::Error>> {
    let bars = histogram(logs, total);
    let samples = 400;
    let step = (range.end - range.start) / f64::from(samples);
    let curve: Vec<(f64, f64)> = density.map_or(Vec::new(), |density| {
        (0..=samples).map(|i| range.start + step * f64::from(i)).map(|t| (t, density(t))).collect()
    });
    let top = bars.iter().map(|b| b.2).chain(curve.iter().map(|p| p.1)).fold(0.0, f64::max);
    let top = if top > 0.0 { 1.05 * top } else { 1.0 };

    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        // Room above for the names of the marks, each on a line of its own.
        .margin_top(8 + 17 * marks.len() as u32)
        .margin_right(16)
        .margin_left(16)
        .x_label_area_size(30)
        .build_cartesian_2d(range.clone(), 0.0..top)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .x_labels(9)
        .x_label_formatter(&|log| {
            Magnitude::from_ln(log * std::f64::consts::LN_10)
                .map_or(String::new(), |m| decimal(m, 3, Toward::Nearest))
        })
        .x_label_style(("sans-serif", 14).into_font().color(&INK))
        .light_line_style(RGBColor(238, 238, 240))
        .bold_line_style(RGBColor(226, 226, 230))
        .axis_style(INK)
        .draw()?;
    chart.draw_series(bars.iter().map(|&(from, to, height)| {
        Rectangle::new([(from, 0.0), (to, height)], OBSERVED.filled())
    }))?;
    chart.draw_series(LineSeries::new(curve, PREDICTED.stroke_width(2)))?;
    for mark in marks {
        chart.draw_series(LineSeries::new(
            [(mark.at, 0.0), (mark.at, top)],
            mark.color.stroke_width(2),
        ))?;
    }
    let plot_left = chart.backend_coord(&(range.start, 0.0)).0;
    let plot_right = chart.backend_coord(&(range.end, 0.0)).0;
    let plot_top = chart.backend_coord(&(range.start, top)).1;
    for (i, mark) in marks.iter().enumerate() {
        let x = chart.backend_coord(&(mark.at, 0.0)).0;
        let y = 12 + 17 * i as i32;
        let right = x - plot_left > (plot_right - plot_left) * 2 / 3;
        let anchor = Pos::new(if right { HPos::Right } else { HPos::Left }, VPos::Center);
        let style = TextStyle::from(("sans-serif", 15).into_font()).color(&mark.color).pos(anchor);
        root.draw(&PathElement::new([(x, y), (x, plot_top)], mark.color.stroke_width(1)))?;
        root.draw(&Text::new(mark.name.clone(), (if right { x - 6 } else { x + 6 }, y), style))?;
    }
    root.present()?;
    Ok(())
}

/// (from, to, density) with about √n bins; heights count values outside the axis, such as 0.
fn histogram(logs: &[f64], total: usize) -> Vec<(f64, f64, f64)> {
    let (low, high) =
        logs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
    if logs.is_empty() {
        return Vec::new();
    }
    let width = (high - low).max(1e-9 * (1.0 + high.abs()));
    let bins = ((logs.len() as f64).sqrt() as usize).clamp(8, 120);
    let mut counts = vec![0usize; bins];
    for log in logs {
        let bin = ((log - low) / width * bins as f64) as usize;
        counts[bin.min(bins - 1)] += 1;
    }
    let step = width / bins as f64;
    counts
        .into_iter()
        .enumerate()
        .map(|(i, count)| {
            let from = low + step * i as f64;
            (from, from + step, count as f64 / (total as f64 * step))
        })
        .collect()
}
