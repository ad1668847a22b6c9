//! The recurrence of the angle: ten thousand layers. `benches/peers/run` holds it against other
//! libraries.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use relubound::num::{Enclosure, Recurrence};
use relubound::theory::angle;
use rug::Rational;
use std::hint::black_box;

const LAYERS: usize = 10_000;

fn recurrence(c: &mut Criterion) {
    let mut group = c.benchmark_group("angle");
    group.sample_size(10);
    for bits in [256u32, 512, 1024, 4096] {
        group.bench_function(BenchmarkId::new("midpoint", bits), |b| {
            b.iter(|| {
                let mut run =
                    Recurrence::new(black_box(&Enclosure::integer(bits, 1)), &Rational::from(1));
                (0..LAYERS).for_each(|_| run.step());
                run.enclosure()
            });
        });
    }
    group.bench_function(BenchmarkId::new("ends", 256), |b| {
        b.iter(|| {
            let first = Enclosure::integer(256, 1);
            (0..LAYERS).fold(black_box(first), |s, _| angle::next(&s, &Rational::from(1)))
        });
    });
    group.finish();
}

criterion_group!(benches, recurrence);
criterion_main!(benches);
