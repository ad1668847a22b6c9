//! Runs in memory, for tests.
#![allow(dead_code)]

use relubound::claim::Claim;
use relubound::network::{Engine, Precision};
use relubound::params::{Params, Probability};
use relubound::run::{self, Config, Engines, Plan, Record, Sampling};
use relubound::verdict::{Judgement, judge};
use std::sync::atomic::AtomicBool;

pub fn config(widths: &str, delta: &str, trials: u64, seed: u64) -> (Config, Sampling) {
    let sampling = Sampling {
        trials,
        seed,
        precision: Precision::F64,
        searches: trials.min(100),
        engines: Engines::all(Engine::Dense),
    };
    let config = Config {
        params: params(widths, delta),
        alpha: Probability::parse("--alpha", "1e-6").unwrap(),
        stages: run::stages(&[]).unwrap(),
        sampling: Some(sampling),
    };
    (config, sampling)
}

/// With a radius, and every network searched.
pub fn searched(
    widths: &str,
    delta: &str,
    radius: &str,
    trials: u64,
    seed: u64,
) -> (Config, Sampling) {
    let (mut config, sampling) = config(widths, delta, trials, seed);
    config.params.radius = Some(relubound::params::Amount::radius(radius).unwrap());
    let sampling = Sampling { searches: trials, ..sampling };
    config.sampling = Some(sampling);
    (config, sampling)
}

pub fn params(widths: &str, delta: &str) -> Params {
    Params::new(widths.parse().unwrap(), Probability::parse("--delta", delta).unwrap())
}

pub fn sample(config: &Config, sampling: Sampling) -> Vec<Record> {
    sample_by(Engine::Dense, config, sampling)
}

/// With networks of this engine, or without any.
pub fn sample_by(engine: Engine, config: &Config, sampling: Sampling) -> Vec<Record> {
    let mut records = Vec::new();
    let plan = Plan { workers: 2, inner: 1, bytes: 0 };
    let sampling = Sampling { engines: Engines::all(engine), ..sampling };
    run::sample(config, sampling, plan, &AtomicBool::new(false), |record| {
        records.push(record);
        Ok(())
    })
    .unwrap();
    records
}

/// Judges the claim `label` on the records at level 1e-9: the false-alarm rate of every test that
/// asserts on the verdict.
pub fn judged(claims: &[Claim], records: &[Record], label: &str) -> Judgement {
    let index = claims.iter().position(|c| c.key() == label).unwrap();
    judge_as(&claims[index], claims, records)
}

/// Judges `claim`, which may be a changed copy, on the observations of its label.
pub fn judge_as(claim: &Claim, claims: &[Claim], records: &[Record]) -> Judgement {
    let index = claims.iter().position(|c| c.key() == claim.key()).unwrap();
    let alpha = Probability::parse("alpha", "1e-9").unwrap();
    judge(claim, records.iter().map(|r| r.outcomes[index]), &alpha, 1e-10)
}

pub fn claim(claims: &[Claim], label: &str) -> Claim {
    claims.iter().find(|c| c.key() == label).unwrap().clone()
}
