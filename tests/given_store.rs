//! Runs over inputs, as they are kept, with an examiner that answers at once: what survives kills,
//! edits and division.

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::files;
use ndarray::{Array1, Array2};
use relubound::given::expect::Sample;
use relubound::given::{
    Bracket, Dtype, Entry, Failure, Findings, Given, Inputs, Interval, Layer, Outcome, Question,
    Step,
};
use relubound::model::error::Kind;
use relubound::model::shard::Shard;
use relubound::run::given::{
    Case, Examiner, Job, Network, Random, Read, Results, Source, Store, Who, is_one, load, merge,
    open,
};

/// 3 inputs, 2 hidden, 2 outputs.
fn network(scale: f64) -> Given {
    let layer = |rows, columns, slope| Layer {
        weights: Array2::from_shape_fn((rows, columns), |(i, k)| scale * (i as f64 - k as f64)),
        bias: Some(Array1::zeros(rows)),
        slope,
        name: String::new(),
    };
    let layers = vec![layer(2, 3, 0.0), layer(2, 2, 1.0)];
    Given { normalisation: Vec::new(), layers, dtype: Dtype::F32 }
}

fn source(file: &str, sha256: &str) -> Source {
    Source { file: file.into(), sha256: sha256.into() }
}

const COUNT: usize = 11;

fn question() -> Question {
    Question {
        against: relubound::given::Against::All,
        space: relubound::given::Space::Before,
        step: 2.0,
        radius: 0.5,
        cells: 0,
        seconds: f64::INFINITY,
        seed: 1,
    }
}

fn job_of(question: Question) -> Job {
    let points = Array2::from_shape_fn((COUNT, 3), |(i, k)| (i as f64 + 0.1) / (k as f64 + 1.0));
    let labels = Some((0..COUNT).map(|i| i % 2).collect());
    let described = |name, scale| Network::of(source(name, "a"), &network(scale), &["read".into()]);
    let read = Read { inputs: source("x.npy", "b"), labels: Some(source("y.npy", "c")) };
    let (network, initial) = (described("net.npz", 1.0), Some(described("init.npz", 0.5)));
    let mut job = Job::new(network, initial, read, Inputs { points, labels }, question).unwrap();
    job.header.reference = 3;
    job
}

fn job() -> Job {
    job_of(question())
}

fn findings(x: &[f64]) -> Findings {
    let size = x.iter().sum::<f64>();
    Findings {
        class: 0,
        rival: Some(1),
        outputs: vec![Interval::point(size), Interval::point(0.1)],
        margin: Interval::new(size, size + 0.1),
        gradient: Interval::point(1.0),
        norm: Interval::point(size),
        kappa: Some(Interval::new(0.1, 0.2)),
        step: None,
        radius: Bracket { certified: Some(size), found: Some(size + 0.1) },
        radius_max: Bracket { certified: Some(0.0), found: None },
        exact: false,
        lipschitz: Bracket { certified: None, found: Some(0.1) },
        epsilon: None,
        pieces: Some(3),
        timeout: false,
        counterexample: Some(x.to_vec()),
        reached: None,
    }
}

/// Answers by the input alone, after so many answers sets `stop`; and what every fourth input
/// fails with.
struct Stub<'a> {
    asked: AtomicUsize,
    most: usize,
    stop: &'a AtomicBool,
    answer: fn(&Case<'_>) -> Outcome,
}

fn usual(case: &Case<'_>) -> Outcome {
    match case.input {
        4 => Outcome::Failed(Failure::Tied),
        _ => Outcome::Found(Box::new(findings(case.x))),
    }
}

impl<'a> Stub<'a> {
    fn new(most: usize, stop: &'a AtomicBool) -> Self {
        Stub { asked: AtomicUsize::new(0), most, stop, answer: usual }
    }
}

impl Examiner for Stub<'_> {
    fn judge(&self, case: &Case<'_>) -> Entry {
        if self.asked.fetch_add(1, Ordering::SeqCst) + 1 > self.most {
            self.stop.store(true, Ordering::SeqCst);
        }
        Entry { input: case.input, label: case.label, outcome: (self.answer)(case) }
    }
}

impl Random for Stub<'_> {
    fn samples(&self, network: usize, inputs: &[usize]) -> Vec<Sample> {
        if self.asked.fetch_add(1, Ordering::SeqCst) + 1 > self.most {
            self.stop.store(true, Ordering::SeqCst);
        }
        let kappa = |input: &usize| Some(network as f64 + *input as f64 / 100.0);
        let sample = |input| Sample { kappa: kappa(input), least: None, epsilon: Some(0.5) };
        inputs.iter().map(sample).collect()
    }
}

