//! A file that grows by lines, under a name that nobody else has.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::file::{owned, place};
use crate::model::error::{Error, Result};

/// Lines that wait to be written together, in bytes.
const TOGETHER: usize = 1 << 16;

/// Made by this process: a file that was there before is replaced by a copy, not opened.
#[derive(Debug)]
pub struct Growing {
    parameter: &'static str,
    dir: PathBuf,
    name: &'static str,
    file: File,
    waiting: Vec<u8>,
}

impl Growing {
    /// Replaces `dir/name` by a file with this content.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(
        parameter: &'static str,
        dir: &Path,
        name: &'static str,
        content: &[u8],
    ) -> Result<Self> {
        let file = place(parameter, dir, name, content)?;
        Ok(Growing { parameter, dir: dir.to_owned(), name, file, waiting: Vec::new() })
    }

    /// Adds a line, which reaches the disk with the next [`sync`](Growing::sync).
    ///
    /// # Errors
    /// The file cannot be written, for example because the disk is full.
    pub fn append(&mut self, line: &[u8]) -> Result<()> {
        self.waiting.extend_from_slice(line);
        if self.waiting.len() < TOGETHER { Ok(()) } else { self.write() }
    }

    /// Returns when everything is on the disk.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn sync(&mut self) -> Result<()> {
        self.write()?;
        self.file.sync_data().map_err(|why| self.failed(&why))
    }

    fn write(&mut self) -> Result<()> {
        self.alone()?;
        self.file.write_all(&self.waiting).map_err(|why| self.failed(&why))?;
        self.waiting.clear();
        Ok(())
    }

    /// Sees to it that the file is there, and has no other name: someone may have made a copy of
    /// hard links, or removed it.
    fn alone(&mut self) -> Result<()> {
        let path = self.dir.join(self.name);
        let there = owned(self.parameter, &path)?;
        let names = if there { names(&self.file, &path) } else { Ok(0) };
        match names.map_err(|why| self.failed(&why))? {
            1 => return Ok(()),
            0 if there => {
                let what = "was replaced while it was being written; what is there now is kept";
                return Err(Error::new(self.parameter, path.display(), what));
            }
            _ => {}
        }
        let mut content = Vec::new();
        let read = self.file.seek(SeekFrom::Start(0));
        read.and_then(|_| self.file.read_to_end(&mut content)).map_err(|why| self.failed(&why))?;
        self.file = place(self.parameter, &self.dir, self.name, &content)?;
        Ok(())
    }

    fn failed(&self, why: &std::io::Error) -> Error {
        Error::io(self.parameter, &self.dir.join(self.name), "write", why)
    }
}

/// How many names the file has if it is the one at `path`; 0 if it is not.
#[cfg(unix)]
fn names(file: &File, path: &Path) -> std::io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let (own, there) = (file.metadata()?, path.symlink_metadata()?);
    let same = (own.dev(), own.ino()) == (there.dev(), there.ino());
    Ok(if same { there.nlink().max(1) } else { 0 })
}

/// Other systems do not rename a file over one that is open.
#[cfg(not(unix))]
fn names(_: &File, _: &Path) -> std::io::Result<u64> {
    Ok(1)
}
