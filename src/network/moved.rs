//! A network whose weights have moved: those of any engine, and what is added to them in each
//! layer.

use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView2};

use super::kernel::{Real, add_multiple, dot_roundings, inner};
use super::{Biases, Network, Scaled};
use crate::model::curve::Curve;

/// Roundings of one more sum, beside those of the products that it is added to: these are bounded
/// by more than ten times as many.
const ROUNDED: f64 = 0.1;

/// size · left rightᵀ, with unit vectors, which is added to the weights of one layer; where biases
/// are weights of a constant, `right` has one more entry, for them.
#[derive(Clone, Debug)]
pub struct Change {
    left: Array1<f64>,
    right: Array1<f64>,
    size: f64,
}

impl Change {
    /// Along these two vectors, of the operator norm `size`; `None` where one of them is 0 or not a
    /// number.
    pub fn along(left: &Scaled, right: &Scaled, size: f64) -> Option<Self> {
        let unit = |v: &Scaled| {
            let norm = v.values().dot(v.values()).sqrt();
            (norm > 0.0 && norm.is_finite()).then(|| v.values() / norm)
        };
        Some(Change { left: unit(left)?, right: unit(right)?, size })
    }

    /// The vectors and the size.
    pub fn parts(&self) -> (&Array1<f64>, &Array1<f64>, f64) {
        (&self.left, &self.right, self.size)
    }

    /// What it makes of what the layer receives.
    pub fn of(&self, received: &Scaled) -> Scaled {
        let along = self.size * self.right.dot(received.values());
        Scaled::new(&self.left * along, received.exponent())
    }
}

/// What is added to the weights of one layer; where biases are weights of a constant, with a last
/// column for them.
pub trait Added {
    /// Adds it times each point to the products. Points may lack the last entry, which is then 0.
    fn add_products(&self, products: &mut Array2<f64>, points: &ArrayView2<'_, f64>);

    /// Adds each row times it to the products, which may lack the last entry.
    fn add_transposed(&self, products: &mut Array2<f64>, rows: &ArrayView2<'_, f64>);

    /// A bound on ‖Δ‖ + ‖Δ′‖, where a computed product is that by it + Δ, and one by the transpose
    /// that by its transpose + Δ′; `None` where nothing is added.
    fn rounding(&self) -> Option<f64>;

    /// The column behind that many others, times a factor: what the biases have moved by; `None`
    /// where it adds nothing to them.
    fn of_constant(&self, others: usize, factor: f64) -> Option<Array1<f64>>;
}

impl Added for Option<Change> {
    fn add_products(&self, products: &mut Array2<f64>, points: &ArrayView2<'_, f64>) {
        if let Some(Change { left, right, size }) = self {
            let right: Vec<f64> = right.iter().copied().take(points.ncols()).collect();
            add(products, points, &right, &left.to_vec(), *size);
        }
    }

    fn add_transposed(&self, products: &mut Array2<f64>, rows: &ArrayView2<'_, f64>) {
        if let Some(Change { left, right, size }) = self {
            let right: Vec<f64> = right.iter().copied().take(products.ncols()).collect();
            add(products, rows, &left.to_vec(), &right, *size);
        }
    }

    fn rounding(&self) -> Option<f64> {
        let Change { left, right, size } = self.as_ref()?;
        // Of the inner products, and of their multiples and sums, in both directions; and of the
        // unit vectors, whose norms are not quite 1.
        let sums = dot_roundings(left.len()) + dot_roundings(right.len()) + 10;
        let units = 1.0 + (left.len() + right.len()) as f64 * f64::EPSILON;
        Some(size.abs() * units * (sums + 1) as f64 * f64::ROUNDOFF)
    }

    fn of_constant(&self, others: usize, factor: f64) -> Option<Array1<f64>> {
        let Change { left, right, size } = self.as_ref()?;
        Some(left * (size * right.get(others)? * factor))
    }
}

/// Such a network.
pub struct Moved<'a, A = Option<Change>> {
    network: &'a mut dyn Network,
    /// Of layers 1, …, L+1, as far as they go.
    changes: &'a [A],
    biases: Arc<Biases>,
}

impl<'a, A: Added> Moved<'a, A> {
    /// A network with these changes, one for each of the layers 1, …, L+1, as far as they go.
    pub fn new(network: &'a mut dyn Network, changes: &'a [A]) -> Self {
        let biases = moved(&network.biases(), network.widths(), changes);
        Moved { network, changes, biases }
    }

