//! One link of a chain: how far f can be apart at its ends, for many links at once.
//! `proofs/collapse.md#sphere`.

use super::layer::most_apart;
use super::lightest_at;
use super::path::apart;
use super::shape::{Shape, in_layers, of_all};
use crate::model::account::kind::{OPERATOR, SUM_BELOW};
use crate::model::account::{Account, Events};
use crate::num::Number;
use crate::num::search::argmin;
use crate::theory::tail::sets::rectified_upper;

const STEPS: u32 = 24;

/// What the links of a chain have in common.
pub(super) struct Links<'a, N> {
    shape: &'a Shape,
    /// a.
    slope: N,
    /// μ = (1 + a²)/2.
    kept: N,
    /// 𝗌_1², …, 𝗌_L²; none without biases.
    squares: Vec<N>,
    /// log of √(d/α) with A ≥ α at x₀.
    log_scale: Option<N>,
    /// log of √(d/α) times the bound on the Lipschitz constant.
    pub(super) log_rest: Option<N>,
}

/// What is proved of a link by the collapse of the angle between its ends.
pub(super) struct Coarse<N> {
    /// |f(p) − f(p′)| √d_L/‖h_L(p)‖.
    pub(super) size: N,
    /// |log ‖h_L(p)‖/‖h_L(p′)‖|.
    pub(super) log_ratio: N,
}

impl<'a, N: Number> Links<'a, N> {
    pub(super) fn new(
        shape: &'a Shape,
        like: &N,
        account: &mut Account<N>,
        behind: &mut Events,
    ) -> Self {
        let (slope, kept) = (shape.slope.of(like), shape.slope.kept(like));
        let squares: Vec<N> = shape.squares.iter().map(|square| like.near(square)).collect();
        let dimension = like.whole(shape.dimension);
        let log_scale = if shape.depth == 0 {
            Some(dimension.ln() / like.like(2.0))
        } else {
            let nats = account.draw_all(SUM_BELOW, 1..=shape.depth, None, behind);
            let least = lightest_at(&slope, shape.narrowest, &nats);
            least.map(|s| {
                let log_signal = if squares.is_empty() {
                    like.like(shape.depth as f64) * s.ln()
                } else {
                    log_signal(&squares, &kept, &s)
                };
                (dimension.ln() - log_signal) / like.like(2.0)
            })
        };
        // Davidson and Szarek for every matrix, the output row included.
        let nats = account.draw_all(OPERATOR, 1..=shape.depth + 1, None, behind);
        let tail = (like.like(2.0) * nats).sqrt();
        let log_norms = shape.steps.iter().fold(like.like(0.0), |sum, &(from, to, count)| {
            let root = like.whole(from).sqrt();
            let norm = (like.whole(to).sqrt() + tail.clone()) / root;
            sum + norm.ln_1p() * like.like(count as f64)
        });
        let log_rest = log_scale.clone().map(|scale| scale + log_norms);
        Links { shape, slope, kept, squares, log_scale, log_rest }
    }

    /// log of a bound on the number of points of a net of this radius: at most (1 + 2/ε)^d.
    pub(super) fn points(&self, log_radius: &N) -> N {
        let two = log_radius.like(2.0);
        let log_points = (two + log_radius.exp()).ln() - log_radius.clone();
        log_radius.whole(self.shape.dimension) * log_points
    }

