//! How δ is shared, and which step is taken: searched in `f64`, then certified.

use super::curves::Curves;
use super::terms::Power;
use super::{Layer, Nats, Setup, follow};
use crate::distribution::ratio::RatioLaw;
use crate::magnitude::Magnitude;
use crate::num::search::argmin;
use crate::num::{Enclosure, Number};
use crate::params::{Amount, Architecture, Params, Probability};
use crate::scaling;
use crate::tail::gaussian_log_tail_moment;

/// One part of δ out of so many is for everything but κ; the best of these is taken.
const PARTS: [u32; 6] = [2, 3, 5, 8, 14, 30];
/// An event of a term gets so many times the share of one on the norms of a single layer,
const WEIGHT: u32 = 12;
/// and one on the norms of all layers at once so many.
const GLOBAL: u32 = 6;
/// The steps t that are tried.
const STEPS: (f64, f64) = (1.3, 8.0);
/// Golden-section steps for t.
const FINE: u32 = 9;

/// The events of `proofs/direct.md#events` at depth L ≥ 1 but κ ≤ q and those of terms: on single layers, and on all
/// at once.
fn events(depth: u32) -> [u32; 2] {
    // S′ in each layer, and three cuts below the last; ‖G₀‖, and five curves and two sides of the martingale.
    if depth == 1 { [1, 2] } else { [depth + 3 * (depth - 1), 9] }
}

/// δ shared over the events.
struct Shares {
    kappa: Probability,
    minor: Probability,
    global: Probability,
    term: Probability,
}

impl Shares {
    fn new(delta: &Probability, depth: usize, parts: u32) -> Self {
        let depth = depth as u32;
        let [single, all] = events(depth);
        let units = single + GLOBAL * all + 2 * depth * WEIGHT;
        let rest = delta.share(parts);
        Shares {
            kappa: delta.portion(parts - 1, parts),
            minor: rest.share(units),
            global: rest.portion(GLOBAL, units),
            term: rest.portion(WEIGHT, units),
        }
    }
}

/// The order of the moment for the noise, and log sup t^p P(|Z| ≥ t).
fn power<N: Number>(nats: &N, precision: u32) -> Power<N> {
    // Near the best where the variance is concentrated; a point with few bits.
    let order = (8.0 * (2.0 * nats.to_f64() + 1.0)).round() / 8.0;
    let supremum = gaussian_log_tail_moment(&Enclosure::point(precision, order / 2.0)).hi();
    Power { order: nats.like(order), log_supremum: nats.near(&supremum) }
}

/// In `f64`, for one network and one way to share δ.
struct Rough<'a> {
    widths: &'a [u128],
    setup: Setup<f64>,
}

impl<'a> Rough<'a> {
    fn new(
        architecture: &'a Architecture,
        delta: &Probability,
        law: &RatioLaw,
        parts: u32,
    ) -> Self {
        let depth = architecture.depth();
        let shares = Shares::new(delta, depth, parts);
        let [minor, global, term] =
            [&shares.minor, &shares.global, &shares.term].map(Probability::nats);
        let curves = Curves::rough(&architecture.hidden()[..depth - 1], global);
        let setup = Setup {
            step: 2.0,
            quantile: law.rough_bound(&shares.kappa),
            nats: Nats { minor, global, term },
            curves,
            power: power(&term, 64),
        };
        Rough { widths: architecture.widths(), setup }
    }

    /// F/f after the last layer; large where nothing is proved, larger the earlier it fails.
    fn output(&self, t: f64) -> f64 {
        let layers = follow(self.widths, &Setup { step: t, ..self.setup.clone() });
        match after(&layers, self.widths.len() - 1) {
            Some(output) if !output.is_nan() => output,
            _ => 1e3 * (self.widths.len() - layers.len()) as f64,
        }
    }

    /// The t with the most to spare, as a part of t.
    fn best(&self) -> f64 {
        let (low, high) = STEPS;
        let spared = |excess: f64| self.output(1.0 + excess) / (1.0 + excess);
        1.0 + argmin((low - 1.0).ln(), (high - 1.0).ln(), FINE, spared)
    }
}

/// F/f after the last of `depth` layers, at most.
fn after<N: Clone>(layers: &[Layer<N>], depth: usize) -> Option<N> {
    let last = layers.last().filter(|_| layers.len() == depth)?;
    last.moved.as_ref().map(|moved| moved.output.clone())
}

/// A step and a way to share δ that are near the best; `None` without hidden layers.
fn choose(architecture: &Architecture, delta: &Probability) -> Option<(f64, u32)> {
    if architecture.depth() == 0 {
        return None;
    }
    let law = RatioLaw::new(architecture.input());
    // The best share hardly depends on t.
    let typical = Rough::new(architecture, delta, &law, 5).best();
    let parts = best_parts(architecture, delta, &law, typical);
    Some((Rough::new(architecture, delta, &law, parts).best(), parts))
}

