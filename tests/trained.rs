//! Networks that were trained: sound where the bounds bite, without training what they were, and
//! attained where they are to be.

mod common;

use common::{claim, judge_as, judged, params, sample, searched};
use ndarray::{Array1, Array2, ArrayView2};
use relubound::judge::verdict::Verdict;
use relubound::model::account::Account;
use relubound::model::bias::Bias;
use relubound::model::claim::Claim;
use relubound::model::params::{Amount, Params};
use relubound::model::slope::Slope;
use relubound::network::search::training::{toward, trained};
use relubound::network::{Dense, Network, Scaled, backward, forward};
use relubound::num::{Enclosure, Number};
use relubound::run::{Record, Spec};
use relubound::stage::flip::bound::threshold;
use relubound::theory::ball::comparison::{self, Want, plan_of_moved};
use relubound::theory::ball::trained as bound;
use relubound::theory::ball::{Networks, Region, Way};

/// Parameters of formulas are searched, not solved for: a bound may miss its best value, and so its
/// monotonicity, by this much.
const SEARCH: f64 = 1e-3;

fn run(widths: &str, delta: &str, [radius, eta]: [&str; 2], trials: u64) -> Spec {
    let mut spec = searched(widths, delta, radius, trials, 41);
    spec.stages = relubound::run::stages(&["trained"]).unwrap();
    spec.params.trained = Some(Amount::nearness(eta).unwrap());
    spec
}

fn both(spec: &Spec) -> (Vec<Claim>, Vec<Record>) {
    (spec.claims(), sample(spec))
}

/// No bound fails more often than δ, at small and odd widths, with biases and slopes, trainings
/// small and large. False-alarm rate 1e-9 a row.
#[test]
fn sound_where_it_bites() {
    for (widths, pair, law, trials) in [
        ("30,40", ["0.2", "0.05"], ["0", "0"], 1000),
        ("9,50,7", ["0.05", "0.2"], ["0", "0"], 1000),
        ("24x3", ["0.02", "0.01"], ["0", "0"], 1000),
        ("60,5,30", ["0.3", "0.001"], ["0", "0"], 1000),
        ("2,3,2", ["0.5", "0.5"], ["0", "0"], 2000),
        ("1,1,1", ["0.7", "1"], ["0", "0"], 1000),
        ("40,300", ["0", "0.003"], ["0", "0"], 1000),
        ("17", ["0.1", "0.3"], ["0", "0"], 2000),
        ("17", ["0.1", "0.3"], ["0", "2"], 2000),
        ("13,31", ["0.01", "0.03"], ["-1", "0.5"], 1000),
        ("13,31,3", ["0.1", "0.01"], ["0.3", "2"], 1000),
        ("20,20", ["0.1", "0.1"], ["1", "0"], 1000),
    ] {
        for delta in ["0.99", "0.1"] {
            let mut spec = run(widths, delta, pair, trials);
            spec.params.slope = Slope::parse(law[0]).unwrap();
            spec.params.bias = Bias::relative(law[1]).unwrap();
            let (claims, records) = both(&spec);
            for claim in &claims {
                let judged = judged(&claims, &records, &claim.key());
                assert!(
                    judged.verdict.is_some_and(|verdict| !verdict.is_failure()),
                    "{} at {widths}, {pair:?}, {law:?}, δ = {delta}: {judged:?}",
                    claim.key()
                );
            }
        }
    }
}

/// What is proved without training is broken by trainings that are found, in both rows about the
/// ball; with what η adds it is not, and little is lost.
#[test]
fn forgotten_trainings_are_seen() {
    for (widths, pair, room) in [
        ("17", ["0.1", "0.3"], 1.8),
        ("200", ["0.01", "0.01"], 1.2),
        ("100,3000", ["1e-6", "1e-3"], 3.0),
    ] {
        let (claims, records) = both(&run(widths, "0.1", pair, 60));
        let forgotten = run(widths, "0.1", [pair[0], "0"], 1).claims();
        let label = "trained.affine";
        let seen = judged(&claims, &records, label);
        assert_eq!(seen.verdict, Some(Verdict::NotViolated), "{widths}");
        assert!(seen.slack.unwrap().to_f64() < room, "{widths}: {:?}", seen.slack);
        let wrong = judge_as(&claim(&forgotten, label), &claims, &records);
        assert_eq!(wrong.verdict, Some(Verdict::Violated), "{widths}");
    }
}

