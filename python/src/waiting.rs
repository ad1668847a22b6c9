//! Long computations: without the interpreter's lock, with a look at signals and somebody who is
//! told how far they are.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use relubound::model::error::{Error, Result};
use relubound::run::Spec;
use relubound::run::session::Watch;

use crate::refusal::refused;

/// How often signals are looked at, and how far it is shown.
const PAUSE: Duration = Duration::from_millis(50);

/// How far a computation is, and whether it is to end.
#[derive(Default)]
pub struct Seen {
    /// Set by the first interrupt.
    pub stop: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    notes: Mutex<Vec<String>>,
}

impl Seen {
    /// So much there is to do, and so much was done before.
    pub fn begin(&self, done: u64, total: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// One more is done.
    pub fn finished(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Something that one wants to know.
    pub fn note(&self, text: String) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    /// Was it asked to end?
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What `work` gives, and what interrupted it: the first interrupt asks it to end, and what it has
/// by then is given; a second one leaves it alone. `watch` is called as `watch(done, total, notes)`
/// a few times a second.
///
/// # Errors
/// What `work` refuses; a second interrupt.
pub fn carried_out<T: Send + 'static>(
    py: Python<'_>,
    watch: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Seen) -> Result<T> + Send + 'static,
) -> PyResult<(T, Option<PyErr>)> {
    let seen = Arc::new(Seen::default());
    let (sender, mut receiver) = mpsc::channel();
    let shared = Arc::clone(&seen);
    let thread = std::thread::Builder::new().spawn(move || {
        // Nobody is listening any more where it was left alone.
        let _ = sender.send(work(&shared));
    });
    let thread = thread.map_err(|why| refused(py, Error::threads(1, &why)))?;
    let mut interrupted: Option<PyErr> = None;
    loop {
        let waited = py.detach(move || {
            let waited = receiver.recv_timeout(PAUSE);
            (receiver, waited)
        });
        receiver = waited.0;
        let looked = py.check_signals().and_then(|()| shown(watch, &seen));
        match (looked, interrupted.is_some()) {
            (Ok(()), _) => {}
            (Err(why), false) => {
                seen.stop.store(true, Ordering::Relaxed);
                interrupted = Some(why);
            }
            (Err(why), true) => return Err(why),
        }
        match waited.1 {
            Ok(Ok(done)) => return Ok((done, interrupted)),
            Ok(Err(why)) => return Err(refused(py, why)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    match py.detach(move || thread.join()) {
        Err(panic) => std::panic::resume_unwind(panic),
        Ok(()) => unreachable!("a thread that ends has sent what it has"),
    }
}

fn shown(watch: Option<&Bound<'_, PyAny>>, seen: &Seen) -> PyResult<()> {
    let Some(watch) = watch else { return Ok(()) };
    let [done, total] = [&seen.done, &seen.total].map(|count| count.load(Ordering::Relaxed));
    watch.call1((done, total, seen.taken())).map(drop)
}

/// Networks are counted.
pub struct Counted<'a>(pub &'a Seen);

impl Watch for Counted<'_> {
    fn begin(&mut self, spec: &Spec) {
        self.0.begin(0, spec.trials());
    }

    fn finished(&mut self) {
        self.0.finished();
    }

    fn end(&mut self) {}

    fn look_again(&mut self, unsettled: usize, factor: u64) {
        let what = if unsettled == 1 { "row is" } else { "rows are" };
        self.0.note(format!("{unsettled} {what} inconclusive: {factor} times the networks"));
    }

    fn confirming(&mut self, rows: &[String], networks: u64) {
        self.0.note(relubound::cli::check::confirming(rows, networks));
    }
}
