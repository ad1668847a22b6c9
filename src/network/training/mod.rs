//! Gradient descent on random networks: points and labels, a loss, and what the weights have moved
//! by, which is of low rank: sums of outer products of passes. So networks are trained by either
//! engine, with stored weights and without. `docs/training.md`.

mod descent;
mod loss;
mod pace;
mod size;
mod task;
mod update;
mod watch;

pub use descent::Descent;
pub use loss::Loss;
pub use pace::{Pace, Scales};
pub use size::Size;
pub use task::{Points, Source};
pub use update::Update;
pub use watch::{Along, Seen, watch};

/// A network of any engine with what training has added to its weights: an update for each of the
/// layers 1, …, L+1.
pub type Trained<'a> = super::Moved<'a, Update>;
