//! All pairs of inputs on a sphere at once: how far f strays from its value at one point.
//! `proofs/collapse.md#sphere`.
//!
//! A chain of ever finer nets leads from a fixed point x₀ to every point. A coarse link is bounded
//! by the collapse of the angle between its ends, a fine one by the law of the norm of the
//! difference, and what is left below the finest net by the product of the operator norms.
//! Everything is in closed form, so that depths of any size cost nothing.

use super::lightest;
use super::path::apart;
use crate::model::account::kind::{
    DIFFERENCE, FIRST_BELOW, GAUSSIAN, LINKS, NORMS_ABOVE, NORMS_BELOW, OPERATOR, RATIO_ABOVE,
    RATIO_BELOW, SECOND_BELOW, SUM_BELOW,
};
use crate::model::account::{Account, Behind, Events, Kind, Shares, WHOLE};
use crate::model::params::{Architecture, MAX_WIDTH, Probability};
use crate::num::search::argmin;
use crate::num::{Enclosure, Number};

/// Levels of nets at most.
const MOST_LEVELS: usize = 60;
const STEPS: u32 = 24;
/// How much finer each net is than the one before, as a power of it.
const GROWTH: [f64; 3] = [1.4, 2.0, 3.0];
/// Links that are bounded by the collapse of the angle, from the coarsest.
const COARSE: [usize; 3] = [0, 1, 2];

/// A network whose hidden layers are at least as wide as the narrowest.
#[derive(Clone, Debug)]
pub struct Shape {
    dimension: u128,
    depth: u64,
    narrowest: u128,
    /// (d_{i−1}, d_i, how often) for i = 1 … L+1.
    steps: Vec<(u128, u128, u64)>,
    /// The events of a coarse link.
    link: Shares,
}

/// The events of a link that is bounded by collapse, in each layer.
const IN_LAYERS: [Kind; 5] = [DIFFERENCE, FIRST_BELOW, SECOND_BELOW, RATIO_ABOVE, RATIO_BELOW];
/// Those of all layers.
const OF_ALL: [Kind; 3] = [NORMS_ABOVE, NORMS_BELOW, GAUSSIAN];

fn link(depth: u64) -> Shares {
    let mut families: Vec<_> = OF_ALL.iter().map(|&kind| (kind, WHOLE)).collect();
    families.extend(IN_LAYERS.map(|kind| (kind, 1..=depth)));
    Shares::equal(&families)
}

impl Shape {
    /// That of an architecture.
    pub fn new(architecture: &Architecture) -> Self {
        let widths = architecture.widths();
        let mut steps: Vec<(u128, u128, u64)> = Vec::new();
        for (i, &from) in widths.iter().enumerate() {
            let to = widths.get(i + 1).copied().unwrap_or(1);
            match steps.last_mut() {
                Some((a, b, count)) if (*a, *b) == (from, to) => *count += 1,
                _ => steps.push((from, to, 1)),
            }
        }
        Shape {
            dimension: widths[0],
            depth: architecture.depth() as u64,
            narrowest: architecture.hidden().iter().copied().min().unwrap_or(1),
            steps,
            link: link(architecture.depth() as u64),
        }
    }

    /// `depth` ≥ 1 hidden layers of one width.
    pub fn equal(dimension: u128, depth: u64, width: u128) -> Self {
        let steps = vec![(dimension, width, 1), (width, width, depth - 1), (width, 1, 1)];
        Shape { dimension, depth, narrowest: width, steps, link: link(depth) }
    }

    /// Equal parts of δ for the norm at x₀, for the Lipschitz constant, and for each of so many
    /// levels of links.
    fn plan(&self, levels: usize) -> Shares {
        let parts = levels as u32 + 2;
        let norm = Shares::equal(&[(SUM_BELOW, 1..=self.depth)]).portion(1, parts);
        let lipschitz = Shares::equal(&[(OPERATOR, 1..=self.depth + 1)]).portion(1, parts);
        let links = Shares::equal(&[(LINKS, 1..=levels as u64)]).portion(levels as u32, parts);
        norm.and(lipschitz).and(links)
    }
}

/// The nets, and how many links are bounded by collapse.
#[derive(Clone, Debug)]
pub struct Chain {
    /// log ε_k for k = 1, …, K, decreasing.
    log_radii: Vec<f64>,
    coarse: usize,
}

