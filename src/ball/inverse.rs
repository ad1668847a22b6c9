//! R(ε): how large the ball may be.

use super::{Region, comparison, plain};
use crate::magnitude::Magnitude;
use crate::num::{Enclosure, Number};
use crate::params::Params;

/// A way to bound a change over the ball.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The gradient, by union bounds.
    Plain,
    /// The gradient, by Gaussian comparison.
    Comparison,
    /// The affine error, without the sup over a segment.
    Affine,
}

impl Way {
    /// As in the variants of the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Way::Plain => "plain",
            Way::Comparison => "comparison",
            Way::Affine => "affine",
        }
    }

    /// The events that a bound on the change rests on, at depth L ≥ 1.
    pub fn events(self, depth: usize) -> u32 {
        match self {
            Way::Plain => plain::events_up_to(depth).gradient,
            Way::Comparison => comparison::events_up_to(depth).gradient,
            Way::Affine => comparison::events(depth, comparison::Want::Affine),
        }
    }

    /// The change over a region of networks with at least one hidden layer.
    pub fn change<N: Number>(self, widths: &[u128], region: &Region<N>) -> N {
        let layers = match self {
            Way::Plain => plain::control(widths, region),
            Way::Comparison => comparison::control(widths, region, comparison::Want::Everything),
            Way::Affine => comparison::control(widths, region, comparison::Want::Affine),
        };
        let nothing = region.radius.like(0.0);
        layers.into_iter().fold(nothing, |sum, layer| match self {
            Way::Plain | Way::Comparison => sum + layer.term,
            Way::Affine => {
                let part = layer.affine.unwrap_or_else(|| sum.like(f64::INFINITY));
                sum + part
            }
        })
    }

    /// The change over a ball, with the whole of δ for the events of this way.
    fn over_ball<N: Number>(self, params: &Params, radius: &N) -> N {
        let architecture = &params.architecture;
        let each = params.delta.share(self.events(architecture.depth()));
        let exact = -each.enclosure(params.precision()).ln();
        let region = Region { radius: radius.clone(), drop: None, nats: radius.near(&exact) };
        self.change(architecture.widths(), &region)
    }
}

/// R/‖x‖, rounded down, for which the change is proved to be at most `epsilon`; nearly the largest.
/// 0 where no ball is found; `None` in the linear case, where every ball serves.
pub fn radius(params: &Params, epsilon: f64, way: Way) -> Option<Magnitude> {
    if params.architecture.depth() == 0 {
        return None;
    }
    let enough = |log: f64| way.over_ball(params, &log.exp()) <= epsilon;
    // From above: for very small R the affine way gets worse again.
    let mut high = 4.0;
    while !enough(high - 2.0) {
        high -= 2.0;
        if high < -120.0 {
            return Some(Magnitude::ZERO);
        }
    }
    let mut low = high - 2.0;
    while high - low > 1e-4 {
        let middle = 0.5 * (low + high);
        if enough(middle) { low = middle } else { high = middle }
    }
    let limit = Enclosure::point(params.precision(), epsilon);
    let certified = [0.0, 1e-4, 1e-3, 1e-2, 0.1, 1.0].into_iter().find_map(|margin: f64| {
        let at = f64::exp(low - margin);
        let exact = Enclosure::point(params.precision(), at);
        way.over_ball(params, &exact)
            .certainly_le(&limit)
            .then(|| Magnitude::from_f64(at))
            .flatten()
    });
    Some(certified.unwrap_or(Magnitude::ZERO))
}
