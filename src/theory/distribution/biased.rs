//! The laws of the output and of the first-order distance in networks with biases, for predictions.
//! `proofs/output.md#biases`, `proofs/gradient.md#ratio`.

use std::collections::BTreeMap;
use std::f64::consts::{FRAC_PI_2, PI, SQRT_2};

use super::chain::{Chain, Power};
use super::equidistant::Equidistant;
use super::layer::LogLaw;
use super::ratio::RatioLaw;
use crate::model::params::{Params, Probability};

/// Logarithms of variances nearer to each other than this are one, with their mean.
const BIN: f64 = 0.004;
/// Distance of the points of tables, in logarithms.
const TABLE: f64 = 0.02;
/// Probabilities that far from 0 and 1 are not resolved.
const RESOLVED: f64 = 1e-13;
/// The biases' part against the deviation of U₁, from which on it is the smoother one.
const LARGE: f64 = 0.5;
/// Nodes of the integral over U₁ are so far apart on the line of the double exponential.
const DOUBLY: f64 = 0.03;

/// The law of a normal variable whose variance is random.
struct NormalMix {
    /// The deviation and its probability.
    nodes: Vec<(f64, f64)>,
    zero: f64,
}

impl NormalMix {
    /// Whose variance is e^(log of the chain).
    fn new(chain: &Chain, log_unit: f64) -> Self {
        let mut bins: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
        for (log, mass) in chain.nodes() {
            let bin = bins.entry((log / BIN).floor() as i64).or_default();
            *bin = (bin.0 + mass * log, bin.1 + mass);
        }
        let node = |(sum, mass): (f64, f64)| ((0.5 * (sum / mass + log_unit)).exp(), mass);
        NormalMix { nodes: bins.into_values().map(node).collect(), zero: chain.zero() }
    }

    /// P(|it| ≤ t).
    fn cdf(&self, t: f64) -> f64 {
        let sum = self.nodes.iter().map(|(size, mass)| mass * libm::erf(t / (size * SQRT_2)));
        (self.zero + sum.sum::<f64>()).min(1.0)
    }

    /// Where half of its variances are below.
    fn median_deviation(&self) -> f64 {
        let mut below = self.zero;
        let place = self.nodes.iter().find(|(_, mass)| {
            below += mass;
            below >= 0.5
        });
        place.map_or(0.0, |(size, _)| *size)
    }

    /// The range of log t outside which P(|it| ≤ t) is 0 or 1 to nearly all digits.
    fn range(&self) -> [f64; 2] {
        let (first, last) = (self.nodes.first(), self.nodes.last());
        let [least, most] = [first, last].map(|node| node.map_or(0.0, |(size, _)| size.ln()));
        [least - 15.0, most + 2.2]
    }
}

/// A distribution function of a size, by its logarithm.
pub struct SizeTable {
    table: Equidistant,
}

impl SizeTable {
    fn new(range: [f64; 2], cdf: impl Fn(f64) -> f64) -> Self {
        SizeTable { table: Equidistant::new(range, TABLE, |log| cdf(log.exp())) }
    }

    /// P(it ≤ e^log).
    pub fn cdf(&self, log: f64) -> f64 {
        let [start, end] = self.table.range();
        if log < start {
            // Near 0 the density is flat.
            return self.table.at(start) * (log - start).exp();
        }
        if log >= end { 1.0 } else { self.table.at(log).clamp(0.0, 1.0) }
    }

    /// Density of the logarithm.
    pub fn log_density(&self, log: f64) -> f64 {
        let [start, end] = self.table.range();
        if log <= start || log >= end { 0.0 } else { self.table.slope(log).max(0.0) }
    }

    /// log of what it exceeds with this probability; `None` where that is not resolved.
    pub fn log_upper_quantile(&self, probability: &Probability) -> Option<f64> {
        let rest = probability.to_f64();
        if !(RESOLVED..=1.0 - RESOLVED).contains(&rest) {
            return None;
        }
        let [mut low, mut high] = self.table.range();
        for _ in 0..100 {
            let middle = f64::midpoint(low, high);
            if 1.0 - self.cdf(middle) > rest { low = middle } else { high = middle }
        }
        Some(high)
    }
}

/// The squares of layers over their means, each width once.
struct Layers {
    slope: f64,
    laws: BTreeMap<u128, LogLaw>,
}

impl Layers {
    fn new(params: &Params) -> Self {
        let slope = params.slope.to_f64();
        let widths = params.architecture.hidden_counts();
        let law = |width: u128| (width, LogLaw::layer(width, slope));
        Layers { slope, laws: widths.into_keys().map(law).collect() }
    }

    /// log of the mean of Π S_i/d_i.
    fn log_mean(&self, depth: usize) -> f64 {
        depth as f64 * (0.5 * (1.0 + self.slope * self.slope)).ln()
    }

    fn of(&self, width: u128) -> &LogLaw {
        &self.laws[&width]
    }
}

/// log(1 + 𝗌²) from log 𝗌².
fn log_grown(log_square: f64) -> f64 {
    log_square.exp().ln_1p()
}

