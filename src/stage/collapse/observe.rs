//! Two inputs at a fixed angle, f over the sphere, and the nearest change of its sign.

use super::statements;
use crate::model::outcome::Outcome;
use crate::network::search::sphere;
use crate::network::{PairPasses, Passed, Truncated, backward, forward};
use crate::num::magnitude::Magnitude;
use crate::stage::rows::Seen;
use crate::stage::{Draw, Trial};

/// θ_L and the recurrence's; θ_i and |log ‖h_i(x)‖/‖h_i(y)‖| for i = 1, …, L; the output's change.
pub fn pair(draw: &Draw<'_>, seen: &mut Seen<'_>) {
    let hidden = &draw.widths[1..];
    let (slope, start) = (draw.slope, draw.one_minus_cos);
    let passes = PairPasses::new(hidden, slope, draw.squares, start, draw.seed, draw.trial);
    // Bounds hold together with the layers being alive: silence exceeds them.
    let beyond = Outcome::Value(Magnitude::INFINITY);
    let of = |value: Option<f64>| value.map_or(beyond, |v| Outcome::of(Magnitude::from_f64(v)));
    if let Some(last) = hidden.len().checked_sub(1) {
        let theta = passes.layers[last].map(Passed::theta);
        let angle = |theta| Outcome::of(Magnitude::from_f64(theta));
        seen.set(&statements::RECURRENCE, theta.map_or(Outcome::Undefined, angle));
        // Where numbers are subnormal their rounding is not relative.
        if start == 0.0 || start > 1e-290 {
            let bend = (1.0 - slope).powi(2) / (1.0 + slope * slope);
            let limit = match draw.squares.get(..hidden.len()) {
                Some(squares) => limit_with_biases(start, bend, squares),
                None => Magnitude::from_f64(limit(start, bend, hidden.len())),
            };
            seen.set(&statements::ENVELOPE, Outcome::of(limit));
        }
    }
    for (layer, passed) in (1..).zip(&passes.layers) {
        seen.at(layer, &statements::PAIR, of(passed.map(Passed::theta)));
        let ratio = passed.map(|passed| passed.log_ratio.abs());
        seen.at(layer, &statements::NORMS, of(ratio));
    }
    seen.set(&statements::OUTPUT, of(passes.change));
}

/// θ_L by the recurrence in floating point, less the rounding error that is possible.
fn limit(one_minus_cos: f64, bend: f64, depth: usize) -> f64 {
    let first = next(one_minus_cos, bend);
    let mut s = first;
    for _ in 1..depth {
        s = next(s, bend);
    }
    // A step errs by at most 32 roundings relatively, 40 with k, and φ does not spread relative
    // errors where it rises. With k > 1 it may fall in the first layer, to a small part of s.
    let (each, cancelled) =
        if bend == 1.0 { (32.0, 1.0) } else { (40.0, f64::max(1.0, one_minus_cos / first)) };
    let error = each * (depth as f64 + cancelled) * f64::EPSILON;
    let least = s * f64::max(0.0, 1.0 - error);
    2.0 * (least / 2.0).sqrt().asin() * (1.0 - 8.0 * f64::EPSILON)
}

/// Below this φ(s) is s up to a part of 10⁻³⁰.
const TINY: f64 = 1.0 / (1u128 << 100) as f64 / (1u128 << 100) as f64;

