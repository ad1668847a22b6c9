//! The one public error: which parameter, which value, what is allowed.

use std::fmt;

/// An input that cannot be used.
///
/// Displayed on one line, for example
/// `--delta 2: a probability strictly between 0 and 1, such as 0.1, 1e-9 or 1/20`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    parameter: String,
    value: String,
    permitted: String,
    hint: Option<String>,
}

/// Result with the crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// `parameter` was given as `value`, but has to be `permitted`.
    pub fn new(
        parameter: impl Into<String>,
        value: impl fmt::Display,
        permitted: impl Into<String>,
    ) -> Self {
        Error {
            parameter: parameter.into(),
            value: value.to_string(),
            permitted: permitted.into(),
            hint: None,
        }
    }

    /// A failed read or write of `path`, which was named by `parameter`.
    pub fn io(parameter: &str, path: &std::path::Path, action: &str, why: &std::io::Error) -> Self {
        // Wrapped errors name files of ours that mean nothing to the user; their kind says enough.
        let why =
            if why.raw_os_error().is_some() { why.to_string() } else { why.kind().to_string() };
        Error::new(parameter, path.display(), format!("cannot {action}: {why}"))
    }

    /// Adds what the user could do instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The name of the offending parameter, as on the command line.
    pub fn parameter(&self) -> &str {
        &self.parameter
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // User text may hold line breaks; the promise is one line.
        let value: String =
            self.value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        write!(f, "{}", self.parameter)?;
        if !value.is_empty() {
            write!(f, " {value}")?;
        }
        write!(f, ": {}", self.permitted)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}
