//! Numbers beyond double precision in JSON.
//!
//! Any reader gets numbers as numbers: one that double precision does not hold is null under its
//! name, and beside that name are its common logarithm, under `<name>_log10`, and text that reads
//! back exactly, under `<name>_exact`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How a number beyond double precision is written on its own, without a name that others could go
/// beside.
#[derive(Serialize, Deserialize)]
pub(crate) struct Beyond {
    /// Absent for ∞.
    pub log10: Option<f64>,
    /// Text that reads back.
    pub exact: String,
}

const LOGARITHM: &str = "_log10";
const EXACT: &str = "_exact";

/// The number of this form, as (logarithm, text).
fn beyond(json: &Value) -> Option<(Value, Value)> {
    let fields = json.as_object().filter(|fields| fields.len() == 2)?;
    Some((fields.get("log10")?.clone(), fields.get("exact")?.clone()))
}

/// Puts what is known of numbers beyond double precision beside their names.
pub fn beside(json: Value) -> Value {
    match json {
        Value::Array(items) => items.into_iter().map(beside).collect(),
        Value::Object(fields) => {
            let mut out = Map::new();
            for (name, value) in fields {
                let (value, log, exact) = parted(value);
                let known = name == "value";
                let named = |suffix| format!("{name}{suffix}");
                let (log_name, exact_name) = (named(LOGARITHM), named(EXACT));
                out.insert(name, value);
                if let Some(exact) = exact {
                    // A value has its logarithm next to it in any case.
                    if !known {
                        out.insert(log_name, log);
                    }
                    out.insert(exact_name, exact);
                }
            }
            Value::Object(out)
        }
        other => other,
    }
}

/// What goes under the name, and what beside it: for a number, or for each of a list.
fn parted(json: Value) -> (Value, Value, Option<Value>) {
    if let Some((log, exact)) = beyond(&json) {
        return (Value::Null, log, Some(exact));
    }
    match json {
        Value::Array(items) if items.iter().any(|item| beyond(item).is_some()) => {
            let found: Vec<_> = items.iter().map(|item| beyond(item).unwrap_or_default()).collect();
            let (logs, exact) = found.into_iter().unzip::<_, _, Vec<Value>, Vec<Value>>();
            let rest = |item| if beyond(&item).is_some() { Value::Null } else { item };
            let numbers = items.into_iter().map(rest).collect();
            (numbers, Value::Array(logs), Some(Value::Array(exact)))
        }
        other => (beside(other), Value::Null, None),
    }
}

/// Undoes [`beside`], as far as numbers are read back from it.
pub fn joined(json: Value) -> Value {
    match json {
        Value::Array(items) => items.into_iter().map(joined).collect(),
        Value::Object(fields) => {
            let exact: Vec<(String, Value)> = fields
                .iter()
                .filter_map(|(name, value)| Some((name.strip_suffix(EXACT)?.to_owned(), value)))
                .map(|(name, value)| (name, value.clone()))
                .collect();
            let mut out: Map<String, Value> =
                fields.into_iter().map(|(name, value)| (name, joined(value))).collect();
            for (name, exact) in exact {
                out.shift_remove(&format!("{name}{LOGARITHM}"));
                out.shift_remove(&format!("{name}{EXACT}"));
                if let Some(value) = out.get_mut(&name) {
                    put(value, exact);
                }
            }
            Value::Object(out)
        }
        other => other,
    }
}

fn put(value: &mut Value, exact: Value) {
    match (value, exact) {
        (_, Value::Null) => {}
        (Value::Array(items), Value::Array(exact)) => {
            items.iter_mut().zip(exact).for_each(|(item, exact)| put(item, exact));
        }
        (value, exact) => *value = exact,
    }
}

/// Makes a type, whose derived forms are its own (`#[serde(remote = "Self")]`), be written and read
/// in this way.
macro_rules! written_beside {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let json = <$name>::serialize(self, serde_json::value::Serializer);
                let json = json.map_err(serde::ser::Error::custom)?;
                serde::Serialize::serialize(&$crate::num::exact::beside(json), to)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let json = <serde_json::Value as serde::Deserialize>::deserialize(from)?;
                <$name>::deserialize($crate::num::exact::joined(json))
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use written_beside;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::magnitude::Magnitude;
    use serde_json::json;

    #[test]
    fn numbers_are_numbers_or_null_and_read_back() {
        let far = Magnitude::new(1.5, 7000).unwrap();
        let inf = Magnitude::INFINITY;
        let plain = json!({
            "a": 0.5, "value": far, "log10": 1.0, "list": [far, 2.0, null, inf],
            "deep": [{ "b": inf, "text": "inf" }],
        });
        let written = beside(plain.clone());
        let log = far.log10();
        assert_eq!(
            written,
            json!({
                "a": 0.5, "value": null, "value_exact": "1.5p7000", "log10": 1.0,
                "list": [null, 2.0, null, null], "list_log10": [log, null, null, null],
                "list_exact": ["1.5p7000", null, null, "inf"],
                "deep": [{ "b": null, "b_log10": null, "b_exact": "inf", "text": "inf" }],
            })
        );
        let back = joined(written);
        let read =
            |json: &Value| serde_json::from_value::<Option<Magnitude>>(json.clone()).unwrap();
        let list: Vec<_> = back["list"].as_array().unwrap().iter().map(read).collect();
        assert_eq!(list, [Some(far), Magnitude::from_f64(2.0), None, Some(inf)]);
        assert_eq!((read(&back["value"]), read(&back["deep"][0]["b"])), (Some(far), Some(inf)));
        let names = |json: &Value| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&back), names(&plain));
        // Where there is nothing to say, nothing is said.
        let usual = json!({ "a": [1.0, null], "b": { "c": "x" } });
        assert_eq!((beside(usual.clone()), joined(usual.clone())), (usual.clone(), usual));
    }
}
