//! The network in floats, behind its normalisation, in a form whose passes stay in range.

use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView2};

use crate::given::{Elementwise, Given, Space};
use crate::network::{Biases, Network, Scaled, add_multiple, inner};

/// f as a function of a *place*: x itself, or N(x) where perturbations are measured behind the
/// normalisation. Every layer is divided by a power of two, so that weights of any size pass; f
/// is the engine's output times 2^`exponent`. Rounded: what is found is confirmed by others.
pub struct Engine {
    /// d_0, …, d_L.
    pub widths: Vec<usize>,
    /// W_i · 2^(E_{i−1} − E_i).
    pub weights: Vec<Array2<f64>>,
    /// b_i · 2^−E_i, all of them or none.
    pub biases: Vec<Array1<f64>>,
    /// Of the activations behind layers 1, …, L.
    pub slopes: Vec<f64>,
    /// E_{L+1}.
    pub exponent: i64,
    /// Factors and summands of the normalisation, where places are behind it.
    normalisation: Option<(Vec<f64>, Vec<f64>)>,
}

impl Engine {
    /// Of a network, for perturbations in a space.
    pub fn new(given: &Given, space: Space) -> Self {
        let (scale, shift) = affine(&given.normalisation, given.inputs());
        let mut first = given.layers[0].weights.clone();
        let mut constant = given.layers[0].bias.clone();
        // Before the normalisation, that is part of the first layer.
        if space == Space::Before && !given.normalisation.is_empty() {
            let folded = first.dot(&Array1::from(shift.clone()));
            constant = Some(constant.map_or(folded.clone(), |bias| bias + folded));
            for (mut column, scale) in first.columns_mut().into_iter().zip(&scale) {
                column *= *scale;
            }
        }
        let constant = constant.unwrap_or_else(|| Array1::zeros(first.nrows()));
        let depth = given.layers.len() - 1;
        let (mut weights, mut biases) = (vec![first], vec![constant]);
        for layer in &given.layers[1..] {
            weights.push(layer.weights.clone());
            let none = || Array1::zeros(layer.weights.nrows());
            biases.push(layer.bias.clone().unwrap_or_else(none));
        }
        let mut exponent = 0;
        for (w, b) in weights.iter_mut().zip(&mut biases) {
            let before = exponent;
            let gain = size(w.iter()).map(|(log, squares)| {
                before + log + (0.5 * (squares / w.nrows() as f64).log2()).round() as i64
            });
            let added = size(b.iter()).map(|(log, _)| log);
            exponent = gain.max(added).unwrap_or(before);
            w.mapv_inplace(|v| times_power(v, before - exponent));
            b.mapv_inplace(|v| times_power(v, -exponent));
        }
        if biases.iter().all(|b| b.iter().all(|&v| v == 0.0)) {
            biases.clear();
        }
        let normalisation = (space == Space::After).then_some((scale, shift));
        Engine {
            widths: weights.iter().map(ndarray::ArrayBase::ncols).collect(),
            slopes: given.layers[..depth].iter().map(|layer| layer.slope).collect(),
            weights,
            biases,
            exponent,
            normalisation,
        }
    }

    /// L.
    pub fn depth(&self) -> usize {
        self.widths.len() - 1
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.weights[self.depth()].nrows()
    }

    /// Where x is.
    pub fn place(&self, x: &[f64]) -> Vec<f64> {
        let Some((scale, shift)) = &self.normalisation else { return x.to_vec() };
        x.iter().zip(scale).zip(shift).map(|((x, scale), shift)| scale * x + shift).collect()
    }

    /// Products of a layer, 1 … L+1, in an order that is the same on every machine.
    pub fn product(&self, layer: usize, vector: &[f64]) -> Vec<f64> {
        let matrix = &self.weights[layer - 1];
        rows_of(matrix).map(|row| inner(row, vector)).collect()
    }

    /// Those of its transpose.
    pub fn transposed(&self, layer: usize, row: &[f64]) -> Vec<f64> {
        combination(&self.weights[layer - 1], row)
    }

    /// With one output: a combination of those that there are.
    pub fn head(&self, row: &[f64]) -> Head<'_> {
        let depth = self.depth();
        let readout = combination(&self.weights[depth], row);
        let biases = match self.biases.split_last() {
            None => Arc::default(),
            Some((last, below)) => {
                let vectors = below.iter().cloned();
                let own = Array1::from(vec![inner(slice(last), row)]);
                Biases::given(vectors.chain([own]).map(|v| Scaled::new(v, 0)).collect())
            }
        };
        Head { engine: self, readout, biases }
    }
}

