//! Pictures of depth, on logarithmic axes: the angle by layer, the nearest change of sign by depth, and
//! the sizes at which f is proved nearly constant by input dimension.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::chart::{BOUND, FONT, Failure, GRID, INK, NAIVE, PLAIN, SEEN};
use super::seen_angles;
use crate::judge::ledger::Ledger;
use crate::judge::row::Row as LedgerRow;
use crate::num::magnitude::Magnitude;
use crate::run::Record;
use crate::study::growth::{Row, input};

const LIGHT: RGBColor = RGBColor(120, 170, 210);

type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Plane<'c, 'a> = ChartContext<'c, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
pub(super) type Points = Vec<(f64, f64)>;

/// log₁₀ of a positive finite number.
fn log(value: f64) -> Option<f64> {
    (value > 0.0 && value.is_finite()).then(|| value.log10())
}

/// Points with both coordinates positive and finite, in logarithms.
fn logs(points: impl Iterator<Item = (f64, f64)>) -> Points {
    points.filter_map(|(x, y)| Some((log(x)?, log(y)?))).collect()
}

/// A line of a picture.
struct Line {
    name: &'static str,
    color: RGBColor,
    points: Points,
    dotted: bool,
}

impl Line {
    fn new(name: &'static str, color: RGBColor, points: Points) -> Self {
        Line { name, color, points, dotted: false }
    }

    fn dotted(self) -> Self {
        Line { dotted: true, ..self }
    }
}

/// The corners of the points of all lines.
fn extent<'a>(points: impl Iterator<Item = &'a (f64, f64)>) -> Option<[f64; 4]> {
    let empty = [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY];
    let found =
        points.fold(empty, |[a, b, c, d], &(x, y)| [a.min(x), b.max(x), c.min(y), d.max(y)]);
    (found[0] < found[1] && found[3].is_finite()).then_some(found)
}

/// Marks at 1, 2, 5, 10, …, in logarithms.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let wide = high - low > 3.2;
    let digits: &[f64] = match high - low {
        span if span > 3.2 => &[1.0],
        span if span > 0.6 => &[1.0, 2.0, 5.0],
        _ => &[1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
    };
    let powers = low.floor() as i32 - 1..=high.ceil() as i32;
    let every = ((high - low) / 10.0).ceil().max(1.0) as i32;
    powers
        .filter(|power| !wide || power.rem_euclid(every) == 0)
        .flat_map(|power| digits.iter().map(move |digit| f64::from(power) + digit.log10()))
        .filter(|tick| (low..=high).contains(tick))
        .collect()
}

/// The number with this logarithm, of one or two digits: 0.05, 200, 1e6.
fn label(log: f64) -> String {
    let power = (log + 1e-9).floor();
    let digits = 10f64.powf(log - power);
    let digits = (10.0 * digits).round() / 10.0;
    match power as i32 {
        0..5 => format!("{}", digits * 10f64.powi(power as i32)),
        power @ -4..0 => {
            let places = (-power) as usize + usize::from(digits.fract() != 0.0);
            format!("{:.places$}", digits * 10f64.powi(power))
        }
        power => format!("{digits}e{power}"),
    }
}

/// Axes with a grid, labelled by hand: the axes are logarithms.
fn axes<'c, 'a>(
    root: &'c Canvas<'a>,
    [left, right, low, high]: [f64; 4],
    (x_name, y_name): (&str, &str),
    marks: &[f64],
) -> Result<Plane<'c, 'a>, Failure> {
    let mut chart = ChartBuilder::on(root)
        .margin(12)
        .margin_bottom(44)
        .margin_left(72)
        .build_cartesian_2d(left..right, low..high)?;
    let style = (FONT, 14).into_font().color(&INK);
    let marks = if marks.is_empty() { ticks(left, right) } else { marks.to_vec() };
    for x in marks {
        chart.draw_series(LineSeries::new([(x, low), (x, high)], GRID))?;
        let (px, py) = chart.backend_coord(&(x, low));
        let at = style.pos(Pos::new(HPos::Center, VPos::Top));
        root.draw(&Text::new(label(x), (px, py + 6), at))?;
    }
    for y in ticks(low, high) {
        chart.draw_series(LineSeries::new([(left, y), (right, y)], GRID))?;
        let (px, py) = chart.backend_coord(&(left, y));
        let at = style.pos(Pos::new(HPos::Right, VPos::Center));
        root.draw(&Text::new(label(y), (px - 6, py), at))?;
    }
    let frame = [(left, high), (left, low), (right, low)];
    chart.draw_series(LineSeries::new(frame, INK))?;
    let (px, py) = chart.backend_coord(&(0.5 * (left + right), low));
    root.draw(&Text::new(
        x_name.to_owned(),
        (px, py + 24),
        style.pos(Pos::new(HPos::Center, VPos::Top)),
    ))?;
    let (px, py) = chart.backend_coord(&(left, 0.5 * (low + high)));
    let turned = style.transform(FontTransform::Rotate270);
    root.draw(&Text::new(
        y_name.to_owned(),
        (px - 66, py),
        turned.pos(Pos::new(HPos::Center, VPos::Top)),
    ))?;
    Ok(chart)
}

