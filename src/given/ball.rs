//! The norms in which a change of an input is measured.

/// The norm of a ball around an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ball {
    /// ℓ₂.
    L2,
    /// ℓ∞: the largest entry.
    Max,
}
