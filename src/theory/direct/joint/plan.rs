//! How δ is shared over slices and events, and which step is taken: searched in `f64`, then
//! certified.

use super::norms::{IN_LAYERS, Norms};
use super::slices::{self, Slice};
use super::walk::{Nats, Walk};
use crate::model::account::kind::{
    ACROSS_ABOVE, CHI_ABOVE, CHI_BELOW, CUT, FRESH_BELOW, KEPT, QUOTIENTS_ABOVE, QUOTIENTS_BELOW,
    RATIO, RELATIVE_ABOVE, SWAY, SWING_ABOVE, SWING_BELOW,
};
use crate::model::account::{Account, Behind, Events, Shares, WHOLE};
use crate::model::norm::Norm;
use crate::model::params::{Params, Probability};
use crate::num::search::argmin;
use crate::num::{Enclosure, Number};
use crate::theory::direct::curves::least_active;
use crate::theory::distribution::ratio::RatioLaw;
use crate::theory::tail::BinomialCut;

// Each of the following decides how near the best a bound comes, and none whether it is true. They
// were found by trial at equal widths of 1 to 10 layers, where thresholds hardly depend on them.

/// So many of 20 parts of δ are for κ > q.
const PARTS: [u32; 3] = [8, 12, 15];
const ALL: u32 = 20;
/// By how much more of a slice's events fail at the largest κ than at 0: e to these.
const RISES: [f64; 4] = [3.0, 6.0, 10.0, 16.0];
/// Of the rest each event gets so many units: F̂ itself, what is left of it, R and R/Y, α,
const OUTPUT: u32 = 40;
const KEEPING: u32 = 12;
const ACROSS: u32 = 11;
const SWING: u32 = 6;
/// ‖G₀‖, products over layers, and all events of layers together.
const GRADIENT: u32 = 2;
const PRODUCTS: u32 = 1;
const LAYERS: u32 = 9;
/// Steps t that are tried.
const STEPS: (f64, f64) = (1.3, 6.0);
/// Golden-section steps for t and for θ.
const FINE: u32 = 8;
const TILTS: u32 = 16;
/// θ is between these.
const RANGE: (f64, f64) = (0.5, 4000.0);
/// Up to this many neurons the law of the active ones is summed in searches.
const SUMMED: u128 = 1000;

/// How δ is spent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spending {
    /// So many of 20 parts are for κ > q.
    parts: u32,
    /// By e to this more of a slice's events may fail at the largest κ than at 0.
    rise: f64,
}

/// Is this way open: ReLU without biases, the shortest step in ℓ₂?
pub fn serves(params: &Params) -> bool {
    params.slope.is_relu()
        && params.bias.is_none()
        && params.norm == Norm::L2
        && params.architecture.depth() > 0
        && params.architecture.input() > 1
}

/// The events of `proofs/direct.md#joint-events` at depth L.
fn plan(depth: usize, parts: u32) -> Shares {
    let kinds = IN_LAYERS.len() as u32 + 1;
    let each = kinds * depth as u32;
    let mut events = vec![
        (SWAY, WHOLE, OUTPUT * each),
        (SWING_BELOW, WHOLE, SWING * each),
        (SWING_ABOVE, WHOLE, SWING * each),
        (CHI_BELOW, WHOLE, GRADIENT * each),
        (CHI_ABOVE, WHOLE, GRADIENT * each),
        (QUOTIENTS_BELOW, WHOLE, PRODUCTS * each),
        (QUOTIENTS_ABOVE, WHOLE, PRODUCTS * each),
    ];
    events.extend(IN_LAYERS.map(|kind| (kind, 1..=depth as u64, LAYERS)));
    if depth > 1 {
        events.push((FRESH_BELOW, 1..=depth as u64 - 1, LAYERS));
        events.push((KEPT, WHOLE, KEEPING * each));
        events.push((ACROSS_ABOVE, WHOLE, ACROSS * each));
        events.push((RELATIVE_ABOVE, WHOLE, ACROSS * each));
    }
    let rest = Shares::weighted(&events).portion(ALL - parts, ALL);
    Shares::whole(RATIO).portion(parts, ALL).and(rest)
}

/// Draws the events of slices.
fn draw<N: Number>(depth: usize, account: &mut Account<N>, rests: &mut Events) -> Nats<N> {
    let output = account.draw_once(SWAY, rests);
    let swing = [SWING_BELOW, SWING_ABOVE].map(|kind| account.draw_once(kind, rests));
    let several = [KEPT, ACROSS_ABOVE, RELATIVE_ABOVE];
    // With one hidden layer nothing of the kind is used.
    let [kept, across, relative] = several
        .map(|kind| if depth > 1 { account.draw_once(kind, rests) } else { output.like(0.0) });
    Nats { output, kept, across, relative, swing }
}

/// A good θ for a slice, and Φ there.
fn tilt(walk: &Walk<f64>) -> (f64, f64) {
    let at = |theta: f64| walk.output(&theta).unwrap_or(f64::INFINITY);
    let theta = argmin(RANGE.0.ln(), RANGE.1.ln(), TILTS, at);
    (theta, at(theta))
}

/// In `f64`, for one network and one way to spend δ.
pub struct Search {
    norms: Norms<f64>,
    slices: Vec<Slice<f64>>,
    nats: Nats<f64>,
}

