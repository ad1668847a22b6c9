//! Lower tails that are owed to few active neurons in narrow layers, or to a narrow input, beside
//! wide ones.

use std::f64::consts::PI;

use num_complex::Complex64;

use super::narrow::Narrow;
use super::transform::{Point, Transform};

/// Layers with fewer neurons than this for each nat of a tail may owe it to few active neurons.
const NARROW: f64 = 10.0;
/// Steps to where the tails of narrow and wide factors meet.
const MEETINGS: usize = 12;
/// A tilted law is followed over so many deviations to either side, as is its transform (beyond,
/// rounding is all that is left),
const REACH: f64 = 8.5;
/// in steps of so many,
const APART: f64 = 0.2;
/// and is repeated after so many.
const PERIOD: f64 = 40.0;
/// Points between which the logarithm of a tail is interpolated.
const NODES: f64 = 25.0;

/// A product of narrow factors, whose lower tail is a sum over a grid, and of wide ones, which are
/// tilted.
pub struct Mixed {
    narrow: Narrow,
    wide: Option<Transform>,
    /// The factor by which everything is finer than it need be.
    finer: f64,
}

impl Mixed {
    /// For layers of these widths and multiplicities, and m, where masses below e^{−nats} do not
    /// matter; `None` where nothing is narrow, or too many points are needed.
    pub fn new(layers: &[(u128, u64)], chi_degrees: u128, nats: f64, finer: f64) -> Option<Self> {
        let is_narrow = |degrees: u128| (degrees as f64) < NARROW * nats;
        let (narrow, wide): (Vec<_>, Vec<_>) =
            layers.iter().copied().partition(|&(width, _)| is_narrow(width));
        let chi = [is_narrow(chi_degrees), !is_narrow(chi_degrees)];
        let [narrow_chi, wide_chi] = chi.map(|here| here.then_some(chi_degrees));
        let narrow = Narrow::new(&narrow, narrow_chi, nats, finer)?;
        let some = !wide.is_empty() || wide_chi.is_some();
        let wide = some.then(|| Transform::new(&wide, wide_chi, nats));
        Some(Mixed { narrow, wide, finer })
    }

    /// log P(Y ≤ y), the mean over the wide factors; `None` where they are not tilted enough.
    pub fn log_cdf(&self, y: f64) -> Option<f64> {
        let Some(wide) = &self.wide else { return Some(self.narrow.log_cdf(y)) };
        // They are tilted as much as the tail of the narrow ones falls where both meet.
        let mut point = wide.at(0.0);
        for _ in 0..MEETINGS {
            let theta = -self.narrow.slope(y - point.slope());
            if -theta > 0.9 * wide.left() {
                return None;
            }
            point = wide.at(theta);
        }
        let bulk = Bulk::new(&point, wide.deviation(), self.finer);
        let [from, to] = bulk.range();
        let nodes = (NODES * self.finer) as usize;
        let narrow = Interpolation::new([y - to, y - from], nodes, |u| self.narrow.log_cdf(u));
        Some(bulk.log_mean(|r| narrow.at(y - r)))
    }

    /// Where that is `log_mass`: by secants, first of the narrow factors alone.
    pub fn quantile(&self, log_mass: f64, deviation: f64) -> Option<f64> {
        let limit = 2.0 * deviation;
        let start = secants(0.0, limit, |y| Some(self.narrow.log_cdf(y) - log_mass))?;
        match &self.wide {
            None => Some(start),
            Some(wide) => {
                let start = start + wide.at(0.0).slope();
                secants(start, limit, |y| Some(self.log_cdf(y)? - log_mass))
            }
        }
    }
}

/// The root of an increasing function, from `start` in steps of at most `limit` or half of the way
/// so far.
fn secants(start: f64, limit: f64, gap: impl Fn(f64) -> Option<f64>) -> Option<f64> {
    let (mut before, mut y) = (start + 0.01 * limit, start);
    let mut last = gap(before)?;
    for _ in 0..200 {
        let here = gap(y)?;
        let limit = limit.max(0.5 * (y - start).abs());
        let step = (-here * (y - before) / (here - last)).clamp(-limit, limit);
        if here.abs() < 1e-12 * (1.0 + step.abs()) || step.abs() < 1e-13 * (1.0 + y.abs()) {
            return Some(y);
        }
        // A flat function, far above.
        let step = if step.is_nan() { -limit } else { step };
        (before, last, y) = (y, here, y + step);
    }
    None
}

/// A tilted law by its density at equal distances, over all that matters of it.
struct Bulk {
    theta: f64,
    value: f64,
    /// Points and masses.
    masses: Vec<(f64, f64)>,
}

impl Bulk {
    fn new(point: &Point, deviation: f64, finer: f64) -> Self {
        let probe = 0.1 / deviation;
        let deviation = (-2.0 * point.log_characteristic(probe).re).sqrt() / probe;
        let centre = point.slope();
        let step = 2.0 * PI / (PERIOD * deviation);
        let until = (REACH * PERIOD / (2.0 * PI)) as usize;
        let values: Vec<Complex64> =
            (0..=until).map(|j| point.log_characteristic(step * j as f64).exp()).collect();
        let density = |r: f64| {
            let each = values.iter().enumerate().skip(1);
            let sum: f64 =
                each.map(|(j, value)| (value * Complex64::cis(-step * j as f64 * r)).re).sum();
            (0.5 + sum) * step / PI
        };
        let apart = APART * deviation / finer;
        let most = (REACH / APART * finer) as i32;
        let points = (-most..=most).map(|i| centre + apart * f64::from(i));
        let masses = points.map(|r| (r, density(r) * apart)).collect();
        Bulk { theta: point.theta, value: point.value, masses }
    }

    fn range(&self) -> [f64; 2] {
        [self.masses[0].0, self.masses[self.masses.len() - 1].0]
    }

    /// log of the mean of e^g under the law before it was tilted.
    fn log_mean(&self, g: impl Fn(f64) -> f64) -> f64 {
        let logs: Vec<f64> = self.masses.iter().map(|&(r, _)| g(r) - self.theta * r).collect();
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let terms = logs.iter().zip(&self.masses).map(|(log, (_, mass))| mass * (log - most).exp());
        self.value + most + terms.sum::<f64>().ln()
    }
}

/// The polynomial through the values of a function at Chebyshev's points.
struct Interpolation {
    points: Vec<(f64, f64)>,
}

impl Interpolation {
    fn new([from, to]: [f64; 2], nodes: usize, f: impl Fn(f64) -> f64) -> Self {
        let point = |j: usize| {
            0.5 * (from + to) - 0.5 * (to - from) * (PI * j as f64 / (nodes - 1) as f64).cos()
        };
        Interpolation { points: (0..nodes).map(point).map(|u| (u, f(u))).collect() }
    }

    /// By the barycentric formula.
    fn at(&self, u: f64) -> f64 {
        let last = self.points.len() - 1;
        let (mut above, mut below) = (0.0, 0.0);
        for (j, &(node, value)) in self.points.iter().enumerate() {
            if u == node {
                return value;
            }
            let half = if j == 0 || j == last { 0.5 } else { 1.0 };
            let weight = half * if j % 2 == 0 { 1.0 } else { -1.0 } / (u - node);
            above += weight * value;
            below += weight;
        }
        above / below
    }
}
