//! The command line: one file a command, with its arguments and what it does. Only here is a
//! terminal known, or how flags are called.
//!
//! Programs that carry out themselves what a command line asks for, such as the Python package,
//! read it with [`asked`]: every command says what it is about in the types of the library.

pub mod angle;
pub mod biases;
pub mod bounds;
pub mod check;
pub mod compare;
pub mod exit;
pub mod explore;
pub mod files;
pub mod format;
pub mod given;
pub mod growth;
mod memory;
pub mod merge;
pub mod norms;
mod number;
mod progress;
pub mod proofs;
mod refusal;
pub mod report;
mod scheduler;
pub mod shape;
mod shard;
mod signals;
mod terminal;
mod train;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use crate::model::error::{Error, Kind, Result};

/// Proved bounds beside what random ReLU networks do.
#[derive(Parser, Debug)]
#[command(version, max_term_width = 100)]
struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Sample networks and hold every statement against them
    #[command(after_help = EXIT_STATUS)]
    Check(Box<check::Check>),
    /// Print the same rows without sampling, for widths of any size
    Bounds(Box<bounds::Bounds>),
    /// Follow the angle between two inputs through the layers of an infinitely wide network
    Angle(angle::Angle),
    /// Show how the width at which the step flips the sign grows with depth: proved, expected,
    /// observed
    #[command(after_help = GROWTH_EXIT_STATUS)]
    Growth(growth::Growth),
    /// Compare the shortest steps in several norms, and show how few coordinates have to change:
    /// proved, expected, observed
    #[command(after_help = GROWTH_EXIT_STATUS)]
    Norms(norms::Norms),
    /// Show up to which biases the step flips the sign, by depth: proved, expected, observed
    #[command(after_help = GROWTH_EXIT_STATUS)]
    Biases(biases::Biases),
    /// Train networks on a few points, and follow the adversarial step along the way
    #[command(after_help = TRAIN_EXIT_STATUS)]
    Train(Box<train::Train>),
    /// Measure the constants of the proof over a grid of depths and widths, cell by cell
    #[command(after_help = STUDY_EXIT_STATUS,
        override_usage = "relubound explore --out <DIR> [OPTIONS]")]
    Explore(explore::Explore),
    /// Join the parts of a study or a run that was divided with explore or check --shard
    #[command(after_help = MERGE_EXIT_STATUS)]
    Merge(merge::Merge),
    /// Render a stored run again
    #[command(after_help = REPORT_EXIT_STATUS)]
    Report(report::Report),
    /// Set runs or architectures side by side
    #[command(after_help = COMPARE_EXIT_STATUS)]
    Compare(compare::Compare),
    /// The proofs: list them, show one, verify their numeric facts, draw which uses which
    #[command(subcommand)]
    Proofs(proofs::Proofs),
    /// Print completions for a shell
    Completions {
        /// The shell.
        #[arg(value_enum, help = "The shell")]
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

const EXIT_STATUS: &str = "\
Columns: bound, proved; expected, without proof: the exact quantile at the same level, or a leading
order in wide layers (none where that is beyond the bound, or, for a step, where a layer is narrower
than 32); observed, that quantile of the sampled networks (the median for a law, the maximum for an
identity); slack, the factor between bound and observation; beyond, the share of networks beyond the
bound, with confidence limits (for a step, the share that it flips), or the Kolmogorov-Smirnov
distance from a law, with the distance allowed.
'By moment, split' names the two ways to a bound: all layers at once, or δ shared over layers.

A row that looks violated at its share of --alpha is judged again on as many fresh networks, at
level --alpha. It is VIOLATED if they say so, too, and inconclusive otherwise: something true is
called VIOLATED in a share of at most alpha^2 of all runs, by default one in a million.

Exit status: 0 nothing is violated; 1 a row is violated or failed numerically; 2 bad input;
3 with --strict, a row is inconclusive; 130 interrupted.

With --network, each input of --inputs is a row: what is certified of it, rounded to the safe side,
and what was found. The same command goes on where a run in --out was interrupted. Exit status then:
0 every input was judged, or is named as one of which nothing can be told; 1 one failed numerically;
2 bad input; 3 with --strict, of some input the class cannot be told or time ran out;
130 interrupted.";

const STUDY_EXIT_STATUS: &str = "\
Every cell is judged as by 'relubound check --alpha 0.001'. Cells in which something is violated or
not a number are named first; something true is called violated in at most one cell in a million.

Exit status: 0 no cell failed; 1 some cell did, measured now or before; 2 bad input;
130 interrupted.";

const MERGE_EXIT_STATUS: &str = "\
What is written is what one explore or check without --shard would have written, with the same end.

Exit status: 0 done; 1 some cell failed, or a row is violated or failed numerically; 2 bad input, or
parts that are missing, unfinished, damaged or not of one study or run; 130 interrupted.";

const GROWTH_EXIT_STATUS: &str = "\
Exit status: 0 done; 1 in some network the step is not a number; 2 bad input; 130 interrupted.";

const TRAIN_EXIT_STATUS: &str = "\
Exit status: 0 done; 2 bad input; 130 interrupted: what was finished is shown, and written.";

const COMPARE_EXIT_STATUS: &str = "\
Exit status: 0 nothing is violated; 1 in some run a row is violated or failed numerically; 2 bad
input; 130 interrupted.";

const REPORT_EXIT_STATUS: &str = "\
Exit status: 0 nothing in the stored run is violated, as far as it got; 1 a row is violated or
failed numerically; 2 bad input, or files that are damaged.";

/// What a command line asks for, behind the name of the program.
///
/// # Errors
/// What the parser complains about, on one line, with options named as flags.
pub fn asked(arguments: &[String]) -> std::result::Result<Command, String> {
    let all = std::iter::once("relubound").chain(arguments.iter().map(String::as_str));
    Cli::try_parse_from(all).map(|cli| cli.command).map_err(refusal::one_line)
}

/// The options of a command, without the hyphens, each with what is said of it; none for what is
/// no command.
pub fn options(command: &str) -> Vec<(String, String)> {
    let cli = Cli::command();
    let arguments = cli.find_subcommand(command).into_iter().flat_map(clap::Command::get_arguments);
    let named = arguments.filter_map(|argument| {
        let said = argument.get_help().map(ToString::to_string).unwrap_or_default();
        Some((argument.get_long()?.to_owned(), said))
    });
    named.collect()
}

/// Parses, runs, says what went wrong.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Asked for, or the program was started without a command.
        Err(help)
            if !help.use_stderr()
                || help.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand =>
        {
            let code = if help.use_stderr() { exit::REFUSED } else { exit::DONE };
            return match terminal::unless_closed(help.print()) {
                Ok(()) => ExitCode::from(code),
                Err(error) => refuse(error),
            };
        }
        Err(error) => {
            terminal::say(&refusal::one_line(error));
            return ExitCode::from(exit::REFUSED);
        }
    };
    // Before anything uses it, so that a system that gives no threads is told from a bug.
    let threads = memory::processors();
    if let Err(why) = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global() {
        return refuse(Error::threads(threads, &why));
    }
    let outcome = match &cli.command {
        Command::Check(check) => match &check.given.network {
            Some(network) => given::run(check, network),
            None => check.run(),
        },
        Command::Bounds(bounds) => bounds.run(),
        Command::Angle(angle) => angle.run(),
        Command::Growth(growth) => growth.run(),
        Command::Norms(norms) => norms.run(),
        Command::Biases(biases) => biases.run(),
        Command::Train(train) => train.run(),
        Command::Explore(explore) => explore.run(),
        Command::Merge(merge) => merge.run(),
        Command::Report(report) => report.run(),
        Command::Compare(compare) => compare.run(),
        Command::Proofs(proofs) => proofs.run(),
        Command::Completions { shell } => manual(|out| {
            clap_complete::generate(*shell, &mut Cli::command(), "relubound", out);
            Ok(())
        }),
        Command::Man => manual(|out| clap_mangen::Man::new(Cli::command()).render(out)),
    };
    outcome.map_or_else(refuse, ExitCode::from)
}

/// Prints what is written about the program itself.
fn manual(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> Result<u8> {
    let mut out = Vec::new();
    let wrong = |why: std::io::Error| Error::new("stdout", "", why.to_string());
    write(&mut out).map_err(wrong)?;
    terminal::print_bytes(&out)?;
    Ok(exit::DONE)
}

fn refuse(error: Error) -> ExitCode {
    let code = if error.kind() == Kind::Crash { exit::CRASHED } else { exit::REFUSED };
    terminal::say(&refusal::flagged(error).to_string());
    ExitCode::from(code)
}
