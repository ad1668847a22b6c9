//! The tables of a run beside its rows, each with what its columns mean and what follows from it.

use crate::judge::ledger::Ledger;
use crate::judge::row::Event;
use crate::judge::thresholds::Threshold;
use crate::model::clean::short;
use crate::model::start::Start;
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, decimal, is_round};
use crate::report::document::{Block, Cell, Column, Section, Table, Tone, sentence};
use crate::report::words::{
    DIGITS, NUMBER, grouped, near, observed, short_widths, short_widths_down, variants,
};
use crate::stage::collapse::table::Sphere;

use super::shown::{LAYERS, shown};

/// Those of one stage.
pub fn of(ledger: &Ledger, stage: &str) -> Vec<Block> {
    let section = match stage {
        "bottleneck" => layers(ledger),
        "slack" => attribution(ledger),
        "collapse" => angles(ledger),
        _ => None,
    };
    section.map(Block::Section).into_iter().collect()
}

/// Those of all stages, and those that were asked for.
pub fn all(ledger: &Ledger, without: &[&str]) -> Vec<Block> {
    let sections = [layers(ledger), attribution(ledger), angles(ledger)];
    let sections = sections.into_iter().flatten();
    let kept = sections.filter(|section| !without.contains(&section.id.as_str()));
    kept.map(Block::Section).chain(asked(ledger)).collect()
}

/// Those that were asked for by name.
pub fn asked(ledger: &Ledger) -> Vec<Block> {
    let sections = [events(ledger), thresholds(ledger), spheres(ledger)];
    sections.into_iter().flatten().map(Block::Section).collect()
}

fn section(id: &str, title: &str, table: Table, legend: &str, said: Option<String>) -> Section {
    let mut blocks = vec![Block::Table(table), Block::Text(Tone::Legend, sentence(legend))];
    blocks.extend(said.map(|said| Block::Text(Tone::Plain, sentence(&said))));
    Section::new(id, title, blocks)
}

const LAYERS_LEGEND: &str = "bottleneck: the last narrowest layer before; naive: \
     √(width/bottleneck); σ: bounds on the Lipschitz constant of the layer over the ball, by \
     Gaussian comparison and by the plain union bound, beside the operator norm seen; τ: bound, by \
     comparison, on the relative change of the layer; flips: bound on the neurons that flip, \
     beside the most seen";

/// The picture of the bottleneck: what is proved and observed of each layer.
fn layers(ledger: &Ledger) -> Option<Section> {
    if ledger.layers.is_empty() {
        return None;
    }
    let up = |value: Magnitude| {
        if value.is_finite() { decimal(value, 3, Toward::Up) } else { "–".into() }
    };
    let seen = |label: &str, layer: usize| {
        ledger.row(&format!("{label}[{layer}]")).map_or("–".into(), observed)
    };
    let depth = ledger.layers.len();
    let few = LAYERS;
    let keep = |layer: usize| depth <= 2 * few || layer <= few || layer + few > depth;
    let rows = ledger.layers.iter().filter(|layer| keep(layer.layer)).map(|layer| {
        let from = match layer.bottleneck {
            0 => "input".to_owned(),
            k => k.to_string(),
        };
        vec![
            layer.layer.to_string(),
            layer.width.clone(),
            format!("{from} ({})", layer.rank),
            near(layer.naive, 3),
            up(layer.comparison.lipschitz),
            up(layer.plain.lipschitz),
            seen("bottleneck.lipschitz", layer.layer),
            up(layer.comparison.drift),
            up(layer.comparison.flips.min(layer.plain.flips)),
            seen("bottleneck.flips", layer.layer),
        ]
    });
    let names = [
        "layer",
        "width",
        "bottleneck",
        "naive",
        "σ compared",
        "σ plain",
        "‖J‖ seen",
        "τ",
        "flips",
        "seen",
    ];
    let table = Table::plain(&names, rows.collect());
    Some(section("layers", "The bottleneck, layer by layer", table, LAYERS_LEGEND, None))
}

const SLACK_LEGEND: &str = "each number is a layer's own slack times the weight with which it \
     counts, about its share of ε; rows, columns and the triangle inequality add up to the slack \
     of ε, as bounded by Gaussian comparison, in the networks in which neurons were seen to flip";

