//! Directories of results under attack: edits, kills, second processes, links, full disks, crafted
//! files. Each test counts; by default few of a kind, and many with
//!
//! ```sh
//! cargo test --test robustness -- --ignored --nocapture --test-threads 1
//! ```
//!
//! which takes about a quarter of an hour and prints the counts.
#![cfg(unix)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use common::MACHINE;
use relubound::model::outcome::Outcome;
use relubound::model::outcome::Search;
use relubound::num::magnitude::Magnitude;
use relubound::report::{self, Detail, csv, json};
use relubound::run::Record;
use relubound::run::store::{self, Lock, RunDir, SEAL, seal};
use relubound::study::{self, Directory, Grid, Line, Shard, Study};
use serde_json::Value;

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relubound"));
    command.args(args);
    command
}

fn relubound(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// With a shell around it, whose first words are these.
fn run_in(shell: &str, args: &[&str]) -> Output {
    let script = format!("{shell} exec \"$0\" \"$@\"");
    let program = env!("CARGO_BIN_EXE_relubound");
    Command::new("sh").args(["-c", &script, program]).args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn done(output: &Output) {
    assert!(output.status.success(), "{}", said(output));
}

/// Refused in one line that says why.
fn refused(output: &Output, why: &str) {
    let message = said(output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains(why) && message.trim_end().lines().count() == 1, "{message}");
}

fn at(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Three cells.
const STUDY: [&str; 11] = [
    "explore",
    "--widths",
    "8",
    "--quantities",
    "c1,flips,threshold",
    "--trials",
    "40",
    "--searches",
    "10",
    "--seed",
    "3",
];

fn explore_depths(out: &Path, depths: &str) -> Output {
    relubound(&[&STUDY[..], &["--depths", depths, "--out", at(out)]].concat())
}

fn study_in(out: &Path) -> Output {
    explore_depths(out, "1..3")
}

/// The same study in memory.
fn study() -> Study {
    Study::new(Grid {
        depths: "1..3".into(),
        widths: "8".into(),
        quantities: "c1,flips,threshold".into(),
        trials: "40".into(),
        searches: "10".into(),
        seed: "3".into(),
        ..Grid::default()
    })
    .unwrap()
}

fn check_args<'a>(out: &'a Path, seed: &'a str, trials: &'a str) -> Vec<&'a str> {
    vec![
        "check",
        "--widths",
        "6,4",
        "--stages",
        "output,bottleneck,slack,collapse",
        "--trials",
        trials,
        "--searches",
        "20",
        "--seed",
        seed,
        "--out",
        at(out),
    ]
}

fn check(out: &Path, seed: &str, more: &[&str]) -> Output {
    relubound(&[&check_args(out, seed, "60")[..], more].concat())
}

/// What a run directory says, or why it cannot be read.
fn stored(out: &Path) -> Result<Value, String> {
    let output = relubound(&["report", at(out), "--format", "json"]);
    match output.status.code() {
        Some(0) => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        _ => Err(said(&output)),
    }
}

fn seed_of(run: &Value) -> u64 {
    run["config"]["sampling"]["seed"].as_u64().unwrap()
}

/// Every file below a directory with its bytes.
fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let content = fs::read(&path).unwrap_or_default();
            found.push((path, content));
        }
    }
    found.sort();
    found
}

fn cells(out: &Path) -> PathBuf {
    out.join("cells.jsonl")
}

/// Every way to change one thing in JSON lines: digits; and keys deleted or added, values replaced.
fn edits(text: &str) -> Vec<String> {
    let mut edits = Vec::new();
    for (i, digit) in text.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
        let other = char::from(b'0' + (digit as u8 - b'0' + 1) % 10);
        edits.push(format!("{}{other}{}", &text[..i], &text[i + 1..]));
    }
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (i, line) in lines.iter().enumerate() {
        for change in changes(line) {
            let line = |j: usize| if i == j { change.clone() } else { lines[j].to_string() };
            edits.push((0..lines.len()).map(|j| line(j) + "\n").collect());
        }
    }
    edits
}

