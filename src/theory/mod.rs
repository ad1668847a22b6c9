//! What is proved, and what is expected without proof. Nothing here knows a network.

pub mod activation;
pub mod angle;
pub mod ball;
pub mod certificate;
pub mod curved;
pub mod direct;
pub mod distribution;
pub mod norm;
pub mod pair;
pub mod scaling;
pub mod tail;
