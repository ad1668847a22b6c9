//! A run that is divided among machines: neither division, interruptions nor the scheduler change a
//! byte of what its parts are joined to.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin_cmd;
use common::{MACHINE, files, same, spec, staged};
use relubound::judge::verdict::Verdict;
use relubound::model::params::Probability;
use relubound::run::Experiment;
use relubound::run::store::{SEAL, seal};
use serde_json::Value;
use tempfile::TempDir;

/// What schedulers say of where a process runs.
const VARIABLES: [&str; 20] = [
    "SLURM_ARRAY_TASK_ID",
    "SLURM_ARRAY_TASK_MIN",
    "SLURM_ARRAY_TASK_MAX",
    "SLURM_ARRAY_TASK_COUNT",
    "SLURM_ARRAY_TASK_STEP",
    "PBS_ARRAY_INDEX",
    "PBS_ARRAYID",
    "SGE_TASK_ID",
    "SGE_TASK_FIRST",
    "SGE_TASK_LAST",
    "SGE_TASK_STEPSIZE",
    "OMPI_COMM_WORLD_RANK",
    "OMPI_COMM_WORLD_SIZE",
    "PMI_RANK",
    "PMI_SIZE",
    "SLURM_PROCID",
    "SLURM_NTASKS",
    "SLURM_STEP_ID",
    "PMIX_RANK",
    "JOB_COMPLETION_INDEX",
];

const SMALL: [&str; 8] =
    ["--widths", "6,5", "--trials", "20", "--stages", "output,gradient", "--seed", "3"];

fn run(args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = cargo_bin_cmd!("relubound");
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.args(args).envs(variables.iter().copied()).output().unwrap()
}

