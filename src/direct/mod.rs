//! Two points followed through the layers: the input x and y = x + u, u the adversarial step. Given the
//! passes at x, what is left of the weights is independent of them, and y meets it in one direction a
//! layer. Proofs: `proofs/direct.md`.
//!
//! The recursion is written once over [`Number`]: in `f64` to search, as enclosures to certify.

mod curves;
mod plan;
mod terms;

pub use plan::{Found, Threshold, best_step, certify, exact_step, step, threshold};

use crate::num::Number;
use crate::tail::sets;
use curves::{Curves, log_power_moment};
use terms::{Coherent, Noise, Power};

/// The free normal is taken in [−2, 0].
const FREE: f64 = 2.0;

/// ℓ = log(1/p) of the three kinds of events.
#[derive(Clone, Debug)]
pub struct Nats<N> {
    /// Norms.
    pub minor: N,
    /// The coherent term, one event a layer.
    pub coherent: N,
    /// The noise, one event a layer.
    pub noise: N,
}

/// Everything that does not change from layer to layer.
#[derive(Clone, Debug)]
pub struct Setup<N> {
    /// t.
    pub step: N,
    /// q, which |f|/(‖∇f‖‖x‖) does not exceed.
    pub quantile: N,
    /// Probabilities of failure.
    pub nats: Nats<N>,
    curves: Curves<N>,
    power: Power<N>,
}

/// What is proved of one hidden layer i, for all values of κ = |f(x)|/(‖∇f(x)‖‖x‖) up to q at once.
#[derive(Clone, Debug)]
pub struct Layer<N> {
    /// α_{i−1} is at least this.
    pub along: N,
    /// ρ_{i−1}/‖h_{i−1}(x)‖ is at most this.
    pub across: N,
    /// What the layer does, where that is proved.
    pub moved: Option<Moved<N>>,
}

/// By how much one hidden layer moves the output, at most.
#[derive(Clone, Debug)]
pub struct Moved<N> {
    /// p_i: the share of the way from F to α f that the layer takes back.
    pub coherent: N,
    /// |N_i|/|f|.
    pub noise: N,
    /// |F_i − F_{i−1}|/|f|.
    pub error: N,
    /// F_i/f; the sign flips where it is negative after the last layer.
    pub output: N,
}

/// After layer i.
struct State<N> {
    /// ρ²/(κ‖h‖)² over (ΠV/ΠS), at most.
    growth: N,
    /// log ΠV/d, at most.
    log_fresh: N,
    /// The sum for it, ℓ + Σ log E(V/d)^p.
    fresh_moments: N,
    /// Σ D̂²/S in units of κ²: how far α may fall.
    fallen: N,
    /// Σ R̂²/S, the variance of the martingale in α.
    variance: N,
    /// Σ R̂²/(4α): how far α may rise.
    risen: N,
    along: [N; 2],
    output: [N; 2],
}

/// Follows the step through all hidden layers; stops early where nothing can be proved any more.
pub fn follow<N: Number>(widths: &[u128], setup: &Setup<N>) -> Vec<Layer<N>> {
    let Setup { step: t, quantile: q, nats, curves, power } = setup;
    let number = |value: f64| t.like(value);
    let (zero, one) = (number(0.0), number(1.0));
    let input = widths[0];
    let depth = widths.len() - 1;
    let gradient = [chi_square_minus(input, &nats.minor), chi_square_plus(input, &nats.minor)]
        .map(|share| share * t.whole(input));
    let tilt = number(martingale_tilt(widths, t.to_f64(), nats.minor.to_f64()));
    let p = number(curves.order);
    let q_square = q.square();
    let mut minus = std::collections::HashMap::new();
    let mut state = State {
        growth: t.square(),
        log_fresh: zero.clone(),
        fresh_moments: nats.minor.clone(),
        fallen: zero.clone(),
        variance: zero.clone(),
        risen: zero.clone(),
        along: [one.clone() - t.clone() * q_square.clone(), one.clone()],
        output: [one.clone() - t.clone(), one.clone() - t.clone()],
    };
    // log 2/β, β the probability that the free normal is where it is taken.
    let signs = (number(4.0) / (number(FREE) / number(2.0).sqrt()).erf()).ln();
    // Parameters found in the layer before, near those of the next.
    let mut hints: Option<((f64, f64), f64)> = None;
    let mut layers = Vec::new();
    for i in 1..=depth {
        let n = widths[i];
        let width = t.whole(n);
        let [along, along_most] = &state.along;
        let [output_least, output] = &state.output;
        // |D̂| = α − F/f, between these.
        let away = along.clone() - output.clone();
        let away_most = along_most.clone() - output_least.clone();
        let least = || rectified_minus(n, &nats.minor) * width.clone();
        let sum = minus.entry(n).or_insert_with(least).clone();
        let [below, above] = [&curves.lower, &curves.upper].map(|curve| curve[i - 1].clone());
        // (Y/κ)², Y = |⟨G_{i−1}, h_{i−1}⟩|/‖h_{i−1}‖.
        let aligned = gradient[1].clone() * (above.clone() - below.clone()).exp();
        // (ρ/(κ‖h‖))², and ρ/(‖h‖Y): Π S over the layers cancels, Π S′ takes its place.
        let square = state.growth.clone() * (state.log_fresh.clone() - below.clone()).exp();
        let across = square.sqrt();
        let relative = (square / gradient[0].clone()).sqrt();
        let positive = [along, &sum, &gradient[0]].into_iter().all(|x| zero.below(x));
        let received =
            |moved| Layer { along: along.clone(), across: q.clone() * across.clone(), moved };
        if !(positive && (relative.clone() * number(FREE)).below(&away)) {
            layers.push(received(None));
            break;
        }
        let r = q.clone() * across.clone() / along.clone();
        let c = q.clone() * away_most.clone() * aligned.sqrt() / (along.clone() * sum.sqrt());
        let near = hints.filter(|_| widths[i - 1] == n && i > 2);
        let (coherent, share_hint) = coherent_share(
            &Coherent { n, r: r.clone(), c, nats: nats.coherent.clone() + signs.clone() },
            near.map(|hints| hints.0),
        );
        let noise_terms = Noise {
            n,
            r: r.clone(),
            nats: nats.noise.clone() + signs.clone(),
            power: power.clone(),
        };
        let (noise, noise_hint) = noise_value(&noise_terms, near.map(|hints| hints.1));
        hints = Some((share_hint, noise_hint));
        let noise = relative * noise / sum.sqrt();

        let next_output = output.clone() * (one.clone() - coherent.clone())
            + coherent.clone() * along_most.clone()
            + noise.clone();
        let error = coherent.clone() * away_most.clone() + noise.clone();
        let next_least = output_least.clone() - noise.clone();
        let output = next_output.clone();
        layers.push(received(Some(Moved { coherent, noise, error, output })));
        // What the next layer receives.
        let Some(below_next) = curves.lower.get(i) else { break };
        let scale = width * below_next.exp();
        let aligned = gradient[1].clone() * above.exp() / scale.clone();
        let growth = state.growth.clone() + away_most.square() * aligned.clone();
        let fresh_moments = state.fresh_moments.clone() + log_power_moment(n, &p, &r);
        let log_fresh = fresh_moments.clone() / p.clone();
        let fallen = state.fallen.clone() + away_most * aligned;
        let variance =
            state.variance.clone() + state.growth.clone() * state.log_fresh.exp() / scale;
        let square = growth.clone() * (log_fresh.clone() - below_next.clone()).exp();
        let risen = state.risen.clone() + square / (number(4.0) * along.clone());
        let swing = q.clone()
            * (nats.minor.clone() / tilt.clone() + tilt.clone() * variance.clone() / number(2.0));
        let next_along =
            one.clone() - (t.clone() + fallen.clone()) * q_square.clone() - swing.clone();
        let next_most = one.clone() + q_square.clone() * risen.clone() + swing;
        state = State {
            growth,
            log_fresh,
            fresh_moments,
            fallen,
            variance,
            risen,
            along: [next_along, next_most],
            output: [next_least, next_output],
        };
    }
    layers
}

