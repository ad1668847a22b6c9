//! The square S_a(n)/(nm) of one layer of n neurons whose activation has the slope a ≠ 0 at
//! negative arguments, m = (1 + a²)/2: χ²_n/n times R/m, R = a² + (1 − a²)B, with B the share of
//! Σg² that active neurons have. Given N active ones, B is a Beta(N/2, (n − N)/2) variable,
//! independent of Σg². Its law is kept on a grid, on which all powers of R are sums.
//! `proofs/model.md#law-inversion`.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, LN_2, PI};

use num_complex::Complex64;

use super::gamma::{ln_gamma, log_ratio};

/// Up to this width N takes every value; above, values a fraction of a deviation apart.
const SUM_LIMIT: u128 = 1 << 12;
/// Distance of the nodes in deviations: the trapezoidal rule errs by about e^{−2π²/h²}, and by more
/// where a small slope makes powers of R steep at the end.
const SPACING: f64 = 0.2;
/// Slopes below these take nodes nearer to each other by so much.
const STEEP: [(f64, f64); 2] = [(1e-2, 4.0), (0.2, 2.0)];
/// The substitution B = sin²φ, φ = π/4 (1 + tanh(π/2 sinh t)), is at its ends to all digits there.
const DOUBLY: f64 = 3.4;
/// Tilted weights below this share of the largest change no digit.
const NEGLIGIBLE: f64 = -46.0;

/// A value of R/m with its probability.
#[derive(Clone, Copy)]
struct Node {
    log_value: f64,
    log_weight: f64,
}

/// The law of S_a(n)/(nm).
pub struct Bent {
    /// n/2.
    half: f64,
    nodes: Vec<Node>,
}

impl Bent {
    /// Without values of probability below e^{−nats}; with nodes nearer to each other by the factor
    /// `finer`.
    pub fn new(width: u128, slope: f64, nats: f64, finer: f64) -> Self {
        let n = width as f64;
        let square = slope * slope;
        // R/m = 1 + c(2B − 1)
        let c = (1.0 - square) / (1.0 + square);
        let steep = STEEP.iter().find(|(below, _)| slope.abs() < *below);
        let spacing = SPACING / (finer * steep.map_or(1.0, |(_, more)| *more));
        let nodes: Vec<(f64, f64)> = if c == 0.0 {
            vec![(0.0, 0.0)]
        } else if width <= SUM_LIMIT {
            narrow(width, spacing)
        } else {
            wide(n, nats, spacing)
        };
        let node = |(excess, log_weight): (f64, f64)| Node {
            // Of no active neurons all digits are those of a².
            log_value: if excess <= -1.0 {
                (2.0 * square / (1.0 + square)).ln()
            } else {
                (c * excess).ln_1p()
            },
            log_weight,
        };
        let kept = nodes.into_iter().map(node).filter(|node| node.log_weight >= -nats);
        Bent { half: 0.5 * n, nodes: kept.collect() }
    }

    /// Degrees of freedom.
    pub fn least(&self) -> f64 {
        2.0 * self.half
    }

    /// The law with density proportional to the old one times (S/(nm))^θ, for θ > −n/2.
    pub fn tilted(&self, theta: f64) -> BentTilted {
        let log = |node: &Node| node.log_weight + theta * node.log_value;
        let most = self.nodes.iter().map(log).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = self.nodes.iter().map(|node| (log(node) - most).exp()).sum();
        let norm = most + total.ln();
        let kept = self.nodes.iter().filter(|node| log(node) - most > NEGLIGIBLE);
        let nodes = kept.map(|node| Node { log_weight: log(node) - norm, ..*node }).collect();
        BentTilted {
            log_norm: norm + log_ratio(self.half, Complex64::new(theta, 0.0)).re,
            half: self.half + theta,
            log_mean: (theta / self.half).ln_1p(),
            nodes,
        }
    }
}

/// A tilted law of a layer.
pub struct BentTilted {
    /// log E(S/(nm))^θ.
    pub log_norm: f64,
    half: f64,
    log_mean: f64,
    nodes: Vec<Node>,
}

