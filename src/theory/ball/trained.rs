//! Networks that were trained: of two steps along the gradient that are fixed before, one flips the
//! sign after every training that stays near the initial weights. `proofs/trained.md`.

use super::comparison::{self, Want, plan_of_moved};
use super::{Networks, Region, distance_plan, leading, offset, with_offset};
use crate::model::account::kind::{RADIAL, RATIO};
use crate::model::account::{Account, Behind, Events, Shares};
use crate::model::params::{Architecture, Params, Probability};
use crate::num::magnitude::Magnitude;
use crate::num::search::argmin;
use crate::num::{Enclosure, Number};
use crate::theory::distribution::ratio::RatioLaw;
use crate::theory::scaling;

// None of the following decides whether a bound is true, only how near the best it comes: what they
// lead to is certified.

/// Shares of δ for everything but the distance, of which the best is taken.
const SHARES: [u32; 5] = [2, 5, 20, 100, 1000];
/// One that is near the best at most depths.
const TYPICAL: u32 = 20;
/// Among these multiples of the least step there could be, the step is searched.
const STEPS: (f64, f64) = (1.2, 20.0);
const SEARCH: u32 = 9;
/// So much less is printed of the share that is left, and at most half of it: an observation errs
/// by rounding, by that of single precision, too.
const ROOM: f64 = 1e-4;

/// What is proved of two steps of one length.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The share of what the step moves the linear function that is left behind the boundary, at
    /// least: f̃(x ± Rg) = ±(at least this) R‖∇f(x)‖, g the direction of ∇f(x); 0 where nothing is
    /// proved.
    pub share: Magnitude,
    /// Is it positive, so that one of the two flips the sign?
    pub flips: bool,
    /// R/‖x‖, rounded up.
    pub radius: Magnitude,
    /// The events with which it may fail.
    pub behind: Behind,
}

/// How long the steps are, R/‖x‖, and which share of δ is for their effect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// R/‖x‖.
    pub radius: f64,
    share: u32,
}

/// The steps with the most to spare after every training within η of the initial weights.
pub fn steps(params: &Params) -> Choice {
    let params = &usual(params);
    Rough::new(params).best(params.nearness(64).to_f64()).0
}

/// What is proved of them.
pub fn kept(params: &Params, choice: Choice) -> Kept {
    let params = &usual(params);
    certified(params, &params.nearness(params.precision()), choice)
}

/// How far training may go.
#[derive(Clone, Debug)]
pub struct Reach {
    /// η, rounded down.
    pub nearness: Magnitude,
    /// The steps for which.
    pub choice: Choice,
    /// What that rests on.
    pub behind: Behind,
}

/// The largest η found, the same in all layers, for which one of two steps is proved to flip the
/// sign; `None` if there is none.
pub fn reach(params: &Params) -> Option<Reach> {
    let params = &usual(params);
    let rough = Rough::new(params);
    let holds = |eta: f64| rough.best(eta).1 > 0.0;
    // What the output alone would take, if nothing flipped.
    let start = rough.distances(TYPICAL)[0] / (params.architecture.depth() + 1) as f64;
    let found = farthest(start.min(1.0), holds);
    // Certified a little below what the search says; what is given is a candidate, too.
    let certify = |eta: f64| {
        let choice = rough.best(eta).0;
        let found = certified(params, &Enclosure::point(params.precision(), eta), choice);
        let nearness = Magnitude::from_f64(eta).filter(|_| found.flips)?;
        Some(Reach { nearness, choice, behind: found.behind })
    };
    let mut margins = [0.0, 1e-6, 1e-3, 1e-2, 0.1, 0.3].into_iter();
    let found = found.and_then(|most| margins.find_map(|margin| certify(most * (1.0 - margin))));
    let given = params.nearness(64).lo_f64();
    let more = given > 0.0 && found.as_ref().is_none_or(|found| found.nearness.to_f64() < given);
    let given = if more { certify(given) } else { None };
    given.or(found)
}

/// Nearly the largest number up to 1 for which it holds, by bisection from `start`; `None` where it
/// does not hold far below.
fn farthest(start: f64, holds: impl Fn(f64) -> bool) -> Option<f64> {
    let (mut low, mut high) = (start, start);
    while !holds(low) {
        high = low;
        low /= 4.0;
        if low < 1e-9 * start {
            return None;
        }
    }
    while low == high && high < 1.0 {
        high = (4.0 * high).min(1.0);
        if holds(high) {
            low = high;
        }
    }
    while high / low > 1.0005 {
        let middle = (low * high).sqrt();
        if holds(middle) { low = middle } else { high = middle }
    }
    Some(low)
}

/// The least multiple found of the shape at which one of two steps is proved to flip the sign after
/// every training within η, and R/‖x‖ there; `None` if widths of 10³⁶ are not enough.
pub fn threshold(params: &Params) -> Option<(Architecture, f64)> {
    let params = &usual(params);
    let (shape, eta) = (&params.architecture, params.nearness(64).to_f64());
    let at = |wide: &Architecture| params.with_architecture(wide.clone());
    let factor = scaling::least(shape, |wide| Rough::new(&at(wide)).best_radius(eta).1 > 0.0)?;
    scaling::certified(shape, factor, |wide| {
        let params = at(wide);
        let choice = Rough::new(&params).best(eta).0;
        let found = certified(&params, &params.nearness(params.precision()), choice);
        found.flips.then(|| (wide.clone(), choice.radius))
    })
}

fn usual(params: &Params) -> Params {
    Params { delta: params.delta.capped(), ..params.clone() }
}

