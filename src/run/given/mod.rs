//! A network from a file, judged input by input: what `check` does with it, and how it is kept.

mod drawn;
mod header;
mod job;
mod judges;
mod law;
mod lines;
mod measure;
mod merge;
mod pool;
mod results;
mod row;
mod store;

pub use job::{Job, Random, Read, Who};
pub use judges::{Beside, Judge};
pub use law::Law;
pub use measure::{Case, Examiner};
pub use merge::merge;
pub use results::{Asked, Header, Network, Points, Results, SCHEMA, Source};
pub use row::Row;
pub use store::{Store, is_one, load, open};
