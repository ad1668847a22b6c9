//! What the parser of the command line complains about, on one line.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::model::clean;

/// What only one command is about, by flags that one might look for elsewhere.
const ELSEWHERE: [&str; 4] = ["--model", "--network", "--inputs", "--trained"];

/// Characters of an argument that are shown.
const MOST: usize = 120;

/// Without usage and general tips, and with what the user wrote cut to a readable length.
pub fn one_line(mut error: Error) -> String {
    let quoted: Vec<(ContextKind, ContextValue)> =
        error.context().filter_map(|(kind, value)| Some((kind, readable(value)?))).collect();
    for (kind, value) in quoted {
        error.insert(kind, value);
    }
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(name)) if error.kind() == ErrorKind::UnknownArgument => {
            name.split('=').next().map(str::to_owned)
        }
        _ => None,
    };
    let (kind, message) = (error.kind(), error.render().to_string());
    let kept = message
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
        .filter(|line| !line.is_empty() && !line.starts_with("tip: to pass"));
    let line = kept.collect::<Vec<_>>().join("; ").replace(":; ", ": ");
    let line = clean::visible(line.strip_prefix("error: ").unwrap_or(&line)).into_owned();
    let conflict = kind == ErrorKind::ArgumentConflict;
    match unknown {
        // What is near in spelling is far from what is meant.
        Some(name) if ELSEWHERE.contains(&name.as_str()) => format!(
            "{} (relubound check --network FILE --inputs FILE is about networks from files)",
            line.split("; tip:").next().unwrap_or(&line)
        ),
        None if conflict && line.contains("'--force'") => {
            format!("{line} (a run over inputs is never overwritten: name another --out)")
        }
        None if conflict && line.contains("'--config ") => {
            format!("{line} (such files describe random networks: what is asked is said by flags)")
        }
        None if conflict && line.contains("--network") => {
            format!("{line} (that is about random networks, and --network names one that exists)")
        }
        Some(_) => format!("{line} (--help lists what there is)"),
        None => line,
    }
}

/// Text that may be the user's; `None` for what is not text.
fn readable(value: &ContextValue) -> Option<ContextValue> {
    let short = |text: &String| clean::short(text, MOST);
    match value {
        ContextValue::String(text) => Some(ContextValue::String(short(text))),
        ContextValue::Strings(texts) => {
            Some(ContextValue::Strings(texts.iter().map(short).collect()))
        }
        _ => None,
    }
}

/// An error of the library, whose parameter is named as the flag that gave it.
pub fn flagged(error: crate::model::error::Error) -> crate::model::error::Error {
    let name = error.parameter().to_owned();
    let known = |command: &clap::Command| {
        command.get_arguments().any(|argument| argument.get_long() == Some(&name))
    };
    let cli = <super::Cli as clap::CommandFactory>::command();
    let error = error.naming(|parameter| format!("--{parameter}"));
    if cli.get_subcommands().any(known) { error.named(format!("--{name}")) } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser;

    #[test]
    fn refusals_of_the_parser_are_one_readable_line() {
        let long = "\u{1b}[2J\nUsage: x\n".repeat(1000);
        let option = format!("--{long}");
        for (args, words) in [
            (vec!["check", "--engine", &long], ["--engine <ENGINE>", "auto, dense"]),
            (vec![&long], ["unrecognized subcommand", "\\u{1b}[2J\\nUsage: x"]),
            (vec!["check", &option], ["unexpected argument", "\\u{1b}[2J"]),
            (vec!["check", "--model", "x"], ["--model", "--network FILE --inputs FILE"]),
            (vec!["growth", "--network", "x"], ["--network", "relubound check --network"]),
            (vec!["check", "--network", "x"], ["--inputs <FILE>", "not provided"]),
            (
                vec!["check", "--network", "x", "--inputs", "y", "--delta", "0.1"],
                ["--delta <P>", "that is about random networks"],
            ),
            (vec!["check", "--labels", "y"], ["--network <FILE>", "not provided"]),
            (vec!["bounds", "--trails"], ["--trails", "--help lists"]),
            (vec!["report", "x", &long], ["unexpected argument", "\\u{1b}[2J"]),
            (vec!["report"], ["required arguments were not provided", "<DIR>"]),
            (vec!["check", "--widths", "8", "--preset", "x"], ["--widths <LIST>", "preset"]),
        ] {
            let args = std::iter::once("relubound").chain(args);
            let line = one_line(Cli::try_parse_from(args).unwrap_err());
            assert!(!line.contains(char::is_control), "{line}");
            assert!(line.chars().count() < 400, "{line}");
            assert!(words.iter().all(|word| line.contains(word)), "{line}");
        }
    }
}