/// Texts in place of a value that say something else.
fn changes(value: &Value) -> Vec<String> {
    let mut places = Vec::new();
    pointers(value, &mut String::new(), &mut places);
    let mut texts = Vec::new();
    for place in &places {
        let there = value.pointer(place).unwrap();
        let mut others = vec![Value::Null, true.into(), "text".into(), (-1).into(), 1e300.into()];
        others.push("@NaN@".into());
        if let Value::Object(map) = there {
            let mut more = map.clone();
            more.insert("more".into(), 0.into());
            others.push(more.into());
            for key in map.keys() {
                let mut fewer = map.clone();
                fewer.shift_remove(key);
                others.push(fewer.into());
            }
            // A key that is there twice.
            if let Some((key, first)) = map.iter().next() {
                let twice = there.to_string().replacen('{', &format!("{{\"{key}\":{first},"), 1);
                let mut changed = value.clone();
                *changed.pointer_mut(place).unwrap() = "@twice@".into();
                texts.push(changed.to_string().replace("\"@twice@\"", &twice));
            }
        }
        if let Value::Array(items) = there {
            others.push(items.iter().chain([&Value::from(1)]).cloned().collect());
            others.push(items.iter().skip(1).cloned().collect());
        }
        for other in others.into_iter().filter(|other| other != there) {
            let mut changed = value.clone();
            *changed.pointer_mut(place).unwrap() = other;
            texts.push(changed.to_string().replace("\"@NaN@\"", "NaN"));
        }
    }
    texts
}

fn pointers(value: &Value, at: &mut String, found: &mut Vec<String>) {
    found.push(at.clone());
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in inner {
        let length = at.len();
        *at += &format!("/{}", key.replace('~', "~0").replace('/', "~1"));
        pointers(value, at, found);
        at.truncate(length);
    }
}

/// Every `step`th edit of a cell is refused by `explore` and by `merge`, and the file is kept.
fn edited_cells(step: usize) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let (out, merged) = (dir.path().join("study"), dir.path().join("merged"));
    done(&study_in(&out));
    let good = fs::read_to_string(cells(&out)).unwrap();
    let mut count = 0;
    for edit in edits(&good).into_iter().step_by(step) {
        fs::write(cells(&out), &edit).unwrap();
        refused(&study_in(&out), "cells.jsonl");
        refused(&relubound(&["merge", at(&out), "--out", at(&merged)]), "cells.jsonl");
        assert!(fs::read_to_string(cells(&out)).unwrap() == edit && !merged.exists(), "{edit}");
        count += 1;
    }
    fs::write(cells(&out), &good).unwrap();
    done(&study_in(&out));
    done(&relubound(&["merge", at(&out), "--out", at(&merged)]));
    count
}

#[test]
fn no_edit_of_a_cell_is_believed() {
    assert!(edited_cells(61) > 20);
}

#[test]
#[ignore = "long: every edit"]
fn no_edit_of_a_cell_is_believed_in_all() {
    let count = edited_cells(1);
    println!("edited cells believed: 0 of {count}");
    assert!(count > 900);
}

#[test]
fn cells_of_another_study_are_none_of_this_one() {
    let dir = tempfile::tempdir().unwrap();
    let (out, other) = (dir.path().join("study"), dir.path().join("other"));
    done(&study_in(&out));
    for (flag, value, said) in [
        ("--widths", "9", "cell 0 has input \"9\", not \"8\""),
        ("--delta", "0.2", "cell 0 has delta \"0.2\", not \"0.1\""),
        ("--radius", "0.5", "cell 0 has radius \"0.5\", not null"),
        ("--step", "3", "cell 0 has step \"3\", not null"),
        ("--trials", "41", "cell 0 has trials 41, not 40"),
        ("--seed", "4", "cell 0 has seed "),
        ("--depths", "2..4", "cell 0 has depth 2, not 1"),
        // The same networks and values, in a study of other cells.
        ("--depths", "1..4", "does not match its sha256"),
    ] {
        let mut args = STUDY.to_vec();
        args.extend(["--depths", "1..3", "--delta", "0.1"]);
        match args.iter().position(|arg| *arg == flag) {
            Some(place) => args[place + 1] = value,
            None => args.extend([flag, value]),
        }
        done(&relubound(&[&args[..], &["--out", at(&other)]].concat()));
        fs::copy(cells(&other), cells(&out)).unwrap();
        refused(&study_in(&out), said);
        fs::remove_dir_all(&other).unwrap();
    }
}

