//! A quadratic form M: χ = ‖M⁻¹g‖‖g‖/‖M^{−½}g‖² for a standard normal vector g, in a basis in which
//! M is diagonal. `proofs/norm.md#form`.

use super::{certified, least};
use crate::model::norm::{Basis, Form, Input};
use crate::num::Number;
use crate::num::search::argmin;

/// The rounding of an input's coordinates in another basis, as a part of its length.
const ROUNDING: f64 = 1e-9;

/// The limit of χ.
pub fn expected(weights: &[f64]) -> f64 {
    let sum = |f: &dyn Fn(f64) -> f64| weights.iter().map(|&m| f(m)).sum::<f64>();
    let scale = geometric(weights);
    let (first, second) = (sum(&|m| scale / m), sum(&|m| (scale / m).powi(2)));
    (second * weights.len() as f64).sqrt() / first
}

/// The geometric mean, for units in which nothing leaves the range.
fn geometric(weights: &[f64]) -> f64 {
    (weights.iter().map(|m| m.ln()).sum::<f64>() / weights.len() as f64).exp()
}

/// Weights with how often each occurs.
fn counted(weights: &[f64]) -> Vec<(f64, u128)> {
    let mut sorted = weights.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut counts: Vec<(f64, u128)> = Vec::new();
    for weight in sorted {
        match counts.last_mut() {
            Some((last, count)) if *last == weight => *count += 1,
            _ => counts.push((weight, 1)),
        }
    }
    counts
}

/// log E exp(λ Σ_k v_k g_k²), `None` where that is infinite: −½ Σ log(1 − 2λv_k).
fn log_moment<N: Number>(terms: impl Iterator<Item = (N, u128)>, lambda: &N) -> Option<N> {
    let (one, two) = (lambda.like(1.0), lambda.like(2.0));
    let mut sum = lambda.like(0.0);
    for (value, count) in terms {
        let tilt = two.clone() * lambda.clone() * value;
        if !tilt.below(&one) {
            return None;
        }
        sum = sum - (-tilt).ln_1p() * lambda.whole(count) / two.clone();
    }
    Some(sum)
}

/// The sum Σ g_k²((a/m_k² + 1/a)/2 − c/m_k), which is positive where χ > c.
fn excess<N: Number>(weights: &[(N, u128)], c: &N, a: &N, lambda: &N, nats: &N) -> Option<N> {
    let (one, two) = (c.like(1.0), c.like(2.0));
    let terms = weights.iter().map(|(weight, count)| {
        let inverse = one.clone() / weight.clone();
        let convex = (a.clone() * inverse.square() + one.clone() / a.clone()) / two.clone();
        (convex - c.clone() * inverse, *count)
    });
    Some(log_moment(terms, lambda)? + nats.clone())
}

/// A bound on χ that fails with probability at most e^{−nats}.
pub fn stretch<N: Number>(weights: &[f64], nats: &N) -> N {
    let counts = counted(weights);
    let scale = geometric(weights);
    let scaled: Vec<(f64, u128)> = counts.iter().map(|&(m, count)| (m / scale, count)).collect();
    let exact: Vec<(N, u128)> =
        counts.iter().map(|&(m, count)| (nats.like(m) / nats.like(scale), count)).collect();
    // By Kantorovich's inequality.
    let [low, high] = [0, counts.len() - 1].map(|at| exact[at].0.clone());
    let most = (low.clone() + high.clone()) / (nats.like(2.0) * (low * high).sqrt());
    let rough = nats.to_f64();
    let value = |c: f64, a: f64, lambda: f64| {
        excess(&scaled, &c, &a, &lambda, &rough).filter(|e| !e.is_nan()).unwrap_or(f64::INFINITY)
    };
    let sum = |power: i32| -> f64 {
        scaled.iter().map(|&(m, count)| count as f64 * m.powi(-power)).sum()
    };
    let centre = (weights.len() as f64 / sum(2)).sqrt();
    let best = |c: f64| {
        let at = |a: f64| {
            let inverse = |m: f64| (a / (m * m) + 1.0 / a) / 2.0 - c / m;
            let largest = scaled.iter().map(|&(m, _)| inverse(m)).fold(f64::MIN_POSITIVE, f64::max);
            let high = (0.499 / largest).ln();
            argmin(high - 12.0, high, 20, |lambda| value(c, a, lambda))
        };
        let a = argmin(centre.ln() - 1.0, centre.ln() + 1.0, 8, |a| value(c, a, at(a)));
        (a, at(a))
    };
    let holds = |c: f64| {
        let (a, lambda) = best(c);
        value(c, a, lambda) < 0.0
    };
    let found = least(most.to_f64(), holds);
    let (a, lambda) = best(found);
    let (a, lambda) = (nats.like(a), nats.like(lambda));
    certified(found, most, |c| {
        let value = excess(&exact, c, &a, &lambda, nats);
        value.is_some_and(|value| value.below(&nats.like(0.0)))
    })
}

