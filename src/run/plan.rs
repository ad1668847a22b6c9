//! How the work is spread over threads, within the memory there is.

use super::{Engines, Record, Spec};
use crate::model::error::{Error, Kind, Result};
use crate::model::outcome::Outcome;
use crate::model::outcome::Search;
use crate::model::params::Architecture;
use crate::network::search::{self, line::BATCH};
use crate::network::{BLOCK, Engine, bytes_needed};
use crate::num::magnitude::Magnitude;
use crate::stage::{Needs, Stage};

/// Above this size one network is sampled at a time, with all threads inside it: it would not fit
/// any cache, and memory stays at one network.
const SHARED_NETWORK_BYTES: u64 = 256 << 20;
/// The largest width of which every neuron is sampled: about half an hour a layer.
const LARGEST_UNWEIGHTED: u128 = 1_000_000_000_000;
/// What an allocator adds to a piece of memory at most: a header, and rounding up to its unit.
const ALLOCATION: usize = 32;
/// Products that take as much memory as the passes at one input, with what is computed from them.
pub const PASSES: u128 = 4;

/// What there is to run on.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// Threads that run at once.
    pub threads: usize,
    /// Bytes that may be taken.
    pub memory: u64,
}

impl Default for Machine {
    /// All processors, and as much memory as is asked for.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Machine { threads, memory: u64::MAX }
    }
}

/// `8.3 GiB`, or in another unit that fits.
pub fn shown(bytes: u64) -> String {
    let mut size = bytes as f64 / 2f64.powi(20);
    for unit in ["MiB", "GiB", "TiB", "PiB"] {
        if size < 102.4 {
            return format!("{size:.1} {unit}");
        }
        size /= 1024.0;
    }
    format!("{size:.1} EiB")
}

/// How the work is spread: one worker per trial at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Trials at once.
    pub workers: usize,
    /// Threads inside each network.
    pub inner: usize,
    /// Bytes that the networks of one trial take at most.
    pub bytes: u64,
}

impl Plan {
    /// One trial at a time.
    pub const ALONE: Plan = Plan { workers: 1, inner: 1, bytes: 0 };

    /// For the threads and the memory that there are: no more threads than there is work for.
    ///
    /// # Errors
    /// What the trials show or the networks of one trial do not fit, or a layer is too wide to
    /// sample its neurons.
    pub fn new(spec: &Spec, machine: Machine) -> Result<Self> {
        let (architecture, threads) = (&spec.params.architecture, machine.threads);
        let kept = kept(spec);
        let available = machine.memory.checked_sub(kept);
        let available = available.ok_or_else(|| too_many(spec, machine.memory, kept))?;
        let bytes = bytes(spec).filter(|&bytes| bytes <= available);
        let bytes = bytes.ok_or_else(|| refusal(spec, available))?;
        let pairs = spec.stages.iter().any(|stage| stage.needs() == Needs::Pairs);
        if pairs && architecture.largest() > LARGEST_UNWEIGHTED {
            let permitted = format!(
                "up to {LARGEST_UNWEIGHTED} where two inputs are followed, neuron by neuron"
            );
            return Err(Error::new("widths", architecture, permitted));
        }
        let fitting = usize::try_from(available / bytes.max(1)).unwrap_or(usize::MAX);
        let trials = usize::try_from(spec.trials()).unwrap_or(usize::MAX);
        let workers = if bytes > SHARED_NETWORK_BYTES { 1 } else { threads.min(fitting) };
        let workers = workers.min(trials).max(1);
        let inner = (threads / workers).min(pieces(spec)).max(1);
        Ok(Plan { workers, inner, bytes })
    }
}

/// Pieces into which the work on one network can be cut, at most.
fn pieces(spec: &Spec) -> usize {
    let widths = spec.params.architecture.widths();
    let served = |engine| spec.served(engine).next().is_some();
    let largest = if served(Engine::Dense) {
        widths.windows(2).map(|pair| pair[0].saturating_mul(pair[1])).max()
    } else {
        None
    };
    let entries = largest.unwrap_or(0).max(spec.params.architecture.largest());
    usize::try_from(entries.div_ceil(BLOCK as u128)).unwrap_or(usize::MAX)
}

/// Bytes that what so many trials show takes at most while a run is judged: the records, the values
/// of one claim while they are sorted, and outcomes of as many fresh networks, which confirm what
/// looks violated.
pub fn kept(spec: &Spec) -> u64 {
    let claims: usize = spec.stages.iter().map(|s| s.rows_of(&spec.params).len()).sum();
    let outcomes = claims * size_of::<Outcome>();
    let record = size_of::<Record>() + outcomes + ALLOCATION;
    // Twice, because vectors grow by doubling; and the half that a stable sort takes.
    let sorted = 3 * size_of::<(Magnitude, Option<Search>)>();
    spec.trials().saturating_mul((record + sorted + 2 * outcomes) as u64)
}

