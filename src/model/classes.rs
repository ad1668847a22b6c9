//! Several outputs: the class of an input is the largest of them, and a pair of classes is looked
//! at as a network with one output.

use crate::model::error::{Error, Result};
use crate::num::whole_number;

/// Classes at most.
const MOST: u32 = 10_000;

/// Which class the step is to put above the class of the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// That of the second largest output.
    #[default]
    RunnerUp,
    /// That with the shortest way to equality in the linear function.
    Nearest,
}

impl Target {
    /// All of them.
    pub const ALL: [Target; 2] = [Target::RunnerUp, Target::Nearest];

    /// As shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Target::RunnerUp => "runner-up",
            Target::Nearest => "nearest",
        }
    }

    /// By its name.
    ///
    /// # Errors
    /// An unknown name.
    pub fn parse(name: &str) -> Result<Self> {
        Target::ALL.into_iter().find(|target| target.name() == name).ok_or_else(|| {
            let known = Target::ALL.map(Target::name).join(" or ");
            Error::new("target", name, known)
        })
    }
}

/// K outputs, and the pair of them that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classes {
    count: u32,
    /// The other class of the pair, beside that of the input.
    pub target: Target,
}

impl Classes {
    /// K as text.
    ///
    /// # Errors
    /// Not a whole number from 2 to 10,000.
    pub fn parse(count: &str, target: Target) -> Result<Self> {
        let known = whole_number(count).and_then(|count| u32::try_from(count).ok());
        let known = known.filter(|count| (2..=MOST).contains(count));
        known.map(|count| Classes { count, target }).ok_or_else(|| {
            let permitted = format!("a whole number of outputs from 2 to {MOST}");
            Error::new("classes", count, permitted)
        })
    }

    /// K.
    pub fn count(self) -> u32 {
        self.count
    }

    /// K(K − 1)/2: δ is shared over as many, so that what is proved of a fixed pair holds of all.
    pub fn pairs(self) -> u32 {
        self.count * (self.count - 1) / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_at_least_two() {
        let of = |text| Classes::parse(text, Target::RunnerUp);
        assert_eq!(of("2").unwrap().pairs(), 1);
        assert_eq!(of("10").unwrap().pairs(), 45);
        assert_eq!(of("1e4").unwrap().pairs(), 49_995_000);
        for bad in ["", "1", "0", "-3", "2.5", "NaN", "10001", "1e30"] {
            let message = of(bad).unwrap_err().to_string();
            assert!(message.starts_with("classes") && message.contains("from 2"), "{message}");
        }
        for target in Target::ALL {
            assert_eq!(Target::parse(target.name()).unwrap(), target);
        }
        assert!(Target::parse("third").unwrap_err().to_string().contains("runner-up"));
    }
}
