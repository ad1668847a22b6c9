//! Inputs that are pictures: as they are, changed so that the class is another, and the change.

use maud::{Markup, html};

use super::kit::{Ink, WIDTH};
use crate::given::{Entry, Findings};
use crate::report::csv;
use crate::report::document::Figure;
use crate::report::given::{Side, Subject, ends, percent};
use crate::report::words::plainly;

/// Shades of a picture: more are not told apart.
const SHADES: usize = 32;
/// Words to the left of the pictures.
const LEFT: f64 = 96.0;
/// And above them.
const TOP: f64 = 62.0;
/// Between pictures.
const GAP: f64 = 10.0;

/// An input and one of another class.
struct Pair<'a> {
    entry: &'a Entry,
    found: &'a Findings,
    x: &'a [f64],
    y: &'a [f64],
}

/// What greys stand for, in all pictures of a figure alike; changes are of different sizes, and
/// each has a scale of its own, which is written below it.
struct Range {
    /// Black.
    low: f64,
    /// White.
    high: f64,
}

impl Pair<'_> {
    fn changes(&self) -> Vec<f64> {
        self.y.iter().zip(self.x).map(|(y, x)| y - x).collect()
    }

    /// The largest change of an entry, in full colour.
    fn most(&self) -> f64 {
        self.changes().into_iter().fold(0.0, |most: f64, change| most.max(change.abs()))
    }
}

impl Range {
    fn of(pairs: &[Pair]) -> Option<Self> {
        let all = pairs.iter().flat_map(|pair| pair.x.iter().chain(pair.y)).copied();
        let (low, high) =
            all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        (low.is_finite() && high.is_finite()).then_some(Range { low, high })
    }

    fn grey(&self, value: f64) -> usize {
        let span = if self.high > self.low { self.high - self.low } else { 1.0 };
        ((value - self.low) / span * (SHADES - 1) as f64).round() as usize
    }
}

/// Of a change, where the largest is `most`.
fn tint(change: f64, most: f64) -> usize {
    let share = if most > 0.0 { change / most } else { 0.0 };
    ((1.0 + share) * (SHADES / 2) as f64).round() as usize
}

/// Those that are changed most and least easily; `None` where inputs are no pictures, or are not
/// at hand in the space in which they are changed.
pub fn extremes(subject: &Subject) -> Option<Figure> {
    let grid = subject.header().grid?;
    if subject.is_behind() {
        return None;
    }
    let changed = |&(entry, found): &(&Entry, &Findings)| {
        found.counterexample.is_some() && subject.point(entry).is_some()
    };
    let sorted: Vec<(&Entry, &Findings)> =
        subject.by_radius().into_iter().filter(changed).collect();
    let pairs: Vec<Pair> = ends(&sorted)
        .into_iter()
        .filter_map(|(entry, found)| {
            let (x, y) = (subject.point(entry)?, found.counterexample.as_deref()?);
            let whole = x.len() == grid[0] * grid[1] && y.len() == x.len();
            whole.then_some(Pair { entry, found, x, y })
        })
        .collect();
    // Infinite, and so none, without any.
    let range = Range::of(&pairs)?;
    let title = format!(
        "The inputs that are changed most (left) and least easily (right), each beside the nearest \
         input of another class that was found; black is {}, white {}; change: blue down, red up, \
         in full colour by what is written below it",
        signed(range.low),
        signed(range.high)
    );
    let svg = drawn(&pairs, grid, &range).into_string();
    Some(Figure { name: "figure-extremes".into(), title, svg, csv: data(&pairs) })
}

/// A column for each pair.
fn drawn(pairs: &[Pair], [rows, columns]: [usize; 2], range: &Range) -> Markup {
    let side = (WIDTH - LEFT) / pairs.len().max(4) as f64 - GAP;
    let tall = side * rows as f64 / columns as f64;
    let down = |row: usize| TOP + row as f64 * (tall + GAP);
    let across = |i: usize| LEFT + i as f64 * (side + GAP);
    let height = down(3) + 16.0;
    let scale = format!("scale({:.4} {:.4})", side / columns as f64, tall / rows as f64);
    let place =
        |i: usize, row: usize| format!("translate({:.2} {:.2}) {scale}", across(i), down(row));
    let frame = html! {
        rect width=(columns) height=(rows) fill="none" stroke=(Ink::Grid.css()) stroke-width="1"
            vector-effect="non-scaling-stroke" {}
    };
    let grey = |values: &[f64]| shades(values, columns, &|value| range.grey(value), shade_of_grey);
    let tints = |pair: &Pair| {
        let most = pair.most();
        shades(&pair.changes(), columns, &|change| tint(change, most), shade_of_change)
    };
    let label = |row: usize| format!("{:.1}", down(row) + tall / 2.0 + 5.0);
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {height:.0}"))
            width=(WIDTH) height=(format!("{height:.0}")) role="img"
            aria-label="inputs that are changed most and least easily"
            font-family="system-ui, sans-serif" font-size="14" fill=(Ink::Text.css()) {
            @for (row, word) in ["x", "changed", "change"].iter().enumerate() {
                text x=(LEFT - 10.0) y=(label(row)) text-anchor="end" { (word) }
            }
            @for (i, pair) in pairs.iter().enumerate() {
                @let middle = format!("{:.1}", across(i) + side / 2.0);
                @for (line, words) in named(pair).iter().enumerate() {
                    text x=(middle) y=(18 * (line + 1)) text-anchor="middle" { (words) }
                }
                g transform=(place(i, 0)) { (grey(pair.x)) (frame) }
                g transform=(place(i, 1)) { (grey(pair.y)) (frame) }
                g transform=(place(i, 2)) { (tints(pair)) (frame) }
                text x=(middle) y=(format!("{:.1}", down(3) + 6.0)) text-anchor="middle" {
                    "±" (plainly(pair.most(), 2))
                }
            }
        }
    }
}

/// A number of either sign.
fn signed(value: f64) -> String {
    format!("{}{}", if value < 0.0 { "−" } else { "" }, plainly(value.abs(), 3))
}

/// What is above a picture.
fn named(pair: &Pair) -> [String; 3] {
    let found = pair.found;
    let classes = match (found.rival, found.reached) {
        (Some(_), Some(reached)) => format!("{} → {reached}", found.class),
        (Some(_), None) => format!("class {}", found.class),
        (None, _) => format!("f {} 0", if found.class == 1 { ">" } else { "<" }),
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
    ink: fn(usize) -> String,
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
        g shape-rendering="crispEdges" fill="none" {
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