fn draw(chart: &mut Plane<'_, '_>, lines: Vec<Line>) -> Result<(), Failure> {
    for Line { name, color, points, dotted } in lines.into_iter().filter(|l| !l.points.is_empty()) {
        let style = color.stroke_width(2);
        if dotted {
            let dots = points.iter().map(|&point| Circle::new(point, 3, color.filled()));
            chart
                .draw_series(dots)?
                .label(name)
                .legend(move |(x, y)| Circle::new((x + 9, y), 3, color.filled()));
        } else {
            let drawn = chart.draw_series(LineSeries::new(points, style))?;
            if !name.is_empty() {
                drawn
                    .label(name)
                    .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
            }
        }
    }
    Ok(())
}

fn legend<'c, 'a: 'c>(
    chart: &mut Plane<'c, 'a>,
    position: SeriesLabelPosition,
) -> Result<(), Failure> {
    chart
        .configure_series_labels()
        .position(position)
        .background_style(WHITE.mix(0.85))
        .label_font((FONT, 14).into_font().color(&INK))
        .draw()?;
    Ok(())
}

/// A picture of lines and a legend, of this height, with a frame this far beyond its corners; `None` where there
/// is nothing to draw.
fn picture(
    lines: Vec<Line>,
    height: u32,
    beyond: impl Fn([f64; 4]) -> [f64; 4],
    names: (&str, &str),
    marks: &[f64],
    position: SeriesLabelPosition,
) -> Option<String> {
    let corners = beyond(extent(lines.iter().flat_map(|l| &l.points))?);
    let mut svg = String::new();
    let drawn = || -> Result<(), Failure> {
        let root = SVGBackend::with_string(&mut svg, (860, height)).into_drawing_area();
        let mut chart = axes(&root, corners, names, marks)?;
        draw(&mut chart, lines)?;
        legend(&mut chart, position)?;
        root.present()?;
        Ok(())
    };
    drawn().ok()?;
    Some(svg)
}

/// θ by layer: the limit between its envelopes, what is expected and seen at finite width, and the bound.
pub fn angles(ledger: &Ledger) -> Option<String> {
    let layers = &ledger.angles;
    if layers.len() < 2 {
        return None;
    }
    let seen = seen_angles(ledger);
    let of = |value: &dyn Fn(&crate::stage::collapse::table::Angle) -> Option<f64>| {
        logs(layers.iter().filter_map(|a| Some((a.layer as f64, value(a)?))))
    };
    let observed = |value: fn(&crate::judge::verdict::Observed) -> Magnitude| {
        of(&|a| seen.get(&a.layer).map(|o| value(o).to_f64()))
    };
    let (least, most) = (observed(|o| o.min), observed(|o| o.max));
    let lines = vec![
        Line::new("proved", BOUND, of(&|a| Some(a.proved.to_f64()))),
        Line::new("envelopes of the limit", NAIVE, of(&|a| Some(a.envelope[1].to_f64()))),
        Line::new("", NAIVE, of(&|a| Some(a.envelope[0].to_f64()))),
        Line::new("limit of large widths", PLAIN, of(&|a| Some(a.limit))),
        Line::new("expected at these widths", SEEN, of(&|a| a.median)),
        Line::new("expected (1−δ)-quantile", LIGHT, of(&|a| a.quantile)),
        Line::new("observed median", SEEN, observed(|o| o.median)).dotted(),
    ];
    let all = lines.iter().flat_map(|l| &l.points).chain(&least).chain(&most);
    let [left, right, low, high] = extent(all)?;
    let margin = 0.05 * (high - low).max(0.2);
    let mut svg = String::new();
    let picture = || -> Result<(), Failure> {
        let root = SVGBackend::with_string(&mut svg, (860, 380)).into_drawing_area();
        let corners = [left, right + 0.01, low - margin, high + margin];
        let mut chart = axes(&root, corners, ("layer", "θ"), &[])?;
        if least.len() > 1 {
            let outline = least.iter().copied().chain(most.iter().rev().copied());
            chart
                .draw_series(std::iter::once(Polygon::new(
                    outline.collect::<Vec<_>>(),
                    SEEN.mix(0.15).filled(),
                )))?
                .label("observed range")
                .legend(|(x, y)| {
                    Rectangle::new([(x, y - 5), (x + 18, y + 5)], SEEN.mix(0.15).filled())
                });
        }
        draw(&mut chart, lines)?;
        legend(&mut chart, SeriesLabelPosition::LowerLeft)?;
        root.present()?;
        Ok(())
    };
    picture().ok()?;
    Some(svg)
}

