//! Runs stages: claims, sampled trials, ledger. No printing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use ndarray::Array1;
use rayon::prelude::*;

use crate::attribution::Attribution;
use crate::claim::Claim;
use crate::constants;
use crate::direct;
use crate::distribution::contour::dead_probability;
use crate::error::{Error, Result};
use crate::ledger::{self, Dead, Ledger, Row, Status, Tool};
use crate::network::{
    Conditioned, Dense, Engine, LawDraw, Network, Precision, Scaled, backward, bytes_needed,
    forward,
};
use crate::params::{Amount, Architecture, Params, Probability};
use crate::sample::{Address, Stream};
use crate::search::Setting;
use crate::stage::{self, Draw, Outcome, Stage, Trial};
use crate::start::Start;
use crate::verdict;

/// Above this size one network is sampled at a time, with all threads inside it: it would not fit
/// any cache, and memory stays at one network.
const SHARED_NETWORK_BYTES: u64 = 256 << 20;

/// Weights beyond this size are not stored where no stage searches them.
const SPARED_BYTES: u64 = 64 << 20;

/// The largest width of which every neuron is sampled: about half an hour a layer.
const LARGEST_UNWEIGHTED: u128 = 1_000_000_000_000;

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
    /// How networks are made.
    pub engine: Engine,
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
                engine: s.engine,
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
                start: Start::from_record(&record.start)?,
                ..Params::new(record.widths.parse()?, Probability::parse("--delta", &record.delta)?)
            },
            alpha: Probability::parse("--alpha", &record.alpha)?,
            stages: stages(&record.stages)?,
            sampling: record.sampling.as_ref().map(|s| Sampling {
                trials: s.trials,
                seed: s.seed,
                precision: s.precision,
                searches: s.searches,
                engine: s.engine,
            }),
        })
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

/// What one sampled network showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Number of the trial, from 0.
    pub trial: u64,
    /// Is the network constantly 0 near the input?
    pub dead: bool,
    /// One outcome per claim.
    pub outcomes: Vec<Outcome>,
}

/// How the work is spread: one worker per network at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Networks sampled at once.
    pub workers: usize,
    /// Threads inside each network.
    pub inner: usize,
    /// How networks are made.
    pub engine: Engine,
}

impl Plan {
    /// For `threads` threads and `available` bytes of memory. Without an engine asked for, stored weights where
    /// they fit, otherwise none.
    ///
    /// # Errors
    /// One network alone does not fit.
    pub fn new(
        config: &Config,
        sampling: Sampling,
        engine: Option<Engine>,
        threads: usize,
        available: u64,
    ) -> Result<Self> {
        let architecture = &config.params.architecture;
        let spread = |bytes: u64, engine: Engine| {
            let fitting = usize::try_from(available / bytes.max(1)).unwrap_or(usize::MAX);
            let workers =
                if bytes > SHARED_NETWORK_BYTES { 1 } else { threads.min(fitting).max(1) };
            Plan { workers, inner: (threads / workers).max(1), engine }
        };
        let fits = |bytes: Option<u64>| bytes.filter(|&bytes| bytes <= available);
        let dense = bytes_needed(architecture, sampling.precision);
        let conditioned = conditioned_bytes(config, sampling);
        let without = !config.stages.iter().any(|stage| stage.needs_network());
        let lawful = config.stages.iter().all(|stage| stage.has_law());
        let law = Plan { workers: threads.max(1), inner: 1, engine: Engine::Law };
        if engine == Some(Engine::Law) && !lawful {
            let names = config.stages.iter().filter(|s| !s.has_law()).map(|s| s.name());
            let names: Vec<&str> = names.collect();
            let permitted = "serves the stages output and gradient, which see one input alone";
            let hint = format!("leave out {}", names.join(", "));
            return Err(Error::new("--engine", "law", permitted).hint(hint));
        }
        // Weights that no stage searches, and that would fill more than any cache, are not worth drawing.
        let searched = config.stages.iter().any(|stage| stage.searches_weights());
        let spared = !searched && dense.is_none_or(|bytes| bytes > SPARED_BYTES);
        match engine {
            None if spared && !without && fits(conditioned).is_some() => {
                return Ok(spread(conditioned.unwrap_or(0), Engine::Conditioned));
            }
            None | Some(Engine::Dense) if fits(dense).is_some() => {
                return Ok(spread(dense.unwrap_or(0), Engine::Dense));
            }
            None if without => return Plan::without_networks(architecture, threads),
            None | Some(Engine::Conditioned) if fits(conditioned).is_some() => {
                return Ok(spread(conditioned.unwrap_or(0), Engine::Conditioned));
            }
            Some(Engine::Law) => return Ok(law),
            None if lawful => return Ok(law),
            _ => {}
        }
        let (bytes, what) = match engine {
            Some(Engine::Dense) => {
                (dense, format!("weights take {{}} in {}", sampling.precision.name()))
            }
            _ => (conditioned, "passes take {} without weights".to_owned()),
        };
        let gib = |bytes: f64| format!("{:.1} GiB", bytes / 2f64.powi(30));
        let needed = match bytes {
            Some(bytes) => gib(bytes as f64),
            None => "more than 2^64 bytes".into(),
        };
        let permitted = format!(
            "one network's {}, and {} of memory are free",
            what.replace("{}", &needed),
            gib(available as f64)
        );
        let hint = match fits(conditioned) {
            Some(_) => {
                "--engine conditioned stores no weights; 'relubound bounds' needs no network"
            }
            None => "'relubound bounds' needs no network",
        };
        Err(Error::new("--widths", architecture, permitted).hint(hint))
    }

