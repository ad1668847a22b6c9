//! Networks beside those of the theory: what is claimed of them, what is not, and what is measured
//! all the same. Statistical assertions err with probability at most 1e-9 each.

mod common;

use common::{MACHINE, judged, ledger, sample, spec, staged};
use relubound::judge::verdict::Verdict;
use relubound::model::claim::Claim;
use relubound::model::classes::{Classes, Target};
use relubound::model::slope::Slope;
use relubound::model::weights::{Ensemble, Entries};
use relubound::network::sample::{Address, Stream};
use relubound::network::search::step::adversarial;
use relubound::network::{
    Dense, Engine, Network, PairPasses, Pairwise, Scaled, backward, forward, two_largest,
};
use relubound::num::magnitude::Magnitude;
use relubound::run::{Engines, Experiment, Spec};
use relubound::theory::distribution::gap::Gap;

/// Networks of widths 20, 9, 7 whose weights have these laws.
fn with_weights(hidden: Entries, output: Entries, trials: u64) -> Spec {
    let mut spec = spec("20,9,7", "0.1", trials, 5);
    spec.params.ensemble = Ensemble { hidden, output };
    spec
}

/// Under an output row of any law with symmetric entries the ratio and the size of the step keep
/// their law, and nothing else is claimed but identities.
#[test]
fn output_weights_of_any_law_leave_the_ratio_alone() {
    for output in Entries::ALL.into_iter().filter(|&entries| entries != Entries::Gaussian) {
        let spec = with_weights(Entries::Gaussian, output, 3000);
        let (claims, records) = (spec.claims(), sample(&spec));
        for label in ["gradient.ratio", "flip.size"] {
            let verdict = judged(&claims, &records, label).verdict;
            assert_eq!(verdict, Some(Verdict::NotRejected), "{output:?} {label}");
        }
        let law = judged(&claims, &records, "gradient.law");
        assert_eq!(law.verdict, Some(Verdict::OutsideHypotheses), "{output:?}");
        assert!(law.distance.is_some_and(|d| d.observed > 0.0), "{output:?}");
    }
}

/// The twin: hidden weights that are not normal have another ratio, which the distance shows. Signs
/// in two hidden neurons: |f| is small far more often than by the law.
#[test]
fn hidden_weights_of_another_law_are_told_apart() {
    let mut spec =
        staged(&with_weights(Entries::Rademacher, Entries::Rademacher, 4000), &["gradient"]);
    spec.params.architecture = "20,2".parse().unwrap();
    let (claims, records) = (spec.claims(), sample(&spec));
    let law = judged(&claims, &records, "gradient.law");
    assert_eq!(law.verdict, Some(Verdict::OutsideHypotheses));
    assert!(law.distance.is_some_and(|d| d.observed > d.allowed), "{law:?}");
}

/// No table and no threshold shows what is proved of other networks, and flips are counted.
#[test]
fn nothing_is_proved_of_weights_that_are_not_normal() {
    for (hidden, output) in
        [(Entries::Uniform, Entries::Uniform), (Entries::Gaussian, Entries::Rademacher)]
    {
        let spec = with_weights(hidden, output, 60);
        let run = ledger(&spec, &spec.claims(), &sample(&spec));
        assert!(run.layers.is_empty() && run.radii.is_empty() && run.angles.is_empty());
        assert!(run.followed.is_none());
        for row in &run.rows {
            let outside = matches!(row.verdict, None | Some(Verdict::OutsideHypotheses));
            let idle = row.outside && outside && row.bound.is_none();
            assert!(row.unmet.is_none() || idle, "{}", row.key());
        }
        let flips = run.row("flip.threshold").unwrap();
        assert!(flips.counted.is_some_and(|n| n > 50) && flips.interval.is_some());
        let claimed = run.rows.iter().filter(|row| row.unmet.is_none());
        let claimed: Vec<&str> = claimed.map(|row| row.stage.as_str()).collect();
        assert!(claimed.contains(&"model") && !claimed.contains(&"direct"));
    }
}

#[test]
fn other_weights_are_stored() {
    let spec = with_weights(Entries::Uniform, Entries::Uniform, 5);
    let by = |engines: Engines| {
        Experiment::new(spec.resampled(|sampling| sampling.engines = engines), MACHINE)
    };
    for engine in [Engine::Conditioned, Engine::Law] {
        let message = by(Engines::All(engine)).err().unwrap().to_string();
        assert!(message.contains(engine.name()) && message.contains("stored"), "{message}");
    }
    let chosen = by(Engines::Cheapest).unwrap();
    let dense = |stage: &&dyn relubound::stage::Stage| {
        chosen.spec().sampling.as_ref().unwrap().engines.of(*stage) == Engine::Dense
    };
    assert!(chosen.spec().stages.iter().map(|stage| *stage as _).all(|stage| dense(&stage)));
}

