//! The exact law of A·χ²_m/m, A = Π S(d_i)/d_i, by inverting its Mellin transform.
//!
//! With Y = log(2^L · A · χ²_m/m) and M(z) = E e^{zY}, which has a closed form,
//! P(Y > y) = (1/2πi) ∫ M(z) e^{−zy}/z dz along a vertical line to the right of 0, and the same
//! with a minus sign to its left for P(Y ≤ y). On a line through the saddle point the trapezoidal
//! rule converges geometrically and tails keep their *relative* accuracy. Results are `f64`
//! predictions: accurate to about ten digits, not rigorous. `proofs/model.md#law-inversion`.

use num_complex::Complex64;
use std::f64::consts::{LN_2, PI};

/// Up to this width the binomial mixture is summed term by term; above, over a grid of its normal
/// limit with the first Edgeworth correction, whose error is O(1/n²).
const SUM_LIMIT: u128 = 1 << 14;

/// The law of A·χ²_m/m for given hidden widths, with its atom at 0.
pub struct ProductLaw {
    layers: Vec<(u128, f64)>,
    chi_degrees: f64,
    log_scale: f64,
    dead: f64,
    deviation: f64,
}

/// P(network dead) = 1 − Π(1 − 2^{−d_i}): the atom of A at 0.
pub fn dead_probability(hidden: &[u128]) -> f64 {
    -hidden.iter().map(|&d| (-(-(d as f64) * LN_2).exp()).ln_1p()).sum::<f64>().exp_m1()
}

/// A probability and its complement, each to the precision of `f64`.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    /// p.
    pub probability: f64,
    /// 1 − p.
    pub complement: f64,
}

impl Level {
    /// `None` if either leaves the range of `f64`.
    pub fn of(probability: &crate::params::Probability) -> Option<Self> {
        let level = Level {
            probability: probability.to_f64(),
            complement: probability.log_complement().exp(),
        };
        (level.probability > 1e-290 && level.complement > 1e-290).then_some(level)
    }

    /// ½.
    pub const HALF: Level = Level { probability: 0.5, complement: 0.5 };
}

/// Which tail a contour computes.
#[derive(Clone, Copy, PartialEq)]
enum Tail {
    Above,
    Below,
}

impl ProductLaw {
    /// For hidden widths with multiplicities and χ² degrees of freedom m.
    pub fn new(hidden: &[u128], chi_degrees: u128) -> Self {
        let mut counts = std::collections::BTreeMap::new();
        for &width in hidden {
            *counts.entry(width).or_insert(0.0) += 1.0;
        }
        let variance: f64 =
            hidden.iter().map(|&d| 5.0 / d as f64).sum::<f64>() + 2.0 / chi_degrees as f64;
        ProductLaw {
            layers: counts.into_iter().collect(),
            chi_degrees: chi_degrees as f64,
            log_scale: -(hidden.len() as f64) * LN_2,
            dead: dead_probability(hidden),
            deviation: variance.sqrt(),
        }
    }

    /// The mass of the atom at 0.
    pub fn dead(&self) -> f64 {
        self.dead
    }

    fn alive(&self) -> f64 {
        1.0 - self.dead
    }

    /// log of the value x with P(A·χ²_m/m > x) = `level`; −∞ if the atom reaches that far.
    pub fn log_upper_quantile(&self, level: Level) -> f64 {
        self.log_lower_quantile(Level {
            probability: level.complement,
            complement: level.probability,
        })
    }

    /// log of the value x with P(A·χ²_m/m ≤ x) = `level`; −∞ if the atom alone has it.
    pub fn log_lower_quantile(&self, level: Level) -> f64 {
        let rest = level.probability - self.dead();
        if rest <= 0.0 {
            return f64::NEG_INFINITY;
        }
        if rest <= 0.5 * self.alive() {
            self.solve(Tail::Below, rest)
        } else {
            self.solve(Tail::Above, level.complement)
        }
    }

