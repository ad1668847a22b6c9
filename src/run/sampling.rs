//! Sampled trials.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use ndarray::Array1;

use super::{Plan, Sampling, Spec};
use crate::model::classes::Target;
use crate::model::error::{Error, Result};
use crate::model::outcome::Outcome;
use crate::model::params::Params;
use crate::model::shard::Shard;
use crate::network::sample::{Address, Stream};
use crate::network::search::Setting;
use crate::network::{
    Conditioned, Dense, Engine, LawDraw, Network, Pairwise, Precision, Scaled, backward, forward,
    nearest, two_largest,
};
use crate::num::magnitude::Magnitude;
use crate::stage::rows::{Rows, Seen};
use crate::stage::{Draw, Trial};
use crate::theory::curved::Wide;

/// What one trial showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number, from 0.
    pub trial: u64,
    /// Is the network constantly 0 near the input? `None` where none was drawn.
    pub dead: Option<bool>,
    /// One outcome per claim. Those of stages with different engines are of different networks.
    pub outcomes: Vec<Outcome>,
}

/// Samples networks until all trials of this part are done or `stop` is set, handing each record
/// to `finished` in the order of the trials. They are numbered from `first` on; as many are
/// searched as the run searches.
///
/// # Errors
/// What `finished` returns, at once; widths that this machine cannot address; a system that gives
/// no thread.
pub(super) fn sample(
    first: u64,
    shard: Shard,
    spec: &Spec,
    plan: Plan,
    stop: &AtomicBool,
    mut finished: impl FnMut(Record) -> Result<()>,
) -> Result<()> {
    let Some(sampling) = &spec.sampling else { return Ok(()) };
    // Networks that only other parts look at are not drawn here.
    let own = spec.like(shard);
    if own.trials() == 0 {
        return Ok(());
    }
    let next = AtomicU64::new(0);
    let frame = Frame::new(spec, sampling);
    let (sender, receiver) = mpsc::sync_channel::<Result<Record>>(4 * plan.workers);
    std::thread::scope(|scope| {
        for started in 0..plan.workers {
            let (sender, next, frame, own) = (sender.clone(), &next, &frame, &own);
            let work = move || {
                let mut networks = match networks(own, sampling, &frame.input, plan.inner) {
                    Ok(networks) => networks,
                    Err(error) => {
                        // The receiver may be gone after another worker's error.
                        let _ = sender.send(Err(error));
                        return;
                    }
                };
                while !stop.load(Ordering::Relaxed) {
                    let place = shard.nth(next.fetch_add(1, Ordering::Relaxed));
                    if place >= sampling.trials {
                        break;
                    }
                    let record = observe(spec, sampling, &mut networks, frame, [first, place]);
                    if sender.send(Ok(record)).is_err() {
                        break;
                    }
                }
            };
            match std::thread::Builder::new().spawn_scoped(scope, work) {
                Ok(_) => {}
                Err(why) if started == 0 => return Err(Error::threads(plan.workers, &why)),
                // Those that there are do all the work.
                Err(_) => break,
            }
        }
        drop(sender);
        let (mut waiting, mut done) = (BTreeMap::new(), 0);
        // Leaving the loop early drops the receiver, at which the workers stop.
        for record in receiver {
            let record = record?;
            waiting.insert(record.trial, record);
            while let Some(record) = waiting.remove(&(first + shard.nth(done))) {
                done += 1;
                finished(record)?;
            }
        }
        Ok(())
    })
}

/// Those that some stage has drawn, with their engines.
type Networks = Vec<(Engine, Box<dyn Network>)>;

