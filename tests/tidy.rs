//! The invariants of `src/_docs/architecture.md`, as tests. Each rule is also run on a planted
//! violation, so that a rule that sees nothing is noticed.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use relubound::model::statement::{Kind, Statement, Status};
use relubound::report::uses;
use relubound::stage::proof::{FILES, parts, section};
use relubound::stage::{self, statements};
use relubound::theory::certificate;

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

/// The folders of the house, from the ground up, with those that each may import. What is proved
/// (`theory`) and what is sampled (`network`) stand side by side.
const FOLDERS: [(&str, &[&str]); 11] = [
    ("num", &[]),
    ("model", &["num"]),
    ("theory", &["num", "model"]),
    ("network", &["num", "model"]),
    ("given", &["num", "model", "theory", "network"]),
    ("stage", &["num", "model", "theory", "network"]),
    ("judge", &["num", "model", "theory", "network", "stage"]),
    ("run", &["num", "model", "theory", "network", "given", "stage", "judge"]),
    ("study", &["num", "model", "theory", "network", "given", "stage", "judge", "run"]),
    ("report", &["num", "model", "theory", "network", "given", "stage", "judge", "run", "study"]),
    (
        "cli",
        &["num", "model", "theory", "network", "given", "stage", "judge", "run", "study", "report"],
    ),
];

/// What stands between braces, at the top level, as its parts.
fn parts_of(list: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(list[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list[from..].trim());
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}

/// The paths that begin a text such as `num::{a, b::c}` or `model::d`.
fn expanded(text: &str) -> Vec<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
    let (head, rest) = text.split_at(end.unwrap_or(text.len()));
    if !rest.starts_with('{') || !(head.is_empty() || head.ends_with("::")) {
        return vec![head.trim_end_matches(':').to_owned()];
    }
    let mut depth = 0;
    let close = rest.char_indices().find_map(|(at, c)| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        (depth == 0).then_some(at)
    });
    let list = &rest[1..close.unwrap_or(rest.len())];
    let all = parts_of(list).into_iter().flat_map(expanded);
    all.map(|path| format!("{head}{path}")).collect()
}

/// All paths below `crate::` that a source names, use-trees written out.
fn imports(code: &str) -> Vec<String> {
    code.split("crate::").skip(1).flat_map(expanded).collect()
}

/// Imports that lead to a folder which the source's own may not know.
fn upward(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        let Some((own, _)) = source.path.split_once('/') else { continue };
        let allowed = FOLDERS.iter().find(|(folder, _)| *folder == own);
        let Some((_, allowed)) = allowed else {
            found.push(format!("{own}/ is no folder of the house"));
            continue;
        };
        for path in imports(&source.code) {
            let folder = path.split("::").next().unwrap_or_default();
            if folder != own && !allowed.contains(&folder) {
                found.push(format!("{} imports {path}", source.path));
            }
        }
    }
    found
}

/// A rule: which files it is about, and what they must not name or import.
struct Rule {
    name: &'static str,
    applies: fn(&str) -> bool,
    words: &'static [&'static str],
    paths: &'static [&'static str],
    /// A file that it is about: each word and each import is planted there, one at a time.
    planted: &'static str,
}

fn is(path: &str, name: &str) -> bool {
    path.starts_with("stage/") && path.ends_with(name)
}

