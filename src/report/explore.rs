//! A study as text, CSV, Markdown, pictures and a page. All findings are made from fits.

use std::time::Duration;

use maud::{PreEscaped, html};

use super::text::{grid_text, wrap};
use super::{Grid, count, depth_chart, grouped, html, markdown};
use crate::explore::{Crossover, Line, Quantity, Study, Value, exponent};
use crate::fit::{Comparison, Count, Fit, Growth};
use crate::magnitude::Magnitude;
use crate::num::{Toward, decimal};

/// One less the confidence of the intervals of growth.
const ALPHA: f64 = 0.05;

const LEGEND: &str = "growth with depth L: b^L or L^p, whichever makes the values at least 20 times as likely, with the limits of b \
     or p and how far values typically are from it. Limits are 95 % for what is observed (networks of different widths are independent), \
     if its logarithms err normally, equally at all depths, and that law is the right one; for what is computed they show how well it \
     fits. Undetermined: too few depths, neither clearly better, or a share that neither fits. plain: by the union bounds of the paper's \
     route; expected: without proof; observed: in the sampled networks";

/// One of the ways to a quantity.
type Get = fn(&Value) -> Option<Magnitude>;

/// The ways to a quantity.
const WAYS: [(&str, Get); 4] = [
    ("proved", |value| value.proved),
    ("plain", |value| value.plain),
    ("expected", |value| value.expected),
    ("observed", |value| value.observed),
];

fn headline(study: &Study) -> String {
    let plan = &study.plan;
    let mut line = format!("depths {}, d = {}, shape {}", plan.depths, plan.widths, plan.shape);
    line += &format!(", δ = {}", plan.delta);
    for (name, list) in [("R/‖x‖", &plan.radius), ("t", &plan.step)] {
        if list != "usual" {
            line += &format!(", {name} = {list}");
        }
    }
    line
}

fn sampled(study: &Study) -> String {
    let plan = &study.plan;
    format!("{} networks each ({} searched), seed {}", plan.trials, study.searched(), plan.seed)
}

/// How large a study is.
pub fn dry_run(study: &Study, cells: usize, bytes: u64, time: Duration) -> String {
    let all = study.cells.len();
    let part = if cells < all { format!(" of {}", grouped(all as u64)) } else { String::new() };
    let memory = match bytes {
        0 => "no networks are stored".to_owned(),
        bytes => format!("networks take up to {:.1} MiB", bytes as f64 / 2f64.powi(20)),
    };
    let cells = count(cells as u64, "cell");
    let time = match time.as_secs() {
        0..10 => "some seconds".to_owned(),
        seconds @ 10..100 => format!("{seconds} s"),
        seconds @ 100..6000 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    };
    format!(
        "relubound explore: {}\n{cells}{part} with {}; roughly {time} on this machine; {memory}\n",
        headline(study),
        sampled(study)
    )
}

/// One way to a quantity, by depth.
struct Way {
    name: &'static str,
    points: Vec<(usize, Magnitude)>,
    growth: Option<Comparison>,
}

/// One quantity in cells that differ in depth alone.
struct Curve {
    quantity: &'static Quantity,
    ways: Vec<Way>,
}

/// Cells that differ in depth alone.
struct Group<'a> {
    key: String,
    lines: Vec<&'a Line>,
    curves: Vec<Curve>,
}

fn groups<'a>(study: &Study, lines: &'a [Line]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for line in lines {
        let mut key = format!("d = {}, δ = {}", line.input, line.delta);
        for (name, value) in [("R/‖x‖", &line.radius), ("t", &line.step)] {
            if let Some(value) = value {
                key += &format!(", {name} = {value}");
            }
        }
        match groups.iter_mut().find(|group| group.key == key) {
            Some(group) => group.lines.push(line),
            None => groups.push(Group { key, lines: vec![line], curves: Vec::new() }),
        }
    }
    for group in &mut groups {
        group.curves =
            study.quantities.iter().map(|quantity| curve(quantity, &group.lines)).collect();
    }
    groups
}

