//! Along the boundary: to the plane at which the margin would vanish if the network were affine,
//! drawn towards the input (fast adaptive boundary, Croce and Hein 2020).

use super::Attack;
use super::cell::plus;
use super::geometry::{norm, project, steepest, times};
use super::quadratic::dot;
use crate::given::find::local::{margin, worst};

/// How far beyond the plane a step leads.
const BEYOND: f64 = 1.05;
/// The share of the way from the plane to its point nearest to the input, at most.
const DRAWN: f64 = 0.1;
/// Where a class has changed, the next step starts this much nearer to the input.
const BACK: f64 = 0.9;

impl Attack<'_> {
    /// From a displacement, against one margin: the nearest point found with another class, if
    /// any, is offered, and returned.
    pub fn follow(&mut self, row: usize, start: Vec<f64>, steps: usize) -> Option<Vec<f64>> {
        let (mut v, mut best): (Vec<f64>, Option<(f64, Vec<f64>)>) = (start, None);
        for _ in 0..steps {
            if self.over() {
                break;
            }
            let mut pass = self.forward(&v);
            if worst(&pass, self.rows).1 < 0.0 {
                let size = norm(self.ball, &v);
                if best.as_ref().is_none_or(|(least, _)| size < *least) {
                    best = Some((size, v.clone()));
                }
                v = times(&v, BACK);
                pass = self.forward(&v);
            }
            let gradient = self.gradient(&pass, row);
            let here = margin(&pass, &self.rows[row]);
            let Some((direction, rate)) = steepest(self.ball, &gradient) else { break };
            // To the plane from here, and from the input.
            let near = -here / rate;
            let far = -(here - dot(&gradient, &v)) / rate;
            let share = (near.abs() / (near.abs() + far.abs())).min(DRAWN);
            let share = if share.is_nan() { 0.0 } else { share };
            v = plus(
                &times(&v, 1.0 - share),
                BEYOND * ((1.0 - share) * near + share * far),
                &direction,
            );
        }
        let (_, v) = best?;
        self.offer(&v).then_some(v)
    }

    /// Descent of a margin within a ball that shrinks where the class has changed, and grows where
    /// it has not (fast minimum norm, Pintor and others 2021): the nearest point found is offered
    /// and returned.
    pub fn tighten(&mut self, row: usize, start: Vec<f64>, steps: usize) -> Option<Vec<f64>> {
        let (mut v, mut best): (Vec<f64>, Option<(f64, Vec<f64>)>) = (start, None);
        let mut radius: Option<f64> = None;
        for i in 0..steps {
            if self.over() {
                break;
            }
            let left = 1.0 - i as f64 / steps as f64;
            let pass = self.forward(&v);
            let size = norm(self.ball, &v);
            let changed = worst(&pass, self.rows).1 < 0.0;
            let least = best.as_ref().map_or(f64::INFINITY, |(least, _)| *least);
            if changed && size < least {
                best = Some((size, v.clone()));
            }
            let (direction, rate) = steepest(self.ball, &self.gradient(&pass, row))?;
            let pace = 0.05 * left + 1e-4;
            let next = match (changed, radius) {
                (true, Some(radius)) => size.min(least).min(radius) * (1.0 - pace),
                (true, None) => size.min(least) * (1.0 - pace),
                (false, Some(radius)) if best.is_some() => radius * (1.0 + pace),
                // To the plane at which the margin would vanish.
                (false, _) => size + margin(&pass, &self.rows[row]).abs() / rate,
            };
            radius = Some(next);
            v = plus(&v, -next * (0.5 * left * left + 0.002), &direction);
            project(self.ball, &mut v, next);
        }
        let (_, v) = best?;
        self.offer(&v).then_some(v)
    }

    /// Projected descent of a margin within a ball: a point of it with another class, if one was
    /// found.
    pub fn descend(
        &mut self,
        row: usize,
        start: Vec<f64>,
        radius: f64,
        steps: usize,
    ) -> Option<Vec<f64>> {
        let mut v = start;
        project(self.ball, &mut v, radius);
        for i in 0..steps {
            if self.over() {
                return None;
            }
            let pass = self.forward(&v);
            if worst(&pass, self.rows).1 < 0.0 {
                return Some(v);
            }
            let (direction, _) = steepest(self.ball, &self.gradient(&pass, row))?;
            let step = radius * (1.0 - i as f64 / steps as f64);
            v = plus(&v, -step, &direction);
            project(self.ball, &mut v, radius);
        }
        let pass = self.forward(&v);
        (worst(&pass, self.rows).1 < 0.0).then_some(v)
    }
}
