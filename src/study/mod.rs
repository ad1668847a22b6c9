//! Studies: the same measurements over a grid of networks, kept cell by cell so that nothing is
//! lost.
//!
//! A study is described by text ([`Grid`]), which is what a study directory records and what a file
//! in TOML may hold. Its cells ([`Cell`]) are in a fixed order; each is sampled on its own, so that
//! a study may be interrupted, continued and divided among machines without a byte of its results
//! changing.

pub mod biases;
mod cells;
mod crossover;
mod directory;
pub mod engine;
pub mod estimate;
pub mod findings;
pub mod fit;
mod flips;
mod grid;
pub mod growth;
mod line;
mod merge;
pub mod norms;
mod quantity;
mod radius;
pub mod training;

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

pub use crossover::{Crossing, Crossover, exponent};
pub use directory::Directory;
pub use engine::Event;
pub use grid::{Cell, Grid, PRESETS, Shape, depths};
pub use line::Line;
pub use merge::{load, merge};
pub use quantity::{Measured, QUANTITIES, Quantity, Seen, Value};

use crate::model::claim::Claim;
use crate::model::error::Result;
use crate::model::params::Probability;
pub use crate::model::shard::Shard;
use crate::network::Precision;
use crate::run::{self, Engines, Experiment, Machine, Sampling, Spec, named};

/// Networks larger than this are followed without their weights.
const STORED_BYTES: u64 = 2 << 30;

/// A study, validated.
#[derive(Clone)]
pub struct Study {
    /// As it was written.
    pub grid: Grid,
    /// All cells, in order.
    pub cells: Vec<Cell>,
    /// What is measured, in order.
    pub quantities: Vec<&'static Quantity>,
    trials: u64,
    searches: u64,
    seed: u64,
    /// Trials and searches of the whole study, which decide on the engines.
    whole: [u64; 2],
}

impl Study {
    /// Validates everything before anything is done.
    ///
    /// # Errors
    /// The first entry that cannot be used.
    pub fn new(grid: Grid) -> Result<Self> {
        let grid = grid.in_one_spelling()?;
        let (cells, quantities) = (grid.cells()?, grid.quantities()?);
        let [trials, searches, seed] = grid.numbers()?;
        let searches = searches.min(trials);
        let whole = [trials, searches];
        Ok(Study { grid, cells, quantities, trials, searches, seed, whole })
    }

    /// Networks sampled in each cell.
    pub fn networks(&self) -> u64 {
        self.trials
    }

    /// Networks of these that are searched.
    pub fn searched(&self) -> u64 {
        self.searches
    }

    /// The run that one cell is, in so many networks.
    fn spec(&self, cell: &Cell) -> Result<Spec> {
        let mut stages: Vec<String> =
            self.quantities.iter().map(|quantity| quantity.stage.to_owned()).collect();
        stages.dedup();
        let sampling = Sampling {
            trials: self.trials,
            seed: self.seed_of(cell),
            precision: Precision::F64,
            searches: self.searches,
            steps: self.searches,
            engines: Engines::Cheapest,
        };
        let spec = Spec {
            params: cell.params.clone(),
            alpha: Probability::thousandth(),
            stages: run::stages(&stages)?,
            sampling: (self.trials > 0).then_some(sampling),
        };
        // The engines depend on the cell alone, not on the machine, so that the same study has
        // the same results everywhere; and are those of the study where only a few of its
        // networks are drawn to see how long they take.
        let [trials, searches] = self.whole;
        let all = spec.resampled(|sampling| {
            (sampling.trials, sampling.searches, sampling.steps) = (trials, searches, searches);
        });
        let engines = Engines::cheapest(&all, STORED_BYTES);
        Ok(spec.resampled(|sampling| sampling.engines = engines))
    }

