//! How much the gradient and the affine approximation change in the ball. `proofs/linearity.md`.

use std::sync::Arc;

use crate::model::account::{Account, Behind, Book, Events};
use crate::model::claim::{Direction, Variant};
use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::theory::ball::{Best, Control, Networks, Region, Way, comparison, joined, sum, upper};

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

/// The affine error, which has δ to itself.
fn by_layers(params: &Params) -> (Magnitude, Behind) {
    let (networks, precision) = (&Networks::of(params), params.precision());
    let plan = Way::Affine.plan(networks);
    let region = Region::ball(params.relative_radius(precision));
    let mut account = Account::open(&region.radius, &params.delta, &plan, precision);
    let want = comparison::Want::Affine;
    let layers = comparison::control(networks, &region, &mut account, want);
    let error = sum(&layers, |layer| layer.affine.as_ref());
    let events = joined(&layers, |rests| &rests.affine);
    (error, Behind { book: account.close(), events })
}
