//! Passes near one input, in units in which it is of size 1.

use super::engine::{Engine, exponent_of, times_power};
use crate::network::inner;

/// The engine around one place. Displacements from it are in units of 2^`exponent`,
/// and so are outputs, whose gradients have no unit.
pub struct Local<'a> {
    /// What passes.
    pub engine: &'a Engine,
    /// The place.
    pub origin: Vec<f64>,
    /// The unit's power of two.
    pub exponent: i64,
    /// In these units.
    biases: Vec<Vec<f64>>,
}

/// Pre-activations of all layers, the outputs last.
pub type Pass = Vec<Vec<f64>>;

/// For every hidden layer, which neurons are active.
pub type Pattern = Vec<Vec<bool>>;

impl<'a> Local<'a> {
    /// Around a place.
    pub fn new(engine: &'a Engine, place: &[f64]) -> Self {
        let largest = |numbers: &[f64]| numbers.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        // Where biases outweigh the input it is they that tell how far things are.
        let biases = engine.biases.iter().filter_map(|b| b.as_slice());
        let sizes = biases.map(largest).chain([largest(place)]);
        let exponent = sizes.filter_map(exponent_of).max().unwrap_or(0);
        let scaled = |v: &f64| times_power(*v, -exponent);
        Local {
            engine,
            origin: place.iter().map(scaled).collect(),
            exponent,
            biases: engine.biases.iter().map(|b| b.iter().map(scaled).collect()).collect(),
        }
    }

    /// A displacement in true units.
    pub fn unscaled(&self, v: &[f64]) -> Vec<f64> {
        v.iter().map(|v| times_power(*v, self.exponent)).collect()
    }

    /// The pass at a displacement.
    pub fn forward(&self, v: &[f64]) -> Pass {
        self.pass(v, |_, _, z| z > 0.0)
    }

    /// That of the affine function which the network is where its pattern is this.
    pub fn forward_on(&self, pattern: &Pattern, v: &[f64]) -> Pass {
        self.pass(v, |i, k, _| pattern[i][k])
    }

    fn pass(&self, v: &[f64], active: impl Fn(usize, usize, f64) -> bool) -> Pass {
        let mut hidden: Vec<f64> = self.origin.iter().zip(v).map(|(a, b)| a + b).collect();
        let mut pre = Vec::with_capacity(self.engine.depth() + 1);
        for i in 0..=self.engine.depth() {
            let mut z = self.engine.product(i + 1, &hidden);
            if let Some(bias) = self.biases.get(i) {
                z.iter_mut().zip(bias).for_each(|(z, b)| *z += b);
            }
            if let Some(&slope) = self.engine.slopes.get(i) {
                let entries = z.iter().enumerate();
                hidden =
                    entries.map(|(k, &z)| if active(i, k, z) { z } else { slope * z }).collect();
            }
            pre.push(z);
        }
        pre
    }

    /// The pattern of a pass.
    pub fn pattern(&self, pass: &Pass) -> Pattern {
        let layers = &pass[..self.engine.depth()];
        layers.iter().map(|z| z.iter().map(|&z| z > 0.0).collect()).collect()
    }

    /// The gradient of a combination of a layer's pre-activations, 1 … L+1, where the pattern is
    /// this.
    pub fn gradient(&self, pattern: &Pattern, layer: usize, row: &[f64]) -> Vec<f64> {
        let mut row = self.engine.transposed(layer, row);
        for i in (1..layer).rev() {
            let slope = self.engine.slopes[i - 1];
            for (entry, &active) in row.iter_mut().zip(&pattern[i - 1]) {
                if !active {
                    *entry *= slope;
                }
            }
            row = self.engine.transposed(i, &row);
        }
        row
    }

    /// That of a combination of the outputs.
    pub fn slope_of(&self, pass: &Pass, row: &[f64]) -> Vec<f64> {
        self.gradient(&self.pattern(pass), self.engine.depth() + 1, row)
    }
}

/// A combination of the outputs.
pub fn margin(pass: &Pass, row: &[f64]) -> f64 {
    pass.last().map_or(f64::NAN, |outputs| inner(outputs, row))
}

/// The least of several, and which it is.
pub fn worst(pass: &Pass, rows: &[Vec<f64>]) -> (usize, f64) {
    let margins = rows.iter().map(|row| margin(pass, row)).enumerate();
    margins.fold((0, f64::INFINITY), |least, next| if next.1 < least.1 { next } else { least })
}
