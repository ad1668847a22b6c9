//! The angle in the limit of large widths, and what finite width adds to it, without proof.
//! `proofs/collapse.md#measured`.

use std::f64::consts::PI;

use rug::Rational;

use crate::model::params::{Architecture, Params, Probability};
use crate::num::magnitude::Magnitude;
use crate::num::nearest;
use crate::theory::distribution::gap::FirstOrder;
use crate::theory::distribution::normal;
use crate::theory::pair::{Angle, Arcs, norms_mean_square};

/// The largest variance of log s to which the expansion is trusted.
const MOST_VARIANCE: f64 = 2.0;
/// Below this s nothing relative changes any more.
const LEAST: f64 = 1e-100;

/// What is expected after one layer.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// θ_i in the limit of large widths.
    pub limit: f64,
    /// The median of θ_i at these widths, where they are large enough for the expansion.
    pub median: Option<f64>,
    /// The (1−δ)-quantile of θ_i at these widths, likewise.
    pub quantile: Option<f64>,
    /// The (1−δ)-quantile of |log ‖h_i(x)‖/‖h_i(y)‖| at these widths.
    pub log_ratio: f64,
}

/// For the layers 1, …, L. The logarithm of s = 1 − cos θ is taken to be normal, with the drift and
/// the variance that each layer adds to first order in 1/width.
pub fn layers(params: &Params) -> Vec<Expected> {
    let start = params.start.one_minus_cos(64).to_f64();
    let bend = nearest(&params.slope.bend());
    let (z, two_sided) =
        (normal::exceeded_with(&params.delta), normal::exceeded_with(&params.delta.share(2)));
    // log s: in the limit, its mean, and its variance; then the variance of the log of the ratio.
    let (mut limit, mut mean, mut variance, mut ratio) = (start, start.ln(), 0.0, 0.0);
    let widths = params.architecture.hidden();
    let squares = params.relative_biases(&0.0);
    // The expansion is made for ReLU without biases.
    let expanded = params.is_of_the_paper();
    widths
        .iter()
        .zip(squares)
        .map(|(&width, square)| {
            let n = width as f64;
            // What the layer receives; the same without biases.
            limit /= 1.0 + square;
            let relu = Angle::new(limit).next();
            limit = if bend == 1.0 { relu } else { limit - bend * (limit - relu) };
            let here = Moments::at(mean.exp());
            ratio += here.norms / n;
            let curvature = (relative_slope(mean + 0.01) - relative_slope(mean - 0.01)) / 0.02;
            let slope = relative_slope(mean);
            let added = here.variance / n;
            mean += here.log_growth + here.drift / n + 0.5 * (curvature * variance - added);
            variance = slope * slope * variance + added;
            // Beyond this the logarithm of s is not nearly normal, and layers may be silent; nor is
            // it where it would leave the right angle behind, which no layer does.
            let theta = |log: f64| {
                let meant = expanded && variance < MOST_VARIANCE && log <= 0.0;
                meant.then(|| Angle::new(log.exp()).theta)
            };
            Expected {
                limit: Angle::new(limit).theta,
                median: theta(mean),
                quantile: theta(mean + z * variance.sqrt()),
                log_ratio: two_sided * ratio.sqrt(),
            }
        })
        .collect()
}

/// d log φ/d log s at s = e^log.
fn relative_slope(log: f64) -> f64 {
    let angle = Angle::new(log.exp().clamp(LEAST, 2.0));
    angle.s * (1.0 - angle.theta / PI) / angle.next()
}

/// What one layer of n neurons does to s: s′ = φ(s) (1 + (drift + √variance Z)/n…).
struct Moments {
    /// log φ(s)/s.
    log_growth: f64,
    /// n E(s′ − φ)/φ.
    drift: f64,
    /// n Var s′/φ².
    variance: f64,
    /// n Var log(‖h′(x)‖/‖h′(y)‖).
    norms: f64,
}

impl Moments {
    /// s′ = 1 − (1 − D/S)/√(1 − ρ²) with D = ‖σ(u) − σ(v)‖², S = ‖σ(u)‖² + ‖σ(v)‖² and ρ = (‖σ(u)‖²
    /// − ‖σ(v)‖²)/S, to second order around their means φ, 1 and 0.
    fn at(s: f64) -> Self {
        let tiny = s < LEAST;
        let angle = Angle::new(s.clamp(LEAST, 2.0));
        let (s, theta) = (angle.s, angle.theta);
        let next = angle.next();
        let arcs = Arcs::new(theta);
        // 8 = E r⁴. Where both are active D is 2s sin²m and S is s + gap cos²m; where one is, both
        // are sin²β.
        let (mean, gap) = (|both: [f64; 3]| 8.0 * arcs.mean(1.0, both), 2.0 - 2.0 * s);
        let dd = mean([4.0 * s * s, -8.0 * s * s, 4.0 * s * s]) - next * next;
        let ds = mean([2.0 * s * s, 2.0 * s * (gap - s), -2.0 * s * gap]) - next;
        let ss = mean([s * s, 2.0 * s * gap, gap * gap]) - 1.0;
        let norms = 8.0 * norms_mean_square(theta, 0.0);
        Moments {
            log_growth: (next / s).ln(),
            drift: (next * ss - ds - (1.0 - next) * norms / 2.0) / next,
            variance: (dd - 2.0 * next * ds + next * next * ss) / (next * next),
            norms: if tiny { 0.0 } else { norms },
        }
    }
}

/// The (1−δ)-quantile of |f(x) − f(y)| √d_L/‖h_L(x)‖.
pub fn output(params: &Params, layers: &[Expected]) -> Option<f64> {
    let two_sided = normal::exceeded_with(&params.delta.share(2));
    let (theta, spread) = match layers.last() {
        Some(last) => (last.median?, last.log_ratio / two_sided),
        None => (Angle::new(params.start.one_minus_cos(64).to_f64()).theta, 0.0),
    };
    Some(two_sided * (4.0 * (theta / 2.0).sin().powi(2) + spread * spread).sqrt())
}

/// The median of the relative size of the first-order step to a zero, in the network of the first k
/// layers: at every depth that of |U₁|, without biases.
pub fn first_order(params: &Params, k: usize) -> Option<Magnitude> {
    let widths = params.architecture.widths().get(..=k)?.to_vec();
    let one = params.with_architecture(Architecture::new(widths).ok()?);
    let half = Probability::parse("level", "1/2").ok()?;
    Magnitude::from_f64(FirstOrder::of(&one).upper_quantile(&half)?)
}

/// The δ-quantile of |f(x)|/(‖∇f(x)‖‖x‖) with biases, in the limit of large widths.
pub fn shortest(params: &Params) -> Option<Magnitude> {
    let above = Rational::from(1 - params.delta.value()) / 2u32;
    let quantile = normal::exceeded_with(&Probability::exactly(above));
    let growth: f64 = params.relative_biases(&0.0).into_iter().map(f64::ln_1p).sum();
    let dimension = params.architecture.input() as f64;
    Magnitude::from_ln(quantile.ln() + 0.5 * (growth - dimension.ln()))
}
