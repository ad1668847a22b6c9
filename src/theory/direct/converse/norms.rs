//! What is bounded for all values of |f(x)| at once. `proofs/direct.md#converse-events`.

use crate::model::account::kind::{
    ACTIVE, ALONG, CHI_ABOVE, CHI_BELOW, CUT, FRESH_ABOVE, FRESH_BELOW, LENGTH_ABOVE, LENGTH_BELOW,
    QUOTIENTS_ABOVE, QUOTIENTS_BELOW, RADIUS_ABOVE, RADIUS_BELOW, REST_BELOW, SPIN, SUM_ABOVE,
    SUM_BELOW,
};
use crate::model::account::{Account, Events, Kind};
use crate::num::Number;
use crate::theory::tail::sets::{chi_square_lower, chi_square_upper};

/// Events in every layer, all of one probability.
pub const IN_LAYERS: [Kind; 13] = [
    CUT,
    ACTIVE,
    SUM_BELOW,
    SUM_ABOVE,
    REST_BELOW,
    FRESH_BELOW,
    FRESH_ABOVE,
    RADIUS_BELOW,
    RADIUS_ABOVE,
    LENGTH_BELOW,
    LENGTH_ABOVE,
    ALONG,
    SPIN,
];
/// Widths beyond which `f64` does not hold the numbers of neurons.
const WIDEST: u128 = 1 << 50;
/// What Σ Y²/S and the like may come to; checked after the last layer.
pub const SPARE: f64 = 0.02;

/// Bounds on norms of a network of equal widths.
#[derive(Clone, Debug)]
pub struct Norms<N> {
    /// d.
    pub n: N,
    /// L.
    pub depth: usize,
    /// N⁻ and N⁺ = d − N⁻: active neurons of a layer.
    pub active: [N; 2],
    /// χ⁻ and χ⁺: squared norms over the active neurons of a layer.
    pub squares: [N; 2],
    /// ‖G₀^⊥‖².
    pub gradient: [N; 2],
    /// z, which no normal variable of a layer exceeds.
    pub z: N,
    /// The order of the moment for Π Q²/S.
    order: f64,
    /// ℓ of that from below and from above.
    quotients: [N; 2],
}

impl<N: Number> Norms<N> {
    /// `None` where a layer may be so narrow that nothing is proved.
    pub fn new(
        width: u128,
        depth: usize,
        account: &mut Account<N>,
        rests: &mut Events,
    ) -> Option<Self> {
        if width > WIDEST {
            return None;
        }
        let layers = 1..=depth as u64;
        let prices = IN_LAYERS.map(|kind| account.draw_all(kind, layers.clone(), None, rests));
        let nats = prices.iter().skip(1).fold(prices[0].clone(), |most, price| most.max(price));
        let n = nats.whole(width);
        let half = n.clone() / nats.like(2.0);
        let wide = width as f64;
        let cut = (0.5 * wide - (0.5 * wide * nats.to_f64()).sqrt()).floor() - 1.0;
        if cut.is_nan() || cut <= 8.0 {
            return None;
        }
        let least = nats.like(cut);
        // Hoeffding's inequality.
        let spread = (half.clone() - least.clone()).square() / half;
        if !nats.below(&spread) {
            return None;
        }
        let (few, many) = (cut as u128 - 2, width - cut as u128);
        let squares = [
            chi_square_lower(few, &nats) * nats.whole(few),
            chi_square_upper(many, &nats) * nats.whole(many),
        ];
        let rest = (width - 1).max(1);
        let gradient = [
            chi_square_lower(rest, &account.draw_once(CHI_BELOW, rests)),
            chi_square_upper(rest, &account.draw_once(CHI_ABOVE, rests)),
        ]
        .map(|share| share * nats.whole(rest));
        let positive = |bound: &N| nats.like(0.0).below(bound);
        if !(positive(&squares[0]) && positive(&gradient[0])) {
            return None;
        }
        let quotients =
            [QUOTIENTS_BELOW, QUOTIENTS_ABOVE].map(|kind| account.draw_once(kind, rests));
        let order = best_order(&n, depth, &quotients[0]);
        (order < 0.1 * cut).then(|| Norms {
            depth,
            active: [least.clone(), n.clone() - least],
            squares,
            gradient,
            z: (nats.like(2.0) * nats.clone()).sqrt(),
            order,
            quotients,
            n,
        })
    }

    fn number(&self, value: f64) -> N {
        self.n.like(value)
    }

    /// What a layer costs in log Π S/V and log Π S/Q² at the order p, and in their inverses.
    pub fn lost(&self, order: f64) -> [N; 2] {
        let (one, p) = (self.number(1.0), self.number(order));
        let half = self.active[0].clone() / self.number(2.0);
        let more = p.clone() + one.clone();
        [more / (half.clone() - one - p.clone()), p.clone() / (half - p)]
    }

    /// Bounds on Y_i²/Y₀² for |Y₀|² as given, as logarithms.
    pub fn quotient(&self, layers: usize) -> [N; 2] {
        let zero = self.number(0.0);
        if layers == 0 {
            return [zero.clone(), zero];
        }
        let (p, count) = (self.number(self.order), self.number(layers as f64));
        let [below, above] = self.lost(self.order);
        let [down, up] = self.quotients.clone().map(|nats| nats / p.clone());
        [-(down + count.clone() * below), up + count * above]
    }

    /// The logarithm of the change of measure, at most, for |Y₀| from `from` to `to`.
    pub fn weight(&self, [from, to]: [f64; 2]) -> N {
        let [below, above] = self.quotient(self.depth).map(|log| log.exp());
        let (one, half) = (self.number(1.0), self.number(0.5));
        let at = |quotient: N, y: f64| {
            let square = self.number(y).square();
            half.clone() * (quotient.ln() + square * (one.clone() - quotient))
        };
        let turn = |y: f64| one.clone() / self.number(y).square();
        let less = at(one.min(&below.max(&turn(to))), to);
        let more = at(one.max(&above.min(&turn(from))), from);
        less.max(&more) + self.number(SPARE)
    }
}

/// An order near the best for a product over layers of quotients of sums over active neurons.
pub fn best_order<N: Number>(n: &N, depth: usize, nats: &N) -> f64 {
    (0.25 * nats.to_f64() * n.to_f64() / depth as f64).sqrt().round().max(1.0)
}
