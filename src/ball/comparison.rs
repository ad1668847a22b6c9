//! Control by Gaussian comparison: no union bound over subspaces or flip sets, and no constant
//! that is exponential in depth. `proofs/bottleneck.md`, `proofs/linearity.md`.

use super::quantiles::Quantiles;
use super::{Layer, Region, flips, known};
use crate::num::Number;
use crate::num::search::argmin;
use crate::tail::sets;

/// The logarithm of the λ beyond which leading orders take the place of searches in `f64`, where
/// differences of arctangents would cancel.
const CANCELLING: f64 = 14.0;

/// What is wanted beside the affine error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// All of it: flips, Lipschitz constants, gradient terms.
    Everything,
    /// The affine error alone, with fewer events.
    Affine,
}

/// How many events of failure probability p each the control of depth L rests on.
pub fn events(depth: usize, want: Want) -> u32 {
    let depth = depth as u32;
    match want {
        Want::Everything => 16 * depth - 7,
        Want::Affine => 11 * depth - 8,
    }
}

/// The events that the statements on layer j rest on, those of the layers below included.
pub fn events_up_to(layer: usize) -> Events {
    let (j, below) = (layer as u32, layer as u32 - 1);
    Events {
        rows: 8 * below + 1,
        flips: 8 * below + 2,
        lipschitz: 12 * below + 4,
        term: 12 * below + 5 + j,
        gradient: 14 * j - 8,
    }
}

/// See [`events_up_to`].
pub struct Events {
    /// bottleneck.rows.
    pub rows: u32,
    /// bottleneck.flips.
    pub flips: u32,
    /// bottleneck.lipschitz.
    pub lipschitz: u32,
    /// linearity.term.
    pub term: u32,
    /// linearity.gradient, at the last layer.
    pub gradient: u32,
}

/// The sets that the region turns into, layer by layer: T_{j−1} and Ξ_{j−1}.
struct State<N> {
    drift: N,
    drop: N,
    width: N,
    lipschitz: N,
    spread: N,
}

/// Controls every hidden layer of a network with widths d₀ … d_L.
pub fn control<N: Number>(widths: &[u128], region: &Region<N>, want: Want) -> Vec<Layer<N>> {
    let nats = &region.nats;
    let mut quantiles = Quantiles::new(nats);
    let input = nats.whole(widths[0]);
    let mut state = State {
        drift: region.radius.clone(),
        drop: region.drop.as_ref().map_or(region.radius.clone(), |c| c.min(&region.radius)),
        width: region.radius.clone() * input.sqrt(),
        lipschitz: nats.like(1.0),
        spread: input.sqrt(),
    };
    // Π s_i⁺ over the layers below, and Π s_i⁻ · c⁻ up to here.
    let mut forward = nats.like(1.0);
    let mut backward = quantiles.chi_square(widths[0]);
    let mut layers = Vec::new();
    for pair in widths.windows(2) {
        let quantile = quantiles.layer(pair[1]);
        backward = backward * quantile.minus.clone();
        let gradient = backward.sqrt();
        let step = Step { before: pair[0], n: pair[1], nats, state: &state, quantile: &quantile };
        let affine = step.affine() * forward.sqrt()
            / (region.radius.clone()
                * gradient.clone()
                * (nats.whole(pair[1]) * input.clone()).sqrt());
        let (layer, next) = step.take(&gradient, want, affine);
        forward = forward * quantile.plus;
        layers.push(layer);
        state = next;
    }
    layers
}

/// From layer j − 1 to layer j of width n.
struct Step<'a, N> {
    before: u128,
    n: u128,
    nats: &'a N,
    state: &'a State<N>,
    quantile: &'a super::quantiles::Layer<N>,
}

