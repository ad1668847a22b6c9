//! Which rows a table for people shows.

use std::collections::HashMap;

use crate::judge::ledger::Ledger;
use crate::judge::row::Row;
use crate::judge::verdict::Verdict;
use crate::model::statement::{About, Kind};
use crate::num::magnitude::Magnitude;
use crate::stage;

/// Layers shown one by one; of deeper networks, the first, the last and the tightest are.
pub const LAYERS: usize = 6;

/// The rows that the long table shows: without the factors of the slack, which have a table of
/// their own, without the other side of a threshold where there is none, and with three layers of
/// each statement where there are many.
pub fn shown(ledger: &Ledger) -> Vec<&Row> {
    let depth = ledger.depth();
    let tightest = if depth > LAYERS { tightest(ledger) } else { HashMap::new() };
    let keep = |row: &&Row| match row.layer {
        // What failed, or looked as if it had, is never left out.
        _ if row.verdict.is_some_and(Verdict::is_failure) || row.fresh.is_some() => true,
        _ if row.kind == Kind::Factor => false,
        _ if is_idle(row) => false,
        Some(layer) if depth > LAYERS => {
            layer == 1
                || layer == depth
                || tightest.get(row.statement.as_str()).is_some_and(|(_, at)| *at == layer)
        }
        _ => true,
    };
    ledger.rows.iter().filter(keep).collect()
}

/// Is it about the other side of a threshold, where there is none?
pub fn is_idle(row: &Row) -> bool {
    let about = stage::statement(&row.statement).map(|statement| statement.about);
    row.outside && row.reach.is_none() && about == Some(About::Failure)
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
