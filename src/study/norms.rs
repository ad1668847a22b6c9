//! Steps in several norms side by side: how long they are, whether they flip the sign, from which
//! widths on; and how few coordinates have to change.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::growth::{self, At, Crossing, Rate, crossing};
use crate::judge::verdict::Verdict;
use crate::model::error::{Error, Result};
use crate::model::norm::{Norm, Portion};
use crate::model::params::{Architecture, Params};
use crate::run::{self, Experiment, Machine, Sampling, Spec, interruptible, named};
use crate::theory::direct::{self, expected};

use crate::theory::norm::expected_stretch;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Search {
    /// Shape, δ, slope and step; its own norm does not matter.
    pub params: Params,
    /// The norms, in the order in which they are shown.
    pub norms: Vec<Norm>,
    /// Widths at which the least share of coordinates is searched,
    pub widths: Vec<u64>,
    /// and depths.
    pub depths: Vec<usize>,
    /// Networks sampled for each number; 0 for none.
    pub trials: u64,
    /// Seed of all streams.
    pub seed: u64,
}

/// The step in one norm.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// As the user named it.
    pub norm: String,
    /// Coordinates that the step changes at most, where they are few.
    pub coordinates: Option<String>,
    /// ‖u‖₂‖∇f‖₂/(t|f|) in the limit of large input dimensions.
    pub stretch: f64,
    /// t of what is sampled, the same in all norms.
    pub step: f64,
    /// ‖u‖₂/‖x‖₂ in the median: in the limit of large input dimensions.
    pub length_expected: f64,
    /// The same, observed.
    pub length: Option<f64>,
    /// ‖u‖/‖x‖ in its own norm in the median, by its law where one is known.
    pub size_by_law: Option<f64>,
    /// The same, observed.
    pub size: Option<f64>,
    /// Networks in which the sign flipped, and networks sampled.
    pub flips: Option<[u64; 2]>,
    /// Is it proved to flip here, for some t?
    pub proved_here: bool,
    /// The least widths found at which it is proved to flip for some t; absent up to 10³⁶, or where
    /// the norm is one of inputs of this dimension alone.
    pub proved: Option<String>,
    /// Those at which it is expected to.
    pub expected: Option<String>,
    /// The same, observed, in networks of equal widths.
    pub observed: Option<Crossing>,
    /// Does something contradict a law or a bound, or is something not a number?
    pub failed: bool,
}

/// The least share of coordinates whose change flips the sign, in networks of equal widths.
#[derive(Clone, Debug, Serialize)]
pub struct Share {
    /// L.
    pub depth: usize,
    /// Of the input and of all hidden layers.
    pub width: u64,
    /// The least number of coordinates found for which it is proved for some t; absent where it is
    /// for none.
    pub proved: Option<u64>,
    /// That expected; absent where a layer is too narrow for anything to be expected.
    pub expected: Option<u64>,
    /// That observed, at the t that is best by expectation.
    pub observed: Option<Crossing>,
}

/// What was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Found {
    /// One for each norm.
    pub norms: Vec<Row>,
    /// One for each depth and width.
    pub shares: Vec<Share>,
}

impl Found {
    /// Did something fail?
    pub fn failed(&self) -> bool {
        let seen = |crossing: &Option<Crossing>| {
            crossing.as_ref().is_some_and(|crossing| crossing.width.is_none())
        };
        self.norms.iter().any(|row| row.failed || seen(&row.observed))
            || self.shares.iter().any(|share| seen(&share.observed))
    }
}

impl Search {
    /// How many parts there are.
    pub fn parts(&self) -> usize {
        self.norms.len() + self.widths.len() * self.depths.len()
    }

    fn in_norm(&self, norm: &Norm) -> Params {
        Params { norm: norm.clone(), ..self.params.clone() }
    }

    /// Networks of equal widths.
    fn growth(&self, norm: &Norm) -> growth::Search {
        growth::Search {
            depths: Vec::new(),
            delta: self.params.delta.clone(),
            slope: self.params.slope.clone(),
            bias: self.params.bias.clone(),
            norm: norm.clone(),
            trials: self.trials,
            deepest: usize::MAX,
            seed: self.seed,
        }
    }
}

/// All parts, one by one, until they are done or `stop` is set.
///
/// # Errors
/// Norms that are not of this dimension; networks that do not fit the machine; a crash.
pub fn run(
    search: &Search,
    machine: Machine,
    stop: &AtomicBool,
    mut done: impl FnMut(),
) -> Result<Found> {
    let mut found = Found::default();
    for norm in &search.norms {
        norm.fits(search.params.architecture.input())?;
    }
    for norm in &search.norms {
        let Some(row) = row(search, norm, machine, stop)? else { return Ok(found) };
        found.norms.push(row);
        done();
    }
    for &depth in &search.depths {
        for &width in &search.widths {
            let Some(share) = share(search, [depth as u64, width], machine, stop)? else {
                return Ok(found);
            };
            found.shares.push(share);
            done();
        }
    }
    Ok(found)
}

