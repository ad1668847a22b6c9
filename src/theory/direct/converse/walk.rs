//! One slice |Y₀| ∈ [y, y′] followed through the layers, every quantity between bounds.
//! `proofs/direct.md#converse-recursion`.

use super::norms::{Norms, SPARE, best_order};
use super::sums::{MOST, excess, share, share_above, widened};
use crate::num::Number;

/// A slice, and what its events cost.
#[derive(Clone, Debug)]
pub struct Slice<N> {
    /// t.
    pub step: N,
    /// |Y₀| is between these.
    pub ends: [f64; 2],
    /// ℓ of an event of the slice, the change of measure paid for.
    pub nats: N,
    /// ℓ of one in each layer, likewise.
    pub nats_layer: N,
    /// θ of the supermartingales of F̂.
    pub tilt: f64,
}

/// Bounds after some layers, lower ends first.
struct State<N> {
    /// α.
    along: [N; 2],
    /// r² and r̄², with which R² is compared.
    across: [N; 2],
    /// F̂.
    output: [N; 2],
    /// Φ and Φ̄, the recursions without noise.
    centre: [N; 2],
    /// c and c̄.
    weight: [N; 2],
    /// Σ b and Σ b̄.
    noise: [N; 2],
    /// Is Φ̄ followed: has F̂ been below α so far?
    ahead: bool,
    /// Σ b° of the noise alone, and how far it drifts.
    free: N,
    drift: N,
    /// What α has lost and won, and Σ R²/S.
    fallen: N,
    risen: N,
    variance: N,
    /// The least a − 2ε″ so far, and the largest A + ε′.
    floor: Option<N>,
    ceiling: Option<N>,
    /// The sums over layers that G starts from.
    starts: [N; 2],
    /// (3/2) Σ Y²/S/(1 − Y²/S).
    spent: N,
}

/// What one layer receives.
struct Received<N> {
    /// R.
    across: [N; 2],
    /// R where it is cut off from above and from below.
    capped: [N; 2],
    /// Y.
    y: [N; 2],
    /// ε′ = z R/√S.
    shift: N,
    /// |D̂|.
    way: [N; 2],
    /// 1 − Y²/S.
    rest: N,
    /// α′.
    along: [N; 2],
    /// |b|.
    pull: [N; 2],
    /// Is F̂ below α, and was it so far?
    ahead: bool,
}

/// What the neurons of a layer do.
struct Layer<N> {
    got: Received<N>,
    /// s.
    scale: [N; 2],
    /// 1 ∓ h.
    bent: [N; 2],
    /// W².
    square: [N; 2],
    /// p̃, at most.
    flipped: N,
    /// r, at most.
    joining: N,
    /// ẽ, at most.
    joined: N,
    /// ⟨e, ĥ⟩/√S, at most.
    lifted: N,
    /// Of the noise over θ²: what multiplies Σ (Z − |g|/s)₊², on active neurons and on others.
    variances: [N; 2],
}

/// F̂_L is at least this in the slice, on its events; `None` where nothing is proved.
pub fn least_output<N: Number>(norms: &Norms<N>, slice: &Slice<N>) -> Option<N> {
    let walk = Walk::new(norms, slice)?;
    let mut state = walk.start()?;
    for i in 1..=norms.depth {
        state = walk.next(&state, i)?;
    }
    let room = walk.log_starts.exp();
    let paid = state.starts.iter().all(|sum| sum.below(&room));
    (paid && state.spent.below(&walk.number(SPARE))).then(|| state.output[0].clone())
}

struct Walk<'a, N> {
    norms: &'a Norms<N>,
    slice: &'a Slice<N>,
    /// The order of the moments of R.
    order: N,
    /// What a layer costs in them.
    lost: [N; 2],
    /// H.
    log_starts: N,
    /// L^{1/p}: how far R² is from r² where it is cut off.
    cap: N,
    /// e^{−(ℓ+H)/p}.
    within: N,
    /// θ of the martingale in α.
    swing: N,
    /// z/√χ⁻.
    tip: N,
    /// √(χ⁺/χ⁻).
    stretch: N,
}

