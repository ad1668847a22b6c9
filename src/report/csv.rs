//! One line per row; numbers as the JSON has them, absent parts empty.

use crate::ledger::{Ledger, Value};

const COLUMNS: [&str; 23] = [
    "statement",
    "stage",
    "layer",
    "kind",
    "direction",
    "bound",
    "bound_log10",
    "prediction",
    "observed_min",
    "observed_median",
    "observed_quantile",
    "observed_max",
    "n",
    "exceedances",
    "interval_low",
    "interval_high",
    "slack",
    "ks_distance",
    "ks_allowed",
    "verdict",
    "engine",
    "fresh_networks",
    "fresh_verdict",
];

/// With a heading line.
pub fn render(ledger: &Ledger) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut lines = vec![COLUMNS.map(str::to_owned).to_vec()];
    for row in &ledger.rows {
        let observed = row.observed.as_ref();
        let name = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        lines.push(vec![
            row.statement.clone(),
            row.stage.clone(),
            text(row.layer),
            name(serde_json::json!(row.kind)),
            name(serde_json::json!(row.direction)),
            value(row.bound),
            text(row.bound.and_then(|b| b.log10)),
            value(row.prediction),
            text(observed.map(|o| o.min)),
            text(observed.map(|o| o.median)),
            text(observed.map(|o| o.quantile)),
            text(observed.map(|o| o.max)),
            text(observed.map(|o| o.n)),
            text(row.exceedances),
            text(row.interval.map(|i| i[0])),
            text(row.interval.map(|i| i[1])),
            value(row.slack),
            text(row.distance.map(|d| d.observed)),
            text(row.distance.map(|d| d.allowed)),
            name(serde_json::json!(row.verdict)),
            name(serde_json::json!(row.engine)),
            text(row.fresh.as_ref().map(|fresh| fresh.networks)),
            name(serde_json::json!(row.fresh.as_ref().map(|fresh| fresh.verdict))),
        ]);
    }
    for line in lines {
        // Writing to memory does not fail.
        let _ = writer.write_record(line);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or(String::new(), |v| v.to_string())
}

fn value(value: Option<Value>) -> String {
    text(value.map(|v| v.value))
}
