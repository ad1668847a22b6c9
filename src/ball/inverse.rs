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
    /// The affine error, directly.
    Direct,
}

impl Way {
    /// As in the variants of the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Way::Plain => "plain",
            Way::Comparison => "comparison",
            Way::Direct => "direct",
        }
    }

    /// ε(R), with the whole δ for the events of this way alone.
    fn change<N: Number>(self, params: &Params, radius: &N) -> N {
        let widths = params.architecture.widths();
        let depth = params.architecture.depth();
        let region = |events: u32| {
            let share = params.delta.share(events).enclosure(params.precision());
            let exact = -share.ln();
            Region { radius: radius.clone(), drop: None, nats: radius.near(&exact) }
        };
        let nothing = radius.like(0.0);
        match self {
            Way::Plain => plain::control(widths, &region(plain::events(depth)))
                .into_iter()
                .fold(nothing, |sum, layer| sum + layer.term),
            Way::Comparison => {
                let want = comparison::Want::Everything;
                comparison::control(widths, &region(comparison::events(depth, want)), want)
                    .into_iter()
                    .fold(nothing, |sum, layer| sum + layer.term)
            }
            Way::Direct => {
                let want = comparison::Want::Affine;
                comparison::control(widths, &region(comparison::events(depth, want)), want)
                    .into_iter()
                    .fold(nothing, |sum, layer| {
                        let part = layer.direct.unwrap_or_else(|| sum.like(f64::INFINITY));
                        sum + part
                    })
            }
        }
    }
}

/// R/‖x‖, rounded down, for which the change is proved to be at most `epsilon`; nearly the largest.
/// 0 where no ball is found; `None` in the linear case, where every ball serves.
pub fn radius(params: &Params, epsilon: f64, way: Way) -> Option<Magnitude> {
    if params.architecture.depth() == 0 {
        return None;
    }
    let enough = |log: f64| way.change(params, &log.exp()) <= epsilon;
    let (mut low, mut high) = (-120.0, 4.0);
    if !enough(low) {
        return Some(Magnitude::ZERO);
    }
    while high - low > 1e-4 {
        let middle = 0.5 * (low + high);
        if enough(middle) { low = middle } else { high = middle }
    }
    let limit = Enclosure::point(params.precision(), epsilon);
    let certified = [0.0, 1e-4, 1e-3, 1e-2, 0.1].into_iter().find_map(|margin: f64| {
        let at = f64::exp(low - margin);
        let exact = Enclosure::point(params.precision(), at);
        way.change(params, &exact).certainly_le(&limit).then(|| Magnitude::from_f64(at)).flatten()
    });
    Some(certified.unwrap_or(Magnitude::ZERO))
}