impl<N: Number> Step<'_, N> {
    fn constant(&self, value: f64) -> N {
        self.nats.like(value)
    }

    fn width(&self) -> N {
        self.nats.whole(self.n)
    }

    /// s = √(2ℓ).
    fn deviations(&self) -> N {
        (self.nats.clone() * self.constant(2.0)).sqrt()
    }

    /// t(n, m), or with `rows` neurons instead of n to choose from.
    fn heaviest(&self, m: u128, rows: &N) -> N {
        sets::heaviest(rows, &self.nats.whole(m))
    }

    fn take(&self, gradient: &N, want: Want, affine: N) -> (Layer<N>, State<N>) {
        let State { drift, width, lipschitz, spread, .. } = self.state;
        let s = self.deviations();
        let nothing = self.constant(f64::INFINITY);
        let still = drift.to_f64() == 0.0;
        let rows = |m: u128| {
            drift.clone() * (self.heaviest(m, &self.width()).sqrt() + s.clone()) + width.clone()
        };
        let (rough_s, rough_n) = (s.to_f64(), self.n as f64);
        let (rough_drift, rough_width) = (drift.to_f64(), width.to_f64());
        let rough =
            |m: f64| rough_drift * (sets::heaviest(&rough_n, &m).sqrt() + rough_s) + rough_width;
        let m = match still {
            true => 0,
            false if known(drift) && known(width) => flips(self.n, self.nats, rows, rough),
            false => self.n,
        };
        // The event that excludes m + 1 flips is the one that bounds their rows.
        let kappa = if still { self.constant(0.0) } else { rows((m + 1).min(self.n)) };
        // Where nothing moves, nothing moves further on, whatever else is known.
        let (next_drift, next_width) =
            if still { (self.constant(0.0), self.constant(0.0)) } else { self.drift_and_width(m) };
        let scale = gradient.clone() * (self.width() * self.nats.whole(self.before)).sqrt();
        let mut layer = Layer {
            flips: m,
            rows: kappa.clone(),
            drift: next_drift.clone(),
            width: next_width.clone(),
            lipschitz: nothing.clone(),
            gain: None,
            family: None,
            weights: nothing.clone(),
            heavy: nothing.clone(),
            scale: scale.clone(),
            term: nothing.clone(),
            affine: Some(if still { self.constant(0.0) } else { affine }),
        };
        let (mut next_lipschitz, mut next_spread) = (nothing.clone(), nothing);
        if want == Want::Everything {
            let heavy = lipschitz.clone() * (self.heaviest(m, &self.width()).sqrt() + s.clone())
                + spread.clone();
            (next_lipschitz, next_spread) = self.lipschitz_and_spread(m, &kappa, &heavy);
            layer.lipschitz = next_lipschitz.clone();
            layer.weights = self.weights(m, &kappa);
            layer.term = match m {
                0 => self.constant(0.0),
                _ => layer.weights.clone() * heavy.clone() / scale,
            };
            layer.heavy = heavy;
        }
        let state = State {
            drop: next_drift.clone(),
            drift: next_drift,
            width: next_width,
            lipschitz: next_lipschitz,
            spread: next_spread,
        };
        (layer, state)
    }

    /// τ_j and μ_j. `proofs/bottleneck.md#radius`, `#width`.
    fn drift_and_width(&self, m: u128) -> (N, N) {
        let State { drift, drop, width, .. } = self.state;
        let (n, s, pi) = (self.width(), self.deviations(), self.nats.pi());
        let (one, two) = (self.constant(1.0), self.constant(2.0));
        let size = (n.clone() * self.quantile.minus.clone()).sqrt();
        let capped = (drift.clone() * (n.sqrt() + s.clone()) + width.clone()) / size.clone();
        let beta = one.clone() - drop.clone();
        if !self.constant(0.0).below(&beta) {
            let widest = capped.clone() * n.sqrt();
            return (capped, widest);
        }
        let a = self.quantile.active.clone();
        let tangent = drift.clone() / beta.clone();
        let mean = n.clone() * tangent / (self.constant(3.0) * pi.clone());
        let joining = sets::bernstein(&mean, &self.constant(0.5), self.nats);
        let refined = (drift.clone() * ((a.clone() + joining).sqrt() + s.clone()) + width.clone())
            / size.clone();
        let next_drift = refined.min(&capped);

        let square = drift.square();
        let root = a.sqrt();
        let bracket = (width.square() + square.clone()) / (two.clone() * a.clone())
            + width.clone() * drift.clone() / (two.clone() * root.clone())
            + square;
        let mean = n.clone() * bracket / (self.constant(4.0) * pi.clone() * beta);
        let largest = width.clone() / (self.constant(4.0) * root.clone())
            + drift.clone() / (two.clone() * pi.clone());
        let flipping = sets::bernstein(&mean, &largest, self.nats);
        // Of the m heaviest, those of one sign: half of the neurons to choose from.
        let one_sided = self.heaviest(m, &(n.clone() / two.clone()));
        let sum = width.clone() * root.clone()
            + drift.clone() * root / (two.clone() * pi.clone()).sqrt()
            + flipping
            + s * drift.clone() * (one + one_sided.sqrt());
        let refined = sum / size + drift.clone() * (two / pi).sqrt();
        let widest = next_drift.clone() * n.sqrt();
        (next_drift, refined.min(&widest))
    }

    /// σ_j and ν_j, given K_j. `proofs/bottleneck.md#lipschitz`.
    fn lipschitz_and_spread(&self, m: u128, kappa: &N, heavy: &N) -> (N, N) {
        let State { lipschitz, spread, .. } = self.state;
        let (n, s) = (self.width(), self.deviations());
        let root = self.nats.whole(self.before).sqrt();
        let a = self.quantile.active.clone();
        let others = a.clone() + self.heaviest(m, &(n.clone() - a.clone()));
        let sigma =
            (lipschitz.clone() * (others.sqrt() + s.clone()) + spread.clone()) / root.clone();
        let widest = sigma.clone() * n.sqrt();
        if m == 0 || m >= self.n {
            // Without flips the rows of the active neurons are all there is.
            let linear = (spread.clone() * a.sqrt() + s * lipschitz.clone()) / root;
            return (sigma, if m == 0 { linear.min(&widest) } else { widest });
        }
        let (rough_kappa, rough_nats) = (kappa.to_f64(), self.nats.to_f64());
        let centre = self.penalty(rough_kappa);
        let lambda = if centre > CANCELLING {
            centre.exp()
        } else {
            argmin(centre - 3.0, centre + 3.0, 24, |l| {
                squared_choice(self.n, &l, &rough_kappa, &rough_nats)
            })
        };
        let chosen = squared_choice(self.n, &self.constant(lambda), kappa, self.nats);
        let sum = spread.clone() * a.sqrt() + s * lipschitz.clone() + chosen.sqrt() * heavy.clone();
        (sigma, (sum / root).min(&widest))
    }

    /// The logarithm of a good λ for sets with ‖ζ_F‖ ≤ κ.
    fn penalty(&self, kappa: f64) -> f64 {
        (0.42 * self.n as f64 / (kappa * kappa)).ln() * 2.0 / 3.0
    }

    /// g_j. `proofs/linearity.md#term`.
    fn weights(&self, m: u128, kappa: &N) -> N {
        if m == 0 {
            return self.constant(0.0);
        }
        let (rough_kappa, rough_nats) = (kappa.to_f64(), self.nats.to_f64());
        if !rough_kappa.is_finite() {
            return self.constant(f64::INFINITY);
        }
        let best_tilt = |lambda: f64| {
            if lambda.ln() > CANCELLING {
                // E ψ² ≈ 2.717/√λ, and ℓ/θ + nθEψ²/2 is least here.
                return (rough_nats * lambda.sqrt() / (1.358 * self.n as f64)).sqrt().min(0.4);
            }
            let top = 0.499f64.ln();
            let from = top - 0.5 * (self.n as f64).ln() - 3.0;
            argmin(from, top, 20, |theta| {
                squared_weights(self.n, &lambda, &theta, &rough_kappa, &rough_nats)
            })
        };
        let centre = self.penalty(rough_kappa);
        let lambda = if centre > CANCELLING {
            centre.exp()
        } else {
            argmin(centre - 3.0, centre + 3.0, 20, |lambda| {
                squared_weights(self.n, &lambda, &best_tilt(lambda), &rough_kappa, &rough_nats)
            })
        };
        let theta = self.constant(best_tilt(lambda));
        squared_weights(self.n, &self.constant(lambda), &theta, kappa, self.nats).sqrt()
    }

    /// C_j in units of ‖h_{j−1}‖. `proofs/linearity.md#affine`.
    fn affine(&self) -> N {
        let State { drift, drop, width, .. } = self.state;
        let beta = self.constant(1.0) - drop.clone();
        if !(known(drift) && known(width) && self.constant(0.0).below(&beta)) {
            return self.constant(f64::INFINITY);
        }
        // One width and two sums, doubled by the comparison: p/6 each.
        let nats = self.nats.clone() + self.constant(6.0).ln();
        let s = (nats.clone() * self.constant(2.0)).sqrt();
        let terms = Affine {
            n: self.n,
            omega: width.clone() + s * drift.clone(),
            rho: drift.clone(),
            beta,
            nats,
        };
        let rough = Affine {
            n: self.n,
            omega: terms.omega.to_f64(),
            rho: terms.rho.to_f64(),
            beta: terms.beta.to_f64(),
            nats: terms.nats.to_f64(),
        };
        let (e, lambda) = rough.tune();
        terms.value(&self.constant(e), &self.constant(lambda))
    }
}

