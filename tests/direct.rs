//! The direct theorem on networks: its identities, its bounds where they bite, and what was
//! expected.

mod common;

use common::{MACHINE, sample_by};
use ndarray::Array1;
use relubound::judge::thresholds::{Threshold, threshold_row};
use relubound::judge::verdict::{Verdict, judge};
use relubound::model::bias::Bias;
use relubound::model::norm::Norm;
use relubound::model::params::{Amount, Architecture, Params, Probability};
use relubound::model::slope::Slope;
use relubound::network::sample::{Address, Stream};
use relubound::network::search::step::adversarial;
use relubound::network::{Conditioned, Dense, Forward, Network, Scaled, backward, forward};
use relubound::network::{Engine, Precision};
use relubound::num::Enclosure;
use relubound::num::magnitude::Magnitude;
use relubound::run::{self, Engines, Record, Sampling, Spec};
use relubound::stage::direct::observe::{Followed, follow};
use relubound::stage::direct::predict::quantiles;
use relubound::study::growth;
use relubound::theory::direct::{self, expected};
use std::sync::atomic::AtomicBool;

fn go() -> AtomicBool {
    AtomicBool::new(false)
}

fn delta(text: &str) -> Probability {
    Probability::parse("delta", text).unwrap()
}

/// Parameters at δ = 0.1.
fn at(architecture: &Architecture, slope: &Slope) -> Params {
    let params = Params::new(architecture.clone(), delta("0.1"));
    Params { slope: slope.clone(), ..params }
}

fn equal(width: u128, depth: usize) -> Params {
    at(&Architecture::new(vec![width; depth + 1]).unwrap(), &Slope::relu())
}

fn normals(seed: u64, n: usize) -> Vec<f64> {
    let mut values = vec![0.0; n];
    Stream::new(Address { seed, trial: 7, layer: 7, block: 7 }).fill(&mut values);
    values
}

/// The passes at x and at x + u of networks with these widths and this slope.
fn stepped(
    widths: &str,
    slope: &str,
    t: f64,
    trials: u64,
) -> Vec<(Forward, relubound::network::Backward, Forward)> {
    stepped_with("0", widths, slope, t, trials)
}

/// The same with biases.
fn stepped_with(
    bias: &str,
    widths: &str,
    slope: &str,
    t: f64,
    trials: u64,
) -> Vec<(Forward, relubound::network::Backward, Forward)> {
    let architecture: Architecture = widths.parse().unwrap();
    let slope = Slope::parse(slope).unwrap();
    let input = architecture.input() as usize;
    let x = Scaled::new(Array1::from(normals(1, input)), 0);
    let unit = x.norm().unwrap().to_f64() / (input as f64).sqrt();
    let unit = Magnitude::from_f64(unit).unwrap();
    let deviations = Bias::relative(bias).unwrap().deviations(&slope, architecture.depth());
    let mut network = Dense::<f64>::new(&architecture, 3, 1)
        .unwrap()
        .with_slope(slope.to_f64())
        .with_biases(deviations.into_iter().map(|deviation| deviation * unit).collect());
    let mut found = Vec::new();
    for trial in 0..trials {
        network.draw(trial);
        let at = forward(&mut network, std::slice::from_ref(&x)).remove(0);
        let back = backward(&mut network, std::slice::from_ref(&at)).remove(0);
        if let Ok(step) = adversarial(&at, &back, t) {
            let there = forward(&mut network, std::slice::from_ref(&step.end)).remove(0);
            found.push((at, back, there));
        }
    }
    found
}

/// F_i/f from the definition: x's pattern above layer i, and the biases above it.
fn outputs(back: &relubound::network::Backward, at: &Forward, there: &Forward) -> Vec<f64> {
    let output = at.output();
    let depth = back.rows.len() - 1;
    let later = |i: usize| {
        let above = (i + 1..=depth + 1).filter_map(|j| at.bias(j).map(|bias| (j, bias)));
        let each = above.map(|(j, bias)| match back.masked.get(j - 1) {
            Some(row) => row.dot(bias).at_exponent(output.exponent),
            None => bias.at_exponent(output.exponent)[0],
        });
        each.sum::<f64>()
    };
    (0..=depth)
        .map(|i| {
            let product = back.rows[i].dot(&there.hidden(i));
            (product.at_exponent(output.exponent) + later(i)) / output.mantissa
        })
        .collect()
}

fn sum(values: &[f64], others: &[f64]) -> f64 {
    values.iter().zip(others).map(|(a, b)| a * b).sum()
}

/// α_i and R_i.
fn along(at: &Forward, there: &Forward, i: usize) -> (f64, f64) {
    let h = at.hidden(i);
    let (unit, there) = (h.exponent(), there.hidden(i));
    let (h, there) = (h.at_exponent(unit), there.at_exponent(unit));
    let square = h.dot(&h);
    let alpha = there.dot(&h) / square;
    let rest = &there - &(&h * alpha);
    (alpha, (rest.dot(&rest) / square).sqrt())
}

