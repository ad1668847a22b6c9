//! The Mellin transform M(z) = E e^{zY} of Y = log(m^{−L} · A · χ²_m/m), A = Π S_a(d_i)/d_i with
//! the mean m^L, m = (1 + a²)/2, and the laws tilted by e^{θY}.

use std::f64::consts::LN_2;

use num_complex::Complex64;

use super::bent::{Bent, BentTilted};
use super::gamma::log_ratio;
use super::mixture::{Mixture, Tilted};

/// log Π(1 − 2^{−d_i}) for widths with multiplicities: no layer is silent.
pub fn log_alive(layers: &[(u128, u64)]) -> f64 {
    layers.iter().map(|&(d, count)| count as f64 * (-(-(d as f64) * LN_2).exp()).ln_1p()).sum()
}

/// About the variance of Y.
pub fn variance(layers: &[(u128, u64)], slope: f64, chi_degrees: Option<u128>) -> f64 {
    // n times that of a layer over its mean: 5 for ReLU, 2 for slopes ±1.
    let mean = 0.5 * (1.0 + slope * slope);
    let each = 1.5 * (1.0 + slope.powi(4)) / (mean * mean) - 1.0;
    let layers = layers.iter().map(|&(d, count)| each * count as f64 / d as f64);
    layers.sum::<f64>() + chi_degrees.map_or(0.0, |m| 2.0 / m as f64)
}

/// Which tail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tail {
    /// P(Y > y).
    Above,
    /// P(Y ≤ y), no layer silent.
    Below,
}

impl Tail {
    fn sign(self) -> f64 {
        if self == Tail::Above { 1.0 } else { -1.0 }
    }
}

/// The square of one layer, over its mean.
enum Layer {
    Rectified(Mixture),
    Bent(Bent),
}

impl Layer {
    fn least(&self) -> f64 {
        match self {
            Layer::Rectified(law) => law.least(),
            Layer::Bent(law) => law.least(),
        }
    }

    fn tilted(&self, theta: f64) -> LayerTilted {
        match self {
            Layer::Rectified(law) => LayerTilted::Rectified(law.tilted(theta)),
            Layer::Bent(law) => LayerTilted::Bent(law.tilted(theta)),
        }
    }
}

enum LayerTilted {
    Rectified(Tilted),
    Bent(BentTilted),
}

impl LayerTilted {
    fn log_norm(&self) -> f64 {
        match self {
            LayerTilted::Rectified(law) => law.log_norm,
            LayerTilted::Bent(law) => law.log_norm,
        }
    }

    fn characteristic(&self, t: f64) -> Complex64 {
        match self {
            LayerTilted::Rectified(law) => law.characteristic(t),
            LayerTilted::Bent(law) => law.characteristic(t),
        }
    }
}

/// M(z) for one law, with mixtures truncated where they cannot matter.
pub struct Transform {
    layers: Vec<(Layer, f64)>,
    chi_degrees: Option<f64>,
    log_alive: f64,
    deviation: f64,
}

impl Transform {
    /// For layers of these widths and multiplicities, and m, without components of probability
    /// below e^{−nats}.
    pub fn new(layers: &[(u128, u64)], chi_degrees: Option<u128>, nats: f64) -> Self {
        let m = chi_degrees.map(|m| m as f64);
        let mixtures = layers
            .iter()
            .map(|&(n, count)| (Layer::Rectified(Mixture::new(n, nats)), count as f64));
        Transform {
            layers: mixtures.collect(),
            chi_degrees: m,
            log_alive: log_alive(layers),
            deviation: variance(layers, 0.0, chi_degrees).sqrt(),
        }
    }

    /// The same for an activation of slope a ≠ 0, of which no layer is ever silent, on a grid that
    /// is finer by a factor.
    pub fn bent(
        layers: &[(u128, u64)],
        slope: f64,
        chi_degrees: Option<u128>,
        (nats, finer): (f64, f64),
    ) -> Self {
        let law = |n| Layer::Bent(Bent::new(n, slope, nats, finer));
        let laws = layers.iter().map(|&(n, count)| (law(n), count as f64));
        Transform {
            layers: laws.collect(),
            chi_degrees: chi_degrees.map(|m| m as f64),
            log_alive: 0.0,
            deviation: variance(layers, slope, chi_degrees).sqrt(),
        }
    }

