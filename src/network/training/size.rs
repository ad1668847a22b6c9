//! Operator norms of what training has added to the weights.

use ndarray::Array2;
use rayon::prelude::*;

use super::Update;
use crate::network::kernel::{add_multiple, inner};

/// Above so many outer products the Frobenius norm is the only bound.
const MANY: usize = 512;
/// The Gram matrix is squared so often: the bound is above the norm by rank^(1/256) at most.
const SQUARINGS: u32 = 6;
/// Iterations, and the relative change at which they end.
const MOST: u32 = 2000;
const SETTLED: f64 = 1e-10;

/// The operator norm of an [`Update`].
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Size {
    /// Found by power iteration: from below, settled to ten digits.
    pub found: f64,
    /// At least the norm, rounding included. `docs/training.md#norms`.
    pub most: f64,
}

impl Size {
    /// Of an update.
    pub fn of(update: &Update) -> Self {
        let (rows, columns) = update.shape();
        let roundings = |n: usize| 4.0 * n as f64 * f64::EPSILON;
        if let Some(matrix) = update.matrix() {
            let square = matrix.iter().map(|v| v * v).sum::<f64>();
            let most = square.sqrt() * (1.0 + roundings(rows * columns));
            return Size { found: of_matrix(matrix).min(most), most };
        }
        let terms = update.terms();
        if terms.is_empty() {
            return Size { found: 0.0, most: 0.0 };
        }
        let left = gram(&terms.iter().map(|term| &term.0[..]).collect::<Vec<_>>());
        let right = gram(&terms.iter().map(|term| &term.1[..]).collect::<Vec<_>>());
        let count = terms.len();
        let trace = |gram: &Array2<f64>| gram.diag().sum();
        let (traces, length) = (trace(&left) * trace(&right), rows + columns + count);
        let summed = roundings(length + count * count);
        let square: f64 = left.iter().zip(&right).map(|(a, b)| a * b).sum();
        // tr(G_A G_B), whose terms may cancel.
        let frobenius = square.max(0.0) + traces * summed;
        let by_powers =
            if count <= MANY { of_powers(&left, &right, length) } else { f64::INFINITY };
        let most = frobenius.min(by_powers).sqrt() * (1.0 + roundings(4));
        Size { found: of_factors(&left, &right).min(most), most }
    }
}

/// All inner products.
fn gram(vectors: &[&[f64]]) -> Array2<f64> {
    let row = |i: usize| -> Vec<f64> { (0..=i).map(|j| inner(vectors[i], vectors[j])).collect() };
    let rows: Vec<Vec<f64>> = (0..vectors.len()).into_par_iter().map(row).collect();
    Array2::from_shape_fn((rows.len(), rows.len()), |(i, j)| rows[i.max(j)][i.min(j)])
}

fn times(matrix: &Array2<f64>, vector: &[f64]) -> Vec<f64> {
    matrix.rows().into_iter().map(|row| inner(row.to_slice().unwrap_or_default(), vector)).collect()
}

/// ‖A Bᵀ‖ by its Gram matrices: c ↦ G_A G_B c is what MᵀM makes of Bc.
fn of_factors(left: &Array2<f64>, right: &Array2<f64>) -> f64 {
    // A start that no symmetry of the terms makes orthogonal to the first singular vector.
    let mut c: Vec<f64> = (0..left.nrows()).map(|i| 1.0 + 0.3 * (1.7 * i as f64).sin()).collect();
    let mut before = 0.0;
    for _ in 0..MOST {
        let image = times(right, &c);
        let length = inner(&c, &image);
        let next = times(left, &image);
        let square = inner(&image, &next) / length;
        if !(square.is_finite() && square > 0.0) {
            return 0.0;
        }
        if (square - before).abs() <= SETTLED * square {
            return square.sqrt();
        }
        before = square;
        let scale = next.iter().fold(0.0f64, |most, v| most.max(v.abs()));
        c = next.iter().map(|v| v / scale).collect();
    }
    before.sqrt()
}

fn of_matrix(matrix: &Array2<f64>) -> f64 {
    let root = |v: &[f64]| inner(v, v).sqrt();
    let mut v: Vec<f64> = (0..matrix.ncols()).map(|i| 1.0 + 0.3 * (1.7 * i as f64).sin()).collect();
    let mut before = 0.0;
    for _ in 0..MOST {
        let length = root(&v);
        for entry in &mut v {
            *entry /= length;
        }
        let image = times(matrix, &v);
        let norm = root(&image);
        if norm.is_nan() || norm == 0.0 || (norm - before).abs() <= SETTLED * norm {
            return norm;
        }
        before = norm;
        let mut back = vec![0.0; v.len()];
        for (row, factor) in matrix.rows().into_iter().zip(&image) {
            add_multiple(&mut back, *factor, row.to_slice().unwrap_or_default());
        }
        v = back;
    }
    before
}

