//! The square 2S(n)/n of one layer of n neurons: 2χ²_N/n with N ~ Bin(n, ½), N ≥ 1, its powers and
//! its law tilted by them. Weights and powers are kept as logarithms: in far tails both leave
//! `f64`.

use std::f64::consts::{LN_2, PI};

use num_complex::Complex64;

use super::gamma::{ln_gamma, log_ratio};

/// Up to this width every N has a node; above, nodes are a fraction of a deviation apart.
const SUM_LIMIT: u128 = 1 << 12;
/// Distance of the nodes of wide layers in deviations of N. The error of that sum in place of the
/// sum over integers is e^{−2π²/h²}.
const SPACING: f64 = 0.2;
/// Tilted weights below this share of the largest change no digit.
const NEGLIGIBLE: f64 = -46.0;

/// One value of N.
#[derive(Clone, Copy)]
struct Node {
    /// N/2.
    half: f64,
    /// log(2N/n).
    log_mean: f64,
    log_weight: f64,
}

/// The values of N with their probabilities.
pub struct Mixture {
    width: f64,
    /// Are the nodes consecutive integers?
    unit: bool,
    nodes: Vec<Node>,
}

impl Mixture {
    /// Without values of probability below e^{−nats}.
    pub fn new(width: u128, nats: f64) -> Self {
        let (n, unit) = (width as f64, width <= SUM_LIMIT);
        let nodes = if unit {
            (1..=width).map(|k| integer_node(n, k as f64)).collect()
        } else {
            // Hoeffding: P(|2N/n − 1| ≥ x/√n) ≤ 2e^{−x²/2}.
            let most = ((2.0 * nats + 2.0).sqrt().min(n.sqrt() - 1.0) / SPACING) as i32;
            (-most..=most).map(|i| wide_node(n, f64::from(i) * SPACING)).collect::<Vec<_>>()
        };
        let kept = nodes.into_iter().filter(|node| node.log_weight >= -nats).collect();
        Mixture { width: n, unit, nodes: kept }
    }

    /// n.
    pub fn width(&self) -> f64 {
        self.width
    }

    /// The fewest degrees of freedom kept.
    pub fn least(&self) -> f64 {
        self.nodes.first().map_or(self.width, |node| 2.0 * node.half)
    }

    /// The law with density proportional to the old one times (2S/n)^θ, for θ > −least/2.
    pub fn tilted(&self, theta: f64) -> Tilted {
        let logs = self.log_moments(theta);
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = logs.iter().map(|log| (log - most).exp()).sum();
        let log_norm = most + total.ln();
        let kept = self.nodes.iter().zip(&logs).filter(|(_, log)| *log - most > NEGLIGIBLE);
        let nodes = kept
            .map(|(node, log)| Node {
                half: node.half + theta,
                log_mean: node.log_mean + (theta / node.half).ln_1p(),
                log_weight: log - log_norm,
            })
            .collect();
        Tilted { log_norm, unit: self.unit, nodes }
    }

    /// log of weight · E(2χ²_N/n)^θ, by node.
    fn log_moments(&self, theta: f64) -> Vec<f64> {
        let direct = |node: &Node| {
            theta * node.log_mean + log_ratio(node.half, Complex64::new(theta, 0.0)).re
        };
        let mut logs: Vec<f64> = Vec::with_capacity(self.nodes.len());
        for (i, node) in self.nodes.iter().enumerate() {
            // Two more degrees of freedom bring the factor (N/2 + θ)/(N/2).
            logs.push(match i.checked_sub(2).filter(|_| self.unit) {
                Some(before) => logs[before] + (theta / self.nodes[before].half).ln_1p(),
                None => direct(node),
            });
        }
        logs.iter().zip(&self.nodes).map(|(log, node)| log + node.log_weight).collect()
    }
}

fn integer_node(n: f64, k: f64) -> Node {
    let log_weight = ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0) - n * LN_2;
    Node { half: 0.5 * k, log_mean: (2.0 * k / n).ln(), log_weight }
}

/// At N = n/2 + x√n/2, by Stirling's series, with the distance of the nodes in its weight.
fn wide_node(n: f64, x: f64) -> Node {
    let excess = x / n.sqrt();
    let (more, fewer) = (0.5 * n * (1.0 + excess), 0.5 * n * (1.0 - excess));
    let rest = |z: f64| 1.0 / (12.0 * z) - 1.0 / (360.0 * z * z * z);
    let log_weight = -n * divergence(excess) - 0.5 * (2.0 * PI).ln() + SPACING.ln()
        - 0.5 * (-excess * excess).ln_1p()
        + rest(n)
        - rest(more)
        - rest(fewer);
    Node { half: 0.5 * more, log_mean: excess.ln_1p(), log_weight }
}

/// ((1+e) log(1+e) + (1−e) log(1−e))/2.
fn divergence(e: f64) -> f64 {
    let square = e * e;
    if square > 0.01 {
        return 0.5 * ((1.0 + e) * e.ln_1p() + (1.0 - e) * (-e).ln_1p());
    }
    // Σ e^{2j}/(2j(2j−1)).
    (1..=9)
        .rev()
        .map(f64::from)
        .fold(0.0, |sum, j| (sum + 1.0 / (2.0 * j * (2.0 * j - 1.0))) * square)
}

/// A tilted law.
pub struct Tilted {
    /// log E[(2S/n)^θ; N ≥ 1].
    pub log_norm: f64,
    unit: bool,
    nodes: Vec<Node>,
}

impl Tilted {
    /// E (2S/n)^{it}.
    pub fn characteristic(&self, t: f64) -> Complex64 {
        let it = Complex64::new(0.0, t);
        let direct = |node: &Node| (it * node.log_mean + log_ratio(node.half, it)).exp();
        let each = self.nodes.iter().map(|node| (node, node.log_weight.exp()));
        if !self.unit {
            return each.map(|(node, weight)| direct(node) * weight).sum();
        }
        let mut recent = [Complex64::ZERO; 2];
        let mut sum = Complex64::ZERO;
        for (i, (node, weight)) in each.enumerate() {
            if i < 2 {
                recent[i] = direct(node);
            }
            sum += recent[i % 2] * weight;
            recent[i % 2] *= Complex64::new(1.0, t / node.half);
        }
        sum
    }
}
