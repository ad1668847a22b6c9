//! The proof's constants as plain numbers, for the ledger.

use rayon::prelude::*;

use crate::angle;
use crate::ball::{self, Control, Layer, Way, count, plain, upper};
use crate::direct;
use crate::ledger::{self, Proved};
use crate::magnitude::Magnitude;
use crate::num::{Enclosure, grouped};
use crate::pair::sphere;
use crate::params::{Amount, Architecture, Params, Probability};
use crate::stage::collapse;
use crate::stage::direct::predict;
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
    [Way::Affine, Way::Comparison, Way::Plain].into_par_iter().map(radius).collect()
}

/// The least widths found at which some step is proved to flip the sign: for equal widths at the depths
/// given, or at every depth up to that of `params` (at most nine of them), then at smaller and smaller δ; for
/// other widths, multiples of them.
pub fn thresholds(params: &Params, depths: &[usize]) -> Vec<ledger::Threshold> {
    let (architecture, delta) = (&params.architecture, &params.delta);
    let depth = architecture.depth();
    let mut cases = Vec::new();
    let equal = |l: usize| (vec![architecture.input(); l + 1], delta.clone());
    if !depths.is_empty() {
        cases.extend(depths.iter().map(|&l| equal(l)));
    } else if architecture.is_equal() {
        let few = 1..=depth.min(8);
        cases.extend(few.chain((depth > 8).then_some(depth)).map(equal));
    } else {
        cases.push((architecture.widths().to_vec(), delta.clone()));
    }
    for text in ["1e-2", "1e-4", "1e-8"] {
        if depths.is_empty()
            && let Ok(smaller) = Probability::parse("--delta", text)
            && smaller < *delta
        {
            cases.push((architecture.widths().to_vec(), smaller));
        }
    }
    let row = |(widths, delta): (Vec<u128>, Probability)| {
        Some(threshold_row(&Architecture::new(widths).ok()?, &delta))
    };
    cases.into_par_iter().filter_map(row).collect()
}

/// How far the step is followed by the rows of the stage `direct`, and the layer that costs most; `None` without
/// hidden layers.
pub fn followed(params: &Params, rows: &[ledger::Row]) -> Option<ledger::Followed> {
    let widths = params.architecture.widths();
    let bounds = |label: &'static str| {
        let rows = rows.iter().filter(move |row| row.statement == label);
        rows.map(|row| row.bound.map(|bound| bound.value).filter(|value| value.is_finite()))
    };
    let errors: Vec<f64> =
        bounds("direct.error").map_while(|error| error.map(Magnitude::to_f64)).collect();
    let most = (0..errors.len()).max_by(|&a, &b| errors[a].total_cmp(&errors[b]));
    let narrowest = (0..widths.len()).min_by_key(|&layer| widths[layer])?;
    let costliest = most.map_or(narrowest, |i| i + 1);
    (widths.len() > 1).then(|| ledger::Followed {
        step: direct::step(params),
        flips: bounds("direct.flip").flatten().next().is_some(),
        layers: errors.len(),
        costliest,
        width: grouped(widths[costliest]).replace(',', ""),
        share: most
            .map(|i| errors[i] / errors.iter().sum::<f64>())
            .filter(|share| share.is_finite()),
    })
}

/// The multiples of one shape, by each way.
pub fn threshold_row(shape: &Architecture, delta: &Probability) -> ledger::Threshold {
    let found = direct::threshold(shape, delta);
    let by = |way| threshold(shape, delta, way).map(|f| f.architecture.to_string());
    ledger::Threshold {
        depth: shape.depth(),
        delta: delta.to_string(),
        direct: found.as_ref().map(|f| f.architecture.to_string()),
        step: found.as_ref().map(|f| f.step),
        size: found.map(|f| f.size),
        affine: by(Way::Affine),
        comparison: by(Way::Comparison),
        plain: by(Way::Plain),
        expected: predict::least(shape, delta.to_f64()).map(|a| a.to_string()),
    }
}

/// One entry per hidden layer.
pub fn angles(params: &Params) -> Vec<ledger::Angle> {
    let start = params.start.one_minus_cos(params.precision());
    let expected = collapse::predict::layers(params).into_iter();
    let proved = collapse::bound::angles(params).into_iter();
    expected
        .zip(proved)
        .enumerate()
        .map(|(i, (expected, proved))| {
            let envelope = if start.is_positive() {
                let theta = angle::theta(&angle::envelopes(&start, i as u32 + 1));
                [theta.lower().to_magnitude(), theta.upper().to_magnitude()]
            } else {
                [Magnitude::ZERO; 2]
            };
            ledger::Angle {
                layer: i + 1,
                limit: expected.limit,
                envelope,
                median: expected.median,
                quantile: expected.quantile,
                proved: proved.best,
            }
        })
        .collect()
}

/// Input dimensions of the table of spheres.
const DIMENSIONS: [u64; 10] = [2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000];

/// Depths and widths at which f is proved to change by at most Ω ‖h_L(x)‖/√d_L on the sphere, for
/// Ω = 1/√d or the one given.
pub fn spheres(oscillation: Option<&Amount>, delta: &Probability) -> Vec<ledger::Sphere> {
    let delta = delta.capped();
    let row = |&dimension: &u64| {
        let target = match oscillation {
            Some(amount) => amount.enclosure(BITS),
            None => Enclosure::integer(BITS, 1) / Enclosure::integer(BITS, dimension).sqrt(),
        };
        let found = sphere::least(u128::from(dimension), &target, &delta);
        ledger::Sphere {
            dimension,
            oscillation: target.to_f64(),
            depth: found.map(|[any, _]| any.depth),
            deeper: found.map(|[_, deep]| deep.depth),
            width: found.map(|[_, deep]| grouped(deep.width).replace(',', "")),
        }
    };
    DIMENSIONS.par_iter().map(row).collect()
}

/// For widths up to 10³⁶ and what cancels there.
const BITS: u32 = 512;
