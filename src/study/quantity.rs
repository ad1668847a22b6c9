//! What a study measures: one number for each network, proved, expected and observed.

use serde::{Deserialize, Serialize};

use crate::judge::ledger::Ledger;
use crate::judge::row::Row;
use crate::judge::thresholds::threshold_row;
use crate::judge::verdict::quantile;
use crate::model::claim::Claim;
use crate::model::outcome::Outcome;
use crate::model::params::Params;
use crate::network::Engine;
use crate::num::magnitude::Magnitude;
use crate::num::{Enclosure, Toward};
use crate::run::Record;
use crate::stage;
use crate::theory::direct::expected;
use crate::theory::distribution::beta::clopper_pearson;

/// One less the confidence of the limits of an observed rate.
const ALPHA: f64 = 0.05;

/// What a cell showed.
pub struct Measured<'a> {
    /// Shape, δ, radius and step.
    pub params: &'a Params,
    /// What is proved.
    pub claims: &'a [Claim],
    /// What each network showed.
    pub records: &'a [Record],
    /// Both together.
    pub ledger: &'a Ledger,
}

impl Measured<'_> {
    /// The outcomes of the claim of this label about the last layer, or of the only one, sorted;
    /// without networks in which it was not looked at or is not defined.
    ///
    /// # Errors
    /// One of them is not a number.
    fn outcomes(&self, label: &str) -> Result<Vec<Magnitude>, NotANumber> {
        let place = self.claims.iter().rposition(|claim| claim.statement.label == label);
        let outcomes = self.records.iter().filter_map(|record| record.outcomes.get(place?));
        numbers(outcomes.copied())
    }

    /// Their quantile, and how many there are, if there are enough of them. All cells of a study
    /// are seen at the same levels, whatever the levels of the claims.
    fn seen(&self, label: &str, level: f64) -> Value {
        let engine = self.engine(label);
        let Ok(values) = self.outcomes(label) else { return Value::failed(engine) };
        let n = values.len();
        if !enough(n as u64, level) {
            return Value::default();
        }
        let observed = Some(values[quantile(level, n)]);
        Value { observed, n: Some(n as u64), engine, ..Value::default() }
    }

    /// The engine that shows a statement.
    pub fn engine(&self, label: &str) -> Option<Engine> {
        row(self.ledger, label)?.engine
    }

    /// 1 − δ where a quantity is bounded from above.
    fn high(&self) -> f64 {
        1.0 - self.params.delta.to_f64()
    }

    /// δ where it is bounded from below.
    fn low(&self) -> f64 {
        self.params.delta.to_f64()
    }
}

/// An observation that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

/// The numbers among outcomes, sorted; without those of networks in which there was nothing to see.
///
/// # Errors
/// One of them is not a number.
pub fn numbers(outcomes: impl IntoIterator<Item = Outcome>) -> Result<Vec<Magnitude>, NotANumber> {
    let seen = outcomes.into_iter().filter_map(|outcome| match outcome {
        Outcome::Value(value) | Outcome::Found(value, _) => Some(Ok(value)),
        Outcome::NotSearched | Outcome::Undefined => None,
        Outcome::Failed => Some(Err(NotANumber)),
    });
    let mut values = seen.collect::<Result<Vec<Magnitude>, _>>()?;
    values.sort_unstable();
    Ok(values)
}

/// What was observed of a quantity in networks of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    /// A number, and how many networks are behind it.
    Value(Magnitude, u64),
    /// There was nothing to see.
    Nothing,
    /// Something was not a number.
    Failed,
}

/// Is at least one of n values expected beyond the quantile at this level?
fn enough(n: u64, level: f64) -> bool {
    // A relative error of one rounding or two decides nothing.
    n as f64 * level.min(1.0 - level) >= 1.0 - 1e-9
}

/// Something that depends on the network's widths.
pub struct Quantity {
    /// Its name in a study.
    pub name: &'static str,
    /// What it is, in words.
    pub meaning: &'static str,
    /// The stage that measures it.
    pub stage: &'static str,
    /// The rounding that keeps what is proved of it true.
    pub toward: Toward,
    /// The rounding that keeps what is observed of it true.
    pub seen_toward: Toward,
    /// It, in a judged run.
    pub value: fn(&Measured<'_>) -> Value,
}

impl Quantity {
    /// Is it seen in the networks that are searched alone?
    pub fn is_searched(&self) -> bool {
        stage::named(self.stage).is_some_and(|stage| !stage.needs().every_trial())
    }

