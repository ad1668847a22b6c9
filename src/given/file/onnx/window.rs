//! Convolutions and averages over windows as matrices.

use ndarray::Array2;

use crate::given::file::refusal::{Read, refuse, sides};
use crate::given::file::tensor::{Tensor, place_of};

use super::attributes::Attributes;

/// Entries at most of a matrix that a file does not hold as such.
pub(super) const LOWERED: usize = 1 << 22;

/// Entries of the kernel, over all places, at most.
const STEPS: usize = 1 << 26;

/// A matrix of zeros, if it is not too large.
pub(super) fn zeros(outputs: usize, inputs: usize) -> Read<Array2<f64>> {
    match outputs.checked_mul(inputs) {
        Some(count) if count <= LOWERED => Ok(Array2::zeros((outputs, inputs))),
        _ => refuse(format!(
            "is a matrix of {outputs} × {inputs} when written out: {LOWERED} entries are allowed"
        )),
    }
}

/// How a window moves over the axes of a picture.
pub(super) struct Window {
    /// Of the picture.
    inputs: Vec<usize>,
    /// Of the result.
    outputs: Vec<usize>,
    kernel: Vec<usize>,
    strides: Vec<usize>,
    dilations: Vec<usize>,
    /// In front.
    pads: Vec<usize>,
}

impl Window {
    /// From the attributes of a convolution or a pooling.
    pub fn new(
        inputs: &[usize],
        kernel: Option<&[usize]>,
        attributes: &mut Attributes,
    ) -> Read<Self> {
        let axes = inputs.len();
        let declared = attributes.ints("kernel_shape")?.map(positive).transpose()?;
        let kernel = match (kernel.map(<[usize]>::to_vec), declared) {
            (Some(own), Some(declared)) if own != declared => {
                return refuse("declares another kernel than it has");
            }
            (Some(kernel), _) | (None, Some(kernel)) => kernel,
            (None, None) => return refuse("has no kernel"),
        };
        let ones = || vec![1; axes];
        let strides = attributes.ints("strides")?.map(positive).transpose()?.unwrap_or_else(ones);
        let dilations =
            attributes.ints("dilations")?.map(positive).transpose()?.unwrap_or_else(ones);
        if attributes.flag("ceil_mode")? {
            return refuse("rounds its shape up (ceil_mode): 0 is allowed");
        }
        let pads = attributes.ints("pads")?;
        let auto = attributes.text("auto_pad")?.unwrap_or("NOTSET");
        let spans: Vec<Option<usize>> = kernel
            .iter()
            .zip(&dilations)
            .map(|(side, step)| (side - 1).checked_mul(*step)?.checked_add(1))
            .collect();
        let all = [kernel.len(), strides.len(), dilations.len()];
        if axes == 0 || all.iter().any(|count| *count != axes) {
            return refuse("has a kernel, strides or dilations for another number of axes");
        }
        let mut window = Window {
            inputs: inputs.to_vec(),
            outputs: vec![],
            kernel,
            strides,
            dilations,
            pads: vec![],
        };
        for (axis, span) in spans.into_iter().enumerate() {
            let (side, stride) = (inputs[axis], window.strides[axis]);
            let Some(span) = span else { return refuse("has a kernel of endless dilation") };
            let (before, behind) = match auto {
                "VALID" => (0, 0),
                "SAME_UPPER" | "SAME_LOWER" => {
                    let steps = side.div_ceil(stride) - 1;
                    let reach = steps.saturating_mul(stride).saturating_add(span);
                    let all = reach.saturating_sub(side);
                    let less = all / 2;
                    if auto == "SAME_UPPER" { (less, all - less) } else { (all - less, less) }
                }
                "NOTSET" => match pads {
                    None => (0, 0),
                    Some(pads) if pads.len() == 2 * axes => {
                        (small(pads[axis])?, small(pads[axes + axis])?)
                    }
                    Some(_) => return refuse("has pads for another number of axes"),
                },
                _ => return refuse("has an auto_pad that is not known"),
            };
            let padded = side + before + behind;
            let Some(room) = padded.checked_sub(span) else {
                return refuse("has a kernel larger than what it is moved over");
            };
            window.outputs.push(room / stride + 1);
            window.pads.push(before);
        }
        let all = window.outputs.iter().chain(&window.kernel);
        match all.into_iter().try_fold(1usize, |count, side| count.checked_mul(*side)) {
            Some(count) if count <= STEPS => Ok(window),
            _ => refuse("has too many places and too large a kernel to be written out"),
        }
    }

