//! What is certified of a network at an input, against exact arithmetic, brute force, and bounds
//! that are known to be weaker.

use ndarray::{Array1, Array2};
use proptest::prelude::*;
use relubound::given::certify::{Ball, Certifier};
use relubound::given::{Dtype, Elementwise, Given, Layer, Pair, Space};
use relubound::num::Enclosure;
use rug::Rational;

/// Numbers from a seed: splitmix64.
struct Numbers(u64);

impl Numbers {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From −1 to 1.
    fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / 2f64.powi(52) - 1.0
    }

    /// About normal.
    fn normal(&mut self) -> f64 {
        (0..6).map(|_| self.uniform()).sum::<f64>() / 2f64.sqrt()
    }

    fn vector(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.normal()).collect()
    }
}

fn layer(weights: Array2<f64>, bias: Option<Array1<f64>>, slope: f64, at: usize) -> Layer {
    Layer { weights, bias, slope, name: format!("layer {at}") }
}

/// A random network with biases of this size beside signals of about 1.
fn network(widths: &[usize], slope: f64, bias: f64, seed: u64) -> Given {
    let mut numbers = Numbers(seed);
    let last = widths.len() - 2;
    let layers = widths.windows(2).enumerate().map(|(at, pair)| {
        let scale = (1.5 / pair[0] as f64).sqrt();
        let weights = Array2::from_shape_fn((pair[1], pair[0]), |_| scale * numbers.normal());
        let biases = Array1::from_shape_fn(pair[1], |_| bias * numbers.normal());
        layer(weights, (bias > 0.0).then_some(biases), if at == last { 1.0 } else { slope }, at)
    });
    Given { normalisation: Vec::new(), layers: layers.collect(), dtype: Dtype::F64 }
}

fn certifier(network: &Given) -> Certifier {
    Certifier::new(network.clone(), Space::Before).unwrap()
}

fn exact(x: f64) -> Rational {
    Rational::from_f64(x).unwrap()
}

/// All outputs, in floats.
fn forward(network: &Given, x: &[f64]) -> Vec<f64> {
    let mut signal = Array1::from_vec(x.to_vec());
    for layer in &network.layers {
        signal = layer.weights.dot(&signal);
        if let Some(bias) = &layer.bias {
            signal += bias;
        }
        signal.mapv_inplace(|z| if z > 0.0 { z } else { layer.slope * z });
    }
    signal.to_vec()
}

/// All outputs and the rows of the Jacobian, as rationals.
fn rational(network: &Given, x: &[f64]) -> (Vec<Rational>, Vec<Vec<Rational>>) {
    let mut signal: Vec<Rational> = x.iter().map(|x| exact(*x)).collect();
    let unit = |i: usize| (0..x.len()).map(|j| Rational::from(u32::from(i == j))).collect();
    let mut rows: Vec<Vec<Rational>> = (0..x.len()).map(unit).collect();
    for layer in &network.layers {
        let (mut next, mut next_rows) = (Vec::new(), Vec::new());
        for (k, weights) in layer.weights.rows().into_iter().enumerate() {
            let mut z = layer.bias.as_ref().map_or(Rational::new(), |bias| exact(bias[k]));
            let mut row = vec![Rational::new(); x.len()];
            for (j, weight) in weights.iter().enumerate() {
                z += exact(*weight) * &signal[j];
                row.iter_mut().zip(&rows[j]).for_each(|(sum, r)| *sum += exact(*weight) * r);
            }
            if z <= 0 {
                z *= exact(layer.slope);
                for entry in &mut row {
                    *entry *= exact(layer.slope);
                }
            }
            next.push(z);
            next_rows.push(row);
        }
        (signal, rows) = (next, next_rows);
    }
    (signal, rows)
}

/// The class at x and all others.
fn classes(network: &Given, x: &[f64]) -> (usize, Vec<usize>) {
    let outputs = forward(network, x);
    if outputs.len() == 1 {
        let own = usize::from(outputs[0] > 0.0);
        return (own, vec![1 - own]);
    }
    let own = (0..outputs.len()).max_by(|a, b| outputs[*a].total_cmp(&outputs[*b])).unwrap();
    (own, (0..outputs.len()).filter(|k| *k != own).collect())
}

fn pair(network: &Given, own: usize, rival: usize) -> Pair {
    match network.outputs() {
        1 => Pair::Sign { positive: own == 1 },
        _ => Pair::Classes { own, rival },
    }
}

fn radius(network: &Given, x: &[f64], ball: Ball, at_most: f64) -> f64 {
    let (own, rivals) = classes(network, x);
    certifier(network).radius(x, own, &rivals, ball, at_most, &|| false)
}

