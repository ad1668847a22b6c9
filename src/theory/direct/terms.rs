//! The two terms by which one layer moves the output, each bounded for all states up to the given
//! one at once. `proofs/direct.md#coherent`, `#noise`.

use crate::num::Number;
use crate::num::search::argmin;
use crate::theory::activation::{Activation, Groups};

/// Below this parameter differences cancel in `f64`, and leading orders take their place.
const CANCELLING: f64 = 1e-3;

/// The sums of the coherent term: n neurons, joined within r of the threshold by chance and within
/// c by the movement along the backward row.
#[derive(Clone, Debug)]
pub struct Coherent<N> {
    /// d_i.
    pub n: u128,
    /// r, an upper bound on ρ/(α‖h‖).
    pub r: N,
    /// c, an upper bound on the movement along the backward row.
    pub c: N,
    /// The event fails with probability at most e^{−nats} for one sign.
    pub nats: N,
    /// What the shares of active and inactive neurons weigh.
    pub groups: Groups<N>,
}

impl<N: Number> Coherent<N> {
    /// log E exp(λ G²(w p − ζ² share)) for one neuron, an upper bound: w the weight of its group.
    fn log_mean(&self, share: &N, lambda: &N) -> N {
        let two = lambda.like(2.0);
        let mut above_one = lambda.like(0.0);
        for (size, weight) in &self.groups {
            let Some(group) = self.group(size, weight, share, lambda) else {
                return lambda.like(f64::INFINITY);
            };
            above_one = above_one + group / two.clone();
        }
        above_one.ln_1p()
    }

    /// E exp(…) − 1 within one group; `None` where it is infinite.
    fn group(&self, size: &N, weight: &N, share: &N, lambda: &N) -> Option<N> {
        let (one, two) = (lambda.like(1.0), lambda.like(2.0));
        let taken = size.square() * share.clone();
        let down = two.clone() * lambda.clone() * taken.clone();
        let log_down = down.ln_1p() / two.clone();
        let alone = (-log_down.clone()).exp_m1();
        if weight.to_f64() == 0.0 {
            return Some(alone);
        }
        let up = two.clone() * lambda.clone() * (weight.clone() - taken.clone());
        if !up.below(&one) {
            return None;
        }
        let log_ratio = log_down.clone() - (-up).ln_1p() / two;
        let lower = (-log_down).exp();
        let part = if N::ROUGH && lambda.to_f64() < CANCELLING {
            let (l, w, d) = (lambda.to_f64(), weight.to_f64(), taken.to_f64());
            let cubes = ((w - d).powi(3) + d.powi(3)) / w;
            lambda.like(l * w + l * l * (4.0 / 3.0 * cubes - 4.0 * d * d))
        } else {
            log_ratio.clone() / (lambda.clone() * weight.clone()) - lower.square()
        };
        let reach = self.c.clone() * size.clone();
        let joined = self.r.clone() * lower * log_ratio.exp_m1() + reach * part;
        Some(alone + joined / lambda.pi())
    }

    /// n log E + ℓ: where it is negative, `share` is not exceeded with probability 1 − e^{−ℓ}.
    fn excess(&self, share: &N, lambda: &N) -> N {
        lambda.whole(self.n) * self.log_mean(share, lambda) + self.nats.clone()
    }

    /// Is `share` certainly not exceeded, by this λ?
    pub fn holds(&self, share: &N, lambda: &N) -> bool {
        self.excess(share, lambda).below(&lambda.like(0.0))
    }
}

impl Coherent<f64> {
    /// The least share found, at most 1, and the λ that proves it; `near` are those of a similar
    /// layer.
    pub fn tune(&self, near: Option<(f64, f64)>) -> (f64, f64) {
        // Over both kinds of neurons, of which there are as many.
        let over = |r: f64, c: f64, order: i32| {
            let each = |(size, w): &(f64, f64)| w.powi(order) * (r * self.r + c * self.c * size);
            self.groups.iter().map(each).sum::<f64>() / std::f64::consts::PI
        };
        let kept: f64 = self.groups.iter().map(|(size, _)| size * size).sum();
        let mean = over(1.0, 1.0, 1) / kept;
        if let Some((share, lambda)) = near.filter(|near| near.0 < 1.0) {
            let centre = lambda.ln();
            let least = |lambda: f64| self.least(lambda, mean, share);
            let lambda = argmin(centre - 0.3, centre + 0.3, 4, least);
            return (self.least(lambda, mean, share), lambda);
        }
        let spread = 0.5 * over(3.0, 8.0 / 3.0, 2) * self.n as f64;
        let centre = (2.0 * self.nats / spread).sqrt().ln();
        let least = |lambda: f64| self.least(lambda, mean, 1.0);
        let lambda = argmin(centre - 2.0, centre.min(-0.5) + 1.5, 14, least);
        (least(lambda), lambda)
    }

