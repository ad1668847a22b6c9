//! Networks without weights: of each Gaussian matrix only the answers to the questions asked so far
//! exist. `proofs/engines.md#conditioned`.
//!
//! A matrix is asked for products from the right and from the left. What is known of it are its
//! answers on orthonormal bases of what was asked; in all other directions it is fresh. By rotation
//! invariance the answers, to adaptive questions too, have exactly the joint law of a stored
//! matrix, up to rounding.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::kernel::{add_multiple, inner};
use super::{Biases, Network};
use crate::model::curve::Curve;
use crate::model::error::{Error, Result};
use crate::model::params::Architecture;
use crate::network::sample::{Address, Stream};
use crate::num::magnitude::Magnitude;

/// Entries that one sum, one stream and one task have: sums do not depend on the number of threads.
const CHUNK: usize = 1 << 14;
/// A question whose part outside what was asked before is smaller than this, relatively, is known:
/// the part is rounding.
const KNOWN: f64 = 1e-13;

/// A network whose weight matrices are revealed as they are asked for.
pub struct Conditioned {
    widths: Vec<usize>,
    seed: u64,
    trial: u64,
    slope: f64,
    curve: Option<Curve>,
    outputs: usize,
    /// β_1, …, β_{L+1}; none without biases.
    deviations: Vec<Magnitude>,
    biases: Arc<Biases>,
    matrices: Vec<Matrix>,
    pool: rayon::ThreadPool,
}

/// One matrix of standard normals, d_i × d_{i−1}.
#[derive(Default)]
struct Matrix {
    right: Asked,
    left: Asked,
}

/// An orthonormal basis of the questions from one side, and the answers on it.
#[derive(Default)]
struct Asked {
    basis: Vec<Vec<f64>>,
    answers: Vec<Vec<f64>>,
    /// Memory of former networks, for vectors of the same lengths.
    spare_basis: Vec<Vec<f64>>,
    spare_answers: Vec<Vec<f64>>,
}

impl Conditioned {
    /// Nothing is drawn yet. `threads` > 1 splits every sum and every draw.
    ///
    /// # Errors
    /// Widths that this machine cannot address.
    pub fn new(architecture: &Architecture, seed: u64, threads: usize) -> Result<Self> {
        let too_wide = |_| Error::new("widths", architecture, "too wide for this machine");
        let widths: Vec<usize> = architecture
            .widths()
            .iter()
            .map(|&d| usize::try_from(d).map_err(too_wide))
            .collect::<Result<_>>()?;
        let matrices = widths.iter().map(|_| Matrix::default()).collect();
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .build()
            .map_err(|why| Error::threads(threads, &why))?;
        Ok(Conditioned {
            widths,
            seed,
            trial: 0,
            slope: 0.0,
            curve: None,
            outputs: 1,
            deviations: Vec::new(),
            biases: Arc::default(),
            matrices,
            pool,
        })
    }

    /// The same with the activation σ_a; ReLU before.
    #[must_use]
    pub fn with_slope(self, slope: f64) -> Self {
        Conditioned { slope, ..self }
    }

    /// The same with an activation that has no slopes, if one is given.
    #[must_use]
    pub fn with_curve(self, curve: Option<Curve>) -> Self {
        Conditioned { curve, ..self }
    }

    /// The same with so many outputs; one before.
    #[must_use]
    pub fn with_outputs(self, outputs: usize) -> Self {
        Conditioned { outputs, ..self }
    }

    /// The same with biases of deviations β_1, …, β_{L+1}, drawn with each network; none before.
    #[must_use]
    pub fn with_biases(self, deviations: Vec<Magnitude>) -> Self {
        Conditioned { deviations, ..self }
    }

    /// Rows and columns of W_layer.
    fn shape(&self, layer: usize) -> (usize, usize) {
        (self.widths.get(layer).copied().unwrap_or(self.outputs), self.widths[layer - 1])
    }