/// A bound on λ_max(G_A G_B): with G_B + ε = L Lᵀ it is at most that of K = Lᵀ(G_A + ε)L, and
/// λ_max(K)^m ≤ ‖K^m‖_F. Whatever rounding takes away is added before as a multiple of the
/// identity.
fn of_powers(left: &Array2<f64>, right: &Array2<f64>, length: usize) -> f64 {
    let n = left.nrows();
    let unit = 8.0 * (length as f64) * f64::EPSILON;
    let [above_left, above_right] = [left, right].map(|gram| with(gram, unit * gram.diag().sum()));
    let Some(lower) = cholesky(&above_right) else { return f64::INFINITY };
    let transposed = |m: &Array2<f64>| m.t().as_standard_layout().into_owned();
    let upper = transposed(&lower);
    let inside = pairwise(&upper, &transposed(&pairwise(&above_left, &upper)));
    let rounded = unit * size(&lower) * size(&lower) * size(&above_left);
    let mut power = with(&inside, rounded);
    // log λ_max ≤ scale + (log of the norm of the power)/m. ‖P Pᵀ‖ is ‖P‖², symmetric or not.
    let (mut scale, mut m) = (0.0, 1.0);
    for _ in 0..SQUARINGS {
        let norm = size(&power);
        scale += norm.ln() / m;
        power.mapv_inplace(|v| v / norm);
        power = with(&pairwise(&power, &power), 16.0 * n as f64 * f64::EPSILON);
        m *= 2.0;
    }
    (scale + size(&power).ln() / m + 1e-12).exp()
}

/// With so much more on the diagonal.
fn with(matrix: &Array2<f64>, more: f64) -> Array2<f64> {
    let mut matrix = matrix.clone();
    for entry in &mut matrix.diag_mut() {
        *entry += more;
    }
    matrix
}

fn size(matrix: &Array2<f64>) -> f64 {
    matrix.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// The inner products of all rows of one with all of the other.
fn pairwise(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let row = |i: usize| times(b, &a.row(i).to_vec());
    let rows: Vec<Vec<f64>> = (0..a.nrows()).into_par_iter().map(row).collect();
    Array2::from_shape_fn((a.nrows(), b.nrows()), |(i, j)| rows[i][j])
}

/// L with L Lᵀ = the matrix; `None` where it is not positive definite.
fn cholesky(matrix: &Array2<f64>) -> Option<Array2<f64>> {
    let n = matrix.nrows();
    let mut lower: Vec<Vec<f64>> = Vec::with_capacity(n);
    for i in 0..n {
        let mut row = vec![0.0; n];
        for j in 0..=i {
            let known = if j == i { &row } else { &lower[j] };
            let rest = matrix[[i, j]] - inner(&row[..j], &known[..j]);
            row[j] = if j == i {
                if rest.is_nan() || rest <= 0.0 {
                    return None;
                }
                rest.sqrt()
            } else {
                rest / lower[j][j]
            };
        }
        lower.push(row);
    }
    Some(Array2::from_shape_fn((n, n), |(i, j)| lower[i][j]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::sample::{Address, Stream};
    use ndarray::Array1;

    fn normals(n: usize, block: u64) -> Vec<f64> {
        let mut values = vec![0.0; n];
        Stream::new(Address { seed: 4, trial: 0, layer: 1, block }).fill(&mut values);
        values
    }

    /// Orthonormal vectors: cosines.
    fn cosine(n: usize, k: usize) -> Array1<f64> {
        let angle = |i: usize| std::f64::consts::PI * (i as f64 + 0.5) * k as f64 / n as f64;
        let scale = if k == 0 { 1.0 / n as f64 } else { 2.0 / n as f64 };
        Array1::from_iter((0..n).map(|i| scale.sqrt() * angle(i).cos()))
    }

    /// Of sums with known singular values, hidden in more terms than their rank: found to ten
    /// digits, and the bound is above it, by rank^(1/256) at most; written out, by the Frobenius
    /// norm.
    #[test]
    fn norms_of_known_matrices_are_found_and_bounded() {
        for (rows, columns, rank) in [(400, 300, 5), (30, 400, 1), (9, 8, 4)] {
            let values: Vec<f64> = (0..rank).map(|k| 3.0 * 0.6f64.powi(k)).collect();
            let mut update = Update::new(rows, columns);
            for (k, value) in values.iter().enumerate() {
                let (left, right) = (cosine(rows, k), cosine(columns, k + 1));
                // In two parts that nearly cancel.
                update.add(None, 8.0 * value, &left, &right);
                update.add(None, -7.0 * value, &left, &right);
            }
            let size = Size::of(&update);
            assert!((size.found - 3.0).abs() < 1e-8, "{size:?}");
            let frobenius = values.iter().map(|v| v * v).sum::<f64>().sqrt();
            let limit = if update.matrix().is_some() { frobenius } else { 3.06 };
            assert!(size.most >= 3.0 && size.most <= limit * (1.0 + 1e-9), "{size:?}");
        }
    }

    /// Of random terms, by both ways: as factors and written out.
    #[test]
    fn factors_and_matrices_have_one_norm() {
        let (rows, columns) = (60, 50);
        let mut update = Update::new(rows, columns);
        let mut matrix = Array2::zeros((rows, columns));
        for k in 0..20 {
            let (left, right) = (normals(rows, 2 * k), normals(columns, 2 * k + 1));
            update.add(None, 0.5, &Array1::from(left.clone()), &Array1::from(right.clone()));
            for ((i, j), entry) in matrix.indexed_iter_mut() {
                *entry += 0.5 * left[i] * right[j];
            }
        }
        assert!(update.matrix().is_none());
        let (size, exact) = (Size::of(&update), of_matrix(&matrix));
        assert!((size.found - exact).abs() < 1e-6 * exact, "{size:?} {exact}");
        assert!(size.most >= exact && size.most < 1.05 * exact, "{size:?} {exact}");
        // One more makes it cheaper to write it out.
        for k in 20..30 {
            let (left, right) = (normals(rows, 2 * k), normals(columns, 2 * k + 1));
            update.add(None, 0.5, &Array1::from(left), &Array1::from(right));
        }
        assert!(update.matrix().is_some());
        let size = Size::of(&update);
        assert!(size.found <= size.most && size.found > 0.5 * exact);
    }
}
