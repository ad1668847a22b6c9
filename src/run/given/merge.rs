//! Parts of a run over inputs, joined.

use std::path::{Path, PathBuf};

use super::results::Header;
use super::row::Row;
use super::store::{About, Found, Store, found};
use crate::model::error::{Error, Kind, Result};
use crate::model::shard::every_part_once;
use crate::run::store::of_this_version;

/// Joins the parts of a run into `out`: the same bytes as those of a run that was never divided.
///
/// # Errors
/// Parts of different runs, missing or unfinished parts, and directories that cannot be read or
/// written.
pub fn merge(parts: &[PathBuf], out: &Path) -> Result<Store> {
    let mut all: Vec<Found> = Vec::new();
    for path in parts {
        let part = part(path)?;
        if let Some(first) = all.first() {
            same_run(&first.header, &part.header, [&parts[0], path])?;
        }
        all.push(part);
    }
    let Some(first) = all.first() else {
        return Err(Error::new("DIR", "", "the directories of the parts"));
    };
    let seen: Vec<_> = all.iter().map(|part| part.header.shard).collect();
    every_part_once(&seen, first.header.shard.parts)?;
    let mut store = Store::open(out, &first.header.whole())?;
    for Found { judged, initial, .. } in all {
        let judged = judged.into_values().map(|row| (About::Network, row));
        let initial = initial.into_iter().flatten().map(|(_, row)| (About::Initial, row));
        for (about, row) in judged.chain(initial) {
            add(&mut store, about, row, out)?;
        }
    }
    store.finish()?;
    Ok(store)
}

/// A finished part.
fn part(path: &Path) -> Result<Found> {
    let wrong = |what: String| Error::new("DIR", path.display(), what).of(Kind::File);
    if !super::is_one(path) {
        return Err(wrong("holds no part of a run over inputs, as others do".into()));
    }
    let part = found(path)?;
    of_this_version(path, &part.header.tool.version)?;
    let (wanted, done) = (part.header.wanted(), part.judged.len());
    if done < wanted || part.initial.as_ref().is_some_and(|rows| rows.len() < wanted) {
        let done = part.initial.as_ref().map_or(done, |rows| done.min(rows.len()));
        return Err(wrong(format!("is not finished: {done} of {wanted} inputs"))
            .hint("run its command again, which continues it"));
    }
    Ok(part)
}

fn same_run(first: &Header, other: &Header, [of, path]: [&Path; 2]) -> Result<()> {
    let mut differences: Vec<String> =
        first.whole().differences(&other.whole()).into_iter().map(|(name, _)| name).collect();
    if first.shard.parts != other.shard.parts {
        differences.push("parts".into());
    }
    if differences.is_empty() {
        return Ok(());
    }
    let (of, others) = (of.display(), differences.join(", "));
    let what = format!("is not a part of the run in {of}: other {others}");
    Err(Error::new("DIR", path.display(), what).of(Kind::File))
}

/// Adds a row, unless it is there already.
fn add(to: &mut Store, about: About, row: Row, out: &Path) -> Result<()> {
    match to.row(about, row.entry.input) {
        None => to.append(about, row),
        Some(same) if *same == row => Ok(()),
        Some(_) => {
            let what = "holds other rows already, which are kept";
            Err(Error::new("out", out.display(), what).hint("name another directory"))
        }
    }
}