#[test]
fn cells_that_are_there_twice_are_one_if_they_say_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (out, study) = (dir.path().join("study"), study());
    done(&study_in(&out));
    let good = fs::read_to_string(cells(&out)).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    // As two processes leave them where there are no locks.
    let mixed = [1, 0, 0, 1, 2, 2].map(|i| format!("{}\n", lines[i])).concat();
    fs::write(cells(&out), mixed).unwrap();
    done(&study_in(&out));
    assert_eq!(fs::read_to_string(cells(&out)).unwrap(), good);
    // Another one with a right seal.
    let go = AtomicBool::new(false);
    let measured = study.measure(&study.cells[2], MACHINE, &go, |_| {}).unwrap().unwrap();
    let planted = dir.path().join("planted");
    fs::create_dir(&planted).unwrap();
    let other = Line { failed: vec!["output.law".into()], ..measured };
    for name in ["study.json", "cells.jsonl"] {
        fs::copy(out.join(name), planted.join(name)).unwrap();
    }
    fs::write(cells(&planted), lines[..2].join("\n") + "\n").unwrap();
    Directory::open(&planted, &study, Shard::WHOLE).unwrap().append(other).unwrap();
    let text = good.clone() + fs::read_to_string(cells(&planted)).unwrap().lines().last().unwrap();
    fs::write(cells(&out), &text).unwrap();
    refused(&study_in(&out), "cell 2 is there twice, differently");
    assert_eq!(fs::read_to_string(cells(&out)).unwrap(), text);
}

/// In other spellings, also of a study that goes on.
#[test]
fn another_spelling_of_the_same_content_is_no_edit() {
    let dir = tempfile::tempdir().unwrap();
    let (out, ran) = (dir.path().join("study"), dir.path().join("run"));
    done(&study_in(&out));
    done(&check(&ran, "1", &[]));
    let (good, whole, first) =
        (fs::read_to_string(cells(&out)).unwrap(), files(&out), stored(&ran));
    let sorted = |text: &str| -> String {
        let values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        let values = values.map(|value| {
            let mut value = value.unwrap();
            value.sort_all_objects();
            serde_json::to_string_pretty(&value).unwrap() + "\n"
        });
        values.collect()
    };
    let spellings: [&dyn Fn(&str) -> String; 4] =
        [&|text| text.replace('\n', "\r\n"), &|text| format!("\u{feff}{text}"), &sorted, &|text| {
            text.replace("\":", "\" : ").replace(",\"", " ,\t\"")
        }];
    for spelled in spellings {
        let half = good.find("\n{\"cell\":2").unwrap();
        for text in [good.clone(), good[..=half].to_owned(), good[..half + 30].to_owned()] {
            let (cut, tail) = text.split_at(text.rfind('\n').unwrap() + 1);
            fs::write(cells(&out), spelled(cut) + tail).unwrap();
            done(&study_in(&out));
            assert!(files(&out) == whole, "{text}");
        }
        for name in ["run.json", "trials.jsonl"] {
            let text = fs::read_to_string(ran.join(name)).unwrap();
            fs::write(ran.join(name), spelled(&text)).unwrap();
            assert!(stored(&ran) == first && first.is_ok(), "{name}");
            fs::write(ran.join(name), text).unwrap();
        }
    }
    // A crash of the machine may leave zeros in place of a line.
    fs::write(cells(&out), [&good.as_bytes()[..good.len() / 2], &[0; 99]].concat()).unwrap();
    done(&study_in(&out));
    assert!(files(&out) == whole);
}

/// Two processes replace one run at the same time; every time one of the two is there, whole.
fn two_processes(tries: u32) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    done(&check(&out, "9", &[]));
    for _ in 0..tries {
        let start = |seed| {
            let mut command = command(&check_args(&out, seed, "60"));
            command.arg("--force").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let mut both = [start("1"), start("2")];
        let ended = both.each_mut().map(|child| child.wait().unwrap().code());
        assert!(
            ended.contains(&Some(0)) && ended.iter().all(|code| [Some(0), Some(2)].contains(code))
        );
        let seed = seed_of(&stored(&out).unwrap()) as usize;
        assert!(ended[seed - 1] == Some(0), "{ended:?}, and {seed} is there");
        whole(&out);
    }
}

/// The pages are those of the run.
fn whole(out: &Path) {
    let before = files(out);
    done(&relubound(&["report", at(out)]));
    assert!(files(out) == before, "a page is not that of the run");
}

#[test]
fn two_processes_lose_no_run() {
    two_processes(4);
}

#[test]
#[ignore = "long: a hundred pairs"]
fn two_processes_lose_no_run_in_a_hundred() {
    two_processes(100);
    println!("runs lost to a second process: 0 of 100");
}

