//! The searches themselves.

use ndarray::Array1;

use super::{Search, Setting, resolves};
use crate::network::sample::{Address, Stream};
use crate::network::{
    Backward, Forward, Network, Scaled, backward, forward, pull_back, push_forward,
};
use crate::num::magnitude::Magnitude;

const RANDOM_DIRECTIONS: usize = 4;
const POWER_STEPS: usize = 12;
const CONJUGATE_STEPS: usize = 8;
const ASCENT_STEPS: usize = 6;
/// At most so many layers are aimed at by the margin search and by power iteration.
const AIMED_LAYERS: usize = 12;

/// A point y = x + u of the ball, with its passes.
#[derive(Clone, Debug)]
pub struct Visited {
    /// What led there.
    pub search: Search,
    /// For searches that aim at one layer, which.
    pub layer: Option<usize>,
    /// u, as a multiple of the same power of two as x.
    pub step: Scaled,
    /// At y.
    pub forward: Forward,
    /// At y.
    pub backward: Backward,
    /// ‖∇f(y) − ∇f(x)‖.
    pub gradient_change: Option<Magnitude>,
}

/// Everything that was found around one input.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Points of the ball, x first.
    pub visited: Vec<Visited>,
    /// A lower bound on the operator norm ‖J_j(x)‖ for j = 1 … L; empty where it was not searched
    /// for.
    pub norms: Vec<Option<Magnitude>>,
    /// Of the points found, that of largest gradient change; `None` if none has any.
    pub steepest: Option<usize>,
    /// ‖T_j(y)‖ there, for j = 1 … L; empty where neurons do not flip.
    pub terms: Vec<Option<Magnitude>>,
    /// Is the radius so small that rounding would be mistaken for an effect?
    pub blurred: bool,
}

/// Runs the searches of `setting` around the input of the passes.
pub fn survey(
    network: &mut dyn Network,
    at: &Forward,
    gradient: &Backward,
    setting: &Setting,
) -> Survey {
    let mut search = Explorer { network, at, gradient, setting, visited: Vec::new() };
    let depth = search.network.depth();
    let still = setting.radius == 0.0;
    let blurred = !resolves(setting.radius, search.network.roundoff(), depth);
    search.visited.push(Visited {
        search: Search::Input,
        layer: None,
        step: Scaled::new(Array1::zeros(at.input.values().len()), at.input.exponent()),
        forward: at.clone(),
        backward: gradient.clone(),
        gradient_change: Some(Magnitude::ZERO),
    });
    // Power iteration and the margin search take hundreds of products.
    let stored = search.network.is_stored();
    let stretched = if stored { search.stretch() } else { Vec::new() };
    let norms = stretched.iter().map(|s| s.0).collect();
    if !still && !blurred {
        search.random();
        search.along_gradient();
        if setting.runs(Search::Stretch) {
            let every = depth.div_ceil(AIMED_LAYERS).max(1);
            let aimed = stretched.into_iter().step_by(every);
            let steps = aimed.map(|(_, v, layer)| (v, Some(layer))).collect();
            search.visit(Search::Stretch, steps);
        }
        if stored {
            search.margin();
        }
        search.ascend();
    }
    let visited = search.visited;
    let steepest = (0..visited.len())
        .max_by_key(|&i| visited[i].gradient_change)
        .filter(|&i| visited[i].gradient_change.is_some_and(|change| !change.is_zero()));
    let terms = match steepest.filter(|_| at.curve.is_none()) {
        None => Vec::new(),
        Some(i) => {
            let layers: Vec<(usize, &Forward)> =
                (1..=depth).map(|j| (j, &visited[i].forward)).collect();
            terms(network, at, gradient, &layers)
        }
    };
    Survey { visited, norms, steepest, terms, blurred }
}

/// ‖T_j(y)‖ for each (j, pass at y): the part of layer j in ∇f(x) − ∇f(y).
pub fn terms(
    network: &mut dyn Network,
    at: &Forward,
    gradient: &Backward,
    layers: &[(usize, &Forward)],
) -> Vec<Option<Magnitude>> {
    let rows: Vec<(usize, Scaled, &Forward)> = layers
        .iter()
        .map(|&(layer, there)| (layer, flipped_row(at, gradient, there, layer), there))
        .collect();
    pull_back(network, &rows).iter().map(Scaled::norm).collect()
}

/// b_j(x) (D_j(x) − D_j(y)).
pub fn flipped_row(at: &Forward, gradient: &Backward, there: &Forward, layer: usize) -> Scaled {
    let row = &gradient.rows[layer];
    let mut values = Array1::zeros(row.values().len());
    let patterns = at.pattern(layer).zip(there.pattern(layer)).enumerate();
    let jump = 1.0 - at.slopes[layer - 1];
    for (k, (here, _)) in patterns.filter(|(_, (a, b))| a != b) {
        values[k] = if here { jump * row.values()[k] } else { -jump * row.values()[k] };
    }
    Scaled::new(values, row.exponent())
}

