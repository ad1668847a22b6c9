//! How much the gradient and the affine approximation change in the ball. `proofs/linearity.md`.

use std::sync::Arc;

use crate::account::{Account, Behind, Book, Events};
use crate::ball::{Best, Control, Region, Way, comparison, joined, sum, upper};
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
        let nothing = || {
            let book = Arc::new(Book::open(&params.delta));
            let behind = Behind { book, events: Events::default() };
            Best { value: Magnitude::ZERO, behind, variants: Vec::new() }
        };
        return LinearityBound { terms: Vec::new(), gradient: nothing(), affine: nothing() };
    };
    let pairs = control.plain.iter().zip(&control.comparison);
    let terms = pairs
        .map(|(plain, comparison)| {
            let both = [plain, comparison];
            let events = both.map(|layer| layer.rests.term.clone());
            control.better(both.map(|layer| upper(&layer.term)), events)
        })
        .collect();
    let both = [&control.plain, &control.comparison];
    let segments = both.map(|layers| sum(layers, |layer| Some(&layer.term)));
    let gradient = control.better(segments, both.map(|layers| joined(layers, |rests| &rests.term)));
    let (own, behind) = by_layers(params);
    let values = [("affine", own), ("comparison", segments[1]), ("plain", segments[0])];
    let variants = Variant::ranked(Direction::Upper, &values);
    let affine = if own <= gradient.value {
        Best { value: own, behind, variants }
    } else {
        Best { value: gradient.value, behind: gradient.behind.clone(), variants }
    };
    LinearityBound { terms, gradient, affine }
}

/// The affine bound at R, or at a larger radius if that gives a smaller one: what holds on a larger ball holds on
/// this one. It has δ to itself, because the events of another radius are others.
fn by_layers(params: &Params) -> (Magnitude, Behind) {
    let (widths, precision) = (params.architecture.widths(), params.precision());
    let plan = Way::Affine.plan(params.architecture.depth());
    let nats = params.delta.nats();
    let rough = |radius: f64| {
        let mut account = Account::rough(nats, &plan);
        Way::Affine.change(widths, &Region::ball(radius), &mut account).0
    };
    let exact = |radius: Enclosure| {
        let mut account = Account::open(&radius, &params.delta, &plan, precision);
        let region = Region::ball(radius);
        let want = comparison::Want::Affine;
        let layers = comparison::control(widths, &region, &mut account, want);
        let error = sum(&layers, |layer| layer.affine.as_ref());
        let events = joined(&layers, |rests| &rests.affine);
        (error, Behind { book: account.close(), events })
    };
    let radius = params.relative_radius(precision);
    let here = exact(radius.clone());
    let from = radius.hi_f64().max(1e-200);
    if from >= 1.0 {
        return here;
    }
    let larger = argmin(from.ln(), 0.0, 14, rough).max(from);
    let there = exact(Enclosure::point(precision, larger));
    if there.0 < here.0 { there } else { here }
}
