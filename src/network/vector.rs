//! Vector instructions where the machine has them.
//!
//! The same code is compiled for several sets of instructions, of which the best one is chosen when
//! it runs. None of them contracts a product and a sum into one rounding, so that the bytes of a
//! result are the same everywhere.

use pulp::{Arch, Simd, WithSimd};

/// Loops over arrays of fixed length, which the compiler can turn into vector instructions. `run`
/// must be inlined, and so must be all that it calls.
pub trait Work {
    /// What comes of it.
    type Output;
    /// Does it.
    fn run(self) -> Self::Output;
}

struct Vectorised<W>(W);

impl<W: Work> WithSimd for Vectorised<W> {
    type Output = W::Output;

    // What is not inlined is compiled for the oldest machines.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> W::Output {
        self.0.run()
    }
}

/// Does the work with the best instructions that this machine has.
pub fn run<W: Work>(work: W) -> W::Output {
    Arch::new().dispatch(Vectorised(work))
}