    /// About the deviation of the law.
    pub fn deviation(&self) -> f64 {
        self.deviation
    }

    /// The length of the strip on which M exists, to the left of 0.
    pub fn left(&self) -> f64 {
        let layers = self.layers.iter().map(|(mixture, _)| mixture.least());
        0.5 * layers.fold(self.chi_degrees.unwrap_or(f64::INFINITY), f64::min)
    }

    /// The distance from θ to the end of the strip.
    pub fn room(&self, theta: f64) -> f64 {
        if theta < 0.0 { self.left() + theta } else { f64::INFINITY }
    }

    /// M at z = θ and above and below it.
    pub fn at(&self, theta: f64) -> Point {
        let half = self.chi_degrees.map(|m| 0.5 * m);
        let chi = half.map_or(0.0, |half| log_ratio(half, Complex64::new(theta, 0.0)).re);
        let layers: Vec<(LayerTilted, f64)> =
            self.layers.iter().map(|(layer, count)| (layer.tilted(theta), *count)).collect();
        let value =
            chi + layers.iter().map(|(tilted, count)| tilted.log_norm() * count).sum::<f64>();
        let chi = half.map(|half| (half + theta, (theta / half).ln_1p()));
        Point { theta, value, layers, chi, deviation: self.deviation }
    }

    /// θ at which Chernoff's bound log M(θ) − θ·(log M)′(θ) has fallen by `nats` from θ = 0.
    pub fn saddle(&self, tail: Tail, nats: f64) -> f64 {
        let at_zero = self.log_alive;
        let fallen = |theta: f64| {
            let point = self.at(theta);
            at_zero - point.value + theta * point.slope() >= nats.max(0.3)
        };
        let end = match tail {
            Tail::Above => f64::INFINITY,
            Tail::Below => self.left(),
        };
        // θ = end·u/(end + u) maps u in (0, ∞) onto the strip.
        let theta = |u: f64| tail.sign() * if end.is_finite() { end * u / (end + u) } else { u };
        let unit = 1.0 / self.deviation;
        let (mut low, mut high) = ((1e-3 * unit).ln(), unit.ln());
        while !fallen(theta(high.exp())) && high < unit.ln() + 40.0 {
            (low, high) = (high, high + 1.0);
        }
        while high - low > 0.01 {
            let middle = 0.5 * (low + high);
            if fallen(theta(middle.exp())) { high = middle } else { low = middle }
        }
        // A pole at the end of the strip may belong to components of negligible weight; a tail that
        // does fall like the pole's exponential loses four nats at this distance from it.
        let furthest = end * (1.0 - 4.0 / (5.0 + nats));
        tail.sign() * theta(high.exp()).abs().min(furthest)
    }

    /// Another line a little nearer to 0, along which the tail is the same.
    pub fn beside(&self, theta: f64) -> f64 {
        theta - 0.3 * theta.signum() * self.room(theta).min(0.2 * theta.abs())
    }

    /// The quantile of probability e^{−nats} by Chernoff's inequality: no nearer than the true one.
    pub fn chernoff(&self, tail: Tail, nats: f64) -> f64 {
        let theta = self.saddle(tail, nats);
        (self.at(theta).value + nats) / theta
    }
}

/// M around one θ: the law tilted by e^{θY}.
pub struct Point {
    /// θ.
    pub theta: f64,
    /// log M(θ).
    pub value: f64,
    layers: Vec<(LayerTilted, f64)>,
    /// m/2 + θ and log(1 + 2θ/m).
    chi: Option<(f64, f64)>,
    deviation: f64,
}

impl Point {
    /// log M(θ + it)/M(θ).
    pub fn log_characteristic(&self, t: f64) -> Complex64 {
        let it = Complex64::new(0.0, t);
        let layers =
            self.layers.iter().map(|(tilted, count)| tilted.characteristic(t).ln() * count);
        let chi = |(half, log_mean): (f64, f64)| it * log_mean + log_ratio(half, it);
        layers.sum::<Complex64>() + self.chi.map_or(Complex64::ZERO, chi)
    }

    /// d/dθ log M, by a complex step.
    pub fn slope(&self) -> f64 {
        let step = 1e-9 / self.deviation;
        self.log_characteristic(step).im / step
    }
}
