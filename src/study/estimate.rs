//! About how long a study takes, from a few networks of some of its cells.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::{Cell, Study, radius};
use crate::model::error::Result;
use crate::run::{Experiment, Machine, Spec};

/// After this no further cell is measured, if two are.
const PATIENCE: Duration = Duration::from_secs(8);
/// Seconds of one measurement from which on it is long enough.
const ENOUGH: f64 = 0.5;

/// About how long these cells take. Rough: networks of a few cells, from the smallest to the
/// largest, are measured, and the others are taken to lie between.
///
/// # Errors
/// A network that does not fit.
pub fn duration(study: &Study, cells: &[&Cell], machine: Machine) -> Result<Duration> {
    let mut sorted = cells.to_vec();
    sorted.sort_by(|a, b| size(a).total_cmp(&size(b)));
    let Some(last) = sorted.len().checked_sub(1) else { return Ok(Duration::ZERO) };
    let started = Instant::now();
    let mut known: Vec<(f64, f64)> = Vec::new();
    // The extremes first; what lies between them sharpens the estimate while there is time.
    for place in [0, last, last / 2, last * 3 / 4] {
        let at = size(sorted[place]);
        if known.iter().all(|(size, _)| *size != at)
            && (known.len() < 2 || started.elapsed() < PATIENCE)
        {
            known.push((at, seconds(study, sorted[place], machine)?));
        }
    }
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = cells.iter().map(|cell| between(&known, size(cell))).sum();
    Ok(Duration::from_secs_f64(total))
}

/// The logarithm of the number of weights, and at least 0.
fn size(cell: &Cell) -> f64 {
    let pairs = cell.params.architecture.widths().windows(2);
    pairs.map(|pair| pair[0] as f64 * pair[1] as f64).sum::<f64>().max(1.0).ln()
}

/// One cell.
fn seconds(study: &Study, cell: &Cell, machine: Machine) -> Result<f64> {
    let time = |wanted: &dyn Fn(&str) -> bool, trials: u64, searches: u64| -> Result<f64> {
        let mut few = Study { trials, searches, ..study.clone() };
        few.quantities.retain(|quantity| wanted(quantity.name));
        if few.quantities.is_empty() {
            return Ok(0.0);
        }
        let started = Instant::now();
        few.measure(cell, machine, &AtomicBool::new(false), |_| {})?;
        Ok(started.elapsed().as_secs_f64())
    };
    // These are not looked for in each network.
    let sampled = |name: &str| !["radius", "threshold"].contains(&name);
    let once = time(&sampled, 0, 0)?;
    let mut total = time(&|_| true, 0, 0)?;
    total += grown(study.searches, machine.threads, once, |n| time(&sampled, n, n))?;
    total += grown(study.trials - study.searches, machine.threads, once, |n| time(&sampled, n, 0))?;
    let few = study.searches.min(machine.threads as u64);
    if few > 0 {
        let added = time(&|name| name == "radius", few, few)?;
        total += added * study.searches.min(radius::NETWORKS) as f64 / few as f64;
    }
    Ok(total)
}

/// About how long one run takes: what is claimed, and networks of every sort.
///
/// # Errors
/// A network that does not fit.
pub fn run(spec: &Spec, machine: Machine) -> Result<Duration> {
    let started = Instant::now();
    let experiment = Experiment::new(spec.clone(), machine)?;
    drop(experiment.ledger());
    let once = started.elapsed().as_secs_f64();
    let spec = experiment.spec().clone();
    let sampled = |trials: u64, searches: u64, steps: u64| -> Result<f64> {
        let few = spec.resampled(|sampling| {
            (sampling.trials, sampling.searches, sampling.steps) = (trials, searches, steps);
        });
        let started = Instant::now();
        let claims = experiment.claims().to_vec();
        let mut run = Experiment::against(claims, few, machine)?;
        run.sample(&AtomicBool::new(false), |_| Ok(()))?;
        Ok(started.elapsed().as_secs_f64())
    };
    let Some(sampling) = spec.sampling.clone() else { return Ok(started.elapsed()) };
    let (searches, steps) = (sampling.searches, sampling.steps.max(sampling.searches));
    let mut total = once;
    total += grown(searches, machine.threads, 0.0, |n| sampled(n, n, n))?;
    total += grown(steps - searches, machine.threads, 0.0, |n| sampled(n, 0, n))?;
    total += grown(sampling.trials - steps, machine.threads, 0.0, |n| sampled(n, 0, 0))?;
    Ok(Duration::from_secs_f64(total))
}

/// What so many networks add to what a cell takes once. Some take much longer than others, so that
/// as many are measured as take a while.
fn grown(wanted: u64, threads: usize, once: f64, time: impl Fn(u64) -> Result<f64>) -> Result<f64> {
    let mut n = wanted.min(threads as u64);
    while n > 0 {
        let seconds = (time(n)? - once).max(0.0);
        if n == wanted || seconds >= ENOUGH {
            return Ok(seconds * wanted as f64 / n as f64);
        }
        n = wanted.min(n * (1.5 * ENOUGH / seconds).clamp(2.0, 32.0) as u64);
    }
    Ok(0.0)
}

/// By interpolation between the sizes that are known, in logarithms.
fn between(known: &[(f64, f64)], at: f64) -> f64 {
    let above = known.iter().position(|(size, _)| *size >= at).unwrap_or(known.len() - 1);
    let (high, slow) = known[above];
    let (low, fast) = known[above.saturating_sub(1)];
    if high <= low {
        return slow;
    }
    let share = ((at - low) / (high - low)).clamp(0.0, 1.0);
    (fast.max(1e-6).ln() * (1.0 - share) + slow.max(1e-6).ln() * share).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_networks_are_measured_where_one_is_quick() {
        let count = std::cell::Cell::new(0);
        let quick = |n: u64| {
            count.set(n);
            Ok(0.1 + 1e-3 * n as f64)
        };
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(grown(4000, 2, 0.1, quick).unwrap(), 4.0));
        // Neither few nor all.
        assert!((500..2000).contains(&count.get()));
        assert!(close(grown(100, 2, 0.1, quick).unwrap(), 0.1));
        assert_eq!(count.get(), 100);
        assert!(close(grown(4000, 2, 0.1, |n| Ok(0.1 + n as f64)).unwrap(), 4000.0));
        assert!(close(grown(0, 2, 0.1, quick).unwrap(), 0.0));
    }

    #[test]
    fn cells_between_take_a_time_between() {
        let known = [(0.0, 1.0), (2.0, 100.0)];
        assert!((between(&known, 1.0) - 10.0).abs() < 1e-9);
        assert!((between(&known, 0.0) - 1.0).abs() < 1e-9);
        assert!((between(&known, 3.0) - 100.0).abs() < 1e-9);
        assert!((between(&known[..1], 7.0) - 1.0).abs() < 1e-9);
    }
}
