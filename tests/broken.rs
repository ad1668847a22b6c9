//! Every statement is broken on purpose once, and the verdict must see it: a check that cannot
//! fail is no check. The unbroken twin stands beside each.

mod common;

use common::{claim, judge_as, judged, sample, searched, spec};
use ndarray::array;
use relubound::judge::verdict::Verdict;
use relubound::model::bias::Bias;
use relubound::model::claim::{Claim, Test};
use relubound::model::norm::Norm;
use relubound::model::outcome::Outcome;
use relubound::model::statement::Statement;
use relubound::network::search::Setting;
use relubound::network::search::line::Line;
use relubound::network::{Dense, Scaled, backward, forward};
use relubound::num::magnitude::Magnitude;
use relubound::run::Record;
use relubound::stage::rows::Rows;
use relubound::stage::{Stage, Trial, linearity::Linearity, model::Model, statements};
use std::sync::Arc;

const WIDTHS: &str = "20,5,30,7";

fn run(trials: u64) -> (Vec<Claim>, Vec<Record>) {
    let config = spec(WIDTHS, "0.1", trials, 11);
    (config.claims(), sample(&config))
}

/// The claims of another architecture, tested on the networks of [`WIDTHS`].
fn law_of(widths: &str, label: &str) -> Claim {
    claim(&spec(widths, "0.1", 1, 1).claims(), label)
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
    let mut trial = Trial::new(&mut network, &here[0], &wrong[0], None);
    let outcome = seen(&Model, &mut trial)[0];
    let judged = relubound::judge::verdict::judge(
        &claims[0],
        std::iter::once(outcome),
        &"1e-9".alpha(),
        1e-10,
    );
    assert_eq!(judged.verdict, Some(Verdict::Violated));
    // An engine that understates its rounding is caught as well.
    let mut tight = claim(&claims, "model.homogeneity");
    tight.test = Test::Identity { limit: Magnitude::from_f64(1e-6).unwrap() };
    assert_eq!(judge_as(&tight, &claims, &records).verdict, Some(Verdict::Violated));
}

/// What a stage shows of one network.
fn seen(stage: &dyn Stage, trial: &mut Trial<'_>) -> Vec<Outcome> {
    let rows = Rows::new(stage.rows(), trial.network.depth());
    let mut seen = rows.blank();
    stage.observe(trial, &mut seen);
    seen.outcomes()
}

trait Alpha {
    fn alpha(&self) -> relubound::model::params::Probability;
}

