//! Lower bounds on ‖∇f(x)‖ that fail with probability at most δ. `proofs/gradient.md#lower`.

use std::collections::{BTreeMap, HashMap};

use rug::Rational;

use crate::model::account::kind::{BACK_BELOW, CHI_BELOW, CUT, PRODUCT};
use crate::model::account::{Account, Behind, Book, Events, Shares, WHOLE};
use crate::model::claim::{Direction, Variant};
use crate::model::params::Params;
use crate::model::slope::Slope;
use crate::num::magnitude::Magnitude;
use crate::num::search::{argmin, minimise};
use crate::num::{Enclosure, Lower};
use crate::theory::tail::{self, BinomialCut};

/// What is proved about the size of the gradient.
pub struct GradientBound {
    /// The largest of the variants; 0 where none says anything.
    pub best: Magnitude,
    /// `moment`, `split` and `narrow`, best first.
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
    let tuned = params.tuned();
    let at_best = |way: fn(&Params) -> Resting| {
        let own = way(params);
        tuned.iter().fold(own, |best, tuned| better(best, way(tuned)))
    };
    let mut ways = vec![("moment", at_best(moment)), ("split", at_best(split))];
    if narrowest(params).is_some() {
        ways.push(("narrow", at_best(narrow)));
    }
    let values: Vec<_> = ways.iter().map(|(name, way)| (*name, way.0.to_magnitude())).collect();
    let variants = Variant::ranked(Direction::Lower, &values);
    let (best, behind) = ways.into_iter().map(|(_, way)| way).fold(nothing(params), better);
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
    // What silent neurons would leave is less than what neurons of any slope do: near ReLU, where
    // few active ones make negative moments large, that may be the better bound.
    let slope = params.slope.to_f64().abs();
    let none = (slope > 0.0).then(|| moment_of(params, &params.slope, 1));
    let best = none.into_iter().fold(nothing(params), better);
    let shares = if slope < NEARLY_RELU { shares } else { &[] };
    shares.iter().fold(best, |best, part| {
        better(best, moment_of(params, &Slope::relu(), part * depth.max(1)))
    })
}

/// The slope up to which neurons are looked at as if they were silent, too.
const NEARLY_RELU: f64 = 0.05;

/// δ of which every layer's cut is paid, but for `spared`, and the rest to spend on the product:
/// a cut may fail with probability δ/`parts`, or with that of silence if it is larger; none is paid
/// where no neuron is ever silent.
struct Cuts {
    at: HashMap<u128, BinomialCut>,
    book: Book,
    events: Events,
    /// What is left of δ.
    rest: Rational,
}

impl Cuts {
    /// `None` where δ does not pay for them.
    fn new(params: &Params, slope: &Slope, parts: u32, spared: Option<usize>) -> Option<Self> {
        let (architecture, precision) = (&params.architecture, params.precision());
        let share = params.delta.share(parts);
        let (mut book, mut events) = (Book::open(&params.delta), Events::default());
        let cut = |width| slope.is_relu().then(|| BinomialCut::new(width, &share, precision));
        let at: HashMap<u128, BinomialCut> = architecture
            .hidden_counts()
            .into_keys()
            .filter_map(|width| Some((width, cut(width)?)))
            .collect();
        let hidden = architecture.hidden();
        let indices: Vec<usize> = (0..hidden.len()).filter(|&i| Some(i) != spared).collect();
        for run in indices.chunk_by(|&i, &j| j == i + 1 && hidden[i] == hidden[j]) {
            let Some(cut) = at.get(&hidden[run[0]]) else { break };
            let each = cut.failure.hi_rational().unwrap_or_else(|| Rational::from(1));
            if !book.affords(&each, run.len() as u64) {
                return None;
            }
            let layers = run[0] as u64 + 1..=run[run.len() - 1] as u64 + 1;
            book.pay(CUT, layers, &each, &mut events);
        }
        let rest = book.rest();
        if rest <= 0 {
            return None;
        }
        book.pay(PRODUCT, WHOLE, &rest, &mut events);
        Some(Cuts { at, book, events, rest })
    }

    /// Degrees of freedom that are left of a layer.
    fn left(&self, width: u128) -> u128 {
        self.at.get(&width).map_or(width, |cut| cut.at)
    }

    fn behind(self) -> Behind {
        Behind { book: self.book.into(), events: self.events }
    }
}

/// Nothing proved, at no price.
fn nothing(params: &Params) -> Resting {
    (Lower::zero(), Behind { book: Book::open(&params.delta).into(), events: Events::default() })
}

