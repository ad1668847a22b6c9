//! The angle between two inputs, the ratio of their norms and the change of f, from above.
//! `proofs/collapse.md`.

use crate::angle::envelopes;
use crate::claim::{Direction, Variant};
use crate::magnitude::Magnitude;
use crate::num::{Enclosure, Upper};
use crate::pair::{self, Path, Way, sphere};
use crate::params::Params;

/// A bound on the angle after one layer.
pub struct AngleBound {
    /// The smaller of the variants; ∞ where nothing is proved that is not true anyhow.
    pub best: Magnitude,
    /// `chernoff` and `bernstein`, best first.
    pub variants: Vec<Variant>,
}

/// For θ_1, …, θ_L: of each layer the smaller of two bounds, each of which holds in all layers at once.
pub fn angles(params: &Params) -> Vec<AngleBound> {
    let start = params.start.one_minus_cos(params.precision());
    let (hidden, delta) = (params.architecture.hidden(), params.delta.capped());
    let by = |way: Way| Path::angles(hidden, &start, &delta, way).layers;
    let pairs = by(Way::Chernoff).into_iter().zip(by(Way::Bernstein));
    pairs
        .map(|(chernoff, bernstein)| {
            let values =
                [(Way::Chernoff, chernoff), (Way::Bernstein, bernstein)].map(|(way, layer)| {
                    (way.name(), layer.s.as_ref().map_or(Magnitude::INFINITY, theta))
                });
            let variants = Variant::ranked(Direction::Upper, &values);
            let best = variants.first().map_or(Magnitude::INFINITY, |v| v.value);
            AngleBound { best, variants }
        })
        .collect()
}

/// θ, rounded up; ∞ for what no angle between hidden layers exceeds.
fn theta(s: &Enclosure) -> Magnitude {
    let one = Enclosure::integer(s.precision(), 1);
    if s.certainly_lt(&one) {
        crate::angle::theta(s).upper().to_magnitude()
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
    let bound = envelopes(&start, params.architecture.depth() as u32);
    crate::angle::theta(&bound).upper().to_magnitude()
}

/// For |log ‖h_i(x)‖/‖h_i(y)‖|, i = 1, …, L, in all layers at once.
pub fn norms(params: &Params) -> Vec<Magnitude> {
    let start = params.start.one_minus_cos(params.precision());
    let (hidden, delta) = (params.architecture.hidden(), params.delta.capped());
    let path = Path::with_norms(hidden, &start, &delta, 0);
    let value = |ratio: &Enclosure| ratio.upper().to_magnitude();
    path.layers.iter().map(|l| l.log_ratio.as_ref().map_or(Magnitude::INFINITY, value)).collect()
}

/// For |f(x) − f(y)| √d_L/‖h_L(x)‖.
pub fn output(params: &Params) -> Magnitude {
    let start = params.start.one_minus_cos(params.precision());
    pair::output(params.architecture.hidden(), &start, &params.delta.capped()).to_magnitude()
}

/// For sup |f(y) − f(x)| √d_L/‖h_L(x)‖ over the sphere through x.
pub fn sphere(params: &Params) -> Magnitude {
    let shape = sphere::Shape::new(&params.architecture);
    let nats = -params.delta.capped().enclosure(params.precision()).ln();
    let chain = sphere::search(&shape, Enclosure::to_f64(&nats));
    let value = chain.and_then(|(chain, _)| sphere::oscillation(&shape, &nats, &chain));
    value.map_or(Upper::infinite(), |v| v.upper()).to_magnitude()
}