/// Runs until so many questions are answered; true if all is done then.
fn run_upto(job: &Job, dir: &Path, most: usize, threads: usize) -> bool {
    let stop = AtomicBool::new(false);
    let stub = Stub::new(most, &stop);
    let who = Who { network: &stub, initial: Some(&stub), random: Some(&stub) };
    let mut store = Store::open(dir, &job.header).unwrap();
    job.run(&who, &mut store, threads, &stop, || ()).unwrap();
    let [done, wanted] = store.progress();
    done == wanted
}

fn whole(job: &Job, dir: &Path) -> Vec<(String, Vec<u8>)> {
    assert!(run_upto(job, dir, usize::MAX, 1));
    files(dir)
}

/// However often it is interrupted, with however many threads, and wherever a line is cut off.
#[test]
fn a_run_goes_on_to_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let expected = whole(&job(), &dir.path().join("whole"));
    let names: Vec<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
    let lines = ["inputs.jsonl", "initial.jsonl", "reference.jsonl", "run.json"];
    assert!(lines.iter().all(|name| names.contains(name)), "{names:?}");
    for threads in [1, 3] {
        for most in [0, 1, 5] {
            let out = dir.path().join(format!("again-{threads}-{most}"));
            let mut rounds = 0;
            while !run_upto(&job(), &out, most.max(usize::from(rounds > 0)), threads) {
                rounds += 1;
                for name in ["inputs.jsonl", "initial.jsonl", "reference.jsonl"] {
                    // As a kill in the middle of a write leaves it.
                    let path = out.join(name);
                    let Ok(text) = fs::read(&path) else { continue };
                    let lost = if rounds % 4 == 0 { rounds % 9 } else { 0 };
                    let cut = text.len().saturating_sub(lost);
                    fs::write(&path, &text[..cut]).unwrap();
                }
                assert!(rounds < 1000, "it does not come to an end");
            }
            assert!(rounds > 1, "{most}");
            assert_eq!(files(&out), expected);
        }
    }
}

#[test]
fn results_are_read_as_they_were_found() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    run_upto(&job(), &out, 4, 1);
    assert!(is_one(&out) && !is_one(dir.path()));
    let partial = load(&out).unwrap();
    assert!(!partial.is_complete() && !partial.is_whole() && partial.entries.len() == 4);
    run_upto(&job(), &out, usize::MAX, 2);
    let Results { header, entries, points, initial, reference } = load(&out).unwrap();
    assert_eq!(header, job().header);
    assert_eq!((entries.len(), points.len(), initial.unwrap().len()), (COUNT, COUNT, COUNT));
    assert_eq!(points, job().inputs.points.outer_iter().map(|x| x.to_vec()).collect::<Vec<_>>());
    for (entry, x) in entries.iter().zip(&points) {
        let outcome = match entry.input {
            4 => Outcome::Failed(Failure::Tied),
            _ => Outcome::Found(Box::new(findings(x))),
        };
        assert_eq!((entry.label, &entry.outcome), (Some(entry.input % 2), &outcome));
    }
    assert_eq!((reference.len(), reference[2][7].kappa), (3, Some(2.07)));
    let loaded = load(&out).unwrap();
    let kappas: Vec<_> = loaded.samples(7).map(|sample| sample.kappa.unwrap()).collect();
    assert_eq!(kappas, [0.07, 1.07, 2.07]);
    assert_eq!((loaded.failed(Failure::Tied), loaded.failed(Failure::Numerical)), (2, 0));
}