/// The best chain found, in `f64`, with its bound; `None` if nothing can be proved.
pub fn search(shape: &Shape, nats: f64) -> Option<(Chain, f64)> {
    let mut best: Option<(Chain, f64)> = None;
    for coarse in COARSE {
        for growth in GROWTH {
            let value = |first: f64| {
                let chain = chain(shape, nats, -first.ln(), growth, coarse);
                let of = |chain: Chain| {
                    let mut account = Account::rough(nats, &shape.plan(chain.log_radii.len()));
                    oscillation(shape, &mut account, &chain, &mut Events::default())
                };
                chain.and_then(of).unwrap_or(f64::INFINITY)
            };
            // ε_1 = 1/`first`.
            let first = argmin(0.1, 60.0, STEPS, value);
            let found = value(first);
            if found < best.as_ref().map_or(f64::INFINITY, |b| b.1)
                && let Some(chain) = chain(shape, nats, -first.ln(), growth, coarse)
            {
                best = Some((chain, found));
            }
        }
    }
    best
}

/// From ε_1 on, each radius a power of the one before, until what is left is small.
fn chain(shape: &Shape, nats: f64, first: f64, growth: f64, coarse: usize) -> Option<Chain> {
    let mut account = Account::rough(nats, &shape.plan(MOST_LEVELS));
    let links = Links::new(shape, &0.0, &mut account, &mut Events::default());
    let end = -links.log_rest? - 9.0;
    let mut log_radii = vec![first];
    while log_radii[log_radii.len() - 1] > end {
        if log_radii.len() >= MOST_LEVELS {
            return None;
        }
        let last = log_radii[log_radii.len() - 1];
        log_radii.push((growth * last).max(end));
    }
    (coarse <= log_radii.len()).then_some(Chain { log_radii, coarse })
}

/// Ω with sup_x |f(x) − f(x₀)| ≤ Ω ‖h_L(x₀)‖/√d_L over the sphere through x₀, with probability at
/// least 1 − δ, and what it rests on; nothing is where there is no chain.
/// `proofs/collapse.md#sphere`.
pub fn certified(
    shape: &Shape,
    delta: &Probability,
    precision: u32,
    chain: Option<&Chain>,
) -> (Option<Enclosure>, Behind) {
    let levels = chain.map_or(0, |chain| chain.log_radii.len());
    let like = Enclosure::integer(precision, 0);
    let mut account = Account::open(&like, delta, &shape.plan(levels), precision);
    let mut events = Events::default();
    let found = chain.and_then(|chain| oscillation(shape, &mut account, chain, &mut events));
    (found, Behind { book: account.close(), events })
}

/// The same in either arithmetic.
fn oscillation<N: Number>(
    shape: &Shape,
    account: &mut Account<N>,
    chain: &Chain,
    behind: &mut Events,
) -> Option<N> {
    let like = account.price(OPERATOR);
    let links = Links::new(shape, &like, account, behind);
    let log_rest = links.log_rest.clone()?;
    let mut sum = like.like(0.0);
    let mut ratio = like.like(0.0);
    let mut log_distance = like.like(2.0).ln();
    for (k, &log_radius) in chain.log_radii.iter().enumerate() {
        let log_radius = like.like(log_radius);
        let points = links.points(&log_radius);
        if k < chain.coarse {
            let mut link = account.open_within((LINKS, k + 1), &shape.link, behind);
            let found = links.coarse(&log_distance, &points, &mut link)?;
            if link.overdrawn().is_some() {
                return None;
            }
            sum = sum + found.size * ratio.exp();
            ratio = ratio + found.log_ratio;
        } else {
            let nats = account.draw(LINKS, k + 1, None, behind) + points;
            sum = sum + links.fine(&log_distance, &nats);
        }
        log_distance = log_radius;
    }
    Some(sum + (log_rest + log_distance).exp())
}

/// Depth and width of equal hidden layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// L.
    pub depth: u64,
    /// d_1 = … = d_L.
    pub width: u128,
}

/// How much deeper than it need be a network is for which a width is looked for.
const ROOM: u64 = 2;
/// The deepest network considered.
const DEEPEST: u64 = 1 << 40;

/// The least depth found at which some width makes the oscillation at most `target`, with the
/// largest width; then the least width found at twice that depth. Both are proved.
pub fn least(dimension: u128, target: &Enclosure, delta: &Probability) -> Option<[Size; 2]> {
    let precision = target.precision();
    let (rough, aim) = (delta.nats(), target.to_f64() * (1.0 - 1e-6));
    let enough = |depth: u64, width: u128| {
        search(&Shape::equal(dimension, depth, width), rough).is_some_and(|(_, found)| found <= aim)
    };
    let proved = |depth: u64, width: u128| {
        let shape = Shape::equal(dimension, depth, width);
        let (chain, _) = search(&shape, rough)?;
        let (found, _) = certified(&shape, delta, precision, Some(&chain));
        found?.certainly_le(target).then_some(Size { depth, width })
    };
    let mut high = 1;
    while !enough(high, MAX_WIDTH) {
        high *= 2;
        if high > DEEPEST {
            return None;
        }
    }
    let mut low = high / 2;
    while high - low > 1 && high as f64 / low as f64 > 1.0005 {
        let middle = low + (high - low) / 2;
        if enough(middle, MAX_WIDTH) { high = middle } else { low = middle }
    }
    let deep = high * ROOM;
    let (mut low, mut wide) = (1, MAX_WIDTH);
    while wide - low > 1 && wide as f64 / low as f64 > 1.0005 {
        // The geometric mean.
        let middle = ((low as f64 * wide as f64).sqrt() as u128).clamp(low + 1, wide - 1);
        if enough(deep, middle) { wide = middle } else { low = middle }
    }
    // Certified a little beyond what the search says.
    let depth = [1000, 1001, 1010].into_iter().find_map(|m| proved(high * m / 1000, MAX_WIDTH))?;
    let width =
        [1000, 1001, 1010].into_iter().find_map(|m| proved(deep, wide.checked_mul(m)? / 1000))?;
    Some([depth, width])
}

