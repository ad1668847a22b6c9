//! The radius at which the gradient change that searches find reaches one half.

use std::sync::atomic::AtomicBool;

use super::quantity::{NotANumber, Seen, numbers};
use crate::model::error::Error;
use crate::model::outcome::Outcome;
use crate::model::params::Amount;
use crate::num::magnitude::Magnitude;
use crate::run::{Experiment, Machine, Spec};
use crate::stage::Stage;
use crate::stage::linearity::Linearity;
use crate::stage::linearity::statements::GRADIENT;
use crate::stage::rows::Rows;

type Result<T, E = Error> = std::result::Result<T, E>;

/// The change at the radius.
const HALF: f64 = 0.5;
/// Networks searched at each radius; their median counts.
pub const NETWORKS: u64 = 9;
/// Radii between which it is looked for, as powers of ten.
const EXPONENTS: [f64; 2] = [-4.0, 0.0];
/// Halvings of that interval.
const HALVINGS: u32 = 9;

/// The least R/‖x‖ found, to about one percent, at which the median over a few networks of the
/// largest change found is one half or more, and how many networks those are: so is the median of
/// the true one there, because searches see a supremum from below. Nothing where no network is
/// searched, or the change does not pass one half between 10⁻⁴ and 1.
pub fn observed(experiment: &Experiment, stop: &AtomicBool) -> Result<Seen> {
    let spec = experiment.spec();
    let networks = spec.sampling.as_ref().map_or(0, |sampling| NETWORKS.min(sampling.searches));
    if networks == 0 || spec.params.architecture.depth() == 0 {
        return Ok(Seen::Nothing);
    }
    let mut few = spec.resampled(|sampling| {
        (sampling.trials, sampling.searches, sampling.steps) = (networks, networks, networks);
    });
    few.stages = vec![&Linearity];
    let machine = experiment.machine();
    halved(|exponent| changes(few.clone(), machine, stop, exponent))
}

/// What the searches in these networks find at the radius 10^`exponent`.
fn changes(
    mut spec: Spec,
    machine: Machine,
    stop: &AtomicBool,
    exponent: f64,
) -> Result<Vec<Outcome>> {
    spec.params.radius = Some(Amount::radius(&format!("{:e}", 10f64.powf(exponent)))?);
    // Nothing is claimed here: claims are not needed, and take long in deep networks.
    let mut experiment = Experiment::against(Vec::new(), spec, machine)?;
    experiment.sample(stop, |_| Ok(()))?;
    let depth = experiment.spec().params.architecture.depth();
    let place = Rows::new(Linearity.rows(), depth).place(&GRADIENT, None);
    let seen = experiment.records().iter();
    Ok(seen.filter_map(|record| record.outcomes.get(place?).copied()).collect())
}

/// Where the median of what `changes` gives passes one half.
fn halved(changes: impl Fn(f64) -> Result<Vec<Outcome>>) -> Result<Seen> {
    let [mut low, mut high] = EXPONENTS;
    let mut alive = match [median(&changes(low)?), median(&changes(high)?)] {
        [Ok(Some((least, _))), Ok(Some((most, n)))] if least < HALF && most >= HALF => n,
        [Err(NotANumber), _] | [_, Err(NotANumber)] => return Ok(Seen::Failed),
        _ => return Ok(Seen::Nothing),
    };
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        match median(&changes(middle)?) {
            Ok(Some((value, _))) if value < HALF => low = middle,
            Ok(Some((_, n))) => (high, alive) = (middle, n),
            // Interrupted, or no network in which it is defined.
            Ok(None) => return Ok(Seen::Nothing),
            Err(NotANumber) => return Ok(Seen::Failed),
        }
    }
    Ok(Magnitude::from_f64(10f64.powf(high)).map_or(Seen::Failed, |r| Seen::Value(r, alive)))
}

/// The lower of the two middle ones, and how many there are.
fn median(outcomes: &[Outcome]) -> Result<Option<(f64, u64)>, NotANumber> {
    let found = numbers(outcomes.iter().copied())?;
    let middle = found.get(found.len().saturating_sub(1) / 2);
    Ok(middle.map(|change| (change.to_f64(), found.len() as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change of 10^(exponent + 1): one half is passed at 0.05.
    fn change(exponent: f64) -> Vec<Outcome> {
        vec![Outcome::of(Magnitude::from_f64(10f64.powf(exponent + 1.0))); 3]
    }

    #[test]
    fn one_failure_anywhere_fails_the_radius() {
        let Seen::Value(radius, 3) = halved(|exponent| Ok(change(exponent))).unwrap() else {
            panic!("no radius");
        };
        assert!((radius.to_f64() / 0.05 - 1.0).abs() < 0.02);
        let broken = |bad: fn(f64) -> bool, outcome: Outcome| {
            let seen = halved(|exponent| {
                let last = if bad(exponent) { vec![outcome] } else { Vec::new() };
                Ok([change(exponent), last].concat())
            });
            seen.unwrap()
        };
        for bad in [|at| at == EXPONENTS[0], |at| at == EXPONENTS[1], |at| at == -2.0] {
            assert_eq!(broken(bad, Outcome::Failed), Seen::Failed);
            // A network that is dead fails nothing.
            assert!(matches!(broken(bad, Outcome::Undefined), Seen::Value(_, 3)));
        }
        assert_eq!(halved(|_| Ok(vec![Outcome::Undefined])).unwrap(), Seen::Nothing);
    }
}
