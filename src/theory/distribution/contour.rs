//! The exact law of A·χ²_m/m, A = Π S_a(d_i)/d_i, by inverting its Mellin transform.
//!
//! With Y = log(A · χ²_m/m), relative to the mean of A, and M(z) = E e^{zY}, a product of closed
//! forms or of sums, P(Y > y) = (1/2πi) ∫ M(z) e^{−zy}/z dz along a vertical line to the right of
//! 0, and the same with a minus sign to its left for P(Y ≤ y). On a line through the saddle point
//! the trapezoidal rule converges geometrically and tails keep their *relative* accuracy. Results
//! are `f64` predictions: accurate to about ten digits, not rigorous; a quantile at which two lines
//! do not agree on the tail is none. `proofs/model.md#law-inversion`.

use num_complex::Complex64;
use std::f64::consts::{LN_2, PI};

use super::mixed::Mixed;
use super::transform::{self, Tail, Transform};
use crate::model::params::Probability;
use crate::model::slope::Slope;

/// What is left out of a tail is less than this many nats below it.
const MARGIN: f64 = 40.0;
/// The relative difference of the tail along two lines, from which on a quantile is not resolved.
const RESOLVED: f64 = 1e-9;
/// The share of a difference that must be left of what is subtracted.
const CANCELLED: f64 = 1e-5;
/// Values on one line, at most.
const NODES: usize = 100_000;
/// How much finer the grid is that confirms another.
const FINER: f64 = 1.2;

/// The law of A·χ²_m/m for given hidden widths, with its atom at 0.
pub struct ProductLaw {
    layers: Vec<(u128, u64)>,
    slope: f64,
    chi_degrees: u128,
    log_scale: f64,
    log_dead: f64,
    log_alive: f64,
    deviation: f64,
}

/// P(network dead) = 1 − Π(1 − 2^{−d_i}): the atom of A at 0.
pub fn dead_probability(hidden: &[u128]) -> f64 {
    -transform::log_alive(&counted(hidden)).exp_m1()
}