    /// Bytes that the networks sampled at once take at most.
    pub fn bytes(self, config: &Config, sampling: Sampling) -> u64 {
        let one = match self.engine {
            Engine::Dense => bytes_needed(&config.params.architecture, sampling.precision),
            Engine::Conditioned => conditioned_bytes(config, sampling),
            Engine::None | Engine::Law => Some(0),
        };
        one.unwrap_or(u64::MAX).saturating_mul(self.workers as u64)
    }

    /// Layer by layer, a neuron at a time.
    fn without_networks(architecture: &Architecture, threads: usize) -> Result<Self> {
        if architecture.largest() > LARGEST_UNWEIGHTED {
            let permitted = format!("up to {LARGEST_UNWEIGHTED} where neurons are sampled");
            return Err(Error::new("--widths", architecture, permitted));
        }
        Ok(Plan { workers: threads.max(1), inner: 1, engine: Engine::None })
    }
}

/// Bytes that one network without weights takes: a vector before and one behind the matrix for every product.
fn conditioned_bytes(config: &Config, sampling: Sampling) -> Option<u64> {
    let runs = |names: &[&str]| config.stages.iter().any(|stage| names.contains(&stage.name()));
    let depth = config.params.architecture.depth() as u128;
    let mut products = 4;
    if sampling.searches > 0 && runs(&["flip"]) {
        products += 20;
    }
    if sampling.searches > 0 && runs(&["direct"]) {
        products += 2;
    }
    if sampling.searches > 0 && runs(&["bottleneck", "linearity", "slack"]) {
        products += 70 + 3 * depth;
    }
    let vectors = config
        .params
        .architecture
        .widths()
        .iter()
        .try_fold(0u128, |sum, &d| sum.checked_add(d.checked_mul(2)?))?;
    u64::try_from(vectors.checked_mul(8 * products)?).ok()
}