    fn change(&self, layer: usize) -> Option<&'a A> {
        self.changes.get(layer - 1)
    }
}

/// Biases as weights of the constant behind each layer, which move, too.
fn moved<A: Added>(biases: &Arc<Biases>, widths: &[usize], changes: &[A]) -> Arc<Biases> {
    let added = |layer: usize| {
        let (mantissa, exponent) = biases.constant(layer).parts();
        let change = changes.get(layer - 1)?;
        let column = change.of_constant(*widths.get(layer - 1)?, mantissa)?;
        Some(Scaled::new(column, exponent))
    };
    if biases.is_empty() || (1..=widths.len()).all(|layer| added(layer).is_none()) {
        return Arc::clone(biases);
    }
    Arc::new(biases.plus(added))
}

impl<A: Added> Network for Moved<'_, A> {
    fn widths(&self) -> &[usize] {
        self.network.widths()
    }

    fn draw(&mut self, trial: u64) {
        self.network.draw(trial);
        self.biases = moved(&self.network.biases(), self.network.widths(), self.changes);
    }

    fn apply(&mut self, layer: usize, points: ArrayView2<'_, f64>) -> Array2<f64> {
        let mut products = self.network.apply(layer, points);
        if let Some(change) = self.change(layer) {
            change.add_products(&mut products, &points);
        }
        products
    }

    fn apply_transposed(&mut self, layer: usize, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        let mut products = self.network.apply_transposed(layer, rows);
        if let Some(change) = self.change(layer) {
            change.add_transposed(&mut products, &rows);
        }
        products
    }

    fn rounding(&self, layer: usize) -> f64 {
        let rounding = self.network.rounding(layer);
        match self.change(layer).and_then(Added::rounding) {
            Some(own) => rounding * (1.0 + ROUNDED) + own,
            None => rounding,
        }
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

/// products += size · ⟨from, point⟩ to, for each point.
fn add(
    products: &mut Array2<f64>,
    points: &ArrayView2<'_, f64>,
    from: &[f64],
    to: &[f64],
    size: f64,
) {
    for (mut product, point) in products.rows_mut().into_iter().zip(points.rows()) {
        let point = point.to_vec();
        let along = size * inner(from, &point);
        match product.as_slice_mut() {
            Some(product) => add_multiple(product, along, to),
            None => product.iter_mut().zip(to).for_each(|(p, t)| *p += along * t),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::Architecture;
    use crate::network::{Dense, Forward, backward, forward};
    use crate::num::magnitude::Magnitude;

    fn vector(n: usize, phase: f64) -> Scaled {
        Scaled::new(Array1::from_iter((0..n).map(|i| (1.7 * i as f64 + phase).sin())), 2)
    }

    /// The matrices of a network, by its products with unit vectors.
    fn matrices(network: &mut dyn Network) -> Vec<Array2<f64>> {
        let widths = network.widths().to_vec();
        let of = |(i, &width): (usize, &usize)| {
            let columns = network.apply(i + 1, Array2::eye(width).view());
            columns.t().as_standard_layout().into_owned()
        };
        widths.iter().enumerate().map(of).collect()
    }

    /// W + ΔW written out, entry by entry, and as the wrapper sees it: passes and gradients agree
    /// up to what rounding may do, biases included.
    #[test]
    fn the_wrapper_is_the_matrix_written_out() {
        for (widths, biased) in [("5,7,3", false), ("17,4,9", true), ("3", true), ("1,1", false)] {
            let architecture: Architecture = widths.parse().unwrap();
            let depth = architecture.depth();
            let deviations = vec![Magnitude::from_f64(0.4).unwrap(); depth + 1];
            let mut dense = Dense::<f64>::new(&architecture, 3, 1).unwrap().with_slope(0.25);
            if biased {
                dense = dense.with_biases(deviations);
            }
            dense.draw(0);
            let x = vector(architecture.input() as usize, 0.3);
            let here = forward(&mut dense, std::slice::from_ref(&x)).remove(0);
            let sizes: Vec<usize> =
                (1..=depth + 1).map(|j| here.pre[j - 1].values().len()).collect();
            let changes: Vec<Option<Change>> = (1..=depth + 1)
                .map(|j| {
                    let left = vector(sizes[j - 1], j as f64);
                    Change::along(&left, &vector(here.received(j - 1).values().len(), 0.1), 0.3)
                })
                .collect();
            let written: Vec<Array2<f64>> = matrices(&mut dense)
                .into_iter()
                .zip(&changes)
                .map(|(mut matrix, change)| {
                    let (left, right, size) = change.as_ref().unwrap().parts();
                    for ((k, l), entry) in matrix.indexed_iter_mut() {
                        *entry += size * left[k] * right[l];
                    }
                    matrix
                })
                .collect();
            let biases = dense.biases();
            let vectors = (1..=depth + 1).filter_map(|j| {
                let (left, right, size) = changes[j - 1].as_ref().unwrap().parts();
                let constant = biases.constant(j).to_f64();
                let moved = left * (size * right[right.len() - 1] * constant);
                Some(Scaled::new(biases.of(j)?.at_exponent(0) + moved, 0))
            });
            let vectors: Vec<Scaled> = vectors.collect();
            let mut plain = Dense::<f64>::with_weights(written).with_slope(0.25);
            if biased {
                plain = plain.with_given_biases(Biases::given(vectors));
            }
            let mut moved = Moved::new(&mut dense, &changes);
            let pass = |network: &mut dyn Network| {
                let pass = forward(network, std::slice::from_ref(&x)).remove(0);
                let gradient = backward(network, std::slice::from_ref(&pass)).remove(0);
                (pass, gradient.gradient().at_exponent(0))
            };
            let ((seen, gradient), (wanted, exact)) = (pass(&mut moved), pass(&mut plain));
            let output = |pass: &Forward| pass.output().at_exponent(0);
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-12;
            assert!(near(output(&seen), output(&wanted)), "{widths}");
            assert!(gradient.iter().zip(&exact).all(|(a, b)| near(*a, *b)), "{widths}");
            // Without the change it is another network.
            assert!(!near(output(&here), output(&wanted)), "{widths}");
        }
    }

    /// A product and one by the transpose differ, as inner products, by no more than the bound.
    #[test]
    fn products_are_within_their_rounding() {
        let mut dense = Dense::<f64>::new(&"40,30".parse().unwrap(), 5, 1).unwrap();
        dense.draw(0);
        for size in [1e-9, 0.5, 1e6] {
            let (left, right) = (vector(30, 0.5), vector(40, 0.9));
            let changes = [Change::along(&left, &right, size)];
            let mut moved = Moved::new(&mut dense, &changes);
            let (v, row) = (vector(40, 0.2).values().clone(), vector(30, 0.7).values().clone());
            let there = moved.apply(1, v.view().insert_axis(ndarray::Axis(0)));
            let back = moved.apply_transposed(1, row.view().insert_axis(ndarray::Axis(0)));
            let gap = (there.row(0).dot(&row) - back.row(0).dot(&v)).abs();
            let lengths = v.dot(&v).sqrt() * row.dot(&row).sqrt();
            // Two inner products of 40 and 30 terms beside.
            let beside = 80.0 * f64::EPSILON * (2.5 + size) * lengths;
            assert!(gap <= moved.rounding(1) * lengths + beside, "{size}");
        }
    }
}