/// That of |f(x)| √d/‖x‖.
pub fn output(params: &Params) -> SizeTable {
    let layers = Layers::new(params);
    let squares = params.log_biases();
    let hidden = params.architecture.hidden();
    // ‖h_i‖²/(d_i v_i), in the mean 1.
    let mut chain = Chain::point(0.0);
    for (i, (&width, s)) in hidden.iter().zip(&squares).enumerate() {
        let next = hidden.get(i + 1).map_or(f64::INFINITY, |&d| layers.of(d).spacing());
        let shared = log_grown(*s);
        chain = chain.affine(-shared, s - shared).times(layers.of(width), Power::Up, next);
    }
    let last = squares.last().copied().unwrap_or(f64::NEG_INFINITY);
    let chain = chain.affine(-log_grown(last), last - log_grown(last));
    let log_unit =
        layers.log_mean(hidden.len()) + squares.iter().copied().map(log_grown).sum::<f64>();
    let mix = NormalMix::new(&chain, log_unit);
    SizeTable::new(mix.range(), |t| mix.cdf(t))
}

/// B, the variance that biases add to the output in units of that of ⟨∇f(x), x⟩, given that the
/// gradient is not 0; as near to each other as this at the end.
fn added(params: &Params, spacing: f64) -> Chain {
    let layers = Layers::new(params);
    let squares = params.log_biases();
    // C_i = 𝗌_i² + (1 + 𝗌_i²) C_{i+1}/X_i, from C_{L+1} = 𝗌_{L+1}² to C_1 = B.
    let mut chain = Chain::point(squares.last().copied().unwrap_or(f64::NEG_INFINITY));
    let hidden = params.architecture.hidden();
    for (i, (&width, s)) in hidden.iter().zip(&squares).enumerate().rev() {
        let before = i.checked_sub(1).map_or(spacing, |i| layers.of(hidden[i]).spacing());
        chain = chain.times(layers.of(width), Power::Down, before).affine(log_grown(*s), *s);
    }
    chain
}

/// The values of B with their probabilities, from the least on, those nearer to each other than
/// `bin` in the logarithm as one.
pub fn variances(params: &Params, bin: f64) -> Vec<(f64, f64)> {
    let mut bins: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for (log, mass) in added(params, bin).nodes() {
        let sums = bins.entry((log / bin).floor() as i64).or_default();
        *sums = (sums.0 + mass * log.exp(), sums.1 + mass);
    }
    let total: f64 = bins.values().map(|(_, mass)| mass).sum();
    bins.into_values().map(|(sum, mass)| (sum / mass, mass / total)).collect()
}

/// That of |f(x)|/(‖∇f(x)‖‖x‖), given that the gradient is not 0.
pub fn ratio(params: &Params) -> SizeTable {
    let dimension = params.architecture.input();
    let chi = LogLaw::chi_square(dimension);
    let chain = added(params, chi.spacing()).times(&chi, Power::Down, f64::INFINITY);
    let part = NormalMix::new(&chain, -(dimension as f64).ln());
    let along = RatioLaw::new(dimension);
    let root = (dimension as f64).sqrt();
    let size = part.median_deviation();
    let range = [-root.ln() - 15.0, (1.0f64).min(12.0 / root).ln().max(part.range()[1]) + 1.0];
    if size * root >= LARGE {
        let table = SizeTable::new(part.range(), |t| part.cdf(t));
        let below = |u: f64| if u > 0.0 { table.cdf(u.ln()) } else { 0.0 };
        let nodes = directions(dimension);
        SizeTable::new(range, |u| nodes.iter().map(|(x, w)| w * within(u, *x, below)).sum())
    } else {
        // |Z|, log by log.
        let normal = LogLaw::chi_square(1);
        let part = chain.times(&normal, Power::Up, TABLE);
        let unit = -(dimension as f64).ln();
        let nodes: Vec<(f64, f64)> =
            part.nodes().map(|(log, mass)| ((0.5 * (log + unit)).exp(), mass)).collect();
        let below = |u: f64| along.cdf(u);
        SizeTable::new(range, |u| nodes.iter().map(|(t, m)| m * within(u, *t, below)).sum())
    }
}

/// P(|x + Y| ≤ u) for a symmetric Y with P(|Y| ≤ y) = `below`(y).
fn within(u: f64, x: f64, below: impl Fn(f64) -> f64) -> f64 {
    let signed = |y: f64| if y >= 0.0 { below(y) } else { -below(-y) };
    0.5 * (signed(u - x) + signed(u + x))
}

/// Values of |U₁| with probabilities: sin φ, with the density cos^{d−2} φ on 0 < φ < π/2.
fn directions(dimension: u128) -> Vec<(f64, f64)> {
    if dimension == 1 {
        return vec![(1.0, 1.0)];
    }
    let power = (dimension - 2) as f64;
    let most = FRAC_PI_2.min(12.0 / (dimension as f64 - 1.0).sqrt());
    let steps = (3.2 / DOUBLY) as i32;
    let node = |i: i32| {
        let t = DOUBLY * f64::from(i);
        let inner = FRAC_PI_2 * t.sinh();
        // φ = most (1 + tanh)/2.
        let phi = most / (1.0 + (-2.0 * inner).exp());
        let weight = PI * t.cosh() / (4.0 * inner.cosh().powi(2));
        let log_cos = 0.5 * (-phi.sin().powi(2)).ln_1p();
        let density = if power == 0.0 { 1.0 } else { (power * log_cos).exp() };
        (phi.sin(), weight * density)
    };
    let nodes: Vec<(f64, f64)> = (-steps..=steps).map(node).collect();
    let total: f64 = nodes.iter().map(|(_, weight)| weight).sum();
    nodes.into_iter().map(|(x, weight)| (x, weight / total)).collect()
}
