//! Searches over the whole sphere through the input: where f is farthest from f(x), and how far it
//! is to a change of its sign.

use ndarray::Array1;

use super::Search;
use crate::network::sample::{Address, Stream};
use crate::network::{Backward, Forward, Network, Scalar, Scaled, backward, forward};
use crate::num::magnitude::Magnitude;

const RANDOM_POINTS: usize = 48;
const CHAINS: usize = 2;
const ASCENT_STEPS: usize = 10;
/// Shares of the way from a point to the gradient's direction that are tried.
const WAYS: [f64; 3] = [1.0, 0.4, 0.1];
/// What they are multiplied by where none led up.
const SHRINK: f64 = 0.1;

/// The largest |f(y) − f(x)| seen for ‖y‖ = ‖x‖, and the search that found it: random points, the
/// point opposite x, and ascents and descents from the best of them. `None` if something is not a
/// number.
pub fn farthest(
    network: &mut dyn Network,
    at: &Forward,
    address: Address,
) -> Option<(Magnitude, Search)> {
    let start = at.output();
    let scatter = Scatter::new(network, at, address);
    let random = largest(scatter.outputs.iter().map(|output| output.minus(start)))?;
    let mut found = (random, Search::Random);
    for sign in [-1.0, 1.0] {
        let ends = scatter.climb(network, sign)?;
        let best = largest(ends.iter().map(|end| end.output().minus(start)))?;
        if best > found.0 {
            found = (best, Search::Ascent);
        }
    }
    Some(found)
}

/// Points of the sphere through the input, with f there.
struct Scatter<'a> {
    at: &'a Forward,
    address: Address,
    outputs: Vec<Scalar>,
}

impl<'a> Scatter<'a> {
    fn new(network: &mut dyn Network, at: &'a Forward, address: Address) -> Self {
        let points = (0..=RANDOM_POINTS).filter_map(|i| scattered(at, address, i));
        Scatter { at, address, outputs: outputs(network, points) }
    }

    /// From the highest points (sign 1) or the lowest (−1), up or down on the sphere; `None` if
    /// something is not a number.
    fn climb(&self, network: &mut dyn Network, sign: f64) -> Option<Vec<Forward>> {
        let exponent = self.at.output().exponent;
        let height = |output: Scalar| sign * output.at_exponent(exponent);
        let mut order: Vec<usize> = (0..self.outputs.len()).collect();
        order.sort_by(|&a, &b| height(self.outputs[b]).total_cmp(&height(self.outputs[a])));
        let starts: Vec<Scaled> = order
            .iter()
            .take(CHAINS)
            .filter_map(|&i| scattered(self.at, self.address, i))
            .collect();
        let mut chains = forward(network, &starts);
        // Shorter ways where the ones tried led too far.
        let mut scales = vec![1.0; chains.len()];
        for _ in 0..ASCENT_STEPS {
            let gradients = backward(network, &chains);
            let mut tried = Vec::new();
            for ((chain, gradient), scale) in chains.iter().zip(&gradients).zip(&scales) {
                let here = unit(chain.input.values())?;
                // Where f is constantly 0 nothing leads on.
                let toward = unit(gradient.gradient().values()).map_or(here.clone(), |v| v * sign);
                for way in WAYS.map(|way| way * scale) {
                    let mixed = &here * (1.0 - way) + &toward * way;
                    tried.push(on_sphere(&mixed, &self.at.input)?);
                }
            }
            let seen = forward(network, &tried);
            for (k, chain) in chains.iter_mut().enumerate() {
                let before = height(chain.output());
                for option in &seen[k * WAYS.len()..(k + 1) * WAYS.len()] {
                    if height(option.output()) > height(chain.output()) {
                        *chain = option.clone();
                    }
                }
                if height(chain.output()) == before {
                    scales[k] *= SHRINK;
                }
            }
        }
        Some(chains)
    }
}

