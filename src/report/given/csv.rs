//! One line per input; absent parts empty.

use super::Subject;
use super::tables::why;
use crate::given::{Entry, Findings, Interval};
use crate::report::csv::{lines, words};

/// Columns of every input.
const NAMES: [&str; 37] = [
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
    "decomposition_lo",
    "decomposition_hi",
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
    "reached",
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
        None => cells.resize(34, String::new()),
    }
    let before = subject.before.as_ref().and_then(|before| before.findings(entry.input));
    cells.extend([
        float(subject.percentile(entry)),
        float(before.and_then(|found| found.radius.certified)),
        float(before.and_then(|found| found.radius.found)),
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
    cells.push(float(step.and_then(|step| step.least)));
    cells.extend(ends(step.and_then(|step| step.decomposition)));
    cells.extend([
        float(found.radius.certified),
        float(found.radius.found),
        float(found.radius_max.certified),
        float(found.radius_max.found),
        text(Some(found.exact)),
        float(found.lipschitz.certified),
        float(found.lipschitz.found),
        float(epsilon.and_then(|epsilon| epsilon.certified)),
        float(epsilon.and_then(|epsilon| epsilon.found)),
        text(found.pieces),
        text(Some(found.timeout)),
        text(found.reached),
    ]);
    cells
}

/// Both ends; empty where nothing is known.
fn ends(interval: Option<Interval>) -> [String; 2] {
    let end = |end: Option<f64>| float(end.filter(|end| end.is_finite()));
    [end(interval.map(|interval| interval.lo)), end(interval.map(|interval| interval.hi))]
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

/// Digits that read back to the same float; very large and very small ones in powers of ten.
fn float(value: Option<f64>) -> String {
    let usual = |value: f64| value == 0.0 || (1e-5..1e16).contains(&value.abs());
    value.map_or(
        String::new(),
        |value| {
            if usual(value) { value.to_string() } else { format!("{value:e}") }
        },
    )
}
