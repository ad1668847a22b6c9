//! What is expected without proof is never beyond what is proved, and never 0 or infinite where the
//! truth is not.

mod common;

use common::params;
use rayon::prelude::*;
use relubound::model::claim::{Claim, Direction, Test};
use relubound::model::params::Params;
use relubound::num::magnitude::Magnitude;
use relubound::stage::{self, Stage, gradient, output};
use relubound::theory::distribution::contour::dead_probability;

/// A fixed sequence of numbers, by the generator splitmix64.
struct Draws(u64);

impl Draws {
    fn uniform(&mut self, from: f64, to: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        from + (to - from) * ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// 0, …, n − 1.
    fn below(&mut self, n: usize) -> usize {
        self.uniform(0.0, n as f64) as usize
    }
}

/// Widths from 1 to 10^30, equal ones, mixed ones and narrow ones, at depths 0 to 10; δ from nearly
/// 1 to 10^−300.
fn random(draws: &mut Draws) -> Params {
    let depth = draws.below(11);
    let most = [2.0, 4.0, 9.0, 30.0][draws.below(4)];
    let mut width = || 10f64.powf(draws.uniform(0.0, most)).floor() as u128;
    let widths: Vec<u128> = if depth.is_multiple_of(3) {
        vec![width(); depth + 1]
    } else {
        (0..=depth).map(|_| width()).collect()
    };
    let text: Vec<String> = widths.iter().map(u128::to_string).collect();
    let delta = if draws.below(6) == 0 {
        format!("{:.15}", 1.0 - 10f64.powf(-draws.uniform(0.05, 12.0)))
    } else {
        format!("{:.3}e-{}", draws.uniform(1.0, 10.0), 1 + draws.below(300))
    };
    params(&text.join(","), &delta)
}

/// Digits of the exact laws, which where f is linear are the bounds themselves.
const ACCURACY: f64 = 1e-9;

fn check(claim: &Claim, params: &Params) {
    let Some(expected) = claim.expected else { return };
    let place = || format!("{} at {}, δ = {}", claim.key(), params.architecture, params.delta);
    assert!(expected.is_finite(), "{}", place());
    if let Test::Bound { direction, value, .. } = &claim.test {
        let (side, level) = match direction {
            Direction::Lower => (1.0 + ACCURACY, params.delta.to_f64()),
            Direction::Upper => (1.0 - ACCURACY, 1.0 - params.delta.to_f64()),
        };
        let inside = expected * Magnitude::from_f64(side).unwrap();
        assert!(!direction.exceeded(inside, *value), "{}: {expected} {value}", place());
        // 0 is expected where enough networks are dead, and of a linear function.
        let dead = dead_probability(params.architecture.hidden()) >= level;
        assert!(!expected.is_zero() || dead || value.is_zero(), "{}", place());
    }
}

/// How many bounds there are among the claims, and how many claims with an expectation.
fn every(claims: impl Fn(&Params) -> Vec<Claim> + Sync, seed: u64, count: usize) -> (usize, usize) {
    let mut draws = Draws(seed);
    let all: Vec<Params> = (0..count).map(|_| random(&mut draws)).collect();
    let counted = |params: &Params| {
        let claims = claims(params);
        for claim in &claims {
            check(claim, params);
        }
        let is_bound = |claim: &&Claim| matches!(claim.test, Test::Bound { .. });
        let expected = claims.iter().filter(|claim| claim.expected.is_some()).count();
        (claims.iter().filter(is_bound).count(), expected)
    };
    let counts: Vec<_> = all.par_iter().map(counted).collect();
    counts.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

fn of(stages: &[&dyn Stage]) -> impl Fn(&Params) -> Vec<Claim> + Sync {
    move |params| stages.iter().flat_map(|stage| stage.claims(params)).collect()
}

/// The exact laws are resolved everywhere: both rows of each stage, and the ratio.
#[test]
fn exact_quantiles() {
    let counts = every(of(&[&stage::output::Output, &stage::gradient::Gradient]), 1, 20);
    assert_eq!(counts, (40, 100));
}

/// The same beside the bound that is quicker to compute, and the medians between the quantiles.
#[test]
fn exact_quantiles_beside_split_bounds() {
    let mut draws = Draws(5);
    let all: Vec<Params> = (0..200).map(|_| random(&mut draws)).collect();
    all.par_iter().for_each(|params| {
        let place = format!("{}, δ = {}", params.architecture, params.delta);
        let (output, gradient) = (output::predict::law(params), gradient::predict::law(params));
        let upper = output.exceeded_with(&params.delta).expect(&place);
        let lower = gradient.undercut_with(&params.delta).expect(&place);
        let side = |factor: f64| Magnitude::from_f64(factor).unwrap();
        let bound = output::bound::split(params).0.to_magnitude();
        assert!(upper * side(1.0 - ACCURACY) <= bound, "{upper} {bound} at {place}");
        let bound = gradient::bound::split(params).0.to_magnitude();
        assert!(lower * side(1.0 + ACCURACY) >= bound, "{lower} {bound} at {place}");
        let small = params.delta.to_f64() < 0.5;
        let (above, below) = (output.median().expect(&place), gradient.median().expect(&place));
        assert_eq!(upper >= above, small || upper == above, "{place}");
        assert_eq!(lower <= below, small || lower == below, "{place}");
    });
}

#[test]
fn leading_orders_over_a_ball() {
    let stages: [&dyn Stage; 2] = [&stage::bottleneck::Bottleneck, &stage::linearity::Linearity];
    let (bounds, expected) = every(of(&stages), 2, 300);
    assert!(expected > bounds / 2, "{expected} of {bounds}");
}

#[test]
fn angles() {
    let (bounds, expected) = every(of(&[&stage::collapse::Collapse]), 3, 150);
    assert!(expected > bounds / 4, "{expected} of {bounds}");
}

/// Without the threshold, of which nothing is expected.
#[test]
fn steps() {
    let (bounds, expected) = every(|params| stage::direct::followed(params).0, 4, 100);
    assert!(expected > bounds / 8, "{expected} of {bounds}");
}