impl<'a, N: Number> Walk<'a, N> {
    fn new(norms: &'a Norms<N>, slice: &'a Slice<N>) -> Option<Self> {
        let number = |value: f64| norms.n.like(value);
        let layers = number(norms.depth as f64);
        let log_starts = (number(3.0) + (layers.clone() + number(1.0)).ln()).ln();
        let nats = slice.nats.clone() + log_starts.clone();
        let order = best_order(&norms.n, norms.depth, &nats);
        let least = norms.active[0].to_f64();
        if order > 0.025 * least {
            return None;
        }
        let p = number(order);
        let [low, high] = norms.squares.clone();
        let (n, l) = (norms.n.to_f64(), norms.depth as f64);
        let spread = slice.step.to_f64() * slice.ends[0] * l / n;
        let swing = (slice.nats.to_f64()).sqrt() / spread;
        Some(Walk {
            lost: norms.lost(order),
            cap: (layers.ln() / p.clone()).exp(),
            within: (-(nats / p.clone())).exp(),
            swing: number(swing),
            tip: norms.z.clone() / low.sqrt(),
            stretch: (high / low).sqrt(),
            order: p,
            log_starts,
            norms,
            slice,
        })
    }

    fn number(&self, value: f64) -> N {
        self.norms.n.like(value)
    }

    fn start(&self) -> Option<State<N>> {
        let (zero, one) = (self.number(0.0), self.number(1.0));
        let t = self.slice.step.clone();
        let [from, to] = self.slice.ends.map(|y| self.number(y).square());
        let [low, high] = self.norms.gradient.clone();
        let squares = [from.clone() / (high + from), to.clone() / (low + to)];
        if !squares[1].below(&self.number(0.5)) {
            return None;
        }
        let along = |square: &N| one.clone() - t.clone() * square.clone();
        let output = one.clone() - t.clone();
        let twice = |value: &N| [value.clone(), value.clone()];
        Some(State {
            along: [along(&squares[1]), along(&squares[0])],
            across: [
                t.square() * squares[0].clone() * (one.clone() - squares[0].clone()),
                t.square() * squares[1].clone(),
            ],
            output: twice(&output),
            centre: twice(&output),
            weight: twice(&one),
            noise: twice(&zero),
            ahead: true,
            free: zero.clone(),
            drift: zero.clone(),
            fallen: t.clone() * squares[1].clone(),
            risen: -(t * squares[0].clone()),
            variance: zero.clone(),
            floor: None,
            ceiling: None,
            starts: twice(&self.number(2.0)),
            spent: zero,
        })
    }

    /// `None` where α may be small, or R outside the range of the formulas.
    fn received(&self, state: &State<N>, i: usize) -> Option<Received<N>> {
        let (zero, one) = (self.number(0.0), self.number(1.0));
        let first = i == 1;
        let [least, most] = state.across.clone();
        let loose = |square: &N, by: &N| {
            if first { square.sqrt() } else { (square.clone() * by.clone()).sqrt() }
        };
        let inverse = |by: &N| one.clone() / by.clone();
        let across = [loose(&least, &self.within), loose(&most, &inverse(&self.within))];
        let capped = [
            loose(&least, &self.cap).min(&across[1]),
            loose(&most, &inverse(&self.cap)).max(&across[0]),
        ];
        let [down, up] = self.norms.quotient(i - 1);
        let half = self.number(0.5);
        let spare = self.number(SPARE) / self.number(3.0);
        let y = [
            self.number(self.slice.ends[0]) * (half.clone() * down).exp(),
            self.number(self.slice.ends[1]) * (half * up + spare).exp(),
        ];
        let low = &self.norms.squares[0];
        let rest = one.clone() - y[1].square() / low.clone();
        let shift = self.tip.clone() * across[1].clone();
        let behind = state.along[0].clone() - state.output[1].clone();
        let ahead = state.ahead && zero.below(&behind);
        let way = [
            if ahead { behind.clone() } else { zero.clone() },
            (state.along[1].clone() - state.output[0].clone()).max(&-behind),
        ];
        if !self.number(0.2).below(&state.along[0]) || !self.number(0.5).below(&rest) {
            return None;
        }
        let turn = shift.clone() + way[1].clone() * y[1].square() / low.clone();
        let along = [state.along[0].clone() - turn.clone(), state.along[1].clone() + turn];
        let own = way[0].clone() * rest.sqrt() - shift.clone();
        let pull = [y[0].clone() * zero.max(&own), y[1].clone() * (way[1].clone() + shift.clone())];
        (self.number(0.1).below(&along[0])).then_some(Received {
            across,
            capped,
            y,
            shift,
            way,
            rest,
            along,
            pull,
            ahead,
        })
    }