/// What one layer does under the change of measure of `proofs/direct.md#converse`: equations (5)
/// and (6), and how Y goes from layer to layer.
#[test]
fn layers_are_split_as_the_converse_says() {
    let mut flips = 0;
    for (widths, t, trials) in [("60x6", 2.0, 40), ("200x4", 5.0, 20), ("30x9", 1.25, 40)] {
        for (at, back, there) in stepped(widths, "0", t, trials) {
            let outputs = outputs(&back, &at, &there);
            let depth = outputs.len() - 1;
            let sign = at.output().mantissa.signum();
            // Of the last layer of what is passed back, a standard normal vector.
            let normal = |i: usize| -> Vec<f64> {
                let row = &back.rows[i];
                let n = row.values().len() as f64;
                let row_unit = row.exponent();
                let length = match back.masked.get(i) {
                    Some(above) => {
                        let above = above.at_exponent(row_unit);
                        above.dot(&above).sqrt()
                    }
                    None => 2f64.powi(-row_unit as i32),
                };
                row.at_exponent(row_unit).iter().map(|b| sign * b * n.sqrt() / length).collect()
            };
            let aligned = |i: usize| {
                let h = at.hidden(i);
                let h = h.at_exponent(h.exponent());
                sum(&normal(i), h.as_slice().unwrap()) / h.dot(&h).sqrt()
            };
            for i in 1..=depth {
                let (received, z) = (at.hidden(i - 1), &at.pre[i - 1]);
                let unit = z.exponent();
                let received = received.at_exponent(unit);
                let nu = (received.dot(&received) / received.len() as f64).sqrt();
                let g: Vec<f64> = z.at_exponent(unit).iter().map(|z| z / nu).collect();
                let moved: Vec<f64> =
                    there.pre[i - 1].at_exponent(unit).iter().map(|z| z / nu).collect();
                let ((alpha, across), (alpha_after, across_after)) =
                    (along(&at, &there, i - 1), along(&at, &there, i));
                let normals = normal(i);
                let active: Vec<usize> = (0..g.len()).filter(|&k| g[k] > 0.0).collect();
                let of =
                    |values: &[f64]| -> Vec<f64> { active.iter().map(|&k| values[k]).collect() };
                let (own, backward) = (of(&g), of(&normals));
                let way = -(outputs[i - 1] - alpha);
                let w: Vec<f64> = active.iter().map(|&k| alpha * g[k] - moved[k]).collect();
                let (square, before) = (sum(&own, &own), aligned(i - 1));
                let part = before / square.sqrt();
                let after = aligned(i);
                let q = sum(&backward, &backward) - after * after;
                assert!((after - before * (q / (square - before * before)).sqrt()).abs() < 1e-6);
                // W, ω, b and ζ.
                let lean = sum(&w, &own) / square;
                let rest: Vec<f64> = w.iter().zip(&own).map(|(w, g)| w - lean * g).collect();
                let length = sum(&rest, &rest).sqrt();
                let turned: Vec<f64> =
                    backward.iter().zip(&own).map(|(b, g)| b - after * g / square.sqrt()).collect();
                let pull = sum(&turned, &rest) / q.sqrt();
                let kept = (1.0 - part * part).sqrt();
                let zeta = (way * before * kept - pull) / (across * part);
                let reduced = alpha - lean;
                let excess: Vec<f64> =
                    rest.iter().zip(&own).map(|(w, g)| (w - reduced * g).max(0.0)).collect();
                let share = sum(&rest, &excess) / (length * length);
                let idle: Vec<(f64, f64)> = (0..g.len())
                    .filter(|&k| g[k] <= 0.0)
                    .map(|k| (normals[k], moved[k].max(0.0)))
                    .collect();
                flips += excess.iter().filter(|&&e| e > 0.0).count();
                let fixed: Vec<f64> = (0..own.len())
                    .map(|k| {
                        after * own[k] / square.sqrt()
                            + q.sqrt() * pull / (length * length) * rest[k]
                    })
                    .collect();
                let noise = sum(&backward, &excess) - sum(&fixed, &excess)
                    + idle.iter().map(|(normal, e)| normal * e).sum::<f64>();
                let noise = noise / (before * (q + after * after).sqrt());
                let raised = sum(&own, &excess) / square;
                let change = raised
                    + share * (kept * kept * way - kept * across * zeta / square.sqrt())
                    + noise;
                // The same as (8) has it.
                let way_left = reduced - outputs[i - 1];
                assert!((raised + share * way_left + noise - change).abs() < 1e-9);
                assert!((pull - before * way_left / kept).abs() < 1e-7 * (1.0 + pull.abs()));
                let error = outputs[i] - outputs[i - 1];
                let size = 1e-7 * (1.0 + error.abs() + noise.abs());
                assert!((change - error).abs() < size, "{widths}[{i}]: {change} {error}");
                assert!((alpha_after - reduced - raised).abs() < 1e-8, "{widths}[{i}]");
                let lost: f64 = (0..own.len())
                    .filter(|&k| excess[k] > 0.0)
                    .map(|k| rest[k].powi(2) - (reduced * own[k]).powi(2))
                    .sum();
                let found = length * length - lost - raised * raised * square
                    + idle.iter().map(|(_, e)| e * e).sum::<f64>();
                let wanted = across_after * across_after * square;
                assert!((found - wanted).abs() < 1e-7 * (1.0 + wanted), "{widths}[{i}]");
                assert!(lost <= 2.0 * share * length * length * (1.0 + 1e-12));
            }
        }
    }
    assert!(flips > 1000, "{flips}");
}

