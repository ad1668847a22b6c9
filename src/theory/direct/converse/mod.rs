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
    use crate::theory::direct::limit;

    fn params(width: u128, depth: usize, t: &str) -> Params {
        let architecture = Architecture::new(vec![width; depth + 1]).unwrap();
        let delta = Probability::parse("delta", "0.1").unwrap();
        let step = Some(Amount::step(t).unwrap());
        Params { step, ..Params::new(architecture, delta) }
    }

    /// The widest found, over L³.
    fn widest(depth: usize, t: &str) -> Option<f64> {
        let found = widest_failing(&params(64, depth, t), &Amount::step(t).unwrap().enclosure(128));
        found.map(|width| width as f64 / (depth as f64).powi(3))
    }

    #[test]
    fn widths_grow_like_the_cube_of_depth() {
        assert_eq!((widest(31, "1.1"), widest(100, "2")), (None, None));
        // Three quarters of what is expected, and more with depth.
        for (t, depths, part) in [("1.25", [150, 400], 0.4), ("2", [250, 600], 0.35)] {
            let limit = |depth: usize| {
                limit::half(t.parse().unwrap(), depth).unwrap() / (depth as f64).powi(3)
            };
            let found = depths.map(|depth| widest(depth, t).unwrap() / limit(depth));
            assert!(found.is_sorted() && found[0] > part, "{t} {found:?}");
            assert!(found[1] > 0.6 && found[1] < 1.0, "{t} {found:?}");
        }
    }

    /// Nothing is proved where networks are too narrow, of other activations or unequal widths.
    #[test]
    fn nothing_is_proved_outside_its_hypotheses() {
        let proved = |params: &Params| {
            let t = params.step().enclosure(params.precision());
            certify(params, &t).is_some_and(|behind| behind.book.overdrawn().is_none())
        };
        let served = params(3_000_000, 300, "1.5");
        assert!(proved(&served));
        for (width, depth) in [(3000, 300), (3_000_000_000, 300), (3_000_000, 30)] {
            assert!(!proved(&params(width, depth, "1.5")), "{width}x{depth}");
        }
        let slope = crate::model::slope::Slope::parse("0.01").unwrap();
        assert!(!proved(&Params { slope, ..served.clone() }));
        let bias = crate::model::bias::Bias::relative("0.1").unwrap();
        assert!(!proved(&Params { bias, ..served.clone() }));
        let mut widths = vec![3_000_000; 301];
        widths[0] += 1;
        assert!(!proved(&served.with_architecture(Architecture::new(widths).unwrap())));
    }
}
