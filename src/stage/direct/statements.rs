//! The statements of `direct`, and its rows.

use crate::model::statement::{About, Hypotheses, Inputs, Kind, Statement, Status, Weights};
use crate::stage::rows::Group;

/// The rows, in the order of the ledger.
pub const GROUPS: &[Group] = &[
    Group::Layers(&[&ALONG, &STATE, &COHERENT, &NOISE, &ERROR]),
    Group::Network(&FLIP),
    Group::Network(&THRESHOLD),
    Group::Network(&FAILS),
    Group::Network(&BRACKET),
];
/// What is left of the input along itself.
pub static ALONG: Statement = Statement {
    label: "direct.along",
    kind: Kind::Bound,
    claim: "h_{i−1}(x+u) = α h_{i−1}(x) + ρ v, v a unit vector across: α ≥ a",
    formula: r"h_{i-1}(x+u) = \alpha \, h_{i-1}(x) + \rho \, v, \qquad \alpha \ge a_{i-1}",
    observed: "⟨h_{i−1}(x+u), h_{i−1}(x)⟩/‖h_{i−1}(x)‖²",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed).at_any_slope().with_biases(),
    about: About::Quantity,
    main: false,
    proof: "proofs/direct.md#along",
    uses: &["gradient.law", "gradient.ratio"],
    before: &["direct.state", "direct.coherent", "direct.noise"],
    status: Status::Certified,
    code: &["theory/direct/mod.rs::follow"],
    certificates: &["tools.hoeffding", "tools.power", "tools.gamma"],
    coq: &[
        "Flip.step_along",
        "Flip.step_across",
        "Direct.direct_along_identity",
        "Direct.direct_along",
        "Direct.direct_along_excess",
        "Direct.direct_along_sum",
        "Direct.direct_gamma",
        "Neuron.neuron_along_excess",
        "Neuron.neuron_along",
        "BiasNetwork.bias_output_by_layer",
        "BiasNetwork.bias_augmented_layer",
        "SlopeDirect.slope_increment",
        "SlopeDirect.slope_along_l",
        "SlopeDirect.slope_gamma",
        "SlopeDirect.slope_along_identity",
        "SlopeDirect.slope_along",
        "SlopeDirect.slope_along_normal",
        "SlopeDirect.slope_along_excess",
        "SlopeDirect.slope_along_excess_bounds",
        "SlopeDirect.slope_model_ratio",
    ],
    broken_by: "broken::direct_along",
};

/// What has come across.
pub static STATE: Statement = Statement {
    label: "direct.state",
    kind: Kind::Bound,
    claim: "h_{i−1}(x+u) = α h_{i−1}(x) + ρ v, v a unit vector across: ρ ≤ R ‖h_{i−1}(x)‖",
    formula: r"\rho \le R_{i-1} \, \|h_{i-1}(x)\|",
    observed: "ρ/‖h_{i−1}(x)‖",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed).at_any_slope().with_biases(),
    about: About::Quantity,
    main: false,
    proof: "proofs/direct.md#state",
    uses: &["gradient.law", "gradient.ratio"],
    before: &["direct.along", "direct.coherent", "direct.noise"],
    status: Status::Certified,
    code: &["theory/direct/mod.rs::follow"],
    certificates: &["tools.hoeffding", "tools.power", "tools.gamma"],
    coq: &[
        "Flip.step_across",
        "Direct.direct_across",
        "Direct.direct_across_inactive",
        "Direct.direct_across_sum",
        "Direct.direct_across_rest",
        "Neuron.neuron_step",
        "Neuron.neuron_across",
        "Neuron.neuron_across_equal",
        "Neuron.psi_increasing",
        "Neuron.psi_falls",
        "Neuron.psi_scale",
        "Neuron.psi_upper",
        "Neuron.psi_convex",
        "Neuron.psi_split",
        "Neuron.quadratic_largest",
        "Neuron.quadratic_attained",
        "SlopeDirect.slope_across_sum",
        "SlopeDirect.slope_across_quadratic",
        "SlopeDirect.slope_across_largest",
        "SlopeDirect.slope_across",
        "SlopeDirect.slope_across_all",
        "SlopeDirect.slope_across_rest",
        "SlopeDirect.slope_across_normal",
    ],
    broken_by: "broken::direct_state",
};