    fn ask(
        &mut self,
        layer: usize,
        questions: &ArrayView2<'_, f64>,
        from_left: bool,
    ) -> Array2<f64> {
        let (rows, columns) = self.shape(layer);
        let size = if from_left { columns } else { rows };
        let factor = 1.0 / (columns as f64).sqrt();
        let address = Address {
            seed: self.seed,
            trial: self.trial,
            layer: Address::CONDITIONED + layer as u64,
            block: 0,
        };
        let matrix = &mut self.matrices[layer - 1];
        let mut work = || {
            let mut answers = Array2::zeros((questions.nrows(), size));
            for (question, mut answer) in questions.rows().into_iter().zip(answers.rows_mut()) {
                let (asked, other) = if from_left {
                    (&mut matrix.left, &matrix.right)
                } else {
                    (&mut matrix.right, &matrix.left)
                };
                // Every new direction of either side has streams of its own.
                let number = asked.basis.len() as u64;
                let side = u64::from(from_left);
                let address = Address { block: (2 * number + side) << 32, ..address };
                let mut rest = asked.spare_basis.pop().unwrap_or_default();
                rest.clear();
                match question.as_slice() {
                    Some(question) => rest.extend_from_slice(question),
                    None => rest.extend(question),
                }
                let known = asked.learn(rest, other, size, address);
                let answer = answer.as_slice_mut().expect("rows are stored one by one");
                for (coefficient, known) in known.iter().zip(&asked.answers) {
                    add(answer, factor * coefficient, known);
                }
            }
            answers
        };
        // What fits one task is not worth handing over.
        if rows.max(columns) <= CHUNK { work() } else { self.pool.install(work) }
    }
}

impl Asked {
    /// The coefficients of a question along the basis, to which its part that is new is added, with
    /// the answer drawn.
    fn learn(
        &mut self,
        mut rest: Vec<f64>,
        other: &Asked,
        size: usize,
        address: Address,
    ) -> Vec<f64> {
        let length = dot(&rest, &rest).sqrt();
        let mut known = project(&mut rest, &self.basis);
        let left = dot(&rest, &rest).sqrt();
        // What is no number is new, so that it is seen in the answer.
        if !length.is_finite() || left > KNOWN * length {
            scale(&mut rest, 1.0 / left);
            let mut new = left;
            if !self.basis.is_empty() {
                // Again, so that what is left is orthogonal to what was asked up to rounding.
                let again = project(&mut rest, &self.basis);
                let more = dot(&rest, &rest).sqrt();
                scale(&mut rest, 1.0 / more);
                for (a, b) in known.iter_mut().zip(again) {
                    *a += left * b;
                }
                new *= more;
            }
            // Where possible in memory that is at hand; all of it is overwritten.
            let mut fresh = self.spare_answers.pop().unwrap_or_default();
            fresh.resize(size, 0.0);
            draw(&mut fresh, address);
            // What the other side knows of this direction, and fresh in all other directions.
            project(&mut fresh, &other.basis);
            for (u, answer) in other.basis.iter().zip(&other.answers) {
                add(&mut fresh, dot(answer, &rest), u);
            }
            known.push(new);
            self.basis.push(rest);
            self.answers.push(fresh);
        } else {
            self.spare_basis.push(rest);
        }
        known
    }
}

/// Takes the parts along an orthonormal basis off a vector; they are returned.
fn project(vector: &mut [f64], basis: &[Vec<f64>]) -> Vec<f64> {
    let part = |v: &Vec<f64>| {
        let part = dot(vector, v);
        add(vector, -part, v);
        part
    };
    basis.iter().map(part).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    if a.len() <= CHUNK {
        return inner(a, b);
    }
    let sums: Vec<f64> =
        a.par_chunks(CHUNK).zip(b.par_chunks(CHUNK)).map(|(a, b)| inner(a, b)).collect();
    sums.iter().sum()
}

