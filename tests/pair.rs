//! The stage `collapse`: sound where its bounds bite, and its searches find what is there.

mod common;

use common::{judged, params, sample, sample_by, spec};
use ndarray::Array1;
use proptest::prelude::*;
use relubound::judge::verdict::Verdict;
use relubound::model::bias::Bias;
use relubound::model::slope::Slope;
use relubound::model::start::Start;
use relubound::network::sample::Address;
use relubound::network::search::sphere::{farthest, least_flip};
use relubound::network::{Dense, Engine, Network, Scaled, backward, forward};
use relubound::num::Enclosure;
use relubound::num::magnitude::Magnitude;
use relubound::run::{self, Record, Spec};
use relubound::stage::collapse;
use relubound::stage::collapse::statements::{CONE, SPHERE};
use relubound::theory::angle;

/// The stage alone, without networks.
fn pairs(widths: &str, cos: &str, delta: &str, trials: u64) -> (Spec, Vec<Record>) {
    let mut config = spec(widths, delta, trials, 3);
    config.stages = run::stages(&["collapse"]).unwrap();
    config.params.start = Start::cos(cos).unwrap();
    config = common::searching(&config, 0);
    let records = sample_by(Engine::Pairs, &config);
    (config, records)
}

/// No statement fails more often than δ, where the bounds are nearest to what happens: one or two
/// layers, large δ, small and large widths, acute and obtuse starts. False-alarm rate 1e-9 a row.
#[test]
fn sound_where_it_bites() {
    for (widths, trials) in [
        ("2,8", 20_000),
        ("2,8,8", 20_000),
        ("2,30", 20_000),
        ("2,30,11", 20_000),
        ("2,64x4", 10_000),
        ("2,300x2", 5_000),
        ("2,4096", 2_000),
        ("2,100,4096,50", 2_000),
        ("2,1,5", 5_000),
        ("2", 20_000),
    ] {
        for cos in ["0", "-1", "-0.9", "0.99", "0.999999"] {
            for delta in ["0.6", "0.1"] {
                let (config, records) = pairs(widths, cos, delta, trials);
                let claims = config.claims();
                for claim in &claims {
                    let judged = judged(&claims, &records, &claim.key());
                    assert!(
                        !judged.verdict.is_some_and(Verdict::is_failure),
                        "{} at {widths}, cos {cos}, δ = {delta}: {judged:?}",
                        claim.key()
                    );
                }
            }
        }
    }
}

/// The same at other slopes, where angles may stay obtuse, and with biases for what is stated of
/// them.
#[test]
fn sound_at_other_slopes() {
    for (widths, trials) in [("2,8", 10_000), ("2,30,11", 10_000), ("2,300x2", 3_000)] {
        for slope in ["0.01", "0.3", "0.9", "1", "-0.3", "-1"] {
            for cos in ["0", "-1", "-0.9", "0.999"] {
                let (mut config, _) = pairs(widths, cos, "0.5", 1);
                config.params.slope = Slope::parse(slope).unwrap();
                config.sampling.as_mut().unwrap().trials = trials;
                let records = sample_by(Engine::Pairs, &config);
                let claims = config.claims();
                for claim in &claims {
                    let judged = judged(&claims, &records, &claim.key());
                    let verdict = judged.verdict;
                    assert!(
                        !verdict.is_some_and(Verdict::is_failure),
                        "{} at {widths}, slope {slope}, cos {cos}: {judged:?}",
                        claim.key()
                    );
                }
            }
        }
    }
    // And with biases.
    for (widths, trials) in [("2,30,11", 10_000), ("2,300x3", 3_000), ("2,3000x2", 500)] {
        for (slope, bias) in [("0", "0.3"), ("0", "2"), ("0.3", "0.5"), ("-0.7", "1"), ("1", "1")] {
            for cos in ["0", "-0.9", "0.999"] {
                let (mut config, _) = pairs(widths, cos, "0.5", 1);
                config.params.slope = Slope::parse(slope).unwrap();
                config.params.bias = Bias::relative(bias).unwrap();
                config.sampling.as_mut().unwrap().trials = trials;
                let records = sample_by(Engine::Pairs, &config);
                let claims = config.claims();
                for claim in &claims {
                    let judged = judged(&claims, &records, &claim.key());
                    let verdict = judged.verdict;
                    assert!(
                        !verdict.is_some_and(Verdict::is_failure),
                        "{} at {widths}, slope {slope}, biases {bias}, cos {cos}: {judged:?}",
                        claim.key()
                    );
                }
            }
        }
    }
    let (mut config, _) = pairs("2,30000x6", "0", "0.1", 1);
    config.params.bias = Bias::relative("1").unwrap();
    config.sampling.as_mut().unwrap().trials = 20;
    let (claims, records) = (config.claims(), sample_by(Engine::Pairs, &config));
    for (label, most) in
        [("collapse.pair[6]", 1.3), ("collapse.norms[6]", 40.0), ("collapse.output", 10.0)]
    {
        let judged = judged(&claims, &records, label);
        let slack = judged.slack.unwrap().to_f64();
        assert!(slack > 1.0 && slack < most, "{label}: {slack}");
    }
    // And near what happens.
    let (mut config, _) = pairs("2,2000x3", "0", "0.1", 1);
    for (slope, most) in [("0.3", 1.04), ("-0.5", 1.5)] {
        config.params.slope = Slope::parse(slope).unwrap();
        config.sampling.as_mut().unwrap().trials = 1000;
        let records = sample_by(Engine::Pairs, &config);
        let judged = judged(&config.claims(), &records, "collapse.pair[1]");
        assert!(judged.slack.unwrap().to_f64() < most, "{judged:?}");
    }
}

