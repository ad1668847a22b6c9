//! The law of flips in deep networks, width over the cube of depth being given: expected, without
//! proof. `proofs/direct.md#fails`.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use crate::theory::distribution::normal;

/// Steps of the square root of time.
const STEP: f64 = 1e-3;
/// Times beyond its square are not looked at: then t is above 10⁸.
const FARTHEST: f64 = 40.0;

/// e and ϱ² in the time s = τ².
type State = [f64; 2];

/// By how much they change with τ.
fn change(tau: f64, [e, square]: State) -> State {
    let rho = square.max(0.0).sqrt();
    [-2.0 * tau * rho * e, 2.0 * tau * (e * e - 2.0 / 3.0 * rho * rho * rho)]
}

/// One step of the classical Runge–Kutta rule.
fn stepped(tau: f64, from: State) -> State {
    let moved = |by: f64, slope: State| [from[0] + by * slope[0], from[1] + by * slope[1]];
    let first = change(tau, from);
    let second = change(tau + 0.5 * STEP, moved(0.5 * STEP, first));
    let third = change(tau + 0.5 * STEP, moved(0.5 * STEP, second));
    let last = change(tau + STEP, moved(STEP, third));
    let mean = |k: usize| (first[k] + 2.0 * (second[k] + third[k]) + last[k]) / 6.0;
    moved(STEP, [mean(0), mean(1)])
}

/// C(t): the step t flips the sign where |Z| ≤ C(t)√(d/L³), Z standard normal; `None` for a t that
/// is out of range.
pub fn constant(t: f64) -> Option<f64> {
    if t.is_nan() || t <= 1.0 {
        return None;
    }
    let (mut tau, mut state) = (0.0, [1.0, 0.0]);
    while tau < FARTHEST {
        let next = stepped(tau, state);
        if next[0] <= 1.0 / t {
            // Nearly a power of τ within the step.
            let share = (state[0] * t).ln() / (state[0] / next[0]).ln();
            return Some(PI * FRAC_1_SQRT_2 * (tau + share * STEP).powi(3) / t);
        }
        (tau, state) = (tau + STEP, next);
    }
    None
}

/// The width at which half of the steps t flip the sign, at depth L.
pub fn half(t: f64, depth: usize) -> Option<f64> {
    let median = normal::upper_quantile(0.25);
    Some((median / constant(t)?).powi(2) * (depth as f64).powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::{Architecture, Params, Probability};
    use crate::theory::direct::expected;

    /// Found by a program of its own.
    #[test]
    fn constants_are_those_found_before() {
        for (t, c) in [(1.1, 0.29713), (1.25, 0.63644), (2.0, 1.42953), (3.0, 1.71938)] {
            assert!((constant(t).unwrap() / c - 1.0).abs() < 1e-4, "{t} {:?}", constant(t));
        }
        let tried = (11..200).map(|k| f64::from(k) / 10.0);
        let best = tried.max_by(|a, b| constant(*a).unwrap().total_cmp(&constant(*b).unwrap()));
        assert!((best.unwrap() - 4.46).abs() < 0.2);
        assert!(
            constant(1.0).is_none() && constant(f64::NAN).is_none() && constant(1e300).is_none()
        );
    }

    /// What is expected at finite width comes to it with depth.
    #[test]
    fn expectations_come_to_the_limit() {
        let delta = || Probability::parse("delta", "0.1").unwrap();
        let off = |depth: usize| {
            let shape = Params::new(Architecture::new(vec![64; depth + 1]).unwrap(), delta());
            let found = expected::least_for(&shape, 2.0, 0.5).unwrap().input() as f64;
            (found / half(2.0, depth).unwrap() - 1.0).abs()
        };
        let [near, far] = [200, 20].map(off);
        assert!(near < 0.1 && near < far, "{near} {far}");
    }
}
