//! Upper bounds on |f(x)| √d/‖x‖ that fail with probability at most δ. `proofs/output.md#upper`.

use std::collections::BTreeMap;

use crate::model::account::kind::{GAUSSIAN, PRODUCT, SUM_ABOVE};
use crate::model::account::{Account, Behind, Events, Shares, WHOLE};
use crate::model::claim::{Direction, Variant};
use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::num::search::minimise;
use crate::num::{Enclosure, Upper};
use crate::theory::tail;

/// What is proved about the size of the output.
pub struct OutputBound {
    /// The smallest of the variants.
    pub best: Magnitude,
    /// `best` over √log(1/δ), rounded up.
    pub constant: Magnitude,
    /// `moment` and `split`, best first.
    pub variants: Vec<Variant>,
    /// The events with which `best` may fail.
    pub behind: Behind,
}

/// A bound with the events behind it.
type Resting = (Upper, Behind);

/// The smaller.
fn better(a: Resting, b: Resting) -> Resting {
    if b.0.to_magnitude() < a.0.to_magnitude() { b } else { a }
}

/// All variants, and the best of them.
pub fn upper(params: &Params) -> OutputBound {
    let (mut moment, mut split) = (moment(params), split(params));
    if let Some(tuned) = params.tuned() {
        moment = better(moment, self::moment(&tuned));
        split = better(split, self::split(&tuned));
    }
    let values = [("moment", moment.0.to_magnitude()), ("split", split.0.to_magnitude())];
    let variants = Variant::ranked(Direction::Upper, &values);
    let (best, behind) = better(moment, split);
    let nats = -params.delta.enclosure(params.precision()).ln();
    OutputBound {
        best: best.to_magnitude(),
        constant: (best / nats.sqrt().lower()).to_magnitude(),
        variants,
        behind,
    }
}

/// δ shared equally over the L layers and the Gaussian output weights.
pub fn split(params: &Params) -> Resting {
    let (architecture, precision) = (&params.architecture, params.precision());
    let depth = architecture.depth() as u64;
    let plan = Shares::equal(&[(SUM_ABOVE, 1..=depth), (GAUSSIAN, WHOLE)]);
    let like = Enclosure::integer(precision, 0);
    let mut account = Account::open(&like, &params.delta, &plan, precision);
    let mut events = Events::default();
    account.draw_once(GAUSSIAN, &mut events);
    account.draw_all(SUM_ABOVE, 1..=depth, None, &mut events);
    let q = tail::gaussian_upper(&account.share(GAUSSIAN), precision);
    let factors: BTreeMap<u128, Upper> = architecture
        .hidden_counts()
        .into_keys()
        .map(|width| {
            let share = account.share(SUM_ABOVE);
            (width, tail::rectified_upper(width, &params.slope, &share, precision))
        })
        .collect();
    let mut square = q.clone() * q;
    if params.bias.is_none() {
        for (width, count) in architecture.hidden_counts() {
            for _ in 0..count {
                square = square * &factors[&width];
            }
        }
    } else {
        let biases = params.bias_variances(&like);
        let mut size = Enclosure::integer(precision, 1).upper();
        for (width, bias) in architecture.hidden().iter().zip(&biases) {
            size = (size + bias.upper()) * &factors[width];
        }
        let last = biases.last().map_or(Upper::infinite(), Enclosure::upper);
        square = square * (size + last);
    }
    (square.sqrt(), Behind { book: account.close(), events })
}

/// All layers at once: P(A·Z² ≥ u²) ≤ u^{−2p} · E Aᵖ · sup_t tᵖ P(Z² ≥ t), best over p.
pub fn moment(params: &Params) -> Resting {
    let (architecture, precision) = (&params.architecture, params.precision());
    let plan = Shares::whole(PRODUCT);
    let like = Enclosure::integer(precision, 0);
    let mut account = Account::open(&like, &params.delta, &plan, precision);
    let mut events = Events::default();
    let nats = account.draw_once(PRODUCT, &mut events);
    let layers = architecture.hidden_counts();
    let biases = params.bias_variances(&like);
    let log_square = |p: &Enclosure| {
        let tail = tail::gaussian_log_tail_moment(p) + &nats;
        let moment = |width: u128| tail::rectified_log_moment(width, &params.slope, p);
        if !params.bias.is_none() {
            let moments = layers.keys().map(|&width| (width, moment(width))).collect();
            return (tail + log_moment_of_sum(architecture.hidden(), &biases, &moments, p)) / p;
        }
        let sum = layers.iter().fold(tail, |sum, (&width, &count)| sum + moment(width) * count);
        sum / p
    };
    // The Gaussian factor alone would take p ≈ log(1/δ); fluctuations of A only lower it.
    let largest = (2.0 * params.delta.nats() + 4.0).ln();
    let smallest = params.delta.log_complement() - 5.0;
    let steps = 20 + (-smallest / 2.0) as u32;
    let (_, best) = minimise(precision, smallest, largest, steps, log_square);
    ((best / 2).exp().upper(), Behind { book: account.close(), events })
}

/// log E qᵖ, q = q_L + β²_{L+1}, q_i = (q_{i−1} + β_i²)S_i/d_i, q_0 = 1, from above: by Minkowski's
/// inequality for p ≥ 1, term by term for p ≤ 1. `moments` are log E(S/d)ᵖ by width.
fn log_moment_of_sum(
    hidden: &[u128],
    biases: &[Enclosure],
    moments: &BTreeMap<u128, Enclosure>,
    p: &Enclosure,
) -> Enclosure {
    let one = Enclosure::integer(p.precision(), 1);
    let convex = one.certainly_le(p);
    if !convex && !p.certainly_le(&one) {
        return Enclosure::whole(p.precision());
    }
    // ‖q‖_p, or E qᵖ.
    let part = |bias: &Enclosure| if convex { bias.clone() } else { (bias.ln() * p).exp() };
    let grown = |width| {
        let log: &Enclosure = &moments[&width];
        if convex { (log / p).exp() } else { log.exp() }
    };
    let steps: BTreeMap<u128, Enclosure> = moments.keys().map(|&d| (d, grown(d))).collect();
    let mut size = one;
    for (width, bias) in hidden.iter().zip(biases) {
        size = (size + part(bias)) * &steps[width];
    }
    let whole = biases.last().map_or(size.clone(), |last| size + part(last)).ln();
    if convex { whole * p } else { whole }
}
