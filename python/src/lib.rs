//! relubound for Python: what the library gives, in types that Python sees. Arguments are read as
//! on a command line, so that options have the names, the values and the refusals that they have
//! there; what is said of results, and how they look, is the library's, too.

mod bounds;
mod check;
mod compare;
mod explore;
mod findings;
mod growth;
mod inputs;
mod proofs;
mod refusal;
mod run;
mod study;
mod waiting;

/// What the package is made of.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::bounds::{angle, bounds};
    #[pymodule_export]
    use crate::check::{check, load, merge};
    #[pymodule_export]
    use crate::compare::compare;
    #[pymodule_export]
    use crate::explore::explore;
    #[pymodule_export]
    use crate::findings::{Findings, biases, norms};
    #[pymodule_export]
    use crate::growth::{Growth, growth};
    #[pymodule_export]
    use crate::inputs::Inputs;
    #[pymodule_export]
    use crate::proofs::{proofs_graph, proofs_list, proofs_show, proofs_verify};
    #[pymodule_export]
    use crate::refusal::options;
    #[pymodule_export]
    use crate::run::Run;
    #[pymodule_export]
    use crate::study::Study;

    /// The version of the library.
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "it is called so in Python")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