fn at(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn check(args: &[&str], out: &Path, more: &[&str]) -> Output {
    run(&[&["check"], args, &["--out", at(out)], more].concat(), &[])
}

fn merge(parts: &[PathBuf], out: &Path, more: &[&str]) -> Output {
    let parts: Vec<&str> = parts.iter().map(|part| at(part)).collect();
    run(&[&["merge"], &parts[..], &["--out", at(out)], more].concat(), &[])
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn done(output: &Output) {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// Refused in one line that says why.
fn refused(output: &Output, said: &str) {
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains(said) && message.lines().count() == 1, "{said}: {message}");
}

fn json(dir: &Path) -> Value {
    serde_json::from_slice(&fs::read(dir.join("run.json")).unwrap()).unwrap()
}

/// All parts of a run, in directories of their own.
fn parts(dir: &TempDir, args: &[&str], parts: usize) -> Vec<PathBuf> {
    let part = |i: usize| {
        let out = dir.path().join(format!("{i}-of-{parts}"));
        let output = check(args, &out, &["--shard", &format!("{i}/{parts}")]);
        done(&output);
        let said = text(&output.stdout);
        assert!(said.starts_with(&format!("part {i} of {parts}: ")), "{said}");
        out
    };
    (1..=parts).map(part).collect()
}

/// One run, and the same in parts that are joined.
fn divided(args: &[&str], shards: &[usize]) {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    let one = check(args, &whole, &[]);
    assert!(one.status.code() < Some(2), "{}", text(&one.stderr));
    for &n in shards {
        let mut parts = parts(&dir, args, n);
        let merged = dir.path().join(format!("merged-{n}"));
        // In any order.
        parts.rotate_left(n / 2);
        let joined = merge(&parts, &merged, &[]);
        let shown = |output: &Output| (output.status.code(), text(&output.stdout));
        assert_eq!(shown(&one), shown(&joined), "{}", text(&joined.stderr));
        assert_eq!(text(&one.stderr), text(&joined.stderr));
        same(&whole, &merged);
    }
}

/// Of all stages, where the networks that are searched and stepped belong to several parts.
#[test]
fn parts_are_merged_to_the_bytes_of_the_whole() {
    let args = ["--widths", "6,5", "--trials", "29", "--searches", "4", "--steps", "11"];
    divided(&args, &[1, 3, 8]);
}

#[test]
fn parts_of_every_engine_are_merged() {
    let args = ["--widths", "5,6,4", "--trials", "13", "--searches", "5", "--engine"];
    divided(&[&args[..], &["dense", "--precision", "f32"]].concat(), &[3]);
    divided(&[&args[..], &["conditioned", "--bias", "0.5"]].concat(), &[3]);
    divided(&[&args[..], &["law", "--stages", "output,gradient"]].concat(), &[3]);
    divided(&[&args[..], &["dense", "--weights", "rademacher"]].concat(), &[2]);
    divided(&[&args[..], &["auto", "--classes", "4", "--norm", "linf"]].concat(), &[2]);
}

/// Some parts have no trials, others none that is searched.
#[test]
fn there_may_be_more_parts_than_trials() {
    let args = ["--widths", "4", "--trials", "3", "--searches", "1", "--steps", "2"];
    divided(&args, &[5]);
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("last");
    let output = check(&args, &out, &["--shard", "5/5"]);
    done(&output);
    assert!(text(&output.stdout).contains("part 5 of 5: 0 of 0 networks"));
    assert_eq!(fs::read(out.join("trials.jsonl")).unwrap(), b"");
}

#[test]
fn a_part_says_that_it_is_one_and_judges_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("part");
    done(&check(&SMALL, &out, &["--shard", "3/8"]));
    let names: Vec<String> = files(&out).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [".relubound.lock", "run.json", "trials.jsonl"]);
    let head = json(&out);
    assert_eq!(head["status"], "part 3 of 8");
    assert_eq!(head["shard"], serde_json::json!({ "part": 3, "parts": 8 }));
    // 2, 10 and 18 of 20.
    assert_eq!((&head["trials"], &head["config"]["sampling"]["trials"]), (&3.into(), &20.into()));
    assert!(head.get("verdict").is_none() && head.get("rows").is_none());
    let trials = text(&fs::read(out.join("trials.jsonl")).unwrap());
    let numbers = trials
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["trial"].as_u64().unwrap());
    assert!(numbers.eq([2, 10, 18]));
    let other = dir.path().join("other");
    for args in [vec!["report", at(&out)], vec!["compare", at(&out), "4,4"]] {
        refused(&run(&args, &[]), "holds a part of a run");
    }
    // It is kept, as a run is, and takes the place of one with nothing left of it.
    refused(&check(&SMALL, &out, &["--shard", "3/8"]), "--force");
    done(&check(&SMALL, &other, &[]));
    assert!(other.join("report.html").exists());
    done(&check(&SMALL, &other, &["--shard", "3/8", "--force"]));
    for name in ["run.json", "trials.jsonl"] {
        assert_eq!(fs::read(out.join(name)).unwrap(), fs::read(other.join(name)).unwrap());
    }
    assert!(
        files(&other).iter().all(|(name, _)| !name.contains("ledger") && name != "report.html")
    );
    let dry = run(&[&["check"], &SMALL[..], &["--shard", "3/8", "--dry-run"]].concat(), &[]);
    done(&dry);
}

/// Killed before it is finished, a part is refused by `merge`, and sampled again with `--force`,
/// as a run is.
#[test]
fn a_part_that_was_killed_is_sampled_again_to_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["--widths", "8x3", "--trials", "60000", "--stages", "gradient"];
    let (whole, merged) = (dir.path().join("whole"), dir.path().join("merged"));
    done(&check(&args, &whole, &[]));
    let mut parts = parts(&dir, &args, 2);
    parts[1] = dir.path().join("killed");
    let mut child = Command::new(env!("CARGO_BIN_EXE_relubound"))
        .args([&["check"], &args[..], &["--shard", "2/2", "--out", at(&parts[1])]].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !parts[1].join("run.json").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(json(&parts[1])["status"], "partial");
    refused(&merge(&parts, &merged, &[]), "is not finished: 0 of 30000 trials");
    assert!(!merged.exists());
    refused(&check(&args, &parts[1], &["--shard", "2/2"]), "--force");
    done(&check(&args, &parts[1], &["--shard", "2/2", "--force"]));
    done(&merge(&parts, &merged, &[]));
    same(&whole, &merged);
    // A run that is there is kept, too.
    refused(&merge(&parts, &merged, &[]), "--force");
    done(&merge(&parts, &merged, &["--force", "--threads", "1"]));
    same(&whole, &merged);
}