fn largest(changes: impl Iterator<Item = Scalar>) -> Option<Magnitude> {
    let mut best = Magnitude::ZERO;
    for change in changes {
        best = best.max(change.abs()?);
    }
    Some(best)
}

fn unit(values: &Array1<f64>) -> Option<Array1<f64>> {
    let norm = values.dot(values).sqrt();
    (norm > 0.0 && norm.is_finite()).then(|| values / norm)
}

/// The point of the sphere through `x` in this direction.
fn on_sphere(direction: &Array1<f64>, x: &Scaled) -> Option<Scaled> {
    let radius = x.values().dot(x.values()).sqrt();
    Some(Scaled::new(unit(direction)? * radius, x.exponent()))
}

/// The i-th random point of the sphere through the input; after the last, the point opposite to it.
fn scattered(at: &Forward, address: Address, i: usize) -> Option<Scaled> {
    let x = at.input.values();
    if i == RANDOM_POINTS {
        return on_sphere(&-x, &at.input);
    }
    let mut values = vec![0.0; x.len()];
    // Far from the blocks of the other searches.
    Stream::new(Address { block: (1 << 32) + i as u64, ..address }).fill(&mut values);
    on_sphere(&Array1::from(values), &at.input)
}

/// Entries of points that are passed at once, at least one point.
const TOGETHER: usize = 1 << 17;

/// f at each point, a few at a time, so that wide networks do not fill the memory.
fn outputs(network: &mut dyn Network, mut points: impl Iterator<Item = Scaled>) -> Vec<Scalar> {
    let widest = network.widths().iter().copied().max().unwrap_or(1);
    let count = (TOGETHER / widest).max(1);
    let mut found = Vec::new();
    loop {
        let some: Vec<Scaled> = points.by_ref().take(count).collect();
        if some.is_empty() {
            return found;
        }
        found.extend(forward(network, &some).iter().map(Forward::output));
    }
}

/// Points of a ray that are tried at once.
const TRIED: usize = 6;
/// Each divides the interval by one more than that.
const REFINEMENTS: usize = 3;
/// Times the distance is improved at most.
const IMPROVEMENTS: usize = 4;
/// Points this much nearer to the origin have the same sign, without biases.
const NEAR_ORIGIN: f64 = 1e-6;

