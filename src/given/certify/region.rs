//! Bounds on all neurons over a ball, and linear bounds on what follows from them
//! (`proofs/given.md#relaxation`).

use super::Ball;
use super::float::{TINY, UNIT, above, dot, dot_above, gamma, largest, length_above, sum_above};
use super::local::Local;
use super::matrix::Matrix;

/// Rows that are followed at a time.
const ROWS: usize = 512;

/// What a set of cells says of each neuron of each hidden layer: its sign, where it is fixed.
pub(super) type Signs = Vec<Vec<Option<bool>>>;

/// Neurons of a hidden layer over the region: their pre-activations lie in [lo, hi]; σ(z) ≥ αz for
/// every α that is `free` to be chosen, σ(z) ≥ `lower`·z, and σ(z) ≤ `upper`·z + `offset`.
#[derive(Clone, Debug, Default)]
pub(super) struct Neurons {
    pub lo: Vec<f64>,
    pub hi: Vec<f64>,
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
    pub offset: Vec<f64>,
    /// What a coefficient of 1 costs by rounding, behind the activation and in the affine map.
    pub cost: Vec<f64>,
    pub slope: f64,
}

impl Neurons {
    /// May it be of either sign?
    pub fn unstable(&self, k: usize) -> bool {
        self.lo[k] < 0.0 && self.hi[k] > 0.0
    }
}

/// The ball around the centre, or a part of it, with what is known of every neuron there.
#[derive(Clone, Debug)]
pub(super) struct Region<'a> {
    pub local: &'a Local<'a>,
    pub ball: Ball,
    /// In scaled units, with room for what the centre lost.
    pub radius: f64,
    /// Of the hidden layers.
    pub neurons: Vec<Neurons>,
    /// By layer: what a coefficient of 1 of a pre-activation costs by rounding in the affine map.
    affine: Vec<Vec<f64>>,
    /// By layer: what a row costs whatever it is.
    loss: Vec<f64>,
}

/// At every point of the region a quantity is at least `slope`·(y − centre) + `value`.
#[derive(Clone, Debug, Default)]
pub(super) struct Linear {
    pub slope: Vec<f64>,
    pub value: f64,
    /// At least the norm of the slope that is dual to the ball's.
    pub norm: f64,
}

impl Linear {
    /// A lower bound over the ball; −∞ where nothing is known.
    pub fn bound(&self, radius: f64) -> f64 {
        let bound = (self.value - (radius * self.norm).next_up()).next_down();
        if bound.is_nan() { f64::NEG_INFINITY } else { bound }
    }

    /// No point of the region at which the quantity is negative is nearer than this.
    pub fn distance(&self) -> f64 {
        // NaN fails the comparison.
        if self.value > 0.0 && self.norm >= 0.0 {
            (self.value / self.norm).next_down().max(0.0)
        } else {
            0.0
        }
    }
}

/// Slopes of lower bounds, by hidden layer: rows × neurons.
pub(super) type Slopes = Vec<Matrix>;

/// Rows followed to the input, with the coefficients of the h_i on the way.
pub(super) struct Descent {
    pub linear: Vec<Linear>,
    pub tape: Vec<Matrix>,
}

/// At least the norm dual to the ball's.
pub(super) fn dual_above(ball: Ball, slope: &[f64]) -> f64 {
    match ball {
        Ball::L2 => length_above(slope),
        Ball::Max => sum_above(slope),
    }
}

/// What a centre may be off by, in either norm.
fn room(dimension: usize) -> f64 {
    (dimension + 1) as f64 * TINY
}

