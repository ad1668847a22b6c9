//! How much the gradient changes in a ball (`proofs/given.md#lipschitz`).

use super::Ball;
use super::chain::{Factor, Product};
use super::exact::Pattern;
use super::float::{TINY, UNIT, above, dot_above, gamma, length_above, sum_above};
use super::local::Local;
use super::matrix::Matrix;
use super::region::Region;

/// Multiplications that are spent on the layers at the centre, at most.
const WORK: usize = 2_000_000_000;

/// Middles, and how far from them.
type Ends = (Vec<f64>, Vec<f64>);

/// What the derivative of a neuron may be.
#[derive(Clone, Copy, PartialEq)]
enum Derivative {
    One,
    Slope,
    Between,
}

/// Bounds in the units of the local network.
pub(super) struct Change {
    /// sup ‖∇(y)‖.
    pub most: f64,
    /// sup ‖∇(y) − ∇(x)‖.
    pub change: f64,
}

/// Bounds over the Euclidean ball of this (scaled) radius. `pattern`: the signs at the centre;
/// `norm`: at least the norm of the gradient there.
pub(super) fn changes(
    local: &Local<'_>,
    factors: &[Factor],
    row: &[f64],
    radius: f64,
    pattern: &Pattern,
    norm: f64,
) -> Change {
    let nothing = Change { most: f64::INFINITY, change: f64::INFINITY };
    let Some(region) = Region::new(local, Ball::L2, radius, None, 0) else { return nothing };
    let ball: Vec<Vec<Derivative>> = region
        .neurons
        .iter()
        .map(|neurons| {
            let of = |(lo, hi): (&f64, &f64)| {
                if *lo > 0.0 {
                    Derivative::One
                } else if *hi <= 0.0 {
                    Derivative::Slope
                } else {
                    Derivative::Between
                }
            };
            neurons.lo.iter().zip(&neurons.hi).map(of).collect()
        })
        .collect();
    let centre: Vec<Vec<Derivative>> = pattern
        .iter()
        .map(|signs| {
            let of = |positive: &bool| if *positive { Derivative::One } else { Derivative::Slope };
            signs.iter().map(of).collect()
        })
        .collect();
    let over = backward(local, row, &ball);
    let here = backward(local, row, &centre);
    let sizes = |(middles, radii): &Ends| -> Vec<f64> {
        middles.iter().zip(radii).map(|(m, r)| above(m.abs() + r, 1)).collect()
    };
    let entrywise = length_above(&sizes(&over[0]));
    let apart = over[0].0.iter().zip(&over[0].1).zip(here[0].0.iter().zip(&here[0].1));
    let apart: Vec<f64> = apart.map(|((m, r), (c, e))| above((m - c).abs() + r + e, 4)).collect();
    let mut change = length_above(&apart);
    // By operator norms: what flips in a layer, seen from the outputs and from the input.
    let path = passes(local, factors, &centre, &ball);
    let mut sum = 0.0;
    let mut outer = length_above(row);
    for at in (0..local.layers.len()).rev() {
        let layer = &local.layers[at];
        outer = above(outer * (layer.power * factors[at].spectral), 4);
        let Some(below) = at.checked_sub(1) else { break };
        let free = free(&ball[below]);
        let sizes = sizes(&over[at]);
        let some: Vec<f64> = free.iter().map(|k| sizes[*k]).collect();
        let jump = above(1.0 - local.layers[below].slope, 1);
        let seen = length_above(&some).min(outer);
        let seen = if free.is_empty() { 0.0 } else { seen };
        sum = above(sum + jump * seen * path[below], 8);
    }
    // NaN says nothing.
    if sum < change || change.is_nan() {
        change = sum;
    }
    let most = [entrywise, above(norm + change, 2), outer];
    let known = |bound: f64| if bound.is_nan() { f64::INFINITY } else { bound };
    Change {
        most: most.into_iter().map(known).fold(f64::INFINITY, f64::min),
        change: known(change),
    }
}

/// The neurons whose derivative is not known.
fn free(layer: &[Derivative]) -> Vec<usize> {
    (0..layer.len()).filter(|k| layer[*k] == Derivative::Between).collect()
}

/// Coefficients of the h_i, i = 0, …, n − 1, entry by entry, for all derivatives that there may be.
fn backward(local: &Local<'_>, row: &[f64], derivatives: &[Vec<Derivative>]) -> Vec<Ends> {
    let mut now: Ends = (row.to_vec(), vec![0.0; row.len()]);
    let mut out = Vec::new();
    for (at, layer) in local.layers.iter().enumerate().rev() {
        if let Some(derivatives) = derivatives.get(at) {
            let slope = layer.slope;
            for ((m, r), derivative) in now.0.iter_mut().zip(&mut now.1).zip(derivatives) {
                match derivative {
                    Derivative::One => {}
                    Derivative::Slope => {
                        (*m, *r) = (*m * slope, above(*r * slope.abs(), 2));
                        *r = if slope == 0.0 { 0.0 } else { above(*r + 2.0 * UNIT * m.abs(), 2) };
                    }
                    Derivative::Between => {
                        let away = 0.5 * (1.0 - slope) * m.abs();
                        *r = above(*r + away + 4.0 * UNIT * m.abs(), 6);
                        *m *= 0.5 * (1.0 + slope);
                    }
                }
            }
        }
        let line = |data: &[f64]| Matrix { rows: 1, columns: data.len(), data: data.to_vec() };
        let times = |c: f64| c * layer.power;
        let middles = line(&now.0).map(times).times(layer.matrix).data;
        let sizes: Vec<f64> =
            now.0.iter().map(|m| above(gamma(layer.matrix.rows + 8) * m.abs(), 2)).collect();
        let radii: Vec<f64> = now.1.iter().zip(&sizes).map(|(r, s)| above(r + s, 2)).collect();
        let matrix = layer.matrix.map(f64::abs);
        let total = sum_above(&now.0) + sum_above(&now.1);
        let n = layer.matrix.rows;
        let lost = (n + 8) as f64 * TINY * (2.0 + 2.0 * layer.power * total);
        let up = |r: f64| above(r + lost, 2 * n + 8);
        let radii = line(&radii).map(times).times(&matrix).map(up).data;
        now = (middles, radii);
        out.push(now.clone());
    }
    out.reverse();
    out
}