/// With biases: the identity of the split, with what later biases add in its place.
#[test]
fn identities_hold_with_biases() {
    let mut forgotten = 0.0f64;
    for (bias, widths, slope, t) in [
        ("0.3", "7,5,9,3", "0", 2.0),
        ("1", "40x4", "0", 2.5),
        ("2", "3,200,11,60", "-1", 1.7),
        ("1", "7,5,9,3", "0.3", 2.0),
        ("1", "90x2", "1", 9.0),
    ] {
        for (at, back, there) in stepped_with(bias, widths, slope, t, 60) {
            let f = outputs(&back, &at, &there);
            assert!((f[0] - (1.0 - t)).abs() < 1e-9 * (1.0 + f[0].abs()), "{widths}");
            let end = there.output().at_exponent(at.output().exponent) / at.output().mantissa;
            assert!((f[f.len() - 1] - end).abs() < 1e-8 * (1.0 + end.abs()), "{widths}");
            for (i, free) in (1..f.len()).zip([-0.3, -1.9, 0.0, -1.0]) {
                let seen: Followed = follow(&at, &back, &there, i, free);
                let error = f[i] - f[i - 1];
                let size = 1e-8 * (1.0 + f[i].abs() + seen.way.abs() + seen.noise.abs());
                assert!((seen.error - error).abs() < size, "{widths}[{i}]: {} {error}", seen.error);
                if seen.along > 0.0 {
                    let split = seen.noise - seen.coherent * seen.way;
                    assert!((split - error).abs() < size, "{widths}[{i}]: {split} {error}");
                }
                if slope == "1" {
                    assert_eq!((seen.coherent, seen.noise, seen.error), (0.0, 0.0, 0.0));
                }
                // What a layer receives is not the hidden layer alone.
                let (h, there) = (at.hidden(i - 1), there.hidden(i - 1));
                let alone = h.dot(&there).mantissa / h.dot(&h).mantissa;
                let units = (there.exponent() - h.exponent()) as f64;
                forgotten = forgotten.max((alone * units.exp2() - seen.along).abs());
            }
        }
    }
    assert!(forgotten > 1e-2);
}

#[test]
fn identities_hold_to_rounding() {
    for (widths, slope, t) in [
        ("7,5,9,3", "0", 2.0),
        ("40x4", "0", 2.5),
        ("3,200,11,60", "0", 1.7),
        ("1,6,6", "0", 3.0),
        ("90x1", "0", 9.0),
        ("7,5,9,3", "0.3", 2.0),
        ("40x4", "0.01", 2.5),
        ("40x4", "-1/2", 2.5),
        ("3,200,11,60", "-1", 1.7),
        ("90x2", "1", 9.0),
    ] {
        let slope_value = Slope::parse(slope).unwrap().to_f64();
        for (at, back, there) in stepped(widths, slope, t, 60) {
            let f = outputs(&back, &at, &there);
            assert!((f[0] - (1.0 - t)).abs() < 1e-9, "{widths}");
            let kappa_square = {
                let norms = [back.gradient(), &at.input].map(|v| v.norm().unwrap().to_f64());
                (at.output().abs().unwrap().to_f64() / (norms[0] * norms[1])).powi(2)
            };
            for (i, free) in (1..f.len()).zip([-0.3, -1.9, 0.0, -1.0]) {
                let seen: Followed = follow(&at, &back, &there, i, free);
                if i == 1 {
                    assert!((seen.along - (1.0 - t * kappa_square)).abs() < 1e-9);
                    let across = t * (kappa_square * (1.0 - kappa_square)).max(0.0).sqrt();
                    assert!(
                        (seen.across - across).abs() < 1e-6,
                        "{widths}: {} {across}",
                        seen.across
                    );
                }
                let error = f[i] - f[i - 1];
                let size = 1e-8 * (1.0 + f[i].abs() + seen.way.abs() + seen.noise.abs());
                assert!((seen.error - error).abs() < size, "{widths}[{i}]: {} {error}", seen.error);
                if seen.along > 0.0 {
                    // Statement (1) of the proof.
                    let split = seen.noise - seen.coherent * seen.way;
                    assert!((split - error).abs() < size, "{widths}[{i}]: {split} {error}");
                    // (1 − a)/|a| at most, and not below 0 but for 0 < a < 1.
                    let most = (1.0 - slope_value) / slope_value.abs();
                    let least = if slope_value > 0.0 { -most } else { 0.0 };
                    let range = least - 1e-12..=most.max(1.0) + 1e-12;
                    assert!(range.contains(&seen.coherent), "{widths} {slope}");
                    if slope_value == 1.0 {
                        assert_eq!((seen.coherent, seen.noise, seen.error), (0.0, 0.0, 0.0));
                    }
                }
            }
        }
    }
}

#[test]
fn a_forgotten_free_normal_breaks_the_identity() {
    // The split uses one η for the coherent part and another for the noise.
    let mut worst = 0.0f64;
    for (at, back, there) in stepped("40x2", "0.1", 2.5, 30) {
        let (one, other) =
            (follow(&at, &back, &there, 2, -1.5), follow(&at, &back, &there, 2, 0.0));
        worst = worst.max((one.noise - other.coherent * other.way - one.error).abs());
    }
    assert!(worst > 1e-2);
}

fn records(widths: &str, step: Option<&str>, trials: u64) -> (Spec, Vec<Record>) {
    records_at("0", widths, step, trials)
}

fn records_at(slope: &str, widths: &str, step: Option<&str>, trials: u64) -> (Spec, Vec<Record>) {
    records_with("0", slope, widths, step, trials)
}

fn records_with(
    bias: &str,
    slope: &str,
    widths: &str,
    step: Option<&str>,
    trials: u64,
) -> (Spec, Vec<Record>) {
    let sampling = Sampling {
        trials,
        seed: 5,
        precision: Precision::F64,
        searches: trials,
        steps: trials,
        engines: Engines::All(Engine::Conditioned),
    };
    let mut params = Params::new(widths.parse().unwrap(), delta("0.1"));
    params.step = step.map(|t| Amount::step(t).unwrap());
    params.slope = Slope::parse(slope).unwrap();
    params.bias = Bias::relative(bias).unwrap();
    let stages = run::stages(&["direct"]).unwrap();
    let alpha = delta("1e-6");
    let config = Spec { params, alpha, stages, sampling: Some(sampling) };
    let records = sample_by(Engine::Conditioned, &config);
    (config, records)
}

