//! How δ is shared, and which step is taken: searched in `f64`, then certified.

use rug::Rational;

use super::biases::{self, Biases};
use super::curves::Curves;
use super::joint::{self, Joint};
use super::terms::Power;
use super::{Layer, Setup, follow};
use crate::model::account::kind::{
    BACK_BELOW, BACK_CUT, BACK_INACTIVE, BACK_PRODUCTS_ABOVE, BACK_PRODUCTS_BELOW, CHI_ABOVE,
    CHI_BELOW, COHERENT, CUT, FRESH_ABOVE, FRESH_CUT, FRESH_PRODUCTS_ABOVE, FRESH_PRODUCTS_BELOW,
    INACTIVE, LATER, LEAN, NOISE, PRODUCTS_ABOVE, PRODUCTS_BELOW, PUSHING, RATIO, SWING_ABOVE,
    SWING_BELOW, TILT,
};
use crate::model::account::{Account, Behind, Events, Shares, WHOLE};
use crate::model::norm::{Norm, Portion};
use crate::model::params::{Amount, Architecture, Params};
use crate::num::magnitude::Magnitude;
use crate::num::search::argmin;
use crate::num::{Enclosure, Number, nearest};
use crate::theory::activation::{Activation, pushes_on};
use crate::theory::distribution::ratio::RatioLaw;
use crate::theory::norm;
use crate::theory::scaling;
use crate::theory::tail::gaussian_log_tail_moment;
use crate::theory::tail::sets;

// Each of the following decides how near the best a bound comes, and none whether it is true:
// whatever they are, what they lead to is certified. They were found by trial at equal widths of
// 1 to 40 layers and at the presets, where the bound is flat in all of them.

/// One part of δ out of so many is for everything but κ; the best of these is taken.
const PARTS: [u32; 6] = [2, 3, 5, 8, 14, 30];
/// The same without hidden layers, where the rest decides how long the step is at most.
const LINEAR: u32 = 8;
/// An event of a term gets so many times the share of one on the norms of a single layer,
const WEIGHT: u32 = 12;
/// and one on the norms of all layers at once so many.
const GLOBAL: u32 = 6;
/// The steps t that are tried.
const STEPS: (f64, f64) = (1.3, 8.0);
/// Golden-section steps for t.
const FINE: u32 = 9;

/// The events of `proofs/direct.md#events` at depth L: one of so many `parts` of δ is for
/// everything but κ ≤ q.
fn plan(params: &Params, parts: u32) -> Shares {
    let (depth, slope) = (params.architecture.depth(), &params.slope);
    let size = Shares::whole(RATIO);
    if depth == 0 {
        // How long the step is.
        let events = norm::stretch_events(&params.norm, params.architecture.input());
        if events.is_empty() {
            return size;
        }
        let rest = Shares::weighted(&events).portion(1, parts);
        return size.portion(parts - 1, parts).and(rest);
    }
    let (all, below) = (1..=depth as u64, 1..=depth as u64 - 1);
    let mut events =
        vec![(BACK_BELOW, all.clone(), 1), (CHI_BELOW, WHOLE, GLOBAL), (CHI_ABOVE, WHOLE, GLOBAL)];
    events.extend(norm::events(params));
    if !slope.is_linear() {
        events.extend([(COHERENT, all.clone(), WEIGHT), (NOISE, all.clone(), WEIGHT)]);
    }
    if pushes_on(slope) {
        events.push((PUSHING, all, 1));
    }
    let biased = !params.bias.is_none();
    if biased {
        events.push((LATER, WHOLE, 1));
    }
    if depth > 1 {
        if biased {
            events.push((PRODUCTS_ABOVE, WHOLE, 1));
        }
        if slope.is_relu() {
            events.extend([CUT, BACK_CUT, FRESH_CUT].map(|kind| (kind, below.clone(), 1)));
        }
        if slope.is_mixed() {
            let each = [INACTIVE, BACK_INACTIVE, TILT, LEAN, FRESH_ABOVE];
            events.extend(each.map(|kind| (kind, below.clone(), 1)));
        }
        let everywhere = [
            PRODUCTS_BELOW,
            BACK_PRODUCTS_BELOW,
            BACK_PRODUCTS_ABOVE,
            FRESH_PRODUCTS_BELOW,
            FRESH_PRODUCTS_ABOVE,
            SWING_BELOW,
            SWING_ABOVE,
        ];
        events.extend(everywhere.map(|kind| (kind, WHOLE, GLOBAL)));
    }
    size.portion(parts - 1, parts).and(Shares::weighted(&events).portion(1, parts))
}

