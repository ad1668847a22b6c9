//! What a report on a network from a file is made from.

use crate::given::summary::{Spread, Summary};
use crate::given::{Against, Entry, Findings};

/// A network, what was asked of its inputs, and what is known of them.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The version of what judged it.
    pub version: String,
    /// The name of the network's file.
    pub name: String,
    /// The name of the inputs' file.
    pub points_name: String,
    /// d_0, …, d_n: inputs first, outputs last.
    pub widths: Vec<usize>,
    /// The type of its weights.
    pub dtype: String,
    /// What was decided in reading the files, a sentence each.
    pub notes: Vec<String>,
    /// Classes that count as changed.
    pub against: Against,
    /// Are perturbations measured behind the normalisation?
    pub after: bool,
    /// t of the gradient step.
    pub step: f64,
    /// R/‖x‖ of the ball in which the gradient is bounded.
    pub radius: f64,
    /// Rows and columns of an input that is a picture.
    pub grid: Option<[usize; 2]>,
    /// What is known of each input.
    pub entries: &'a [Entry],
    /// x of each entry; empty where they are not at hand.
    pub points: &'a [Vec<f64>],
    /// Why entries are missing, in words; `None` where none is.
    pub unfinished: Option<String>,
    /// What is known of all of them together.
    pub summary: Summary,
    /// Random networks of the same shape.
    pub law: Option<Law>,
    /// The network before training.
    pub initial: Option<Before<'a>>,
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
    /// The name of its file.
    pub name: String,
    /// What is known of each input.
    pub entries: &'a [Entry],
    /// And of all of them together.
    pub summary: Summary,
}

impl Subject<'_> {
    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.widths.last().copied().unwrap_or(0)
    }

    /// Judged inputs, from the one whose class is changed by the shortest perturbation that is
    /// known, over ‖x‖, to the one that needs the longest; where none is known, by what is
    /// certified, behind all others.
    pub fn by_radius(&self) -> Vec<(&Entry, &Findings)> {
        let mut all: Vec<(&Entry, &Findings)> =
            self.entries.iter().filter_map(|entry| Some((entry, entry.findings()?))).collect();
        let key = |(_, found): &(&Entry, &Findings)| {
            let found_radius = found.relative_above(found.radius.found);
            let certified = found.relative_below(found.radius.certified);
            [found_radius.unwrap_or(f64::INFINITY), certified.unwrap_or(f64::INFINITY)]
        };
        all.sort_by(|a, b| {
            let (a, b) = (key(a), key(b));
            a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]))
        });
        all
    }

    /// x of an entry.
    pub fn point(&self, entry: &Entry) -> Option<&[f64]> {
        let place = self.entries.iter().position(|other| other.input == entry.input)?;
        self.points.get(place).map(Vec::as_slice)
    }

    /// Percentile of an entry's κ among random networks.
    pub fn percentile(&self, entry: &Entry) -> Option<f64> {
        let place = self.entries.iter().position(|other| other.input == entry.input)?;
        *self.law.as_ref()?.percentiles.get(place)?
    }
}

impl Law {
    /// Inputs at which most random networks are farther from the boundary, of all that are placed.
    pub fn farther(&self) -> Option<[usize; 2]> {
        let placed: Vec<f64> = self.percentiles.iter().copied().flatten().collect();
        let farther = placed.iter().filter(|percentile| **percentile < 50.0).count();
        (!placed.is_empty()).then_some([farther, placed.len()])
    }
}

impl Before<'_> {
    /// Radii found over ‖x‖, now and before, of inputs that were judged both times.
    pub fn pairs(&self, now: &Subject) -> Vec<(f64, f64)> {
        let found = |entry: &Entry| {
            let findings = entry.findings()?;
            findings.relative_above(findings.radius.found)
        };
        let then = |input| self.entries.iter().find(|entry| entry.input == input).and_then(found);
        let pair = |entry: &Entry| Some((found(entry)?, then(entry.input)?));
        now.entries.iter().filter_map(pair).collect()
    }
}
