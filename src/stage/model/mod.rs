//! `model`: what holds in every ReLU network, whatever its weights.

mod observe;

use super::{Needs, Outcome, Stage, Trial};
use crate::claim::{Claim, Test};
use crate::magnitude::Magnitude;
use crate::params::Params;
use crate::statement;

/// The stage.
pub struct Model;

impl Stage for Model {
    fn name(&self) -> &'static str {
        "model"
    }

    fn size(&self, _: usize) -> usize {
        1
    }

    fn needs(&self) -> Needs {
        Needs::Passes
    }

    fn claims(&self, _: &Params) -> Vec<Claim> {
        let limit = Magnitude::ONE;
        vec![Claim::new(&statement::HOMOGENEITY, Test::Identity { limit })]
    }

    fn observe(&self, trial: &mut Trial<'_>) -> Vec<Outcome> {
        vec![observe::homogeneity(trial)]
    }
}
