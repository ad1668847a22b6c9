//! What is bounded for all values of κ at once: neurons of a layer, norms, and the products of
//! Q²/S. `proofs/direct.md#joint-events`.

use std::collections::HashMap;

use crate::model::account::kind::{
    ACTIVE, CHI_ABOVE, CHI_BELOW, CUT, FRESH_ABOVE, FRESH_BELOW, QUOTIENTS_ABOVE, QUOTIENTS_BELOW,
    REST_BELOW, SUM_BELOW,
};
use crate::model::account::{Account, Events, Kind};
use crate::num::Number;
use crate::theory::tail::sets::{
    chi_square_lower, chi_square_upper, rectified_lower, rectified_minus, tune_quantile,
};

/// Events in every layer, all of one probability.
pub const IN_LAYERS: [Kind; 5] = [CUT, ACTIVE, SUM_BELOW, REST_BELOW, FRESH_ABOVE];
/// Fewer neurons than this are not followed.
const FEWEST: u128 = 10;

/// Bounds on a layer of some width.
#[derive(Clone, Debug)]
pub struct Width<N> {
    /// n.
    pub n: N,
    /// N̲ and n − N̲, between which the number N of active neurons is.
    pub active: [N; 2],
    /// S ≥ this.
    pub sum: N,
    /// Q² ≥ this.
    pub rest: N,
    /// V ≥ this, and V/(N − 2) ≤ this.
    pub fresh: [N; 2],
}

/// Bounds on norms of a network.
#[derive(Clone, Debug)]
pub struct Norms<N> {
    /// One entry per hidden layer: where its bounds are.
    at: Vec<usize>,
    /// One entry per different width.
    widths: Vec<Width<N>>,
    /// ‖G₀^⊥‖².
    pub gradient: [N; 2],
    /// Bounds on log Π Q²/S over the first i layers, i = 0, …, L.
    pub quotients: Vec<[N; 2]>,
}

impl<N: Number> Norms<N> {
    /// `None` where a layer may be so narrow that nothing is proved; `cut` gives, by width, a
    /// number that active neurons are fewer than with no more than the probability of `CUT`.
    pub fn new(
        widths: &[u128],
        account: &mut Account<N>,
        rests: &mut Events,
        cut: impl Fn(u128) -> Option<u128>,
    ) -> Option<Self> {
        let depth = widths.len() as u64 - 1;
        let prices = IN_LAYERS.map(|kind| account.draw_all(kind, 1..=depth, None, rests));
        let mut nats = prices[1..].iter().fold(prices[0].clone(), |most, price| most.max(price));
        if depth > 1 {
            nats = nats.max(&account.draw_all(FRESH_BELOW, 1..=depth - 1, None, rests));
        }
        let other = widths[0].checked_sub(1).filter(|&rest| rest > 0)?;
        let gradient = [
            chi_square_lower(other, &account.draw_once(CHI_BELOW, rests)),
            chi_square_upper(other, &account.draw_once(CHI_ABOVE, rests)),
        ]
        .map(|share| share * nats.whole(other));
        let (mut at, mut found, mut bounds) = (Vec::new(), HashMap::new(), Vec::new());
        for &n in &widths[1..] {
            if let Some(&known) = found.get(&n) {
                at.push(known);
                continue;
            }
            bounds.push(Width::new(n, cut(n).filter(|&least| least >= FEWEST)?, &nats)?);
            found.insert(n, bounds.len() - 1);
            at.push(bounds.len() - 1);
        }
        let products =
            [QUOTIENTS_BELOW, QUOTIENTS_ABOVE].map(|kind| account.draw_once(kind, rests));
        let mut norms = Norms { at, widths: bounds, gradient, quotients: Vec::new() };
        let order = norms.order(products[0].to_f64(), depth as usize);
        norms.quotients = norms.products(products, order);
        nats.like(0.0).below(&norms.gradient[0]).then_some(norms)
    }

    /// Those of layer i = 1, …, L.
    pub fn layer(&self, i: usize) -> &Width<N> {
        &self.widths[self.at[i - 1]]
    }

    /// A good order, whole, of moments of products over the first `layers` of quotients of sums
    /// over active neurons.
    pub fn order(&self, nats: f64, layers: usize) -> f64 {
        let least = |width: &Width<N>| width.active[0].to_f64();
        let spread: f64 = self.at[..layers].iter().map(|&at| 2.0 / least(&self.widths[at])).sum();
        let narrowest = self.widths.iter().map(least).fold(f64::INFINITY, f64::min);
        (nats / spread).sqrt().round().min((0.2 * narrowest).floor()).max(1.0)
    }

    /// By Ville's inequality, with moments of order p and −p.
    fn products(&self, nats: [N; 2], order: f64) -> Vec<[N; 2]> {
        let zero = self.gradient[0].like(0.0);
        let p = zero.like(order);
        let [down, up] = nats.map(|nats| nats / p.clone());
        let mut bounds = vec![[zero.clone(), zero]];
        let (mut below, mut above) = (-down, up);
        for &at in &self.at {
            let [raised, lowered] = self.widths[at].quotient(&p);
            (below, above) = (below - lowered, above + raised);
            bounds.push([below.clone(), above.clone()]);
        }
        bounds
    }
}

impl<N: Number> Width<N> {
    fn new(n: u128, least: u128, nats: &N) -> Option<Self> {
        let zero = nats.like(0.0);
        let width = nats.whole(n);
        let few = least - 2;
        let fresh = [chi_square_lower(few, nats) * nats.whole(few), chi_square_upper(few, nats)];
        let sum = rectified_lower(n, &zero, nats) * width.clone();
        let rest = rest_lower(n, nats) * width.clone();
        let positive = [&fresh[0], &sum, &rest].iter().all(|bound| zero.below(bound));
        positive.then(|| {
            let least = nats.whole(least);
            Width { active: [least.clone(), width.clone() - least], n: width, sum, rest, fresh }
        })
    }

    /// (1/p) log E (Q²/S)^p and (1/p) log E (S/Q²)^p, at most.
    pub fn quotient(&self, p: &N) -> [N; 2] {
        let half = p.like(0.5);
        let x = self.half();
        [
            (p.clone() - half.clone()) / (x.clone() - p.clone()),
            (p.clone() + half.clone()) / (x - half - p.clone()),
        ]
    }

    /// N̲/2.
    pub fn half(&self) -> N {
        self.active[0].clone() / self.n.like(2.0)
    }
}

/// q with P(Q² ≤ n·q) ≤ e^{−nats}, at a good w.
fn rest_lower<N: Number>(n: u128, nats: &N) -> N {
    // One degree of freedom less than S.
    let at = |nats: &N, w: &N| {
        let more = nats.clone() + w.ln_1p() / w.like(2.0);
        rectified_minus(n, &w.like(0.0), &more, w)
    };
    let rough = nats.to_f64();
    let w = tune_quantile(n, rough, |w| -rectified_minus(n, &0.0, &(rough + 0.5 * w.ln_1p()), &w));
    at(nats, &nats.like(w))
}
