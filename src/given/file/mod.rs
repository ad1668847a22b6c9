//! Networks and inputs from files. Every tensor of a file is used, or refused by its name.

use std::fmt;
use std::path::Path;

use ndarray::Array2;

use crate::model::error::{Error, Result};
use crate::model::slope::Slope;

use super::Given;

/// What a file leaves open, as far as it is declared.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// How matrices lie in a file of arrays with names; `None` for what their shapes or names say.
    /// ONNX says it itself.
    pub layout: Option<Layout>,
    /// The slope of the activation behind every layer but the last; `None` for ReLU in a file of
    /// arrays, and for what ONNX says.
    pub slope: Option<Slope>,
    /// Subtracted from every input first: one number, one an entry, or one a channel; empty for
    /// none.
    pub mean: Vec<f64>,
    /// What inputs are divided by next, positive; empty for none.
    pub std: Vec<f64>,
    /// Entries of an input, where they are known: they may settle a layout.
    pub dimension: Option<usize>,
}

/// How the matrix of a layer lies in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A row an output, as in PyTorch.
    OutIn,
    /// A row an input, as in scikit-learn, Keras and Flax.
    InOut,
}

impl Layout {
    /// By its name.
    ///
    /// # Errors
    /// Another name; the message lists both.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "out,in" => Ok(Layout::OutIn),
            "in,out" => Ok(Layout::InOut),
            _ => Err(Error::new("layout", text, "out,in (as PyTorch) or in,out (as scikit-learn)")),
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layout::OutIn => "out,in",
            Layout::InOut => "in,out",
        })
    }
}

/// A network that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The network.
    pub network: Given,
    /// What was decided in reading it: a sentence each, for people.
    pub notes: Vec<String>,
}

/// The network of a file: safetensors, .npz or ONNX.
///
/// # Errors
/// It cannot be read; it holds something that is no part of a feed-forward network, which is named;
/// or what it leaves open has to be declared.
pub fn network(path: &Path, reading: &Reading) -> Result<Loaded> {
    let _ = (path, reading);
    todo!()
}

/// Inputs, one a row, exactly as doubles: an array of NumPy (k × d, one of d, or k × … with d
/// entries behind the first axis), or text with an input a line.
///
/// # Errors
/// It cannot be read, its inputs have another number of entries, or a number is not finite.
pub fn points(path: &Path, dimension: usize) -> Result<Array2<f64>> {
    let _ = (path, dimension);
    todo!()
}

/// Classes, one an input: whole numbers from 0, less than the number of outputs (0 or 1 for a
/// single output).
///
/// # Errors
/// It cannot be read, or an entry is no class.
pub fn labels(path: &Path, outputs: usize) -> Result<Vec<usize>> {
    let _ = (path, outputs);
    todo!()
}

/// SHA-256 of the bytes of a file, as 64 hexadecimal digits.
///
/// # Errors
/// It cannot be read.
pub fn digest(path: &Path) -> Result<String> {
    let _ = path;
    todo!()
}

/// Writes a network without normalisation as .npz, as scikit-learn lays it out (`coefs_0`,
/// `intercepts_0`, …), so that [`network`] reads the same bits; the slope has to be declared then.
///
/// # Errors
/// The network has a normalisation, or slopes that differ, or the file cannot be written.
pub fn write_npz(path: &Path, network: &Given) -> Result<()> {
    let _ = (path, network);
    todo!()
}
