//! One slice of κ followed through the layers: first what every layer receives, then back from the
//! output, of which one exponential moment is bounded over all layers at once.
//! `proofs/direct.md#joint-recursion`.

use std::f64::consts::PI;

use super::chance::{finite, idle};
use super::norms::{Norms, Width};
use super::slices::Slice;
use crate::num::Number;

/// The parts of Σ Y²/S and of α that are left, at least.
const LEAST: f64 = 0.1;

/// ℓ of the events of slices.
#[derive(Clone, Debug)]
pub struct Nats<N> {
    /// `sway`.
    pub output: N,
    /// `kept`.
    pub kept: N,
    /// `across-above`.
    pub across: N,
    /// `relative-above`.
    pub relative: N,
    /// `swing-below` and `swing-above`.
    pub swing: [N; 2],
}

/// What layer i receives and does, between bounds.
struct Layer<N> {
    /// Of its width.
    norms: Width<N>,
    /// R_{i−1}².
    across: N,
    /// X_{i−1} = R²/Y².
    relative: N,
    /// α′ ≥ a.
    along: N,
    /// 1 + m: α° is at most this.
    target: N,
    /// D̄.
    way: N,
    /// b̄².
    pull: N,
    /// N̲ − 3/2.
    mean: N,
    /// s̄.
    scale: N,
    /// r.
    joining: N,
}

/// Bounds on what a slice leads to; `None` where nothing is proved.
pub struct Walk<N> {
    layers: Vec<Layer<N>>,
    /// t.
    step: N,
    /// ℓ of `sway`.
    nats: N,
}

/// What is known of the state after some layers, in a slice.
struct State<N> {
    /// ‖R²‖_p, ‖X‖_p and ‖Y²‖_p, at most.
    norms: [N; 3],
    /// How far F° may be below 1 − t.
    sunk: N,
    /// Σ b° of the noise.
    noise: N,
    /// What layers received.
    received: Received<N>,
}

/// Sums over layers that do not depend on which neurons flip in the last of them.
struct Received<N> {
    /// t κ² + Σ D Y²/S.
    fallen: N,
    /// Σ R²/S.
    variance: N,
    /// How far α° may be above 1.
    risen: N,
}

/// The parameters of moments: any serve.
struct Orders<N> {
    /// p.
    moment: N,
    /// θ of the martingale in α, and of the noise.
    swing: N,
    kept: N,
}

impl<N: Number> Walk<N> {
    /// `nats` before the slice has its factor and the change of measure its price.
    pub fn new(norms: &Norms<N>, slice: &Slice<N>, step: &N, nats: &Nats<N>) -> Option<Self> {
        let number = |value: f64| step.like(value);
        let depth = norms.quotients.len() - 1;
        let [from, to] = slice.ends.clone().map(|q| q.square());
        let one = number(1.0);
        if !to.below(&one) {
            return None;
        }
        let beginning = to.clone() * norms.gradient[1].clone() / (one.clone() - to.clone());
        let above = squares(norms, &beginning)?;
        let least = from * norms.gradient[0].clone();
        let weight = change(norms, [&least, &beginning], &above);
        let cost = weight - number(slice.factor).ln();
        let zero = number(0.0);
        let priced = |nats: &N| zero.max(&(nats.clone() + cost.clone()));
        // One for every layer but the first and the last.
        let layers = number((depth.max(2) - 1) as f64).ln();
        let nats = Nats {
            output: priced(&nats.output),
            kept: priced(&nats.kept),
            across: priced(&nats.across) + layers.clone(),
            relative: priced(&nats.relative) + layers,
            swing: [priced(&nats.swing[0]), priced(&nats.swing[1])],
        };
        let orders = orders(norms, step, &to, &beginning, &nats);
        let square = step.square();
        let mut state = State {
            norms: [square.clone() * to.clone(), square / norms.gradient[0].clone(), beginning],
            sunk: zero.clone(),
            noise: zero.clone(),
            received: Received { fallen: step.clone() * to, variance: zero.clone(), risen: zero },
        };
        let mut found = Vec::new();
        for i in 1..=depth {
            let (layer, sums) = receive(norms, &state, &orders, &nats, (i, step), &above[i - 1])?;
            if i < depth {
                state = next(&state, &layer, sums, &orders, &nats, &above[i - 1][1])?;
            }
            found.push(layer);
        }
        Some(Walk { layers: found, step: step.clone(), nats: nats.output })
    }

