//! Which engine observes which stage.

use std::collections::BTreeMap;

use super::Spec;
use super::plan::{PASSES, bytes, passes_bytes};
use crate::model::error::{Error, Result};
use crate::model::params::Architecture;
use crate::model::weights::Ensemble;
use crate::network::{Engine, bytes_needed};
use crate::stage::{Needs, Stage};

/// Weights beyond this size would fill more than any cache: where they are of little use, they are
/// not stored.
const SPARED_BYTES: u64 = 64 << 20;
/// Without weights a number costs about as much as so many weights, by measurement at small widths.
const WEIGHTS_A_NUMBER: f64 = 8.0;
/// So many numbers take about a quarter of an hour. Beyond, no network is drawn where its law will
/// do.
const TOO_MANY_NUMBERS: f64 = 1e11;

/// The engine of each stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engines {
    /// Not chosen yet: for each the cheapest that serves it.
    Cheapest,
    /// The same for all.
    All(Engine),
    /// By the names of the stages.
    Each(BTreeMap<String, Engine>),
}

impl Engines {
    /// That of a stage.
    pub fn of(&self, stage: &dyn Stage) -> Engine {
        match self {
            Engines::Cheapest => Engine::Dense,
            Engines::All(engine) => *engine,
            Engines::Each(by) => by.get(stage.name()).copied().unwrap_or(Engine::Pairs),
        }
    }

