//! `trained`: networks whose weights have moved away from the random ones.

pub mod bound;
pub mod observe;
pub mod predict;
pub mod statements;

use super::rows::{Group, Seen};
use super::{Lack, Needs, Stage, Trial};
use crate::model::claim::{Claim, Direction, Reach, Test};
use crate::model::outcome::Outcome;
use crate::model::params::{Architecture, Params};
use crate::network::Engine;
use crate::network::search::{Setting, Training};
use crate::num::magnitude::Magnitude;
use crate::theory::ball::{count, trained};

/// The stage. Observed: trainings that are looked for at the edge of what they may do.
pub struct Trained;

impl Stage for Trained {
    fn name(&self) -> &'static str {
        "trained"
    }

    fn title(&self) -> &'static str {
        "weights that were trained, near the initial ones"
    }

    fn rows(&self) -> &'static [Group] {
        statements::GROUPS
    }

    fn needs(&self) -> Needs {
        Needs::Weights
    }

    fn is_usual(&self) -> bool {
        false
    }

    fn lacks(&self, params: &Params) -> Option<Lack> {
        let why = "about weights that were trained: say how far they may have moved";
        params.trained.is_none().then_some(Lack { why, hint: "as {trained} 0.001" })
    }

    fn unseen(&self, engine: Engine) -> Option<&'static str> {
        (engine == Engine::Conditioned)
            .then_some("without weights there are fewer points at which trainings are looked for")
    }

    fn products(&self, _: &[u128]) -> u32 {
        observe::PRODUCTS
    }

    fn claims(&self, params: &Params) -> Vec<Claim> {
        let (near, (reach, (choice, threshold))) = rayon::join(
            || bound::near(params),
            || {
                let others = || {
                    let choice = trained::steps(params);
                    (choice, trained::threshold(params))
                };
                rayon::join(|| trained::reach(params), others)
            },
        );
        let kept = trained::kept(params, choice);
        let flips = kept.flips && statements::FLIP.hypotheses.are_met(params.at_hand());
        let upper = |statement, (value, behind): bound::Bound| {
            let (direction, delta) = (Direction::Upper, params.delta.clone());
            Claim::new(statement, Test::Bound { direction, value, delta }).resting_on(behind)
        };
        let [gradient, affine] = near;
        let behind = kept.behind.clone();
        vec![
            upper(&statements::GRADIENT, gradient).expecting(predict::gradient(params)),
            upper(&statements::AFFINE, affine).expecting(predict::affine(params)),
            Claim::new(&statements::FLIP, withstood(params, Some(kept.share).filter(|_| flips)))
                .resting_on(behind),
            reach_claim(params, reach),
            threshold_claim(params, threshold, flips),
        ]
    }

    fn prepare(&self, params: &Params, setting: &mut Setting) {
        let step = trained::steps(params).radius;
        setting.training = Training {
            nearness: params.nearness(64).to_f64(),
            step,
            farther: trained::reach(params).map_or(step, |reach| reach.choice.radius),
        };
    }

    fn observe(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        let width = trial.network.widths()[0] as f64;
        let found = observe::trainings(trial);
        let threshold = Outcome::reached(found.left, found.flips, width);
        seen.set(&statements::GRADIENT, found.gradient);
        seen.set(&statements::AFFINE, found.affine);
        seen.set(&statements::FLIP, found.left);
        seen.set(&statements::REACH, found.farthest);
        seen.set(&statements::THRESHOLD, threshold);
    }
}

/// At least this is left; where nothing is proved, trainings after which nothing is are counted.
fn withstood(params: &Params, least: Option<Magnitude>) -> Test {
    let (direction, delta) = (Direction::Lower, params.delta.clone());
    match least {
        Some(value) => Test::Bound { direction, value, delta },
        None => Test::Outside { direction, value: None, against: Some(Magnitude::ZERO), delta },
    }
}

fn reach_claim(params: &Params, found: Option<trained::Reach>) -> Claim {
    let test = withstood(params, found.as_ref().map(|found| found.nearness));
    let claim = Claim::new(&statements::REACH, test);
    match found {
        Some(found) => claim.resting_on(found.behind),
        None => claim,
    }
}

fn threshold_claim(params: &Params, found: Option<(Architecture, f64)>, flips: bool) -> Claim {
    let at_hand = count(params.architecture.input());
    let least = found.as_ref().map_or(Magnitude::INFINITY, |(wide, _)| count(wide.input()));
    // Least means least found: the network at hand is one that is known.
    let (least, found) = if flips && at_hand < least { (at_hand, None) } else { (least, found) };
    let test = Test::threshold(Some(least), at_hand, params.delta.clone(), || flips);
    let reach = found.map(|(wide, step)| Reach { widths: wide.to_string(), step });
    Claim { reach, ..Claim::new(&statements::THRESHOLD, test) }
}
