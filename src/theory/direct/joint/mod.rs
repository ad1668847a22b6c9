//! The flip with κ revealed first and all layers bounded at once: for ReLU without biases.
//! `proofs/direct.md#joint`.
//!
//! As for the way layer by layer the recursion is written once over [`Number`](crate::num::Number).

mod chance;
mod norms;
mod plan;
mod slices;
mod walk;

pub use plan::{Joint, Search, Spending, USUAL, certify, choose, serves};
