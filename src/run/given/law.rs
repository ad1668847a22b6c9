//! Where inputs stand among random networks of the same shape.

use super::Results;
use crate::given::Entry;
use crate::given::expect::{self, Sample};
use crate::given::summary::Spread;
use crate::num::Toward;

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

/// Points of the picture of a distribution at most.
const POINTS: usize = 400;

impl Law {
    /// What the random networks of a run show; `None` without any.
    pub fn of(results: &Results) -> Option<Self> {
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
