//! Numbers and rows in words: how a bound, an observation or a verdict is written, wherever it
//! stands.

use crate::judge::row::Row;
use crate::judge::verdict::Verdict;
use crate::model::bias::Bias;
use crate::model::claim::Direction;
use crate::model::clean::short;
use crate::model::params::{Probability, short as short_width};
use crate::model::statement::{About, Kind};
use crate::network::Engine;
use crate::num::magnitude::Magnitude;
use crate::num::{Toward, decimal};
use crate::stage;

/// Characters shown of a number that a user wrote.
pub const NUMBER: usize = 24;
/// Characters shown of a list: both may be as long as a command line.
pub const LIST: usize = 60;
/// Digits of numbers in tables.
pub const DIGITS: usize = 4;

/// With a capital letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// `1 trial`, `2,000 trials`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// `, slope 0.1`; nothing for ReLU, of which records keep no slope.
pub fn and_slope(record: Option<&str>) -> String {
    record.map_or(String::new(), |slope| format!(", slope {}", short(slope, NUMBER)))
}

/// `, biases 0.5`; nothing without any.
pub fn and_biases(size: Option<&str>, gain: Option<&str>) -> String {
    let Some(size) = size.map(|size| short(size, NUMBER)) else { return String::new() };
    match gain {
        None => format!(", biases {size}"),
        Some(gain) => {
            format!(", biases of deviation {size} at gain {}", short(gain, NUMBER))
        }
    }
}

/// The same of biases that are at hand.
pub fn of_biases(bias: &Bias) -> String {
    let [size, gain] = bias.record();
    and_biases(size.as_deref(), gain.as_deref())
}

/// The norm of a step, as recorded, in words that go after "shortest".
pub fn norm(record: &str) -> String {
    match record {
        "l2" => "in ℓ₂".into(),
        "linf" => "in ℓ∞".into(),
        "l1" => "in ℓ₁".into(),
        _ => match (record.strip_prefix("top:"), record.strip_prefix("form:power:")) {
            (Some("1"), _) => "on 1 coordinate".into(),
            (Some(portion), _) if portion.ends_with('%') => format!("on {portion} of coordinates"),
            (Some(count), _) => format!("on {count} coordinates"),
            (_, Some(power)) => format!("with weights k^{power} by frequency"),
            (None, None) => format!("by the {}", record.replacen(':', " ", 1)),
        },
    }
}

