//! Gradient descent as sums of outer products: against gradient descent written out, finite
//! differences and PyTorch; and without weights against stored ones, in law. Statistical assertions
//! err with probability at most 1e-9 each.

use std::sync::atomic::AtomicBool;

use assert_cmd::cargo::cargo_bin_cmd;
use ndarray::{Array1, Array2};
use relubound::model::bias::Bias;
use relubound::model::params::{Amount, Architecture, Params, Probability};
use relubound::model::slope::Slope;
use relubound::network::training::{Descent, Loss, Pace, Points, Scales, Source, Trained, Update};
use relubound::network::{Added, Conditioned, Dense, Engine, Forward, Network, Scaled};
use relubound::network::{forward, sensitivities};
use relubound::num::magnitude::Magnitude;
use relubound::report::{Detail, training as report};
use relubound::run::Machine;
use relubound::study::training::{self as study, Found, Line, Question, Set, summary};

/// Widths, slope, biases, loss, batch.
const FAMILY: [(&str, f64, bool, Loss, usize); 6] = [
    ("5,7,3", 0.0, false, Loss::Squared, 5),
    ("4,9", 0.25, true, Loss::Logistic, 5),
    ("6,3,8,5", -0.5, false, Loss::Squared, 2),
    ("5,7,3", 0.0, true, Loss::Squared, 3),
    ("3,1,4", 1.0, true, Loss::Squared, 1),
    ("7", 0.0, true, Loss::Logistic, 5),
];
const COUNT: usize = 5;

fn dense(widths: &str, slope: f64, biased: bool) -> Dense<f64> {
    let architecture: Architecture = widths.parse().unwrap();
    let deviation = Magnitude::from_f64(0.4).unwrap();
    let deviations = if biased { vec![deviation; architecture.depth() + 1] } else { Vec::new() };
    let network = Dense::new(&architecture, 3, 1).unwrap();
    network.with_slope(slope).with_biases(deviations)
}

fn data(network: &mut dyn Network, trial: u64) -> Points {
    let [data, _] = Points::draw(&Source::Sphere, [COUNT, 0], (8, trial), network);
    network.draw(trial);
    data
}

/// Gradient descent written out: matrices with the biases as a last column, of constants.
struct Plain {
    weights: Vec<Array2<f64>>,
    constants: Vec<f64>,
    slope: f64,
}

impl Plain {
    /// Of a network, by its products with unit vectors.
    fn of(network: &mut dyn Network) -> Self {
        let widths = network.widths().to_vec();
        let biases = network.biases();
        let biased = !biases.is_empty();
        let matrix = |(i, &width): (usize, &usize)| {
            let columns = network.apply(i + 1, Array2::eye(width).view());
            let mut matrix = columns.t().as_standard_layout().into_owned();
            if biased {
                let constant = biases.constant(i + 1).to_f64();
                let last = biases.of(i + 1).unwrap().at_exponent(0) / constant;
                matrix.push_column(last.view()).unwrap();
            }
            matrix
        };
        let weights: Vec<Array2<f64>> = widths.iter().enumerate().map(matrix).collect();
        let constants = (1..=weights.len()).map(|i| biases.constant(i).to_f64());
        let constants = if biased { constants.collect() } else { Vec::new() };
        Plain { weights, constants, slope: network.slope(1) }
    }

    fn longer(&self, layer: usize, h: &Array1<f64>) -> Array1<f64> {
        Array1::from_iter(h.iter().chain(self.constants.get(layer)).copied())
    }

    /// What every layer receives, and its pre-activations.
    fn pass(&self, x: &Array1<f64>) -> (Vec<Array1<f64>>, Vec<Array1<f64>>) {
        let (mut received, mut pre) = (Vec::new(), Vec::new());
        let mut h = x.clone();
        for (layer, weights) in self.weights.iter().enumerate() {
            let longer = self.longer(layer, &h);
            let z = weights.dot(&longer);
            h = z.mapv(|z| if z > 0.0 { z } else { self.slope * z });
            received.push(longer);
            pre.push(z);
        }
        (received, pre)
    }