/// The same with biases; numbers may be smaller than `f64` can be.
fn limit_with_biases(one_minus_cos: f64, bend: f64, squares: &[f64]) -> Option<Magnitude> {
    // s times 4 to this power.
    let (mut s, mut exponent) = (one_minus_cos, 0i64);
    let mut cancelled = 1.0;
    for (i, square) in squares.iter().enumerate() {
        let received = s / (1.0 + square);
        s = if exponent == 0 { next(received, bend) } else { received };
        if i == 0 && bend > 1.0 {
            cancelled = f64::max(1.0, received / s);
        }
        if s < TINY {
            (s, exponent) = (s / TINY, exponent - 100);
        }
    }
    // Four more roundings of 1 + 𝗌_i², and of 𝗌_i² six for each layer before.
    let depth = squares.len() as f64;
    let error = (44.0 + 6.0 * depth) * (depth + cancelled) * f64::EPSILON;
    let half = s * f64::max(0.0, 1.0 - error) / 2.0;
    let sine = half.sqrt();
    let theta = if exponent == 0 { 2.0 * sine.asin() } else { 2.0 * sine };
    Magnitude::new(theta * (1.0 - 8.0 * f64::EPSILON), exponent)
}

/// φ(s) = s − k(sin θ − θ cos θ)/π.
fn next(s: f64, bend: f64) -> f64 {
    let theta = 2.0 * (s / 2.0).sqrt().asin();
    let square = theta * theta;
    let part = if theta < 0.3 {
        // sin θ − θ cos θ = θ³ Σ (−1)^k 2(k+1) θ^{2k}/(2k+3)!
        theta
            * square
            * (1.0 / 3.0
                - square
                    * (1.0 / 30.0
                        - square
                            * (1.0 / 840.0
                                - square
                                    * (1.0 / 45360.0
                                        - square * (1.0 / 3991680.0 - square / 518918400.0)))))
    } else {
        theta.sin() - theta * (1.0 - s)
    };
    // Nothing is left at k = 2 of opposite inputs.
    f64::max(0.0, s - bend * part / std::f64::consts::PI)
}

/// The largest |f(y) − f(x)| √d_L/‖h_L(x)‖ found on the sphere through x.
pub fn sphere(trial: &mut Trial<'_>) -> Outcome {
    let Some(setting) = trial.setting.filter(|_| trial.network.is_stored()) else {
        return Outcome::NotSearched;
    };
    if trial.forward.is_dead() {
        return Outcome::Undefined;
    }
    let depth = trial.network.depth();
    let root = (trial.network.widths()[depth] as f64).sqrt();
    let Some((found, search)) = sphere::farthest(trial.network, trial.forward, setting.address)
    else {
        return Outcome::Failed;
    };
    let scale = trial.forward.hidden(depth).norm();
    let relative = scale.and_then(|scale| (found * Magnitude::from_f64(root)?) / scale);
    relative.map_or(Outcome::Failed, |value| Outcome::Found(value, search))
}

/// |f(x)|/(‖∇f(x)‖‖x‖); ∞ where the gradient is 0.
pub fn first_order(trial: &Trial<'_>) -> Outcome {
    let size = trial.gradient_norm().zip(trial.input().norm()).map(|(a, b)| a * b);
    let output = trial.forward.output().abs();
    let ratio = output.zip(size).and_then(|(output, size)| {
        if size.is_zero() { Some(Magnitude::INFINITY) } else { output / size }
    });
    Outcome::of(ratio)
}

/// ‖u‖/‖x‖ for the smallest step found that changes the sign of the network of the first k layers.
pub fn cone(trial: &mut Trial<'_>, k: usize) -> Outcome {
    let Some(setting) = trial.setting.filter(|_| trial.network.is_stored()) else {
        return Outcome::NotSearched;
    };
    let address = setting.address;
    let least = if k == trial.network.depth() {
        if trial.forward.is_dead() {
            return Outcome::Undefined;
        }
        sphere::least_flip(trial.network, trial.forward, trial.backward, address)
    } else {
        let mut shallow = Truncated::new(trial.network, k, address.seed, address.trial);
        let at = forward(&mut shallow, std::slice::from_ref(&trial.forward.input));
        if at[0].is_dead() {
            return Outcome::Undefined;
        }
        let back = backward(&mut shallow, &at);
        sphere::least_flip(&mut shallow, &at[0], &back[0], address)
    };
    Outcome::of(least)
}