struct Explorer<'a> {
    network: &'a mut dyn Network,
    at: &'a Forward,
    gradient: &'a Backward,
    setting: &'a Setting,
    visited: Vec<Visited>,
}

impl Explorer<'_> {
    /// Goes to the sphere of radius R in each direction.
    fn visit(&mut self, search: Search, directions: Vec<(Scaled, Option<usize>)>) {
        let input = &self.at.input;
        let size = input.values().dot(input.values()).sqrt() * self.setting.radius;
        let mut steps = Vec::new();
        for (direction, layer) in directions {
            let norm = direction.values().dot(direction.values()).sqrt();
            if norm > 0.0 && norm.is_finite() {
                // Rounded inward: the ball is closed, and y must not leave it.
                let u = direction.values() * (size * (1.0 - 1e-12) / norm);
                steps.push((u, layer));
            }
        }
        let points: Vec<Scaled> =
            steps.iter().map(|(u, _)| Scaled::new(input.values() + u, input.exponent())).collect();
        if points.is_empty() {
            return;
        }
        let passes = forward(self.network, &points);
        let backs = backward(self.network, &passes);
        for (((u, layer), pass), back) in steps.into_iter().zip(passes).zip(backs) {
            let gradient_change = back.gradient().minus(self.gradient.gradient()).norm();
            let step = Scaled::new(u, input.exponent());
            self.visited.push(Visited {
                search,
                layer,
                step,
                forward: pass,
                backward: back,
                gradient_change,
            });
        }
    }

    fn random(&mut self) {
        if !self.setting.runs(Search::Random) {
            return;
        }
        let dimension = self.at.input.values().len();
        let directions = (0..RANDOM_DIRECTIONS)
            .map(|i| (self.random_direction(dimension, i as u64), None))
            .collect();
        self.visit(Search::Random, directions);
    }

    fn random_direction(&self, dimension: usize, block: u64) -> Scaled {
        let mut values = vec![0.0; dimension];
        Stream::new(Address { block, ..self.setting.address }).fill(&mut values);
        Scaled::new(Array1::from(values), 0)
    }

    fn along_gradient(&mut self) {
        if self.setting.runs(Search::Gradient) {
            let gradient = self.gradient.gradient();
            let against = Scaled::new(-gradient.values(), gradient.exponent());
            self.visit(Search::Gradient, vec![(gradient.clone(), None), (against, None)]);
        }
    }

    /// ‖J_j v‖ for the v of power iteration, j = 1 … L, all layers in step.
    fn stretch(&mut self) -> Vec<(Option<Magnitude>, Scaled, usize)> {
        let depth = self.network.depth();
        let dimension = self.at.input.values().len();
        let mut vectors: Vec<Scaled> = (0..depth)
            .map(|j| self.random_direction(dimension, (RANDOM_DIRECTIONS + j) as u64))
            .collect();
        let mut norms = vec![None; depth];
        for _ in 0..POWER_STEPS {
            let directions: Vec<(usize, Scaled, &Forward)> =
                vectors.iter().enumerate().map(|(j, v)| (j + 1, v.clone(), self.at)).collect();
            let images = push_forward(self.network, &directions);
            for ((norm, image), v) in norms.iter_mut().zip(&images).zip(&vectors) {
                *norm = image.norm().zip(v.norm()).and_then(|(a, b)| a / b);
            }
            let rows: Vec<(usize, Scaled, &Forward)> =
                images.into_iter().enumerate().map(|(j, w)| (j + 1, w, self.at)).collect();
            vectors = pull_back(self.network, &rows);
        }
        norms.into_iter().zip(vectors).enumerate().map(|(j, (n, v))| (n, v, j + 1)).collect()
    }

    /// For each layer, flip sets of three sizes: about what the ball can reach, and parts of it.
    fn margin(&mut self) {
        // It is about neurons that flip.
        if !self.setting.runs(Search::Margin) || self.at.curve.is_some() {
            return;
        }
        let widths = self.network.widths().to_vec();
        let mut targets = Vec::new();
        // In deep networks, layers spread over the depth.
        let every = (widths.len() - 1).div_ceil(AIMED_LAYERS).max(1);
        for (layer, &n) in widths.iter().enumerate().skip(1).step_by(every) {
            let width = n as f64;
            let ratio = 6.0 * self.setting.radius.powi(2) * widths[0] as f64
                / (std::f64::consts::PI * width);
            let rank = widths[..layer].iter().copied().min().unwrap_or(1) as f64;
            for part in [1.0, 0.6, 0.35] {
                let m = (part * width * ratio.cbrt()).min(0.8 * rank).min(0.5 * width).max(1.0);
                targets.push(Target::new(self.at, layer, m as usize));
            }
        }
        let steps = self.least_norm(targets);
        self.visit(Search::Margin, steps);
    }

    /// The least u with w_k·J_{j−1}u = −z_k for the neurons k of each target, by conjugate
    /// gradients on the coefficients of u in the pulled-back rows.
    fn least_norm(&mut self, mut targets: Vec<Target>) -> Vec<(Scaled, Option<usize>)> {
        for _ in 0..CONJUGATE_STEPS {
            let pulled = self.pull(targets.iter().map(|t| &t.direction));
            let pushed: Vec<(usize, Scaled, &Forward)> =
                targets.iter().zip(pulled).map(|(t, v)| (t.layer - 1, v, self.at)).collect();
            let inner = push_forward(self.network, &pushed);
            for (target, v) in targets.iter_mut().zip(inner) {
                let image = apply_one(self.network, target.layer, &v);
                target.advance(&image);
            }
        }
        let steps = self.pull(targets.iter().map(|t| &t.solution));
        steps.into_iter().zip(targets).map(|(u, t)| (u, Some(t.layer))).collect()
    }

    /// Rows over the neurons of a layer, taken through W_layer and back to the input.
    fn pull<'b>(&mut self, rows: impl Iterator<Item = &'b (usize, Scaled)>) -> Vec<Scaled> {
        let rows: Vec<(usize, Scaled, &Forward)> =
            rows.map(|(layer, row)| (*layer, row.clone(), self.at)).collect();
        pull_back(self.network, &rows)
    }

    /// From the two points of largest gradient change, up the affine error and down.
    fn ascend(&mut self) {
        if !self.setting.runs(Search::Ascent) || self.visited.len() < 2 {
            return;
        }
        let mut order: Vec<usize> = (1..self.visited.len()).collect();
        order.sort_by(|&a, &b| {
            self.visited[b].gradient_change.cmp(&self.visited[a].gradient_change)
        });
        let mut chains: Vec<usize> = order.into_iter().take(2).collect();
        for round in 0..ASCENT_STEPS {
            let directions: Vec<(Scaled, Option<usize>)> = chains
                .iter()
                .map(|&i| {
                    let visited = &self.visited[i];
                    let change = visited.backward.gradient().minus(self.gradient.gradient());
                    // Away from the side on which the affine error lies.
                    let up = change.dot(&visited.step).mantissa >= 0.0 || round > 0;
                    let sign = if up { 1.0 } else { -1.0 };
                    (Scaled::new(change.values() * sign, change.exponent()), None)
                })
                .collect();
            let first = self.visited.len();
            self.visit(Search::Ascent, directions);
            let new: Vec<usize> = (first..self.visited.len()).collect();
            if new.is_empty() {
                return;
            }
            chains = new;
        }
    }
}

