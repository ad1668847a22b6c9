//! Two inputs at a fixed angle, without a network: norms and angle are a Markov chain, of which a
//! layer costs two normals a neuron.

use crate::network::sample::{Address, Stream};

/// Normals drawn at a time.
const BLOCK: usize = 1 << 12;

/// What one layer shows of two inputs of equal norms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Passed {
    /// 1 − cos θ_i.
    pub s: f64,
    /// log ‖h_i(x)‖/‖h_i(y)‖.
    pub log_ratio: f64,
}

impl Passed {
    /// θ_i.
    pub fn theta(self) -> f64 {
        2.0 * (self.s / 2.0).sqrt().min(1.0).asin()
    }

    /// ‖h_i(x) − h_i(y)‖/‖h_i(x)‖.
    pub fn distance(self) -> f64 {
        let apart = (-self.log_ratio).exp_m1();
        (apart * apart + 2.0 * (-self.log_ratio).exp() * self.s).sqrt()
    }
}

/// Passes of two inputs at an angle.
#[derive(Clone, Debug)]
pub struct PairPasses {
    /// One per hidden layer; `None` from the first layer on that is silent for one of the inputs.
    pub layers: Vec<Option<Passed>>,
    /// |f(x) − f(y)| √d_L/‖h_L(x)‖, unless a layer is silent.
    pub change: Option<f64>,
}

impl PairPasses {
    /// For d₁, …, d_L, slope a, squares 𝗌_1², … of relative biases (none without) and s₀ = 1 − cos
    /// θ₀, in the given trial.
    pub fn new(
        hidden: &[usize],
        slope: f64,
        squares: &[f64],
        s0: f64,
        seed: u64,
        trial: u64,
    ) -> Self {
        let mut layers = Vec::with_capacity(hidden.len());
        let mut current = Some(Passed { s: s0, log_ratio: 0.0 });
        let mut size = 1.0;
        for (i, &width) in hidden.iter().enumerate() {
            let address = Address { seed, trial, layer: Address::PAIR + i as u64, block: 0 };
            let stream = &mut Stream::new(address);
            let square = squares.get(i).copied().unwrap_or(0.0);
            current = current.and_then(|before| {
                if square == 0.0 {
                    return next(before, width, slope, stream).map(|(passed, _)| passed);
                }
                let (passed, first) = next(received(before, square / size), width, slope, stream)?;
                // That of v: E σ_a(u)² is (1 + a²)/2.
                let kept = 2.0 * first / (width as f64 * (1.0 + slope * slope));
                size = (size + square) / (1.0 + square) * kept;
                Some(passed)
            });
            layers.push(current);
        }
        let mut last = [0.0];
        let layer = Address::PAIR + hidden.len() as u64;
        Stream::new(Address { seed, trial, layer, block: 0 }).fill(&mut last);
        PairPasses { layers, change: current.map(|p| (last[0] * p.distance()).abs()) }
    }
}

/// What a layer with biases receives: the vectors with a common entry more, of square `b` where
/// ‖h(x)‖² is 1.
fn received(before: Passed, b: f64) -> Passed {
    let ratio = (-before.log_ratio).exp();
    let both = ((1.0 + b) * (ratio * ratio + b)).sqrt();
    let less = (-before.log_ratio).exp_m1();
    // 1 − (ratio cos + b)/both, without cancellation.
    let s = (ratio * before.s + b * less * less / (both + ratio + b)) / both;
    let log_ratio = 0.5 * (-less * (1.0 + ratio) / (ratio * ratio + b)).ln_1p();
    Passed { s, log_ratio }
}

