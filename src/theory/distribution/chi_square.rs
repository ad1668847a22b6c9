//! χ² with enclosed values.

use crate::model::params::Probability;
use crate::num::search::{certified, root};
use crate::num::{Enclosure, Lower};

/// The series below needs about √n + 50 terms near the quantiles in use; beyond this many degrees
/// of freedom Chernoff's inequality is within a fraction of a standard deviation anyway.
pub const SERIES_LIMIT: u128 = 4096;

/// Σ_{j≥0} y^j / ((a+1)…(a+j)): all terms positive, the rest bounded by a geometric series.
///
/// With a = n/2 and y = x/2: P(χ²_n ≤ x) = y^a e^{−y}/Γ(a+1) · series.
pub fn series(a: &Enclosure, y: &Enclosure) -> Enclosure {
    let p = y.precision();
    let one = Enclosure::integer(p, 1);
    let (mut term, mut sum) = (one.clone(), one.clone());
    for j in 1u32.. {
        let ratio = y / (a + j);
        term = &term * &ratio;
        sum = &sum + &term;
        // Later ratios are smaller: the rest is at most term · ratio/(1 − ratio).
        if ratio.certainly_lt(&one) {
            let rest = (&term * &ratio / (&one - &ratio)).hi();
            let negligible = (&rest / &sum).hi_f64() < 2f64.powi(-(p.min(1000) as i32));
            if negligible || !sum.is_finite() || j > 1_000_000 {
                return sum.hull(&(&sum + rest));
            }
        } else if !sum.is_finite() || j > 1_000_000 {
            break;
        }
    }
    Enclosure::whole(p)
}

/// P(χ²_n ≤ x) for x > 0, n ≥ 1.
pub fn cdf(n: u128, x: &Enclosure) -> Enclosure {
    let a = Enclosure::integer(x.precision(), n) / 2;
    let y = x / 2;
    (&a * y.ln() - &y - (&a + 1).ln_gamma()).exp() * series(&a, &y)
}

/// c with P(χ²_n ≤ n·c) ≤ share: the exact quantile, rounded down. `n` ≤ [`SERIES_LIMIT`].
pub fn lower_quantile(n: u128, share: &Probability, precision: u32) -> Lower {
    let target = share.enclosure(precision);
    let log_target = target.ln().to_f64();
    let degrees = Enclosure::integer(precision, n);
    let value = |c: &Enclosure| cdf(n, &(c * &degrees));
    // Far below the mean the distribution function is about c^{n/2}.
    let from = -2.0 - 2.0 * share.nats() / n as f64;
    let to = 1.0 + (share.nats() / n as f64 + 1.0).ln() + spread(n, share);
    let guess = root(precision, from, to, |c| value(c).ln().to_f64() - log_target);
    certified(guess, |c| value(c).certainly_le(&target), -1).lower()
}

/// Room above the mean for shares near 1, in nats.
fn spread(n: u128, share: &Probability) -> f64 {
    let upper_nats = -(1.0 - share.to_f64()).max(1e-16).ln();
    (1.0 + 2.0 * upper_nats / n as f64 + 2.0 * (upper_nats / n as f64).sqrt()).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    const P: u32 = 192;

    #[test]
    fn even_degrees_of_freedom_have_a_closed_form() {
        for x in [0.01, 1.0, 7.5, 60.0] {
            let x = Enclosure::point(P, x);
            let half = &x / 2;
            let one = Enclosure::integer(P, 1);
            let two = &one - (-&half).exp();
            let four = &one - (-&half).exp() * (&half + 1);
            for (n, closed) in [(2, two), (4, four)] {
                let gap = (cdf(n, &x) - closed).to_f64();
                assert!(gap.abs() < 1e-50, "{gap}");
            }
        }
    }

    #[test]
    fn one_degree_is_the_error_function() {
        let x = Enclosure::point(P, 2.7);
        let erf = Enclosure::integer(P, 1) - (x.clone() / 2).sqrt().erfc();
        assert!((cdf(1, &x) - erf).to_f64().abs() < 1e-50);
    }

    #[test]
    fn quantile_returns_its_share() {
        for n in [1u128, 3, 64, 4096] {
            for text in ["1e-30", "0.001", "0.5", "0.999"] {
                let share = Probability::parse("share", text).unwrap();
                let c = lower_quantile(n, &share, P).to_magnitude();
                let back = cdf(n, &(Enclosure::point(P, c.to_f64()) * Enclosure::integer(P, n)));
                let relative = back.to_f64() / share.to_f64();
                assert!(
                    back.certainly_le(&share.enclosure(P)) && relative > 1.0 - 1e-11,
                    "{n} {text} {relative}"
                );
            }
        }
    }
}