/// λκ² + B, a bound on the mean over h′ of the largest ‖h′_F‖² of a reachable flip set.
fn squared_choice<N: Number>(n: u128, lambda: &N, kappa: &N, nats: &N) -> N {
    let one = lambda.like(1.0);
    let mean = mean_excess(lambda) * lambda.whole(n);
    lambda.clone() * kappa.square() + sets::bernstein(&mean, &one, nats)
}

/// E(b² − λζ²)₊ for independent standard normals.
fn mean_excess<N: Number>(lambda: &N) -> N {
    let one = lambda.like(1.0);
    let root = lambda.sqrt();
    let sum = if N::ROUGH && lambda.to_f64().ln() > CANCELLING {
        lambda.like(4.0 / 3.0) / root
    } else {
        (one.clone() - lambda.clone()) * (one / root.clone()).atan() + root
    };
    sum * lambda.like(2.0) / lambda.pi()
}

/// λκ² + U, a bound on the squared weights of every reachable flip set.
fn squared_weights<N: Number>(n: u128, lambda: &N, theta: &N, kappa: &N, nats: &N) -> N {
    let (one, two) = (lambda.like(1.0), lambda.like(2.0));
    if N::ROUGH && lambda.to_f64().ln() > CANCELLING {
        // E e^{θψ} to second order, E ψ² ≈ 2.717/√λ.
        let second = theta.clone() * lambda.like(1.358) / lambda.sqrt();
        return lambda.clone() * kappa.square()
            + nats.clone() / theta.clone()
            + lambda.whole(n) * (mean_excess(lambda) + second);
    }
    // arctan A/√P − arctan a with A/a and P near 1, without cancellation.
    let start = one.clone() / lambda.sqrt();
    let shrunk = one.clone() - two.clone() * theta.clone();
    let grown = one.clone() + two.clone() * theta.clone() * lambda.clone();
    let stretch = (grown.clone() / shrunk.clone()).sqrt();
    let beyond_one = two.clone() * theta.clone() * (lambda.clone() + one.clone())
        / (shrunk.clone() * (stretch.clone() + one.clone()));
    let turned = (start.clone() * beyond_one / (one.clone() + start.square() * stretch)).atan();
    let root = (shrunk * grown).sqrt();
    let excess = two.clone() * theta.clone() * (lambda.clone() - one.clone())
        - lambda.like(4.0) * theta.square() * lambda.clone();
    let above_one =
        (turned - start.atan() * excess / (one + root.clone())) * two / (root * lambda.pi());
    lambda.clone() * kappa.square()
        + (nats.clone() + lambda.whole(n) * above_one.ln_1p()) / theta.clone()
}

