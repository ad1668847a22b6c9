//! A line of `inputs.jsonl`: what is known of an input, with the input itself, so that nothing else
//! is needed to look at it or to check it.

use serde::{Deserialize, Serialize};

use super::lines::Line;
use super::results::{Header, Network};
use crate::given::{Bracket, Entry, Failure, Findings, Interval, Outcome, Step};

/// What is known of an input, and x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What is known.
    #[serde(flatten)]
    pub entry: Entry,
    /// x: finite floats, as the file of the inputs gives them.
    pub x: Vec<f64>,
}

impl Row {
    /// As it is kept. What cannot have been found, such as a number that is none, or a radius
    /// found below the certified one, makes the input a failure: it never passes for a bound.
    pub(super) fn sound(self, network: &Network) -> Self {
        if self.is_possible(network) {
            // Infinite bounds say nothing, and are not kept.
            let kept = serde_json::to_value(&self).and_then(serde_json::from_value);
            if let Ok(kept) = kept {
                return kept;
            }
        }
        let outcome = Outcome::Failed(Failure::Numerical);
        Row { entry: Entry { outcome, ..self.entry }, ..self }
    }

    /// Can this have been found of an input of this network?
    fn is_possible(&self, network: &Network) -> bool {
        let inputs = network.widths.first().copied().unwrap_or(0);
        let point = |x: &[f64]| x.len() == inputs && x.iter().all(|x| x.is_finite());
        let classes = network.outputs().max(2);
        let classified = self.entry.label.is_none_or(|label| label < classes);
        let found = match &self.entry.outcome {
            Outcome::Failed(_) => true,
            Outcome::Found(found) => {
                found.counterexample.as_deref().is_none_or(point)
                    && found.outputs.len() == network.outputs()
                    && found.class < classes
                    && found.rival.is_none_or(|rival| rival < classes && rival != found.class)
                    && found.reached.is_none_or(|reached| {
                        reached < classes
                            && reached != found.class
                            && found.counterexample.is_some()
                    })
                    && are_possible(found)
            }
        };
        point(&self.x) && classified && found
    }
}

impl Line for Row {
    const HEAD: &str = "{\"input\":";

    fn number(&self) -> usize {
        self.entry.input
    }

    fn belongs(&self, header: &Header) -> bool {
        let input = self.entry.input;
        input < header.inputs.count
            && header.shard.holds(input)
            && self.entry.label.is_some() == header.labels.is_some()
            && self.is_possible(&header.network)
    }
}

/// Is no number none, and is what was found on the right side of what is certified?
fn are_possible(found: &Findings) -> bool {
    let interval = |of: &Interval| of.lo <= of.hi;
    let size = |of: &Interval| interval(of) && of.hi >= 0.0;
    let number = |of: Option<f64>| of.is_none_or(|value| value >= 0.0);
    let numbers = |of: &Bracket| number(of.certified) && number(of.found);
    let ordered = |of: [Option<f64>; 2]| match of {
        [Some(low), Some(high)] => low <= high,
        _ => true,
    };
    let radius = |of: &Bracket| numbers(of) && ordered([of.certified, of.found]);
    let supremum = |of: &Bracket| numbers(of) && ordered([of.found, of.certified]);
    let step = |step: &Step| {
        size(&step.length) && interval(&step.margin) && number(step.least) && step.decomposes()
    };
    found.outputs.iter().all(interval)
        && interval(&found.margin)
        && size(&found.gradient)
        && size(&found.norm)
        && found.kappa.as_ref().is_none_or(interval)
        && found.step.as_ref().is_none_or(step)
        && radius(&found.radius)
        && radius(&found.radius_max)
        && supremum(&found.lipschitz)
        && found.epsilon.as_ref().is_none_or(supremum)
}
