//! `direct`: the adversarial step followed through the layers.

pub mod bound;
pub mod observe;
pub mod predict;
pub mod statements;
pub mod table;

use super::rows::{Group, Seen};
use super::{Needs, Stage, Tables, Trial};
use crate::model::claim::{Claim, Direction, Reach, Test};
use crate::model::outcome::Outcome;
use crate::model::params::{Architecture, Params};
use crate::model::statement::Statement;
use crate::network::search::Setting;
use crate::num::magnitude::Magnitude;
use crate::theory::ball::count;
use crate::theory::direct::{self, converse, expected, limit};

/// The stage. Observed: the state at x + u, layer by layer, and what became of the sign.
pub struct Direct;

/// The statements about one layer, in the order in which they are observed.
const BY_LAYER: [&Statement; observe::QUANTITIES] = [
    &statements::ALONG,
    &statements::STATE,
    &statements::COHERENT,
    &statements::NOISE,
    &statements::ERROR,
];

impl Stage for Direct {
    fn name(&self) -> &'static str {
        "direct"
    }

    fn title(&self) -> &'static str {
        "the step followed through the layers"
    }

    fn rows(&self) -> &'static [Group] {
        statements::GROUPS
    }

    fn needs(&self) -> Needs {
        Needs::Steps
    }

    fn products(&self, _: &[u128]) -> u32 {
        1
    }

    fn claims(&self, params: &Params) -> Vec<Claim> {
        let params = &params.in_l2();
        let (architecture, delta) = (&params.architecture, &params.delta);
        let least = || direct::threshold(params);
        let ((mut claims, flips), found) = rayon::join(|| followed(params), least);
        let input = |architecture: &Architecture| count(architecture.input());
        let least = found.as_ref().map_or(Magnitude::INFINITY, |at| input(&at.architecture));
        let test = Test::threshold(Some(least), input(architecture), delta.clone(), || flips);
        let expected = expected::least(params).map(|wide| input(&wide));
        let reach = found.map(|at| Reach { widths: at.architecture.to_string(), step: at.step });
        claims.push(Claim { expected, reach, ..Claim::new(&statements::THRESHOLD, test) });
        claims.extend(failing(params));
        claims
    }

    fn is_curved(&self) -> bool {
        true
    }

    fn expected_of_curved(&self, params: &Params) -> Vec<Claim> {
        let flip = Test::no_flip(params.step().to_f64(), &params.delta);
        vec![
            Claim::new(&statements::FLIP, flip),
            Claim::new(&statements::THRESHOLD, Test::no_threshold(&params.delta)),
        ]
    }

    fn observe_curved(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        let width = trial.network.widths()[0] as f64;
        let (achieved, flipped) = observe::flip(trial);
        seen.fill(Outcome::NotSearched);
        seen.set(&statements::FLIP, achieved);
        seen.set(&statements::THRESHOLD, Outcome::reached(achieved, flipped, width));
    }

    fn prepare(&self, params: &Params, setting: &mut Setting) {
        setting.direct_step = direct::step(&params.in_l2());
    }

    fn observe(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        let width = trial.network.widths()[0] as f64;
        let step = observe::step(trial);
        for (layer, outcomes) in (1..).zip(step.layers) {
            for (statement, outcome) in BY_LAYER.into_iter().zip(outcomes) {
                seen.at(layer, statement, outcome);
            }
        }
        seen.set(&statements::FLIP, step.achieved);
        seen.set(&statements::THRESHOLD, Outcome::reached(step.achieved, step.flipped, width));
        let failed = Outcome::reached(step.achieved, !step.flipped, width);
        seen.set(&statements::FAILS, failed);
        seen.set(&statements::BRACKET, failed);
    }

    fn tabulate(&self, params: &Params, claims: &[Claim], tables: &mut Tables) {
        tables.followed = table::followed(params, claims);
    }
}

/// The claims about the other side of the threshold.
fn failing(params: &Params) -> [Claim; 2] {
    let bound::Failure { step, behind, widest } = bound::failure(params);
    let delta = converse::share();
    let input = count(params.architecture.input());
    let outside = |value| {
        let (direction, delta) = (Direction::Upper, delta.clone());
        Test::Outside { direction, value, against: Some(Magnitude::INFINITY), delta }
    };
    let here = |value| Test::Reached { value, delta: delta.clone() };
    let widest = widest.map(|width| (width, count(width)));
    let within = widest.as_ref().is_some_and(|(_, most)| behind.is_some() && input <= *most);
    let bracket = match &widest {
        Some((_, most)) if within => here(*most),
        widest => outside(widest.as_ref().map(|(_, most)| *most)),
    };
    let reach = widest.map(|(width, _)| {
        let depth = params.architecture.depth();
        Reach { widths: format!("{width}x{depth}"), step }
    });
    let fails = match behind {
        Some(behind) => Claim::new(&statements::FAILS, here(input)).resting_on(behind),
        None => Claim::new(&statements::FAILS, outside(None)),
    };
    let half = || limit::half(step, params.architecture.depth());
    let expected = reach.as_ref().and_then(|_| Magnitude::from_f64(half()?));
    [fails, Claim { expected, reach, ..Claim::new(&statements::BRACKET, bracket) }]
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
    let proved = bound.flips && statements::FLIP.hypotheses.are_met(params.at_hand());
    let flip = Test::flip(bound.achieved, proved, bound.step, params.delta.clone());
    let achieved = expected.and_then(|expected| Magnitude::from_f64(expected.achieved));
    let claim = Claim::new(&statements::FLIP, flip).resting_on(bound.behind);
    let claim = Claim { variants: bound.ways, ..claim };
    claims.push(claim.expecting(achieved));
    (claims, bound.flips)
}
