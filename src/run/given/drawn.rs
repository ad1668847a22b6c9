//! A line of `reference.jsonl`: what a random network of the same shape shows at the inputs.

use serde::{Deserialize, Serialize};

use super::lines::Line;
use super::results::Header;
use crate::given::expect::Sample;

/// What a random network shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Drawn {
    /// Its number, from 0.
    pub random: usize,
    /// What is seen at the inputs that are judged here, in their order.
    pub samples: Vec<Sample>,
}

impl Drawn {
    /// As it is kept: what is no number is not known.
    pub fn sound(mut self) -> Self {
        let number = |of: Option<f64>| of.filter(|value| *value >= 0.0 && value.is_finite());
        for sample in &mut self.samples {
            let Sample { kappa, least, epsilon } = *sample;
            let [kappa, least, epsilon] = [kappa, least, epsilon].map(number);
            *sample = Sample { kappa, least, epsilon };
        }
        self
    }
}

impl Line for Drawn {
    const HEAD: &str = "{\"random\":";

    fn number(&self) -> usize {
        self.random
    }

    fn belongs(&self, header: &Header) -> bool {
        self.random < header.reference
            && self.samples.len() == header.wanted()
            && self.clone().sound() == *self
    }
}