/// Slopes where it bites: the absolute value, between, nearly ReLU, leaky, linear.
const SLOPES: [&str; 5] = ["-1", "-1/2", "0.01", "0.3", "1"];

fn with_slope(widths: &str, slope: &str, trials: u64) -> Spec {
    let mut spec = spec(widths, "0.1", trials, 9);
    spec.params.slope = Slope::parse(slope).unwrap();
    spec
}

/// Laws and bounds at one input hold at every slope, by stored weights and without; the law of
/// another slope is rejected.
#[test]
fn laws_at_one_input_hold_at_every_slope() {
    for slope in SLOPES {
        let spec = with_slope("20,5,31,3", slope, 4000);
        let spec = staged(&spec, &["model", "output", "gradient", "flip"]);
        let spec = common::searching(&spec, 400);
        let claims = spec.claims();
        let twin = with_slope("20,5,31,3", if slope == "0.3" { "0.8" } else { "0.3" }, 1).claims();
        for engine in [Engine::Dense, Engine::Conditioned] {
            let records = common::sample_by(engine, &spec);
            assert!(records.iter().all(|record| record.dead == Some(false)));
            let verdict = |label: &str| judged(&claims, &records, label).verdict;
            assert_eq!(verdict("model.homogeneity"), Some(Verdict::Holds), "{slope}");
            for label in ["output.law", "gradient.law", "gradient.ratio", "flip.size"] {
                assert_eq!(verdict(label), Some(Verdict::NotRejected), "{slope} {label}");
            }
            for label in ["output.upper", "gradient.lower"] {
                let seen = judged(&claims, &records, label);
                let fine = [Verdict::Holds, Verdict::Inconclusive];
                assert!(seen.verdict.is_some_and(|v| fine.contains(&v)), "{slope} {label}");
            }
            for label in ["output.law", "gradient.law"] {
                let wrong = common::claim(&twin, label);
                let seen = common::judge_as(&wrong, &claims, &records);
                assert_eq!(seen.verdict, Some(Verdict::Violated), "{slope} {label}");
            }
        }
    }
}

/// The bounds are on the safe side of the exact quantiles at every width, and in wide layers as
/// near them as for ReLU, within three percent.
#[test]
fn bounds_at_one_input_are_near_the_exact_quantiles() {
    // Bound over quantile for upper bounds, quantile over bound for lower ones.
    let off = |slope: &str, widths: &str, delta: &str| {
        let mut params = common::params(widths, delta);
        params.slope = Slope::parse(slope).unwrap();
        let stages = ["output", "gradient"].map(|name| relubound::stage::named(name).unwrap());
        let claims: Vec<Claim> = stages.iter().flat_map(|stage| stage.stated(&params)).collect();
        [("output.upper", true), ("gradient.lower", false)].map(|(label, upper)| {
            let claim = common::claim(&claims, label);
            let bound = claim.bound().unwrap();
            let exact = claim.expected.filter(|exact| !exact.is_zero())?;
            let ratio = if upper { bound / exact } else { exact / bound };
            // A bound of 0 says nothing.
            let ratio = ratio.map_or(f64::INFINITY, Magnitude::to_f64);
            assert!(ratio >= 1.0, "{label} {slope} {widths} {delta}: {bound:?} {exact:?}");
            Some(ratio)
        })
    };
    for widths in ["3,2", "300,200", "1e30x2"] {
        for delta in ["0.5", "1e-6"] {
            let relu = off("0", widths, delta);
            for slope in ["-1/2", "0.01", "1e-6"] {
                for (bent, relu) in off(slope, widths, delta).into_iter().zip(relu) {
                    let wide = widths != "3,2";
                    let near = bent.zip(relu).is_none_or(|(bent, relu)| bent < 1.03 * relu);
                    assert!(!wide || near, "{slope} {widths} {delta}: {bent:?} {relu:?}");
                }
            }
        }
    }
}

/// Numbers drawn from the law are those of its distribution function.
#[test]
fn what_is_drawn_from_the_law_has_it() {
    for slope in SLOPES {
        let spec = with_slope("20,5,31,3", slope, 4000);
        let spec = staged(&spec, &["output", "gradient"]);
        let (claims, records) = (spec.claims(), common::sample_by(Engine::Law, &spec));
        for label in ["output.law", "gradient.law", "gradient.ratio"] {
            let verdict = judged(&claims, &records, label).verdict;
            assert_eq!(verdict, Some(Verdict::NotRejected), "{slope} {label}");
        }
    }
}

