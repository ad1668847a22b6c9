//! A network from a file, judged input by input: what `check` does with it, and how it is kept.

mod results;

pub use results::{Asked, Header, Network, Points, Results, SCHEMA, Source};
