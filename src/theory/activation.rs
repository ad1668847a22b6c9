//! The activation as the bounds meet it: what a neuron adds when its sign flips, and where neurons
//! of both slopes have to be told apart.

use crate::model::slope::Slope;
use crate::num::Number;

/// A slope a ∈ [−1, 1] with what the bounds need of it.
#[derive(Clone, Debug)]
pub struct Activation<N> {
    /// a, exactly.
    pub slope: Slope,
    /// a.
    pub a: N,
    /// |a|.
    pub size: N,
    /// 1 − a: the jump of the derivative at 0.
    pub jump: N,
    /// 1 − a²: by so much the squares of the two slopes differ.
    pub rest: N,
    /// ϑ: what chance and the backward row bring across to an inactive neuron are told apart in
    /// these proportions, ϑ : 1 − ϑ.
    pub theta: N,
    /// ϑ/(1 − ϑ), where that is finite.
    pub odds: Option<N>,
}

/// Two kinds of neurons in one layer, as a sum over them weighs the share p of each: the size of
/// the slope |ζ|, and the weight of p.
pub type Groups<N> = [(N, N); 2];

impl<N: Number> Activation<N> {
    /// In the arithmetic of `like`.
    pub fn new(slope: &Slope, like: &N) -> Self {
        let (a, one) = (slope.of(like), like.like(1.0));
        let size = if slope.is_negative() { -a.clone() } else { a.clone() };
        let root = size.sqrt();
        Activation {
            theta: one.clone() / (one.clone() + root.clone()),
            odds: (!slope.is_relu()).then(|| one.clone() / root),
            jump: one.clone() - a.clone(),
            // 0 at ±1, exactly.
            rest: one.clone() - a.square(),
            slope: slope.clone(),
            a,
            size,
        }
    }

    /// The squared slopes of n neurons, of which so many have slope 1 in size and the others a:
    /// m + a²(n − m), increasing in m.
    pub fn squares(&self, steep: &N, n: &N) -> N {
        steep.clone() + self.a.square() * (n.clone() - steep.clone())
    }

    /// Do so many flips change anything? None does in a linear network.
    pub fn is_changed_by(&self, flips: u128) -> bool {
        flips > 0 && !self.slope.is_linear()
    }

    /// The weights of p in p̃ ≤ π: for a > 0 inactive neurons only help.
    pub fn taking_back(&self) -> Groups<N> {
        let (one, nothing) = (self.a.like(1.0), self.a.like(0.0));
        let inactive =
            if self.slope.is_negative() { self.jump.clone() * self.size.clone() } else { nothing };
        [(one, self.jump.clone()), (self.size.clone(), inactive)]
    }

    /// Those in −p̃ ≤ π for a > 0: inactive neurons alone.
    pub fn pushing_on(&self) -> Groups<N> {
        let (one, nothing) = (self.a.like(1.0), self.a.like(0.0));
        [(one, nothing), (self.size.clone(), self.jump.clone() * self.size.clone())]
    }
}

/// Is 0 < a < 1: may a layer push the output further along, by neurons of slope a that flip?
pub fn pushes_on(slope: &Slope) -> bool {
    slope.is_mixed() && !slope.is_negative()
}