    /// Φ: F̂_L is below this in the slice but with the probability of `sway` there, if it is not
    /// positive; for any θ > 0.
    pub fn output(&self, theta: &N) -> Option<N> {
        let one = theta.like(1.0);
        let mut weight = theta.clone();
        let mut sum = theta.like(0.0);
        for layer in self.layers.iter().rev() {
            let way = weight.clone() * layer.way.clone();
            let [taken, rest] = layer.moment(&weight, &way, theta)?;
            let share = taken / way;
            if !share.below(&one) {
                return None;
            }
            sum = sum + weight.clone() * share.clone() * layer.target.clone() + rest;
            weight = weight * (one.clone() - share);
        }
        let start = weight * (one - self.step.clone());
        Some((self.nats.clone() + start + sum) / theta.clone())
    }
}

/// Y_i² in the slice, at most, for i = 0, …, L − 1, and 1 − Y_i²/S_{i+1}, at least.
fn squares<N: Number>(norms: &Norms<N>, beginning: &N) -> Option<Vec<[N; 2]>> {
    let one = beginning.like(1.0);
    let mut lost = beginning.like(0.0);
    let mut found = Vec::new();
    for (i, [_, quotient]) in norms.quotients[..norms.quotients.len() - 1].iter().enumerate() {
        let square = beginning.clone() * (quotient.clone() + lost.clone()).exp();
        let left = one.clone() - square.clone() / norms.layer(i + 1).sum.clone();
        if !one.like(LEAST).below(&left) {
            return None;
        }
        lost = lost - left.ln();
        found.push([square, left]);
    }
    Some(found)
}

/// log w, at most, for Y₀² between these.
fn change<N: Number>(norms: &Norms<N>, [least, most]: [&N; 2], above: &[[N; 2]]) -> N {
    let (one, half) = (least.like(1.0), least.like(0.5));
    let [below, over] = norms.quotients[norms.quotients.len() - 1].clone().map(|log| log.exp());
    // Concave in M, with its largest value at 1/Y₀².
    let at = |product: N, square: &N| {
        half.clone() * (product.ln() + square.clone() * (one.clone() - product))
    };
    let inverse = one.clone() / most.clone();
    let less = at(one.min(&below.max(&inverse)), most);
    let more = if least.to_f64() > 0.0 {
        at(one.max(&over.min(&(one.clone() / least.clone()))), least)
    } else {
        half.clone() * over.ln()
    };
    above.iter().fold(less.max(&more), |sum, [_, left]| {
        sum + one.like(1.5) * (one.clone() - left.clone()) / left.clone()
    })
}

/// Near the best, from leading orders.
fn orders<N: Number>(
    norms: &Norms<N>,
    step: &N,
    square: &N,
    beginning: &N,
    nats: &Nats<N>,
) -> Orders<N> {
    let depth = norms.quotients.len() - 1;
    let (t, y) = (step.to_f64(), beginning.to_f64());
    let relative = t * t / norms.gradient[0].to_f64();
    let mut across = t * t * square.to_f64();
    let (mut swing, mut noise, mut largest) = (0.0, 0.0, f64::INFINITY);
    for i in 1..=depth {
        let layer = norms.layer(i);
        let sum = 0.5 * layer.n.to_f64();
        swing += across / layer.sum.to_f64();
        let more = across + t * t * y / sum;
        if i < depth {
            noise += relative * 2.0 / (3.0 * PI) * (more.sqrt() + across.sqrt());
        }
        // Twice the exponent stays below 1.
        let limit = layer.rest.to_f64().min(layer.active[0].to_f64());
        largest = largest.min((0.2 * limit / relative).sqrt());
        across = more;
    }
    let kept = 0.8 * (2.0 * nats.kept.to_f64() / noise).sqrt();
    Orders {
        moment: step.like(if depth > 1 {
            norms.order(0.5 * (nats.across.to_f64() + nats.relative.to_f64()), depth - 1)
        } else {
            1.0
        }),
        swing: step.like((2.0 * nats.swing[0].to_f64().max(0.1) / swing).sqrt()),
        kept: step.like(if kept < largest { kept.max(1e-3 * largest) } else { largest }),
    }
}

