//! Grids of networks, from text.

use serde::{Deserialize, Serialize};

use super::quantity::{QUANTITIES, Quantity};
use crate::model::clean::compact;
use crate::model::error::{Error, Result};
use crate::model::params::{Amount, Architecture, MAX_DEPTH, MAX_WIDTH, Params, Probability};
use crate::model::slope::Slope;
use crate::num::whole_number;
use crate::run::shown;

/// Cells of one study at most.
const MOST_CELLS: usize = 100_000;

/// Times that the cells of a study are in memory at once.
const COPIES: u64 = 2;
/// Bytes that an exact number takes for a character of its text, at most: the text, and numerator
/// and denominator.
const TEXTS: usize = 3;
/// Bytes that are kept of a cell that was measured, with room to spare.
const MEASURED: u64 = 16 << 10;

/// A study as it is written: every list as text, in the way of the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grid {
    /// L, as `1..10` or `1,2,5,10`.
    pub depths: String,
    /// Input dimensions d, as `64,256,1024`.
    pub widths: String,
    /// How hidden widths follow from d: see [`Shape`].
    pub shape: String,
    /// δ, one or more.
    pub delta: String,
    /// R/‖x‖, one or more; `usual` for 1/√d.
    pub radius: String,
    /// t, one or more; `usual` for 2, and in the stage `direct` the best for its bound.
    pub step: String,
    /// Slopes of the activation at negative arguments, one or more: 0 is ReLU.
    #[serde(skip_serializing_if = "is_relu")]
    pub slope: String,
    /// What is measured, by name.
    pub quantities: String,
    /// Networks sampled in each cell; 0 for bounds alone.
    pub trials: String,
    /// Networks of these in which suprema are searched and the step is taken.
    pub searches: String,
    /// Seed of all random numbers.
    pub seed: String,
}

/// As a study has it that says nothing of slopes.
const RELU: &str = "0";

/// Is it left out of the record?
fn is_relu(slope: &str) -> bool {
    slope == RELU
}

/// All pairs, the second changing faster.
fn pairs<'a, A, B>(
    first: &'a [A],
    second: &'a [B],
) -> impl Iterator<Item = (&'a A, &'a B)> + use<'a, A, B> {
    first.iter().flat_map(|a| second.iter().map(move |b| (a, b)))
}

/// Named studies: how the constants grow with depth, proved and observed; and from which depth on
/// the step fails.
pub const PRESETS: [&str; 2] = ["depth", "width"];

impl Grid {
    /// The named study.
    ///
    /// # Errors
    /// An unknown name.
    pub fn preset(name: &str) -> Result<Self> {
        let text = |text: &str| text.to_owned();
        match name {
            "depth" => Ok(Grid {
                // At depth 1 the gradient changes in another way than below.
                depths: text("2..12"),
                widths: text("128"),
                trials: text("400"),
                searches: text("200"),
                ..Grid::default()
            }),
            "width" => Ok(Grid {
                depths: text("1,2,3,4,6,8,11,16,22"),
                widths: text("16,32,64,128,256"),
                quantities: text("flips"),
                searches: text("200"),
                ..Grid::default()
            }),
            _ => Err(Error::new("preset", name, format!("presets are {}", PRESETS.join(", ")))),
        }
    }
}

impl Default for Grid {
    fn default() -> Self {
        let names: Vec<&str> = QUANTITIES.iter().map(|quantity| quantity.name).collect();
        Grid {
            depths: "1..8".into(),
            widths: "64".into(),
            shape: "equal".into(),
            delta: "0.1".into(),
            radius: "usual".into(),
            step: "usual".into(),
            slope: RELU.into(),
            quantities: names.join(","),
            trials: "200".into(),
            searches: "50".into(),
            seed: "1".into(),
        }
    }
}

/// How the widths of hidden layers follow from the input dimension d.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// `equal`: all d.
    Equal,
    /// `factor:0.5`: each layer's width is so many times that of the one before, rounded, at least
    /// 1.
    Factor(f64),
    /// `bottleneck:32@2`: all d, but that of one hidden layer; in networks that have no such layer,
    /// all d.
    Bottleneck {
        /// Its width.
        width: u128,
        /// Its place, from 1.
        layer: usize,
    },
    /// `power:1.5`: all hidden widths d^1.5, rounded.
    Power(f64),
}