    fn output(&self, x: &Array1<f64>) -> f64 {
        self.pass(x).1.last().unwrap()[0]
    }

    fn step(&mut self, data: &Points, batch: &[usize], loss: Loss, scales: Scales) {
        let mut gradients: Vec<Array2<f64>> =
            self.weights.iter().map(|w| Array2::zeros(w.dim())).collect();
        for &i in batch {
            let (received, pre) = self.pass(&data.points[i].at_exponent(0));
            let output = scales.output * pre.last().unwrap()[0];
            let slope = loss.derivative(output, data.labels[i]) * scales.output;
            let mut row = Array1::from(vec![slope / batch.len() as f64]);
            for layer in (0..self.weights.len()).rev() {
                for ((k, l), entry) in gradients[layer].indexed_iter_mut() {
                    *entry += row[k] * received[layer][l];
                }
                if layer > 0 {
                    let back = self.weights[layer].t().dot(&row);
                    let bent = |(b, &z): (&f64, &f64)| if z > 0.0 { *b } else { self.slope * b };
                    row = back.iter().zip(&pre[layer - 1]).map(bent).collect();
                }
            }
        }
        for (weights, gradient) in self.weights.iter_mut().zip(gradients) {
            weights.scaled_add(-scales.step, &gradient);
        }
    }
}

/// The outputs at the points trained on, and the distance of what both have after so many steps;
/// `stale` uses passes of the network as it was at first.
fn apart(case: (&str, f64, bool, Loss, usize), steps: usize, stale: bool, trial: u64) -> f64 {
    let (widths, slope, biased, loss, batch) = case;
    let mut network = dense(widths, slope, biased);
    let data = data(&mut network, trial);
    let mut plain = Plain::of(&mut network);
    let scales = Scales { output: 1.3, step: 0.02 };
    let mut descent = Descent::new(&network, &data, (loss, scales), batch, (8, trial));
    let mut largest = 0.0f64;
    for _ in 0..steps {
        let batch = descent.next_batch();
        plain.step(&data, &batch, loss, scales);
        if stale {
            let points: Vec<Scaled> = batch.iter().map(|&i| data.points[i].clone()).collect();
            let passes = forward(&mut network, &points);
            let rows = sensitivities(&mut network, &passes);
            assert!(descent.learn(&batch, &passes, &rows));
        } else {
            assert!(descent.step(&mut network));
        }
        let mut trained = descent.trained(&mut network);
        for (pass, x) in forward(&mut trained, &data.points).iter().zip(&data.points) {
            let gap = pass.output().at_exponent(0) - plain.output(&x.at_exponent(0));
            largest = largest.max(gap.abs());
        }
    }
    largest
}

/// Outputs agree to 1e-10: a pass of at most four layers of nine has less than 1e-14 of rounding in
/// units of outputs of order 1, and a step, whose learning rate times curvature is below 2 here,
/// does not triple what differs: 3⁶ · 1e-14 < 1e-10. An update from a stale pass is seen.
#[test]
fn the_sum_of_outer_products_is_gradient_descent() {
    for case in FAMILY {
        let (mut seen, mut wrong) = (0.0f64, 0.0f64);
        for trial in 0..10 {
            seen = seen.max(apart(case, 6, false, trial));
            wrong = wrong.max(apart(case, 6, true, trial));
        }
        assert!(seen < 1e-10, "{case:?}: {seen}");
        assert!(wrong > 1e-4, "{case:?}: {wrong}");
    }
}

fn values(n: usize, phase: f64) -> Array1<f64> {
    Array1::from_iter((0..n).map(|i| (1.9 * i as f64 + phase).sin()))
}

fn along(update: &Update, left: &Array1<f64>, right: &Array1<f64>) -> f64 {
    let point = right.view().insert_axis(ndarray::Axis(0));
    let mut products = Array2::zeros((1, left.len()));
    update.add_products(&mut products, &point);
    products.row(0).dot(left)
}

