//! The density of log(S_a(n)/(nm)), m = (1 + a²)/2, or of log χ²_k/k, from a table.

use std::f64::consts::PI;

use num_complex::Complex64;

use super::equidistant::Equidistant;
use super::transform::{self, Tail, Transform};

/// Points of the table in a deviation; more for few neurons, whose law bends more.
const POINTS: f64 = 10.0;
const BENT: f64 = 14.0;
/// The law is cut where e^{−nats} of it is left.
const NATS: f64 = 34.0;
/// Characteristic values below this share change no digit.
const NEGLIGIBLE: f64 = 1e-17;

/// The logarithm of the square of one layer over its mean.
pub struct LogLaw {
    values: Equidistant,
    step: f64,
    deviation: f64,
    /// The probability that the square is not 0.
    alive: f64,
}

impl LogLaw {
    /// For n neurons of an activation with this slope; for slope 0 without the mass at 0.
    pub fn layer(width: u128, slope: f64) -> Self {
        let layers = [(width, 1)];
        let transform = if slope == 0.0 {
            Transform::new(&layers, None, NATS + 6.0)
        } else {
            Transform::bent(&layers, slope, None, (NATS + 6.0, 1.0))
        };
        let alive = if slope == 0.0 { transform::log_alive(&layers).exp() } else { 1.0 };
        LogLaw::new(&transform, width as f64, alive)
    }

    /// For χ²_k/k.
    pub fn chi_square(degrees: u128) -> Self {
        let transform = Transform::new(&[], Some(degrees), NATS + 6.0);
        LogLaw::new(&transform, degrees as f64, 1.0)
    }

    fn new(transform: &Transform, width: f64, alive: f64) -> Self {
        let ends = [Tail::Below, Tail::Above].map(|tail| transform.chernoff(tail, NATS));
        let deviation = transform.deviation();
        let step = deviation / (POINTS + BENT / width.sqrt());
        let point = transform.at(0.0);
        // The density repeats itself after a period that leaves both tails room.
        let turn = 2.0 * PI / (1.5 * (ends[1] - ends[0]) + 8.0 * deviation);
        let mut spectrum = Vec::new();
        loop {
            let value = point.log_characteristic(turn * spectrum.len() as f64).exp();
            spectrum.push(value);
            let decayed = value.norm() < NEGLIGIBLE && spectrum.len() > 17;
            if decayed || !value.norm().is_finite() || spectrum.len() > 200_000 {
                break;
            }
        }
        let density = |y: f64| {
            let (mut phase, each) = (Complex64::ONE, Complex64::new(0.0, -turn * y).exp());
            let mut sum = -0.5 * spectrum[0].re;
            for value in &spectrum {
                sum += (value * phase).re;
                phase *= each;
            }
            (sum * turn / PI * alive).max(0.0)
        };
        LogLaw { values: Equidistant::new(ends, step, density), step, deviation, alive }
    }

    /// About the deviation of the logarithm.
    pub fn deviation(&self) -> f64 {
        self.deviation
    }

    /// The distance of nodes at which sums stand for integrals of the density times one that is not
    /// narrower.
    pub fn spacing(&self) -> f64 {
        2.5 * self.step
    }

    /// The probability that the square is not 0.
    pub fn alive(&self) -> f64 {
        self.alive
    }

    /// Where the density is not negligible.
    pub fn support(&self) -> [f64; 2] {
        self.values.range()
    }

    /// The density at y.
    pub fn density(&self, y: f64) -> f64 {
        let [low, high] = self.support();
        if y < low || y > high { 0.0 } else { self.values.at(y).max(0.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Enclosure;
    use crate::theory::distribution::chi_square;

    /// The whole mass, and of χ² the density itself.
    #[test]
    fn tables_have_the_whole_mass_and_the_density() {
        for (width, slope) in
            [(1, 0.0), (2, 0.0), (9, 0.0), (100, 0.0), (1, 1.0), (3, 0.3), (40, -0.5)]
        {
            let law = LogLaw::layer(width, slope);
            let [low, high] = law.support();
            let step = law.spacing();
            let count = ((high - low) / step) as i32;
            let mass: f64 =
                (0..=count).map(|i| law.density(low + step * f64::from(i)) * step).sum();
            assert!((mass - law.alive()).abs() < 1e-9, "{width}, {slope}: {mass}");
        }
        for degrees in [1u128, 2, 7, 1000, 1_000_000] {
            let law = LogLaw::chi_square(degrees);
            let k = degrees as f64;
            let cdf = |y: f64| chi_square::cdf(degrees, &Enclosure::point(200, k * y.exp()));
            for y in [-1.3, -0.2, 0.0, 0.37, 1.1].map(|y| y * law.deviation()) {
                let h = 1e-3 * law.deviation();
                let slope = (cdf(y + h) - cdf(y - h)).to_f64() / (2.0 * h);
                let gap = (law.density(y) - slope).abs() * law.deviation();
                assert!(gap < 1e-6, "{degrees}, {y}: {gap}");
            }
        }
    }
}