/// What the links of a chain have in common.
struct Links<'a, N> {
    shape: &'a Shape,
    /// log of √(d/α) with A ≥ α at x₀.
    log_scale: Option<N>,
    /// log of √(d/α) times the bound on the Lipschitz constant.
    log_rest: Option<N>,
}

struct Coarse<N> {
    size: N,
    log_ratio: N,
}

impl<'a, N: Number> Links<'a, N> {
    fn new(shape: &'a Shape, like: &N, account: &mut Account<N>, behind: &mut Events) -> Self {
        let depth = like.like(shape.depth as f64);
        let dimension = like.whole(shape.dimension);
        // At x₀: A ≥ Π s⁻.
        let log_scale = if shape.depth == 0 {
            Some(dimension.ln() / like.like(2.0))
        } else {
            let nats = account.draw_all(SUM_BELOW, 1..=shape.depth, None, behind);
            lightest(shape.narrowest, &nats)
                .map(|s| (dimension.ln() - depth.clone() * s.ln()) / like.like(2.0))
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
        Links { shape, log_scale, log_rest }
    }

    /// log of a bound on the number of points of a net of this radius: at most (1 + 2/ε)^d.
    fn points(&self, log_radius: &N) -> N {
        let two = log_radius.like(2.0);
        let log_points = (two + log_radius.exp()).ln() - log_radius.clone();
        log_radius.whole(self.shape.dimension) * log_points
    }

    /// A link no longer than e^{log_distance}, by the collapse of the angle between its ends: each
    /// event at its share of the level's, over e^{log_points} links.
    fn coarse(
        &self,
        log_distance: &N,
        log_points: &N,
        account: &mut Account<N>,
    ) -> Option<Coarse<N>> {
        if self.shape.depth == 0 {
            return None;
        }
        let like = |x: f64| log_distance.like(x);
        let (one, two) = (like(1.0), like(2.0));
        let depth = like(self.shape.depth as f64);
        let n = like(1.0).whole(self.shape.narrowest);
        // All at one price, the dearest of them.
        let mut events = Events::default();
        let layers = 1..=self.shape.depth;
        let in_layers =
            IN_LAYERS.map(|kind| account.draw_all(kind, layers.clone(), None, &mut events));
        let of_all = OF_ALL.map(|kind| account.draw_once(kind, &mut events));
        let dearest = in_layers.into_iter().chain(of_all).reduce(|a, b| largest(&a, &b))?;
        let nats = dearest + log_points.clone();
        let per = nats.clone() / n.clone();
        let least = lightest(self.shape.narrowest, &nats)?;
        // One layer: s' ≤ (1 + ε) φ(s), and φ(s) ≤ s (1 + a√s)^{−2}.
        let pi = one.pi();
        let r = two.clone() * pi.clone() * (pi.clone() - (pi.square() - two.clone()).sqrt());
        let spread = (like(8.0) * r.clone() * per.clone()).sqrt() + two.clone() * r * per.clone();
        let log_growth = spread.ln_1p() - (two.clone() * least.clone()).ln();
        let log_beta = -(log_growth / two.clone());
        let a = two.sqrt() / (like(3.0) * pi);
        let start = (two.sqrt().ln() - log_distance.clone()).exp();
        let shrunk = (depth.clone() * log_beta.clone()).exp();
        let ratio = if N::ROUGH && (depth.clone() * log_beta.clone()).to_f64().abs() < 1e-9 {
            depth
        } else {
            (depth * log_beta.clone()).exp_m1() / log_beta.exp_m1()
        };
        let x = shrunk.clone() * start.clone() + a.clone() * log_beta.exp() * ratio;
        let s = (one.clone() / x.square()).min(&one);
        // Sums over the layers: of s_j, and of the logarithms of the norms' ratios.
        let inverse = one.clone() / start;
        let enlarged = one.clone() / shrunk.square();
        let total = enlarged.clone() * (inverse.square() + inverse.clone() / a);
        let largest = two.min(&(enlarged * inverse.square()));
        let three = like(3.0);
        let four = like(4.0);
        let mean = two.clone() * least;
        let lambda = like((per.to_f64() / (3.0 * largest.to_f64())).sqrt().min(0.25));
        let variance = three.clone() * lambda.clone() * largest
            / (one.clone() - four.clone() * lambda.square());
        let far = (per / lambda + variance) / mean.clone();
        if !far.below(&one) {
            return None;
        }
        let stretch = (far.ln_1p() - (-far.clone()).ln_1p()) / (two * far);
        let scale = stretch / mean;
        let tilt = like(
            (nats.to_f64() / (n.to_f64() * 3.0 * total.to_f64() * scale.to_f64().powi(2)))
                .sqrt()
                .min(0.25 / scale.to_f64()),
        );
        // With t = n·tilt.
        let inner = scale.clone() * tilt.clone();
        let log_ratio = nats.clone() / (n * tilt.clone())
            + three * tilt * scale.square() * total / (one.clone() - four * inner.square());
        let q = (like(2.0) * nats).sqrt();
        Some(Coarse { size: q * apart(&s, &log_ratio).sqrt(), log_ratio })
    }

    /// A link no longer than e^{log_distance}, by the law of a difference: moments of order p ≥ 1.
    fn fine(&self, log_distance: &N, nats: &N) -> N {
        let rough = (nats.to_f64(), self.shape.depth as f64, self.shape.narrowest);
        let p = 1.0
            + argmin(-20.0, rough.0.ln() + 2.0, STEPS, |p| {
                log_square(&rough.0, &rough.1, rough.2, &(1.0 + p))
            });
        let depth = nats.like(rough.1);
        let log_size = log_square(nats, &depth, rough.2, &nats.like(p)) / nats.like(2.0);
        let scale = self.log_scale.clone().unwrap_or_else(|| nats.like(f64::INFINITY));
        let half_dimension = nats.whole(self.shape.dimension).ln() / nats.like(2.0);
        (log_size + scale - half_dimension + log_distance.clone()).exp()
    }
}

/// The larger.
fn largest<N: Number>(a: &N, b: &N) -> N {
    -(-a.clone()).min(&-b.clone())
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
    // E Z^{2p} ≤ ((2p+1)/e)^p √(2p+1).
    let odd = two.clone() * p.clone() + one.clone();
    let gaussian = p.clone() * (odd.ln() - one) + odd.ln() / two;
    (nats.clone() + gaussian + depth.clone() * sums) / p.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta() -> Probability {
        Probability::parse("delta", "0.1").unwrap()
    }

    #[test]
    fn depth_and_width_grow_like_powers_of_the_dimension() {
        let found: Vec<[Size; 2]> = [10u128, 100, 1000]
            .map(|d| {
                let target = Enclosure::integer(512, 1) / Enclosure::integer(512, d).sqrt();
                least(d, &target, &delta()).unwrap()
            })
            .to_vec();
        let exponent =
            |f: fn(&[Size; 2]) -> f64, i: usize| (f(&found[i + 1]) / f(&found[i])).log10();
        for i in 0..2 {
            let depth = exponent(|s| s[0].depth as f64, i);
            let width = exponent(|s| s[1].width as f64, i);
            assert!((1.0..1.1).contains(&depth) && (3.0..3.3).contains(&width), "{depth} {width}");
        }
        assert!(found[0][0].depth <= 420 && found[0][1].width <= 700_000_000);
    }

    #[test]
    fn what_is_searched_is_what_is_certified() {
        for widths in ["1", "7", "2,30", "10,2000x3", "10,100000x50", "3,1e9x300", "64x5", "1e30x9"]
        {
            let shape = Shape::new(&widths.parse().unwrap());
            let nats = -delta().enclosure(512).ln();
            let (chain, rough) = search(&shape, nats.to_f64()).unwrap();
            let (exact, behind) = certified(&shape, &delta(), 512, Some(&chain));
            let exact = exact.unwrap().to_f64();
            assert_eq!(behind.book.overdrawn(), None);
            assert!(behind.delta().value() <= delta().value());
            assert!((rough / exact - 1.0).abs() < 1e-6, "{widths}: {rough} {exact}");
        }
    }

    #[test]
    fn a_hidden_layer_that_may_be_silent_proves_nothing() {
        let shape = Shape::new(&"5,2,100".parse().unwrap());
        assert!(search(&shape, 10f64.ln()).is_none());
        // Depths end before f is that constant.
        let target = Enclosure::point(512, 1e-300);
        assert_eq!(least(2, &target, &delta()), None);
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
