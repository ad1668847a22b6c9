//! The one public error: its kind, which parameter, which value, what is allowed.

use std::fmt;

use crate::model::clean;

/// Characters of a value that are shown.
const VALUE: usize = 120;
/// Characters that are shown of what is permitted, and of a hint: they may quote files.
const TEXT: usize = 600;

/// What sort of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A parameter has a value that cannot be used.
    Parameter,
    /// The machine has not the memory or the threads.
    Resources,
    /// A file cannot be read or written, or is not what it has to be.
    File,
    /// The program failed: a bug.
    Crash,
}

/// An input that cannot be used.
///
/// Displayed on one line, for example
/// `delta 2: a probability strictly between 0 and 1, such as 0.1, 1e-9 or 1/20`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    kind: Kind,
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
            kind: Kind::Parameter,
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
        Error::new(parameter, path.display(), format!("cannot {action}: {why}")).of(Kind::File)
    }

    /// The system refused to start so many threads.
    pub fn threads(threads: usize, why: &impl fmt::Display) -> Self {
        let permitted = format!("the system gives no more threads: {why}");
        let error = Error::new("threads", threads, permitted).of(Kind::Resources);
        if threads > 1 { error.hint("ask for fewer") } else { error }
    }

    /// The same, with the value as the user wrote it.
    #[must_use]
    pub fn with_value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// The same, of another kind.
    #[must_use]
    pub fn of(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// The same of a parameter that is known by another name where it was given.
    #[must_use]
    pub fn named(mut self, parameter: impl Into<String>) -> Self {
        self.parameter = parameter.into();
        self
    }

    /// The same with other names for the parameters that its hint is about.
    #[must_use]
    pub fn naming(mut self, named: impl Fn(&str) -> String) -> Self {
        self.hint = self.hint.map(|hint| with_parameters(&hint, named));
        self
    }

    /// What sort it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Adds what the user could do instead. A parameter stands in braces, as in
    /// `replace it with {force}`.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The name of the offending parameter.
    pub fn parameter(&self) -> &str {
        &self.parameter
    }
}

/// On one line, however long and whatever the text is that was given or read.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", clean::short(&self.parameter, VALUE))?;
        if !self.value.is_empty() {
            write!(f, " {}", clean::short(&self.value, VALUE))?;
        }
        write!(f, ": {}", clean::short(&self.permitted, TEXT))?;
        match &self.hint {
            Some(hint) => {
                let hint = with_parameters(hint, str::to_owned);
                write!(f, " ({})", clean::short(&hint, TEXT))
            }
            None => Ok(()),
        }
    }
}

/// A text in which every `{name}` is replaced.
fn with_parameters(text: &str, named: impl Fn(&str) -> String) -> String {
    let mut parts = text.split('{');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((name, rest)) if name.chars().all(|c| c.is_ascii_lowercase() || c == '-') => {
                out += &named(name);
                out += rest;
            }
            _ => {
                out.push('{');
                out += part;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_readable_line_is_shown_of_any_text() {
        let text = "\u{1b}[31m\n".repeat(10_000);
        let error = Error::new(&*text, &text, &*text).hint(&*text).to_string();
        assert!(!error.contains(char::is_control), "{error}");
        assert!(error.chars().count() < 2 * (VALUE + TEXT) + 10 && error.contains('…'));
        assert!(error.starts_with("\\u{1b}[31m\\n"), "{error}");
        let error = Error::new("out", "x", "is taken").hint("or {move-bottleneck} {X} {");
        assert_eq!(error.to_string(), "out x: is taken (or move-bottleneck {X} {)");
        let named = error.naming(|name| format!("--{name}")).to_string();
        assert_eq!(named, "out x: is taken (or --move-bottleneck {X} {)");
        let error = Error::new("delta", "2", "less than 1").hint("0.1");
        assert_eq!(error.to_string(), "delta 2: less than 1 (0.1)");
    }
}
