//! Random numbers: the only user of a generator.
//!
//! Every block of weights has its own stream, addressed by (seed, trial, layer, block): the
//! ChaCha8 block function, keyed by the address, seeds a xoshiro256++ generator. What a trial
//! draws depends on nothing else, so results do not depend on threads or order.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, ChiSquared, Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Beyond this n, binomial and χ² variables are drawn from the normal law; by Berry and Esseen, probabilities
/// change by less than 10⁻⁷.
const NORMAL_BEYOND: u128 = 1_000_000_000_000_000;

/// Where a stream of random numbers starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// The run's seed.
    pub seed: u64,
    /// The trial, or [`Address::INPUT`].
    pub trial: u64,
    /// The layer, from 1.
    pub layer: u64,
    /// The block of rows within the layer.
    pub block: u64,
}

impl Address {
    /// The "trial" from which the fixed input is drawn.
    pub const INPUT: u64 = u64::MAX;
    /// The "layer" from which the starts of searches are drawn.
    pub const SEARCH: u64 = u64::MAX;
    /// The first of the "layers" through which pairs of inputs are followed without a network.
    pub const PAIR: u64 = 1 << 63;
    /// The "layer" from which the law at one input is drawn.
    pub const LAW: u64 = u64::MAX - 1;
    /// The "layers" above this one are those of networks without weights.
    pub const CONDITIONED: u64 = 1 << 61;
    /// The first of the "layers" from which the free normals of the stage `direct` are drawn.
    pub const DIRECT: u64 = 1 << 60;
    /// The first of the "layers" from which output rows of shallower networks are drawn.
    pub const READOUT: u64 = 1 << 62;
}

/// A generator of independent standard normals.
pub struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// The stream at `address`.
    pub fn new(address: Address) -> Self {
        let words = [address.seed, address.trial, address.layer, address.block];
        let mut key = [0; 32];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Stream(Xoshiro256PlusPlus::from_rng(&mut ChaCha8Rng::from_seed(key)))
    }

    /// χ²_n/n.
    pub fn chi_square(&mut self, n: u128) -> f64 {
        match ChiSquared::new(n as f64) {
            Ok(law) if n <= NORMAL_BEYOND => law.sample(&mut self.0) / n as f64,
            _ => 1.0 + (2.0 / n as f64).sqrt() * self.normal(),
        }
    }

    /// S(n)/n, S(n) the sum of the squares of n rectified normals: a χ² variable with Bin(n, ½) degrees of
    /// freedom.
    pub fn rectified_sum(&mut self, n: u128) -> f64 {
        let half = || Binomial::new(n as u64, 0.5);
        if n > NORMAL_BEYOND {
            let active = 0.5 + 0.5 * self.normal() / (n as f64).sqrt();
            return active * self.chi_square((active * n as f64) as u128);
        }
        match half().map(|law| law.sample(&mut self.0)) {
            Ok(0) | Err(_) => 0.0,
            Ok(active) => active as f64 / n as f64 * self.chi_square(u128::from(active)),
        }
    }

    fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// Fills `out` and returns the sum of squares.
    pub fn fill<T: Normal>(&mut self, out: &mut [T]) -> f64 {
        // Four sums, so that no addition waits for the one before.
        let mut squares = [0.0; 4];
        for part in out.chunks_mut(4) {
            for (value, sum) in part.iter_mut().zip(&mut squares) {
                let normal: f64 = StandardNormal.sample(&mut self.0);
                *value = T::round(normal);
                *sum += normal * normal;
            }
        }
        squares.iter().sum()
    }
}

/// A floating-point format that weights are stored in.
pub trait Normal: Copy + Send + Sync {
    /// The nearest value.
    fn round(value: f64) -> Self;
}

impl Normal for f64 {
    fn round(value: f64) -> f64 {
        value
    }
}

impl Normal for f32 {
    fn round(value: f64) -> f32 {
        value as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(address: Address, n: usize) -> Vec<f64> {
        let mut out = vec![0.0; n];
        Stream::new(address).fill(&mut out);
        out
    }

    const HERE: Address = Address { seed: 1, trial: 2, layer: 3, block: 4 };

    #[test]
    fn streams_differ_in_every_part_of_their_address_and_repeat() {
        let base = draw(HERE, 8);
        assert_eq!(base, draw(HERE, 8));
        for other in [
            Address { seed: 2, ..HERE },
            Address { trial: 3, ..HERE },
            Address { layer: 4, ..HERE },
            Address { block: 5, ..HERE },
            Address { seed: 2, trial: 1, ..HERE },
        ] {
            assert_ne!(base, draw(other, 8));
        }
    }

    #[test]
    fn values_are_stable_across_versions() {
        let drawn = draw(HERE, 3).map_bits();
        insta::assert_snapshot!(drawn);
    }

    trait MapBits {
        fn map_bits(&self) -> String;
    }

    impl MapBits for Vec<f64> {
        fn map_bits(&self) -> String {
            self.iter().map(|x| format!("{x:e}")).collect::<Vec<_>>().join(" ")
        }
    }

    /// Mean, variance and fourth moment of 10⁶ normals, each within 6.5 of its deviations: a false
    /// alarm has probability below 3 · 1e-10.
    #[test]
    fn moments_are_those_of_the_normal_law() {
        let n = 1_000_000;
        let draws = draw(HERE, n);
        let moment = |k: i32| draws.iter().map(|x| x.powi(k)).sum::<f64>() / n as f64;
        let limit = 6.5 / (n as f64).sqrt();
        assert!(moment(1).abs() < limit);
        assert!((moment(2) - 1.0).abs() < limit * 2f64.sqrt());
        assert!((moment(4) - 3.0).abs() < limit * 96f64.sqrt());
    }
}
