//! The points at which a network is judged.

use ndarray::Array2;

use crate::model::error::{Error, Result};

/// Inputs, and what is known of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// One a row, finite floats: k × d_0, as the file gives them, before any normalisation.
    pub points: Array2<f64>,
    /// Their classes, where they are given: an index of an output, or 0 and 1 for the signs − and
    /// + of a single one.
    pub labels: Option<Vec<usize>>,
}

/// Where perturbations are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Space {
    /// Before the normalisation: in the units of the inputs.
    #[default]
    Before,
    /// Behind the normalisation: in the units that the first layer sees.
    After,
}

impl Space {
    /// By its name.
    ///
    /// # Errors
    /// Another name.
    pub fn parse(text: &str) -> Result<Self> {
        let all = [Space::Before, Space::After];
        let named = all.into_iter().find(|space| space.name() == text);
        named.ok_or_else(|| Error::new("perturb", text, "before or after the normalisation"))
    }

    /// As shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Space::Before => "before",
            Space::After => "after",
        }
    }
}
