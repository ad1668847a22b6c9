//! Products of matrices with bounds on their rounding (`proofs/given.md#lipschitz`).

use super::float::{TINY, above, gamma, length_above};
use super::matrix::Matrix;
use super::spectral::norm_above;

/// A matrix, and at least the Frobenius norm of what it is off by.
#[derive(Clone, Debug)]
pub(super) struct Product {
    pub matrix: Matrix,
    pub error: f64,
}

/// A matrix of floats that stands for one within 4u|M| + 2·TINY of it, entry by entry, and norms
/// of that, from above.
#[derive(Clone, Debug)]
pub(super) struct Factor {
    pub spectral: f64,
    pub frobenius: f64,
}

impl Factor {
    pub fn of(matrix: &Matrix) -> Self {
        let frobenius = length_above(&matrix.data);
        let entries = (matrix.rows * matrix.columns) as f64;
        let off = above(gamma(4) * frobenius + 2.0 * entries * TINY, 4);
        Factor {
            spectral: above(norm_above(matrix) + off, 2),
            frobenius: above(frobenius + off, 2),
        }
    }
}

impl Product {
    /// Of floats that are exact.
    pub fn exact(matrix: Matrix) -> Self {
        Product { matrix, error: 0.0 }
    }

    /// The floats of a factor.
    pub fn factor(matrix: &Matrix) -> Self {
        let entries = (matrix.rows * matrix.columns) as f64;
        let error = above(gamma(4) * length_above(&matrix.data) + 2.0 * entries * TINY, 4);
        Product { matrix: matrix.clone(), error }
    }

    /// What is lost in a product with a factor.
    fn rounding(&self, factor: &Factor, terms: usize, entries: usize) -> f64 {
        let own = length_above(&self.matrix.data);
        let lost = (entries * (terms + 4)) as f64 * TINY * (1.0 + own);
        above(gamma(terms + 8) * own * factor.frobenius + factor.spectral * self.error + lost, 8)
    }

    /// self · M.
    pub fn times(&self, matrix: &Matrix, factor: &Factor) -> Product {
        let product = self.matrix.times(matrix);
        let error = self.rounding(factor, self.matrix.columns, product.data.len());
        Product { matrix: product, error }
    }

    /// M · self.
    pub fn after(&self, matrix: &Matrix, factor: &Factor) -> Product {
        let product = matrix.times(&self.matrix);
        let error = self.rounding(factor, self.matrix.rows, product.data.len());
        Product { matrix: product, error }
    }

    /// At least its spectral norm.
    pub fn norm(&self) -> f64 {
        above(norm_above(&self.matrix) + self.error, 2)
    }
}
