//! Runs stages: claims, sampled trials, ledger. No printing.

mod agree;
mod confirm;
mod engines;
mod interruptible;
mod plan;
mod sampling;

pub use agree::disagreement;
pub use confirm::{confirm, suspects};
pub use engines::Engines;
pub use interruptible::interruptible;
pub use plan::{PASSES, Plan, kept, passes_bytes};
pub use sampling::{Record, sample};

use rayon::prelude::*;

use crate::attribution::Attribution;
use crate::claim::{Claim, Test};
use crate::constants;
use crate::distribution::contour::dead_probability;
use crate::error::{Error, Result};
use crate::ledger::{self, Dead, Fresh, Ledger, Row, Status, Tool};
use crate::network::{Engine, Precision};
use crate::params::{Amount, Params, Probability};
use crate::stage::{self, Outcome, Stage};
use crate::start::Start;
use crate::verdict::{self, Verdict};

/// Relative errors of norms and outputs in single and in double precision, with room to spare.
const SINGLE: f64 = 1e-5;
const DOUBLE: f64 = 1e-10;

/// What to run.
#[derive(Clone)]
pub struct Config {
    /// Shape and δ.
    pub params: Params,
    /// Probability that any verdict of the run is wrong.
    pub alpha: Probability,
    /// Stages, in the order of the proof.
    pub stages: Vec<&'static dyn Stage>,
    /// How to sample; `None` for bounds alone.
    pub sampling: Option<Sampling>,
}

/// How to sample networks.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// Number of networks.
    pub trials: u64,
    /// Seed of all streams.
    pub seed: u64,
    /// Format of the weights.
    pub precision: Precision,
    /// Networks in which suprema are searched: the first so many.
    pub searches: u64,
    /// How each stage is observed.
    pub engines: Engines,
}

impl Config {
    /// The record of this configuration in a ledger.
    pub fn record(&self) -> ledger::Config {
        ledger::Config {
            widths: self.params.architecture.to_string(),
            delta: self.params.delta.to_string(),
            radius: self.params.radius.as_ref().map(ToString::to_string),
            step: self.params.step.as_ref().map(ToString::to_string),
            start: self.params.start.record(),
            alpha: self.alpha.to_string(),
            stages: self.stages.iter().map(|s| s.name().to_owned()).collect(),
            sampling: self.sampling.map(|s| ledger::Sampling {
                trials: s.trials,
                seed: s.seed,
                engines: s.engines.record(&self.stages),
                precision: s.precision,
                searches: s.searches,
            }),
        }
    }

    /// Reads a record back.
    ///
    /// # Errors
    /// A record that was changed to something that does not parse.
    pub fn from_record(record: &ledger::Config) -> Result<Self> {
        Ok(Config {
            params: Params {
                radius: record.radius.as_deref().map(Amount::radius).transpose()?,
                step: record.step.as_deref().map(Amount::step).transpose()?,
                start: Start::from_record(&record.start)?.for_networks()?,
                ..Params::new(record.widths.parse()?, Probability::parse("--delta", &record.delta)?)
            },
            alpha: Probability::parse("--alpha", &record.alpha)?,
            stages: stages(&record.stages)?,
            sampling: record.sampling.as_ref().map(|s| Sampling {
                trials: s.trials,
                seed: s.seed,
                precision: s.precision,
                searches: s.searches,
                engines: Engines::from_record(&s.engines),
            }),
        })
    }

    /// The stages for which networks of this engine are drawn, in some trial at least.
    fn served(
        &self,
        sampling: Sampling,
        engine: Engine,
    ) -> impl Iterator<Item = &'static dyn Stage> {
        let served = move |stage: &&'static dyn Stage| {
            let drawn = stage.needs().every_trial() || sampling.searches > 0;
            drawn && sampling.engines.of(*stage) == engine
        };
        self.stages.iter().copied().filter(served)
    }

    /// The engine behind the rows of a claim.
    fn engine(&self, claim: &Claim) -> Option<Engine> {
        let named = |stage: &&&dyn Stage| stage.name() == claim.statement.stage();
        let (stage, sampling) = self.stages.iter().find(named).zip(self.sampling)?;
        Some(stage.engine(claim.statement, sampling.engines.of(*stage)))
    }

    /// A relative error that observations by this engine do not exceed.
    fn rounding(&self, engine: Option<Engine>) -> f64 {
        let single = self.sampling.is_some_and(|s| s.precision == Precision::F32);
        match engine {
            Some(Engine::Dense) if single => SINGLE,
            // Its law is not tested.
            Some(Engine::Law) => SINGLE,
            _ => DOUBLE,
        }
    }

    /// All claims of all stages, in the order of the ledger.
    pub fn claims(&self) -> Vec<Claim> {
        self.stages.par_iter().flat_map_iter(|stage| stage.claims(&self.params)).collect()
    }
}

