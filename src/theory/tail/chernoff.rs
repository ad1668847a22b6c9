//! Chernoff bounds, solved for the quantile instead of the probability.
//!
//! If log E e^{λX} ≤ nΛ(λ), then P(X ≥ ns) ≤ e^{−ℓ} for s = (ℓ/n + Λ(λ))/λ, for *every* λ > 0
//! in the domain: the quantile is explicit and only λ is searched for. s is quasi-convex in λ,
//! being a positive convex function divided by λ.

use super::{log_bracket, nats, sets};
use crate::model::params::Probability;
use crate::model::slope::Slope;
use crate::num::search::{certified, minimise, root};
use crate::num::{Enclosure, Lower, Upper};
use crate::theory::distribution::chi_square;

const STEPS: u32 = 34;

/// Runs the search over w > 0 and hands back the best value.
fn best(n: u128, nats: &Enclosure, f: impl Fn(&Enclosure) -> Enclosure) -> Enclosure {
    let (from, to) = log_bracket(n, nats.to_f64());
    minimise(nats.precision(), from, to, STEPS, f).1
}

/// s⁺ with P(S_a(n) ≥ n·s⁺) ≤ share. `proofs/tools.md#rectified-sum`.
pub fn rectified_upper(n: u128, slope: &Slope, share: &Probability, precision: u32) -> Upper {
    let nats = nats(share, precision);
    let a = slope.of(&nats);
    best(n, &nats, |w| sets::rectified_plus(n, &a, &nats, w)).upper()
}

/// s⁻ with P(S_a(n) ≤ n·s⁻) ≤ share; 0 where the atom at 0 alone exceeds the share.
/// `proofs/tools.md#rectified-sum`.
pub fn rectified_lower(n: u128, slope: &Slope, share: &Probability, precision: u32) -> Lower {
    let nats = nats(share, precision);
    let a = slope.of(&nats);
    // The lower quantile is the negative of a minimum.
    (-best(n, &nats, |w| -sets::rectified_minus(n, &a, &nats, w))).lower()
}

/// c⁺ with P(χ²_n ≥ n·c⁺) ≤ share. `proofs/tools.md#chi-square`.
pub fn chi_square_upper(n: u128, share: &Probability, precision: u32) -> Upper {
    let nats = nats(share, precision);
    best(n, &nats, |w| sets::chi_square_plus(n, &nats, w)).upper()
}

/// c⁻ with P(χ²_n ≤ n·c⁻) ≤ share: from the distribution function itself where its series is
/// short, otherwise by Chernoff's inequality. `proofs/tools.md#chi-square`.
pub fn chi_square_lower(n: u128, share: &Probability, precision: u32) -> Lower {
    let nats = nats(share, precision);
    let chernoff = (-best(n, &nats, |w| -sets::chi_square_minus(n, &nats, w))).lower();
    if n <= chi_square::SERIES_LIMIT {
        chi_square::lower_quantile(n, share, precision).best(chernoff)
    } else {
        chernoff
    }
}

