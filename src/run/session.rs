//! A run from its first network to its last ledger: sampled, kept in a directory, looked at again
//! with more networks where that is asked for, confirmed.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::store::{Head, Part, Rendering, RunDir};
use super::{Experiment, Machine, Spec};
use crate::judge::ledger::Ledger;
use crate::judge::row::Row;
use crate::judge::verdict::Verdict;
use crate::model::error::Result;
use crate::model::shard::Shard;

/// How often a run directory is brought up to date, or less often where that takes long.
const CHECKPOINT: Duration = Duration::from_secs(2);

/// Somebody who looks on.
pub trait Watch {
    /// The networks of this specification are going to be drawn.
    fn begin(&mut self, spec: &Spec);
    /// One more of them is finished.
    fn finished(&mut self);
    /// All are, or no more will be.
    fn end(&mut self);
    /// So many rows are inconclusive, so that so many times the networks are drawn.
    fn look_again(&mut self, unsettled: usize, factor: u64);
    /// These rows look violated, so that as many fresh networks are drawn.
    fn confirming(&mut self, rows: &[String], networks: u64);
}

/// Where a run is kept.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The directory.
    pub dir: &'a Path,
    /// May a run that it holds be replaced?
    pub force: bool,
}

impl Place<'_> {
    fn create(self, experiment: &Experiment) -> Result<RunDir> {
        RunDir::create(self.dir, self.force, experiment.claims())
    }

    /// The directory with all the trials of a run.
    ///
    /// # Errors
    /// It cannot be written, or holds a run already that is not to be replaced.
    pub fn written(self, experiment: &Experiment) -> Result<RunDir> {
        let mut store = self.create(experiment)?;
        experiment.records().iter().try_for_each(|record| store.append(record))?;
        Ok(store)
    }
}

/// An experiment that was looked at.
pub struct Looked {
    /// With all trials that it will have.
    pub experiment: Experiment,
    /// Before anything is confirmed.
    pub ledger: Ledger,
    /// How the sampling ended.
    pub sampled: Result<()>,
    /// Where it is kept.
    pub store: Option<RunDir>,
}

/// The end of a run.
pub struct Concluded {
    /// With its trials.
    pub experiment: Experiment,
    /// The last ledger.
    pub ledger: Ledger,
    /// How it ended: what was computed is there, also where it could not be kept.
    pub kept: Result<()>,
    /// Was there another run in the directory, which an unfinished one leaves there?
    pub replaces: bool,
}

/// One look at as many networks as are asked for.
///
/// # Errors
/// What does not fit the machine; a directory that cannot be written.
pub fn once(
    spec: Spec,
    machine: Machine,
    place: Option<Place>,
    stop: &AtomicBool,
    watch: &mut impl Watch,
) -> Result<Looked> {
    let mut experiment = Experiment::new(spec, machine)?;
    let mut store = place.map(|place| place.create(&experiment)).transpose()?;
    if let Some(store) = &mut store {
        store.checkpoint(&experiment.ledger())?;
    }
    let sampled = sample(&mut experiment, store.as_mut(), Experiment::ledger, stop, watch);
    let ledger = experiment.ledger();
    Ok(Looked { experiment, ledger, sampled, store })
}

/// Looks at twice as many networks each time, and at 1/2, 1/4, … of α, until all rows are settled
/// or there are `most` times the networks asked for.
///
/// # Errors
/// Those of [`once`].
pub fn settled(
    spec: &Spec,
    most: u64,
    machine: Machine,
    place: Option<Place>,
    stop: &AtomicBool,
    watch: &mut impl Watch,
) -> Result<Looked> {
    let mut factor = 1;
    let mut parts = 2;
    loop {
        let mut look = spec.resampled(|sampling| {
            sampling.trials *= factor;
            sampling.searches *= factor;
            sampling.steps *= factor;
        });
        look.alpha = spec.alpha.share(parts);
        let mut experiment = Experiment::new(look, machine)?;
        let sampled = sample(&mut experiment, None, Experiment::ledger, stop, watch);
        let ledger = experiment.ledger();
        let open = |row: &Row| row.verdict == Some(Verdict::Inconclusive) && !row.is_suspect();
        let unsettled = ledger.rows.iter().filter(|row| open(row)).count();
        let ended = sampled.is_err() || stop.load(Ordering::Relaxed);
        if unsettled == 0 || 2 * factor > most || ended {
            let store = place.map(|place| place.written(&experiment)).transpose()?;
            return Ok(Looked { experiment, ledger, sampled, store });
        }
        (factor, parts) = (2 * factor, 2 * parts);
        watch.look_again(unsettled, factor);
    }
}

