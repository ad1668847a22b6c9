//! How far the step is followed, and which layer costs most.

use serde::{Deserialize, Serialize};

use super::statements::{ERROR, FLIP};
use crate::model::claim::Claim;
use crate::model::params::Params;
use crate::model::statement::Statement;
use crate::num::grouped;
use crate::num::magnitude::Magnitude;
use crate::theory::direct;

/// How far the adversarial step is followed through the layers, and which of them costs most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Followed {
    /// t.
    pub step: f64,
    /// Is the sign proved to flip?
    pub flips: bool,
    /// Hidden layers of which something is proved.
    pub layers: usize,
    /// The layer that moves the output most, as bounded; without any, the narrowest, 0 being the
    /// input.
    pub costliest: usize,
    /// Its width, as text: it may be too large for JSON numbers.
    pub width: String,
    /// Its part of the sum of direct.error over these layers; absent without any.
    pub share: Option<f64>,
}

/// How far the step is followed by the claims of the stage, and the layer that costs most; `None`
/// without hidden layers.
pub fn followed(params: &Params, claims: &[Claim]) -> Option<Followed> {
    let widths = params.architecture.widths();
    let bounds = |statement: &'static Statement| {
        let about = claims.iter().filter(move |claim| std::ptr::eq(claim.statement, statement));
        about.map(|claim| claim.bound().filter(|value| value.is_finite()))
    };
    let errors: Vec<f64> = bounds(&ERROR).map_while(|error| error.map(Magnitude::to_f64)).collect();
    let most = (0..errors.len()).max_by(|&a, &b| errors[a].total_cmp(&errors[b]));
    let narrowest = (0..widths.len()).min_by_key(|&layer| widths[layer])?;
    let costliest = most.map_or(narrowest, |i| i + 1);
    (widths.len() > 1).then(|| Followed {
        step: direct::step(&params.in_l2()),
        flips: bounds(&FLIP).flatten().next().is_some(),
        layers: errors.len(),
        costliest,
        width: grouped(widths[costliest]).replace(',', ""),
        share: most
            .map(|i| errors[i] / errors.iter().sum::<f64>())
            .filter(|share| share.is_finite()),
    })
}