impl BentTilted {
    /// E e^{it log(S/(nm))}.
    pub fn characteristic(&self, t: f64) -> Complex64 {
        let it = Complex64::new(0.0, t);
        let share: Complex64 =
            self.nodes.iter().map(|node| (it * node.log_value + node.log_weight).exp()).sum();
        share * (it * self.log_mean + log_ratio(self.half, it)).exp()
    }
}

/// 2B − 1 with log probabilities, where every N is summed.
fn narrow(width: u128, spacing: f64) -> Vec<(f64, f64)> {
    let n = width as f64;
    let whole = ln_gamma(n + 1.0) - n * LN_2;
    // log of 2 C(n, k) 2^{−n}/B(k/2, (n − k)/2); Γ at half integers below 1 is met once.
    let half_gamma = |k: f64| ln_gamma(0.5 * k + 1.0) - (0.5 * k).ln();
    let constant = |k: u128| {
        let (k, rest) = (k as f64, n - k as f64);
        LN_2 + whole - ln_gamma(k + 1.0) - ln_gamma(rest + 1.0) + half_gamma(n)
            - half_gamma(k)
            - half_gamma(rest)
    };
    let constants: Vec<f64> = (1..width).map(constant).collect();
    // All or none active.
    let mut nodes = vec![(-1.0, -n * LN_2), (1.0, -n * LN_2)];
    let step = spacing * (0.75 / n).sqrt().min(0.5) / (FRAC_PI_4 * FRAC_PI_2);
    let most = (DOUBLY / step) as i32;
    for i in -most..=most {
        let t = step * f64::from(i);
        let inner = FRAC_PI_2 * t.sinh();
        // φ and π/2 − φ, each to all digits, and dφ/dt.
        let (phi, rest) =
            (FRAC_PI_2 / (1.0 + (-2.0 * inner).exp()), FRAC_PI_2 / (1.0 + (2.0 * inner).exp()));
        let slope = FRAC_PI_4 * FRAC_PI_2 * t.cosh() / inner.cosh().powi(2);
        let (log_sin, log_cos) = (phi.sin().ln(), rest.sin().ln());
        let term = |j: usize| constants[j] + j as f64 * log_sin + (n - 2.0 - j as f64) * log_cos;
        let most = (0..constants.len()).map(term).fold(f64::NEG_INFINITY, f64::max);
        if most.is_finite() && slope > 0.0 {
            let sum: f64 = (0..constants.len()).map(|j| (term(j) - most).exp()).sum();
            nodes.push((-(2.0 * phi).cos(), most + sum.ln() + (slope * step).ln()));
        }
    }
    nodes
}

/// The same where N and B are within so many nats of ½, by Stirling's series.
fn wide(n: f64, nats: f64, spacing: f64) -> Vec<(f64, f64)> {
    let root = n.sqrt();
    let most = (2.0 * nats + 2.0).sqrt().min(root - 1.0);
    let active: Vec<(f64, f64)> = {
        let count = (most / SPACING) as i32;
        let node = |i: i32| {
            let excess = f64::from(i) * SPACING / root;
            let (more, fewer) = (0.5 * (1.0 + excess), 0.5 * (1.0 - excess));
            // log of C(n, N) 2^{−n} with the distance of the nodes, and of
            // Γ(n/2)/(Γ(N/2)Γ((n−N)/2)) without its powers.
            let binomial = -n * divergence(more, -0.5 * excess) - 0.5 * (2.0 * PI).ln()
                + SPACING.ln()
                - 0.5 * (-excess * excess).ln_1p()
                + rest(n)
                - rest(n * more)
                - rest(n * fewer);
            let beta = 0.5 * (n * more * fewer / PI).ln() - LN_2 + rest(0.5 * n)
                - rest(0.5 * n * more)
                - rest(0.5 * n * fewer);
            (excess, binomial + beta)
        };
        (-count..=count).map(node).collect()
    };
    // The deviation of 2B − 1 is √3/√n.
    let spacing = spacing * 3f64.sqrt() / root;
    let count = ((most * 3f64.sqrt() / root).min(1.0 - 1e-9) / spacing) as i32;
    let node = |i: i32| {
        let excess = f64::from(i) * spacing;
        let log = |&(of, log): &(f64, f64)| {
            log - 0.5 * n * divergence(0.5 * (1.0 + of), 0.5 * (excess - of))
        };
        let most = active.iter().map(log).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = active.iter().map(|term| (log(term) - most).exp()).sum();
        // db = ½ d(excess), and 1/(b(1 − b)) of the Beta density.
        let square = 0.25 * (1.0 - excess) * (1.0 + excess);
        (excess, most + sum.ln() + (0.5 * spacing).ln() - square.ln())
    };
    (-count..=count).map(node).collect()
}

