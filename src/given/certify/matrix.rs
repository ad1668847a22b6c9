//! Matrices of floats, and their products in an order that is the same on every machine.

use super::float::dot;

/// rows × columns, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub data: Vec<f64>,
}

/// So many rows are multiplied at a time, while a row of the right factor is at hand.
const GROUP: usize = 4;

impl Matrix {
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Matrix { rows, columns, data: vec![0.0; rows * columns] }
    }

    pub fn of(rows: &[Vec<f64>]) -> Self {
        let columns = rows.first().map_or(0, Vec::len);
        Matrix { rows: rows.len(), columns, data: rows.concat() }
    }

    pub fn row(&self, row: usize) -> &[f64] {
        &self.data[row * self.columns..][..self.columns]
    }

    pub fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.data[row * self.columns..][..self.columns]
    }

    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        (0..self.rows).map(|row| self.row(row))
    }

    /// self · right: every entry a sum of `self.columns` products.
    pub fn times(&self, right: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(self.rows, right.columns);
        if out.data.is_empty() {
            return out;
        }
        for (group, out) in out.data.chunks_mut(GROUP * right.columns).enumerate() {
            for at in 0..self.columns {
                let right = right.row(at);
                for (row, out) in out.chunks_mut(right.len()).enumerate() {
                    let factor = self.data[(group * GROUP + row) * self.columns + at];
                    if factor != 0.0 {
                        for (out, right) in out.iter_mut().zip(right) {
                            *out += factor * right;
                        }
                    }
                }
            }
        }
        out
    }

    /// self · rightᵀ: the same.
    pub fn times_transposed(&self, right: &Matrix) -> Matrix {
        let data = self.rows().flat_map(|row| right.rows().map(|other| dot(row, other)));
        Matrix { rows: self.rows, columns: right.rows, data: data.collect() }
    }

    pub fn transposed(&self) -> Matrix {
        let entry = |row: usize, column: usize| self.data[row * self.columns + column];
        let data = (0..self.columns).flat_map(|c| (0..self.rows).map(move |r| entry(r, c)));
        Matrix { rows: self.columns, columns: self.rows, data: data.collect() }
    }

    pub fn map(&self, f: impl Fn(f64) -> f64) -> Matrix {
        let data = self.data.iter().map(|entry| f(*entry)).collect();
        Matrix { rows: self.rows, columns: self.columns, data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_definition() {
        let matrix = |rows: usize, columns: usize, seed: usize| Matrix {
            rows,
            columns,
            data: (0..rows * columns).map(|k| ((k * k + seed) % 7) as f64 - 3.0).collect(),
        };
        for (n, m, k) in [(1, 1, 1), (5, 3, 9), (4, 17, 8), (9, 2, 1), (3, 0, 2)] {
            let (a, b) = (matrix(n, m, 1), matrix(m, k, 2));
            let product = a.times(&b);
            assert_eq!(product, a.times_transposed(&b.transposed()));
            for i in 0..n {
                for j in 0..k {
                    let sum: f64 = (0..m).map(|l| a.row(i)[l] * b.row(l)[j]).sum();
                    assert_eq!(product.row(i)[j], sum);
                }
            }
        }
    }
}
