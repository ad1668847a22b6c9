//! The adversarial step along training, as a document, as JSON and as CSV.

use super::Detail;
use super::csv;
use super::document::{Block, Column, Document, Section, Table, TableLine, Tone, sentence};
use super::picture::training as picture;
use super::words::{self, NUMBER, and_slope, count, grouped, of_biases, plainly};
use crate::model::clean::short;
use crate::network::training::Along;
use crate::num::exact::beside;
use crate::study::training::{Found, Group, Line, Question, Set, Sight};

/// What changes by less than this factor is said to be nearly the same.
const NEARLY: f64 = 1.05;

const LEGEND: &str = "η: the largest ‖ΔW‖ of a layer, in operator norm; size: ‖u‖/‖x‖ of the step \
    −t f ∇f/‖∇f‖², at points trained on and at fresh ones; flips: of these points; turned: \
    ‖∇f(x+u) − ∇f(x)‖/‖∇f(x)‖, and neurons: hidden ones that change between x and x + u, at points \
    trained on; medians over networks and points; wrong: points trained on whose label the output \
    has not the sign of; proved: is every η within what is proved of trained networks";

/// What was found.
pub fn document(
    question: &Question,
    found: &Found,
    lines: &[Line],
    (detail, interrupted): (Detail, bool),
) -> Document {
    let mut blocks = Vec::new();
    if found.diverged > 0 {
        let what = format!(
            "In {} of {} training diverged: an output was no number any more, and what follows is \
             about the steps before",
            grouped(found.diverged),
            count(question.trials, "network")
        );
        blocks.push(Block::Text(Tone::Warning, sentence(&what)));
    }
    blocks.push(Block::Text(Tone::Plain, answer(question, found, lines)));
    let pictures =
        [picture::sizes(found, lines), picture::losses(lines), picture::moved(found, lines)];
    blocks.extend(pictures.into_iter().flatten().map(Block::Figure));
    blocks.extend(table(lines).block());
    blocks.push(Block::Text(Tone::Legend, sentence(LEGEND)));
    if detail == Detail::Full {
        let all = [
            ("groups", "The step at points of each sort", groups(lines)),
            ("layers", "How far each layer has moved", layers(lines)),
        ];
        let section = |(id, title, table): (&str, &str, Table)| {
            Some(Block::Section(Section::new(id, title, vec![table.block()?])))
        };
        blocks.extend(all.into_iter().filter_map(section));
    }
    let title = "The adversarial step along training".into();
    Document { title, headline: headline(question, found, interrupted), blocks }
}

fn headline(question: &Question, found: &Found, interrupted: bool) -> String {
    let params = &question.params;
    let widths = words::short_widths(&params.architecture.to_string());
    let slope = and_slope(params.slope.record().as_deref());
    let biases = of_biases(&params.bias);
    let delta = short(&params.delta.to_string(), NUMBER);
    let (points, steps) = (count(question.points as u64, "point"), count(question.steps, "step"));
    let batch = if question.batch < question.points {
        format!(" in batches of {}", question.batch)
    } else {
        String::new()
    };
    let mut line = format!(
        "relubound train: {widths}{slope}{biases}; {}, {points}{batch}, {} loss; {steps}, rate {}, \
         exponent {}; δ = {delta}; {} ({}), seed {}",
        question.source.name(),
        question.loss.name(),
        plainly(question.pace.rate, 3),
        plainly(question.pace.exponent, 3),
        count(question.trials, "network"),
        found.engine.name(),
        question.seed
    );
    if interrupted {
        line += ", INTERRUPTED";
    }
    line
}

fn answer(question: &Question, found: &Found, lines: &[Line]) -> String {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return "Nothing was finished.".into();
    };
    let mut said = vec![learned(first, last)];
    said.extend(length(found, first, last));
    said.extend(flips(question, first, last));
    said.extend(subspace(last));
    said.push(covered(question, found, lines));
    said.iter().map(|text| sentence(text)).collect::<Vec<_>>().join(" ")
}

fn learned(first: &Line, last: &Line) -> String {
    let fresh = last
        .fresh_wrong
        .map_or(String::new(), |wrong| format!(", and that of {} % of fresh ones", percent(wrong)));
    format!(
        "{} took the loss from {} to {} in the median; the sign of {} % of the points is wrong \
         then{fresh}. No layer's weights moved by more than {} in the median, in operator norm",
        words::capital(&count(last.step, "step")),
        plainly(first.loss, 3),
        plainly(last.loss, 3),
        percent(last.wrong),
        plainly(last.eta_largest(), 3)
    )
}