const SLOPES: [f64; 5] = [0.0, 0.1, -0.5, -1.0, 1.0];
const BALLS: [Ball; 2] = [Ball::L2, Ball::Max];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn enclosures_hold_what_is_exact(seed: u64, slope in 0usize..5, bias in 0usize..3) {
        let widths = [[3, 4, 2, 2].as_slice(), &[2, 5, 1], &[4, 3, 3, 3, 3]][(seed % 3) as usize];
        let network = network(widths, SLOPES[slope], [0.0, 0.3, 5.0][bias], seed);
        let x = Numbers(seed ^ 1).vector(widths[0]);
        let certifier = certifier(&network);
        let (outputs, rows) = rational(&network, &x);
        for (interval, value) in certifier.outputs(&x).iter().zip(&outputs) {
            prop_assert!(exact(interval.lo) <= *value && *value <= exact(interval.hi));
            // Neighbouring floats at most.
            prop_assert!(interval.hi <= interval.lo.next_up());
        }
        let (own, rivals) = classes(&network, &x);
        let pair = pair(&network, own, rivals[0]);
        let row = pair.row(outputs.len());
        let margin: Rational = row.iter().zip(&outputs).map(|(c, f)| exact(*c) * f).sum();
        let found = certifier.margin(&x, pair);
        prop_assert!(exact(found.lo) <= margin && margin <= exact(found.hi));
        let gradient: Vec<Rational> = (0..x.len())
            .map(|j| row.iter().zip(&rows).map(|(c, row)| exact(*c) * &row[j]).sum())
            .collect();
        let square: Rational = gradient.iter().map(|g| g.clone() * g).sum();
        let found = certifier.gradient(&x, pair);
        prop_assert!(exact(found.norm.lo).square() <= square);
        prop_assert!(square <= exact(found.norm.hi).square());
        for (found, g) in found.direction.iter().zip(&gradient) {
            prop_assert_eq!(*found, relubound::num::nearest(g));
        }
        let norm = certifier.norm(&x);
        let length: Rational = x.iter().map(|x| exact(*x).square()).sum();
        prop_assert!(exact(norm.lo).square() <= length && length <= exact(norm.hi).square());
        // κ² ‖∇‖² ‖x‖² = margin².
        if let Some(kappa) = found.kappa {
            let whole = square * length;
            let inside = |kappa: f64| exact(kappa).square() * &whole;
            let margin = margin.square();
            prop_assert!(inside(kappa.lo.max(0.0)) <= margin && margin <= inside(kappa.hi));
        }
        for own in 0..outputs.len() {
            for rival in (0..outputs.len()).filter(|rival| outputs.len() == 1 || *rival != own) {
                let single = outputs.len() == 1;
                let above = if single { outputs[0] > 0 } else { outputs[rival] > outputs[own] };
                prop_assert_eq!(certifier.class(&x, own, &[rival]), Some(above));
            }
        }
    }

    #[test]
    fn the_decomposition_holds_up_to_rounding(seed: u64, slope in 0usize..5) {
        let network = network(&[7, 9, 8, 3], SLOPES[slope], 0.4, seed);
        let x = Numbers(seed ^ 1).vector(7);
        let residual = certifier(&network).identity(&x, Pair::Classes { own: 0, rival: 2 });
        prop_assert!(residual <= 1.0);
    }
}

/// In floats on both sides, so at fixed seeds: no cell is so thin there that it matters.
#[test]
fn radii_are_those_of_brute_force() {
    let mut exact = 0;
    for seed in 0..90u64 {
        let widths = [[2, 6, 1].as_slice(), &[2, 5, 4, 2], &[2, 4, 3, 3]][(seed % 3) as usize];
        let network = network(widths, SLOPES[(seed % 4) as usize], 0.5, seed);
        let x = Numbers(seed ^ 1).vector(2);
        let (own, rivals) = classes(&network, &x);
        let certifier = certifier(&network);
        for ball in BALLS {
            let brute = brute::distance(&network, &x, own, &rivals, ball);
            let at_most = if brute.is_finite() { 1.5 * brute } else { 20.0 };
            let certified = certifier.radius(&x, own, &rivals, ball, at_most, &|| false);
            // Brute force stays in a square of half side 20.
            assert!(certified <= brute * (1.0 + 1e-9), "{seed}: {certified} {brute}");
            let all =
                certifier.exact_radius(&x, own, &rivals, ball, 10_000, [0.0, at_most], &|| false);
            assert!(all.radius <= brute * (1.0 + 1e-9), "{seed}: {} {brute}", all.radius);
            exact += u32::from(all.exact);
            if !all.exact {
                continue;
            }
            if brute.is_finite() {
                assert!(all.radius >= brute * (1.0 - 1e-7), "{seed}: {} {brute}", all.radius);
            } else {
                assert!(all.radius >= at_most * (1.0 - 1e-8), "{seed}");
            }
            assert!(all.radius >= certified * (1.0 - 1e-7), "{seed}");
        }
    }
    // Where the nearest point of a cell is not found, nothing is called exact: rarely.
    println!("{exact} of 180 are exact");
    assert!(exact >= 170, "{exact}");
}

/// All cells of a network with two inputs: polygons, cut by the lines of the neurons. Floats.
mod brute {
    use super::*;

    type Point = [f64; 2];
    /// c·(x, 1).
    type Affine = [f64; 3];

    fn at(affine: &Affine, p: Point) -> f64 {
        affine[0] * p[0] + affine[1] * p[1] + affine[2]
    }

