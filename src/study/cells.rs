//! Finished cells as lines of a file, each sealed with the study that it belongs to.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::line::Line;
use super::{Study, Value};
use crate::judge::ledger::Tool;
use crate::model::error::Error;
use crate::model::shard::Shard;
use crate::run::store::{SEAL, seal, values};

type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a line is no cell of the study, in a few words.
type Wrong = String;

/// The line of a file.
pub fn text(study: &Study, line: &Line) -> String {
    let mut map = to_map(line);
    let sealed = seal_of(study, &Json::Object(map.clone()));
    map.insert(SEAL.into(), sealed.into());
    format!("{}\n", Json::Object(map))
}

/// Of what a line says and of what it belongs to, so that a line of another study is no line of
/// this one.
fn seal_of(study: &Study, line: &Json) -> String {
    seal(&json!({ "version": Tool::current().version, "study": study.grid, "cell": line }))
}

/// Flat, so that any reader has a column for each number: `c1.proved`.
fn to_map(line: &Line) -> Map<String, Json> {
    let map = match serde_json::to_value(line) {
        Ok(Json::Object(map)) => map,
        other => unreachable!("a line is a JSON object: {other:?}"),
    };
    let mut flat = Map::new();
    for (key, value) in map {
        match value {
            Json::Object(quantities) if key == VALUES => {
                for (name, value) in quantities {
                    let Json::Object(fields) = value else { continue };
                    let named = fields.into_iter().map(|(field, v)| (format!("{name}.{field}"), v));
                    flat.extend(named);
                }
            }
            value => {
                flat.insert(key, value);
            }
        }
    }
    flat
}

/// The key of the quantities in a line that is not flat.
const VALUES: &str = "values";

/// A flat line as it is read; `None` if it is not flat.
fn from_map(flat: &Map<String, Json>) -> Option<Line> {
    let (mut map, mut quantities) = (Map::new(), Map::new());
    for (key, value) in flat {
        match key.split_once('.') {
            Some((name, field)) => {
                let fields = quantities.entry(name).or_insert_with(|| json!({})).as_object_mut()?;
                fields.insert(field.to_owned(), value.clone());
            }
            None if key == VALUES => return None,
            None => {
                map.insert(key.clone(), value.clone());
            }
        }
    }
    map.insert(VALUES.into(), Json::Object(quantities));
    serde_json::from_value(Json::Object(map)).ok()
}

/// The finished cells in a file, in order; a last line that was cut off is left out. Cells that are
/// there twice are one if they say the same.
///
/// # Errors
/// What is no cell of this study, was edited, or is missing between others. `path` is that of the
/// file, which belongs to what `parameter` named.
pub fn read(
    parameter: &str,
    path: &Path,
    study: &Study,
    shard: Shard,
    text: &[u8],
) -> Result<Vec<Line>> {
    let wrong = |what: String| {
        let error = Error::new(parameter, path.display(), what);
        error.hint("it is kept: restore it, or remove it to measure its cells again")
    };
    let found = values(text).map_err(|why| wrong(format!("edited: {why}")))?;
    let lines = found.whole.into_iter().enumerate().map(|(i, value)| {
        read_line(study, value).map_err(|what| wrong(format!("line {}: {what}", i + 1)))
    });
    let mut lines = lines.collect::<Result<Vec<Line>>>()?;
    lines.sort_by_key(|line| line.cell);
    lines.dedup();
    if let Some(pair) = lines.windows(2).find(|pair| pair[0].cell == pair[1].cell) {
        return Err(wrong(format!("edited: cell {} is there twice, differently", pair[0].cell)));
    }
    let mut wanted = study.cells.iter().filter(|cell| shard.holds(cell.index));
    let own = wanted.by_ref().take(lines.len());
    if !lines.iter().map(|line| line.cell).eq(own.map(|cell| cell.index)) {
        return Err(wrong("edited: cells are missing, or belong to another part".into()));
    }
    let next = wanted.next().map(|cell| head(&study.blank(cell))).unwrap_or_default();
    if !is_cut(found.cut, next.as_bytes()) {
        return Err(wrong("edited: its end is not a cell of this study that was cut off".into()));
    }
    Ok(lines)
}

/// Is this what a kill or a full disk left of a line that begins like `head`?
fn is_cut(rest: &[u8], head: &[u8]) -> bool {
    rest.starts_with(head) && !head.is_empty() || head.starts_with(rest)
}

/// A line up to where it depends on what was measured.
fn head(blank: &Line) -> String {
    let text = Json::Object(to_map(blank)).to_string();
    text.split("\"dead\":").next().unwrap_or_default().to_owned()
}

fn read_line(study: &Study, value: Json) -> Result<Line, Wrong> {
    let Json::Object(mut map) = value else { return Err("edited: no cell".into()) };
    let sealed = map.shift_remove(SEAL);
    let line = from_map(&map).ok_or("edited: not a cell of a study of this version")?;
    let value = Json::Object(map);
    let cell = study.cells.get(line.cell).ok_or("a cell that this study does not have")?;
    let (there, here) = (to_map(&line), to_map(&study.blank(cell)));
    for name in IDENTITY {
        let (there, here) = (&there[name], &here[name]);
        if there != here {
            let cell = line.cell;
            return Err(format!("not of this study: cell {cell} has {name} {there}, not {here}"));
        }
    }
    match sealed {
        Some(Json::String(sealed)) if sealed == seal_of(study, &value) => {}
        Some(_) => return Err("edited: the content does not match its sha256".into()),
        None => return Err("edited: it has no sha256".into()),
    }
    measured(study, line)
}

/// What says which cell a line is of.
const IDENTITY: [&str; 8] =
    ["input", "depth", "widths", "delta", "radius", "step", "trials", "seed"];

/// The line with its values in their order, if they can be what was measured: one that cannot be
/// read must not pass for one that is not there.
fn measured(study: &Study, mut line: Line) -> Result<Line, Wrong> {
    let names: Vec<&str> = study.quantities.iter().map(|quantity| quantity.name).collect();
    if line.values.len() != names.len() || line.dead.count > line.dead.networks {
        return Err("edited: not what is measured in this study".into());
    }
    let mut values = Map::new();
    for name in names {
        let value = line.value(name).filter(|value| is_possible(value, line.trials));
        let value = value.ok_or_else(|| format!("edited: {name} cannot be what was measured"))?;
        values.insert(name.to_owned(), json!(value));
    }
    line.values = values;
    Ok(line)
}

fn is_possible(value: &Value, trials: u64) -> bool {
    let share = value.observed.is_some_and(|share| share.to_f64() <= 1.0) && value.n != Some(0);
    value.n.is_none_or(|n| n <= trials)
        && value.limits.is_none_or(|[low, high]| share && 0.0 <= low && low <= high && high <= 1.0)
}
