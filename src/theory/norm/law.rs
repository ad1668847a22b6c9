//! The law of the step's size in its own norm, exactly: ‖u‖/‖x‖ in ℓ∞, or by a quadratic form.
//! In `f64`, to about ten digits, with biases to about five. `proofs/norm.md#size`.

use std::f64::consts::PI;

use errorfunctions::RealErrorFunctions;
use num_complex::Complex64;
use rayon::prelude::*;

use super::counted;
use super::form::coordinates;
use crate::model::norm::{Form, Input, Norm};
use crate::model::params::Params;
use crate::theory::distribution::biased;

/// The largest step of the trapezoidal rule: the integrand is analytic in a strip of half-width ¾.
const MOST_STEP: f64 = 0.125;
/// Deviations beyond which a variable has no mass to speak of.
const AWAY: f64 = 14.0;
/// From so many deviations below 0 on, a variable of this kind is above it with probability less
/// than 10⁻¹²: it is a sum of many terms, none of which is large, but for one χ² of one degree.
const NEVER: f64 = 40.0;
/// Entries of one size beyond which their limit is taken.
const MANY: f64 = 1e10;
/// Characteristic functions below this do not count,
const NEGLIGIBLE: f64 = 1e-18;
/// nor does what is beyond this: functions of few variables fall slowly.
const LAST: f64 = 45.0;
/// Different entries up to which the law is computed wherever it is asked for; beyond, between
/// nodes.
const FEW: usize = 64;
/// How far nodes are apart on a logarithmic scale,
const SPACING: f64 = 0.05;
/// how many there are,
const NODES: usize = 600;
/// and between how many of them a value is interpolated.
const POINTS: usize = 6;

/// Values of what biases add nearer to each other than this in the logarithm are one, with their
/// mean;
const BIN: f64 = 0.02;
/// and the formula is taken for those together whose largest is at most so many times the least.
const ALIKE: f64 = 100.0;
/// With biases sizes have no largest: the last node is where less than this is beyond, which is
/// resolved where tails are heaviest, too.
const REST: f64 = 1e-7;

/// The place of a node, as a part of the last.
fn place(node: usize) -> f64 {
    (SPACING * (node as f64 - (NODES - 1) as f64)).exp()
}

/// The law of ‖u‖/(t‖x‖) in the norm of the step.
pub struct SizeLaw {
    entries: Entries,
    /// ‖u‖/(t‖x‖) in units of the variable of `entries`.
    unit: f64,
    /// What that never exceeds: in ℓ∞ there may be an atom. ∞ with biases.
    most: f64,
    /// What biases add.
    added: Vec<Added>,
    /// The end of the nodes, and the values there.
    nodes: Option<(f64, Vec<f64>)>,
}

/// Variances that biases add to ⟨g, x̂⟩, of about one size; with the chance that it is one of them.
struct Added {
    /// The variances, with their probabilities given that it is one of them.
    values: Vec<(f64, f64)>,
    mass: f64,
}

impl Added {
    /// None, for certain.
    fn nothing() -> Vec<Self> {
        vec![Added { values: vec![(0.0, 1.0)], mass: 1.0 }]
    }

    /// Those of the biases, in groups.
    fn of(params: &Params) -> Vec<Self> {
        if params.bias.is_none() {
            return Added::nothing();
        }
        let values = biased::variances(params, BIN);
        let mut groups: Vec<Vec<(f64, f64)>> = Vec::new();
        for value in values {
            match groups.last_mut() {
                Some(group) if value.0 <= ALIKE * group[0].0 => group.push(value),
                _ => groups.push(vec![value]),
            }
        }
        groups.into_iter().map(Added::group).collect()
    }

    fn group(values: Vec<(f64, f64)>) -> Self {
        let mass: f64 = values.iter().map(|(_, mass)| mass).sum();
        Added { values: values.into_iter().map(|(b, part)| (b, part / mass)).collect(), mass }
    }

    fn largest(&self) -> f64 {
        self.values.iter().fold(0.0, |most, (b, _)| f64::max(most, *b))
    }

    fn mean<T: std::iter::Sum + std::ops::Mul<f64, Output = T>>(&self, f: impl Fn(f64) -> T) -> T {
        self.values.iter().map(|(b, part)| f(*b) * *part).sum()
    }
}

/// What decides it, with how often it occurs.
enum Entries {
    /// |x̂_k|: of |⟨g, x̂⟩|/‖g‖₁.
    Signs(Vec<(f64, u128)>),
    /// The same of so many entries of one size that ‖g‖₁ is its mean, but for a part in 10¹⁰.
    Many(f64),
    /// m_k and x̂_k²: of |⟨g, x̂⟩|/‖M^{−½}g‖.
    Form(Vec<(f64, f64, u128)>),
}

