//! The adversarial step −t f(x) ∇f(x)/‖∇f(x)‖², and the shortest steps in other norms.

use ndarray::Array1;

use crate::model::norm::{Basis, Form, Norm};
use crate::network::{Backward, Forward, Scaled};
use crate::num::magnitude::Magnitude;

/// Where a step leads.
pub struct Step {
    /// ‖u‖/‖x‖.
    pub size: Magnitude,
    /// u.
    pub u: Scaled,
    /// x + u.
    pub end: Scaled,
}

/// Why there is no step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The network is constantly 0 near x.
    Dead,
    /// f(x) = 0: on the decision boundary already.
    Boundary,
    /// The passes are not numbers.
    Failed,
}

/// The step of size t.
///
/// # Errors
/// There is none.
pub fn adversarial(forward: &Forward, backward: &Backward, t: f64) -> Result<Step, Standing> {
    let (output, gradient, x) = (forward.output(), backward.gradient(), &forward.input);
    let (Some(value), Some(norm), Some(length)) = (output.abs(), gradient.norm(), x.norm()) else {
        return Err(Standing::Failed);
    };
    if forward.is_dead() || norm.is_zero() {
        return Err(Standing::Dead);
    }
    if value.is_zero() {
        return Err(Standing::Boundary);
    }
    let size = || Some((value / (norm * length))? * Magnitude::from_f64(t)?);
    let size = size().ok_or(Standing::Failed)?;
    let root = |v: &Scaled| v.values().dot(v.values()).sqrt();
    let sign = if output.mantissa > 0.0 { -1.0 } else { 1.0 };
    let scale = sign * size.to_f64() * root(x) / root(gradient);
    let u = Scaled::new(gradient.values() * scale, x.exponent());
    let end = Scaled::new(x.values() + &u.at_exponent(x.exponent()), x.exponent());
    Ok(Step { size, u, end })
}

/// A step that is the shortest in some norm among those that take the linear function with the
/// gradient ∇f(x) from f(x) to (1 − t) f(x).
pub struct Shortest {
    /// Where it leads.
    pub step: Step,
    /// ‖u‖₂ ‖∇f‖₂/(t|f|), at least 1 but for rounding.
    pub stretch: Magnitude,
    /// ‖u‖/‖x‖ in its own norm.
    pub own_size: Magnitude,
}

/// The shortest in `norm`, of size t.
///
/// # Errors
/// There is none.
pub fn shortest(
    forward: &Forward,
    backward: &Backward,
    norm: &Norm,
    t: f64,
) -> Result<Shortest, Standing> {
    let straight = adversarial(forward, backward, t)?;
    if norm.is_straight(forward.input.values().len() as u128) {
        let own_size = straight.size;
        return Ok(Shortest { step: straight, stretch: Magnitude::ONE, own_size });
    }
    let (output, gradient, x) = (forward.output(), backward.gradient(), &forward.input);
    let direction = dual(norm, gradient.values());
    let along = gradient.values().dot(&direction);
    if !(along.is_finite() && along > 0.0) {
        return Err(Standing::Failed);
    }
    // f and the gradient are of sizes beyond any number.
    let scale = -t * output.mantissa / along;
    let u = Scaled::new(direction * scale, output.exponent - gradient.exponent());
    let size = u.norm().zip(x.norm()).and_then(|(u, x)| u / x).ok_or(Standing::Failed)?;
    let own = |v: &Scaled| length(norm, v);
    let own_size = own(&u).zip(own(x)).and_then(|(u, x)| u / x).ok_or(Standing::Failed)?;
    let stretch = (size / straight.size).ok_or(Standing::Failed)?;
    let end = Scaled::new(x.values() + &u.at_exponent(x.exponent()), x.exponent());
    Ok(Shortest { step: Step { size, u, end }, stretch, own_size })
}

/// The direction of the shortest step down a linear function with this gradient.
fn dual(norm: &Norm, gradient: &Array1<f64>) -> Array1<f64> {
    match norm {
        Norm::L2 => gradient.clone(),
        Norm::Linf => gradient.mapv(|g| if g == 0.0 { 0.0 } else { g.signum() }),
        Norm::L1 | Norm::Top(_) => {
            let count = norm.coordinates(gradient.len() as u128).unwrap_or(1);
            largest(gradient, usize::try_from(count).unwrap_or(usize::MAX))
        }
        Norm::Form(Form { weights, basis, .. }) => {
            let divided = |values: &[f64]| -> Vec<f64> {
                values.iter().zip(weights.iter()).map(|(g, m)| g / m).collect()
            };
            let values = gradient.to_vec();
            Array1::from(match basis {
                Basis::Entries => divided(&values),
                Basis::Cosines(grid) => grid.picture(&divided(&grid.cosines(&values))),
            })
        }
    }
}

/// The k entries of the largest size; the others become 0.
fn largest(values: &Array1<f64>, k: usize) -> Array1<f64> {
    if k >= values.len() {
        return values.clone();
    }
    let mut places: Vec<usize> = (0..values.len()).collect();
    // Of equal ones the first.
    let order = |a: &usize, b: &usize| values[*b].abs().total_cmp(&values[*a].abs()).then(a.cmp(b));
    places.select_nth_unstable_by(k, order);
    let mut kept = Array1::zeros(values.len());
    for &place in &places[..k] {
        kept[place] = values[place];
    }
    kept
}

