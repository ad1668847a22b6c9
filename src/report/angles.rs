//! The angle by layer, as text, JSON and CSV.

use rug::Rational;

use super::csv::{lines, words};
use super::words::{NUMBER, and_biases, and_slope};
use crate::num::equals;
use crate::theory::angle::{Interval, Table};

/// Digits up to which a row fits one line of a hundred columns.
const ONE_LINE: usize = 22;

/// A table; long numbers on lines of their own.
pub fn text(table: &Table) -> String {
    let config = &table.config;
    let slope = and_slope(config.slope.as_deref());
    let biases = and_biases(config.bias.as_deref(), None);
    let mut out = format!(
        "relubound angle: {}{}{}, depth {}, {} digits ({} bits)\n\n",
        config.title, slope, biases, config.depth, config.digits, config.precision
    );
    // What tends to a number above 0.
    let heading = if config.bias.is_some() { "θ/factor^layer" } else { "layer·θ" };
    if config.digits > ONE_LINE {
        for row in &table.steps {
            let [cos, theta, scaled] = &row.digits;
            let layer = row.layer;
            let wide = heading.chars().count();
            out += &format!("layer {layer}\n");
            for (name, number) in [("cos θ", cos), ("θ", theta), (heading, scaled)] {
                out += &format!("  {name:<wide$}  {number}\n");
            }
        }
    } else {
        let headings = ["layer", "cos θ", "θ", heading].map(str::to_owned);
        let rows = table.steps.iter().map(|row| {
            let [cos, theta, scaled] = row.digits.clone();
            [row.layer.to_string(), cos, theta, scaled]
        });
        let rows: Vec<[String; 4]> = std::iter::once(headings).chain(rows).collect();
        let widths =
            [0, 1, 2, 3].map(|i| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0));
        for [layer, cos, theta, scaled] in &rows {
            let [a, b, c, _] = widths;
            out += &format!("{layer:>a$}  {cos:<b$}  {theta:<c$}  {scaled}\n");
        }
    }
    if let Some(row) = table.steps.last()
        && let Some(envelope) = &row.envelope
    {
        out += &format!(
            "\nfrom the start alone, θ at layer {} lies in [{}, {}];\n{}\n",
            row.layer,
            envelope.lo,
            envelope.hi,
            match &config.factor {
                Some(factor) => decay(factor),
                None => limit(&config.bend),
            }
        );
    }
    out
}

/// How θ falls with biases: θ_i times the factor's inverse powers tends to a number above 0.
fn decay(factor: &Interval) -> String {
    format!(
        "with biases θ falls geometrically, in the end by the factor 1/√(1+s²) a layer,\n\
         which lies in [{}, {}]",
        factor.lo, factor.hi
    )
}

/// Where i·θ_i tends to.
fn limit(bend: &Rational) -> String {
    if bend.is_zero() {
        return "θ is the same in all layers: the network is linear".into();
    }
    let times = Rational::from(3) / bend;
    let (over, under) = (times.numer().to_string(), times.denom().to_string());
    if over.len() + under.len() > NUMBER {
        return format!("layer·θ/π tends to a number {}", equals(&times));
    }
    match under.as_str() {
        "1" => format!("layer·θ tends to {over}π"),
        _ => format!("layer·θ tends to {over}π/{under}"),
    }
}

/// Enclosures as decimal strings; `schema/angle.schema.json` describes it.
pub fn json(table: &Table) -> String {
    let mut text = serde_json::to_string_pretty(table).unwrap_or_default();
    text.push('\n');
    text
}

/// One line per layer.
pub fn csv(table: &Table) -> String {
    let names = ["layer", "cos_lo", "cos_hi", "theta_lo", "theta_hi", "envelope_lo", "envelope_hi"];
    let rows = table.steps.iter().map(|row| {
        let envelope = row.envelope.clone().map_or_else(Default::default, |e| [e.lo, e.hi]);
        let [cos, theta] = [&row.cos, &row.theta].map(|i| [i.lo.clone(), i.hi.clone()]);
        [vec![row.layer.to_string()], [cos, theta, envelope].concat()].concat()
    });
    lines(words(&names), rows)
}
