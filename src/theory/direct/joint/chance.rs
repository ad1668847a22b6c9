//! What the neurons of one layer that flip add by chance, as exponential moments.
//! `proofs/direct.md#joint-layer`.

use crate::num::Number;

/// Below this the integrals are bounded by their first terms: differences would cancel.
const SMALL: f64 = 1e-3;

/// ∫₀¹ u/(1 − yu) du, ∫₀¹ u²/(1 − yu) du and their difference, from above, 0 ≤ y < 1.
pub fn integrals<N: Number>(y: &N) -> [N; 3] {
    let (one, two) = (y.like(1.0), y.like(2.0));
    if y.to_f64() < SMALL {
        // The term after the first, over 1 − y, bounds the rest of the series.
        let rest = y.clone() / (one - y.clone());
        let series =
            |first: f64, second: f64| y.like(1.0) / y.like(first) + rest.clone() / y.like(second);
        return [series(2.0, 3.0), series(3.0, 4.0), series(6.0, 12.0)];
    }
    let first = (-((-y.clone()).ln_1p()) / y.clone() - one.clone()) / y.clone();
    let second = (first.clone() - one / two) / y.clone();
    [first.clone(), second.clone(), first - second]
}

/// log E exp(μ Σ (ξ − |g|/r)₊²), the sum over positive parts of n pairs of independent standard
/// normals, at most; `None` where it may be infinite.
pub fn idle<N: Number>(n: &N, r: &N, mu: &N) -> Option<N> {
    let twice = mu.like(2.0) * mu.clone();
    let [_, square, _] = finite(&twice)?;
    Some(n.clone() * r.clone() * twice * square / mu.pi())
}

/// The integrals where they are finite.
pub fn finite<N: Number>(y: &N) -> Option<[N; 3]> {
    y.below(&y.like(1.0)).then(|| integrals(y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Enclosure;

    #[test]
    fn integrals_are_bounds_and_close() {
        let steps = 20_000;
        for y in [1e-12, 5e-4, 0.999e-3, 1.001e-3, 0.1, 0.5, 0.9] {
            let sum = |f: &dyn Fn(f64) -> f64| {
                let at = |k: i32| f((f64::from(k) + 0.5) / f64::from(steps));
                (0..steps).map(at).sum::<f64>() / f64::from(steps)
            };
            let exact = [
                sum(&|u| u / (1.0 - y * u)),
                sum(&|u| u * u / (1.0 - y * u)),
                sum(&|u| u * (1.0 - u) / (1.0 - y * u)),
            ];
            let big = integrals(&Enclosure::point(128, y));
            for ((found, exact), big) in integrals(&y).into_iter().zip(exact).zip(big) {
                // Midpoints are right to about 1e-8 here.
                assert!((found / exact - 1.0).abs() < 2e-6, "{y}: {found} {exact}");
                assert!(found > exact * (1.0 - 1e-7), "{y}: {found} {exact}");
                assert!((found / big.to_f64() - 1.0).abs() < 1e-7, "{y}: {found}");
            }
        }
        assert!(finite(&1.0).is_none() && finite(&f64::NAN).is_none());
    }

    /// By quadrature over both normals.
    #[test]
    fn the_mean_over_idle_neurons_is_a_bound_and_close() {
        for (r, mu) in [(0.1, 0.1f64), (0.3, 0.2), (0.3, 0.01)] {
            let (steps, far) = (4000, 9.0);
            let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let mut mean = 0.0;
            for i in 0..steps {
                let xi = (f64::from(i) + 0.5) / f64::from(steps) * far;
                let width = r * xi / 200.0;
                let inner: f64 = (0..200)
                    .map(|k| {
                        let g = (f64::from(k) + 0.5) * width;
                        ((mu * (xi - g / r).powi(2)).exp() - 1.0) * 2.0 * density(g) * width
                    })
                    .sum();
                mean += inner * density(xi) * far / f64::from(steps);
            }
            let bound = idle(&1.0, &r, &mu).unwrap();
            assert!(bound > mean.ln_1p() && bound < 1.15 * mean.ln_1p(), "{r} {mu} {bound} {mean}");
        }
    }
}
