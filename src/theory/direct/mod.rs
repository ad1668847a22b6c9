//! Two points followed through the layers: the input x and y = x + u, u the adversarial step. Given
//! the passes at x, what is left of the weights is independent of them, and y meets it in one
//! direction a layer. Proofs: `proofs/direct.md`.
//!
//! The recursion is written once over [`Number`]: in `f64` to search, as enclosures to certify.

mod biases;
pub mod converse;
mod curves;
pub mod expected;
mod joint;
pub mod limit;
mod plan;
mod terms;

pub use biases::quantile;
pub use plan::{
    Found, Threshold, by_layers, certify, exact_step, least_coordinates, least_step, printed_share,
    step, threshold, threshold_by_layers,
};

use std::collections::HashMap;

use crate::model::account::kind::{
    BACK_BELOW, BACK_INACTIVE, CHI_ABOVE, CHI_BELOW, COHERENT, FRESH_ABOVE, FRESH_PRODUCTS_ABOVE,
    INACTIVE, LATER, LEAN, NOISE, PUSHING, SWING_ABOVE, SWING_BELOW, TILT,
};
use crate::model::account::{Account, Events};
use crate::model::params::FREE_NORMAL;
use crate::num::Number;
use crate::theory::activation::{Activation, Groups, pushes_on};
use crate::theory::norm::Start;
use crate::theory::tail::sets;
use biases::Biases;
use curves::{Curves, log_power_moment};
use terms::{Coherent, Noise, Power};

/// Everything that does not change from layer to layer.
#[derive(Clone, Debug)]
pub struct Setup<N> {
    /// t.
    pub step: N,
    /// q, which |f|/(‖∇f‖‖x‖) does not exceed.
    pub quantile: N,
    /// Where the step leads.
    start: Start<N>,
    activation: Activation<N>,
    /// What biases change.
    biases: Biases<N>,
    curves: Curves<N>,
    power: Power<N>,
    /// The events behind all of this.
    rests: Events,
}

/// What is proved of one hidden layer i, for all values of κ = |f(x)|/(‖∇f(x)‖‖x‖) up to q at once.
#[derive(Clone, Debug)]
pub struct Layer<N> {
    /// α_{i−1} is at least this.
    pub along: N,
    /// ρ_{i−1}/‖h_{i−1}(x)‖ is at most this.
    pub across: N,
    /// The events behind both.
    pub rests: Events,
    /// What the layer does, where that is proved.
    pub moved: Option<Moved<N>>,
}

/// By how much one hidden layer moves the output, at most.
#[derive(Clone, Debug)]
pub struct Moved<N> {
    /// p_i: the share of the way from F to α f that the layer takes back.
    pub coherent: N,
    /// By how much, in units of |f|, inactive neurons push the output on.
    pushed: N,
    /// |N_i|/|f|.
    pub noise: N,
    /// |F_i − F_{i−1}|/|f|.
    pub error: N,
    /// F_i/f; the sign flips where it is negative after the last layer.
    pub output: N,
    /// The events behind these numbers.
    pub rests: Events,
}

/// After layer i.
struct State<N> {
    /// ρ²/(κ‖h‖)² over (ΠV/(KΠS)), at most.
    growth: N,
    /// log ΠV/d, at most.
    log_fresh: N,
    /// The sum for it, ℓ + Σ log E(V/d)^p.
    fresh_moments: N,
    /// Σ D̂²/S in units of κ², and what inactive neurons that flip take: how far α may fall.
    fallen: N,
    /// Σ |D̂| √w ε in units of κ: how far the inactive neurons' part of a backward row moves α; and
    /// how far the later biases do.
    tilted: N,
    /// Σ R̂²/S, the variance of the martingale in α.
    variance: N,
    /// Σ R̂²/(4α): how far α may rise.
    risen: N,
    along: [N; 2],
    output: [N; 2],
    /// The events so far.
    rests: Events,
}

/// What layer i receives, in the notation of `proofs/direct.md#recursion`.
struct Received<N> {
    /// R̂.
    across: N,
    /// R̄.
    relative: N,
    /// o: |1 − α|/κ, at most.
    turned: N,
    /// ε: |(1 − α)C_i/f|, at most, which later biases add to what is left of f.
    shifted: N,
    /// a − Φ − ε, which |D̂| is at least.
    away: N,
    /// D̄, which |D̂| is at most.
    away_most: N,
    /// r⁺.
    r: N,
}

