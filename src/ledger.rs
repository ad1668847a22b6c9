//! The ledger: one plain row per claim, as stored and rendered.

use serde::{Deserialize, Serialize};

use crate::account::{self, Behind, Entry};
use crate::attribution::Attribution;
use crate::claim::{self, Claim, Direction, Test, Variant};
use crate::magnitude::Magnitude;
use crate::network::{Engine, Precision};
use crate::num::{Toward, log10, times_root_two};
use crate::statement::Kind;
use crate::verdict::{self, Distance, Judgement, Observed, Verdict};

/// Everything a run shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Ledger {
    /// What made it.
    pub tool: Tool,
    /// The parameters, exactly as given.
    pub config: Config,
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
    pub layers: Vec<Layer>,
    /// R(½), where the stage `linearity` was run.
    pub radii: Vec<Radius>,
    /// How far the step is followed, where the stage `direct` was run.
    pub followed: Option<Followed>,
    /// Where the slack of ε comes from, where the stage `slack` was observed.
    pub attribution: Option<Attribution>,
    /// The least widths at which some step is proved to flip the sign, where asked for.
    pub thresholds: Vec<Threshold>,
    /// The angle between two inputs after each hidden layer, where the stage `collapse` was run.
    pub angles: Vec<Angle>,
    /// Depths and widths at which f is proved nearly constant on a sphere, where asked for.
    pub spheres: Vec<Sphere>,
}

/// The angle between two inputs after one hidden layer, in radians.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Angle {
    /// i.
    pub layer: usize,
    /// In the limit of large widths.
    pub limit: f64,
    /// The envelopes of the limit, rounded outward.
    pub envelope: [Magnitude; 2],
    /// The median expected at these widths, without proof; absent where they are too small for it.
    pub median: Option<f64>,
    /// The (1−δ)-quantile expected at these widths, likewise.
    pub quantile: Option<f64>,
    /// Proved at these widths, rounded up; ∞ where nothing is.
    pub proved: Magnitude,
}

/// A row of the table of spheres.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sphere {
    /// d.
    pub dimension: u64,
    /// Ω ‖h_L(x)‖/√d_L is the largest change of f on the sphere.
    pub oscillation: f64,
    /// The least depth found, with widths as large as may be; absent where there is none.
    pub depth: Option<u64>,
    /// Twice that depth, and the least width found there.
    pub deeper: Option<u64>,
    /// As text: it may be too large for JSON numbers.
    pub width: Option<String>,
}

/// The picture of the bottleneck: one hidden layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// j.
    pub layer: usize,
    /// d_j, as text: it may be too large for JSON numbers.
    pub width: String,
    /// The last narrowest layer before j; 0 is the input.
    pub bottleneck: usize,
    /// r_j = d_{b(j)}.
    pub rank: String,
    /// √(d_j/r_j): the scale of the layer that its bottleneck suggests.
    pub naive: f64,
    /// log N_j: subspaces counted by the plain way.
    pub log_family: Magnitude,
    /// K_j, the plain way's Lipschitz constant of this layer alone.
    pub gain: Magnitude,
    /// What the two ways prove: by union bounds, then by Gaussian comparison.
    pub plain: Proved,
    /// By Gaussian comparison.
    pub comparison: Proved,
}

/// What is proved about one layer by one way; upper bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proved {
    /// m_j.
    pub flips: Magnitude,
    /// κ_j.
    pub rows: Magnitude,
    /// τ_j.
    pub drift: Magnitude,
    /// σ_j.
    pub lipschitz: Magnitude,
    /// e_j.
    pub term: Magnitude,
}

/// The radius of the ball in which a change is proved to be at most ε.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Radius {
    /// `plain`, `comparison` (gradient) or `affine` (affine error).
    pub way: String,
    /// ε.
    pub epsilon: f64,
    /// R/‖x‖, rounded down; absent in the linear case, where every ball serves.
    pub radius: Option<Magnitude>,
}

/// How far the adversarial step is followed through the layers, and which of them costs most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Followed {
    /// t.
    pub step: f64,
    /// Is the sign proved to flip?
    pub flips: bool,
    /// Hidden layers of which something is proved.
    pub layers: usize,
    /// The layer that moves the output most, as bounded; without any, the narrowest, 0 being the input.
    pub costliest: usize,
    /// Its width, as text: it may be too large for JSON numbers.
    pub width: String,
    /// Its part of the sum of direct.error over these layers; absent without any.
    pub share: Option<f64>,
}

