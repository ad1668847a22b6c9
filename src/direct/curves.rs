//! Products of sums over neurons, layer by layer, bounded in all layers at once by Ville's inequality.
//! `proofs/direct.md#curves`.

use std::collections::HashMap;

use super::terms::log_mean_of_square;
use crate::num::{Enclosure, Number};
use crate::params::Probability;
use crate::tail::{BinomialCut, rectified_log_negative_moment};

/// log Π_{j≤i} S_j/d_j for i = 0, 1, …, where S_j ~ S(d_j) are independent.
#[derive(Clone, Debug)]
pub struct Curves<N> {
    /// Bounds from above, in all layers at once with probability 1 − e^{−ℓ}.
    pub upper: Vec<N>,
    /// Bounds from below, likewise.
    pub lower: Vec<N>,
    /// The order of the moments.
    pub order: f64,
}

/// A good order of moments for the hidden widths `widths`.
fn order(widths: &[u128], nats: f64) -> f64 {
    let fluctuation: f64 = widths.iter().map(|&d| 5.0 / d as f64).sum();
    let free = (2.0 * nats / fluctuation).sqrt();
    // Negative moments exist up to half of the neurons that are active for certain.
    let narrowest = widths.iter().copied().min().map_or(1.0, |d| d as f64);
    free.min(0.15 * narrowest)
}

/// Running bounds from the logarithms of the moments of order ±p.
fn running<N: Number>(
    nats: &N,
    p: &N,
    widths: &[u128],
    moment: impl Fn(u128) -> N,
    sign: f64,
) -> Vec<N> {
    let mut known: HashMap<u128, N> = HashMap::new();
    let mut sum = nats.clone();
    let mut curve = vec![nats.like(0.0)];
    for &n in widths {
        sum = sum + known.entry(n).or_insert_with(|| moment(n)).clone();
        curve.push(sum.clone() / p.clone() * nats.like(sign));
    }
    curve
}

impl Curves<f64> {
    /// For searches.
    pub fn rough(widths: &[u128], nats: f64) -> Self {
        let p = order(widths, nats);
        // E y^{−p} is about its value by the saddle point, of which 1/(eμ/p)^p E e^{−μS} is the main part.
        let negative = |n: u128| {
            let n = n as f64;
            let fixed = (0..60).fold(2.0 * p / n, |mu: f64, _| {
                let root = (1.0 + 2.0 * mu).sqrt();
                let mean = 0.5 * root.powi(-3) / (0.5 + 0.5 / root);
                0.5 * mu + 0.5 * p / (n * mean)
            });
            let root = (1.0 + 2.0 * fixed).sqrt();
            let log_mean = (-fixed / ((root + 1.0) * root)).ln_1p();
            p + p * (fixed * n / p).ln() + n * log_mean + 2.5 * p / n
        };
        Curves {
            upper: running(&nats, &p, widths, |n| log_power_moment(n, &p, &0.0), 1.0),
            lower: running(&nats, &p, widths, negative, -1.0),
            order: p,
        }
    }
}

impl Curves<Enclosure> {
    /// Rigorously; each layer's cut fails with probability at most `cut`.
    pub fn certified(widths: &[u128], nats: &Enclosure, cut: &Probability) -> Self {
        let p = order(widths, nats.to_f64());
        let exact = nats.like(p);
        let negative = |n: u128| {
            let found = BinomialCut::new(n, cut, nats.precision());
            if !found.failure.certainly_le(&cut.enclosure(nats.precision())) {
                return Enclosure::whole(nats.precision());
            }
            rectified_log_negative_moment(n, &exact, found.at).hi()
        };
        Curves {
            upper: running(
                nats,
                &exact,
                widths,
                |n| log_power_moment(n, &exact, &nats.like(0.0)),
                1.0,
            ),
            lower: running(nats, &exact, widths, negative, -1.0),
            order: p,
        }
    }
}

/// log of a bound on E(V/n)^p, V = Σ_k (1_A ξ² + 1_I a²) with a = (ξ − |g|/r)₊ and fair coins A, I:
/// (p/(eλn))^p E e^{λV}, for a good λ. With r = 0 it is that of rectified sums.
pub fn log_power_moment<N: Number>(n: u128, p: &N, r: &N) -> N {
    let (one, two) = (p.like(1.0), p.like(2.0));
    let each = p.to_f64() / n as f64;
    let lambda = (0..4).fold(2.0 * each, |lambda: f64, _| {
        let free = (1.0 - 2.0 * lambda).max(1e-3);
        let mean = 0.5 * free.powf(-1.5) / (0.5 + 0.5 * free.powf(-0.5));
        (each / (mean * (1.0 + 0.21 * r.to_f64()))).min(0.45)
    });
    let lambda = p.like(lambda);
    let free = one.clone() - two.clone() * lambda.clone();
    let active = (-(free.ln() / two.clone())).exp_m1();
    let inactive = if r.to_f64() == 0.0 {
        p.like(0.0)
    } else {
        log_mean_of_square(r, &(two.clone() * lambda.clone()).sqrt()).exp_m1()
    };
    let log_mean = ((active + inactive) / two).ln_1p();
    p.clone() * ((p.clone() / (lambda * p.whole(n))).ln() - one) + p.whole(n) * log_mean
}
