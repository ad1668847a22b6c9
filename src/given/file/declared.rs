//! What a file says and what is declared, put together.

use ndarray::Array1;

use crate::given::{Dtype, Elementwise, Given};
use crate::model::error::{Error, Result};

use super::refusal::Refusal;
use super::tensor::{Tensor, rounded};
use super::{Format, Loaded, Reading, chain, names, onnx, tensors};

/// Whether it is the file that is refused.
pub(super) enum Why {
    Parameter(Error),
    File(Refusal),
}

impl From<Refusal> for Why {
    fn from(why: Refusal) -> Self {
        Why::File(why)
    }
}

impl From<Error> for Why {
    fn from(error: Error) -> Self {
        Why::Parameter(error)
    }
}

/// What is declared has to be something at all.
pub(super) fn check(reading: &Reading) -> Result<()> {
    for (name, numbers) in [("mean", &reading.mean), ("std", &reading.std)] {
        let bad = numbers.iter().find(|value| {
            let positive = name == "mean" || **value > 0.0;
            !value.is_finite() || !positive
        });
        if let Some(bad) = bad {
            let allowed = if name == "mean" { "finite numbers" } else { "positive finite numbers" };
            return Err(Error::new(name, bad, format!("{allowed} are allowed")));
        }
    }
    Ok(())
}

/// A network before what is declared of its inputs.
struct Read {
    network: Given,
    /// Of an input.
    shape: Vec<usize>,
    notes: Vec<String>,
}

pub(super) fn network(
    bytes: &[u8],
    format: Option<Format>,
    reading: &Reading,
) -> std::result::Result<Loaded, Why> {
    let Read { mut network, shape, mut notes } = match format {
        Some(Format::Safetensors) => arrays(tensors::safetensors(bytes)?, reading)?,
        Some(Format::Npz) => arrays(tensors::npz(bytes)?, reading)?,
        Some(Format::Onnx) => graph(bytes, reading)?,
        None => return Err(unknown(bytes).into()),
    };
    let inputs = network.inputs();
    if let Some(dimension) = reading.dimension.filter(|dimension| *dimension != inputs) {
        let why = format!("takes inputs of {inputs} entries, where those at hand have {dimension}");
        return Err(Refusal::from(why).into());
    }
    let mut first = Vec::new();
    if !reading.mean.is_empty() {
        first.push(Elementwise::Subtract(spread("mean", &reading.mean, inputs, &shape)?));
    }
    if !reading.std.is_empty() {
        first.push(Elementwise::Divide(spread("std", &reading.std, inputs, &shape)?));
    }
    if !first.is_empty() {
        let what = match (reading.mean.is_empty(), reading.std.is_empty()) {
            (false, false) => "(x − mean)/std",
            (false, true) => "x − mean",
            _ => "x/std",
        };
        let file =
            if network.normalisation.is_empty() { "" } else { ", before what the file does" };
        notes.push(format!("Inputs are normalised as declared: {what}, exactly{file}."));
    }
    first.append(&mut network.normalisation);
    network.normalisation = first;
    let widths: Vec<String> = network.widths().iter().map(ToString::to_string).collect();
    let widths = if widths.len() > 12 {
        format!("{}-…-{}", widths[..6].join("-"), widths[widths.len() - 1])
    } else {
        widths.join("-")
    };
    notes.insert(0, format!("The network is {widths}, in {}.", network.dtype.name()));
    Ok(Loaded { network, notes })
}

/// One number an entry; or one alone.
fn spread(name: &str, numbers: &[f64], inputs: usize, shape: &[usize]) -> Result<Array1<f64>> {
    let channels = match shape {
        [channels, _, ..] => Some(*channels),
        _ => None,
    };
    let count = numbers.len();
    if count == 1 || count == inputs {
        return Ok(Array1::from(numbers.to_vec()));
    }
    if channels == Some(count) {
        let places = inputs / count;
        return Ok(numbers.iter().flat_map(|n| std::iter::repeat_n(*n, places)).collect());
    }
    let channels = channels.map(|channels| format!(", or {channels}, one a channel"));
    let allowed = format!("1 number or {inputs}, one an entry{}", channels.unwrap_or_default());
    Err(Error::new(name, format!("of {count} numbers"), allowed))
}

/// A network from arrays with names.
fn arrays(tensors: Vec<Tensor>, reading: &Reading) -> std::result::Result<Read, Why> {
    let chain::Chained { mut layers, dtype, mut notes } =
        chain::chained(names::parts(tensors)?, reading)?;
    let slope = reading.slope.as_ref().map_or(0.0, |slope| rounded(slope.to_f64(), dtype));
    let hidden = layers.len() - 1;
    layers[..hidden].iter_mut().for_each(|layer| layer.slope = slope);
    if hidden > 0 {
        notes.push(match &reading.slope {
            None => "The activation is ReLU: the file says none, and none is declared.".into(),
            Some(declared) => activation(declared.to_f64(), slope, dtype),
        });
    }
    let network = Given { normalisation: vec![], layers, dtype };
    let shape = vec![network.inputs()];
    Ok(Read { network, shape, notes })
}

/// What is said of a declared activation.
fn activation(declared: f64, slope: f64, dtype: Dtype) -> String {
    if declared == slope {
        format!("The activation has slope {slope} at negative arguments, as declared.")
    } else {
        let dtype = dtype.name();
        format!("The activation has slope {slope} at negative arguments: {declared} in {dtype}.")
    }
}

/// A network that says itself what it does.
fn graph(bytes: &[u8], reading: &Reading) -> std::result::Result<Read, Why> {
    let onnx::Graph { normalisation, layers, dtype, shape, mut notes } =
        onnx::read(bytes, reading.dimension)?;
    if let Some(declared) = &reading.slope {
        // ONNX keeps slopes in single precision.
        let near = [declared.to_f64(), rounded(declared.to_f64(), Dtype::F32)];
        let other = layers.iter().find(|layer| layer.slope != 1.0 && !near.contains(&layer.slope));
        if let Some(layer) = other {
            let permitted = format!("the file says slope {} behind {}", layer.slope, layer.name);
            return Err(Error::new("slope", declared, permitted).into());
        }
    }
    let mut slopes: Vec<f64> =
        layers.iter().map(|layer| layer.slope).filter(|slope| *slope != 1.0).collect();
    slopes.sort_by(f64::total_cmp);
    slopes.dedup();
    notes.push(match slopes[..] {
        [] => "The file has no activation: the network is affine.".into(),
        [0.0] => "The activation is ReLU, as the file says.".into(),
        _ => {
            let slopes: Vec<String> = slopes.iter().map(ToString::to_string).collect();
            let slopes = slopes.join(", ");
            format!("The activation has slope {slopes} at negative arguments, as the file says.")
        }
    });
    Ok(Read { network: Given { normalisation, layers, dtype }, shape, notes })
}

/// What a file is that no network can be read from.
fn unknown(bytes: &[u8]) -> Refusal {
    let what = match bytes {
        [] => "is empty",
        [b'\x93', b'N', b'U', ..] => "is a single array of NumPy",
        [0x80, 2..=5, ..] => "is a pickle, which may run code when read",
        [0x89, b'H', b'D', b'F', ..] => "is HDF5",
        _ => "is of no known format",
    };
    format!("{what}: .safetensors, .npz and .onnx are allowed").into()
}