fn spawn(args: &[&str]) -> Child {
    command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The same study, begun again before the process that was killed is gone.
fn restarts(tries: u64) {
    let dir = tempfile::tempdir().unwrap();
    let (whole, out) = (dir.path().join("whole"), dir.path().join("study"));
    done(&explore_depths(&whole, "1..3"));
    let mut kept = 0;
    for moment in 0..tries {
        let args = [&STUDY[..], &["--depths", "1..3", "--out", at(&out)]].concat();
        let mut first = spawn(&args);
        std::thread::sleep(Duration::from_millis(moment * 37 % 211));
        first.kill().unwrap();
        done(&study_in(&out));
        first.wait().unwrap();
        let same = ["cells.jsonl", "study.md", "index.html", "cells.csv"];
        assert!(same.iter().all(|name| {
            fs::read(whole.join(name)).unwrap() == fs::read(out.join(name)).unwrap()
        }));
        // Once more with only some of the cells.
        let text = fs::read(cells(&out)).unwrap();
        kept = (kept + 977) % text.len();
        fs::write(cells(&out), &text[..kept]).unwrap();
    }
}

#[test]
fn a_restart_after_a_kill_goes_on_at_once() {
    restarts(5);
}

#[test]
#[ignore = "long: a hundred kills"]
fn a_restart_after_a_kill_goes_on_at_once_in_a_hundred() {
    restarts(100);
    println!("restarts refused after a kill: 0 of 100");
}

/// A run that takes the place of another is killed at some moment: one of the two is there.
fn killed_over_another(tries: u64) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    done(&check(&out, "1", &[]));
    let mut new = 0;
    for i in 0..tries {
        let seed = (i + 2).to_string();
        let before = seed_of(&stored(&out).unwrap());
        let mut child = spawn(&[&check_args(&out, &seed, "60")[..], &["--force"]].concat());
        if i % 4 != 3 {
            std::thread::sleep(Duration::from_millis(i * 29 % 400));
            child.kill().unwrap();
        }
        child.wait().unwrap();
        let there = seed_of(&stored(&out).unwrap());
        assert!(there == before || there == i + 2);
        new += u64::from(there == i + 2);
        done(&relubound(&["report", at(&out)]));
        whole(&out);
    }
    assert!(new > 0);
}

#[test]
fn a_run_killed_over_another_leaves_one_of_them() {
    killed_over_another(8);
}

#[test]
#[ignore = "long: a hundred kills"]
fn a_run_killed_over_another_leaves_one_of_them_in_a_hundred() {
    killed_over_another(100);
    println!("runs lost to a kill: 0 of 100");
}

/// Where a process was killed while it moved the new run to its place.
#[test]
fn a_run_on_its_way_arrives() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["trials.jsonl", "ledger.csv", "ledger.md", "report.html", "run.json"];
    for moved in 0..=names.len() {
        let (old, new) = (dir.path().join(format!("old{moved}")), dir.path().join("new"));
        done(&check(&old, "1", &[]));
        done(&check(&new, "2", &[]));
        let next = old.join(".relubound.next");
        fs::create_dir(&next).unwrap();
        for (i, name) in names.iter().enumerate() {
            let to = if i < moved { &old } else { &next };
            fs::rename(new.join(name), to.join(name)).unwrap();
        }
        let sums = [&old, &new].map(|dir| fs::read(dir.join(".relubound.sums")).unwrap());
        fs::write(old.join(".relubound.sums"), sums.concat()).unwrap();
        assert_eq!(seed_of(&stored(&old).unwrap()), 2);
        done(&relubound(&["report", at(&old)]));
        assert!(!next.exists());
        whole(&old);
        fs::remove_dir_all(&new).unwrap();
    }
}

