//! Laws and bounds against sampled networks, where infinite-width shortcuts would show.
//! False-alarm rate 1e-9 for each assertion (fixed seeds).

mod common;

use common::{judged, sample, spec};
use relubound::judge::verdict::Verdict;
use relubound::model::claim::{Claim, Test};
use relubound::model::outcome::Outcome;
use relubound::run::Record;

fn check(widths: &str, delta: &str, trials: u64) {
    let config = spec(widths, delta, trials, 5);
    let claims = config.claims();
    let mut records = sample(&config);
    assert_eq!(wrong(&claims, &records), Vec::<String>::new(), "{widths}, δ = {delta}");
    // Where nothing is observed nothing is fine.
    for record in &mut records {
        record.outcomes.fill(Outcome::NotSearched);
    }
    let demanded = claims.iter().filter(|claim| must_be_judged(claim)).count();
    assert!(wrong(&claims, &records).len() == demanded && demanded > 10);
}

/// Claims that are violated, not numbers, or not judged.
fn wrong(claims: &[Claim], records: &[Record]) -> Vec<String> {
    let demanded = claims.iter().filter(|claim| must_be_judged(claim));
    let judged = demanded.map(|claim| (claim.key(), judged(claims, records, &claim.key())));
    let wrong = judged.filter(|(_, judged)| judged.verdict.is_none_or(Verdict::is_failure));
    wrong.map(|(key, judged)| format!("{key}: {judged:?}")).collect()
}

fn must_be_judged(claim: &Claim) -> bool {
    !matches!(claim.test, Test::Measure | Test::Part { .. })
}

#[test]
fn small_odd_widths() {
    for widths in ["8,3,3,3", "20,5,30,7", "3,2", "5,1", "2,9,1,9"] {
        check(widths, "0.1", 20_000);
    }
}

#[test]
fn the_linear_case() {
    for widths in ["1", "2", "7", "300"] {
        check(widths, "0.1", 20_000);
    }
}

#[test]
fn one_dimensional_input() {
    check("1,4,4", "0.2", 20_000);
    check("1,1,1,1", "0.95", 5_000);
}

#[test]
fn wide_and_deep() {
    check("64,300", "0.05", 4_000);
    check("12x40", "0.3", 4_000);
    check("24x100", "0.5", 1_000);
}

#[test]
fn probabilities_far_from_the_middle() {
    check("10,6,8", "0.999", 10_000);
    check("10,6,8", "1e-3", 20_000);
}

#[test]
fn single_precision_obeys_the_same_laws() {
    let config = spec("8,3,3,3", "0.1", 20_000, 6)
        .resampled(|sampling| sampling.precision = relubound::network::Precision::F32);
    let claims = config.claims();
    let records = sample(&config);
    assert_eq!(wrong(&claims, &records), Vec::<String>::new());
}

/// P(dead) = 1 − (7/8)³ at widths 8,3,3,3; the count is within 6.5 deviations.
#[test]
fn dead_networks_are_as_frequent_as_they_should_be() {
    let config = spec("8,3,3,3", "0.1", 20_000, 7);
    let records = sample(&config);
    let (n, p) = (20_000.0, 1.0 - (7.0f64 / 8.0).powi(3));
    let count = records.iter().filter(|r| r.dead == Some(true)).count() as f64;
    assert!((count - n * p).abs() < 6.5 * (n * p * (1.0 - p)).sqrt(), "{count}");
    let ledger = common::ledger(&config, &config.claims(), &records);
    assert!((ledger.dead.probability - p).abs() < 1e-12 && ledger.dead.count == count as u64);
    // The ratio is stated for the others only.
    let ratio = ledger.rows.iter().find(|r| r.statement == "gradient.ratio").unwrap();
    assert_eq!(ratio.undefined as f64, count);
    assert_eq!(ratio.verdict, Some(Verdict::NotRejected));
}
