//! Inputs judged one by one, by several threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use super::results::Network;
use super::row::Row;
use crate::given::{Entry, Inputs};
use crate::model::error::{Error, Result};
use crate::run::named;

/// An input, as it is handed to who judges it.
pub struct Case<'a> {
    /// Its row in the file, from 0.
    pub input: usize,
    /// x.
    pub x: &'a [f64],
    /// Its label, where there is one.
    pub label: Option<usize>,
    /// Is it time to end, with what is known by then?
    pub stop: &'a dyn Fn() -> bool,
}

/// Judges one input after another, in a thread of its own.
pub type Judge<'a> = Box<dyn FnMut(&Case<'_>) -> Entry + 'a>;

/// Who judges inputs. What is found of an input depends on it alone, not on others before it.
pub trait Examiner: Sync {
    /// For one thread.
    fn judge(&self) -> Judge<'_>;
}

/// What is to be done.
pub struct Work<'a> {
    /// Who judges.
    pub examiner: &'a dyn Examiner,
    /// What the network is.
    pub network: &'a Network,
    /// All inputs.
    pub inputs: &'a Inputs,
    /// Those that are to be judged.
    pub wanted: &'a [usize],
    /// Seconds for each.
    pub seconds: f64,
    /// Threads.
    pub threads: usize,
}

impl Work<'_> {
    /// Judges until all wanted inputs are done or `stop` is set, handing each row to `finished`, in
    /// whatever order. Inputs that were under way when `stop` was set are left.
    ///
    /// # Errors
    /// What `finished` returns, at once; a crash, which names its input; a system that gives no
    /// thread.
    pub fn run(
        &self,
        stop: &AtomicBool,
        mut finished: impl FnMut(Row) -> Result<()>,
    ) -> Result<()> {
        let (next, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
        let threads = self.threads.min(self.wanted.len());
        let (sender, receiver) = mpsc::channel::<Result<Row>>();
        std::thread::scope(|scope| {
            // At a return of any kind no other input is begun, and those under way end.
            let _ending = Ending(&ended);
            for started in 0..threads {
                let (sender, next, ended) = (sender.clone(), &next, &ended);
                let work = move || {
                    let mut judge = self.examiner.judge();
                    let stopped = || stop.load(Ordering::Relaxed) || ended.load(Ordering::Relaxed);
                    while !stopped() {
                        let Some(&input) = self.wanted.get(next.fetch_add(1, Ordering::Relaxed))
                        else {
                            break;
                        };
                        let row = self.row(input, &mut judge, &stopped);
                        // What was cut short by a request to end is not what the input is.
                        if stopped() || sender.send(row).is_err() {
                            break;
                        }
                    }
                };
                match std::thread::Builder::new().spawn_scoped(scope, work) {
                    Ok(_) => {}
                    Err(why) if started == 0 => return Err(Error::threads(threads, &why)),
                    // Those that there are do all the work.
                    Err(_) => break,
                }
            }
            drop(sender);
            receiver.into_iter().try_for_each(|row| finished(row?))
        })
    }

    fn row(&self, input: usize, judge: &mut Judge<'_>, stopped: &dyn Fn() -> bool) -> Result<Row> {
        let x: Vec<f64> = self.inputs.points.row(input).to_vec();
        let label = self.inputs.labels.as_ref().and_then(|labels| labels.get(input).copied());
        let began = Instant::now();
        let stop = || stopped() || began.elapsed().as_secs_f64() >= self.seconds;
        let case = Case { input, x: &x, label, stop: &stop };
        let place = || format!("(input {input})");
        let entry = named("inputs", &place, || Ok(judge(&case)))?;
        Ok(Row { entry: Entry { input, label, ..entry }, x }.sound(self.network))
    }
}

/// Set when it is dropped.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