/// q with P(|Z| ≥ q) ≤ share for a standard normal Z: the exact quantile, rounded up.
/// `proofs/tools.md#gaussian`.
pub fn gaussian_upper(share: &Probability, precision: u32) -> Upper {
    let target = share.enclosure(precision);
    let log_target = target.ln().to_f64();
    let tail = |q: &Enclosure| (q / Enclosure::integer(q.precision(), 2).sqrt()).erfc();
    // e^{−q²/2} ≥ P(|Z| ≥ q) ≥ 1 − q bracket the quantile.
    let from = share.log_complement() - 0.1;
    let to = 0.5 * (2.0 * share.nats()).ln() + 0.1;
    let guess = root(precision, from, to.max(from + 1.0), |q| log_target - tail(q).ln().to_f64());
    certified(guess, |q| tail(q).certainly_le(&target), 1).upper()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::search;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    const P: u32 = 256;

    fn share(text: &str) -> Probability {
        Probability::parse("share", text).unwrap()
    }

    /// P(S(n) ≤ x) from the mixture of χ² laws: the second way to the same number.
    fn rectified_cdf(n: u32, x: &Enclosure) -> Enclosure {
        let mut weight = Enclosure::point(P, 0.5).ln() * n;
        weight = weight.exp();
        let mut sum = weight.clone();
        for k in 1..=n {
            weight = weight * (n - k + 1) / k;
            sum = sum + &weight * chi_square::cdf(u128::from(k), x);
        }
        sum
    }

    #[test]
    fn rectified_quantiles_hold_for_the_exact_law() {
        for n in [1u32, 2, 3, 7, 30, 201] {
            for text in ["0.5", "0.1", "1e-3", "1e-12"] {
                let s = share(text);
                let target = s.enclosure(P);
                let at = |m: crate::num::magnitude::Magnitude| Enclosure::point(P, m.to_f64()) * n;
                let high = at(rectified_upper(u128::from(n), &Slope::relu(), &s, P).to_magnitude());
                let above = Enclosure::integer(P, 1) - rectified_cdf(n, &high);
                assert!(above.certainly_le(&target), "upper, n = {n}, share {text}");
                let low = rectified_lower(u128::from(n), &Slope::relu(), &s, P).to_magnitude();
                if !low.is_zero() {
                    assert!(rectified_cdf(n, &at(low)).certainly_le(&target), "lower, n = {n}");
                }
            }
        }
    }

    /// At slopes ±1 the sum is χ², whose distribution function is enclosed; at another slope
    /// quantiles of that one are no longer on the safe side.
    #[test]
    fn quantiles_at_slopes_of_size_one_hold_for_chi_square() {
        for (slope, safe) in [("1", true), ("-1", true), ("0.5", false)] {
            let slope = Slope::parse(slope).unwrap();
            for n in [1u32, 2, 7, 200] {
                for text in ["0.5", "0.1", "1e-6"] {
                    let s = share(text);
                    let target = s.enclosure(P);
                    let at = |m: crate::num::magnitude::Magnitude| {
                        chi_square::cdf(n.into(), &(Enclosure::point(P, m.to_f64()) * n))
                    };
                    let high = at(rectified_upper(n.into(), &slope, &s, P).to_magnitude());
                    let low = at(rectified_lower(n.into(), &slope, &s, P).to_magnitude());
                    let beyond = Enclosure::integer(P, 1) - high;
                    if safe {
                        assert!(beyond.certainly_le(&target), "{slope} {n} {text}");
                        assert!(low.certainly_le(&target), "{slope} {n} {text}");
                    } else if n == 200 {
                        assert!(target.certainly_le(&beyond), "{slope} {n} {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_atom_larger_than_the_share_leaves_no_lower_bound() {
        // P(S(3) = 0) = 1/8.
        assert!(rectified_lower(3, &Slope::relu(), &share("0.12"), P).to_magnitude().is_zero());
        assert!(!rectified_lower(3, &Slope::relu(), &share("0.2"), P).to_magnitude().is_zero());
    }

    #[test]
    fn wide_layers_follow_the_normal_approximation() {
        // S(n)/n has mean 1/2 and variance 5/(4n); Chernoff's bound is √(2ℓ) deviations away.
        let s = share("1e-3");
        for n in [10u128.pow(8), 10u128.pow(30), 10u128.pow(36)] {
            let scaled = |m: crate::num::magnitude::Magnitude, sign: f64| {
                let gap = (Enclosure::point(P, m.to_f64()) - Enclosure::point(P, 0.5)).to_f64();
                sign * gap * (n as f64).sqrt() / (2.5 * s.nats()).sqrt()
            };
            let relu = Slope::relu();
            let up = rectified_upper(n, &relu, &s, P);
            let low = rectified_lower(n, &relu, &s, P);
            if n < 10u128.pow(20) {
                // In f64 the gap is visible.
                assert!((scaled(up.to_magnitude(), 1.0) - 1.0).abs() < 1e-3);
                assert!((scaled(low.to_magnitude(), -1.0) - 1.0).abs() < 1e-3);
            } else {
                assert!(up.to_magnitude().to_f64() - 0.5 < 1e-14);
                assert!(up.to_magnitude() > low.to_magnitude());
            }
        }
    }

    #[test]
    fn chi_square_quantiles_are_known_ones() {
        // 5 % points of χ²₁ and χ²₁₀, from tables.
        let low = |n| chi_square_lower(n, &share("0.05"), P).to_magnitude().to_f64() * n as f64;
        assert!((low(1) - 0.003_932_140_000).abs() < 1e-9);
        assert!((low(10) - 3.940_299_136).abs() < 1e-8);
        let high = chi_square_upper(10, &share("0.05"), P).to_magnitude().to_f64() * 10.0;
        // Chernoff: s − 1 − log s = (2/10) log 20 has the solution s = 2.5298….
        assert!(
            high > 18.307_038_053
                && (high / 10.0 - 1.0 - (high / 10.0).ln() - 0.2 * 20f64.ln()).abs() < 1e-5
        );
    }

    #[test]
    fn gaussian_quantiles_are_known_ones() {
        for (text, q) in [
            ("0.05", 1.959_963_984_540_054),
            ("0.5", 0.674_489_750_196_082),
            ("1e-12", 7.130_506_848_171_329),
        ] {
            let value = gaussian_upper(&share(text), P).to_magnitude().to_f64();
            assert!((value - q).abs() < 1e-12, "{text}: {value}");
        }
        let extreme = gaussian_upper(&share("1e-1000"), P).to_magnitude().to_f64();
        assert!((extreme - 67.84).abs() < 0.1, "{extreme}");
        let near_one = gaussian_upper(&share("0.999999"), P).to_magnitude().to_f64();
        assert!((near_one - 1.2533e-6).abs() < 1e-9, "{near_one}");
    }

    #[test]
    fn a_finer_search_gains_next_to_nothing() {
        let (s, n) = (share("1e-6"), 37u128);
        let l = nats(&s, P) / Enclosure::integer(P, n);
        let fine = search::minimise(P, -9.0, 9.0, 80, |w| {
            (&l + (((w + 1).sqrt() - 1) / 2).ln_1p()) * (w + 1) * 2 / w
        });
        let found = rectified_upper(n, &Slope::relu(), &s, P).to_magnitude().to_f64();
        assert!(found / fine.1.to_f64() - 1.0 < 1e-5);
    }

    proptest! {
        // The same draws in every run: how far searches may miss their best is not bounded.
        #![proptest_config(ProptestConfig {
            cases: 24,
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        })]
        #[test]
        fn quantiles_move_with_the_share(n in 1u128..5000, a in 1u32..999, b in 1u32..999) {
            let relu = Slope::relu();
            let (small, large) = (a.min(b), a.max(b));
            let (s, l) = (share(&format!("{small}/1000")), share(&format!("{large}/1000")));
            prop_assert!(rectified_upper(n, &relu, &s, P).to_magnitude().to_f64() * (1.0 + 1e-6)
                >= rectified_upper(n, &relu, &l, P).to_magnitude().to_f64());
            let lower = |s| rectified_lower(n, &relu, s, P).to_magnitude().to_f64();
            prop_assert!(lower(&s) <= lower(&l) * (1.0 + 1e-6) + 1e-300);
        }
    }
}
