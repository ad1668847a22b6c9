//! A network of any engine with what training has added to its weights.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use super::Update;
use crate::model::curve::Curve;
use crate::network::{Biases, Network, Scaled};

/// Roundings of one more sum, beside those of the products that it is added to.
const ROUNDED: f64 = 0.1;

/// Such a network. Weights are those of layers 1, …, L+1 with an update each.
pub struct Trained<'a> {
    network: &'a mut dyn Network,
    updates: &'a [Update],
    biases: Arc<Biases>,
}

impl<'a> Trained<'a> {
    /// A network with an update for each of the layers 1, …, L+1.
    pub fn new(network: &'a mut dyn Network, updates: &'a [Update]) -> Self {
        let biases = moved(&network.biases(), updates);
        Trained { network, updates, biases }
    }
}

/// Biases as weights of the constant behind each layer, which were trained, too.
fn moved(biases: &Arc<Biases>, updates: &[Update]) -> Arc<Biases> {
    if biases.is_empty() {
        return Arc::clone(biases);
    }
    let added = |layer: usize| {
        let (mantissa, exponent) = biases.constant(layer).parts();
        Some(Scaled::new(updates[layer - 1].last_column(mantissa), exponent))
    };
    Arc::new(biases.plus(added))
}

impl Network for Trained<'_> {
    fn widths(&self) -> &[usize] {
        self.network.widths()
    }

    fn draw(&mut self, trial: u64) {
        self.network.draw(trial);
        self.biases = moved(&self.network.biases(), self.updates);
    }

    fn apply(&mut self, layer: usize, points: ArrayView2<'_, f64>) -> Array2<f64> {
        let mut products = self.network.apply(layer, points.view());
        self.updates[layer - 1].add_products(&mut products, &points);
        products
    }

    fn apply_transposed(&mut self, layer: usize, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        let mut products = self.network.apply_transposed(layer, rows.view());
        self.updates[layer - 1].add_transposed(&mut products, &rows);
        products
    }

    fn rounding(&self, layer: usize) -> f64 {
        self.network.rounding(layer) * (1.0 + ROUNDED) + self.updates[layer - 1].rounding()
    }

    fn slope(&self, layer: usize) -> f64 {
        self.network.slope(layer)
    }

    fn curve(&self) -> Option<Curve> {
        self.network.curve()
    }

    fn biases(&self) -> Arc<Biases> {
        Arc::clone(&self.biases)
    }

    fn outputs(&self) -> usize {
        self.network.outputs()
    }

    fn roundoff(&self) -> f64 {
        self.network.roundoff()
    }

    fn is_stored(&self) -> bool {
        self.network.is_stored()
    }
}
