//! How the share is spent, which slices are taken, and the widest network found.

use rayon::prelude::*;

use super::norms::{IN_LAYERS, Norms};
use super::walk::{Slice, least_output};
use crate::model::account::kind::{
    ACROSS_ABOVE, ACROSS_BELOW, CHI_ABOVE, CHI_BELOW, FAR, FLIPPED, JOINED, KEPT, NEAR, OVER, PULL,
    QUOTIENTS_ABOVE, QUOTIENTS_BELOW, SWAY, SWING_ABOVE, SWING_BELOW,
};
use crate::model::account::{Account, Behind, Events, Kind, Shares, WHOLE};
use crate::model::params::{Architecture, Params, Probability};
use crate::num::search::argmin;
use crate::num::{Enclosure, Number};
use crate::theory::distribution::normal;

/// Bits of the certificate: what is lost is far below the margins.
const PRECISION: u32 = 128;
/// So many of this many parts of the share are for small |f(x)|; the best is taken.
const PARTS: u32 = 32;
const NEAREST: [u32; 6] = [21, 25, 28, 29, 30, 31];
/// Of the rest each event gets so many units: of a slice, of the network, and all of a kind that
/// is in every layer.
const SLICE_UNITS: u32 = 160;
const NETWORK_UNITS: u32 = 100;
const LAYER_UNITS: u32 = 24;
const HEAVY_UNITS: u32 = 50;
/// The first slice reaches so much further, and each one this much more than the last,
const FIRST: f64 = 0.02;
const MORE: f64 = 1.35;
/// but none more than this.
const WIDEST: f64 = 0.2;
/// Nothing is looked for at smaller depths.
const SHALLOWEST: usize = 32;
/// Widths are looked for from so many times L³ on, down by this factor so often.
const FROM: f64 = 10.0;
const FACTOR: f64 = 0.8;
const TIMES: i32 = 34;
/// Golden-section steps for θ.
const STEPS: u32 = 7;

/// Events of a slice.
const OF_SLICE: [Kind; 8] =
    [PULL, KEPT, SWAY, OVER, ACROSS_BELOW, ACROSS_ABOVE, SWING_BELOW, SWING_ABOVE];
/// Events of the network.
const OF_NETWORK: [Kind; 4] = [CHI_BELOW, CHI_ABOVE, QUOTIENTS_BELOW, QUOTIENTS_ABOVE];

/// The share of networks in which a step is to fail: one half.
pub fn share() -> Probability {
    Probability::half()
}

/// The events of `proofs/direct.md#converse-events` at depth L.
fn plan(depth: usize, nearest: u32) -> Shares {
    let layers = 1..=depth as u64;
    let once = |kinds: &[Kind], units: u32| -> Vec<_> {
        kinds.iter().map(|&kind| (kind, units * depth as u32)).collect()
    };
    let mut events = Vec::new();
    for (kind, units) in [once(&OF_SLICE, SLICE_UNITS), once(&OF_NETWORK, NETWORK_UNITS)].concat() {
        events.push((kind, WHOLE, units));
    }
    events.push((FAR, WHOLE, NETWORK_UNITS * depth as u32));
    events.extend(IN_LAYERS.map(|kind| (kind, layers.clone(), LAYER_UNITS)));
    events.extend([FLIPPED, JOINED].map(|kind| (kind, layers.clone(), HEAVY_UNITS)));
    let near = Shares::whole(NEAR).portion(nearest, PARTS);
    near.and(Shares::weighted(&events).portion(PARTS - nearest, PARTS))
}

/// y with P(|Z| < y) ≤ `share`, or with P(|Z| > y) ≤ `share` if `far`; `None` where the search
/// misses it.
fn cut(share: &Probability, far: bool) -> Option<f64> {
    let tail = if far { 0.5 * share.to_f64() } else { 0.5 * (1.0 - share.to_f64()) };
    let margin = if far { 1e-9 } else { -1e-9 };
    let y = normal::upper_quantile(tail) * (1.0 + margin);
    let at = Enclosure::point(PRECISION, y) / Enclosure::integer(PRECISION, 2).sqrt();
    let mass = if far { at.erfc() } else { at.erf() };
    (y > 0.0 && mass.certainly_le(&share.enclosure(PRECISION))).then_some(y)
}

/// The ends of the slices.
fn slices([from, to]: [f64; 2]) -> Vec<[f64; 2]> {
    let (mut low, mut step) = (from, FIRST);
    let mut found = Vec::new();
    while low < to {
        let high = (low * (1.0 + step)).min(to);
        found.push([low, high]);
        (low, step) = (high, (step * MORE).min(WIDEST));
    }
    found
}

/// A network of equal widths, and the step.
#[derive(Clone, Debug)]
struct Case<'a, N> {
    norms: Norms<N>,
    /// ℓ of the events of slices.
    nats: [N; 2],
    ends: [f64; 2],
    step: &'a N,
    rests: Events,
}

impl<'a, N: Number> Case<'a, N> {
    fn new(
        (width, depth): (u128, usize),
        step: &'a N,
        shares: [&Probability; 2],
        account: &mut Account<N>,
    ) -> Option<Self> {
        let mut rests = Events::default();
        account.draw_once(NEAR, &mut rests);
        account.draw_once(FAR, &mut rests);
        let ends = [cut(shares[0], false)?, cut(shares[1], true)?];
        let norms = Norms::new(width, depth, account, &mut rests)?;
        let once = OF_SLICE.map(|kind| account.draw_once(kind, &mut rests));
        let layers = 1..=depth as u64;
        let each =
            [FLIPPED, JOINED].map(|kind| account.draw_all(kind, layers.clone(), None, &mut rests));
        let largest = |prices: &[N]| {
            prices.iter().skip(1).fold(prices[0].clone(), |most, price| most.max(price))
        };
        let nats = [largest(&once), largest(&each)];
        Some(Case { norms, nats, ends, step, rests })
    }

