//! The engine of all studies: experiments sampled to their end, one after the other.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::judge::ledger::Ledger;
use crate::model::error::Result;
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
