//! Up to which biases the step flips the sign, by depth at one width: proved, expected, observed;
//! and from which on the first-order step is longer than the input.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::growth::{self, At, Crossing, Rate, crossing};
use crate::model::bias::Bias;
use crate::model::error::Result;
use crate::model::norm::Norm;
use crate::model::params::{Architecture, Params, Probability};
use crate::model::slope::Slope;
use crate::run::{Machine, interruptible};
use crate::theory::direct::{self, expected};

/// The size of the steps of which half are to flip.
const HALF_STEP: f64 = 2.0;
/// Relative biases are searched between these.
const RANGE: [f64; 2] = [1e-3, MOST];
/// The largest that is tried: what holds there counts as holding at any.
pub const MOST: f64 = 1e3;
/// Steps of a bisection: to a relative accuracy of 10⁻³.
const HALVINGS: u32 = 14;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Search {
    /// Of the input and of all hidden layers.
    pub width: u64,
    /// L ≥ 1, in increasing order.
    pub depths: Vec<usize>,
    /// δ.
    pub delta: Probability,
    /// The slope of the activation.
    pub slope: Slope,
    /// Networks sampled for each number; 0 for none.
    pub trials: u64,
    /// Seed of all streams.
    pub seed: u64,
}

/// One depth: sizes of biases relative to the signal, [`MOST`] where it is so for any.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// L.
    pub depth: usize,
    /// The largest found, rounded down, for which some step is proved to flip the sign with
    /// probability 1 − δ; absent where it is not proved without biases either.
    pub proved: Option<f64>,
    /// Up to which the best step is expected to flip it in the share 1 − δ of all networks; absent
    /// where it is not without biases either, or a layer is too narrow for anything to be expected.
    pub expected: Option<f64>,
    /// The same, observed.
    pub observed: Option<f64>,
    /// Up to which half of the steps t = 2 are expected to flip it.
    pub half_expected: Option<f64>,
    /// The same, observed.
    pub half_observed: Option<f64>,
    /// From which on the first-order distance |f|/(‖∇f‖‖x‖) is above 1 in half of all networks, in
    /// the limit of large widths.
    pub beyond: f64,
    /// Networks in which something was not a number.
    pub failures: u64,
}

impl Search {
    fn params(&self, depth: usize) -> Result<Params> {
        let architecture = Architecture::new(vec![u128::from(self.width); depth + 1])?;
        let params = Params::new(architecture, self.delta.clone());
        Ok(Params { slope: self.slope.clone(), ..params })
    }

    /// How often the step t flips the sign at these biases.
    fn rate(
        &self,
        depth: usize,
        [size, step]: [f64; 2],
        machine: Machine,
        stop: &AtomicBool,
    ) -> Result<Rate> {
        let search = growth::Search {
            depths: Vec::new(),
            delta: self.delta.clone(),
            slope: self.slope.clone(),
            bias: Bias::relative(&decimal(size))?,
            norm: Norm::L2,
            trials: self.trials,
            deepest: usize::MAX,
            seed: self.seed,
        };
        growth::rate(&search, At { depth, width: self.width, step }, machine, stop)
    }
}

/// Three digits, rounded down.
fn three(size: f64) -> f64 {
    let unit = 10f64.powi(size.log10().floor() as i32 - 2);
    (size / unit).floor() * unit
}

/// As the parser of biases reads it.
fn decimal(size: f64) -> String {
    format!("{size:.3e}")
}

fn at(params: &Params, size: f64) -> Option<Params> {
    Some(Params { bias: Bias::relative(&decimal(size)).ok()?, ..params.clone() })
}

/// The largest size for which something holds, which for larger ones does not; `None` if it does
/// not for the least.
fn largest(holds: impl Fn(f64) -> bool) -> Option<f64> {
    let [mut low, mut high] = RANGE.map(f64::ln);
    if !holds(RANGE[0]) {
        return None;
    }
    if holds(MOST) {
        return Some(MOST);
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if holds(middle.exp()) { low = middle } else { high = middle }
    }
    Some(low.exp())
}

/// Proved at the size returned itself, which is rounded.
fn proved(params: &Params) -> Option<f64> {
    let flips = |size: f64| {
        at(params, size)
            .is_some_and(|params| direct::certify(&params, &direct::exact_step(&params)).flips)
    };
    let found = largest(flips)?;
    if found >= MOST {
        return Some(found);
    }
    let rounded = [1.0, 0.98, 0.9].map(|share| three(share * found));
    rounded.into_iter().find(|&size| flips(size))
}

