//! The statements of `model`, and its rows.

use crate::model::statement::{About, Hypotheses, Inputs, Kind, Statement, Status, Weights};
use crate::stage::rows::Group;

/// The rows, in the order of the ledger.
pub const GROUPS: &[Group] = &[Group::Network(&HOMOGENEITY)];
/// f(cx) = c f(x) for c > 0, hence f(x) = ⟨∇f(x), x⟩.
pub static HOMOGENEITY: Statement = Statement {
    label: "model.homogeneity",
    kind: Kind::Identity,
    claim: "f(x) = ⟨∇f(x), x⟩, and with biases Σ ⟨l_i, 𝖻_i⟩ more",
    formula: r"f(x) = \langle \nabla f(x), x \rangle",
    observed: "|f(x) − ⟨∇f(x), x⟩| over the rounding error proved possible",
    hypotheses: Hypotheses::of(Weights::Any, Inputs::Any),
    about: About::Quantity,
    main: true,
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
        "Slopes.slope_homogeneity",
        "Slopes.slope_euler",
        "Slopes.slope_backward_gradient",
        "Slopes.slope_output_by_layer",
        "Slopes.slope_pattern_scale",
        "Slopes.slope_gradient_scale",
        "Slopes.slope_relu",
        "BiasNetwork.bias_euler",
        "BiasNetwork.bias_output_by_layer",
        "BiasNetwork.bias_backward_gradient",
        "BiasNetwork.bias_none",
        "BiasNetwork.bias_homogeneity",
        "BiasNetwork.bias_pattern_scale",
        "BiasNetwork.bias_ray",
        "BiasNetwork.bias_augmented_layer",
        "BiasNetwork.bias_augmented",
        "BiasNetwork.bias_augmented_rows",
        "BiasNetwork.bias_augmented_gradient",
    ],
    broken_by: "broken::homogeneity",
};
