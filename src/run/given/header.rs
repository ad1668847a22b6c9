//! `run.json` of a run over inputs: written once, sealed, and held against what is asked for when
//! the run goes on.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::results::{Header, SCHEMA};
use crate::judge::ledger::Tool;
use crate::model::error::{Error, Kind, Result};
use crate::model::shard::Shard;
use crate::run::store::{RUN, SEAL, canonical, read, seal, value};

impl Header {
    /// That of a directory that `parameter` named; `None` if it holds no run.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or was written by a later version.
    pub(super) fn read(parameter: &str, dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(RUN);
        let Some(text) = read(parameter, &path)? else { return Ok(None) };
        let error = |what: String| Error::new(parameter, path.display(), what).of(Kind::File);
        let wrong = |what: &str| error(format!("truncated or edited: {what}")).hint("restore it");
        let mut body = value(&text).map_err(|why| wrong(&why))?;
        if body["schema"].as_u64().is_some_and(|schema| schema > u64::from(SCHEMA)) {
            return Err(error("holds a run of a later version, which this one cannot read".into()));
        }
        let sealed = body.as_object_mut().and_then(|map| map.shift_remove(SEAL));
        if sealed.as_ref().and_then(Json::as_str) != Some(&seal(&body)) {
            return Err(wrong("its content does not match its sha256"));
        }
        let header: Option<Header> = serde_json::from_value(body.clone()).ok();
        let same = |header: &Header| canonical(&json!(header)) == canonical(&body);
        let header = header.filter(same).ok_or_else(|| wrong("it is no run over inputs"))?;
        if header.tool.name != Tool::current().name || !header.shard.is_one() {
            return Err(wrong("it says that it is none"));
        }
        Ok(Some(header))
    }

    /// As it is written.
    pub(super) fn text(&self) -> String {
        let mut body = json!(self);
        let own = seal(&body);
        if let Some(map) = body.as_object_mut() {
            map.insert(SEAL.into(), own.into());
        }
        let mut text = serde_json::to_string_pretty(&body).unwrap_or_default();
        text.push('\n');
        text
    }

    /// What rows depend on: neither which part of the run they belong to, nor what files are
    /// called or what is said of them.
    pub(super) fn identity(&self) -> Json {
        let mut body = json!(self.whole());
        for network in ["network", "initial"] {
            if let Some(map) = body[network].as_object_mut() {
                map.retain(|name, _| name == "read" || name == "dtype");
            }
        }
        for file in ["inputs", "labels"] {
            without_names(&mut body[file]);
        }
        body
    }

    /// The run that this is a part of.
    #[must_use]
    pub(super) fn whole(&self) -> Self {
        Header { shard: Shard::WHOLE, ..self.clone() }
    }

    /// Where two runs differ: what, and as text in both.
    pub(super) fn differences(&self, other: &Header) -> Vec<(String, [String; 2])> {
        let [own, others] = [self, other].map(|header| {
            let mut entries = Map::new();
            gather("", header.identity(), &mut entries);
            entries.insert("shard".into(), header.shard.to_string().into());
            entries
        });
        let names = own.keys().chain(others.keys().filter(|name| !own.contains_key(*name)));
        let shown = |value: Option<&Json>| match value {
            None | Some(Json::Null) => "none".to_owned(),
            // Of hashes enough to tell them apart.
            Some(Json::String(text)) => text.chars().take(20).collect(),
            Some(value) => canonical(value),
        };
        names
            .filter(|name| own.get(*name) != others.get(*name))
            .map(|name| (name.clone(), [shown(own.get(name)), shown(others.get(name))]))
            .collect()
    }

    /// Refuses a run that is not the one asked for.
    pub(super) fn continued(&self, path: &Path, asked: &Header) -> Result<()> {
        let differences = self.differences(asked);
        if differences.is_empty() {
            return Ok(());
        }
        let shown = |(name, [there, asked]): &(String, [String; 2])| {
            format!("{name} {there} there, {asked} asked for")
        };
        let list: Vec<String> = differences.iter().map(shown).collect();
        let what = format!("holds another run, which is kept: {}", list.join("; "));
        Err(Error::new("out", path.display(), what).hint("name another directory"))
    }
}

/// Removes names of files, here and in what is inside.
fn without_names(value: &mut Json) {
    if let Some(map) = value.as_object_mut() {
        map.retain(|name, _| name != "file");
        map.iter_mut().for_each(|(_, value)| without_names(value));
    }
}

/// The entries of a value by name; those of a question by theirs alone.
fn gather(of: &str, value: Json, entries: &mut Map<String, Json>) {
    match value {
        Json::Object(map) => {
            for (name, value) in map {
                let plain = of.is_empty() || of == "question";
                gather(&if plain { name } else { format!("{of} {name}") }, value, entries);
            }
        }
        value => {
            entries.insert(of.to_owned(), value);
        }
    }
}
