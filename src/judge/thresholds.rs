//! The table of thresholds: the least widths found at which a step flips the sign, by every way.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::model::params::{Architecture, Params, Probability};
use crate::num::magnitude::Magnitude;
use crate::stage::flip::bound::threshold;
use crate::theory::ball::Way;
use crate::theory::direct::{self, expected};

/// A row of the table of thresholds: the least widths found at which a step flips the sign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// L.
    pub depth: usize,
    /// The slope of the activation; absent for ReLU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slope: Option<String>,
    /// The relative size of the biases, or with a gain their deviation; absent without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias: Option<String>,
    /// The gain of the weights, where the deviation of the biases is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<String>,
    /// The norm in which the step is short; absent for ℓ₂.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub norm: Option<String>,
    /// δ.
    pub delta: String,
    /// Proved by following the step through the layers; absent up to 10³⁶.
    pub direct: Option<String>,
    /// t there.
    pub step: Option<f64>,
    /// ‖u‖/‖x‖ there, at most.
    pub size: Option<Magnitude>,
    /// Proved from the affine error in a region, by Gaussian comparison.
    pub affine: Option<String>,
    /// Proved from the gradient change in a ball, by Gaussian comparison.
    pub comparison: Option<String>,
    /// Proved from the gradient change in a ball, by union bounds.
    pub plain: Option<String>,
    /// The other side: where the step t = 2, or the one asked for, is proved to fail in half of the
    /// networks, the widest found; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fails: Option<String>,
    /// Expected, without proof: where the share 1 − δ of steps flips the sign; absent where that is
    /// narrower than it is meant, or not resolved.
    pub expected: Option<String>,
}

/// The least widths found at which some step is proved to flip the sign: for equal widths at the
/// depths given, or at every depth up to that of `params` (at most nine of them), then at smaller
/// and smaller δ; for other widths, multiples of them.
pub fn thresholds(params: &Params, depths: &[usize]) -> Vec<Threshold> {
    let params = &params.of_each_pair();
    let (architecture, delta) = (&params.architecture, &params.delta);
    let depth = architecture.depth();
    let mut cases = Vec::new();
    let equal = |l: usize| (vec![architecture.input(); l + 1], delta.clone());
    if !depths.is_empty() {
        cases.extend(depths.iter().map(|&l| equal(l)));
    } else if architecture.is_equal() {
        let few = 1..=depth.min(8);
        cases.extend(few.chain((depth > 8).then_some(depth)).map(equal));
    } else {
        cases.push((architecture.widths().to_vec(), delta.clone()));
    }
    for text in ["1e-2", "1e-4", "1e-8"] {
        if depths.is_empty()
            && let Ok(smaller) = Probability::parse("delta", text)
            && smaller < *delta
        {
            cases.push((architecture.widths().to_vec(), smaller));
        }
    }
    let row = |(widths, delta): (Vec<u128>, Probability)| {
        let architecture = Architecture::new(widths).ok()?;
        Some(threshold_row(&Params { architecture, delta, ..params.clone() }))
    };
    cases.into_par_iter().filter_map(row).collect()
}

/// The widest network of equal widths found in which the step is proved to fail half of the time.
fn failing(params: &Params) -> Option<String> {
    if !params.norm.is_l2() || !params.architecture.is_equal() {
        return None;
    }
    let t = params.step().enclosure(params.precision());
    let width = direct::converse::widest_failing(params, &t)?;
    Some(format!("{width}x{}", params.architecture.depth()))
}

/// The multiples of one shape, by each way.
pub fn threshold_row(params: &Params) -> Threshold {
    let Params { architecture: shape, delta, slope, norm, .. } = params;
    let [bias, gain] = params.bias.record();
    let found = direct::threshold(params);
    // The other ways are about steps along the gradient.
    let by = |way| {
        let found = norm.is_l2().then(|| threshold(params, way));
        Some(found??.architecture.to_string())
    };
    Threshold {
        depth: shape.depth(),
        slope: slope.record(),
        bias,
        gain,
        norm: norm.record(),
        delta: delta.to_string(),
        direct: found.as_ref().map(|f| f.architecture.to_string()),
        step: found.as_ref().map(|f| f.step),
        size: found.map(|f| f.size),
        affine: by(Way::Affine),
        comparison: by(Way::Comparison),
        plain: by(Way::Plain),
        fails: failing(params),
        expected: expected::least(params).map(|a| a.to_string()),
    }
}
