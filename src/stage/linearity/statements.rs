//! The statements of `linearity`, and its rows.

use crate::model::statement::{About, Hypotheses, Inputs, Kind, Statement, Status, Weights};
use crate::stage::rows::Group;

/// The rows, in the order of the ledger.
pub const GROUPS: &[Group] = &[
    Group::Network(&DECOMPOSITION),
    Group::Layers(&[&TERM]),
    Group::Network(&GRADIENT),
    Group::Network(&AFFINE),
];
/// The gradient change is a sum over layers.
pub static DECOMPOSITION: Statement = Statement {
    label: "linearity.decomposition",
    kind: Kind::Identity,
    claim: "∇f(x) − ∇f(y) = Σ_j T_j(y)",
    formula: r"\nabla f(x) - \nabla f(y) = \sum_{j=1}^{L} T_j(y)",
    observed: "residual of ⟨∇f(x) − ∇f(y) − Σ T_j(y), ∇f(x) − ∇f(y)⟩ over the rounding error \
        proved possible",
    hypotheses: Hypotheses::of(Weights::Any, Inputs::AnyTwo),
    about: About::Quantity,
    main: false,
    proof: "proofs/linearity.md#decomposition",
    uses: &[],
    before: &[],
    status: Status::MachineChecked,
    code: &["stage/linearity/observe.rs::decomposition"],
    certificates: &[],
    coq: &[
        "Decomposition.telescoping",
        "Decomposition.telescoping_product",
        "Decomposition.decomposition",
        "Decomposition.directional_decomposition",
        "Decomposition.affine_decomposition",
        "Slopes.slope_decomposition",
        "Slopes.slope_directional_decomposition",
        "Slopes.slope_affine_decomposition",
        "Slopes.slope_jump",
        "BiasNetwork.bias_decomposition",
        "BiasNetwork.bias_directional_decomposition",
        "BiasNetwork.bias_affine_decomposition",
        "BiasNetwork.bias_affine_identity",
        "BiasNetwork.bias_jump",
    ],
    broken_by: "broken::linearity_decomposition",
};

/// Each layer's part of the gradient change is small.
pub static TERM: Statement = Statement {
    label: "linearity.term",
    kind: Kind::Supremum,
    claim: "‖T_j(y)‖ ≤ e ‖∇f(x)‖",
    formula: r"\|T_j(y)\| \le e_j \, \|\nabla f(x)\|",
    observed: "‖T_j(y)‖/‖∇f(x)‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Ball).at_any_slope().with_biases(),
    about: About::Quantity,
    main: false,
    proof: "proofs/linearity.md#term",
    uses: &["bottleneck.rows", "bottleneck.flips", "bottleneck.lipschitz", "gradient.law"],
    before: &[],
    status: Status::Certified,
    code: &["theory/ball/comparison.rs::weights"],
    certificates: &["tools.entropy"],
    coq: &[],
    broken_by: "broken::linearity_term",
};

/// The gradient hardly changes in the ball.
pub static GRADIENT: Statement = Statement {
    label: "linearity.gradient",
    kind: Kind::Supremum,
    claim: "‖∇f(y) − ∇f(x)‖ ≤ ε ‖∇f(x)‖",
    formula: r"\|\nabla f(y) - \nabla f(x)\| \le \varepsilon \, \|\nabla f(x)\|",
    observed: "‖∇f(y) − ∇f(x)‖/‖∇f(x)‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Ball).at_any_slope().with_biases(),
    about: About::Quantity,
    main: true,
    proof: "proofs/linearity.md#gradient",
    uses: &["linearity.decomposition", "linearity.term"],
    before: &[],
    status: Status::Proved,
    code: &["stage/linearity/bound.rs::linearity"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::linearity_gradient",
};

/// The network is nearly affine in the ball.
pub static AFFINE: Statement = Statement {
    label: "linearity.affine",
    kind: Kind::Supremum,
    claim: "|f(x+u) − f(x) − ⟨u, ∇f(x)⟩| ≤ ϵ ‖u‖ ‖∇f(x)‖",
    formula: "|f(x+u) - f(x) - \\langle u, \\nabla f(x) \\rangle| \\le \\epsilon \\, \\|u\\| \\, \
        \\|\\nabla f(x)\\|",
    observed: "|f(x+u) − f(x) − ⟨u, ∇f(x)⟩|/(‖u‖ ‖∇f(x)‖)",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Ball).at_any_slope().with_biases(),
    about: About::Quantity,
    main: true,
    proof: "proofs/linearity.md#affine",
    uses: &[
        "linearity.decomposition",
        "linearity.gradient",
        "gradient.law",
        "bottleneck.flips",
        "output.law",
    ],
    before: &[],
    status: Status::Certified,
    code: &["theory/ball/comparison.rs::affine", "stage/linearity/bound.rs::linearity"],
    certificates: &["linearity.exponential"],
    coq: &[
        "Flips.flip_identity",
        "Flips.flip_identity_network",
        "Flips.flip_excess",
        "Flips.affine_flips",
        "Segment.segment_affine",
        "Segment.segment_pieces",
        "Segment.segment_sum",
        "Segment.segment_mean",
        "Flip.affine_error",
        "Step.network_affine",
        "Neuron.neuron_flip",
        "BiasNetwork.bias_flip_identity",
        "BiasNetwork.bias_affine_flips",
        "SlopeSegment.bias_jacobian",
        "SlopeSegment.bias_segment_affine",
        "SlopeSegment.bias_segment_pieces",
        "SlopeSegment.bias_segment_sum",
        "SlopeSegment.bias_segment_mean",
        "SlopeSegment.bias_segment_lipschitz",
        "SlopeSegment.bias_affine",
    ],
    broken_by: "broken::linearity_affine",
};
