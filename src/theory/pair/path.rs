//! Layer by layer: bounds on the angle and on the ratio of the norms that hold together with
//! probability at least 1 − δ. `proofs/collapse.md`.

use std::sync::Arc;

use super::layer::{LEAST, Layer, Sum, Way, angle_after};
use super::sums::{largest_norms_exponent, log_mgf_norms, norms_mean_square};
use super::{Angle, Neurons, general, lightest};
use crate::model::account::kind::{
    ANGLE, BOTH_BELOW, GAUSSIAN, NORMS_ABOVE, NORMS_BELOW, RATIO_ABOVE, RATIO_BELOW,
};
use crate::model::account::{Account, Behind, Book, Events, Kind, Shares, WHOLE};
use crate::model::params::Probability;
use crate::model::slope::Slope;
use crate::num::search::certified;
use crate::num::{Enclosure, Number, Upper};
use crate::theory::tail;

/// The layers i = 1 … L.
#[derive(Clone, Debug)]
pub struct Path {
    /// One for each hidden layer.
    pub layers: Vec<Layer>,
    book: Arc<Book>,
}

/// Everything on angles and norms: `proofs/collapse.md#norms`.
fn plan(depth: u64, neurons: Neurons<'_>) -> Vec<(Kind, std::ops::RangeInclusive<u64>)> {
    if !neurons.is_of_the_paper() {
        let kinds = neurons.events(neurons.way()).into_iter();
        return kinds.map(|kind| (kind, 1..=depth)).collect();
    }
    let mut families = vec![(NORMS_ABOVE, WHOLE), (NORMS_BELOW, WHOLE)];
    families.extend([ANGLE, BOTH_BELOW, RATIO_ABOVE, RATIO_BELOW].map(|kind| (kind, 1..=depth)));
    families
}

impl Path {
    /// Bounds on the angles of all layers at once, with probability at least 1 − δ; nothing on
    /// norms.
    pub fn angles(
        hidden: &[u128],
        neurons: Neurons<'_>,
        s0: &Enclosure,
        delta: &Probability,
        way: Way,
    ) -> Path {
        let depth = hidden.len() as u64;
        let biased = !neurons.squares.is_empty();
        let kinds = if biased { neurons.events(way) } else { way.events().to_vec() };
        let families: Vec<_> = kinds.into_iter().map(|kind| (kind, 1..=depth)).collect();
        let mut account = Account::open(s0, delta, &Shares::equal(&families), s0.precision());
        let layers = if biased {
            general::follow(hidden, neurons, s0, &mut account, way)
        } else {
            follow(hidden, neurons.slope, s0, &mut account, way)
        };
        Path { layers, book: account.close() }
    }

    /// Bounds on the angles and on the ratios of the norms in all layers at once.
    pub fn with_norms(
        hidden: &[u128],
        neurons: Neurons<'_>,
        s0: &Enclosure,
        delta: &Probability,
    ) -> Path {
        let plan = Shares::equal(&plan(hidden.len() as u64, neurons));
        let mut account = Account::open(s0, delta, &plan, s0.precision());
        let layers = both(hidden, neurons, s0, &mut account);
        Path { layers, book: account.close() }
    }

    /// The events behind what is proved of a layer.
    pub fn behind(&self, layer: &Layer) -> Behind {
        Behind { book: Arc::clone(&self.book), events: layer.rests.clone() }
    }
}

/// Angles and norms, from one account.
fn both(
    hidden: &[u128],
    neurons: Neurons<'_>,
    s0: &Enclosure,
    account: &mut Account<Enclosure>,
) -> Vec<Layer> {
    if !neurons.is_of_the_paper() {
        return general::follow(hidden, neurons, s0, account, neurons.way());
    }
    let mut layers = follow(hidden, neurons.slope, s0, account, Way::Chernoff);
    norms(hidden, s0, &mut layers, account);
    layers
}

/// s_1, …, s_L, each from the one before.
fn follow(
    hidden: &[u128],
    slope: &Slope,
    s0: &Enclosure,
    account: &mut Account<Enclosure>,
    way: Way,
) -> Vec<Layer> {
    let mut current = Some(s0.hi());
    let mut rests = Events::default();
    let step = |(i, &width): (usize, &u128)| {
        current = current.take().and_then(|s| {
            let nats = way.events().iter().map(|&k| account.draw(k, i + 1, None, &mut rests));
            let nats = nats.reduce(|a, b| a.max(&b))?;
            angle_after(width, slope, &nats, &s, way)
        });
        Layer { s: current.clone(), log_ratio: None, rests: rests.clone() }
    };
    hidden.iter().enumerate().map(step).collect()
}