/// Widths with their multiplicities.
fn counted(hidden: &[u128]) -> Vec<(u128, u64)> {
    let mut counts = std::collections::BTreeMap::new();
    for &width in hidden {
        *counts.entry(width).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

/// log of [`dead_probability`], also where that leaves `f64`: then it is Σ 2^{−d_i} to all digits.
fn log_dead(hidden: &[u128]) -> f64 {
    let dead = dead_probability(hidden);
    let narrowest = hidden.iter().min().map_or(f64::INFINITY, |&d| d as f64);
    if dead > 1e-17 || narrowest == f64::INFINITY {
        return dead.ln();
    }
    let sum: f64 = hidden.iter().map(|&d| ((narrowest - d as f64) * LN_2).exp()).sum();
    sum.ln() - narrowest * LN_2
}

/// A probability and its complement, as logarithms.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    /// log p.
    pub log_probability: f64,
    /// log (1 − p).
    pub log_complement: f64,
}

impl Level {
    /// Both as precise as `f64` allows.
    pub fn of(probability: &Probability) -> Self {
        Level { log_probability: -probability.nats(), log_complement: probability.log_complement() }
    }

    /// ½.
    const HALF: Level = Level { log_probability: -LN_2, log_complement: -LN_2 };

    fn swapped(self) -> Self {
        Level { log_probability: self.log_complement, log_complement: self.log_probability }
    }
}

impl ProductLaw {
    /// For hidden widths with multiplicities and χ² degrees of freedom m.
    pub fn new(hidden: &[u128], chi_degrees: u128) -> Self {
        let layers = counted(hidden);
        ProductLaw {
            slope: 0.0,
            chi_degrees,
            log_scale: -(hidden.len() as f64) * LN_2,
            log_dead: log_dead(hidden),
            log_alive: transform::log_alive(&layers),
            deviation: transform::variance(&layers, 0.0, Some(chi_degrees)).sqrt(),
            layers,
        }
    }

    /// The same with the slope a of the activation.
    pub fn with_slope(hidden: &[u128], slope: &Slope, chi_degrees: u128) -> Self {
        let law = ProductLaw::new(hidden, chi_degrees);
        if slope.is_relu() {
            return law;
        }
        let slope = slope.to_f64();
        let mean = 0.5 * (1.0 + slope * slope);
        ProductLaw {
            slope,
            log_scale: hidden.len() as f64 * mean.ln(),
            log_dead: f64::NEG_INFINITY,
            log_alive: 0.0,
            deviation: transform::variance(&law.layers, slope, Some(chi_degrees)).sqrt(),
            ..law
        }
    }

    /// The mass of the atom at 0.
    pub fn dead(&self) -> f64 {
        self.log_dead.exp()
    }

    /// log of the value x with P(A·χ²_m/m > x) = `level`; −∞ if the atom reaches that far; `None`
    /// where it is not resolved.
    pub fn log_upper_quantile(&self, level: Level) -> Option<f64> {
        self.log_lower_quantile(level.swapped())
    }

    /// log of the value x with P(A·χ²_m/m ≤ x) = `level`; −∞ if the atom alone has it; `None` where
    /// it is not resolved.
    pub fn log_lower_quantile(&self, level: Level) -> Option<f64> {
        let rest = self.log_rest(level)?;
        if rest == f64::NEG_INFINITY {
            Some(rest)
        } else if rest <= self.log_alive - LN_2 {
            self.solve(Tail::Below, rest)
        } else {
            self.solve(Tail::Above, level.log_complement)
        }
    }

    /// log of the median. One neuron alone is silent in half of the networks: then it is −∞.
    pub fn log_median(&self) -> Option<f64> {
        let may_be_silent = self.log_dead > f64::NEG_INFINITY;
        if may_be_silent && self.layers.first().is_some_and(|&(width, _)| width == 1) {
            return Some(f64::NEG_INFINITY);
        }
        self.log_lower_quantile(Level::HALF)
    }

    /// log of what the atom leaves of a probability, from above or below, where fewer digits
    /// cancel; −∞ if it leaves nothing.
    fn log_rest(&self, level: Level) -> Option<f64> {
        let (total, taken) = if self.log_alive < level.log_probability {
            (self.log_alive, level.log_complement)
        } else {
            (level.log_probability, self.log_dead)
        };
        let share = -(taken - total).exp_m1();
        if share <= -CANCELLED {
            return Some(f64::NEG_INFINITY);
        }
        (share > CANCELLED).then(|| total + share.ln())
    }

    /// The point beyond which the tail has the logarithm `log_mass`.
    fn solve(&self, tail: Tail, log_mass: f64) -> Option<f64> {
        let y = self.tilted(tail, log_mass).or_else(|| match tail {
            Tail::Above => None,
            Tail::Below => self.by_activity(log_mass),
        });
        Some(y? + self.log_scale)
    }

    /// The same along a line, if another agrees on the tail there.
    fn tilted(&self, tail: Tail, log_mass: f64) -> Option<f64> {
        let transform = self.transform(MARGIN - log_mass, 1.0);
        let saddle = transform.saddle(tail, self.log_alive - log_mass);
        let y = Line::through(&transform, saddle, -log_mass)?.solve(log_mass, self.deviation)?;
        // Of layers on a grid, on a finer one: lines on the same would share its error.
        let finer = (self.slope != 0.0).then(|| self.transform(MARGIN - log_mass, FINER));
        let transform = finer.as_ref().unwrap_or(&transform);
        let other = Line::through(transform, transform.beside(saddle), -log_mass)?;
        ((other.log_tail(y) - log_mass).abs() < RESOLVED).then_some(y)
    }

    /// The same for a lower tail that is owed to few active neurons, if a finer grid agrees on it.
    fn by_activity(&self, log_mass: f64) -> Option<f64> {
        if self.slope != 0.0 {
            return None;
        }
        let mixed = |finer| Mixed::new(&self.layers, self.chi_degrees, MARGIN - log_mass, finer);
        let y = mixed(1.0)?.quantile(log_mass, self.deviation)?;
        let again = mixed(FINER)?.log_cdf(y)?;
        ((again - log_mass).abs() < RESOLVED).then_some(y)
    }

    fn transform(&self, nats: f64, finer: f64) -> Transform {
        if self.slope != 0.0 {
            let grid = (nats, finer);
            return Transform::bent(&self.layers, self.slope, Some(self.chi_degrees), grid);
        }
        Transform::new(&self.layers, Some(self.chi_degrees), nats)
    }

    /// The distribution function and density as functions of log x, for comparison with samples.
    pub fn table(&self) -> Table {
        let transform = self.transform(30.0 + MARGIN, 1.0);
        let range = (transform.chernoff(Tail::Below, 24.0), transform.chernoff(Tail::Above, 24.0));
        let theta = 1.0 / self.deviation;
        let line = Line::new(&transform, theta, range.1 - range.0 + 40.0 / theta);
        Table { line, range, log_scale: self.log_scale, alive: self.log_alive.exp() }
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
            // What the sum does not resolve is 0 to its accuracy, on either side.
            let tail = (self.line.scaled_tail(y).max(0.0).ln() + self.line.log_factor(y)).exp();
            (1.0 - tail).max(1.0 - self.alive)
        }
    }

    /// Density of log x (without the atom).
    pub fn density(&self, log_x: f64) -> f64 {
        let y = log_x - self.log_scale;
        if y <= self.range.0 || y >= self.range.1 { 0.0 } else { self.line.density(y).max(0.0) }
    }
}

