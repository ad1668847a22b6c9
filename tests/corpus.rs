//! The inputs that fuzzing kept, by what it fuzzes, and what it found: see `docs/tough.md`.

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::fs;
use std::path::Path;

use relubound::Magnitude;
use relubound::num::{Toward, decimal, fraction, log10};

/// Every input of a directory; gives their number and size.
fn replay(name: &str, target: fuzz::Target) -> [u64; 2] {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut seen = [0, 0];
    for entry in fs::read_dir(place).unwrap() {
        let data = fs::read(entry.unwrap().path()).unwrap();
        target(&data);
        seen = [seen[0] + 1, seen[1] + data.len() as u64];
    }
    seen
}

#[test]
fn what_fuzzing_kept_breaks_nothing() {
    let seen = fuzz::TARGETS.map(|(name, target)| replay(name, target));
    assert!(seen.iter().all(|[inputs, _]| *inputs > 0), "{seen:?}");
    assert!(seen.iter().map(|[_, bytes]| bytes).sum::<u64>() < 300_000, "{seen:?}");
}

/// What is read as a fraction was written with more digits than are read again: a run with such a
/// cosine would have been refused as edited.
#[test]
fn what_is_read_can_be_written_and_read_again() {
    let long = format!("0.{}", "3".repeat(2700));
    for text in ["1e2000", "-1e-2000", "7/1e2000", "1e2000/3", &long] {
        let value = fraction(text).unwrap();
        assert_eq!(fraction(&value.to_string()), Some(value), "{text}");
    }
    let digits = "3".repeat(4000);
    assert_eq!(fraction(&format!("0.{digits}e-2000")), None);
    assert_eq!(fraction(&format!("{digits}e2000/{digits}1e-2000")), None);
}

/// An upper bound was printed as the farthest number that MPFR has, which is less.
#[test]
fn beyond_all_exponents_a_bound_says_less() {
    let farthest = |sign: i64| Magnitude::new(1.5, sign * 1_000_000_000).unwrap();
    for exponent in [1_000_000_001, 1 << 40, i64::MAX] {
        let large = Magnitude::new(1.5, exponent).unwrap();
        let small = Magnitude::new(1.5, -exponent).unwrap();
        assert_eq!(decimal(large, 4, Toward::Up), "∞");
        assert_eq!(decimal(small, 4, Toward::Down), "0");
        assert_eq!(log10(large, Toward::Up), f64::INFINITY);
        assert_eq!(log10(small, Toward::Down), f64::NEG_INFINITY);
        // On the other side they are what is farthest.
        assert_eq!(decimal(large, 4, Toward::Down), decimal(farthest(1), 4, Toward::Down));
        assert_eq!(decimal(small, 4, Toward::Up), decimal(farthest(-1), 4, Toward::Up));
        assert_eq!(log10(large, Toward::Down), log10(farthest(1), Toward::Down));
        assert_eq!(log10(small, Toward::Up), log10(farthest(-1), Toward::Up));
    }
}