/// Conjugate gradients for one layer's flip set.
struct Target {
    layer: usize,
    flip: Vec<usize>,
    exponent: Option<i64>,
    residual: Array1<f64>,
    direction: (usize, Scaled),
    solution: (usize, Scaled),
}

impl Target {
    /// The m neurons of smallest margin |z| in the layer.
    fn new(at: &Forward, layer: usize, m: usize) -> Self {
        let z = at.pre[layer - 1].values();
        let mut order: Vec<usize> = (0..z.len()).collect();
        order.sort_by(|&a, &b| z[a].abs().total_cmp(&z[b].abs()));
        order.truncate(m);
        let mut residual = Array1::zeros(z.len());
        for &k in &order {
            residual[k] = -z[k];
        }
        let start = (layer, Scaled::new(residual.clone(), 0));
        let nothing = (layer, Scaled::new(Array1::zeros(z.len()), 0));
        Target { layer, flip: order, exponent: None, residual, direction: start, solution: nothing }
    }

    /// One step, given the image of the direction under the operator.
    fn advance(&mut self, image: &Scaled) {
        // The operator is only needed up to a power of two, the same in each step.
        let exponent = *self.exponent.get_or_insert(image.exponent() - self.direction.1.exponent());
        let image = image.at_exponent(exponent);
        let mut kept = Array1::zeros(image.len());
        for &k in &self.flip {
            kept[k] = image[k];
        }
        let direction = self.direction.1.at_exponent(0);
        let curvature = direction.dot(&kept);
        let size = self.residual.dot(&self.residual);
        if !(curvature > 0.0 && size > 0.0) {
            return;
        }
        let length = size / curvature;
        let solution = self.solution.1.at_exponent(0) + &direction * length;
        self.residual = &self.residual - &(kept * length);
        let next = &self.residual + &(direction * (self.residual.dot(&self.residual) / size));
        self.solution.1 = Scaled::new(solution, 0);
        self.direction.1 = Scaled::new(next, 0);
    }
}

fn apply_one(network: &mut dyn Network, layer: usize, v: &Scaled) -> Scaled {
    let row = v.values().view().insert_axis(ndarray::Axis(0));
    let product = network.apply(layer, row).row(0).to_owned();
    Scaled::new(product, v.exponent())
}
