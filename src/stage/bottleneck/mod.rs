//! `bottleneck`: flips and Lipschitz constants, layer by layer, uniformly over the ball.

pub mod bound;
mod observe;
pub mod predict;
pub mod statements;
pub mod table;

use super::rows::{Group, Seen};
use super::{Needs, Stage, Tables, Trial};
use crate::model::claim::Claim;
use crate::model::params::Params;

/// The stage. Observed: the same quantities at the points that the searches found.
pub struct Bottleneck;

impl Stage for Bottleneck {
    fn name(&self) -> &'static str {
        "bottleneck"
    }

    fn title(&self) -> &'static str {
        "flips and Lipschitz constants, layer by layer"
    }

    fn rows(&self) -> &'static [Group] {
        statements::GROUPS
    }

    fn needs(&self) -> Needs {
        Needs::Weights
    }

    fn claims(&self, params: &Params) -> Vec<Claim> {
        let bounds = bound::layers(params);
        let claims = bounds.into_iter().enumerate().flat_map(|(i, bound)| {
            let layer = i + 1;
            [
                bound
                    .rows
                    .claim(&statements::ROWS, Some(layer))
                    .expecting(predict::rows(params, layer)),
                bound
                    .flips
                    .claim(&statements::FLIPS, Some(layer))
                    .expecting(predict::flips(params, layer)),
                bound
                    .lipschitz
                    .claim(&statements::LIPSCHITZ, Some(layer))
                    .expecting(predict::lipschitz(params, layer)),
            ]
        });
        claims.collect()
    }

    fn is_curved(&self) -> bool {
        true
    }

    fn observe_curved(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        observe::smooth(trial, seen);
    }

    fn observe(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        observe::layers(trial, seen);
    }

    fn tabulate(&self, params: &Params, _: &[Claim], tables: &mut Tables) {
        tables.layers = table::layers(params);
    }
}