    /// Networks of different widths are independent, so that what is seen of them is, too; cells
    /// that differ in δ, radius or step see the same networks.
    fn seed_of(&self, cell: &Cell) -> u64 {
        let text = format!("{} {}", self.seed, cell.params.architecture);
        let hash = Sha256::digest(text);
        // Any reader of JSON holds 53 bits.
        hash[..8].iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte)) >> 11
    }

    /// What is known of a cell before it is measured.
    fn blank(&self, cell: &Cell) -> Line {
        Line::blank(cell, self.trials, (self.trials > 0).then(|| self.seed_of(cell)))
    }

    /// Bytes that the networks of a cell and what they show take at most.
    ///
    /// # Errors
    /// A cell for which the machine has not enough.
    pub fn bytes(&self, cell: &Cell, machine: Machine) -> Result<u64> {
        Experiment::bytes(&self.spec(cell)?, machine)
    }

    /// What is proved of a cell.
    ///
    /// # Errors
    /// Not to be expected of a study that was validated.
    pub fn claims(&self, cell: &Cell) -> Result<Vec<Claim>> {
        Ok(self.spec(cell)?.claims())
    }

    /// Measures one cell; `None` if `stop` was set before it was finished.
    ///
    /// # Errors
    /// A network that does not fit; a crash, which names the cell.
    pub fn measure(
        &self,
        cell: &Cell,
        machine: Machine,
        stop: &AtomicBool,
        said: impl FnMut(Event),
    ) -> Result<Option<Line>> {
        let spec = self.spec(cell)?;
        // Bounds of deep networks take a while.
        let begun = || run::interruptible(stop, move || Experiment::new(spec, machine));
        self.measured(cell, stop, begun, said)
    }

    /// Measures these cells, those that are left of a part, until all are or `stop` is set: hands
    /// every line to `keep`.
    ///
    /// # Errors
    /// Those of [`Study::measure`], and of `keep`.
    pub fn measure_each<'a>(
        &self,
        cells: impl Iterator<Item = &'a Cell>,
        machine: Machine,
        stop: &AtomicBool,
        mut said: impl FnMut(&Cell, Event),
        mut keep: impl FnMut(Line) -> Result<()>,
    ) -> Result<()> {
        for cell in cells {
            let Some(line) = self.measure(cell, machine, stop, |event| said(cell, event))? else {
                break;
            };
            keep(line)?;
        }
        Ok(())
    }

    /// The same, held against claims on the same statements that need not be what is proved: one
    /// that is wrong must not go unseen.
    ///
    /// # Errors
    /// Those of [`Study::measure`].
    pub fn measure_against(
        &self,
        claims: &[Claim],
        cell: &Cell,
        machine: Machine,
        stop: &AtomicBool,
        said: impl FnMut(Event),
    ) -> Result<Option<Line>> {
        let (spec, claims) = (self.spec(cell)?, claims.to_vec());
        let begun = || Ok(Some(Experiment::against(claims, spec, machine)));
        self.measured(cell, stop, begun, said)
    }

    fn measured(
        &self,
        cell: &Cell,
        stop: &AtomicBool,
        begun: impl FnOnce() -> Result<Option<Result<Experiment>>>,
        mut said: impl FnMut(Event),
    ) -> Result<Option<Line>> {
        let measured = || {
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let Some(mut experiment) = begun()?.transpose()? else { return Ok(None) };
            self.line(cell, &mut experiment, stop, &mut said)
        };
        let place = || format!("{} (cell {})", cell.params.architecture, cell.index);
        named("widths", &place, measured)
    }

    /// Samples a cell's experiment to its end.
    fn line(
        &self,
        cell: &Cell,
        experiment: &mut Experiment,
        stop: &AtomicBool,
        said: &mut impl FnMut(Event),
    ) -> Result<Option<Line>> {
        let wanted = |quantity: &&Quantity| quantity.name == "radius";
        let sampled = engine::finish(experiment, stop, said)?;
        let Some(ledger) = sampled else { return Ok(None) };
        let radius = if self.quantities.iter().any(wanted) {
            radius::observed(experiment, stop)?
        } else {
            Seen::Nothing
        };
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let measured = Measured {
            params: &cell.params,
            claims: experiment.claims(),
            records: experiment.records(),
            ledger: &ledger,
        };
        let values: Vec<(&str, Value)> = self
            .quantities
            .par_iter()
            .map(|quantity| (quantity.name, (quantity.value)(&measured)))
            .collect();
        let mut line = Line::new(cell, &ledger, values);
        line.observe("radius", radius, measured.engine("linearity.gradient"));
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Engine;

    #[test]
    fn the_same_widths_are_the_same_networks() {
        let plan = Grid {
            depths: "1..3".into(),
            widths: "4,5".into(),
            delta: "0.1,0.2".into(),
            ..Grid::default()
        };
        let study = Study::new(plan).unwrap();
        let seeds: Vec<u64> = study.cells.iter().map(|cell| study.seed_of(cell)).collect();
        assert!(seeds.chunks(2).all(|pair| pair[0] == pair[1]) && seeds.len() == 12);
        let different: std::collections::BTreeSet<u64> = seeds.iter().copied().collect();
        assert!(different.len() == 6 && different.iter().all(|seed| *seed < 1 << 53));
    }

    /// Also where there are no networks between which it could be looked for.
    #[test]
    fn a_request_to_end_ends_a_study_of_bounds() {
        let plan = Grid { trials: "0".into(), quantities: "c1".into(), ..Grid::default() };
        let study = Study::new(plan).unwrap();
        let measure = |stop| {
            let machine = Machine { threads: 1, memory: u64::MAX };
            study.measure(&study.cells[0], machine, &AtomicBool::new(stop), |_| {}).unwrap()
        };
        assert!(measure(true).is_none() && measure(false).is_some());
    }

    #[test]
    fn large_networks_are_followed_without_their_weights() {
        let engine = |widths: &str, quantities: &str, memory: u64| {
            let (widths, quantities) = (widths.to_owned(), quantities.to_owned());
            let plan = Grid { depths: "2".into(), widths, quantities, ..Grid::default() };
            let study = Study::new(plan).unwrap();
            let spec = study.spec(&study.cells[0])?;
            run::Plan::new(&spec, Machine { threads: 2, memory })?;
            let engines = spec.sampling.as_ref().map(|sampling| sampling.engines.clone());
            Ok::<_, crate::model::error::Error>(engines.unwrap().of(spec.stages[0]))
        };
        assert_eq!(engine("64", "flips", 1 << 33).unwrap(), Engine::Dense);
        assert_eq!(engine("1000000", "flips", 1 << 33).unwrap(), Engine::Conditioned);
        // Beyond 2 GiB in every way, as far as there is memory.
        assert_eq!(engine("3000000", "flips", 1 << 33).unwrap(), Engine::Conditioned);
        let refused = engine("3000000", "flips", 1 << 30).unwrap_err().to_string();
        assert!(refused.contains("1.0 GiB of memory are free"), "{refused}");
        assert_eq!(engine("3000000", "c1", 1 << 30).unwrap(), Engine::Conditioned);
    }
}
