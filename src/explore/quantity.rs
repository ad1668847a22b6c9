//! What a study measures: one number for each network, proved, expected and observed.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::constants::threshold_row;
use crate::distribution::beta::clopper_pearson;
use crate::ledger::{Ledger, Row};
use crate::magnitude::Magnitude;
use crate::num::{Enclosure, Toward};
use crate::params::Params;
use crate::stage::direct::predict;

/// One less the confidence of the limits of an observed rate.
const ALPHA: f64 = 0.05;

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
    /// It, in a judged run.
    pub value: fn(&Ledger, &Params) -> Value,
}

impl std::fmt::Debug for Quantity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name)
    }
}

/// A quantity of one network. What is not there is not proved, not expected or not observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// Proved, on the safe side.
    pub proved: Option<Magnitude>,
    /// Proved by the union bounds of the paper's route, on the safe side.
    pub plain: Option<Magnitude>,
    /// Expected, without proof.
    pub expected: Option<Magnitude>,
    /// Observed, at the level of the claim; for a rate, the share of networks.
    pub observed: Option<Magnitude>,
    /// For a rate, confidence limits at 95 percent.
    pub limits: Option<[f64; 2]>,
}

/// Every quantity, in the order of the proof.
pub const QUANTITIES: [Quantity; 10] = [
    Quantity {
        name: "c1",
        meaning: "C₁ in |f(x)| ≤ C₁ ‖x‖ √(log(1/δ)/d), without the factor 2^(−L/2)",
        stage: "output",
        toward: Toward::Up,
        value: |ledger, _| constant(ledger, "output.upper"),
    },
    Quantity {
        name: "c2",
        meaning: "c₂ in ‖∇f(x)‖ ≥ c₂, without the factor 2^(−L/2)",
        stage: "gradient",
        toward: Toward::Down,
        value: |ledger, _| constant(ledger, "gradient.lower"),
    },
    Quantity {
        name: "lipschitz",
        meaning: "the Lipschitz constant of the last hidden layer over the ball; growth b^L is a factor b a layer",
        stage: "bottleneck",
        toward: Toward::Up,
        value: |ledger, _| layered(ledger, "bottleneck.lipschitz"),
    },
    Quantity {
        name: "epsilon",
        meaning: "ε in ‖∇f(y) − ∇f(x)‖ ≤ ε ‖∇f(x)‖ over the ball of radius R",
        stage: "linearity",
        toward: Toward::Up,
        value: |ledger, _| last(ledger, "linearity.gradient"),
    },
    Quantity {
        name: "radius",
        meaning: "R/‖x‖ at which ε = ½: proved, from below; observed in a few networks, from above, as searches see ε from below",
        stage: "linearity",
        toward: Toward::Down,
        value: |ledger, _| {
            let by = |way: &str| {
                ledger.radii.iter().find(|radius| radius.way == way).and_then(|r| r.radius)
            };
            let (comparison, plain) = (by("comparison"), by("plain"));
            let better = |r: &Magnitude, s: &Magnitude| r.partial_cmp(s).unwrap_or(Ordering::Equal);
            let proved = [comparison, plain].into_iter().flatten().max_by(better);
            Value { proved, plain, ..Value::default() }
        },
    },
    Quantity {
        name: "least",
        meaning: "the least t at which the step flips the sign; observed: the median, ∞ where most do not flip by t",
        stage: "flip",
        toward: Toward::Up,
        value: |ledger, _| {
            let median =
                row(ledger, "flip.least").and_then(|row| Some(row.observed.as_ref()?.median));
            Value { observed: median, ..last(ledger, "flip.least") }
        },
    },
    Quantity {
        name: "flips",
        meaning: "the share of networks in which the step t flips the sign",
        stage: "flip",
        toward: Toward::Nearest,
        value: flips,
    },
    Quantity {
        name: "share",
        meaning: "the share of the linear change that the step achieves, by the direct route",
        stage: "direct",
        toward: Toward::Down,
        value: |ledger, _| last(ledger, "direct.flip"),
    },
    Quantity {
        name: "threshold",
        meaning: "the input dimension d, in a multiple of this shape, from which on the step is proved to flip the sign: by the direct \
                  route, by the plain one, and expected",
        stage: "direct",
        toward: Toward::Up,
        value: |_, params| {
            let row = threshold_row(&params.architecture, &params.delta);
            let input = |widths: Option<String>| {
                Magnitude::from_f64(crate::growth::input(widths.as_ref())?)
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
        meaning: "the angle between two orthogonal inputs after the last hidden layer, in radians",
        stage: "collapse",
        toward: Toward::Up,
        value: |ledger, _| {
            let pair = last(ledger, "collapse.pair");
            let limit = ledger.angles.last().and_then(|angle| Magnitude::from_f64(angle.limit));
            Value { expected: pair.expected.or(limit), ..pair }
        },
    },
];

/// The last row of a label.
fn row<'a>(ledger: &'a Ledger, label: &str) -> Option<&'a Row> {
    ledger.rows.iter().rev().find(|row| row.statement == label)
}

/// The row of the last layer, or the only one.
fn last(ledger: &Ledger, label: &str) -> Value {
    row(ledger, label).map_or_else(Value::default, |row| Value {
        proved: row
            .bound
            .map(|bound| bound.value)
            .filter(|value| !row.vacuous && value.is_finite()),
        plain: row.variants.iter().find(|variant| variant.name == "plain").map(|v| v.value),
        expected: row.prediction.map(|prediction| prediction.value),
        observed: row.observed.as_ref().map(|observed| observed.quantile),
        limits: None,
    })
}

/// The same, with the plain way of the last layer.
fn layered(ledger: &Ledger, label: &str) -> Value {
    let plain = ledger.layers.last().map(|layer| layer.plain.lipschitz);
    Value { plain: plain.filter(|value| value.is_finite()), ..last(ledger, label) }
}

/// The paper's constant of a row, without the factor 2^(−L/2).
fn constant(ledger: &Ledger, label: &str) -> Value {
    let constant = row(ledger, label).and_then(|row| row.constant.as_ref());
    constant.map_or_else(Value::default, |constant| Value {
        proved: constant.scale_free[0].filter(|value| !value.is_zero() && value.is_finite()),
        observed: constant.scale_free[1],
        ..Value::default()
    })
}

/// How often the step flipped the sign, of the networks in which it was taken.
fn flips(ledger: &Ledger, params: &Params) -> Value {
    let expected = predict::flip_probability(&params.architecture, params.step().to_f64());
    let expected = Magnitude::from_f64(expected);
    let counted = row(ledger, "flip.step").and_then(|row| {
        let taken = row.observed.as_ref()?.n;
        Some((taken, taken - row.exceedances?))
    });
    let Some((taken, flipped)) = counted.filter(|(taken, _)| *taken > 0) else {
        return Value { expected, ..Value::default() };
    };
    let (low, high) = clopper_pearson(flipped, taken, &Enclosure::point(128, ALPHA));
    Value {
        expected,
        observed: Magnitude::from_f64(flipped as f64 / taken as f64),
        limits: Some([low, high]),
        ..Value::default()
    }
}
