//! Where a function of one variable becomes negative, in few evaluations.

/// Two points between which the sign changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bracket {
    /// A point with a value that is positive, or 0.
    pub low: (f64, f64),
    /// A point with a negative value; beyond `low`.
    pub high: (f64, f64),
}

impl Bracket {
    /// Narrows to a width of `accuracy` relative to `high`, with at most so many evaluations of
    /// `f`; less where they do not suffice or `f` is not a number.
    ///
    /// Inverse quadratic interpolation where Chandrupatla's criterion trusts it, otherwise
    /// bisection; every point keeps a distance from both ends, so that behind a good estimate the
    /// next point closes the bracket. Behind a point with the value 0 the function is looked at
    /// next; where it stays 0, by bisection.
    #[must_use]
    pub fn narrowed(self, accuracy: f64, evaluations: u32, mut f: impl FnMut(f64) -> f64) -> Self {
        let Bracket { mut low, mut high } = self;
        // The end that was replaced last.
        let mut before: Option<(f64, f64)> = None;
        let mut stays_zero = false;
        for _ in 0..evaluations {
            let width = high.0 - low.0;
            let least = accuracy * high.0;
            if width <= least {
                break;
            }
            let guess = match before {
                _ if low.1 == 0.0 && stays_zero => f64::midpoint(low.0, high.0),
                _ if low.1 == 0.0 => low.0,
                None => low.0 + width * low.1 / (low.1 - high.1),
                Some(third) => {
                    interpolated(low, high, third).unwrap_or(f64::midpoint(low.0, high.0))
                }
            };
            let apart = (0.5 * least).min(0.5 * width);
            let place = guess.clamp(low.0 + apart, high.0 - apart);
            let value = f(place);
            if value.is_nan() {
                break;
            }
            stays_zero = low.1 == 0.0 && value == 0.0;
            let end = if value >= 0.0 { &mut low } else { &mut high };
            before = Some(*end);
            *end = (place, value);
        }
        Bracket { low, high }
    }
}

/// The zero of the parabola x(f) through three points, where it is monotone between the first two.
fn interpolated(low: (f64, f64), high: (f64, f64), third: (f64, f64)) -> Option<f64> {
    // In the coordinates of the end that the third point lies next to.
    let (a, b) = if third.0 > high.0 { (high, low) } else { (low, high) };
    let (c, fc) = third;
    let place = (a.0 - b.0) / (c - b.0);
    let value = (a.1 - b.1) / (fc - b.1);
    if value * value >= place || (1.0 - value) * (1.0 - value) >= 1.0 - place {
        return None;
    }
    let share = a.1 / (b.1 - a.1) * fc / (b.1 - fc)
        + (c - a.0) / (b.0 - a.0) * a.1 / (fc - a.1) * b.1 / (fc - b.1);
    Some(a.0 + share * (b.0 - a.0)).filter(|guess| guess.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function, its zero, and how many evaluations may close the bracket.
    type Case<'a> = (&'a dyn Fn(f64) -> f64, f64, u32);

    fn start(f: impl Fn(f64) -> f64) -> Bracket {
        Bracket { low: (0.0, f(0.0)), high: (2.0, f(2.0)) }
    }

    /// Smooth, steep, flat, stepped and with a corner at the zero: the bracket holds the zero, and
    /// few evaluations close it where the function is smooth, and never many.
    #[test]
    fn few_evaluations_close_the_bracket() {
        let corner = |x: f64| if x < 1.3 { 1.3 - x } else { 4.0 * (1.3 - x) };
        let step = |x: f64| if x < 0.7 { 1.0 } else { -1.0 };
        let cases: [Case<'_>; 6] = [
            // One more where 0 is met exactly: the function is looked at behind it.
            (&|x| 1.0 - x, 1.0, 2),
            (&|x| 1.0 - x * (1.0 + 0.1 * x), 0.916_079_783_099_616, 5),
            (&|x| 1.0 - (3.0 * x).sin() - x, f64::NAN, 12),
            (&|x| (-8.0 * x).exp() - 1e-3, 0.863_469_409_872_766, 10),
            (&corner, 1.3, 50), // at most twice as many as by bisection
            (&step, 0.7, 25),
        ];
        for (i, (f, zero, most)) in cases.into_iter().enumerate() {
            let mut count = 0;
            let found = start(f).narrowed(1e-7, 60, |x| {
                count += 1;
                f(x)
            });
            assert!(found.high.0 - found.low.0 <= 1e-7 * found.high.0, "{i}: {found:?}");
            assert!(f(found.low.0) >= 0.0 && f(found.high.0) < 0.0, "{i}");
            assert!(
                zero.is_nan() || found.low.0 <= zero + 1e-15 && zero <= found.high.0 + 1e-15,
                "{i}"
            );
            assert!(count <= most, "{i}: {count}");
        }
    }

    /// 0 on a stretch is no change of the sign.
    #[test]
    fn a_stretch_of_zeros_is_passed() {
        let f = |x: f64| if x < 0.5 { 0.5 - x } else { (1.5 - x).min(0.0) };
        let found = start(f).narrowed(1e-7, 60, f);
        assert!(found.low.0 <= 1.5 && 1.5 < found.high.0, "{found:?}");
        assert!(found.high.0 - found.low.0 <= 1e-7 * found.high.0);
    }

    #[test]
    fn what_is_not_a_number_ends_it() {
        let found = start(|x| 1.0 - x).narrowed(1e-9, 9, |_| f64::NAN);
        assert_eq!(found, start(|x| 1.0 - x));
    }

    /// With too few evaluations the bracket is wide, and still one.
    #[test]
    fn a_limit_is_kept() {
        let mut count = 0;
        let f = |x: f64| if x < 0.7 { 1.0 } else { -1.0 };
        let found = start(f).narrowed(1e-9, 4, |x| {
            count += 1;
            f(x)
        });
        assert!(count == 4 && found.low.0 < 0.7 && found.high.0 >= 0.7);
    }
}
