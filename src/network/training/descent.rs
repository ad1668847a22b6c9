//! Gradient descent, full batch or in mini-batches.

use super::{Loss, Points, Scales, Trained, Update};
use crate::network::sample::{Address, Stream};
use crate::network::{Forward, Network, Scaled, forward, sensitivities};

/// A training under way: what it is about, and what the weights have moved by so far.
pub struct Descent<'a> {
    data: &'a Points,
    loss: Loss,
    scales: Scales,
    /// Points in a mini-batch; all of them, or fewer.
    batch: usize,
    /// Of the order in which mini-batches take the points.
    seed: (u64, u64),
    updates: Vec<Update>,
    done: u64,
}

impl<'a> Descent<'a> {
    /// At the start, for a network of this shape. `batch` points are taken at a time, at most all;
    /// `seed` is that of the run, and the trial.
    pub fn new(
        network: &dyn Network,
        data: &'a Points,
        (loss, scales): (Loss, Scales),
        batch: usize,
        seed: (u64, u64),
    ) -> Self {
        let widths = network.widths();
        let longer = usize::from(!network.biases().is_empty());
        let shape = |layer: usize| {
            let rows = widths.get(layer).copied().unwrap_or(network.outputs());
            Update::new(rows, widths[layer - 1] + longer)
        };
        let updates = (1..=widths.len()).map(shape).collect();
        let batch = batch.clamp(1, data.points.len().max(1));
        Descent { data, loss, scales, batch, seed, updates, done: 0 }
    }

    /// What has been added to the weights of layers 1, …, L+1.
    pub fn updates(&self) -> &[Update] {
        &self.updates
    }

    /// Steps that were taken.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// The network as it is now.
    pub fn trained<'n>(&'n self, network: &'n mut dyn Network) -> Trained<'n> {
        Trained::new(network, &self.updates)
    }

    /// F of a pass.
    pub fn output(&self, pass: &Forward) -> f64 {
        self.scales.output * pass.output().at_exponent(0)
    }

    /// The mean loss at points with these passes and labels.
    pub fn loss(&self, passes: &[Forward], labels: &[f64]) -> f64 {
        let each = passes.iter().zip(labels).map(|(p, &y)| self.loss.value(self.output(p), y));
        each.sum::<f64>() / labels.len().max(1) as f64
    }

    /// The points of the next step.
    pub fn next_batch(&self) -> Vec<usize> {
        let count = self.data.points.len();
        if self.batch >= count {
            return (0..count).collect();
        }
        // Every epoch is a fresh order; its last batch is cut where the points end.
        let each = count.div_ceil(self.batch) as u64;
        let (epoch, part) = (self.done / each, (self.done % each) as usize);
        let (seed, trial) = self.seed;
        let mut keys = vec![0.0; count];
        let layer = Address::ORDER;
        Stream::new(Address { seed, trial, layer, block: epoch }).fill(&mut keys);
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|a, b| f64::total_cmp(&keys[*a], &keys[*b]));
        order.into_iter().skip(part * self.batch).take(self.batch).collect()
    }

    /// One step of gradient descent; false, and nothing done, where an output is not a number.
    pub fn step(&mut self, network: &mut dyn Network) -> bool {
        let batch = self.next_batch();
        let points: Vec<Scaled> = batch.iter().map(|&i| self.data.points[i].clone()).collect();
        let (passes, rows) = {
            let mut trained = self.trained(network);
            let passes = forward(&mut trained, &points);
            let rows = sensitivities(&mut trained, &passes);
            (passes, rows)
        };
        self.learn(&batch, &passes, &rows)
    }

    /// The step of n of the points, whose passes are given: ΔW_j falls by step · s/n times the sum
    /// of ℓ′(F, y) l_j ĥ_{j−1}ᵀ. False, and nothing done, where an output is not a number.
    pub fn learn(&mut self, batch: &[usize], passes: &[Forward], rows: &[Vec<Scaled>]) -> bool {
        let slope = |(&i, pass): (&usize, &Forward)| {
            self.loss.derivative(self.output(pass), self.data.labels[i])
        };
        let slopes: Vec<f64> = batch.iter().zip(passes).map(slope).collect();
        if !slopes.iter().all(|slope| slope.is_finite()) {
            return false;
        }
        let unit = -self.scales.step * self.scales.output / batch.len() as f64;
        for (((&i, pass), rows), slope) in batch.iter().zip(passes).zip(rows).zip(slopes) {
            for (layer, update) in self.updates.iter_mut().enumerate() {
                let (left, right) = (&rows[layer], pass.received(layer));
                let exponent = left.exponent() + right.exponent();
                let factor = unit * slope * 2f64.powi(exponent.clamp(-1000, 1000) as i32);
                // What the first layer receives at a point is always the same.
                let point = (layer == 0).then_some(i);
                update.add(point, factor, left.values(), right.values());
            }
        }
        self.done += 1;
        true
    }
}
