//! The angle between two inputs, the ratio of their norms and the change of f, from above.
//! `proofs/collapse.md`.

use crate::model::account::kind::SHORT;
use crate::model::account::{Behind, Book, Events, WHOLE};
use crate::model::claim::{Direction, Variant};
use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::num::{Enclosure, Upper};
use crate::theory::angle;
use crate::theory::pair::{self, Neurons, Path, Way, sphere};

/// A bound on the angle after one layer.
pub struct AngleBound {
    /// The smaller of the variants; ∞ where nothing is proved that is not true anyhow.
    pub best: Magnitude,
    /// `chernoff`, `bernstein` and `moments`, best first.
    pub variants: Vec<Variant>,
    /// The events with which `best` may fail.
    pub behind: Behind,
}

/// 𝗌_1², …, 𝗌_{L+1}²; none without biases.
fn squares(params: &Params) -> Vec<Enclosure> {
    let like = Enclosure::integer(params.precision(), 0);
    if params.bias.is_none() { Vec::new() } else { params.relative_biases(&like) }
}

/// For θ_1, …, θ_L: of each layer the smallest of two or, for ReLU without biases, three bounds.
pub fn angles(params: &Params) -> Vec<AngleBound> {
    let start = params.start.one_minus_cos(params.precision());
    let (hidden, delta) = (params.architecture.hidden(), params.delta.capped());
    let squares = squares(params);
    let neurons = Neurons { slope: &params.slope, squares: &squares };
    let theta = |s: &Enclosure| theta(s, pair::most_apart(&params.slope));
    let value = |s: Option<&Enclosure>| s.map_or(Magnitude::INFINITY, theta);
    // Each of these holds in all layers at once.
    let mut ways: Vec<(&str, Vec<Resting>)> = [Way::Chernoff, Way::Bernstein]
        .map(|way| {
            let path = Path::angles(hidden, neurons, &start, &delta, way);
            let layers = path.layers.iter();
            (way.name(), layers.map(|l| (value(l.s.as_ref()), path.behind(l))).collect())
        })
        .into();
    if neurons.is_of_the_paper() {
        let layers = pair::powers::angles(hidden, &start, &delta).into_iter();
        ways.push(("moments", layers.map(|(s, rests)| (value(s.as_ref()), rests)).collect()));
    }
    let layer = |i: usize| {
        let values: Vec<_> = ways.iter().map(|(name, layers)| (*name, layers[i].0)).collect();
        let rows = ways.iter().map(|(_, layers)| &layers[i]);
        let least = rows.min_by_key(|(value, _)| *value).unwrap_or(&ways[0].1[i]);
        let (best, behind) = least.clone();
        AngleBound { best, variants: Variant::ranked(Direction::Upper, &values), behind }
    };
    (0..hidden.len()).map(layer).collect()
}

/// θ, rounded up; ∞ for what no s between hidden layers exceeds.
fn theta(s: &Enclosure, most: u32) -> Magnitude {
    if s.certainly_lt(&Enclosure::integer(s.precision(), most)) {
        angle::theta(s).upper().to_magnitude()
    } else {
        Magnitude::INFINITY
    }
}

/// The envelope of θ_L in the limit of large widths, rounded up.
pub fn envelope(params: &Params) -> Magnitude {
    let start = params.start.one_minus_cos(params.precision());
    if !start.is_positive() {
        return Magnitude::ZERO;
    }
    let last = envelopes(params, &start).pop();
    last.map_or(Magnitude::INFINITY, |bound| angle::theta(&bound).upper().to_magnitude())
}

/// Those of s_1, …, s_L, for s₀ > 0.
pub fn envelopes(params: &Params, start: &Enclosure) -> Vec<Enclosure> {
    let (bend, depth) = (params.slope.bend(), params.architecture.depth());
    if params.bias.is_none() {
        return (1..=depth as u32).map(|i| angle::envelopes(start, &bend, i)).collect();
    }
    let squares = params.relative_biases(start);
    let mut envelopes = angle::Envelopes::new(start, &bend, &squares[0]);
    let layer = |square: &Enclosure| {
        envelopes.step(square);
        envelopes.enclosure()
    };
    squares.iter().take(depth).map(layer).collect()
}

/// A bound with the events behind it.
pub type Resting = (Magnitude, Behind);

/// For |log ‖h_i(x)‖/‖h_i(y)‖|, i = 1, …, L, in all layers at once.
pub fn norms(params: &Params) -> Vec<Resting> {
    let start = params.start.one_minus_cos(params.precision());
    let (hidden, delta) = (params.architecture.hidden(), params.delta.capped());
    let squares = squares(params);
    let neurons = Neurons { slope: &params.slope, squares: &squares };
    let path = Path::with_norms(hidden, neurons, &start, &delta);
    let value = |ratio: &Enclosure| ratio.upper().to_magnitude();
    let bound = |layer: &pair::Layer| {
        (layer.log_ratio.as_ref().map_or(Magnitude::INFINITY, value), path.behind(layer))
    };
    path.layers.iter().map(bound).collect()
}

/// For |f(x) − f(y)| √d_L/‖h_L(x)‖.
pub fn output(params: &Params) -> Resting {
    let start = params.start.one_minus_cos(params.precision());
    let hidden = params.architecture.hidden();
    let squares = squares(params);
    let neurons = Neurons { slope: &params.slope, squares: &squares };
    let (bound, behind) = pair::output(hidden, neurons, &start, &params.delta.capped());
    (bound.to_magnitude(), behind)
}

/// For |f(x)|/(‖∇f(x)‖‖x‖) from below, with biases. `proofs/collapse.md#bias`.
pub fn shortest(params: &Params) -> Resting {
    let precision = params.precision();
    let whole = |value: u128| Enclosure::integer(precision, value);
    // Π(1 + 𝗌_i²) − 1, without cancellation.
    let squares = params.relative_biases(&whole(0));
    let excess = squares.iter().fold(whole(0), |c, square| &c + square * &(&c + 1));
    let dimension = whole(params.architecture.input());
    let least = (Enclosure::pi(precision) * excess / dimension / 2).sqrt();
    let value = (least * params.delta.enclosure(precision)).lower().to_magnitude();
    let (mut book, mut events) = (Book::open(&params.delta), Events::default());
    book.pay(SHORT, WHOLE, params.delta.value(), &mut events);
    (value, Behind { book: book.into(), events })
}

/// For sup |f(y) − f(x)| √d_L/‖h_L(x)‖ over the sphere through x.
pub fn sphere(params: &Params) -> Resting {
    let (delta, precision) = (params.delta.capped(), params.precision());
    let shape = sphere::Shape::new(params);
    let chain = sphere::search(&shape, delta.nats()).map(|found| found.0);
    let (value, behind) = sphere::certified(&shape, &delta, precision, chain.as_ref());
    (value.map_or(Upper::infinite(), |v| v.upper()).to_magnitude(), behind)
}
