//! Numbers, lists and plans as they are typed: what is accepted is what is written, and can be
//! written again.

use std::fmt::Display;

use relubound::Architecture;
use relubound::model::bias::Bias;
use relubound::model::params::{Amount, Probability};
use relubound::model::shard::Shard;
use relubound::model::slope::Slope;
use relubound::model::start::Start;
use relubound::num::{fraction, grouped, nearest, whole_number};
use relubound::study::{Grid, Shape, Study, depths};
use rug::Rational;

use super::one_line;

/// A text of at most this many bytes is read.
const LONGEST: usize = 4096;

/// What was accepted has a text that is accepted as the same; a refusal is one line.
fn again<T: PartialEq + std::fmt::Debug, E: Display>(
    read: impl Fn(&str) -> Result<T, E>,
    text: &str,
    written: impl Fn(&T) -> String,
) {
    match read(text) {
        Err(why) => one_line(&why),
        Ok(value) => match read(&written(&value)) {
            Ok(second) => assert_eq!(value, second, "{text:?}"),
            Err(why) => panic!("{text:?}: {}: {why}", written(&value)),
        },
    }
}

/// Widths, probabilities, amounts, slopes, angles, lists.
pub fn parsers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if text.len() > LONGEST {
        return;
    }
    if let Some(exact) = fraction(text) {
        exact_number(text, &exact);
    }
    if let Some(number) = whole_number(text) {
        assert_eq!(fraction(text), Some(Rational::from(number)));
        assert_eq!(whole_number(&grouped(number).replace(',', "")), Some(number));
    }
    again(|text| Probability::parse("delta", text).map(|p| p.value().clone()), text, exactly);
    for amount in [Amount::radius, Amount::step, Amount::nearness, Amount::oscillation] {
        again(|text| amount(text).map(|a| a.value().clone()), text, exactly);
        again(amount, text, ToString::to_string);
    }
    again(|text| Slope::parse(text).map(|slope| slope.value().clone()), text, exactly);
    again(Start::cos, text, |start| start.record().replace("cos ", ""));
    again(Start::theta, text, |start| match start {
        Start::Cos(_) => match start.record().as_str() {
            "cos 1" => "0pi".into(),
            "cos 1/2" => "pi/3".into(),
            "cos 0" => "pi/2".into(),
            "cos -1/2" => "2/3pi".into(),
            other => other.replace("cos -1", "pi"),
        },
        other => other.record(),
    });
    again(Start::from_record, text, Start::record);
    again(str::parse::<Architecture>, text, ToString::to_string);
    again(Shard::parse, text, |shard| format!("{}/{}", shard.part, shard.parts));
    again(
        |text| depths("depths", text),
        text,
        |list| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    );
    if let Err(why) = Shape::parse(text) {
        one_line(&why);
    }
    let (first, second) = text.split_once(' ').unwrap_or((text, "1"));
    for bias in [Bias::relative(first), Bias::deviation(first, Some(second))] {
        match bias {
            Err(why) => one_line(&why),
            Ok(bias) => {
                let [size, gain] = bias.record();
                let read = Bias::from_record(size.as_deref(), gain.as_deref());
                assert_eq!(read.map(|bias| bias.record()), Ok([size, gain]), "{text:?}");
            }
        }
    }
}

fn exactly(value: &Rational) -> String {
    value.to_string()
}

/// Where the standard library reads the text as a double, it is the nearest one.
fn exact_number(text: &str, exact: &Rational) {
    assert_eq!(fraction(&exact.to_string()), Some(exact.clone()), "{text:?}");
    if let Ok(near) = text.trim().parse::<f64>() {
        // Below the normal range a double has fewer bits than the nearest number of 53.
        if near.is_finite() && near.abs() > f64::MIN_POSITIVE {
            assert_eq!(nearest(exact), near, "{text:?}");
        }
    }
}

/// The plan of a study in TOML.
pub fn plans(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if text.len() > LONGEST {
        return;
    }
    let grid = match Grid::from_toml(text) {
        Err(why) => return assert!(!why.contains('\n') && !why.is_empty(), "{why:?}"),
        Ok(grid) => grid,
    };
    let spelled = match grid.clone().in_one_spelling() {
        Err(why) => return one_line(&why),
        Ok(spelled) => spelled,
    };
    // One spelling is its own.
    assert_eq!(spelled.clone().in_one_spelling().as_ref(), Ok(&spelled));
    match (Study::new(grid), Study::new(spelled)) {
        (Ok(one), Ok(other)) => assert_eq!(one.cells.len(), other.cells.len()),
        (Err(one), Err(_)) => one_line(&one),
        (one, other) => panic!("{:?} {:?}", one.err(), other.err()),
    }
}
