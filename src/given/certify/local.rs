//! The network in the units of one input: what it computes there is about 1 in every layer
//! (`proofs/given.md#forward`).

use super::float::{TINY, dot, exponent, largest, scaled, scaled_above};
use super::matrix::Matrix;
use super::weights::{Weights, size};

/// Powers between layers that are used, at most: beyond, a layer is all bias, or none.
const POWERS: i64 = 1000;

/// z = 2^s Wh + b in scaled numbers, with |W − M| ≤ 4u|M| + 2·TINY and |b − `bias`| ≤
/// `bias_error`, entry by entry.
#[derive(Clone, Debug)]
pub(super) struct Scaled<'a> {
    pub matrix: &'a Matrix,
    /// 2^s.
    pub power: f64,
    pub bias: Vec<f64>,
    pub bias_error: Vec<f64>,
    pub slope: f64,
}

/// A network around an input x: its input is 2^A·(`centre` + …).
#[derive(Clone, Debug)]
pub(super) struct Local<'a> {
    pub layers: Vec<Scaled<'a>>,
    /// Within [`TINY`] of x/2^A, entry by entry.
    pub centre: Vec<f64>,
    /// A.
    pub input: i64,
    /// The same exponent of the outputs.
    pub output: i64,
    /// Norms of the rows of the first matrix, from above: ℓ2 and ℓ1.
    pub rows: &'a [[f64; 2]],
}

/// σ_a(z), rounded to nearest.
pub(super) fn activated(z: f64, slope: f64) -> f64 {
    if z > 0.0 { z } else { slope * z }
}

impl<'a> Local<'a> {
    /// At x; `reach` is a size to go by where x is 0.
    pub fn new(weights: &'a Weights, x: &[f64], reach: f64) -> Self {
        let input = match largest(x) {
            0.0 if reach > 0.0 && reach.is_finite() => exponent(reach),
            most if most > 0.0 && most.is_finite() => exponent(most),
            _ => 0,
        };
        let centre: Vec<f64> = x.iter().map(|x| scaled(*x, -input)).collect();
        let (mut layers, mut signal, mut unit) = (Vec::new(), centre.clone(), input);
        for layer in &weights.layers {
            let z: Vec<f64> = layer.matrix.rows().map(|row| dot(row, &signal)).collect();
            // The exponents of Wh and b, in true units; any choice of powers is right.
            let product = (largest(&z) > 0.0).then(|| unit + layer.exponent + size(&z));
            let bias =
                (largest(&layer.bias) > 0.0).then(|| layer.bias_exponent + size(&layer.bias));
            let next = product.max(bias).unwrap_or(unit + layer.exponent);
            let power = (unit + layer.exponent - next).clamp(-POWERS, POWERS);
            let next = unit + layer.exponent - power;
            let shift = layer.bias_exponent - next;
            let power = 2f64.powi(power as i32);
            let bias: Vec<f64> = layer.bias.iter().map(|b| scaled(*b, shift)).collect();
            let bias_error = layer.bias.iter().zip(&layer.bias_error).map(|(bias, error)| {
                let kept = *bias == 0.0 || scaled(scaled(*bias, shift), -shift) == *bias;
                scaled_above(*error, shift) + if kept { 0.0 } else { TINY }
            });
            let bias_error = bias_error.map(|e| if e > 0.0 { e.next_up() } else { e }).collect();
            let image = z.iter().zip(&bias).map(|(z, b)| activated(z * power + b, layer.slope));
            signal = image.collect();
            unit = next;
            layers.push(Scaled {
                matrix: &layer.matrix,
                power,
                bias,
                bias_error,
                slope: layer.slope,
            });
        }
        Local { layers, centre, input, output: unit, rows: &weights.rows }
    }
}
