//! From cell to cell: within one the network is affine, and the nearest point of another class is
//! found exactly; beyond the walls that hold it back nearer ones may be.

use std::collections::HashMap;

use super::Attack;
use super::geometry::norm;
use super::quadratic::{Shortest, axpy, dot};
use crate::given::Ball;
use crate::given::find::local::{Local, Pass, Pattern, margin};

/// Walls of a cell that are looked at, at most.
const WALLS: usize = 150;
/// Cells on a walk, at most.
const CELLS: usize = 60;
/// Walls that are crossed one at a time, where crossing them all at once leads nowhere.
const SINGLE: usize = 12;
/// Changes of the weights by which a largest entry becomes least.
const WEIGHINGS: usize = 60;
/// How close to the least that has to come.
const CLOSE: f64 = 1e-7;
/// By which parts of its length a point is taken into its cell, in turn.
const INSIDE: [f64; 4] = [1e-12, 1e-10, 1e-8, 1e-6];
/// What counts as nearer.
const NEARER: f64 = 1.0 - 1e-7;

/// A point, and the walls that hold it.
type Held = (Vec<f64>, Vec<Neuron>);

/// A neuron: its layer, from 0, and its place.
type Neuron = (usize, usize);

/// The nearest point of a cell at which a margin is not positive.
struct Nearest {
    pattern: Pattern,
    point: Vec<f64>,
    size: f64,
    /// Those whose walls hold it.
    walls: Vec<Neuron>,
}

impl Attack<'_> {
    /// Walks from a point at which the margin is about 0 to nearer ones, as long as there are.
    pub fn walk(&mut self, row: usize, from: &[f64]) {
        let pattern = self.local.pattern(&self.forward(from));
        let Some(mut here) = self.nearest(pattern, row) else { return };
        for _ in 0..CELLS {
            let all = std::iter::once(here.walls.clone());
            let single = here.walls.iter().take(SINGLE).map(|wall| vec![*wall]);
            let ways: Vec<Vec<Neuron>> =
                if here.walls.len() > 1 { all.chain(single).collect() } else { all.collect() };
            let next = ways.into_iter().filter(|way| !way.is_empty()).find_map(|way| {
                let mut pattern = here.pattern.clone();
                for (layer, k) in way {
                    pattern[layer][k] = !pattern[layer][k];
                }
                self.nearest(pattern, row).filter(|there| there.size < here.size * NEARER)
            });
            match next {
                Some(there) => here = there,
                None => break,
            }
        }
        // It lies on the boundary, and often in a corner that rounding would miss: a little inside
        // of the cell, then.
        let size = norm(Ball::L2, &here.point);
        for inside in INSIDE {
            let within = self.nearest_within(here.pattern.clone(), row, inside * size);
            if within.is_some_and(|there| self.offer(&there.point)) {
                return;
            }
        }
    }

    fn nearest(&self, pattern: Pattern, row: usize) -> Option<Nearest> {
        self.nearest_within(pattern, row, 0.0)
    }

    /// The nearest among points of the cell so far from its walls, and from the boundary.
    fn nearest_within(&self, pattern: Pattern, row: usize, inside: f64) -> Option<Nearest> {
        let mut cell = Cell::new(self, pattern, row, inside);
        let found = match self.ball {
            Ball::L2 => cell.shortest(self, None),
            Ball::Max => cell.smallest(self),
        };
        let (point, walls) = found?;
        let size = norm(self.ball, &point);
        Some(Nearest { pattern: cell.pattern, point, size, walls })
    }
}

/// An affine piece of the network.
struct Cell {
    pattern: Pattern,
    /// At the displacement 0.
    start: Pass,
    /// ⟨row, z⟩ ≥ bound: the margin's first.
    rows: Vec<(Vec<f64>, f64)>,
    neurons: Vec<Neuron>,
    known: HashMap<Neuron, usize>,
    /// How far from them a point has to be.
    inside: f64,
}

impl Cell {
    fn new(attack: &Attack<'_>, pattern: Pattern, row: usize, inside: f64) -> Self {
        let local = attack.local;
        let zero = vec![0.0; local.origin.len()];
        let start = local.forward_on(&pattern, &zero);
        let row = &attack.rows[row];
        let gradient = local.gradient(&pattern, local.engine.depth() + 1, row);
        attack.spend(2);
        let bound = margin(&start, row) + inside * norm(Ball::L2, &gradient);
        let margin = (gradient.iter().map(|g| -g).collect(), bound);
        Cell {
            pattern,
            start,
            rows: vec![margin],
            neurons: vec![(usize::MAX, 0)],
            known: HashMap::new(),
            inside,
        }
    }

