//! Random numbers: the only user of a generator.
//!
//! Every block of weights has its own stream, addressed by (seed, trial, layer, block): the ChaCha8
//! block function, keyed by the address, seeds xoshiro generators: one, and for vectors of normals
//! sixteen side by side. What a trial draws depends on nothing else, so results do not depend on
//! threads or order.

pub mod entries;
mod lanes;
mod polar;

use std::ops::{Add, AddAssign, Mul};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, ChiSquared, Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use lanes::LANES;

use crate::network::vector::{self, Work};

/// Beyond this n, binomial and χ² variables are drawn from the normal law; by Berry and Esseen,
/// probabilities change by less than 10⁻⁷ for each.
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
    /// The "layers" above this one are those from which biases are drawn.
    pub const BIAS: u64 = 1 << 59;
    /// The "layers" above this one are those of networks beside one from a file.
    pub const REFERENCE: u64 = 1 << 58;
    /// The "layers" above this one are those from which points to train on are drawn.
    pub const TASK: u64 = 1 << 57;
    /// The "layer" from which the order of mini-batches is drawn.
    pub const ORDER: u64 = 1 << 56;
    /// The first "trial" of the networks that label points for others.
    pub const TEACHER: u64 = 1 << 62;
    /// The first of the "layers" from which output rows of shallower networks are drawn.
    pub const READOUT: u64 = 1 << 62;
}

/// A generator of independent standard normals.
pub struct Stream {
    one: Xoshiro256PlusPlus,
    source: ChaCha8Rng,
    /// For vectors; seeded when the first is drawn.
    double: Option<lanes::Double>,
    single: Option<lanes::Single>,
}

impl Stream {
    /// The stream at `address`.
    pub fn new(address: Address) -> Self {
        let words = [address.seed, address.trial, address.layer, address.block];
        let mut key = [0; 32];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        let mut source = ChaCha8Rng::from_seed(key);
        let one = Xoshiro256PlusPlus::from_rng(&mut source);
        Stream { one, source, double: None, single: None }
    }

    /// χ²_n/n.
    pub fn chi_square(&mut self, n: u128) -> f64 {
        match ChiSquared::new(n as f64) {
            Ok(law) if n <= NORMAL_BEYOND => law.sample(&mut self.one) / n as f64,
            _ => 1.0 + (2.0 / n as f64).sqrt() * self.normal(),
        }
    }

    /// S_a(n)/n, S_a(n) the sum of the squares of n normals that σ_a has passed: χ² with Bin(n, ½)
    /// degrees of freedom, and a² times one with the others.
    pub fn rectified_sum(&mut self, n: u128, slope: f64) -> f64 {
        let active = if n > NORMAL_BEYOND {
            let share = 0.5 + 0.5 * self.normal() / (n as f64).sqrt();
            (share * n as f64) as u128
        } else {
            let law = Binomial::new(n as u64, 0.5);
            law.map_or(0, |law| law.sample(&mut self.one)).into()
        };
        let mut part = |degrees: u128| match degrees {
            0 => 0.0,
            _ => degrees as f64 / n as f64 * self.chi_square(degrees),
        };
        let sum = part(active);
        if slope == 0.0 { sum } else { sum + slope * slope * part(n - active) }
    }

    fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.one)
    }

    /// Fills `out`, each time from a new word of every generator, and returns the sum of squares,
    /// with a relative error of at most 10⁻⁵.
    pub fn fill<T: Normal>(&mut self, out: &mut [T]) -> f64 {
        vector::run(Fill { lanes: T::lanes(self), out })
    }
}

struct Fill<'a, T: Normal> {
    lanes: &'a mut T::Lanes,
    out: &'a mut [T],
}

