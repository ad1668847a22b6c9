//! What goes to a terminal, and what comes from one. Results go to standard output, all else to
//! standard error.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{exit, signals};
use crate::model::clean;
use crate::model::error::{Error, Result};

/// Requests to end that are closer than this are one.
const SAME_REQUEST: Duration = Duration::from_secs(1);

/// One line to standard error, which nobody need be listening to.
pub fn say(message: &str) {
    let _ = writeln!(std::io::stderr(), "relubound: {}", clean::visible(message));
}

/// The same without a name, where a person looks on; behind what a progress bar leaves.
pub fn mention(message: &str) {
    if std::io::stderr().is_terminal() {
        note(message);
    }
}

/// The same, whoever looks on.
pub fn note(message: &str) {
    let _ = writeln!(std::io::stderr(), "{}", clean::visible(message));
}

/// A path as it is shown.
pub fn shown(path: &Path) -> String {
    clean::visible(&path.display().to_string()).into_owned()
}

/// Writes to standard output, without styles where they are not wanted.
pub fn print(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    let text = clean::printed(text);
    unless_closed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// The same as it is.
pub fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    unless_closed(out.write_all(bytes).and_then(|()| out.flush()))
}

/// A closed pipe is no error: the reader has seen what it wanted.
pub fn unless_closed(written: std::io::Result<()>) -> Result<()> {
    match written {
        Err(why) if why.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::new("stdout", "", format!("cannot write: {why}")))
        }
        _ => Ok(()),
    }
}

/// Columns.
pub fn width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0))
}

/// Set by the first request to end, such as Ctrl-C; a second one, after a moment, ends the program
/// at once. (Terminals and supervisors may deliver one and the same twice.)
pub fn stop_on_request() -> Arc<AtomicBool> {
    stop_with("finishing the trials under way; Ctrl-C again ends at once")
}

/// The same, saying this when the request comes.
pub fn stop_with(message: &'static str) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let mut first: Option<Instant> = None;
    signals::on_request(move || match first {
        None => {
            first = Some(Instant::now());
            flag.store(true, Ordering::Relaxed);
            mention(message);
        }
        Some(time) if time.elapsed() > SAME_REQUEST => {
            say("interrupted before what was under way was finished");
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
        Some(_) => {}
    });
    stop
}

pub fn progress(length: u64, what: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let template = format!("{{bar:30}} {{human_pos}}/{{human_len}} {what}, {{eta}} left");
    let style = ProgressStyle::with_template(&template);
    ProgressBar::with_draw_target(Some(length), target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