fn too_many(spec: &Spec, available: u64, kept: u64) -> Error {
    let (kept, free) = (shown(kept), shown(available));
    let permitted = format!("what they show takes up to {kept}, and {free} of memory are free");
    Error::new("trials", spec.trials(), permitted)
        .of(Kind::Resources)
        .hint("fewer trials, or several runs with different seeds")
}

fn refusal(spec: &Spec, available: u64) -> Error {
    let architecture = &spec.params.architecture;
    let [dense, conditioned] =
        [Engine::Dense, Engine::Conditioned].map(|engine| taken(spec, engine));
    let (bytes, how) = if dense.is_none_or(|bytes| bytes > available / 2) {
        let precision = spec.sampling.as_ref().map_or("f64", |s| s.precision.name());
        (dense, format!("with its weights in {precision}"))
    } else {
        (conditioned, "without weights".to_owned())
    };
    let needed = bytes.map_or("more than 2^64 bytes".to_owned(), |b| format!("up to {}", shown(b)));
    let permitted =
        format!("one network takes {needed} {how}, and {} of memory are free", shown(available));
    let fitting = fitting(spec, available);
    let hint = if fitting.is_empty() {
        "bounds need no network".to_owned()
    } else {
        let names = fitting.join(",");
        format!("{{engine}} auto serves {{stages}} {names}; bounds need no network")
    };
    Error::new("widths", architecture, permitted).of(Kind::Resources).hint(hint)
}

/// The stages of a run that fit when each has the cheapest engine.
fn fitting(spec: &Spec, available: u64) -> Vec<&'static str> {
    let architecture = &spec.params.architecture;
    let fits = |stage: &&&'static dyn Stage| {
        let alone = Spec { stages: vec![**stage], ..spec.clone() };
        let engines = Engines::cheapest(&alone, available);
        let alone = alone.resampled(|sampling| sampling.engines = engines);
        let too_wide = stage.needs() == Needs::Pairs && architecture.largest() > LARGEST_UNWEIGHTED;
        !too_wide && bytes(&alone).is_some_and(|bytes| bytes <= available)
    };
    spec.stages.iter().filter(fits).map(|stage| stage.name()).collect()
}

/// Bytes that the networks of one trial take at most; `None` beyond 2⁶⁴.
pub fn bytes(spec: &Spec) -> Option<u64> {
    let [dense, conditioned] =
        [Engine::Dense, Engine::Conditioned].map(|engine| taken(spec, engine));
    dense?.checked_add(conditioned?)
}

/// Bytes that this engine takes of them: 0 where it serves no stage.
fn taken(spec: &Spec, engine: Engine) -> Option<u64> {
    let architecture = &spec.params.architecture;
    let served: Vec<&dyn Stage> = spec.served(engine).map(|stage| stage as _).collect();
    if served.is_empty() {
        return Some(0);
    }
    let any = |needs: Needs| served.iter().any(|stage| stage.needs() == needs);
    // The searches are one for all stages.
    let searches = if any(Needs::Weights) { search::products(architecture.depth()) } else { 0 };
    let products = |stage: &&dyn Stage| u128::from(stage.products(architecture.widths()));
    if engine == Engine::Dense {
        // On the way through the layers, four vectors in each for every point of a batch.
        let pieces = if any(Needs::Steps) { 2 * BATCH as u128 } else { 0 };
        let beside = passes_bytes(architecture, PASSES + searches + pieces)?;
        return bytes_needed(
            architecture,
            spec.params.outputs(),
            spec.sampling.as_ref()?.precision,
        )?
        .checked_add(beside);
    }
    let steps: u128 = served.iter().map(products).sum();
    passes_bytes(architecture, PASSES + searches + steps)
}

