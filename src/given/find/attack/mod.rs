//! The nearest input of another class, by several attacks: what one finds the next one begins at.

mod boundary;
mod cell;
mod geometry;
mod quadratic;

use std::cell::Cell as Counter;

use geometry::{norm, steepest, times};

use super::local::{Local, Pass, margin, worst};
use super::ray;
use crate::given::Ball;
use crate::network::sample::{Address, Stream};

/// Products of weights that are spent on an attack, about.
const PRODUCTS: usize = 300_000_000;
/// Passes, at least and at most.
const PASSES: (usize, usize) = (3_000, 60_000);
/// Other classes that are aimed at, the nearest to first order.
const RIVALS: usize = 12;
/// Steps along the boundary.
const STEPS: usize = 40;
/// Steps of projected descent.
const DESCENT: usize = 30;
/// Steps of descent in a ball whose size changes.
const TIGHTENED: usize = 120;
/// Points, each against another class, from which walks begin at most.
const POLISHED: usize = 6;
/// By what part a point may be farther than the nearest for a walk to begin there.
const PROMISING: f64 = 1.15;
/// Starts at random, in turn against the nearest of the others.
const RESTARTS: usize = 32;
/// Input dimensions up to which random rays meet what gradients do not show.
const FEW: usize = 24;
/// How many of them.
const RAYS: usize = 192;
/// From how many of those that met another class a walk begins.
const WALKED: usize = 32;
/// Balls, each a little smaller than what was found, in which descent looks for more.
const BALLS: usize = 12;

/// A point with another class.
#[derive(Clone)]
struct Found {
    size: f64,
    point: Vec<f64>,
}

/// An attack on one input.
pub struct Attack<'a> {
    local: &'a Local<'a>,
    /// The margins, positive at the input, one of which has to become negative.
    rows: &'a [Vec<f64>],
    ball: Ball,
    /// Where random starts are drawn.
    address: Address,
    stop: &'a dyn Fn() -> bool,
    /// Passes that may still be made.
    left: Counter<usize>,
    /// The least margin at the input.
    start: f64,
    /// The nearest found, for each margin.
    found: Vec<Option<Found>>,
}

/// Runs it: the displacement of the nearest point found.
pub fn nearest(
    local: &Local<'_>,
    rows: &[Vec<f64>],
    ball: Ball,
    address: Address,
    stop: &dyn Fn() -> bool,
) -> Option<Vec<f64>> {
    let size: usize = local.engine.weights.iter().map(ndarray::ArrayBase::len).sum();
    let passes = (PRODUCTS / (2 * size.max(1))).clamp(PASSES.0, PASSES.1);
    let found = vec![None; rows.len()];
    let left = Counter::new(passes);
    let pass = local.forward(&vec![0.0; local.origin.len()]);
    if !rows.iter().all(|row| margin(&pass, row).is_finite()) {
        return None;
    }
    let start = worst(&pass, rows).1;
    let mut attack = Attack { local, rows, ball, address, stop, left, start, found };
    attack.run();
    let best = attack.best()?.point.clone();
    // On the ray through it the class may have changed before.
    let place: Vec<f64> = local.unscaled(&local.origin);
    let first = ray::first_change(local.engine, &place, &local.unscaled(&best), rows, 1.0);
    let first = first.filter(|s| *s > 0.0).map(|s| times(&best, s * (1.0 + 1e-13)));
    Some(first.filter(|v| worst(&local.forward(v), rows).1 < 0.0).unwrap_or(best))
}