    /// A link no longer than e^{log_distance}, by the collapse of the angle between its ends: each
    /// event at its share of the level's, over e^{log_points} links.
    pub(super) fn coarse(
        &self,
        log_distance: &N,
        log_points: &N,
        account: &mut Account<N>,
    ) -> Option<Coarse<N>> {
        if self.shape.depth == 0 {
            return None;
        }
        // All at one price, the dearest of them.
        let mut events = Events::default();
        let layers = 1..=self.shape.depth;
        let in_layers = in_layers(!self.squares.is_empty());
        let in_layers: Vec<N> = in_layers
            .iter()
            .map(|&kind| account.draw_all(kind, layers.clone(), None, &mut events))
            .collect();
        let of_all = of_all(!self.squares.is_empty());
        let of_all = of_all.iter().map(|&kind| account.draw_once(kind, &mut events));
        let dearest = in_layers.into_iter().chain(of_all).reduce(|a, b| a.max(&b))?;
        let nats = dearest + log_points.clone();
        let layer = LayerOf::new(self, &nats)?;
        let (s, log_ratio) = if self.squares.is_empty() {
            layer.all(self.shape.depth, log_distance)?
        } else {
            layer.one_by_one(&self.squares, log_distance)?
        };
        let q = (nats.like(2.0) * nats).sqrt();
        Some(Coarse { size: q * apart(&s, &log_ratio).sqrt(), log_ratio })
    }

    /// A link no longer than e^{log_distance}, by the law of a difference: moments of order p ≥ 1.
    pub(super) fn fine(&self, log_distance: &N, nats: &N) -> N {
        let (n, rough) = (self.shape.narrowest, nats.to_f64());
        let (levels, depth) = (self.shape.depth as f64, nats.like(self.shape.depth as f64));
        let log_square = if self.shape.slope.is_relu() {
            let of = |p: f64| log_square(&rough, &levels, n, &(1.0 + p));
            let p = 1.0 + argmin(-20.0, rough.ln() + 2.0, STEPS, of);
            log_square(nats, &depth, n, &nats.like(p))
        } else {
            let a = self.slope.to_f64();
            let of = |u: f64| {
                let tilt = Tilt::at(n, a, u);
                tilt.log_square(&rough, &levels, n, &a)
            };
            let most = (2.0 * (1.0 + 8.0 * rough / n as f64)).ln();
            let u = argmin((0.1 / n as f64).ln(), most, STEPS, of);
            Tilt::at(n, a, u).log_square(nats, &depth, n, &self.slope)
        };
        let log_size = log_square / nats.like(2.0);
        let scale = self.log_scale.clone().unwrap_or_else(|| nats.like(f64::INFINITY));
        let half_dimension = nats.whole(self.shape.dimension).ln() / nats.like(2.0);
        (log_size + scale - half_dimension + log_distance.clone()).exp()
    }
}

/// What all layers have in common for one link.
struct LayerOf<'a, N> {
    links: &'a Links<'a, N>,
    /// ℓ, and ℓ/n.
    nats: N,
    per: N,
    n: N,
    /// s⁻/μ.
    least: N,
    /// √2 k/(3π): φ(s) ≤ φ*(s) = s(1 + b√s)^{−2}.
    fall: N,
    /// log of (μ/s⁻)(1 + √(4rℓ/(μn)) + rℓ/(μn)): s′ is at most so many times φ*(s).
    log_growth: N,
    /// 3(1 + a⁴): four times E κ² is at most so many times s.
    spread: N,
}

impl<'a, N: Number> LayerOf<'a, N> {
    /// Nothing where a layer may be silent.
    fn new(links: &'a Links<'a, N>, nats: &N) -> Option<Self> {
        let (one, two, three) = (nats.like(1.0), nats.like(2.0), nats.like(3.0));
        let (a, n) = (&links.slope, nats.whole(links.shape.narrowest));
        let per = nats.clone() / n.clone();
        let least = lightest_at(a, links.shape.narrowest, nats)? / links.kept.clone();
        let bend = nats.rational(&links.shape.slope.bend());
        let fall = two.sqrt() * bend / (three.clone() * nats.pi());
        let four = nats.like(4.0);
        let share = largest_share(&fall, a) * per.clone() / links.kept.clone();
        let log_growth = ((four * share.clone()).sqrt() + share).ln_1p() - least.ln();
        let spread = three * (one + a.square().square());
        Some(LayerOf { links, nats: nats.clone(), per, n, least, fall, log_growth, spread })
    }

    /// What no s after a layer exceeds.
    fn cap(&self) -> N {
        self.nats.like(f64::from(most_apart(&self.links.shape.slope)))
    }

