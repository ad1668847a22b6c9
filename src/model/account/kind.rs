//! The names of events.

/// What an event is about: with its layer and its size it is one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// As in the proofs: the list of events at the end of a section.
    pub name: &'static str,
    /// What holds but on the event.
    pub meaning: &'static str,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $constant:ident = $name:literal: $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $constant: Kind = Kind { name: $name, meaning: $meaning };
        )*
        /// Every kind of event.
        pub const ALL: &[Kind] = &[$($constant),*];
    };
}

kinds! {
    RATIO = "ratio": "|f(x)|/(‖∇f(x)‖‖x‖) ≤ q";
    RADIAL = "radial": "|⟨∇f(x), x⟩| ≤ q₁ ‖∇f(x)‖‖x‖";
    GAUSSIAN = "gaussian": "the output's normal variable is at most q in absolute value";
    CHI_BELOW = "chi-below": "the squared norm of the lowest backward row is not below dχ⁻";
    CHI_ABOVE = "chi-above": "the squared norm of the lowest backward row is not above dχ⁺";
    SUM_BELOW = "sum-below": "S_i, the squares of the active pre-activations, is not below d_i s⁻";
    SUM_ABOVE = "sum-above": "S_i is not above d_i s⁺";
    BACK_BELOW = "back-below": "S′_i, the same of the backward row, is not below d_i s⁻";
    CUT = "cut": "at least so many neurons are active";
    PRODUCT = "product": "the product over all layers, by a moment";
    ACTIVE = "active": "at most a_i neurons are active";
    INACTIVE_ABOVE = "inactive-above": "the squares of the inactive pre-activations sum to at most \
        d_i r⁺";
    ROWS = "rows": "few rows times the difference quotients are at most κ_i";
    NORM = "norm": "few rows have small norms on all subspaces: the plain way's rows and heavy";
    LIGHTEST = "lightest": "no few pre-activations are all small";
    JOINING = "joining": "the inactive neurons that may join carry little of the radius";
    RADIUS = "radius": "the radius of the next difference quotients is near its mean";
    FLIPPING = "flipping": "the neurons that may flip carry little of the Gaussian width";
    WIDTH = "width": "the Gaussian width of the next difference quotients is near its mean";
    JACOBIAN = "jacobian": "the norm of the next Jacobian is near its mean";
    SPREAD = "spread": "the Gaussian width of the next Jacobians' images is near its mean";
    CHOSEN = "chosen": "the fresh weights of neurons that may flip are small";
    HEAVY = "heavy": "few rows times the Jacobians are at most K_i";
    WEIGHTS = "weights": "the backward weights of neurons that may flip are at most g_i";
    AFFINE = "affine": "the output of neurons that flip is at most C_i: six events";
    GAIN = "gain": "the active rows and few others have norm at most K_i on all subspaces";
    BACK_CUT = "back-cut": "at least so many neurons count in S′_i";
    FRESH_CUT = "fresh-cut": "at least so many neurons count in V_i";
    PRODUCTS_BELOW = "products-below": "Π S_j/d_j, in all layers";
    PRODUCTS_ABOVE = "products-above": "the same from above, in all layers";
    LATER = "later": "what later biases add to the output is as it may be, in all layers";
    BACK_PRODUCTS_BELOW = "back-products-below": "Π S′_j/d_j from below, in all layers";
    BACK_PRODUCTS_ABOVE = "back-products-above": "Π S′_j/d_j from above, in all layers";
    FRESH_PRODUCTS_BELOW = "fresh-products-below": "Π V_j/d_j from below, in all layers";
    FRESH_PRODUCTS_ABOVE = "fresh-products-above": "Π V_j/d_j from above, in all layers";
    SWING_BELOW = "swing-below": "the martingale in α from below, in all layers";
    SWING_ABOVE = "swing-above": "the martingale in α from above, in all layers";
    COHERENT = "coherent": "p_i ≤ π_i, for both signs";
    PUSHING = "pushing": "−p_i ≤ π⁻_i, for both signs";
    INACTIVE = "inactive": "the inactive neurons' part of S_i is at most ι/(1 + ι)";
    BACK_INACTIVE = "back-inactive": "the same of S′_i";
    TILT = "tilt": "a layer's backward row on its inactive neurons is not along them";
    LEAN = "lean": "nor is what comes across to them along the backward row";
    FRESH_ABOVE = "fresh-above": "what comes across to a layer has a norm near its mean";
    NOISE = "noise": "|N_i|/|f| ≤ N̄_i";
    NEAR = "near": "the first-order distance is not near 0: |Y₀| is at least y₀";
    FAR = "far": "|Y₀| is at most y₁";
    REST_BELOW = "rest-below": "Q_i², the backward row across h_i, is not below χ⁻";
    FRESH_BELOW = "fresh-below": "V_i, what comes across to a layer, is not below χ⁻";
    RADIUS_BELOW = "radius-below": "the drawn radius of what comes across is not below its bound";
    RADIUS_ABOVE = "radius-above": "nor above";
    LENGTH_BELOW = "length-below": "the drawn radius of the pre-activations is not below its bound";
    LENGTH_ABOVE = "length-above": "nor above";
    ALONG = "along": "what comes across is not along h_i";
    SPIN = "spin": "nor is the direction drawn for it";
    FLIPPED = "flipped": "active neurons that flip have little of what comes across";
    JOINED = "joined": "inactive neurons that flip have little of it";
    QUOTIENTS_BELOW = "quotients-below": "Π Q_j²/S_j from below, in all layers";
    QUOTIENTS_ABOVE = "quotients-above": "Π Q_j²/S_j from above, in all layers";
    PULL = "pull": "F̂_i is pulled to α, from the first layer on";
    KEPT = "kept": "F̂_i stays near α where it has been, from every layer on";
    SWAY = "sway": "F̂_i does not come to α early";
    OVER = "over": "F̂_i is not far above α, from every layer on";
    ACROSS_BELOW = "across-below": "R_i from below, in all layers";
    ACROSS_ABOVE = "across-above": "R_i from above, in all layers";
    RELATIVE_ABOVE = "relative-above": "R_i/Y_i from above, in all layers";
    STRETCH = "stretch": "the step is at most χ⁺ times as long as the one along the gradient";
    CROWD_BELOW = "crowd-below": "at least k entries of the gradient exceed the lower cut";
    CROWD_ABOVE = "crowd-above": "at most k entries of the gradient exceed the upper cut";
    SLANT = "slant": "the signs of the gradient do not follow those of the input";
    ALIGNED = "aligned": "nor are its large entries where those of the input are";
    ANGLE = "angle": "s_i = 1 − cos θ_i is at most T_i";
    DIFFERENCE = "difference": "the squared distance of the two layers is at most d_i ψ";
    FIRST_BELOW = "first-below": "the first of two squared norms is not below d_i s⁻";
    SECOND_BELOW = "second-below": "the second of two squared norms is not below d_i s⁻";
    FIRST_ABOVE = "first-above": "the first of two squared norms is not above d_i s⁺";
    SECOND_ABOVE = "second-above": "the second of two squared norms is not above d_i s⁺";
    BOTH_BELOW = "both-below": "the sum of two squared norms is not below 2 d_i s⁻";
    RATIO_ABOVE = "ratio-above": "the first of two squared norms exceeds the second by little";
    RATIO_BELOW = "ratio-below": "the second of two squared norms exceeds the first by little";
    NORMS_ABOVE = "norms-above": "log ‖h_i(x)‖/‖h_i(y)‖ is at most N_i, in all layers";
    NORMS_BELOW = "norms-below": "log ‖h_i(y)‖/‖h_i(x)‖ is at most N_i, in all layers";
    OPERATOR = "operator": "the operator norm of W_i is near its mean";
    SHORT = "short": "the first-order step is not shorter than κ⁻ times the input";
    LINKS = "links": "all links of this level of the chain are short";
}
