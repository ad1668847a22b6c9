//! Lower bounds on ‖∇f(x)‖ that fail with probability at most δ. `proofs/gradient.md#lower`.

use crate::claim::{Direction, Variant};
use crate::magnitude::Magnitude;
use crate::num::search::minimise;
use crate::num::{Enclosure, Lower};
use crate::params::Params;
use crate::tail::{self, BinomialCut};

/// What is proved about the size of the gradient.
pub struct GradientBound {
    /// The largest of the variants; 0 where none says anything.
    pub best: Magnitude,
    /// `moment` and `split`, best first.
    pub variants: Vec<Variant>,
}

/// All variants, and the best of them.
pub fn lower(params: &Params) -> GradientBound {
    let (mut moment, mut split) = (moment(params), split(params));
    if let Some(tuned) = params.tuned() {
        moment = moment.best(self::moment(&tuned));
        split = split.best(self::split(&tuned));
    }
    let values = [("moment", moment.to_magnitude()), ("split", split.to_magnitude())];
    let variants = Variant::ranked(Direction::Lower, &values);
    GradientBound { best: moment.best(split).to_magnitude(), variants }
}

/// δ shared equally over the L layers and the χ² factor.
pub fn split(params: &Params) -> Lower {
    let (architecture, precision) = (&params.architecture, params.precision());
    let share = params.delta.share(architecture.depth() as u32 + 1);
    let mut square = tail::chi_square_lower(architecture.input(), &share, precision);
    for (width, count) in architecture.hidden_counts() {
        let factor = tail::rectified_lower(width, &share, precision);
        for _ in 0..count {
            square = square * &factor;
        }
    }
    square.sqrt()
}

/// All layers at once. Few active neurons are cut off layer by layer, at a share of δ; on the
/// rest P(A·C ≤ v²) ≤ v^{2p} · E[A^{−p}] · sup_c c^{−p} P(C ≤ c), best over p.
pub fn moment(params: &Params) -> Lower {
    // How much of δ to spend on the cut: little where layers are wide, up to half where not.
    let depth = params.architecture.depth() as u32;
    let shares: &[u32] = match params.architecture.hidden().iter().min() {
        None => &[1],
        Some(&least) if least > 1000 => &[1000],
        Some(_) => &[2, 6, 50, 1000],
    };
    shares
        .iter()
        .fold(Lower::zero(), |best, part| best.best(moment_with_cut(params, part * depth.max(1))))
}

/// The moment bound where each layer's cut may fail with probability δ/`parts`, or with that of
/// silence if it is larger.
fn moment_with_cut(params: &Params, parts: u32) -> Lower {
    let (architecture, precision) = (&params.architecture, params.precision());
    let share = params.delta.share(parts);
    let mut rest = params.delta.enclosure(precision);
    let mut layers = Vec::new();
    for (width, count) in architecture.hidden_counts() {
        let cut = BinomialCut::new(width, &share, precision);
        rest = rest - &cut.failure * count;
        layers.push((width, count, cut.at));
    }
    if !rest.is_positive() {
        return Lower::zero();
    }
    let dimension = architecture.input();
    let log_inverse_square = |p: &Enclosure| {
        let tail = tail::chi_square_log_lower_moment(dimension, p) - rest.ln();
        let sum = layers.iter().fold(tail, |sum, &(width, count, cut)| {
            sum + tail::rectified_log_negative_moment(width, p, cut) * count
        });
        sum / p
    };
    // Moments of order p exist below half of the degrees of freedom left everywhere.
    let degrees = layers.iter().map(|&(_, _, cut)| cut).chain([dimension]).min().unwrap_or(1);
    let largest = (0.5 * degrees as f64 * (1.0 - 1e-6)).ln();
    let variance: f64 =
        architecture.hidden().iter().map(|&d| 5.0 / d as f64).sum::<f64>() + 2.0 / dimension as f64;
    // The best p for a Gaussian logarithm of this variance.
    let centre = (2.0 * params.delta.nats() / variance).sqrt().ln().min(largest);
    let (_, best) =
        minimise(precision, centre - 4.0, (centre + 2.0).min(largest), 18, log_inverse_square);
    (-(best / 2)).exp().lower()
}