fn networks(spec: &Spec, sampling: &Sampling, input: &Scaled, inner: usize) -> Result<Networks> {
    let (architecture, seed) = (&spec.params.architecture, sampling.seed);
    let outputs = spec.params.outputs();
    let (slope, ensemble) = (spec.params.slope.to_f64(), spec.params.ensemble);
    let curve = spec.params.curved();
    let biases = || deviations(&spec.params, input);
    let mut networks = Networks::new();
    for engine in [Engine::Dense, Engine::Conditioned] {
        if spec.served(engine).next().is_none() {
            continue;
        }
        let network: Box<dyn Network> = match (engine, sampling.precision) {
            (Engine::Dense, Precision::F32) => {
                let network = Dense::<f32>::new(architecture, seed, inner)?;
                let network = network.with_outputs(outputs).with_slope(slope).with_curve(curve);
                Box::new(network.with_ensemble(ensemble).with_biases(biases()))
            }
            (Engine::Dense, Precision::F64) => {
                let network = Dense::<f64>::new(architecture, seed, inner)?;
                let network = network.with_outputs(outputs).with_slope(slope).with_curve(curve);
                Box::new(network.with_ensemble(ensemble).with_biases(biases()))
            }
            _ => Box::new(
                Conditioned::new(architecture, seed, inner)?
                    .with_outputs(outputs)
                    .with_slope(slope)
                    .with_curve(curve)
                    .with_biases(biases()),
            ),
        };
        networks.push((engine, network));
    }
    Ok(networks)
}

/// β_1, …, β_{L+1} for this input.
fn deviations(params: &Params, input: &Scaled) -> Vec<Magnitude> {
    if let Some(wide) = Wide::of(params).filter(|_| !params.bias.is_none()) {
        let of = |log: f64| Magnitude::from_ln(log).unwrap_or(Magnitude::ZERO);
        return wide.biases.into_iter().map(of).collect();
    }
    let root = Magnitude::from_f64((input.values().len() as f64).sqrt());
    let unit = input.norm().zip(root).and_then(|(norm, root)| norm / root);
    let unit = unit.unwrap_or(Magnitude::INFINITY);
    let relative = params.bias.deviations(&params.slope, params.architecture.depth());
    relative.into_iter().map(|deviation| deviation * unit).collect()
}

/// What all trials have in common.
struct Frame {
    /// Of every stage.
    rows: Vec<Rows>,
    widths: Vec<usize>,
    one_minus_cos: f64,
    slope: f64,
    /// log 𝗌_i², for laws; none without biases.
    log_biases: Vec<f64>,
    /// 𝗌_i²; none without biases.
    biases: Vec<f64>,
    setting: Setting,
    /// The fixed input, of norm about √d where it is not given; empty without networks.
    input: Scaled,
}

impl Frame {
    fn new(spec: &Spec, sampling: &Sampling) -> Self {
        let params = &spec.params;
        // Where this overflows, no plan samples neurons.
        let width = |&d: &u128| usize::try_from(d).unwrap_or(usize::MAX);
        let widths: Vec<usize> = params.architecture.widths().iter().map(width).collect();
        let drawn = [Engine::Dense, Engine::Conditioned]
            .into_iter()
            .any(|engine| spec.served(engine).next().is_some());
        let values = if drawn { input(params, widths[0], sampling.seed) } else { Vec::new() };
        let (radius, step) = (params.relative_radius(64).lo_f64(), params.step().to_f64());
        let mut setting = Setting::new(radius, step, sampling.seed, 0);
        for stage in &spec.stages {
            stage.prepare(&params.of_each_pair(), &mut setting);
        }
        Frame {
            rows: spec.stages.iter().map(|stage| stage.rows_of(params)).collect(),
            widths,
            one_minus_cos: params.start.one_minus_cos(64).to_f64(),
            slope: params.slope.to_f64(),
            biases: if params.bias.is_none() { vec![] } else { params.relative_biases(&0.0) },
            log_biases: params.log_biases(),
            setting,
            input: Scaled::new(Array1::from(values), 0),
        }
    }
}

