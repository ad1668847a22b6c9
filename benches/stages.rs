//! Every stage apart: what its bounds and predictions take, and what looking at one network takes, searched where the stage
//! searches.

use std::hint::black_box;
use std::sync::atomic::AtomicBool;

use criterion::{Criterion, criterion_group, criterion_main};
use relubound::network::{Engine, Precision};
use relubound::params::{Params, Probability};
use relubound::run::{self, Config, Engines, Plan, Sampling};
use relubound::stage;

fn config(widths: &str, stage: &str) -> (Config, Sampling) {
    let probability = |text| Probability::parse("--delta", text).expect("a probability");
    let sampling = Sampling {
        trials: 1,
        seed: 1,
        precision: Precision::F64,
        searches: 1,
        engines: Engines::all(Engine::Dense),
    };
    let config = Config {
        params: Params::new(widths.parse().expect("widths"), probability("0.1")),
        alpha: probability("0.001"),
        stages: run::stages(&[stage.to_owned()]).expect("a stage"),
        sampling: Some(sampling),
    };
    (config, sampling)
}

fn stages(c: &mut Criterion) {
    for widths in ["128x3", "64x20"] {
        for stage in stage::ALL.map(stage::Stage::name) {
            let mut group = c.benchmark_group(format!("stage {stage} {widths}"));
            group.sample_size(10);
            let (config, sampling) = config(widths, stage);
            group.bench_function("bounds and predictions", |b| {
                b.iter(|| black_box(&config).claims());
            });
            let plan = Plan { workers: 1, inner: 1, bytes: 0 };
            group.bench_function("one network", |b| {
                b.iter(|| {
                    let mut dead = 0;
                    run::sample(&config, sampling, plan, &AtomicBool::new(false), |record| {
                        dead += u32::from(record.dead == Some(true));
                        Ok(())
                    })
                    .expect("fits");
                    dead
                });
            });
            group.finish();
        }
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