/// Sizes of sign-changing steps by depth, every network a dot.
pub fn cone(ledger: &Ledger, records: &[Record]) -> Option<String> {
    let rows = ledger.rows.iter().enumerate().filter(|(_, row)| row.statement == "collapse.cone");
    let mut columns: Vec<(f64, Points, usize, usize)> = Vec::new();
    let mut medians = Points::new();
    let mut first_order = Points::new();
    for (index, row) in rows {
        let depth = row.layer? as f64;
        let values: Vec<Magnitude> =
            records.iter().filter_map(|r| r.outcomes.get(index)?.value()).collect();
        let none = values.iter().filter(|v| !v.is_finite()).count();
        let count = values.len();
        if count == 0 {
            return None;
        }
        let finite = logs(values.iter().map(|v| (depth, v.to_f64())));
        columns.push((depth.log10(), finite, none, count));
        let median = row.observed.as_ref()?.median.to_f64();
        medians.extend(logs(std::iter::once((depth, median))));
        first_order.extend(logs(row.prediction.map(|p| (depth, p.value.to_f64())).into_iter()));
    }
    let all = columns.iter().flat_map(|c| &c.1).chain(&first_order);
    let [left, right, low, high] = extent(all)?;
    let margin = 0.05 * (high - low).max(0.2);
    let mut svg = String::new();
    let picture = || -> Result<(), Failure> {
        let root = SVGBackend::with_string(&mut svg, (860, 360)).into_drawing_area();
        let top = high.max(0.0) + 4.0 * margin;
        let corners = [left - 0.12, right + 0.12, low - margin, top];
        let names = ("depth", "size of the step, in units of ‖x‖");
        let depths: Vec<f64> = columns.iter().map(|column| column.0).collect();
        let mut chart = axes(&root, corners, names, &depths)?;
        for (i, (x, points, none, count)) in columns.iter().enumerate() {
            let spread = |k: usize| x + 0.05 * ((k as f64 * 0.618_034).fract() - 0.5);
            let dots = points
                .iter()
                .enumerate()
                .map(|(i, &(_, y))| Circle::new((spread(i), y), 2, SEEN.mix(0.25).filled()));
            chart.draw_series(dots)?;
            if *none > 0 {
                // Two rows, so that neighbours do not meet.
                let row = 1.2 + 1.6 * (i % 2) as f64;
                let (px, py) = chart.backend_coord(&(*x, high.max(0.0) + row * margin));
                let style = (FONT, 14).into_font().color(&BOUND);
                let text = format!("none found in {:.0}%", 100.0 * *none as f64 / *count as f64);
                let at = style.pos(Pos::new(HPos::Center, VPos::Center));
                root.draw(&Text::new(text, (px, py), at))?;
            }
        }
        let lines = vec![
            Line::new("median of the smallest steps found, where finite", SEEN, medians),
            Line::new("first-order step, median", PLAIN, first_order),
        ];
        draw(&mut chart, lines)?;
        legend(&mut chart, SeriesLabelPosition::LowerRight)?;
        root.present()?;
        Ok(())
    };
    picture().ok()?;
    Some(svg)
}

/// Depth and width by input dimension.
pub fn spheres(ledger: &Ledger) -> Option<String> {
    let of = |value: fn(&crate::stage::collapse::table::Sphere) -> Option<f64>| {
        logs(ledger.spheres.iter().filter_map(|s| Some((s.dimension as f64, value(s)?))))
    };
    let lines = vec![
        Line::new("least depth", SEEN, of(|s| s.depth.map(|depth| depth as f64))),
        Line::new("least width at twice that depth", BOUND, of(|s| s.width.as_ref()?.parse().ok())),
    ];
    let beyond =
        |[left, right, low, high]: [f64; 4]| [left - 0.05, right + 0.05, low - 0.5, high + 0.5];
    let names = ("input dimension d", "depth, width");
    picture(lines, 340, beyond, names, &[], SeriesLabelPosition::UpperLeft)
}

