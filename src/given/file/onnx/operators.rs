//! What every operator does to the data, or to constants.

use ndarray::Array1;

use crate::given::Elementwise;
use crate::given::file::refusal::{Read, refuse, sides};
use crate::given::file::tensor::Tensor;

use super::attributes::Attributes;
use super::constants::{
    axes_order, axis, broadcast, integers, reshaped, spread, squeezed, transposed, unsqueezed,
    whole,
};
use super::exact::exact_product;
use super::path::{Made, Path, Received};
use super::proto::Node;
use super::window;

/// What is read, for messages.
const ALLOWED: &str = "Gemm, MatMul, Conv, AveragePool, GlobalAveragePool, Add, Sub, Mul, Div, \
                       Neg, Relu, LeakyRelu, PRelu, Abs, Flatten, Reshape, Squeeze, Unsqueeze, \
                       Transpose, Identity, Dropout, Cast, Constant, and Softmax at the end are \
                       allowed";

pub(super) fn apply(path: &mut Path, node: &Node, attributes: &mut Attributes) -> Read<Made> {
    let operator = node.operator.as_str();
    if operator == "Concat" {
        return joined(path, node, attributes);
    }
    if matches!(operator, "Add" | "Sub" | "Mul" | "Div") {
        return two(path, node);
    }
    if matches!(operator, "Gemm" | "MatMul") {
        return product(path, node, attributes);
    }
    match path.operand(node, 0)? {
        None => refuse("has no operand"),
        Some(Received::Constant(tensor)) => on_constant(path, node, tensor, attributes),
        Some(Received::Data) if operator == "Shape" => {
            whole(&node.outputs[0], path.shape.iter().map(|side| *side as f64), false)
                .map(Made::Constant)
        }
        Some(Received::Data) => {
            if let Some(ended) = &path.ended {
                return refuse(format!("comes behind {ended}, which has to be the last"));
            }
            on_data(path, node, attributes).map(|()| Made::Data)
        }
    }
}

fn on_data(path: &mut Path, node: &Node, attributes: &mut Attributes) -> Read<()> {
    let (width, name) = (path.width(), label(node));
    match node.operator.as_str() {
        "Relu" => path.steps.activation(0.0, width, name),
        "Abs" => path.steps.activation(-1.0, width, name),
        "LeakyRelu" => {
            let slope = attributes.float("alpha")?.unwrap_or(f64::from(0.01f32));
            activation(path, slope, name)
        }
        "PRelu" => {
            let slope = path.constant(node, 1)?.ok_or("has no slope")?;
            let first = slope.values[0];
            if slope.values.iter().any(|value| *value != first) {
                return slope.refuse("it has several slopes: one for all entries is allowed");
            }
            path.weigh(&slope)?;
            activation(path, first, name)
        }
        "Neg" => {
            let minus = Elementwise::Multiply(Array1::from_vec(vec![-1.0]));
            path.steps.elementwise(minus, width, name)
        }
        "Conv" => {
            let kernel = path.constant(node, 1)?.ok_or("has no kernel")?;
            let bias = path.constant(node, 2)?;
            path.weigh(&kernel)?;
            let (matrix, shape) = window::convolution(&kernel, &path.shape, attributes)?;
            let out = shape[1];
            path.steps.linear(matrix, crate::given::file::refusal::shown(&kernel.name))?;
            path.reshape(shape)?;
            let Some(bias) = bias else { return Ok(()) };
            path.weigh(&bias)?;
            if bias.shape != [out] {
                return bias.refuse(&format!("a bias for {out} channels is needed"));
            }
            let places = path.width() / out;
            let each = bias.values.iter().flat_map(|value| std::iter::repeat_n(*value, places));
            let step = Elementwise::Add(each.collect());
            path.steps.elementwise(step, path.width(), name)
        }
        "AveragePool" | "GlobalAveragePool" => {
            let whole = node.operator == "GlobalAveragePool";
            let (matrix, shape) = window::average(&path.shape, whole, attributes)?;
            path.steps.linear(matrix, name)?;
            path.reshape(shape)
        }
        "Softmax" | "LogSoftmax" => {
            let given = attributes.int("axis")?.unwrap_or(-1);
            let at = axis(given, path.shape.len())?;
            if path.shape[at] != width || width == 1 {
                return refuse("is over a part of the outputs: over all of several is allowed");
            }
            path.ended = Some(node.operator.clone());
            Ok(())
        }
        "Transpose" => {
            let order = axes_order(attributes.ints("perm")?, path.shape.len())?;
            let long: Vec<&usize> = order.iter().filter(|axis| path.shape[**axis] > 1).collect();
            if !long.is_sorted() {
                return refuse("puts the entries of an input in another order, which is not read");
            }
            path.reshape(order.iter().map(|axis| path.shape[*axis]).collect())
        }
        "Dropout" => {
            let training = path.constant(node, 2)?;
            if training.is_some_and(|flag| flag.values[0] != 0.0) {
                return refuse("is in training mode");
            }
            path.constant(node, 1)?;
            attributes.float("ratio")?;
            attributes.int("seed")?;
            Ok(())
        }
        "Cast" => match attributes.int("to")? {
            Some(1 | 11) => attributes.int("saturate").map(drop),
            _ => refuse("makes numbers that are neither float nor double"),
        },
        _ => {
            let shape = reshape(path, &path.shape.clone(), node, attributes)?;
            match shape {
                Some(shape) => path.reshape(shape),
                None => unknown(node),
            }
        }
    }
}

