//! Control by union bounds over subspaces and flip sets, as in the paper: its constants are
//! exponential in depth. The plain variants of `proofs/bottleneck.md`, `proofs/linearity.md`.

use super::comparison::Want;
use super::quantiles::{Quantiles, chi_square};
use super::signal::Signal;
use super::{Layer, Networks, Region, Rests, flips, known};
use crate::model::account::kind::{
    ACTIVE, BACK_BELOW, CHI_BELOW, GAIN, LIGHTEST, NORM, SUM_ABOVE, SUM_BELOW, WEIGHTS,
};
use crate::model::account::{Account, Events, Shares, WHOLE};
use crate::num::Number;
use crate::theory::activation::Activation;
use crate::theory::tail::sets;

/// The events that the control of depth L rests on, at equal shares.
pub fn plan(networks: &Networks<'_>, want: Want) -> Shares {
    let depth = networks.depth() as u64;
    let all = 1..=depth;
    let change = if want == Want::Everything { all.clone() } else { 1..=depth.saturating_sub(1) };
    let mut families = vec![(CHI_BELOW, WHOLE)];
    families.extend([NORM, LIGHTEST, WEIGHTS, BACK_BELOW].map(|kind| (kind, all.clone())));
    families.extend([ACTIVE, GAIN, SUM_BELOW].map(|kind| (kind, change.clone())));
    if !networks.bias.is_none() {
        // Of every layer whose change is wanted, what it receives.
        families.push((SUM_ABOVE, 1..=change.end().saturating_sub(1)));
    }
    Shares::equal(&families)
}

/// The last narrowest layer before `layer` ≥ 1.
pub fn bottleneck(widths: &[u128], layer: usize) -> usize {
    (0..layer).rev().min_by_key(|&k| widths[k]).unwrap_or(0)
}

/// Subspaces that hold the change of h_{j−1}: their dimension and the logarithm of their number.
#[derive(Clone)]
struct Family<N> {
    dimension: u128,
    log_count: N,
}

/// Controls every hidden layer.
pub fn control<N: Number>(
    networks: &Networks<'_>,
    region: &Region<N>,
    account: &mut Account<N>,
    want: Want,
) -> Vec<Layer<N>> {
    let like = &region.radius;
    let number = |value: f64| like.like(value);
    let (widths, activation) = (networks.widths, Activation::new(networks.slope, like));
    let mut quantiles = Quantiles::new(activation.a.clone());
    let mut signal = Signal::new(networks, like);
    let mut drift = signal.over_input(&region.radius);
    let mut lipschitz = number(1.0);
    let [mut moved, mut turned, mut back] = [(); 3].map(|()| Events::default());
    let mut backward = chi_square(widths[0], account, &mut back);
    let mut layers: Vec<Layer<N>> = Vec::new();
    // The family that starts at the bottleneck grows until a narrower layer comes.
    let mut start = 0;
    let mut log_count = number(0.0);
    let mut change = 0.0;
    for j in 1..widths.len() {
        let (n, before) = (widths[j], widths[j - 1]);
        if bottleneck(widths, j) != start {
            (start, log_count) = (j - 1, number(0.0));
        } else if j - 1 > start {
            let (width, flips) = (before, layers[j - 2].flips);
            let patterns = sets::log_subsets(like, width, widths[start]);
            let near = sets::log_subsets(like, width, flips);
            log_count = log_count + patterns.min(&near);
        }
        let from_here = Family { dimension: before, log_count: number(0.0) };
        let mut families = vec![from_here];
        if start != j - 1 {
            families.push(Family { dimension: widths[start] + 1, log_count: log_count.clone() });
        }
        backward = backward * quantiles.draw(BACK_BELOW, (j, n), account, &mut back);
        let moves_on = want == Want::Everything || j + 1 < widths.len();
        if signal.is_biased() && moves_on && j > 1 {
            let mut behind = Events::default();
            let above = quantiles.draw(SUM_ABOVE, (j - 1, before), account, &mut behind);
            signal.pass(j - 1, above, &behind);
        }
        let step = Step {
            j,
            n,
            before,
            families: &families,
            activation: &activation,
            signal: &signal,
            drift: &drift,
            lipschitz: &lipschitz,
            moved: &moved,
            turned: &turned,
        };
        let mut layer = step.take(&mut quantiles, account, (&backward.sqrt(), &back), moves_on);
        layer.family = Some(log_count.clone());
        (drift, lipschitz) = (layer.drift.clone(), layer.lipschitz.clone());
        (moved, turned) = (layer.rests.drift.clone(), layer.rests.lipschitz.clone());
        change += layer.change(false);
        layers.push(layer);
        if change > region.limit {
            break;
        }
    }
    Layer::complete(layers, networks.depth(), region)
}

struct Step<'a, N> {
    j: usize,
    n: u128,
    before: u128,
    families: &'a [Family<N>],
    activation: &'a Activation<N>,
    signal: &'a Signal<N>,
    drift: &'a N,
    lipschitz: &'a N,
    /// The events behind the drift, and behind the Lipschitz constant.
    moved: &'a Events,
    turned: &'a Events,
}