    fn solve(&self, tail: Tail, probability: f64) -> f64 {
        let nats = (self.alive() / probability).ln();
        let transform = Transform::new(self, nats);
        let theta = transform.saddle(tail, nats);
        // Aliases come from both sides. Those from the bulk of the law are damped by e^{−|θ|T};
        // those from beyond the tail by how much faster than e^{−|θ|y} it falls: at a distance of
        // a few deviations for a Gaussian-like tail, by the room left in the strip for one that is
        // a pure exponential.
        let room = if tail == Tail::Below {
            transform.left_end().abs() - theta.abs()
        } else {
            f64::INFINITY
        };
        let line =
            Line::new(&transform, theta, (3.0 * (30.0 + nats) / theta.abs()).max(32.0 / room));
        let sign = if tail == Tail::Above { 1.0 } else { -1.0 };
        // Newton on the logarithm of the tail, which is concave and nearly straight.
        let mut y = transform.slope(theta);
        for _ in 0..50 {
            let mass = line.tail(y).max(1e-3 * probability);
            let step = sign * (mass / probability).ln() * mass / line.density(y).max(1e-300);
            let limit = 2.0 * self.deviation;
            y += step.clamp(-limit, limit);
            if step.abs() < 1e-13 * self.deviation {
                break;
            }
        }
        y + self.log_scale
    }

    /// The distribution function and density as functions of log x, for comparison with samples.
    pub fn table(&self) -> Table {
        let transform = Transform::new(self, 30.0);
        let range = (transform.chernoff(Tail::Below, 24.0), transform.chernoff(Tail::Above, 24.0));
        let theta = 1.0 / self.deviation;
        let line = Line::new(&transform, theta, range.1 - range.0 + 40.0 / theta);
        Table { line, range, log_scale: self.log_scale, alive: self.alive() }
    }
}

/// P(A·χ²_m/m ≤ x) for many x: one contour for all.
pub struct Table {
    line: Line,
    range: (f64, f64),
    log_scale: f64,
    alive: f64,
}

impl Table {
    /// P(A·χ²_m/m ≤ e^log_x), atom included.
    pub fn cdf(&self, log_x: f64) -> f64 {
        let y = log_x - self.log_scale;
        if y <= self.range.0 {
            1.0 - self.alive
        } else if y >= self.range.1 {
            1.0
        } else {
            1.0 - self.line.tail(y)
        }
    }

    /// Density of log x (without the atom).
    pub fn density(&self, log_x: f64) -> f64 {
        let y = log_x - self.log_scale;
        if y <= self.range.0 || y >= self.range.1 { 0.0 } else { self.line.density(y).max(0.0) }
    }
}

/// M(z) for one law, with mixtures truncated where they cannot matter.
struct Transform<'a> {
    law: &'a ProductLaw,
    layers: Vec<(Mixture, f64)>,
}

impl<'a> Transform<'a> {
    /// Keeps every component whose neglect would change a tail of probability e^{−nats}.
    fn new(law: &'a ProductLaw, nats: f64) -> Self {
        let layers =
            law.layers.iter().map(|&(n, count)| (Mixture::new(n, nats + 30.0), count)).collect();
        Transform { law, layers }
    }

    /// The end of the strip on which M exists, to the left of 0.
    fn left_end(&self) -> f64 {
        let layers = self.layers.iter().map(|(mixture, _)| mixture.least());
        -0.5 * layers.fold(self.law.chi_degrees, f64::min)
    }

    fn log(&self, z: Complex64) -> Complex64 {
        let layers: Complex64 =
            self.layers.iter().map(|(mixture, count)| mixture.log_moment(z) * count).sum();
        layers + log_gamma_ratio(0.5 * self.law.chi_degrees, z)
    }

    fn value(&self, theta: f64) -> f64 {
        self.log(Complex64::new(theta, 0.0)).re
    }

    /// d/dθ log M, by a complex step.
    fn slope(&self, theta: f64) -> f64 {
        let step = 1e-9 / self.law.deviation;
        self.log(Complex64::new(theta, step)).im / step
    }