const RULES: &[Rule] = &[
    Rule {
        name: "only num/ names MPFR floats or a rounding mode",
        applies: |path| !path.starts_with("num/"),
        words: &["rug::Float", "rug::float", "Float::", "Round::", "Float}", "{Float"],
        paths: &[],
        planted: "theory/tail/chernoff.rs",
    },
    Rule {
        name: "bounds, predictions and tables never see a network",
        applies: |path| {
            is(path, "/bound.rs")
                || is(path, "/predict.rs")
                || is(path, "/table.rs")
                || path.starts_with("theory/")
        },
        words: &["ndarray", "Outcome", "Trial"],
        paths: &["network", "model::outcome"],
        planted: "stage/output/bound.rs",
    },
    Rule {
        name: "observations never see a bound, a claim or a rigorous number",
        applies: |path| is(path, "/observe.rs") || path.starts_with("network/"),
        words: &["bound::", "predict::", "rug::", "Enclosure"],
        paths: &[
            "theory",
            "num::Enclosure",
            "num::Upper",
            "num::Lower",
            "num::Number",
            "model::claim",
            "model::account",
        ],
        planted: "stage/output/observe.rs",
    },
    Rule {
        name: "what is certified of a network never sees what is found, nor a float engine",
        applies: |path| path.starts_with("given/certify/"),
        words: &[],
        paths: &["given::find", "given::expect", "network"],
        planted: "given/certify/mod.rs",
    },
    Rule {
        name: "what is found of a network never sees what is certified",
        applies: |path| path.starts_with("given/find/"),
        words: &["Enclosure"],
        paths: &["given::certify", "theory", "num::Enclosure", "num::Upper", "num::Lower"],
        planted: "given/find/mod.rs",
    },
    Rule {
        name: "only network/sample uses a random generator",
        applies: |path| !path.starts_with("network/sample/"),
        words: &["rand::", "rand_distr", "rand_xoshiro", "rand_chacha"],
        paths: &[],
        planted: "network/dense.rs",
    },
    Rule {
        name: "only network/vector asks for vector instructions",
        applies: |path| path != "network/vector.rs",
        words: &["pulp"],
        paths: &[],
        planted: "network/dense.rs",
    },
    Rule {
        name: "only cli/ knows a terminal, a flag or the machine",
        applies: |path| !path.starts_with("cli/"),
        words: &[
            "clap",
            "indicatif",
            "signal_hook",
            "sysinfo",
            "terminal_size",
            "anstream",
            "println!",
            "print!",
            "\"--",
        ],
        paths: &[],
        planted: "run/plan.rs",
    },
    Rule {
        name: "renderers only render",
        applies: |path| path.starts_with("report/"),
        words: &["judge("],
        paths: &[
            "theory::tail",
            "theory::distribution",
            "theory::ball",
            "theory::direct",
            "theory::pair",
            "network::sample",
            "network::Network",
            "network::forward",
            "study::fit::line",
        ],
        planted: "report/text.rs",
    },
    Rule {
        name: "stages are known by what they say, not by their names",
        applies: |path| !path.starts_with("stage/"),
        words: &["name() == \"", "stage == \"", "runs(\"", ".stage.as_str())"],
        paths: &[],
        planted: "run/sampling.rs",
    },
    Rule {
        name: "a folder is left by its name",
        applies: |_| true,
        words: &["super::super"],
        paths: &[],
        planted: "stage/flip/bound.rs",
    },
];

