//! Runs on networks from files side by side: a quantity a line, a run a column.

use super::numbers::{Side, cell, percent_cell};
use super::{Subject, answer, shape};
use crate::given::summary::{Spread, Summary};
use crate::model::clean::short;
use crate::report::document::{Block, Column, Document, Table, TableLine, Tone, sentence};
use crate::report::picture::given as picture;
use crate::report::words::{capital, count};

/// Characters of a run's name.
const NAME: usize = 24;

const LEGEND: &str = "medians over the inputs: proved | found; lengths in % of ‖x‖, radii in ℓ∞ in \
     the units of x";

/// What is said of all runs together.
pub fn document(runs: &[(String, Subject)]) -> Document {
    let said = runs.iter().map(|(name, subject)| {
        let first = answer::sentences(subject);
        let said: Vec<String> = first.iter().take(3).map(|said| sentence(said)).collect();
        let missing = subject.missing().map(|missing| sentence(&capital(&missing)));
        let said: Vec<String> = missing.into_iter().chain(said).collect();
        format!("{}: {}. {}", short(name, NAME), shape(subject), said.join(" "))
    });
    let mut blocks = vec![Block::List(said.collect())];
    blocks.extend(table(runs).block());
    blocks.push(Block::Text(Tone::Legend, sentence(LEGEND)));
    blocks.extend(picture::overlaid(runs).map(Block::Figure));
    let title = format!("relubound compare: {}", count(runs.len() as u64, "run"));
    Document { headline: title.clone(), title, blocks }
}

/// All runs, by name, for scripts.
pub fn json(runs: &[(String, Subject)]) -> String {
    let all = runs.iter().map(|(name, subject)| {
        serde_json::json!({
            "name": name,
            "run": subject.header(),
            "summary": subject.summary,
        })
    });
    let all: Vec<serde_json::Value> = all.collect();
    let mut text = serde_json::to_string_pretty(&all).unwrap_or_default();
    text.push('\n');
    text
}

type Shown = fn(Option<f64>, Side) -> String;

fn table(runs: &[(String, Subject)]) -> Table {
    let mut columns = vec![Column::words("in the median")];
    columns.extend(runs.iter().map(|(name, _)| Column::number(&short(name, NAME))));
    let line = |name: &str, of: &dyn Fn(&Summary) -> String| {
        let cells = runs.iter().map(|(_, subject)| of(&subject.summary));
        TableLine::of(std::iter::once(name.to_owned()).chain(cells))
    };
    let median = |spread: Option<Spread>, side: Side, shown: Shown| {
        shown(spread.map(|spread| spread.median), side)
    };
    let both = |proved: Option<Spread>, found: Option<Spread>, sides: [Side; 2], shown: Shown| {
        format!("{} | {}", median(proved, sides[0], shown), median(found, sides[1], shown))
    };
    let radius = [Side::Below, Side::Above];
    let most = [Side::Above, Side::Below];
    let judged = runs.iter().map(|(_, subject)| {
        let (judged, wanted) = (subject.summary.judged, subject.header().wanted());
        format!(
            "{judged} of {wanted}{}",
            if subject.missing().is_some() { ", partial" } else { "" }
        )
    });
    let judged = std::iter::once("inputs judged".to_owned()).chain(judged);
    let rows = vec![
        TableLine::of(judged),
        line("in the class of the label", &|s| match s.labelled {
            [_, 0] => "–".into(),
            [right, all] => format!("{right} of {all}"),
        }),
        line("changed by one step", &|s| format!("{} of {}", s.step.yes, s.step.all())),
        line("distance to first order", &|s| median(s.kappa, Side::Near, percent_cell)),
        line("gradient step", &|s| median(s.length, Side::Above, percent_cell)),
        line("radius in ℓ₂", &|s| {
            both(s.radius_certified, s.radius_found, radius, percent_cell)
        }),
        line("radius in ℓ∞", &|s| both(s.max_certified, s.max_found, radius, cell)),
        line("largest slope in the ball", &|s| {
            both(s.lipschitz_certified, s.lipschitz_found, most, cell)
        }),
        line("change of the gradient in it", &|s| {
            both(s.epsilon_certified, s.epsilon_found, most, percent_cell)
        }),
    ];
    Table { columns, rows }
}
