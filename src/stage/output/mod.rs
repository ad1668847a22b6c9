//! `output`: the output is not too big.

pub mod bound;
mod observe;
pub mod predict;
pub mod statements;

use super::rows::{Group, Seen};
use super::{Needs, Stage, Trial};
use crate::model::claim::{Claim, Constant, Direction, Test};
use crate::model::outcome::Outcome;
use crate::model::params::Params;
use crate::network::LawDraw;
use crate::theory::curved::Wide;

/// The stage. Observed: |f(x)| √d/‖x‖.
pub struct Output;

impl Stage for Output {
    fn name(&self) -> &'static str {
        "output"
    }

    fn title(&self) -> &'static str {
        "the output is not too big"
    }

    fn rows(&self) -> &'static [Group] {
        statements::GROUPS
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
                expected: law.median(),
                density: Some(law.density()),
                ..Claim::new(&statements::LAW, Test::Law { cdf: law.cdf() })
            },
            Claim {
                expected: law.exceeded_with(&params.delta),
                variants: bound.variants,
                // The paper is about ReLU.
                constant: params.is_of_the_paper().then(|| Constant {
                    symbol: "C₁",
                    form: "|f(x)| ≤ C₁ ‖x‖ √(log(1/δ)/d)",
                    proved: bound.constant,
                    unit: params.delta.nats().sqrt(),
                }),
                density: Some(law.density()),
                ..Claim::new(
                    &statements::UPPER,
                    Test::Bound { direction, value: bound.best, delta },
                )
                .resting_on(bound.behind)
            },
        ]
    }

    fn is_curved(&self) -> bool {
        true
    }

    fn expected_of_curved(&self, params: &Params) -> Vec<Claim> {
        let Some(wide) = Wide::expected(params) else { return Vec::new() };
        let linear = self.claims(&params.without_layers());
        linear.into_iter().map(|claim| claim.times(wide.output)).collect()
    }

    fn observe_curved(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        self.observe(trial, seen);
    }

    fn by_law(&self, draw: &LawDraw, seen: &mut Seen<'_>) {
        seen.fill(Outcome::of(draw.output));
    }

    fn observe(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        seen.fill(observe::output(trial));
    }
}