fn best_parts(architecture: &Architecture, delta: &Probability, law: &RatioLaw, t: f64) -> u32 {
    let output = |parts: u32| Rough::new(architecture, delta, law, parts).output(t);
    let ranked = PARTS.into_iter().map(|parts| (parts, output(parts)));
    ranked.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(PARTS[2], |best| best.0)
}

/// The t with the most to spare, as a part of t, for the widths and δ of `params`, as found; 2 in the linear case, where every
/// t > 1 serves, and where nothing is proved.
fn best_step(params: &Params) -> f64 {
    let delta = params.delta.capped();
    let Some((t, parts)) = choose(&params.architecture, &delta) else { return 2.0 };
    let law = RatioLaw::new(params.architecture.input());
    // Few digits, which a reader can type in again.
    let t = (t * 1000.0).round() / 1000.0;
    if Rough::new(&params.architecture, &delta, &law, parts).output(t) < 0.0 { t } else { 2.0 }
}

/// The step that is followed: the one asked for, or the best.
pub fn step(params: &Params) -> f64 {
    params.step.as_ref().map_or_else(|| best_step(params), Amount::to_f64)
}

/// The same, exactly.
pub fn exact_step(params: &Params) -> Enclosure {
    let precision = params.precision();
    match &params.step {
        Some(step) => step.enclosure(precision),
        None => Enclosure::point(precision, best_step(params)),
    }
}

/// What is proved about one step.
#[derive(Clone, Debug)]
pub struct Found {
    /// One entry per hidden layer, as far as anything is proved.
    pub layers: Vec<Layer<Enclosure>>,
    /// (f(x) − f(y))/(t f(x)) is at least this; 0 where nothing is proved.
    pub achieved: Magnitude,
    /// Is the sign proved to flip?
    pub flips: bool,
    /// ‖u‖/‖x‖ is at most this.
    pub size: Magnitude,
}

/// For the step t and the widths and δ of `params`.
pub fn certify(params: &Params, t: &Enclosure) -> Found {
    let params = &Params { delta: params.delta.capped(), ..params.clone() };
    let (architecture, precision) = (&params.architecture, params.precision());
    let law = RatioLaw::new(architecture.input());
    let depth = architecture.depth();
    let one = Enclosure::integer(precision, 1);
    let found = |achieved: Option<Enclosure>, q: &Enclosure, layers| {
        // Never quite 1, which the observation of a linear function misses by its rounding.
        let achieved = achieved.map(|share| share.min(&Enclosure::point(precision, 0.999)));
        Found {
            flips: achieved.as_ref().is_some_and(|share| (&one / t).certainly_lt(share)),
            achieved: achieved.map_or(Magnitude::ZERO, |share| share.lower().to_magnitude()),
            size: (t * q).upper().to_magnitude(),
            layers,
        }
    };
    if depth == 0 {
        let q = law.upper_bound(&params.delta, precision);
        return found(Some(one.clone()), &q, Vec::new());
    }
    let parts = best_parts(architecture, &params.delta, &law, t.to_f64());
    let shares = Shares::new(&params.delta, depth, parts);
    let nats = |share: &Probability| -share.enclosure(precision).ln();
    let [minor, global, term] = [&shares.minor, &shares.global, &shares.term].map(nats);
    let hidden = &architecture.hidden()[..depth - 1];
    let q = law.upper_bound(&shares.kappa, precision).hi();
    let setup = Setup {
        step: t.clone(),
        quantile: q.clone(),
        curves: Curves::certified(hidden, &global, &shares.minor),
        power: power(&term, precision),
        nats: Nats { minor, global, term },
    };
    let layers = follow(architecture.widths(), &setup);
    let achieved = after(&layers, depth).map(|output| (&one - output) / t);
    found(achieved, &q, layers)
}

/// The least multiple found of a shape at which some step is proved to flip the sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The widths at which it is proved.
    pub architecture: Architecture,
    /// The step t for which.
    pub step: f64,
    /// ‖u‖/‖x‖ there, at most.
    pub size: Magnitude,
}

/// For the shape of `architecture`; `None` if no width up to 10³⁶ is enough.
pub fn threshold(architecture: &Architecture, delta: &Probability) -> Option<Threshold> {
    let delta = &delta.capped();
    let enough = |wide: &Architecture, (t, parts): (f64, u32)| {
        let law = RatioLaw::new(wide.input());
        wide.depth() == 0 || Rough::new(wide, delta, &law, parts).output(t) < 0.0
    };
    let usual = (2.6, 5);
    let first = scaling::least(architecture, |wide| enough(wide, usual))?;
    // With the best step and share there, a little less is enough.
    let choice = choose(&scaling::scaled(architecture, first)?, delta).unwrap_or(usual);
    let high = scaling::between(architecture, [0.7 * first, first], |wide| enough(wide, choice));
    scaling::certified(architecture, high, |wide| {
        let (t, _) = choose(wide, delta).unwrap_or(choice);
        let params = Params::new(wide.clone(), delta.clone());
        let found = certify(&params, &Enclosure::point(params.precision(), t));
        found.flips.then(|| Threshold { architecture: wide.clone(), step: t, size: found.size })
    })
}