/// Where the slack of ε comes from, in factors of ten.
fn attribution(ledger: &Ledger) -> Option<Section> {
    let attribution = ledger.attribution.as_ref()?;
    // What is rounded to 0 has no sign of its own.
    let cell = |value: f64| format!("{value:+.2}").replace("-0.00", "+0.00");
    let count = attribution.layers.len();
    let few = LAYERS;
    let keep = |i: usize| count <= 2 * few || i < few || i + few >= count;
    let lemmas = 0..attribution.lemmas.len();
    let of_layers = attribution.layers.iter().enumerate().filter(|(i, _)| keep(*i));
    let mut lines: Vec<Vec<String>> = of_layers
        .map(|(_, layer)| {
            let parts = layer.parts.iter().map(|part| cell(*part));
            let head = [format!("layer {}", layer.layer), format!("{:.3}", layer.weight)];
            head.into_iter().chain(parts).chain([cell(layer.parts.iter().sum())]).collect()
        })
        .collect();
    let mut line = |name: &str, parts: Vec<String>, sum: f64| {
        let head = [name.to_owned(), String::new()];
        lines.push(head.into_iter().chain(parts).chain([cell(sum)]).collect());
    };
    let whole = attribution.layers.iter().flat_map(|l| &l.parts).sum::<f64>();
    line("all layers", lemmas.clone().map(|i| cell(attribution.lemma(i))).collect(), whole);
    let blank = || vec![String::new(); lemmas.len()];
    line("triangle", blank(), attribution.triangle);
    if attribution.unseen.abs() > 5e-3 {
        line("no flips seen", blank(), attribution.unseen);
    }
    line("slack of ε", blank(), attribution.total);
    let headings = [String::new(), "weight".to_owned()].into_iter();
    let headings = headings.chain(attribution.lemmas.clone()).chain(["sum".to_owned()]);
    let table = Table::plain(&headings.collect::<Vec<_>>(), lines);
    let (name, lost) = &attribution.loosest;
    let said = format!(
        "The loosest lemma is {}: it loses {lost:.2} of the {:.2} factors of ten between ε, by \
         Gaussian comparison, and the largest gradient change found",
        lemma_title(name),
        attribution.total
    );
    let mut section = section(
        "slack-table",
        "Where the slack of ε comes from, in factors of ten",
        table,
        SLACK_LEGEND,
        Some(said),
    );
    // What refinements buy.
    let ways = ["linearity.gradient", "linearity.affine"].map(|key| {
        let row = ledger.row(key)?;
        Some((key.to_owned(), variants(row)?))
    });
    let ways: Vec<(String, String)> = ways.into_iter().flatten().collect();
    if !ways.is_empty() {
        section.blocks.push(Block::Notes(ways));
    }
    Some(section)
}

/// A lemma of the attribution in words.
fn lemma_title(name: &str) -> &str {
    match name {
        "flips" => "flips (how many neurons flip)",
        "weights" => "weights (how large the backward coefficients of flipped neurons are)",
        "rows" => "rows (how much the rows of flipped neurons stretch, and how they align)",
        "lipschitz" => "lipschitz (how much the layers below stretch)",
        "scale" => "scale (the backward norm against the gradient)",
        other => other,
    }
}

const ANGLES_LEGEND: &str = "θ between the two inputs after each layer, in radians. limit: in \
     infinitely wide layers, between the envelopes; expected: the median at these widths, without \
     proof, where the layers are wide enough for it; observed: median and largest in the networks \
     sampled (∞ where a layer is silent for an input); proved: exceeded with probability at most δ";