/// `2,000`.
pub fn grouped(n: u64) -> String {
    crate::num::grouped(u128::from(n))
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed(items: &[impl AsRef<str>]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items[..] {
        [] => String::new(),
        [one] => one.to_owned(),
        [ref all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// A number of a few digits.
pub fn near(value: f64, digits: usize) -> String {
    let number = Magnitude::from_f64(value);
    number.map_or("–".into(), |number| decimal(number, digits, Toward::Nearest))
}

/// The same in a sentence.
pub fn plainly(value: f64, digits: usize) -> String {
    trimmed(&near(value, digits))
}

/// The same; a dash where there is none.
pub fn decimal_or_dash(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| near(value, DIGITS))
}

/// A probability in percent, without the sign.
pub fn percent(probability: f64, toward: Toward) -> String {
    // The product is rounded once, by less than a digit shown: one step outward covers it.
    let product = 100.0 * probability;
    let outward = match toward {
        Toward::Up if probability < 1.0 => product.next_up(),
        Toward::Down if probability > 0.0 => product.next_down(),
        _ => product,
    };
    Magnitude::from_f64(outward).map_or(String::new(), |m| decimal(m, 3, toward))
}

/// The same in a sentence: without zeros at its end.
pub fn percentage(probability: f64, toward: Toward) -> String {
    trimmed(&percent(probability, toward))
}

/// 1 − δ, as `90 %`, or as `1 − 1e-9` where no short percentage is exactly that.
pub fn all_but(delta: &str) -> Option<String> {
    let rest = 1.0 - Probability::parse("delta", delta).ok()?.to_f64();
    let shown = percentage(rest, Toward::Nearest);
    let exact = shown.parse().is_ok_and(|read: f64| (read / 100.0 - rest).abs() < 1e-15);
    Some(if exact && rest < 1.0 {
        format!("{shown} %")
    } else {
        format!("1 − {}", short(delta, NUMBER))
    })
}

/// Without zeros at the end of what is behind the point.
pub fn trimmed(number: &str) -> String {
    if number.contains('.') && !number.contains('e') {
        number.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        number.to_owned()
    }
}

/// A size relative to ‖x‖, as `2.4 %`.
pub fn relative(value: Magnitude, toward: Toward) -> String {
    let hundred = Magnitude::from_f64(100.0).unwrap_or(Magnitude::ONE);
    format!("{} %", trimmed(&decimal(value * hundred, 3, toward)))
}

/// A change relative to what changes, as `2.4 %`, or as `53.3 times` where it is no small one.
pub fn change(value: Magnitude, toward: Toward) -> String {
    match Magnitude::from_f64(10.0) {
        Some(ten) if value > ten => format!("{} times", decimal(value, 3, toward)),
        _ => relative(value, toward),
    }
}

/// Widths as in a list, with large ones rounded up to a few digits.
pub fn short_widths(text: &str) -> String {
    widths_toward(text, Toward::Up)
}

/// The same rounded down.
pub fn short_widths_down(text: &str) -> String {
    widths_toward(text, Toward::Down)
}

fn widths_toward(text: &str, toward: Toward) -> String {
    let short = |item: &str| {
        let (width, times) = item.split_once('x').unwrap_or((item, ""));
        let long = Some(width).filter(|width| width.len() > 9);
        let number = long.and_then(|width| Magnitude::from_f64(width.parse().ok()?));
        let Some(number) = number else { return item.to_owned() };
        let number = decimal(number, DIGITS, toward);
        if times.is_empty() { number } else { format!("{number}x{times}") }
    };
    text.split(',').map(short).collect::<Vec<_>>().join(",")
}

/// A width with separators, or in a few digits.
pub fn width(d: u128) -> String {
    if d < 1_000_000_000 { crate::num::grouped(d) } else { short_width(d) }
}

/// The bound with its direction, rounded to the safe side: `≤ 0.8123`.
pub fn bound(row: &Row) -> String {
    match (row.kind, row.direction, row.bound) {
        (Kind::Law, ..) => "law".into(),
        (_, Some(_), Some(_)) if row.vacuous => "none".into(),
        // The width at which something is proved, and not from which on.
        (_, Some(_), Some(bound)) if happens(row) == Some("fails") => {
            format!("= {}", decimal(bound.value, DIGITS, Toward::Down))
        }
        (_, Some(direction), Some(bound)) => {
            let sign = match direction {
                Direction::Upper => "≤",
                Direction::Lower => "≥",
            };
            format!("{sign} {}", decimal(bound.value, DIGITS, direction.toward()))
        }
        _ => String::new(),
    }
}

/// What is expected without proof.
pub fn expected(row: &Row) -> String {
    row.expected.map_or("–".into(), |p| decimal(p.value, DIGITS, Toward::Nearest))
}

/// The observed quantile.
pub fn observed(row: &Row) -> String {
    row.observed.as_ref().map_or("–".into(), |o| decimal(o.quantile, DIGITS, Toward::Nearest))
}

/// `×1.04`.
pub fn slack(row: &Row) -> String {
    row.slack.map_or("–".into(), |s| format!("×{}", decimal(s.value, 3, Toward::Nearest)))
}

/// Is it about whether a step flips the sign or fails to, so that what is counted is the opposite?
pub fn is_flip(row: &Row) -> bool {
    happens(row).is_some()
}

/// What the step of a row does, where that is what the row is about.
fn happens(row: &Row) -> Option<&'static str> {
    match stage::statement(&row.statement).map(|statement| statement.about)? {
        About::Threshold => Some("flips"),
        About::Flip => row.outside.then_some("flips"),
        About::Failure => Some("fails"),
        About::Quantity => None,
    }
}

/// The share of trials beyond the bound, or the Kolmogorov–Smirnov distance of a law. Of a step,
/// the share in which it flips the sign.
pub fn evidence(row: &Row) -> String {
    let share = |k: u64, n: u64| percent(k as f64 / n as f64, Toward::Nearest);
    let n = row.counted.unwrap_or(0);
    match (row.distance, row.exceedances) {
        (Some(d), _) => format!("KS {:.4}", d.observed),
        (_, Some(k)) if n > 0 => match happens(row) {
            Some(what) => format!("{what} {}%", share(n - k.min(n), n)),
            None if k == 0 => "0%".into(),
            None => format!("{}%", share(k, n)),
        },
        _ => "–".into(),
    }
}

/// Confidence limits of what [`evidence`] shows, rounded outward, or the distance that a law is
/// allowed.
pub fn limits(row: &Row) -> String {
    let between = |low: f64, high: f64| {
        format!("[{}, {}]%", percent(low, Toward::Down), percent(high, Toward::Up))
    };
    match (row.distance, row.interval) {
        (Some(d), _) => format!("≤ {:.4}", d.allowed),
        (_, Some([low, high])) if is_flip(row) => between(1.0 - high, 1.0 - low),
        (_, Some([low, high])) => between(low, high),
        _ => String::new(),
    }
}

/// The engine behind a row.
pub fn engine(row: &Row) -> String {
    row.engine.map_or("–", Engine::name).into()
}

/// The verdict, with why nothing is claimed where that is so.
pub fn verdict(row: &Row) -> String {
    match row.verdict {
        Some(Verdict::OutsideHypotheses) => outside(row),
        Some(verdict) => verdict.text().into(),
        None if row.vacuous => "vacuous".into(),
        None if row.outside => outside(row),
        None => "–".into(),
    }
}

/// Why nothing is claimed of a row.
fn outside(row: &Row) -> String {
    let about = stage::statement(&row.statement).map(|statement| statement.about);
    // Said once, beside the rows.
    if row.unmet.is_some() {
        return "outside hypotheses".into();
    }
    let why = match (&row.reach, about) {
        (Some(reach), Some(About::Failure)) => {
            format!(": proved at {}", short_widths_down(&reach.widths))
        }
        (Some(reach), _) => format!(": proved from {} on", short_widths(&reach.widths)),
        (None, Some(About::Failure)) => ": not proved".into(),
        (None, Some(About::Threshold)) => ": proved at no width found".into(),
        (None, Some(About::Flip)) => ": these widths are too small".into(),
        (None, _) => String::new(),
    };
    format!("outside hypotheses{why}")
}

/// In fewer words.
pub fn short_verdict(row: &Row) -> Option<String> {
    match row.verdict {
        Some(Verdict::NotViolated) => Some("no search violates".into()),
        Some(Verdict::OutsideHypotheses) => Some("outside hypotheses".into()),
        _ => None,
    }
}

/// What fresh networks said of a row that looked violated.
pub fn fresh(row: &Row) -> Option<String> {
    let fresh = row.fresh.as_ref()?;
    let n = count(fresh.networks, "fresh network");
    let shown = match (fresh.distance, fresh.interval) {
        (Some(d), _) => {
            let sign = if d.observed > d.allowed { ">" } else { "≤" };
            format!(" (KS {:.4} {sign} {:.4})", d.observed, d.allowed)
        }
        (None, Some([low, high])) => {
            let [low, high] = [percent(low, Toward::Down), percent(high, Toward::Up)];
            format!(" (beyond in [{low}, {high}]%)")
        }
        (None, None) => String::new(),
    };
    Some(match (fresh.verdict, row.verdict) {
        (None, _) => format!("looks violated, not yet confirmed on fresh networks ({n} drawn)"),
        (Some(Verdict::NumericalFailure), _) => format!("not a number in {n}"),
        (_, Some(Verdict::Violated)) if row.kind == Kind::Identity => format!("violated in {n}"),
        (_, Some(Verdict::Violated)) => format!("looked violated, and does in {n}, too{shown}"),
        _ => format!("looked violated, but not in {n}{shown}"),
    })
}

/// The paper's constants: `C₁ = 1.23 proved, 0.98 allowed by the observations`.
pub fn constant(row: &Row) -> Option<String> {
    let constant = row.constant.as_ref()?;
    let toward = row.toward();
    let show = |value: Option<Magnitude>, toward| value.map(|v| decimal(v, DIGITS, toward));
    let proved = decimal(constant.proved, DIGITS, toward);
    let mut text = format!("{}: {} = {proved} proved", constant.form, constant.symbol);
    if let Some(allowed) = show(constant.allowed, Toward::Nearest) {
        text += &format!(", {allowed} allowed by the observations");
    }
    let [free_proved, free_allowed] = constant.scale_free;
    if let Some(proved) = show(free_proved, toward) {
        text += &format!("; in units of 2^(−L/2): {proved}");
        if let Some(allowed) = show(free_allowed, Toward::Nearest) {
            text += &format!(", {allowed}");
        }
    }
    Some(text)
}

/// The ways to a bound, where there are several.
pub fn variants(row: &Row) -> Option<String> {
    let toward = row.toward();
    let list: Vec<String> = row
        .variants
        .iter()
        .map(|v| format!("{} {}", v.name, decimal(v.value, DIGITS, toward)))
        .collect();
    (list.len() > 1).then(|| format!("by {}", list.join(", ")))
}

/// How many trials would settle an inconclusive row.
pub fn settled_by(row: &Row) -> Option<String> {
    Some(format!("about {} would settle it", count(row.settled_by?, networks(row))))
}

/// Networks in which rows are observed, one of them in words.
pub const NETWORKS: [&str; 3] = ["trial", "searched trial", "stepped trial"];

/// Those in which this row is.
pub fn networks(row: &Row) -> &'static str {
    let [any, searched, stepped] = NETWORKS;
    match (row.searched, row.is_stepped()) {
        (false, _) => any,
        (true, false) => searched,
        (true, true) => stepped,
    }
}
