//! All pairs of inputs on a sphere at once: how far f strays from its value at one point.
//! `proofs/collapse.md#sphere`.
//!
//! A chain of ever finer nets leads from a fixed point x₀ to every point. A coarse link is bounded
//! by the collapse of the angle between its ends, a fine one by the law of the norm of the
//! difference, and what is left below the finest net by the product of the operator norms.
//! Without biases everything is in closed form, so that depths of any size cost nothing.

use super::link::Links;
pub use super::shape::Shape;
use crate::model::account::kind::{LINKS, OPERATOR};
use crate::model::account::{Account, Behind, Events};
use crate::model::params::{MAX_WIDTH, Probability};
use crate::model::slope::Slope;
use crate::num::search::argmin;
use crate::num::{Enclosure, Number};

/// Levels of nets at most.
const MOST_LEVELS: usize = 60;
const STEPS: u32 = 24;
/// What is left below the finest net is about e to the minus this, of what biases leave.
const NEGLIGIBLE: f64 = 9.0;
/// How much finer each net is than the one before, as a power of it.
const GROWTH: [f64; 3] = [1.4, 2.0, 3.0];
/// Links that are bounded by the collapse of the angle, from the coarsest.
const COARSE: [usize; 3] = [0, 1, 2];

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
    let end = -links.log_rest? - NEGLIGIBLE - shape.log_calm();
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
pub fn least(
    dimension: u128,
    slope: &Slope,
    target: &Enclosure,
    delta: &Probability,
) -> Option<[Size; 2]> {
    let precision = target.precision();
    let (rough, aim) = (delta.nats(), target.to_f64() * (1.0 - 1e-6));
    let enough = |depth: u64, width: u128| {
        search(&Shape::equal(dimension, depth, width, slope), rough)
            .is_some_and(|(_, found)| found <= aim)
    };
    let proved = |depth: u64, width: u128| {
        let shape = Shape::equal(dimension, depth, width, slope);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bias::Bias;
    use crate::model::params::Params;

    fn delta() -> Probability {
        Probability::parse("delta", "0.1").unwrap()
    }

    fn shape(widths: &str, slope: &str, bias: &str) -> Shape {
        Shape::new(&Params {
            slope: Slope::parse(slope).unwrap(),
            bias: Bias::relative(bias).unwrap(),
            ..Params::new(widths.parse().unwrap(), delta())
        })
    }

    #[test]
    fn depth_and_width_grow_like_powers_of_the_dimension() {
        let found: Vec<[Size; 2]> = [10u128, 100, 1000]
            .map(|d| {
                let target = Enclosure::integer(512, 1) / Enclosure::integer(512, d).sqrt();
                least(d, &Slope::relu(), &target, &delta()).unwrap()
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
            for (slope, bias) in
                [("0", "0"), ("0.3", "0"), ("-1", "0"), ("1", "0"), ("0", "1"), ("-0.3", "0.1")]
            {
                let shape = shape(widths, slope, bias);
                let nats = -delta().enclosure(512).ln();
                let (chain, rough) = search(&shape, nats.to_f64()).unwrap();
                let (exact, behind) = certified(&shape, &delta(), 512, Some(&chain));
                let exact = exact.unwrap().to_f64();
                assert_eq!(behind.book.overdrawn(), None);
                assert!(behind.delta().value() <= delta().value());
                let off = rough / exact - 1.0;
                assert!(off.abs() < 1e-6, "{widths} {slope} {bias}: {rough} {exact}");
            }
        }
    }

    /// Biases that are next to nothing make little difference, though layers are taken one by one;
    /// others calm f geometrically.
    #[test]
    fn biases_calm_deep_networks() {
        let found = |shape: &Shape| search(shape, 10f64.ln()).unwrap().1;
        for slope in ["0", "0.3", "-0.7"] {
            let [without, next_to] = ["0", "1e-6"].map(|s| found(&shape("10,1e9x6", slope, s)));
            let ratio = next_to / without;
            assert!(ratio > 0.8 && ratio < 1.5, "{slope}: {without} {next_to}");
            let deep = [40, 60, 80].map(|l| found(&shape(&format!("10,1e12x{l}"), slope, "1")));
            for pair in deep.windows(2) {
                // By 2^{−10} in twenty layers.
                let fall = (pair[0] / pair[1]).log2();
                assert!((9.0..11.5).contains(&fall), "{slope}: {deep:?}");
            }
        }
    }

    #[test]
    fn a_hidden_layer_that_may_be_silent_proves_nothing() {
        let shape = shape("5,2,100", "0", "0");
        assert!(search(&shape, 10f64.ln()).is_none());
        // Depths end before f is that constant.
        let target = Enclosure::point(512, 1e-300);
        assert_eq!(least(2, &Slope::relu(), &target, &delta()), None);
    }
}
