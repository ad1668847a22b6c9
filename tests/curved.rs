//! Networks with activations that are not piecewise linear: nothing is claimed of them, and what is
//! observed is what wide layers make one expect.

mod common;

use common::{ledger, sample, spec};
use ndarray::Array1;
use relubound::judge::verdict::Verdict;
use relubound::model::bias::Bias;
use relubound::model::curve::Curve;
use relubound::network::sample::{Address, Stream};
use relubound::network::search::ray;
use relubound::network::search::step::adversarial;
use relubound::network::{Dense, Forward, Network, Scaled, backward, forward};
use relubound::num::magnitude::Magnitude;
use relubound::run::Spec;
use relubound::theory::curved::Wide;

fn number(value: Option<Magnitude>) -> f64 {
    value.unwrap().to_f64()
}

/// A point of norm √(d q).
fn point(dimension: usize, q: f64, seed: u64) -> Scaled {
    let mut values = vec![0.0; dimension];
    Stream::new(Address { seed, trial: Address::INPUT, layer: 0, block: 0 }).fill(&mut values);
    let values = Array1::from(values);
    let scale = (q * dimension as f64 / values.dot(&values)).sqrt();
    Scaled::new(values * scale, 0)
}

fn dense(widths: &str, curve: Curve, seed: u64) -> Dense<f64> {
    Dense::new(&widths.parse().unwrap(), seed, 1).unwrap().with_curve(Some(curve))
}

/// ‖h_L‖²/d_L and ‖∇f‖² of wide networks are q_L and Π χ_i: within six standard errors, and a few
/// percent by which layers of width 400 are not wide; the same with biases of either sort, and at
/// an input of another norm.
#[test]
fn wide_networks_agree_with_the_recursion() {
    let networks = 100;
    let biases = [Bias::none(), Bias::relative("0.7").unwrap()];
    let fixed = Bias::deviation("0.4", None).unwrap();
    for curve in Curve::ALL {
        for (bias, square) in [(&biases[0], 1.0), (&biases[1], 1.0), (&fixed, 3.0)] {
            let wide = Wide::new(curve, square, 3, bias);
            let of = |log: &f64| Magnitude::from_ln(*log);
            let deviations = wide.biases.iter().filter_map(of).collect::<Vec<_>>();
            let deviations = if bias.is_none() { Vec::new() } else { deviations };
            let last = (2.0 * wide.biases[3]).exp();
            let mut network = dense("400x3", curve, 3).with_biases(deviations);
            let x = point(400, square, 8);
            let mut seen = [Vec::new(), Vec::new()];
            for trial in 0..networks {
                network.draw(trial);
                let at = forward(&mut network, std::slice::from_ref(&x));
                let back = backward(&mut network, &at);
                seen[0].push(number(at[0].hidden(3).norm()).powi(2) / 400.0 + last);
                seen[1].push(number(back[0].gradient().norm()).powi(2));
            }
            let expected = [square * (2.0 * wide.output).exp(), (2.0 * wide.gradient).exp()];
            for (seen, expected) in seen.iter().zip(expected) {
                let n = networks as f64;
                let mean = seen.iter().sum::<f64>() / n;
                let square = seen.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
                let allowed = 6.0 * (square / n).sqrt() + 0.02 * expected;
                let gap = (mean - expected).abs();
                assert!(gap < allowed, "{} {bias}: {mean} {expected}", curve.name());
                assert!(allowed < 0.2 * expected, "{}", curve.name());
            }
        }
    }
}

/// f as a number.
fn output(pass: &Forward) -> f64 {
    pass.output().at_exponent(0)
}

/// The gradient is that of f, with biases too, near the input and far from it.
#[test]
fn gradients_are_those_of_f() {
    for curve in Curve::ALL {
        for (scale, biased) in [(0.1, false), (1.0, true), (2.0, false)] {
            let tenth = Magnitude::from_f64(0.1).unwrap();
            let deviations = if biased { vec![tenth; 4] } else { Vec::new() };
            let mut network = dense("12,30,9,20", curve, 1).with_biases(deviations);
            network.draw(0);
            let (x, v) = (point(12, scale, 2), point(12, 1.0, 3));
            let at = forward(&mut network, std::slice::from_ref(&x));
            let gradient = backward(&mut network, &at)[0].gradient().clone();
            let step = 1e-5;
            let [up, down] = [step, -step].map(|s| {
                let y = Scaled::new(x.at_exponent(0) + &(v.at_exponent(0) * s), 0);
                output(&forward(&mut network, &[y])[0])
            });
            let quotient = (up - down) / (2.0 * step);
            let slope = gradient.dot(&v).at_exponent(0);
            let gap = (quotient - slope).abs();
            assert!(gap < 1e-7 * (1.0 + slope.abs()), "{}: {quotient} {slope}", curve.name());
        }
    }
}

