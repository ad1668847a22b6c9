//! Control by Gaussian comparison: no union bound over subspaces or flip sets, and no constant
//! that is exponential in depth. `proofs/bottleneck.md`, `proofs/linearity.md`; of weights that
//! have moved, `proofs/trained.md`.

use std::ops::RangeInclusive;

use super::quantiles::{Quantiles, chi_square};
use super::signal::Signal;
use super::{Layer, Networks, Region, Rests, flips, known};
use crate::model::account::kind::{
    ACTIVE, AFFINE, BACK_BELOW, CHI_BELOW, CHOSEN, FLIPPING, HEAVY, INACTIVE_ABOVE, JACOBIAN,
    JOINING, LIGHTEST, RADIUS, ROWS, SPREAD, SUM_ABOVE, SUM_BELOW, WEIGHTS, WIDTH,
};
use crate::model::account::{Account, Events, Kind, Shares, WHOLE};
use crate::num::Number;
use crate::num::search::argmin;
use crate::theory::activation::Activation;
use crate::theory::tail::sets;

/// The logarithm of the λ beyond which leading orders take the place of searches in `f64`, where
/// differences of arctangents would cancel.
const CANCELLING: f64 = 14.0;

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Flips, Lipschitz constants, gradient terms.
    Everything,
    /// The gradient terms.
    Gradient,
    /// The affine error.
    Affine,
}

/// Of every event, so many units of δ. Found by halving and doubling one at a time at nine shapes:
/// against equal shares ε falls by 5 percent on average and the affine error by 7.
const LIGHT: u32 = 1;
const MIDDLE: u32 = 4;
const DEAR: u32 = 8;
const DEAREST: u32 = 16;

/// The events that the control rests on.
pub fn plan(networks: &Networks<'_>, want: Want) -> Shares {
    shares(networks, want, false)
}

/// The same where the weights may have moved: those of the output, too, which multiply what becomes
/// of the last layer.
pub fn plan_of_moved(networks: &Networks<'_>, want: Want) -> Shares {
    shares(networks, want, true)
}

fn shares(networks: &Networks<'_>, want: Want, moved: bool) -> Shares {
    let depth = networks.depth() as u64;
    let (all, below) = (1..=depth, 1..=depth.saturating_sub(1));
    let last = |needed: bool| if needed { &all } else { &below };
    let (everything, affine) = (want == Want::Everything, want == Want::Affine);
    // Of the last layer the change is wanted for its own sake alone.
    let change = last(everything || moved && affine);
    let mut families = vec![(CHI_BELOW, WHOLE, MIDDLE), (BACK_BELOW, all.clone(), DEAR)];
    let mut add = |kinds: &[Kind], layers: &RangeInclusive<u64>, weight: u32| {
        families.extend(kinds.iter().map(|&kind| (kind, layers.clone(), weight)));
    };
    add(&[JOINING, RADIUS], change, LIGHT);
    add(&[ACTIVE], last(everything || moved), LIGHT);
    if !networks.slope.is_relu() {
        add(&[INACTIVE_ABOVE], change, LIGHT);
    }
    add(&[SUM_BELOW], change, MIDDLE);
    add(&[FLIPPING, WIDTH], &below, LIGHT);
    if affine || !networks.bias.is_none() {
        add(&[SUM_ABOVE], last(moved && affine), MIDDLE);
    }
    if affine {
        add(&[ROWS, LIGHTEST], &below, LIGHT);
        add(&[AFFINE], &all, DEAREST);
    } else {
        add(&[ROWS, LIGHTEST], &all, LIGHT);
        add(&[HEAVY], &all, MIDDLE);
        add(&[WEIGHTS], &all, DEAR);
        add(&[SPREAD], &below, LIGHT);
        add(&[CHOSEN], &below, MIDDLE);
        add(&[JACOBIAN], last(everything || moved), LIGHT);
    }
    Shares::weighted(&families)
}

/// The sets that the region turns into, layer by layer: T_{j−1} and Ξ_{j−1}.
struct State<N> {
    drift: N,
    drop: N,
    width: N,
    lipschitz: N,
    spread: N,
    /// ω_j: what the weights that have moved alone do to what layer j makes, as κ_j; 0 where they
    /// are as drawn. `proofs/trained.md#layer`.
    shift: N,
    /// The events behind drift and width.
    moved: Events,
    /// Those behind the Lipschitz constant and the spread.
    turned: Events,
}

