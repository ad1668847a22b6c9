//! The statements of `gradient`, and its rows.

use crate::model::statement::{ALIVE, About, Hypotheses, Inputs, Kind, Statement, Status, Weights};
use crate::stage::rows::Group;

/// The rows, in the order of the ledger.
pub const GROUPS: &[Group] =
    &[Group::Network(&LAW), Group::Network(&LOWER), Group::Network(&RATIO)];
/// The law of the gradient's norm.
pub static LAW: Statement = Statement {
    label: "gradient.law",
    kind: Kind::Law,
    claim: "‖∇f(x)‖² ~ Π S(d_i)/d_i · χ²_d/d",
    formula: r"\|\nabla f(x)\|^2 \sim \prod_{i=1}^{L} \frac{S(d_i)}{d_i} \cdot \frac{\chi^2_d}{d}",
    observed: "‖∇f(x)‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed)
        .at_any_slope()
        .with_biases()
        .of_fixed_pair(),
    about: About::Quantity,
    main: false,
    proof: "proofs/gradient.md#law",
    uses: &[],
    before: &[],
    status: Status::Proved,
    code: &["stage/gradient/predict.rs::law"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::gradient_law",
};

/// The gradient is not too small.
pub static LOWER: Statement = Statement {
    label: "gradient.lower",
    kind: Kind::Bound,
    claim: "‖∇f(x)‖ ≥ v with probability ≥ 1−δ",
    formula: r"\|\nabla f(x)\| \ge v",
    observed: "‖∇f(x)‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed).at_any_slope().with_biases(),
    about: About::Quantity,
    main: true,
    proof: "proofs/gradient.md#lower",
    uses: &["gradient.law"],
    before: &[],
    status: Status::Certified,
    code: &["stage/gradient/bound.rs::lower"],
    certificates: &["tools.hoeffding", "tools.gamma"],
    coq: &[],
    broken_by: "broken::gradient_lower",
};

/// The first-order distance to the decision boundary does not depend on the network.
pub static RATIO: Statement = Statement {
    label: "gradient.ratio",
    kind: Kind::Law,
    claim: "|f(x)| / (‖∇f(x)‖ ‖x‖) ~ |U₁|, U uniform on the sphere in R^d; with biases \
            |U₁ + √B Z/‖G‖|",
    formula: r"\frac{|f(x)|}{\|\nabla f(x)\| \, \|x\|} \sim |U_1|",
    observed: "|f(x)| / (‖∇f(x)‖ ‖x‖)",
    hypotheses: Hypotheses::of(Weights::GaussianBelow, Inputs::Fixed)
        .at_any_slope()
        .with_biases()
        .of_fixed_pair()
        .with(ALIVE),
    about: About::Quantity,
    main: true,
    proof: "proofs/gradient.md#ratio",
    uses: &["gradient.law", "model.homogeneity"],
    before: &[],
    status: Status::Proved,
    code: &[
        "theory/distribution/ratio.rs::upper_enclosure",
        "theory/distribution/biased.rs::ratio",
    ],
    certificates: &[],
    coq: &[],
    broken_by: "broken::gradient_ratio",
};
