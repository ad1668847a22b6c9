//! The order of layers, and how their matrices lie, from their shapes.

use crate::given::{Dtype, Layer};

use super::names::Part;
use super::refusal::{Read, Refusal, refuse, shown};
use super::tensor::wider;
use super::{Layout, Reading};

/// Layers of a file at most.
const LAYERS: usize = 1000;
/// Steps of the search for an order at most.
const STEPS: usize = 100_000;

/// Why a layout is what it is, where no other fits.
const SHAPES: &str = "as their shapes say";

/// Layers in order, as read.
pub(super) struct Chained {
    pub layers: Vec<Layer>,
    pub dtype: Dtype,
    /// What was decided.
    pub notes: Vec<String>,
}

/// Orders in which layers fit one behind the other.
#[derive(PartialEq)]
enum Orders {
    None,
    One(Vec<usize>),
    Several,
}

/// Entries in and out of a layer; `None` where its bias does not fit.
fn ends(part: &Part, layout: Layout) -> Option<(usize, usize)> {
    let (rows, columns) = part.sides();
    let (inputs, outputs) = match layout {
        Layout::OutIn => (columns, rows),
        Layout::InOut => (rows, columns),
    };
    let fits = part.bias.as_ref().is_none_or(|bias| bias.values.len() == outputs);
    fits.then_some((inputs, outputs))
}

/// All layers, in the only order and layout in which they fit. Slopes are left at 1.
pub(super) fn chained(parts: Vec<Part>, reading: &Reading) -> Read<Chained> {
    if parts.len() > LAYERS {
        return refuse(format!("holds more than {LAYERS} layers"));
    }
    let search = |layout| orders(&parts, layout, reading.dimension);
    let (layout, order, why) = if let Some(layout) = reading.layout {
        (layout, search(layout), "as declared")
    } else {
        let (layout, order, why) =
            undeclared(&parts, search(Layout::OutIn), search(Layout::InOut))?;
        // Would the others fit, too, were it not for the inputs?
        let other = match layout {
            Layout::OutIn => Layout::InOut,
            Layout::InOut => Layout::OutIn,
        };
        let open = why == SHAPES && orders(&parts, other, None) != Orders::None;
        (layout, order, if open { "as the dimension of the inputs says" } else { why })
    };
    let order = match order {
        Orders::One(order) => order,
        Orders::None => return Err(misfit(&parts, reading)),
        Orders::Several => return Err(unordered(&parts)),
    };
    let mut dtype: Option<Dtype> = None;
    let mut parts: Vec<Option<Part>> = parts.into_iter().map(Some).collect();
    let mut layers = Vec::new();
    let mut natural = true;
    for (at, index) in order.iter().enumerate() {
        natural &= at == *index;
        let Some(part) = parts[*index].take() else { continue };
        for tensor in [Some(&part.weights), part.bias.as_ref()].into_iter().flatten() {
            let own = tensor.dtype()?;
            dtype = Some(dtype.map_or(own, |all| wider(all, own)));
        }
        let name = shown(&part.weights.name);
        let weights = part.weights.into_matrix(layout == Layout::InOut)?;
        let bias = part.bias.map(super::tensor::Tensor::into_vector);
        layers.push(Layer { weights, bias, slope: 1.0, name });
    }
    let names: Vec<&str> = layers.iter().map(|layer: &Layer| layer.name.as_str()).collect();
    let first = names.iter().take(9).copied().collect::<Vec<_>>().join(", ");
    let more = if names.len() > 9 { ", …" } else { "" };
    let by = if natural { "in the order of their names" } else { "in the only order that fits" };
    let notes = vec![
        format!("The matrices lie {layout}, {why}."),
        format!("The layers are {first}{more}, {by}."),
    ];
    let dtype = dtype.unwrap_or(Dtype::F64);
    Ok(Chained { layers, dtype, notes })
}

/// What shapes say of the layout, and names where shapes say nothing.
fn undeclared(
    parts: &[Part],
    rows: Orders,
    columns: Orders,
) -> Read<(Layout, Orders, &'static str)> {
    let by_inputs = parts.iter().all(Part::by_inputs);
    Ok(match (rows, columns) {
        (rows, Orders::None) => (Layout::OutIn, rows, SHAPES),
        (Orders::None, columns) => (Layout::InOut, columns, SHAPES),
        (_, columns) if by_inputs => (Layout::InOut, columns, "as is usual with these names"),
        _ => {
            let name = shown(&parts[0].weights.name);
            let why = format!(
                "does not say whether a row of {name} is an output, as in PyTorch, or an input: \
                 both fit"
            );
            return Err(Refusal::from(why).hint("declare {layout}: out,in or in,out"));
        }
    })
}

