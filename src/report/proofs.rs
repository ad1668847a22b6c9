//! The proofs on the command line: what is proved how, one proof, and what is verified.

use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::print::text::wrap;
use super::words::count;
use super::{typeset, uses};

use crate::model::statement::{Statement, Status};
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, decimal};
use crate::stage::proof::{self, Named, users};
use crate::stage::statements;
use crate::theory::certificate::{Certificate, Verified};

const STATUSES: [(Status, &str); 4] = [
    (Status::MachineChecked, "the statement itself is a theorem of Coq (proofs/coq)"),
    (
        Status::Certified,
        "proved on paper; its numeric facts are verified by relubound proofs verify",
    ),
    (Status::Proved, "on paper"),
    (Status::Prediction, "measured; nothing is claimed"),
];

const LIST_LEGEND: &str = "facts: certified numeric facts that the proof uses; Coq: theorems of \
    Coq about the statement or the deterministic part of its proof; proofs are below proofs/";

/// All statements, for people.
pub fn list(width: usize) -> String {
    let longest = |cell: fn(&Statement) -> &str| {
        statements().map(|s| cell(s).chars().count()).max().unwrap_or(0)
    };
    let (label, status) = (longest(|s| s.label), longest(|s| s.status.name()));
    let line = |cells: [&str; 5]| {
        let [a, b, c, d, e] = cells;
        format!("{a:<label$}  {b:<status$}  {c:>5}  {d:>3}  {e}\n")
    };
    let number = |n: usize| if n == 0 { "–".to_owned() } else { n.to_string() };
    let mut out = line(["statement", "status", "facts", "Coq", "proof"]);
    for s in statements() {
        let (facts, coq) = (number(s.certificates.len()), number(s.coq.len()));
        let proof = s.proof.trim_start_matches("proofs/");
        out += &line([s.label, s.status.name(), &facts, &coq, proof]);
    }
    out.push('\n');
    for (status, meaning) in STATUSES {
        let number = statements().filter(|s| s.status == status).count();
        out += &paragraph(&format!("{number} {}: {meaning}", status.name()), width);
    }
    out += &paragraph(LIST_LEGEND, width);
    out += &paragraph(&conclusion(), width);
    out
}

/// Is anything without a proof?
fn conclusion() -> String {
    let lacking: Vec<&str> =
        statements().filter(|s| proof::section(s.proof).is_none()).map(|s| s.label).collect();
    if lacking.is_empty() {
        format!("{}, none without a proof", count(statements().count() as u64, "statement"))
    } else {
        format!("without a proof: {}", lacking.join(", "))
    }
}

/// The registry, for scripts.
pub fn list_json() -> String {
    let all: Vec<Value> = statements().map(statement_json).collect();
    pretty(&json!({ "statements": all }))
}

fn statement_json(s: &Statement) -> Value {
    json!({
        "label": s.label,
        "kind": s.kind,
        "status": s.status,
        "claim": s.claim,
        "observed": s.observed,
        "hypotheses": s.hypotheses.to_string(),
        "proof": s.proof,
        "uses": s.uses,
        "uses_for_layers_before": s.before,
        "used_by": users(s.label),
        "code": s.code,
        "certificates": s.certificates,
        "coq": s.coq,
        "broken_by": s.broken_by,
    })
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn paragraph(text: &str, width: usize) -> String {
    wrap(text, width).join("\n") + "\n"
}

/// The lines above a proof: name, and what belongs to it.
fn facts(named: Named) -> Vec<(&'static str, String)> {
    let code = |items: &[&str], prefix: &str| {
        let shown: Vec<String> = items.iter().map(|item| format!("{prefix}{item}")).collect();
        shown.join(", ")
    };
    match named {
        Named::Statement(s) => vec![
            ("Claim", s.claim.to_owned()),
            ("Status", s.status.name().to_owned()),
            ("For", s.hypotheses.to_string()),
            ("Observed", s.observed.to_owned()),
            ("Uses", s.uses.join(", ")),
            ("Uses for the layers before", s.before.join(", ")),
            ("Used by", users(s.label).join(", ")),
            ("Code", code(s.code, "src/")),
            ("Certificates", s.certificates.join(", ")),
            ("Coq", code(s.coq, "")),
            ("Broken on purpose in", format!("tests/{}", s.broken_by.replacen("::", ".rs::", 1))),
            ("Proof", s.proof.to_owned()),
            ("Notation and definitions", proof::before(s.proof).join(", ")),
        ],
        Named::Section(pointer) => vec![("Before it", proof::before(pointer).join(", "))],
        Named::Certificate(c) => vec![
            ("Claim", c.claim.to_owned()),
            ("Status", "verified over its whole range by relubound proofs verify".to_owned()),
            ("Used by", certified_by(c).join(", ")),
            ("Proof", c.proof.to_owned()),
        ],
    }
}

/// Labels whose proofs use a certificate.
fn certified_by(certificate: &Certificate) -> Vec<&'static str> {
    statements().filter(|s| s.certificates.contains(&certificate.name)).map(|s| s.label).collect()
}

