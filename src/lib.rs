//! Proved bounds beside what random ReLU networks do.
//!
#![doc = include_str!("_docs/architecture.md")]
#![warn(missing_docs)]

pub mod account;
pub mod angle;
pub mod attribution;
pub mod ball;
pub mod certificate;
pub mod claim;
pub mod clean;
pub mod cli;
pub mod constants;
pub mod direct;
pub mod distribution;
pub mod error;
pub mod exact;
pub mod exit;
pub mod explore;
pub mod fit;
pub mod growth;
pub mod ledger;
pub mod magnitude;
pub mod memory;
pub mod network;
pub mod num;
pub mod pair;
pub mod params;
pub mod proof;
pub mod refusal;
pub mod report;
pub mod run;
pub mod sample;
pub mod scaling;
pub mod search;
pub mod signals;
pub mod stage;
pub mod start;
pub mod statement;
pub mod store;
pub mod tail;
mod vector;
pub mod verdict;

pub use error::{Error, Result};
pub use magnitude::Magnitude;