/// The first place, in the order of names, at which layers do not fit.
fn misfit(parts: &[Part], reading: &Reading) -> Refusal {
    let layout = reading.layout.unwrap_or(if parts.iter().all(Part::by_inputs) {
        Layout::InOut
    } else {
        Layout::OutIn
    });
    let declared = reading.layout.is_some();
    let manner = if declared { "as declared" } else { "and no better the other way round" };
    let manner = format!("matrices being {layout}, {manner}");
    let of = |part: &Part| format!("{} {:?}", shown(&part.weights.name), part.sides());
    for (at, part) in parts.iter().enumerate() {
        if let (None, Some(bias)) = (ends(part, layout), &part.bias) {
            let (weights, bias, length) = (of(part), shown(&bias.name), bias.values.len());
            return format!("has {length} numbers in {bias} for {weights}, {manner}").into();
        }
        if let Some(behind) = parts.get(at + 1) {
            let fit = ends(part, layout).zip(ends(behind, layout));
            if fit.is_none_or(|(one, two)| one.1 != two.0) {
                let (one, two) = (of(part), of(behind));
                return format!("has {two} behind {one}, which does not fit, {manner}").into();
            }
        }
    }
    let inputs = reading.dimension.unwrap_or_default();
    format!("begins with {}, but inputs have {inputs} entries, {manner}", of(&parts[0])).into()
}

fn unordered(parts: &[Part]) -> Refusal {
    let names: Vec<String> = parts.iter().take(9).map(|part| shown(&part.weights.name)).collect();
    let names = names.join(", ");
    let why = format!("does not say in which order its layers come, and several fit: {names}");
    Refusal::from(why).hint("number them in their names")
}

/// The orders in which layers fit, that keep the order of numbers in names.
fn orders(parts: &[Part], layout: Layout, dimension: Option<usize>) -> Orders {
    let Some(ends) = parts.iter().map(|part| ends(part, layout)).collect::<Option<Vec<_>>>() else {
        return Orders::None;
    };
    let before = |one: usize, other: usize| parts[one].stem.before(&parts[other].stem);
    let earlier =
        |index: usize| (0..parts.len()).filter(|other| before(*other, index) == Some(true)).count();
    let mut search = Search {
        later: (0..parts.len())
            .map(|index| {
                (0..parts.len()).filter(|other| before(index, *other) == Some(true)).collect()
            })
            .collect(),
        waiting: (0..parts.len()).map(earlier).collect(),
        placed: vec![false; parts.len()],
        order: Vec::new(),
        found: None,
        steps: 0,
        ends,
    };
    if search.go(dimension) {
        return Orders::Several;
    }
    search.found.map_or(Orders::None, Orders::One)
}

/// A search through the orders, layer by layer.
struct Search {
    ends: Vec<(usize, usize)>,
    /// Which must come later.
    later: Vec<Vec<usize>>,
    /// How many must come earlier and have not.
    waiting: Vec<usize>,
    placed: Vec<bool>,
    order: Vec<usize>,
    found: Option<Vec<usize>>,
    steps: usize,
}

impl Search {
    /// Places what is left; true once a second order is found, or the search is too long to tell.
    fn go(&mut self, width: Option<usize>) -> bool {
        self.steps += 1;
        if self.steps > STEPS {
            return true;
        }
        if self.order.len() == self.ends.len() {
            return self.found.replace(self.order.clone()).is_some();
        }
        for index in 0..self.ends.len() {
            let (inputs, outputs) = self.ends[index];
            let fits = width.is_none_or(|width| width == inputs);
            if self.placed[index] || self.waiting[index] > 0 || !fits {
                continue;
            }
            self.place(index, true);
            let several = self.go(Some(outputs));
            self.place(index, false);
            if several {
                return true;
            }
        }
        false
    }

    fn place(&mut self, index: usize, placed: bool) {
        self.placed[index] = placed;
        if placed {
            self.order.push(index);
        } else {
            self.order.pop();
        }
        for later in self.later[index].clone() {
            self.waiting[later] =
                if placed { self.waiting[later] - 1 } else { self.waiting[later] + 1 };
        }
    }
}
