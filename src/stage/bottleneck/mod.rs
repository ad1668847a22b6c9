//! `bottleneck`: flips and Lipschitz constants, layer by layer, uniformly over the ball.

pub mod bound;
mod observe;
pub mod predict;

use super::{Needs, Outcome, Stage, Trial};
use crate::claim::Claim;
use crate::params::Params;
use crate::statement;

/// The stage. Observed: the same quantities at the points that the searches found.
pub struct Bottleneck;

impl Stage for Bottleneck {
    fn name(&self) -> &'static str {
        "bottleneck"
    }

    fn size(&self, depth: usize) -> usize {
        3 * depth
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
                    .claim(&statement::BOTTLENECK_ROWS, Some(layer))
                    .expecting(predict::rows(params)),
                bound
                    .flips
                    .claim(&statement::BOTTLENECK_FLIPS, Some(layer))
                    .expecting(predict::flips(params, layer)),
                bound
                    .lipschitz
                    .claim(&statement::BOTTLENECK_LIPSCHITZ, Some(layer))
                    .expecting(predict::lipschitz(params, layer)),
            ]
        });
        claims.collect()
    }

    fn observe(&self, trial: &mut Trial<'_>) -> Vec<Outcome> {
        observe::layers(trial)
    }
}
