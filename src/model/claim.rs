//! What a statement says for given parameters: the numbers to hold against observations.

use std::sync::Arc;

use crate::model::account::Behind;
use crate::model::classes::Target;
use crate::model::params::{Params, Probability};
use crate::model::statement::{ActivationAtHand, AtHand, Kind, Statement, Weights};
use crate::num::magnitude::Magnitude;

/// Which side a bound bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The observed quantity is at most the bound.
    Upper,
    /// The observed quantity is at least the bound.
    Lower,
}

impl Direction {
    /// Does `value` break a bound of this direction?
    pub fn exceeded(self, value: Magnitude, bound: Magnitude) -> bool {
        match self {
            Direction::Upper => value > bound,
            Direction::Lower => value < bound,
        }
    }

    /// Is `value` not even at a limit of this direction, but on its good side?
    pub fn spared(self, value: Magnitude, limit: Magnitude) -> bool {
        match self {
            Direction::Upper => value < limit,
            Direction::Lower => value > limit,
        }
    }

    /// The bound of this direction that nothing exceeds.
    pub fn nothing(self) -> Magnitude {
        match self {
            Direction::Upper => Magnitude::INFINITY,
            Direction::Lower => Magnitude::ZERO,
        }
    }

    /// The rounding that keeps a printed bound true.
    pub fn toward(self) -> crate::num::Toward {
        match self {
            Direction::Upper => crate::num::Toward::Up,
            Direction::Lower => crate::num::Toward::Down,
        }
    }
}

/// A real function of a real variable, cheap to share.
pub type Curve = Arc<dyn Fn(f64) -> f64 + Send + Sync>;

/// How a claim is put to the test.
#[derive(Clone)]
pub enum Test {
    /// Exceeds `limit` in no network at all.
    Identity {
        /// On the safe side.
        limit: Magnitude,
    },
    /// Beyond `value` with probability at most `delta`.
    Bound {
        /// Which side.
        direction: Direction,
        /// Rounded to the safe side; 0 (for a lower bound) and ∞ (for an upper one) say nothing.
        value: Magnitude,
        /// The probability of failure that the statement allows.
        delta: Probability,
    },
    /// The statement's hypotheses are not met, so nothing is claimed; `value` is what it would
    /// take, where that is a number.
    Outside {
        /// Which side the bound would bound.
        direction: Direction,
        /// For example the width from which on the hypotheses are met.
        value: Option<Magnitude>,
        /// What the observations are counted against all the same, without a verdict: those that
        /// are not strictly on the good side.
        against: Option<Magnitude>,
        /// The probability of failure that the statement would allow.
        delta: Probability,
    },
    /// At the width `value` something happens with probability at least 1 − δ, and in this network,
    /// which is wider, too; the outcome is ∞ where it did not happen.
    Reached {
        /// Rounded up.
        value: Magnitude,
        /// The probability of failure that the statement allows.
        delta: Probability,
    },
    /// Nothing is claimed of what is measured.
    Measure,
    /// A factor of an upper bound.
    Part {
        /// Rounded up.
        value: Magnitude,
    },
    /// Distributed with this distribution function of log₁₀ of the observed quantity.
    Law {
        /// P(log₁₀ X ≤ t), with any atom at X = 0 included everywhere.
        cdf: Curve,
    },
}

impl Test {
    /// At input dimension `least`, the least found, a step is proved to flip the sign. Where the
    /// network at hand, of input dimension `input`, is wider, its own step is claimed to flip, if
    /// it is proved to: the threshold is for the best step, and that more width helps is not
    /// proved.
    pub fn threshold(
        least: Option<Magnitude>,
        input: Magnitude,
        delta: Probability,
        flips: impl FnOnce() -> bool,
    ) -> Self {
        match least.filter(|value| value.is_finite()) {
            Some(value) if value <= input && flips() => Test::Reached { value, delta },
            // Steps that do not flip the sign are counted all the same.
            value => {
                let against = Some(Magnitude::INFINITY);
                Test::Outside { direction: Direction::Upper, value, against, delta }
            }
        }
    }