    /// The part of a convex polygon where the function is at least 0.
    fn clipped(polygon: &[Point], affine: &Affine) -> Vec<Point> {
        let mut out = Vec::new();
        for (k, p) in polygon.iter().enumerate() {
            let q = polygon[(k + 1) % polygon.len()];
            let (a, b) = (at(affine, *p), at(affine, q));
            if a >= 0.0 {
                out.push(*p);
            }
            if (a > 0.0 && b < 0.0) || (a < 0.0 && b > 0.0) {
                let t = a / (a - b);
                out.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
            }
        }
        out
    }

    fn to_segment(x: Point, p: Point, q: Point, ball: Ball) -> f64 {
        let (a, d) = ([p[0] - x[0], p[1] - x[1]], [q[0] - p[0], q[1] - p[1]]);
        let size = |t: f64| {
            let t = if t.is_finite() { t.clamp(0.0, 1.0) } else { 0.0 };
            let v = [a[0] + t * d[0], a[1] + t * d[1]];
            match ball {
                Ball::L2 => v[0].hypot(v[1]),
                Ball::Max => v[0].abs().max(v[1].abs()),
            }
        };
        let candidates = [
            0.0,
            1.0,
            -(a[0] * d[0] + a[1] * d[1]) / (d[0] * d[0] + d[1] * d[1]),
            -a[0] / d[0],
            -a[1] / d[1],
            -(a[0] - a[1]) / (d[0] - d[1]),
            -(a[0] + a[1]) / (d[0] + d[1]),
        ];
        candidates.into_iter().map(size).fold(f64::INFINITY, f64::min)
    }

    fn cells(
        network: &Given,
        polygon: Vec<Point>,
        at: usize,
        signal: &[Affine],
    ) -> Vec<(Vec<Point>, Vec<Affine>)> {
        let layer = &network.layers[at];
        let z: Vec<Affine> = layer
            .weights
            .rows()
            .into_iter()
            .enumerate()
            .map(|(k, row)| {
                let mut sum = [0.0, 0.0, layer.bias.as_ref().map_or(0.0, |bias| bias[k])];
                for (w, h) in row.iter().zip(signal) {
                    sum.iter_mut().zip(h).for_each(|(sum, h)| *sum += w * h);
                }
                sum
            })
            .collect();
        if at + 1 == network.layers.len() {
            return vec![(polygon, z)];
        }
        let mut parts = vec![(polygon, Vec::new())];
        for z in &z {
            let mut next = Vec::new();
            for (polygon, signs) in parts {
                for sign in [1.0, -1.0] {
                    let part = clipped(&polygon, &z.map(|c| sign * c));
                    if part.len() >= 3 {
                        let mut signs: Vec<f64> = signs.clone();
                        signs.push(sign);
                        next.push((part, signs));
                    }
                }
            }
            parts = next;
        }
        parts
            .into_iter()
            .flat_map(|(polygon, signs)| {
                let image = |(z, sign): (&Affine, &f64)| {
                    z.map(|c| if *sign > 0.0 { c } else { layer.slope * c })
                };
                let signal: Vec<Affine> = z.iter().zip(&signs).map(image).collect();
                cells(network, polygon, at + 1, &signal)
            })
            .collect()
    }

    /// How far the nearest point of another class is, in the square of half side 20 around x.
    pub fn distance(network: &Given, x: &[f64], own: usize, rivals: &[usize], ball: Ball) -> f64 {
        let x = [x[0], x[1]];
        let corner = |(i, j): (f64, f64)| [x[0] + 20.0 * i, x[1] + 20.0 * j];
        let square = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(corner).to_vec();
        let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        let mut least = f64::INFINITY;
        for (polygon, outputs) in cells(network, square, 0, &identity) {
            for rival in rivals {
                let mut margin = if outputs.len() == 1 { outputs[0] } else { outputs[*rival] };
                for (k, entry) in margin.iter_mut().enumerate() {
                    match (outputs.len(), own) {
                        (1, 1) => *entry = -*entry,
                        (1, _) => {}
                        _ => *entry -= outputs[own][k],
                    }
                }
                let part = clipped(&polygon, &margin);
                for (k, p) in part.iter().enumerate() {
                    least = least.min(to_segment(x, *p, part[(k + 1) % part.len()], ball));
                }
            }
        }
        least
    }
}

/// A point of the ball.
fn inside(numbers: &mut Numbers, x: &[f64], ball: Ball, radius: f64) -> Vec<f64> {
    let direction = numbers.vector(x.len());
    let step: Vec<f64> = match ball {
        Ball::L2 => {
            let norm = direction.iter().map(|d| d * d).sum::<f64>().sqrt();
            // On the sphere or within.
            let size = radius * numbers.uniform().abs().sqrt() * (1.0 - 1e-12) / norm;
            direction.iter().map(|d| d * size).collect()
        }
        Ball::Max => direction.iter().map(|d| radius * (1.0 - 1e-12) * d.signum()).collect(),
    };
    x.iter().zip(step).map(|(x, by)| x + by).collect()
}