/// Two inputs through stored weights of width 2000 keep to the recurrence with biases.
#[test]
fn wide_networks_with_biases_keep_to_the_recurrence() {
    for (slope, bias) in [("0.1", "0.5"), ("-0.7", "1"), ("0", "2/5")] {
        let (slope, bias) = (Slope::parse(slope).unwrap(), Bias::relative(bias).unwrap());
        let network = Dense::<f64>::new(&"2,2000x4".parse().unwrap(), 7, 1).unwrap();
        let network = network.with_slope(slope.to_f64());
        let mut network = network.with_biases(bias.deviations(&slope, 4));
        network.draw(0);
        let root = 2f64.sqrt();
        let x = Scaled::new(Array1::from(vec![root, 0.0]), 0);
        let y = Scaled::new(Array1::from(vec![0.0, root]), 0);
        let passes = forward(&mut network, &[x, y]);
        let square = bias.squares(&slope, 0, &Enclosure::point(128, 0.0)).pop().unwrap();
        let (mut s, mut without) = (Enclosure::point(128, 1.0), Enclosure::point(128, 1.0));
        for layer in 1..=4 {
            let (a, b) = (passes[0].hidden(layer), passes[1].hidden(layer));
            let (a, b) = (a.at_exponent(0), b.at_exponent(0));
            let seen = 1.0 - a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt();
            s = angle::next_with_bias(&s, &square, &slope.bend());
            without = angle::next(&without, &slope.bend());
            let off = |s: &Enclosure| (seen / s.to_f64() - 1.0).abs();
            assert!(off(&s) < 0.12, "slope {slope}, layer {layer}: {seen} {s:?}");
            assert!(layer < 4 || off(&without) > 0.14, "{slope}: {seen} {without:?}");
        }
    }
}

/// One layer, one event: the bound is near the quantile of its level.
#[test]
fn the_first_layer_is_tight() {
    let (config, records) = pairs("2,2000", "0", "0.1", 4000);
    let claims = config.claims();
    for (label, most) in [("collapse.pair[1]", 1.02), ("collapse.norms[1]", 2.4)] {
        let judged = judged(&claims, &records, label);
        let slack = judged.slack.unwrap().to_f64();
        assert!(slack >= 1.0 && slack < most, "{label}: {slack}");
        // One of the sum, and of the events that norms need besides, fails with that probability.
        assert!(judged.exceedances.unwrap() < 400);
    }
}

