//! What is expected, without proof, of networks with a curved activation σ at one input, in wide
//! layers: the pre-activations of layer i are normal with variance q_{i−1} + β_i², where
//! q_0 = ‖x‖²/d and q_i = E σ(√(q_{i−1} + β_i²) Z)², and a backward row loses the share
//! χ_i = E σ′(√(q_{i−1} + β_i²) Z)² of its square in layer i. So f(x)² ~ (q_L + β_{L+1}²) Z² and
//! ‖∇f(x)‖² ~ Π χ_i · χ²_d/d, independent of each other where d is large, too.

use std::f64::consts::PI;

use crate::model::bias::Bias;
use crate::model::curve::Curve;
use crate::model::params::Params;

/// A width from which on that is meant.
const WIDE: u128 = 32;
/// The integral over a normal is taken over so many deviations, by the trapezoidal rule, which
/// errs by e^{−2πa/step} where the integrand is analytic within a of the real line: a is π/2 over
/// the deviation of the argument for tanh, and more for the others.
const DEVIATIONS: f64 = 12.0;
const STEP: f64 = 0.125;
/// Steps become no shorter beyond this deviation of the argument.
const LARGEST: f64 = 1000.0;
/// The logarithm of a variance below which an activation is linear to all digits.
const SMALL: f64 = -100.0;

/// E g(deviation · Z), Z a standard normal.
pub fn expectation(deviation: f64, g: impl Fn(f64) -> f64) -> f64 {
    let step = STEP / deviation.clamp(1.0, LARGEST);
    let steps = (DEVIATIONS / step).ceil() as i64;
    let term = |i: i64| {
        let z = step * i as f64;
        libm::exp(-0.5 * z * z) * g(deviation * z)
    };
    let sum: f64 = (-steps..=steps).map(term).sum();
    sum * step / (2.0 * PI).sqrt()
}

/// By what a network differs from a linear function, at one input, in wide layers: logarithms of
/// factors.
#[derive(Clone, Debug, PartialEq)]
pub struct Wide {
    /// Of |f| √d/‖x‖: ½ log (q_L + β_{L+1}²)/q_0.
    pub output: f64,
    /// Of ‖∇f‖: ½ log Π χ_i.
    pub gradient: f64,
    /// log β_1, …, log β_{L+1}, −∞ without biases: relative ones are relative to q_{i−1}.
    pub biases: Vec<f64>,
}

impl Wide {
    /// For ‖x‖²/d = `square` > 0.
    pub fn new(curve: Curve, square: f64, depth: usize, bias: &Bias) -> Self {
        let (start, mut q, mut chi) = (square.ln(), square.ln(), 0.0);
        let mut biases = vec![bias.log_square(q)];
        for _ in 0..depth {
            let (after, kept) = layer(curve, sum(q, biases[biases.len() - 1]));
            (q, chi) = (after, chi + kept);
            biases.push(bias.log_square(q));
        }
        let output = 0.5 * (sum(q, biases[depth]) - start);
        let biases = biases.into_iter().map(|square| 0.5 * square).collect();
        Wide { output, gradient: 0.5 * chi, biases }
    }

    /// For a network with a curved activation at its input, of norm √d where it is not given.
    pub fn of(params: &Params) -> Option<Self> {
        let curve = params.curved()?;
        let square = params.input.as_ref().map_or(1.0, |input| {
            let values = input.values();
            values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64
        });
        Some(Wide::new(curve, square, params.architecture.depth(), &params.bias))
    }

    /// The same where it is meant: in wide layers, and of an output that is not chosen.
    pub fn expected(params: &Params) -> Option<Self> {
        let wide = params.architecture.widths().iter().all(|&width| width >= WIDE);
        Wide::of(params).filter(|_| wide && !params.pair_is_chosen())
    }

    /// Of |f|/(‖∇f‖‖x‖).
    pub fn ratio(&self) -> f64 {
        self.output - self.gradient
    }
}

/// log(eᵃ + eᵇ).
fn sum(a: f64, b: f64) -> f64 {
    if b == f64::NEG_INFINITY { a } else { a.max(b) + (-(a - b).abs()).exp().ln_1p() }
}