impl<T: Normal> Work for Fill<'_, T> {
    type Output = f64;

    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn run(self) -> f64 {
        // On the stack, where it can stay in registers.
        let mut lanes = self.lanes.clone();
        let (batches, rest) = self.out.as_chunks_mut::<BATCH>();
        let mut squares = 0.0;
        // In single precision few squares are summed before double precision takes over.
        for batches in batches.chunks_mut(32) {
            let mut sums = [T::default(); BATCH];
            for batch in batches {
                *batch = T::batch(&mut lanes);
                for (sum, &value) in sums.iter_mut().zip(batch.iter()) {
                    *sum += value * value;
                }
            }
            squares += sums.into_iter().map(T::to_f64).sum::<f64>();
        }
        if !rest.is_empty() {
            let batch = T::batch(&mut lanes);
            for (value, &normal) in rest.iter_mut().zip(&batch) {
                *value = normal;
                squares += normal.to_f64() * normal.to_f64();
            }
        }
        *self.lanes = lanes;
        squares
    }
}

/// Normals made at once.
const BATCH: usize = 2 * LANES;

/// A floating-point format that weights are stored in.
pub trait Normal:
    Copy + Send + Sync + Default + Add<Output = Self> + Mul<Output = Self> + AddAssign + PartialEq
{
    /// The nearest value.
    fn round(value: f64) -> Self;
    /// Exact.
    fn to_f64(self) -> f64;
    /// Generators of words, side by side.
    type Lanes: Clone;
    /// Those of a stream.
    fn lanes(stream: &mut Stream) -> &mut Self::Lanes;
    /// Independent standard normals.
    fn batch(lanes: &mut Self::Lanes) -> [Self; BATCH];
}

impl Normal for f64 {
    fn round(value: f64) -> f64 {
        value
    }

    fn to_f64(self) -> f64 {
        self
    }

    type Lanes = lanes::Double;

    fn lanes(stream: &mut Stream) -> &mut lanes::Double {
        stream.double.get_or_insert_with(|| lanes::Double::new(&mut stream.source))
    }

    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn batch(lanes: &mut lanes::Double) -> [f64; BATCH] {
        let mut out = [0.0; BATCH];
        let (radius, direction) = (lanes.next(), lanes.next());
        for i in 0..LANES {
            let (x, y) = polar::double(radius[i], direction[i]);
            out[i] = x;
            out[LANES + i] = y;
        }
        out
    }
}

impl Normal for f32 {
    fn round(value: f64) -> f32 {
        value as f32
    }

    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    type Lanes = lanes::Single;

    fn lanes(stream: &mut Stream) -> &mut lanes::Single {
        stream.single.get_or_insert_with(|| lanes::Single::new(&mut stream.source))
    }

    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn batch(lanes: &mut lanes::Single) -> [f32; BATCH] {
        let mut out = [0.0; BATCH];
        let (radius, direction) = (lanes.next(), lanes.next());
        for i in 0..LANES {
            let (x, y) = polar::single(radius[i], direction[i]);
            out[i] = x;
            out[LANES + i] = y;
        }
        out
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

    /// What is compiled for the oldest machines and for this one gives the same bits.
    #[test]
    fn instructions_do_not_change_a_bit() {
        fn check<T: Normal + std::fmt::Debug>() {
            let lanes = T::lanes(&mut Stream::new(HERE)).clone();
            for n in [1, 31, 32, 33, 5000] {
                let (mut plain, mut vector) = (vec![T::default(); n], vec![T::default(); n]);
                let here = Fill { lanes: &mut lanes.clone(), out: &mut plain }.run();
                let there = vector::run(Fill { lanes: &mut lanes.clone(), out: &mut vector });
                assert_eq!((plain, here.to_bits()), (vector, there.to_bits()));
            }
        }
        check::<f32>();
        check::<f64>();
    }

    #[test]
    fn the_sum_of_squares_is_that_of_what_was_drawn() {
        let mut stream = Stream::new(HERE);
        let mut single = vec![0f32; 100_003];
        let squares = stream.fill(&mut single);
        let exact: f64 = single.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
        assert!((squares - exact).abs() < 1e-5 * exact);
    }

    fn many<T: Normal>(address: Address, n: usize) -> Vec<f64> {
        let mut out = vec![T::default(); n];
        Stream::new(address).fill(&mut out);
        out.into_iter().map(T::to_f64).collect()
    }

    fn moments_are_normal<T: Normal>() {
        let n = 1_000_000;
        let draws = many::<T>(HERE, n);
        let moment = |k: i32| draws.iter().map(|x| x.powi(k)).sum::<f64>() / n as f64;
        let limit = 6.5 / (n as f64).sqrt();
        for (k, mean, variance) in
            [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0), (6, 15.0, 10_170.0)]
        {
            let off = (moment(k) - mean).abs() / f64::sqrt(variance);
            assert!(off < limit, "moment {k}: {off}");
        }
    }