impl<N: Number> Step<'_, N> {
    fn number(&self, value: f64) -> N {
        self.drift.like(value)
    }

    fn whole(&self, value: u128) -> N {
        self.drift.whole(value)
    }

    /// log of the number of flip sets of at most m.
    fn subsets(&self, m: u128) -> N {
        sets::log_subsets(self.drift, self.n, m)
    }

    /// The best family for first + √dimension + √(2(log subsets + log count + ℓ)).
    fn over_families(&self, first: &N, subsets: &N, nats: &N, cap: Option<u128>) -> N {
        let two = self.number(2.0);
        let value = |family: &Family<N>| {
            let dimension = cap.map_or(family.dimension, |m| m.min(family.dimension));
            let entropy = subsets.clone() + family.log_count.clone() + nats.clone();
            first.clone() + self.whole(dimension).sqrt() + (two.clone() * entropy).sqrt()
        };
        let values = self.families.iter().map(value);
        values.reduce(|a, b| a.min(&b)).unwrap_or_else(|| self.number(f64::INFINITY))
    }

    /// The norm of at most m rows on every subspace.
    fn norm(&self, m: u128, nats: &N) -> N {
        self.over_families(&self.whole(m).sqrt(), &self.subsets(m), nats, None)
    }

    fn take(
        &self,
        quantiles: &mut Quantiles<N>,
        account: &mut Account<N>,
        (gradient, back): (&N, &Events),
        moves_on: bool,
    ) -> Layer<N> {
        let n = self.n;
        let still = self.drift.to_f64() == 0.0;
        let mut rests = Rests { rows: self.moved.clone(), ..Rests::default() };
        let m = if still { 0 } else { self.flips(account) };
        // One event for the rows of flipped neurons in both places.
        let size = (m + 1).min(n);
        let norm = self.norm(size, &account.price(NORM));
        if !still {
            // That the neurons which flip are no more than so many rows is an event of its own.
            account.draw(NORM, self.j, Some(size), &mut rests.rows);
            account.draw(LIGHTEST, self.j, None, &mut rests.rows);
        }
        rests.flips = rests.rows.clone();
        let mut layer = Layer {
            flips: m,
            rows: if still { self.number(0.0) } else { self.drift.clone() * norm.clone() },
            heavy: self.lipschitz.clone() * norm,
            scale: gradient.clone() * (self.whole(n) * self.whole(self.before)).sqrt(),
            ..Layer::unknown(self.drift)
        };
        rests.term = rests.flips.clone();
        if self.activation.is_changed_by(m) {
            rests.term.join(self.turned);
            rests.term.join(back);
            let nats = account.draw(WEIGHTS, self.j, Some(m), &mut rests.term);
            layer.weights = self.activation.jump.clone() * self.weights(m, &nats);
            layer.term = layer.weights.clone() * layer.heavy.clone() / layer.scale.clone();
        } else {
            (layer.weights, layer.term) = (self.number(0.0), self.number(0.0));
        }
        if moves_on {
            self.move_on(quantiles, account, &mut layer, &mut rests);
        }
        Layer { rests, ..layer }
    }

    fn flips(&self, account: &Account<N>) -> u128 {
        if !known(self.drift) {
            return self.n;
        }
        let (nats, price) = (account.price(LIGHTEST), account.price(NORM));
        let rows = |m: u128| self.drift.clone() * self.norm(m, &price);
        let rough = |m: f64| rows((m as u128).min(self.n)).to_f64();
        flips(self.n, &nats, rows, rough)
    }

    fn weights(&self, m: u128, nats: &N) -> N {
        let (subsets, two) = (self.subsets(m), self.number(2.0));
        let alone = self.whole(m).sqrt() + (two * (subsets.clone() + nats.clone())).sqrt();
        alone.min(&self.over_families(&self.number(0.0), &subsets, nats, Some(m)))
    }

    /// What the next layer receives.
    fn move_on(
        &self,
        quantiles: &mut Quantiles<N>,
        account: &mut Account<N>,
        layer: &mut Layer<N>,
        rests: &mut Rests,
    ) {
        let (m, place) = (layer.flips, (self.j, self.n));
        let mut behind = rests.flips.clone();
        let active = quantiles.draw(ACTIVE, place, account, &mut behind);
        let nats = account.draw(GAIN, self.j, Some(m), &mut behind);
        // The active neurons and the flipped ones may have slope 1.
        let n = self.whole(self.n);
        let reached = self.activation.squares(&(active + self.whole(m)).min(&n), &n).sqrt();
        let before = self.whole(self.before);
        let gain = self.over_families(&reached, &self.subsets(m), &nats, None) / before.sqrt();
        layer.lipschitz = self.lipschitz.clone() * gain.clone();
        rests.drift = behind.clone();
        behind.join(self.turned);
        rests.lipschitz = behind;
        let minus = quantiles.draw(SUM_BELOW, place, account, &mut rests.drift);
        let least = self.signal.lifted(self.j, minus, &mut rests.drift);
        let kept = (self.whole(self.n) * least / before).sqrt();
        layer.drift = if self.drift.to_f64() == 0.0 {
            self.number(0.0)
        } else {
            self.drift.clone() * gain.clone() / kept
        };
        layer.gain = Some(gain);
    }
}