impl<N: Number> State<N> {
    /// Does nothing move?
    fn is_still(&self) -> bool {
        self.drift.to_f64() == 0.0 && self.shift.to_f64() == 0.0
    }
}

/// √d η(1 + τ), behind a layer of width d.
fn shift<N: Number>(eta: &N, width: u128, drift: &N) -> N {
    if eta.to_f64() == 0.0 {
        return eta.like(0.0);
    }
    eta.whole(width).sqrt() * eta.clone() * (eta.like(1.0) + drift.clone())
}

/// Controls every hidden layer; where the weights may have moved, one more stands for the output.
pub fn control<N: Number>(
    networks: &Networks<'_>,
    region: &Region<N>,
    account: &mut Account<N>,
    want: Want,
) -> Vec<Layer<N>> {
    let number = |value: f64| region.radius.like(value);
    let one = number(1.0);
    let Networks { widths, slope, .. } = *networks;
    let input = region.radius.whole(widths[0]);
    let activation = Activation::new(slope, &region.radius);
    let mut quantiles = Quantiles::new(activation.a.clone());
    let mut signal = Signal::new(networks, &region.radius);
    let radius = signal.over_input(&region.radius);
    let drop = region.drop.as_ref().map_or(region.radius.clone(), |c| c.min(&region.radius));
    let eta = region.nearness.clone().unwrap_or_else(|| number(0.0));
    let moved = region.is_moved();
    // The affine error is over ‖u‖‖∇f(x)‖, or where it is not small beside that over ‖x‖‖∇f(x)‖.
    let unit = region.nearness.as_ref().map_or(&region.radius, |_| &one).clone();
    let mut state = State {
        shift: shift(&eta, widths[0], &radius),
        drop: if signal.is_biased() { drop / signal.received().clone() } else { drop },
        width: radius.clone() * input.sqrt(),
        drift: radius,
        lipschitz: number(1.0),
        spread: input.sqrt(),
        moved: Events::default(),
        turned: Events::default(),
    };
    // Π s_i⁻ · c⁻ up to here.
    let mut back = Events::default();
    let mut backward = chi_square(widths[0], account, &mut back);
    let mut layers = Vec::new();
    let mut change = 0.0;
    let mut followed = networks.depth() == 0;
    for (j, pair) in (1..).zip(widths.windows(2)) {
        let (before, n) = (pair[0], pair[1]);
        let last = j + 1 == widths.len();
        let outer = Outer { gradient: backward.sqrt(), back: back.clone(), eta: &eta };
        backward = backward * quantiles.draw(BACK_BELOW, (j, n), account, &mut back);
        let gradient = backward.sqrt();
        let mut step = Step {
            j,
            before,
            n,
            activation: &activation,
            signal: &signal,
            state: &state,
            outer: &outer,
            quantiles: &mut quantiles,
            account: &mut *account,
        };
        let mut layer = Layer::unknown(&gradient);
        let affine = (want == Want::Affine).then(|| {
            let (pushed, mut behind) = outer.pushed(&state, &signal, &input);
            if state.is_still() || slope.is_linear() {
                return (pushed, behind);
            }
            behind.join(signal.behind());
            behind.join(&back);
            behind.join(&state.moved);
            let scale = gradient.clone() * (one.whole(n) * input.clone()).sqrt();
            let size = signal.received().sqrt();
            let reached = activation.jump.clone() * step.affine(&mut behind) * size;
            (reached / (unit.clone() * scale) + pushed, behind)
        });
        let next = if want == Want::Affine && last && !moved {
            None
        } else {
            let (taken, next) = step.take(&gradient, &back, want, last.then_some(moved));
            layer = taken;
            next
        };
        if let Some((error, behind)) = affine {
            (layer.affine, layer.rests.affine) = (Some(error), behind);
        }
        change += layer.change(want == Want::Affine);
        layers.push(layer);
        let Some(next) = next.filter(|_| change <= region.limit) else { break };
        // Biases of the output are wanted with what the output receives.
        if want == Want::Affine || signal.is_biased() && !last {
            let mut behind = Events::default();
            let above = quantiles.draw(SUM_ABOVE, (j, n), account, &mut behind);
            signal.pass(j, above, &behind);
        }
        state = next;
        followed = last;
    }
    if moved && followed {
        let outer = Outer { gradient: backward.sqrt(), back, eta: &eta };
        layers.push(outer.output(&state, &signal, &input, want));
    }
    Layer::complete(layers, networks.depth() + usize::from(moved), region)
}

