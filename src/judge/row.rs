//! A row: a claim and what became of it, as plain numbers.

use serde::{Deserialize, Serialize};

use super::verdict::{self, Distance, Judgement, Observed, Verdict};
use crate::model::account::{self, Behind, Entry};
use crate::model::claim::{self, Claim, Direction, Reach, Test, Variant};
use crate::model::statement::Kind;
use crate::network::Engine;
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, log10, times_root_two};
use crate::stage::{self, Needs};

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
    pub expected: Option<Value>,
    /// Of a law, its quantile at a second level.
    pub high: Option<High>,
    /// Are the hypotheses not met, so that nothing is claimed?
    pub outside: bool,
    /// The hypothesis of the network that is not; absent where they are all met, or where it is the
    /// bound itself that decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmet: Option<String>,
    /// Where it is claimed, if not at the widths at hand.
    pub reach: Option<Reach>,
    /// Order statistics of the observations.
    pub observed: Option<Observed>,
    /// Trials beyond the bound.
    pub exceedances: Option<u64>,
    /// Networks that they are out of.
    pub counted: Option<u64>,
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
    /// Is it observed only in the networks that are searched?
    pub searched: bool,
    /// How what was observed was made; absent where nothing was.
    pub engine: Option<Engine>,
    /// All ways to the bound, best first.
    pub variants: Vec<Variant>,
    /// The constant of the paper's form.
    pub constant: Option<PaperConstant>,
    /// The probability with which the bound may fail, rounded up; absent where nothing is claimed
    /// of one.
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

/// A second quantile of a law.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct High {
    /// Its level.
    pub level: f64,
    /// By the law.
    pub expected: Option<Magnitude>,
    /// In the networks sampled.
    pub observed: Option<Magnitude>,
}

impl Row {
    /// Joins a claim and its judgement, whose observations have no engine yet.
    pub fn new(claim: &Claim, judgement: Judgement, depth: usize) -> Self {
        let (direction, bound) = (claim.direction(), claim.bound());
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
            expected: claim.expected.map(|value| Value::new(value, Toward::Nearest)),
            high: claim.high.map(|(level, expected)| High {
                level,
                expected: Some(expected).filter(|value| value.is_finite()),
                observed: judgement.high,
            }),
            outside: claim.unmet.is_some() || matches!(claim.test, Test::Outside { .. }),
            unmet: claim.unmet.map(str::to_owned),
            reach: claim.reach.clone(),
            exceedances: judgement.exceedances,
            counted: judgement.counted,
            interval: judgement.interval,
            slack: judgement.slack.map(|value| Value::new(value, Toward::Nearest)),
            distance: judgement.distance,
            verdict: judgement.verdict,
            fresh: None,
            settled_by: judgement.settled_by,
            undefined: judgement.undefined,
            searched: stage::is_searched(claim.statement),
            engine: None,
            observed: judgement.observed,
            variants: claim.variants.clone(),
            constant: claim.constant.as_ref().map(|c| paper_constant(c, quantile, depth, toward)),
            delta: claim.delta().map(|delta| account::printed(delta.value())),
            events: Vec::new(),
            hypotheses: claim.statement.hypotheses.to_string(),
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

    /// Is it observed only in the networks in which the step is taken?
    pub fn is_stepped(&self) -> bool {
        stage::named(&self.stage).is_some_and(|stage| stage.needs() == Needs::Steps)
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
    /// With it at most a share δ of the observations would fail: the smallest C that they allow, or
    /// their δ-quantile as c.
    pub allowed: Option<Magnitude>,
    /// Both without the factor 2^{−L/2} that the weights' variance brings.
    pub scale_free: [Option<Magnitude>; 2],
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

/// Events of one kind and probability, in a row of layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Their name, as in the proofs.
    pub name: String,
    /// What holds but on them.
    pub meaning: String,
    /// The first layer and the last; absent for an event of the network as a whole.
    pub layers: Option<[u64; 2]>,
    /// The size in each layer, for events that have one; as text, which may be too large for JSON
    /// numbers.
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
