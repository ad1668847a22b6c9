//! Studies: the same measurements over a grid of networks, kept cell by cell so that nothing is lost.
//!
//! A study is described by text ([`Plan`]), which is what a study directory records and what a
//! file in TOML may hold. Its cells ([`Cell`]) are in a fixed order; each is sampled on its own, so that
//! a study may be interrupted, continued and divided among machines without a byte of its results changing.

mod cells;
mod crossover;
mod directory;
pub mod estimate;
mod grid;
mod line;
mod merge;
mod quantity;
mod radius;
mod shard;

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

pub use crossover::{Crossing, Crossover, exponent};
pub use directory::Directory;
pub use grid::{Cell, PRESETS, Plan, Shape, depths};
pub use line::Line;
pub use merge::merge;
pub use quantity::{Measured, QUANTITIES, Quantity, Seen, Value};
pub use shard::Shard;

use crate::claim::Claim;
use crate::error::Result;
use crate::network::{Engine, Precision};
use crate::params::Probability;
use crate::run::{self, Config, Engines, Sampling};

/// Each cell is judged as a run of its own would be.
const ALPHA: &str = "0.001";
/// Networks larger than this are followed without their weights.
const STORED_BYTES: u64 = 2 << 30;

/// What is done on the way to a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// One of the cell's networks is finished.
    Network,
    /// These rows look violated, and fresh networks are drawn to confirm it.
    Confirming(Vec<String>),
}

/// A study, validated.
#[derive(Clone)]
pub struct Study {
    /// As it was written.
    pub plan: Plan,
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
    pub fn new(plan: Plan) -> Result<Self> {
        let plan = plan.in_one_spelling()?;
        let (cells, quantities) = (plan.cells()?, plan.quantities()?);
        let [trials, searches, seed] = plan.numbers()?;
        let searches = searches.min(trials);
        let whole = [trials, searches];
        Ok(Study { plan, cells, quantities, trials, searches, seed, whole })
    }

    /// Networks sampled in each cell.
    pub fn networks(&self) -> u64 {
        self.trials
    }

    /// Networks of these that are searched.
    pub fn searched(&self) -> u64 {
        self.searches
    }

    /// The run that one cell is.
    fn config(&self, cell: &Cell) -> Result<Config> {
        let mut stages: Vec<String> =
            self.quantities.iter().map(|quantity| quantity.stage.to_owned()).collect();
        stages.dedup();
        let sampling = Sampling {
            trials: self.trials,
            seed: self.seed_of(cell),
            precision: Precision::F64,
            searches: self.searches,
            engines: Engines::all(Engine::Dense),
        };
        Ok(Config {
            params: cell.params.clone(),
            alpha: Probability::parse("--alpha", ALPHA)?,
            stages: run::stages(&stages)?,
            sampling: (self.trials > 0).then_some(sampling),
        })
    }

    /// Networks of different widths are independent, so that what is seen of them is, too; cells that differ in δ,
    /// radius or step see the same networks.
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

    /// Bytes that the networks of a cell and what they show take at most, on `threads` threads.
    ///
    /// # Errors
    /// A cell for which `available` bytes are not enough.
    pub fn bytes(&self, cell: &Cell, threads: usize, available: u64) -> Result<u64> {
        let config = self.config(cell)?;
        let spread = spread(&config, self.whole, threads, available)?;
        Ok(spread.map_or(0, |(plan, sampling)| {
            let networks = plan.bytes.saturating_mul(plan.workers as u64);
            networks.saturating_add(run::kept(&config, sampling.trials))
        }))
    }

    /// What is proved of a cell.
    ///
    /// # Errors
    /// Not to be expected of a study that was validated.
    pub fn claims(&self, cell: &Cell) -> Result<Vec<Claim>> {
        Ok(self.config(cell)?.claims())
    }

    /// Measures one cell; `None` if `stop` was set before it was finished.
    ///
    /// # Errors
    /// A network that does not fit into `available` bytes.
    pub fn measure(
        &self,
        cell: &Cell,
        threads: usize,
        available: u64,
        stop: &AtomicBool,
        said: impl FnMut(Event),
    ) -> Result<Option<Line>> {
        let config = self.config(cell)?;
        // Bounds of deep networks take a while.
        match run::interruptible(stop, move || config.claims())? {
            Some(claims) => self.measure_against(&claims, cell, threads, available, stop, said),
            None => Ok(None),
        }
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
        threads: usize,
        available: u64,
        stop: &AtomicBool,
        mut said: impl FnMut(Event),
    ) -> Result<Option<Line>> {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let mut config = self.config(cell)?;
        let mut records = Vec::new();
        let mut radius = Seen::Nothing;
        let spread = spread(&config, self.whole, threads, available)?;
        if let Some((plan, sampling)) = spread {
            config.sampling = Some(sampling);
            records.reserve_exact(sampling.trials as usize);
            run::sample(&config, sampling, plan, stop, |record| {
                records.push(record);
                said(Event::Network);
                Ok(())
            })?;
            if self.quantities.iter().any(|quantity| quantity.name == "radius") {
                radius = radius::observed(&config, sampling, plan, stop)?;
            }
            if (records.len() as u64) < sampling.trials || stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
        }
        let mut ledger = run::ledger(&config, claims, &records);
        let suspects = run::suspects(&config, &ledger);
        if let (Some((plan, _)), false) = (spread, suspects.is_empty()) {
            said(Event::Confirming(suspects));
            run::confirm(&config, claims, &mut ledger, plan, stop, || {})?;
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
        }
        let measured =
            Measured { params: &cell.params, claims, records: &records, ledger: &ledger };
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

/// How a cell is sampled. The engines depend on the cell alone, not on the machine, so that the same
/// study has the same results everywhere.
fn spread(
    config: &Config,
    whole: [u64; 2],
    threads: usize,
    available: u64,
) -> Result<Option<(run::Plan, Sampling)>> {
    let Some(sampling) = config.sampling else { return Ok(None) };
    // Those of the study, also where only a few of its networks are drawn to see how long they take.
    let [trials, searches] = whole;
    let engines =
        Engines::cheapest(config, Sampling { trials, searches, ..sampling }, STORED_BYTES);
    let sampling = Sampling { engines, ..sampling };
    Ok(Some((run::Plan::new(config, sampling, threads, available)?, sampling)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_widths_are_the_same_networks() {
        let plan = Plan {
            depths: "1..3".into(),
            widths: "4,5".into(),
            delta: "0.1,0.2".into(),
            ..Plan::default()
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
        let plan = Plan { trials: "0".into(), quantities: "c1".into(), ..Plan::default() };
        let study = Study::new(plan).unwrap();
        let measure = |stop| {
            study.measure(&study.cells[0], 1, u64::MAX, &AtomicBool::new(stop), |_| {}).unwrap()
        };
        assert!(measure(true).is_none() && measure(false).is_some());
    }

    #[test]
    fn large_networks_are_followed_without_their_weights() {
        let engine = |widths: &str, quantities: &str, memory: u64| {
            let (widths, quantities) = (widths.to_owned(), quantities.to_owned());
            let plan = Plan { depths: "2".into(), widths, quantities, ..Plan::default() };
            let study = Study::new(plan).unwrap();
            let config = study.config(&study.cells[0])?;
            let (_, sampling) = spread(&config, study.whole, 2, memory)?.unwrap();
            Ok::<_, crate::error::Error>(sampling.engines.of(config.stages[0]))
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
