//! The path of the data through a graph, operator by operator.

use std::collections::{BTreeMap, HashSet};

use crate::given::Dtype;
use crate::given::file::refusal::{Read, Refusal, refuse, shown, sides};
use crate::given::file::tensor::{AXES, ENTRIES, Kind, Tensor, wider};

use super::Graph;
use super::attributes::Attributes;
use super::constants::{constant, tensor};
use super::exact::Steps;
use super::proto;

/// A constant, and whether it was used.
pub(super) struct Constant {
    pub tensor: Tensor,
    used: bool,
}

/// What is known on the way.
pub(super) struct Path {
    /// By name.
    constants: BTreeMap<String, Constant>,
    /// What the data are called now.
    data: String,
    /// What they were called before: used again, they would branch.
    past: HashSet<String>,
    /// Their shape with the axis of the batch, which is 1.
    pub shape: Vec<usize>,
    pub steps: Steps,
    /// The widest type of the constants that became part of the network.
    pub dtype: Option<Dtype>,
    /// The operator behind which no other may come.
    pub ended: Option<String>,
    left: usize,
}

/// An operand of an operator.
pub(super) enum Received {
    Data,
    Constant(Tensor),
}

/// What an operator makes.
pub(super) enum Made {
    Data,
    Constant(Tensor),
}

/// What operators do.
pub(super) type Apply = fn(&mut Path, &proto::Node, &mut Attributes) -> Read<Made>;

impl Path {
    /// Entries of the data.
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// # Errors
    /// It is no shape that data may have.
    pub fn reshape(&mut self, shape: Vec<usize>) -> Read<()> {
        if shape.len() > AXES {
            return refuse(format!("makes an array of more than {AXES} axes"));
        }
        self.shape = shape;
        Ok(())
    }

    /// The operand at a place; `None` where there is none.
    pub fn operand(&mut self, node: &proto::Node, at: usize) -> Read<Option<Received>> {
        let Some(name) = node.inputs.get(at).filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        if *name == self.data {
            return Ok(Some(Received::Data));
        }
        if let Some(constant) = self.constants.get_mut(name) {
            constant.used = true;
            return Ok(Some(Received::Constant(constant.tensor.clone())));
        }
        if self.past.contains(name) {
            return refuse(format!(
                "uses {} again: the data may take one path, without branches",
                shown(name)
            ));
        }
        refuse(format!("uses {}, which nothing in front of it makes", shown(name)))
    }

    /// A constant operand; `None` where there is none.
    pub fn constant(&mut self, node: &proto::Node, at: usize) -> Read<Option<Tensor>> {
        match self.operand(node, at)? {
            None => Ok(None),
            Some(Received::Constant(tensor)) => Ok(Some(tensor)),
            Some(Received::Data) => {
                refuse(format!("has data as operand {at}: a constant is allowed there"))
            }
        }
    }

    /// Takes a constant into the network.
    pub fn weigh(&mut self, tensor: &Tensor) -> Read<()> {
        let own = tensor.dtype()?;
        self.dtype = Some(self.dtype.map_or(own, |all| wider(all, own)));
        Ok(())
    }

    fn keep(&mut self, name: &str, tensor: Tensor) -> Read<()> {
        let Some(left) = self.left.checked_sub(tensor.values.len()) else {
            return refuse(format!("holds more than {ENTRIES} numbers"));
        };
        self.left = left;
        let known = name == self.data || self.past.contains(name);
        let constant = Constant { tensor, used: false };
        if known || self.constants.insert(name.to_owned(), constant).is_some() {
            return refuse(format!("has two arrays of the name {}", shown(name)));
        }
        Ok(())
    }
}

/// A node as messages name it.
fn called(node: &proto::Node) -> String {
    let name = if node.name.is_empty() { node.outputs.first() } else { Some(&node.name) };
    let operator = shown(&node.operator);
    match name {
        Some(name) => format!("node {} ({operator})", shown(name)),
        None => format!("a node ({operator})"),
    }
}

