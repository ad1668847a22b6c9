//! Pictures of the proof: scales layer by layer, and where the slack comes from.

use plotters::prelude::*;

use crate::judge::attribution::Attribution;
use crate::judge::ledger::Ledger;
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, decimal};

pub(super) const INK: RGBColor = RGBColor(70, 70, 75);
pub(super) const GRID: RGBColor = RGBColor(226, 226, 230);
pub(super) const BOUND: RGBColor = RGBColor(190, 40, 45);
pub(super) const PLAIN: RGBColor = RGBColor(214, 150, 60);
pub(super) const SEEN: RGBColor = RGBColor(35, 90, 160);
pub(super) const NAIVE: RGBColor = RGBColor(130, 130, 135);
/// One for each lemma, then the triangle inequality.
const LEMMAS: [RGBColor; 6] = [
    RGBColor(35, 90, 160),
    RGBColor(120, 170, 210),
    RGBColor(190, 40, 45),
    RGBColor(225, 150, 90),
    RGBColor(90, 150, 100),
    RGBColor(130, 130, 135),
];
pub(super) const FONT: &str = "sans-serif";

pub(super) type Failure = Box<dyn std::error::Error>;

/// A line of the picture of layers.
struct Series {
    name: &'static str,
    color: RGBColor,
    points: Vec<(f64, f64)>,
}

/// Lipschitz scales by layer: the bottleneck's, the bounds and what was seen. `None` if there is
/// nothing to draw.
pub fn layers(ledger: &Ledger) -> Option<String> {
    let log = |value: Magnitude| (value.is_finite() && !value.is_zero()).then(|| value.log10());
    let seen = |layer: usize| {
        let row = ledger
            .rows
            .iter()
            .find(|row| row.statement == "bottleneck.lipschitz" && row.layer == Some(layer))?;
        log(row.observed.as_ref()?.quantile)
    };
    let collect =
        |name,
         color,
         value: &dyn Fn(&crate::stage::bottleneck::table::LayerBounds) -> Option<f64>| {
            Series {
                name,
                color,
                points: ledger
                    .layers
                    .iter()
                    .filter_map(|layer| Some((layer.layer as f64, value(layer)?)))
                    .collect(),
            }
        };
    let series = [
        collect("plain union bound", PLAIN, &|l| log(l.plain.lipschitz)),
        collect("proved, by comparison", BOUND, &|l| log(l.comparison.lipschitz)),
        collect("naive √(width/bottleneck)", NAIVE, &|l| Some(l.naive.log10())),
        collect("operator norm seen", SEEN, &|l| seen(l.layer)),
    ];
    let values = series.iter().flat_map(|s| s.points.iter().map(|p| p.1));
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    if ledger.layers.len() < 2 || !(low.is_finite() && high.is_finite()) {
        return None;
    }
    let mut svg = String::new();
    draw_layers(&mut svg, &series, ledger.layers.len(), low, high).ok()?;
    Some(svg)
}

