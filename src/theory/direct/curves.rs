//! Products of sums over neurons, layer by layer, bounded in all layers at once by Ville's
//! inequality. `proofs/direct.md#curves`.

use std::collections::HashMap;

use super::terms::log_mean_of_square;
use crate::model::account::kind::{
    BACK_CUT, BACK_PRODUCTS_ABOVE, BACK_PRODUCTS_BELOW, CUT, FRESH_CUT, FRESH_PRODUCTS_BELOW,
    PRODUCTS_BELOW,
};
use crate::model::account::{Account, Events};
use crate::model::slope::Slope;
use crate::num::{Enclosure, Number};
use crate::theory::tail::{BinomialCut, rectified_log_negative_moment};

/// log Π_{j≤i} S_j/d_j for i = 0, 1, …, where S_j ~ S(d_j) are independent.
#[derive(Clone, Debug)]
pub struct Curves<N> {
    /// Bounds from above, in all layers at once with probability 1 − e^{−ℓ}.
    pub upper: Vec<N>,
    /// Bounds from below, likewise.
    pub lower: Vec<N>,
    /// The order of the moments.
    pub order: f64,
    /// The events behind the bounds.
    pub rests: Events,
}

/// A good order of moments for the hidden widths `widths`, of which the narrowest is cut with
/// probability e^{−cut}.
fn order(widths: &[u128], nats: f64, cut: f64) -> f64 {
    let fluctuation: f64 = widths.iter().map(|&d| 5.0 / d as f64).sum();
    let free = (2.0 * nats / fluctuation).sqrt();
    let narrowest = widths.iter().copied().min().unwrap_or(1);
    // Negative moments exist up to half of the neurons that are active for certain.
    free.min(0.45 * least_active(narrowest, cut) as f64)
}

/// Widths up to which the binomial law is summed in searches.
const SUMMED: u128 = 400;

/// About the largest number that Bin(n, ½) falls below with probability at most e^{−nats}, at least
/// 1.
fn least_active(n: u128, nats: f64) -> u128 {
    if n > SUMMED {
        let deviation = (0.5 * nats * n as f64).sqrt();
        return (n as f64 / 2.0 - deviation).max(1.0) as u128;
    }
    let mut weight = 0.5f64.powi(n as i32);
    let mut sum = weight;
    for k in 1..n {
        weight *= (n - k + 1) as f64 / k as f64;
        sum += weight;
        if sum > (-nats).exp() {
            return k;
        }
    }
    n
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

/// The larger, for the dearest of several events that share one number.
fn largest<N: Number>(a: &N, b: &N) -> N {
    -(-a.clone()).min(&-b.clone())
}

/// Draws the events of the curves, in as many layers: ℓ of those from below, and of that from
/// above.
fn draw<N: Number>(layers: u64, account: &mut Account<N>, rests: &mut Events) -> [N; 2] {
    let products = [PRODUCTS_BELOW, BACK_PRODUCTS_BELOW, FRESH_PRODUCTS_BELOW];
    let [a, b, c] = products.map(|kind| account.draw_once(kind, rests));
    for cut in [CUT, BACK_CUT, FRESH_CUT] {
        account.draw_all(cut, 1..=layers, None, rests);
    }
    [largest(&largest(&a, &b), &c), account.draw_once(BACK_PRODUCTS_ABOVE, rests)]
}

/// Those of a network without a layer below the last.
fn empty<N: Number>(like: &N) -> Curves<N> {
    let curve = || vec![like.like(0.0)];
    Curves { upper: curve(), lower: curve(), order: 1.0, rests: Events::default() }
}

impl Curves<f64> {
    /// For searches.
    pub fn rough(widths: &[u128], account: &mut Account<f64>) -> Self {
        if widths.is_empty() {
            return empty(&0.0);
        }
        let mut rests = Events::default();
        let [below, above] = draw(widths.len() as u64, account, &mut rests);
        let p = order(widths, below, account.price(CUT));
        // E y^{−p} is about its value by the saddle point, of which 1/(eμ/p)^p E e^{−μS} is the
        // main part.
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
            upper: running(&above, &p, widths, |n| log_power_moment(n, &p, &0.0), 1.0),
            lower: running(&below, &p, widths, negative, -1.0),
            order: p,
            rests,
        }
    }
}

impl Curves<Enclosure> {
    /// Rigorously; each layer's cut fails with the probability that the account has for it.
    pub fn certified(widths: &[u128], like: &Enclosure, account: &mut Account<Enclosure>) -> Self {
        if widths.is_empty() {
            return empty(like);
        }
        let mut rests = Events::default();
        let [below, above] = draw(widths.len() as u64, account, &mut rests);
        let [a, b, c] = [CUT, BACK_CUT, FRESH_CUT].map(|kind| account.share(kind));
        let cut = a.min(b).min(c);
        let p = order(widths, below.to_f64(), account.price(CUT).to_f64());
        let exact = like.like(p);
        let negative = |n: u128| {
            let found = BinomialCut::new(n, &cut, like.precision());
            if !found.failure.certainly_le(&cut.enclosure(like.precision())) {
                return Enclosure::whole(like.precision());
            }
            rectified_log_negative_moment(n, &Slope::relu(), &exact, found.at).hi()
        };
        let positive = |n: u128| log_power_moment(n, &exact, &like.like(0.0));
        Curves {
            upper: running(&above, &exact, widths, positive, 1.0),
            lower: running(&below, &exact, widths, negative, -1.0),
            order: p,
            rests,
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
