//! `flip`: the adversarial step.

pub mod bound;
pub mod observe;
pub mod predict;

use std::sync::Arc;

use super::{Outcome, Stage, Trial};
use crate::claim::{Claim, Direction, Test};
use crate::distribution::ratio::RatioLaw;
use crate::magnitude::Magnitude;
use crate::params::Params;
use crate::statement;

/// The stage. Observed: the step −t f(x) ∇f(x)/‖∇f(x)‖², and the ray along it.
pub struct Flip;

impl Stage for Flip {
    fn name(&self) -> &'static str {
        "flip"
    }

    fn claims(&self, params: &Params) -> Vec<Claim> {
        let law = RatioLaw::new(params.architecture.input());
        let log_step = params.step.to_f64().log10();
        let cdf = Arc::new(move |log: f64| law.cdf(10f64.powf(log - log_step)));
        let measured = |statement, prediction| Claim {
            prediction,
            ..Claim::new(statement, Test::Measure)
        };
        vec![
            Claim {
                prediction: predict::size(params),
                ..Claim::new(&statement::FLIP_SIZE, Test::Law { cdf })
            },
            Claim::new(&statement::FLIP_STEP, step_test(params)),
            Claim::new(&statement::FLIP_LEAST, least_test(params)),
            measured(&statement::FLIP_PIECES, predict::pieces(params)),
            measured(&statement::FLIP_CHANGE, predict::change(params)),
            Claim::new(&statement::FLIP_THRESHOLD, threshold_test(params)),
        ]
    }

    fn observe(&self, trial: &mut Trial<'_>) -> Vec<Outcome> {
        let width = trial.network.widths()[0] as f64;
        let step = observe::step(trial);
        let reached = match step.achieved {
            Outcome::NotSearched | Outcome::Failed => step.achieved,
            _ if step.flipped => Outcome::of(Magnitude::from_f64(width)),
            _ => Outcome::Value(Magnitude::INFINITY),
        };
        vec![step.size, step.achieved, step.least, step.pieces, step.change, reached]
    }
}

fn step_test(params: &Params) -> Test {
    let (direction, bound) = (Direction::Lower, bound::step(params));
    if bound.flips {
        Test::Bound { direction, value: bound.achieved, delta: params.delta.clone() }
    } else {
        Test::Outside { direction, value: None }
    }
}

fn least_test(params: &Params) -> Test {
    let direction = Direction::Upper;
    match bound::least_step(params) {
        Some(value) => Test::Bound { direction, value, delta: params.delta.clone() },
        None => Test::Outside { direction, value: None },
    }
}

fn threshold_test(params: &Params) -> Test {
    let direction = Direction::Upper;
    let threshold = bound::threshold(&params.architecture, &params.delta);
    let value = threshold.map(|t| crate::ball::count(t.architecture.input()));
    Test::Outside { direction, value }
}