/// The affine error of one layer, before its scale.
struct Affine<N> {
    n: u128,
    omega: N,
    rho: N,
    beta: N,
    nats: N,
}

impl<N: Number> Affine<N> {
    /// ω²/(4e) + U, for any e > 0 and λ > 0 with 2λ(e + ρ/2) < 1.
    fn value(&self, e: &N, lambda: &N) -> N {
        let two = e.like(2.0);
        let constant = (two.clone() / e.pi()).sqrt() / (e.like(6.0) * self.beta.clone());
        let above_one = constant
            * lambda.clone()
            * (two * self.moment(e, &e.like(0.0)) + self.moment(e, lambda));
        self.omega.square() / (e.like(4.0) * e.clone())
            + (self.nats.clone() + e.whole(self.n) * above_one.ln_1p()) / lambda.clone()
    }

    /// J(λ).
    fn moment(&self, e: &N, lambda: &N) -> N {
        let (one, two, half) = (e.like(1.0), e.like(2.0), e.like(0.5));
        let density = one.clone() / (two.clone() * e.pi()).sqrt();
        let rho = self.rho.clone();
        let theta =
            one.clone() - two.clone() * lambda.clone() * (e.clone() + half.clone() * rho.clone());
        let other = one.clone() - lambda.clone() * rho.clone();
        let first = density.clone() / theta.clone();
        let second = half.clone() / (theta.clone() * theta.sqrt());
        let third = two.clone() * density.clone() / theta.square();
        let none = half.clone() + half.clone() / other.sqrt();
        let once = density / other.clone();
        let twice = half / (other.clone() * other.sqrt());
        e.square() * third * none
            + two * e.clone() * rho.clone() * second * once
            + rho.square() * first * twice
    }
}

impl Affine<f64> {
    /// Good e and λ.
    fn tune(&self) -> (f64, f64) {
        let n = self.n as f64;
        let best_lambda = |e: f64| {
            let top = (0.999 / (2.0 * e + self.rho)).ln();
            // About √(ℓ/(nφ)) in units of 1/e, φ the flipped fraction, itself about e.
            let from = top + 0.5 * (self.nats / (n * e)).ln() - 3.0;
            argmin(from.min(top - 6.0), top, 16, |lambda| {
                if 2.0 * lambda * (e + self.rho / 2.0) < 1.0 {
                    self.value(&e, &lambda)
                } else {
                    f64::INFINITY
                }
            })
        };
        let centre =
            ((self.omega * self.omega * self.beta / n).ln() / 3.0).max(self.rho.ln() - 2.0);
        let e = argmin(centre - 1.5, centre + 1.5, 12, |e| self.value(&e, &best_lambda(e)));
        (e, best_lambda(e))
    }
}