/// ‖v‖ in this norm, up to a factor that depends on the norm alone.
fn length(norm: &Norm, v: &Scaled) -> Option<Magnitude> {
    let values = v.values();
    let mantissa = match norm {
        Norm::L2 | Norm::Top(_) => return v.norm(),
        Norm::Linf => values.iter().fold(0.0f64, |most, v| most.max(v.abs())),
        Norm::L1 => values.iter().map(|v| v.abs()).sum(),
        Norm::Form(Form { weights, basis, .. }) => {
            let values = values.to_vec();
            let coordinates = match basis {
                Basis::Entries => values,
                Basis::Cosines(grid) => grid.cosines(&values),
            };
            coordinates.iter().zip(weights.iter()).map(|(v, m)| m * v * v).sum::<f64>().sqrt()
        }
    };
    Magnitude::new(mantissa, v.exponent()).filter(|m| m.is_finite())
}

/// (f(x) − f(y))/(t f(x)), 0 if negative, as far as it is a number; and does f(y) have the other
/// sign? The two tell the same story, whatever the rounding: the share is above 1/t if and only if
/// the sign flipped, and 1/t if f(y) = 0.
pub fn achieved(at: &Forward, there: &Forward, t: f64) -> (Option<Magnitude>, bool) {
    let (before, after) = (at.output(), there.output());
    let drop = before.minus(after);
    let (same, other) =
        (after.mantissa * before.mantissa > 0.0, after.mantissa * before.mantissa < 0.0);
    let toward = drop.mantissa * before.mantissa > 0.0;
    let value = || {
        let whole = before.abs()? * Magnitude::from_f64(t)?;
        let share = if toward { (drop.abs()? / whole)? } else { Magnitude::ZERO };
        let level = 1.0 / t;
        let limit = Magnitude::from_f64;
        Some(match (same, other) {
            (true, _) => share.min(limit(level.next_down())?),
            (_, true) => share.max(limit(level.next_up())?),
            _ => limit(level)?,
        })
    };
    (value().filter(|_| after.abs().is_some()), other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Dense, Network, backward, forward};
    use ndarray::{Array1, array};

    /// Against all subsets, all signs and a grid of directions in three dimensions: nothing shorter
    /// in its norm goes as far down.
    #[test]
    fn no_step_that_goes_as_far_is_shorter() {
        let gradient = array![0.3, -1.4, 0.9];
        let weights = vec![1.0, 4.0, 0.5];
        let form = Norm::parse("form:m", None, |_| Ok(weights)).unwrap();
        for norm in [Norm::L2, Norm::Linf, Norm::L1, form] {
            let of = |v: &Array1<f64>| {
                let length = length(&norm, &Scaled::new(v.clone(), 0)).unwrap().to_f64();
                length / gradient.dot(v)
            };
            let best = of(&dual(&norm, &gradient));
            for i in -20i32..=20 {
                for j in -20i32..=20 {
                    for k in -20i32..=20 {
                        let v = array![f64::from(i), f64::from(j), f64::from(k)];
                        if gradient.dot(&v) > 1e-9 {
                            assert!(of(&v) >= best * (1.0 - 1e-12), "{norm} {v}");
                        }
                    }
                }
            }
        }
        let kept = largest(&gradient, 2);
        assert_eq!(kept, array![0.0, -1.4, 0.9]);
        assert_eq!(largest(&array![1.0, -1.0, 1.0], 2), array![1.0, -1.0, 0.0]);
    }

    /// f goes from f(x) to (1 − t) f(x) in the linear function, in every norm.
    #[test]
    fn shortest_steps_take_the_linear_function_as_far_as_the_straight_one() {
        let mut network = Dense::<f64>::new(&"12,9,7".parse().unwrap(), 1, 1).unwrap();
        let x = Scaled::new(Array1::from_iter((0..12).map(|i| f64::from(i) - 4.7)), 3);
        let grid = crate::model::norm::Grid::parse("3x4").ok();
        let no = |_: &str| unreachable!();
        for text in ["l2", "linf", "l1", "top:3", "top:40%", "form:power:1.5"] {
            let norm = Norm::parse(text, grid, no).unwrap();
            for trial in 0..20 {
                network.draw(trial);
                let at = forward(&mut network, std::slice::from_ref(&x));
                let back = backward(&mut network, &at);
                let Ok(found) = shortest(&at[0], &back[0], &norm, 2.5) else { continue };
                let change = found.step.u.dot(back[0].gradient());
                let whole = at[0].output();
                let ratio = change.at_exponent(whole.exponent) / whole.mantissa;
                assert!((ratio + 2.5).abs() < 1e-12, "{text}: {ratio}");
                assert!(found.stretch.to_f64() > 1.0 - 1e-12, "{text}");
                let changed = found.step.u.values().iter().filter(|v| **v != 0.0).count();
                let most = norm.coordinates(12).map_or(12, |k| k as usize);
                assert!(changed <= most, "{text}");
            }
        }
    }

    /// A layer that falls silent on the way: f is 0 at the end, and its sign has not flipped.
    #[test]
    fn a_step_onto_zero_does_not_flip() {
        let mut network =
            Dense::<f64>::with_weights(vec![array![[3.0, 0.0], [0.0, 1.0]], array![[0.7, 0.0]]]);
        let x = Scaled::new(Array1::from(vec![1.0, -1.0]), 0);
        let at = forward(&mut network, std::slice::from_ref(&x));
        let back = backward(&mut network, &at);
        for t in [1.1, 2.0, 3.0, 7.7] {
            let step = adversarial(&at[0], &back[0], t).unwrap();
            let there = forward(&mut network, std::slice::from_ref(&step.end));
            let (share, flipped) = achieved(&at[0], &there[0], t);
            assert!(there[0].output().mantissa == 0.0 && !flipped);
            assert_eq!(share, Magnitude::from_f64(1.0 / t));
        }
    }
}
