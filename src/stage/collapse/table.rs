//! The tables of angles and of spheres.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{bound, predict};
use crate::model::params::{Amount, Params};
use crate::num::magnitude::Magnitude;
use crate::num::{Enclosure, grouped};
use crate::theory::angle;
use crate::theory::pair::sphere;

/// The angle between two inputs after one hidden layer, in radians.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Angle {
    /// i.
    pub layer: usize,
    /// In the limit of large widths.
    pub limit: f64,
    /// The envelopes of the limit, rounded outward.
    pub envelope: [Magnitude; 2],
    /// The median expected at these widths, without proof; absent where they are too small for it.
    pub median: Option<f64>,
    /// The (1−δ)-quantile expected at these widths, likewise.
    pub quantile: Option<f64>,
    /// Proved at these widths, rounded up; ∞ where nothing is.
    pub proved: Magnitude,
}

/// A row of the table of spheres.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sphere {
    /// d.
    pub dimension: u64,
    /// Ω ‖h_L(x)‖/√d_L is the largest change of f on the sphere.
    pub oscillation: f64,
    /// The least depth found, with widths as large as may be; absent where there is none.
    pub depth: Option<u64>,
    /// Twice that depth, and the least width found there.
    pub deeper: Option<u64>,
    /// As text: it may be too large for JSON numbers.
    pub width: Option<String>,
}

/// One entry per hidden layer.
pub fn angles(params: &Params) -> Vec<Angle> {
    let start = params.start.one_minus_cos(params.precision());
    let moving = start.is_positive();
    let envelopes = if moving { bound::envelopes(params, &start) } else { Vec::new() };
    let expected = predict::layers(params).into_iter();
    let proved = bound::angles(params).into_iter();
    expected
        .zip(proved)
        .enumerate()
        .map(|(i, (expected, proved))| {
            let envelope = envelopes.get(i).map_or([Magnitude::ZERO; 2], |s| {
                let theta = angle::theta(s);
                [theta.lower().to_magnitude(), theta.upper().to_magnitude()]
            });
            Angle {
                layer: i + 1,
                limit: expected.limit,
                envelope,
                median: expected.median,
                quantile: expected.quantile,
                proved: proved.best,
            }
        })
        .collect()
}

/// Input dimensions of the table of spheres.
const DIMENSIONS: [u64; 10] = [2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000];

/// Depths and widths at which f is proved to change by at most Ω ‖h_L(x)‖/√d_L on the sphere, for
/// Ω = 1/√d or the one given, at the slope of `params` and without biases.
pub fn spheres(oscillation: Option<&Amount>, params: &Params) -> Vec<Sphere> {
    let delta = params.delta.capped();
    let row = |&dimension: &u64| {
        let target = match oscillation {
            Some(amount) => amount.enclosure(BITS),
            None => Enclosure::integer(BITS, 1) / Enclosure::integer(BITS, dimension).sqrt(),
        };
        let found = sphere::least(u128::from(dimension), &params.slope, &target, &delta);
        Sphere {
            dimension,
            oscillation: target.to_f64(),
            depth: found.map(|[any, _]| any.depth),
            deeper: found.map(|[_, deep]| deep.depth),
            width: found.map(|[_, deep]| grouped(deep.width).replace(',', "")),
        }
    };
    DIMENSIONS.par_iter().map(row).collect()
}

/// For widths up to 10³⁶ and what cancels there.
const BITS: u32 = 512;
