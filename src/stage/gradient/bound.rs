//! Lower bounds on ‖∇f(x)‖ that fail with probability at most δ. `proofs/gradient.md#lower`.

use std::collections::HashMap;

use rug::Rational;

use crate::model::account::kind::{BACK_BELOW, CHI_BELOW, CUT, PRODUCT};
use crate::model::account::{Account, Behind, Book, Events, Shares, WHOLE};
use crate::model::claim::{Direction, Variant};
use crate::model::params::Params;
use crate::model::slope::Slope;
use crate::num::magnitude::Magnitude;
use crate::num::search::minimise;
use crate::num::{Enclosure, Lower};
use crate::theory::tail::{self, BinomialCut};

/// What is proved about the size of the gradient.
pub struct GradientBound {
    /// The largest of the variants; 0 where none says anything.
    pub best: Magnitude,
    /// `moment` and `split`, best first.
    pub variants: Vec<Variant>,
    /// The events with which `best` may fail.
    pub behind: Behind,
}

/// A bound with the events behind it.
type Resting = (Lower, Behind);

/// The larger.
fn better(a: Resting, b: Resting) -> Resting {
    if b.0.to_magnitude() > a.0.to_magnitude() { b } else { a }
}

/// All variants, and the best of them.
pub fn lower(params: &Params) -> GradientBound {
    let (mut moment, mut split) = (moment(params), split(params));
    if let Some(tuned) = params.tuned() {
        moment = better(moment, self::moment(&tuned));
        split = better(split, self::split(&tuned));
    }
    let values = [("moment", moment.0.to_magnitude()), ("split", split.0.to_magnitude())];
    let variants = Variant::ranked(Direction::Lower, &values);
    let (best, behind) = better(moment, split);
    GradientBound { best: best.to_magnitude(), variants, behind }
}

/// δ shared equally over the L layers and the χ² factor.
pub fn split(params: &Params) -> Resting {
    let (architecture, precision) = (&params.architecture, params.precision());
    let depth = architecture.depth() as u64;
    let plan = Shares::equal(&[(BACK_BELOW, 1..=depth), (CHI_BELOW, WHOLE)]);
    let like = Enclosure::integer(precision, 0);
    let mut account = Account::open(&like, &params.delta, &plan, precision);
    let mut events = Events::default();
    account.draw_once(CHI_BELOW, &mut events);
    account.draw_all(BACK_BELOW, 1..=depth, None, &mut events);
    let share = account.share(CHI_BELOW);
    let mut square = tail::chi_square_lower(architecture.input(), &share, precision);
    for (width, count) in architecture.hidden_counts() {
        let factor =
            tail::rectified_lower(width, &params.slope, &account.share(BACK_BELOW), precision);
        for _ in 0..count {
            square = square * &factor;
        }
    }
    (square.sqrt(), Behind { book: account.close(), events })
}

/// All layers at once: P(A·C ≤ v²) ≤ v^{2p} · E[A^{−p}] · sup_c c^{−p} P(C ≤ c), best over p. Where
/// neurons may be silent, few active ones are cut off layer by layer before, at a share of δ.
pub fn moment(params: &Params) -> Resting {
    // How much of δ to spend on the cut: little where layers are wide, up to half where not.
    let depth = params.architecture.depth() as u32;
    let shares: &[u32] = match params.architecture.hidden().iter().min() {
        None => &[1],
        Some(&least) if least > 1000 => &[1000],
        Some(_) => &[2, 6, 50, 1000],
    };
    let nothing = Behind { book: Book::open(&params.delta).into(), events: Events::default() };
    // What silent neurons would leave is less than what neurons of any slope do: near ReLU, where
    // few active ones make negative moments large, that may be the better bound.
    let slope = params.slope.to_f64().abs();
    let none = (slope > 0.0).then(|| moment_of(params, &params.slope, 1));
    let best = none.into_iter().fold((Lower::zero(), nothing), better);
    let shares = if slope < NEARLY_RELU { shares } else { &[] };
    shares.iter().fold(best, |best, part| {
        better(best, moment_of(params, &Slope::relu(), part * depth.max(1)))
    })
}

/// The slope up to which neurons are looked at as if they were silent, too.
const NEARLY_RELU: f64 = 0.05;

/// The moment bound of this slope: where each layer's cut may fail with probability δ/`parts`, or
/// with that of silence if it is larger; without cuts where no neuron is ever silent.
fn moment_of(params: &Params, slope: &Slope, parts: u32) -> Resting {
    let (architecture, precision) = (&params.architecture, params.precision());
    let share = params.delta.share(parts);
    let (mut book, mut events) = (Book::open(&params.delta), Events::default());
    let cut = |width| slope.is_relu().then(|| BinomialCut::new(width, &share, precision));
    let cuts: HashMap<u128, BinomialCut> = architecture
        .hidden_counts()
        .into_keys()
        .filter_map(|width| Some((width, cut(width)?)))
        .collect();
    let mut layer = 1;
    for run in architecture.hidden().chunk_by(|a, b| a == b) {
        let next = layer + run.len() as u64;
        let Some(cut) = cuts.get(&run[0]) else { break };
        let each = cut.failure.hi_rational().unwrap_or_else(|| Rational::from(1));
        if !book.affords(&each, run.len() as u64) {
            return (Lower::zero(), Behind { book: book.into(), events });
        }
        book.pay(CUT, layer..=next - 1, &each, &mut events);
        layer = next;
    }
    let rest = book.rest();
    if rest <= 0 {
        return (Lower::zero(), Behind { book: book.into(), events });
    }
    book.pay(PRODUCT, WHOLE, &rest, &mut events);
    let nats = -Enclosure::rational(precision, &rest).ln();
    let dimension = architecture.input();
    let counts = architecture.hidden_counts();
    // Degrees of freedom that are left of a layer.
    let left = |width: u128| cuts.get(&width).map_or(width, |cut| cut.at);
    let log_inverse_square = |p: &Enclosure| {
        let tail = tail::chi_square_log_lower_moment(dimension, p) + &nats;
        let sum = counts.iter().fold(tail, |sum, (&width, &count)| {
            sum + tail::rectified_log_negative_moment(width, slope, p, left(width)) * count
        });
        sum / p
    };
    // Moments of order p exist below half of the degrees of freedom left everywhere.
    let degrees = counts.keys().map(|&width| left(width)).chain([dimension]).min().unwrap_or(1);
    let largest = (0.5 * degrees as f64 * (1.0 - 1e-6)).ln();
    let variance: f64 =
        architecture.hidden().iter().map(|&d| 5.0 / d as f64).sum::<f64>() + 2.0 / dimension as f64;
    // The best p for a Gaussian logarithm of this variance.
    let centre = (2.0 * params.delta.nats() / variance).sqrt().ln().min(largest);
    // That of a logarithm which is not may be far above it where δ is close to 1.
    let to = (centre + 2.0).max(0.0).min(largest);
    let steps = 18 + (to - centre - 2.0).max(0.0) as u32;
    let (_, best) = minimise(precision, centre - 4.0, to, steps, log_inverse_square);
    ((-(best / 2)).exp().lower(), Behind { book: book.into(), events })
}