/// What stands in front of a layer: v_{j−1} ≤ ‖∇f(x)‖/B_j, and by how much weights may have moved.
struct Outer<'a, N> {
    gradient: N,
    /// The events behind it.
    back: Events,
    eta: &'a N,
}

impl<N: Number> Outer<'_, N> {
    /// B_j η(1 + τ_{j−1})‖ĥ_{j−1}‖ over ‖x‖‖∇f(x)‖: by how much weights of layer j that have moved
    /// alone change f. `proofs/trained.md#affine`.
    fn pushed(&self, state: &State<N>, signal: &Signal<N>, input: &N) -> (N, Events) {
        if state.shift.to_f64() == 0.0 {
            return (self.eta.like(0.0), Events::default());
        }
        let mut behind = signal.behind().clone();
        behind.join(&self.back);
        behind.join(&state.moved);
        let size = (signal.received().clone() / input.clone()).sqrt();
        (state.shift.clone() * size / self.gradient.clone(), behind)
    }

    /// The same of the gradient: B_j η σ_{j−1} over ‖∇f(x)‖. `proofs/trained.md#gradient`.
    fn turned(&self, state: &State<N>) -> (N, Events) {
        if self.eta.to_f64() == 0.0 {
            return (self.eta.like(0.0), Events::default());
        }
        let mut behind = self.back.clone();
        behind.join(&state.turned);
        (self.eta.clone() * state.lipschitz.clone() / self.gradient.clone(), behind)
    }

    /// The output, in front of which every hidden layer stands: no neuron of it flips.
    fn output(&self, state: &State<N>, signal: &Signal<N>, input: &N, want: Want) -> Layer<N> {
        let mut layer = Layer::unknown(&self.gradient);
        if want == Want::Affine {
            let (affine, behind) = self.pushed(state, signal, input);
            (layer.affine, layer.rests.affine) = (Some(affine), behind);
        } else {
            (layer.term, layer.rests.term) = self.turned(state);
        }
        layer
    }
}

/// From layer j − 1 to layer j of width n.
struct Step<'a, N> {
    j: usize,
    before: u128,
    n: u128,
    activation: &'a Activation<N>,
    signal: &'a Signal<N>,
    state: &'a State<N>,
    outer: &'a Outer<'a, N>,
    quantiles: &'a mut Quantiles<N>,
    account: &'a mut Account<N>,
}

/// s = √(2ℓ).
fn deviations<N: Number>(nats: &N) -> N {
    (nats.like(2.0) * nats.clone()).sqrt()
}

