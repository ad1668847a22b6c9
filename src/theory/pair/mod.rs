//! Two inputs at a fixed angle, followed through a network of finite width: how far their angle and
//! the ratio of their norms can stray. `proofs/collapse.md`.
//!
//! Everything is a sum over the neurons of a layer of functions of a pair (u, v) of standard
//! normals with correlation cos θ. In polar coordinates, u = r cos α, v = r cos(α − θ), the
//! functions are r²k(α) with r² ~ χ²₂, so that E exp(λ r²k) is the mean over α of 1/(1 − 2λk(α)):
//! closed forms.

mod bent;
mod general;
mod layer;
mod link;
mod path;
pub mod powers;
mod shape;
pub mod sphere;
mod sums;

pub use general::Neurons;
pub use layer::{Layer, Way, most_apart};
pub use path::{Path, output};
pub use sums::{Arcs, log_mgf_excess, log_mgf_norms, norms_mean_square};

use crate::num::Number;
use crate::theory::tail::sets;

/// An angle θ in [0, π] by s = 1 − cos θ, which keeps its digits as θ falls to 0.
#[derive(Clone, Debug)]
pub struct Angle<N> {
    /// 1 − cos θ.
    pub s: N,
    /// θ.
    pub theta: N,
    /// sin θ.
    pub sin: N,
}

impl<N: Number> Angle<N> {
    /// For s in [0, 2].
    pub fn new(s: N) -> Self {
        let (two, zero) = (s.like(2.0), s.like(0.0));
        let rest = two.clone() - s.clone();
        let (theta, sin) = if zero.below(&rest) {
            let half = (s.clone() / rest.clone()).sqrt().atan();
            (half * two, (s.clone() * rest).sqrt())
        } else {
            (s.pi(), zero)
        };
        Angle { s, theta, sin }
    }

    /// φ(s) = 1 − g(1 − s): the next s in the limit of large widths.
    pub fn next(&self) -> N {
        let one = self.s.like(1.0);
        let theta = self.theta.to_f64();
        if N::ROUGH && theta < 0.05 {
            // sin θ − θ cos θ without cancellation.
            let square = theta * theta;
            let part = theta * square * (1.0 / 3.0 - square * (1.0 / 30.0 - square / 840.0));
            return self.s.clone() - self.s.like(part / std::f64::consts::PI);
        }
        let cos = one - self.s.clone();
        self.s.clone() - (self.sin.clone() - self.theta.clone() * cos) / self.s.pi()
    }

    /// q = sin²θ for acute angles, 1 for obtuse ones: the largest (σ(cos α) − σ(cos(α − θ)))².
    pub fn largest_square(&self) -> N {
        let one = self.s.like(1.0);
        if self.s.below(&one) { self.s.clone() * (self.s.like(2.0) - self.s.clone()) } else { one }
    }
}

/// ∫₀^x dβ/(1 − (1 − b²) sin²β) from x, sin x cos x, sin²x and b², for x in [−π, π] if b² > 0:
/// arctan(b tan x)/b on the right branch; and for |x| < π/2 if b² < 0, as long as the integrand is
/// finite. `proofs/collapse.md#arcs`.
fn arc<N: Number>(x: &N, sin_cos: &N, sin_square: &N, b_square: &N) -> N {
    let (zero, one) = (x.like(0.0), x.like(1.0));
    if b_square.below(&zero) {
        // artanh(κ tan x)/κ.
        let kappa = (-b_square.clone()).sqrt();
        let z = kappa.clone() * sin_cos.clone() / (one - sin_square.clone());
        return (z.ln_1p() - (-z).ln_1p()) / (kappa * x.like(2.0));
    }
    let b = b_square.sqrt();
    let off = one.clone() - b.clone();
    let below = one - sin_square.clone() * off.clone();
    (x.clone() - (off * sin_cos.clone() / below).atan()) / b
}

/// s⁻ with P(S(n) ≤ n s⁻) ≤ e^{−nats}, by Chernoff's bound, if that is positive.
fn lightest<N: Number>(n: u128, nats: &N) -> Option<N> {
    lightest_at(&nats.like(0.0), n, nats)
}

/// The same of S_a(n).
fn lightest_at<N: Number>(slope: &N, n: u128, nats: &N) -> Option<N> {
    let value = sets::rectified_lower(n, slope, nats);
    nats.like(0.0).below(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Enclosure;
    use crate::theory::angle;

    #[test]
    fn the_next_angle_is_that_of_the_recurrence() {
        for s in [1e-40, 1e-9, 0.0012, 0.0013, 0.01, 0.5, 1.0, 1.7, 2.0] {
            let exact = Enclosure::point(200, s);
            let by_angle = Angle::new(exact.clone()).next();
            let by_recurrence = angle::next(&exact, &rug::Rational::from(1));
            assert!(by_angle.contains(&by_recurrence) || by_recurrence.contains(&by_angle));
            assert!((Angle::new(s).next() / by_angle.to_f64() - 1.0).abs() < 1e-14);
        }
    }

    #[test]
    fn arcs_are_integrals() {
        for (x, b) in
            [(0.3f64, 0.25f64), (1.2, 2.9), (2.9, 0.04), (3.1, 9.0), (0.3, -8.0), (1.2, -0.1)]
        {
            let n = 200_000;
            let h = x / f64::from(n);
            let f = |i: i32| {
                let beta = (f64::from(i) + 0.5) * h;
                h / (1.0 - (1.0 - b) * beta.sin().powi(2))
            };
            let sum: f64 = (0..n).map(f).sum();
            let closed = arc(&x, &(x.sin() * x.cos()), &x.sin().powi(2), &b);
            assert!((sum - closed).abs() < 1e-8, "{x} {b}: {sum} {closed}");
        }
    }
}