/// Pairs followed without a network have the law of pairs in networks: two samples at 1e-9.
#[test]
fn pairs_have_the_law_of_networks_at_every_slope() {
    let n = 3000;
    for slope in SLOPES {
        let a = Slope::parse(slope).unwrap().to_f64();
        let chain = |trial: u64| {
            let pair = PairPasses::new(&[7, 5], a, &[], 1.0 - 1.1f64.cos(), 9, trial);
            pair.layers[1].map(|passed| [passed.theta(), passed.log_ratio.abs()])
        };
        let mut network = Dense::<f64>::new(&"2,7,5".parse().unwrap(), 3, 1).unwrap().with_slope(a);
        let mut dense = |trial: u64| {
            network.draw(trial);
            let (sin, cos) = 1.1f64.sin_cos();
            let points = [[1.0, 0.0], [cos, sin]].map(|v| Scaled::new(v.to_vec().into(), 0));
            let passes = forward(&mut network, &points);
            let [x, y] = [0, 1].map(|i| passes[i].hidden(2).at_exponent(0));
            let norms = [x.dot(&x).sqrt(), y.dot(&y).sqrt()];
            let cos = (x.dot(&y) / (norms[0] * norms[1])).clamp(-1.0, 1.0);
            Some([cos.acos(), (norms[0] / norms[1]).ln().abs()])
        };
        let chained: Vec<[f64; 2]> = (0..n).filter_map(chain).collect();
        let stored: Vec<[f64; 2]> = (0..n).filter_map(&mut dense).collect();
        for part in 0..2 {
            let sorted = |of: &[[f64; 2]]| {
                let mut values: Vec<f64> = of.iter().map(|v| v[part]).collect();
                values.sort_by(f64::total_cmp);
                values
            };
            let (a, b) = (sorted(&chained), sorted(&stored));
            let limit = 2f64.sqrt() * allowed(n as usize) * 1.02;
            assert!(apart(&a, &b) < limit, "{slope} {part}: {}", apart(&a, &b));
            let wrong: Vec<f64> = a.iter().map(|v| v * 1.4).collect();
            assert!(apart(&wrong, &b) > limit, "{slope} {part}");
        }
    }
}

/// The two-sample distance of sorted values.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    let share = |of: &[f64], x: f64| of.partition_point(|v| *v <= x) as f64 / of.len() as f64;
    a.iter().chain(b).map(|&x| (share(a, x) - share(b, x)).abs()).fold(0.0, f64::max)
}

/// Networks of these widths with so many outputs.
fn with_classes(widths: &str, count: &str, target: Target, trials: u64) -> Spec {
    let mut spec = spec(widths, "0.1", trials, 7);
    spec.params.classes = Some(Classes::parse(count, target).unwrap());
    spec
}

/// The limit in one test: two-sided, at 1e-9.
fn allowed(n: usize) -> f64 {
    ((2e9f64).ln() / (2.0 * n as f64)).sqrt()
}

/// The gap of K normals against samples of it, and against that of about half as many.
#[test]
fn the_gap_of_normals_is_what_is_sampled() {
    let n = 40_000;
    for count in [3u32, 10] {
        let gap = |trial| {
            let mut values = vec![0.0; count as usize];
            Stream::new(Address { seed: 3, trial, layer: 0, block: 0 }).fill(&mut values);
            values.sort_by(|a: &f64, b| b.total_cmp(a));
            (values[0] - values[1]) / 2f64.sqrt()
        };
        let mut gaps: Vec<f64> = (0..n).map(gap).collect();
        gaps.sort_by(f64::total_cmp);
        let distance = |law: Gap| {
            let place = |i: usize| (i as f64 + 0.5) / n as f64;
            let off = |(i, g): (usize, &f64)| (1.0 - law.exceeds(*g) - place(i)).abs();
            gaps.iter().enumerate().step_by(20).map(off).fold(0.0, f64::max)
        };
        assert!(distance(Gap::new(count)) < allowed(n as usize), "{count}");
        assert!(distance(Gap::new(count.div_ceil(2))) > allowed(n as usize), "{count}");
    }
}

/// Two classes are one pair, a network with one output: all laws and bounds hold.
#[test]
fn two_classes_are_one_output() {
    let spec = with_classes("20,9,7", "2", Target::RunnerUp, 2000);
    let (claims, records) = (spec.claims(), sample(&spec));
    for label in ["output.law", "gradient.law", "gradient.ratio", "flip.size"] {
        let verdict = judged(&claims, &records, label).verdict;
        assert_eq!(verdict, Some(Verdict::NotRejected), "{label}");
    }
    let one = common::spec("20,9,7", "0.1", 10, 7).claims();
    for (two, one) in claims.iter().zip(&one) {
        assert_eq!((two.key(), two.bound(), two.expected), (one.key(), one.bound(), one.expected));
    }
}