impl Attack<'_> {
    fn over(&self) -> bool {
        self.left.get() == 0 || (self.stop)()
    }

    fn spend(&self, passes: usize) {
        self.left.set(self.left.get().saturating_sub(passes));
    }

    fn forward(&self, v: &[f64]) -> Pass {
        self.spend(1);
        self.local.forward(v)
    }

    fn gradient(&self, pass: &Pass, row: usize) -> Vec<f64> {
        self.spend(1);
        self.local.slope_of(pass, &self.rows[row])
    }

    fn best(&self) -> Option<&Found> {
        self.found.iter().flatten().min_by(|a, b| a.size.total_cmp(&b.size))
    }

    /// The size of the nearest point found; ∞ for none.
    fn reached(&self) -> f64 {
        self.best().map_or(f64::INFINITY, |found| found.size)
    }

    /// A point that may have another class: if it has, the boundary before it is kept.
    fn offer(&mut self, v: &[f64]) -> bool {
        let start = self.start;
        let (mut row, end) = worst(&self.forward(v), self.rows);
        if !(end < 0.0 && start > 0.0) {
            return false;
        }
        // Regula falsi (Illinois): exact within a linear piece.
        let (mut low, mut high) = ((0.0, start), (1.0, end));
        let mut kept = 0;
        for _ in 0..60 {
            if high.0 - low.0 <= 1e-13 * high.0 || -high.1 <= 1e-15 * start {
                break;
            }
            let (mut a, mut b) = (low.1, high.1);
            if kept > 1 {
                b *= 0.5f64.powi(kept - 1);
            }
            if kept < -1 {
                a *= 0.5f64.powi(-kept - 1);
            }
            // A little beyond, so that the boundary is bracketed.
            let at = low.0 + (high.0 - low.0) * (a / (a - b)).clamp(0.0, 1.0) * (1.0 + 1e-14);
            if !(at > low.0 && at < high.0) {
                break;
            }
            let (which, value) = worst(&self.forward(&times(v, at)), self.rows);
            if value < 0.0 {
                (high, row) = ((at, value), which);
                kept = (kept - 1).min(-1);
            } else {
                low = (at, value);
                kept = (kept + 1).max(1);
            }
        }
        let point = times(v, high.0);
        let size = norm(self.ball, &point);
        if size > 0.0 && self.found[row].as_ref().is_none_or(|found| size < found.size) {
            self.found[row] = Some(Found { size, point });
        }
        true
    }

    /// A direction of norm 1.
    fn random(&self, block: u64) -> Vec<f64> {
        let mut direction = vec![0.0; self.local.origin.len()];
        Stream::new(Address { block, ..self.address }).fill(&mut direction);
        let size = norm(self.ball, &direction);
        times(&direction, if size > 0.0 { 1.0 / size } else { 0.0 })
    }

    fn run(&mut self) {
        let zero = vec![0.0; self.local.origin.len()];
        let pass = self.forward(&zero);
        let mut order: Vec<(f64, usize)> = Vec::new();
        for row in 0..self.rows.len() {
            let rate = steepest(self.ball, &self.gradient(&pass, row)).map_or(0.0, |s| s.1);
            order.push((margin(&pass, &self.rows[row]) / rate, row));
        }
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        order.truncate(RIVALS);
        for &(distance, row) in &order {
            self.along(row, distance, &pass);
        }
        for &(_, row) in &order {
            self.follow(row, zero.clone(), STEPS);
        }
        let first = order.first().map_or(1.0, |(distance, _)| *distance);
        let reach = if self.reached().is_finite() { self.reached() } else { first };
        self.rays(if reach.is_finite() { reach } else { 1.0 });
        let half = self.left.get() / 2;
        for &(_, row) in &order {
            if self.left.get() > half
                && let Some(v) = self.tighten(row, zero.clone(), TIGHTENED)
            {
                self.walk_if_promising(row, &v);
            }
        }
        self.restart(&order);
        self.shrink();
        self.polish();
    }

    /// Along the gradient, to a few multiples of the distance to first order.
    fn along(&mut self, row: usize, distance: f64, pass: &Pass) {
        if !distance.is_finite() {
            return;
        }
        let Some((direction, _)) = steepest(self.ball, &self.gradient(pass, row)) else { return };
        for factor in [1.01, 1.3, 2.0, 3.0, 5.0, 10.0] {
            if self.over() || self.offer(&times(&direction, -factor * distance)) {
                return;
            }
        }
    }

    /// Along random rays, a little beyond what was found, and far if nothing was.
    fn rays(&mut self, reach: f64) {
        let known = self.reached().is_finite();
        if known && self.local.origin.len() > FEW {
            return;
        }
        let places: Vec<f64> = if known {
            (1..=8).map(|i| 0.15 * f64::from(i)).collect()
        } else {
            (-3..=17).flat_map(|i| [1.0, 1.5].map(|part| part * 2f64.powi(i))).collect()
        };
        let mut met = Vec::new();
        for ray in 0..RAYS {
            let direction = self.random(ray as u64);
            for &place in &places {
                if self.over() {
                    return;
                }
                let v = times(&direction, reach * place);
                let (row, value) = worst(&self.forward(&v), self.rows);
                if value < 0.0 {
                    met.push((place, row, v));
                    break;
                }
            }
        }
        met.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (_, row, v) in met.into_iter().take(WALKED) {
            let near = self.follow(row, v.clone(), STEPS / 2).unwrap_or(v);
            self.offer(&near);
            self.walk(row, &near);
        }
    }

    /// Walks from what was found, where it is not much farther than the nearest.
    fn polish(&mut self) {
        let limit = 1.4 * self.reached();
        let mut starts: Vec<(f64, usize, Vec<f64>)> = Vec::new();
        for (row, found) in self.found.iter().enumerate() {
            if let Some(found) = found.as_ref().filter(|found| found.size <= limit) {
                starts.push((found.size, row, found.point.clone()));
            }
        }
        starts.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (_, row, point) in starts.into_iter().take(POLISHED) {
            self.walk(row, &point);
        }
    }

    /// Walks from a point that is not much farther than the nearest. In ℓ∞ every step of a walk is
    /// many, so that in many dimensions only the best are walked from.
    fn walk_if_promising(&mut self, row: usize, v: &[f64]) {
        let cheap = self.ball == Ball::L2 || v.len() <= FEW;
        if cheap && norm(self.ball, v) < PROMISING * self.reached() {
            self.walk(row, v);
        }
    }

    fn restart(&mut self, order: &[(f64, usize)]) {
        let reach = self.reached();
        if !reach.is_finite() {
            return;
        }
        // Against those that are near.
        let mut near: Vec<(f64, usize)> = Vec::new();
        for &(_, row) in order {
            if let Some(found) = &self.found[row] {
                near.push((found.size, row));
            }
        }
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near.truncate(3);
        near.retain(|(size, _)| *size <= 1.25 * reach);
        for restart in 0..RESTARTS {
            if self.over() || near.is_empty() {
                return;
            }
            let row = near[restart % near.len()].1;
            let share = 0.3 + 0.7 * (restart as f64 / RESTARTS as f64);
            let start = times(&self.random((RAYS + restart) as u64), share * self.reached());
            let near =
                [self.tighten(row, start.clone(), TIGHTENED), self.follow(row, start, STEPS / 2)];
            for v in near.into_iter().flatten() {
                self.walk_if_promising(row, &v);
            }
        }
    }

    /// Descent in balls that hold none of the points found so far.
    fn shrink(&mut self) {
        for ball in 0..BALLS {
            let Some(best) = self.best().cloned() else { return };
            let row =
                self.found.iter().position(|f| f.as_ref().is_some_and(|f| f.size == best.size));
            let Some(row) = row else { return };
            let radius = best.size * 0.99;
            let mut better = false;
            for start in 0..3 {
                let from = if start == 0 {
                    best.point.clone()
                } else {
                    let block = RAYS + RESTARTS + 3 * ball + start;
                    times(&self.random(block as u64), radius)
                };
                if let Some(v) = self.descend(row, from, radius, DESCENT) {
                    self.offer(&v);
                    better = true;
                    break;
                }
            }
            if !better || self.over() {
                return;
            }
        }
    }
}
