//! What is violated or not a number in a study or in the growth of widths is said first, and
//! decides the exit status.

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::atomic::AtomicBool;

use assert_cmd::cargo::cargo_bin_cmd;
use common::MACHINE;
use relubound::cli::exit;
use relubound::judge::verdict::Verdict;
use relubound::model::claim::Claim;
use relubound::model::outcome::Outcome;
use relubound::model::params::Probability;
use relubound::network::{Engine, Precision};
use relubound::num::magnitude::Magnitude;
use relubound::report::{growth as growth_report, print, study as report};
use relubound::run::{self, Engines, Sampling, Spec};
use relubound::study::findings::Findings;
use relubound::study::growth;
use relubound::study::{
    Crossover, Directory, Event, Grid, Line, Measured, QUANTITIES, Shard, Study, Value,
};

fn relubound(args: &[&str]) -> Output {
    cargo_bin_cmd!("relubound").args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Two cells of depths 1 and 2.
fn study(width: &str) -> Study {
    let plan = Grid {
        depths: "1,2".into(),
        widths: width.into(),
        quantities: "c1,c2".into(),
        trials: "4000".into(),
        searches: "0".into(),
        ..Grid::default()
    };
    Study::new(plan).unwrap()
}

fn measured(study: &Study, place: usize, claims: &[Claim], said: impl FnMut(Event)) -> Line {
    let (cell, go) = (&study.cells[place], AtomicBool::new(false));
    study.measure_against(claims, cell, MACHINE, &go, said).unwrap().unwrap()
}

/// As text, Markdown and a page, of which so many cells were asked for.
fn renderings(findings: &Findings<'_>, wanted: usize) -> [String; 3] {
    let document = report::document(findings, wanted, Shard::WHOLE);
    let text = print::text::print(&document, 1000);
    let plain = anstream::adapter::strip_str(&text).to_string();
    [plain, print::markdown::print(&document, None), print::html::print(&document)]
}

/// Of two cells the deeper one is held against the laws of networks of another width.
fn planted(study: &Study, other: &Study) -> [Line; 2] {
    [study, other].map(|laws| {
        let place = usize::from(std::ptr::eq(laws, other));
        measured(study, place, &laws.claims(&laws.cells[place]).unwrap(), |_| {})
    })
}

fn explore(out: &Path, more: &[&str]) -> Output {
    let args = ["explore", "--depths", "1,2", "--widths", "6", "--quantities", "c1,c2"];
    let rest = ["--trials", "4000", "--searches", "0", "--out", out.to_str().unwrap()];
    relubound(&[&args[..], &rest, more].concat())
}

/// False alarms of the cells that are not planted: one in a million each.
#[test]
fn a_planted_violation_is_named_at_the_top_of_a_study() {
    let (study, other) = (study("6"), study("60"));
    let mut confirming = Vec::new();
    let claims = other.claims(&other.cells[1]).unwrap();
    measured(&study, 1, &claims, |event| {
        if let Event::Confirming(rows) = event {
            confirming = rows;
        }
    });
    let lines = planted(&study, &other);
    assert_eq!((lines[0].is_failure(), lines[0].failed.len()), (false, 0));
    assert_eq!(lines[1].verdict, Some(Verdict::Violated));
    assert!(lines[1].failed.contains(&"output.law".to_owned()), "{:?}", lines[1].failed);
    // Fresh networks were asked, and agreed.
    assert!(lines[1].failed.iter().all(|key| confirming.contains(key)));
    assert_eq!(exit::of_study(&lines[..1], 2), exit::INTERRUPTED);
    assert_eq!(exit::of_study(&lines[..1], 1), exit::DONE);
    assert_eq!(exit::of_study(&lines[1..], 1), exit::FAILED);
    assert_eq!(exit::of_study(&lines, 3), exit::FAILED);

    let summary = Findings::new(&study, &lines);
    let (seed, failed) = (lines[1].seed.unwrap(), lines[1].failed.join(", "));
    let cell = format!("widths 6x2, δ = 0.1, seed {seed}: VIOLATED ({failed})");
    let [text, others @ ..] = renderings(&summary, 2);
    assert!(text.lines().nth(2).unwrap().contains("FAILED: 1 of 2 cells"), "{text}");
    assert_eq!(text.lines().nth(3), Some(format!("- {cell}").as_str()));
    for rendered in others {
        let before = rendered.split("## ").next().unwrap().split("<h2").next().unwrap();
        assert!(before.contains("FAILED: 1 of 2 cells") && before.contains(&cell));
    }
    let csv = report::csv(&study, &lines);
    let end = format!(",violated,{}", lines[1].failed.join(" "));
    assert_eq!(csv.lines().filter(|line| line.ends_with(&end)).count(), 2);
    // Without the planted one nothing of this is there.
    let summary = Findings::new(&study, &lines[..1]);
    for rendered in renderings(&summary, 1) {
        assert!(!rendered.contains("FAILED"), "{rendered}");
    }
}

/// Of cells that are there already, and of parts that are joined.
#[test]
fn the_program_ends_with_1_where_a_stored_cell_failed() {
    let (study, other) = (study("6"), study("60"));
    let lines = planted(&study, &other);
    let dir = tempfile::tempdir().unwrap();
    let parts = ["1/2", "2/2"].map(|part| dir.path().join(part.replace('/', "-")));
    for (i, (part, line)) in parts.iter().zip(&lines).enumerate() {
        let shard = Shard { part: i + 1, parts: 2 };
        Directory::open(part, &study, shard).unwrap().append(line.clone()).unwrap();
    }
    let named = |output: &Output| {
        let text = said(output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        for words in ["FAILED: 1 of", "widths 6x2, δ = 0.1, seed", "VIOLATED", "output.law"] {
            assert!(text.contains(words), "{text}");
        }
    };
    let good = explore(&parts[0], &["--shard", "1/2"]);
    assert!(good.status.code() == Some(0) && !said(&good).contains("FAILED"));
    named(&explore(&parts[1], &["--shard", "2/2"]));
    let merged = dir.path().join("merged");
    let paths = [&parts[0], &parts[1], &merged].map(|path| path.to_str().unwrap());
    named(&relubound(&["merge", paths[0], paths[1], "--out", paths[2]]));
    named(&explore(&merged, &[]));
    for name in ["study.md", "index.html", "cells.csv"] {
        let text = fs::read_to_string(merged.join(name)).unwrap();
        assert!(text.contains("output.law"), "{name}");
    }
    // The networks are measured again where the line is lost, and obey the true law.
    fs::write(merged.join("cells.jsonl"), "").unwrap();
    let again = explore(&merged, &[]);
    assert!(again.status.code() == Some(0) && !said(&again).contains("FAILED"), "{}", said(&again));
}

/// A cell whose values or verdict are not there to be read is damaged: it must not pass for one
/// that is fine.
#[test]
fn cells_without_a_readable_verdict_are_refused() {
    let study = study("6");
    let line = measured(&study, 0, &study.claims(&study.cells[0]).unwrap(), |_| {});
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("study");
    Directory::open(&out, &study, Shard::WHOLE).unwrap().append(line).unwrap();
    let good = fs::read_to_string(out.join("cells.jsonl")).unwrap();
    let broken = |from: &str, to: &str| {
        assert!(good.contains(from), "{good}");
        fs::write(out.join("cells.jsonl"), good.replacen(from, to, 1)).unwrap();
        explore(&out, &[]).status.code()
    };
    assert_eq!(broken("\"failed\":[],", ""), Some(2));
    assert_eq!(broken("\"c1.limits\":null", "\"c1.limits\":[null,null]"), Some(2));
    assert_eq!(broken("\"cell\":0", "\"cell\":0"), Some(0));
}

/// A run of what all quantities need, in few networks.
fn few(widths: &str) -> Spec {
    let sampling = Sampling {
        trials: 30,
        seed: 3,
        precision: Precision::F64,
        searches: 30,
        steps: 30,
        engines: Engines::All(Engine::Dense),
    };
    let stages: Vec<String> = QUANTITIES.iter().map(|quantity| quantity.stage.to_owned()).collect();
    Spec {
        params: relubound::model::params::Params::new(
            widths.parse().unwrap(),
            Probability::parse("delta", "0.1").unwrap(),
        ),
        alpha: Probability::parse("alpha", "1e-9").unwrap(),
        stages: run::stages(&stages).unwrap(),
        sampling: Some(sampling),
    }
}

/// What each quantity shows if one outcome of the row behind it is not a number.
#[test]
fn a_number_that_is_none_fails_every_quantity_that_it_is_behind() {
    let config = few("8,8");
    let claims = config.claims();
    let records = common::sample(&config);
    let study = Study::new(Grid {
        depths: "1".into(),
        widths: "8".into(),
        trials: "30".into(),
        searches: "30".into(),
        ..Grid::default()
    })
    .unwrap();
    let behind = [
        ("c1", "output.upper"),
        ("c2", "gradient.lower"),
        ("lipschitz", "bottleneck.lipschitz"),
        ("epsilon", "linearity.gradient"),
        ("least", "flip.least"),
        ("flips", "flip.threshold"),
        ("share", "direct.flip"),
        ("angle", "collapse.pair"),
    ];
    // The others are computed, or observed in networks of their own.
    assert_eq!(behind.len() + 2, QUANTITIES.len());
    for (name, label) in behind {
        let quantity = QUANTITIES.iter().find(|quantity| quantity.name == name).unwrap();
        let place = claims.iter().rposition(|claim| claim.statement.label == label).unwrap();
        let line = |records: &[run::Record]| {
            let ledger = common::ledger(&config, &claims, records);
            let params = &config.params;
            let measured = Measured { params, claims: &claims, records, ledger: &ledger };
            let value: Value = (quantity.value)(&measured);
            (value, Line::new(&study.cells[0], &ledger, vec![(name, value)]))
        };
        let (value, good) = line(&records);
        assert!(!value.failed && value.observed.is_some() && !good.is_failure(), "{name}");
        let mut broken = records.clone();
        broken[7].outcomes[place] = Outcome::Failed;
        let (value, bad) = line(&broken);
        assert!(value.failed && value.observed.is_none() && value.n.is_none(), "{name}");
        assert_eq!(bad.verdict, Some(Verdict::NumericalFailure));
        assert_eq!(bad.failed, [claims[place].key()]);
        assert_eq!(exit::of_study(std::slice::from_ref(&bad), 1), exit::FAILED);
        let csv = report::csv(&study, &[bad]);
        let cells = |line: &&str| line.split(',').any(|cell| cell == "NaN");
        assert_eq!(csv.lines().filter(cells).count(), 1, "{csv}");
    }
}

/// Between the depths on both sides of one that failed nothing is interpolated.
#[test]
fn a_depth_that_failed_is_not_left_out() {
    let study = Study::new(Grid {
        depths: "1,2,8,12".into(),
        widths: "8".into(),
        quantities: "flips".into(),
        trials: "60".into(),
        searches: "60".into(),
        ..Grid::default()
    })
    .unwrap();
    let go = AtomicBool::new(false);
    let lines: Vec<Line> = study
        .cells
        .iter()
        .map(|cell| study.measure(cell, MACHINE, &go, |_| {}).unwrap().unwrap())
        .collect();
    let crossover = |lines: &[Line]| Crossover::new(&lines.iter().collect::<Vec<_>>()).unwrap();
    let good = crossover(&lines);
    assert!(!good.failed && good.observed.is_some() && good.limits[0].is_some());
    let mut broken = lines.clone();
    let value = Value { observed: None, n: None, limits: None, failed: true, ..Value::default() };
    broken[2].values.insert("flips".into(), serde_json::to_value(value).unwrap());
    let bad = crossover(&broken);
    assert!(bad.failed && bad.is_known());
    assert_eq!((bad.observed, bad.limits), (None, [None, None]));
    let text = |lines: &[Line]| {
        let [text, ..] = renderings(&Findings::new(&study, lines), 4);
        text
    };
    assert!(text(&broken).contains("FAILED at 1 depth"), "{}", text(&broken));
    let table = text(&broken);
    let row = table.lines().find(|line| line.starts_with("8 ")).unwrap();
    assert_eq!(row.matches("FAILED").count(), 3, "{row}");
    assert!(!text(&lines).contains("FAILED"));
}

/// A sampler in which some networks of depth 2 are not numbers.
#[test]
fn trials_of_growth_that_failed_are_counted_and_said() {
    let config = growth::Search {
        depths: vec![1, 2],
        delta: Probability::parse("delta", "0.1").unwrap(),
        slope: relubound::model::slope::Slope::relu(),
        bias: relubound::model::bias::Bias::none(),
        norm: relubound::model::norm::Norm::L2,
        trials: 150,
        deepest: 2,
        seed: 3,
    };
    let go = AtomicBool::new(false);
    let good = growth::run(&config, MACHINE, &go, |_| Ok(())).unwrap();
    let spoilt = |config: &growth::Search, at: growth::At| {
        let rate = growth::rate(config, at, MACHINE, &go)?;
        Ok(growth::Rate { failed: if at.depth == 2 { 3 } else { 0 }, ..rate })
    };
    let bad = growth::run_by(&spoilt, &config, &go, |_| Ok(())).unwrap();
    assert_eq!((exit::of_growth(&config, &good), good[1].failures()), (exit::DONE, 0));
    assert_eq!(exit::of_growth(&config, &good[..1]), exit::INTERRUPTED);
    assert_eq!(exit::of_growth(&config, &bad), exit::FAILED);
    let seen = |rows: &[growth::Row]| {
        rows.iter().map(|row| row.observed.as_ref().unwrap().width.is_some()).collect::<Vec<_>>()
    };
    assert_eq!((seen(&good), seen(&bad)), (vec![true, true], vec![true, false]));
    // No further width is sampled.
    assert_eq!((bad[1].failures(), bad[1].rates().count()), (3, 1));
    let renderings = |rows: &[growth::Row]| {
        [
            growth_report::text(&config, rows, 200),
            growth_report::page(&config, rows),
            growth_report::json(&config, rows),
            growth_report::csv(rows),
        ]
    };
    let [text, page, json, csv] = renderings(&bad);
    for shown in [&text, &page] {
        assert!(shown.contains("NUMERICAL FAILURE: depth 2, width "), "{shown}");
        assert!(shown.contains("not a number in 3 of 150 networks"), "{shown}");
        assert!(shown.contains("FAILED"), "{shown}");
    }
    assert!(json.contains("\"failures\": 3") && json.contains("\"failed\": 3"), "{json}");
    assert!(csv.lines().nth(2).unwrap().contains("NaN"), "{csv}");
    let [text, page, json, csv] = renderings(&good);
    for shown in [&text, &page, &csv] {
        assert!(!shown.contains("FAIL") && !shown.contains("NaN"), "{shown}");
    }
    assert!(json.contains("\"failures\": 0"));
    assert!(good[1].observed.as_ref().is_some_and(|seen| seen.rates.iter().all(|r| r.failed == 0)));
}

/// What is behind a number in the picture of the slack is not what is left of it.
#[test]
fn the_slack_is_not_split_where_something_is_not_a_number() {
    let mut config = few("12,12");
    config.stages = run::stages(&["slack"]).unwrap();
    let claims = config.claims();
    let mut records = common::sample(&config);
    let good = common::ledger(&config, &claims, &records);
    assert!(good.attribution.is_some());
    records[3].outcomes[0] = Outcome::of(Magnitude::from_f64(f64::NAN));
    let bad = common::ledger(&config, &claims, &records);
    assert!(bad.attribution.is_none() && bad.verdict == Some(Verdict::NumericalFailure));
    // A factor has no row in the table for people, unless it failed.
    let text = |ledger| relubound::report::text(ledger, relubound::report::Detail::Full, 200);
    assert!(!text(&good).contains("slack.flips[1]"));
    assert!(
        text(&bad).lines().any(|line| line.contains("slack.flips[1]") && line.contains("FAIL"))
    );
    assert!(text(&bad).contains("1 NUMERICAL FAILURE"), "{}", text(&bad));
}
