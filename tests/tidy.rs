//! The invariants of `src/_docs/architecture.md`, as tests. Each rule is also run on a planted
//! violation, so that a rule that sees nothing is noticed.

use std::fs;
use std::path::{Path, PathBuf};

use relubound::statement::ALL;

/// A source file: path below `src/`, and its text without comments and unit tests.
struct Source {
    path: String,
    code: String,
}

fn sources() -> Vec<Source> {
    fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let path = file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            Source { code: code_of(&fs::read_to_string(&file).unwrap()), path }
        })
        .collect()
}

/// Without comments and without what follows `#[cfg(test)]`.
fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    text.lines().map(|l| l.split("//").next().unwrap_or(l)).collect::<Vec<_>>().join("\n")
}

/// A rule: which files it is about, and what they must not name.
struct Rule {
    name: &'static str,
    applies: fn(&str) -> bool,
    forbidden: &'static [&'static str],
    /// A file that breaks it.
    planted: (&'static str, &'static str),
}

const RULES: &[Rule] = &[
    Rule {
        name: "only num/ names MPFR floats or a rounding mode",
        applies: |path| !path.starts_with("num/"),
        forbidden: &["rug::Float", "rug::float", "Float::", "Round::", "Float}", "{Float"],
        planted: ("tail/chernoff.rs", "use rug::{Float, Rational};"),
    },
    Rule {
        name: "bounds never see a network, a sample or ndarray",
        applies: |path| {
            path.ends_with("bound.rs")
                || ["tail/", "num/", "ball/", "direct/"].iter().any(|own| path.starts_with(own))
        },
        forbidden: &["network", "sample::", "ndarray", "Outcome", "Trial"],
        planted: ("stage/output/bound.rs", "use crate::network::Network;"),
    },
    Rule {
        name: "observations never see a bound, a prediction or rug",
        applies: |path| {
            path.ends_with("observe.rs") || path.starts_with("network/") || path == "sample.rs"
        },
        forbidden: &[
            "bound::",
            "predict::",
            "rug",
            "crate::num",
            "crate::tail",
            "crate::claim",
            "crate::distribution",
            "crate::ball",
            "crate::direct",
        ],
        planted: ("stage/output/observe.rs", "use crate::num::Upper;"),
    },
    Rule {
        name: "only sample.rs uses a random generator",
        applies: |path| path != "sample.rs",
        forbidden: &["rand::", "rand_distr", "rand_xoshiro", "rand_chacha"],
        planted: ("network/dense.rs", "use rand::SeedableRng;"),
    },
    Rule {
        name: "the model of the world does not know the report or the command line",
        applies: |path| {
            !path.starts_with("report/") && !["main.rs", "cli.rs", "lib.rs"].contains(&path)
        },
        forbidden: &["crate::report", "crate::cli", "println!", "print!"],
        planted: ("run.rs", "use crate::report::Format;"),
    },
    Rule {
        name: "verdict, ledger and run are above the stages",
        applies: |path| path.starts_with("stage/") || path == "claim.rs",
        forbidden: &["crate::verdict", "crate::run", "crate::ledger", "crate::store"],
        planted: ("stage/mod.rs", "use crate::run::Config;"),
    },
    Rule {
        name: "renderers only render",
        applies: |path| path.starts_with("report/"),
        forbidden: &[
            "crate::tail",
            "crate::network::{",
            "crate::sample",
            "verdict::judge",
            "crate::distribution",
        ],
        planted: ("report/text.rs", "use crate::tail;"),
    },
];

fn violations(rule: &Rule, sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|s| (rule.applies)(&s.path)) {
        for word in rule.forbidden {
            if source.code.contains(word) {
                found.push(format!("{}: {} names '{word}'", rule.name, source.path));
            }
        }
    }
    found
}

#[test]
fn data_flows_one_way() {
    let sources = sources();
    assert!(sources.len() > 30);
    for rule in RULES {
        assert_eq!(violations(rule, &sources), Vec::<String>::new());
        let planted = Source { path: rule.planted.0.into(), code: code_of(rule.planted.1) };
        assert_eq!(violations(rule, &[planted]).len().min(1), 1, "blind rule: {}", rule.name);
    }
}

/// Imports from one stage's folder to another's.
fn crossings(sources: &[Source]) -> Vec<String> {
    let stages: Vec<&str> = relubound::stage::ALL.iter().map(|s| s.name()).collect();
    let mut found = Vec::new();
    for source in sources {
        let Some(own) = source.path.strip_prefix("stage/").and_then(|p| p.split_once('/')) else {
            continue;
        };
        for other in stages.iter().filter(|&&s| s != own.0) {
            if source.code.contains(&format!("stage::{other}"))
                || source.code.contains(&format!("super::super::{other}"))
            {
                found.push(format!("{} imports stage {other}", source.path));
            }
        }
    }
    found
}

