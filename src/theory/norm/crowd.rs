//! Between which sizes the kth largest of d normal variables lies. `proofs/norm.md#crowd`.

use crate::num::Number;

/// Up to so many the probabilities are summed up.
const SUMMED: u128 = 200;
/// Where the divergence is its leading order, to four digits, in searches.
const NEAR: f64 = 1e-4;

/// d KL(count/d ‖ p), the logarithm of one over a bound on P(Bin(d, p) is beyond `count`).
fn divergence<N: Number>(d: u128, count: u128, p: &N) -> N {
    let (n, k) = (p.whole(d), p.whole(count));
    let x = k.clone() / n.clone();
    if N::ROUGH && count > 0 && (p.to_f64() / x.to_f64() - 1.0).abs() < NEAR {
        let gap = p.clone() - x.clone();
        let spread = p.like(2.0) * x.clone() * (p.like(1.0) - x);
        return n * gap.square() / spread;
    }
    let others = n - k.clone();
    let rest = |share: &N| (-share.clone()).ln_1p();
    let found = || k.clone() * (x.clone() / p.clone()).ln();
    let missed = || others * (rest(&x) - rest(p));
    match count {
        0 => missed(),
        _ if count == d => found(),
        _ => found() + missed(),
    }
}

/// log 1/P(Bin(d, p) ≤ count), and of P(Bin(d, p) > count), by summing up; the second is 0 where
/// rounding hides it.
fn summed<N: Number>(d: u128, count: u128, p: &N) -> [N; 2] {
    let (n, one) = (p.whole(d), p.like(1.0));
    let odds = p.clone() / (one.clone() - p.clone());
    let mut term = (n.clone() * (-p.clone()).ln_1p()).exp();
    let mut sum = term.clone();
    for j in 0..count {
        term = term * odds.clone() * (n.clone() - p.whole(j)) / p.whole(j + 1);
        sum = sum + term.clone();
    }
    let rest = one.clone() - sum.clone();
    let zero = p.like(0.0);
    // In `f64` what is left of 1 may be rounding alone.
    let least = if N::ROUGH { p.like(1e-12) } else { zero.clone() };
    let above = if least.below(&rest) { -rest.ln() } else { zero };
    [-sum.ln(), above]
}

/// log 1/P(Bin(d, p) < k), a lower bound.
fn fewer<N: Number>(d: u128, k: u128, p: &N) -> N {
    let below = p.whole(k - 1) / p.whole(d);
    if !below.below(p) {
        return p.like(0.0);
    }
    let chernoff = divergence(d, k - 1, p);
    if k > SUMMED { chernoff } else { chernoff.max(&summed(d, k - 1, p)[0].clone()) }
}

/// log 1/P(Bin(d, p) > k), a lower bound.
fn more<N: Number>(d: u128, k: u128, p: &N) -> N {
    let beyond = p.whole(k + 1) / p.whole(d);
    if !p.below(&beyond) {
        return p.like(0.0);
    }
    let chernoff = divergence(d, k + 1, p);
    if k > SUMMED { chernoff } else { chernoff.max(&summed(d, k, p)[1].clone()) }
}

/// P(|Z| > q).
pub fn above<N: Number>(q: &N) -> N {
    (q.clone() / q.like(2.0).sqrt()).erfc()
}

/// q which at least k of |g_1|, …, |g_d| exceed, but with probability e^{−nats}; 0 if no other is
/// found.
pub fn exceeded_by<N: Number>(d: u128, k: u128, nats: &N) -> N {
    let rough = nats.to_f64();
    let found = bisected(|q| fewer(d, k, &above(&q)) < rough);
    let margins = [1e-13, 1e-10, 1e-7, 1e-4, 1e-2, 0.1];
    let tried = margins.into_iter().map(|margin| nats.like(found * (1.0 - margin)));
    let enough = |q: &N| N::ROUGH || nats.below(&fewer(d, k, &above(q)));
    tried.into_iter().find(enough).unwrap_or_else(|| nats.like(0.0))
}

/// q which at most k of them exceed, but with probability e^{−nats}; `None` if none is found.
pub fn exceeded_by_few<N: Number>(d: u128, k: u128, nats: &N) -> Option<N> {
    if k >= d {
        return Some(nats.like(0.0));
    }
    let rough = nats.to_f64();
    let found = bisected(|q| more(d, k, &above(&q)) > rough);
    let margins = [1e-13, 1e-10, 1e-7, 1e-4, 1e-2, 0.1];
    let tried = margins.into_iter().map(|margin| nats.like(found * (1.0 + margin)));
    tried.into_iter().find(|q| N::ROUGH || nats.below(&more(d, k, &above(q))))
}

/// The least q up to 40 from which on `holds`.
pub fn bisected(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Enclosure;

    /// Sums against divergences, and both against a brute force over all outcomes.
    #[test]
    fn binomial_tails_are_bounded() {
        let p = 0.3f64;
        for (d, k) in [(5u32, 1u32), (5, 2), (9, 4), (9, 8)] {
            let [mut below, mut beyond] = [0.0f64; 2];
            for outcome in 0u32..1 << d {
                let n = outcome.count_ones();
                let chance = p.powi(n as i32) * (1.0 - p).powi((d - n) as i32);
                if n < k {
                    below += chance;
                }
                if n > k {
                    beyond += chance;
                }
            }
            let (d, k) = (u128::from(d), u128::from(k));
            let exact = [summed(d, k - 1, &p)[0], summed(d, k, &p)[1]];
            assert!((exact[0] + below.ln()).abs() < 1e-9, "{d} {k}");
            assert!((exact[1] + beyond.ln()).abs() < 1e-9, "{d} {k}");
            assert!(fewer(d, k, &p) <= exact[0] + 1e-12 && more(d, k, &p) <= exact[1] + 1e-12);
        }
    }

    /// Enclosures certify what the search finds, also where `f64` has no digits left.
    #[test]
    fn quantiles_are_certified() {
        let nats = Enclosure::point(400, 5.0);
        for (d, k) in [(10u128, 1u128), (10, 9), (1000, 10), (1000, 500), (10u128.pow(30), 78)] {
            for (d, k) in [(d, k), (10u128.pow(30), 10u128.pow(29))] {
                let low = exceeded_by(d, k, &nats);
                let high = exceeded_by_few(d, k, &nats).unwrap();
                assert!(low.certainly_lt(&high), "{d} {k}");
                // Nearly the best.
                let rough = [exceeded_by(d, k, &5.0), exceeded_by_few(d, k, &5.0).unwrap()];
                assert!((low.to_f64() - rough[0]).abs() < 1e-3 * rough[0] + 1e-9, "{d} {k}");
                assert!((high.to_f64() - rough[1]).abs() < 1e-3 * rough[1], "{d} {k}");
            }
        }
    }
}
