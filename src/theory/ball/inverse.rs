//! R(ε): how large the ball may be.

use super::comparison::Want;
use super::{Networks, Region, comparison, plain};
use crate::model::account::{Account, Events, Shares};
use crate::model::params::Params;
use crate::num::magnitude::Magnitude;
use crate::num::{Enclosure, Number};

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

    /// The events that a bound on the change rests on, with at least one hidden layer.
    pub fn plan(self, networks: &Networks<'_>) -> Shares {
        match self {
            Way::Plain => plain::plan(networks, Want::Gradient),
            Way::Comparison => comparison::plan(networks, Want::Gradient),
            Way::Affine => comparison::plan(networks, Want::Affine),
        }
    }

    /// The change over a region of networks with at least one hidden layer, and the events behind
    /// it.
    pub fn change<N: Number>(
        self,
        networks: &Networks<'_>,
        region: &Region<N>,
        account: &mut Account<N>,
    ) -> (N, Events) {
        let layers = match self {
            Way::Plain => plain::control(networks, region, account, Want::Gradient),
            Way::Comparison => comparison::control(networks, region, account, Want::Gradient),
            Way::Affine => comparison::control(networks, region, account, Want::Affine),
        };
        let (mut change, mut behind) = (region.radius.like(0.0), Events::default());
        for layer in layers {
            let (part, rests) = match self {
                Way::Plain | Way::Comparison => (Some(layer.term), layer.rests.term),
                Way::Affine => (layer.affine, layer.rests.affine),
            };
            let part = part.unwrap_or_else(|| change.like(f64::INFINITY));
            change = change + part;
            behind.join(&rests);
        }
        (change, behind)
    }

    /// The change over a ball, with the whole of δ for the events of this way; more than ε where it
    /// is more than 2ε.
    fn over_ball<N: Number>(self, params: &Params, radius: &N, epsilon: f64) -> N {
        let networks = Networks::of(params);
        let plan = self.plan(&networks);
        let mut account = Account::open(radius, &params.delta, &plan, params.precision());
        let region = Region { limit: 2.0 * epsilon, ..Region::ball(radius.clone()) };
        self.change(&networks, &region, &mut account).0
    }
}

/// R/‖x‖, rounded down, for which the change is proved to be at most `epsilon`; nearly the largest.
/// 0 where no ball is found; `None` in the linear case, where every ball serves.
pub fn radius(params: &Params, epsilon: f64, way: Way) -> Option<Magnitude> {
    if params.architecture.depth() == 0 {
        return None;
    }
    let enough = |log: f64| way.over_ball(params, &log.exp(), epsilon) <= epsilon;
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
        way.over_ball(params, &exact, epsilon)
            .certainly_le(&limit)
            .then(|| Magnitude::from_f64(at))
            .flatten()
    });
    Some(certified.unwrap_or(Magnitude::ZERO))
}