fn moved<N: Number>(radius: N, nearness: Option<N>) -> Region<N> {
    Region { nearness, ..Region::ball(radius) }
}

/// With η = 0 there are the numbers of the ball without training, digit for digit.
#[test]
fn without_training_nothing_changes() {
    for (widths, radius, law) in [
        ("300,200,100", "1e-3", ["0", "0"]),
        ("1e6x3", "1e-4", ["0", "0"]),
        ("1e5,1e6", "1e-3", ["-0.3", "0.5"]),
        ("60,7,40", "0.05", ["0.3", "0"]),
    ] {
        let params = Params {
            radius: Some(Amount::radius(radius).unwrap()),
            slope: Slope::parse(law[0]).unwrap(),
            bias: Bias::relative(law[1]).unwrap(),
            ..params(widths, "0.1")
        };
        let networks = Networks::of(&params);
        let radius = params.relative_radius(160);
        for want in [Want::Everything, Want::Gradient, Want::Affine] {
            let control = |nearness: Option<Enclosure>| {
                let plan = comparison::plan(&networks, want);
                let mut account = Account::open(&radius, &params.delta, &plan, 160);
                let region = moved(radius.clone(), nearness);
                comparison::control(&networks, &region, &mut account, want)
            };
            let (plain, zero) = (control(None), control(Some(radius.like(0.0))));
            assert_eq!(plain.len(), zero.len());
            for (a, b) in plain.iter().zip(&zero) {
                assert_eq!(a.flips, b.flips);
                let pairs = [
                    (&a.rows, &b.rows),
                    (&a.drift, &b.drift),
                    (&a.width, &b.width),
                    (&a.lipschitz, &b.lipschitz),
                    (&a.term, &b.term),
                ];
                for (a, b) in pairs {
                    assert_eq!(a.upper().to_magnitude(), b.upper().to_magnitude(), "{widths}");
                }
                if let (Some(a), Some(b)) = (&a.affine, &b.affine) {
                    // There over ‖u‖, here over ‖x‖.
                    let (a, b) = ((a.clone() * radius.clone()).to_f64(), b.to_f64());
                    // Both infinite where nothing is proved.
                    let same = a == b || (a - b).abs() <= 1e-14 * a;
                    assert!(same, "{widths}: {a} {b}");
                }
            }
        }
    }
    // The least widths are those of flip.threshold, up to the searches.
    let params = Params { trained: Amount::nearness("0").ok(), ..params("100x2", "0.1") };
    let (trained, flip) = (bound::threshold(&params).unwrap().0, threshold(&params, Way::Affine));
    let ratio = trained.input() as f64 / flip.unwrap().architecture.input() as f64;
    assert!((0.97..1.03).contains(&ratio), "{ratio}");
}

/// More training, larger bounds, and a longer reach in wider networks.
#[test]
fn bounds_grow_with_training() {
    for widths in ["300,200,100", "1e6x3", "1e9,1e4,1e9"] {
        let params = params(widths, "0.1");
        let networks = Networks::of(&params);
        for want in [Want::Gradient, Want::Affine] {
            let mut last = 0.0;
            for exponent in (-24..=0).step_by(2) {
                let eta = 10f64.powi(exponent / 2);
                let plan = plan_of_moved(&networks, want);
                let mut account = Account::rough(params.delta.nats(), &plan);
                let region = moved(1e-4, Some(eta));
                let layers = comparison::control(&networks, &region, &mut account, want);
                let part = |layer: &relubound::theory::ball::Layer<f64>| match want {
                    Want::Affine => layer.affine.unwrap_or(f64::INFINITY),
                    _ => layer.term,
                };
                let sum: f64 = layers.iter().map(part).sum();
                assert_eq!(layers.len(), networks.depth() + 1);
                assert!(sum >= last * (1.0 - SEARCH), "{widths} {want:?} {eta}: {sum} {last}");
                last = sum;
            }
        }
    }
    let reach = |widths: &str| bound::reach(&params(widths, "0.1")).unwrap().nearness.to_f64();
    assert!(reach("3000,3000") < reach("1e5x1") && reach("1e6x2") < reach("1e8x2"));
    // At the reach the steps flip, far beyond it they do not.
    for (times, flips) in [(0.99, true), (30.0, false)] {
        let eta = format!("{:e}", times * reach("1e6x2"));
        let params = Params { trained: Amount::nearness(&eta).ok(), ..params("1e6x2", "0.1") };
        assert_eq!(bound::kept(&params, bound::steps(&params)).flips, flips, "{eta}");
    }
}

