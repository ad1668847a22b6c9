//! `model`: what holds in every network, whatever its weights.

mod observe;
pub mod statements;

use super::rows::{Group, Seen};
use super::{Needs, Stage, Trial};
use crate::model::claim::{Claim, Test};
use crate::model::params::Params;
use crate::num::magnitude::Magnitude;

/// The stage.
pub struct Model;

impl Stage for Model {
    fn name(&self) -> &'static str {
        "model"
    }

    fn title(&self) -> &'static str {
        "what holds in every network, whatever its weights"
    }

    fn rows(&self) -> &'static [Group] {
        statements::GROUPS
    }

    fn needs(&self) -> Needs {
        Needs::Passes
    }

    fn claims(&self, _: &Params) -> Vec<Claim> {
        let limit = Magnitude::ONE;
        vec![Claim::new(&statements::HOMOGENEITY, Test::Identity { limit })]
    }

    fn observe(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        seen.set(&statements::HOMOGENEITY, observe::homogeneity(trial));
    }
}
