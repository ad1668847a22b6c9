//! How far no other class is, by linear bounds (`proofs/given.md#radius`).

use super::Ball;
use super::float::{scaled_above, scaled_below};
use super::local::Local;
use super::matrix::Matrix;
use super::region::{Linear, Region, Slopes};

/// Radii that are tried, at most.
const TRIES: usize = 40;
/// The search ends when it is known so well.
const CLOSE: f64 = 1e-4;
/// Steps that improve the slopes for a rival.
const STEPS: usize = 24;
/// Steps that improve the slopes for bounds on neurons, where that is cheap.
const INNER: usize = 10;
/// Multiplications in a pass that are cheap.
const CHEAP: usize = 4_000_000;

/// f_own − f_rival, or ±f.
pub(super) fn row(outputs: usize, own: usize, rival: usize) -> Matrix {
    let mut row = Matrix::zeros(1, outputs);
    if outputs == 1 {
        row.data[0] = if own == 1 { 1.0 } else { -1.0 };
    } else {
        row.data[own] = 1.0;
        row.data[rival] = -1.0;
    }
    row
}

/// A rival, and the slopes that were best for it last.
struct Rival {
    row: Matrix,
    slopes: Option<Slopes>,
}

struct Search<'a> {
    local: &'a Local<'a>,
    ball: Ball,
    /// Steps for bounds on neurons.
    inner: usize,
    steps: usize,
}

impl Search<'_> {
    /// Within this radius no rival is nearer than the distance that is returned (in scaled units).
    fn distance(&self, radius: f64, rivals: &mut [Rival], stop: &dyn Fn() -> bool) -> f64 {
        let Some(region) = Region::new(self.local, self.ball, radius, None, self.inner) else {
            return 0.0;
        };
        let last = self.local.layers.len() - 1;
        let mut least = f64::INFINITY;
        for rival in rivals {
            let plain = region.descend(last, &rival.row, None, false).linear.remove(0);
            let mut distance = region.away(plain.distance());
            let passes = |linear: &Linear| linear.bound(region.radius) >= 0.0;
            if self.steps > 0 && !passes(&plain) && !stop() {
                let (best, slopes) =
                    region.improved(last, &rival.row, self.steps, rival.slopes.take());
                rival.slopes = Some(slopes);
                distance = distance.max(region.away(best[0].distance()));
            }
            least = least.min(distance);
        }
        least
    }

    /// The largest radius found that is certified, from `low` on, which is.
    fn largest(
        &self,
        low: f64,
        at_most: f64,
        first: f64,
        rivals: &mut [Rival],
        stop: &dyn Fn() -> bool,
    ) -> f64 {
        let (mut low, mut high, mut next) = (low, at_most, first.min(at_most));
        for _ in 0..TRIES {
            if low >= at_most || high <= low * (1.0 + CLOSE) || stop() || !next.is_finite() {
                break;
            }
            let distance = self.distance(next, rivals, stop);
            if distance >= next {
                low = low.max(next);
                let far = distance.min(4.0 * next);
                // Up to where the bounds of this radius reach, if they are not too loose there.
                next = if high.is_finite() { 0.5 * (low + far.min(high)) } else { far };
            } else {
                // What is nearer than the radius would have been seen from here.
                low = low.max(distance);
                high = next;
                next = 0.5 * (low + high);
            }
            if next <= low * (1.0 + 0.25 * CLOSE) {
                next = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * low.max(next) };
            }
        }
        low
    }
}

/// Multiplications for bounds on all neurons.
fn work(local: &Local<'_>) -> usize {
    let mut below = 0;
    let mut work = 0;
    for layer in &local.layers {
        work += 2 * layer.matrix.rows * below;
        below += layer.matrix.rows * layer.matrix.columns;
    }
    work
}

/// A radius within which no rival is above `own`: proved; at most `at_most`.
pub(super) fn certified(
    local: &Local<'_>,
    ball: Ball,
    own: usize,
    rivals: &[usize],
    at_most: f64,
    stop: &dyn Fn() -> bool,
) -> f64 {
    let outputs = local.layers.last().map_or(0, |layer| layer.matrix.rows);
    let mut rivals: Vec<Rival> =
        rivals.iter().map(|rival| Rival { row: row(outputs, own, *rival), slopes: None }).collect();
    let limit = scaled_above(at_most, -local.input);
    let plain = Search { local, ball, inner: 0, steps: 0 };
    // As far as the network is linear.
    let linear = plain.distance(0.0, &mut rivals, stop);
    if linear == 0.0 {
        return 0.0;
    }
    // Where it is constant there, any radius will do to begin with.
    let first = if linear.is_finite() { linear } else { 1.0 };
    let low = plain.largest(0.0, limit, first, &mut rivals, stop);
    let inner = if work(local) <= CHEAP { INNER } else { 0 };
    let sharp = Search { local, ball, inner, steps: STEPS };
    let next = if low > 0.0 { 1.1 * low } else { first };
    let radius = sharp.largest(low, limit, next, &mut rivals, stop);
    scaled_below(radius, local.input).min(at_most)
}