/// Samples networks until all trials are done or `stop` is set, handing each record to `finished`
/// in the order of the trials. What a trial shows depends only on the seed and its number.
///
/// # Errors
/// What `finished` returns, at once; or widths that this machine cannot address.
pub fn sample(
    config: &Config,
    sampling: Sampling,
    plan: Plan,
    stop: &AtomicBool,
    mut finished: impl FnMut(Record) -> Result<()>,
) -> Result<()> {
    let next = AtomicU64::new(0);
    let frame = Frame::new(
        config,
        sampling.seed,
        matches!(plan.engine, Engine::Dense | Engine::Conditioned),
    );
    let (sender, receiver) = mpsc::sync_channel::<Result<Record>>(4 * plan.workers);
    std::thread::scope(|scope| {
        for _ in 0..plan.workers {
            let (sender, next, frame) = (sender.clone(), &next, &frame);
            scope.spawn(move || {
                let mut network = match engine(config, sampling, plan) {
                    Ok(network) => network,
                    Err(error) => {
                        // The receiver may be gone after another worker's error.
                        let _ = sender.send(Err(error));
                        return;
                    }
                };
                while !stop.load(Ordering::Relaxed) {
                    let trial = next.fetch_add(1, Ordering::Relaxed);
                    if trial >= sampling.trials {
                        break;
                    }
                    let record =
                        observe(config, sampling, plan, network.as_deref_mut(), frame, trial);
                    if sender.send(Ok(record)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let (mut waiting, mut expected) = (BTreeMap::new(), 0);
        // Leaving the loop early drops the receiver, at which the workers stop.
        for record in receiver {
            let record = record?;
            waiting.insert(record.trial, record);
            while let Some(record) = waiting.remove(&expected) {
                expected += 1;
                finished(record)?;
            }
        }
        Ok(())
    })
}

fn engine(config: &Config, sampling: Sampling, plan: Plan) -> Result<Option<Box<dyn Network>>> {
    let (architecture, seed, inner) = (&config.params.architecture, sampling.seed, plan.inner);
    Ok(match (plan.engine, sampling.precision) {
        (Engine::None | Engine::Law, _) => None,
        (Engine::Conditioned, _) => Some(Box::new(Conditioned::new(architecture, seed, inner)?)),
        (Engine::Dense, Precision::F32) => {
            Some(Box::new(Dense::<f32>::new(architecture, seed, inner)?))
        }
        (Engine::Dense, Precision::F64) => {
            Some(Box::new(Dense::<f64>::new(architecture, seed, inner)?))
        }
    })
}

/// What all trials have in common.
struct Frame {
    widths: Vec<usize>,
    one_minus_cos: f64,
    radius: f64,
    direct_step: f64,
    /// The fixed input, a standard normal vector, of norm about √d; empty without networks.
    input: Scaled,
}

impl Frame {
    fn new(config: &Config, seed: u64, network: bool) -> Self {
        let params = &config.params;
        // Where this overflows, no plan samples neurons.
        let width = |&d: &u128| usize::try_from(d).unwrap_or(usize::MAX);
        let widths: Vec<usize> = params.architecture.widths().iter().map(width).collect();
        let mut values = vec![0.0; if network { widths[0] } else { 0 }];
        Stream::new(Address { seed, trial: Address::INPUT, layer: 0, block: 0 }).fill(&mut values);
        Frame {
            widths,
            one_minus_cos: params.start.one_minus_cos(64).to_f64(),
            radius: params.relative_radius(64).lo_f64(),
            direct_step: if config.stages.iter().any(|stage| stage.name() == "direct") {
                direct::step(params)
            } else {
                params.step().to_f64()
            },
            input: Scaled::new(Array1::from(values), 0),
        }
    }
}

fn observe(
    config: &Config,
    sampling: Sampling,
    plan: Plan,
    network: Option<&mut (dyn Network + 'static)>,
    frame: &Frame,
    trial: u64,
) -> Record {
    let Frame { widths, one_minus_cos, .. } = frame;
    let draw = Draw { widths, one_minus_cos: *one_minus_cos, seed: sampling.seed, trial };
    if plan.engine == Engine::Law {
        let law = LawDraw::new(config.params.architecture.widths(), sampling.seed, trial);
        let outcomes = config.stages.iter().flat_map(|stage| stage.by_law(&law)).collect();
        return Record { trial, dead: law.dead, outcomes };
    }
    let searched = trial < sampling.searches;
    let needed = searched || config.stages.iter().any(|stage| stage.needs_network());
    let Some(network) = network.filter(|_| needed) else {
        let outcomes = config.stages.iter().flat_map(|stage| stage.without_network(&draw));
        return Record { trial, dead: false, outcomes: outcomes.collect() };
    };
    network.draw(trial);
    let step = config.params.step().to_f64();
    let setting = searched.then(|| Setting {
        direct_step: frame.direct_step,
        ..Setting::new(frame.radius, step, sampling.seed, trial)
    });
    let forward = forward(network, std::slice::from_ref(&frame.input));
    let backward = backward(network, &forward);
    let mut at_input = Trial::new(network, &forward[0], &backward[0], setting.as_ref());
    at_input.draw = Some(draw);
    let outcomes = config.stages.iter().flat_map(|stage| stage.observe(&mut at_input)).collect();
    Record { trial, dead: forward[0].is_dead(), outcomes }
}

/// Judges all claims on the records so far. α is shared equally over the rows that
/// chance could make look wrong.
pub fn ledger(config: &Config, claims: &[Claim], records: &[Record]) -> Ledger {
    let architecture = &config.params.architecture;
    let judged = claims.iter().filter(|claim| claim.is_judged()).count();
    let alpha = config.alpha.share(judged as u32);
    let rows: Vec<Row> = claims
        .iter()
        .enumerate()
        .map(|(i, claim)| {
            let outcomes = records.iter().map(|record| record.outcomes[i]);
            Row::new(claim, verdict::judge(claim, outcomes, &alpha), architecture.depth())
        })
        .collect();
    let status = match config.sampling {
        None => Status::Bounds,
        Some(sampling) if records.len() as u64 == sampling.trials => Status::Complete,
        Some(_) => Status::Partial,
    };
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
        status,
        verdict: rows.iter().filter_map(|row| row.verdict).max_by_key(|v| severity(*v)),
        trials: records.len() as u64,
        dead: Dead {
            probability: dead_probability(architecture.hidden()),
            count: (config.stages.iter().any(|stage| stage.needs_network())
                || config.sampling.is_none())
            .then(|| records.iter().filter(|r| r.dead).count() as u64),
        },
        rows,
    }
}

/// The order in which verdicts decide that of the run.
fn severity(verdict: verdict::Verdict) -> u8 {
    use verdict::Verdict::{
        Holds, Inconclusive, NotRejected, NotViolated, NumericalFailure, OutsideHypotheses,
        Vacuous, Violated,
    };
    match verdict {
        NotRejected => 0,
        Holds => 1,
        NotViolated => 2,
        OutsideHypotheses => 3,
        Vacuous => 4,
        Inconclusive => 5,
        Violated => 6,
        NumericalFailure => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(
        widths: &str,
        precision: Precision,
        threads: usize,
        gib: f64,
        engine: Option<Engine>,
    ) -> Result<Plan> {
        let sampling =
            Sampling { trials: 1, seed: 1, precision, searches: 1, engine: Engine::Dense };
        let config = Config {
            params: Params::new(widths.parse()?, Probability::parse("--delta", "0.1")?),
            alpha: Probability::parse("--alpha", "0.1")?,
            stages: stages(&[])?,
            sampling: Some(sampling),
        };
        Plan::new(&config, sampling, engine, threads, (gib * 2f64.powi(30)) as u64)
    }

    #[test]
    fn memory_holds_one_network_per_worker() {
        let small = plan("64x5", Precision::F64, 2, 8.0, None).unwrap();
        assert_eq!(small, Plan { workers: 2, inner: 1, engine: Engine::Dense });
        // 4 GiB a network: one at a time, both threads inside it.
        let wide = plan("16384x4", Precision::F32, 2, 8.0, None).unwrap();
        assert_eq!(wide, Plan { workers: 1, inner: 2, engine: Engine::Dense });
        // 100 MiB a network, memory for three.
        let tight = plan("1620x5", Precision::F64, 8, 0.3, None).unwrap();
        assert_eq!((tight.workers, tight.inner), (3, 2));
        let dense = Some(Engine::Dense);
        assert!(plan("16384x4", Precision::F64, 2, 7.0, dense).is_err());
        // Without weights there is room.
        let auto = plan("16384x4", Precision::F64, 2, 7.0, None).unwrap();
        assert_eq!(auto.engine, Engine::Conditioned);
        assert!(plan("1e30x4", Precision::F64, 2, 7.0, None).is_err());
    }

    #[test]
    fn an_error_of_the_receiver_ends_the_sampling() {
        let sampling = Sampling {
            trials: 1_000_000_000,
            seed: 1,
            precision: Precision::F64,
            searches: 9,
            engine: Engine::Dense,
        };
        let config = Config {
            params: Params::new(
                "4x2".parse().unwrap(),
                Probability::parse("--delta", "0.1").unwrap(),
            ),
            alpha: Probability::parse("--alpha", "0.1").unwrap(),
            stages: stages(&[]).unwrap(),
            sampling: Some(sampling),
        };
        let mut seen = Vec::new();
        let plan = Plan { workers: 3, inner: 1, engine: Engine::Dense };
        let result = sample(&config, sampling, plan, &AtomicBool::new(false), |record| {
            seen.push(record.trial);
            if seen.len() < 50 { Ok(()) } else { Err(Error::new("--out", "", "disk full")) }
        });
        assert!(result.is_err());
        // In order, without gaps, whatever the workers' timing.
        assert_eq!(seen, (0..50).collect::<Vec<u64>>());
    }
}
