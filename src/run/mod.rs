//! One experiment: from its parameters to its ledger. No printing.

mod agree;
mod confirm;
mod crash;
mod engines;
mod experiment;
pub mod given;
mod interruptible;
mod judging;
mod merge;
mod plan;
mod sampling;
pub mod session;
mod spec;
pub mod store;

pub use agree::disagreement;
pub use crash::named;
pub use engines::Engines;
pub use experiment::Experiment;
pub use interruptible::interruptible;
pub use merge::merge;
pub use plan::{Machine, Plan, kept, shown};
pub use sampling::Record;
pub use spec::{Sampling, Spec, stages, stages_of};

/// A run of some stages, or of all for no names, with [trials, searches]. For tests.
#[cfg(test)]
fn example(widths: &str, names: &str, [trials, searches]: [u64; 2], engines: Engines) -> Spec {
    use crate::model::params::{Params, Probability};
    use crate::network::Precision;

    let names: Vec<String> = names.split_whitespace().map(str::to_owned).collect();
    let probability = Probability::parse("delta", "0.1").unwrap();
    Spec {
        params: Params::new(widths.parse().unwrap(), probability.clone()),
        alpha: probability,
        stages: stages(&names).unwrap(),
        sampling: Some(Sampling {
            trials,
            seed: 1,
            precision: Precision::F64,
            searches,
            steps: searches,
            engines,
        }),
    }
}