/// The angle, layer by layer: limit, expectation, observation and bound.
fn angles(ledger: &Ledger) -> Option<Section> {
    let depth = ledger.angles.len();
    if depth == 0 {
        return None;
    }
    let seen = ledger.angles_seen();
    let few = 2 * LAYERS;
    let keep = |layer: usize| depth <= few || is_round(layer) || layer == depth;
    let rows = ledger.angles.iter().filter(|angle| keep(angle.layer)).map(|angle| {
        let [low, high] = angle.envelope;
        let observed = seen.get(&angle.layer);
        let cell = |value: Option<Magnitude>| {
            value.map_or("–".into(), |m| decimal(m, DIGITS, Toward::Nearest))
        };
        vec![
            angle.layer.to_string(),
            near(angle.limit, DIGITS),
            angle.median.map_or("–".into(), |median| near(median, DIGITS)),
            cell(observed.map(|o| o.median)),
            cell(observed.map(|o| o.max)),
            if angle.proved.is_finite() {
                format!("≤ {}", decimal(angle.proved, DIGITS, Toward::Up))
            } else {
                "none".into()
            },
            format!(
                "[{}, {}]",
                decimal(low, DIGITS, Toward::Down),
                decimal(high, DIGITS, Toward::Up)
            ),
        ]
    });
    let names = ["layer", "limit", "expected", "observed", "largest", "proved", "envelopes"];
    let table = Table::plain(&names, rows.collect());
    let start = Start::from_record(&ledger.config.start);
    let start = start.map_or(String::new(), |start| format!(", from {}", start.title()));
    let title = format!("The angle between two inputs, layer by layer{start}");
    Some(section("angles", &title, table, ANGLES_LEGEND, None))
}

const SPHERES_LEGEND: &str = "depth: least depth found, with widths as large as may be, at which \
     |f(y) − f(x)| ≤ Ω ‖h_L(x)‖/√d_L is proved for all y on the sphere through x; deeper: twice \
     that depth, and the least width found for it. Then f keeps its sign on the whole sphere with \
     probability at least 1 − δ − 0.8 Ω";

/// Depths and widths at which f is nearly constant on the sphere.
fn spheres(ledger: &Ledger) -> Option<Section> {
    if ledger.spheres.is_empty() {
        return None;
    }
    let grouped_text =
        |text: &str| text.parse::<u128>().map_or(text.to_owned(), crate::num::grouped);
    let rows = ledger.spheres.iter().map(|sphere| {
        let or = |value: Option<String>| value.unwrap_or_else(|| "none found".into());
        vec![
            grouped(sphere.dimension),
            near(sphere.oscillation, 3),
            or(sphere.depth.map(grouped)),
            or(sphere.deeper.map(grouped)),
            or(sphere.width.as_deref().map(grouped_text)),
        ]
    });
    let table = Table::plain(&["d", "Ω", "depth", "deeper", "width"], rows.collect());
    let title = "collapse.sphere: depths and widths at which f is proved nearly constant";
    Some(section("spheres", title, table, SPHERES_LEGEND, sphere_growth(ledger)))
}

/// How the depth and the width of the table of spheres grow with d.
fn sphere_growth(ledger: &Ledger) -> Option<String> {
    let points = |value: fn(&Sphere) -> Option<f64>| {
        let log = |s: &Sphere| Some(((s.dimension as f64).ln(), value(s)?.ln()));
        let points: Vec<(f64, f64)> = ledger.spheres.iter().filter_map(log).collect();
        let (from, to) = (points.get(points.len().checked_sub(2)?)?, points.last()?);
        Some((to.1 - from.1) / (to.0 - from.0))
    };
    let depth = points(|s| s.depth.map(|depth| depth as f64))?;
    let width = points(|s| s.width.as_ref()?.parse().ok())?;
    let [.., from, to] = ledger.spheres.as_slice() else { return None };
    Some(format!(
        "from d = {} to {}, the depth grows like d^{depth:.2} and the width like d^{width:.2}",
        grouped(from.dimension),
        grouped(to.dimension)
    ))
}

/// What its columns mean for steps along the gradient.
const THRESHOLDS_LEGEND: &str = "least widths found at which a step is proved to flip the sign \
    with probability 1 − δ. direct: the step followed through the layers, at the t shown; affine: \
    by the affine error in a region around the input; comparison and plain: by the gradient's \
    change in a ball, by Gaussian comparison and by the union bounds of the paper's proof; \
    expected: without proof, where that share of steps flips (meant from width 32 on; – below, or \
    where it is not resolved)";

/// The same where the step is short in another norm.
const IN_NORM_LEGEND: &str = "least widths found at which the step is proved to flip the sign with \
    probability 1 − δ. direct: the step followed through the layers, at the t shown; expected: \
    without proof, where that share of steps flips (meant from width 32 on; – below, or where it \
    is not resolved)";

