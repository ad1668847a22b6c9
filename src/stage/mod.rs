//! The stages of the proof, in order. Each has `bound.rs` (rigorous), `predict.rs` (no proof) and
//! `observe.rs` (sampled networks), which do not know of each other.

pub mod gradient;
pub mod model;
pub mod output;

use crate::claim::Claim;
use crate::magnitude::Magnitude;
use crate::network::{Backward, Forward, Network, Scaled};
use crate::params::Params;

/// One stage of the proof.
pub trait Stage: Sync {
    /// The part of the labels before the dot.
    fn name(&self) -> &'static str;

    /// The stage's statements with their numbers. `earlier` holds the claims of the stages before.
    fn claims(&self, params: &Params, earlier: &[Claim]) -> Vec<Claim>;

    /// What one sampled network shows: one outcome for every claim, in the order of the claims.
    fn observe(&self, trial: &mut Trial<'_>) -> Vec<Outcome>;
}

/// All stages, in the order of the ledger. A new stage joins here.
pub const ALL: [&dyn Stage; 3] = [&model::Model, &output::Output, &gradient::Gradient];

/// One sampled network with its passes at the input.
pub struct Trial<'a> {
    /// For further passes.
    pub network: &'a mut dyn Network,
    /// At the input x.
    pub forward: &'a Forward,
    /// At the input x.
    pub backward: &'a Backward,
}

impl Trial<'_> {
    /// x.
    pub fn input(&self) -> &Scaled {
        &self.forward.input
    }
}

/// What one trial says about one claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// The observed quantity.
    Value(Magnitude),
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
}