fn title(named: Named) -> &'static str {
    match named {
        Named::Statement(s) => s.label,
        Named::Certificate(c) => c.name,
        Named::Section(pointer) => pointer,
    }
}

/// One proof with what belongs to it, for people.
pub fn show(named: Named, width: usize) -> String {
    let mut out = format!("{}\n\n", title(named));
    for (name, value) in facts(named).into_iter().filter(|(_, value)| !value.is_empty()) {
        out += &paragraph(&format!("{name}: {value}"), width);
    }
    out.push('\n');
    out + proof::section(named.proof()).unwrap_or("") + "\n"
}

/// The same, for scripts; the text in Markdown.
pub fn show_json(named: Named) -> String {
    let mut value = match named {
        Named::Statement(s) => statement_json(s),
        Named::Certificate(c) => json!({
            "name": c.name,
            "claim": c.claim,
            "proof": c.proof,
            "used_by": certified_by(c),
        }),
        Named::Section(pointer) => json!({ "proof": pointer }),
    };
    value["text"] = json!(proof::section(named.proof()));
    pretty(&value)
}

/// The file that holds the proof and those that it refers to, as one page with formulas.
pub fn show_page(named: Named) -> String {
    let mut stems = vec![stem(named.proof())];
    if let Named::Statement(s) = named {
        let used = s.uses.iter().chain(s.before).filter_map(|label| Named::find(label));
        stems.extend(used.map(|used| stem(used.proof())));
    }
    let stems = referred(&stems);
    super::print::html::page(
        title(named),
        &html! {
            h1 { (title(named)) }
            @for (name, value) in facts(named).into_iter().filter(|(_, value)| !value.is_empty()) {
                p { span.soft { (name) ": " } (linked(&value, &stems)) }
            }
            div.proof { (typeset_section(named.proof())) }
            (texts(&stems))
        },
    )
}

/// The file of a pointer to a proof.
fn stem(pointer: &str) -> &str {
    proof::parts(pointer).map_or("", |(stem, _)| stem)
}

/// A list in which labels and pointers to proofs lead to them, where their files are on the page.
fn linked(list: &str, stems: &[&str]) -> Markup {
    html! {
        @for (i, item) in list.split(", ").enumerate() {
            @if i > 0 { ", " }
            @let target = Named::find(item).map_or(item, |named| named.proof());
            @let shown = target.starts_with("proofs/") && stems.contains(&stem(target));
            @match typeset::fragment(target, "").filter(|_| shown) {
                Some(at) => a href={ "#" (at) } { (item) },
                None => (item),
            }
        }
    }
}

fn typeset_section(pointer: &str) -> Markup {
    PreEscaped(typeset::html(proof::section(pointer).unwrap_or(""), stem(pointer)).0)
}

/// The proof files of these stems and all that they refer to, folded, with the graph of uses.
pub fn texts(stems: &[&str]) -> Markup {
    let wanted = referred(stems);
    let kept = proof::FILES.into_iter().filter(|(stem, _)| wanted.contains(stem));
    html! {
        h2 id="proofs" { "Proofs" }
        div.scroll { (PreEscaped(uses::svg())) }
        p.legend { "Which statement's proof uses which, from left to right." }
        @for (stem, text) in kept {
            details.proof {
                summary { "proofs/" (stem) ".md" }
                div id={ "proof-" (stem) } { (PreEscaped(typeset::html(text, stem).0)) }
            }
        }
    }
}