    /// s after so many layers, and how far the norms are apart, from a link of this length, in
    /// closed form.
    fn all(&self, depth: u64, log_distance: &N) -> Option<(N, N)> {
        let like = |x: f64| log_distance.like(x);
        let (one, two, four) = (like(1.0), like(2.0), like(4.0));
        let depth = like(depth as f64);
        let log_beta = -(self.log_growth.clone() / two.clone());
        let start = (two.sqrt().ln() - log_distance.clone()).exp();
        let shrunk = (depth.clone() * log_beta.clone()).exp();
        let ratio = if N::ROUGH && (depth.clone() * log_beta.clone()).to_f64().abs() < 1e-9 {
            depth.clone()
        } else {
            (depth.clone() * log_beta.clone()).exp_m1() / log_beta.exp_m1()
        };
        let x = shrunk.clone() * start.clone() + self.fall.clone() * log_beta.exp() * ratio;
        let s = (one.clone() / x.square()).min(&self.cap());
        // Sums over the layers: of s_j, and of the logarithms of the norms' ratios.
        let inverse = one.clone() / start;
        let enlarged = one.clone() / shrunk.square();
        let mut later = (depth - one.clone()) * inverse.square();
        if !self.links.shape.slope.is_linear() {
            later = later.min(&(inverse.clone() / self.fall.clone()));
        }
        let total = enlarged.clone() * (inverse.square() + later);
        let largest = two.min(&(enlarged * inverse.square()));
        let mean = two * self.least.clone() * self.links.kept.clone();
        let weight = self.spread.to_f64();
        let lambda = like((self.per.to_f64() / (weight * largest.to_f64())).sqrt().min(0.25));
        let variance = self.spread.clone() * lambda.clone() * largest
            / (one.clone() - four.clone() * lambda.square());
        let scale = artanh_share((self.per.clone() / lambda + variance) / mean.clone())? / mean;
        let square = total.to_f64() * scale.to_f64().powi(2);
        let best = (self.nats.to_f64() / (self.n.to_f64() * weight * square)).sqrt();
        let tilt = like(best.min(0.25 / scale.to_f64()));
        // With t = n·tilt.
        let inner = scale.clone() * tilt.clone();
        let log_ratio = self.nats.clone() / (self.n.clone() * tilt.clone())
            + self.spread.clone() * tilt * scale.square() * total / (one - four * inner.square());
        Some((s, log_ratio))
    }

    /// The same layer by layer, with biases.
    fn one_by_one(&self, squares: &[N], log_distance: &N) -> Option<(N, N)> {
        let like = |x: f64| log_distance.like(x);
        let (zero, one, two) = (like(0.0), like(1.0), like(2.0));
        let narrowest = self.links.shape.narrowest;
        let heavy = rectified_upper(narrowest, &self.links.slope, &self.nats);
        let heavy = heavy / self.links.kept.clone();
        let mean = two.clone() * self.least.clone() * self.links.kept.clone();
        let growth = self.log_growth.exp();
        let mut s = (two.clone() * log_distance.clone()).exp() / two.clone();
        let (mut ratio, mut size) = (zero, one.clone());
        for square in squares {
            // What the layer receives.
            let share = size.clone() / (size.clone() + square.clone());
            let apart = ratio.exp_m1().square() / ratio.exp() / like(8.0);
            let received = (s * share.clone() + apart).min(&two);
            // 12(1 + a⁴) times what is received.
            let variance = like(4.0) * self.spread.clone() * received.clone() * self.per.clone();
            let most = (two.clone() * received.clone()).sqrt().min(&one);
            let far = variance.sqrt() + two.clone() * most * self.per.clone();
            let far = far / mean.clone();
            ratio = ratio * share + artanh_share(far.clone())? * far;
            let fallen = one.clone() + self.fall.clone() * received.sqrt();
            s = (received / fallen.square() * growth.clone()).min(&self.cap());
            size = (size + square.clone()) / (one.clone() + square.clone()) * heavy.clone();
        }
        Some((s, ratio))
    }
}

