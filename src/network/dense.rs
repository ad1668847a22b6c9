//! Networks with stored weights.

use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::kernel::{ROWS, Real, add_roundings, add_rows, dot, dot_roundings};
use super::{Biases, Network};
use crate::model::curve::Curve;
use crate::model::error::{Error, Result};
use crate::model::params::Architecture;
use crate::model::weights::{Ensemble, Entries};
use crate::network::sample::entries::{fill, orthogonal};
use crate::network::sample::{Address, Stream};
use crate::network::vector::{self, Work};
use crate::num::magnitude::Magnitude;

/// Weights drawn from one stream, at least; whole rows. Few enough to be multiplied while they are
/// in the cache.
pub const BLOCK: usize = 1 << 14;
/// Columns that one thread handles in a transposed product.
const COLUMNS: usize = 1 << 9;

/// The format in which weights are stored and multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single precision: half the memory.
    F32,
    /// Double precision.
    #[default]
    F64,
}

impl Precision {
    /// The unit roundoff.
    pub fn roundoff(self) -> f64 {
        match self {
            Precision::F32 => f32::ROUNDOFF,
            Precision::F64 => f64::ROUNDOFF,
        }
    }

    /// `f32` or `f64`.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::F64 => "f64",
        }
    }
}

/// Bytes of weights of one network, or `None` beyond 2⁶⁴.
pub fn bytes_needed(
    architecture: &Architecture,
    outputs: usize,
    precision: Precision,
) -> Option<u64> {
    let size = match precision {
        Precision::F32 => 4,
        Precision::F64 => 8,
    };
    let widths = architecture.widths();
    let outputs = widths[1..].iter().copied().chain([outputs as u128]);
    let entries = widths
        .iter()
        .zip(outputs)
        .try_fold(0u128, |sum, (&a, b)| sum.checked_add(a.checked_mul(b)?))?;
    u64::try_from(entries.checked_mul(size)?).ok()
}

/// A network whose weight matrices are stored as standard normals, with their scale 1/√d_{i−1}
/// applied to products. Each is drawn with its first product, or was given and stays.
pub struct Dense<T> {
    widths: Vec<usize>,
    /// Absent where the weights were given: there is nothing to draw.
    seed: Option<u64>,
    trial: u64,
    slope: f64,
    curve: Option<Curve>,
    ensemble: Ensemble,
    /// β_1, …, β_{L+1}; none without biases.
    deviations: Vec<Magnitude>,
    biases: Arc<Biases>,
    weights: Vec<Array2<T>>,
    /// ‖W_i‖_F; absent until it is drawn.
    frobenius: Vec<Option<f64>>,
    pool: Option<rayon::ThreadPool>,
}

