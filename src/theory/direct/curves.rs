//! Products of sums over neurons, layer by layer, bounded in all layers at once by Ville's
//! inequality. `proofs/direct.md#curves`.

use std::collections::HashMap;

use super::terms::inactive_mean;
use crate::model::account::kind::{
    BACK_CUT, BACK_PRODUCTS_ABOVE, BACK_PRODUCTS_BELOW, CUT, FRESH_CUT, FRESH_PRODUCTS_BELOW,
    PRODUCTS_ABOVE, PRODUCTS_BELOW,
};
use crate::model::account::{Account, Events};
use crate::model::slope::Slope;
use crate::num::{Enclosure, Number};
use crate::theory::activation::Activation;
use crate::theory::tail::{BinomialCut, rectified_log_negative_moment};

/// log Π_{j≤i} S_j/d_j for i = 0, 1, …, where S_j ~ S(d_j) are independent.
#[derive(Clone, Debug)]
pub struct Curves<N> {
    /// Bounds from above, in all layers at once with probability 1 − e^{−ℓ}.
    pub upper: Vec<N>,
    /// Bounds from below, likewise.
    pub lower: Vec<N>,
    /// Bounds from above for the S_j themselves, where there are biases; `upper` is for the S′_j.
    pub ahead: Vec<N>,
    /// The order of the moments.
    pub order: f64,
    /// The events behind the bounds.
    pub rests: Events,
}

/// A good order of moments for the hidden widths `widths`, where fewer neurons of the narrowest are
/// active than are counted on with probability e^{−cut}.
fn order(widths: &[u128], nats: f64, cut: f64) -> f64 {
    let fluctuation: f64 = widths.iter().map(|&d| 5.0 / d as f64).sum();
    let free = (2.0 * nats / fluctuation).sqrt();
    let narrowest = widths.iter().copied().min().unwrap_or(1);
    // Negative moments exist up to half of the neurons that are active for certain.
    free.min(0.45 * least_active(narrowest, cut, SUMMED) as f64)
}

/// Widths up to which the binomial law is summed in searches.
const SUMMED: u128 = 400;

