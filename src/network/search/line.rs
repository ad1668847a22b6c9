//! A network along a segment: piecewise linear, with every piece found exactly (up to rounding).

use std::sync::Arc;

use ndarray::{Array1, Array2};

use crate::network::{Biases, Network, Scaled, activated};

/// Points that pass a layer together. A wide layer has thousands of pieces, whose vectors would
/// fill more memory than its weights.
pub const BATCH: usize = 64;

/// f at the ends of its linear pieces along x + s·u, s from 0 to 1.
#[derive(Clone, Debug)]
pub struct Line {
    /// Ends of the pieces, increasing from 0 to 1.
    pub breaks: Vec<f64>,
    /// f there, up to a common power of two.
    pub values: Vec<f64>,
}

impl Line {
    /// Follows the pieces from layer to layer: between two breaks every pre-activation is linear,
    /// so the zeros of the next layer's are known, and they are the further breaks.
    pub fn new(network: &mut dyn Network, from: &Scaled, step: &Scaled) -> Self {
        let mut hidden = Array2::zeros((2, from.values().len()));
        hidden.row_mut(0).assign(from.values());
        hidden.row_mut(1).assign(&(from.values() + &step.at_exponent(from.exponent())));
        let layers = (0..network.depth()).map(|_| Layer::default()).collect();
        let (biases, exponent) = (network.biases(), from.exponent());
        let line = Line { breaks: Vec::new(), values: Vec::new() };
        let mut followed = Followed { network, biases, exponent, layers, line };
        followed.pass(1, &[0.0, 1.0], &hidden);
        followed.finish();
        followed.line
    }

    /// Number of pieces, each with one activation pattern. `proofs/flip.md#measured`.
    pub fn pieces(&self) -> usize {
        self.breaks.len() - 1
    }

    /// The least s beyond which f has the sign opposite to `sign`: where it only reaches 0, and
    /// stays there, it has not.
    pub fn first_change(&self, sign: f64) -> Option<f64> {
        let opposite = |v: &f64| *v != 0.0 && (*v > 0.0) != (sign > 0.0);
        let i = self.values.iter().position(opposite)?;
        if i == 0 {
            return Some(0.0);
        }
        let (a, b) = (self.values[i - 1], self.values[i]);
        Some(self.breaks[i - 1] + (self.breaks[i] - self.breaks[i - 1]) * (a / (a - b)))
    }
}

/// The points on their way through the layers, in order.
struct Followed<'a> {
    network: &'a mut dyn Network,
    biases: Arc<Biases>,
    /// The power of two of the input.
    exponent: i64,
    layers: Vec<Layer>,
    line: Line,
}

/// A place s and the pre-activations there.
type Point = (f64, Array1<f64>);

/// What one layer remembers of the points that have passed it.
#[derive(Default)]
struct Layer {
    /// The power of two that keeps deep networks in range, common to all points.
    shift: Option<i32>,
    /// The last point that came.
    before: Option<Point>,
    /// Points for the next layer. The last of them may still change.
    ready: Vec<Point>,
}

impl Followed<'_> {
    /// Gives points before layer i to it.
    fn pass(&mut self, i: usize, breaks: &[f64], hidden: &Array2<f64>) {
        let mut z = self.network.apply(i, hidden.view());
        if let Some(bias) = self.biases.of(i) {
            let below = self.layers[..i - 1].iter().filter_map(|layer| layer.shift);
            z += &bias.at_exponent(self.exponent + below.map(i64::from).sum::<i64>());
        }
        if i > self.layers.len() {
            self.line.breaks.extend(breaks);
            self.line.values.extend(z.column(0));
            return;
        }
        let z = self.layers[i - 1].rescaled(z);
        for (&s, z) in breaks.iter().zip(z.rows()) {
            let point = (s, z.to_owned());
            if let Some(before) = self.layers[i - 1].before.take() {
                for (t, neuron) in zeros(&before, &point) {
                    self.layers[i - 1].add_zero(&before, &point, t, neuron);
                    self.hand_over(i, BATCH);
                }
            }
            self.layers[i - 1].ready.push(point.clone());
            self.layers[i - 1].before = Some(point);
            self.hand_over(i, BATCH);
        }
    }

    /// Gives the points behind layer i to the next, but for the last, once there are more than so
    /// many.
    fn hand_over(&mut self, i: usize, more_than: usize) {
        let ready = &mut self.layers[i - 1].ready;
        if ready.len() <= more_than {
            return;
        }
        let last = ready.split_off(ready.len() - 1);
        let points = std::mem::replace(ready, last);
        self.send(i, &points);
    }

    fn send(&mut self, i: usize, points: &[Point]) {
        let mut hidden = Array2::zeros((points.len(), points.first().map_or(0, |p| p.1.len())));
        let slope = self.network.slope(i);
        for (mut row, (_, z)) in hidden.rows_mut().into_iter().zip(points) {
            row.assign(&activated(z, slope));
        }
        let breaks: Vec<f64> = points.iter().map(|point| point.0).collect();
        self.pass(i + 1, &breaks, &hidden);
    }

    /// Gives on what is left, layer by layer.
    fn finish(&mut self) {
        for i in 1..=self.layers.len() {
            let points = std::mem::take(&mut self.layers[i - 1].ready);
            self.send(i, &points);
        }
    }
}

