//! A network with the weights that a file gives it.

use std::ops::{Add, Div, Mul, Sub};

use ndarray::{Array1, Array2};

/// f = A_n ∘ σ_{n−1} ∘ … ∘ σ_1 ∘ A_1 ∘ N: affine maps A_i, activations σ_i with a slope each, and
/// a normalisation N, entry by entry. All numbers are finite floats, and f is what they say in
/// exact arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// N: applied to an input in order; empty for none.
    pub normalisation: Vec<Elementwise>,
    /// A_i and the activation behind it; at least one.
    pub layers: Vec<Layer>,
    /// The type of the weights in the file, which all convert to `f64` exactly; the widest of
    /// them.
    pub dtype: Dtype,
}

/// An affine map and the activation that follows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// d_i × d_{i−1}.
    pub weights: Array2<f64>,
    /// d_i; `None` is 0.
    pub bias: Option<Array1<f64>>,
    /// a of σ_a(t) = t for t > 0 and a·t for t ≤ 0, from −1 to 1; 1, no activation, behind the
    /// last.
    pub slope: f64,
    /// What the file calls it, for messages.
    pub name: String,
}

/// A step of a normalisation: of every entry with its own number, or of all with one (length 1).
#[derive(Clone, Debug, PartialEq)]
pub enum Elementwise {
    /// x + c.
    Add(Array1<f64>),
    /// x − c.
    Subtract(Array1<f64>),
    /// x · c.
    Multiply(Array1<f64>),
    /// x / c, no c being 0.
    Divide(Array1<f64>),
}

impl Elementwise {
    /// c at this entry.
    pub fn constant(&self, entry: usize) -> f64 {
        let (Elementwise::Add(c)
        | Elementwise::Subtract(c)
        | Elementwise::Multiply(c)
        | Elementwise::Divide(c)) = self;
        c[if c.len() == 1 { 0 } else { entry }]
    }

    /// Does it change differences of inputs?
    pub fn is_factor(&self) -> bool {
        matches!(self, Elementwise::Multiply(_) | Elementwise::Divide(_))
    }

    /// What becomes of an entry at which c is `by`, in any arithmetic.
    pub fn apply<T>(&self, value: T, by: T) -> T
    where
        T: Add<Output = T> + Sub<Output = T> + Mul<Output = T> + Div<Output = T>,
    {
        match self {
            Elementwise::Add(_) => value + by,
            Elementwise::Subtract(_) => value - by,
            Elementwise::Multiply(_) => value * by,
            Elementwise::Divide(_) => value / by,
        }
    }
}

/// A type of floating-point numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dtype {
    /// IEEE half precision.
    F16,
    /// bfloat16.
    BF16,
    /// Single precision.
    F32,
    /// Double precision.
    F64,
}

impl Dtype {
    /// As shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::F16 => "float16",
            Dtype::BF16 => "bfloat16",
            Dtype::F32 => "float32",
            Dtype::F64 => "float64",
        }
    }
}

impl Given {
    /// d_0, …, d_n: the input's dimension first, the number of outputs last.
    pub fn widths(&self) -> Vec<usize> {
        let inputs = self.layers.first().map(|layer| layer.weights.ncols());
        inputs.into_iter().chain(self.layers.iter().map(|layer| layer.weights.nrows())).collect()
    }

    /// d_0.
    pub fn inputs(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.weights.ncols())
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.weights.nrows())
    }
}
