//! Parts of a run over inputs, joined.

use std::path::{Path, PathBuf};

use super::drawn::Drawn;
use super::results::Header;
use super::store::{Found, New, Store, found};
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
    let header = first.header.whole();
    let random = interleaved(&header, &all);
    let mut store = Store::open(out, &header)?;
    for part in all {
        let judged = part.judged.into_values().map(New::Judged);
        let initial = part.initial.into_values().map(New::Initial);
        judged.chain(initial).try_for_each(|line| add(&mut store, line, out))?;
    }
    random.into_iter().try_for_each(|drawn| add(&mut store, New::Random(drawn), out))?;
    store.finish()?;
    Ok(store)
}

/// What random networks show at all inputs, from what they show at those of the parts.
fn interleaved(whole: &Header, parts: &[Found]) -> Vec<Drawn> {
    let at = |random: usize, input: usize| {
        let part = parts.iter().find(|part| part.header.shard.holds(input))?;
        let samples = &part.random.get(&random)?.samples;
        samples.get(input / part.header.shard.parts).copied()
    };
    let drawn = |random| {
        let samples = (0..whole.inputs.count).map(|input| at(random, input)).collect::<Option<_>>();
        Some(Drawn { random, samples: samples? })
    };
    (0..whole.reference).filter_map(drawn).collect()
}

/// A finished part.
fn part(path: &Path) -> Result<Found> {
    let wrong = |what: String| Error::new("DIR", path.display(), what).of(Kind::File);
    if !super::is_one(path) {
        return Err(wrong("holds no part of a run over inputs, as others do".into()));
    }
    let part = found(path)?;
    of_this_version(path, &part.header.tool.version)?;
    let [done, wanted] = part.progress();
    if done < wanted {
        let what = if part.judged.len() < part.header.wanted() {
            format!("{} of {} inputs", part.judged.len(), part.header.wanted())
        } else {
            format!("{done} of {wanted} lines")
        };
        return Err(wrong(format!("is not finished: {what}"))
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

/// Adds a line, unless it is there already.
fn add(to: &mut Store, line: New, out: &Path) -> Result<()> {
    let found = to.found();
    let same = match &line {
        New::Judged(row) => found.judged.get(&row.entry.input).map(|there| there == row),
        New::Initial(row) => found.initial.get(&row.entry.input).map(|there| there == row),
        New::Random(drawn) => found.random.get(&drawn.random).map(|there| there == drawn),
    };
    match same {
        None => to.append(line),
        Some(true) => Ok(()),
        Some(false) => {
            let what = "holds other rows already, which are kept";
            Err(Error::new("out", out.display(), what).hint("name another directory"))
        }
    }
}
