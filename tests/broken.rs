//! Every statement is broken on purpose once, and the verdict must see it: a check that cannot
//! fail is no check. The unbroken twin stands beside each.

mod common;

use common::{claim, config, judge_as, judged, sample};
use ndarray::array;
use relubound::Magnitude;
use relubound::claim::{Claim, Test};
use relubound::network::{Dense, Network, Scaled, backward, forward};
use relubound::run::Record;
use relubound::stage::{Outcome, Stage, Trial, model::Model};
use relubound::verdict::Verdict;
use std::sync::Arc;

const WIDTHS: &str = "20,5,30,7";

fn run(trials: u64) -> (Vec<Claim>, Vec<Record>) {
    let (config, sampling) = config(WIDTHS, "0.1", trials, 11);
    (config.claims(), sample(&config, sampling))
}

/// The claims of another architecture, tested on the networks of [`WIDTHS`].
fn law_of(widths: &str, label: &str) -> Claim {
    claim(&config(widths, "0.1", 1, 1).0.claims(), label)
}

#[test]
fn homogeneity() {
    let (claims, records) = run(300);
    assert_eq!(judged(&claims, &records, "model.homogeneity").verdict, Some(Verdict::Holds));
    // A backward pass along the wrong pattern: the gradient of another linear piece.
    let mut network =
        Dense::<f64>::with_weights(vec![array![[1.0, 0.5], [-0.7, 1.0]], array![[1.0, 1.0]]]);
    let here = forward(&mut network, &[Scaled::new(array![1.0, 1.0], 0)]);
    let there = forward(&mut network, &[Scaled::new(array![1.0, -1.0], 0)]);
    let wrong = backward(&mut network, &there);
    let mut trial = Trial { network: &mut network, forward: &here[0], backward: &wrong[0] };
    let outcome = Model.observe(&mut trial)[0];
    let judged = relubound::verdict::judge(&claims[0], std::iter::once(outcome), &"1e-9".alpha());
    assert_eq!(judged.verdict, Some(Verdict::Violated));
    // An engine that understates its rounding is caught as well.
    let mut tight = claim(&claims, "model.homogeneity");
    tight.test = Test::Identity { limit: Magnitude::from_f64(1e-6).unwrap() };
    assert_eq!(judge_as(&tight, &claims, &records).verdict, Some(Verdict::Violated));
}

trait Alpha {
    fn alpha(&self) -> relubound::params::Probability;
}

impl Alpha for str {
    fn alpha(&self) -> relubound::params::Probability {
        relubound::params::Probability::parse("alpha", self).unwrap()
    }
}

fn law(label: &str, wrong_widths: &str) {
    let (claims, records) = run(20_000);
    assert_eq!(judged(&claims, &records, label).verdict, Some(Verdict::NotRejected));
    let wrong = law_of(wrong_widths, label);
    assert_eq!(judge_as(&wrong, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn output_law() {
    law("output.law", "20,30,30,30");
    // The infinite-width shortcut: |f| √d/‖x‖ as a normal variable of variance 2^{−L}.
    let (claims, records) = run(20_000);
    let mut shortcut = claim(&claims, "output.law");
    shortcut.test = Test::Law {
        cdf: Arc::new(|t| {
            1.0 - relubound::num::Enclosure::point(
                64,
                10f64.powf(t) * 2f64.sqrt().powi(3) / 2f64.sqrt(),
            )
            .erfc()
            .to_f64()
        }),
    };
    assert_eq!(judge_as(&shortcut, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn gradient_law() {
    law("gradient.law", "20,6,30,7");
}

#[test]
fn gradient_ratio() {
    law("gradient.ratio", "22,5,30,7");
}

#[test]
fn output_upper() {
    let (claims, records) = run(20_000);
    assert_ne!(judged(&claims, &records, "output.upper").verdict, Some(Verdict::Violated));
    let small = at_prediction(claim(&claims, "output.upper"), 0.8);
    assert_eq!(judge_as(&small, &claims, &records).verdict, Some(Verdict::Violated));
}

/// The claim with `factor` times the exact quantile for a bound: exceeded more often than δ.
fn at_prediction(mut claim: Claim, factor: f64) -> Claim {
    let quantile = claim.prediction.unwrap();
    if let Test::Bound { value, .. } = &mut claim.test {
        *value = quantile * Magnitude::from_f64(factor).unwrap();
    }
    claim
}

#[test]
fn gradient_lower() {
    let (claims, records) = run(20_000);
    assert_ne!(judged(&claims, &records, "gradient.lower").verdict, Some(Verdict::Violated));
    let large = at_prediction(claim(&claims, "gradient.lower"), 1.5);
    assert_eq!(judge_as(&large, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn a_number_that_is_none_fails_every_row() {
    let (claims, mut records) = run(200);
    for record in &mut records[..1] {
        record.outcomes.fill(Outcome::of(Magnitude::from_f64(f64::NAN)));
    }
    for claim in &claims {
        assert_eq!(judge_as(claim, &claims, &records).verdict, Some(Verdict::NumericalFailure));
    }
}

#[test]
fn weights_that_are_not_numbers_are_a_failure_not_a_pass() {
    for bad in [f64::NAN, f64::INFINITY] {
        let mut network =
            Dense::<f64>::with_weights(vec![array![[bad, 0.5], [-0.7, 1.0]], array![[1.0, 1.0]]]);
        let here = forward(&mut network, &[Scaled::new(array![1.0, 1.0], 0)]);
        let back = backward(&mut network, &here);
        for stage in relubound::stage::ALL {
            let mut trial = Trial {
                network: &mut network as &mut dyn Network,
                forward: &here[0],
                backward: &back[0],
            };
            let outcomes = stage.observe(&mut trial);
            assert!(outcomes.contains(&Outcome::Failed), "{}: {outcomes:?}", stage.name());
        }
    }
}
