//! Steps in other norms: stretch and size against samples of the gradient's direction, bounds where
//! they bite, and what a step in ℓ₂ has in common with them.

mod common;

use common::sample_by;
use ndarray::Array1;
use relubound::judge::thresholds::threshold_row;
use relubound::judge::verdict::{Verdict, judge};
use relubound::model::bias::Bias;
use relubound::model::claim::Test;
use relubound::model::norm::{Grid, Input, Norm, Portion};
use relubound::model::params::{Amount, Params, Probability};
use relubound::model::slope::Slope;
use relubound::network::sample::{Address, Stream};
use relubound::network::search::step::{adversarial, shortest};
use relubound::network::{Conditioned, Dense, Engine, Network, Scaled, backward, forward};
use relubound::num::magnitude::Magnitude;
use relubound::run::{self, Engines, Record, Sampling, Spec};
use relubound::stage::norm::bound;
use relubound::theory::direct;
use relubound::theory::direct::expected::least_coordinates;
use relubound::theory::norm::expected_stretch;
use relubound::theory::norm::law::SizeLaw;

fn delta(text: &str) -> Probability {
    Probability::parse("delta", text).unwrap()
}

/// A norm; `form:…` has weights that grow by so much from entry to entry of an input of dimension
/// d.
fn norm(text: &str, d: usize) -> Norm {
    let read = |growth: &str| {
        let growth: f64 = growth.parse().unwrap();
        Ok((0..d).map(|j| growth.powi(j as i32)).collect())
    };
    let side = (d as f64).sqrt().round() as usize;
    let grid = Grid::parse(&format!("{side}x{}", d / side)).ok().filter(|_| d.is_multiple_of(side));
    Norm::parse(text, grid, read).unwrap()
}

fn params(widths: &str, text: &str) -> Params {
    let architecture: relubound::model::params::Architecture = widths.parse().unwrap();
    let norm = norm(text, architecture.input() as usize);
    Params { norm, ..Params::new(architecture, delta("0.1")) }
}

fn normals(seed: u64, n: usize) -> Vec<f64> {
    let mut values = vec![0.0; n];
    Stream::new(Address { seed, trial: 3, layer: 3, block: 3 }).fill(&mut values);
    values
}

/// Inputs of several shapes.
fn inputs(d: usize) -> Vec<Option<Input>> {
    let mut one = vec![0.0; d];
    one[d / 2] = -2.0;
    let falling = (0..d).map(|j| 1.0 / (1.0 + j as f64)).collect();
    let given = [normals(9, d), one, falling].map(|values| Input::new("x", values).unwrap());
    std::iter::once(None).chain(given.map(Some)).collect()
}

/// χ and the sizes of the step t = 1 of linear networks, whose gradient is their only row.
fn linear(params: &Params, trials: u64) -> Vec<[f64; 3]> {
    let d = params.architecture.input() as usize;
    let x = params.input.as_ref().map_or(vec![1.0; d], |input| input.values().to_vec());
    let x = Scaled::new(Array1::from(x), 0);
    let mut network = Conditioned::new(&d.to_string().parse().unwrap(), 21, 1).unwrap();
    let mut found = Vec::new();
    for trial in 0..trials {
        network.draw(trial);
        let at = forward(&mut network, std::slice::from_ref(&x));
        let back = backward(&mut network, &at);
        let step = shortest(&at[0], &back[0], &params.norm, 1.0).unwrap();
        found.push([step.stretch, step.own_size, step.step.size].map(Magnitude::to_f64));
    }
    found
}

/// More exceedances than this of an event of probability p in n trials happen with probability at
/// most 1e-9, by Bernstein's inequality.
fn most(n: u64, p: f64) -> f64 {
    let (n, nats) = (n as f64, 1e9f64.ln());
    n * p + (2.0 * n * p * nats).sqrt() + 2.0 * nats / 3.0
}

