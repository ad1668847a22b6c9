//! Distribution functions: enclosed ones for bounds and verdicts, `f64` ones for predictions.

mod bent;
pub mod beta;
pub mod biased;
pub mod chain;
pub mod chi_square;
pub mod contour;
mod equidistant;
pub mod gamma;
pub mod gap;
pub mod layer;
pub mod mixed;
pub mod mixture;
pub mod narrow;
pub mod normal;
pub mod ratio;
pub mod root;
pub mod transform;