    /// The root of the excess in the share, which falls; above 1 where there is none. `near` is a
    /// guess.
    fn least(&self, lambda: f64, mean: f64, near: f64) -> f64 {
        let at = |share: f64| self.excess(&share, &lambda);
        let (mut low, mut high) = (mean.min(0.999), 1.0f64.min(1.05 * near));
        let mut at_high = at(high);
        if high < 1.0 && (at_high.is_nan() || at_high >= 0.0) {
            (low, high) = (high, 1.0);
            at_high = at(high);
        } else if 0.95 * near > low && at(0.95 * near) > 0.0 {
            low = 0.95 * near;
        }
        if at_high.is_nan() || at_high >= 0.0 {
            return 2.0;
        }
        // The secant rule that keeps a bracket.
        let mut at_low = at(low);
        if at_low < 0.0 {
            return low;
        }
        let mut kept = 0;
        for _ in 0..60 {
            if high - low <= 1e-10 * high {
                break;
            }
            let secant = high - at_high * (high - low) / (at_high - at_low);
            let inside = secant.is_finite() && secant > low && secant < high;
            let middle = if inside { secant } else { 0.5 * (low + high) };
            let found = at(middle);
            if found < 0.0 {
                (high, at_high) = (middle, found);
                at_low *= if kept < 0 && inside { 0.5 } else { 1.0 };
                kept = -1;
            } else {
                (low, at_low) = (middle, found);
                at_high *= if kept > 0 && inside { 0.5 } else { 1.0 };
                kept = 1;
                if !found.is_finite() {
                    at_low = f64::INFINITY;
                }
            }
        }
        high
    }
}

/// artanh(s)/s − 1.
fn stretch<N: Number>(s: &N) -> N {
    if N::ROUGH && s.to_f64() < CANCELLING {
        let square = s.square();
        return square.clone() / s.like(3.0) + square.square() / s.like(5.0);
    }
    let one = s.like(1.0);
    (s.ln_1p() - (-s.clone()).ln_1p()) / (s.like(2.0) * s.clone()) - one
}

/// log of an upper bound on E exp(½s²a²) for one neuron, a = (ξ − |g|/r)₊, 0 < s < 1.
pub fn log_mean_of_square<N: Number>(r: &N, s: &N) -> N {
    (r.clone() * stretch(s) / s.pi()).ln_1p()
}

/// E e^{λV} − 1 for one inactive neuron, an upper bound: V = a²ξ² + ((1 − a)/ϑ) ψ, in which
/// ψ = (1 − a)(ξ − t)₊² + 2aξ(ξ − t)₊ for a ≥ 0, (1 + a)(ξ − t)₊² for a < 0, and t = ϑ|g|/r.
/// `proofs/direct.md#curves`.
pub fn inactive_mean<N: Number>(activation: &Activation<N>, r: &N, lambda: &N) -> N {
    let Activation { a, jump, rest, theta, slope, .. } = activation;
    let (one, two) = (lambda.like(1.0), lambda.like(2.0));
    let twice = two.clone() * lambda.clone();
    // s_a² − 1 for s_a² = 1/(1 − 2λa²).
    let tilted = -(twice.clone() * a.square());
    let widened = (-tilted.ln_1p()).exp();
    let alone = (-(tilted.ln_1p() / two.clone())).exp_m1();
    if r.to_f64() == 0.0 || jump.to_f64() == 0.0 || rest.to_f64() == 0.0 {
        return alone;
    }
    let weight = if slope.is_negative() { rest } else { jump };
    let square = twice * weight.clone() * widened.clone() / theta.clone();
    let crossing = if slope.is_negative() || slope.is_relu() {
        if !square.below(&one) {
            return lambda.like(f64::INFINITY);
        }
        stretch(&square.sqrt())
    } else {
        if !(two * square.clone()).below(&one) {
            return lambda.like(f64::INFINITY);
        }
        jump.clone() * stretch(&square.sqrt()) + a.clone() * slant(&square)
    };
    let reach = r.clone() * widened / (theta.clone() * lambda.pi());
    alone + reach * crossing
}

