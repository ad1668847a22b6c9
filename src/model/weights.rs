//! How weights are drawn. The theory is about normal ones; others are measured beside it.

use std::fmt;

use crate::model::error::{Error, Result};

/// The law of the entries of a matrix, all of mean 0 and variance 1/d_{i−1}.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entries {
    /// Independent normal.
    #[default]
    Gaussian,
    /// Independent, uniform on an interval: the default of PyTorch's linear layers, but for their
    /// variance.
    Uniform,
    /// Independent fair signs.
    Rademacher,
    /// Independent, normal given that they are within two deviations.
    Truncated,
    /// Rows or columns, whichever are fewer, are orthogonal and of equal norms; uniform among all
    /// such matrices.
    Orthogonal,
}

impl Entries {
    /// All of them.
    pub const ALL: [Entries; 5] = [
        Entries::Gaussian,
        Entries::Uniform,
        Entries::Rademacher,
        Entries::Truncated,
        Entries::Orthogonal,
    ];

    /// As shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Entries::Gaussian => "gaussian",
            Entries::Uniform => "uniform",
            Entries::Rademacher => "rademacher",
            Entries::Truncated => "truncated",
            Entries::Orthogonal => "orthogonal",
        }
    }

    /// By its name, the value of the parameter `parameter`.
    ///
    /// # Errors
    /// An unknown name; the message lists the known ones.
    pub fn parse(parameter: &str, name: &str) -> Result<Self> {
        Entries::ALL.into_iter().find(|entries| entries.name() == name).ok_or_else(|| {
            let known = Entries::ALL.map(Entries::name).join(", ");
            Error::new(parameter, name, format!("one of {known}"))
        })
    }
}

/// The weights of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ensemble {
    /// Of W_1, …, W_L.
    pub hidden: Entries,
    /// Of the output row W_{L+1}.
    pub output: Entries,
}

impl Ensemble {
    /// The same law in all matrices, unless that of the output row is given.
    pub fn new(hidden: Entries, output: Option<Entries>) -> Self {
        Ensemble { hidden, output: output.unwrap_or(hidden) }
    }

    /// From the names of the two laws: normal where none is given.
    ///
    /// # Errors
    /// An unknown name.
    pub fn named(weights: Option<&str>, output_weights: Option<&str>) -> Result<Self> {
        let hidden = weights.map(|name| Entries::parse("weights", name)).transpose()?;
        let output = output_weights.map(|name| Entries::parse("output-weights", name));
        Ok(Ensemble::new(hidden.unwrap_or_default(), output.transpose()?))
    }

    /// Are they those of the theory?
    pub fn is_gaussian(self) -> bool {
        self == Ensemble::default()
    }

    /// Those of W_layer in a network of depth L.
    pub fn of(self, layer: usize, depth: usize) -> Entries {
        if layer > depth { self.output } else { self.hidden }
    }
}

/// In words, for headlines.
impl fmt::Display for Ensemble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hidden == self.output {
            return write!(f, "{} weights", self.hidden.name());
        }
        write!(f, "{} weights under {} output weights", self.hidden.name(), self.output.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_refused() {
        for entries in Entries::ALL {
            assert_eq!(Entries::parse("weights", entries.name()).unwrap(), entries);
        }
        let message = Entries::parse("output-weights", "cauchy").unwrap_err().to_string();
        assert!(message.starts_with("output-weights") && message.contains("rademacher"));
    }

    #[test]
    fn the_output_row_follows_the_others_unless_it_is_named() {
        let uniform = Ensemble::new(Entries::Uniform, None);
        assert_eq!(uniform.of(3, 2), Entries::Uniform);
        let signs = Ensemble::new(Entries::Gaussian, Some(Entries::Rademacher));
        assert_eq!((signs.of(2, 2), signs.of(3, 2)), (Entries::Gaussian, Entries::Rademacher));
        assert!(!signs.is_gaussian() && Ensemble::default().is_gaussian());
        assert_eq!(signs.to_string(), "gaussian weights under rademacher output weights");
    }
}
