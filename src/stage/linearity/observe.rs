//! What the points found in the ball show of the gradient and of the affine approximation.

use ndarray::Array1;

use super::statements;
use crate::model::outcome::{Outcome, Search};
use crate::network::sample::{Address, Stream};
use crate::network::search::{self, Survey, flipped_row, terms};
use crate::network::{Backward, Forward, Scalar, Scaled, backward, forward};
use crate::num::magnitude::Magnitude;
use crate::stage::Trial;
use crate::stage::rows::Seen;

/// All rows.
pub fn all(trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
    let survey = match trial.survey() {
        Ok(survey) => survey,
        Err(outcome) => return seen.fill(outcome),
    };
    seen.set(&statements::DECOMPOSITION, decomposition(trial, &survey));
    for (layer, term) in (1..).zip(layer_terms(trial, &survey)) {
        seen.at(layer, &statements::TERM, term);
    }
    seen.set(&statements::GRADIENT, gradient(trial, &survey));
    seen.set(&statements::AFFINE, affine(trial, &survey));
}

/// What is not about neurons that flip.
pub fn smooth(trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
    let survey = match trial.survey() {
        Ok(survey) => survey,
        Err(outcome) => return seen.fill(outcome),
    };
    seen.fill(Outcome::NotSearched);
    seen.set(&statements::GRADIENT, gradient(trial, &survey));
    seen.set(&statements::AFFINE, left(trial, &survey));
}

/// The largest residual of the decomposition, over the rounding error proved possible: at every
/// point found, at −x, and at an independent point. `proofs/linearity.md#decomposition`.
fn decomposition(trial: &mut Trial<'_>, survey: &Survey) -> Outcome {
    let input = trial.input().clone();
    let opposite = Scaled::new(-input.values(), input.exponent());
    let address = trial
        .setting
        .map_or(Address { seed: 0, trial: 0, layer: Address::SEARCH, block: 0 }, |setting| {
            setting.address
        });
    let mut elsewhere = vec![0.0; input.values().len()];
    Stream::new(Address { block: u64::MAX, ..address }).fill(&mut elsewhere);
    let elsewhere = Scaled::new(Array1::from(elsewhere), input.exponent());
    let far = forward(trial.network, &[opposite, elsewhere]);
    let far_back = backward(trial.network, &far);
    let near = survey.visited.iter().map(|v| (&v.forward, &v.backward));
    let points: Vec<(&Forward, &Backward)> = near.chain(far.iter().zip(&far_back)).collect();
    let mut worst = Magnitude::ZERO;
    for (there, back) in points {
        match residual(trial, there, back) {
            Some(value) => worst = worst.max(value),
            None => return Outcome::Failed,
        }
    }
    Outcome::Value(worst)
}

/// |⟨∇f(x) − ∇f(y), ξ⟩ − Σ_j b_j(x) (D_j(x) − D_j(y)) W_j ξ_{j−1}| over its rounding error, ξ the
/// gradient change itself.
fn residual(trial: &mut Trial<'_>, there: &Forward, back: &Backward) -> Option<Magnitude> {
    let (at, here) = (trial.forward, trial.backward);
    let depth = at.pre.len() - 1;
    let mut tangent = here.gradient().minus(back.gradient());
    let mut difference = here.gradient().dot(&tangent).minus(back.gradient().dot(&tangent));
    let unit = |n: usize| Magnitude::from_f64((n as f64 + depth as f64 + 8.0) * f64::EPSILON);
    let gradients = add(here.gradient().norm()?, back.gradient().norm()?);
    let mut limit = gradients * tangent.norm()? * unit(tangent.values().len())?;
    for layer in 1..=depth + 1 {
        let rounding = Magnitude::from_f64(trial.network.rounding(layer))?;
        let size = |backward: &Backward| match backward.masked.get(layer - 1) {
            Some(row) => row.norm(),
            None => Some(Magnitude::ONE),
        };
        limit = add(limit, rounding * tangent.norm()? * add(size(here)?, size(back)?));
        if layer > depth {
            break;
        }
        let row = tangent.values().view().insert_axis(ndarray::Axis(0));
        let product = trial.network.apply(layer, row).row(0).to_owned();
        let z = Scaled::new(product, tangent.exponent());
        let flipped = flipped_row(at, here, there, layer);
        difference = difference.minus(flipped.dot(&z));
        limit = add(limit, flipped.norm()? * z.norm()? * unit(z.values().len())?);
        tangent = there.mask(layer, &z);
    }
    let gap = Scalar::abs(difference)?;
    if gap.is_zero() { Some(Magnitude::ZERO) } else { gap / limit }
}