impl SizeLaw {
    /// For the norm, input and input dimension of `params`; `None` where no law is known.
    pub fn new(params: &Params) -> Option<Self> {
        let law = match &params.norm {
            Norm::Linf => Self::of_signs(params.input.as_ref(), params.architecture.input()),
            Norm::Form(form) => Self::of_form(form, params.input.as_ref()),
            _ => return None,
        };
        if !params.bias.is_none() {
            let law = SizeLaw { added: Added::of(params), most: f64::INFINITY, ..law };
            let mut end = law.unit.recip();
            while law.beyond(end) > REST && end < 1e12 / law.unit {
                end *= 1.25;
            }
            return Some(law.with_nodes(end));
        }
        if law.entries.count() <= FEW {
            return Some(law);
        }
        // Beyond this nothing is left, or the largest size is reached.
        let mut end = law.most;
        while law.beyond(end / 1.25) < 1e-14 && end > 1e-300 {
            end /= 1.25;
        }
        Some(law.with_nodes(end))
    }

    fn of_signs(input: Option<&Input>, d: u128) -> Self {
        let Some(input) = input else {
            // ‖x‖_∞ is 1/√d of ‖x‖, as every entry is.
            let each = 1.0 / (d as f64).sqrt();
            let entries = if d as f64 > MANY {
                Entries::Many(d as f64)
            } else {
                Entries::Signs(vec![(each, d)])
            };
            let added = Added::nothing();
            return SizeLaw { entries, unit: 1.0 / each, most: each, added, nodes: None };
        };
        let sizes: Vec<f64> = input.values().iter().map(|v| v.abs()).collect();
        let largest = sizes.iter().fold(0.0f64, |most, v| most.max(*v));
        let norm = sizes.iter().map(|v| (v / largest).powi(2)).sum::<f64>().sqrt();
        let entries = pairs_counted(sizes.iter().map(|v| (v / largest / norm, 0.0)));
        let entries = entries.into_iter().map(|((x, _), count)| (x, count)).collect();
        let (entries, most) = (Entries::Signs(entries), 1.0 / norm);
        SizeLaw { entries, unit: norm, most, added: Added::nothing(), nodes: None }
    }

    fn of_form(form: &Form, input: Option<&Input>) -> Self {
        let squares: Vec<f64> = coordinates(form, input).iter().map(|x| x * x).collect();
        let norm = form.weights.iter().zip(&squares).map(|(m, x)| m * x).sum::<f64>().sqrt();
        let entries = pairs_counted(form.weights.iter().copied().zip(squares));
        let entries = entries.into_iter().map(|((m, x), count)| (m, x, count)).collect();
        let entries = Entries::Form(entries);
        SizeLaw { entries, unit: 1.0 / norm, most: norm, added: Added::nothing(), nodes: None }
    }

    fn with_nodes(self, end: f64) -> Self {
        let values =
            (0..NODES).into_par_iter().map(|j| 1.0 - self.beyond(end * place(j))).collect();
        SizeLaw { nodes: Some((end, values)), ..self }
    }

    /// P(‖u‖/(t‖x‖) ≤ size).
    pub fn cdf(&self, size: f64) -> f64 {
        let at = size / self.unit;
        if at <= 0.0 {
            return 0.0;
        }
        if at >= self.most {
            return 1.0;
        }
        let Some((end, values)) = &self.nodes else { return 1.0 - self.beyond(at) };
        let node = (NODES - 1) as f64 + (at / end).ln() / SPACING;
        if at >= *end {
            1.0
        } else if node < 0.0 {
            // As good as uniform.
            values[0] * (node * SPACING).exp()
        } else {
            interpolated(values, node).clamp(0.0, 1.0)
        }
    }

    /// The size below which the share `level` lies.
    pub fn quantile(&self, level: f64) -> f64 {
        let (mut low, mut high) = (0.0f64, 1e-6);
        while self.cdf(high) < level && high < 1e12 {
            (low, high) = (high, 2.0 * high);
        }
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if self.cdf(middle) < level { low = middle } else { high = middle }
        }
        high
    }

    /// P(the variable > s), s > 0.
    fn beyond(&self, s: f64) -> f64 {
        let part = |added: &Added| added.mass * self.entries.beyond(s, added).clamp(0.0, 1.0);
        self.added.iter().map(part).sum()
    }
}

