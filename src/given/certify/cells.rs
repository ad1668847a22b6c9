//! Distances by activation cells: best first, pruned by linear bounds (`proofs/given.md#cells`).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::float::{scaled, scaled_above, scaled_below};
use super::local::Local;
use super::matrix::Matrix;
use super::nearest::{Half, distance};
use super::radius::row;
use super::region::{Region, Signs};
use super::{Ball, Explored};

/// A found distance is reached up to this.
const CLOSE: f64 = 1e-9;

/// A set of cells, and how far away a rival is there, at least.
struct Part {
    distance: f64,
    point: Vec<f64>,
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
        let (found, point) = distance(self.ball, &halves, self.radius);
        let found = region.away(found).max(least);
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
        Some(Part { distance: found, point, signs, next })
    }
}

/// How far the nearest rival is, up to `at_most`, by so many cells.
pub(super) fn explored(
    local: &Local<'_>,
    ball: Ball,
    (own, rivals): (usize, &[usize]),
    cells: usize,
    at_most: f64,
    stop: &dyn Fn() -> bool,
) -> Explored {
    let nothing = Explored { radius: 0.0, exact: false, nearest: None };
    let outputs = local.layers.last().map_or(0, |layer| layer.matrix.rows);
    if !at_most.is_finite() || at_most <= 0.0 {
        return nothing;
    }
    let (mut radius, mut left) = (scaled_above(at_most, -local.input), cells);
    let (mut exact, mut point) = (true, None);
    for rival in rivals {
        let search = Search { local, ball, radius, row: row(outputs, own, *rival) };
        let layers = &local.layers[..local.layers.len() - 1];
        let signs = layers.iter().map(|layer| vec![None; layer.matrix.rows]).collect();
        let mut queue: BinaryHeap<Part> = search.part(signs, 0.0).into_iter().collect();
        while let Some(part) = queue.pop() {
            if part.distance >= radius * (1.0 - CLOSE) {
                radius = radius.min(part.distance);
                break;
            }
            let Some((at, k)) = part.next else {
                // A cell, and the nearest.
                radius = part.distance;
                point = Some(part.point);
                break;
            };
            if left == 0 || stop() {
                radius = part.distance;
                exact = false;
                break;
            }
            left -= 1;
            for positive in [true, false] {
                let mut signs = part.signs.clone();
                signs[at][k] = Some(positive);
                queue.extend(search.part(signs, part.distance));
            }
        }
    }
    let nearest = point.filter(|_| exact).map(|point| {
        let at = |(x, by): (&f64, f64)| scaled(x + by, local.input);
        local.centre.iter().zip(point).map(at).collect()
    });
    Explored { radius: scaled_below(radius, local.input).min(at_most), exact, nearest }
}
