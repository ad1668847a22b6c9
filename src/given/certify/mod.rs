//! What is proved of a network at an input: every number is rounded on the safe side
//! (`proofs/given.md`).
//!
//! Points are given, and distances are measured, in the space that is asked about: before the
//! normalisation, which then belongs to the network; or behind it, where the network is the rest
//! and its input is N(x) rounded to floats ([`Certifier::place`]).

mod cells;
mod chain;
mod exact;
mod float;
mod global;
mod lipschitz;
mod local;
mod matrix;
mod nearest;
mod radius;
mod region;
mod spectral;
mod weights;

use std::sync::{Arc, OnceLock};

use crate::model::error::{Error, Result};
use crate::num::Enclosure;

use super::{Elementwise, Given, Interval, Pair, Space};
use exact::{BITS, interval, length};
use float::{TERMS, scaled_above, scaled_below};
use global::Bounds;
use local::Local;
use weights::Weights;

pub use super::Ball;

/// ∇(margin) at a point, σ'(0) being the slope at negative arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// ‖∇‖, certified; the whole line where the sign of a pre-activation cannot be told.
    pub norm: Interval,
    /// margin/(‖∇‖ ‖x‖), certified; `None` where x or the gradient is 0, or is not known.
    pub kappa: Option<Interval>,
    /// ∇ rounded to the nearest floats, for searches; empty where it is not known.
    pub direction: Vec<f64>,
}

/// What looking at activation cells gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Explored {
    /// No other class is nearer than this: proved, whether or not all cells were looked at.
    pub radius: f64,
    /// Is `radius` the distance itself but for rounding (or `at_most` but for a billionth)?
    pub exact: bool,
    /// Where the distance is attained, rounded to floats: the class is about to change there. For
    /// searches; not proved.
    pub nearest: Option<Vec<f64>>,
}

/// Bounds that hold at every input.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// ‖W_i‖, from above, of each layer.
    pub norms: Vec<f64>,
    /// The Lipschitz constant of all outputs together, from above.
    pub lipschitz: f64,
    /// Of each output, from above.
    pub outputs: Vec<f64>,
}

/// Proves things of a network.
#[derive(Clone, Debug)]
pub struct Certifier {
    network: Arc<Given>,
    space: Space,
    weights: Arc<Weights>,
    bounds: Arc<OnceLock<Bounds>>,
}

impl Certifier {
    /// Prepares a network.
    ///
    /// # Errors
    /// Its shapes do not chain, a number is not finite, or a slope is not in [−1, 1].
    pub fn new(network: impl Into<Arc<Given>>, space: Space) -> Result<Self> {
        let network = network.into();
        check(&network)?;
        let weights = Arc::new(Weights::new(&network, space == Space::Before)?);
        Ok(Certifier { network, space, weights, bounds: Arc::default() })
    }

    /// An input in the space that is asked about: itself, or N(x) rounded to floats. All other
    /// methods take points of that space.
    pub fn place(&self, x: &[f64]) -> Vec<f64> {
        match self.space {
            Space::Before => x.to_vec(),
            Space::After => exact::placed(&self.network, x),
        }
    }

