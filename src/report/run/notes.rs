//! What is said beside the rows: what was run and how, what to know before reading, what follows.

use maud::html;

use crate::judge::ledger::{Dead, Ledger, Sampling, Status};
use crate::judge::row::Row;
use crate::judge::verdict::Verdict;
use crate::model::clean::short;
use crate::model::params::Amount;
use crate::model::statement::Kind;
use crate::network::{Engine, search};
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, decimal};
use crate::report::document::{Block, Tone, sentence};
use crate::report::typeset;
use crate::report::words;
use crate::report::words::{
    LIST, NUMBER, constant, count, fresh, grouped, settled_by, variants, verdict,
};

use super::answer;
use super::shown::{LAYERS, shown};

/// Statements outside hypotheses for one reason that are named, at most.
const NAMED: usize = 4;

/// One line on what was run.
pub fn headline(ledger: &Ledger) -> String {
    let config = &ledger.config;
    let delta = short(&config.delta, NUMBER);
    let shape = answer::shape(ledger).unwrap_or_else(|| short(&config.widths, LIST));
    let norm = config.norm.as_deref();
    let norm = norm.map_or(String::new(), |norm| {
        format!("; steps shortest {}", words::norm(&short(norm, NUMBER)))
    });
    let trained = config.trained.as_deref().map_or(String::new(), |eta| {
        format!("; weights trained by up to η = {}", short(eta, NUMBER))
    });
    let mut line = format!("relubound: {shape}{norm}{trained}; δ = {delta}");
    if let Some(sampling) = &config.sampling {
        line += &format!("; {}", count(ledger.trials, "trial"));
        line += &subset(ledger, sampling);
        line += &format!(", seed {}", sampling.seed);
        if let [(engine, _)] = &engines(ledger)[..] {
            line += &format!(", {engine}");
        }
    }
    line
}

/// Of the trials, those that are looked at more closely, where they are not all.
fn subset(ledger: &Ledger, sampling: &Sampling) -> String {
    let of =
        |stepped: bool| ledger.rows.iter().any(|row| row.searched && row.is_stepped() == stepped);
    let some = |n: u64| (n > 0 && n < ledger.trials).then(|| grouped(n));
    let searched = some(sampling.searches).filter(|_| of(false)).map(|n| format!("{n} searched"));
    let stepped = some(sampling.steps).filter(|_| of(true)).map(|n| format!("{n} stepped"));
    match (searched, stepped) {
        (None, None) => String::new(),
        (Some(one), None) | (None, Some(one)) => format!(" ({one})"),
        (Some(_), Some(_)) if sampling.searches == sampling.steps => {
            format!(" ({} searched and stepped)", grouped(sampling.steps))
        }
        (Some(searched), Some(stepped)) => format!(" ({searched}, {stepped})"),
    }
}

/// The engines behind the rows, in their order, each with the stages it shows.
pub fn engines(ledger: &Ledger) -> Vec<(String, Vec<&str>)> {
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    for row in &ledger.rows {
        let (Some(engine), Some(sampling)) = (row.engine, &ledger.config.sampling) else {
            continue;
        };
        let name = match engine {
            Engine::Dense => format!("{} {}", engine.name(), sampling.precision.name()),
            Engine::Conditioned => format!("{} f64", engine.name()),
            Engine::Law | Engine::Pairs => engine.name().to_owned(),
        };
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, stages)) if stages.iter().any(|known| *known == row.stage) => {}
            Some((_, stages)) => stages.push(&row.stage),
            None => found.push((name, vec![&row.stage])),
        }
    }
    found
}

/// What a reader must know before the rows: that the run is partial, say.
pub fn warning(ledger: &Ledger) -> Option<String> {
    let asked = ledger.config.sampling.as_ref()?.trials;
    (ledger.status == Status::Partial).then(|| {
        let (done, all) = (grouped(ledger.trials), grouped(asked));
        if ledger.trials < asked {
            return format!("PARTIAL RUN: {done} of {all} trials are finished");
        }
        let suspects = ledger.rows.iter().filter(|row| row.is_suspect()).map(Row::key);
        let suspects = suspects.collect::<Vec<_>>().join(", ");
        format!(
            "PARTIAL RUN: all trials are finished, but not the fresh ones that confirm {suspects}"
        )
    })
}

/// What the rows cannot say themselves.
pub fn under_rows(ledger: &Ledger) -> Vec<Block> {
    let [unmet, assumed] = [unmet(ledger), assumed(ledger)];
    soft([sampled(ledger), unmet, assumed, omitted(ledger), unsearched(ledger)])
}

/// Of these, what a reader of the short table must know.
pub fn under_brief(ledger: &Ledger) -> Vec<Block> {
    soft([unmet(ledger), assumed(ledger), unsearched(ledger)])
}

