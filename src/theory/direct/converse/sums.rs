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

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    /// E h(Z, |g|) over 0 < |g| < sZ, by midpoints in polar coordinates Z = ϱ cos ψ, |g| = ϱ sin ψ.
    fn mean(s: f64, h: impl Fn(f64, f64) -> f64) -> f64 {
        let (far, steps) = (12.0, 600);
        let (across, around) = (far / f64::from(steps), s.atan() / f64::from(steps));
        let point = |i: i32, j: i32| {
            let radius = (f64::from(i) + 0.5) * across;
            let (sin, cos) = ((f64::from(j) + 0.5) * around).sin_cos();
            radius * (-0.5 * radius * radius).exp() * h(radius * cos, radius * sin)
        };
        let sum: f64 = (0..steps).map(|i| (0..steps).map(|j| point(i, j)).sum::<f64>()).sum();
        sum * across * around / PI
    }

    #[test]
    fn means_are_between_their_bounds() {
        // Midpoints are right to about 1e-5.
        let at_most = |value: f64, bound: f64| {
            assert!(value < bound * (1.0 + 1e-4), "{value} {bound}");
            assert!(value > 0.6 * bound, "{value} {bound}");
        };
        for s in [0.01, 0.1, 0.4] {
            let own = |z: f64, g: f64| z * (z - g / s);
            assert!((mean(s, own) / share(&s) - 1.0).abs() < 1e-4, "{s}");
            let rest = |z: f64, g: f64| (z - g / s).powi(2);
            let turned = |z: f64, g: f64| z * z - (g / s).powi(2);
            let third = excess(&s) * s;
            at_most(mean(s, rest), third);
            at_most(third * (1.0 - s * s / 5.0), mean(s, rest));
            at_most(mean(s, turned), 2.0 * third);
            at_most(2.0 * third * (1.0 - 0.4 * s * s), mean(s, turned));
            at_most(mean(s, |z, g| own(z, g).powi(2)), 8.0 * s / (3.0 * PI));
            at_most(mean(s, |z, g| rest(z, g).powi(2)), 8.0 * s / (5.0 * PI));
            at_most(mean(s, |z, g| turned(z, g).powi(2)), 64.0 * s / (15.0 * PI));
            let lambda = 0.05;
            let raised = widened(&lambda);
            at_most(mean(s, |z, g| own(z, g) * (lambda * z * z).exp()), raised * s / PI);
            at_most(mean(s, |z, g| rest(z, g) * (lambda * z * z).exp()), raised * third);
            at_most(mean(s, |z, g| turned(z, g) * (lambda * z * z).exp()), 2.0 * raised * third);
        }
    }

    /// The tail of the sum over 400 neurons, at a λ that is near the best, and at one that is not.
    #[test]
    fn sums_are_rarely_above() {
        for (most, s, nats) in [(400.0, 0.2, 5.0), (400.0, 0.01, 5.0), (1e6, 0.01, 20.0)] {
            let bound = share_above(&most, &s, &nats);
            let mean = most * s / PI;
            let by_hand =
                [1e-3, 0.01, 0.05, 0.2].map(|lambda| mean * widened(&lambda) + nats / lambda);
            let best = by_hand.into_iter().fold(f64::INFINITY, f64::min);
            assert!(bound > mean && bound < 1.1 * best, "{bound} {best}");
        }
    }
}
