//! The statements of `output`, and its rows.

use crate::model::statement::{Hypotheses, Inputs, Kind, Statement, Status, Weights};
use crate::stage::rows::Group;

/// The rows, in the order of the ledger.
pub const GROUPS: &[Group] = &[Group::Network(&LAW), Group::Network(&UPPER)];
/// The law of the output.
pub static LAW: Statement = Statement {
    label: "output.law",
    kind: Kind::Law,
    claim: "f(x)² ~ (‖x‖²/d) · Π S(d_i)/d_i · χ²₁",
    observed: "|f(x)| √d/‖x‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed),
    proof: "proofs/output.md#law",
    uses: &[],
    before: &[],
    status: Status::Proved,
    code: &["stage/output/predict.rs::law"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::output_law",
};

/// The output is not too big.
pub static UPPER: Statement = Statement {
    label: "output.upper",
    kind: Kind::Bound,
    claim: "|f(x)| ≤ u ‖x‖/√d with probability ≥ 1−δ",
    observed: "|f(x)| √d/‖x‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed),
    proof: "proofs/output.md#upper",
    uses: &["output.law"],
    before: &[],
    status: Status::Certified,
    code: &["stage/output/bound.rs::upper"],
    certificates: &["tools.power", "tools.gamma"],
    coq: &[],
    broken_by: "broken::output_upper",
};
