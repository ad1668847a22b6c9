//! The step that is taken.

use serde::{Deserialize, Serialize};

use super::statements::FLIP;
use crate::model::claim::{Claim, Test};
use crate::model::params::Params;
use crate::theory::direct;
use crate::theory::norm::expected_stretch;

/// The step that is the shortest in the norm of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shortest {
    /// t.
    pub step: f64,
    /// ‖u‖₂‖∇f‖₂/(t|f|) in the limit of large input dimensions.
    pub stretch: f64,
    /// Coordinates that it changes at most, where they are few.
    pub coordinates: Option<String>,
    /// Is the sign proved to flip?
    pub flips: bool,
}

/// That of these parameters and claims.
pub fn shortest(params: &Params, claims: &[Claim]) -> Shortest {
    let flip = claims.iter().find(|claim| std::ptr::eq(claim.statement, &raw const FLIP));
    let input = params.architecture.input();
    Shortest {
        step: direct::step(params),
        stretch: expected_stretch(&params.norm, input),
        coordinates: params.norm.coordinates(input).map(|count| count.to_string()),
        flips: flip.is_some_and(|claim| matches!(claim.test, Test::Bound { .. })),
    }
}