fn soft(notes: impl IntoIterator<Item = Option<String>>) -> Vec<Block> {
    let notes = notes.into_iter().flatten();
    notes.map(|note| Block::Text(Tone::Soft, sentence(&note))).collect()
}

/// Which engine shows which stages, where there are several.
fn sampled(ledger: &Ledger) -> Option<String> {
    let engines = engines(ledger);
    let list = engines.iter().map(|(engine, stages)| format!("{engine} ({})", stages.join(", ")));
    (engines.len() > 1).then(|| format!("engines: {}", list.collect::<Vec<_>>().join("; ")))
}

/// Which hypotheses the network does not meet.
fn unmet(ledger: &Ledger) -> Option<String> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for row in &ledger.rows {
        let Some(unmet) = row.unmet.as_deref() else { continue };
        let place = found.iter().position(|(why, _)| *why == unmet).unwrap_or(found.len());
        if place == found.len() {
            found.push((unmet, Vec::new()));
        }
        let of = &mut found[place].1;
        if !of.contains(&row.statement.as_str()) {
            of.push(&row.statement);
        }
    }
    // A few are named: others may be outside for another reason, such as narrow layers.
    let said = found.into_iter().map(|(why, of)| {
        if of.len() > NAMED { why.to_owned() } else { format!("{why} ({})", of.join(", ")) }
    });
    let said = said.collect::<Vec<_>>();
    (!said.is_empty()).then(|| format!("outside hypotheses: {}", said.join("; ")))
}

/// What is not tested because it was taken for granted.
fn assumed(ledger: &Ledger) -> Option<String> {
    let assumed = |row: &Row| row.verdict == Some(Verdict::Assumed);
    ledger.rows.iter().any(assumed).then(|| {
        "assumed: what was observed was drawn from the law itself, so that it does not test it"
            .into()
    })
}

/// On the rows that a deep network's table leaves out.
fn omitted(ledger: &Ledger) -> Option<String> {
    let deep = ledger.depth() > LAYERS && ledger.rows.iter().any(|row| row.layer.is_some());
    deep.then(|| {
        "of each statement on layers, the first, the last and the tightest are shown; csv and \
         json have all"
            .into()
    })
}

