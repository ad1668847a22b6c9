//! The ledger as a Markdown table.

use super::{
    ANGLES_LEGEND, EVENTS_LEGEND, Grid, LAYERS_LEGEND, SPHERES_LEGEND, THRESHOLDS_LEGEND, angles,
    angles_title, assumed, attribution, bound, conclusion, constant, dead, engine, events,
    evidence, followed, fresh, headline, layers, limits, loosest, observed, omitted, prediction,
    radii, sampled, shown, slack, spheres, thresholds, unsearched, variants, verdict, warning,
};
use crate::judge::ledger::Ledger;

/// A heading, the table, and the paper's constants.
pub fn render(ledger: &Ledger) -> String {
    let mut out = format!("# relubound\n\n{}\n\n", text(&headline(ledger)));
    if let Some(warning) = warning(ledger) {
        out += &format!("**{warning}**\n\n");
    }
    out += "| statement | claim | bound | predicted | observed | slack | beyond | limits | engine | verdict |\n";
    out += "|---|---|---:|---:|---:|---:|---:|---|---|---|\n";
    for row in shown(ledger) {
        let cells = [
            format!("[{}]({})", text(&row.key()), text(&row.proof)),
            text(&row.claim),
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
        if let (Some(said), Some(constant)) = (constant(row), &row.constant) {
            let form = constant.form.replace('`', "'");
            out += &format!("- {}: `{form}` with {}", text(&row.key()), text(&said));
            if let Some(variants) = variants(row) {
                out += &format!(" (by {})", text(&variants));
            }
            out.push('\n');
        }
    }
    for (row, said) in ledger.rows.iter().filter_map(|row| Some((row, fresh(row)?))) {
        out += &format!("- {}: {said}\n", text(&row.key()));
    }
    let notes = [
        sampled(ledger),
        assumed(ledger),
        omitted(ledger),
        unsearched(ledger),
        followed(ledger),
        radii(ledger),
    ];
    for note in notes.into_iter().flatten() {
        out += &format!("\n{}.\n", text(&note));
    }
    if let Some(grid) = layers(ledger) {
        let table = grid_table(&grid);
        out += &format!("\n## The bottleneck, layer by layer\n\n{table}\n{LAYERS_LEGEND}.\n");
    }
    if let (Some(grid), Some(said)) = (attribution(ledger), loosest(ledger)) {
        let (table, said) = (grid_table(&grid), text(&said));
        out += &format!("\n## Where the slack of ε comes from\n\n{table}\n{said}\n");
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
        let title = text(&angles_title(ledger));
        out += &format!("\n## Depth: {title}\n\n{table}\n{ANGLES_LEGEND}.\n");
    }
    if let Some(grid) = spheres(ledger) {
        out += &format!("\n## collapse.sphere\n\n{}\n{SPHERES_LEGEND}.\n", grid_table(&grid));
    }
    out + &format!("\n{}. {}.\n", dead(ledger), text(&conclusion(ledger)))
}

/// Text that is shown as it is, whatever Markdown and HTML make of its characters.
pub(super) fn text(plain: &str) -> String {
    let mut out = String::new();
    for c in plain.chars() {
        if matches!(c, '\\' | '`' | '*' | '[' | '<' | '&' | '|') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

pub(super) fn grid_table(grid: &Grid) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| text(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = vec!["---:".to_owned(); grid.headings.len()];
    let rows: String = grid.rows.iter().map(|row| line(row)).collect();
    line(&grid.headings) + &line(&rule) + &rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(markdown: &str) -> String {
        let mut out = String::new();
        pulldown_cmark::html::push_html(&mut out, pulldown_cmark::Parser::new(markdown));
        out
    }

    /// As a reader of Markdown sees it.
    #[test]
    fn text_stays_text() {
        for plain in [
            "<script>x</script>",
            "a | b",
            "`c`",
            "[x](http://y)",
            "*b*",
            "&lt;",
            "\\",
            "‖W_i‖ ≤ 2",
        ] {
            let shown = html(&text(plain));
            let expected = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            assert_eq!(shown, format!("<p>{expected}</p>\n"));
        }
        assert!(html("<script>x</script>").contains("<script>"));
    }
}
