//! Studies: the same measurements over a grid of networks, kept cell by cell so that nothing is lost.
//!
//! A study is described by text ([`Plan`]), which is what a study directory records and what a
//! file in TOML may hold. Its cells ([`Cell`]) are in a fixed order; each is sampled on its own, so that
//! a study may be interrupted, continued and divided among machines without a byte of its results changing.

mod crossover;
pub mod estimate;
mod grid;
mod quantity;
mod radius;
mod store;

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

pub use crossover::{Crossover, exponent};
pub use grid::{Cell, PRESETS, Plan, Shape, depths};
pub use quantity::{QUANTITIES, Quantity, Value};
pub use store::{Directory, Line, Shard, merge};

use crate::error::Result;
use crate::ledger::Ledger;
use crate::network::{Engine, Precision};
use crate::params::Probability;
use crate::run::{self, Config, Sampling};

/// Verdicts are not shown in a study; each cell is judged as a run of its own would be.
const ALPHA: &str = "0.001";
/// Networks larger than this are followed without their weights.
const STORED_BYTES: u64 = 2 << 30;

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
}

impl Study {
    /// Validates everything before anything is done.
    ///
    /// # Errors
    /// The first entry that cannot be used.
    pub fn new(plan: Plan) -> Result<Self> {
        let (cells, quantities) = (plan.cells()?, plan.quantities()?);
        let [trials, searches, seed] = plan.numbers()?;
        Ok(Study { cells, quantities, trials, searches: searches.min(trials), seed, plan })
    }

    /// Networks sampled in each cell.
    pub fn networks(&self) -> u64 {
        self.trials
    }

    /// The run that one cell is.
    fn config(&self, cell: &Cell) -> Result<Config> {
        let mut stages: Vec<String> =
            self.quantities.iter().map(|quantity| quantity.stage.to_owned()).collect();
        stages.dedup();
        let sampling = Sampling {
            trials: self.trials,
            seed: self.seed,
            precision: Precision::F64,
            searches: self.searches,
            engine: Engine::None,
        };
        Ok(Config {
            params: cell.params.clone(),
            alpha: Probability::parse("--alpha", ALPHA)?,
            stages: run::stages(&stages)?,
            sampling: (self.trials > 0).then_some(sampling),
        })
    }

    /// Bytes that the networks of a cell take at most, on `threads` threads.
    ///
    /// # Errors
    /// A cell whose networks do not fit into `available` bytes.
    pub fn bytes(&self, cell: &Cell, threads: usize, available: u64) -> Result<u64> {
        let config = self.config(cell)?;
        let plan = spread(&config, threads, available)?;
        Ok(plan.zip(config.sampling).map_or(0, |(plan, sampling)| plan.bytes(&config, sampling)))
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
        mut network_done: impl FnMut(),
    ) -> Result<Option<Line>> {
        let mut config = self.config(cell)?;
        let claims = config.claims();
        let mut records = Vec::new();
        let mut radius = None;
        if let Some((plan, sampling)) = spread(&config, threads, available)?.zip(config.sampling) {
            let sampling = Sampling { engine: plan.engine, ..sampling };
            config.sampling = Some(sampling);
            run::sample(&config, sampling, plan, stop, |record| {
                records.push(record);
                network_done();
                Ok(())
            })?;
            if self.quantities.iter().any(|quantity| quantity.name == "radius") {
                radius = radius::observed(&config, sampling, plan, stop)?;
            }
            if (records.len() as u64) < sampling.trials || stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
        }
        let ledger = run::ledger(&config, &claims, &records);
        let mut line = self.line(cell, &ledger);
        line.observe("radius", radius);
        Ok(Some(line))
    }

    fn line(&self, cell: &Cell, ledger: &Ledger) -> Line {
        let values: Vec<(&str, Value)> = self
            .quantities
            .par_iter()
            .map(|quantity| (quantity.name, (quantity.value)(ledger, &cell.params)))
            .collect();
        Line::new(cell, ledger, values)
    }
}

/// How a cell is sampled. The engine depends on the cell alone, not on the machine, so that the same
/// study has the same results everywhere.
fn spread(config: &Config, threads: usize, available: u64) -> Result<Option<run::Plan>> {
    let Some(sampling) = config.sampling else { return Ok(None) };
    let chosen = run::Plan::new(config, sampling, None, threads, STORED_BYTES)?;
    match chosen.engine {
        Engine::None | Engine::Law => Ok(Some(chosen)),
        engine => run::Plan::new(config, sampling, Some(engine), threads, available).map(Some),
    }
}