/// Good parameters of the two terms of a layer.
#[derive(Clone, Copy)]
struct Hints {
    coherent: (f64, f64),
    pushing: Option<(f64, f64)>,
    noise: f64,
}

/// Follows the step through all hidden layers; stops early where nothing can be proved any more.
/// Nothing is where some layer is so narrow that it may be silent.
pub fn follow<N: Number>(
    widths: &[u128],
    setup: &Setup<N>,
    account: &mut Account<N>,
) -> Vec<Layer<N>> {
    let Some(mut walk) = Walk::new(widths, setup, account) else { return Vec::new() };
    let mut state = walk.start();
    let mut hints = None;
    let mut layers = Vec::new();
    for i in 1..widths.len() {
        let received = walk.received(&state, i);
        let (along, across) =
            (state.along[0].clone(), setup.quantile.clone() * received.across.clone());
        let moved = walk.moved(&state, &received, i, &mut hints);
        let next = moved.as_ref().and_then(|moved| walk.next(&state, &received, moved, i));
        layers.push(Layer { along, across, rests: state.rests.clone(), moved });
        match next {
            Some(next) => state = next,
            None => break,
        }
    }
    layers
}

/// What does not change from layer to layer.
struct Walk<'a, N> {
    widths: &'a [u128],
    setup: &'a Setup<N>,
    account: &'a mut Account<N>,
    /// The events behind what follows.
    rests: Events,
    /// Bounds on ‖G₀‖².
    gradient: [N; 2],
    /// S′ ≥ this, by width.
    sums: HashMap<u128, N>,
    /// C̄: κ|C_i/f| in all layers, at most; 0 without biases.
    later: N,
    /// θ.
    tilt: N,
    /// ℓ of the martingale in α from below and from above, and of Ξ from above.
    swing: [N; 2],
    fresh: N,
    /// log 2/β, β the probability that the free normal is where it is taken.
    signs: N,
}

impl<'a, N: Number> Walk<'a, N> {
    /// `None` where ‖G₀‖ or some S′ has no positive bound. A dead network belongs to the event of
    /// its first silent layer, so there must be such a bound in all layers before anything is said
    /// of any.
    fn new(widths: &'a [u128], setup: &'a Setup<N>, account: &'a mut Account<N>) -> Option<Self> {
        let t = &setup.step;
        let number = |value: f64| t.like(value);
        let mut rests = setup.rests.clone();
        let input = widths[0];
        let gradient = [
            sets::chi_square_lower(input, &account.draw_once(CHI_BELOW, &mut rests)),
            sets::chi_square_upper(input, &account.draw_once(CHI_ABOVE, &mut rests)),
        ]
        .map(|share| share * t.whole(input));
        let nats = account.draw_all(BACK_BELOW, 1..=widths.len() as u64 - 1, None, &mut rests);
        let mut sums = HashMap::new();
        for &n in &widths[1..] {
            sums.entry(n).or_insert_with(|| {
                sets::rectified_lower(n, &setup.activation.a, &nats) * t.whole(n)
            });
        }
        let several = widths.len() > 2;
        let once = [SWING_BELOW, SWING_ABOVE, FRESH_PRODUCTS_ABOVE];
        // With one hidden layer nothing of the kind is used.
        let [down, up, fresh] = once
            .map(|kind| if several { account.draw_once(kind, &mut rests) } else { number(0.0) });
        let positive = |bound: &N| number(0.0).below(bound);
        if !(positive(&gradient[0]) && sums.values().all(positive)) {
            return None;
        }
        let later = setup.biases.variance.as_ref().map_or(number(0.0), |variance| {
            // A walk of normal steps is further than this with at most twice the probability with
            // which its end is.
            let nats = account.draw_once(LATER, &mut rests) + number(2.0).ln();
            (number(2.0) * nats * variance.clone() / gradient[0].clone()).sqrt()
        });
        let first = setup.start.stretch.to_f64() * t.to_f64();
        let tilt = martingale_tilt(widths, &setup.biases, [first, t.to_f64()], down.to_f64());
        Some(Walk {
            widths,
            setup,
            account,
            rests,
            gradient,
            sums,
            later,
            tilt: number(tilt),
            swing: [down, up],
            fresh,
            signs: (number(4.0) / (number(FREE_NORMAL) / number(2.0).sqrt()).erf()).ln(),
        })
    }

