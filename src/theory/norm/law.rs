//! The law of the step's size in its own norm, exactly: ‖u‖/‖x‖ in ℓ_∞, or by a quadratic form.
//! In `f64`, to about ten digits. `proofs/norm.md#size`.

use std::f64::consts::PI;

use errorfunctions::ComplexErrorFunctions;
use num_complex::Complex64;
use rayon::prelude::*;

use super::form::coordinates;
use crate::model::norm::{Form, Input, Norm};
use crate::model::params::Params;

/// The step of the logarithm of the frequency.
const STEP: f64 = 0.125;
/// Characteristic functions below this do not count.
const NEGLIGIBLE: f64 = 1e-18;
/// Different entries up to which the law is computed wherever it is asked for; beyond, between
/// nodes.
const FEW: usize = 8;
/// Chebyshev nodes.
const NODES: usize = 96;

/// The law of ‖u‖/(t‖x‖) in the norm of the step.
pub struct SizeLaw {
    entries: Entries,
    /// ‖u‖/(t‖x‖) in units of the variable of `entries`.
    unit: f64,
    /// What that never exceeds: in ℓ_∞ there may be an atom.
    most: f64,
    /// The end of the nodes, and the values there.
    nodes: Option<(f64, Vec<f64>)>,
}

/// What decides it, with how often it occurs.
enum Entries {
    /// |x̂_k|: of |⟨g, x̂⟩|/‖g‖₁.
    Signs(Vec<(f64, u128)>),
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
        Some(if law.entries.count() > FEW { law.with_nodes() } else { law })
    }

    fn of_signs(input: Option<&Input>, d: u128) -> Self {
        let Some(input) = input else {
            // ‖x‖_∞ is 1/√d of ‖x‖, as every entry is.
            let each = 1.0 / (d as f64).sqrt();
            let entries = Entries::Signs(vec![(each, d)]);
            return SizeLaw { entries, unit: 1.0 / each, most: each, nodes: None };
        };
        let sizes: Vec<f64> = input.values().iter().map(|v| v.abs()).collect();
        let largest = sizes.iter().fold(0.0f64, |most, v| most.max(*v));
        let norm = sizes.iter().map(|v| (v / largest).powi(2)).sum::<f64>().sqrt();
        let entries = counted(sizes.iter().map(|v| (v / largest / norm, 0.0)));
        let entries = entries.into_iter().map(|((x, _), count)| (x, count)).collect();
        let (entries, most) = (Entries::Signs(entries), 1.0 / norm);
        SizeLaw { entries, unit: norm, most, nodes: None }
    }

    fn of_form(form: &Form, input: Option<&Input>) -> Self {
        let squares: Vec<f64> = coordinates(form, input).iter().map(|x| x * x).collect();
        let norm = form.weights.iter().zip(&squares).map(|(m, x)| m * x).sum::<f64>().sqrt();
        let entries = counted(form.weights.iter().copied().zip(squares));
        let entries = entries.into_iter().map(|((m, x), count)| (m, x, count)).collect();
        SizeLaw { entries: Entries::Form(entries), unit: 1.0 / norm, most: norm, nodes: None }
    }

    fn with_nodes(self) -> Self {
        // Beyond this nothing is left, or the largest size is reached.
        let mut end = 1.0;
        while self.beyond(end) < 1e-6 && end > 1e-300 {
            end /= 2.0;
        }
        while self.beyond(end) > 1e-13 && end < 1e300 {
            end *= 1.25;
        }
        let place = |j: usize| 0.5 * end * (1.0 - (PI * j as f64 / (NODES - 1) as f64).cos());
        let values = (0..NODES).into_par_iter().map(|j| 1.0 - self.beyond(place(j))).collect();
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
        if at >= *end { 1.0 } else { interpolated(values, at / end).clamp(0.0, 1.0) }
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
        let tail = match &self.entries {
            // Two tails, that of ⟨g, x̂⟩ > s‖g‖₁ and its mirror image.
            Entries::Signs(entries) => {
                let d = entries.iter().map(|(_, count)| *count as f64).sum::<f64>();
                2.0 * positive(|t| log_signs(entries, s, t), 1.0 + s * d)
            }
            Entries::Form(entries) => {
                let all: f64 = entries.iter().map(|(m, _, count)| *count as f64 / m).sum();
                positive(|t| log_form(entries, s * s, t), 1.0 + s * s * all)
            }
        };
        tail.clamp(0.0, 1.0)
    }
}

