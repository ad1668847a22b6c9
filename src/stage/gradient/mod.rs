//! `gradient`: the gradient is not too small, and the first-order step does not depend on the
//! network.

pub mod bound;
mod observe;
pub mod predict;
pub mod statements;

use std::sync::Arc;

use super::rows::{Group, Seen};
use super::{Needs, Stage, Trial};
use crate::model::claim::{Claim, Constant, Direction, Test};
use crate::model::outcome::Outcome;
use crate::model::params::Params;
use crate::network::LawDraw;
use crate::theory::curved::Wide;

/// The stage. Observed: ‖∇f(x)‖ and |f(x)|/(‖∇f(x)‖‖x‖).
pub struct Gradient;

impl Stage for Gradient {
    fn name(&self) -> &'static str {
        "gradient"
    }

    fn title(&self) -> &'static str {
        "the gradient is not too small, and the first-order distance"
    }

    fn rows(&self) -> &'static [Group] {
        statements::GROUPS
    }

    fn needs(&self) -> Needs {
        Needs::Law
    }

    fn claims(&self, params: &Params) -> Vec<Claim> {
        let law = predict::law(params);
        let ratio = predict::Ratio::new(params);
        let bound = bound::lower(params);
        let (direction, delta) = (Direction::Lower, params.delta.clone());
        vec![
            Claim {
                expected: law.median(),
                density: Some(Arc::new(law.density())),
                ..Claim::new(&statements::LAW, Test::Law { cdf: Arc::new(law.cdf()) })
            },
            Claim {
                expected: law.undercut_with(&params.delta),
                variants: bound.variants,
                // The paper is about ReLU.
                constant: params.is_of_the_paper().then_some(Constant {
                    symbol: "c₂",
                    form: "‖∇f(x)‖ ≥ c₂",
                    proved: bound.best,
                    unit: 1.0,
                }),
                density: Some(Arc::new(law.density())),
                ..Claim::new(
                    &statements::LOWER,
                    Test::Bound { direction, value: bound.best, delta },
                )
                .resting_on(bound.behind)
            },
            Claim {
                expected: ratio.median(),
                density: ratio.density(),
                ..Claim::new(&statements::RATIO, Test::Law { cdf: ratio.cdf() })
            },
        ]
    }

    fn is_curved(&self) -> bool {
        true
    }

    fn expected_of_curved(&self, params: &Params) -> Vec<Claim> {
        let Some(wide) = Wide::expected(params) else { return Vec::new() };
        let factor = |claim: &Claim| {
            let is_ratio = std::ptr::eq(claim.statement, &raw const statements::RATIO);
            if is_ratio { wide.ratio() } else { wide.gradient }
        };
        let linear = self.claims(&params.without_layers()).into_iter();
        linear
            .map(|claim| {
                let factor = factor(&claim);
                claim.times(factor)
            })
            .collect()
    }

    fn observe_curved(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        self.observe(trial, seen);
    }

    fn by_law(&self, draw: &LawDraw, seen: &mut Seen<'_>) {
        let resolved = draw.gradient_resolved;
        let size = if resolved { Outcome::of(draw.gradient) } else { Outcome::NotSearched };
        let ratio = if draw.dead { Outcome::Undefined } else { Outcome::of(draw.ratio) };
        put(seen, size, ratio);
    }

    fn observe(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        put(seen, observe::gradient(trial), observe::ratio(trial));
    }
}

fn put(seen: &mut Seen<'_>, size: Outcome, ratio: Outcome) {
    seen.set(&statements::LAW, size);
    seen.set(&statements::LOWER, size);
    seen.set(&statements::RATIO, ratio);
}