/// At α = 0.2, where chance looks like a violation: fresh networks are drawn when the parts are
/// joined, to the bytes of the run that draws them at its end.
#[test]
fn rows_that_look_violated_are_confirmed_when_parts_are_joined() {
    let ends = |seed: u64| {
        let mut config = spec("2", "0.2", 60, seed);
        config.params.delta = Probability::parse("delta", "0.1").unwrap();
        config.alpha = Probability::parse("alpha", "0.2").unwrap();
        let mut run = Experiment::new(staged(&config, &["output"]), MACHINE).unwrap();
        let ledger = run.run().unwrap();
        let looked = ledger.rows.iter().any(|row| row.fresh.is_some());
        looked.then_some(ledger.verdict.is_some_and(Verdict::is_failure))
    };
    for failed in [false, true] {
        let seed = (1..2000).find(|&seed| ends(seed) == Some(failed)).unwrap().to_string();
        let args = ["--widths", "2", "--stages", "output", "--trials", "60", "--alpha", "0.2"];
        let args = [&args[..], &["--engine", "dense", "--seed", &seed]].concat();
        let dir = tempfile::tempdir().unwrap();
        let output = check(&args, &dir.path().join("whole"), &[]);
        assert!(text(&output.stderr).contains("looked violated: 60 fresh networks are drawn"));
        assert_eq!(output.status.code(), Some(i32::from(failed)));
        // Also what is said of it.
        divided(&args, &[3]);
    }
}

