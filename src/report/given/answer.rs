//! The answer: what is known of the inputs together, in sentences made from their numbers.

use super::Subject;
use crate::given::summary::{Spread, Summary};
use crate::given::{Entry, Findings};
use crate::model::clean::short;
use crate::num::Toward;
use crate::report::words::{NUMBER, count, grouped, listed, near, plainly};

use super::numbers::{Side, amount, entry, percent};

/// A sentence, where there is something to say.
type Said = fn(&Subject) -> Option<String>;

/// What a reader came for: what changes the class.
pub fn sentences(subject: &Subject) -> Vec<String> {
    told(subject, &[right, flips, radius])
}

/// What that is beside, and what else is known, a paragraph each.
pub fn further(subject: &Subject) -> [Vec<String>; 2] {
    [told(subject, &[law, before]), told(subject, &[largest, extremes, linear])]
}

fn told(subject: &Subject, all: &[Said]) -> Vec<String> {
    all.iter().filter_map(|sentence| sentence(subject)).collect()
}

/// What a reader must know first.
pub fn warnings(subject: &Subject) -> Vec<String> {
    let summary = &subject.summary;
    let mut said = Vec::new();
    said.extend(subject.missing());
    let failed = summary.failed();
    if failed > 0 {
        let why = [
            (summary.numerical, "no number came of a computation"),
            (summary.tied, "no class is above all others"),
            (summary.unfinished, "time ran out"),
        ];
        let why: Vec<String> = why
            .iter()
            .filter(|(inputs, _)| *inputs > 0)
            .map(|(inputs, why)| format!("{why} ({})", grouped(*inputs as u64)))
            .collect();
        said.push(format!(
            "of {} of {} nothing is known, and they count for nothing: {}",
            grouped(failed as u64),
            count(summary.inputs as u64, "input"),
            listed(&why)
        ));
    }
    if let Some(own) = of_that_class(subject) {
        said.push(own);
    }
    if summary.contradictory > 0 {
        said.push(format!(
            "at {} more is proved than what is found can be: one of the two is wrong",
            count(summary.contradictory as u64, "input")
        ));
    }
    if summary.cut_short > 0 {
        said.push(format!(
            "at {} time ran out: better bounds may be had, and how good these are depends on the \
             machine",
            count(summary.cut_short as u64, "input")
        ));
    }
    said
}

/// Inputs that are of the class that is asked about, where that is one.
fn of_that_class(subject: &Subject) -> Option<String> {
    let class: usize = subject.header().question.against.parse().ok()?;
    let judged = subject.entries().iter().filter_map(Entry::findings);
    let own = judged.filter(|found| found.class == class).count();
    (own > 0 && subject.outputs() > 1).then(|| {
        format!(
            "{} already of class {class}: for {} a change to the runner-up is what counts",
            if own == 1 {
                "1 input is".into()
            } else {
                format!("{} inputs are", grouped(own as u64))
            },
            if own == 1 { "it" } else { "them" }
        )
    })
}

/// What a perturbation is to change.
pub fn change(subject: &Subject) -> String {
    match (subject.outputs(), subject.header().question.against.as_str()) {
        (1, _) => "the sign of f".into(),
        (_, "all") => "the class".into(),
        (_, "runner-up") => "the class to the runner-up".into(),
        (_, class) => format!("the class to {}", short(class, NUMBER)),
    }
}

/// How many are in the class of their label.
fn right(subject: &Subject) -> Option<String> {
    let [right, all] = subject.summary.labelled;
    (all > 0).then(|| {
        let of = count(all as u64, "labelled input");
        format!("The network puts {} of {of} into the class of the label", grouped(right as u64))
    })
}

/// `all 100 inputs`, `93 of 100 inputs`, `none of 100 inputs`.
fn share(some: usize, all: usize) -> String {
    let inputs = count(all as u64, "input");
    match some {
        0 => format!("none of {inputs}"),
        _ if some == all && all > 1 => format!("all {inputs}"),
        _ if some == all => "the input".into(),
        _ => format!("{} of {inputs}", grouped(some as u64)),
    }
}