    fn number(&self, value: f64) -> N {
        self.setup.step.like(value)
    }

    /// Before layer 1.
    fn start(&self) -> State<N> {
        let Setup { step: t, quantile: q, start, .. } = self.setup;
        let (zero, one) = (self.number(0.0), self.number(1.0));
        let output = one.clone() - t.clone();
        let raised = self.setup.biases.least(0);
        // How far the step is along the input where the biases have a part in f.
        let tilted = t.clone() * start.shift.clone() * self.later.clone();
        let along = tilted.clone() * q.clone();
        let fall = t.clone() * start.fall.clone() * q.square() + along.clone();
        let rise = t.clone() * start.rise.clone() * q.square() + along;
        State {
            growth: (start.stretch.clone() * t.clone()).square(),
            log_fresh: zero.clone(),
            fresh_moments: self.fresh.clone(),
            fallen: zero.clone(),
            tilted,
            variance: zero.clone(),
            risen: zero,
            along: [one.clone() - fall / raised.clone(), one + rise / raised],
            output: [output.clone(), output],
            rests: self.rests.clone(),
        }
    }

    fn received(&self, state: &State<N>, i: usize) -> Received<N> {
        let below = self.setup.curves.lower[i - 1].clone();
        // (ρ/(κ‖h‖))², and ρ/(‖h‖Y): K Π S over the layers cancels, Π S′ takes its place.
        let square = state.growth.clone() * (state.log_fresh.clone() - below).exp();
        let across = (square.clone() / self.setup.biases.least(i - 1)).sqrt();
        let one = self.number(1.0);
        let turned = (one.clone() - state.along[0].clone()).max(&(state.along[1].clone() - one))
            / self.setup.quantile.clone();
        let shifted = turned.clone() * self.later.clone();
        Received {
            relative: (square / self.gradient[0].clone()).sqrt(),
            away: state.along[0].clone() - state.output[1].clone() - shifted.clone(),
            away_most: state.along[1].clone() - state.output[0].clone() + shifted.clone(),
            turned,
            shifted,
            r: self.setup.quantile.clone() * across.clone() / state.along[0].clone(),
            across,
        }
    }

    /// By how much layer i moves the output; `None` where nothing is proved.
    fn moved(
        &mut self,
        state: &State<N>,
        received: &Received<N>,
        i: usize,
        hints: &mut Option<Hints>,
    ) -> Option<Moved<N>> {
        let Received { relative, away, away_most, r, .. } = received;
        let Setup { quantile: q, curves, power, activation, .. } = self.setup;
        let zero = self.number(0.0);
        if !zero.below(&state.along[0]) {
            return None;
        }
        if activation.slope.is_linear() {
            // No neuron matters.
            let (output, rests) = (state.output[1].clone(), state.rests.clone());
            let [coherent, pushed, noise, error] = [(); 4].map(|()| zero.clone());
            return Some(Moved { coherent, pushed, noise, error, output, rests });
        }
        if !(relative.clone() * self.number(FREE_NORMAL)).below(away) {
            return None;
        }
        let n = self.widths[i];
        let sum = self.sums[&n].sqrt();
        // Y/κ, Y = |f|/(B_i ν_i).
        let spread = curves.upper[i - 1].clone() - curves.lower[i - 1].clone();
        let raised = self.setup.biases.least(i - 1);
        let aligned = (self.gradient[1].clone() * spread.exp() / raised).sqrt();
        let c = q.clone() * away_most.clone() * aligned / (state.along[0].clone() * sum.clone());
        // Those of the layer before are near those of this one.
        let near = hints.filter(|_| i > 2 && self.widths[i - 1] == n);
        let mut rests = state.rests.clone();
        let mut either = |kind| self.account.draw(kind, i, None, &mut rests) + self.signs.clone();
        let (nats_coherent, nats_noise) = (either(COHERENT), either(NOISE));
        let pushing = pushes_on(&activation.slope).then(|| either(PUSHING));
        let share = |nats: N, groups: Groups<N>, near: Option<(f64, f64)>| {
            coherent_share(&Coherent { n, r: r.clone(), c: c.clone(), nats, groups }, near)
        };
        let (coherent, share_hint) =
            share(nats_coherent, activation.taking_back(), near.map(|hints| hints.coherent));
        let coherent = match coherent {
            Some(coherent) => coherent,
            // With a ≥ 0 the share is at most 1; with a < 0 a layer may take back more than all.
            None if activation.slope.is_negative() => return None,
            None => self.number(1.0),
        };
        let pushing = pushing.map(|nats| {
            let near = near.and_then(|hints| hints.pushing);
            let (found, hint) = share(nats, activation.pushing_on(), near);
            // No more than (1 − a)/a, always.
            (found.unwrap_or_else(|| activation.jump.clone() / activation.a.clone()), hint)
        });
        let noise = Noise { n, r: r.clone(), nats: nats_noise, power: power.clone() };
        let (noise, noise_hint) = noise_value(&noise, near.map(|hints| hints.noise));
        let hint = pushing.as_ref().map(|(_, hint)| *hint);
        *hints = Some(Hints { coherent: share_hint, pushing: hint, noise: noise_hint });
        let noise = activation.jump.clone() * relative.clone() * noise / sum;
        let kept = state.output[1].clone() * (self.number(1.0) - coherent.clone());
        let pushing = pushing.map_or(zero, |(share, _)| share);
        Some(Moved {
            error: coherent.max(&pushing) * away_most.clone() + noise.clone(),
            output: kept
                + coherent.clone() * (state.along[1].clone() + received.shifted.clone())
                + noise.clone(),
            pushed: pushing * away_most.clone(),
            coherent,
            noise,
            rests,
        })
    }

