//! Rows that look violated are judged again on fresh networks: what is wrong is found all the same,
//! and what was chance is cleared, at the rate that is stated.

mod common;

use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};

use assert_cmd::cargo::cargo_bin_cmd;
use common::{sample, searching, spec, staged};
use relubound::cli::exit;
use relubound::judge::ledger::{Ledger, Status};
use relubound::judge::row::Row;
use relubound::judge::verdict::Verdict;
use relubound::model::claim::Claim;
use relubound::model::params::Probability;
use relubound::report::{self, Detail};
use relubound::run::{Experiment, Machine, Spec};

/// A run of the stage `output`.
fn output(widths: &str, alpha: &str, trials: u64, seed: u64) -> Spec {
    let mut config = spec(widths, "0.1", trials, seed);
    config.alpha = Probability::parse("alpha", alpha).unwrap();
    staged(&config, &["output"])
}

/// The trials of a run against these claims, for so many threads.
fn experiment(spec: &Spec, claims: &[Claim], threads: usize) -> Experiment {
    let machine = Machine { threads, memory: u64::MAX };
    let mut experiment = Experiment::against(claims.to_vec(), spec.clone(), machine).unwrap();
    experiment.sample(&AtomicBool::new(false), |_| Ok(())).unwrap();
    experiment
}

/// The ledger before and after fresh networks are drawn.
fn confirmed(spec: &Spec, claims: &[Claim], threads: usize) -> [Ledger; 2] {
    let experiment = experiment(spec, claims, threads);
    let first = experiment.ledger();
    let mut ledger = first.clone();
    experiment.confirm(&mut ledger, &AtomicBool::new(false), || {}).unwrap();
    [first, ledger]
}

fn suspects(spec: &Spec, ledger: &Ledger) -> Vec<String> {
    Experiment::stored(spec.clone(), Vec::new(), Vec::new()).suspects(ledger)
}

fn row<'a>(ledger: &'a Ledger, key: &str) -> &'a Row {
    ledger.rows.iter().find(|row| row.key() == key).unwrap()
}

/// A true law passes at once with probability 1 − 1e-6.
#[test]
fn a_wrong_law_is_violated_also_in_fresh_networks() {
    let config = output("20,5,30,7", "1e-6", 6000, 11);
    let wrong = output("20,30,30,30", "1e-6", 1, 1).claims();
    let [first, ledger] = confirmed(&config, &wrong, 1);
    assert_eq!(row(&first, "output.law").verdict, Some(Verdict::Inconclusive));
    assert_eq!((first.status, exit::of_run(&first, false)), (Status::Partial, exit::INTERRUPTED));
    assert_eq!(suspects(&config, &first), ["output.law"]);
    let law = row(&ledger, "output.law");
    assert_eq!(law.verdict, Some(Verdict::Violated));
    assert_eq!((ledger.status, exit::of_run(&ledger, false)), (Status::Complete, exit::FAILED));
    assert_eq!(ledger.verdict, Some(Verdict::Violated));
    // As many networks, and other ones.
    let fresh = law.fresh.as_ref().unwrap();
    assert_eq!((fresh.networks, fresh.n, fresh.verdict), (6000, 6000, Some(Verdict::Violated)));
    assert_ne!(fresh.distance.unwrap().observed, law.distance.unwrap().observed);
    assert!(suspects(&config, &ledger).is_empty());
    let shown = report::text(&ledger, Detail::Full, 200);
    assert!(shown.contains("looked violated, and does in 6,000 fresh networks, too"), "{shown}");
    // Whatever the threads.
    assert_eq!(confirmed(&config, &wrong, 3), [first, ledger]);
    // The right law needs no fresh networks.
    let [first, ledger] = confirmed(&config, &config.claims(), 1);
    assert!(first == ledger && ledger.rows.iter().all(|row| row.fresh.is_none()));
    assert_eq!(ledger.status, Status::Complete);
}

/// A bound on a supremum, whose networks are those that are searched.
#[test]
fn a_wrong_supremum_is_violated_also_in_fresh_networks() {
    let trial = |radius| {
        let config = common::searched("30x2", "0.1", radius, 60, 17);
        searching(&staged(&config, &["bottleneck"]), 40)
    };
    let config = trial("0.1");
    let [_, ledger] = confirmed(&config, &trial("1e-9").claims(), 2);
    let rows = row(&ledger, "bottleneck.rows[1]");
    assert_eq!(rows.verdict, Some(Verdict::Violated));
    let fresh = rows.fresh.as_ref().unwrap();
    assert_eq!((fresh.networks, fresh.n, fresh.exceedances), (60, 40, Some(40)));
}

