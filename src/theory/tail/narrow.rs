//! A narrow layer by its own distribution function beside a moment of everything else.
//! `proofs/tools.md#narrow`.

use crate::num::{Enclosure, Number};

/// Cells of the sum that stands for an integral, and so many in searches.
const CELLS: u32 = 48;
const ROUGH_CELLS: u32 = 12;
/// What is left beyond the last cell, as a part of the probability allowed.
const BEYOND: f64 = 1e-3;

/// An upper bound on P(S(n) ≤ t) for t > 0: S(n) is χ²_k for k the number of heads of n coins.
///
/// P(χ²_k ≤ t) = Σ_{j≥0} a_{k+2j} with a_k = (t/2)^{k/2} e^{−t/2}/Γ(k/2 + 1): no term is negative.
pub fn rectified_cdf<N: Number>(n: u128, t: &N) -> N {
    let (one, two) = (t.like(1.0), t.like(2.0));
    let y = t.clone() / two.clone();
    // Beyond twice what there is on average, 1 is near enough.
    if y.to_f64() > n as f64 + 30.0 {
        return one;
    }
    let scale = (-y.clone()).exp();
    let mut terms = vec![scale.clone(), two.clone() * (y.clone() / y.pi()).sqrt() * scale];
    // Later ratios are below a half, and the rest does not show.
    let last = (n as usize).max((4.0 * y.to_f64()) as usize) + 60;
    for k in 2..=last {
        let half = t.whole(k as u128) / two.clone();
        let term = terms[k - 2].clone() * y.clone() / half;
        terms.push(term);
    }
    // Σ_{j≥0} from the top; what follows is at most that of a geometric series of ratio ½.
    for k in (0..=last).rev() {
        let after = terms.get(k + 2).cloned().unwrap_or_else(|| terms[k].clone());
        terms[k] = terms[k].clone() + after;
    }
    let half = one.clone() / two;
    let mut weight = (half.ln() * t.whole(n)).exp();
    let mut sum = weight.clone();
    for k in 1..=n {
        weight = weight * t.whole(n - k + 1) / t.whole(k);
        sum = sum + weight.clone() * terms[k as usize].min(&one);
    }
    sum
}

/// An upper bound on E min(1, (s/S(n))^p), by cells between which (s/S)^p takes equal factors.
fn capped_moment<N: Number>(n: u128, s: &N, p: &N, allowed: &N, cells: u32) -> N {
    let step = (allowed.clone() * s.like(BEYOND)).ln() / s.whole(u128::from(cells));
    let mut sum = s.like(0.0);
    let mut above = s.like(1.0);
    for j in 1..=cells {
        let log = step.clone() * s.whole(u128::from(j));
        let level = log.exp();
        let at = s.clone() * (-(log / p.clone())).exp();
        sum = sum + (above - level.clone()) * rectified_cdf(n, &at).min(&s.like(1.0));
        above = level;
    }
    sum + above
}

/// Near the largest s with E min(1, (s/S(n))^p) ≤ allowed, in `f64`; `None` where silence alone is
/// more.
fn near(n: u128, p: f64, allowed: f64, cells: u32) -> Option<f64> {
    // At −40 only silence and a few neurons are left.
    let (mut low, mut high) = (-40.0, (n as f64).ln());
    let fits = |t: f64| capped_moment(n, &t.exp(), &p, &allowed, cells) <= allowed;
    if !fits(low) {
        return None;
    }
    for _ in 0..36 {
        let middle = 0.5 * (low + high);
        if fits(middle) { low = middle } else { high = middle }
    }
    Some(low.exp())
}

