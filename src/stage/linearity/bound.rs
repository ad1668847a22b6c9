//! How much the gradient and the affine approximation change in the ball. `proofs/linearity.md`.

use crate::ball::{Best, Control, Region, comparison, plain, sum, upper};
use crate::claim::{Direction, Variant};
use crate::magnitude::Magnitude;
use crate::num::Enclosure;
use crate::num::search::argmin;
use crate::params::Params;

/// What is proved.
pub struct LinearityBound {
    /// e_j for each layer.
    pub terms: Vec<Best>,
    /// ε.
    pub gradient: Best,
    /// The affine error over ‖u‖‖∇f(x)‖.
    pub affine: Best,
}

/// All of it; every number is 0 without hidden layers.
pub fn linearity(params: &Params) -> LinearityBound {
    let Some(control) = Control::new(params) else {
        let nothing =
            || Best { value: Magnitude::ZERO, delta: params.delta.clone(), variants: Vec::new() };
        return LinearityBound { terms: Vec::new(), gradient: nothing(), affine: nothing() };
    };
    let depth = control.plain.len();
    let terms = control
        .plain
        .iter()
        .zip(&control.comparison)
        .enumerate()
        .map(|(i, (a, b))| {
            let events = [plain::events_up_to(i + 1).term, comparison::events_up_to(i + 1).term];
            control.better(params, [upper(&a.term), upper(&b.term)], events)
        })
        .collect();
    let segments =
        [&control.plain, &control.comparison].map(|layers| sum(layers, |layer| Some(&layer.term)));
    let events = [plain::events_up_to(depth).gradient, comparison::events_up_to(depth).gradient];
    let gradient = control.better(params, segments, events);
    let own_way = by_layers(params);
    let values = [("affine", own_way), ("comparison", segments[1]), ("plain", segments[0])];
    let all = comparison::events(depth, comparison::Want::Everything);
    let affine = if own_way <= gradient.value {
        let own = comparison::events(depth, comparison::Want::Affine);
        Best { value: own_way, delta: params.delta.portion(own, all), variants: Vec::new() }
    } else {
        Best { value: gradient.value, delta: gradient.delta.clone(), variants: Vec::new() }
    };
    let affine = Best { variants: Variant::ranked(Direction::Upper, &values), ..affine };
    LinearityBound { terms, gradient, affine }
}

/// The affine bound at R, or at a larger radius if that gives a smaller one: what holds on a larger
/// ball holds on this one.
fn by_layers(params: &Params) -> Magnitude {
    let (widths, precision) = (params.architecture.widths(), params.precision());
    let everything = comparison::events(widths.len() - 1, comparison::Want::Everything);
    let share = params.delta.share(everything).enclosure(precision);
    let nats = -share.ln();
    let rough = |radius: f64| -> f64 {
        let region = Region { radius, drop: None, nats: nats.to_f64() };
        let layers = comparison::control(widths, &region, comparison::Want::Affine);
        layers.iter().map(|layer| layer.affine.unwrap_or(f64::INFINITY)).sum()
    };
    let exact = |radius: Enclosure| {
        let region = Region { radius, drop: None, nats: nats.clone() };
        let layers = comparison::control(widths, &region, comparison::Want::Affine);
        sum(&layers, |layer| layer.affine.as_ref())
    };
    let radius = params.relative_radius(precision);
    let here = exact(radius.clone());
    let from = radius.hi_f64().max(1e-200);
    if from >= 1.0 {
        return here;
    }
    let larger = argmin(from.ln(), 0.0, 14, rough).max(from);
    here.min(exact(Enclosure::point(precision, larger)))
}
