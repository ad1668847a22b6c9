//! The biases of one network: what every layer adds to its pre-activations.

use std::sync::Arc;

use ndarray::Array1;

use super::Scaled;
use crate::network::sample::{Address, Stream};
use crate::num::magnitude::Magnitude;

/// One vector a layer, the output included; none at all without biases.
#[derive(Clone, Debug, Default)]
pub struct Biases {
    vectors: Vec<Scaled>,
    /// β_i √d_{i−1}: the coordinate by which what layer i receives is longer than the layer before,
    /// if its biases are looked at as weights of a constant.
    constants: Vec<Magnitude>,
}

impl Biases {
    /// Those of a trial, independent N(0, β_i²), for layers of these widths d₀, …, d_{L+1}.
    pub fn draw(widths: &[usize], deviations: &[Magnitude], seed: u64, trial: u64) -> Arc<Self> {
        let mut biases = Biases::default();
        for (i, &deviation) in deviations.iter().enumerate() {
            let layer = Address::BIAS + i as u64 + 1;
            let mut values = vec![0.0; widths[i + 1]];
            Stream::new(Address { seed, trial, layer, block: 0 }).fill(&mut values);
            biases.push(scaled(Array1::from(values), deviation), deviation, widths[i]);
        }
        Arc::new(biases)
    }

    /// These vectors, of which no deviation is known: what layers receive is then not longer than
    /// the layer before.
    pub fn given(vectors: Vec<Scaled>) -> Arc<Self> {
        let constants = vec![Magnitude::ZERO; vectors.len()];
        Arc::new(Biases { vectors, constants })
    }

    fn push(&mut self, vector: Scaled, deviation: Magnitude, before: usize) {
        let root = Magnitude::from_f64((before as f64).sqrt()).unwrap_or(Magnitude::INFINITY);
        self.vectors.push(vector);
        self.constants.push(deviation * root);
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.vectors.is_empty()
    }

    /// Of layer i = 1 … L+1.
    pub fn of(&self, layer: usize) -> Option<&Scaled> {
        self.vectors.get(layer - 1)
    }

    /// β_i √d_{i−1} for layer i = 1 … L+1; 0 without biases.
    pub fn constant(&self, layer: usize) -> Magnitude {
        self.constants.get(layer - 1).copied().unwrap_or(Magnitude::ZERO)
    }

    /// Each moved by what is added to it, if anything is.
    #[must_use]
    pub fn plus(&self, added: impl Fn(usize) -> Option<Scaled>) -> Self {
        let vectors = self.vectors.iter().enumerate().map(|(i, vector)| match added(i + 1) {
            Some(more) => vector.plus(&more),
            None => vector.clone(),
        });
        Biases { vectors: vectors.collect(), constants: self.constants.clone() }
    }

    /// The same layers below, with another output above layer `depth`: `change` makes its bias of
    /// that of the next layer, or of β_{depth+1}.
    #[must_use]
    pub fn below(&self, depth: usize, change: impl FnOnce(&Scaled) -> Scaled) -> Self {
        let vectors = self.vectors.iter().take(depth).cloned();
        let last = self.vectors.get(depth).map(change);
        let constants = self.constants.iter().take(depth + 1).copied().collect();
        Biases { vectors: vectors.chain(last).collect(), constants }
    }
}

/// Values in units of this size.
pub(super) fn scaled(values: Array1<f64>, unit: Magnitude) -> Scaled {
    let (mantissa, exponent) = unit.parts();
    Scaled::new(values * mantissa, exponent)
}
