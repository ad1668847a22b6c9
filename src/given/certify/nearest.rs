//! The nearest point of a polyhedron: guesses of multipliers, and what they prove
//! (`proofs/given.md#cells`).

use super::Ball;
use super::float::{above, dot, dot_above, gamma};
use super::matrix::Matrix;
use super::region::dual_above;

/// At every point of a set, `normal`·δ ≥ `value`.
#[derive(Clone, Debug)]
pub(super) struct Half {
    pub normal: Vec<f64>,
    pub value: f64,
}

/// Sweeps over all half-spaces.
const SWEEPS: usize = 400;
/// Sweeps between attempts to solve for what is active.
const BETWEEN: usize = 20;
/// Pivots of the simplex method.
const PIVOTS: usize = 2000;

/// Σμ_k of the half-spaces, and how far from 0 it is, at least: proved for all μ ≥ 0.
pub(super) fn combined(ball: Ball, halves: &[Half], multipliers: &[f64]) -> (f64, Vec<f64>) {
    let dimension = halves.first().map_or(0, |half| half.normal.len());
    let mut normal = vec![0.0; dimension];
    let mut bulk = vec![0.0; dimension];
    for (half, by) in halves.iter().zip(multipliers).filter(|(_, by)| **by > 0.0) {
        for ((normal, bulk), entry) in normal.iter_mut().zip(&mut bulk).zip(&half.normal) {
            *normal += by * entry;
            *bulk += (by * entry).abs();
        }
    }
    let terms = halves.len();
    let error: Vec<f64> = bulk
        .iter()
        .map(|bulk| above(above(gamma(terms + 2) * above(*bulk, terms), terms), 2))
        .collect();
    let norm = above(dual_above(ball, &normal) + dual_above(ball, &error), 2);
    let used: Vec<f64> = multipliers.iter().map(|by| by.max(0.0)).collect();
    let values: Vec<f64> = halves
        .iter()
        .zip(&used)
        .map(|(half, by)| if *by > 0.0 { half.value } else { 0.0 })
        .collect();
    let value = dot(&used, &values) - above(gamma(terms + 2) * dot_above(&used, &values), terms);
    // NaN fails the comparison.
    let distance = if value > 0.0 && norm >= 0.0 {
        (value.next_down() / norm).next_down().max(0.0)
    } else {
        0.0
    };
    (distance, normal)
}

/// What is known of half-spaces together.
pub(super) struct Nearest {
    /// How far from 0 they are, at least: proved.
    pub distance: f64,
    /// Their nearest point, about.
    pub point: Vec<f64>,
    /// Is that point in all of them, so that the distance is attained, but for rounding?
    pub attained: bool,
}

/// Beside the size of what is added, for a point to count as one of a half-space.
const SLACK: f64 = 1e-7;

fn holds(halves: &[Half], point: &[f64]) -> bool {
    halves.iter().all(|half| {
        let size = dot_above(&half.normal, point) + half.value.abs();
        dot(&half.normal, point) >= half.value - SLACK * size
    })
}

/// How far the half-spaces together are from 0.
pub(super) fn nearest(ball: Ball, halves: &[Half], enough: f64) -> Nearest {
    let mut best = (0.0, vec![0.0; halves.len()]);
    let mut tried = |multipliers: Vec<f64>| {
        let distance = combined(ball, halves, &multipliers).0;
        if distance > best.0 {
            best = (distance, multipliers);
        }
        best.0
    };
    let mut known = 0.0;
    for k in 0..halves.len() {
        let mut alone = vec![0.0; halves.len()];
        alone[k] = 1.0;
        known = tried(alone);
    }
    let mut corner = None;
    if known < enough && halves.len() > 1 {
        match ball {
            Ball::L2 => {
                let multipliers = projection(halves, enough);
                if tried(multipliers.clone()) < enough {
                    let point = along(ball, halves, &multipliers);
                    // No point in common? Then these multipliers say so.
                    if !holds(halves, &point) {
                        tried(simplex(halves).0);
                    }
                }
            }
            Ball::Max => {
                let (multipliers, point) = simplex(halves);
                tried(multipliers);
                corner = Some(point);
            }
        }
    }
    let (distance, multipliers) = best;
    let point = corner.unwrap_or_else(|| along(ball, halves, &multipliers));
    let attained = holds(halves, &point);
    Nearest { distance, point, attained }
}

/// Where the combined half-space is nearest.
fn along(ball: Ball, halves: &[Half], multipliers: &[f64]) -> Vec<f64> {
    let (distance, normal) = combined(ball, halves, multipliers);
    let norm = dual_above(ball, &normal);
    let step = |entry: &f64| match ball {
        Ball::L2 => distance * (entry / norm),
        Ball::Max => distance * entry.signum(),
    };
    if norm == 0.0 { normal } else { normal.iter().map(step).collect() }
}

