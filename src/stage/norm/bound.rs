//! How long the step is, at most. `proofs/norm.md`.

use crate::model::account::kind::{BACK_BELOW, RATIO};
use crate::model::account::{Account, Behind, Events, Shares};
use crate::model::params::Params;
use crate::num::Enclosure;
use crate::num::magnitude::Magnitude;
use crate::theory::direct;
use crate::theory::distribution::ratio::RatioLaw;
use crate::theory::norm;
use crate::theory::tail::sets;

/// One part of δ out of so many is for the stretch, the others for κ.
const PARTS: u32 = 8;

/// So much more is printed of a length, which for d = 1 is tq exactly: an observation errs by
/// rounding.
const ROOM: f64 = 1e-9;

/// A bound with what it rests on.
pub type Bound = (Magnitude, Behind);

/// χ, at most.
pub fn stretch(params: &Params) -> Bound {
    let (account, mut events) = (open(params, Shares::default(), 1), Events::default());
    closed(params, account, &mut events, None)
}

/// ‖u‖₂/‖x‖₂, at most, for the step t.
pub fn length(params: &Params, t: &Enclosure) -> Bound {
    let size = Shares::whole(RATIO).portion(PARTS - 1, PARTS);
    let (mut account, mut events) = (open(params, size, PARTS), Events::default());
    account.draw_once(RATIO, &mut events);
    let law = RatioLaw::new(params.architecture.input());
    let r = law.upper_bound(&account.share(RATIO), params.precision());
    let variance = (!params.bias.is_none()).then(|| variance(params, &mut account, &mut events));
    let q = direct::quantile(r, variance.as_ref());
    let one = Enclosure::integer(params.precision(), 1);
    let room = &one + Enclosure::point(params.precision(), ROOM);
    closed(params, account, &mut events, Some(t * q * room))
}

/// B, at most: what biases add to the output, in units of the variance of ⟨∇f(x), x⟩.
fn variance(params: &Params, account: &mut Account<Enclosure>, events: &mut Events) -> Enclosure {
    let [zero, one] = [0, 1].map(|value| Enclosure::integer(params.precision(), value));
    let hidden = params.architecture.hidden();
    let nats = account.draw_all(BACK_BELOW, 1..=hidden.len() as u64, None, events);
    let slope = params.slope.of(&one);
    let below = hidden.iter().scan(one.clone(), |product, &width| {
        *product = &*product * sets::rectified_lower(width, &slope, &nats).max(&zero);
        Some(product.clone())
    });
    let products = std::iter::once(one.clone()).chain(below);
    let terms = params.bias_variances(&one).into_iter().zip(products);
    terms.fold(zero.clone(), |sum, (variance, product)| sum + variance / product)
}

/// One part of so many for the events of the stretch, beside those of `other`.
fn open(params: &Params, other: Shares, parts: u32) -> Account<Enclosure> {
    let mut events = norm::stretch_events(&params.norm, params.architecture.input());
    // The stretch alone does not depend on biases.
    if parts > 1 && !params.bias.is_none() {
        events.push((BACK_BELOW, 1..=params.architecture.depth() as u64, 1));
    }
    let plan = other.and(Shares::weighted(&events).portion(1, parts));
    let one = Enclosure::integer(params.precision(), 1);
    Account::open(&one, &params.delta.capped(), &plan, params.precision())
}

/// χ⁺ times the factor.
fn closed(
    params: &Params,
    mut account: Account<Enclosure>,
    events: &mut Events,
    factor: Option<Enclosure>,
) -> Bound {
    let one = Enclosure::integer(params.precision(), 1);
    let input = params.architecture.input();
    let stretch = norm::stretch(&params.norm, input, &one, &mut account, events);
    let value = stretch * factor.unwrap_or(one);
    let behind = Behind { book: account.close(), events: events.clone() };
    (value.upper().to_magnitude(), behind)
}
