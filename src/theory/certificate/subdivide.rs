//! Inequalities over an interval, by subdivision.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::num::{Enclosure, Taylor};

/// Pieces after which a range counts as not settled.
const MOST_PIECES: usize = 20_000;
/// Halvings after which a piece counts as not settled; few enough for the ends of pieces to be
/// exact in `f64`, so that pieces leave no gap.
const MOST_HALVINGS: u32 = 40;
/// Up to this share of the range from a zero, F is also expanded around the zero.
const NEAR: f64 = 0.25;
/// What counts as 0 where a zero is looked for.
const NOTHING: f64 = 1e-40;
/// The margin is pushed to this part of the least value seen.
const SHARP: f64 = 0.98;

/// A fact that holds on its whole range.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// F(x) ≥ margin · (x − from)ᵏ (to − x)ˡ on the range, k and l the orders of the zeros. Rounded
    /// down.
    pub margin: f64,
    /// Pieces or cases it took.
    pub pieces: usize,
}

/// A fact that is not established.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// False at this point, beyond rounding.
    Refuted {
        /// The point, to a few digits.
        at: f64,
    },
    /// F, or a derivative below the order named, is not 0 at an end at which it should be.
    NoZero {
        /// The end.
        at: f64,
    },
    /// Neither proved nor refuted here: nothing is claimed.
    Unsettled {
        /// The piece, to a few digits.
        from: f64,
        /// Its other end.
        to: f64,
    },
}

impl std::fmt::Display for Failure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Refuted { at } => write!(out, "refuted at {at:.6}"),
            Failure::NoZero { at } => write!(out, "no zero of that order at {at:.6}"),
            Failure::Unsettled { from, to } => {
                write!(out, "not settled near {from:.6} (piece of length {:.1e})", to - from)
            }
        }
    }
}

/// A function over an interval, its zeros at the ends to be divided out.
struct Problem {
    excess: fn(&Taylor) -> Taylor,
    ends: [Enclosure; 2],
    zeros: [usize; 2],
}

/// The part [at, at + 2^−halvings] of the range, with at a multiple of 2^−halvings.
#[derive(Clone, Copy, PartialEq)]
struct Piece {
    at: f64,
    halvings: u32,
    /// No value on the piece is below this.
    least: f64,
}

impl Piece {
    fn length(self) -> f64 {
        0.5f64.powi(self.halvings.try_into().expect("few halvings"))
    }
}

/// The piece with the smallest lower bound is looked at first.
impl Ord for Piece {
    fn cmp(&self, other: &Self) -> Ordering {
        other.least.total_cmp(&self.least).then(other.at.total_cmp(&self.at))
    }
}

impl PartialOrd for Piece {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for Piece {}

impl Problem {
    /// The points from a share `from` to a share `to` of the range.
    fn points(&self, from: f64, to: f64) -> Enclosure {
        let p = self.ends[0].precision();
        let share = Enclosure::point(p, from).hull(&Enclosure::point(p, to));
        &self.ends[0] + (&self.ends[1] - &self.ends[0]) * share
    }

    /// Distances to the two ends of the range, never negative.
    fn distances(&self, x: &Enclosure) -> [Enclosure; 2] {
        let zero = Enclosure::integer(x.precision(), 0);
        [(x - &self.ends[0]).max(&zero), (&self.ends[1] - x).max(&zero)]
    }

    fn taylor(&self, x: &Enclosure, order: usize) -> Taylor {
        (self.excess)(&Taylor::variable(x.clone(), order))
    }

    /// F divided by its zeros, on a part of the range: the best of expansions around the middle and
    /// around a zero at either end.
    fn ratio(&self, from: f64, to: f64) -> Enclosure {
        let x = self.points(from, to);
        let distances = self.distances(&x);
        let [low, high] = [0, 1].map(|end| power(&distances[end], self.zeros[end]));
        let mut ratio = self.around_middle(&x) / (&low * &high);
        if to <= NEAR && self.zeros[0] > 0 {
            ratio = both(&ratio, &(self.around_end(0, &x, &distances[0]) / &high));
        }
        if from >= 1.0 - NEAR && self.zeros[1] > 0 {
            ratio = both(&ratio, &(self.around_end(1, &x, &distances[1]) / &low));
        }
        ratio
    }

