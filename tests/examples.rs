//! The worked examples of `proofs/examples.md`: every number in them is computed here once more, by
//! formulas written for this purpose, and the rows are asked of the program.

use std::collections::HashSet;
use std::f64::consts::PI;
use std::process::Command;

const TEXT: &str = include_str!("../proofs/examples.md");

/// The tables' lines: section, name and value.
fn lines() -> Vec<(String, String, String)> {
    let mut section = "";
    let mut found = Vec::new();
    for line in TEXT.lines() {
        if let Some(anchor) = line.strip_prefix("<a id=\"") {
            section = anchor.split('"').next().unwrap();
        }
        let cells: Vec<&str> =
            line.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        if let [name, value] = cells[..]
            && line.starts_with("| ")
            && name != "number"
        {
            found.push((section.to_owned(), name.to_owned(), value.to_owned()));
        }
    }
    found
}

/// log(½ + ½(1 − 2λ)^{−½}).
fn log_mgf(lambda: f64) -> f64 {
    (0.5 + 0.5 / (1.0 - 2.0 * lambda).sqrt()).ln()
}

/// The x at which an increasing function reaches a value.
fn solve(f: impl Fn(f64) -> f64, value: f64, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if f(middle) < value { low = middle } else { high = middle }
    }
    low
}

fn largest(f: impl Fn(f64) -> f64, to: f64) -> f64 {
    (1..=400_000).map(|i| f(f64::from(i) * to / 400_000.0)).fold(0.0, f64::max)
}

/// P(χ²₃ ≤ y).
fn chi_square_3(y: f64) -> f64 {
    libm::erf((y / 2.0).sqrt()) - (2.0 * y / PI).sqrt() * (-y / 2.0).exp()
}

fn output() -> Vec<(&'static str, f64)> {
    let q = solve(|q| 1.0 - libm::erfc(q / 2f64.sqrt()), 0.95, 0.0, 10.0);
    let s = (20f64.ln() / 2.0 + log_mgf(0.43)) / 0.43;
    let moment = |p: f64| {
        let gamma = libm::tgamma;
        0.5 * gamma(0.5 + p) / gamma(0.5) + 0.25 * gamma(1.0 + p)
    };
    let sup = |p: f64| largest(|q| q.powf(2.0 * p) * libm::erfc(q / 2f64.sqrt()), 6.0);
    let by_moment = |p: f64| (10.0 * moment(p) * sup(p)).powf(1.0 / (2.0 * p));
    vec![
        ("$q$ at 0.05", q),
        ("$\\Lambda(0.43)$", log_mgf(0.43)),
        ("$s^+$", s),
        ("$u$, split", q * s.sqrt()),
        ("$E(S(2)/2)^{0.98}$", moment(0.98)),
        ("$\\sup t^{0.98}P(Z^2\\ge t)$", sup(0.98)),
        ("$u$, moment", by_moment(0.98)),
        ("$u$, moment, at $p=1$", by_moment(1.0)),
    ]
}

fn gradient() -> Vec<(&'static str, f64)> {
    let c = solve(chi_square_3, 0.05, 0.0, 10.0) / 3.0;
    let s = -(20f64.ln() / 8.0 + log_mgf(-7.5)) / 7.5;
    let p = 0.83;
    let binomial = [28.0, 56.0, 70.0, 56.0, 28.0, 8.0, 1.0];
    let moment: f64 = (2..=8)
        .map(|k| {
            let half = f64::from(k) / 2.0;
            binomial[k as usize - 2] / 256.0 * 4f64.powf(p) * libm::tgamma(half - p)
                / libm::tgamma(half)
        })
        .sum();
    let sup = largest(|c| c.powf(-p) * chi_square_3(3.0 * c), 4.0);
    let v = ((0.1 - 9.0 / 256.0) / (moment * sup)).powf(1.0 / (2.0 * p));
    vec![
        ("$c^-$ at 0.05", c),
        ("$s^-$", s),
        ("$v$, split", (c * s).sqrt()),
        ("$E[(S(8)/8)^{-0.83};N\\ge2]$", moment),
        ("$\\sup c^{-0.83}P(\\chi^2_3\\le3c)$", sup),
        ("$v$, moment", v),
    ]
}

