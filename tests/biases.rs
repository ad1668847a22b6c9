//! Networks with biases: laws and bounds at one input, by every engine, and what would be seen of
//! wrong ones. Statistical assertions err with probability at most 1e-9 each.

mod common;

use common::{judge_as, judged, params, sample_by, spec, staged};
use relubound::judge::verdict::Verdict;
use relubound::model::bias::Bias;
use relubound::model::claim::{Claim, Test};
use relubound::model::classes::{Classes, Target};
use relubound::model::params::Params;
use relubound::model::slope::Slope;
use relubound::network::{Biases, Dense, Engine, Network, Scaled, forward};
use relubound::num::magnitude::Magnitude;
use relubound::run::Spec;

/// Slopes and relative biases where it bites: ReLU, whose layers may be silent, the absolute value,
/// between, linear; small, as large as the signal, larger.
const MEMBERS: [[&str; 2]; 6] =
    [["0", "1/2"], ["0", "2"], ["-1", "1/2"], ["-1/2", "2"], ["0.3", "0.01"], ["1", "1/2"]];

fn member(widths: &str, [slope, bias]: [&str; 2], trials: u64) -> Spec {
    let mut spec = spec(widths, "0.1", trials, 9);
    spec.params = with(spec.params, [slope, bias]);
    spec
}

fn with(params: Params, [slope, bias]: [&str; 2]) -> Params {
    let (slope, bias) = (Slope::parse(slope).unwrap(), Bias::relative(bias).unwrap());
    Params { slope, bias, ..params }
}

/// At small odd widths, for every member and engine; the twins are the laws without biases, with
/// others, and of another slope.
#[test]
fn laws_at_one_input_hold_with_biases() {
    for (widths, trials) in [("8,3,3,3", 4000), ("20,5,31,3", 4000), ("1,2,5", 4000)] {
        for member_of in MEMBERS {
            let spec = staged(&member(widths, member_of, trials), &["output", "gradient"]);
            let claims = spec.claims();
            let [slope, bias] = member_of;
            let twin = |of: [&str; 2]| member(widths, of, 1).claims();
            let forgotten = twin([slope, "0"]);
            let other = twin([slope, if bias == "2" { "1/2" } else { "3" }]);
            for engine in [Engine::Dense, Engine::Conditioned, Engine::Law] {
                let records = sample_by(engine, &spec);
                let at = format!("{widths} {member_of:?} {engine:?}");
                for label in ["output.law", "gradient.law", "gradient.ratio"] {
                    let seen = judged(&claims, &records, label);
                    assert_eq!(seen.verdict, Some(Verdict::NotRejected), "{at} {label}: {seen:?}");
                }
                for label in ["output.upper", "gradient.lower"] {
                    let fine = [Verdict::Holds, Verdict::Inconclusive, Verdict::Vacuous];
                    let seen = judged(&claims, &records, label).verdict;
                    assert!(seen.is_some_and(|v| fine.contains(&v)), "{at} {label}: {seen:?}");
                }
                // A small bias is forgotten unseen by so few networks.
                for (wrong, may) in [(&forgotten, bias == "0.01"), (&other, false)] {
                    for label in ["output.law", "gradient.ratio"] {
                        let wrong = common::claim(wrong, label);
                        let seen = judge_as(&wrong, &claims, &records).verdict;
                        assert!(may || seen == Some(Verdict::Violated), "{at} {label}: {seen:?}");
                    }
                }
            }
        }
    }
}

/// f = ⟨∇f, x⟩ + what the biases add, within the rounding that is proved possible: in deep and
/// narrow, wide and one-dimensional networks, in both formats; without that part it is violated.
#[test]
fn the_identity_holds_with_biases() {
    for widths in ["1,3,1,4", "30,20,10", "300,200", "17x40", "9"] {
        for member_of in MEMBERS {
            let spec = staged(&member(widths, member_of, 60), &["model"]);
            let claims = spec.claims();
            for engine in [Engine::Dense, Engine::Conditioned] {
                let records = sample_by(engine, &spec);
                let seen = judged(&claims, &records, "model.homogeneity");
                assert_eq!(seen.verdict, Some(Verdict::Holds), "{widths} {member_of:?}: {seen:?}");
                let mut tight = common::claim(&claims, "model.homogeneity");
                tight.test = Test::Identity { limit: Magnitude::from_f64(1e-7).unwrap() };
                let seen = judge_as(&tight, &claims, &records).verdict;
                assert_eq!(seen, Some(Verdict::Violated), "{widths} {member_of:?}");
            }
        }
    }
}