/// A row of the table of thresholds: the least widths found at which a step flips the sign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// L.
    pub depth: usize,
    /// δ.
    pub delta: String,
    /// Proved by following the step through the layers; absent up to 10³⁶.
    pub direct: Option<String>,
    /// t there.
    pub step: Option<f64>,
    /// ‖u‖/‖x‖ there, at most.
    pub size: Option<Magnitude>,
    /// Proved from the affine error in a region, by Gaussian comparison.
    pub affine: Option<String>,
    /// Proved from the gradient change in a ball, by Gaussian comparison.
    pub comparison: Option<String>,
    /// Proved from the gradient change in a ball, by union bounds.
    pub plain: Option<String>,
    /// Expected, without proof: where the share 1 − δ of steps flips the sign; absent where that is
    /// narrower than it is meant, or not resolved.
    pub expected: Option<String>,
}

/// Name and version of the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `relubound`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This build.
    pub fn current() -> Self {
        Tool { name: "relubound".into(), version: env!("CARGO_PKG_VERSION").into() }
    }
}

/// The parameters of a run as text that parses back to them. Threads are absent on purpose: they
/// do not change a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
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

/// What networks that the run itself does not show say of a row: of one that looked violated, or of
/// one that they are the first to refute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fresh {
    /// Networks drawn.
    pub networks: u64,
    /// What they say, at the level α of the whole run; absent until all are drawn.
    pub verdict: Option<Verdict>,
    /// Values observed in them.
    pub n: u64,
    /// Values beyond the bound.
    pub exceedances: Option<u64>,
    /// Clopper–Pearson limits of the probability of an exceedance.
    pub interval: Option<[f64; 2]>,
    /// Kolmogorov–Smirnov, for laws.
    pub distance: Option<Distance>,
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

crate::exact::written_beside!(Ledger);

/// A number with its common logarithm, for numbers beyond the range of `f64`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// The number.
    pub value: Magnitude,
    /// log₁₀, rounded the same way; absent for 0 and ∞.
    pub log10: Option<f64>,
}

impl Value {
    /// `value`, its logarithm rounded `toward`.
    pub fn new(value: Magnitude, toward: Toward) -> Self {
        let log = (!value.is_zero() && value.is_finite()).then(|| log10(value, toward));
        Value { value, log10: log }
    }
}

/// The paper's constant, proved and as far as the observations allow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaperConstant {
    /// For example `C₁`.
    pub symbol: String,
    /// The paper's form of the bound.
    pub form: String,
    /// Proved, on the safe side.
    pub proved: Magnitude,
    /// With it at most a share δ of the observations would fail: the smallest C that they allow, or their δ-quantile
    /// as c.
    pub allowed: Option<Magnitude>,
    /// Both without the factor 2^{−L/2} that the weights' variance brings.
    pub scale_free: [Option<Magnitude>; 2],
}

/// One row: a claim and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Label.
    pub statement: String,
    /// The part of the label before the dot.
    pub stage: String,
    /// For statements about one layer.
    pub layer: Option<usize>,
    /// What sort of claim.
    pub kind: Kind,
    /// The claim in words.
    pub claim: String,
    /// The quantity observed, in the units of `bound`, `prediction` and `observed`.
    pub quantity: String,
    /// For bounds.
    pub direction: Option<Direction>,
    /// The proved bound, or the limit of an identity; absent for laws.
    pub bound: Option<Value>,
    /// Is the bound one that nothing could exceed?
    pub vacuous: bool,
    /// What theory without proof expects of the observed quantile.
    pub prediction: Option<Value>,
    /// Order statistics of the observations.
    pub observed: Option<Observed>,
    /// Trials beyond the bound.
    pub exceedances: Option<u64>,
    /// Two-sided Clopper–Pearson limits of the probability of an exceedance.
    pub interval: Option<[f64; 2]>,
    /// How far the bound is from the observed quantile, as a ratio.
    pub slack: Option<Value>,
    /// Kolmogorov–Smirnov, for laws.
    pub distance: Option<Distance>,
    /// The verdict.
    pub verdict: Option<Verdict>,
    /// What fresh networks said, where they were asked.
    pub fresh: Option<Fresh>,
    /// About how many trials would settle an inconclusive row.
    pub settled_by: Option<u64>,
    /// Trials in which the quantity is not defined.
    pub undefined: u64,
    /// How what was observed was made; absent where nothing was.
    pub engine: Option<Engine>,
    /// All ways to the bound, best first.
    pub variants: Vec<Variant>,
    /// The constant of the paper's form.
    pub constant: Option<PaperConstant>,
    /// The probability with which the bound may fail, rounded up; absent where nothing is claimed of one.
    #[serde(default)]
    pub delta: Option<Magnitude>,
    /// The events that it rests on, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// What is assumed.
    pub hypotheses: String,
    /// Where it is proved.
    pub proof: String,
}

