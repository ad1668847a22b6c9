//! The proofs, their numeric facts, and which uses which.

use pyo3::prelude::*;
use pyo3::pyfunction;
use relubound::cli::proofs::Proofs;
use relubound::report::{proofs as report, uses};
use relubound::theory::certificate;

use crate::refusal::refused;
use crate::waiting::carried_out;

/// Every statement, as JSON.
#[pyfunction]
pub fn proofs_list() -> String {
    report::list_json()
}

/// One proof: JSON, text in Markdown, and a page.
#[pyfunction]
pub fn proofs_show(py: Python<'_>, name: &str) -> PyResult<(String, String, String)> {
    let named = || Proofs::named(name).map_err(|why| refused(py, why));
    let page = report::show_page(named()?);
    Ok((report::show_json(named()?), report::show(named()?, 100), page))
}

/// Verifies numeric facts, all for no names; gives what is known of each, as JSON.
#[pyfunction]
pub fn proofs_verify(py: Python<'_>, names: Vec<String>) -> PyResult<String> {
    let work = move |_: &_| {
        let all = Proofs::certificates(&names)?.into_iter();
        let verified: Vec<_> = all.map(|one| (one, certificate::verify(one))).collect();
        Ok(report::verified_json(&verified))
    };
    match carried_out(py, None, work)? {
        (_, Some(why)) => Err(why),
        (done, None) => Ok(done),
    }
}

/// Which proof uses which, as a picture.
#[pyfunction]
pub fn proofs_graph() -> String {
    uses::svg()
}
