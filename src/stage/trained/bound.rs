//! How much f and its gradient change in the ball after any training. `proofs/trained.md`.

use crate::model::account::{Account, Behind};
use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::num::{Enclosure, Upper};
use crate::theory::ball::comparison::{self, Want, plan_of_moved};
use crate::theory::ball::{Layer, Networks, Region, joined};

/// A bound with what it rests on.
pub type Bound = (Magnitude, Behind);

/// sup ‖∇f̃(y) − ∇f(x)‖/‖∇f(x)‖ and sup |f̃(y) − f(x) − ⟨∇f(x), y − x⟩|/(‖x‖‖∇f(x)‖), at most.
pub fn near(params: &Params) -> [Bound; 2] {
    [Want::Gradient, Want::Affine].map(|want| change(params, want))
}

/// Each has δ to itself.
fn change(params: &Params, want: Want) -> Bound {
    let (networks, precision) = (&Networks::of(params), params.precision());
    let eta = params.nearness(precision);
    let region = Region { nearness: Some(eta), ..Region::ball(params.relative_radius(precision)) };
    let plan = if region.is_moved() { plan_of_moved } else { comparison::plan };
    let plan = plan(networks, want);
    let mut account = Account::open(&region.radius, &params.delta, &plan, precision);
    let layers = comparison::control(networks, &region, &mut account, want);
    // Only what is moved needs a linear function's norms.
    let affine = want == Want::Affine;
    let part = |layer: &Layer<Enclosure>| match &layer.affine {
        Some(part) if affine => part.upper(),
        None if affine => Upper::infinite(),
        _ => layer.term.upper(),
    };
    let value = layers.iter().map(part).fold(Upper::from(0u32), |sum, part| sum + part);
    let events = joined(&layers, |rests| if affine { &rests.affine } else { &rests.term });
    (value.to_magnitude(), Behind { book: account.close(), events })
}
