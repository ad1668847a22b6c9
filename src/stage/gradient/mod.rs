//! `gradient`: the gradient is not too small, and the first-order step does not depend on the
//! network.

pub mod bound;
mod observe;
pub mod predict;

use std::sync::Arc;

use super::{Needs, Outcome, Stage, Trial};
use crate::claim::{Claim, Constant, Direction, Test};
use crate::network::LawDraw;
use crate::params::Params;
use crate::statement;

/// The stage. Observed: ‖∇f(x)‖ and |f(x)|/(‖∇f(x)‖‖x‖).
pub struct Gradient;

impl Stage for Gradient {
    fn name(&self) -> &'static str {
        "gradient"
    }

    fn size(&self, _: usize) -> usize {
        3
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
                prediction: law.median(),
                density: Some(Arc::new(law.density())),
                ..Claim::new(&statement::GRADIENT_LAW, Test::Law { cdf: Arc::new(law.cdf()) })
            },
            Claim {
                prediction: law.undercut_with(&params.delta),
                variants: bound.variants,
                constant: Some(Constant {
                    symbol: "c₂",
                    form: "‖∇f(x)‖ ≥ c₂",
                    proved: bound.best,
                    unit: 1.0,
                }),
                density: Some(Arc::new(law.density())),
                ..Claim::new(
                    &statement::GRADIENT_LOWER,
                    Test::Bound { direction, value: bound.best, delta },
                )
                .resting_on(bound.behind)
            },
            Claim {
                prediction: ratio.median(),
                density: ratio.density(),
                ..Claim::new(&statement::GRADIENT_RATIO, Test::Law { cdf: ratio.cdf() })
            },
        ]
    }

    fn by_law(&self, draw: &LawDraw) -> Vec<Outcome> {
        let resolved = draw.gradient_resolved;
        let size = if resolved { Outcome::of(draw.gradient) } else { Outcome::NotSearched };
        let ratio = if draw.dead { Outcome::Undefined } else { Outcome::of(draw.ratio) };
        vec![size, size, ratio]
    }

    fn observe(&self, trial: &mut Trial<'_>) -> Vec<Outcome> {
        let size = observe::gradient(trial);
        vec![size, size, observe::ratio(trial)]
    }
}
