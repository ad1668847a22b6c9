//! Forward and backward passes on top of any engine, scaled so that nothing leaves the range.

use std::sync::Arc;

use ndarray::{Array1, Array2};

use super::{Biases, Network};
use crate::model::curve::Curve;
use crate::num::magnitude::Magnitude;

/// A real number `mantissa · 2^exponent`; the mantissa is NaN if the computation failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scalar {
    /// Any `f64`.
    pub mantissa: f64,
    /// Power of two.
    pub exponent: i64,
}

impl Scalar {
    /// |self|, or `None` if it is not a number.
    pub fn abs(self) -> Option<Magnitude> {
        Magnitude::new(self.mantissa.abs(), self.exponent).filter(|m| m.is_finite())
    }

    /// The number as a multiple of 2^exponent; 0 far below it, ∞ far above.
    pub fn at_exponent(self, exponent: i64) -> f64 {
        let shift = (self.exponent - exponent).clamp(-2000, 2000) as i32;
        self.mantissa * 2f64.powi(shift / 2) * 2f64.powi(shift - shift / 2)
    }

    /// self − other, rounded as in `f64`.
    #[must_use]
    pub fn minus(self, other: Scalar) -> Scalar {
        let exponent = match (self.mantissa == 0.0, other.mantissa == 0.0) {
            (true, _) => other.exponent,
            (_, true) => self.exponent,
            _ => self.exponent.max(other.exponent),
        };
        Scalar { mantissa: self.at_exponent(exponent) - other.at_exponent(exponent), exponent }
    }
}

/// A vector `values · 2^exponent`, its largest entry between 1 and 2 in size (or all 0).
#[derive(Clone, Debug, PartialEq)]
pub struct Scaled {
    values: Array1<f64>,
    exponent: i64,
}

impl Scaled {
    /// `values · 2^exponent`, brought to the normal form; exact.
    pub fn new(mut values: Array1<f64>, exponent: i64) -> Self {
        let largest = largest(&values);
        match Magnitude::from_f64(largest).filter(|m| m.is_finite() && !m.is_zero()) {
            None => Scaled { values, exponent },
            Some(size) => {
                let shift = size.parts().1;
                if shift != 0 {
                    let half = (-shift / 2) as i32;
                    let (first, second) = (2f64.powi(half), 2f64.powi(-shift as i32 - half));
                    values.mapv_inplace(|v| v * first * second);
                }
                Scaled { values, exponent: exponent + shift }
            }
        }
    }

    /// The entries, to be multiplied by 2^[`exponent`](Scaled::exponent).
    pub fn values(&self) -> &Array1<f64> {
        &self.values
    }

    /// The common power of two.
    pub fn exponent(&self) -> i64 {
        self.exponent
    }

    /// Euclidean norm; `None` if an entry is not a number.
    pub fn norm(&self) -> Option<Magnitude> {
        self.dot(self).abs().map(|square| {
            let (mantissa, exponent) = square.parts();
            let odd = exponent.rem_euclid(2);
            // √(m·2^e) with an even exponent; a mantissa in [1, 4) keeps its precision.
            Magnitude::new((mantissa * 2f64.powi(odd as i32)).sqrt(), (exponent - odd) / 2)
                .unwrap_or(Magnitude::INFINITY)
        })
    }

    /// The entries as multiples of 2^exponent; those far below it become 0.
    pub fn at_exponent(&self, exponent: i64) -> Array1<f64> {
        let shift = (self.exponent - exponent).clamp(-2000, 2000) as i32;
        let (first, second) = (2f64.powi(shift / 2), 2f64.powi(shift - shift / 2));
        self.values.mapv(|v| v * first * second)
    }

    /// self − other, rounded as in `f64`.
    #[must_use]
    pub fn minus(&self, other: &Scaled) -> Scaled {
        let exponent = self.exponent.max(other.exponent);
        Scaled::new(self.at_exponent(exponent) - other.at_exponent(exponent), exponent)
    }

    /// self + other, rounded as in `f64`.
    #[must_use]
    pub fn plus(&self, other: &Scaled) -> Scaled {
        let is_zero = |v: &Scaled| v.values.iter().all(|&v| v == 0.0);
        // The power of two of a vector of zeros says nothing.
        let exponent = match (is_zero(self), is_zero(other)) {
            (true, _) => other.exponent,
            (_, true) => self.exponent,
            _ => self.exponent.max(other.exponent),
        };
        Scaled::new(self.at_exponent(exponent) + other.at_exponent(exponent), exponent)
    }

