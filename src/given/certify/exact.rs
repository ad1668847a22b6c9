//! What a network computes, exactly or as closely as asked (`proofs/given.md#exact`).

use rug::Rational;

use crate::given::{Given, Interval, Space};
use crate::num::Enclosure;

use super::weights::normalisation;

/// Bits for what is shown.
pub(super) const BITS: u32 = 128;
/// Bits that are tried, one after the other, where a sign has to be told; then rationals.
const PRECISIONS: [u32; 4] = [BITS, 512, 2048, 8192];
/// Weights of a network for which rationals are tried, at most.
const RATIONAL: usize = 50_000;

/// z of every layer, the outputs last.
type States<T> = Vec<Vec<T>>;

/// The signs of all pre-activations: is z > 0?
pub(super) type Pattern = Vec<Vec<bool>>;

pub(super) fn interval(enclosure: &Enclosure) -> Interval {
    Interval::new(enclosure.lo_f64(), enclosure.hi_f64())
}

/// σ_a of every point.
fn image(z: &Enclosure, slope: f64) -> Enclosure {
    let p = z.precision();
    let zero = Enclosure::integer(p, 0);
    if z.is_positive() {
        return z.clone();
    }
    let slope = Enclosure::point(p, slope);
    if z.certainly_le(&zero) {
        return &slope * z;
    }
    (&slope * z.lo()).hull(&z.hi()).hull(&zero)
}

/// N(x), where it belongs to the network.
fn entered(network: &Given, space: Space, x: &[f64], p: u32) -> Vec<Enclosure> {
    let mut signal: Vec<Enclosure> = x.iter().map(|x| Enclosure::point(p.max(64), *x)).collect();
    if space == Space::After {
        return signal;
    }
    for step in &network.normalisation {
        for (at, value) in signal.iter_mut().enumerate() {
            *value = step.apply(value.clone(), Enclosure::point(p, step.constant(at)));
        }
    }
    signal
}

/// Enclosures of all z at this precision.
pub(super) fn states(network: &Given, space: Space, x: &[f64], p: u32) -> States<Enclosure> {
    let mut signal = entered(network, space, x, p);
    let mut out = Vec::new();
    for layer in &network.layers {
        let z = layer.weights.rows().into_iter().enumerate().map(|(k, row)| {
            let bias = layer.bias.as_ref().map_or(0.0, |bias| bias[k]);
            let mut sum = Enclosure::point(p, bias);
            row.iter().zip(&signal).for_each(|(weight, h)| sum.add_product(*weight, h));
            sum
        });
        let z: Vec<Enclosure> = z.collect();
        signal = z.iter().map(|z| image(z, layer.slope)).collect();
        out.push(z);
    }
    out
}

/// All z as rationals; `None` for networks that are too large, or where something is no number.
fn rationals(network: &Given, space: Space, x: &[f64]) -> Option<States<Rational>> {
    let weights: usize = network.layers.iter().map(|layer| layer.weights.len()).sum();
    if weights > RATIONAL {
        return None;
    }
    let number = |x: f64| Rational::from_f64(x);
    let mut signal = x.iter().map(|x| number(*x)).collect::<Option<Vec<Rational>>>()?;
    if let (Space::Before, Some([factors, terms])) = (space, normalisation(network)) {
        for ((x, factor), term) in signal.iter_mut().zip(factors).zip(terms) {
            *x *= factor;
            *x += term;
        }
    }
    let mut out = Vec::new();
    for layer in &network.layers {
        let mut z = Vec::new();
        for (k, row) in layer.weights.rows().into_iter().enumerate() {
            let mut sum = number(layer.bias.as_ref().map_or(0.0, |bias| bias[k]))?;
            for (weight, h) in row.iter().zip(&signal).filter(|(weight, _)| **weight != 0.0) {
                sum += number(*weight)? * h;
            }
            z.push(sum);
        }
        let slope = number(layer.slope)?;
        let image = |z: &Rational| if *z > 0 { z.clone() } else { slope.clone() * z };
        signal = z.iter().map(image).collect();
        out.push(z);
    }
    Some(out)
}

