//! The invariants of `src/_docs/architecture.md`, as tests. Each rule is also run on a planted
//! violation, so that a rule that sees nothing is noticed.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use relubound::certificate;
use relubound::proof::{FILES, parts, section};
use relubound::report::uses;
use relubound::statement::{ALL, Kind, Statement, Status};

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
    /// A file that it is about: each word is planted there, one at a time.
    planted: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        name: "only num/ names MPFR floats or a rounding mode",
        applies: |path| !path.starts_with("num/"),
        forbidden: &["rug::Float", "rug::float", "Float::", "Round::", "Float}", "{Float"],
        planted: "tail/chernoff.rs",
    },
    Rule {
        name: "bounds never see a network, a sample or ndarray",
        applies: |path| {
            path.ends_with("bound.rs")
                || ["tail/", "num/", "ball/", "direct/", "pair/", "account/", "certificate/"]
                    .iter()
                    .any(|own| path.starts_with(own))
        },
        forbidden: &["network", "sample::", "ndarray", "Outcome", "Trial"],
        planted: "stage/output/bound.rs",
    },
    Rule {
        name: "observations never see a bound, a prediction or rug",
        applies: |path| {
            path.ends_with("observe.rs")
                || path.starts_with("network/")
                || path.starts_with("sample/")
                || path.starts_with("search/")
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
            "crate::pair",
            "crate::account",
        ],
        planted: "stage/output/observe.rs",
    },
    Rule {
        name: "only the module sample uses a random generator",
        applies: |path| !path.starts_with("sample/"),
        forbidden: &["rand::", "rand_distr", "rand_xoshiro", "rand_chacha"],
        planted: "network/dense.rs",
    },
    Rule {
        name: "only the module vector asks for vector instructions",
        applies: |path| path != "vector.rs",
        forbidden: &["pulp"],
        planted: "network/dense.rs",
    },
    Rule {
        name: "the model of the world does not know the report or the command line",
        applies: |path| {
            !path.starts_with("report/") && !["main.rs", "cli.rs", "lib.rs"].contains(&path)
        },
        forbidden: &["crate::report", "crate::cli", "println!", "print!"],
        planted: "run.rs",
    },
    Rule {
        name: "verdict, ledger and run are above the stages",
        applies: |path| path.starts_with("stage/") || path == "claim.rs",
        forbidden: &["crate::verdict", "crate::run", "crate::ledger", "crate::store"],
        planted: "stage/mod.rs",
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
        planted: "report/text.rs",
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
        for word in rule.forbidden {
            let code = code_of(&format!("fn planted() {{ {word} }}"));
            let planted = Source { path: rule.planted.into(), code };
            let seen = violations(rule, &[planted]);
            let named = format!("names '{word}'");
            assert!(seen.iter().any(|v| v.ends_with(&named)), "{} is blind to {word}", rule.name);
        }
        // The rule is about files that exist.
        assert!(sources.iter().any(|source| (rule.applies)(&source.path)), "{}", rule.name);
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
        for part in [
            "**Hypotheses.**",
            "**Statement.**",
            "**Proof.**",
            "Uses:",
            "Code:",
            "Tests:",
            "Paper:",
        ] {
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
    for (file, text) in FILES {
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match target {
                "" => text.to_owned(),
                target => read(&format!("proofs/{target}")),
            };
            assert!(
                anchor.is_empty() || target.contains(&format!("<a id=\"{anchor}\"></a>")),
                "{file}.md: {link}"
            );
        }
    }
    // All texts are carried along.
    let carried: HashSet<String> = FILES.iter().map(|(stem, _)| format!("{stem}.md")).collect();
    let kept = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs")).unwrap();
    let kept = kept.map(|entry| entry.unwrap().path());
    let kept = kept.filter(|path| path.extension().is_some_and(|e| e == "md"));
    let names = kept.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
    assert_eq!(names.collect::<HashSet<_>>(), carried);
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

/// What the last paragraph of a section links to: labels used, labels used for the layers before,
/// functions, certificates, theorems, tests.
fn linked(section: &str) -> [HashSet<String>; 6] {
    let last = section.rsplit("Uses: ").next().unwrap();
    let part = |name: &str| {
        let text = last.split_once(name).map_or("", |(_, rest)| rest);
        // Up to the next of the headings.
        let ends = [" Code:", " Certificates:", " Coq:", " Tests:", " Observed:"];
        ends.iter().filter_map(|end| text.find(end)).min().map_or(text, |end| &text[..end])
    };
    let ticked = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let labels = |text: &str| {
        let trimmed = text.trim_end_matches('.');
        trimmed
            .split(", ")
            .filter(|l| !l.is_empty() && *l != "nothing")
            .map(str::to_owned)
            .collect()
    };
    let uses = last.split_once(" Code:").map_or("", |(uses, _)| uses);
    let (now, before) = uses.split_once("; for the layers before: ").unwrap_or((uses, ""));
    let tests = last.split_once(" Tests:").map_or("", |(_, rest)| rest);
    let tests = tests.split('`').skip(1).step_by(2).filter(|name| name.starts_with("broken::"));
    [
        labels(now),
        labels(before),
        ticked(part("Code:")),
        ticked(part("Certificates:")),
        ticked(part("Coq:")),
        tests.map(str::to_owned).collect(),
    ]
}

/// What the registry has for all statements that share a section.
fn registered(proof: &str) -> [HashSet<String>; 6] {
    let here = || ALL.into_iter().filter(|s| s.proof == proof);
    let all = |list: fn(&Statement) -> &[&str]| {
        here().flat_map(|s| list(s).iter().map(|item| (*item).to_owned())).collect()
    };
    [
        all(|s| s.uses),
        all(|s| s.before),
        all(|s| s.code),
        all(|s| s.certificates),
        all(|s| s.coq),
        here().map(|s| s.broken_by.to_owned()).collect(),
    ]
}

#[test]
fn sections_and_registry_link_to_the_same_things() {
    for statement in ALL {
        let text = section(statement.proof).expect(statement.proof);
        assert_eq!(linked(text), registered(statement.proof), "{}", statement.label);
    }
    // A link that is missing on either side is seen.
    let text = section("proofs/output.md#upper").unwrap();
    let planted = text.replace("Uses: output.law", "Uses: output.law, gradient.law");
    assert_ne!(linked(&planted), registered("proofs/output.md#upper"));
    let planted = text.replace("bound.rs::upper", "bound.rs::lower");
    assert_ne!(linked(&planted), registered("proofs/output.md#upper"));
}

/// Functions that do not exist, or whose file does not point at the proof.
fn rotten(code: &str, proof: &str) -> Option<String> {
    let (file, function) = code.split_once("::").expect("file::function");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
    let Ok(text) = fs::read_to_string(&path) else {
        return Some(format!("{file} does not exist"));
    };
    let (stem, _) = parts(proof).unwrap();
    let defined = ["(", "<"].iter().any(|next| text.contains(&format!("fn {function}{next}")));
    if !defined {
        return Some(format!("{file} has no {function}"));
    }
    (!text.contains(&format!("`proofs/{stem}.md")))
        .then(|| format!("{file} does not point at {stem}.md"))
}

#[test]
fn functions_that_evaluate_a_statement_exist_and_point_back() {
    for statement in ALL {
        assert!(!statement.code.is_empty());
        for code in statement.code {
            assert_eq!(rotten(code, statement.proof), None, "{}", statement.label);
        }
    }
    assert!(rotten("stage/output/bound.rs::lowest", "proofs/output.md#upper").is_some());
    assert!(rotten("stage/output/bound.rs::upper", "proofs/gradient.md#lower").is_some());
}

#[test]
fn certificates_are_used_named_in_their_proof_and_told_from_labels() {
    let mut names = HashSet::new();
    for certificate in certificate::ALL {
        let name = certificate.name;
        assert!(names.insert(name), "two certificates {name}");
        assert!(Statement::named(name).is_none(), "{name} is a label as well");
        let (stem, _) = parts(certificate.proof).unwrap();
        assert!(name.starts_with(&format!("{stem}.")), "{name} is not of {stem}.md");
        let text = section(certificate.proof).expect(certificate.proof);
        assert!(text.contains(&format!("`{name}`")), "{} does not name {name}", certificate.proof);
        assert!(ALL.iter().any(|s| s.certificates.contains(&name)), "nothing uses {name}");
    }
    for statement in ALL {
        for name in statement.certificates {
            assert!(names.contains(name), "{} uses an unknown {name}", statement.label);
        }
    }
}

/// The theorems of `proofs/coq`, as `File.theorem`.
fn theorems() -> HashSet<String> {
    let mut found = HashSet::new();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs/coq");
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "v") {
            let module = path.file_stem().unwrap().to_str().unwrap();
            let text = fs::read_to_string(&path).unwrap();
            for line in text.lines().filter_map(|l| l.trim_start().strip_prefix("Theorem ")) {
                let end = line
                    .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '\'')
                    .unwrap_or(line.len());
                found.insert(format!("{module}.{}", &line[..end]));
            }
        }
    }
    found
}

