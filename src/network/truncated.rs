//! The network of the first layers, with an output row of its own.

use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView2};

use super::biases::scaled;
use super::{Biases, Network};
use crate::model::curve::Curve;
use crate::network::sample::{Address, Stream};

/// Layers 1 … k of a network under a fresh output row with independent N(0, 1/d_k) entries: a
/// random network of depth k.
pub struct Truncated<'a> {
    network: &'a mut dyn Network,
    depth: usize,
    readout: Array1<f64>,
    biases: Arc<Biases>,
}

impl<'a> Truncated<'a> {
    /// With `depth` layers, at least one fewer than `network` has.
    pub fn new(network: &'a mut dyn Network, depth: usize, seed: u64, trial: u64) -> Self {
        let width = network.widths()[depth];
        let mut values = vec![0.0; width];
        let layer = Address::READOUT + depth as u64;
        let mut stream = Stream::new(Address { seed, trial, layer, block: 0 });
        stream.fill(&mut values);
        let root = (width as f64).sqrt();
        let readout = Array1::from(values) / root;
        let biases = match network.biases() {
            none if none.is_empty() => none,
            all => {
                let mut last = [0.0];
                stream.fill(&mut last);
                let constant =
                    scaled(Array1::from_elem(1, last[0] / root), all.constant(depth + 1));
                Arc::new(all.below(depth, |_| constant))
            }
        };
        Truncated { network, depth, readout, biases }
    }
}

impl Network for Truncated<'_> {
    fn widths(&self) -> &[usize] {
        &self.network.widths()[..=self.depth]
    }

    /// The weights below are those of the whole network; so is the trial.
    fn draw(&mut self, trial: u64) {
        self.network.draw(trial);
    }

    fn apply(&mut self, layer: usize, points: ArrayView2<'_, f64>) -> Array2<f64> {
        if layer <= self.depth {
            return self.network.apply(layer, points);
        }
        points.dot(&self.readout).insert_axis(ndarray::Axis(1))
    }

    fn apply_transposed(&mut self, layer: usize, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        if layer <= self.depth {
            return self.network.apply_transposed(layer, rows);
        }
        let row = self.readout.view().insert_axis(ndarray::Axis(0));
        rows.dot(&row)
    }

    fn rounding(&self, layer: usize) -> f64 {
        if layer <= self.depth {
            return self.network.rounding(layer);
        }
        // γ_n ‖w‖ for a product of n terms, and one rounding for its transpose.
        let n = self.readout.len() as f64;
        (n + 2.0) * f64::EPSILON * self.readout.dot(&self.readout).sqrt()
    }

    fn biases(&self) -> Arc<Biases> {
        Arc::clone(&self.biases)
    }

    fn slope(&self, layer: usize) -> f64 {
        self.network.slope(layer)
    }

    fn curve(&self) -> Option<Curve> {
        self.network.curve()
    }

    fn roundoff(&self) -> f64 {
        self.network.roundoff()
    }

    fn is_stored(&self) -> bool {
        self.network.is_stored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Dense, Scaled, backward, forward};

    #[test]
    fn passes_agree_with_the_whole_network_below() {
        let mut network = Dense::<f64>::new(&"6,5,4,3".parse().unwrap(), 1, 1).unwrap();
        network.draw(0);
        let x = Scaled::new(Array1::from_iter((0..6).map(|i| f64::from(i) - 2.2)), 0);
        let whole = forward(&mut network, std::slice::from_ref(&x));
        let mut shallow = Truncated::new(&mut network, 2, 1, 0);
        let passes = forward(&mut shallow, std::slice::from_ref(&x));
        let back = backward(&mut shallow, &passes);
        assert_eq!((passes[0].hidden(2), passes[0].pre.len()), (whole[0].hidden(2), 3));
        // f(x) = ⟨∇f(x), x⟩.
        let gap = passes[0].output().minus(back[0].gradient().dot(&x)).abs().unwrap();
        assert!(gap.to_f64() < 1e-14);
    }
}
