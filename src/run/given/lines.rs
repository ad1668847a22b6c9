//! Rows as lines of a file, each sealed with the run that it belongs to.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::results::Header;
use super::row::{self, Row};
use crate::model::error::{Error, Result};
use crate::run::store::{SEAL, canonical, read, seal, values};

/// How a line begins that was cut off before its end.
const HEAD: &str = "{\"input\":";

/// Rows by input.
pub(super) type Rows = BTreeMap<usize, Row>;

/// A file of rows.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    /// Its name.
    pub name: &'static str,
    /// What its lines are sealed with: the hash of the run, which part and which file names
    /// whatever, and of the name.
    of: String,
}

impl Lines {
    /// Those of a run.
    pub fn of(header: &Header, name: &'static str) -> Self {
        Lines { name, of: seal(&json!({ "run": header.identity(), "file": name })) }
    }

    /// A row as a line.
    pub fn text(&self, row: &Row) -> String {
        let mut line = row::json(row).unwrap_or(Json::Null);
        let sealed = self.sealed(&line);
        if let Some(map) = line.as_object_mut() {
            map.insert(SEAL.into(), sealed.into());
        }
        format!("{line}\n")
    }

    fn sealed(&self, line: &Json) -> String {
        seal(&json!({ "of": self.of, "row": line }))
    }

    /// The rows in the file of a directory that `parameter` named, and its text; none where there
    /// is no file. A last line that was cut off is left out, and rows that are there twice are one
    /// if they say the same.
    ///
    /// # Errors
    /// What is no row of this run, or was edited.
    pub fn read(&self, parameter: &str, dir: &Path, header: &Header) -> Result<(Rows, Vec<u8>)> {
        let path = dir.join(self.name);
        let wrong = |what: String| {
            let error = Error::new(parameter, path.display(), format!("edited: {what}"));
            error.hint("it is kept: restore it, or remove it to judge its inputs again")
        };
        let text = read(parameter, &path)?.unwrap_or_default();
        let found = values(&text).map_err(wrong)?;
        let mut rows = Rows::new();
        for (at, value) in found.whole.into_iter().enumerate() {
            let row = self.row(value, header);
            let row = row.map_err(|what| wrong(format!("line {}: {what}", at + 1)))?;
            let input = row.entry.input;
            if rows.get(&input).is_some_and(|there| *there != row) {
                return Err(wrong(format!("input {input} is there twice, differently")));
            }
            rows.insert(input, row);
        }
        let (rest, head) = (found.cut, HEAD.as_bytes());
        if !(rest.starts_with(head) || head.starts_with(rest)) {
            return Err(wrong("its end is not a row that was cut off".into()));
        }
        Ok((rows, text))
    }

    fn row(&self, mut value: Json, header: &Header) -> std::result::Result<Row, &'static str> {
        let sealed = value.as_object_mut().and_then(|map| map.shift_remove(SEAL));
        let own = sealed.as_ref().and_then(Json::as_str) == Some(&self.sealed(&value));
        if !own {
            return Err("its content does not match its sha256, or it is of another run");
        }
        let row: Option<Row> = serde_json::from_value(value.clone()).ok();
        let same = |row: &Row| row::json(row).is_some_and(|row| canonical(&row) == canonical(&value));
        let row = row.filter(same).ok_or("no row of this version")?;
        if row.entry.input >= header.inputs.count || !header.shard.holds(row.entry.input) {
            return Err("an input that is not judged here");
        }
        if !row.is_possible(&header.network) || row.entry.label.is_some() != header.labels.is_some()
        {
            return Err("it cannot be what was found");
        }
        Ok(row)
    }
}