/// Widths by depth at which the step flips the sign: proved in every way, expected, observed.
pub fn growth(rows: &[Row]) -> Option<String> {
    let of = |value: &dyn Fn(&Row) -> Option<f64>| {
        logs(rows.iter().filter_map(|row| Some((row.threshold.depth as f64, value(row)?))))
    };
    let lines = vec![
        Line::new(
            "proved, union bounds of the paper's proof",
            PLAIN,
            of(&|r| input(r.threshold.plain.as_ref())),
        ),
        Line::new(
            "proved, gradient change by comparison",
            NAIVE,
            of(&|r| input(r.threshold.comparison.as_ref())),
        ),
        Line::new(
            "proved, affine error by comparison",
            LIGHT,
            of(&|r| input(r.threshold.affine.as_ref())),
        ),
        Line::new(
            "proved, step followed through the layers",
            BOUND,
            of(&|r| input(r.threshold.direct.as_ref())),
        ),
        Line::new("expected", SEEN, of(&|r| input(r.threshold.expected.as_ref()))),
        Line::new("observed", SEEN, of(&|r| r.observed.as_ref()?.width)).dotted(),
    ];
    // Room for the legend above the lines.
    let beyond = |[left, right, low, high]: [f64; 4]| {
        [left - 0.03, right + 0.03, low - 0.5, high + 0.25 * (high - low)]
    };
    picture(lines, 420, beyond, ("depth L", "width"), &[], SeriesLabelPosition::UpperRight)
}

/// A quantity by depth, in the ways in which it is known, over these depths: also those where there is nothing to draw.
pub fn quantity(
    name: &str,
    [first, last]: [usize; 2],
    ways: [(&'static str, Points); 4],
) -> Option<String> {
    let colors = [BOUND, PLAIN, SEEN, SEEN];
    let lines = ways.into_iter().zip(colors).map(|((way, points), color)| {
        let line = Line::new(way, color, logs(points.into_iter()));
        if way == "observed" { line.dotted() } else { line }
    });
    let lines: Vec<Line> = lines.collect();
    let [first, most] = [first, last].map(|depth| (depth as f64).log10());
    // Room for the legend above the lines, and for a line that is flat.
    let beyond = |[left, right, low, high]: [f64; 4]| {
        let span = (high - low).max(0.3);
        [left.min(first) - 0.02, right.max(most) + 0.02, low - 0.1 * span, high + 0.45 * span]
    };
    let few = (1..=10).map(|depth| f64::from(depth).log10()).filter(|&x| x <= most);
    let marks: Vec<f64> = if most <= 1.0 { few.collect() } else { Vec::new() };
    picture(lines, 340, beyond, ("depth L", name), &marks, SeriesLabelPosition::UpperLeft)
}

/// The step by layer: how far it has come across, and by how much each layer moves the output.
pub fn followed(ledger: &Ledger) -> Option<String> {
    let of = |label: &str, value: &dyn Fn(&LedgerRow) -> Option<Magnitude>| {
        let rows = ledger.rows.iter().filter(|row| row.statement == label);
        logs(rows.filter_map(|row| Some((row.layer? as f64, value(row)?.to_f64()))))
    };
    let bound = |row: &LedgerRow| row.bound.map(|bound| bound.value);
    let expected = |row: &LedgerRow| row.prediction.map(|prediction| prediction.value);
    let observed = |row: &LedgerRow| row.observed.as_ref().map(|observed| observed.quantile);
    let lines = vec![
        Line::new("output moved, proved", BOUND, of("direct.error", &bound)),
        Line::new("output moved, expected", PLAIN, of("direct.error", &expected)),
        Line::new("output moved, observed", PLAIN, of("direct.error", &observed)).dotted(),
        Line::new("ρ/‖h‖, proved", SEEN, of("direct.state", &bound)),
        Line::new("ρ/‖h‖, expected", LIGHT, of("direct.state", &expected)),
        Line::new("ρ/‖h‖, observed", LIGHT, of("direct.state", &observed)).dotted(),
    ];
    // Room for the legend above the lines.
    let beyond = |[left, right, low, high]: [f64; 4]| {
        let span = high - low;
        [left - 0.01, right + 0.01, low - 0.05 * span.max(0.2), high + 0.6 * span.max(0.4)]
    };
    let depth = ledger.rows.iter().filter_map(|row| row.layer).max().unwrap_or(0);
    let few = (1..=depth).map(|layer| (layer as f64).log10());
    let marks: Vec<f64> = if depth <= 12 { few.collect() } else { Vec::new() };
    let names = ("layer", "in units of |f(x)|, ‖h(x)‖");
    picture(lines, 380, beyond, names, &marks, SeriesLabelPosition::UpperLeft)
}
