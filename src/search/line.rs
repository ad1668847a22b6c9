//! A network along a segment: piecewise linear, with every piece found exactly (up to rounding).

use ndarray::{Array1, Array2};

use crate::network::{Network, Scaled};

/// f at the ends of its linear pieces along x + s·u, s from 0 to `end`.
#[derive(Clone, Debug)]
pub struct Line {
    /// Ends of the pieces in units of `end`, increasing from 0 to 1.
    pub breaks: Vec<f64>,
    /// f there, up to a common power of two.
    pub values: Vec<f64>,
}

impl Line {
    /// Follows the pieces from layer to layer: between two breaks every pre-activation is linear,
    /// so the zeros of the next layer's are known, and they are the further breaks.
    pub fn new(network: &mut dyn Network, from: &Scaled, step: &Scaled, end: f64) -> Self {
        let exponent = from.exponent();
        let u = step.at_exponent(exponent) * end;
        let mut breaks = vec![0.0, 1.0];
        let mut hidden = Array2::zeros((2, u.len()));
        hidden.row_mut(0).assign(from.values());
        hidden.row_mut(1).assign(&(from.values() + &u));
        for layer in 1..=network.depth() {
            let z = rescaled(network.apply(layer, hidden.view()));
            (breaks, hidden) = refine(&breaks, &z);
        }
        let output = network.apply(network.depth() + 1, hidden.view());
        Line { breaks, values: output.column(0).to_vec() }
    }

    /// Number of linear pieces. `proofs/flip.md#measured`.
    pub fn pieces(&self) -> usize {
        self.breaks.len() - 1
    }

    /// The least s, in units of `end`, at which f is 0 or has changed its sign.
    pub fn first_zero(&self) -> Option<f64> {
        let start = *self.values.first()?;
        let i = self.values.iter().position(|v| v * start <= 0.0)?;
        if i == 0 {
            return Some(0.0);
        }
        let (a, b) = (self.values[i - 1], self.values[i]);
        Some(self.breaks[i - 1] + (self.breaks[i] - self.breaks[i - 1]) * (a / (a - b)))
    }
}

/// Exactly divided by a power of two, so that deep networks do not leave the range.
fn rescaled(z: Array2<f64>) -> Array2<f64> {
    let largest = z.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    if largest > 0.0 && largest.is_finite() {
        let shift = largest.log2().floor() as i32;
        z * 2f64.powi(-shift / 2) * 2f64.powi(-shift - (-shift / 2))
    } else {
        z
    }
}

/// The breaks with the zeros of z between them added, and σ(z) at all of them.
fn refine(breaks: &[f64], z: &Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let mut points: Vec<(f64, Array1<f64>)> = vec![(breaks[0], z.row(0).to_owned())];
    for (i, pair) in breaks.windows(2).enumerate() {
        let (a, b) = (z.row(i), z.row(i + 1));
        let mut zeros: Vec<(f64, usize)> = a
            .iter()
            .zip(b)
            .enumerate()
            .filter(|(_, (p, q))| (**p > 0.0) != (**q > 0.0))
            .map(|(neuron, (p, q))| (p / (p - q), neuron))
            .filter(|(t, _)| *t > 0.0 && *t < 1.0)
            .collect();
        zeros.sort_by(|p, q| p.0.total_cmp(&q.0));
        for (t, neuron) in zeros {
            let s = pair[0] + (pair[1] - pair[0]) * t;
            // Breaks that rounding cannot tell apart are one.
            if s > points[points.len() - 1].0 && s < pair[1] {
                points.push((s, &a * (1.0 - t) + &b * t));
            }
            // Exactly: where all others are silent, a rounding error would be all that the next layer sees.
            if let Some((_, z)) = points.last_mut().filter(|(last, _)| *last == s) {
                z[neuron] = 0.0;
            }
        }
        points.push((pair[1], b.to_owned()));
    }
    let mut hidden = Array2::zeros((points.len(), z.ncols()));
    for (mut row, (_, point)) in hidden.rows_mut().into_iter().zip(&points) {
        row.assign(&point.mapv(|v| if v <= 0.0 { 0.0 } else { v }));
    }
    (points.into_iter().map(|p| p.0).collect(), hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Dense;
    use ndarray::array;

    /// Where all neurons are silent f is 0, and stays one piece.
    #[test]
    fn a_silent_stretch_is_one_piece() {
        // z = (1 − 3s, −2 + 3s): the first neuron is active up to 1/3, the second from 2/3.
        let mut network = Dense::<f64>::with_weights(vec![
            array![[1.0, -3.0], [-2.0, 3.0]],
            array![[1.0, 2.0], [-1.0, 3.0], [0.7, -0.3]],
            array![[1.0, 1.0, 1.0]],
        ]);
        let (x, u) = (Scaled::new(array![1.0, 0.0], 0), Scaled::new(array![0.0, 1.0], 0));
        let line = Line::new(&mut network, &x, &u, 1.0);
        assert_eq!(line.pieces(), 3);
        assert_eq!(line.values[1..3], [0.0, 0.0]);
        assert!((line.first_zero().unwrap() - 1.0 / 3.0).abs() < 1e-15);
    }
}
