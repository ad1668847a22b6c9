//! One process at a time in a directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use super::file::owned;
use crate::model::error::{Error, Result};

/// Carries the lock, and nothing else. It stays: removing it would let in two at once.
const LOCK: &str = ".relubound.lock";
/// A process that was killed holds its lock until its memory is given back.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

/// The right to write in a directory, until it is dropped or the process ends in any way.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits a few seconds for the directory that `parameter` named.
    ///
    /// # Errors
    /// Another process writes there, or the directory cannot be written.
    pub fn take(parameter: &str, dir: &Path) -> Result<Self> {
        let started = Instant::now();
        loop {
            if let Some(lock) = Self::now(parameter, dir)? {
                return Ok(lock);
            }
            if started.elapsed() > PATIENCE {
                let what = "is being written by another process";
                return Err(Error::new(parameter, dir.display(), what)
                    .hint("name another directory, or wait"));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The same without waiting; `None` where another process has it.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub fn now(parameter: &str, dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(LOCK);
        owned(parameter, &path)?;
        let open =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = match open {
            // Made by another user, who lets this one write in the directory.
            Err(why) if why.kind() == ErrorKind::PermissionDenied => {
                File::open(&path).map_err(|_| why)
            }
            open => open,
        };
        let file = file.map_err(|why| Error::io(parameter, &path, "write", &why))?;
        Ok(match file.try_lock() {
            Err(TryLockError::WouldBlock) => None,
            // Some network file systems have no locks.
            Ok(()) | Err(TryLockError::Error(_)) => Some(Lock { _file: file }),
        })
    }
}