#[test]
fn no_sampled_point_of_a_certified_ball_has_another_class() {
    let mut numbers = Numbers(7);
    let mut tried = 0;
    for (at, widths) in [[2, 8, 8, 3].as_slice(), &[5, 20, 1], &[12, 16, 16, 4]].iter().enumerate()
    {
        for (seed, slope) in [(1, 0.0), (2, 0.1), (3, -1.0)] {
            let network = network(widths, slope, 0.3, seed + 10 * at as u64);
            let certifier = certifier(&network);
            let x = numbers.vector(widths[0]);
            let (own, rivals) = classes(&network, &x);
            for ball in BALLS {
                let radius = certifier.radius(&x, own, &rivals, ball, 100.0, &|| false);
                assert!(radius > 0.0);
                for _ in 0..60_000 {
                    tried += 1;
                    let y = inside(&mut numbers, &x, ball, radius);
                    let outputs = forward(&network, &y);
                    let above = |rival: &usize| match (outputs.len(), own) {
                        (1, 1) => outputs[0] < 1e-9,
                        (1, _) => outputs[0] > -1e-9,
                        _ => outputs[*rival] > outputs[own] - 1e-9,
                    };
                    if rivals.iter().any(above) && certifier.distance(&x, &y, ball).hi <= radius {
                        assert_eq!(certifier.class(&y, own, &rivals), Some(false));
                    }
                }
            }
        }
    }
    assert!(tried > 1_000_000);
}

#[test]
fn what_is_just_outside_of_a_ball_does_not_count() {
    // f = 1 − x_1: the class changes beyond 1, and not at 1.
    let weights = Array2::from_shape_vec((1, 2), vec![-1.0, 0.0]).unwrap();
    let network = Given {
        normalisation: Vec::new(),
        layers: vec![layer(weights, Some(Array1::from_vec(vec![1.0])), 1.0, 0)],
        dtype: Dtype::F64,
    };
    let certifier = certifier(&network);
    let x = [0.0, 0.0];
    for ball in BALLS {
        let radius = certifier.radius(&x, 1, &[0], ball, f64::INFINITY, &|| false);
        assert!(radius <= 1.0 && radius > 0.9998, "{radius}");
        let all = certifier.exact_radius(&x, 1, &[0], ball, 10, [0.0, 3.0], &|| false);
        assert!(all.exact && all.radius <= 1.0 && all.radius > 1.0 - 1e-14, "{all:?}");
        let beyond = [1f64.next_up(), 0.0];
        assert_eq!(certifier.class(&[1.0, 0.0], 1, &[0]), Some(false));
        assert_eq!(certifier.class(&beyond, 1, &[0]), Some(true));
        assert!(certifier.distance(&x, &beyond, ball).lo > 1.0);
        assert!(certifier.distance(&x, &[0.6, 0.8], Ball::L2).holds(1.0));
    }
}

#[test]
fn the_decomposition_leaves_nothing() {
    for (k, slope) in [0.0, 0.1, 1.0, -0.5, -1.0].into_iter().enumerate() {
        let mut given = network(&[3, 7, 6, 5, 3], slope, 0.3, k as u64);
        given.normalisation = vec![
            Elementwise::Subtract(Array1::from_vec(vec![0.5, 0.1, -3.0])),
            Elementwise::Divide(Array1::from_vec(vec![0.3])),
        ];
        let certifier = certifier(&given);
        let mut numbers = Numbers(k as u64 + 77);
        for size in [1e-8, 1.0, 1e8] {
            let x = numbers.vector(3);
            let y: Vec<f64> = x.iter().map(|x| x + size * numbers.normal()).collect();
            let pair = Pair::Classes { own: 0, rival: 2 };
            let residual = certifier.decomposition(&x, &y, pair).unwrap();
            assert!(residual.holds(0.0), "{slope} {size}: {residual:?}");
            // Of 128 bits more than 100 are right.
            assert!(residual.hi - residual.lo < 1e-28 * (1.0 + size), "{slope}: {residual:?}");
            // Nor from a point to itself, or at another pair.
            assert_eq!(
                certifier.decomposition(&x, &x, pair).map(|residual| residual.holds(0.0)),
                Some(true)
            );
            let other = Pair::Classes { own: 1, rival: 0 };
            assert!(certifier.decomposition(&y, &x, other).unwrap().holds(0.0));
        }
    }
}

/// Where no point of another class is known, cells are looked at in balls that grow.
#[test]
fn cells_are_looked_at_where_nothing_is_found() {
    // f = 1 + 2·max(x, 0) − max(x, 0) − max(x, 0) − s·max(x − 50, 0): linear bounds lose the
    // difference of equal units in wide balls.
    let of = |s: f64, unit: f64| {
        let ones = Array2::from_shape_vec((4, 1), vec![1.0; 4]).unwrap();
        let bias = Array1::from_vec(vec![0.0, 0.0, 0.0, -50.0 * unit]);
        let last = Array2::from_shape_vec((1, 4), vec![2.0, -1.0, -1.0, -s]).unwrap();
        Given {
            normalisation: Vec::new(),
            layers: vec![
                layer(ones, Some(bias), 0.0, 0),
                layer(last, Some(Array1::from_vec(vec![unit])), 1.0, 1),
            ],
            dtype: Dtype::F64,
        }
    };
    for unit in [1.0, 2f64.powi(-600), 2f64.powi(600)] {
        let x = [unit];
        for ball in BALLS {
            let looked = |s: f64, cells: usize| {
                let certifier = certifier(&of(s, unit));
                let known = certifier.radius(&x, 1, &[0], ball, f64::INFINITY, &|| false);
                let limits = [known, f64::INFINITY];
                (known, certifier.exact_radius(&x, 1, &[0], ball, cells, limits, &|| false))
            };
            // The boundary is at x = 51.
            let (known, all) = looked(1.0, 100);
            assert!(known < 49.0 * unit, "the case is none: {known}");
            assert!(all.exact && all.radius <= 50.0 * unit, "{all:?}");
            assert!(all.radius > 50.0 * unit * (1.0 - 1e-9), "{all:?}");
            assert!((all.nearest.unwrap()[0] / unit - 51.0).abs() < 1e-6);
            // There is none.
            let (known, all) = looked(0.0, 100);
            assert!(known < 1e3 * unit && all.radius > 1e7 * unit, "{known} {all:?}");
            assert!(!all.exact && all.nearest.is_none());
            // Without cells little is known, and nothing wrong.
            let (_, none) = looked(1.0, 0);
            assert!(!none.exact && none.radius <= 50.0 * unit, "{none:?}");
        }
    }
}

