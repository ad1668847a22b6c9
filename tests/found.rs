//! What is found of networks from files: against exact enumeration and exact rationals.

use std::thread;

use ndarray::{Array1, Array2};
use relubound::given::certify::Certifier;
use relubound::given::expect::Reference;
use relubound::given::find::Finder;
use relubound::given::{
    Against, Ball, Dtype, Elementwise, Entry, Failure, Findings, Given, Layer, Outcome, Pair,
    Question, Space, examine,
};
use relubound::network::sample::{Address, Stream};
use rug::Rational;

const BALLS: [Ball; 2] = [Ball::L2, Ball::Max];

fn normals(seed: u64, trial: u64, layer: u64, count: usize) -> Vec<f64> {
    let mut values = vec![0.0; count];
    Stream::new(Address { seed, trial, layer, block: 0 }).fill(&mut values);
    values
}

/// A network with normal weights, and biases of a deviation.
fn network(widths: &[usize], slopes: &[f64], bias: f64, trial: u64) -> Given {
    let layers = (1..widths.len())
        .map(|i| {
            let (rows, columns) = (widths[i], widths[i - 1]);
            let scale = 1.0 / (columns as f64).sqrt();
            let entries = normals(11, trial, i as u64, rows * columns);
            let weights = Array2::from_shape_vec((rows, columns), entries).unwrap() * scale;
            let biases = normals(12, trial, i as u64, rows).into_iter().map(|b| b * bias);
            Layer {
                weights,
                bias: (bias != 0.0).then(|| Array1::from_iter(biases)),
                slope: if i + 1 < widths.len() { slopes[(i - 1) % slopes.len()] } else { 1.0 },
                name: format!("layer {i}"),
            }
        })
        .collect();
    Given { normalisation: Vec::new(), layers, dtype: Dtype::F64 }
}

fn question() -> Question {
    Question {
        against: Against::All,
        space: Space::Before,
        step: 2.0,
        radius: 0.2,
        cells: 0,
        seconds: f64::INFINITY,
        seed: 1,
    }
}

/// The class at x and those that count as changed.
fn classes(finder: &Finder, x: &[f64]) -> Option<(usize, Vec<usize>)> {
    finder.seen(x, &question()).map(|seen| (seen.own, seen.rivals))
}

fn distance(ball: Ball, x: &[f64], y: &[f64]) -> f64 {
    let gaps = x.iter().zip(y).map(|(x, y)| (x - y).abs());
    match ball {
        Ball::L2 => gaps.map(|gap| gap * gap).sum::<f64>().sqrt(),
        Ball::Max => gaps.fold(0.0, f64::max),
    }
}

/// All outputs, in exact arithmetic.
fn exact(given: &Given, x: &[f64]) -> Vec<Rational> {
    let number = |v: f64| Rational::from_f64(v).unwrap();
    let mut hidden: Vec<Rational> = x.iter().map(|&v| number(v)).collect();
    for step in &given.normalisation {
        for (k, v) in hidden.iter_mut().enumerate() {
            let of = |c: &Array1<f64>| number(c[if c.len() == 1 { 0 } else { k }]);
            match step {
                Elementwise::Add(c) => *v += of(c),
                Elementwise::Subtract(c) => *v -= of(c),
                Elementwise::Multiply(c) => *v *= of(c),
                Elementwise::Divide(c) => *v /= of(c),
            }
        }
    }
    for (i, layer) in given.layers.iter().enumerate() {
        let rows = layer.weights.rows().into_iter().enumerate();
        hidden = rows
            .map(|(k, row)| {
                let products = row.iter().zip(&hidden).map(|(&w, h)| number(w) * h);
                let sum: Rational = products.sum();
                let z = sum + layer.bias.as_ref().map_or(Rational::new(), |bias| number(bias[k]));
                let last = i + 1 == given.layers.len();
                if last || z > 0 { z } else { z * number(layer.slope) }
            })
            .collect();
    }
    hidden
}

/// The least margin of a class over the rivals, in exact arithmetic.
fn exact_margin(given: &Given, x: &[f64], own: usize, rivals: &[usize]) -> Rational {
    let outputs = exact(given, x);
    if let [f] = &outputs[..] {
        return if own == 1 { f.clone() } else { Rational::from(-f) };
    }
    rivals.iter().map(|&r| Rational::from(&outputs[own] - &outputs[r])).min().unwrap()
}

/// Convex polygons in the plane, counterclockwise: where the network is affine.
mod plane {
    use super::*;