/// What the last column means, where it is there.
const FAILS_LEGEND: &str = "; fails: the widest networks found in which the step t = 2, or the one \
    asked for, is proved not to flip the sign in at least half (– where there are none)";

/// What the columns of [`threshold_table`] mean.
pub fn thresholds_legend(thresholds: &[Threshold]) -> String {
    let meaning = if in_norm(thresholds) { IN_NORM_LEGEND } else { THRESHOLDS_LEGEND };
    let fails = thresholds.iter().any(|threshold| threshold.fails.is_some());
    format!("{meaning}{}", if fails { FAILS_LEGEND } else { "" })
}

/// Are they about steps in another norm than ℓ₂, which the ways over a ball do not serve?
fn in_norm(thresholds: &[Threshold]) -> bool {
    thresholds.iter().any(|threshold| threshold.norm.is_some())
}

fn thresholds(ledger: &Ledger) -> Option<Section> {
    let table = threshold_table(&ledger.thresholds)?;
    let title = "Widths at which the step is proved to flip the sign";
    Some(section("thresholds", title, table, &thresholds_legend(&ledger.thresholds), None))
}

/// The table of thresholds.
pub fn threshold_table(thresholds: &[Threshold]) -> Option<Table> {
    if thresholds.is_empty() {
        return None;
    }
    let rows = thresholds.iter().map(|threshold| {
        let or = |text: Option<String>| text.unwrap_or_else(|| "–".into());
        let widths =
            |text: &Option<String>| text.as_deref().map_or("above 1e36".into(), short_widths);
        vec![
            threshold.depth.to_string(),
            short(&threshold.delta, NUMBER),
            widths(&threshold.direct),
            or(threshold.step.map(|t| format!("{t:.2}"))),
            widths(&threshold.affine),
            widths(&threshold.comparison),
            widths(&threshold.plain),
            or(threshold.expected.as_deref().map(short_widths)),
        ]
    });
    let names = ["depth", "δ", "direct", "t", "affine", "comparison", "plain", "expected"];
    let mut table = Table::plain(&names, rows.collect());
    if thresholds.iter().any(|threshold| threshold.fails.is_some()) {
        table.columns.push(Column::number("fails"));
        for (line, threshold) in table.rows.iter_mut().zip(thresholds) {
            let text = threshold.fails.as_deref().map_or("–".into(), short_widths_down);
            line.cells.push(Cell::new(text));
        }
    }
    if in_norm(thresholds) {
        let over_a_ball = 4..7;
        table.columns.drain(over_a_ball.clone());
        for line in &mut table.rows {
            line.cells.drain(over_a_ball.clone());
        }
    }
    Some(table)
}

const EVENTS_LEGEND: &str = "each: the probability of each event; together: of all of them in \
     these layers, and in the last line of a row of all that its bound may fail with; relubound \
     proofs show LABEL says what they are";

/// The events behind the bounds.
fn events(ledger: &Ledger) -> Option<Section> {
    // δ itself, as 0.1, is not on the safe side of its binary form.
    let near = |value: Magnitude| decimal(value, DIGITS, Toward::Nearest);
    let mut lines: Vec<Vec<String>> = Vec::new();
    for row in shown(ledger).into_iter().filter(|row| !row.events.is_empty()) {
        let line = |event: &Event| {
            let layers = match event.layers {
                None => "all".into(),
                Some([first, last]) if first == last => first.to_string(),
                Some([first, last]) => format!("{first}–{last}"),
            };
            [event.name.clone(), layers, near(event.each), near(event.together)]
        };
        let own = row.events.iter().map(line);
        let sum = ["together", "", "", &row.delta.map_or("–".into(), near)].map(str::to_owned);
        for (i, cells) in own.chain([sum]).enumerate() {
            let key = if i == 0 { row.key() } else { String::new() };
            lines.push(std::iter::once(key).chain(cells).collect());
        }
    }
    let table = Table::plain(&["statement", "event", "layers", "each", "together"], lines);
    (!table.rows.is_empty())
        .then(|| section("events", "The events behind each bound", table, EVENTS_LEGEND, None))
}