fn draw_layers(
    svg: &mut String,
    series: &[Series],
    depth: usize,
    low: f64,
    high: f64,
) -> Result<(), Failure> {
    let margin = 0.06 * (high - low).max(0.3);
    let root = SVGBackend::with_string(svg, (860, 340)).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin(12)
        .x_label_area_size(34)
        .y_label_area_size(64)
        .build_cartesian_2d(0.8..depth as f64 + 0.2, low - margin..high + margin)?;
    chart
        .configure_mesh()
        .x_labels(depth.min(12))
        .y_labels(7)
        .disable_x_mesh()
        .x_label_formatter(&|x| {
            let whole = (x - x.round()).abs() < 1e-6;
            if whole { format!("{x:.0}") } else { String::new() }
        })
        .y_label_formatter(&|log| number(*log))
        .x_desc("layer")
        .label_style((FONT, 14).into_font().color(&INK))
        .light_line_style(WHITE)
        .bold_line_style(GRID)
        .axis_style(INK)
        .draw()?;
    for line in series.iter().filter(|line| !line.points.is_empty()) {
        let color = line.color;
        chart
            .draw_series(LineSeries::new(line.points.clone(), color.stroke_width(2)))?
            .label(line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
        chart
            .draw_series(line.points.iter().map(|&point| Circle::new(point, 3, color.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .label_font((FONT, 14).into_font().color(&INK))
        .draw()?;
    root.present()?;
    Ok(())
}

fn number(log: f64) -> String {
    Magnitude::from_ln(log * std::f64::consts::LN_10)
        .map_or(String::new(), |m| decimal(m, 2, Toward::Nearest))
}

/// Factors of ten lost, a stacked bar for every layer and one for the triangle inequality.
pub fn attribution(attribution: &Attribution) -> Option<String> {
    let mut svg = String::new();
    draw_attribution(&mut svg, attribution).ok()?;
    Some(svg)
}

fn draw_attribution(svg: &mut String, attribution: &Attribution) -> Result<(), Failure> {
    let mut bars: Vec<(String, Vec<(usize, f64)>)> = attribution
        .layers
        .iter()
        .map(|layer| {
            let parts = layer.parts.iter().copied().enumerate().collect();
            (format!("layer {}", layer.layer), parts)
        })
        .collect();
    bars.push(("triangle".into(), vec![(LEMMAS.len() - 1, attribution.triangle)]));
    let ends = bars.iter().map(|(_, parts)| {
        let side = |sign: f64| parts.iter().map(|p| (sign * p.1).max(0.0)).sum::<f64>();
        (side(-1.0), side(1.0))
    });
    let (left, right) = ends.fold((0.0f64, 0.1f64), |(a, b), (x, y)| (a.max(x), b.max(y)));
    let height = 70 + 26 * bars.len() as u32;
    let count = bars.len() as f64;
    let root = SVGBackend::with_string(svg, (860, height.max(190))).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin(12)
        // For the legend.
        .margin_right(110)
        .x_label_area_size(36)
        .y_label_area_size(76)
        .build_cartesian_2d(-1.05 * left..1.05 * right, 0.0..count)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .x_labels(9)
        .x_label_formatter(&|x| format!("{x:.2}"))
        .x_desc("factors of ten between bound and observation")
        .label_style((FONT, 14).into_font().color(&INK))
        .light_line_style(WHITE)
        .bold_line_style(GRID)
        .axis_style(INK)
        .draw()?;
    for (i, (_, parts)) in bars.iter().enumerate() {
        let (top, bottom) = (count - i as f64 - 0.14, count - i as f64 - 0.86);
        // Gains, if any, go to the left of 0.
        let (mut gain, mut loss) = (0.0, 0.0);
        for &(lemma, part) in parts {
            let start: &mut f64 = if part < 0.0 { &mut gain } else { &mut loss };
            let bar =
                Rectangle::new([(*start, bottom), (*start + part, top)], LEMMAS[lemma].filled());
            *start += part;
            chart.draw_series(std::iter::once(bar))?;
        }
    }
    let names = attribution.lemmas.iter().map(String::as_str).chain(["triangle"]);
    for (i, (name, color)) in names.zip(LEMMAS).enumerate() {
        let (x, y) = (764, 24 + 22 * i as i32);
        root.draw(&Rectangle::new([(x, y - 5), (x + 12, y + 5)], color.filled()))?;
        let style = (FONT, 14).into_font().color(&INK);
        root.draw(&Text::new(name.to_owned(), (x + 18, y - 6), style))?;
    }
    for (i, (name, _)) in bars.iter().enumerate() {
        let y = chart.backend_coord(&(0.0, count - i as f64 - 0.5)).1;
        let style = (FONT, 14).into_font().color(&INK);
        root.draw(&Text::new(name.clone(), (14, y - 6), style))?;
    }
    root.present()?;
    Ok(())
}
