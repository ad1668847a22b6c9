//! `norm`: the step that is the shortest in another norm than ℓ₂.

pub mod bound;
pub mod observe;
pub mod predict;
pub mod statements;
pub mod table;

use std::sync::Arc;

use super::rows::{Group, Seen};
use super::{Lack, Needs, Stage, Tables, Trial};
use crate::model::account::Behind;
use crate::model::claim::{Claim, Direction, Reach, Test};
use crate::model::outcome::Outcome;
use crate::model::params::{Architecture, Params};
use crate::model::statement::Statement;
use crate::network::Engine;
use crate::network::search::{Setting, ray};
use crate::num::Enclosure;
use crate::num::magnitude::Magnitude;
use crate::theory::ball::count;
use crate::theory::direct::{self, Found, Threshold, expected};
use crate::theory::norm::law::SizeLaw;

/// The stage. Observed: the shortest step in the norm of the run, and the ray along it.
pub struct Norm;

impl Stage for Norm {
    fn name(&self) -> &'static str {
        "norm"
    }

    fn title(&self) -> &'static str {
        "the shortest step in another norm"
    }

    fn rows(&self) -> &'static [Group] {
        statements::GROUPS
    }

    fn needs(&self) -> Needs {
        Needs::Steps
    }

    fn is_usual(&self) -> bool {
        false
    }

    fn lacks(&self, params: &Params) -> Option<Lack> {
        let why = "about steps in another norm than l2: give one";
        params.norm.is_l2().then_some(Lack { why, hint: "as {norm} linf" })
    }

    fn unseen(&self, engine: Engine) -> Option<&'static str> {
        (engine == Engine::Conditioned).then_some(
            "without weights norm.least is a step at which the sign was seen to have changed",
        )
    }

    fn products(&self, widths: &[u128]) -> u32 {
        ray::products(widths)
    }

    fn claims(&self, params: &Params) -> Vec<Claim> {
        let t = direct::exact_step(params);
        let (found, (least, threshold)) = rayon::join(
            || direct::certify(params, &t),
            || rayon::join(|| direct::least_step(params), || direct::threshold(params)),
        );
        let limit = predict::stretch(params).and_then(Magnitude::from_f64);
        let flips = found.flips;
        vec![
            upper(params, &statements::STRETCH, bound::stretch(params)).expecting(limit),
            size(params, t.to_f64()),
            upper(params, &statements::LENGTH, bound::length(params, &t))
                .expecting(predict::length(params, t.to_f64())),
            flip(params, &t, found),
            least_claim(params, least),
            threshold_claim(params, threshold, flips),
        ]
    }

    fn is_curved(&self) -> bool {
        true
    }

    fn expected_of_curved(&self, params: &Params) -> Vec<Claim> {
        let t = direct::step(params);
        let (direction, delta) = (Direction::Upper, params.delta.clone());
        let against = Magnitude::from_f64(t);
        let least = Test::Outside { direction, value: None, against, delta };
        vec![
            Claim::new(&statements::FLIP, Test::no_flip(t, &params.delta)),
            Claim::new(&statements::LEAST, least),
            Claim::new(&statements::THRESHOLD, Test::no_threshold(&params.delta)),
        ]
    }

    fn observe_curved(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        self.observe(trial, seen);
    }

    fn prepare(&self, params: &Params, setting: &mut Setting) {
        setting.shortest = (params.norm.clone(), direct::step(params));
    }

    fn tabulates_always(&self) -> bool {
        true
    }

    fn tabulate(&self, params: &Params, claims: &[Claim], tables: &mut Tables) {
        tables.shortest = Some(table::shortest(params, claims));
    }

    fn observe(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        let width = trial.network.widths()[0] as f64;
        let step = observe::step(trial);
        seen.set(&statements::STRETCH, step.stretch);
        seen.set(&statements::SIZE, step.size);
        seen.set(&statements::LENGTH, step.length);
        seen.set(&statements::FLIP, step.achieved);
        seen.set(&statements::LEAST, step.least);
        seen.set(&statements::THRESHOLD, Outcome::reached(step.achieved, step.flipped, width));
    }
}

/// A bound from above with what it rests on.
fn upper(params: &Params, statement: &'static Statement, found: (Magnitude, Behind)) -> Claim {
    let (value, behind) = found;
    let test = Test::Bound { direction: Direction::Upper, value, delta: params.delta.clone() };
    Claim::new(statement, test).resting_on(behind)
}

/// The law of the size, where it is known.
fn size(params: &Params, t: f64) -> Claim {
    let Some(law) = SizeLaw::new(params) else {
        return Claim::new(&statements::SIZE, Test::Measure);
    };
    let delta = params.delta_of_all_pairs().to_f64();
    let at = |level: f64| Magnitude::from_f64(t * law.quantile(level));
    let (expected, high) = (at(0.5), at(1.0 - delta).map(|size| (1.0 - delta, size)));
    let cdf = Arc::new(move |log: f64| law.cdf(10f64.powf(log - t.log10())));
    Claim { expected, high, ..Claim::new(&statements::SIZE, Test::Law { cdf }) }
}

fn flip(params: &Params, t: &Enclosure, found: Found) -> Claim {
    let proved = found.flips && statements::FLIP.hypotheses.are_met(params.at_hand());
    let test = Test::flip(found.achieved, proved, t.to_f64(), params.delta.clone());
    let expected = expected::achieved(params, t.to_f64()).and_then(Magnitude::from_f64);
    Claim::new(&statements::FLIP, test).resting_on(found.decided).expecting(expected)
}

fn least_claim(params: &Params, found: Option<(Magnitude, Behind)>) -> Claim {
    if let Some(found) = found {
        return upper(params, &statements::LEAST, found);
    }
    let (direction, delta) = (Direction::Upper, params.delta.clone());
    let against = Magnitude::from_f64(direct::step(params));
    Claim::new(&statements::LEAST, Test::Outside { direction, value: None, against, delta })
}

fn threshold_claim(params: &Params, found: Option<Threshold>, flips: bool) -> Claim {
    let input = |architecture: &Architecture| count(architecture.input());
    let at_hand = input(&params.architecture);
    let least = found.as_ref().map_or(Magnitude::INFINITY, |at| input(&at.architecture));
    // Least means least found: the network at hand is one that is known.
    let (least, found) = if flips && at_hand < least { (at_hand, None) } else { (least, found) };
    let test = Test::threshold(Some(least), at_hand, params.delta.clone(), || flips);
    let expected = expected::least(params).map(|wide| input(&wide));
    let reach = found.map(|at| Reach { widths: at.architecture.to_string(), step: at.step });
    Claim { expected, reach, ..Claim::new(&statements::THRESHOLD, test) }
}
