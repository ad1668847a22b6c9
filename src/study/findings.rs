//! What the cells of a study show together: growth with depth, and where the step fails. Numbers
//! alone: reports say them.

use super::fit::{Comparison, Count};
use super::{Crossover, Line, Quantity, Study, Value, exponent};
use crate::model::params::Amount;
use crate::num::magnitude::Magnitude;

/// One less the confidence of the intervals of growth.
const ALPHA: f64 = 0.05;

/// One of the ways to a quantity.
pub type Get = fn(&Value) -> Option<Magnitude>;

/// The ways to a quantity.
pub const WAYS: [(&str, Get); 4] = [
    ("proved", |value| value.proved),
    ("plain", |value| value.plain),
    ("expected", |value| value.expected),
    ("observed", |value| value.observed),
];

/// One way to a quantity, by depth.
pub struct Way {
    /// One of [`WAYS`].
    pub name: &'static str,
    /// Values by depth.
    pub points: Vec<(usize, Magnitude)>,
    /// Depths that no growth goes through.
    pub left_out: usize,
    /// Depths at which something was not a number.
    pub failed: usize,
    /// How they grow.
    pub growth: Option<Comparison>,
}

/// One quantity in cells that differ in depth alone.
pub struct Curve {
    /// Which.
    pub quantity: &'static Quantity,
    /// The first and the last depth of the cells.
    pub depths: [usize; 2],
    /// What is known of it.
    pub ways: Vec<Way>,
}

/// Cells that differ in depth alone.
pub struct Group<'a> {
    /// They, by depth; never none.
    pub lines: Vec<&'a Line>,
    /// One for each quantity.
    pub curves: Vec<Curve>,
}

fn groups<'a>(study: &Study, lines: &'a [Line]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for line in lines {
        let alike = |group: &&mut Group<'a>| {
            let key =
                |line: &'a Line| (&line.input, &line.delta, &line.radius, &line.step, &line.slope);
            group.lines.first().is_some_and(|first| key(first) == key(line))
        };
        if let Some(group) = groups.iter_mut().find(alike) {
            group.lines.push(line);
            continue;
        }
        groups.push(Group { lines: vec![line], curves: Vec::new() });
    }
    for group in &mut groups {
        group.curves =
            study.quantities.iter().map(|quantity| curve(quantity, &group.lines)).collect();
    }
    groups
}

fn curve(quantity: &'static Quantity, lines: &[&Line]) -> Curve {
    let failures = lines.iter().filter(|line| line.value(quantity.name).is_some_and(|v| v.failed));
    let failures = failures.count();
    let ways = WAYS.into_iter().filter_map(|(name, get)| {
        let values: Vec<(usize, Magnitude, Value)> = lines
            .iter()
            .filter_map(|line| {
                let value = line.value(quantity.name)?;
                Some((line.depth, get(&value)?, value))
            })
            .collect();
        let points: Vec<(usize, Magnitude)> =
            values.iter().map(|&(depth, point, _)| (depth, point)).collect();
        // A rate has limits, and was counted.
        let counts = values.iter().filter(|_| name == "observed").filter_map(count_of);
        let counts: Vec<Count> = counts.collect();
        let (usable, mut growth) = if counts.is_empty() {
            let usable = points.iter().filter(|(_, value)| value.ln().is_finite()).count();
            (usable, Comparison::of_logs(&logarithms(&points), ALPHA))
        } else {
            (counts.len(), Comparison::of_counts(&counts, ALPHA))
        };
        let left_out = lines.len() - usable;
        let failed = if name == "observed" { failures } else { 0 };
        if let Some(growth) = growth.as_mut().filter(|_| name == "observed" && left_out > 0) {
            // What is seen only where it is neither too small nor too large grows differently.
            growth.preferred = None;
        }
        let something = failed > 0 || !points.is_empty();
        something.then_some(Way { name, points, left_out, failed, growth })
    });
    let depths = [lines.first(), lines.last()].map(|line| line.map_or(1, |line| line.depth));
    Curve { quantity, depths, ways: ways.collect() }
}

fn count_of(&(depth, share, value): &(usize, Magnitude, Value)) -> Option<Count> {
    let trials = value.n.filter(|_| value.limits.is_some())?;
    let successes = (share.to_f64() * trials as f64).round() as u64;
    Some(Count { x: depth as f64, successes, trials })
}

fn logarithms(points: &[(usize, Magnitude)]) -> Vec<(f64, f64)> {
    points.iter().map(|&(depth, value)| (depth as f64, value.ln())).collect()
}

/// Where half of the steps of one size fail, by d.
pub struct Failing {
    /// t.
    pub step: Amount,
    /// The slope of the activation; absent for ReLU.
    pub slope: Option<String>,
    /// By d.
    pub crossovers: Vec<Crossover>,
    /// Which way they grow by, and how.
    pub growth: Option<(&'static str, Comparison)>,
}

/// For each step and slope, from cells of one δ and radius, on which nothing of this depends.
fn failing(study: &Study, lines: &[Line]) -> Vec<Failing> {
    let Some(first) = lines.first() else { return Vec::new() };
    let kept = |line: &&Line| line.delta == first.delta && line.radius == first.radius;
    let taken = |line: &Line| (line.step.clone(), line.slope.clone());
    let mut steps: Vec<(Option<String>, Option<String>)> = Vec::new();
    for line in lines {
        if !steps.contains(&taken(line)) {
            steps.push(taken(line));
        }
    }
    let of = |step: (Option<String>, Option<String>)| -> Option<Failing> {
        let lines: Vec<&Line> =
            lines.iter().filter(kept).filter(|line| taken(line) == step).collect();
        let found: Vec<Crossover> =
            lines.chunk_by(|a, b| a.input == b.input).filter_map(Crossover::new).collect();
        found.iter().any(Crossover::is_known).then(|| Failing {
            step: study.cells[lines[0].cell].params.step(),
            slope: step.1,
            growth: exponent(&found, ALPHA),
            crossovers: found,
        })
    };
    steps.into_iter().filter_map(of).collect()
}

/// What the finished cells of a study show, from which every rendering is made.
pub struct Findings<'a> {
    /// The study.
    pub study: &'a Study,
    /// Its finished cells.
    pub lines: &'a [Line],
    /// Cells that differ in depth alone.
    pub groups: Vec<Group<'a>>,
    /// Where the step fails, for each of its sizes and each slope.
    pub failing: Vec<Failing>,
    /// Cells in which something is violated or not a number.
    pub failures: Vec<&'a Line>,
}

impl<'a> Findings<'a> {
    /// Fits everything that can be fitted.
    pub fn new(study: &'a Study, lines: &'a [Line]) -> Self {
        Findings {
            groups: groups(study, lines),
            failing: failing(study, lines),
            failures: lines.iter().filter(|line| line.is_failure()).collect(),
            study,
            lines,
        }
    }

    /// Are there steps of several sizes, or several slopes?
    pub fn has_steps(&self) -> bool {
        let taken = |line: &'a Line| (&line.step, &line.slope);
        self.lines.iter().any(|line| taken(line) != taken(&self.lines[0]))
    }
}