impl<'a> Region<'a> {
    /// Of the ball of this radius around the centre, or what of it has these signs; `None` where
    /// that is empty. `effort`: steps in which slopes of bounds on neurons are improved.
    pub fn new(
        local: &'a Local<'a>,
        ball: Ball,
        radius: f64,
        signs: Option<&Signs>,
        effort: usize,
    ) -> Option<Self> {
        let dimension = local.centre.len();
        // Every entry of the centre may be wrong by TINY.
        let radius = (radius + room(dimension)).next_up();
        let (neurons, affine, loss) = (Vec::new(), Vec::new(), Vec::new());
        let mut region = Region { local, ball, radius, neurons, affine, loss };
        let last = local.layers.len() - 1;
        for at in 0..=last {
            let (lo, hi) = region.enter(at);
            if at == last {
                break;
            }
            let slope = local.layers[at].slope;
            region.neurons.push(Neurons { lo, hi, slope, ..Neurons::default() });
            let fixed = |region: &mut Region<'_>| match signs {
                Some(signs) => region.neurons[at].fix(&signs[at]),
                None => true,
            };
            if !fixed(&mut region) {
                return None;
            }
            if at > 0 {
                region.tighten(at, effort);
                if !fixed(&mut region) {
                    return None;
                }
            }
            region.relax(at);
        }
        Some(region)
    }

    /// No point of the region is nearer to x than this, if it is so far from the centre.
    pub fn away(&self, distance: f64) -> f64 {
        (distance - 2.0 * room(self.local.centre.len())).next_down().max(0.0)
    }

    /// What is known of the entries of h_at: middles, radii, and the largest sizes.
    fn signal(&self, at: usize) -> [Vec<f64>; 3] {
        let Some(before) = at.checked_sub(1) else {
            let most = |x: &f64| (x.abs() + self.radius).next_up();
            let centre = &self.local.centre;
            return [centre.clone(), Vec::new(), centre.iter().map(most).collect()];
        };
        let neurons = &self.neurons[before];
        let mut out = [const { Vec::new() }; 3];
        for (lo, hi) in neurons.lo.iter().zip(&neurons.hi) {
            let (low, high) = image(*lo, *hi, neurons.slope);
            let middle = 0.5 * low + 0.5 * high;
            let radius = (high - middle).max(middle - low).next_up();
            // NaN where nothing is known.
            let radius = if radius.is_nan() { f64::INFINITY } else { radius };
            out[0].push(middle);
            out[1].push(if low == high { 0.0 } else { radius });
            out[2].push(low.abs().max(high.abs()));
        }
        out
    }

    /// Costs of the affine map `at`, and its image by intervals.
    fn enter(&mut self, at: usize) -> (Vec<f64>, Vec<f64>) {
        let layer = &self.local.layers[at];
        let [middles, radii, most] = self.signal(at);
        let (n, inputs) = (layer.matrix.rows, layer.matrix.columns);
        let total = sum_above(&most);
        let lost = 2.0 * TINY * (layer.power * total) + (inputs + n + 8) as f64 * TINY;
        let factor = gamma(inputs.max(n) + 8);
        let (mut lo, mut hi, mut costs) = (Vec::new(), Vec::new(), Vec::new());
        for (k, row) in layer.matrix.rows().enumerate() {
            let bias = layer.bias[k];
            let bulk = layer.power * dot_above(row, &most) + bias.abs();
            let cost = above(factor * bulk + lost + layer.bias_error[k], 8);
            let away = match (at, self.ball) {
                (0, Ball::L2) => self.radius * self.local.rows[k][0],
                (0, Ball::Max) => self.radius * self.local.rows[k][1],
                _ => dot_above(row, &radii),
            };
            let away = above(above(layer.power * away, 2) + cost, 2);
            let middle = layer.power * dot(row, &middles) + bias;
            lo.push((middle - away).next_down());
            hi.push((middle + away).next_up());
            costs.push(cost);
        }
        // NaN says nothing.
        lo.iter_mut().filter(|lo| lo.is_nan()).for_each(|lo| *lo = f64::NEG_INFINITY);
        hi.iter_mut().filter(|hi| hi.is_nan()).for_each(|hi| *hi = f64::INFINITY);
        self.affine.push(costs);
        self.loss.push(above((6 * n + inputs + 12) as f64 * TINY * (1.0 + total), 4));
        (lo, hi)
    }

    /// Better bounds on the neurons that may be of either sign.
    fn tighten(&mut self, at: usize, effort: usize) {
        let neurons = &self.neurons[at];
        let unstable: Vec<usize> = (0..neurons.lo.len()).filter(|k| neurons.unstable(*k)).collect();
        for some in unstable.chunks(ROWS / 2) {
            let mut rows = Matrix::zeros(2 * some.len(), self.local.layers[at].matrix.rows);
            for (row, k) in some.iter().enumerate() {
                rows.row_mut(2 * row)[*k] = 1.0;
                rows.row_mut(2 * row + 1)[*k] = -1.0;
            }
            let linear = match effort {
                0 => self.descend(at, &rows, None, false).linear,
                _ => self.improved(at, &rows, effort, None).0,
            };
            let radius = self.radius;
            let neurons = &mut self.neurons[at];
            for (pair, k) in linear.chunks(2).zip(some) {
                neurons.lo[*k] = neurons.lo[*k].max(pair[0].bound(radius));
                neurons.hi[*k] = neurons.hi[*k].min(-pair[1].bound(radius));
            }
        }
    }

    /// Linear bounds on the activations of a layer whose pre-activations are known.
    fn relax(&mut self, at: usize) {
        let affine = &self.affine[at];
        let neurons = &mut self.neurons[at];
        let slope = neurons.slope;
        let mut total = 0.0;
        for (k, size) in affine.iter().enumerate() {
            let (lo, hi) = (neurons.lo[k], neurons.hi[k]);
            let most = lo.abs().max(hi.abs());
            total += most;
            let (lower, upper, offset) = if lo >= 0.0 {
                (1.0, 1.0, 0.0)
            } else if hi <= 0.0 {
                (slope, slope, 0.0)
            } else {
                let lower = if hi >= -lo { 1.0 } else { slope };
                let upper = ((hi - slope * lo) / (hi - lo)).clamp(slope, 1.0);
                // σ(z) − upper·z is convex: it is largest at an end.
                let offset = ((slope - upper) * lo).max((1.0 - upper) * hi);
                // NaN where an end is infinite: nothing is known, and nothing passes.
                let known = lo.is_finite() && hi.is_finite() && offset >= 0.0;
                (lower, upper, if known { above(offset, 2) } else { f64::INFINITY })
            };
            neurons.lower.push(lower);
            neurons.upper.push(upper);
            neurons.offset.push(offset);
            neurons.cost.push(above(size + 2.0 * UNIT * most, 4));
        }
        self.loss[at] = above(self.loss[at] + 2.0 * TINY * above(total, affine.len()), 4);
    }

    /// Follows rows of coefficients of the pre-activations of layer `at` to the input: linear
    /// lower bounds.
    pub fn descend(
        &self,
        at: usize,
        rows: &Matrix,
        slopes: Option<&Slopes>,
        taped: bool,
    ) -> Descent {
        let mut tape = Vec::new();
        let count = rows.rows;
        // Sums of what is added, of its sizes, and of what rounding costs.
        let (mut sum, mut bulk, mut error) = (vec![0.0; count], vec![0.0; count], vec![0.0; count]);
        let mut rows = rows.clone();
        for below in (0..=at).rev() {
            let layer = &self.local.layers[below];
            let costs = if below == at { &self.affine[below] } else { &self.neurons[below].cost };
            for (r, row) in rows.rows().enumerate() {
                let part = dot(row, &layer.bias);
                sum[r] += part;
                bulk[r] += part.abs();
                error[r] += dot_above(row, costs) + self.loss[below];
            }
            let power = layer.power;
            let mut next = if power == 1.0 {
                rows.times(layer.matrix)
            } else {
                rows.map(|c| c * power).times(layer.matrix)
            };
            if below == 0 {
                rows = next;
                break;
            }
            if taped {
                tape.push(next.clone());
            }
            let neurons = &self.neurons[below - 1];
            for r in 0..count {
                let lower = slopes.map_or(&neurons.lower[..], |slopes| slopes[below - 1].row(r));
                let mut off = 0.0;
                for (k, c) in next.row_mut(r).iter_mut().enumerate() {
                    if *c >= 0.0 {
                        *c *= lower[k];
                    } else if *c < 0.0 {
                        off += *c * neurons.offset[k];
                        *c *= neurons.upper[k];
                    } else {
                        off = f64::NAN;
                    }
                }
                sum[r] += off;
                bulk[r] += off.abs();
                error[r] += above(gamma(neurons.lo.len() + 2) * off.abs(), neurons.lo.len());
            }
            rows = next;
        }
        tape.reverse();
        let centre = &self.local.centre;
        let terms = 4 * at + 8;
        let linear = (0..count).map(|r| {
            let slope = rows.row(r).to_vec();
            let part = dot(&slope, centre);
            let rounding = above(gamma(centre.len() + 2) * dot_above(&slope, centre), centre.len());
            let (sum, bulk) = (sum[r] + part, bulk[r] + part.abs());
            let error = above(error[r] + rounding + gamma(terms) * bulk, 2 * terms);
            Linear { value: (sum - error).next_down(), norm: dual_above(self.ball, &slope), slope }
        });
        Descent { linear: linear.collect(), tape }
    }

    /// The same with slopes of lower bounds that are improved by subgradient steps, each row with
    /// its own; ends early where every row is bounded by 0 or more.
    pub fn improved(
        &self,
        at: usize,
        rows: &Matrix,
        steps: usize,
        start: Option<Slopes>,
    ) -> (Vec<Linear>, Slopes) {
        let mut slopes = start.unwrap_or_else(|| {
            let copies = |neurons: &Neurons| Matrix::of(&vec![neurons.lower.clone(); rows.rows]);
            self.neurons[..at].iter().map(copies).collect()
        });
        let mut found: Vec<Linear> = Vec::new();
        let mut moments: Vec<Vec<[f64; 2]>> =
            slopes.iter().map(|slopes| vec![[0.0; 2]; slopes.data.len()]).collect();
        for step in 0..=steps {
            let Descent { linear, tape } = self.descend(at, rows, Some(&slopes), true);
            let better =
                |new: &Linear, old: &Linear| new.bound(self.radius) > old.bound(self.radius);
            if found.is_empty() {
                found.clone_from(&linear);
            } else {
                for (old, new) in found.iter_mut().zip(&linear) {
                    if better(new, old) {
                        old.clone_from(new);
                    }
                }
            }
            let done = found.iter().all(|linear| linear.bound(self.radius) >= 0.0);
            if step == steps || done || at == 0 {
                break;
            }
            let rate = 0.4 * 0.93f64.powi(step as i32);
            let gradient = self.ascent(&linear, &slopes, &tape);
            for (layer, gradient) in gradient.iter().enumerate() {
                let floor = self.neurons[layer].slope;
                adam(&mut slopes[layer].data, &gradient.data, &mut moments[layer], step, |s| {
                    (s.1 + rate * s.0).clamp(floor, 1.0)
                });
            }
        }
        (found, slopes)
    }

    /// Derivatives of the bounds by the slopes.
    fn ascent(&self, linear: &[Linear], slopes: &Slopes, tape: &[Matrix]) -> Vec<Matrix> {
        let points: Vec<Vec<f64>> = linear.iter().map(|linear| self.worst(linear)).collect();
        let mut signal = Matrix::of(&points);
        let mut out = Vec::new();
        for (at, (slopes, tape)) in slopes.iter().zip(tape).enumerate() {
            let layer = &self.local.layers[at];
            let neurons = &self.neurons[at];
            let mut z = signal.times_transposed(layer.matrix);
            let mut gradient = Matrix::zeros(z.rows, z.columns);
            for r in 0..z.rows {
                let (slopes, tape) = (slopes.row(r), tape.row(r));
                let gradient = gradient.row_mut(r);
                for (k, z) in z.row_mut(r).iter_mut().enumerate() {
                    let here = *z * layer.power + layer.bias[k];
                    *z = if tape[k] >= 0.0 {
                        if neurons.unstable(k) {
                            gradient[k] = tape[k] * here;
                        }
                        here * slopes[k]
                    } else {
                        here * neurons.upper[k] + neurons.offset[k]
                    };
                }
            }
            out.push(gradient);
            signal = z;
        }
        out
    }

    /// Where a linear bound is least, about.
    fn worst(&self, linear: &Linear) -> Vec<f64> {
        let step = |slope: f64| match self.ball {
            Ball::L2 if linear.norm > 0.0 => self.radius * (slope / linear.norm),
            Ball::L2 => 0.0,
            Ball::Max if slope == 0.0 => 0.0,
            Ball::Max => self.radius * slope.signum(),
        };
        self.local.centre.iter().zip(&linear.slope).map(|(x, slope)| x - step(*slope)).collect()
    }
}