/// Is it positive? `None` where it cannot be told.
fn positive(value: &Enclosure) -> Option<bool> {
    let zero = Enclosure::integer(value.precision(), 0);
    if value.is_positive() { Some(true) } else { value.certainly_le(&zero).then_some(false) }
}

/// Asks at rising precision, then of rationals.
fn told<T>(
    (network, space, x): (&Given, Space, &[f64]),
    near: impl Fn(&States<Enclosure>) -> Option<T>,
    exact: impl Fn(&States<Rational>) -> T,
) -> Option<T> {
    if x.iter().any(|x| !x.is_finite()) {
        return None;
    }
    PRECISIONS
        .iter()
        .find_map(|p| near(&states(network, space, x, *p)))
        .or_else(|| rationals(network, space, x).map(|states| exact(&states)))
}

/// Is z > 0, for every pre-activation?
pub(super) fn pattern(network: &Given, space: Space, x: &[f64]) -> Option<Pattern> {
    let hidden = network.layers.len() - 1;
    told(
        (network, space, x),
        |states| {
            let layer = |z: &Vec<Enclosure>| z.iter().map(positive).collect();
            states[..hidden].iter().map(layer).collect()
        },
        |states| {
            let layer = |z: &Vec<Rational>| z.iter().map(|z| *z > 0).collect();
            states[..hidden].iter().map(layer).collect()
        },
    )
}

/// Is a rival strictly above `own`? For one output, 1 is f > 0 and 0 is f < 0.
pub(super) fn changed(
    network: &Given,
    space: Space,
    x: &[f64],
    (own, rivals): (usize, &[usize]),
) -> Option<bool> {
    let single = network.outputs() == 1;
    told(
        (network, space, x),
        |states| {
            let outputs = states.last()?;
            let above = |rival: &usize| match (single, own) {
                (true, 1) => positive(&-&outputs[0]),
                (true, _) => positive(&outputs[0]),
                _ => positive(&(&outputs[*rival] - &outputs[own])),
            };
            let answers: Vec<Option<bool>> = rivals.iter().map(above).collect();
            if answers.contains(&Some(true)) {
                return Some(true);
            }
            answers.iter().all(Option::is_some).then_some(false)
        },
        |states| {
            let outputs = &states[hidden(network)];
            rivals.iter().any(|rival| match (single, own) {
                (true, 1) => outputs[0] < 0,
                (true, _) => outputs[0] > 0,
                _ => outputs[*rival] > outputs[own],
            })
        },
    )
}

fn hidden(network: &Given) -> usize {
    network.layers.len() - 1
}

/// Σ c_k f_k.
pub(super) fn margin(network: &Given, space: Space, x: &[f64], row: &[f64]) -> Enclosure {
    let states = states(network, space, x, BITS);
    let mut sum = Enclosure::integer(BITS, 0);
    row.iter().zip(&states[hidden(network)]).for_each(|(c, f)| sum.add_product(*c, f));
    sum
}

/// The gradient of Σ c_k f_k where the signs of all pre-activations are these.
pub(super) fn gradient(
    network: &Given,
    space: Space,
    row: &[f64],
    pattern: &Pattern,
) -> Vec<Enclosure> {
    let mut row: Vec<Enclosure> = row.iter().map(|c| Enclosure::point(BITS, *c)).collect();
    for (at, layer) in network.layers.iter().enumerate().rev() {
        if let Some(signs) = pattern.get(at) {
            let slope = Enclosure::point(BITS, layer.slope);
            for (c, _) in row.iter_mut().zip(signs).filter(|(_, positive)| !**positive) {
                *c = &*c * &slope;
            }
        }
        let zero = Enclosure::integer(BITS, 0);
        let mut next = vec![zero.clone(); layer.weights.ncols()];
        for (weights, c) in layer.weights.rows().into_iter().zip(&row) {
            if *c != zero {
                weights.iter().zip(&mut next).for_each(|(w, sum)| sum.add_product(*w, c));
            }
        }
        row = next;
    }
    if let (Space::Before, Some([factors, _])) = (space, normalisation(network)) {
        for (c, factor) in row.iter_mut().zip(&factors) {
            *c = &*c * Enclosure::rational(BITS, factor);
        }
    }
    row
}

