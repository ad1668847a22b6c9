//! Long computations that cannot look for a request to end by themselves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::model::error::{Error, Result};

/// How often is looked for a request.
const PAUSE: Duration = Duration::from_millis(20);

/// What `work` gives; `None` as soon as `stop` is set, when its thread is abandoned and ends with
/// the process.
///
/// # Errors
/// A system that gives no thread.
pub fn interruptible<T: Send + 'static>(
    stop: &AtomicBool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Option<T>> {
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::Builder::new().spawn(move || {
        // Nobody is listening any more where it was abandoned.
        let _ = sender.send(work());
    });
    let thread = thread.map_err(|why| Error::threads(1, &why))?;
    loop {
        match receiver.recv_timeout(PAUSE) {
            Ok(done) => return Ok(Some(done)),
            Err(RecvTimeoutError::Timeout) if stop.load(Ordering::Relaxed) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    match thread.join() {
        Err(panic) => std::panic::resume_unwind(panic),
        Ok(()) => Ok(receiver.try_recv().ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_request_ends_the_waiting_and_not_what_is_done() {
        let stop = Arc::new(AtomicBool::new(false));
        assert_eq!(interruptible(&stop, || 7), Ok(Some(7)));
        let flag = Arc::clone(&stop);
        // It never ends by itself.
        let endless = move || {
            flag.store(true, Ordering::Relaxed);
            loop {
                std::thread::park();
            }
        };
        assert_eq!(interruptible::<u8>(&stop, endless), Ok(None));
    }
}