/// One step is −rate times the gradient of the loss: along directions in every layer, against
/// central differences. A kink within 1e-6 of a point would be seen as an error, and is nowhere.
#[test]
fn a_step_goes_along_the_gradient() {
    for case @ (widths, slope, biased, loss, _) in FAMILY {
        let mut network = dense(widths, slope, biased);
        let data = data(&mut network, 1);
        let scales = Scales { output: 1.3, step: 0.02 };
        let mut descent = Descent::new(&network, &data, (loss, scales), COUNT, (8, 1));
        assert!(descent.step(&mut network));
        for layer in 0..descent.updates().len() {
            let (rows, columns) = descent.updates()[layer].shape();
            let (left, right) = (values(rows, 0.3), values(columns, 0.8));
            let slope = -along(&descent.updates()[layer], &left, &right) / scales.step;
            let mut loss_at = |size: f64| {
                let empty = |update: &Update| Update::new(update.shape().0, update.shape().1);
                let mut moved: Vec<Update> = descent.updates().iter().map(empty).collect();
                moved[layer].add(None, size, &left, &right);
                let passes = forward(&mut Trained::new(&mut network, &moved), &data.points);
                descent.loss(&passes, &data.labels)
            };
            let h = 1e-6;
            let seen = (loss_at(h) - loss_at(-h)) / (2.0 * h);
            let size = slope.abs().max(1.0);
            assert!((seen - slope).abs() < 1e-7 * size, "{case:?} {layer}: {seen} {slope}");
        }
    }
}

/// The same weights, points and rates in PyTorch, by automatic differentiation:
/// benches/peers/training.py. Errors as above.
#[test]
fn trajectories_are_those_of_pytorch() {
    let text = include_str!("data/training.json");
    let all: serde_json::Value = serde_json::from_str(text).unwrap();
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let rows = |value: &serde_json::Value| -> Vec<Vec<f64>> {
        value.as_array().unwrap().iter().map(numbers).collect()
    };
    let cases = all["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let loss = if case["loss"] == "squared" { Loss::Squared } else { Loss::Logistic };
        let matrix = |value: &serde_json::Value| {
            let rows = rows(value);
            Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
        };
        let weights = case["weights"].as_array().unwrap().iter().map(matrix).collect();
        let slope = case["slope"].as_f64().unwrap();
        let mut network = Dense::<f64>::with_weights(weights).with_slope(slope);
        let vector = |row: Vec<f64>| Scaled::new(Array1::from(row), 0);
        let data = Points {
            points: rows(&case["points"]).into_iter().map(vector).collect(),
            labels: numbers(&case["labels"]),
        };
        let [output, step] = ["scale", "rate"].map(|key| case[key].as_f64().unwrap());
        let scales = Scales { output, step };
        let mut descent = Descent::new(&network, &data, (loss, scales), 4, (1, 1));
        let (outputs, losses) = (rows(&case["outputs"]), numbers(&case["losses"]));
        for (outputs, wanted) in outputs.iter().zip(losses) {
            let passes = forward(&mut descent.trained(&mut network), &data.points);
            assert!((descent.loss(&passes, &data.labels) - wanted).abs() < 1e-10);
            for (pass, wanted) in passes.iter().zip(outputs) {
                assert!((descent.output(pass) - wanted).abs() < 1e-10);
            }
            assert!(descent.step(&mut network));
        }
        assert_eq!(outputs.len(), 7);
    }
}