/// The files and those that they link to, and so on.
fn referred<'a>(stems: &[&'a str]) -> Vec<&'a str> {
    let mut wanted: Vec<&str> = stems.to_vec();
    let mut next = 0;
    while next < wanted.len() {
        let text = proof::file(wanted[next]).unwrap_or("");
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap_or("");
            let stem = proof::parts(target).map_or("", |(stem, _)| stem);
            if proof::file(stem).is_some() && !wanted.contains(&stem) {
                wanted.push(stem);
            }
        }
        next += 1;
    }
    wanted
}

/// What was verified, for people.
pub fn verified(results: &[(&Certificate, Vec<Verified>)], width: usize) -> String {
    let mut out = String::new();
    for (certificate, parts) in results {
        let good = parts.iter().all(|part| part.outcome.is_ok());
        let mark = if good { "verified" } else { "NOT VERIFIED" };
        out += &paragraph(&format!("{}: {mark}. {}", certificate.name, certificate.claim), width);
        for part in parts {
            for line in wrap(&part_line(part), width.saturating_sub(4)) {
                out += &format!("    {line}\n");
            }
        }
    }
    let failed = results.iter().filter(|(_, parts)| parts.iter().any(|p| p.outcome.is_err()));
    let failed: Vec<&str> = failed.map(|(certificate, _)| certificate.name).collect();
    out.push('\n');
    out += &paragraph(VERIFY_LEGEND, width);
    out += &paragraph(
        &if failed.is_empty() {
            format!(
                "{} verified, each over its whole range",
                count(results.len() as u64, "certificate")
            )
        } else {
            format!("not verified: {}", failed.join(", "))
        },
        width,
    );
    out
}

const VERIFY_LEGEND: &str = "F ≥ m·w: on the whole range F is at least m times w, the zeros of F \
    at the ends, whose leading terms stand in brackets. m is rounded down. Pieces: intervals in \
    directed rounding";

fn part_line(part: &Verified) -> String {
    let note = if part.note.is_empty() { String::new() } else { format!(" ({})", part.note) };
    match &part.outcome {
        Ok(settled) => {
            let margin = Magnitude::from_f64(settled.margin).unwrap_or(Magnitude::ZERO);
            let margin = decimal(margin, 4, Toward::Down);
            if part.what.is_empty() {
                return format!(
                    "{} cases, {}; {}: {margin}",
                    settled.pieces, part.range, part.note
                );
            }
            let weight = if part.weight.is_empty() { "" } else { "·" };
            format!(
                "{} ≥ {margin}{weight}{} on {}{note}; {} pieces",
                part.what, part.weight, part.range, settled.pieces
            )
        }
        Err(failure) => format!("{} ≥ 0 on {}{note}: {failure}", part.what, part.range),
    }
}

/// The same, for scripts.
pub fn verified_json(results: &[(&Certificate, Vec<Verified>)]) -> String {
    let all: Vec<Value> = results
        .iter()
        .map(|(certificate, parts)| {
            let parts: Vec<Value> = parts
                .iter()
                .map(|part| {
                    let (margin, pieces, failure) = match &part.outcome {
                        Ok(settled) => (Some(settled.margin), Some(settled.pieces), None),
                        Err(failure) => (None, None, Some(failure.to_string())),
                    };
                    json!({
                        "what": part.what,
                        "note": part.note,
                        "range": part.range,
                        "weight": part.weight,
                        "margin": margin,
                        "pieces": pieces,
                        "failure": failure,
                    })
                })
                .collect();
            json!({
                "name": certificate.name,
                "claim": certificate.claim,
                "proof": certificate.proof,
                "verified": parts.iter().all(|part| part["failure"].is_null()),
                "parts": parts,
            })
        })
        .collect();
    pretty(&json!({ "certificates": all }))
}