/// A step of Adam: what it moves by is handed on with what is moved.
fn adam(
    values: &mut [f64],
    gradient: &[f64],
    moments: &mut [[f64; 2]],
    step: usize,
    moved: impl Fn((f64, f64)) -> f64,
) {
    let most = largest(gradient);
    if most == 0.0 || !most.is_finite() {
        return;
    }
    let correction = |beta: f64| 1.0 - beta.powi(step as i32 + 1);
    let (first, second) = (correction(0.9), correction(0.99));
    for ((value, gradient), moments) in values.iter_mut().zip(gradient).zip(moments) {
        let gradient = gradient / most;
        moments[0] = 0.9 * moments[0] + 0.1 * gradient;
        moments[1] = 0.99 * moments[1] + 0.01 * gradient * gradient;
        let by = (moments[0] / first) / ((moments[1] / second).sqrt() + 1e-8);
        *value = moved((by, *value));
    }
}

impl Neurons {
    /// Keeps what has these signs; false where nothing has.
    fn fix(&mut self, signs: &[Option<bool>]) -> bool {
        for (k, sign) in signs.iter().enumerate() {
            match sign {
                Some(true) => self.lo[k] = self.lo[k].max(0.0),
                Some(false) => self.hi[k] = self.hi[k].min(0.0),
                None => {}
            }
        }
        self.lo.iter().zip(&self.hi).all(|(lo, hi)| lo <= hi)
    }
}

