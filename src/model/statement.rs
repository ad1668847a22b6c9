//! What a statement is: one label for claim, bound, observation and proof.

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
    /// Proved on paper, in `proofs/`, with numeric facts that are certified over their whole
    /// ranges.
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
    /// The same as a formula in TeX, without its probability.
    pub formula: &'static str,
    /// The quantity that is observed and held against the claim.
    pub observed: &'static str,
    /// What is assumed, beyond the model itself.
    pub hypotheses: Hypotheses,
    /// What its outcomes say of a step.
    pub about: About,
    /// Does it stand in the short table of a report?
    pub main: bool,
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
    /// The stage, the part of the label before the dot.
    pub fn stage(&self) -> &'static str {
        self.label.split_once('.').map_or(self.label, |(stage, _)| stage)
    }
}

/// What the outcomes of a statement say of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Nothing: they are of some quantity.
    Quantity,
    /// What it achieves: beyond the level at hand it does not flip the sign.
    Flip,
    /// Whether it flips the sign: they are infinite where it does not.
    Threshold,
    /// Whether it fails to: they are infinite where it flips the sign.
    Failure,
}

/// Which weights a network has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// Whatever they are.
    Any,
    /// Independent N(0, 1/d_{i−1}) in hidden layers, of which there are some, below an output row
    /// whose entries have independent fair signs.
    GaussianBelow,
    /// Independent N(0, 1/d_{i−1}).
    Gaussian,
    /// Those, in the limit of large widths.
    Limit,
}

/// For which slopes of the activation a statement is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slopes {
    /// Any from −1 to 1.
    Any,
    /// 0: ReLU.
    Relu,
}

/// For which biases a statement is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Biases {
    /// Any, or none.
    Any,
    /// None.
    None,
}

/// Which inputs a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inputs {
    /// Any x.
    Any,
    /// Any x and y.
    AnyTwo,
    /// One x ≠ 0 that does not depend on the weights.
    Fixed,
    /// Such an x, and all y in the ball around it at once.
    Ball,
    /// Such an x, and all y of its norm at once.
    Sphere,
    /// Two that do not depend on the weights, of equal norms at the angle θ₀.
    Pair,
    /// Two at the angle θ₀, followed by the recurrence.
    Start,
    /// The same, for θ₀ > 0.
    PositiveStart,
    /// The point of the ball at which the searches found the largest gradient change.
    Steepest,
}

/// What is given that f is not constantly 0 near x.
pub const ALIVE: &str = "given that f is not constantly 0 near x";

/// What a statement assumes, beyond the model itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hypotheses {
    /// Of the weights.
    pub weights: Weights,
    /// Of the inputs.
    pub inputs: Inputs,
    /// Hidden layers, at least.
    pub least_depth: usize,
    /// Of the activation.
    pub slopes: Slopes,
    /// Of the biases.
    pub biases: Biases,
    /// Must the pair of classes be fixed beforehand? What is stated with a probability holds of all
    /// pairs at once, and so of one that the outputs choose.
    pub fixed_pair: bool,
    /// Must the size of the step in its own norm have a law that is known?
    pub known_size: bool,
    /// Is it about inputs of other dimensions, too?
    pub other_dimensions: bool,
    /// What the bound itself decides, or what is given, in words; "" for nothing.
    pub proviso: &'static str,
}

/// The network at hand, as far as hypotheses ask.
#[derive(Clone, Copy, Debug)]
pub struct AtHand {
    /// How its weights are drawn.
    pub weights: Weights,
    /// Its hidden layers.
    pub depth: usize,
    /// Are its two inputs one?
    pub parallel: bool,
    /// Its activation.
    pub activation: ActivationAtHand,
    /// Does it have biases?
    pub biased: bool,
    /// Is a pair of its outputs looked at that they choose themselves?
    pub pair_is_chosen: bool,
    /// What sort of norm the step of the stage `norm` is short in.
    pub norm: NormAtHand,
}

/// An activation, as far as hypotheses ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivationAtHand {
    /// ReLU.
    Relu,
    /// Of another slope at negative arguments.
    Bent,
    /// Not piecewise linear.
    Curved,
}

/// A norm, as far as hypotheses ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormAtHand {
    /// Of inputs of any dimension, and the law of the size is known.
    Usual,
    /// Coordinates are counted: no law of the size is known.
    Counting,
    /// A form, of inputs of this dimension alone, of which the law is known.
    Form,
}

