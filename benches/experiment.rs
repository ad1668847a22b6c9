//! Whole experiments a second: draw a network, follow an input, its gradient, and the step t = 2, and look whether the
//! sign flips. `experiment ENGINE WIDTHS SECONDS THREADS` prints how many a second; `benches/peers/run` sets them beside
//! the same in other libraries. Without arguments, a short round of each engine.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ndarray::Array1;
use relubound::network::{Conditioned, Dense, LawDraw, Network, Scaled, backward, forward};
use relubound::params::Architecture;

const STEP: f64 = 2.0;

/// Does the step flip the sign?
fn flips(network: &mut dyn Network, trial: u64) -> bool {
    network.draw(trial);
    let x = Scaled::new(Array1::ones(network.widths()[0]), 0);
    let pass = forward(network, std::slice::from_ref(&x)).remove(0);
    let gradient = backward(network, std::slice::from_ref(&pass)).remove(0).gradient().clone();
    let f = pass.output();
    // u = −t f ∇f/‖∇f‖².
    let size = gradient.values().dot(gradient.values());
    let factor = -STEP * f.mantissa / size;
    let exponent = f.exponent - gradient.exponent();
    let u = Scaled::new(gradient.values() * factor, exponent);
    let moved = Scaled::new(x.values() + &u.at_exponent(x.exponent()), x.exponent());
    let there = forward(network, &[moved])[0].output();
    f.mantissa * there.mantissa < 0.0
}

fn network(engine: &str, widths: &Architecture) -> Option<Box<dyn Network>> {
    Some(match engine {
        "dense-f32" => Box::new(Dense::<f32>::new(widths, 1, 1).expect("fits")),
        "dense-f64" => Box::new(Dense::<f64>::new(widths, 1, 1).expect("fits")),
        "conditioned" => Box::new(Conditioned::new(widths, 1, 1).expect("fits")),
        _ => return None,
    })
}

/// Experiments a second on so many threads. The law knows |f| and ‖∇f‖ only, not what the step does.
fn rate(engine: &str, widths: &str, time: Duration, threads: usize) -> f64 {
    let widths: Architecture = widths.parse().expect("widths such as 1024x6");
    let (next, flipped) = (AtomicU64::new(0), AtomicU64::new(0));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut network = network(engine, &widths);
                while started.elapsed() < time {
                    let trial = next.fetch_add(1, Ordering::Relaxed);
                    let flip = match &mut network {
                        Some(network) => flips(network.as_mut(), trial),
                        None => !LawDraw::new(widths.widths(), 1, trial).dead,
                    };
                    flipped.fetch_add(u64::from(flip), Ordering::Relaxed);
                }
            });
        }
    });
    let (done, flipped) = (next.into_inner(), flipped.into_inner());
    assert!(flipped <= done);
    done as f64 / started.elapsed().as_secs_f64()
}

fn main() {
    // cargo adds an argument of its own.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [engine, widths, seconds, threads] = &args[..] {
        let seconds = Duration::from_secs_f64(seconds.parse().expect("seconds"));
        println!("{:.3}", rate(engine, widths, seconds, threads.parse().expect("threads")));
        return;
    }
    for engine in ["dense-f32", "dense-f64", "conditioned", "law"] {
        let rate = rate(engine, "256x6", Duration::from_millis(500), 1);
        println!("{engine}, 256x6, one thread: {rate:.0} a second");
    }
}
