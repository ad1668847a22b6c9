//! ℓ∞: χ = √d ‖g‖₂/‖g‖₁ for a standard normal vector g. `proofs/norm.md#signs`.

use std::f64::consts::PI;

use super::{SEARCHED, certified, least, steps};
use crate::num::Number;
use crate::num::search::argmin;

/// The limit of χ.
pub fn expected() -> f64 {
    (PI / 2.0).sqrt()
}

/// log E exp(λ(a g²/2 + 1/(2a) − c|g|)), for λa < 1.
fn log_mean<N: Number>(c: &N, a: &N, lambda: &N) -> N {
    let (one, two) = (c.like(1.0), c.like(2.0));
    let tilt = lambda.clone() * a.clone();
    // E exp(μg²/2 − ν|g|) = (1 − μ)^{−½} e^{z²} erfc z, z = ν/√(2(1 − μ)).
    let z = lambda.clone() * c.clone() / (two.clone() * (one - tilt.clone())).sqrt();
    let log_scaled = if z.to_f64() < 0.5 {
        (z.square().exp_m1() - z.square().exp() * z.erf()).ln_1p()
    } else {
        z.square() + z.erfc().ln()
    };
    lambda.clone() / (two.clone() * a.clone()) - (-tilt).ln_1p() / two + log_scaled
}

/// A bound on χ that fails with probability at most e^{−nats}; at most √d.
pub fn stretch<N: Number>(d: u128, nats: &N) -> N {
    let most = nats.whole(d).sqrt();
    let rough = nats.to_f64();
    // What is found for fewer entries holds for more.
    let searched = (d as f64).min(SEARCHED);
    let excess = |c: f64, a: f64, lambda: f64| searched * log_mean(&c, &a, &lambda) + rough;
    // λ is about √(ℓ/d) and a about 1.
    let scale = (2.0 * rough / searched).sqrt();
    let at = |c: f64, a: f64| {
        let (low, high) = ((0.2 * scale).ln(), (30.0 * scale).min(0.98 / a).ln());
        argmin(low.min(high - 3.0), high, 22, |lambda| excess(c, a, lambda))
    };
    let best = |c: f64| {
        let a = argmin(-0.6, 0.6, 9, |a| excess(c, a, at(c, a)));
        (a, at(c, a))
    };
    let holds = |c: f64| {
        let (a, lambda) = best(c);
        excess(c, a, lambda) < 0.0
    };
    let found = least(most.to_f64(), steps::<N>(), holds);
    let (a, lambda) = best(found);
    let exceeds = |c: &N| {
        let mean = log_mean(c, &nats.like(a), &nats.like(lambda));
        (nats.whole(d) * mean + nats.clone()).below(&nats.like(0.0))
    };
    certified(found, most, exceeds)
}