/// N_1, …, N_L. `proofs/collapse.md#norms`.
fn norms(hidden: &[u128], s0: &Enclosure, layers: &mut [Layer], account: &mut Account<Enclosure>) {
    let mut parts: Vec<Part> = Vec::new();
    let mut rests = Events::default();
    let mut before = s0.hi();
    for (i, (&width, layer)) in hidden.iter().zip(layers.iter_mut()).enumerate() {
        let mut draw = |kind| account.draw(kind, i + 1, None, &mut rests);
        let (least, apart) = (draw(BOTH_BELOW), draw(RATIO_ABOVE).max(&draw(RATIO_BELOW)));
        let Some(after) = layer.s.clone() else { break };
        let Some(part) = Part::new(width, &before, &least, &apart) else { break };
        parts.push(part);
        before = after;
    }
    let nats = [NORMS_ABOVE, NORMS_BELOW].map(|kind| account.draw_once(kind, &mut rests));
    let nats = nats[0].max(&nats[1]);
    let spread: f64 =
        parts.iter().map(|p| p.width as f64 * p.spread * p.scale.to_f64().powi(2)).sum();
    let limit = |p: &Part| 0.9 * p.limit / p.scale.to_f64();
    let t = (nats.to_f64() / (4.0 * spread)).sqrt();
    let t = parts.iter().filter(|p| p.scale.is_positive()).map(limit).fold(t, f64::min);
    // Any t serves where the two inputs are one.
    let t = Enclosure::point(s0.precision(), if t.is_finite() { t } else { 1.0 });
    let zero = Enclosure::integer(s0.precision(), 0);
    // All layers together, or layer by layer: both hold on the same events.
    let (mut together, mut apart) = (nats.clone(), zero.clone());
    for (part, layer) in parts.iter().zip(layers.iter_mut()) {
        if part.scale.is_positive() {
            let n = Enclosure::integer(s0.precision(), part.width);
            let log_mgf = log_mgf_norms(&part.angle, &zero, &(&part.scale * &t));
            together = (&together + log_mgf * n).hi();
        }
        apart = (&apart + &part.log_ratio).hi();
        layer.log_ratio = Some((&together / &t).hi().min(&apart));
    }
    for layer in layers {
        layer.rests.join(&rests);
    }
}

/// One layer's part in the ratio of the norms.
struct Part {
    width: u128,
    angle: Angle<Enclosure>,
    /// E k², for the choice of t.
    spread: f64,
    /// The λ below which the sum's moment generating function is finite.
    limit: f64,
    /// What this layer alone can add.
    log_ratio: Enclosure,
    /// c/(n m).
    scale: Enclosure,
}

impl Part {
    /// For the angle before the layer, from ℓ of the norms' sum and of their ratio; `None` where
    /// nothing is proved.
    fn new(
        width: u128,
        before: &Enclosure,
        nats_sum: &Enclosure,
        nats: &Enclosure,
    ) -> Option<Self> {
        let precision = before.precision();
        let (one, zero) = (Enclosure::integer(precision, 1), Enclosure::integer(precision, 0));
        let least = lightest(width, nats_sum)?.lo() * 2;
        let n = Enclosure::integer(precision, width);
        let positive = before.is_positive();
        let angle = Angle::new(before.max(&Enclosure::point(precision, LEAST)).hi());
        let theta = Number::to_f64(&angle.theta);
        let spread = norms_mean_square(theta, 0.0);
        let limit = largest_norms_exponent(theta, 0.0);
        if !positive {
            // One and the same input.
            let (log_ratio, scale) = (zero.clone(), zero);
            return Some(Part { width, angle, spread, limit, log_ratio, scale });
        }
        let (apart, lambda) = widest(width, nats.to_f64(), theta)?;
        let (lambda, target) = (Enclosure::point(precision, lambda), -(nats / &n));
        let enough = |r: &Enclosure| {
            r.certainly_lt(&one) && log_mgf_norms(&angle, r, &lambda).certainly_le(&target)
        };
        let apart = certified(Enclosure::point(precision, apart), enough, 1).hi();
        if !apart.is_finite() {
            return None;
        }
        let log_ratio = (((&one + &apart) / (&one - &apart)).ln() / 2).hi();
        let scale = (&log_ratio / apart / (n * least)).hi();
        Some(Part { width, angle, spread, limit, log_ratio, scale })
    }
}

/// A small r with P(S_x − S_y ≥ r (S_x + S_y)) ≤ e^{−nats}, S_x = ‖σ(u)‖² and S_y = ‖σ(v)‖², with
/// the λ that serves there.
fn widest(width: u128, nats: f64, theta: f64) -> Option<(f64, f64)> {
    let angle = Angle::new(2.0 * (theta / 2.0).sin().powi(2));
    let sum = Sum {
        tilt: |r: f64| r / (8.0 * norms_mean_square(theta, r)),
        limit: |r: f64| largest_norms_exponent(theta, r),
        log_mgf: |r: f64, lambda: f64| log_mgf_norms(&angle, &r, &lambda),
    };
    let low = (norms_mean_square(theta, 0.0) * nats / width as f64).sqrt();
    sum.least(-nats / width as f64, low, 1.0 - 1e-9)
}

