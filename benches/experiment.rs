//! Whole experiments a second: draw a network, follow an input, its gradient, and the step t = 2,
//! and look whether the sign flips. `experiment ENGINE WIDTHS SECONDS THREADS` prints how many a
//! second; `benches/peers/run` sets them beside the same in other libraries. Without arguments, a
//! short round of each engine.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ndarray::Array1;
use relubound::model::params::Architecture;
use relubound::network::search::step::{achieved, adversarial};
use relubound::network::{Conditioned, Dense, LawDraw, Network, Scaled, backward, forward};

const STEP: f64 = 2.0;

/// Does the step flip the sign?
fn flips(network: &mut dyn Network, trial: u64) -> bool {
    network.draw(trial);
    let x = Scaled::new(Array1::ones(network.widths()[0]), 0);
    let at = forward(network, std::slice::from_ref(&x)).remove(0);
    let back = backward(network, std::slice::from_ref(&at)).remove(0);
    let Ok(step) = adversarial(&at, &back, STEP) else { return false };
    let there = forward(network, std::slice::from_ref(&step.end)).remove(0);
    achieved(&at, &there, STEP).1
}

fn network(engine: &str, widths: &Architecture) -> Option<Box<dyn Network>> {
    Some(match engine {
        "dense-f32" => Box::new(Dense::<f32>::new(widths, 1, 1).expect("fits")),
        "dense-f64" => Box::new(Dense::<f64>::new(widths, 1, 1).expect("fits")),
        "conditioned" => Box::new(Conditioned::new(widths, 1, 1).expect("fits")),
        _ => return None,
    })
}

/// Experiments a second on so many threads. The law knows |f| and ‖∇f‖ only, not what the step
/// does.
fn rate(engine: &str, widths: &str, time: Duration, threads: usize) -> f64 {
    let widths: Architecture = widths.parse().expect("widths such as 1024x6");
    let next = AtomicU64::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut network = network(engine, &widths);
                while started.elapsed() < time {
                    let trial = next.fetch_add(1, Ordering::Relaxed);
                    black_box(match &mut network {
                        Some(network) => flips(network.as_mut(), trial),
                        None => !LawDraw::new(widths.widths(), 0.0, &[], 1, trial).dead,
                    });
                }
            });
        }
    });
    next.into_inner() as f64 / started.elapsed().as_secs_f64()
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
