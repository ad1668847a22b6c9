//! The report on a network from a file, as a document: the answer, a short table, the inputs that
//! are changed most and least easily, then a line an input.

mod answer;
mod compare;
mod csv;
mod numbers;
mod subject;
mod tables;

pub use compare::{document as compare, json as compare_json};
pub use csv::render as csv;
pub use numbers::{Side, percent};
pub use subject::{Before, Subject};
pub use tables::ends;

use std::time::Duration;

use crate::model::clean::short;
use crate::report::Detail;
use crate::report::document::{Block, Document, Figure, Section, Tone, sentence};
use crate::report::picture::{given as picture, grid};
use crate::report::study;
use crate::report::words::{self, count, grouped, listed};
use crate::run::shown as memory_of;

/// Characters of a file's name, and of a sentence about it.
const NAME: usize = 40;
const NOTE: usize = 400;

/// For a terminal, Markdown or LaTeX.
pub fn document(subject: &Subject, detail: Detail) -> Document {
    let mut blocks = opening(subject);
    blocks.extend(tables::brief(subject).block());
    let more = match detail {
        Detail::Brief => "; -v shows every input",
        Detail::Full => "",
    };
    blocks.push(Block::Text(Tone::Legend, sentence(&tables::legend(subject, more))));
    if detail == Detail::Full {
        blocks.extend(extremes(subject));
        blocks.extend(figures(subject).into_iter().map(Block::Figure));
        blocks.push(Block::Section(every(subject, false)));
        blocks.push(Block::Section(reading(subject)));
    }
    blocks.push(closing(subject));
    Document { title: title(subject), headline: headline(subject), blocks }
}

/// The same for a page, with its pictures.
pub fn page(subject: &Subject) -> Document {
    let mut blocks = pictured(subject);
    blocks.extend(extremes(subject));
    blocks.push(Block::Section(reading(subject)));
    blocks.push(Block::Section(every(subject, true)));
    blocks.push(closing(subject));
    blocks.push(Block::Text(Tone::Soft, format!("relubound {}", subject.header().tool.version)));
    Document { title: title(subject), headline: headline(subject), blocks }
}

/// What comes first on a page: the answer, the pictures and the short table.
fn pictured(subject: &Subject) -> Vec<Block> {
    let mut blocks = opening(subject);
    for figure in figures(subject) {
        let said = sentence(&figure.title);
        blocks.extend([Block::Figure(figure), Block::Text(Tone::Legend, said)]);
    }
    blocks.extend(tables::brief(subject).block());
    blocks.push(Block::Text(Tone::Legend, sentence(&tables::legend(subject, ""))));
    blocks
}

/// What the answer is, in full sentences; each ends with its stop.
pub fn answer(subject: &Subject) -> Vec<String> {
    let [beside, more] = answer::further(subject);
    let said = [answer::sentences(subject), beside, more].into_iter().flatten();
    said.map(|said| sentence(&said)).collect()
}

/// The same in short, for a place within a page of somebody else.
pub fn cell(subject: &Subject) -> Document {
    let mut blocks = pictured(subject);
    blocks.push(closing(subject));
    Document { title: title(subject), headline: headline(subject), blocks }
}

/// What is going to be judged, and how it was read.
pub fn planned(subject: &Subject) -> Document {
    let line = format!(
        "relubound: {}; {} of {}",
        shape(subject),
        count(subject.header().wanted() as u64, "input"),
        short(&subject.header().inputs.source.file, NAME)
    );
    let blocks = vec![Block::Section(reading(subject))];
    Document { title: title(subject), headline: line, blocks }
}

/// What a run takes, by one of its inputs: [that one, all], whether that one was cut short, and
/// the bytes that it took, where they are known.
pub fn estimated(
    [one, all]: [Duration; 2],
    cut: bool,
    bytes: Option<u64>,
    threads: usize,
) -> String {
    let memory = bytes.map_or(String::new(), |bytes| format!(" and {}", memory_of(bytes)));
    let word = if cut { "more than" } else { "roughly" };
    format!(
        "By the first input, which takes {:.1} s{memory}: {word} {} with {}\n",
        one.as_secs_f64(),
        study::about(&all),
        count(threads as u64, "thread")
    )
}

/// The last line alone.
pub fn verdict(subject: &Subject) -> Document {
    Document { blocks: vec![closing(subject)], ..Document::default() }
}