/// Does one gradient step do it?
fn flips(subject: &Subject) -> Option<String> {
    let Summary { step, step_float32: float, length, .. } = &subject.summary;
    if step.all() == 0 {
        return None;
    }
    let t = plainly(subject.header().question.step, 4);
    let mut said = format!(
        "One gradient step (t = {t}) changes {} at {}",
        change(subject),
        share(step.yes, step.all())
    );
    if let Some(length) = length {
        said +=
            &format!("; it is {} of ‖x‖ long in the median", percent(length.median, Side::Above));
    }
    if step.unknown > 0 {
        said += &format!("; at {} it cannot be told", grouped(step.unknown as u64));
    }
    if float.unknown > 0 {
        said += &format!(
            "; at {} it cannot be told of float32, in which the network overflows",
            grouped(float.unknown as u64)
        );
    }
    if float.all() > 0 && [float.yes, float.no] != [step.yes, step.no] {
        let yes = grouped(float.yes as u64);
        said += &format!("; as float32 computes the network, it does at {yes}");
    }
    Some(said)
}

/// A change of the gradient below that is what rounding leaves of none.
const STILL: f64 = 1e-12;

/// A radius over ‖x‖ from which on its size says nothing more.
const ENDLESS: f64 = 1e6;

/// A large number, rounded down to a power of ten: `1,000,000`, or `10^12`.
fn times(value: f64) -> String {
    let power = value.log10().next_down().floor().max(0.0);
    if power <= 9.0 { grouped(10u64.pow(power as u32)) } else { format!("10^{power}") }
}

/// The bracket of the radius.
fn radius(subject: &Subject) -> Option<String> {
    let Summary { radius_certified, radius_found, gap, exact, judged, .. } = &subject.summary;
    let certified = radius_certified.filter(|radius| radius.median > 0.0);
    let found = radius_found.filter(|radius| radius.median.is_finite());
    let what = change(subject);
    if let (Some(certified), None) = (certified, found)
        && certified.median >= ENDLESS
    {
        return Some(format!(
            "No perturbation up to {} times as long as x changes {what} (proved, in the median)",
            times(certified.median)
        ));
    }
    let mut said = match (certified, found) {
        (Some(certified), Some(found)) => format!(
            "No perturbation shorter than {} of ‖x‖ changes {what} (proved, in the median), and \
             one of {} that does is found",
            percent(certified.median, Side::Below),
            percent(found.median, Side::Above)
        ),
        (Some(certified), None) => format!(
            "No perturbation shorter than {} of ‖x‖ changes {what} (proved, in the median); none \
             that does is found",
            percent(certified.median, Side::Below)
        ),
        (None, Some(found)) => format!(
            "A perturbation of {} of ‖x‖ that changes {what} is found (in the median); that none \
             shorter does is not proved",
            percent(found.median, Side::Above)
        ),
        (None, None) => return None,
    };
    if *exact > 0 && exact == judged {
        said += ": these radii are exact, but for rounding";
    } else if let Some(gap) = gap.filter(|gap| certified.is_some() && gap.median.is_finite()) {
        said += &format!(": {} times as long", near(gap.median, 3));
        if *exact > 0 {
            said += &format!(" ({} of the radii are exact)", grouped(*exact as u64));
        }
    }
    Some(said)
}

/// The same where every entry may change.
fn largest(subject: &Subject) -> Option<String> {
    let Summary { max_certified, max_found, .. } = &subject.summary;
    let certified = max_certified.filter(|radius| radius.median > 0.0);
    let found = max_found.filter(|radius| radius.median.is_finite());
    let what = change(subject);
    Some(match (certified, found) {
        (Some(certified), Some(found)) => format!(
            "If every entry of x may change by as much, ±{} leaves {what} as it is (proved, in the \
             median), and ±{} is found to be enough",
            amount(certified.median, Side::Below),
            amount(found.median, Side::Above)
        ),
        (None, Some(found)) => format!(
            "If every entry of x may change by as much, ±{} is found to be enough (in the median)",
            amount(found.median, Side::Above)
        ),
        (Some(certified), None) if certified.median >= ENDLESS => return None,
        (Some(certified), None) => format!(
            "If every entry of x may change by as much, ±{} leaves {what} as it is (proved, in the \
             median)",
            amount(certified.median, Side::Below)
        ),
        (None, None) => return None,
    })
}