fn unknown<T>(node: &Node) -> Read<T> {
    match node.operator.as_str() {
        "BatchNormalization" => refuse(
            "divides by a root, which no float does exactly: fold it into the layer in front of \
             it when exporting",
        ),
        _ => refuse(format!("is no operator that is read: {ALLOWED}")),
    }
}

fn activation(path: &mut Path, slope: f64, name: String) -> Read<()> {
    if !(-1.0..=1.0).contains(&slope) {
        return refuse(format!("has slope {slope}: slopes from -1 to 1 are allowed"));
    }
    path.steps.activation(slope, path.width(), name)
}

/// The shape that an operator gives an array that it leaves as it is; `None` for another operator.
fn reshape(
    path: &mut Path,
    shape: &[usize],
    node: &Node,
    attributes: &mut Attributes,
) -> Read<Option<Vec<usize>>> {
    // Axes are attributes in old files, and operands in new ones.
    let axes = |path: &mut Path, attributes: &mut Attributes| -> Read<Option<Vec<i64>>> {
        match attributes.ints("axes")? {
            Some(axes) => Ok(Some(axes.to_vec())),
            None => path.constant(node, 1)?.as_ref().map(integers).transpose(),
        }
    };
    Ok(Some(match node.operator.as_str() {
        "Identity" => shape.to_vec(),
        "Flatten" => {
            let given = attributes.int("axis")?.unwrap_or(1);
            let at =
                if given == shape.len() as i64 { shape.len() } else { axis(given, shape.len())? };
            vec![shape[..at].iter().product(), shape[at..].iter().product()]
        }
        "Reshape" => {
            let wanted = match attributes.ints("shape")? {
                Some(shape) => shape.to_vec(),
                None => integers(&path.constant(node, 1)?.ok_or("has no shape")?)?,
            };
            reshaped(shape, &wanted, attributes.flag("allowzero")?)?
        }
        "Squeeze" => squeezed(shape, axes(path, attributes)?.as_deref())?,
        "Unsqueeze" => unsqueezed(shape, &axes(path, attributes)?.ok_or("has no axes")?)?,
        _ => return Ok(None),
    }))
}

fn on_constant(
    path: &mut Path,
    node: &Node,
    tensor: Tensor,
    attributes: &mut Attributes,
) -> Read<Made> {
    let name = &node.outputs[0];
    if let Some(shape) = reshape(path, &tensor.shape, node, attributes)? {
        return Tensor::new(name, tensor.kind, shape, tensor.values).map(Made::Constant);
    }
    Ok(Made::Constant(match node.operator.as_str() {
        "Transpose" => {
            let order = axes_order(attributes.ints("perm")?, tensor.shape.len())?;
            Tensor { name: name.clone(), ..transposed(&tensor, &order)? }
        }
        "Cast" => {
            let to = attributes.int("to")?.unwrap_or_default();
            super::constants::cast(name, tensor, to)?
        }
        "Gather" => {
            let index = path.constant(node, 1)?.ok_or("has no index")?;
            let along = attributes.int("axis")?.unwrap_or(0);
            if tensor.shape.len() != 1 || axis(along, 1)? != 0 || index.shape.len() > 1 {
                return refuse("takes entries out of a constant that is no list");
            }
            let count = tensor.values.len();
            let entry = |index: i64| Ok(tensor.values[axis(index, count)?]);
            let values = integers(&index)?.into_iter().map(entry).collect::<Read<Vec<f64>>>()?;
            Tensor::new(name, tensor.kind, index.shape, values)?
        }
        _ => return refuse("works on constants alone, which has to be done when exporting"),
    }))
}

/// Lists of whole numbers one behind the other: shapes that exporters put together.
fn joined(path: &mut Path, node: &Node, attributes: &mut Attributes) -> Read<Made> {
    let mut values = Vec::new();
    for at in 0..node.inputs.len() {
        let part = path.constant(node, at)?.ok_or("has an empty operand")?;
        if part.shape.len() != 1 || !super::path::is_whole(&part) {
            return refuse("joins arrays that are no shapes");
        }
        values.extend(part.values);
    }
    axis(attributes.int("axis")?.unwrap_or(0), 1)?;
    whole(&node.outputs[0], values, false).map(Made::Constant)
}