    /// What the next layer receives; `None` after the last.
    fn next(
        &mut self,
        state: &State<N>,
        received: &Received<N>,
        moved: &Moved<N>,
        i: usize,
    ) -> Option<State<N>> {
        let Setup { step: t, quantile: q, start, curves, activation, .. } = self.setup;
        let below = curves.lower.get(i)?;
        let (one, two) = (self.number(1.0), self.number(2.0));
        let p = self.number(curves.order);
        // Only differences of logarithms: the products themselves leave the range of `f64` in deep
        // networks.
        let n = t.whole(self.widths[i]);
        let spread = curves.upper[i - 1].clone() - below.clone();
        let w = self.gradient[1].clone() * spread.exp() / n.clone();
        let relative = (state.log_fresh.clone() - below.clone()).exp();
        let chance = state.growth.clone() * relative / n.clone();
        let mut rests = moved.rests.clone();
        let mixed = activation.slope.is_mixed();
        let inactive = mixed.then(|| self.inactive(received, &w, &chance, i, &mut rests));
        let along = received.away_most.square() * w.clone();
        let added = inactive.as_ref().map_or(Some(along), |inactive| inactive.added.clone())?;
        // What the constant brings across.
        let constant = received.turned.square() * self.setup.biases.part(i);
        let growth = state.growth.clone() + added + constant;
        let moments = log_power_moment(self.widths[i], &p, activation, &received.r);
        let fresh_moments = state.fresh_moments.clone() + moments;
        let log_fresh = fresh_moments.clone() / p;
        let moved_along = received.away_most.clone() * w;
        let mut fallen = state.fallen.clone() + moved_along.clone();
        let variance = state.variance.clone() + self.setup.biases.most(i - 1) * chance;
        let mut square = growth.clone() * (log_fresh.clone() - below.clone()).exp();
        let four = self.number(4.0) * state.along[0].clone();
        let mut tilted = state.tilted.clone() + moved_along * self.later.clone();
        if let Some(Inactive { all, tilt, .. }) = inactive {
            let part = activation.size.clone() * all;
            if activation.slope.is_negative() {
                square = square * (one.clone() - activation.size.clone()) + part;
            } else {
                fallen = fallen + activation.jump.clone() * part / four.clone();
            }
            tilted = tilted + tilt * self.setup.biases.most(i - 1).sqrt();
        }
        let risen = state.risen.clone() + activation.jump.clone() * square / four;
        let [down, up] = self.swing.clone().map(|nats| {
            let tilt = self.tilt.clone();
            let swing = nats / tilt.clone() + tilt * variance.clone() / two.clone();
            q.clone() * (swing + tilted.clone())
        });
        let square = q.square();
        let fall = t.clone() * start.fall.clone() + fallen.clone();
        let rise = t.clone() * start.rise.clone() + risen.clone();
        let lost = fall * square.clone() + down;
        let raised = self.setup.biases.least(i);
        let less = moved.pushed.clone() + moved.noise.clone();
        Some(State {
            growth,
            log_fresh,
            fresh_moments,
            fallen,
            tilted,
            variance,
            risen,
            along: [
                one.clone() - lost / raised.clone(),
                one + square * rise / raised.clone() + up / raised,
            ],
            output: [state.output[0].clone() - less, moved.output.clone()],
            rests,
        })
    }