/// What layer i receives, and the sums after it that do not depend on its neurons.
fn receive<N: Number>(
    norms: &Norms<N>,
    state: &State<N>,
    orders: &Orders<N>,
    nats: &Nats<N>,
    (i, step): (usize, &N),
    [square, left]: &[N; 2],
) -> Option<(Layer<N>, Received<N>)> {
    let (one, two) = (step.like(1.0), step.like(2.0));
    let width = norms.layer(i).clone();
    let loose = |norm: &N, nats: &N| {
        if i == 1 {
            norm.clone()
        } else {
            norm.clone() * (nats.clone() / orders.moment.clone()).exp()
        }
    };
    let across = loose(&state.norms[0], &nats.across);
    let relative = loose(&state.norms[1], &nats.relative);
    let variance = state.received.variance.clone() + across.clone() / width.sum.clone();
    let [down, risen] = nats.swing.clone().map(|nats| {
        nats / orders.swing.clone() + orders.swing.clone() * variance.clone() / two.clone()
    });
    // α − F̂ before the layer.
    let before = step.clone() + state.received.risen.clone() + state.sunk.clone();
    let fallen = state.received.fallen.clone() + before * square.clone() / width.sum.clone();
    let along = one.clone() - fallen.clone() - down;
    if !one.like(LEAST).below(&along) {
        return None;
    }
    let way = step.clone() + risen.clone() + state.sunk.clone();
    let pull = square.clone() * way.square() / left.clone();
    let mean = width.active[0].clone() - one.like(1.5);
    let scale = (across.clone() + pull.clone() / mean.clone()).sqrt() / along.clone();
    let joining = across.sqrt() / along.clone();
    let layer = Layer {
        target: one + risen.clone(),
        norms: width,
        across,
        relative,
        along,
        way,
        pull,
        mean,
        scale,
        joining,
    };
    Some((layer, Received { fallen, variance, risen }))
}

/// The state after a layer that is not the last.
fn next<N: Number>(
    state: &State<N>,
    layer: &Layer<N>,
    received: Received<N>,
    orders: &Orders<N>,
    nats: &Nats<N>,
    left: &N,
) -> Option<State<N>> {
    let Layer { norms, way, joining, .. } = layer;
    let zero = way.like(0.0);
    let (one, two, half) = (way.like(1.0), way.like(2.0), way.like(0.5));
    let [_, noise] = layer.moment(&orders.kept, &zero, &zero)?;
    let noise = state.noise.clone() + noise;
    let sunk = (nats.kept.clone() + noise.clone()) / orders.kept.clone();
    let (x, p) = (norms.half(), orders.moment.clone());
    let joined = idle(&norms.active[1], joining, &(p.clone() / norms.fresh[0].clone()))?;
    let joined = joined / p.clone();
    // x − p and x − ½ − p.
    let first = x.clone() - p.clone();
    let second = first.clone() - half.clone();
    let fresh = (p.clone() - one.clone()) / first.clone() + joined.clone();
    let back = (p.clone() - half.clone()) / second.clone() + joined;
    // The norms of 1/S and 1/Q².
    let sum = one.clone() / (two.clone() * ((x.clone() - one.clone()) * first).sqrt());
    let rest = one.clone() / (two * ((x - one - half) * second).sqrt());
    let square = way.square();
    let [across, relative, own] = state.norms.clone();
    Some(State {
        norms: [
            fresh.exp() * across + square.clone() / left.clone() * own.clone() * sum,
            back.exp() * relative + square * rest,
            norms.quotient(&p)[0].exp() / left.clone() * own,
        ],
        sunk,
        noise,
        received,
    })
}

