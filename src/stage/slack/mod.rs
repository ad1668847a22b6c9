//! `slack`: where the bound on the gradient's change loses, factor by factor, at the point of
//! largest gradient change that the searches found. `proofs/slack.md`.

mod bound;
mod observe;
pub mod statements;

use super::rows::{Group, Seen};
use super::{Needs, Stage, Trial};
use crate::model::claim::{Claim, Test};
use crate::model::params::Params;

/// The stage. Observed: the factors of ‖T_j(y)‖/‖∇f(x)‖.
pub struct Slack;

impl Stage for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn title(&self) -> &'static str {
        "where the bound on the gradient's change loses"
    }

    fn rows(&self) -> &'static [Group] {
        statements::GROUPS
    }

    fn needs(&self) -> Needs {
        Needs::Weights
    }

    fn claims(&self, params: &Params) -> Vec<Claim> {
        let Some((layers, total)) = bound::factors(params) else { return Vec::new() };
        let claim = |statement, layer, value| Claim {
            layer,
            ..Claim::new(statement, Test::Part { value })
        };
        let mut claims: Vec<Claim> = layers
            .into_iter()
            .enumerate()
            .flat_map(|(i, factors)| {
                let pairs = statements::FACTORS.into_iter().zip(factors);
                pairs.map(move |(statement, value)| claim(statement, Some(i + 1), value))
            })
            .collect();
        claims.push(claim(&statements::TOTAL, None, total));
        claims
    }

    fn observe(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        observe::factors(trial, seen);
    }
}