/// o with |f(x) − f(y)| ≤ o ‖h_L(x)‖/√d_L with probability at least 1 − δ, for inputs of equal
/// norms; infinite where nothing is proved. `proofs/collapse.md#output`.
pub fn output(
    hidden: &[u128],
    neurons: Neurons<'_>,
    s0: &Enclosure,
    delta: &Probability,
) -> (Upper, Behind) {
    let precision = s0.precision();
    let mut families =
        if hidden.is_empty() { Vec::new() } else { plan(hidden.len() as u64, neurons) };
    families.push((GAUSSIAN, WHOLE));
    let mut account = Account::open(s0, delta, &Shares::equal(&families), precision);
    let mut events = Events::default();
    account.draw_once(GAUSSIAN, &mut events);
    let q = tail::gaussian_upper(&account.share(GAUSSIAN), precision);
    let apart = if hidden.is_empty() {
        Some(s0 * 2)
    } else {
        both(hidden, neurons, s0, &mut account).pop().and_then(|last| {
            events.join(&last.rests);
            Some(apart(&last.s?, &last.log_ratio?))
        })
    };
    let bound = apart.map_or(Upper::infinite(), |square| square.upper().sqrt() * q);
    (bound, Behind { book: account.close(), events })
}

/// ‖h_L(x) − h_L(y)‖²/‖h_L(x)‖², at most.
pub(super) fn apart<N: Number>(s: &N, log_ratio: &N) -> N {
    log_ratio.exp_m1().square() + s.like(2.0) * log_ratio.exp() * s.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::angle;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;
    use std::sync::LazyLock;

    static RELU: LazyLock<Slope> = LazyLock::new(Slope::relu);

    fn relu() -> Neurons<'static> {
        Neurons { slope: &RELU, squares: &[] }
    }

    fn delta(text: &str) -> Probability {
        Probability::parse("delta", text).unwrap()
    }

    fn start(s: f64) -> Enclosure {
        Enclosure::point(512, s)
    }

    fn last(path: &Path) -> f64 {
        path.layers.last().unwrap().s.as_ref().unwrap().to_f64()
    }

    #[test]
    fn no_worse_than_they_have_been() {
        let hidden = vec![65536u128; 50];
        let by = |way| last(&Path::angles(&hidden, relu(), &start(1.0), &delta("0.1"), way));
        let (chernoff, bernstein) = (by(Way::Chernoff), by(Way::Bernstein));
        assert!(chernoff < 0.0311 && bernstein < 0.0719, "{chernoff} {bernstein}");
    }

    #[test]
    fn large_widths_give_the_recurrence() {
        for width in [10u128.pow(20), 10u128.pow(36)] {
            for s0 in [2.0, 1.0, 1e-3] {
                let path = Path::with_norms(&vec![width; 30], relu(), &start(s0), &delta("1e-9"));
                let mut limit = start(s0);
                for layer in &path.layers {
                    limit = angle::next(&limit, &rug::Rational::from(1));
                    let s = layer.s.as_ref().unwrap();
                    assert!(limit.hi().certainly_le(s));
                    assert!((s.to_f64() / limit.to_f64() - 1.0).abs() < 1e-7);
                    let log_ratio = layer.log_ratio.as_ref().unwrap();
                    assert!(log_ratio.is_positive() && log_ratio.to_f64() < 1e-7);
                }
            }
        }
    }

    #[test]
    fn where_nothing_is_proved_nothing_is_said() {
        // A silent layer has probability 1/4 a layer and input: more than δ.
        for widths in [&[2u128, 100, 100][..], &[1000, 1, 1000]] {
            let path = Path::with_norms(widths, relu(), &start(1.0), &delta("0.1"));
            let silent = widths.iter().position(|&n| n < 10).unwrap();
            for (i, layer) in path.layers.iter().enumerate() {
                assert_eq!(layer.s.is_none(), i >= silent);
                assert!(layer.log_ratio.is_none() || i < silent);
            }
        }
        // One and the same input stays one.
        let path = Path::with_norms(&[50, 60], relu(), &start(0.0), &delta("0.1"));
        let same = |layer: &Layer| layer.s.as_ref().unwrap().to_f64() == 0.0;
        assert!(path.layers.iter().all(same));
        assert!(path.layers[1].log_ratio.as_ref().unwrap().to_f64() == 0.0);
    }

    proptest! {
        // The same draws in every run: how far searches may miss their best is not bounded.
        #![proptest_config(ProptestConfig {
            cases: 40,
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        })]

        /// Up to the searches' tolerance.
        #[test]
        fn bounds_move_as_they_should(
            width in 20u128..5000, more in 1u128..5000, s in 1e-3f64..2.0, further in 0f64..1.0,
        ) {
            let bounds = |width: u128, s: f64, text: &str| {
                let path = Path::with_norms(&[width; 4], relu(), &start(s), &delta(text));
                path.layers
                    .iter()
                    .flat_map(|l| [&l.s, &l.log_ratio])
                    .map(|x| x.as_ref().map_or(f64::INFINITY, Enclosure::to_f64))
                    .collect::<Vec<_>>()
            };
            let farther = (s + further * (2.0 - s)).min(2.0);
            let base = bounds(width, s, "0.1");
            let below = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| *a <= b * (1.0 + 1e-3));
            prop_assert!(below(&bounds(width + more, s, "0.1"), &base));
            prop_assert!(below(&base, &bounds(width, farther, "0.1")));
            prop_assert!(below(&base, &bounds(width, s, "0.01")));
        }
    }
}