/// −log(1 − 2q)/(2q) − 1.
fn slant<N: Number>(square: &N) -> N {
    let twice = square.like(2.0) * square.clone();
    if N::ROUGH && square.to_f64() < CANCELLING {
        let q = twice.to_f64();
        return square.like(q / 2.0 + q * q / 3.0 + q * q * q / 4.0);
    }
    -((-twice.clone()).ln_1p()) / twice - square.like(1.0)
}

/// The tail of Z√V by moments of order p, where sup t^p P(|Z| ≥ t) is known.
#[derive(Clone, Debug)]
pub struct Power<N> {
    /// p.
    pub order: N,
    /// log sup t^p P(|Z| ≥ t), an upper bound.
    pub log_supremum: N,
}

/// The noise: c with P(sup |X(r′)|/r′ > c over r′ ≤ r) ≤ 2e^{−nats}.
#[derive(Clone, Debug)]
pub struct Noise<N> {
    /// d_i.
    pub n: u128,
    /// r.
    pub r: N,
    /// ℓ.
    pub nats: N,
    /// The moment used.
    pub power: Power<N>,
}

impl<N: Number> Noise<N> {
    /// For any 0 < s < 1.
    pub fn value(&self, s: &N) -> N {
        let one = s.like(1.0);
        let p = self.power.order.clone();
        // E V^{p/2} ≤ (p/(eσ))^{p/2} E e^{σV/2}, σ = s².
        let half = p.clone() / s.like(2.0);
        let log_moment = half.clone() * ((p.clone() / s.square()).ln() - one)
            + s.whole(self.n) * log_mean_of_square(&self.r, s);
        ((self.nats.clone() + self.power.log_supremum.clone() + log_moment) / p).exp()
    }
}

