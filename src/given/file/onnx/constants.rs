//! Constants of a graph: its own arrays, and what operators make of them alone.

use crate::given::Dtype;
use crate::given::file::refusal::{Read, refuse, shown};
use crate::given::file::tensor::{Kind, Tensor, place_of, rounded};

use super::attributes::Attributes;
use super::proto::Array;

/// A type of ONNX by its number.
fn kind(number: i32) -> Option<Kind> {
    Some(match number {
        1 => Kind::Float(Dtype::F32),
        2 => Kind::Unsigned(1),
        3 => Kind::Signed(1),
        6 => Kind::Signed(4),
        7 => Kind::Signed(8),
        10 => Kind::Float(Dtype::F16),
        11 => Kind::Float(Dtype::F64),
        16 => Kind::Float(Dtype::BF16),
        _ => return None,
    })
}

/// An array of the file.
pub(super) fn tensor(name: &str, array: &Array) -> Read<Tensor> {
    let named = shown(name);
    let Some(kind) = kind(array.kind) else {
        return refuse(format!(
            "tensor {named} has type {} of ONNX: float, double, float16, bfloat16 and whole \
             numbers are allowed",
            array.kind
        ));
    };
    if array.location != 0 {
        return refuse(format!("tensor {named} is kept in another file: save it in this one"));
    }
    let sides = array.sides.iter().map(|side| usize::try_from(*side));
    let Ok(shape) = sides.collect::<Result<Vec<usize>, _>>() else {
        return refuse(format!("tensor {named} has a negative side"));
    };
    let fields = [&array.floats.len(), &array.doubles.len(), &array.ints.len(), &array.longs.len()];
    let filled = fields.iter().filter(|count| ***count > 0).count();
    let bytes = if filled == 0 {
        array.raw.clone()
    } else if filled > 1 || !array.raw.is_empty() {
        return refuse(format!("tensor {named} holds its numbers twice"));
    } else {
        match kind {
            Kind::Float(Dtype::F32) => array.floats.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Kind::Float(Dtype::F64) => array.doubles.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Kind::Signed(8) => array.longs.iter().flat_map(|v| v.to_le_bytes()).collect(),
            // Short types are kept in the low bytes of longer ones.
            other => {
                let low = |v: &i32| v.to_le_bytes().into_iter().take(other.size());
                array.ints.iter().flat_map(low).collect()
            }
        }
    };
    Tensor::decode(name, kind, shape, &bytes)
}

/// Whole numbers as a constant.
pub(super) fn whole(
    name: &str,
    values: impl IntoIterator<Item = f64>,
    scalar: bool,
) -> Read<Tensor> {
    let values: Vec<f64> = values.into_iter().collect();
    let shape = if scalar { vec![] } else { vec![values.len()] };
    Tensor::new(name, Kind::Signed(8), shape, values)
}

/// The value of the operator Constant.
pub(super) fn constant(name: &str, attributes: &mut Attributes) -> Read<Tensor> {
    let single = Kind::Float(Dtype::F32);
    if let Some(array) = attributes.array("value")? {
        return tensor(name, array);
    }
    if let Some(value) = attributes.float("value_float")? {
        return Tensor::new(name, single, vec![], vec![value]);
    }
    if let Some(values) = attributes.floats("value_floats")? {
        let values: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
        return Tensor::new(name, single, vec![values.len()], values);
    }
    if let Some(value) = attributes.int("value_int")? {
        return whole(name, [value as f64], true);
    }
    if let Some(values) = attributes.ints("value_ints")? {
        return whole(name, values.iter().map(|value| *value as f64), false);
    }
    refuse("has no value that is an array of numbers")
}

/// The whole numbers of a constant.
pub(super) fn integers(tensor: &Tensor) -> Read<Vec<i64>> {
    match tensor.kind {
        Kind::Float(_) => tensor.refuse("whole numbers are needed"),
        _ => Ok(tensor.values.iter().map(|value| *value as i64).collect()),
    }
}

/// An axis of `axes`, from behind where it is negative.
pub(super) fn axis(axis: i64, axes: usize) -> Read<usize> {
    let from = if axis < 0 { axis.saturating_add(axes as i64) } else { axis };
    match usize::try_from(from) {
        Ok(at) if at < axes => Ok(at),
        _ => refuse(format!("has axis {axis} of {axes}")),
    }
}

/// A shape that is asked for with 0 for a side that stays and −1 for what is left.
pub(super) fn reshaped(shape: &[usize], wanted: &[i64], allow_zero: bool) -> Read<Vec<usize>> {
    let count = shape.iter().product::<usize>();
    let bad = || format!("makes shape {wanted:?} of {shape:?}, which has {count} entries");
    let mut sides = Vec::new();
    let mut free = None;
    for (at, side) in wanted.iter().enumerate() {
        sides.push(match side {
            0 if !allow_zero => *shape.get(at).ok_or_else(bad)?,
            -1 if free.is_none() => {
                free = Some(at);
                1
            }
            side => usize::try_from(*side).map_err(|_| bad())?,
        });
    }
    let product = sides.iter().try_fold(1usize, |count, side| count.checked_mul(*side));
    let product = product.filter(|product| *product > 0).ok_or_else(bad)?;
    match free {
        Some(at) if count % product == 0 => sides[at] = count / product,
        None if product == count => {}
        _ => return Err(bad().into()),
    }
    Ok(sides)
}

