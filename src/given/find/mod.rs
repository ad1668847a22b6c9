//! What is found of a network at an input: searches, in floats, which need not be right.

mod attack;
mod change;
mod engine;
mod local;
mod ray;

pub use change::Change;

use engine::Engine;
use local::{Local, margin};

use super::{Against, Ball, Given, Pair, Question, Space};
use crate::network::sample::Address;

/// The gradient's ray is followed to this multiple of the step to first order.
const FURTHEST: f64 = 10.0;

/// Searches in a network, which is prepared for them once. Points, steps, lengths and gradients
/// are in the space that is asked about ([`Finder::place`]).
pub struct Finder {
    engine: Engine,
}

/// f at an input, in floats.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The class.
    pub own: usize,
    /// Those that count as changed.
    pub rivals: Vec<usize>,
    /// The margin to the one that counts, or to the runner-up of several.
    pub pair: Pair,
    /// κ = margin/(‖∇‖ ‖x‖); `None` where the gradient or x is 0.
    pub kappa: Option<f64>,
}

impl Finder {
    /// Prepared.
    pub fn new(given: &Given, space: Space) -> Self {
        Finder { engine: Engine::new(given, space) }
    }

    /// An input in the space that is asked about: itself, or N(x). All other methods take points
    /// of that space.
    pub fn place(&self, x: &[f64]) -> Vec<f64> {
        self.engine.place(x)
    }

    /// The margin between two classes, 1 and 0 being the signs of a single output.
    pub fn pair(&self, own: usize, rival: usize) -> Pair {
        match self.engine.outputs() {
            1 => Pair::Sign { positive: own == 1 },
            _ => Pair::Classes { own, rival },
        }
    }

    /// The class at x, and κ; `None` if something is no number, or outputs are equal.
    pub fn seen(&self, x: &[f64], question: &Question) -> Option<Seen> {
        let local = Local::new(&self.engine, x);
        let pass = local.forward(&vec![0.0; x.len()]);
        let outputs = pass.last().filter(|outputs| outputs.iter().all(|f| f.is_finite()))?;
        let (own, second) = if let [f] = outputs[..] {
            (usize::from(f > 0.0), usize::from(f <= 0.0))
        } else {
            let mut order: Vec<usize> = (0..outputs.len()).collect();
            order.sort_by(|&a, &b| outputs[b].total_cmp(&outputs[a]));
            (order[0], order[1])
        };
        let rivals = self.rivals(own, second, question);
        let pair = self.pair(own, if let [only] = rivals[..] { only } else { second });
        let row = pair.row(outputs.len());
        let value = margin(&pass, &row);
        if value <= 0.0 {
            return None;
        }
        let gradient = local.slope_of(&pass, &row);
        let size = |v: &[f64]| crate::network::inner(v, v).sqrt();
        let below = size(&gradient) * size(&local.origin);
        Some(Seen { own, rivals, pair, kappa: (below > 0.0).then(|| value / below) })
    }

    /// The step −t·margin/‖∇‖²·∇ at x; `None` where the gradient is 0 or no number.
    pub fn step(&self, x: &[f64], pair: Pair, t: f64) -> Option<Vec<f64>> {
        let local = Local::new(&self.engine, x);
        let pass = local.forward(&vec![0.0; x.len()]);
        let row = pair.row(self.engine.outputs());
        let gradient = local.slope_of(&pass, &row);
        let square = crate::network::inner(&gradient, &gradient);
        let factor = -t * margin(&pass, &row) / square;
        let u: Vec<f64> = gradient.iter().map(|g| factor * g).collect();
        let usable = square > 0.0 && u.iter().all(|u| u.is_finite());
        usable.then(|| local.unscaled(&u))
    }

    /// The least t, up to 10, beyond which the step of size t leads from class `own` to one of
    /// the rivals, by the gradient of a margin: piece by piece, exact but for rounding.
    pub fn least(&self, x: &[f64], pair: Pair, own: usize, rivals: &[usize]) -> Option<f64> {
        let u = self.step(x, pair, 1.0)?;
        ray::first_change(&self.engine, x, &u, &self.rows(own, rivals), FURTHEST)
    }

    /// Linear pieces on the way of the step of size t.
    pub fn pieces(&self, x: &[f64], pair: Pair, t: f64) -> Option<usize> {
        let u = self.step(x, pair, t)?;
        Some(ray::pieces(&self.engine, x, &u))
    }

    /// The nearest input found whose class is a rival's, just beyond the boundary; `None` if none
    /// was. `input` numbers the input: random starts are drawn from streams of their own. The
    /// same bytes every time, unless it is stopped.
    pub fn radius(
        &self,
        x: &[f64],
        own: usize,
        rivals: &[usize],
        ball: Ball,
        (seed, input): (u64, u64),
        stop: &dyn Fn() -> bool,
    ) -> Option<Vec<f64>> {
        let local = Local::new(&self.engine, x);
        let address = Address { seed, trial: input, layer: Address::SEARCH, block: 0 };
        let v = attack::nearest(&local, &self.rows(own, rivals), ball, address, stop)?;
        Some(x.iter().zip(local.unscaled(&v)).map(|(x, v)| x + v).collect())
    }

    /// The largest gradient, and its largest change, that searches meet in a ball of `radius`
    /// times the norm of x around x.
    pub fn gradient_change(
        &self,
        x: &[f64],
        pair: Pair,
        radius: f64,
        streams: (u64, u64),
    ) -> Option<Change> {
        let row = pair.row(self.engine.outputs());
        change::largest(&self.engine, x, &row, radius, streams)
    }

    /// The classes that count as changed: those of the question, or the runner-up where that is
    /// the one given.
    pub fn rivals(&self, own: usize, runner_up: usize, question: &Question) -> Vec<usize> {
        let outputs = self.engine.outputs();
        match question.against {
            _ if outputs == 1 => vec![1 - own],
            Against::All => (0..outputs).filter(|&k| k != own).collect(),
            Against::Class(class) if class != own => vec![class],
            Against::Class(_) | Against::RunnerUp => vec![runner_up],
        }
    }

    fn rows(&self, own: usize, rivals: &[usize]) -> Vec<Vec<f64>> {
        let outputs = self.engine.outputs();
        rivals.iter().map(|&rival| self.pair(own, rival).row(outputs)).collect()
    }
}