/// A number that is none, or a bracket that is turned around, is a failure with its name, and
/// never a bound.
#[test]
fn what_cannot_be_found_fails() {
    type Spoil = fn(&mut Findings);
    struct Spoiling(Spoil);
    impl Examiner for Spoiling {
        fn judge(&self, case: &Case<'_>) -> Entry {
            let mut found = findings(case.x);
            if case.input == 3 {
                (self.0)(&mut found);
            }
            let outcome = Outcome::Found(Box::new(found));
            Entry { input: case.input, label: case.label, outcome }
        }
    }
    let spoilt: [Spoil; 14] = [
        |f| f.radius.certified = Some(f64::NAN),
        |f| f.radius.certified = Some(-1.0),
        |f| f.radius.found = f.radius.certified.map(f64::next_down),
        |f| f.radius_max = Bracket { certified: Some(1.0), found: Some(0.5) },
        |f| f.lipschitz = Bracket { certified: Some(1.0), found: Some(1.5) },
        |f| f.epsilon = Some(Bracket { certified: Some(f64::NAN), found: None }),
        |f| f.margin = Interval { lo: f64::NAN, hi: 1.0 },
        |f| f.norm = Interval { lo: 2.0, hi: 1.0 },
        |f| f.outputs = vec![Interval::WHOLE],
        |f| f.class = 2,
        |f| f.counterexample = Some(vec![0.0, f64::NAN, 1.0]),
        |f| f.counterexample = Some(vec![0.0]),
        |f| f.reached = Some(f.class),
        |f| {
            f.step = Some(Step {
                length: Interval::point(1.0),
                changes: Some(true),
                changes_float32: None,
                margin: Interval::point(-1.0),
                least: None,
                decomposition: Some(Interval::new(1e-300, 1.0)),
            });
        },
    ];
    let ended = |spoil: Spoil| {
        let job = job();
        let examiner = Spoiling(spoil);
        let who = Who { network: &examiner, initial: None, random: None };
        let mut store = Store::memory(&job.header);
        job.run(&who, &mut store, 2, &AtomicBool::new(false), || ()).unwrap();
        store.results().entries
    };
    for (at, spoil) in spoilt.into_iter().enumerate() {
        for entry in ended(spoil) {
            let failed = entry.outcome == Outcome::Failed(Failure::Numerical);
            assert_eq!(failed, entry.input == 3, "{at}: {entry:?}");
        }
    }
    // Nothing spoilt, nothing failed; an infinite bound says nothing.
    assert!(ended(|_| ()).iter().all(|entry| matches!(entry.outcome, Outcome::Found(_))));
    let entries = ended(|f| f.lipschitz.certified = Some(f64::INFINITY));
    let Outcome::Found(found) = &entries[3].outcome else { panic!("{entries:?}") };
    assert_eq!(found.lipschitz.certified, None);
}

/// Ended by its clock, an input keeps what is known by then; ended by a request, it is left.
#[test]
fn an_input_has_so_many_seconds() {
    struct Slow;
    impl Examiner for Slow {
        fn judge(&self, case: &Case<'_>) -> Entry {
            while case.input.is_multiple_of(2) && !(case.stop)() {
                std::thread::yield_now();
            }
            let outcome = match case.input {
                2 => Outcome::Failed(Failure::Timeout),
                _ => Outcome::Found(Box::new(Findings {
                    timeout: (case.stop)(),
                    ..findings(case.x)
                })),
            };
            Entry { input: case.input, label: case.label, outcome }
        }
    }
    let job = job_of(Question { seconds: 0.3, ..question() });
    assert_eq!(job.header.question.seconds, Some(0.3));
    let who = Who { network: &Slow, initial: None, random: None };
    let mut store = Store::memory(&job.header);
    job.run(&who, &mut store, 3, &AtomicBool::new(false), || ()).unwrap();
    let results = store.results();
    assert_eq!((results.entries.len(), results.failed(Failure::Timeout)), (COUNT, 1));
    for entry in &results.entries {
        let Outcome::Found(found) = &entry.outcome else { continue };
        assert!(entry.input % 2 == 1 || found.timeout);
    }
    let job = job_of(question());
    let mut store = Store::memory(&job.header);
    let stop = Arc::new(AtomicBool::new(false));
    let asked = AtomicUsize::new(0);
    let flag = Arc::clone(&stop);
    // The odd ones are done, the even ones never would be.
    job.run(&who, &mut store, COUNT, &stop, || {
        if asked.fetch_add(1, Ordering::SeqCst) == COUNT / 2 - 1 {
            flag.store(true, Ordering::SeqCst);
        }
    })
    .unwrap();
    let left: Vec<usize> = store.results().entries.iter().map(|entry| entry.input).collect();
    assert_eq!(left, [1, 3, 5, 7, 9]);
}