/// With ‖σ(u)‖², u of standard normals.
fn next(before: Passed, width: usize, slope: f64, stream: &mut Stream) -> Option<(Passed, f64)> {
    // σ_a(t), and its slope there.
    let kept = |t: f64| if t > 0.0 { 1.0 } else { slope };
    let (s, sin) = (before.s, (before.s * (2.0 - before.s)).sqrt());
    let mut normals = vec![0.0; 2 * BLOCK.min(width)];
    // ‖σ(u)‖², ‖σ(v)‖², ‖σ(u) − σ(v)‖² and the first less the second, without cancellation.
    let (mut first, mut second, mut apart, mut excess) = (0.0, 0.0, 0.0, 0.0);
    let mut left = width;
    while left > 0 {
        let count = BLOCK.min(left);
        stream.fill(&mut normals[..2 * count]);
        for pair in normals[..2 * count].chunks_exact(2) {
            let u = pair[0];
            let v_less_u = sin * pair[1] - s * u;
            let v = u + v_less_u;
            let (a, b) = (kept(u) * u, kept(v) * v);
            // Without cancellation where both are on one side.
            let one_side = (u > 0.0) == (v > 0.0);
            let difference = if one_side { -kept(u) * v_less_u } else { a - b };
            first += a * a;
            second += b * b;
            apart += difference * difference;
            excess += difference * (a + b);
        }
        left -= count;
    }
    if !(first > 0.0 && second > 0.0) {
        return None;
    }
    let norms_apart = excess / (f64::sqrt(first) + f64::sqrt(second));
    let s = (apart - norms_apart * norms_apart) / (2.0 * f64::sqrt(first * second));
    let log_ratio = before.log_ratio + (excess / (first + second)).atanh();
    // Vectors without negative entries are at most at a right angle.
    let most = if slope <= 0.0 { 1.0 } else { 2.0 };
    Some((Passed { s: s.clamp(0.0, most), log_ratio }, first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bias::Bias;
    use crate::model::slope::Slope;
    use crate::network::{Dense, Scaled, forward};
    use crate::num::magnitude::Magnitude;
    use ndarray::Array1;

    /// A pair through the dense weights: θ_1, θ_2 and the output's change.
    fn dense(trial: u64) -> Option<[f64; 3]> {
        through(trial, 0.0, &Bias::none())
    }

    fn through(trial: u64, slope: f64, bias: &Bias) -> Option<[f64; 3]> {
        use crate::network::Network;
        let network = Dense::<f64>::new(&"2,7,5".parse().unwrap(), 3, 1).unwrap();
        // x has the norm 1, not √2.
        let unit = Magnitude::from_f64(0.5f64.sqrt()).unwrap();
        let deviations = bias.deviations(&Slope::parse(&slope.to_string()).unwrap(), 2);
        let deviations = deviations.into_iter().map(|deviation| deviation * unit).collect();
        let mut network = network.with_slope(slope).with_biases(deviations);
        network.draw(trial);
        let x = Scaled::new(Array1::from(vec![1.0, 0.0]), 0);
        let (sin, cos) = 1.1f64.sin_cos();
        let y = Scaled::new(Array1::from(vec![cos, sin]), 0);
        let passes = forward(&mut network, &[x, y]);
        let angle = |i: usize| {
            let (a, b) = (passes[0].hidden(i), passes[1].hidden(i));
            let (a, b) = (a.at_exponent(0), b.at_exponent(0));
            let cos = a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt();
            (!cos.is_nan()).then(|| cos.min(1.0).acos())
        };
        let scale = passes[0].hidden(2).norm()?.to_f64() / 5f64.sqrt();
        let change = passes[0].output().minus(passes[1].output()).abs()?.to_f64();
        Some([angle(1)?, angle(2)?, change / scale])
    }

    const TRIALS: u64 = 4000;

    fn samples(f: &dyn Fn(u64) -> Option<[f64; 3]>, part: usize) -> Vec<f64> {
        let mut values: Vec<f64> = (0..TRIALS).filter_map(|t| f(t).map(|x| x[part])).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    /// Two-sample Kolmogorov–Smirnov.
    fn distance(a: &[f64], b: &[f64]) -> f64 {
        let below = |of: &[f64], x: f64| of.partition_point(|v| *v <= x) as f64 / of.len() as f64;
        a.iter().chain(b).map(|&x| (below(a, x) - below(b, x)).abs()).fold(0.0, f64::max)
    }

    /// At 1e-9 each: distance at most √(log(2/1e-9) (1/n + 1/m)/2).
    fn limit() -> f64 {
        ((2e9f64).ln() / TRIALS as f64).sqrt() * 1.02
    }

    /// With biases of two sizes, one of which is another in each layer.
    #[test]
    fn the_chain_has_the_law_of_dense_networks_with_biases() {
        for (slope, bias) in [
            (0.0, Bias::relative("1").unwrap()),
            (-0.5, Bias::deviation("0.8", Some("1.5")).unwrap()),
        ] {
            let exact = Slope::parse(&slope.to_string()).unwrap();
            let squares = bias.squares(&exact, 2, &0.0);
            let chain = |squares: &[f64], trial: u64| {
                let start = 1.0 - 1.1f64.cos();
                let passes = PairPasses::new(&[7, 5], slope, squares, start, 9, trial);
                Some([passes.layers[0]?.theta(), passes.layers[1]?.theta(), passes.change?])
            };
            let dense = |trial: u64| through(trial, slope, &bias);
            for part in 0..3 {
                let stored = samples(&dense, part);
                let found = distance(&stored, &samples(&|trial| chain(&squares, trial), part));
                assert!(found < limit(), "slope {slope}, part {part}: {found}");
                let without = distance(&stored, &samples(&|trial| chain(&[], trial), part));
                assert!(part > 0 || without > limit(), "slope {slope}: {without}");
            }
        }
    }

    #[test]
    fn the_chain_has_the_law_of_dense_networks() {
        let chain = |trial: u64| {
            let passes = PairPasses::new(&[7, 5], 0.0, &[], 1.0 - 1.1f64.cos(), 9, trial);
            Some([passes.layers[0]?.theta(), passes.layers[1]?.theta(), passes.change?])
        };
        let limit = limit();
        for part in 0..3 {
            let (a, b) = (samples(&dense, part), samples(&chain, part));
            assert!(a.len() > 3700 && b.len() > 3700);
            assert!(distance(&a, &b) < limit, "part {part}: {}", distance(&a, &b));
            // A start that is off by a tenth is seen.
            let wrong = |trial: u64| {
                let passes = PairPasses::new(&[7, 5], 0.0, &[], 1.0 - 1.4f64.cos(), 9, trial);
                Some([passes.layers[0]?.theta(), passes.layers[1]?.theta(), passes.change?])
            };
            if part == 0 {
                assert!(distance(&a, &samples(&wrong, part)) > limit);
            }
        }
    }

    #[test]
    fn what_is_received_keeps_its_digits() {
        for log_ratio in [1e-3f64, 1e-20, -1e-20] {
            let after = received(Passed { s: 1e-30, log_ratio }, 3.0);
            // About log_ratio/4, and s/4 + 3 (log_ratio/8)² to leading order.
            assert!((after.log_ratio / (log_ratio / 4.0) - 1.0).abs() < 1e-3, "{after:?}");
            let s = 1e-30 / 4.0 + 3.0 * log_ratio.powi(2) / 32.0;
            assert!((after.s / s - 1.0).abs() < 1e-2, "{after:?}");
        }
    }

    #[test]
    fn deep_passes_keep_their_digits() {
        let passes = PairPasses::new(&[20; 2000], 0.0, &[], 1.0, 1, 0);
        let last = passes.layers[1999].unwrap();
        assert!(last.s > 0.0 && last.s < 1e-6 && last.log_ratio.is_finite());
    }
}
