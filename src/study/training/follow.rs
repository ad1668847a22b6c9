//! One network, from its first step to its last.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Plan, Question, Record, Set, Sight};
use crate::model::error::Result;
use crate::network::training::{Descent, Points, Size, watch};
use crate::network::{Conditioned, Dense, Engine, Forward, Network, backward, forward};

/// What one training shows.
pub(super) struct Followed {
    pub records: Vec<Record>,
    /// Was an output no number any more?
    pub diverged: bool,
}

/// Trains it, and looks at the steps at which that is wanted, until `stop` is set.
pub(super) fn follow(
    question: &Question,
    plan: Plan,
    trial: u64,
    stop: &AtomicBool,
    done: &impl Fn(),
) -> Result<Followed> {
    let mut network = network(question, plan)?;
    let network = &mut *network;
    let counts = [question.points, question.fresh];
    let seed = (question.seed, trial);
    let [data, fresh] = Points::draw(&question.source, counts, seed, network);
    network.draw(trial);
    let params = &question.params;
    let slope = params.slope.to_f64();
    let deviations = params.bias.deviations(&params.slope, params.architecture.depth());
    let scales = question.pace.scales(network.widths(), slope, &deviations);
    let mut descent = Descent::new(network, &data, (question.loss, scales), question.batch, seed);
    let looked = question.looked();
    let mut followed = Followed { records: Vec::new(), diverged: false };
    for step in 0..=question.steps {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        if looked.binary_search(&step).is_ok() {
            let record = record(question, trial, &descent, [&data, &fresh], network);
            let Some(record) = record else {
                followed.diverged = true;
                break;
            };
            followed.records.push(record);
            done();
        }
        if step < question.steps && !descent.step(network) {
            followed.diverged = true;
            break;
        }
    }
    Ok(followed)
}

fn network(question: &Question, plan: Plan) -> Result<Box<dyn Network>> {
    let params = &question.params;
    let (architecture, slope) = (&params.architecture, params.slope.to_f64());
    let deviations = params.bias.deviations(&params.slope, architecture.depth());
    Ok(match plan.engine {
        Engine::Conditioned => Box::new(
            Conditioned::new(architecture, question.seed, plan.inner)?
                .with_slope(slope)
                .with_biases(deviations),
        ),
        _ => Box::new(
            Dense::<f64>::new(architecture, question.seed, plan.inner)?
                .with_slope(slope)
                .with_biases(deviations),
        ),
    })
}

/// `None` where the loss is not a number.
fn record(
    question: &Question,
    trial: u64,
    descent: &Descent<'_>,
    [data, fresh]: [&Points; 2],
    network: &mut dyn Network,
) -> Option<Record> {
    let mut trained = descent.trained(network);
    let passes = forward(&mut trained, &data.points);
    let beside = forward(&mut trained, &fresh.points);
    let loss = descent.loss(&passes, &data.labels);
    if !loss.is_finite() {
        return None;
    }
    let wrong = |passes: &[Forward], labels: &[f64]| {
        let missed = |(pass, label): &(&Forward, &f64)| pass.output().mantissa * *label <= 0.0;
        passes.iter().zip(labels).filter(missed).count() as f64 / passes.len().max(1) as f64
    };
    let mut sights = Vec::new();
    let some = question.fresh.min(passes.len());
    for (set, passes) in [(Set::Training, &passes[..some]), (Set::Fresh, &beside[..])] {
        let backs = backward(&mut trained, passes);
        for (point, both) in passes.iter().zip(&backs).enumerate() {
            for along in question.along() {
                let seen = watch(&mut trained, both, along, question.step());
                sights.push(Sight { set, point, along, seen });
            }
        }
    }
    let known = question.source.generalises() && !beside.is_empty();
    Some(Record {
        trial,
        step: descent.done(),
        loss,
        wrong: wrong(&passes, &data.labels),
        fresh_wrong: known.then(|| wrong(&beside, &fresh.labels)),
        moved: descent.updates().iter().map(Size::of).collect(),
        sights,
    })
}
