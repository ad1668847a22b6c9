//! `output`: the output is not too big.

pub mod bound;
mod observe;
pub mod predict;

use std::sync::Arc;

use super::{Needs, Outcome, Stage, Trial};
use crate::claim::{Claim, Constant, Direction, Test};
use crate::network::LawDraw;
use crate::params::Params;
use crate::statement;

/// The stage. Observed: |f(x)| √d/‖x‖.
pub struct Output;

impl Stage for Output {
    fn name(&self) -> &'static str {
        "output"
    }

    fn size(&self, _: usize) -> usize {
        2
    }

    fn needs(&self) -> Needs {
        Needs::Law
    }

    fn claims(&self, params: &Params) -> Vec<Claim> {
        let law = predict::law(params);
        let bound = bound::upper(params);
        let (direction, delta) = (Direction::Upper, params.delta.clone());
        vec![
            Claim {
                prediction: law.median(),
                density: Some(Arc::new(law.density())),
                ..Claim::new(&statement::OUTPUT_LAW, Test::Law { cdf: Arc::new(law.cdf()) })
            },
            Claim {
                prediction: law.exceeded_with(&params.delta),
                variants: bound.variants,
                constant: Some(Constant {
                    symbol: "C₁",
                    form: "|f(x)| ≤ C₁ ‖x‖ √(log(1/δ)/d)",
                    proved: bound.constant,
                    unit: params.delta.nats().sqrt(),
                }),
                density: Some(Arc::new(law.density())),
                ..Claim::new(
                    &statement::OUTPUT_UPPER,
                    Test::Bound { direction, value: bound.best, delta },
                )
                .resting_on(bound.behind)
            },
        ]
    }

    fn by_law(&self, draw: &LawDraw) -> Vec<Outcome> {
        vec![Outcome::of(draw.output); 2]
    }

    fn observe(&self, trial: &mut Trial<'_>) -> Vec<Outcome> {
        let size = observe::output(trial);
        vec![size, size]
    }
}