/// The inputs that flip most and least easily.
fn extremes(subject: &Subject) -> Option<String> {
    let sorted = subject.by_radius();
    let ([easiest, ..], [.., hardest]) = (&sorted[..], &sorted[..]) else { return None };
    if sorted.len() < 2 {
        return None;
    }
    let found = |of: &(&Entry, &Findings)| of.1.relative_above(of.1.radius.found);
    let found_easiest = found(easiest).filter(|radius| radius.is_finite())?;
    let certified = hardest.1.relative_below(hardest.1.radius.certified)?;
    let hard = match found(hardest).filter(|radius| radius.is_finite()) {
        Some(radius) => format!("{} is found, ", percent(radius, Side::Above)),
        None => "nothing is found, ".to_owned(),
    };
    Some(format!(
        "Most easily changed is {} ({}), least easily {} ({hard}nothing below {} does)",
        entry(easiest.0),
        percent(found_easiest, Side::Above),
        entry(hardest.0),
        percent(certified, Side::Below)
    ))
}

/// Beside random networks of the same shape.
fn law(subject: &Subject) -> Option<String> {
    let law = subject.law.as_ref()?;
    let [farther, all] = law.farther()?;
    let networks = count(law.networks as u64, "random network");
    let (word, inputs) =
        if 2 * farther >= all { ("easier", farther) } else { ("harder", all - farther) };
    let (own, theirs) = (subject.summary.kappa?, law.kappa?);
    Some(format!(
        "Beside {networks} with the same widths, slopes and sizes of weights it is {word} to \
         change than most at {}: to first order the boundary is {} of ‖x‖ away in the \
         median, theirs {}",
        share(inputs, all),
        percent(own.median, Side::Near),
        percent(theirs.median, Side::Near)
    ))
}

/// Beside the network before training.
fn before(subject: &Subject) -> Option<String> {
    let before = subject.before.as_ref()?;
    let pairs = before.pairs(subject.entries());
    let of = |radii: &mut dyn Iterator<Item = f64>| Spread::of(radii, Toward::Up);
    let own = of(&mut pairs.iter().map(|(own, _)| *own))?;
    let theirs = of(&mut pairs.iter().map(|(_, then)| *then))?;
    if !(own.median.is_finite() && theirs.median.is_finite()) {
        return None;
    }
    let nearer = pairs.iter().filter(|(own, then)| own < then).count();
    let word = if own.median < theirs.median { "more" } else { "less" };
    Some(format!(
        "Training has made it {word} susceptible: the change found is {} of ‖x‖ long in the \
         median, {} before it, and is shorter now at {}; one gradient step did it at {} then",
        percent(own.median, Side::Above),
        percent(theirs.median, Side::Above),
        share(nearer, pairs.len()),
        share(before.summary.step.yes, before.summary.step.all())
    ))
}

/// How near to linear.
fn linear(subject: &Subject) -> Option<String> {
    let Summary { epsilon_certified, epsilon_found, .. } = &subject.summary;
    let of = |spread: &Option<Spread>| spread.filter(|spread| spread.median.is_finite());
    let (certified, found) = (of(epsilon_certified), of(epsilon_found));
    let ball = percent(subject.header().question.radius, Side::Near);
    Some(match (certified, found) {
        (Some(certified), _) if certified.median < STILL => {
            format!("Within {ball} of ‖x‖ the gradient does not change (proved, in the median)")
        }
        (Some(certified), Some(found)) => format!(
            "Within {ball} of ‖x‖ the gradient changes by at most {} of its length (proved, in the \
             median), and by {} somewhere",
            percent(certified.median, Side::Above),
            percent(found.median, Side::Below)
        ),
        (None, Some(found)) => format!(
            "Within {ball} of ‖x‖ the gradient changes by {} of its length somewhere (in the \
             median); nothing is proved of how much at most",
            percent(found.median, Side::Below)
        ),
        (Some(certified), None) => format!(
            "Within {ball} of ‖x‖ the gradient changes by at most {} of its length (proved, in the \
             median)",
            percent(certified.median, Side::Above)
        ),
        (None, None) => return None,
    })
}
