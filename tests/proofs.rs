//! `relubound proofs`, as its users see it, and the certificates against twins that are false.

use std::process::Output;

use assert_cmd::cargo::cargo_bin_cmd;
use relubound::num::{Enclosure, Taylor};
use relubound::stage::statements;
use relubound::theory::certificate::{self, Failure, settle};
use serde_json::Value;

fn run(args: &[&str]) -> Output {
    cargo_bin_cmd!("relubound").arg("proofs").args(args).output().unwrap()
}

fn shown(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&shown(&[args, &["--format", "json"]].concat())).unwrap()
}

#[test]
fn all_certificates_are_verified() {
    let verified = json(&["verify"]);
    let list = verified["certificates"].as_array().unwrap();
    assert_eq!(list.len(), certificate::ALL.len());
    for one in list {
        assert_eq!(one["verified"], true, "{one}");
        for part in one["parts"].as_array().unwrap() {
            assert!(part["margin"].as_f64().unwrap() > 0.0, "{one}");
        }
    }
    let text = shown(&["verify", "tools.entropy"]);
    assert!(
        text.contains("least quotient, less 1: 0.3333")
            && text.contains("1 certificate verified, each")
    );
    let wrong = run(&["verify", "tools.nothing"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("a certificate, or a label"));
}

#[test]
fn every_statement_is_listed_and_can_be_shown() {
    let list = shown(&["list"]);
    assert!(list.contains("53 statements, none without a proof"));
    let registry = json(&["list"]);
    for (statement, entry) in statements().zip(registry["statements"].as_array().unwrap()) {
        let label = statement.label;
        assert_eq!(entry["label"], label);
        assert!(list.contains(&format!("{label} ")));
        let proof = shown(&["show", label]);
        for part in ["Claim: ", "Status: ", "Code: src/", "**Statement.**", "**Proof.**"] {
            assert!(proof.contains(part), "{label}: no {part}");
        }
        for used in statement.uses.iter().chain(statement.before) {
            let users = &json(&["show", used])["used_by"];
            assert!(users.as_array().unwrap().contains(&label.into()), "{used} {label}");
        }
    }
    for certificate in certificate::ALL {
        assert!(shown(&["show", certificate.name]).contains(&format!("`{}`", certificate.name)));
    }
    // As the ledger names them, and sections that are about no label.
    assert_eq!(shown(&["show", "bottleneck.rows[2]"]), shown(&["show", "bottleneck.rows"]));
    assert!(shown(&["show", "direct.md#recursion"]).contains("The recursion"));
    assert!(shown(&["show", "direct.flip"]).contains("proofs/direct.md#recursion"));
    let facts = shown(&["verify", "output.upper", "tools.power"]);
    assert!(facts.contains("tools.gamma: verified") && facts.contains("2 certificates verified"));
    let unknown = run(&["show", "output.lower"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&unknown.stderr).lines().count(), 1);
}

/// Fragments that a page links to and does not have.
fn dangling(page: &str) -> Vec<&str> {
    let links = page.split("href=\"#").skip(1).map(|link| link.split('"').next().unwrap());
    links.filter(|link| !page.contains(&format!("id=\"{link}\""))).collect()
}

#[test]
fn pages_hold_their_proofs() {
    let page = shown(&["show", "direct.flip", "--format", "html"]);
    assert!(page.contains("<math") && page.contains("<svg"));
    assert_eq!(dangling(&page), Vec::<&str>::new());
    let report = cargo_bin_cmd!("relubound")
        .args(["check", "--widths", "5,4", "--trials", "20", "--stages", "output,gradient"])
        .args(["--format", "html"])
        .output()
        .unwrap();
    let report = String::from_utf8(report.stdout).unwrap();
    for label in ["output.law", "output.upper", "gradient.ratio"] {
        let (stage, anchor) = label.split_once('.').unwrap();
        assert!(report.contains(&format!("href=\"#proof-{stage}-{anchor}\"")), "{label}");
    }
    assert_eq!(dangling(&report), Vec::<&str>::new());
    assert_eq!(dangling("<a href=\"#a\"><b id=\"b\">"), ["a"]);
}

const P: u32 = 192;

fn between(from: f64, to: &Enclosure) -> [Enclosure; 2] {
    [Enclosure::point(P, from), to.clone()]
}

/// √2 sin(θ/2), sin θ − θ cos θ and 1 − cos θ.
fn angle(x: &Taylor) -> [Taylor; 3] {
    let half = x.over(2).sin_cos().0;
    let (sin, cos) = x.sin_cos();
    let root_two = x.constant(&Enclosure::integer(P, 2).sqrt());
    [root_two * &half, sin - x * cos, half.power(2).times(2)]
}

/// The facts with constants that are a little too good.
#[test]
fn facts_with_better_constants_are_refuted() {
    let pi = Enclosure::pi(P);
    let refuted = |excess: fn(&Taylor) -> Taylor, to: &Enclosure, zero: usize| {
        let outcome = settle(excess, between(0.0, to), [zero, 0]);
        assert!(matches!(outcome, Err(Failure::Refuted { .. })), "{outcome:?}");
    };
    // 1.06 θ for 1.07 θ.
    refuted(|x| x.times(106).over(100) - &angle(x)[1], &pi, 1);
    // a one percent larger: s(1 − 2a√s) − φ = (sin θ − θ cos θ)/π − 2as√s, now of order 3.
    refuted(
        |x| {
            let [root, moved, _] = angle(x);
            let root_two = x.constant(&Enclosure::integer(P, 2).sqrt());
            moved.times(3) - root.power(3) * root_two.times(202).over(100)
        },
        &pi,
        3,
    );
    // x²/2.1 for x²/2: log cosh x is x²/2 at first.
    refuted(
        |x| x.power(2).times(10).over(21) - (x.exp() + (-x.clone()).exp()).over(2).ln(),
        &Enclosure::integer(P, 3),
        2,
    );
    // exp(−1.5 x²) for exp(−x²).
    refuted(|x| (-x.power(2).times(3).over(2)).exp() - x.erfc(), &Enclosure::integer(P, 2), 1);
    // 1.99 for r = 2.1 in q ≤ rφ: the quotient tends to 2 at 0.
    refuted(
        |x| {
            let [_, moved, s] = angle(x);
            let phi = s - moved * x.pi().recip();
            phi.times(199).over(100) - x.sin_cos().0.power(2)
        },
        &(pi.clone() / 2),
        2,
    );
    // The orders named in the registry are those of the zeros: with one more, they are not there.
    let outcome = settle(|x| x - x.sin_cos().0, between(0.0, &Enclosure::integer(P, 1)), [4, 0]);
    assert!(matches!(outcome, Err(Failure::NoZero { .. })), "{outcome:?}");
}
