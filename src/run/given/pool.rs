//! Tasks done by several threads, each of which may remember what it likes from task to task.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use crate::model::error::{Error, Result};

/// Does tasks one after another, in a thread of its own. It is told how to ask whether it is time
/// to end, when it may give whatever it likes.
pub(super) type Worker<'a, T> = Box<dyn FnMut(usize, &dyn Fn() -> bool) -> Result<T> + 'a>;

/// Does all tasks, until `stop` is set, handing what each gives to `finished`, in whatever order.
/// Tasks that were under way when `stop` was set are left.
///
/// # Errors
/// What a worker or `finished` returns, at once; a system that gives no thread.
pub(super) fn each<'a, T: Send>(
    tasks: &[usize],
    threads: usize,
    stop: &AtomicBool,
    worker: &(dyn Fn() -> Worker<'a, T> + Sync),
    mut finished: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let (next, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, receiver) = mpsc::channel::<Result<T>>();
    std::thread::scope(|scope| {
        // At a return of any kind no other task is begun, and those under way end.
        let _ending = Ending(&ended);
        for started in 0..threads.min(tasks.len()) {
            let (sender, next, ended) = (sender.clone(), &next, &ended);
            let work = move || {
                let mut worker = worker();
                let stopped = || stop.load(Ordering::Relaxed) || ended.load(Ordering::Relaxed);
                while !stopped() {
                    let Some(&task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) else {
                        break;
                    };
                    let done = worker(task, &stopped);
                    // What was cut short by a request to end is not what the task gives.
                    if stopped() || sender.send(done).is_err() {
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
        receiver.into_iter().try_for_each(|done| finished(done?))
    })
}

/// Set when it is dropped.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker<'a>() -> Worker<'a, usize> {
        Box::new(|task, _| Ok(task * task))
    }

    #[test]
    fn every_task_is_done_once_by_any_number_of_threads() {
        let tasks: Vec<usize> = (0..50).collect();
        for threads in [1, 2, 7, 100] {
            let mut seen = Vec::new();
            let stop = AtomicBool::new(false);
            each(&tasks, threads, &stop, &worker, |done| {
                seen.push(done);
                Ok(())
            })
            .unwrap();
            seen.sort_unstable();
            assert!(seen.into_iter().eq((0..50).map(|task| task * task)));
        }
    }

    #[test]
    fn an_error_ends_all_threads_and_a_request_leaves_what_is_under_way() {
        let stop = AtomicBool::new(false);
        // It would not end by itself.
        let endless = || -> Worker<'_, usize> {
            Box::new(|task, stopped| {
                while task > 0 && !stopped() {
                    std::thread::yield_now();
                }
                Ok(task)
            })
        };
        let failed = |_| Err(Error::new("out", "x", "is full"));
        assert!(each(&[0, 1, 2], 3, &stop, &endless, failed).is_err());
        let mut seen = Vec::new();
        each(&[0, 1, 2], 3, &stop, &endless, |done| {
            seen.push(done);
            stop.store(true, Ordering::Relaxed);
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, [0]);
    }
}
