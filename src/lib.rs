//! Proved bounds beside what random ReLU networks do.
//!
//! A network f(x) = W_{L+1} σ(W_L … σ(W_1 x)) with independent N(0, 1/d_{i−1}) weights is nearly
//! affine in a large ball around x, so that one small gradient step flips its sign (Bartlett,
//! Bubeck, Cherapanamjeri, NeurIPS 2021). Every statement behind that sentence is here three
//! times: proved, as a bound with constants; expected, without proof; and observed in networks.
//!
//! ```
//! use relubound::{Experiment, Machine, Sampling, Spec};
//!
//! # fn main() -> relubound::Result<()> {
//! // Inputs of dimension 300, one hidden layer of 300 neurons; each bound may fail with
//! // probability δ = 0.1.
//! let spec = Spec {
//!     stages: relubound::stages(&["output", "direct"])?,
//!     sampling: Some(Sampling::new(200)),
//!     ..Spec::new("300,300".parse()?, "0.1".parse()?)
//! };
//! let ledger = Experiment::new(spec, Machine::default())?.run()?;
//! let flip = ledger.row("direct.flip").expect("a row of the stage direct");
//! let (bound, seen) = (flip.bound.expect("it is proved"), flip.observed.as_ref().expect("seen"));
//! assert!(bound.value < seen.quantile);
//! println!("{}: {} ({})", flip.key(), flip.claim, flip.verdict.expect("judged").text());
//! assert_eq!(ledger.verdict, Some(relubound::Verdict::Inconclusive));
//! # Ok(())
//! # }
//! ```
//!
//! [`Spec`] says what to run, [`Experiment`] runs it, and [`Ledger`] holds a [`Row`] for every
//! statement. Numbers beyond the range of `f64` are [`Magnitude`]s. A parameter that cannot be used
//! is an [`Error`] that names it.
//!
//! The folders below are in the order of the flow; how they hang together is said for
//! contributors in `docs/architecture.md`. `cli`, the program, is a feature that is on by default:
//! without it the library alone is built, and no parser of arguments.

#[cfg(feature = "cli")]
pub mod cli;
pub mod given;
pub mod judge;
pub mod model;
pub mod network;
pub mod num;
pub mod report;
pub mod run;
pub mod stage;
pub mod study;
pub mod theory;

pub use judge::ledger::Ledger;
pub use judge::row::Row;
pub use judge::verdict::Verdict;
pub use model::error::{Error, Result};
pub use model::params::{Architecture, Params, Probability};
pub use num::magnitude::Magnitude;
pub use run::{Experiment, Machine, Sampling, Spec, stages};
