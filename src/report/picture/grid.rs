//! Inputs that are pictures: as they are, changed so that the class is another, and the change.

use maud::{Markup, html};

use super::kit::{Ink, WIDTH};
use crate::given::{Entry, Findings};
use crate::report::csv;
use crate::report::document::Figure;
use crate::report::given::{Side, Subject, ends, percent};
use crate::report::words::near;

/// Shades of a picture: more are not told apart.
const SHADES: usize = 32;
/// Words to the left of the pictures.
const LEFT: f64 = 96.0;
/// Between pictures.
const GAP: f64 = 10.0;

/// An input and one of another class.
struct Pair<'a> {
    entry: &'a Entry,
    found: &'a Findings,
    x: &'a [f64],
    y: &'a [f64],
}

/// Those that are changed most and least easily; `None` where inputs are no pictures, or are not
/// at hand in the space in which they are changed.
pub fn extremes(subject: &Subject) -> Option<Figure> {
    let [rows, columns] = subject.header().grid?;
    if subject.is_behind() {
        return None;
    }
    let changed = |&(entry, found): &(&'_ Entry, &'_ Findings)| {
        found.counterexample.is_some() && subject.point(entry).is_some()
    };
    let sorted: Vec<(&Entry, &Findings)> =
        subject.by_radius().into_iter().filter(changed).collect();
    let pairs: Vec<Pair> = ends(&sorted)
        .into_iter()
        .filter_map(|(entry, found)| {
            let (x, y) = (subject.point(entry)?, found.counterexample.as_deref()?);
            let whole = x.len() == rows * columns && y.len() == x.len();
            whole.then_some(Pair { entry, found, x, y })
        })
        .collect();
    let all = || pairs.iter().flat_map(|pair| pair.x.iter().chain(pair.y)).copied();
    let (low, high) =
        all().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    if pairs.is_empty() || !(low.is_finite() && high.is_finite()) {
        return None;
    }
    let changes =
        |pair: &Pair| -> Vec<f64> { pair.y.iter().zip(pair.x).map(|(y, x)| y - x).collect() };
    let most = pairs.iter().flat_map(changes).fold(0.0, |most: f64, v| most.max(v.abs()));
    let side = (WIDTH - LEFT) / pairs.len().max(4) as f64 - GAP;
    let tall = side * rows as f64 / columns as f64;
    let top = 62.0;
    let down = |row: usize| top + row as f64 * (tall + GAP);
    let height = down(3) + 8.0;
    let across = |i: usize| LEFT + i as f64 * (side + GAP);
    let picture = |values: &[f64],
                   shade: &dyn Fn(f64) -> usize,
                   ink: &dyn Fn(usize) -> String,
                   place: (f64, f64)| {
        let scale = (side / columns as f64, tall / rows as f64);
        html! {
            g transform=(format!("translate({:.2} {:.2}) scale({:.4} {:.4})", place.0, place.1, scale.0, scale.1))
                fill="none" {
                (shades(values, columns, shade, ink))
                rect width=(columns) height=(rows) stroke=(Ink::Grid.css()) stroke-width="1"
                    vector-effect="non-scaling-stroke" {}
            }
        }
    };
    let span = if high > low { high - low } else { 1.0 };
    let grey = |value: f64| (((value - low) / span) * (SHADES - 1) as f64).round() as usize;
    let half = (SHADES / 2) as f64;
    let tint = |change: f64| {
        let share = if most > 0.0 { change / most } else { 0.0 };
        (half + share * half).round() as usize
    };
    let words = ["x", "changed", "change"];
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {height:.0}"))
            width=(WIDTH) height=(format!("{height:.0}")) role="img"
            aria-label="inputs that are changed most and least easily"
            font-family="system-ui, sans-serif" font-size="14" fill=(Ink::Text.css()) {
            @for (row, word) in words.iter().enumerate() {
                text x=(format!("{:.1}", LEFT - 10.0)) y=(format!("{:.1}", down(row) + tall / 2.0 + 5.0))
                    text-anchor="end" { (word) }
            }
            @for (i, pair) in pairs.iter().enumerate() {
                @let middle = format!("{:.1}", across(i) + side / 2.0);
                @for (line, words) in named(pair).iter().enumerate() {
                    text x=(middle) y=(18 * (line + 1)) text-anchor="middle" { (words) }
                }
                (picture(pair.x, &grey, &shade_of_grey, (across(i), down(0))))
                (picture(pair.y, &grey, &shade_of_grey, (across(i), down(1))))
                (picture(&changes(pair), &tint, &shade_of_change, (across(i), down(2))))
            }
        }
    };
    let title = format!(
        "The inputs that are changed most (left) and least easily (right), each beside the nearest \
         input of another class that was found; black is {}, white {}; change: blue down, red up, \
         in full colour by {}",
        near(low, 3).replace('–', "lowest"),
        near(high, 3).replace('–', "highest"),
        near(most, 3)
    );
    let data = data(&pairs);
    Some(Figure { name: "figure-extremes".into(), title, svg: svg.into_string(), csv: data })
}