    /// Moments of 10⁶ normals, each within 6.5 of its deviations: a false alarm has probability
    /// below 9 · 1e-10 for each format.
    #[test]
    fn moments_are_those_of_the_normal_law() {
        moments_are_normal::<f64>();
        moments_are_normal::<f32>();
    }

    /// The largest distance between the distribution functions is exceeded with probability below
    /// 1e-9 each, by the inequality of Dvoretzky, Kiefer, Wolfowitz and Massart.
    #[test]
    fn the_distribution_is_normal() {
        let distance = |mut draws: Vec<f64>| {
            let n = draws.len() as f64;
            draws.sort_by(f64::total_cmp);
            let gap = |(i, x): (usize, &f64)| {
                let below = 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
                (below - i as f64 / n).abs().max((below - (i as f64 + 1.0) / n).abs())
            };
            draws.iter().enumerate().map(gap).fold(0.0, f64::max)
        };
        let n = 1_000_000;
        let limit = ((2e9f64).ln() / (2.0 * n as f64)).sqrt();
        assert!(distance(many::<f64>(HERE, n)) < limit);
        assert!(distance(many::<f32>(HERE, n)) < limit);
        // An error of two percent in the deviation is seen.
        let off = many::<f64>(HERE, n).into_iter().map(|x| 1.02 * x).collect();
        assert!(distance(off) > limit);
    }

    /// Of 10⁸ normals the numbers beyond 3, 4 and 5 deviations lie outside these limits with
    /// probability 1e-9 each.
    #[test]
    fn tails_are_full_up_to_five_deviations() {
        fn check<T: Normal>() {
            let mut counts = [0u32; 3];
            let mut part = [T::default(); 1 << 12];
            let mut stream = Stream::new(HERE);
            let n = 100_000_000usize;
            for start in (0..n).step_by(part.len()) {
                let size = part.len().min(n - start);
                stream.fill(&mut part[..size]);
                for value in &part[..size] {
                    let size = value.to_f64().abs();
                    for (count, beyond) in counts.iter_mut().zip([3.0, 4.0, 5.0]) {
                        *count += u32::from(size > beyond);
                    }
                }
            }
            let limits = [266_811..=273_160, 5_854..=6_826, 18..=109];
            for (count, limits) in counts.iter().zip(limits) {
                assert!(limits.contains(count), "{counts:?}");
            }
        }
        check::<f64>();
        check::<f32>();
    }

    /// Normals at any two places of a vector, also those that come from the same words, and at the
    /// same place of two streams, are uncorrelated, and so are their squares: mean products of 2²⁰
    /// within 7.5 deviations, a false alarm having probability below 1e-9.
    #[test]
    fn normals_and_streams_are_independent() {
        fn check<T: Normal>() {
            let n = 1 << 20;
            let draws = many::<T>(HERE, n + 200);
            let square = |x: f64| (x * x - 1.0) / std::f64::consts::SQRT_2;
            let correlated = |a: &[f64], b: &[f64]| {
                let mean = |f: &dyn Fn(f64) -> f64| {
                    a.iter().zip(b).map(|(&x, &y)| f(x) * f(y)).sum::<f64>() / n as f64
                };
                mean(&|x| x).abs().max(mean(&square).abs())
            };
            let limit = 7.5 / (n as f64).sqrt();
            for lag in 1..200 {
                let off = correlated(&draws[..n], &draws[lag..n + lag]);
                assert!(off < limit, "lag {lag}: {off}");
            }
            for other in [
                Address { seed: 2, ..HERE },
                Address { trial: 3, ..HERE },
                Address { layer: 4, ..HERE },
                Address { block: 5, ..HERE },
            ] {
                assert!(correlated(&draws[..n], &many::<T>(other, n)) < limit);
            }
            // The same normals, and the same up to sign.
            assert!(correlated(&draws[..n], &draws[..n]) > limit);
        }
        check::<f64>();
        check::<f32>();
    }
}
