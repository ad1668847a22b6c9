//! The start of the direct route where the step is the shortest in another norm than ℓ₂: by how
//! much it is longer in ℓ₂, and how far it is along the input. `proofs/norm.md`.

mod crowd;
mod form;
pub mod law;
mod signs;
mod top;

use crate::model::account::kind::{
    ALIGNED, CHI_BELOW, CROWD_ABOVE, CROWD_BELOW, DUAL, SLANT, STRETCH,
};
use crate::model::account::{Account, Events, Kind};
use crate::model::norm::{Input, Norm};
use crate::model::params::Params;
use crate::num::Number;
use crate::theory::tail::sets;

/// Up to this peak of an input, squared, its peak serves better than a sum over its entries.
const FLAT: f64 = 20.0;
/// An event that decides how long the step is gets so many times the share of one that does not.
const WEIGHT: u32 = 6;

/// Where the step leads, in units of the step along the gradient.
#[derive(Clone, Debug)]
pub struct Start<N> {
    /// χ = ‖u‖‖∇f‖/(t|f|) is at most this, which is 1 for ℓ₂.
    pub stretch: N,
    /// 1 − α₀ is at most t q² times this, for all κ up to q; 1 for ℓ₂.
    pub fall: N,
    /// α₀ − 1 is at most t q² times this, for all κ up to q; 0 for ℓ₂.
    pub rise: N,
}

/// The events behind a bound on χ, with their weights.
pub fn stretch_events(norm: &Norm) -> Vec<(Kind, u32)> {
    match norm {
        Norm::L2 => Vec::new(),
        Norm::Linf | Norm::Form(_) => vec![(STRETCH, WEIGHT)],
        Norm::L1 | Norm::Top(_) => {
            [STRETCH, CROWD_BELOW, CROWD_ABOVE].map(|kind| (kind, WEIGHT)).into()
        }
    }
}

/// The events behind the start.
pub fn events(params: &Params) -> Vec<(Kind, u32)> {
    let mut events = stretch_events(&params.norm);
    if !params.norm.is_l2() {
        events.push((SLANT, 1));
    }
    if matches!(params.norm, Norm::Form(_)) {
        events.extend([(ALIGNED, 1), (DUAL, 1)]);
    } else if by_entries(params) {
        events.push((ALIGNED, 1));
    }
    events
}

/// For few coordinates: is the input so peaked that its entries are summed up?
fn by_entries(params: &Params) -> bool {
    let few = matches!(params.norm, Norm::L1 | Norm::Top(_));
    few && params.input.as_ref().is_some_and(|input| input.peak(&1.0).powi(2) > FLAT)
}

/// χ, at most, with all that it rests on. `proofs/norm.md#stretch`.
pub fn stretch<N: Number>(
    norm: &Norm,
    input: u128,
    like: &N,
    account: &mut Account<N>,
    rests: &mut Events,
) -> N {
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
    if params.norm.is_l2() {
        return Start { fall: one.clone(), rise: quantile.like(0.0), stretch };
    }
    // P(|Σ s_k v_k| > z‖v‖) ≤ 2e^{−z²/2} for fair signs.
    let two = quantile.like(2.0);
    let signs = (two.clone() * (account.draw_once(SLANT, rests) + two.ln())).sqrt();
    let dimension = quantile.whole(input);
    let aligned = match &params.norm {
        Norm::Form(form) => {
            let nats = [ALIGNED, DUAL].map(|kind| account.draw_once(kind, rests));
            form::aligned(form, params.input.as_ref(), [&nats[0], &nats[1]])
        }
        _ if by_entries(params) => {
            let most = sets::chi_square_upper(1, &account.draw_once(ALIGNED, rests));
            let least = sets::chi_square_lower(input, &account.draw_once(CHI_BELOW, rests));
            stretch.square() * most / (least * dimension)
        }
        // All signs weigh the same.
        Norm::Linf => one / dimension,
        _ => peak(params.input.as_ref(), quantile).square() / dimension,
    };
    let slant = signs * stretch.clone() * aligned.sqrt() / quantile.clone();
    Start { fall: slant.clone(), rise: slant, stretch }
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
        Norm::L1 | Norm::Top(_) => top::expected(input, norm.coordinates(input).unwrap_or(1)),
    }
}

/// The least c found between 1 and `most` with `holds`, which is to hold from some c on.
fn least(most: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, (most - 1.0).max(0.0).ln());
    if !holds(most) {
        return most;
    }
    low += high - 45.0;
    // By bisection on the logarithm of c − 1.
    for _ in 0..46 {
        let middle = 0.5 * (low + high);
        if holds(1.0 + middle.exp()) { high = middle } else { low = middle }
    }
    1.0 + high.exp()
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