    /// Is it observed at all, and in the networks of the cell?
    pub fn is_observed(&self) -> bool {
        !["radius", "threshold"].contains(&self.name)
    }
}

impl std::fmt::Debug for Quantity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name)
    }
}

/// A quantity of one network. What is not there is not proved, not expected or not observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Value {
    /// Proved, on the safe side.
    pub proved: Option<Magnitude>,
    /// Proved by the union bounds of the paper's route, on the safe side.
    pub plain: Option<Magnitude>,
    /// Expected, without proof.
    pub expected: Option<Magnitude>,
    /// Observed; for a rate, the share of networks.
    pub observed: Option<Magnitude>,
    /// Networks behind it.
    pub n: Option<u64>,
    /// For a rate, confidence limits at 95 percent.
    pub limits: Option<[f64; 2]>,
    /// How those networks were made.
    pub engine: Option<Engine>,
    /// An observation is not a number: a failure, and nothing that was merely not observed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}

crate::num::exact::written_beside!(Value);

impl Value {
    /// In networks of this engine something was not a number.
    fn failed(engine: Option<Engine>) -> Self {
        Value { failed: true, engine, ..Value::default() }
    }
}

/// Every quantity, in the order of the proof.
pub const QUANTITIES: [Quantity; 10] = [
    Quantity {
        name: "c1",
        meaning: "C₁ in |f(x)| ≤ C₁ ‖x‖ √(log(1/δ)/d), divided by 2^(−L/2); observed: with it at \
            most a share δ of the networks fails",
        stage: "output",
        toward: Toward::Up,
        seen_toward: Toward::Nearest,
        value: |m| constant(m, "output.upper"),
    },
    Quantity {
        name: "c2",
        meaning: "c₂ in ‖∇f(x)‖ ≥ c₂, divided by 2^(−L/2); observed: with it at most a share δ of \
            the networks fails",
        stage: "gradient",
        toward: Toward::Down,
        seen_toward: Toward::Nearest,
        value: |m| constant(m, "gradient.lower"),
    },
    Quantity {
        name: "lipschitz",
        meaning: "the Lipschitz constant of the last hidden layer over the ball, as it is: growth \
            b^L is a factor b a layer; observed: near the input alone, the (1 − δ)-quantile over \
            networks that are alive there",
        stage: "bottleneck",
        toward: Toward::Up,
        seen_toward: Toward::Nearest,
        value: |m| {
            let plain = m.ledger.layers.last().map(|layer| layer.plain.lipschitz);
            let value = last(m, "bottleneck.lipschitz", m.high());
            Value { plain: plain.filter(says_something), ..value }
        },
    },
    Quantity {
        name: "epsilon",
        meaning: "ε in ‖∇f(y) − ∇f(x)‖ ≤ ε ‖∇f(x)‖ over the ball of radius R; observed: the (1 − \
            δ)-quantile of the largest found, over networks that are alive at x",
        stage: "linearity",
        toward: Toward::Up,
        seen_toward: Toward::Nearest,
        value: |m| last(m, "linearity.gradient", m.high()),
    },
    Quantity {
        name: "radius",
        meaning: "R/‖x‖ at which ε = ½: proved, from below, with probability 1 − δ; observed: \
            where the median of the largest change found is ½ or more, over up to 9 networks that \
            are alive at x",
        stage: "linearity",
        toward: Toward::Down,
        seen_toward: Toward::Up,
        // What is observed of it takes networks of its own.
        value: |m| {
            let by = |way: &str| {
                let mut radii = m.ledger.radii.iter();
                radii.find(|radius| radius.way == way).and_then(|r| r.radius)
            };
            let (comparison, plain) = (by("comparison"), by("plain"));
            let proved = comparison.max(plain);
            let [proved, plain] = [proved, plain].map(|radius| radius.filter(says_something));
            Value { proved, plain, ..Value::default() }
        },
    },
    Quantity {
        name: "least",
        meaning: "the least t at which f reaches 0 on the way of the step: proved with probability \
            1 − δ; observed: the median of the least found up to 8 times the step; ∞ where none is",
        stage: "flip",
        toward: Toward::Up,
        seen_toward: Toward::Nearest,
        value: |m| last(m, "flip.least", 0.5),
    },
    Quantity {
        name: "flips",
        meaning: "the share of networks in which the step t (2 if none is given) flips the sign",
        stage: "flip",
        toward: Toward::Nearest,
        seen_toward: Toward::Nearest,
        value: flips,
    },
    Quantity {
        name: "share",
        meaning: "the share of the linear change that the step achieves, by the direct route, at \
            the t of the study or else the best for its bound at that depth; observed: the \
            δ-quantile",
        stage: "direct",
        toward: Toward::Down,
        seen_toward: Toward::Nearest,
        value: |m| last(m, "direct.flip", m.low()),
    },
    Quantity {
        name: "threshold",
        meaning: "the least input dimension found, in a multiple of this shape, at which some step \
            is proved to flip the sign with probability 1 − δ: by the direct route, by the plain \
            one; expected: at which the best step is expected to",
        stage: "direct",
        toward: Toward::Up,
        seen_toward: Toward::Nearest,
        value: |m| {
            let row = threshold_row(m.params);
            let input = |widths: Option<String>| {
                Magnitude::from_f64(crate::study::growth::input(widths.as_ref())?)
            };
            Value {
                proved: input(row.direct),
                plain: input(row.plain),
                expected: input(row.expected),
                ..Value::default()
            }
        },
    },
    Quantity {
        name: "angle",
        meaning: "the angle between two orthogonal inputs after the last hidden layer, in radians; \
            expected: in the limit of wide networks; observed: the (1 − δ)-quantile",
        stage: "collapse",
        toward: Toward::Up,
        seen_toward: Toward::Nearest,
        value: |m| {
            // No two numbers are orthogonal.
            let angles = m.ledger.angles.last().filter(|_| m.params.architecture.input() > 1);
            let limit = angles.and_then(|angle| Magnitude::from_f64(angle.limit));
            Value { expected: limit, ..last(m, "collapse.pair", m.high()) }
        },
    },
];