impl Hypotheses {
    /// Of weights and inputs alone: at any slope and with biases for any weights, otherwise for
    /// ReLU without them.
    pub const fn of(weights: Weights, inputs: Inputs) -> Self {
        let slopes = match weights {
            Weights::Any => Slopes::Any,
            Weights::Gaussian | Weights::GaussianBelow | Weights::Limit => Slopes::Relu,
        };
        Hypotheses {
            weights,
            inputs,
            least_depth: 0,
            slopes,
            biases: match weights {
                Weights::Any => Biases::Any,
                Weights::Gaussian | Weights::GaussianBelow | Weights::Limit => Biases::None,
            },
            fixed_pair: false,
            known_size: false,
            other_dimensions: false,
            proviso: "",
        }
    }

    /// The same at any slope of the activation.
    #[must_use]
    pub const fn at_any_slope(self) -> Self {
        Hypotheses { slopes: Slopes::Any, ..self }
    }

    /// The same with biases, too.
    #[must_use]
    pub const fn with_biases(self) -> Self {
        Hypotheses { biases: Biases::Any, ..self }
    }

    /// The same of one output, or of a pair of classes that the outputs do not choose.
    #[must_use]
    pub const fn of_fixed_pair(self) -> Self {
        Hypotheses { fixed_pair: true, ..self }
    }

    /// The same of a step whose size in its own norm has a law that is known.
    #[must_use]
    pub const fn of_known_size(self) -> Self {
        Hypotheses { known_size: true, ..self }
    }

    /// The same of multiples of the widths, and so of inputs of other dimensions.
    #[must_use]
    pub const fn at_other_dimensions(self) -> Self {
        Hypotheses { other_dimensions: true, ..self }
    }

    /// The same in networks of at least so many hidden layers.
    #[must_use]
    pub const fn from_depth(self, least_depth: usize) -> Self {
        Hypotheses { least_depth, ..self }
    }

    /// The same with a proviso.
    #[must_use]
    pub const fn with(self, proviso: &'static str) -> Self {
        Hypotheses { proviso, ..self }
    }

    /// Does the network at hand meet them?
    pub fn are_met(&self, network: AtHand) -> bool {
        self.unmet(network).is_none()
    }

    /// What of them the network at hand does not meet; provisos are for the bound to decide.
    pub fn unmet(&self, network: AtHand) -> Option<&'static str> {
        if network.depth < self.least_depth {
            return Some("there are no hidden layers");
        }
        if self.known_size && network.norm == NormAtHand::Counting {
            return Some("no law of the size in this norm is known");
        }
        if self.other_dimensions && network.norm == NormAtHand::Form {
            return Some("the norm is one of inputs of this dimension alone");
        }
        let one = self.inputs == Inputs::PositiveStart && network.parallel;
        self.unlike(network).or(one.then_some("the two inputs are one"))
    }

    /// What of its weights and its activation is not what they are about, whatever its depth.
    pub fn unlike(&self, network: AtHand) -> Option<&'static str> {
        if network.activation == ActivationAtHand::Curved {
            return Some("the activation is not piecewise linear");
        }
        match (self.weights, network.weights) {
            // With biases the output row's own law would be seen.
            (Weights::GaussianBelow, Weights::GaussianBelow) if network.biased => {
                return Some("the output weights are not normal");
            }
            (Weights::Any, _)
            | (_, Weights::Gaussian | Weights::Limit)
            | (Weights::GaussianBelow | Weights::Limit, Weights::GaussianBelow) => {}
            (_, Weights::GaussianBelow) => return Some("the output weights are not normal"),
            (_, Weights::Any) => return Some("the weights are not normal"),
        }
        if self.fixed_pair && network.pair_is_chosen {
            return Some("the pair of classes is chosen by the outputs");
        }
        let relu = network.activation == ActivationAtHand::Relu;
        let bent = self.slopes == Slopes::Relu && !relu;
        if bent {
            return Some("the activation is not ReLU");
        }
        (network.biased && self.biases == Biases::None).then_some("there are biases")
    }
}