/// A generator of matrices, not of statistics.
fn noise(seed: u64, rows: usize, columns: usize) -> Array2<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    Array2::from_shape_fn((rows, columns), |_| next())
}

/// An operator norm, by power iteration.
fn operator_norm(matrix: &Array2<f64>) -> f64 {
    let mut v = noise(5, 1, matrix.ncols()).row(0).mapv(|entry| 1.0 + entry);
    for _ in 0..300 {
        let w = matrix.t().dot(&matrix.dot(&v));
        v = &w / w.dot(&w).sqrt();
    }
    let image = matrix.dot(&v);
    image.dot(&image).sqrt()
}

/// By brute force: no one of many trainings of full rank, of the same operator norm, moves the
/// output as far as the one of rank one that is looked for; and to first order it is Σ B_j η H_j.
#[test]
fn no_training_of_full_rank_goes_further() {
    for (widths, seed) in [("6,8,5", 1), ("3,9", 2), ("4,3,6,3", 5)] {
        let mut network = Dense::<f64>::new(&widths.parse().unwrap(), seed, 1).unwrap();
        let d = network.widths()[0];
        let x = Scaled::new(Array1::from_iter((0..d).map(|i| (2.0 + i as f64).cos())), 0);
        let alive = |trial: &u64| {
            network.draw(*trial);
            !forward(&mut network, std::slice::from_ref(&x))[0].is_dead()
        };
        let trial = (0..100).find(alive).unwrap();
        network.draw(trial);
        let at = forward(&mut network, std::slice::from_ref(&x)).remove(0);
        let here = backward(&mut network, std::slice::from_ref(&at)).remove(0);
        let weights: Vec<Array2<f64>> = (0..=network.depth())
            .map(|i| {
                let unit: Array2<f64> = Array2::eye(network.widths()[i]);
                let view: ArrayView2<'_, f64> = unit.view();
                network.apply(i + 1, view).t().as_standard_layout().into_owned()
            })
            .collect();
        let eta = 1e-3;
        let output = at.output().at_exponent(0);
        for sign in [1.0, -1.0] {
            let there = trained(&mut network, &toward(&at, &here, sign, eta), &x);
            let best = sign * (there.output().at_exponent(0) - output);
            let first: f64 = (1..=weights.len())
                .map(|j| {
                    let left = here.masked.get(j - 1).map_or(1.0, |l| l.norm().unwrap().to_f64());
                    left * eta * at.received(j - 1).norm().unwrap().to_f64()
                })
                .sum();
            assert!((best / first - 1.0).abs() < 0.05, "{widths}: {best} {first}");
            for k in 0..400 {
                let changed = weights.iter().zip(0..).map(|(w, layer)| {
                    let change = noise(1000 * k + layer, w.nrows(), w.ncols());
                    // Iteration finds the norm from below, so that the change is none too small.
                    let norm = operator_norm(&change);
                    w + &(change * (eta / norm))
                });
                let mut other = Dense::<f64>::with_weights(changed.collect());
                let pass = forward(&mut other, std::slice::from_ref(&x)).remove(0);
                let moved = sign * (pass.output().at_exponent(0) - output);
                assert!(moved < best, "{widths}: {moved} {best}");
            }
        }
    }
}
