//! The depth from which on most steps fail, by input dimension.

use super::line::Line;
use crate::num::magnitude::Magnitude;
use crate::study::fit::Comparison;

/// The share of steps at the crossover.
const HALF: f64 = 0.5;

/// Where a share falls below one half for good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Crossing {
    /// At this depth, the first one measured, it is below already.
    Before(f64),
    /// At this depth, between two that were measured.
    At(f64),
    /// At this depth, the last one measured, it is not below yet.
    After(f64),
}

impl Crossing {
    /// The depth, where it is between two that were measured.
    pub fn depth(self) -> Option<f64> {
        match self {
            Crossing::At(depth) => Some(depth),
            Crossing::Before(_) | Crossing::After(_) => None,
        }
    }
}

/// L*: where the share of networks in which the step flips the sign falls below one half.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossover {
    /// d.
    pub input: f64,
    /// As expected.
    pub expected: Option<Crossing>,
    /// As observed.
    pub observed: Option<Crossing>,
    /// Where the lower confidence limits of the share at single depths first fall below one half,
    /// and where the upper ones do for good.
    pub limits: [Option<Crossing>; 2],
    /// At some depth the share is not a number, so that nothing is observed between its neighbours.
    pub failed: bool,
}

impl Crossover {
    /// From cells that differ in depth alone, by increasing depth; `None` if the step was not
    /// measured.
    pub fn new(lines: &[&Line]) -> Option<Self> {
        let values: Vec<_> = lines
            .iter()
            .filter_map(|line| Some((line.depth as f64, line.value("flips")?)))
            .collect();
        let points = |get: &dyn Fn(&super::Value) -> Option<f64>| -> Vec<(f64, f64)> {
            values.iter().filter_map(|(depth, value)| Some((*depth, get(value)?))).collect()
        };
        let rate = |get: fn(&super::Value) -> Option<f64>| {
            let mut points = points(&get);
            monotone(&mut points);
            crossing(&points)
        };
        let limit = |end: usize| points(&|value| value.limits.map(|limits| limits[end]));
        // At first, so that noise does not move the lower end up.
        let low: Vec<(f64, f64)> = limit(0)
            .into_iter()
            .scan(f64::INFINITY, |least, (depth, share)| {
                *least = least.min(share);
                Some((depth, *least))
            })
            .collect();
        let failed = values.iter().any(|(_, value)| value.failed);
        let seen = |crossing: Option<Crossing>| crossing.filter(|_| !failed);
        (!values.is_empty()).then_some(Crossover {
            input: lines.first()?.input.parse().ok()?,
            expected: rate(|value| value.expected.map(Magnitude::to_f64)),
            observed: seen(rate(|value| value.observed.map(Magnitude::to_f64))),
            limits: [crossing(&low), crossing(&limit(1))].map(seen),
            failed,
        })
    }

    /// Is there something to say: is it seen or expected between two depths, or did that fail?
    pub fn is_known(&self) -> bool {
        self.failed
            || [self.expected, self.observed].into_iter().flatten().any(|c| c.depth().is_some())
    }
}

/// The decreasing shares nearest to these, by least squares: neighbours that rise are replaced by
/// their mean. A single noisy share then does not decide where one half is crossed.
fn monotone(points: &mut [(f64, f64)]) {
    // (mean, how many)
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for point in points.iter() {
        let (mut mean, mut count) = (point.1, 1);
        while let Some(&(before, many)) = blocks.last().filter(|block| block.0 < mean) {
            mean = (before * many as f64 + mean * count as f64) / (many + count) as f64;
            count += many;
            blocks.pop();
        }
        blocks.push((mean, count));
    }
    let shares = blocks.into_iter().flat_map(|(mean, count)| std::iter::repeat_n(mean, count));
    for (point, share) in points.iter_mut().zip(shares) {
        point.1 = share;
    }
}

/// Where a share falls below one half for good, between two depths on a logarithmic scale of depth.
fn crossing(points: &[(f64, f64)]) -> Option<Crossing> {
    let Some(above) = points.iter().rposition(|point| point.1 >= HALF) else {
        return points.first().map(|first| Crossing::Before(first.0));
    };
    let (from, high) = points[above];
    let Some(&(to, low)) = points.get(above + 1) else { return Some(Crossing::After(from)) };
    let share = (high - HALF) / (high - low);
    Some(Crossing::At((from.ln() + share * (to.ln() - from.ln())).exp()))
}

/// How L* grows with d, observed where there is enough of it, else expected.
pub fn exponent(crossovers: &[Crossover], alpha: f64) -> Option<(&'static str, Comparison)> {
    let by = |get: fn(&Crossover) -> Option<Crossing>| {
        let points: Vec<(f64, f64)> =
            crossovers.iter().filter_map(|c| Some((c.input, get(c)?.depth()?.ln()))).collect();
        Comparison::of_logs(&points, alpha)
    };
    by(|c| c.observed)
        .map(|growth| ("observed", growth))
        .or_else(|| by(|c| c.expected).map(|growth| ("expected", growth)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossings_are_interpolated() {
        assert_eq!(crossing(&[(1.0, 0.9), (4.0, 0.1)]), Some(Crossing::At(2.0)));
        // Never above, never below, and back above in between.
        assert_eq!(crossing(&[(1.0, 0.4), (4.0, 0.1)]), Some(Crossing::Before(1.0)));
        assert_eq!(crossing(&[(1.0, 0.9), (4.0, 0.6)]), Some(Crossing::After(4.0)));
        assert_eq!(crossing(&[]), None);
        let last = crossing(&[(1.0, 0.9), (2.0, 0.4), (3.0, 0.6), (12.0, 0.4)]);
        let last = last.and_then(Crossing::depth).unwrap();
        assert!((last - 6.0).abs() < 1e-12);
    }

    #[test]
    fn shares_that_rise_are_levelled() {
        let mut points = [(1.0, 0.9), (2.0, 0.4), (3.0, 0.6), (4.0, 0.5), (5.0, 0.1)];
        monotone(&mut points);
        assert_eq!(points.map(|p| p.1), [0.9, 0.5, 0.5, 0.5, 0.1]);
        let mut falling = [(1.0, 0.8), (2.0, 0.3)];
        monotone(&mut falling);
        assert_eq!(falling, [(1.0, 0.8), (2.0, 0.3)]);
    }

    #[test]
    fn the_exponent_that_was_put_in_is_found() {
        let at = |input: f64| Crossover {
            input,
            expected: Some(Crossing::At(2.0 * input.sqrt())),
            observed: None,
            limits: [None, None],
            failed: false,
        };
        let crossovers: Vec<Crossover> = [16.0, 64.0, 256.0, 1024.0].map(at).into();
        let (way, growth) = exponent(&crossovers, 0.05).unwrap();
        assert!(way == "expected" && (growth.power.rate - 0.5).abs() < 1e-12);
        assert_eq!(exponent(&crossovers[..3], 0.05), None);
    }
}
