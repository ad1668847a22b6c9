//! Certificates: the purely numeric facts that the proofs use, each verified over its whole range.
//!
//! A fact is an inequality F ≥ 0 in one variable, with its zeros at the ends of the range, if any,
//! named with their orders; [`verify`] divides the zeros out and bounds what is left from below by
//! subdivision in directed rounding. Finitely many cases are checked one by one.

mod facts;
mod subdivide;

pub use facts::ALL;
pub use subdivide::{Failure, Settled, settle};

use crate::num::{Enclosure, Taylor};

/// Bits of precision of a verification.
const PRECISION: u32 = 192;

/// A numeric fact with a name, which is used in a proof.
#[derive(Debug)]
pub struct Certificate {
    /// `file.name`: the stem of the file in `proofs/` that uses it, and its own name.
    pub name: &'static str,
    /// The fact in one line.
    pub claim: &'static str,
    /// File and anchor of the proof that uses it.
    pub proof: &'static str,
    /// How it is verified.
    pub fact: Fact,
}

/// What there is to verify.
#[derive(Debug)]
pub enum Fact {
    /// Inequalities that cover the range together.
    Inequality(&'static [Part]),
    /// Finitely many cases, checked one by one.
    Exact {
        /// The range, in words.
        range: &'static str,
        /// What the margin is, in words.
        margin: &'static str,
        /// All cases: the least excess over the claim, or the first case that fails.
        check: fn() -> Result<Settled, Failure>,
    },
}

/// F ≥ 0 on an interval.
#[derive(Debug)]
pub struct Part {
    /// F, in words.
    pub what: &'static str,
    /// What its letters stand for, or why it is enough; may be empty.
    pub note: &'static str,
    /// Lower end of the interval.
    pub from: End,
    /// Upper end.
    pub to: End,
    /// Orders of the zeros of F at the lower and at the upper end; 0: none.
    pub zeros: [usize; 2],
    /// F.
    pub excess: fn(&Taylor) -> Taylor,
}

/// An end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A fraction.
    Fraction(u32, u32),
    /// A fraction of π.
    OfPi(u32, u32),
}

impl End {
    fn enclosure(self) -> Enclosure {
        let (End::Fraction(p, q) | End::OfPi(p, q)) = self;
        let fraction = Enclosure::integer(PRECISION, p) / q;
        match self {
            End::Fraction(..) => fraction,
            End::OfPi(..) => fraction * Enclosure::pi(PRECISION),
        }
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            End::Fraction(p, 1) => write!(out, "{p}"),
            End::Fraction(p, q) => write!(out, "{p}/{q}"),
            End::OfPi(1, 1) => write!(out, "π"),
            End::OfPi(p, 1) => write!(out, "{p}π"),
            End::OfPi(1, q) => write!(out, "π/{q}"),
            End::OfPi(p, q) => write!(out, "{p}π/{q}"),
        }
    }
}

/// One verified inequality, or why it is not.
#[derive(Debug)]
pub struct Verified {
    /// F in words; "" where cases were checked.
    pub what: &'static str,
    /// What its letters stand for, or why it is enough; may be empty. For cases, what the margin
    /// is.
    pub note: &'static str,
    /// Its range, in words.
    pub range: String,
    /// What the margin is held against: the zeros divided out.
    pub weight: String,
    /// The margin, or the failure.
    pub outcome: Result<Settled, Failure>,
}

/// Verifies all parts of a certificate.
pub fn verify(certificate: &Certificate) -> Vec<Verified> {
    match &certificate.fact {
        Fact::Inequality(parts) => parts.iter().map(verify_part).collect(),
        Fact::Exact { range, margin, check } => vec![Verified {
            what: "",
            note: margin,
            range: (*range).to_owned(),
            weight: String::new(),
            outcome: check(),
        }],
    }
}

fn verify_part(part: &Part) -> Verified {
    Verified {
        what: part.what,
        note: part.note,
        range: format!("[{}, {}]", part.from, part.to),
        weight: part.weight(),
        outcome: settle(part.excess, [part.from.enclosure(), part.to.enclosure()], part.zeros),
    }
}

impl Part {
    /// (x − from)ᵏ·(to − x)ˡ, in words.
    fn weight(&self) -> String {
        let power = |base: String, order: usize| match order {
            0 => String::new(),
            1 => base,
            k => format!("{base}{}", superscript(k)),
        };
        let low = if self.from == End::Fraction(0, 1) {
            "x".to_owned()
        } else {
            format!("(x−{})", self.from)
        };
        format!("{}{}", power(low, self.zeros[0]), power(format!("({}−x)", self.to), self.zeros[1]))
    }
}

fn superscript(k: usize) -> String {
    k.to_string()
        .chars()
        .map(|c| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(c as usize - '0' as usize).unwrap_or(c))
        .collect()
}
