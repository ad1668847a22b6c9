//! How the widths at which the step flips the sign grow with depth: proved, expected and observed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ndarray::Array1;
use serde::Serialize;

use crate::constants::threshold_row;
use crate::error::{Error, Result};
use crate::fit::{Comparison, Fit};
use crate::ledger::Threshold;
use crate::memory;
use crate::network::{Conditioned, Network, Scaled, backward, forward};
use crate::params::{Architecture, Probability, short};
use crate::run::{PASSES, interruptible, passes_bytes};
use crate::sample::{Address, Stream};
use crate::search::step::{Standing, achieved, adversarial};
use crate::stage::direct::predict;

/// The step of the widths at which half of the steps flip.
const HALF_STEP: f64 = 2.0;
/// A rate is observed where at least so many failures are to be expected.
const FAILURES: f64 = 10.0;
/// Widths are sampled at this ratio until the rate crosses its level.
const RATIO: f64 = 1.4;
/// Widths sampled at most to find one crossing.
const WIDTHS: usize = 12;

/// The pass at the end of the step, beside those at the input.
const PRODUCTS: u128 = 1;

/// What to compute.
#[derive(Clone, Debug)]
pub struct Config {
    /// L, in increasing order.
    pub depths: Vec<usize>,
    /// δ.
    pub delta: Probability,
    /// Networks sampled at each width; 0 for none.
    pub trials: u64,
    /// The deepest networks that are sampled.
    pub deepest: usize,
    /// Seed of all streams.
    pub seed: u64,
}

impl Config {
    /// 1 − δ.
    fn level(&self) -> f64 {
        1.0 - self.delta.to_f64()
    }

    /// Are there enough networks to see a rate at this level?
    fn shows(&self, level: f64) -> bool {
        self.trials as f64 * level.min(1.0 - level) >= FAILURES
    }
}

/// Networks of equal widths at one depth.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Least widths found, proved and expected, at which the share 1 − δ of the best steps flips the sign.
    #[serde(flatten)]
    pub threshold: Threshold,
    /// The same, observed.
    pub observed: Option<Crossing>,
    /// The width at which half of the steps t = 2 are expected to flip the sign; absent where that
    /// is narrower than expectations are meant.
    pub half_expected: Option<u128>,
    /// The same, observed.
    pub half_observed: Option<Crossing>,
}

/// Where an observed rate crosses its level.
#[derive(Clone, Debug, Serialize)]
pub struct Crossing {
    /// t.
    pub step: f64,
    /// By interpolation between the widths sampled; absent where a trial failed.
    pub width: Option<f64>,
    /// What was sampled, by increasing width.
    pub rates: Vec<Rate>,
}

/// How often the step flipped the sign.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rate {
    /// Of the input and of all hidden layers.
    pub width: u64,
    /// Networks in which the sign flipped.
    pub flips: u64,
    /// Networks in which something was not a number, so that it cannot be told whether it flipped.
    pub failed: u64,
    /// Networks sampled.
    pub trials: u64,
}

impl Row {
    /// The rates sampled.
    pub fn rates(&self) -> impl Iterator<Item = &Rate> {
        let crossings = [&self.observed, &self.half_observed].into_iter().flatten();
        crossings.flat_map(|crossing| &crossing.rates)
    }

    /// Networks in which something was not a number.
    pub fn failures(&self) -> u64 {
        self.rates().map(|rate| rate.failed).sum()
    }
}

impl Rate {
    fn value(self) -> f64 {
        self.flips as f64 / self.trials as f64
    }
}

/// The rows, one by one as they are done, until all are or `stop` is set: then without the depth
/// under way.
///
/// # Errors
/// Networks that do not fit into `available` bytes; what `done` returns, at once.
pub fn run(
    config: &Config,
    available: u64,
    stop: &AtomicBool,
    done: impl FnMut(&Row) -> Result<()>,
) -> Result<Vec<Row>> {
    let fitting = |config: &Config, depth: usize, width: u64, t: f64| {
        fits(depth, width, available)?;
        rate(config, depth, width, t, stop)
    };
    run_by(&fitting, config, stop, done)
}

/// Before anything is done: do the networks that are expected to be sampled fit into `available`
/// bytes?
///
/// # Errors
/// Those of a depth do not.
pub fn check(config: &Config, available: u64) -> Result<()> {
    if config.trials == 0 {
        return Ok(());
    }
    for &depth in config.depths.iter().filter(|&&depth| depth <= config.deepest) {
        let shape = equal(64, depth)?;
        let half = predict::least_for(&shape, HALF_STEP, 0.5).filter(|_| config.shows(0.5));
        let expected =
            config.shows(config.level()).then(|| predict::least(&shape, config.delta.to_f64()));
        for wide in half.into_iter().chain(expected.flatten()) {
            fits(depth, address(depth, wide.input())?, available)?;
        }
    }
    Ok(())
}

