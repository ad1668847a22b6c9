//! Pages and tables made from results. Only what relubound wrote, and nobody changed since, is
//! replaced or removed.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::file::{owned, read, replace, settle};
use super::lock::Lock;
use super::seal::sum;
use crate::model::error::{Error, Result};

/// Hashes and names of the renderings that were written here, as `sha256sum` prints them.
const SUMS: &str = ".relubound.sums";

/// A file's name and content.
pub type Rendering = (String, Vec<u8>);

/// Writes renderings. What is there already in the same bytes is not touched.
///
/// # Errors
/// A file of somebody else is in the way, or one cannot be written.
pub fn render(parameter: &str, root: &Path, files: &[Rendering]) -> Result<()> {
    let mut new = Vec::new();
    let mut sums = Sums::read(parameter, root)?;
    for (name, content) in files {
        match here(parameter, root, name)? {
            Some(there) if there == *content => continue,
            Some(there) => sums.refuse_foreign(parameter, root, name, &there)?,
            None => {}
        }
        new.push((name, content));
    }
    // First of all, so that no file is taken for another's after a crash.
    sums.add(parameter, root, new.iter().copied())?;
    new.iter().try_for_each(|(name, content)| replace(parameter, root, name, content))
}

/// Writes renderings to `place`, from where they are going to be moved to `root`.
///
/// # Errors
/// Those of [`render`].
pub fn render_apart(parameter: &str, root: &Path, place: &Path, files: &[Rendering]) -> Result<()> {
    files.iter().try_for_each(|(name, content)| replace(parameter, place, name, content))?;
    let names: Vec<&String> = files.iter().map(|(name, _)| name).collect();
    refuse_foreign(parameter, root, &names)?;
    let files = files.iter().map(|(name, content)| (name, content));
    Sums::read(parameter, root)?.add(parameter, root, files)
}

/// Writes the renderings of what is stored in a directory, unless another process writes there:
/// then it writes its own. `lock` is how asking for the right to write ended, before it was read.
///
/// # Errors
/// A file cannot be written, and is not there already.
pub fn renew(root: &Path, lock: Result<Option<Lock>>, files: &[Rendering]) -> Result<()> {
    match lock {
        Ok(Some(_)) => render("DIR", root, files),
        // Where nothing can be written there may be nothing to write.
        Err(why) if !is_current("DIR", root, files)? => Err(why),
        _ => Ok(()),
    }
}

/// Is all of this there already?
fn is_current(parameter: &str, root: &Path, files: &[Rendering]) -> Result<bool> {
    for (name, content) in files {
        if here(parameter, root, name)?.as_ref() != Some(content) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Refuses files of these names that are somebody else's.
///
/// # Errors
/// There is one.
pub fn refuse_foreign<N: AsRef<str>>(parameter: &str, root: &Path, names: &[N]) -> Result<()> {
    let sums = Sums::read(parameter, root)?;
    for name in names.iter().map(AsRef::as_ref) {
        if let Some(there) = here(parameter, root, name)? {
            sums.refuse_foreign(parameter, root, name, &there)?;
        }
    }
    Ok(())
}

/// Removes renderings of these names, which are of something that is no longer there.
///
/// # Errors
/// One of them is somebody else's; then none is removed.
pub fn clear<N: AsRef<str>>(parameter: &str, root: &Path, names: &[N]) -> Result<()> {
    refuse_foreign(parameter, root, names)?;
    for path in names.iter().map(|name| root.join(name.as_ref())).filter(|path| path.exists()) {
        fs::remove_file(&path).map_err(|why| Error::io(parameter, &path, "remove", &why))?;
    }
    settle(root);
    Ok(())
}

fn here(parameter: &str, root: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    let path = root.join(name);
    owned(parameter, &path)?;
    read(parameter, &path)
}

struct Sums {
    text: String,
    known: HashSet<String>,
}

impl Sums {
    fn read(parameter: &str, root: &Path) -> Result<Self> {
        let text = here(parameter, root, SUMS)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let known = text.lines().map(str::to_owned).collect();
        Ok(Sums { text, known })
    }

    fn add<'a>(
        &mut self,
        parameter: &str,
        root: &Path,
        files: impl Iterator<Item = (&'a String, &'a Vec<u8>)>,
    ) -> Result<()> {
        let before = self.text.len();
        for (name, content) in files {
            let line = line(name, content);
            if self.known.insert(line.clone()) {
                self.text += &format!("{line}\n");
            }
        }
        if self.text.len() == before {
            return Ok(());
        }
        replace(parameter, root, SUMS, self.text.as_bytes())
    }

    fn refuse_foreign(&self, parameter: &str, root: &Path, name: &str, there: &[u8]) -> Result<()> {
        if self.known.contains(&line(name, there)) {
            return Ok(());
        }
        let what = "was not written by relubound, or was changed since; it is kept";
        let error = Error::new(parameter, root.join(name).display(), what);
        Err(error.hint("move it away, or name another directory"))
    }
}

fn line(name: &str, content: &[u8]) -> String {
    format!("{}  {name}", sum(content))
}