    /// With one more entry.
    #[must_use]
    pub fn with_entry(&self, entry: Magnitude) -> Scaled {
        let longer = |values: &Array1<f64>, last: f64| {
            Array1::from_iter(values.iter().copied().chain([last]))
        };
        let (mantissa, exponent) = entry.parts();
        let one = Scaled::new(longer(&Array1::zeros(self.values.len()), mantissa), exponent);
        Scaled { values: longer(&self.values, 0.0), exponent: self.exponent }.plus(&one)
    }

    /// The entries where `keep` holds, 0 elsewhere.
    #[must_use]
    pub fn only(&self, keep: impl Fn(usize) -> bool) -> Scaled {
        let mut values = self.values.clone();
        for (i, value) in values.iter_mut().enumerate() {
            if !keep(i) {
                *value = 0.0;
            }
        }
        Scaled::new(values, self.exponent)
    }

    /// ⟨self, other⟩.
    pub fn dot(&self, other: &Scaled) -> Scalar {
        let values = (self.values.as_slice(), other.values.as_slice());
        let mantissa = match values {
            (Some(a), Some(b)) => super::kernel::inner(a, b),
            _ => self.values.dot(&other.values),
        };
        Scalar { mantissa, exponent: self.exponent + other.exponent }
    }
}

/// The largest absolute value; what is not a number is passed over.
fn largest(values: &Array1<f64>) -> f64 {
    let larger = |m: f64, v: &f64| if v.abs() > m { v.abs() } else { m };
    let Some(values) = values.as_slice() else { return values.iter().fold(0.0, larger) };
    // Side by side, so that no comparison waits for the one before.
    let (chunks, rest) = values.as_chunks::<16>();
    let mut lanes = [0.0; 16];
    for chunk in chunks {
        for (m, v) in lanes.iter_mut().zip(chunk) {
            *m = larger(*m, v);
        }
    }
    lanes.iter().chain(rest).fold(0.0, larger)
}

/// A forward pass at one point: the input and the pre-activations of every layer.
#[derive(Clone, Debug)]
pub struct Forward {
    /// h₀ = x.
    pub input: Scaled,
    /// z_1, …, z_{L+1}; z_{L+1} is the output.
    pub pre: Vec<Scaled>,
    /// The slopes a of the activations behind layers 1, …, L at negative arguments.
    pub slopes: Arc<[f64]>,
    /// The activation, where it has no slopes.
    pub curve: Option<Curve>,
    /// What every layer adds to its pre-activations.
    pub biases: Arc<Biases>,
}

impl Forward {
    /// f(x).
    pub fn output(&self) -> Scalar {
        let last = &self.pre[self.pre.len() - 1];
        Scalar { mantissa: last.values[0], exponent: last.exponent }
    }

    /// h_i: the input for i = 0, σ(z_i) for i = 1 … L.
    pub fn hidden(&self, i: usize) -> Scaled {
        if i == 0 {
            self.input.clone()
        } else {
            let z = &self.pre[i - 1];
            match self.curve {
                Some(curve) => bent(z, curve),
                None => Scaled::new(activated(&z.values, self.slopes[i - 1]), z.exponent),
            }
        }
    }

    /// What layer i + 1 receives: h_i, and behind it β_{i+1}√d_i if there are biases, which then
    /// are weights of this constant.
    pub fn received(&self, i: usize) -> Scaled {
        let hidden = self.hidden(i);
        if self.biases.is_empty() { hidden } else { hidden.with_entry(self.biases.constant(i + 1)) }
    }

    /// The biases of layer i = 1 … L+1.
    pub fn bias(&self, i: usize) -> Option<&Scaled> {
        self.biases.of(i)
    }