    fn slice(&self, ends: [f64; 2], tilt: f64) -> Slice<N> {
        let weight = self.norms.weight(ends);
        let [nats, nats_layer] = self.nats.clone().map(|nats| nats + weight.clone());
        Slice { step: self.step.clone(), ends, nats, nats_layer, tilt }
    }

    /// F̂_L is at least this in the slice.
    fn output(&self, ends: [f64; 2], tilt: f64) -> Option<N> {
        least_output(&self.norms, &self.slice(ends, tilt))
    }
}

impl<'a> Case<'a, f64> {
    /// In `f64`, where so many parts are for small |f(x)|.
    fn rough(at: (u128, usize), step: &'a f64, nearest: u32) -> Option<Self> {
        let (plan, share) = (plan(at.1, nearest), share());
        let exact = Account::open(&Enclosure::integer(64, 0), &share, &plan, 64);
        let shares = [exact.share(NEAR), exact.share(FAR)];
        let mut account = Account::rough(share.nats(), &plan);
        Case::new(at, step, [&shares[0], &shares[1]], &mut account)
    }

    /// A good θ for a slice.
    fn tilt(&self, ends: [f64; 2]) -> f64 {
        let (n, depth) = (self.norms.n, self.norms.depth as f64);
        let usual = (depth.sqrt() * n / (depth * ends[0].powi(2))).sqrt() / depth.sqrt();
        let worse = |tilt: f64| self.output(ends, tilt).map_or(f64::INFINITY, |output| -output);
        argmin(usual.ln() - 0.7, usual.ln() + 3.2, STEPS, worse)
    }

    /// F̂_L in the first slice, at least: that in which most is lost.
    fn worst(&self) -> f64 {
        let Some(&first) = slices(self.ends).first() else { return f64::NEG_INFINITY };
        self.output(first, self.tilt(first)).unwrap_or(f64::NEG_INFINITY)
    }
}

/// The parts with the most to spare, and what is left.
fn best((width, depth): (u128, usize), t: f64) -> Option<(u32, f64)> {
    let left = |&parts: &u32| Some((parts, Case::rough((width, depth), &t, parts)?.worst()));
    NEAREST.iter().filter_map(left).max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Is it about such networks?
fn applies(params: &Params) -> bool {
    let plain = params.slope.is_relu() && params.bias.is_none() && params.classes.is_none();
    plain && params.architecture.depth() >= SHALLOWEST
}

/// For the step t in the networks of `params`: the events behind its failure in half of them, if
/// that is proved. `proofs/direct.md#fails`.
pub fn certify(params: &Params, t: &Enclosure) -> Option<Behind> {
    let architecture = &params.architecture;
    if !architecture.is_equal() || !applies(params) {
        return None;
    }
    let at = (architecture.input(), architecture.depth());
    let rough_step = t.to_f64();
    let (nearest, left) = best(at, rough_step)?;
    if left <= 0.0 {
        return None;
    }
    let rough = Case::rough(at, &rough_step, nearest)?;
    let one = Enclosure::integer(PRECISION, 1);
    let mut account = Account::open(&one, &share(), &plan(at.1, nearest), PRECISION);
    let shares = [account.share(NEAR), account.share(FAR)];
    let step = t.with_precision(PRECISION);
    let case = Case::new(at, &step, [&shares[0], &shares[1]], &mut account)?;
    let zero = Enclosure::integer(PRECISION, 0);
    let fails = |ends: [f64; 2]| {
        let least = case.output(ends, rough.tilt(ends));
        least.is_some_and(|output| zero.certainly_lt(&output))
    };
    let proved = slices(case.ends).into_par_iter().all(fails);
    let events = case.rests.clone();
    proved.then(|| Behind { book: account.close(), events })
}

/// The largest width found at which the step t is proved to fail in half of the networks of the
/// depth of `params`; `None` if there is none. That all smaller ones serve is not said.
/// `proofs/direct.md#bracket`.
pub fn widest_failing(params: &Params, t: &Enclosure) -> Option<u128> {
    if !params.architecture.is_equal() || !applies(params) {
        return None;
    }
    let (depth, rough) = (params.architecture.depth(), t.to_f64());
    let cube = (depth as f64).powi(3);
    let width = |part: f64| (part * cube) as u128;
    let serves = |part: f64, nearest: u32| {
        let case = Case::rough((width(part), depth), &rough, nearest);
        case.is_some_and(|case| case.worst() > 0.0)
    };
    // Wide networks first, with one way to spend the share.
    let mut parts = (0..TIMES).map(|k| FROM * FACTOR.powi(k));
    let first = parts.find(|&part| serves(part, NEAREST[3]))?;
    // What is best changes on the way up: chosen anew at the width found.
    let mut low = first;
    for _ in 0..2 {
        let (nearest, _) = best((width(low), depth), rough)?;
        let mut high = first / 0.7;
        while high / low > 1.002 && width(high) - width(low) > 1 {
            let middle = (low * high).sqrt();
            if serves(middle, nearest) { low = middle } else { high = middle }
        }
    }
    // Certified a little below what the search says.
    [0.0, 1e-3, 1e-2, 0.03, 0.1].into_iter().map(|less| width(low * (1.0 - less))).find(|&d| {
        let equal = Architecture::new(vec![d; depth + 1]);
        equal.is_ok_and(|equal| certify(&params.with_architecture(equal), t).is_some())
    })
}