/// Just above the threshold, and for layers far below it: no bound is exceeded more often than its
/// δ, and all of them together not either. False alarms: 1e-9 each.
#[test]
fn no_bound_fails_more_often_than_it_may() {
    for (slope, widths, trials, flips) in [
        ("0", "275x1", 3000, true),
        ("0", "630x2", 2000, true),
        ("0", "1110x3", 1000, true),
        ("0", "8600x10", 60, true),
        ("0", "1240x2", 1500, true),
        ("0", "2800x3", 800, true),
        ("0", "128x3", 1500, false),
        ("0", "40x2", 1500, false),
        ("0", "100,6000", 800, true),
        ("0", "12000,6000,3000", 300, true),
        ("0", "4000,1500,4000", 400, true),
        // A narrow layer may be silent: nothing is proved of any layer.
        ("0", "300,300,2", 800, false),
        ("0", "300,300,3,300", 800, false),
        ("0.1", "230x1", 2000, true),
        ("0.1", "2500x3", 400, true),
        ("0.1", "128,57,300", 1500, false),
        ("0.5", "490x2", 2000, true),
        ("0.9", "410x3", 2000, true),
        ("0.01", "1230x2", 800, true),
        ("-0.1", "1440x2", 800, true),
        ("-1/2", "440x1", 2000, true),
        ("-1/2", "1000,3000,2000", 400, true),
        ("-1", "470x1", 2000, true),
        ("-1", "3400x3", 300, true),
        ("1", "3,5,2", 2000, true),
    ] {
        stays_within("0", slope, widths, trials, flips);
    }
}

/// The same with biases.
#[test]
fn no_bound_fails_more_often_than_it_may_with_biases() {
    for (bias, slope, widths, trials, flips) in [
        ("0.3", "0", "325x1", 3000, true),
        ("1", "0", "580x1", 3000, true),
        ("2", "0", "1150x1", 1500, true),
        ("0.3", "0", "3350x3", 200, true),
        ("0.3", "-1/2", "560x1", 2000, true),
        ("1", "-1/2", "900x1", 2000, true),
        ("2", "-1/2", "1800x1", 1000, true),
        ("0.3", "0.1", "1340x2", 800, true),
        ("1", "0.1", "2600x2", 300, true),
        ("1", "0", "40x2", 2000, false),
        ("2", "0.1", "128,57,300", 1500, false),
        ("1", "-1", "300,60,200", 1500, false),
        // A narrow layer may be silent: nothing is proved of any layer.
        ("1", "0", "300,300,2", 800, false),
        ("1", "1", "3,5,2", 2000, true),
    ] {
        stays_within(bias, slope, widths, trials, flips);
    }
}

fn stays_within(bias: &str, slope: &str, widths: &str, trials: u64, flips: bool) {
    let (config, records) = records_with(bias, slope, widths, None, trials);
    let claims = config.claims();
    let flip = claims.iter().find(|c| c.key() == "direct.flip").unwrap();
    let proved = matches!(flip.test, relubound::model::claim::Test::Bound { .. });
    assert_eq!(proved, flips, "{widths} {slope} {bias}");
    for (i, claim) in claims.iter().enumerate() {
        let judged = judge(claim, records.iter().map(|r| r.outcomes[i]), &delta("1e-9"), 1e-10);
        assert_ne!(
            judged.verdict,
            Some(Verdict::Violated),
            "{widths} {slope} {bias} {}",
            claim.key()
        );
        assert_ne!(
            judged.verdict,
            Some(Verdict::NumericalFailure),
            "{widths} {slope} {bias} {}",
            claim.key()
        );
    }
    // All rows at once.
    let beyond = |record: &&Record| {
        claims.iter().zip(&record.outcomes).any(|(claim, outcome)| match &claim.test {
            relubound::model::claim::Test::Bound { direction, value, .. } => {
                outcome.value().is_some_and(|seen| direction.exceeded(seen, *value))
            }
            _ => false,
        })
    };
    let k = records.iter().filter(beyond).count() as u64;
    let alpha = delta("1e-9").enclosure(192);
    let (low, _) = relubound::theory::distribution::beta::clopper_pearson(k, trials, &alpha);
    assert!(low <= 0.1, "{widths} {slope} {bias}: {k} of {trials}");
}

/// The bounds of another slope are exceeded: what is proved for leaky neurons is not for the
/// absolute value.
#[test]
fn bounds_of_another_slope_are_exceeded() {
    let (config, records) = records_at("-1", "470x1", Some("2.5"), 2000);
    let (other, _) = records_at("0.5", "470x1", Some("2.5"), 1);
    let exceeded = |claims: &[relubound::model::claim::Claim], key: &str| {
        let i = claims.iter().position(|claim| claim.key() == key).unwrap();
        judge(&claims[i], records.iter().map(|r| r.outcomes[i]), &delta("1e-9"), 1e-10).verdict
    };
    for key in ["direct.coherent[1]", "direct.error[1]"] {
        assert_ne!(exceeded(&config.claims(), key), Some(Verdict::Violated), "{key}");
        assert_eq!(exceeded(&other.claims(), key), Some(Verdict::Violated), "{key}");
    }
}

/// The share of flips is as near to what is expected at every slope, from the same width on. False
/// alarms: below 1e-9 in all, by Hoeffding's inequality.
#[test]
fn expectations_are_meant_at_every_slope() {
    let (trials, narrowest) = (4000u64, expected::NARROWEST);
    let error = (4e10f64.ln() / (2.0 * trials as f64)).sqrt();
    for slope in ["1", "0.5", "0.1", "-0.1", "-1/2", "-1"] {
        for (depth, t) in [(1, 1.25), (1, 3.0), (3, 1.5), (3, 2.5), (8, 2.0)] {
            let architecture = Architecture::new(vec![narrowest; depth + 1]).unwrap();
            let slope_value = Slope::parse(slope).unwrap();
            let params = at(&architecture, &slope_value);
            let expected = expected::flip_probability(&params, t).unwrap();
            let found = stepped(&architecture.to_string(), slope, t, trials);
            let flipped = |(at, _, there): &&(Forward, _, Forward)| {
                at.output().mantissa * there.output().mantissa < 0.0
            };
            let rate = found.iter().filter(flipped).count() as f64 / trials as f64;
            let off = (rate - expected).abs();
            assert!(off < expected::MARGIN + error, "{slope} {depth} {t}: {rate} {expected}");
        }
    }
}