/// Of pairs of classes, too, whose biases are differences: chosen by the outputs, by stored weights
/// and without; of two classes as of one output.
#[test]
fn the_identity_holds_of_pairs_of_classes() {
    for (count, target) in [(2, Target::RunnerUp), (3, Target::RunnerUp), (10, Target::Nearest)] {
        let mut spec = staged(&member("12,9,5", ["0", "1/2"], 60), &["model", "gradient"]);
        spec.params.classes = Some(Classes::parse(&count.to_string(), target).unwrap());
        let claims = spec.claims();
        for engine in [Engine::Dense, Engine::Conditioned] {
            let records = sample_by(engine, &spec);
            let seen = judged(&claims, &records, "model.homogeneity");
            assert_eq!(seen.verdict, Some(Verdict::Holds), "{count}: {seen:?}");
        }
    }
    let mut spec = staged(&member("12,9,5", ["0", "1/2"], 3000), &["gradient"]);
    spec.params.classes = Some(Classes::parse("2", Target::RunnerUp).unwrap());
    let (claims, records) = (spec.claims(), sample_by(Engine::Dense, &spec));
    let seen = judged(&claims, &records, "gradient.ratio").verdict;
    assert_eq!(seen, Some(Verdict::NotRejected));
}

/// Two layers by hand: z = (1, −2) + (0.5, 1), f = 2·1.5 + 0.25·(−1)·3 + 7.
#[test]
fn a_network_with_biases_by_hand() {
    use ndarray::{Array1, array};
    let of = |values: Vec<f64>| Scaled::new(Array1::from(values), 0);
    let mut network = Dense::<f64>::with_weights(vec![array![[1.0], [-2.0]], array![[2.0, 3.0]]])
        .with_slope(0.25)
        .with_given_biases(Biases::given(vec![of(vec![0.5, 1.0]), of(vec![7.0])]));
    let pass = &forward(&mut network, &[of(vec![1.0])])[0];
    assert!((pass.output().at_exponent(0) - 9.25).abs() < 1e-15);
    network.draw(3);
    assert!(
        (forward(&mut network, &[of(vec![1.0])])[0].output().at_exponent(0) - 9.25).abs() < 1e-15
    );
}

/// What is exact without biases is what is computed for tiny ones, and bounds tend to those without
/// biases; they are on the safe side of the quantiles.
#[test]
fn laws_and_bounds_tend_to_those_without_biases() {
    let claims = |widths: &str, of: [&str; 2]| {
        let params = with(params(widths, "0.1"), of);
        let stages = ["output", "gradient"].map(|name| relubound::stage::named(name).unwrap());
        stages.iter().flat_map(|stage| stage.stated(&params)).collect::<Vec<Claim>>()
    };
    let cdf = |claims: &[Claim], label: &str, at: f64| match common::claim(claims, label).test {
        Test::Law { cdf } => cdf(at),
        _ => unreachable!(),
    };
    for widths in ["7", "3,2", "8,3,3,3", "300,200,500", "1e9x3", "1e30x2"] {
        for slope in ["0", "1", "-0.3"] {
            let (without, tiny) = (claims(widths, [slope, "0"]), claims(widths, [slope, "1e-6"]));
            for label in ["output.law", "gradient.ratio"] {
                let dimension: f64 = widths.split([',', 'x']).next().unwrap().parse().unwrap();
                let scale = if label == "output.law" { 0.0 } else { -0.5 * dimension.log10() };
                for i in -30..=10 {
                    let at = scale + 0.1 * f64::from(i);
                    let [exact, near] = [&without, &tiny].map(|claims| cdf(claims, label, at));
                    // Of the order of the bias, whose part has heavy tails above few neurons;
                    // where silent layers leave f at 0 it moves that mass.
                    let silent = slope == "0" && dimension < 300.0 && label == "output.law";
                    let allowed = if silent { 0.5 } else { 1e-5 };
                    assert!(
                        (exact - near).abs() < allowed,
                        "{label} {widths} {slope}: {exact} {near}"
                    );
                }
            }
            let bound = |claims: &[Claim]| common::claim(claims, "output.upper").bound().unwrap();
            let ratio = (bound(&tiny) / bound(&without)).unwrap().to_f64();
            assert!((ratio - 1.0).abs() < 1e-5, "{widths} {slope}: {ratio}");
        }
    }
    for member_of in MEMBERS {
        for widths in ["3,2", "300,200,500", "1e30x2"] {
            let claims = claims(widths, member_of);
            let upper = common::claim(&claims, "output.upper");
            let ratio = (upper.bound().unwrap() / upper.expected.unwrap()).unwrap().to_f64();
            assert!(ratio >= 1.0, "{widths} {member_of:?}: {ratio}");
            assert!(widths == "3,2" || ratio < 1.03, "{widths} {member_of:?}: {ratio}");
        }
    }
}