    /// Which side is bounded; `None` for laws and measurements.
    fn direction(&self) -> Option<Direction> {
        match self {
            Test::Bound { direction, .. } | Test::Outside { direction, .. } => Some(*direction),
            Test::Identity { .. } | Test::Part { .. } | Test::Reached { .. } => {
                Some(Direction::Upper)
            }
            Test::Law { .. } | Test::Measure => None,
        }
    }

    /// Nothing is known of a threshold; how often the step does not flip the sign is counted.
    pub fn no_threshold(delta: &Probability) -> Self {
        Test::threshold(None, Magnitude::ZERO, delta.clone(), || false)
    }

    /// Nothing is known of the step t; how often it does not flip the sign is counted.
    pub fn no_flip(t: f64, delta: &Probability) -> Self {
        Test::flip(Magnitude::ZERO, false, t, delta.clone())
    }

    /// A step t achieves the share `achieved` of the linear change, by which the sign is proved to
    /// flip or not. How often it does not flip is of interest without a theorem, too.
    pub fn flip(achieved: Magnitude, flips: bool, t: f64, delta: Probability) -> Self {
        let direction = Direction::Lower;
        // As printed, too: a step that ends on f = 0 achieves 1/t.
        if flips && Magnitude::from_f64(1.0 / t).is_some_and(|level| achieved > level) {
            Test::Bound { direction, value: achieved, delta }
        } else {
            let against = Magnitude::from_f64(1.0 / t);
            Test::Outside { direction, value: None, against, delta }
        }
    }
}

/// The least widths found from which on something is proved.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Reach {
    /// d₀, …, d_L: a multiple of the widths at hand.
    pub widths: String,
    /// The step t for which.
    pub step: f64,
}

/// One way to the bound, by name, so that a report can show what a refinement buys.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Variant {
    /// For example `split` or `moment`.
    pub name: String,
    /// Rounded to the safe side.
    pub value: Magnitude,
}

impl Variant {
    /// The variants of a bound of this direction, best first.
    pub fn ranked(direction: Direction, variants: &[(&str, Magnitude)]) -> Vec<Self> {
        let mut list: Vec<Variant> =
            variants.iter().map(|&(name, value)| Variant { name: name.into(), value }).collect();
        list.sort_by(|a, b| match direction {
            Direction::Upper => a.value.cmp(&b.value),
            Direction::Lower => b.value.cmp(&a.value),
        });
        list
    }
}

/// The constant of the paper's form of a bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// For example `C₁`.
    pub symbol: &'static str,
    /// The paper's form, for example `|f(x)| ≤ C₁ ‖x‖ √(log(1/δ)/d)`.
    pub form: &'static str,
    /// The proved constant, on the safe side.
    pub proved: Magnitude,
    /// The observed quantity is the constant times this.
    pub unit: f64,
}

/// A statement with its numbers.
#[derive(Clone)]
pub struct Claim {
    /// Which statement.
    pub statement: &'static Statement,
    /// For statements about one layer, which.
    pub layer: Option<usize>,
    /// The number or law to test.
    pub test: Test,
    /// What theory without proof expects of the observed quantile (of the median, for a law):
    /// exact, or a leading order where that is meant. Never beyond a proved bound.
    pub expected: Option<Magnitude>,
    /// Of a law, a second level with the quantile expected there: beside its median, how far it
    /// reaches.
    pub high: Option<(f64, Magnitude)>,
    /// Where it is claimed, if not at the widths at hand.
    pub reach: Option<Reach>,
    /// The ways to the bound, best first; empty where there is only one.
    pub variants: Vec<Variant>,
    /// The paper's constant.
    pub constant: Option<Constant>,
    /// Predicted density of log₁₀ of the observed quantity.
    pub density: Option<Curve>,
    /// The events that a bound rests on.
    pub behind: Option<Behind>,
    /// The hypothesis that the network at hand does not meet: then nothing is claimed.
    pub unmet: Option<&'static str>,
}

