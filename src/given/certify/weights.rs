//! A network prepared for bounds: its sizes are split off as powers of two, so that no size of
//! weights matters (`proofs/given.md#forward`).

use std::mem::take;

use rug::Rational;

use crate::given::Given;
use crate::model::error::{Error, Result};
use crate::num::{Enclosure, nearest};

use super::float::{TINY, exponent, largest, length_above, scaled, scaled_above, sum_above};
use super::matrix::Matrix;

/// Bits for what a normalisation adds to biases.
const BITS: u32 = 320;

/// An affine map z = Wh + b with |W − 2^e M| ≤ 2^e(4u|M| + 2·TINY), |b − 2^g v| ≤ 2^g ε, entry
/// by entry.
#[derive(Clone, Debug)]
pub(super) struct Affine {
    /// M: its largest entry is from ½ to 1.
    pub matrix: Matrix,
    /// e.
    pub exponent: i64,
    /// v: likewise.
    pub bias: Vec<f64>,
    /// ε.
    pub bias_error: Vec<f64>,
    /// g.
    pub bias_exponent: i64,
    /// The slope of the activation behind it.
    pub slope: f64,
}

/// All layers of a network, a normalisation multiplied into the first.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    pub layers: Vec<Affine>,
    /// At least ‖M_k‖₂ and ‖M_k‖₁ of the rows of the first layer.
    pub rows: Vec<[f64; 2]>,
}

/// s and t of N(x) = s∘x + t.
pub(super) fn normalisation(network: &Given) -> Option<[Vec<Rational>; 2]> {
    if network.normalisation.is_empty() {
        return None;
    }
    let inputs = network.inputs();
    let (mut factors, mut terms) = (vec![Rational::from(1); inputs], vec![Rational::new(); inputs]);
    for step in &network.normalisation {
        for (at, (factor, term)) in factors.iter_mut().zip(&mut terms).enumerate() {
            let by = Rational::from_f64(step.constant(at))?;
            if step.is_factor() {
                *factor = step.apply(take(factor), by.clone());
            }
            *term = step.apply(take(term), by);
        }
    }
    Some([factors, terms])
}

/// The exponent of the largest entry; 0 where all are 0.
pub(super) fn size(values: &[f64]) -> i64 {
    match largest(values) {
        0.0 => 0,
        most => exponent(most),
    }
}

impl Weights {
    /// Of a checked network, with its normalisation (`folded`) or without.
    pub fn new(network: &Given, folded: bool) -> Result<Self> {
        let normalisation = normalisation(network).filter(|_| folded);
        let layers = network.layers.iter().enumerate().map(|(at, layer)| {
            let entries: Vec<f64> = layer.weights.iter().copied().collect();
            let (rows, columns) = layer.weights.dim();
            let mut exponent = size(&entries);
            let data = entries.iter().map(|entry| scaled(*entry, -exponent)).collect();
            let mut matrix = Matrix { rows, columns, data };
            let bias: Vec<f64> =
                layer.bias.as_ref().map_or_else(|| vec![0.0; rows], |bias| bias.to_vec());
            let (mut bias_exponent, mut exact) = (size(&bias), None);
            if let (0, Some([factors, terms])) = (at, &normalisation) {
                let sums = moved(layer.weights.rows().into_iter(), &bias, terms);
                bias_exponent = size(&sums.iter().map(Enclosure::to_f64).collect::<Vec<_>>());
                exact = Some(sums);
                exponent += stretch(&mut matrix, factors);
            }
            let bias = exact
                .unwrap_or_else(|| bias.iter().map(|bias| Enclosure::point(BITS, *bias)).collect());
            let bias: Vec<[f64; 2]> = bias.iter().map(|b| split(b, bias_exponent)).collect();
            let name = || layer.name.clone();
            if bias.iter().flatten().any(|bias| !bias.is_finite()) {
                return Err(Error::new(
                    "network",
                    name(),
                    "a normalisation that keeps biases finite",
                ));
            }
            Ok(Affine {
                matrix,
                exponent,
                bias: bias.iter().map(|[bias, _]| *bias).collect(),
                bias_error: bias.iter().map(|[_, error]| *error).collect(),
                bias_exponent,
                slope: layer.slope,
            })
        });
        let layers: Vec<Affine> = layers.collect::<Result<_>>()?;
        let first = layers.first().map(|layer| &layer.matrix);
        let rows = first.into_iter().flat_map(Matrix::rows);
        let rows = rows.map(|row| [length_above(row), sum_above(row)]).collect();
        Ok(Weights { layers, rows })
    }
}

/// b + Wt.
fn moved<'a>(
    rows: impl Iterator<Item = ndarray::ArrayView1<'a, f64>>,
    bias: &[f64],
    terms: &[Rational],
) -> Vec<Enclosure> {
    let terms: Vec<Enclosure> = terms.iter().map(|term| Enclosure::rational(BITS, term)).collect();
    let sum = |(row, bias): (ndarray::ArrayView1<'_, f64>, &f64)| {
        let mut sum = Enclosure::point(BITS, *bias);
        row.iter().zip(&terms).for_each(|(weight, term)| sum.add_product(*weight, term));
        sum
    };
    rows.zip(bias).map(sum).collect()
}

/// M diag(s)/2^k in the place of M: three roundings, and what underflows twice; returns k.
fn stretch(matrix: &mut Matrix, factors: &[Rational]) -> i64 {
    let shift = factors.iter().map(nearest).fold(0.0, |most: f64, s| most.max(s.abs()));
    let shift = if shift > 0.0 && shift.is_finite() { exponent(shift) } else { 0 };
    let factors: Vec<f64> = factors
        .iter()
        .map(|s| {
            let by = u32::try_from(shift.unsigned_abs()).unwrap_or(0);
            let s = s.clone();
            nearest(&if shift < 0 { s << by } else { s >> by })
        })
        .collect();
    for row in 0..matrix.rows {
        let row = matrix.row_mut(row);
        row.iter_mut().zip(&factors).for_each(|(entry, factor)| *entry *= factor);
    }
    shift
}

/// A float near b·2^{−k}, and how far it may be.
fn split(bias: &Enclosure, shift: i64) -> [f64; 2] {
    let middle = bias.to_f64();
    let near = scaled(middle, -shift);
    if bias.lo_f64() == bias.hi_f64() && scaled(near, shift) == middle {
        return [near, 0.0];
    }
    let away = bias - Enclosure::point(BITS, middle);
    let away = away.hi_f64().max(-away.lo_f64()).max(0.0);
    [near, (scaled_above(away, -shift) + TINY).next_up()]
}
