//! What a report on a network from a file is made from.

use crate::given::summary::Summary;
use crate::given::{Entry, Findings, Space};
use crate::model::shard::Shard;
use crate::report::words::{count, grouped, listed};
use crate::run::given::{Header, Law, Network, Results};

/// A run over inputs, with what is known of all of them together.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The run.
    pub results: &'a Results,
    /// What is known of its inputs together.
    pub summary: Summary,
    /// Random networks of the same shape.
    pub law: Option<Law>,
    /// The network before training, at the same inputs.
    pub before: Option<Before<'a>>,
}

/// The network before training, at the same inputs.
#[derive(Clone, Debug)]
pub struct Before<'a> {
    /// What is known of each input, in their order.
    pub entries: &'a [Entry],
    /// And of all of them together.
    pub summary: Summary,
}

impl<'a> Subject<'a> {
    /// Of a run.
    pub fn of(results: &'a Results) -> Self {
        let before = results.initial.as_deref();
        Subject {
            results,
            summary: Summary::of(&results.entries),
            law: Law::of(results),
            before: before.map(|entries| Before { entries, summary: Summary::of(entries) }),
        }
    }

    /// What is known of each input, in their order.
    pub fn entries(&self) -> &'a [Entry] {
        &self.results.entries
    }

    /// What the run is.
    pub fn header(&self) -> &'a Header {
        &self.results.header
    }

    /// The network.
    pub fn network(&self) -> &'a Network {
        &self.results.header.network
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.network().outputs()
    }

    /// Are perturbations measured behind a normalisation?
    pub fn is_behind(&self) -> bool {
        self.network().normalised && self.header().question.space == Space::After.name()
    }

    /// Which inputs are missing, in words; `None` where none is.
    pub fn missing(&self) -> Option<String> {
        let header = self.header();
        let part = match header.shard {
            Shard::WHOLE => String::new(),
            Shard { part, parts } => format!("part {part} of {parts}"),
        };
        let rest = if self.results.is_complete() {
            String::new()
        } else {
            format!("INTERRUPTED: {}; the same command goes on", listed(&self.progress()))
        };
        let said = [part, rest].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// How far an unfinished run got, in words: what is not finished alone.
    fn progress(&self) -> Vec<String> {
        let (header, results) = (self.header(), self.results);
        let of = |got: usize, all: usize, noun: &str| {
            format!("{} of {}", grouped(got as u64), count(all as u64, noun))
        };
        let (wanted, got) = (header.wanted(), self.entries().len());
        let before = results.initial.as_ref().map_or(wanted, Vec::len);
        let (drawn, networks) = (results.reference.len(), header.reference);
        let mut said = Vec::new();
        if got < wanted {
            said.push(format!("{} looked at", of(got, wanted, "input")));
        }
        if drawn < networks {
            said.push(format!("{} asked", of(drawn, networks, "random network")));
        }
        if before < wanted {
            said.push(format!("{} looked at before training", of(before, wanted, "input")));
        }
        said
    }

    /// Judged inputs, from the one whose class is changed by the shortest perturbation that is
    /// known, over ‖x‖, to the one that needs the longest; where none is known, by what is
    /// certified, behind all others.
    pub fn by_radius(&self) -> Vec<(&'a Entry, &'a Findings)> {
        let judged = self.entries().iter().filter_map(|entry| Some((entry, entry.findings()?)));
        let mut all: Vec<(&Entry, &Findings)> = judged.collect();
        let key = |(_, found): &(&Entry, &Findings)| {
            let above = found.relative_above(found.radius.found);
            let below = found.relative_below(found.radius.certified);
            [above, below].map(|radius| radius.unwrap_or(f64::INFINITY))
        };
        all.sort_by(|a, b| {
            let (a, b) = (key(a), key(b));
            a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]))
        });
        all
    }

    /// Where an entry is.
    fn place(&self, entry: &Entry) -> Option<usize> {
        self.entries().binary_search_by_key(&entry.input, |other| other.input).ok()
    }

    /// x of an entry.
    pub fn point(&self, entry: &Entry) -> Option<&'a [f64]> {
        self.results.points.get(self.place(entry)?).map(Vec::as_slice)
    }

    /// Percentile of an entry's κ among random networks.
    pub fn percentile(&self, entry: &Entry) -> Option<f64> {
        *self.law.as_ref()?.percentiles.get(self.place(entry)?)?
    }
}

impl Before<'_> {
    /// What was known of this input.
    pub fn findings(&self, input: usize) -> Option<&Findings> {
        let place = self.entries.binary_search_by_key(&input, |entry| entry.input).ok()?;
        self.entries[place].findings()
    }

    /// Radii found over ‖x‖, now and before, of inputs that were judged both times: no others are
    /// held against each other.
    pub fn pairs(&self, now: &[Entry]) -> Vec<(f64, f64)> {
        let radius = |found: &Findings| found.relative_above(found.radius.found);
        let pair = |entry: &Entry| {
            Some((radius(entry.findings()?)?, radius(self.findings(entry.input)?)?))
        };
        now.iter().filter_map(pair).collect()
    }
}