/// The bound holds at all dimensions and shares, and is near at large ones.
#[test]
fn stretch_is_bounded_and_nearly_attained() {
    for (d, text) in [
        (1usize, "linf"),
        (2, "linf"),
        (3, "l1"),
        (5, "top:4"),
        (7, "top:7"),
        (12, "top:3"),
        (40, "linf"),
        (40, "form:1.2"),
        (36, "form:power:-2"),
        (1000, "linf"),
        (1000, "top:10%"),
        (1000, "top:1%"),
        (1000, "top:99.9%"),
        (1000, "l1"),
        (900, "form:power:1"),
        (1000, "form:1.003"),
    ] {
        let trials = 4000;
        let mut case = params(&d.to_string(), text);
        let mut seen: Vec<f64> = linear(&case, trials).iter().map(|seen| seen[0]).collect();
        seen.sort_by(f64::total_cmp);
        for level in ["0.5", "0.1", "0.01"] {
            case.delta = delta(level);
            let (value, behind) = bound::stretch(&case);
            assert_eq!(behind.book.overdrawn(), None);
            let (value, share) = (value.to_f64(), case.delta.to_f64());
            let beyond = seen.iter().filter(|seen| **seen > value * (1.0 + 1e-10)).count();
            assert!(beyond as f64 <= most(trials, share), "{d} {text} {level}: {beyond}");
            let quantile = seen[((1.0 - share) * trials as f64) as usize];
            // The fewer coordinates there are, the less is Chernoff's inequality their law.
            let within = match text {
                "l1" => 1.25,
                "top:1%" => 1.09,
                // Few frequencies carry it.
                "form:power:1" => 1.2,
                _ => 1.05,
            };
            if d >= 900 {
                assert!(value < within * quantile, "{d} {text} {level}: {value} {quantile}");
            }
        }
        if d >= 900 {
            let (median, limit) =
                (seen[trials as usize / 2], expected_stretch(&case.norm, d as u128));
            let within = if text == "l1" { 0.1 } else { 0.05 };
            assert!((median / limit - 1.0).abs() < within, "{d} {text}: {median} {limit}");
        }
    }
}

/// What is forgotten is missed: without √(π/2), or with twice as many coordinates, the stretch is
/// beyond the bound.
#[test]
fn bounds_of_other_steps_are_exceeded() {
    for (text, other) in [("linf", "l2"), ("top:10%", "top:20%"), ("top:78", "linf")] {
        let seen = linear(&params("1000", text), 1000);
        let value = bound::stretch(&params("1000", other)).0.to_f64();
        let beyond = seen.iter().filter(|seen| seen[0] > value).count();
        assert!(beyond as f64 > most(1000, 0.1), "{text} {other}: {beyond}");
    }
}

/// The largest distance between the law and the sizes observed.
fn distance(law: &SizeLaw, sizes: &mut [f64]) -> f64 {
    sizes.sort_by(f64::total_cmp);
    let n = sizes.len() as f64;
    // By so much an observation is moved in favour of the law: there may be an atom at the end.
    let rounding = 1e-9;
    let gap = |(i, size): (usize, &f64)| {
        let [low, high] = [1.0 - rounding, 1.0 + rounding].map(|factor| law.cdf(size * factor));
        ((i as f64 + 1.0) / n - high).max(low - i as f64 / n)
    };
    sizes.iter().enumerate().map(gap).fold(0.0, f64::max)
}

/// The law of the size, for inputs of several shapes. False alarms: 1e-9 each, by the inequality of
/// Dvoretzky, Kiefer, Wolfowitz and Massart; the law of another shape is beyond it.
#[test]
fn sizes_have_their_law() {
    let trials = 4000u64;
    let limit = (2e9f64.ln() / (2.0 * trials as f64)).sqrt();
    for (d, text) in [
        (2usize, "linf"),
        (3, "linf"),
        (16, "linf"),
        (300, "linf"),
        (2, "form:3"),
        (3, "form:0.01"),
        (16, "form:power:1"),
        (300, "form:1.01"),
        (256, "form:power:-1"),
    ] {
        for input in inputs(d) {
            let case = Params { input: input.clone(), ..params(&d.to_string(), text) };
            let law = SizeLaw::new(&case).unwrap();
            let mut sizes: Vec<f64> = linear(&case, trials).iter().map(|seen| seen[1]).collect();
            let found = distance(&law, &mut sizes);
            assert!(found < limit, "{d} {text} {input:?}: {found}");
            // A tenth longer is seen.
            for size in &mut sizes {
                *size *= 1.25;
            }
            assert!(distance(&law, &mut sizes) > limit, "{d} {text} {input:?}");
        }
    }
    // Quantiles are inverse; between nodes as without.
    let law = SizeLaw::new(&params("300", "form:1.01")).unwrap();
    for level in [0.01, 0.5, 0.9, 0.999] {
        assert!((law.cdf(law.quantile(level)) - level).abs() < 1e-9);
    }
}

