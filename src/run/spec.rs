//! What to run.

use rayon::prelude::*;

use super::Engines;
use crate::judge::ledger;
use crate::model::bias::Bias;
use crate::model::claim::Claim;
use crate::model::classes::{Classes, Target};
use crate::model::curve::Curve;
use crate::model::error::{Error, Result};
use crate::model::norm::{Grid, Input, Norm};
use crate::model::params::{Amount, Architecture, Params, Probability};
use crate::model::shard::Shard;
use crate::model::slope::Slope;
use crate::model::start::Start;
use crate::model::weights::{Ensemble, Entries};
use crate::network::{Engine, Precision};
use crate::stage::{self, Needs, Stage, Tables};

/// Relative errors of norms and outputs in single and in double precision, with room to spare.
const SINGLE: f64 = 1e-5;
const DOUBLE: f64 = 1e-10;

/// What to run.
#[derive(Clone)]
pub struct Spec {
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
#[derive(Clone, Debug)]
pub struct Sampling {
    /// Number of networks.
    pub trials: u64,
    /// Seed of all streams.
    pub seed: u64,
    /// Format of the weights.
    pub precision: Precision,
    /// Networks in which suprema are searched: the first so many.
    pub searches: u64,
    /// Networks in which the step is taken: the first so many.
    pub steps: u64,
    /// How each stage is observed.
    pub engines: Engines,
}

impl Sampling {
    /// So many networks, all of them searched, by the cheapest engines, with seed 1.
    pub fn new(trials: u64) -> Self {
        Sampling {
            trials,
            seed: 1,
            precision: Precision::F64,
            searches: trials,
            steps: trials,
            engines: Engines::Cheapest,
        }
    }
}

impl Sampling {
    /// Networks that are drawn for a stage of these needs: the first so many.
    pub fn networks(&self, needs: Needs) -> u64 {
        match needs {
            Needs::Law | Needs::Passes => self.trials,
            Needs::Steps => self.steps,
            Needs::Weights | Needs::Pairs => self.searches,
        }
    }
}

impl Spec {
    /// All stages at the usual radius and steps, without sampling; all verdicts together err with
    /// probability at most 1/1000.
    pub fn new(architecture: Architecture, delta: Probability) -> Self {
        Spec {
            params: Params::new(architecture, delta),
            alpha: Probability::thousandth(),
            stages: usual(),
            sampling: None,
        }
    }

    /// The record of it in a ledger.
    pub fn record(&self) -> ledger::Parameters {
        let Ensemble { hidden, output } = self.params.ensemble;
        let (norm_weights, grid) = self.params.norm.given();
        let [bias, gain] = self.params.bias.record();
        ledger::Parameters {
            widths: self.params.architecture.to_string(),
            delta: self.params.delta.to_string(),
            radius: self.params.radius.as_ref().map(ToString::to_string),
            step: self.params.step.as_ref().map(ToString::to_string),
            start: self.params.start.record(),
            classes: self.params.classes.map(Classes::count),
            target: self.params.classes.map(|classes| classes.target.name().into()),
            weights: (hidden != Entries::Gaussian).then(|| hidden.name().into()),
            output_weights: (output != hidden).then(|| output.name().into()),
            slope: self.params.slope.record(),
            activation: self.params.curve.map(|curve| curve.name().into()),
            bias,
            gain,
            norm: self.params.norm.record(),
            norm_weights,
            trained: self.params.trained.as_ref().map(ToString::to_string),
            grid: grid.map(|grid| grid.to_string()),
            input: self.params.input.as_ref().map(|input| input.values().to_vec()),
            alpha: self.alpha.to_string(),
            stages: self.stages.iter().map(|s| s.name().to_owned()).collect(),
            sampling: self.sampling.as_ref().map(|s| ledger::Sampling {
                trials: s.trials,
                seed: s.seed,
                engines: s.engines.record(&self.stages),
                precision: s.precision,
                searches: s.searches,
                steps: s.steps,
            }),
        }
    }

    /// Reads a record back.
    ///
    /// # Errors
    /// A record that was changed to something that does not parse.
    pub fn from_record(record: &ledger::Parameters) -> Result<Self> {
        Ok(Spec {
            params: Params {
                radius: record.radius.as_deref().map(Amount::radius).transpose()?,
                step: record.step.as_deref().map(Amount::step).transpose()?,
                start: Start::from_record(&record.start)?.for_networks()?,
                classes: classes(record)?,
                ensemble: Ensemble::named(
                    record.weights.as_deref(),
                    record.output_weights.as_deref(),
                )?,
                curve: record.activation.as_deref().map(Curve::parse).transpose()?,
                slope: record.slope.as_deref().map_or(Ok(Slope::relu()), Slope::parse)?,
                bias: Bias::from_record(record.bias.as_deref(), record.gain.as_deref())?,
                norm: norm(record)?,
                trained: record.trained.as_deref().map(Amount::nearness).transpose()?,
                input: record.input.clone().map(|values| Input::new("x", values)).transpose()?,
                ..Params::new(record.widths.parse()?, Probability::parse("delta", &record.delta)?)
            },
            alpha: Probability::parse("alpha", &record.alpha)?,
            stages: stages(&record.stages)?,
            sampling: record.sampling.as_ref().map(|s| Sampling {
                trials: s.trials,
                seed: s.seed,
                precision: s.precision,
                searches: s.searches,
                steps: s.steps,
                engines: Engines::Each(s.engines.clone()),
            }),
        })
    }

