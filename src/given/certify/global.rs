//! Lipschitz constants that hold everywhere (`proofs/given.md#global`).

use super::chain::{Factor, Product};
use super::float::{TINY, above, scaled_above};
use super::matrix::Matrix;
use super::weights::Weights;

/// Multiplications that are spent on products of layers, at most.
const WORK: usize = 1_000_000_000;

/// What is known of the layers for every input, in the units of the prepared matrices.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    pub factors: Vec<Factor>,
    /// θ_j: the Lipschitz constant of the first j affine maps, j = 0, …, n.
    first: Vec<f64>,
    /// Of all outputs together.
    pub map: f64,
}

/// Are the products of layers affordable?
fn affordable(weights: &Weights) -> bool {
    let mut work = 0usize;
    for (j, upper) in weights.layers.iter().enumerate() {
        for lower in &weights.layers[..j] {
            let step = upper.matrix.rows * lower.matrix.rows * lower.matrix.columns;
            let side = upper.matrix.rows.min(lower.matrix.columns);
            let gram = side * side * (upper.matrix.rows + lower.matrix.columns);
            work = work.saturating_add(step).saturating_add(2 * gram);
        }
    }
    work <= WORK
}

/// Upper bounds on (1 + a)/2 and (1 − a)/2.
fn shares(slope: f64) -> [f64; 2] {
    [above(0.5 * (1.0 + slope), 1), above(0.5 * (1.0 - slope), 1)]
}

impl Bounds {
    pub fn new(weights: &Weights) -> Self {
        let factors: Vec<Factor> =
            weights.layers.iter().map(|layer| Factor::of(&layer.matrix)).collect();
        let joined = affordable(weights);
        let mut bounds = Bounds { factors, first: vec![1.0], map: f64::INFINITY };
        for j in 0..weights.layers.len() {
            let top = Product::factor(&weights.layers[j].matrix);
            let norm = bounds.factors[j].spectral;
            let theta = bounds.split(weights, top, j, joined, norm);
            bounds.first.push(theta);
        }
        bounds.map = bounds.first[weights.layers.len()];
        if joined {
            let last = weights.layers.len() - 1;
            let top = weights.layers[last].matrix.map(f64::abs);
            bounds.map = bounds.map.min(Self::absolute(weights, top, last));
        }
        bounds
    }

    /// Behind rows that follow the activation of layer j: Σ over where the first cut is.
    fn split(&self, weights: &Weights, mut top: Product, j: usize, joined: bool, norm: f64) -> f64 {
        let product = above(norm * self.first[j], 2);
        if !joined || j == 0 {
            return product;
        }
        let (mut sum, mut kept) = (0.0, 1.0);
        for i in (0..=j).rev() {
            let size = if i == j { norm } else { top.norm() };
            if i == 0 {
                sum = above(sum + kept * size, 4);
                break;
            }
            let [keep, cut] = shares(weights.layers[i - 1].slope);
            sum = above(sum + kept * size * cut * self.first[i], 8);
            kept = above(kept * keep, 2);
            top = top.times(&weights.layers[i - 1].matrix, &self.factors[i - 1]);
        }
        // NaN says nothing.
        if sum < product { sum } else { product }
    }

    /// ‖|W_j| ⋯ |W_1|‖, whose top factor has these entries.
    fn absolute(weights: &Weights, mut top: Matrix, j: usize) -> f64 {
        let mut roundings = 8;
        for layer in weights.layers[..j].iter().rev() {
            let terms = layer.matrix.rows + 8;
            roundings += terms;
            // Entries that are lost count as TINY each.
            let matrix = layer.matrix.map(|entry| entry.abs() + 4.0 * TINY);
            let up = |entry: f64| above(entry, terms);
            top = top.map(|entry| entry + 4.0 * TINY).times(&matrix).map(up);
        }
        let norm = Product::exact(top).norm();
        above(norm, roundings)
    }

    /// The Lipschitz constant of the function with this row of coefficients of the outputs.
    pub fn of(&self, weights: &Weights, row: &[f64]) -> f64 {
        let last = weights.layers.len() - 1;
        let layer = &weights.layers[last].matrix;
        let c = Matrix { rows: 1, columns: row.len(), data: row.to_vec() };
        let top = Product::exact(c).times(layer, &self.factors[last]);
        let bulk = top.matrix.map(|entry| entry.abs() + above(top.error, 1));
        let norm = top.norm();
        let split = self.split(weights, top, last, true, norm);
        split.min(Self::absolute(weights, bulk, last))
    }

    /// In true units: from prepared ones, of the layers from `first` to `last`.
    pub fn true_size(weights: &Weights, size: f64, first: usize, last: usize) -> f64 {
        let shift: i64 = weights.layers[first..=last].iter().map(|layer| layer.exponent).sum();
        scaled_above(size, shift)
    }
}
