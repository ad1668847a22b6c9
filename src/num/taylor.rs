//! Taylor coefficients over an interval: what it takes to bound a function near a zero of high
//! order, where its enclosure alone says nothing.

use std::ops::{Add, Mul, Neg, Sub};

use super::Enclosure;

/// The coefficients f⁽ᵏ⁾(ξ)/k!, k = 0, …, n, of a function f for *every* ξ in an interval.
///
/// By Taylor's formula with Lagrange's remainder, if f and its first k − 1 derivatives vanish at an
/// end e of the interval, then f(x) = (x − e)ᵏ·f⁽ᵏ⁾(ξ)/k!, of which [`Taylor::coefficient`] is an
/// enclosure.
#[derive(Clone, Debug)]
pub struct Taylor {
    coefficients: Vec<Enclosure>,
}

impl Taylor {
    /// The identity on an interval, up to the coefficient of order `order`.
    pub fn variable(over: Enclosure, order: usize) -> Self {
        let p = over.precision();
        let rest = (1..=order).map(|k| Enclosure::integer(p, u32::from(k == 1)));
        Taylor { coefficients: std::iter::once(over).chain(rest).collect() }
    }

    /// The constant `value` beside `self`: same precision, same order.
    #[must_use]
    pub fn constant(&self, value: &Enclosure) -> Self {
        let zero = Enclosure::integer(value.precision(), 0);
        let rest = self.coefficients[1..].iter().map(|_| zero.clone());
        Taylor { coefficients: std::iter::once(value.clone()).chain(rest).collect() }
    }

    /// The whole number `value` beside `self`.
    #[must_use]
    pub fn whole(&self, value: u32) -> Self {
        self.constant(&Enclosure::integer(self.precision(), value))
    }

    /// π beside `self`.
    #[must_use]
    pub fn pi(&self) -> Self {
        self.constant(&Enclosure::pi(self.precision()))
    }

    /// f⁽ᵏ⁾(ξ)/k!.
    pub fn coefficient(&self, k: usize) -> &Enclosure {
        &self.coefficients[k]
    }

    fn precision(&self) -> u32 {
        self.coefficients[0].precision()
    }

    fn order(&self) -> usize {
        self.coefficients.len() - 1
    }

    /// Coefficients one after the other, each from those before it.
    fn built(&self, first: Enclosure, next: impl Fn(usize, &[Enclosure]) -> Enclosure) -> Self {
        let mut coefficients = vec![first];
        for k in 1..=self.order() {
            let value = next(k, &coefficients);
            coefficients.push(value);
        }
        Taylor { coefficients }
    }

    /// Σ_{0<j≤k} (j/k)·a_j·b_{k−j}: the coefficient k of h with h′ = a′·b, where b_0, …, b_{k−1}
    /// are known.
    fn integrated(&self, k: usize, b: &[Enclosure]) -> Enclosure {
        let zero = Enclosure::integer(self.precision(), 0);
        let sum = (1..=k).fold(zero, |sum, j| {
            sum + &(&self.coefficients[j] * &b[k - j]) * u32::try_from(j).expect("small")
        });
        sum / u32::try_from(k).expect("small")
    }

    /// e^f.
    #[must_use]
    pub fn exp(&self) -> Self {
        self.built(self.coefficients[0].exp(), |k, known| self.integrated(k, known))
    }

    /// sin f and cos f.
    #[must_use]
    pub fn sin_cos(&self) -> (Self, Self) {
        let mut sin = vec![self.coefficients[0].sin()];
        let mut cos = vec![self.coefficients[0].cos()];
        for k in 1..=self.order() {
            let (s, c) = (self.integrated(k, &cos), -self.integrated(k, &sin));
            sin.push(s);
            cos.push(c);
        }
        (Taylor { coefficients: sin }, Taylor { coefficients: cos })
    }

    /// 1/f; the whole line where f may be 0.
    #[must_use]
    pub fn recip(&self) -> Self {
        let first = Enclosure::integer(self.precision(), 1) / &self.coefficients[0];
        let scale = first.clone();
        self.built(first, |k, known| {
            let zero = Enclosure::integer(self.precision(), 0);
            let sum = (1..=k).fold(zero, |sum, j| sum + &self.coefficients[j] * &known[k - j]);
            -(sum * &scale)
        })
    }

    /// log f; the whole line where f may be negative.
    #[must_use]
    pub fn ln(&self) -> Self {
        let slope = self.recip();
        self.built(self.coefficients[0].ln(), |k, _| self.integrated(k, &slope.coefficients))
    }

    /// erfc f.
    #[must_use]
    pub fn erfc(&self) -> Self {
        let bell = (-(self * self)).exp();
        let scale =
            -(Enclosure::integer(self.precision(), 2) / Enclosure::pi(self.precision()).sqrt());
        self.built(self.coefficients[0].erfc(), |k, _| {
            self.integrated(k, &bell.coefficients) * &scale
        })
    }

    /// fⁿ.
    #[must_use]
    pub fn power(&self, n: u32) -> Self {
        (0..n).fold(self.whole(1), |product, _| &product * self)
    }