/// ‖u‖/‖x‖ for the smallest u found at which f(x + u) has the sign that f(x) has not: along the
/// gradient, or towards points of the sphere, then again and again to the nearest zero of the
/// linear piece there. ∞ if f was not seen to change its sign; `None` if something is not a number.
/// `proofs/collapse.md#cone`.
pub fn least_flip(
    network: &mut dyn Network,
    at: &Forward,
    gradient: &Backward,
    address: Address,
) -> Option<Magnitude> {
    let x = at.input.values().clone();
    let size = x.dot(&x).sqrt();
    let output = at.output();
    let first = (output.abs()? / (gradient.gradient().norm()? * at.input.norm()?))?.to_f64() * size;
    let mut ray = Ray { network, at, positive: output.mantissa > 0.0 };
    let against = unit(gradient.gradient().values())? * if ray.positive { -1.0 } else { 1.0 };
    let homogeneous = at.biases.is_empty();
    let mut found = ray.flip(&against, first, 2.0 * size);
    if found.is_none() && !homogeneous {
        // With biases f may have the other sign at the origin.
        found = ray.flip(&(&x / -size), 0.5 * size, size);
    }
    if found.is_none() {
        // Points of the sphere where the sign is the other one, or else where f goes farthest that
        // way.
        let scatter = Scatter::new(ray.network, at, address);
        let mut ends: Vec<Scaled> = (0..scatter.outputs.len())
            .filter(|&i| ray.flipped(scatter.outputs[i]))
            .filter_map(|i| scattered(at, address, i))
            .collect();
        if ends.is_empty() {
            let sign = if ray.positive { -1.0 } else { 1.0 };
            let climbed = scatter.climb(ray.network, sign)?;
            ends.extend(climbed.into_iter().filter(|p| ray.flipped(p.output())).map(|p| p.input));
        }
        for end in ends {
            let away = end.at_exponent(at.input.exponent()) - &x;
            let distance = away.dot(&away).sqrt();
            let flip = ray.flip(&(away / distance), 0.5 * distance, distance);
            found = shorter(found, flip);
        }
    }
    let Some(best) = found else { return Some(Magnitude::INFINITY) };
    // The sign is the same on the whole ray from the origin: no change is farther than that.
    let shrunk = (&x + &best) * NEAR_ORIGIN - &x;
    let nearer = homogeneous && shrunk.dot(&shrunk) < best.dot(&best);
    let mut best = if nearer { shrunk } else { best };
    for _ in 0..IMPROVEMENTS {
        let y = Scaled::new(&x + &best, at.input.exponent());
        let pass = forward(ray.network, std::slice::from_ref(&y));
        let back = backward(ray.network, &pass);
        let slope = back[0].gradient();
        let square = slope.values().dot(slope.values());
        // On this piece f(x + u) = f(y) + ⟨∇f(y), x + u − y⟩ vanishes on a hyperplane.
        let value = pass[0].output().at_exponent(slope.exponent() + at.input.exponent());
        let multiple = (slope.values().dot(&best) - value) / square;
        let toward = slope.values() * multiple;
        let distance = toward.dot(&toward).sqrt();
        let length = best.dot(&best).sqrt();
        if !(distance > 0.0 && distance.is_finite()) {
            break;
        }
        match ray.flip(&(toward / distance), distance, length) {
            Some(flip) if flip.dot(&flip).sqrt() < 0.999 * length => best = flip,
            _ => break,
        }
    }
    Magnitude::from_f64(best.dot(&best).sqrt() / size)
}

fn shorter(a: Option<Array1<f64>>, b: Option<Array1<f64>>) -> Option<Array1<f64>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.dot(&b) < a.dot(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// Rays from x, on the power of two of its entries.
struct Ray<'a> {
    network: &'a mut dyn Network,
    at: &'a Forward,
    positive: bool,
}

impl Ray<'_> {
    fn flipped(&self, output: Scalar) -> bool {
        if self.positive { output.mantissa < 0.0 } else { output.mantissa > 0.0 }
    }

    /// A short multiple of the unit vector at which the sign is seen flipped, from about half the
    /// guess up to `most`.
    fn flip(&mut self, direction: &Array1<f64>, guess: f64, most: f64) -> Option<Array1<f64>> {
        let guess = guess.clamp(1e-300, most);
        let mut lengths =
            vec![0.5 * guess, 0.8 * guess, guess, 1.3 * guess, 2.0 * guess, 4.0 * guess];
        let mut last = 4.0 * guess;
        while last < most {
            last *= 3.0;
            lengths.push(last);
        }
        lengths.retain(|&length| length < most);
        lengths.push(most);
        let mut before = 0.0;
        let mut end = None;
        for round in 0..=REFINEMENTS {
            if round > 0 {
                let (low, high) = (before, end?);
                let part = (high - low) / (TRIED + 1) as f64;
                lengths = (1..=TRIED).map(|i| low + part * i as f64).collect();
            }
            let flipped = self.look(direction, &lengths);
            match flipped.iter().position(|&f| f) {
                Some(i) => {
                    end = Some(lengths[i]);
                    if i > 0 {
                        before = lengths[i - 1];
                    }
                }
                // Up to the end found before.
                None if end.is_some() => before = *lengths.last()?,
                None => return None,
            }
        }
        Some(direction * end?)
    }

    fn look(&mut self, direction: &Array1<f64>, lengths: &[f64]) -> Vec<bool> {
        let x = &self.at.input;
        let point = |&length: &f64| Scaled::new(x.values() + direction * length, x.exponent());
        let outputs = outputs(self.network, lengths.iter().map(point));
        outputs.into_iter().map(|output| self.flipped(output)).collect()
    }
}