/// Events of one kind and probability, in a row of layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Their name, as in the proofs.
    pub name: String,
    /// What holds but on them.
    pub meaning: String,
    /// The first layer and the last; absent for an event of the network as a whole.
    pub layers: Option<[u64; 2]>,
    /// The size in each layer, for events that have one; as text, which may be too large for JSON numbers.
    pub sizes: Vec<String>,
    /// How many they are.
    pub count: u64,
    /// The probability of each, rounded up.
    pub each: Magnitude,
    /// All of them, rounded up.
    pub together: Magnitude,
}

impl Event {
    fn new(entry: &Entry) -> Self {
        let (first, last) = (*entry.layers.start(), *entry.layers.end());
        Event {
            name: entry.kind.name.into(),
            meaning: entry.kind.meaning.into(),
            layers: (last > 0).then_some([first, last]),
            sizes: entry.sizes.iter().map(ToString::to_string).collect(),
            count: entry.count(),
            each: account::printed(&entry.each),
            together: account::printed(&entry.sum()),
        }
    }
}

impl Row {
    /// Joins a claim and its judgement, whose observations have no engine yet.
    pub fn new(claim: &Claim, judgement: Judgement, depth: usize) -> Self {
        let (direction, bound) = match &claim.test {
            Test::Identity { limit } => (Some(Direction::Upper), Some(*limit)),
            Test::Bound { direction, value, .. } => (Some(*direction), Some(*value)),
            Test::Outside { direction, value, .. } => (Some(*direction), *value),
            Test::Part { value } | Test::Reached { value, .. } => {
                (Some(Direction::Upper), Some(*value))
            }
            Test::Law { .. } | Test::Measure => (None, None),
        };
        let toward = direction.map_or(Toward::Nearest, Direction::toward);
        let quantile = judgement.observed.as_ref().map(|o| o.quantile);
        Row {
            statement: claim.statement.label.into(),
            stage: claim.statement.stage().into(),
            layer: claim.layer,
            kind: claim.statement.kind,
            claim: claim.statement.claim.into(),
            quantity: claim.statement.observed.into(),
            direction,
            bound: bound.map(|value| Value::new(value, toward)),
            vacuous: direction.zip(bound).is_some_and(|(d, b)| verdict::says_nothing(d, b)),
            prediction: claim.prediction.map(|value| Value::new(value, Toward::Nearest)),
            exceedances: judgement.exceedances,
            interval: judgement.interval,
            slack: judgement.slack.map(|value| Value::new(value, Toward::Nearest)),
            distance: judgement.distance,
            verdict: judgement.verdict,
            fresh: None,
            settled_by: judgement.settled_by,
            undefined: judgement.undefined,
            engine: None,
            observed: judgement.observed,
            variants: claim.variants.clone(),
            constant: claim.constant.as_ref().map(|c| paper_constant(c, quantile, depth, toward)),
            delta: claim.delta().map(|delta| account::printed(delta.value())),
            events: Vec::new(),
            hypotheses: claim.statement.hypotheses.into(),
            proof: claim.statement.proof.into(),
        }
    }

    /// The same row with the events behind its bound, if it claims one.
    #[must_use]
    pub fn with_events(self, claim: &Claim) -> Self {
        let behind = claim.behind.iter().filter(|_| claim.delta().is_some());
        let list = behind.flat_map(Behind::list);
        Row { events: list.map(|entry| Event::new(&entry)).collect(), ..self }
    }

    /// Does it look violated without having been judged on fresh networks?
    pub fn is_suspect(&self) -> bool {
        self.fresh.as_ref().is_some_and(|fresh| fresh.verdict.is_none())
    }

    /// The rounding that keeps the row's numbers true.
    pub fn toward(&self) -> Toward {
        self.direction.map_or(Toward::Nearest, Direction::toward)
    }

    /// `label`, or `label[layer]`.
    pub fn key(&self) -> String {
        claim::key(&self.statement, self.layer)
    }
}

fn paper_constant(
    c: &claim::Constant,
    quantile: Option<Magnitude>,
    depth: usize,
    toward: Toward,
) -> PaperConstant {
    let allowed = quantile.and_then(|q| q / Magnitude::from_f64(c.unit)?);
    PaperConstant {
        symbol: c.symbol.into(),
        form: c.form.into(),
        proved: c.proved,
        allowed,
        scale_free: [
            Some(times_root_two(c.proved, depth, toward)),
            allowed.map(|value| times_root_two(value, depth, Toward::Nearest)),
        ],
    }
}