impl Noise<f64> {
    /// A good s; `near` is that of a similar layer.
    pub fn tune(&self, near: Option<f64>) -> f64 {
        if let Some(s) = near {
            let centre = s.ln();
            return argmin(centre - 0.2, (centre + 0.2).min(-1e-6), 4, |s| self.value(&s));
        }
        let variance = self.n as f64 * 2.0 * self.r / (3.0 * std::f64::consts::PI);
        let centre = (0.5 * (self.power.order / variance).ln()).min(-0.5);
        argmin(centre - 1.5, (centre + 0.7).min(-1e-6), 12, |s| self.value(&s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::slope::Slope;
    use crate::num::Enclosure;
    use crate::theory::activation::pushes_on;

    /// E over two or three normals by the midpoint rule in the quantiles.
    fn quadrature(n: usize, f: impl Fn(f64, f64, f64) -> f64) -> f64 {
        let normal: Vec<f64> = (0..n)
            .map(|i| {
                let target = (i as f64 + 0.5) / n as f64;
                let (mut low, mut high) = (-9.0f64, 9.0f64);
                for _ in 0..60 {
                    let middle = 0.5 * (low + high);
                    let cdf = 0.5 * libm::erfc(-middle / std::f64::consts::SQRT_2);
                    if cdf < target { low = middle } else { high = middle }
                }
                low
            })
            .collect();
        let mut sum = 0.0;
        for &a in &normal {
            for &b in &normal {
                for &c in &normal {
                    sum += f(a, b, c);
                }
            }
        }
        sum / (n as f64).powi(3)
    }

    fn activation(slope: &str) -> Activation<f64> {
        Activation::new(&Slope::parse(slope).unwrap(), &0.0)
    }

    /// Both signs of the share, at every slope; at a slope the ReLU's formula is no bound.
    #[test]
    fn the_coherent_mean_is_a_bound_and_close() {
        let (r, c, share, lambda) = (0.15, 0.2, 0.18, 0.08);
        let mean =
            |groups| Coherent { n: 1, r, c, nats: 0.0, groups }.log_mean(&share, &lambda).exp();
        let majorant = |slope: f64, groups: &Groups<f64>| {
            quadrature(240, |g, xi, b| {
                let (size, weight) = if g > 0.0 { groups[0] } else { groups[1] };
                let (g, c, reach) = (g.abs(), c * size, r * xi.max(0.0));
                let p = if b > 0.0 {
                    (1.0 - (g - reach).max(0.0) / (c * b).max(1e-300)).max(0.0)
                } else {
                    f64::from(g < reach)
                };
                let kept = if g > 0.0 && size < 1.0 { slope * slope } else { size * size };
                (lambda * b * b * (weight * p - kept * share)).exp()
            })
        };
        for (slope, a) in [("0", 0.0), ("0.1", 0.1), ("0.5", 0.5), ("-1/2", -0.5), ("-1", -1.0)] {
            let activation = activation(slope);
            let mut sides = vec![activation.taking_back()];
            sides.extend(pushes_on(&activation.slope).then(|| activation.pushing_on()));
            for groups in sides {
                let (formula, exact) = (mean(groups), majorant(a, &groups));
                // Only the density of g is bounded, which over a reach of about 0.2 is 2 % less.
                let close = formula > exact - 3e-4 && formula - exact < 0.005;
                assert!(close, "{slope}: {formula} {exact}");
            }
        }
        let (bent, straight) = (activation("-1").taking_back(), activation("0").taking_back());
        assert!(mean(straight) < majorant(-1.0, &bent) - 0.003);
    }

    /// What an inactive neuron brings across: the square of a Δ + (1 − a)(Δ − |z|)₊ is at most
    /// a²Δ² + (1 − a) ψ, ψ is convex in Δ, and its mean is bounded.
    #[test]
    fn what_inactive_neurons_bring_across_is_a_bound_and_close() {
        let (r, lambda) = (0.3, 0.08);
        for slope in ["0", "0.01", "0.1", "0.5", "0.9", "1", "-0.1", "-1/2", "-1"] {
            let at = activation(slope);
            let Activation { a, jump, theta, .. } = at;
            let psi = |delta: f64, t: f64| {
                let e = (delta - t).max(0.0);
                if a < 0.0 { (1.0 + a) * e * e } else { (1.0 + a) * e * e + 2.0 * a * t * e }
            };
            for delta in [-1.0, 0.2, 0.7, 1.0, 3.0] {
                for t in [0.1, 0.5, 1.0] {
                    let moved: f64 = a * delta + jump * f64::max(delta - t, 0.0);
                    let most = (a * delta).powi(2) + jump * psi(delta, t);
                    assert!(moved * moved <= most + 1e-12, "{slope} {delta} {t}");
                    for by in [-0.5, 0.3, 1.0] {
                        let split = jump / theta * psi(delta, theta * t)
                            + jump * (1.0 + a) / (1.0 - theta).max(1e-300)
                                * f64::max(by, 0.0).powi(2);
                        assert!(theta == 1.0 || jump * psi(delta + by, t) <= split + 1e-12);
                    }
                }
            }
            let formula = inactive_mean(&at, &r, &lambda) + 1.0;
            let exact = quadrature(240, |g, xi, _| {
                let t = theta * g.abs() / r;
                (lambda * (a * a * xi * xi + jump / theta * psi(xi, t))).exp()
            });
            assert!(formula > exact - 3e-4 && formula - exact < 0.02, "{slope}: {formula} {exact}");
        }
    }

    #[test]
    fn the_mean_of_squares_is_a_bound_and_close() {
        let (r, s) = (0.3, 0.6);
        let formula = log_mean_of_square(&r, &s).exp();
        let exact = quadrature(240, |g, xi, _| {
            let a = (xi - g.abs() / r).max(0.0);
            (0.5 * s * s * a * a).exp()
        });
        assert!(formula > exact - 2e-4 && formula - exact < 0.003, "{formula} {exact}");
    }

    #[test]
    fn leading_orders_meet_the_formulas() {
        let big = |x: f64| Enclosure::point(256, x);
        for (lambda, slope) in [(0.9e-3, "0"), (1e-5, "0"), (0.9e-3, "-1/2"), (1e-5, "0.3")] {
            let groups = activation(slope).taking_back();
            let rough =
                Coherent { n: 1, r: 0.1, c: 0.2, nats: 0.0, groups }.log_mean(&0.1, &lambda);
            let groups = groups.map(|(size, weight)| (big(size), big(weight)));
            let exact = Coherent { n: 1, r: big(0.1), c: big(0.2), nats: big(0.0), groups }
                .log_mean(&big(0.1), &big(lambda))
                .to_f64();
            // Third orders are left out.
            let allowed = 1e-9 * lambda + lambda.powi(3);
            assert!((rough - exact).abs() < allowed, "{lambda}: {rough} {exact}");
            let (rough, exact) = (stretch(&lambda), stretch(&big(lambda)).to_f64());
            assert!((rough / exact - 1.0).abs() < 1e-6, "{lambda}: {rough} {exact}");
        }
    }
}
