//! Renderers: a ledger (and its trials) in, text out. They compute nothing.

pub mod angles;
mod chart;
#[cfg(feature = "parquet")]
pub mod columns;
pub mod csv;
mod depth_chart;
pub mod growth;
pub mod html;
pub mod json;
pub mod markdown;
mod plot;
pub mod proofs;
pub mod study;
pub mod text;
pub mod typeset;
pub mod uses;

use std::collections::HashMap;

use crate::judge::ledger::{Dead, Ledger, Status};
use crate::judge::row::{Event, Row};
use crate::judge::thresholds::Threshold;
use crate::judge::verdict::Verdict;
use crate::model::clean::short;
use crate::model::statement::Kind;
use crate::network::Engine;
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, decimal, is_round};

/// Characters shown of a number that a user wrote, and of a list: both may be as long as a command
/// line.
const NUMBER: usize = 24;
const LIST: usize = 60;

/// Layers shown one by one; of deeper networks, the first, the last and the tightest are.
const LAYERS: usize = 6;

/// The rows of the table for people: without the factors of the slack, which have a table of their
/// own, and with three layers of each statement where there are many.
fn shown(ledger: &Ledger) -> Vec<&Row> {
    let depth = depth(ledger);
    let tightest = if depth > LAYERS { tightest(ledger) } else { HashMap::new() };
    let keep = |row: &&Row| match row.layer {
        // What failed, or looked as if it had, is never left out.
        _ if row.verdict.is_some_and(Verdict::is_failure) || row.fresh.is_some() => true,
        _ if row.kind == Kind::Factor => false,
        Some(layer) if depth > LAYERS => {
            layer == 1
                || layer == depth
                || tightest.get(row.statement.as_str()).is_some_and(|(_, at)| *at == layer)
        }
        _ => true,
    };
    ledger.rows.iter().filter(keep).collect()
}

/// For every statement on layers the least slack and the first layer that has it.
fn tightest(ledger: &Ledger) -> HashMap<&str, (Magnitude, usize)> {
    let mut found: HashMap<&str, (Magnitude, usize)> = HashMap::new();
    for row in &ledger.rows {
        if let (Some(slack), Some(layer)) = (row.slack, row.layer) {
            let least = found.entry(&row.statement).or_insert((slack.value, layer));
            if slack.value < least.0 {
                *least = (slack.value, layer);
            }
        }
    }
    found
}

