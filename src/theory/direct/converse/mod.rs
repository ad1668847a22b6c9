//! The other side of the threshold: widths at which the step t is proved to fail in half of the
//! networks. `proofs/direct.md#converse`.
//!
//! As for the flip the recursion is written once over [`Number`](crate::num::Number).

mod norms;
mod plan;
mod sums;
mod walk;

pub use plan::{certify, share, widest_failing};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::{Amount, Architecture, Params, Probability};

    fn params(width: u128, depth: usize, t: &str) -> Params {
        let architecture = Architecture::new(vec![width; depth + 1]).unwrap();
        let delta = Probability::parse("delta", "0.1").unwrap();
        let step = Some(Amount::step(t).unwrap());
        Params { step, ..Params::new(architecture, delta) }
    }

    fn widest(depth: usize, t: &str) -> Option<u128> {
        let params = params(64, depth, t);
        widest_failing(&params, &Amount::step(t).unwrap().enclosure(128))
    }

    #[test]
    fn scratch() {
        for (depth, t) in [(100, "1.25"), (150, "1.25"), (150, "1.5"), (200, "2"), (250, "2"), (300, "2"), (400, "1.25"), (400, "2"), (1000, "2")] {
            let start = std::time::Instant::now();
            let found = widest(depth, t);
            let part = found.map(|d| d as f64 / (depth as f64).powi(3));
            println!("{depth} {t} {found:?} {part:?} {:?}", start.elapsed());
        }
    }
}