    /// θ at which Chernoff's bound log M(θ) − θ·(log M)′(θ) has fallen by `nats` from θ = 0.
    fn saddle(&self, tail: Tail, nats: f64) -> f64 {
        let at_zero = self.value(0.0);
        let fallen =
            |theta: f64| at_zero - self.value(theta) + theta * self.slope(theta) >= nats.max(0.3);
        let end = match tail {
            Tail::Above => f64::INFINITY,
            Tail::Below => self.left_end().abs(),
        };
        let sign = if tail == Tail::Above { 1.0 } else { -1.0 };
        // θ = end·u/(end + u) maps u in (0, ∞) onto the strip.
        let theta = |u: f64| sign * if end.is_finite() { end * u / (end + u) } else { u };
        let unit = 1.0 / self.law.deviation;
        let (mut low, mut high) = ((1e-3 * unit).ln(), unit.ln());
        while !fallen(theta(high.exp())) && high < unit.ln() + 40.0 {
            (low, high) = (high, high + 1.0);
        }
        while high - low > 0.01 {
            let middle = 0.5 * (low + high);
            if fallen(theta(middle.exp())) { high = middle } else { low = middle }
        }
        // A pole at the end of the strip may belong to components of negligible weight; a tail that
        // does fall like the pole's exponential has its saddle at this distance from it.
        let furthest = end * (1.0 - 1.0 / (2.0 + nats));
        sign * theta(high.exp()).abs().min(furthest)
    }

    /// The quantile of probability e^{−nats} by Chernoff's inequality: no nearer than the true one.
    fn chernoff(&self, tail: Tail, nats: f64) -> f64 {
        let theta = self.saddle(tail, nats);
        (self.value(theta) + nats) / theta
    }
}

/// Nodes on a vertical line and the values M(z) there.
struct Line {
    theta: f64,
    step: f64,
    /// log M(z) − log M(θ) at z = θ + i·step·j, exponentiated.
    values: Vec<Complex64>,
    log_peak: f64,
}

impl Line {
    /// `period` is the length of the y-axis beyond which aliasing is allowed.
    fn new(transform: &Transform<'_>, theta: f64, period: f64) -> Self {
        let step = 2.0 * PI / period;
        let log_peak = transform.value(theta);
        let mut values = Vec::new();
        for j in 0..200_000 {
            let z = Complex64::new(theta, step * f64::from(j));
            let value = (transform.log(z) - log_peak).exp();
            let small = value.norm() / (z.norm() / theta.abs()) < 1e-18;
            values.push(value);
            if small && j > 16 {
                break;
            }
        }
        Line { theta, step, values, log_peak }
    }

    fn sum(&self, y: f64, term: impl Fn(Complex64, Complex64) -> Complex64) -> f64 {
        let (mut phase, turn) = (Complex64::ONE, Complex64::new(0.0, -self.step * y).exp());
        let mut total = 0.0;
        for (j, &value) in self.values.iter().enumerate() {
            let z = Complex64::new(self.theta, self.step * j as f64);
            let weight = if j == 0 { 0.5 } else { 1.0 };
            total += weight * (term(z, value) * phase).re;
            phase *= turn;
        }
        total * self.step / PI * (self.log_peak - self.theta * y).exp()
    }

    /// P(Y > y) on a line right of 0; P(Y ≤ y) on one left of it.
    fn tail(&self, y: f64) -> f64 {
        self.theta.signum() * self.sum(y, |z, value| value / z)
    }

    fn density(&self, y: f64) -> f64 {
        self.sum(y, |_, value| value)
    }
}

/// N ~ Bin(n, ½) given N ≥ 1, as nodes k with weights.
enum Mixture {
    /// Every k from `from` on, with the binomial weights.
    Sum { n: f64, from: f64, weights: Vec<f64> },
    /// A grid of k for wide layers.
    Grid { n: f64, nodes: Vec<(f64, f64)> },
}