/// Of more, what is proved of all pairs holds of the one that the outputs choose, and rests on
/// events that fail with δ over the number of pairs each; its laws are others.
#[test]
fn bounds_hold_of_all_pairs_at_once() {
    for target in Target::ALL {
        let spec = with_classes("60,50,40", "6", target, 1500);
        let (claims, records) = (spec.claims(), sample(&spec));
        let mut tested = 0;
        for claim in &claims {
            let seen = judged(&claims, &records, &claim.key());
            assert!(!seen.verdict.is_some_and(Verdict::is_failure), "{}: {seen:?}", claim.key());
            if let Some(behind) = claim.behind.as_ref().filter(|_| claim.delta().is_some()) {
                let all = rug::Rational::from(behind.delta().value() * 15u32);
                assert!(all <= *spec.params.delta.value(), "{}", claim.key());
                tested += 1;
            }
        }
        assert!(tested > 20);
        let ratio = judged(&claims, &records, "gradient.ratio");
        assert_eq!(ratio.verdict, Some(Verdict::OutsideHypotheses));
        // A gap is smaller than one output; that of the runner-up is near its law at d = 60.
        if target == Target::RunnerUp {
            assert!(ratio.distance.unwrap().observed < 0.06, "{ratio:?}");
            let twin = common::spec("60,50,40", "0.1", 10, 7).claims();
            let twin = common::claim(&twin, "gradient.ratio");
            let seen = common::judge_as(&twin, &claims, &records);
            assert_eq!(seen.verdict, Some(Verdict::Violated));
        }
    }
}

/// The sign of the pair's difference flips where the other class comes out on top, as all outputs
/// say.
#[test]
fn a_flip_puts_the_other_class_above() {
    let mut network =
        Dense::<f64>::new(&"30,25,20".parse().unwrap(), 5, 1).unwrap().with_outputs(7);
    let mut values = vec![0.0; 30];
    Stream::new(Address { seed: 2, trial: 0, layer: 0, block: 0 }).fill(&mut values);
    let x = Scaled::new(ndarray::Array1::from(values), 0);
    let mut flips = 0;
    for trial in 0..60 {
        network.draw(trial);
        let all = forward(&mut network, std::slice::from_ref(&x));
        let pair = two_largest(&all[0]);
        let at = Pairwise::of(&all[0], pair);
        let back = backward(&mut Pairwise::new(&mut network, pair), std::slice::from_ref(&at));
        let step = adversarial(&at, &back[0], 2.0).unwrap();
        let there = forward(&mut network, std::slice::from_ref(&step.end));
        let outputs = there[0].pre[2].values();
        let flipped = Pairwise::of(&there[0], pair).output().mantissa < 0.0;
        assert_eq!(flipped, outputs[pair[1]] > outputs[pair[0]]);
        assert!(!flipped || two_largest(&there[0])[0] != pair[0]);
        flips += u32::from(flipped);
    }
    assert!(flips > 40, "{flips}");
}

/// Engines agree on pairs that the outputs choose: two samples at 1e-9.
#[test]
fn engines_agree_on_chosen_pairs() {
    let spec = staged(&with_classes("12,9,7", "5", Target::Nearest, 3000), &["gradient"]);
    let values = |engine| {
        let records = common::sample_by(engine, &spec);
        let of = |record: &relubound::run::Record| record.outcomes[2].value();
        let mut values: Vec<_> = records.iter().filter_map(of).map(Magnitude::to_f64).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (a, b) = (values(Engine::Dense), values(Engine::Conditioned));
    let limit = 2f64.sqrt() * allowed(3000) * 1.1;
    assert!(a.len() > 2900 && apart(&a, &b) < limit);
    let wrong: Vec<f64> = b.iter().map(|v| v * 1.3).collect();
    assert!(apart(&a, &wrong) > limit);
}

#[test]
fn what_is_run_is_read_back_from_its_record() {
    for target in Target::ALL {
        let spec = with_classes("20,9", "10", target, 5);
        assert_eq!(Spec::from_record(&spec.record()).unwrap().params, spec.params);
    }
    for (hidden, output) in [
        (Entries::Gaussian, Entries::Gaussian),
        (Entries::Uniform, Entries::Uniform),
        (Entries::Uniform, Entries::Gaussian),
        (Entries::Gaussian, Entries::Rademacher),
    ] {
        let spec = with_weights(hidden, output, 5);
        let back = Spec::from_record(&spec.record()).unwrap();
        assert_eq!(back.params, spec.params);
    }
}
