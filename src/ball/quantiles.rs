//! Quantiles per width, computed once for each.

use std::collections::HashMap;

use crate::num::Number;
use crate::tail::sets;

/// Quantiles at one failure probability.
pub struct Quantiles<N> {
    nats: N,
    known: HashMap<u128, Layer<N>>,
}

/// For one width n.
#[derive(Clone)]
pub struct Layer<N> {
    /// S(n) ≥ n·minus.
    pub minus: N,
    /// S(n) ≤ n·plus.
    pub plus: N,
    /// Active neurons.
    pub active: N,
}

impl<N: Number> Quantiles<N> {
    /// Each fails with probability at most e^{−nats}.
    pub fn new(nats: &N) -> Self {
        Quantiles { nats: nats.clone(), known: HashMap::new() }
    }

    /// For a layer of width n.
    pub fn layer(&mut self, n: u128) -> Layer<N> {
        let nats = &self.nats;
        let rough = nats.to_f64();
        let make = || {
            let plus = sets::tune_quantile(n, rough, |w| sets::rectified_plus(n, &rough, &w));
            let active = sets::tune_quantile(n, rough, |l| sets::active_upper(n, &rough, &l));
            Layer {
                minus: positive(sets::rectified_lower(n, nats)),
                plus: sets::rectified_plus(n, nats, &nats.like(plus)),
                active: sets::active_upper(n, nats, &nats.like(active)),
            }
        };
        self.known.entry(n).or_insert_with(make).clone()
    }

    /// χ²_n ≥ n times this.
    pub fn chi_square(&self, n: u128) -> N {
        positive(sets::chi_square_lower(n, &self.nats))
    }
}

/// A lower bound on a positive quantity, 0 where it says nothing: two such bounds that are negative
/// must not make a positive product.
fn positive<N: Number>(bound: N) -> N {
    let nothing = bound.like(0.0);
    if nothing.below(&bound) { bound } else { nothing }
}