    /// What layer i has of inactive neurons, for slopes other than 0 and ±1; `chance` is
    /// R²/(κ²S), at most.
    fn inactive(
        &mut self,
        received: &Received<N>,
        w: &N,
        chance: &N,
        i: usize,
        rests: &mut Events,
    ) -> Inactive<N> {
        let Setup { activation, .. } = self.setup;
        let (one, two) = (self.number(1.0), self.number(2.0));
        let n = self.widths[i];
        let mut draw = |kind| self.account.draw(kind, i, None, rests);
        // a²Σ_I/(Σ_A + a²Σ_I), of S and of S′ by one number.
        let nats = draw(INACTIVE).max(&draw(BACK_INACTIVE));
        let most = activation.a.square() * sets::inactive_upper(n, &nats);
        let part = one.clone() / (one.clone() + one.clone() / most);
        // P(|Z| ≥ z) ≤ e^{−z²/2}.
        let [tilt, lean] = [TILT, LEAN].map(|kind| (two.clone() * draw(kind)).sqrt());
        let fresh = sets::chi_square_upper(n, &draw(FRESH_ABOVE)) * one.whole(n);
        let along = received.away_most.clone() * w.sqrt();
        let rest = activation.rest.clone();
        let odds = activation.odds.clone().unwrap_or_else(|| one.clone());
        let shared = one.clone() - rest.clone() * odds * part.clone();
        let across = rest.clone() * lean * (part.clone() * chance.clone()).sqrt();
        Inactive {
            added: self
                .number(0.0)
                .below(&shared)
                .then(|| (along.clone() + across).square() / shared),
            all: along.square() + chance.clone() * fresh,
            tilt: along * rest * tilt * (part / self.sums[&n].clone()).sqrt(),
        }
    }
}

/// What the inactive neurons of a layer change, in units of κ² or κ.
struct Inactive<N> {
    /// What comes to T, at most; `None` where nothing is proved.
    added: Option<N>,
    /// Σ_k Δ_k²/‖h_i‖² over all neurons, at most.
    all: N,
    /// |D̂ Y| |Σ_I ζ³ G g − Σ_I ζ G g|/(S √S′), at most.
    tilt: N,
}

/// A θ for the martingale in α: near the best for leading orders.
fn martingale_tilt<N: Number>(
    widths: &[u128],
    biases: &Biases<N>,
    [first, t]: [f64; 2],
    nats: f64,
) -> f64 {
    // R²/κ², in units of t².
    let mut ahead = (first / t).powi(2);
    let mut sum = 0.0;
    for (i, &d) in widths[1..].iter().enumerate() {
        sum += 2.0 * t * t * ahead / d as f64 * biases.most(i).to_f64();
        ahead += 2.0 * widths[0] as f64 / d as f64;
    }
    (2.0 * nats / sum).sqrt()
}

/// The least share found below 1 that is proved not to be exceeded; and what was found in `f64`.
fn coherent_share<N: Number>(
    terms: &Coherent<N>,
    near: Option<(f64, f64)>,
) -> (Option<N>, (f64, f64)) {
    let rough = Coherent {
        n: terms.n,
        r: terms.r.to_f64(),
        c: terms.c.to_f64(),
        nats: terms.nats.to_f64(),
        groups: terms.groups.clone().map(|(size, weight)| (size.to_f64(), weight.to_f64())),
    };
    let found = rough.tune(near);
    let (share, lambda) = (found.0, terms.r.like(found.1));
    if N::ROUGH {
        return ((share < 1.0).then(|| terms.r.like(share)), found);
    }
    let margins = [1e-8, 1e-6, 1e-4, 1e-2, 0.1];
    let tried = margins.into_iter().map(|margin| terms.r.like(share * (1.0 + margin)));
    let proved =
        tried.take_while(|share| share.to_f64() < 1.0).find(|share| terms.holds(share, &lambda));
    (proved, found)
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