#[test]
fn a_scheduler_says_which_part() {
    let dir = tempfile::tempdir().unwrap();
    let slurm = |id| {
        vec![
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_MIN", "0"),
            ("SLURM_ARRAY_TASK_MAX", "3"),
            ("SLURM_ARRAY_TASK_COUNT", "4"),
            // Of the only process of this task.
            ("SLURM_PROCID", "0"),
            ("SLURM_NTASKS", "1"),
        ]
    };
    let sge = |id| {
        vec![
            ("SGE_TASK_ID", id),
            ("SGE_TASK_FIRST", "2"),
            ("SGE_TASK_LAST", "8"),
            ("SGE_TASK_STEPSIZE", "2"),
        ]
    };
    let mut count = 0;
    let mut part = |text: &str, variables: &[(&str, &str)], expected: [u64; 2]| {
        count += 1;
        let out = dir.path().join(count.to_string());
        let args = [&["check"], &SMALL[..], &["--shard", text, "--out", at(&out)]].concat();
        let output = run(&args, variables);
        done(&output);
        // One line says what was read.
        let said = output.stderr.split(|&byte| byte == b'\n').next().map(<[u8]>::to_vec);
        let said = self::text(&said.unwrap());
        let [part, parts] = expected;
        assert!(said.starts_with(&format!("relubound: part {part} of {parts} by ")), "{said}");
        let shard = serde_json::json!({ "part": part, "parts": parts });
        assert_eq!(json(&out)["shard"], shard, "{variables:?}");
        // The same for a study.
        let study = dir.path().join(format!("study-{count}"));
        let args = ["explore", "--depths", "1", "--widths", "4", "--trials", "0", "--quantities"];
        let more = ["c1", "--shard", text, "--out", at(&study)];
        done(&run(&[&args[..], &more].concat(), variables));
        let header = fs::read(study.join("study.json")).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&header).unwrap()["shard"], shard);
        out
    };
    let all: Vec<PathBuf> = ["0", "1", "2", "3"]
        .into_iter()
        .zip(1..)
        .map(|(id, i)| part("auto", &slurm(id), [i, 4]))
        .collect();
    part("auto", &sge("4"), [2, 4]);
    part("auto", &[("SGE_TASK_ID", "undefined"), ("PMI_RANK", "0"), ("PMI_SIZE", "2")], [1, 2]);
    part("auto/4", &[("PBS_ARRAY_INDEX", "3")], [3, 4]);
    part("auto/4", &[("PBS_ARRAYID", "4")], [4, 4]);
    part("auto", &[("OMPI_COMM_WORLD_RANK", "1"), ("OMPI_COMM_WORLD_SIZE", "2")], [2, 2]);
    let srun = |rank, count| {
        [("SLURM_PROCID", rank), ("SLURM_NTASKS", count), ("SLURM_STEP_ID", "0")].to_vec()
    };
    part("auto", &srun("5", "6"), [6, 6]);
    part("auto/4", &[("JOB_COMPLETION_INDEX", "3")], [4, 4]);
    let (whole, merged) = (dir.path().join("whole"), dir.path().join("merged"));
    done(&check(&SMALL, &whole, &[]));
    done(&merge(&all, &merged, &[]));
    same(&whole, &merged);

    let out = dir.path().join("nothing");
    for (text, variables, said) in [
        ("auto", vec![], "none of SLURM_ARRAY_TASK_ID, PBS_ARRAY_INDEX"),
        ("auto", slurm("4"), "SLURM_ARRAY_TASK_ID is 4, which is none of 4 from 0"),
        ("auto", slurm("\u{1b}[2J"), "SLURM_ARRAY_TASK_ID is "),
        ("auto/8", slurm("3"), "8 parts, and 4 tasks"),
        ("auto", sge("3"), "none of 4 from 2 in steps of 2"),
        ("auto", vec![("PBS_ARRAY_INDEX", "3")], "as auto/8"),
        ("auto", vec![("JOB_COMPLETION_INDEX", "3")], "as auto/8"),
        ("auto", [slurm("3"), srun("1", "2")].concat(), "and a process in it by SLURM_PROCID"),
        ("auto/0", slurm("3"), "--shard auto/0"),
        ("auto8", slurm("3"), "--shard auto8"),
        ("auto1/30", slurm("3"), "--shard auto1/30"),
        ("3", slurm("3"), "or auto"),
    ] {
        for command in ["check", "explore"] {
            let output = run(&[command, "--shard", text, "--out", at(&out)], &variables);
            refused(&output, said);
            assert!(!out.exists());
        }
    }
}