/// a + b, to about 1e-15 upward.
fn add(a: Magnitude, b: Magnitude) -> Magnitude {
    let (large, small) = if a >= b { (a, b) } else { (b, a) };
    let share = (small / large).map_or(0.0, Magnitude::to_f64);
    large * Magnitude::from_f64((1.0 + share) * (1.0 + 1e-15)).unwrap_or(Magnitude::ONE)
}

/// ‖T_j(y)‖/‖∇f(x)‖: at the point of largest gradient change, and where the margin search for the
/// layer led.
fn layer_terms(trial: &mut Trial<'_>, survey: &Survey) -> Vec<Outcome> {
    let depth = trial.network.depth();
    let size = trial.gradient_norm();
    let aimed: Vec<(usize, &Forward)> = survey
        .visited
        .iter()
        .filter(|v| v.search == Search::Margin)
        .filter_map(|v| v.layer.map(|layer| (layer, &v.forward)))
        .collect();
    let reached = terms(trial.network, trial.forward, trial.backward, &aimed);
    (1..=depth)
        .map(|layer| {
            let relative = |norm: Option<Magnitude>| norm.zip(size).and_then(|(a, b)| a / b);
            let mut found = vec![(Some(Magnitude::ZERO), Search::Input)];
            if let Some(index) = survey.steepest {
                let search = survey.visited[index].search;
                found.push((relative(survey.terms[layer - 1]), search));
            }
            let here = aimed.iter().zip(&reached).filter(|((l, _), _)| *l == layer);
            found.extend(here.map(|(_, &norm)| (relative(norm), Search::Margin)));
            Outcome::largest(found)
        })
        .collect()
}

/// The largest ‖∇f(y) − ∇f(x)‖/‖∇f(x)‖.
fn gradient(trial: &Trial<'_>, survey: &Survey) -> Outcome {
    let size = trial.gradient_norm();
    Outcome::largest(survey.visited.iter().map(|visited| {
        let relative = visited.gradient_change.zip(size).and_then(|(a, b)| a / b);
        (relative, visited.search)
    }))
}

/// The largest |f(x+u) − f(x) − ⟨u, ∇f(x)⟩|/(‖u‖‖∇f(x)‖), by the flipped neurons: exactly linear
/// pieces show exactly 0.
fn affine(trial: &Trial<'_>, survey: &Survey) -> Outcome {
    let (at, here) = (trial.forward, trial.backward);
    Outcome::largest(survey.visited.iter().map(|visited| {
        let there = &visited.forward;
        let value = || {
            let length = visited.step.norm()?;
            if length.is_zero() {
                return Some(Magnitude::ZERO);
            }
            let mut error = Scalar { mantissa: 0.0, exponent: 0 };
            for layer in 1..at.pre.len() {
                let flipped = flipped_row(at, here, there, layer);
                error = error.minus(flipped.dot(&there.pre[layer - 1]));
            }
            error.abs()? / (length * trial.gradient_norm()?)
        };
        (value(), visited.search)
    }))
}

/// The same by the outputs themselves, where no neurons flip. It is of the order of R², and their
/// rounding is to be well below that.
fn left(trial: &Trial<'_>, survey: &Survey) -> Outcome {
    let (roundoff, depth) = (trial.network.roundoff(), trial.network.depth());
    let resolved = |radius: f64| search::resolves(radius * radius, roundoff, depth);
    if !trial.setting.is_some_and(|setting| resolved(setting.radius)) {
        return Outcome::Undefined;
    }
    let (output, gradient) = (trial.forward.output(), trial.backward.gradient());
    Outcome::largest(survey.visited.iter().map(|visited| {
        let value = || {
            let length = visited.step.norm()?;
            if length.is_zero() {
                return Some(Magnitude::ZERO);
            }
            let change = visited.forward.output().minus(output);
            let error = change.minus(gradient.dot(&visited.step));
            error.abs()? / (length * trial.gradient_norm()?)
        };
        (value(), visited.search)
    }))
}
