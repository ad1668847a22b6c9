//! Is a stored ledger the one that its parameters and trials give? A hash says that nobody
//! changed it by accident; this says that it is one.

use serde_json::Value;

use super::Experiment;
use super::judging::status;
use crate::judge::ledger::Ledger;
use crate::judge::row::Row;
use crate::judge::verdict::Verdict;
use crate::model::claim::{Claim, Test};
use crate::num::magnitude::Magnitude;

/// Elementary functions differ between systems in their last digits, and what is computed with them
/// in a few more. Rigorous numbers do not.
const LAST_DIGITS: f64 = 1e-9;

/// What is not as it has to be, if anything. What fresh networks showed cannot be repeated
/// here; it has to be possible, and to go with the verdicts.
pub fn disagreement(experiment: &Experiment, stored: &Ledger) -> Option<String> {
    let said = |what: &str| Some(what.to_owned());
    let (claims, records) = (experiment.claims(), experiment.records());
    let asked = experiment.spec().trials();
    if records.len() as u64 > asked || (0..).zip(records).any(|(i, record)| record.trial != i) {
        return said("its trials are not the first ones of the run");
    }
    if !stored.rows.iter().map(Row::key).eq(claims.iter().map(Claim::key)) {
        return said("its rows are not those of its stages");
    }
    let mut made = experiment.ledger();
    for ((stored, made), claim) in stored.rows.iter().zip(&mut made.rows).zip(claims) {
        if !is_confirmed(stored, made, claim, asked) {
            return Some(format!("{} has another verdict than it must have", stored.key()));
        }
        (made.fresh, made.verdict) = (stored.fresh, stored.verdict);
    }
    // Another version may have made it.
    made.tool = stored.tool.clone();
    made.verdict = Verdict::worst(made.rows.iter().filter_map(|row| row.verdict));
    made.status = status(experiment.spec(), made.trials, &made.rows);
    let [stored, made] = [stored, &made].map(|ledger| serde_json::to_value(ledger).ok());
    let place = difference(&stored?, &made?, &mut Vec::new())?;
    Some(format!("{place} is not what its parameters and trials give"))
}

/// Does the verdict on a row go with what fresh networks showed, and can they have shown that?
fn is_confirmed(stored: &Row, made: &Row, claim: &Claim, networks: u64) -> bool {
    let Some(fresh) = stored.fresh else {
        return made.fresh.is_none() && stored.verdict == made.verdict;
    };
    let limits = fresh.interval.is_none_or(|[low, high]| 0.0 <= low && low <= high && high <= 1.0);
    let distance = fresh.distance.is_none_or(|d| d.observed >= 0.0 && d.allowed >= 0.0);
    let counts = fresh.networks <= networks
        && fresh.n <= fresh.networks
        && fresh.exceedances.is_none_or(|count| count <= fresh.networks);
    let refuted = match fresh.verdict {
        Some(Verdict::Violated) => made.is_suspect() || matches!(claim.test, Test::Identity { .. }),
        verdict => verdict == Some(Verdict::NumericalFailure),
    };
    let possible = limits && distance && counts && (refuted || made.is_suspect());
    let refuting = fresh.verdict.filter(|_| refuted);
    possible && stored.verdict == Verdict::worst(made.verdict.into_iter().chain(refuting))
}

/// The path to the first place where two values differ.
fn difference(stored: &Value, made: &Value, path: &mut Vec<String>) -> Option<String> {
    let inside = |key: String, a: &Value, b: &Value, path: &mut Vec<String>| {
        path.push(key);
        let found = difference(a, b, path);
        path.pop();
        found
    };
    match (stored, made) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().find_map(|(key, value)| inside(key.clone(), value, &b[key], path))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| inside(i.to_string(), a, b, path))
        }
        _ => (!same(stored, made)).then(|| path.join(".")),
    }
}

fn same(stored: &Value, made: &Value) -> bool {
    if stored == made {
        return true;
    }
    if stored.is_u64() && made.is_u64() {
        return false;
    }
    let close = |a: f64, b: f64| {
        let size = a.abs().max(b.abs()).max(1.0);
        size.is_finite() && (a - b).abs() <= LAST_DIGITS * size
    };
    if let (Some(a), Some(b)) = (stored.as_f64(), made.as_f64()) {
        return close(a, b);
    }
    // Numbers beyond double precision are text.
    let number = |value: &Value| serde_json::from_value::<Magnitude>(value.clone()).ok();
    let logs = number(stored).zip(number(made)).map(|(a, b)| (a.ln(), b.ln()));
    logs.is_some_and(|(a, b)| close(a, b))
}