/// Nodes on a vertical line and the values M(z) there.
struct Line {
    theta: f64,
    step: f64,
    /// M(z)/M(θ) at z = θ + i·step·j.
    values: Vec<Complex64>,
    log_peak: f64,
    /// (log M)′(θ).
    slope: f64,
    /// Did M fall below what matters?
    complete: bool,
}

impl Line {
    /// For a tail of e^{−nats}; `None` where it would take too many values.
    ///
    /// Aliases come from both sides. Those from the bulk of the law are damped by e^{−|θ|T}; those
    /// from beyond the tail by how much faster than e^{−|θ|y} it falls: at a distance of a few
    /// deviations for a Gaussian-like tail, by the room left in the strip for one that is a pure
    /// exponential.
    fn through(transform: &Transform, theta: f64, nats: f64) -> Option<Self> {
        let bulk = 2.0 * (MARGIN + nats) / theta.abs();
        let line = Line::new(transform, theta, bulk.max(MARGIN / transform.room(theta)));
        line.complete.then_some(line)
    }

    /// `period` is the length of the y-axis beyond which aliasing is allowed.
    fn new(transform: &Transform, theta: f64, period: f64) -> Self {
        let step = 2.0 * PI / period;
        let point = transform.at(theta);
        let (mut values, mut complete) = (Vec::new(), false);
        while !complete && values.len() < NODES {
            let t = step * values.len() as f64;
            let value = point.log_characteristic(t).exp();
            let small = value.norm() / (t.hypot(theta) / theta.abs()) < 1e-16;
            values.push(value);
            complete = small && values.len() > 17;
        }
        let slope = point.slope();
        Line { theta, step, values, log_peak: point.value, slope, complete }
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
        total * self.step / PI
    }

    fn log_factor(&self, y: f64) -> f64 {
        self.log_peak - self.theta * y
    }

    /// P(Y > y), on a line right of 0, or P(Y ≤ y), on one left of it, without the factor.
    fn scaled_tail(&self, y: f64) -> f64 {
        self.theta.signum() * self.sum(y, |z, value| value / z)
    }

    /// log of that tail; NaN where nothing of it is left.
    fn log_tail(&self, y: f64) -> f64 {
        self.scaled_tail(y).ln() + self.log_factor(y)
    }

    fn density(&self, y: f64) -> f64 {
        self.sum(y, |_, value| value) * self.log_factor(y).exp()
    }

