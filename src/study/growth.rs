//! How the widths at which the step flips the sign grow with depth: proved, expected and observed.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::fit::Comparison;
use super::flips::Flips;
use crate::judge::thresholds::{Threshold, threshold_row};
use crate::model::bias::Bias;
use crate::model::error::{Error, Result};
use crate::model::norm::{Norm, Portion};
use crate::model::outcome::Outcome;
use crate::model::params::{Amount, Architecture, Params, Probability};
use crate::model::slope::Slope;
use crate::network::{Engine, Precision};
use crate::num::magnitude::Magnitude;
use crate::run::{Engines, Experiment, Machine, Plan, Sampling, Spec, interruptible, named};
use crate::theory::direct::expected;

/// The step of the widths at which half of the steps flip.
const HALF_STEP: f64 = 2.0;
/// A rate is observed where at least so many failures are to be expected.
const FAILURES: f64 = 10.0;
/// Widths are sampled at this ratio until the rate crosses its level.
const RATIO: f64 = 1.4;
/// Widths sampled at most to find one crossing.
const WIDTHS: usize = 12;

/// What is asked: widths are searched depth by depth.
#[derive(Clone, Debug)]
pub struct Search {
    /// L, in increasing order.
    pub depths: Vec<usize>,
    /// δ.
    pub delta: Probability,
    /// The slope of the activation.
    pub slope: Slope,
    /// The biases.
    pub bias: Bias,
    /// The norm in which the step is short.
    pub norm: Norm,
    /// Networks sampled at each width; 0 for none.
    pub trials: u64,
    /// The deepest networks that are sampled.
    pub deepest: usize,
    /// Seed of all streams.
    pub seed: u64,
}

impl Search {
    /// 1 − δ.
    fn level(&self) -> f64 {
        1.0 - self.delta.to_f64()
    }

    /// The parameters of networks of this shape.
    fn params(&self, architecture: Architecture) -> Params {
        let (slope, bias, norm) = (self.slope.clone(), self.bias.clone(), self.norm.clone());
        Params { slope, bias, norm, ..Params::new(architecture, self.delta.clone()) }
    }

    /// The run at one width.
    fn spec(&self, At { depth, width, step }: At) -> Result<Spec> {
        let architecture = equal(u128::from(width), depth)?;
        let step = Some(Amount::step(&step.to_string())?);
        let sampling = Sampling {
            trials: self.trials,
            seed: self.seed,
            precision: Precision::F64,
            searches: self.trials,
            steps: self.trials,
            engines: Engines::All(Engine::Conditioned),
        };
        Ok(Spec {
            params: Params { step, ..self.params(architecture) },
            alpha: self.delta.clone(),
            stages: vec![&Flips],
            sampling: Some(sampling),
        })
    }

    /// Are there enough networks to see a rate at this level?
    fn shows(&self, level: f64) -> bool {
        self.trials as f64 * level.min(1.0 - level) >= FAILURES
    }
}

/// Networks of equal widths at one depth.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Least widths found, proved and expected, at which the share 1 − δ of the best steps flips
    /// the sign.
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
/// Networks that do not fit the machine; a crash, which names its widths; what `done` returns, at
/// once.
pub fn run(
    search: &Search,
    machine: Machine,
    stop: &AtomicBool,
    done: impl FnMut(&Row) -> Result<()>,
) -> Result<Vec<Row>> {
    run_by(&|search, at| rate(search, at, machine, stop), search, stop, done)
}

/// Before anything is done: do the networks that are expected to be sampled fit the machine?
///
/// # Errors
/// Those of a depth do not.
pub fn check(search: &Search, machine: Machine) -> Result<()> {
    if search.trials == 0 {
        return Ok(());
    }
    for &depth in search.depths.iter().filter(|&&depth| depth <= search.deepest) {
        let shape = search.params(equal(64, depth)?);
        let half = expected::least_for(&shape, HALF_STEP, 0.5).filter(|_| search.shows(0.5));
        let expected = search.shows(search.level()).then(|| expected::least(&shape));
        for wide in half.into_iter().chain(expected.flatten()) {
            let at = At { depth, width: address(depth, wide.input())?, step: HALF_STEP };
            Plan::new(&search.spec(at)?, machine).map_err(|error| left_out(error, at.depth))?;
        }
    }
    Ok(())
}

