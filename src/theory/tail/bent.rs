//! Negative moments of S_a(n) for slopes other than 0 and ±1, where no closed form is at hand: an
//! integral, bounded from above cell by cell. `proofs/tools.md#bent-moments`.

use crate::num::Enclosure;

/// The window around the peak, in units of 1/√p, and its first cell.
const WINDOW: f64 = 12.0;
const CELL: f64 = 0.05;
/// Longest cell.
const LONGEST: f64 = 0.5;
/// Cells become shorter after one over half of which the exponent may change by so much, or by more
/// where it is far below the peak, unless it is so far that it does not matter.
const LOOSE: f64 = 0.02;
const LOOSER: f64 = 2.0;
const NEGLIGIBLE: f64 = 45.0;
/// Cells, at most: beyond, nothing is proved.
const CELLS: usize = 100_000;

/// log E(S_a(n)/n)^{−p} for 0 < 2p < n, a ≠ 0.
///
/// E S^{−p} = ∫ μ^{p−1} E e^{−μS} dμ/Γ(p), with μ = (p/(nm)) e^y, m the mean of a neuron: the
/// exponent φ(y) = p(y + 1) + n log M(μ) has its peak near 0, where it is about 0.
pub fn bent_log_negative_moment(n: u128, slope: &Enclosure, p: &Enclosure) -> Enclosure {
    let integral = Integral::new(n, slope, p);
    let Some(sum) = integral.bounded() else { return Enclosure::whole(p.precision()) };
    // (nμ₀)^p e^{−p} ∫ e^φ dy/Γ(p)
    p * ((p / &integral.mean).ln() - 1) + sum.ln() - p.ln_gamma()
}

struct Integral<'a> {
    p: &'a Enclosure,
    width: Enclosure,
    /// a².
    square: Enclosure,
    /// (1 + a²)/2.
    mean: Enclosure,
    /// p/(nm).
    unit: Enclosure,
}

/// The integrand at one place.
struct Place {
    mu: Enclosure,
    /// log M(μ).
    log: Enclosure,
    /// −M′(μ).
    slope: Enclosure,
}

impl<'a> Integral<'a> {
    fn new(n: u128, slope: &Enclosure, p: &'a Enclosure) -> Self {
        let square = slope.square();
        let mean = (&square + 1) / 2;
        let width = Enclosure::integer(p.precision(), n);
        let unit = p / (&width * &mean);
        Integral { p, width, square, mean, unit }
    }

    fn at(&self, y: f64) -> Place {
        let mu = &self.unit * Enclosure::point(self.p.precision(), y).exp();
        // Half of 1 − (1 + 2wμ)^{−½}, and of its derivative, of a neuron of weight w.
        let half = |weight: &Enclosure| {
            let twice = weight * &mu * 2;
            let root = (&twice + 1).sqrt();
            let below = &twice / ((&root + 1) * &root * 2);
            (below, weight / (root.square() * root * 2))
        };
        let one = Enclosure::integer(self.p.precision(), 1);
        let ((first, second), (bent, bent_slope)) = (half(&one), half(&self.square));
        Place { log: (-(first + bent)).ln_1p(), slope: second + bent_slope, mu }
    }

    /// φ.
    fn exponent(&self, y: f64, place: &Place) -> Enclosure {
        self.p * (Enclosure::point(self.p.precision(), y) + 1) + &self.width * &place.log
    }

    /// φ′ = p − nμ|M′|/M between two places, from below and from above: M and |M′| fall.
    fn slopes(&self, left: &Place, right: &Place) -> [Enclosure; 2] {
        let most = &right.mu * &left.slope / right.log.exp();
        let least = &left.mu * &right.slope / left.log.exp();
        [most, least].map(|q| self.p - &self.width * q)
    }

    /// ∫ e^φ dy from above; `None` where that takes too many cells, or diverges.
    fn bounded(&self) -> Option<Enclosure> {
        let precision = self.p.precision();
        let number = |value: f64| Enclosure::point(precision, value);
        let root = self.p.to_f64().sqrt();
        let mut y = -WINDOW / root;
        // To the left φ′ ≥ p(1 − e^y): the mean of a neuron only falls by tilting.
        let mut left = self.at(y);
        let least = self.p * -(number(y).exp_m1());
        let mut sum = self.exponent(y, &left).exp() / least;
        let mut cell = CELL / root;
        // From here on powers of μ decide.
        let end = (Enclosure::point(precision, 8.0) - (&self.square * &self.unit).ln()).to_f64();
        for _ in 0..CELLS {
            if y >= end {
                return self.beyond(y, &left).map(|rest| sum + rest);
            }
            let cell_end = y + cell;
            let middle = f64::midpoint(y, cell_end);
            let (centre, right) = (self.at(middle), self.at(cell_end));
            let (before, after) = (number(middle) - number(y), number(cell_end) - number(middle));
            // φ lies below its tangents of these slopes through the middle, and e^φ below chords.
            let [least, most] = self.slopes(&left, &right);
            let (down, up) = (-least * &before, most * &after);
            let top = self.exponent(middle, &centre);
            let sides = before * (down.exp() + 1) / 2 + after * (up.exp() + 1) / 2;
            sum = sum + top.exp() * sides;
            let depth = -top.to_f64();
            // What is lost is taken to the power 1/p.
            let allowed = LOOSE * self.p.to_f64().min(1.0) * (1.0 + LOOSER * depth.max(0.0));
            let steep = down.to_f64().abs().max(up.to_f64().abs());
            let loose = depth < NEGLIGIBLE && steep > allowed;
            cell = (cell * if loose { 0.7 } else { 1.3 }).min(LONGEST);
            (y, left) = (cell_end, right);
        }
        None
    }

