//! Rigorous arithmetic: enclosures, one-sided bounds, and decimal text on the safe side.
//!
//! The only module that names MPFR floats or a rounding mode.

mod decimal;
mod directed;
mod enclosure;
pub mod exact;
pub mod magnitude;
mod number;
mod recurrence;
pub mod search;
mod taylor;
mod text;

pub use decimal::{Toward, decimal, grouped, is_round, log10, times_root_two};
pub use directed::{Lower, Upper};
pub use enclosure::Enclosure;
pub use number::Number;
pub use recurrence::Recurrence;
pub use taylor::Taylor;
pub use text::{equals, fraction, nearest, whole_number};
