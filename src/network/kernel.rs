//! Products of vectors, and sums of rows: sixteen lanes in a fixed order, so that the compiler can
//! use vector instructions and every machine computes the same bytes.

use crate::network::sample::Normal;
use crate::network::vector::{self, Work};

const LANES: usize = 16;

/// What the kernels compute with.
pub trait Real: Normal {
    /// Unit roundoff.
    const ROUNDOFF: f64;
}

impl Real for f64 {
    const ROUNDOFF: f64 = f64::EPSILON / 2.0;
}

impl Real for f32 {
    const ROUNDOFF: f64 = f32::EPSILON as f64 / 2.0;
}

/// Σ aᵢbᵢ.
// Part of vectorised work.
#[allow(clippy::inline_always)]
#[inline(always)]
pub fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    let mut lanes = [T::default(); LANES];
    let (chunks_a, rest_a) = a.as_chunks::<LANES>();
    let (chunks_b, rest_b) = b.as_chunks::<LANES>();
    for (x, y) in chunks_a.iter().zip(chunks_b) {
        for i in 0..LANES {
            lanes[i] += x[i] * y[i];
        }
    }
    let mut sum = T::default();
    for (&x, &y) in rest_a.iter().zip(rest_b) {
        sum += x * y;
    }
    lanes.into_iter().fold(sum, |sum, lane| sum + lane)
}

struct Inner<'a>(&'a [f64], &'a [f64]);

impl Work for Inner<'_> {
    type Output = f64;

    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn run(self) -> f64 {
        dot(self.0, self.1)
    }
}

/// Σ aᵢbᵢ, on its own.
pub fn inner(a: &[f64], b: &[f64]) -> f64 {
    vector::run(Inner(a, b))
}

struct Multiple<'a>(&'a mut [f64], f64, &'a [f64]);

impl Work for Multiple<'_> {
    type Output = ();

    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn run(self) {
        self.0.iter_mut().zip(self.2).for_each(|(a, b)| *a += self.1 * b);
    }
}

/// to += factor · vector.
pub fn add_multiple(to: &mut [f64], factor: f64, vector: &[f64]) {
    vector::run(Multiple(to, factor, vector));
}

/// The number of rounding errors that any one term of [`dot`] suffers, over vectors of length n.
pub fn dot_roundings(n: usize) -> usize {
    n / LANES + 2 * LANES
}

/// out += Σ aᵢ rowᵢ, four rows at a time: one load and store of `out` for four of them.
#[allow(clippy::inline_always)]
#[inline(always)]
pub fn add_rows<T: Real>(out: &mut [T], rows: &[(T, &[T])]) {
    let (fours, rest) = rows.as_chunks::<4>();
    for [(a, x), (b, y), (c, z), (d, w)] in fours {
        for ((((o, &x), &y), &z), &w) in out.iter_mut().zip(*x).zip(*y).zip(*z).zip(*w) {
            *o += (*a * x + *b * y) + (*c * z + *d * w);
        }
    }
    for (a, x) in rest {
        for (o, &x) in out.iter_mut().zip(*x) {
            *o += *a * x;
        }
    }
}

/// Rows that are added at a time: few enough to stay in the cache while several sums take them.
pub const ROWS: usize = 64;

/// The number of rounding errors that any one term of [`add_rows`] suffers, over n rows, at most
/// [`ROWS`] at a time.
pub fn add_roundings(n: usize) -> usize {
    n.div_ceil(ROWS) * (ROWS / 4 + 3) + 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_add_up_within_their_rounding_count_at_every_number() {
        for n in 0..23 {
            let rows: Vec<Vec<f64>> = (0..n)
                .map(|i| vec![(f64::from(i) * 0.7).sin(), 1.0 / (f64::from(i) + 0.3)])
                .collect();
            let pairs: Vec<(f64, &[f64])> =
                rows.iter().enumerate().map(|(i, r)| (1.0 / (i as f64 + 1.7), &r[..])).collect();
            let mut out = [0.0; 2];
            add_rows(&mut out, &pairs);
            for column in 0..2 {
                let terms = || pairs.iter().map(|(a, r)| a * r[column]);
                let (exact, size) = (terms().sum::<f64>(), terms().map(f64::abs).sum::<f64>());
                let limit = (add_roundings(n as usize) + n as usize) as f64 * f64::ROUNDOFF * size;
                assert!((out[column] - exact).abs() <= limit);
            }
        }
    }

    #[test]
    fn dot_is_within_its_rounding_count_at_every_length() {
        for n in 0..70 {
            let a: Vec<f64> = (0..n).map(|i| 1.0 / (f64::from(i) + 1.3)).collect();
            let b: Vec<f64> = (0..n).map(|i| (f64::from(i) * 0.7).sin()).collect();
            let exact: f64 = a.iter().zip(&b).map(|(x, y)| x * y).sum();
            let size: f64 = a.iter().zip(&b).map(|(x, y)| (x * y).abs()).sum();
            let limit = (dot_roundings(n as usize) + n as usize) as f64 * f64::ROUNDOFF * size;
            assert!((dot(&a, &b) - exact).abs() <= limit);
        }
    }
}