/// For each hidden layer: the norm of the map from the input to the neurons that may flip, with
/// the derivatives at the centre.
fn passes(
    local: &Local<'_>,
    factors: &[Factor],
    centre: &[Vec<Derivative>],
    ball: &[Vec<Derivative>],
) -> Vec<f64> {
    let inputs = local.centre.len();
    let work: usize =
        local.layers.iter().map(|layer| layer.matrix.data.len().saturating_mul(inputs)).sum();
    let hidden = local.layers.len() - 1;
    let mut now: Option<Product> = None;
    let mut norm = 1.0;
    let mut out = Vec::new();
    for at in 0..hidden {
        let layer = &local.layers[at];
        norm = above(norm * (layer.power * factors[at].spectral), 4);
        if at > 0 && work > WORK {
            out.push(if free(&ball[at]).is_empty() { 0.0 } else { norm });
            continue;
        }
        let next = match now.take() {
            None => Product::factor(layer.matrix),
            Some(product) => product.after(layer.matrix, &factors[at]),
        };
        let lost = next.matrix.data.len() as f64 * TINY;
        let matrix = next.matrix.map(|entry| entry * layer.power);
        let error = above(next.error * layer.power + lost, 2);
        let mut some = Vec::new();
        for k in free(&ball[at]) {
            some.push(matrix.row(k).to_vec());
        }
        let part = Product { matrix: Matrix::of(&some), error };
        out.push(if some.is_empty() { 0.0 } else { part.norm().min(norm) });
        // Behind the activation.
        let mut behind = matrix;
        for (k, derivative) in centre[at].iter().enumerate() {
            if *derivative == Derivative::Slope {
                behind.row_mut(k).iter_mut().for_each(|entry| *entry *= layer.slope);
            }
        }
        let off = above(2.0 * UNIT * length_above(&behind.data) + lost, 4);
        now = Some(Product { matrix: behind, error: above(error + off, 2) });
    }
    out
}

/// What the margin is off by from ⟨∇, x⟩ and the biases' part in floats, over what rounding
/// allows (`proofs/given.md#identity`).
pub(super) fn identity(local: &Local<'_>, row: &[f64]) -> f64 {
    let (mut signal, mut signals, mut states) = (local.centre.clone(), Vec::new(), Vec::new());
    for layer in &local.layers {
        let z: Vec<f64> = layer
            .matrix
            .rows()
            .zip(&layer.bias)
            .map(|(row, bias)| layer.power * super::float::dot(row, &signal) + bias)
            .collect();
        signals.push(std::mem::take(&mut signal));
        signal = z.iter().map(|z| super::local::activated(*z, layer.slope)).collect();
        states.push(z);
    }
    let last = states.len() - 1;
    let left = super::float::dot(row, &states[last]);
    let (mut right, mut bulk, mut limit) = (0.0, left.abs(), 0.0);
    let mut now = row.to_vec();
    let mut terms = 8;
    for (at, layer) in local.layers.iter().enumerate().rev() {
        let n = layer.matrix.rows.max(layer.matrix.columns);
        terms += n + 8;
        if at < last {
            for (c, z) in now.iter_mut().zip(&states[at]) {
                *c *= if *z > 0.0 { 1.0 } else { layer.slope };
            }
        }
        let part = super::float::dot(&now, &layer.bias);
        right += part;
        bulk += part.abs();
        let sizes: Vec<f64> = layer
            .matrix
            .rows()
            .zip(&layer.bias)
            .zip(&states[at])
            .map(|((row, bias), z)| {
                layer.power * dot_above(row, &signals[at]) + bias.abs() + z.abs()
            })
            .collect();
        limit += 4.0 * gamma(n + 8) * dot_above(&now, &sizes);
        limit += (8 * n * n + 64) as f64 * TINY * (1.0 + sum_above(&now) + sum_above(&signals[at]));
        let scaled: Vec<f64> = now.iter().map(|c| c * layer.power).collect();
        now = Matrix { rows: 1, columns: scaled.len(), data: scaled }.times(layer.matrix).data;
    }
    let part = super::float::dot(&now, &local.centre);
    let inner = dot_above(&now, &local.centre);
    let limit = above(limit + gamma(terms) * (bulk + part.abs()) + gamma(terms) * inner, terms);
    let residual = (left - (right + part)).abs();
    if residual == 0.0 { 0.0 } else { residual / limit }
}
