//! The step followed in a sampled network: its state before each layer, and by what each layer
//! moves the output.

use crate::model::outcome::Outcome;
use crate::model::params::FREE_NORMAL;
use crate::network::sample::{Address, Stream};
use crate::network::search::step::{Standing, achieved, adversarial};
use crate::network::{Backward, Forward, forward};
use crate::num::magnitude::Magnitude;
use crate::stage::Trial;

/// Before and in one hidden layer, in the order of the claims.
pub const QUANTITIES: usize = 5;

/// What one step shows.
pub struct Observed {
    /// For each hidden layer α, ρ/‖h‖, p, |N|/|f| and |F_i − F_{i−1}|/|f|.
    pub layers: Vec<[Outcome; QUANTITIES]>,
    /// (f(x) − f(x + u))/(t f(x)), 0 if negative.
    pub achieved: Outcome,
    /// Does f(x + u) have the other sign?
    pub flipped: bool,
}

/// Takes the step of the setting.
pub fn step(trial: &mut Trial<'_>) -> Observed {
    let depth = trial.network.depth();
    let all = |outcome: Outcome| Observed {
        layers: vec![[outcome; QUANTITIES]; depth],
        achieved: outcome,
        flipped: false,
    };
    let Some(setting) = trial.setting else { return all(Outcome::NotSearched) };
    let t = setting.direct_step;
    let taken = match adversarial(trial.forward, trial.backward, t) {
        Ok(taken) => taken,
        Err(Standing::Failed) => return all(Outcome::Failed),
        Err(Standing::Boundary) => return all(Outcome::Undefined),
        // Every bound fails where the network is constantly 0.
        Err(Standing::Dead) => {
            let beyond = Outcome::Value(Magnitude::INFINITY);
            let nothing = Outcome::Value(Magnitude::ZERO);
            return Observed {
                layers: vec![[nothing, beyond, beyond, beyond, beyond]; depth],
                achieved: nothing,
                flipped: false,
            };
        }
    };
    let there = &forward(trial.network, std::slice::from_ref(&taken.end))[0];
    let (achieved, flipped) = achieved(trial.forward, there, t);
    let Address { seed, trial: number, .. } = setting.address;
    let layers = (1..=depth).map(|i| {
        let address = Address { seed, trial: number, layer: Address::DIRECT + i as u64, block: 0 };
        layer(trial.forward, trial.backward, there, i, free_normal(address))
    });
    Observed { layers: layers.collect(), achieved: Outcome::of(achieved), flipped }
}

/// What the step of the setting achieves, and whether it flips the sign.
pub fn flip(trial: &mut Trial<'_>) -> (Outcome, bool) {
    let Some(setting) = trial.setting else { return (Outcome::NotSearched, false) };
    let t = setting.direct_step;
    let taken = match adversarial(trial.forward, trial.backward, t) {
        Ok(taken) => taken,
        Err(Standing::Failed) => return (Outcome::Failed, false),
        Err(Standing::Boundary) => return (Outcome::Undefined, false),
        Err(Standing::Dead) => return (Outcome::Value(Magnitude::ZERO), false),
    };
    let there = &forward(trial.network, std::slice::from_ref(&taken.end))[0];
    let (achieved, flipped) = achieved(trial.forward, there, t);
    (Outcome::of(achieved), flipped)
}

/// A standard normal variable given that it lies in [−3, 0].
fn free_normal(address: Address) -> f64 {
    let mut stream = Stream::new(address);
    let mut value = [0.0f64];
    loop {
        stream.fill(&mut value);
        if value[0].abs() <= FREE_NORMAL {
            return -value[0].abs();
        }
    }
}

/// One hidden layer i of a network followed from x to x + u, relative to f(x) and to what the layer
/// receives at x: h_{i−1}(x) and the constant of which biases are weights.
#[derive(Clone, Copy, Debug)]
pub struct Followed {
    /// α_{i−1}.
    pub along: f64,
    /// ρ_{i−1}/‖ĥ_{i−1}‖.
    pub across: f64,
    /// D̂′, the way that the layer takes back a share of.
    pub way: f64,
    /// p_i.
    pub coherent: f64,
    /// N_i/f.
    pub noise: f64,
    /// (F_i − F_{i−1})/f.
    pub error: f64,
}