/// Multipliers of the least Euclidean distance: ascent by coordinates, and, now and then, all
/// active ones at once.
fn projection(halves: &[Half], enough: f64) -> Vec<f64> {
    let sizes: Vec<f64> =
        halves.iter().map(|half| half.normal.iter().map(|n| n * n).sum::<f64>().sqrt()).collect();
    let used: Vec<usize> =
        (0..halves.len()).filter(|k| sizes[*k] > 0.0 && sizes[*k].is_finite()).collect();
    let unit = |k: &usize| halves[*k].normal.iter().map(|n| n / sizes[*k]).collect::<Vec<f64>>();
    let normals = Matrix::of(&used.iter().map(unit).collect::<Vec<_>>());
    let values: Vec<f64> = used.iter().map(|k| halves[*k].value / sizes[*k]).collect();
    let gram = normals.times_transposed(&normals);
    let mut now = vec![0.0; used.len()];
    let spread = |now: &[f64]| {
        let mut out = vec![0.0; halves.len()];
        now.iter().zip(&used).for_each(|(by, k)| out[*k] = by / sizes[*k]);
        out
    };
    let proved = |now: &[f64]| combined(Ball::L2, halves, &spread(now)).0;
    let mut best = (0.0, now.clone());
    for sweep in 1..=SWEEPS {
        let mut moved = 0.0f64;
        for k in 0..now.len() {
            let next = (now[k] + values[k] - dot(gram.row(k), &now)).max(0.0);
            moved = moved.max((next - now[k]).abs());
            now[k] = next;
        }
        let settled = moved <= 1e-14 * now.iter().fold(0.0, |a: f64, b| a.max(*b));
        if sweep % BETWEEN == 0 || sweep == 5 || settled {
            let polished = active(&gram, &values, &now);
            for some in [Some(now.clone()), polished].into_iter().flatten() {
                let distance = proved(&some);
                if distance > best.0 {
                    best = (distance, some);
                }
            }
            // No more than that is to be had.
            let gap: f64 = values.iter().zip(&now).map(|(v, by)| v * by).sum::<f64>().sqrt();
            if settled || best.0 >= enough || (best.0 - gap).abs() <= 1e-12 * gap && sweep > BETWEEN
            {
                break;
            }
        }
    }
    spread(&best.1)
}

/// Multipliers for which what is active holds with equality, where they are all positive.
fn active(gram: &Matrix, values: &[f64], now: &[f64]) -> Option<Vec<f64>> {
    let most = now.iter().fold(0.0, |a: f64, b| a.max(*b));
    let support: Vec<usize> = (0..now.len()).filter(|k| now[*k] > 1e-9 * most).collect();
    let n = support.len();
    let mut system: Vec<Vec<f64>> = support
        .iter()
        .map(|i| {
            let mut row: Vec<f64> = support.iter().map(|j| gram.row(*i)[*j]).collect();
            row.push(values[*i]);
            row
        })
        .collect();
    for at in 0..n {
        let pivot = (at..n).max_by(|i, j| system[*i][at].abs().total_cmp(&system[*j][at].abs()))?;
        system.swap(at, pivot);
        if system[at][at].abs() < 1e-13 {
            return None;
        }
        let top = system[at].clone();
        for row in &mut system[at + 1..] {
            let factor = row[at] / top[at];
            row.iter_mut().zip(&top).skip(at).for_each(|(entry, top)| *entry -= factor * top);
        }
    }
    let mut solution = vec![0.0; n];
    for at in (0..n).rev() {
        let rest = dot(&system[at][at + 1..n], &solution[at + 1..]);
        solution[at] = (system[at][n] - rest) / system[at][at];
    }
    let mut out = vec![0.0; now.len()];
    for (k, by) in support.iter().zip(solution) {
        if by.is_nan() || by < 0.0 {
            return None;
        }
        out[*k] = by;
    }
    Some(out)
}