#[test]
fn what_replaces_a_run_and_fails_leaves_it() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    done(&check(&out, "1", &[]));
    let before = files(&out);
    let force = |trials| [&check_args(&out, "2", trials)[..], &["--force"]].concat();
    // In blocks of 512 bytes: within the trials, the ledger and the page.
    let mut failed = 0;
    for blocks in [1, 20, 120, 200] {
        let output = run_in(&format!("trap '' XFSZ; ulimit -f {blocks};"), &force("60"));
        assert!(output.status.success() || output.status.code() == Some(2), "{}", said(&output));
        if !output.status.success() {
            refused(&output, "write");
            assert!(files(&out) == before, "{blocks}");
            failed += 1;
        }
    }
    assert!(failed > 2);
    done(&check(&out, "1", &["--force"]));
    let before = files(&out);
    // No file may be opened beside those of a process.
    let results = |files: Vec<(PathBuf, Vec<u8>)>| -> Vec<(PathBuf, Vec<u8>)> {
        files.into_iter().filter(|(path, _)| !at(path).contains("/.relubound")).collect()
    };
    let mut failed = 0;
    for descriptors in 3..9 {
        let output = run_in(&format!("ulimit -n {descriptors};"), &force("60"));
        failed += u32::from(!output.status.success());
        if output.status.success() {
            done(&check(&out, "1", &["--force"]));
        }
        let same = results(files(&out)) == results(before.clone());
        assert!(same, "{descriptors}: {}", said(&output));
    }
    assert!(failed > 0);
    let before = files(&out);
    // Interrupted before it is complete.
    let mut child =
        command(&force("10000000")).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(said(&child.wait_with_output().unwrap()).contains("keeps the run that it held"));
    assert!(files(&out) == before);
    // A directory where a page was: found before anything is moved.
    fs::remove_file(out.join("ledger.md")).unwrap();
    fs::create_dir(out.join("ledger.md")).unwrap();
    refused(&relubound(&force("60")), "is a directory");
    assert_eq!(seed_of(&stored(&out).unwrap()), 1);
}

#[test]
fn copies_made_of_links_stay_what_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let (ran, out, copy) =
        (dir.path().join("run"), dir.path().join("study"), dir.path().join("copy"));
    done(&check(&ran, "1", &[]));
    done(&study_in(&out));
    let text = fs::read(cells(&out)).unwrap();
    fs::write(cells(&out), &text[..text.len() / 2]).unwrap();
    fs::create_dir(&copy).unwrap();
    for from in [&ran, &out] {
        for (path, _) in files(from) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let to = format!("{}-{name}", from.file_name().unwrap().to_str().unwrap());
            fs::hard_link(&path, copy.join(to)).unwrap();
        }
    }
    let before = files(&copy);
    done(&check(&ran, "2", &["--force"]));
    done(&study_in(&out));
    fs::remove_file(ran.join("report.html")).unwrap();
    done(&relubound(&["report", at(&ran)]));
    assert!(files(&copy) == before);
    assert_eq!(fs::read(cells(&out)).unwrap(), text);
    // Links that are made between two cells: the file that grows is the copy's no longer.
    let study = study();
    let go = AtomicBool::new(false);
    let late = dir.path().join("late");
    let mut directory = Directory::open(&late, &study, Shard::WHOLE).unwrap();
    for (i, cell) in study.cells.iter().enumerate() {
        let line = study.measure(cell, MACHINE, &go, |_| {}).unwrap().unwrap();
        directory.append(line).unwrap();
        let linked = copy.join(format!("late{i}"));
        fs::hard_link(cells(&late), &linked).unwrap();
    }
    drop(directory);
    let lines = |name: &str| fs::read_to_string(copy.join(name)).unwrap().lines().count();
    assert_eq!([lines("late0"), lines("late1"), lines("late2")], [1, 2, 3]);
    assert_eq!(fs::read(cells(&late)).unwrap(), text);
    // What was removed is written again; what took its place is kept.
    let late = dir.path().join("later");
    let mut directory = Directory::open(&late, &study, Shard::WHOLE).unwrap();
    let line = |i: usize| study.measure(&study.cells[i], MACHINE, &go, |_| {}).unwrap().unwrap();
    directory.append(line(0)).unwrap();
    fs::remove_file(cells(&late)).unwrap();
    directory.append(line(1)).unwrap();
    assert!(text.starts_with(&fs::read(cells(&late)).unwrap()));
    fs::remove_file(cells(&late)).unwrap();
    fs::write(cells(&late), "mine").unwrap();
    assert!(directory.append(line(2)).unwrap_err().to_string().contains("was replaced"));
    assert_eq!(fs::read(cells(&late)).unwrap(), b"mine");
}