/// artanh(ϱ)/ϱ for 0 < ϱ < 1.
fn artanh_share<N: Number>(far: N) -> Option<N> {
    far.below(&far.like(1.0))
        .then(|| (far.ln_1p() - (-far.clone()).ln_1p()) / (far.like(2.0) * far))
}

/// r ≥ q/φ* at all angles: (2 − y²)(1 + by)² at its peak, and for a > 0 opposite inputs.
fn largest_share<N: Number>(fall: &N, a: &N) -> N {
    let (one, two) = (fall.like(1.0), fall.like(2.0));
    let four = fall.like(4.0);
    let root = (one.clone() + fall.like(16.0) * fall.square()).sqrt();
    let y = four * fall.clone() / (one.clone() + root);
    let acute = (two.clone() - y.square()) * (one.clone() + fall.clone() * y).square();
    if !fall.like(0.0).below(a) {
        return acute;
    }
    let opposite = (one.clone() + a.clone()) * (one + fall.clone() * two.sqrt());
    acute.max(&(opposite.square() / two))
}

/// log of α ≤ ‖h_L(x)‖² d/(d_L‖x‖²), of layers that each keep at least s⁻.
fn log_signal<N: Number>(squares: &[N], kept: &N, least: &N) -> N {
    let one = kept.like(1.0);
    let share = least.clone() / kept.clone();
    let (mut size, mut log) = (one.clone(), kept.like(0.0));
    for square in squares {
        let grown = one.clone() + square.clone();
        size = (size + square.clone()) / grown.clone() * share.clone();
        log = log + kept.ln() + grown.ln();
    }
    log + size.ln()
}

/// log u² with P(A Z² ≥ u²) ≤ e^{−nats}, A a product of `depth` rectified sums over n neurons, for
/// any p ≥ 1; holds for differences in place of A, too. `proofs/collapse.md#difference`.
fn log_square<N: Number>(nats: &N, depth: &N, n: u128, p: &N) -> N {
    let (one, two) = (p.like(1.0), p.like(2.0));
    let width = p.whole(n);
    // E (S/n)^p ≤ (p/(eλn))^p E e^{λS}, at the λ with 1 − 2λ = v^{−2} and λ·(log-mgf)′ = p/n.
    let share = p.clone() / width.clone();
    let root = (one.clone() + p.like(8.0) * share).sqrt();
    // v − 1, without cancellation.
    let v = p.like(4.0) * p.clone() / width.clone() / (root + one.clone());
    let sums = width * (v.clone() / two.clone()).ln_1p()
        + p.clone() * (p.like(3.0) * v.ln_1p() - (v + two.clone()).ln() - one.clone());
    (nats.clone() + log_gaussian(p) + depth.clone() * sums) / p.clone()
}

/// E Z^{2p} ≤ ((2p+1)/e)^p √(2p+1).
fn log_gaussian<N: Number>(p: &N) -> N {
    let (one, two) = (p.like(1.0), p.like(2.0));
    let odd = two.clone() * p.clone() + one.clone();
    p.clone() * (odd.ln() - one) + odd.ln() / two
}

/// The moment p ≥ 1 and the exponent λ < ½ by which a moment of S_a(n) is bounded.
struct Tilt {
    p: f64,
    lambda: f64,
}

impl Tilt {
    /// The λ with (1 − 2λ)^{−½} = 1 + u, and the p for which it is best, if that is at least 1.
    fn at(n: u128, a: f64, u: f64) -> Self {
        let v = 1.0 + u;
        let lambda = 0.5 * u * (2.0 + u) / (v * v);
        let bent = 2.0 * a * a * lambda;
        let excess = bent / (1.0 - bent);
        let w = (1.0 + excess).sqrt();
        let p = n as f64 * (v * u * (2.0 + u) + w * excess) / (2.0 * (v + w));
        Tilt { p: p.max(1.0), lambda }
    }