    /// Those of some stages, by their names.
    pub fn record(&self, stages: &[&'static dyn Stage]) -> BTreeMap<String, Engine> {
        stages.iter().map(|stage| (stage.name().to_owned(), self.of(*stage))).collect()
    }

    /// Chosen for these stages, where weights and passes may take `room` bytes.
    ///
    /// # Errors
    /// The law at one input does not serve all stages of the run.
    pub fn chosen(&self, spec: &Spec, room: u64) -> Result<Self> {
        let ensemble = spec.params.ensemble;
        if !ensemble.is_gaussian() {
            return self.stored(ensemble);
        }
        if let Some(curve) = spec.params.curved()
            && *self == Engines::All(Engine::Law)
        {
            let permitted =
                format!("draws from laws of piecewise linear networks; {} is not", curve.name());
            return Err(Error::new("engine", "law", permitted).hint("{engine} dense"));
        }
        if *self == Engines::Cheapest {
            return Ok(Engines::cheapest(spec, room));
        }
        let others = spec.stages.iter().filter(|stage| stage.needs() != Needs::Law);
        let names: Vec<&str> = others.map(|stage| stage.name()).collect();
        if *self == Engines::All(Engine::Law) && !names.is_empty() {
            let permitted = "serves the stages output and gradient, which see one input alone";
            let hint = format!("leave out {}", names.join(", "));
            return Err(Error::new("engine", "law", permitted).hint(hint));
        }
        if *self == Engines::All(Engine::Law) && spec.params.pair_is_chosen() {
            let permitted = "draws the outputs of one class or two, not the largest of more";
            return Err(Error::new("engine", "law", permitted));
        }
        Ok(self.clone())
    }

    /// For weights that are not normal, which have to be drawn.
    fn stored(&self, ensemble: Ensemble) -> Result<Self> {
        let dense = |by: &BTreeMap<String, Engine>| by.values().all(|&e| e == Engine::Dense);
        match self {
            Engines::Cheapest | Engines::All(Engine::Dense) => Ok(Engines::All(Engine::Dense)),
            Engines::Each(by) if dense(by) => Ok(self.clone()),
            Engines::All(other) => {
                let permitted = format!("draws normal weights alone; {ensemble} are stored");
                Err(Error::new("engine", other.name(), permitted).hint("{engine} dense"))
            }
            Engines::Each(_) => Err(Error::new("engine", "", format!("{ensemble} are stored"))),
        }
    }

    /// For each stage the cheapest that serves it in `room` bytes; a network that another stage
    /// draws anyway costs nothing.
    pub fn cheapest(spec: &Spec, room: u64) -> Self {
        let stored = Self::choice(spec, room, true);
        let with = spec.resampled(|sampling| sampling.engines = stored.clone());
        match bytes(&with) {
            Some(bytes) if bytes <= room => stored,
            _ => Self::choice(spec, room, false),
        }
    }

    /// The same, where weights do or do not fit.
    fn choice(spec: &Spec, room: u64, fits: bool) -> Self {
        let Some(sampling) = &spec.sampling else { return Engines::Cheapest };
        let architecture = &spec.params.architecture;
        let any = |needs: Needs| spec.stages.iter().any(|stage| stage.needs() == needs);
        let searching = |needs: Needs| sampling.networks(needs) > 0 && any(needs);
        let stored = bytes_needed(architecture, spec.params.outputs(), sampling.precision);
        let small = fits && stored.is_some_and(|bytes| bytes <= SPARED_BYTES);
        let dense = |yes: bool| if yes { Engine::Dense } else { Engine::Conditioned };

        let weights = dense(fits);
        let drawn = fits && (searching(Needs::Weights) || searching(Needs::Pairs));
        // Weights that are stored for searches serve steps in the same networks alone.
        let beside = drawn && sampling.steps <= sampling.searches;
        let steps = dense(small || beside);
        // What the searches draw, if they do in every trial.
        let every = |needs: Needs| sampling.networks(needs) >= sampling.trials;
        let shared = if every(Needs::Weights) && drawn {
            Some(weights)
        } else if every(Needs::Steps) && searching(Needs::Steps) {
            Some(steps)
        } else {
            any(Needs::Weights).then_some(weights).filter(|_| every(Needs::Weights))
        };
        let quicker = weights_of(architecture) <= WEIGHTS_A_NUMBER * numbers(architecture);
        let every = shared.unwrap_or(dense(small && quicker));
        let affordable = passes_bytes(architecture, PASSES).is_some_and(|bytes| bytes <= room)
            && sampling.trials as f64 * numbers(architecture) <= TOO_MANY_NUMBERS;
        let chosen = spec.params.pair_is_chosen();
        let curved = spec.params.curved().is_some();
        let lawful = !affordable && !chosen && !curved && shared.is_none() && !any(Needs::Passes);
        let of = |stage: &dyn Stage| match stage.needs() {
            Needs::Law if lawful => Engine::Law,
            Needs::Law | Needs::Passes => every,
            Needs::Steps => steps,
            Needs::Weights => weights,
            Needs::Pairs if fits => Engine::Dense,
            Needs::Pairs => Engine::Pairs,
        };
        let each = spec.stages.iter().map(|stage| (stage.name().to_owned(), of(*stage)));
        Engines::Each(each.collect())
    }
}

/// Entries of all matrices.
fn weights_of(architecture: &Architecture) -> f64 {
    shapes(architecture).map(|(rows, columns)| rows * columns).sum()
}

/// What a forward and a backward pass draw without weights.
fn numbers(architecture: &Architecture) -> f64 {
    shapes(architecture).map(|(rows, columns)| rows + columns).sum()
}

fn shapes(architecture: &Architecture) -> impl Iterator<Item = (f64, f64)> {
    let widths = architecture.widths();
    let rows = widths[1..].iter().map(|&d| d as f64).chain([1.0]);
    rows.zip(widths.iter().map(|&d| d as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::example;

    /// The engines of these stages, by their first letters.
    fn chosen(widths: &str, names: &str, counts: [u64; 2], room: u64) -> String {
        let spec = example(widths, names, counts, Engines::Cheapest);
        let engines = Engines::cheapest(&spec, room);
        let letter = |stage: &&dyn Stage| engines.of(*stage).name().chars().next();
        spec.stages.iter().filter_map(letter).collect()
    }

    const ALL: &str = "model output gradient bottleneck linearity flip direct slack collapse";
    const ROOM: u64 = 8 << 30;
    const NONE: u64 = 0;
    const FEW: [u64; 2] = [1000, 10];

    #[test]
    fn each_stage_has_the_cheapest_that_serves_it() {
        assert_eq!(chosen("64x5", ALL, FEW, ROOM), "cccdddddd");
        assert_eq!(chosen("4x2", ALL, FEW, ROOM), "ddddddddd");
        assert_eq!(chosen("64x5", ALL, FEW, NONE), "ccccccccp");
        // Steps want weights where they are small or drawn anyway.
        assert_eq!(chosen("1024x6", "flip direct", FEW, ROOM), "dd");
        assert_eq!(chosen("2048x6", "flip direct", FEW, ROOM), "cc");
        assert_eq!(chosen("2048x6", "linearity flip direct", FEW, ROOM), "ddd");
        assert_eq!(chosen("2048x6", "linearity flip direct", FEW, NONE), "ccc");
        assert_eq!(chosen("2048x6", "flip collapse", FEW, ROOM), "dd");
        assert_eq!(chosen("2048x6", "collapse", FEW, ROOM), "d");
        assert_eq!(chosen("2048x6", "collapse", FEW, NONE), "p");
    }

    #[test]
    fn what_every_trial_draws_serves_all() {
        assert_eq!(chosen("64x5", ALL, [10, 10], ROOM), "ddddddddd");
        assert_eq!(chosen("2048x6", "model flip", [10, 10], ROOM), "cc");
        assert_eq!(chosen("64x5", "model flip", [10, 10], ROOM), "dd");
        assert_eq!(chosen("64x5", "output bottleneck", [10, 10], NONE), "cc");
        assert_eq!(chosen("64x5", "output bottleneck", [10, 0], ROOM), "cd");
    }

    #[test]
    fn where_networks_are_too_large_their_law_will_do() {
        assert_eq!(chosen("1e6x6", "output gradient", [1000, 10], ROOM), "cc");
        assert_eq!(chosen("1e6x6", "output gradient", [20_000, 10], ROOM), "ll");
        assert_eq!(chosen("1e8x6", "output gradient", [1, 1], ROOM), "ll");
        assert_eq!(chosen("1e30x6", "output", [1, 1], ROOM), "l");
        // Where other stages draw them all the same.
        assert_eq!(chosen("1e6x6", "model output", [20_000, 10], ROOM), "cc");
        assert_eq!(chosen("1e6x6", "output flip", [20_000, 20_000], ROOM), "cc");
        assert_eq!(chosen("1e6x6", "output flip", [20_000, 10], ROOM), "lc");
    }

    #[test]
    fn records_are_read_back() {
        let example = example("64x5", ALL, FEW, Engines::Cheapest);
        let engines = Engines::cheapest(&example, ROOM);
        assert_eq!(Engines::Each(engines.record(&example.stages)), engines);
    }
}
