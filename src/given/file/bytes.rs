//! The bytes of a file that may be anything.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use crate::model::error::{Error, Kind, Result};

/// Bytes of a file at most: 1 GiB.
const MOST: u64 = 1 << 30;

/// All bytes of a file. A fifo or a device, which may never end, is not opened.
///
/// # Errors
/// It is none, cannot be read, or is too large. `parameter` named it.
pub(super) fn read(parameter: &str, path: &Path) -> Result<Vec<u8>> {
    let failed = |why: std::io::Error| Error::io(parameter, path, "read", &why);
    let refused = |why: &str| Error::new(parameter, path.display(), why).of(Kind::File);
    let about = fs::metadata(path).map_err(failed)?;
    if !about.is_file() {
        let other = if about.is_dir() { "a directory" } else { "a device or a pipe" };
        return Err(refused(&format!("is {other} where a file has to be")));
    }
    let mut bytes = Vec::new();
    // A file may grow while it is read.
    File::open(path)
        .and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > MOST {
        return Err(refused("is larger than 1 GiB, which is the most that is read"));
    }
    Ok(bytes)
}