/// The share of its way that a layer takes back.
pub static COHERENT: Statement = Statement {
    label: "direct.coherent",
    kind: Kind::Bound,
    claim: "a layer takes back at most the share p of the way that its pattern at x would make of \
        the step",
    formula: r"p_i \le \pi_i",
    observed: "p, with a free normal in [−3, 0]",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed).at_any_slope().with_biases(),
    about: About::Quantity,
    main: false,
    proof: "proofs/direct.md#coherent",
    uses: &["direct.along", "direct.state"],
    before: &["direct.coherent", "direct.noise"],
    status: Status::Proved,
    code: &["theory/direct/terms.rs::holds"],
    certificates: &[],
    coq: &[
        "Direct.share_interval",
        "Direct.direct_coherent_share",
        "Direct.direct_coherent_sum",
        "Direct.direct_coherent_layer",
        "Direct.direct_free_normal",
        "Direct.direct_free_layer",
        "SlopeDirect.slope_coherent_neuron",
        "SlopeDirect.slope_coherent_layer",
        "SlopeDirect.slope_output",
        "SlopeDirect.slope_share_range_pos",
        "SlopeDirect.slope_share_range_neg",
        "SlopeDirect.slope_share_normal",
        "SlopeDirect.slope_free_layer",
    ],
    broken_by: "broken::direct_coherent",
};

/// What a layer adds by chance.
pub static NOISE: Statement = Statement {
    label: "direct.noise",
    kind: Kind::Bound,
    claim: "the neurons that flip by chance move the output by at most N |f(x)|",
    formula: r"|N_i| \le \bar N_i \, |f(x)|",
    observed: "|N|/|f(x)|, with a free normal in [−3, 0]",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed).at_any_slope().with_biases(),
    about: About::Quantity,
    main: false,
    proof: "proofs/direct.md#noise",
    uses: &["direct.along", "direct.state"],
    before: &["direct.coherent", "direct.noise"],
    status: Status::Certified,
    code: &["theory/direct/terms.rs::value"],
    certificates: &["tools.power"],
    coq: &[
        "Direct.excess_formula",
        "Direct.excess_formula_sg",
        "Direct.excess_formula_zero",
        "Direct.excess_flip",
        "Direct.excess_no_flip",
        "Direct.direct_relu",
        "Neuron.neuron_excess",
        "SlopeDirect.slope_noise_normal",
    ],
    broken_by: "broken::direct_noise",
};

/// The error of one layer.
pub static ERROR: Statement = Statement {
    label: "direct.error",
    kind: Kind::Bound,
    claim: "|F_i − F_{i−1}| ≤ E |f(x)|, F_i what f(x+u) would be with x's pattern above layer i",
    formula: r"|F_i - F_{i-1}| \le E_i \, |f(x)|",
    observed: "|F_i − F_{i−1}|/|f(x)|",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed).at_any_slope().with_biases(),
    about: About::Quantity,
    main: false,
    proof: "proofs/direct.md#error",
    uses: &["direct.along", "direct.coherent", "direct.noise"],
    before: &["direct.noise"],
    status: Status::Proved,
    code: &["theory/direct/mod.rs::follow"],
    certificates: &[],
    coq: &[
        "Direct.direct_layer",
        "Direct.direct_sum",
        "Direct.direct_output",
        "Direct.direct_recursion",
        "Direct.direct_error",
        "Direct.direct_below",
        "SlopeDirect.slope_layer",
        "SlopeDirect.slope_sum",
        "SlopeDirect.slope_coherent_bounds",
        "SlopeDirect.slope_error",
        "SlopeDirect.slope_recursion",
    ],
    broken_by: "broken::direct_error",
};

