//! The law of |f(x)| / (‖∇f(x)‖ ‖x‖): |U₁| for U uniform on the sphere S^{d−1}, so that the square
//! is Beta(½, (d−1)/2), whatever the widths. `proofs/gradient.md#ratio`.

use crate::model::params::Probability;
use crate::num::Enclosure;
use crate::num::search::certified;
use crate::theory::distribution::beta;

const PRECISION: u32 = 320;
/// log(1/δ) from which on the bound on caps takes the place of the exact quantile.
const SMALL: f64 = 18.0;

/// |U₁| for one input dimension d.
pub struct RatioLaw {
    b: f64,
    /// log of 1/(½ B(½, b)).
    log_constant: f64,
    dimension: u128,
}

impl RatioLaw {
    /// For input dimension `d` ≥ 1.
    pub fn new(dimension: u128) -> Self {
        let half = Enclosure::point(PRECISION, 0.5);
        let log_constant = if dimension > 1 {
            -(half.ln() + beta::log_beta(&half, &half_rest(dimension))).to_f64()
        } else {
            0.0
        };
        RatioLaw { b: (dimension - 1) as f64 / 2.0, log_constant, dimension }
    }

    /// P(|U₁| ≤ u), to about 13 digits.
    pub fn cdf(&self, u: f64) -> f64 {
        if u <= 0.0 {
            return 0.0;
        }
        if u >= 1.0 {
            return 1.0;
        }
        if self.dimension == 1 {
            return 0.0;
        }
        let (x, complement) = (u * u, (1.0 - u) * (1.0 + u));
        let log_complement = if x < 0.5 { (-x).ln_1p() } else { complement.ln() };
        let log_factor = u.ln() + self.b * log_complement + self.log_constant;
        if log_factor < -60.0 && x * self.b > 1.0 {
            return 1.0; // to all digits
        }
        // The two series of `beta::cdf`, with a = ½.
        if x <= 0.5 || self.b > 50.0 {
            (log_factor + log_series(0.5, self.b, x)).exp().min(1.0)
        } else {
            let mirrored = log_factor + log_series(self.b, 0.5, complement) - (2.0 * self.b).ln();
            1.0 - mirrored.exp()
        }
    }

    /// Is there a density, that is, d > 1?
    pub fn has_density(&self) -> bool {
        self.dimension > 1
    }

    /// Density of log |U₁| at `log_u` < 0, for d > 1.
    pub fn log_density(&self, log_u: f64) -> f64 {
        if log_u >= 0.0 {
            return 0.0;
        }
        // d/dx I_x(½, b) = x^{−½}(1−x)^{b−1}/B, x = u², dx = 2x d(log u).
        let log_complement = (-(2.0 * log_u).exp_m1()).ln();
        (log_u + (self.b - 1.0) * log_complement + self.log_constant).exp()
    }

    /// The value that |U₁| exceeds with probability `delta`, nearest `f64`.
    pub fn upper_quantile(&self, delta: &Probability) -> f64 {
        self.upper_enclosure(delta).to_f64()
    }

    /// Near [`upper_bound`](Self::upper_bound), for searches.
    pub fn rough_bound(&self, delta: &Probability) -> f64 {
        let nats = delta.nats();
        match self.dimension {
            1 => 1.0,
            _ if nats < SMALL => self.rough_quantile(delta.to_f64()),
            _ => self.rough_cap(nats),
        }
    }

    /// The same to about ten digits, by bisection on the distribution function: for searches.
    pub fn rough_quantile(&self, delta: f64) -> f64 {
        if self.dimension == 1 {
            return 1.0;
        }
        let (mut low, mut high) = (-45.0 - 0.5 * (2.0 * self.b + 1.0).ln(), 0.0f64);
        for _ in 0..45 {
            let middle = 0.5 * (low + high);
            if 1.0 - self.cdf(middle.exp()) > delta { low = middle } else { high = middle }
        }
        high.exp()
    }

    /// A point that |U₁| exceeds with probability at most `delta`, tight also for very small δ; 1
    /// if none is found. `proofs/tools.md#cap`.
    pub fn upper_bound(&self, delta: &Probability, precision: u32) -> Enclosure {
        let one = Enclosure::integer(precision, 1);
        if self.dimension == 1 {
            return one;
        }
        if delta.nats() < SMALL {
            return self.upper_enclosure(delta).hi().with_precision(precision).hi();
        }
        let target = delta.enclosure(precision).ln();
        let guess = Enclosure::point(precision, self.rough_cap(delta.nats()));
        let below_one = |q: &Enclosure| q.certainly_lt(&one);
        let found = certified(guess, |q| below_one(q) && self.log_cap(q).certainly_le(&target), 1);
        if found.is_finite() { found } else { one }
    }