/// Layer by layer, leaky slopes need less than ReLU, the linear network nothing; thresholds meet
/// ReLU's as a → 0.
#[test]
fn thresholds_fall_as_the_jump_does() {
    let input = |slope: &str, depth: usize| {
        let shape = Architecture::new(vec![64; depth + 1]).unwrap();
        let slope = Slope::parse(slope).unwrap();
        direct::threshold_by_layers(&at(&shape, &slope)).unwrap().architecture.input() as f64
    };
    for depth in [1, 3] {
        let found = ["1", "0.5", "0.1", "0"].map(|slope| input(slope, depth));
        assert!(found.is_sorted_by(|a, b| a < b), "{found:?}");
        for near in ["0.001", "-0.001"] {
            assert!((input(near, depth) / found[3] - 1.0).abs() < 0.05, "{near}");
        }
    }
}

/// Without the movement along the backward row the coherent bound is too small, and networks show
/// it.
#[test]
fn a_coherent_term_without_the_backward_row_is_caught() {
    let (config, records) = records("20000x1", Some("2.5"), 300);
    let claims = config.claims();
    let index = claims.iter().position(|c| c.key() == "direct.coherent[1]").unwrap();
    let mut wrong = claims[index].clone();
    let state = claims.iter().find(|c| c.key() == "direct.state[1]").unwrap();
    if let (
        relubound::model::claim::Test::Bound { value, .. },
        relubound::model::claim::Test::Bound { value: across, .. },
    ) = (&mut wrong.test, &state.test)
    {
        // r/π with a tenth more for deviations.
        let share = 1.1 * across.to_f64() / std::f64::consts::PI;
        assert!(share < value.to_f64());
        *value = relubound::num::magnitude::Magnitude::from_f64(share).unwrap();
    }
    let outcomes = || records.iter().map(|r| r.outcomes[index]);
    assert_eq!(judge(&wrong, outcomes(), &delta("1e-9"), 1e-10).verdict, Some(Verdict::Violated));
    assert_eq!(
        judge(&claims[index], outcomes(), &delta("1e-9"), 1e-10).verdict,
        Some(Verdict::Holds)
    );
}

/// Widths that were proved with valid constants, in floating point, before: they are to be beaten.
#[test]
fn thresholds_are_small() {
    for (depth, most) in [(1, 275), (2, 640), (3, 1_150), (10, 8_800), (40, 850_000)] {
        let found = direct::threshold(&equal(64, depth)).unwrap();
        assert!(found.architecture.input() <= most, "{depth}: {:?}", found.architecture);
        // Proved there by enclosures at the t that the table prints, not at half of it.
        let printed = Amount::step(&format!("{:.2}", found.step)).unwrap();
        let at = |width: u128| {
            let architecture = Architecture::new(vec![width; depth + 1]).unwrap();
            let params = Params::new(architecture, delta("0.1"));
            direct::certify(&params, &printed.enclosure(params.precision())).flips
        };
        assert!(at(found.architecture.input()) && !at(found.architecture.input() / 2));
    }
}

/// What all layers at once are worth, as `proofs/direct.md#gains` says.
#[test]
fn all_layers_at_once_need_less() {
    let text = relubound::stage::proof::section("proofs/direct.md#gains").unwrap();
    for (depth, by_layers, at_once) in
        [(1, "271", "271"), (2, "1,225", "619"), (3, "2,732", "1,099"), (10, "32,315", "8,458")]
    {
        let params = equal(64, depth);
        let input = |found: direct::Threshold| relubound::num::grouped(found.architecture.input());
        assert_eq!(input(direct::threshold_by_layers(&params).unwrap()), by_layers);
        assert_eq!(input(direct::threshold(&params).unwrap()), at_once);
    }
    for row in ["| by layers | 271 | 1,225 | 2,732 |", "| at once | 271 | 619 | 1,099 |"] {
        assert!(text.contains(row), "{row}");
    }
}

/// A larger δ proves more, and so does a wider network, by both ways; what each proves is below
/// what is claimed.
#[test]
fn all_layers_at_once_improve_with_delta_and_width() {
    let at = |width: u128, level: &str| {
        let architecture = Architecture::new(vec![width; 4]).unwrap();
        let params = Params::new(architecture, delta(level));
        let found = direct::certify(&params, &Enclosure::point(params.precision(), 2.25));
        assert!(found.ways.iter().all(|(_, way)| *way <= found.achieved));
        assert!(found.behind.book.overdrawn().is_none());
        if found.flips { found.achieved.to_f64() } else { 0.0 }
    };
    let by_delta = ["1e-3", "0.05", "0.1", "0.2", "0.4"].map(|level| at(1500, level));
    assert!(by_delta.is_sorted() && by_delta[2] > 0.45, "{by_delta:?}");
    assert!(by_delta[0] == 0.0 && by_delta[4] > by_delta[2]);
    let by_width = [900, 1200, 2000, 5000, 100_000].map(|width| at(width, "0.1"));
    assert!(by_width.is_sorted() && by_width[0] == 0.0 && by_width[1] > 0.44, "{by_width:?}");
}