/// A shape without sides of 1: those named, or all.
pub(super) fn squeezed(shape: &[usize], axes: Option<&[i64]>) -> Read<Vec<usize>> {
    let Some(axes) = axes else {
        return Ok(shape.iter().copied().filter(|side| *side != 1).collect());
    };
    let mut gone = vec![false; shape.len()];
    for wanted in axes {
        let at = axis(*wanted, shape.len())?;
        if shape[at] != 1 {
            return refuse(format!("takes away axis {wanted} of {shape:?}"));
        }
        gone[at] = true;
    }
    Ok(shape.iter().zip(gone).filter(|(_, gone)| !gone).map(|(side, _)| *side).collect())
}

/// A shape with sides of 1 put in.
pub(super) fn unsqueezed(shape: &[usize], axes: &[i64]) -> Read<Vec<usize>> {
    let count = shape.len() + axes.len();
    let mut new = vec![false; count];
    for wanted in axes {
        new[axis(*wanted, count)?] = true;
    }
    let mut old = shape.iter();
    let sides: Vec<usize> =
        new.iter().map(|new| if *new { 1 } else { old.next().copied().unwrap_or(1) }).collect();
    if old.next().is_some() { refuse("puts in an axis twice") } else { Ok(sides) }
}

/// A constant with its axes in another order.
pub(super) fn transposed(tensor: &Tensor, order: &[usize]) -> Read<Tensor> {
    let shape: Vec<usize> = order.iter().map(|axis| tensor.shape[*axis]).collect();
    let from = |at: usize| {
        let new = place_of(at, &shape);
        let mut old = vec![0; order.len()];
        order.iter().zip(new).for_each(|(axis, index)| old[*axis] = index);
        old.iter().zip(&tensor.shape).fold(0, |at, (index, side)| at * side + index)
    };
    let values = (0..tensor.values.len()).map(|at| tensor.values[from(at)]).collect();
    Tensor::new(&tensor.name, tensor.kind, shape, values)
}

/// The order of axes that is asked for, or all turned around.
pub(super) fn axes_order(order: Option<&[i64]>, axes: usize) -> Read<Vec<usize>> {
    let Some(order) = order else { return Ok((0..axes).rev().collect()) };
    let order: Vec<usize> = order.iter().map(|at| axis(*at, axes)).collect::<Read<_>>()?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted.into_iter().eq(0..axes) { Ok(order) } else { refuse("has axes that are no order") }
}

/// The shape of two arrays of which every entry meets one, as NumPy has it.
pub(super) fn broadcast(one: &[usize], two: &[usize]) -> Option<Vec<usize>> {
    let axes = one.len().max(two.len());
    let side = |shape: &[usize], axis: usize| {
        (axis + shape.len()).checked_sub(axes).map_or(1, |at| shape[at])
    };
    (0..axes)
        .map(|axis| match (side(one, axis), side(two, axis)) {
            (one, two) if one == two => Some(one),
            (1, side) | (side, 1) => Some(side),
            _ => None,
        })
        .collect()
}

/// The numbers of a constant as they meet the entries of an array of this shape; one number where
/// it has one.
pub(super) fn spread(tensor: &Tensor, shape: &[usize]) -> Vec<f64> {
    if let [value] = tensor.values[..] {
        return vec![value];
    }
    let less = shape.len() - tensor.shape.len();
    let from = |at: usize| {
        place_of(at, shape)[less..]
            .iter()
            .zip(&tensor.shape)
            .fold(0, |at, (index, side)| at * side + if *side == 1 { 0 } else { *index })
    };
    (0..shape.iter().product::<usize>()).map(|at| tensor.values[from(at)]).collect()
}

/// A constant as another type, which has to hold its numbers.
pub(super) fn cast(name: &str, tensor: Tensor, to: i64) -> Read<Tensor> {
    let kind = i32::try_from(to).ok().and_then(kind);
    let holds = |kind: &Kind| match *kind {
        Kind::Float(dtype) => tensor.values.iter().all(|v| rounded(*v, dtype) == *v),
        Kind::Signed(8) => tensor.values.iter().all(|v| v.fract() == 0.0),
        _ => false,
    };
    match kind.filter(holds) {
        Some(kind) => Tensor::new(name, kind, tensor.shape, tensor.values),
        None => tensor.refuse("its numbers are rounded by a cast: do that when exporting"),
    }
}