/// log(s/n) for an s that is certified to have E min(1, (s/S(n))^p) ≤ allowed; `None` where none
/// was found. Then P(S(n)/n · B ≤ v²) ≤ allowed for every independent B ≥ 0 with
/// P(B ≤ b) ≤ M b^p and v² = (s/n) M^{−1/p}.
pub fn log_narrow(n: u128, p: &Enclosure, allowed: &Enclosure) -> Option<Enclosure> {
    let precision = p.precision();
    let mut s = near(n, p.to_f64(), allowed.to_f64(), CELLS)?;
    for _ in 0..8 {
        let point = Enclosure::point(precision, s);
        if capped_moment(n, &point, p, allowed, CELLS).certainly_le(allowed) {
            return Some((point / Enclosure::integer(precision, n)).ln());
        }
        s *= 1.0 - 1e-6;
    }
    None
}

/// The same in `f64`, for searches; −∞ where there is none.
pub fn rough_narrow(n: u128, p: f64, allowed: f64) -> f64 {
    near(n, p, allowed, ROUGH_CELLS).map_or(f64::NEG_INFINITY, |s| (s / n as f64).ln())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::distribution::chi_square;

    const PRECISION: u32 = 160;

    fn point(value: f64) -> Enclosure {
        Enclosure::point(PRECISION, value)
    }

    /// Against the distribution functions of χ² by another series.
    #[test]
    fn the_distribution_function_is_a_mixture() {
        for (n, t) in [(1, 0.3), (2, 1e-9), (7, 2.5), (7, 30.0), (40, 11.0), (200, 90.0)] {
            let t = point(t);
            let mut weight = (point(0.5).ln() * n).exp();
            let mut sum = weight.clone();
            for k in 1..=n {
                weight = weight * (n - k + 1) / k;
                sum = sum + &weight * chi_square::cdf(u128::from(k), &t);
            }
            let bound = rectified_cdf(u128::from(n), &t);
            assert!(sum.lo().certainly_le(&bound.hi()), "{n}: {sum:?} {bound:?}");
            let ratio = (&bound / &sum).to_f64();
            assert!((ratio - 1.0).abs() < 1e-12, "{n}: {ratio}");
            let rough = rectified_cdf(u128::from(n), &t.to_f64());
            assert!((rough / sum.to_f64() - 1.0).abs() < 1e-9, "{n}: {rough}");
        }
    }

    /// A single neuron has E min(1, (s/S)^p) = ½ + ½ P(Z² ≤ s) + ½ E[(s/Z²)^p; Z² > s], and the
    /// sum over cells lies above it, by little.
    #[test]
    fn cells_lie_above_the_integral() {
        let (s, p) = (0.02f64, 3.0);
        let (mut integral, steps) = (0.0, 400_000);
        for i in 0..steps {
            let z = 8.0 * (f64::from(i) + 0.5) / f64::from(steps);
            let density = (-z * z / 2.0).exp() * (2.0 / std::f64::consts::PI).sqrt();
            integral += (s / (z * z)).powf(p).min(1.0) * density * 8.0 / f64::from(steps);
        }
        let exact = 0.5 + 0.5 * integral;
        let cells = capped_moment(1, &s, &p, &0.6, CELLS);
        assert!(cells > exact && cells < exact * 1.02, "{cells} {exact}");
    }

    #[test]
    fn what_is_found_is_certified() {
        for (n, p, allowed) in [(5, 2.0, 0.1), (10, 30.0, 0.09), (64, 80.0, 1e-6)] {
            let log = log_narrow(n, &point(p), &point(allowed)).unwrap();
            let rough = rough_narrow(n, p, allowed);
            // A quarter of the cells: lower, by a part of their size.
            assert!(rough < log.to_f64() && log.to_f64() - rough < 0.2, "{n}: {log:?} {rough}");
            let s = (log + point(n as f64).ln()).exp();
            let (p, allowed) = (point(p), point(allowed));
            assert!(capped_moment(n, &s, &p, &allowed, CELLS).lo().certainly_le(&allowed));
        }
        // Silence has probability 2⁻³, more than what is allowed.
        assert!(log_narrow(3, &point(2.0), &point(0.1)).is_none());
    }
}
