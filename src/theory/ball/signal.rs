//! How large the vectors are that the layers receive, ĥ_{j−1} = (h_{j−1}, β_j √d_{j−1}), from
//! above. `proofs/bottleneck.md#received`.

use super::Networks;
use crate::model::account::Events;
use crate::model::params::Params;
use crate::num::Number;

/// R/‖x‖ as layer j sees it in the limit of large widths: what moves is smaller beside what it
/// receives by √(1 + 𝗌_i²) in every layer up to this one.
pub fn seen_radius(params: &Params, layer: usize) -> f64 {
    params.relative_radius(64).to_f64() / params.bias_growth()[layer - 1].sqrt()
}

/// What layer j receives.
pub struct Signal<N> {
    biases: Option<Biases<N>>,
    received: N,
    behind: Events,
}

struct Biases<N> {
    /// 𝗌_1², …, 𝗌_{L+1}².
    squares: Vec<N>,
    /// (1 + a²)/2.
    kept: N,
    /// v_{j−1}/v₀.
    expected: N,
}

impl<N: Number> Signal<N> {
    /// At the first layer: nothing is random yet.
    pub fn new(networks: &Networks<'_>, like: &N) -> Self {
        let one = like.like(1.0);
        let biases = (!networks.bias.is_none()).then(|| Biases {
            squares: networks.bias.squares(networks.slope, networks.depth(), like),
            kept: networks.slope.kept(like),
            expected: one.clone(),
        });
        let received = biases.as_ref().map_or(one.clone(), |b| one + b.squares[0].clone());
        Signal { biases, received, behind: Events::default() }
    }

    /// Are there biases?
    pub fn is_biased(&self) -> bool {
        self.biases.is_some()
    }

    /// ‖ĥ_{j−1}‖²/d_{j−1} in units of ‖x‖²/d₀, at most.
    pub fn received(&self) -> &N {
        &self.received
    }

    /// The events behind that.
    pub fn behind(&self) -> &Events {
        &self.behind
    }

    /// A length over ‖ĥ₀‖, of one that is known over ‖x‖.
    pub fn over_input(&self, length: &N) -> N {
        if self.is_biased() { length.clone() / self.received.sqrt() } else { length.clone() }
    }

    /// β²_{j+1} in units of ‖ĥ_{j−1}‖²/d_{j−1}, at least: what the biases behind layer j add to the
    /// square of each of its neurons. `None` without biases.
    pub fn lift(&self, j: usize) -> Option<N> {
        self.biases.as_ref().map(|b| b.after(j) / self.received.clone())
    }

    /// A lower bound on ‖ĥ_j‖² made of one on ‖h_j‖², both per neuron and in those units.
    pub fn lifted(&self, j: usize, hidden: N, behind: &mut Events) -> N {
        match self.lift(j) {
            None => hidden,
            Some(lift) => {
                behind.join(&self.behind);
                hidden + lift
            }
        }
    }

    /// Through layer j, of which S_j/d_j is at most `above`, but on these events.
    pub fn pass(&mut self, j: usize, above: N, events: &Events) {
        self.received = self.received.clone() * above;
        if let Some(biases) = &mut self.biases {
            let added = biases.after(j);
            self.received = self.received.clone() + added;
            biases.expected = biases.expected(j);
        }
        self.behind.join(events);
    }
}

impl<N: Number> Biases<N> {
    /// v_j/v₀ = (1 + a²)/2 · (1 + 𝗌_j²) v_{j−1}/v₀.
    fn expected(&self, j: usize) -> N {
        let grown = self.kept.like(1.0) + self.squares[j - 1].clone();
        self.kept.clone() * grown * self.expected.clone()
    }

    /// β²_{j+1}/v₀ = 𝗌²_{j+1} v_j/v₀.
    fn after(&self, j: usize) -> N {
        self.squares[j].clone() * self.expected(j)
    }
}
