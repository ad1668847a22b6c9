pub mod error;
pub mod magnitude;
pub mod num;
pub use error::{Error, Result};
pub use magnitude::Magnitude;
pub mod params;
pub mod distribution;
pub mod tail;