    pub type Point = [f64; 2];

    /// The part of a polygon where an affine function is not negative.
    pub fn clipped(polygon: &[Point], at: impl Fn(Point) -> f64) -> Vec<Point> {
        let mut kept = Vec::new();
        for (i, &a) in polygon.iter().enumerate() {
            let b = polygon[(i + 1) % polygon.len()];
            let (p, q) = (at(a), at(b));
            if p >= 0.0 {
                kept.push(a);
            }
            if (p > 0.0 && q < 0.0) || (p < 0.0 && q > 0.0) {
                let t = p / (p - q);
                kept.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
            }
        }
        kept
    }

    /// The distance of a point from a segment: convex along it.
    fn from_segment(ball: Ball, x: Point, a: Point, b: Point) -> f64 {
        let at = |t: f64| {
            let y = [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
            distance(ball, &x, &y)
        };
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..200 {
            let (p, q) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if at(p) < at(q) {
                high = q;
            } else {
                low = p;
            }
        }
        at(low).min(at(0.0)).min(at(1.0))
    }

    /// An affine function: value at 0, and gradient.
    type Affine = [f64; 3];

    fn value(f: &Affine, p: Point) -> f64 {
        f[0] + f[1] * p[0] + f[2] * p[1]
    }

    /// The least distance at which a rival is above, by looking at every cell in a square.
    pub fn radius(given: &Given, x: Point, own: usize, ball: Ball, half: f64) -> f64 {
        let square = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]];
        let square = square.map(|[a, b]| [x[0] + half * a, x[1] + half * b]);
        let inputs = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let mut least = f64::INFINITY;
        descend(given, 0, &inputs, square.to_vec(), &mut |polygon, outputs| {
            for rival in 0..outputs.len().max(2) {
                if rival == own {
                    continue;
                }
                let gap = if let [f] = outputs {
                    f.map(|v| if own == 1 { -v } else { v })
                } else {
                    [0, 1, 2].map(|k| outputs[rival][k] - outputs[own][k])
                };
                let part = clipped(polygon, |p| value(&gap, p));
                for (i, &a) in part.iter().enumerate() {
                    let b = part[(i + 1) % part.len()];
                    least = least.min(from_segment(ball, x, a, b));
                }
            }
        });
        least
    }

    fn descend(
        given: &Given,
        layer: usize,
        before: &[Affine],
        polygon: Vec<Point>,
        leaf: &mut dyn FnMut(&[Point], &[Affine]),
    ) {
        let Layer { weights, bias, slope, .. } = &given.layers[layer];
        let pre: Vec<Affine> = weights
            .rows()
            .into_iter()
            .enumerate()
            .map(|(k, row)| {
                let mut sum = [bias.as_ref().map_or(0.0, |bias| bias[k]), 0.0, 0.0];
                for (&w, f) in row.iter().zip(before) {
                    for (to, from) in sum.iter_mut().zip(f) {
                        *to += w * from;
                    }
                }
                sum
            })
            .collect();
        if layer + 1 == given.layers.len() {
            leaf(&polygon, &pre);
            return;
        }
        let mut cells = vec![(polygon, Vec::new())];
        for f in &pre {
            let mut finer = Vec::new();
            for (polygon, hidden) in cells {
                for (sign, factor) in [(1.0, 1.0), (-1.0, *slope)] {
                    let part = clipped(&polygon, |p| sign * value(f, p));
                    if part.len() >= 3 {
                        let mut hidden: Vec<Affine> = Vec::clone(&hidden);
                        hidden.push(f.map(|v| factor * v));
                        finer.push((part, hidden));
                    }
                }
            }
            cells = finer;
        }
        for (part, hidden) in cells {
            descend(given, layer + 1, &hidden, part, leaf);
        }
    }
}

