//! The step that flips the sign. `proofs/flip.md`.

use crate::model::account::kind::{RADIAL, RATIO};
use crate::model::account::{Account, Behind, Events, Shares};
use crate::model::params::{Architecture, Params, Probability};
use crate::num::magnitude::Magnitude;
use crate::num::search::argmin;
use crate::num::{Enclosure, Number};
use crate::theory::ball::offset::SIZE_TO_RADIAL;
use crate::theory::ball::{Networks, Region, Way, distance_plan, offset, with_offset};
use crate::theory::direct::printed_share;
use crate::theory::distribution::ratio::RatioLaw;
use crate::theory::scaling;

// None of the following decides whether a bound is true, only how near the best it comes: what they
// lead to is certified. They were found by trial at equal widths and at the presets.

/// Shares of δ for everything but the size of the step, of which the best is taken.
const SHARES: [u32; 5] = [2, 5, 20, 100, 1000];
/// The steps t among which thresholds are searched.
const STEPS: (f64, f64) = (1.5, 20.0);
/// A step and a share that are near the best at most depths.
const TYPICAL: (f64, u32) = (3.7, 20);

/// What is proved about a step of size t.
#[derive(Clone, Debug)]
pub struct StepBound {
    /// 1 − ϵ: the fraction of the linear change that is achieved; 0 where nothing is proved.
    pub achieved: Magnitude,
    /// Is 1 − ϵ > 1/t, so that the sign flips?
    pub flips: bool,
    /// R/‖x‖ = tq.
    pub radius: Magnitude,
    /// The events with which it may fail.
    pub behind: Behind,
}

/// For the step t and δ of `params`, rounded to the safe side.
pub fn step(params: &Params) -> StepBound {
    let params = &Params { delta: params.delta.capped(), ..params.clone() };
    let precision = params.precision();
    let rough = Rough::new(params, Way::Affine);
    let share = rough.best_share(params.step().to_f64());
    certified(params, Way::Affine, &params.step().enclosure(precision), share)
}

/// The least t found for which the sign flips, rounded up, and what that rests on; `None` if there
/// is none.
pub fn least_step(params: &Params) -> Option<(Magnitude, Behind)> {
    let params = &Params { delta: params.delta.capped(), ..params.clone() };
    let rough = Rough::new(params, Way::Affine);
    let (best, share) = rough.best_step();
    if rough.excess(best, share) >= 0.0 {
        return None;
    }
    let (mut low, mut high) = (1.0f64, best);
    for _ in 0..20 {
        let middle = 0.5 * (low + high);
        if rough.excess(middle, share) < 0.0 { high = middle } else { low = middle }
    }
    // Certified a little above what the search says.
    [1e-6, 1e-3, 1e-2, 0.1].into_iter().map(|margin| high * (1.0 + margin)).find_map(|t| {
        let exact = Enclosure::point(params.precision(), t);
        let bound = certified(params, Way::Affine, &exact, share);
        Magnitude::from_f64(t).filter(|_| bound.flips).map(|t| (t, bound.behind))
    })
}

/// The least multiple found of a shape at which some step is proved to flip the sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The widths at which it is proved.
    pub architecture: Architecture,
    /// The step t for which.
    pub step: f64,
    /// R/‖x‖ there, rounded up.
    pub radius: Magnitude,
}

/// For the shape, slope, biases and δ of `params`, one way to bound the affine error; `None` if
/// widths of 10³⁶ are not enough.
pub fn threshold(params: &Params, way: Way) -> Option<Threshold> {
    let params = &Params { delta: params.delta.capped(), ..params.clone() };
    let shape = &params.architecture;
    let at = |wide: &Architecture| Params { architecture: wide.clone(), ..params.clone() };
    let (mut high, mut choice) = (scaling::largest(shape), TYPICAL);
    // With a typical step first, then with the best step at the width found.
    for _ in 0..2 {
        high = scaling::least(shape, |wide| {
            Rough::new(&at(wide), way).excess(choice.0, choice.1) < 0.0
        })?;
        choice = Rough::new(&at(&scaling::scaled(shape, high)?), way).best_step();
    }
    scaling::certified(shape, high, |wide| {
        let params = at(wide);
        let (step, share) = Rough::new(&params, way).best_step();
        let bound = certified(&params, way, &Enclosure::point(params.precision(), step), share);
        let found = Threshold { architecture: wide.clone(), step, radius: bound.radius };
        bound.flips.then_some(found)
    })
}

/// The steps of size t up to ‖u‖ ≤ R. Without biases ⟨u, x⟩ = −‖u‖²/t, otherwise it is at least
/// −R‖x‖ times what the gradient has along x.
fn steps<N: Number>(radius: &N, t: &N, radial: Option<&N>) -> Region<N> {
    // An error above 1 proves nothing; how far above is of use to the search of a step.
    let limit = 3.0;
    let drop = match radial {
        None => radius.square() / t.clone(),
        Some(radial) => radius.clone() * radial.clone(),
    };
    Region { drop: Some(drop), limit, ..Region::ball(radius.clone()) }
}