fn lipschitz() -> Vec<(&'static str, f64)> {
    let s = (2.0 * 340f64.ln()).sqrt();
    vec![("$s$", s), ("$2+s/8$", 2.0 + s / 8.0)]
}

fn envelope() -> Vec<(&'static str, f64)> {
    let a = 2f64.sqrt() / (3.0 * PI);
    let x = 1.0 + 2.0 * a;
    let s = 1.0 / (x * x);
    let g = |c: f64| ((1.0 - c * c).sqrt() + (PI - c.acos()) * c) / PI;
    vec![
        ("$a$", a),
        ("$x_2$ from below", x),
        ("$s_2$ from above", s),
        ("$\\theta_2$ from above", (1.0 - s).acos()),
        ("$g(0)$", g(0.0)),
        ("$g(g(0))$", g(g(0.0))),
        ("$\\theta_2$", g(g(0.0)).acos()),
    ]
}

/// The number with as many decimals as `shown` has.
fn rounded_like(shown: &str, value: f64) -> String {
    let decimals = shown.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    format!("{value:.decimals$}")
}

/// Lines whose value is not the one computed, or that are not computed.
fn wrong(lines: &[(String, String, String)]) -> Vec<String> {
    let computed = [
        ("output", output()),
        ("gradient", gradient()),
        ("lipschitz", lipschitz()),
        ("envelope", envelope()),
    ];
    let mut seen = HashSet::new();
    let mut wrong = Vec::new();
    for (section, name, shown) in lines.iter().filter(|(_, name, _)| !name.starts_with("row ")) {
        let values = computed.iter().find(|(s, _)| s == section).map(|(_, values)| values);
        let value = values.and_then(|v| v.iter().find(|(n, _)| n == name)).map(|(_, value)| *value);
        seen.insert((section.as_str(), name.as_str()));
        if value.is_none_or(|value| rounded_like(shown, value) != *shown) {
            wrong.push(format!("{section}: {name} is {value:?}, not {shown}"));
        }
    }
    for (section, values) in &computed {
        let missing = values.iter().filter(|(name, _)| !seen.contains(&(*section, *name)));
        wrong.extend(missing.map(|(name, _)| format!("{section}: {name} is not in the text")));
    }
    wrong
}

#[test]
fn numbers_by_hand_are_right() {
    let lines = lines();
    assert!(lines.len() > 20);
    assert_eq!(wrong(&lines), Vec::<String>::new());
    // A wrong digit is seen.
    let mut broken = lines;
    broken[2].2 = "4.8969".into();
    assert_eq!(wrong(&broken).len(), 1);
}

#[test]
fn rows_are_those_of_the_program() {
    let commands: Vec<&str> = TEXT.lines().filter_map(|l| l.strip_prefix("`relubound ")).collect();
    let rows: Vec<_> =
        lines().into_iter().filter(|(_, name, _)| name.starts_with("row ")).collect();
    assert_eq!((commands.len(), rows.len()), (4, 4));
    for (command, (section, name, shown)) in commands.iter().zip(rows) {
        let output = Command::new(env!("CARGO_BIN_EXE_relubound"))
            .args(command.trim_end_matches('`').split(' '))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let label = name.trim_start_matches("row ");
        let row = text.lines().find(|line| line.split(' ').next() == Some(label)).expect(label);
        assert!(row.contains(&format!(" {shown} ")), "{section}: {row}");
        let ways = "by narrow 0.1694, moment 0.1054, split 0.03865";
        assert_eq!(text.contains(ways), section == "gradient", "{text}");
    }
}
