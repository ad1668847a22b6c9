//! The angle with biases, in the limit of large widths: a layer of relative bias 𝗌 receives two
//! inputs at the angle with 1 − cos = s/(1 + 𝗌²), because the bias is common to both.
//! `proofs/collapse.md`.

use rug::Rational;

use super::{next, rate, remainder};
use crate::num::Enclosure;

/// What a layer receives of s, for 𝗌².
pub fn received(s: &Enclosure, square: &Enclosure) -> Enclosure {
    s / (square + 1)
}

/// φ(s/(1 + 𝗌²)).
pub fn next_with_bias(s: &Enclosure, square: &Enclosure, bend: &Rational) -> Enclosure {
    next(&received(s, square), bend)
}

/// The two envelopes, layer by layer: s_i lies between them, for s₀ > 0.
/// `proofs/collapse.md#envelope`.
pub struct Envelopes {
    /// t_i² = Π (1 + 𝗌_j²).
    growth: Enclosure,
    /// t_i.
    root: Enclosure,
    /// Bounds on x_i/t_i.
    least: Enclosure,
    most: Enclosure,
    a: Enclosure,
    b: Enclosure,
    /// `None` where the upper bound is not used.
    c: Option<Enclosure>,
}

impl Envelopes {
    /// From s₀ > 0 and 𝗌_1².
    pub fn new(start: &Enclosure, bend: &Rational, first: &Enclosure) -> Self {
        let precision = start.precision();
        let one = Enclosure::integer(precision, 1);
        let a = rate(precision, bend);
        let b = a.square() * 3 / 2;
        let c = remainder(&received(start, first), bend, &a, &b);
        let least = &one / start.sqrt();
        Envelopes { growth: one.clone(), root: one, most: least.clone(), least, a, b, c }
    }

    /// To the next layer, of relative bias 𝗌.
    pub fn step(&mut self, square: &Enclosure) {
        self.growth = &self.growth * (square + 1);
        let root = self.growth.sqrt();
        // What the layer receives has x/t unchanged.
        let before = &self.least * &root;
        let part = &self.a / &root;
        let more = self.c.as_ref().map(|c| (c / &before + &self.b) / &before / &root);
        self.least = &self.least + &part;
        self.most = match more {
            Some(more) => &self.most + part + more,
            None => self.most.clone(),
        };
        self.root = root;
    }

    /// Π (1 + 𝗌_j²) over the layers so far.
    pub fn growth(&self) -> &Enclosure {
        &self.growth
    }

    /// s_i.
    pub fn enclosure(&self) -> Enclosure {
        let one = Enclosure::integer(self.growth.precision(), 1);
        let square = |x: &Enclosure| (&one / (x * &self.root)).square();
        let low = match self.c {
            Some(_) => square(&self.most).lo(),
            None => Enclosure::integer(self.growth.precision(), 0),
        };
        low.hull(&square(&self.least).hi())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::angle::{envelopes, theta};
    use proptest::prelude::*;

    fn at(x: f64) -> Enclosure {
        Enclosure::point(160, x)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn contain_the_value_at_four_times_the_precision(
            s in 1e-9f64..2.0, layers in 1usize..80, fifths in 0u32..=10, bias in 0.0f64..3.0,
        ) {
            let bend = Rational::from((fifths, 5));
            let run = |precision: u32| {
                let square = Enclosure::point(precision, bias);
                let first = Enclosure::point(precision, s);
                let step = |s: &Enclosure| Some(next_with_bias(s, &square, &bend));
                std::iter::successors(Some(first), step).nth(layers).unwrap()
            };
            let (coarse, fine, finest) = (run(96), run(192), run(384));
            prop_assert!(coarse.meets(&fine) && fine.meets(&finest) && coarse.meets(&finest));
        }

        #[test]
        fn lie_between_the_envelopes(
            s in 1e-6f64..=2.0,
            fifths in 0u32..=10,
            biases in prop::collection::vec(0.0f64..2.0, 60),
        ) {
            let bend = Rational::from((fifths, 5));
            let mut value = at(s);
            let mut envelopes = Envelopes::new(&value, &bend, &at(biases[0]));
            for square in biases {
                value = next_with_bias(&value, &at(square), &bend);
                envelopes.step(&at(square));
                let found = envelopes.enclosure();
                prop_assert!(found.lo().certainly_le(&value.hi()));
                prop_assert!(value.lo().certainly_le(&found.hi()));
            }
        }
    }

    /// At 10⁴ layers, of which the last turn by 2^{−2200}, and the two sides are close.
    #[test]
    fn envelopes_are_close_at_any_depth() {
        let (bend, square) = (Rational::from((81, 101)), at(0.25));
        let mut s = at(1.0);
        let mut envelopes = Envelopes::new(&s, &bend, &square);
        for _ in 0..10_000 {
            s = next_with_bias(&s, &square, &bend);
            envelopes.step(&square);
        }
        let found = envelopes.enclosure();
        assert!(found.lo().certainly_le(&s.hi()) && s.lo().certainly_le(&found.hi()));
        assert!((&found.hi() / &found.lo()).to_f64() < 1.2);
        assert!(((&s.hi() / &s.lo()) - 1).to_f64() < 1e-40);
        // A fall that is a tenth too fast leaves them.
        let wrong = (0..10_000).fold(at(1.0), |s, _| next_with_bias(&s, &at(0.275), &bend));
        assert!(wrong.certainly_lt(&found.lo()));
    }

    #[test]
    fn small_biases_are_like_none() {
        let bend = Rational::from(1);
        for square in [0.0, 1e-30] {
            let (mut s, mut without) = (at(0.7), at(0.7));
            let mut found = Envelopes::new(&s, &bend, &at(square));
            for layer in 1..=200 {
                s = next_with_bias(&s, &at(square), &bend);
                without = next(&without, &bend);
                found.step(&at(square));
                assert!(((&s - &without) / &s).to_f64().abs() < 1e-27);
                // Sums in place of their integrals, and the largest s that occurs: a little closer.
                let closed = envelopes(&at(0.7), &bend, layer);
                assert!(
                    (theta(&found.enclosure()).hi_f64() / theta(&closed).hi_f64() - 1.0).abs()
                        < 1e-9
                );
                assert!(found.enclosure().lo_f64() >= closed.lo_f64() * (1.0 - 1e-9));
            }
        }
    }
}
