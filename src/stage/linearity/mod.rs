//! `linearity`: the gradient hardly changes in the ball, and the network is nearly affine there.

pub mod bound;
mod observe;
pub mod predict;

use super::{Needs, Outcome, Stage, Trial};
use crate::claim::{Claim, Test};
use crate::magnitude::Magnitude;
use crate::params::Params;
use crate::statement;

/// The stage. Observed: the gradient change and the affine error at the points found.
pub struct Linearity;

impl Stage for Linearity {
    fn name(&self) -> &'static str {
        "linearity"
    }

    fn size(&self, depth: usize) -> usize {
        depth + 3
    }

    fn needs(&self) -> Needs {
        Needs::Weights
    }

    fn claims(&self, params: &Params) -> Vec<Claim> {
        let bound = bound::linearity(params);
        let limit = Magnitude::ONE;
        let mut claims = vec![Claim::new(&statement::DECOMPOSITION, Test::Identity { limit })];
        claims.extend(bound.terms.into_iter().zip(1..).map(|(term, layer)| {
            let claim = term.claim(&statement::LINEARITY_TERM, Some(layer));
            claim.expecting(predict::term(params, layer))
        }));
        let gradient = bound.gradient.claim(&statement::LINEARITY_GRADIENT, None);
        claims.push(gradient.expecting(predict::gradient(params)));
        let affine = bound.affine.claim(&statement::LINEARITY_AFFINE, None);
        claims.push(affine.expecting(predict::affine(params)));
        claims
    }

    fn observe(&self, trial: &mut Trial<'_>) -> Vec<Outcome> {
        observe::all(trial)
    }
}