    /// log of a bound on P(|U₁| > q): 2c/(q(d−1)) · (1 − q²)^{(d−1)/2}, c the density at 0.
    fn log_cap(&self, q: &Enclosure) -> Enclosure {
        let precision = q.precision();
        let half = |d: u128| Enclosure::integer(precision, d) / 2;
        let log_density = half(self.dimension).ln_gamma()
            - half(self.dimension - 1).ln_gamma()
            - Enclosure::pi(precision).ln() / 2;
        let exponent = half(self.dimension - 1);
        log_density - (q * &exponent).ln() + &exponent * (-q.square()).ln_1p()
    }

    /// Where the bound is e^{−nats}, in `f64`.
    fn rough_cap(&self, nats: f64) -> f64 {
        let exponent = self.b;
        // c ≈ √(d/2π).
        let log_density = 0.5 * ((exponent + 0.25) / std::f64::consts::PI).ln();
        let log = |t: f64| {
            let q = t.exp();
            log_density - t - exponent.ln() + exponent * (-q * q).ln_1p()
        };
        let (mut low, mut high) = (-0.5 * (2.0 * exponent + 1.0).ln() - 3.0, 0.0f64);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if log(middle) > -nats { low = middle } else { high = middle }
        }
        high.exp()
    }

    /// That value between rigorous ends: |U₁| exceeds the upper one with probability ≤ `delta`.
    pub fn upper_enclosure(&self, delta: &Probability) -> Enclosure {
        if self.dimension == 1 {
            return Enclosure::integer(PRECISION, 1);
        }
        let precision = PRECISION + 4 * delta.nats() as u32;
        let half = Enclosure::point(precision, 0.5);
        let b = Enclosure::integer(precision, self.dimension - 1) / 2;
        let level = Enclosure::integer(precision, 1) - delta.enclosure(precision);
        beta::quantile(&half, &b, &level).sqrt()
    }
}

/// log Σ_j x^j (a+b)…(a+b+j−1) / ((a+1)…(a+j)).
fn log_series(a: f64, b: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for j in 0..100_000 {
        let ratio = x * (a + b + f64::from(j)) / (a + 1.0 + f64::from(j));
        term *= ratio;
        sum += term;
        if ratio < 1.0 && term < 1e-17 * sum * (1.0 - ratio.max(x)) {
            break;
        }
    }
    sum.ln()
}

fn half_rest(dimension: u128) -> Enclosure {
    Enclosure::integer(PRECISION, dimension - 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_enclosed_law_and_its_own_quantile() {
        for d in [2u128, 3, 20, 1024, 10u128.pow(12), 10u128.pow(30)] {
            let law = RatioLaw::new(d);
            for text in ["0.9", "0.1", "1e-6"] {
                let rough = law.rough_quantile(text.parse().unwrap());
                let delta = Probability::parse("delta", text).unwrap();
                let u = law.upper_quantile(&delta);
                assert!((rough / u - 1.0).abs() < 1e-7, "d = {d}, δ = {text}: {rough} {u}");
                let gap = law.cdf(u) - (1.0 - delta.to_f64());
                // For d = 2 the density is infinite at 1, where u itself has only 16 digits.
                let tolerance = if d == 2 { 1e-8 } else { 1e-11 };
                assert!(gap.abs() < tolerance, "d = {d}, δ = {text}: {gap}");
            }
        }
        // The bound on caps lies above the quantile, by little.
        for d in [2u128, 3, 20, 1024] {
            let law = RatioLaw::new(d);
            let delta = Probability::parse("delta", "1e-9").unwrap();
            let (bound, quantile) = (law.upper_bound(&delta, 400), law.upper_enclosure(&delta));
            assert!(!bound.certainly_lt(&quantile), "d = {d}");
            assert!(bound.to_f64() / quantile.to_f64() < 1.01);
            assert!((law.rough_bound(&delta) / bound.to_f64() - 1.0).abs() < 0.02);
        }
        // d = 3: |U₁| is uniform on [0, 1].
        assert!((RatioLaw::new(3).cdf(0.37) - 0.37).abs() < 1e-14);
        // d = 1: always 1.
        assert_eq!((RatioLaw::new(1).cdf(0.999), RatioLaw::new(1).cdf(1.0)), (0.0, 1.0));
        // d = 2: (2/π) arcsin u, also close to 1.
        let exact = 2.0 / std::f64::consts::PI * 0.9999f64.asin();
        assert!((RatioLaw::new(2).cdf(0.9999) - exact).abs() < 1e-10);
    }
}
