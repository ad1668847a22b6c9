//! What stages tabulate beside their rows.

use super::bottleneck::table::LayerBounds;
use super::collapse::table::Angle;
use super::direct::table::Followed;
use super::linearity::table::Radius;
use super::norm::table::Shortest;

/// The tables of the stages of one run: of parameters alone.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// What is proved of each hidden layer.
    pub layers: Vec<LayerBounds>,
    /// R(½), in each way.
    pub radii: Vec<Radius>,
    /// How far the step is followed.
    pub followed: Option<Followed>,
    /// The step that is the shortest in another norm.
    pub shortest: Option<Shortest>,
    /// The angle between two inputs after each hidden layer.
    pub angles: Vec<Angle>,
}