/// Follows hidden layer i, given the passes at both points and the free normal η. All vectors are
/// taken in units of ĥ_{i−1}, z_i and b_i at x.
pub fn follow(at: &Forward, back: &Backward, there: &Forward, i: usize, free: f64) -> Followed {
    let (h, z, b, l) = (at.received(i - 1), &at.pre[i - 1], &back.rows[i], &back.masked[i - 1]);
    let (unit, scale) = (h.exponent(), z.exponent());
    let width = h.values().len() - usize::from(!at.biases.is_empty());
    let h_there = there.received(i - 1).at_exponent(unit);
    let h = h.at_exponent(unit);
    let square = h.dot(&h);
    let along = h_there.dot(&h) / square;
    let across = {
        // Steps much longer than the input are there, too: squares would leave the range.
        let rest = &h_there - &(&h * along);
        let largest = rest.iter().fold(0.0f64, |most, v| most.max(v.abs()));
        let unit = if largest > 1e100 { largest } else { 1.0 };
        let rest = rest / unit;
        rest.dot(&rest).sqrt() * unit
    };
    let (z, z_there) = (z.at_exponent(scale), there.pre[i - 1].at_exponent(scale));
    let b_unit = b.exponent();
    let (b, l) = (b.at_exponent(b_unit), l.at_exponent(b_unit));
    // What later biases add to the output is in neither.
    let (own, before) = (l.dot(&z), l.dot(&z_there));
    let whole = || at.output().at_exponent(b_unit + scale);
    let output = if at.biases.is_empty() { own } else { whole() };
    let length = l.dot(&l).sqrt();
    let gamma = (before - along * own) / (length * length);
    let shift = (unit - scale).clamp(-1000, 1000) as i32;
    let omega = across * 2f64.powi(shift) / (width as f64).sqrt();
    let jump = 1.0 - at.slopes[i - 1];
    // γ′
    let pull = gamma - omega * output.signum() * free / length;
    let (mut noise, mut error, mut taken_back) = (0.0, 0.0, 0.0);
    for k in 0..z.len() {
        let sign = if z[k] > 0.0 { 1.0 } else { -1.0 };
        // ωξ = Δ − γ′l.
        let chance = z_there[k] - along * z[k] - pull * l[k];
        let beyond = -sign * chance - along * z[k].abs();
        noise += jump * b[k] * beyond.max(0.0);
        taken_back += jump * sign * b[k] * l[k] * share_above(beyond, -sign * pull * l[k]);
        if (z[k] > 0.0) != (z_there[k] > 0.0) {
            error += jump * b[k] * z_there[k].abs();
        }
    }
    Followed {
        along,
        across: across / square.sqrt(),
        way: pull * length * length / output,
        coherent: taken_back / (length * length),
        noise: noise / output,
        error: error / output,
    }
}

/// The share of τ ∈ [0, 1] with start + τ slope > 0.
fn share_above(start: f64, slope: f64) -> f64 {
    let (start, end) = (start, start + slope);
    match (start > 0.0, end > 0.0) {
        (true, true) => 1.0,
        (false, false) => 0.0,
        (false, true) => end / slope,
        (true, false) => start / -slope,
    }
}

fn layer(
    at: &Forward,
    back: &Backward,
    there: &Forward,
    i: usize,
    free: f64,
) -> [Outcome; QUANTITIES] {
    let seen = follow(at, back, there, i, free);
    let of = |value: f64| Outcome::of(Magnitude::from_f64(value).filter(|m| m.is_finite()));
    let (state, error) = (of(seen.across), of(seen.error.abs()));
    if seen.along <= 0.0 {
        // The terms are defined for positive α only.
        let beyond = Outcome::Value(Magnitude::INFINITY);
        return [Outcome::Value(Magnitude::ZERO), state, beyond, beyond, error];
    }
    // Inactive neurons may push the output on: then nothing is taken back.
    let coherent = if seen.coherent < 0.0 { 0.0 } else { seen.coherent };
    [of(seen.along), state, of(coherent), of(seen.noise.abs()), error]
}
