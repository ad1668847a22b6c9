//! What a file of JSON says, however it is spelled.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The values of a file, one after another.
pub struct Values<'a> {
    /// All that are whole.
    pub whole: Vec<Value>,
    /// What was cut off within a value, at the end.
    pub cut: &'a [u8],
}

/// The one value of a file.
///
/// # Errors
/// What is wrong with the text, in a few words.
pub fn value(text: &[u8]) -> Result<Value, String> {
    let Values { mut whole, cut } = values(text)?;
    match whole.pop() {
        Some(value) if whole.is_empty() && cut.is_empty() => Ok(value),
        None => Err("it ends too early".into()),
        Some(_) => Err("something follows its end".into()),
    }
}

/// The values of a file of JSON lines. Line ends and spaces are free, a mark of byte order is
/// passed over, and so are zero bytes at the end, which a crash may leave in place of what was
/// being written.
///
/// # Errors
/// What is wrong with the text, in a few words.
pub fn values(text: &[u8]) -> Result<Values<'_>, String> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let end = text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let text = &text[..end];
    let mut whole = Vec::new();
    let mut stream = serde_json::Deserializer::from_slice(text).into_iter::<Strict>();
    loop {
        let from = stream.byte_offset();
        match stream.next() {
            None => return Ok(Values { whole, cut: &[] }),
            Some(Ok(Strict(value))) => {
                spelled(&text[from..stream.byte_offset()], &value)?;
                whole.push(value);
            }
            Some(Err(why)) if why.is_eof() => {
                return Ok(Values { whole, cut: text[from..].trim_ascii_start() });
            }
            Some(Err(why)) => return Err(why.to_string()),
        }
    }
}

/// One text for all spellings of the same content: keys in order, no spaces, whole numbers without
/// a fraction. Whole numbers are exact at any size.
pub fn canonical(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    plain(value).to_string()
}

/// The same with whole numbers written as such.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(whole(&number).map_or(number, Number::from)),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, plain(value))).collect(),
        other => other,
    }
}

/// A number that is written as a fraction but is whole, up to where all whole numbers are exact.
fn whole(number: &Number) -> Option<i64> {
    let value = number.as_f64().filter(|_| number.is_f64())?;
    let exact = value.fract() == 0.0 && value.abs() < 2f64.powi(53);
    (exact && (value != 0.0 || value.is_sign_positive())).then_some(value as i64)
}

/// A value in which no key is there twice: which of the two counts, every reader decides for
/// itself.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(plain).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("{key:?} is there twice")));
            }
            map.insert(key, value);
        }
        Ok(map.into())
    }
}

/// Is every number the one that it was read as? Digits beyond those that tell it from its
/// neighbours could be changed unseen.
fn spelled(text: &[u8], value: &Value) -> Result<(), String> {
    let (read, meant) = (decimals(text), decimals(value.to_string().as_bytes()));
    match read.iter().zip(&meant).find(|(read, meant)| read != meant) {
        None if read.len() == meant.len() => Ok(()),
        _ => Err("a number has digits that no program writes".into()),
    }
}

/// Sign, digits without zeros at either end, and exponent.
type Decimal = (bool, String, i64);

/// All numbers outside of strings.
fn decimals(text: &[u8]) -> Vec<Decimal> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let in_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        let length = match first {
            b'"' => 1 + string(after),
            b'-' | b'0'..=b'9' => rest.iter().take_while(|byte| in_number(byte)).count(),
            _ => 1,
        };
        if first != b'"' && (first == b'-' || first.is_ascii_digit()) {
            found.push(decimal(&String::from_utf8_lossy(&rest[..length])));
        }
        rest = &rest[length..];
    }
    found
}

/// Bytes up to the end of a string that has begun.
fn string(text: &[u8]) -> usize {
    let mut escaped = false;
    let end = text.iter().position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 1)
}

fn decimal(text: &str) -> Decimal {
    let (sign, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{before}{after}");
    let digits = all.trim_end_matches('0');
    let zeros = (all.len() - digits.len()) as i64 - after.len() as i64;
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return (sign, String::new(), 0);
    }
    // Exponents out of range were refused when the number was read.
    let exponent = exponent.parse::<i64>().unwrap_or(i64::MAX);
    (sign, digits.to_owned(), exponent.saturating_add(zeros))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str) -> Result<String, String> {
        value(text.as_bytes()).map(|value| canonical(&value))
    }

    #[test]
    fn spellings_of_one_content_are_one() {
        let one = content(r#"{"b":[1,0.00001,-0.0,null,true],"a":"x\"5e1"}"#).unwrap();
        for same in [
            "\u{feff}{ \"a\": \"x\\u00225e1\",\r\n \"b\": [1.0, 1e-05, -0.0, null, true] }\r\n\0\0",
            r#"{"b":[10e-1,0.10e-4,-0e5,null,true],"a":"x\"5e1"}"#,
        ] {
            assert_eq!(content(same).as_ref(), Ok(&one));
        }
        for other in [
            r#"{"b":[1,0.00002,-0.0,null,true],"a":"x\"5e1"}"#,
            r#"{"b":[1,0.00001,0.0,null,true],"a":"x\"5e1"}"#,
            r#"{"b":[1,0.00001,-0.0,true,null],"a":"x\"5e1"}"#,
            r#"{"b":[1,0.00001,-0.0,null,true],"a":"x\"5e2"}"#,
            r#"{"b":[1,0.00001,-0.0,null,true],"a":"x\"5e1","c":0}"#,
        ] {
            assert_ne!(content(other).as_ref(), Ok(&one));
        }
        // No number loses a digit.
        assert_eq!(content("18446744073709551615").unwrap(), "18446744073709551615");
        assert_ne!(content("18446744073709551615"), content("18446744073709551614"));
    }

    #[test]
    fn what_is_ambiguous_or_no_json_is_refused() {
        for (wrong, said) in [
            (r#"{"a":1,"b":2,"a":1}"#, "twice"),
            (r#"[{"a":{"x":1,"x":2}}]"#, "twice"),
            // The double next to one tenth is one tenth.
            ("0.10000000000000001", "digits"),
            ("0.12345678901234567", "digits"),
            ("18446744073709551616", "digits"),
            ("1e400", "out of range"),
            ("[NaN]", "expected"),
            ("{} {}", "follows"),
            ("{} x", "expected"),
            ("[1,2", "ends"),
            ("", "ends"),
        ] {
            let why = content(wrong).unwrap_err();
            assert!(why.contains(said), "{wrong}: {why}");
        }
        assert!(content(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn lines_are_read_up_to_where_they_were_cut_off() {
        let found = values(b"{\"a\":1}\r\n{\"a\":2}\n{\"a\":").unwrap();
        assert_eq!((found.whole.len(), found.cut), (2, &b"{\"a\":"[..]));
        let found = values(b"{\n\"a\":1\n}{\"a\":2}\n\0\0\0").unwrap();
        assert!(found.whole.len() == 2 && found.cut.is_empty());
        assert!(values(b"{\"a\":1}\nnonsense\n").is_err());
    }
}