impl Shape {
    /// Reads a shape.
    ///
    /// # Errors
    /// Text that is none.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            let permitted = "equal, factor:F with 0 < F ≤ 100, bottleneck:WIDTH@LAYER or power:P \
                with 0 < P ≤ 6";
            Error::new("shape", text, permitted)
        };
        let (name, rest) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
        let number = |most: f64| {
            let value: f64 = rest.parse().map_err(|_| wrong())?;
            if value > 0.0 && value <= most { Ok(value) } else { Err(wrong()) }
        };
        match name {
            "equal" if rest.is_empty() => Ok(Shape::Equal),
            "factor" => Ok(Shape::Factor(number(100.0)?)),
            "power" => Ok(Shape::Power(number(6.0)?)),
            "bottleneck" => {
                let (width, layer) = rest.split_once('@').ok_or_else(wrong)?;
                let width = whole_number(width).filter(|w| (1..=MAX_WIDTH).contains(w));
                let layer = whole_number(layer).and_then(|l| usize::try_from(l).ok());
                let layer = layer.filter(|l| (1..=MAX_DEPTH).contains(l));
                Ok(Shape::Bottleneck {
                    width: width.ok_or_else(wrong)?,
                    layer: layer.ok_or_else(wrong)?,
                })
            }
            _ => Err(wrong()),
        }
    }

    /// The network of this depth over inputs of this dimension.
    ///
    /// # Errors
    /// Widths beyond those allowed.
    pub fn network(self, input: u128, depth: usize) -> Result<Architecture> {
        let rounded = |width: f64| (width.round() as u128).max(1);
        let width = |layer: usize| match self {
            Shape::Bottleneck { width, layer: place } if layer == place => width,
            Shape::Equal | Shape::Bottleneck { .. } => input,
            Shape::Factor(factor) => rounded(input as f64 * factor.powi(layer as i32)),
            Shape::Power(power) => rounded((input as f64).powf(power)),
        };
        let hidden = (1..=depth).map(width);
        Architecture::new(std::iter::once(input).chain(hidden).collect())
    }
}

/// One network of a grid, with what is asked about it.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Its place in the order of the study, from 0.
    pub index: usize,
    /// Everything that a run needs.
    pub params: Params,
}

/// What the cells of a study are made from.
struct Lists {
    depths: Vec<usize>,
    inputs: Vec<u128>,
    shape: Shape,
    deltas: Vec<Probability>,
    radii: Vec<Option<Amount>>,
    steps: Vec<Option<Amount>>,
    slopes: Vec<Slope>,
}

impl Lists {
    /// Cells, if they can be counted.
    fn count(&self) -> Option<usize> {
        let lists = [self.depths.len(), self.inputs.len(), self.at_one_network()?];
        lists.iter().try_fold(1usize, |product, n| product.checked_mul(*n))
    }

    /// Cells that differ in δ, radius, step or slope alone.
    fn at_one_network(&self) -> Option<usize> {
        let lists = [self.deltas.len(), self.radii.len(), self.steps.len(), self.slopes.len()];
        lists.iter().try_fold(1usize, |product, n| product.checked_mul(*n))
    }
}

impl Grid {
    /// Before anything is built: do the cells and what is kept of them fit into `available` bytes?
    ///
    /// # Errors
    /// They do not; or the first list that cannot be used.
    pub fn fits(&self, available: u64) -> Result<()> {
        let lists = self.lists()?;
        let count = lists.count().unwrap_or(usize::MAX) as u64;
        let texts = [&self.delta, &self.radius, &self.step, &self.slope].map(String::len);
        let texts: usize = texts.iter().sum();
        let each = (size_of::<Cell>() + TEXTS * texts) as u64 + MEASURED;
        let widths: u64 = lists.depths.iter().map(|&depth| depth as u64 + 1).sum();
        let alike = (lists.inputs.len() * lists.at_one_network().unwrap_or(usize::MAX)) as u64;
        let widths = (size_of::<u128>() as u64 * widths).saturating_mul(alike);
        let bytes = COPIES * count.saturating_mul(each).saturating_add(widths);
        if bytes <= available {
            return Ok(());
        }
        let (needed, free) = (shown(bytes), shown(available));
        let permitted = format!("{count} cells take up to {needed}, and {free} of memory are free");
        Err(Error::new("depths", &self.depths, permitted).hint("divide the study"))
    }

