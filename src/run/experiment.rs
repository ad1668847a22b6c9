//! An experiment: what is claimed, what was seen, and the ledger of both at any moment.

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use super::{Machine, Plan, Record, Spec, confirm, judging, plan, sampling};
use crate::judge::ledger::Ledger;
use crate::model::claim::Claim;
use crate::model::error::Result;
use crate::model::shard::Shard;
use crate::network::{Engine, Precision};
use crate::stage::Tables;

/// One run: a specification with the claims and tables that follow from it, computed once, and
/// the trials sampled so far.
pub struct Experiment {
    spec: Spec,
    machine: Machine,
    plan: Plan,
    /// The trials that are sampled.
    shard: Shard,
    claims: Vec<Claim>,
    /// Computed when they are first asked for.
    tables: OnceLock<Tables>,
    records: Vec<Record>,
}

impl Experiment {
    /// Chooses engines, checks that everything fits the machine, then computes what is claimed.
    ///
    /// # Errors
    /// What the trials show or the networks of one trial do not fit; an engine that does not
    /// serve all stages; a layer too wide to sample its neurons.
    pub fn new(spec: Spec, machine: Machine) -> Result<Self> {
        Experiment::part(spec, Shard::WHOLE, machine)
    }

    /// A part of it. The engines are those of the whole on a machine like this one.
    ///
    /// # Errors
    /// Those of [`Experiment::new`].
    pub fn part(spec: Spec, shard: Shard, machine: Machine) -> Result<Self> {
        let (spec, plan) = settled(spec, shard, machine)?;
        let claims = spec.claims();
        Ok(Experiment { shard, ..Experiment::of(spec, machine, plan, claims) })
    }

    /// The same, held against claims on the same rows that need not be what is proved: one that
    /// is wrong must not go unseen.
    ///
    /// # Errors
    /// Those of [`Experiment::new`].
    pub fn against(claims: Vec<Claim>, spec: Spec, machine: Machine) -> Result<Self> {
        let (spec, plan) = settled(spec, Shard::WHOLE, machine)?;
        Ok(Experiment::of(spec, machine, plan, claims))
    }

    /// One that was sampled before, elsewhere: nothing is left to do.
    pub fn stored(spec: Spec, claims: Vec<Claim>, records: Vec<Record>) -> Self {
        Experiment { records, ..Experiment::of(spec, Machine::default(), Plan::ALONE, claims) }
    }

    /// The same on this machine, which may have to draw fresh networks.
    ///
    /// # Errors
    /// What the trials show or the networks of one trial do not fit.
    pub fn on(self, machine: Machine) -> Result<Self> {
        Ok(Experiment { plan: Plan::new(&self.spec, machine)?, machine, ..self })
    }

    /// Bytes that a run takes at most, its networks and what they show; 0 without sampling.
    ///
    /// # Errors
    /// A machine that has not enough.
    pub fn bytes(spec: &Spec, machine: Machine) -> Result<u64> {
        let (spec, plan) = settled(spec.clone(), Shard::WHOLE, machine)?;
        let networks = plan.bytes.saturating_mul(plan.workers as u64);
        Ok(networks.saturating_add(plan::kept(&spec)))
    }

    fn of(spec: Spec, machine: Machine, plan: Plan, claims: Vec<Claim>) -> Self {
        let (shard, tables, records) = (Shard::WHOLE, OnceLock::new(), Vec::new());
        Experiment { spec, machine, plan, shard, claims, tables, records }
    }

    /// What is run, with the engines chosen.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// What it runs on.
    pub fn machine(&self) -> Machine {
        self.machine
    }

    /// How its work is spread.
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// Which of its trials are sampled.
    pub fn shard(&self) -> Shard {
        self.shard
    }

    /// What is claimed, row by row.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// What the trials so far showed, in their order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Samples until all trials of its part are done or `stop` is set. `finished` is called after
    /// every trial, in their order: [`Experiment::records`] ends with it. What a trial shows
    /// depends only on the seed and its number.
    ///
    /// # Errors
    /// What `finished` returns, at once; widths that this machine cannot address; a system that
    /// gives no thread.
    pub fn sample(
        &mut self,
        stop: &AtomicBool,
        mut finished: impl FnMut(&Experiment) -> Result<()>,
    ) -> Result<()> {
        let (spec, shard, plan) = (self.spec.clone(), self.shard, self.plan);
        // As many as the plan counts.
        self.records.reserve_exact(usize::try_from(shard.count(spec.trials())).unwrap_or(0));
        sampling::sample(0, shard, &spec, plan, stop, |record| {
            self.records.push(record);
            finished(self)
        })
    }

    /// All claims held against the trials so far. α is shared equally over the rows that chance
    /// could make look wrong; one that looks violated is inconclusive until
    /// [`Experiment::confirm`] has judged it on networks that these trials do not show.
    pub fn ledger(&self) -> Ledger {
        let tables = self.tables.get_or_init(|| self.spec.tables(&self.claims));
        judging::ledger(&self.spec, &self.claims, tables, &self.records)
    }

    /// Keys of the rows that [`Experiment::confirm`] would judge again: none before all trials
    /// are done.
    pub fn suspects(&self, ledger: &Ledger) -> Vec<String> {
        confirm::suspects(&self.spec, ledger)
    }

    /// Judges every row that looks violated again, on as many fresh networks as the run has, at
    /// the level α of the whole run: it is violated if these say so, too, and inconclusive
    /// otherwise. Without such rows nothing is drawn. Where `stop` is set before all are drawn,
    /// the rows stay as they are and the ledger is partial. `drawn` is called for every network.
    ///
    /// # Errors
    /// Widths that this machine cannot address; a system that gives no thread.
    pub fn confirm(
        &self,
        ledger: &mut Ledger,
        stop: &AtomicBool,
        drawn: impl FnMut(),
    ) -> Result<()> {
        confirm::confirm(&self.spec, &self.claims, ledger, self.plan, stop, drawn)
    }

    /// Samples, judges and confirms: all there is to do.
    ///
    /// # Errors
    /// Those of [`Experiment::sample`].
    pub fn run(&mut self) -> Result<Ledger> {
        let stop = AtomicBool::new(false);
        self.sample(&stop, |_| Ok(()))?;
        let mut ledger = self.ledger();
        self.confirm(&mut ledger, &stop, || ())?;
        Ok(ledger)
    }
}

/// With engines chosen, and a plan by which it fits.
fn settled(mut spec: Spec, shard: Shard, machine: Machine) -> Result<(Spec, Plan)> {
    let room = machine.memory.saturating_sub(plan::kept(&spec));
    let Some(sampling) = &spec.sampling else { return Ok((spec, Plan::ALONE)) };
    let engines = sampling.engines.chosen(&spec, room)?;
    let stored = spec.stages.iter().any(|stage| engines.of(*stage) == Engine::Dense);
    if let Some(sampling) = &mut spec.sampling {
        sampling.engines = engines;
        // Without weights there is nothing to store in another format.
        sampling.precision = if stored { sampling.precision } else { Precision::F64 };
    }
    let plan = Plan::new(&spec.like(shard), machine)?;
    Ok((spec, plan))
}
