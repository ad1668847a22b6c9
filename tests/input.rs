//! What comes in and what goes out: any text, any terminal, any signal, any reader of numbers.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin_cmd;
use relubound::judge::ledger::Ledger;
use relubound::judge::verdict::Verdict;
use relubound::model::clean;
use relubound::report::{self, Detail, csv, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_relubound");

fn relubound(args: &[&str]) -> Output {
    cargo_bin_cmd!("relubound").args(args).output().unwrap()
}

fn shell(script: &str) -> Output {
    Command::new("bash").args(["-c", script]).output().unwrap()
}

fn string(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Refused on one line of a readable length, in which nothing acts.
fn refused(output: &Output) -> String {
    let message = string(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    let line = message.strip_suffix('\n').unwrap();
    assert!(!line.contains(char::is_control) && line.chars().count() < 500, "{line}");
    assert!(line.starts_with("relubound: "), "{line}");
    line.to_owned()
}

/// Every option that takes a value, of every command, given text that is long and moves a cursor.
#[test]
fn any_value_is_refused_on_one_readable_line() {
    let bad = "\u{1b}[2Jx\n".repeat(2000);
    for (command, options) in [
        (
            "check",
            "widths preset delta radius step theta0 cos move-bottleneck stages trials searches",
        ),
        ("check", "seed alpha engine precision threads format shard"),
        ("bounds", "depths oscillation format"),
        ("angle", "theta0 cos depth digits format"),
        ("growth", "depths delta trials deepest seed format"),
        (
            "explore",
            "preset config depths widths shape delta radius step quantities trials searches",
        ),
        ("explore", "seed threads shard"),
    ] {
        for option in options.split_whitespace() {
            let option = format!("--{option}");
            let mut args = vec![command, &option, &bad];
            match (command, option.as_str()) {
                ("explore", _) => args.push("--dry-run"),
                ("bounds", "--depths") => args.push("--threshold"),
                ("bounds", "--oscillation") => args.push("--sphere"),
                _ => {}
            }
            let line = refused(&relubound(&args));
            assert!(line.contains("\\u{1b}[2Jx") && line.contains(&option), "{line}");
        }
    }
    for args in
        [&["report", &bad][..], &["proofs", "show", &bad], &["proofs", "verify", &bad], &[&bad]]
    {
        assert!(refused(&relubound(args)).contains("\\u{1b}[2Jx"));
    }
}

/// A key of a study's file that is none of its own is quoted.
#[test]
fn text_from_files_is_cleaned_in_refusals() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("study.toml");
    for toml in ["\"a\\u001b[2J\\n\" = 1\n".to_owned(), format!("depths = [\n{}", "(".repeat(5000))]
    {
        fs::write(&path, toml).unwrap();
        refused(&relubound(&["explore", "--dry-run", "--config", path.to_str().unwrap()]));
    }
}

#[test]
fn white_space_within_numbers_is_not_kept() {
    let run = |delta: &str| {
        let args = ["check", "--widths", "4", "--trials", "20", "--stages", "output", "--delta"];
        relubound(&[&args[..], &[delta, "--format", "json"]].concat()).stdout
    };
    assert_eq!(run("1\n/\n20"), run("1/20"));
    let dir = tempfile::tempdir().unwrap();
    let study = |name: &str, delta: &str, widths: &str| {
        let out = dir.path().join(name);
        let args = ["explore", "--depths", "1", "--trials", "0", "--quantities", "c1", "--delta"];
        let more = [delta, "--widths", widths, "--out", out.to_str().unwrap()];
        assert!(relubound(&[&args[..], &more].concat()).status.success());
        ["cells.csv", "study.json", "study.md"].map(|file| fs::read(out.join(file)).unwrap())
    };
    let (spaced, plain) = (study("a", "1\n/\n20", "4,\n 8"), study("b", "1/20", "4,8"));
    assert!(spaced == plain);
    let mut rows = ::csv::Reader::from_reader(&spaced[0][..]);
    assert_eq!(rows.records().filter(|row| row.as_ref().unwrap().len() == 29).count(), 2);
}

/// A stored run whose texts were written by somebody else.
#[test]
fn texts_of_stored_runs_do_not_act() {
    let bad = "\u{1b}]0;owned\u{7}\u{1b}[31m<script>alert(1)</script>|`\n";
    let args = ["check", "--widths", "5x2", "--trials", "30", "--format", "json"];
    let mut ledger: Ledger = serde_json::from_slice(&relubound(&args).stdout).unwrap();
    for row in &mut ledger.rows {
        row.claim = bad.into();
        row.proof = bad.into();
        if let Some(constant) = &mut row.constant {
            constant.symbol = bad.into();
            constant.form = bad.into();
        }
    }
    let acting = |ledger: &Ledger| {
        let shown = [
            report::text(ledger, Detail::Full, 200),
            report::markdown(ledger),
            csv::render(ledger),
        ];
        let raw = |out: &str| {
            out.contains("\u{1b}]") || out.contains("\u{1b}[31m<") || out.contains('\u{7}')
        };
        shown.iter().filter(|out| raw(out)).count()
    };
    // Without being cleaned, they would.
    assert!(acting(&ledger) >= 2);
    let clean = clean::texts(&ledger);
    assert_eq!(acting(&clean), 0);
    assert!(json::render(&clean).contains("owned"));
    let mut page = String::new();
    let written = report::markdown(&clean);
    let options = pulldown_cmark::Options::ENABLE_TABLES;
    pulldown_cmark::html::push_html(&mut page, pulldown_cmark::Parser::new_ext(&written, options));
    assert!(page.contains("owned") && !page.contains("<script"), "{page}");
    // And the last gate, for whatever was not.
    assert!(!clean::printed(&report::text(&ledger, Detail::Full, 200)).contains("\u{1b}]"));
}

/// In every column of numbers, every cell is empty or a finite decimal number.
#[test]
fn numbers_are_numbers_for_any_reader() {
    let deep = ["check", "--widths", "4x3000", "--trials", "20", "--searches", "2", "--stages"];
    let stages = "output,gradient,flip,collapse";
    let render = |format: &str| {
        let output = relubound(&[&deep[..], &[stages, "--format", format]].concat());
        string(&output.stdout)
    };
    let table = render("csv");
    let mut reader = ::csv::Reader::from_reader(table.as_bytes());
    let names = reader.headers().unwrap().clone();
    let words = ["statement", "stage", "kind", "direction", "verdict", "engine", "fresh_verdict"];
    let (mut numbers, mut exact) = (0, 0);
    for row in reader.records() {
        for (name, cell) in names.iter().zip(row.unwrap().iter()) {
            if name.ends_with("_exact") {
                exact += usize::from(!cell.is_empty());
            } else if !words.contains(&name) && !cell.is_empty() {
                assert!(cell.parse::<f64>().is_ok_and(f64::is_finite), "{name}: {cell}");
                numbers += 1;
            }
        }
    }
    assert!(numbers > 1000 && exact > 5, "{numbers} {exact}");
    // Nothing is lost: the ledger is read back to what it was.
    let first = render("json");
    let ledger: Ledger = serde_json::from_str(&first).unwrap();
    assert_eq!(json::render(&ledger), first);
    let value: serde_json::Value = serde_json::from_str(&first).unwrap();
    let row =
        value["rows"].as_array().unwrap().iter().find(|row| row["statement"] == "output.upper");
    let bound = &row.unwrap()["bound"];
    assert!(bound["value"].is_null() && bound["log10"].as_f64().unwrap() < -400.0, "{bound}");
    assert!(bound["value_exact"].as_str().unwrap().contains("p-"), "{bound}");
}

#[test]
fn titles_and_notes_show_numbers_that_can_be_read() {
    let long = format!("0.{}", "3".repeat(300));
    let args = [
        "bounds", "-v", "--widths", "4x2", "--stages", "collapse", "--cos", &long, "--delta", &long,
    ];
    for format in ["text", "markdown"] {
        let output = string(&relubound(&[&args[..], &["--format", format]].concat()).stdout);
        assert!(output.contains("cos θ₀ ≈ 0.333333"), "{output}");
        assert!(output.contains("δ = 0.3333"), "{output}");
        assert!(output.lines().all(|line| !line.contains(&"3".repeat(50))), "{output}");
    }
    let args = ["check", "--widths", "4x2", "--trials", "5", "--radius", "1e-18", "--step", "2.1"];
    let output =
        string(&relubound(&[&args[..], &["--stages", "linearity,direct"]].concat()).stdout);
    assert!(output.contains("R/‖x‖ = 1e-18 is") && output.contains("t = 2.1)"), "{output}");
}

/// With what a stored run ends, and the report of it.
#[test]
fn a_report_of_a_failed_run_fails() {
    let mut ledger: Ledger = {
        let args = ["check", "--widths", "5", "--trials", "30", "--format", "json"];
        serde_json::from_slice(&relubound(&args).stdout).unwrap()
    };
    for (verdict, code) in [
        (Some(Verdict::Violated), 1),
        (Some(Verdict::NumericalFailure), 1),
        (Some(Verdict::Inconclusive), 0),
        (Some(Verdict::Holds), 0),
        (None, 0),
    ] {
        ledger.verdict = verdict;
        assert_eq!(relubound::cli::exit::of_report(&ledger), code);
    }
    assert!(string(&relubound(&["report", "--help"]).stdout).contains("Exit status"));
}

const COMMANDS: [&str; 9] = [
    "bounds --widths 5x2",
    "check --widths 5x2 --trials 30",
    "angle --depth 50 --all",
    "growth --depths 1,2 --trials 30",
    "explore --dry-run --depths 1,2 --widths 4 --trials 3",
    "proofs list",
    "proofs show output.upper",
    "--help",
    "check --help",
];

#[test]
fn closed_pipes_are_no_error_and_full_disks_are_one() {
    for command in COMMANDS {
        let closed = shell(&format!("'{PROGRAM}' {command} | true; echo ${{PIPESTATUS[0]}}"));
        assert_eq!(string(&closed.stdout), "0\n", "{command}: {}", string(&closed.stderr));
        assert_eq!(string(&closed.stderr), "", "{command}");
        if Path::new("/dev/full").exists() {
            let full = shell(&format!("'{PROGRAM}' {command} > /dev/full"));
            assert!(refused(&full).contains("stdout: cannot write"), "{command}");
            // Nobody can be told.
            let deaf = shell(&format!("'{PROGRAM}' {command} > /dev/full 2> /dev/full"));
            assert_eq!(deaf.status.code(), Some(2), "{command}");
        }
    }
}

#[test]
fn a_system_that_gives_no_threads_is_told_from_a_bug() {
    let many =
        ["check", "--widths", "5x2", "--threads", "4096", "--stages", "output", "--trials", "3"];
    assert!(relubound(&many).status.success());
    if !cfg!(target_os = "linux") {
        return;
    }
    // From too little memory for a thread up to enough for a run; the program itself takes more
    // than 12 MiB.
    let (mut none, mut runs) = (0, 0);
    for kibibytes in (15_000..60_000).step_by(3000) {
        let command = format!("ulimit -v {kibibytes}; '{PROGRAM}' {}", many.join(" "));
        let output = shell(&command);
        let said = string(&output.stderr);
        match output.status.code() {
            Some(0) => runs += 1,
            Some(2) => none += usize::from(refused(&output).contains("no more threads")),
            // The loader itself.
            Some(127) => {}
            other => panic!("{kibibytes} KiB: {other:?} {said}"),
        }
    }
    assert!(none > 0 && runs > 0, "{none} {runs}");
}

#[test]
fn what_does_not_fit_is_refused_before_it_is_begun() {
    for (args, words) in [
        ("check --widths 4 --trials 1e12", "--trials 1000000000000: what they show takes up to"),
        ("check --widths 4 --trials 1e12 --stages output --engine law", "PiB"),
        (
            "explore --dry-run --depths 9000..9999 --widths 4,5,6 --trials 1e9",
            "--trials 1000000000",
        ),
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let line = refused(&relubound(&args));
        assert!(line.contains("of memory are free"), "{line}");
        if words != "PiB" {
            assert!(line.contains(words), "{line}");
        }
    }
    if cfg!(target_os = "linux") {
        for (args, words) in [
            (
                "explore --dry-run --depths 9001..10000 --widths 4,5,6,7,8,9",
                "6000 cells take up to",
            ),
            ("growth --depths 20 --trials 20000000 --delta 1e-6", "what they show takes up to"),
        ] {
            let line = refused(&shell(&format!("ulimit -v 900000; '{PROGRAM}' {args}")));
            assert!(line.contains(words), "{line}");
        }
    }
}

/// A long command under way, its standard output closed to nobody.
fn begun(script: &str) -> std::process::Child {
    let mut command = Command::new("bash");
    command.args(["-c", &format!("{script} exec '{PROGRAM}' \"$@\""), "relubound"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.arg("growth").args(["--depths", "1,20", "--trials", "3000000"]);
    command.spawn().unwrap()
}

/// The signals that a process catches, where the system tells.
#[cfg(target_os = "linux")]
fn caught(child: &std::process::Child) -> u64 {
    mask(&child.id().to_string(), "SigCgt:")
}

#[cfg(target_os = "linux")]
fn mask(process: &str, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
    u64::from_str_radix(mask.trim(), 16).unwrap()
}

#[cfg(target_os = "linux")]
fn heard(child: &std::process::Child, signal: u32) {
    for _ in 0..1200 {
        if caught(child) >> (signal - 1) & 1 == 1 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("signal {signal} is not listened to");
}

/// Networks of one depth would take days: the first request ends the command all the same.
#[cfg(target_os = "linux")]
#[test]
fn the_first_request_ends_growth_within_a_depth() {
    for (name, signal) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        if mask("self", "SigIgn:") >> (signal - 1) & 1 == 1 {
            eprintln!("skipped: these tests were started with {name} ignored");
            continue;
        }
        let child = begun("");
        heard(&child, signal);
        Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{name}");
        assert!(string(&output.stdout).contains("INTERRUPTED"), "{name}");
    }
}

/// What `nohup` and a script's background have ignored is not listened to.
#[cfg(target_os = "linux")]
#[test]
fn signals_that_were_ignored_stay_ignored() {
    let child = begun("trap '' HUP;");
    heard(&child, 15);
    assert_eq!(caught(&child) & 1, 0);
    let send = |name: &str| {
        Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    };
    send("-HUP");
    send("-TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
}