impl<N: Number> Layer<N> {
    /// The logarithm of E exp(θ_i(p̃ D + n) + θ_L(α_i − α′)), at most, at D = D̄ where θ_i D̄ is
    /// `way`: the part that is proportional to D, and the rest; `None` where it may be infinite.
    fn moment(&self, theta: &N, way: &N, last: &N) -> Option<[N; 2]> {
        let (one, two, four) = (theta.like(1.0), theta.like(2.0), theta.like(4.0));
        let Layer { norms, across, relative, along, pull, mean, scale, .. } = self;
        let [least, most] = norms.active.clone();
        let taken = way.clone() / mean.clone();
        let lifted = (across.clone() * norms.fresh[1].clone() + pull.clone() / mean.clone())
            / (along.clone() * norms.sum.clone());
        let lifted = last.clone() * lifted * most.clone() / least.clone();
        let chance = theta.square() * relative.clone() / two.clone();
        let noise = chance.clone() * norms.fresh[1].clone() / mean.clone();
        let y = two.clone() * (taken.clone() + lifted.clone() + noise.clone());
        let [first, second, third] = finite(&y)?;
        let over = two.clone() * least.clone() / theta.pi();
        let own = over.clone() * taken * first;
        let beside = over * (lifted * third + noise * second);
        let both = own.clone() + beside.clone();
        let few = least - two.clone();
        let bend = both.clone() * across.sqrt()
            / (two.clone() * along.clone() * (few * mean.clone()).sqrt());
        let left = one - two * bend;
        if !theta.like(0.0).below(&left) {
            return None;
        }
        // Over the sum, so that what is shared stays finite where there is nothing.
        let curved = both * across.clone() / (four * along.square() * mean.clone() * left);
        let rate = scale.clone() + curved;
        let idle = idle(&most, &self.joining, &(chance / norms.rest.clone()))?;
        Some([rate.clone() * own, rate * beside + idle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Normal variables of a test, by Box and Muller from a congruence.
    struct Normals(u64);

    impl Normals {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        }

        fn next(&mut self) -> f64 {
            let length = (-2.0 * self.uniform().ln()).sqrt();
            length * (2.0 * PI * self.uniform()).cos()
        }

        fn vector(&mut self, n: usize) -> Vec<f64> {
            (0..n).map(|_| self.next()).collect()
        }
    }

    fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    /// a + factor·b.
    fn plus(a: &[f64], factor: f64, b: &[f64]) -> Vec<f64> {
        a.iter().zip(b).map(|(a, b)| a + factor * b).collect()
    }

    /// What a layer receives: Y, R, α, F̂.
    #[derive(Clone, Copy)]
    struct Given {
        y: f64,
        across: f64,
        along: f64,
        output: f64,
    }

    /// One layer under the change of measure.
    struct Drawn {
        active: f64,
        sum: f64,
        rest: f64,
        fresh: f64,
        along: f64,
        /// p̃ D + n, and n alone.
        moved: f64,
        noise: f64,
        raised: f64,
    }

    /// From the definitions: nothing of (8) or (10) is used but the names.
    fn draw(n: usize, given: Given, normals: &mut Normals) -> Drawn {
        let Given { y, across, along, output } = given;
        let (own, other): (Vec<f64>, Vec<f64>) =
            normals.vector(n).into_iter().partition(|g| *g > 0.0);
        let (count, sum) = (own.len(), dot(&own, &own));
        let unit: Vec<f64> = own.iter().map(|g| g / sum.sqrt()).collect();
        let back = normals.vector(count);
        let back = plus(&back, -dot(&back, &unit), &unit);
        let rest = dot(&back, &back);
        let back = plus(&back, y * (rest / (sum - y * y)).sqrt(), &unit);
        let length = dot(&back, &back).sqrt();
        let turned: Vec<f64> = back.iter().map(|b| b / length).collect();
        let fresh = normals.vector(count);
        let fresh = plus(&fresh, -dot(&fresh, &turned), &turned);
        let way = along - output;
        let came = plus(&turned.iter().map(|b| way * y * b).collect::<Vec<_>>(), across, &fresh);
        let flipped: Vec<f64> =
            came.iter().zip(&own).map(|(w, g)| (w - along * g).max(0.0)).collect();
        let idle: f64 = other
            .iter()
            .map(|g| (across * normals.next() - along * g.abs()).max(0.0) * normals.next())
            .sum();
        let change = (dot(&back, &flipped) + idle) / (y * length);
        let left = along - dot(&came, &unit) / sum.sqrt();
        let raised = dot(&unit, &flipped) / sum.sqrt();
        let part = y / sum.sqrt();
        let aside = plus(&unit, -part, &turned);
        let lean = dot(&fresh, &aside).powi(2) / dot(&aside, &aside);
        let straight = plus(&came, -dot(&came, &unit), &unit);
        let share = dot(&straight, &flipped) / dot(&straight, &straight);
        let moved = change - raised;
        Drawn {
            active: count as f64,
            sum,
            rest,
            fresh: (dot(&fresh, &fresh) - lean) / (count as f64 - 2.0),
            along: left,
            moved,
            noise: moved - share * (left - output),
            raised,
        }
    }

    /// (10) on layers drawn by its definitions, within the events; without what the backward row
    /// moves, or without noise, it is no bound.
    #[test]
    fn the_moment_of_a_layer_is_a_bound() {
        let (n, trials) = (300, 6000);
        let given = Given { y: 1.5, across: 0.25, along: 0.95, output: -1.0 };
        let mut normals = Normals(7);
        let drawn: Vec<Drawn> = (0..trials).map(|_| draw(n, given, &mut normals)).collect();
        let quantile = |of: fn(&Drawn) -> f64, part: f64| {
            let mut values: Vec<f64> = drawn.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[(part * f64::from(trials)) as usize]
        };
        let least = quantile(|d| d.active, 0.004);
        let width = Width {
            n: n as f64,
            active: [least, n as f64 - least],
            sum: quantile(|d| d.sum, 0.004),
            rest: quantile(|d| d.rest, 0.004),
            fresh: [1.0, quantile(|d| d.fresh, 0.996)],
        };
        let (along, most) = (quantile(|d| d.along, 0.01), quantile(|d| d.along, 0.99));
        let within = |d: &&Drawn| {
            (least..=n as f64 - least).contains(&d.active)
                && d.sum >= width.sum
                && d.rest >= width.rest
                && d.fresh <= width.fresh[1]
                && (along..=most).contains(&d.along)
        };
        let way = most - given.output;
        let mean = least - 1.5;
        let pull = given.y.powi(2) * way * way / (1.0 - given.y.powi(2) / width.sum);
        let layer = |pull: f64, relative: f64| {
            let across = given.across.powi(2);
            Layer {
                norms: width.clone(),
                across,
                relative,
                along,
                target: most,
                way,
                pull,
                mean,
                scale: (across + pull / mean).sqrt() / along,
                joining: given.across / along,
            }
        };
        let relative = (given.across / given.y).powi(2);
        let sum = |of: &dyn Fn(&Drawn) -> f64| {
            let kept = drawn.iter().filter(within).map(|d| of(d).exp());
            (kept.sum::<f64>() / f64::from(trials)).ln()
        };
        for theta in [3.0, 8.0, 12.0] {
            let seen = sum(&|d| theta * d.moved + 1.5 * theta * d.raised);
            let whole = |layer: &Layer<f64>| {
                layer.moment(&theta, &(theta * way), &(1.5 * theta)).unwrap().iter().sum::<f64>()
            };
            let bound = whole(&layer(pull, relative));
            assert!(seen < bound && seen > 0.45 * bound, "{theta}: {seen} {bound}");
            let sinking = sum(&|d| -theta * d.noise);
            let noise = |layer: &Layer<f64>| layer.moment(&theta, &0.0, &0.0).unwrap()[1];
            let bound = noise(&layer(pull, relative));
            assert!(sinking < bound, "{theta}: {sinking} {bound}");
            if theta > 5.0 {
                assert!(sinking > noise(&layer(pull, 0.0)) + 0.01, "{theta}: {sinking}");
            } else {
                assert!(seen > whole(&layer(0.0, relative)), "{theta}: {seen}");
            }
        }
    }

    /// dP/dQ has mean 1, gives Y₁ its law, which it does not have without, and is bounded by (4).
    #[test]
    fn the_change_of_measure_is_one_and_bounded() {
        let (n, trials) = (60, 40_000);
        let mut normals = Normals(11);
        let (mut mean, mut square, mut without) = (0.0, 0.0, 0.0);
        for _ in 0..trials {
            let y = normals.next();
            let g = normals.vector(n);
            let count = g.iter().filter(|g| **g > 0.0).count();
            let sum: f64 = g.iter().filter(|g| **g > 0.0).map(|g| g * g).sum();
            let rest: f64 = normals.vector(count - 1).iter().map(|g| g * g).sum();
            if y * y >= sum {
                continue;
            }
            let after = y * (rest / (sum - y * y)).sqrt();
            let weight =
                (0.5 * (y * y - after * after)).exp() * rest.sqrt() * sum / (sum - y * y).powf(1.5);
            let (product, part) = (rest / sum, y * y / sum);
            let bound = 0.5 * (product.ln() + y * y * (1.0 - product)) + 1.5 * part / (1.0 - part);
            assert!(weight.ln() <= bound + 1e-12, "{weight} {bound}");
            mean += weight / f64::from(trials);
            square += weight * after * after / f64::from(trials);
            without += after * after / f64::from(trials);
        }
        // Six deviations of the means are about 0.03 and 0.06.
        assert!((mean - 1.0).abs() < 0.03 && (square - 1.0).abs() < 0.06, "{mean} {square}");
        assert!(without > 1.1, "{without}");
    }
}