impl Entries {
    fn count(&self) -> usize {
        match self {
            Entries::Signs(entries) => entries.len(),
            Entries::Form(entries) => entries.len(),
        }
    }
}

/// Pairs with how often each occurs.
fn counted(pairs: impl Iterator<Item = (f64, f64)>) -> Vec<((f64, f64), u128)> {
    let mut sorted: Vec<(f64, f64)> = pairs.collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut counts: Vec<((f64, f64), u128)> = Vec::new();
    for pair in sorted {
        match counts.last_mut() {
            Some((last, count)) if *last == pair => *count += 1,
            _ => counts.push((pair, 1)),
        }
    }
    counts
}

/// log E exp(iτ Σ(x̂_k g_k − s|g_k|)); E e^{iτ|g|} = w(τ/√2), w the Faddeeva function.
fn log_signs(entries: &[(f64, u128)], s: f64, frequency: f64) -> Complex64 {
    let w = |rate: f64| Complex64::new(rate * frequency / 2f64.sqrt(), 0.0).w();
    let each = |&(x, count): &(f64, u128)| (0.5 * (w(x - s) + w(-x - s))).ln() * count as f64;
    entries.iter().map(each).sum()
}

/// log E exp(iτ(⟨g, x̂⟩² − s² Σ g_k²/m_k)): factors with positive real parts, and one with a
/// negative imaginary part, so that principal logarithms are continuous.
fn log_form(entries: &[(f64, f64, u128)], square: f64, frequency: f64) -> Complex64 {
    let i = Complex64::i();
    let mut along = Complex64::new(0.0, 0.0);
    let mut log = Complex64::new(0.0, 0.0);
    for &(m, x, count) in entries {
        let factor = 1.0 + 2.0 * i * frequency * square / m;
        log -= 0.5 * factor.ln() * count as f64;
        along += x * count as f64 / factor;
    }
    log - 0.5 * (1.0 - 2.0 * i * frequency * along).ln()
}

/// P(X > 0) for a variable of this order of size, from the logarithm of its characteristic
/// function, by Gil-Pelaez's formula: the trapezoidal rule in the logarithm of the frequency, where
/// the integrand is analytic in a strip.
fn positive(log_characteristic: impl Fn(f64) -> Complex64, scale: f64) -> f64 {
    let start = (NEGLIGIBLE / scale).ln();
    let mut sum = 0.0;
    for j in 0.. {
        let y = start + STEP * f64::from(j);
        let value = log_characteristic(y.exp()).exp();
        sum += value.im;
        if value.norm() < NEGLIGIBLE || y > 90.0 {
            break;
        }
    }
    0.5 + STEP * sum / PI
}

/// The value at x in [0, 1] between Chebyshev nodes of the second kind, by the barycentric formula.
fn interpolated(values: &[f64], x: f64) -> f64 {
    let last = values.len() - 1;
    let (mut above, mut below) = (0.0, 0.0);
    for (j, value) in values.iter().enumerate() {
        let node = 0.5 * (1.0 - (PI * j as f64 / last as f64).cos());
        if x == node {
            return *value;
        }
        let half = if j == 0 || j == last { 0.5 } else { 1.0 };
        let weight = if j % 2 == 0 { half } else { -half } / (x - node);
        above += weight * value;
        below += weight;
    }
    above / below
}
