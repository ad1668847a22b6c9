//! The numbers behind the answer: a quantity a line, an input a line.

use super::Subject;
use super::numbers::{Side, amount, cell, percent_cell, percentile};
use crate::given::summary::{Spread, Summary};
use crate::given::{Entry, Failure, Findings, Outcome};
use crate::report::document::{Cell, Column, Table, TableLine, Tone};
use crate::report::words::{count, grouped};

/// Inputs shown at each end.
pub const ENDS: usize = 3;

/// What the columns of the long table are.
pub const LEGEND: &str = "class, next: the largest output and the one beside it; κ: distance to \
     the boundary to first order; step: length of the gradient step; flips: does it change the \
     class (f32: only as float32 computes the network); least t: from which on its ray does; \
     proved, found: radius in ℓ₂ (= where it is exact), in ℓ∞, and ε, the change of the gradient \
     in the ball; percentile: how many of 100 random \
     networks are nearer to the boundary; radii in ℓ∞ in the units of x, t and \
     percentiles as they are, all else in % (of ‖x‖)";

/// A quantity a line: medians of what is proved and of what is found, and what stands beside them.
pub fn brief(subject: &Subject) -> Table {
    let now = Lines::of(&subject.summary);
    let then = subject.before.as_ref().map(|before| Lines::of(&before.summary));
    let law = subject.law.as_ref().and_then(|law| law.kappa);
    let mut columns =
        vec![Column::words("in the median"), Column::number("proved"), Column::number("found")];
    columns.push(Column::number("lower quartile").spared(2));
    columns.push(Column::number("upper quartile").spared(3));
    if then.is_some() {
        columns.push(Column::number("before").spared(1));
    }
    if law.is_some() {
        columns.push(Column::number("random").spared(1));
    }
    let rows = now.0.iter().enumerate().map(|(i, line)| {
        let mut cells = vec![
            line.name.to_owned(),
            line.proved.clone(),
            line.found.clone(),
            line.low.clone(),
            line.high.clone(),
        ];
        if let Some(then) = &then {
            cells.push(then.0[i].main().to_owned());
        }
        if let Some(law) = law {
            let shown = line.name == KAPPA;
            cells.push(if shown {
                percent_cell(Some(law.median), Side::Near)
            } else {
                "–".into()
            });
        }
        TableLine::of(cells)
    });
    Table { columns, rows: rows.collect() }
}

/// What its lines are.
pub fn legend(subject: &Subject, more: &str) -> String {
    let mut said = "lengths in % of ‖x‖, radii in ℓ∞ in the units of x; a radius: the shortest \
                    perturbation that changes the class is at least the proved one and at most the \
                    found one; a change of the gradient in the ball: at most the proved, at least \
                    the found one; quartiles: of what is found"
        .to_owned();
    if let Some(before) = &subject.before {
        said += "; before: the network before training";
        let (done, all) = (before.entries.len(), subject.entries().len());
        if done < all {
            said +=
                &format!(", at {} of these {}", grouped(done as u64), count(all as u64, "input"));
        }
    }
    if subject.law.is_some() {
        said += "; random: networks with random weights of the same sizes";
    }
    said + more
}

const KAPPA: &str = "distance to first order";

/// A line of the short table.
struct Line {
    name: &'static str,
    proved: String,
    found: String,
    low: String,
    high: String,
}

impl Line {
    fn new(
        name: &'static str,
        proved: Option<(&Option<Spread>, Side)>,
        found: Option<(&Option<Spread>, Side)>,
        shown: fn(Option<f64>, Side) -> String,
    ) -> Self {
        let median = |of: Option<(&Option<Spread>, Side)>| {
            of.map_or("–".into(), |(spread, side)| shown(spread.map(|s| s.median), side))
        };
        let quarter = |of: fn(&Spread) -> f64| {
            let of_side =
                |(spread, side): (&Option<Spread>, Side)| shown(spread.as_ref().map(of), side);
            found.or(proved).map_or("–".into(), of_side)
        };
        Line {
            name,
            proved: median(proved),
            found: median(found),
            low: quarter(|spread| spread.low),
            high: quarter(|spread| spread.high),
        }
    }

