//! The whole ledger as JSON; `schema/ledger.schema.json` describes it.

use crate::judge::ledger::Ledger;

/// Indented, with a final line break.
pub fn render(ledger: &Ledger) -> String {
    let mut text = serde_json::to_string_pretty(ledger).unwrap_or_default();
    text.push('\n');
    text
}
