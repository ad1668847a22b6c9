//! The graph of statements: which proof uses which, from the registry.

use std::collections::HashMap;

use maud::{Markup, html};

use crate::model::statement::{Statement, Status};
use crate::stage::{self, statements};

const COLUMN: usize = 116;
const ROW: usize = 26;
const LANE_GAP: usize = 14;
const LEFT: usize = 96;
const TOP: usize = 44;
const BOX: (usize, usize) = (92, 20);

/// Colours of fill and frame.
fn colours(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::MachineChecked => ("#d9efe0", "#1c7a3d"),
        Status::Certified => ("#e1ebf8", "#2a5d9c"),
        Status::Proved => ("#ffffff", "#55555c"),
        Status::Prediction => ("#f1f1f3", "#a9a9b0"),
    }
}

/// A statement's place: the longest way to it from statements that use nothing, and the row within
/// its stage's lane.
struct Place {
    statement: &'static Statement,
    x: usize,
    y: usize,
}

/// The number of steps on the longest way of uses below a statement.
fn rank(statement: &Statement) -> usize {
    let below = statement.uses.iter().filter_map(|label| stage::statement(label));
    below.map(|used| rank(used) + 1).max().unwrap_or(0)
}

/// Lanes with their upper ends, all places, and the height of the picture.
fn places() -> (Vec<(&'static str, usize)>, Vec<Place>, usize) {
    let mut lanes: Vec<(&str, usize)> = Vec::new();
    let mut places: Vec<Place> = Vec::new();
    let mut y = TOP;
    for stage in stage::ALL.iter().map(|stage| stage.name()) {
        lanes.push((stage, y));
        let mut taken: HashMap<usize, usize> = HashMap::new();
        for statement in statements().filter(|s| s.stage() == stage) {
            let column = rank(statement);
            let row = taken.entry(column).or_insert(0);
            places.push(Place { statement, x: LEFT + column * COLUMN, y: y + *row * ROW });
            *row += 1;
        }
        y += taken.values().max().copied().unwrap_or(0) * ROW + LANE_GAP;
    }
    (lanes, places, y)
}

/// The graph as a picture that stands alone.
pub fn svg() -> String {
    let (lanes, places, height) = places();
    let width = places.iter().map(|place| place.x).max().unwrap_or(0) + BOX.0 + 12;
    let at: HashMap<&str, &Place> =
        places.iter().map(|place| (place.statement.label, place)).collect();
    let arrows = |before: bool| {
        places.iter().flat_map(move |to| {
            let labels = if before { to.statement.before } else { to.statement.uses };
            labels.iter().map(move |label| (*label, to))
        })
    };
    let picture = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height)
            viewBox={ "0 0 " (width) " " (height) }
            font-family="system-ui, sans-serif" font-size="12" {
            rect width=(width) height=(height) fill="#fff" {}
            (legend())
            @for (stage, y) in &lanes {
                path d={ "M0 " (y - LANE_GAP / 2) "H" (width) } stroke="#ececf0" {}
                text x="6" y=(y + 14) fill="#68686f" { (stage) }
            }
            @for (label, to) in arrows(false) { (arrow(at[label], to)) }
            @for (label, to) in arrows(true) { (back(at[label], to)) }
            @for place in &places { (node(place)) }
        }
    };
    picture.into_string()
}

fn legend() -> Markup {
    let entries = [Status::MachineChecked, Status::Certified, Status::Proved, Status::Prediction];
    html! {
        @for (i, status) in entries.into_iter().enumerate() {
            @let (fill, frame) = colours(status);
            @let x = LEFT + i * 160;
            rect x=(x) y="8" width="14" height="14" rx="3" fill=(fill) stroke=(frame) {}
            text x=(x + 20) y="19" fill="#222226" { (status.name()) }
        }
        text x=(LEFT + 640) y="19" fill="#68686f" { "dashed: for the layers before" }
    }
}

fn node(place: &Place) -> Markup {
    let (fill, frame) = colours(place.statement.status);
    let name = place.statement.label.split_once('.').map_or("", |(_, name)| name);
    html! {
        g {
            title { (place.statement.label) ": " (place.statement.claim) }
            rect x=(place.x) y=(place.y) width=(BOX.0) height=(BOX.1) rx="4"
                fill=(fill) stroke=(frame) {}
            text x=(place.x + BOX.0 / 2) y=(place.y + 14) text-anchor="middle" fill="#222226" {
                (name)
            }
        }
    }
}

/// From what is used to what uses it, left to right.
fn arrow(from: &Place, to: &Place) -> Markup {
    let (x, y) = (from.x + BOX.0, from.y + BOX.1 / 2);
    let (u, v) = (to.x, to.y + BOX.1 / 2);
    let bend = COLUMN / 4;
    html! {
        path d={ "M" (x) " " (y) "C" (x + bend) " " (y) " " (u - bend) " " (v) " " (u) " " (v) }
            fill="none" stroke="#8f8f98" {}
        path d={ "M" (u) " " (v) "l-6 -3v6z" } fill="#8f8f98" {}
    }
}

/// To the same statement one layer further up: from right to left, or within a column.
fn back(from: &Place, to: &Place) -> Markup {
    // The ends stand apart, for a statement that uses itself.
    let (x, y) = (from.x + BOX.0 / 2 - 8, from.y + BOX.1);
    let (u, v) = (to.x + BOX.0 / 2 + 8, to.y + BOX.1);
    let low = y.max(v) + LANE_GAP;
    html! {
        path d={ "M" (x) " " (y) "C" (x) " " (low) " " (u) " " (low) " " (u) " " (v + 1) }
            fill="none" stroke="#8f8f98" stroke-dasharray="4 3" {}
        path d={ "M" (u) " " (v) "l-3 6h6z" } fill="#8f8f98" {}
    }
}