    /// Found, or where nothing is searched for, proved.
    fn main(&self) -> &str {
        if self.found == "–" { &self.proved } else { &self.found }
    }
}

/// A whole number.
fn whole(value: Option<f64>, side: Side) -> String {
    value.map_or("–".into(), |value| amount(value, side))
}

/// The lines of the short table; the same ones of every summary.
struct Lines(Vec<Line>);

impl Lines {
    fn of(summary: &Summary) -> Self {
        let (below, above, near) = (Side::Below, Side::Above, Side::Near);
        let s = summary;
        let lines = vec![
            Line::new(KAPPA, None, Some((&s.kappa, near)), percent_cell),
            Line::new("gradient step", None, Some((&s.length, above)), percent_cell),
            Line::new("least t on its ray", None, Some((&s.least, near)), cell),
            Line::new(
                "radius in ℓ₂",
                Some((&s.radius_certified, below)),
                Some((&s.radius_found, above)),
                percent_cell,
            ),
            Line::new(
                "radius in ℓ∞",
                Some((&s.max_certified, below)),
                Some((&s.max_found, above)),
                cell,
            ),
            Line::new(
                "largest slope in the ball",
                Some((&s.lipschitz_certified, above)),
                Some((&s.lipschitz_found, below)),
                cell,
            ),
            Line::new(
                "change of the gradient in it",
                Some((&s.epsilon_certified, above)),
                Some((&s.epsilon_found, below)),
                percent_cell,
            ),
            Line::new("linear pieces on the step", None, Some((&s.pieces, near)), whole),
        ];
        Lines(lines)
    }
}

/// A class, counted as the network does.
fn class(subject: &Subject, class: Option<usize>) -> String {
    match (subject.outputs(), class) {
        (_, None) => "–".into(),
        (1, Some(0)) => "−".into(),
        (1, Some(_)) => "+".into(),
        (_, Some(class)) => grouped(class as u64),
    }
}

/// Why nothing is known of an input.
pub fn why(failure: Failure) -> &'static str {
    match failure {
        Failure::Numerical => "NUMERICAL FAILURE",
        Failure::Tied => "no class above all others",
        Failure::Timeout => "time ran out",
    }
}

/// Whether the step changes the class, in a word.
fn flips(found: &Findings) -> &'static str {
    let Some(step) = &found.step else { return "–" };
    match (step.changes, step.changes_float32) {
        (Some(true), Some(false)) => "not f32",
        (Some(true), _) => "yes",
        (Some(false), Some(true)) => "f32",
        (Some(false), _) => "no",
        (None, _) => "open",
    }
}

/// Proved and found radius over ‖x‖.
fn radius(found: &Findings) -> [String; 2] {
    [
        percent_cell(found.relative_below(found.radius.certified), Side::Below),
        percent_cell(found.relative_above(found.radius.found), Side::Above),
    ]
}

/// The inputs at both ends.
pub fn extremes(subject: &Subject) -> Table {
    let reached = |found: &Findings| class(subject, found.reached);
    let sorted = subject.by_radius();
    let ends = ends(&sorted);
    let columns = vec![
        Column::words("input"),
        Column::words("label").spared(3),
        Column::words("class"),
        Column::words("becomes").spared(4),
        Column::number("κ").spared(2),
        Column::number("step").spared(1),
        Column::number("proved"),
        Column::number("found"),
    ];
    let rows = ends.iter().enumerate().map(|(i, &(entry, found))| {
        let [proved, at_most] = radius(found);
        let cells = [
            grouped(entry.input as u64),
            class(subject, entry.label),
            class(subject, Some(found.class)),
            reached(found),
            percent_cell(found.kappa_near(), Side::Near),
            percent_cell(
                found.step.as_ref().and_then(|step| found.relative_above(Some(step.length.hi))),
                Side::Above,
            ),
            proved,
            at_most,
        ];
        // A gap between the ends.
        TableLine { apart: i == ENDS && sorted.len() > 2 * ENDS, ..TableLine::of(cells) }
    });
    Table { columns, rows: rows.collect() }
}