/// σ_a([lo, hi]), rounded outward.
fn image(lo: f64, hi: f64, slope: f64) -> (f64, f64) {
    let times = |z: f64| if slope == 0.0 { 0.0 } else { slope * z };
    let below = |z: f64| if slope == 0.0 { 0.0 } else { times(z).next_down() };
    let beyond = |z: f64| if slope == 0.0 { 0.0 } else { times(z).next_up() };
    if lo > 0.0 {
        (lo, hi)
    } else if hi <= 0.0 {
        if slope >= 0.0 { (below(lo), beyond(hi)) } else { (below(hi), beyond(lo)) }
    } else {
        (if slope >= 0.0 { below(lo) } else { 0.0 }, hi.max(beyond(lo)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::certify::weights::Weights;
    use crate::given::{Dtype, Given, Layer};
    use ndarray::{Array1, Array2};
    use proptest::prelude::*;
    use rug::Rational;

    /// Numbers from −1 to 1.
    fn numbers(mut seed: u64) -> impl FnMut() -> f64 {
        move || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((seed >> 20) as f64) / 2f64.powi(43) - 1.0
        }
    }

    fn network(widths: &[usize], slope: f64, seed: u64) -> Given {
        let mut next = numbers(seed);
        let last = widths.len() - 2;
        let layers = widths.windows(2).enumerate().map(|(at, pair)| Layer {
            weights: Array2::from_shape_simple_fn((pair[1], pair[0]), &mut next),
            bias: Some(Array1::from_shape_simple_fn(pair[1], || 0.3 * next())),
            slope: if at == last { 1.0 } else { slope },
            name: String::new(),
        });
        Given { normalisation: Vec::new(), layers: layers.collect(), dtype: Dtype::F64 }
    }

    fn exact(x: f64) -> Rational {
        Rational::from_f64(x).unwrap()
    }

    fn dot_exact(row: &[f64], values: &[Rational]) -> Rational {
        row.iter().zip(values).map(|(c, v)| exact(*c) * v).sum()
    }

    /// All z of the scaled network, whose numbers are floats.
    fn states(local: &Local<'_>, x: &[f64]) -> Vec<Vec<Rational>> {
        let mut signal: Vec<Rational> = x.iter().map(|x| exact(*x)).collect();
        let mut out = Vec::new();
        for layer in &local.layers {
            let sum = |(row, bias): (&[f64], &f64)| {
                dot_exact(row, &signal) * exact(layer.power) + exact(*bias)
            };
            let z: Vec<Rational> = layer.matrix.rows().zip(&layer.bias).map(sum).collect();
            let image = |z: &Rational| if *z > 0 { z.clone() } else { exact(layer.slope) * z };
            signal = z.iter().map(image).collect();
            out.push(z);
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn linear_bounds_hold_in_exact_arithmetic(
            seed: u64,
            slope in prop::sample::select(vec![0.0, 0.1, -0.5, -1.0, 1.0]),
            size in -3i32..2,
            ball in prop::sample::select(vec![Ball::L2, Ball::Max]),
        ) {
            let mut next = numbers(seed ^ 5);
            let weights = Weights::new(&network(&[3, 5, 4, 4, 2], slope, seed), false).unwrap();
            let x: Vec<f64> = (0..3).map(|_| next()).collect();
            let local = Local::new(&weights, &x, 1.0);
            let radius = 10f64.powi(size);
            let region = Region::new(&local, ball, radius, None, 3).unwrap();
            let mut rows: Vec<Matrix> = Vec::new();
            let mut slopes: Vec<Slopes> = Vec::new();
            for at in 0..local.layers.len() {
                let width = local.layers[at].matrix.rows;
                let data = (0..2 * width).map(|_| next()).collect();
                rows.push(Matrix { rows: 2, columns: width, data });
                let free = |neurons: &Neurons| {
                    let floor = neurons.slope;
                    let width = neurons.lo.len();
                    // Neurons of one sign keep their slope.
                    let pick = |k: usize| if neurons.unstable(k % width) {
                        floor + (1.0 - floor) * (0.5 + 0.5 * next())
                    } else {
                        neurons.lower[k % width]
                    };
                    Matrix { rows: 2, columns: width, data: (0..2 * width).map(pick).collect() }
                };
                slopes.push(region.neurons[..at].iter().map(free).collect());
            }
            for _ in 0..8 {
                let y: Vec<f64> = loop {
                    let step: Vec<f64> = (0..3).map(|_| radius * next()).collect();
                    let moved = |(x, by): (&f64, &f64)| x + by;
                    let y: Vec<f64> = local.centre.iter().zip(&step).map(moved).collect();
                    let apart: Vec<Rational> =
                        y.iter().zip(&local.centre).map(|(y, x)| exact(*y) - exact(*x)).collect();
                    let square: Rational = apart.iter().map(|a| a.clone() * a).sum();
                    let inside = match ball {
                        Ball::L2 => square <= exact(radius).square(),
                        Ball::Max => apart.iter().all(|a| a.clone().abs() <= exact(radius)),
                    };
                    if inside {
                        break y;
                    }
                };
                let apart: Vec<Rational> =
                    y.iter().zip(&local.centre).map(|(y, x)| exact(*y) - exact(*x)).collect();
                let states = states(&local, &y);
                for (z, neurons) in states.iter().zip(&region.neurons) {
                    for (k, z) in z.iter().enumerate() {
                        prop_assert!(exact(neurons.lo[k]) <= *z && *z <= exact(neurons.hi[k]));
                    }
                }
                for at in 0..local.layers.len() {
                    for slopes in [None, Some(&slopes[at])] {
                        let found = region.descend(at, &rows[at], slopes, false).linear;
                        for (row, linear) in rows[at].rows().zip(&found) {
                            let value = dot_exact(row, &states[at]);
                            let bound = dot_exact(&linear.slope, &apart) + exact(linear.value);
                            prop_assert!(bound <= value);
                            prop_assert!(exact(linear.bound(region.radius)) <= value);
                        }
                    }
                }
            }
        }
    }

    fn keep_local(_: &mut Local<'_>) {}

    fn keep_region(_: &mut Region<'_>) {}

    /// How far the margin is proved to stay positive, when parts of the bound are changed.
    fn proved(
        weights: &Weights,
        x: &[f64],
        local: &dyn Fn(&mut Local<'_>),
        region: &dyn Fn(&mut Region<'_>),
    ) -> f64 {
        let row = Matrix::of(&[vec![1.0]]);
        let mut near = Local::new(weights, x, 1.0);
        local(&mut near);
        let Some(mut found) = Region::new(&near, Ball::L2, 0.02, None, 0) else { return 0.0 };
        region(&mut found);
        let plain = &found.descend(2, &row, None, false).linear[0];
        let best = &found.improved(2, &row, 4, None).0[0];
        assert!(plain.bound(found.radius) < 0.0 || plain.distance() > 0.02);
        plain.distance().max(best.distance())
    }

    /// NaN planted in any part of a bound proves nothing.
    #[test]
    fn what_is_no_number_proves_nothing() {
        let x = [0.5, -0.4, 0.7];
        let row = Matrix::of(&[vec![1.0]]);
        let mut seed = 0;
        // One that is positive around the input, with neurons of all kinds.
        let weights = loop {
            seed += 1;
            let weights = Weights::new(&network(&[3, 6, 6, 1], 0.1, seed), false).unwrap();
            let local = Local::new(&weights, &x, 1.0);
            let region = Region::new(&local, Ball::L2, 0.02, None, 0).unwrap();
            let descent = region.descend(2, &row, None, true);
            let unstable = region.neurons.iter().any(|n| (0..6).any(|k| n.unstable(k)));
            let negative = descent.tape.iter().all(|tape| tape.data.iter().any(|c| *c < 0.0));
            if unstable && negative && descent.linear[0].distance() > 0.02 {
                break weights;
            }
        };
        assert!(proved(&weights, &x, &keep_local, &keep_region) > 0.02);
        let nothing = |what: &str, distance: f64| assert_eq!(distance, 0.0, "{what}");
        let nan = f64::NAN;
        let by_weights = |what: &str, broken: &Weights| {
            nothing(what, proved(broken, &x, &keep_local, &keep_region));
        };
        let by_local = |what: &str, local: &dyn Fn(&mut Local<'_>)| {
            nothing(what, proved(&weights, &x, local, &keep_region));
        };
        let by_region = |what: &str, region: &dyn Fn(&mut Region<'_>)| {
            nothing(what, proved(&weights, &x, &keep_local, region));
        };
        for at in 0..3 {
            let mut broken = weights.clone();
            broken.layers[at].matrix.data[0] = nan;
            by_weights("a weight", &broken);
            by_local("a bias", &|local| local.layers[at].bias[0] = nan);
            by_local("an error", &|local| local.layers[at].bias_error[0] = nan);
            by_local("a power", &|local| local.layers[at].power = nan);
            by_region("a loss", &|region| region.loss[at] = nan);
        }
        let mut broken = weights.clone();
        broken.rows[0][0] = nan;
        by_weights("a norm", &broken);
        by_local("the centre", &|local| local.centre[1] = nan);
        by_region("the affine costs", &|region| region.affine[2][0] = nan);
        for at in 0..2 {
            by_region("the offsets", &|region| region.neurons[at].offset.fill(nan));
            for k in 0..6 {
                by_region("a cost", &|region| region.neurons[at].cost[k] = nan);
                by_region("the slopes", &|region| {
                    region.neurons[at].lower[k] = nan;
                    region.neurons[at].upper[k] = nan;
                });
            }
        }
        let linear = |value: f64, norm: f64| Linear { slope: Vec::new(), value, norm };
        for (value, norm) in [(nan, 1.0), (1.0, nan), (f64::INFINITY, f64::INFINITY), (-1.0, 1.0)] {
            assert!(linear(value, norm).bound(1.0) < 0.0);
            assert_eq!(linear(value, norm).distance(), 0.0);
        }
    }
}
