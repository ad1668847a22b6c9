//! The statements of `collapse`, and its rows.

use crate::model::statement::{ALIVE, About, Hypotheses, Inputs, Kind, Statement, Status, Weights};
use crate::stage::rows::Group;

/// The rows, in the order of the ledger.
pub const GROUPS: &[Group] = &[
    Group::Network(&RECURRENCE),
    Group::Network(&ENVELOPE),
    Group::Layers(&[&PAIR]),
    Group::Layers(&[&NORMS]),
    Group::Network(&OUTPUT),
    Group::Network(&SPHERE),
    Group::Biased(&BIAS),
    Group::Chosen(&CONE, super::cone_depths),
];
/// The angle between two inputs in the limit of large widths.
pub static RECURRENCE: Statement = Statement {
    label: "collapse.recurrence",
    kind: Kind::Measurement,
    claim: "cos θ_{i+1} = g(ĉ_i) in the limit of large widths, ĉ_i = cos θ_i without biases",
    formula: r"\cos \theta_{i+1} = g(\hat c_i)",
    observed: "θ_L at these widths, beside the limit (the gap is no violation)",
    hypotheses: Hypotheses::of(Weights::Limit, Inputs::Start)
        .at_any_slope()
        .with_biases()
        .from_depth(1),
    about: About::Quantity,
    main: false,
    proof: "proofs/collapse.md#recurrence",
    uses: &[],
    before: &[],
    status: Status::Certified,
    code: &[
        "theory/angle/mod.rs::next",
        "theory/angle/biased.rs::next_with_bias",
        "num/recurrence.rs::step",
    ],
    certificates: &["collapse.rounding"],
    coq: &[
        "Recurrence.g_at_one",
        "Recurrence.g_at_minus_one",
        "Recurrence.g_nondecreasing",
        "Recurrence.g_convex",
        "Recurrence.g_above",
        "Recurrence.g_range",
        "Recurrence.g_slope",
        "Recurrence.g_nonexpansive",
        "Recurrence.phi_at_zero",
        "Recurrence.phi_at_two",
        "Recurrence.phi_nondecreasing",
        "Recurrence.phi_below",
        "Recurrence.phi_positive",
        "Recurrence.enclosure_sound",
        "Recurrence.midpoint_sound",
    ],
    broken_by: "broken::collapse_recurrence",
};

/// It falls like 3π/(k i).
pub static ENVELOPE: Statement = Statement {
    label: "collapse.envelope",
    kind: Kind::Identity,
    claim: "1 − cos θ_i ≤ ((1 − cos θ₀)^{−1/2} + √2 k i/(3π))^{−2} in the limit of large widths",
    formula: "1 - \\cos \\theta_i \\le \\left( (1 - \\cos \\theta_0)^{-1/2} + \\frac{\\sqrt 2 \\, \
        k \\, i}{3 \\pi} \\right)^{-2}",
    observed: "θ_L of the recurrence, in floating point",
    hypotheses: Hypotheses::of(Weights::Limit, Inputs::PositiveStart)
        .at_any_slope()
        .with_biases()
        .from_depth(1),
    about: About::Quantity,
    main: false,
    proof: "proofs/collapse.md#envelope",
    uses: &["collapse.recurrence"],
    before: &[],
    status: Status::Certified,
    code: &[
        "theory/angle/mod.rs::envelopes",
        "theory/angle/biased.rs::enclosure",
        "stage/collapse/bound.rs::envelope",
    ],
    certificates: &["collapse.step-below", "collapse.step-above", "collapse.concave"],
    coq: &["Recurrence.phi_upper", "Recurrence.envelope_upper"],
    broken_by: "broken::collapse_envelope",
};

/// The angle between two inputs at finite width.
pub static PAIR: Statement = Statement {
    label: "collapse.pair",
    kind: Kind::Bound,
    claim: "θ_i ≤ Θ_i with probability ≥ 1−δ",
    formula: r"\theta_i \le \Theta_i",
    observed: "the angle between the two inputs after layer i (beyond: also where a layer is \
        silent)",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Pair).at_any_slope().with_biases(),
    about: About::Quantity,
    main: true,
    proof: "proofs/collapse.md#pair",
    uses: &["collapse.recurrence"],
    before: &[],
    status: Status::Certified,
    code: &["theory/pair/path.rs::angles", "theory/pair/powers.rs::angles"],
    certificates: &[
        "collapse.moments",
        "collapse.psi",
        "collapse.spread",
        "collapse.ratio",
        "collapse.fourth",
    ],
    coq: &[],
    broken_by: "broken::collapse_pair",
};