/// The sizes of the step t = 1 in networks, as they are drawn.
fn sizes(params: &Params, trials: u64) -> Vec<f64> {
    let d = params.architecture.input() as usize;
    let x = params.input.as_ref().map_or(vec![1.0; d], |input| input.values().to_vec());
    // Biases are in units of an input of norm √d.
    let norm = x.iter().map(|v| v * v).sum::<f64>().sqrt();
    let x = x.iter().map(|v| v * (d as f64).sqrt() / norm);
    let x = Scaled::new(x.collect(), 0);
    let deviations = params.bias.deviations(&params.slope, params.architecture.depth());
    let network = Dense::<f64>::new(&params.architecture, 8, 1).unwrap();
    let mut network = network.with_slope(params.slope.to_f64()).with_biases(deviations);
    let mut found = Vec::new();
    for trial in 0..trials {
        network.draw(trial);
        let at = forward(&mut network, std::slice::from_ref(&x));
        let back = backward(&mut network, &at);
        if let Ok(step) = shortest(&at[0], &back[0], &params.norm, 1.0) {
            found.push(step.own_size.to_f64());
        }
    }
    found
}

/// With biases, too. False alarms: as above; the law without them is beyond the limit.
#[test]
fn sizes_with_biases_have_their_law() {
    for (widths, slope, bias, text) in [
        ("1,5", "0", "1", "linf"),
        ("2,6,4", "0.3", "0.7", "linf"),
        ("16,4x3", "0", "1", "linf"),
        ("80,30,20", "-0.5", "0.6", "linf"),
        ("2,7", "-1", "1", "form:3"),
        ("16,3,9", "0", "2", "form:power:1"),
        ("100,40", "0.1", "0.5", "form:1.05"),
    ] {
        let dimension = params(widths, text).architecture.input() as usize;
        // Of many entries a law takes seconds.
        let count = if dimension < 20 { 4 } else { 1 };
        for input in inputs(dimension).into_iter().take(count) {
            let case = Params {
                slope: Slope::parse(slope).unwrap(),
                bias: Bias::relative(bias).unwrap(),
                input: input.clone(),
                ..params(widths, text)
            };
            let mut seen = sizes(&case, 2500);
            let limit = (2e9f64.ln() / (2.0 * seen.len() as f64)).sqrt();
            let found = distance(&SizeLaw::new(&case).unwrap(), &mut seen);
            assert!(found < limit, "{widths} {slope} {bias} {text} {input:?}: {found}");
            let without = Params { bias: Bias::none(), ..case };
            let found = distance(&SizeLaw::new(&without).unwrap(), &mut seen);
            assert!(found > limit, "{widths} {slope} {bias} {text} {input:?}: {found}");
        }
    }
    // With next to none it is that without them; and in ℓ₂ by a form it is that of the ratio.
    let mut case = params("40,50", "linf");
    let without = SizeLaw::new(&case).unwrap();
    case.bias = Bias::relative("1e-6").unwrap();
    let with = SizeLaw::new(&case).unwrap();
    for size in [1e-3, 0.01, 0.03, 0.1, 0.2] {
        assert!((with.cdf(size) - without.cdf(size)).abs() < 1e-6, "{size}");
    }
    let mut case = params("40,50,30", "form:1");
    case.bias = Bias::relative("0.8").unwrap();
    let law = SizeLaw::new(&case).unwrap();
    let ratio = relubound::theory::distribution::biased::ratio(&case);
    for size in [1e-3f64, 0.05, 0.2, 0.5, 1.0] {
        let gap = law.cdf(size) - ratio.cdf(size.ln());
        assert!(gap.abs() < 2e-5, "{size}: {gap}");
    }
}

/// With weights that are all one the form is ℓ₂: the law of the size is that of |U₁|.
#[test]
fn a_form_of_equal_weights_is_l2() {
    let case = params("40,50", "form:1");
    let law = SizeLaw::new(&case).unwrap();
    let ratio = relubound::theory::distribution::ratio::RatioLaw::new(40);
    for size in [1e-4, 0.01, 0.1, 0.3, 0.6] {
        assert!((law.cdf(size) - ratio.cdf(size)).abs() < 1e-10, "{size}");
    }
    assert!((bound::stretch(&case).0.to_f64() - 1.0).abs() < 1e-15);
    assert!((expected_stretch(&case.norm, 40) - 1.0).abs() < 1e-12);
    // So is the step of all coordinates.
    assert_eq!(bound::stretch(&params("40,50", "top:100%")).0.to_f64(), 1.0);
}