impl Layer {
    /// Exactly divided by a power of two: that of the first points that are not 0.
    fn rescaled(&mut self, z: Array2<f64>) -> Array2<f64> {
        let largest = z.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        if self.shift.is_none() && largest > 0.0 && largest.is_finite() {
            self.shift = Some(largest.log2().floor() as i32);
        }
        match self.shift {
            Some(shift) => z * 2f64.powi(-shift / 2) * 2f64.powi(-shift - (-shift / 2)),
            None => z,
        }
    }

    /// Adds the point a share t of the way between two, where a neuron changes its sign.
    fn add_zero(&mut self, (start, a): &Point, (end, b): &Point, t: f64, neuron: usize) {
        let s = start + (end - start) * t;
        // Breaks that rounding cannot tell apart are one.
        if self.ready.last().is_none_or(|(last, _)| s > *last) && s < *end {
            self.ready.push((s, a * (1.0 - t) + b * t));
        }
        // Exactly: where all others are silent, a rounding error would be all that the next layer
        // sees.
        if let Some((_, z)) = self.ready.last_mut().filter(|(last, _)| *last == s) {
            z[neuron] = 0.0;
        }
    }
}

/// The neurons that change their sign between two points, and where, as shares of the way, in
/// order.
fn zeros((_, a): &Point, (_, b): &Point) -> Vec<(f64, usize)> {
    let mut zeros: Vec<(f64, usize)> = a
        .iter()
        .zip(b)
        .enumerate()
        .filter(|(_, (p, q))| (**p > 0.0) != (**q > 0.0))
        .map(|(neuron, (p, q))| (p / (p - q), neuron))
        .filter(|(t, _)| *t > 0.0 && *t < 1.0)
        .collect();
    zeros.sort_by(|p, q| p.0.total_cmp(&q.0));
    zeros
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Dense, forward};
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
        let line = Line::new(&mut network, &x, &u);
        assert_eq!(line.pieces(), 3);
        assert_eq!(line.values[1..3], [0.0, 0.0]);
        // f is positive up to 1/3, then 0, and positive again from 2/3: its sign never changes.
        assert_eq!(line.first_change(1.0), None);
        let flipped = Line { values: vec![1.0, 0.0, 0.0, -1.0], ..line };
        assert!((flipped.first_change(1.0).unwrap() - 2.0 / 3.0).abs() < 1e-15);
        assert_eq!(flipped.first_change(-1.0), Some(0.0));
    }

    /// More pieces than a batch holds: as many as there are changes of the activation pattern along
    /// the segment, and f at every break.
    #[test]
    fn many_pieces_pass_in_batches() {
        let mut network = Dense::<f64>::new(&"3,400,80,60".parse().unwrap(), 5, 1).unwrap();
        network.draw(0);
        let (x, u) =
            (Scaled::new(array![1.0, 0.5, -0.2], 0), Scaled::new(array![-3.0, 1.0, 0.7], 0));
        let line = Line::new(&mut network, &x, &u);
        assert!(line.pieces() > 3 * BATCH);
        assert!(line.breaks.windows(2).all(|pair| pair[0] < pair[1]));
        let at = |s: f64| Scaled::new(x.at_exponent(0) + &(u.at_exponent(0) * s), 0);
        let ends: Vec<Scaled> = line.breaks.iter().map(|&s| at(s)).collect();
        let middles: Vec<Scaled> =
            line.breaks.windows(2).map(|pair| at(f64::midpoint(pair[0], pair[1]))).collect();
        let there = forward(&mut network, &ends);
        let scale = line.values[0] / there[0].output().at_exponent(0);
        for (value, pass) in line.values.iter().zip(&there) {
            let gap = (value / scale - pass.output().at_exponent(0)).abs();
            assert!(gap < 1e-12, "{gap}");
        }
        // Within a piece nothing flips; from one to the next something does.
        let inside = forward(&mut network, &middles);
        for pair in inside.windows(2) {
            assert!((1..=3).any(|layer| !pair[0].flipped(&pair[1], layer).is_empty()));
        }
    }
}