fn violations(rule: &Rule, sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|s| (rule.applies)(&s.path)) {
        for word in rule.words.iter().filter(|word| source.code.contains(**word)) {
            found.push(format!("{}: {} names '{word}'", rule.name, source.path));
        }
        for path in imports(&source.code) {
            let below =
                |banned: &&&str| path == **banned || path.starts_with(&format!("{banned}::"));
            for banned in rule.paths.iter().filter(below) {
                found.push(format!("{}: {} names '{banned}'", rule.name, source.path));
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
        let seen = |code: String, what: &str| {
            let planted = Source { path: rule.planted.into(), code: code_of(&code) };
            let found = violations(rule, &[planted]);
            let named = format!("names '{what}'");
            assert!(found.iter().any(|v| v.ends_with(&named)), "{} is blind to {what}", rule.name);
        };
        for word in rule.words {
            seen(format!("fn planted() {{ {word} }}"), word);
        }
        for path in rule.paths {
            seen(format!("use crate::{path};"), path);
            // In a tree, too.
            let (head, tail) = path.split_once("::").unwrap_or((path, "Thing"));
            seen(format!("use crate::{{model::params::Params, {head}::{{One, {tail}}}}};"), path);
        }
        // The rule is about files that exist.
        assert!(sources.iter().any(|source| (rule.applies)(&source.path)), "{}", rule.name);
    }
}

#[test]
fn folders_import_what_stands_below_them() {
    assert_eq!(upward(&sources()), Vec::<String>::new());
    for (at, (folder, allowed)) in FOLDERS.iter().enumerate() {
        let below: Vec<&str> = FOLDERS[..at].iter().map(|(name, _)| *name).collect();
        assert!(allowed.iter().all(|name| below.contains(name)), "{folder}");
        for (other, _) in FOLDERS.iter().filter(|(name, _)| name != folder) {
            let code = format!("use crate::{{{folder}::x, {other}::y}};");
            let planted = Source { path: format!("{folder}/planted.rs"), code };
            let seen = upward(&[planted]);
            assert_eq!(seen.is_empty(), allowed.contains(other), "{folder} and {other}: {seen:?}");
        }
    }
    let kept = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    assert!(kept.count() <= 13, "src/ has more rooms than a glance takes in");
}

#[test]
fn paths_are_written_out() {
    let code =
        "use crate::num::{Enclosure, search::{argmin, minimise}};\nlet x = crate::run::shown(1);";
    let all = ["num::Enclosure", "num::search::argmin", "num::search::minimise", "run::shown"];
    assert_eq!(imports(code), all);
    assert_eq!(imports("use crate::{a, b::{c::d, e}, f};"), ["a", "b::c::d", "b::e", "f"]);
}

/// Imports from one stage's folder to another's.
fn crossings(sources: &[Source]) -> Vec<String> {
    let stages: Vec<&str> = relubound::stage::ALL.iter().map(|s| s.name()).collect();
    let mut found = Vec::new();
    for source in sources {
        let Some(own) = source.path.strip_prefix("stage/").and_then(|p| p.split_once('/')) else {
            continue;
        };
        for path in imports(&source.code) {
            let other = path.strip_prefix("stage::").and_then(|rest| rest.split("::").next());
            if other.is_some_and(|other| other != own.0 && stages.contains(&other)) {
                found.push(format!("{} imports {path}", source.path));
            }
        }
    }
    found
}

#[test]
fn stages_do_not_import_each_other() {
    assert_eq!(crossings(&sources()), Vec::<String>::new());
    for code in ["use crate::stage::output::bound;", "use crate::stage::{Trial, output::bound};"] {
        let planted = Source { path: "stage/gradient/bound.rs".into(), code: code.into() };
        assert_eq!(crossings(&[planted]).len(), 1);
    }
}

/// The file that a path leads to: the longest beginning that is one.
fn file_of(path: &str, files: &HashSet<&str>) -> Option<String> {
    let parts: Vec<&str> = path.split("::").collect();
    (1..=parts.len()).rev().find_map(|n| {
        let place = parts[..n].join("/");
        [format!("{place}.rs"), format!("{place}/mod.rs")]
            .into_iter()
            .find(|file| files.contains(file.as_str()))
    })
}

/// Pairs of files, none of them the face of a folder, that import each other over however many
/// steps.
fn circles(sources: &[Source]) -> Vec<String> {
    let files: HashSet<&str> = sources.iter().map(|source| source.path.as_str()).collect();
    let imported = |source: &Source| -> HashSet<String> {
        let dir = source.path.rsplit_once('/').map_or("", |(dir, _)| dir).replace('/', "::");
        let near = source.code.split("super::").skip(1).flat_map(expanded);
        let near = near.map(|path| format!("{dir}::{path}"));
        let all = imports(&source.code).into_iter().chain(near);
        let files = all.filter_map(|path| file_of(&path, &files));
        files.filter(|file| !file.ends_with("mod.rs") && *file != source.path).collect()
    };
    let direct: HashMap<&str, HashSet<String>> =
        sources.iter().map(|source| (source.path.as_str(), imported(source))).collect();
    let reached = |from: &str| {
        let (mut seen, mut next) = (HashSet::new(), vec![from.to_owned()]);
        while let Some(file) = next.pop() {
            for other in &direct[file.as_str()] {
                if seen.insert(other.clone()) {
                    next.push(other.clone());
                }
            }
        }
        seen
    };
    let own = sources.iter().map(|source| source.path.as_str());
    own.filter(|path| reached(path).contains(*path)).map(str::to_owned).collect()
}

#[test]
fn no_files_import_each_other() {
    assert_eq!(circles(&sources()), Vec::<String>::new());
    let planted = |path: &str, code: &str| Source { path: path.into(), code: code.into() };
    let two = [
        planted("report/html.rs", "use super::proofs::title;"),
        planted("report/proofs.rs", "use crate::report::{html::page, text};"),
        planted("report/text.rs", "fn text() {}"),
    ];
    assert_eq!(circles(&two), ["report/html.rs", "report/proofs.rs"]);
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
    let proofs: Vec<(&str, &str)> = statements().map(|s| (s.label, s.proof)).collect();
    assert_eq!(unproved(&proofs), Vec::<String>::new());
    assert_eq!(unproved(&[("output.law", "proofs/output.md#upper")]).len(), 1);
    assert_eq!(unproved(&[("output.law", "proofs/output.md#nowhere")]).len(), 1);
    let broken = read("tests/broken.rs");
    let labels: Vec<&str> = statements().map(|s| s.label).collect();
    for statement in statements() {
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
    let mut params = relubound::model::params::Params::new(
        "3,2".parse().unwrap(),
        relubound::model::params::Probability::parse("delta", "0.1").unwrap(),
    );
    // Some are there with biases alone.
    params.bias = relubound::model::bias::Bias::relative("1").unwrap();
    let mut claimed = Vec::new();
    for stage in relubound::stage::ALL {
        for claim in stage.stated(&params) {
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
                    assert!(
                        statements().any(|s| s.label == label),
                        "{file}: orphan section {label}"
                    );
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
    let section = section.split_whitespace().collect::<Vec<_>>().join(" ");
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
    let here = || statements().filter(|s| s.proof == proof);
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
    for statement in statements() {
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
    for statement in statements() {
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
        assert!(stage::statement(name).is_none(), "{name} is a label as well");
        let (stem, _) = parts(certificate.proof).unwrap();
        assert!(name.starts_with(&format!("{stem}.")), "{name} is not of {stem}.md");
        let text = section(certificate.proof).expect(certificate.proof);
        assert!(text.contains(&format!("`{name}`")), "{} does not name {name}", certificate.proof);
        assert!(statements().any(|s| s.certificates.contains(&name)), "nothing uses {name}");
    }
    for statement in statements() {
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
    let named: HashSet<String> =
        statements().flat_map(|s| s.coq).map(|t| (*t).to_owned()).collect();
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
    for statement in statements() {
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
    let uses = |label: &str| stage::statement(label).unwrap().uses.to_vec();
    let with_induction = |label: &str| {
        let statement = stage::statement(label).unwrap();
        [statement.uses, statement.before].concat()
    };
    for statement in statements() {
        assert!(!circular(statement.label, &uses), "{}", statement.label);
        assert!(statement.before.iter().all(|used| stage::statement(used).is_some()));
    }
    // The induction over layers is a circle, if layers are not told apart: the check sees circles.
    assert!(circular("bottleneck.rows", &with_induction));
}

#[test]
fn the_picture_of_the_proofs_is_that_of_the_registry() {
    let same = read("proofs/uses.svg").trim_end() == uses::svg().trim_end();
    assert!(same, "draw it again: relubound proofs graph > proofs/uses.svg");
}

/// The picture of the folders: one stands to the right of all that it imports; arrows that follow
/// from others are left out.
fn picture(arrows: &[(String, String)]) -> String {
    let (width, height, gap) = (92, 34, 30);
    let place = |folder: &str| {
        let column = match FOLDERS.iter().position(|(name, _)| *name == folder).unwrap() {
            at @ 0..=2 => at,
            // Beside theory, and beside stage.
            at @ 3..=4 => at - 1,
            at => at - 2,
        };
        let row = match folder {
            "theory" => 0,
            "network" | "given" => 2,
            _ => 1,
        };
        (12 + column * (width + gap), 12 + row * (height + 18))
    };
    let mut out = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1116 166\" width=\"1116\" \
         height=\"166\" font-family=\"system-ui, sans-serif\" font-size=\"14\">\n\
         <rect width=\"1116\" height=\"166\" fill=\"#fff\"/>\n",
    );
    for (from, to) in arrows {
        let ((x, y), (u, v)) = (place(from), place(to));
        let (x, y, u, v) = (x + width, y + height / 2, u, v + height / 2);
        out += &format!(
            "<path d=\"M{x} {y}L{u} {v}m-8 -4l8 4l-8 4\" fill=\"none\" stroke=\"#68686f\"/>\n"
        );
    }
    for (folder, _) in FOLDERS {
        let (x, y) = place(folder);
        out += &format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\" \
             fill=\"#e1ebf8\" stroke=\"#2a5d9c\"/>\n<text x=\"{}\" y=\"{}\" \
             text-anchor=\"middle\">{folder}</text>\n",
            x + width / 2,
            y + 22
        );
    }
    out + "</svg>\n"
}

/// Which folder imports which, without what follows from others.
fn arrows(sources: &[Source]) -> Vec<(String, String)> {
    let mut all: HashSet<(String, String)> = HashSet::new();
    for source in sources {
        let Some((own, _)) = source.path.split_once('/') else { continue };
        for path in imports(&source.code) {
            let folder = path.split("::").next().unwrap().to_owned();
            if folder != own && FOLDERS.iter().any(|(name, _)| *name == folder) {
                all.insert((folder, own.to_owned()));
            }
        }
    }
    // Is there a longer way?
    let needless = |(from, to): &(String, String)| {
        FOLDERS.iter().any(|(middle, _)| {
            let middle = (*middle).to_owned();
            all.contains(&(from.clone(), middle.clone())) && all.contains(&(middle, to.clone()))
        })
    };
    let mut kept: Vec<(String, String)> = all.iter().filter(|a| !needless(a)).cloned().collect();
    kept.sort();
    kept
}

#[test]
fn the_picture_of_the_folders_is_that_of_the_imports() {
    let drawn = picture(&arrows(&sources()));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.svg");
    if std::env::var_os("DRAW").is_some() {
        fs::write(&path, &drawn).unwrap();
    }
    assert_eq!(read("docs/architecture.svg"), drawn, "DRAW=1 cargo test --test tidy draws it");
    // An arrow more is seen.
    let planted = Source { path: "theory/x.rs".into(), code: "use crate::network::Dense;".into() };
    let more = sources().into_iter().chain([planted]).collect::<Vec<_>>();
    assert_ne!(picture(&arrows(&more)), drawn);
}

/// Lines that are too wide, as file and number; tables and code of other languages may be.
fn wide(path: &str, text: &str) -> Vec<String> {
    let mut code = false;
    let mut found = Vec::new();
    for (i, line) in text.lines().enumerate() {
        code ^= line.trim_start().starts_with("```");
        // Tables, links and formulas do not break.
        let whole = ["](", "\\", "https://"].iter().any(|part| line.contains(part));
        let table = Path::new(path).extension().is_some_and(|e| e == "md")
            && (code || line.starts_with('|') || whole);
        if line.chars().count() > 100 && !table {
            found.push(format!("{path}:{}", i + 1));
        }
    }
    found
}

#[test]
fn lines_are_at_most_a_hundred_wide() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = vec![root.join("README.md")];
    let mut next: Vec<PathBuf> =
        ["src", "tests", "benches", "docs", "proofs"].map(|dir| root.join(dir)).into();
    while let Some(dir) = next.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|e| e.to_str()) {
                _ if path.is_dir() => next.push(path),
                Some("rs" | "md") => files.push(path),
                _ => {}
            }
        }
    }
    assert!(files.len() > 100);
    let found = files
        .iter()
        .flat_map(|file| wide(file.to_str().unwrap(), &fs::read_to_string(file).unwrap()));
    assert_eq!(found.collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(wide("a.rs", &"x".repeat(101)), ["a.rs:1"]);
    assert_eq!(wide("a.md", &format!("{0}\n```\n{0}\n```\n| {0} |", "x".repeat(101))), ["a.md:1"]);
}