fn add(to: &mut [f64], factor: f64, vector: &[f64]) {
    if to.len() <= CHUNK {
        return add_multiple(to, factor, vector);
    }
    to.par_chunks_mut(CHUNK)
        .zip(vector.par_chunks(CHUNK))
        .for_each(|(to, vector)| add_multiple(to, factor, vector));
}

fn scale(vector: &mut [f64], factor: f64) {
    for x in vector {
        *x *= factor;
    }
}

fn draw(out: &mut [f64], address: Address) {
    let part = |i: usize, part: &mut [f64]| {
        Stream::new(Address { block: address.block + i as u64, ..address }).fill(part);
    };
    if out.len() <= CHUNK {
        part(0, out);
        return;
    }
    out.par_chunks_mut(CHUNK).enumerate().for_each(|(i, chunk)| part(i, chunk));
}

impl Network for Conditioned {
    fn widths(&self) -> &[usize] {
        &self.widths
    }

    fn draw(&mut self, trial: u64) {
        self.trial = trial;
        let widths = self.widths.iter().copied().chain([self.outputs]).collect::<Vec<_>>();
        self.biases = Biases::draw(&widths, &self.deviations, self.seed, trial);
        for asked in self.matrices.iter_mut().flat_map(|m| [&mut m.right, &mut m.left]) {
            asked.spare_basis.append(&mut asked.basis);
            asked.spare_answers.append(&mut asked.answers);
        }
    }

    fn apply(&mut self, layer: usize, points: ArrayView2<'_, f64>) -> Array2<f64> {
        self.ask(layer, &points, false)
    }

    fn apply_transposed(&mut self, layer: usize, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        self.ask(layer, &rows, true)
    }

    /// Two passes of orthogonalisation leave a few roundings a direction, and what counts as known
    /// leaves a remainder, of vectors that the matrix stretches by at most about √d_i + √d_{i−1}.
    fn rounding(&self, layer: usize) -> f64 {
        let (rows, columns) = self.shape(layer);
        let matrix = &self.matrices[layer - 1];
        let asked = matrix.right.basis.len() + matrix.left.basis.len();
        let stretch = ((rows as f64).sqrt() + (columns as f64).sqrt()) / (columns as f64).sqrt();
        let sums = 16.0 + 4.0 * (CHUNK as f64).log2() + (rows.max(columns) / CHUNK) as f64;
        ((asked + 4) as f64 * sums * f64::EPSILON + KNOWN) * stretch
    }

    fn slope(&self, _: usize) -> f64 {
        self.slope
    }

