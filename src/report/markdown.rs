//! The ledger as a Markdown table.

use super::{
    bound, conclusion, constant, dead, evidence, headline, limits, observed, prediction, slack,
    variants, verdict, warning,
};
use crate::ledger::Ledger;

/// A heading, the table, and the paper's constants.
pub fn render(ledger: &Ledger) -> String {
    let mut out = format!("# relubound\n\n{}\n\n", headline(ledger));
    if let Some(warning) = warning(ledger) {
        out += &format!("**{warning}**\n\n");
    }
    out += "| statement | claim | bound | predicted | observed | slack | beyond | limits | verdict |\n";
    out += "|---|---|---:|---:|---:|---:|---:|---|---|\n";
    for row in &ledger.rows {
        let cells = [
            format!("[{}]({})", row.key(), row.proof),
            row.claim.replace('|', "\\|"),
            bound(row),
            prediction(row),
            observed(row),
            slack(row),
            evidence(row),
            limits(row),
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
    out + &format!("\n{}. {}.\n", dead(ledger), conclusion(ledger))
}
