//! A quadratic form M: χ = ‖M⁻¹g‖‖g‖/‖M^{−½}g‖² for a standard normal vector g, in a basis in which
//! M is diagonal. `proofs/norm.md#form`.

use super::{certified, counted, least, steps};
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
    (weights.iter().copied().map(f64::ln).sum::<f64>() / weights.len() as f64).exp()
}

/// Weights from the least on, with how often each occurs.
fn weights_counted(weights: &[f64]) -> Vec<(f64, u128)> {
    let mut sorted = weights.to_vec();
    sorted.sort_by(f64::total_cmp);
    counted(sorted)
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
    let counts = weights_counted(weights);
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
            let inverse = |m: f64| f64::midpoint(a / (m * m), 1.0 / a) - c / m;
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
    let found = least(most.to_f64(), steps::<N>(), holds);
    let (a, lambda) = best(found);
    let (a, lambda) = (nats.like(a), nats.like(lambda));
    certified(found, most, |c| {
        let value = excess(&exact, c, &a, &lambda, nats);
        value.is_some_and(|value| value.below(&nats.like(0.0)))
    })
}

/// The share of Σ v_k p_k g_k² in Σ v_k g_k², at most, but with probability e^{−nats}, for p_k
/// from 0 to 1.
fn share<N: Number>(entries: &[(N, N)], nats: &N) -> N {
    let rough: Vec<(f64, f64)> = entries.iter().map(|(v, p)| (v.to_f64(), p.to_f64())).collect();
    // Σ v_k (p_k − τ) g_k² > 0 where it is above τ.
    let excess = |share: f64, lambda: f64| {
        let terms = rough.iter().map(|&(v, p)| (v * (p - share), 1));
        let moment = log_moment(terms, &lambda).unwrap_or(f64::INFINITY);
        moment + nats.to_f64()
    };
    let best = |share: f64| {
        let largest = rough.iter().map(|&(v, p)| v * (p - share)).fold(f64::MIN_POSITIVE, f64::max);
        let high = (0.499 / largest).ln();
        argmin(high - 12.0, high, 24, |lambda| excess(share, lambda))
    };
    // By bisection on the logarithm of 1/τ.
    let (mut low, mut high) = ((1e-12f64).ln(), 0.0);
    for _ in 0..steps::<N>() {
        let middle = 0.5 * (low + high);
        if excess(f64::exp(middle), best(middle.exp())) < 0.0 {
            high = middle;
        } else {
            low = middle;
        }
    }
    let (one, found) = (nats.like(1.0), high.exp());
    if N::ROUGH {
        return nats.like(found);
    }
    let lambda = nats.like(best(found));
    let holds = |share: &N| {
        let terms = entries.iter().map(|(v, p)| (v.clone() * (p.clone() - share.clone()), 1));
        let moment = log_moment(terms, &lambda);
        moment.is_some_and(|moment| (moment + nats.clone()).below(&nats.like(0.0)))
    };
    let margins = [1e-9, 1e-6, 1e-4, 1e-2, 0.1].into_iter();
    let tried = margins.map(|margin| nats.like(found * (1.0 + margin)));
    tried.take_while(|share| share.below(&one)).find(holds).unwrap_or(one)
}

/// Σ (ω_k x_k)²/(‖x‖² Σ ω_k²), ω = M⁻¹|g|, at most. `proofs/norm.md#start`.
pub fn aligned<N: Number>(form: &Form, input: Option<&Input>, nats: &N) -> N {
    let scale = geometric(&form.weights);
    let coordinates = coordinates(form, input);
    let each = form.weights.iter().zip(&coordinates).map(|(&m, &x)| {
        let inverse = nats.like(scale) / nats.like(m);
        (inverse.square(), nats.like(x.abs() + ROUNDING).square())
    });
    share(&each.collect::<Vec<_>>(), nats)
}

/// Σ (g_k x_k)²/(‖x‖² ‖g‖²), at most. `proofs/norm.md#start`.
pub fn aligned_entries<N: Number>(input: Option<&Input>, nats: &N) -> N {
    let Some(input) = input else { return nats.like(1.0) };
    let sum = input.values().iter().fold(nats.like(0.0), |sum, &v| sum + nats.like(v).square());
    let each =
        input.values().iter().map(|&v| (nats.like(1.0), nats.like(v).square() / sum.clone()));
    share(&each.collect::<Vec<_>>(), nats)
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
