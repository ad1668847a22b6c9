//! Sums over the neurons of a layer that flip, from the normal variables of each.
//! `proofs/direct.md#flipping-sums`.

use crate::num::Number;

/// The largest parameter of an exponential moment that is used: 1 − 2λ stays well above 0.
pub const MOST: f64 = 0.2;

/// P(sZ > |g|) = E Z(Z − |g|/s)₊ = arctan(s)/π.
pub fn share<N: Number>(s: &N) -> N {
    s.atan() / s.pi()
}

/// x with P(Σ Z(Z − |g|/s)₊ ≥ x) ≤ e^{−nats} over at most `most` neurons.
pub fn share_above<N: Number>(most: &N, s: &N, nats: &N) -> N {
    let mean = most.clone() * s.clone() / s.pi();
    let best = (0.25 * nats.to_f64() / mean.to_f64()).sqrt();
    let lambda = s.like(if best < MOST { best } else { MOST });
    mean * widened(&lambda) + nats.clone() / lambda
}

/// (1 − 2λ)⁻², by which e^{λZ²} raises the means below, at most.
pub fn widened<N: Number>(lambda: &N) -> N {
    let rest = lambda.like(1.0) - lambda.like(2.0) * lambda.clone();
    lambda.like(1.0) / rest.square()
}

/// 2/(3π): E (Z − |g|/s)₊² is at most this times s.
pub fn excess<N: Number>(like: &N) -> N {
    like.like(2.0) / (like.like(3.0) * like.pi())
}