impl<T: Real> Dense<T> {
    /// Allocates, without drawing. `threads` > 1 splits every product and every draw.
    ///
    /// # Errors
    /// Widths that this machine cannot address.
    pub fn new(architecture: &Architecture, seed: u64, threads: usize) -> Result<Self> {
        let too_large = || Error::new("widths", architecture, "too wide for stored weights");
        let widths: Vec<usize> = architecture
            .widths()
            .iter()
            .map(|&d| usize::try_from(d).map_err(|_| too_large()))
            .collect::<Result<_>>()?;
        let outputs = widths[1..].iter().copied().chain([1]);
        let weights: Vec<_> = widths
            .iter()
            .zip(outputs)
            .map(|(&cols, rows)| Array2::from_elem((rows, cols), T::default()))
            .collect();
        let pool = (threads > 1)
            .then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build())
            .transpose()
            .map_err(|why| Error::threads(threads, &why))?;
        let frobenius = vec![None; weights.len()];
        Ok(Dense { seed: Some(seed), pool, ..Dense::of(widths, weights, frobenius) })
    }

    /// ReLU without biases; nothing is to be drawn, and on one thread.
    fn of(widths: Vec<usize>, weights: Vec<Array2<T>>, frobenius: Vec<Option<f64>>) -> Self {
        Dense {
            widths,
            seed: None,
            trial: 0,
            slope: 0.0,
            curve: None,
            ensemble: Ensemble::default(),
            deviations: Vec::new(),
            biases: Arc::default(),
            weights,
            frobenius,
            pool: None,
        }
    }

    /// The same with so many outputs; one before.
    #[must_use]
    pub fn with_outputs(mut self, outputs: usize) -> Self {
        if let Some(last) = self.weights.last_mut() {
            *last = Array2::from_elem((outputs, last.ncols()), T::default());
        }
        self
    }

    /// The same with weights of other laws; normal before.
    #[must_use]
    pub fn with_ensemble(self, ensemble: Ensemble) -> Self {
        Dense { ensemble, ..self }
    }

    /// The same with the activation σ_a; ReLU before.
    #[must_use]
    pub fn with_slope(self, slope: f64) -> Self {
        Dense { slope, ..self }
    }

    /// The same with an activation that has no slopes, if one is given.
    #[must_use]
    pub fn with_curve(self, curve: Option<Curve>) -> Self {
        Dense { curve, ..self }
    }

    /// The same with biases of deviations β_1, …, β_{L+1}, drawn with each network; none before.
    #[must_use]
    pub fn with_biases(self, deviations: Vec<Magnitude>) -> Self {
        Dense { deviations, ..self }
    }

    /// The same with these biases, the same in every trial.
    #[must_use]
    pub fn with_given_biases(self, biases: Arc<Biases>) -> Self {
        Dense { biases, ..self }
    }

    /// A network with given weights, W_i of shape d_i × d_{i−1}, the same in every trial: for tests
    /// and small examples.
    pub fn with_weights(weights: Vec<Array2<f64>>) -> Self {
        let widths: Vec<usize> = weights.iter().map(ndarray::ArrayBase::ncols).collect();
        let frobenius =
            weights.iter().map(|w| Some(w.iter().map(|v| v * v).sum::<f64>().sqrt())).collect();
        // Stored entries are multiplied by 1/√d_{i−1} on use.
        let weights = weights
            .into_iter()
            .map(|w| {
                let root = (w.ncols() as f64).sqrt();
                w.mapv(|v| T::round(v * root))
            })
            .collect();
        Dense::of(widths, weights, frobenius)
    }

    fn scale(&self, layer: usize) -> f64 {
        1.0 / (self.widths[layer - 1] as f64).sqrt()
    }

    /// W_layer times each point, row by row in blocks; drawn before, if it was not yet.
    fn sweep(&mut self, layer: usize, points: &[Vec<T>]) -> Vec<Vec<f64>> {
        let (scale, entries) = (self.scale(layer), self.ensemble.of(layer, self.depth()));
        if entries == Entries::Orthogonal && self.frobenius[layer - 1].is_none() {
            self.draw_orthogonal(layer);
        }
        let Dense { seed, trial, weights, frobenius, pool, .. } = self;
        let (matrix, frobenius) = (&mut weights[layer - 1], &mut frobenius[layer - 1]);
        let columns = matrix.ncols();
        let (trial, layer) = (*trial, layer as u64);
        let seed = seed.filter(|_| frobenius.is_none());
        let work = |(block, part): (usize, &mut [T])| {
            let address = |seed| Address { seed, trial, layer, block: block as u64 };
            let draw = |seed| fill(entries, &mut Stream::new(address(seed)), part);
            let squares = seed.map_or(0.0, draw);
            let mut products = vec![0.0; part.len() / columns * points.len()];
            vector::run(Rows { entries: part, columns, points, scale, products: &mut products });
            (squares, products)
        };
        let entries = matrix.as_slice_mut().expect("matrices are stored row by row");
        let block = BLOCK.div_ceil(columns) * columns;
        let done: Vec<(f64, Vec<f64>)> = match pool {
            Some(pool) => {
                pool.install(|| entries.par_chunks_mut(block).enumerate().map(work).collect())
            }
            None => entries.chunks_mut(block).enumerate().map(work).collect(),
        };
        if seed.is_some() {
            *frobenius = Some(done.iter().map(|(squares, _)| squares).sum::<f64>().sqrt() * scale);
        }
        done.into_iter().map(|(_, products)| products).collect()
    }
}