/// Add, Sub, Mul, Div of the data and a constant.
fn two(path: &mut Path, node: &Node) -> Read<Made> {
    let (first, second) = match (path.operand(node, 0)?, path.operand(node, 1)?) {
        (Some(Received::Data), Some(Received::Constant(c))) => (true, c),
        (Some(Received::Constant(c)), Some(Received::Data)) => (false, c),
        (Some(Received::Data), Some(Received::Data)) => {
            return refuse("has data on both sides: a constant on one of them is allowed");
        }
        (Some(_), Some(_)) => {
            return refuse("works on constants alone, which has to be done when exporting");
        }
        _ => return refuse("has less than two operands"),
    };
    if let Some(ended) = &path.ended {
        return refuse(format!("comes behind {ended}, which has to be the last"));
    }
    path.weigh(&second)?;
    let (data, own) = (path.shape.clone(), second.shape.clone());
    let shape =
        broadcast(&data, &own).filter(|shape| shape.iter().product::<usize>() == path.width());
    let Some(shape) = shape else {
        return second.refuse(&format!("it does not fit data of shape {}", sides(&data)));
    };
    let numbers = Array1::from_vec(spread(&second, &shape));
    path.reshape(shape)?;
    let width = path.width();
    let mut push = |step: Elementwise| path.steps.elementwise(step, width, label(node));
    match (node.operator.as_str(), first) {
        ("Add", _) => push(Elementwise::Add(numbers))?,
        ("Mul", _) => push(Elementwise::Multiply(numbers))?,
        ("Sub", true) => push(Elementwise::Subtract(numbers))?,
        ("Sub", false) => {
            push(Elementwise::Multiply(Array1::from_vec(vec![-1.0])))?;
            push(Elementwise::Add(numbers))?;
        }
        ("Div", true) if numbers.iter().any(|number| *number == 0.0) => {
            return second.refuse("it has a 0, by which nothing is divided");
        }
        ("Div", true) => push(Elementwise::Divide(numbers))?,
        _ => return refuse("divides by the data: dividing them is allowed"),
    }
    Ok(Made::Data)
}

/// Gemm and MatMul of the data and a constant.
fn product(path: &mut Path, node: &Node, attributes: &mut Attributes) -> Read<Made> {
    let gemm = node.operator == "Gemm";
    let (weights, behind) = match (path.operand(node, 0)?, path.operand(node, 1)?) {
        (Some(Received::Data), Some(Received::Constant(weights))) => (weights, true),
        (Some(Received::Constant(weights)), Some(Received::Data)) => (weights, false),
        _ => return refuse("has to multiply the data and a constant"),
    };
    if let Some(ended) = &path.ended {
        return refuse(format!("comes behind {ended}, which has to be the last"));
    }
    let turns = (gemm && attributes.flag("transA")?, gemm && attributes.flag("transB")?);
    let (turn_data, turn_weights) = if behind { turns } else { (turns.1, turns.0) };
    let Some((rows, columns)) = weights.matrix() else {
        return weights.refuse("a matrix is needed");
    };
    let (rows, columns) = if turn_weights { (columns, rows) } else { (rows, columns) };
    let (inputs, outputs) = if behind { (rows, columns) } else { (columns, rows) };
    let mut data = path.shape.clone();
    if turn_data {
        data.reverse();
    }
    // The data are one row in front of the matrix, or one column behind it.
    let axes = data.len();
    let along = if behind || axes == 1 { axes.checked_sub(1) } else { axes.checked_sub(2) };
    let Some(along) = along.filter(|along| data[*along] == path.width() && (!gemm || axes == 2))
    else {
        let shape = sides(&data);
        return weights.refuse(&format!(
            "data of shape {shape} are no single row or column for it: a batch of 1 is allowed"
        ));
    };
    if data[along] != inputs {
        return weights
            .refuse(&format!("it takes {inputs} entries, the data have {}", data[along]));
    }
    path.weigh(&weights)?;
    let name = crate::given::file::refusal::shown(&weights.name);
    let matrix = weights.into_matrix(behind != turn_weights)?;
    path.steps.linear(matrix, name)?;
    data[along] = outputs;
    path.reshape(data)?;
    if gemm {
        rest_of_gemm(path, node, attributes, outputs)?;
    }
    Ok(Made::Data)
}

/// alpha and beta · C.
fn rest_of_gemm(
    path: &mut Path,
    node: &Node,
    attributes: &mut Attributes,
    outputs: usize,
) -> Read<()> {
    let alpha = attributes.float("alpha")?.unwrap_or(1.0);
    let beta = attributes.float("beta")?.unwrap_or(1.0);
    if alpha != 1.0 {
        let step = Elementwise::Multiply(Array1::from_vec(vec![alpha]));
        path.steps.elementwise(step, outputs, label(node))?;
    }
    let Some(bias) = path.constant(node, 2)? else { return Ok(()) };
    path.weigh(&bias)?;
    if broadcast(&path.shape, &bias.shape).as_ref() != Some(&path.shape) {
        return bias.refuse(&format!("it does not fit {outputs} outputs"));
    }
    let numbers = spread(&bias, &path.shape).into_iter().map(|c| exact_product(c, beta));
    match numbers.collect::<Option<Array1<f64>>>() {
        Some(numbers) => path.steps.elementwise(Elementwise::Add(numbers), outputs, label(node)),
        None => bias.refuse(&format!("beta = {beta} times it is no float")),
    }
}

/// What a layer is called that has no array.
fn label(node: &Node) -> String {
    let name = if node.name.is_empty() { &node.outputs[0] } else { &node.name };
    crate::given::file::refusal::shown(name)
}
