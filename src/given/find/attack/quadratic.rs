//! The shortest vector under linear constraints, by the dual method of Goldfarb and Idnani.

/// A constraint ⟨row, z⟩ ≥ bound that holds with equality, and its multiplier.
struct Active {
    id: usize,
    row: Vec<f64>,
    multiplier: f64,
}

/// The shortest z under the constraints added so far, which come one by one: each is violated
/// when it is added, and z only grows.
pub struct Shortest {
    /// z.
    pub point: Vec<f64>,
    active: Vec<Active>,
}

/// Rows whose part across the others is shorter than this, relatively, count as dependent.
const DEPENDENT: f64 = 1e-11;

impl Shortest {
    /// Without constraints: 0.
    pub fn new(dimension: usize) -> Self {
        Shortest { point: vec![0.0; dimension], active: Vec::new() }
    }

    /// Names of the constraints that hold z from outside.
    pub fn active(&self) -> impl Iterator<Item = usize> + '_ {
        self.active.iter().filter(|a| a.multiplier > 0.0).map(|a| a.id)
    }

    /// With one more constraint; `false` if there is then no z at all.
    pub fn add(&mut self, id: usize, row: Vec<f64>, bound: f64) -> bool {
        let mut multiplier = 0.0;
        let size = dot(&row, &row);
        // Every turn but the last drops a constraint, or one that was dropped.
        for _ in 0..=2 * self.active.len() + 2 {
            let share = self.shares(&row);
            let mut across = row.clone();
            for (active, share) in self.active.iter().zip(&share) {
                axpy(&mut across, -share, &active.row);
            }
            let width = dot(&across, &row);
            let full = if width > DEPENDENT * size {
                (bound - dot(&row, &self.point)) / width
            } else {
                f64::INFINITY
            };
            let positive = self.active.iter().zip(&share).enumerate();
            let blocking = positive
                .filter(|(_, (_, share))| **share > 0.0)
                .map(|(k, (active, share))| (active.multiplier / share, k))
                .min_by(|a, b| a.0.total_cmp(&b.0));
            let step = blocking.map_or(full, |(t, _)| t.min(full));
            if !step.is_finite() {
                return false;
            }
            if full.is_finite() {
                axpy(&mut self.point, step, &across);
            }
            for (active, share) in self.active.iter_mut().zip(&share) {
                active.multiplier -= step * share;
            }
            multiplier += step;
            if let Some((_, k)) = blocking.filter(|(t, _)| *t < full) {
                self.active.remove(k);
            } else {
                self.active.push(Active { id, row, multiplier });
                return true;
            }
        }
        false
    }

    /// The row as a combination of the active ones, as nearly as can be: least squares, by
    /// Cholesky's factors of their products.
    fn shares(&self, row: &[f64]) -> Vec<f64> {
        let n = self.active.len();
        let mut factor = vec![vec![0.0; n]; n];
        for i in 0..n {
            for j in 0..=i {
                let inner: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
                let rest = dot(&self.active[i].row, &self.active[j].row) - inner;
                factor[i][j] =
                    if i == j { rest.max(f64::MIN_POSITIVE).sqrt() } else { rest / factor[j][j] };
            }
        }
        let mut share: Vec<f64> = self.active.iter().map(|a| dot(&a.row, row)).collect();
        for i in 0..n {
            let inner: f64 = (0..i).map(|k| factor[i][k] * share[k]).sum();
            share[i] = (share[i] - inner) / factor[i][i];
        }
        for i in (0..n).rev() {
            let inner: f64 = (i + 1..n).map(|k| factor[k][i] * share[k]).sum();
            share[i] = (share[i] - inner) / factor[i][i];
        }
        share
    }
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    crate::network::inner(a, b)
}

pub fn axpy(to: &mut [f64], factor: f64, vector: &[f64]) {
    crate::network::add_multiple(to, factor, vector);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The nearest point of a corner, of an edge, and of a set that is empty.
    #[test]
    fn corners_edges_and_nothing() {
        let mut least = Shortest::new(2);
        assert!(least.add(0, vec![1.0, 1.0], 2.0));
        assert_eq!(least.point, [1.0, 1.0]);
        // x ≥ 3 takes the place of x + y ≥ 2.
        assert!(least.add(1, vec![1.0, 0.0], 3.0));
        assert!((least.point[0] - 3.0).abs() < 1e-12 && least.point[1].abs() < 1e-12);
        assert_eq!(least.active().collect::<Vec<_>>(), [1]);
        assert!(least.add(2, vec![0.0, -2.0], 4.0));
        assert!((least.point[0] - 3.0).abs() < 1e-12 && (least.point[1] + 2.0).abs() < 1e-12);
        assert!(!least.add(3, vec![-1.0, 0.0], -2.0));
    }

    /// Against the conditions of Karush, Kuhn and Tucker: z is a combination of the active rows
    /// with multipliers that are not negative, and no constraint is violated.
    #[test]
    fn multipliers_prove_it() {
        use crate::network::sample::{Address, Stream};
        for trial in 0..200 {
            let (dimension, count) = (1 + trial as usize % 7, 12);
            let mut numbers = vec![0.0; count * (dimension + 1)];
            let address = Address { seed: 4, trial, layer: Address::SEARCH, block: 0 };
            Stream::new(address).fill(&mut numbers);
            let rows: Vec<&[f64]> = numbers.chunks(dimension + 1).collect();
            // All of them hold at the point (1, …, 1).
            let bound = |row: &[f64]| row[1..].iter().sum::<f64>() - row[0].abs();
            let mut least = Shortest::new(dimension);
            let gap = |z: &[f64], row: &[f64]| bound(row) - dot(&row[1..], z);
            for _ in 0..200 {
                let worst = (0..count)
                    .max_by(|&a, &b| {
                        let gap = |k: usize| gap(&least.point, rows[k]);
                        gap(a).total_cmp(&gap(b))
                    })
                    .unwrap();
                if gap(&least.point, rows[worst]) <= 1e-9 {
                    break;
                }
                assert!(least.add(worst, rows[worst][1..].to_vec(), bound(rows[worst])));
            }
            assert!(rows.iter().all(|row| gap(&least.point, row) <= 1e-9));
            let mut rest = least.point.clone();
            for active in &least.active {
                assert!(active.multiplier >= 0.0);
                axpy(&mut rest, -active.multiplier, &active.row);
            }
            assert!(dot(&rest, &rest).sqrt() <= 1e-8, "{rest:?}");
        }
    }
}