    fn curve(&self) -> Option<Curve> {
        self.curve
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn biases(&self) -> Arc<Biases> {
        Arc::clone(&self.biases)
    }

    fn roundoff(&self) -> f64 {
        f64::EPSILON / 2.0
    }

    fn is_stored(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Scaled, backward, forward};
    use ndarray::Array1;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn network(widths: &str, seed: u64, threads: usize) -> Conditioned {
        let mut network = Conditioned::new(&widths.parse().unwrap(), seed, threads).unwrap();
        network.draw(0);
        network
    }

    fn vector(n: usize, trial: u64) -> Array1<f64> {
        let mut values = vec![0.0; n];
        Stream::new(Address { seed: 77, trial, layer: 1, block: 1 }).fill(&mut values);
        Array1::from(values)
    }

    proptest! {
        // The same draws in every run: questions that depend on each other nearly cost digits, how
        // many is not bounded.
        #![proptest_config(ProptestConfig {
            cases: 60,
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        })]

        /// Whatever was asked, in whatever order, it is one matrix that answers: products are
        /// linear, and ⟨u, Wx⟩ = ⟨Wᵀu, x⟩.
        #[test]
        fn answers_are_those_of_one_matrix(
            rows in 1usize..7,
            columns in 1usize..7,
            order in prop::collection::vec(any::<bool>(), 1..20),
        ) {
            let mut network = network(&format!("{columns},{rows}"), 5, 1);
            let mut right: Vec<(Array1<f64>, Array1<f64>)> = Vec::new();
            let mut left: Vec<(Array1<f64>, Array1<f64>)> = Vec::new();
            for (i, from_left) in order.into_iter().enumerate() {
                let question = vector(if from_left { rows } else { columns }, i as u64);
                let row = question.view().insert_axis(ndarray::Axis(0));
                let answer = if from_left {
                    network.apply_transposed(1, row).row(0).to_owned()
                } else {
                    network.apply(1, row).row(0).to_owned()
                };
                let side = if from_left { &mut left } else { &mut right };
                side.push((question, answer));
            }
            for (u, coimage) in &left {
                for (x, image) in &right {
                    prop_assert!((u.dot(image) - coimage.dot(x)).abs() < 1e-11);
                }
            }
            if let [(a, image_a), (b, image_b), ..] = &right[..] {
                let mixed = a * 2.0 - b * 3.0;
                let row = mixed.view().insert_axis(ndarray::Axis(0));
                let image = network.apply(1, row).row(0).to_owned();
                let gap = &image - &(image_a * 2.0 - image_b * 3.0);
                prop_assert!(gap.dot(&gap).sqrt() < 1e-11);
            }
        }
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let values = |threads: usize| {
            let mut network = network("3,40000,20000", 9, threads);
            let x = Scaled::new(vector(3, 1), 0);
            let passes = forward(&mut network, std::slice::from_ref(&x));
            let back = backward(&mut network, &passes);
            (passes[0].output(), back[0].gradient().clone())
        };
        assert_eq!(values(1), values(3));
    }

    /// Homogeneity after sixty adaptive questions, to 1e-12 relatively.
    #[test]
    fn many_questions_keep_their_orthogonality() {
        let mut network = network("300,5000,400", 3, 1);
        let mut x = Scaled::new(vector(300, 0), 0);
        for step in 0..30 {
            let passes = forward(&mut network, std::slice::from_ref(&x));
            let back = backward(&mut network, &passes);
            let gap = passes[0].output().minus(back[0].gradient().dot(&x)).abs().unwrap().to_f64();
            let size = back[0].gradient().norm().unwrap() * x.norm().unwrap();
            assert!(gap < 1e-12 * size.to_f64(), "step {step}: {gap}");
            // Now far, now near.
            let far = if step % 2 == 0 { 1.0 } else { 1e-6 };
            let toward = back[0].gradient().values() * far;
            x = Scaled::new(x.values() + &toward, x.exponent());
        }
    }

    /// Memory is reused from network to network, whatever the widths, and does not grow.
    #[test]
    fn memory_does_not_grow_from_network_to_network() {
        let mut network = network("30,2000,7,400", 3, 1);
        let x = Scaled::new(vector(30, 0), 0);
        let mut held = Vec::new();
        for trial in 0..40 {
            network.draw(trial);
            let passes = forward(&mut network, std::slice::from_ref(&x));
            backward(&mut network, &passes);
            let asked = network.matrices.iter().flat_map(|m| [&m.right, &m.left]);
            let vectors = asked
                .flat_map(|a| [&a.basis, &a.answers, &a.spare_basis, &a.spare_answers])
                .flatten();
            held.push(vectors.map(Vec::capacity).sum::<usize>());
        }
        // A vector before and one behind each matrix, for the pass there and for that back; the
        // least has room for four.
        assert_eq!(held[0], 2 * (30 + 2 * 2000 + 2 * 7 + 2 * 400 + 4));
        assert!(held.iter().all(|&size| size == held[0]), "{held:?}");
    }

    #[test]
    fn what_is_no_number_is_not_answered_by_one() {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut network = network("3,4", 3, 1);
            let mut question = vector(3, 0);
            question[1] = bad;
            let answer = network.apply(1, question.view().insert_axis(ndarray::Axis(0)));
            assert!(answer.iter().all(|v| !v.is_finite()), "{bad}: {answer}");
        }
    }
}
