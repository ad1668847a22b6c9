//! What is known of many inputs together: counts, and quantiles of what each entry says.

use serde::{Deserialize, Serialize};

use super::{Bracket, Entry, Failure, Findings, Outcome};
use crate::num::Toward;

/// Counts and quantiles over the inputs of a ledger. Quantiles are over judged inputs; lengths are
/// over ‖x‖ unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// Inputs in the ledger.
    pub inputs: usize,
    /// Those that were judged.
    pub judged: usize,
    /// Those of which nothing is known: a computation gave no number.
    pub numerical: usize,
    /// Or no class is above all others.
    pub tied: usize,
    /// Or time ran out.
    pub unfinished: usize,
    /// Judged inputs at which time ran out before the search for better bounds ended.
    pub cut_short: usize,
    /// Judged inputs of which more is proved than can be true of what was found.
    pub contradictory: usize,
    /// Of the judged inputs with a label, [those that are in its class, all].
    pub labelled: [usize; 2],
    /// How the gradient step ended, in exact arithmetic.
    pub step: Tally,
    /// The same as float32 computes the network.
    pub step_float32: Tally,
    /// Judged inputs whose radius was taken exactly, but for rounding.
    pub exact: usize,
    /// Judged inputs with a radius certified above 0.
    pub certified: usize,
    /// κ = margin/(‖∇‖ ‖x‖).
    pub kappa: Option<Spread>,
    /// ‖u‖/‖x‖ of the gradient step, from above.
    pub length: Option<Spread>,
    /// The least t at which the class changes on the ray of the step; ∞ where none was found.
    pub least: Option<Spread>,
    /// The certified radius in ℓ₂ over ‖x‖, from below; 0 where nothing is certified.
    pub radius_certified: Option<Spread>,
    /// The radius found over ‖x‖, from above; ∞ where none was found.
    pub radius_found: Option<Spread>,
    /// The certified radius in ℓ∞, in the units of the inputs, from below.
    pub max_certified: Option<Spread>,
    /// The radius found in ℓ∞, in the units of the inputs, from above.
    pub max_found: Option<Spread>,
    /// Found over certified radius in ℓ₂, where both are there.
    pub gap: Option<Spread>,
    /// sup ‖∇‖ over the ball, from above; ∞ where nothing is certified.
    pub lipschitz_certified: Option<Spread>,
    /// The largest ‖∇‖ found in the ball.
    pub lipschitz_found: Option<Spread>,
    /// ε(R) from above; ∞ where nothing is certified.
    pub epsilon_certified: Option<Spread>,
    /// The largest relative change of the gradient found.
    pub epsilon_found: Option<Spread>,
    /// Linear pieces along the step.
    pub pieces: Option<Spread>,
}

/// How often something is so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// It is.
    pub yes: usize,
    /// It is not.
    pub no: usize,
    /// It could not be told.
    pub unknown: usize,
}

impl Tally {
    /// Of these answers.
    fn of(answers: impl Iterator<Item = Option<bool>>) -> Self {
        let mut tally = Tally::default();
        for answer in answers {
            *match answer {
                Some(true) => &mut tally.yes,
                Some(false) => &mut tally.no,
                None => &mut tally.unknown,
            } += 1;
        }
        tally
    }

    /// All of them.
    pub fn all(self) -> usize {
        self.yes + self.no + self.unknown
    }
}

/// A quantity over many inputs, by order statistics: rounded to the side on which it is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Ends", into = "Ends")]
pub struct Spread {
    /// Inputs behind it.
    pub n: usize,
    /// The least.
    pub least: f64,
    /// A quarter of all are at most that.
    pub low: f64,
    /// Half of all.
    pub median: f64,
    /// Three quarters.
    pub high: f64,
    /// The largest.
    pub most: f64,
}

/// In JSON, which has no infinity: null.
#[derive(Serialize, Deserialize)]
struct Ends {
    n: usize,
    least: Option<f64>,
    low: Option<f64>,
    median: Option<f64>,
    high: Option<f64>,
    most: Option<f64>,
}

impl From<Ends> for Spread {
    fn from(ends: Ends) -> Self {
        let beyond = |end: Option<f64>| end.unwrap_or(f64::INFINITY);
        Spread {
            n: ends.n,
            least: beyond(ends.least),
            low: beyond(ends.low),
            median: beyond(ends.median),
            high: beyond(ends.high),
            most: beyond(ends.most),
        }
    }
}

impl From<Spread> for Ends {
    fn from(spread: Spread) -> Self {
        let finite = |end: f64| Some(end).filter(|end| end.is_finite());
        Ends {
            n: spread.n,
            least: finite(spread.least),
            low: finite(spread.low),
            median: finite(spread.median),
            high: finite(spread.high),
            most: finite(spread.most),
        }
    }
}