impl Entries {
    /// P(the variable > s) with these variances added.
    fn beyond(&self, s: f64, added: &Added) -> f64 {
        match self {
            Entries::Many(d) => added.mean(|b| libm::erfc(s * d / (PI * (1.0 + b)).sqrt())),
            // Two tails, that of ⟨g, x̂⟩ > s‖g‖₁ and its mirror image.
            Entries::Signs(entries) => {
                let d = entries.iter().map(|(_, count)| *count as f64).sum::<f64>();
                let mean = -s * d * (2.0 / PI).sqrt();
                let square = 1.0 + added.largest() + s * s * d * (1.0 - 2.0 / PI);
                let noise = |t: f64| added.mean(|b| (-0.5 * t * t * b).exp());
                let characteristic = |t: f64| log_signs(entries, s, t).exp() * noise(t);
                2.0 * positive(characteristic, [mean, square.sqrt()])
            }
            Entries::Form(entries) => {
                let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
                    entries.iter().map(|&(m, x, count)| count as f64 * f(s * s / m, x)).sum()
                };
                let mean = 1.0 + added.mean(|b| b) - sum(&|c, _| c);
                let square = (1.0 + added.largest()).powi(2) + sum(&|c, x| c * (c - 2.0 * x));
                let deviation = (2.0 * square.max(0.0)).sqrt().max(f64::MIN_POSITIVE);
                positive(|t| of_form(entries, s * s, t, added), [mean, deviation])
            }
        }
    }

    fn count(&self) -> usize {
        match self {
            Entries::Signs(entries) => entries.len(),
            Entries::Many(_) => 1,
            Entries::Form(entries) => entries.len(),
        }
    }
}

/// Pairs from the least on, with how often each occurs.
fn pairs_counted(pairs: impl Iterator<Item = (f64, f64)>) -> Vec<((f64, f64), u128)> {
    let mut sorted: Vec<(f64, f64)> = pairs.collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    counted(sorted)
}

/// log E exp(iτ Σ(x̂_k g_k − s|g_k|)): E e^{iτ|g|} = w(τ/√2), and for a real argument
/// w(z) = e^{−z²} + 2i D(z)/√π, D Dawson's function; without cancellation where τ is small.
fn log_signs(entries: &[(f64, u128)], s: f64, frequency: f64) -> Complex64 {
    let rate = frequency / 2f64.sqrt();
    let each = |&(x, count): &(f64, u128)| {
        let (right, left) = ((x - s) * rate, -(x + s) * rate);
        let real = 0.5 * ((-right * right).exp_m1() + (-left * left).exp_m1());
        let imaginary = (right.dawson() + left.dawson()) / PI.sqrt();
        let square = real * (2.0 + real) + imaginary * imaginary;
        let argument = imaginary.atan2(1.0 + real);
        Complex64::new(0.5 * square.ln_1p(), argument) * count as f64
    };
    entries.iter().map(each).sum()
}

/// E exp(iτ((⟨g, x̂⟩ + √b Z)² − s² Σ g_k²/m_k)): factors with positive real parts, and one with a
/// negative imaginary part, so that principal roots are continuous.
fn of_form(entries: &[(f64, f64, u128)], square: f64, frequency: f64, added: &Added) -> Complex64 {
    let i = Complex64::i();
    let mut along = Complex64::new(0.0, 0.0);
    let mut log = Complex64::new(0.0, 0.0);
    for &(m, x, count) in entries {
        let factor = 1.0 + 2.0 * i * frequency * square / m;
        log -= 0.5 * factor.ln() * count as f64;
        along += x * count as f64 / factor;
    }
    let last = |b: f64| (log - 0.5 * (1.0 - 2.0 * i * frequency * (along + b)).ln()).exp();
    added.mean(last)
}

/// P(X > 0), with half of P(X = 0), for a variable of this mean and deviation, or less, from its
/// characteristic function, by Gil-Pelaez's formula: the trapezoidal rule in v, the
/// frequency being sinh v in units of one over the deviation, evenly where the function falls like
/// that of a normal variable and on a logarithmic scale where it falls slowly.
fn positive(characteristic: impl Fn(f64) -> Complex64, [mean, deviation]: [f64; 2]) -> f64 {
    if mean < -NEVER * deviation {
        return 0.0;
    }
    // Values that are this many deviations away do not come back by the period of the rule.
    let step = MOST_STEP.min(2.0 * PI / (mean.abs() / deviation + AWAY));
    // At 0 the integrand is the mean.
    let mut sum = 0.5 * mean / deviation;
    for j in 1.. {
        let v = step * f64::from(j);
        let value = characteristic(v.sinh() / deviation);
        sum += value.im / v.tanh();
        if value.norm() < NEGLIGIBLE || v > LAST {
            break;
        }
    }
    0.5 + step * sum / PI
}

/// The value at x, in units of the distance of nodes from the first, between the six nearest
/// values, by Lagrange's formula.
fn interpolated(values: &[f64], x: f64) -> f64 {
    let first = (x.floor() as usize).saturating_sub(2).min(values.len() - POINTS);
    let weight = |j: usize| {
        let others = (0..POINTS).filter(|k| *k != j);
        others.map(|k| (x - (first + k) as f64) / (j as f64 - k as f64)).product::<f64>()
    };
    (0..POINTS).map(|j| values[first + j] * weight(j)).sum()
}