#[test]
fn direct_needs_less_width_than_the_ways_over_a_ball() {
    for depth in [1, 4] {
        let row = threshold_row(&equal(64, depth));
        let input = |widths: &Option<String>| growth::input(widths.as_ref()).unwrap();
        assert!(input(&row.direct) < input(&row.affine));
        assert!(input(&row.affine) < input(&row.comparison));
        assert!(input(&row.comparison) < input(&row.plain));
        if let Some(expected) = growth::input(row.expected.as_ref()) {
            assert!(expected < input(&row.direct));
        }
    }
}

/// Extreme parameters: nothing panics, nothing is proved that should not be.
#[test]
fn extremes() {
    for (widths, level, t, flips) in [
        ("1x3", "0.1", "2", false),
        ("1000", "0.1", "1.01", true),
        ("50", "0.1", "1.0005", true),
        ("50", "0.1", "1.000001", true),
        ("1,1000000", "0.1", "2", false),
        ("1e30x3", "0.1", "2", true),
        ("1e36x2", "1e-300", "1.1", true),
        ("1e12x100", "1e-9", "2", true),
        ("1e9x3,1,1e9", "0.1", "2", false),
        ("1000x2", "0.999999", "1.0000001", false),
        ("3000x3", "0.1", "1000000", false),
    ] {
        let mut params = Params::new(widths.parse().unwrap(), delta(level));
        params.step = Some(Amount::step(t).unwrap());
        let found = direct::certify(&params, &direct::exact_step(&params));
        assert_eq!(found.flips, flips, "{widths} δ = {level} t = {t}");
        assert!(found.achieved.to_f64() < 1.0);
        if flips {
            assert!(found.achieved.to_f64() > 1.0 / t.parse::<f64>().unwrap());
        }
    }
}

/// The same with biases.
#[test]
fn extremes_with_biases() {
    for (widths, bias, t, flips) in [
        ("1x3", "1", "2", false),
        ("1", "2", "1.01", true),
        ("1000", "1", "1.01", true),
        ("1,1000000", "0.5", "2", false),
        ("1e30x3", "1", "2", true),
        ("1e36x2", "1000000", "1.1", true),
        ("1e12x100", "1e-6", "2", true),
        ("1e12x100", "1", "2", false),
        ("1e36x100", "1000000", "2", false),
        ("1e9x3,1,1e9", "1", "2", false),
    ] {
        let mut params = Params::new(widths.parse().unwrap(), delta("0.1"));
        params.step = Some(Amount::step(t).unwrap());
        params.bias = Bias::relative(bias).unwrap();
        let found = direct::certify(&params, &direct::exact_step(&params));
        assert_eq!(found.flips, flips, "{widths} {bias} t = {t}");
        assert!(found.achieved.to_f64() < 1.0);
    }
    // Biases of one deviation die out in relative size where weights have a large gain.
    for (gain, flips) in [("2", true), ("0.5", false)] {
        let mut params = Params::new("1e6x10".parse().unwrap(), delta("0.1"));
        params.bias = Bias::deviation("1", Some(gain)).unwrap();
        params.step = Some(Amount::step("2.2").unwrap());
        let found = direct::certify(&params, &direct::exact_step(&params));
        assert_eq!(found.flips, flips, "{gain}");
    }
}

/// Certified values are those of the search, up to its own rounding and to the moments' closed
/// forms.
#[test]
fn enclosures_agree_with_the_search() {
    let params = Params::new("1e8x5".parse().unwrap(), delta("0.1"));
    let found = direct::certify(&params, &Enclosure::point(params.precision(), 2.5));
    let smaller = direct::certify(
        &Params { delta: delta("0.05"), ..params.clone() },
        &Enclosure::point(params.precision(), 2.5),
    );
    assert!(found.flips && found.achieved > smaller.achieved);
    for (layer, tighter) in found.layers.iter().zip(&smaller.layers) {
        assert!(layer.across.certainly_lt(&tighter.across));
        assert!(tighter.along.certainly_lt(&layer.along));
    }
}

/// Wider is better, layer by layer, where everything is scaled together.
#[test]
fn bounds_improve_with_width() {
    let at = |width: u128| {
        let params = Params::new(Architecture::new(vec![width; 4]).unwrap(), delta("0.1"));
        direct::certify(&params, &Enclosure::point(params.precision(), 2.5)).achieved
    };
    let values: Vec<_> = [3000, 5000, 10_000, 100_000, 10_000_000].map(at).into();
    assert!(values.windows(2).all(|pair| pair[0] < pair[1]), "{values:?}");
}

/// The expectation, which is no theorem, over a grid of widths, depths and steps. Its accuracy is a
/// few percent; the samples add up to 6.2 standard errors (false alarms below 1e-9).
#[test]
fn flip_rates_are_as_expected() {
    let config = growth::Search {
        depths: Vec::new(),
        delta: delta("0.1"),
        slope: Slope::relu(),
        bias: Bias::none(),
        norm: Norm::L2,
        trials: 500,
        deepest: 0,
        seed: 11,
    };
    for (width, depth, t) in [
        (64, 1, 2.0),
        (64, 3, 3.0),
        (64, 5, 2.0),
        (256, 3, 1.5),
        (256, 10, 2.0),
        (1024, 10, 3.0),
        (512, 20, 2.0),
    ] {
        let rate =
            growth::rate(&config, growth::At { depth, width, step: t }, MACHINE, &go()).unwrap();
        let seen = rate.flips as f64 / rate.trials as f64;
        let expected = expected::flip_probability(&equal(width.into(), depth), t).unwrap();
        let error = 6.2
            * (0.25 / rate.trials as f64)
                .sqrt()
                .min(0.02 + (expected * (1.0 - expected) / 500.0).sqrt());
        assert!(
            (seen - expected).abs() < 0.06 + error,
            "{width}x{depth} t = {t}: {seen} {expected}"
        );
    }
    // A shallower network is not what is expected of a deep one.
    let rate =
        growth::rate(&config, growth::At { depth: 3, width: 256, step: 2.0 }, MACHINE, &go())
            .unwrap();
    let deep = expected::flip_probability(&equal(256, 20), 2.0).unwrap();
    assert!(rate.flips as f64 / rate.trials as f64 > deep + 0.3);
}

