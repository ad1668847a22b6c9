//! Directories of results: nothing lost, nothing believed. Runs (`check --out`), those over the
//! inputs of a file, and studies (`explore`, `merge`) are kept by the same few rules.
//!
//! # What is promised
//!
//! * **The process is killed**, at any moment. A run then counts the trials of its last checkpoint,
//!   a study has every cell that was finished, and a run over inputs those that were judged up to
//!   a moment before; the same `explore`, or `check`, goes on, to the same bytes.
//!   `check --force` replaces a run when the new one is complete and on the disk, and at once:
//!   before that the old one is there, whole.
//! * **The disk is full**, no file may be opened, or one may not be written: one line says so, and
//!   what was there before is there after.
//! * **The machine crashes.** What counts is on the disk before what counts it: trials before the
//!   ledger, a cell before the next is begun, a file before the name that it replaces. This is as
//!   good as the disk's own word that it has written.
//! * **Two processes** in one directory. The second waits a few seconds, which a dying first one
//!   may need, and is refused. The lock is the operating system's, so that it ends with its
//!   process; the file that carries it, `.relubound.lock`, stays and means nothing by itself.
//!   `report` reads at any time, and writes only where no other process does.
//! * **A file system without locks.** Two processes are not kept apart there. Every file is still
//!   replaced as a whole, so that two runs leave the files of one or of the other, which `report`
//!   refuses where they are mixed; cells of one study that were measured twice are one.
//! * **Files of others.** What relubound did not write, or what was changed since, is neither
//!   changed nor removed: `.relubound.sums` holds the hashes of the renderings that it wrote. A
//!   symbolic link, fifo or device in place of a file is refused. No file is ever opened to be
//!   changed where it has another name, so that copies made of hard links stay what they were.
//! * **Edited files** are refused in one line. Hashes are taken of what a file says, not of its
//!   bytes: other spaces, line ends, order of keys or spellings of the same number are no edit. The
//!   hash of a cell covers the study that it belongs to.
//! * **Crafted files**, with hashes that are right: a ledger must be what its parameters and trials
//!   give.
//!
//! Access rights are those that the user's mask leaves.

mod file;
mod growing;
mod json;
mod load;
mod lock;
mod part;
mod renderings;
mod run;
mod seal;

pub use file::{owned, read, read_text, replace, tidy};
pub use growing::Growing;
pub use json::{Values, canonical, value, values};
pub use load::{Loaded, load, open};
pub use lock::Lock;
pub use part::{Part, StoredPart, of_this_version};
pub use renderings::{Rendering, clear, refuse_foreign, render, renew};
pub use run::{Head, RUN, RunDir, is_figure};
pub use seal::{SEAL, seal, sum};

/// What a study directory is known by.
pub const STUDY: &str = "study.json";
/// What a run over the inputs of a file is known by, beside `run.json`.
pub const INPUTS: &str = "inputs.jsonl";
