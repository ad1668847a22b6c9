//! Dense networks: drawing, products, whole trials. Products stand beside ndarray's own.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array1, Array2};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use relubound::model::params::Architecture;
use relubound::network::sample::{Address, Stream};
use relubound::network::search::line::Line;
use relubound::network::search::{Setting, survey};
use relubound::network::{Dense, Network, Scaled, backward, forward};
use std::hint::black_box;

fn architecture(text: &str) -> Architecture {
    text.parse().expect("a valid architecture")
}

fn generator(c: &mut Criterion) {
    let mut group = c.benchmark_group("normals");
    let n = 1 << 16;
    group.throughput(Throughput::Elements(n as u64));
    let mut stream = Stream::new(Address { seed: 1, trial: 0, layer: 1, block: 0 });
    let (mut single, mut double) = (vec![0f32; n], vec![0f64; n]);
    group.bench_function("xoshiro256++ f64", |b| b.iter(|| black_box(stream.fill(&mut double))));
    group.bench_function("xoshiro256++ f32", |b| b.iter(|| black_box(stream.fill(&mut single))));
    let mut chacha = ChaCha8Rng::seed_from_u64(1);
    group.bench_function("chacha8 f64", |b| {
        b.iter(|| double.iter_mut().for_each(|v| *v = StandardNormal.sample(&mut chacha)));
    });
    group.finish();
}

fn products(c: &mut Criterion) {
    let mut group = c.benchmark_group("products 2048x2048");
    let d = 2048;
    group.throughput(Throughput::Bytes((d * d * 8) as u64));
    let mut network = Dense::<f64>::new(&architecture("2048x1"), 1, 1).expect("fits");
    network.draw(0);
    let points = Array2::<f64>::ones((1, d));
    group.bench_function("forward", |b| b.iter(|| network.apply(1, points.view())));
    group.bench_function("backward", |b| b.iter(|| network.apply_transposed(1, points.view())));
    let matrix = Array2::<f64>::from_elem((d, d), 0.5);
    let vector = Array1::<f64>::ones(d);
    group.bench_function("ndarray forward", |b| b.iter(|| matrix.dot(&vector)));
    group.bench_function("ndarray backward", |b| b.iter(|| vector.dot(&matrix)));
    group.finish();
}

fn trial(network: &mut dyn Network, trial: u64) -> Scaled {
    network.draw(trial);
    let x = Scaled::new(Array1::ones(network.widths()[0]), 0);
    let pass = forward(network, &[x]);
    backward(network, &pass).remove(0).rows.remove(0)
}

fn trials(c: &mut Criterion) {
    let mut group = c.benchmark_group("trial 1024x6");
    group.sample_size(20);
    let shape = architecture("1024x6");
    let mut single = Dense::<f32>::new(&shape, 1, 1).expect("fits");
    let mut double = Dense::<f64>::new(&shape, 1, 1).expect("fits");
    let mut number = 0..;
    group.bench_function("f32", |b| {
        b.iter_batched(
            || number.next().unwrap_or(0),
            |i| trial(&mut single, i),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("f64", |b| {
        b.iter_batched(
            || number.next().unwrap_or(0),
            |i| trial(&mut double, i),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// All searches around one input, without drawing the network.
fn searches(c: &mut Criterion) {
    for widths in ["256x3", "1024x6"] {
        let mut group = c.benchmark_group(format!("search {widths}"));
        group.sample_size(10);
        let mut network = Dense::<f64>::new(&architecture(widths), 1, 1).expect("fits");
        network.draw(0);
        let mut values = vec![0.0; network.widths()[0]];
        Stream::new(Address { seed: 1, trial: Address::INPUT, layer: 0, block: 0 })
            .fill(&mut values);
        let radius = 1.0 / (values.len() as f64).sqrt();
        let x = Scaled::new(Array1::from(values), 0);
        let pass = forward(&mut network, std::slice::from_ref(&x)).remove(0);
        let back = backward(&mut network, std::slice::from_ref(&pass)).remove(0);
        let setting = Setting::new(radius, 2.0, 1, 0);
        group.bench_function("survey", |b| {
            b.iter(|| survey(&mut network, &pass, &back, black_box(&setting)));
        });
        group.bench_function("line", |b| {
            let step = back.gradient().clone();
            let scale = radius * x.values().dot(x.values()).sqrt()
                / step.values().dot(step.values()).sqrt();
            let step = Scaled::new(step.values() * (2.0 * scale), 0);
            b.iter(|| Line::new(&mut network, &x, black_box(&step)).pieces());
        });
        group.finish();
    }
}

criterion_group!(benches, generator, products, trials, searches);
criterion_main!(benches);