/// A θ for the martingale in α: near the best for leading orders.
fn martingale_tilt(widths: &[u128], t: f64, nats: f64) -> f64 {
    let mut ahead = 1.0;
    let mut sum = 0.0;
    for &d in &widths[1..] {
        sum += 2.0 * t * t * ahead / d as f64;
        ahead += 2.0 * widths[0] as f64 / d as f64;
    }
    (2.0 * nats / sum).sqrt()
}

/// c⁺ with P(χ²_n ≥ n c⁺) ≤ e^{−nats}.
fn chi_square_plus<N: Number>(n: u128, nats: &N) -> N {
    let value = |w: &N, nats: &N| {
        let (one, two) = (w.like(1.0), w.like(2.0));
        (nats.clone() / w.whole(n) + w.ln_1p() / two.clone()) * (w.clone() + one) * two / w.clone()
    };
    let rough = nats.to_f64();
    let w = sets::tune_quantile(n, rough, |w| {
        (rough / n as f64 + 0.5 * w.ln_1p()) * (w + 1.0) * 2.0 / w
    });
    value(&nats.like(w), nats)
}

/// c⁻ with P(χ²_n ≤ n c⁻) ≤ e^{−nats}.
fn chi_square_minus<N: Number>(n: u128, nats: &N) -> N {
    let rough = nats.to_f64();
    let w = sets::tune_quantile(n, rough, |w| -sets::chi_square_minus(n, &rough, &w));
    sets::chi_square_minus(n, nats, &nats.like(w))
}

/// s⁻ with P(S(n) ≤ n s⁻) ≤ e^{−nats}.
fn rectified_minus<N: Number>(n: u128, nats: &N) -> N {
    let rough = nats.to_f64();
    let w = sets::tune_quantile(n, rough, |w| -sets::rectified_minus(n, &rough, &w));
    sets::rectified_minus(n, nats, &nats.like(w))
}

/// The least share found that is proved not to be exceeded, 1 where there is none; and what was found in `f64`.
fn coherent_share<N: Number>(terms: &Coherent<N>, near: Option<(f64, f64)>) -> (N, (f64, f64)) {
    let rough = Coherent {
        n: terms.n,
        r: terms.r.to_f64(),
        c: terms.c.to_f64(),
        nats: terms.nats.to_f64(),
    };
    let found = rough.tune(near);
    let (share, lambda) = (found.0, terms.r.like(found.1));
    if N::ROUGH {
        return (terms.r.like(share.min(1.0)), found);
    }
    let margins = [1e-8, 1e-6, 1e-4, 1e-2, 0.1];
    let tried = margins.into_iter().map(|margin| terms.r.like(share * (1.0 + margin)));
    let proved =
        tried.take_while(|share| share.to_f64() < 1.0).find(|share| terms.holds(share, &lambda));
    (proved.unwrap_or_else(|| terms.r.like(1.0)), found)
}

/// The noise's c, and the s found.
fn noise_value<N: Number>(terms: &Noise<N>, near: Option<f64>) -> (N, f64) {
    let rough = Noise {
        n: terms.n,
        r: terms.r.to_f64(),
        nats: terms.nats.to_f64(),
        power: Power {
            order: terms.power.order.to_f64(),
            log_supremum: terms.power.log_supremum.to_f64(),
        },
    };
    let s = rough.tune(near);
    (terms.value(&terms.r.like(s)), s)
}