    /// Where the tail has this logarithm: Newton's method for the logarithm, which is nearly
    /// straight.
    fn solve(&self, log_mass: f64, deviation: f64) -> Option<f64> {
        let mut y = self.slope;
        for _ in 0..50 {
            let (tail, density) = (self.scaled_tail(y), self.sum(y, |_, value| value));
            let step =
                self.theta.signum() * (tail.ln() + self.log_factor(y) - log_mass) * tail / density;
            if !step.is_finite() {
                return None;
            }
            let limit = 2.0 * deviation;
            y += step.clamp(-limit, limit);
            if step.abs() < 1e-13 * deviation.max(y.abs()) {
                return Some(y);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Enclosure;
    use crate::theory::distribution::chi_square;

    fn level(probability: f64) -> Level {
        Level { log_probability: probability.ln(), log_complement: (-probability).ln_1p() }
    }

    fn enclosed(x: f64) -> Enclosure {
        Enclosure::point(128, x)
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
                let x = law.log_lower_quantile(level(probability)).unwrap().exp() * m as f64;
                let back = chi_square::cdf(m, &enclosed(x)).to_f64();
                assert!((back / probability - 1.0).abs() < 1e-8, "m = {m}, {probability}: {back}");
            }
        }
        let q = (0.5 * ProductLaw::new(&[], 1).log_upper_quantile(level(0.05)).unwrap()).exp();
        assert!((q - 1.959_963_984_540_054).abs() < 1e-10, "{q}");
        let q = (0.5 * ProductLaw::new(&[], 1).log_upper_quantile(level(1e-12)).unwrap()).exp();
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
                        let x = law.log_lower_quantile(level(probability)).unwrap();
                        let back = table.cdf(x);
                        assert!(
                            (back - probability).abs() < 1e-8,
                            "{hidden:?} {m} {probability} {back}"
                        );
                        let same = law.log_upper_quantile(level(1.0 - probability)).unwrap();
                        // 1 − probability has 16 digits, of which the quantile sees those beyond
                        // 1e-7.
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
        let gap = narrow.log_lower_quantile(level(1e-3)).unwrap()
            - wide.log_lower_quantile(level(1e-3)).unwrap();
        assert!(gap.abs() < 3e-6, "{gap}");
    }

    /// Along a line and on a grid: two ways that share no formula but the law's.
    #[test]
    fn line_and_grid_agree_on_lower_tails() {
        for (hidden, m, logs10) in [
            (vec![48u128; 6], 48, [-2.0, -4.0, -6.0]),
            (vec![300; 3], 7, [-3.0, -9.0, -18.0]),
            (vec![1000, 3000], 1000, [-30.0, -40.0, -50.0]),
            (vec![5000, 5000], 1, [-10.0, -20.0, -30.0]),
            (vec![300, 10u128.pow(9), 10u128.pow(30)], 4_000_000, [-3.0, -9.0, -18.0]),
        ] {
            let law = ProductLaw::new(&hidden, m);
            for log10 in logs10 {
                let log_mass = law.log_rest(from_log10(log10)).unwrap();
                let along_line = law.tilted(Tail::Below, log_mass);
                let on_grid = law.by_activity(log_mass);
                let (Some(along_line), Some(on_grid)) = (along_line, on_grid) else {
                    panic!("{hidden:?} {m} 1e{log10}: {along_line:?} {on_grid:?}")
                };
                let gap = (along_line - on_grid) / law.deviation;
                assert!(gap.abs() < 1e-8, "{hidden:?} {m} 1e{log10}: {along_line} {on_grid}");
            }
        }
    }

    fn from_log10(log10: f64) -> Level {
        let log = log10 * std::f64::consts::LN_10;
        Level { log_probability: log, log_complement: (-log.exp()).ln_1p() }
    }

    /// log P(0 < S(n)/n ≤ x), enclosed: a sum over the numbers of active neurons.
    fn log_layer(n: u32, x: f64) -> f64 {
        let two = Enclosure::integer(400, 2);
        let mut weight = (-(two.ln() * n)).exp();
        let mut sum = Enclosure::integer(400, 0);
        for k in 1..=n {
            weight = weight * (n - k + 1) / k;
            let degrees = Enclosure::point(400, x * f64::from(n));
            sum = sum + &weight * chi_square::cdf(u128::from(k), &degrees);
        }
        sum.ln().to_f64()
    }

    /// A tail of 10^−274 owed to few active neurons, beside an input so wide that it hardly
    /// matters: χ²_m/m is 1 + ε with E ε² = 2/m.
    #[test]
    fn few_active_neurons_beside_a_wide_input() {
        let (n, m) = (1249u32, 322_498_681u128);
        let x = ProductLaw::new(&[n.into()], m).log_lower_quantile(from_log10(-274.0)).unwrap();
        assert!(((0.5 * x).exp() - 0.048_813).abs() < 5e-7);
        let [less, here, more] = [-1e-3, 0.0, 1e-3].map(|by| log_layer(n, (x + by).exp()));
        // P(S/n ≤ x/(1+ε)) is P times 1 − λε + (λ + λ² + λ′)ε²/2, λ the slope at log x.
        let slope = (more - less) / 2e-3;
        let bend = (more - 2.0 * here + less) / 1e-6;
        let log_mass = here + (slope + slope * slope + bend) / m as f64;
        let gap = log_mass + 274.0 * std::f64::consts::LN_10;
        assert!(gap.abs() < 1e-7, "{gap}");
    }

    /// Two factors, both with few degrees of freedom, down to where three or four of a hundred
    /// neurons are active: the integral over one of them, of enclosed sums for the other.
    #[test]
    fn far_tails_of_two_narrow_factors() {
        let (n, m) = (100u32, 100u32);
        for log10 in [-15.0, -29.0] {
            let law = ProductLaw::new(&[n.into()], m.into());
            let x = law.log_lower_quantile(from_log10(log10)).unwrap();
            let half = 0.5 * f64::from(m);
            // v = log χ²_m/m has density e^{half·(log half + v) − half·e^v}/Γ(half).
            let density = |v: f64| {
                (half * (half.ln() + v)
                    - half * v.exp()
                    - crate::theory::distribution::gamma::ln_gamma(half))
                .exp()
            };
            let step = 0.05;
            let term = |i: i32| step * density(step * f64::from(i));
            let total: f64 = (-60..30)
                .map(|i| term(i) * log_layer(n, (x - step * f64::from(i)).exp()).exp())
                .sum();
            // The level counts silent layers, too.
            let exact = 10f64.powf(log10) - 0.5f64.powi(100);
            assert!((total / exact - 1.0).abs() < 1e-8, "{log10}: {total} {exact}");
        }
    }

    /// 10^−95 owed to large weights: the integral over the hidden layer by the trapezoidal rule.
    #[test]
    fn far_upper_tails() {
        let x = ProductLaw::new(&[2], 1).log_upper_quantile(from_log10(-95.0)).unwrap().exp();
        let step = 0.01;
        let beyond = |degrees: f64| -> f64 {
            let log_gamma = if degrees == 1.0 { 0.5 * PI.ln() } else { 0.0 };
            let each = (-2000..1500).map(|i| {
                let log = step * f64::from(i);
                let half = 0.5 * log.exp();
                let log_density = 0.5 * degrees * half.ln() - half - log_gamma;
                // P(χ²_1 > 2x/χ²), where S/2 is the one and Z² the other.
                step * log_density.exp() * libm::erfc((0.5 * x / half).sqrt())
            });
            each.sum()
        };
        let tail = 0.5 * beyond(1.0) + 0.25 * beyond(2.0);
        assert!((tail / 1e-95 - 1.0).abs() < 1e-8, "{tail}");
        assert!((x.sqrt() - 153.7687).abs() < 1e-4, "{}", x.sqrt());
    }

    #[test]
    fn far_lower_tails_of_wide_layers_are_nearly_normal() {
        let hidden = [8_796_093_022_208, 67_108_864, 576_460_752_303_423_488, 10u128.pow(27)];
        let law = ProductLaw::new(&hidden, 474_931_399);
        let x = law.log_lower_quantile(from_log10(-88.0)).unwrap();
        // P(Z < −19.9…) = 10^−88; skewness moves the quantile by about z²/6 · deviation² · 3.
        let z = crate::theory::distribution::normal::upper_quantile(1e-88);
        let normal = -4.0 * LN_2 - z * law.deviation;
        assert!((x - normal).abs() < z * z * law.deviation.powi(2), "{x} {normal}");
        assert!(((0.5 * x).exp() - 0.249_301).abs() < 1e-6);
    }

    #[test]
    fn what_the_atom_leaves_is_resolved_or_nothing_is_said() {
        let law = ProductLaw::new(&[40; 2], 40);
        let dead = law.log_dead;
        let at = |log_probability: f64| {
            let log_complement = (-log_probability.exp()).ln_1p();
            law.log_lower_quantile(Level { log_probability, log_complement })
        };
        assert_eq!(at(dead - 1e-3), Some(f64::NEG_INFINITY));
        assert_eq!(at(dead), None);
        assert!(at(dead + 1e-3).is_some_and(f64::is_finite));
    }

    #[test]
    fn huge_widths_keep_the_normal_limit() {
        let law = ProductLaw::new(&[10u128.pow(30); 5], 1);
        let q = (0.5 * (law.log_upper_quantile(level(0.05)).unwrap() + 5.0 * LN_2)).exp();
        assert!((q - 1.959_963_984_540_054).abs() < 1e-9, "{q}");
        let law = ProductLaw::new(&[10u128.pow(30); 5], 10u128.pow(30));
        assert!((law.log_lower_quantile(level(0.01)).unwrap() + 5.0 * LN_2).abs() < 1e-13);
    }

    #[test]
    fn the_atom_is_the_dead_network() {
        assert!((dead_probability(&[1, 2]) - (1.0 - 0.5 * 0.75)).abs() < 1e-15);
        let law = ProductLaw::new(&[1, 2], 1);
        assert_eq!(law.log_lower_quantile(level(0.6)).unwrap(), f64::NEG_INFINITY);
        // δ = 1 − 1e-19 leaves less than the atom, 3·2^−64.
        let beyond = Level { log_probability: 0.0, log_complement: 1e-19f64.ln() };
        assert_eq!(
            ProductLaw::new(&[64; 3], 64).log_upper_quantile(beyond).unwrap(),
            f64::NEG_INFINITY
        );
        assert_eq!(law.log_upper_quantile(level(0.4)).unwrap(), f64::NEG_INFINITY);
        assert!((law.table().cdf(-300.0) - 0.625).abs() < 1e-12);
    }
}
