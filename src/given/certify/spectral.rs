//! Norms of matrices from above (`proofs/given.md#spectral`).

use super::float::{TINY, above, exponent, gamma, largest, length_above, scaled, scaled_above};
use super::matrix::Matrix;

/// Steps of the power iteration, which only guesses.
const STEPS: usize = 300;

/// How far above the guess it is tried to be proved.
const MARGINS: [f64; 7] = [1e-13, 1e-11, 1e-9, 1e-7, 1e-5, 1e-3, 1e-1];

/// Sides of matrices that are factorised, at most: beyond them the Frobenius norm has to do.
const SIDE: usize = 1500;

/// At least ‖A‖₂.
pub(super) fn norm_above(matrix: &Matrix) -> f64 {
    let most = largest(&matrix.data);
    if most == 0.0 || !most.is_finite() {
        return most;
    }
    // Entries of about 1, but for those that are lost: they count in the end.
    let shift = exponent(most);
    let scale = matrix.map(|entry| scaled(entry, -shift));
    let lost = above(((matrix.rows * matrix.columns) as f64) * TINY, 1);
    let frobenius = length_above(&scale.data);
    let norm = gram_above(&scale, frobenius).map_or(frobenius, |norm| norm.min(frobenius));
    scaled_above((norm + lost).next_up(), shift)
}

/// At least ‖A‖₂, by a factorisation of τ − AAᵀ, where it exists.
fn gram_above(matrix: &Matrix, frobenius: f64) -> Option<f64> {
    let thin;
    let matrix = if matrix.rows <= matrix.columns {
        matrix
    } else {
        thin = matrix.transposed();
        &thin
    };
    let side = matrix.rows;
    if side > SIDE {
        return None;
    }
    if side == 1 {
        return Some(frobenius);
    }
    let gram = matrix.times_transposed(matrix);
    // |AAᵀ − gram| ≤ γ|A||A|ᵀ + n·TINY, whose norm is at most γ‖A‖_F² + side·n·TINY.
    let terms = matrix.columns;
    let rounding =
        above(gamma(terms) * frobenius * frobenius, 4) + above((side * terms) as f64 * TINY, 1);
    let guess = power(&gram);
    MARGINS.iter().find_map(|margin| {
        let bound = guess * (1.0 + margin);
        let slack = positive(&gram, bound)?;
        Some(above(above(bound + slack + rounding, 3).sqrt().next_up(), 1))
    })
}

/// About the largest eigenvalue of a positive semidefinite matrix: a guess.
fn power(gram: &Matrix) -> f64 {
    let mut vector = vec![1.0; gram.rows];
    // Not orthogonal to much.
    for (k, entry) in vector.iter_mut().enumerate() {
        *entry += (k as f64 * 0.7).sin() * 0.5;
    }
    let mut guess = 0.0;
    for _ in 0..STEPS {
        let length = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        for entry in &mut vector {
            *entry /= length;
        }
        let image =
            Matrix { rows: 1, columns: gram.rows, data: vector }.times_transposed(gram).data;
        let now = image.iter().map(|v| v * v).sum::<f64>().sqrt();
        vector = image;
        if (now - guess).abs() <= 1e-15 * now {
            return now;
        }
        guess = now;
    }
    guess
}

/// A number s with G ≤ τ + s, for G symmetric, if the factorisation RᵀR of τ − G exists in floats.
fn positive(gram: &Matrix, tau: f64) -> Option<f64> {
    let n = gram.rows;
    // Lower triangle, row by row: rows of Rᵀ.
    let mut factor = Matrix::zeros(n, n);
    let mut trace = 0.0;
    for i in 0..n {
        for j in 0..=i {
            let entry = if i == j { tau - gram.row(i)[i] } else { -gram.row(i)[j] };
            let inner = super::float::dot(&factor.row(i)[..j], &factor.row(j)[..j]);
            let rest = entry - inner;
            if i == j {
                trace += entry;
                if rest.is_nan() || rest <= 0.0 {
                    return None;
                }
                factor.row_mut(i)[i] = rest.sqrt();
            } else {
                let pivot = factor.row(j)[j];
                factor.row_mut(i)[j] = rest / pivot;
            }
        }
    }
    // ‖RᵀR − (τ − G)‖ ≤ 2γ_{n+2} tr, and what underflows.
    let entries = (n * n) as f64;
    Some(above(
        above(2.0 * gamma(n + 3) * trace, 4) + entries * (n + 4) as f64 * (1.0 + tau) * TINY,
        4,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> f64) -> Matrix {
        let rows: Vec<Vec<f64>> =
            (0..rows).map(|i| (0..columns).map(|j| entry(i, j)).collect()).collect();
        Matrix::of(&rows)
    }

    #[test]
    fn norms_that_are_known() {
        let close = |found: f64, norm: f64| {
            assert!(found >= norm && found <= norm * (1.0 + 1e-11), "{found} for {norm}");
        };
        // Orthogonal columns; rank one; a rotation.
        close(
            norm_above(&matrix(3, 3, |i, j| if i == j { [3.0, -5.0, 4.0][i] } else { 0.0 })),
            5.0,
        );
        close(norm_above(&matrix(20, 30, |_, _| 1.0)), 600f64.sqrt().next_down());
        close(norm_above(&matrix(2, 2, |i, j| [[0.6, 0.8], [-0.8, 0.6]][i][j])), 1.0 - 1e-15);
        close(norm_above(&matrix(1, 2, |_, j| [3.0, 4.0][j])), 5.0);
        // An eigenvalue 2 + 2 cos(π/(n+1)) of 2 on the diagonal and 1 beside it.
        let n = 12;
        let toeplitz = matrix(n, n, |i, j| match i.abs_diff(j) {
            0 => 2.0,
            1 => 1.0,
            _ => 0.0,
        });
        close(norm_above(&toeplitz), 2.0 + 2.0 * (std::f64::consts::PI / 13.0).cos() - 1e-14);
        // Whatever the size.
        for size in [1e-300, 1e-200, 1e200] {
            let scaled = toeplitz.map(|entry| entry * size);
            let factor = norm_above(&scaled) / norm_above(&toeplitz) / size;
            assert!((factor - 1.0).abs() < 1e-11, "{factor}");
        }
        assert_eq!(norm_above(&Matrix::zeros(3, 2)), 0.0);
        assert!(norm_above(&matrix(2, 2, |_, _| f64::NAN)).is_nan());
    }

    #[test]
    fn nothing_is_proved_below_the_norm() {
        let gram = matrix(3, 3, |i, j| if i == j { 2.0 } else { 1.0 });
        // Eigenvalues 4, 1, 1.
        assert!(positive(&gram, 4.0 - 1e-9).is_none());
        assert!(positive(&gram, 4.0 + 1e-9).unwrap() < 1e-13);
        assert!(positive(&gram, f64::NAN).is_none());
    }
}