/// A part of a run, of which nothing is judged; was another run in the directory?
///
/// # Errors
/// Those of [`once`].
pub fn part(
    spec: Spec,
    shard: Shard,
    machine: Machine,
    place: Place,
    stop: &AtomicBool,
    watch: &mut impl Watch,
) -> Result<(Part, bool)> {
    let mut experiment = Experiment::part(spec, shard, machine)?;
    let mut store = place.create(&experiment)?;
    store.checkpoint(&Part::of(&experiment))?;
    sample(&mut experiment, Some(&mut store), Part::of, stop, watch)?;
    let (part, replaces) = (Part::of(&experiment), store.replaces());
    store.finish(&part, &[])?;
    Ok((part, replaces))
}

impl Looked {
    /// Confirms what looks violated, and stores the run with its renderings.
    pub fn conclude(
        self,
        stop: &AtomicBool,
        watch: &mut impl Watch,
        renderings: impl Fn(&Ledger, &Experiment) -> Vec<Rendering>,
    ) -> Concluded {
        let Looked { experiment, mut ledger, sampled, mut store } = self;
        let replaces = store.as_ref().is_some_and(RunDir::replaces);
        let kept = sampled
            .and_then(|()| confirm(&experiment, &mut ledger, stop, store.as_mut(), watch))
            .and_then(|()| {
                let files = || renderings(&ledger, &experiment);
                store.map_or(Ok(()), |store| store.finish(&ledger, &files()))
            });
        Concluded { experiment, ledger, kept, replaces }
    }
}

/// Samples, keeping every trial, and in `run.json` what `head` says of those so far.
fn sample<H: Head>(
    experiment: &mut Experiment,
    mut store: Option<&mut RunDir>,
    head: impl Fn(&Experiment) -> H,
    stop: &AtomicBool,
    watch: &mut impl Watch,
) -> Result<()> {
    watch.begin(&experiment.spec().like(experiment.shard()));
    let (mut saved, mut pause) = (Instant::now(), CHECKPOINT);
    let sampled = experiment.sample(stop, |so_far| {
        watch.finished();
        let (Some(store), Some(record)) = (&mut store, so_far.records().last()) else {
            return Ok(());
        };
        store.append(record)?;
        if saved.elapsed() > pause {
            let started = Instant::now();
            store.checkpoint(&head(so_far))?;
            saved = Instant::now();
            pause = CHECKPOINT.max(20 * started.elapsed());
        }
        Ok(())
    });
    watch.end();
    sampled
}

/// Judges rows that look violated once more, and says so.
fn confirm(
    experiment: &Experiment,
    ledger: &mut Ledger,
    stop: &AtomicBool,
    store: Option<&mut RunDir>,
    watch: &mut impl Watch,
) -> Result<()> {
    let suspects = experiment.suspects(ledger);
    if suspects.is_empty() || stop.load(Ordering::Relaxed) {
        return Ok(());
    }
    // Whatever happens now, the trials are kept.
    store.map_or(Ok(()), |store| store.checkpoint(ledger))?;
    watch.confirming(&suspects, ledger.trials);
    watch.begin(experiment.spec());
    let confirmed = experiment.confirm(ledger, stop, || watch.finished());
    watch.end();
    confirmed
}
