//! The other side of the threshold: widths at which the step t is proved to fail in half of the
//! networks. `proofs/direct.md#converse`.
//!
//! As for the flip the recursion is written once over [`Number`](crate::num::Number).

mod norms;
mod plan;
mod sums;
mod walk;

pub use plan::{certify, share, widest_failing};
