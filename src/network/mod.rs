//! Random networks, seen through the products with their weight matrices.
//!
//! An engine implements [`Network`]: fresh weights, and products by W_i and by its transpose.
//! Forward and backward passes ([`forward`], [`backward`]) are written once on top, so a stage
//! that asks for passes runs on every engine.

mod biases;
mod conditioned;
mod dense;
mod kernel;
mod law;
mod moved;
mod pair;
mod pairwise;
mod pass;
pub mod sample;
pub mod search;
pub mod training;
mod truncated;
mod vector;

pub use biases::Biases;
pub use conditioned::Conditioned;
pub use dense::{BLOCK, Dense, Precision, bytes_needed};
pub use kernel::{add_multiple, inner};
pub use law::LawDraw;
pub use moved::{Added, Change, Moved};
pub use pair::{PairPasses, Passed};
pub use pairwise::{Pairwise, nearest, two_largest};
pub use pass::{
    Backward, Forward, Scalar, Scaled, activated, backward, forward, pull_back, push_forward,
    sensitivities,
};
pub use truncated::Truncated;

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use crate::model::curve::Curve;

/// How networks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Stored weights.
    Dense,
    /// No weights: answers to what was asked.
    Conditioned,
    /// No networks: f and its gradient at one input, from their exact law.
    Law,
    /// No networks: two inputs alone are followed.
    Pairs,
}

impl Engine {
    /// As shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Dense => "dense",
            Engine::Conditioned => "conditioned",
            Engine::Law => "law",
            Engine::Pairs => "pairs",
        }
    }
}

/// A network with widths d₀, …, d_L and one output, or several, whose weights W_1, …, W_{L+1} can
/// be drawn anew and multiplied with, and whose activation is σ_a.
pub trait Network {
    /// d₀, …, d_L.
    fn widths(&self) -> &[usize];

    /// Draws all weights afresh: those of the given trial.
    fn draw(&mut self, trial: u64);

    /// W_layer times each row of `points` (k × d_{layer−1}), for layer = 1 … L+1: k × d_layer.
    fn apply(&mut self, layer: usize, points: ArrayView2<'_, f64>) -> Array2<f64>;

    /// Each row of `rows` (k × d_layer) times W_layer: k × d_{layer−1}.
    fn apply_transposed(&mut self, layer: usize, rows: ArrayView2<'_, f64>) -> Array2<f64>;

    /// A bound on ‖Δ‖ + ‖Δ′‖, where a computed product by W_layer is the exact one by W_layer + Δ,
    /// and a computed product by its transpose that by (W_layer + Δ′)ᵀ.
    fn rounding(&self, layer: usize) -> f64;

    /// The slope a of the activation behind layer = 1 … L at negative arguments.
    fn slope(&self, layer: usize) -> f64;

    /// The activation, where it has no slopes; by default it has.
    fn curve(&self) -> Option<Curve> {
        None
    }

    /// What every layer adds to its pre-activations; none by default.
    fn biases(&self) -> Arc<Biases> {
        Arc::default()
    }

    /// The unit roundoff of products.
    fn roundoff(&self) -> f64;

    /// Are the weights at hand, so that any number of products costs the same each? Otherwise every
    /// product costs as much as all before it.
    fn is_stored(&self) -> bool {
        true
    }

    /// K: rows of W_{L+1}.
    fn outputs(&self) -> usize {
        1
    }

    /// L.
    fn depth(&self) -> usize {
        self.widths().len() - 1
    }
}
