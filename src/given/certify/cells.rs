//! Distances by activation cells: best first, pruned by linear bounds (`proofs/given.md#cells`).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::float::{scaled, scaled_above, scaled_below};
use super::local::Local;
use super::matrix::Matrix;
use super::nearest::{Half, nearest};
use super::radius::row;
use super::region::{Region, Signs};
use super::{Ball, Explored};

/// A found distance is reached up to this.
const CLOSE: f64 = 1e-9;
/// A ball may be so many times wider than linear bounds reach in it.
const WIDER: f64 = 1.5;
/// Smaller balls that are tried to begin with, at most.
const TIGHTER: usize = 30;
/// The next ball is so many times wider.
const GROWTH: f64 = 1.25;
/// And where no limit is known so many, then the square of that, and so on: each ball is looked at
/// anew, and a few have to do for all sizes.
const STRIDE: f64 = 2.0;
/// Without a limit, balls grow up to so many times the largest entry of the input, in a power of
/// two: beyond, rounding is coarse.
const FAR: f64 = 16_777_216.0;

/// A set of cells, and how far away a rival is there, at least.
struct Part {
    distance: f64,
    point: Vec<f64>,
    /// Is it attained at that point, as far as is known?
    attained: bool,
    signs: Signs,
    /// The neuron that is to be fixed next; none where all signs are known.
    next: Option<(usize, usize)>,
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Part {}
impl PartialOrd for Part {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Part {
    /// The nearest is the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.distance.total_cmp(&self.distance)
    }
}

struct Search<'a> {
    local: &'a Local<'a>,
    ball: Ball,
    radius: f64,
    row: Matrix,
}

impl Search<'_> {
    /// What is known of the cells with these signs; `None` where there are none, or none so near.
    fn part(&self, signs: Signs, least: f64) -> Option<Part> {
        let region = Region::new(self.local, self.ball, self.radius, Some(&signs), 0)?;
        let last = self.local.layers.len() - 1;
        let mut halves = Vec::new();
        let mut half = |at: usize, rows: &Matrix| {
            for linear in region.descend(at, rows, None, false).linear {
                // 0 ≥ slope·δ + (value + slope·centre): δ is from the centre.
                if linear.norm.is_finite() && !linear.value.is_nan() {
                    let normal = linear.slope.iter().map(|s| -s).collect();
                    halves.push(Half { normal, value: linear.value });
                }
            }
        };
        half(last, &self.row);
        for (at, signs) in signs.iter().enumerate() {
            let fixed: Vec<(usize, bool)> =
                signs.iter().enumerate().filter_map(|(k, s)| s.map(|s| (k, s))).collect();
            if fixed.is_empty() {
                continue;
            }
            let mut rows = Matrix::zeros(fixed.len(), signs.len());
            for (r, (k, positive)) in fixed.into_iter().enumerate() {
                rows.row_mut(r)[k] = if positive { -1.0 } else { 1.0 };
            }
            half(at, &rows);
        }
        let near = nearest(self.ball, &halves, self.radius);
        let found = region.away(near.distance).max(least);
        if found >= self.radius {
            return None;
        }
        // Where the bound loses most.
        let tape = region.descend(last, &self.row, None, true).tape;
        let mut next = None;
        let mut most = -1.0;
        for (at, neurons) in region.neurons.iter().enumerate() {
            for k in (0..neurons.lo.len()).filter(|k| neurons.unstable(*k)) {
                let c = tape[at].row(0)[k];
                let gap = if c < 0.0 {
                    neurons.offset[k]
                } else if neurons.lower[k] == 1.0 {
                    -neurons.lo[k]
                } else {
                    neurons.hi[k]
                };
                let loss = c.abs() * gap;
                if loss > most {
                    (most, next) = (loss, Some((at, k)));
                }
            }
        }
        let (point, attained) = (near.point, near.attained);
        Some(Part { distance: found, point, attained, signs, next })
    }
}

/// What was found within a radius, in scaled units.
struct Found {
    radius: f64,
    exact: bool,
    point: Option<Vec<f64>>,
}

/// The questions, and how many cells may still be looked at.
struct Walk<'a> {
    local: &'a Local<'a>,
    ball: Ball,
    rows: Vec<Matrix>,
    left: usize,
    stop: &'a dyn Fn() -> bool,
}