    /// f divided by a whole number.
    #[must_use]
    pub fn over(&self, n: u32) -> Self {
        Taylor { coefficients: self.coefficients.iter().map(|c| c / n).collect() }
    }

    /// f times a whole number.
    #[must_use]
    pub fn times(&self, n: u32) -> Self {
        Taylor { coefficients: self.coefficients.iter().map(|c| c * n).collect() }
    }
}

fn pairwise(a: &Taylor, b: &Taylor, f: impl Fn(&Enclosure, &Enclosure) -> Enclosure) -> Taylor {
    let coefficients = a.coefficients.iter().zip(&b.coefficients).map(|(x, y)| f(x, y)).collect();
    Taylor { coefficients }
}

fn add(a: &Taylor, b: &Taylor) -> Taylor {
    pairwise(a, b, |x, y| x + y)
}

fn sub(a: &Taylor, b: &Taylor) -> Taylor {
    pairwise(a, b, |x, y| x - y)
}

fn mul(a: &Taylor, b: &Taylor) -> Taylor {
    a.built(&a.coefficients[0] * &b.coefficients[0], |k, _| {
        let zero = Enclosure::integer(a.precision(), 0);
        (0..=k).fold(zero, |sum, j| sum + &a.coefficients[j] * &b.coefficients[k - j])
    })
}

macro_rules! operator {
    ($($trait:ident $method:ident;)*) => {$(
        impl $trait<&Taylor> for &Taylor {
            type Output = Taylor;
            fn $method(self, rhs: &Taylor) -> Taylor { $method(self, rhs) }
        }
        impl $trait<Taylor> for &Taylor {
            type Output = Taylor;
            fn $method(self, rhs: Taylor) -> Taylor { $method(self, &rhs) }
        }
        impl $trait<&Taylor> for Taylor {
            type Output = Taylor;
            fn $method(self, rhs: &Taylor) -> Taylor { $method(&self, rhs) }
        }
        impl $trait<Taylor> for Taylor {
            type Output = Taylor;
            fn $method(self, rhs: Taylor) -> Taylor { $method(&self, &rhs) }
        }
    )*};
}

operator! { Add add; Sub sub; Mul mul; }

impl Neg for Taylor {
    type Output = Taylor;
    fn neg(self) -> Taylor {
        Taylor { coefficients: self.coefficients.into_iter().map(|c| -c).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: u32 = 128;

    fn at(x: f64) -> Taylor {
        Taylor::variable(Enclosure::point(P, x), 6)
    }

    /// Coefficients against those known in closed form.
    fn agree(f: &Taylor, expected: impl Fn(i32) -> f64) {
        for k in 0..=6 {
            let (seen, wanted) = (f.coefficient(k).to_f64(), expected(k as i32));
            assert!((seen - wanted).abs() <= 1e-12 * (1.0 + wanted.abs()), "{k}: {seen} {wanted}");
        }
    }

    fn factorial(k: i32) -> f64 {
        (1..=k).map(f64::from).product()
    }

    #[test]
    fn coefficients_are_those_of_the_series() {
        agree(&at(0.5).exp(), |k| 0.5f64.exp() / factorial(k));
        agree(&at(0.5).sin_cos().0, |k| {
            (0.5 + f64::from(k) * std::f64::consts::FRAC_PI_2).sin() / factorial(k)
        });
        agree(&at(0.5).sin_cos().1, |k| {
            (0.5 + f64::from(k) * std::f64::consts::FRAC_PI_2).cos() / factorial(k)
        });
        agree(&at(0.5).recip(), |k| (-1f64).powi(k) * 2f64.powi(k + 1));
        agree(
            &at(0.5).ln(),
            |k| {
                if k == 0 { 0.5f64.ln() } else { -((-2f64).powi(k)) / f64::from(k) }
            },
        );
        agree(&at(3.0).power(3), |k| [27.0, 27.0, 9.0, 1.0, 0.0, 0.0, 0.0][k as usize]);
        // erfc around 0: 1 − (2/√π)(x − x³/3 + x⁵/10 − …).
        let scale = 2.0 / std::f64::consts::PI.sqrt();
        agree(&at(0.0).erfc(), |k| {
            [1.0, -scale, 0.0, scale / 3.0, 0.0, -scale / 10.0, 0.0][k as usize]
        });
        // Products and inverses undo each other.
        let f = at(0.7).exp() + at(0.7).over(3).times(2);
        agree(&(&f * f.recip()), |k| f64::from(u8::from(k == 0)));
    }

    #[test]
    fn coefficients_over_an_interval_hold_those_at_every_point() {
        let f = |x: &Taylor| {
            let (sin, cos) = x.sin_cos();
            (sin * x.exp() - cos.over(3)) * (x + x.whole(1)).ln() + x.erfc()
        };
        let wide =
            f(&Taylor::variable(Enclosure::point(P, 0.25).hull(&Enclosure::point(P, 0.75)), 6));
        for step in 0..=20 {
            let inside = f(&at(0.25 + 0.025 * f64::from(step)));
            for k in 0..=6 {
                assert!(wide.coefficient(k).contains(inside.coefficient(k)), "{step} {k}");
            }
        }
    }
}
