//! `flip`: the adversarial step.

pub mod bound;
pub mod observe;
pub mod predict;
pub mod statements;

use std::sync::Arc;

use rayon::prelude::*;

use super::rows::{Group, Seen};
use super::{Needs, Stage, Trial};
use crate::model::claim::{Claim, Direction, Reach, Test, Variant};
use crate::model::outcome::Outcome;
use crate::model::params::{Params, Probability};
use crate::network::Engine;
use crate::network::search::ray;
use crate::num::magnitude::Magnitude;
use crate::theory::ball::{Way, count};
use crate::theory::curved::Wide;
use crate::theory::distribution::gap::FirstOrder;

/// The stage. Observed: the step −t f(x) ∇f(x)/‖∇f(x)‖², and the ray along it.
pub struct Flip;

impl Stage for Flip {
    fn name(&self) -> &'static str {
        "flip"
    }

    fn title(&self) -> &'static str {
        "the adversarial step"
    }

    fn rows(&self) -> &'static [Group] {
        statements::GROUPS
    }

    fn needs(&self) -> Needs {
        Needs::Steps
    }

    fn unseen(&self, engine: Engine) -> Option<&'static str> {
        (engine == Engine::Conditioned).then_some(
            "without weights the pieces of the step are not counted in networks as large, and \
             flip.least is a step at which the sign was seen to have changed",
        )
    }

    fn products(&self, widths: &[u128]) -> u32 {
        ray::products(widths)
    }

    fn claims(&self, params: &Params) -> Vec<Claim> {
        let measured = |statement, prediction| Claim {
            expected: prediction,
            ..Claim::new(statement, Test::Measure)
        };
        vec![
            size(params),
            step_claim(params),
            least_claim(params),
            measured(&statements::PIECES, predict::pieces(params)),
            measured(&statements::CHANGE, predict::change(params)),
            threshold(params),
        ]
    }

    fn is_curved(&self) -> bool {
        true
    }

    fn expected_of_curved(&self, params: &Params) -> Vec<Claim> {
        let t = params.step().to_f64();
        let (direction, delta) = (Direction::Upper, params.delta.clone());
        let against = Magnitude::from_f64(t);
        let least = Test::Outside { direction, value: None, against, delta };
        let mut claims = vec![
            Claim::new(&statements::STEP, Test::no_flip(t, &params.delta)),
            Claim::new(&statements::LEAST, least),
            Claim::new(&statements::THRESHOLD, Test::no_threshold(&params.delta)),
        ];
        let wide = Wide::expected(params);
        claims.extend(wide.map(|wide| size(&params.without_layers()).times(wide.ratio())));
        claims
    }

    fn observe_curved(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        self.observe(trial, seen);
    }

    fn observe(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        let width = trial.network.widths()[0] as f64;
        let step = observe::step(trial);
        let reached = Outcome::reached(step.achieved, step.flipped, width);
        seen.set(&statements::SIZE, step.size);
        seen.set(&statements::STEP, step.achieved);
        seen.set(&statements::LEAST, step.least);
        seen.set(&statements::PIECES, step.pieces);
        seen.set(&statements::CHANGE, step.change);
        seen.set(&statements::THRESHOLD, reached);
    }
}

fn size(params: &Params) -> Claim {
    let law = FirstOrder::of(params);
    let log_step = params.step().to_f64().log10();
    let cdf = Arc::new(move |log: f64| law.cdf(10f64.powf(log - log_step)));
    let delta = params.delta_of_all_pairs();
    Claim {
        expected: predict::size(params, &Probability::half()),
        high: predict::size(params, &delta).map(|size| (1.0 - delta.to_f64(), size)),
        ..Claim::new(&statements::SIZE, Test::Law { cdf })
    }
}

fn step_claim(params: &Params) -> Claim {
    let bound = bound::step(params);
    let t = params.step().to_f64();
    let proved = bound.flips && statements::STEP.hypotheses.are_met(params.at_hand());
    let test = Test::flip(bound.achieved, proved, t, params.delta.clone());
    Claim::new(&statements::STEP, test).resting_on(bound.behind)
}

fn least_claim(params: &Params) -> Claim {
    let direction = Direction::Upper;
    let claim = |test| Claim::new(&statements::LEAST, test);
    let delta = params.delta.clone();
    if let Some((value, behind)) = bound::least_step(params) {
        claim(Test::Bound { direction, value, delta }).resting_on(behind)
    } else {
        let against = Magnitude::from_f64(params.step().to_f64());
        claim(Test::Outside { direction, value: None, against, delta })
    }
}

/// By each way to the affine error.
fn threshold(params: &Params) -> Claim {
    let direction = Direction::Upper;
    let found: Vec<_> = [Way::Affine, Way::Comparison, Way::Plain]
        .into_par_iter()
        .map(|way| (way, bound::threshold(params, way)))
        .collect();
    let input = |(way, found): &(Way, Option<bound::Threshold>)| {
        let input = found.as_ref().map(|found| count(found.architecture.input()));
        (way.name(), input.unwrap_or(Magnitude::INFINITY))
    };
    let values: Vec<_> = found.iter().map(input).collect();
    let least = found.iter().filter_map(|(_, found)| found.as_ref());
    let reach = least
        .min_by_key(|found| found.architecture.input())
        .map(|found| Reach { widths: found.architecture.to_string(), step: found.step });
    let variants = Variant::ranked(direction, &values);
    let best = variants.first().map(|v| v.value);
    let (input, flips) = (count(params.architecture.input()), || bound::step(params).flips);
    let test = Test::threshold(best, input, params.delta.clone(), flips);
    Claim { reach, variants, ..Claim::new(&statements::THRESHOLD, test) }
}
