//! Bounds and predictions, stage by stage, and the verdict's statistics.

use criterion::{Criterion, criterion_group, criterion_main};
use relubound::model::params::{Params, Probability};
use relubound::num::Enclosure;
use relubound::stage::{flip, gradient, output};
use relubound::theory::ball::{Control, Way};
use relubound::theory::direct;
use relubound::theory::distribution::beta::clopper_pearson;
use std::hint::black_box;

fn params(widths: &str) -> Params {
    Params::new(
        widths.parse().expect("a valid architecture"),
        Probability::parse("delta", "0.1").expect("a probability"),
    )
}

fn stages(c: &mut Criterion) {
    for widths in ["256x3", "1000x100", "1e30x5"] {
        let params = params(widths);
        let mut group = c.benchmark_group(widths);
        group.sample_size(10);
        group.bench_function("output bound", |b| {
            b.iter(|| output::bound::upper(black_box(&params)));
        });
        group.bench_function("gradient bound", |b| {
            b.iter(|| gradient::bound::lower(black_box(&params)));
        });
        group.bench_function("output prediction", |b| {
            b.iter(|| output::predict::law(&params).exceeded_with(&params.delta));
        });
        group.bench_function("gradient prediction", |b| {
            b.iter(|| gradient::predict::law(&params).undercut_with(&params.delta));
        });
        group.finish();
    }
}

fn ball(c: &mut Criterion) {
    for widths in ["1024x6", "1000x100", "1e30x5"] {
        let params = params(widths);
        let mut group = c.benchmark_group(format!("ball {widths}"));
        group.sample_size(10);
        group.bench_function("control, both ways", |b| {
            b.iter(|| Control::new(black_box(&params)).is_some());
        });
        group.bench_function("threshold", |b| {
            b.iter(|| flip::bound::threshold(black_box(&params), Way::Affine));
        });
        group.finish();
    }
}

fn direct(c: &mut Criterion) {
    for widths in ["20000x4", "1e10x1000"] {
        let params = params(widths);
        let t = Enclosure::point(params.precision(), 2.5);
        let mut group = c.benchmark_group(format!("direct {widths}"));
        group.sample_size(10);
        group.bench_function("all layers, certified", |b| {
            b.iter(|| direct::certify(black_box(&params), &t).flips);
        });
        group.bench_function("threshold", |b| {
            b.iter(|| direct::threshold(black_box(&params)));
        });
        group.finish();
    }
}

fn statistics(c: &mut Criterion) {
    let alpha = Enclosure::point(192, 1e-9);
    let mut group = c.benchmark_group("clopper-pearson");
    group.sample_size(10);
    group.bench_function("97 of 2000", |b| b.iter(|| clopper_pearson(97, 2000, &alpha)));
    group
        .bench_function("10^5 of 10^6", |b| b.iter(|| clopper_pearson(100_000, 1_000_000, &alpha)));
    group.finish();
}

criterion_group!(benches, stages, ball, direct, statistics);
criterion_main!(benches);
