//! What is given and what is said of it: parameters, claims, outcomes. Nothing here computes a
//! bound, and nothing draws a network.

pub mod account;
pub mod bias;
pub mod claim;
pub mod classes;
pub mod clean;
pub mod curve;
pub mod error;
pub mod norm;
pub mod outcome;
pub mod params;
pub mod shard;
pub mod slope;
pub mod start;
pub mod statement;
pub mod weights;
