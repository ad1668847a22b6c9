//! The report page: one self-contained file, no network, no script.

use std::collections::{BTreeSet, HashSet};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    ANGLES_LEGEND, EVENTS_LEGEND, Grid, LAYERS_LEGEND, LIST, SPHERES_LEGEND, THRESHOLDS_LEGEND,
    angles, angles_title, assumed, attribution, bound, chart, conclusion, constant, dead,
    depth_chart, engine, events, evidence, followed, fresh, headline, layers, limits, loosest,
    narrow_verdict, observed, omitted, plot, prediction, proofs, radii, sampled, settled_by, shown,
    slack, sphere_growth, spheres, thresholds, typeset, unsearched, variants, verdict, warning,
};
use crate::judge::ledger::Ledger;
use crate::judge::row::Row;
use crate::judge::verdict::Verdict;
use crate::model::claim::Claim;
use crate::model::clean::short;
use crate::num::magnitude::Magnitude;
use crate::run::Record;

const STYLE: &str = "
:root { color-scheme: light; --ink: #222226; --soft: #68686f; --line: #e2e2e6; --good: #1c7a3d; --bad: #be282d; --doubt: #9a6a00; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: #fff; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .2rem; }
p { margin: .3rem 0; } .soft { color: var(--soft); } .warning { color: var(--doubt); font-weight: 600; }
.scroll { overflow-x: auto; } .scroll > svg { min-width: 40rem; } table { border-collapse: collapse; font-size: .9rem; width: 100%; }
th { text-align: left; font-weight: 500; color: var(--soft); } th, td { padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; } a { color: inherit; text-decoration-color: var(--soft); }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; } .doubt { color: var(--doubt); }
svg { max-width: 100%; height: auto; display: block; margin-top: .4rem; } .legend { font-size: .85rem; color: var(--soft); }
code { font-size: .95em; }
details.proof { margin: .4rem 0; } summary { cursor: pointer; } .proof { overflow-x: auto; overflow-y: hidden; }
.proof table { width: auto; } math { font-family: \"Latin Modern Math\", \"STIX Two Math\", \"Cambria Math\", \"DejaVu Math TeX Gyre\", math; } math[display=block] { margin: .5rem 0; }
";

/// The page for a ledger with the claims and trials it was made from.
pub fn render(ledger: &Ledger, claims: &[Claim], records: &[Record]) -> String {
    let title = format!("relubound {}", short(&ledger.config.widths, LIST));
    page(
        &title,
        &html! {
            h1 { "Bounds and observations: random ReLU networks" }
            p { (headline(ledger)) }
            @if let Some(warning) = warning(ledger) { p.warning { (warning) } }
            p.soft { (dead(ledger)) ". " (conclusion(ledger)) "." }
            (table(ledger))
            @for text in [sampled(ledger), assumed(ledger)].iter().flatten() { p.soft { (text) "." } }
            @if let Some(text) = omitted(ledger) { p.soft { (text) "." } }
            @if let Some(text) = unsearched(ledger) { p.warning { (text) "." } }
            @if let Some(text) = radii(ledger) { p { (text) "." } }
            @if let Some(grid) = thresholds(ledger) {
                h2 id="thresholds" { "Widths at which the step is proved to flip the sign" }
                (grid_table(&grid))
                p.legend { (THRESHOLDS_LEGEND) "." }
            }
            @if let Some(grid) = events(ledger) {
                h2 id="events" { "The events behind each bound" }
                (grid_table(&grid))
                p.legend { (EVENTS_LEGEND) "." }
            }
            (step(ledger))
            (bottleneck(ledger))
            (slack_page(ledger))
            (collapse(ledger, records))
            @let kept: HashSet<String> = shown(ledger).into_iter().map(Row::key).collect();
            @for (i, row) in ledger.rows.iter().enumerate() {
                @if kept.contains(&row.key()) {
                    (section(row, claims.get(i), i, records))
                }
            }
            @let stages: BTreeSet<&str> = ledger.rows.iter().map(|row| row.stage.as_str()).collect();
            (proofs::texts(&stages.into_iter().collect::<Vec<_>>()))
            p.soft { "relubound " (ledger.tool.version) }
        },
    )
}

/// One self-contained page.
pub(super) fn page(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
    .into_string()
}

/// A picture, which is scrolled where it would be too small to read.
pub(super) fn figure(svg: &str) -> Markup {
    html! { div.scroll { (PreEscaped(svg)) } }
}

fn table(ledger: &Ledger) -> Markup {
    // One engine is named in the headline.
    let several = sampled(ledger).is_some();
    html! {
        div.scroll {
            table {
                tr {
                    th { "statement" }
                    @for name in ["bound", "predicted", "observed", "slack", "beyond"] { th.number { (name) } }
                    th { "limits" }
                    @if several { th { "engine" } }
                    th { "verdict" }
                }
                @for row in shown(ledger) {
                    tr {
                        td { a href={ "#" (row.key()) } { (row.key()) } }
                        @for cell in [bound(row), prediction(row), observed(row), slack(row), evidence(row)] {
                            td.number { (cell) }
                        }
                        td { (limits(row)) }
                        @if several { td { (engine(row)) } }
                        td { (verdict_mark(row, narrow_verdict(row))) }
                    }
                }
            }
        }
    }
}

/// The step through the layers.
fn step(ledger: &Ledger) -> Markup {
    html! {
        @if let Some(text) = followed(ledger) {
            h2 id="step" { "The step, layer by layer" }
            p { (text) "." }
        }
        @if let Some(svg) = depth_chart::followed(ledger) {
            (figure(&svg))
            p.legend { "direct.error and direct.state: by how much each layer moves the output, and how far the layer at x + u has come across the one at x, on logarithmic axes; proved, expected without proof, and the observed quantile." }
        }
    }
}

/// The talk's picture: what each layer sees of its bottleneck.
fn bottleneck(ledger: &Ledger) -> Markup {
    html! {
        @if let Some(grid) = layers(ledger) {
            h2 id="layers" { "The bottleneck, layer by layer" }
            (grid_table(&grid))
            p.legend { (LAYERS_LEGEND) "." }
            @if let Some(svg) = chart::layers(ledger) {
                (figure(&svg))
                p.legend { "Lipschitz constants of the layers on a logarithmic axis." }
            }
        }
    }
}

/// How the angle falls, and what that does to the nearest change of sign.
fn collapse(ledger: &Ledger, records: &[Record]) -> Markup {
    html! {
        @if let Some(grid) = angles(ledger) {
            h2 id="angles" { "Depth: " (angles_title(ledger)) }
            @if let Some(svg) = depth_chart::angles(ledger) { (figure(&svg)) }
            (grid_table(&grid))
            p.legend { (ANGLES_LEGEND) "." }
        }
        @if let Some(svg) = depth_chart::cone(ledger, records) {
            h2 id="cone" { "A function turning into a cone" }
            p.soft { "The smallest step found that changes the sign of the network of the first layers, in units of ‖x‖, beside the size |f|/‖∇f‖ of the step to the zero of the tangent, whose law does not depend on depth. Steps of size 1 lead to the origin, next to which all signs meet; networks in which no step was found that changes the sign are counted above." }
            (figure(&svg))
        }
        @if let Some(grid) = spheres(ledger) {
            h2 id="spheres" { "collapse.sphere: depths and widths at which f is proved nearly constant" }
            @if let Some(svg) = depth_chart::spheres(ledger) { (figure(&svg)) }
            (grid_table(&grid))
            p.legend { (SPHERES_LEGEND) "." }
            @if let Some(text) = sphere_growth(ledger) { p { b { (text) "." } } }
        }
    }
}

/// Which step of the proof loses how much.
fn slack_page(ledger: &Ledger) -> Markup {
    html! {
        @if let Some(grid) = attribution(ledger) {
            h2 id="slack" { "Where the slack of ε comes from" }
            @if let Some(text) = loosest(ledger) { p { b { (text) } } }
            p.soft { "Factors of ten between what is proved and what was found, at the point of largest gradient change, split over the layers and the lemmas of the proof; the parts add up to the whole. A layer's own slack counts with its weight, about its share of ε. Proof: " (proof_link("proofs/slack.md#factors")) "." }
            (grid_table(&grid))
            @if let Some(svg) = ledger.attribution.as_ref().and_then(chart::attribution) { (figure(&svg)) }
            (what_refinements_buy(ledger))
        }
    }
}

/// The ways to ε and ϵ beside each other.
fn what_refinements_buy(ledger: &Ledger) -> Markup {
    let rows = ledger.rows.iter().filter(|row| row.stage == "linearity" && row.layer.is_none());
    html! {
        @for (row, text) in rows.filter_map(|row| Some((row, variants(row)?))) {
            p { (row.key()) ": by " (text) "." }
        }
        p.legend { "plain: union bounds over subspaces and flip sets, as in the paper; comparison: Gaussian comparison in their place; affine: the affine error itself, without the sup over a segment." }
    }
}

pub(super) fn grid_table(grid: &Grid) -> Markup {
    html! {
        div.scroll {
            table {
                tr { @for heading in &grid.headings { th.number { (heading) } } }
                @for row in &grid.rows { tr { @for cell in row { td.number { (cell) } } } }
            }
        }
    }
}

fn verdict_mark(row: &Row, words: &str) -> Markup {
    let class = match row.verdict {
        Some(Verdict::Holds | Verdict::NotRejected | Verdict::NotViolated) => "good",
        Some(Verdict::Violated | Verdict::NumericalFailure) => "bad",
        Some(Verdict::Inconclusive) => "doubt",
        Some(Verdict::Vacuous | Verdict::OutsideHypotheses | Verdict::Assumed) | None => "soft",
    };
    html! { span class=(class) { (words) } }
}

/// A proof's place, as a link to it on the page.
fn proof_link(pointer: &str) -> Markup {
    html! {
        @match typeset::fragment(pointer, "") {
            Some(at) => a href={ "#" (at) } { code { (pointer) } },
            None => code { (pointer) },
        }
    }
}

fn section(row: &Row, claim: Option<&Claim>, index: usize, records: &[Record]) -> Markup {
    let values: Vec<Magnitude> = records
        .iter()
        .filter_map(|record| match record.outcomes.get(index) {
            Some(outcome) => outcome.value(),
            None => None,
        })
        .collect();
    let zeros = values.iter().filter(|v| v.is_zero()).count();
    let infinite = values.iter().filter(|v| !v.is_finite()).count();
    html! {
        h2 id=(row.key()) { (row.key()) " · " (verdict_mark(row, verdict(row))) }
        p { (row.claim) }
        p.soft { "For " (row.hypotheses) ". Proof: " (proof_link(&row.proof)) }
        @if let Some(text) = constant(row) { p { (text) } }
        @if let Some(text) = variants(row) { p.soft { "Bound by " (text) } }
        @if let Some(text) = fresh(row) { p.doubt { (text) "." } }
        @if let Some(text) = settled_by(row) { p.doubt { (text) "." } }
        @let density = claim.and_then(|c| c.density.as_ref());
        @if values.is_empty() && density.is_none() { p.soft { "Nothing was observed." } }
        @else { @match plot::picture(row, &values, density) {
            Ok(svg) => {
                (figure(&svg))
                p.legend {
                    (row.quantity) ", on a logarithmic axis. Bars: observed. "
                    @if density.is_some() { "Blue curve: predicted density. " }
                    "Lines: bound (red), predicted (blue) and observed (grey) "
                    @match row.direction {
                        Some(_) if row.kind == crate::model::statement::Kind::Identity => "maximum.",
                        Some(_) => "quantile.",
                        None => "median.",
                    }
                    @if zeros > 0 { " " (zeros) " zeros are not shown." }
                    @if infinite > 0 { " " (infinite) " are infinite and not shown." }
                    @if row.undefined > 0 { " Not defined in " (row.undefined) " networks." }
                }
            }
            Err(why) => p.soft { (why) "." },
        } }
    }
}