/// A link, a directory, a fifo or a device in place of each file: refused at once, and nothing
/// outside changes.
#[test]
fn what_is_no_file_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (ran, out) = (dir.path().join("run"), dir.path().join("study"));
    done(&check(&ran, "1", &[]));
    done(&study_in(&out));
    let outside = dir.path().join("outside");
    fs::write(&outside, "precious").unwrap();
    let merged = dir.path().join("merged");
    let names =
        |dir: &Path| -> Vec<PathBuf> { files(dir).into_iter().map(|file| file.0).collect() };
    for path in names(&ran).into_iter().chain(names(&out)) {
        let good = fs::read(&path).unwrap();
        let kinds: [&dyn Fn(); 4] = [
            &|| std::os::unix::fs::symlink(&outside, &path).unwrap(),
            &|| std::os::unix::fs::symlink("/nowhere/at/all", &path).unwrap(),
            &|| std::os::unix::fs::symlink("/dev/zero", &path).unwrap(),
            &|| assert!(Command::new("mkfifo").arg(&path).status().unwrap().success()),
        ];
        for (i, plant) in kinds.iter().enumerate() {
            fs::remove_file(&path).unwrap();
            plant();
            let named = at(&path).to_owned();
            if path.starts_with(&ran) {
                refused(&check(&ran, "2", &["--force"]), &named);
                // Reads are let through a link to a file, which then is no ledger.
                let report = relubound(&["report", at(&ran)]);
                // Without the lock nothing is written, and there is nothing to write.
                let code = if path.ends_with(".relubound.lock") { 0 } else { 2 };
                assert_eq!(report.status.code(), Some(code), "{named}, {i}: {}", said(&report));
            } else {
                refused(&study_in(&out), &named);
                if named.ends_with("jsonl") || named.ends_with("study.json") {
                    let merge = relubound(&["merge", at(&out), "--out", at(&merged)]);
                    assert_eq!(merge.status.code(), Some(2), "{named}, {i}");
                }
            }
            fs::remove_file(&path).unwrap();
            fs::write(&path, &good).unwrap();
        }
    }
    assert_eq!(fs::read_to_string(&outside).unwrap(), "precious");
    let fifo = dir.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for input in [&fifo, Path::new("/dev/zero")] {
        let output = relubound(&["explore", "--dry-run", "--config", at(input)]);
        refused(&output, "a fifo, socket or device");
    }
    whole(&ran);
    done(&study_in(&out));
}

#[test]
fn files_of_others_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["index.html", "study.md", "cells.csv", "figure-c1.svg", "cells.jsonl"] {
        let out = dir.path().join(name.replace('.', "-"));
        fs::create_dir(&out).unwrap();
        fs::write(out.join(name), "mine").unwrap();
        let before = files(&out);
        refused(&study_in(&out), "kept");
        assert!(files(&out) == before);
    }
    for name in ["ledger.csv", "ledger.md", "report.html", "trials.jsonl", "run.json"] {
        let out = dir.path().join(name.replace('.', "-"));
        fs::create_dir(&out).unwrap();
        fs::write(out.join(name), "{\"mine\": 1}").unwrap();
        let before = files(&out);
        for more in [&[][..], &["--force"]] {
            refused(&check(&out, "1", more), "kept");
            assert!(files(&out) == before);
        }
    }
    // Notes in a page of ours, at the end of a study and of a run.
    let (ran, out) = (dir.path().join("run"), dir.path().join("study"));
    done(&check(&ran, "1", &[]));
    done(&study_in(&out));
    for (page, again) in [
        (out.join("study.md"), &(|| study_in(&out)) as &dyn Fn() -> Output),
        (ran.join("ledger.md"), &|| check(&ran, "2", &["--force"])),
        (ran.join("report.html"), &|| relubound(&["report", at(&ran)])),
    ] {
        let good = fs::read(&page).unwrap();
        fs::write(&page, [&good, &b"\nmy notes\n"[..]].concat()).unwrap();
        let before = files(dir.path());
        refused(&again(), "changed since; it is kept");
        assert!(files(dir.path()) == before);
        fs::write(&page, good).unwrap();
        done(&again());
    }
}

#[test]
fn old_pages_do_not_stand_beside_new_results() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("study");
    done(&study_in(&out));
    fs::write(cells(&out), "").unwrap();
    let study = study();
    let directory = Directory::open(&out, &study, Shard::WHOLE).unwrap();
    assert!(!out.join("index.html").exists() && !out.join("figure-c1.svg").exists());
    drop(directory);
    done(&study_in(&out));
    assert!(out.join("index.html").exists());
}

