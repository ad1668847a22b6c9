//! The statements of `trained`, and its rows.

use crate::model::statement::{About, Hypotheses, Inputs, Kind, Statement, Status, Weights};
use crate::stage::rows::Group;

/// The rows, in the order of the ledger.
pub const GROUPS: &[Group] = &[
    Group::Network(&GRADIENT),
    Group::Network(&AFFINE),
    Group::Network(&FLIP),
    Group::Network(&REACH),
    Group::Network(&THRESHOLD),
];

const NEAR: &str = "every training that moves no weight matrix by more than η, at once";
const BALL: Hypotheses =
    Hypotheses::of(Weights::Gaussian, Inputs::Ball).at_any_slope().with_biases().with(NEAR);
const FIXED: Hypotheses =
    Hypotheses::of(Weights::Gaussian, Inputs::Fixed).at_any_slope().with_biases().with(NEAR);

/// After any training the gradient is near the initial one, in the whole ball.
pub static GRADIENT: Statement = Statement {
    label: "trained.gradient",
    kind: Kind::Supremum,
    claim: "‖∇f̃(y) − ∇f(x)‖ ≤ ε ‖∇f(x)‖ for every training f̃ within η of f",
    formula: r"\|\nabla \tilde f(y) - \nabla f(x)\| \le \varepsilon \, \|\nabla f(x)\|",
    observed: "‖∇f̃(y) − ∇f(x)‖/‖∇f(x)‖, the largest over trainings that are looked for",
    hypotheses: BALL,
    about: About::Quantity,
    main: false,
    proof: "proofs/trained.md#gradient",
    uses: &["linearity.decomposition", "linearity.term", "bottleneck.lipschitz", "gradient.law"],
    before: &[],
    status: Status::Proved,
    code: &["stage/trained/bound.rs::near", "theory/ball/comparison.rs::turned"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::trained_gradient",
};

/// After any training f is near its initial linear approximation.
pub static AFFINE: Statement = Statement {
    label: "trained.affine",
    kind: Kind::Supremum,
    claim: "|f̃(x+u) − f(x) − ⟨u, ∇f(x)⟩| ≤ ϵ ‖x‖ ‖∇f(x)‖ for every training f̃ within η of f",
    formula: "|\\tilde f(x+u) - f(x) - \\langle u, \\nabla f(x) \\rangle| \\le \\epsilon \\, \
        \\|x\\| \\, \\|\\nabla f(x)\\|",
    observed: "|f̃(x+u) − f(x) − ⟨u, ∇f(x)⟩|/(‖x‖ ‖∇f(x)‖), the largest over trainings that are \
        looked for",
    hypotheses: BALL,
    about: About::Quantity,
    main: false,
    proof: "proofs/trained.md#affine",
    uses: &["linearity.decomposition", "linearity.affine", "bottleneck.flips", "gradient.law"],
    before: &[],
    status: Status::Proved,
    code: &["stage/trained/bound.rs::near", "theory/ball/comparison.rs::pushed"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::trained_affine",
};

/// No training takes both steps along the initial gradient to one side.
pub static FLIP: Statement = Statement {
    label: "trained.flip",
    kind: Kind::Supremum,
    claim: "±f̃(x ± R ∇f(x)/‖∇f(x)‖) ≥ s R ‖∇f(x)‖ > 0 for every training f̃ within η of f, with \
        probability ≥ 1−δ: one of two steps fixed before it flips the sign",
    formula: "\\pm \\tilde f\\Big(x \\pm R \\frac{\\nabla f(x)}{\\|\\nabla f(x)\\|}\\Big) \\ge s R \
        \\|\\nabla f(x)\\| > 0",
    observed: "±f̃(x ± R ∇f(x)/‖∇f(x)‖)/(R ‖∇f(x)‖), the smallest over both signs and trainings \
        that are looked for (beyond: it is not positive)",
    hypotheses: FIXED.with(
        "every training that moves no weight matrix by more than η, at once; widths so large that \
         something is left; a network that is constantly 0 near x counts as not flipping",
    ),
    about: About::Flip,
    main: true,
    proof: "proofs/trained.md#flip",
    uses: &["trained.affine", "flip.step", "gradient.law", "gradient.ratio"],
    before: &[],
    status: Status::Proved,
    code: &["theory/ball/trained.rs::kept"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::trained_flip",
};

/// How far training may go.
pub static REACH: Statement = Statement {
    label: "trained.reach",
    kind: Kind::Supremum,
    claim: "one of two steps fixed before flips the sign after every training that moves no weight \
        matrix by more than η*, with probability ≥ 1−δ",
    formula: r"\|\Delta \hat W_j\| \le \eta^*: \quad \tilde f(x - u) < 0 < \tilde f(x + u)",
    observed: "the least η at which a training was found after which a step ends on the wrong side",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed)
        .at_any_slope()
        .with_biases()
        .with("widths so large that it is so for some η"),
    about: About::Flip,
    main: true,
    proof: "proofs/trained.md#reach",
    uses: &["trained.flip"],
    before: &[],
    status: Status::Proved,
    code: &["theory/ball/trained.rs::reach"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::trained_reach",
};

/// A width from which on no training within η helps.
pub static THRESHOLD: Statement = Statement {
    label: "trained.threshold",
    kind: Kind::Supremum,
    claim: "at input dimension d* (this shape, scaled) one of two steps is proved to flip the sign \
        after every training within η, with probability ≥ 1−δ",
    formula: r"d \ge d^*: \quad \tilde f(x - u) < 0 < \tilde f(x + u)",
    observed: "the input dimension of a network of which no training found takes both steps to one \
        side",
    hypotheses: FIXED,
    about: About::Threshold,
    main: false,
    proof: "proofs/trained.md#threshold",
    uses: &["trained.flip"],
    before: &[],
    status: Status::Proved,
    code: &["theory/ball/trained.rs::threshold"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::trained_threshold",
};