pub(super) fn walk(graph: &proto::Graph, dimension: Option<usize>, apply: Apply) -> Read<Graph> {
    if !graph.sparse.is_empty() {
        return refuse("holds sparse tensors: dense ones are allowed");
    }
    let stored: HashSet<&str> = graph.initializers.iter().map(|a| a.name.as_str()).collect();
    // Old files name their arrays as inputs, too.
    let inputs: Vec<&proto::ValueInfo> =
        graph.inputs.iter().filter(|input| !stored.contains(input.name.as_str())).collect();
    let ([input], [output]) = (&inputs[..], &graph.outputs[..]) else {
        return refuse(format!(
            "has {} inputs and {} outputs: one of each is allowed",
            inputs.len(),
            graph.outputs.len()
        ));
    };
    let shape = shape(input, dimension)?;
    let mut path = Path {
        constants: BTreeMap::new(),
        data: input.name.clone(),
        past: HashSet::new(),
        shape: shape.clone(),
        steps: Steps::default(),
        dtype: None,
        ended: None,
        left: ENTRIES,
    };
    for array in &graph.initializers {
        let tensor = tensor(&array.name, array)?;
        path.keep(&array.name, tensor)?;
    }
    for node in &graph.nodes {
        step(&mut path, node, apply).map_err(|why| why.of_node(&called(node)))?;
    }
    if path.data != output.name {
        let (output, data) = (shown(&output.name), shown(&path.data));
        return refuse(format!("has the output {output}, but its operators end with {data}"));
    }
    if let Some((name, _)) = path.constants.iter().find(|(_, constant)| !constant.used) {
        return refuse(format!("tensor {} is used by no operator", shown(name)));
    }
    let width = path.width();
    path.steps.finish(width)?;
    let mut notes = Vec::new();
    let steps = path.steps.normalisation.len();
    if steps > 0 {
        let plural = if steps == 1 { "step" } else { "steps" };
        notes.push(format!("The file begins with {steps} {plural} entry by entry, kept exactly."));
    }
    if let Some(operator) = path.ended {
        notes.push(format!(
            "The file ends with {operator}, which changes no class: outputs are those in front \
             of it."
        ));
    }
    let Steps { normalisation, layers, .. } = path.steps;
    let dtype = path.dtype.unwrap_or(Dtype::F32);
    let batch = usize::from(shape.len() > 1);
    Ok(Graph { normalisation, layers, dtype, shape: shape[batch..].to_vec(), notes })
}

/// The shape of the input, its batch being 1.
fn shape(input: &proto::ValueInfo, dimension: Option<usize>) -> Read<Vec<usize>> {
    let name = shown(&input.name);
    let tensor = input.kind.as_ref().and_then(|kind| kind.tensor.as_ref());
    if let Some(kind) = tensor.map(|tensor| tensor.kind)
        && ![0, 1, 10, 11, 16].contains(&kind)
    {
        return refuse(format!("input {name} has type {kind} of ONNX: floats are allowed"));
    }
    let Some(shape) = tensor.and_then(|tensor| tensor.shape.as_ref()) else {
        return match dimension {
            Some(dimension) => Ok(vec![1, dimension]),
            None => refuse(format!("input {name} has no shape")),
        };
    };
    let free = |side: &proto::Side| side.value.is_none_or(|value| value <= 0);
    let axes = shape.sides.len();
    let known: Vec<Option<usize>> = shape
        .sides
        .iter()
        .enumerate()
        .map(|(axis, side)| match side.value {
            Some(value) if !free(side) => usize::try_from(value).ok(),
            _ if axis == 0 && axes > 1 => Some(1),
            _ if axes <= 2 => dimension,
            _ => None,
        })
        .collect();
    let Some(known) = known.into_iter().collect::<Option<Vec<usize>>>() else {
        return refuse(format!("input {name} has a free axis behind the first"));
    };
    let count = known.iter().try_fold(1usize, |count, side| count.checked_mul(*side));
    let fits = known.len() <= AXES && count.is_some_and(|count| (1..=ENTRIES).contains(&count));
    if !fits {
        return refuse(format!("input {name} has shape {}, which is too large", sides(&known)));
    }
    Ok(known)
}

fn step(path: &mut Path, node: &proto::Node, apply: Apply) -> Read<()> {
    if !node.domain.is_empty() && node.domain != "ai.onnx" {
        return refuse(format!("is of {}: operators of ONNX are allowed", shown(&node.domain)));
    }
    let Some(output) = node.outputs.first().filter(|name| !name.is_empty()) else {
        return refuse("makes nothing");
    };
    let mut attributes = Attributes::new(node)?;
    let made = if node.operator == "Constant" {
        Made::Constant(constant(output, &mut attributes)?)
    } else {
        apply(path, node, &mut attributes)?
    };
    attributes.done()?;
    match made {
        Made::Constant(tensor) => path.keep(output, tensor),
        Made::Data => {
            let known = *output == path.data || path.past.contains(output);
            if known || path.constants.contains_key(output) {
                return refuse(format!("makes {} again", shown(output)));
            }
            let past = std::mem::replace(&mut path.data, output.clone());
            path.past.insert(past);
            Ok(())
        }
    }
}

impl Refusal {
    fn of_node(self, node: &str) -> Self {
        self.behind(&format!("{node} "))
    }
}

/// Whole numbers are no weights.
pub(super) fn is_whole(tensor: &Tensor) -> bool {
    !matches!(tensor.kind, Kind::Float(_))
}
