//! The registry of statements: one label for claim, bound, observation and proof.

/// What sort of claim a statement makes, and hence how it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Holds exactly in every network; judged up to a proved rounding error.
    Identity,
    /// An exact distribution; judged by a Kolmogorov–Smirnov test.
    Law,
    /// Holds with probability at least 1 − δ; judged by its exceedances.
    Bound,
    /// A bound on a supremum over a ball; observed from below by searches, so that it can be
    /// refuted but not confirmed.
    Supremum,
    /// Measured, without a claim.
    Measurement,
    /// A factor of a bound beside the measured one: where the slack comes from.
    Factor,
}

/// How far a statement is established.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The statement itself is a theorem of Coq, in `proofs/coq/`.
    MachineChecked,
    /// Proved on paper, in `proofs/`, with numeric facts that are certified over their whole ranges.
    Certified,
    /// Proved on paper.
    Proved,
    /// Nothing is claimed: measured, beside a prediction if there is one.
    Prediction,
}

impl Status {
    /// The name in lists.
    pub fn name(self) -> &'static str {
        match self {
            Status::MachineChecked => "machine-checked",
            Status::Certified => "certified",
            Status::Proved => "proved",
            Status::Prediction => "prediction",
        }
    }
}

/// One statement of the theory.
#[derive(Debug, PartialEq, Eq)]
pub struct Statement {
    /// `stage.name`, used everywhere: ledger, proofs, code and tests.
    pub label: &'static str,
    /// What sort of claim it is.
    pub kind: Kind,
    /// The claim in one line, in the notation of the proofs.
    pub claim: &'static str,
    /// The quantity that is observed and held against the claim.
    pub observed: &'static str,
    /// What is assumed, beyond the model itself.
    pub hypotheses: &'static str,
    /// File and anchor of the proof.
    pub proof: &'static str,
    /// Labels that the proof uses.
    pub uses: &'static [&'static str],
    /// Labels that it uses for the layers before only: the induction over layers.
    pub before: &'static [&'static str],
    /// How far it is established.
    pub status: Status,
    /// The functions that evaluate it, as `file::function` below `src/`.
    pub code: &'static [&'static str],
    /// The numeric facts that the proof uses, by name.
    pub certificates: &'static [&'static str],
    /// What of it is machine-checked, as `File.theorem` in `proofs/coq/`.
    pub coq: &'static [&'static str],
    /// The test that breaks the statement on purpose, as `file::function`.
    pub broken_by: &'static str,
}

impl Statement {
    /// The statement with this label.
    pub fn named(label: &str) -> Option<&'static Statement> {
        ALL.into_iter().find(|statement| statement.label == label)
    }

    /// The stage, the part of the label before the dot.
    pub fn stage(&self) -> &'static str {
        self.label.split_once('.').map_or(self.label, |(stage, _)| stage)
    }
}

const FIXED_INPUT: &str = "fixed input x ≠ 0; independent N(0, 1/d_{i−1}) weights";
const IN_BALL: &str =
    "fixed input x ≠ 0; independent N(0, 1/d_{i−1}) weights; all y with ‖y − x‖ ≤ R at once";
const PAIR: &str = "two fixed inputs of equal norms at angle θ₀ (for d = 1, 0 or π); independent N(0, 1/d_{i−1}) weights";
const ALIVE: &str = "fixed input x ≠ 0; independent N(0, 1/d_{i−1}) weights; given that f is not constantly 0 near x";

/// f(cx) = c f(x) for c > 0, hence f(x) = ⟨∇f(x), x⟩.
pub const HOMOGENEITY: Statement = Statement {
    label: "model.homogeneity",
    kind: Kind::Identity,
    claim: "f(x) = ⟨∇f(x), x⟩",
    observed: "|f(x) − ⟨∇f(x), x⟩| over the rounding error proved possible",
    hypotheses: "any weights, any x",
    proof: "proofs/model.md#homogeneity",
    uses: &[],
    before: &[],
    status: Status::MachineChecked,
    code: &["stage/model/observe.rs::homogeneity"],
    certificates: &[],
    coq: &[
        "Network.homogeneity",
        "Network.euler",
        "Network.backward_gradient",
        "Network.output_by_layer",
        "Network.pattern_scale",
        "Network.gradient_scale",
    ],
    broken_by: "broken::homogeneity",
};

