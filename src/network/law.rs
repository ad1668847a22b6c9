//! What a network of any size shows at one input, drawn from its exact law: a product of one number
//! a layer. `proofs/output.md#law`, `proofs/gradient.md#law`.

use crate::network::sample::{Address, Stream};
use crate::num::magnitude::Magnitude;

/// Spreads below so many rounding errors are not seen.
const RESOLVED: f64 = 64.0;

/// f and its gradient at one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LawDraw {
    /// |f(x)| √d/‖x‖.
    pub output: Option<Magnitude>,
    /// ‖∇f(x)‖.
    pub gradient: Option<Magnitude>,
    /// Does it vary by more than its rounding error? In networks so wide that it does not, it says
    /// nothing of a bound.
    pub gradient_resolved: bool,
    /// |f(x)|/(‖∇f(x)‖‖x‖); not defined in a dead network.
    pub ratio: Option<Magnitude>,
    /// Is the network constantly 0 near x?
    pub dead: bool,
}

impl LawDraw {
    /// For widths d₀, …, d_L, slope a and the logarithms of 𝗌_i², 𝗌_i the relative biases (none
    /// without), in the given trial: A = Π S_a(d_i)/d_i and G ~ N(0, I_d), ∇f(x) = √(A/d) G and
    /// f(x) = ⟨∇f(x), x⟩, to which the biases add a normal variable. Logarithms are taken relative
    /// to that of the root of the mean of A, from which wide networks deviate little.
    pub fn new(widths: &[u128], slope: f64, biases: &[f64], seed: u64, trial: u64) -> Self {
        let mut stream = Stream::new(Address { seed, trial, layer: Address::LAW, block: 0 });
        let depth = widths.len() - 1;
        // What a layer keeps in the mean.
        let kept = 0.5 * (1.0 + slope * slope);
        // Of every layer; 0, and so −∞, for a silent one.
        let logs: Vec<f64> = widths[1..]
            .iter()
            .map(|&width| 0.5 * ln(stream.rectified_sum(width, slope) / kept))
            .collect();
        let log_scale = logs.iter().sum::<f64>();
        let dead = log_scale == f64::NEG_INFINITY;
        let mut along = [0.0f64];
        stream.fill(&mut along);
        let along = along[0].abs();
        let dimension = widths[0] as f64;
        let across = if widths[0] == 1 { 0.0 } else { stream.chi_square(widths[0] - 1) };
        // ‖G‖²/d, in which only one direction of many differs from the others.
        let square = across + (along * along - across) / dimension;
        let log_length = 0.5 * ln(square);
        let scaled = |log: f64| {
            // 2^{−L/2} is exact, or nearly.
            let half = if depth % 2 == 1 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
            let halves = Magnitude::new(half, -(depth as i64 / 2))?;
            let more = Magnitude::from_ln(0.5 * depth as f64 * (2.0 * kept).ln())?;
            Some(Magnitude::from_ln(log)? * halves * more)
        };
        let roundings = (depth + 8) as f64 * f64::EPSILON;
        // That of a layer's S_a(n)/n relative to its mean, times n.
        let layer = (1.5 * (1.0 + slope.powi(4)) - kept * kept) / (kept * kept);
        let variance = widths[1..].iter().map(|&d| layer / d as f64).sum::<f64>() + 2.0 / dimension;
        let log_output = if biases.is_empty() {
            log_scale + along.ln()
        } else {
            let mut normal = [0.0f64];
            stream.fill(&mut normal);
            // Of the two signs only whether they agree is seen.
            let parts = [(log_scale, along), (log_of_biases(&logs, biases), normal[0])];
            log_sum(parts)
        };
        let along = if biases.is_empty() { along } else { (log_output - log_scale).exp() };
        let ratio = along / (dimension.sqrt() * log_length.exp());
        LawDraw {
            output: scaled(log_output),
            gradient: scaled(log_scale + log_length),
            gradient_resolved: 0.5 * variance.sqrt() > RESOLVED * roundings,
            ratio: (!dead).then(|| Magnitude::from_f64(ratio)).flatten(),
            dead,
        }
    }
}

/// log √(Σ_i 𝗌_i² Π_{j<i}(1 + 𝗌_j²) Π_{j≥i} X_j), the deviation of what the biases add, for layers
/// with log √X_j and i = 1 … L+1.
fn log_of_biases(logs: &[f64], biases: &[f64]) -> f64 {
    let mut above: f64 = logs.iter().sum();
    let mut below = 0.0;
    let terms: Vec<f64> = biases
        .iter()
        .enumerate()
        .map(|(i, square)| {
            // −∞ − (−∞) would be none.
            if !above.is_finite() {
                above = logs[i..].iter().sum();
            }
            let term = 0.5 * square + below + above;
            below += 0.5 * square.exp().ln_1p();
            above -= logs.get(i).copied().unwrap_or(0.0);
            term
        })
        .collect();
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + 0.5 * terms.iter().map(|term| (2.0 * (term - most)).exp()).sum::<f64>().ln()
}

/// log |Σ e^log·value|.
fn log_sum(parts: [(f64, f64); 2]) -> f64 {
    let most = parts[0].0.max(parts[1].0);
    most + parts.iter().map(|(log, value)| (log - most).exp() * value).sum::<f64>().abs().ln()
}

/// To the last digits also of numbers near 1, which were rounded there.
fn ln(x: f64) -> f64 {
    if (0.5..2.0).contains(&x) { (x - 1.0).ln_1p() } else { x.ln() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the widest networks that are resolved, the deviations of the gradient's norm are those of
    /// its law: mean and variance within 6.5 deviations.
    #[test]
    fn small_deviations_are_kept() {
        for width in [10u128.pow(9), 10u128.pow(18), 10u128.pow(24)] {
            let draws = 4000;
            let draw = |trial| LawDraw::new(&[width; 5], 0.0, &[], 3, trial);
            assert!(draw(0).gradient_resolved);
            let spread = (5.5 / width as f64).sqrt();
            let values: Vec<f64> = (0..draws)
                .map(|trial| (draw(trial).gradient.unwrap().to_f64() * 4.0 - 1.0) / spread)
                .collect();
            let mean = values.iter().sum::<f64>() / draws as f64;
            let square = values.iter().map(|v| v * v).sum::<f64>() / draws as f64;
            let root = (draws as f64).sqrt();
            assert!(mean.abs() < 6.5 / root && (square - 1.0).abs() < 6.5 * 2f64.sqrt() / root);
        }
        assert!(!LawDraw::new(&[10u128.pow(30); 5], 0.0, &[], 3, 0).gradient_resolved);
    }

    #[test]
    fn on_a_line_the_ratio_is_one() {
        for trial in 0..100 {
            let draw = LawDraw::new(&[1, 7, 5], 0.0, &[], 3, trial);
            assert!(draw.dead || (draw.ratio.unwrap().to_f64() - 1.0).abs() < 1e-14);
        }
    }
}