#[test]
fn sizes_of_weights_and_inputs_change_nothing() {
    let base = network(&[4, 8, 6, 3], 0.0, 0.3, 5);
    let x = Numbers(6).vector(4);
    // Layers, their biases, and the input in units of powers of two.
    let scaled = |powers: [i32; 4]| {
        let mut network = base.clone();
        let mut unit = 2f64.powi(powers[0]);
        let x: Vec<f64> = x.iter().map(|x| x * unit).collect();
        for (layer, power) in network.layers.iter_mut().zip(&powers[1..]) {
            layer.weights.mapv_inplace(|w| w * 2f64.powi(*power));
            unit *= 2f64.powi(*power);
            layer.bias.as_mut().unwrap().mapv_inplace(|b| b * unit);
        }
        (network, x)
    };
    let (own, rivals) = classes(&base, &x);
    for ball in BALLS {
        let expected = radius(&base, &x, ball, f64::INFINITY);
        let ask = |(network, x): (Given, Vec<f64>), at_most: f64| {
            let certifier = certifier(&network);
            let radius = certifier.radius(&x, own, &rivals, ball, at_most, &|| false);
            let all =
                certifier.exact_radius(&x, own, &rivals, ball, 5000, [0.0, at_most], &|| false);
            (radius, all.radius, all.exact)
        };
        let plain = ask(scaled([0; 4]), 3.0 * expected);
        assert!(plain.2);
        for powers in [
            [0, 664, -664, 0],
            [0, -664, 664, 0],
            [0, 664, 0, 0],
            [0, 0, 0, -664],
            [-664, 0, 0, 0],
            [600, 0, 0, 0],
        ] {
            let unit = 2f64.powi(powers[0]);
            let found = ask(scaled(powers), 3.0 * expected * unit);
            assert_eq!((found.0 / unit, found.1 / unit, found.2), plain, "{powers:?}");
        }
        // By other numbers: but for rounding.
        let mut other = base.clone();
        other.layers[0].weights.mapv_inplace(|w| w * 1e200);
        other.layers[0].bias.as_mut().unwrap().mapv_inplace(|b| b * 1e200);
        other.layers[1].weights.mapv_inplace(|w| w * 1e-200);
        let found = ask((other, x.clone()), 3.0 * expected);
        assert!((found.0 / plain.0 - 1.0).abs() < 1e-9 && (found.1 / plain.1 - 1.0).abs() < 1e-9);
    }
}

/// Lower bounds on the margins over a ball, in plain floats: by intervals, or by plain CROWN.
mod weaker {
    use super::*;

    type Bounds = (Array1<f64>, Array1<f64>);

    fn dual(ball: Ball, row: &ndarray::ArrayView1<'_, f64>) -> f64 {
        match ball {
            Ball::L2 => row.dot(row).sqrt(),
            Ball::Max => row.iter().map(|w| w.abs()).sum(),
        }
    }

    /// Bounds on rows·z_at, below and above.
    fn backward(
        network: &Given,
        x: &[f64],
        ball: Ball,
        radius: f64,
        known: &[Bounds],
        rows: &Array2<f64>,
    ) -> Array1<f64> {
        let at = known.len();
        let mut rows = rows.clone();
        let mut sum = Array1::zeros(rows.nrows());
        for below in (0..=at).rev() {
            let layer = &network.layers[below];
            if let Some(bias) = &layer.bias {
                sum += &rows.dot(bias);
            }
            rows = rows.dot(&layer.weights);
            let Some(before) = below.checked_sub(1) else { break };
            let slope = network.layers[before].slope;
            let (lo, hi) = &known[before];
            for (mut row, sum) in rows.outer_iter_mut().zip(&mut sum) {
                for (k, c) in row.iter_mut().enumerate() {
                    let (l, h) = (lo[k], hi[k]);
                    if l >= 0.0 {
                    } else if h <= 0.0 {
                        *c *= slope;
                    } else if *c >= 0.0 {
                        *c *= if h >= -l { 1.0 } else { slope };
                    } else {
                        let chord = (h - slope * l) / (h - l);
                        *sum += *c * (slope - chord) * l;
                        *c *= chord;
                    }
                }
            }
        }
        let x = Array1::from_vec(x.to_vec());
        let norms = rows.outer_iter().map(|row| dual(ball, &row));
        sum + rows.dot(&x) - Array1::from_iter(norms) * radius
    }

