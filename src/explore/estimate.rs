//! About how long a study takes, from a few networks of some of its cells.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::{Cell, Study};
use crate::error::Result;

/// Cells measured.
const CELLS: usize = 5;
/// Networks measured in each of them.
const NETWORKS: u64 = 2;

/// About how long these cells take. Rough: networks of a few cells, from the smallest to the largest, are
/// measured, and the others are taken to lie between.
///
/// # Errors
/// A network that does not fit into `available` bytes.
pub fn duration(
    study: &Study,
    cells: &[&Cell],
    threads: usize,
    available: u64,
) -> Result<Duration> {
    let mut sorted = cells.to_vec();
    sorted.sort_by(|a, b| size(a).total_cmp(&size(b)));
    let Some(last) = sorted.len().checked_sub(1) else { return Ok(Duration::ZERO) };
    // What is computed only once is not counted.
    seconds(study, sorted[0], threads, available)?;
    let mut known: Vec<(f64, f64)> = Vec::new();
    for cell in (0..CELLS).map(|i| sorted[last * i / (CELLS - 1)]) {
        if known.last().is_none_or(|(at, _)| *at < size(cell)) {
            known.push((size(cell), seconds(study, cell, threads, available)?));
        }
    }
    let total: f64 = cells.iter().map(|cell| between(&known, size(cell))).sum();
    Ok(Duration::from_secs_f64(total))
}

/// The logarithm of the number of weights, and at least 0.
fn size(cell: &Cell) -> f64 {
    let pairs = cell.params.architecture.widths().windows(2);
    pairs.map(|pair| pair[0] as f64 * pair[1] as f64).sum::<f64>().max(1.0).ln()
}

/// One cell, from a few networks and twice as many.
fn seconds(study: &Study, cell: &Cell, threads: usize, available: u64) -> Result<f64> {
    // The radius is looked for in few networks, however many are sampled.
    let mut without = study.clone();
    without.quantities.retain(|quantity| quantity.name != "radius");
    let time = |study: &Study, trials: u64, searches: u64| -> Result<f64> {
        if study.quantities.is_empty() {
            return Ok(0.0);
        }
        let few = Study { trials, searches, ..study.clone() };
        let started = Instant::now();
        few.measure(cell, threads, available, &AtomicBool::new(false), || {})?;
        Ok(started.elapsed().as_secs_f64())
    };
    let searched = study.searches.min(study.trials);
    let plain = study.trials - searched;
    // What a cell takes once, and what each further network adds.
    let rest = |wanted: u64, few: f64, twice: f64| {
        (twice - few).max(0.0) * wanted.saturating_sub(NETWORKS) as f64 / NETWORKS as f64
    };
    let mut total = 0.0;
    if searched > 0 {
        let few = time(&without, NETWORKS, NETWORKS)?;
        total += few + rest(searched, few, time(&without, 2 * NETWORKS, 2 * NETWORKS)?);
        if without.quantities.len() < study.quantities.len() {
            total += (time(study, NETWORKS, NETWORKS)? - few).max(0.0);
        }
    }
    if plain > 0 {
        let few = time(&without, NETWORKS, 0)?;
        total += rest(plain, few, time(&without, 2 * NETWORKS, 0)?);
    }
    Ok(if searched > 0 { total } else { total + time(study, 0, 0)? })
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
    fn cells_between_take_a_time_between() {
        let known = [(0.0, 1.0), (2.0, 100.0)];
        assert!((between(&known, 1.0) - 10.0).abs() < 1e-9);
        assert!((between(&known, 0.0) - 1.0).abs() < 1e-9);
        assert!((between(&known, 3.0) - 100.0).abs() < 1e-9);
        assert!((between(&known[..1], 7.0) - 1.0).abs() < 1e-9);
    }
}
