//! Pictures of depth: the angle by layer, the nearest change of sign by depth, the sizes at which
//! f is proved nearly constant by input dimension, widths and quantities by depth.

use super::kit::{Axis, Ink, Mark, Plot, Scale, Series};
use super::layers::by_layer;
use crate::judge::ledger::Ledger;
use crate::judge::verdict::Observed;
use crate::num::magnitude::Magnitude;
use crate::report::document::Figure;
use crate::run::Record;
use crate::stage::collapse::table::{Angle, Sphere};
use crate::study::findings::{Group, WAYS};
use crate::study::growth::{Row, input};
use crate::study::{Line, Quantity, Value};

type Points = Vec<(f64, f64)>;

/// θ by layer: the limit between its envelopes, what is expected and seen at finite width, and the
/// bound.
pub fn angles(ledger: &Ledger) -> Option<Figure> {
    let layers = &ledger.angles;
    if layers.len() < 2 {
        return None;
    }
    let seen = ledger.angles_seen();
    let of = |value: &dyn Fn(&Angle) -> Option<f64>| -> Points {
        layers.iter().filter_map(|a| Some((a.layer as f64, value(a)?))).collect()
    };
    let observed =
        |value: fn(&Observed) -> Magnitude| of(&|a| seen.get(&a.layer).map(|o| value(o).to_f64()));
    let (least, most) = (observed(|o| o.min), observed(|o| o.max));
    let title = "collapse: the angle between the two inputs, layer by layer";
    let y = Axis::new("θ", Scale::Log);
    let mut plot = Plot::new("figure-angles", title, by_layer(layers.len()), y);
    plot.height = 320.0;
    let line = |name, ink, points| Series::new(name, ink, Mark::Line, points);
    plot.series = vec![
        Series::new("observed range", Ink::Light, Mark::Band(least), most),
        line("proved", Ink::Proved, of(&|a| Some(a.proved.to_f64()))),
        line("envelopes of the limit", Ink::Naive, of(&|a| Some(a.envelope[1].to_f64()))),
        line("", Ink::Naive, of(&|a| Some(a.envelope[0].to_f64()))),
        line("limit of large widths", Ink::Plain, of(&|a| Some(a.limit))),
        line("expected at these widths", Ink::Expected, of(&|a| a.median)),
        Series::new("expected (1−δ)-quantile", Ink::Seen, Mark::Dashed, of(&|a| a.quantile)),
        Series::new("observed median", Ink::Expected, Mark::Dots, observed(|o| o.median)),
    ];
    plot.figure()
}

/// Sizes of sign-changing steps by depth, every network a dot.
pub fn cone(ledger: &Ledger, records: &[Record]) -> Option<Figure> {
    let rows = ledger.rows.iter().enumerate().filter(|(_, row)| row.statement == "collapse.cone");
    let (mut dust, mut medians, mut first_order) = (Points::new(), Points::new(), Points::new());
    let (mut depths, mut words) = (Vec::new(), Vec::new());
    for (index, row) in rows {
        let depth = row.layer? as f64;
        let values: Vec<Magnitude> =
            records.iter().filter_map(|r| r.outcomes.get(index)?.value()).collect();
        if values.is_empty() {
            return None;
        }
        let none = values.iter().filter(|v| !v.is_finite()).count();
        if none > 0 {
            let share = 100.0 * none as f64 / values.len() as f64;
            words.push((depth, format!("none found in {share:.0}%")));
        }
        let spread = |k: usize| depth * (0.12 * ((k as f64 * 0.618_034).fract() - 0.5)).exp();
        dust.extend(values.iter().enumerate().map(|(k, v)| (spread(k), v.to_f64())));
        medians.push((depth, row.observed.as_ref()?.median.to_f64()));
        first_order.extend(row.expected.map(|p| (depth, p.value.to_f64())));
        depths.push(depth);
    }
    let title = "A function turning into a cone: the smallest step found that changes the sign of \
                 the network of the first layers, in units of ‖x‖, beside the size |f|/‖∇f‖ of \
                 the step to the zero of the tangent, whose law does not depend on depth. Steps \
                 of size 1 lead to the origin, next to which all signs meet; networks in which no \
                 step was found are counted above";
    let x = Axis { marks: depths, ..Axis::new("depth", Scale::Log) };
    let y = Axis::new("size of the step, in units of ‖x‖", Scale::Log);
    let mut plot = Plot::new("figure-cone", title, x, y);
    plot.words = words;
    let named = "median of the smallest steps found, where finite";
    plot.series = vec![
        Series::new("a network", Ink::Seen, Mark::Dust, dust),
        Series::new(named, Ink::Expected, Mark::Line, medians),
        Series::new("first-order step, median", Ink::Plain, Mark::Line, first_order),
    ];
    plot.figure()
}

