//! What the adversarial step does at a point of a network, trained or not.

use crate::model::outcome::Outcome;
use crate::network::search::ray::followed;
use crate::network::search::step::{achieved, adversarial};
use crate::network::{Backward, Forward, Network, Scaled, backward, forward};

/// In which directions the step may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Along {
    /// In all.
    All,
    /// Within the first so many coordinates.
    Within(usize),
    /// In the other ones.
    Across(usize),
}

impl Along {
    fn part(self, gradient: &Scaled) -> Scaled {
        match self {
            Along::All => gradient.clone(),
            Along::Within(k) => gradient.only(|i| i < k),
            Along::Across(k) => gradient.only(|i| i >= k),
        }
    }
}

/// What is seen at one point.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Seen {
    /// κ√d = |f(x)| √d/(‖∇f(x)‖ ‖x‖), ∇f in the directions of the step.
    pub susceptibility: f64,
    /// ‖u‖/‖x‖ of the step of size t.
    pub size: f64,
    /// Does f(x + u) have the other sign?
    pub flips: bool,
    /// (f(x) − f(x + u))/(t f(x)), 0 if negative.
    pub achieved: f64,
    /// ‖∇f(x + u) − ∇f(x)‖/‖∇f(x)‖.
    pub turned: f64,
    /// The share of hidden neurons that are active at exactly one of x and x + u.
    pub flipped: f64,
    /// The least t beyond which the sign has changed, ∞ up to 8 times the step; only where weights
    /// are stored.
    pub least: Option<f64>,
}

/// The step of size t in some directions, from a point with these passes; `None` where the network
/// is constant there, on the boundary or not a number.
pub fn watch(
    network: &mut dyn Network,
    (at, back): (&Forward, &Backward),
    along: Along,
    t: f64,
) -> Option<Seen> {
    let mut part = back.clone();
    part.rows[0] = along.part(back.gradient());
    let step = adversarial(at, &part, t).ok()?;
    let there = forward(network, std::slice::from_ref(&step.end));
    let turned = backward(network, &there).remove(0);
    let there = &there[0];
    let (achieved, flips) = achieved(at, there, t);
    let change = turned.gradient().minus(back.gradient()).norm()?;
    let neurons: usize = (1..at.pre.len()).map(|i| at.pre[i - 1].values().len()).sum();
    let flipped: usize = (1..at.pre.len()).map(|i| at.flipped(there, i).len()).sum();
    let size = step.size.to_f64();
    let least = network.is_stored().then(|| followed(network, &at.input, &step.u, t, at).least);
    let least = least.and_then(|least| match least {
        Outcome::Value(least) | Outcome::Found(least, _) => Some(least.to_f64()),
        _ => None,
    });
    Some(Seen {
        susceptibility: size / t * (at.input.values().len() as f64).sqrt(),
        size,
        flips,
        achieved: achieved?.to_f64(),
        turned: (change / back.gradient().norm()?)?.to_f64(),
        flipped: flipped as f64 / neurons.max(1) as f64,
        least,
    })
}