impl<T: Real> Dense<T> {
    /// Draws a matrix whose entries are not independent, as a whole.
    fn draw_orthogonal(&mut self, layer: usize) {
        let (scale, trial) = (self.scale(layer), self.trial);
        let Some(seed) = self.seed else { return };
        let matrix = &mut self.weights[layer - 1];
        let draw = |block: usize| {
            let address = Address { seed, trial, layer: layer as u64, block: block as u64 };
            let mut row = vec![0.0; matrix.ncols()];
            Stream::new(address).fill(&mut row);
            row
        };
        let mut rows: Vec<Vec<f64>> = (0..matrix.nrows()).map(draw).collect();
        orthogonal(&mut rows);
        let mut squares = 0.0;
        for (entry, value) in matrix.iter_mut().zip(rows.into_iter().flatten()) {
            *entry = T::round(value);
            squares += value * value;
        }
        self.frobenius[layer - 1] = Some(squares.sqrt() * scale);
    }
}

/// The rows in the format of the weights.
fn rounded<T: Real>(vectors: &ArrayView2<'_, f64>) -> Vec<Vec<T>> {
    vectors.rows().into_iter().map(|row| row.iter().map(|&v| T::round(v)).collect()).collect()
}

/// Some rows times each point.
struct Rows<'a, T> {
    entries: &'a [T],
    columns: usize,
    points: &'a [Vec<T>],
    scale: f64,
    products: &'a mut [f64],
}

impl<T: Real> Work for Rows<'_, T> {
    type Output = ();

    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn run(self) {
        if self.points.is_empty() {
            return;
        }
        let products = self.products.chunks_exact_mut(self.points.len());
        for (row, products) in self.entries.chunks_exact(self.columns).zip(products) {
            for (point, product) in self.points.iter().zip(products) {
                *product = dot(row, point).to_f64() * self.scale;
            }
        }
    }
}

/// Sums of all rows times factors, in some columns.
struct Columns<'a, T> {
    entries: &'a [T],
    length: usize,
    within: Range<usize>,
    factors: &'a [Vec<T>],
    /// For each vector of factors, one after the other.
    sums: &'a mut [T],
}

impl<T: Real> Work for Columns<'_, T> {
    type Output = ();

    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn run(self) {
        let nothing: (T, &[T]) = (T::default(), &[]);
        for (block, rows) in self.entries.chunks(ROWS * self.length).enumerate() {
            let sums = self.sums.chunks_exact_mut(self.within.len());
            for (factors, sums) in self.factors.iter().zip(sums) {
                // Inactive neurons cost nothing.
                let (mut active, mut count) = ([nothing; ROWS], 0);
                let factors = &factors[block * ROWS..];
                for (row, &factor) in rows.chunks_exact(self.length).zip(factors) {
                    if factor != T::default() {
                        active[count] = (factor, &row[self.within.clone()]);
                        count += 1;
                    }
                }
                add_rows(sums, &active[..count]);
            }
        }
    }
}

impl<T: Real> Network for Dense<T> {
    fn widths(&self) -> &[usize] {
        &self.widths
    }

    fn draw(&mut self, trial: u64) {
        self.trial = trial;
        if let Some(seed) = self.seed {
            self.frobenius.fill(None);
            let outputs = self.outputs();
            let widths: Vec<usize> = self.widths.iter().copied().chain([outputs]).collect();
            self.biases = Biases::draw(&widths, &self.deviations, seed, trial);
        }
    }

    fn apply(&mut self, layer: usize, points: ArrayView2<'_, f64>) -> Array2<f64> {
        let points = rounded(&points);
        let blocks = self.sweep(layer, &points);
        let mut out = Array2::zeros((points.len(), self.weights[layer - 1].nrows()));
        let rows = blocks.iter().flat_map(|block| block.chunks_exact(points.len().max(1)));
        for (mut column, row) in out.columns_mut().into_iter().zip(rows) {
            for (to, &from) in column.iter_mut().zip(row) {
                *to = from;
            }
        }
        out
    }

