//! The statements of `output`, and its rows.

use crate::model::statement::{About, Hypotheses, Inputs, Kind, Statement, Status, Weights};
use crate::stage::rows::Group;

/// The rows, in the order of the ledger.
pub const GROUPS: &[Group] = &[Group::Network(&LAW), Group::Network(&UPPER)];
/// The law of the output.
pub static LAW: Statement = Statement {
    label: "output.law",
    kind: Kind::Law,
    claim: "f(x)² ~ (‖x‖²/d) · Π S(d_i)/d_i · χ²₁",
    formula: r"f(x)^2 \sim \frac{\|x\|^2}{d} \prod_{i=1}^{L} \frac{S(d_i)}{d_i} \cdot \chi^2_1",
    observed: "|f(x)| √d/‖x‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed)
        .at_any_slope()
        .with_biases()
        .of_fixed_pair(),
    about: About::Quantity,
    main: false,
    proof: "proofs/output.md#law",
    uses: &[],
    before: &[],
    status: Status::Proved,
    code: &["stage/output/predict.rs::law", "theory/distribution/biased.rs::output"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::output_law",
};

/// The output is not too big.
pub static UPPER: Statement = Statement {
    label: "output.upper",
    kind: Kind::Bound,
    claim: "|f(x)| ≤ u ‖x‖/√d with probability ≥ 1−δ",
    formula: r"|f(x)| \le u \, \frac{\|x\|}{\sqrt d}",
    observed: "|f(x)| √d/‖x‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed).at_any_slope().with_biases(),
    about: About::Quantity,
    main: true,
    proof: "proofs/output.md#upper",
    uses: &["output.law"],
    before: &[],
    status: Status::Certified,
    code: &["stage/output/bound.rs::upper"],
    certificates: &["tools.power", "tools.gamma"],
    coq: &[],
    broken_by: "broken::output_upper",
};
