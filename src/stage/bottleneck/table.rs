//! The table of the bottleneck: what is proved of each hidden layer.

use serde::{Deserialize, Serialize};

use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::num::{Enclosure, grouped};
use crate::theory::ball::{Control, Layer, count, plain, upper};

/// The picture of the bottleneck: one hidden layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerBounds {
    /// j.
    pub layer: usize,
    /// d_j, as text: it may be too large for JSON numbers.
    pub width: String,
    /// The last narrowest layer before j; 0 is the input.
    pub bottleneck: usize,
    /// r_j = d_{b(j)}.
    pub rank: String,
    /// √(d_j/r_j): the scale of the layer that its bottleneck suggests.
    pub naive: f64,
    /// log N_j: subspaces counted by the plain way.
    pub log_family: Magnitude,
    /// K_j, the plain way's Lipschitz constant of this layer alone.
    pub gain: Magnitude,
    /// What the two ways prove: by union bounds, then by Gaussian comparison.
    pub plain: Proved,
    /// By Gaussian comparison.
    pub comparison: Proved,
}

/// What is proved about one layer by one way; upper bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proved {
    /// m_j.
    pub flips: Magnitude,
    /// κ_j.
    pub rows: Magnitude,
    /// τ_j.
    pub drift: Magnitude,
    /// σ_j.
    pub lipschitz: Magnitude,
    /// e_j.
    pub term: Magnitude,
}

/// One entry per hidden layer.
pub fn layers(params: &Params) -> Vec<LayerBounds> {
    let Some(control) = Control::new(params) else { return Vec::new() };
    let widths = params.architecture.widths();
    let text = |width: u128| grouped(width).replace(',', "");
    let proved = |layer: &Layer<Enclosure>| Proved {
        flips: count(layer.flips),
        rows: upper(&layer.rows),
        drift: upper(&layer.drift),
        lipschitz: upper(&layer.lipschitz),
        term: upper(&layer.term),
    };
    let pairs = control.plain.iter().zip(&control.comparison).enumerate();
    pairs
        .map(|(i, (by_plain, by_comparison))| {
            let layer = i + 1;
            let bottleneck = plain::bottleneck(widths, layer);
            let of = |x: &Option<Enclosure>| x.as_ref().map_or(Magnitude::INFINITY, upper);
            LayerBounds {
                layer,
                width: text(widths[layer]),
                bottleneck,
                rank: text(widths[bottleneck]),
                naive: (widths[layer] as f64 / widths[bottleneck] as f64).sqrt(),
                log_family: of(&by_plain.family),
                gain: of(&by_plain.gain),
                plain: proved(by_plain),
                comparison: proved(by_comparison),
            }
        })
        .collect()
}
