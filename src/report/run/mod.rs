//! The report on one run, as a document: the answer, a short table, then everything.

mod answer;
mod files;
mod notes;
mod rows;
mod shown;
mod tables;

pub use files::{files, of_page};
pub use rows::tone;
pub use tables::{threshold_table, thresholds_legend};

use crate::judge::ledger::{Ledger, Status};
use crate::judge::row::Row;
use crate::judge::verdict::Verdict;
use crate::model::claim::Claim;
use crate::model::clean::short;
use crate::report::document::{Block, Document, Figure, Section, Tone, sentence};
use crate::report::words::LIST;
use crate::report::{picture, proofs};
use crate::run::Record;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The answer, a statement a line, and the verdict.
    Brief,
    /// Every row, table and note.
    Full,
}

/// A run for a terminal, Markdown or LaTeX.
pub fn document(ledger: &Ledger, detail: Detail) -> Document {
    let mut blocks = opening(ledger);
    let asked = tables::asked(ledger);
    match detail {
        Detail::Brief => {
            blocks.extend(rows::brief(ledger));
            let more = "-v shows every row and table; relubound proofs show LABEL shows a proof";
            blocks.push(Block::Text(Tone::Legend, rows::legend(ledger, more)));
            blocks.extend(notes::on_rows(ledger).into_iter().filter(|_| asked.is_empty()));
            blocks.extend(notes::under_brief(ledger));
            blocks.extend(asked);
        }
        Detail::Full => {
            blocks.extend(rows::full(ledger));
            blocks.extend(notes::under_rows(ledger));
            blocks.extend(tables::all(ledger, &[]));
            blocks.extend(notes::of_rows(ledger));
            blocks.extend(notes::last(ledger));
        }
    }
    blocks.extend(closing(ledger));
    Document { title: "Bounds and observations".into(), headline: notes::headline(ledger), blocks }
}

/// What the answer begins with.
pub fn first_sentence(ledger: &Ledger) -> Option<String> {
    answer::sentences(ledger).into_iter().next()
}

/// The verdict alone.
pub fn verdict(ledger: &Ledger) -> Document {
    Document { blocks: closing(ledger), ..Document::default() }
}

/// The same for a page, with pictures, every row in a fold of its own, and the proofs.
pub fn page(ledger: &Ledger, claims: &[Claim], records: &[Record]) -> Document {
    let figures = picture::row::all(ledger, claims, records);
    let mut blocks = opening(ledger);
    for figure in leading(&figures) {
        let said = sentence(&figure.title);
        blocks.extend([Block::Figure(figure), Block::Text(Tone::Legend, said)]);
    }
    blocks.push(contents(ledger));
    blocks.extend(rows::brief(ledger));
    let more = "Every row is below, with its formula, its picture and its proof";
    blocks.push(Block::Text(Tone::Legend, rows::legend(ledger, more)));
    blocks.extend(notes::under_rows(ledger));
    for stage in stages(ledger) {
        blocks.push(stage_section(ledger, stage, &figures, records));
    }
    blocks.extend(tables::asked(ledger));
    blocks.extend(notes::last(ledger));
    blocks.extend(closing(ledger));
    blocks.push(Block::Page(proofs::texts(&stages(ledger)).into_string()));
    blocks.push(Block::Text(Tone::Soft, format!("relubound {}", ledger.tool.version)));
    let title = format!("relubound {}", short(&ledger.config.widths, LIST));
    Document { title, headline: notes::headline(ledger), blocks }
}

/// What the answer is, in full sentences; each ends with its stop.
pub fn answer(ledger: &Ledger) -> Vec<String> {
    answer::sentences(ledger).iter().map(|said| sentence(said)).collect()
}

/// The same in short, for a place within a page of somebody else: the answer, two pictures and a
/// statement a line.
pub fn cell(ledger: &Ledger, claims: &[Claim], records: &[Record]) -> Document {
    let mut blocks = opening(ledger);
    for figure in leading(&picture::row::all(ledger, claims, records)) {
        let said = sentence(&figure.title);
        blocks.extend([Block::Figure(figure), Block::Text(Tone::Legend, said)]);
    }
    blocks.extend(rows::brief(ledger));
    blocks.extend(tables::asked(ledger));
    blocks.extend(closing(ledger));
    let title = format!("relubound {}", short(&ledger.config.widths, LIST));
    Document { title, headline: notes::headline(ledger), blocks }
}

