//! Every command of README and of `docs/` gives the output that is shown, and what they name
//! exists.

use assert_cmd::cargo::cargo_bin_cmd;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What users read, in the order in which it is run.
const TEXTS: [&str; 10] = [
    "README.md",
    "docs/guide.md",
    "docs/training.md",
    "docs/studies.md",
    "docs/clusters.md",
    "docs/files.md",
    "docs/export.md",
    "docs/networks.md",
    "docs/columns.md",
    "docs/tough.md",
];

/// Files that examples are about: a network that scikit-learn trained, and inputs.
const DIGITS: [&str; 5] = [
    "digits.npz",
    "digits-initial.npz",
    "digits-test.npy",
    "digits-inputs.npy",
    "digits-labels.npy",
];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/given").join(name)
}

fn all() -> String {
    TEXTS.map(read).concat()
}

/// (command, output) of every console block.
fn examples(text: &str) -> Vec<(String, String)> {
    text.split("```console\n$ ")
        .skip(1)
        .map(|block| {
            let block = block.split("\n```").next().unwrap();
            let (command, output) = block.split_once('\n').unwrap();
            (command.to_owned(), output.to_owned())
        })
        .collect()
}

/// They build on each other: one directory for all of a text.
fn are_real(path: &str, least: usize) {
    let examples = examples(&read(path));
    assert!(examples.len() >= least, "{path}");
    let dir = tempfile::tempdir().unwrap();
    for name in DIGITS {
        fs::copy(data(name), dir.path().join(name)).unwrap();
    }
    for (command, expected) in examples {
        let args = command.strip_prefix("relubound ").unwrap().split(' ');
        let output =
            cargo_bin_cmd!("relubound").args(args).current_dir(dir.path()).output().unwrap();
        assert!(output.status.success(), "{path}: {command}");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(shown.trim_end(), expected, "{path}: {command}");
    }
}

#[test]
fn examples_of_the_readme_are_real() {
    are_real("README.md", 1);
    assert!(read("README.md").len() <= 10_240, "README is longer than 10 KB");
}

#[test]
fn examples_of_the_guide_are_real() {
    are_real("docs/guide.md", 5);
}

#[test]
fn examples_of_the_other_pages_are_real() {
    are_real("docs/studies.md", 1);
    are_real("docs/clusters.md", 3);
    are_real("docs/networks.md", 1);
    are_real("docs/columns.md", 0);
    are_real("docs/files.md", 1);
    are_real("docs/training.md", 0);
    are_real("docs/export.md", 0);
    are_real("docs/python.md", 0);
    are_real("docs/tough.md", 0);
}

/// What README shows of a network from a file is what the page shows of it, which is real; and what
/// the page shows of the script that trains it is the script.
#[test]
fn the_answer_in_the_readme_is_that_of_the_page() {
    let (readme, page) = (read("README.md"), read("docs/files.md"));
    let block = |text: &str, kind: &str| -> String {
        let (_, rest) = text.split_once(&format!("```{kind}\n")).unwrap();
        rest.split("```").next().unwrap().to_owned()
    };
    let shown = block(&readme, "text");
    assert!(shown.starts_with("relubound: digits.npz: ") && shown.lines().count() > 5);
    assert!(examples(&page).iter().any(|(_, output)| output.starts_with(shown.trim_end())));
    let script = read("docs/digits.py");
    let (_, script) = script.split_once("\"\"\"\n\n").unwrap();
    assert_eq!(block(&page, "python"), script);
}

#[test]
fn the_two_commands_are_those_that_continuous_integration_runs() {
    let (readme, ci) = (read("README.md"), read(".ci/run"));
    for command in ["cargo run --release -- check", "cargo test"] {
        assert!(readme.contains(&format!("\n{command}  ")), "README lacks {command}");
        assert!(ci.contains(command), ".ci/run lacks {command}");
    }
}

#[test]
fn the_line_that_installs_coq_is_the_one_that_continuous_integration_runs() {
    let packages = "coq libcoq-coquelicot libcoq-mathcomp-algebra";
    for (file, before) in [
        ("proofs/README.md", "apt-get install -y "),
        (".ci/run", "apt-get install -y -q --no-install-recommends "),
    ] {
        let text = read(file).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&format!("{before}{packages}")), "{file}");
    }
}

/// Does a help text have this flag at the beginning of an entry?
fn lists(help: &str, flag: &str) -> bool {
    let entries = help.lines().map(str::trim_start);
    let words = entries.flat_map(|line| line.split([' ', ',']).filter(|w| !w.is_empty()).take(2));
    words.into_iter().any(|word| word == flag)
}

