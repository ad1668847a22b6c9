//! What wide layers suggest for the state at x + u, without proof. `proofs/direct.md#expected`.

use std::f64::consts::PI;

use super::biases;
use crate::model::norm::{Norm, Portion};
use crate::model::params::{Architecture, Params, Probability};
use crate::num::nearest;
use crate::theory::distribution::ratio::RatioLaw;
use crate::theory::norm::expected_stretch;
use crate::theory::scaling;

/// Values of κ over which flips are averaged: the tail of κ is cut four times in each halving, down
/// to 2^−32.
const NODES: usize = 128;
/// Smaller failure probabilities than this are not resolved.
const RESOLVED: f64 = 1e-8;
/// Of networks with a narrower layer nothing is expected: from this width on, the share of steps
/// that flip the sign is within [`MARGIN`] of what is expected. `proofs/direct.md#expected`.
pub const NARROWEST: u128 = 32;
/// How far the share of steps that flip the sign is from what is expected, at most, where anything
/// is.
pub const MARGIN: f64 = 0.12;

/// What one hidden layer receives and does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// α_{i−1}.
    pub along: f64,
    /// ρ_{i−1}/‖h_{i−1}‖.
    pub across: f64,
    /// p_i.
    pub coherent: f64,
    /// The deviation of N_i/|f|, of the neurons that flip by chance alone.
    pub noise: f64,
    /// |F_i − F_{i−1}|/|f|.
    pub error: f64,
    /// F_i/f.
    pub output: f64,
    /// The variance of F_i/f.
    pub variance: f64,
}

/// E (sU − αg)₊² over g > 0 for independent standard normals, where tan θ = s/α, m² = α² + s².
fn excess(square: f64, theta: f64) -> f64 {
    // Without cancellation for small angles.
    let segment =
        if theta < 1e-3 { 2.0 / 3.0 * theta.powi(3) } else { theta - theta.sin() * theta.cos() };
    square / (2.0 * PI) * segment
}

/// 1 − ((π − θ) cos θ + sin θ)/π, without cancellation for small angles.
fn turned_away(theta: f64) -> f64 {
    let rest = if theta < 1e-3 { theta.powi(3) / 3.0 } else { theta.sin() - theta * theta.cos() };
    2.0 * (0.5 * theta).sin().powi(2) - rest / PI
}

/// The limit of wide layers, for a step t in a network in which |f|/(‖∇f‖‖x‖) = κ.
pub fn layers(params: &Params, t: f64, kappa: f64) -> Vec<Expected> {
    let (widths, slope) = (params.architecture.widths(), &params.slope);
    let stretch = expected_stretch(&params.norm, widths[0]);
    let (a, bend) = (slope.to_f64(), nearest(&slope.bend()));
    let (jump, mean) = (1.0 - a, 0.5 * (1.0 + a * a));
    let input = widths[0] as f64;
    let square = kappa * kappa;
    let raised = params.bias_growth();
    let whole = raised[widths.len() - 1];
    // The input has the share κ² of the step, or as much as the norm lets it have; less of it
    // where f is due to biases.
    let sideways = (stretch * stretch - square / (whole * whole * raised[0])).max(0.0).sqrt();
    let mut along = 1.0 - t * square / (whole * raised[0]);
    let mut across = t * kappa * sideways / raised[0].sqrt();
    let (mut output, mut variance) = (1.0 - t, 0.0);
    let follow = |(&width, received): (&u128, &[f64])| {
        let [before, after] = [received[0], received[1]];
        // The part of f that the biases up to this layer make with the input.
        let own = before / whole;
        let away = output - along - (1.0 - along) * (1.0 - own);
        // Y²/S: how much of the layer the backward row is.
        let share = square / mean * input / width as f64 / before;
        // Active neurons, and inactive ones, which carry the part a of the backward row.
        let beside = |part: f64| {
            let sideways = (across * across + part * part * away * away * share).sqrt();
            (sideways.atan2(along), along * along + sideways * sideways)
        };
        let ((theta, size), (idle, idle_size)) = (beside(1.0), beside(a));
        let coherent = jump * (theta - a * idle) / (PI * (1.0 + a * a));
        let by_chance = excess(along * along + across * across, f64::atan2(across, along));
        let free = coherent * across / (kappa * input.sqrt()) * before.sqrt();
        let flipping = excess(size, theta) + excess(idle_size, idle);
        let spread = jump * jump / mean * flipping / (square * input) * before;
        let kept = (1.0 - coherent) * (1.0 - coherent);
        let noise = jump * (2.0 / mean * by_chance / (square * input) * before).sqrt();
        let received = (along, across);
        output -= coherent * away;
        variance = variance * kept + (spread - free * free).max(0.0);
        let lost = (1.0 - bend) * 2.0 * (0.5 * theta).sin().powi(2) + bend * turned_away(theta);
        let hidden = size.sqrt() * (1.0 - lost) + away * share * (1.0 - coherent) * own;
        // The constant that the next layer receives is the same at both points.
        let constant = 1.0 - before / after;
        let turned = constant * (1.0 - hidden) * (1.0 - hidden);
        across = ((1.0 - constant) * (size * lost * (2.0 - lost) + turned)).max(0.0).sqrt();
        along = (1.0 - constant) * hidden + constant;
        let (along, across) = received;
        let error = (coherent * away).abs();
        Expected { along, across, coherent, noise, error, output, variance }
    };
    widths[1..].iter().zip(raised.windows(2)).map(follow).collect()
}

