//! A network from a file, judged input by input: what `check` does with it, and how it is kept.

mod header;
mod job;
mod lines;
mod measure;
mod merge;
mod results;
mod row;
mod store;

pub use job::{Job, Read};
pub use measure::{Case, Examiner, Judge};
pub use merge::merge;
pub use results::{Asked, Header, Network, Points, Results, SCHEMA, Source};
pub use row::Row;
pub use store::{About, Store, is_one, load, open};
