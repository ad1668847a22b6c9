//! Sampled trials.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use ndarray::Array1;

use super::{Config, Plan, Sampling};
use crate::direct;
use crate::error::{Error, Result};
use crate::network::{
    Conditioned, Dense, Engine, LawDraw, Network, Precision, Scaled, backward, forward,
};
use crate::sample::{Address, Stream};
use crate::search::Setting;
use crate::stage::{Draw, Outcome, Stage, Trial};

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

/// Samples networks until all trials are done or `stop` is set, handing each record to `finished`
/// in the order of the trials. What a trial shows depends only on the seed and its number.
///
/// # Errors
/// What `finished` returns, at once; widths that this machine cannot address; a system that gives
/// no thread.
pub fn sample(
    config: &Config,
    sampling: Sampling,
    plan: Plan,
    stop: &AtomicBool,
    finished: impl FnMut(Record) -> Result<()>,
) -> Result<()> {
    sample_from(0, config, sampling, plan, stop, finished)
}

/// The same number of trials, of which as many are searched, from the trial `first` on.
///
/// # Errors
/// Those of [`sample`].
pub(super) fn sample_from(
    first: u64,
    config: &Config,
    sampling: Sampling,
    plan: Plan,
    stop: &AtomicBool,
    mut finished: impl FnMut(Record) -> Result<()>,
) -> Result<()> {
    let next = AtomicU64::new(0);
    let frame = Frame::new(config, sampling);
    let (sender, receiver) = mpsc::sync_channel::<Result<Record>>(4 * plan.workers);
    std::thread::scope(|scope| {
        for started in 0..plan.workers {
            let (sender, next, frame) = (sender.clone(), &next, &frame);
            let work = move || {
                let mut networks = match networks(config, sampling, plan.inner) {
                    Ok(networks) => networks,
                    Err(error) => {
                        // The receiver may be gone after another worker's error.
                        let _ = sender.send(Err(error));
                        return;
                    }
                };
                while !stop.load(Ordering::Relaxed) {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= sampling.trials {
                        break;
                    }
                    let (trial, searched) = (first + place, place < sampling.searches);
                    let record = observe(config, sampling, &mut networks, frame, trial, searched);
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
        let (mut waiting, mut expected) = (BTreeMap::new(), first);
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

/// Those that some stage has drawn, with their engines.
type Networks = Vec<(Engine, Box<dyn Network>)>;

fn networks(config: &Config, sampling: Sampling, inner: usize) -> Result<Networks> {
    let (architecture, seed) = (&config.params.architecture, sampling.seed);
    let mut networks = Networks::new();
    for engine in [Engine::Dense, Engine::Conditioned] {
        if config.served(sampling, engine).next().is_none() {
            continue;
        }
        let network: Box<dyn Network> = match (engine, sampling.precision) {
            (Engine::Dense, Precision::F32) => {
                Box::new(Dense::<f32>::new(architecture, seed, inner)?)
            }
            (Engine::Dense, Precision::F64) => {
                Box::new(Dense::<f64>::new(architecture, seed, inner)?)
            }
            _ => Box::new(Conditioned::new(architecture, seed, inner)?),
        };
        networks.push((engine, network));
    }
    Ok(networks)
}

/// What all trials have in common.
struct Frame {
    widths: Vec<usize>,
    one_minus_cos: f64,
    setting: Setting,
    /// The fixed input, a standard normal vector, of norm about √d; empty without networks.
    input: Scaled,
}

impl Frame {
    fn new(config: &Config, sampling: Sampling) -> Self {
        let params = &config.params;
        // Where this overflows, no plan samples neurons.
        let width = |&d: &u128| usize::try_from(d).unwrap_or(usize::MAX);
        let widths: Vec<usize> = params.architecture.widths().iter().map(width).collect();
        let drawn = [Engine::Dense, Engine::Conditioned]
            .into_iter()
            .any(|engine| config.served(sampling, engine).next().is_some());
        let mut values = vec![0.0; if drawn { widths[0] } else { 0 }];
        let address = Address { seed: sampling.seed, trial: Address::INPUT, layer: 0, block: 0 };
        Stream::new(address).fill(&mut values);
        let (radius, step) = (params.relative_radius(64).lo_f64(), params.step().to_f64());
        let mut setting = Setting::new(radius, step, sampling.seed, 0);
        if config.stages.iter().any(|stage| stage.name() == "direct") {
            setting.direct_step = direct::step(params);
        }
        Frame {
            widths,
            one_minus_cos: params.start.one_minus_cos(64).to_f64(),
            setting,
            input: Scaled::new(Array1::from(values), 0),
        }
    }
}

fn observe(
    config: &Config,
    sampling: Sampling,
    networks: &mut Networks,
    frame: &Frame,
    trial: u64,
    searched: bool,
) -> Record {
    let draw = Draw {
        widths: &frame.widths,
        one_minus_cos: frame.one_minus_cos,
        seed: sampling.seed,
        trial,
    };
    let setting = searched.then(|| {
        let address = Address { trial, ..frame.setting.address };
        Setting { address, ..frame.setting.clone() }
    });
    // Of every stage, what it shows, and of every network drawn, whether it is dead.
    let mut shown: Vec<Option<Vec<Outcome>>> = vec![None; config.stages.len()];
    let mut dead = Vec::new();
    for (engine, network) in networks {
        let served: Vec<(usize, &dyn Stage)> = config
            .stages
            .iter()
            .enumerate()
            .filter(|(_, stage)| sampling.engines.of(**stage) == *engine)
            .map(|(i, stage)| (i, *stage))
            .collect();
        let every = served.iter().any(|(_, stage)| stage.needs().every_trial());
        if !every && !searched {
            continue;
        }
        network.draw(trial);
        let forward = forward(network.as_mut(), std::slice::from_ref(&frame.input));
        let backward = backward(network.as_mut(), &forward);
        dead.push((every, forward[0].is_dead()));
        let mut at_input =
            Trial::new(network.as_mut(), &forward[0], &backward[0], setting.as_ref());
        at_input.draw = Some(draw);
        for (i, stage) in served {
            shown[i] = Some(stage.observe(&mut at_input));
        }
    }
    let mut law: Option<LawDraw> = None;
    // As much as is needed: there is one such list for every trial.
    let depth = config.params.architecture.depth();
    let mut outcomes =
        Vec::with_capacity(config.stages.iter().map(|stage| stage.size(depth)).sum());
    for (stage, shown) in config.stages.iter().zip(shown) {
        outcomes.extend(match shown {
            Some(outcomes) => outcomes,
            None if sampling.engines.of(*stage) == Engine::Law => {
                let widths = config.params.architecture.widths();
                let draw = law.get_or_insert_with(|| LawDraw::new(widths, sampling.seed, trial));
                stage.by_law(draw)
            }
            None => stage.without_network(&draw),
        });
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

    fn records(config: &Config, sampling: Sampling, workers: usize) -> Vec<Record> {
        let mut records = Vec::new();
        let plan = Plan { workers, inner: 1, bytes: 0 };
        sample(config, sampling, plan, &AtomicBool::new(false), |record| {
            records.push(record);
            Ok(())
        })
        .unwrap();
        records
    }

    #[test]
    fn an_error_of_the_receiver_ends_the_sampling() {
        let dense = Engines::all(Engine::Dense);
        let (config, sampling) = example("4x2", "", [1_000_000_000, 9], dense);
        let mut seen = Vec::new();
        let plan = Plan { workers: 3, inner: 1, bytes: 0 };
        let result = sample(&config, sampling, plan, &AtomicBool::new(false), |record| {
            seen.push(record.trial);
            if seen.len() < 50 { Ok(()) } else { Err(Error::new("--out", "", "disk full")) }
        });
        assert!(result.is_err());
        // In order, without gaps, whatever the workers' timing.
        assert_eq!(seen, (0..50).collect::<Vec<u64>>());
    }

    /// Every stage shows the same, whether its engine serves others, too, or not; and as many outcomes as it has claims.
    #[test]
    fn engines_do_not_disturb_each_other() {
        for widths in ["9", "12,7x3", "1,4"] {
            let of = |engines| {
                let (config, sampling) = example(widths, "", [6, 3], engines);
                records(&config, sampling, 2)
            };
            let (all, _) = example(widths, "", [6, 3], Engines::all(Engine::Dense));
            let claims = all.claims();
            let by = [Engine::Dense, Engine::Conditioned].map(|engine| of(Engines::all(engine)));
            let mixed_engines: std::collections::BTreeMap<String, Engine> = all
                .stages
                .iter()
                .map(|stage| {
                    let needs = stage.needs().every_trial();
                    let engine = if needs { Engine::Conditioned } else { Engine::Dense };
                    (stage.name().to_owned(), engine)
                })
                .collect();
            let mixed = of(Engines::from_record(&mixed_engines));
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
            let (config, sampling) = example("6,3x4", names, [4, 2], Engines::all(engine));
            let claims = config.claims().len();
            for record in records(&config, sampling, 2) {
                assert_eq!((record.outcomes.len(), record.outcomes.capacity()), (claims, claims));
            }
        }
    }

    /// Where only searches draw networks, only those networks are counted.
    #[test]
    fn networks_are_drawn_where_they_are_looked_at() {
        let dense = Engines::all(Engine::Dense);
        let (config, sampling) = example("5x2", "flip collapse", [5, 2], dense);
        let records = records(&config, sampling, 1);
        let drawn: Vec<bool> = records.iter().map(|record| record.dead.is_some()).collect();
        assert_eq!(drawn, [true, true, false, false, false]);
        let sizes = records.iter().map(|record| record.outcomes.len());
        assert!(sizes.into_iter().all(|size| size == config.claims().len()));
    }
}