/// The last row of a label.
fn row<'a>(ledger: &'a Ledger, label: &str) -> Option<&'a Row> {
    ledger.rows.iter().rev().find(|row| row.statement == label)
}

fn says_something(value: &Magnitude) -> bool {
    !value.is_zero() && value.is_finite()
}

/// The row of the last layer, or the only one, observed at this level.
fn last(m: &Measured<'_>, label: &str, level: f64) -> Value {
    // An upper bound of 0, in a linear network, says all there is to say.
    let says = |row: &Row, value: &Magnitude| {
        value.is_finite() && row.direction.is_none_or(|side| *value != side.nothing())
    };
    row(m.ledger, label).map_or_else(Value::default, |row| Value {
        proved: row.bound.map(|bound| bound.value).filter(|value| says(row, value) && !row.vacuous),
        plain: row
            .variants
            .iter()
            .find(|variant| variant.name == "plain")
            .map(|variant| variant.value)
            .filter(|value| says(row, value)),
        expected: row.expected.map(|prediction| prediction.value),
        ..m.seen(label, level)
    })
}

/// The paper's constant of a row, without the factor 2^(−L/2).
fn constant(m: &Measured<'_>, label: &str) -> Value {
    let row = row(m.ledger, label);
    let Some((row, constant)) = row.and_then(|row| Some((row, row.constant.as_ref()?))) else {
        return Value::default();
    };
    let proved = constant.scale_free[0].filter(says_something);
    if m.outcomes(label).is_err() {
        return Value { proved, ..Value::failed(row.engine) };
    }
    let seen = row.observed.as_ref().filter(|observed| enough(observed.n, m.low()));
    Value {
        proved,
        observed: seen.and(constant.scale_free[1]),
        n: seen.map(|observed| observed.n),
        engine: seen.and(row.engine),
        ..Value::default()
    }
}

/// How often the step flipped the sign, of the networks in which it was taken.
fn flips(m: &Measured<'_>) -> Value {
    let expected = expected::flip_probability(m.params, m.params.step().to_f64())
        .and_then(Magnitude::from_f64);
    // It is ∞ where the sign did not flip.
    let label = "flip.threshold";
    let Ok(outcomes) = m.outcomes(label) else {
        return Value { expected, ..Value::failed(m.engine(label)) };
    };
    let (taken, flipped) = (outcomes.len(), outcomes.iter().filter(|o| o.is_finite()).count());
    if taken == 0 {
        return Value { expected, ..Value::default() };
    }
    let (taken, flipped) = (taken as u64, flipped as u64);
    let (low, high) = clopper_pearson(flipped, taken, &Enclosure::point(128, ALPHA));
    Value {
        expected,
        observed: Magnitude::from_f64(flipped as f64 / taken as f64),
        n: Some(taken),
        limits: Some([low, high]),
        engine: m.engine(label),
        ..Value::default()
    }
}