/// One `share`-th of δ for the events of the control, the rest for the distance.
fn plan(networks: &Networks<'_>, moved: bool, share: u32) -> Shares {
    let control = if moved { plan_of_moved } else { comparison::plan };
    let distance = distance_plan(networks);
    if networks.depth() == 0 && !moved {
        return distance;
    }
    let control = control(networks, Want::Affine).portion(1, share);
    distance.portion(share - 1, share).and(control)
}

/// 1 − (q + ϵ)/R, with the events behind ϵ; `distances` are q and q₁, over ‖x‖ like R.
fn left<N: Number>(
    networks: &Networks<'_>,
    [radius, eta]: [&N; 2],
    [size, radial]: [N; 2],
    limit: f64,
    account: &mut Account<N>,
) -> (N, Events) {
    let region = Region {
        drop: Some(radius.clone() * radial),
        nearness: Some(eta.clone()),
        limit,
        ..Region::ball(radius.clone())
    };
    let mut events = Events::default();
    let mut lost = size;
    // A linear function whose weights are as drawn is no more than that.
    let layers = if networks.depth() == 0 && !region.is_moved() {
        Vec::new()
    } else {
        comparison::control(networks, &region, account, Want::Affine)
    };
    for layer in layers {
        lost = lost + layer.affine.unwrap_or_else(|| radius.like(f64::INFINITY));
        events.join(&layer.rests.affine);
    }
    (radius.like(1.0) - lost / radius.clone(), events)
}

/// With δ shared in this way.
fn certified(params: &Params, eta: &Enclosure, choice: Choice) -> Kept {
    let (networks, precision) = (&Networks::of(params), params.precision());
    let one = Enclosure::integer(precision, 1);
    let moved = !eta.certainly_le(&Enclosure::integer(precision, 0));
    let plan = plan(networks, moved, choice.share);
    let mut account = Account::open(&one, &params.delta, &plan, precision);
    let mut events = Events::default();
    account.draw_once(RATIO, &mut events);
    let law = RatioLaw::new(params.architecture.input());
    let size = law.upper_bound(&account.share(RATIO), precision);
    let (size, radial) = if networks.bias.is_none() {
        (size.clone(), size)
    } else {
        account.draw_once(RADIAL, &mut events);
        let radial = law.upper_bound(&account.share(RADIAL), precision);
        (with_offset(size, offset(networks, &one, &mut account, &mut events)), radial)
    };
    let radius = Enclosure::point(precision, choice.radius);
    let (share, others) =
        left(networks, [&radius, eta], [size, radial], f64::INFINITY, &mut account);
    events.join(&others);
    let flips = Enclosure::integer(precision, 0).certainly_lt(&share);
    let room = Enclosure::point(precision, ROOM);
    let printed = (&share - &room).max(&(&share / Enclosure::integer(precision, 2)));
    let nothing = Magnitude::ZERO;
    Kept {
        share: if flips { printed.lower().to_magnitude() } else { nothing },
        flips,
        radius: radius.upper().to_magnitude(),
        behind: Behind { book: account.close(), events },
    }
}

/// The same in `f64`, for searches.
struct Rough<'a> {
    params: &'a Params,
    networks: Networks<'a>,
    law: RatioLaw,
}

impl<'a> Rough<'a> {
    fn new(params: &'a Params) -> Self {
        let law = RatioLaw::new(params.architecture.input());
        Rough { params, networks: Networks::of(params), law }
    }

    /// The steps with the most to spare, or nearly, and what is left.
    fn best(&self, eta: f64) -> (Choice, f64) {
        let radius = self.best_radius(eta).0;
        let at = |share| (Choice { radius, share }, self.left(radius, eta, share));
        let found = SHARES.map(at).into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        found.unwrap_or((Choice { radius, share: TYPICAL }, f64::NEG_INFINITY))
    }

    /// At the typical share of δ.
    fn best_radius(&self, eta: f64) -> (f64, f64) {
        let distances = self.distances(TYPICAL);
        let least = distances[0] + leading::pushed(self.params, eta);
        let least = if least.is_finite() { least } else { 1.0 };
        let [low, high] = [STEPS.0, STEPS.1].map(|times| (times * least).ln());
        let at = |radius: f64| self.left_at(radius, eta, TYPICAL, distances);
        let radius = argmin(low, high, SEARCH, |radius| -at(radius));
        (radius, at(radius))
    }

    /// q and q₁.
    fn distances(&self, share: u32) -> [f64; 2] {
        let whole = self.params.delta.portion(share - 1, share);
        let of = |delta: &Probability| self.law.rough_bound(delta);
        if self.networks.bias.is_none() {
            return [of(&whole); 2];
        }
        let parts = offset::SIZE_TO_RADIAL + 1;
        let [size, radial] = [parts - 1, 1].map(|count| of(&whole.portion(count, parts)));
        let plan = plan(&self.networks, true, share);
        let mut account = Account::rough(self.params.delta.nats(), &plan);
        let mut behind = Events::default();
        let added = offset(&self.networks, &size, &mut account, &mut behind);
        [with_offset(size, added), radial]
    }

    fn left(&self, radius: f64, eta: f64, share: u32) -> f64 {
        self.left_at(radius, eta, share, self.distances(share))
    }

    fn left_at(&self, radius: f64, eta: f64, share: u32, distances: [f64; 2]) -> f64 {
        let plan = plan(&self.networks, eta > 0.0, share);
        let mut account = Account::rough(self.params.delta.nats(), &plan);
        // An error above R proves nothing; how far above is of use to the search of a step.
        let limit = 3.0 * radius;
        let (left, _) = left(&self.networks, [&radius, &eta], distances, limit, &mut account);
        if left.is_nan() { f64::NEG_INFINITY } else { left }
    }
}
