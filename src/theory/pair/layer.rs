//! One layer: how far apart two inputs at an angle can be after it. `proofs/collapse.md`.

use super::sums::{excess_mean_square, largest_excess_exponent, log_mgf_excess};
use super::{Angle, bent, lightest, lightest_at};
use crate::model::account::kind::{ANGLE, DIFFERENCE, FIRST_BELOW, SECOND_BELOW};
use crate::model::account::{Events, Kind};
use crate::model::slope::Slope;
use crate::num::search::{argmin, certified};
use crate::num::{Enclosure, Number, nearest};
use crate::theory::angle;

const STEPS: u32 = 28;
/// Smaller s are taken for this one, for which the searches in `f64` keep their range: all bounds
/// are nondecreasing in s.
pub(super) const LEAST: f64 = 1e-120;

/// How the angle of a layer is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// One sum with a moment generating function in closed form.
    Chernoff,
    /// Bernstein's inequality for ‖σ(u) − σ(v)‖², and lower bounds on both norms.
    Bernstein,
}

impl Way {
    /// As shown.
    pub fn name(self) -> &'static str {
        match self {
            Way::Chernoff => "chernoff",
            Way::Bernstein => "bernstein",
        }
    }

    /// The events of one layer.
    pub(super) fn events(self) -> &'static [Kind] {
        match self {
            Way::Chernoff => &[ANGLE],
            Way::Bernstein => &[DIFFERENCE, FIRST_BELOW, SECOND_BELOW],
        }
    }
}

/// What is proved after one layer; upper bounds.
#[derive(Clone, Debug)]
pub struct Layer {
    /// s_i = 1 − cos θ_i; `None` where nothing is proved, at the first such layer and after it.
    pub s: Option<Enclosure>,
    /// |log ‖h_i(x)‖/‖h_i(y)‖|, for inputs of equal norms.
    pub log_ratio: Option<Enclosure>,
    /// The events behind both, and those of the layers before.
    pub rests: Events,
}

/// T with P(s_i > T, or a silent layer) ≤ e^{−nats}, given any s ≤ this before; for Bernstein's
/// inequality but on three such events.
pub(super) fn angle_after(
    width: u128,
    slope: &Slope,
    nats: &Enclosure,
    s: &Enclosure,
    way: Way,
) -> Option<Enclosure> {
    match way {
        Way::Chernoff if slope.is_relu() => chernoff(width, nats, s),
        Way::Chernoff => Some(bent_chernoff(width, slope, nats, s)),
        Way::Bernstein => bernstein(width, slope, nats, s),
    }
}

/// T with P(s_i > T, or a silent layer) ≤ e^{−nats}, given any s_{i−1} ≤ s.
/// `proofs/collapse.md#pair`.
fn chernoff(width: u128, nats: &Enclosure, s: &Enclosure) -> Option<Enclosure> {
    let whole = |value: u128| Enclosure::integer(s.precision(), value);
    let exact = Angle::new(s.max(&Enclosure::point(s.precision(), LEAST)).hi());
    // Both passes are alive with probability at least 1 − 2^{1−n}, and then no angle is obtuse.
    let alive = (whole(2).ln() * (whole(1) - whole(width))).certainly_le(&-nats.clone());
    if !s.is_positive() {
        // One and the same input.
        return alive.then(|| s.clone());
    }
    let found =
        search(width, nats.to_f64(), Number::to_f64(&exact.s)).and_then(|(excess, lambda)| {
            let next = next(&exact, &Slope::relu());
            let lambda = Enclosure::point(s.precision(), lambda);
            let target = -(nats / whole(width));
            let enough = |excess: &Enclosure| {
                let t = (&next + excess).hi();
                t.certainly_le(&whole(1))
                    && log_mgf_excess(&exact, &next, &(t - &next), &lambda).certainly_le(&target)
            };
            let excess = certified(Enclosure::point(s.precision(), excess), enough, 1);
            excess.is_finite().then(|| (&next + excess).hi())
        });
    found.or_else(|| alive.then(|| whole(1)))
}

