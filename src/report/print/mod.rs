//! Printers of documents: each knows how its medium looks, and nothing of what is said.

pub mod html;
pub mod latex;
pub mod markdown;
pub mod text;
