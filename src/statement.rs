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
}

/// How far a statement is established.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Proved on paper, in `proofs/`.
    Proved,
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
    /// How far it is established.
    pub status: Status,
    /// The test that breaks the statement on purpose, as `file::function`.
    pub broken_by: &'static str,
}

impl Statement {
    /// The stage, the part of the label before the dot.
    pub fn stage(&self) -> &'static str {
        self.label.split_once('.').map_or(self.label, |(stage, _)| stage)
    }
}

const FIXED_INPUT: &str = "fixed input x ≠ 0; independent N(0, 1/d_{i−1}) weights";
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
    status: Status::Proved,
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
    status: Status::Proved,
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
    status: Status::Proved,
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
    status: Status::Proved,
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
    status: Status::Proved,
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
    status: Status::Proved,
    broken_by: "broken::gradient_ratio",
};

/// Every statement, in the order of the ledger.
pub const ALL: [&Statement; 6] =
    [&HOMOGENEITY, &OUTPUT_LAW, &OUTPUT_UPPER, &GRADIENT_LAW, &GRADIENT_LOWER, &GRADIENT_RATIO];