fn percent(share: f64) -> String {
    plainly(100.0 * share, 3)
}

fn middle(line: &Line, set: Set) -> Option<f64> {
    Some(line.group(set)?.size?[1])
}

fn length(found: &Found, first: &Line, last: &Line) -> Option<String> {
    let (before, after) = (middle(first, Set::Training)?, middle(last, Set::Training)?);
    let how = if after > NEARLY * before {
        "made the step longer"
    } else if after * NEARLY < before {
        "made the step shorter"
    } else {
        "left the step nearly as long as it was"
    };
    let fresh = middle(first, Set::Fresh).zip(middle(last, Set::Fresh));
    let fresh = fresh.map_or(String::new(), |(before, after)| {
        format!(", at fresh points {} % before, {} % after", percent(before), percent(after))
    });
    let [low, middle, high] = found.law;
    Some(format!(
        "Training {how}: at points trained on its median is {} % of ‖x‖ before, {} % after{fresh}; \
         by the law of random networks it is {} %, and in nine of ten from {} to {} %",
        percent(before),
        percent(after),
        percent(middle),
        percent(low),
        percent(high)
    ))
}

fn flips(question: &Question, first: &Line, last: &Line) -> Option<String> {
    let share = |line: &Line, set| {
        let group = line.group(set)?;
        Some(percent(group.flips as f64 / group.points[0].max(1) as f64))
    };
    let set = Set::Training;
    let (before, after) = (share(first, set)?, share(last, set)?);
    let fresh = share(first, Set::Fresh).zip(share(last, Set::Fresh));
    let fresh = fresh.map_or(String::new(), |(before, after)| {
        format!(", of {before} % and {after} % of fresh points")
    });
    let t = plainly(question.step(), 4);
    Some(format!(
        "The step t = {t} flips the sign of {before} % of the points trained on before and {after} \
         % after{fresh}"
    ))
}

/// Where the data lie in a subspace.
fn subspace(last: &Line) -> Option<String> {
    let of = |wanted: fn(Along) -> bool| {
        let group = last.groups.iter().find(|g| g.set == Set::Training && wanted(g.along))?;
        let flips = percent(group.flips as f64 / group.points[0].max(1) as f64);
        Some(format!("{} % of ‖x‖ long and flips {flips} %", percent(group.size?[1])))
    };
    let within = of(|along| matches!(along, Along::Within(_)))?;
    let across = of(|along| matches!(along, Along::Across(_)))?;
    Some(format!(
        "After training the step within the subspace of the data is {within}, the one across it \
         {across}"
    ))
}

fn covered(question: &Question, found: &Found, lines: &[Line]) -> String {
    let sure = words::all_but(&question.params.delta.to_string());
    let sure = sure.map_or(String::new(), |sure| format!(" with probability {sure}"));
    let Some(reach) = found.reach else {
        return "Of trained networks nothing is proved at these widths".into();
    };
    let reach = plainly(reach, 3);
    let what = format!(
        "that of two steps fixed before training one flips the sign at a point{sure}, after every \
         training with η ≤ {reach}"
    );
    let covered: Vec<&Line> = lines.iter().take_while(|line| line.covered).collect();
    match covered.last() {
        Some(last) if last.step > 0 && covered.len() == lines.len() => {
            format!("It is proved {what}: that covers all of this training")
        }
        Some(last) if last.step > 0 => {
            format!("It is proved {what}: that covers steps 0 to {}", last.step)
        }
        _ => format!("It is proved {what}, and these trainings go further from the first look on"),
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| words::near(value, 3))
}

fn share(group: Option<&Group>) -> String {
    let of = |group: &Group| {
        let [points, _] = group.points;
        (points > 0).then(|| format!("{} %", percent(group.flips as f64 / points as f64)))
    };
    group.and_then(of).unwrap_or_else(|| "–".into())
}

fn table(lines: &[Line]) -> Table {
    let rows = lines.iter().map(|line| {
        let (training, fresh) = (line.group(Set::Training), line.group(Set::Fresh));
        let size = |group: Option<&Group>| number(group.and_then(|g| Some(g.size?[1])));
        let of = |value: fn(&Group) -> Option<f64>| number(training.and_then(value));
        TableLine::of([
            grouped(line.step),
            words::near(line.loss, 3),
            format!("{} %", percent(line.wrong)),
            words::near(line.eta_largest(), 3),
            size(training),
            share(training),
            size(fresh),
            share(fresh),
            of(|group| group.turned),
            of(|group| group.flipped),
            if line.covered { "yes" } else { "no" }.to_owned(),
        ])
    });
    let headings = [
        ("step", 0),
        ("loss", 0),
        ("wrong", 3),
        ("η", 0),
        ("size", 0),
        ("flips", 0),
        ("fresh", 1),
        ("flips", 1),
        ("turned", 2),
        ("neurons", 4),
        ("proved", 0),
    ];
    let columns = headings.iter().map(|(heading, spared)| Column::number(heading).spared(*spared));
    Table { columns: columns.collect(), rows: rows.collect() }
}

