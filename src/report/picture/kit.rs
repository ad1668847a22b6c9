//! The kit of all pictures: a frame with axes, lines, dots, bands and bars, and a legend above
//! the frame, where it covers nothing. Colours are variables of a page, so that they follow its
//! light or dark, with values of their own for pictures that stand alone.

use maud::{Markup, html};

use crate::report::csv;
use crate::report::document::Figure;

/// Columns of a picture; lines are as many as it needs.
pub const WIDTH: f64 = 860.0;
const FONT: &str = "system-ui, sans-serif";
const SIZE: f64 = 14.0;
/// Of a letter, at most, on the average.
const LETTER: f64 = 7.4;

/// A colour, by what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Words and axes.
    Text,
    /// Lines behind everything.
    Grid,
    /// What is proved.
    Proved,
    /// What is proved by union bounds.
    Plain,
    /// What is expected.
    Expected,
    /// What is observed.
    Seen,
    /// What is beside that.
    Light,
    /// What nobody claims.
    Naive,
    /// One of several of a kind: widths, lemmas.
    Nth(usize),
}

/// Of which there are so many before they come again.
const NTH: [(&str, &str); 6] = [
    ("c0", "#235aa0"),
    ("c1", "#be282d"),
    ("c2", "#5a9664"),
    ("c3", "#d69640"),
    ("c4", "#8a5fb0"),
    ("c5", "#828287"),
];

impl Ink {
    fn parts(self) -> (&'static str, &'static str) {
        match self {
            Ink::Text => ("ink", "#46464b"),
            Ink::Grid => ("line", "#e2e2e6"),
            Ink::Proved => ("bad", "#be282d"),
            Ink::Plain => ("plain", "#d6963c"),
            Ink::Expected => ("expected", "#235aa0"),
            Ink::Seen => ("seen", "#5b86b8"),
            Ink::Light => ("light", "#9ebcda"),
            Ink::Naive => ("naive", "#828287"),
            Ink::Nth(n) => NTH[n % NTH.len()],
        }
    }

    /// As an attribute: the page's, or its own.
    pub fn css(self) -> String {
        let (name, value) = self.parts();
        format!("var(--{name},{value})")
    }
}

/// How a series is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A line.
    Line,
    /// A broken line.
    Dashed,
    /// Dots.
    Dots,
    /// Rings, in which dots of another series are seen.
    Rings,
    /// Dots that are small enough for rings.
    Points,
    /// Small dots, one for each of many.
    Dust,
    /// Between these lower ends and its own points.
    Band(Vec<(f64, f64)>),
    /// Bars of this width, from 0.
    Bars(f64),
}

/// A series of points.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name in the legend; "" for none.
    pub name: String,
    /// Its colour.
    pub ink: Ink,
    /// How it is drawn.
    pub mark: Mark,
    /// Its points.
    pub points: Vec<(f64, f64)>,
    /// Confidence limits at some places.
    pub limits: Vec<(f64, f64, f64)>,
}

impl Series {
    /// Without limits.
    pub fn new(
        name: impl Into<String>,
        ink: Ink,
        mark: Mark,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        let points = points.into_iter().collect();
        Series { name: name.into(), ink, mark, points, limits: Vec::new() }
    }
}

/// How numbers become places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// By their logarithms; what is not positive has no place.
    Log,
    /// They are common logarithms themselves, of numbers that may be beyond double precision;
    /// labels show the numbers.
    Logs,
}

/// One axis.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it shows; "" for an axis without numbers.
    pub name: String,
    /// How.
    pub scale: Scale,
    /// Where marks stand; empty for round numbers.
    pub marks: Vec<f64>,
    /// What has to be on it.
    pub holds: Vec<f64>,
}

impl Axis {
    /// With round numbers.
    pub fn new(name: &str, scale: Scale) -> Self {
        Axis { name: name.into(), scale, marks: Vec::new(), holds: Vec::new() }
    }
}

/// A line across the frame with its name above it.
#[derive(Clone, Debug)]
pub struct Upright {
    /// Where.
    pub at: f64,
    /// What it is.
    pub name: String,
    /// Its colour.
    pub ink: Ink,
}

/// Everything that is drawn.
#[derive(Clone, Debug)]
pub struct Plot {
    /// The name of its files.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// From left to right.
    pub x: Axis,
    /// From below.
    pub y: Axis,
    /// From back to front.
    pub series: Vec<Series>,
    /// Lines across.
    pub uprights: Vec<Upright>,
    /// Words above places of the x axis.
    pub words: Vec<(f64, String)>,
    /// Lines of the frame alone.
    pub height: f64,
}