/// Medians and quantiles expected at finite width are those observed.
#[test]
fn predictions_are_near() {
    for (widths, cos) in [("2,512x30", "0"), ("2,1000,200,1000", "-0.5"), ("2,4000x8", "0.9")] {
        let (config, records) = pairs(widths, cos, "0.1", 3000);
        let claims = config.claims();
        let expected = collapse::predict::layers(&config.params);
        for (i, layer) in expected.iter().enumerate() {
            let row =
                |name: &str| judged(&claims, &records, &format!("collapse.{name}[{}]", i + 1));
            let angle = row("pair").observed.unwrap();
            let norms = row("norms").observed.unwrap();
            for (seen, said, tolerance) in [
                (angle.median, layer.median.unwrap(), 0.02),
                (angle.quantile, layer.quantile.unwrap(), 0.03),
                (norms.quantile, layer.log_ratio, 0.08),
            ] {
                let off = seen.to_f64() / said - 1.0;
                assert!(off.abs() < tolerance, "{widths} layer {}: {seen:?} {said}", i + 1);
            }
        }
        let output = judged(&claims, &records, "collapse.output").observed.unwrap().quantile;
        let said = collapse::predict::output(&config.params, &expected).unwrap();
        assert!((output.to_f64() / said - 1.0).abs() < 0.08, "{output:?} {said}");
    }
}

/// At 65536x50 the proved angle is within a twelfth of the largest of a few.
#[test]
fn wide_and_deep() {
    let (config, records) = pairs("65536x50", "0", "0.1", 24);
    let claims = config.claims();
    let judged = judged(&claims, &records, "collapse.pair[50]");
    let (bound, most) = (judged.slack.unwrap().to_f64(), judged.observed.unwrap().max.to_f64());
    assert!(bound > 1.0 && bound < 1.083 && most < 0.17, "{bound} {most}");
}

/// Deep and narrow: bounds by moments keep near what happens, and at small angles near the start,
/// where a union over layers says next to nothing.
#[test]
fn deep_and_narrow() {
    for (widths, theta, most) in
        [("2,1000x40", "1.57", 2.0), ("2,256x30", "0.1", 3.0), ("2,256x50", "1e-6", 6.0)]
    {
        let mut config = pairs(widths, "0", "0.1", 200).0;
        config.params.start = Start::theta(theta).unwrap();
        let (claims, records) = (config.claims(), sample_by(Engine::Pairs, &config));
        let last = widths.split_once('x').unwrap().1;
        let judged = judged(&claims, &records, &format!("collapse.pair[{last}]"));
        let slack = judged.slack.unwrap().to_f64();
        assert!(slack > 1.0 && slack < most, "{widths} {theta}: {slack}");
        let claim = claims.iter().find(|c| c.key() == format!("collapse.pair[{last}]")).unwrap();
        assert_eq!(claim.variants[0].name, "moments");
        let others = claim.variants[1].value.to_f64();
        assert!(others > 1.3 * claim.variants[0].value.to_f64(), "{:?}", claim.variants);
    }
}

/// A network on the plane: the whole circle can be looked at.
fn planar(seed: u64) -> Dense<f64> {
    let mut network = Dense::<f64>::new(&"2,12,9".parse().unwrap(), seed, 1).unwrap();
    network.draw(0);
    network
}

fn on_circle(angle: f64) -> Scaled {
    let (sin, cos) = angle.sin_cos();
    Scaled::new(Array1::from(vec![cos, sin]), 0)
}

/// Searches find most of what a walk around the circle finds, and never more.
#[test]
fn searches_against_brute_force() {
    let steps = 20_000;
    let (mut found_all, mut nearly) = (0, 0);
    for seed in 0..40 {
        let mut network = planar(seed);
        let x = on_circle(0.0);
        let at = forward(&mut network, std::slice::from_ref(&x));
        if at[0].is_dead() {
            continue;
        }
        let back = backward(&mut network, &at);
        let angles: Vec<f64> =
            (0..steps).map(|i| std::f64::consts::TAU * f64::from(i) / f64::from(steps)).collect();
        let points: Vec<Scaled> = angles.iter().map(|&angle| on_circle(angle)).collect();
        let f: Vec<f64> =
            forward(&mut network, &points).iter().map(|p| p.output().at_exponent(0)).collect();
        let most = f.iter().map(|v| (v - f[0]).abs()).fold(0.0, f64::max);
        let address = Address { seed, trial: 0, layer: Address::SEARCH, block: 0 };
        let (found, _) = farthest(&mut network, &at[0], address).unwrap();
        let part = found.to_f64() / most;
        assert!(part <= 1.001 && part > 0.9, "{seed}: {part}");
        nearly += usize::from(part > 0.98);
        // Where the sign changes at angle α < π/2 the nearest change is sin α away.
        let away = |i: usize| angles[i].min(std::f64::consts::TAU - angles[i]);
        let nearest =
            (0..f.len()).filter(|&i| f[i] * f[0] < 0.0).map(away).fold(f64::INFINITY, f64::min);
        let exact = if nearest < std::f64::consts::FRAC_PI_2 { nearest.sin() } else { 1.0 };
        let flip = least_flip(&mut network, &at[0], &back[0], address).unwrap();
        if nearest.is_finite() && flip.is_finite() {
            // The walk sees the change a step late.
            let step = std::f64::consts::TAU / f64::from(steps);
            assert!(flip.to_f64() >= exact - step - 1e-9, "{flip:?} {exact}");
            found_all += usize::from(flip.to_f64() < 1.05 * exact);
        } else if nearest.is_infinite() {
            assert_eq!(flip, Magnitude::INFINITY);
        }
    }
    assert!(found_all > 15 && nearly > 30, "{found_all} {nearly}");
}