#[test]
fn parts_that_do_not_go_together_are_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let merged = dir.path().join("merged");
    let all = parts(&dir, &SMALL, 3);
    let wrong = |parts: &[&PathBuf], said: &str| {
        let parts: Vec<PathBuf> = parts.iter().map(|part| (*part).clone()).collect();
        refused(&merge(&parts, &merged, &[]), said);
        assert!(!merged.exists());
    };
    wrong(&[&all[0], &all[2]], "part 2 is missing of 3");
    wrong(&[&all[0], &all[1], &all[1]], "part 2 is there 2 times, part 3 is missing");
    wrong(&[&all[0], &all[1], &all[2], &all[0]], "part 1 is there 2 times of 3");
    let other = |name: &str, more: &[&str]| {
        let out = dir.path().join(name);
        done(&check(&SMALL[..6], &out, more));
        out
    };
    for (name, more, said) in [
        ("seed", &["--seed", "4", "--shard", "3/3"][..], "other seed"),
        ("parts", &["--seed", "3", "--shard", "3/4"], "other parts"),
        ("bias", &["--seed", "3", "--shard", "3/3", "--bias", "1"], "other bias"),
        ("more", &["--alpha", "0.1", "--seed", "4", "--shard", "3/3"], "other alpha, seed"),
        ("engine", &["--engine", "law", "--seed", "3", "--shard", "3/3"], "other engines"),
        ("whole", &["--seed", "3"], "holds a whole run, not a part of one"),
    ] {
        wrong(&[&all[0], &all[1], &other(name, more)], said);
    }
    let study = dir.path().join("study");
    let args = ["explore", "--depths", "1", "--widths", "4", "--trials", "0", "--quantities", "c1"];
    done(&run(&[&args[..], &["--out", at(&study)]].concat(), &[]));
    wrong(&[&all[0], &all[1], &study], "holds a study");
    wrong(&[&all[0], &all[1], &dir.path().join("nowhere")], "nowhere");
    let output = run(&["merge", at(&study), "--force", "--out", at(&merged)], &[]);
    refused(&output, "a study is kept");

    // Damage of every sort, in the last part.
    let (head, trials) = (all[2].join("run.json"), all[2].join("trials.jsonl"));
    let before = [&head, &trials].map(|path| fs::read(path).unwrap());
    let [text_of_head, text_of_trials] = before.clone().map(|bytes| text(&bytes));
    let damaged = |path: &PathBuf, content: &str, said: &str| {
        fs::write(path, content).unwrap();
        wrong(&[&all[0], &all[1], &all[2]], said);
        fs::write(&head, &before[0]).unwrap();
        fs::write(&trials, &before[1]).unwrap();
    };
    let lines: Vec<&str> = text_of_trials.lines().collect();
    damaged(&trials, &lines[1..].join("\n"), "trials.jsonl: truncated or edited");
    damaged(&trials, &format!("{text_of_trials}{}\n", lines[0]), "longer than the run");
    damaged(&trials, &text_of_trials.replace("false", "true"), "does not match the sha256");
    damaged(&head, &text_of_head[..text_of_head.len() / 2], "run.json: truncated or edited");
    damaged(
        &head,
        &text_of_head.replace("\"part\": 3", "\"part\": 2"),
        "does not match its sha256",
    );
    fs::remove_file(&trials).unwrap();
    wrong(&[&all[0], &all[1], &all[2]], "trials.jsonl: cannot read");
    fs::write(&trials, &before[1]).unwrap();
    // With hashes that are right.
    let crafted = |change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_str(&text_of_head).unwrap();
        value.as_object_mut().unwrap().remove(SEAL);
        change(&mut value);
        let own = seal(&value);
        value[SEAL] = own.into();
        value.to_string()
    };
    damaged(&head, &crafted(&|head| head["tool"]["version"] = "0.0.0".into()), "version 0.0.0");
    damaged(&head, &crafted(&|head| head["status"] = "part 2 of 3".into()), "edited");
    damaged(&head, &crafted(&|head| head["trials"] = 7.into()), "edited");
    damaged(&head, &crafted(&|head| head["shard"]["part"] = 4.into()), "edited");
    damaged(&head, &crafted(&|head| head["rows"] = Value::Array(Vec::new())), "edited");
    // Those of part 1 as those of part 2, of which there are as many.
    let mut value = json(&all[0]);
    value.as_object_mut().unwrap().remove(SEAL);
    value["shard"]["part"] = 2.into();
    value["status"] = "part 2 of 3".into();
    let own = seal(&value);
    value[SEAL] = own.into();
    let posing = dir.path().join("posing");
    fs::create_dir(&posing).unwrap();
    fs::write(posing.join("run.json"), value.to_string()).unwrap();
    fs::copy(all[0].join("trials.jsonl"), posing.join("trials.jsonl")).unwrap();
    wrong(&[&all[0], &posing, &all[2]], "not the trials of this part");
    done(&merge(&all, &merged, &[]));
}

#[test]
fn what_a_part_cannot_do_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("part");
    let shard = ["--shard", "1/2"];
    for (more, said) in [
        (vec!["--until-settled"], "--until-settled"),
        (vec!["--strict"], "--strict"),
        (vec!["--json"], "--json"),
        (vec!["--format", "csv"], "--format"),
        (vec!["-v"], "--all"),
    ] {
        refused(&check(&SMALL, &out, &[&shard[..], &more].concat()), said);
    }
    refused(&check(&SMALL, &out, &["--shard", "3/2"]), "--shard 3/2");
    refused(&run(&[&["check"], &SMALL[..], &shard].concat(), &[]), "needs --out");
    assert!(!out.exists());
}
