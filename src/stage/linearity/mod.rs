//! `linearity`: the gradient hardly changes in the ball, and the network is nearly affine there.

pub mod bound;
mod observe;
pub mod predict;
pub mod statements;
pub mod table;

use super::rows::{Group, Seen};
use super::{Needs, Stage, Tables, Trial};
use crate::model::claim::{Claim, Test};
use crate::model::params::Params;
use crate::num::magnitude::Magnitude;

/// The stage. Observed: the gradient change and the affine error at the points found.
pub struct Linearity;

impl Stage for Linearity {
    fn name(&self) -> &'static str {
        "linearity"
    }

    fn title(&self) -> &'static str {
        "nearly affine in the ball"
    }

    fn rows(&self) -> &'static [Group] {
        statements::GROUPS
    }

    fn needs(&self) -> Needs {
        Needs::Weights
    }

    fn claims(&self, params: &Params) -> Vec<Claim> {
        let bound = bound::linearity(params);
        let limit = Magnitude::ONE;
        let mut claims = vec![Claim::new(&statements::DECOMPOSITION, Test::Identity { limit })];
        claims.extend(bound.terms.into_iter().zip(1..).map(|(term, layer)| {
            let claim = term.claim(&statements::TERM, Some(layer));
            claim.expecting(predict::term(params, layer))
        }));
        let gradient = bound.gradient.claim(&statements::GRADIENT, None);
        claims.push(gradient.expecting(predict::gradient(params)));
        let affine = bound.affine.claim(&statements::AFFINE, None);
        claims.push(affine.expecting(predict::affine(params)));
        claims
    }

    fn is_curved(&self) -> bool {
        true
    }

    fn observe_curved(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        observe::smooth(trial, seen);
    }

    fn observe(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        observe::all(trial, seen);
    }

    fn tabulate(&self, params: &Params, _: &[Claim], tables: &mut Tables) {
        tables.radii = table::radii(params);
    }
}