/// The stages with these names, in the order of the proof; all of them for no names.
///
/// # Errors
/// An unknown name; the message lists the known ones.
pub fn stages(names: &[String]) -> Result<Vec<&'static dyn Stage>> {
    let known: Vec<&str> = stage::ALL.iter().map(|s| s.name()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Error::new("--stages", unknown, format!("stages are {}", known.join(", "))));
    }
    let chosen = |stage: &&dyn Stage| names.is_empty() || names.iter().any(|n| n == stage.name());
    Ok(stage::ALL.into_iter().filter(chosen).collect())
}

/// Judges all claims on the records so far. α is shared equally over the rows that
/// chance could make look wrong; one that looks violated is inconclusive until [`confirm`] has
/// judged it on networks that these records do not show.
pub fn ledger(config: &Config, claims: &[Claim], records: &[Record]) -> Ledger {
    let architecture = &config.params.architecture;
    let judged = claims.iter().filter(|claim| claim.is_judged()).count();
    let alpha = config.alpha.share(judged as u32);
    let rows: Vec<Row> = claims
        .iter()
        .enumerate()
        .map(|(i, claim)| {
            let outcomes = records.iter().map(|record| record.outcomes[i]);
            let seen = outcomes.clone().any(|outcome| outcome != Outcome::NotSearched);
            let engine = if seen { config.engine(claim) } else { None };
            let mut judgement = verdict::judge(claim, outcomes, &alpha, config.rounding(engine));
            // Drawn from the law itself, so that this says nothing of networks.
            let drawn = engine == Some(Engine::Law) && matches!(claim.test, Test::Law { .. });
            if drawn && judgement.verdict == Some(Verdict::NotRejected) {
                (judgement.verdict, judgement.distance) = (Some(Verdict::Assumed), None);
            }
            let suspect = claim.is_judged() && judgement.verdict == Some(Verdict::Violated);
            let fresh = suspect.then(Fresh::default);
            if suspect {
                judgement.verdict = Some(Verdict::Inconclusive);
            }
            Row { fresh, engine, ..Row::new(claim, judgement, architecture.depth()) }
        })
        .collect();
    let drawn = records.iter().filter_map(|record| record.dead);
    let runs = |name: &str| config.stages.iter().any(|stage| stage.name() == name);
    Ledger {
        layers: if runs("bottleneck") { constants::layers(&config.params) } else { Vec::new() },
        radii: if runs("linearity") { constants::radii(&config.params) } else { Vec::new() },
        followed: if runs("direct") { constants::followed(&config.params, &rows) } else { None },
        attribution: Attribution::new(&rows, architecture),
        thresholds: Vec::new(),
        angles: if runs("collapse") { constants::angles(&config.params) } else { Vec::new() },
        spheres: Vec::new(),
        tool: Tool::current(),
        config: config.record(),
        status: status(config, records.len() as u64, &rows),
        verdict: Verdict::worst(rows.iter().filter_map(|row| row.verdict)),
        trials: records.len() as u64,
        dead: Dead {
            probability: dead_probability(architecture.hidden()),
            count: drawn.clone().filter(|&dead| dead).count() as u64,
            networks: drawn.count() as u64,
        },
        rows,
    }
}

/// Complete where all trials are done and every row that looked violated was judged again.
fn status(config: &Config, trials: u64, rows: &[Row]) -> Status {
    let settled = rows.iter().all(|row| !row.is_suspect());
    match config.sampling {
        None => Status::Bounds,
        Some(sampling) if trials == sampling.trials && settled => Status::Complete,
        Some(_) => Status::Partial,
    }
}

/// A run of some stages, or of all for no names, with [trials, searches]. For tests.
#[cfg(test)]
fn example(
    widths: &str,
    names: &str,
    [trials, searches]: [u64; 2],
    engines: Engines,
) -> (Config, Sampling) {
    let names: Vec<String> = names.split_whitespace().map(str::to_owned).collect();
    let sampling = Sampling { trials, seed: 1, precision: Precision::F64, searches, engines };
    let probability = Probability::parse("--delta", "0.1").unwrap();
    let config = Config {
        params: Params::new(widths.parse().unwrap(), probability.clone()),
        alpha: probability,
        stages: stages(&names).unwrap(),
        sampling: Some(sampling),
    };
    (config, sampling)
}
