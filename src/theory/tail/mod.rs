//! Tail tools: rigorous bounds on the tails and moments of the laws that the proofs use.
//!
//! Write S(n) = Σ_{k≤n} σ(g_k)² for independent standard normals g_k, the *rectified sum*: a
//! χ² variable with Bin(n, ½) degrees of freedom. Every function here holds for all its
//! arguments; free parameters of the inequalities are found by a search that may be sloppy.
//! Proofs: `proofs/tools.md`.

mod bent;
mod chernoff;
mod moments;
mod narrow;
pub mod sets;

pub use chernoff::{
    chi_square_lower, chi_square_upper, gaussian_upper, rectified_lower, rectified_upper,
};
pub use moments::{
    BinomialCut, chi_square_log_lower_moment, gaussian_log_tail_moment, rectified_log_moment,
    rectified_log_negative_moment,
};
pub use narrow::{log_narrow, rough_narrow};

use crate::model::params::Probability;
use crate::num::Enclosure;

/// log(1/share) at `precision` bits.
fn nats(share: &Probability, precision: u32) -> Enclosure {
    -share.enclosure(precision).ln()
}

/// Between which logarithms the searches look for their parameter.
fn log_bracket(n: u128, nats: f64) -> (f64, f64) {
    // The best parameter is about √(ℓ/n) where that is small and e^{2ℓ/n} where it is not.
    let n = n as f64;
    (0.5 * (nats.clamp(1e-300, 1.0) / n).ln() - 7.0, 4.0 * nats / n + 7.0)
}
