//! Upper bounds on |f(x)| √d/‖x‖ that fail with probability at most δ. `proofs/output.md#upper`.

use crate::claim::{Direction, Variant};
use crate::magnitude::Magnitude;
use crate::num::search::minimise;
use crate::num::{Enclosure, Upper};
use crate::params::Params;
use crate::tail;

/// What is proved about the size of the output.
pub struct OutputBound {
    /// The smallest of the variants.
    pub best: Magnitude,
    /// `best` over √log(1/δ), rounded up.
    pub constant: Magnitude,
    /// `moment` and `split`, best first.
    pub variants: Vec<Variant>,
}

/// All variants, and the best of them.
pub fn upper(params: &Params) -> OutputBound {
    let (mut moment, mut split) = (moment(params), split(params));
    if let Some(tuned) = params.tuned() {
        moment = moment.best(self::moment(&tuned));
        split = split.best(self::split(&tuned));
    }
    let values = [("moment", moment.to_magnitude()), ("split", split.to_magnitude())];
    let variants = Variant::ranked(Direction::Upper, &values);
    let best = moment.best(split);
    let nats = -params.delta.enclosure(params.precision()).ln();
    OutputBound {
        best: best.to_magnitude(),
        constant: (best / nats.sqrt().lower()).to_magnitude(),
        variants,
    }
}

/// δ shared equally over the L layers and the Gaussian output weights.
pub fn split(params: &Params) -> Upper {
    let (architecture, precision) = (&params.architecture, params.precision());
    let share = params.delta.share(architecture.depth() as u32 + 1);
    let q = tail::gaussian_upper(&share, precision);
    let mut square = q.clone() * q;
    for (width, count) in architecture.hidden_counts() {
        let factor = tail::rectified_upper(width, &share, precision);
        for _ in 0..count {
            square = square * &factor;
        }
    }
    square.sqrt()
}

/// All layers at once: P(A·Z² ≥ u²) ≤ u^{−2p} · E Aᵖ · sup_t tᵖ P(Z² ≥ t), best over p.
pub fn moment(params: &Params) -> Upper {
    let (architecture, precision) = (&params.architecture, params.precision());
    let nats = -params.delta.enclosure(precision).ln();
    let layers = architecture.hidden_counts();
    let log_square = |p: &Enclosure| {
        let tail = tail::gaussian_log_tail_moment(p) + &nats;
        let sum = layers
            .iter()
            .fold(tail, |sum, (&width, &count)| sum + tail::rectified_log_moment(width, p) * count);
        sum / p
    };
    // The Gaussian factor alone would take p ≈ log(1/δ); fluctuations of A only lower it.
    let largest = (2.0 * params.delta.nats() + 4.0).ln();
    let smallest = params.delta.log_complement() - 5.0;
    let steps = 20 + (-smallest / 2.0) as u32;
    let (_, best) = minimise(precision, smallest, largest, steps, log_square);
    (best / 2).exp().upper()
}
