//! `slack`: where the bound on the gradient's change loses, factor by factor, at the point of
//! largest gradient change that the searches found. `proofs/slack.md`.

mod bound;
mod observe;

use super::{Needs, Outcome, Stage, Trial};
use crate::claim::{Claim, Test};
use crate::params::Params;
use crate::statement::{self, Statement};

/// The factors of one layer, in the order of the ledger.
pub const FACTORS: [&Statement; 5] = [
    &statement::SLACK_FLIPS,
    &statement::SLACK_WEIGHTS,
    &statement::SLACK_ROWS,
    &statement::SLACK_LIPSCHITZ,
    &statement::SLACK_SCALE,
];

/// The stage. Observed: the factors of ‖T_j(y)‖/‖∇f(x)‖.
pub struct Slack;

impl Stage for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn size(&self, depth: usize) -> usize {
        if depth == 0 { 0 } else { FACTORS.len() * depth + 1 }
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
                let pairs = FACTORS.into_iter().zip(factors);
                pairs.map(move |(statement, value)| claim(statement, Some(i + 1), value))
            })
            .collect();
        claims.push(claim(&statement::SLACK_TOTAL, None, total));
        claims
    }

    fn observe(&self, trial: &mut Trial<'_>) -> Vec<Outcome> {
        observe::factors(trial)
    }
}