/// F at a fresh point, and at the first point trained on, after three steps on three points.
fn sampled(network: &mut dyn Network, trials: u64, rate: f64, from: u64) -> [Vec<f64>; 2] {
    let mut seen = [Vec::new(), Vec::new()];
    for trial in from..from + trials {
        // The same points in every trial: what varies is the network.
        let [data, fresh] = Points::draw(&Source::Sphere, [3, 1], (8, 0), network);
        network.draw(trial);
        let deviations = Vec::new();
        let pace = Pace { rate, exponent: 0.5 };
        let scales = pace.scales(network.widths(), network.slope(1), &deviations);
        let mut descent = Descent::new(network, &data, (Loss::Squared, scales), 3, (8, trial));
        for _ in 0..3 {
            assert!(descent.step(network));
        }
        let points = [fresh.points[0].clone(), data.points[0].clone()];
        let passes: Vec<Forward> = forward(&mut descent.trained(network), &points);
        for (seen, pass) in seen.iter_mut().zip(&passes) {
            seen.push(descent.output(pass));
        }
    }
    for values in &mut seen {
        values.sort_by(f64::total_cmp);
    }
    seen
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    let share = |of: &[f64], x: f64| of.partition_point(|v| *v <= x) as f64 / of.len() as f64;
    a.iter().chain(b).map(|&x| (share(a, x) - share(b, x)).abs()).fold(0.0, f64::max)
}

/// Networks with stored weights and without, at small odd widths: two samples, each of which is
/// further from its law than half the limit with probability at most 5e-10. Another learning rate
/// is seen.
#[test]
fn training_without_weights_has_the_law_of_training_with_them() {
    let n = 6000;
    let limit = 2.0 * ((4e9f64).ln() / (2.0 * n as f64)).sqrt();
    for (widths, slope) in [("5,9,7", 0.0), ("3,11", 0.25), ("7,5,3,5", -0.5)] {
        let architecture: Architecture = widths.parse().unwrap();
        let mut stored = Dense::<f64>::new(&architecture, 5, 1).unwrap().with_slope(slope);
        let mut free = Conditioned::new(&architecture, 5, 1).unwrap().with_slope(slope);
        let with = sampled(&mut stored, n, 0.8, 0);
        let without = sampled(&mut free, n, 0.8, n);
        let other = sampled(&mut free, n, 0.2, n);
        for place in 0..2 {
            let seen = distance(&with[place], &without[place]);
            assert!(seen < limit, "{widths} {place}: {seen}");
        }
        assert!(distance(&with[1], &other[1]) > limit, "{widths}");
    }
}

/// Many adaptive questions: trained without weights, products there and back are still those of one
/// matrix, within the rounding that the wrapper claims.
#[test]
fn products_of_trained_networks_are_those_of_one_matrix() {
    let architecture: Architecture = "400,600,500".parse().unwrap();
    let mut network = Conditioned::new(&architecture, 5, 1).unwrap();
    let data = data(&mut network, 3);
    let scales = Pace { rate: 0.9, exponent: 1.0 }.scales(network.widths(), 0.0, &[]);
    let mut descent = Descent::new(&network, &data, (Loss::Squared, scales), COUNT, (8, 3));
    for _ in 0..15 {
        assert!(descent.step(&mut network));
    }
    let mut trained = descent.trained(&mut network);
    for (layer, [rows, columns]) in [(1, [600, 400]), (2, [500, 600]), (3, [1, 500])] {
        let (left, right) = (values(rows, 0.2), values(columns, 0.6));
        let one = |v: &Array1<f64>| v.clone().insert_axis(ndarray::Axis(0));
        let there = trained.apply(layer, one(&right).view()).row(0).dot(&left);
        let back = trained.apply_transposed(layer, one(&left).view()).row(0).dot(&right);
        let lengths = left.dot(&left).sqrt() * right.dot(&right).sqrt();
        // Two inner products beside, of vectors that the matrix stretches by at most 4.
        let beside = 4.0 * (rows + columns) as f64 * f64::EPSILON * lengths;
        let gap = (there - back).abs();
        assert!(gap <= trained.rounding(layer) * lengths + beside, "{layer}: {gap}");
    }
}

fn question(widths: &str, trials: u64) -> Question {
    let delta = Probability::parse("delta", "0.1").unwrap();
    Question {
        params: Params {
            step: Some(Amount::step("2").unwrap()),
            ..Params::new(widths.parse().unwrap(), delta)
        },
        source: Source::Clusters,
        points: 6,
        fresh: 2,
        steps: 12,
        batch: 6,
        pace: Pace { rate: 0.8, exponent: 0.0 },
        loss: Loss::Squared,
        trials,
        seed: 4,
        engine: None,
    }
}