    /// For every place of the result: its index, and pairs of an index into the kernel and into
    /// the picture, where the window is not over the padding.
    fn each(&self, mut visit: impl FnMut(usize, &[(usize, usize)])) {
        let mut pairs = Vec::new();
        for at in 0..self.places() {
            let place = place_of(at, &self.outputs);
            pairs.clear();
            for index in 0..self.kernel.iter().product() {
                let inside = place.iter().zip(place_of(index, &self.kernel)).enumerate().try_fold(
                    0,
                    |sum, (axis, (output, offset))| {
                        let at = output * self.strides[axis] + offset * self.dilations[axis];
                        let at = at.checked_sub(self.pads[axis])?;
                        (at < self.inputs[axis]).then(|| sum * self.inputs[axis] + at)
                    },
                );
                pairs.extend(inside.map(|inside| (index, inside)));
            }
            visit(at, &pairs);
        }
    }

    fn places(&self) -> usize {
        self.outputs.iter().product()
    }
}

/// Beyond it no side, stride or padding makes sense here, and sums of a few do not overflow.
const SIDE: usize = 1 << 26;

fn small(value: i64) -> Read<usize> {
    match usize::try_from(value) {
        Ok(value) if value <= SIDE => Ok(value),
        _ => refuse(format!("has {value} as a side or a padding")),
    }
}

fn positive(values: &[i64]) -> Read<Vec<usize>> {
    let value = |value: &i64| match small(*value) {
        Ok(0) => refuse("has a side or a stride of 0"),
        value => value,
    };
    values.iter().map(value).collect()
}

/// A convolution as a matrix, and the shape of its result, of inputs of shape (1, C, …).
pub(super) fn convolution(
    kernel: &Tensor,
    shape: &[usize],
    attributes: &mut Attributes,
) -> Read<(Array2<f64>, Vec<usize>)> {
    let groups = match attributes.int("group")?.unwrap_or(1) {
        0 => return refuse("has 0 groups"),
        groups => small(groups)?,
    };
    let ([1, channels, axes @ ..], [out, inner, own @ ..]) = (shape, &kernel.shape[..]) else {
        return kernel.refuse(&format!("it is no kernel for inputs of shape {}", sides(shape)));
    };
    let (channels, out, inner) = (*channels, *out, *inner);
    if inner.checked_mul(groups) != Some(channels) || out % groups != 0 {
        return kernel.refuse(&format!("it does not fit {channels} channels in {groups} groups"));
    }
    let window = Window::new(axes, Some(own), attributes)?;
    let (pixels, places) = (axes.iter().product::<usize>(), window.places());
    let mut matrix = zeros(out.saturating_mul(places), channels * pixels)?;
    let size = own.iter().product::<usize>();
    window.each(|at, pairs| {
        for row in 0..out {
            let group = row / (out / groups);
            for channel in 0..inner {
                let from = (row * inner + channel) * size;
                let column = (group * inner + channel) * pixels;
                for (index, inside) in pairs {
                    matrix[(row * places + at, column + inside)] = kernel.values[from + index];
                }
            }
        }
    });
    Ok((matrix, [&[1, out], &window.outputs[..]].concat()))
}

/// Averages over windows as a matrix, and the shape of the result; over all of a channel where
/// `whole`.
pub(super) fn average(
    shape: &[usize],
    whole: bool,
    attributes: &mut Attributes,
) -> Read<(Array2<f64>, Vec<usize>)> {
    let [1, channels, axes @ ..] = shape else {
        return refuse(format!("has inputs of shape {}: (1, C, …) is allowed", sides(shape)));
    };
    let padded = attributes.flag("count_include_pad")?;
    let window = Window::new(axes, whole.then_some(axes), attributes)?;
    let (pixels, places) = (axes.iter().product::<usize>(), window.places());
    let all = window.kernel.iter().product::<usize>();
    let mut matrix = zeros(channels.saturating_mul(places), channels * pixels)?;
    let mut inexact = None;
    window.each(|at, pairs| {
        let count = if padded { all } else { pairs.len() };
        if !count.is_power_of_two() {
            inexact = Some(count);
            return;
        }
        for channel in 0..*channels {
            for (_, inside) in pairs {
                matrix[(channel * places + at, channel * pixels + inside)] = 1.0 / count as f64;
            }
        }
    });
    match inexact {
        Some(count) => refuse(format!(
            "averages {count} entries, which no float does exactly: 1, 2, 4, 8, … are allowed"
        )),
        None => Ok((matrix, [&[1, *channels], &window.outputs[..]].concat())),
    }
}