/// The law of the output.
pub const OUTPUT_LAW: Statement = Statement {
    label: "output.law",
    kind: Kind::Law,
    claim: "f(x)² ~ (‖x‖²/d) · Π S(d_i)/d_i · χ²₁",
    observed: "|f(x)| √d/‖x‖",
    hypotheses: FIXED_INPUT,
    proof: "proofs/output.md#law",
    uses: &[],
    before: &[],
    status: Status::Proved,
    code: &["stage/output/predict.rs::law"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::output_law",
};

/// The output is not too big.
pub const OUTPUT_UPPER: Statement = Statement {
    label: "output.upper",
    kind: Kind::Bound,
    claim: "|f(x)| ≤ u ‖x‖/√d with probability ≥ 1−δ",
    observed: "|f(x)| √d/‖x‖",
    hypotheses: FIXED_INPUT,
    proof: "proofs/output.md#upper",
    uses: &["output.law"],
    before: &[],
    status: Status::Certified,
    code: &["stage/output/bound.rs::upper"],
    certificates: &["tools.power", "tools.gamma"],
    coq: &[],
    broken_by: "broken::output_upper",
};

/// The law of the gradient's norm.
pub const GRADIENT_LAW: Statement = Statement {
    label: "gradient.law",
    kind: Kind::Law,
    claim: "‖∇f(x)‖² ~ Π S(d_i)/d_i · χ²_d/d",
    observed: "‖∇f(x)‖",
    hypotheses: FIXED_INPUT,
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
pub const GRADIENT_LOWER: Statement = Statement {
    label: "gradient.lower",
    kind: Kind::Bound,
    claim: "‖∇f(x)‖ ≥ v with probability ≥ 1−δ",
    observed: "‖∇f(x)‖",
    hypotheses: FIXED_INPUT,
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
pub const GRADIENT_RATIO: Statement = Statement {
    label: "gradient.ratio",
    kind: Kind::Law,
    claim: "|f(x)| / (‖∇f(x)‖ ‖x‖) ~ |U₁|, U uniform on the sphere in R^d",
    observed: "|f(x)| / (‖∇f(x)‖ ‖x‖)",
    hypotheses: ALIVE,
    proof: "proofs/gradient.md#ratio",
    uses: &["gradient.law", "model.homogeneity"],
    before: &[],
    status: Status::Proved,
    code: &["distribution/ratio.rs::upper_enclosure"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::gradient_ratio",
};

/// The rows of flipped neurons are not too large on the change of the layer below.
pub const BOTTLENECK_ROWS: Statement = Statement {
    label: "bottleneck.rows",
    kind: Kind::Supremum,
    claim: "‖(W_j)_F Δh_{j−1}(y)‖ ≤ κ ‖h_{j−1}(x)‖/√d_{j−1}, F the neurons flipped at y",
    observed: "√d_{j−1} ‖(W_j)_F Δh_{j−1}(y)‖/‖h_{j−1}(x)‖",
    hypotheses: IN_BALL,
    proof: "proofs/bottleneck.md#rows",
    uses: &[],
    before: &["bottleneck.flips", "bottleneck.lipschitz"],
    status: Status::Certified,
    code: &["ball/comparison.rs::control", "ball/plain.rs::control"],
    certificates: &["tools.entropy", "tools.bernstein", "bottleneck.radius"],
    coq: &[],
    broken_by: "broken::bottleneck_rows",
};

/// Few neurons flip.
pub const BOTTLENECK_FLIPS: Statement = Statement {
    label: "bottleneck.flips",
    kind: Kind::Supremum,
    claim: "at most m neurons of layer j flip between x and y",
    observed: "neurons active at exactly one of x and y",
    hypotheses: IN_BALL,
    proof: "proofs/bottleneck.md#flips",
    uses: &["bottleneck.rows"],
    before: &[],
    status: Status::Proved,
    code: &["ball/mod.rs::flips"],
    certificates: &[],
    coq: &[
        "Flips.flip_margin",
        "Flips.flip_margin_network",
        "Flips.flips_squares",
        "Flips.flips_count",
    ],
    broken_by: "broken::bottleneck_flips",
};

/// The layers are Lipschitz in the ball.
pub const BOTTLENECK_LIPSCHITZ: Statement = Statement {
    label: "bottleneck.lipschitz",
    kind: Kind::Supremum,
    claim: "‖J_j(y)‖ ≤ σ: h_j has Lipschitz constant at most σ in the ball",
    observed: "‖J_j(x)‖, the operator norm of the Jacobian",
    hypotheses: IN_BALL,
    proof: "proofs/bottleneck.md#lipschitz",
    uses: &["bottleneck.rows", "bottleneck.flips"],
    before: &["bottleneck.lipschitz"],
    status: Status::Certified,
    code: &["ball/comparison.rs::lipschitz", "ball/comparison.rs::spread"],
    certificates: &["tools.bernstein", "tools.entropy"],
    coq: &[],
    broken_by: "broken::bottleneck_lipschitz",
};

/// The gradient change is a sum over layers.
pub const DECOMPOSITION: Statement = Statement {
    label: "linearity.decomposition",
    kind: Kind::Identity,
    claim: "∇f(x) − ∇f(y) = Σ_j T_j(y)",
    observed: "residual of ⟨∇f(x) − ∇f(y) − Σ T_j(y), ∇f(x) − ∇f(y)⟩ over the rounding error proved possible",
    hypotheses: "any weights, any x and y",
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
    ],
    broken_by: "broken::linearity_decomposition",
};

/// Each layer's part of the gradient change is small.
pub const LINEARITY_TERM: Statement = Statement {
    label: "linearity.term",
    kind: Kind::Supremum,
    claim: "‖T_j(y)‖ ≤ e ‖∇f(x)‖",
    observed: "‖T_j(y)‖/‖∇f(x)‖",
    hypotheses: IN_BALL,
    proof: "proofs/linearity.md#term",
    uses: &["bottleneck.rows", "bottleneck.flips", "bottleneck.lipschitz", "gradient.law"],
    before: &[],
    status: Status::Certified,
    code: &["ball/comparison.rs::weights"],
    certificates: &["tools.entropy"],
    coq: &[],
    broken_by: "broken::linearity_term",
};

/// The gradient hardly changes in the ball.
pub const LINEARITY_GRADIENT: Statement = Statement {
    label: "linearity.gradient",
    kind: Kind::Supremum,
    claim: "‖∇f(y) − ∇f(x)‖ ≤ ε ‖∇f(x)‖",
    observed: "‖∇f(y) − ∇f(x)‖/‖∇f(x)‖",
    hypotheses: IN_BALL,
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
pub const LINEARITY_AFFINE: Statement = Statement {
    label: "linearity.affine",
    kind: Kind::Supremum,
    claim: "|f(x+u) − f(x) − ⟨u, ∇f(x)⟩| ≤ ϵ ‖u‖ ‖∇f(x)‖",
    observed: "|f(x+u) − f(x) − ⟨u, ∇f(x)⟩|/(‖u‖ ‖∇f(x)‖)",
    hypotheses: IN_BALL,
    proof: "proofs/linearity.md#affine",
    uses: &[
        "linearity.decomposition",
        "linearity.gradient",
        "model.homogeneity",
        "gradient.law",
        "bottleneck.flips",
        "output.law",
    ],
    before: &[],
    status: Status::Certified,
    code: &["ball/comparison.rs::affine", "stage/linearity/bound.rs::linearity"],
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
    ],
    broken_by: "broken::linearity_affine",
};

/// The length of the adversarial step.
pub const FLIP_SIZE: Statement = Statement {
    label: "flip.size",
    kind: Kind::Law,
    claim: "‖u‖/‖x‖ ~ t |U₁|, u = −t f(x) ∇f(x)/‖∇f(x)‖²",
    observed: "‖u‖/‖x‖",
    hypotheses: ALIVE,
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
pub const FLIP_STEP: Statement = Statement {
    label: "flip.step",
    kind: Kind::Bound,
    claim: "(f(x) − f(x+u))/(t f(x)) ≥ 1 − ϵ > 1/t with probability ≥ 1−δ: the step flips the sign",
    observed: "(f(x) − f(x+u))/(t f(x)), the share of the linear change that is achieved; above 1/t the sign flips (beyond: it does not)",
    hypotheses: "fixed input x ≠ 0; independent N(0, 1/d_{i−1}) weights; widths so large that 1 − ϵ > 1/t; a network that is constantly 0 near x counts as not flipping",
    proof: "proofs/flip.md#step",
    uses: &["flip.size", "linearity.affine", "model.homogeneity"],
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
    ],
    broken_by: "broken::flip_step",
};

/// The least step that flips.
pub const FLIP_LEAST: Statement = Statement {
    label: "flip.least",
    kind: Kind::Bound,
    claim: "on the ray against the gradient f has the opposite sign before step t, with probability ≥ 1−δ",
    observed: "the least t beyond which f has the opposite sign (beyond: not by the step)",
    hypotheses: "fixed input x ≠ 0; independent N(0, 1/d_{i−1}) weights; widths so large that some 1 − ϵ > 1/t",
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
pub const FLIP_PIECES: Statement = Statement {
    label: "flip.pieces",
    kind: Kind::Measurement,
    claim: "pieces of the step with one activation pattern each",
    observed: "pieces from x to x + u with one activation pattern each",
    hypotheses: ALIVE,
    proof: "proofs/flip.md#measured",
    uses: &["gradient.ratio"],
    before: &[],
    status: Status::Prediction,
    code: &["stage/flip/predict.rs::pieces", "search/line.rs::pieces"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::flip_pieces",
};

/// How much the gradient changes over the step.
pub const FLIP_CHANGE: Statement = Statement {
    label: "flip.change",
    kind: Kind::Measurement,
    claim: "relative change of the gradient at the end of the step",
    observed: "‖∇f(x+u) − ∇f(x)‖/‖∇f(x)‖",
    hypotheses: ALIVE,
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
pub const FLIP_THRESHOLD: Statement = Statement {
    label: "flip.threshold",
    kind: Kind::Bound,
    claim: "at input dimension d* (this shape, scaled) some step is proved to flip the sign with probability ≥ 1−δ",
    observed: "the input dimension of a network whose step flips the sign",
    hypotheses: "fixed input x ≠ 0; independent N(0, 1/d_{i−1}) weights",
    proof: "proofs/flip.md#threshold",
    uses: &["flip.step"],
    before: &[],
    status: Status::Proved,
    code: &["stage/flip/bound.rs::threshold"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::flip_threshold",
};

/// What is left of the input along itself.
pub const DIRECT_ALONG: Statement = Statement {
    label: "direct.along",
    kind: Kind::Bound,
    claim: "h_{i−1}(x+u) = α h_{i−1}(x) + ρ v, v a unit vector across: α ≥ a",
    observed: "⟨h_{i−1}(x+u), h_{i−1}(x)⟩/‖h_{i−1}(x)‖²",
    hypotheses: FIXED_INPUT,
    proof: "proofs/direct.md#along",
    uses: &["gradient.law", "gradient.ratio"],
    before: &["direct.state", "direct.coherent", "direct.noise"],
    status: Status::Certified,
    code: &["direct/mod.rs::follow"],
    certificates: &["tools.hoeffding", "tools.power", "tools.gamma"],
    coq: &[
        "Flip.step_along",
        "Flip.step_across",
        "Direct.direct_along_identity",
        "Direct.direct_along",
        "Direct.direct_along_excess",
        "Direct.direct_along_sum",
        "Direct.direct_gamma",
    ],
    broken_by: "broken::direct_along",
};

/// What has come across.
pub const DIRECT_STATE: Statement = Statement {
    label: "direct.state",
    kind: Kind::Bound,
    claim: "h_{i−1}(x+u) = α h_{i−1}(x) + ρ v, v a unit vector across: ρ ≤ R ‖h_{i−1}(x)‖",
    observed: "ρ/‖h_{i−1}(x)‖",
    hypotheses: FIXED_INPUT,
    proof: "proofs/direct.md#state",
    uses: &["gradient.law", "gradient.ratio"],
    before: &["direct.along", "direct.coherent", "direct.noise"],
    status: Status::Certified,
    code: &["direct/mod.rs::follow"],
    certificates: &["tools.hoeffding", "tools.power", "tools.gamma"],
    coq: &[
        "Flip.step_across",
        "Direct.direct_across",
        "Direct.direct_across_inactive",
        "Direct.direct_across_sum",
        "Direct.direct_across_rest",
    ],
    broken_by: "broken::direct_state",
};

/// The share of its way that a layer takes back.
pub const DIRECT_COHERENT: Statement = Statement {
    label: "direct.coherent",
    kind: Kind::Bound,
    claim: "a layer takes back at most the share p of the way that its pattern at x would make of the step",
    observed: "p, with a free normal in [−3, 0]",
    hypotheses: FIXED_INPUT,
    proof: "proofs/direct.md#coherent",
    uses: &["direct.along", "direct.state"],
    before: &["direct.coherent", "direct.noise"],
    status: Status::Proved,
    code: &["direct/terms.rs::holds"],
    certificates: &[],
    coq: &[
        "Direct.share_interval",
        "Direct.direct_coherent_share",
        "Direct.direct_coherent_sum",
        "Direct.direct_coherent_layer",
        "Direct.direct_free_normal",
        "Direct.direct_free_layer",
    ],
    broken_by: "broken::direct_coherent",
};

/// What a layer adds by chance.
pub const DIRECT_NOISE: Statement = Statement {
    label: "direct.noise",
    kind: Kind::Bound,
    claim: "the neurons that flip by chance move the output by at most N |f(x)|",
    observed: "|N|/|f(x)|, with a free normal in [−3, 0]",
    hypotheses: FIXED_INPUT,
    proof: "proofs/direct.md#noise",
    uses: &["direct.along", "direct.state"],
    before: &["direct.coherent", "direct.noise"],
    status: Status::Certified,
    code: &["direct/terms.rs::value"],
    certificates: &["tools.power"],
    coq: &[
        "Direct.excess_formula",
        "Direct.excess_formula_sg",
        "Direct.excess_formula_zero",
        "Direct.excess_flip",
        "Direct.excess_no_flip",
        "Direct.direct_relu",
    ],
    broken_by: "broken::direct_noise",
};

/// The error of one layer.
pub const DIRECT_ERROR: Statement = Statement {
    label: "direct.error",
    kind: Kind::Bound,
    claim: "|F_i − F_{i−1}| ≤ E |f(x)|, F_i what f(x+u) would be with x's pattern above layer i",
    observed: "|F_i − F_{i−1}|/|f(x)|",
    hypotheses: FIXED_INPUT,
    proof: "proofs/direct.md#error",
    uses: &["direct.along", "direct.coherent", "direct.noise"],
    before: &["direct.noise"],
    status: Status::Proved,
    code: &["direct/mod.rs::follow"],
    certificates: &[],
    coq: &[
        "Direct.direct_layer",
        "Direct.direct_sum",
        "Direct.direct_output",
        "Direct.direct_recursion",
        "Direct.direct_error",
        "Direct.direct_below",
    ],
    broken_by: "broken::direct_error",
};

/// The step flips the sign, at widths in use.
pub const DIRECT_FLIP: Statement = Statement {
    label: "direct.flip",
    kind: Kind::Bound,
    claim: "the step achieves the share 1 − ϵ of the linear change; above 1/t the sign flips",
    observed: "(f(x) − f(x+u))/(t f(x))",
    hypotheses: "fixed input x ≠ 0; independent N(0, 1/d_{i−1}) weights; widths for which 1 − ϵ > 1/t",
    proof: "proofs/direct.md#flip",
    uses: &["direct.along", "direct.state", "direct.coherent", "direct.noise", "gradient.ratio"],
    before: &[],
    status: Status::Proved,
    code: &["stage/direct/bound.rs::bound", "direct/plan.rs::certify"],
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
    ],
    broken_by: "broken::direct_flip",
};

/// The widths it takes.
pub const DIRECT_THRESHOLD: Statement = Statement {
    label: "direct.threshold",
    kind: Kind::Bound,
    claim: "direct.flip holds for some t at this multiple of the shape (input dimension shown)",
    observed: "d, where the sign flips; ∞ where it does not",
    hypotheses: FIXED_INPUT,
    proof: "proofs/direct.md#threshold",
    uses: &["direct.flip"],
    before: &[],
    status: Status::Proved,
    code: &["direct/plan.rs::threshold"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::direct_threshold",
};

/// Flipped neurons.
pub const SLACK_FLIPS: Statement = Statement {
    label: "slack.flips",
    kind: Kind::Factor,
    claim: "√m_j",
    observed: "√|F_j(y)|",
    hypotheses: "at the point of largest gradient change that was found",
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
pub const SLACK_WEIGHTS: Statement = Statement {
    label: "slack.weights",
    kind: Kind::Factor,
    claim: "g_j/√m_j",
    observed: "‖(b_j)_F‖ √d_j/(‖b_{j+1}D_{j+1}‖ √|F|)",
    hypotheses: "at the point of largest gradient change that was found",
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
pub const SLACK_ROWS: Statement = Statement {
    label: "slack.rows",
    kind: Kind::Factor,
    claim: "K_j/σ_{j−1}",
    observed: "√d_{j−1} ‖T_j(y)‖/(‖(b_j)_F‖ ‖J_{j−1}(x)‖)",
    hypotheses: "at the point of largest gradient change that was found",
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
pub const SLACK_LIPSCHITZ: Statement = Statement {
    label: "slack.lipschitz",
    kind: Kind::Factor,
    claim: "σ_{j−1}",
    observed: "‖J_{j−1}(x)‖",
    hypotheses: "at the point of largest gradient change that was found",
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
pub const SLACK_SCALE: Statement = Statement {
    label: "slack.scale",
    kind: Kind::Factor,
    claim: "1/v_j",
    observed: "‖b_{j+1}D_{j+1}‖/‖∇f(x)‖",
    hypotheses: "at the point of largest gradient change that was found",
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
pub const SLACK_TOTAL: Statement = Statement {
    label: "slack.total",
    kind: Kind::Factor,
    claim: "ε = Σ_j e_j",
    observed: "‖∇f(y) − ∇f(x)‖/‖∇f(x)‖",
    hypotheses: "at the point of largest gradient change that was found",
    proof: "proofs/slack.md#factors",
    uses: &["linearity.gradient"],
    before: &[],
    status: Status::Proved,
    code: &["attribution.rs::new"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::slack_factors",
};

/// The angle between two inputs in the limit of large widths.
pub const COLLAPSE_RECURRENCE: Statement = Statement {
    label: "collapse.recurrence",
    kind: Kind::Measurement,
    claim: "cos θ_{i+1} = g(cos θ_i) in the limit of large widths",
    observed: "θ_L at these widths, beside the limit (the gap is no violation)",
    hypotheses: "two inputs at angle θ₀",
    proof: "proofs/collapse.md#recurrence",
    uses: &[],
    before: &[],
    status: Status::Certified,
    code: &["angle/mod.rs::next", "num/recurrence.rs::step"],
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

/// It falls like 3π/i.
pub const COLLAPSE_ENVELOPE: Statement = Statement {
    label: "collapse.envelope",
    kind: Kind::Identity,
    claim: "1 − cos θ_i ≤ ((1 − cos θ₀)^{−1/2} + √2 i/(3π))^{−2} in the limit of large widths",
    observed: "θ_L of the recurrence, in floating point",
    hypotheses: "0 < θ₀ ≤ π",
    proof: "proofs/collapse.md#envelope",
    uses: &["collapse.recurrence"],
    before: &[],
    status: Status::Certified,
    code: &["angle/mod.rs::envelopes", "stage/collapse/bound.rs::envelope"],
    certificates: &["collapse.step-below", "collapse.step-above", "collapse.concave"],
    coq: &["Recurrence.phi_upper", "Recurrence.envelope_upper"],
    broken_by: "broken::collapse_envelope",
};

/// The angle between two inputs at finite width.
pub const COLLAPSE_PAIR: Statement = Statement {
    label: "collapse.pair",
    kind: Kind::Bound,
    claim: "θ_i ≤ Θ_i with probability ≥ 1−δ",
    observed: "the angle between the two inputs after layer i (beyond: also where a layer is silent)",
    hypotheses: PAIR,
    proof: "proofs/collapse.md#pair",
    uses: &["collapse.recurrence"],
    before: &[],
    status: Status::Certified,
    code: &["pair/path.rs::angles"],
    certificates: &["collapse.moments", "collapse.psi"],
    coq: &[],
    broken_by: "broken::collapse_pair",
};

/// The ratio of their norms.
pub const COLLAPSE_NORMS: Statement = Statement {
    label: "collapse.norms",
    kind: Kind::Bound,
    claim: "|log ‖h_i(x)‖/‖h_i(y)‖| ≤ N_i in all layers with probability ≥ 1−δ",
    observed: "|log ‖h_i(x)‖/‖h_i(y)‖| (beyond: also where a layer is silent)",
    hypotheses: PAIR,
    proof: "proofs/collapse.md#norms",
    uses: &["collapse.pair"],
    before: &[],
    status: Status::Certified,
    code: &["pair/path.rs::norms"],
    certificates: &["collapse.artanh"],
    coq: &[],
    broken_by: "broken::collapse_norms",
};

/// The change of the output between them.
pub const COLLAPSE_OUTPUT: Statement = Statement {
    label: "collapse.output",
    kind: Kind::Bound,
    claim: "|f(x) − f(y)| ≤ o ‖h_L(x)‖/√d_L with probability ≥ 1−δ",
    observed: "|f(x) − f(y)| √d_L/‖h_L(x)‖ (beyond: also where a layer is silent)",
    hypotheses: PAIR,
    proof: "proofs/collapse.md#output",
    uses: &["collapse.pair", "collapse.norms"],
    before: &[],
    status: Status::Proved,
    code: &["pair/path.rs::output"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::collapse_output",
};

/// All inputs at once.
pub const COLLAPSE_SPHERE: Statement = Statement {
    label: "collapse.sphere",
    kind: Kind::Supremum,
    claim: "|f(y) − f(x)| ≤ Ω ‖h_L(x)‖/√d_L for all ‖y‖ = ‖x‖ with probability ≥ 1−δ",
    observed: "largest |f(y) − f(x)| √d_L/‖h_L(x)‖ found on the sphere through x",
    hypotheses: "fixed input x ≠ 0; independent N(0, 1/d_{i−1}) weights; all y on the sphere through x at once",
    proof: "proofs/collapse.md#sphere",
    uses: &["collapse.pair", "collapse.norms", "collapse.output", "output.law"],
    before: &[],
    status: Status::Certified,
    code: &["pair/sphere.rs::oscillation"],
    certificates: &[
        "collapse.ratio",
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

/// How far it is to a change of sign.
pub const COLLAPSE_CONE: Statement = Statement {
    label: "collapse.cone",
    kind: Kind::Measurement,
    claim: "the nearest change of sign, beside the first-order step",
    observed: "‖u‖/‖x‖ for the smallest step found that changes the sign of the network of the first i layers (∞: none found)",
    hypotheses: ALIVE,
    proof: "proofs/collapse.md#cone",
    uses: &["gradient.ratio"],
    before: &[],
    status: Status::Prediction,
    code: &["search/sphere.rs::least_flip"],
    certificates: &[],
    coq: &[],
    broken_by: "broken::collapse_cone",
};

/// Every statement, in the order of the ledger.
pub const ALL: [&Statement; 39] = [
    &HOMOGENEITY,
    &OUTPUT_LAW,
    &OUTPUT_UPPER,
    &GRADIENT_LAW,
    &GRADIENT_LOWER,
    &GRADIENT_RATIO,
    &BOTTLENECK_ROWS,
    &BOTTLENECK_FLIPS,
    &BOTTLENECK_LIPSCHITZ,
    &DECOMPOSITION,
    &LINEARITY_TERM,
    &LINEARITY_GRADIENT,
    &LINEARITY_AFFINE,
    &FLIP_SIZE,
    &FLIP_STEP,
    &FLIP_LEAST,
    &FLIP_PIECES,
    &FLIP_CHANGE,
    &FLIP_THRESHOLD,
    &DIRECT_ALONG,
    &DIRECT_STATE,
    &DIRECT_COHERENT,
    &DIRECT_NOISE,
    &DIRECT_ERROR,
    &DIRECT_FLIP,
    &DIRECT_THRESHOLD,
    &SLACK_FLIPS,
    &SLACK_WEIGHTS,
    &SLACK_ROWS,
    &SLACK_LIPSCHITZ,
    &SLACK_SCALE,
    &SLACK_TOTAL,
    &COLLAPSE_RECURRENCE,
    &COLLAPSE_ENVELOPE,
    &COLLAPSE_PAIR,
    &COLLAPSE_NORMS,
    &COLLAPSE_OUTPUT,
    &COLLAPSE_SPHERE,
    &COLLAPSE_CONE,
];