    /// The constraint of a neuron.
    fn wall(&mut self, local: &Local<'_>, neuron: Neuron) -> usize {
        if let Some(&id) = self.known.get(&neuron) {
            return id;
        }
        let (layer, k) = neuron;
        let sign = if self.pattern[layer][k] { 1.0 } else { -1.0 };
        let mut one = vec![0.0; self.pattern[layer].len()];
        one[k] = sign;
        let row = local.gradient(&self.pattern, layer + 1, &one);
        let bound = self.inside * norm(Ball::L2, &row) - sign * self.start[layer][k];
        self.rows.push((row, bound));
        self.neurons.push(neuron);
        self.known.insert(neuron, self.rows.len() - 1);
        self.rows.len() - 1
    }

    /// The neuron on the wrong side of its wall by most.
    fn violated(&self, pass: &Pass) -> Option<Neuron> {
        let mut most: Option<(f64, Neuron)> = None;
        for (layer, active) in self.pattern.iter().enumerate() {
            let size = self.start[layer].iter().fold(0.0f64, |m, z| m.max(z.abs()));
            for (k, (&z, &active)) in pass[layer].iter().zip(active).enumerate() {
                let beyond = if active { -z } else { z } / size;
                if beyond > 1e-11 && most.is_none_or(|(least, _)| beyond > least) {
                    most = Some((beyond, (layer, k)));
                }
            }
        }
        most.map(|(_, neuron)| neuron)
    }

    /// The point of the cell that is least in ℓ₂, after division by weights if there are any.
    fn shortest(&mut self, attack: &Attack<'_>, weights: Option<&[f64]>) -> Option<Held> {
        let weighted = |v: &[f64]| match weights {
            None => v.to_vec(),
            Some(weights) => v.iter().zip(weights).map(|(v, w)| v * w).collect(),
        };
        let mut least = Shortest::new(self.rows[0].0.len());
        let mut id = 0;
        for _ in 0..WALLS {
            let (row, bound) = &self.rows[id];
            if attack.over() || !least.add(id, weighted(row), *bound) {
                return None;
            }
            let point = weighted(&least.point);
            // Walls that are known cost nothing to look at.
            let gap = |(row, bound): &(Vec<f64>, f64)| {
                let scale = dot(row, row).sqrt() * norm(Ball::L2, &point);
                bound - dot(row, &point) > 1e-11 * (scale + bound.abs())
            };
            if let Some(next) = self.rows.iter().position(gap) {
                id = next;
                continue;
            }
            attack.spend(1);
            let pass = attack.local.forward_on(&self.pattern, &point);
            if let Some(neuron) =
                self.violated(&pass).filter(|neuron| !self.known.contains_key(neuron))
            {
                attack.spend(1);
                id = self.wall(attack.local, neuron);
            } else {
                let walls = least.active().filter(|&id| id > 0).map(|id| self.neurons[id]);
                let walls = walls.collect();
                return Some((point, walls));
            }
        }
        None
    }

    /// The point of the cell whose largest entry is least, by Lawson's weights: in ℓ₂ with
    /// weights that grow where the entries are large.
    fn smallest(&mut self, attack: &Attack<'_>) -> Option<Held> {
        // Of one constraint alone these are exact.
        let mut weights: Vec<f64> = self.rows[0].0.iter().map(|g| g.abs()).collect();
        let mut best: Option<(f64, Held)> = None;
        for _ in 0..WEIGHINGS {
            let sum = weights.iter().sum::<f64>();
            if !(sum > 0.0 && sum.is_finite()) {
                break;
            }
            let least = 1e-12 / weights.len() as f64;
            for w in &mut weights {
                *w = (*w / sum).max(least);
            }
            let factors: Vec<f64> = weights.iter().map(|w| 1.0 / w.sqrt()).collect();
            let Some(found) = self.shortest(attack, Some(&factors)) else { break };
            let size = norm(Ball::Max, &found.0);
            // No point of the cell has a smaller largest entry than the mean of this one.
            let squares = weights.iter().zip(&found.0).map(|(w, v)| w * v * v);
            let below = squares.sum::<f64>().sqrt();
            for (w, v) in weights.iter_mut().zip(&found.0) {
                *w *= v.abs() / size;
            }
            if best.as_ref().is_none_or(|(least, _)| size < *least) {
                best = Some((size, found));
            }
            if best.as_ref().is_some_and(|(least, _)| *least <= below * (1.0 + CLOSE)) {
                break;
            }
        }
        best.map(|(_, found)| found)
    }
}

/// Σ of two vectors.
pub fn plus(a: &[f64], factor: f64, b: &[f64]) -> Vec<f64> {
    let mut sum = a.to_vec();
    axpy(&mut sum, factor, b);
    sum
}
