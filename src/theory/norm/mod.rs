//! The start of the direct route where the step is the shortest in another norm than ℓ₂: by how
//! much it is longer in ℓ₂, and how far it is along the input. `proofs/norm.md`.

mod crowd;
mod form;
pub mod law;
mod signs;
mod top;

use std::ops::RangeInclusive;

use crate::model::account::kind::{ALIGNED, CROWD_ABOVE, CROWD_BELOW, SLANT, STRETCH};
use crate::model::account::{Account, Events, Kind, WHOLE};
use crate::model::norm::{Input, Norm};
use crate::model::params::Params;
use crate::num::Number;

/// Peaks up to so many times the stretch serve better than a sum over the entries of the input.
const SERVES: f64 = 2.0;
/// Entries of which `f64` still resolves the deviations, in searches.
const SEARCHED: f64 = 1e14;
/// An event that decides how long the step is gets so many times the share of one that does not.
const WEIGHT: u32 = 6;
/// One on how many entries are large gets so many.
const CROWD: u32 = 2;

/// Where the step leads, in units of the step along the gradient.
#[derive(Clone, Debug)]
pub struct Start<N> {
    /// χ = ‖u‖‖∇f‖/(t|f|) is at most this, which is 1 for ℓ₂.
    pub stretch: N,
    /// 1 − α₀ is at most t q² times this, for all κ up to q; 1 for ℓ₂.
    pub fall: N,
    /// α₀ − 1 is at most t q² times this, for all κ up to q; 0 for ℓ₂.
    pub rise: N,
    /// By at most t κ|C₀/f| q times this biases move 1 − α₀; 1 for ℓ₂, and 0 where fall and rise
    /// have all of it.
    pub shift: N,
}

/// Events of one kind: what, where, and with which weight.
type Family = (Kind, RangeInclusive<u64>, u32);

/// The events behind a bound on χ, with their weights.
pub fn stretch_events(norm: &Norm, input: u128) -> Vec<Family> {
    if norm.is_straight(input) {
        return Vec::new();
    }
    match norm.coordinates(input) {
        None => vec![(STRETCH, WHOLE, WEIGHT)],
        Some(_) => {
            vec![(STRETCH, WHOLE, WEIGHT), (CROWD_BELOW, WHOLE, CROWD), (CROWD_ABOVE, WHOLE, CROWD)]
        }
    }
}

/// The events behind the start.
pub fn events(params: &Params) -> Vec<Family> {
    let input = params.architecture.input();
    let mut events = stretch_events(&params.norm, input);
    if !params.norm.is_straight(input) {
        events.push((SLANT, WHOLE, 1));
        if by_entries(params) {
            events.push((ALIGNED, WHOLE, 1));
        }
    }
    events
}

/// Are the entries of the input summed up? For few coordinates only where its peak serves less.
fn by_entries(params: &Params) -> bool {
    let input = params.architecture.input();
    match &params.norm {
        Norm::L2 | Norm::Linf => false,
        Norm::Form(_) => true,
        Norm::L1 | Norm::Top(_) => {
            let stretch = expected_stretch(&params.norm, input);
            let known = params.input.as_ref().filter(|x| x.fits(input).is_ok());
            known.is_some_and(|x| x.peak(&1.0) > SERVES * stretch)
        }
    }
}

/// χ, at most, with all that it rests on. `proofs/norm.md#stretch`.
pub fn stretch<N: Number>(
    norm: &Norm,
    input: u128,
    like: &N,
    account: &mut Account<N>,
    rests: &mut Events,
) -> N {
    if norm.is_straight(input) {
        return like.like(1.0);
    }
    let mut draw = |kind| account.draw_once(kind, rests);
    match norm {
        Norm::L2 => like.like(1.0),
        Norm::Linf => signs::stretch(input, &draw(STRETCH)),
        Norm::Form(form) => form::stretch(&form.weights, &draw(STRETCH)),
        Norm::L1 | Norm::Top(_) => {
            let [nats, fewer, more] = [STRETCH, CROWD_BELOW, CROWD_ABOVE].map(&mut draw);
            let count = norm.coordinates(input).unwrap_or(1);
            top::stretch(input, count, [&nats, &fewer, &more])
        }
    }
}

