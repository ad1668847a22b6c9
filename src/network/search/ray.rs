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

/// From x, along the step u of size t, given the passes at x: piece by piece where weights are
/// stored or the network is small, otherwise at a few points.
pub fn followed(network: &mut dyn Network, x: &Scaled, u: &Scaled, t: f64, at: &Forward) -> Ray {
    let widths: Vec<u128> = network.widths().iter().map(|&d| d as u128).collect();
    if network.is_stored() || is_small(&widths) {
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
    let start = at.output();
    let exponent = start.exponent;
    // f along the ray in units of f(x), negative where the sign has changed.
    let mut value = |s: f64| {
        let end = Scaled::new(x.values() + &(u.at_exponent(x.exponent()) * (s / t)), x.exponent());
        let pass = forward(network, std::slice::from_ref(&end));
        pass[0].output().at_exponent(exponent) / start.mantissa
    };
    let mut low = (0.0, 1.0);
    let mut high = (t, value(t));
    while high.1 >= 0.0 && high.0 < f64::from(FURTHEST) * t {
        low = high;
        high = (2.0 * high.0, value(2.0 * high.0));
    }
    if high.1.is_nan() {
        return Outcome::Failed;
    }
    if high.1 >= 0.0 {
        return Outcome::Value(Magnitude::INFINITY);
    }
    let found = Bracket { low, high }.narrowed(ACCURACY, points, value);
    Outcome::of(Magnitude::from_f64(found.high.0))
}
