//! The renderings that a run directory holds.

use super::page;
use crate::judge::ledger::Ledger;
use crate::report::document::Document;
use crate::report::{csv, markdown, print};
use crate::run::Experiment;
use crate::run::store::Rendering;

/// The table, the page and every figure with its data, by the names of their files.
pub fn files(ledger: &Ledger, experiment: &Experiment) -> Vec<Rendering> {
    let page = page(ledger, experiment.claims(), experiment.records());
    let mut files = vec![
        ("ledger.csv".to_owned(), csv::render(ledger).into_bytes()),
        ("ledger.md".to_owned(), markdown(ledger).into_bytes()),
    ];
    files.extend(of_page("report.html", &page));
    files
}

/// A page and its figures.
pub fn of_page(name: &str, page: &Document) -> Vec<Rendering> {
    let mut files = vec![(name.to_owned(), print::html::print(page).into_bytes())];
    for figure in page.figures() {
        files.push((format!("{}.svg", figure.name), figure.svg.clone().into_bytes()));
        files.push((format!("{}.csv", figure.name), figure.csv.clone().into_bytes()));
    }
    files
}
