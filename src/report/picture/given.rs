//! What is known of the inputs of a network from a file: brackets of radii, and distances beside
//! the law of random networks.

use super::kit::{Axis, Ink, Mark, Plot, Scale, Series};
use crate::given::Entry;
use crate::report::document::Figure;
use crate::report::given::Subject;

/// Radii by rank: proved from below, found from above, with what lies between them.
pub fn brackets(subject: &Subject) -> Option<Figure> {
    let sorted = subject.by_radius();
    let title = "Each input, sorted by the shortest perturbation found that changes its class: \
                 that one, the radius within which none exists (proved), and the gradient step";
    let x = Axis::new("inputs, the most easily changed first", Scale::Linear);
    let mut plot = Plot::new("figure-radii", title, x, Axis::new("% of ‖x‖", Scale::Log));
    plot.height = 300.0;
    let places = || (1..).zip(&sorted).map(|(place, &(_, found))| (f64::from(place), found));
    let shown = |value: Option<f64>| {
        value.map(|value| 100.0 * value).filter(|value| *value > 0.0 && value.is_finite())
    };
    let found: Vec<(f64, f64)> = places()
        .filter_map(|(at, found)| Some((at, shown(found.relative_above(found.radius.found))?)))
        .collect();
    let proved: Vec<(f64, f64)> = places()
        .filter_map(|(at, found)| Some((at, shown(found.relative_below(found.radius.certified))?)))
        .collect();
    let steps = places().filter_map(|(at, found)| {
        let step = found.step.as_ref()?;
        Some((at, shown(found.relative_above(Some(step.length.hi)))?))
    });
    let steps: Vec<(f64, f64)> = steps.collect();
    // A band only where both sides are known.
    let both: Vec<(f64, f64)> = found
        .iter()
        .copied()
        .filter(|(at, _)| proved.iter().any(|(other, _)| other == at))
        .collect();
    let floor: Vec<(f64, f64)> = proved
        .iter()
        .copied()
        .filter(|(at, _)| both.iter().any(|(other, _)| other == at))
        .collect();
    plot.series = vec![
        Series::new("", Ink::Light, Mark::Band(floor), both),
        Series::new("gradient step", Ink::Naive, Mark::Dust, steps),
        Series::new("found: changes the class", Ink::Expected, Mark::Rings, found),
        // Within the rings where both are equal.
        Series::new("proved: nothing nearer does", Ink::Proved, Mark::Points, proved),
    ];
    plot.figure()
}

/// Distances to first order beside those of random networks and of the network before training.
pub fn laws(subject: &Subject) -> Option<Figure> {
    let law = subject.law.as_ref().map(|law| law.curve.clone()).unwrap_or_default();
    let before = subject.before.as_ref().map_or(Vec::new(), |before| steps(before.entries));
    if law.is_empty() && before.is_empty() {
        return None;
    }
    let beside = match (law.is_empty(), before.is_empty()) {
        (false, true) => "beside what random networks of the same shape would give",
        (false, false) => {
            "beside what random networks of the same shape would give, and the network before \
             training"
        }
        (true, _) => "beside the network before training",
    };
    let title = format!(
        "Distance to the boundary to first order: the share of inputs at which it is at most so \
         much, {beside}"
    );
    let (x, y) = (Axis::new("% of ‖x‖", Scale::Log), Axis::new("share of inputs", Scale::Linear));
    let mut plot = Plot::new("figure-law", title, x, y);
    plot.height = 260.0;
    let law = law.into_iter().map(|(value, share)| (100.0 * value, share));
    plot.series = vec![
        Series::new("random networks", Ink::Expected, Mark::Line, positive(law)),
        Series::new("before training", Ink::Light, Mark::Dots, before),
        Series::new("this network", Ink::Seen, Mark::Dots, steps(subject.entries())),
    ];
    plot.figure()
}

/// (κ in %, share of inputs at or below it).
fn steps(entries: &[Entry]) -> Vec<(f64, f64)> {
    let kappas = entries.iter().filter_map(|entry| entry.findings()?.kappa_near());
    let mut kappas: Vec<f64> = kappas.collect();
    kappas.sort_by(f64::total_cmp);
    let n = kappas.len() as f64;
    positive((1..).zip(kappas).map(|(i, kappa)| (100.0 * kappa, f64::from(i) / n)))
}

fn positive(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    points.filter(|(value, _)| *value > 0.0 && value.is_finite()).collect()
}

/// The radii of several runs, a colour each: found as a line, proved as a broken one.
pub fn overlaid(runs: &[(String, Subject)]) -> Option<Figure> {
    let title = "Share of inputs whose class some perturbation of that length changes: at most \
                 (proved, broken lines) and at least (found)";
    let (x, y) = (Axis::new("% of ‖x‖", Scale::Log), Axis::new("share of inputs", Scale::Linear));
    let mut plot = Plot::new("figure-compare", title, x, y);
    plot.height = 320.0;
    for (i, (name, subject)) in runs.iter().enumerate() {
        let judged = subject.by_radius();
        let n = judged.len() as f64;
        let curve = |radius: &dyn Fn(&crate::given::Findings) -> Option<f64>| {
            let mut radii: Vec<f64> =
                judged.iter().filter_map(|(_, found)| radius(found)).collect();
            radii.sort_by(f64::total_cmp);
            positive((1..).zip(radii).map(|(i, r)| (100.0 * r, f64::from(i) / n)))
        };
        let found = curve(&|found| found.relative_above(found.radius.found));
        let proved = curve(&|found| found.relative_below(found.radius.certified));
        plot.series.push(Series::new(name.clone(), Ink::Nth(i), Mark::Line, found));
        plot.series.push(Series::new("", Ink::Nth(i), Mark::Dashed, proved));
    }
    plot.figure()
}