    /// The same at any slope: E (S/n)^p ≤ (p/(eλn))^p E e^{λS}.
    fn log_square<N: Number>(&self, nats: &N, depth: &N, n: u128, a: &N) -> N {
        let (one, two) = (nats.like(1.0), nats.like(2.0));
        let (p, lambda, width) = (nats.like(self.p), nats.like(self.lambda), nats.whole(n));
        // x ↦ (1 − 2x)^{−½} − 1.
        let more = |x: N| (-((-(two.clone() * x)).ln_1p() / two.clone())).exp_m1();
        let mean = (more(lambda.clone()) + more(a.square() * lambda.clone())) / two.clone();
        let log_power = (p.clone() / (lambda * width.clone())).ln() - one;
        let sums = width * mean.ln_1p() + p.clone() * log_power;
        (nats.clone() + log_gaussian(&p) + depth.clone() * sums) / p
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bias::Bias;
    use crate::model::params::{Params, Probability};
    use crate::model::slope::Slope;
    use crate::num::Enclosure;
    use crate::theory::pair::{Neurons, Path, Way};

    fn links<'a>(shape: &'a Shape, params: &Params) -> Links<'a, f64> {
        let like = 0.0;
        let mut squares = params.relative_biases(&like);
        squares.truncate(shape.depth as usize);
        Links {
            shape,
            slope: shape.slope.of(&like),
            kept: shape.slope.kept(&like),
            squares,
            log_scale: None,
            log_rest: None,
        }
    }

    fn params(widths: &str, slope: &str, bias: &str) -> Params {
        Params {
            slope: Slope::parse(slope).unwrap(),
            bias: Bias::relative(bias).unwrap(),
            ..Params::new(widths.parse().unwrap(), Probability::parse("delta", "0.1").unwrap())
        }
    }

    /// What is proved of a link is what is proved of a pair, by φ* in place of φ: never less, and
    /// not much more; and in closed form no less than step by step.
    #[test]
    fn links_are_pairs() {
        for widths in ["9,300000x5", "9,1000000x40"] {
            for slope in ["0", "0.3", "1", "-0.3", "-1"] {
                for bias in ["1e-6", "0.3", "2"] {
                    let case = params(widths, slope, bias);
                    let shape = Shape::new(&case);
                    let depth = shape.depth as f64;
                    let links = links(&shape, &case);
                    // A smaller share of δ = 0.1 than the pair gives any of its events.
                    let nats = (200.0 * depth).ln();
                    let layer = LayerOf::new(&links, &nats).unwrap();
                    let (start, exact) = (0.4f64, Enclosure::point(192, 0.08));
                    let (s, ratio) = layer.one_by_one(&links.squares, &start.ln()).unwrap();
                    let number = |x: &Option<Enclosure>| x.as_ref().unwrap().to_f64();
                    let last = |squares: &[Enclosure]| {
                        let neurons = Neurons { slope: &case.slope, squares };
                        let (hidden, way) = (case.architecture.hidden(), Way::Bernstein);
                        let path = Path::angles(hidden, neurons, &exact, &case.delta, way);
                        path.layers.into_iter().next_back().unwrap()
                    };
                    let biased = last(&case.relative_biases(&exact));
                    let (pair, apart) = (number(&biased.s), number(&biased.log_ratio));
                    assert!(s < 1.6 * pair, "{widths} {slope} {bias}: {s} {pair}");
                    assert!((0.3..2.0).contains(&(ratio / apart)), "{ratio} {apart}");
                    let none = vec![0.0; shape.depth as usize];
                    let (near, _) = layer.one_by_one(&none, &start.ln()).unwrap();
                    // Biases let norms add to angles, and those are bounded in another way.
                    let pair = number(&last(&[]).s);
                    assert!(near >= pair, "{widths} {slope} {bias}: {near} {pair}");
                    let (closed, _) = layer.all(shape.depth, &start.ln()).unwrap();
                    assert!((0.5..1.001).contains(&(closed / near)), "{slope}: {closed} {near}");
                }
            }
        }
    }

    /// q ≤ r φ*, on a grid of angles and slopes, and no less than it need be.
    #[test]
    fn largest_shares_are_largest() {
        for slope in ["0", "1e-6", "0.01", "0.3", "0.9", "1", "-0.01", "-0.5", "-1"] {
            let slope = Slope::parse(slope).unwrap();
            let a = slope.to_f64();
            let bend: f64 = crate::num::nearest(&slope.bend());
            let fall = 2f64.sqrt() * bend / (3.0 * std::f64::consts::PI);
            let share = |i: u32| {
                let s = 2.0 * f64::from(i) / 1e5;
                let q = crate::theory::pair::bent::largest_square(
                    &crate::theory::pair::Angle::new(s),
                    &a,
                );
                q * (1.0 + fall * s.sqrt()).powi(2) / s
            };
            let most = (1..=100_000).map(share).fold(0.0, f64::max);
            let r = largest_share(&fall, &a);
            assert!(most <= r * (1.0 + 1e-12) && most > 0.9999 * r, "{a}: {most} {r}");
        }
    }

    /// E S_a^p at its bound, against the moments of a χ² mixture by sums.
    #[test]
    fn bent_moments_are_bounded() {
        for a in [0.3f64, 1.0, -0.8] {
            for (n, u) in [(1u128, 0.5), (5, 0.2), (40, 0.1), (200, 1e-3)] {
                let tilt = Tilt::at(n, a, u);
                let p = tilt.p.round().max(1.0);
                let tilt = Tilt { p, ..tilt };
                let bound = tilt.log_square(&0.0, &1.0, n, &a) * p - log_gaussian(&p);
                // Moments of σ_a(g)² up to p by those of its square, and of sums by convolution.
                let order = p as usize;
                let one: Vec<f64> = (0..=order)
                    .map(|k| {
                        let double = (1..=k).map(|j| (2 * j - 1) as f64).product::<f64>();
                        let share = if k == 0 { 1.0 } else { 0.5 * (1.0 + (a * a).powi(k as i32)) };
                        share * double / (1..=k).map(|j| j as f64).product::<f64>()
                    })
                    .collect();
                let mut all = vec![0.0; order + 1];
                all[0] = 1.0;
                for _ in 0..n {
                    let sum = |k: usize| (0..=k).map(|j| all[j] * one[k - j]).sum::<f64>();
                    all = (0..=order).map(sum).collect();
                }
                let factorial = (1..=order).map(|j| (j as f64).ln()).sum::<f64>();
                let exact = all[order].ln() + factorial - p * (n as f64).ln();
                assert!(exact <= bound, "{a} {n} {p}: {exact} {bound}");
                assert!(bound - exact < 1.0 + 0.5 * (2.0 * p + 1.0).ln(), "{exact} {bound}");
            }
        }
    }

    /// E Z^{2p} Π E(S/n)^p at its bound: e^{p log u² − nats} is no smaller than the moment.
    #[test]
    fn moments_are_bounded() {
        for (p, n) in [(1.0f64, 5u128), (2.0, 5), (3.5, 40), (20.0, 1000)] {
            let bound = log_square(&0.0, &1.0, n, &p) * p;
            let gaussian = 2f64.powf(p) * libm::tgamma(p + 0.5) / libm::tgamma(0.5);
            // E S^p = Σ 2^{−n} C(n,k) 2^p Γ(k/2+p)/Γ(k/2).
            let mut sum = 0.0;
            let mut log_choose = 0.0;
            for k in 1..=n {
                log_choose += ((n - k + 1) as f64 / k as f64).ln();
                let half = k as f64 / 2.0;
                let log =
                    log_choose - n as f64 * 2f64.ln() + p * 2f64.ln() + libm::lgamma(half + p)
                        - libm::lgamma(half);
                sum += log.exp();
            }
            let exact = gaussian.ln() + sum.ln() - p * (n as f64).ln();
            assert!(
                exact <= bound && bound - exact < 1.2 + 0.5 * (2.0 * p + 1.0).ln(),
                "{p} {n}: {exact} {bound}"
            );
        }
    }
}