/// Why suprema are without observations.
fn unsearched(ledger: &Ledger) -> Option<String> {
    let sampling = ledger.config.sampling.as_ref()?;
    let mut texts: Vec<&str> = Vec::new();
    for row in ledger.rows.iter().filter(|row| row.engine.is_none()) {
        let searchable = matches!(row.kind, Kind::Supremum | Kind::Measurement | Kind::Factor);
        let stage = crate::stage::named(&row.stage);
        let text = match sampling.engines.get(&row.stage) {
            Some(Engine::Law) => {
                "‖∇f(x)‖ varies by less than double precision resolves: it is not observed"
            }
            Some(engine) if searchable && sampling.searches > 0 => {
                match stage.and_then(|stage| stage.unseen(*engine)) {
                    Some(text) => text,
                    None => continue,
                }
            }
            _ => continue,
        };
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    if ledger.trials > 0 && !texts.is_empty() {
        return Some(texts.join("; "));
    }
    let text = ledger.config.radius.as_ref()?;
    let radius = Amount::radius(text).ok()?.to_f64();
    let suprema = ledger.rows.iter().any(|row| row.kind == Kind::Supremum);
    let seen = search::resolves(radius, sampling.precision.roundoff(), ledger.depth());
    (suprema && !seen).then(|| {
        format!(
            "R/‖x‖ = {} is below what passes in {} resolve: the ball is not searched",
            short(text, NUMBER),
            sampling.precision.name()
        )
    })
}

/// Constants, ways to bounds, and what fresh networks say, row by row.
pub fn of_rows(ledger: &Ledger) -> Option<Block> {
    let mut notes = Vec::new();
    for row in shown(ledger) {
        let ways = variants(row).filter(|_| row.layer.is_none());
        let all = [constant(row), ways, fresh(row), settled_by(row)];
        for (i, text) in all.into_iter().flatten().enumerate() {
            notes.push((if i == 0 { row.key() } else { String::new() }, text));
        }
    }
    (!notes.is_empty()).then_some(Block::Notes(notes))
}

/// Of these, what a reader of the short table must know.
pub fn on_rows(ledger: &Ledger) -> Option<Block> {
    let rows = ledger.rows.iter().filter_map(|row| Some((row.key(), fresh(row)?)));
    let notes: Vec<(String, String)> = rows.collect();
    (!notes.is_empty()).then_some(Block::Notes(notes))
}

/// How far the step is followed, radii, and networks that are dead.
pub fn last(ledger: &Ledger) -> Vec<Block> {
    let notes = [followed(ledger), radii(ledger), Some(dead(ledger))];
    let notes = notes.into_iter().flatten();
    notes.map(|note| Block::Text(Tone::Plain, sentence(&note))).collect()
}

/// `change proved ≤ 1/2 for R/‖x‖ up to 1.1e-4 (comparison), …`.
fn radii(ledger: &Ledger) -> Option<String> {
    let list: Vec<String> = ledger
        .radii
        .iter()
        .filter_map(|radius| {
            let radius_text = match radius.radius? {
                value if value.is_zero() => "no radius".into(),
                value => decimal(value, 3, Toward::Down),
            };
            Some(format!("{radius_text} ({})", radius.way))
        })
        .collect();
    (!list.is_empty()).then(|| format!("change proved ≤ 1/2 for R/‖x‖ up to {}", list.join(", ")))
}

/// How far the step is followed through the layers, and which of them limits it.
fn followed(ledger: &Ledger) -> Option<String> {
    let followed = ledger.followed.as_ref()?;
    let (layer, width) = (followed.costliest, &followed.width);
    let depth = ledger.depth();
    let takes_two = ledger.config.step.is_none() && followed.step != 2.0;
    let other = ledger.row("flip.size").is_some() && takes_two;
    let step = format!("t = {}{}", followed.step, if other { " (flip: t = 2)" } else { "" });
    if followed.layers == 0 {
        let name = if layer == 0 { "the input".into() } else { format!("layer {layer}") };
        return Some(format!(
            "direct proves nothing about the step {step} at these widths, of which {name} is the \
             narrowest ({width})"
        ));
    }
    let extent = match followed.layers {
        all if all == depth && followed.flips => "through all layers".to_owned(),
        all if all == depth => {
            "through all layers, but does not prove that the sign flips".to_owned()
        }
        some => format!("through {some} of {depth} layers, beyond which nothing is proved"),
    };
    let share = followed.share.and_then(|share| Magnitude::from_f64(100.0 * share));
    let costliest = match share.filter(|_| followed.layers > 1) {
        None => String::new(),
        Some(share) => format!(
            "; layer {layer} (width {width}) moves the output most, by {} % of the sum of \
             direct.error",
            decimal(share, 2, Toward::Nearest)
        ),
    };
    Some(format!("direct follows the step {step} {extent}{costliest}"))
}

fn dead(ledger: &Ledger) -> String {
    let probability = match ledger.dead.probability {
        0.0 if ledger.depth() > 0 => "below 1e-300".into(),
        p => Magnitude::from_f64(p).map_or("–".into(), |p| decimal(p, 3, Toward::Nearest)),
    };
    match ledger.dead {
        Dead { networks: 0, .. } => format!("dead networks: probability {probability}"),
        Dead { count, networks, .. } => format!(
            "dead networks: {} of {}, probability {probability}",
            grouped(count),
            grouped(networks)
        ),
    }
}

/// Rows that claim something, and others that failed.
fn claiming(ledger: &Ledger) -> impl Iterator<Item = &Row> {
    let claims = |row: &&Row| {
        let failed = row.verdict.is_some_and(Verdict::is_failure);
        failed || !matches!(row.kind, Kind::Factor | Kind::Measurement)
    };
    ledger.rows.iter().filter(claims)
}

/// The ways in which the rows of a run ended, in one line.
pub fn conclusion(ledger: &Ledger) -> String {
    if ledger.status == Status::Bounds {
        return count(claiming(ledger).count() as u64, "row");
    }
    let mut counts: Vec<(String, usize)> = Vec::new();
    for row in claiming(ledger) {
        let text = match row.verdict {
            None if !row.vacuous => "without observations".to_owned(),
            Some(verdict) => verdict.text().to_owned(),
            None => verdict(row),
        };
        match counts.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => counts.push((text, 1)),
        }
    }
    if counts.is_empty() {
        return "No row claims anything".into();
    }
    let list: Vec<String> = counts.iter().map(|(text, count)| format!("{count} {text}")).collect();
    let alpha = short(&ledger.config.alpha, NUMBER);
    // Said where it matters.
    let violated = ledger.rows.iter().any(|row| row.fresh.is_some());
    let rare = format!("; something true is called VIOLATED with probability ≤ ({alpha})²");
    format!(
        "{}: {}; all verdicts together err with probability ≤ {alpha}{}",
        count(counts.iter().map(|c| c.1 as u64).sum(), "row"),
        list.join(", "),
        if violated { rare.as_str() } else { "" }
    )
}

/// A proof's place, as a link to it on the page.
pub fn proof_link(pointer: &str) -> String {
    let link = html! {
        p.soft {
            "Proof: "
            @match typeset::fragment(pointer, "") {
                Some(at) => a href={ "#" (at) } { code { (pointer) } },
                None => code { (pointer) },
            }
        }
    };
    link.into_string()
}