/// Σ v_k g_k² is at most this, and at least the other, but with probability e^{−nats} each, for any
/// λ > 0 that serves.
fn weighted<N: Number>(weights: &[(N, u128)], nats: &N, above: bool) -> N {
    let rough: Vec<(f64, u128)> = weights.iter().map(|(v, count)| (v.to_f64(), *count)).collect();
    let side = if above { 1.0 } else { -1.0 };
    let bound = |lambda: f64| {
        let terms = rough.iter().map(|&(v, count)| (side * v, count));
        let moment = log_moment(terms, &lambda).unwrap_or(f64::INFINITY);
        (moment + nats.to_f64()) / lambda
    };
    let largest = rough.iter().map(|&(v, _)| v).fold(f64::MIN_POSITIVE, f64::max);
    let high = if above { (0.499 / largest).ln() } else { (100.0 * nats.to_f64() / largest).ln() };
    let lambda = nats.like(argmin(high - 14.0, high, 30, bound));
    let terms = weights.iter().map(|(v, count)| (nats.like(side) * v.clone(), *count));
    let moment = log_moment(terms, &lambda).unwrap_or_else(|| nats.like(f64::INFINITY));
    (moment + nats.clone()) / lambda * nats.like(side)
}

/// Σ (ω_k x_k)²/(‖x‖² Σ ω_k²), ω = M⁻¹|g|, at most.
pub fn aligned<N: Number>(form: &Form, input: Option<&Input>, [above, below]: [&N; 2]) -> N {
    let scale = geometric(&form.weights);
    let inverse = |&m: &f64| (above.like(scale) / above.like(m)).square();
    let coordinates = coordinates(form, input);
    let each = form.weights.iter().zip(&coordinates);
    let along: Vec<(N, u128)> =
        each.map(|(m, &x)| (inverse(m) * above.like(x.abs() + ROUNDING).square(), 1)).collect();
    let counts = counted(&form.weights);
    let dual: Vec<(N, u128)> = counts.iter().map(|(m, count)| (inverse(m), *count)).collect();
    let least = weighted(&dual, below, false);
    let most = weighted(&along, above, true);
    // The share is at most 1.
    let one = above.like(1.0);
    if above.like(0.0).below(&least) { (most / least).min(&one) } else { one }
}

/// x̂ in the basis of the form; of equal entries where none is given. Within [`ROUNDING`].
pub fn coordinates(form: &Form, input: Option<&Input>) -> Vec<f64> {
    let d = form.weights.len();
    let flat = vec![1.0; d];
    let values = input.map_or(&flat[..], Input::values);
    let largest = values.iter().fold(0.0f64, |most, v| most.max(v.abs()));
    let norm = values.iter().map(|v| (v / largest).powi(2)).sum::<f64>().sqrt();
    let unit: Vec<f64> = values.iter().map(|v| v / largest / norm).collect();
    match form.basis {
        Basis::Entries => unit,
        Basis::Cosines(grid) => grid.cosines(&unit),
    }
}