/// Do as many networks without weights fit as there are threads?
fn fits(depth: usize, width: u64, available: u64) -> Result<()> {
    let architecture = equal(u128::from(width), depth)?;
    let threads = memory::processors() as u64;
    let bytes = passes_bytes(&architecture, PASSES + PRODUCTS);
    let bytes = bytes.and_then(|bytes| bytes.checked_mul(threads));
    if bytes.is_some_and(|bytes| bytes <= available) {
        return Ok(());
    }
    let needed = bytes.map_or("more than 2^64 bytes".to_owned(), memory::shown);
    let networks = format!("networks of width {} take up to {needed}", short(width.into()));
    let permitted = format!("{networks}, and {} of memory are free", memory::shown(available));
    Err(Error::new("--depths", depth, permitted).hint("--deepest or --trials 0 leaves them out"))
}

fn equal(width: u128, depth: usize) -> Result<Architecture> {
    Architecture::new(vec![width; depth + 1])
}

/// The width as a machine has it.
fn address(depth: usize, width: u128) -> Result<u64> {
    let width = u64::try_from(width).ok();
    width.ok_or_else(|| Error::new("--depths", depth, "the width to be sampled fits no machine"))
}

/// How often the step t flips the sign, by depth and width.
pub type Sampler<'a> = &'a dyn Fn(&Config, usize, u64, f64) -> Result<Rate>;

/// The same with rates by another sampler than [`rate`].
///
/// # Errors
/// Those of [`run`] and of the sampler.
pub fn run_by(
    rate: Sampler<'_>,
    config: &Config,
    stop: &AtomicBool,
    mut done: impl FnMut(&Row) -> Result<()>,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for &depth in &config.depths {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let shape = equal(64, depth)?;
        let level = config.level();
        let (bounds, delta) = (shape.clone(), config.delta.clone());
        let proved = interruptible(stop, move || threshold_row(&bounds, &delta))?;
        let Some(threshold) = proved else { break };
        let half = predict::least_for(&shape, HALF_STEP, 0.5).map(|a| a.input());
        let sampled = config.trials > 0 && depth <= config.deepest;
        let shown = sampled && config.shows(level);
        let start = shown.then(|| predict::leading_least(&shape, config.delta.to_f64())).flatten();
        let observed = match start {
            Some(wide) => {
                let (t, _) = predict::best_step(&wide);
                Some(crossing(rate, config, depth, wide.input(), [t, level])?)
            }
            None => None,
        };
        let half_observed = match half.filter(|_| sampled && config.shows(0.5)) {
            Some(width) => Some(crossing(rate, config, depth, width, [HALF_STEP, 0.5])?),
            None => None,
        };
        // What was sampled is not all that was asked for.
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let row = Row { threshold, observed, half_expected: half, half_observed };
        done(&row)?;
        rows.push(row);
    }
    Ok(rows)
}

/// Samples at widths around `start` until the rate of the step t has been seen on both sides of
/// `level`, or a trial failed.
fn crossing(
    rate: Sampler<'_>,
    config: &Config,
    depth: usize,
    start: u128,
    [t, level]: [f64; 2],
) -> Result<Crossing> {
    let first = rate(config, depth, address(depth, start)?.max(1), t)?;
    let up = first.value() < level;
    let mut rates = vec![first];
    while rates.len() < WIDTHS {
        let last = rates[rates.len() - 1];
        if last.trials < config.trials {
            // Interrupted.
            break;
        }
        if last.failed > 0 || (last.value() < level) != up || (!up && last.width == 1) {
            break;
        }
        let width = last.width as f64;
        let next = if up {
            (width * RATIO).ceil().max(width + 1.0)
        } else {
            (width / RATIO).floor().max(1.0)
        };
        rates.push(rate(config, depth, next as u64, t)?);
    }
    rates.sort_by_key(|rate| rate.width);
    if rates.iter().any(|rate| rate.failed > 0) {
        return Ok(Crossing { step: t, width: None, rates });
    }
    let (low, high) = match rates.iter().position(|rate| rate.value() >= level) {
        Some(0) => (rates[0], rates[0]),
        Some(i) => (rates[i - 1], rates[i]),
        None => (rates[rates.len() - 1], rates[rates.len() - 1]),
    };
    let share = if high.flips > low.flips {
        ((level - low.value()) / (high.value() - low.value())).clamp(0.0, 1.0)
    } else {
        1.0
    };
    let (from, to) = ((low.width as f64).ln(), (high.width as f64).ln());
    Ok(Crossing { step: t, width: Some((from + share * (to - from)).exp()), rates })
}