/// At the least width of which anything is expected, the share of steps that flip is as near as is
/// said: best steps and others, at several depths (false alarms below 1e-9 by Hoeffding's
/// inequality). In narrower networks it is not, and nothing is expected.
#[test]
fn expectations_begin_where_they_are_meant() {
    let (trials, depths) = (4000u32, [1usize, 2, 3, 4, 6, 8, 12]);
    let config = growth::Search {
        depths: Vec::new(),
        delta: delta("0.1"),
        slope: Slope::relu(),
        bias: Bias::none(),
        norm: Norm::L2,
        trials: trials.into(),
        deepest: 0,
        seed: 12,
    };
    let error = (2e9f64.ln() / (2.0 * f64::from(trials))).sqrt();
    let off = |width: u128, depth: usize, t: f64| {
        let rate = growth::rate(
            &config,
            growth::At { depth, width: width as u64, step: t },
            MACHINE,
            &go(),
        )
        .unwrap();
        let expected = expected::leading_flip_probability(&equal(width, depth), t);
        (rate.flips as f64 / rate.trials as f64 - expected).abs()
    };
    let (narrowest, margin) = (expected::NARROWEST, expected::MARGIN);
    for depth in depths {
        for t in [1.25, expected::best_step(&equal(narrowest, depth)).0] {
            assert!(off(narrowest, depth, t) < margin + error, "depth {depth}, t = {t}");
        }
    }
    assert!(off(6, 1, 4.0) > margin + error && off(8, 4, 4.0) > margin + error);
    for narrow in ["1,50", "31x3", "1000,31,1000"] {
        let narrow: Architecture = narrow.parse().unwrap();
        assert!(!expected::wide_enough(&narrow));
        let narrow = at(&narrow, &Slope::relu());
        assert_eq!(expected::flip_probability(&narrow, 2.0), None);
        assert!(quantiles(&narrow, 2.0).is_none());
    }
    // A threshold below that width is none, either: at depth 1 a tenth of the steps fails at 16,
    // not at 8.
    for depth in [1, 2] {
        assert_eq!(expected::least(&equal(64, depth)), None);
        assert!(threshold_row(&equal(64, depth)).expected.is_none());
    }
    assert!(expected::least(&equal(64, 3)).is_some());
}

#[test]
fn the_engine_without_weights_follows_like_stored_weights() {
    // Means of the state over 400 networks each; six standard errors of the difference.
    let widths: Architecture = "30x3".parse().unwrap();
    let mean = |network: &mut dyn Network| {
        let x = Scaled::new(Array1::from(normals(1, 30)), 0);
        let (mut sum, mut squares, mut n) = (0.0, 0.0, 0.0);
        for trial in 0..400 {
            network.draw(trial);
            let at = forward(network, std::slice::from_ref(&x)).remove(0);
            let back = backward(network, std::slice::from_ref(&at)).remove(0);
            let Ok(step) = adversarial(&at, &back, 2.0) else { continue };
            let there = forward(network, std::slice::from_ref(&step.end)).remove(0);
            let seen = follow(&at, &back, &there, 3, -0.5);
            sum += seen.across;
            squares += seen.across * seen.across;
            n += 1.0;
        }
        let mean: f64 = sum / n;
        (mean, (squares / n - mean * mean) / n)
    };
    let (dense, a) = mean(&mut Dense::<f64>::new(&widths, 1, 1).unwrap());
    let (without, b) = mean(&mut Conditioned::new(&widths, 2, 1).unwrap());
    assert!((dense - without).abs() < 6.2 * (a + b).sqrt(), "{dense} {without}");
}

/// The growth of widths: the same bytes again, an observation only where the sample can show it,
/// and nothing more after an interrupt.
#[test]
fn growth_is_reproducible_and_honest() {
    let config = growth::Search {
        depths: vec![1, 3],
        delta: delta("0.1"),
        slope: Slope::relu(),
        bias: Bias::none(),
        norm: Norm::L2,
        trials: 150,
        deepest: 2,
        seed: 3,
    };
    let go = AtomicBool::new(false);
    let run = |config: &growth::Search| growth::run(config, MACHINE, &go, |_| Ok(())).unwrap();
    let rows = run(&config);
    let text = |rows: &[growth::Row]| relubound::report::growth::json(&config, rows);
    assert_eq!(text(&rows), text(&run(&config)));
    let seen = rows[0].observed.as_ref().unwrap();
    assert!(seen.width.is_some_and(|width| width > 4.0 && width < 40.0), "{seen:?}");
    assert!(seen.rates.iter().all(|r| r.trials == 150 && r.flips <= 150 && r.failed == 0));
    // Deeper than asked for, or too rare to be seen.
    assert!(rows[1].observed.is_none() && rows[1].threshold.direct.is_some());
    let rare = run(&growth::Search { delta: delta("1e-3"), depths: vec![1], ..config.clone() });
    assert!(rare[0].observed.is_none());
    go.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(run(&config).is_empty());
}