impl Walk<'_> {
    fn search(&self, radius: f64, row: &Matrix) -> Search<'_> {
        Search { local: self.local, ball: self.ball, radius, row: row.clone() }
    }

    /// No sign is fixed.
    fn open(&self) -> Signs {
        let hidden = &self.local.layers[..self.local.layers.len() - 1];
        hidden.iter().map(|layer| vec![None; layer.matrix.rows]).collect()
    }

    /// A radius at which linear bounds say something, or the limit.
    fn start(&self, limit: f64) -> f64 {
        let mut radius = limit;
        for _ in 0..TIGHTER {
            let parts =
                self.rows.iter().filter_map(|row| self.search(radius, row).part(self.open(), 0.0));
            let least = parts.map(|part| part.distance).fold(radius, f64::min);
            if WIDER * least >= radius {
                return radius;
            }
            radius = if least > 0.0 { WIDER * least } else { radius / WIDER };
        }
        limit
    }

    /// How far the nearest rival is, up to this radius.
    fn within(&mut self, mut radius: f64) -> Found {
        let (mut exact, mut point) = (true, None);
        for row in self.rows.clone() {
            let search = Search { local: self.local, ball: self.ball, radius, row };
            let mut queue: BinaryHeap<Part> = search.part(self.open(), 0.0).into_iter().collect();
            while let Some(part) = queue.pop() {
                if part.distance >= radius * (1.0 - CLOSE) {
                    radius = radius.min(part.distance);
                    break;
                }
                let Some((at, k)) = part.next else {
                    // A cell, and the nearest.
                    (radius, point) = (part.distance, Some(part.point));
                    exact &= part.attained;
                    break;
                };
                if self.left == 0 || (self.stop)() {
                    (radius, exact) = (part.distance, false);
                    break;
                }
                self.left -= 1;
                for positive in [true, false] {
                    let mut signs = part.signs.clone();
                    signs[at][k] = Some(positive);
                    queue.extend(search.part(signs, part.distance));
                }
            }
        }
        Found { radius, exact, point }
    }
}

/// How far the nearest rival is, up to `at_most`, by so many cells: in balls that grow, because
/// bounds are sharper in small ones. Without a limit they grow from `known`, within which there is
/// none, until the cells are used up or [`FAR`] is reached.
pub(super) fn explored(
    local: &Local<'_>,
    ball: Ball,
    (own, rivals): (usize, &[usize]),
    cells: usize,
    [known, at_most]: [f64; 2],
    stop: &dyn Fn() -> bool,
) -> Explored {
    let outputs = local.layers.last().map_or(0, |layer| layer.matrix.rows);
    let bounded = at_most.is_finite();
    // NaN is no distance.
    if at_most.is_nan() || at_most <= 0.0 || (!bounded && rivals.is_empty()) {
        return Explored { radius: 0.0, exact: false, nearest: None };
    }
    let rows = rivals.iter().map(|rival| row(outputs, own, *rival)).collect();
    let mut walk = Walk { local, ball, rows, left: cells, stop };
    let limit = if bounded { scaled_above(at_most, -local.input) } else { FAR };
    let (mut reach, mut growth) = if bounded {
        (walk.start(limit), GROWTH)
    } else {
        let known = scaled_below(known, -local.input);
        let first = if known > 0.0 { STRIDE * known } else { 1.0 };
        (walk.start(first.min(limit)), STRIDE)
    };
    let mut proved = 0.0f64;
    let mut found = loop {
        let found = walk.within(reach);
        if !found.exact || found.radius < reach * (1.0 - CLOSE) || reach >= limit {
            break found;
        }
        proved = proved.max(found.radius);
        reach = (growth * reach).min(limit);
        growth *= if bounded { 1.0 } else { growth };
    };
    // Nothing was met up to here, and nothing is known of what is beyond.
    let met = found.point.is_some();
    found.exact &= met || bounded;
    found.radius = found.radius.max(proved);
    let nearest = found.point.filter(|_| found.exact).map(|point| {
        let at = |(x, by): (&f64, f64)| scaled(x + by, local.input);
        local.centre.iter().zip(point).map(at).collect()
    });
    let radius = scaled_below(found.radius, local.input).min(at_most);
    Explored { radius, exact: found.exact, nearest }
}