/// The first and the last few; all where they would meet.
pub fn ends<'a>(sorted: &[(&'a Entry, &'a Findings)]) -> Vec<(&'a Entry, &'a Findings)> {
    if sorted.len() <= 2 * ENDS {
        return sorted.to_vec();
    }
    [&sorted[..ENDS], &sorted[sorted.len() - ENDS..]].concat()
}

/// A line an input.
pub fn all(subject: &Subject) -> Table {
    let labelled = subject.entries().iter().any(|entry| entry.label.is_some());
    let law = subject.law.is_some();
    let mut columns = vec![Column::words("input")];
    if labelled {
        columns.push(Column::words("label").spared(8));
    }
    columns.extend([
        Column::words("class"),
        Column::words("next").spared(9),
        Column::number("κ").spared(4),
        Column::number("step").spared(5),
        Column::words("flips").spared(1),
        Column::number("least t").spared(6),
        Column::number("proved"),
        Column::number("found"),
        Column::number("ℓ∞ proved").spared(2),
        Column::number("ℓ∞ found").spared(3),
        Column::number("ε proved").spared(11),
        Column::number("ε found").spared(10),
        Column::number("pieces").spared(12),
    ]);
    if law {
        columns.push(Column::number("percentile").spared(7));
    }
    if subject.before.is_some() {
        columns.push(Column::number("before").spared(7));
    }
    let width = columns.len();
    let rows = subject.entries().iter().map(|entry| {
        let mut cells = vec![Cell::new(grouped(entry.input as u64))];
        if labelled {
            let right = entry.findings().is_none_or(|found| entry.label == Some(found.class));
            let tone = (!right).then_some(Tone::Warning);
            cells.push(Cell { tone, ..Cell::new(class(subject, entry.label)) });
        }
        match &entry.outcome {
            Outcome::Failed(failure) => {
                cells.push(Cell { tone: Some(Tone::Bad), ..Cell::new(why(*failure)) });
                cells.resize_with(width, || Cell::new(""));
            }
            Outcome::Found(found) => {
                cells.extend(line(subject, found).map(Cell::new));
                if law {
                    let place = subject.percentile(entry);
                    cells.push(Cell::new(percentile(place)));
                }
                if let Some(before) = &subject.before {
                    let then = before
                        .findings(entry.input)
                        .and_then(|found| found.relative_above(found.radius.found));
                    cells.push(Cell::new(percent_cell(then, Side::Above)));
                }
            }
        }
        TableLine { cells, apart: false }
    });
    Table { columns, rows: rows.collect() }
}

/// What is known of one input, from its class on.
fn line(subject: &Subject, found: &Findings) -> [String; 13] {
    let step = found.step.as_ref();
    let length = step.and_then(|step| found.relative_above(Some(step.length.hi)));
    let [proved, at_most] = radius(found);
    let epsilon = found.epsilon.as_ref();
    let certified = epsilon.map(|epsilon| epsilon.certified.unwrap_or(f64::INFINITY));
    [
        class(subject, Some(found.class)),
        class(subject, found.rival),
        percent_cell(found.kappa_near(), Side::Near),
        percent_cell(length, Side::Above),
        flips(found).into(),
        cell(step.and_then(|step| step.least), Side::Near),
        if found.exact { format!("= {proved}") } else { proved },
        at_most,
        cell(found.radius_max.certified, Side::Below),
        cell(found.radius_max.found, Side::Above),
        percent_cell(certified, Side::Above),
        percent_cell(epsilon.and_then(|epsilon| epsilon.found), Side::Below),
        found.pieces.map_or("–".into(), |pieces| grouped(pieces as u64)),
    ]
}
