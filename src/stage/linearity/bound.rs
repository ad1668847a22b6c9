//! How much the gradient and the affine approximation change in the ball. `proofs/linearity.md`.

use crate::ball::{Best, Control, Layer, comparison, plain, upper};
use crate::claim::{Direction, Variant};
use crate::magnitude::Magnitude;
use crate::num::{Enclosure, Upper};
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
        let nothing = || Best {
            value: Magnitude::ZERO,
            delta: params.delta.clone(),
            variants: Vec::new(),
        };
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
    let segments = [&control.plain, &control.comparison]
        .map(|layers| sum(layers, |layer| Some(&layer.term)));
    let events = [plain::events_up_to(depth).gradient, comparison::events_up_to(depth).gradient];
    let gradient = control.better(params, segments, events);
    let direct = sum(&control.comparison, |layer| layer.direct.as_ref());
    let values =
        [("direct", direct), ("comparison", segments[1]), ("plain", segments[0])];
    let all = comparison::events(depth, comparison::Want::Everything);
    let affine = if direct <= gradient.value {
        let own = comparison::events(depth, comparison::Want::Affine);
        Best { value: direct, delta: params.delta.portion(own, all), variants: Vec::new() }
    } else {
        Best { value: gradient.value, delta: gradient.delta.clone(), variants: Vec::new() }
    };
    let affine = Best { variants: Variant::ranked(Direction::Upper, &values), ..affine };
    LinearityBound { terms, gradient, affine }
}

/// The sum of one number over the layers.
fn sum(
    layers: &[Layer<Enclosure>],
    part: impl Fn(&Layer<Enclosure>) -> Option<&Enclosure>,
) -> Magnitude {
    let parts = layers.iter().map(|layer| part(layer).map_or(Upper::infinite(), Enclosure::upper));
    parts.fold(Upper::from(0u32), |sum, part| sum + part).to_magnitude()
}