fn run(question: &Question, threads: usize) -> Found {
    let machine = Machine { threads, memory: 8 << 30 };
    study::run(question, machine, &AtomicBool::new(false), || {}).unwrap()
}

/// The same bytes for any number of threads; every look of every network is there, with the step at
/// all points in all directions; and a request to end leaves what is finished.
#[test]
fn results_are_whole_and_do_not_depend_on_threads() {
    for (source, engine) in [
        (Source::Clusters, None),
        (Source::Subspace(5), Some(Engine::Conditioned)),
        (Source::Teacher, Some(Engine::Dense)),
        (Source::Sphere, None),
    ] {
        let question = Question { source, engine, ..question("20,30,25", 5) };
        let (one, three) = (run(&question, 1), run(&question, 3));
        let text = |found: &Found| report::json(&question, found, &summary(&question, found));
        assert_eq!(text(&one), text(&three));
        assert_eq!(report::csv(&one), report::csv(&three));
        assert_eq!(question.looked(), [0, 1, 2, 5, 10, 12]);
        assert_eq!(one.records.len(), 5 * 6);
        let each = 4 * question.along().len();
        assert!(one.records.iter().all(|record| record.sights.len() == each));
        // Training trains, and moves the weights.
        let lines = summary(&question, &one);
        assert!(lines[5].loss < 0.5 * lines[0].loss && lines[0].eta_most == 0.0);
        assert!(lines[5].eta.iter().all(|&eta| eta > 0.0 && eta <= lines[5].eta_most));
    }
    let question = question("20,30,25", 5);
    let stopped = study::run(
        &question,
        Machine { threads: 1, memory: 8 << 30 },
        &AtomicBool::new(true),
        || {},
    );
    assert!(stopped.unwrap().records.is_empty());
}

/// Before the first step the length of the step has the law of random networks: of 300 networks the
/// number below its median is within 6.2 deviations of half, a false alarm having probability below
/// 1e-9; below the 95 % quantile not fewer than 252.
#[test]
fn the_law_at_initialisation_is_that_of_what_is_seen() {
    for bias in ["0", "0.5"] {
        let mut question = Question { steps: 0, fresh: 1, points: 1, ..question("15,9,11", 300) };
        question.params.bias = Bias::relative(bias).unwrap();
        question.source = Source::Sphere;
        let found = run(&question, 2);
        let sizes: Vec<f64> = found
            .records
            .iter()
            .filter_map(|record| record.sights.iter().find(|s| s.set == Set::Fresh)?.seen)
            .map(|seen| seen.size)
            .collect();
        let below = |limit: f64| sizes.iter().filter(|size| **size <= limit).count();
        assert!(sizes.len() > 270, "{}", sizes.len());
        let off = below(found.law[1]) as f64 - 0.5 * sizes.len() as f64;
        assert!(off.abs() < 6.2 * 0.5 * (sizes.len() as f64).sqrt(), "{bias}: {off}");
        assert!(below(found.law[2]) >= 252 * sizes.len() / 300, "{bias}");
        // Half of it is no median.
        let off = below(0.5 * found.law[1]) as f64 - 0.5 * sizes.len() as f64;
        assert!(off.abs() > 6.2 * 0.5 * (sizes.len() as f64).sqrt(), "{bias}: {off}");
    }
}