    /// The least margin over rivals, from below.
    pub fn margin(
        network: &Given,
        x: &[f64],
        (own, rivals): (usize, &[usize]),
        ball: Ball,
        radius: f64,
        crown: bool,
    ) -> f64 {
        let last = network.layers.len() - 1;
        let mut known: Vec<Bounds> = Vec::new();
        let mut signal = (Array1::from_vec(x.to_vec()), Array1::from_vec(x.to_vec()));
        for at in 0..=last {
            let layer = &network.layers[at];
            let mut rows = layer.weights.clone();
            let mut bias = layer.bias.clone().unwrap_or_else(|| Array1::zeros(rows.nrows()));
            if at == last && network.outputs() > 1 {
                let differences =
                    rivals.iter().flat_map(|r| &rows.row(own) - &rows.row(*r)).collect();
                rows = Array2::from_shape_vec((rivals.len(), rows.ncols()), differences).unwrap();
                bias = rivals.iter().map(|r| bias[own] - bias[*r]).collect();
            }
            let (lo, hi) = if at == 0 {
                let middle = rows.dot(&signal.0) + &bias;
                let away: Array1<f64> =
                    rows.outer_iter().map(|row| radius * dual(ball, &row)).collect();
                (&middle - &away, middle + away)
            } else if crown && at < last {
                let unit = Array2::eye(layer.weights.nrows());
                let lo = backward(network, x, ball, radius, &known, &unit);
                (lo, -backward(network, x, ball, radius, &known, &-unit))
            } else {
                let middle = 0.5 * (&signal.0 + &signal.1);
                let away = rows.mapv(f64::abs).dot(&(0.5 * (&signal.1 - &signal.0)));
                let middle = rows.dot(&middle) + &bias;
                (&middle - &away, middle + away)
            };
            if at == last {
                if crown && last > 0 {
                    let rows = rivals
                        .iter()
                        .map(|rival| pair(network, own, *rival).row(network.outputs()));
                    let rows: Vec<f64> = rows.flatten().collect();
                    let rows =
                        Array2::from_shape_vec((rivals.len(), network.outputs()), rows).unwrap();
                    let bounds = backward(network, x, ball, radius, &known, &rows);
                    return bounds.fold(f64::INFINITY, |a, b| a.min(*b));
                }
                let (lo, hi) =
                    if network.outputs() == 1 && own == 0 { (-hi, -lo) } else { (lo, hi) };
                assert!(lo.iter().zip(&hi).all(|(lo, hi)| lo <= hi));
                return lo.fold(f64::INFINITY, |a, b| a.min(*b));
            }
            let image = |z: f64| if z > 0.0 { z } else { layer.slope * z };
            let (a, b) = (lo.mapv(image), hi.mapv(image));
            let zero = |k: usize| lo[k] < 0.0 && hi[k] > 0.0;
            let pick = |f: fn(f64, f64) -> f64| {
                Array1::from_shape_fn(a.len(), |k| {
                    let both = f(a[k], b[k]);
                    if zero(k) { f(both, 0.0) } else { both }
                })
            };
            signal = (pick(f64::min), pick(f64::max));
            known.push((lo, hi));
        }
        unreachable!("the last layer returns")
    }