/// ℓ₂ is what it was, and other norms meet it where they are it.
#[test]
fn the_straight_step_is_a_special_case() {
    let straight = params("3000x3", "l2");
    let t = Amount::step("2.6").unwrap().enclosure(straight.precision());
    let found = direct::certify(&straight, &t);
    assert!(found.flips && found.size < bound::length(&params("3000x3", "linf"), &t).0);
    // Layer by layer, as every norm is: all layers at once serve ℓ₂ alone.
    let achieved = |text: &str| direct::by_layers(&params("5000x3", text), &t).achieved.to_f64();
    let [l2, all, most, half, tenth] =
        ["l2", "top:100%", "top:99%", "top:50%", "top:10%"].map(achieved);
    // A little of δ goes to events that say nothing there.
    assert!(l2 >= all && all > 0.99 * l2, "{l2} {all}");
    assert!(all >= most && most > half && half > tenth && tenth > 0.0);
    let widths = ["l2", "linf", "top:10%", "top:1%"].map(|text| {
        let found = direct::threshold(&params("64x3", text)).unwrap();
        found.architecture.input()
    });
    assert!(widths.is_sorted_by(|a, b| a < b), "{widths:?}");
    assert!(widths[1] < 3100 && widths[2] < 3400, "{widths:?}");
    // In ℓ₁ the stretch grows with the width, and a form is of one dimension.
    assert!(direct::threshold(&params("64x3", "l1")).is_none());
    assert!(direct::threshold(&params("64x3", "form:power:1")).is_none());
    let row = threshold_row(&params("64x3", "linf"));
    assert_eq!((row.norm.as_deref(), row.affine), (Some("linf"), None));
}

fn records(params: Params, trials: u64) -> (Spec, Vec<Record>) {
    let engines = Engines::All(Engine::Conditioned);
    let sampling = Sampling { seed: 5, engines, ..Sampling::new(trials) };
    let stages = run::stages(&["norm"]).unwrap();
    let spec = Spec { params, alpha: delta("1e-6"), stages, sampling: Some(sampling) };
    let records = sample_by(Engine::Conditioned, &spec);
    (spec, records)
}

/// Just above the threshold, and far below it: no bound is exceeded more often than its δ. False
/// alarms: 1e-9 each.
#[test]
fn no_bound_fails_more_often_than_it_may() {
    for (widths, text, slope, input, trials, flips) in [
        ("420x1", "linf", "0", 0, 2000u64, true),
        ("1000x1", "linf", "0, 1", 0, 1500, true),
        ("2400x2", "linf", "0.1, 0.3", 0, 500, true),
        ("1800x1", "top:20%", "-1/2, 0.5", 1, 600, true),
        ("64x3", "linf", "0, 2", 0, 1500, false),
        ("9,3,3", "linf", "0, 1", 0, 500, false),
        ("50", "top:5", "0, 1", 0, 1500, true),
        ("3000x3", "linf", "0", 0, 300, true),
        ("3300x3", "top:10%", "0", 0, 300, true),
        ("1800x1", "top:1%", "0", 0, 600, true),
        ("900x1", "top:20%", "0", 1, 600, true),
        ("900x1", "top:20%", "0.1", 0, 600, true),
        ("700x1", "linf", "-1/2", 3, 1000, true),
        ("900,1200", "form:power:0.2", "0", 0, 600, true),
        ("900,1200", "form:1.0003", "0", 2, 600, true),
        ("64x3", "linf", "0", 0, 1500, false),
        ("40x2", "l1", "0", 0, 1500, false),
        ("9,30", "form:3", "0.3", 0, 1500, false),
        ("50", "top:5", "0", 0, 1500, true),
    ] {
        let mut case = params(widths, text);
        // Behind the slope biases, if there are any.
        let (slope, bias) = slope.split_once(", ").unwrap_or((slope, "0"));
        case.slope = Slope::parse(slope).unwrap();
        case.bias = Bias::relative(bias).unwrap();
        case.input = inputs(case.architecture.input() as usize).remove(input);
        let (spec, records) = records(case, trials);
        let claims: Vec<_> = spec.claims();
        let flip = claims.iter().find(|c| c.key() == "norm.flip").unwrap();
        assert_eq!(
            matches!(flip.test, Test::Bound { .. }),
            flips,
            "{widths} {text} {slope} {bias}"
        );
        for (i, claim) in claims.iter().enumerate() {
            let judged = judge(claim, records.iter().map(|r| r.outcomes[i]), &delta("1e-9"), 1e-10);
            let bad = [Some(Verdict::Violated), Some(Verdict::NumericalFailure)];
            assert!(!bad.contains(&judged.verdict), "{widths} {text} {slope} {}", claim.key());
        }
    }
}