/// The start, for |f|/(‖∇f‖‖x‖) up to q. `proofs/norm.md#start`.
pub fn start<N: Number>(
    params: &Params,
    quantile: &N,
    account: &mut Account<N>,
    rests: &mut Events,
) -> Start<N> {
    let (one, input) = (quantile.like(1.0), params.architecture.input());
    let stretch = stretch(&params.norm, input, quantile, account, rests);
    if params.norm.is_straight(input) {
        return Start { fall: one.clone(), rise: quantile.like(0.0), shift: one, stretch };
    }
    // P(|Σ s_k v_k| > z‖v‖) ≤ 2e^{−z²/2} for fair signs; always at most √k for k of them.
    let two = quantile.like(2.0);
    let mut signs = (two.clone() * (account.draw_once(SLANT, rests) + two.ln())).sqrt();
    if let Some(count) = params.norm.coordinates(input) {
        signs = signs.min(&quantile.whole(count).sqrt());
    }
    let dimension = quantile.whole(input);
    let aligned = if by_entries(params) {
        let nats = account.draw_once(ALIGNED, rests);
        match &params.norm {
            Norm::Form(form) => form::aligned(form, params.input.as_ref(), &nats),
            _ => stretch.square() * form::aligned_entries(params.input.as_ref(), &nats),
        }
    } else if params.norm == Norm::Linf {
        // All signs weigh the same.
        one.clone() / dimension
    } else {
        peak(params.input.as_ref(), quantile).square() / dimension
    };
    // No more than ‖w‖‖g‖, always.
    let factor = (signs * aligned.min(&one).sqrt()).min(&one);
    let slant = stretch.clone() * factor / quantile.clone();
    Start { fall: slant.clone(), rise: slant, shift: quantile.like(0.0), stretch }
}

/// √d max|x_k|/‖x‖; 1 where all entries are of one size.
fn peak<N: Number>(input: Option<&Input>, like: &N) -> N {
    input.map_or_else(|| like.like(1.0), |input| input.peak(like))
}

/// χ in the limit of large d, without proof.
pub fn expected_stretch(norm: &Norm, input: u128) -> f64 {
    match norm {
        Norm::L2 => 1.0,
        Norm::Linf => signs::expected(),
        Norm::Form(form) => form::expected(&form.weights),
        _ if norm.is_straight(input) => 1.0,
        Norm::L1 | Norm::Top(_) => top::expected(input, norm.coordinates(input).unwrap_or(1)),
    }
}

/// Values in order, with how often each occurs.
fn counted<T: PartialEq>(sorted: Vec<T>) -> Vec<(T, u128)> {
    let mut counts: Vec<(T, u128)> = Vec::new();
    for value in sorted {
        match counts.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => counts.push((value, 1)),
        }
    }
    counts
}

/// The least c found between 1 and `most` with `holds`, which is to hold from some c on.
fn least(most: f64, steps: u32, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, (most - 1.0).max(0.0).ln());
    if !holds(most) {
        return most;
    }
    low += high - 45.0;
    // By bisection on the logarithm of c − 1.
    for _ in 0..steps {
        let middle = 0.5 * (low + high);
        if holds(1.0 + middle.exp()) { high = middle } else { low = middle }
    }
    1.0 + high.exp()
}

/// Steps of a bisection: a few digits are enough for searches, of which there are many.
fn steps<N: Number>() -> u32 {
    if N::ROUGH { 24 } else { 46 }
}

/// Certifies what was found: a little more than `found` where that is proved by `holds`, otherwise
/// `most`, which needs no proof.
fn certified<N: Number>(found: f64, most: N, holds: impl Fn(&N) -> bool) -> N {
    if N::ROUGH {
        return most.like(found).min(&most);
    }
    let margins = [1e-12, 1e-9, 1e-6, 1e-4, 1e-2, 0.1];
    let tried = margins.into_iter().map(|margin| most.like(1.0 + (found - 1.0) * (1.0 + margin)));
    tried.take_while(|c| c.below(&most)).find(holds).unwrap_or(most)
}
