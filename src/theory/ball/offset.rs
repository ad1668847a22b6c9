//! How far the decision boundary of the linear function is, and what biases add to that.
//! `proofs/flip.md#step`.

use super::Networks;
use super::quantiles::Quantiles;
use crate::model::account::kind::{BACK_BELOW, RADIAL, RATIO};
use crate::model::account::{Account, Events, Shares, WHOLE};
use crate::num::Number;

/// With biases: |f(x)|/(‖∇f(x)‖‖x‖) has so many times the share of |⟨∇f(x), x⟩|/(‖∇f(x)‖‖x‖).
pub const SIZE_TO_RADIAL: u32 = 15;

/// The events of |f(x)|/(‖∇f(x)‖‖x‖) and, with biases, of |⟨∇f(x), x⟩|/(‖∇f(x)‖‖x‖), which without
/// is the same.
pub fn distance_plan(networks: &Networks<'_>) -> Shares {
    if networks.bias.is_none() {
        return Shares::whole(RATIO);
    }
    Shares::weighted(&[(RATIO, WHOLE, SIZE_TO_RADIAL), (RADIAL, WHOLE, 1)])
}

/// The quantile of |f(x)|/(‖∇f(x)‖‖x‖), from that of |U₁| and what biases add.
pub fn with_offset<N: Number>(u: N, offset: Option<N>) -> N {
    let Some(offset) = offset else { return u };
    let (one, rest) = (u.like(1.0), u.like(1.0) - u.square());
    if !u.like(0.0).below(&rest) {
        return u.like(f64::INFINITY);
    }
    u * ((one + offset) / rest).sqrt()
}

/// B ≤ this, but on these events: given the slopes and the weights but for their part along x,
/// f(x)‖G‖/(‖∇f(x)‖‖x‖) is normal of variance 1 + B. `None` without biases.
pub fn offset<N: Number>(
    networks: &Networks<'_>,
    like: &N,
    account: &mut Account<N>,
    behind: &mut Events,
) -> Option<N> {
    if networks.bias.is_none() {
        return None;
    }
    let (one, kept) = (like.like(1.0), networks.slope.kept(like));
    let mut quantiles = Quantiles::new(networks.slope.of(like));
    let squares = networks.bias.squares(networks.slope, networks.depth(), like);
    // Π_{k<i} μ(1 + 𝗌_k²)/s_k⁻, and the sum of 𝗌_i² times that.
    let mut signal = one.clone();
    let mut sum = squares[0].clone();
    for (i, pair) in (1..).zip(squares.windows(2)) {
        let least = quantiles.draw(BACK_BELOW, (i, networks.widths[i]), account, behind);
        if !like.like(0.0).below(&least) {
            return Some(like.like(f64::INFINITY));
        }
        signal = signal * kept.clone() * (one.clone() + pair[0].clone()) / least;
        sum = sum + pair[1].clone() * signal.clone();
    }
    Some(sum)
}