/// Σ row_k · (row k of the matrix).
fn combination(matrix: &Array2<f64>, row: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; matrix.ncols()];
    for (&factor, entries) in row.iter().zip(rows_of(matrix)) {
        if factor != 0.0 {
            add_multiple(&mut sum, factor, entries);
        }
    }
    sum
}

fn rows_of(matrix: &Array2<f64>) -> impl Iterator<Item = &[f64]> {
    let entries = matrix.as_slice().expect("matrices are stored row by row");
    entries.chunks_exact(matrix.ncols().max(1))
}

fn slice(vector: &Array1<f64>) -> &[f64] {
    vector.as_slice().expect("vectors are stored in one piece")
}

/// The factors and summands of N.
fn affine(steps: &[Elementwise], dimension: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut scale, mut shift) = (vec![1.0; dimension], vec![0.0; dimension]);
    for step in steps {
        for k in 0..dimension {
            let by = step.constant(k);
            if step.is_factor() {
                scale[k] = step.apply(scale[k], by);
            }
            shift[k] = step.apply(shift[k], by);
        }
    }
    (scale, shift)
}

/// The exponent of the largest entry, and the sum of the squares in its units; `None` for zeros.
fn size<'a>(entries: impl Iterator<Item = &'a f64> + Clone) -> Option<(i64, f64)> {
    let largest = entries.clone().fold(0.0f64, |m, v| m.max(v.abs()));
    let log = exponent_of(largest)?;
    Some((log, entries.map(|&v| times_power(v, -log).powi(2)).sum()))
}

/// ⌊log₂ size⌋; `None` for 0 and what is no number.
pub fn exponent_of(size: f64) -> Option<i64> {
    use crate::num::magnitude::Magnitude;
    let size = Magnitude::from_f64(size).filter(|m| m.is_finite() && !m.is_zero())?;
    Some(size.parts().1)
}

/// value · 2^exponent.
pub fn times_power(value: f64, exponent: i64) -> f64 {
    let exponent = exponent.clamp(-3000, 3000) as i32;
    let third = exponent / 3;
    value * 2f64.powi(third) * 2f64.powi(third) * 2f64.powi(exponent - 2 * third)
}

/// One combination of the outputs, behind the trait of all engines.
pub struct Head<'a> {
    engine: &'a Engine,
    readout: Vec<f64>,
    biases: Arc<Biases>,
}

impl Network for Head<'_> {
    fn widths(&self) -> &[usize] {
        &self.engine.widths
    }

    /// Weights from files stay.
    fn draw(&mut self, _: u64) {}

    fn apply(&mut self, layer: usize, points: ArrayView2<'_, f64>) -> Array2<f64> {
        let rows = if layer > self.depth() { 1 } else { self.engine.weights[layer - 1].nrows() };
        let mut out = Array2::zeros((points.nrows(), rows));
        for (mut to, point) in out.rows_mut().into_iter().zip(points.rows()) {
            let point = point.to_vec();
            if layer > self.depth() {
                to[0] = inner(&self.readout, &point);
            } else {
                to.assign(&Array1::from(self.engine.product(layer, &point)));
            }
        }
        out
    }

    fn apply_transposed(&mut self, layer: usize, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        let mut out = Array2::zeros((rows.nrows(), self.engine.widths[layer - 1]));
        for (mut to, row) in out.rows_mut().into_iter().zip(rows.rows()) {
            if layer > self.depth() {
                to.assign(&Array1::from_iter(self.readout.iter().map(|v| v * row[0])));
            } else {
                to.assign(&Array1::from(self.engine.transposed(layer, &row.to_vec())));
            }
        }
        out
    }

    /// Nothing is claimed of it.
    fn rounding(&self, _: usize) -> f64 {
        f64::INFINITY
    }

    fn slope(&self, layer: usize) -> f64 {
        self.engine.slopes[layer - 1]
    }

    fn biases(&self) -> Arc<Biases> {
        Arc::clone(&self.biases)
    }

    fn roundoff(&self) -> f64 {
        f64::EPSILON / 2.0
    }
}