impl Search {
    /// `None` where nothing is proved at any step.
    pub fn new(params: &Params, law: &RatioLaw, spending: Spending) -> Option<Self> {
        let (depth, widths) = (params.architecture.depth(), params.architecture.widths());
        let plan = plan(depth, spending.parts);
        let mut account = Account::rough(params.delta.nats(), &plan);
        let mut rests = Events::default();
        let nats = draw(depth, &mut account, &mut rests);
        let price = account.price(CUT);
        let cut = |n: u128| Some(least_active(n, price, SUMMED));
        let norms = Norms::new(widths, &mut account, &mut rests, cut)?;
        let last = params.delta.portion(spending.parts, ALL);
        let slices = slices::rough(law, &last, spending.rise)?;
        Some(Search { norms, slices, nats })
    }

    fn walk(&self, slice: &Slice<f64>, t: f64) -> Option<Walk<f64>> {
        Walk::new(&self.norms, slice, &t, &self.nats)
    }

    /// F̂_L, at most; large where nothing is proved.
    pub fn output(&self, t: f64) -> f64 {
        let mut most = f64::NEG_INFINITY;
        for (left, slice) in self.slices.iter().enumerate().rev() {
            match self.walk(slice, t).map(|walk| tilt(&walk).1) {
                Some(output) if output < 10.0 => most = most.max(output),
                // The later it fails, the better.
                _ => return 1e3 * (left + 1) as f64,
            }
        }
        most
    }

    /// Is the sign proved to flip?
    pub fn flips(&self, t: f64) -> bool {
        let negative =
            |slice: &Slice<f64>| self.walk(slice, t).is_some_and(|walk| tilt(&walk).1 < 0.0);
        self.slices.iter().rev().all(negative)
    }

    /// The t with the most to spare, as a part of t.
    fn best(&self) -> f64 {
        let (low, high) = STEPS;
        let spared = |excess: f64| self.output(1.0 + excess) / (1.0 + excess);
        1.0 + argmin((low - 1.0).ln(), (high - 1.0).ln(), FINE, spared)
    }
}

/// How δ is spent best at the step t, as found.
fn best_spending(params: &Params, law: &RatioLaw, t: f64) -> Spending {
    let ways = PARTS.into_iter().flat_map(|parts| RISES.map(|rise| Spending { parts, rise }));
    let ranked = ways.map(|way| {
        (way, Search::new(params, law, way).map_or(f64::INFINITY, |search| search.output(t)))
    });
    let best = ranked.min_by(|a, b| a.1.total_cmp(&b.1));
    best.map_or(USUAL, |best| best.0)
}

/// What serves in most networks.
pub const USUAL: Spending = Spending { parts: 12, rise: 6.0 };

/// A step and a way to spend δ that are near the best; `None` where this way is not open.
pub fn choose(params: &Params, law: &RatioLaw) -> Option<(f64, Spending)> {
    if !serves(params) {
        return None;
    }
    // The best way hardly depends on t.
    let typical = Search::new(params, law, USUAL)?.best();
    let spending = best_spending(params, law, typical);
    Some((Search::new(params, law, spending)?.best(), spending))
}

/// What is proved of one step.
#[derive(Clone, Debug)]
pub struct Joint {
    /// F̂_L = f(x + u)/f(x) is below this; negative.
    pub output: Enclosure,
    /// q, which κ does not exceed.
    pub quantile: Enclosure,
    /// The events behind it.
    pub behind: Behind,
}

/// For the step t; `None` where the sign is not proved to flip. `proofs/direct.md#joint`.
pub fn certify(params: &Params, law: &RatioLaw, t: &Enclosure) -> Option<Joint> {
    if !serves(params) {
        return None;
    }
    let (precision, rough) = (params.precision(), t.to_f64());
    let spending = best_spending(params, law, rough);
    let search = Search::new(params, law, spending)?;
    if !search.flips(rough) {
        return None;
    }
    let (depth, widths) = (params.architecture.depth(), params.architecture.widths());
    let plan = plan(depth, spending.parts);
    let zero = Enclosure::integer(precision, 0);
    let mut account = Account::open(&zero, &params.delta, &plan, precision);
    let mut events = Events::default();
    account.draw_once(RATIO, &mut events);
    let nats = draw(depth, &mut account, &mut events);
    let [share, last] = [CUT, RATIO].map(|kind| account.share(kind));
    let cut = |n: u128| active(n, &share, precision);
    let norms = Norms::new(widths, &mut account, &mut events, cut)?;
    let slices = slices::certified(law, &last, spending.rise, precision)?;
    // Less than this is never claimed.
    let mut output = zero.like(1.0) - t.clone();
    for (slice, near) in slices.iter().zip(&search.slices) {
        let theta = tilt(&search.walk(near, rough)?).0;
        let walk = Walk::new(&norms, slice, t, &nats)?;
        output = output.max(&walk.output(&zero.like(theta))?);
    }
    let behind = Behind { book: account.close(), events };
    let quantile = slices.last()?.ends[1].clone();
    let paid = behind.book.overdrawn().is_none();
    (output.below(&zero) && paid).then_some(Joint { output, quantile, behind })
}

/// A number of neurons that Bin(n, ½) is certainly below with no more than this probability.
fn active(n: u128, share: &Probability, precision: u32) -> Option<u128> {
    let found = BinomialCut::new(n, share, precision);
    found.failure.certainly_le(&share.enclosure(precision)).then_some(found.at)
}
