//! The proof's constants as plain numbers, for the ledger.

use rayon::prelude::*;

use crate::ball::{self, Control, Layer, Way, count, plain, upper};
use crate::ledger::{self, Proved};
use crate::magnitude::Magnitude;
use crate::num::{Enclosure, grouped};
use crate::params::{Architecture, Params, Probability};
use crate::stage::flip::bound::threshold;

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

/// The least widths found at which some step is proved to flip the sign: for equal widths at every
/// depth up to that of `params` (at most ten of them), then at smaller and smaller δ; for other
/// widths, multiples of them.
pub fn thresholds(params: &Params) -> Vec<ledger::Threshold> {
    let (architecture, delta) = (&params.architecture, &params.delta);
    let depth = architecture.depth();
    let mut cases = Vec::new();
    if architecture.is_equal() {
        let few = 1..=depth.min(8);
        let depths = few.chain((depth > 8).then_some(depth));
        cases.extend(depths.map(|l| (vec![architecture.input(); l + 1], delta.clone())));
    } else {
        cases.push((architecture.widths().to_vec(), delta.clone()));
    }
    for text in ["1e-2", "1e-4", "1e-8"] {
        if let Ok(smaller) = Probability::parse("--delta", text)
            && smaller < *delta
        {
            cases.push((architecture.widths().to_vec(), smaller));
        }
    }
    cases
        .into_par_iter()
        .filter_map(|(widths, delta)| {
            let shape = Architecture::new(widths).ok()?;
            let found = threshold(&shape, &delta, Way::Direct);
            let by = |way| threshold(&shape, &delta, way).map(|f| f.architecture.to_string());
            Some(ledger::Threshold {
                depth: shape.depth(),
                comparison: by(Way::Comparison),
                plain: by(Way::Plain),
                delta: delta.to_string(),
                widths: found.as_ref().map(|f| f.architecture.to_string()),
                step: found.as_ref().map(|f| f.step),
                radius: found.map(|f| f.radius),
            })
        })
        .collect()
}
