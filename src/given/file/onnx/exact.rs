//! A network put together step by step, so that in exact arithmetic it is what the steps say: what
//! cannot be merged into a layer without rounding becomes a layer of its own.

use ndarray::{Array1, Array2};

use crate::given::file::refusal::{Read, refuse};
use crate::given::{Elementwise, Layer};

use super::window::zeros;

/// Layers of a file at most.
const LAYERS: usize = 1000;

/// What is there so far.
#[derive(Default)]
pub(super) struct Steps {
    pub normalisation: Vec<Elementwise>,
    pub layers: Vec<Layer>,
    /// Does the last layer still wait for its activation?
    open: bool,
}

impl Steps {
    /// An affine map without bias.
    pub fn linear(&mut self, weights: Array2<f64>, name: String) -> Read<()> {
        if self.layers.len() >= LAYERS {
            return refuse(format!("is beyond layer {LAYERS}"));
        }
        self.layers.push(Layer { weights, bias: None, slope: 1.0, name });
        self.open = true;
        Ok(())
    }

    /// An affine map that multiplies every entry by its own number.
    fn diagonal(&mut self, factors: &[f64], name: String) -> Read<()> {
        let mut weights = zeros(factors.len(), factors.len())?;
        weights.diag_mut().assign(&Array1::from(factors.to_vec()));
        self.linear(weights, name)
    }

    /// A step entry by entry, of `width` entries.
    pub fn elementwise(&mut self, step: Elementwise, width: usize, name: String) -> Read<()> {
        let Some(layer) = self.layers.last_mut() else {
            self.normalisation.push(step);
            return Ok(());
        };
        match step {
            Elementwise::Add(c) => self.shift(&all(&c, width), name),
            Elementwise::Subtract(c) => self.shift(&all(&-c, width), name),
            Elementwise::Multiply(c) => {
                let c = all(&c, width);
                if !self.open || !scale(layer, &c, exact_product) {
                    self.diagonal(&c, name)?;
                }
                Ok(())
            }
            Elementwise::Divide(c) => {
                let c = all(&c, width);
                if self.open && scale(layer, &c, exact_quotient) {
                    return Ok(());
                }
                match c.iter().map(|c| exact_quotient(1.0, *c)).collect::<Option<Vec<f64>>>() {
                    Some(inverse) => self.diagonal(&inverse, name),
                    None => refuse(
                        "divides behind a layer by what no float inverts exactly: powers of 2 \
                         are allowed, or a product",
                    ),
                }
            }
        }
    }

    fn shift(&mut self, by: &[f64], name: String) -> Read<()> {
        let sum = self.layers.last().filter(|_| self.open).and_then(|layer| match &layer.bias {
            None => Some(by.to_vec()),
            Some(bias) => bias.iter().zip(by).map(|(one, two)| exact_sum(*one, *two)).collect(),
        });
        let sum: Vec<f64> = if let Some(sum) = sum {
            sum
        } else {
            self.diagonal(&vec![1.0; by.len()], name)?;
            by.to_vec()
        };
        if let Some(layer) = self.layers.last_mut() {
            layer.bias = Some(Array1::from_vec(sum));
        }
        Ok(())
    }

    /// σ_a.
    pub fn activation(&mut self, slope: f64, width: usize, name: String) -> Read<()> {
        if !self.open {
            self.diagonal(&vec![1.0; width], name)?;
        }
        if let Some(layer) = self.layers.last_mut() {
            layer.slope = slope;
        }
        self.open = false;
        Ok(())
    }

    /// The last layer is one without activation.
    pub fn finish(&mut self, width: usize) -> Read<()> {
        if self.layers.is_empty() {
            return refuse("holds no layer");
        }
        if self.open {
            return Ok(());
        }
        self.diagonal(&vec![1.0; width], "the activation of the outputs".into())
    }
}

/// One number for every entry.
fn all(numbers: &Array1<f64>, width: usize) -> Vec<f64> {
    match numbers.len() {
        1 => vec![numbers[0]; width],
        _ => numbers.to_vec(),
    }
}

/// Changes every row of a layer by its own number, if that can be done without rounding.
fn scale(layer: &mut Layer, by: &[f64], of: impl Fn(f64, f64) -> Option<f64>) -> bool {
    let weights = layer.weights.indexed_iter().map(|((row, _), value)| of(*value, by[row]));
    let weights: Option<Vec<f64>> = weights.collect();
    let bias: Option<Option<Vec<f64>>> = match &layer.bias {
        None => Some(None),
        Some(bias) => {
            bias.iter().zip(by).map(|(value, by)| of(*value, *by)).collect::<Option<_>>().map(Some)
        }
    };
    let (Some(weights), Some(bias)) = (weights, bias) else { return false };
    let Ok(weights) = Array2::from_shape_vec(layer.weights.dim(), weights) else { return false };
    layer.weights = weights;
    layer.bias = bias.map(Array1::from_vec);
    true
}

