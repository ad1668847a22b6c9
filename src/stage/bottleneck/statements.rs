//! The statements of `bottleneck`, and its rows.

use crate::model::statement::{About, Hypotheses, Inputs, Kind, Statement, Status, Weights};
use crate::stage::rows::Group;

/// The rows, in the order of the ledger.
pub const GROUPS: &[Group] = &[Group::Layers(&[&ROWS, &FLIPS, &LIPSCHITZ])];
/// The rows of flipped neurons are not too large on the change of the layer below.
pub static ROWS: Statement = Statement {
    label: "bottleneck.rows",
    kind: Kind::Supremum,
    claim: "‖(W_j)_F Δh_{j−1}(y)‖ ≤ κ ‖ĥ_{j−1}(x)‖/√d_{j−1}, F the neurons flipped at y",
    formula: "\\|(W_j)_F (h_{j-1}(y) - h_{j-1}(x))\\| \\le \\kappa_j \\, \
        \\frac{\\|\\hat h_{j-1}(x)\\|}{\\sqrt{d_{j-1}}}",
    observed: "√d_{j−1} ‖(W_j)_F Δh_{j−1}(y)‖/‖ĥ_{j−1}(x)‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Ball).at_any_slope().with_biases(),
    about: About::Quantity,
    main: false,
    proof: "proofs/bottleneck.md#rows",
    uses: &[],
    before: &["bottleneck.flips", "bottleneck.lipschitz"],
    status: Status::Certified,
    code: &["theory/ball/comparison.rs::control", "theory/ball/plain.rs::control"],
    certificates: &["tools.entropy", "tools.bernstein", "bottleneck.radius"],
    coq: &[],
    broken_by: "broken::bottleneck_rows",
};

/// Few neurons flip.
pub static FLIPS: Statement = Statement {
    label: "bottleneck.flips",
    kind: Kind::Supremum,
    claim: "at most m neurons of layer j flip between x and y",
    formula: r"|F_j(y)| \le m_j",
    observed: "neurons active at exactly one of x and y",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Ball).at_any_slope().with_biases(),
    about: About::Quantity,
    main: false,
    proof: "proofs/bottleneck.md#flips",
    uses: &["bottleneck.rows"],
    before: &[],
    status: Status::Proved,
    code: &["theory/ball/mod.rs::flips"],
    certificates: &[],
    coq: &[
        "Flips.flip_margin",
        "Flips.flip_margin_network",
        "Flips.flips_squares",
        "Flips.flips_count",
        "BiasNetwork.bias_flip_margin",
        "BiasNetwork.bias_flips_squares",
        "BiasNetwork.bias_flips_count",
    ],
    broken_by: "broken::bottleneck_flips",
};

/// The layers are Lipschitz in the ball.
pub static LIPSCHITZ: Statement = Statement {
    label: "bottleneck.lipschitz",
    kind: Kind::Supremum,
    claim: "‖J_j(y)‖ ≤ σ: h_j has Lipschitz constant at most σ in the ball",
    formula: r"\|J_j(y)\| \le \sigma_j",
    observed: "‖J_j(x)‖, the operator norm of the Jacobian",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Ball).at_any_slope().with_biases(),
    about: About::Quantity,
    main: true,
    proof: "proofs/bottleneck.md#lipschitz",
    uses: &["bottleneck.rows", "bottleneck.flips"],
    before: &["bottleneck.lipschitz"],
    status: Status::Certified,
    code: &["theory/ball/comparison.rs::lipschitz", "theory/ball/comparison.rs::spread"],
    certificates: &["tools.bernstein", "tools.entropy"],
    coq: &[
        "Neuron.slope_split",
        "Neuron.slope_lipschitz",
        "Neuron.slope_lipschitz_inactive",
        "BiasNetwork.bias_layer_lipschitz",
    ],
    broken_by: "broken::bottleneck_lipschitz",
};