/// From numbers to places.
struct Map {
    scale: Scale,
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Map {
    fn new(axis: &Axis, values: impl Iterator<Item = f64>, start: f64, end: f64) -> Option<Self> {
        let scale = axis.scale;
        let held = values.chain(axis.holds.iter().copied()).filter_map(|v| place(scale, v));
        let (low, high) =
            held.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        if !(low.is_finite() && high.is_finite()) {
            return None;
        }
        let margin = if high > low { 0.04 * (high - low) } else { 0.05 * low.abs().max(1.0) };
        Some(Map { scale, from: low - margin, to: high + margin, start, end })
    }

    fn at(&self, value: f64) -> Option<f64> {
        let place = place(self.scale, value)?;
        let share = (place - self.from) / (self.to - self.from);
        Some(self.start + share * (self.end - self.start))
    }

    /// Marks within the frame, as (number, place).
    fn marks(&self, axis: &Axis) -> Vec<(f64, f64)> {
        let within = self.from.abs().max(self.to.abs()) < 300.0;
        if self.scale == Scale::Logs && within {
            let round = log_ticks(self.from, self.to).into_iter();
            return round.filter_map(|v| Some((v, self.at(v.log10())?))).collect();
        }
        let round = match self.scale {
            Scale::Log => log_ticks(self.from, self.to),
            Scale::Linear | Scale::Logs => ticks(self.from, self.to),
        };
        let marks = if axis.marks.is_empty() { round } else { axis.marks.clone() };
        let inside = |&(_, at): &(f64, f64)| {
            let (low, high) = (self.start.min(self.end), self.start.max(self.end));
            (low - 0.5..=high + 0.5).contains(&at)
        };
        marks.into_iter().filter_map(|v| Some((v, self.at(v)?))).filter(inside).collect()
    }
}

fn place(scale: Scale, value: f64) -> Option<f64> {
    match scale {
        Scale::Linear | Scale::Logs => value.is_finite().then_some(value),
        Scale::Log => (value > 0.0 && value.is_finite()).then(|| value.log10()),
    }
}

/// 1, 2, 5, 10, …, between two logarithms.
fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    let wide = high - low > 3.2;
    let digits: &[f64] = match high - low {
        span if span > 3.2 => &[1.0],
        span if span > 0.6 => &[1.0, 2.0, 5.0],
        span if span > 0.15 => &[1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
        _ => return ticks(10f64.powf(low), 10f64.powf(high)),
    };
    let every = ((high - low) / 10.0).ceil().max(1.0) as i32;
    (low.floor() as i32 - 1..=high.ceil() as i32)
        .filter(|power| !wide || power.rem_euclid(every) == 0)
        .flat_map(|power| digits.iter().map(move |digit| digit * 10f64.powi(power)))
        .filter(|tick| (low..=high).contains(&tick.log10()))
        .collect()
}

/// Five to ten round numbers.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / 6.0;
    let unit = 10f64.powf(rough.log10().floor());
    let step = unit * [1.0, 2.0, 5.0, 10.0].into_iter().find(|s| s * unit >= rough).unwrap_or(10.0);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    // By whole numbers, so that 0.3 is no 0.30000000000000004.
    let digits = (-step.log10().floor()).max(0.0) as usize;
    let round = |n: i64| format!("{:.digits$}", n as f64 * step).parse().unwrap_or(0.0);
    (first..=last).map(round).collect()
}