fn curve(quantity: &'static Quantity, lines: &[&Line]) -> Curve {
    let ways = WAYS.into_iter().filter_map(|(name, get)| {
        let values: Vec<(usize, Magnitude, Value)> = lines
            .iter()
            .filter_map(|line| {
                let value = line.value(quantity.name)?;
                Some((line.depth, get(&value)?, value))
            })
            .collect();
        let points: Vec<(usize, Magnitude)> =
            values.iter().map(|&(depth, point, _)| (depth, point)).collect();
        // A rate has limits, and was counted.
        let counts = values.iter().filter(|_| name == "observed").filter_map(count_of);
        let counts: Vec<Count> = counts.collect();
        let growth = if counts.is_empty() {
            Comparison::of_logs(&logarithms(&points), ALPHA)
        } else {
            Comparison::of_counts(&counts, ALPHA)
        };
        (!points.is_empty()).then_some(Way { name, points, growth })
    });
    Curve { quantity, ways: ways.collect() }
}

fn count_of(&(depth, share, value): &(usize, Magnitude, Value)) -> Option<Count> {
    let trials = value.n.filter(|_| value.limits.is_some())?;
    let successes = (share.to_f64() * trials as f64).round() as u64;
    Some(Count { x: depth as f64, successes, trials })
}

fn logarithms(points: &[(usize, Magnitude)]) -> Vec<(f64, f64)> {
    points.iter().map(|&(depth, value)| (depth as f64, value.ln())).collect()
}

fn numbers(points: &[(usize, Magnitude)]) -> Vec<(f64, f64)> {
    points.iter().map(|&(depth, value)| (depth as f64, value.to_f64())).collect()
}

impl Way {
    fn toward(&self, quantity: &Quantity) -> Toward {
        match self.name {
            "proved" | "plain" => quantity.toward,
            "observed" => quantity.seen_toward,
            _ => Toward::Nearest,
        }
    }

    /// Points that no growth goes through: 0 and ∞.
    fn left_out(&self) -> usize {
        self.growth.as_ref().map_or(0, |growth| self.points.len() - growth.points)
    }

    fn growth(&self) -> String {
        let best = self.growth.as_ref().and_then(Comparison::best);
        let shown = best.map_or_else(|| "undetermined".to_owned(), shown);
        match self.left_out() {
            0 => shown,
            n => format!("{shown}, {n} left out"),
        }
    }
}

fn shown(fit: Fit) -> String {
    let [low, high] = fit.interval;
    let off = fit.scatter.map_or_else(String::new, |scatter| match 100.0 * scatter.exp_m1() {
        0.0..0.5 => " ±0%".to_owned(),
        off @ 0.5..100.0 => format!(" ±{off:.0}%"),
        _ => format!(" ×{:.1}", scatter.exp()),
    });
    match fit.growth {
        Growth::Exponential => {
            let [rate, low, high] = [fit.rate, low, high].map(factor);
            format!("{rate}^L ({low} to {high}){off}")
        }
        Growth::Power => format!("L^{:.2} ({low:.2} to {high:.2}){off}", fit.rate),
    }
}

/// Three decimals, or four digits where those are more.
fn factor(b: f64) -> String {
    let digits = match b {
        ..10.0 => 3,
        10.0..100.0 => 2,
        100.0..1000.0 => 1,
        _ => 0,
    };
    format!("{b:.digits$}")
}

/// How the quantities of a group grow.
fn table(group: &Group<'_>) -> Grid {
    let mut rows = Vec::new();
    for Curve { quantity, ways } in &group.curves {
        for way in ways {
            let at = |&(depth, value): &(usize, Magnitude)| {
                format!("{} at {depth}", decimal(value, 4, way.toward(quantity)))
            };
            let last = way.points.last().filter(|_| way.points.len() > 1);
            rows.push(vec![
                quantity.name.to_owned(),
                way.name.to_owned(),
                at(&way.points[0]),
                last.map_or_else(String::new, at),
                way.growth(),
            ]);
        }
    }
    let headings = ["quantity", "", "first depth", "last depth", "growth"];
    Grid { headings: headings.map(str::to_owned).into(), rows }
}

