//! Lower tails of products of narrow factors, as sums of positive terms.
//!
//! Far down, a product of narrow layers is small because few neurons are active: its tail falls
//! ever more slowly, and no tilt by a power brings it to the middle of a law. Here every factor but
//! one is a law on a grid of equal steps of its logarithm; the last enters by its distribution
//! function, which makes a smooth sum of the integral. All terms are positive and kept as
//! logarithms, so nothing cancels and nothing underflows.

use std::f64::consts::LN_2;

use super::gamma::ln_gamma;

/// Steps in units of √(1/n): the sum over a grid stands for the integral up to e^{−π²/(5h²)}, the
/// spectrum of the logarithm of a χ² with n/2 degrees of freedom.
const STEP: f64 = 0.28;
/// The largest step: that of the logarithm of a χ² with one degree of freedom, up to e^{−π²/h}.
const MOST_STEP: f64 = 0.16;
/// Points, at most.
const MOST_POINTS: usize = 12_000;
/// Terms this many nats below the largest change no digit.
const NEGLIGIBLE: f64 = 42.0;

/// The product of the squares of narrow layers, and of χ²_m/m.
pub struct Narrow {
    grid: Option<Grid>,
    last: Factor,
}

impl Narrow {
    /// For layers of these widths and multiplicities, and m, where masses below e^{−nats} do not
    /// matter; `None` without any, or where that takes too many points. The grid is finer by the
    /// factor `finer`.
    pub fn new(
        layers: &[(u128, u64)],
        chi_degrees: Option<u128>,
        nats: f64,
        finer: f64,
    ) -> Option<Self> {
        let mut factors: Vec<(Factor, u64)> =
            layers.iter().map(|&(width, count)| (Factor::layer(width), count)).collect();
        if let Some(m) = chi_degrees {
            factors.insert(0, (Factor::chi(m), 1));
        }
        let widest = factors.iter().map(|(factor, _)| factor.degrees).fold(0.0, f64::max);
        let step = MOST_STEP.min(STEP / widest.sqrt()) / finer;
        let mut grid: Option<Grid> = None;
        for (i, (factor, count)) in factors.iter().enumerate() {
            let count = if i == 0 { count - 1 } else { *count };
            if count > 0 {
                let power = Grid::new(factor, step, nats)?.times(count, nats)?;
                grid = Some(match grid {
                    Some(grid) => grid.plus(&power, nats)?,
                    None => power,
                });
            }
        }
        let (last, _) = factors.into_iter().next()?;
        Some(Narrow { grid, last })
    }

    /// log P(log of the product ≤ y, none of the layers silent).
    pub fn log_cdf(&self, y: f64) -> f64 {
        let Some(grid) = &self.grid else { return self.last.log_cdf(y) };
        let terms = grid.logs.iter().enumerate();
        let terms: Vec<f64> =
            terms.map(|(j, log)| log + self.last.log_cdf(y - grid.point(j))).collect();
        log_sum(terms.iter().copied())
    }

    /// Its derivative, roughly.
    pub fn slope(&self, y: f64) -> f64 {
        let step = 1e-4;
        (self.log_cdf(y + step) - self.log_cdf(y - step)) / (2.0 * step)
    }
}

/// Masses at the points step · (first + j), as logarithms.
#[derive(Clone)]
struct Grid {
    step: f64,
    first: i64,
    logs: Vec<f64>,
}

impl Grid {
    fn new(factor: &Factor, step: f64, nats: f64) -> Option<Self> {
        let side = |direction: i64, from: i64| {
            let mass = |j: i64| factor.log_density(step * (direction * j) as f64) + step.ln();
            let logs = (from..).map(mass).take_while(|&log| log > -nats).take(MOST_POINTS);
            let logs: Vec<f64> = logs.collect();
            (logs.len() < MOST_POINTS).then_some(logs)
        };
        let (mut logs, right) = (side(-1, 1)?, side(1, 0)?);
        logs.reverse();
        let first = -(logs.len() as i64);
        logs.extend(right);
        Some(Grid { step, first, logs })
    }

    /// The law of the sum of so many independent ones.
    fn times(self, count: u64, nats: f64) -> Option<Self> {
        if count == 1 {
            return Some(self);
        }
        let half = self.clone().times(count / 2, nats)?;
        let twice = half.plus(&half, nats)?;
        if count % 2 == 1 { twice.plus(&self, nats) } else { Some(twice) }
    }

    /// The law of the sum of two.
    fn plus(&self, other: &Grid, nats: f64) -> Option<Self> {
        let (long, short) =
            if self.logs.len() > other.logs.len() { (self, other) } else { (other, self) };
        let mass = |k: usize| {
            let from = (k + 1).saturating_sub(long.logs.len());
            let to = (k + 1).min(short.logs.len());
            log_sum((from..to).map(|j| short.logs[j] + long.logs[k - j]))
        };
        let logs: Vec<f64> = (0..long.logs.len() + short.logs.len() - 1).map(mass).collect();
        let first = logs.iter().position(|&log| log > -nats)?;
        let last = logs.iter().rposition(|&log| log > -nats)?;
        (last - first < MOST_POINTS).then(|| Grid {
            step: self.step,
            first: self.first + other.first + first as i64,
            logs: logs[first..=last].to_vec(),
        })
    }

    fn point(&self, j: usize) -> f64 {
        self.step * (self.first + j as i64) as f64
    }
}

/// The logarithm of a mixture of χ² laws, scaled to a mean near 1.
struct Factor {
    /// n or m.
    degrees: f64,
    /// 2 · rate · e^u stands for χ² there.
    rate: f64,
    /// Even degrees of freedom apart from odd ones.
    families: Vec<Family>,
    /// log of the whole mass.
    log_total: f64,
}