    /// The activation pattern of layer i = 1 … L: `true` where the neuron is active.
    pub fn pattern(&self, i: usize) -> impl Iterator<Item = bool> + '_ {
        self.pre[i - 1].values.iter().map(|&z| z > 0.0)
    }

    /// The neurons of layer i that are active in exactly one of the two passes, in order.
    pub fn flipped(&self, other: &Forward, i: usize) -> Vec<usize> {
        let pairs = self.pattern(i).zip(other.pattern(i)).enumerate();
        pairs.filter(|(_, (a, b))| a != b).map(|(k, _)| k).collect()
    }

    /// Is some hidden layer silent, as only layers of ReLU are? Then f is constant near this point,
    /// and 0 without biases.
    pub fn is_dead(&self) -> bool {
        let silent =
            |(z, &slope): (&Scaled, &f64)| slope == 0.0 && z.values.iter().all(|&z| z <= 0.0);
        self.curve.is_none() && self.pre.iter().zip(self.slopes.iter()).any(silent)
    }

    /// The row b_i D_i: `row` where the neurons of layer i are active, a times it elsewhere;
    /// σ′(z_i) times it where σ has no slopes. A pre-activation that is not a number makes its
    /// entry one that is none either.
    pub fn mask(&self, i: usize, row: &Scaled) -> Scaled {
        let mut values = row.values.clone();
        if let Some(curve) = self.curve {
            values *= &self.pre[i - 1].at_exponent(0).mapv(|t| curve.derivative(t));
            return Scaled::new(values, row.exponent);
        }
        // Products by 0 have signs of their own.
        let slope = self.slopes[i - 1];
        let bends = u64::from(slope != 0.0).wrapping_neg();
        // In bits, without a branch, which would be mispredicted half of the time.
        ndarray::Zip::from(&mut values).and(&self.pre[i - 1].values).for_each(|value, &z| {
            let active = u64::from(z > 0.0).wrapping_neg();
            let lost = u64::from(z.is_nan()).wrapping_neg();
            let kept = value.to_bits() & active;
            let bent = (*value * slope).to_bits() & !active & bends;
            *value = f64::from_bits(kept | bent | f64::NAN.to_bits() & lost);
        });
        Scaled::new(values, row.exponent)
    }
}

/// A backward pass: b_L = W_{L+1}, b_{i−1} = b_i D_i W_i.
#[derive(Clone, Debug)]
pub struct Backward {
    /// b_0, …, b_L; b_0 is the gradient.
    pub rows: Vec<Scaled>,
    /// b_i D_i for i = 1 … L.
    pub masked: Vec<Scaled>,
}

impl Backward {
    /// ∇f(x).
    pub fn gradient(&self) -> &Scaled {
        &self.rows[0]
    }
}

/// σ_a, entry by entry; what is not a number stays so.
pub fn activated(z: &Array1<f64>, slope: f64) -> Array1<f64> {
    if slope == 0.0 {
        return z.mapv(|v| if v <= 0.0 { 0.0 } else { v });
    }
    z.mapv(|v| if v <= 0.0 { slope * v } else { v })
}

/// The power of two below which an activation is linear to all digits, if it is 0 at 0.
const LINEAR: i64 = -100;

/// σ, which is not homogeneous: the entries are taken at their true sizes.
fn bent(z: &Scaled, curve: Curve) -> Scaled {
    if z.exponent < LINEAR && curve.value(0.0) == 0.0 {
        return Scaled::new(&z.values * curve.derivative(0.0), z.exponent);
    }
    Scaled::new(z.at_exponent(0).mapv(|t| curve.value(t)), 0)
}

/// Forward passes at several points at once.
pub fn forward(network: &mut dyn Network, points: &[Scaled]) -> Vec<Forward> {
    let slopes: Arc<[f64]> = (1..=network.depth()).map(|layer| network.slope(layer)).collect();
    let curve = network.curve();
    let biases = network.biases();
    let start = |x: &Scaled| Forward {
        input: x.clone(),
        pre: Vec::new(),
        slopes: Arc::clone(&slopes),
        curve,
        biases: Arc::clone(&biases),
    };
    let mut passes: Vec<Forward> = points.iter().map(start).collect();
    for layer in 1..=network.depth() + 1 {
        let hidden: Vec<Scaled> = passes.iter().map(|pass| pass.hidden(layer - 1)).collect();
        let products = network.apply(layer, stack(&hidden).view());
        for ((pass, product), h) in passes.iter_mut().zip(products.rows()).zip(&hidden) {
            let product = Scaled::new(product.to_owned(), h.exponent);
            pass.pre.push(match biases.of(layer) {
                Some(bias) => product.plus(bias),
                None => product,
            });
        }
    }
    passes
}

