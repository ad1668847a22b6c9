//! Control by union bounds over subspaces and flip sets, as in the paper: its constants are
//! exponential in depth. The plain variants of `proofs/bottleneck.md`, `proofs/linearity.md`.

use super::quantiles::Quantiles;
use super::{Layer, Region, flips, known};
use crate::num::Number;
use crate::tail::sets;

/// How many events of failure probability p each the control of depth L rests on.
pub fn events(depth: usize) -> u32 {
    7 * depth as u32
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

/// Controls every hidden layer of a network with widths d₀ … d_L.
pub fn control<N: Number>(widths: &[u128], region: &Region<N>) -> Vec<Layer<N>> {
    let nats = &region.nats;
    let number = |value: f64| nats.like(value);
    let mut quantiles = Quantiles::new(nats);
    let mut drift = region.radius.clone();
    let mut lipschitz = number(1.0);
    let mut backward = quantiles.chi_square(widths[0]);
    let mut layers: Vec<Layer<N>> = Vec::new();
    // The family that starts at the bottleneck grows until a narrower layer comes.
    let mut start = 0;
    let mut log_count = number(0.0);
    for j in 1..widths.len() {
        let (n, before) = (widths[j], widths[j - 1]);
        if bottleneck(widths, j) != start {
            (start, log_count) = (j - 1, number(0.0));
        } else if j - 1 > start {
            let (width, flips) = (before, layers[j - 2].flips);
            let patterns = sets::log_subsets(nats, width, widths[start]);
            let near = sets::log_subsets(nats, width, flips);
            log_count = log_count + patterns.min(&near);
        }
        let from_here = Family { dimension: before, log_count: number(0.0) };
        let mut families = vec![from_here];
        if start != j - 1 {
            families.push(Family { dimension: widths[start] + 1, log_count: log_count.clone() });
        }
        let quantile = quantiles.layer(n);
        backward = backward * quantile.minus.clone();
        let layer =
            Step { n, before, nats, families: &families, drift: &drift, lipschitz: &lipschitz }
                .take(&quantile, &backward.sqrt(), &log_count);
        drift = layer.drift.clone();
        lipschitz = layer.lipschitz.clone();
        layers.push(layer);
    }
    layers
}

struct Step<'a, N> {
    n: u128,
    before: u128,
    nats: &'a N,
    families: &'a [Family<N>],
    drift: &'a N,
    lipschitz: &'a N,
}

impl<N: Number> Step<'_, N> {
    /// The best family for first + √dimension + √(2(log subsets + log count + ℓ)).
    fn over_families(&self, first: &N, subsets: &N, cap: Option<u128>) -> N {
        let two = self.nats.like(2.0);
        let value = |family: &Family<N>| {
            let dimension = cap.map_or(family.dimension, |m| m.min(family.dimension));
            let entropy = subsets.clone() + family.log_count.clone() + self.nats.clone();
            first.clone() + self.nats.whole(dimension).sqrt() + (two.clone() * entropy).sqrt()
        };
        let values = self.families.iter().map(value);
        values.reduce(|a, b| a.min(&b)).unwrap_or_else(|| self.nats.like(f64::INFINITY))
    }

    fn take(&self, quantile: &super::quantiles::Layer<N>, gradient: &N, log_count: &N) -> Layer<N> {
        let (n, nats) = (self.n, self.nats);
        let number = |value: f64| nats.like(value);
        let still = self.drift.to_f64() == 0.0;
        let norm = |m: u128| {
            self.over_families(&nats.whole(m).sqrt(), &sets::log_subsets(nats, n, m), None)
        };
        let rows = |m: u128| self.drift.clone() * norm(m);
        let rough = |m: f64| rows((m as u128).min(n)).to_f64();
        let m = match still {
            true => 0,
            false if known(self.drift) => flips(n, nats, rows, rough),
            false => n,
        };
        let subsets = sets::log_subsets(nats, n, m);
        let reached = (quantile.active.clone() + nats.whole(m)).min(&nats.whole(n)).sqrt();
        let gain = self.over_families(&reached, &subsets, None) / nats.whole(self.before).sqrt();
        let kept = (nats.whole(n) * quantile.minus.clone() / nats.whole(self.before)).sqrt();
        let heavy = self.lipschitz.clone() * norm(m);
        let entropy = number(2.0) * (subsets.clone() + nats.clone());
        let alone = nats.whole(m).sqrt() + entropy.sqrt();
        let weights = alone.min(&self.over_families(&number(0.0), &subsets, Some(m)));
        let scale = gradient.clone() * (nats.whole(n) * nats.whole(self.before)).sqrt();
        let term =
            if m == 0 { number(0.0) } else { weights.clone() * heavy.clone() / scale.clone() };
        Layer {
            flips: m,
            rows: if still { number(0.0) } else { rows((m + 1).min(n)) },
            drift: if still { number(0.0) } else { self.drift.clone() * gain.clone() / kept },
            width: number(f64::INFINITY),
            lipschitz: self.lipschitz.clone() * gain.clone(),
            gain: Some(gain),
            family: Some(log_count.clone()),
            weights,
            heavy,
            scale,
            term,
            affine: None,
        }
    }
}

/// The events that the statements on layer j rest on, as in the comparison.
pub fn events_up_to(layer: usize) -> super::comparison::Events {
    let (j, below) = (layer as u32, layer as u32 - 1);
    // Each layer below: S, |A|, Q, rows, K. Here: rows, Q; K and |A|; g, the S′ up to here and χ².
    super::comparison::Events {
        rows: 5 * below + 1,
        flips: 5 * below + 2,
        lipschitz: 5 * below + 4,
        term: 5 * below + 4 + j,
        gradient: 7 * j - 2,
    }
}