    /// F on `x`: c₀ + c₁(x − m) + c₂(x − m)², c₂ over `x`.
    fn around_middle(&self, x: &Enclosure) -> Enclosure {
        let (middle, over) = (x.middle(), self.taylor(x, 2));
        let (at, step) = (self.taylor(&middle, 1), x - &middle);
        let expanded =
            at.coefficient(0) + at.coefficient(1) * &step + over.coefficient(2) * step.square();
        both(over.coefficient(0), &expanded)
    }

    /// F/dᵏ, d the distance to an end at which F has a zero of order k: c_k ± c_{k+1} d + c_{k+2}
    /// d², the last over all from there to `x`.
    fn around_end(&self, end: usize, x: &Enclosure, distance: &Enclosure) -> Enclosure {
        let (e, k) = (&self.ends[end], self.zeros[end]);
        let (at, over) = (self.taylor(e, k + 1), self.taylor(&e.hull(x), k + 2));
        let slope = at.coefficient(k + 1) * distance;
        let rest = over.coefficient(k + 2) * distance.square();
        match (end, k % 2) {
            (0, _) => at.coefficient(k) + slope + rest,
            (_, 0) => at.coefficient(k) - slope + rest,
            _ => slope - at.coefficient(k) - rest,
        }
    }

    fn piece(&self, at: f64, halvings: u32) -> Piece {
        let piece = Piece { at, halvings, least: f64::NEG_INFINITY };
        Piece { least: self.ratio(at, at + piece.length()).lo_f64(), ..piece }
    }

    /// Does F vanish at the ends, to the orders named? Seen to [`NOTHING`]: that it does exactly is
    /// for the proof to say.
    fn vanishes(&self) -> Result<(), Failure> {
        for (end, order) in self.ends.iter().zip(self.zeros) {
            let f = self.taylor(end, order);
            let zero = Enclosure::integer(end.precision(), 0);
            let vanishes =
                |c: &Enclosure| c.contains(&zero) && c.lo_f64() > -NOTHING && c.hi_f64() < NOTHING;
            if !(0..order).all(|k| vanishes(f.coefficient(k))) {
                return Err(Failure::NoZero { at: end.to_f64() });
            }
        }
        Ok(())
    }

