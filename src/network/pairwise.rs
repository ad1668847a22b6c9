//! Two of several outputs as a network with one: F = (f_a − f_b)/√2, whose output row
//! (w_a − w_b)/√2 has the law of one of theirs.

use std::f64::consts::FRAC_1_SQRT_2;
use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView2};

use super::{Biases, Forward, Network, Scaled, backward};
use crate::model::curve::Curve;

/// Roundings of a difference and of its scale beside those of products with several rows, which are
/// more than ten times as many.
const ROUNDED: f64 = 1.1;

/// The network of the difference of two outputs.
pub struct Pairwise<'a> {
    network: &'a mut dyn Network,
    pair: [usize; 2],
    biases: Arc<Biases>,
}

impl<'a> Pairwise<'a> {
    /// Of these two outputs of a network.
    pub fn new(network: &'a mut dyn Network, pair: [usize; 2]) -> Self {
        let biases = of_pair(&network.biases(), network.depth(), pair);
        Pairwise { network, pair, biases }
    }

    /// The pass of the pair, from that of all outputs.
    pub fn of(pass: &Forward, pair: [usize; 2]) -> Forward {
        let mut pass = pass.clone();
        if let Some(last) = pass.pre.last_mut() {
            *last = difference(last, pair);
        }
        pass.biases = of_pair(&pass.biases, pass.pre.len() - 1, pair);
        pass
    }
}

/// The biases of the pair's network of depth L, from those of all outputs.
fn of_pair(all: &Arc<Biases>, depth: usize, pair: [usize; 2]) -> Arc<Biases> {
    if all.is_empty() {
        return Arc::clone(all);
    }
    Arc::new(all.below(depth, |last| difference(last, pair)))
}

/// (v_a − v_b)/√2.
fn difference(v: &Scaled, [a, b]: [usize; 2]) -> Scaled {
    let difference = (v.values()[a] - v.values()[b]) * FRAC_1_SQRT_2;
    Scaled::new(Array1::from_elem(1, difference), v.exponent())
}

/// The class of a pass and the runner-up: the places of the two largest outputs, the first of equal
/// ones first.
pub fn two_largest(pass: &Forward) -> [usize; 2] {
    let Some(outputs) = pass.pre.last() else { return [0, 1] };
    let mut order: Vec<usize> = (0..outputs.values().len()).collect();
    order.sort_by(|&i, &j| outputs.values()[j].total_cmp(&outputs.values()[i]));
    [order[0], order[1]]
}

/// The class of a pass and that to which the linear function has the shortest way: of least
/// |F|/‖∇F‖.
pub fn nearest(network: &mut dyn Network, pass: &Forward) -> [usize; 2] {
    let [first, second] = two_largest(pass);
    let Some(outputs) = pass.pre.last().map(|last| last.values().len()) else {
        return [first, second];
    };
    let mut way = |other: usize| {
        let pair = [first, other];
        let at = Pairwise::of(pass, pair);
        let back = backward(&mut Pairwise::new(network, pair), std::slice::from_ref(&at));
        let norm = back[0].gradient().norm()?;
        Some(((at.output().abs()? / norm)?, other))
    };
    let least = (0..outputs).filter(|&other| other != first).filter_map(&mut way).min();
    [first, least.map_or(second, |(_, other)| other)]
}

impl Network for Pairwise<'_> {
    fn widths(&self) -> &[usize] {
        self.network.widths()
    }

    fn draw(&mut self, trial: u64) {
        self.network.draw(trial);
    }

    fn apply(&mut self, layer: usize, points: ArrayView2<'_, f64>) -> Array2<f64> {
        let products = self.network.apply(layer, points);
        if layer <= self.depth() {
            return products;
        }
        let [a, b] = self.pair;
        let difference = (&products.column(a) - &products.column(b)) * FRAC_1_SQRT_2;
        difference.insert_axis(ndarray::Axis(1))
    }

    fn apply_transposed(&mut self, layer: usize, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        if layer <= self.depth() {
            return self.network.apply_transposed(layer, rows);
        }
        let mut both = Array2::zeros((rows.nrows(), self.network.outputs()));
        let [a, b] = self.pair;
        for (mut all, row) in both.rows_mut().into_iter().zip(rows.rows()) {
            all[a] = row[0] * FRAC_1_SQRT_2;
            all[b] = -row[0] * FRAC_1_SQRT_2;
        }
        self.network.apply_transposed(layer, both.view())
    }

    fn rounding(&self, layer: usize) -> f64 {
        let rounding = self.network.rounding(layer);
        if layer <= self.depth() { rounding } else { rounding * ROUNDED }
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
    use crate::network::{Dense, forward};
    use ndarray::array;

    /// Three outputs by hand: of classes, runner-ups and nearest ones.
    #[test]
    fn pairs_by_hand() {
        let mut network = Dense::<f64>::with_weights(vec![
            array![[1.0, 0.0], [0.0, 1.0]],
            array![[3.0, 0.0], [2.0, 0.1], [0.0, 10.0]],
        ]);
        let x = Scaled::new(array![1.0, 0.15], 0);
        let pass = &forward(&mut network, std::slice::from_ref(&x))[0];
        // f = (3, 2.015, 1.5), with gradients (3, 0), (2, 0.1) and (0, 10).
        assert_eq!(two_largest(pass), [0, 1]);
        // |F| to ‖∇F‖: 0.985 to 1.005, and 1.5 to 10.4.
        assert_eq!(nearest(&mut network, pass), [0, 2]);
        let mut pair = Pairwise::new(&mut network, [0, 1]);
        let here = forward(&mut pair, std::slice::from_ref(&x));
        assert!((here[0].output().at_exponent(0) - 0.985 * FRAC_1_SQRT_2).abs() < 1e-15);
        assert_eq!(here[0].output(), Pairwise::of(pass, [0, 1]).output());
        let back = backward(&mut pair, &here);
        let gradient = back[0].gradient().at_exponent(0);
        assert!((gradient[0] - FRAC_1_SQRT_2).abs() < 1e-15);
        assert!((gradient[1] + 0.1 * FRAC_1_SQRT_2).abs() < 1e-15);
    }
}