/// The order of the moment for the noise, and log sup t^p P(|Z| ≥ t).
fn power<N: Number>(nats: &N, precision: u32) -> Power<N> {
    // Near the best where the variance is concentrated; a point with few bits.
    let order = (8.0 * (2.0 * nats.to_f64() + 1.0)).round() / 8.0;
    let supremum = gaussian_log_tail_moment(&Enclosure::point(precision, order / 2.0)).hi();
    Power { order: nats.like(order), log_supremum: nats.near(&supremum) }
}

/// What the biases of a network with hidden layers change.
fn biases<N: Number>(
    params: &Params,
    activation: &Activation<N>,
    curves: &Curves<N>,
    account: &mut Account<N>,
    rests: &mut Events,
) -> Biases<N> {
    let (hidden, like) = (params.architecture.hidden(), &activation.a);
    let depth = hidden.len();
    if params.bias.is_none() {
        return Biases::none(depth, like);
    }
    let nats = account.draw_all(BACK_BELOW, 1..=depth as u64, None, rests);
    let last = sets::rectified_lower(hidden[depth - 1], like, &nats);
    Biases::new(&params.relative_biases(like), activation, curves, &last)
}

/// In `f64`, for one network and one way to share δ.
struct Rough<'a> {
    widths: &'a [u128],
    setup: Setup<f64>,
    account: Account<f64>,
}

impl<'a> Rough<'a> {
    fn new(params: &'a Params, law: &RatioLaw, parts: u32) -> Self {
        let Params { architecture, delta, slope, .. } = params;
        let depth = architecture.depth();
        let mut account = Account::rough(delta.nats(), &plan(params, parts));
        let activation = Activation::new(slope, &0.0);
        let hidden = &architecture.hidden()[..depth - 1];
        let biased = !params.bias.is_none();
        let curves = Curves::rough(hidden, &activation, biased, &mut account);
        let mut rests = Events::default();
        let biases = biases(params, &activation, &curves, &mut account, &mut rests);
        let quantile = biases.quantile(law.rough_bound(&delta.portion(parts - 1, parts)));
        let setup = Setup {
            step: 2.0,
            start: norm::start(params, &quantile, &mut account, &mut rests),
            quantile,
            activation,
            biases,
            curves,
            power: power(&account.price(NOISE), 64),
            rests,
        };
        Rough { widths: architecture.widths(), setup, account }
    }

