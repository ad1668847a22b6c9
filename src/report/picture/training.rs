//! The adversarial step along training.

use super::kit::{Axis, Ink, Mark, Plot, Scale, Series};
use crate::report::document::Figure;
use crate::study::training::{Found, Line, Set};

fn steps() -> Axis {
    Axis::new("steps of gradient descent", Scale::Linear)
}

/// How long the step is, at points trained on and at fresh ones, before the law at initialisation.
pub fn sizes(found: &Found, lines: &[Line]) -> Option<Figure> {
    if lines.len() < 2 {
        return None;
    }
    let title = "Length of the adversarial step along training";
    let mut plot =
        Plot::new("figure-training-size", title, steps(), Axis::new("‖u‖/‖x‖", Scale::Log));
    let across = |value: f64| lines.iter().map(move |line| (line.step as f64, value));
    let [low, middle, high] = found.law;
    let band = Mark::Band(across(low).collect());
    plot.series.push(Series::new("90 % of random networks", Ink::Light, band, across(high)));
    plot.series.push(Series::new("their median", Ink::Expected, Mark::Dashed, across(middle)));
    for (set, name, ink) in [
        (Set::Training, "points trained on", Ink::Nth(1)),
        (Set::Fresh, "fresh points", Ink::Nth(2)),
    ] {
        let of = |line: &Line| Some((line.step as f64, line.group(set)?.size?[1]));
        plot.series.push(Series::new(name, ink, Mark::Line, lines.iter().filter_map(of)));
    }
    plot.figure()
}

/// The loss.
pub fn losses(lines: &[Line]) -> Option<Figure> {
    if lines.len() < 2 {
        return None;
    }
    let title = "The loss along training";
    let mut plot = Plot::new("figure-training-loss", title, steps(), Axis::new("loss", Scale::Log));
    plot.height = 200.0;
    let points = lines.iter().map(|line| (line.step as f64, line.loss));
    plot.series.push(Series::new("median", Ink::Seen, Mark::Line, points));
    plot.figure()
}

/// How far the weights have moved, layer by layer, and up to where trained networks are covered.
pub fn moved(found: &Found, lines: &[Line]) -> Option<Figure> {
    let layers = lines.first()?.eta.len();
    if lines.len() < 2 {
        return None;
    }
    let title = "How far training moves the weights of each layer";
    let y = Axis::new("η, in operator norm", Scale::Log);
    let mut plot = Plot::new("figure-training-eta", title, steps(), y);
    plot.height = 240.0;
    if let Some(reach) = found.reach {
        let points = lines.iter().map(|line| (line.step as f64, reach));
        plot.series.push(Series::new("proved up to", Ink::Proved, Mark::Dashed, points));
    }
    for layer in 0..layers {
        let points = lines.iter().map(|line| (line.step as f64, line.eta[layer]));
        let name = format!("layer {}", layer + 1);
        plot.series.push(Series::new(name, Ink::Nth(layer), Mark::Line, points));
    }
    plot.figure()
}