/// Where every layer divides the square by four, hundreds of them are far below the range of
/// numbers.
#[test]
fn deep_networks_keep_their_digits() {
    for curve in [Curve::Gelu, Curve::Silu] {
        let mut network = dense("40x700", curve, 5);
        network.draw(0);
        let at = forward(&mut network, &[point(40, 1.0, 6)]);
        let back = backward(&mut network, &at);
        let ln = |value: Option<Magnitude>| value.unwrap().log10();
        assert!(ln(at[0].output().abs()) < -200.0 && ln(at[0].output().abs()) > -260.0);
        // So small, f is linear: f(x) = ⟨∇f(x), x⟩ but for what the first layers bend.
        let ratio = (at[0].output().abs().unwrap() / back[0].gradient().norm().unwrap()).unwrap();
        assert!(ratio.to_f64() < 40f64.sqrt() && ratio.to_f64() > 1e-3);
    }
}

/// The sign changes at the least step found, and not before at any of 4,000 points.
#[test]
fn the_least_step_is_where_the_sign_changes() {
    for curve in Curve::ALL {
        let mut network = dense("50,40,30", curve, 9);
        for trial in 0..10 {
            network.draw(trial);
            let x = point(50, 1.0, 4);
            let at = forward(&mut network, std::slice::from_ref(&x)).remove(0);
            let back = backward(&mut network, std::slice::from_ref(&at)).remove(0);
            let taken = adversarial(&at, &back, 2.0).unwrap();
            let seen = ray::followed(&mut network, &x, &taken.u, 2.0, &at);
            assert!(seen.pieces.value().is_none());
            let least = number(seen.least.value());
            let mut value = |t: f64| {
                let u = taken.u.at_exponent(0) * (t / 2.0);
                let pass = forward(&mut network, &[Scaled::new(x.at_exponent(0) + &u, 0)]);
                output(&pass[0]) / output(&at)
            };
            if least.is_finite() {
                assert!(value(least * (1.0 + 1e-6)) < 0.0 && value(least * (1.0 - 1e-6)) > 0.0);
            }
            let up_to = least.min(16.0) * (1.0 - 1e-6);
            for i in 1..400 {
                assert!(value(up_to * f64::from(i) / 400.0) > 0.0, "{} {trial}", curve.name());
            }
        }
    }
}

fn curved(curve: Curve, widths: &str, trials: u64) -> Spec {
    let mut spec = spec(widths, "0.1", trials, 2);
    spec.params.curve = Some(curve);
    spec
}

/// Rows that are about pieces show nothing; the others show numbers beside what is expected, and no
/// verdict.
#[test]
fn nothing_is_claimed_and_what_has_no_pieces_shows_none() {
    let shown = [
        "output.law",
        "output.upper",
        "gradient.law",
        "gradient.lower",
        "gradient.ratio",
        "bottleneck.lipschitz",
        "linearity.gradient",
        "linearity.affine",
        "flip.size",
        "flip.step",
        "flip.least",
        "flip.change",
        "direct.flip",
        "norm.stretch",
        "norm.size",
        "norm.length",
        "norm.flip",
        "norm.least",
    ];
    let expected = [
        "output.law",
        "output.upper",
        "gradient.law",
        "gradient.lower",
        "gradient.ratio",
        "flip.size",
    ];
    for curve in Curve::ALL {
        let spec = curved(curve, "40x2", 20);
        let run = ledger(&spec, &spec.claims(), &sample(&spec));
        assert!(run.layers.is_empty() && run.radii.is_empty() && run.angles.is_empty());
        assert!(run.followed.is_none() && run.dead.probability == 0.0);
        for row in &run.rows {
            let label = row.statement.as_str();
            assert!(row.unmet.as_deref().is_some_and(|why| why.contains("piecewise linear")));
            assert!(row.outside && row.bound.is_none() && row.delta.is_none());
            assert!(matches!(row.verdict, None | Some(Verdict::OutsideHypotheses)), "{label}");
            assert_eq!(row.observed.is_some(), shown.contains(&label), "{label}");
            assert_eq!(row.expected.is_some(), expected.contains(&label), "{label}");
        }
        for threshold in ["flip.threshold", "direct.threshold", "norm.threshold"] {
            assert_eq!(run.row(threshold).unwrap().counted, Some(20));
        }
    }
    // Narrow layers, and outputs that are chosen, have another law.
    let narrow = curved(Curve::Tanh, "40,8", 1);
    assert!(narrow.claims().iter().all(|claim| claim.expected.is_none()));
}

/// Without hidden layers there is no activation.
#[test]
fn a_linear_function_has_no_activation() {
    let (tanh, relu) = (curved(Curve::Tanh, "30", 5), spec("30", "0.1", 5, 2));
    assert_eq!(sample(&tanh), sample(&relu));
    let unmet = |spec: &Spec| spec.claims().iter().map(|claim| claim.unmet).collect::<Vec<_>>();
    assert_eq!(unmet(&tanh), unmet(&relu));
}
