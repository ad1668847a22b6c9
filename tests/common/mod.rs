//! Runs in memory, for tests.
#![allow(dead_code)]

use std::fs;
use std::path::Path;

use relubound::judge::ledger::Ledger;
use relubound::judge::verdict::{Judgement, judge};
use relubound::model::claim::Claim;
use relubound::model::params::{Amount, Params, Probability};
use relubound::network::{Engine, Precision};
use relubound::run::{self, Engines, Experiment, Machine, Record, Sampling, Spec};

/// Every file of a directory with its bytes, by name.
pub fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut files: Vec<_> = paths.map(|path| (name(&path), fs::read(&path).unwrap())).collect();
    files.sort();
    files
}

/// Do they hold the same files, byte by byte?
pub fn same(a: &Path, b: &Path) {
    let (a, b) = (files(a), files(b));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|f| f.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&a), names(&b));
    for (one, other) in a.iter().zip(&b) {
        assert!(one.1 == other.1, "{} differs", one.0);
    }
}

/// Two threads, and all memory.
pub const MACHINE: Machine = Machine { threads: 2, memory: u64::MAX };

/// All stages, with stored weights; the first hundred networks are searched.
pub fn spec(widths: &str, delta: &str, trials: u64, seed: u64) -> Spec {
    Spec {
        params: params(widths, delta),
        alpha: Probability::parse("alpha", "1e-6").unwrap(),
        stages: relubound::stage::ALL.into(),
        sampling: Some(Sampling {
            trials,
            seed,
            precision: Precision::F64,
            searches: trials.min(100),
            steps: trials.min(100),
            engines: Engines::All(Engine::Dense),
        }),
    }
}

/// With a radius, and every network searched.
pub fn searched(widths: &str, delta: &str, radius: &str, trials: u64, seed: u64) -> Spec {
    let mut spec = searching(&spec(widths, delta, trials, seed), trials);
    spec.params.radius = Some(Amount::radius(radius).unwrap());
    spec
}

/// The same with so many networks searched.
pub fn searching(spec: &Spec, searches: u64) -> Spec {
    spec.resampled(|sampling| (sampling.searches, sampling.steps) = (searches, searches))
}

/// The same with some stages.
pub fn staged(spec: &Spec, names: &[&str]) -> Spec {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    Spec { stages: run::stages(&names).unwrap(), ..spec.clone() }
}

pub fn params(widths: &str, delta: &str) -> Params {
    Params::new(widths.parse().unwrap(), Probability::parse("delta", delta).unwrap())
}

pub fn sample(spec: &Spec) -> Vec<Record> {
    sample_by(Engine::Dense, spec)
}

/// With networks of this engine, or without any.
pub fn sample_by(engine: Engine, spec: &Spec) -> Vec<Record> {
    let engines = spec.stages.iter().map(|stage| (stage.name().to_owned(), engine)).collect();
    let spec = spec.resampled(|sampling| sampling.engines = Engines::Each(engines));
    let mut experiment = Experiment::against(Vec::new(), spec, MACHINE).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    experiment.sample(&stop, |_| Ok(())).unwrap();
    experiment.records().to_vec()
}

/// What these trials give against these claims.
pub fn ledger(spec: &Spec, claims: &[Claim], records: &[Record]) -> Ledger {
    Experiment::stored(spec.clone(), claims.to_vec(), records.to_vec()).ledger()
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
