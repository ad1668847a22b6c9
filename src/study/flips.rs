//! How often a step flips the sign: a stage of one row, for widths that are searched.

use crate::model::claim::{Claim, Test};
use crate::model::outcome::Outcome;
use crate::model::params::Params;
use crate::network::forward;
use crate::network::search::Setting;
use crate::network::search::step::{Standing, achieved, shortest};
use crate::num::magnitude::Magnitude;
use crate::stage::direct::statements::THRESHOLD;
use crate::stage::rows::{Group, Seen};
use crate::stage::{Needs, Stage, Trial};

const GROUPS: &[Group] = &[Group::Network(&THRESHOLD)];

/// The stage. Observed: as in direct.threshold, for the step t of the run.
pub struct Flips;

impl Stage for Flips {
    fn name(&self) -> &'static str {
        "flips"
    }

    fn title(&self) -> &'static str {
        "does the step flip the sign?"
    }

    fn rows(&self) -> &'static [Group] {
        GROUPS
    }

    fn needs(&self) -> Needs {
        Needs::Steps
    }

    fn products(&self, _: &[u128]) -> u32 {
        1
    }

    fn claims(&self, _: &Params) -> Vec<Claim> {
        vec![Claim::new(&THRESHOLD, Test::Measure)]
    }

    fn prepare(&self, params: &Params, setting: &mut Setting) {
        setting.shortest = (params.norm.clone(), params.step().to_f64());
    }

    fn observe(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        let Some(setting) = trial.setting else { return seen.fill(Outcome::NotSearched) };
        let beyond = Outcome::Value(Magnitude::INFINITY);
        let (norm, t) = &setting.shortest;
        seen.fill(match shortest(trial.forward, trial.backward, norm, *t) {
            Err(Standing::Failed) => Outcome::Failed,
            // There is no step that could flip it.
            Err(Standing::Dead | Standing::Boundary) => beyond,
            Ok(found) => {
                let there = forward(trial.network, std::slice::from_ref(&found.step.end));
                let (share, flipped) = achieved(trial.forward, &there[0], *t);
                let width = trial.network.widths()[0] as f64;
                Outcome::reached(Outcome::of(share), flipped, width)
            }
        });
    }
}
