//! Norms of displacements.

use super::quadratic::dot;
use crate::given::Ball;

/// ‖v‖.
pub fn norm(ball: Ball, v: &[f64]) -> f64 {
    match ball {
        Ball::L2 => dot(v, v).sqrt(),
        Ball::Max => v.iter().fold(0.0, |m, v| v.abs().max(m)),
    }
}

/// The v with ‖v‖ = 1 along which a function of this gradient grows most, and by how much.
pub fn steepest(ball: Ball, gradient: &[f64]) -> Option<(Vec<f64>, f64)> {
    let rate = match ball {
        Ball::L2 => norm(Ball::L2, gradient),
        Ball::Max => gradient.iter().map(|g| g.abs()).sum(),
    };
    if !(rate > 0.0 && rate.is_finite()) {
        return None;
    }
    let sign = |g: &f64| if *g == 0.0 { 0.0 } else { g.signum() };
    let direction = match ball {
        Ball::L2 => gradient.iter().map(|g| g / rate).collect(),
        Ball::Max => gradient.iter().map(sign).collect(),
    };
    Some((direction, rate))
}

/// The nearest v with ‖v‖ ≤ radius.
pub fn project(ball: Ball, v: &mut [f64], radius: f64) {
    match ball {
        Ball::L2 => {
            let size = norm(ball, v);
            if size > radius {
                for entry in v {
                    *entry *= radius / size;
                }
            }
        }
        Ball::Max => {
            for entry in v {
                // What is no number stays so.
                if entry.abs() > radius {
                    *entry = radius.copysign(*entry);
                }
            }
        }
    }
}

/// v times a number.
pub fn times(v: &[f64], factor: f64) -> Vec<f64> {
    v.iter().map(|v| v * factor).collect()
}