/// The median of |N(0, Π(1 + 𝗌²)/d)| is 1.
fn beyond(width: u64, depth: usize) -> f64 {
    let median = crate::theory::distribution::normal::upper_quantile(0.25);
    let grown = (width as f64 / (median * median)).ln() / (depth as f64 + 1.0);
    grown.exp_m1().max(0.0).sqrt()
}

/// All depths, one by one, until they are done or `stop` is set.
///
/// # Errors
/// Networks that do not fit the machine; a crash.
pub fn run(
    search: &Search,
    machine: Machine,
    stop: &AtomicBool,
    mut done: impl FnMut(),
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for &depth in &search.depths {
        let Some(row) = row(search, depth, machine, stop)? else { break };
        rows.push(row);
        done();
    }
    Ok(rows)
}

/// `None` where it was interrupted.
fn row(search: &Search, depth: usize, machine: Machine, stop: &AtomicBool) -> Result<Option<Row>> {
    let params = search.params(depth)?;
    let bounded = params.clone();
    let Some(proved) = interruptible(stop, move || proved(&bounded))? else { return Ok(None) };
    let level = 1.0 - search.delta.to_f64();
    let meant = expected::wide_enough(&params.architecture);
    let share = |size: f64, f: &dyn Fn(&Params) -> f64| at(&params, size).map_or(0.0, |p| f(&p));
    let best = |size: f64| share(size, &|params| expected::best_step(params).1);
    let half = |size: f64| share(size, &|p| expected::leading_flip_probability(p, HALF_STEP));
    let expected = largest(|size| best(size) >= level);
    let half_expected = largest(|size| half(size) >= 0.5);
    let step = expected.and_then(|size| Some(expected::best_step(&at(&params, size)?).0));
    let mut failures = 0;
    let mut observe = |near: Option<f64>, t: f64, level: f64| {
        let Some(near) = near.filter(|_| search.trials > 0) else { return Ok(None) };
        let seen = observed(search, depth, [near, t, level], machine, stop)?;
        failures += seen.rates.iter().map(|rate| rate.failed).sum::<u64>();
        // More biases, fewer flips: they are counted in inverse numbers.
        Ok::<_, crate::model::error::Error>(seen.width.map(|inverse| RANGE[1] / inverse))
    };
    let observed = observe(expected, step.unwrap_or(HALF_STEP), level)?;
    let half_observed = observe(half_expected, HALF_STEP, 0.5)?;
    if stop.load(Ordering::Relaxed) {
        return Ok(None);
    }
    Ok(Some(Row {
        depth,
        proved,
        expected: expected.filter(|_| meant),
        observed,
        half_expected: half_expected.filter(|_| meant),
        half_observed,
        beyond: beyond(search.width, depth),
        failures,
    }))
}

/// Where the share of flips crosses a level, by the inverse of the size in units of that of the
/// largest.
fn observed(
    search: &Search,
    depth: usize,
    [near, t, level]: [f64; 3],
    machine: Machine,
    stop: &AtomicBool,
) -> Result<Crossing> {
    let most = (RANGE[1] / RANGE[0]) as u64;
    let start = ((RANGE[1] / near) as u64).clamp(1, most);
    let rate = |inverse: u64| {
        let rate = search.rate(depth, [RANGE[1] / inverse as f64, t], machine, stop)?;
        Ok((t, Rate { width: inverse, ..rate }))
    };
    crossing(rate, search.trials, [1, start, most], level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_down() {
        for (size, rounded) in [(0.123_456, 0.123), (9.999, 9.99), (1000.0, 1000.0), (2.0, 2.0)] {
            assert!((three(size) / rounded - 1.0).abs() < 1e-12, "{size}: {}", three(size));
            assert!(Bias::relative(&decimal(three(size))).is_ok());
        }
        let found = largest(|size| size <= 0.37).unwrap();
        assert!((0.3695..=0.37).contains(&found) && largest(|_| false).is_none());
        assert_eq!(largest(|_| true), Some(MOST));
        // (1 + 𝗌²)^{L+1} · 0.6745² = d.
        let size = beyond(1000, 3);
        assert!(((1.0 + size * size).powi(4) * 0.454_936_423 / 1000.0 - 1.0).abs() < 1e-8);
    }
}