    /// All cells: by d, then by depth, δ, radius, step and slope.
    ///
    /// # Errors
    /// The first list that cannot be used.
    pub fn cells(&self) -> Result<Vec<Cell>> {
        let Lists { depths, inputs, shape, deltas, radii, steps, slopes } = self.lists()?;
        let mut cells = Vec::new();
        for &input in &inputs {
            for &depth in &depths {
                let architecture = shape.network(input, depth)?;
                for delta in &deltas {
                    for radius in &radii {
                        for (step, slope) in pairs(&steps, &slopes) {
                            let params = Params {
                                radius: radius.clone(),
                                step: step.clone(),
                                slope: slope.clone(),
                                ..Params::new(architecture.clone(), delta.clone())
                            };
                            cells.push(Cell { index: cells.len(), params });
                        }
                    }
                }
            }
        }
        Ok(cells)
    }

    fn lists(&self) -> Result<Lists> {
        let depths = depths("depths", &self.depths)?;
        let inputs = list("widths", &self.widths, |text| {
            let width = whole_number(text).filter(|w| (1..=MAX_WIDTH).contains(w));
            width.ok_or_else(|| {
                let permitted = "input dimensions from 1 to 1e36, separated by commas";
                Error::new("widths", text, permitted)
            })
        })?;
        once("widths", &self.widths, &inputs, |width| *width)?;
        let shape = Shape::parse(&self.shape)?;
        let deltas = list("delta", &self.delta, |text| Probability::parse("delta", text))?;
        once("delta", &self.delta, &deltas, |delta| delta.value().clone())?;
        let usual = |text: &str| text == "usual";
        let radii = list("radius", &self.radius, |text| {
            if usual(text) { Ok(None) } else { Amount::radius(text).map(Some) }
        })?;
        let steps = list("step", &self.step, |text| {
            if usual(text) { Ok(None) } else { Amount::step(text).map(Some) }
        })?;
        let value = |amount: &Option<Amount>| amount.as_ref().map(|amount| amount.value().clone());
        once("radius", &self.radius, &radii, value)?;
        once("step", &self.step, &steps, value)?;
        let slopes = list("slope", &self.slope, Slope::parse)?;
        once("slope", &self.slope, &slopes, |slope| slope.value().clone())?;
        let lists = Lists { depths, inputs, shape, deltas, radii, steps, slopes };
        if lists.count().is_none_or(|count| count > MOST_CELLS) {
            let permitted = format!("at most {MOST_CELLS} cells in one study");
            return Err(Error::new("depths", &self.depths, permitted));
        }
        Ok(lists)
    }