/// log Π E[(S_i/d_i)^{−p}; N_i ≥ k_i] · sup_c c^{−p} P(C ≤ c), over layers of these counts.
fn log_product(
    params: &Params,
    slope: &Slope,
    cuts: &Cuts,
    counts: &BTreeMap<u128, u32>,
    p: &Enclosure,
) -> Enclosure {
    let tail = tail::chi_square_log_lower_moment(params.architecture.input(), p);
    counts.iter().fold(tail, |sum, (&width, &count)| {
        sum + tail::rectified_log_negative_moment(width, slope, p, cuts.left(width)) * count
    })
}

/// Between which logarithms to look for p: moments of order p exist below half of the degrees of
/// freedom left everywhere.
fn orders(params: &Params, cuts: &Cuts, counts: &BTreeMap<u128, u32>) -> (f64, f64, u32) {
    let dimension = params.architecture.input();
    let degrees = counts.keys().map(|&width| cuts.left(width)).chain([dimension]).min();
    let largest = (0.5 * degrees.unwrap_or(1) as f64 * (1.0 - 1e-6)).ln();
    let variance = counts.iter().map(|(&d, &count)| 5.0 * f64::from(count) / d as f64).sum::<f64>()
        + 2.0 / dimension as f64;
    // The best p for a Gaussian logarithm of this variance.
    let centre = (2.0 * params.delta.nats() / variance).sqrt().ln().min(largest);
    // That of a logarithm which is not may be far above it where δ is close to 1.
    let to = (centre + 2.0).max(0.0).min(largest);
    (centre - 4.0, to, 18 + (to - centre - 2.0).max(0.0) as u32)
}

/// The moment bound of this slope.
fn moment_of(params: &Params, slope: &Slope, parts: u32) -> Resting {
    let Some(cuts) = Cuts::new(params, slope, parts, None) else { return nothing(params) };
    let nats = -Enclosure::rational(params.precision(), &cuts.rest).ln();
    let counts = params.architecture.hidden_counts();
    let log_inverse_square =
        |p: &Enclosure| (log_product(params, slope, &cuts, &counts, p) + &nats) / p;
    let (from, to, steps) = orders(params, &cuts, &counts);
    let (_, best) = minimise(params.precision(), from, to, steps, log_inverse_square);
    ((-(best / 2)).exp().lower(), cuts.behind())
}

/// The width up to which a layer's own distribution function takes the place of its moments.
const NARROW: u128 = 128;

/// Which hidden layer that may be; at slopes near 0, as if neurons were silent.
fn narrowest(params: &Params) -> Option<usize> {
    let hidden = params.architecture.hidden();
    let least = (0..hidden.len()).min_by_key(|&i| hidden[i]).filter(|&i| hidden[i] <= NARROW);
    least.filter(|_| params.slope.to_f64().abs() < NEARLY_RELU)
}

/// The narrowest layer by its distribution function, all others by a moment. Where δ is near 1,
/// that of a smaller δ serves.
pub fn narrow(params: &Params) -> Resting {
    let Some(spared) = narrowest(params).filter(|_| params.tuned().is_none()) else {
        return nothing(params);
    };
    let depth = params.architecture.depth() as u32;
    [2, 50, 1000]
        .iter()
        .fold(nothing(params), |best, part| better(best, narrow_of(params, spared, part * depth)))
}

fn narrow_of(params: &Params, spared: usize, parts: u32) -> Resting {
    let relu = Slope::relu();
    let Some(cuts) = Cuts::new(params, &relu, parts, Some(spared)) else { return nothing(params) };
    let width = params.architecture.hidden()[spared];
    let mut counts = params.architecture.hidden_counts();
    if let Some(count) = counts.get_mut(&width) {
        *count -= 1;
    }
    counts.retain(|_, count| *count > 0);
    let allowed = Enclosure::rational(params.precision(), &cuts.rest);
    let product = |p: &Enclosure| log_product(params, &relu, &cuts, &counts, p);
    let (from, to, steps) = orders(params, &cuts, &counts);
    let rough = |p: f64| {
        let product = product(&Enclosure::point(ROUGH_PRECISION, p)).to_f64();
        product / p - tail::rough_narrow(width, p, allowed.to_f64())
    };
    let p = Enclosure::point(params.precision(), argmin(from, to, steps, rough));
    let Some(log) = tail::log_narrow(width, &p, &allowed) else { return nothing(params) };
    let square = log - product(&p) / &p;
    ((square / 2).exp().lower(), cuts.behind())
}

/// Bits in the search for p.
const ROUGH_PRECISION: u32 = 64;
