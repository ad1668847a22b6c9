//! What a run over inputs is, and what it found.

use serde::{Deserialize, Serialize};

use crate::given::expect::Sample;
use crate::given::{Entry, Failure, Outcome, Question};
use crate::judge::ledger::Tool;
use crate::model::shard::Shard;

/// The form in which such runs are written here.
pub const SCHEMA: u32 = 1;

/// What `run.json` holds: all that the rows follow from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// What made it.
    pub tool: Tool,
    /// The form in which it is written.
    pub schema: u32,
    /// The network that is judged.
    pub network: Network,
    /// The one that it was before training, where that is judged, too: `initial.jsonl`.
    pub initial: Option<Network>,
    /// The points at which it is judged.
    pub inputs: Points,
    /// Their classes, where they are given.
    pub labels: Option<Source>,
    /// What is asked of every input.
    pub question: Asked,
    /// Random networks of the same shape, among which every input is placed; 0 for none.
    pub reference: usize,
    /// Rows and columns of an input that is a picture.
    pub grid: Option<[usize; 2]>,
    /// Which of the inputs are judged here.
    pub shard: Shard,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name, without the folders that it is in.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// A network, as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Where it was read.
    pub source: Source,
    /// SHA-256 of the weights, biases, slopes and normalisation, as they were understood.
    pub read: String,
    /// d_0, …, d_n: inputs first, outputs last.
    pub widths: Vec<usize>,
    /// Slopes behind all layers but the last.
    pub slopes: Vec<f64>,
    /// Is any bias not 0?
    pub biases: bool,
    /// Is there a normalisation in front of the first layer?
    pub normalised: bool,
    /// The type of its weights in the file: `float32`, …
    pub dtype: String,
    /// What was decided in reading it, a sentence each.
    pub notes: Vec<String>,
}

impl Network {
    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.widths.last().copied().unwrap_or(0)
    }
}

/// The inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Points {
    /// Where they were read.
    pub source: Source,
    /// How many there are, those of other parts included.
    pub count: usize,
}

/// What is asked of every input, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Classes that count as changed: `all`, `runner-up`, or one of them.
    pub against: String,
    /// Where perturbations are measured: `before` or `after` the normalisation.
    pub space: String,
    /// t: the gradient step has size t·|margin|/‖∇‖.
    pub step: f64,
    /// R/‖x‖ of the ball in which the gradient is bounded.
    pub radius: f64,
    /// Cells at most, for exact radii.
    pub cells: usize,
    /// Seconds for an input; null for no limit.
    pub seconds: Option<f64>,
    /// Seed of restarts and of the random networks.
    pub seed: u64,
}

impl Asked {
    /// Of a question.
    pub fn of(question: &Question) -> Self {
        Asked {
            against: question.against.to_string(),
            space: question.space.name().into(),
            step: question.step,
            radius: question.radius,
            cells: question.cells,
            seconds: Some(question.seconds).filter(|seconds| seconds.is_finite()),
            seed: question.seed,
        }
    }
}

impl Header {
    /// How many inputs are judged here.
    pub fn wanted(&self) -> usize {
        self.shard.count(self.inputs.count as u64) as usize
    }
}

/// What a run found, as far as it got.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// What it is.
    pub header: Header,
    /// What is known of the inputs, in their order. Some are missing where it was interrupted.
    pub entries: Vec<Entry>,
    /// x of each of these entries.
    pub points: Vec<Vec<f64>>,
    /// What is known of the same inputs for the network before training.
    pub initial: Option<Vec<Entry>>,
    /// What every random network shows at all inputs of this run, in their order.
    pub reference: Vec<Vec<Sample>>,
}

impl Results {
    /// Is every input judged, by both networks where there are two, and every random network
    /// looked at?
    pub fn is_complete(&self) -> bool {
        let wanted = self.header.wanted();
        let all = |entries: &Vec<Entry>| entries.len() == wanted;
        all(&self.entries)
            && self.initial.as_ref().is_none_or(all)
            && self.reference.len() == self.header.reference
    }

    /// Is it all there is, and no part of a run that is still to be joined?
    pub fn is_whole(&self) -> bool {
        self.is_complete() && self.header.shard == Shard::WHOLE
    }

    /// What random networks show at the input of an entry, by its place among the entries.
    pub fn samples(&self, place: usize) -> impl Iterator<Item = Sample> {
        // Of every input that is judged here, in their order.
        let at = self.entries.get(place).map(|entry| entry.input / self.header.shard.parts);
        let all = self.reference.iter();
        all.filter_map(move |samples| samples.get(at?).copied())
    }

    /// At how many inputs time ran out, by either network, before or after something was known.
    pub fn out_of_time(&self) -> usize {
        let all = self.entries.iter().chain(self.initial.iter().flatten());
        all.filter(|entry| match &entry.outcome {
            Outcome::Found(found) => found.timeout,
            Outcome::Failed(why) => *why == Failure::Timeout,
        })
        .count()
    }

    /// How many inputs failed in this way, by either network.
    pub fn failed(&self, why: Failure) -> usize {
        let all = self.entries.iter().chain(self.initial.iter().flatten());
        all.filter(|entry| entry.outcome == Outcome::Failed(why)).count()
    }
}