    fn local(&self, x: &[f64], reach: f64) -> Local<'_> {
        Local::new(&self.weights, x, reach)
    }

    fn bounds(&self) -> &Bounds {
        self.bounds.get_or_init(|| Bounds::new(&self.weights))
    }

    fn row(&self, pair: Pair) -> Vec<f64> {
        pair.row(self.network.outputs())
    }

    /// All outputs.
    pub fn outputs(&self, x: &[f64]) -> Vec<Interval> {
        let states = exact::states(&self.network, self.space, x, BITS);
        states.last().into_iter().flatten().map(interval).collect()
    }

    /// f_a − f_b, or ±f.
    pub fn margin(&self, x: &[f64], pair: Pair) -> Interval {
        interval(&exact::margin(&self.network, self.space, x, &self.row(pair)))
    }

    /// ‖x‖.
    pub fn norm(&self, x: &[f64]) -> Interval {
        interval(&length(&enclosed(x)))
    }

    /// ‖y − x‖ in the norm of the ball.
    pub fn distance(&self, x: &[f64], y: &[f64], ball: Ball) -> Interval {
        let apart: Vec<Enclosure> =
            enclosed(y).iter().zip(&enclosed(x)).map(|(y, x)| y - x).collect();
        let zero = Enclosure::integer(BITS, 0);
        interval(&match ball {
            Ball::L2 => length(&apart),
            Ball::Max => apart.iter().fold(zero, |most, by| most.max(&by.clone().max(&-by))),
        })
    }

    /// The gradient of the margin.
    pub fn gradient(&self, x: &[f64], pair: Pair) -> Gradient {
        let row = self.row(pair);
        let Some(pattern) = exact::pattern(&self.network, self.space, x) else {
            return Gradient { norm: Interval::WHOLE, kappa: None, direction: Vec::new() };
        };
        let gradient = exact::gradient(&self.network, self.space, &row, &pattern);
        let norm = length(&gradient);
        let whole = &norm * length(&enclosed(x));
        let kappa = whole
            .is_positive()
            .then(|| interval(&(exact::margin(&self.network, self.space, x, &row) / whole)));
        let direction = gradient.iter().map(Enclosure::to_f64).collect();
        Gradient { norm: interval(&norm), kappa, direction }
    }

    /// Is one of the `rivals` strictly above the class `own` at y, in exact arithmetic? For a
    /// single output the classes are 1, f > 0, and 0, f < 0. `None` where 8,192 bits do not tell,
    /// and the network has more than 50,000 weights.
    pub fn class(&self, y: &[f64], own: usize, rivals: &[usize]) -> Option<bool> {
        exact::changed(&self.network, self.space, y, (own, rivals))
    }

    /// The same for the network as float32 computes it: sums in the order of a row, the bias
    /// last. `None` where something is no number or infinite.
    pub fn float32(&self, y: &[f64], own: usize, rivals: &[usize]) -> Option<bool> {
        let outputs = exact::float32(&self.network, self.space, y);
        if outputs.iter().any(|output| !output.is_finite()) {
            return None;
        }
        Some(rivals.iter().any(|rival| match (outputs.len(), own) {
            (1, 1) => outputs[0] < 0.0,
            (1, _) => outputs[0] > 0.0,
            _ => outputs[*rival] > outputs[own],
        }))
    }

    /// No rival is above `own` at any point of this distance or less. At most `at_most`; 0 says
    /// nothing.
    pub fn radius(
        &self,
        x: &[f64],
        own: usize,
        rivals: &[usize],
        ball: Ball,
        at_most: f64,
        stop: &dyn Fn() -> bool,
    ) -> f64 {
        radius::certified(&self.local(x, at_most), ball, own, rivals, at_most, stop)
    }

    /// The same by looking at activation cells, at most `cells` of them, up to the distance
    /// `at_most`: exact for tiny networks. Where that is infinite, in balls that grow from the
    /// distance `known`, up to which no rival is.
    #[expect(clippy::too_many_arguments, reason = "a question, its limits, and when to stop")]
    pub fn exact_radius(
        &self,
        x: &[f64],
        own: usize,
        rivals: &[usize],
        ball: Ball,
        cells: usize,
        [known, at_most]: [f64; 2],
        stop: &dyn Fn() -> bool,
    ) -> Explored {
        let reach = if at_most.is_finite() { at_most } else { known };
        let (local, limits) = (self.local(x, reach), [known, at_most]);
        cells::explored(&local, ball, (own, rivals), cells, limits, stop)
    }

    /// Upper bounds over the Euclidean ball of this radius: on ‖∇(margin)‖, and on the largest
    /// ‖∇(margin)(y) − ∇(margin)(x)‖/‖∇(margin)(x)‖ (infinite where nothing is known).
    pub fn lipschitz(&self, x: &[f64], pair: Pair, radius: f64) -> (f64, f64) {
        let row = self.row(pair);
        let everywhere = self.everywhere(&row);
        let Some(pattern) = exact::pattern(&self.network, self.space, x) else {
            return (everywhere, f64::INFINITY);
        };
        let gradient = exact::gradient(&self.network, self.space, &row, &pattern);
        let norm = interval(&length(&gradient));
        let local = self.local(x, radius);
        let unit = local.output - local.input;
        let change = lipschitz::changes(
            &local,
            &self.bounds().factors,
            &row,
            scaled_above(radius, -local.input),
            &pattern,
            scaled_above(norm.hi, -unit),
        );
        let least = scaled_below(norm.lo.max(0.0), -unit);
        let relative = if change.change == 0.0 {
            0.0
        } else if least > 0.0 {
            (change.change / least).next_up()
        } else {
            f64::INFINITY
        };
        (scaled_above(change.most, unit).min(everywhere), relative)
    }

    /// The Lipschitz constant of Σ c_k f_k, from above.
    fn everywhere(&self, row: &[f64]) -> f64 {
        let last = self.weights.layers.len() - 1;
        Bounds::true_size(&self.weights, self.bounds().of(&self.weights, row), 0, last)
    }

    /// What holds at every input.
    pub fn global(&self) -> Global {
        let (bounds, weights) = (self.bounds(), &self.weights);
        let norm = |at: usize| Bounds::true_size(weights, bounds.factors[at].spectral, at, at);
        let last = weights.layers.len() - 1;
        let outputs = self.network.outputs();
        let output = |k: usize| {
            let mut row = vec![0.0; outputs];
            row[k] = 1.0;
            self.everywhere(&row)
        };
        Global {
            norms: (0..=last).map(norm).collect(),
            lipschitz: Bounds::true_size(weights, bounds.map, 0, last),
            outputs: (0..outputs).map(output).collect(),
        }
    }

    /// What is left of the margin's change from x to y when the part along the gradient at x is
    /// taken away, and what each neuron adds by leaving its tangent: 0 for any weights, so that an
    /// interval without 0 is a failure of the program. `None` where the sign of a pre-activation at
    /// x cannot be told.
    pub fn decomposition(&self, x: &[f64], y: &[f64], pair: Pair) -> Option<Interval> {
        let pattern = exact::pattern(&self.network, self.space, x)?;
        let row = self.row(pair);
        Some(interval(&exact::residual(&self.network, self.space, &row, [x, y], &pattern)))
    }

    /// How far the margin, as floats compute it, is from ⟨∇, x⟩ plus what the biases add, as
    /// floats compute them, over what rounding allows: at most 1.
    pub fn identity(&self, x: &[f64], pair: Pair) -> f64 {
        lipschitz::identity(&self.local(x, 1.0), &self.row(pair))
    }
}