    fn apply_transposed(&mut self, layer: usize, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        if self.frobenius[layer - 1].is_none() {
            self.sweep(layer, &[]);
        }
        let (matrix, scale) = (&self.weights[layer - 1], self.scale(layer));
        let columns = matrix.ncols();
        let entries = matrix.as_slice().expect("matrices are stored row by row");
        let factors = rounded(&rows);
        // Each entry is summed in the order of the rows, however the columns are split.
        let part = |start: usize| {
            let within = start..columns.min(start + COLUMNS);
            let mut sums = vec![T::default(); within.len() * factors.len()];
            let (length, factors) = (columns, &factors[..]);
            vector::run(Columns { entries, length, within, factors, sums: &mut sums });
            sums
        };
        let starts: Vec<usize> = (0..columns).step_by(COLUMNS).collect();
        let parts: Vec<Vec<T>> = match &self.pool {
            Some(pool) => pool.install(|| starts.par_iter().map(|&start| part(start)).collect()),
            None => starts.iter().map(|&start| part(start)).collect(),
        };
        let mut out = Array2::zeros((factors.len(), columns));
        for (k, mut product) in out.rows_mut().into_iter().enumerate() {
            let sums = parts.iter().flat_map(|part| {
                let size = part.len() / factors.len();
                &part[k * size..(k + 1) * size]
            });
            for (to, &sum) in product.iter_mut().zip(sums) {
                *to = sum.to_f64() * scale;
            }
        }
        out
    }

    fn slope(&self, _: usize) -> f64 {
        self.slope
    }

    fn curve(&self) -> Option<Curve> {
        self.curve
    }

    fn biases(&self) -> Arc<Biases> {
        Arc::clone(&self.biases)
    }

    fn outputs(&self) -> usize {
        self.weights.last().map_or(1, ndarray::ArrayBase::nrows)
    }

    fn roundoff(&self) -> f64 {
        T::ROUNDOFF
    }

