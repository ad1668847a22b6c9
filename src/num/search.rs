//! Sloppy searches for the free parameter of a rigorous bound.
//!
//! A Chernoff or moment bound holds for every value of its parameter, so the search may be
//! inexact: what is returned is the evaluation at the best point seen, never an interpolation.

use super::Enclosure;

const INVERSE_GOLDEN: f64 = 0.618_033_988_749_894_9;

/// The smallest upper end of `f(e^t)` seen in a golden-section search over `t` in `[from, to]`.
///
/// Returns the parameter (a point) and the enclosure there. `f` should be quasi-convex for the
/// search to find the minimum; the result is valid in any case.
pub fn minimise(
    precision: u32,
    from: f64,
    to: f64,
    steps: u32,
    f: impl Fn(&Enclosure) -> Enclosure,
) -> (Enclosure, Enclosure) {
    let at = |t: f64| {
        let x = Enclosure::point(precision, t).exp().middle();
        let value = f(&x);
        (x, value)
    };
    let better =
        |a: &(Enclosure, Enclosure), b: &(Enclosure, Enclosure)| a.1.hi().certainly_lt(&b.1.hi());
    golden_section(from, to, steps, at, better)
}

/// The argument of the smallest `f(e^t)` seen in a golden-section search over `t` in `[from, to]`,
/// in `f64`: for parameters of formulas that are evaluated rigorously afterwards.
pub fn argmin(from: f64, to: f64, steps: u32, f: impl Fn(f64) -> f64) -> f64 {
    let at = |t: f64| {
        let x = t.exp();
        let y = f(x);
        (x, if y.is_nan() { f64::INFINITY } else { y })
    };
    golden_section(from, to, steps, at, |a, b| a.1 < b.1).0
}

/// The better of the last two points of a golden-section search over `[low, high]`.
fn golden_section<T>(
    mut low: f64,
    mut high: f64,
    steps: u32,
    at: impl Fn(f64) -> T,
    better: impl Fn(&T, &T) -> bool,
) -> T {
    let inner = |low: f64, high: f64| high - INVERSE_GOLDEN * (high - low);
    let outer = |low: f64, high: f64| low + INVERSE_GOLDEN * (high - low);
    let (mut left_t, mut right_t) = (inner(low, high), outer(low, high));
    let (mut left, mut right) = (at(left_t), at(right_t));
    for _ in 0..steps {
        if better(&left, &right) {
            high = right_t;
            (right_t, right) = (left_t, left);
            left_t = inner(low, high);
            left = at(left_t);
        } else {
            low = left_t;
            (left_t, left) = (right_t, right);
            right_t = outer(low, high);
            right = at(right_t);
        }
    }
    if better(&left, &right) { left } else { right }
}

/// A point near the zero of an increasing `f` on `[e^from, e^to]`, by the Illinois method in the
/// logarithm of the argument. Not rigorous: the caller certifies what it does with the point.
pub fn root(precision: u32, from: f64, to: f64, f: impl Fn(&Enclosure) -> f64) -> Enclosure {
    let at = |t: f64| Enclosure::point(precision, t).exp().middle();
    let (mut a, mut b) = (from, to);
    let (mut fa, mut fb) = (f(&at(a)), f(&at(b)));
    let mut t = a;
    let mut last_side = 0;
    for _ in 0..100 {
        if fa >= 0.0 || fa.is_nan() {
            return at(a);
        }
        if fb <= 0.0 || fb.is_nan() {
            return at(b);
        }
        t = b - fb * (b - a) / (fb - fa);
        // A step that hugs an end (steep or infinite values) is replaced by a bisection.
        let margin = 1e-3 * (b - a);
        if !t.is_finite() || t <= a + margin * 1e-9 || t >= b - margin * 1e-9 {
            t = 0.5 * (a + b);
        }
        if t <= a || t >= b || (b - a) <= 1e-15 * a.abs().max(b.abs()).max(1e-3) {
            break;
        }
        let ft = f(&at(t));
        if ft == 0.0 {
            break;
        }
        // Illinois: an end kept twice in a row counts half, or it would be kept for ever.
        if ft < 0.0 {
            (a, fa) = (t, ft);
            fb *= if last_side < 0 { 0.5 } else { 1.0 };
            last_side = -1;
        } else {
            (b, fb) = (t, ft);
            fa *= if last_side > 0 { 0.5 } else { 1.0 };
            last_side = 1;
        }
    }
    at(t)
}

/// Moves `guess` away from the doubtful side, by factors that grow from 1 ± 2⁻⁴⁸, until it
/// `passes`; the whole line if it never does. `direction` is +1 to enlarge, −1 to shrink.
pub fn certified(
    guess: Enclosure,
    passes: impl Fn(&Enclosure) -> bool,
    direction: i32,
) -> Enclosure {
    let precision = guess.precision();
    if passes(&guess) {
        return guess;
    }
    for bits in (0..=48).rev().step_by(4) {
        let step = Enclosure::point(precision, f64::from(direction) * 2f64.powi(-bits));
        let moved = (&guess * step.exp()).middle();
        if passes(&moved) {
            return moved;
        }
    }
    Enclosure::whole(precision)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_minimum_and_root() {
        let p = 128;
        let (x, value) = minimise(p, -10.0, 10.0, 60, |x| (x.ln() - 2u32).square());
        assert!((x.to_f64().ln() - 2.0).abs() < 1e-6 && value.to_f64() < 1e-12);
        let x = root(p, -30.0, 30.0, |x| (x.square() - 2u32).to_f64());
        assert!((x.to_f64() - 2f64.sqrt()).abs() < 1e-12);
    }
}
