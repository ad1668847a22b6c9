//! What training has added to the weights of one layer: a sum of outer products, or the matrix
//! written out, where that takes less memory.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use rayon::prelude::*;

use crate::network::Added;
use crate::network::kernel::{Real, add_multiple, dot_roundings, inner};

/// Entries from which on several products are computed at once.
const LARGE: usize = 1 << 16;

/// Σ left rightᵀ; where biases are weights of a constant, `right` has one more entry, for them.
#[derive(Clone, Debug)]
pub struct Update {
    rows: usize,
    columns: usize,
    /// Outer products: left, right.
    terms: Vec<(Vec<f64>, Vec<f64>)>,
    /// Which point a term is of, where its right vector is that of the point.
    points: Vec<Option<usize>>,
    matrix: Option<Array2<f64>>,
}

impl Update {
    /// Nothing yet, for matrices of this shape.
    pub fn new(rows: usize, columns: usize) -> Self {
        Update { rows, columns, terms: Vec::new(), points: Vec::new(), matrix: None }
    }

    /// Adds factor · left rightᵀ. `point` names a point whose right vector is always the same, so
    /// that its terms are joined.
    pub fn add(
        &mut self,
        point: Option<usize>,
        factor: f64,
        left: &Array1<f64>,
        right: &Array1<f64>,
    ) {
        let (left, right) = (left.to_vec(), right.to_vec());
        if let Some(matrix) = &mut self.matrix {
            write(matrix, factor, &left, &right);
            return;
        }
        let known = point.and_then(|point| self.points.iter().position(|p| *p == Some(point)));
        match known {
            Some(at) => add_multiple(&mut self.terms[at].0, factor, &left),
            None => self.push(point, left.iter().map(|l| factor * l).collect(), right),
        }
    }

    fn push(&mut self, point: Option<usize>, left: Vec<f64>, right: Vec<f64>) {
        self.terms.push((left, right));
        self.points.push(point);
        if self.terms.len() * (self.rows + self.columns) > self.rows * self.columns {
            let mut matrix = Array2::zeros((self.rows, self.columns));
            for (left, right) in std::mem::take(&mut self.terms) {
                write(&mut matrix, 1.0, &left, &right);
            }
            self.points.clear();
            self.matrix = Some(matrix);
        }
    }

    /// The outer products, unless they are written out.
    pub fn terms(&self) -> &[(Vec<f64>, Vec<f64>)] {
        &self.terms
    }

    /// The matrix, if it is written out.
    pub fn matrix(&self) -> Option<&Array2<f64>> {
        self.matrix.as_ref()
    }

    /// Rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    /// For every pair of rows; each on its own, so that threads change nothing.
    fn each(
        &self,
        products: &mut Array2<f64>,
        operands: &ArrayView2<'_, f64>,
        work: impl Fn(&mut [f64], &[f64]) + Sync,
    ) {
        if self.terms.is_empty() && self.matrix.is_none() {
            return;
        }
        let length = products.ncols().max(1);
        let rows: Vec<Vec<f64>> =
            operands.rows().into_iter().map(|row| row.iter().copied().collect()).collect();
        let values = products.as_slice_mut().expect("products are stored row by row");
        if self.rows.max(self.columns) < LARGE {
            values.chunks_exact_mut(length).zip(&rows).for_each(|(p, row)| work(p, row));
        } else {
            values.par_chunks_exact_mut(length).zip(&rows).for_each(|(p, row)| work(p, row));
        }
    }
}

impl Added for Update {
    fn add_products(&self, products: &mut Array2<f64>, points: &ArrayView2<'_, f64>) {
        self.each(products, points, |product, point| match &self.matrix {
            Some(matrix) => {
                for (p, row) in product.iter_mut().zip(matrix.rows()) {
                    *p += inner(&slice(&row)[..point.len()], point);
                }
            }
            None => {
                for (left, right) in &self.terms {
                    add_multiple(product, inner(&right[..point.len()], point), left);
                }
            }
        });
    }

    fn add_transposed(&self, products: &mut Array2<f64>, rows: &ArrayView2<'_, f64>) {
        self.each(products, rows, |product, row| {
            let length = product.len();
            match &self.matrix {
                Some(matrix) => {
                    for (&factor, entries) in row.iter().zip(matrix.rows()) {
                        if factor != 0.0 {
                            add_multiple(product, factor, &slice(&entries)[..length]);
                        }
                    }
                }
                None => {
                    for (left, right) in &self.terms {
                        add_multiple(product, inner(left, row), &right[..length]);
                    }
                }
            }
        });
    }

    fn rounding(&self) -> Option<f64> {
        let root = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let (size, sums) = if let Some(matrix) = &self.matrix {
            let size = matrix.iter().map(|v| v * v).sum::<f64>().sqrt();
            (size, dot_roundings(self.columns) + self.rows)
        } else {
            let size = self.terms.iter().map(|(left, right)| root(left) * root(right)).sum();
            let each = dot_roundings(self.rows) + dot_roundings(self.columns);
            (size, each + 2 * self.terms.len())
        };
        // The norms are rounded, too.
        Some(size * 1.01 * (sums + 10) as f64 * f64::ROUNDOFF)
    }

    fn of_constant(&self, _: usize, factor: f64) -> Option<Array1<f64>> {
        let last = self.columns - 1;
        if let Some(matrix) = &self.matrix {
            return Some(matrix.column(last).mapv(|v| factor * v));
        }
        let mut sum = vec![0.0; self.rows];
        for (left, right) in &self.terms {
            add_multiple(&mut sum, factor * right[last], left);
        }
        Some(Array1::from(sum))
    }
}

fn slice<'a>(row: &ArrayView1<'a, f64>) -> &'a [f64] {
    row.to_slice().unwrap_or_default()
}

fn write(matrix: &mut Array2<f64>, factor: f64, left: &[f64], right: &[f64]) {
    for (mut row, l) in matrix.rows_mut().into_iter().zip(left) {
        if let Some(row) = row.as_slice_mut().filter(|_| *l != 0.0) {
            add_multiple(row, factor * l, right);
        }
    }
}