/// `None` where it was interrupted.
fn row(search: &Search, norm: &Norm, machine: Machine, stop: &AtomicBool) -> Result<Option<Row>> {
    // One step for all norms, so that their lengths can be compared.
    let params = search.in_norm(norm);
    let step = Some(search.params.step());
    let params = Params { step, ..params };
    let best = search.in_norm(norm);
    let proved =
        interruptible(stop, move || direct::certify(&best, &direct::exact_step(&best)).flips)?;
    let Some(proved_here) = proved else { return Ok(None) };
    let spec = Spec {
        alpha: crate::model::params::Probability::thousandth(),
        stages: run::stages(&["norm"])?,
        sampling: (search.trials > 0)
            .then_some(Sampling { seed: search.seed, ..Sampling::new(search.trials) }),
        params: params.clone(),
    };
    let place = || format!("{}, {norm}", params.architecture);
    let ledger = named("widths", &place, || {
        let mut experiment = Experiment::new(spec, machine)?;
        experiment.sample(stop, |_| Ok(()))?;
        let mut ledger = experiment.ledger();
        experiment.confirm(&mut ledger, stop, || ())?;
        Ok(ledger)
    })?;
    if stop.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let of = |label: &str| ledger.row(label);
    let median = |label: &str| {
        let observed = of(label)?.observed.as_ref()?;
        Some(observed.median.to_f64())
    };
    let threshold = of("norm.threshold");
    let counted = threshold.and_then(|row| Some((row.counted?, row.exceedances?)));
    let known = of("norm.size").filter(|row| row.unmet.is_none());
    let step = ledger.shortest.as_ref().map_or(2.0, |shortest| shortest.step);
    let stretch = expected_stretch(norm, params.architecture.input());
    Ok(Some(Row {
        norm: norm.to_string(),
        coordinates: norm.coordinates(params.architecture.input()).map(|k| k.to_string()),
        stretch,
        step,
        length_expected: stretch * step * median_ratio(&params),
        length: median("norm.length"),
        size_by_law: match norm {
            Norm::L2 => Some(step * median_ratio(&params)),
            _ => known.and_then(|row| Some(row.expected?.value.to_f64())),
        },
        size: known.and_then(|_| median("norm.size")),
        flips: counted.filter(|(n, _)| *n > 0).map(|(n, failed)| [n - failed.min(n), n]),
        proved_here,
        proved: threshold.and_then(|row| Some(row.reach.as_ref()?.widths.clone())),
        expected: expected::least(&params).map(|wide| wide.to_string()),
        observed: observed(search, norm, machine, stop)?,
        failed: ledger.verdict.is_some_and(Verdict::is_failure),
    }))
}

/// The median of |f|/(‖∇f‖‖x‖).
fn median_ratio(params: &Params) -> f64 {
    expected::Distance::of(params).quantile(0.5)
}

/// The width at which it flips, in networks of equal widths.
fn observed(
    search: &Search,
    norm: &Norm,
    machine: Machine,
    stop: &AtomicBool,
) -> Result<Option<Crossing>> {
    let equal = search.params.architecture.is_equal() && search.params.architecture.depth() > 0;
    if !equal || norm.is_of_one_dimension() || *norm == Norm::L1 {
        return Ok(None);
    }
    growth::observed(&search.growth(norm), search.params.architecture.depth(), machine, stop)
}

/// The least share at one depth and width; `None` where it was interrupted.
fn share(
    search: &Search,
    [depth, width]: [u64; 2],
    machine: Machine,
    stop: &AtomicBool,
) -> Result<Option<Share>> {
    let depth = depth as usize;
    let architecture = Architecture::new(vec![u128::from(width); depth + 1])?;
    // Entries of one size: an input that was given has a dimension of its own.
    let params = Params { input: None, ..search.params.with_architecture(architecture) };
    let bounded = params.clone();
    let proved = interruptible(stop, move || direct::least_coordinates(&bounded))?;
    let Some(proved) = proved else { return Ok(None) };
    let expected = expected::least_coordinates(&params);
    let small = |count: Option<u128>| count.and_then(|count| u64::try_from(count).ok());
    let observed = match expected.filter(|_| search.trials > 0) {
        Some(start) => {
            let level = 1.0 - search.params.delta.to_f64();
            let start = u64::try_from(start).unwrap_or(width).clamp(1, width);
            let at = |count: u64| sampled(search, &params, count, machine, stop);
            Some(crossing(at, search.trials, [1, start, width], level)?)
        }
        None => None,
    };
    if stop.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let (proved, expected) = (small(proved), small(expected));
    Ok(Some(Share { depth, width, proved, expected, observed }))
}

/// How often the step on so many coordinates flips the sign, at the t that is best by expectation.
fn sampled(
    search: &Search,
    params: &Params,
    count: u64,
    machine: Machine,
    stop: &AtomicBool,
) -> Result<(f64, Rate)> {
    let norm = Norm::Top(Portion::Count(count.into()));
    let (step, _) = expected::best_step(&Params { norm: norm.clone(), ..params.clone() });
    let depth = params.architecture.depth();
    let width = u64::try_from(params.architecture.input())
        .map_err(|_| Error::new("widths", params.architecture.input(), "fits no machine"))?;
    let rate = growth::rate(&search.growth(&norm), At { depth, width, step }, machine, stop)
        .map_err(|why| why.named("shares").with_value(width.to_string()))?;
    Ok((step, Rate { width: count, ..rate }))
}
