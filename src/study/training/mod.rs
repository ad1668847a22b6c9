//! The adversarial step along training: networks are trained, and at some steps it is seen how long
//! the step is and whether it flips the sign, at points that were trained on and at fresh ones.
//! `docs/training.md`.

mod follow;
mod memory;
mod summary;

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use serde::Serialize;

pub use memory::Plan;
pub use summary::{Group, Line, summary};

use crate::model::error::{Error, Result};
use crate::model::params::Params;
use crate::network::training::{Along, Loss, Pace, Seen, Size, Source};
use crate::network::{Engine, LawDraw};
use crate::run::{Machine, interruptible};
use crate::theory::ball::trained;
use crate::theory::distribution::ratio::RatioLaw;

/// Networks drawn for the law of the step at initialisation, where it is known by draws alone.
const DRAWS: u64 = 20_000;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Shape, δ, slope, biases and the size t of the step.
    pub params: Params,
    /// Where points come from.
    pub source: Source,
    /// How many of them are trained on.
    pub points: usize,
    /// Fresh points, and as many of the points trained on, at which the step is taken.
    pub fresh: usize,
    /// Steps of gradient descent.
    pub steps: u64,
    /// Points taken at a time.
    pub batch: usize,
    /// The learning rate.
    pub pace: Pace,
    /// The loss.
    pub loss: Loss,
    /// Networks trained.
    pub trials: u64,
    /// Seed of all streams.
    pub seed: u64,
    /// How networks are made; by default as is cheapest.
    pub engine: Option<Engine>,
}

impl Question {
    /// t.
    pub fn step(&self) -> f64 {
        self.params.step().to_f64()
    }

    /// The steps at which it is looked: 0, 1, 2, 5, 10, …, and the last.
    pub fn looked(&self) -> Vec<u64> {
        let mut steps = vec![0];
        let mut unit = 1;
        while unit <= self.steps {
            steps.extend(
                [1, 2, 5].map(|digit| digit * unit).into_iter().filter(|&s| s < self.steps),
            );
            unit *= 10;
        }
        steps.push(self.steps);
        steps.dedup();
        steps
    }

    /// The directions in which the step is taken.
    pub fn along(&self) -> Vec<Along> {
        match self.source.subspace() {
            None => vec![Along::All],
            Some(k) => vec![Along::All, Along::Within(k), Along::Across(k)],
        }
    }
}

/// Which points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Set {
    /// Those trained on.
    Training,
    /// Others of the same law.
    Fresh,
}

/// The step at one point.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sight {
    /// Of which points it is.
    pub set: Set,
    /// Which one, from 0.
    pub point: usize,
    /// In which directions the step goes.
    pub along: Along,
    /// What it does; absent where there is no step.
    pub seen: Option<Seen>,
}

/// One network after some steps.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// The network.
    pub trial: u64,
    /// Steps of gradient descent.
    pub step: u64,
    /// The mean loss over the points trained on.
    pub loss: f64,
    /// The share of them whose label the output does not have the sign of.
    pub wrong: f64,
    /// The same of fresh points, where their labels depend on them.
    pub fresh_wrong: Option<f64>,
    /// How far the weights of layers 1, …, L+1 have moved.
    pub moved: Vec<Size>,
    /// The steps taken.
    pub sights: Vec<Sight>,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// By trial, and by step.
    pub records: Vec<Record>,
    /// Trainings in which an output was no number any more, so that they ended.
    pub diverged: u64,
    /// ‖u‖/‖x‖ at initialisation, by its law: what 5, 50 and 95 % of networks are below.
    pub law: [f64; 3],
    /// The η up to which one of two steps is proved to flip the sign after every training; absent
    /// where there is none.
    pub reach: Option<f64>,
    /// How the networks were made.
    pub engine: Engine,
}

/// Trains all networks, until they are done or `stop` is set; `done` is called for every record.
///
/// # Errors
/// Networks that do not fit the machine; threads that the system does not give.
pub fn run(
    question: &Question,
    machine: Machine,
    stop: &AtomicBool,
    done: impl Fn() + Sync,
) -> Result<Found> {
    let plan = Plan::new(question, machine)?;
    let params = question.params.clone();
    let reach = interruptible(stop, move || trained::reach(&params))?.flatten();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(plan.workers)
        .build()
        .map_err(|why| Error::threads(plan.workers, &why))?;
    let followed: Vec<Result<follow::Followed>> = pool.install(|| {
        (0..question.trials)
            .into_par_iter()
            .filter(|_| !stop.load(Ordering::Relaxed))
            .map(|trial| follow::follow(question, plan, trial, stop, &done))
            .collect()
    });
    let mut found = Found {
        records: Vec::new(),
        diverged: 0,
        law: law(question),
        reach: reach.map(|reach| reach.nearness.to_f64()),
        engine: plan.engine,
    };
    for followed in followed {
        let followed = followed?;
        found.records.extend(followed.records);
        found.diverged += u64::from(followed.diverged);
    }
    Ok(found)
}

/// What 5, 50 and 95 % of networks at initialisation are below.
fn law(question: &Question) -> [f64; 3] {
    let (params, t) = (&question.params, question.step());
    let levels = [0.05, 0.5, 0.95];
    if params.bias.is_none() {
        let law = RatioLaw::new(params.architecture.input());
        return levels.map(|level| t * law.rough_quantile(1.0 - level));
    }
    let (widths, slope) = (params.architecture.widths(), params.slope.to_f64());
    let biases = params.log_biases();
    let draw = |trial| LawDraw::new(widths, slope, &biases, question.seed, trial).ratio;
    let mut drawn: Vec<f64> = (0..DRAWS).filter_map(draw).map(|ratio| t * ratio.to_f64()).collect();
    drawn.sort_by(f64::total_cmp);
    levels.map(|level| summary::quantile(&drawn, level).unwrap_or(f64::NAN))
}
