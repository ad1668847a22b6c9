//! What is accepted under a limit of memory runs to its end. Slow: `cargo test --release --test
//! limits -- --ignored`.
#![cfg(target_os = "linux")]

use std::process::Command;

/// Of the address space, in KiB.
const LIMITS: [u32; 2] = [900_000, 1_500_000];

/// Runs the program with a limit. Was it accepted? It may be refused, but nothing else.
fn accepted(limit: u32, args: &str) -> bool {
    let program = env!("CARGO_BIN_EXE_relubound");
    let command = format!("ulimit -v {limit}; exec '{program}' {args}");
    let output = Command::new("sh").args(["-c", &command]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => true,
        Some(2) if said.contains("of memory are free") && said.lines().count() == 1 => false,
        other => panic!("ulimit -v {limit}; {args}: {other:?}\n{said}"),
    }
}

/// The largest size that is accepted, to about one percent; every one that is tried on the way
/// runs, or is refused.
fn largest(limit: u32, args: &dyn Fn(u64) -> String) -> u64 {
    let mut good = 16;
    assert!(accepted(limit, &args(good)), "{}", args(good));
    let mut bad = 2 * good;
    while accepted(limit, &args(bad)) {
        (good, bad) = (bad, 2 * bad);
    }
    while bad - good > 1 + good / 100 {
        let middle = u64::midpoint(good, bad);
        if accepted(limit, &args(middle)) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    good
}

/// Sizes of networks, with what decides on their memory.
#[test]
#[ignore = "takes minutes"]
fn the_largest_networks_that_are_accepted_run() {
    for limit in LIMITS {
        for rest in [
            "--stages output --engine dense --trials 2 --searches 0",
            "--stages output --engine dense --precision f32 --trials 2 --searches 0 --threads 1",
            "--stages output --engine conditioned --trials 3 --searches 0",
            "--stages model,bottleneck --engine conditioned --trials 2 --searches 0 --threads 5",
            "--stages linearity --engine dense --trials 1 --searches 1",
            "--stages flip --engine dense --trials 2 --searches 2",
            "--stages direct --engine conditioned --trials 2 --searches 2",
            "--stages collapse --engine dense --trials 2 --searches 1",
        ] {
            let found = largest(limit, &|width| format!("check --widths {width}x2 {rest}"));
            eprintln!("{limit} KiB: width {found} with {rest}");
        }
    }
}

/// Numbers of trials, whose records are kept.
#[test]
#[ignore = "takes minutes"]
fn the_largest_numbers_of_trials_that_are_accepted_run() {
    for limit in LIMITS {
        for rest in [
            "--widths 64x2 --stages output --engine law",
            "--widths 2x2 --stages model,output,gradient --searches 0",
            "--widths 1x30 --searches 0",
        ] {
            let found = largest(limit, &|trials| format!("check {rest} --trials {trials}"));
            eprintln!("{limit} KiB: {found} trials with {rest}");
        }
    }
}
