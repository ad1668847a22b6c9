//! Every stage apart: what its bounds and predictions take, and what looking at one network takes,
//! searched where the stage searches.

use std::hint::black_box;
use std::sync::atomic::AtomicBool;

use criterion::{Criterion, criterion_group, criterion_main};
use relubound::model::params::{Params, Probability};
use relubound::network::{Engine, Precision};
use relubound::run::{self, Engines, Experiment, Machine, Sampling, Spec};
use relubound::stage;

fn spec(widths: &str, stage: &str) -> Spec {
    let probability = |text| Probability::parse("delta", text).expect("a probability");
    let sampling = Sampling {
        trials: 1,
        seed: 1,
        precision: Precision::F64,
        searches: 1,
        steps: 1,
        engines: Engines::All(Engine::Dense),
    };
    Spec {
        params: Params::new(widths.parse().expect("widths"), probability("0.1")),
        alpha: probability("0.001"),
        stages: run::stages(&[stage.to_owned()]).expect("a stage"),
        sampling: Some(sampling),
    }
}

fn stages(c: &mut Criterion) {
    for widths in ["128x3", "64x20"] {
        for stage in stage::ALL.map(stage::Stage::name) {
            let mut group = c.benchmark_group(format!("stage {stage} {widths}"));
            group.sample_size(10);
            let config = spec(widths, stage);
            group.bench_function("bounds and predictions", |b| {
                b.iter(|| black_box(&config).claims());
            });
            // Against no claims, which take long.
            let machine = Machine { threads: 1, memory: u64::MAX };
            group.bench_function("one network", |b| {
                b.iter(|| {
                    let spec = config.clone();
                    let run = Experiment::against(Vec::new(), spec, machine);
                    let mut run = run.expect("fits");
                    run.sample(&AtomicBool::new(false), |_| Ok(())).expect("fits");
                    run.records().len()
                });
            });
            group.finish();
        }
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
