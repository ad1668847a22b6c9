//! Generators side by side.

use rand::TryRng;
use rand_chacha::ChaCha8Rng;

/// Generators in one set. Loops over fewer are unrolled before they can become vector instructions.
pub const LANES: usize = 16;

/// xoshiro generators whose words lie side by side for vector instructions.
macro_rules! lanes {
    ($name:ident, $word:ty, $library:literal, [$first:expr, $shift:expr, $last:expr]) => {
        #[doc = $library]
        #[derive(Clone)]
        pub struct $name([[$word; LANES]; 4]);

        impl $name {
            /// With states of their own from `source`.
            pub fn new(source: &mut ChaCha8Rng) -> Self {
                let mut words = [[0; LANES]; 4];
                for lane in 0..LANES {
                    let mut key = [0; 4 * size_of::<$word>()];
                    let Ok(()) = source.try_fill_bytes(&mut key);
                    let parts = key.as_chunks::<{ size_of::<$word>() }>().0;
                    for (word, bytes) in words.iter_mut().zip(parts) {
                        word[lane] = <$word>::from_le_bytes(*bytes);
                    }
                }
                $name(words)
            }

            /// The next word of each.
            // Part of a loop of vector instructions.
            #[allow(clippy::inline_always)]
            #[inline(always)]
            pub fn next(&mut self) -> [$word; LANES] {
                let [a, b, c, d] = &mut self.0;
                let mut out = [0; LANES];
                for i in 0..LANES {
                    out[i] = a[i].wrapping_add(d[i]).rotate_left($first).wrapping_add(a[i]);
                    let shifted = b[i] << $shift;
                    c[i] ^= a[i];
                    d[i] ^= b[i];
                    b[i] ^= c[i];
                    a[i] ^= d[i];
                    c[i] ^= shifted;
                    d[i] = d[i].rotate_left($last);
                }
                out
            }
        }
    };
}

lanes!(Double, u64, "Sixteen xoshiro256++ generators.", [23, 17, 45]);
lanes!(Single, u32, "Sixteen xoshiro128++ generators.", [7, 9, 11]);

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::{Xoshiro128PlusPlus, Xoshiro256PlusPlus};

    #[test]
    fn lanes_are_the_generators_of_a_library() {
        let source = ChaCha8Rng::from_seed([3; 32]);
        let (mut double, mut single) =
            (Double::new(&mut source.clone()), Single::new(&mut source.clone()));
        let mut from = source.clone();
        let mut each: Vec<_> =
            (0..LANES).map(|_| Xoshiro256PlusPlus::from_rng(&mut from)).collect();
        let mut from = source.clone();
        let mut halves: Vec<_> =
            (0..LANES).map(|_| Xoshiro128PlusPlus::from_rng(&mut from)).collect();
        for _ in 0..100 {
            let words: Vec<u64> = each.iter_mut().map(Rng::next_u64).collect();
            assert_eq!(double.next().to_vec(), words);
            let words: Vec<u32> = halves.iter_mut().map(Rng::next_u32).collect();
            assert_eq!(single.next().to_vec(), words);
        }
    }
}
