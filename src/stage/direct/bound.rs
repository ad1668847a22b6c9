//! The step followed through the layers. `proofs/direct.md`.

use crate::model::account::Behind;
use crate::model::claim::{Direction, Variant};
use crate::model::params::Params;
use crate::num::Enclosure;
use crate::num::magnitude::Magnitude;
use crate::theory::direct::{self, converse};

/// What is proved about one hidden layer; 0 and ∞ where nothing is.
pub struct Layer {
    /// α_{i−1} is at least this.
    pub along: Magnitude,
    /// ρ_{i−1}/‖h_{i−1}‖ is at most this.
    pub state: Magnitude,
    /// p_i is at most this.
    pub coherent: Magnitude,
    /// |N_i|/|f| is at most this.
    pub noise: Magnitude,
    /// |F_i − F_{i−1}|/|f| is at most this.
    pub error: Magnitude,
    /// The events behind the first two, and behind the others.
    pub behind: [Behind; 2],
}

/// What is proved about the step.
pub struct Bound {
    /// One entry per hidden layer.
    pub layers: Vec<Layer>,
    /// The share of the linear change that is achieved.
    pub achieved: Magnitude,
    /// Does the sign flip?
    pub flips: bool,
    /// Near t.
    pub step: f64,
    /// The events behind the flip.
    pub behind: Behind,
    /// The ways by which it is proved, best first.
    pub ways: Vec<Variant>,
}

/// For the step of `params`, rounded to the safe side.
pub fn bound(params: &Params) -> Bound {
    let t = direct::exact_step(params);
    let found = direct::certify(params, &t);
    let one = Enclosure::integer(64, 1);
    let up = |value: &Enclosure| value.upper().to_magnitude();
    let nothing = Magnitude::INFINITY;
    let rounded = |layer: Option<&direct::Layer<Enclosure>>| {
        let moved = layer.and_then(|layer| layer.moved.as_ref());
        let bounded = moved.filter(|moved| moved.coherent.certainly_lt(&one));
        let received = layer.map_or(&found.behind.events, |layer| &layer.rests);
        let behind = [received, moved.map_or(received, |moved| &moved.rests)];
        Layer {
            along: layer.map_or(Magnitude::ZERO, |layer| layer.along.lower().to_magnitude()),
            state: layer.map_or(nothing, |layer| up(&layer.across)),
            // A share of 1 is no bound.
            coherent: bounded.map_or(nothing, |moved| up(&moved.coherent)),
            noise: moved.map_or(nothing, |moved| up(&moved.noise)),
            error: moved.map_or(nothing, |moved| up(&moved.error)),
            behind: behind.map(|events| found.resting_on(events)),
        }
    };
    let depth = params.architecture.depth();
    Bound {
        layers: (0..depth).map(|i| rounded(found.layers.get(i))).collect(),
        achieved: found.achieved,
        flips: found.flips,
        step: t.to_f64(),
        behind: found.decided.clone(),
        ways: Variant::ranked(Direction::Lower, &found.ways),
    }
}

/// What is proved of the failure of the step of `params` in half of the networks.
pub struct Failure {
    /// Near t.
    pub step: f64,
    /// The events behind it at the widths at hand, where it is proved there.
    pub behind: Option<Behind>,
    /// The largest width found at which it is proved, in networks as deep.
    pub widest: Option<u128>,
}

/// The other side of the threshold, in networks of equal widths.
pub fn failure(params: &Params) -> Failure {
    let t = direct::exact_step(params);
    let step = t.to_f64();
    let widest = || converse::widest_failing(params, &t);
    let (behind, widest) = rayon::join(|| converse::certify(params, &t), widest);
    Failure { step, behind, widest }
}
