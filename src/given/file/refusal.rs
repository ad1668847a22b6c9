//! Why a file is refused, before its name is known.

use std::fmt::Display;
use std::path::Path;

use crate::model::clean;
use crate::model::error::{Error, Kind};

/// Characters of a name that are shown.
const NAME: usize = 60;

/// Why a file is refused.
#[derive(Debug, PartialEq)]
pub(super) struct Refusal {
    why: String,
    hint: Option<&'static str>,
}

pub(super) type Read<T> = Result<T, Refusal>;

impl<T: Into<String>> From<T> for Refusal {
    fn from(why: T) -> Self {
        Refusal { why: why.into(), hint: None }
    }
}

impl Refusal {
    /// The same with what can be done; a parameter stands in braces.
    pub fn hint(self, hint: &'static str) -> Self {
        Refusal { hint: Some(hint), ..self }
    }

    /// The same behind other words.
    pub fn behind(self, words: &str) -> Self {
        Refusal { why: format!("{words}{}", self.why), ..self }
    }

    /// The same of an array in the file.
    pub fn of_tensor(self, name: &str) -> Self {
        self.behind(&format!("tensor {} ", shown(name)))
    }

    /// The error of a file that a parameter named.
    pub fn of(self, parameter: &str, path: &Path) -> Error {
        let error = Error::new(parameter, path.display(), self.why).of(Kind::File);
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    #[cfg(test)]
    pub fn text(&self) -> &str {
        &self.why
    }
}

/// `Err` with these words.
pub(super) fn refuse<T>(why: impl Into<String>) -> Read<T> {
    Err(why.into().into())
}

/// A name as messages show it.
pub(super) fn shown(name: &str) -> String {
    if name.is_empty() { "''".into() } else { clean::short(name, NAME) }
}

/// A shape as messages show it: `(3, 4)`.
pub(super) fn sides(shape: &[impl Display]) -> String {
    let shape: Vec<String> = shape.iter().take(9).map(ToString::to_string).collect();
    format!("({})", shape.join(", "))
}