    /// W², for R and |b|, with χ⁻ or χ⁺ for V.
    fn square(&self, across: &N, pull: &N, side: usize) -> N {
        across.square() * self.norms.squares[side].clone() + pull.square()
    }

    /// s from below.
    fn scale_below(&self, across: &N, pull: &N, along: &N) -> N {
        let one = self.number(1.0);
        let root = self.square(across, pull, 0).sqrt() / self.norms.squares[1].sqrt();
        one / (along.clone() / root + self.tip.clone())
    }

    /// s from above; `None` where it is not small.
    fn scale_above(&self, across: &N, pull: &N, along: &N) -> Option<N> {
        let one = self.number(1.0);
        let root = self.square(across, pull, 1).sqrt() / self.norms.squares[0].sqrt();
        let inverse = along.clone() / root - self.tip.clone();
        let small = self.stretch.below(&inverse);
        small.then(|| one / inverse)
    }

    /// What the neurons of layer i do.
    fn layer(&self, state: &State<N>, i: usize) -> Option<Layer<N>> {
        let (one, two) = (self.number(1.0), self.number(2.0));
        let got = self.received(state, i)?;
        let [cut, most] = self.norms.active.clone();
        let low = self.norms.squares[0].clone();
        let scale = [
            self.scale_below(&got.across[0], &got.pull[0], &got.along[1]),
            self.scale_above(&got.across[1], &got.pull[1], &got.along[0])?,
        ];
        let bent = self.tip.clone() * scale[1].clone();
        let bent = [one.clone() - bent.clone(), one + bent];
        let square = [
            self.square(&got.across[0], &got.pull[0], 0),
            self.square(&got.across[1], &got.pull[1], 1),
        ];
        let nats = &self.slice.nats_layer;
        let flipped = bent[1].clone() / low.clone() * share_above(&most, &scale[1], nats);
        let joining = got.across[1].clone() / got.along[0].clone();
        let joined = share_above(&most, &joining, nats) / low.clone();
        if !flipped.below(&self.number(MOST)) || !joined.below(&self.number(0.5)) {
            return None;
        }
        let backward = two.clone() * low.clone() * got.y[0].square();
        let variances = [
            square[1].clone() / (backward.clone() * (cut - two)),
            got.across[1].square() / backward,
        ];
        let lifted = square[1].clone() * flipped.clone() / (low * got.along[0].clone());
        Some(Layer { got, scale, bent, square, flipped, joining, joined, lifted, variances })
    }

    /// The logarithm of the mean of e^{θ × noise}, at most, where e^{λZ²} is asked for `beside`.
    fn by_chance(&self, layer: &Layer<N>, theta: &N, beside: &N) -> Option<N> {
        let [own, idle] = layer.variances.clone().map(|variance| theta.square() * variance);
        let beside = own.clone() + beside.clone();
        let limit = self.number(MOST);
        (beside.below(&limit) && idle.below(&limit)).then(|| {
            let sum = own * layer.scale[1].clone() * widened(&beside)
                + idle.clone() * layer.joining.clone() * widened(&idle);
            self.norms.active[1].clone() * excess(theta) * sum
        })
    }

    /// The lower bound on F̂, Φ, c, Σ b; and the least a − 2ε″.
    fn below(&self, state: &State<N>, layer: &Layer<N>) -> Option<([N; 4], N)> {
        let (zero, one, two) = (self.number(0.0), self.number(1.0), self.number(2.0));
        let Layer { got, scale, bent, .. } = layer;
        let [cut, most] = self.norms.active.clone();
        let high = &self.norms.squares[1];
        let nats = &self.slice.nats;
        let taken = bent[0].clone() * cut * share(&scale[0]) / high.clone();
        let pi = got.rest.clone() * taken;
        let weight = state.weight[0].clone() / (one.clone() - pi.clone());
        let tilted = self.number(self.slice.tilt) * weight.clone();
        let lambda = tilted.clone() * bent[0].clone() * got.way[1].clone() / high.clone();
        let second = two.clone() * excess(&one) * scale[1].clone() * lambda.square();
        let chance = self.by_chance(layer, &tilted, &zero)?;
        let noise = state.noise[0].clone() + chance + most * second;
        let shifted = got.shift.clone() / got.rest.clone();
        let target = state.along[0].clone() - shifted.clone();
        let centre = (one - pi.clone()) * state.centre[0].clone() + pi * target;
        let kept = state.along[0].clone() - two * shifted;
        let floor = state.floor.as_ref().map_or(kept.clone(), |floor| floor.min(&kept));
        let from =
            |start: &N, nats: &N| start.clone() - (nats.clone() + noise.clone()) / tilted.clone();
        let output = from(&centre, nats).min(&from(&floor, &self.again()));
        Some(([output, centre, weight, noise], floor))
    }