/// Networks of two inputs, in which every cell can be looked at: never nearer than the nearest
/// point of another class, and as near as it but for a thousandth.
#[test]
fn the_nearest_point_is_found_in_the_plane() {
    let shapes: [(&[usize], &[f64]); 4] = [
        (&[2, 10, 10, 2], &[0.0]),
        (&[2, 12, 1], &[0.1]),
        (&[2, 8, 8, 4], &[-1.0, 0.2]),
        (&[2, 5, 5, 5, 3], &[0.0]),
    ];
    let mut compared = 0;
    for (widths, slopes) in shapes {
        for trial in 0..25 {
            let given = network(widths, slopes, 0.3, trial);
            let finder = Finder::new(&given, Space::Before);
            let x = normals(13, trial, 0, 2);
            let Some((own, rivals)) = classes(&finder, &x) else { continue };
            for ball in BALLS {
                let least = plane::radius(&given, [x[0], x[1]], own, ball, 8.0);
                let found = finder.radius(&x, own, &rivals, ball, (1, trial), &|| false);
                let found = found.map_or(f64::INFINITY, |y| distance(ball, &x, &y));
                assert!(found >= least * (1.0 - 1e-9) || least > 7.9, "{found} {least}");
                if least < 7.9 {
                    compared += 1;
                    assert!(found <= least * 1.001, "{widths:?} {trial} {ball:?}: {found} {least}");
                }
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

/// The enumeration that the test above trusts, where the answer is known: |x₁| + |x₂| < 1.
#[test]
fn the_enumeration_knows_a_diamond() {
    let both = |v: f64| [[v, 0.0], [-v, 0.0], [0.0, v], [0.0, -v]].concat();
    let layer = |rows: usize, entries: Vec<f64>, bias: Option<f64>| Layer {
        weights: Array2::from_shape_vec((rows, entries.len() / rows), entries).unwrap(),
        bias: bias.map(|b| Array1::from_elem(rows, b)),
        slope: 0.0,
        name: String::new(),
    };
    let layers = vec![layer(4, both(1.0), None), layer(1, vec![-1.0; 4], Some(1.0))];
    let given = Given { normalisation: Vec::new(), layers, dtype: Dtype::F64 };
    let finder = Finder::new(&given, Space::Before);
    for (x, l2) in [([0.25, 0.125], 0.625 / 2f64.sqrt()), ([0.5, 0.0], 0.5 / 2f64.sqrt())] {
        let max = 0.5 * (1.0 - x[0] - x[1]);
        for (ball, known) in [(Ball::L2, l2), (Ball::Max, max)] {
            let least = plane::radius(&given, x, 1, ball, 4.0);
            assert!((least - known).abs() < 1e-12, "{least} {known}");
            let y = finder.radius(&x, 1, &[0], ball, (1, 1), &|| false).unwrap();
            assert!((distance(ball, &x, &y) - known).abs() < 1e-9 * known, "{ball:?} {y:?}");
        }
    }
}

/// At the points found the class is another, in exact arithmetic, if they are taken a
/// millionth of a millionth farther; a point as much before a boundary on the ray is not.
#[test]
fn flips_are_real() {
    for trial in 0..12 {
        let given = network(&[6, 14, 9, 3], &[0.0, 0.25], 0.2, trial);
        let finder = Finder::new(&given, Space::Before);
        let x = normals(14, trial, 0, 6);
        let Some((own, rivals)) = classes(&finder, &x) else { continue };
        for ball in BALLS {
            let y = finder.radius(&x, own, &rivals, ball, (1, trial), &|| false).unwrap();
            let at =
                |s: f64| -> Vec<f64> { x.iter().zip(&y).map(|(x, y)| x + s * (y - x)).collect() };
            assert!(exact_margin(&given, &at(1.0 + 1e-12), own, &rivals) < 0);
            assert!(exact_margin(&given, &at(1.0 - 1e-9), own, &rivals) > 0);
        }
    }
}

/// Against a scan of the ray in exact rationals, of networks of small integers.
#[test]
fn the_least_step_is_that_of_an_exact_scan() {
    let mut compared = 0;
    for trial in 0..40 {
        let mut given = network(&[3, 6, 5, 3], &[0.0, 0.5], 1.0, trial);
        for layer in &mut given.layers {
            layer.weights.mapv_inplace(|w| (4.0 * w).round());
            layer.bias.as_mut().unwrap().mapv_inplace(f64::round);
        }
        let finder = Finder::new(&given, Space::Before);
        let x: Vec<f64> = normals(15, trial, 0, 3).iter().map(|v| (4.0 * v).round()).collect();
        let Some(seen) = finder.seen(&x, &question()) else { continue };
        let Some(u) = finder.step(&x, seen.pair, 1.0) else { continue };
        let at = |t: f64| -> Vec<f64> { x.iter().zip(&u).map(|(x, u)| x + t * u).collect() };
        let margin = |t: f64| exact_margin(&given, &at(t), seen.own, &seen.rivals);
        let scanned = (1..=640).map(|i| f64::from(i) / 64.0).find(|&t| margin(t) < 0);
        let least = finder.least(&x, seen.pair, seen.own, &seen.rivals);
        match (least, scanned) {
            // What a scan misses lies between its points.
            (Some(least), scanned) => {
                compared += 1;
                assert!(scanned.is_none_or(|scanned| least <= scanned));
                assert!(margin(least * (1.0 + 1e-9)) < 0 && margin(least * (1.0 - 1e-9)) >= 0);
                assert!((1..64).all(|i| margin(least * f64::from(i) / 64.0) >= 0));
            }
            (None, Some(scanned)) => panic!("missed {scanned}"),
            (None, None) => {}
        }
    }
    assert!(compared > 15, "{compared}");
}

/// Of an affine network all is known: the step, the least one, one piece, both radii, and no
/// change of the gradient.
#[test]
fn an_affine_network_has_no_secrets() {
    let layer = Layer {
        weights: Array2::from_shape_vec((1, 2), vec![3.0, -4.0]).unwrap(),
        bias: Some(Array1::from(vec![5.0])),
        slope: 1.0,
        name: "only".into(),
    };
    let given = Given { normalisation: Vec::new(), layers: vec![layer], dtype: Dtype::F64 };
    let finder = Finder::new(&given, Space::Before);
    // f = 3 + 4 + 5 = 12.
    let (x, pair) = ([1.0, -1.0], Pair::Sign { positive: true });
    let u = finder.step(&x, pair, 2.0).unwrap();
    assert!((u[0] + 72.0 / 25.0).abs() < 1e-14 && (u[1] - 96.0 / 25.0).abs() < 1e-14);
    assert!((finder.least(&x, pair, 1, &[0]).unwrap() - 1.0).abs() < 1e-14);
    assert_eq!(finder.pieces(&x, pair, 2.0), Some(1));
    for (ball, known) in [(Ball::L2, 12.0 / 5.0), (Ball::Max, 12.0 / 7.0)] {
        let y = finder.radius(&x, 1, &[0], ball, (1, 1), &|| false).unwrap();
        assert!((distance(ball, &x, &y) - known).abs() < 1e-12, "{ball:?} {y:?}");
    }
    let change = finder.gradient_change(&x, pair, 0.5, (1, 1)).unwrap();
    assert_eq!((change.norm, change.relative), (5.0, Some(0.0)));
}

/// Weights of any size, biases with them, and inputs of any size change nothing but units.
#[test]
fn sizes_change_nothing() {
    let given = network(&[5, 9, 7, 3], &[0.1], 0.4, 3);
    let x = normals(16, 0, 0, 5);
    let (own, rivals) = classes(&Finder::new(&given, Space::Before), &x).unwrap();
    let found = |given: &Given, x: &[f64], ball| {
        let finder = Finder::new(given, Space::Before);
        assert_eq!(classes(&finder, x), Some((own, rivals.clone())));
        finder.radius(x, own, &rivals, ball, (1, 1), &|| false).unwrap()
    };
    let scaled = |exponent: i32, inputs: i32| {
        let mut given = given.clone();
        // Biases of layer i carry the factors of all layers up to it, and the inputs' one.
        let mut factor = 2f64.powi(inputs);
        for (i, layer) in given.layers.iter_mut().enumerate() {
            let own = 2f64.powi(if i % 2 == 0 { exponent } else { -exponent });
            layer.weights.mapv_inplace(|w| w * own);
            factor *= own;
            layer.bias.as_mut().unwrap().mapv_inplace(|b| b * factor);
        }
        given
    };
    for ball in BALLS {
        let plain = found(&given, &x, ball);
        for (exponent, inputs) in [(660, 0), (-660, 0), (3, 300), (0, -300)] {
            let unit = 2f64.powi(inputs);
            let moved: Vec<f64> = x.iter().map(|v| v * unit).collect();
            let there = found(&scaled(exponent, inputs), &moved, ball);
            let back: Vec<f64> = there.iter().map(|v| v / unit).collect();
            assert_eq!(back, plain, "{exponent} {inputs}");
        }
    }
}

/// A normalisation before which perturbations are measured is part of the network, and behind
/// which they are is not.
#[test]
fn a_normalisation_is_folded_or_applied() {
    // Leaky, so that no region is silent: the class changes somewhere.
    let mut given = network(&[2, 6, 2], &[0.5], 0.3, 2);
    let numbers = |v: &[f64]| Array1::from(v.to_vec());
    given.normalisation = vec![
        Elementwise::Subtract(numbers(&[0.5, -1.0])),
        Elementwise::Divide(numbers(&[4.0, 0.25])),
        Elementwise::Add(numbers(&[0.125])),
        Elementwise::Multiply(numbers(&[2.0])),
    ];
    let x = [1.5, -0.75];
    let (before, after) = (Finder::new(&given, Space::Before), Finder::new(&given, Space::After));
    assert_eq!(before.place(&x), x);
    // ((x − m)/s + 1/8)·2.
    assert_eq!(after.place(&x), [0.75, 2.25]);
    let (own, rivals) = classes(&before, &x).unwrap();
    assert_eq!(classes(&after, &after.place(&x)), Some((own, rivals.clone())));
    let y = before.radius(&x, own, &rivals, Ball::L2, (1, 1), &|| false).unwrap();
    let along = |s: f64| [0, 1].map(|k| x[k] + s * (y[k] - x[k]));
    assert!(exact_margin(&given, &along(1.0 + 1e-9), own, &rivals) < 0);
    assert!(exact_margin(&given, &along(1.0 - 1e-9), own, &rivals) > 0);
    let bare = Given { normalisation: Vec::new(), ..given.clone() };
    let p = after.place(&x);
    let least = plane::radius(&bare, [p[0], p[1]], own, Ball::L2, 50.0);
    let y = after.radius(&p, own, &rivals, Ball::L2, (1, 1), &|| false).unwrap();
    assert!((distance(Ball::L2, &p, &y) - least).abs() < 1e-6 * least);
}

/// The same seed gives the same bytes, in whatever thread, and another seed other starts.
#[test]
fn the_same_bytes_every_time() {
    let given = network(&[20, 30, 15, 4], &[0.0], 0.1, 5);
    let finder = Finder::new(&given, Space::Before);
    let x = normals(17, 0, 0, 20);
    let (own, rivals) = classes(&finder, &x).unwrap();
    let pair = Pair::Classes { own, rival: rivals[0] };
    let all = |seed: u64| {
        let radius = |ball| finder.radius(&x, own, &rivals, ball, (seed, 7), &|| false);
        (BALLS.map(radius), finder.gradient_change(&x, pair, 0.3, (seed, 7)))
    };
    let first = all(1);
    let others: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| all(1))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(others.iter().all(|other| *other == first));
    assert_ne!(all(2).1, first.1);
}

/// An attack that is stopped at once finds nothing, and one that is stopped later something.
#[test]
fn attacks_end_when_they_are_told_to() {
    use std::cell::Cell;
    let given = network(&[20, 30, 15, 4], &[0.0], 0.1, 5);
    let finder = Finder::new(&given, Space::Before);
    let x = normals(17, 0, 0, 20);
    let (own, rivals) = classes(&finder, &x).unwrap();
    let found = |calls: usize| {
        let left = Cell::new(calls);
        let stop = || {
            left.set(left.get().saturating_sub(1));
            left.get() == 0
        };
        finder.radius(&x, own, &rivals, Ball::L2, (1, 1), &stop)
    };
    assert_eq!(found(0), None);
    assert!(found(100).is_some());
}

/// A network that is constant has no step, and no point of another class; one that is constant
/// near x is left.
#[test]
fn silent_networks() {
    let mut given = network(&[3, 4, 1], &[0.0], 0.0, 1);
    given.layers[0].bias = Some(Array1::from_elem(4, -5.0));
    given.layers[1].bias = Some(Array1::from_elem(1, 1.0));
    given.layers[1].weights.fill(-1.0);
    let finder = Finder::new(&given, Space::Before);
    let (x, pair) = ([0.1, 0.2, -0.1], Pair::Sign { positive: true });
    assert_eq!(finder.step(&x, pair, 2.0), None);
    assert_eq!(finder.least(&x, pair, 1, &[0]), None);
    assert_eq!(finder.seen(&x, &question()).unwrap().kappa, None);
    let y = finder.radius(&x, 1, &[0], Ball::L2, (1, 1), &|| false).unwrap();
    assert!(exact_margin(&given, &y, 1, &[0]) <= 0);
    given.layers[1].weights.fill(1.0);
    let finder = Finder::new(&given, Space::Before);
    assert_eq!(finder.radius(&x, 1, &[0], Ball::L2, (1, 1), &|| false), None);
}

/// What is not a number is never a point found.
#[test]
fn no_number_no_finding() {
    let mut given = network(&[3, 4, 2], &[0.0], 0.2, 1);
    given.layers[0].weights[[1, 1]] = f64::NAN;
    let finder = Finder::new(&given, Space::Before);
    let x = [0.5, -0.3, 1.0];
    let pair = Pair::Classes { own: 0, rival: 1 };
    assert_eq!(finder.seen(&x, &question()), None);
    assert_eq!(finder.least(&x, pair, 0, &[1]), None);
    for ball in BALLS {
        assert_eq!(finder.radius(&x, 0, &[1], ball, (1, 1), &|| false), None);
    }
    assert_eq!(finder.gradient_change(&x, pair, 0.3, (1, 1)), None);
}

/// The Kolmogorov–Smirnov distance of percentiles from the uniform law, and that which a sample
/// of n exceeds with probability at most 10⁻⁹ (Massart: 2 exp(−2nD²)).
fn uniform_distance(mut percentiles: Vec<f64>) -> (f64, f64) {
    percentiles.sort_by(f64::total_cmp);
    let n = percentiles.len() as f64;
    let gap = |(i, p): (usize, &f64)| {
        let (below, above) = (i as f64 / n, (i + 1) as f64 / n);
        (p / 100.0 - below).abs().max((p / 100.0 - above).abs())
    };
    let most = percentiles.iter().enumerate().map(gap).fold(0.0, f64::max);
    (most, (2e9f64.ln() / (2.0 * n)).sqrt())
}

/// κ of networks of the reference has its exact law, where there is one, at all slopes and
/// depths; κ of a network with biases has not.
#[test]
fn kappa_has_its_law() {
    let x = Array2::from_shape_vec((1, 6), normals(18, 0, 0, 6)).unwrap();
    for (widths, slopes) in
        [(&[6, 9, 5, 1][..], &[0.0, -0.5][..]), (&[6, 1], &[0.0]), (&[6, 30, 1], &[0.2])]
    {
        let given = network(widths, slopes, 0.0, 8);
        let reference = Reference::new(given.clone(), 21);
        let kappa = |reference: &Reference| -> Vec<f64> {
            let samples =
                (0..2000).flat_map(|trial| reference.sample(trial, &x.view(), &[0], &question()));
            samples.filter_map(|sample| sample.kappa).collect()
        };
        let place = |kappas: Vec<f64>| {
            let law = |kappa| reference.law(kappa, Space::Before).unwrap();
            uniform_distance(kappas.into_iter().map(law).collect())
        };
        let (distance, limit) = place(kappa(&reference));
        assert!(distance < limit, "{widths:?}: {distance} {limit}");
        let mut biased = given;
        for layer in &mut biased.layers {
            layer.bias = Some(Array1::from_elem(layer.weights.nrows(), 2.0));
        }
        let biased = Reference::new(biased, 21);
        assert_eq!(biased.law(0.5, Space::Before), None);
        let (distance, limit) = place(kappa(&biased));
        assert!(distance > limit, "{widths:?}: {distance} {limit}");
    }
}

/// Percentiles of a network that was drawn like its reference are uniform; of one whose biases
/// are twice as large they are not.
#[test]
fn percentiles_of_the_references_own_are_uniform() {
    let given = network(&[5, 8, 6, 1], &[0.1], 1.0, 9);
    let x = Array2::from_shape_vec((1, 5), normals(19, 0, 0, 5)).unwrap();
    let (networks, beside) = (500, 40);
    let place = |factor: f64| -> [Vec<f64>; 3] {
        let mut found = [vec![], vec![], vec![]];
        for trial in 0..networks {
            // A reference of its own for each, so that ranks are independent.
            let reference = Reference::new(given.clone(), 1000 + trial);
            let sample = |trial| reference.sample(trial, &x.view(), &[0], &question())[0];
            let mut own = Reference::new(given.clone(), 5).draw(trial);
            for layer in &mut own.layers {
                let bias = layer.bias.as_mut().unwrap();
                bias.mapv_inplace(|b| b * factor);
            }
            let finder = Finder::new(&own, Space::Before);
            let seen = finder.seen(&x.row(0).to_vec(), &question()).unwrap();
            let x = x.row(0).to_vec();
            let epsilon = finder.gradient_change(&x, seen.pair, 0.2, (5, 0)).unwrap().relative;
            let least = finder.least(&x, seen.pair, seen.own, &seen.rivals);
            let samples: Vec<_> = (0..beside).map(sample).collect();
            // Ties are broken at random, so that ranks are exactly uniform.
            let broken = normals(20, trial, 0, 3);
            let values = [seen.kappa, Some(least.unwrap_or(f64::INFINITY)), epsilon];
            for (k, value) in values.into_iter().enumerate() {
                let of = |s: &relubound::given::expect::Sample| match k {
                    0 => s.kappa.unwrap(),
                    1 => s.least.unwrap_or(f64::INFINITY),
                    _ => s.epsilon.unwrap(),
                };
                let value = value.unwrap();
                let below = samples.iter().filter(|s| of(s) < value).count() as f64;
                let equal = samples.iter().filter(|s| of(s) == value).count() as f64;
                let share = 0.5 * libm::erfc(-broken[k] / 2f64.sqrt());
                found[k].push(100.0 * (below + share * (equal + 1.0)) / (beside as f64 + 1.0));
            }
        }
        found
    };
    for percentiles in place(1.0) {
        let (distance, limit) = uniform_distance(percentiles);
        assert!(distance < limit, "{distance} {limit}");
    }
    let [kappa, ..] = place(4.0);
    let (distance, limit) = uniform_distance(kappa);
    assert!(distance > limit, "{distance} {limit}");
}

/// The networks of a reference have the shape of the given one, and its sizes.
#[test]
fn a_reference_has_the_sizes_of_the_network() {
    let given = network(&[40, 60, 50, 2], &[0.0, 0.3], 0.7, 4);
    let drawn = Reference::new(given.clone(), 3).draw(11);
    assert_eq!(drawn.widths(), given.widths());
    let square = |w: &Array2<f64>| w.iter().map(|v| v * v).sum::<f64>();
    for (a, b) in drawn.layers.iter().zip(&given.layers) {
        assert_eq!((a.slope, a.bias.is_some()), (b.slope, b.bias.is_some()));
        assert_ne!(a.weights, b.weights);
        // The sum of n squares, relatively, is off by √(2/n) in one deviation.
        let ratio = square(&a.weights) / square(&b.weights);
        assert!((ratio - 1.0).abs() < 8.0 * (2.0 / a.weights.len() as f64).sqrt(), "{ratio}");
    }
    assert_eq!(drawn, Reference::new(given.clone(), 3).draw(11));
    assert_ne!(drawn, Reference::new(given.clone(), 3).draw(12));
    assert_ne!(drawn, Reference::new(given, 4).draw(11));
}

fn looked_at(given: &Given, x: &[f64], question: &Question) -> Entry {
    let certifier = Certifier::new(given.clone(), question.space).unwrap();
    let finder = Finder::new(given, question.space);
    examine(&certifier, &finder, x, Some(1), 3, question, &|| false)
}

fn findings(entry: Entry) -> Findings {
    assert_eq!((entry.input, entry.label), (3, Some(1)));
    match entry.outcome {
        Outcome::Found(findings) => *findings,
        Outcome::Failed(why) => panic!("{why:?}"),
    }
}

/// Certified ≤ exact ≤ found, in the plane, where the exact radius is known, and within a
/// hundredth of each other where all cells are looked at; the counterexample is one.
#[test]
fn brackets_hold_what_is_known() {
    let asked = Question { cells: 2000, ..question() };
    for (widths, slopes) in [(&[2, 8, 6, 3][..], &[0.0, 0.3][..]), (&[2, 10, 1], &[-0.5])] {
        for trial in 0..8 {
            let given = network(widths, slopes, 0.3, trial);
            let x = normals(22, trial, 0, 2);
            let found = findings(looked_at(&given, &x, &asked));
            for (ball, bracket) in [(Ball::L2, found.radius), (Ball::Max, found.radius_max)] {
                let least = plane::radius(&given, [x[0], x[1]], found.class, ball, 8.0);
                if least > 7.9 {
                    continue;
                }
                let (below, above) = (bracket.certified.unwrap(), bracket.found.unwrap());
                assert!(below <= least * (1.0 + 1e-12) && least <= above * (1.0 + 1e-12));
                assert!(!found.exact || above <= 1.01 * below, "{below} {above}");
            }
            let Some(y) = &found.counterexample else { continue };
            let rivals: Vec<usize> =
                (0..widths[widths.len() - 1].max(2)).filter(|&k| k != found.class).collect();
            assert!(exact_margin(&given, y, found.class, &rivals) < 0);
            // Rounded up: not below the distance in exact arithmetic.
            let square = |v: f64| Rational::from_f64(v).unwrap().square();
            let number = |v: f64| Rational::from_f64(v).unwrap();
            let exact: Rational =
                x.iter().zip(y).map(|(a, b)| (number(*a) - number(*b)).square()).sum();
            assert!(square(found.radius.found.unwrap()) >= exact);
            if let Some(step) = &found.step {
                let finder = Finder::new(&given, Space::Before);
                let pair = finder.pair(found.class, found.rival.unwrap_or_else(|| 1 - found.class));
                let u = finder.step(&x, pair, asked.step).unwrap();
                let y: Vec<f64> = x.iter().zip(&u).map(|(x, u)| x + u).collect();
                let changes = exact_margin(&given, &y, found.class, &rivals) < 0;
                assert_eq!(step.changes, Some(changes));
                let length: Rational =
                    x.iter().zip(&y).map(|(a, b)| (number(*a) - number(*b)).square()).sum();
                assert!(square(step.length.lo) <= length && length <= square(step.length.hi));
                if let Some(t) = step.least {
                    let unit = finder.step(&x, pair, 1.0).unwrap();
                    let at: Vec<f64> = x.iter().zip(&unit).map(|(x, u)| x + t * u).collect();
                    assert!(exact_margin(&given, &at, found.class, &rivals) < 0);
                    // A point of the ray is one of another class.
                    let reached = distance(Ball::L2, &x, &at);
                    assert!(found.radius.found.unwrap() <= reached * (1.0 + 1e-12));
                }
            }
            let (above, below) = (found.lipschitz.certified.unwrap(), found.lipschitz.found);
            assert!(below.unwrap() <= above && found.gradient.lo <= above);
            let epsilon = found.epsilon.unwrap();
            assert!(epsilon.found.unwrap() <= epsilon.certified.unwrap_or(f64::INFINITY));
        }
    }
}

/// What is judged against one class has its margin and its counterexample, and an input of that
/// class those of its runner-up.
#[test]
fn one_class_or_the_runner_up() {
    let given = network(&[4, 12, 3], &[0.2], 0.3, 2);
    let x = normals(23, 1, 0, 4);
    let all = findings(looked_at(&given, &x, &question()));
    let second =
        findings(looked_at(&given, &x, &Question { against: Against::RunnerUp, ..question() }));
    assert_eq!((second.class, second.rival, second.margin), (all.class, all.rival, all.margin));
    assert!(all.radius.found <= second.radius.found.map(|found| found * (1.0 + 1e-6)));
    for class in 0..3 {
        let asked = Question { against: Against::Class(class), ..question() };
        let found = findings(looked_at(&given, &x, &asked));
        let rival = if class == all.class { all.rival.unwrap() } else { class };
        assert_eq!(found.rival, Some(rival));
        if let Some(y) = &found.counterexample {
            assert!(exact_margin(&given, y, found.class, &[rival]) < 0);
        }
    }
}

/// Equal outputs have no class; what is not a number gives no finding; time that is over at the
/// beginning leaves nothing.
#[test]
fn failures_have_names() {
    let mut given = network(&[3, 5, 2], &[0.0], 0.3, 1);
    let row = given.layers[1].weights.row(0).to_owned();
    given.layers[1].weights.row_mut(1).assign(&row);
    given.layers[1].bias = None;
    let failed = |given: &Given, x: &[f64]| looked_at(given, x, &question()).outcome;
    let x = [0.4, -0.3, 0.2];
    assert_eq!(failed(&given, &x), Outcome::Failed(Failure::Tied));
    // One unit in the last place between them is enough.
    given.layers[1].bias = Some(Array1::from(vec![0.0, f64::from_bits(1)]));
    assert_eq!(findings(looked_at(&given, &x, &question())).class, 1);
    let mut single = network(&[3, 5, 1], &[0.0], 0.0, 1);
    single.layers[1].weights.fill(0.0);
    assert_eq!(failed(&single, &x), Outcome::Failed(Failure::Tied));
    let (certifier, finder) =
        (Certifier::new(given.clone(), Space::Before).unwrap(), Finder::new(&given, Space::Before));
    let late = examine(&certifier, &finder, &x, None, 0, &question(), &|| true);
    assert_eq!(late.outcome, Outcome::Failed(Failure::Timeout));
    for bad in [f64::NAN, f64::INFINITY] {
        let entry = looked_at(&given, &[0.4, bad, 0.2], &question());
        assert!(matches!(entry.outcome, Outcome::Failed(_)), "{entry:?}");
    }
}