#[test]
fn stages_do_not_import_each_other() {
    assert_eq!(crossings(&sources()), Vec::<String>::new());
    let planted = Source {
        path: "stage/gradient/bound.rs".into(),
        code: "use crate::stage::output::bound;".into(),
    };
    assert_eq!(crossings(&[planted]).len(), 1);
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// Labels whose proof section is missing or does not name them.
fn unproved(labels_and_proofs: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for (label, proof) in labels_and_proofs {
        let (file, anchor) = proof.split_once('#').expect("a proof is file#anchor");
        let text = read(file);
        let Some(section) = text.split(&format!("<a id=\"{anchor}\"></a>\n")).nth(1) else {
            found.push(format!("{proof} does not exist"));
            continue;
        };
        let heading = section.lines().next().unwrap_or_default().trim_start_matches("## ");
        if !heading.split(", ").any(|named| named == *label) {
            found.push(format!("{proof} is not about {label}"));
        }
        for part in ["**Hypotheses.**", "**Statement.**", "**Proof.**", "Uses:", "Tests:"] {
            if !section.split("\n## ").next().unwrap_or_default().contains(part) {
                found.push(format!("{proof} has no {part}"));
            }
        }
    }
    found
}

#[test]
fn every_label_has_a_proof_a_stage_and_a_breaking_test() {
    let proofs: Vec<(&str, &str)> = ALL.iter().map(|s| (s.label, s.proof)).collect();
    assert_eq!(unproved(&proofs), Vec::<String>::new());
    assert_eq!(unproved(&[("output.law", "proofs/output.md#upper")]).len(), 1);
    assert_eq!(unproved(&[("output.law", "proofs/output.md#nowhere")]).len(), 1);
    let broken = read("tests/broken.rs");
    let labels: Vec<&str> = ALL.iter().map(|s| s.label).collect();
    for statement in ALL {
        let name = statement.broken_by.strip_prefix("broken::").expect("a test in tests/broken.rs");
        assert!(
            broken.contains(&format!("#[test]\nfn {name}() {{")),
            "{} has no breaking test",
            statement.label
        );
        assert!(
            statement.uses.iter().all(|used| labels.contains(used)),
            "{} uses unknown labels",
            statement.label
        );
    }
    // And the other way: every claim of a stage is in the registry, under that stage's name.
    let params = relubound::params::Params::new(
        "3,2".parse().unwrap(),
        relubound::params::Probability::parse("--delta", "0.1").unwrap(),
    );
    let mut claimed = Vec::new();
    for stage in relubound::stage::ALL {
        for claim in stage.claims(&params) {
            assert_eq!(claim.statement.stage(), stage.name());
            claimed.push(claim.statement.label);
        }
    }
    assert_eq!(claimed, labels);
}

#[test]
fn every_section_of_a_stage_proof_that_names_a_label_is_in_the_registry() {
    for stage in relubound::stage::ALL {
        let file = format!("proofs/{}.md", stage.name());
        for heading in read(&file).lines().filter_map(|l| l.strip_prefix("## ")) {
            if heading.starts_with(&format!("{}.", stage.name())) {
                for label in heading.split(", ") {
                    assert!(ALL.iter().any(|s| s.label == label), "{file}: orphan section {label}");
                }
            }
        }
    }
}

#[test]
fn links_between_proofs_lead_somewhere() {
    for file in [
        "tools",
        "model",
        "output",
        "gradient",
        "bottleneck",
        "linearity",
        "flip",
        "direct",
        "slack",
        "collapse",
        "engines",
    ] {
        let text = read(&format!("proofs/{file}.md"));
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match target {
                "" => text.clone(),
                target => read(&format!("proofs/{target}")),
            };
            assert!(
                anchor.is_empty() || target.contains(&format!("<a id=\"{anchor}\"></a>")),
                "{file}.md: {link}"
            );
        }
    }
    // Code that points at a proof points at one that exists.
    for source in sources() {
        let text = read(&format!("src/{}", source.path));
        for pointer in text.split("`proofs/").skip(1) {
            let pointer = pointer.split('`').next().unwrap();
            let (file, anchor) = pointer.split_once('#').unwrap_or((pointer, ""));
            if file.contains(".md") {
                let text = read(&format!("proofs/{file}"));
                assert!(
                    anchor.is_empty() || text.contains(&format!("<a id=\"{anchor}\"></a>")),
                    "{}: {pointer}",
                    source.path
                );
            }
        }
    }
}