/// What a curve shows, in a sentence made from its fits; `None` where there is nothing to say.
fn finding(curve: &Curve) -> Option<String> {
    let said: Vec<String> = curve
        .ways
        .iter()
        .filter_map(|way| {
            let best = way.growth.as_ref()?.best()?;
            let [from, to] = way.growth.as_ref()?.range;
            let left = match way.left_out() {
                0 => String::new(),
                n => format!(" ({n} depths at which it is 0 or ∞ left out)"),
            };
            let grows = shown(best);
            Some(format!("{} it grows like {grows} from depth {from} to {to}{left}", way.name))
        })
        .collect();
    (!said.is_empty()).then(|| format!("{}: {}", curve.quantity.name, said.join("; ")))
}

/// Where half of the steps fail, by d, for cells that differ in d and depth alone.
fn crossovers(groups: &[Group<'_>]) -> Option<(Grid, String)> {
    let found: Vec<Crossover> = groups
        .iter()
        .filter_map(|group| Crossover::new(&group.lines))
        .filter(|c| c.expected.is_some() || c.observed.is_some())
        .collect();
    let mut inputs: Vec<f64> = found.iter().map(|c| c.input).collect();
    inputs.dedup();
    if found.is_empty() || inputs.len() < found.len() {
        return None;
    }
    let depth = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.1}"));
    let rows = found.iter().map(|c| {
        let [low, high] = c.limits.map(depth);
        vec![format!("{}", c.input), depth(c.expected), depth(c.observed), low, high]
    });
    let headings = ["d", "expected", "observed", "from", "to"];
    let grid = Grid { headings: headings.map(str::to_owned).into(), rows: rows.collect() };
    let sentence = match exponent(&found, ALPHA) {
        Some((way, growth)) => {
            let Fit { rate, interval: [low, high], .. } = growth.power;
            let power = format!("d^{rate:.2} ({low:.2} to {high:.2})");
            let depth = format!("The depth beyond which most steps fail, as {way},");
            match growth.preferred {
                Some(Growth::Power) => format!("{depth} grows like {power}"),
                Some(Growth::Exponential) => format!("{depth} does not grow like a power of d"),
                None => format!("{depth} grows like {power}, if it does like a power of d"),
            }
        }
        None => "Too few input dimensions cross to say how that depth grows".to_owned(),
    };
    Some((grid, sentence))
}

const CROSSOVER: &str = "The depth from which on the step fails in most networks, by input dimension: expected, observed (from shares \
     levelled to fall with depth), and where the lower 95 % limits of the share at single depths first fall below one half and the upper \
     ones do for good";

/// What the finished cells of a study show, from which every rendering is made.
pub struct Summary<'a> {
    study: &'a Study,
    lines: &'a [Line],
    groups: Vec<Group<'a>>,
    crossovers: Option<(Grid, String)>,
}

impl<'a> Summary<'a> {
    /// Fits everything that can be fitted.
    pub fn new(study: &'a Study, lines: &'a [Line]) -> Self {
        let groups = groups(study, lines);
        let crossovers = crossovers(&groups);
        Summary { study, lines, groups, crossovers }
    }
}

/// The summary for people; `wanted` cells were asked for.
pub fn text(summary: &Summary<'_>, wanted: usize, width: usize) -> String {
    let Summary { study, lines, groups, crossovers } = summary;
    let paragraph = |text: &str| wrap(text, width).join("\n") + "\n";
    let mut out = format!(
        "relubound explore: {}\n{} of {} with {}\n",
        headline(study),
        grouped(lines.len() as u64),
        count(wanted as u64, "cell"),
        sampled(study)
    );
    for group in groups {
        let grid = table(group);
        if !grid.rows.is_empty() {
            out += &format!("\n{}\n{}", group.key, grid_text(&grid, width));
        }
    }
    if let Some((grid, sentence)) = crossovers {
        out += &format!("\n{}{}", paragraph(CROSSOVER), grid_text(grid, width));
        out += &paragraph(sentence);
    }
    out.push('\n');
    for quantity in &study.quantities {
        out += &paragraph(&format!("{}: {}", quantity.name, quantity.meaning));
    }
    out + &paragraph(LEGEND)
}

