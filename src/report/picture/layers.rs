//! Pictures by layer: Lipschitz constants, and the step on its way.

use super::kit::{Axis, Ink, Mark, Plot, Scale, Series};
use crate::judge::ledger::Ledger;
use crate::judge::row::Row;
use crate::num::magnitude::Magnitude;
use crate::report::document::Figure;
use crate::stage::bottleneck::table::LayerBounds;

/// Lipschitz scales by layer: the bottleneck's, the bounds and what was seen.
pub fn lipschitz(ledger: &Ledger) -> Option<Figure> {
    if ledger.layers.len() < 2 {
        return None;
    }
    let of = |value: &dyn Fn(&LayerBounds) -> Option<f64>| -> Vec<(f64, f64)> {
        let layers = ledger.layers.iter();
        layers.filter_map(|layer| Some((layer.layer as f64, value(layer)?))).collect()
    };
    let seen = |layer: usize| {
        let row = ledger.row(&format!("bottleneck.lipschitz[{layer}]"))?;
        Some(row.observed.as_ref()?.quantile.to_f64())
    };
    let axis = by_layer(ledger.layers.len());
    let y = Axis::new("Lipschitz constant", Scale::Log);
    let title = "bottleneck: Lipschitz constants of the layers, on a logarithmic axis";
    let mut plot = Plot::new("figure-layers", title, axis, y);
    plot.series = vec![
        Series::new(
            "plain union bound",
            Ink::Plain,
            Mark::Line,
            of(&|l| Some(l.plain.lipschitz.to_f64())),
        ),
        Series::new(
            "proved, by comparison",
            Ink::Proved,
            Mark::Line,
            of(&|l| Some(l.comparison.lipschitz.to_f64())),
        ),
        Series::new("naive √(width/bottleneck)", Ink::Naive, Mark::Dashed, of(&|l| Some(l.naive))),
        Series::new("operator norm seen", Ink::Expected, Mark::Dots, of(&|l| seen(l.layer))),
    ];
    plot.figure()
}

/// The step by layer: how far it has come across, and by how much each layer moves the output.
pub fn followed(ledger: &Ledger) -> Option<Figure> {
    ledger.followed.as_ref()?;
    let of = |label: &str, value: &dyn Fn(&Row) -> Option<Magnitude>| -> Vec<(f64, f64)> {
        let rows = ledger.rows.iter().filter(|row| row.statement == label);
        rows.filter_map(|row| Some((row.layer? as f64, value(row)?.to_f64()))).collect()
    };
    let bound = |row: &Row| row.bound.map(|bound| bound.value);
    let expected = |row: &Row| row.expected.map(|expected| expected.value);
    let observed = |row: &Row| row.observed.as_ref().map(|observed| observed.quantile);
    let depth = ledger.rows.iter().filter_map(|row| row.layer).max().unwrap_or(0);
    if depth < 2 {
        return None;
    }
    let y = Axis::new("in units of |f(x)|, ‖h(x)‖", Scale::Log);
    let title = "direct.error and direct.state: by how much each layer moves the output, and how \
                 far the layer at x + u has come across the one at x; proved, expected without \
                 proof, and the observed quantile";
    let mut plot = Plot::new("figure-step", title, by_layer(depth), y);
    let line = |name, ink, points| Series::new(name, ink, Mark::Line, points);
    let dots = |name, ink, points| Series::new(name, ink, Mark::Dots, points);
    plot.series = vec![
        line("output moved, proved", Ink::Proved, of("direct.error", &bound)),
        line("output moved, expected", Ink::Plain, of("direct.error", &expected)),
        dots("output moved, observed", Ink::Plain, of("direct.error", &observed)),
        line("ρ/‖h‖, proved", Ink::Expected, of("direct.state", &bound)),
        line("ρ/‖h‖, expected", Ink::Light, of("direct.state", &expected)),
        dots("ρ/‖h‖, observed", Ink::Light, of("direct.state", &observed)),
    ];
    plot.figure()
}

/// The axis of layers: a mark at each of a few, and logarithms of many.
pub fn by_layer(depth: usize) -> Axis {
    if depth <= 24 {
        let marks = (1..=depth).map(|layer| layer as f64).collect();
        Axis { marks, ..Axis::new("layer", Scale::Linear) }
    } else {
        Axis::new("layer", Scale::Log)
    }
}
