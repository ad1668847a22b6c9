//! Networks and inputs from files. Every tensor of a file is used, or refused by its name.

mod bytes;
mod chain;
mod declared;
mod names;
mod npy;
mod numbers;
mod onnx;
mod refusal;
mod tensor;
mod tensors;
mod write;

use std::fmt;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::model::error::{Error, Result};
use crate::model::slope::Slope;

use super::Given;

pub use numbers::{dimensions, labels, numbers, points};
pub use write::write_npz;

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

/// The network of a file: safetensors, .npz or ONNX, by its name, or by how it begins.
///
/// # Errors
/// It cannot be read; it holds something that is no part of a feed-forward network, which is named;
/// or what it leaves open has to be declared.
pub fn network(path: &Path, reading: &Reading) -> Result<Loaded> {
    declared::check(reading)?;
    let bytes = bytes::read(NETWORK, path)?;
    let format = Format::of(path, &bytes);
    if format == Some(Format::Onnx)
        && let Some(layout) = reading.layout
    {
        let permitted = "no layout is declared for ONNX, which says it itself";
        return Err(Error::new("layout", layout, permitted));
    }
    declared::network(&bytes, format, reading).map_err(|why| match why {
        declared::Why::Parameter(error) => error,
        declared::Why::File(why) => why.of(NETWORK, path),
    })
}

/// The parameter that names a network.
const NETWORK: &str = "network";

/// SHA-256 of the bytes of a file, as 64 hexadecimal digits.
///
/// # Errors
/// It cannot be read.
pub fn digest(path: &Path) -> Result<String> {
    let bytes = bytes::read("file", path)?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// How a network is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Safetensors,
    Npz,
    Onnx,
}

impl Format {
    /// By the end of its name, or by how it begins.
    fn of(path: &Path, bytes: &[u8]) -> Option<Self> {
        let end = path.extension().map(|end| end.to_string_lossy().to_lowercase());
        match end.as_deref() {
            Some("safetensors") => Some(Format::Safetensors),
            Some("npz") => Some(Format::Npz),
            Some("onnx") => Some(Format::Onnx),
            // The length of a header, less than 2^32, and the header in JSON.
            _ if bytes.get(4..9) == Some(b"\0\0\0\0{") => Some(Format::Safetensors),
            _ if bytes.starts_with(b"PK\x03\x04") => Some(Format::Npz),
            // Field 1, a number: the version of the format.
            _ if bytes.first() == Some(&8) => Some(Format::Onnx),
            _ => None,
        }
    }
}