impl Spread {
    /// Of these numbers, none of them NaN; `None` without any. A quantile between two of them is
    /// interpolated on either side of a bracket, so that both can be compared; rounded `toward` a
    /// side, quantiles of lower bounds are lower bounds on the quantiles, and of upper bounds
    /// upper ones.
    pub fn of(values: impl IntoIterator<Item = f64>, toward: Toward) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len();
        let last = n.checked_sub(1)?;
        let at = |share: f64| {
            let place = share * last as f64;
            let (below, part) = (place.floor() as usize, place.fract());
            let (a, b) = (sorted[below.min(last)], sorted[(below + 1).min(last)]);
            if part == 0.0 {
                return a;
            }
            if !(a.is_finite() && b.is_finite()) {
                return if toward == Toward::Down { a } else { b };
            }
            // Three roundings, of numbers no larger than these.
            let between = (1.0 - part) * a + part * b;
            let error = 4.0 * f64::EPSILON * a.abs().max(b.abs());
            match toward {
                Toward::Down => (between - error).max(a),
                Toward::Up => (between + error).min(b),
                Toward::Nearest => between,
            }
        };
        let [least, low, median, high, most] = [0.0, 0.25, 0.5, 0.75, 1.0].map(at);
        Some(Spread { n, least, low, median, high, most })
    }
}

/// A quotient of positive numbers, rounded to nearest and then one float outward.
fn over(value: f64, by: f64, toward: Toward) -> f64 {
    let quotient = value / by;
    match toward {
        Toward::Down if quotient > 0.0 => quotient.next_down(),
        Toward::Up => quotient.next_up(),
        _ => quotient,
    }
}

/// Over ‖x‖, which is known from both sides; `None` where it may be 0.
impl Findings {
    /// A length from below, over ‖x‖: 0 where nothing is known.
    pub fn relative_below(&self, length: Option<f64>) -> Option<f64> {
        let known = self.norm.lo > 0.0 && self.norm.hi.is_finite();
        known.then(|| length.map_or(0.0, |length| over(length, self.norm.hi, Toward::Down)))
    }

    /// A length from above, over ‖x‖: ∞ where nothing is known.
    pub fn relative_above(&self, length: Option<f64>) -> Option<f64> {
        let known = self.norm.lo > 0.0;
        known.then(|| length.map_or(f64::INFINITY, |length| over(length, self.norm.lo, Toward::Up)))
    }

    /// Is more proved than can be true of what was found?
    pub fn contradicts(&self) -> bool {
        let above = |bracket: Bracket| bracket.certified > bracket.found;
        let known = |bracket: &Bracket| bracket.certified.is_some() && bracket.found.is_some();
        let radii = [self.radius, self.radius_max].into_iter().filter(known).any(above);
        let suprema = [Some(self.lipschitz), self.epsilon].into_iter().flatten().filter(known);
        radii || suprema.into_iter().any(|bracket| bracket.found > bracket.certified)
    }

    /// The middle of κ; `None` where it is not known.
    pub fn kappa_near(&self) -> Option<f64> {
        let kappa = self.kappa?;
        Some(f64::midpoint(kappa.lo, kappa.hi)).filter(|kappa| kappa.is_finite())
    }
}

impl Entry {
    /// What is known, where the input was judged.
    pub fn findings(&self) -> Option<&Findings> {
        match &self.outcome {
            Outcome::Found(findings) => Some(findings),
            Outcome::Failed(_) => None,
        }
    }

    /// Why nothing is.
    pub fn failure(&self) -> Option<Failure> {
        match self.outcome {
            Outcome::Found(_) => None,
            Outcome::Failed(failure) => Some(failure),
        }
    }
}

