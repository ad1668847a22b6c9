//! The angle in the limit of large widths, and what finite width adds to it, without proof.
//! `proofs/collapse.md#measured`.

use std::f64::consts::PI;

use crate::distribution::ratio::RatioLaw;
use crate::magnitude::Magnitude;
use crate::pair::Angle;
use crate::params::{Params, Probability};

/// What is expected after one layer.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// θ_i in the limit of large widths.
    pub limit: f64,
    /// The median of θ_i at these widths.
    pub median: f64,
    /// The (1−δ)-quantile of θ_i at these widths.
    pub quantile: f64,
    /// The (1−δ)-quantile of |log ‖h_i(x)‖/‖h_i(y)‖| at these widths.
    pub log_ratio: f64,
}

/// For the layers 1, …, L. The logarithm of s = 1 − cos θ is taken to be normal, with the drift and the
/// variance that each layer adds to first order in 1/width.
pub fn layers(params: &Params) -> Vec<Expected> {
    let start = params.start.one_minus_cos(64).to_f64();
    let (z, two_sided) = (upper_normal(params.delta.to_f64()), upper_normal(params.delta.to_f64() / 2.0));
    // log s: in the limit, its mean, and its variance; then the variance of the log of the ratio.
    let (mut limit, mut mean, mut variance, mut ratio) = (start, start.ln(), 0.0, 0.0);
    let widths = params.architecture.hidden();
    widths
        .iter()
        .map(|&width| {
            let n = width as f64;
            limit = Angle::new(limit).next();
            let here = Moments::at(mean.exp());
            ratio += here.norms / n;
            let curvature = (relative_slope(mean + 0.01) - relative_slope(mean - 0.01)) / 0.02;
            mean = here.next.ln() + 0.5 * curvature * variance + here.drift / n - 0.5 * here.variance / n;
            variance = relative_slope(mean).powi(2) * variance + here.variance / n;
            let theta = |log: f64| Angle::new(log.exp().min(1.0)).theta;
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
    let angle = Angle::new(log.exp().min(2.0));
    let next = angle.next();
    if next > 0.0 { angle.s * (1.0 - angle.theta / PI) / next } else { 1.0 }
}

/// What one layer of n neurons does to s: s′ = φ(s) (1 + (drift + √variance Z)/n…).
struct Moments {
    next: f64,
    /// n E(s′ − φ)/φ.
    drift: f64,
    /// n Var s′/φ².
    variance: f64,
    /// n Var log(‖h′(x)‖/‖h′(y)‖).
    norms: f64,
}

impl Moments {
    /// s′ = 1 − (1 − D/S)/√(1 − ρ²) with D = ‖σ(u) − σ(v)‖², S = ‖σ(u)‖² + ‖σ(v)‖² and ρ = (‖σ(u)‖² − ‖σ(v)‖²)/S,
    /// to second order around their means φ, 1 and 0.
    fn at(s: f64) -> Self {
        let angle = Angle::new(s.min(2.0));
        let (s, theta) = (angle.s, angle.theta);
        let next = angle.next();
        if next <= 0.0 {
            return Moments { next, drift: 0.0, variance: 0.0, norms: 0.0 };
        }
        let open = PI - theta;
        // ∫cos^{2k} over |m| < (π − θ)/2, where both neurons are active; ∫sin⁴ over (0, θ), where one is.
        let (c1, c2) = (
            (open + theta.sin()) / 2.0,
            3.0 * open / 8.0 + theta.sin() / 2.0 - (2.0 * theta).sin() / 16.0,
        );
        let single = 2.0 * crate::pair::sin_fourth(theta);
        let mean = |both: f64| 8.0 * (single + both) / (2.0 * PI);
        let gap = 2.0 - 2.0 * s;
        let dd = mean(4.0 * s * s * (open - 2.0 * c1 + c2)) - next * next;
        let ds = mean(2.0 * s * (s * (open - c1) + gap * (c1 - c2))) - next;
        let ss = mean(s * s * open + 2.0 * s * gap * c1 + gap * gap * c2) - 1.0;
        let norms = 8.0 * crate::pair::norms_mean_square(theta, 0.0);
        Moments {
            next,
            drift: (next * ss - ds - (1.0 - next) * norms / 2.0) / next,
            variance: (dd - 2.0 * next * ds + next * next * ss) / (next * next),
            norms,
        }
    }
}

/// The (1−δ)-quantile of |f(x) − f(y)| √d_L/‖h_L(x)‖.
pub fn output(params: &Params, layers: &[Expected]) -> f64 {
    let two_sided = upper_normal(params.delta.to_f64() / 2.0);
    let (theta, spread) = match layers.last() {
        Some(last) => (last.median, last.log_ratio / two_sided),
        None => (Angle::new(params.start.one_minus_cos(64).to_f64()).theta, 0.0),
    };
    two_sided * (4.0 * (theta / 2.0).sin().powi(2) + spread * spread).sqrt()
}

/// The median of |U₁|, the relative size of the first-order step to a zero.
pub fn first_order(params: &Params) -> Option<Magnitude> {
    let law = RatioLaw::new(params.architecture.input());
    let half = Probability::parse("level", "1/2").ok()?;
    Magnitude::from_f64(law.upper_quantile(&half))
}

/// z with P(Z > z) = p, by bisection.
fn upper_normal(p: f64) -> f64 {
    let (mut low, mut high) = (-40.0f64, 40.0f64);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        let tail = 0.5 * libm::erfc(middle / std::f64::consts::SQRT_2);
        if tail > p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}
