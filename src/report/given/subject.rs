//! What a report on a network from a file is made from.

use crate::given::expect::{self, Sample};
use crate::given::summary::{Spread, Summary};
use crate::given::{Entry, Findings, Space};
use crate::model::shard::Shard;
use crate::num::Toward;
use crate::report::words::{count, grouped};
use crate::run::given::{Header, Network, Results};

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

/// What random networks of the same shape do at the same inputs.
#[derive(Clone, Debug)]
pub struct Law {
    /// How many were drawn.
    pub networks: usize,
    /// κ in them.
    pub kappa: Option<Spread>,
    /// Its distribution: (value, share of networks and inputs at or below it).
    pub curve: Vec<(f64, f64)>,
    /// Percentile of each entry's κ; `None` where it is not known.
    pub percentiles: Vec<Option<f64>>,
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
        let (got, wanted) = (self.entries().len(), header.wanted());
        let of = count(wanted as u64, "input");
        let part = match header.shard {
            Shard::WHOLE => String::new(),
            Shard { part, parts } => format!("part {part} of {parts}"),
        };
        let rest = if self.results.is_complete() {
            String::new()
        } else {
            format!(
                "INTERRUPTED: {} of {of} looked at; the same command goes on",
                grouped(got as u64)
            )
        };
        let said = [part, rest].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
        (!said.is_empty()).then(|| said.join("; "))
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

/// Points of the picture of a distribution at most.
const POINTS: usize = 400;

impl Law {
    /// What the random networks of a run show; `None` without any.
    fn of(results: &Results) -> Option<Self> {
        let networks = results.reference.len();
        if networks == 0 {
            return None;
        }
        let kappas = |place| results.samples(place).filter_map(|sample: Sample| sample.kappa);
        let places = 0..results.entries.len();
        let mut all: Vec<f64> = places.flat_map(kappas).collect();
        all.sort_by(f64::total_cmp);
        let count = all.len();
        let points = count.min(POINTS);
        let point = |k: usize| {
            let upto = k * count / points;
            (all[upto - 1], upto as f64 / count as f64)
        };
        let percentile = |(place, entry): (usize, &Entry)| {
            expect::percentile(entry.findings()?.kappa_near()?, kappas(place))
        };
        Some(Law {
            networks,
            curve: (1..=points).map(point).collect(),
            percentiles: results.entries.iter().enumerate().map(percentile).collect(),
            kappa: Spread::of(all, Toward::Nearest),
        })
    }

    /// Inputs at which most random networks are farther from the boundary, and all inputs that are
    /// placed among them.
    pub fn farther(&self) -> Option<[usize; 2]> {
        let placed: Vec<f64> = self.percentiles.iter().copied().flatten().collect();
        let farther = placed.iter().filter(|percentile| **percentile < 50.0).count();
        (!placed.is_empty()).then_some([farther, placed.len()])
    }
}

impl Before<'_> {
    /// What was known of this input.
    pub fn findings(&self, input: usize) -> Option<&Findings> {
        let place = self.entries.binary_search_by_key(&input, |entry| entry.input).ok()?;
        self.entries[place].findings()
    }

    /// Radii found over ‖x‖, now and before, of inputs that were judged both times.
    pub fn pairs(&self, now: &[Entry]) -> Vec<(f64, f64)> {
        let radius = |found: &Findings| found.relative_above(found.radius.found);
        let pair = |entry: &Entry| {
            Some((radius(entry.findings()?)?, radius(self.findings(entry.input)?)?))
        };
        now.iter().filter_map(pair).collect()
    }
}
