//! The engine of all studies: experiments sampled to their end, one after the other. A crash
//! names its place.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::judge::ledger::Ledger;
use crate::model::error::{Error, Kind, Result};
use crate::run::Experiment;

/// What is done on the way to a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// One of the cell's networks is finished.
    Network,
    /// These rows look violated, and fresh networks are drawn to confirm it.
    Confirming(Vec<String>),
}

/// Samples and judges; `None` if `stop` was set before all was done.
///
/// # Errors
/// Widths that this machine cannot address; a system that gives no thread.
pub fn finish(
    experiment: &mut Experiment,
    stop: &AtomicBool,
    said: &mut impl FnMut(Event),
) -> Result<Option<Ledger>> {
    experiment.sample(stop, |_| {
        said(Event::Network);
        Ok(())
    })?;
    if (experiment.records().len() as u64) < experiment.spec().trials()
        || stop.load(Ordering::Relaxed)
    {
        return Ok(None);
    }
    let mut ledger = experiment.ledger();
    let suspects = experiment.suspects(&ledger);
    if !suspects.is_empty() {
        said(Event::Confirming(suspects));
        experiment.confirm(&mut ledger, stop, || {})?;
    }
    Ok((!stop.load(Ordering::Relaxed)).then_some(ledger))
}

/// What `work` gives; a crash in it becomes an error that says where.
///
/// # Errors
/// Those of `work`, and its crash.
pub fn named<T>(place: &dyn Fn() -> String, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|crash| {
        let text = crash.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| crash.downcast_ref::<String>().cloned());
        let what = text.unwrap_or_else(|| "no reason was given".into());
        let error = Error::new("widths", place(), format!("a bug of relubound: {what}"));
        Err(error.of(Kind::Crash))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_names_its_place() {
        let place = || "64,64 (cell 3)".to_owned();
        let crash = named::<()>(&place, || panic!("{} is not", 2)).unwrap_err();
        assert_eq!(crash.kind(), Kind::Crash);
        assert_eq!(crash.to_string(), "widths 64,64 (cell 3): a bug of relubound: 2 is not");
        assert_eq!(named(&place, || Ok(7)), Ok(7));
    }
}
