//! Between which sizes the kth largest of d normal variables lies. `proofs/norm.md#crowd`.

use crate::num::Number;

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

/// P(|Z| > q).
fn above<N: Number>(q: &N) -> N {
    (q.clone() / q.like(2.0).sqrt()).erfc()
}

/// q which at least k of |g_1|, …, |g_d| exceed, but with probability e^{−nats}; 0 if no other is
/// found.
pub fn exceeded_by<N: Number>(d: u128, k: u128, nats: &N) -> N {
    // That fewer do: at most k − 1.
    let enough = |q: &N, p: &N| {
        let below = q.whole(k - 1) / q.whole(d);
        below.below(p) && nats.below(&divergence(d, k - 1, p))
    };
    let rough = |q: f64| rough_holds(d, k - 1, nats.to_f64(), q, true);
    let found = bisected(|q| !rough(q));
    let margins = [1e-13, 1e-10, 1e-7, 1e-4, 1e-2, 0.1];
    let tried = margins.into_iter().map(|margin| nats.like(found * (1.0 - margin)));
    let proved = tried.into_iter().find(|q| N::ROUGH || enough(q, &above(q)));
    proved.unwrap_or_else(|| nats.like(0.0))
}

/// q which at most k of them exceed, but with probability e^{−nats}; `None` if none is found.
pub fn exceeded_by_few<N: Number>(d: u128, k: u128, nats: &N) -> Option<N> {
    if k >= d {
        return Some(nats.like(0.0));
    }
    let enough = |q: &N, p: &N| {
        let beyond = q.whole(k + 1) / q.whole(d);
        p.below(&beyond) && nats.below(&divergence(d, k + 1, p))
    };
    let found = bisected(|q| rough_holds(d, k + 1, nats.to_f64(), q, false));
    let margins = [1e-13, 1e-10, 1e-7, 1e-4, 1e-2, 0.1];
    let tried = margins.into_iter().map(|margin| nats.like(found * (1.0 + margin)));
    tried.into_iter().find(|q| N::ROUGH || enough(q, &above(q)))
}

/// Is Bin(d, P(|Z| > q)) beyond `count` with probability at most e^{−nats}, in `f64`?
fn rough_holds(d: u128, count: u128, nats: f64, q: f64, above_count: bool) -> bool {
    let (p, x) = (above(&q), count as f64 / d as f64);
    let side = if above_count { p > x } else { p < x };
    side && divergence(d, count, &p) > nats
}

/// The least q up to 40 from which on `holds`.
fn bisected(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}