/// How often the step t flips the sign in networks without weights, of one law with all others: in
/// fewer than asked for where `stop` was set.
///
/// # Errors
/// Widths that this machine cannot address; a system that gives no threads.
pub fn rate(config: &Config, depth: usize, width: u64, t: f64, stop: &AtomicBool) -> Result<Rate> {
    let architecture = equal(u128::from(width), depth)?;
    let mut values = vec![0.0; width as usize];
    let address = Address { seed: config.seed, trial: Address::INPUT, layer: 0, block: 0 };
    Stream::new(address).fill(&mut values);
    let x = Scaled::new(Array1::from(values), 0);
    let next = AtomicU64::new(0);
    // Counted as they come: nothing is kept of a trial.
    let work = || {
        let mut network = Conditioned::new(&architecture, config.seed, 1)?;
        let mut rate = Rate { width, flips: 0, failed: 0, trials: 0 };
        while !stop.load(Ordering::Relaxed) {
            let trial = next.fetch_add(1, Ordering::Relaxed);
            if trial >= config.trials {
                break;
            }
            let flipped = flips(&mut network, &x, trial, t);
            rate.flips += u64::from(flipped == Some(true));
            rate.failed += u64::from(flipped.is_none());
            rate.trials += 1;
        }
        Ok(rate)
    };
    let threads = memory::processors().min(config.trials as usize).max(1);
    let counted: Vec<Rate> = std::thread::scope(|scope| {
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, work);
        let started: Vec<_> = (0..threads).map(start).collect();
        let joined = started.into_iter().map(|worker| {
            let worker = worker.map_err(|why| Error::threads(threads, &why))?;
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        joined.collect::<Result<_>>()
    })?;
    let sum = |part: fn(&Rate) -> u64| counted.iter().map(part).sum();
    let (flips, failed) = (sum(|rate| rate.flips), sum(|rate| rate.failed));
    Ok(Rate { width, flips, failed, trials: sum(|rate| rate.trials) })
}

/// Does the step flip the sign? `None` where something is not a number.
fn flips(network: &mut dyn Network, x: &Scaled, trial: u64, t: f64) -> Option<bool> {
    network.draw(trial);
    let at = forward(network, std::slice::from_ref(x));
    let back = backward(network, &at);
    match adversarial(&at[0], &back[0], t) {
        Ok(step) => {
            let there = forward(network, std::slice::from_ref(&step.end));
            let (share, flipped) = achieved(&at[0], &there[0], t);
            share.map(|_| flipped)
        }
        Err(Standing::Failed) => None,
        // There is no step that could flip it.
        Err(Standing::Dead | Standing::Boundary) => Some(false),
    }
}

/// Depths fitted at least: the deeper half, but not fewer.
const FEWEST: usize = 4;
/// One less the confidence of the intervals shown.
const ALPHA: f64 = 0.05;

/// How a width grows with depth, over the deeper half of the depths that have one, but at least four.
pub fn fit(points: &[(usize, f64)]) -> Option<Comparison> {
    let known: Vec<(f64, f64)> = points
        .iter()
        .filter(|p| p.1.is_finite() && p.1 > 0.0)
        .map(|&(depth, width)| (depth as f64, width.ln()))
        .collect();
    let used = known.len().checked_sub((known.len() / 2).max(FEWEST))?;
    Comparison::of_logs(&known[used..], ALPHA)
}

/// The input dimension of widths written as text.
pub fn input(widths: Option<&String>) -> Option<f64> {
    Some(widths?.parse::<Architecture>().ok()?.input() as f64)
}

/// What the rows show, in one sentence made from the fits.
pub fn sentence(rows: &[Row]) -> String {
    let of = |value: &dyn Fn(&Row) -> Option<f64>| {
        let points: Vec<(usize, f64)> =
            rows.iter().filter_map(|row| Some((row.threshold.depth, value(row)?))).collect();
        fit(&points)
    };
    let fitted = |growths: &Comparison| {
        let [from, to] = growths.range;
        format!("fitted from depth {from} to {to}")
    };
    let power = |what: &str, growths: Option<Comparison>| {
        growths.map(|growths| {
            let Fit { rate, interval, .. } = growths.power;
            let error = (interval[1] - interval[0]) / 2.0;
            format!("{what} grows like L^{rate:.2} ± {error:.2} ({})", fitted(&growths))
        })
    };
    let plain = of(&|row| input(row.threshold.plain.as_ref())).map(|growths| {
        format!(
            "by the union bounds of the paper's proof it grows by a factor of about {:.0} a layer ({})",
            growths.exponential.rate,
            fitted(&growths)
        )
    });
    // Growth through the depths that are left would hide those that are not.
    let failed = rows.iter().any(|row| row.failures() > 0);
    let parts = [
        power(
            "the width at which the flip is proved",
            of(&|row| input(row.threshold.direct.as_ref())),
        ),
        power("that expected", of(&|row| input(row.threshold.expected.as_ref()))),
        power("that observed", of(&|row| row.observed.as_ref()?.width)).filter(|_| !failed),
        plain,
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let sentence = parts.join("; ");
    let mut letters = sentence.chars();
    match letters.next() {
        None => "Too few depths to say how the widths grow".into(),
        Some(first) => first.to_uppercase().chain(letters).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Dense;
    use ndarray::{Array2, ArrayView2, array};

    /// Fixed weights, whose products after so many are multiplied by a number, or by none.
    struct Fixed(Dense<f64>, usize, f64);

    impl Fixed {
        fn factor(&mut self) -> f64 {
            let spoilt = self.1 == 0;
            self.1 = self.1.saturating_sub(1);
            if spoilt { self.2 } else { 1.0 }
        }
    }

    impl Network for Fixed {
        fn widths(&self) -> &[usize] {
            self.0.widths()
        }

        fn draw(&mut self, _: u64) {}

        fn apply(&mut self, layer: usize, points: ArrayView2<'_, f64>) -> Array2<f64> {
            self.0.apply(layer, points) * self.factor()
        }

        fn apply_transposed(&mut self, layer: usize, rows: ArrayView2<'_, f64>) -> Array2<f64> {
            self.0.apply_transposed(layer, rows) * self.factor()
        }

        fn rounding(&self, layer: usize) -> f64 {
            self.0.rounding(layer)
        }

        fn roundoff(&self) -> f64 {
            self.0.roundoff()
        }
    }

    #[test]
    fn what_is_not_a_number_is_no_step_that_fails() {
        let x = Scaled::new(array![1.0, 1.0], 0);
        let after = |products: usize, weights: [Array2<f64>; 2], factor: f64| {
            let mut network = Fixed(Dense::with_weights(weights.into()), products, factor);
            flips(&mut network, &x, 0, 2.0)
        };
        let seen = |weights, factor| after(0, weights, factor);
        let first = || array![[1.0, 0.5], [-0.7, 1.0]];
        assert_eq!(seen([first(), array![[1.0, 1.0]]], 1.0), Some(false));
        let both = || array![[1.0, 0.0], [0.0, 1.0]];
        // f = 1 − 1/2, and −1/2 at the end of the step, (0.2, 1.4).
        let flipping = || [both(), array![[1.0, -0.5]]];
        assert_eq!(seen(flipping(), 1.0), Some(true));
        // At x, on the way back from there, and at the end of the step; then all is done.
        for products in 0..6 {
            assert_eq!(after(products, flipping(), f64::NAN), None, "{products}");
        }
        assert_eq!(after(6, flipping(), f64::NAN), Some(true));
        assert_eq!(seen([first(), array![[1.0, 1.0]]], f64::NAN), None);
        assert_eq!(seen([first(), array![[1.0, 1.0]]], f64::INFINITY), None);
        // Constantly 0, and on the boundary: there is no step, and it is known why.
        assert_eq!(seen([-first().mapv(f64::abs), array![[1.0, 1.0]]], 1.0), Some(false));
        assert_eq!(seen([both(), array![[1.0, -1.0]]], 1.0), Some(false));
    }

    #[test]
    fn the_deeper_half_is_fitted() {
        // The first depths grow otherwise.
        let width = |l: usize| if l < 10 { 1e6 } else { 3.0 * (l as f64).powf(2.5) };
        let points: Vec<(usize, f64)> = (1..20).map(|l| (l, width(l))).collect();
        let found = fit(&points).unwrap();
        assert!((found.power.rate - 2.5).abs() < 1e-9);
        assert_eq!((found.range, found.points), ([11.0, 19.0], 9));
        assert_eq!(fit(&points[..3]), None);
    }
}