    /// The value at the middle of a piece, and the point.
    fn sample(&self, piece: Piece) -> (f64, f64) {
        let middle = piece.at + piece.length() / 2.0;
        (self.ratio(middle, middle).hi_f64(), self.points(middle, middle).to_f64())
    }
}

/// What two enclosures of one number agree on.
fn both(a: &Enclosure, b: &Enclosure) -> Enclosure {
    debug_assert!(!a.certainly_lt(b) && !b.certainly_lt(a), "{a:?} and {b:?} of one number");
    a.max(&b.lo()).min(&b.hi())
}

fn power(x: &Enclosure, order: usize) -> Enclosure {
    (0..order).fold(Enclosure::integer(x.precision(), 1), |product, _| product * x)
}

/// Is F ≥ 0 between the ends? `zeros` are the orders of its zeros at the ends; that F has zeros of
/// these orders is for the proof to say, here it is checked to rounding.
///
/// # Errors
/// Where F is negative somewhere, has no such zeros, or is too close to 0 for the pieces allowed.
pub fn settle(
    excess: fn(&Taylor) -> Taylor,
    ends: [Enclosure; 2],
    zeros: [usize; 2],
) -> Result<Settled, Failure> {
    let problem = Problem { excess, ends, zeros };
    problem.vanishes()?;
    // The two ends are in different pieces from the start.
    let mut open: BinaryHeap<Piece> =
        (0..4).map(|k| problem.piece(f64::from(k) / 4.0, 2)).collect();
    let (mut seen, mut pieces) = (f64::INFINITY, open.len());
    for piece in &open {
        seen = seen.min(problem.refuted(*piece)?);
    }
    loop {
        let Some(worst) = open.pop() else { unreachable!("a split leaves two pieces") };
        let sharp = worst.least > 0.0 && worst.least >= SHARP * seen;
        let spent = pieces >= MOST_PIECES || worst.halvings >= MOST_HALVINGS;
        if sharp || (spent && worst.least > 0.0) {
            return Ok(Settled { margin: worst.least, pieces });
        }
        if spent {
            let x = problem.points(worst.at, worst.at + worst.length());
            return Err(Failure::Unsettled { from: x.lo_f64(), to: x.hi_f64() });
        }
        let half = worst.length() / 2.0;
        for at in [worst.at, worst.at + half] {
            let piece = problem.piece(at, worst.halvings + 1);
            seen = seen.min(problem.refuted(piece)?);
            open.push(piece);
        }
        pieces += 1;
    }
}

impl Problem {
    /// The value at the middle of the piece; an error if it is negative.
    fn refuted(&self, piece: Piece) -> Result<f64, Failure> {
        let (value, at) = self.sample(piece);
        if value < 0.0 { Err(Failure::Refuted { at }) } else { Ok(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: u32 = 128;

    fn between(from: f64, to: f64) -> [Enclosure; 2] {
        [Enclosure::point(P, from), Enclosure::point(P, to)]
    }

    #[test]
    fn true_inequalities_are_settled_with_their_margin() {
        // x − sin x = x³/6 − …: on [0, 1], (x − sin x)/x³ is least at 1.
        let third = |x: &Taylor| x - x.sin_cos().0;
        let settled = settle(third, between(0.0, 1.0), [3, 0]).unwrap();
        let exact = 1.0 - 1f64.sin();
        let margin = settled.margin;
        assert!((0.98 * exact..=exact).contains(&margin), "{margin} {exact}");
        // Zeros at both ends, of orders 1 and 2: x(1 − x)²(1 + x) has margin 1.
        let both = |x: &Taylor| {
            let rest = x.whole(1) - x;
            x * rest.power(2) * (x + x.whole(1))
        };
        let settled = settle(both, between(0.0, 1.0), [1, 2]).unwrap();
        assert!((0.98..=1.0).contains(&settled.margin));
    }

    #[test]
    fn false_inequalities_are_refused_however_small_the_fault() {
        // sin x ≥ 0.999x fails from 0.0775 on, sin x ≥ x − x³/6.001 close to 0 only.
        let chord = |x: &Taylor| x.sin_cos().0 - x.times(999).over(1000);
        assert!(matches!(
            settle(chord, between(0.0, 1.0), [1, 0]),
            Err(Failure::Refuted { at }) if at > 0.07
        ));
        let narrow = |x: &Taylor| {
            (x.whole(1) - x.times(2)).power(2) - x.whole(1).over(1_000_000) - x.whole(0)
        };
        assert!(matches!(
            settle(narrow, between(0.0, 1.0), [0, 0]),
            Err(Failure::Refuted { at }) if (at - 0.5).abs() < 1e-3
        ));
        // A zero that is not there would let a false inequality pass.
        let lifted = |x: &Taylor| x + x.whole(1).over(1000);
        assert!(matches!(settle(lifted, between(0.0, 1.0), [1, 0]), Err(Failure::NoZero { .. })));
    }

    #[test]
    fn what_cannot_be_settled_is_said() {
        // (3x − 1)² ≥ 0 is true, but touches 0 inside the range at no dyadic point.
        let touching = |x: &Taylor| (x.times(3) - x.whole(1)).power(2);
        let failure = settle(touching, between(0.0, 1.0), [0, 0]).unwrap_err();
        assert!(
            matches!(
                failure,
                Failure::Unsettled { from, to } if from <= 1.0 / 3.0 && 1.0 / 3.0 <= to + 1e-12
            ),
            "{failure:?}"
        );
        // Undefined on part of the range: the logarithm of a negative number.
        let undefined = |x: &Taylor| (x - x.whole(1).over(2)).ln() + x.whole(9);
        assert!(settle(undefined, between(0.0, 1.0), [0, 0]).is_err());
    }
}