impl Mixture {
    /// Drops components of total probability below e^{−nats}.
    fn new(width: u128, nats: f64) -> Self {
        let n = width as f64;
        // Tilting by the saddle point moves the weights; half as much again covers it.
        let reach = 1.5 * (2.0 * nats).sqrt();
        if width > SUM_LIMIT {
            let nodes = 400;
            let total = (2.0 * PI).sqrt();
            let nodes = (0..=nodes).map(|i| {
                let x = reach * (2.0 * f64::from(i) / f64::from(nodes) - 1.0);
                let edgeworth = 1.0 - (x.powi(4) - 6.0 * x * x + 3.0) / (12.0 * n);
                let weight =
                    (-0.5 * x * x).exp() * edgeworth / total * 2.0 * reach / f64::from(nodes);
                (x / n.sqrt(), weight)
            });
            return Mixture::Grid { n, nodes: nodes.collect() };
        }
        let log_choose =
            |k: f64| ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0) - n * LN_2;
        // The lower end decides the strip on which negative moments exist: cut by probability.
        let (mut from, mut below) = (1.0, 0.0);
        while from < n {
            below += log_choose(from).exp();
            if below > (-nats).exp() {
                break;
            }
            from += 1.0;
        }
        let to = (0.5 * n + 0.5 * reach * n.sqrt() + 1.0).min(n);
        let count = (to - from) as usize;
        let weights = (0..=count).map(|i| log_choose(from + i as f64).exp()).collect();
        Mixture::Sum { n, from, weights }
    }

    /// The fewest degrees of freedom kept.
    fn least(&self) -> f64 {
        match self {
            Mixture::Sum { from, .. } => *from,
            Mixture::Grid { n, nodes } => 0.5 * n * (1.0 + nodes[0].0),
        }
    }

    /// log E[(2S(n)/n)^z; N ≥ 1].
    fn log_moment(&self, z: Complex64) -> Complex64 {
        match self {
            Mixture::Sum { n, from, weights } => {
                // E(2χ²_k/n)^z, in two interleaved recurrences with step 2.
                let start = |k: f64| ((2.0 * k / n).ln() * z + log_gamma_ratio(0.5 * k, z)).exp();
                let mut conditional = [start(*from), start(from + 1.0)];
                let mut sum = Complex64::ZERO;
                for (i, weight) in weights.iter().enumerate() {
                    let half = 0.5 * (from + i as f64);
                    let moment = &mut conditional[i % 2];
                    sum += *moment * weight;
                    *moment *= (z + half) / half;
                }
                sum.ln()
            }
            Mixture::Grid { n, nodes } => nodes
                .iter()
                .map(|&(excess, weight)| {
                    let k = 0.5 * n * (1.0 + excess);
                    (z * excess.ln_1p() + log_gamma_ratio(0.5 * k, z)).exp() * weight
                })
                .sum::<Complex64>()
                .ln(),
        }
    }
}

/// log Γ(a+z) − log Γ(a) − z log a, without cancellation for large a. Needs Re(a+z) > 0.
fn log_gamma_ratio(a: f64, z: Complex64) -> Complex64 {
    // Γ(x+1) = xΓ(x) lifts small arguments to where Stirling's series is exact in f64.
    let mut lifted = a;
    let mut correction = Complex64::ZERO;
    while lifted < 25.0 || lifted + z.re < 25.0 {
        if lifted > 1e6 {
            break; // only reached where M is far below the digits kept
        }
        correction -= ln_1p(z / lifted);
        lifted += 1.0;
    }
    let lift = z * ((lifted - a) / a).ln_1p();
    let w = z / lifted;
    let log = ln_1p(w);
    let tail = |x: Complex64| {
        let inverse = x.inv();
        let square = inverse * inverse;
        inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0)))
    };
    lifted * log_excess(w, log) + (z - 0.5) * log + tail(z + lifted) - tail(lifted.into())
        + correction
        + lift
}

/// log(1+w) − w.
fn log_excess(w: Complex64, log: Complex64) -> Complex64 {
    if w.norm() > 0.05 {
        return log - w;
    }
    // −w²/2 + w³/3 − …, by Horner's rule.
    let series = (2..=16).rev().fold(Complex64::ZERO, |sum, j| {
        let sign = if j % 2 == 0 { -1.0 } else { 1.0 };
        sum * w + sign / f64::from(j)
    });
    series * w * w
}

