//! The statements of `flip`, and its rows.

use crate::model::statement::{ALIVE, About, Hypotheses, Inputs, Kind, Statement, Status, Weights};
use crate::stage::rows::Group;

/// The rows, in the order of the ledger.
pub const GROUPS: &[Group] = &[
    Group::Network(&SIZE),
    Group::Network(&STEP),
    Group::Network(&LEAST),
    Group::Network(&PIECES),
    Group::Network(&CHANGE),
    Group::Network(&THRESHOLD),
];
/// The length of the adversarial step.
pub static SIZE: Statement = Statement {
    label: "flip.size",
    kind: Kind::Law,
    claim: "‖u‖/‖x‖ ~ t |U₁|, u = −t f(x) ∇f(x)/‖∇f(x)‖²; with biases t |U₁ + √B Z/‖G‖|",
    formula: "\\frac{\\|u\\|}{\\|x\\|} \\sim t \\, |U_1|, \\qquad u = -t f(x) \\frac{\\nabla \
        f(x)}{\\|\\nabla f(x)\\|^2}",
    observed: "‖u‖/‖x‖",
    hypotheses: Hypotheses::of(Weights::GaussianBelow, Inputs::Fixed)
        .at_any_slope()
        .with_biases()
        .of_fixed_pair()
        .with(ALIVE),
    about: About::Quantity,
    main: true,
    proof: "proofs/flip.md#size",
    uses: &["gradient.ratio"],
    before: &[],
    status: Status::Proved,
    code: &["stage/flip/predict.rs::size"],
    certificates: &[],
    coq: &[
        "Flip.cauchy_schwarz",
        "Flip.kappa_le1",
        "Flip.step_length",
        "Flip.step_size",
        "Step.network_step_size",
    ],
    broken_by: "broken::flip_size",
};

/// The adversarial step flips the sign.
pub static STEP: Statement = Statement {
    label: "flip.step",
    kind: Kind::Bound,
    claim: "(f(x) − f(x+u))/(t f(x)) ≥ 1 − ϵ > 1/t with probability ≥ 1−δ: the step flips the sign",
    formula: r"\frac{f(x) - f(x+u)}{t f(x)} \ge 1 - \epsilon > \frac{1}{t}",
    observed: "(f(x) − f(x+u))/(t f(x)), the share of the linear change that is achieved; above \
        1/t the sign flips (beyond: it does not)",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed).at_any_slope().with_biases().with(
        "widths so large that 1 − ϵ \
        > 1/t; a network that is constantly 0 near x counts as not flipping",
    ),
    about: About::Flip,
    main: true,
    proof: "proofs/flip.md#step",
    uses: &["flip.size", "gradient.law", "gradient.ratio", "linearity.affine", "model.homogeneity"],
    before: &[],
    status: Status::Proved,
    code: &["stage/flip/bound.rs::step"],
    certificates: &[],
    coq: &[
        "Flip.step_flips",
        "Flip.step_flips_affine",
        "Flip.step_share",
        "Flip.step_share_affine",
        "Step.network_step_flips",
        "SlopeSegment.bias_step_flips",
    ],
    broken_by: "broken::flip_step",
};

/// The least step that flips.
pub static LEAST: Statement = Statement {
    label: "flip.least",
    kind: Kind::Bound,
    claim: "on the ray against the gradient f has the opposite sign before step t, with \
        probability ≥ 1−δ",
    formula: r"f(x) \, f(x + u_s) < 0 \text{ for some } s \le t",
    observed: "the least t beyond which f has the opposite sign (beyond: not by the step)",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed)
        .at_any_slope()
        .with_biases()
        .with("widths so large that some 1 − ϵ > 1/t"),
    about: About::Flip,
    main: true,
    proof: "proofs/flip.md#least",
    uses: &["flip.step"],
    before: &[],
    status: Status::Proved,
    code: &["stage/flip/bound.rs::least_step"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::flip_least",
};

/// How many linear pieces the step crosses.
pub static PIECES: Statement = Statement {
    label: "flip.pieces",
    kind: Kind::Measurement,
    claim: "pieces of the step with one activation pattern each",
    formula: r"\#\{\text{activation patterns between } x \text{ and } x+u\}",
    observed: "pieces from x to x + u with one activation pattern each",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed)
        .at_any_slope()
        .with_biases()
        .with(ALIVE),
    about: About::Quantity,
    main: false,
    proof: "proofs/flip.md#measured",
    uses: &["gradient.ratio"],
    before: &[],
    status: Status::Prediction,
    code: &["stage/flip/predict.rs::pieces", "network/search/line.rs::pieces"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::flip_pieces",
};

/// How much the gradient changes over the step.
pub static CHANGE: Statement = Statement {
    label: "flip.change",
    kind: Kind::Measurement,
    claim: "relative change of the gradient at the end of the step",
    formula: r"\frac{\|\nabla f(x+u) - \nabla f(x)\|}{\|\nabla f(x)\|}",
    observed: "‖∇f(x+u) − ∇f(x)‖/‖∇f(x)‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed)
        .at_any_slope()
        .with_biases()
        .with(ALIVE),
    about: About::Quantity,
    main: false,
    proof: "proofs/flip.md#measured",
    uses: &["gradient.ratio"],
    before: &[],
    status: Status::Prediction,
    code: &["stage/flip/predict.rs::change"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::flip_change",
};

/// A width at which the theorem says something.
pub static THRESHOLD: Statement = Statement {
    label: "flip.threshold",
    kind: Kind::Bound,
    claim: "at input dimension d* (this shape, scaled) some step is proved to flip the sign with \
        probability ≥ 1−δ",
    formula: r"d \ge d^*: \quad f(x) \, f(x+u) < 0 \text{ for some } t",
    observed: "the input dimension of a network whose step flips the sign",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed).at_any_slope().with_biases(),
    about: About::Threshold,
    main: false,
    proof: "proofs/flip.md#threshold",
    uses: &["flip.step"],
    before: &[],
    status: Status::Proved,
    code: &["stage/flip/bound.rs::threshold"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::flip_threshold",
};
