//! Networks that exist, trained or not, read from files and judged input by input: what is
//! certified of each, what is found, and where it stands among random networks of its shape.
//!
//! Here a number is proved of *this* network: its weights and inputs are floats, so exact
//! rationals, and f is what they say in exact arithmetic. `certify` (rounded on the safe side)
//! and `find` (searches, which need not be right) do not know of each other; every quantity is a
//! bracket between them. `expect` holds the network against the laws of random ones.

mod ball;
pub mod certify;
mod entry;
mod examine;
pub mod expect;
pub mod file;
pub mod find;
mod inputs;
mod interval;
mod network;
mod question;
pub mod summary;

pub use ball::Ball;
pub use entry::{Bracket, Entry, Failure, Findings, Outcome, Step};
pub use examine::examine;
pub use inputs::{Inputs, Space};
pub use interval::Interval;
pub use network::{Dtype, Elementwise, Given, Layer};
pub use question::{Against, Pair, Question};
