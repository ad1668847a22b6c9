//! The program: everything it does is in [`relubound::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    relubound::cli::run()
}
