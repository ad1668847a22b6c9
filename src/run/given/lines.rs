//! Lines of a file, each sealed with the run that it belongs to.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::results::Header;
use crate::model::error::{Error, Kind};
use crate::run::store::{SEAL, canonical, read, seal, values};

type Result<T, E = Error> = std::result::Result<T, E>;

/// What a line says.
pub(super) trait Line: Clone + PartialEq + Serialize + DeserializeOwned {
    /// How lines begin.
    const HEAD: &str;

    /// What it is about: an input, or a random network.
    fn number(&self) -> usize;

    /// Can this be found in such a run?
    fn belongs(&self, header: &Header) -> bool;
}

/// Lines by what they are about.
pub(super) type Lines<L> = BTreeMap<usize, L>;

/// How lines of a file are sealed.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    /// The name of the file.
    pub name: &'static str,
    /// The hash of the name, and of the run: but not of which part it is, nor of what its files
    /// are called.
    of: String,
}

impl Sealed {
    /// Those of a run.
    pub fn of(header: &Header, name: &'static str) -> Self {
        Sealed { name, of: seal(&json!({ "run": header.identity(), "file": name })) }
    }

    /// A line as it is written.
    pub fn text(&self, line: &impl Line) -> String {
        let mut json = json(line);
        let sealed = self.hash(&json);
        if let Some(map) = json.as_object_mut() {
            map.insert(SEAL.into(), sealed.into());
        }
        format!("{json}\n")
    }

    fn hash(&self, line: &Json) -> String {
        seal(&json!({ "of": self.of, "line": line }))
    }

    /// The lines in the file of a directory that `parameter` named, and its text; none where there
    /// is no file. A last line that was cut off is left out, and lines that are there twice are
    /// one if they say the same.
    ///
    /// # Errors
    /// What is no line of this run, or was edited.
    pub fn read<L: Line>(
        &self,
        parameter: &str,
        dir: &Path,
        header: &Header,
    ) -> Result<(Lines<L>, Vec<u8>)> {
        let path = dir.join(self.name);
        let wrong = |what: String| {
            let error = Error::new(parameter, path.display(), format!("edited: {what}"));
            error.of(Kind::File).hint("it is kept: restore it, or remove it to begin it again")
        };
        let text = read(parameter, &path)?.unwrap_or_default();
        let found = values(&text).map_err(wrong)?;
        let mut lines = Lines::new();
        for (at, value) in found.whole.into_iter().enumerate() {
            let line: L = self
                .line(value, header)
                .map_err(|what| wrong(format!("line {}: {what}", at + 1)))?;
            let number = line.number();
            if lines.get(&number).is_some_and(|there| *there != line) {
                let what = format!("line {}: there is another of the same number", at + 1);
                return Err(wrong(what));
            }
            lines.insert(number, line);
        }
        let (rest, head) = (found.cut, L::HEAD.as_bytes());
        if !(rest.starts_with(head) || head.starts_with(rest)) {
            return Err(wrong("its end is not a line that was cut off".into()));
        }
        Ok((lines, text))
    }

    fn line<L: Line>(&self, mut value: Json, header: &Header) -> Result<L, &'static str> {
        let sealed = value.as_object_mut().and_then(|map| map.shift_remove(SEAL));
        if sealed.as_ref().and_then(Json::as_str) != Some(&self.hash(&value)) {
            return Err("its content does not match its sha256, or it is of another run");
        }
        let line: Option<L> = serde_json::from_value(value.clone()).ok();
        let same = |line: &L| canonical(&json(line)) == canonical(&value);
        let line = line.filter(same).ok_or("no line of this version")?;
        if line.belongs(header) { Ok(line) } else { Err("it cannot be what was found") }
    }
}

fn json(line: &impl Line) -> Json {
    serde_json::to_value(line).unwrap_or(Json::Null)
}
