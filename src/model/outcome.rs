//! What one trial says about one row.

use crate::num::magnitude::Magnitude;

/// What one trial says about one claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// The observed quantity.
    Value(Magnitude),
    /// A lower bound on the quantity, a supremum, and the search that found it.
    Found(Magnitude, Search),
    /// A supremum that was not searched in this trial.
    NotSearched,
    /// The quantity is not defined in this network, for example because it is constantly 0 near x.
    Undefined,
    /// The computation produced something that is not a number.
    Failed,
}

impl Outcome {
    /// `Failed` for what could not be computed.
    pub fn of(value: Option<Magnitude>) -> Self {
        value.map_or(Outcome::Failed, Outcome::Value)
    }

    /// The largest of what the searches found; `Failed` if one could not be computed.
    pub fn largest(found: impl IntoIterator<Item = (Option<Magnitude>, Search)>) -> Self {
        let mut best: Option<(Magnitude, Search)> = None;
        for (value, search) in found {
            let Some(value) = value else { return Outcome::Failed };
            if best.is_none_or(|(largest, _)| value > largest) {
                best = Some((value, search));
            }
        }
        best.map_or(Outcome::Undefined, |(value, search)| Outcome::Found(value, search))
    }

    /// `width`, where a step flipped the sign, and ∞ where it did not; `achieved` is what it
    /// achieved.
    #[must_use]
    pub fn reached(achieved: Self, flipped: bool, width: f64) -> Self {
        match achieved {
            Outcome::NotSearched | Outcome::Failed => achieved,
            _ if flipped => Outcome::of(Magnitude::from_f64(width)),
            _ => Outcome::Value(Magnitude::INFINITY),
        }
    }

    /// The number, if there is one.
    pub fn value(self) -> Option<Magnitude> {
        match self {
            Outcome::Value(value) | Outcome::Found(value, _) => Some(value),
            Outcome::NotSearched | Outcome::Undefined | Outcome::Failed => None,
        }
    }
}

/// How a point of the ball was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// The input itself.
    Input,
    /// Random directions.
    Random,
    /// Along the gradient and against it.
    Gradient,
    /// The top right singular vectors of the Jacobians J_j(x), by power iteration.
    Stretch,
    /// The least-norm step to first order that flips the neurons of smallest margin in a layer.
    Margin,
    /// Projected ascent on the affine error, whose gradient is the gradient's change.
    Ascent,
}

impl Search {
    /// All of them.
    pub const ALL: [Search; 6] = [
        Search::Input,
        Search::Random,
        Search::Gradient,
        Search::Stretch,
        Search::Margin,
        Search::Ascent,
    ];

    /// As shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Search::Input => "input",
            Search::Random => "random directions",
            Search::Gradient => "gradient direction",
            Search::Stretch => "power iteration",
            Search::Margin => "margin search",
            Search::Ascent => "projected ascent",
        }
    }

    /// The search of this name.
    pub fn named(name: &str) -> Option<Self> {
        Search::ALL.into_iter().find(|search| search.name() == name)
    }
}