fn ln_1p(w: Complex64) -> Complex64 {
    let re = 0.5 * (w.re * (2.0 + w.re) + w.im * w.im).ln_1p();
    Complex64::new(re, w.im.atan2(1.0 + w.re))
}

/// log Γ(x) for x ≥ 1.
fn ln_gamma(x: f64) -> f64 {
    // Γ(x) = Γ(1 + (x − 1)), from log Γ(1) = 0.
    log_gamma_ratio(1.0, Complex64::new(x - 1.0, 0.0)).re
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::chi_square;
    use crate::num::Enclosure;

    fn level(probability: f64) -> Level {
        Level { probability, complement: 1.0 - probability }
    }

    fn enclosed(x: f64) -> Enclosure {
        Enclosure::point(128, x)
    }

    #[test]
    fn gamma_function_identities() {
        for x in [1.0, 1.5, 2.0, 17.3, 1e5, 1e14] {
            let exact = enclosed(x).ln_gamma().to_f64();
            assert!((ln_gamma(x) - exact).abs() < 1e-13 * exact.abs().max(1.0), "{x}");
        }
        // |Γ(½+it)|² = π/cosh πt and |Γ(1+it)|² = πt/sinh πt.
        for t in [0.1, 1.0, 7.0] {
            let modulus = |a: f64| 2.0 * log_gamma_ratio(a, Complex64::new(0.0, t)).re;
            assert!((modulus(0.5) + (PI * t).cosh().ln()).abs() < 1e-12);
            assert!((modulus(1.0) - (PI * t / (PI * t).sinh()).ln()).abs() < 1e-12);
        }
        // Large a: ratio ≈ (z² − z)/(2a).
        let z = Complex64::new(3e8, 5e8);
        let ratio = log_gamma_ratio(1e18, z);
        assert!((ratio - (z * z - z) / 2e18).norm() < 1e-9);
    }

    #[test]
    fn no_layers_is_chi_square_itself() {
        for m in [1u128, 7, 300] {
            let law = ProductLaw::new(&[], m);
            let table = law.table();
            for quantile in [0.3, 0.9, 1.1, 2.0] {
                let exact = chi_square::cdf(m, &enclosed(quantile * m as f64)).to_f64();
                assert!((table.cdf(quantile.ln()) - exact).abs() < 1e-10, "m = {m}");
            }
            for probability in [1e-30, 1e-9, 0.1, 0.5, 0.9] {
                let x = law.log_lower_quantile(level(probability)).exp() * m as f64;
                let back = chi_square::cdf(m, &enclosed(x)).to_f64();
                assert!((back / probability - 1.0).abs() < 1e-8, "m = {m}, {probability}: {back}");
            }
        }
        let q = (0.5 * ProductLaw::new(&[], 1).log_upper_quantile(level(0.05))).exp();
        assert!((q - 1.959_963_984_540_054).abs() < 1e-10, "{q}");
        let q = (0.5 * ProductLaw::new(&[], 1).log_upper_quantile(level(1e-12))).exp();
        assert!((q - 7.130_506_848_171_329).abs() < 1e-9, "{q}");
    }

    /// P(S(n)/n · χ²_m/m ≤ x) by conditioning on N and integrating over χ²_m numerically.
    fn one_layer(n: u32, m: u128, x: f64) -> f64 {
        let steps = 4000;
        let mut total = 0.0;
        let mut weight = 0.5f64.powi(n as i32);
        total += weight;
        let chi = |k: u128, v: f64| {
            if v > 300.0 { 1.0 } else { chi_square::cdf(k, &enclosed(v)).to_f64() }
        };
        // Equal steps in log v, midpoint rule on the increments of the χ²_m law.
        let grid: Vec<f64> =
            (0..=steps).map(|i| (-18.0 + 24.0 * f64::from(i) / f64::from(steps)).exp()).collect();
        let law: Vec<f64> = grid.iter().map(|&v| chi(m, v)).collect();
        for k in 1..=n {
            weight = weight * f64::from(n - k + 1) / f64::from(k);
            let inner: f64 = grid
                .windows(2)
                .zip(law.windows(2))
                .map(|(v, p)| {
                    (p[1] - p[0])
                        * chi(u128::from(k), x * f64::from(n) * m as f64 / (v[0] * v[1]).sqrt())
                })
                .sum();
            total += weight * inner;
        }
        total
    }

    #[test]
    fn one_narrow_layer_matches_brute_force() {
        for (n, m) in [(1u32, 1u128), (3, 1), (3, 5)] {
            let table = ProductLaw::new(&[u128::from(n)], m).table();
            for x in [0.01f64, 0.2, 1.0] {
                let (value, brute) = (table.cdf(x.ln()), one_layer(n, m, x));
                assert!((value - brute).abs() < 2e-4, "n = {n}, m = {m}, x = {x}: {value} {brute}");
            }
        }
    }

    #[test]
    fn quantiles_and_table_are_inverse_and_wide_layers_agree_with_narrow_code() {
        for hidden in [
            vec![3u128, 3, 3],
            vec![5, 30, 7],
            vec![48; 6],
            vec![300; 8],
            vec![16_384, 16_385],
            vec![1; 4],
        ] {
            for m in [1u128, 8, 1000] {
                let law = ProductLaw::new(&hidden, m);
                let table = law.table();
                for probability in [1e-7, 0.01, 0.1, 0.3, 0.7, 0.99] {
                    if probability > law.dead() + 1e-3 {
                        let x = law.log_lower_quantile(level(probability));
                        let back = table.cdf(x);
                        assert!(
                            (back - probability).abs() < 1e-8,
                            "{hidden:?} {m} {probability} {back}"
                        );
                        let same = law.log_upper_quantile(level(1.0 - probability));
                        // 1 − probability has 16 digits, of which the quantile sees those beyond 1e-7.
                        let tolerance = if probability < 1e-6 { 1e-6 } else { 1e-8 };
                        assert!(
                            (same - x).abs() < tolerance * (1.0 + x.abs()),
                            "{hidden:?} {m} {probability}: {same} {x}"
                        );
                    }
                }
            }
        }
        // Either side of the switch to the grid.
        let (narrow, wide) =
            (ProductLaw::new(&[16_384; 3], 50_000), ProductLaw::new(&[16_385; 3], 50_000));
        let gap = narrow.log_lower_quantile(level(1e-3)) - wide.log_lower_quantile(level(1e-3));
        assert!(gap.abs() < 3e-6, "{gap}");
    }

    #[test]
    fn huge_widths_keep_the_normal_limit() {
        let law = ProductLaw::new(&[10u128.pow(30); 5], 1);
        let q = (0.5 * (law.log_upper_quantile(level(0.05)) + 5.0 * LN_2)).exp();
        assert!((q - 1.959_963_984_540_054).abs() < 1e-9, "{q}");
        let law = ProductLaw::new(&[10u128.pow(30); 5], 10u128.pow(30));
        assert!((law.log_lower_quantile(level(0.01)) + 5.0 * LN_2).abs() < 1e-13);
    }

    #[test]
    fn the_atom_is_the_dead_network() {
        assert!((dead_probability(&[1, 2]) - (1.0 - 0.5 * 0.75)).abs() < 1e-15);
        let law = ProductLaw::new(&[1, 2], 1);
        assert_eq!(law.log_lower_quantile(level(0.6)), f64::NEG_INFINITY);
        // δ = 1 − 1e-19 leaves less than the atom, 3·2^−64.
        let beyond = Level { probability: 1.0, complement: 1e-19 };
        assert_eq!(ProductLaw::new(&[64; 3], 64).log_upper_quantile(beyond), f64::NEG_INFINITY);
        assert_eq!(law.log_upper_quantile(level(0.4)), f64::NEG_INFINITY);
        assert!((law.table().cdf(-300.0) - 0.625).abs() < 1e-12);
    }
}
