//! The stages of the proof, in order. Each has `bound.rs` (rigorous), `predict.rs` (no proof) and
//! `observe.rs` (sampled networks), which do not know of each other.

pub mod bottleneck;
pub mod collapse;
pub mod direct;
pub mod flip;
pub mod gradient;
pub mod linearity;
pub mod model;
pub mod output;
pub mod slack;

use std::rc::Rc;

use crate::claim::Claim;
use crate::magnitude::Magnitude;
use crate::network::{Backward, Engine, Forward, LawDraw, Network, Scaled};
use crate::params::Params;
use crate::search::{Explored, Search, Setting, explore};
use crate::statement::Statement;

/// What a stage asks of the engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Of every network, what its law at one input gives.
    Law,
    /// Passes of every network.
    Passes,
    /// Of the networks that are searched, passes at a few more points; the pieces of a step are counted where weights
    /// are at hand.
    Steps,
    /// Of the networks that are searched, so many products that weights are best stored.
    Weights,
    /// Of every trial, two inputs followed without a network; of the networks that are searched, the weights.
    Pairs,
}

impl Needs {
    /// Does every trial draw a network, not only those that are searched?
    pub fn every_trial(self) -> bool {
        matches!(self, Needs::Law | Needs::Passes)
    }
}

/// One stage of the proof.
pub trait Stage: Sync {
    /// The part of the labels before the dot.
    fn name(&self) -> &'static str;

    /// The stage's statements with their numbers.
    fn claims(&self, params: &Params) -> Vec<Claim>;

    /// What one sampled network shows: one outcome for every claim, in the order of the claims.
    fn observe(&self, trial: &mut Trial<'_>) -> Vec<Outcome>;

    /// How many claims it has at depth L.
    fn size(&self, depth: usize) -> usize;

    /// What it asks of the engines.
    fn needs(&self) -> Needs;

    /// Products that its steps keep in memory without weights, at most, in a network of widths d₀, …, d_L.
    fn products(&self, widths: &[u128]) -> u32 {
        let _ = widths;
        0
    }

    /// The engine behind a row of a run in which this stage has the engine `chosen`.
    fn engine(&self, statement: &Statement, chosen: Engine) -> Engine {
        let _ = statement;
        chosen
    }

    /// What the law at one input shows, for a stage that needs no more.
    fn by_law(&self, draw: &LawDraw) -> Vec<Outcome> {
        let _ = draw;
        Vec::new()
    }

    /// What is seen in a trial for which no network is drawn.
    fn without_network(&self, draw: &Draw<'_>) -> Vec<Outcome> {
        vec![Outcome::NotSearched; self.size(draw.widths.len() - 1)]
    }
}

/// What identifies one trial.
#[derive(Clone, Copy, Debug)]
pub struct Draw<'a> {
    /// d₀, …, d_L.
    pub widths: &'a [usize],
    /// 1 − cos θ₀, for two inputs of equal norms.
    pub one_minus_cos: f64,
    /// The run's seed.
    pub seed: u64,
    /// Number of the trial.
    pub trial: u64,
}

/// All stages, in the order of the ledger. A new stage joins here.
pub const ALL: [&dyn Stage; 9] = [
    &model::Model,
    &output::Output,
    &gradient::Gradient,
    &bottleneck::Bottleneck,
    &linearity::Linearity,
    &flip::Flip,
    &direct::Direct,
    &slack::Slack,
    &collapse::Collapse,
];

/// One sampled network with its passes at the input.
pub struct Trial<'a> {
    /// For further passes.
    pub network: &'a mut dyn Network,
    /// At the input x.
    pub forward: &'a Forward,
    /// At the input x.
    pub backward: &'a Backward,
    /// What to search around x; `None` to leave suprema unobserved.
    pub setting: Option<&'a Setting>,
    /// For what is drawn beside the network; `None` to leave it unobserved.
    pub draw: Option<Draw<'a>>,
    explored: Option<Rc<Explored>>,
}

impl<'a> Trial<'a> {
    /// A network with its passes at one input.
    pub fn new(
        network: &'a mut dyn Network,
        forward: &'a Forward,
        backward: &'a Backward,
        setting: Option<&'a Setting>,
    ) -> Self {
        Trial { network, forward, backward, setting, draw: None, explored: None }
    }

    /// x.
    pub fn input(&self) -> &Scaled {
        &self.forward.input
    }

    /// ‖∇f(x)‖, as far as it is a number.
    pub fn gradient_norm(&self) -> Option<Magnitude> {
        self.backward.gradient().norm()
    }

    /// What the searches found around x, which is searched once.
    ///
    /// # Errors
    /// The outcome of everything that rests on it: not searched in this trial, not defined in a
    /// network that is constantly 0 near x or below what the arithmetic resolves, failed.
    pub fn explored(&mut self) -> Result<Rc<Explored>, Outcome> {
        let setting = self.setting.ok_or(Outcome::NotSearched)?;
        if self.gradient_norm().is_none() || self.forward.output().abs().is_none() {
            return Err(Outcome::Failed);
        }
        if self.forward.is_dead() {
            return Err(Outcome::Undefined);
        }
        if self.explored.is_none() {
            let found = explore(self.network, self.forward, self.backward, setting);
            self.explored = Some(Rc::new(found));
        }
        let explored = self.explored.clone().ok_or(Outcome::Failed)?;
        if explored.blurred { Err(Outcome::Undefined) } else { Ok(explored) }
    }
}

/// What one trial says about one claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// The observed quantity.
    Value(Magnitude),
    /// A lower bound on the quantity, a supremum, and the search that found it.
    Found(Magnitude, Search),
    /// A supremum that was not searched in this trial.
    NotSearched,
    /// The quantity is not defined in this network, for example because it is constantly 0 near x.
    Undefined,
    /// The computation produced something that is not a number.
    Failed,
}

impl Outcome {
    /// `Failed` for what could not be computed.
    pub fn of(value: Option<Magnitude>) -> Self {
        value.map_or(Outcome::Failed, Outcome::Value)
    }

    /// The largest of what the searches found; `Failed` if one could not be computed.
    pub fn largest(found: impl IntoIterator<Item = (Option<Magnitude>, Search)>) -> Self {
        let mut best: Option<(Magnitude, Search)> = None;
        for (value, search) in found {
            let Some(value) = value else { return Outcome::Failed };
            if best.is_none_or(|(largest, _)| value > largest) {
                best = Some((value, search));
            }
        }
        best.map_or(Outcome::Undefined, |(value, search)| Outcome::Found(value, search))
    }

    /// `width`, where a step flipped the sign, and ∞ where it did not; `achieved` is what it achieved.
    #[must_use]
    pub fn reached(achieved: Self, flipped: bool, width: f64) -> Self {
        match achieved {
            Outcome::NotSearched | Outcome::Failed => achieved,
            _ if flipped => Outcome::of(Magnitude::from_f64(width)),
            _ => Outcome::Value(Magnitude::INFINITY),
        }
    }

    /// The number, if there is one.
    pub fn value(self) -> Option<Magnitude> {
        match self {
            Outcome::Value(value) | Outcome::Found(value, _) => Some(value),
            Outcome::NotSearched | Outcome::Undefined | Outcome::Failed => None,
        }
    }
}