impl<N: Number> Step<'_, N> {
    fn constant(&self, value: f64) -> N {
        self.state.drift.like(value)
    }

    fn whole(&self, value: u128) -> N {
        self.state.drift.whole(value)
    }

    fn width(&self) -> N {
        self.whole(self.n)
    }

    /// The squared slopes of the layer, of which so many are 1 in size.
    fn slopes(&self, steep: &N) -> N {
        self.activation.squares(steep, &self.width())
    }

    /// t(n, m), or with `rows` neurons instead of n to choose from.
    fn heaviest(&self, m: u128, rows: &N) -> N {
        sets::heaviest(rows, &self.whole(m))
    }

    /// Draws an event of this layer.
    fn draw(&mut self, kind: Kind, behind: &mut Events) -> N {
        self.account.draw(kind, self.j, None, behind)
    }

    fn quantile(&mut self, kind: Kind, behind: &mut Events) -> N {
        self.quantiles.draw(kind, (self.j, self.n), self.account, behind)
    }

    /// ‖ĥ_j‖ over ‖ĥ_{j−1}‖/√d_{j−1}, at least.
    fn size(&mut self, behind: &mut Events) -> N {
        let least = self.quantile(SUM_BELOW, behind);
        (self.width() * self.signal.lifted(self.j, least, behind)).sqrt()
    }

    /// ‖h_j‖/‖ĥ_j‖, at most: `None` without biases.
    fn share(&mut self, behind: &mut Events) -> Option<N> {
        let lift = self.signal.lift(self.j)?;
        behind.join(self.signal.behind());
        let most = self.quantile(SUM_ABOVE, behind);
        Some((most.clone() / (most + lift)).sqrt())
    }

    /// Flips and flipped rows: m_j and κ_j, with the events behind both.
    fn flipped(&mut self) -> (u128, N, Events) {
        let State { drift, width, shift, moved, .. } = self.state;
        if self.state.is_still() {
            return (0, self.constant(0.0), moved.clone());
        }
        let s = deviations(&self.account.price(ROWS));
        let beside = width.clone() + shift.clone();
        let rows = |m: u128| {
            drift.clone() * (self.heaviest(m, &self.width()).sqrt() + s.clone()) + beside.clone()
        };
        let (rough_s, rough_n) = (s.to_f64(), self.n as f64);
        let (rough_drift, rough_width) = (drift.to_f64(), beside.to_f64());
        let rough =
            |m: f64| rough_drift * (sets::heaviest(&rough_n, &m).sqrt() + rough_s) + rough_width;
        let nats = self.account.price(LIGHTEST);
        let m =
            if known(drift) && known(width) { flips(self.n, &nats, rows, rough) } else { self.n };
        // The event that excludes m + 1 flips is the one that bounds their rows.
        let size = (m + 1).min(self.n);
        let kappa = rows(size);
        // That the neurons which flip are no more than so many rows is an event of its own.
        let mut behind = moved.clone();
        self.account.draw(ROWS, self.j, Some(size), &mut behind);
        self.draw(LIGHTEST, &mut behind);
        (m, kappa, behind)
    }

    /// What is proved of this layer, and what the next receives, if there is one: behind the last,
    /// the output, where its weights may have moved.
    fn take(
        &mut self,
        gradient: &N,
        back: &Events,
        want: Want,
        last: Option<bool>,
    ) -> (Layer<N>, Option<State<N>>) {
        let (last, to_output) = (last.is_some(), last == Some(true));
        if to_output && want == Want::Affine {
            let state = self.state;
            let (drift, moved) = self.drift(&state.moved);
            return (Layer::unknown(gradient), Some(self.reaching(drift, moved, None)));
        }
        let (m, kappa, behind) = self.flipped();
        let mut layer = Layer {
            flips: m,
            rows: kappa.clone(),
            rests: Rests { rows: behind.clone(), flips: behind.clone(), ..Rests::default() },
            ..Layer::unknown(gradient)
        };
        layer.scale = gradient.clone() * (self.width() * self.whole(self.before)).sqrt();
        if want != Want::Affine {
            self.turn(&mut layer, back, want == Want::Everything || !last || to_output);
        }
        if last && want != Want::Everything {
            let turned = to_output.then(|| (layer.lipschitz.clone(), &layer.rests.lipschitz));
            let next = turned.map(|turned| {
                let drift = self.constant(f64::INFINITY);
                self.reaching(drift, Events::default(), Some(turned))
            });
            return (layer, next);
        }
        let (drift, mut moved) = self.drift(&behind);
        layer.drift = drift.clone();
        layer.rests.drift = moved.clone();
        if last {
            let turned = (layer.lipschitz.clone(), &layer.rests.lipschitz);
            let next = to_output.then(|| self.reaching(drift, moved, Some(turned)));
            return (layer, next);
        }
        let width = self.gaussian_width(m, &drift, &mut moved);
        layer.width = width.clone();
        let mut turned = layer.rests.lipschitz.clone();
        let spread = if want == Want::Affine {
            self.constant(f64::INFINITY)
        } else {
            self.spread(&layer, &mut turned)
        };
        let lipschitz = layer.lipschitz.clone();
        let (drop, shift) = (drift.clone(), self.shift(&drift));
        (layer, Some(State { drift, drop, width, lipschitz, spread, shift, moved, turned }))
    }

    /// ω of the next layer.
    fn shift(&self, drift: &N) -> N {
        shift(self.outer.eta, self.n, drift)
    }

    /// What the output receives, whose own rows flip nothing: widths are not asked for.
    fn reaching(&self, drift: N, moved: Events, turned: Option<(N, &Events)>) -> State<N> {
        let unknown = || self.constant(f64::INFINITY);
        let (lipschitz, turned) = turned.map_or_else(
            || (unknown(), Events::default()),
            |(lipschitz, events)| (lipschitz, events.clone()),
        );
        let (drop, shift) = (drift.clone(), self.shift(&drift));
        let (width, spread) = (unknown(), unknown());
        State { drift, drop, width, lipschitz, spread, shift, moved, turned }
    }

    /// The gradient's term, and where it is wanted the Lipschitz constant.
    fn turn(&mut self, layer: &mut Layer<N>, back: &Events, lipschitz: bool) {
        let m = layer.flips;
        let mut behind = layer.rests.flips.clone();
        if lipschitz {
            behind.join(&self.state.turned);
            layer.lipschitz = self.lipschitz(m, &mut behind);
            layer.rests.lipschitz = behind.clone();
        }
        let mut behind = layer.rests.flips.clone();
        let (turned, events) = self.outer.turned(self.state);
        if self.activation.is_changed_by(m) {
            behind.join(&self.state.turned);
            behind.join(back);
            layer.heavy = self.heavy(m, &mut behind);
            layer.weights =
                self.activation.jump.clone() * self.weights(m, &layer.rows, &mut behind);
            let root = self.whole(self.before).sqrt();
            let rows = layer.heavy.clone() + root * self.turning();
            layer.term = layer.weights.clone() * rows / layer.scale.clone() + turned;
        } else {
            (layer.weights, layer.term) = (self.constant(0.0), turned);
        }
        behind.join(&events);
        layer.rests.term = behind;
    }

    /// ησ_{j−1}: by how much weights that have moved alone change what layer j makes of a
    /// direction; exactly 0 where they are as drawn.
    fn turning(&self) -> N {
        let eta = self.outer.eta;
        if eta.to_f64() == 0.0 {
            return self.constant(0.0);
        }
        eta.clone() * self.state.lipschitz.clone()
    }

    /// K_j. `proofs/bottleneck.md#lipschitz`.
    fn heavy(&mut self, m: u128, behind: &mut Events) -> N {
        let State { lipschitz, spread, .. } = self.state;
        let s = deviations(&self.account.draw(HEAVY, self.j, Some(m), behind));
        lipschitz.clone() * (self.heaviest(m, &self.width()).sqrt() + s) + spread.clone()
    }

    /// τ_j. `proofs/bottleneck.md#radius`.
    fn drift(&mut self, flips: &Events) -> (N, Events) {
        let State { drift, drop, width, shift, .. } = self.state;
        let mut moved = flips.clone();
        if self.state.is_still() {
            // Where nothing moves, nothing moves further on, whatever else is known.
            return (self.constant(0.0), moved);
        }
        let (n, pi) = (self.width(), drift.pi());
        let size = self.size(&mut moved);
        let s = deviations(&self.draw(RADIUS, &mut moved));
        let beside = width.clone() + shift.clone();
        let capped = (drift.clone() * (n.sqrt() + s.clone()) + beside.clone()) / size.clone();
        let beta = self.constant(1.0) - drop.clone();
        if !self.constant(0.0).below(&beta) {
            return (capped, moved);
        }
        let tangent = drift.clone() / beta;
        let Some((share, largest)) = self.joining(&tangent) else { return (capped, moved) };
        let mean = n * tangent / (self.constant(3.0) * pi) * share;
        let nats = self.account.price(JOINING);
        let joining = sets::bernstein(&mean, &largest, &nats);
        let mut refined_rests = moved.clone();
        let a = self.quantile(ACTIVE, &mut refined_rests);
        let staying = self.staying(&a, &mut refined_rests);
        let refined = (drift.clone() * ((a + staying + joining).sqrt() + s) + beside) / size;
        if refined.to_f64() < capped.to_f64() {
            self.draw(JOINING, &mut refined_rests);
            (refined, refined_rests)
        } else {
            (capped, moved)
        }
    }

    /// What an inactive neuron that joins adds to the radius, on average in units of ReLU and at
    /// most; `None` where the proof does not reach. `proofs/bottleneck.md#radius`.
    fn joining(&self, tangent: &N) -> Option<(N, N)> {
        let Activation { slope, a, jump, rest, .. } = self.activation;
        let (one, two) = (self.constant(1.0), self.constant(2.0));
        let (share, largest) = if !slope.is_negative() {
            let reached = (one.clone() + tangent.square()).sqrt();
            let twice = two.clone() * a.clone();
            (jump.clone() * (one + twice.clone()), jump.clone() * (twice * reached + jump.clone()))
        } else if tangent.below(&one) {
            (rest.clone(), rest.clone())
        } else {
            return None;
        };
        Some((share, largest / two))
    }

    /// Λ: the squares of inactive neurons that stay so, in all directions at once.
    /// `proofs/bottleneck.md#radius`.
    fn staying(&mut self, active: &N, behind: &mut Events) -> N {
        if self.activation.slope.is_relu() {
            return self.constant(0.0);
        }
        let n = self.width();
        let squares = n.clone() * self.quantile(INACTIVE_ABOVE, behind);
        let inactive = n.clone() - active.clone();
        let cross = (n / self.constant(2.0) + squares.clone()).sqrt();
        self.activation.a.square() * (inactive.max(&squares) + cross)
    }

    /// μ_j, given τ_j. `proofs/bottleneck.md#width`.
    fn gaussian_width(&mut self, m: u128, next_drift: &N, moved: &mut Events) -> N {
        let State { drift, drop, width, shift, .. } = self.state;
        if self.state.is_still() {
            return self.constant(0.0);
        }
        let (n, pi) = (self.width(), drift.pi());
        let (one, two) = (self.constant(1.0), self.constant(2.0));
        let widest = next_drift.clone() * n.sqrt();
        let beta = one.clone() - drop.clone();
        if !self.constant(0.0).below(&beta) {
            return widest;
        }
        let mut behind = moved.clone();
        let size = self.size(&mut behind);
        let a = self.quantile(ACTIVE, &mut behind);
        let s = deviations(&self.account.price(WIDTH));
        let square = drift.square();
        let slopes = self.slopes(&a);
        let root = slopes.sqrt();
        let Activation { jump, a: slope, .. } = self.activation;
        // 1 − a² = (1 − a)(1 + a).
        let sum = one.clone() + slope.clone();
        let bracket = sum.square() * (width.square() + square.clone()) / (two.clone() * slopes)
            + sum.clone() * width.clone() * drift.clone() / (two.clone() * root.clone())
            + square;
        let mean = jump.clone() * n.clone() * bracket / (self.constant(4.0) * pi.clone() * beta);
        let largest = jump.clone()
            * (sum * width.clone() / (self.constant(4.0) * root.clone())
                + drift.clone() / (two.clone() * pi.clone()));
        let flipping = sets::bernstein(&mean, &largest, &self.account.price(FLIPPING));
        // Of the m heaviest, those of one sign: half of the neurons to choose from.
        let n_root = n.sqrt();
        let one_sided = self.heaviest(m, &(n / two.clone()));
        let sum = width.clone() * root.clone()
            + drift.clone() * root / (two.clone() * pi.clone()).sqrt()
            + flipping
            + n_root * shift.clone()
            + s * drift.clone() * (one + jump.clone() * one_sided.sqrt());
        let along = drift.clone() * (two / pi).sqrt();
        let along = match self.share(&mut behind) {
            None => along,
            Some(share) => along * share,
        };
        let refined = sum / size + along;
        if refined.to_f64() < widest.to_f64() {
            self.draw(FLIPPING, &mut behind);
            self.draw(WIDTH, &mut behind);
            *moved = behind;
            refined
        } else {
            widest
        }
    }

    /// σ_j. `proofs/bottleneck.md#lipschitz`.
    fn lipschitz(&mut self, m: u128, behind: &mut Events) -> N {
        let State { lipschitz, spread, .. } = self.state;
        let s = deviations(&self.draw(JACOBIAN, behind));
        let a = self.quantile(ACTIVE, behind);
        let steep = a.clone() + self.heaviest(m, &(self.width() - a));
        let root = self.whole(self.before).sqrt();
        (lipschitz.clone() * (self.slopes(&steep).sqrt() + s) + spread.clone()) / root
            + self.turning()
    }

    /// ν_j, given the rest of the layer. `proofs/bottleneck.md#lipschitz`.
    fn spread(&mut self, layer: &Layer<N>, turned: &mut Events) -> N {
        let State { lipschitz, spread, .. } = self.state;
        let (m, widest) = (layer.flips, layer.lipschitz.clone() * self.width().sqrt());
        if m >= self.n {
            return widest;
        }
        let root = self.whole(self.before).sqrt();
        let mut behind = turned.clone();
        let a = self.quantile(ACTIVE, &mut behind);
        let s = deviations(&self.account.price(SPREAD));
        let rows = spread.clone() * self.slopes(&a).sqrt() + s * lipschitz.clone();
        // Without a change the slopes at x are all there is.
        let flipping = self.activation.is_changed_by(m);
        let narrower = if flipping {
            let heavy = self.heavy(m, &mut behind);
            let jump = self.activation.jump.clone();
            (rows + jump * self.chosen(&layer.rows).sqrt() * heavy) / root
        } else {
            rows / root
        };
        let narrower = narrower + self.width().sqrt() * self.turning();
        if narrower.to_f64() < widest.to_f64() {
            self.draw(SPREAD, &mut behind);
            if flipping {
                self.draw(CHOSEN, &mut behind);
            }
            *turned = behind;
            narrower
        } else {
            widest
        }
    }

    /// λκ² + B at a good λ.
    fn chosen(&self, kappa: &N) -> N {
        let nats = self.account.price(CHOSEN);
        let (rough_kappa, rough_nats) = (kappa.to_f64(), nats.to_f64());
        let centre = self.penalty(rough_kappa);
        let lambda = if centre > CANCELLING {
            centre.exp()
        } else {
            argmin(centre - 3.0, centre + 3.0, 24, |l| {
                squared_choice(self.n, &l, &rough_kappa, &rough_nats)
            })
        };
        squared_choice(self.n, &self.constant(lambda), kappa, &nats)
    }

    /// The logarithm of a good λ for sets with ‖ζ_F‖ ≤ κ.
    fn penalty(&self, kappa: f64) -> f64 {
        (0.42 * self.n as f64 / (kappa * kappa)).ln() * 2.0 / 3.0
    }

    /// g_j. `proofs/linearity.md#term`.
    fn weights(&mut self, m: u128, kappa: &N, behind: &mut Events) -> N {
        debug_assert!(m > 0);
        let nats = self.draw(WEIGHTS, behind);
        let (rough_kappa, rough_nats) = (kappa.to_f64(), nats.to_f64());
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
        squared_weights(self.n, &self.constant(lambda), &theta, kappa, &nats).sqrt()
    }

    /// C_j in units of ‖ĥ_{j−1}‖. `proofs/linearity.md#affine`.
    fn affine(&mut self, behind: &mut Events) -> N {
        let State { drift, drop, width, shift, .. } = self.state;
        let beta = self.constant(1.0) - drop.clone();
        if !(known(drift) && known(width) && self.constant(0.0).below(&beta)) {
            return self.constant(f64::INFINITY);
        }
        // One width and two sums, doubled by the comparison: a sixth each.
        let nats = self.draw(AFFINE, behind) + self.constant(6.0).ln();
        let s = deviations(&nats);
        let terms = Affine {
            n: self.n,
            omega: width.clone() + s * drift.clone() + shift.clone(),
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
        // Below the leading order, down to about ρ, where deviations are most of ω.
        let low = if self.rho > 0.0 { (centre - 1.5).min(self.rho.ln()) } else { centre - 1.5 };
        let e = argmin(low, centre + 1.5, 16, |e| self.value(&e, &best_lambda(e)));
        (e, best_lambda(e))
    }
}