    pub fn radius(network: &Given, x: &[f64], ball: Ball, crown: bool) -> f64 {
        let (own, rivals) = classes(network, x);
        let (mut low, mut high) = (0.0, 100.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if margin(network, x, (own, &rivals), ball, middle, crown) >= 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }
}

#[test]
fn radii_are_never_worse_than_those_of_weaker_bounds() {
    let mut better = 0;
    for seed in 0..12u64 {
        for (widths, slope) in [
            ([6, 12, 12, 3].as_slice(), 0.0),
            (&[10, 16, 16, 16, 1], 0.1),
            (&[4, 20, 1], 0.0),
            (&[5, 8, 8, 2], -1.0),
        ] {
            let network = network(widths, slope, 0.2, seed);
            let x = Numbers(seed ^ 0x63).vector(widths[0]);
            for ball in BALLS {
                let ours = radius(&network, &x, ball, 100.0);
                let intervals = weaker::radius(&network, &x, ball, false);
                let crown = weaker::radius(&network, &x, ball, true);
                // The search for the radius ends at a relative 1e-4.
                let ok = ours >= intervals.max(crown) * (1.0 - 1.1e-4);
                assert!(ok, "{widths:?} {seed} {ball:?}: {ours}, {intervals}, {crown}");
                better += usize::from(ours > 1.02 * crown);
            }
        }
    }
    assert!(better > 30, "{better}");
}

#[test]
fn tiny_networks_are_exact() {
    for (widths, cells) in
        [([2, 10, 10, 2].as_slice(), 4000), (&[4, 20, 1], 4000), (&[10, 16, 16, 3], 4000)]
    {
        for seed in 0..2u64 {
            let network = network(widths, 0.0, 0.2, seed);
            let x = Numbers(seed ^ 5).vector(widths[0]);
            let (own, rivals) = classes(&network, &x);
            let certifier = certifier(&network);
            for ball in BALLS {
                let low = certifier.radius(&x, own, &rivals, ball, 50.0, &|| false);
                let all = certifier.exact_radius(
                    &x,
                    own,
                    &rivals,
                    ball,
                    cells,
                    [0.0, 4.0 * low],
                    &|| false,
                );
                assert!(
                    all.exact && all.radius >= low * (1.0 - 1e-9),
                    "{widths:?} {seed}: {low} {all:?}"
                );
                let Some(nearest) = all.nearest else { continue };
                // A little further the class is another: the bound is attained.
                let beyond = |t: f64| -> Vec<f64> {
                    x.iter().zip(&nearest).map(|(x, y)| x + t * (y - x)).collect()
                };
                let found = [1.0 + 1e-9, 1.0 + 1e-6, 1.0 + 1e-4]
                    .into_iter()
                    .map(beyond)
                    .find(|y| certifier.class(y, own, &rivals) == Some(true));
                let found = found.expect("a counterexample beside the nearest point");
                let distance = certifier.distance(&x, &found, ball);
                assert!(distance.hi <= all.radius * 1.01, "{distance:?} {}", all.radius);
                assert!(distance.lo >= all.radius);
            }
        }
    }
}

#[test]
fn gradients_stay_within_their_bounds() {
    let mut numbers = Numbers(3);
    for (seed, slope) in [(1, 0.0), (2, 0.1), (3, -0.5), (4, 1.0)] {
        let network = network(&[8, 24, 16, 2], slope, 0.2, seed);
        let certifier = certifier(&network);
        let x = numbers.vector(8);
        let pair = Pair::Classes { own: 0, rival: 1 };
        let here = certifier.gradient(&x, pair);
        let global = certifier.global();
        let everywhere = global.outputs[0] + global.outputs[1];
        for radius in [0.0, 1e-3, 0.05, 0.5, 5.0] {
            let (most, change) = certifier.lipschitz(&x, pair, radius);
            assert!(most >= here.norm.lo && most <= everywhere, "{most} {everywhere}");
            if radius == 0.0 || slope == 1.0 {
                assert!(change < 1e-9 && most <= here.norm.hi * (1.0 + 1e-9), "{change}");
            }
            for _ in 0..300 {
                let y = inside(&mut numbers, &x, Ball::L2, radius);
                let there = certifier.gradient(&y, pair);
                assert!(there.norm.lo <= most);
                let apart: f64 = there
                    .direction
                    .iter()
                    .zip(&here.direction)
                    .map(|(a, b)| (a - b) * (a - b))
                    .sum::<f64>()
                    .sqrt();
                assert!(apart / here.norm.hi <= change * (1.0 + 1e-12) + 1e-14);
            }
        }
        // Far away all neurons are of either sign, and still something is known.
        assert!(certifier.lipschitz(&x, pair, 1e6).0.is_finite());
    }
}

/// The Lipschitz constant of a network with nonnegative weights is the norm of the product.
#[test]
fn nonnegative_networks_have_the_norm_of_the_product() {
    for seed in 0..4u64 {
        let mut network = network(&[2, 10, 30, 20, 2], 0.0, 0.0, seed);
        let mut numbers = Numbers(seed ^ 0x4d);
        for layer in &mut network.layers {
            layer.weights.mapv_inplace(|_| 0.5 * numbers.uniform().abs());
        }
        let mut product: Vec<Vec<Rational>> = vec![
            vec![Rational::from(1), Rational::new()],
            vec![Rational::new(), Rational::from(1)],
        ];
        for layer in &network.layers {
            let row = |row: ndarray::ArrayView1<'_, f64>| {
                let entry = |j: usize| {
                    row.iter().zip(&product).map(|(w, p)| exact(*w) * &p[j]).sum::<Rational>()
                };
                vec![entry(0), entry(1)]
            };
            product = layer.weights.outer_iter().map(row).collect();
        }
        // The largest eigenvalue of PᵀP.
        let gram = |i: usize, j: usize| -> Rational {
            product.iter().map(|row| row[i].clone() * &row[j]).sum()
        };
        let (a, b, c) = (gram(0, 0), gram(0, 1), gram(1, 1));
        let root =
            Enclosure::rational(256, &((a.clone() - &c).square() + Rational::from(4) * b.square()));
        let norm = ((Enclosure::rational(256, &(a + c)) + root.sqrt()) / 2).sqrt();
        let global = certifier(&network).global();
        assert!(global.lipschitz >= norm.lo_f64());
        assert!(global.lipschitz <= norm.hi_f64() * (1.0 + 1e-9), "{} {norm:?}", global.lipschitz);
        let naive: f64 = global.norms.iter().product();
        assert!(naive >= global.lipschitz);
    }
}

#[test]
fn averages_of_activations_beat_the_product_of_norms() {
    let network = network(&[10, 30, 30, 2], 0.0, 0.0, 3);
    let global = certifier(&network).global();
    let naive: f64 = global.norms.iter().product();
    assert!(global.lipschitz < 0.9 * naive, "{} {naive}", global.lipschitz);
    assert!(global.outputs.iter().all(|output| *output <= global.lipschitz * (1.0 + 1e-9)));
    // A linear network: the product itself.
    let linear = self::network(&[6, 9, 9, 1], 1.0, 0.0, 4);
    let global = certifier(&linear).global();
    let row =
        linear.layers[2].weights.dot(&linear.layers[1].weights).dot(&linear.layers[0].weights);
    let norm = row.iter().map(|w| w * w).sum::<f64>().sqrt();
    assert!((global.outputs[0] / norm - 1.0).abs() < 1e-9);
}