/// The step flips the sign, at widths in use.
pub static FLIP: Statement = Statement {
    label: "direct.flip",
    kind: Kind::Bound,
    claim: "the step achieves the share 1 − ϵ of the linear change; above 1/t the sign flips",
    formula: r"\frac{f(x) - f(x+u)}{t f(x)} \ge 1 - \epsilon",
    observed: "(f(x) − f(x+u))/(t f(x))",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed)
        .at_any_slope()
        .with_biases()
        .with("widths for which 1 − ϵ > 1/t"),
    about: About::Flip,
    main: true,
    proof: "proofs/direct.md#flip",
    uses: &["direct.along", "direct.state", "direct.coherent", "direct.noise", "gradient.ratio"],
    before: &[],
    status: Status::Proved,
    code: &[
        "stage/direct/bound.rs::bound",
        "theory/direct/plan.rs::certify",
        "theory/direct/joint/plan.rs::certify",
    ],
    certificates: &[],
    coq: &[
        "Flip.contraction_bound",
        "Flip.contraction_flips",
        "Flip.ratio_flips",
        "Flip.step_linear",
        "Direct.direct_start",
        "Direct.direct_start_step",
        "Direct.direct_start_network",
        "Direct.direct_end",
        "Direct.direct_flips",
        "Direct.direct_step_flips",
        "BiasNetwork.bias_slope_one",
        "SlopeDirect.slope_start",
        "SlopeDirect.slope_start_step",
        "SlopeDirect.slope_start_network",
        "SlopeDirect.slope_end",
        "SlopeDirect.slope_one_step",
        "SlopeDirect.slope_step_flips",
    ],
    broken_by: "broken::direct_flip",
};

/// The widths it takes.
pub static THRESHOLD: Statement = Statement {
    label: "direct.threshold",
    kind: Kind::Bound,
    claim: "direct.flip holds for some t at this multiple of the shape (input dimension shown)",
    formula: r"d \ge d^*: \quad f(x) \, f(x+u) < 0 \text{ for some } t",
    observed: "d, where the sign flips; ∞ where it does not",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed).at_any_slope().with_biases(),
    about: About::Threshold,
    main: true,
    proof: "proofs/direct.md#threshold",
    uses: &["direct.flip"],
    before: &[],
    status: Status::Proved,
    code: &["theory/direct/plan.rs::threshold"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::direct_threshold",
};

/// The other side of the threshold.
pub static FAILS: Statement = Statement {
    label: "direct.fails",
    kind: Kind::Bound,
    claim: "in at least half of the networks the step does not flip the sign",
    formula: r"P\big(f(x) \, f(x+u) < 0\big) \le \tfrac12",
    observed: "d, where the step does not flip the sign; ∞ where it does",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed)
        .at_any_slope()
        .with_biases()
        .with("ReLU without biases, one output, equal widths, deep and narrow enough"),
    about: About::Failure,
    main: false,
    proof: "proofs/direct.md#fails",
    uses: &["gradient.law"],
    before: &[],
    status: Status::Certified,
    code: &[
        "theory/direct/converse/walk.rs::least_output",
        "theory/direct/converse/plan.rs::certify",
    ],
    certificates: &["tools.hoeffding"],
    coq: &[],
    broken_by: "broken::direct_fails",
};

/// Where the threshold is not.
pub static BRACKET: Statement = Statement {
    label: "direct.bracket",
    kind: Kind::Bound,
    claim: "direct.fails holds at this width, the largest found",
    formula: r"d = d_*: \quad P\big(f(x) \, f(x+u) < 0\big) \le \tfrac12",
    observed: "d, where the step does not flip the sign; ∞ where it does",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed)
        .at_any_slope()
        .with_biases()
        .with("ReLU without biases, one output, equal widths"),
    about: About::Failure,
    main: false,
    proof: "proofs/direct.md#bracket",
    uses: &["direct.fails"],
    before: &[],
    status: Status::Proved,
    code: &["theory/direct/converse/plan.rs::widest_failing"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::direct_bracket",
};
