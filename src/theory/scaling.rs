//! Multiples of a shape: the least at which something is proved.

use crate::model::params::{Architecture, MAX_WIDTH};

/// The largest factor by which widths may be multiplied.
pub fn largest(shape: &Architecture) -> f64 {
    MAX_WIDTH as f64 / shape.largest() as f64
}

/// All widths times `factor`, rounded, at least 1.
pub fn scaled(shape: &Architecture, factor: f64) -> Option<Architecture> {
    let width = |&d: &u128| ((d as f64 * factor).round() as u128).clamp(1, MAX_WIDTH);
    Architecture::new(shape.widths().iter().map(width).collect()).ok()
}

/// The least factor found, by bisection, at which `enough` holds; that it holds at larger ones is
/// not assumed to be proved.
pub fn least(shape: &Architecture, enough: impl Fn(&Architecture) -> bool) -> Option<f64> {
    let holds = |factor: f64| scaled(shape, factor).is_some_and(|wide| enough(&wide));
    let largest = largest(shape);
    let narrowest = shape.widths().iter().copied().min().unwrap_or(1) as f64;
    let low = 1.0 / narrowest;
    if holds(low) {
        return Some(low);
    }
    // In `f64` the formulas lose their digits at the very largest widths.
    let high =
        [1.0, 1e-8, 1e-16].into_iter().map(|part| part * largest).find(|&factor| holds(factor))?;
    Some(between(shape, [low, high], enough))
}

/// By bisection between a factor at which it does not hold and one at which it does, which is given
/// back where no smaller one is found.
pub fn between(
    shape: &Architecture,
    [mut low, mut high]: [f64; 2],
    enough: impl Fn(&Architecture) -> bool,
) -> f64 {
    let input = shape.input() as f64;
    while high / low > 1.0005 && input * (high - low) > 0.5 {
        let middle = (low * high).sqrt();
        if scaled(shape, middle).is_some_and(|wide| enough(&wide)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// The least number from 1 to `most` found with `enough`, by bisection up to the ratio `near`;
/// `None` where it is not even `most`.
pub fn least_number(most: u128, near: f64, enough: impl Fn(u128) -> bool) -> Option<u128> {
    if !enough(most) {
        return None;
    }
    let (mut low, mut high) = (0, most);
    while high - low > 1 && high as f64 > near * low as f64 {
        let middle = ((low.max(1) as f64 * high as f64).sqrt() as u128).clamp(low + 1, high - 1);
        if enough(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

/// What `proved` finds at a factor a little above the one that searches found.
pub fn certified<T>(
    shape: &Architecture,
    factor: f64,
    proved: impl Fn(&Architecture) -> Option<T>,
) -> Option<T> {
    let margins = [0.0, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3];
    let factors = margins.into_iter().map(|margin| (factor * (1.0 + margin)).min(largest(shape)));
    factors.filter_map(|factor| scaled(shape, factor)).find_map(|wide| proved(&wide))
}
