//! What training makes small.

/// The loss at one point, of an output F and a label y.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// ½ (F − y)².
    #[default]
    Squared,
    /// log(1 + exp(−yF)), for labels ±1.
    Logistic,
}

impl Loss {
    /// As shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Loss::Squared => "squared",
            Loss::Logistic => "logistic",
        }
    }

    /// Its value.
    pub fn value(self, output: f64, label: f64) -> f64 {
        match self {
            Loss::Squared => 0.5 * (output - label) * (output - label),
            // The part that grows is split off, so that nothing overflows.
            Loss::Logistic => {
                let margin = label * output;
                (-margin).max(0.0) + (-margin.abs()).exp().ln_1p()
            }
        }
    }

    /// Its derivative with respect to F.
    pub fn derivative(self, output: f64, label: f64) -> f64 {
        match self {
            Loss::Squared => output - label,
            Loss::Logistic => -label / (1.0 + (label * output).exp()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against central differences, whose error is below h² in size here, beside rounding.
    #[test]
    fn derivatives_are_those_of_the_values() {
        let h = 1e-5;
        for loss in [Loss::Squared, Loss::Logistic] {
            for label in [1.0, -1.0] {
                for i in -40..=40 {
                    let output = 0.37 * f64::from(i);
                    let up = loss.value(output + h, label);
                    let slope = (up - loss.value(output - h, label)) / (2.0 * h);
                    let off = (slope - loss.derivative(output, label)).abs();
                    assert!(off < 1e-8, "{loss:?} {output}: {off}");
                }
            }
        }
        // Far from 0 nothing overflows.
        assert_eq!(Loss::Logistic.value(-1e5, 1.0), 1e5);
        assert_eq!(Loss::Logistic.derivative(1e5, 1.0), 0.0);
    }
}