fn said(question: &Question, found: &Found, lines: &[Line]) -> String {
    let document = report::document(question, found, lines, (Detail::Full, false));
    let text = relubound::report::print::text::print(&document, 100);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every sentence where it says yes and where it says no.
#[test]
fn the_answer_is_what_the_rows_say() {
    let question = question("20,30,25", 4);
    let mut found = run(&question, 2);
    let lines = summary(&question, &found);
    let with = |factor: f64| {
        let mut lines = lines.clone();
        let before = lines[0].groups[0].size.unwrap();
        lines.last_mut().unwrap().groups[0].size = Some(before.map(|size| size * factor));
        lines
    };
    for (factor, words) in [
        (2.0, "Training made the step longer"),
        (0.5, "Training made the step shorter"),
        (1.01, "Training left the step nearly as long as it was"),
    ] {
        assert!(said(&question, &found, &with(factor)).contains(words), "{factor}");
    }
    assert!(said(&question, &found, &lines).contains("nothing is proved at these widths"));
    let most = lines.last().unwrap().eta_most;
    for (reach, words) in [
        (2.0 * most, "that covers all of this training"),
        (0.5 * (lines[2].eta_most + lines[3].eta_most), "that covers steps 0 to 2"),
        (1e-9, "go further from the first look on"),
    ] {
        found.reach = Some(reach);
        let lines = summary(&question, &found);
        assert!(said(&question, &found, &lines).contains(words), "{words}");
    }
    assert!(!said(&question, &found, &lines).contains("diverged"));
    // Of slope ½, so that no layer falls silent.
    let mut fast = Question { pace: Pace { rate: 1e9, exponent: 1.0 }, steps: 2000, ..question };
    fast.params.slope = Slope::parse("1/2").unwrap();
    let found = run(&fast, 2);
    assert!(found.diverged > 0);
    assert!(said(&fast, &found, &summary(&fast, &found)).contains("training diverged"));
    let stopped = Found { records: Vec::new(), ..found };
    assert!(said(&fast, &stopped, &[]).contains("Nothing was finished."));
}

fn train(args: &[&str]) -> std::process::Output {
    cargo_bin_cmd!("relubound").arg("train").args(args).output().unwrap()
}

/// What the program writes, and what it refuses, in a line.
#[test]
fn the_program_trains_and_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let out = path("run");
    let small = ["12x2", "--points", "5", "--steps", "4", "--trials", "2"];
    for format in ["text", "json", "csv", "markdown", "latex", "html"] {
        let output = train(&[&small[..], &["--format", format, "-o", &out, "-v"]].concat());
        assert!(output.status.success(), "{format}: {output:?}");
        assert!(!output.stdout.is_empty());
    }
    for name in ["training.json", "training.csv", "training.html", "figure-training-size.svg"] {
        assert!(std::fs::metadata(dir.path().join("run").join(name)).unwrap().len() > 100);
    }
    // Points of a file.
    std::fs::write(path("x.txt"), "1 2 0\n0 1 3\n").unwrap();
    std::fs::write(path("y.txt"), "1 -0.5").unwrap();
    let files = format!("{},{}", path("x.txt"), path("y.txt"));
    let given = ["3x2", "--data", &files, "--trials", "1", "--steps", "3", "--batch", "1"];
    let output = train(&given);
    assert!(output.status.success(), "{output:?}");
    std::fs::create_dir(path("other")).unwrap();
    std::fs::write(path("other/precious"), "x").unwrap();
    let other = path("other");
    for (args, words) in [
        (vec!["12x2", "--task", "cats"], "task cats: sphere, clusters"),
        (vec!["12x2", "--task", "subspace:12"], "K from 1 to 11"),
        (vec!["12x2", "--exponent", "2"], "exponent 2: a number from 0 to 1"),
        (vec!["12x2", "--rate", "nan"], "rate nan"),
        (vec!["12x2", "--points", "0"], "points 0"),
        (vec!["12x2", "--activation", "tanh"], "activation tanh: curved"),
        (vec!["3x2", "--data", "x.npy"], "two files"),
        (vec!["4x2", "--data", &files], "inputs of 4 entries"),
        (vec!["3x2", "--data", &files, "--loss", "logistic"], "labels 1 and -1"),
        (vec!["12x2", "-o", &other], "holds something else, which is kept"),
        (vec!["1e12x2"], "of memory are free"),
    ] {
        let output = train(&args);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        assert!(text.contains(words) && text.trim_end().lines().count() == 1, "{args:?}: {text}");
    }
}