/// About the largest number that Bin(n, ½) falls below with probability at most e^{−nats}, at least
/// 1; summed up to n = `summed`.
pub(super) fn least_active(n: u128, nats: f64, summed: u128) -> u128 {
    if n > summed {
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

/// Draws the events of the curves, in as many layers: ℓ of those from below, of that from above,
/// and of another from above where there are biases. Only ReLU has layers that may be silent, which
/// are cut off.
fn draw<N: Number>(
    layers: u64,
    slope: &Slope,
    biased: bool,
    account: &mut Account<N>,
    rests: &mut Events,
) -> ([N; 2], Option<N>) {
    let products = [PRODUCTS_BELOW, BACK_PRODUCTS_BELOW, FRESH_PRODUCTS_BELOW];
    let [a, b, c] = products.map(|kind| account.draw_once(kind, rests));
    let cuts = [CUT, BACK_CUT, FRESH_CUT].into_iter().filter(|_| slope.is_relu());
    for cut in cuts {
        account.draw_all(cut, 1..=layers, None, rests);
    }
    // One number serves the three: that of the dearest.
    let nats = [a.max(&b).max(&c), account.draw_once(BACK_PRODUCTS_ABOVE, rests)];
    (nats, biased.then(|| account.draw_once(PRODUCTS_ABOVE, rests)))
}

/// The curve that has ℓ₂ where this one has ℓ₁, for moments of order p; none where there is no ℓ₂.
fn shifted<N: Number>(curve: &[N], p: &N, from: &N, to: Option<N>) -> Vec<N> {
    let Some(to) = to else { return Vec::new() };
    let more = (to - from.clone()) / p.clone();
    curve.iter().map(|bound| bound.clone() + more.clone()).collect()
}

/// Those of a network without a layer below the last.
fn empty<N: Number>(like: &N) -> Curves<N> {
    let curve = || vec![like.like(0.0)];
    Curves { upper: curve(), lower: curve(), ahead: curve(), order: 1.0, rests: Events::default() }
}

impl Curves<f64> {
    /// For searches.
    pub fn rough(
        widths: &[u128],
        activation: &Activation<f64>,
        biased: bool,
        account: &mut Account<f64>,
    ) -> Self {
        if widths.is_empty() {
            return empty(&0.0);
        }
        let mut rests = Events::default();
        let slope = &activation.slope;
        let layers = widths.len() as u64;
        let ([below, above], ahead) = draw(layers, slope, biased, account, &mut rests);
        let cut = if slope.is_relu() { account.price(CUT) } else { below };
        let p = order(widths, below, cut);
        // E y^{−p} is about its value by the saddle point, of which 1/(eμ/p)^p E e^{−μS} is the
        // main part.
        let square = activation.a.powi(2);
        let negative = |n: u128| {
            let n = n as f64;
            let roots =
                |mu: f64| [1.0, square].map(|weight| (weight, (1.0 + 2.0 * weight * mu).sqrt()));
            let fixed = (0..60).fold(2.0 * p / n, |mu: f64, _| {
                let halves =
                    |part: fn((f64, f64)) -> f64| roots(mu).map(part).iter().sum::<f64>() / 2.0;
                let mean = halves(|(weight, root)| weight * root.powi(-3))
                    / halves(|(_, root)| root.recip());
                0.5 * mu + 0.5 * p / (n * mean)
            });
            let below_one =
                roots(fixed).map(|(weight, root)| weight * fixed / ((root + 1.0) * root));
            let log_mean = (-below_one[0] - below_one[1]).ln_1p();
            p + p * (fixed * n / p).ln() + n * log_mean + 2.5 * p / n
        };
        let positive = |n: u128| log_power_moment(n, &p, activation, &0.0);
        let upper = running(&above, &p, widths, positive, 1.0);
        Curves {
            ahead: shifted(&upper, &p, &above, ahead),
            upper,
            lower: running(&below, &p, widths, negative, -1.0),
            order: p,
            rests,
        }
    }
}

impl Curves<Enclosure> {
    /// Rigorously; each layer's cut fails with the probability that the account has for it.
    pub fn certified(
        widths: &[u128],
        activation: &Activation<Enclosure>,
        biased: bool,
        account: &mut Account<Enclosure>,
    ) -> Self {
        let (like, slope) = (&activation.a, &activation.slope);
        if widths.is_empty() {
            return empty(like);
        }
        let precision = like.precision();
        let mut rests = Events::default();
        let layers = widths.len() as u64;
        let ([below, above], ahead) = draw(layers, slope, biased, account, &mut rests);
        let cut = slope.is_relu().then(|| {
            let [a, b, c] = [CUT, BACK_CUT, FRESH_CUT].map(|kind| account.share(kind));
            a.min(b).min(c)
        });
        let nats = if cut.is_some() { account.price(CUT) } else { below.clone() };
        let p = order(widths, below.to_f64(), nats.to_f64());
        let exact = like.like(p);
        let negative = |n: u128| {
            let at = match &cut {
                None => n,
                Some(share) => {
                    let found = BinomialCut::new(n, share, precision);
                    if !found.failure.certainly_le(&share.enclosure(precision)) {
                        return Enclosure::whole(precision);
                    }
                    found.at
                }
            };
            rectified_log_negative_moment(n, slope, &exact, at).hi()
        };
        let positive = |n: u128| log_power_moment(n, &exact, activation, &like.like(0.0));
        let upper = running(&above, &exact, widths, positive, 1.0);
        Curves {
            ahead: shifted(&upper, &exact, &above, ahead),
            upper,
            lower: running(&below, &exact, widths, negative, -1.0),
            order: p,
            rests,
        }
    }
}

/// log of a bound on E(V/n)^p, V the sum over active neurons of ξ² and over inactive ones of what
/// [`inactive_mean`] bounds, by fair coins: (p/(eλn))^p E e^{λV}, for a good λ. With r = 0 it is
/// that of S_a(n).
pub fn log_power_moment<N: Number>(n: u128, p: &N, activation: &Activation<N>, r: &N) -> N {
    let (one, two) = (p.like(1.0), p.like(2.0));
    let each = p.to_f64() / n as f64;
    let square = activation.a.to_f64().powi(2);
    let most = if activation.slope.is_relu() {
        0.45
    } else {
        // 2s² < 1 in `inactive_mean`, with something to spare.
        let weight = activation.jump.to_f64() / activation.theta.to_f64();
        0.45f64.min(0.9 / (4.0 * weight + 2.0 * square))
    };
    let lambda = (0..4).fold(2.0 * each, |lambda: f64, _| {
        let halves = |power: f64, order: i32| {
            let of = |weight: f64| {
                weight.powi(order) * (1.0 - 2.0 * weight * lambda).max(1e-3).powf(power)
            };
            0.5 * (of(1.0) + of(square))
        };
        let mean = halves(-1.5, 1) / halves(-0.5, 0);
        (each / (mean * (1.0 + 0.21 * r.to_f64()))).min(most)
    });
    let lambda = p.like(lambda);
    let free = one.clone() - two.clone() * lambda.clone();
    let active = (-(free.ln() / two.clone())).exp_m1();
    let inactive = inactive_mean(activation, r, &lambda);
    let log_mean = ((active + inactive) / two).ln_1p();
    p.clone() * ((p.clone() / (lambda * p.whole(n))).ln() - one) + p.whole(n) * log_mean
}
