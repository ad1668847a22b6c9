//! |f(x) − ⟨∇f(x), x⟩ − (what the biases add)| as a fraction of the rounding error that the passes
//! may have made.

use crate::model::outcome::Outcome;
use crate::network::Scalar;
use crate::num::magnitude::Magnitude;
use crate::stage::Trial;

/// The residual over its bound: at most 1 unless a pass is wrong. `proofs/model.md#rounding`.
///
/// The forward pass is exact for weights W_i + Δ_i and the backward pass for W_i + Δ′_i, on the
/// same activation pattern, so ⟨∇f, x⟩ − f telescopes into Σ b_i D_i (Δ′_i − Δ_i) h_{i−1} with
/// the *computed* b and h, and every term is bounded by norms.
pub fn homogeneity(trial: &Trial<'_>) -> Outcome {
    let (forward, backward) = (trial.forward, trial.backward);
    let mut rest = forward.output().minus(backward.gradient().dot(trial.input()));
    for part in biased(trial) {
        rest = rest.minus(part);
    }
    let residual = rest.abs();
    let (Some(residual), Some(limit)) = (residual, rounding_limit(trial)) else {
        return Outcome::Failed;
    };
    // In a dead network the gradient is exactly 0; anything else is an error of the passes.
    if forward.is_dead() && backward.gradient().norm() != Some(Magnitude::ZERO) {
        return Outcome::Failed;
    }
    if !limit.is_finite() {
        return Outcome::Undefined; // so many roundings that nothing is proved about their sum
    }
    if residual.is_zero() { Outcome::Value(Magnitude::ZERO) } else { Outcome::of(residual / limit) }
}

/// ⟨l_i, 𝖻_i⟩ for i = 1 … L+1, where there are biases; l_{L+1} = 1.
fn biased(trial: &Trial<'_>) -> impl Iterator<Item = Scalar> {
    let (forward, backward) = (trial.forward, trial.backward);
    (1..=forward.pre.len()).filter_map(|layer| {
        let bias = forward.bias(layer)?;
        let one = || Scalar { mantissa: bias.values()[0], exponent: bias.exponent() };
        Some(backward.masked.get(layer - 1).map_or_else(one, |row| row.dot(bias)))
    })
}

fn rounding_limit(trial: &Trial<'_>) -> Option<Magnitude> {
    let (forward, backward) = (trial.forward, trial.backward);
    let depth = forward.pre.len() - 1;
    let input = trial.input();
    // The final inner product and the subtractions.
    let sums = if forward.bias(1).is_some() { depth as f64 + 8.0 } else { 4.0 };
    let last = (input.values().len() as f64 + sums) * f64::EPSILON;
    let mut terms = vec![backward.gradient().norm()? * input.norm()? * Magnitude::from_f64(last)?];
    for layer in 1..=depth + 1 {
        let row = if layer > depth { Magnitude::ONE } else { backward.masked[layer - 1].norm()? };
        let rounding = Magnitude::from_f64(trial.network.rounding(layer))?;
        terms.push(row * rounding * forward.hidden(layer - 1).norm()?);
        if let Some(bias) = forward.bias(layer) {
            // The sum in the forward pass, entry by entry, and the inner product with its part in
            // the final sum, which has as many terms as there are layers.
            let pass = forward.pre[layer - 1].norm()?;
            let length = (bias.values().len() + depth) as f64 + 4.0;
            let each = Magnitude::from_f64(length * f64::EPSILON)?;
            terms.extend([
                row * each * bias.norm()?,
                row * Magnitude::from_f64(f64::EPSILON)? * pass,
            ]);
        }
    }
    // Summed relative to the largest, so that nothing leaves the range; the factor covers the
    // rounding of this computation itself.
    let largest = terms.iter().copied().max()?;
    let sum: f64 = terms.iter().filter_map(|&t| t / largest).map(Magnitude::to_f64).sum();
    Some(largest * Magnitude::from_f64(sum * (1.0 + 1e-6)).unwrap_or(Magnitude::ZERO))
}
