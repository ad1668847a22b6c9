//! The statements of `norm`, and its rows.

use crate::model::statement::{About, Hypotheses, Inputs, Kind, Statement, Status, Weights};
use crate::stage::rows::Group;

/// The rows, in the order of the ledger.
pub const GROUPS: &[Group] = &[
    Group::Network(&STRETCH),
    Group::Network(&SIZE),
    Group::Network(&LENGTH),
    Group::Network(&FLIP),
    Group::Network(&LEAST),
    Group::Network(&THRESHOLD),
];

const FIXED: Hypotheses =
    Hypotheses::of(Weights::Gaussian, Inputs::Fixed).at_any_slope().with_biases();

/// How much longer than the step along the gradient it is.
pub static STRETCH: Statement = Statement {
    label: "norm.stretch",
    kind: Kind::Bound,
    claim: "the step is in ℓ₂ at most χ times as long as the one along the gradient",
    formula: r"\frac{\|u\|_2 \|\nabla f(x)\|_2}{t |f(x)|} \le \chi^+",
    observed: "‖u‖₂‖∇f(x)‖₂/(t|f(x)|)",
    hypotheses: FIXED,
    about: About::Quantity,
    main: false,
    proof: "proofs/norm.md#stretch",
    uses: &["gradient.law"],
    before: &[],
    status: Status::Proved,
    code: &["theory/norm/mod.rs::stretch"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::norm_stretch",
};

/// How long it is in its own norm.
pub static SIZE: Statement = Statement {
    label: "norm.size",
    kind: Kind::Law,
    claim: "‖u‖/‖x‖ in its own norm has a law that without biases depends on x and d alone",
    formula: r"\frac{\|u\|_N}{\|x\|_N} \sim \frac{t\,|\langle g, x\rangle|}{\|g\|_{N^*}\|x\|_N}",
    observed: "‖u‖/‖x‖ in the norm of the step",
    hypotheses: FIXED.of_fixed_pair().of_known_size(),
    about: About::Quantity,
    main: false,
    proof: "proofs/norm.md#size",
    uses: &["gradient.law", "gradient.ratio", "model.homogeneity"],
    before: &[],
    status: Status::Proved,
    code: &["theory/norm/law.rs::cdf"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::norm_size",
};

/// How long it is in ℓ₂.
pub static LENGTH: Statement = Statement {
    label: "norm.length",
    kind: Kind::Bound,
    claim: "‖u‖₂ ≤ t q χ ‖x‖₂",
    formula: r"\|u\|_2 \le t \, q \, \chi^+ \|x\|_2",
    observed: "‖u‖₂/‖x‖₂",
    hypotheses: FIXED,
    about: About::Quantity,
    main: false,
    proof: "proofs/norm.md#length",
    uses: &["norm.stretch", "gradient.ratio"],
    before: &[],
    status: Status::Proved,
    code: &["stage/norm/bound.rs::length"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::norm_length",
};

/// It flips the sign.
pub static FLIP: Statement = Statement {
    label: "norm.flip",
    kind: Kind::Bound,
    claim: "the step achieves the share 1 − ϵ of the linear change; above 1/t the sign flips",
    formula: r"\frac{f(x) - f(x+u)}{t f(x)} \ge 1 - \epsilon",
    observed: "(f(x) − f(x+u))/(t f(x))",
    hypotheses: FIXED.with("widths for which 1 − ϵ > 1/t"),
    about: About::Flip,
    main: true,
    proof: "proofs/norm.md#flip",
    uses: &["norm.stretch", "direct.flip", "gradient.ratio"],
    before: &[],
    status: Status::Proved,
    code: &["theory/norm/mod.rs::start", "theory/direct/plan.rs::certify"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::norm_flip",
};

/// The least such step that does.
pub static LEAST: Statement = Statement {
    label: "norm.least",
    kind: Kind::Bound,
    claim: "f has the opposite sign somewhere on the way from x to x + u for some t ≤ this",
    formula: r"t^* \le t",
    observed: "the least t beyond which the sign has changed on the ray",
    hypotheses: FIXED.with("widths for which 1 − ϵ > 1/t for some t"),
    about: About::Quantity,
    main: false,
    proof: "proofs/norm.md#least",
    uses: &["norm.flip"],
    before: &[],
    status: Status::Proved,
    code: &["theory/direct/plan.rs::least_step"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::norm_least",
};

/// The widths it takes.
pub static THRESHOLD: Statement = Statement {
    label: "norm.threshold",
    kind: Kind::Bound,
    claim: "norm.flip holds for some t at this multiple of the shape (input dimension shown)",
    formula: r"d \ge d^*: \quad f(x) \, f(x+u) < 0 \text{ for some } t",
    observed: "d, where the sign flips; ∞ where it does not",
    hypotheses: FIXED.at_other_dimensions(),
    about: About::Threshold,
    main: true,
    proof: "proofs/norm.md#threshold",
    uses: &["norm.flip"],
    before: &[],
    status: Status::Proved,
    code: &["theory/direct/plan.rs::threshold"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::norm_threshold",
};