/// Bytes of the vectors of so many products: one before and one behind each matrix. `None` beyond
/// 2⁶⁴.
pub fn passes_bytes(architecture: &Architecture, products: u128) -> Option<u64> {
    let vectors = architecture
        .widths()
        .iter()
        .try_fold(0u128, |sum, &d| sum.checked_add(d.checked_mul(2)?))?;
    u64::try_from(vectors.checked_mul(8 * products)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Precision;
    use crate::run::example;

    const TRIALS: u64 = 20;

    fn plan(
        widths: &str,
        precision: Precision,
        threads: usize,
        gib: f64,
        engine: Engine,
    ) -> Result<Plan> {
        let spec = example(widths, "", [TRIALS, 1], Engines::All(engine));
        let spec = spec.resampled(|sampling| sampling.precision = precision);
        Plan::new(&spec, Machine { threads, memory: (gib * 2f64.powi(30)) as u64 })
    }

    #[test]
    fn memory_holds_one_network_per_worker() {
        let spread = |widths, precision, threads, gib| {
            let plan = plan(widths, precision, threads, gib, Engine::Dense).unwrap();
            (plan.workers, plan.inner)
        };
        assert_eq!(spread("64x5", Precision::F64, 2, 8.0), (2, 1));
        // 4 GiB a network: one at a time, both threads inside it.
        assert_eq!(spread("16384x4", Precision::F32, 2, 8.0), (1, 2));
        // 135 MiB a network, memory for three.
        assert_eq!(spread("1620x5", Precision::F64, 8, 0.45), (3, 2));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |widths, gib, engine| {
            plan(widths, Precision::F64, 2, gib, engine).unwrap_err().to_string()
        };
        let message = refused("16384x4", 7.0, Engine::Dense);
        assert!(message.contains("8.3 GiB") && message.contains("auto serves"), "{message}");
        let message = refused("3000000x4", 7.0, Engine::Conditioned);
        assert!(
            message.contains("without weights") && message.contains("engine auto serves stages"),
            "{message}"
        );
        assert!(refused("1e11x4", 7.0, Engine::Dense).contains("more than 2^64"));
        assert!(refused("1e13x1", 7.0, Engine::Pairs).contains("neuron by neuron"));
        assert!(plan("16384x4", Precision::F64, 2, 7.0, Engine::Conditioned).is_ok());
    }

    #[test]
    fn there_are_no_more_threads_than_work() {
        let spread = |widths, threads| {
            let plan = plan(widths, Precision::F64, threads, 8.0, Engine::Dense).unwrap();
            (plan.workers, plan.inner)
        };
        // Every matrix is one piece.
        assert_eq!(spread("64x5", 4096), (20, 1));
        assert_eq!(spread("64x5", 7), (7, 1));
        // Of 500 · 500 weights, in pieces of 2^14.
        assert_eq!(spread("500x2", 4096), (20, 16));
        assert_eq!(spread("500x2", 100), (20, 5));
        let spec = example("64x5", "", [3, 1], Engines::All(Engine::Dense));
        let machine = Machine { threads: 4096, memory: u64::MAX };
        assert_eq!(Plan::new(&spec, machine).unwrap().workers, 3);
    }

    /// What trials show is counted, in proportion to what there is to show.
    #[test]
    fn trials_that_do_not_fit_are_refused() {
        let plan = |names: &str, trials: u64, room: u64| {
            let spec = example("64x5", names, [trials, 1], Engines::All(Engine::Law));
            (kept(&spec), Plan::new(&spec, Machine { threads: 2, memory: room }))
        };
        for names in ["output", "output gradient", "collapse"] {
            let (bytes, _) = plan(names, 1000, u64::MAX);
            assert!(plan(names, 1000, bytes).1.is_ok());
            let refused = plan(names, 1000, bytes - 1).1.unwrap_err().to_string();
            assert!(refused.starts_with("trials 1000: "), "{refused}");
            assert_eq!(plan(names, 3000, u64::MAX).0, 3 * bytes);
        }
        assert!(plan("output", 1, u64::MAX).0 < plan("output gradient", 1, u64::MAX).0);
        assert!(plan("output", 1_000_000_000_000, 1 << 40).1.is_err());
        assert!(plan("output", u64::MAX, u64::MAX - 1).1.is_err());
    }

    /// Both networks of a trial are counted, and only what is drawn.
    #[test]
    fn what_is_drawn_is_counted() {
        let bytes = |names: &str, searches: u64, room: u64| {
            let spec = example("1000x3", names, [9, searches], Engines::Cheapest);
            let engines = Engines::cheapest(&spec, room);
            let spec = spec.resampled(|sampling| sampling.engines = engines);
            Plan::new(&spec, Machine { threads: 1, memory: u64::MAX }).unwrap().bytes
        };
        let product = 8 * 2 * 4000;
        let (passes, searched) = (4 * product, (4 + 70 + 9) * product);
        let weights = 8 * (3 * 1000 * 1000 + 1000);
        assert_eq!(bytes("model", 3, 1 << 40), passes);
        assert_eq!(bytes("linearity", 3, 1 << 40), weights + searched);
        assert_eq!(bytes("model linearity", 3, 1 << 40), weights + searched + passes);
        assert_eq!(bytes("model linearity", 9, 1 << 40), weights + searched);
        assert_eq!(bytes("model linearity", 0, 1 << 40), passes);
        assert_eq!(bytes("linearity", 3, 1 << 20), searched);
        assert_eq!(bytes("collapse", 0, 1 << 40), 0);
        assert_eq!(bytes("flip", 3, 1 << 40), weights + passes + 128 * product);
        assert_eq!(bytes("flip", 3, 0), (4 + 2 + 3 + 20) * product);
    }

    #[test]
    fn sizes_are_shown_in_a_unit_that_fits() {
        assert_eq!(
            [0, 1 << 20, 300 << 20, 8 << 30, 3 << 50, u64::MAX].map(shown),
            ["0.0 MiB", "1.0 MiB", "0.3 GiB", "8.0 GiB", "3.0 PiB", "16.0 EiB"]
        );
    }
}