#[test]
fn a_crash_names_its_input_and_keeps_the_others() {
    struct Crashing;
    impl Examiner for Crashing {
        fn judge(&self, case: &Case<'_>) -> Entry {
            assert!(case.input != 6, "it does not fit");
            Entry { input: case.input, label: case.label, outcome: usual(case) }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let (job, out) = (job(), dir.path().join("run"));
    let who = Who { network: &Crashing, initial: None, random: None };
    let mut store = Store::open(&out, &job.header).unwrap();
    let why = job.run(&who, &mut store, 1, &AtomicBool::new(false), || ()).unwrap_err();
    assert_eq!(why.kind(), Kind::Crash);
    assert_eq!(why.to_string(), "inputs (input 6): a bug of relubound: it does not fit");
    drop(store);
    assert_eq!(load(&out).unwrap().entries.len(), 6);
}

fn parts(dir: &Path, of: usize) -> Vec<std::path::PathBuf> {
    let part = |part: usize| {
        let mut job = job();
        job.header.shard = Shard { part, parts: of };
        let out = dir.join(format!("part-{part}-of-{of}"));
        assert!(run_upto(&job, &out, usize::MAX, 2));
        out
    };
    (1..=of).map(part).collect()
}

#[test]
fn parts_are_merged_to_the_bytes_of_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let expected = whole(&job(), &dir.path().join("whole"));
    for of in [1, 2, 4, 13] {
        let mut parts = parts(dir.path(), of);
        parts.rotate_left(of / 2);
        let out = dir.path().join(format!("merged-{of}"));
        drop(merge(&parts, &out).unwrap());
        assert_eq!(files(&out), expected, "{of}");
        // Once more it is the same.
        drop(merge(&parts, &out).unwrap());
        assert_eq!(files(&out), expected);
    }
    // Rows that a killed merge left are gone on from.
    let parts = parts(dir.path(), 3);
    let out = dir.path().join("killed");
    run_upto(&job(), &out, 5, 1);
    drop(merge(&parts, &out).unwrap());
    assert_eq!(files(&out), expected);
}

#[test]
fn parts_that_do_not_go_together_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("merged");
    let all = parts(dir.path(), 3);
    let refused = |parts: &[std::path::PathBuf], said: &str| {
        let Err(why) = merge(parts, &out) else { panic!("{said}: it was merged") };
        assert!(why.to_string().contains(said), "{why}");
        assert!(!out.exists());
    };
    refused(&all[..2], "part 3 is missing of 3");
    refused(&[&all[..], &all[..1]].concat(), "part 1 is there 2 times");
    refused(&[all[0].clone(), dir.path().join("nowhere")], "holds no part of a run over inputs");
    let mut other = job_of(Question { step: 3.0, ..question() });
    other.header.shard = Shard { part: 3, parts: 3 };
    let place = dir.path().join("other");
    run_upto(&other, &place, usize::MAX, 1);
    refused(&[all[0].clone(), all[1].clone(), place], "other step");
    let mut unfinished = job();
    unfinished.header.shard = Shard { part: 3, parts: 3 };
    let place = dir.path().join("unfinished");
    run_upto(&unfinished, &place, 2, 1);
    refused(&[all[0].clone(), all[1].clone(), place], "is not finished: 2 of 3 inputs");
}

/// What is asked is said where it differs, and files may have other names.
#[test]
fn another_run_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    run_upto(&job(), &out, 3, 1);
    let before = files(&out);
    let refused = |job: &Job, said: &str| {
        let Err(why) = Store::open(&out, &job.header) else { panic!("{said}: it went on") };
        let why = why.to_string();
        assert!(why.contains(said) && why.contains("holds another run, which is kept"), "{why}");
        assert_eq!(files(&out), before);
    };
    refused(&job_of(Question { step: 3.0, ..question() }), "step 2 there, 3 asked for");
    refused(&job_of(Question { seconds: 9.0, ..question() }), "seconds none there, 9 asked for");
    let mut other = job();
    other.header.reference = 4;
    refused(&other, "reference 3 there, 4 asked for");
    let mut other = job();
    other.header.network.read = "0".repeat(64);
    refused(&other, "network read");
    let mut other = job();
    other.header.shard = Shard { part: 1, parts: 2 };
    refused(&other, "shard part 1 of 1 there, part 1 of 2 asked for");
    let mut other = job();
    other.header.inputs.source.sha256 = "d".into();
    refused(&other, "inputs source sha256");
    let mut same = job();
    same.header.network.source.file = "copy.npz".into();
    assert!(run_upto(&same, &out, usize::MAX, 1));
    assert_eq!(files(&out), whole(&job(), &dir.path().join("whole")));
}