impl Factor {
    /// 2S(n)/n.
    fn layer(width: u128) -> Self {
        let n = width as f64;
        let whole = ln_gamma(n + 1.0) - n * LN_2;
        let log_weight = |k: f64| whole - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
        let family = |from: u128| {
            let weights: Vec<f64> =
                (from..=width).step_by(2).map(|k| log_weight(k as f64)).collect();
            (!weights.is_empty()).then(|| Family::new(0.5 * from as f64, &weights, n))
        };
        let families = [1, 2].into_iter().filter_map(family).collect();
        let log_total = (-(-n * LN_2).exp()).ln_1p();
        Factor { degrees: n, rate: 0.25 * n, families, log_total }
    }

    /// χ²_m/m.
    fn chi(degrees: u128) -> Self {
        let m = degrees as f64;
        let families = vec![Family::new(0.5 * m, &[0.0], m)];
        Factor { degrees: m, rate: 0.5 * m, families, log_total: 0.0 }
    }

    /// log of the density at u.
    fn log_density(&self, u: f64) -> f64 {
        let log = self.rate.ln() + u;
        log_sum(self.families.iter().map(|family| family.density.log_at(log)))
    }

    /// log P(log of it ≤ u).
    fn log_cdf(&self, u: f64) -> f64 {
        let log = self.rate.ln() + u;
        // χ² > 2n + 100 has a probability below e^{−45}.
        if 2.0 * log.exp() > 2.0 * self.degrees + 100.0 {
            return self.log_total;
        }
        log_sum(self.families.iter().map(|family| family.cdf.log_at(log)))
    }
}

/// A mixture of χ² laws with halved degrees of freedom a, a+1, ….
struct Family {
    density: Terms,
    cdf: Terms,
}

impl Family {
    /// P(χ²_{2a} ≤ 2x) = Σ x^b e^{−x}/Γ(b+1) over b = a, a+1, …, so that in the mixture each such
    /// term has the weight of all a up to b. They are kept as far as they matter for χ² ≤ 2n + 100.
    fn new(from: f64, log_weights: &[f64], degrees: f64) -> Self {
        let half = |i: usize| from + i as f64;
        let log_gamma = |i: usize| ln_gamma(half(i) + 1.0);
        let mut below = f64::NEG_INFINITY;
        let cdf = (0..(1.5 * degrees + 200.0) as usize).map(|i| {
            let own = log_weights.get(i).copied().unwrap_or(f64::NEG_INFINITY);
            below = log_sum([own, below].into_iter());
            below - log_gamma(i)
        });
        let cdf = Terms { from, constants: cdf.collect() };
        let density = log_weights.iter().enumerate();
        let density = density.map(|(i, log)| log - log_gamma(i) + half(i).ln()).collect();
        Family { density: Terms { from, constants: density }, cdf }
    }
}

/// Σ_i e^{constant_i} x^{from + i} e^{−x}: terms that rise and fall once.
struct Terms {
    from: f64,
    constants: Vec<f64>,
}

impl Terms {
    /// log of the sum, at log x.
    fn log_at(&self, log: f64) -> f64 {
        let term = |i: usize| self.constants[i] + (self.from + i as f64) * log;
        let most = largest(self.constants.len(), term);
        let peak = term(most);
        let matters = |log: &f64| *log > -NEGLIGIBLE;
        let up = (most..self.constants.len()).map(|i| term(i) - peak).take_while(matters);
        let down = (0..most).rev().map(|i| term(i) - peak).take_while(matters);
        peak + up.chain(down).map(f64::exp).sum::<f64>().ln() - log.exp()
    }
}

/// Where a sequence that rises and falls once is largest.
fn largest(len: usize, term: impl Fn(usize) -> f64) -> usize {
    let (mut low, mut high) = (0, len - 1);
    while low < high {
        let middle = usize::midpoint(low, high);
        if term(middle + 1) > term(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

/// log Σ e^term; −∞ for none.
fn log_sum(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return most;
    }
    let matter = terms.map(|term| term - most).filter(|&term| term > -NEGLIGIBLE);
    most + matter.map(f64::exp).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Enclosure;
    use crate::theory::distribution::chi_square;

    fn log_chi_cdf(degrees: u128, x: f64) -> f64 {
        chi_square::cdf(degrees, &Enclosure::point(400, x)).ln().to_f64()
    }

    #[test]
    fn one_factor_is_a_sum_of_enclosed_terms() {
        for (n, u) in [(1u128, -30.0), (7, -2.0), (60, -9.0), (60, 0.2), (900, -3.0)] {
            let binomial = |k: u128| {
                let n = n as f64;
                let k = k as f64;
                ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0) - n * LN_2
            };
            let x = 0.5 * n as f64 * f64::exp(u);
            let terms: Vec<f64> = (1..=n).map(|k| binomial(k) + log_chi_cdf(k, x)).collect();
            let (sum, found) = (log_sum(terms.iter().copied()), Factor::layer(n).log_cdf(u));
            assert!((sum - found).abs() < 1e-11 * sum.abs().max(1.0), "{n} {u}: {found} {sum}");
        }
        for (m, v) in [(1u128, -700.0), (5, -3.0), (400, -1.5), (400, 0.1)] {
            let exact = log_chi_cdf(m, m as f64 * f64::exp(v));
            let found = Factor::chi(m).log_cdf(v);
            assert!((exact - found).abs() < 1e-11 * exact.abs().max(1.0), "{m} {v}");
        }
    }
}
