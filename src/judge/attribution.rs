//! Where the slack of ε comes from, split over lemmas and layers. `proofs/slack.md`.

use serde::{Deserialize, Serialize};

use crate::judge::row::Row;
use crate::judge::verdict::Verdict;
use crate::model::params::Architecture;
use crate::stage::slack::statements::FACTORS;

/// The whole slack of ε, in factors of ten, and its parts, which add up to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    /// log₁₀ of the bound over the geometric mean of what was observed.
    pub total: f64,
    /// Lost by adding the norms of the layers' terms.
    pub triangle: f64,
    /// Lost on layers of which no flip was seen.
    pub unseen: f64,
    /// Names of the lemmas, in the order of the parts.
    pub lemmas: Vec<String>,
    /// One entry per layer in which flips were seen.
    pub layers: Vec<LayerPart>,
    /// The lemma that loses most, with what it loses.
    pub loosest: (String, f64),
}

/// What one layer contributes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerPart {
    /// Which.
    pub layer: usize,
    /// The share of this layer's own slack that counts: the weights of all layers add up to about
    /// 1.
    pub weight: f64,
    /// Factors of ten by lemma, already weighted.
    pub parts: Vec<f64>,
}

/// log₁₀ of e_j, of the geometric mean of ‖T_j‖/‖∇f(x)‖, and of both sides' factors.
struct Compared {
    layer: usize,
    bound: f64,
    found: f64,
    factors: Vec<(f64, f64)>,
}

impl Attribution {
    /// From the rows of the stage `slack`; `None` where there are none, nothing was observed, or
    /// something is not a number.
    pub fn new(rows: &[Row], architecture: &Architecture) -> Option<Self> {
        let mut own = rows.iter().filter(|row| row.statement.starts_with("slack."));
        if own.any(|row| row.verdict == Some(Verdict::NumericalFailure)) {
            // What is left of the observations is no share of anything.
            return None;
        }
        let total = rows.iter().find(|row| row.statement == "slack.total")?;
        let log = |row: &Row| -> Option<(f64, f64)> {
            let bound = row.bound?.value;
            let usable = bound.is_finite() && !bound.is_zero();
            usable.then_some(())?;
            Some((bound.log10(), row.observed.as_ref()?.mean_log10?))
        };
        let (all, seen) = log(total)?;
        let widths = architecture.widths();
        let mut layers = Vec::new();
        for layer in 1..=architecture.depth() {
            let factors: Option<Vec<(f64, f64)>> = FACTORS
                .iter()
                .map(|statement| {
                    let row =
                        |row: &&Row| row.statement == statement.label && row.layer == Some(layer);
                    rows.iter().find(row).and_then(log)
                })
                .collect();
            if let Some(factors) = factors {
                let scale = 0.5 * (widths[layer] as f64 * widths[layer - 1] as f64).log10();
                let bound = factors.iter().map(|f| f.0).sum::<f64>() - scale;
                let found = factors.iter().map(|f| f.1).sum::<f64>() - scale;
                layers.push(Compared { layer, bound, found, factors });
            }
        }
        let bounds: f64 = layers.iter().map(|layer| 10f64.powf(layer.bound)).sum();
        let found: f64 = layers.iter().map(|layer| 10f64.powf(layer.found)).sum();
        if layers.is_empty() || !(bounds.is_finite() && found > 0.0) {
            return None;
        }
        let mean = logarithmic_mean(bounds, found);
        let parts: Vec<LayerPart> = layers
            .iter()
            .map(|one| {
                let weight = logarithmic_mean(10f64.powf(one.bound), 10f64.powf(one.found)) / mean;
                let parts = one.factors.iter().map(|(a, b)| weight * (a - b)).collect();
                LayerPart { layer: one.layer, weight, parts }
            })
            .collect();
        let lemmas: Vec<String> = FACTORS
            .iter()
            .map(|s| s.label.split_once('.').map_or(s.label, |(_, name)| name).to_owned())
            .collect();
        let (triangle, unseen) = (found.log10() - seen, all - bounds.log10());
        let lost = |i: usize| parts.iter().map(|layer| layer.parts[i]).sum::<f64>();
        let names = lemmas.iter().enumerate().map(|(i, name)| (name.clone(), lost(i)));
        let loosest =
            names.chain([("triangle".to_owned(), triangle)]).max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Attribution { total: all - seen, triangle, unseen, lemmas, layers: parts, loosest })
    }

    /// What a lemma loses over all layers.
    pub fn lemma(&self, index: usize) -> f64 {
        self.layers.iter().map(|layer| layer.parts[index]).sum()
    }
}

/// (a − b)/log(a/b).
fn logarithmic_mean(a: f64, b: f64) -> f64 {
    let gap = (a / b).ln();
    if gap.abs() < 1e-9 { a } else { (a - b) / gap }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithmic_means_lie_between_and_are_continuous() {
        assert!((logarithmic_mean(2.0, 2.0) - 2.0).abs() < 1e-12);
        assert!((logarithmic_mean(2.0, 2.0 + 1e-7) - 2.0).abs() < 1e-6);
        let mean = logarithmic_mean(1.0, 100.0);
        assert!((mean - 99.0 / 100f64.ln()).abs() < 1e-12);
    }
}
