//! Files that are read whole and written whole, and never anything but files.

use std::fs::{self, File, FileType, Metadata};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::model::error::{Error, Result};

/// How the names of files begin that are being written.
const UNFINISHED: &str = ".relubound-";

/// Is a file there that may be replaced? A link is not followed: what it leads to is somebody
/// else's.
///
/// # Errors
/// Something else than a file is there. `parameter` named it.
pub fn owned(parameter: &str, path: &Path) -> Result<bool> {
    there(parameter, path, fs::symlink_metadata(path))
}

/// The content of a file; `None` if there is none. A fifo or a device, which may never end, is not
/// opened.
///
/// # Errors
/// It cannot be read, or is no file.
pub fn read(parameter: &str, path: &Path) -> Result<Option<Vec<u8>>> {
    let failed = |why: io::Error| Error::io(parameter, path, "read", &why);
    if !there(parameter, path, fs::metadata(path))? {
        return Ok(None);
    }
    match fs::read(path) {
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        content => content.map(Some).map_err(failed),
    }
}

/// The text of a file that has to be there.
///
/// # Errors
/// It cannot be read, or is no text.
pub fn read_text(parameter: &str, path: &Path) -> Result<String> {
    let missing =
        || Error::io(parameter, path, "read", &io::Error::from_raw_os_error(NO_SUCH_FILE));
    let content = read(parameter, path)?.ok_or_else(missing)?;
    String::from_utf8(content).map_err(|_| Error::new(parameter, path.display(), "is not text"))
}

/// ENOENT, and ERROR_FILE_NOT_FOUND.
pub(super) const NO_SUCH_FILE: i32 = 2;

fn there(parameter: &str, path: &Path, found: io::Result<Metadata>) -> Result<bool> {
    match found {
        Ok(found) if found.is_file() => Ok(true),
        Ok(found) => Err(Error::new(parameter, path.display(), other(found.file_type()))
            .hint("it is kept: move it away, or name another one")),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(false),
        Err(why) => Err(Error::io(parameter, path, "read", &why)),
    }
}

fn other(kind: FileType) -> &'static str {
    if kind.is_symlink() {
        "is a symbolic link where a file has to be"
    } else if kind.is_dir() {
        "is a directory where a file has to be"
    } else {
        "is a fifo, socket or device where a file has to be"
    }
}

/// Replaces `dir/name` as a whole: whatever happens, the old content is there or the new one. On
/// return it is on the disk. `parameter` named `dir`.
///
/// # Errors
/// The file cannot be written, or something else than a file is there.
pub fn replace(parameter: &str, dir: &Path, name: &str, content: &[u8]) -> Result<()> {
    place(parameter, dir, name, content).map(drop)
}

/// The same; gives the new file, open for writing at its end.
pub(super) fn place(parameter: &str, dir: &Path, name: &str, content: &[u8]) -> Result<File> {
    let target = dir.join(name);
    owned(parameter, &target)?;
    let write = || -> io::Result<File> {
        let mut file = unfinished().tempfile_in(dir)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        let file = file.persist(&target)?;
        settle(dir);
        Ok(file)
    };
    write().map_err(|why| Error::io(parameter, &target, "write", &why))
}

/// How files are made that are renamed when they are whole.
fn unfinished() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less what the user's mask takes away.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

/// A directory of that kind.
pub(super) fn unfinished_dir(dir: &Path) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(dir)
}

/// Puts the names in a directory on the disk, where the system can.
pub(super) fn settle(dir: &Path) {
    if let Ok(dir) = File::open(dir) {
        let _ = dir.sync_all();
    }
}

/// Removes what a killed process left of what it was writing. Only for the one process that writes
/// there.
pub fn tidy(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let _ = match entry.file_type() {
                Ok(kind) if kind.is_file() => fs::remove_file(entry.path()),
                Ok(kind) if kind.is_dir() => fs::remove_dir_all(entry.path()),
                _ => Ok(()),
            };
        }
    }
}
