//! The law of a sum that grows from layer to layer: q ↦ (A q + c) X with independent X, as squared
//! norms do in a network with biases. Kept on a grid of the logarithm; for predictions.
//! `proofs/output.md#biases`.

use super::layer::LogLaw;

/// A factor whose logarithm varies by less than this share of what there is already is its mean.
const NARROW: f64 = 1e-4;
/// Masses below change no digit.
const NEGLIGIBLE: f64 = 1e-17;

/// The law of q ≥ 0.
#[derive(Clone, Debug)]
pub struct Chain {
    /// log q is about this.
    centre: f64,
    /// log q − centre, with probabilities.
    nodes: Vec<(f64, f64)>,
    /// P(q = 0).
    zero: f64,
}

/// log(1 + e^x).
fn log_one_plus(x: f64) -> f64 {
    if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}

/// By which power of a layer's square q is multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// By itself.
    Up,
    /// By its inverse, given that it is not 0.
    Down,
}

impl Chain {
    /// q = e^log for certain.
    pub fn point(log: f64) -> Self {
        let zero = if log == f64::NEG_INFINITY { 1.0 } else { 0.0 };
        let nodes = if zero == 0.0 { vec![(0.0, 1.0)] } else { Vec::new() };
        Chain { centre: if zero == 0.0 { log } else { 0.0 }, nodes, zero }
    }

    /// A q + c, for A > 0 and c ≥ 0 with these logarithms.
    #[must_use]
    pub fn affine(mut self, factor: f64, added: f64) -> Self {
        if added == f64::NEG_INFINITY {
            self.centre += factor;
            return self;
        }
        if self.nodes.is_empty() {
            return Chain::point(added);
        }
        // log c/(A e^centre).
        let ratio = added - factor - self.centre;
        let more = log_one_plus(ratio);
        let share = (-more).exp();
        let centre = factor + self.centre + more;
        for node in &mut self.nodes {
            // Near 0 to all digits; far from it without leaving the range.
            node.0 = if node.0.abs() < 1.0 {
                (share * node.0.exp_m1()).ln_1p()
            } else {
                node.0.max(ratio) + log_one_plus(-(node.0 - ratio).abs()) - more
            };
        }
        if self.zero > 0.0 {
            self.nodes.insert(0, (added - centre, self.zero));
        }
        Chain { centre, nodes: self.nodes, zero: 0.0 }
    }

    /// q times the square of a layer over its mean, or its inverse; nodes are as near to each other
    /// as `spacing`, that of the next factor, asks for.
    #[must_use]
    pub fn times(self, law: &LogLaw, power: Power, spacing: f64) -> Self {
        let alive = if power == Power::Up { law.alive() } else { 1.0 };
        let zero = 1.0 - (1.0 - self.zero) * alive;
        if law.deviation() < NARROW * self.deviation() {
            let nodes = self.nodes.into_iter().map(|(y, mass)| (y, mass * alive)).collect();
            return Chain { centre: self.centre, nodes, zero };
        }
        let [low, high] = match power {
            Power::Up => law.support(),
            Power::Down => {
                let [low, high] = law.support();
                [-high, -low]
            }
        };
        let sign = if power == Power::Up { 1.0 } else { -1.0 };
        let density = |y: f64| law.density(sign * y) * alive / law.alive();
        let step = law.spacing().min(spacing);
        let ends = self.nodes.iter().filter(|(_, mass)| *mass > NEGLIGIBLE).map(|node| node.0);
        let (least, most) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), y| {
            (least.min(y), most.max(y))
        });
        let first = ((least + low) / step).floor();
        let count = ((most + high) / step - first).ceil().max(0.0) as usize + 1;
        let mut masses = vec![0.0; count];
        for &(y, mass) in self.nodes.iter().filter(|(_, mass)| *mass > NEGLIGIBLE) {
            let from = (((y + low) / step - first).floor().max(0.0)) as usize;
            let to = (((y + high) / step - first).ceil() as usize).min(count - 1);
            for (i, sum) in masses.iter_mut().enumerate().take(to + 1).skip(from) {
                *sum += mass * density((first + i as f64) * step - y) * step;
            }
        }
        let places = masses.into_iter().enumerate().map(|(i, m)| ((first + i as f64) * step, m));
        let nodes = places.filter(|(_, mass)| *mass > NEGLIGIBLE).collect();
        Chain { centre: self.centre, nodes, zero }
    }

    /// P(q = 0).
    pub fn zero(&self) -> f64 {
        self.zero
    }

    /// log q with probabilities, of q > 0.
    pub fn nodes(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.nodes.iter().map(|(y, mass)| (self.centre + y, *mass))
    }

    fn deviation(&self) -> f64 {
        let sum = |f: &dyn Fn(f64) -> f64| self.nodes.iter().map(|(y, m)| m * f(*y)).sum::<f64>();
        let total = sum(&|_| 1.0);
        if total == 0.0 {
            return 0.0;
        }
        let mean = sum(&|y| y) / total;
        (sum(&|y| (y - mean) * (y - mean)) / total).sqrt()
    }
}