/// What no s after a layer exceeds: 1 for a ≤ 0, where no neuron's output is negative, else 2.
pub fn most_apart(slope: &Slope) -> u32 {
    if slope.is_relu() || slope.is_negative() { 1 } else { 2 }
}

/// The same at a slope other than 0: T with P(s_i > T) ≤ e^{−nats}, or what always holds.
fn bent_chernoff(width: u128, slope: &Slope, nats: &Enclosure, s: &Enclosure) -> Enclosure {
    let whole = |value: u128| Enclosure::integer(s.precision(), value);
    if !s.is_positive() {
        // One and the same input.
        return s.clone();
    }
    let nothing = whole(most_apart(slope).into());
    if slope.is_negative() {
        return nothing;
    }
    let exact = Angle::new(s.max(&Enclosure::point(s.precision(), LEAST)).hi());
    let a = slope.of(s);
    let next = next(&exact, slope);
    let found = bent_search(width, slope, nats.to_f64(), Number::to_f64(&exact.s));
    let Some((excess, lambda)) = found else { return nothing };
    let lambda = Enclosure::point(s.precision(), lambda);
    let target = -(nats / whole(width));
    let enough = |excess: &Enclosure| {
        let t = (&next + excess).hi();
        t.certainly_le(&whole(1))
            && bent::log_mgf_excess(&exact, &a, &next, &(t - &next), &lambda).certainly_le(&target)
    };
    let excess = certified(Enclosure::point(s.precision(), excess), enough, 1);
    if excess.is_finite() { (&next + excess).hi() } else { nothing }
}

/// As [`search`].
fn bent_search(width: u128, slope: &Slope, nats: f64, s: f64) -> Option<(f64, f64)> {
    let angle = Angle::new(s);
    let (a, theta) = (slope.to_f64(), angle.theta);
    let next = bent::next(&angle, &nearest(&slope.bend()));
    let t = |excess: f64| (next + excess).min(1.0);
    let mean = f64::midpoint(1.0, a * a);
    let sum = Sum {
        // A variable of mean −e(1 + a²)/2 and mean square 8 E k².
        tilt: |e: f64| e * mean / (8.0 * bent::mean_square(s, theta, a, t(e))),
        limit: |e: f64| bent::largest_exponent(s, theta, a, t(e)),
        log_mgf: |e: f64, lambda: f64| bent::log_mgf_excess(&angle, &a, &next, &e, &lambda),
    };
    let square = bent::mean_square(s, theta, a, next.min(1.0));
    let low = 2.0 * (square * nats / width as f64).sqrt();
    sum.least(-nats / width as f64, low, 1.0 - next)
}

/// A small excess of T over φ(s), with the λ that serves there; `None` if T would reach 1.
fn search(width: u128, nats: f64, s: f64) -> Option<(f64, f64)> {
    let angle = Angle::new(s);
    let next = angle.next();
    let t = |excess: f64| (next + excess).min(1.0);
    let sum = Sum {
        // A variable of mean −e/2 and mean square 8 E k² is best tilted by about e/(16 E k²).
        tilt: |e: f64| e / (16.0 * excess_mean_square(s, angle.theta, t(e))),
        limit: |e: f64| largest_excess_exponent(s, t(e)),
        log_mgf: |e: f64, lambda: f64| log_mgf_excess(&angle, &next, &e, &lambda),
    };
    let square = excess_mean_square(s, angle.theta, next);
    let low = 2.0 * (square * nats / width as f64).sqrt();
    sum.least(-nats / width as f64, low, 1.0 - next)
}

/// Independent summands whose mean falls as a parameter grows.
pub(super) struct Sum<A, B, C> {
    /// About the best exponent, where it is small.
    pub(super) tilt: A,
    /// The largest.
    pub(super) limit: B,
    /// log E exp(exponent · summand).
    pub(super) log_mgf: C,
}