    /// F/f after the last layer; large where nothing is proved, larger the earlier it fails.
    fn output(&self, t: f64) -> f64 {
        let setup = Setup { step: t, ..self.setup.clone() };
        let layers = follow(self.widths, &setup, &mut self.account.clone());
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

/// Is f linear, so that every t > 1 flips the sign?
fn is_linear(params: &Params) -> bool {
    params.architecture.depth() == 0 || params.slope.is_linear()
}

/// A step and a way to share δ that are near the best; `None` where f is linear.
fn choose(params: &Params) -> Option<(f64, u32)> {
    if is_linear(params) {
        return None;
    }
    let law = RatioLaw::new(params.architecture.input());
    // The best share hardly depends on t.
    let typical = Rough::new(params, &law, 5).best();
    let parts = best_parts(params, &law, typical);
    Some((Rough::new(params, &law, parts).best(), parts))
}

fn best_parts(params: &Params, law: &RatioLaw, t: f64) -> u32 {
    let output = |parts: u32| Rough::new(params, law, parts).output(t);
    let ranked = PARTS.into_iter().map(|parts| (parts, output(parts)));
    ranked.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(PARTS[2], |best| best.0)
}

/// The t with the most to spare, as a part of t, for the widths and δ of `params`, as found; 2 in
/// the linear case, where every t > 1 serves, and where nothing is proved.
fn best_step(params: &Params) -> Rational {
    let params = &Params { delta: params.delta.capped(), ..params.clone() };
    let law = RatioLaw::new(params.architecture.input());
    let by_layers = choose(params).map(|(t, parts)| {
        let t = with_decimals(t, 3);
        let output = Rough::new(params, &law, parts).output(nearest(&t));
        (t, output)
    });
    let at_once = joint::choose(params, &law).map(|(t, spending)| {
        let t = with_decimals(t, 3);
        let search = joint::Search::new(params, &law, spending);
        let output = search.map_or(f64::INFINITY, |search| search.output(nearest(&t)));
        (t, output)
    });
    let flips = by_layers.into_iter().chain(at_once).filter(|(_, output)| *output < 0.0);
    let spared = |(t, output): &(Rational, f64)| output / nearest(t);
    let best = flips.min_by(|a, b| spared(a).total_cmp(&spared(b)));
    best.map_or_else(|| Rational::from(2), |(t, _)| t)
}

/// Near t, with so many decimals, which a reader can type in again: what is proved is proved of
/// just that number.
fn with_decimals(t: f64, decimals: u32) -> Rational {
    let unit = 10u32.pow(decimals);
    Rational::from(((t * f64::from(unit)).round() as u64, unit))
}

/// The step that is followed: the one asked for, or the best.
pub fn step(params: &Params) -> f64 {
    // Then there is no bound for which one could be the best.
    if params.curved().is_some() {
        return params.step().to_f64();
    }
    params.step.as_ref().map_or_else(|| nearest(&best_step(params)), Amount::to_f64)
}

/// The same, exactly.
pub fn exact_step(params: &Params) -> Enclosure {
    let precision = params.precision();
    match &params.step {
        Some(step) => step.enclosure(precision),
        None => Enclosure::rational(precision, &best_step(params)),
    }
}

/// The share of the linear change that is printed for one that is proved: never quite 1, which the
/// observation of a linear function misses by its rounding, but above 1/t where that is.
pub fn printed_share(proved: &Enclosure, t: &Enclosure) -> Enclosure {
    let one = Enclosure::integer(t.precision(), 1);
    let nearly = (&one + &one / t).lo() / 2;
    proved.min(&Enclosure::point(t.precision(), 0.999).max(&nearly))
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
    /// The events behind the last layer, or as far as anything is proved.
    pub behind: Behind,
    /// The events behind what is achieved.
    pub decided: Behind,
    /// The same by every way that proves that the sign flips.
    pub ways: Vec<(&'static str, Magnitude)>,
}

/// The ways to direct.flip.
const BY_LAYERS: &str = "by layers";
const AT_ONCE: &str = "at once";

impl Found {
    /// With what is proved for all layers at once, where that is more.
    fn or(mut self, other: Option<Joint>, t: &Enclosure) -> Self {
        if self.flips {
            self.ways.push((BY_LAYERS, self.achieved));
        }
        let Some(Joint { output, quantile, behind }) = other else { return self };
        let one = Enclosure::integer(t.precision(), 1);
        let share = printed_share(&((&one - output) / t), t);
        let achieved = share.lower().to_magnitude();
        self.ways.push((AT_ONCE, achieved));
        if !self.flips || achieved > self.achieved {
            self.flips = (&one / t).certainly_lt(&share);
            self.achieved = achieved;
            self.size = (t * &quantile).upper().to_magnitude();
            self.decided = behind;
        }
        self
    }

    /// These events of the same account.
    pub fn resting_on(&self, events: &Events) -> Behind {
        Behind { book: self.behind.book.clone(), events: events.clone() }
    }
}

/// For the step t and the widths, δ and norm of `params`: the better of both ways.
/// `proofs/direct.md#flip`, `proofs/norm.md#flip`.
pub fn certify(params: &Params, t: &Enclosure) -> Found {
    let params = &Params { delta: params.delta.capped(), ..params.clone() };
    let law = RatioLaw::new(params.architecture.input());
    let (found, joint) = rayon::join(|| by_layers(params, t), || joint::certify(params, &law, t));
    found.or(joint, t)
}

/// Layer by layer.
pub fn by_layers(params: &Params, t: &Enclosure) -> Found {
    let params = &Params { delta: params.delta.capped(), ..params.clone() };
    let (architecture, precision) = (&params.architecture, params.precision());
    let (law, depth) = (RatioLaw::new(params.architecture.input()), architecture.depth());
    let one = Enclosure::integer(precision, 1);
    let linear = is_linear(params);
    let parts = match depth {
        0 => LINEAR,
        _ if linear => PARTS[0],
        _ => best_parts(params, &law, t.to_f64()),
    };
    let mut account = Account::open(&one, &params.delta, &plan(params, parts), precision);
    let mut events = Events::default();
    account.draw_once(RATIO, &mut events);
    let r = law.upper_bound(&account.share(RATIO), precision).hi();
    let mut size = t.clone();
    let (layers, achieved) = if depth == 0 {
        let input = architecture.input();
        let variance = params.relative_biases(&one).remove(0);
        let q = biases::quantile(r, (!params.bias.is_none()).then_some(&variance)).hi();
        size = &size * &q;
        size = &size * norm::stretch(&params.norm, input, &q, &mut account, &mut events);
        (Vec::new(), Some(one.clone()))
    } else {
        let hidden = &architecture.hidden()[..depth - 1];
        let activation = Activation::new(&params.slope, &one);
        let biased = !params.bias.is_none();
        let curves = Curves::certified(hidden, &activation, biased, &mut account);
        events.join(&curves.rests);
        let biases = biases(params, &activation, &curves, &mut account, &mut events);
        let q = biases.quantile(r).hi();
        size = &size * &q;
        let start = norm::start(params, &q, &mut account, &mut events);
        size = &size * &start.stretch;
        let setup = Setup {
            step: t.clone(),
            quantile: q.clone(),
            start,
            activation,
            biases,
            curves,
            power: power(&account.price(NOISE), precision),
            rests: events.clone(),
        };
        let layers = follow(architecture.widths(), &setup, &mut account);
        let output = after(&layers, depth).map(|output| (&one - output) / t);
        let achieved = if linear { Some(one.clone()) } else { output };
        (layers, achieved)
    };
    if let Some(last) = layers.last().filter(|_| !linear) {
        events.join(last.moved.as_ref().map_or(&last.rests, |moved| &moved.rests));
    }
    let achieved = achieved.map(|share| printed_share(&share, t));
    let behind = Behind { book: account.close(), events };
    Found {
        flips: achieved.as_ref().is_some_and(|share| (&one / t).certainly_lt(share)),
        achieved: achieved.map_or(Magnitude::ZERO, |share| share.lower().to_magnitude()),
        size: size.upper().to_magnitude(),
        layers,
        decided: behind.clone(),
        behind,
        ways: Vec::new(),
    }
}

/// The least t found for which the sign is proved to flip, rounded up, and what that rests on;
/// `None` if there is none. In the linear case every t > 1 serves. `proofs/norm.md#least`.
pub fn least_step(params: &Params) -> Option<(Magnitude, Behind)> {
    let params = &Params { delta: params.delta.capped(), ..params.clone() };
    let law = RatioLaw::new(params.architecture.input());
    let least = match choose(params) {
        None => 1.0,
        Some((best, parts)) => {
            let rough = Rough::new(params, &law, parts);
            let by_layers = least_of(best, |t| rough.output(t) < 0.0);
            let at_once = joint::choose(params, &law).and_then(|(best, spending)| {
                let search = joint::Search::new(params, &law, spending)?;
                least_of(best, |t| search.flips(t))
            });
            by_layers.into_iter().chain(at_once).reduce(f64::min)?
        }
    };
    // Certified a little above what the search says.
    [1e-6, 1e-3, 1e-2, 0.1].into_iter().map(|margin| least * (1.0 + margin)).find_map(|t| {
        let found = certify(params, &Enclosure::point(params.precision(), t));
        Magnitude::from_f64(t).filter(|_| found.flips).map(|t| (t, found.decided))
    })
}

/// The least t found by bisection up to `best`, if that serves.
fn least_of(best: f64, serves: impl Fn(f64) -> bool) -> Option<f64> {
    if !serves(best) {
        return None;
    }
    let (mut low, mut high) = (1.0, best);
    for _ in 0..24 {
        let middle = 0.5 * (low + high);
        if serves(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

/// The least number found of coordinates of which the step is proved to flip the sign, for the best
/// t; `None` where it is for no number. That more coordinates help is not assumed to be proved.
pub fn least_coordinates(params: &Params) -> Option<u128> {
    let params = &Params { delta: params.delta.capped(), ..params.clone() };
    let input = params.architecture.input();
    let law = RatioLaw::new(params.architecture.input());
    let on = |count: u128| {
        let norm = if count < input { Norm::Top(Portion::Count(count)) } else { Norm::L2 };
        Params { norm, ..params.clone() }
    };
    let chosen = |count: u128| choose(&on(count));
    let enough = |count: u128| match chosen(count) {
        Some((t, parts)) => Rough::new(&on(count), &law, parts).output(t) < 0.0,
        None => true,
    };
    let high = scaling::least_number(input, 1.002, enough)?;
    // Certified a little above what the search says.
    let margins = [0.0, 1e-3, 1e-2, 0.1, 1.0];
    let counts = margins.map(|margin| ((high as f64 * (1.0 + margin)).ceil() as u128).min(input));
    counts.into_iter().find(|&count| {
        let params = on(count);
        let t = with_decimals(chosen(count).map_or(2.0, |choice| choice.0), 3);
        certify(&params, &Enclosure::rational(params.precision(), &t)).flips
    })
}

/// The least multiple found of a shape at which some step is proved to flip the sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The widths at which it is proved.
    pub architecture: Architecture,
    /// The step t for which, with two decimals.
    pub step: f64,
    /// ‖u‖/‖x‖ there, at most.
    pub size: Magnitude,
}

/// For the shape, δ, slope and norm of `params`; `None` if no width up to 10³⁶ is enough, or the
/// norm is of one dimension. `proofs/direct.md#threshold`, `proofs/norm.md#threshold`.
pub fn threshold(params: &Params) -> Option<Threshold> {
    if params.norm.is_of_one_dimension() {
        return None;
    }
    let params = &Params { delta: params.delta.capped(), ..params.clone() };
    let (by_layers, at_once) =
        rayon::join(|| threshold_by_layers(params), || threshold_at_once(params));
    let narrower =
        |a: &Threshold, b: &Threshold| a.architecture.input().cmp(&b.architecture.input());
    by_layers.into_iter().chain(at_once).min_by(narrower)
}

/// By one way: `enough` says whether a step and a way to spend δ serve, `choose` finds good ones,
/// `prove` what is proved.
fn threshold_by<C: Copy>(
    params: &Params,
    usual: (f64, C),
    enough: impl Fn(&Params, (f64, C)) -> bool,
    choose: impl Fn(&Params) -> Option<(f64, C)>,
    prove: impl Fn(&Params, &Enclosure) -> Found,
) -> Option<Threshold> {
    let shape = &params.architecture;
    let at = |wide: &Architecture| params.with_architecture(wide.clone());
    let first = scaling::least(shape, |wide| enough(&at(wide), usual))?;
    // With the best step and share there, a little less is enough.
    let choice = choose(&at(&scaling::scaled(shape, first)?)).unwrap_or(usual);
    let high = scaling::between(shape, [0.7 * first, first], |wide| enough(&at(wide), choice));
    scaling::certified(shape, high, |wide| {
        let params = at(wide);
        let (t, _) = choose(&params).unwrap_or(choice);
        let t = with_decimals(t, 2);
        let found = prove(&params, &Enclosure::rational(params.precision(), &t));
        let (architecture, step) = (wide.clone(), nearest(&t));
        found.flips.then_some(Threshold { architecture, step, size: found.size })
    })
}

/// The same, layer by layer.
pub fn threshold_by_layers(params: &Params) -> Option<Threshold> {
    if params.norm.is_of_one_dimension() {
        return None;
    }
    let params = &Params { delta: params.delta.capped(), ..params.clone() };
    let enough = |params: &Params, (t, parts): (f64, u32)| {
        params.norm.fits(params.architecture.input()).is_ok() && {
            let law = RatioLaw::new(params.architecture.input());
            is_linear(params) || Rough::new(params, &law, parts).output(t) < 0.0
        }
    };
    threshold_by(params, (2.6, 5), enough, choose, by_layers)
}

fn threshold_at_once(params: &Params) -> Option<Threshold> {
    if !joint::serves(params) {
        return None;
    }
    let law = |params: &Params| RatioLaw::new(params.architecture.input());
    let enough = |params: &Params, (t, spending): (f64, joint::Spending)| {
        let search = joint::Search::new(params, &law(params), spending);
        search.is_some_and(|search| search.flips(t))
    };
    let choose = |params: &Params| joint::choose(params, &law(params));
    threshold_by(params, (2.3, joint::USUAL), enough, choose, certify)
}