/// Below this the remainder of a product may be lost: 2^(-900).
const LEAST: f64 = f64::from_bits((1023 - 900) << 52);

/// a + b, if it is a float.
pub(super) fn exact_sum(a: f64, b: f64) -> Option<f64> {
    let sum = a + b;
    let second = sum - a;
    // Knuth: the error of a sum, exactly.
    let error = (a - (sum - second)) + (b - second);
    (sum.is_finite() && error == 0.0).then_some(sum)
}

/// a · b, if it is a float, and surely.
pub(super) fn exact_product(a: f64, b: f64) -> Option<f64> {
    let product = a * b;
    let surely = a == 0.0 || b == 0.0 || product.abs() >= LEAST;
    (surely && product.is_finite() && a.mul_add(b, -product) == 0.0).then_some(product)
}

/// a / b, if it is a float, and surely.
pub(super) fn exact_quotient(a: f64, b: f64) -> Option<f64> {
    let quotient = a / b;
    (quotient.is_finite() && exact_product(quotient, b) == Some(a)).then_some(quotient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rug::Rational;

    fn rational(value: f64) -> Rational {
        Rational::from_f64(value).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_called_exact_is(a in proptest::num::f64::NORMAL, b in -40i32..40, c: f32) {
            for b in [f64::from(b), 2f64.powi(b), f64::from(c)] {
                if !b.is_finite() {
                    continue;
                }
                if let Some(sum) = exact_sum(a, b) {
                    prop_assert_eq!(rational(sum), rational(a) + rational(b));
                }
                if let Some(product) = exact_product(a, b) {
                    prop_assert_eq!(rational(product), rational(a) * rational(b));
                }
                if let Some(quotient) = exact_quotient(a, b) {
                    prop_assert_eq!(rational(quotient), rational(a) / rational(b));
                }
            }
        }
    }

    #[test]
    fn floats_of_single_precision_are_merged() {
        let (a, b) = (f64::from(0.1f32), f64::from(-0.7f32));
        assert_eq!(exact_product(a, b), Some(a * b));
        assert_eq!(exact_sum(a, b), Some(a + b));
        assert_eq!(exact_quotient(a, 0.5), Some(2.0 * a));
        assert_eq!(exact_product(0.1, 0.1), None);
        assert_eq!(exact_sum(1.0, 1e-30), None);
        assert_eq!(exact_quotient(1.0, 3.0), None);
        assert_eq!(exact_quotient(1.0, 0.0), None);
        assert_eq!(exact_product(1e-200, 1e-200), None);
    }

    #[test]
    fn what_would_be_rounded_becomes_a_layer() {
        let mut steps = Steps::default();
        steps.elementwise(Elementwise::Divide(Array1::from_vec(vec![3.0])), 1, "n".into()).unwrap();
        steps.linear(Array2::from_elem((1, 1), 0.1), "w".into()).unwrap();
        let c = |value: f64| Array1::from_vec(vec![value]);
        steps.elementwise(Elementwise::Add(c(1.0)), 1, "b".into()).unwrap();
        assert_eq!((steps.layers.len(), steps.layers[0].bias.clone()), (1, Some(c(1.0))));
        steps.elementwise(Elementwise::Add(c(1e-30)), 1, "b".into()).unwrap();
        assert_eq!((steps.layers.len(), steps.layers[1].bias.clone()), (2, Some(c(1e-30))));
        steps.elementwise(Elementwise::Multiply(c(0.1)), 1, "m".into()).unwrap();
        assert_eq!((steps.layers.len(), steps.layers[2].weights[(0, 0)]), (3, 0.1));
        steps.activation(0.0, 1, "a".into()).unwrap();
        steps.elementwise(Elementwise::Divide(c(4.0)), 1, "d".into()).unwrap();
        assert_eq!((steps.layers.len(), steps.layers[3].weights[(0, 0)]), (4, 0.25));
        assert!(steps.elementwise(Elementwise::Divide(c(3.0)), 1, "d".into()).is_err());
        steps.activation(-1.0, 1, "a".into()).unwrap();
        steps.finish(1).unwrap();
        assert_eq!(
            steps.layers.iter().map(|l| l.slope).collect::<Vec<_>>(),
            [1.0, 1.0, 0.0, -1.0, 1.0]
        );
        assert_eq!(steps.normalisation.len(), 1);
    }
}
