//! Along a ray, piece by piece: exact but for rounding.

use ndarray::Array1;

use super::engine::Engine;
use crate::network::Scaled;
use crate::network::search::line::Line;

/// The least s ≤ `furthest` beyond which one of these combinations of outputs, all positive at
/// the place, is negative at place + s·u; `None` if none is, or something is no number.
pub fn first_change(
    engine: &Engine,
    place: &[f64],
    u: &[f64],
    rows: &[Vec<f64>],
    furthest: f64,
) -> Option<f64> {
    let (mut low, mut high) = (0.0f64, furthest.min(1.0));
    while low < high {
        let ahead = |to: f64| {
            let start = place.iter().zip(u).map(|(p, u)| p + low * u).collect();
            (start, u.iter().map(|u| (to - low) * u).collect())
        };
        let mut nearest: Option<f64> = None;
        for row in rows {
            // Of the others only what is nearer counts.
            let to = nearest.unwrap_or(high);
            let line = segment(engine, row, ahead(to));
            if line.values.iter().any(|v| v.is_nan()) {
                return None;
            }
            nearest = line.first_change(1.0).map(|s| low + s * (to - low)).or(nearest);
        }
        if nearest.is_some() {
            return nearest;
        }
        (low, high) = (high, (2.0 * high).min(furthest));
    }
    None
}

/// Pieces with one activation pattern each from place to place + u.
pub fn pieces(engine: &Engine, place: &[f64], u: &[f64]) -> usize {
    let mut row = vec![0.0; engine.outputs()];
    row[0] = 1.0;
    segment(engine, &row, (place.to_vec(), u.to_vec())).pieces()
}

fn segment(engine: &Engine, row: &[f64], (from, step): (Vec<f64>, Vec<f64>)) -> Line {
    let scaled = |v: Vec<f64>| Scaled::new(Array1::from(v), 0);
    Line::new(&mut engine.head(row), &scaled(from), &scaled(step))
}