#[test]
fn every_flag_that_the_texts_name_exists() {
    let commands: [&[&str]; 14] = [
        &["check"],
        &["bounds"],
        &["angle"],
        &["growth"],
        &["norms"],
        &["train"],
        &["biases"],
        &["report"],
        &["explore"],
        &["merge"],
        &["compare"],
        &["proofs", "list"],
        &["proofs", "show"],
        &["proofs", "verify"],
    ];
    let help = commands.map(|command| {
        let output = cargo_bin_cmd!("relubound").args(command).arg("--help").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    });
    let texts = all();
    let words = texts.split(['`', ' ', '\n', '|', ',', ';', '.', ')', '(', ':', '=']);
    let is_flag =
        |w: &&str| w.strip_prefix("--").is_some_and(|name| name.starts_with(char::is_alphabetic));
    let cargo = ["--release", "--features", "--path", "--no-default-features", "--open"];
    let slurm = [
        "--array",
        "--cpus-per-task",
        "--dependency",
        "--mem",
        "--ntasks",
        "--output",
        "--parsable",
        "--requeue",
        "--time",
        "--wrap",
    ];
    let others = |flag: &str| cargo.contains(&flag) || slurm.contains(&flag);
    let exists = |flag: &str| others(flag) || help.iter().any(|h| lists(h, flag));
    let named: Vec<&str> = words.filter(is_flag).collect();
    assert!(named.len() > 20);
    for flag in named {
        assert!(exists(flag) || flag == "--verbose", "no flag {flag}");
    }
    // A part of a flag is none.
    assert!(exists("--trials") && !exists("--trial") && !exists("--trials-of"));
    for (name, _) in relubound::model::params::PRESETS {
        assert!(texts.contains(&format!("`{name}`")) && help[0].contains(name), "preset {name}");
    }
    for statement in relubound::stage::statements() {
        let listed = |line: &str| {
            let cell = line.strip_prefix("| ").and_then(|line| line.split(" | ").next());
            cell.is_some_and(|cell| {
                cell.replace('`', "").split(", ").any(|label| label == statement.label)
            })
        };
        assert!(texts.lines().any(listed), "no table lists {}", statement.label);
    }
}

/// The columns that a page documents: first cells of its tables, in backticks.
fn documented(page: &str) -> BTreeSet<String> {
    let cells = page.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    // One name, or several with commas between them.
    let names = cells.flat_map(|cell| cell.trim_end_matches('`').split("`, `"));
    names.map(str::to_owned).collect()
}

/// A heading line, without the columns beside a number, which are explained once.
fn columns(csv: &str) -> BTreeSet<String> {
    csv.lines().next().unwrap().split(',').filter(|name| !twin(name)).map(str::to_owned).collect()
}

fn twin(name: &str) -> bool {
    name.ends_with("_log10") || name.ends_with("_exact")
}

#[test]
fn every_column_of_every_file_is_documented() {
    let known = documented(&read("docs/columns.md"));
    let dir = tempfile::tempdir().unwrap();
    let run = |args: &str| {
        let output = cargo_bin_cmd!("relubound")
            .args(args.split(' '))
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{args}");
        String::from_utf8(output.stdout).unwrap()
    };
    run("check 6,4 --trials 20 --searches 5 --out run");
    run("explore --depths 1,2 --widths 6 --trials 20 --searches 5 --out study");
    let file = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    let mut all = columns(&file("run/ledger.csv"));
    all.extend(columns(&file("study/cells.csv")));
    all.extend(columns(&run("growth --depths 1,2 --trials 0 --format csv")));
    all.extend(columns(&run("angle --depth 5 --format csv")));
    all.extend(columns(&run("train 6x1 --points 2 --steps 1 --trials 1 --format csv")));
    fs::write(dir.path().join("x.csv"), ["0.5"; 64].join(",") + "\n").unwrap();
    let network = data(DIGITS[0]).display().to_string();
    let judge = format!("check --network {network} --inputs x.csv --reference 0 --cells 0");
    all.extend(columns(&run(&format!("{judge} --format csv"))));
    let keys = |text: &str| -> Vec<String> {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        value.as_object().unwrap().keys().filter(|name| !twin(name)).cloned().collect()
    };
    all.extend(keys(file("run/trials.jsonl").lines().next().unwrap()));
    all.extend(keys(&file("run/run.json")));
    all.extend(keys(file("study/cells.jsonl").lines().next().unwrap()));
    let norms = run("norms 6x1 --trials 0 --shares 40 --format json");
    let norms: serde_json::Value = serde_json::from_str(&norms).unwrap();
    for list in ["norms", "shares"] {
        all.extend(keys(&norms[list][0].to_string()));
    }
    let biases = run("biases 40 --depths 1 --trials 0 --format json");
    let biases: serde_json::Value = serde_json::from_str(&biases).unwrap();
    all.extend(keys(&biases["rows"][0].to_string()));
    let missing: Vec<&String> = all.difference(&known).collect();
    assert!(missing.is_empty(), "docs/columns.md lacks {missing:?}");
    assert!(!known.contains("prediction") && all.len() > 50);
}
