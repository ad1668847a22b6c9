//! What was measured in one cell.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::grid::Cell;
use super::quantity::{Seen, Value};
use crate::judge::ledger::{Dead, Ledger};
use crate::judge::row::Row;
use crate::judge::verdict::Verdict;
use crate::network::Engine;

/// A finished cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its place in the order of the study.
    pub cell: usize,
    /// d.
    pub input: String,
    /// L.
    pub depth: usize,
    /// d₀, …, d_L.
    pub widths: String,
    /// δ.
    pub delta: String,
    /// R/‖x‖; absent for 1/√d.
    pub radius: Option<String>,
    /// t; absent for the usual ones.
    pub step: Option<String>,
    /// The slope of the activation; absent for ReLU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slope: Option<String>,
    /// Networks sampled.
    pub trials: u64,
    /// The seed of a run of its own with the same networks.
    pub seed: Option<u64>,
    /// Networks that are constantly 0 near the input.
    pub dead: Dead,
    /// The worst verdict on what the cell's stages claim, as a run of its own would give it.
    pub verdict: Option<Verdict>,
    /// What is violated or not a number: rows of that run by their keys, quantities by name.
    pub failed: Vec<String>,
    /// The quantities by name.
    pub values: Map<String, Json>,
}

impl Line {
    /// A cell of which nothing is known yet but what is asked.
    pub(super) fn blank(cell: &Cell, trials: u64, seed: Option<u64>) -> Self {
        let params = &cell.params;
        Line {
            cell: cell.index,
            input: params.architecture.input().to_string(),
            depth: params.architecture.depth(),
            widths: params.architecture.to_string(),
            delta: params.delta.to_string(),
            radius: params.radius.as_ref().map(ToString::to_string),
            step: params.step.as_ref().map(ToString::to_string),
            slope: params.slope.record(),
            trials,
            seed,
            dead: Dead { probability: 0.0, count: 0, networks: 0 },
            verdict: None,
            failed: Vec::new(),
            values: Map::new(),
        }
    }

    /// Joins a cell and what was measured.
    pub fn new(cell: &Cell, ledger: &Ledger, values: Vec<(&str, Value)>) -> Self {
        let values = values.into_iter().map(|(name, value)| {
            (name.to_owned(), serde_json::to_value(value).unwrap_or(Json::Null))
        });
        let seed = ledger.config.sampling.as_ref().map(|s| s.seed);
        Line {
            dead: ledger.dead,
            verdict: ledger.verdict,
            failed: ledger.rows.iter().filter(|row| failed(row)).map(Row::key).collect(),
            values: values.collect(),
            ..Line::blank(cell, ledger.trials, seed)
        }
    }

    /// The slope of the activation.
    pub fn slope(&self) -> &str {
        self.slope.as_deref().unwrap_or("0")
    }

    /// Is something in this cell violated or not a number?
    pub fn is_failure(&self) -> bool {
        !self.failed.is_empty() || self.verdict.is_some_and(Verdict::is_failure)
    }

    /// Adds what was observed of a quantity in another way than by its row, by this engine.
    pub fn observe(&mut self, name: &str, seen: Seen, engine: Option<Engine>) {
        let Some(value) = self.value(name) else { return };
        let value = match seen {
            Seen::Nothing => return,
            Seen::Value(observed, n) => {
                Value { observed: Some(observed), n: Some(n), engine, ..value }
            }
            Seen::Failed => {
                self.failed.push(name.to_owned());
                self.verdict = Some(Verdict::NumericalFailure);
                Value { failed: true, engine, ..value }
            }
        };
        self.values.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Json::Null));
    }

    /// A quantity, if it was measured.
    pub fn value(&self, name: &str) -> Option<Value> {
        serde_json::from_value(self.values.get(name)?.clone()).ok()
    }
}

fn failed(row: &Row) -> bool {
    row.verdict.is_some_and(Verdict::is_failure)
}