/// While another process writes there, a report is shown and not written.
#[test]
fn a_report_writes_only_what_is_current() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    done(&check(&out, "1", &[]));
    fs::remove_file(out.join("report.html")).unwrap();
    let lock = Lock::take("DIR", &out).unwrap();
    let shown = relubound(&["report", at(&out)]);
    done(&shown);
    assert!(!shown.stdout.is_empty() && !out.join("report.html").exists());
    drop(lock);
    done(&relubound(&["report", at(&out)]));
    assert!(out.join("report.html").exists());
}

/// Reports that overlap a run, and its end: no page says that it is partial.
fn reports_meanwhile(tries: u32) {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..tries {
        let out = dir.path().join(i.to_string());
        let mut child = spawn(&check_args(&out, "1", "3000"));
        while child.try_wait().unwrap().is_none() {
            relubound(&["report", at(&out)]);
        }
        assert!(child.wait().unwrap().success());
        whole(&out);
        assert!(!fs::read_to_string(out.join("report.html")).unwrap().contains("PARTIAL"));
    }
}

#[test]
fn reports_leave_no_partial_page() {
    reports_meanwhile(2);
}

#[test]
#[ignore = "long: fifty runs"]
fn reports_leave_no_partial_page_in_fifty() {
    reports_meanwhile(50);
    println!("partial pages in complete runs: 0 of 50");
}

#[test]
fn files_have_the_rights_that_the_mask_leaves() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    for (mask, mode) in [("022", 0o644), ("002", 0o664), ("077", 0o600)] {
        let (ran, out) = (dir.path().join(format!("run{mask}")), dir.path().join(mask));
        let masked = format!("umask {mask};");
        done(&run_in(&masked, &check_args(&ran, "1", "60")));
        done(&run_in(&masked, &[&check_args(&ran, "2", "60")[..], &["--force"]].concat()));
        let args = [&STUDY[..], &["--depths", "1..3", "--out", at(&out)]].concat();
        done(&run_in(&masked, &args));
        for (path, _) in files(&ran).into_iter().chain(files(&out)) {
            let found = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{}", path.display());
        }
    }
}

/// A ledger with a right hash, or trials, of which one thing is changed: shown or refused, never a
/// panic. Gives how many were tried and how many of them were shown.
fn crafted_runs(step: usize) -> [usize; 2] {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    done(&check(&out, "1", &[]));
    let good = fs::read_to_string(out.join("run.json")).unwrap();
    let mut body: Value = serde_json::from_str(&good).unwrap();
    body.as_object_mut().unwrap().shift_remove(SEAL);
    let (mut tried, mut shown) = (0, 0);
    for text in changes(&body).into_iter().step_by(step) {
        // With a hash where it can have one.
        let text = match serde_json::from_str::<Value>(&text) {
            // Without the key that was there twice.
            Ok(same) if same == body => continue,
            Ok(Value::Object(mut map)) => {
                let own = seal(&Value::Object(map.clone()));
                map.insert(SEAL.into(), own.into());
                Value::Object(map).to_string()
            }
            _ => text,
        };
        fs::write(out.join("run.json"), text).unwrap();
        tried += 1;
        shown += usize::from(shows(&out));
    }
    fs::write(out.join("run.json"), good).unwrap();
    assert!(shows(&out));
    [tried, shown]
}

/// Loads a run and renders it in every way.
fn shows(out: &Path) -> bool {
    let Ok(run) = store::load(out) else { return false };
    let length = [
        report::text(&run.ledger, Detail::Full, 100),
        json::render(&run.ledger),
        csv::render(&run.ledger),
        report::markdown(&run.ledger),
        report::page(&run.ledger, run.experiment.claims(), run.experiment.records()),
    ];
    length.iter().all(|text| !text.is_empty())
}

#[test]
fn no_crafted_ledger_panics() {
    let [tried, shown] = crafted_runs(97);
    assert!(tried > 20 && shown == 0, "{shown} of {tried} are shown");
}

#[test]
#[ignore = "long: every change"]
fn no_crafted_ledger_panics_in_all() {
    let [tried, shown] = crafted_runs(1);
    println!("crafted ledgers: {tried}, of which none panics and {shown} are shown");
    assert!(tried > 1000 && shown == 0);
}

/// Numbers at the ends of what can be written.
const EXTREMES: [&str; 9] = [
    "0",
    "inf",
    "1",
    "5e-324",
    "1.7976931348623157e308",
    "1p9223372036854775807",
    "1.5p-9223372036854775807",
    "1p1000000000000",
    "1.5p-4000000000",
];