/// What is above a picture.
fn named(pair: &Pair) -> [String; 3] {
    let found = pair.found;
    let classes = match found.rival {
        Some(_) => format!("class {}", found.class),
        None => format!("f {} 0", if found.class == 1 { ">" } else { "<" }),
    };
    let radius = found.relative_above(found.radius.found);
    let radius = radius.map_or("–".into(), |radius| percent(radius, Side::Above));
    [format!("input {}", pair.entry.input), classes, radius]
}

/// A picture, a path for every shade, along its rows.
fn shades(
    values: &[f64],
    columns: usize,
    shade: &dyn Fn(f64) -> usize,
    ink: &dyn Fn(usize) -> String,
) -> Markup {
    let mut paths: Vec<String> = vec![String::new(); SHADES + 1];
    for (row, line) in values.chunks(columns).enumerate() {
        let mut from = 0;
        for run in line.chunk_by(|a, b| shade(*a) == shade(*b)) {
            let path = &mut paths[shade(run[0]).min(SHADES)];
            *path += &format!("M{from} {row}.5h{}", run.len());
            from += run.len();
        }
    }
    html! {
        g shape-rendering="crispEdges" {
            @for (level, path) in paths.iter().enumerate().filter(|(_, path)| !path.is_empty()) {
                path d=(path) stroke=(ink(level)) {}
            }
        }
    }
}

fn shade_of_grey(level: usize) -> String {
    let light = 255 * level.min(SHADES - 1) / (SHADES - 1);
    format!("#{light:02x}{light:02x}{light:02x}")
}

/// From blue over white to red.
fn shade_of_change(level: usize) -> String {
    let share = 2.0 * level.min(SHADES) as f64 / SHADES as f64 - 1.0;
    let (red, blue) = ([190.0, 40.0, 45.0], [35.0, 90.0, 160.0]);
    let end: [f64; 3] = if share < 0.0 { blue } else { red };
    let of = |channel: f64| (255.0 + share.abs() * (channel - 255.0)).round() as u8;
    let [r, g, b] = end.map(of);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Every number that is drawn.
fn data(pairs: &[Pair]) -> String {
    let rows = pairs.iter().flat_map(|pair| {
        let input = pair.entry.input;
        let of = move |name: String, values: &[f64]| -> Vec<Vec<String>> {
            let line = |(i, value): (usize, &f64)| {
                let cells = [name.clone(), i.to_string(), value.to_string()];
                cells.into_iter().chain([String::new(), String::new()]).collect()
            };
            values.iter().enumerate().map(line).collect()
        };
        [of(format!("input {input}"), pair.x), of(format!("input {input}, changed"), pair.y)]
            .concat()
    });
    csv::lines(csv::words(&["series", "entry", "value", "low", "high"]), rows)
}
