//! Those who answer: what is certified and what is found of a network, and random networks beside
//! it.

use std::sync::Arc;

use super::job::Random;
use super::measure::{Case, Examiner};
use crate::given::certify::Certifier;
use crate::given::expect::{Reference, Sample};
use crate::given::find::Finder;
use crate::given::{Entry, Given, Inputs, Question, examine};
use crate::model::error::Result;

/// Judges inputs of a network.
pub struct Judge {
    certifier: Certifier,
    finder: Finder,
    question: Question,
}

impl Judge {
    /// Of a network.
    ///
    /// # Errors
    /// A network that is none: shapes that do not chain, numbers that are not finite.
    pub fn new(network: &Arc<Given>, question: &Question) -> Result<Self> {
        let certifier = Certifier::new(Arc::clone(network), question.space)?;
        let finder = Finder::new(network, question.space);
        Ok(Judge { certifier, finder, question: question.clone() })
    }
}

impl Examiner for Judge {
    fn judge(&self, case: &Case<'_>) -> Entry {
        let Case { input, x, label, stop } = *case;
        examine(&self.certifier, &self.finder, x, label, input, &self.question, stop)
    }
}

/// Random networks of the shape of a network.
pub struct Beside<'a> {
    reference: Reference,
    inputs: &'a Inputs,
    question: &'a Question,
}

impl<'a> Beside<'a> {
    /// Beside a network, at these inputs.
    pub fn new(network: &Arc<Given>, inputs: &'a Inputs, question: &'a Question) -> Self {
        let reference = Reference::new(Arc::clone(network), question.seed);
        Beside { reference, inputs, question }
    }
}

impl Random for Beside<'_> {
    fn samples(&self, network: usize, inputs: &[usize]) -> Vec<Sample> {
        let points = self.inputs.points.view();
        self.reference.sample(network as u64, &points, inputs, self.question)
    }
}
