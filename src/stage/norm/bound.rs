//! How long the step is, at most. `proofs/norm.md`.

use crate::model::account::kind::RATIO;
use crate::model::account::{Account, Behind, Events, Shares};
use crate::model::params::Params;
use crate::num::Enclosure;
use crate::num::magnitude::Magnitude;
use crate::theory::distribution::ratio::RatioLaw;
use crate::theory::norm;

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
    let q = law.upper_bound(&account.share(RATIO), params.precision());
    let one = Enclosure::integer(params.precision(), 1);
    let room = &one + Enclosure::point(params.precision(), ROOM);
    closed(params, account, &mut events, Some(t * q * room))
}

/// One part of so many for the events of the stretch, beside those of `other`.
fn open(params: &Params, other: Shares, parts: u32) -> Account<Enclosure> {
    let events = norm::stretch_events(&params.norm, params.architecture.input());
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
