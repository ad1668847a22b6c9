//! A network as far as its spheres are concerned, and the events that their links rest on.

use crate::model::account::kind::{
    DIFFERENCE, FIRST_ABOVE, FIRST_BELOW, GAUSSIAN, LINKS, NORMS_ABOVE, NORMS_BELOW, OPERATOR,
    RATIO_ABOVE, RATIO_BELOW, SECOND_ABOVE, SECOND_BELOW, SUM_BELOW,
};
use crate::model::account::{Kind, Shares, WHOLE};
use crate::model::params::Params;
use crate::model::slope::Slope;
use crate::num::Enclosure;

/// A network whose hidden layers are at least as wide as the narrowest.
#[derive(Clone, Debug)]
pub struct Shape {
    pub(super) dimension: u128,
    pub(super) depth: u64,
    pub(super) narrowest: u128,
    /// (d_{i−1}, d_i, how often) for i = 1 … L+1.
    pub(super) steps: Vec<(u128, u128, u64)>,
    pub(super) slope: Slope,
    /// 𝗌_1², …, 𝗌_L²; none without biases.
    pub(super) squares: Vec<Enclosure>,
    /// The events of a coarse link.
    pub(super) link: Shares,
}

impl Shape {
    /// That of a network.
    pub fn new(params: &Params) -> Self {
        let architecture = &params.architecture;
        let widths = architecture.widths();
        let mut steps: Vec<(u128, u128, u64)> = Vec::new();
        for (i, &from) in widths.iter().enumerate() {
            let to = widths.get(i + 1).copied().unwrap_or(1);
            match steps.last_mut() {
                Some((a, b, count)) if (*a, *b) == (from, to) => *count += 1,
                _ => steps.push((from, to, 1)),
            }
        }
        let mut squares = Vec::new();
        if !params.bias.is_none() {
            squares = params.relative_biases(&Enclosure::integer(params.precision(), 0));
            squares.truncate(architecture.depth());
        }
        let depth = architecture.depth() as u64;
        Shape {
            dimension: widths[0],
            depth,
            narrowest: architecture.hidden().iter().copied().min().unwrap_or(1),
            steps,
            slope: params.slope.clone(),
            link: shares(depth, !squares.is_empty()),
            squares,
        }
    }

    /// `depth` ≥ 1 hidden layers of one width, without biases.
    pub fn equal(dimension: u128, depth: u64, width: u128, slope: &Slope) -> Self {
        let steps = vec![(dimension, width, 1), (width, width, depth - 1), (width, 1, 1)];
        let (slope, link) = (slope.clone(), shares(depth, false));
        Shape { dimension, depth, narrowest: width, steps, slope, squares: Vec::new(), link }
    }

    /// log of √Π(1 + 𝗌_i²): by so much biases lessen the change of f, in wide networks.
    pub(super) fn log_calm(&self) -> f64 {
        self.squares.iter().map(|square| 0.5 * square.to_f64().ln_1p()).sum()
    }

    /// Equal parts of δ for the norm at x₀, for the Lipschitz constant, and for each of so many
    /// levels of links.
    pub(super) fn plan(&self, levels: usize) -> Shares {
        let parts = levels as u32 + 2;
        let norm = Shares::equal(&[(SUM_BELOW, 1..=self.depth)]).portion(1, parts);
        let lipschitz = Shares::equal(&[(OPERATOR, 1..=self.depth + 1)]).portion(1, parts);
        let links = Shares::equal(&[(LINKS, 1..=levels as u64)]).portion(levels as u32, parts);
        norm.and(lipschitz).and(links)
    }
}

/// The events of a link that is bounded by collapse, in each layer.
pub(super) fn in_layers(biased: bool) -> &'static [Kind] {
    const ALL: [Kind; 7] = [
        DIFFERENCE,
        FIRST_BELOW,
        SECOND_BELOW,
        RATIO_ABOVE,
        RATIO_BELOW,
        FIRST_ABOVE,
        SECOND_ABOVE,
    ];
    if biased { &ALL } else { &ALL[..5] }
}

/// Those of all layers: with biases norms are followed layer by layer.
pub(super) fn of_all(biased: bool) -> &'static [Kind] {
    const ALL: [Kind; 3] = [GAUSSIAN, NORMS_ABOVE, NORMS_BELOW];
    if biased { &ALL[..1] } else { &ALL }
}

/// All of them at equal shares.
fn shares(depth: u64, biased: bool) -> Shares {
    let mut families: Vec<_> = of_all(biased).iter().map(|&kind| (kind, WHOLE)).collect();
    families.extend(in_layers(biased).iter().map(|&kind| (kind, 1..=depth)));
    Shares::equal(&families)
}
