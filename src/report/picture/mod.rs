//! Pictures: what is drawn of a row, of layers, of the slack, of depth and of studies. All with
//! one kit.

pub mod depth;
pub mod kit;
pub mod layers;
pub mod row;
pub mod slack;