/// What the decomposition of Σ c_k f_k between x and y leaves, where the signs at x are these: 0,
/// if everything is computed as it is meant (`proofs/given.md#decomposition`).
pub(super) fn residual(
    network: &Given,
    space: Space,
    row: &[f64],
    [x, y]: [&[f64]; 2],
    pattern: &Pattern,
) -> Enclosure {
    let [here, there] = [x, y].map(|point| states(network, space, point, BITS));
    let apart = |at: usize, k: usize| &there[at][k] - &here[at][k];
    let zero = Enclosure::integer(BITS, 0);
    let mut row: Vec<Enclosure> = row.iter().map(|c| Enclosure::point(BITS, *c)).collect();
    let last = hidden(network);
    let mut sum = zero.clone();
    for (k, c) in row.iter().enumerate() {
        sum = sum + c * apart(last, k);
    }
    for (at, layer) in network.layers.iter().enumerate().rev() {
        let mut next = vec![zero.clone(); layer.weights.ncols()];
        for (weights, c) in layer.weights.rows().into_iter().zip(&row) {
            weights.iter().zip(&mut next).for_each(|(w, sum)| sum.add_product(*w, c));
        }
        row = next;
        let Some(below) = at.checked_sub(1) else { break };
        let by = network.layers[below].slope;
        let slope = Enclosure::point(BITS, by);
        for (k, c) in row.iter_mut().enumerate() {
            let along = if pattern[below][k] { apart(below, k) } else { &slope * apart(below, k) };
            // By which the activation leaves its tangent.
            let bend = image(&there[below][k], by) - image(&here[below][k], by) - along;
            sum = sum - &*c * bend;
            if !pattern[below][k] {
                *c = &*c * &slope;
            }
        }
    }
    let [here, there] = [x, y].map(|point| entered(network, space, point, BITS));
    for (c, (y, x)) in row.iter().zip(there.iter().zip(&here)) {
        sum = sum - c * (y - x);
    }
    sum
}

/// ‖v‖₂.
pub(super) fn length(v: &[Enclosure]) -> Enclosure {
    let zero = Enclosure::integer(BITS, 0);
    v.iter().fold(zero, |sum, v| sum + v.square()).sqrt()
}

/// The outputs as float32 computes them: each sum in the order of a row, the bias last.
pub(super) fn float32(network: &Given, space: Space, x: &[f64]) -> Vec<f32> {
    let mut signal: Vec<f32> = x.iter().map(|x| *x as f32).collect();
    if space == Space::Before {
        for step in &network.normalisation {
            for (at, value) in signal.iter_mut().enumerate() {
                *value = step.apply(*value, step.constant(at) as f32);
            }
        }
    }
    let last = hidden(network);
    for (at, layer) in network.layers.iter().enumerate() {
        let z = layer.weights.rows().into_iter().enumerate().map(|(k, row)| {
            let sum = row.iter().zip(&signal).fold(0.0f32, |sum, (w, h)| sum + *w as f32 * h);
            let z = layer.bias.as_ref().map_or(sum, |bias| sum + bias[k] as f32);
            if at == last || z > 0.0 { z } else { layer.slope as f32 * z }
        });
        signal = z.collect();
    }
    signal
}

/// N(x) rounded to the nearest floats.
pub(super) fn placed(network: &Given, x: &[f64]) -> Vec<f64> {
    let Some([factors, terms]) = normalisation(network) else { return x.to_vec() };
    let place = |(x, (factor, term)): (&f64, (Rational, Rational))| {
        Rational::from_f64(*x).map_or(f64::NAN, |x| crate::num::nearest(&(x * factor + term)))
    };
    x.iter().zip(factors.into_iter().zip(terms)).map(place).collect()
}
