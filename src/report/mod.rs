//! Reports: results in, documents and files out. They compute nothing: a document is made once,
//! and every medium prints it.

pub mod angles;
pub mod biases;
pub mod certificate;
#[cfg(feature = "parquet")]
pub mod columns;
pub mod compare;
pub mod csv;
pub mod document;
pub mod given;
pub mod growth;
pub mod json;
pub mod norms;
pub mod picture;
pub mod print;
pub mod proofs;
pub mod run;
pub mod study;
pub mod training;
pub mod typeset;
pub mod uses;
mod words;

pub use run::Detail;

use crate::judge::ledger::Ledger;
use crate::model::claim::Claim;
use crate::run::Record;

/// A run as text for a terminal of so many columns, with ANSI styles.
pub fn text(ledger: &Ledger, detail: Detail, width: usize) -> String {
    print::text::print(&run::document(ledger, detail), width)
}

/// The last line of that alone.
pub fn verdict(ledger: &Ledger, width: usize) -> String {
    print::text::print(&run::verdict(ledger), width)
}

/// A run in Markdown; pictures are links to files beside it, where there are such.
pub fn markdown(ledger: &Ledger) -> String {
    print::markdown::print(&run::document(ledger, Detail::Full), None)
}

/// A run in LaTeX.
pub fn latex(ledger: &Ledger) -> String {
    print::latex::print(&run::document(ledger, Detail::Full))
}

/// A run as a page.
pub fn page(ledger: &Ledger, claims: &[Claim], records: &[Record]) -> String {
    print::html::print(&run::page(ledger, claims, records))
}
