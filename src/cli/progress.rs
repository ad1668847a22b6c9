//! How far a run is, and how long it takes: networks that are searched, stepped or only passed
//! cost differently, and each sort has its own rate.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal::note;
use crate::network::search;
use crate::run::Spec;
use crate::stage::Needs;

/// How often a line is written where nobody looks on.
const LINE: Duration = Duration::from_secs(30);

/// Networks of one sort: how many there are, and their cost in passes before any was measured.
struct Sort {
    networks: u64,
    guess: f64,
    done: u64,
    time: f64,
}

/// The progress of one run.
pub struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    /// What is counted.
    what: &'static str,
    /// What was done before.
    before: u64,
    total: u64,
    done: u64,
    sorts: Vec<Sort>,
    last: Instant,
    said: Instant,
}

impl Progress {
    /// Of a run of this specification.
    pub fn of(spec: &Spec, quiet: bool) -> Self {
        let total = spec.trials();
        let depth = spec.params.architecture.depth();
        let any = |needs: Needs| spec.stages.iter().any(|stage| stage.needs() == needs);
        let (searches, steps) = spec.sampling.as_ref().map_or((0, 0), |s| (s.searches, s.steps));
        let searches = if any(Needs::Weights) || any(Needs::Pairs) { searches } else { 0 };
        let steps = if any(Needs::Steps) { steps.max(searches) } else { searches };
        let cost = 4.0 * search::products(depth) as f64;
        let sort = |networks, guess| Sort { networks, guess, done: 0, time: 0.0 };
        let sorts = vec![
            sort(searches, cost),
            sort(steps - searches, 8.0),
            sort(total - steps.min(total), 2.0),
        ];
        Progress::new("trials", 0, sorts, quiet)
    }

    /// Of so many inputs and random networks that are left, where so many were done before.
    pub fn inputs(before: u64, [inputs, networks]: [u64; 2], quiet: bool) -> Self {
        let sort = |networks, guess| Sort { networks, guess, done: 0, time: 0.0 };
        let what = if networks == 0 { "inputs" } else { "inputs and random networks" };
        Progress::new(what, before, vec![sort(inputs, 1.0), sort(networks, 1.0)], quiet)
    }

    fn new(what: &'static str, before: u64, sorts: Vec<Sort>, quiet: bool) -> Self {
        let total = sorts.iter().map(|sort| sort.networks).sum();
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| bar(before + total));
        if let Some(bar) = &bar {
            bar.set_position(before);
        }
        let now = Instant::now();
        Progress { bar, quiet, what, before, total, done: 0, sorts, last: now, said: now }
    }

    /// One more network is finished.
    pub fn finished(&mut self) {
        let (now, mut before) = (Instant::now(), 0);
        for sort in &mut self.sorts {
            if self.done < before + sort.networks {
                sort.done += 1;
                sort.time += (now - self.last).as_secs_f64();
                break;
            }
            before += sort.networks;
        }
        self.done += 1;
        self.last = now;
        if let Some(bar) = &self.bar {
            bar.set_message(left(self.left()));
            bar.inc(1);
        } else if !self.quiet && self.said.elapsed() > LINE && self.done < self.total {
            self.said = now;
            let (done, total) = (self.before + self.done, self.before + self.total);
            note(&format!("{done} of {total} {}, {}", self.what, left(self.left())));
        }
    }

    /// All is done, or nothing more is.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Seconds left: at the rate of each sort or, before any of it was seen, at that of the others
    /// by what it is thought to cost.
    fn left(&self) -> f64 {
        let (time, cost) = self.sorts.iter().fold((0.0, 0.0), |(time, cost), sort| {
            (time + sort.time, cost + sort.done as f64 * sort.guess)
        });
        let unit = if cost > 0.0 { time / cost } else { 0.0 };
        let of = |sort: &Sort| {
            let each = if sort.done > 0 { sort.time / sort.done as f64 } else { unit * sort.guess };
            each * (sort.networks - sort.done) as f64
        };
        self.sorts.iter().map(of).sum()
    }
}

/// `about 3 min left`.
fn left(seconds: f64) -> String {
    let shown = match seconds.ceil() as u64 {
        0..=1 => return "nearly done".into(),
        seconds @ 2..=99 => format!("{seconds} s"),
        seconds @ 100..=5999 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    };
    format!("about {shown} left")
}

fn bar(total: u64) -> ProgressBar {
    // At 40 columns it fits in a line.
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len}, {msg}");
    ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr())
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sort_has_its_own_rate() {
        let sort = |networks, guess, done, time| Sort { networks, guess, done, time };
        let now = Instant::now();
        let progress = |sorts| Progress {
            bar: None,
            quiet: true,
            what: "trials",
            before: 0,
            total: 0,
            done: 0,
            sorts,
            last: now,
            said: now,
        };
        // Half of the searched ones took 10 s: the others are thought to cost a hundredth.
        let some = progress(vec![sort(20, 200.0, 10, 10.0), sort(1000, 2.0, 0, 0.0)]);
        assert!((some.left() - 20.0).abs() < 1e-9);
        // Once they are seen, at what they take.
        let more = progress(vec![sort(20, 200.0, 20, 20.0), sort(1000, 2.0, 100, 0.2)]);
        assert!((more.left() - 1.8).abs() < 1e-9);
        assert_eq!(left(0.3), "nearly done");
        assert_eq!(left(200.0), "about 4 min left");
    }
}