/// In the words of the proofs.
impl std::fmt::Display for Hypotheses {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const GAUSSIAN: &str = "independent N(0, 1/d_{i−1}) weights";
        const BELOW: &str = "hidden weights independent N(0, 1/d_{i−1}), output weights with \
                             independent fair signs";
        let parts: &[&str] = match (self.inputs, self.weights) {
            (Inputs::Any, _) => &["any weights, any x"],
            (Inputs::AnyTwo, _) => &["any weights, any x and y"],
            (Inputs::Fixed, Weights::GaussianBelow) => &["fixed input x ≠ 0", BELOW],
            (Inputs::Fixed, _) => &["fixed input x ≠ 0", GAUSSIAN],
            (Inputs::Ball, _) => &["fixed input x ≠ 0", GAUSSIAN, "all y with ‖y − x‖ ≤ R at once"],
            (Inputs::Sphere, _) => {
                &["fixed input x ≠ 0", GAUSSIAN, "all y on the sphere through x at once"]
            }
            (Inputs::Pair, _) => {
                &["two fixed inputs of equal norms at angle θ₀ (for d = 1, 0 or π)", GAUSSIAN]
            }
            (Inputs::Start, _) => &["two inputs at angle θ₀"],
            (Inputs::PositiveStart, _) => &["0 < θ₀ ≤ π"],
            (Inputs::Steepest, _) => &["at the point of largest gradient change that was found"],
        };
        out.write_str(&parts.join("; "))?;
        if self.slopes == Slopes::Relu {
            out.write_str("; ReLU")?;
        }
        if self.biases == Biases::None {
            out.write_str("; no biases")?;
        }
        if self.proviso.is_empty() { Ok(()) } else { write!(out, "; {}", self.proviso) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hypotheses_are_held_against_the_network_at_hand() {
        let gaussian = AtHand {
            weights: Weights::Gaussian,
            depth: 1,
            parallel: false,
            activation: ActivationAtHand::Relu,
            biased: false,
            pair_is_chosen: false,
            norm: NormAtHand::Usual,
        };
        let law = Hypotheses::of(Weights::Gaussian, Inputs::Fixed).from_depth(1).with(ALIVE);
        assert_eq!(law.unmet(gaussian), None);
        assert!(law.unmet(AtHand { weights: Weights::Any, ..gaussian }).is_some());
        let signs = AtHand { weights: Weights::GaussianBelow, ..gaussian };
        assert!(law.unmet(signs).is_some_and(|why| why.contains("output")));
        let ratio = Hypotheses::of(Weights::GaussianBelow, Inputs::Fixed);
        assert_eq!((ratio.unmet(signs), ratio.unmet(gaussian)), (None, None));
        let both = AtHand { biased: true, ..signs };
        assert!(ratio.with_biases().unmet(both).is_some_and(|why| why.contains("output")));
        assert!(ratio.unmet(AtHand { weights: Weights::Any, ..gaussian }).is_some());
        assert!(law.unmet(AtHand { depth: 0, ..gaussian }).is_some());
        let leaky = AtHand { activation: ActivationAtHand::Bent, ..gaussian };
        assert_eq!(law.unmet(leaky), Some("the activation is not ReLU"));
        assert_eq!(law.at_any_slope().unmet(leaky), None);
        let biased = AtHand { biased: true, ..gaussian };
        assert_eq!(law.unmet(biased), Some("there are biases"));
        assert_eq!(law.with_biases().unmet(biased), None);
        let any = Hypotheses::of(Weights::Any, Inputs::Any);
        assert_eq!(
            any.unmet(AtHand {
                weights: Weights::Any,
                depth: 0,
                parallel: true,
                activation: ActivationAtHand::Bent,
                biased: true,
                pair_is_chosen: true,
                norm: NormAtHand::Counting,
            }),
            None
        );
        let curved = AtHand { activation: ActivationAtHand::Curved, ..gaussian };
        assert!(any.unmet(curved).is_some_and(|why| why.contains("piecewise linear")));
        let sized = law.at_any_slope().of_known_size();
        let counting = AtHand { norm: NormAtHand::Counting, ..leaky };
        assert!(sized.unmet(leaky).is_none() && sized.unmet(counting).is_some());
        let wider = law.at_any_slope().at_other_dimensions();
        let form = AtHand { norm: NormAtHand::Form, ..leaky };
        assert!(wider.unmet(counting).is_none() && wider.unmet(form).is_some());
        let start = Hypotheses::of(Weights::Limit, Inputs::PositiveStart);
        assert!(start.unmet(AtHand { parallel: true, ..gaussian }).is_some());
        assert!(
            law.to_string()
                .ends_with("weights; ReLU; no biases; given that f is not constantly 0 near x")
        );
    }
}
