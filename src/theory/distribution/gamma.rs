//! Ratios of gamma functions at complex arguments, in `f64` without cancellation.

use num_complex::Complex64;

/// log Γ(a+z) − log Γ(a) − z log a, without cancellation for large a. Needs Re(a+z) > 0.
pub fn log_ratio(a: f64, z: Complex64) -> Complex64 {
    // Γ(x+1) = xΓ(x) lifts small arguments to where Stirling's series is exact in f64.
    let mut lifted = a;
    let mut correction = Complex64::ZERO;
    while lifted < 25.0 || lifted + z.re < 25.0 {
        if lifted > 1e6 {
            break; // only reached where the moment is far below the digits kept
        }
        correction -= ln_1p(z / lifted);
        lifted += 1.0;
    }
    let lift = z * ((lifted - a) / a).ln_1p();
    let w = z / lifted;
    let log = ln_1p(w);
    let tail = |x: Complex64| {
        let inverse = x.inv();
        let square = inverse * inverse;
        inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0)))
    };
    lifted * log_excess(w, log) + (z - 0.5) * log + tail(z + lifted) - tail(lifted.into())
        + correction
        + lift
}

/// log(1+w) − w.
fn log_excess(w: Complex64, log: Complex64) -> Complex64 {
    if w.norm() > 0.05 {
        return log - w;
    }
    // −w²/2 + w³/3 − …, by Horner's rule.
    let series = (2..=16).rev().fold(Complex64::ZERO, |sum, j| {
        let sign = if j % 2 == 0 { -1.0 } else { 1.0 };
        sum * w + sign / f64::from(j)
    });
    series * w * w
}

fn ln_1p(w: Complex64) -> Complex64 {
    let re = 0.5 * (w.re * (2.0 + w.re) + w.im * w.im).ln_1p();
    Complex64::new(re, w.im.atan2(1.0 + w.re))
}

/// log Γ(x) for x ≥ 1.
pub fn ln_gamma(x: f64) -> f64 {
    // Γ(x) = Γ(1 + (x − 1)), from log Γ(1) = 0.
    log_ratio(1.0, Complex64::new(x - 1.0, 0.0)).re
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Enclosure;
    use std::f64::consts::PI;

    #[test]
    fn identities() {
        for x in [1.0, 1.5, 2.0, 17.3, 1e5, 1e14] {
            let exact = Enclosure::point(128, x).ln_gamma().to_f64();
            assert!((ln_gamma(x) - exact).abs() < 1e-13 * exact.abs().max(1.0), "{x}");
        }
        // |Γ(½+it)|² = π/cosh πt and |Γ(1+it)|² = πt/sinh πt.
        for t in [0.1, 1.0, 7.0] {
            let modulus = |a: f64| 2.0 * log_ratio(a, Complex64::new(0.0, t)).re;
            assert!((modulus(0.5) + (PI * t).cosh().ln()).abs() < 1e-12);
            assert!((modulus(1.0) - (PI * t / (PI * t).sinh()).ln()).abs() < 1e-12);
        }
        // Large a: ratio ≈ (z² − z)/(2a).
        let z = Complex64::new(3e8, 5e8);
        let ratio = log_ratio(1e18, z);
        assert!((ratio - (z * z - z) / 2e18).norm() < 1e-9);
    }
}