    /// What is measured, in the order of the proof.
    ///
    /// # Errors
    /// A name that is none's.
    pub fn quantities(&self) -> Result<Vec<&'static Quantity>> {
        let named = list("quantities", &self.quantities, |text| {
            QUANTITIES.iter().position(|quantity| quantity.name == text).ok_or_else(|| {
                let names: Vec<&str> = QUANTITIES.iter().map(|quantity| quantity.name).collect();
                Error::new("quantities", text, format!("quantities are {}", names.join(", ")))
            })
        })?;
        let mut places = named;
        places.sort_unstable();
        places.dedup();
        Ok(places.into_iter().map(|place| &QUANTITIES[place]).collect())
    }

    /// Trials, searches and seed.
    ///
    /// # Errors
    /// A number that is none or out of range.
    pub fn numbers(&self) -> Result<[u64; 3]> {
        let number = |flag: &str, text: &str, most: u64| {
            let value = whole_number(text.trim()).and_then(|n| u64::try_from(n).ok());
            value.filter(|n| *n <= most).ok_or_else(|| {
                Error::new(flag, text, format!("a whole number from 0 to {most}, such as 200"))
            })
        };
        Ok([
            number("trials", &self.trials, 1_000_000_000)?,
            number("searches", &self.searches, 1_000_000_000)?,
            number("seed", &self.seed, u64::MAX)?,
        ])
    }

    /// The same plan with depths and numbers in one spelling, so that two spellings are one study.
    ///
    /// # Errors
    /// Depths or numbers that cannot be used.
    pub fn in_one_spelling(self) -> Result<Self> {
        let [trials, searches, seed] = self.numbers()?.map(|number| number.to_string());
        let depths = depths("depths", &self.depths)?;
        let runs = depths.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
            [from, _, .., to] => format!("{from}..{to}"),
            few => few.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        });
        let depths = runs.collect::<Vec<_>>().join(",");
        let texts = [self.widths, self.shape, self.delta, self.radius, self.step, self.slope];
        let [widths, shape, delta, radius, step, slope] = texts.map(|text| compact(&text));
        let quantities = compact(&self.quantities);
        let lists = Grid { depths, widths, shape, delta, radius, step, slope, ..Grid::default() };
        Ok(Grid { quantities, trials, searches, seed, ..lists })
    }

    /// Reads a plan in TOML; entries that are not there are the usual ones. Numbers may be written
    /// without quotation marks.
    ///
    /// # Errors
    /// What is wrong with the text, in one line.
    pub fn from_toml(text: &str) -> std::result::Result<Self, String> {
        let line = |why: toml::de::Error| {
            let message = why.message().lines().collect::<Vec<_>>().join(", ");
            match why.span().filter(|span| span.start > 0) {
                Some(span) => {
                    let line = text[..span.start.min(text.len())].lines().count();
                    format!("line {line}: {message}")
                }
                None => message,
            }
        };
        let mut table: toml::Table = toml::from_str(text).map_err(line)?;
        for (_, value) in &mut table {
            if let Some(text) = written(value) {
                *value = toml::Value::String(text);
            }
        }
        table.try_into().map_err(line)
    }

    /// Entries that differ, as (name, here, there).
    pub fn differences(&self, other: &Grid) -> Vec<(String, String, String)> {
        let entries = |plan: &Grid| match serde_json::to_value(plan) {
            Ok(serde_json::Value::Object(map)) => map,
            other => unreachable!("a plan is an object: {other:?}"),
        };
        let (here, there) = (entries(self), entries(other));
        let mut names: Vec<&String> = here.keys().chain(there.keys()).collect();
        names.dedup();
        // What is not written is the usual slope.
        let text = |plan: &serde_json::Map<String, serde_json::Value>, name: &str| {
            let value = plan.get(name).and_then(serde_json::Value::as_str);
            value.unwrap_or(RELU).to_owned()
        };
        let differ = |name: &&String| here.get(*name) != there.get(*name);
        let mut found: Vec<(String, String, String)> = names
            .into_iter()
            .filter(differ)
            .map(|name| (name.clone(), text(&here, name), text(&there, name)))
            .collect();
        found.sort();
        found.dedup();
        found
    }
}

/// Numbers and lists as the command line has them; `None` for what is neither.
fn written(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Array(items) => {
            Some(items.iter().map(written).collect::<Option<Vec<_>>>()?.join(","))
        }
        _ => None,
    }
}

/// The entries of a list, which has at least one.
fn list<T>(flag: &str, text: &str, one: impl Fn(&str) -> Result<T>) -> Result<Vec<T>> {
    if text.trim().is_empty() {
        return Err(Error::new(flag, text, "a list with at least one entry"));
    }
    text.split(',').map(|item| one(item.trim())).collect()
}

/// Refuses a list that has the same entry twice, by value.
fn once<T, K: Ord>(flag: &str, text: &str, list: &[T], value: impl Fn(&T) -> K) -> Result<()> {
    let different: std::collections::BTreeSet<K> = list.iter().map(value).collect();
    if different.len() == list.len() {
        return Ok(());
    }
    Err(Error::new(flag, text, "entries that are all different"))
}

