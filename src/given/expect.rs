//! Where an input stands among random networks of the same shape: a reference, and no claim.

use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::find::Finder;
use super::{Findings, Given, Layer, Question, Space};
use crate::network::sample::{Address, Stream};
use crate::num::Enclosure;
use crate::theory::distribution::beta;

/// Random networks with the widths, slopes and normalisation of a given one, whose weights and
/// biases are independent and normal, of mean 0 and, layer by layer, of the same mean square.
#[derive(Clone, Debug)]
pub struct Reference {
    given: Arc<Given>,
    seed: u64,
}

/// What is seen at one input in one of them; its class and runner-up are its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// κ; `None` where the network is constant near the input.
    pub kappa: Option<f64>,
    /// The least t of a gradient step that changes the class; `None` for none up to 10.
    pub least: Option<f64>,
    /// The largest relative change of the gradient found in the ball of the question.
    pub epsilon: Option<f64>,
}

/// Percentiles of an input, from 0 to 100: in how many random networks of a hundred the quantity
/// is smaller, those where it is equal counted by halves. `None` where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Percentiles {
    /// Of κ, among networks that were drawn.
    pub kappa: Option<f64>,
    /// Of κ by its exact law, where it has one.
    pub law: Option<f64>,
    /// Of the least t; networks in which no step changes the class are above all others.
    pub least: Option<f64>,
    /// Of the largest change of the gradient found.
    pub epsilon: Option<f64>,
}

impl Reference {
    /// To a network, from streams of this seed.
    pub fn new(given: impl Into<Arc<Given>>, seed: u64) -> Self {
        Reference { given: given.into(), seed }
    }

    /// One of the networks.
    pub fn draw(&self, trial: u64) -> Given {
        let mut drawn = Given::clone(&self.given);
        for (i, layer) in drawn.layers.iter_mut().enumerate() {
            self.redraw(trial, i as u64, layer);
        }
        drawn
    }

    fn redraw(&self, trial: u64, layer: u64, drawn: &mut Layer) {
        let stream = |block| {
            let layer = Address::REFERENCE + layer + 1;
            Stream::new(Address { seed: self.seed, trial, layer, block })
        };
        let normal = |block, count, size: f64| {
            let mut values = vec![0.0; count];
            stream(block).fill(&mut values);
            values.into_iter().map(move |v: f64| v * size)
        };
        let (rows, columns) = drawn.weights.dim();
        let size = root_mean_square(drawn.weights.iter());
        drawn.weights = Array2::from_shape_fn((rows, columns), {
            let mut entries = normal(0, rows * columns, size);
            move |_| entries.next().unwrap_or(0.0)
        });
        if let Some(bias) = &mut drawn.bias {
            let size = root_mean_square(bias.iter());
            *bias = Array1::from_iter(normal(1, bias.len(), size));
        }
    }

    /// What is seen in one of the networks at these of the inputs of a file, one a row. It depends
    /// on an input and its number alone.
    pub fn sample(
        &self,
        trial: u64,
        inputs: &ArrayView2<'_, f64>,
        wanted: &[usize],
        question: &Question,
    ) -> Vec<Sample> {
        let finder = Finder::new(&self.draw(trial), question.space);
        let sample = |&input: &usize| {
            let x = finder.place(&inputs.row(input).to_vec());
            sample(&finder, &x, question, (self.seed, input as u64))
        };
        wanted.iter().map(sample).collect()
    }

    /// Percentiles of an input among samples at the same one.
    pub fn percentiles(
        &self,
        findings: &Findings,
        samples: &[Sample],
        space: Space,
    ) -> Percentiles {
        let all = |of: fn(&Sample) -> Option<f64>| samples.iter().filter_map(of);
        // In networks that are constant there is no step.
        let least = |s: &Sample| s.kappa.map(|_| s.least.unwrap_or(f64::INFINITY));
        let kappa = findings.kappa.map(|kappa| f64::midpoint(kappa.lo, kappa.hi));
        let own = findings.step.as_ref().map(|step| step.least.unwrap_or(f64::INFINITY));
        let epsilon = findings.epsilon.and_then(|bracket| bracket.found);
        Percentiles {
            kappa: kappa.and_then(|kappa| percentile(kappa, all(|s| s.kappa))),
            law: kappa.and_then(|kappa| self.law(kappa, space)),
            least: own.and_then(|own| percentile(own, all(least))),
            epsilon: epsilon.and_then(|epsilon| percentile(epsilon, all(|s| s.epsilon))),
        }
    }

    /// The percentile of κ by its exact law: κ² ~ Beta(½, (d−1)/2) for one output without biases,
    /// at every depth, of every width and slope. `proofs/gradient.md#ratio`.
    pub fn law(&self, kappa: f64, space: Space) -> Option<f64> {
        let given = &self.given;
        let plain = given.normalisation.is_empty() || space == Space::After;
        let biased = |layer: &Layer| layer.bias.iter().flatten().any(|&b| b != 0.0);
        let dimension = given.inputs();
        if !plain || given.outputs() != 1 || dimension < 2 || given.layers.iter().any(biased) {
            return None;
        }
        if !(kappa > 0.0 && kappa < 1.0) {
            return (kappa >= 1.0).then_some(100.0);
        }
        let number = |value: f64| Enclosure::point(PRECISION, value);
        let half = (dimension as f64 - 1.0) / 2.0;
        let square = number(kappa).square();
        Some(100.0 * beta::cdf(&number(0.5), &number(half), &square).to_f64())
    }
}

/// Bits for a percentile.
const PRECISION: u32 = 80;

/// √ of the mean of the squares, of numbers of any size.
fn root_mean_square<'a>(values: impl ExactSizeIterator<Item = &'a f64> + Clone) -> f64 {
    let largest = values.clone().fold(0.0f64, |m, v| m.max(v.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    let count = values.len() as f64;
    largest * (values.map(|v| (v / largest).powi(2)).sum::<f64>() / count).sqrt()
}

fn sample(finder: &Finder, x: &[f64], question: &Question, streams: (u64, u64)) -> Sample {
    let nothing = Sample { kappa: None, least: None, epsilon: None };
    let seen = finder.seen(x, question).filter(|seen| seen.kappa.is_some());
    let Some(seen) = seen else { return nothing };
    let change = finder.gradient_change(x, seen.pair, question.radius, streams);
    Sample {
        kappa: seen.kappa,
        least: finder.least(x, seen.pair, seen.own, &seen.rivals),
        epsilon: change.and_then(|change| change.relative),
    }
}

/// That of a value among others, equal ones counted by halves; `None` among none.
pub fn percentile(value: f64, others: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut below, mut equal, mut count) = (0.0, 0.0, 0.0);
    for other in others {
        count += 1.0;
        below += f64::from(u8::from(other < value));
        equal += f64::from(u8::from(other == value));
    }
    (count > 0.0).then(|| 100.0 * (below + 0.5 * equal) / count)
}
