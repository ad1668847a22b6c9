//! Quantiles of the laws of single layers, computed once per width.

use std::collections::HashMap;

use crate::model::account::kind::{
    ACTIVE, BACK_BELOW, CHI_BELOW, INACTIVE_ABOVE, SUM_ABOVE, SUM_BELOW,
};
use crate::model::account::{Account, Events, Kind};
use crate::num::Number;
use crate::theory::tail::sets;

/// What was computed, at one slope.
pub struct Quantiles<N> {
    slope: N,
    known: HashMap<(Kind, u128), N>,
}

impl<N: Number> Quantiles<N> {
    /// None yet.
    pub fn new(slope: N) -> Self {
        Quantiles { slope, known: HashMap::new() }
    }

    /// The bound of a kind of event in layer j of width n: s⁻ with S_j ≥ ns⁻ or S′_j ≥ ns⁻, s⁺ with
    /// S_j ≤ ns⁺, r⁺ with Σ_I ζ² ≤ nr⁺, or the number of active neurons.
    pub fn draw(
        &mut self,
        kind: Kind,
        (layer, n): (usize, u128),
        account: &mut Account<N>,
        behind: &mut Events,
    ) -> N {
        let nats = account.draw(kind, layer, None, behind);
        let Quantiles { slope, known } = self;
        known.entry((kind, n)).or_insert_with(|| quantile(kind, n, slope, &nats)).clone()
    }
}

fn quantile<N: Number>(kind: Kind, n: u128, slope: &N, nats: &N) -> N {
    match kind {
        SUM_BELOW | BACK_BELOW => positive(sets::rectified_lower(n, slope, nats)),
        SUM_ABOVE => sets::rectified_upper(n, slope, nats),
        // The squares of the neurons of one sign have the law of ReLU's sum.
        INACTIVE_ABOVE => sets::rectified_upper(n, &nats.like(0.0), nats),
        ACTIVE => {
            let rough = nats.to_f64();
            let lambda = sets::tune_quantile(n, rough, |l| sets::active_upper(n, &rough, &l));
            sets::active_upper(n, nats, &nats.like(lambda))
        }
        _ => unreachable!("{} is not about the law of a layer", kind.name),
    }
}

/// χ²_n ≥ n times this.
pub fn chi_square<N: Number>(n: u128, account: &mut Account<N>, behind: &mut Events) -> N {
    positive(sets::chi_square_lower(n, &account.draw_once(CHI_BELOW, behind)))
}

/// A lower bound on a positive quantity, 0 where it says nothing: two such bounds that are negative
/// must not make a positive product.
fn positive<N: Number>(bound: N) -> N {
    let nothing = bound.like(0.0);
    if nothing.below(&bound) { bound } else { nothing }
}
