//! One line per row; absent parts empty.

use crate::judge::ledger::Ledger;
use crate::judge::row::Value;
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, log10};

/// What is beside a number: its common logarithm, and text that is exact, where double precision
/// does not hold it.
const TWINS: [&str; 3] = ["", "_log10", "_exact"];

/// With a heading line.
pub fn render(ledger: &Ledger) -> String {
    let numbers = |names: &[&str]| names.iter().flat_map(|name| named(name)).collect();
    let names = [
        words(&["statement", "stage", "layer", "kind", "direction"]),
        numbers(&["bound", "expected"]),
        numbers(&["observed_min", "observed_median", "observed_quantile", "observed_max"]),
        words(&["n", "exceedances", "interval_low", "interval_high"]),
        numbers(&["slack"]),
        words(&["ks_distance", "ks_allowed", "verdict", "engine"]),
        words(&["fresh_networks", "fresh_verdict"]),
    ];
    let rows = ledger.rows.iter().map(|row| {
        let observed = row.observed.as_ref();
        let name = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let seen = |value: Option<Magnitude>| number(value, Toward::Nearest);
        [
            vec![
                row.statement.clone(),
                row.stage.clone(),
                text(row.layer),
                name(serde_json::json!(row.kind)),
                name(serde_json::json!(row.direction)),
            ],
            value(row.bound, row.toward()).into(),
            value(row.expected, Toward::Nearest).into(),
            seen(observed.map(|o| o.min)).into(),
            seen(observed.map(|o| o.median)).into(),
            seen(observed.map(|o| o.quantile)).into(),
            seen(observed.map(|o| o.max)).into(),
            vec![
                text(observed.map(|o| o.n)),
                text(row.exceedances),
                text(row.interval.map(|i| i[0])),
                text(row.interval.map(|i| i[1])),
            ],
            value(row.slack, Toward::Nearest).into(),
            vec![
                text(row.distance.map(|d| d.observed)),
                text(row.distance.map(|d| d.allowed)),
                name(serde_json::json!(row.verdict)),
                name(serde_json::json!(row.engine)),
                text(row.fresh.as_ref().map(|fresh| fresh.networks)),
                name(serde_json::json!(row.fresh.as_ref().map(|fresh| fresh.verdict))),
            ],
        ]
        .concat()
    });
    lines(names.concat(), rows)
}

/// The lines of several tables with the same columns below each other, behind the name of the run
/// that each belongs to.
pub fn of_runs<'a>(runs: impl Iterator<Item = (&'a str, String)>) -> String {
    let (mut names, mut rows) = (words(&["run"]), Vec::new());
    for (run, table) in runs {
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        if names.len() == 1 {
            // Reading what was written in memory does not fail.
            let columns = reader.headers().cloned().unwrap_or_default();
            names.extend(columns.iter().map(str::to_owned));
        }
        for row in reader.records().flatten() {
            rows.push(std::iter::once(run).chain(&row).map(str::to_owned).collect());
        }
    }
    lines(names, rows.into_iter())
}

/// Names of columns that are one cell each.
pub(super) fn words(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// Lines of cells below their names, quoted where they have to be.
pub(super) fn lines(names: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(names);
    for row in rows {
        let _ = writer.write_record(row);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// The names of the columns of a number.
pub(super) fn named(name: &str) -> [String; 3] {
    TWINS.map(|twin| format!("{name}{twin}"))
}

/// The cells of a number: empty where double precision does not hold it, so that a column of
/// numbers is one for any reader; its logarithm, rounded `toward`, unless that is infinite; and
/// text where the number is not there.
pub(super) fn number(value: Option<Magnitude>, toward: Toward) -> [String; 3] {
    let Some(value) = value else { return Default::default() };
    let held = value.as_exact_f64().filter(|held| held.is_finite());
    let finite = !value.is_zero() && value.is_finite();
    let log = finite.then(|| log10(value, toward));
    let exact = if held.is_some() { String::new() } else { value.to_string() };
    [held.map_or(String::new(), |held| format!("{held:e}")), text(log), exact]
}

fn value(value: Option<Value>, toward: Toward) -> [String; 3] {
    number(value.map(|v| v.value), toward)
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or(String::new(), |v| v.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every reader takes a column for numbers if each of its cells is empty or a decimal number.
    #[test]
    fn columns_of_numbers_hold_numbers() {
        let cells = |mantissa, exponent, toward| number(Magnitude::new(mantissa, exponent), toward);
        assert_eq!(cells(1.5, 1, Toward::Up), ["3e0", "0.4771212547196625", ""]);
        assert_eq!(cells(0.0, 0, Toward::Up), ["0e0", "", ""]);
        assert_eq!(cells(1.5, 7000, Toward::Down)[0], "");
        assert_eq!(cells(1.5, 7000, Toward::Down)[2], "1.5p7000");
        let [down, up] = [Toward::Down, Toward::Up].map(|toward| cells(1.5, -7000, toward));
        let logs = [&down[1], &up[1]].map(|log| log.parse::<f64>().unwrap());
        assert!(logs[0] < logs[1] && (logs[0] + 2107.03).abs() < 0.01, "{logs:?}");
        assert_eq!(cells(f64::INFINITY, 0, Toward::Up), ["", "", "inf"]);
        assert_eq!(number(None, Toward::Up), ["", "", ""]);
    }

    #[test]
    fn tables_of_runs_stand_below_each_other() {
        let table = |cell: &str| lines(words(&["a", "b"]), [words(&[cell, "2"])].into_iter());
        let runs = [("one", table("1")), ("two, too", table("x\ny"))];
        assert_eq!(of_runs(runs.into_iter()), "run,a,b\none,1,2\n\"two, too\",\"x\ny\",2\n");
        assert_eq!(of_runs(std::iter::empty()), "run\n");
    }

    #[test]
    fn text_is_quoted_where_it_has_to_be() {
        let rows = [vec!["1\n/\n2,0".to_owned(), "\"x\"".to_owned()]];
        let written = lines(words(&["a", "b"]), rows.into_iter());
        let mut reader = csv::Reader::from_reader(written.as_bytes());
        let read: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(read, [vec!["1\n/\n2,0", "\"x\""]]);
    }
}