/// Where biases die away with depth, or grow beyond the range of numbers, laws are still laws, and
/// what is drawn has them: at a gain at which later biases are nothing, above silent layers, and in
/// networks in which the step is far longer than the input.
#[test]
fn laws_at_the_edges_of_numbers() {
    let std = |deviation: &str, gain: &str| Bias::deviation(deviation, Some(gain)).unwrap();
    let relative = |size: &str| Bias::relative(size).unwrap();
    for (widths, slope, bias) in [
        ("784,20x20", "0", std("0.1", "3")),
        ("10,8,8,8", "0", std("0.01", "100")),
        ("64x20", "0", std("1e-6", "1000")),
        ("4x60", "0", relative("3")),
        ("4x100", "0", relative("1")),
        ("8x300", "0.1", std("1e-6", "1.635")),
        ("20,30x8", "-1", relative("1e6")),
    ] {
        let mut spec = staged(&spec(widths, "0.1", 1500, 9), &["output", "gradient"]);
        spec.params.slope = Slope::parse(slope).unwrap();
        spec.params.bias = bias;
        let (claims, records) = (spec.claims(), sample_by(Engine::Law, &spec));
        for label in ["output.law", "gradient.ratio"] {
            let seen = judged(&claims, &records, label);
            // Of nearly all of the narrow deep ones the gradient is 0.
            let fine = [Verdict::NotRejected, Verdict::Inconclusive];
            assert!(seen.verdict.is_some_and(|v| fine.contains(&v)), "{widths} {label}: {seen:?}");
            let Test::Law { cdf } = common::claim(&claims, label).test else { unreachable!() };
            let values: Vec<f64> = (-400..400).map(|i| cdf(0.5 * f64::from(i))).collect();
            assert!(values.windows(2).all(|pair| pair[0] <= pair[1] + 1e-9), "{widths} {label}");
            assert!(values[0] < 1e-3 || label == "output.law" && slope == "0", "{widths}");
            assert!(values[799] > 1.0 - 1e-9, "{widths} {label}");
        }
    }
}

/// Where biases drown what the input adds to f, that is said.
#[test]
fn biases_that_drown_the_input_are_named() {
    let said = |bias: &str, depth: &str| {
        let spec = staged(&member(&format!("40x{depth}"), ["0", bias], 5), &["output"]);
        let run = common::ledger(&spec, &spec.claims(), &sample_by(Engine::Law, &spec));
        let text = relubound::report::text(&run, relubound::report::Detail::Brief, 100_000);
        text.contains("below its")
    };
    assert!(said("1e6", "3") && said("2", "50") && !said("2", "20") && !said("0", "50"));
}

/// Biases of one deviation, at a gain, are those of the network that has them: the same output as
/// by weights of that gain.
#[test]
fn a_deviation_is_that_of_the_unscaled_network() {
    let slope = Slope::parse("0.2").unwrap();
    let bias = Bias::deviation("0.3", Some("1.5")).unwrap();
    // β_i = τ/gⁱ, at inputs of norm √d.
    for (i, deviation) in bias.deviations(&slope, 6).into_iter().enumerate() {
        let exact = 0.3 / 1.5f64.powi(i as i32 + 1);
        assert!((deviation.to_f64() / exact - 1.0).abs() < 1e-12);
    }
}