impl<A, B, C> Sum<A, B, C>
where
    A: Fn(f64) -> f64,
    B: Fn(f64) -> f64,
    C: Fn(f64, f64) -> f64,
{
    fn best(&self, parameter: f64) -> f64 {
        let (local, limit) = ((self.tilt)(parameter), (self.limit)(parameter));
        let top = (local * 20.0).min(limit * (1.0 - 1e-9)).ln();
        let from = (local * 0.05).ln().min(top - 3.0);
        argmin(from, top, STEPS, |lambda| (self.log_mgf)(parameter, lambda))
    }

    /// The least parameter up to `high` at which the best exponent brings the logarithm to
    /// `target`, and a little more, with that exponent.
    pub(super) fn least(&self, target: f64, low: f64, mut high: f64) -> Option<(f64, f64)> {
        let enough = |parameter: f64| (self.log_mgf)(parameter, self.best(parameter)) <= target;
        if !(high > 0.0 && enough(high)) {
            return None;
        }
        let mut low = low.min(high / 2.0);
        while high / low > 1.0 + 1e-7 {
            let middle = (low * high).sqrt();
            if enough(middle) { high = middle } else { low = middle }
        }
        let found = high * (1.0 + 1e-7);
        Some((found, self.best(found)))
    }
}

/// The same from ‖σ(u) − σ(v)‖² ≤ nψ and norms ≥ ns⁻. `proofs/collapse.md#pair`.
fn bernstein(width: u128, slope: &Slope, nats: &Enclosure, s: &Enclosure) -> Option<Enclosure> {
    let n = Enclosure::integer(s.precision(), width);
    let angle = Angle::new(s.clone());
    if !slope.is_relu() {
        return bent_bernstein(&n, width, slope, nats, &angle);
    }
    let (next, q) = (next(&angle, slope), angle.largest_square());
    let per = nats / &n;
    let psi = &next + (&q * &next * &per * 8).sqrt() + q * &per * 2;
    let least = lightest(width, nats)?.lo();
    Some((psi / (least * 2)).min(&Enclosure::integer(s.precision(), 1)).hi())
}

/// φ(s): its difference cancels at small angles, so there by a series.
pub(super) fn next(angle: &Angle<Enclosure>, slope: &Slope) -> Enclosure {
    let bend = Enclosure::rational(angle.s.precision(), &slope.bend());
    match angle::turned_by_series(&angle.s) {
        Some(turned) => &angle.s - turned * bend / Enclosure::pi(angle.s.precision()),
        None if slope.is_relu() => angle.next(),
        None => bent::next(angle, &bend),
    }
}

/// The largest φ at angles up to this: for a < 0 that of its peak, where it may have been passed.
pub(super) fn largest_next(angle: &Angle<Enclosure>, slope: &Slope) -> Enclosure {
    let precision = angle.s.precision();
    let bend = Enclosure::rational(precision, &slope.bend());
    let pi = Enclosure::pi(precision);
    if slope.is_negative() && !(&angle.theta * &bend).certainly_le(&pi) {
        Enclosure::integer(precision, 1) - (&pi / &bend).sin() * &bend / &pi
    } else {
        next(angle, slope)
    }
}

/// The same at a slope other than 0.
fn bent_bernstein(
    n: &Enclosure,
    width: u128,
    slope: &Slope,
    nats: &Enclosure,
    angle: &Angle<Enclosure>,
) -> Option<Enclosure> {
    let a = slope.of(nats);
    let mean = (a.square() + 1) / 2;
    let next = largest_next(angle, slope);
    let q = bent::largest_square(angle, &a);
    let per = nats / n;
    let psi = &next * &mean * 2 + (&q * &next * &mean * &per * 16).sqrt() + q * &per * 2;
    let least = lightest_at(&a, width, nats)?.lo();
    let most = Enclosure::integer(nats.precision(), most_apart(slope));
    Some((psi / (least * 2)).min(&most).hi())
}