/// One `share`-th of δ for the events of the control, the rest for the step's size and, with
/// biases, for its part along x.
fn plan(way: Way, networks: &Networks<'_>, share: u32) -> Shares {
    let size = distance_plan(networks);
    match networks.depth() {
        0 => size,
        _ => size.portion(share - 1, share).and(way.plan(networks).portion(1, share)),
    }
}

/// 1 − ϵ with δ shared in this way.
fn certified(params: &Params, way: Way, t: &Enclosure, share: u32) -> StepBound {
    let (networks, precision) = (&Networks::of(params), params.precision());
    let one = Enclosure::integer(precision, 1);
    let plan = plan(way, networks, share);
    let mut account = Account::open(&one, &params.delta, &plan, precision);
    let mut events = Events::default();
    account.draw_once(RATIO, &mut events);
    let law = RatioLaw::new(params.architecture.input());
    let q = law.upper_bound(&account.share(RATIO), precision);
    let q = with_offset(q, offset(networks, &one, &mut account, &mut events));
    let radius = t * &q;
    let achieved = if networks.depth() == 0 {
        one.clone()
    } else {
        let radial = (!networks.bias.is_none()).then(|| {
            account.draw_once(RADIAL, &mut events);
            law.upper_bound(&account.share(RADIAL), precision)
        });
        let region = steps(&radius, t, radial.as_ref());
        let (change, others) = way.change(networks, &region, &mut account);
        events.join(&others);
        &one - change
    };
    let achieved = printed_share(&achieved, t);
    StepBound {
        flips: (one / t).certainly_lt(&achieved),
        achieved: achieved.lower().to_magnitude(),
        radius: radius.upper().to_magnitude(),
        behind: Behind { book: account.close(), events },
    }
}

/// The same in `f64`, for searches.
struct Rough<'a> {
    networks: Networks<'a>,
    delta: &'a Probability,
    law: RatioLaw,
    way: Way,
}

impl<'a> Rough<'a> {
    fn new(params: &'a Params, way: Way) -> Self {
        let law = RatioLaw::new(params.architecture.input());
        Rough { networks: Networks::of(params), delta: &params.delta, law, way }
    }

    /// ϵ − (1 − 1/t): negative if the sign flips.
    fn excess(&self, t: f64, share: u32) -> f64 {
        let q = self.quantile(share);
        self.excess_at(t, share, q)
    }

    /// q, where all but one `share`-th of δ goes to the size of the step.
    fn quantile(&self, share: u32) -> f64 {
        let u = self.law.rough_bound(&self.share(share, SIZE_TO_RADIAL));
        let (mut account, mut behind) = (self.account(share), Events::default());
        with_offset(u, offset(&self.networks, &u, &mut account, &mut behind))
    }

    fn account(&self, share: u32) -> Account<f64> {
        Account::rough(self.delta.nats(), &plan(self.way, &self.networks, share))
    }

    /// Of what the size of the step gets, so many parts.
    fn share(&self, share: u32, parts: u32) -> Probability {
        let whole = self.delta.portion(share - 1, share);
        if self.networks.bias.is_none() { whole } else { whole.portion(parts, SIZE_TO_RADIAL + 1) }
    }

    /// q₁, with biases.
    fn radial(&self, share: u32) -> Option<f64> {
        let biased = !self.networks.bias.is_none();
        biased.then(|| self.law.rough_bound(&self.share(share, 1)))
    }

    fn excess_at(&self, t: f64, share: u32, q: f64) -> f64 {
        if self.networks.depth() == 0 {
            return 1.0 / t - 1.0;
        }
        let region = steps(&(t * q), &t, self.radial(share).as_ref());
        let (error, _) = self.way.change(&self.networks, &region, &mut self.account(share));
        if error.is_nan() { f64::INFINITY } else { error - (1.0 - 1.0 / t) }
    }

    /// The share with the least affine error at step t.
    fn best_share(&self, t: f64) -> u32 {
        let best =
            SHARES.into_iter().min_by(|&a, &b| self.excess(t, a).total_cmp(&self.excess(t, b)));
        best.unwrap_or(TYPICAL.1)
    }

    /// A step and share with the most to spare, or nearly.
    fn best_step(&self) -> (f64, u32) {
        let q = self.quantile(TYPICAL.1);
        let t = argmin(STEPS.0.ln(), STEPS.1.ln(), 7, |t| self.excess_at(t, TYPICAL.1, q));
        (t, self.best_share(t))
    }
}