/// On lines and circles, where searches see most of what there is, no sphere leaves its bound more
/// often than it may, at any slope and with biases: the bound is nearest where layers are wide and
/// few.
#[test]
fn spheres_of_few_dimensions_keep_their_bounds() {
    for (widths, most) in [("1,400", 40.0), ("2,300x2", 60.0), ("3", 6.0)] {
        for (slope, bias) in [
            ("0", "0"),
            ("0.3", "0"),
            ("1", "0"),
            ("-1", "0"),
            ("0", "1"),
            ("0.3", "2"),
            ("-1", "0.4"),
        ] {
            let mut config = common::searching(&spec(widths, "0.5", 40, 3), 40);
            config.stages = run::stages(&["collapse"]).unwrap();
            config.params.slope = Slope::parse(slope).unwrap();
            config.params.bias = Bias::relative(bias).unwrap();
            let (claims, records) = (config.claims(), sample(&config));
            let judged = judged(&claims, &records, "collapse.sphere");
            assert_eq!(judged.verdict, Some(Verdict::NotViolated), "{widths} {slope} {bias}");
            // On a line the absolute value without biases has one value alone.
            let Some(slack) = judged.slack else {
                assert_eq!((widths, slope, bias), ("1,400", "-1", "0"));
                continue;
            };
            let slack = slack.to_f64();
            assert!(slack > 1.0 && slack < most, "{widths} {slope} {bias}: {slack}");
        }
    }
}