/// The least number of coordinates that is proved flips, and is about the least: fewer are enough
/// in wider networks, in shallower ones, and by expectation.
#[test]
fn fewer_coordinates_are_enough_in_wider_networks() {
    let at = |widths: &str| {
        let case = params(widths, "l2");
        let (proved, expected) = (direct::least_coordinates(&case), least_coordinates(&case));
        if let Some(count) = proved {
            let flips = |count: u128| {
                let norm = Norm::Top(Portion::Count(count));
                let case = Params { norm, ..case.clone() };
                let t = direct::exact_step(&case);
                direct::certify(&case, &t).flips
            };
            assert!(flips(count) && (count < 3 || !flips(count / 2)), "{widths}: {count}");
            assert!(expected.unwrap() <= count);
        }
        proved
    };
    assert_eq!(at("1024x3"), None);
    let [wide, wider] = ["4096x3", "16384x3"].map(|widths| at(widths).unwrap());
    assert!(wider < wide && at("4096x1").unwrap() < wide, "{wide} {wider}");
    // A linear function needs one.
    assert_eq!(direct::least_coordinates(&params("50", "l2")), Some(1));
    let mut linear = params("50,60", "l2");
    linear.slope = Slope::parse("1").unwrap();
    assert_eq!(direct::least_coordinates(&linear), Some(1));
}

/// What a record keeps is all there is.
#[test]
fn records_are_read_back() {
    for (widths, text) in [
        ("30,20", "linf"),
        ("30,20", "l1"),
        ("30,20", "top:1/3%"),
        ("30,20", "form:1.5"),
        ("30,20", "form:power:-1/2"),
    ] {
        for input in inputs(30) {
            let case = Params { input, ..params(widths, text) };
            let stages = run::stages_of(&case, &[] as &[&str]).unwrap();
            assert!(stages.iter().any(|stage| stage.name() == "norm"));
            let alpha = delta("1e-3");
            let spec = Spec { params: case, alpha, stages, sampling: None };
            let back = Spec::from_record(&spec.record()).unwrap();
            assert_eq!(back.params, spec.params, "{text}");
        }
    }
    // Along the gradient nothing is recorded, and the stage is not run.
    let straight = params("30,20", "l2");
    let stages = run::stages_of(&straight, &[] as &[&str]).unwrap();
    assert!(stages.iter().all(|stage| stage.name() != "norm"));
    assert!(run::stages_of(&straight, &["norm"]).is_err());
}

/// Along the gradient both ways to the step agree.
#[test]
fn the_shortest_step_in_l2_is_along_the_gradient() {
    let mut network = Conditioned::new(&"30,20".parse().unwrap(), 2, 1).unwrap();
    network.draw(0);
    let x = Scaled::new(Array1::from(normals(1, 30)), 0);
    let at = forward(&mut network, std::slice::from_ref(&x));
    let back = backward(&mut network, &at);
    let straight = adversarial(&at[0], &back[0], 2.0).unwrap();
    for text in ["l2", "top:100%", "form:1"] {
        let found = shortest(&at[0], &back[0], &norm(text, 30), 2.0).unwrap();
        let gap = found.step.u.minus(&straight.u).norm().unwrap();
        assert!(gap.to_f64() < 1e-14 * straight.u.norm().unwrap().to_f64(), "{text}");
    }
}

/// Huge dimensions: nothing loses its digits, and the bounds approach their limits.
#[test]
fn stretch_at_huge_dimensions() {
    for (d, within) in [("1e6", 5e-3), ("1e12", 1e-5), ("1e30", 5e-4)] {
        for text in ["linf", "top:10%", "top:1e-6%"] {
            let case = Params {
                norm: Norm::parse(text, None, |_| unreachable!()).unwrap(),
                ..Params::new(d.parse().unwrap(), delta("0.1"))
            };
            let limit = expected_stretch(&case.norm, case.architecture.input());
            let value = bound::stretch(&case).0.to_f64();
            // What few coordinates have in them fluctuates.
            let count = case.norm.coordinates(case.architecture.input());
            let few = count.map_or(0.0, |count| 3.0 / (count as f64).sqrt());
            assert!(value >= limit * (1.0 - 1e-12), "{d} {text}: {value} {limit}");
            assert!(value < limit * (1.0 + within + few), "{d} {text}: {value} {limit}");
        }
    }
}
