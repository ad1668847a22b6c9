//! `direct`: the adversarial step followed through the layers.

pub mod bound;
pub mod observe;
pub mod predict;

use super::{Needs, Outcome, Stage, Trial};
use crate::ball::count;
use crate::claim::{Claim, Direction, Test};
use crate::magnitude::Magnitude;
use crate::params::Params;
use crate::statement::{self, Statement};

/// The stage. Observed: the state at x + u, layer by layer, and what became of the sign.
pub struct Direct;

/// The statements about one layer, in the order in which they are observed.
const BY_LAYER: [&Statement; observe::QUANTITIES] = [
    &statement::DIRECT_ALONG,
    &statement::DIRECT_STATE,
    &statement::DIRECT_COHERENT,
    &statement::DIRECT_NOISE,
    &statement::DIRECT_ERROR,
];

impl Stage for Direct {
    fn name(&self) -> &'static str {
        "direct"
    }

    fn size(&self, depth: usize) -> usize {
        BY_LAYER.len() * depth + 2
    }

    fn needs(&self) -> Needs {
        Needs::Steps
    }

    fn products(&self, _: &[u128]) -> u32 {
        1
    }

    fn claims(&self, params: &Params) -> Vec<Claim> {
        let ((mut claims, flips), least) =
            rayon::join(|| followed(params), || bound::threshold(params));
        let input = count(params.architecture.input());
        let threshold = Test::threshold(Some(least), input, params.delta.clone(), || flips);
        claims.push(Claim::new(&statement::DIRECT_THRESHOLD, threshold));
        claims
    }

    fn observe(&self, trial: &mut Trial<'_>) -> Vec<Outcome> {
        let width = trial.network.widths()[0] as f64;
        let seen = observe::step(trial);
        let mut outcomes: Vec<Outcome> = seen.layers.into_iter().flatten().collect();
        outcomes.push(seen.achieved);
        outcomes.push(Outcome::reached(seen.achieved, seen.flipped, width));
        outcomes
    }
}

/// The claims about the step itself, layer by layer and of the sign, and whether it is proved to
/// flip.
pub fn followed(params: &Params) -> (Vec<Claim>, bool) {
    let bound = bound::bound(params);
    let expected = predict::quantiles(params, bound.step);
    let mut claims = Vec::new();
    for (i, layer) in bound.layers.iter().enumerate() {
        let values = [layer.along, layer.state, layer.coherent, layer.noise, layer.error];
        for ((statement, value), k) in BY_LAYER.into_iter().zip(values).zip(0..) {
            let direction = if k == 0 { Direction::Lower } else { Direction::Upper };
            let test = Test::Bound { direction, value, delta: params.delta.clone() };
            let leading = expected.as_ref().map(|expected| expected.layers[i][k]);
            let behind = layer.behind[usize::from(k > 1)].clone();
            let claim = Claim::new(statement, test).resting_on(behind);
            let claim = Claim { layer: Some(i + 1), ..claim };
            claims.push(claim.expecting(leading.and_then(Magnitude::from_f64)));
        }
    }
    let flip = Test::flip(bound.achieved, bound.flips, bound.step, params.delta.clone());
    let achieved = expected.and_then(|expected| Magnitude::from_f64(expected.achieved));
    let claim = Claim::new(&statement::DIRECT_FLIP, flip).resting_on(bound.behind);
    claims.push(claim.expecting(achieved));
    (claims, bound.flips)
}