#[test]
fn what_is_interrupted_is_not_confirmed() {
    let config = output("20,5,30,7", "1e-6", 3000, 11);
    let wrong = output("20,30,30,30", "1e-6", 1, 1).claims();
    let records = sample(&config);
    let run = Experiment::stored(config.clone(), wrong.clone(), records.clone());
    for wanted in [0, 10] {
        let (stop, mut drawn) = (AtomicBool::new(wanted == 0), 0);
        let mut ledger = run.ledger();
        let count = || {
            drawn += 1;
            stop.store(drawn >= wanted, Ordering::Relaxed);
        };
        run.confirm(&mut ledger, &stop, count).unwrap();
        let law = row(&ledger, "output.law");
        let fresh = law.fresh.as_ref().unwrap();
        assert_eq!((fresh.networks, fresh.verdict), (drawn, None));
        assert!((wanted..wanted + 100).contains(&drawn));
        assert_eq!(law.verdict, Some(Verdict::Inconclusive));
        assert_eq!((ledger.status, ledger.trials), (Status::Partial, 3000));
        assert_eq!(exit::of_run(&ledger, false), exit::INTERRUPTED);
        let shown = report::text(&ledger, Detail::Full, 200);
        for said in ["PARTIAL RUN: all trials", "confirm output.law", "not yet confirmed"] {
            assert!(shown.contains(said), "{shown}");
        }
    }
    // Before all trials are done nothing is drawn.
    let run = Experiment::stored(config.clone(), wrong, records[..2900].to_vec());
    let mut partial = run.ledger();
    let before = partial.clone();
    let go = AtomicBool::new(false);
    run.confirm(&mut partial, &go, || panic!("drawn")).unwrap();
    assert!(partial == before && suspects(&config, &partial).is_empty());
}

/// Runs of a true theory at α = 0.2 in which some row looked violated, and in which one was at the
/// end.
fn alarms(runs: u64) -> Vec<[bool; 2]> {
    let claims = output("2", "0.2", 1, 1).claims();
    let alarm = |seed| {
        let config = output("2", "0.2", 60, seed);
        let [first, ledger] = confirmed(&config, &claims, 1);
        let suspect = !suspects(&config, &first).is_empty();
        [suspect, ledger.verdict.is_some_and(Verdict::is_failure)]
    };
    (1..=runs).map(alarm).collect()
}

/// At most α² = 0.04 of all runs say that something true is violated: of 2,000 more than 142 with
/// probability below 1e-9, by Chernoff's bound. Single looks alarm more often than that.
#[test]
fn false_alarms_are_as_rare_as_stated() {
    let alarms = alarms(2000);
    let count = |which: usize| alarms.iter().filter(|alarm| alarm[which]).count();
    let (suspect, violated) = (count(0), count(1));
    assert!(violated <= 142, "{violated}");
    assert!(suspect > 142, "a single look alarmed in {suspect} runs only");
    assert!(violated > 0);
    // The bound that is used.
    let (p, q) = (0.04f64, 143.0 / 2000.0);
    let divergence = q * (q / p).ln() + (1.0 - q) * ((1.0 - q) / (1.0 - p)).ln();
    assert!((-2000.0 * divergence).exp() < 1e-9);
}

fn relubound(args: &[&str]) -> Output {
    cargo_bin_cmd!("relubound").args(args).output().unwrap()
}

/// The first run at α = 0.2 in which chance alone looks like a violation, as a user meets it.
#[test]
fn chance_is_cleared_and_the_row_says_so() {
    let seed = 1 + alarms(60).iter().position(|alarm| *alarm == [true, false]).unwrap();
    let seed = seed.to_string();
    let dir = tempfile::tempdir().unwrap();
    let run = |out: &str, more: &[&str]| {
        let args = ["check", "--widths", "2", "--stages", "output", "--trials", "60"];
        let (out, seed) = (dir.path().join(out), ["--alpha", "0.2", "--seed", &seed, "--engine"]);
        let out = ["dense", "--out", out.to_str().unwrap()];
        relubound(&[&args[..], &seed, &out, more].concat())
    };
    let said = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let shown = run("one", &["--threads", "1"]);
    let (out, err) = (said(&shown.stdout), said(&shown.stderr));
    assert_eq!(shown.status.code(), Some(0), "{out}{err}");
    assert!(out.contains("looked violated, but not in 60 fresh networks"), "{out}");
    assert!(out.lines().all(|line| !line.ends_with("VIOLATED")), "{out}");
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("true is called VIOLATED with probability ≤ (0.2)²"), "{out}");
    assert!(err.contains("looked violated: 60 fresh networks are drawn"), "{err}");
    assert_eq!(run("strict", &["--strict"]).status.code(), Some(3));
    // The evidence is stored, whatever the threads, and rendered again.
    run("three", &["--threads", "3"]);
    let read = |run: &str, name: &str| std::fs::read(dir.path().join(run).join(name)).unwrap();
    for name in ["run.json", "trials.jsonl", "ledger.csv", "ledger.md", "report.html"] {
        assert_eq!(read("one", name), read("three", name), "{name}");
    }
    let path = dir.path().join("one");
    let again = relubound(&["report", path.to_str().unwrap()]);
    assert_eq!(said(&again.stdout), out);
    let words = "looked violated, but not in 60 fresh networks";
    assert!(said(&read("one", "ledger.md")).contains(words));
    assert!(said(&read("one", "report.html")).contains(words));
    let run: serde_json::Value = serde_json::from_slice(&read("one", "run.json")).unwrap();
    let schema = serde_json::from_str(include_str!("../schema/ledger.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    assert!(schema.is_valid(&run));
    let fresh = |row: &&serde_json::Value| !row["fresh"].is_null();
    let rows = run["rows"].as_array().unwrap();
    let place = rows.iter().position(|row| fresh(&row)).unwrap();
    // The schema looks at the evidence.
    let mut wrong = run.clone();
    wrong["rows"][place]["fresh"]["verdict"] = "fine".into();
    assert!(!schema.is_valid(&wrong));
}