/// Depth and width by input dimension.
pub fn spheres(ledger: &Ledger) -> Option<Figure> {
    let of = |value: fn(&Sphere) -> Option<f64>| -> Points {
        ledger.spheres.iter().filter_map(|s| Some((s.dimension as f64, value(s)?))).collect()
    };
    let title = "collapse.sphere: depth and width at which f is proved nearly constant";
    let x = Axis::new("input dimension d", Scale::Log);
    let y = Axis::new("depth, width", Scale::Log);
    let mut plot = Plot::new("figure-spheres", title, x, y);
    let width = of(|s| s.width.as_ref()?.parse().ok());
    let depth = of(|s| s.depth.map(|depth| depth as f64));
    plot.series = vec![
        Series::new("least depth", Ink::Expected, Mark::Line, depth),
        Series::new("least width at twice that depth", Ink::Proved, Mark::Line, width),
    ];
    plot.figure()
}

/// Widths by depth at which the step flips the sign: proved in every way, expected, observed.
pub fn growth(rows: &[Row]) -> Option<Figure> {
    if rows.len() < 2 {
        return None;
    }
    let of = |value: &dyn Fn(&Row) -> Option<f64>| -> Points {
        rows.iter().filter_map(|row| Some((row.threshold.depth as f64, value(row)?))).collect()
    };
    let line = |name, ink, points| Series::new(name, ink, Mark::Line, points);
    let title = "Widths by depth at which one step flips the sign";
    let x = Axis::new("depth L", Scale::Log);
    let mut plot = Plot::new("figure-growth", title, x, Axis::new("width", Scale::Log));
    plot.height = 340.0;
    let fails = of(&|r| input(r.threshold.fails.as_ref()));
    plot.series = vec![
        line(
            "proved, union bounds of the paper's proof",
            Ink::Plain,
            of(&|r| input(r.threshold.plain.as_ref())),
        ),
        line(
            "proved, gradient change by comparison",
            Ink::Naive,
            of(&|r| input(r.threshold.comparison.as_ref())),
        ),
        line(
            "proved, affine error by comparison",
            Ink::Light,
            of(&|r| input(r.threshold.affine.as_ref())),
        ),
        line(
            "proved, step followed through the layers",
            Ink::Proved,
            of(&|r| input(r.threshold.direct.as_ref())),
        ),
        line("expected", Ink::Expected, of(&|r| input(r.threshold.expected.as_ref()))),
        Series::new(
            "half of the steps t = 2 expected to flip",
            Ink::Seen,
            Mark::Dashed,
            fails.first().map_or(Points::new(), |_| of(&|r| Some(r.half_expected? as f64))),
        ),
        line("half of the steps t = 2 proved to fail", Ink::Seen, fails),
        Series::new("observed", Ink::Expected, Mark::Dots, of(&|r| r.observed.as_ref()?.width)),
    ];
    plot.figure()
}

/// A quantity by depth in all groups of a study at once: a colour a group, a mark a way, with
/// confidence limits and fits.
pub fn quantity(quantity: &Quantity, groups: &[(String, &Group<'_>)]) -> Option<Figure> {
    let several = groups.len() > 1;
    let mut series = Vec::new();
    let mut depths: Vec<f64> = Vec::new();
    let mut exponential = false;
    for (i, (title, group)) in groups.iter().enumerate() {
        depths.extend(group.lines.iter().map(|line| line.depth as f64));
        let Some(curve) = group.curves.iter().find(|c| c.quantity.name == quantity.name) else {
            continue;
        };
        for (k, (name, _)) in WAYS.iter().enumerate() {
            let Some(way) = curve.ways.iter().find(|way| way.name == *name) else { continue };
            let ink = match k {
                _ if several => Ink::Nth(i),
                0 => Ink::Proved,
                1 => Ink::Plain,
                2 => Ink::Expected,
                _ => Ink::Seen,
            };
            let mark = match k {
                0 => Mark::Line,
                1 | 2 => Mark::Dashed,
                _ => Mark::Dots,
            };
            let named = if several { format!("{name}, {title}") } else { (*name).to_owned() };
            let points = way.points.iter().map(|&(depth, v)| (depth as f64, v.to_f64()));
            let mut one = Series::new(named, ink, mark, points);
            if *name == "observed" {
                one.limits = limits(&group.lines, quantity);
            }
            let fit = way.growth.as_ref().and_then(|growth| growth.best().map(|_| growth));
            if let Some(growth) = fit.filter(|_| one.points.len() > 2) {
                exponential |= growth.is_exponential();
                let points = one.points.iter().map(|&(x, _)| (x, growth.value(x)));
                let points: Points = points.collect();
                series.push(Series::new("", Ink::Naive, Mark::Line, points));
            }
            series.push(one);
        }
    }
    depths.sort_by(f64::total_cmp);
    depths.dedup();
    let title = format!("{} by depth: {}", quantity.name, quantity.meaning);
    // Straight where growth is exponential.
    let scale = if exponential { Scale::Linear } else { Scale::Log };
    let x = Axis { marks: depths, ..Axis::new("depth L", scale) };
    let y = Axis::new(quantity.name, Scale::Log);
    let mut plot = Plot::new(format!("figure-{}", quantity.name), title, x, y);
    plot.height = 320.0;
    plot.series = series;
    plot.figure()
}

fn limits(lines: &[&Line], quantity: &Quantity) -> Vec<(f64, f64, f64)> {
    let of = |line: &&Line| -> Option<(f64, f64, f64)> {
        let value: Value = line.value(quantity.name)?;
        let [low, high] = value.limits?;
        Some((line.depth as f64, low, high))
    };
    lines.iter().filter_map(of).collect()
}
