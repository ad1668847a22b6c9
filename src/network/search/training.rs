//! Trainings at the edge of what they may do: changes of rank one in every layer, along which the
//! network moves fastest to first order.

use crate::network::{Backward, Change, Forward, Moved, Network, Scalar, Scaled};
use crate::network::{backward, forward, push_forward};
use crate::num::magnitude::Magnitude;

use super::flipped_row;

/// Norms of what was rounded may be a little above 1.
const INWARD: f64 = 1.0 - 1e-12;

/// The training that moves the output at the point of the passes upwards (`sign` = 1) or downwards
/// (−1) fastest: ΔŴ_j = ±η times the unit matrix along l_j ĥ_{j−1}ᵀ there.
pub fn toward(pass: &Forward, back: &Backward, sign: f64, eta: f64) -> Vec<Option<Change>> {
    let outputs = pass.pre.len();
    let of = |layer: usize| {
        let left = masked(back, layer);
        Change::along(&left, &pass.received(layer - 1), sign * eta * INWARD)
    };
    (1..=outputs).map(of).collect()
}

/// The one that turns the gradient fastest along `direction`, up or down.
pub fn turning(
    network: &mut dyn Network,
    pass: &Forward,
    back: &Backward,
    direction: &Scaled,
    (sign, eta): (f64, f64),
) -> Vec<Option<Change>> {
    let depth = network.depth();
    let asked: Vec<(usize, Scaled, &Forward)> =
        (1..=depth).map(|layer| (layer, direction.clone(), pass)).collect();
    let pushed = push_forward(network, &asked);
    let images = std::iter::once(direction).chain(&pushed);
    let of = |(layer, image): (usize, &Scaled)| {
        let longer = pass.received(layer - 1).values().len() > image.values().len();
        let image = if longer { image.with_entry(Magnitude::ZERO) } else { image.clone() };
        Change::along(&masked(back, layer), &image, sign * eta * INWARD)
    };
    (1..).zip(images).map(of).collect()
}

/// l_j = b_j D_j; 1 for the output.
fn masked(back: &Backward, layer: usize) -> Scaled {
    let one = || Scaled::new(ndarray::Array1::ones(1), 0);
    back.masked.get(layer - 1).cloned().unwrap_or_else(one)
}

/// A pass at one point after a training.
pub fn trained(network: &mut dyn Network, changes: &[Option<Change>], point: &Scaled) -> Forward {
    forward(&mut Moved::new(network, changes), std::slice::from_ref(point)).remove(0)
}

/// The same with its backward pass.
pub fn trained_both(
    network: &mut dyn Network,
    changes: &[Option<Change>],
    point: &Scaled,
) -> (Forward, Backward) {
    let mut moved = Moved::new(network, changes);
    let pass = forward(&mut moved, std::slice::from_ref(point)).remove(0);
    let back = backward(&mut moved, std::slice::from_ref(&pass)).remove(0);
    (pass, back)
}

/// f̃(y) − f(x) − ⟨∇f(x), y − x⟩ by the neurons that flip and what the changes add, layer by layer:
/// nothing cancels but what is to. `proofs/trained.md#affine`.
pub fn affine_error(
    (at, here): (&Forward, &Backward),
    there: &Forward,
    changes: &[Option<Change>],
) -> Scalar {
    let mut error = Scalar { mantissa: 0.0, exponent: 0 };
    for layer in 1..=at.pre.len() {
        if layer < at.pre.len() {
            let flipped = flipped_row(at, here, there, layer);
            error = error.minus(flipped.dot(&there.pre[layer - 1]));
        }
        if let Some(change) = changes.get(layer - 1).and_then(Option::as_ref) {
            let added = change.of(&there.received(layer - 1)).dot(&masked(here, layer));
            error = error.minus(Scalar { mantissa: -added.mantissa, ..added });
        }
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Dense;
    use ndarray::Array1;

    /// The error by layers is the difference of outputs, in networks small enough that it is seen;
    /// and the training towards a side leads there, further than others of its size.
    #[test]
    fn errors_by_layers_are_those_of_outputs() {
        for (widths, slope) in [("6,9,5", 0.0), ("4,3,8,5", -0.5), ("7", 0.0), ("2,1,3", 0.3)] {
            let mut network =
                Dense::<f64>::new(&widths.parse().unwrap(), 11, 1).unwrap().with_slope(slope);
            for trial in 0..12 {
                network.draw(trial);
                let d = network.widths()[0];
                let x = Scaled::new(Array1::from_iter((0..d).map(|i| (1.0 + i as f64).sin())), 0);
                let at = forward(&mut network, std::slice::from_ref(&x)).remove(0);
                let here = backward(&mut network, std::slice::from_ref(&at)).remove(0);
                if at.is_dead() {
                    continue;
                }
                let u = Array1::from_iter((0..d).map(|i| 0.3 * (5.0 * i as f64).cos()));
                let y = Scaled::new(x.at_exponent(0) + &u, 0);
                let u = Scaled::new(u, 0);
                for sign in [1.0, -1.0] {
                    let changes = toward(&at, &here, sign, 0.2);
                    let there = trained(&mut network, &changes, &y);
                    let error = affine_error((&at, &here), &there, &changes).at_exponent(0);
                    let change = there.output().minus(at.output()).at_exponent(0);
                    let expected = change - here.gradient().dot(&u).at_exponent(0);
                    assert!((error - expected).abs() < 1e-13, "{widths} {error} {expected}");
                    // At x itself the output goes where it was sent, by Σ B_j η ‖h_{j−1}‖ at least
                    // where nothing flips; never the other way.
                    let there = trained(&mut network, &changes, &x);
                    let moved = there.output().minus(at.output()).at_exponent(0);
                    if (1..at.pre.len()).all(|j| at.flipped(&there, j).is_empty()) {
                        assert!(sign * moved > 0.0, "{widths} {moved}");
                    }
                }
            }
        }
    }
}
