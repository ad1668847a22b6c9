//! The statements of `slack`, and its rows.

use crate::model::statement::{About, Hypotheses, Inputs, Kind, Statement, Status, Weights};
use crate::stage::rows::Group;

/// The factors of one layer, in the order of the ledger.
pub const FACTORS: [&Statement; 5] = [&FLIPS, &WEIGHTS, &ROWS, &LIPSCHITZ, &SCALE];

/// The rows, in the order of the ledger.
pub const GROUPS: &[Group] = &[Group::Layers(&FACTORS), Group::Network(&TOTAL)];
/// Flipped neurons.
pub static FLIPS: Statement = Statement {
    label: "slack.flips",
    kind: Kind::Factor,
    claim: "√m_j",
    formula: r"\sqrt{m_j}",
    observed: "√|F_j(y)|",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Steepest)
        .at_any_slope()
        .with_biases()
        .from_depth(1),
    about: About::Quantity,
    main: false,
    proof: "proofs/slack.md#factors",
    uses: &["linearity.term"],
    before: &[],
    status: Status::Proved,
    code: &["stage/slack/bound.rs::factors"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::slack_factors",
};

/// Backward coefficients of flipped neurons.
pub static WEIGHTS: Statement = Statement {
    label: "slack.weights",
    kind: Kind::Factor,
    claim: "(1 − a) g_j/√m_j",
    formula: r"\frac{(1-a) g_j}{\sqrt{m_j}}",
    observed: "(1 − a) ‖(b_j)_F‖ √d_j/(‖b_{j+1}D_{j+1}‖ √|F|)",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Steepest)
        .at_any_slope()
        .with_biases()
        .from_depth(1),
    about: About::Quantity,
    main: false,
    proof: "proofs/slack.md#factors",
    uses: &["linearity.term"],
    before: &[],
    status: Status::Proved,
    code: &["stage/slack/bound.rs::factors"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::slack_factors",
};

/// Rows of flipped neurons, with their alignment.
pub static ROWS: Statement = Statement {
    label: "slack.rows",
    kind: Kind::Factor,
    claim: "K_j/σ_{j−1}",
    formula: r"\frac{K_j}{\sigma_{j-1}}",
    observed: "√d_{j−1} ‖T_j(y)‖/((1 − a) ‖(b_j)_F‖ ‖J_{j−1}(x)‖)",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Steepest)
        .at_any_slope()
        .with_biases()
        .from_depth(1),
    about: About::Quantity,
    main: false,
    proof: "proofs/slack.md#factors",
    uses: &["linearity.term"],
    before: &[],
    status: Status::Proved,
    code: &["stage/slack/bound.rs::factors"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::slack_factors",
};

/// The Lipschitz constant of the layers below.
pub static LIPSCHITZ: Statement = Statement {
    label: "slack.lipschitz",
    kind: Kind::Factor,
    claim: "σ_{j−1}",
    formula: r"\sigma_{j-1}",
    observed: "‖J_{j−1}(x)‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Steepest)
        .at_any_slope()
        .with_biases()
        .from_depth(1),
    about: About::Quantity,
    main: false,
    proof: "proofs/slack.md#factors",
    uses: &["linearity.term"],
    before: &[],
    status: Status::Proved,
    code: &["stage/slack/bound.rs::factors"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::slack_factors",
};

/// The backward scale.
pub static SCALE: Statement = Statement {
    label: "slack.scale",
    kind: Kind::Factor,
    claim: "1/v_j",
    formula: r"\frac{1}{v_j}",
    observed: "‖b_{j+1}D_{j+1}‖/‖∇f(x)‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Steepest)
        .at_any_slope()
        .with_biases()
        .from_depth(1),
    about: About::Quantity,
    main: false,
    proof: "proofs/slack.md#factors",
    uses: &["linearity.term"],
    before: &[],
    status: Status::Proved,
    code: &["stage/slack/bound.rs::factors"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::slack_factors",
};

/// The whole of it.
pub static TOTAL: Statement = Statement {
    label: "slack.total",
    kind: Kind::Factor,
    claim: "ε = Σ_j e_j",
    formula: r"\varepsilon = \sum_{j=1}^{L} e_j",
    observed: "‖∇f(y) − ∇f(x)‖/‖∇f(x)‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Steepest)
        .at_any_slope()
        .with_biases()
        .from_depth(1),
    about: About::Quantity,
    main: false,
    proof: "proofs/slack.md#factors",
    uses: &["linearity.gradient"],
    before: &[],
    status: Status::Proved,
    code: &["judge/attribution.rs::new"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::slack_factors",
};