/// The ratio of their norms.
pub static NORMS: Statement = Statement {
    label: "collapse.norms",
    kind: Kind::Bound,
    claim: "|log ‖h_i(x)‖/‖h_i(y)‖| ≤ N_i in all layers with probability ≥ 1−δ",
    formula: r"\left| \log \frac{\|h_i(x)\|}{\|h_i(y)\|} \right| \le N_i",
    observed: "|log ‖h_i(x)‖/‖h_i(y)‖| (beyond: also where a layer is silent)",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Pair).at_any_slope().with_biases(),
    about: About::Quantity,
    main: false,
    proof: "proofs/collapse.md#norms",
    uses: &["collapse.pair"],
    before: &[],
    status: Status::Certified,
    code: &["theory/pair/path.rs::norms"],
    certificates: &["collapse.artanh", "collapse.spread"],
    coq: &[],
    broken_by: "broken::collapse_norms",
};

/// The change of the output between them.
pub static OUTPUT: Statement = Statement {
    label: "collapse.output",
    kind: Kind::Bound,
    claim: "|f(x) − f(y)| ≤ o ‖h_L(x)‖/√d_L with probability ≥ 1−δ",
    formula: r"|f(x) - f(y)| \le o \, \frac{\|h_L(x)\|}{\sqrt{d_L}}",
    observed: "|f(x) − f(y)| √d_L/‖h_L(x)‖ (beyond: also where a layer is silent)",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Pair).at_any_slope().with_biases(),
    about: About::Quantity,
    main: true,
    proof: "proofs/collapse.md#output",
    uses: &["collapse.pair", "collapse.norms"],
    before: &[],
    status: Status::Proved,
    code: &["theory/pair/path.rs::output"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::collapse_output",
};

/// All inputs at once.
pub static SPHERE: Statement = Statement {
    label: "collapse.sphere",
    kind: Kind::Supremum,
    claim: "|f(y) − f(x)| ≤ Ω ‖h_L(x)‖/√d_L for all ‖y‖ = ‖x‖ with probability ≥ 1−δ",
    formula: "|f(y) - f(x)| \\le \\Omega \\, \\frac{\\|h_L(x)\\|}{\\sqrt{d_L}} \\text{ for all } \
        \\|y\\| = \\|x\\|",
    observed: "largest |f(y) − f(x)| √d_L/‖h_L(x)‖ found on the sphere through x",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Sphere).at_any_slope().with_biases(),
    about: About::Quantity,
    main: false,
    proof: "proofs/collapse.md#sphere",
    uses: &[
        "collapse.recurrence",
        "collapse.envelope",
        "collapse.pair",
        "collapse.norms",
        "collapse.output",
        "output.law",
    ],
    before: &[],
    status: Status::Certified,
    code: &[
        "theory/pair/sphere.rs::oscillation",
        "theory/pair/link.rs::coarse",
        "theory/pair/link.rs::fine",
    ],
    certificates: &[
        "collapse.square",
        "collapse.iterate",
        "collapse.phi",
        "collapse.artanh",
        "tools.gaussian",
        "tools.power",
    ],
    coq: &[],
    broken_by: "broken::collapse_sphere",
};

/// With biases the first-order step grows with depth.
pub static BIAS: Statement = Statement {
    label: "collapse.bias",
    kind: Kind::Bound,
    claim: "|f(x)|/(‖∇f(x)‖‖x‖) > δ√(πC/(2d)), C = Π(1+𝗌_i²) − 1, with probability ≥ 1−δ",
    formula: r"\frac{|f(x)|}{\|\nabla f(x)\| \, \|x\|} > \delta \sqrt{\frac{\pi C}{2d}}",
    observed: "|f(x)|/(‖∇f(x)‖‖x‖) (∞: the gradient is 0)",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed).at_any_slope().with_biases(),
    about: About::Quantity,
    main: true,
    proof: "proofs/collapse.md#bias",
    uses: &["gradient.ratio"],
    before: &[],
    status: Status::Proved,
    code: &["stage/collapse/bound.rs::shortest"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::collapse_bias",
};

/// How far it is to a change of sign.
pub static CONE: Statement = Statement {
    label: "collapse.cone",
    kind: Kind::Measurement,
    claim: "the nearest change of sign, beside the first-order step",
    formula: r"\min \{\|u\| : f(x) \, f(x+u) < 0\}",
    observed: "‖u‖/‖x‖ for the smallest step found that changes the sign of the network of the \
        first i layers (∞: none found)",
    hypotheses: Hypotheses::of(Weights::Gaussian, Inputs::Fixed)
        .at_any_slope()
        .with_biases()
        .with(ALIVE),
    about: About::Quantity,
    main: false,
    proof: "proofs/collapse.md#cone",
    uses: &["gradient.ratio"],
    before: &[],
    status: Status::Prediction,
    code: &["network/search/sphere.rs::least_flip"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::collapse_cone",
};