/// Backward passes along several forward passes at once.
pub fn backward(network: &mut dyn Network, passes: &[Forward]) -> Vec<Backward> {
    let one = Scaled::new(Array1::ones(1), 0);
    let mut masked: Vec<Vec<Scaled>> = vec![vec![one]; passes.len()];
    let mut rows: Vec<Vec<Scaled>> = vec![Vec::new(); passes.len()];
    for layer in (1..=network.depth() + 1).rev() {
        let last: Vec<Scaled> = masked.iter().map(|m| m[m.len() - 1].clone()).collect();
        let products = network.apply_transposed(layer, stack(&last).view());
        for (k, product) in products.rows().into_iter().enumerate() {
            let row = Scaled::new(product.to_owned(), last[k].exponent);
            if layer > 1 {
                masked[k].push(passes[k].mask(layer - 1, &row));
            }
            rows[k].push(row);
        }
    }
    rows.into_iter()
        .zip(masked)
        .map(|(mut rows, mut masked)| {
            rows.reverse();
            masked.reverse();
            masked.pop(); // the 1 behind the output
            Backward { rows, masked }
        })
        .collect()
}

/// l_1, …, l_L and the 1 behind the output, along several forward passes: all of a backward pass
/// but the gradient with respect to the input, so that nothing is asked of W_1.
pub fn sensitivities(network: &mut dyn Network, passes: &[Forward]) -> Vec<Vec<Scaled>> {
    let one = Scaled::new(Array1::ones(1), 0);
    let mut rows: Vec<Vec<Scaled>> = vec![vec![one]; passes.len()];
    for layer in (2..=network.depth() + 1).rev() {
        let last: Vec<Scaled> = rows.iter().map(|rows| rows[rows.len() - 1].clone()).collect();
        let products = network.apply_transposed(layer, stack(&last).view());
        for (k, product) in products.rows().into_iter().enumerate() {
            let row = Scaled::new(product.to_owned(), last[k].exponent);
            rows[k].push(passes[k].mask(layer - 1, &row));
        }
    }
    for rows in &mut rows {
        rows.reverse();
    }
    rows
}

/// J_j ξ for each (j, ξ, pass): the directional derivative of h_j along ξ, j ≥ 1, on the linear
/// piece of the pass.
pub fn push_forward(
    network: &mut dyn Network,
    directions: &[(usize, Scaled, &Forward)],
) -> Vec<Scaled> {
    let mut current: Vec<Scaled> = directions.iter().map(|d| d.1.clone()).collect();
    let deepest = directions.iter().map(|d| d.0).max().unwrap_or(0);
    for layer in 1..=deepest {
        let going: Vec<usize> =
            (0..directions.len()).filter(|&i| directions[i].0 >= layer).collect();
        let vectors: Vec<Scaled> = going.iter().map(|&i| current[i].clone()).collect();
        let products = network.apply(layer, stack(&vectors).view());
        for (&i, product) in going.iter().zip(products.rows()) {
            let moved = Scaled::new(product.to_owned(), current[i].exponent);
            current[i] = directions[i].2.mask(layer, &moved);
        }
    }
    current
}

/// r D_j W_j … D_1 W_1 for each (j, r, pass), j ≥ 1: a row at layer j pulled back to the input on
/// the linear piece of the pass. `r` has to be masked already.
pub fn pull_back(network: &mut dyn Network, rows: &[(usize, Scaled, &Forward)]) -> Vec<Scaled> {
    let mut current: Vec<Scaled> = rows.iter().map(|r| r.1.clone()).collect();
    let deepest = rows.iter().map(|r| r.0).max().unwrap_or(0);
    for layer in (1..=deepest).rev() {
        let going: Vec<usize> = (0..rows.len()).filter(|&i| rows[i].0 >= layer).collect();
        let vectors: Vec<Scaled> = going.iter().map(|&i| current[i].clone()).collect();
        let products = network.apply_transposed(layer, stack(&vectors).view());
        for (&i, product) in going.iter().zip(products.rows()) {
            let moved = Scaled::new(product.to_owned(), current[i].exponent);
            current[i] = if layer > 1 { rows[i].2.mask(layer - 1, &moved) } else { moved };
        }
    }
    current
}

/// The mantissas as the rows of a matrix.
fn stack(vectors: &[Scaled]) -> Array2<f64> {
    let width = vectors.first().map_or(0, |v| v.values.len());
    let mut matrix = Array2::zeros((vectors.len(), width));
    for (mut row, vector) in matrix.rows_mut().into_iter().zip(vectors) {
        row.assign(&vector.values);
    }
    matrix
}