fn left_out(error: Error, depth: usize) -> Error {
    let error = error.named("depths").with_value(depth.to_string());
    error.hint("a smaller {deepest}, or {trials} 0, leaves them out")
}

/// Where a rate is looked at.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// L.
    pub depth: usize,
    /// Of the input and of all hidden layers.
    pub width: u64,
    /// t.
    pub step: f64,
}

fn equal(width: u128, depth: usize) -> Result<Architecture> {
    Architecture::new(vec![width; depth + 1])
}

/// The width as a machine has it.
fn address(depth: usize, width: u128) -> Result<u64> {
    let width = u64::try_from(width).ok();
    width.ok_or_else(|| Error::new("depths", depth, "the width to be sampled fits no machine"))
}

/// How often the step flips the sign.
pub type Sampler<'a> = &'a dyn Fn(&Search, At) -> Result<Rate>;

/// The same with rates by another sampler than [`rate`].
///
/// # Errors
/// Those of [`run`] and of the sampler.
pub fn run_by(
    rate: Sampler<'_>,
    search: &Search,
    stop: &AtomicBool,
    mut done: impl FnMut(&Row) -> Result<()>,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for &depth in &search.depths {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let shape = search.params(equal(64, depth)?);
        let bounds = shape.clone();
        let proved = interruptible(stop, move || threshold_row(&bounds))?;
        let Some(threshold) = proved else { break };
        let half = expected::least_for(&shape, HALF_STEP, 0.5).map(|a| a.input());
        let sampled = search.trials > 0 && depth <= search.deepest;
        let observed = observed_by(rate, search, depth)?;
        let half_observed = match half.filter(|_| sampled && search.shows(0.5)) {
            Some(width) => Some(by_width(rate, search, depth, width, [HALF_STEP, 0.5])?),
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

/// The width at which the share 1 − δ of the best steps flips the sign, observed; `None` where that
/// is not sampled, or too few are to see it.
///
/// # Errors
/// Networks that do not fit the machine; a crash, which names its widths.
pub fn observed(
    search: &Search,
    depth: usize,
    machine: Machine,
    stop: &AtomicBool,
) -> Result<Option<Crossing>> {
    observed_by(&|search, at| rate(search, at, machine, stop), search, depth)
}

fn observed_by(rate: Sampler<'_>, search: &Search, depth: usize) -> Result<Option<Crossing>> {
    let (shape, level) = (search.params(equal(64, depth)?), search.level());
    let shown = search.trials > 0 && depth <= search.deepest && search.shows(level);
    let Some(wide) = shown.then(|| expected::leading_least(&shape)).flatten() else {
        return Ok(None);
    };
    let (t, _) = expected::best_step(&shape.with_architecture(wide.clone()));
    by_width(rate, search, depth, wide.input(), [t, level]).map(Some)
}

/// By the width, for the step t.
fn by_width(
    rate: Sampler<'_>,
    search: &Search,
    depth: usize,
    start: u128,
    [t, level]: [f64; 2],
) -> Result<Crossing> {
    let at = |width: u64| Ok((t, rate(search, At { depth, width, step: t })?));
    // A number of coordinates is one of inputs that have as many.
    let least = match &search.norm {
        Norm::Top(Portion::Count(count)) => address(depth, *count)?,
        _ => 1,
    };
    let start = address(depth, start)?.max(least);
    crossing(at, search.trials, [least, start, u64::MAX], level)
}

/// Samples at numbers around `start`, from `least` to `most`, until the rate has been seen on both
/// sides of `level`, or a trial failed. `rate` is asked for a number, and says for which step t.
///
/// # Errors
/// Those of `rate`.
pub fn crossing(
    mut rate: impl FnMut(u64) -> Result<(f64, Rate)>,
    trials: u64,
    [least, start, most]: [u64; 3],
    level: f64,
) -> Result<Crossing> {
    let (mut t, first) = rate(start)?;
    let up = first.value() < level;
    let mut rates = vec![first];
    while rates.len() < WIDTHS {
        let last = rates[rates.len() - 1];
        if last.trials < trials {
            // Interrupted.
            break;
        }
        let end = if up { most } else { least };
        if last.failed > 0 || (last.value() < level) != up || last.width == end {
            break;
        }
        let width = last.width as f64;
        let next = if up {
            ((width * RATIO).ceil().max(width + 1.0) as u64).min(most)
        } else {
            ((width / RATIO).floor() as u64).max(least)
        };
        let (step, rate) = rate(next)?;
        t = step;
        rates.push(rate);
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

/// How often the step flips the sign in networks without weights, of one law with all others: in
/// fewer than asked for where `stop` was set.
///
/// # Errors
/// Networks that do not fit the machine; a crash, which names the widths.
pub fn rate(search: &Search, at: At, machine: Machine, stop: &AtomicBool) -> Result<Rate> {
    let place = || format!("{}x{}", at.width, at.depth);
    named("widths", &place, || {
        let mut experiment = Experiment::new(search.spec(at)?, machine)
            .map_err(|error| left_out(error, at.depth))?;
        experiment.sample(stop, |_| Ok(()))?;
        let seen = || experiment.records().iter().flat_map(|record| &record.outcomes);
        let flipped = |outcome: &&Outcome| outcome.value().is_some_and(Magnitude::is_finite);
        Ok(Rate {
            width: at.width,
            flips: seen().filter(flipped).count() as u64,
            failed: seen().filter(|&&outcome| outcome == Outcome::Failed).count() as u64,
            trials: experiment.records().len() as u64,
        })
    })
}

/// Depths fitted at least: the deeper half, but not fewer.
const FEWEST: usize = 4;
/// One less the confidence of the intervals shown.
const ALPHA: f64 = 0.05;

/// How a width grows with depth, over the deeper half of the depths that have one, but at least
/// four.
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

/// How one of the widths grows.
pub struct Finding {
    /// Which.
    pub of: Of,
    /// Its fits.
    pub growth: Comparison,
}

/// A width that grows with depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// That at which the flip is proved.
    Proved,
    /// That expected.
    Expected,
    /// That observed.
    Observed,
    /// That at which half of the steps t = 2 are proved to fail.
    Fails,
    /// That proved by union bounds.
    Plain,
}

/// What the rows show.
pub fn findings(rows: &[Row]) -> Vec<Finding> {
    // Growth through the depths that are left would hide those that are not.
    let failed = rows.iter().any(|row| row.failures() > 0);
    let value = |of: Of, row: &Row| match of {
        Of::Proved => input(row.threshold.direct.as_ref()),
        Of::Expected => input(row.threshold.expected.as_ref()),
        Of::Observed => row.observed.as_ref()?.width.filter(|_| !failed),
        Of::Fails => input(row.threshold.fails.as_ref()),
        Of::Plain => input(row.threshold.plain.as_ref()),
    };
    let found = |of: Of| {
        let known = rows.iter().filter_map(|row| Some((row.threshold.depth, value(of, row)?)));
        fit(&known.collect::<Vec<_>>()).map(|growth| Finding { of, growth })
    };
    let all = [Of::Proved, Of::Expected, Of::Observed, Of::Fails, Of::Plain];
    all.into_iter().filter_map(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Dense;
    use crate::network::search::Setting;
    use crate::network::{Network, Scaled, backward, forward};
    use crate::stage::rows::Rows;
    use crate::stage::{Stage, Trial};
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

        fn slope(&self, layer: usize) -> f64 {
            self.0.slope(layer)
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
            let at = forward(&mut network, std::slice::from_ref(&x));
            let back = backward(&mut network, &at);
            let setting = Setting::new(0.1, 2.0, 1, 0);
            let rows = Rows::new(Flips.rows(), 1);
            let mut seen = rows.blank();
            let mut trial = Trial::new(&mut network, &at[0], &back[0], Some(&setting));
            Flips.observe(&mut trial, &mut seen);
            match seen.outcomes()[..] {
                [Outcome::Failed] => None,
                [outcome] => Some(outcome.value().unwrap().is_finite()),
                _ => panic!("one row"),
            }
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