/// A number in few characters: 0.05, 200, 1e6.
fn label(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".into();
    }
    if !(1e-4..1e5).contains(&size) {
        let power = (size.log10() + 1e-9).floor();
        let digits = (value / 10f64.powf(power) * 100.0).round() / 100.0;
        return format!("{digits}e{power}");
    }
    let places = (3.0 - size.log10().floor()).clamp(0.0, 8.0) as usize;
    let text = format!("{value:.places$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

fn width_of(text: &str) -> f64 {
    LETTER * text.chars().count() as f64
}

impl Plot {
    /// A plot without series yet.
    pub fn new(name: impl Into<String>, title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Plot {
            name: name.into(),
            title: title.into(),
            x,
            y,
            series: Vec::new(),
            uprights: Vec::new(),
            words: Vec::new(),
            height: 300.0,
        }
    }

    /// Drawn; `None` where there is nothing to draw.
    pub fn figure(self) -> Option<Figure> {
        let shown: Vec<&Series> = self.series.iter().filter(|s| !s.points.is_empty()).collect();
        let named: Vec<&Series> = shown.iter().copied().filter(|s| !s.name.is_empty()).collect();
        let (legend, legend_height) = legend(&named);
        let top = 10.0 + legend_height + 18.0 * self.uprights.len() as f64;
        let words = if self.words.is_empty() { 0.0 } else { 34.0 };
        let (top, bottom) = (top + words, 54.0);
        let y_values = || {
            let lows = shown.iter().filter_map(|s| match &s.mark {
                Mark::Band(low) => Some(low.iter().map(|p| p.1).collect::<Vec<_>>()),
                Mark::Bars(_) => Some(vec![0.0]),
                _ => None,
            });
            let limits = shown.iter().flat_map(|s| s.limits.iter().flat_map(|l| [l.1, l.2]));
            let points = shown.iter().flat_map(|s| s.points.iter().map(|p| p.1));
            points.chain(limits).chain(lows.flatten()).collect::<Vec<f64>>()
        };
        let floor = top + self.height;
        let y = Map::new(&self.y, y_values().into_iter(), floor, top)?;
        let y_marks = if self.y.name.is_empty() { Vec::new() } else { y.marks(&self.y) };
        let widest = y_marks.iter().map(|(v, _)| width_of(&label(*v))).fold(0.0, f64::max);
        let left = if self.y.name.is_empty() { 16.0 } else { widest + 40.0 };
        let right = WIDTH - 20.0;
        let x_values = shown.iter().flat_map(|s| s.points.iter().map(|p| p.0));
        let x_values = x_values.chain(self.uprights.iter().map(|upright| upright.at));
        let x = Map::new(&self.x, x_values, left, right)?;
        let frame = Frame { left, right, top, floor };
        let height = floor + bottom;
        let svg = html! {
            svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {height:.0}"))
                width=(WIDTH) height=(format!("{height:.0}")) role="img" aria-label=(self.title)
                font-family=(FONT) font-size=(SIZE) fill=(Ink::Text.css()) {
                (legend)
                (axes(&self, &x, &y, &y_marks, &frame))
                @for series in &shown { (drawn(series, &x, &y)) }
                @for (i, upright) in self.uprights.iter().enumerate() {
                    (across(upright, i, legend_height, &x, &frame))
                }
                @for (i, (at, text)) in self.words.iter().enumerate() {
                    @if let Some(px) = x.at(*at) {
                        // Two rows, so that neighbours do not meet.
                        // Whole, also above the last tick.
                        text x=(n(px.min(WIDTH - 4.0 - 0.5 * width_of(text))))
                            y=(n(top - 8.0 - 15.0 * (i % 2) as f64))
                            text-anchor="middle" fill=(Ink::Proved.css()) { (text) }
                    }
                }
            }
        };
        let csv = data(&self.x.name, &shown);
        Some(Figure { name: self.name, title: self.title, svg: svg.into_string(), csv })
    }
}

struct Frame {
    left: f64,
    right: f64,
    top: f64,
    floor: f64,
}

/// A coordinate with one digit behind the point.
fn n(value: f64) -> String {
    format!("{value:.1}")
}

/// Rows of names, and how high they are.
fn legend(series: &[&Series]) -> (Markup, f64) {
    const ROW: f64 = 20.0;
    let (mut x, mut row, mut places) = (16.0, 0.0, Vec::new());
    for one in series {
        let width = 28.0 + width_of(&one.name) + 16.0;
        if x > 16.0 && x + width > WIDTH - 16.0 {
            (x, row) = (16.0, row + 1.0);
        }
        places.push((x, 18.0 + ROW * row));
        x += width;
    }
    let height = if series.is_empty() { 0.0 } else { ROW * (row + 1.0) + 8.0 };
    let markup = html! {
        @for (one, (x, y)) in series.iter().zip(places) {
            @let color = one.ink.css();
            @match one.mark {
                Mark::Line | Mark::Dashed => {
                    @let dashes = (one.mark == Mark::Dashed).then_some("6 4");
                    line x1=(n(x)) y1=(n(y - 4.0)) x2=(n(x + 20.0)) y2=(n(y - 4.0))
                        stroke=(color) stroke-width="2" stroke-dasharray=[dashes] {}
                }
                Mark::Rings => {
                    circle cx=(n(x + 10.0)) cy=(n(y - 4.0)) r="4.5" fill="none" stroke=(color)
                        stroke-width="1.5" {}
                }
                Mark::Points => {
                    circle cx=(n(x + 10.0)) cy=(n(y - 4.0)) r="2.2" fill=(color) {}
                }
                Mark::Dots | Mark::Dust => {
                    circle cx=(n(x + 10.0)) cy=(n(y - 4.0)) r="3.5" fill=(color) {}
                }
                Mark::Band(_) | Mark::Bars(_) => {
                    rect x=(n(x)) y=(n(y - 10.0)) width="20" height="12" fill=(color)
                        opacity="0.35" {}
                }
            }
            text x=(n(x + 26.0)) y=(n(y)) { (one.name) }
        }
    };
    (markup, height)
}

fn axes(plot: &Plot, x: &Map, y: &Map, y_marks: &[(f64, f64)], frame: &Frame) -> Markup {
    let Frame { left, right, top, floor } = *frame;
    let marks = x.marks(&plot.x);
    // A label where there is room for it; a mark in any case.
    let mut free = f64::NEG_INFINITY;
    let labels: Vec<Option<String>> = marks
        .iter()
        .map(|&(value, at)| {
            let text = label(value);
            let half = width_of(&text) / 2.0 + 3.0;
            (at - half > free && at + half <= WIDTH + 1.0).then(|| {
                free = at + half;
                text
            })
        })
        .collect();
    let middle = f64::midpoint(top, floor);
    html! {
        @for ((_, at), text) in marks.iter().zip(labels) {
            line x1=(n(*at)) y1=(n(top)) x2=(n(*at)) y2=(n(floor)) stroke=(Ink::Grid.css()) {}
            line x1=(n(*at)) y1=(n(floor)) x2=(n(*at)) y2=(n(floor + 4.0))
                stroke=(Ink::Text.css()) {}
            @if let Some(text) = text {
                text x=(n(*at)) y=(n(floor + 19.0)) text-anchor="middle" { (text) }
            }
        }
        @for (value, at) in y_marks {
            line x1=(n(left)) y1=(n(*at)) x2=(n(right)) y2=(n(*at)) stroke=(Ink::Grid.css()) {}
            text x=(n(left - 7.0)) y=(n(at + 5.0)) text-anchor="end" { (label(*value)) }
        }
        path d=(format!("M{left:.1} {top:.1}V{floor:.1}H{right:.1}")) fill="none"
            stroke=(Ink::Text.css()) {}
        text x=(n(f64::midpoint(left, right))) y=(n(floor + 42.0)) text-anchor="middle" {
            (plot.x.name)
        }
        @if !plot.y.name.is_empty() {
            text transform=(format!("translate(15 {middle:.1}) rotate(-90)"))
                text-anchor="middle" { (plot.y.name) }
        }
        @let _ = y;
    }
}

fn drawn(series: &Series, x: &Map, y: &Map) -> Markup {
    let at = |&(a, b): &(f64, f64)| Some((x.at(a)?, y.at(b)?));
    let points: Vec<(f64, f64)> = series.points.iter().filter_map(at).collect();
    let color = series.ink.css();
    let path = |points: &[(f64, f64)]| {
        let steps = points
            .iter()
            .enumerate()
            .map(|(i, (a, b))| format!("{}{a:.1} {b:.1}", if i == 0 { "M" } else { "L" }));
        steps.collect::<String>()
    };
    html! {
        @for &(a, low, high) in &series.limits {
            @if let (Some(px), Some(from), Some(to)) = (x.at(a), y.at(low), y.at(high)) {
                path d=(format!("M{px:.1} {from:.1}V{to:.1}M{:.1} {from:.1}h6M{:.1} {to:.1}h6",
                    px - 3.0, px - 3.0)) stroke=(color) opacity="0.6" fill="none" {}
            }
        }
        @match &series.mark {
            Mark::Line | Mark::Dashed => {
                @let dashes = (series.mark == Mark::Dashed).then_some("6 4");
                path d=(path(&points)) fill="none" stroke=(color) stroke-width="2"
                    stroke-linejoin="round" stroke-dasharray=[dashes] {}
            }
            Mark::Points => {
                @for (a, b) in &points { circle cx=(n(*a)) cy=(n(*b)) r="2.2" fill=(color) {} }
            }
            Mark::Dots => {
                @for (a, b) in &points { circle cx=(n(*a)) cy=(n(*b)) r="3.5" fill=(color) {} }
            }
            Mark::Rings => {
                g fill="none" stroke=(color) stroke-width="1.5" {
                    @for (a, b) in &points { circle cx=(n(*a)) cy=(n(*b)) r="4.5" {} }
                }
            }
            Mark::Dust => {
                g fill=(color) opacity="0.45" {
                    @for (a, b) in &points { circle cx=(n(*a)) cy=(n(*b)) r="2" {} }
                }
            }
            Mark::Band(low) => {
                @let low: Vec<(f64, f64)> = low.iter().rev().filter_map(at).collect();
                @let outline: Vec<(f64, f64)> = points.iter().copied().chain(low).collect();
                path d=(format!("{}Z", path(&outline))) fill=(color) opacity="0.2" {}
            }
            Mark::Bars(width) => {
                g fill=(color) opacity="0.6" {
                    @for &(a, height) in &series.points {
                        @if let (Some(from), Some(to), Some(top), Some(zero)) =
                            (x.at(a), x.at(a + width), y.at(height), y.at(0.0)) {
                            rect x=(n(from)) y=(n(top)) width=(n(to - from))
                                height=(n(zero - top)) {}
                        }
                    }
                }
            }
        }
    }
}

/// A line across the frame; its name above, to the side where there is room.
fn across(upright: &Upright, row: usize, legend: f64, x: &Map, frame: &Frame) -> Markup {
    let Some(at) = x.at(upright.at) else { return html! {} };
    let y = legend + 14.0 + 18.0 * row as f64;
    let color = upright.ink.css();
    let right = at + 8.0 + width_of(&upright.name) > WIDTH - 4.0;
    let (anchor, place) = if right { ("end", at - 7.0) } else { ("start", at + 7.0) };
    html! {
        path d=(format!("M{at:.1} {:.1}V{:.1}", y - 8.0, frame.floor)) stroke=(color)
            stroke-width="1.5" {}
        text x=(n(place)) y=(n(y)) text-anchor=(anchor) fill=(color) stroke="var(--paper,#fff)"
            stroke-width="5" paint-order="stroke" { (upright.name) }
    }
}

/// What is drawn, a point a line.
fn data(x: &str, series: &[&Series]) -> String {
    let x = if x.is_empty() { "x" } else { x };
    let rows = series.iter().flat_map(|one| {
        one.points.iter().map(|(a, b)| {
            let limits = one.limits.iter().find(|limit| limit.0 == *a);
            let limit = |value: Option<f64>| value.map_or(String::new(), |v| v.to_string());
            vec![
                one.name.clone(),
                a.to_string(),
                b.to_string(),
                limit(limits.map(|l| l.1)),
                limit(limits.map(|l| l.2)),
            ]
        })
    });
    csv::lines(csv::words(&["series", x, "value", "low", "high"]), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 1.0), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(ticks(-3.0, 3.0), [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]);
        assert_eq!(log_ticks(0.0, 2.0), [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]);
        let labels = [0.05, 200.0, 1e6, 0.30000000000000004, 1.5e-7, 0.0, 12.5].map(label);
        assert_eq!(labels, ["0.05", "200", "1e6", "0.3", "1.5e-7", "0", "12.5"]);
    }

    /// Nothing is outside the picture, and the legend is above the frame.
    #[test]
    fn everything_is_within_the_picture() {
        let line = |name: &str| {
            let points = (1..=40).map(|i| (f64::from(i), 10f64.powi(i)));
            Series::new(name, Ink::Seen, Mark::Line, points)
        };
        let (x, y) = (Axis::new("depth L", Scale::Linear), Axis::new("width", Scale::Log));
        let mut plot = Plot::new("p", "a picture", x, y);
        plot.series =
            (0..9).map(|i| line(&format!("{i}: a rather long name of a series"))).collect();
        plot.words = vec![(40.0, "words over the last tick".into())];
        let svg = plot.figure().unwrap().svg;
        let head = svg.split(">words over").next().unwrap();
        let at = head.rsplit("<text x=\"").next().unwrap().split('"').next().unwrap();
        let end = at.parse::<f64>().unwrap() + 0.5 * width_of("words over the last tick");
        assert!(end <= WIDTH && end > WIDTH - 10.0);
        let numbers = |attribute: &str| -> Vec<f64> {
            let start = format!(" {attribute}=\"");
            let parts = svg.split(start.as_str()).skip(1);
            parts.map(|part| part.split('"').next().unwrap().parse().unwrap()).collect()
        };
        assert!(numbers("x1").iter().chain(&numbers("x")).all(|x| (0.0..=WIDTH).contains(x)));
        let frame = numbers("y1").into_iter().fold(f64::INFINITY, f64::min);
        assert!(frame >= 0.0 && svg.matches("a rather long name").count() == 9);
        assert!(
            Plot::new("e", "empty", Axis::new("x", Scale::Log), Axis::new("y", Scale::Log))
                .figure()
                .is_none()
        );
    }
}