/// Multipliers of the least distance in ℓ∞, and the nearest point: maximises Σμ_k v_k for
/// ‖Σμ_k n_k‖₁ ≤ 1, by the simplex method with rows n·μ − p + q = 0 and Σ(p + q) + s = 1.
fn simplex(halves: &[Half]) -> (Vec<f64>, Vec<f64>) {
    let (count, d) = (halves.len(), halves[0].normal.len());
    let sizes: Vec<f64> =
        halves.iter().map(|half| half.normal.iter().map(|n| n.abs()).sum::<f64>()).collect();
    let factor = |k: usize| if sizes[k] > 0.0 { 1.0 / sizes[k] } else { 0.0 };
    // Columns: μ, p, q, s, and the right-hand side; q and s are the basis.
    let width = count + 2 * d + 2;
    let mut table = vec![vec![0.0; width]; d + 2];
    for (j, row) in table.iter_mut().take(d).enumerate() {
        for (k, half) in halves.iter().enumerate() {
            row[k] = half.normal[j] * factor(k);
        }
        row[count + j] = -1.0;
        row[count + d + j] = 1.0;
    }
    let (rows, bottom) = table.split_at_mut(d);
    bottom[0][count..=count + 2 * d].fill(1.0);
    bottom[0][width - 1] = 1.0;
    for row in &*rows {
        bottom[0].iter_mut().zip(row).for_each(|(entry, row)| *entry -= row);
    }
    // What is still to be won by each column.
    for (k, half) in halves.iter().enumerate() {
        table[d + 1][k] = half.value * factor(k);
    }
    let mut basis: Vec<usize> = (0..=d).map(|j| count + d + j).collect();
    for pivot in 0..PIVOTS {
        let prices = &table[d + 1][..width - 1];
        let scale = prices.iter().fold(0.0, |a: f64, b| a.max(b.abs())).max(f64::MIN_POSITIVE);
        let gains = || (0..width - 1).filter(|k| prices[*k] > 1e-13 * scale.min(1.0));
        // The best; after a while the first, which never goes round in circles.
        let entering = if pivot < PIVOTS / 2 {
            gains().max_by(|a, b| prices[*a].total_cmp(&prices[*b]))
        } else {
            gains().next()
        };
        let Some(entering) = entering else { break };
        let ratio = |row: usize| table[row][width - 1] / table[row][entering];
        let leaving = (0..=d)
            .filter(|row| table[*row][entering] > 1e-11)
            .min_by(|a, b| ratio(*a).total_cmp(&ratio(*b)).then(basis[*a].cmp(&basis[*b])));
        let Some(leaving) = leaving else {
            // Without end: the half-spaces have no point in common.
            let mut ray = vec![0.0; count];
            for (row, column) in basis.iter().enumerate().filter(|(_, column)| **column < count) {
                ray[*column] = (-table[row][entering] * factor(*column)).max(0.0);
            }
            if entering < count {
                ray[entering] = factor(entering);
            }
            return (ray, vec![0.0; d]);
        };
        let by = table[leaving][entering];
        table[leaving].iter_mut().for_each(|entry| *entry /= by);
        let top = table[leaving].clone();
        for (row, entries) in table.iter_mut().enumerate() {
            let factor = entries[entering];
            if row != leaving && factor != 0.0 {
                entries.iter_mut().zip(&top).for_each(|(entry, top)| *entry -= factor * top);
            }
        }
        basis[leaving] = entering;
    }
    let mut out = vec![0.0; count];
    for (row, column) in basis.iter().enumerate().filter(|(_, column)| **column < count) {
        out[*column] = (table[row][width - 1] * factor(*column)).max(0.0);
    }
    // The prices of p and q are ±δ − t.
    let prices = &table[d + 1];
    let point = (0..d).map(|j| 0.5 * (prices[count + j] - prices[count + d + j])).collect();
    (out, point)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves(list: &[([f64; 2], f64)]) -> Vec<Half> {
        list.iter().map(|(n, value)| Half { normal: n.to_vec(), value: *value }).collect()
    }

    fn close(found: &Nearest, expected: f64, point: [f64; 2]) {
        let Nearest { distance, point: near, attained } = found;
        assert!((distance / expected - 1.0).abs() < 1e-9, "{distance}");
        assert!(*distance <= expected && *attained, "{distance}");
        let apart = near.iter().zip(point).map(|(a, b)| (a - b).abs());
        assert!(apart.fold(0.0, f64::max) < 1e-7, "{near:?}");
    }

    #[test]
    fn distances_that_are_known() {
        let one = halves(&[([3.0, 4.0], 10.0)]);
        close(&nearest(Ball::L2, &one, 1e9), 2.0, [1.2, 1.6]);
        close(&nearest(Ball::Max, &one, 1e9), 10.0 / 7.0, [10.0 / 7.0; 2]);
        // A corner, where neither side alone is enough, and a side that does not matter.
        let corner = halves(&[([1.0, 1.0], 2.0), ([1.0, -0.5], 2.0), ([1.0, 0.0], -7.0)]);
        close(&nearest(Ball::L2, &corner, 1e9), 2.0, [2.0, 0.0]);
        let corner = halves(&[([1.0, 1.0], 2.0), ([1.0, -1.0], 2.0)]);
        close(&nearest(Ball::Max, &corner, 1e9), 2.0, [2.0, 0.0]);
        // Nothing is in both.
        let nothing = halves(&[([1.0, 1.0], 2.0), ([-1.0, -1.0], 3.0), ([0.0, 1.0], 1.0)]);
        for ball in [Ball::L2, Ball::Max] {
            let found = nearest(ball, &nothing, 1e9);
            assert!(found.distance > 1e6 && !found.attained);
            // Everything is.
            let zero = halves(&[([1.0, 1.0], -2.0), ([0.0, 1.0], 0.0)]);
            assert_eq!(nearest(ball, &zero, 1e9).distance, 0.0);
        }
    }

    #[test]
    fn what_is_no_number_proves_nothing() {
        for broken in [[f64::NAN, 1.0, 1.0], [1.0, f64::NAN, 1.0], [1.0, 1.0, f64::NAN]] {
            let [x, y, value] = broken;
            let halves = halves(&[([x, y], value)]);
            for ball in [Ball::L2, Ball::Max] {
                assert_eq!(combined(ball, &halves, &[1.0]).0, 0.0);
                assert_eq!(combined(ball, &halves, &[f64::NAN]).0, 0.0);
                let found = nearest(ball, &halves, 1.0);
                assert!(found.distance == 0.0 && !found.attained);
            }
        }
    }
}