/// One line for each cell and quantity.
pub fn csv(study: &Study, lines: &[Line]) -> String {
    let mut out = "cell,input,depth,widths,delta,radius,step,trials,seed,engine,quantity,proved,plain,expected,observed,n,low,high\n".to_owned();
    for line in lines {
        for quantity in &study.quantities {
            let value = line.value(quantity.name).unwrap_or_default();
            let number = |value: Option<Magnitude>| value.map_or(String::new(), |v| v.to_string());
            let limit =
                |i: usize| value.limits.map_or(String::new(), |limits| limits[i].to_string());
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let cells = [
                line.cell.to_string(),
                line.input.clone(),
                line.depth.to_string(),
                format!("\"{}\"", line.widths),
                line.delta.clone(),
                text(&line.radius),
                text(&line.step),
                line.trials.to_string(),
                line.seed.map_or(String::new(), |seed| seed.to_string()),
                text(&line.engine),
                quantity.name.to_owned(),
                number(value.proved),
                number(value.plain),
                number(value.expected),
                number(value.observed),
                value.n.map_or(String::new(), |n| n.to_string()),
                limit(0),
                limit(1),
            ];
            out += &format!("{}\n", cells.join(","));
        }
    }
    out
}

/// A picture of a curve.
fn picture(curve: &Curve) -> Option<String> {
    let ways = WAYS.map(|(name, _)| {
        let way = curve.ways.iter().find(|way| way.name == name);
        (name, way.map_or_else(Vec::new, |way| numbers(&way.points)))
    });
    depth_chart::quantity(curve.quantity.name, ways)
}

/// The pictures of a study, as (file name, SVG).
pub fn pictures(summary: &Summary<'_>) -> Vec<(String, String)> {
    let named = summary.groups.iter().enumerate().flat_map(|(i, group)| {
        let named = move |curve: &Curve| {
            Some((format!("{}-{}.svg", curve.quantity.name, i + 1), picture(curve)?))
        };
        group.curves.iter().filter_map(named).collect::<Vec<_>>()
    });
    named.collect()
}

/// The study as one self-contained page.
pub fn page(summary: &Summary<'_>) -> String {
    let Summary { study, lines, groups, crossovers } = summary;
    let body = html! {
        h1 { "How the constants depend on depth" }
        p { (headline(study)) }
        p.soft { (count(lines.len() as u64, "cell")) " with " (sampled(study)) }
        @if let Some((grid, sentence)) = crossovers {
            h2 { "Where the step fails" }
            p { b { (sentence) "." } }
            (html::grid_table(grid))
            p.legend { (CROSSOVER) "." }
        }
        @for group in groups {
            h2 { (group.key) }
            @for curve in group.curves.iter().filter(|curve| !curve.ways.is_empty()) {
                p { (curve.quantity.meaning) "." }
                @match finding(curve) {
                    Some(finding) => p { b { (finding) "." } },
                    None => p.soft { "No growth is determined." },
                }
                @if let Some(svg) = picture(curve) { (PreEscaped(svg)) }
            }
            (html::grid_table(&table(group)))
        }
        p.legend { (LEGEND) "." }
        p.soft { "relubound " (env!("CARGO_PKG_VERSION")) }
    };
    html::page("relubound explore", &body)
}

/// The study in Markdown.
pub fn document(summary: &Summary<'_>) -> String {
    let Summary { study, lines, groups, crossovers } = summary;
    let cells = count(lines.len() as u64, "cell");
    let mut out = format!(
        "# How the constants depend on depth\n\n{}. {cells} with {}.\n",
        headline(study),
        sampled(study)
    );
    if let Some((grid, sentence)) = crossovers {
        out += &format!(
            "\n## Where the step fails\n\n{sentence}. {CROSSOVER}.\n\n{}",
            markdown::grid_table(grid)
        );
    }
    for (i, group) in groups.iter().enumerate() {
        out += &format!("\n## {}\n\n{}", group.key, markdown::grid_table(&table(group)));
        for curve in group.curves.iter().filter(|curve| !curve.ways.is_empty()) {
            let said = finding(curve).unwrap_or_else(|| "no growth is determined".to_owned());
            let (name, meaning) = (curve.quantity.name, curve.quantity.meaning);
            out += &format!("\n{meaning}. {said}.\n");
            if picture(curve).is_some() {
                out += &format!("\n![{name} by depth]({name}-{}.svg)\n", i + 1);
            }
        }
    }
    out + &format!("\n{LEGEND}.\n")
}
