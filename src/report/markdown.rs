//! The ledger as a Markdown table.

use super::{
    ANGLES_LEGEND, EVENTS_LEGEND, Grid, LAYERS_LEGEND, SPHERES_LEGEND, THRESHOLDS_LEGEND, angles,
    angles_title, assumed, attribution, bound, conclusion, constant, dead, engine, events,
    evidence, followed, fresh, headline, layers, limits, loosest, observed, omitted, prediction,
    radii, sampled, shown, slack, spheres, thresholds, unsearched, variants, verdict, warning,
};
use crate::ledger::Ledger;

/// A heading, the table, and the paper's constants.
pub fn render(ledger: &Ledger) -> String {
    let mut out = format!("# relubound\n\n{}\n\n", headline(ledger));
    if let Some(warning) = warning(ledger) {
        out += &format!("**{warning}**\n\n");
    }
    out += "| statement | claim | bound | predicted | observed | slack | beyond | limits | engine | verdict |\n";
    out += "|---|---|---:|---:|---:|---:|---:|---|---|---|\n";
    for row in shown(ledger) {
        let cells = [
            format!("[{}]({})", row.key(), row.proof),
            row.claim.replace('|', "\\|"),
            bound(row),
            prediction(row),
            observed(row),
            slack(row),
            evidence(row),
            limits(row),
            engine(row),
            verdict(row).to_owned(),
        ];
        out += &format!("| {} |\n", cells.join(" | "));
    }
    out.push('\n');
    for row in &ledger.rows {
        if let (Some(text), Some(constant)) = (constant(row), &row.constant) {
            out += &format!("- {}: `{}` with {text}", row.key(), constant.form);
            if let Some(variants) = variants(row) {
                out += &format!(" (by {variants})");
            }
            out.push('\n');
        }
    }
    for (row, text) in ledger.rows.iter().filter_map(|row| Some((row, fresh(row)?))) {
        out += &format!("- {}: {text}\n", row.key());
    }
    let notes = [
        sampled(ledger),
        assumed(ledger),
        omitted(ledger),
        unsearched(ledger),
        followed(ledger),
        radii(ledger),
    ];
    for text in notes.into_iter().flatten() {
        out += &format!("\n{text}.\n");
    }
    if let Some(grid) = layers(ledger) {
        let table = grid_table(&grid);
        out += &format!("\n## The bottleneck, layer by layer\n\n{table}\n{LAYERS_LEGEND}.\n");
    }
    if let (Some(grid), Some(text)) = (attribution(ledger), loosest(ledger)) {
        let table = grid_table(&grid);
        out += &format!("\n## Where the slack of ε comes from\n\n{table}\n{text}\n");
    }
    if let Some(grid) = thresholds(ledger) {
        let table = grid_table(&grid);
        out += &format!("\n## Widths at which the sign flips\n\n{table}\n{THRESHOLDS_LEGEND}.\n");
    }
    if let Some(grid) = events(ledger) {
        let table = grid_table(&grid);
        out += &format!("\n## The events behind each bound\n\n{table}\n{EVENTS_LEGEND}.\n");
    }
    if let Some(grid) = angles(ledger) {
        let table = grid_table(&grid);
        let title = angles_title(ledger);
        out += &format!("\n## Depth: {title}\n\n{table}\n{ANGLES_LEGEND}.\n");
    }
    if let Some(grid) = spheres(ledger) {
        out += &format!("\n## collapse.sphere\n\n{}\n{SPHERES_LEGEND}.\n", grid_table(&grid));
    }
    out + &format!("\n{}. {}.\n", dead(ledger), conclusion(ledger))
}

pub(super) fn grid_table(grid: &Grid) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = vec!["---:".to_owned(); grid.headings.len()];
    let rows: String = grid.rows.iter().map(|row| line(row)).collect();
    line(&grid.headings) + &line(&rule) + &rows
}