/// Smaller jumps need narrower networks, by proof and as observed; a linear one none. (By union
/// bounds the absolute value needs less than ReLU: its layers stretch less beyond their mean.)
#[test]
fn growth_follows_the_slope() {
    let go = AtomicBool::new(false);
    let at = |slope: &str| {
        let slope = Slope::parse(slope).unwrap();
        let config = growth::Search {
            depths: vec![3],
            delta: delta("0.1"),
            slope,
            bias: Bias::none(),
            norm: Norm::L2,
            trials: 150,
            deepest: 3,
            seed: 3,
        };
        let row = growth::run(&config, MACHINE, &go, |_| Ok(())).unwrap().remove(0);
        let of = |widths: &Option<String>| growth::input(widths.as_ref()).unwrap();
        let Threshold { direct, affine, comparison, plain, .. } = &row.threshold;
        let proved = [direct, affine, comparison, plain].map(of);
        (proved, row.observed.and_then(|seen| seen.width))
    };
    let rows = ["-1", "0", "0.5"].map(at);
    for (wider, narrower) in rows.iter().zip(&rows[1..]) {
        let pairs = wider.0.iter().zip(&narrower.0);
        assert!(pairs.skip(1).take(2).all(|(a, b)| a > b), "{wider:?} {narrower:?}");
    }
    // The step followed through all layers at once serves slope 0 alone.
    assert!(rows[1..].iter().all(|narrower| rows[0].0[0] > narrower.0[0]), "{rows:?}");
    let [absolute, relu, _] = rows.map(|row| row.1);
    assert!(absolute.unwrap() > 1.5 * relu.unwrap(), "{absolute:?} {relu:?}");
    let (proved, seen) = at("1");
    assert!(proved == [1.0; 4] && seen == Some(1.0));
}

/// Depths at which products over the layers leave the range of `f64`.
#[test]
fn thresholds_of_very_deep_networks_are_found() {
    let found = direct::threshold(&equal(64, 1200)).unwrap();
    assert!(found.architecture.input() < 8_000_000_000, "{:?}", found.architecture);
}

/// A narrow layer between wide ones, down to where it may be silent: what the layers before it and
/// it do is bounded.
#[test]
fn a_layer_of_a_few_dozen_neurons_is_followed() {
    for (width, beyond) in [(100, true), (60, true), (40, true), (20, true), (10, false)] {
        let widths = Architecture::new(vec![100_000, width, 100_000]).unwrap();
        let mut params = Params::new(widths, delta("0.1"));
        params.step = Some(Amount::step("3").unwrap());
        let found = direct::certify(&params, &direct::exact_step(&params));
        // What the layer behind it receives.
        let bounded = found.layers.get(1).is_some_and(|layer| layer.across.is_finite());
        assert_eq!(bounded, beyond, "{width}");
    }
}

/// As biases vanish, so does what they cost, but for two events more; without them nothing changes
/// at all. A linear network has no error, with biases or without.
#[test]
fn bounds_meet_those_without_biases() {
    let shape = |width: u128, depth: usize| Architecture::new(vec![width; depth + 1]).unwrap();
    let with =
        |params: Params, bias: &str| Params { bias: Bias::relative(bias).unwrap(), ..params };
    for slope in ["0", "0.1", "-1/2"] {
        let params = at(&shape(5000, 3), &Slope::parse(slope).unwrap());
        let t = Enclosure::point(params.precision(), 2.5);
        let [none, small] = ["0", "1e-6"].map(|s| direct::certify(&with(params.clone(), s), &t));
        let near = |a: &Enclosure, b: &Enclosure| (a.to_f64() / b.to_f64() - 1.0).abs() < 3e-3;
        for (none, small) in none.layers.iter().zip(&small.layers) {
            let [(none, a), (small, b)] = [none, small].map(|l| (l, l.moved.as_ref().unwrap()));
            assert!(near(&none.along, &small.along) && near(&none.across, &small.across));
            assert!(near(&a.coherent, &b.coherent) && near(&a.noise, &b.noise), "{slope}");
        }
    }
    let input = |bias: &str, slope: &str| {
        let params = with(at(&shape(64, 2), &Slope::parse(slope).unwrap()), bias);
        direct::threshold_by_layers(&params).unwrap().architecture.input() as f64
    };
    for slope in ["0", "-1/2"] {
        let found = ["0", "1e-6", "0.3", "1", "2"].map(|bias| input(bias, slope));
        assert!(found.is_sorted_by(|a, b| a < b), "{found:?}");
        assert!(found[1] / found[0] < 1.01, "{found:?}");
    }
    assert_eq!(["0.3", "2"].map(|bias| input(bias, "1")), [1.0; 2]);
    let linear = with(at(&shape(3, 4), &Slope::parse("1").unwrap()), "2");
    assert!(direct::certify(&linear, &Enclosure::point(64, 1.001)).flips);
}

/// The share of flips is as near to what is expected with biases. False alarms: below 1e-9 in all.
#[test]
fn expectations_are_meant_with_biases() {
    let (trials, narrowest) = (3000u64, expected::NARROWEST);
    let error = (4e10f64.ln() / (2.0 * trials as f64)).sqrt();
    for (bias, slope) in [("0.3", "0"), ("1", "0"), ("1", "-1/2"), ("2", "0.1"), ("1", "1")] {
        for (depth, t) in [(1, 1.25), (1, 3.0), (3, 1.5), (3, 2.5), (8, 2.0)] {
            let architecture = Architecture::new(vec![narrowest; depth + 1]).unwrap();
            let params = at(&architecture, &Slope::parse(slope).unwrap());
            let params = Params { bias: Bias::relative(bias).unwrap(), ..params };
            let expected = expected::flip_probability(&params, t).unwrap();
            let found = stepped_with(bias, &architecture.to_string(), slope, t, trials);
            let flipped = |(at, _, there): &&(Forward, _, Forward)| {
                at.output().mantissa * there.output().mantissa < 0.0
            };
            let rate = found.iter().filter(flipped).count() as f64 / trials as f64;
            let off = (rate - expected).abs();
            println!("{bias} {slope} {depth} {t}: {rate} {expected}");
            assert!(
                off < expected::MARGIN + error,
                "{bias} {slope} {depth} {t}: {rate} {expected}"
            );
        }
    }
}