/// Everything, for scripts: what the run is, what is known of all inputs together, and of each.
pub fn json(subject: &Subject) -> String {
    let mut value = serde_json::json!({
        "run": subject.header(),
        "summary": subject.summary,
        "inputs": subject.entries(),
    });
    if let Some(before) = &subject.before {
        value["initial"] =
            serde_json::json!({ "summary": before.summary, "inputs": before.entries });
    }
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

fn title(subject: &Subject) -> String {
    format!("relubound {}", short(&subject.network().source.file, NAME))
}

/// What was judged, in one line.
fn headline(subject: &Subject) -> String {
    let mut line = format!(
        "relubound: {}, {} of {}",
        shape(subject),
        count(subject.entries().len() as u64, "input"),
        short(&subject.header().inputs.source.file, NAME)
    );
    if subject.is_behind() {
        line += "; perturbations are measured behind the normalisation";
    }
    line
}

/// The widths in words.
fn shape(subject: &Subject) -> String {
    let name = short(&subject.network().source.file, NAME);
    let [input, hidden @ .., outputs] = &subject.network().widths[..] else { return name };
    let of = |width: &usize| grouped(*width as u64);
    let layers = match hidden {
        [] => "no hidden layer".to_owned(),
        [one] => format!("one hidden layer of width {}", of(one)),
        all if all.iter().all(|width| *width == all[0]) => {
            format!("{} hidden layers of width {}", all.len(), of(&all[0]))
        }
        all if all.len() <= 8 => {
            let widths: Vec<String> = all.iter().map(of).collect();
            format!("{} hidden layers of widths {}", all.len(), listed(&widths))
        }
        all => format!("{} hidden layers", grouped(all.len() as u64)),
    };
    format!(
        "{name}: input of dimension {}, {layers}, {}, {}",
        of(input),
        count(*outputs as u64, "output"),
        subject.network().dtype
    )
}

/// What a reader must know first, and the answer.
fn opening(subject: &Subject) -> Vec<Block> {
    let warnings = answer::warnings(subject).into_iter();
    let mut blocks: Vec<Block> =
        warnings.map(|warning| Block::Text(Tone::Warning, words::capital(&warning))).collect();
    let [beside, more] = answer::further(subject);
    for said in [answer::sentences(subject), beside, more] {
        let said: Vec<String> = said.iter().map(|said| sentence(said)).collect();
        if !said.is_empty() {
            blocks.push(Block::Text(Tone::Plain, said.join(" ")));
        }
    }
    blocks
}

/// The inputs that are changed most and least easily.
fn extremes(subject: &Subject) -> Option<Block> {
    let table = tables::extremes(subject);
    let mut blocks: Vec<Block> = Vec::new();
    if let Some(figure) = grid::extremes(subject) {
        let said = sentence(&figure.title);
        blocks.extend([Block::Figure(figure), Block::Text(Tone::Legend, said)]);
    }
    blocks.extend(table.block());
    let title = "Changed most and least easily";
    (!blocks.is_empty()).then(|| Block::Section(Section::new("extremes", title, blocks)))
}

/// The pictures over all inputs.
fn figures(subject: &Subject) -> Vec<Figure> {
    [picture::brackets(subject), picture::laws(subject)].into_iter().flatten().collect()
}

/// A line an input.
fn every(subject: &Subject, folded: bool) -> Section {
    let mut blocks: Vec<Block> = tables::all(subject).block().into_iter().collect();
    blocks.push(Block::Text(Tone::Legend, sentence(tables::LEGEND)));
    let title = format!("Every input ({})", grouped(subject.entries().len() as u64));
    Section { folded, ..Section::new("inputs", title, blocks) }
}

/// How the files were read.
fn reading(subject: &Subject) -> Section {
    let notes = subject.network().notes.iter();
    let notes = notes.map(|note| sentence(&words::capital(&short(note, NOTE))));
    Section::new("reading", "How the network was read", vec![Block::List(notes.collect())])
}

/// The worst of it, as the last word.
pub fn word(subject: &Subject) -> &'static str {
    toned(subject).1
}

/// How it ended, and the worst of it as the last word.
fn closing(subject: &Subject) -> Block {
    let summary = &subject.summary;
    let (judged, inputs) = (summary.judged as u64, count(summary.inputs as u64, "input"));
    let said = format!("{} of {inputs} judged", grouped(judged));
    let (tone, word) = toned(subject);
    Block::Text(tone, format!("{said}. Verdict: {word}"))
}

fn toned(subject: &Subject) -> (Tone, &'static str) {
    let summary = &subject.summary;
    if summary.numerical + summary.contradictory > 0 {
        (Tone::Bad, "NUMERICAL FAILURE")
    } else if subject.missing().is_some() {
        (Tone::Warning, "PARTIAL")
    } else if summary.judged == 0 {
        (Tone::Warning, "nothing was judged")
    } else if summary.failed() > 0 {
        (Tone::Warning, "in part not judged")
    } else {
        (Tone::Good, "certified and found agree")
    }
}