/// With biases f is nearly constant on the sphere at moderate depths already.
#[test]
fn biases_make_spheres_calm() {
    for slope in ["0", "0.3", "-1"] {
        let mut params = params("100,1e9x40", "0.1");
        params.slope = Slope::parse(slope).unwrap();
        params.bias = Bias::relative("1").unwrap();
        let bound = collapse::bound::sphere(&params).0.to_f64();
        assert!(bound < 1e-3, "{slope}: {bound}");
        params.bias = Bias::none();
        assert!(collapse::bound::sphere(&params).0.to_f64() > 1.0, "{slope}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The claims fit the outcomes, for all shapes.
    #[test]
    fn claims_and_outcomes_match(hidden in prop::collection::vec(1u64..6, 0..25)) {
        let widths: Vec<String> = std::iter::once(3).chain(hidden).map(|n| n.to_string()).collect();
        let config = spec(&widths.join(","), "0.1", 2, 5);
        let config = Spec { stages: run::stages(&["collapse"]).unwrap(), ..config };
        let with = sample(&config);
        let without = sample(&common::searching(&config, 0));
        for record in with.iter().chain(&without) {
            prop_assert_eq!(record.outcomes.len(), config.claims().len());
        }
        // The pair does not depend on the network.
        let searched = [&SPHERE, &CONE];
        let pair = config.claims();
        let pair = pair.iter().take_while(|claim| !searched.contains(&claim.statement)).count();
        for (a, b) in with.iter().zip(&without) {
            prop_assert_eq!(&a.outcomes[..pair], &b.outcomes[..pair]);
        }
        prop_assert!(params("3,2", "0.1").start == Start::orthogonal());
    }
}

/// At angles far below the roundings of 1 both ways keep near the recurrence, at all slopes.
#[test]
fn tiny_angles_have_bounds() {
    for slope in ["0", "1e-6", "1/2", "1", "-0.4", "-1"] {
        for theta in ["1e-6", "1e-9", "1e-30", "1e-58", "1e-90", "1e-150"] {
            let mut params = params("2,40001x3", "0.1");
            params.slope = Slope::parse(slope).unwrap();
            params.start = Start::theta(theta).unwrap();
            let start: f64 = theta.parse().unwrap();
            for layer in collapse::bound::angles(&params) {
                for variant in &layer.variants {
                    let bound = variant.value.to_f64();
                    if variant.name == "chernoff" && slope.starts_with('-') {
                        assert!(variant.value == Magnitude::INFINITY);
                        continue;
                    }
                    // Chernoff's way takes smaller s for 1e-120.
                    let least = if variant.name == "chernoff" { 1.5e-60 } else { 0.0 };
                    assert!(
                        bound > 0.99 * start && bound < 1.2 * start.max(least),
                        "{slope}, {theta}, {}: {bound}",
                        variant.name
                    );
                }
            }
        }
    }
}

/// With biases the angle falls geometrically, and bounds with it.
#[test]
fn deep_networks_with_biases_keep_their_bounds() {
    for (slope, most) in [("1/2", 1e-17), ("0.01", 1e-17), ("-1/2", 1e-15)] {
        let mut params = params("5,40001x150", "0.1");
        params.slope = Slope::parse(slope).unwrap();
        params.bias = Bias::relative("1").unwrap();
        let angle = collapse::bound::angles(&params).pop().unwrap().best.to_f64();
        let norms = collapse::bound::norms(&params).pop().unwrap().0.to_f64();
        let output = collapse::bound::output(&params).0.to_f64();
        for bound in [angle, norms, output] {
            assert!(bound < most, "{slope}: {angle} {norms} {output}");
        }
    }
    for slope in ["0", "1/2", "-1/2"] {
        let mut params = params("5,40001x900", "0.1");
        params.slope = Slope::parse(slope).unwrap();
        params.bias = Bias::relative("1").unwrap();
        let angle = collapse::bound::angles(&params).pop().unwrap().best.to_f64();
        assert!(angle < 1e-100, "{slope}: {angle}");
    }
}

/// Without negative entries vectors are never farther apart than a right angle: at a ≤ 0 no bound
/// beyond that is shown, and none is beyond it.
#[test]
fn no_bound_beyond_what_always_holds() {
    for slope in ["0", "-1e-6", "-0.3", "-1", "0.3"] {
        for widths in ["2,60x3", "2,150,12,3000", "2,1e6,100,5"] {
            for bias in [None, Some("0.2")] {
                let mut params = params(widths, "0.3");
                params.slope = Slope::parse(slope).unwrap();
                if let Some(bias) = bias {
                    params.bias = Bias::relative(bias).unwrap();
                }
                params.start = Start::cos("-0.9").unwrap();
                let most = if slope == "0.3" { 3.2 } else { std::f64::consts::FRAC_PI_2 };
                for layer in collapse::bound::angles(&params) {
                    for variant in &layer.variants {
                        let bound = variant.value;
                        assert!(
                            bound == Magnitude::INFINITY || bound.to_f64() < most,
                            "{slope}, {widths}, {}: {bound}",
                            variant.name
                        );
                    }
                }
            }
        }
    }
}

/// Starts at both ends and far below the range in which rounding is relative.
#[test]
fn extreme_starts() {
    for theta in ["0", "1e-300", "3e-161", "1e-90", "1e-9", "3.14159265358979", "pi"] {
        let mut config = spec("2,50,60", "0.1", 200, 3);
        config.stages = run::stages(&["collapse"]).unwrap();
        config.params.start = Start::theta(theta).unwrap();
        config = common::searching(&config, 0);
        let (claims, records) = (config.claims(), sample(&config));
        for claim in &claims {
            let judged = judged(&claims, &records, &claim.key());
            assert!(!judged.verdict.is_some_and(Verdict::is_failure), "{} at {theta}", claim.key());
        }
        let norms = judged(&claims, &records, "collapse.norms[2]");
        assert!(norms.verdict.is_some(), "{theta}");
    }
}