    /// The stages for which networks of this engine are drawn, in some trial at least.
    pub(super) fn served(&self, engine: Engine) -> impl Iterator<Item = &'static dyn Stage> {
        let served = move |stage: &&'static dyn Stage| {
            self.sampling.as_ref().is_some_and(|sampling| {
                sampling.networks(stage.needs()) > 0 && sampling.engines.of(*stage) == engine
            })
        };
        self.stages.iter().copied().filter(served)
    }

    /// Trials asked for: none without sampling.
    pub fn trials(&self) -> u64 {
        self.sampling.as_ref().map_or(0, |sampling| sampling.trials)
    }

    /// The same, sampled otherwise.
    #[must_use]
    pub fn resampled(&self, change: impl FnOnce(&mut Sampling)) -> Self {
        let mut other = self.clone();
        if let Some(sampling) = &mut other.sampling {
            change(sampling);
        }
        other
    }

    /// A run of as many networks of every sort as this part of the run has.
    #[must_use]
    pub fn like(&self, shard: Shard) -> Self {
        self.resampled(|sampling| {
            for count in [&mut sampling.trials, &mut sampling.searches, &mut sampling.steps] {
                *count = shard.count(*count);
            }
        })
    }

    /// The engine behind the rows of a claim.
    pub(super) fn engine(&self, claim: &Claim) -> Option<Engine> {
        let named = |stage: &&&dyn Stage| stage.name() == claim.statement.stage();
        let (stage, sampling) = self.stages.iter().find(named).zip(self.sampling.as_ref())?;
        Some(stage.engine(claim.statement, sampling.engines.of(*stage)))
    }

    /// A relative error that observations by this engine do not exceed.
    pub(super) fn rounding(&self, engine: Option<Engine>) -> f64 {
        let single = self.sampling.as_ref().is_some_and(|s| s.precision == Precision::F32);
        match engine {
            Some(Engine::Dense) if single => SINGLE,
            // Its law is not tested.
            Some(Engine::Law) => SINGLE,
            _ => DOUBLE,
        }
    }

    /// What the stages tabulate.
    pub fn tables(&self, claims: &[Claim]) -> Tables {
        let mut tables = Tables::default();
        // Tables show what is proved, too.
        let each = self.params.of_each_pair();
        let network = self.params.at_hand();
        let fits = |stage: &&&'static dyn Stage| {
            stage.tabulates_always()
                || stage
                    .statements()
                    .all(|statement| statement.hypotheses.unlike(network).is_none())
        };
        for stage in self.stages.iter().filter(fits) {
            stage.tabulate(&each, claims, &mut tables);
        }
        tables
    }

    /// All claims of all stages, in the order of the ledger.
    pub fn claims(&self) -> Vec<Claim> {
        self.stages.par_iter().flat_map_iter(|stage| stage.stated(&self.params)).collect()
    }
}

fn norm(record: &ledger::Parameters) -> Result<Norm> {
    let grid = record.grid.as_deref().map(Grid::parse).transpose()?;
    let weights = |name: &str| {
        record.norm_weights.clone().ok_or_else(|| Error::new("norm", name, "has no weights"))
    };
    record.norm.as_deref().map_or(Ok(Norm::L2), |text| Norm::parse(text, grid, weights))
}

fn classes(record: &ledger::Parameters) -> Result<Option<Classes>> {
    let target = record.target.as_deref().map(Target::parse).transpose()?.unwrap_or_default();
    record.classes.map(|count| Classes::parse(&count.to_string(), target)).transpose()
}

/// The stages with these names, in the order of the proof; all that need no parameter for no names.
///
/// # Errors
/// An unknown name; the message lists the known ones.
pub fn stages(names: &[impl AsRef<str>]) -> Result<Vec<&'static dyn Stage>> {
    let known: Vec<&str> = stage::ALL.iter().map(|s| s.name()).collect();
    if let Some(unknown) = names.iter().map(AsRef::as_ref).find(|name| !known.contains(name)) {
        return Err(Error::new("stages", unknown, format!("stages are {}", known.join(", "))));
    }
    if names.is_empty() {
        return Ok(usual());
    }
    let chosen = |stage: &&dyn Stage| names.iter().any(|name| name.as_ref() == stage.name());
    Ok(stage::ALL.into_iter().filter(chosen).collect())
}

/// Those that need no parameter.
fn usual() -> Vec<&'static dyn Stage> {
    stage::ALL.into_iter().filter(|stage| stage.is_usual()).collect()
}

/// The stages with these names for a run with these parameters; for no names, all that are about
/// it.
///
/// # Errors
/// An unknown name, a stage that is about something that is not given, as a norm, or one that shows
/// nothing of the activation.
pub fn stages_of(params: &Params, names: &[impl AsRef<str>]) -> Result<Vec<&'static dyn Stage>> {
    let about = |stage: &&dyn Stage| stage.lacks(params).is_none();
    let mut named = match names {
        [] => stage::ALL.into_iter().filter(about).collect(),
        _ => stages(names)?,
    };
    let refused = |stage: &&dyn Stage, why: &str| Err(Error::new("stages", stage.name(), why));
    if let Some((stage, lack)) = named.iter().find_map(|stage| Some((stage, stage.lacks(params)?)))
    {
        return refused(stage, lack.why).map_err(|error| error.hint(lack.hint));
    }
    if params.curved().is_some() {
        if names.is_empty() {
            named.retain(|stage| stage.is_curved());
        } else if let Some(stage) = named.iter().find(|stage| !stage.is_curved()) {
            return refused(
                stage,
                "about piecewise linear activations: of others it shows nothing",
            );
        }
    }
    Ok(named)
}