/// Reads depths such as `1..10` or `1,2,5..8`, in increasing order.
///
/// # Errors
/// Text that is no list of depths.
pub fn depths(flag: &str, text: &str) -> Result<Vec<usize>> {
    let permitted = "depths from 1 to 10000, as 1..10 or 1,2,5,10; at most 1000 of them";
    let wrong = || Error::new(flag, text, permitted);
    let one = |text: &str| {
        let depth = whole_number(text.trim()).and_then(|n| usize::try_from(n).ok());
        depth.filter(|depth| (1..=MAX_DEPTH).contains(depth)).ok_or_else(wrong)
    };
    let mut found = std::collections::BTreeSet::new();
    for item in text.split(',') {
        let (from, to) = item.split_once("..").unwrap_or((item, item));
        let (from, to) = (one(from)?, one(to)?);
        if from > to {
            return Err(wrong());
        }
        found.extend((from..=to).take(1001));
        if found.len() > 1000 {
            return Err(wrong());
        }
    }
    Ok(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(shape: &str, input: u128, depth: usize) -> String {
        Shape::parse(shape).unwrap().network(input, depth).unwrap().to_string()
    }

    #[test]
    fn shapes_give_the_widths_that_they_name() {
        assert_eq!(widths("equal", 64, 3), "64x3");
        assert_eq!(widths("factor:0.5", 100, 3), "100,50,25,13");
        assert_eq!(widths("factor:0.1", 10, 3), "10,1x3");
        assert_eq!(widths("bottleneck:8@2", 64, 3), "64x2,8,64");
        assert_eq!(widths("bottleneck:8@5", 64, 3), "64x3");
        assert_eq!(widths("power:1.5", 64, 2), "64,512x2");
        for wrong in ["", "equals", "factor:", "factor:-1", "factor:nan", "bottleneck:8", "power:7"]
        {
            assert!(Shape::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_grid_has_every_combination_once_in_a_fixed_order() {
        let plan = Grid {
            depths: "1,3".into(),
            widths: "8,16".into(),
            delta: "0.1,0.01".into(),
            step: "usual,3".into(),
            ..Grid::default()
        };
        let cells = plan.cells().unwrap();
        assert_eq!(cells.len(), 16);
        assert!(cells.iter().enumerate().all(|(i, cell)| cell.index == i));
        let first: Vec<String> =
            cells.iter().map(|cell| cell.params.architecture.to_string()).collect();
        assert_eq!([&first[0], &first[4], &first[8]], ["8x1", "8x3", "16x1"]);
        let widths: Vec<String> = (1..=26).map(|width| width.to_string()).collect();
        let many = Grid { depths: "1..1000".into(), widths: widths.join(","), ..plan.clone() };
        assert!(many.cells().unwrap_err().to_string().contains("at most 100000 cells"));
        for twice in [
            Grid { widths: "8,16,8".into(), ..plan.clone() },
            Grid { delta: "0.1,1/10".into(), ..plan.clone() },
            Grid { radius: "usual,0.5,5e-1".into(), ..plan.clone() },
            Grid { step: "usual,usual".into(), ..plan.clone() },
        ] {
            assert!(twice.cells().unwrap_err().to_string().contains("all different"));
        }
        let changed = Grid { trials: "7".into(), ..plan.clone() };
        let text =
            "depths = [1, 3]\nwidths = \"8,16\"\ndelta = [0.1, 0.01]\nstep = [\"usual\", 3]\n";
        assert_eq!(Grid::from_toml(text).unwrap(), plan);
        assert!(Grid::from_toml("depth = 3").is_err() && Grid::from_toml("depths = {}").is_err());
        let wrong = Grid::from_toml("depths = 3\ntrials = 1..3\n").unwrap_err();
        assert!(wrong.starts_with("line 2: "), "{wrong}");
        let spelled = |depths: &str, trials: &str| {
            let plan = Grid { depths: depths.into(), trials: trials.into(), ..Grid::default() };
            plan.in_one_spelling().unwrap()
        };
        assert_eq!(spelled("5,1,2,3,2", "2e1"), spelled("1..3,5", "20"));
        assert_eq!(spelled("1,2,4..4", "20").depths, "1,2,4");
        assert_eq!(plan.differences(&changed), [("trials".into(), "200".into(), "7".into())]);
    }
}
