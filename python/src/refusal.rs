//! What was asked for, or the one line that says why it cannot be had.

use pyo3::prelude::*;
use pyo3::pyfunction;
use relubound::cli::{self, Command};
use relubound::model::error::{Error, Kind};

/// An error of the library as the package's own, which names options as Python does.
pub fn refused(py: Python<'_>, error: Error) -> PyErr {
    let kind = match error.kind() {
        Kind::Parameter => "parameter",
        Kind::Resources => "resources",
        Kind::File => "file",
        Kind::Crash => "crash",
    };
    let flag = error.parameter().chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let name = if flag { error.parameter().replace('-', "_") } else { error.parameter().into() };
    let error = error.named(name.clone()).naming(|hinted| match hinted {
        "force" => "force=True".into(),
        other => other.replace('-', "_"),
    });
    raised(py, &in_python(&error.to_string()), kind, &name)
}

fn raised(py: Python<'_>, text: &str, kind: &str, parameter: &str) -> PyErr {
    let made = py
        .import("relubound._errors")
        .and_then(|module| module.getattr("Error"))
        .and_then(|class| class.call1((text, kind, parameter)));
    made.map_or_else(|why| why, PyErr::from_value)
}

/// Reads a command with its options.
pub fn asked(py: Python<'_>, arguments: &[String]) -> PyResult<Command> {
    cli::asked(arguments).map_err(|text| raised(py, &in_python(&text), "parameter", ""))
}

/// What is to be carried out by another command than was read: not to be expected.
pub fn misread(py: Python<'_>) -> PyErr {
    raised(py, "the command is another one", "crash", "")
}

/// A refusal of the parser, in which flags are called as they are in Python: `--bias-std <X>` is
/// `bias_std`.
fn in_python(text: &str) -> String {
    let text = text.replace("[WIDTHS]", "widths");
    let mut parts = text.split("--");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let (name, rest) = part.split_at(end.unwrap_or(part.len()));
        out += &name.replace('-', "_");
        let value = rest.strip_prefix(" <").and_then(|rest| rest.split_once('>'));
        out += value.map_or(rest, |(_, rest)| rest);
    }
    out
}

/// The options of a command, as `(name, what is said of it)`.
#[pyfunction]
pub fn options(command: &str) -> Vec<(String, String)> {
    let named = |(name, said): (String, String)| (name.replace('-', "_"), in_python(&said));
    cli::options(command).into_iter().map(named).collect()
}
