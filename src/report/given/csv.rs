//! One line per input; absent parts empty.

use super::Subject;
use super::tables::why;
use crate::given::{Entry, Findings, Interval};
use crate::report::csv::{lines, words};

/// Columns of every input.
const NAMES: [&str; 34] = [
    "input",
    "label",
    "outcome",
    "class",
    "rival",
    "margin_lo",
    "margin_hi",
    "gradient_lo",
    "gradient_hi",
    "norm_lo",
    "norm_hi",
    "kappa_lo",
    "kappa_hi",
    "step_lo",
    "step_hi",
    "step_changes",
    "step_changes_float32",
    "step_margin_lo",
    "step_margin_hi",
    "least_t",
    "radius_certified",
    "radius_found",
    "radius_max_certified",
    "radius_max_found",
    "exact",
    "lipschitz_certified",
    "lipschitz_found",
    "epsilon_certified",
    "epsilon_found",
    "pieces",
    "timeout",
    "kappa_percentile",
    "initial_radius_certified",
    "initial_radius_found",
];

/// With a heading line.
pub fn render(subject: &Subject) -> String {
    let rows = subject.entries().iter().map(|entry| row(subject, entry));
    lines(words(&NAMES), rows)
}

fn row(subject: &Subject, entry: &Entry) -> Vec<String> {
    let outcome = entry.failure().map_or("judged", why);
    let mut cells = vec![text(Some(entry.input)), text(entry.label), outcome.to_owned()];
    match entry.findings() {
        Some(found) => cells.extend(judged(found)),
        None => cells.resize(31, String::new()),
    }
    let before = subject.before.as_ref().and_then(|before| before.findings(entry.input));
    cells.extend([
        text(subject.percentile(entry)),
        text(before.and_then(|found| found.radius.certified)),
        text(before.and_then(|found| found.radius.found)),
    ]);
    cells
}

fn judged(found: &Findings) -> Vec<String> {
    let step = found.step.as_ref();
    let epsilon = found.epsilon.as_ref();
    let mut cells = vec![text(Some(found.class)), text(found.rival)];
    for interval in [Some(found.margin), Some(found.gradient), Some(found.norm), found.kappa] {
        cells.extend(ends(interval));
    }
    cells.extend(ends(step.map(|step| step.length)));
    cells.extend([
        text(step.and_then(|step| step.changes)),
        text(step.and_then(|step| step.changes_float32)),
    ]);
    cells.extend(ends(step.map(|step| step.margin)));
    cells.extend([
        text(step.and_then(|step| step.least)),
        text(found.radius.certified),
        text(found.radius.found),
        text(found.radius_max.certified),
        text(found.radius_max.found),
        text(Some(found.exact)),
        text(found.lipschitz.certified),
        text(found.lipschitz.found),
        text(epsilon.and_then(|epsilon| epsilon.certified)),
        text(epsilon.and_then(|epsilon| epsilon.found)),
        text(found.pieces),
        text(Some(found.timeout)),
    ]);
    cells
}

/// Both ends; empty where nothing is known.
fn ends(interval: Option<Interval>) -> [String; 2] {
    let end = |end: Option<f64>| text(end.filter(|end| end.is_finite()));
    [end(interval.map(|interval| interval.lo)), end(interval.map(|interval| interval.hi))]
}

/// Digits that read back to the same float.
fn text(value: Option<impl ToString>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}