impl Alpha for str {
    fn alpha(&self) -> relubound::model::params::Probability {
        relubound::model::params::Probability::parse("alpha", self).unwrap()
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
    assert_eq!(judged(&claims, &records, "output.upper").verdict, Some(Verdict::Holds));
    let small = at_prediction(claim(&claims, "output.upper"), 0.8);
    assert_eq!(judge_as(&small, &claims, &records).verdict, Some(Verdict::Violated));
}

/// The claim with `factor` times the exact quantile for a bound: exceeded more often than δ.
fn at_prediction(mut claim: Claim, factor: f64) -> Claim {
    let quantile = claim.expected.unwrap();
    if let Test::Bound { value, .. } = &mut claim.test {
        *value = quantile * Magnitude::from_f64(factor).unwrap();
    }
    claim
}

#[test]
fn gradient_lower() {
    let (claims, records) = run(20_000);
    assert_eq!(judged(&claims, &records, "gradient.lower").verdict, Some(Verdict::Holds));
    let large = at_prediction(claim(&claims, "gradient.lower"), 1.5);
    assert_eq!(judge_as(&large, &claims, &records).verdict, Some(Verdict::Violated));
}

/// In the ball of radius 0.1‖x‖ around the inputs of 300 networks.
fn in_ball() -> (Vec<Claim>, Vec<Record>) {
    let config = searched("30x3", "0.1", "0.1", 300, 17);
    (config.claims(), sample(&config))
}

/// The claim holds, but that of a ball a million times smaller does not.
fn wrong_radius(label: &str) {
    let (claims, records) = in_ball();
    assert_eq!(judged(&claims, &records, label).verdict, Some(Verdict::NotViolated));
    let small = searched("30x3", "0.1", "1e-9", 300, 17);
    let wrong = claim(&small.claims(), label);
    assert_eq!(judge_as(&wrong, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn bottleneck_rows() {
    wrong_radius("bottleneck.rows[1]");
    wrong_radius("bottleneck.rows[3]");
}

#[test]
fn bottleneck_flips() {
    wrong_radius("bottleneck.flips[1]");
}

/// Flipped rows and the gradient's change of networks with biases, judged by the claims of other
/// biases: larger ones let fewer neurons flip than there do.
#[test]
fn forgotten_biases_in_the_ball() {
    let with = |bias: &str, trials: u64| {
        let mut config = searched("30x3", "0.1", "0.1", trials, 17);
        config.params.bias = Bias::relative(bias).unwrap();
        config.stages = relubound::run::stages(&["bottleneck", "linearity"]).unwrap();
        config
    };
    let (claims, records) = (with("1", 1).claims(), sample(&with("1", 300)));
    let others = with("1e6", 1).claims();
    for label in [
        "bottleneck.rows[1]",
        "bottleneck.rows[3]",
        "linearity.term[3]",
        "linearity.gradient",
        "linearity.affine",
    ] {
        assert_eq!(judged(&claims, &records, label).verdict, Some(Verdict::NotViolated), "{label}");
        let wrong = claim(&others, label);
        assert_eq!(judge_as(&wrong, &claims, &records).verdict, Some(Verdict::Violated), "{label}");
    }
}

#[test]
fn bottleneck_lipschitz() {
    let (claims, records) = in_ball();
    for (label, factor) in [("bottleneck.lipschitz[1]", 0.9), ("bottleneck.lipschitz[2]", 0.9)] {
        assert_eq!(judged(&claims, &records, label).verdict, Some(Verdict::NotViolated));
        // The edge of the spectrum is the typical value; nine tenths of it are too little.
        let small = at_prediction(claim(&claims, label), factor);
        assert_eq!(judge_as(&small, &claims, &records).verdict, Some(Verdict::Violated));
    }
}

#[test]
fn linearity_decomposition() {
    let (claims, records) = in_ball();
    let label = "linearity.decomposition";
    assert_eq!(judged(&claims, &records, label).verdict, Some(Verdict::Holds));
    // A gradient at x along the wrong pattern.
    let mut network =
        Dense::<f64>::with_weights(vec![array![[1.0, 0.5], [-0.7, 1.0]], array![[1.0, 1.0]]]);
    let here = forward(&mut network, &[Scaled::new(array![1.0, 1.0], 0)]);
    let there = forward(&mut network, &[Scaled::new(array![1.0, -1.0], 0)]);
    let wrong = backward(&mut network, &there);
    let setting = Setting::new(0.3, 2.0, 1, 0);
    let mut trial = Trial::new(&mut network, &here[0], &wrong[0], Some(&setting));
    let outcome = seen(&Linearity, &mut trial)[0];
    let claim = claim(&claims, label);
    let judged =
        relubound::judge::verdict::judge(&claim, std::iter::once(outcome), &"1e-9".alpha(), 1e-10);
    assert_eq!(judged.verdict, Some(Verdict::Violated));
}

#[test]
fn linearity_term() {
    wrong_radius("linearity.term[1]");
    wrong_radius("linearity.term[3]");
}

#[test]
fn linearity_gradient() {
    wrong_radius("linearity.gradient");
}

#[test]
fn linearity_affine() {
    wrong_radius("linearity.affine");
}

#[test]
fn flip_size() {
    let config = searched(WIDTHS, "0.1", "0.1", 2000, 11);
    let (claims, records) = (config.claims(), sample(&config));
    assert_eq!(judged(&claims, &records, "flip.size").verdict, Some(Verdict::NotRejected));
    // A step of another size.
    let mut other = config.clone();
    other.params.step = Some(relubound::model::params::Amount::step("2.5").unwrap());
    let wrong = claim(&other.claims(), "flip.size");
    assert_eq!(judge_as(&wrong, &claims, &records).verdict, Some(Verdict::Violated));
}

/// One wide layer, above the threshold for the step that is best there.
fn flipping() -> (Vec<Claim>, Vec<Record>) {
    let mut config = searched("2000,2000", "0.1", "0.1", 240, 5);
    config.params.step = Some(relubound::model::params::Amount::step("4").unwrap());
    config.stages = relubound::run::stages(&["flip"]).unwrap();
    (config.claims(), sample(&config))
}

#[test]
fn flip_step() {
    let (claims, records) = flipping();
    assert_eq!(judged(&claims, &records, "flip.step").verdict, Some(Verdict::Holds));
    // More than the whole of the linear change.
    let mut greedy = claim(&claims, "flip.step");
    if let Test::Bound { value, .. } = &mut greedy.test {
        *value = Magnitude::from_f64(1.01).unwrap();
    }
    assert_eq!(judge_as(&greedy, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn flip_least() {
    let (claims, records) = flipping();
    assert_eq!(judged(&claims, &records, "flip.least").verdict, Some(Verdict::Holds));
    // Sooner than a linear function would.
    let mut greedy = claim(&claims, "flip.least");
    if let Test::Bound { value, .. } = &mut greedy.test {
        *value = Magnitude::from_f64(0.9).unwrap();
    }
    assert_eq!(judge_as(&greedy, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn flip_threshold() {
    let (claims, records) = flipping();
    assert_eq!(judged(&claims, &records, "flip.threshold").verdict, Some(Verdict::Holds));
    // A threshold below networks whose step mostly fails.
    let config = searched("24x12", "0.1", "0.1", 200, 5);
    let (claims, records) = (config.claims(), sample(&config));
    let mut greedy = claim(&claims, "flip.threshold");
    assert!(matches!(greedy.test, Test::Outside { .. }));
    greedy.test = Test::Reached { value: Magnitude::from_f64(24.0).unwrap(), delta: "0.1".alpha() };
    assert_eq!(judge_as(&greedy, &claims, &records).verdict, Some(Verdict::Violated));
}

/// Above the threshold of the direct theorem.
fn followed(step: &str, trials: u64) -> (Vec<Claim>, Vec<Record>) {
    let mut config = searched("300,300", "0.1", "0.1", trials, 5);
    config.params.step = Some(relubound::model::params::Amount::step(step).unwrap());
    config.stages = relubound::run::stages(&["direct"]).unwrap();
    (config.claims(), sample(&config))
}

/// The claim holds; that of a shorter step does not.
fn wrong_step(label: &str) {
    let (claims, records) = followed("2.8", 6000);
    assert_eq!(judged(&claims, &records, label).verdict, Some(Verdict::Holds));
    let wrong = claim(&followed("1.25", 1).0, label);
    assert_eq!(judge_as(&wrong, &claims, &records).verdict, Some(Verdict::Violated));
}

/// With biases the claim holds; that of a network without them does not.
fn forgotten_biases(label: &str) {
    let with = |bias: &str, trials: u64| {
        let mut config = searched("600,600", "0.1", "0.1", trials, 5);
        config.params.bias = relubound::model::bias::Bias::relative(bias).unwrap();
        config.params.step = Some(relubound::model::params::Amount::step("2.4").unwrap());
        config.stages = relubound::run::stages(&["direct"]).unwrap();
        (config.claims(), config)
    };
    let (claims, config) = with("1", 1500);
    let records = sample(&config);
    assert_eq!(judged(&claims, &records, label).verdict, Some(Verdict::Holds));
    let wrong = claim(&with("0", 1).0, label);
    assert_eq!(judge_as(&wrong, &claims, &records).verdict, Some(Verdict::Violated));
}

/// The claim holds; half of what is expected at the same level does not.
fn below_expectation(label: &str) {
    let (claims, records) = followed("2.8", 1500);
    assert_eq!(judged(&claims, &records, label).verdict, Some(Verdict::Holds));
    let small = at_prediction(claim(&claims, label), 0.5);
    assert_eq!(judge_as(&small, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn direct_along() {
    wrong_step("direct.along[1]");
}

#[test]
fn direct_state() {
    wrong_step("direct.state[1]");
    forgotten_biases("direct.state[1]");
}

#[test]
fn direct_coherent() {
    below_expectation("direct.coherent[1]");
}

#[test]
fn direct_noise() {
    below_expectation("direct.noise[1]");
}

#[test]
fn direct_error() {
    below_expectation("direct.error[1]");
}

#[test]
fn direct_flip() {
    let (claims, records) = followed("2.8", 1500);
    assert_eq!(judged(&claims, &records, "direct.flip").verdict, Some(Verdict::Holds));
    // More than is expected.
    let greedy = at_prediction(claim(&claims, "direct.flip"), 1.3);
    assert_eq!(judge_as(&greedy, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn direct_threshold() {
    let (claims, records) = followed("2.8", 1500);
    assert_eq!(judged(&claims, &records, "direct.threshold").verdict, Some(Verdict::Holds));
    // A threshold below networks whose step mostly fails.
    let mut config = searched("24x12", "0.1", "0.1", 200, 5);
    config.stages = relubound::run::stages(&["direct"]).unwrap();
    let (claims, records) = (config.claims(), sample(&config));
    let mut greedy = claim(&claims, "direct.threshold");
    assert!(matches!(greedy.test, Test::Outside { .. }));
    greedy.test = Test::Reached { value: Magnitude::from_f64(24.0).unwrap(), delta: "0.1".alpha() };
    assert_eq!(judge_as(&greedy, &claims, &records).verdict, Some(Verdict::Violated));
}

/// Held against networks in which most steps fail, the claim of half holds; against such as mostly
/// flip it does not.
fn half_fail(label: &str) {
    let judged_at = |widths: &str, trials: u64| {
        let mut config = searched(widths, "0.1", "0.1", trials, 5);
        config.params.step = Some(relubound::model::params::Amount::step("2").unwrap());
        config.stages = relubound::run::stages(&["direct"]).unwrap();
        let (claims, records) = (config.claims(), sample(&config));
        let mut greedy = claim(&claims, label);
        assert!(matches!(greedy.test, Test::Outside { .. }));
        let value = Magnitude::from_f64(config.params.architecture.input() as f64).unwrap();
        greedy.test = Test::Reached { value, delta: "0.5".alpha() };
        judge_as(&greedy, &claims, &records).verdict
    };
    assert_eq!(judged_at("24x30", 2000), Some(Verdict::Holds));
    assert_eq!(judged_at("60,60", 400), Some(Verdict::Violated));
}

#[test]
fn direct_fails() {
    half_fail("direct.fails");
}

#[test]
fn direct_bracket() {
    half_fail("direct.bracket");
}

/// Steps in another norm, above their threshold.
fn in_norm(norm: &str, trials: u64) -> (Vec<Claim>, Vec<Record>) {
    let mut config = searched("420,420", "0.1", "0.1", trials, 5);
    config.params.norm = Norm::parse(norm, None, |_| unreachable!()).unwrap();
    config.params.step = Some(relubound::model::params::Amount::step("2.8").unwrap());
    config.stages = relubound::run::stages(&["norm"]).unwrap();
    (config.claims(), sample(&config))
}

/// The claim holds for ℓ∞; that for a step along the gradient, where √(π/2) is forgotten, does
/// not.
fn wrong_norm(label: &str) {
    let (claims, records) = in_norm("linf", 6000);
    assert_eq!(judged(&claims, &records, label).verdict, Some(Verdict::Holds));
    let wrong = claim(&in_norm("l2", 1).0, label);
    assert_eq!(judge_as(&wrong, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn norm_stretch() {
    wrong_norm("norm.stretch");
}

#[test]
fn norm_length() {
    let (claims, records) = in_norm("linf", 6000);
    assert_eq!(judged(&claims, &records, "norm.length").verdict, Some(Verdict::Holds));
    let small = at_prediction(claim(&claims, "norm.length"), 1.0 / 1.2533);
    assert_eq!(judge_as(&small, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn norm_size() {
    let (claims, records) = in_norm("linf", 6000);
    assert_eq!(judged(&claims, &records, "norm.size").verdict, Some(Verdict::NotRejected));
    // In networks of another input dimension.
    let mut other = searched("200,420", "0.1", "0.1", 1, 5);
    other.params.norm = Norm::Linf;
    other.params.step = Some(relubound::model::params::Amount::step("2.8").unwrap());
    other.stages = relubound::run::stages(&["norm"]).unwrap();
    let wrong = claim(&other.claims(), "norm.size");
    assert_eq!(judge_as(&wrong, &claims, &records).verdict, Some(Verdict::Violated));
    // With biases it is another one.
    let mut biased = searched("420,420", "0.1", "0.1", 1500, 5);
    biased.params.norm = Norm::Linf;
    biased.params.step = other.params.step.clone();
    biased.params.bias = relubound::model::bias::Bias::relative("0.5").unwrap();
    biased.stages = other.stages.clone();
    let (with, records) = (biased.claims(), sample(&biased));
    assert_eq!(judged(&with, &records, "norm.size").verdict, Some(Verdict::NotRejected));
    let without = claim(&claims, "norm.size");
    assert_eq!(judge_as(&without, &with, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn norm_flip() {
    let (claims, records) = in_norm("linf", 1500);
    assert_eq!(judged(&claims, &records, "norm.flip").verdict, Some(Verdict::Holds));
    // More than is expected.
    let greedy = at_prediction(claim(&claims, "norm.flip"), 1.3);
    assert_eq!(judge_as(&greedy, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn norm_least() {
    let (claims, records) = in_norm("linf", 1500);
    assert_eq!(judged(&claims, &records, "norm.least").verdict, Some(Verdict::Holds));
    // As if the function were linear.
    let mut greedy = claim(&claims, "norm.least");
    if let Test::Bound { value, .. } = &mut greedy.test {
        *value = Magnitude::from_f64(1.01).unwrap();
    }
    assert_eq!(judge_as(&greedy, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn norm_threshold() {
    let (claims, records) = in_norm("linf", 1500);
    assert_eq!(judged(&claims, &records, "norm.threshold").verdict, Some(Verdict::Holds));
    // A threshold below networks whose step mostly fails.
    let mut config = searched("24x12", "0.1", "0.1", 200, 5);
    config.params.norm = Norm::Linf;
    config.stages = relubound::run::stages(&["norm"]).unwrap();
    let (claims, records) = (config.claims(), sample(&config));
    let mut greedy = claim(&claims, "norm.threshold");
    assert!(matches!(greedy.test, Test::Outside { .. }));
    greedy.test = Test::Reached { value: Magnitude::from_f64(24.0).unwrap(), delta: "0.1".alpha() };
    assert_eq!(judge_as(&greedy, &claims, &records).verdict, Some(Verdict::Violated));
}

/// Trainings within η of the networks, at a radius of the ball.
fn trained(widths: &str, radius: &str, eta: &str, trials: u64) -> (Vec<Claim>, Vec<Record>) {
    let mut config = searched(widths, "0.1", radius, trials, 5);
    config.params.trained = Some(relubound::model::params::Amount::nearness(eta).unwrap());
    config.stages = relubound::run::stages(&["trained"]).unwrap();
    (config.claims(), sample(&config))
}

/// The claim holds for what may be trained; that of networks whose weights are as drawn does not.
fn untrained(label: &str, widths: &str, radius: &str, eta: &str) {
    let (claims, records) = trained(widths, radius, eta, 40);
    let verdict = judged(&claims, &records, label).verdict;
    assert_eq!(verdict, Some(Verdict::NotViolated));
    let forgotten = claim(&trained(widths, radius, "0", 1).0, label);
    let verdict = judge_as(&forgotten, &claims, &records).verdict;
    assert_eq!(verdict, Some(Verdict::Violated));
}

#[test]
fn trained_gradient() {
    untrained("trained.gradient", "60,40", "1e-9", "0.05");
}

#[test]
fn trained_affine() {
    untrained("trained.affine", "300,2000", "1e-4", "0.001");
}

/// As if training could do half of what it can: the bound, of what is lost, is attained without
/// hidden layers.
fn greedier(label: &str, change: fn(f64) -> f64) {
    let (claims, records) = trained("400", "0.1", "0.1", 300);
    assert_eq!(judged(&claims, &records, label).verdict, Some(Verdict::NotViolated));
    let mut greedy = claim(&claims, label);
    let Test::Bound { value, .. } = &mut greedy.test else { panic!("{label} is proved") };
    *value = Magnitude::from_f64(change(value.to_f64())).unwrap();
    assert_eq!(judge_as(&greedy, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn trained_flip() {
    greedier("trained.flip", |share| 1.0 - 0.5 * (1.0 - share));
}

#[test]
fn trained_reach() {
    greedier("trained.reach", |eta| 1.3 * eta);
}

#[test]
fn trained_threshold() {
    let (claims, records) = trained("400", "0.1", "0.1", 300);
    let verdict = judged(&claims, &records, "trained.threshold").verdict;
    assert_eq!(verdict, Some(Verdict::NotViolated));
    // A threshold below networks that trainings take to one side.
    let (claims, records) = trained("24x12", "0.1", "0.1", 200);
    let mut greedy = claim(&claims, "trained.threshold");
    assert!(matches!(greedy.test, Test::Outside { .. }));
    greedy.test = Test::Reached { value: Magnitude::from_f64(24.0).unwrap(), delta: "0.1".alpha() };
    assert_eq!(judge_as(&greedy, &claims, &records).verdict, Some(Verdict::Violated));
}

/// Pieces of a network along a segment, by a scan for changes of the activation pattern.
fn scanned_pieces(network: &mut Dense<f64>, x: &Scaled, u: &Scaled, steps: usize) -> usize {
    let points: Vec<Scaled> = (0..=steps)
        .map(|i| Scaled::new(x.values() + &(u.values() * (i as f64 / steps as f64)), 0))
        .collect();
    let passes = forward(network, &points);
    let layers = passes[0].pre.len() - 1;
    let changed =
        |a: &relubound::network::Forward, b| (1..=layers).any(|l| !a.flipped(b, l).is_empty());
    1 + passes.windows(2).filter(|pair| changed(&pair[0], &pair[1])).count()
}

#[test]
fn flip_pieces() {
    let (mut alive, mut missed) = (0, 0);
    for seed in 0..20 {
        let mut network = Dense::<f64>::new(&"5,6,7".parse().unwrap(), seed, 1).unwrap();
        relubound::network::Network::draw(&mut network, 0);
        let x = Scaled::new(array![1.0, -0.3, 0.7, 0.2, -0.9], 0);
        let u = Scaled::new(array![-1.2, 0.8, 0.4, -1.0, 0.6], 0);
        let line = Line::new(&mut network, &x, &u);
        let scanned = scanned_pieces(&mut network, &x, &u, 200_000);
        assert_eq!(line.pieces(), scanned, "seed {seed}");
        // Looking at too few points misses some, where there are more than a few.
        missed += u32::from(line.pieces() > scanned_pieces(&mut network, &x, &u, 2));
        // Values are in units of one that is 0 where the network is dead at the start.
        if line.values[0] == 0.0 {
            continue;
        }
        alive += 1;
        // The breaks carry the function: linear interpolation between them is exact.
        for i in 0..50 {
            let s = (f64::from(i) + 0.5) / 50.0;
            let k = line.breaks.partition_point(|b| *b <= s) - 1;
            let (a, b) = (line.breaks[k], line.breaks[k + 1]);
            let t = (s - a) / (b - a);
            let interpolated = line.values[k] * (1.0 - t) + line.values[k + 1] * t;
            let point = Scaled::new(x.values() + &(u.values() * s), 0);
            let f = forward(&mut network, &[point])[0].output();
            let scale = line.values[0] / {
                let first = forward(&mut network, std::slice::from_ref(&x))[0].output();
                first.mantissa * 2f64.powi(first.exponent as i32)
            };
            let value = f.mantissa * 2f64.powi(f.exponent as i32) * scale;
            assert!(
                (value - interpolated).abs()
                    < 1e-9 * line.values.iter().fold(1.0, |m, v| v.abs().max(m))
            );
        }
    }
    assert!(alive >= 10 && missed >= 10);
}

#[test]
fn flip_change() {
    // The change at the end of the step is that of finite differences there; a step of another
    // size shows another change.
    let config = searched("40x2", "0.1", "0.1", 60, 3);
    let (claims, records) = (config.claims(), sample(&config));
    let mut longer = config.clone();
    longer.params.step = Some(relubound::model::params::Amount::step("6").unwrap());
    let more = sample(&longer);
    let median = |records: &[Record]| {
        judged(&claims, records, "flip.change").observed.unwrap().median.to_f64()
    };
    assert!(median(&records) > 0.0 && median(&more) > 1.2 * median(&records));
}

#[test]
fn slack_factors() {
    let config = searched("30x3", "0.1", "0.1", 300, 17);
    let claims = config.claims();
    let records = sample(&config);
    let ledger = common::ledger(&config, &claims, &records);
    let split = |rows: &[relubound::judge::row::Row]| {
        relubound::judge::attribution::Attribution::new(rows, &config.params.architecture).unwrap()
    };
    // Flips are seen in all layers, so that the factors of all are there, and give the bound on the
    // whole.
    let whole = split(&ledger.rows);
    let layers: f64 = whole.layers.iter().flat_map(|l| &l.parts).sum();
    assert_eq!(whole.layers.len(), 3);
    assert!((whole.total - whole.triangle - whole.unseen - layers).abs() < 1e-9, "{whole:?}");
    assert!(whole.unseen.abs() < 1e-9, "{whole:?}");
    // A factor, or the whole, that is twice what the proof has no longer agrees with the others.
    let broken = |label: &str| {
        let mut rows = ledger.rows.clone();
        for row in rows.iter_mut().filter(|row| row.statement == label) {
            let bound = row.bound.as_mut().unwrap();
            bound.value = bound.value * Magnitude::from_f64(2.0).unwrap();
        }
        split(&rows).unseen.abs()
    };
    let named = |s: &&Statement| s.broken_by == "broken::slack_factors";
    let labels: Vec<&str> = statements().filter(named).map(|s| s.label).collect();
    assert_eq!(labels.len(), 6);
    for label in labels {
        assert!((broken(label) - 2f64.log10()).abs() < 1e-9, "{label}: {}", broken(label));
    }
}

/// The stage `collapse` with inputs of this cosine.
fn pairs(widths: &str, cos: &str, trials: u64, searches: u64) -> (Vec<Claim>, Vec<Record>) {
    let mut config = searched(widths, "0.1", "0.1", trials, 5);
    config = common::searching(&config, searches);
    config.params.start = relubound::model::start::Start::cos(cos).unwrap();
    config.stages = relubound::run::stages(&["collapse"]).unwrap();
    (config.claims(), sample(&config))
}

#[test]
fn collapse_recurrence() {
    let (claims, records) = pairs("2,1000x5", "0", 40, 0);
    let seen = judged(&claims, &records, "collapse.recurrence").observed.unwrap().median.to_f64();
    let limit = |claims: &[Claim]| claim(claims, "collapse.recurrence").expected.unwrap().to_f64();
    assert!((seen / limit(&claims) - 1.0).abs() < 0.02);
    // From another angle.
    assert!((seen / limit(&pairs("2,1000x5", "-0.5", 1, 0).0) - 1.0).abs() > 0.05);
}

#[test]
fn collapse_envelope() {
    let (claims, records) = pairs("2,5x60", "0", 3, 0);
    let label = "collapse.envelope";
    assert_eq!(judged(&claims, &records, label).verdict, Some(Verdict::Holds));
    // Of a layer further down.
    let mut next = claim(&claims, label);
    next.test = claim(&pairs("2,5x66", "0", 1, 0).0, label).test;
    assert_eq!(judge_as(&next, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn collapse_pair() {
    let (claims, records) = pairs("2,300x4", "0", 400, 0);
    for i in 1..=4 {
        let label = format!("collapse.pair[{i}]");
        assert_eq!(judged(&claims, &records, &label).verdict, Some(Verdict::Holds));
        // The median in place of a bound.
        let small = at_prediction(claim(&claims, &label), 0.9);
        assert_eq!(judge_as(&small, &claims, &records).verdict, Some(Verdict::Violated));
    }
    // For inputs that are closer.
    let closer = claim(&pairs("2,300x4", "0.7", 1, 0).0, "collapse.pair[1]");
    assert_eq!(judge_as(&closer, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn collapse_norms() {
    let (claims, records) = pairs("2,300x4", "0", 400, 0);
    for label in ["collapse.norms[1]", "collapse.norms[4]"] {
        assert_eq!(judged(&claims, &records, label).verdict, Some(Verdict::Holds));
        let small = at_prediction(claim(&claims, label), 0.6);
        assert_eq!(judge_as(&small, &claims, &records).verdict, Some(Verdict::Violated));
    }
}

#[test]
fn collapse_output() {
    let (claims, records) = pairs("2,2000x3", "0", 400, 0);
    let label = "collapse.output";
    assert_eq!(judged(&claims, &records, label).verdict, Some(Verdict::Holds));
    let small = at_prediction(claim(&claims, label), 0.6);
    assert_eq!(judge_as(&small, &claims, &records).verdict, Some(Verdict::Violated));
}

#[test]
fn collapse_sphere() {
    let (claims, records) = pairs("20,200x2", "0", 60, 60);
    let label = "collapse.sphere";
    let judged = judged(&claims, &records, label);
    assert_eq!(judged.verdict, Some(Verdict::NotViolated));
    assert!(judged.slack.unwrap().to_f64() < 30.0);
    // What one pair of inputs keeps to is exceeded on the sphere.
    let mut pair = claim(&claims, label);
    pair.expected = claim(&claims, "collapse.output").expected;
    let pair = at_prediction(pair, 1.0);
    assert_eq!(judge_as(&pair, &claims, &records).verdict, Some(Verdict::Violated));
    // At other slopes and with biases, which calm f: without them more is seen than that.
    let (_, calm) = bent("20,200x2", "0", "1", 60);
    for (slope, bias) in [("0.3", "0"), ("-1", "0"), ("0.3", "0.5"), ("-0.5", "2")] {
        let (claims, records) = bent("20,200x2", slope, bias, 60);
        let judged = common::judged(&claims, &records, label);
        assert_eq!(judged.verdict, Some(Verdict::NotViolated), "{slope} {bias}");
        let mut pair = claim(&claims, label);
        pair.expected = claim(&claims, "collapse.output").expected;
        if slope.starts_with('-') || pair.expected.is_none() {
            continue;
        }
        let pair = at_prediction(pair, 1.0);
        assert_eq!(judge_as(&pair, &claims, &records).verdict, Some(Verdict::Violated));
    }
    let seen = |records: &[Record]| common::judged(&claims, records, label).observed.unwrap().max;
    assert!(seen(&calm) < seen(&records));
}

/// The stage at a slope and with biases, the sphere searched in all trials.
fn bent(widths: &str, slope: &str, bias: &str, trials: u64) -> (Vec<Claim>, Vec<Record>) {
    let mut config = common::searching(&searched(widths, "0.1", "0.1", trials, 5), trials);
    config.params.slope = relubound::model::slope::Slope::parse(slope).unwrap();
    config.params.bias = relubound::model::bias::Bias::relative(bias).unwrap();
    config.stages = relubound::run::stages(&["collapse"]).unwrap();
    (config.claims(), sample(&config))
}

#[test]
fn collapse_bias() {
    let mut config = common::searching(&spec("20,5x3", "0.3", 400, 5), 400);
    config.stages = relubound::run::stages(&["collapse"]).unwrap();
    config.params.bias = relubound::model::bias::Bias::relative("1").unwrap();
    let (claims, records) = (config.claims(), sample(&config));
    let label = "collapse.bias";
    let judged = judged(&claims, &records, label);
    assert_eq!(judged.verdict, Some(Verdict::Holds));
    assert!(judged.slack.unwrap().to_f64() < 2.5);
    // Of biases that are twice as large.
    config.params.bias = relubound::model::bias::Bias::relative("2").unwrap();
    let mut larger = claim(&claims, label);
    larger.test = claim(&config.claims(), label).test;
    assert_eq!(judge_as(&larger, &claims, &records).verdict, Some(Verdict::Violated));
    // Without biases there is no such row.
    config.params.bias = relubound::model::bias::Bias::none();
    assert!(config.claims().iter().all(|claim| claim.key() != label));
}

#[test]
fn collapse_cone() {
    let (claims, records) = pairs("30x40", "0", 60, 60);
    let none = |depth: usize| {
        let index = claims.iter().position(|c| c.key() == format!("collapse.cone[{depth}]"));
        let values = records.iter().filter_map(|r| r.outcomes[index.unwrap()].value());
        values.filter(|v| !v.is_finite()).count()
    };
    // Shallow networks change their sign nearby, deep ones nowhere.
    assert!(none(1) <= 3 && none(40) >= 30, "{} {}", none(1), none(40));
    let shallow = judged(&claims, &records, "collapse.cone[1]").observed.unwrap().median;
    let first_order = claim(&claims, "collapse.cone[1]").expected.unwrap();
    assert!(shallow.to_f64() < 3.0 * first_order.to_f64());
    // At other slopes, too; with biases by their own law, which without them is another.
    for (slope, bias) in [("0.5", "0"), ("-1", "0"), ("0", "1"), ("-0.5", "2")] {
        let (claims, records) = bent("100,200", slope, bias, 60);
        let seen = judged(&claims, &records, "collapse.cone[1]").observed.unwrap().median.to_f64();
        let expected = claim(&claims, "collapse.cone[1]").expected.unwrap().to_f64();
        let ratio = seen / expected;
        assert!(ratio > 0.6 && ratio < 2.0, "{slope} {bias}: {seen} {expected}");
        if bias != "0" {
            assert!(expected > 1.5 * first_order.to_f64() * (0.3f64).sqrt());
        }
    }
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
            let setting = Setting::new(0.1, 2.0, 1, 0);
            let mut trial = Trial::new(&mut network, &here[0], &back[0], Some(&setting));
            let outcomes = seen(stage, &mut trial);
            assert!(outcomes.contains(&Outcome::Failed), "{}: {outcomes:?}", stage.name());
        }
    }
}