impl Claim {
    /// A claim about the network as a whole, with nothing beside the number or law to test.
    pub fn new(statement: &'static Statement, test: Test) -> Self {
        Claim {
            statement,
            layer: None,
            test,
            expected: None,
            high: None,
            reach: None,
            variants: Vec::new(),
            constant: None,
            density: None,
            behind: None,
            unmet: None,
        }
    }

    /// Of what is looked at, with nothing claimed or expected.
    pub fn blank(statement: &'static Statement, layer: Option<usize>, delta: &Probability) -> Self {
        let test = match statement.kind {
            Kind::Bound | Kind::Supremum => Test::Outside {
                direction: Direction::Upper,
                value: None,
                against: None,
                delta: delta.clone(),
            },
            _ => Test::Measure,
        };
        Claim { layer, ..Claim::new(statement, test) }
    }

    /// With eˣ times what is expected, x = `log`: of what is larger by this factor.
    #[must_use]
    pub fn times(self, log: f64) -> Self {
        let digits = log * std::f64::consts::LOG10_E;
        let moved = move |curve: Curve| -> Curve { Arc::new(move |t| curve(t - digits)) };
        let factor = Magnitude::from_ln(log);
        let larger = |value: Magnitude| factor.map(|factor| value * factor);
        let test = match self.test {
            Test::Law { cdf } => Test::Law { cdf: moved(cdf) },
            other => other,
        };
        Claim {
            test,
            expected: self.expected.and_then(larger),
            high: self.high.and_then(|(level, value)| Some((level, larger(value)?))),
            density: self.density.map(moved),
            ..self
        }
    }

    /// What was stated of each pair of classes with a share of δ, of all pairs at once: of the pair
    /// that the outputs choose, too. What is expected is of a pair that they do not choose.
    #[must_use]
    pub fn of_all_pairs(mut self, params: &Params) -> Self {
        if !params.pair_is_chosen() {
            return self;
        }
        if let Test::Bound { delta, .. }
        | Test::Outside { delta, .. }
        | Test::Reached { delta, .. } = &mut self.test
        {
            delta.clone_from(&params.delta);
        }
        let law = matches!(self.test, Test::Law { .. });
        let any = law || self.statement.hypotheses.weights == Weights::Limit;
        Claim { expected: self.expected.filter(|_| any), density: None, ..self }
    }

    /// The same where the network meets the hypotheses; otherwise nothing is claimed. Where its
    /// weights alone are others, a law and what is expected stay, to be looked at beside what is
    /// observed, and steps are counted all the same.
    #[must_use]
    pub fn where_it_applies(self, params: &Params) -> Self {
        let (hypotheses, at_hand) = (self.statement.hypotheses, params.at_hand());
        let Some(unmet) = hypotheses.unmet(at_hand) else { return self };
        // Nothing is expected of the nearest of several classes.
        let nearest = params.classes.is_some_and(|classes| classes.target == Target::Nearest);
        let of_theory = AtHand { weights: Weights::Gaussian, pair_is_chosen: false, ..at_hand };
        // What is expected of a curved network is of networks like it.
        let like = at_hand.activation == ActivationAtHand::Curved || hypotheses.are_met(of_theory);
        let comparable = like && !(at_hand.pair_is_chosen && nearest);
        let kept = |test| match test {
            Test::Law { .. } | Test::Measure if comparable => test,
            Test::Outside { direction, against, delta, .. } => {
                Test::Outside { direction, value: None, against, delta }
            }
            Test::Reached { delta, .. } => {
                // Steps that do not flip the sign are counted all the same.
                let against = Some(Magnitude::INFINITY);
                Test::Outside { direction: Direction::Upper, value: None, against, delta }
            }
            test => {
                let direction = test.direction().unwrap_or(Direction::Upper);
                let delta = params.delta.clone();
                Test::Outside { direction, value: None, against: None, delta }
            }
        };
        let claim = Claim {
            layer: self.layer,
            unmet: Some(unmet),
            ..Claim::new(self.statement, kept(self.test))
        };
        if comparable {
            Claim { expected: self.expected, high: self.high, density: self.density, ..claim }
        } else {
            claim
        }
    }