    /// ∫ e^φ dy from y on, where M ≤ ½ (2μ)^{−½} + ½ (2a²μ)^{−½} = ½ (1 + |a|) (2a²μ)^{−½}.
    fn beyond(&self, y: f64, place: &Place) -> Option<Enclosure> {
        let zero = Enclosure::integer(self.p.precision(), 0);
        let fall = &self.width / 2 - self.p;
        let log = (&self.square * &place.mu * 2).ln();
        let both = (self.square.sqrt() + 1) / 2;
        let exponent = self.p * (Enclosure::point(self.p.precision(), y) + 1)
            + &self.width * both.ln()
            - &self.width / 2 * log;
        zero.certainly_lt(&fall).then(|| exponent.exp() / fall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: u32 = 256;

    fn at(x: f64) -> Enclosure {
        Enclosure::point(P, x)
    }

    /// Against the moments of χ², of which S_a is one at a = ±1: above, and near.
    #[test]
    fn the_integral_is_that_of_chi_square_at_slope_one() {
        for (n, p) in
            [(3u128, 0.4), (3, 1.3), (20, 0.01), (20, 8.0), (1000, 40.0), (10u128.pow(9), 1e4)]
        {
            let half = Enclosure::integer(P, n) / 2;
            let exact = &at(p) * half.ln() + (&half - at(p)).ln_gamma() - half.ln_gamma();
            let found = bent_log_negative_moment(n, &at(-1.0), &at(p));
            let gap = (&found - &exact).to_f64();
            assert!(exact.certainly_le(&found) && gap < 0.01, "{n} {p}: {gap}");
        }
    }

    /// E S^{−1} for n = 3: the mean over N of E(χ²_N + a²χ²_{3−N})^{−1}, from the same integral by
    /// Simpson's rule in f64; a twin with one weight for all neurons is caught.
    #[test]
    fn small_widths_match_a_sum() {
        for a in [0.01f64, 0.3, -0.5, 0.9] {
            let m = |mu: f64| 0.5 / (1.0 + 2.0 * mu).sqrt() + 0.5 / (1.0 + 2.0 * a * a * mu).sqrt();
            for (n, p) in [(3i32, 1.0f64), (5, 0.3), (7, 3.0)] {
                let (from, to, steps) = (-60.0 / p.min(1.0), 60.0 - 4.0 * a.abs().ln(), 400_000);
                let h = (to - from) / f64::from(steps);
                let term = |i: i32| {
                    let v = from + h * f64::from(i);
                    (p * v).exp() * m(v.exp()).powi(n)
                };
                let sum: f64 = (0..=steps).map(term).sum::<f64>() * h;
                let exact = p * f64::from(n).ln() + sum.ln() - libm::lgamma(p);
                let found = bent_log_negative_moment(n as u128, &at(a), &at(p)).to_f64();
                assert!(
                    found >= exact - 1e-9 && found < exact + 0.01,
                    "{a} {n} {p}: {found} {exact}"
                );
                let wrong = bent_log_negative_moment(n as u128, &at(1.0), &at(p)).to_f64();
                assert!(wrong < exact - 0.015, "{a} {n} {p}");
            }
        }
    }

    /// Wide layers: log E (S/n)^{−p} is about −p log m + p²σ²/2 with σ² the variance of S/(nm).
    #[test]
    fn wide_layers_are_nearly_normal() {
        for n in [10u128.pow(6), 10u128.pow(18), 10u128.pow(36)] {
            let p = (n as f64).sqrt() * 0.5;
            let found = bent_log_negative_moment(n, &at(0.1), &at(p));
            let mean = 0.5 * 1.01;
            let variance = (1.5 * 1.0001 - mean * mean) / (mean * mean);
            let expected = 0.5 * (p / (n as f64).sqrt()).powi(2) * variance + 0.5 * p / n as f64;
            let gap = (found + at(p) * ((at(0.1).square() + 1) / 2).ln()).to_f64();
            assert!(gap > expected * 0.99 && gap < expected + 0.01, "{n}: {gap} {expected}");
        }
    }

    #[test]
    fn what_does_not_exist_is_not_bounded() {
        assert!(!bent_log_negative_moment(4, &at(0.3), &at(2.0)).is_finite());
    }
}
