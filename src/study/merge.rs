//! Parts of a study, joined.

use std::path::{Path, PathBuf};

use super::directory::{CELLS, Directory, Header};
use super::line::Line;
use super::{Study, cells};
use crate::model::error::{Error, Result};
use crate::model::shard::{Shard, every_part_once};
use crate::run::store::{of_this_version, read};

/// Joins the parts of a study into `out`: the same bytes as those of a study that was never
/// divided.
///
/// # Errors
/// Parts of different studies, missing or unfinished parts, and directories that cannot be read or
/// written.
pub fn merge(parts: &[PathBuf], out: &Path) -> Result<(Study, Directory)> {
    let mut whole: Option<(Study, Shard, Vec<Line>)> = None;
    let mut seen = Vec::new();
    for path in parts {
        let (study, shard, lines) = part(path)?;
        seen.push(shard);
        match &mut whole {
            None => whole = Some((study, shard, lines)),
            Some((first, of, all)) => {
                if first.grid != study.grid || of.parts != shard.parts {
                    let what = format!("is not a part of the study in {}", parts[0].display());
                    return Err(Error::new("DIR", path.display(), what));
                }
                all.extend(lines);
            }
        }
    }
    let Some((study, shard, mut lines)) = whole else {
        return Err(Error::new("DIR", "", "the directories of the parts"));
    };
    every_part_once(&seen, shard.parts)?;
    lines.sort_by_key(|line| line.cell);
    let mut directory = Directory::open(out, &study, Shard::WHOLE)?;
    let done = directory.lines.len();
    if directory.lines[..] != lines[..done] {
        return Err(Error::new("out", out.display(), "holds other cells already, which are kept"));
    }
    let missing = lines.split_off(done);
    if !missing.is_empty() {
        directory.extend(missing)?;
    }
    Ok((study, directory))
}

/// A finished part.
fn part(path: &Path) -> Result<(Study, Shard, Vec<Line>)> {
    let (study, shard, lines) = load(path)?;
    let of = study.cells.iter().filter(|cell| shard.holds(cell.index)).count();
    if lines.len() < of {
        let what = format!("is not finished: {} of {of} cells", lines.len());
        return Err(Error::new("DIR", path.display(), what)
            .hint("run its command again, which continues it"));
    }
    Ok((study, shard, lines))
}

/// The study in a directory, which part of it that is, and the cells that are finished.
///
/// # Errors
/// A directory without one, or files that are damaged or of another version.
pub fn load(path: &Path) -> Result<(Study, Shard, Vec<Line>)> {
    let wrong = |what: String| Error::new("DIR", path.display(), what);
    let header = Header::read("DIR", path)?.ok_or_else(|| wrong("holds no study".into()))?;
    of_this_version(path, &header.version)?;
    let study = Study::new(header.plan)
        .map_err(|why| wrong(format!("holds a study that cannot be used: {why}")))?;
    let target = path.join(CELLS);
    let text = read("DIR", &target)?.unwrap_or_default();
    let lines = cells::read("DIR", &target, &study, header.shard, &text)?;
    Ok((study, header.shard, lines))
}