/// The part of log Γ(x) behind (x − ½) log x − x + ½ log 2π.
fn rest(x: f64) -> f64 {
    1.0 / (12.0 * x) - 1.0 / (360.0 * x * x * x)
}

/// q log(q/b) + (1 − q) log((1 − q)/(1 − b)) at b = q + shift, without cancellation.
fn divergence(q: f64, shift: f64) -> f64 {
    let excess = |w: f64| {
        if w.abs() > 0.05 {
            return w - w.ln_1p();
        }
        // w²/2 − w³/3 + …, by Horner's rule.
        let series = (2..=16).rev().fold(0.0, |sum, j| {
            let sign = if j % 2 == 0 { 1.0 } else { -1.0 };
            sum * w + sign / f64::from(j)
        });
        series * w * w
    };
    q * excess(shift / q) + (1.0 - q) * excess(-shift / (1.0 - q))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(n: u128, a: f64, e: f64) -> f64 {
        Bent::new(n, a, 700.0, 1.0).tilted(e).log_norm.exp()
    }

    /// Mass, mean and variance in closed form, at every width; the third moment of R by that of S.
    #[test]
    fn whole_moments_are_known() {
        for n in [1u128, 2, 3, 7, 60, 4096, 4097, 10u128.pow(6), 10u128.pow(12), 10u128.pow(20)] {
            for a in [0.01f64, 0.3, -0.5, 1.0, -1.0] {
                let (m, width) = (0.5 * (1.0 + a * a), n as f64);
                let fourth = 1.5 * (1.0 + a.powi(4));
                let variance = (fourth - m * m) / (m * m * width);
                let near = |found: f64, exact: f64| {
                    assert!((found / exact - 1.0).abs() < 1e-11, "{n} {a}: {found} {exact}");
                };
                near(moment(n, a, 0.0), 1.0);
                near(moment(n, a, 1.0), 1.0);
                near(moment(n, a, 2.0), 1.0 + variance);
            }
        }
    }

    /// Negative moments, n = 3: E S^{−1} by quadrature of its Laplace transform.
    #[test]
    fn negative_moments_match_quadrature() {
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
                let mean = 0.5 * (1.0 + a * a) * f64::from(n);
                let exact = sum * mean.powf(p) / libm::tgamma(p);
                let found = moment(n as u128, a, -p);
                assert!((found / exact - 1.0).abs() < 1e-9, "{a} {n} {p}: {found} {exact}");
            }
        }
    }

    /// The characteristic function at 0 is 1, and its slope there i times the mean of the
    /// logarithm, as the derivative of the moments has it.
    #[test]
    fn the_characteristic_function_continues_the_moments() {
        for n in [2u128, 30, 10_000] {
            let law = Bent::new(n, 0.2, 200.0, 1.0);
            let tilted = law.tilted(0.7);
            assert!((tilted.characteristic(0.0) - 1.0).norm() < 1e-13);
            let step = 1e-5;
            let slope = tilted.characteristic(step).ln().im / step;
            let by_moments =
                (law.tilted(0.7 + step).log_norm - law.tilted(0.7 - step).log_norm) / (2.0 * step);
            assert!((slope - by_moments).abs() < 1e-6, "{n}: {slope} {by_moments}");
        }
    }
}
