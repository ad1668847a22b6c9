//! With which status the program ends. What failed goes before what was interrupted.

use crate::given::Failure;
use crate::judge::ledger::{Ledger, Status};
use crate::judge::verdict::Verdict;
use crate::run::given::Results;
use crate::study::Line;
use crate::study::growth::{Row, Search};
use crate::study::norms::Found;

/// Everything was done, and nothing is violated.
pub const DONE: u8 = 0;
/// Something is violated, or not a number.
pub const FAILED: u8 = 1;
/// The input cannot be used.
pub const REFUSED: u8 = 2;
/// Something is inconclusive, where that was asked for.
pub const INCONCLUSIVE: u8 = 3;
/// A bug, as of any Rust program.
pub const CRASHED: u8 = 101;
/// The user did not let it finish.
pub const INTERRUPTED: u8 = 130;

/// Of `check`.
pub fn of_run(ledger: &Ledger, strict: bool) -> u8 {
    let inconclusive = || ledger.rows.iter().any(|row| row.verdict == Some(Verdict::Inconclusive));
    match ledger.verdict {
        Some(verdict) if verdict.is_failure() => FAILED,
        _ if ledger.status == Status::Partial => INTERRUPTED,
        _ if strict && inconclusive() => INCONCLUSIVE,
        _ => DONE,
    }
}

/// Of `report`: what was interrupted or is inconclusive was so when it was stored.
pub fn of_report(ledger: &Ledger) -> u8 {
    of(ledger.verdict.is_some_and(Verdict::is_failure), false)
}

/// Of `explore` and `merge`, which were asked for so many cells.
pub fn of_study(lines: &[Line], wanted: usize) -> u8 {
    of(lines.iter().any(Line::is_failure), lines.len() < wanted)
}

/// Of `growth`.
pub fn of_growth(search: &Search, rows: &[Row]) -> u8 {
    of(rows.iter().any(|row| row.failures() > 0), rows.len() < search.depths.len())
}

/// Of `norms`.
pub fn of_norms(found: &Found, interrupted: bool) -> u8 {
    of(found.failed(), interrupted)
}

/// Of `check` for inputs of a file. Inputs at which the class cannot be told, or time ran out, are
/// open, and fail nothing.
pub fn of_inputs(results: &Results, strict: bool) -> u8 {
    let open = results.failed(Failure::Tied) + results.out_of_time();
    match of(results.failed(Failure::Numerical) > 0, !results.is_complete()) {
        DONE if strict && open > 0 => INCONCLUSIVE,
        status => status,
    }
}

/// Of what has no more to say.
pub fn of(failed: bool, interrupted: bool) -> u8 {
    match (failed, interrupted) {
        (true, _) => FAILED,
        (false, true) => INTERRUPTED,
        (false, false) => DONE,
    }
}
