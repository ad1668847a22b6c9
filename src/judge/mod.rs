//! Where what is claimed meets what is observed.

pub mod attribution;
pub mod ledger;
pub mod row;
pub mod thresholds;
pub mod verdict;
