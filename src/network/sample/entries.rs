//! Entries of matrices that are not normal, at mean 0 and variance 1: made of normals, so that
//! every law has the same streams.

use std::f64::consts::FRAC_1_SQRT_2;

use super::{Normal, Stream};
use crate::model::weights::Entries;

/// Truncated normals stay within so many deviations.
const WITHIN: f64 = 2.0;
/// Var(Z | |Z| ≤ 2) = 1 − 4φ(2)/(2Φ(2) − 1).
const TRUNCATED_VARIANCE: f64 = 0.773_741_303_536_704_3;

/// Fills `out` with independent entries of variance 1 and returns the sum of squares, with a
/// relative error of at most 10⁻⁵. Those of orthogonal matrices are not independent: of them this
/// draws the normals that [`orthogonal`] makes them of.
pub fn fill<T: Normal>(entries: Entries, stream: &mut Stream, out: &mut [T]) -> f64 {
    let squares = stream.fill(out);
    let each: fn(f64, &mut Stream) -> f64 = match entries {
        Entries::Gaussian | Entries::Orthogonal => return squares,
        // √3 (2Φ(z) − 1).
        Entries::Uniform => |z, _| 3f64.sqrt() * libm::erf(z * FRAC_1_SQRT_2),
        Entries::Rademacher => |z, _| 1f64.copysign(z),
        Entries::Truncated => |z, stream| truncated(z, stream) / TRUNCATED_VARIANCE.sqrt(),
    };
    let one = |entry: &mut T| {
        *entry = T::round(each(entry.to_f64(), stream));
        entry.to_f64().powi(2)
    };
    out.iter_mut().map(one).sum()
}

/// z, or the next normal that is not too far out.
fn truncated(mut z: f64, stream: &mut Stream) -> f64 {
    while z.abs() > WITHIN {
        z = stream.normal();
    }
    z
}

/// Makes the rows or the columns of a matrix of normals orthogonal, whichever are fewer, with
/// entries of variance 1: uniform among such matrices. `rows` are its rows.
pub fn orthogonal(rows: &mut [Vec<f64>]) {
    let columns = rows.first().map_or(0, Vec::len);
    if rows.len() <= columns {
        orthonormalise(rows);
        let norm = (columns as f64).sqrt();
        for entry in rows.iter_mut().flatten() {
            *entry *= norm;
        }
        return;
    }
    let mut turned: Vec<Vec<f64>> =
        (0..columns).map(|k| rows.iter().map(|row| row[k]).collect()).collect();
    orthonormalise(&mut turned);
    let norm = (rows.len() as f64).sqrt();
    for (j, row) in rows.iter_mut().enumerate() {
        for (entry, column) in row.iter_mut().zip(&turned) {
            *entry = column[j] * norm;
        }
    }
}

/// Gram and Schmidt, each vector twice, so that what is left is orthogonal up to rounding.
fn orthonormalise(vectors: &mut [Vec<f64>]) {
    use crate::network::kernel::{add_multiple, inner};
    for i in 0..vectors.len() {
        let (before, rest) = vectors.split_at_mut(i);
        let vector = &mut rest[0];
        for _ in 0..2 {
            for known in before.iter() {
                let part = inner(vector, known);
                add_multiple(vector, -part, known);
            }
        }
        let norm = inner(vector, vector).sqrt();
        for entry in vector.iter_mut() {
            *entry /= norm;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::sample::Address;

    fn drawn(entries: Entries, n: usize) -> Vec<f64> {
        let address = Address { seed: 4, trial: 0, layer: 1, block: 0 };
        let mut out = vec![0.0; n];
        let squares = fill(entries, &mut Stream::new(address), &mut out);
        let exact: f64 = out.iter().map(|v| v * v).sum();
        assert!((squares / exact - 1.0).abs() < 1e-5);
        out
    }

    /// Mean 0 and variance 1 within 6.5 deviations each (1e-10), the fourth moment that of the law,
    /// and values where the law has them. The fourth moments tell the laws apart.
    #[test]
    fn entries_have_the_moments_of_their_law() {
        let n = 400_000;
        let root = (n as f64).sqrt();
        // E Z⁴ given |Z| ≤ 2 is 3v − 8φ(2)·2/(2Φ(2) − 1) with v the variance.
        let edge = 1.0 - TRUNCATED_VARIANCE;
        let fourth = (3.0 * TRUNCATED_VARIANCE - 4.0 * edge) / TRUNCATED_VARIANCE.powi(2);
        for (entries, kurtosis, largest) in [
            (Entries::Gaussian, 3.0, 8.0),
            (Entries::Uniform, 1.8, 3f64.sqrt()),
            (Entries::Rademacher, 1.0, 1.0),
            (Entries::Truncated, fourth, WITHIN / TRUNCATED_VARIANCE.sqrt()),
        ] {
            let values = drawn(entries, n);
            let mean = |p: i32| values.iter().map(|v| v.powi(p)).sum::<f64>() / n as f64;
            assert!(mean(1).abs() < 6.5 / root, "{entries:?}");
            let variance_deviation = (f64::max(kurtosis - 1.0, 1e-9)).sqrt();
            assert!((mean(2) - 1.0).abs() < 6.5 * variance_deviation / root + 1e-9);
            // Var Z⁴ ≤ 96 for all of them.
            assert!((mean(4) - kurtosis).abs() < 6.5 * 10.0 / root, "{entries:?}: {}", mean(4));
            assert!(values.iter().all(|v| v.abs() <= largest * (1.0 + 1e-12)));
        }
    }

    #[test]
    fn orthogonal_matrices_are_orthogonal_at_every_shape() {
        for (r, c) in [(1, 1), (1, 7), (5, 5), (3, 8), (8, 3)] {
            let normals = drawn(Entries::Orthogonal, r * c);
            let mut rows: Vec<Vec<f64>> = normals.chunks(c).map(<[f64]>::to_vec).collect();
            orthogonal(&mut rows);
            let gram = |a: usize, b: usize| -> f64 {
                if r <= c {
                    rows[a].iter().zip(&rows[b]).map(|(x, y)| x * y).sum()
                } else {
                    rows.iter().map(|row| row[a] * row[b]).sum()
                }
            };
            let (few, many) = (r.min(c), r.max(c));
            for a in 0..few {
                for b in 0..few {
                    let expected = if a == b { many as f64 } else { 0.0 };
                    assert!((gram(a, b) - expected).abs() < 1e-12 * many as f64);
                }
            }
        }
    }
}
