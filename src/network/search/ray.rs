//! The ray from x along a step: where the sign changes, and the pieces on the way.

use super::line::{BATCH, Line};
use super::zero::Bracket;
use crate::model::outcome::Outcome;
use crate::network::{Forward, Network, Scaled, forward};
use crate::num::magnitude::Magnitude;

/// It is followed up to this many times the step.
const FURTHEST: u32 = 8;

/// What is seen along it.
pub struct Ray {
    /// Pieces from x to x + u with one activation pattern each.
    pub pieces: Outcome,
    /// The least t beyond which f has the other sign; ∞ if it has not up to 8 times the step.
    pub least: Outcome,
}

/// From x, along the step u of size t, given the passes at x: where weights are stored piece by
/// piece, or densely where there are no pieces; piece by piece if the network is small; otherwise
/// at a few points.
pub fn followed(network: &mut dyn Network, x: &Scaled, u: &Scaled, t: f64, at: &Forward) -> Ray {
    let widths: Vec<u128> = network.widths().iter().map(|&d| d as u128).collect();
    if at.curve.is_some() && network.is_stored() {
        return Ray { pieces: Outcome::NotSearched, least: scanned(network, x, u, t, at) };
    }
    if at.curve.is_none() && (network.is_stored() || is_small(&widths)) {
        let (pieces, least) = pieces(network, x, u, t);
        return Ray { pieces, least };
    }
    Ray { pieces: Outcome::NotSearched, least: along(network, x, u, t, at, points(&widths)) }
}

/// Pieces up to the step's end, and the least t beyond which the sign has changed.
fn pieces(network: &mut dyn Network, x: &Scaled, u: &Scaled, t: f64) -> (Outcome, Outcome) {
    let mut line = Line::new(network, x, u);
    let pieces = Outcome::of(Magnitude::from_f64(line.pieces() as f64));
    let sign = line.values[0];
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        if line.values.iter().any(|v| v.is_nan()) {
            return (pieces, Outcome::Failed);
        }
        if let Some(s) = line.first_change(sign) {
            let least = Magnitude::from_f64((low + s * (high - low)) * t);
            return (pieces, Outcome::Value(least.unwrap_or(Magnitude::INFINITY)));
        }
        if high >= f64::from(FURTHEST) {
            return (pieces, Outcome::Value(Magnitude::INFINITY));
        }
        (low, high) = (high, 2.0 * high);
        let at = |s: f64| u.at_exponent(x.exponent()) * s;
        let start = Scaled::new(x.values() + &at(low), x.exponent());
        line = Line::new(network, &start, &Scaled::new(at(high - low), x.exponent()));
    }
}

/// Neurons, inputs included, up to which pieces are followed without weights, too: the answers are
/// soon those of all directions, and further products cost nothing new.
const FEW: u128 = 2048;

fn is_small(widths: &[u128]) -> bool {
    neurons(widths) <= FEW
}

fn neurons(widths: &[u128]) -> u128 {
    widths.iter().fold(0, |sum, &d| sum.saturating_add(d))
}

/// The relative accuracy with which a zero is looked for.
const ACCURACY: f64 = 1e-7;
/// Neurons, inputs included, from which on memory is short.
const MANY: u128 = 1 << 20;
/// The width from which on the kinks of a layer average out: three to five points do.
const WIDE: u128 = 1000;

/// Points at which it is looked for, at most, beyond doublings of the step.
fn points(widths: &[u128]) -> u32 {
    if neurons(widths) < MANY || widths.iter().any(|&d| d < WIDE) { 20 } else { 6 }
}

/// Products that are kept without weights: at the step's end, there and back, and forward at all
/// other points; in a small network in all directions, with the points of a batch.
pub fn products(widths: &[u128]) -> u32 {
    if is_small(widths) {
        return neurons(widths) as u32 + 2 * BATCH as u32;
    }
    2 + FURTHEST.ilog2() + points(widths)
}

/// Where a ray is looked at.
struct Looked<'a> {
    network: &'a mut dyn Network,
    x: &'a Scaled,
    u: &'a Scaled,
    t: f64,
    at: &'a Forward,
}

impl Looked<'_> {
    /// f at these multiples of the first-order step, in units of f(x): negative where the sign has
    /// changed.
    fn values(&mut self, places: &[f64]) -> Vec<f64> {
        let (x, start) = (self.x, self.at.output());
        let end = |&s: &f64| {
            let step = self.u.at_exponent(x.exponent()) * (s / self.t);
            Scaled::new(x.values() + &step, x.exponent())
        };
        let ends: Vec<Scaled> = places.iter().map(end).collect();
        let passes = forward(self.network, &ends);
        let value = |pass: &Forward| pass.output().at_exponent(start.exponent) / start.mantissa;
        passes.iter().map(value).collect()
    }

    fn value(&mut self, place: f64) -> f64 {
        self.values(&[place])[0]
    }

    /// The end of a bracket that is narrowed.
    fn narrowed(&mut self, bracket: Bracket, points: u32) -> Outcome {
        let found = bracket.narrowed(ACCURACY, points, |s| self.value(s));
        Outcome::of(Magnitude::from_f64(found.high.0))
    }
}

/// A t at which the sign has changed, without following every piece: it changes between there and a
/// little before. ∞ if it was not seen to change up to 8 times the step.
fn along(
    network: &mut dyn Network,
    x: &Scaled,
    u: &Scaled,
    t: f64,
    at: &Forward,
    points: u32,
) -> Outcome {
    let mut ray = Looked { network, x, u, t, at };
    let mut low = (0.0, 1.0);
    let mut high = (t, ray.value(t));
    while high.1 >= 0.0 && high.0 < f64::from(FURTHEST) * t {
        low = high;
        high = (2.0 * high.0, ray.value(2.0 * high.0));
    }
    if high.1.is_nan() {
        return Outcome::Failed;
    }
    if high.1 >= 0.0 {
        return Outcome::Value(Magnitude::INFINITY);
    }
    ray.narrowed(Bracket { low, high }, points)
}

/// Points of one length of the step at which a smooth f is looked at.
const SCANNED: u32 = 64;
/// And at most so many more, where its sign has changed between two of them.
const REFINED: u32 = 60;

/// The least t found at which the sign has changed, of a smooth f: nothing is missed but two
/// changes between neighbouring points. ∞ if it was not seen to change up to 8 times the step.
fn scanned(network: &mut dyn Network, x: &Scaled, u: &Scaled, t: f64, at: &Forward) -> Outcome {
    let mut ray = Looked { network, x, u, t, at };
    let mut low = (0.0, 1.0);
    for length in 0..FURTHEST {
        let place = |i| t * (f64::from(length) + f64::from(i) / f64::from(SCANNED));
        let places: Vec<f64> = (1..=SCANNED).map(place).collect();
        let values = ray.values(&places);
        for high in places.into_iter().zip(values) {
            if high.1.is_nan() {
                return Outcome::Failed;
            }
            if high.1 < 0.0 {
                return ray.narrowed(Bracket { low, high }, REFINED);
            }
            low = high;
        }
    }
    Outcome::Value(Magnitude::INFINITY)
}