/// log q_i and log χ_i, for pre-activations of this variance.
fn layer(curve: Curve, log_variance: f64) -> (f64, f64) {
    if log_variance < SMALL && curve.value(0.0) == 0.0 {
        let kept = 2.0 * curve.derivative(0.0).ln();
        return (log_variance + kept, kept);
    }
    let deviation = (0.5 * log_variance).exp();
    let square = |g: fn(Curve, f64) -> f64| expectation(deviation, |t| g(curve, t).powi(2)).ln();
    (square(Curve::value), square(Curve::derivative))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVIATION: [f64; 9] = [1e-8, 0.01, 0.3, 1.0, 1.7, 4.0, 30.0, 300.0, 900.0];

    fn near(a: f64, b: f64, accuracy: f64) {
        assert!((a / b - 1.0).abs() < accuracy, "{a} {b}");
    }

    fn squares(curve: Curve, deviation: f64) -> (f64, f64) {
        let (q, chi) = layer(curve, 2.0 * deviation.ln());
        (q.exp(), chi.exp())
    }

    #[test]
    fn moments_are_those_of_a_normal() {
        for deviation in DEVIATION {
            near(expectation(deviation, |_| 1.0), 1.0, 1e-12);
            near(expectation(deviation, |t| t * t), deviation.powi(2), 1e-12);
            near(expectation(deviation, |t| t.powi(4)), 3.0 * deviation.powi(4), 1e-12);
        }
    }

    /// E erf(√q Z)² = 2/π arcsin(2q/(1 + 2q)), E erf′(√q Z)² = 4/(π √(1 + 4q)).
    #[test]
    fn erf_has_a_closed_form() {
        for deviation in DEVIATION {
            let (q, chi) = squares(Curve::Erf, deviation);
            let v = deviation * deviation;
            near(q, 2.0 / PI * (2.0 * v / (1.0 + 2.0 * v)).asin(), 1e-12);
            near(chi, 4.0 / (PI * (1.0 + 4.0 * v).sqrt()), 1e-12);
        }
    }

    /// E σ² = v/4 + (v arcsin(v/(1 + v)) + 2v²/((1 + v)√(1 + 2v)))/2π.
    #[test]
    fn gelu_has_a_closed_form() {
        for deviation in DEVIATION {
            let v = deviation * deviation;
            let last = 2.0 * v * v / ((1.0 + v) * (1.0 + 2.0 * v).sqrt());
            let exact = 0.25 * v + (v * (v / (1.0 + v)).asin() + last) / (2.0 * PI);
            near(squares(Curve::Gelu, deviation).0, exact, 1e-12);
        }
    }

    /// Of large arguments silu, gelu and softplus are ReLU, and tanh and erf are signs.
    #[test]
    fn far_out_they_are_piecewise_linear() {
        for curve in [Curve::Gelu, Curve::Silu, Curve::Softplus] {
            let (q, chi) = squares(curve, 900.0);
            near(q, 0.5 * 900.0f64.powi(2), 1e-2);
            near(chi, 0.5, 1e-2);
        }
        for curve in [Curve::Tanh, Curve::Erf] {
            near(squares(curve, 1e5).0, 1.0, 1e-4);
        }
    }

    /// Simpson's rule on halves that are halved until two agree.
    fn simpson(g: &dyn Fn(f64) -> f64, [a, b]: [f64; 2], depth: u32) -> f64 {
        let middle = f64::midpoint(a, b);
        let rule = |a: f64, b: f64| (g(a) + 4.0 * g(f64::midpoint(a, b)) + g(b)) * (b - a) / 6.0;
        let (whole, halves) = (rule(a, b), rule(a, middle) + rule(middle, b));
        if depth == 0 || (depth < 30 && (whole - halves).abs() < 1e-15) {
            return halves + (halves - whole) / 15.0;
        }
        simpson(g, [a, middle], depth - 1) + simpson(g, [middle, b], depth - 1)
    }

    #[test]
    fn others_agree_with_adaptive_quadrature() {
        for curve in Curve::ALL {
            for deviation in [0.3, 1.0, 4.0, 30.0] {
                let (q, chi) = squares(curve, deviation);
                for (value, of) in
                    [(q, Curve::value as fn(Curve, f64) -> f64), (chi, Curve::derivative)]
                {
                    let density = |z: f64| (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
                    let g = |z: f64| of(curve, deviation * z).powi(2) * density(z);
                    let pieces = [[-12.0, -1.0], [-1.0, 0.0], [0.0, 1.0], [1.0, 12.0]];
                    near(value, pieces.map(|piece| simpson(&g, piece, 36)).iter().sum(), 1e-10);
                }
            }
        }
    }

    /// By hand, with biases of either sort; and deep networks keep their digits.
    #[test]
    fn layers_follow_each_other() {
        let none = Bias::none();
        let fixed = Bias::deviation("0.5", None).unwrap();
        let relative = Bias::relative("1/2").unwrap();
        for (bias, beta) in
            [(&none, [0.0f64; 3]), (&fixed, [0.25; 3]), (&relative, [0.375, 0.0, 0.0])]
        {
            let wide = Wide::new(Curve::Erf, 1.5, 2, bias);
            let of = |q: f64, fixed: f64| if *bias == relative { 0.25 * q } else { fixed };
            let (q, chi) = squares(Curve::Erf, (1.5 + beta[0]).sqrt());
            let (q_2, chi_2) = squares(Curve::Erf, (q + of(q, beta[1])).sqrt());
            let last = of(q_2, beta[2]);
            near(wide.output, 0.5 * ((q_2 + last) / 1.5).ln(), 1e-12);
            near(wide.gradient, 0.5 * (chi * chi_2).ln(), 1e-12);
            near(wide.ratio(), wide.output - wide.gradient, 1e-12);
            assert!((wide.biases[2].exp() - last.sqrt()).abs() < 1e-12);
        }
        let linear = Wide::new(Curve::Tanh, 3.0, 0, &none);
        assert_eq!((linear.output, linear.gradient), (0.0, 0.0));
        let deep = |depth| Wide::new(Curve::Gelu, 1.0, depth, &none);
        assert!(deep(3000).output < -2000.0 && deep(3000).output.is_finite());
        // So small, every neuron is linear: a layer changes f and ∇f alike.
        near(deep(3000).ratio().exp(), deep(2000).ratio().exp(), 1e-9);
    }
}