impl Summary {
    /// Of a ledger.
    pub fn of(entries: &[Entry]) -> Self {
        let judged: Vec<&Findings> = entries.iter().filter_map(Entry::findings).collect();
        let failed = |what| entries.iter().filter(|entry| entry.failure() == Some(what)).count();
        let labels: Vec<bool> = entries
            .iter()
            .filter_map(|entry| Some(entry.findings()?.class == entry.label?))
            .collect();
        let spread = |value: &dyn Fn(&Findings) -> Option<f64>, toward| {
            Spread::of(judged.iter().filter_map(|found| value(found)), toward)
        };
        let at_most = |bracket: fn(&Findings) -> Option<Bracket>| {
            let value = |found: &Findings| {
                bracket(found).map(|bracket| bracket.certified.unwrap_or(f64::INFINITY))
            };
            spread(&value, Toward::Up)
        };
        let at_least = |bracket: fn(&Findings) -> Option<Bracket>| {
            spread(&|found| bracket(found)?.found, Toward::Nearest)
        };
        let lipschitz = |found: &Findings| Some(found.lipschitz);
        let steps = || judged.iter().filter_map(|found| found.step.as_ref());
        Summary {
            inputs: entries.len(),
            judged: judged.len(),
            numerical: failed(Failure::Numerical),
            tied: failed(Failure::Tied),
            unfinished: failed(Failure::Timeout),
            cut_short: judged.iter().filter(|found| found.timeout).count(),
            contradictory: judged.iter().filter(|found| found.contradicts()).count(),
            labelled: [labels.iter().filter(|right| **right).count(), labels.len()],
            step: Tally::of(steps().map(|step| step.changes)),
            step_float32: Tally::of(steps().map(|step| step.changes_float32)),
            exact: judged.iter().filter(|found| found.exact).count(),
            certified: judged
                .iter()
                .filter(|found| found.radius.certified.is_some_and(|radius| radius > 0.0))
                .count(),
            kappa: spread(&Findings::kappa_near, Toward::Nearest),
            length: spread(
                &|found| found.relative_above(Some(found.step.as_ref()?.length.hi)),
                Toward::Up,
            ),
            least: spread(
                &|found| Some(found.step.as_ref()?.least.unwrap_or(f64::INFINITY)),
                Toward::Up,
            ),
            radius_certified: spread(
                &|found| found.relative_below(found.radius.certified),
                Toward::Down,
            ),
            radius_found: spread(&|found| found.relative_above(found.radius.found), Toward::Up),
            max_certified: spread(
                &|found| Some(found.radius_max.certified.unwrap_or(0.0)),
                Toward::Down,
            ),
            max_found: spread(
                &|found| Some(found.radius_max.found.unwrap_or(f64::INFINITY)),
                Toward::Up,
            ),
            gap: spread(&gap, Toward::Up),
            lipschitz_certified: at_most(lipschitz),
            lipschitz_found: at_least(lipschitz),
            epsilon_certified: at_most(|found| found.epsilon),
            epsilon_found: at_least(|found| found.epsilon),
            pieces: spread(&|found| found.pieces.map(|pieces| pieces as f64), Toward::Nearest),
        }
    }

    /// Inputs of which nothing is known.
    pub fn failed(&self) -> usize {
        self.inputs - self.judged
    }
}

/// Found over certified radius.
fn gap(found: &Findings) -> Option<f64> {
    let certified = found.radius.certified.filter(|radius| *radius > 0.0)?;
    Some(over(found.radius.found?, certified, Toward::Up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_keep_to_the_side_on_which_they_are_known() {
        let values = [4.0, 1.0, 3.0, 2.0];
        let of = |toward| Spread::of(values, toward).unwrap();
        let [down, up] = [of(Toward::Down), of(Toward::Up)];
        assert_eq!([down.least, up.least, down.most, up.most], [1.0, 1.0, 4.0, 4.0]);
        for (down, up, exact) in
            [(down.low, up.low, 1.75), (down.median, up.median, 2.5), (down.high, up.high, 3.25)]
        {
            assert!(down < exact && exact < up && up - down < 1e-14, "{down} {up}");
        }
        assert_eq!(Spread::of([], Toward::Up), None);
        assert_eq!(Spread::of([f64::NAN], Toward::Up), None);
        // Nothing known of half of the inputs: nothing known of the median.
        let half = Spread::of([1.0, f64::INFINITY], Toward::Up).unwrap();
        assert_eq!((half.least, half.median), (1.0, f64::INFINITY));
        let text = serde_json::to_string(&half).unwrap();
        assert!(text.contains("\"median\":null"), "{text}");
        assert_eq!(serde_json::from_str::<Spread>(&text).unwrap(), half);
    }

    /// The quotient itself, exactly, lies on the side asked for.
    #[test]
    fn quotients_are_rounded_outward() {
        for (value, by) in [(1.0, 3.0), (2.0, 3.0), (1e-300, 7.0), (0.1, 0.3), (5.0, 5.0)] {
            let exact =
                rug::Rational::from_f64(value).unwrap() / rug::Rational::from_f64(by).unwrap();
            let [down, up] = [Toward::Down, Toward::Up].map(|toward| over(value, by, toward));
            assert!(rug::Rational::from_f64(down).unwrap() <= exact);
            assert!(rug::Rational::from_f64(up).unwrap() >= exact);
        }
    }

    #[test]
    fn tallies_count_what_is_not_known() {
        let tally = Tally::of([Some(true), None, Some(false), Some(true)].into_iter());
        assert_eq!([tally.yes, tally.no, tally.unknown, tally.all()], [2, 1, 1, 4]);
    }
}