/// |f|/(‖∇f‖‖x‖) where layers are wide.
pub struct Distance {
    law: RatioLaw,
    /// What biases add to the output, in units of the variance of ⟨∇f(x), x⟩.
    variance: Option<f64>,
}

impl Distance {
    /// In the networks of `params`.
    pub fn of(params: &Params) -> Self {
        let whole = || params.bias_growth().last().map_or(0.0, |product| product - 1.0);
        let variance = (!params.bias.is_none()).then(whole);
        Distance { law: RatioLaw::new(params.architecture.input()), variance }
    }

    /// What it exceeds with this probability.
    pub fn quantile(&self, probability: f64) -> f64 {
        biases::quantile(self.law.rough_quantile(probability), self.variance.as_ref())
    }

    /// The same, also where that is very small.
    pub fn bound(&self, probability: &Probability) -> f64 {
        biases::quantile(self.law.rough_bound(probability), self.variance.as_ref())
    }
}

/// Values of κ with their weights.
fn kappas(params: &Params) -> Vec<(f64, f64)> {
    let law = Distance::of(params);
    let tail = |quarter: f64| (-quarter / 4.0).exp2();
    let node = |k: usize| {
        let k = k as f64;
        (law.quantile(tail(k + 0.5)), tail(k) - tail(k + 1.0))
    };
    (0..NODES).map(node).collect()
}

/// Is every layer wide enough for anything to be expected? The one rule for all that is expected
/// here.
pub fn wide_enough(architecture: &Architecture) -> bool {
    architecture.widths().iter().all(|&width| width >= NARROWEST)
}

/// The probability with which the step of size t flips the sign; `None` where a layer is too
/// narrow.
pub fn flip_probability(params: &Params, t: f64) -> Option<f64> {
    wide_enough(&params.architecture).then(|| leading_flip_probability(params, t))
}

/// The same for any widths: also where it is not meant.
pub fn leading_flip_probability(params: &Params, t: f64) -> f64 {
    flip_rate(params, t, &kappas(params))
}

fn flip_rate(params: &Params, t: f64, kappas: &[(f64, f64)]) -> f64 {
    let flips = |&(kappa, weight): &(f64, f64)| match layers(params, t, kappa).last() {
        None => weight,
        Some(last) => {
            0.5 * weight * libm::erfc(last.output / (2.0 * last.variance).max(1e-300).sqrt())
        }
    };
    kappas.iter().map(flips).sum()
}

/// The t with the highest flip probability, and that probability.
pub fn best_step(params: &Params) -> (f64, f64) {
    let kappas = kappas(params);
    let steps = (0..24).map(|k| 1.25 * 1.1f64.powi(k));
    let tried = steps.map(|t| (t, flip_rate(params, t, &kappas)));
    tried.fold((2.0, 0.0), |best, new| if new.1 > best.1 { new } else { best })
}

/// (f(x) − f(x+u))/(t f(x)) at the κ that is exceeded with probability δ, for the step t; `None`
/// where a layer is too narrow.
pub fn achieved(params: &Params, t: f64) -> Option<f64> {
    let kappa = || Distance::of(params).bound(&params.delta);
    wide_enough(&params.architecture).then(|| {
        let output = layers(params, t, kappa()).last().map_or(1.0 - t, |layer| layer.output);
        (1.0 - output) / t
    })
}

/// The least multiple of a shape at which the step is expected to flip the sign with probability 1
/// − δ, at the best t; `None` where that is not resolved or too narrow for anything to be expected.
pub fn least(params: &Params) -> Option<Architecture> {
    leading_least(params).filter(wide_enough)
}

/// The same also where it is too narrow to be meant: to look from there.
pub fn leading_least(params: &Params) -> Option<Architecture> {
    multiple(params, params.delta.to_f64(), |wide| best_step(wide).1)
}

/// The least number of coordinates of which the best step is expected to flip the sign with
/// probability 1 − δ; `None` where it is for no number, or a layer is too narrow.
pub fn least_coordinates(params: &Params) -> Option<u128> {
    let input = params.architecture.input();
    let enough = |count: u128| {
        let norm = if count < input { Norm::Top(Portion::Count(count)) } else { Norm::L2 };
        best_step(&Params { norm, ..params.clone() }).1 >= 1.0 - params.delta.to_f64()
    };
    let meant = wide_enough(&params.architecture) && params.delta.to_f64() >= RESOLVED;
    meant.then(|| scaling::least_number(input, 1.01, enough)).flatten()
}

/// The same for the step t, and for a share of failures.
pub fn least_for(params: &Params, t: f64, failing: f64) -> Option<Architecture> {
    multiple(params, failing, |wide| leading_flip_probability(wide, t)).filter(wide_enough)
}

fn multiple(params: &Params, failing: f64, rate: impl Fn(&Params) -> f64) -> Option<Architecture> {
    if failing < RESOLVED || params.norm.is_of_one_dimension() {
        return None;
    }
    let shape = &params.architecture;
    let enough = |wide: &Architecture| {
        let fits = params.norm.fits(wide.input()).is_ok();
        fits && rate(&params.with_architecture(wide.clone())) >= 1.0 - failing
    };
    scaling::scaled(shape, scaling::least(shape, enough)?)
}