    /// ℓ of an event that may begin at every layer.
    fn again(&self) -> N {
        self.slice.nats.clone() + self.number(self.norms.depth as f64).ln()
    }

    /// The upper bound on F̂, Φ̄, c̄ and Σ b̄, where F̂ was below α before.
    fn above(&self, state: &State<N>, layer: &Layer<N>) -> Option<[N; 4]> {
        let one = self.number(1.0);
        let Layer { got, scale, bent, .. } = layer;
        let low = &self.norms.squares[0];
        let theta = self.number(self.slice.tilt);
        let far = got.way[1].clone() + got.shift.clone();
        let part = |tilted: &N| tilted.clone() * far.clone() * bent[1].clone() / low.clone();
        // A guess, which is checked below.
        let before = theta.clone() * state.weight[1].clone();
        let room = self.number(1.25) * part(&before) + self.number(0.01);
        if !room.below(&self.number(MOST)) {
            return None;
        }
        let neurons = bent[1].clone() * self.norms.active[1].clone() / low.clone();
        let pi = neurons * scale[1].clone() / one.pi() * widened(&room);
        if !pi.below(&one) {
            return None;
        }
        let weight = state.weight[1].clone() / (one.clone() - pi.clone());
        let tilted = theta * weight.clone();
        let own = layer.variances[0].clone() * tilted.square();
        if !(part(&tilted) + own).below(&room) {
            return None;
        }
        let noise = state.noise[1].clone() + self.by_chance(layer, &tilted, &room)?;
        let target = state.along[1].clone() + got.shift.clone();
        let kept = (one - pi.clone()) * state.centre[1].clone();
        let centre = kept + pi * target + layer.lifted.clone();
        let bound = centre.clone() + (self.slice.nats.clone() + noise.clone()) / tilted;
        Some([bound, centre, weight, noise])
    }

    /// What the layer after i receives.
    fn next(&self, state: &State<N>, i: usize) -> Option<State<N>> {
        let (zero, one, two) = (self.number(0.0), self.number(1.0), self.number(2.0));
        let layer = self.layer(state, i)?;
        let Layer { got, flipped, lifted, .. } = &layer;
        let low = &self.norms.squares[0];
        let theta = self.number(self.slice.tilt);
        let ([output, centre, weight, noise], floor) = self.below(state, &layer)?;
        let reached = got.shift.clone() + state.along[1].clone();
        let ceiling = state.ceiling.as_ref().map_or(reached.clone(), |most| most.max(&reached));
        let free = state.free.clone() + self.by_chance(&layer, &theta, &zero)?;
        let drift = state.drift.clone() + got.shift.clone() * flipped.clone() + lifted.clone();
        let upper = if got.ahead {
            self.above(state, &layer)?
        } else {
            let most = ceiling.clone() + drift.clone() + (self.again() + free.clone()) / theta;
            let [_, centre] = state.centre.clone();
            let [_, weight] = state.weight.clone();
            let [_, noise] = state.noise.clone();
            [most, centre, weight, noise]
        };
        let [most, centre_above, weight_above, noise_above] = upper;
        let (across, starts) = self.across(state, &layer, i)?;
        let relative = got.y[1].square() / low.clone();
        let fallen = state.fallen.clone() + got.way[1].clone() * relative.clone();
        let beyond = zero.max(&(state.output[1].clone() - state.along[0].clone()));
        let risen = state.risen.clone() + lifted.clone() + beyond * relative.clone();
        let variance = state.variance.clone() + got.across[1].square() / low.clone();
        let nats = self.slice.nats.clone();
        let swing = nats / self.swing.clone() + self.swing.clone() * variance.clone() / two;
        let spent = state.spent.clone() + self.number(1.5) * relative / got.rest.clone();
        Some(State {
            along: [one.clone() - fallen.clone() - swing.clone(), one + risen.clone() + swing],
            across,
            output: [output, most],
            centre: [centre, centre_above],
            weight: [weight, weight_above],
            noise: [noise, noise_above],
            ahead: got.ahead,
            free,
            drift,
            fallen,
            risen,
            variance,
            floor: Some(floor),
            ceiling: Some(ceiling),
            starts,
            spent,
        })
    }