    fn rounding(&self, layer: usize) -> f64 {
        // Beside the sums: rounding of the operand, of the stored entry, of the scale, of the
        // scaled product, and of the product by the slope, unless that is 0 or ±1.
        let beside = if matches!(self.slope.abs(), 0.0 | 1.0) { 5 } else { 6 };
        let relative = |roundings: usize| {
            let nu = (roundings + beside) as f64 * T::ROUNDOFF;
            if nu < 0.5 { nu / (1.0 - nu) } else { f64::INFINITY }
        };
        let (rows, columns) = self.weights[layer - 1].dim();
        // ‖Δ‖ ≤ ‖Δ‖_F ≤ γ‖W‖_F; the last factor covers the rounding of the norm itself. Of a matrix
        // that was not drawn nothing is known.
        (relative(dot_roundings(columns)) + relative(add_roundings(rows)))
            * self.frobenius[layer - 1].unwrap_or(f64::INFINITY)
            * (1.0 + 1e-5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Scaled, backward, forward};
    use ndarray::{Array1, array};
    use proptest::prelude::*;
    use rug::Rational;

    fn dense(widths: &str, seed: u64) -> Dense<f64> {
        let mut network = Dense::new(&widths.parse().unwrap(), seed, 1).unwrap();
        network.draw(0);
        network
    }

    fn point(network: &Dense<f64>, seed: u64) -> Scaled {
        let mut values = vec![0.0; network.widths()[0]];
        Stream::new(Address { seed, trial: Address::INPUT, layer: 0, block: 0 }).fill(&mut values);
        Scaled::new(Array1::from(values), 0)
    }

    fn value(network: &mut Dense<f64>, x: &Scaled) -> f64 {
        let f = forward(network, std::slice::from_ref(x))[0].output();
        f.mantissa * 2f64.powi(f.exponent as i32)
    }

    #[test]
    fn a_network_by_hand() {
        let mut network = Dense::<f64>::with_weights(vec![
            array![[1.0, -2.0], [3.0, 1.0], [-1.0, -1.0]],
            array![[2.0, -1.0, 5.0]],
        ]);
        let x = Scaled::new(array![4.0, 1.0], 0);
        let pass = forward(&mut network, std::slice::from_ref(&x)).remove(0);
        // z = (2, 13, −5), f = 2·2 − 13 = −9, ∇f = 2(1, −2) − (3, 1).
        assert_eq!(pass.pattern(1).collect::<Vec<_>>(), [true, true, false]);
        assert!((value(&mut network, &x) + 9.0).abs() < 1e-14);
        let back = backward(&mut network, &[pass]).remove(0);
        let gradient = back.gradient();
        let entry = |i: usize| gradient.values()[i] * 2f64.powi(gradient.exponent() as i32);
        assert!((entry(0) + 1.0).abs() < 1e-14 && (entry(1) + 5.0).abs() < 1e-14);
        // Weights that were given stay, in every trial.
        network.draw(7);
        assert!((value(&mut network, &x) + 9.0).abs() < 1e-14);
        assert!(network.rounding(1).is_finite());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn homogeneous(
            widths in prop::sample::select(vec!["1", "9", "3,1,2", "8,3,3,3", "20,5,30,7", "17x5"]),
            seed: u64,
            c in 1e-3f64..1e3,
        ) {
            let mut network = dense(widths, seed);
            let x = point(&network, seed);
            let scaled = Scaled::new(x.values().mapv(|v| c * v), x.exponent());
            let passes = forward(&mut network, &[x.clone(), scaled]);
            let [at_x, at_cx] = [0, 1].map(|k: usize| to_f64(passes[k].output()));
            // The entries of cx are rounded, too, and so are the product and the difference.
            let entries = f64::ROUNDOFF * c * size(&x);
            let allowed = c * off_forward(&network, &passes[0], 0.0)
                + off_forward(&network, &passes[1], entries)
                + f64::EPSILON * (c * at_x).abs().max(at_cx.abs());
            prop_assert!((at_cx - c * at_x).abs() <= allowed * MARGIN, "{at_cx} {at_x}");
        }

        #[test]
        fn output_is_gradient_times_input(
            widths in prop::sample::select(vec!["1", "9", "3,1,2", "8,3,3,3", "20,5,30,7", "33x9"]),
            seed: u64,
        ) {
            let (gap, allowed) = euler(widths, seed);
            prop_assert!(gap <= allowed, "{gap} {allowed}");
        }

        #[test]
        fn gradient_is_the_slope_inside_a_linear_piece(
            widths in prop::sample::select(vec!["5", "8,3,3,3", "6,40,4", "10x4"]),
            seed: u64,
        ) {
            let mut network = dense(widths, seed);
            let x = point(&network, seed);
            let pass = forward(&mut network, std::slice::from_ref(&x)).remove(0);
            let back = backward(&mut network, std::slice::from_ref(&pass)).remove(0);
            let gradient = back.gradient().clone();
            let at_x = to_f64(pass.output());
            for i in 0..x.values().len() {
                let mut moved = x.values().clone();
                moved[i] += 2f64.powi(-20);
                // The step that was made, but for the rounding of this difference.
                let step = moved[i] - x.values()[i];
                let step = step * 2f64.powi(x.exponent() as i32);
                let moved = Scaled::new(moved, x.exponent());
                let there = forward(&mut network, std::slice::from_ref(&moved)).remove(0);
                // While no neuron changes sign, both passes and the gradient are those of one
                // linear function, each up to its own rounding.
                let same = (1..=network.depth()).all(|l| pass.pattern(l).eq(there.pattern(l)));
                if same {
                    let at_there = to_f64(there.output());
                    let slope = gradient.values()[i] * 2f64.powi(gradient.exponent() as i32);
                    let gap = (at_there - at_x - slope * step).abs();
                    let roundings = at_x.abs() + at_there.abs() + (slope * step).abs();
                    let allowed = off_forward(&network, &pass, 0.0)
                        + off_forward(&network, &there, 0.0)
                        + step.abs() * off_backward(&network, &back)
                        + 2.0 * f64::EPSILON * roundings;
                    prop_assert!(gap <= allowed * MARGIN, "{gap} {allowed}");
                }
            }
        }

        /// On integer networks everything is exact, also in floating point.
        #[test]
        fn exact_on_integer_networks(
            first in prop::collection::vec(-5i32..6, 12),
            second in prop::collection::vec(-5i32..6, 12),
            last in prop::collection::vec(-5i32..6, 3),
            x in prop::collection::vec(-5i32..6, 3),
            (up, down) in (1i32..50, 1i32..50),
        ) {
            let exact = |v: &[i32], cols: usize| -> Vec<Vec<Rational>> {
                v.chunks(cols).map(|r| r.iter().map(|&a| Rational::from(a)).collect()).collect()
            };
            let layers = [exact(&first, 3), exact(&second, 4), exact(&last, 3)];
            let start: Vec<Rational> = x.iter().map(|&v| Rational::from(v)).collect();
            let (f, gradient) = rational_network(&layers, &start);
            let products = gradient.iter().zip(&start);
            let euler: Rational = products.map(|(g, x)| Rational::from(g * x)).sum();
            prop_assert_eq!(&f, &euler);
            let c = Rational::from((up, down));
            let moved: Vec<Rational> = start.iter().map(|v| Rational::from(v * &c)).collect();
            prop_assert_eq!(rational_network(&layers, &moved).0, f * c);
        }

        #[test]
        fn several_points_are_the_same_as_one_by_one(seed: u64) {
            let mut network = dense("20,5,30,7", seed);
            let points = [0, 1, 2].map(|other| point(&network, seed ^ other));
            let together = forward(&mut network, &points);
            let back = backward(&mut network, &together);
            for (i, x) in points.iter().enumerate() {
                let alone = forward(&mut network, std::slice::from_ref(x)).remove(0);
                prop_assert_eq!(&alone.pre, &together[i].pre);
                prop_assert_eq!(&backward(&mut network, &[alone]).remove(0).rows, &back[i].rows);
            }
        }
    }

    fn rational_network(
        layers: &[Vec<Vec<Rational>>],
        x: &[Rational],
    ) -> (Rational, Vec<Rational>) {
        let product = |w: &Vec<Vec<Rational>>, h: &[Rational]| -> Vec<Rational> {
            w.iter()
                .map(|row| row.iter().zip(h).map(|(a, b)| Rational::from(a * b)).sum())
                .collect()
        };
        let (mut h, mut patterns) = (x.to_vec(), Vec::new());
        for w in &layers[..layers.len() - 1] {
            let z = product(w, &h);
            patterns.push(z.iter().map(|v| *v > 0).collect::<Vec<bool>>());
            h = z.into_iter().map(|v| if v > 0 { v } else { Rational::new() }).collect();
        }
        let f = product(&layers[layers.len() - 1], &h).remove(0);
        let mut row = layers[layers.len() - 1][0].clone();
        for (w, pattern) in layers[..layers.len() - 1].iter().zip(&patterns).rev() {
            row = (0..w[0].len())
                .map(|j| {
                    (0..w.len())
                        .filter(|&i| pattern[i])
                        .map(|i| Rational::from(&row[i] * &w[i][j]))
                        .sum()
                })
                .collect();
        }
        (f, row)
    }

    /// What a few dozen roundings of positive terms take off a limit, generously.
    const MARGIN: f64 = 1.0 + 1e-6;

    fn to_f64(x: crate::network::Scalar) -> f64 {
        x.mantissa * 2f64.powi(x.exponent as i32)
    }

    fn size(x: &Scaled) -> f64 {
        x.norm().unwrap().to_f64()
    }

    /// |f(x) − ⟨∇f(x), x⟩| and its limit, `proofs/model.md#rounding`.
    fn euler(widths: &str, seed: u64) -> (f64, f64) {
        let mut network = dense(widths, seed);
        let x = point(&network, seed);
        let pass = forward(&mut network, std::slice::from_ref(&x)).remove(0);
        let back = backward(&mut network, std::slice::from_ref(&pass)).remove(0);
        let gap = pass.output().minus(back.gradient().dot(&x)).abs().unwrap().to_f64();
        // Each term of the inner product meets fewer roundings than there are, and the difference
        // one more.
        let products = (x.values().len() as f64 + 4.0) * f64::EPSILON;
        let mut allowed = products * size(back.gradient()) * size(&x);
        for layer in 1..=network.depth() + 1 {
            let row = back.masked.get(layer - 1).map_or(1.0, size);
            allowed += row * network.rounding(layer) * size(&pass.hidden(layer - 1));
        }
        (gap, allowed * MARGIN)
    }

    /// How far the computed output may be from the exact one at a point at most `start` away, which
    /// has its own pattern or the computed one: the pass is exact for W_i + Δ_i, and σ, as well as
    /// its linear piece, moves nothing apart. So e_i = ‖W_i‖e_{i−1} + ‖Δ_i‖‖h_{i−1}‖, with the
    /// computed h.
    fn off_forward(network: &Dense<f64>, pass: &crate::network::Forward, start: f64) -> f64 {
        (1..=network.depth() + 1).fold(start, |off, layer| {
            let stretch = network.frobenius[layer - 1].unwrap() * MARGIN;
            stretch * off + network.rounding(layer) * size(&pass.hidden(layer - 1))
        })
    }

    /// The same of the computed gradient, from the last layer to the first.
    fn off_backward(network: &Dense<f64>, back: &crate::network::Backward) -> f64 {
        (1..=network.depth() + 1).rev().fold(0.0, |off, layer| {
            let row = back.masked.get(layer - 1).map_or(1.0, size);
            let stretch = network.frobenius[layer - 1].unwrap() * MARGIN;
            stretch * off + network.rounding(layer) * row
        })
    }

    /// Where the residual is 1.2·10⁻¹³ of ‖∇f‖‖x‖: most of the signal is lost on the way.
    #[test]
    fn output_is_gradient_times_input_where_little_is_left() {
        let (gap, allowed) = euler("20,5,30,7", 13_339_522_889_211_593_772);
        assert!(gap <= allowed, "{gap} {allowed}");
    }

    #[test]
    fn threads_inside_a_network_do_not_change_it() {
        let architecture = "300,1500,70".parse().unwrap();
        let results = [1, 2, 3].map(|threads| {
            let mut network = Dense::<f32>::new(&architecture, 9, threads).unwrap();
            network.draw(4);
            let x = Scaled::new(Array1::ones(300), 0);
            let pass = forward(&mut network, &[x]);
            (pass[0].pre.clone(), backward(&mut network, &pass).remove(0).rows, network.rounding(2))
        });
        assert_eq!(results[0], results[1]);
        assert_eq!(results[0], results[2]);
    }

    #[test]
    fn depth_does_not_leave_the_range() {
        for precision in [true, false] {
            let architecture: Architecture = "6x3000".parse().unwrap();
            let mut network: Box<dyn Network> = if precision {
                Box::new(Dense::<f64>::new(&architecture, 5, 1).unwrap())
            } else {
                Box::new(Dense::<f32>::new(&architecture, 5, 1).unwrap())
            };
            // A network of width 6 and depth 3000 is dead almost surely; cut the signs.
            let wide: Architecture = "40x3000".parse().unwrap();
            if !precision {
                network = Box::new(Dense::<f32>::new(&wide, 5, 1).unwrap());
            }
            network.draw(0);
            let x = Scaled::new(Array1::ones(network.widths()[0]), 0);
            let pass = forward(network.as_mut(), &[x]);
            let output = pass[0].output().abs().unwrap();
            if pass[0].is_dead() {
                assert!(output.is_zero());
            } else {
                // About 2^{−1500}, far below the smallest f64.
                assert!(output.ln() < -800.0 && !output.is_zero());
            }
        }
    }

    #[test]
    fn memory_is_counted_before_it_is_taken() {
        let bytes = |widths: &str, precision| bytes_needed(&widths.parse().unwrap(), 1, precision);
        assert_eq!(bytes("16384x4", Precision::F32), Some(4 * (4 * 16384 * 16384 + 16384)));
        assert_eq!(bytes("5", Precision::F64), Some(40));
        assert_eq!(bytes("1e30x2", Precision::F64), None);
    }
}