/// Why suprema are without observations.
fn unsearched(ledger: &Ledger) -> Option<String> {
    let sampling = ledger.config.sampling.as_ref()?;
    let mut texts: Vec<&str> = Vec::new();
    for row in ledger.rows.iter().filter(|row| row.engine.is_none()) {
        let engine = sampling.engines.get(&row.stage);
        let searchable = matches!(row.kind, Kind::Supremum | Kind::Measurement | Kind::Factor);
        let text = match (engine, row.stage.as_str()) {
            (Some(Engine::Law), _) => {
                "‖∇f(x)‖ varies by less than double precision resolves: it is not observed"
            }
            _ if !searchable || sampling.searches == 0 => continue,
            (Some(Engine::Pairs), _) => {
                "one network's weights do not fit into memory: the sphere and the nearest change of sign are not \
                 searched"
            }
            (Some(Engine::Conditioned), "flip") => {
                "without weights the pieces of the step are not counted in networks as large, and flip.least is a \
                 step at which the sign was seen to have changed"
            }
            (Some(Engine::Conditioned), "collapse") => {
                "without weights the sphere and the nearest change of sign are not searched"
            }
            (Some(Engine::Conditioned), _) => {
                "without weights there is no power iteration and no margin search"
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
    let radius = crate::model::params::Amount::radius(text).ok()?.to_f64();
    let suprema = ledger.rows.iter().any(|row| row.kind == Kind::Supremum);
    let seen =
        crate::network::search::resolves(radius, sampling.precision.roundoff(), depth(ledger));
    (suprema && !seen).then(|| {
        format!(
            "R/‖x‖ = {} is below what passes in {} resolve: the ball is not searched",
            short(text, NUMBER),
            sampling.precision.name()
        )
    })
}

/// On the rows that a deep network's table leaves out.
fn omitted(ledger: &Ledger) -> Option<String> {
    (depth(ledger) > LAYERS && ledger.rows.iter().any(|row| row.layer.is_some())).then(|| {
        "of each statement on layers, the first, the last and the tightest are shown; csv and json \
         have all"
            .into()
    })
}

/// A heading with the cells of a table below it.
struct Grid {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// The picture of the bottleneck: what is proved and observed of each layer.
fn layers(ledger: &Ledger) -> Option<Grid> {
    if ledger.layers.is_empty() {
        return None;
    }
    let up = |value: Magnitude| {
        if value.is_finite() { decimal(value, 3, Toward::Up) } else { "–".into() }
    };
    let near = |value: f64| {
        Magnitude::from_f64(value).map_or("–".into(), |m| decimal(m, 3, Toward::Nearest))
    };
    let observed = |label: &str, layer: usize| {
        let row = |row: &&Row| row.statement == label && row.layer == Some(layer);
        ledger.rows.iter().find(row).map_or("–".into(), self::observed)
    };
    let depth = ledger.layers.len();
    let keep = |layer: usize| depth <= 2 * LAYERS || layer <= LAYERS || layer + LAYERS > depth;
    let rows = ledger.layers.iter().filter(|layer| keep(layer.layer)).map(|layer| {
        let from = match layer.bottleneck {
            0 => "input".to_owned(),
            k => k.to_string(),
        };
        vec![
            layer.layer.to_string(),
            layer.width.clone(),
            format!("{from} ({})", layer.rank),
            near(layer.naive),
            up(layer.comparison.lipschitz),
            up(layer.plain.lipschitz),
            observed("bottleneck.lipschitz", layer.layer),
            up(layer.comparison.drift),
            up(layer.comparison.flips.min(layer.plain.flips)),
            observed("bottleneck.flips", layer.layer),
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
    Some(Grid { headings: names.map(str::to_owned).into(), rows: rows.collect() })
}

/// What the columns of [`layers`] mean.
const LAYERS_LEGEND: &str = "bottleneck: the last narrowest layer before; naive: √(width/bottleneck); \
     σ: bounds on the Lipschitz constant of the layer over the ball, by Gaussian comparison and by the \
     plain union bound, beside the operator norm seen; τ: bound, by comparison, on the relative change of \
     the layer; flips: bound on the neurons that flip, beside the most seen";

/// What the columns of [`attribution`] mean.
const SLACK_LEGEND: &str = "each number is a layer's own slack times the weight with which it counts, about its share \
     of ε; rows, columns and the triangle inequality add up to the slack of ε, as bounded by Gaussian \
     comparison, in the networks in which neurons were seen to flip";

/// Where the slack of ε comes from, in factors of ten.
fn attribution(ledger: &Ledger) -> Option<Grid> {
    let attribution = ledger.attribution.as_ref()?;
    // What is rounded to 0 has no sign of its own.
    let cell = |value: f64| format!("{value:+.2}").replace("-0.00", "+0.00");
    let count = attribution.layers.len();
    let keep = |i: usize| count <= 2 * LAYERS || i < LAYERS || i + LAYERS >= count;
    let mut rows: Vec<Vec<String>> = attribution
        .layers
        .iter()
        .enumerate()
        .filter(|(i, _)| keep(*i))
        .map(|(_, layer)| {
            let parts = layer.parts.iter().map(|part| cell(*part));
            let sum = cell(layer.parts.iter().sum());
            let head = [format!("layer {}", layer.layer), format!("{:.3}", layer.weight)];
            head.into_iter().chain(parts).chain([sum]).collect()
        })
        .collect();
    let lemmas = 0..attribution.lemmas.len();
    let sums = lemmas.clone().map(|i| cell(attribution.lemma(i)));
    let whole = attribution.layers.iter().flat_map(|l| &l.parts).sum::<f64>();
    rows.push(
        ["all layers".to_owned(), String::new()]
            .into_iter()
            .chain(sums)
            .chain([cell(whole)])
            .collect(),
    );
    let blank = || lemmas.clone().map(|_| String::new());
    let mut single = |name: &str, value: f64| {
        rows.push(
            [name.to_owned(), String::new()]
                .into_iter()
                .chain(blank())
                .chain([cell(value)])
                .collect(),
        );
    };
    single("triangle", attribution.triangle);
    if attribution.unseen.abs() > 5e-3 {
        single("no flips seen", attribution.unseen);
    }
    single("slack of ε", attribution.total);
    let headings = [String::new(), "weight".to_owned()];
    let headings = headings.into_iter().chain(attribution.lemmas.clone());
    Some(Grid { headings: headings.chain(["sum".to_owned()]).collect(), rows })
}

/// What the columns of [`angles`] mean.
const ANGLES_LEGEND: &str = "θ between the two inputs after each layer, in radians. limit: in infinitely wide layers, between the \
     envelopes; expected: the median at these widths, without proof, where the layers are wide enough for it; observed: median and largest in the \
     networks sampled (∞ where a layer is silent for an input); proved: exceeded with probability at most δ";

/// The heading of [`angles`].
fn angles_title(ledger: &Ledger) -> String {
    let start = crate::model::start::Start::from_record(&ledger.config.start);
    let start = start.map_or(String::new(), |start| format!(", from {}", start.title()));
    format!("the angle between two inputs, layer by layer{start}")
}

/// The angle, layer by layer: limit, expectation, observation and bound.
fn angles(ledger: &Ledger) -> Option<Grid> {
    let depth = ledger.angles.len();
    if depth == 0 {
        return None;
    }
    let near = |value: f64| {
        Magnitude::from_f64(value).map_or("–".into(), |m| decimal(m, DIGITS, Toward::Nearest))
    };
    let seen = seen_angles(ledger);
    let keep = |layer: usize| depth <= 2 * LAYERS || is_round(layer) || layer == depth;
    let rows = ledger.angles.iter().filter(|angle| keep(angle.layer)).map(|angle| {
        let [low, high] = angle.envelope;
        let observed = seen.get(&angle.layer);
        let cell = |value: Option<Magnitude>| {
            value.map_or("–".into(), |m| decimal(m, DIGITS, Toward::Nearest))
        };
        vec![
            angle.layer.to_string(),
            near(angle.limit),
            angle.median.map_or("–".into(), near),
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
    Some(Grid { headings: names.map(str::to_owned).into(), rows: rows.collect() })
}

/// What was observed of the angle, by layer.
fn seen_angles(ledger: &Ledger) -> HashMap<usize, &crate::judge::verdict::Observed> {
    let rows = ledger.rows.iter().filter(|row| row.statement == "collapse.pair");
    rows.filter_map(|row| Some((row.layer?, row.observed.as_ref()?))).collect()
}

/// What the columns of [`spheres`] mean.
const SPHERES_LEGEND: &str = "depth: least depth found, with widths as large as may be, at which |f(y) − f(x)| ≤ Ω ‖h_L(x)‖/√d_L is proved \
     for all y on the sphere through x; deeper: twice that depth, and the least width found for it. Then f \
     keeps its sign on the whole sphere with probability at least 1 − δ − 0.8 Ω";

/// Depths and widths at which f is nearly constant on the sphere.
fn spheres(ledger: &Ledger) -> Option<Grid> {
    if ledger.spheres.is_empty() {
        return None;
    }
    let grouped_text =
        |text: &str| text.parse::<u128>().map_or(text.to_owned(), crate::num::grouped);
    let rows = ledger.spheres.iter().map(|sphere| {
        let or = |value: Option<String>| value.unwrap_or_else(|| "none found".into());
        vec![
            grouped(sphere.dimension),
            Magnitude::from_f64(sphere.oscillation)
                .map_or("–".into(), |m| decimal(m, 3, Toward::Nearest)),
            or(sphere.depth.map(grouped)),
            or(sphere.deeper.map(grouped)),
            or(sphere.width.as_deref().map(grouped_text)),
        ]
    });
    let names = ["d", "Ω", "depth", "deeper", "width"];
    Some(Grid { headings: names.map(str::to_owned).into(), rows: rows.collect() })
}

/// How the depth and the width of the table of spheres grow with d.
fn sphere_growth(ledger: &Ledger) -> Option<String> {
    let points = |value: fn(&crate::stage::collapse::table::Sphere) -> Option<f64>| {
        let log = |s: &crate::stage::collapse::table::Sphere| {
            Some(((s.dimension as f64).ln(), value(s)?.ln()))
        };
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

/// The verdict on the proof: which lemma loses most.
fn loosest(ledger: &Ledger) -> Option<String> {
    let attribution = ledger.attribution.as_ref()?;
    let (name, lost) = &attribution.loosest;
    Some(format!(
        "The loosest lemma is {}: it loses {lost:.2} of the {:.2} factors of ten between ε, by Gaussian \
         comparison, and the largest gradient change found.",
        lemma_title(name),
        attribution.total
    ))
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

/// `ε(R) ≤ 1/2 for R/‖x‖ up to 1.1e-4 (comparison), …`.
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
    let depth = depth(ledger);
    let takes_two = ledger.config.step.is_none() && followed.step != 2.0;
    let other = ledger.rows.iter().any(|row| row.stage == "flip") && takes_two;
    let step = format!("t = {}{}", followed.step, if other { " (flip: t = 2)" } else { "" });
    if followed.layers == 0 {
        let name = if layer == 0 { "the input".into() } else { format!("layer {layer}") };
        return Some(format!(
            "direct proves nothing about the step {step} at these widths, of which {name} is the narrowest ({width})"
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
            "; layer {layer} (width {width}) moves the output most, by {} % of the sum of direct.error",
            decimal(share, 2, Toward::Nearest)
        ),
    };
    Some(format!("direct follows the step {step} {extent}{costliest}"))
}

/// What the columns of [`thresholds`] mean.
const THRESHOLDS_LEGEND: &str = "least widths found at which a step is proved to flip the sign with probability 1 − δ. direct: the step \
     followed through the layers, at the t shown; affine: by the affine error in a region around the input; comparison and plain: by the \
     gradient's change in a ball, by Gaussian comparison and by the union bounds of the paper's proof; expected: without proof, \
     where that share of steps flips (meant from width 32 on; – below, or where it is not resolved)";

/// The table of thresholds.
fn thresholds(ledger: &Ledger) -> Option<Grid> {
    threshold_grid(&ledger.thresholds)
}

fn threshold_grid(thresholds: &[Threshold]) -> Option<Grid> {
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
    Some(Grid { headings: names.map(str::to_owned).into(), rows: rows.collect() })
}

/// What the columns of [`events`] mean.
const EVENTS_LEGEND: &str = "each: the probability of each event; together: of all of them in these layers, and in the \
     last line of a row of all that its bound may fail with; relubound proofs show LABEL says what they are";

/// The events behind the bounds.
fn events(ledger: &Ledger) -> Option<Grid> {
    // δ itself, as 0.1, is not on the safe side of its binary form.
    let near = |value: Magnitude| decimal(value, DIGITS, Toward::Nearest);
    let of_row = |row: &&Row| {
        let line = |event: &Event| {
            let layers = match event.layers {
                None => "all".into(),
                Some([first, last]) if first == last => first.to_string(),
                Some([first, last]) => format!("{first}–{last}"),
            };
            [event.name.clone(), layers, near(event.each), near(event.together)]
        };
        let mut lines: Vec<_> = row.events.iter().map(line).collect();
        lines.push(["together", "", "", &row.delta.map_or("–".into(), near)].map(str::to_owned));
        let key = |i: usize| if i == 0 { row.key() } else { String::new() };
        let lines = lines.into_iter().enumerate();
        lines.map(|(i, cells)| std::iter::once(key(i)).chain(cells).collect()).collect::<Vec<_>>()
    };
    let listed = shown(ledger).into_iter().filter(|row| !row.events.is_empty());
    let rows: Vec<Vec<String>> = listed.collect::<Vec<_>>().iter().flat_map(of_row).collect();
    let names = ["statement", "event", "layers", "each", "together"];
    (!rows.is_empty()).then(|| Grid { headings: names.map(str::to_owned).into(), rows })
}

/// A number of a few digits.
fn decimal_or_dash(value: Option<f64>) -> String {
    let number = value.and_then(Magnitude::from_f64);
    number.map_or("–".into(), |number| decimal(number, DIGITS, Toward::Nearest))
}

/// Widths as in a list, with large ones rounded up to a few digits.
fn short_widths(text: &str) -> String {
    let short = |item: &str| {
        let (width, times) = item.split_once('x').unwrap_or((item, ""));
        let long = Some(width).filter(|width| width.len() > 9);
        let number = long.and_then(|width| Magnitude::from_f64(width.parse().ok()?));
        let Some(number) = number else { return item.to_owned() };
        let number = decimal(number, DIGITS, Toward::Up);
        if times.is_empty() { number } else { format!("{number}x{times}") }
    };
    text.split(',').map(short).collect::<Vec<_>>().join(",")
}

/// Digits of numbers in tables.
const DIGITS: usize = 4;

/// The bound with its direction, rounded to the safe side: `≤ 0.8123`.
fn bound(row: &Row) -> String {
    match (row.kind, row.direction, row.bound) {
        (Kind::Law, ..) => "law".into(),
        (_, Some(_), Some(_)) if row.vacuous => "none".into(),
        (_, Some(direction), Some(bound)) => {
            let sign = match direction {
                crate::model::claim::Direction::Upper => "≤",
                crate::model::claim::Direction::Lower => "≥",
            };
            format!("{sign} {}", decimal(bound.value, DIGITS, direction.toward()))
        }
        _ => String::new(),
    }
}

fn prediction(row: &Row) -> String {
    row.prediction.map_or("–".into(), |p| decimal(p.value, DIGITS, Toward::Nearest))
}

fn observed(row: &Row) -> String {
    row.observed.as_ref().map_or("–".into(), |o| decimal(o.quantile, DIGITS, Toward::Nearest))
}

/// `×1.04`.
fn slack(row: &Row) -> String {
    row.slack.map_or("–".into(), |s| format!("×{}", decimal(s.value, 3, Toward::Nearest)))
}

/// The share of trials beyond the bound, or the Kolmogorov–Smirnov distance of a law.
fn evidence(row: &Row) -> String {
    match (row.distance, row.exceedances, &row.observed) {
        (Some(d), ..) => format!("KS {:.4}", d.observed),
        (_, Some(0), Some(_)) => "0%".into(),
        (_, Some(k), Some(o)) => format!("{}%", percent(k as f64 / o.n as f64, Toward::Nearest)),
        _ => "–".into(),
    }
}

/// Confidence limits of the failure probability, rounded outward, or the distance a law is allowed.
fn limits(row: &Row) -> String {
    match (row.distance, row.interval) {
        (Some(d), _) => format!("≤ {:.4}", d.allowed),
        (_, Some([low, high])) => {
            format!("[{}, {}]%", percent(low, Toward::Down), percent(high, Toward::Up))
        }
        _ => String::new(),
    }
}

fn percent(probability: f64, toward: Toward) -> String {
    // The product is rounded once, by less than a digit shown: one step outward covers it.
    let product = 100.0 * probability;
    let outward = match toward {
        Toward::Up if probability < 1.0 => product.next_up(),
        Toward::Down if probability > 0.0 => product.next_down(),
        _ => product,
    };
    Magnitude::from_f64(outward).map_or(String::new(), |m| decimal(m, 3, toward))
}

/// What fresh networks said of a row that looked violated.
fn fresh(row: &Row) -> Option<String> {
    let fresh = row.fresh.as_ref()?;
    let n = count(fresh.networks, "fresh network");
    let shown = match (fresh.distance, fresh.interval) {
        (Some(d), _) => {
            let sign = if d.observed > d.allowed { ">" } else { "≤" };
            format!(" (KS {:.4} {sign} {:.4})", d.observed, d.allowed)
        }
        (None, Some([low, high])) => {
            let [low, high] = [percent(low, Toward::Down), percent(high, Toward::Up)];
            format!(" (beyond in [{low}, {high}]%)")
        }
        (None, None) => String::new(),
    };
    Some(match (fresh.verdict, row.verdict) {
        (None, _) => format!("looks violated, not yet confirmed on fresh networks ({n} drawn)"),
        (Some(Verdict::NumericalFailure), _) => format!("not a number in {n}"),
        (_, Some(Verdict::Violated)) if row.kind == Kind::Identity => format!("violated in {n}"),
        (_, Some(Verdict::Violated)) => format!("looked violated, and does in {n}, too{shown}"),
        _ => format!("looked violated, but not in {n}{shown}"),
    })
}

fn verdict(row: &Row) -> &'static str {
    match row.verdict {
        Some(verdict) => verdict.text(),
        None if row.vacuous => "vacuous",
        None => "–",
    }
}

/// In fewer words.
fn narrow_verdict(row: &Row) -> &'static str {
    match row.verdict {
        Some(Verdict::NotViolated) => "no search violates",
        _ => verdict(row),
    }
}

fn depth(ledger: &Ledger) -> usize {
    ledger.config.widths.parse::<crate::model::params::Architecture>().map_or(0, |a| a.depth())
}

/// `1 trial`, `2,000 trials`.
fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// One line on what was run.
fn headline(ledger: &Ledger) -> String {
    let config = &ledger.config;
    let (widths, delta) = (short(&config.widths, LIST), short(&config.delta, NUMBER));
    let mut line = format!("widths {widths} (depth {}), δ = {delta}", depth(ledger));
    if let Some(sampling) = &config.sampling {
        line += &format!(", {}", count(ledger.trials, "trial"));
        let searched = |row: &Row| {
            row.kind == Kind::Supremum
                || ["flip", "direct", "collapse"].contains(&row.stage.as_str())
        };
        let some = sampling.searches < ledger.trials && sampling.searches > 0;
        if some && ledger.rows.iter().any(searched) {
            line += &format!(" ({} searched)", grouped(sampling.searches));
        }
        line += &format!(", seed {}", sampling.seed);
        if let [(engine, _)] = &engines(ledger)[..] {
            line += &format!(", {engine}");
        }
    }
    line
}

/// The engines behind the rows, in their order, each with the stages it shows.
fn engines(ledger: &Ledger) -> Vec<(String, Vec<&str>)> {
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
            Some((_, stages)) if stages.contains(&row.stage.as_str()) => {}
            Some((_, stages)) => stages.push(&row.stage),
            None => found.push((name, vec![&row.stage])),
        }
    }
    found
}

/// Which engine shows which stages, where there are several.
fn sampled(ledger: &Ledger) -> Option<String> {
    let engines = engines(ledger);
    let list = engines.iter().map(|(engine, stages)| format!("{engine} ({})", stages.join(", ")));
    (engines.len() > 1).then(|| format!("engines: {}", list.collect::<Vec<_>>().join("; ")))
}

/// What is not tested because it was taken for granted.
fn assumed(ledger: &Ledger) -> Option<String> {
    let assumed = |row: &Row| row.verdict == Some(Verdict::Assumed);
    ledger.rows.iter().any(assumed).then(|| {
        "assumed: what was observed was drawn from the law itself, so that it does not test it"
            .into()
    })
}

fn engine(row: &Row) -> String {
    row.engine.map_or("–", Engine::name).into()
}

/// What a reader must know before the rows: that the run is partial, say.
fn warning(ledger: &Ledger) -> Option<String> {
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

fn dead(ledger: &Ledger) -> String {
    let probability = match ledger.dead.probability {
        0.0 if depth(ledger) > 0 => "below 1e-300".into(),
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

/// The paper's constants: `C₁ = 1.23 proved, 0.98 allowed by the observations`.
fn constant(row: &Row) -> Option<String> {
    let constant = row.constant.as_ref()?;
    let toward = row.toward();
    let show = |value: Option<Magnitude>, toward| value.map(|v| decimal(v, DIGITS, toward));
    let proved = decimal(constant.proved, DIGITS, toward);
    let mut text = format!("{} = {proved} proved", constant.symbol);
    if let Some(allowed) = show(constant.allowed, Toward::Nearest) {
        text += &format!(", {allowed} allowed by the observations");
    }
    let [free_proved, free_allowed] = constant.scale_free;
    if let Some(proved) = show(free_proved, toward) {
        text += &format!("; in units of 2^(−L/2): {proved}");
        if let Some(allowed) = show(free_allowed, Toward::Nearest) {
            text += &format!(", {allowed}");
        }
    }
    Some(text)
}

fn variants(row: &Row) -> Option<String> {
    let toward = row.toward();
    let list: Vec<String> = row
        .variants
        .iter()
        .map(|v| format!("{} {}", v.name, decimal(v.value, DIGITS, toward)))
        .collect();
    (list.len() > 1).then(|| list.join(", "))
}

/// How many trials would settle an inconclusive row.
fn settled_by(row: &Row) -> Option<String> {
    let trials = grouped(row.settled_by?);
    Some(if row.kind == Kind::Supremum || ["flip", "direct"].contains(&row.stage.as_str()) {
        format!("about {trials} searched trials (--searches) would settle it")
    } else {
        format!("about {trials} trials would settle it")
    })
}

fn grouped(n: u64) -> String {
    crate::num::grouped(u128::from(n))
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
fn conclusion(ledger: &Ledger) -> String {
    if ledger.status == Status::Bounds {
        return format!("{}, bounds only", count(claiming(ledger).count() as u64, "row"));
    }
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for row in claiming(ledger) {
        let text = match row.verdict {
            None if !row.vacuous => "without observations",
            _ => verdict(row),
        };
        match counts.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => counts.push((text, 1)),
        }
    }
    if counts.is_empty() {
        return "no row claims anything".into();
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