    /// The same bound with the events that it rests on. Nothing is claimed where they were not paid
    /// for.
    #[must_use]
    pub fn resting_on(self, behind: Behind) -> Self {
        let test = match self.test {
            Test::Bound { direction, delta, .. } if behind.book.overdrawn().is_some() => {
                Test::Bound { direction, value: direction.nothing(), delta }
            }
            test => test,
        };
        Claim { test, behind: Some(behind), ..self }
    }

    /// Why its probability is not what it says, if so: an error of the program.
    pub fn overdrawn(&self) -> Option<&str> {
        self.behind.as_ref()?.book.overdrawn()
    }

    /// Beside what a leading order in wide layers expects, which is meant where it is on the
    /// possible side of what is proved: beyond a bound it is outside its range, and nothing is
    /// expected.
    #[must_use]
    pub fn expecting(self, leading: Option<Magnitude>) -> Self {
        let possible = |value: &Magnitude| match &self.test {
            Test::Bound { direction, value: bound, .. } => !direction.exceeded(*value, *bound),
            _ => true,
        };
        let prediction = leading.filter(|value| value.is_finite()).filter(possible);
        Claim { expected: prediction, ..self }
    }

    /// `label`, or `label[layer]`: unique within a run.
    pub fn key(&self) -> String {
        key(self.statement.label, self.layer)
    }

    /// The probability with which a bound may fail, where one is claimed.
    pub fn delta(&self) -> Option<&Probability> {
        match &self.test {
            Test::Bound { delta, .. } | Test::Reached { delta, .. } => Some(delta),
            _ => None,
        }
    }

    /// Which side it bounds; `None` for laws and measurements.
    pub fn direction(&self) -> Option<Direction> {
        self.test.direction()
    }

    /// The number on that side: proved or, outside hypotheses, what it would take.
    pub fn bound(&self) -> Option<Magnitude> {
        match &self.test {
            Test::Identity { limit } => Some(*limit),
            Test::Bound { value, .. } | Test::Part { value } | Test::Reached { value, .. } => {
                Some(*value)
            }
            Test::Outside { value, .. } => *value,
            Test::Law { .. } | Test::Measure => None,
        }
    }

    /// Can chance lead to a wrong verdict on it?
    pub fn is_judged(&self) -> bool {
        let judged =
            matches!(self.test, Test::Bound { .. } | Test::Law { .. } | Test::Reached { .. });
        judged && self.unmet.is_none()
    }

    /// The level at which observations are compared: 1 − δ above, δ below, ½ for laws.
    pub fn level(&self) -> f64 {
        match &self.test {
            Test::Bound { direction, delta, .. } | Test::Outside { direction, delta, .. } => {
                match direction {
                    Direction::Upper => 1.0 - delta.to_f64(),
                    Direction::Lower => delta.to_f64(),
                }
            }
            Test::Reached { delta, .. } => 1.0 - delta.to_f64(),
            Test::Identity { .. } => 1.0,
            Test::Law { .. } | Test::Measure | Test::Part { .. } => 0.5,
        }
    }
}

/// The name of a row: `label`, or `label[layer]`.
pub fn key(label: &str, layer: Option<usize>) -> String {
    match layer {
        Some(layer) => format!("{label}[{layer}]"),
        None => label.to_owned(),
    }
}
