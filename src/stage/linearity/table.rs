//! The table of radii: how large a ball may be.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::theory::ball::{self, Way};

/// The radius of the ball in which a change is proved to be at most ε.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Radius {
    /// `plain`, `comparison` (gradient) or `affine` (affine error).
    pub way: String,
    /// ε.
    pub epsilon: f64,
    /// R/‖x‖, rounded down; absent in the linear case, where every ball serves.
    pub radius: Option<Magnitude>,
}

/// R(½) in each way.
pub fn radii(params: &Params) -> Vec<Radius> {
    let epsilon = 0.5;
    let radius = |way: Way| Radius {
        way: way.name().into(),
        epsilon,
        radius: ball::radius(params, epsilon, way),
    };
    [Way::Affine, Way::Comparison, Way::Plain].into_par_iter().map(radius).collect()
}