#[test]
fn every_theorem_belongs_to_a_statement_and_exists() {
    let named: HashSet<String> = ALL.iter().flat_map(|s| s.coq).map(|t| (*t).to_owned()).collect();
    let proved = theorems();
    assert!(proved.len() > 50);
    let lacking: Vec<_> = named.difference(&proved).collect();
    assert!(lacking.is_empty(), "not in proofs/coq: {lacking:?}");
    let orphans: Vec<_> = proved.difference(&named).collect();
    assert!(orphans.is_empty(), "theorems of no statement: {orphans:?}");
    // Every file is in the index.
    let index = read("proofs/README.md");
    for theorem in proved {
        let (file, _) = theorem.split_once('.').unwrap();
        assert!(
            index.contains(&format!("[{file}.v](coq/{file}.v)")),
            "{file}.v is not in the index"
        );
    }
}

#[test]
fn statuses_are_what_the_links_say() {
    for statement in ALL {
        // Someone has compared the theorems with the whole statement, and says so in its section.
        let text = section(statement.proof).unwrap();
        let whole = text.contains("The whole statement is checked by machine");
        let expected = match statement.status {
            Status::MachineChecked => !statement.coq.is_empty() && whole,
            Status::Certified => !statement.certificates.is_empty() && !whole,
            Status::Proved => {
                statement.certificates.is_empty() && statement.kind != Kind::Measurement && !whole
            }
            Status::Prediction => statement.kind == Kind::Measurement,
        };
        assert!(expected, "{} is not {}", statement.label, statement.status.name());
    }
}

/// Is a statement used, over however many steps, by its own proof?
fn circular(label: &str, uses: &dyn Fn(&str) -> Vec<&'static str>) -> bool {
    let mut seen: Vec<&str> = uses(label);
    let mut next = 0;
    while next < seen.len() {
        for used in uses(seen[next]) {
            if !seen.contains(&used) {
                seen.push(used);
            }
        }
        next += 1;
    }
    seen.contains(&label)
}

#[test]
fn no_proof_uses_itself() {
    let uses = |label: &str| Statement::named(label).unwrap().uses.to_vec();
    let with_induction = |label: &str| {
        let statement = Statement::named(label).unwrap();
        [statement.uses, statement.before].concat()
    };
    for statement in ALL {
        assert!(!circular(statement.label, &uses), "{}", statement.label);
        assert!(statement.before.iter().all(|used| Statement::named(used).is_some()));
    }
    // The induction over layers is a circle, if layers are not told apart: the check sees circles.
    assert!(circular("bottleneck.rows", &with_induction));
}

#[test]
fn the_picture_of_the_proofs_is_that_of_the_registry() {
    let same = read("proofs/uses.svg").trim_end() == uses::svg().trim_end();
    assert!(same, "draw it again: relubound proofs graph > proofs/uses.svg");
}
