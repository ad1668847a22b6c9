//! Every command of the README gives the output that the README shows.

use assert_cmd::cargo::cargo_bin_cmd;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// (command, output) of every console block.
fn examples(readme: &str) -> Vec<(String, String)> {
    readme
        .split("```console\n$ ")
        .skip(1)
        .map(|block| {
            let block = block.split("\n```").next().unwrap();
            let (command, output) = block.split_once('\n').unwrap();
            (command.to_owned(), output.to_owned())
        })
        .collect()
}

#[test]
fn examples_are_real() {
    let readme = read("README.md");
    let examples = examples(&readme);
    assert!(examples.len() >= 4);
    // They build on each other: one directory for all.
    let dir = tempfile::tempdir().unwrap();
    for (command, expected) in examples {
        let args = command.strip_prefix("relubound ").unwrap().split(' ');
        let output =
            cargo_bin_cmd!("relubound").args(args).current_dir(dir.path()).output().unwrap();
        assert!(output.status.success(), "{command}");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(shown.trim_end(), expected, "{command}");
    }
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
        ("README.md", "`apt-get install -y "),
        ("proofs/README.md", "`apt-get install -y "),
        (".ci/run", "apt-get install -y -q --no-install-recommends "),
    ] {
        assert!(read(file).contains(&format!("{before}{packages}")), "{file}");
    }
}

/// Does a help text have this flag at the beginning of an entry?
fn lists(help: &str, flag: &str) -> bool {
    let entries = help.lines().map(|line| line.trim_start().trim_start_matches("-h, "));
    entries.filter_map(|line| line.split_whitespace().next()).any(|word| word == flag)
}

#[test]
fn every_flag_that_the_readme_names_exists() {
    let commands: [&[&str]; 10] = [
        &["check"],
        &["bounds"],
        &["angle"],
        &["growth"],
        &["report"],
        &["explore"],
        &["merge"],
        &["proofs", "list"],
        &["proofs", "show"],
        &["proofs", "verify"],
    ];
    let help = commands.map(|command| {
        let output = cargo_bin_cmd!("relubound").args(command).arg("--help").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    });
    let readme = read("README.md");
    let words = readme.split(['`', ' ', '\n', '|']);
    let is_flag =
        |w: &&str| w.strip_prefix("--").is_some_and(|name| name.starts_with(char::is_alphabetic));
    let cargo = ["--release", "--features", "--path"];
    let exists = |flag: &str| cargo.contains(&flag) || help.iter().any(|h| lists(h, flag));
    let named: Vec<&str> = words.filter(is_flag).collect();
    assert!(named.len() > 20);
    for flag in named {
        assert!(exists(flag), "no flag {flag}");
    }
    // A part of a flag is none.
    assert!(exists("--trials") && !exists("--trial") && !exists("--trials-of"));
    for (name, _) in relubound::model::params::PRESETS {
        assert!(
            read("README.md").contains(&format!("`{name}`")) && help[0].contains(name),
            "preset {name}"
        );
    }
    for statement in relubound::stage::statements() {
        let listed = |line: &str| {
            let cell = line.strip_prefix("| ").and_then(|line| line.split(" | ").next());
            cell.is_some_and(|cell| cell.split(", ").any(|label| label == statement.label))
        };
        assert!(readme.lines().any(listed), "README lacks {}", statement.label);
    }
}