/// The fixed input: the one given; where its shape matters, one with entries of one size; otherwise
/// a standard normal vector, brought to the norm √d where that matters.
fn input(params: &Params, dimension: usize, seed: u64) -> Vec<f64> {
    if let Some(input) = &params.input {
        return input.values().to_vec();
    }
    let mut values = vec![1.0; dimension];
    if params.norm.is_l2() {
        let address = Address { seed, trial: Address::INPUT, layer: 0, block: 0 };
        Stream::new(address).fill(&mut values);
    }
    // Its norm matters where the activation is not homogeneous.
    if params.curved().is_some() {
        let square: f64 = values.iter().map(|v| v * v).sum();
        let scale = (dimension as f64 / square).sqrt();
        for value in &mut values {
            *value *= scale;
        }
    }
    values
}

fn observe(
    spec: &Spec,
    sampling: &Sampling,
    networks: &mut Networks,
    frame: &Frame,
    [first, place]: [u64; 2],
) -> Record {
    let trial = first + place;
    // What is drawn without a network is drawn of normal ones.
    let gaussian = spec.params.ensemble.is_gaussian();
    let curved = spec.params.curved().is_some();
    let draw = Draw {
        widths: &frame.widths,
        one_minus_cos: frame.one_minus_cos,
        slope: frame.slope,
        squares: &frame.biases,
        seed: sampling.seed,
        trial,
    };
    let address = Address { trial, ..frame.setting.address };
    let setting = Setting { address, ..frame.setting.clone() };
    // Is this trial one of those in which a stage looks at a network?
    let looks = |i: usize| place < sampling.networks(spec.stages[i].needs());
    // Of every stage, what it shows, and of every network drawn, whether it is dead.
    let mut shown: Vec<Seen<'_>> = frame.rows.iter().map(Rows::blank).collect();
    let mut looked = vec![false; spec.stages.len()];
    let mut dead = Vec::new();
    for (engine, network) in networks {
        let served = |i: &usize| sampling.engines.of(spec.stages[*i]) == *engine;
        let served: Vec<usize> = (0..spec.stages.len()).filter(served).collect();
        let every = served.iter().any(|&i| spec.stages[i].needs().every_trial());
        if !served.iter().any(|&i| looks(i)) {
            continue;
        }
        network.draw(trial);
        let mut forward = forward(network.as_mut(), std::slice::from_ref(&frame.input));
        let mut pair = spec.params.classes.map(|classes| {
            let places = match classes.target {
                Target::RunnerUp => two_largest(&forward[0]),
                Target::Nearest => nearest(network.as_mut(), &forward[0]),
            };
            forward[0] = Pairwise::of(&forward[0], places);
            Pairwise::new(network.as_mut(), places)
        });
        let network: &mut dyn Network = match &mut pair {
            Some(pair) => pair,
            None => network.as_mut(),
        };
        let backward = backward(network, &forward);
        dead.push((every, forward[0].is_dead()));
        let mut at_input = Trial::new(network, &forward[0], &backward[0], None);
        at_input.draw = gaussian.then_some(draw);
        for i in served {
            at_input.setting = looks(i).then_some(&setting);
            if curved {
                spec.stages[i].observe_curved(&mut at_input, &mut shown[i]);
            } else {
                spec.stages[i].observe(&mut at_input, &mut shown[i]);
            }
            looked[i] = true;
        }
    }
    let mut law: Option<LawDraw> = None;
    // As much as is needed: there is one such list for every trial.
    let mut outcomes = Vec::with_capacity(frame.rows.iter().map(Rows::len).sum());
    for ((stage, mut seen), looked) in spec.stages.iter().zip(shown).zip(looked) {
        if !looked && sampling.engines.of(*stage) == Engine::Law {
            let widths = spec.params.architecture.widths();
            let draw = law.get_or_insert_with(|| {
                LawDraw::new(widths, frame.slope, &frame.log_biases, sampling.seed, trial)
            });
            stage.by_law(draw, &mut seen);
        } else if !looked && gaussian && !curved {
            stage.without_network(&draw, &mut seen);
        } else if !looked {
            seen.fill(Outcome::NotSearched);
        }
        outcomes.extend(seen.outcomes());
    }
    dead.extend(law.map(|law| (true, law.dead)));
    // All trials are counted alike, where each draws a network.
    let counted = dead.iter().find(|(every, _)| *every).or(dead.first());
    Record { trial, dead: counted.map(|(_, dead)| *dead), outcomes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Engines, example};

    fn records(spec: &Spec, workers: usize) -> Vec<Record> {
        let mut records = Vec::new();
        let plan = Plan { workers, inner: 1, bytes: 0 };
        sample(0, Shard::WHOLE, spec, plan, &AtomicBool::new(false), |record| {
            records.push(record);
            Ok(())
        })
        .unwrap();
        records
    }

    #[test]
    fn an_error_of_the_receiver_ends_the_sampling() {
        let dense = Engines::All(Engine::Dense);
        let spec = example("4x2", "", [1_000_000_000, 9], dense);
        let mut seen = Vec::new();
        let plan = Plan { workers: 3, inner: 1, bytes: 0 };
        let result = sample(0, Shard::WHOLE, &spec, plan, &AtomicBool::new(false), |record| {
            seen.push(record.trial);
            if seen.len() < 50 { Ok(()) } else { Err(Error::new("out", "", "disk full")) }
        });
        assert!(result.is_err());
        // In order, without gaps, whatever the workers' timing.
        assert_eq!(seen, (0..50).collect::<Vec<u64>>());
    }

    /// Every stage shows the same, whether its engine serves others, too, or not; and as many
    /// outcomes as it has claims.
    #[test]
    fn engines_do_not_disturb_each_other() {
        for widths in ["9", "12,7x3", "1,4"] {
            let of = |engines| {
                let spec = example(widths, "", [6, 3], engines);
                records(&spec, 2)
            };
            let all = example(widths, "", [6, 3], Engines::All(Engine::Dense));
            let claims = all.claims();
            let by = [Engine::Dense, Engine::Conditioned].map(|engine| of(Engines::All(engine)));
            let mixed_engines: std::collections::BTreeMap<String, Engine> = all
                .stages
                .iter()
                .map(|stage| {
                    let needs = stage.needs().every_trial();
                    let engine = if needs { Engine::Conditioned } else { Engine::Dense };
                    (stage.name().to_owned(), engine)
                })
                .collect();
            let mixed = of(Engines::Each(mixed_engines.clone()));
            for (trial, record) in mixed.iter().enumerate() {
                assert_eq!(record.outcomes.len(), claims.len());
                // Of networks drawn in every trial.
                assert_eq!(record.dead, by[1][trial].dead);
                for (i, claim) in claims.iter().enumerate() {
                    let alone = &by[usize::from(
                        mixed_engines[claim.statement.stage()] == Engine::Conditioned,
                    )];
                    assert_eq!(record.outcomes[i], alone[trial].outcomes[i], "{}", claim.key());
                }
            }
        }
    }

    /// What is kept of a trial is what the plan counts.
    #[test]
    fn lists_of_outcomes_are_as_long_as_they_need_be() {
        for engine in [Engine::Dense, Engine::Conditioned, Engine::Law] {
            let names = if engine == Engine::Law { "output gradient" } else { "" };
            let spec = example("6,3x4", names, [4, 2], Engines::All(engine));
            let claims = spec.claims().len();
            for record in records(&spec, 2) {
                assert_eq!((record.outcomes.len(), record.outcomes.capacity()), (claims, claims));
            }
        }
    }

    /// Where only searches draw networks, only those networks are counted.
    #[test]
    fn networks_are_drawn_where_they_are_looked_at() {
        let dense = Engines::All(Engine::Dense);
        let spec = example("5x2", "flip collapse", [5, 2], dense);
        let records = records(&spec, 1);
        let drawn: Vec<bool> = records.iter().map(|record| record.dead.is_some()).collect();
        assert_eq!(drawn, [true, true, false, false, false]);
        let sizes = records.iter().map(|record| record.outcomes.len());
        assert!(sizes.into_iter().all(|size| size == spec.claims().len()));
    }
}
