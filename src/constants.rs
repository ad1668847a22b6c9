//! The proof's constants as plain numbers, for the ledger.

use rayon::prelude::*;

use crate::ball::{self, Control, Layer, Way, count, plain, upper};
use crate::ledger::{self, Proved};
use crate::magnitude::Magnitude;
use crate::num::{Enclosure, grouped};
use crate::params::Params;

/// One entry per hidden layer.
pub fn layers(params: &Params) -> Vec<ledger::Layer> {
    let Some(control) = Control::new(params) else { return Vec::new() };
    let widths = params.architecture.widths();
    let text = |width: u128| grouped(width).replace(',', "");
    let proved = |layer: &Layer<Enclosure>| Proved {
        flips: count(layer.flips),
        rows: upper(&layer.rows),
        drift: upper(&layer.drift),
        lipschitz: upper(&layer.lipschitz),
        term: upper(&layer.term),
    };
    let pairs = control.plain.iter().zip(&control.comparison).enumerate();
    pairs
        .map(|(i, (by_plain, by_comparison))| {
            let layer = i + 1;
            let bottleneck = plain::bottleneck(widths, layer);
            let of = |x: &Option<Enclosure>| x.as_ref().map_or(Magnitude::INFINITY, upper);
            ledger::Layer {
                layer,
                width: text(widths[layer]),
                bottleneck,
                rank: text(widths[bottleneck]),
                naive: (widths[layer] as f64 / widths[bottleneck] as f64).sqrt(),
                log_family: of(&by_plain.family),
                gain: of(&by_plain.gain),
                plain: proved(by_plain),
                comparison: proved(by_comparison),
            }
        })
        .collect()
}

/// R(½) in each way.
pub fn radii(params: &Params) -> Vec<ledger::Radius> {
    let epsilon = 0.5;
    let radius = |way: Way| ledger::Radius {
        way: way.name().into(),
        epsilon,
        radius: ball::radius(params, epsilon, way),
    };
    [Way::Direct, Way::Comparison, Way::Plain].into_par_iter().map(radius).collect()
}
