//! What a network of any size shows at one input, drawn from its exact law: a product of one number a layer.
//! `proofs/output.md#law`, `proofs/gradient.md#law`.

use crate::magnitude::Magnitude;
use crate::sample::{Address, Stream};

/// f and its gradient at one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LawDraw {
    /// |f(x)| √d/‖x‖.
    pub output: Option<Magnitude>,
    /// ‖∇f(x)‖.
    pub gradient: Option<Magnitude>,
    /// |f(x)|/(‖∇f(x)‖‖x‖); not defined in a dead network.
    pub ratio: Option<Magnitude>,
    /// Is the network constantly 0 near x?
    pub dead: bool,
    /// L.
    pub depth: usize,
}

impl LawDraw {
    /// For widths d₀, …, d_L, in the given trial: A = Π S(d_i)/d_i and G ~ N(0, I_d), ∇f(x) = √(A/d) G and
    /// f(x) = ⟨∇f(x), x⟩.
    pub fn new(widths: &[u128], seed: u64, trial: u64) -> Self {
        let mut stream = Stream::new(Address { seed, trial, layer: Address::LAW, block: 0 });
        let mut log_scale = 0.0;
        for &width in &widths[1..] {
            // 0, and so −∞, for a silent layer.
            log_scale += 0.5 * stream.rectified_sum(width).ln();
        }
        let dead = log_scale == f64::NEG_INFINITY;
        let mut along = [0.0f64];
        stream.fill(&mut along);
        let along = along[0].abs();
        let dimension = widths[0] as f64;
        let across = match widths[0] {
            1 => 0.0,
            d => (d - 1) as f64 * stream.chi_square(d - 1),
        };
        let length = (along * along + across).sqrt();
        let scaled = |factor: f64| Magnitude::from_ln(log_scale + factor.ln());
        LawDraw {
            output: scaled(along),
            gradient: scaled(length / dimension.sqrt()),
            ratio: (!dead).then(|| Magnitude::from_f64(along / length)).flatten(),
            dead,
            depth: widths.len() - 1,
        }
    }
}
