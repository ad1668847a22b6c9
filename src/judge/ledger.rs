//! The ledger: everything a run shows, as stored and rendered.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::attribution::Attribution;
use super::row::Row;
use super::thresholds::Threshold;
use super::verdict::{Observed, Verdict};
use crate::model::params::Architecture;
use crate::network::{Engine, Precision};
use crate::stage::bottleneck::table::LayerBounds;
use crate::stage::collapse::table::{Angle, Sphere};
use crate::stage::direct::table::Followed;
use crate::stage::linearity::table::Radius;
use crate::stage::norm::table::Shortest;

/// Everything a run shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Ledger {
    /// What made it.
    pub tool: Tool,
    /// The form in which it is written.
    pub schema: u32,
    /// The parameters, exactly as given.
    pub config: Parameters,
    /// `bounds` without sampling, otherwise how far the sampling got.
    pub status: Status,
    /// The worst verdict of all rows.
    pub verdict: Option<Verdict>,
    /// Trials finished.
    pub trials: u64,
    /// Networks that are constantly 0 near the input.
    pub dead: Dead,
    /// One row per claim.
    pub rows: Vec<Row>,
    /// What is proved of each hidden layer, where the stage `bottleneck` was run.
    pub layers: Vec<LayerBounds>,
    /// R(½), where the stage `linearity` was run.
    pub radii: Vec<Radius>,
    /// How far the step is followed, where the stage `direct` was run.
    pub followed: Option<Followed>,
    /// The step that is the shortest in another norm, where the stage `norm` was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortest: Option<Shortest>,
    /// Where the slack of ε comes from, where the stage `slack` was observed.
    pub attribution: Option<Attribution>,
    /// The least widths at which some step is proved to flip the sign, where asked for.
    pub thresholds: Vec<Threshold>,
    /// The angle between two inputs after each hidden layer, where the stage `collapse` was run.
    pub angles: Vec<Angle>,
    /// Depths and widths at which f is proved nearly constant on a sphere, where asked for.
    pub spheres: Vec<Sphere>,
}

/// Name and version of the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `relubound`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The form in which ledgers are written here. In the first there were no second quantiles of laws,
/// steps were not counted, and what is expected was called a prediction.
pub const SCHEMA: u32 = 2;

impl Tool {
    /// This build.
    pub fn current() -> Self {
        Tool { name: "relubound".into(), version: env!("CARGO_PKG_VERSION").into() }
    }
}

/// The parameters of a run as text that parses back to them. Threads are absent on purpose: they
/// do not change a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    /// d₀, …, d_L.
    pub widths: String,
    /// δ.
    pub delta: String,
    /// R/‖x‖; absent for 1/√d.
    pub radius: Option<String>,
    /// t; absent for the usual ones.
    pub step: Option<String>,
    /// The angle between two inputs: `cos -1/3`, `2/5 pi` or radians.
    pub start: String,
    /// The slope of the activation at negative arguments; absent for ReLU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slope: Option<String>,
    /// The activation, where it is not piecewise linear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<String>,
    /// The relative size of the biases, or with a gain their deviation; absent without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias: Option<String>,
    /// The gain of the weights, where the deviation of the biases is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<String>,
    /// The norm of the step of the stage `norm`; absent for ℓ₂.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub norm: Option<String>,
    /// Its weights, where they were read from a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub norm_weights: Option<Vec<f64>>,
    /// η: how far the weights may have been trained away from those drawn; absent where they are
    /// as drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained: Option<String>,
    /// Rows and columns of the input, where its weights go by frequency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<String>,
    /// x, where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Vec<f64>>,
    /// K outputs, of which a pair is looked at; absent for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<u32>,
    /// The other class of the pair, beside that of the input: `runner-up` or `nearest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The law of the weights; absent where they are normal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<String>,
    /// That of the output weights; absent where it is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_weights: Option<String>,
    /// Probability that any verdict of the run is wrong.
    pub alpha: String,
    /// Names of the stages run.
    pub stages: Vec<String>,
    /// How networks were sampled; absent without sampling.
    pub sampling: Option<Sampling>,
}

/// How networks were sampled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Trials asked for.
    pub trials: u64,
    /// Seed of all streams.
    pub seed: u64,
    /// How each stage was observed, by its name.
    pub engines: std::collections::BTreeMap<String, Engine>,
    /// Format of the weights, where they are stored.
    pub precision: Precision,
    /// Networks in which suprema are searched: the first so many.
    pub searches: u64,
    /// Networks in which the step is taken: the first so many.
    pub steps: u64,
}

/// How far a run got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// No sampling was asked for.
    Bounds,
    /// Fewer trials than asked for: still running, interrupted, or killed.
    Partial,
    /// All trials, and the fresh networks that some rows were judged again on.
    Complete,
}

/// Networks that are constantly 0 near the input.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dead {
    /// 1 − Π(1 − 2^{−d_i}).
    pub probability: f64,
    /// Observed.
    pub count: u64,
    /// In so many networks.
    pub networks: u64,
}

impl Ledger {
    /// What was observed of the angle between two inputs, by layer.
    pub fn angles_seen(&self) -> HashMap<usize, &Observed> {
        let rows = self.rows.iter().filter(|row| row.statement == "collapse.pair");
        rows.filter_map(|row| Some((row.layer?, row.observed.as_ref()?))).collect()
    }

    /// Its widths; `None` in a damaged run.
    pub fn architecture(&self) -> Option<Architecture> {
        self.config.widths.parse().ok()
    }

    /// L.
    pub fn depth(&self) -> usize {
        self.architecture().map_or(0, |architecture| architecture.depth())
    }

    /// The row of this key: `label`, or `label[layer]`.
    pub fn row(&self, key: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.key() == key)
    }
}

crate::num::exact::written_beside!(Ledger);
