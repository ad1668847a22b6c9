//! What all trainings show after so many steps.

use serde::Serialize;

use super::{Found, Question, Record, Set, Sight};
use crate::network::training::{Along, Seen};

/// All networks after some steps of gradient descent.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Steps.
    pub step: u64,
    /// Networks that came so far.
    pub networks: usize,
    /// The loss, in the median.
    pub loss: f64,
    /// The share of points trained on whose sign is wrong, over all networks.
    pub wrong: f64,
    /// The same of fresh points, where their labels depend on them.
    pub fresh_wrong: Option<f64>,
    /// ‖ΔW_i‖ of layers 1, …, L+1, each in the median.
    pub eta: Vec<f64>,
    /// The largest in any layer and network, rounded up.
    pub eta_most: f64,
    /// Is what is proved of trained networks proved of all of these: is that within its reach?
    pub covered: bool,
    /// By points and directions.
    pub groups: Vec<Group>,
}

/// The step at points of one sort.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// Which points.
    pub set: Set,
    /// In which directions it goes.
    pub along: Along,
    /// Points at which there is a step, and points.
    pub points: [usize; 2],
    /// ‖u‖/‖x‖: what 25, 50 and 75 % are below.
    pub size: Option<[f64; 3]>,
    /// κ√d, in the median.
    pub susceptibility: Option<f64>,
    /// Points at which the sign flips.
    pub flips: usize,
    /// What the step achieves of the linear change, in the median.
    pub achieved: Option<f64>,
    /// ‖∇f(x + u) − ∇f(x)‖/‖∇f(x)‖, in the median.
    pub turned: Option<f64>,
    /// The share of neurons that flip, in the median.
    pub flipped: Option<f64>,
    /// The least flipping t, in the median; ∞ beyond 8 times the step.
    pub least: Option<f64>,
}

impl Line {
    /// The step in all directions at these points.
    pub fn group(&self, set: Set) -> Option<&Group> {
        self.groups.iter().find(|group| group.set == set && group.along == Along::All)
    }

    /// The largest ‖ΔW_i‖ over the layers, in the median.
    pub fn eta_largest(&self) -> f64 {
        self.eta.iter().copied().fold(0.0, f64::max)
    }
}

/// A line for every step at which it was looked and some network came to.
pub fn summary(question: &Question, found: &Found) -> Vec<Line> {
    let at = |&step: &u64| {
        let records: Vec<&Record> = found.records.iter().filter(|r| r.step == step).collect();
        (!records.is_empty()).then(|| line(question, found, step, &records))
    };
    question.looked().iter().filter_map(at).collect()
}

fn line(question: &Question, found: &Found, step: u64, records: &[&Record]) -> Line {
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let layers = records[0].moved.len();
    let eta = |layer: usize| median(records.iter().map(|r| r.moved[layer].found));
    let most = records.iter().flat_map(|r| r.moved.iter().map(|size| size.most));
    let eta_most = most.fold(0.0, f64::max);
    let fresh_wrong: Vec<f64> = records.iter().filter_map(|r| r.fresh_wrong).collect();
    let groups = [Set::Training, Set::Fresh].into_iter().flat_map(|set| {
        question.along().into_iter().filter_map(move |along| group(records, set, along))
    });
    Line {
        step,
        networks: records.len(),
        loss: median(records.iter().map(|r| r.loss)).unwrap_or(f64::NAN),
        wrong: mean(records.iter().map(|r| r.wrong).collect()),
        fresh_wrong: (!fresh_wrong.is_empty()).then(|| mean(fresh_wrong)),
        eta: (0..layers).map(|layer| eta(layer).unwrap_or(f64::NAN)).collect(),
        eta_most,
        covered: found.reach.is_some_and(|reach| eta_most <= reach),
        groups: groups.collect(),
    }
}

fn group(records: &[&Record], set: Set, along: Along) -> Option<Group> {
    let of = |sight: &&Sight| sight.set == set && sight.along == along;
    let sights: Vec<&Sight> = records.iter().flat_map(|r| r.sights.iter().filter(of)).collect();
    if sights.is_empty() {
        return None;
    }
    let seen: Vec<Seen> = sights.iter().filter_map(|sight| sight.seen).collect();
    let middle = |of: fn(&Seen) -> f64| median(seen.iter().map(of));
    let mut sizes: Vec<f64> = seen.iter().map(|seen| seen.size).collect();
    sizes.sort_by(f64::total_cmp);
    let quartile = |level| quantile(&sizes, level);
    let size = match [quartile(0.25), quartile(0.5), quartile(0.75)] {
        [Some(low), Some(middle), Some(high)] => Some([low, middle, high]),
        _ => None,
    };
    Some(Group {
        set,
        along,
        points: [seen.len(), sights.len()],
        size,
        susceptibility: middle(|seen| seen.susceptibility),
        flips: seen.iter().filter(|seen| seen.flips).count(),
        achieved: middle(|seen| seen.achieved),
        turned: middle(|seen| seen.turned),
        flipped: middle(|seen| seen.flipped),
        least: median(seen.iter().filter_map(|seen| seen.least)),
    })
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5)
}

/// Of sorted values: the least that at least this share does not exceed.
pub(super) fn quantile(sorted: &[f64], level: f64) -> Option<f64> {
    let place = (level * sorted.len() as f64).ceil() as usize;
    sorted.get(place.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0].into_iter()), Some(1.0));
        assert_eq!(median(std::iter::empty()), None);
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.75), Some(3.0));
        assert_eq!(quantile(&[1.0, f64::INFINITY], 1.0), Some(f64::INFINITY));
    }
}