/// All figures of a run, for files.
pub fn figures(ledger: &Ledger, claims: &[Claim], records: &[Record]) -> Vec<Figure> {
    page(ledger, claims, records).figures().into_iter().cloned().collect()
}

/// What a reader must know before anything else, and the answer.
fn opening(ledger: &Ledger) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(warning) = notes::warning(ledger) {
        blocks.push(Block::Text(Tone::Warning, warning));
    }
    for warning in answer::warnings(ledger) {
        blocks.push(Block::Text(Tone::Warning, sentence(&warning)));
    }
    let said: Vec<String> = answer::sentences(ledger).iter().map(|s| sentence(s)).collect();
    if !said.is_empty() {
        blocks.push(Block::Text(Tone::Plain, said.join(" ")));
    }
    blocks
}

/// How the rows ended, and the worst of it as the last word.
fn closing(ledger: &Ledger) -> Vec<Block> {
    let (tone, word) = match (ledger.status, ledger.verdict) {
        (Status::Bounds, _) => (Tone::Plain, "bounds only"),
        (_, Some(verdict)) if verdict.is_failure() => (Tone::Bad, verdict.text()),
        (Status::Partial, _) => (Tone::Warning, "PARTIAL"),
        _ if ledger.rows.iter().any(|row| row.verdict == Some(Verdict::Inconclusive)) => {
            (Tone::Warning, "not violated, and in part inconclusive")
        }
        _ if ledger.rows.iter().any(is_tested) => (Tone::Good, "holds"),
        _ => (Tone::Plain, "nothing was tested"),
    };
    vec![Block::Text(tone, format!("{}. Verdict: {word}", notes::conclusion(ledger)))]
}

fn is_tested(row: &Row) -> bool {
    matches!(
        row.verdict,
        Some(Verdict::Holds | Verdict::NotViolated | Verdict::NotRejected | Verdict::Violated)
    )
}

/// The stages whose rows there are, in order.
fn stages(ledger: &Ledger) -> Vec<&str> {
    let mut stages: Vec<&str> = Vec::new();
    for row in &ledger.rows {
        if stages.iter().all(|known| *known != row.stage) {
            stages.push(&row.stage);
        }
    }
    stages
}

/// The two pictures that say most: what the step achieves, and how nearly affine the network is.
fn leading(figures: &[(String, Figure)]) -> Vec<Figure> {
    let first =
        |keys: &[&str]| keys.iter().find_map(|key| figures.iter().find(|(own, _)| own == key));
    let flip = first(&["direct.flip", "flip.step", "gradient.ratio", "output.upper"]);
    let near = first(&["linearity.affine", "flip.size", "gradient.lower"]);
    [flip, near].into_iter().flatten().map(|(_, figure)| figure.clone()).collect()
}

/// Links to the stages.
fn contents(ledger: &Ledger) -> Block {
    let links = stages(ledger).into_iter().map(|stage| {
        let title = crate::stage::title(stage).unwrap_or(stage);
        maud::html! { li { a href={ "#" (stage) } { (stage) } ": " (title) } }
    });
    let list = maud::html! {
        nav { ul { @for link in links { (link) } li { a href="#proofs" { "proofs" } } } }
    };
    Block::Page(list.into_string())
}

fn stage_section(
    ledger: &Ledger,
    stage: &str,
    figures: &[(String, Figure)],
    records: &[Record],
) -> Block {
    let mut blocks = tables::of(ledger, stage);
    blocks.extend(picture::of_stage(ledger, stage, records).into_iter().map(Block::Figure));
    let own = ledger.rows.iter().filter(|row| row.stage == stage);
    let kept = shown::shown(ledger);
    for row in own.filter(|row| kept.iter().any(|shown| std::ptr::eq(*shown, *row))) {
        let figure = figures.iter().find(|(key, _)| *key == row.key()).map(|(_, f)| f.clone());
        blocks.push(Block::Section(rows::section(row, figure)));
    }
    let title = crate::stage::title(stage).unwrap_or(stage);
    Block::Section(Section::new(stage, format!("{stage}: {title}"), blocks))
}
