//! What is known of a number: two floats that it lies between.

use serde::{Deserialize, Serialize};

/// `lo` ≤ the number ≤ `hi`; infinite ends say nothing. Never NaN.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Ends", into = "Ends")]
pub struct Interval {
    /// At most the number.
    pub lo: f64,
    /// At least the number.
    pub hi: f64,
}

/// In JSON, which has no infinity: an end that says nothing is null.
#[derive(Serialize, Deserialize)]
struct Ends {
    lo: Option<f64>,
    hi: Option<f64>,
}

impl From<Ends> for Interval {
    fn from(ends: Ends) -> Self {
        let whole = Interval::WHOLE;
        Interval::new(ends.lo.unwrap_or(whole.lo), ends.hi.unwrap_or(whole.hi))
    }
}

impl From<Interval> for Ends {
    fn from(interval: Interval) -> Self {
        let finite = |end: f64| Some(end).filter(|end| end.is_finite());
        Ends { lo: finite(interval.lo), hi: finite(interval.hi) }
    }
}

impl Interval {
    /// Nothing is known.
    pub const WHOLE: Interval = Interval { lo: f64::NEG_INFINITY, hi: f64::INFINITY };

    /// Between two numbers; nothing where one is NaN, or where they are out of order.
    pub fn new(lo: f64, hi: f64) -> Self {
        if lo <= hi { Interval { lo, hi } } else { Interval::WHOLE }
    }

    /// A float itself; nothing for NaN.
    pub fn point(value: f64) -> Self {
        Interval::new(value, value)
    }

    /// Is it positive, beyond doubt (`Some(true)`), negative (`Some(false)`), or neither?
    pub fn sign(self) -> Option<bool> {
        if self.lo > 0.0 {
            Some(true)
        } else if self.hi < 0.0 {
            Some(false)
        } else {
            None
        }
    }

    /// Does it hold this number?
    pub fn holds(self, value: f64) -> bool {
        self.lo <= value && value <= self.hi
    }
}