fn enclosed(x: &[f64]) -> Vec<Enclosure> {
    x.iter().map(|x| Enclosure::point(BITS, *x)).collect()
}

/// Is it a network, of finite numbers?
fn check(network: &Given) -> Result<()> {
    let refused = |name: &str, permitted: &str| Err(Error::new("network", name, permitted));
    let Some(last) = network.layers.last() else {
        return refused("no layers", "at least one layer");
    };
    if last.slope != 1.0 {
        return refused(&last.name, "a last layer without an activation");
    }
    let mut width = network.inputs();
    for layer in &network.layers {
        let (rows, columns) = layer.weights.dim();
        let bias = layer.bias.as_ref();
        if rows == 0 || columns != width || bias.is_some_and(|bias| bias.len() != rows) {
            return refused(&layer.name, "layers whose shapes chain, with at least one neuron");
        }
        if rows.max(columns) > TERMS {
            return refused(&layer.name, "at most 67,108,864 neurons a layer");
        }
        let mut numbers = layer.weights.iter().chain(bias.into_iter().flatten());
        if !numbers.all(|number| number.is_finite()) {
            return refused(&layer.name, "finite weights and biases");
        }
        if !(-1.0..=1.0).contains(&layer.slope) {
            return refused(&layer.name, "a slope from -1 to 1");
        }
        width = rows;
    }
    for step in &network.normalisation {
        let (Elementwise::Add(by)
        | Elementwise::Subtract(by)
        | Elementwise::Multiply(by)
        | Elementwise::Divide(by)) = step;
        let zero = matches!(step, Elementwise::Divide(_)) && by.iter().any(|by| *by == 0.0);
        if !(by.len() == 1 || by.len() == network.inputs())
            || zero
            || by.iter().any(|by| !by.is_finite())
        {
            return refused(
                "normalisation",
                "finite numbers, one or one an input, none a divisor 0",
            );
        }
    }
    Ok(())
}