#[test]
fn edits_are_refused_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    whole(&job(), &out);
    for (name, from, to) in [
        ("inputs.jsonl", "\"found\":{", "\"found\": {"),
        ("inputs.jsonl", "\"certified\":", "\"certified\" :"),
        ("run.json", "\"step\": 2.0", "\"step\": 2"),
    ] {
        // The same content in another spelling is no edit.
        let path = out.join(name);
        let text = fs::read_to_string(&path).unwrap();
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{name}: {from}");
        fs::write(&path, changed).unwrap();
        load(&out).unwrap();
        fs::write(&path, text).unwrap();
    }
    for (name, from, to) in [
        ("inputs.jsonl", "\"certified\":0", "\"certified\":1"),
        ("inputs.jsonl", "\"input\":2,", "\"input\":1,"),
        ("inputs.jsonl", "\"tied\"", "\"timeout\""),
        ("inputs.jsonl", "\"x\":[0.1", "\"x\":[0.2"),
        ("initial.jsonl", "\"class\":0", "\"class\":1"),
        ("reference.jsonl", "\"kappa\":1.07", "\"kappa\":1.08"),
        ("run.json", "\"step\": 2.0", "\"step\": 2.5"),
        ("run.json", "\"schema\": 1", "\"schema\": 0"),
    ] {
        let path = out.join(name);
        let text = fs::read_to_string(&path).unwrap();
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{name}: {from}");
        fs::write(&path, &changed).unwrap();
        let why = load(&out).unwrap_err().to_string();
        assert!(why.contains(name) && why.contains("edited"), "{why}");
        assert!(Store::open(&out, &job().header).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), changed);
        fs::write(&path, text).unwrap();
    }
    // Rows of one file are none of another, and an end is one of a line.
    let rows = fs::read_to_string(out.join("inputs.jsonl")).unwrap();
    let other = fs::read_to_string(out.join("initial.jsonl")).unwrap();
    fs::write(out.join("initial.jsonl"), &rows).unwrap();
    assert!(load(&out).unwrap_err().to_string().contains("of another run"));
    fs::write(out.join("initial.jsonl"), format!("{other}{{\"else")).unwrap();
    assert!(load(&out).unwrap_err().to_string().contains("its end is not"));
    fs::write(out.join("initial.jsonl"), other).unwrap();
    load(&out).unwrap();
    fs::remove_file(out.join("run.json")).unwrap();
    assert!(load(&out).unwrap_err().to_string().contains("without a run.json"));
    assert!(Store::open(&out, &job().header).is_err());
}

/// Renderings are written where a run is whole, and nowhere else; one that cannot be written is
/// no matter where it is there already.
#[test]
fn renderings_belong_to_a_finished_run() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let page = |text: &str| vec![("report.html".to_owned(), text.as_bytes().to_vec())];
    run_upto(&job(), &out, 3, 1);
    open(&out, |_| page("one")).unwrap();
    assert!(!out.join("report.html").exists());
    whole(&job(), &out);
    open(&out, |_| page("one")).unwrap();
    assert_eq!(fs::read(out.join("report.html")).unwrap(), b"one");
    open(&out, |_| page("two")).unwrap();
    assert_eq!(fs::read(out.join("report.html")).unwrap(), b"two");
    fs::write(out.join("report.html"), "mine").unwrap();
    let why = open(&out, |_| page("three")).unwrap_err().to_string();
    assert!(why.contains("was changed since"), "{why}");
}

#[test]
fn what_does_not_fit_the_network_is_refused() {
    let points = || Array2::<f64>::zeros((2, 3));
    let refused = |points: Array2<f64>, labels: Option<Vec<usize>>, initial, said: &str| {
        let described = |given: &Given| Network::of(source("net", "a"), given, &[]);
        let read =
            Read { inputs: source("x", "b"), labels: labels.as_ref().map(|_| source("y", "c")) };
        let initial = Option::<Given>::map(initial, |given| described(&given));
        let inputs = Inputs { points, labels };
        let job = Job::new(described(&network(1.0)), initial, read, inputs, question());
        let Err(why) = job else { panic!("{said}: it was taken") };
        assert!(why.to_string().contains(said), "{why}");
    };
    refused(Array2::zeros((2, 4)), None, None, "inputs x: holds inputs of dimension 4, the");
    refused(Array2::zeros((0, 3)), None, None, "holds no input");
    let mut bad = points();
    bad[[1, 2]] = f64::NAN;
    refused(bad, None, None, "entry 2 of input 1 is not a finite number");
    refused(points(), Some(vec![0]), None, "labels y: holds 1 labels, and there are 2 inputs");
    refused(points(), Some(vec![0, 2]), None, "label 2 of input 1 is none of the classes");
    let mut other = network(1.0);
    other.layers.remove(0);
    refused(points(), None, Some(other), "initial net: has widths 2,2, and the network 3,2,2");
}