fn extreme(i: usize) -> Magnitude {
    EXTREMES[i % EXTREMES.len()].parse().unwrap()
}

/// Trials that no network shows, of which the ledger is made as of any others.
#[test]
fn no_crafted_trial_panics() {
    let config = common::spec("6,4", "0.1", 40, 1);
    let claims = config.claims();
    let dir = tempfile::tempdir().unwrap();
    for (name, outcome) in [
        ("extremes", &(|i| Outcome::Value(extreme(i))) as &dyn Fn(usize) -> Outcome),
        ("found", &|i| Outcome::Found(extreme(i), Search::Margin)),
        ("huge", &|_| Outcome::Value(extreme(5))),
        ("tiny", &|i| Outcome::Value(extreme(if i % 2 == 0 { 6 } else { 8 }))),
        ("mixed", &|i| match i % 5 {
            0 => Outcome::Undefined,
            1 => Outcome::NotSearched,
            2 => Outcome::Found(extreme(i / 5), Search::Input),
            _ => Outcome::Value(extreme(i / 5)),
        }),
        ("failed", &|i| if i % 3 == 0 { Outcome::Failed } else { Outcome::Value(extreme(i)) }),
    ] {
        let out = dir.path().join(name);
        let mut store = RunDir::create(&out, false, &claims).unwrap();
        let records: Vec<Record> = (0..40u64)
            .map(|trial| Record {
                trial,
                dead: [None, Some(true), Some(false)][trial as usize % 3],
                outcomes: (0..claims.len()).map(|i| outcome(i + 7 * trial as usize)).collect(),
            })
            .collect();
        records.iter().try_for_each(|record| store.append(record)).unwrap();
        store.finish(&common::ledger(&config, &claims, &records), &[]).unwrap();
        assert!(shows(&out), "{name}: {}", store::load(&out).err().unwrap());
    }
}

/// Cells with a right seal and values at the ends of what can be written.
#[test]
fn no_crafted_cell_panics() {
    let study = Study::new(Grid {
        depths: "1..6".into(),
        widths: "8,16".into(),
        trials: "0".into(),
        searches: "0".into(),
        ..Grid::default()
    })
    .unwrap();
    let go = AtomicBool::new(false);
    let measured: Vec<Line> = (study.cells.iter())
        .map(|cell| study.measure(cell, MACHINE, &go, |_| {}).unwrap().unwrap())
        .collect();
    let dir = tempfile::tempdir().unwrap();
    for shift in 0..EXTREMES.len() {
        let out = dir.path().join(shift.to_string());
        let mut directory = Directory::open(&out, &study, Shard::WHOLE).unwrap();
        for (i, line) in measured.iter().enumerate() {
            let mut line = line.clone();
            for (k, quantity) in study.quantities.iter().enumerate() {
                let number = |j: usize| Some(extreme(i * (1 + j + k) + shift));
                let value = study::Value {
                    proved: number(0),
                    plain: number(1),
                    expected: number(2),
                    observed: number(3),
                    n: Some(0),
                    failed: i % 5 == 4,
                    ..study::Value::default()
                };
                let value = serde_json::to_value(value).unwrap();
                line.values.insert(quantity.name.into(), value);
            }
            directory.append(line).unwrap();
        }
        drop(directory);
        let directory = Directory::open(&out, &study, Shard::WHOLE).unwrap();
        let findings = study::findings::Findings::new(&study, &directory.lines);
        let document = report::study::document(&findings, 12, Shard::WHOLE);
        assert!(!report::print::text::print(&document, 100).is_empty());
        let files = report::study::files(&findings).unwrap();
        assert!(files.len() > 4 && files.iter().all(|(_, bytes)| !bytes.is_empty()));
    }
}

#[test]
fn no_crafted_study_panics() {
    let dir = tempfile::tempdir().unwrap();
    let (out, merged) = (dir.path().join("study"), dir.path().join("merged"));
    done(&study_in(&out));
    let good = fs::read_to_string(out.join("study.json")).unwrap();
    for text in changes(&serde_json::from_str(&good).unwrap()) {
        fs::write(out.join("study.json"), &text).unwrap();
        for output in [study_in(&out), relubound(&["merge", at(&out), "--out", at(&merged)])] {
            assert_eq!(output.status.code(), Some(2), "{text}: {}", said(&output));
            assert_eq!(said(&output).trim_end().lines().count(), 1, "{}", said(&output));
        }
        assert!(!merged.exists());
    }
}