    /// r² and r̄² after layer i, and the sums that the supermartingales start from.
    fn across(&self, state: &State<N>, layer: &Layer<N>, i: usize) -> Option<([N; 2], [N; 2])> {
        let before = self.number((i - 1) as f64);
        let (kept, source) = self.across_below(state, layer, &before)?;
        let least = kept + source.clone();
        let (kept, other) = self.across_above(state, layer, &before);
        let greatest = kept + other.clone();
        let starts = [
            state.starts[0].clone() + source / least.clone(),
            state.starts[1].clone() + other / greatest.clone(),
        ];
        Some(([least, greatest], starts))
    }

    /// The two parts of r²: what was there, and what the pull adds.
    fn across_below(&self, state: &State<N>, layer: &Layer<N>, before: &N) -> Option<(N, N)> {
        let (zero, one, two) = (self.number(0.0), self.number(1.0), self.number(2.0));
        let Layer { got, bent, flipped, joined, square, .. } = layer;
        let [cut, most] = self.norms.active.clone();
        let [low, high] = self.norms.squares.clone();
        // b̂/Y, and b̂ at most.
        let own = zero.max(&(got.way[0].clone() * got.rest.sqrt() - got.shift.clone()));
        let (p, pull) = (self.order.clone(), &(own.clone() * got.y[1].clone()));
        let lambda = widened(&(p.clone() * bent[1].clone() / low.clone()));
        let losing = two.clone() * excess(&one) * bent[1].clone() * most * lambda / low.clone();
        let r = got.capped[0].clone() / got.along[0].clone();
        let joining =
            one.clone() - r.square() / self.number(5.0) - self.number(1.2) * p / low.clone();
        let shared = high.clone() + pull.square() / got.across[0].square();
        let winning = cut * excess(&one) * joining * (one.clone() - joined.clone() / two.clone())
            / (shared * got.along[1].clone());
        let net = |across: &N| {
            let scale = self.stretch.clone() * self.scale_above(across, pull, &got.along[0])?;
            Some(losing.clone() * scale - winning.clone() * across.clone())
        };
        let lifted = square[1].clone() * flipped.clone() / got.along[0].clone();
        let lifted = lifted.square() / (low * square[0].clone());
        let largest = two.clone() * flipped.clone() + lifted.clone();
        if !largest.below(&one) {
            return None;
        }
        let curved = largest.square() / (two * (one - largest));
        let damped = (-(net(&got.across[0])?.max(&net(&got.capped[0])?) + lifted + curved)).exp();
        let pulled = own.square() * self.number(self.slice.ends[0]).square() / high;
        let source = pulled * (-(before.clone() * self.lost[0].clone())).exp();
        let kept = state.across[0].clone() * (-self.lost[0].clone()).exp();
        Some((kept * damped.clone(), source * damped))
    }

    /// The same of r̄².
    fn across_above(&self, state: &State<N>, layer: &Layer<N>, before: &N) -> (N, N) {
        let (one, two) = (self.number(1.0), self.number(2.0));
        let Layer { got, bent, scale, .. } = layer;
        let [cut, most] = self.norms.active.clone();
        let [low, high] = self.norms.squares.clone();
        let small = self.order.clone() / low.clone();
        let turning = one.clone() - scale[1].square() - self.number(1.6) * small.clone();
        let straight = one.clone() + self.tip.clone() * scale[1].clone();
        let losing = two.clone() * excess(&one) * bent[0].clone() * cut * turning
            / (high * self.stretch.square() * got.along[1].clone() * straight);
        let winning = most * excess(&one) * widened(&small) / (low.clone() * got.along[0].clone());
        let net = winning - losing;
        // Whatever its sign.
        let rate = (net.clone() * got.capped[1].clone()).max(&(net * got.across[1].clone()));
        let grown = rate.exp();
        let pulled = (got.way[1].clone() + got.shift.clone()).square()
            * self.number(self.slice.ends[1]).square()
            / low;
        let spare = two * self.number(SPARE) / self.number(3.0);
        let source = pulled * (before.clone() * self.lost[1].clone() + spare).exp();
        let kept = state.across[1].clone() * self.lost[1].exp();
        (kept * grown.clone(), source * grown)
    }
}