/// Points and directions in words.
fn named(set: Set, along: Along) -> String {
    let set = match set {
        Set::Training => "trained on",
        Set::Fresh => "fresh",
    };
    match along {
        Along::All => set.to_owned(),
        Along::Within(_) => format!("{set}, within"),
        Along::Across(_) => format!("{set}, across"),
    }
}

fn groups(lines: &[Line]) -> Table {
    let rows = lines.iter().flat_map(|line| {
        line.groups.iter().map(|group| {
            let [low, middle, high] = group.size.map_or([None; 3], |size| size.map(Some));
            vec![
                named(group.set, group.along),
                grouped(line.step),
                format!("{} of {}", group.points[0], group.points[1]),
                number(group.susceptibility),
                number(low),
                number(middle),
                number(high),
                share(Some(group)),
                number(group.achieved),
                number(group.turned),
                number(group.flipped),
                number(group.least),
            ]
        })
    });
    let headings = [
        "points",
        "step",
        "seen",
        "κ√d",
        "size 25 %",
        "50 %",
        "75 %",
        "flips",
        "achieved",
        "turned",
        "neurons",
        "least t",
    ];
    Table::plain(&headings, rows.collect())
}

fn layers(lines: &[Line]) -> Table {
    let rows = lines.iter().map(|line| {
        let mut row = vec![grouped(line.step)];
        row.extend(line.eta.iter().map(|eta| words::near(*eta, 3)));
        row.push(words::near(line.eta_most, 3));
        row
    });
    let count = lines.first().map_or(0, |line| line.eta.len());
    let mut headings = vec!["step".to_owned()];
    headings.extend((1..=count).map(|layer| format!("layer {layer}")));
    headings.push("largest in any".to_owned());
    Table::plain(&headings, rows.collect())
}

/// Everything, for scripts.
pub fn json(question: &Question, found: &Found, lines: &[Line]) -> String {
    let params = &question.params;
    let value = serde_json::json!({
        "config": {
            "widths": params.architecture.to_string(),
            "slope": params.slope.to_f64(),
            "biases": !params.bias.is_none(),
            "delta": params.delta.to_string(),
            "step": question.step(),
            "task": question.source.name(),
            "points": question.points,
            "fresh": question.fresh,
            "steps": question.steps,
            "batch": question.batch,
            "pace": question.pace,
            "loss": question.loss,
            "trials": question.trials,
            "seed": question.seed,
            "engine": found.engine,
        },
        "law": found.law,
        "reach": found.reach,
        "diverged": found.diverged,
        "lines": lines,
        "records": found.records,
    });
    let mut text = serde_json::to_string_pretty(&beside(value)).unwrap_or_default();
    text.push('\n');
    text
}

/// A line for every network, look, point and direction.
pub fn csv(found: &Found) -> String {
    let names = csv::words(&[
        "trial",
        "step",
        "loss",
        "eta",
        "set",
        "point",
        "along",
        "susceptibility",
        "size",
        "flips",
        "achieved",
        "turned",
        "flipped",
        "least",
    ]);
    let rows = found.records.iter().flat_map(|record| {
        let eta = record.moved.iter().map(|size| size.found).fold(0.0, f64::max);
        record.sights.iter().map(move |sight: &Sight| {
            let set = match sight.set {
                Set::Training => "training",
                Set::Fresh => "fresh",
            };
            let along = match sight.along {
                Along::All => "all",
                Along::Within(_) => "within",
                Along::Across(_) => "across",
            };
            let mut row = vec![
                record.trial.to_string(),
                record.step.to_string(),
                record.loss.to_string(),
                eta.to_string(),
                set.to_owned(),
                sight.point.to_string(),
                along.to_owned(),
            ];
            match &sight.seen {
                Some(seen) => row.extend([
                    seen.susceptibility.to_string(),
                    seen.size.to_string(),
                    seen.flips.to_string(),
                    seen.achieved.to_string(),
                    seen.turned.to_string(),
                    seen.flipped.to_string(),
                    seen.least.map_or(String::new(), |least| least.to_string()),
                ]),
                None => row.extend(std::iter::repeat_n(String::new(), 7)),
            }
            row
        })
    });
    csv::lines(names, rows)
}