#[test]
fn a_normalisation_belongs_to_the_network_or_does_not() {
    let plain = network(&[3, 6, 2], 0.0, 0.3, 8);
    let mut normalised = plain.clone();
    let (mean, std) = (vec![0.1307, -0.4, 0.25], 0.3081);
    normalised.normalisation = vec![
        Elementwise::Subtract(Array1::from_vec(mean.clone())),
        Elementwise::Divide(Array1::from_vec(vec![std])),
    ];
    let x = [0.3, 0.7, -0.2];
    let before = certifier(&normalised);
    let after = Certifier::new(normalised.clone(), Space::After).unwrap();
    let placed = after.place(&x);
    let near: Vec<f64> = x.iter().zip(&mean).map(|(x, m)| (x - m) / std).collect();
    assert!(placed.iter().zip(&near).all(|(a, b)| (a - b).abs() < 1e-15));
    assert_eq!(before.place(&x), x);
    let (own, rivals) = classes(&plain, &placed);
    // The same function, in other units.
    for (a, b) in before.outputs(&x).iter().zip(after.outputs(&placed)) {
        assert!((a.lo - b.lo).abs() < 1e-14);
    }
    assert_eq!(after.outputs(&placed), certifier(&plain).outputs(&placed));
    for ball in BALLS {
        let in_units = before.radius(&x, own, &rivals, ball, 50.0, &|| false);
        let behind = after.radius(&placed, own, &rivals, ball, 50.0, &|| false);
        assert!((in_units / (std * behind) - 1.0).abs() < 3e-4, "{in_units} {behind}");
    }
    let pair = Pair::Classes { own, rival: rivals[0] };
    let (a, b) = (before.gradient(&x, pair).norm, after.gradient(&placed, pair).norm);
    assert!((a.lo * std / b.lo - 1.0).abs() < 1e-13);
    assert!(
        (before.lipschitz(&x, pair, 0.01).0 * std / after.lipschitz(&placed, pair, 0.01 / std).0
            - 1.0)
            .abs()
            < 1e-9
    );
    // Ties that no precision tells: a third minus a third.
    let weights = Array2::from_shape_vec((1, 2), vec![1.0, -1.0]).unwrap();
    let tie = Given {
        normalisation: vec![Elementwise::Divide(Array1::from_vec(vec![3.0]))],
        layers: vec![layer(weights, None, 1.0, 0)],
        dtype: Dtype::F64,
    };
    assert_eq!(certifier(&tie).class(&[1.0, 1.0], 1, &[0]), Some(false));
    assert_eq!(certifier(&tie).class(&[1.0, 1f64.next_up()], 1, &[0]), Some(true));
    assert_eq!(certifier(&tie).radius(&[1.0, 1.0], 1, &[0], Ball::L2, 1.0, &|| false), 0.0);
}

#[test]
fn float32_is_what_floats_say() {
    // 2^24 + 1 − 2^24 in the order of the row: 0 in float32, 1 exactly.
    let weights = Array2::from_shape_vec((1, 3), vec![1.0; 3]).unwrap();
    let network = Given {
        normalisation: Vec::new(),
        layers: vec![layer(weights, None, 1.0, 0)],
        dtype: Dtype::F32,
    };
    let certifier = certifier(&network);
    let y = [16_777_216.0, 1.0, -16_777_216.0];
    assert_eq!(certifier.class(&y, 0, &[1]), Some(true));
    assert_eq!(certifier.float32(&y, 0, &[1]), Some(false));
    assert_eq!(certifier.float32(&[1e39, 0.0, 0.0], 0, &[1]), None);
    assert_eq!(certifier.float32(&[f64::NAN; 3], 0, &[1]), None);
    assert_eq!(certifier.class(&[f64::NAN; 3], 0, &[1]), None);
}

#[test]
fn what_is_no_network_is_refused() {
    let good = network(&[2, 3, 2], 0.0, 0.1, 1);
    let refused = |change: fn(&mut Given)| {
        let mut network = good.clone();
        change(&mut network);
        assert!(Certifier::new(network, Space::Before).is_err());
    };
    refused(|network| network.layers.clear());
    refused(|network| network.layers[1].slope = 0.0);
    refused(|network| network.layers[0].slope = 1.5);
    refused(|network| network.layers[0].slope = f64::NAN);
    refused(|network| network.layers[0].weights[[0, 0]] = f64::NAN);
    refused(|network| network.layers[0].bias = Some(Array1::from_vec(vec![f64::INFINITY; 3])));
    refused(|network| network.layers[0].bias = Some(Array1::zeros(2)));
    refused(|network| network.layers[1].weights = Array2::zeros((2, 4)));
    refused(|network| network.normalisation = vec![Elementwise::Divide(Array1::zeros(1))]);
    refused(|network| network.normalisation = vec![Elementwise::Add(Array1::zeros(3))]);
}
